// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/stack/facts.h"

#include <QObject>

class QListView;

namespace strata::ui {

class ActivityLog;
class ClusterRun;
class ClusterRuns;

// The runs as entries of Activity: how far they are, opened by a click, cancelled from the menu.
class RunsActivity : public QObject {
    Q_OBJECT

public:
    RunsActivity(ClusterRuns* runs, ActivityLog* log, QListView* view, Clock clock, QObject* parent);

Q_SIGNALS:
    void runWanted(strata::ui::ClusterRun* run);

private:
    void show(ClusterRun* run);
    ClusterRun* current() const;

    ClusterRuns* m_runs;
    ActivityLog* m_log;
    QListView* m_view;
    Clock m_clock;
};

} // namespace strata::ui
