// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

namespace strata::ui {

class ClusterRun;
class ClusterRuns;
class ProgressPage;

// A run of a change as it goes. Closing it stops nothing.
class RunDialog : public QDialog {
    Q_OBJECT

public:
    RunDialog(ClusterRuns* runs, ClusterRun* run, QWidget* parent = nullptr);
    ClusterRun* run() const;

private:
    ProgressPage* m_page;
};

} // namespace strata::ui
