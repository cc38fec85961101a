// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>

class QPainter;
class QRectF;

namespace strata::ui {

// Shares of a capacity; below 0 is "not told".
struct Usage {
    double used = -1;
    double allocated = -1;
    bool told() const { return used >= 0 || allocated >= 0; }
};

Usage usageOf(std::int64_t used, std::int64_t allocated, std::int64_t capacity);

// A rounded bar in the middle of `rect`: what is used, a mark where the allocation ends, the amber or red of
// the health colours when it runs full. With nothing measured the allocation is drawn as an outline.
void paintUsageBar(QPainter* painter, const QRectF& rect, const Usage& usage, bool stale = false);

// "used 24 GiB of 64 GiB (38 %), allocated 48 GiB (75 %)"; `format` makes the words of an amount.
QString usageText(std::int64_t used, std::int64_t allocated, std::int64_t capacity,
                  QString (*format)(std::int64_t));
QString bytesText(std::int64_t bytes);
QString coresText(std::int64_t milliCores);

} // namespace strata::ui
