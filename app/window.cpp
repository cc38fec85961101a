// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/window.h"

#include "app/composition.h"
#include "app/opening.h"
#include "app/screenshot.h"
#include "core/base/translate.h"
#include "ui/settings/language.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>

#include <iostream>
#include <memory>

namespace strata::app {
namespace {

std::string throughQt(const char* context, const char* text)
{
    return QCoreApplication::translate(context, text).toStdString();
}

} // namespace

int runWindow(int& argc, char** argv, const CommandLine& line)
{
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("strata"));
    QApplication::setApplicationDisplayName(QStringLiteral("Strata"));
    QApplication::setOrganizationName(QStringLiteral("strata"));
    QApplication::setApplicationVersion(QStringLiteral(STRATA_VERSION));
    ui::installLanguage(application);
    setTranslator(throughQt);
    if (!line.direction.empty())
        QApplication::setLayoutDirection(line.direction == "rtl" ? Qt::RightToLeft : Qt::LeftToRight);
    ui::Theme::instance().install();

    // A picture must not depend on, or change, what the operator has set up.
    std::unique_ptr<QTemporaryDir> scratch;
    QString workspacePath = ui::Workspace::defaultPath();
    if (!line.screenshot.empty()) {
        scratch = std::make_unique<QTemporaryDir>();
        workspacePath = scratch->filePath(QStringLiteral("workspace.json"));
    }
    ui::Workspace workspace(workspacePath);
    workspace.load();
    if (!line.theme.empty()) {
        ui::Settings settings = workspace.settings();
        settings.theme = line.theme == "dark" ? ui::ThemeMode::Dark : ui::ThemeMode::Light;
        workspace.setSettings(settings);
    }
    ui::Theme::instance().setMode(workspace.settings().theme);

    Composition composition(workspace, line.site);

    int code = 0;
    {
        ui::MainWindow window(composition.services());
        if (!line.geometry.empty()) {
            const QStringList sides = QString::fromStdString(line.geometry).split(QLatin1Char('x'));
            window.resize(sides[0].toInt(), sides[1].toInt());
        }
        // An operator's own rules stand beside the workspace.
        const QString rules = QFileInfo(ui::Workspace::defaultPath()).dir().filePath(QStringLiteral("rules"));
        if (auto own = diagnosis::readOwnRulesFrom(rules.toStdString()))
            composition.store().setOwnRules(std::move(*own));
        else
            window.say(QString::fromStdString(own.error().text));
        window.show();
        if (line.demo) {
            window.openDemo();
        } else if (!line.kubeconfig.empty() || !line.hosts.empty()) {
            if (const Result<void> opened = composition.connections().open(line); !opened) {
                std::cerr << "strata: " << opened.error().text << "\n";
                return 1;
            }
        } else if (line.screenshot.empty()) {
            window.openRemembered();
        }
        if (line.screenshot.empty())
            composition.runs().findUnfinished();
        std::unique_ptr<Opening> opening;
        if (line.screenshot.empty() && (!line.select.empty() || !line.tab.empty()))
            opening = std::make_unique<Opening>(line.select, line.tab, composition.site(),
                                                composition.store(), window);
        std::unique_ptr<Screenshot> screenshot;
        if (!line.screenshot.empty())
            screenshot = std::make_unique<Screenshot>(line, composition.site(), composition.store(), window);
        code = QApplication::exec();
    }
    return code;
}

} // namespace strata::app
