// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pictures of the questions before changes, of a run and of the audit log on the demo site, to look at:
//   strata_actionshot [--dark] [--output FOLDER]

#include "app/composition.h"
#include "tests/support/finditem.h"
#include "ui/actions/actiondialog.h"
#include "ui/actions/auditdialog.h"
#include "ui/actions/imagesdialog.h"
#include "ui/actions/imageuploads.h"
#include "ui/actions/rundialog.h"
#include "ui/actions/tenantlook.h"
#include "ui/settings/language.h"
#include "ui/shell/mainwindow.h"
#include "ui/theme/theme.h"
#include "ui/wizard/clusterruns.h"

#include <QAction>
#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QFile>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTreeWidget>
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
        // Something to be otherwise.
        for (const auto& [field, value] :
             {std::pair("cpus", "16"), std::pair("memory", "128Gi"), std::pair("disk", "60Gi")}) {
            auto* line = dialog->findChild<QLineEdit*>(QLatin1String(field));
            if (line == nullptr || QLatin1String(action) == QLatin1String("add-volume"))
                continue;
            line->clear();
            QTest::keyClicks(line, QLatin1String(value));
        }
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
                     {named(ItemKind::TenantCluster, "slate"), "add-pool"},
                     {named(ItemKind::WorkerPool, "slate-md-0"), "resize"},
                     {named(ItemKind::WorkerPool, "slate-md-0"), "add-health-check"},
                     {named(ItemKind::WorkerPool, "slate-md-0"), "remove-pool"},
                     {named(ItemKind::Vm, "blue-cp-x7k2p"), "snapshot-vm"},
                     {named(ItemKind::Vm, "blue-cp-x7k2p"), "add-volume"},
                     {named(ItemKind::Vm, "blue-cp-x7k2p"), "expand-disk"},
                     {named(ItemKind::Vm, "blue-cp-x7k2p"), "resize-vm"},
                     {named(ItemKind::OuterNode, "outer-1"), "start-maintenance"},
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
    // The golden images: one uploaded, one imported again and again, one on its way.
    {
        ui::ImageUploads uploads(&composition.runs());
        ui::ImagesDialog images(&composition.runs(), &composition.store(), &uploads, &window);
        images.show();
        (void)QTest::qWaitFor([&] { return images.isAnswered(); }, 20000);
        QFile file(scratch.filePath(QStringLiteral("ubuntu-22.04.img")));
        if (file.open(QIODevice::WriteOnly) && file.resize(700LL << 20))
            file.close();
        const auto fill = [](ui::ImageForm* form, const char* name, const QString& text) {
            if (auto* line = form->findChild<QLineEdit*>(QLatin1String(name)))
                line->setText(text);
        };
        const auto begin = [&](ui::ImageForm::What what, const char* name, const char* url,
                               const char* picture) {
            ui::ImageForm* form = images.openForm(what);
            fill(form, "file", file.fileName());
            fill(form, "url", QLatin1String(url));
            fill(form, "name", QLatin1String(name));
            if (what != ui::ImageForm::What::Upload)
                fill(form, "size", QStringLiteral("10Gi"));
            auto* button = form->findChild<QPushButton*>(QStringLiteral("do"));
            (void)QTest::qWaitFor([&] { return button->isEnabled(); }, 20000);
            save(form, picture);
            button->click();
        };
        begin(ui::ImageForm::What::Schedule, "ubuntu-weekly", "docker://quay.io/capk/ubuntu-2204:v1",
              "image-schedule");
        begin(ui::ImageForm::What::Import, "debian-12", "https://cloud.debian.org/debian-12.qcow2",
              "image-import");
        begin(ui::ImageForm::What::Upload, "ubuntu-22-04", "", "image-upload");
        (void)QTest::qWaitFor(
            [&] { return !uploads.all().empty() && uploads.all().front().progress.sent > 0; }, 30000);
        auto* list = images.findChild<QTreeWidget*>(QStringLiteral("images"));
        (void)QTest::qWaitFor(
            [&] { return !list->findItems(QStringLiteral("ubuntu-22"), Qt::MatchContains, 0).isEmpty(); },
            10000);
        if (const auto rows = list->findItems(QStringLiteral("ubuntu-22"), Qt::MatchContains, 0);
            !rows.isEmpty())
            list->setCurrentItem(rows.front());
        save(&images, "images");
        (void)QTest::qWaitFor([&] { return isEnd(uploads.all().front().progress.phase); }, 60000);
        images.findChild<QTabWidget*>()->setCurrentIndex(1);
        QTest::qWait(200);
        save(&images, "images-again");
    }
    {
        ui::TenantLook services(&composition.runs(), &composition.store(), systemNow,
                                ui::TenantLook::What::Services, named(ItemKind::TenantCluster, "blue"),
                                &window);
        services.show();
        (void)QTest::qWaitFor([&] { return services.isAnswered(); }, 20000);
        save(&services, "services");
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
    QTest::qWait(1000);
    save(&audit, "certificates");
    audit.close();
    // A cluster on its way out, as what holds it.
    if (ui::ActionDialog* dialog = ask(named(ItemKind::TenantCluster, "red"), "delete-cluster")) {
        dialog->findChild<QLineEdit*>(QStringLiteral("typed"))->setText(QStringLiteral("red"));
        dialog->findChild<QPushButton*>(QStringLiteral("do"))->click();
        (void)QTest::qWaitFor(
            [&] {
                return ui::TenantLook::makesSense(&composition.store(), ui::TenantLook::What::Deletion,
                                                  named(ItemKind::TenantCluster, "red"));
            },
            20000);
        ui::TenantLook left(&composition.runs(), &composition.store(), systemNow,
                            ui::TenantLook::What::Deletion, named(ItemKind::TenantCluster, "red"), &window);
        left.show();
        (void)QTest::qWaitFor([&] { return left.isAnswered(); }, 20000);
        save(&left, "deletion");
    }
    return 0;
}
