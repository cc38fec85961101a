// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/chips.h"

#include <QCoreApplication>

#include <algorithm>

namespace strata::ui {

using namespace stack;

namespace {

class Chips {
    Q_DECLARE_TR_FUNCTIONS(Chips)
};

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

QString freshness(const SourceState& source, UnixMs now)
{
    switch (source.phase) {
    case LinkPhase::Connecting:
        return Chips::tr("connecting…");
    case LinkPhase::Live:
        if (!source.synced)
            return Chips::tr("loading…");
        return source.lastHeard > 0 ? seconds(now - source.lastHeard) : Chips::tr("live");
    case LinkPhase::Waiting:
        return source.lastHeard > 0 ? Chips::tr("lost %1 ago").arg(seconds(now - source.lastHeard))
                                    : Chips::tr("not reached");
    case LinkPhase::Closed:
        return Chips::tr("closed");
    }
    return {};
}

Chip single(const SourceState& source, UnixMs now)
{
    Chip chip;
    chip.key = QStringLiteral("s%1").arg(source.id);
    chip.text = text(source.name);
    if (source.kind == SourceKind::OuterCluster && !source.version.empty())
        chip.text += QLatin1Char(' ') + text(source.version);
    chip.text += QStringLiteral(" · ") + freshness(source, now);
    if (source.insecure)
        chip.text += QStringLiteral(" · ") + Chips::tr("no certificate checks");
    chip.health = sourceHealth(source);
    chip.sources = {source.id};
    return chip;
}

Chip folded(const QString& key, const QString& text, const std::vector<const SourceState*>& sources)
{
    Chip chip;
    chip.key = key;
    chip.health = Health::Ok;
    int unwell = 0;
    for (const SourceState* source : sources) {
        const Health health = sourceHealth(*source);
        chip.health = std::max(chip.health, health);
        unwell += health != Health::Ok ? 1 : 0;
        chip.sources.push_back(source->id);
    }
    chip.text = text.arg(sources.size());
    if (unwell > 0)
        chip.text += QStringLiteral(" · ") + Chips::tr("%1 not live").arg(unwell);
    return chip;
}

} // namespace

QString seconds(std::int64_t milliseconds)
{
    const std::int64_t whole = std::max<std::int64_t>(milliseconds, 0) / 1000;
    return whole < 120 ? Chips::tr("%1 s").arg(whole) : QString::fromStdString(formatAge(milliseconds));
}

Health sourceHealth(const SourceState& source)
{
    switch (source.phase) {
    case LinkPhase::Connecting:
        return Health::Progressing;
    case LinkPhase::Live:
        if (!source.kinds.empty() || source.insecure)
            return Health::Warning;
        return source.synced ? Health::Ok : Health::Progressing;
    case LinkPhase::Waiting:
        return Health::Failed;
    case LinkPhase::Closed:
        return Health::Unknown;
    }
    return Health::Unknown;
}

QString sourceSentence(const SourceState& source, UnixMs now)
{
    switch (source.phase) {
    case LinkPhase::Connecting:
        return Chips::tr("connecting…");
    case LinkPhase::Live:
        if (!source.synced)
            return Chips::tr("connected, loading its first picture…");
        return source.lastHeard > 0
                   ? Chips::tr("live, last heard %1 ago").arg(seconds(now - source.lastHeard))
                   : Chips::tr("live");
    case LinkPhase::Waiting: {
        QString out = source.lastHeard > 0
                          ? Chips::tr("last seen %1 ago").arg(seconds(now - source.lastHeard))
                          : Chips::tr("never reached");
        if (source.retryAt > now)
            out +=
                QStringLiteral(", ") + Chips::tr("retrying in %1").arg(seconds(source.retryAt - now + 999));
        else
            out += QStringLiteral(", ") + Chips::tr("retrying now");
        return out;
    }
    case LinkPhase::Closed:
        return Chips::tr("closed");
    }
    return {};
}

std::vector<Chip> chipsOf(const Stack& stack, UnixMs now)
{
    std::vector<Chip> out;
    std::vector<const SourceState*> hosts;
    std::vector<const SourceState*> inner;
    for (const SourceId id : stack.sources()) {
        const SourceState* source = stack.source(id);
        if (source == nullptr)
            continue;
        switch (source->kind) {
        case SourceKind::OuterCluster:
            out.push_back(single(*source, now));
            break;
        case SourceKind::Host:
            hosts.push_back(source);
            break;
        case SourceKind::InnerCluster:
            inner.push_back(source);
            break;
        }
    }
    if (hosts.size() == 1)
        out.push_back(single(*hosts.front(), now));
    else if (!hosts.empty())
        out.push_back(folded(QStringLiteral("hosts"), Chips::tr("libvirt: %1 hosts"), hosts));
    if (!inner.empty())
        out.push_back(folded(QStringLiteral("inner"), Chips::tr("inner clusters: %1"), inner));
    return out;
}

} // namespace strata::ui
