// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <QAbstractListModel>
#include <QString>

#include <deque>
#include <unordered_map>

class QListView;

namespace strata::ui {

// What happened to the connections and what is being done, newest first, a thousand entries at most.
class ActivityLog : public QAbstractListModel {
    Q_OBJECT

public:
    using QAbstractListModel::QAbstractListModel;

    // Compares the sources with how they were at the last call and notes what happened between.
    void follow(const stack::Stack& stack, const std::vector<stack::SourceId>& sources, UnixMs now);
    void add(stack::Health health, const QString& title, const QString& detail, UnixMs now);

    // One entry that changes: of a run. It comes to the top when it is new. `progress` below 0: no bar.
    void set(const QString& key, stack::Health health, const QString& title, const QString& detail,
             double progress, UnixMs now);
    void remove(const QString& key);
    enum Role { Key = Qt::UserRole + 200 };

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    struct Entry {
        stack::Health health = stack::Health::Ok;
        QString title;
        QString detail;
        UnixMs at = 0;
        QString key;
        double progress = -1;
    };
    struct Known {
        stack::LinkPhase phase = stack::LinkPhase::Connecting;
        bool synced = false;
        bool everLive = false;
        std::string name;
        UnixMs retryAt = 0;
        std::size_t kinds = 0;
    };
    std::deque<Entry> m_entries;
    std::unordered_map<stack::SourceId, Known> m_known;
};

QListView* makeActivityView(ActivityLog* log, QWidget* parent);

} // namespace strata::ui
