// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QObject>

#include <vector>

namespace strata::ui {

class StackStore;

// The one current item of a window, shared by tree, chart and details, with a history to go back through. An
// item that leaves the stack is left for the nearest that carried it. GUI thread.
class Selection : public QObject {
    Q_OBJECT

public:
    explicit Selection(StackStore* store, QObject* parent = nullptr);

    stack::ItemId current() const { return m_current; }
    void select(stack::ItemId id); // no item: nothing is selected
    bool canGoBack() const;
    bool canGoForward() const;
    void goBack();
    void goForward();

Q_SIGNALS:
    void changed(strata::stack::ItemId id);

private:
    void follow(const strata::stack::StackDelta& delta);

    StackStore* m_store;
    stack::ItemId m_current;
    std::vector<stack::ItemId> m_path; // of the current item, bottom up: where to go when it leaves
    std::vector<stack::ItemId> m_history;
    std::size_t m_position = 0;
};

} // namespace strata::ui
