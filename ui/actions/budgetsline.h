// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/inquiry/budgets.h"
#include "ui/widgets/themedlabel.h"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace strata::ui {

// Which PodDisruptionBudgets of tenants an event or an action would hit, asked of the tenants when the VMs
// that go down change, and told in a few lines. Hidden while there is nobody to ask.
class BudgetsLine : public ThemedLabel {
    Q_OBJECT

public:
    explicit BudgetsLine(inquiry::Look::Clients clients, QWidget* parent = nullptr);
    ~BudgetsLine() override;

    enum class Manner {
        AtOnce, // they are gone, whatever a budget says
        InTurn, // each is drained first, which waits for budgets
    };
    void ask(const stack::Stack& stack, const std::vector<stack::ItemId>& vms, Manner manner);
    bool isDone() const { return !m_look || m_ended; }
    const std::vector<inquiry::BudgetHit>& hits() const { return m_hits; } // worst first

Q_SIGNALS:
    void done();

private:
    void tell();

    inquiry::Look::Clients m_clients;
    std::vector<inquiry::BudgetQuestion> m_questions;
    Manner m_manner = Manner::AtOnce;
    std::optional<std::chrono::steady_clock::time_point> m_asked;
    std::vector<inquiry::BudgetHit> m_hits;
    QStringList m_failed; // tenants that did not answer, and why
    bool m_ended = false;
    unsigned m_round = 0;
    std::unique_ptr<inquiry::BudgetLook> m_look;
};

} // namespace strata::ui
