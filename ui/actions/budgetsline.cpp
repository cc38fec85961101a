// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/budgetsline.h"

#include "ui/connect/errorwords.h"
#include "ui/widgets/text.h"
#include "ui/wizard/aside.h"

#include <algorithm>
#include <utility>

namespace strata::ui {

using inquiry::BudgetHit;
using inquiry::BudgetQuestion;

namespace {

constexpr qsizetype kMostLines = 6;
constexpr std::chrono::seconds kAgain{30}; // budgets change as pods do

} // namespace

BudgetsLine::BudgetsLine(inquiry::Look::Clients clients, QWidget* parent)
    : ThemedLabel(TextRole::Muted, parent), m_clients(std::move(clients))
{
    setObjectName(QStringLiteral("budgets"));
    setWordWrap(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    hide();
}

BudgetsLine::~BudgetsLine() = default;

void BudgetsLine::ask(const stack::Stack& stack, const std::vector<stack::ItemId>& vms, Manner manner)
{
    if (!m_clients)
        return;
    std::vector<BudgetQuestion> questions = inquiry::budgetQuestions(stack, vms);
    const auto now = std::chrono::steady_clock::now();
    if (questions == m_questions && manner == m_manner && m_asked && (!m_ended || now - *m_asked < kAgain))
        return;
    m_manner = manner;
    m_questions = questions;
    m_asked = now;
    m_hits.clear();
    m_failed.clear();
    m_ended = questions.empty();
    const unsigned round = ++m_round;
    m_look.reset();
    tell();
    if (questions.empty())
        return;
    using Answer = std::pair<BudgetQuestion, Result<std::vector<BudgetHit>>>;
    inquiry::BudgetLook::Callbacks callbacks;
    const auto take = onGui<Answer>(this, [this, round](const Answer& answer) {
        if (round != m_round)
            return;
        if (answer.second)
            m_hits.insert(m_hits.end(), answer.second->begin(), answer.second->end());
        else
            m_failed << tr("%1 (%2)").arg(cleaned(answer.first.tenant), errorText(answer.second.error()));
        tell();
    });
    const auto end = onGui<int>(this, [this, round](int) {
        if (round != m_round)
            return;
        m_ended = true;
        tell();
        Q_EMIT done();
    });
    callbacks.onAnswer = [take](const BudgetQuestion& question, const Result<std::vector<BudgetHit>>& hits) {
        take({question, hits});
    };
    callbacks.onEnd = [end] { end(0); };
    m_look = std::make_unique<inquiry::BudgetLook>(m_clients, std::move(questions), std::move(callbacks));
}

void BudgetsLine::tell()
{
    const bool inTurn = m_manner == Manner::InTurn;
    std::stable_sort(m_hits.begin(), m_hits.end(),
                     [](const BudgetHit& a, const BudgetHit& b) { return a.breaks() && !b.breaks(); });
    std::vector<const BudgetHit*> told;
    for (const BudgetHit& hit : m_hits) {
        if (!inTurn || hit.waits())
            told.push_back(&hit);
    }
    QStringList lines;
    bool breaks = false;
    for (const BudgetHit* each : told) {
        const BudgetHit& hit = *each;
        breaks = breaks || hit.breaks();
        if (lines.size() == kMostLines) {
            lines << tr("… and %n more budget(s)", nullptr, static_cast<int>(told.size()) - int(kMostLines));
            break;
        }
        const QString name = QStringLiteral("%1/%2").arg(cleaned(hit.ns), cleaned(hit.name));
        if (inTurn) {
            lines << tr("Disruption budget %1 of tenant %2 lets no pod go now: the drain of its nodes waits "
                        "until it does")
                         .arg(name, cleaned(hit.tenant));
            continue;
        }
        lines << (hit.breaks()
                      ? tr("Disruption budget %1 of tenant %2 is broken: %3 of its pods are there, %4 may go")
                      : tr("Disruption budget %1 of tenant %2 holds: %3 of its pods are there, %4 may go"))
                     .arg(name, cleaned(hit.tenant))
                     .arg(hit.pods)
                     .arg(hit.allowed);
    }
    if (!m_ended)
        lines << tr("Asking %n tenant(s) for disruption budgets…", nullptr,
                    static_cast<int>(m_questions.size()));
    else if (told.empty() && m_failed.isEmpty() && !m_questions.empty())
        lines << (inTurn ? tr("No disruption budget of a tenant stands in the way now.")
                         : tr("No disruption budget of a tenant is hit."));
    if (!m_failed.isEmpty())
        lines << tr("Disruption budgets are not known of: %1").arg(m_failed.join(QStringLiteral(", ")));
    setRole(!breaks ? TextRole::Muted : inTurn ? TextRole::Warning : TextRole::Failed);
    setVisible(!lines.isEmpty());
    showText(lines.join(QLatin1Char('\n')));
}

} // namespace strata::ui
