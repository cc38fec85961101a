// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/details/page.h"

#include <QAbstractTableModel>
#include <QTableView>

#include <vector>

namespace strata::ui {

class PodModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Ready, Restarts, Status, Node, Age, Columns };

    using QAbstractTableModel::QAbstractTableModel;

    void show(const std::vector<PodRow>& rows); // in place: rows that stay keep selection and scroll

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::vector<PodRow> m_rows;
};

// The pods of a workload, as tall as it has rows up to a dozen.
class PodTable : public QTableView {
    Q_OBJECT

public:
    explicit PodTable(QWidget* parent = nullptr);
    void show(const std::vector<PodRow>& rows);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

private:
    PodModel* m_model = nullptr;
};

} // namespace strata::ui
