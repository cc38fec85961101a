// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/shell/problemnotices.h"
#include "ui/shell/problemrows.h"

#include <QAbstractItemModel>
#include <QTimer>
#include <QWidget>

#include <memory>

class QButtonGroup;
class QStackedWidget;
class QTreeView;

namespace strata::ui {

class SearchField;
class StackStore;
class ThemedLabel;
class Workspace;

// Problem rows and what is because of each, updated in place: selection and expansion stay.
class ProblemModel : public QAbstractItemModel {
    Q_OBJECT

public:
    explicit ProblemModel(QObject* parent = nullptr);
    ~ProblemModel() override;

    void show(std::vector<ProblemRow> rows);
    const ProblemRow* row(const QModelIndex& index) const; // of a child: its problem's
    stack::ItemId item(const QModelIndex& index) const;    // what a click leads to

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    struct Node { // its address is the parent of its children
        ProblemRow row;
    };
    QVariant childData(const ProblemChild& child, int role) const;

    std::vector<std::unique_ptr<Node>> m_nodes;
};

// The root causes of what is wrong now, worst first; each opens to what is because of it. A click leads to
// the item, a double click or Return to its Why tab. Counted again at most four times a second.
class ProblemsPanel : public QWidget {
    Q_OBJECT

public:
    // Without a workspace nothing stays snoozed over a restart.
    ProblemsPanel(StackStore* store, Clock clock, Workspace* workspace = nullptr, QWidget* parent = nullptr);

    int count() const { return m_counts.open; } // neither snoozed ones nor notes
    stack::Health worst() const { return m_counts.worst; }
    QTreeView* view() const { return m_view; }
    QWidget* bar() const { return m_bar; } // filter and views, for the line of the tabs
    void fitBar(int room);                 // the filter gives way first

    void setProblemView(ProblemView view);
    void snooze(const QString& key, qint64 until, const QString& note); // until 0: until it clears
    void wake(const QString& key);

Q_SIGNALS:
    void countChanged(int count);
    void newProblem(const QString& title, const QString& text,
                    strata::stack::ItemId item); // see ProblemNotices
    void itemWanted(strata::stack::ItemId id);
    void whyWanted(strata::stack::ItemId id);
    void sourceWanted(strata::stack::SourceId source);

private:
    void look();
    void refresh();
    void go(const QModelIndex& index);
    void showMenu(const QPoint& at);
    void askSnooze(const QString& key, const QString& title);
    void copyRows();
    void keep();

    StackStore* m_store;
    Clock m_clock;
    Workspace* m_workspace;
    std::vector<diagnosis::Problem> m_problems;
    Snoozes m_snoozes;
    ProblemNotices m_notices;
    ProblemCounts m_counts;
    ProblemView m_shown = ProblemView::Open;
    ProblemModel* m_model = nullptr;
    QTreeView* m_view = nullptr;
    QStackedWidget* m_pages = nullptr;
    ThemedLabel* m_none = nullptr;
    QWidget* m_bar = nullptr;
    SearchField* m_filter = nullptr;
    QButtonGroup* m_views = nullptr;
    QTimer m_later;
    QTimer m_second;
    bool m_stale = true; // the problems themselves, not only their ages
    int m_said = -1;
};

} // namespace strata::ui
