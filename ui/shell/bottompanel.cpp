// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/bottompanel.h"

#include "ui/shell/activity.h"
#include "ui/shell/problemspanel.h"
#include "ui/stack/stackstore.h"
#include "ui/timeline/timelineview.h"
#include "ui/widgets/underlinetabs.h"

#include <QHBoxLayout>
#include <QListView>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

BottomPanel::BottomPanel(StackStore* store, Selection* selection, Clock clock, Workspace* workspace,
                         QWidget* parent)
    : BasePane(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_bar = new UnderlineTabs(this);
    m_bar->setAccessibleName(tr("Problems, activity and timeline"));
    m_bar->setStyleSheet(QStringLiteral("QTabBar::tab:first { margin-left: 12px; }"));
    m_bar->addTab(tr("Problems"));
    m_bar->addTab(tr("Activity"));
    m_bar->addTab(tr("Timeline"));
    layout->addWidget(m_bar);
    m_pages = new QStackedWidget(this);
    m_activity = new ActivityLog(this);
    m_problems = new ProblemsPanel(store, clock, workspace, m_pages);
    m_activityView = makeActivityView(m_activity, m_pages);
    m_pages->addWidget(m_problems);
    m_timeline = new TimelineView(store, selection, clock, m_pages);
    m_pages->addWidget(m_activityView);
    m_pages->addWidget(m_timeline);
    layout->addWidget(m_pages, 1);
    m_names = {QStringLiteral("problems"), QStringLiteral("activity"), QStringLiteral("timeline")};

    // Filter and views of the problems share the line of the tabs.
    auto* over = new QHBoxLayout(m_bar);
    over->setContentsMargins(0, 1, 10, 3);
    over->setSizeConstraint(QLayout::SetNoConstraint);
    over->addStretch(1);
    over->addWidget(m_problems->bar());
    m_problems->bar()->show();
    connect(m_bar, &QTabBar::currentChanged, this, [this](int index) {
        m_pages->setCurrentIndex(index);
        m_problems->bar()->setVisible(index == 0);
    });
    const auto title = [this](int count) {
        m_bar->setTabText(0, count > 0 ? tr("Problems %1").arg(count) : tr("Problems"));
    };
    title(m_problems->count());
    connect(m_problems, &ProblemsPanel::countChanged, this, title);
    connect(store, &StackStore::changed, this, [this, store, clock](const stack::StackDelta& delta) {
        if (!delta.sources.empty())
            m_activity->follow(store->stack(), delta.sources, clock());
    });
    m_activity->follow(store->stack(), store->stack().sources(), clock());
}

void BottomPanel::addPage(QWidget* page, const QString& title, const QString& name)
{
    m_pages->addWidget(page);
    m_bar->addTab(title);
    m_names.push_back(name);
}

QString BottomPanel::currentTab() const
{
    return m_names.value(m_bar->currentIndex(), QStringLiteral("problems"));
}

void BottomPanel::setCurrentTab(const QString& name)
{
    m_bar->setCurrentIndex(std::max<int>(int(m_names.indexOf(name)), 0));
}

void BottomPanel::focusList()
{
    if (m_bar->currentIndex() > 1) {
        m_pages->currentWidget()->setFocus(Qt::ShortcutFocusReason);
        return;
    }
    QAbstractItemView* view = m_problems->view();
    if (m_bar->currentIndex() == 1)
        view = m_activityView;
    if (view->isVisible()) {
        view->setFocus(Qt::ShortcutFocusReason);
        if (!view->currentIndex().isValid() && view->model()->rowCount() > 0)
            view->selectionModel()->setCurrentIndex(view->model()->index(0, 0),
                                                    QItemSelectionModel::NoUpdate);
    } else {
        m_bar->setFocus(Qt::ShortcutFocusReason);
    }
}

} // namespace strata::ui
