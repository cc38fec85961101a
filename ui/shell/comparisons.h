// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/stack/item.h"

#include <QObject>

#include <vector>

class QAction;
class QWidget;

namespace strata::ui {

class CompareDialog;
class Documents;
class PastStates;
class StackStore;

// What the window compares: two selected items, one after the other, or an item with itself at its last
// healthy state. Says in its two actions what they would do now.
class Comparisons : public QObject {
    Q_OBJECT

public:
    // `two` is checkable by nobody: its text says which step comes next.
    Comparisons(StackStore* store, Documents* documents, Clock clock, QAction* two, QAction* healthy,
                QWidget* window);

    void follow(std::vector<stack::ItemId> chosen); // what is selected: one item, or several
    CompareDialog* compare();                       // null: the first one is only remembered
    CompareDialog* compareWithHealthy();
    const PastStates& past() const { return *m_past; }

Q_SIGNALS:
    void said(const QString& sentence); // empty: what was said last is over

private:
    bool comparable(stack::ItemId id) const;
    QString title(stack::ItemId id) const;

    StackStore* m_store;
    Documents* m_documents;
    QAction* m_two;
    QAction* m_healthy;
    QWidget* m_window;
    PastStates* m_past;
    std::vector<stack::ItemId> m_chosen;
    stack::ItemId m_first; // waits for the other one
};

} // namespace strata::ui
