// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"
#include "core/stack/facts.h"

#include <QAbstractTableModel>
#include <QTimer>

#include <functional>
#include <memory>
#include <vector>

class QTableView;

namespace strata::ui {

class StackStore;

struct TrafficRow {
    stack::SourceId source = 0;
    kube::ClientTraffic numbers;
};
// Asks for the numbers of all clients; answers once on the GUI thread, and not at all when `context` has
// gone.
using AskTraffic = std::function<void(QObject* context, std::function<void(std::vector<TrafficRow>)> done)>;

// What Strata itself asks of the servers, a row a connection.
class TrafficTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        Name,
        Requests,
        Mean,
        Slowest,
        Watches,
        Restarts,
        Failures,
        Received,
        Sent,
        Connections,
        Columns
    };

    explicit TrafficTable(StackStore* store, QObject* parent = nullptr);
    void show(std::vector<TrafficRow> rows);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    StackStore* m_store;
    std::vector<TrafficRow> m_rows; // by source
};

// Asks every second while it is looked at, and never otherwise.
QTableView* makeTrafficView(StackStore* store, AskTraffic ask, QWidget* parent);

} // namespace strata::ui
