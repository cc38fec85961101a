// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>

class QAction;
class QActionGroup;
class QMenu;
class QWidget;

namespace strata::ui {

// Every action of the window, made once, with text, icon, shortcut and status tip. What they do is connected
// by the window. All are added to `owner`, so that shortcuts work whether or not a menu shows them.
struct Actions {
    explicit Actions(QWidget* owner);

    QAction* openDemo;
    QAction* connectCluster;
    QAction* connectHost;
    QAction* checkHosts;
    QAction* capacity;
    QAction* createCluster;
    QAction* prepareCluster;
    QAction* audit;
    QAction* images;
    QAction* settings;
    QAction* quit;

    QAction* openShell; // into the machine: see ui/shell/consoles.h
    QAction* openScreen;
    QAction* openSerial;
    QAction* openLogs;
    QAction* openSsh;
    QAction* openNodeShell;
    QAction* attach;
    QAction* openBootstrap;
    QAction* forwardPort;
    QAction* addToChart;

    QAction* copyName;
    QAction* copyCommand;
    QAction* openYaml;
    QAction* reveal;
    QAction* whatIf;
    QAction* compare; // see ui/shell/comparisons.h
    QAction* compareHealthy;
    QAction* related; // has a menu
    QMenu* relatedMenu;
    QAction* access; // of a tenant cluster; has a menu of the three below
    QMenu* accessMenu;
    QAction* accessTerminal;
    QAction* accessSave;
    QAction* accessServe;
    QAction* pin;      // of a tenant cluster, checkable
    QAction* services; // of a tenant cluster
    QAction* deletion; // of one that is being deleted

    QAction* back;
    QAction* forward;
    QAction* overview;
    QAction* palette;
    QAction* filter;
    QAction* nextPlace;
    QAction* previousPlace;
    QAction* nextProblem;
    QAction* previousProblem;

    QAction* themeSystem;
    QAction* themeLight;
    QAction* themeDark;
    QActionGroup* themes;
    QAction* toggleTheme; // toolbar: light ↔ dark
    QAction* larger;
    QAction* smaller;
    QAction* normalSize;
    QAction* fullScreen;
    QList<QAction*> tabs; // overview, conditions, events, yaml; their data is the tab's name

    QAction* shortcuts;
    QAction* about;

    QList<QAction*> all() const;
    QList<QAction*> forItem() const; // the details' row
    QList<QAction*> intoItem() const
    {
        return {openScreen, openSerial,    openSsh,  openNodeShell, openShell,
                attach,     openBootstrap, openLogs, forwardPort,   addToChart};
    }

    void recolour(); // icons in the theme's colours

private:
    QList<QAction*> m_all;
};

} // namespace strata::ui
