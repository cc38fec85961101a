// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/capacity.h"

#include <QAbstractTableModel>

namespace strata::ui {

// One table of a capacity. Bars answer UsedRole and AllocatedRole, every cell SortRole; words are for copying
// and for the tooltip.
class CapacityModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum class Table { Layers, Nodes, Tenants };

    explicit CapacityModel(Table table, QObject* parent = nullptr);

    void show(const diagnosis::Capacity& capacity);
    const diagnosis::Capacity& capacity() const { return m_capacity; }
    bool isBar(int column) const;        // drawn by BarDelegate
    stack::ItemId itemAt(int row) const; // an outer node; none elsewhere

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Cell {
        QString text;
        QVariant sort;
        QString hint;
        double used = -1;
        double allocated = -1;
        bool muted = false;
    };
    Cell cell(int row, int column) const;
    std::size_t rows(const diagnosis::Capacity& capacity) const;

    Table m_table;
    diagnosis::Capacity m_capacity;
};

} // namespace strata::ui
