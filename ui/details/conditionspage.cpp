// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/conditionspage.h"

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "ui/details/conditions.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/tablecopy.h"
#include "ui/widgets/themedlabel.h"

#include <QHeaderView>

#include <algorithm>

namespace strata::ui {

std::vector<ConditionRow> conditionRows(const std::vector<stack::Condition>& conditions, UnixMs now)
{
    const auto shown = [](const std::string& text) { return QString::fromStdString(cleanText(text)); };
    std::vector<ConditionRow> rows;
    for (const stack::Condition& condition : conditions) {
        ConditionRow row;
        row.type = shown(condition.type);
        row.status = shown(condition.status);
        row.reason = shown(condition.reason);
        row.age = condition.since > 0 ? QString::fromStdString(formatAge(now - condition.since)) : QString();
        row.message = shown(condition.message);
        row.health = conditionHealth(condition);
        rows.push_back(std::move(row));
    }
    std::stable_sort(rows.begin(), rows.end(), [](const ConditionRow& a, const ConditionRow& b) {
        return a.health != b.health ? a.health > b.health : a.type < b.type;
    });
    return rows;
}

void ConditionModel::show(std::vector<ConditionRow> rows)
{
    if (m_rows == rows)
        return;
    const auto sameOrder = [&] {
        return std::equal(m_rows.begin(), m_rows.end(), rows.begin(), rows.end(),
                          [](const ConditionRow& a, const ConditionRow& b) { return a.type == b.type; });
    };
    if (sameOrder()) { // the common case: an age ticked, a status changed
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (m_rows[i] == rows[i])
                continue;
            m_rows[i] = rows[i];
            Q_EMIT dataChanged(index(int(i), 0), index(int(i), Columns - 1));
        }
        return;
    }
    const bool sameSet = m_rows.size() == rows.size() &&
                         std::all_of(m_rows.begin(), m_rows.end(), [&](const ConditionRow& known) {
                             return std::any_of(rows.begin(), rows.end(), [&](const ConditionRow& row) {
                                 return row.type == known.type;
                             });
                         });
    if (!sameSet) { // another object, or a type came or went
        beginResetModel();
        m_rows = std::move(rows);
        endResetModel();
        return;
    }
    Q_EMIT layoutAboutToBeChanged(); // the selection follows the types to their new places
    const QModelIndexList before = persistentIndexList();
    QModelIndexList after;
    for (const QModelIndex& at : before) {
        const QString& type = m_rows[std::size_t(at.row())].type;
        const auto found =
            std::find_if(rows.begin(), rows.end(), [&](const ConditionRow& row) { return row.type == type; });
        after << index(int(found - rows.begin()), at.column());
    }
    m_rows = std::move(rows);
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged();
}

int ConditionModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int ConditionModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant ConditionModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= int(m_rows.size()))
        return {};
    const ConditionRow& row = m_rows[std::size_t(index.row())];
    const bool bad = row.health >= stack::Health::Warning;
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case Type:
            return row.type;
        case Status:
            return row.status;
        case Reason:
            return row.reason;
        case Age:
            return row.age;
        case Message:
            return row.message;
        default:
            return {};
        }
    case Qt::DecorationRole:
        return index.column() == Status ? QVariant(healthIcon(row.health)) : QVariant();
    case Qt::ForegroundRole:
        if (index.column() == Status && bad)
            return colorOf(roleOf(row.health));
        return index.column() == Age ? QVariant(colorOf(TextRole::Muted)) : QVariant();
    case Qt::TextAlignmentRole:
        return int(Qt::AlignLeading | Qt::AlignVCenter);
    case Qt::ToolTipRole:
        return row.message.isEmpty() ? QVariant()
                                     : QVariant(QStringLiteral("<p>%1</p>").arg(row.message.toHtmlEscaped()));
    default:
        return {};
    }
}

QVariant ConditionModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeading | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Type:
        return tr("Type");
    case Status:
        return tr("Status");
    case Reason:
        return tr("Reason");
    case Age:
        return tr("Since");
    case Message:
        return tr("Message");
    default:
        return {};
    }
}

ConditionsPage::ConditionsPage(QWidget* parent) : QTableView(parent)
{
    m_model = new ConditionModel(this);
    setModel(m_model);
    setAccessibleName(tr("Conditions"));
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setSelectionBehavior(SelectRows);
    setEditTriggers(NoEditTriggers);
    setTabKeyNavigation(false);
    setWordWrap(true);
    setTextElideMode(Qt::ElideRight);
    setVerticalScrollMode(ScrollPerPixel);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    verticalHeader()->setMinimumSectionSize(fontMetrics().height() + 10);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setStretchLastSection(true);
    for (int column = ConditionModel::Type; column < ConditionModel::Message; ++column)
        horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    horizontalHeader()->setMaximumSectionSize(320);
    horizontalHeader()->setMinimumSectionSize(60);
    setItemDelegate(new CellDelegate(this, ConditionModel::Message));
    installTableCopy(this);
}

void ConditionsPage::show(const std::vector<stack::Condition>& conditions, UnixMs now)
{
    m_model->show(conditionRows(conditions, now));
}

} // namespace strata::ui
