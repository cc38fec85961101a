// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/forward.h"

#include <QTcpServer>
#include <QTcpSocket>
#include <QtTest>

#include <algorithm>
#include <atomic>
#include <mutex>

using namespace strata;
using namespace strata::console;

namespace {

// A far end that the test plays.
struct Far {
    std::mutex mutex;
    std::vector<std::shared_ptr<SessionHandler>> handlers;
    std::string said;
    std::atomic<bool> takes{true};
    std::atomic<bool> reading{true};
    std::atomic<int> alive{0};

    std::shared_ptr<SessionHandler> handler(std::size_t index)
    {
        const std::lock_guard lock(mutex);
        return index < handlers.size() ? handlers[index] : nullptr;
    }
    std::string text()
    {
        const std::lock_guard lock(mutex);
        return said;
    }
};

class FarSession : public Session {
public:
    explicit FarSession(std::shared_ptr<Far> far) : m_far(std::move(far)) { ++m_far->alive; }
    ~FarSession() override { --m_far->alive; }
    FarSession(const FarSession&) = delete;
    FarSession& operator=(const FarSession&) = delete;
    bool write(std::string_view bytes) override
    {
        if (!m_far->takes || bytes.size() > Forward::kPiece)
            return false;
        const std::lock_guard lock(m_far->mutex);
        m_far->said += bytes;
        return true;
    }
    void resize(TerminalSize) override {}
    void close() override {}
    void setReading(bool on) override { m_far->reading = on; }

private:
    std::shared_ptr<Far> m_far;
};

} // namespace

class TestForward : public QObject {
    Q_OBJECT

    std::shared_ptr<Far> m_far;
    std::unique_ptr<Forward> m_forward;

private Q_SLOTS:
    void init()
    {
        m_far = std::make_shared<Far>();
        auto forward = Forward::listen(
            0,
            [far = m_far](std::shared_ptr<SessionHandler> handler) -> Result<std::unique_ptr<Session>> {
                const std::lock_guard lock(far->mutex);
                far->handlers.push_back(std::move(handler));
                return std::make_unique<FarSession>(far);
            },
            {});
        QVERIFY(forward);
        m_forward = std::move(*forward);
        QVERIFY(m_forward->port() > 0);
    }
    void cleanup()
    {
        m_forward.reset();
        QCOMPARE(m_far->alive.load(), 0);
    }

    void bytesGoBothWays()
    {
        QTcpSocket socket;
        socket.connectToHost(QStringLiteral("127.0.0.1"), m_forward->port());
        QVERIFY(socket.waitForConnected(5000));
        socket.write("question");
        QTRY_COMPARE(m_far->text(), std::string("question"));
        m_far->handler(0)->onOutput("ans");
        m_far->handler(0)->onOutput("wer");
        QTRY_COMPARE(socket.bytesAvailable(), qint64(6));
        QCOMPARE(socket.readAll(), QByteArray("answer"));
        QTRY_COMPARE(m_forward->state().received, std::uint64_t(6));
        QCOMPARE(m_forward->state().sent, std::uint64_t(8));
        QCOMPARE(m_forward->state().open, 1U);
        // The far end's goodbye is the local end's, behind all bytes.
        m_far->handler(0)->onOutput("bye");
        m_far->handler(0)->onEnd({});
        QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
        QCOMPARE(socket.readAll(), QByteArray("bye"));
        QTRY_COMPARE(m_forward->state().open, 0U);
        QVERIFY(m_forward->state().problem.empty());
    }

    void aFarEndThatTakesNothingIsAskedAgain()
    {
        m_far->takes = false;
        QTcpSocket socket;
        socket.connectToHost(QStringLiteral("127.0.0.1"), m_forward->port());
        QVERIFY(socket.waitForConnected(5000));
        const QByteArray much(300'000, 'x');
        socket.write(much);
        QTRY_COMPARE(m_forward->state().open, 1U);
        QCOMPARE(m_far->text().size(), std::size_t(0));
        m_far->takes = true;
        QTRY_COMPARE_WITH_TIMEOUT(m_far->text().size(), std::size_t(much.size()), 20000);
    }

    void aLocalEndThatReadsNothingHoldsTheFarOneBack()
    {
        QTcpSocket socket;
        socket.setReadBufferSize(1024);
        socket.connectToHost(QStringLiteral("127.0.0.1"), m_forward->port());
        QVERIFY(socket.waitForConnected(5000));
        QTRY_VERIFY(m_far->handler(0) != nullptr);
        const std::string piece(256U << 10U, 'y');
        std::size_t sent = 0;
        QTRY_VERIFY_WITH_TIMEOUT(([&] {
                                     if (m_far->reading) {
                                         m_far->handler(0)->onOutput(piece);
                                         sent += piece.size();
                                     }
                                     return !m_far->reading.load();
                                 }()),
                                 20000);
        socket.setReadBufferSize(0);
        std::size_t got = 0;
        QTRY_VERIFY_WITH_TIMEOUT((got += std::size_t(socket.readAll().size())) == sent, 20000);
        QTRY_VERIFY(m_far->reading.load());
    }

    void aProblemIsTold()
    {
        QTcpSocket socket;
        socket.connectToHost(QStringLiteral("127.0.0.1"), m_forward->port());
        QVERIFY(socket.waitForConnected(5000));
        QTRY_VERIFY(m_far->handler(0) != nullptr);
        m_far->handler(0)->onEnd({SessionEnd::Kind::Failed, 0,
                                  Error{ErrorKind::Network, "The port could not be reached.", {}, 0, 0}});
        QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
        QTRY_COMPARE(m_forward->state().problem, std::string("The port could not be reached."));
    }

    void itListensOnLoopbackOnlyAndPortsAreTakenOnce()
    {
        auto second = Forward::listen(m_forward->port(), {}, {});
        QVERIFY(!second);
        QVERIFY(second.error().text.find(std::to_string(m_forward->port())) != std::string::npos);
        // Were it bound to all addresses, this one could not be.
        QTcpServer other;
        QVERIFY(other.listen(QHostAddress(QStringLiteral("127.0.0.2")), m_forward->port()));
    }

    void manyAtOnce()
    {
        std::vector<std::unique_ptr<QTcpSocket>> sockets;
        for (std::size_t i = 0; i < Forward::kMostConnections + 5; ++i) {
            sockets.push_back(std::make_unique<QTcpSocket>());
            sockets.back()->connectToHost(QStringLiteral("127.0.0.1"), m_forward->port());
        }
        QTRY_COMPARE_WITH_TIMEOUT(m_forward->state().open, unsigned(Forward::kMostConnections), 20000);
        QTRY_VERIFY(std::count_if(sockets.begin(), sockets.end(), [](const auto& each) {
                        return each->state() == QAbstractSocket::UnconnectedState;
                    }) == 5);
    }
};

QTEST_GUILESS_MAIN(TestForward)
#include "test_forward.moc"
