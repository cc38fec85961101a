// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pictures of the questions before changes, of a run and of the audit log on the demo site, to look at:
//   strata_actionshot [--dark] [--output FOLDER]

#include "app/composition.h"
#include "tests/support/finditem.h"
#include "ui/actions/actiondialog.h"
#include "ui/actions/auditdialog.h"
#include "ui/actions/rundialog.h"
#include "ui/settings/language.h"
#include "ui/shell/mainwindow.h"
#include "ui/theme/theme.h"
#include "ui/wizard/clusterruns.h"

#include <QAction>
#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QtTest>

#include <cstdio>

using namespace strata;
using stack::ItemKind;

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    ui::installLanguage(app);
    QCommandLineParser parser;
    parser.addOption({QStringLiteral("dark"), QStringLiteral("dark colours")});
    parser.addOption(
        {QStringLiteral("output"), QStringLiteral("folder"), QStringLiteral("folder"), QStringLiteral(".")});
    parser.process(app);
    ui::Theme::instance().install();
    QTemporaryDir scratch;
    qputenv("XDG_STATE_HOME", scratch.path().toUtf8());
    ui::Workspace workspace(scratch.filePath(QStringLiteral("workspace.json")));
    workspace.load();
    ui::Settings settings = workspace.settings();
    const bool dark = parser.isSet(QStringLiteral("dark"));
    settings.theme = dark ? ui::ThemeMode::Dark : ui::ThemeMode::Light;
    workspace.setSettings(settings);
    demosite::Options site;
    site.speed = 40;
    provision::RunOptions pace;
    pace.pollInterval = std::chrono::milliseconds(200);
    app::Composition composition(workspace, site, pace);
    ui::MainWindow window(composition.services());
    window.resize(1440, 900);
    window.show();
    window.openDemo();
    const stack::Stack& stack = composition.store().stack();
    const auto named = [&](ItemKind kind, const char* name) { return test::itemNamed(stack, kind, name); };
    if (!QTest::qWaitFor(
            [&] { return bool(named(ItemKind::WorkerPool, "slate-md-0")) && composition.site().settled(); },
            60000))
        return 1;
    const QString folder = parser.value(QStringLiteral("output"));
    QDir().mkpath(folder);
    const auto save = [&](QWidget* widget, const char* name) {
        const QString path =
            QStringLiteral("%1/%2-%3.png")
                .arg(folder, QLatin1String(name), dark ? QStringLiteral("dark") : QStringLiteral("light"));
        if (!widget->grab().save(path))
            std::fprintf(stderr, "cannot write %s\n", qPrintable(path));
    };
    const auto ask = [&](stack::ItemId id, const char* action) {
        window.select(id);
        auto* wanted = window.findChild<QAction*>(QLatin1String(action), Qt::FindDirectChildrenOnly);
        if (wanted == nullptr || !wanted->isEnabled())
            return static_cast<ui::ActionDialog*>(nullptr);
        wanted->trigger();
        auto* dialog = window.findChild<ui::ActionDialog*>();
        if (auto* spin = dialog->findChild<QSpinBox*>())
            spin->setValue(spin->value() + spin->singleStep());
        (void)QTest::qWaitFor([dialog] { return dialog->isReady(); }, 20000);
        return dialog;
    };
    const auto close = [&](ui::ActionDialog* dialog) {
        dialog->close();
        (void)QTest::qWaitFor([&] { return window.findChild<ui::ActionDialog*>() == nullptr; }, 5000);
    };
    const struct {
        stack::ItemId id;
        const char* action;
    } questions[] = {{named(ItemKind::WorkerPool, "slate-md-0"), "scale-pool"},
                     {named(ItemKind::TenantCluster, "slate"), "upgrade"},
                     {named(ItemKind::TenantCluster, "blue"), "delete-cluster"},
                     {named(ItemKind::Vm, "blue-cp-x7k2p"), "stop-vm"},
                     {named(ItemKind::OuterNode, "outer-1"), "drain"},
                     {named(ItemKind::Workload, "runner"), "scale-workload"}};
    for (const auto& question : questions) {
        ui::ActionDialog* dialog = ask(question.id, question.action);
        if (dialog == nullptr) {
            std::fprintf(stderr, "%s is not offered\n", question.action);
            continue;
        }
        save(dialog, question.action);
        close(dialog);
    }
    // The menu of a VM, with what is not possible greyed.
    window.select(named(ItemKind::Vm, "blue-cp-x7k2p"));
    for (QMenu* menu : window.findChildren<QMenu*>(QString(), Qt::FindDirectChildrenOnly)) {
        if (menu->actions().size() < 20)
            continue;
        menu->popup(window.mapToGlobal(QPoint(700, 340)));
        QTest::qWait(200);
        save(menu, "menu");
        menu->close();
        break;
    }
    // A drain as it goes.
    if (ui::ActionDialog* dialog = ask(named(ItemKind::OuterNode, "outer-1"), "drain")) {
        ui::ClusterRun* run = nullptr;
        QObject::connect(dialog, &ui::ActionDialog::begun, dialog,
                         [&run](ui::ClusterRun* begun) { run = begun; });
        dialog->findChild<QPushButton*>(QStringLiteral("do"))->click();
        if (run != nullptr) {
            (void)QTest::qWaitFor([run] { return run->stepsDone() > 0 || !run->active(); }, 20000);
            QTest::qWait(600);
            auto* shown = new ui::RunDialog(&composition.runs(), run, &window);
            shown->show();
            QTest::qWait(400);
            save(shown, "run");
            save(&window, "window");
            (void)QTest::qWaitFor([run] { return !run->active(); }, 60000);
            QTest::qWait(200);
            save(shown, "run-done");
            shown->close();
        }
    }
    ui::AuditDialog audit(&composition.runs(), &composition.store(), systemNow, &window);
    audit.show();
    QTest::qWait(500);
    save(&audit, "audit");
    audit.showCertificates();
    QTest::qWait(200);
    save(&audit, "certificates");
    return 0;
}
