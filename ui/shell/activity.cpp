// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/activity.h"

#include "core/base/text.h"
#include "ui/shell/chips.h"
#include "ui/shell/twolinedelegate.h"
#include "ui/theme/theme.h"

#include <QDateTime>
#include <QListView>
#include <QLocale>

namespace strata::ui {

using namespace stack;

namespace {

constexpr std::size_t kMostEntries = 1000;

QString shownText(const std::string& value)
{
    return QString::fromStdString(cleanText(value));
}

QString errorOf(const SourceState& source)
{
    QString out = shownText(source.error.text);
    if (!source.error.detail.empty() && source.error.detail != source.error.text)
        out += (out.isEmpty() ? QString() : QStringLiteral(" · ")) + shownText(source.error.detail);
    return out;
}

} // namespace

void ActivityLog::add(Health health, const QString& title, const QString& detail, UnixMs now)
{
    beginInsertRows({}, 0, 0);
    m_entries.push_front({health, title, detail, now, {}, -1});
    endInsertRows();
    if (m_entries.size() > kMostEntries) {
        const int last = int(m_entries.size()) - 1;
        beginRemoveRows({}, last, last);
        m_entries.pop_back();
        endRemoveRows();
    }
}

void ActivityLog::set(const QString& key, Health health, const QString& title, const QString& detail,
                      double progress, UnixMs now)
{
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        Entry& entry = m_entries[i];
        if (entry.key != key)
            continue;
        if (entry.health == health && entry.title == title && entry.detail == detail &&
            entry.progress == progress)
            return;
        entry.health = health;
        entry.title = title;
        entry.detail = detail;
        entry.progress = progress;
        Q_EMIT dataChanged(index(int(i)), index(int(i)));
        return;
    }
    add(health, title, detail, now);
    m_entries.front().key = key;
    m_entries.front().progress = progress;
    Q_EMIT dataChanged(index(0), index(0));
}

void ActivityLog::remove(const QString& key)
{
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        if (m_entries[i].key != key)
            continue;
        beginRemoveRows({}, int(i), int(i));
        m_entries.erase(m_entries.begin() + long(i));
        endRemoveRows();
        return;
    }
}

void ActivityLog::follow(const Stack& stack, const std::vector<SourceId>& sources, UnixMs now)
{
    for (const SourceId id : sources) {
        const SourceState* source = stack.source(id);
        const auto found = m_known.find(id);
        if (source == nullptr) {
            if (found != m_known.end()) {
                add(Health::Unknown, tr("Disconnected from %1").arg(shownText(found->second.name)), {}, now);
                m_known.erase(found);
            }
            continue;
        }
        const bool isNew = found == m_known.end();
        Known& known = m_known[id];
        const QString name = shownText(source->name);
        if (isNew)
            known.phase = LinkPhase::Closed;
        known.name = source->name;
        if (source->phase != known.phase || source->synced != known.synced) {
            switch (source->phase) {
            case LinkPhase::Connecting:
                if (isNew)
                    add(Health::Progressing, tr("Connecting to %1").arg(name), shownText(source->address),
                        now);
                break;
            case LinkPhase::Live:
                if (source->synced && (!known.synced || known.phase != LinkPhase::Live)) {
                    QString detail = shownText(source->version);
                    if (!source->address.empty())
                        detail += (detail.isEmpty() ? QString() : QStringLiteral(" · ")) +
                                  shownText(source->address);
                    add(Health::Ok,
                        known.everLive ? tr("Connected to %1 again").arg(name)
                                       : tr("Connected to %1").arg(name),
                        detail, now);
                    known.everLive = true;
                }
                break;
            case LinkPhase::Waiting:
                if (known.phase != LinkPhase::Waiting)
                    add(Health::Failed,
                        known.everLive ? tr("Lost %1").arg(name) : tr("%1 does not answer").arg(name),
                        errorOf(*source), now);
                break;
            case LinkPhase::Closed:
                if (!isNew)
                    add(Health::Unknown, tr("%1 was closed").arg(name), errorOf(*source), now);
                break;
            }
        } else if (source->phase == LinkPhase::Waiting && source->retryAt != known.retryAt &&
                   source->retryAt > now) {
            add(Health::Progressing,
                tr("Trying %1 again in %2").arg(name, seconds(source->retryAt - now + 999)), errorOf(*source),
                now);
        }
        if (source->kinds.size() > known.kinds) {
            for (const KindState& kind : source->kinds)
                add(Health::Warning, tr("%1: %2 cannot be read").arg(name, shownText(kind.kind)),
                    shownText(kind.error.text), now);
        }
        known.kinds = source->kinds.size();
        known.phase = source->phase;
        known.synced = source->synced;
        known.retryAt = source->retryAt;
    }
}

int ActivityLog::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_entries.size());
}

QVariant ActivityLog::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Entry& entry = m_entries[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return entry.title;
    case TwoLineDelegate::Evidence:
        return entry.detail;
    case TwoLineDelegate::Health:
        return static_cast<int>(entry.health);
    case TwoLineDelegate::Aside:
        return QLocale().toString(QDateTime::fromMSecsSinceEpoch(entry.at).time(),
                                  QStringLiteral("HH:mm:ss"));
    case TwoLineDelegate::Progress:
        return entry.progress < 0 ? QVariant() : QVariant(entry.progress);
    case Key:
        return entry.key;
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1. %2").arg(entry.title, entry.detail);
    default:
        return {};
    }
}

QListView* makeActivityView(ActivityLog* log, QWidget* parent)
{
    auto* view = new QListView(parent);
    view->setModel(log);
    view->setObjectName(QStringLiteral("activityView"));
    view->setAccessibleName(ActivityLog::tr("Activity"));
    setUpTwoLineList(view);
    return view;
}

} // namespace strata::ui
