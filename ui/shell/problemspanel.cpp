// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/problemspanel.h"

#include "core/base/text.h"
#include "ui/details/page.h"
#include "ui/shell/chips.h"
#include "ui/shell/twolinedelegate.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/themedlabel.h"

#include <QCoreApplication>
#include <QListView>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

using namespace stack;

namespace {

constexpr int kLookEveryMs = 250;
constexpr std::size_t kMostRows = 500;

class Words {
    Q_DECLARE_TR_FUNCTIONS(Problems)
};

QString shownText(const std::string& value)
{
    return QString::fromStdString(cleanText(value));
}

// "1 node, 2 pods"
QString counted(const Problem& problem)
{
    QStringList parts;
    if (problem.nodes > 0)
        parts << (problem.nodes == 1 ? Words::tr("1 node") : Words::tr("%n nodes", nullptr, problem.nodes));
    if (problem.vms > 0)
        parts << (problem.vms == 1 ? Words::tr("1 VM") : Words::tr("%n VMs", nullptr, problem.vms));
    if (problem.workloads > 0)
        parts << (problem.workloads == 1 ? Words::tr("1 pod")
                                         : Words::tr("%n pods", nullptr, problem.workloads));
    if (problem.machines > 0)
        parts << (problem.machines == 1 ? Words::tr("1 cluster object")
                                        : Words::tr("%n cluster objects", nullptr, problem.machines));
    return parts.join(QStringLiteral(", "));
}

} // namespace

QString problemTitle(const Stack& stack, const Problem& problem)
{
    if (const Item* item = stack.find(problem.item)) {
        const QString name = shownText(item->name);
        if (item->reason.empty())
            return Words::tr("%1 is %2").arg(name, shownText(item->state));
        QString reason = shownText(item->reason);
        if (reason.endsWith(QLatin1Char('.')))
            reason.chop(1);
        return QStringLiteral("%1: %2").arg(name, reason);
    }
    const SourceState* source = stack.source(problem.source);
    if (source == nullptr)
        return {};
    const QString name = shownText(source->name);
    if (problem.kind == 0)
        return source->lastHeard > 0 ? Words::tr("%1 does not answer any more").arg(name)
                                     : Words::tr("%1 cannot be reached").arg(name);
    if (problem.kind > source->kinds.size())
        return {};
    const KindState& kind = source->kinds[problem.kind - 1];
    return kind.error.kind == ErrorKind::Forbidden
               ? Words::tr("%1: not allowed to list %2").arg(name, shownText(kind.kind))
               : Words::tr("%1: %2 cannot be read").arg(name, shownText(kind.kind));
}

QString problemEvidence(const Stack& stack, const Problem& problem, UnixMs now)
{
    QStringList parts;
    if (const Item* item = stack.find(problem.item)) {
        QString what = kindName(item->kind);
        if (!item->ns.empty())
            what += QLatin1Char(' ') + shownText(item->ns);
        if (!item->rawReason.empty())
            what += QStringLiteral(": ") + shownText(item->rawReason);
        else
            what += QStringLiteral(": ") + shownText(item->state);
        parts << what;
        if (const QString explained = counted(problem); !explained.isEmpty())
            parts << Words::tr("explains %1 above it").arg(explained);
        if (problem.carriedVms > 0)
            parts << (problem.carriedVms == 1 ? Words::tr("carries 1 VM")
                                              : Words::tr("carries %n VMs", nullptr, problem.carriedVms));
        if (problem.carriedPods > 0 && problem.workloads == 0)
            parts << (problem.carriedPods == 1 ? Words::tr("1 pod on it")
                                               : Words::tr("%n pods on it", nullptr, problem.carriedPods));
        return parts.join(QStringLiteral(" · "));
    }
    const SourceState* source = stack.source(problem.source);
    if (source == nullptr)
        return {};
    const Error* error = problem.kind == 0                      ? &source->error
                         : problem.kind <= source->kinds.size() ? &source->kinds[problem.kind - 1].error
                                                                : nullptr;
    if (problem.kind == 0)
        parts << sourceSentence(*source, now);
    if (error != nullptr) {
        if (!error->text.empty())
            parts << shownText(error->text);
        if (!error->detail.empty() && error->detail != error->text)
            parts << shownText(error->detail);
    }
    return parts.join(QStringLiteral(" · "));
}

void ProblemModel::show(const Stack& stack, const std::vector<Problem>& problems, UnixMs now)
{
    const auto same = [](const Problem& a, const Problem& b) {
        return a.item == b.item && a.source == b.source && a.kind == b.kind;
    };
    for (int i = int(m_rows.size()) - 1; i >= 0; --i) {
        if (std::none_of(problems.begin(), problems.end(), [&](const Problem& problem) {
                return same(problem, m_rows[std::size_t(i)].problem);
            })) {
            beginRemoveRows({}, i, i);
            m_rows.erase(m_rows.begin() + i);
            endRemoveRows();
        }
    }
    const int wanted = int(std::min(problems.size(), kMostRows));
    for (int i = 0; i < wanted; ++i) {
        Row row;
        row.problem = problems[std::size_t(i)];
        row.title = problemTitle(stack, row.problem);
        row.evidence = problemEvidence(stack, row.problem, now);
        if (row.problem.since > 0)
            row.aside = Words::tr("for %1").arg(QString::fromStdString(formatAge(now - row.problem.since)));
        const auto found = std::find_if(m_rows.begin() + i, m_rows.end(),
                                        [&](const Row& known) { return same(known.problem, row.problem); });
        if (found == m_rows.end()) {
            beginInsertRows({}, i, i);
            m_rows.insert(m_rows.begin() + i, std::move(row));
            endInsertRows();
            continue;
        }
        const int at = int(found - m_rows.begin());
        if (at != i) {
            beginMoveRows({}, at, at, {}, i);
            std::rotate(m_rows.begin() + i, found, found + 1);
            endMoveRows();
        }
        Row& known = m_rows[std::size_t(i)];
        if (known.title != row.title || known.evidence != row.evidence || known.aside != row.aside ||
            !(known.problem == row.problem)) {
            known = std::move(row);
            Q_EMIT dataChanged(index(i), index(i));
        }
    }
    if (int(m_rows.size()) > wanted) {
        beginRemoveRows({}, wanted, int(m_rows.size()) - 1);
        m_rows.resize(std::size_t(wanted));
        endRemoveRows();
    }
}

const Problem* ProblemModel::problem(int row) const
{
    return row >= 0 && row < rowCount() ? &m_rows[std::size_t(row)].problem : nullptr;
}

int ProblemModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QVariant ProblemModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row& row = m_rows[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return row.title;
    case TwoLineDelegate::Evidence:
        return row.evidence;
    case TwoLineDelegate::Aside:
        return row.aside;
    case TwoLineDelegate::Health:
        return static_cast<int>(row.problem.health);
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1: %2. %3")
            .arg(Theme::healthName(row.problem.health), row.title, row.evidence);
    default:
        return {};
    }
}

ProblemsPanel::ProblemsPanel(StackStore* store, Clock clock, QWidget* parent)
    : QWidget(parent), m_store(store), m_clock(std::move(clock))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_pages = new QStackedWidget(this);
    layout->addWidget(m_pages);
    m_model = new ProblemModel(this);
    m_view = new QListView(m_pages);
    m_view->setModel(m_model);
    m_view->setAccessibleName(tr("Problems"));
    setUpTwoLineList(m_view);
    m_pages->addWidget(m_view);
    m_none = new ThemedLabel(TextRole::Muted, m_pages);
    m_none->setAlignment(Qt::AlignCenter);
    m_none->setWordWrap(true);
    m_pages->addWidget(m_none);
    connect(m_view, &QListView::clicked, this, &ProblemsPanel::go);
    connect(m_view, &QListView::activated, this, &ProblemsPanel::go);

    m_later.setSingleShot(true);
    m_later.setInterval(kLookEveryMs);
    connect(&m_later, &QTimer::timeout, this, &ProblemsPanel::look);
    connect(store, &StackStore::changed, this, [this] {
        if (!m_later.isActive())
            m_later.start();
    });
    m_second.setInterval(1000);
    connect(&m_second, &QTimer::timeout, this, [this] {
        if (m_view->isVisible())
            look(); // ages tick
    });
    m_second.start();
    look();
}

void ProblemsPanel::look()
{
    m_model->show(m_store->stack(), findProblems(m_store->stack()), m_clock());
    m_pages->setCurrentIndex(m_model->rowCount() > 0 ? 0 : 1);
    m_none->showText(m_store->stack().sources().empty() ? tr("Nothing is connected, so nothing is known.")
                                                        : tr("No problems: all that is known is healthy."));
    if (m_said != m_model->rowCount()) {
        m_said = m_model->rowCount();
        Q_EMIT countChanged(m_said);
    }
}

void ProblemsPanel::go(const QModelIndex& index)
{
    const Problem* problem = m_model->problem(index.row());
    if (problem == nullptr)
        return;
    if (problem->item)
        Q_EMIT itemWanted(problem->item);
    else
        Q_EMIT sourceWanted(problem->source);
}

int ProblemsPanel::count() const
{
    return m_model->rowCount();
}

Health ProblemsPanel::worst() const
{
    const Problem* first = m_model->problem(0);
    return first != nullptr ? first->health : Health::Ok;
}

} // namespace strata::ui
