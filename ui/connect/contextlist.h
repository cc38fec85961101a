// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"
#include "ui/connect/services.h"

#include <QAbstractTableModel>

#include <memory>
#include <optional>
#include <vector>

namespace strata::ui {

// The contexts of several kubeconfig files, read off the GUI thread, each checked as soon as it is known; a
// file that cannot be read is a row of its own that says why.
class ContextList : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Server, State, File, Columns };

    explicit ContextList(const ConnectServices& services, QObject* parent = nullptr);
    ~ContextList() override;

    void addFile(const QString& path);
    void checkAgain();

    const ContextRow* context(int row) const; // null: the row is a file's fault
    QString path(int row) const;
    QString problem(int row) const; // in words, with what to do; empty when there is none
    bool usable(int row) const;     // can be connected to, whether it answers now or not
    int firstUsable() const;        // the current context first; -1: none
    bool reading() const { return m_reading > 0; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

Q_SIGNALS:
    void filesRead(); // a file has been read, with whatever end
    void rowChecked(int row);

private:
    struct Row {
        quint64 id = 0;
        QString path;
        std::optional<ContextRow> context;
        std::optional<Error> error; // of the file, of the context, or of the check
        bool checking = false;
        QString version; // of the server that answered
    };
    void add(const QString& path, Result<std::vector<ContextRow>> answer);
    void check(std::size_t at);
    std::optional<std::size_t> indexOf(quint64 id) const;
    stack::Health health(const Row& row) const;
    QString state(const Row& row) const;

    ConnectServices m_services;
    std::vector<Row> m_rows;
    std::unique_ptr<QObject> m_checks; // context of the running checks
    QStringList m_paths;
    quint64 m_lastId = 0;
    int m_reading = 0;
};

} // namespace strata::ui
