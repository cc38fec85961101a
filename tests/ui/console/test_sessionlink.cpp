// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/console/fakesession.h"
#include "ui/console/sessionlink.h"

#include <QSignalSpy>
#include <QtTest>

#include <thread>

using namespace strata;
using test::FakeSession;
using test::FakeWire;
using ui::SessionLink;

class TestSessionLink : public QObject {
    Q_OBJECT

private:
    static SessionLink::Opener opener(const std::shared_ptr<FakeWire>& wire)
    {
        return [wire](console::TerminalSize, std::shared_ptr<console::SessionHandler> handler)
                   -> Result<std::unique_ptr<console::Session>> {
            wire->handler = std::move(handler);
            return std::make_unique<FakeSession>(wire);
        };
    }

private Q_SLOTS:
    void carriesBytesAndTheEndBehindThem()
    {
        const auto wire = std::make_shared<FakeWire>();
        SessionLink link;
        QSignalSpy readable(&link, &SessionLink::readable);
        link.open(opener(wire), {80, 24});
        QCOMPARE(link.state(), SessionLink::State::Connecting);
        std::thread other([&] {
            wire->handler->onOpen("bash");
            wire->handler->onOutput("hello ");
            wire->handler->onOutput("world");
            wire->handler->onEnd({console::SessionEnd::Kind::Exited, 3, {}});
        });
        other.join();
        QTRY_VERIFY(readable.size() > 0);
        QCOMPARE(link.what(), QStringLiteral("bash"));
        QCOMPARE(link.state(), SessionLink::State::Open); // there is something to read first
        QVERIFY(!link.end());
        QCOMPARE(link.take(4), std::string("hell"));
        QCOMPARE(link.take(100), std::string("o world"));
        QTRY_COMPARE(link.state(), SessionLink::State::Ended);
        QCOMPARE(link.end()->exitCode, 3);
        QVERIFY(!link.write("late"));
    }

    void aFullBufferHoldsTheOtherEndBack()
    {
        const auto wire = std::make_shared<FakeWire>();
        SessionLink link;
        link.open(opener(wire), {80, 24});
        const std::string piece(64U << 10U, 'x');
        std::thread other([&] {
            wire->handler->onOpen({});
            for (int i = 0; wire->reading && i < 1000; ++i)
                wire->handler->onOutput(piece);
        });
        other.join();
        QVERIFY(!wire->reading);
        QVERIFY(link.waiting() <= SessionLink::kHighWater + 2 * piece.size());
        while (!wire->reading)
            QVERIFY(!link.take(100'000).empty());
        QVERIFY(link.waiting() < SessionLink::kLowWater);
    }

    void whatCannotBeHeldBackIsBounded()
    {
        const auto wire = std::make_shared<FakeWire>();
        SessionLink link;
        link.open(opener(wire), {80, 24});
        const std::string piece(1U << 20U, 'x');
        for (int i = 0; i < 40; ++i)
            wire->handler->onOutput(piece);
        QVERIFY(link.waiting() <= SessionLink::kMost + piece.size());
        QVERIFY(link.takeDropped() >= 20U << 20U);
        QCOMPARE(link.takeDropped(), std::size_t(0));
    }

    void openingAnewForgetsTheOld()
    {
        const auto first = std::make_shared<FakeWire>();
        const auto second = std::make_shared<FakeWire>();
        SessionLink link;
        link.open(opener(first), {80, 24});
        first->handler->onOutput("old");
        link.open(opener(second), {80, 24});
        QVERIFY(!first->alive);
        first->handler->onOutput("ghost");
        first->handler->onEnd({});
        second->handler->onOpen({});
        second->handler->onOutput("new");
        QTRY_COMPARE(link.state(), SessionLink::State::Open);
        QCOMPARE(link.take(100), std::string("new"));
        QVERIFY(!link.end());
    }

    void aRefusalIsAnEnd()
    {
        SessionLink link;
        link.open(
            [](console::TerminalSize,
               std::shared_ptr<console::SessionHandler>) -> Result<std::unique_ptr<console::Session>> {
                return fail(ErrorKind::Network, "not connected");
            },
            {80, 24});
        QTRY_COMPARE(link.state(), SessionLink::State::Ended);
        QCOMPARE(link.end()->error.text, std::string("not connected"));
    }

    void itMayGoWhileTheOtherEndSpeaks()
    {
        const auto wire = std::make_shared<FakeWire>();
        std::atomic<bool> stop{false};
        auto link = std::make_unique<SessionLink>();
        link->open(opener(wire), {80, 24});
        std::thread other([&] {
            while (!stop)
                wire->handler->onOutput("x");
        });
        QTRY_VERIFY(link->waiting() > 100);
        link.reset();
        QVERIFY(!wire->alive);
        stop = true;
        other.join();
    }
};

QTEST_MAIN(TestSessionLink)
#include "test_sessionlink.moc"
