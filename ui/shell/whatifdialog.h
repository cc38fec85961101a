// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/blast.h"
#include "ui/stack/stratachart.h"

#include <QDialog>
#include <QPointer>
#include <QTimer>

#include <functional>
#include <memory>

class QComboBox;
class QTreeWidget;

namespace strata::kube {
class Client;
}

namespace strata::ui {

class BudgetsLine;
class Selection;
class StackStore;
class ThemedLabel;

// "What if this host dies": what happens to the VMs on it, to etcd quorums and to tenants, kept up to date
// while it is open and marked on the chart. Asks and changes nothing.
class WhatIfDialog : public QDialog {
    Q_OBJECT

public:
    // Without `clients` disruption budgets inside tenants are not asked for.
    WhatIfDialog(StackStore* store, Selection* selection, StrataChart* chart, stack::ItemId id,
                 std::function<std::shared_ptr<kube::Client>(stack::SourceId)> clients,
                 QWidget* parent = nullptr);
    ~WhatIfDialog() override;

    static bool makesSense(const stack::Stack& stack, stack::ItemId id);
    const diagnosis::Blast& blast() const { return m_blast; }
    const BudgetsLine* budgets() const { return m_budgets; }

private:
    void look();

    StackStore* m_store;
    Selection* m_selection;
    QPointer<StrataChart> m_chart; // may be null, and may go first
    stack::ItemId m_id;
    diagnosis::Blast m_blast;
    QComboBox* m_what = nullptr;
    ThemedLabel* m_title = nullptr;
    ThemedLabel* m_sum = nullptr;
    ThemedLabel* m_quorums = nullptr;
    ThemedLabel* m_tenants = nullptr;
    BudgetsLine* m_budgets = nullptr;
    QTreeWidget* m_vms = nullptr;
    ThemedLabel* m_foot = nullptr;
    QTimer m_later;
};

} // namespace strata::ui
