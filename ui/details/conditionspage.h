// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QAbstractTableModel>
#include <QTableView>

#include <vector>

namespace strata::ui {

struct ConditionRow {
    QString type;
    QString status;
    QString reason;
    QString age;
    QString message;
    stack::Health health = stack::Health::Unknown;
    friend bool operator==(const ConditionRow&, const ConditionRow&) = default;
};

// Problems first, then by type.
std::vector<ConditionRow> conditionRows(const std::vector<stack::Condition>& conditions, UnixMs now);

class ConditionModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Type, Status, Reason, Age, Message, Columns };

    using QAbstractTableModel::QAbstractTableModel;

    void show(std::vector<ConditionRow> rows);
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::vector<ConditionRow> m_rows;
};

class ConditionsPage : public QTableView {
    Q_OBJECT

public:
    explicit ConditionsPage(QWidget* parent = nullptr);
    void show(const std::vector<stack::Condition>& conditions, UnixMs now);

private:
    ConditionModel* m_model = nullptr;
};

} // namespace strata::ui
