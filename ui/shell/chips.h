// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <QString>

#include <vector>

// What the status bar says of the connections, as values.
namespace strata::ui {

struct Chip {
    QString key; // the same from one second to the next
    QString text;
    stack::Health health = stack::Health::Unknown; // the worst of its sources
    std::vector<stack::SourceId> sources;
    friend bool operator==(const Chip&, const Chip&) = default;
};

// One chip an outer cluster and a host; hosts are folded from the second on, inner clusters always.
std::vector<Chip> chipsOf(const stack::Stack& stack, UnixMs now);

stack::Health sourceHealth(const stack::SourceState& source);
// A sentence: "live, last heard 2 s ago", "last seen 40 s ago, retrying in 8 s", …
QString sourceSentence(const stack::SourceState& source, UnixMs now);
QString seconds(std::int64_t milliseconds); // "2 s", "3m20s"

} // namespace strata::ui
