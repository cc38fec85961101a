// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/capacity/capacitymodel.h"

#include "ui/theme/theme.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/layername.h"
#include "ui/widgets/roles.h"
#include "ui/widgets/text.h"

namespace strata::ui {

using diagnosis::Capacity;

namespace {

QString dash()
{
    return QStringLiteral("–");
}

QString cores(std::int64_t milli)
{
    return milli < 0 ? dash() : coresText(milli);
}

QString bytes(std::int64_t amount)
{
    return amount < 0 ? dash() : bytesText(amount);
}

} // namespace

CapacityModel::CapacityModel(Table table, QObject* parent) : QAbstractTableModel(parent), m_table(table) {}

std::size_t CapacityModel::rows(const Capacity& capacity) const
{
    switch (m_table) {
    case Table::Layers:
        return capacity.layers.size();
    case Table::Nodes:
        return capacity.nodes.size();
    case Table::Tenants:
        return capacity.tenants.size();
    }
    return 0;
}

void CapacityModel::show(const Capacity& capacity)
{
    if (rows(capacity) != rows(m_capacity)) {
        beginResetModel();
        m_capacity = capacity;
        endResetModel();
        return;
    }
    m_capacity = capacity;
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int CapacityModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(rows(m_capacity));
}

int CapacityModel::columnCount(const QModelIndex& parent) const
{
    if (parent.isValid())
        return 0;
    return m_table == Table::Tenants ? 5 : m_table == Table::Nodes ? 8 : 6;
}

bool CapacityModel::isBar(int column) const
{
    switch (m_table) {
    case Table::Layers:
        return column == 3 || column == 5;
    case Table::Nodes:
        return column == 3 || column == 5;
    case Table::Tenants:
        return column == 4;
    }
    return false;
}

stack::ItemId CapacityModel::itemAt(int row) const
{
    if (m_table != Table::Nodes || row < 0 || row >= rowCount())
        return {};
    return m_capacity.nodes[std::size_t(row)].node;
}

CapacityModel::Cell CapacityModel::cell(int row, int column) const
{
    const auto words = [](const QString& text) { return Cell{text, text, {}}; };
    const auto number = [](qint64 value) { return Cell{QString::number(value), value, {}}; };
    const auto amount = [](const QString& text, std::int64_t value) { return Cell{text, qint64(value), {}}; };
    const auto bar = [](std::int64_t used, std::int64_t requested, std::int64_t whole,
                        QString (*format)(std::int64_t)) {
        Cell out;
        const Usage usage = usageOf(used, requested, whole);
        out.used = usage.used;
        out.allocated = usage.allocated;
        const double share = usage.allocated >= 0 ? usage.allocated : usage.used;
        out.text = share < 0 ? dash() : QStringLiteral("%1 %").arg(qRound(share * 100));
        out.sort = share;
        out.hint = usageText(used, requested, whole, format);
        return out;
    };
    const std::size_t at = std::size_t(row);
    if (m_table == Table::Layers) {
        const diagnosis::LayerSum& sum = m_capacity.layers[at];
        switch (column) {
        case 0:
            return {layerName(sum.layer), int(sum.layer), {}};
        case 1:
            return number(qint64(sum.count));
        case 2:
            return amount(cores(sum.capacity.cpuMilli), sum.capacity.cpuMilli);
        case 3:
            return bar(sum.used.cpuMilli, sum.requested.cpuMilli, sum.capacity.cpuMilli, coresText);
        case 4:
            return amount(bytes(sum.capacity.memoryBytes), sum.capacity.memoryBytes);
        default:
            return bar(sum.used.memoryBytes, sum.requested.memoryBytes, sum.capacity.memoryBytes, bytesText);
        }
    }
    if (m_table == Table::Tenants) {
        const diagnosis::TenantShare& share = m_capacity.tenants[at];
        switch (column) {
        case 0: {
            Cell out = words(share.name.empty() ? tr("VMs of no tenant") : shown(share.name));
            out.muted = share.name.empty();
            return out;
        }
        case 1:
            return number(share.vms);
        case 2:
            return amount(cores(share.size.cpuMilli), share.size.cpuMilli);
        case 3:
            return amount(bytes(share.size.memoryBytes), share.size.memoryBytes);
        default: {
            Cell out;
            out.allocated = share.memoryShare;
            out.text = QStringLiteral("%1 %").arg(qRound(share.memoryShare * 100));
            out.sort = share.memoryShare;
            out.hint = tr("%1 of all outer nodes' memory").arg(out.text);
            return out;
        }
        }
    }
    const diagnosis::NodeRoom& node = m_capacity.nodes[at];
    switch (column) {
    case 0:
        return words(shown(node.name));
    case 1:
        return words(node.host.empty() ? tr("not enrolled") : shown(node.host));
    case 2:
        return number(node.vms);
    case 3:
        return bar(node.used.cpuMilli, node.requested.cpuMilli, node.allocatable.cpuMilli, coresText);
    case 4:
        return amount(cores(node.free.cpuMilli), node.free.cpuMilli);
    case 5:
        return bar(node.used.memoryBytes, node.requested.memoryBytes, node.allocatable.memoryBytes,
                   bytesText);
    case 6:
        return amount(bytes(node.free.memoryBytes), node.free.memoryBytes);
    default:
        return words(node.takesVms ? tr("yes") : tr("no: %1").arg(shown(node.whyNot)));
    }
}

QVariant CapacityModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Cell shownCell = cell(index.row(), index.column());
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return shownCell.text;
    case Qt::ToolTipRole:
        return plainToolTip(shownCell.hint.isEmpty() ? shownCell.text : shownCell.hint);
    case Qt::ForegroundRole:
        return shownCell.muted ? QVariant(colors().muted) : QVariant();
    case UsedRole:
        return shownCell.used >= 0 ? QVariant(shownCell.used) : QVariant();
    case AllocatedRole:
        return shownCell.allocated >= 0 ? QVariant(shownCell.allocated) : QVariant();
    case SortRole:
        return shownCell.sort;
    default:
        return {};
    }
}

QVariant CapacityModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (m_table) {
    case Table::Layers:
        return QStringList{tr("Layer"),         tr("Count"),  tr("CPU"),
                           tr("CPU requested"), tr("Memory"), tr("Memory requested")}
            .value(section);
    case Table::Nodes:
        return QStringList{tr("Outer node"),    tr("Host"),     tr("VMs"),
                           tr("CPU requested"), tr("CPU free"), tr("Memory requested"),
                           tr("Memory free"),   tr("Takes VMs")}
            .value(section);
    case Table::Tenants:
        return QStringList{tr("Tenant"), tr("VMs"), tr("vCPU"), tr("Memory"), tr("Share of the memory")}
            .value(section);
    }
    return {};
}

} // namespace strata::ui
