// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"

#include <QJsonObject>
#include <QMap>
#include <QString>

#include <functional>

namespace strata::ui {

// Problems the operator has put aside for a while, by Finding::key. A value; the workspace keeps it as JSON.
class Snoozes {
public:
    struct Entry {
        qint64 until = 0; // Unix milliseconds; 0: until it clears
        qint64 at = 0;    // when it was put aside
        QString note;
        friend bool operator==(const Entry&, const Entry&) = default;
    };

    void put(const QString& key, const Entry& entry) { m_entries.insert(key, entry); }
    void wake(const QString& key) { m_entries.remove(key); }
    const Entry* find(const QString& key, UnixMs now) const; // null: awake, or its time is over
    qsizetype size() const { return m_entries.size(); }

    // Forgets those whose time is over, and those until it clears that `cleared` says have cleared. True when
    // any went.
    bool expire(UnixMs now, const std::function<bool(const QString& key)>& cleared);

    QJsonObject toJson() const;
    static Snoozes fromJson(const QJsonObject& json); // what is of another type is left out

private:
    QMap<QString, Entry> m_entries;
};

} // namespace strata::ui
