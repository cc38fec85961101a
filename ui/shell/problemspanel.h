// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/shell/problems.h"

#include <QAbstractListModel>
#include <QTimer>
#include <QWidget>

class QListView;
class QStackedWidget;

namespace strata::ui {

class StackStore;
class ThemedLabel;

// The words of a problem; pure.
QString problemTitle(const stack::Stack& stack, const Problem& problem);
QString problemEvidence(const stack::Stack& stack, const Problem& problem, UnixMs now);

class ProblemModel : public QAbstractListModel {
    Q_OBJECT

public:
    struct Row {
        Problem problem;
        QString title;
        QString evidence;
        QString aside;
    };

    using QAbstractListModel::QAbstractListModel;

    void show(const stack::Stack& stack, const std::vector<Problem>& problems, UnixMs now); // in place
    const Problem* problem(int row) const;
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::vector<Row> m_rows;
};

// The causes of what is wrong now, worst first. Looked for again at most four times a second.
class ProblemsPanel : public QWidget {
    Q_OBJECT

public:
    ProblemsPanel(StackStore* store, Clock clock, QWidget* parent = nullptr);

    int count() const;
    stack::Health worst() const;
    QListView* view() const { return m_view; }

Q_SIGNALS:
    void countChanged(int count);
    void itemWanted(strata::stack::ItemId id);
    void sourceWanted(strata::stack::SourceId source);

private:
    void look();
    void go(const QModelIndex& index);

    StackStore* m_store;
    Clock m_clock;
    ProblemModel* m_model = nullptr;
    QListView* m_view = nullptr;
    QStackedWidget* m_pages = nullptr;
    ThemedLabel* m_none = nullptr;
    QTimer m_later;
    QTimer m_second;
    int m_said = -1;
};

} // namespace strata::ui
