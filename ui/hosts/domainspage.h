// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/hosts/domaintarget.h"
#include "ui/hosts/services.h"

#include <QAbstractTableModel>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <vector>

class QPushButton;
class QTableView;

namespace strata::ui {

class ActionRow;
class DomainActions;
class Selection;
class StackStore;
class ThemedLabel;

// The domains of a host, a row each.
class DomainModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, State, Carries, Cpus, Memory, Autostart, Snapshots, Columns };

    DomainModel(const StackStore* store, QObject* parent);

    void setRows(std::vector<virt::DomainRow> rows); // rows that stay keep their place and selection
    const virt::DomainRow* row(int index) const;
    int find(const std::string& uuid) const; // -1: not there

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    const StackStore* m_store;
    std::vector<virt::DomainRow> m_rows;
};

// The tab of a host's details: its domains, and what can be done to the chosen one.
class DomainsPage : public QWidget {
    Q_OBJECT

public:
    DomainsPage(const HostServices& services, StackStore* store, Selection* selection,
                QWidget* parent = nullptr);

    DomainActions* actions() const { return m_actions; }
    const DomainModel* model() const { return m_model; }
    QTableView* view() const { return m_view; }
    QString words() const;
    void reload();

Q_SIGNALS:
    void itemWanted(strata::stack::ItemId id);
    void defineWanted(const strata::ui::DomainTarget& host); // only source and uri are set

protected:
    void showEvent(QShowEvent* event) override;

private:
    void follow(stack::ItemId id);
    void aim();
    void summarise();

    HostServices m_services;
    StackStore* m_store;
    Selection* m_selection;
    stack::ItemId m_host;
    std::string m_uri;
    stack::SourceId m_source = 0;
    std::string m_seen; // the stack's words for the domains when they were asked for
    std::unique_ptr<QObject> m_asking;
    QTimer m_later;

    DomainModel* m_model = nullptr;
    QTableView* m_view = nullptr;
    ThemedLabel* m_words = nullptr;
    ActionRow* m_row = nullptr;
    DomainActions* m_actions = nullptr;
    QPushButton* m_define = nullptr;
};

} // namespace strata::ui
