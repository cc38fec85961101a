// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/snooze.h"

#include <QJsonArray>

namespace strata::ui {

const Snoozes::Entry* Snoozes::find(const QString& key, UnixMs now) const
{
    const auto found = m_entries.constFind(key);
    return found == m_entries.constEnd() || (found->until != 0 && found->until <= now) ? nullptr : &*found;
}

bool Snoozes::expire(UnixMs now, const std::function<bool(const QString& key)>& cleared)
{
    const qsizetype before = m_entries.size();
    m_entries.removeIf([&](const QMap<QString, Entry>::iterator& entry) {
        return entry->until != 0 ? entry->until <= now : cleared(entry.key());
    });
    return m_entries.size() != before;
}

QJsonObject Snoozes::toJson() const
{
    QJsonArray entries;
    for (auto entry = m_entries.cbegin(); entry != m_entries.cend(); ++entry) {
        QJsonObject each;
        each.insert(QLatin1String("problem"), entry.key());
        each.insert(QLatin1String("until"), double(entry->until));
        each.insert(QLatin1String("at"), double(entry->at));
        if (!entry->note.isEmpty())
            each.insert(QLatin1String("note"), entry->note);
        entries.append(each);
    }
    QJsonObject out;
    out.insert(QLatin1String("snoozed"), entries);
    return out;
}

Snoozes Snoozes::fromJson(const QJsonObject& json)
{
    constexpr qsizetype mostNote = 500;
    Snoozes out;
    const QJsonArray entries = json.value(QLatin1String("snoozed")).toArray();
    for (const QJsonValue& value : entries) {
        const QJsonObject each = value.toObject();
        const QString key = each.value(QLatin1String("problem")).toString();
        if (key.isEmpty())
            continue;
        Entry entry;
        entry.until = qint64(each.value(QLatin1String("until")).toDouble());
        entry.at = qint64(each.value(QLatin1String("at")).toDouble());
        entry.note = each.value(QLatin1String("note")).toString().left(mostNote);
        out.put(key, entry);
    }
    return out;
}

} // namespace strata::ui
