// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pictures of every page of the wizard on the demo site, to look at:
//   strata_wizardshot [--dark] [--rtl] [--size 1160x780] [--font 10] --output FOLDER

#include "app/composition.h"
#include "ui/settings/language.h"
#include "ui/shell/mainwindow.h"
#include "ui/theme/theme.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/clusterwizard.h"
#include "ui/wizard/deploydialog.h"
#include "ui/wizard/reviewpage.h"
#include "ui/wizard/wizardmodel.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QPushButton>
#include <QTemporaryDir>
#include <QtTest>

#include <cstdio>

using namespace strata;
using Page = ui::ClusterWizard::Page;

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    ui::installLanguage(app);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({QStringLiteral("dark"), QStringLiteral("dark colours")});
    parser.addOption({QStringLiteral("rtl"), QStringLiteral("right to left")});
    for (const auto& [name, value] : {std::pair{"size", "1160x780"}, std::pair{"font", "0"},
                                      std::pair{"output", "."}, std::pair{"speed", "20"}})
        parser.addOption(
            {QLatin1String(name), QLatin1String(name), QLatin1String(name), QLatin1String(value)});
    parser.process(app);
    ui::Theme& theme = ui::Theme::instance();
    theme.setFontSize(parser.value(QStringLiteral("font")).toDouble());
    theme.install();
    if (parser.isSet(QStringLiteral("rtl")))
        QApplication::setLayoutDirection(Qt::RightToLeft);

    QTemporaryDir scratch;
    qputenv("XDG_STATE_HOME", scratch.path().toUtf8());
    ui::Workspace workspace(scratch.filePath(QStringLiteral("workspace.json")));
    workspace.load();
    ui::Settings settings = workspace.settings();
    settings.theme = parser.isSet(QStringLiteral("dark")) ? ui::ThemeMode::Dark : ui::ThemeMode::Light;
    settings.fontPoints = parser.value(QStringLiteral("font")).toDouble();
    workspace.setSettings(settings);
    demosite::Options site;
    site.speed = parser.value(QStringLiteral("speed")).toDouble();
    provision::RunOptions pace;
    pace.pollInterval = std::chrono::milliseconds(200);
    app::Composition composition(workspace, site, pace);
    ui::MainWindow window(composition.services());
    window.resize(1440, 900);
    window.show();

    const QDir folder(parser.value(QStringLiteral("output")));
    const QString suffix =
        parser.isSet(QStringLiteral("dark")) ? QStringLiteral("dark") : QStringLiteral("light");
    int number = 0;
    const auto shoot = [&](QWidget* widget, const char* name) {
        QTest::qWait(120); // the picture, not a test: layouts and repaints come to rest
        const QString path = folder.filePath(QStringLiteral("%1-%2-%3.png")
                                                 .arg(number++, 2, 10, QLatin1Char('0'))
                                                 .arg(QLatin1String(name), suffix));
        if (!widget->grab().save(path))
            std::fprintf(stderr, "%s could not be written\n", qPrintable(path));
    };
    const auto wait = [](const std::function<bool()>& what, const char* name) {
        if (!QTest::qWaitFor(what, 90000))
            std::fprintf(stderr, "%s did not come\n", name);
    };

    QTest::qWait(200);
    shoot(&window, "welcome");
    window.openDemo();
    wait([&] { return composition.store().stack().count(stack::ItemKind::TenantCluster) == 5; },
         "the demo site");
    ui::ClusterWizard* wizard = window.newCluster();
    const QStringList sides = parser.value(QStringLiteral("size")).split(QLatin1Char('x'));
    wizard->resize(sides.value(0).toInt(), sides.value(1).toInt());
    ui::WizardModel* model = wizard->model();
    wait([&] { return model->surveyState() == ui::WizardModel::Survey::Known; }, "the survey");
    shoot(wizard, "basics-empty");
    model->edit([](provision::ClusterProfile& p) { p.name = "violet"; });
    Q_EMIT model->replaced();
    shoot(wizard, "basics");
    wizard->goTo(Page::Machines);
    shoot(wizard, "machines");
    wizard->goTo(Page::Network);
    shoot(wizard, "network");
    wizard->goTo(Page::AddOns);
    shoot(wizard, "addons");
    const provision::ClusterProfile good = model->profile();
    if (!model->survey().site.classes.empty()) {
        const provision::KnownClass& known = model->survey().site.classes.front();
        provision::ClusterProfile byClass = good;
        byClass.classRef = provision::ClassChoice{known.name, known.ns, {}};
        byClass.classRef->variables["workerMachine"] = R"({"cores":4,"memory":"8Gi"})";
        model->replace(byClass);
        for (const Page page : {Page::Basics, Page::Machines, Page::Network, Page::AddOns}) {
            wizard->goTo(page);
            shoot(wizard, "class");
        }
        model->replace(good);
    }
    provision::ClusterProfile bad = good;
    bad.name = "blue";
    bad.controlPlane.size.memory = "lots";
    bad.workers.push_back(bad.workers[0]);
    bad.workers[1].labels = {{"kubernetes.io/arch", "x"}};
    bad.workers[1].size.vcpus = 400;
    bad.workers[1].size.memory = "4Ti";
    bad.network.podCidr = "10.244.0.0/16";
    bad.sshKeys = {"hello"};
    bad.addOns.cloudProvider = true;
    bad.addOns.metricsServer.enabled = true;
    model->replace(bad);
    wizard->goTo(Page::Review);
    shoot(wizard, "review-wrong");
    for (const Page page : {Page::Basics, Page::Machines, Page::Network, Page::AddOns}) {
        wizard->goTo(page);
        shoot(wizard, "wrong");
    }
    model->replace(good);
    wizard->goTo(Page::Review);
    wait([&] { return wizard->review()->accepted(); }, "the server's verdict");
    for (const int tab : {0, 1, 2, 3, 4}) {
        wizard->review()->setTab(tab);
        shoot(wizard, "review");
    }
    wizard->findChild<QPushButton*>(QStringLiteral("next"))->click();
    ui::ClusterRun* run = wizard->run();
    if (run != nullptr) {
        wait([&] { return !run->active() || run->step("start").state == provision::StepState::Done; },
             "the start");
        shoot(wizard, "progress");
        shoot(&window, "activity");
        (void)QTest::qWaitFor([&] { return !run->active(); }, 90000);
        shoot(wizard, "progress-later");
        if (run->phase() == ui::ClusterRun::Phase::Done) {
            auto* deploy =
                new ui::DeployDialog(&composition.runs(), run->client(), run->ns(), run->cluster(), wizard);
            deploy->show();
            wait([&] { return deploy->connected(); }, "the inner API");
            deploy->setManifest(QStringLiteral(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: hello\nspec:\n  replicas: 2\n"
                "  selector:\n    matchLabels:\n      app: hello\n  template:\n    metadata:\n      labels:\n"
                "        app: hello\n    spec:\n      containers:\n      - name: hello\n        image: "
                "nginx\n"));
            auto* check = deploy->findChild<QPushButton*>(QStringLiteral("check"));
            auto* go = deploy->findChild<QPushButton*>(QStringLiteral("deploy"));
            check->click();
            wait([&] { return go->isEnabled(); }, "the check");
            shoot(deploy, "deploy");
            go->click();
            (void)QTest::qWaitFor([&] { return check->isEnabled(); }, 60000);
            shoot(deploy, "deployed");
            delete deploy;
        }
        shoot(&window, "window-later");
        run->cancel();
        wait([&] { return !run->active(); }, "the end");
        shoot(wizard, "progress-end");
        run->undo();
        wait([&] { return !run->active(); }, "the undoing");
        shoot(wizard, "undone");
    }
    return 0;
}
