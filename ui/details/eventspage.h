// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/stack/facts.h"

#include <QAbstractTableModel>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <vector>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace strata::ui {

class Documents;
class ThemedLabel;

class EventModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Reason, Object, Message, Count, Last, Columns };

    using QAbstractTableModel::QAbstractTableModel;

    void show(std::vector<stack::EventRow> rows); // newest first
    void tick(UnixMs now);                        // ages
    int warnings() const;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::vector<stack::EventRow> m_rows;
    UnixMs m_now = 0;
};

// The events of all objects an item is made of, newest first; read when the item is chosen and again every
// few seconds while they are seen. What was read stays on the screen while the next reading runs or fails.
class EventsPage : public QWidget {
    Q_OBJECT

public:
    explicit EventsPage(Documents* documents, QWidget* parent = nullptr);
    ~EventsPage() override;

    void setObjects(const std::vector<stack::ObjectRef>& objects); // reads anew when they differ
    void setRefreshEvery(int seconds);
    void tick(UnixMs now);
    int count() const; // -1 until read
    QString stateText() const;

Q_SIGNALS:
    void countChanged();

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void read();
    void settle();
    void showState(const QString& text, bool canRetry);

    Documents* m_documents;
    std::vector<stack::ObjectRef> m_objects;
    std::unique_ptr<QObject> m_reading; // answers of an earlier reading find their context gone
    std::vector<stack::EventRow> m_gathered;
    Error m_error;
    int m_open = 0;
    int m_failed = 0;
    bool m_read = false;
    EventModel* m_model = nullptr;
    QTableView* m_table = nullptr;
    QStackedWidget* m_pages = nullptr;
    ThemedLabel* m_state = nullptr;
    ThemedLabel* m_fault = nullptr; // above the table: it is old
    QPushButton* m_retry = nullptr;
    QTimer m_first;
    QTimer m_again;
};

} // namespace strata::ui
