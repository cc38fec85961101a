// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/timeline/timescale.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>

namespace strata::ui {

void TimeScale::zoom(double factor, UnixMs around, UnixMs now)
{
    const UnixMs wanted = std::clamp(UnixMs(double(span()) * factor), kShortest, kLongest);
    const double share = span() > 0 ? double(around - from) / double(span()) : 1.0;
    from = around - UnixMs(double(wanted) * share);
    to = from + wanted;
    if (to > now) {
        from -= to - now;
        to = now;
    }
}

void TimeScale::pan(double pixels, UnixMs now)
{
    UnixMs by = UnixMs(pixels * double(span()) / std::max(width, 1.0));
    by = std::min(by, now - to);
    from += by;
    to += by;
}

std::vector<TimeTick> ticks(const TimeScale& scale, double least)
{
    constexpr UnixMs kSecond = 1000;
    constexpr UnixMs kMinute = 60 * kSecond;
    constexpr UnixMs kHour = 60 * kMinute;
    std::vector<TimeTick> out;
    if (scale.span() <= 0 || scale.width < least)
        return out;
    UnixMs step = 12 * kHour;
    for (const UnixMs candidate :
         {5 * kSecond, 10 * kSecond, 15 * kSecond, 30 * kSecond, kMinute, 2 * kMinute, 5 * kMinute,
          10 * kMinute, 15 * kMinute, 30 * kMinute, kHour, 2 * kHour, 3 * kHour, 6 * kHour}) {
        if (double(candidate) * scale.width / double(scale.span()) >= least) {
            step = candidate;
            break;
        }
    }
    const qint64 shift = qint64(QDateTime::fromMSecsSinceEpoch(scale.from).offsetFromUtc()) * kSecond;
    const QDate today = QDateTime::fromMSecsSinceEpoch(scale.to).date();
    for (UnixMs at = (scale.from + shift + step - 1) / step * step - shift; at <= scale.to; at += step) {
        const QDateTime moment = QDateTime::fromMSecsSinceEpoch(at);
        QString text =
            moment.time().toString(step < kMinute ? QStringLiteral("HH:mm:ss") : QStringLiteral("HH:mm"));
        if (moment.date() != today)
            text = QLocale().toString(moment.date(), QStringLiteral("d MMM ")) + text;
        out.push_back({at, text});
    }
    return out;
}

} // namespace strata::ui
