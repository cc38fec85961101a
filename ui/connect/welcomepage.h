// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/settings/workspace.h"

#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace strata::ui {

// The centre while nothing is connected: three ways to begin, and the places connected to before.
class WelcomePage : public QWidget {
    Q_OBJECT

public:
    explicit WelcomePage(Workspace* workspace, QWidget* parent = nullptr);

    // While the demo site starts its button is off and says so; an error stays until the next try.
    void setDemoStarting(bool starting);
    void setDemoError(const QString& text);
    void setCreateOffered(bool offered);

Q_SIGNALS:
    void openDemoWanted();
    void connectClusterWanted();
    void connectHostWanted();
    void createClusterWanted();
    void openWanted(const strata::ui::Connection& connection);

private:
    void fillRecent();

    Workspace* m_workspace;
    class WelcomeButton* m_demo = nullptr;
    WelcomeButton* m_create = nullptr;
    QLabel* m_error = nullptr;
    QWidget* m_recent = nullptr;
    QVBoxLayout* m_recentRows = nullptr;
};

} // namespace strata::ui
