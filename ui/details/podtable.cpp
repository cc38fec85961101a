// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/podtable.h"

#include "ui/widgets/celldelegate.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/tablecopy.h"

#include <QHeaderView>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr int kMostRows = 12;

}

void PodModel::show(const std::vector<PodRow>& rows)
{
    if (m_rows == rows)
        return;
    // Row by row: what went leaves, what came enters, what stays is moved and told as changed.
    for (int i = int(m_rows.size()) - 1; i >= 0; --i) {
        const QString& name = m_rows[std::size_t(i)].name;
        if (std::none_of(rows.begin(), rows.end(), [&](const PodRow& row) { return row.name == name; })) {
            beginRemoveRows({}, i, i);
            m_rows.erase(m_rows.begin() + i);
            endRemoveRows();
        }
    }
    for (int i = 0; i < int(rows.size()); ++i) {
        const PodRow& row = rows[std::size_t(i)];
        const auto found = std::find_if(m_rows.begin() + i, m_rows.end(),
                                        [&](const PodRow& known) { return known.name == row.name; });
        if (found == m_rows.end()) {
            beginInsertRows({}, i, i);
            m_rows.insert(m_rows.begin() + i, row);
            endInsertRows();
            continue;
        }
        const int at = int(found - m_rows.begin());
        if (at != i) {
            beginMoveRows({}, at, at, {}, i);
            std::rotate(m_rows.begin() + i, found, found + 1);
            endMoveRows();
        }
        if (!(m_rows[std::size_t(i)] == row)) {
            m_rows[std::size_t(i)] = row;
            Q_EMIT dataChanged(index(i, 0), index(i, Columns - 1));
        }
    }
}

int PodModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int PodModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant PodModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= int(m_rows.size()))
        return {};
    const PodRow& row = m_rows[std::size_t(index.row())];
    if (role == Qt::DisplayRole) {
        switch (index.column()) {
        case Name:
            return row.name;
        case Ready:
            return row.ready;
        case Restarts:
            return row.restarts;
        case Status:
            return row.status;
        case Node:
            return row.node;
        case Age:
            return row.age;
        default:
            return {};
        }
    }
    if (role == Qt::DecorationRole && index.column() == Status)
        return healthIcon(row.health);
    if (role == Qt::ForegroundRole && index.column() == Status && row.health >= stack::Health::Warning)
        return colorOf(roleOf(row.health));
    if (role == Qt::ToolTipRole && !row.reason.isEmpty())
        return row.reason.toHtmlEscaped();
    return {};
}

QVariant PodModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::TextAlignmentRole))
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeading | Qt::AlignVCenter);
    switch (section) {
    case Name:
        return tr("Name");
    case Ready:
        return tr("Ready");
    case Restarts:
        return tr("Restarts");
    case Status:
        return tr("Status");
    case Node:
        return tr("Node");
    case Age:
        return tr("Age");
    default:
        return {};
    }
}

PodTable::PodTable(QWidget* parent) : QTableView(parent)
{
    m_model = new PodModel(this);
    setModel(m_model);
    setAccessibleName(tr("Pods"));
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setSelectionBehavior(SelectRows);
    setEditTriggers(NoEditTriggers);
    setTabKeyNavigation(false);
    setWordWrap(false);
    setTextElideMode(Qt::ElideMiddle);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setSectionResizeMode(PodModel::Name, QHeaderView::Stretch);
    for (int column = PodModel::Ready; column < PodModel::Columns; ++column)
        horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    horizontalHeader()->setMinimumSectionSize(56);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setItemDelegate(new CellDelegate(this));
    installTableCopy(this);
}

void PodTable::show(const std::vector<PodRow>& rows)
{
    const int before = m_model->rowCount();
    m_model->show(rows);
    if (before != m_model->rowCount())
        updateGeometry();
}

QSize PodTable::sizeHint() const
{
    const int rows = qBound(1, m_model->rowCount(), kMostRows);
    return {400, horizontalHeader()->sizeHint().height() + rows * verticalHeader()->defaultSectionSize() + 2};
}

QSize PodTable::minimumSizeHint() const
{
    return {200, sizeHint().height()};
}

} // namespace strata::ui
