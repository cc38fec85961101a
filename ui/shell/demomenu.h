// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QMenu>
#include <QString>

#include <functional>

class QAction;
class QActionGroup;

namespace strata::ui {

// What can be done to the embedded demo site. Called on the GUI thread; nothing here blocks. All of it is
// optional: without `running` there is no menu.
struct DemoServices {
    struct Entry {
        QString name;
        QString group; // a layer; may be empty
        QString text;
    };
    std::function<bool()> running; // is the demo site open?
    std::function<QList<Entry>()> faults;
    std::function<bool(const QString& name)> fault; // is it staged?
    std::function<void(const QString& name, bool on)> setFault;
    std::function<QList<Entry>()> scenarios;
    std::function<void(const QString& name)> play;
    std::function<double()> speed;
    std::function<void(double speed)> setSpeed;
    std::function<bool()> paused;
    std::function<void(bool paused)> setPaused;
    std::function<void(double seconds)> step;
};

// The demo site's time and its faults, by layer. Shown in the menu bar while the site is open.
class DemoMenu : public QMenu {
    Q_OBJECT

public:
    explicit DemoMenu(const DemoServices& services, QWidget* parent);

    void refresh(); // visible or not; cheap, for a timer

private:
    void build();
    void update();

    DemoServices m_services;
    QAction* m_pause;
    QAction* m_step;
    QAction* m_healAll;
    QMenu* m_scenarios;
    QActionGroup* m_speeds;
    QList<QAction*> m_faults;
    bool m_built = false;
};

} // namespace strata::ui
