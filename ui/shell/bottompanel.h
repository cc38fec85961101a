// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/stack/facts.h"
#include "ui/widgets/basepane.h"

#include <QStringList>

class QListView;
class QStackedWidget;
class QTabBar;

namespace strata::ui {

class ActivityLog;
class ProblemsPanel;
class Selection;
class SessionPage;
class StackStore;
class TimelineView;
class Workspace;

// The bottom dock: Problems, Activity and Timeline as tabs, and behind them what is open: logs, shells,
// consoles.
class BottomPanel : public BasePane {
    Q_OBJECT

public:
    BottomPanel(StackStore* store, Selection* selection, Clock clock, Workspace* workspace = nullptr,
                QWidget* parent = nullptr);

    ProblemsPanel* problems() const { return m_problems; }
    ActivityLog* activity() const { return m_activity; }
    QListView* activityView() const { return m_activityView; }
    TimelineView* timeline() const { return m_timeline; }
    // A further tab, known to setCurrentTab() by `name`.
    void addPage(QWidget* page, const QString& title, const QString& name);
    // A tab that can be closed (the page goes with it), shown at once.
    void openSession(SessionPage* page);
    SessionPage* session(const QString& key) const; // null: not open
    QList<SessionPage*> sessions() const;
    void showSession(SessionPage* page);
    void closeSession(SessionPage* page);
    void focusTabs();
    QString currentTab() const; // "problems", "activity", "timeline", or that of a further one
    bool hasTab(const QString& name) const { return m_names.contains(name); }
    void setCurrentTab(const QString& name);
    void focusList();
    QSize sizeHint() const override { return {600, 190}; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;

private:
    void fit();
    void decorate(SessionPage* page);

    ProblemsPanel* m_problems = nullptr;
    ActivityLog* m_activity = nullptr;
    QListView* m_activityView = nullptr;
    TimelineView* m_timeline = nullptr;
    QTabBar* m_bar = nullptr;
    QStackedWidget* m_pages = nullptr;
    QStringList m_names;
};

} // namespace strata::ui
