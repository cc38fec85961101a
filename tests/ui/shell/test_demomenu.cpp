// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/demomenu.h"

#include <QAction>
#include <QtTest>

#include <set>

using namespace strata::ui;

class TestDemoMenu : public QObject {
    Q_OBJECT

    struct Fake {
        bool open = false;
        bool paused = false;
        double speed = 1;
        double stepped = 0;
        QString played;
        std::set<QString> on;

        DemoServices services()
        {
            DemoServices s;
            s.running = [this] { return open; };
            s.faults = [] {
                return QList<DemoServices::Entry>{
                    {QStringLiteral("a"), QStringLiteral("Hosts"), QStringLiteral("R&D dies")},
                    {QStringLiteral("b"), QStringLiteral("Hosts"), QStringLiteral("Two")},
                    {QStringLiteral("c"), QStringLiteral("VMs"), QStringLiteral("Three")}};
            };
            s.fault = [this](const QString& name) { return on.count(name) != 0; };
            s.setFault = [this](const QString& name, bool set) {
                if (set)
                    on.insert(name);
                else
                    on.erase(name);
            };
            s.scenarios = [] {
                return QList<DemoServices::Entry>{{QStringLiteral("s"), {}, QStringLiteral("Night")}};
            };
            s.play = [this](const QString& name) { played = name; };
            s.speed = [this] { return speed; };
            s.setSpeed = [this](double times) { speed = times; };
            s.paused = [this] { return paused; };
            s.setPaused = [this](bool set) { paused = set; };
            s.step = [this](double seconds) { stepped += seconds; };
            return s;
        }
    };

    static QAction* find(const QMenu& menu, const QString& text)
    {
        for (QAction* action : menu.actions()) {
            if (QString(action->text()).remove(QLatin1Char('&')) == text)
                return action;
            if (action->menu()) {
                if (QAction* inner = find(*action->menu(), text))
                    return inner;
            }
        }
        return nullptr;
    }

private Q_SLOTS:
    void showsWhileTheSiteIsOpen()
    {
        Fake fake;
        DemoMenu menu(fake.services(), nullptr);
        menu.refresh();
        QVERIFY(!menu.menuAction()->isVisible());
        fake.open = true;
        menu.refresh();
        QVERIFY(menu.menuAction()->isVisible());
        DemoMenu none({}, nullptr);
        none.refresh();
        QVERIFY(!none.menuAction()->isVisible());
    }

    void faultsByLayer()
    {
        Fake fake;
        fake.on = {QStringLiteral("c")};
        DemoMenu menu(fake.services(), nullptr);
        Q_EMIT menu.aboutToShow();
        QAction* hosts = find(menu, QStringLiteral("Hosts"));
        QVERIFY(hosts && hosts->menu());
        QCOMPARE(hosts->menu()->actions().size(), 2);
        // What comes from a catalogue is text, not a mnemonic.
        QCOMPARE(hosts->menu()->actions().front()->text(), QStringLiteral("R&&D dies"));
        QAction* three = find(menu, QStringLiteral("Three"));
        QVERIFY(three && three->isChecked());
        find(menu, QStringLiteral("Two"))->trigger();
        QVERIFY(fake.on.count(QStringLiteral("b")) == 1);
        find(menu, QStringLiteral("Heal all faults"))->trigger();
        QVERIFY(fake.on.empty());
        Q_EMIT menu.aboutToShow();
        QVERIFY(!three->isChecked());
        QVERIFY(!find(menu, QStringLiteral("Heal all faults"))->isEnabled());
    }

    void time()
    {
        Fake fake;
        DemoMenu menu(fake.services(), nullptr);
        Q_EMIT menu.aboutToShow();
        find(menu, QStringLiteral("Pause the site's time"))->trigger();
        QVERIFY(fake.paused);
        find(menu, QStringLiteral("One minute on"))->trigger();
        QCOMPARE(fake.stepped, 60.0);
        find(menu, QStringLiteral("20 times"))->trigger();
        QCOMPARE(fake.speed, 20.0);
        find(menu, QStringLiteral("Night"))->trigger();
        QCOMPARE(fake.played, QStringLiteral("s"));
    }
};

QTEST_MAIN(TestDemoMenu)
#include "test_demomenu.moc"
