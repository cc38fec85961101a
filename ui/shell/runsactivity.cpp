// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/runsactivity.h"

#include "ui/shell/activity.h"
#include "ui/widgets/text.h"
#include "ui/wizard/clusterruns.h"

#include <QAction>
#include <QListView>

namespace strata::ui {

RunsActivity::RunsActivity(ClusterRuns* runs, ActivityLog* log, QListView* view, Clock clock, QObject* parent)
    : QObject(parent), m_runs(runs), m_log(log), m_view(view), m_clock(std::move(clock))
{
    auto* open = new QAction(tr("Show the run"), view);
    auto* cancel = new QAction(tr("Cancel the run"), view);
    auto* forget = new QAction(tr("Remove from the list"), view);
    view->addActions({open, cancel, forget});
    const auto enable = [this, open, cancel, forget] {
        const ClusterRun* run = current();
        open->setVisible(run != nullptr);
        cancel->setVisible(run != nullptr && run->canCancel());
        forget->setVisible(run != nullptr && !run->active());
    };
    enable();
    connect(view->selectionModel(), &QItemSelectionModel::currentChanged, this, enable);
    connect(runs, &ClusterRuns::changed, this, enable);
    connect(runs, &ClusterRuns::added, this, &RunsActivity::show);
    connect(runs, &ClusterRuns::changed, this, &RunsActivity::show);
    connect(runs, &ClusterRuns::removed, log, &ActivityLog::remove);
    connect(open, &QAction::triggered, this, [this] {
        if (ClusterRun* run = current())
            Q_EMIT runWanted(run);
    });
    connect(cancel, &QAction::triggered, this, [this] {
        if (ClusterRun* run = current())
            run->cancel();
    });
    connect(forget, &QAction::triggered, this, [this] {
        if (ClusterRun* run = current())
            m_runs->forget(run);
    });
    const auto wanted = [this](const QModelIndex& index) {
        if (ClusterRun* run = m_runs->find(index.data(ActivityLog::Key).toString()))
            Q_EMIT runWanted(run);
    };
    connect(view, &QListView::clicked, this, wanted);
    connect(view, &QListView::activated, this, wanted);
    for (ClusterRun* run : runs->all())
        show(run);
}

ClusterRun* RunsActivity::current() const
{
    const QString key = m_view->currentIndex().data(ActivityLog::Key).toString();
    return key.isEmpty() ? nullptr : m_runs->find(key);
}

void RunsActivity::show(ClusterRun* run)
{
    QString detail = run->sentence();
    double progress = -1;
    if (run->active() && run->plan()) {
        const int total = int(run->plan()->steps.size());
        progress = total > 0 ? double(run->stepsDone()) / total : 0;
        if (run->phase() == ClusterRun::Phase::Running)
            detail = tr("Step %1 of %2: %3").arg(qMin(run->stepsDone() + 1, total)).arg(total).arg(detail);
    } else if (run->active()) {
        progress = 0;
    }
    m_log->set(run->id(), run->health(), run->title(), detail, progress, m_clock());
}

} // namespace strata::ui
