// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/kinds.h"

#include <algorithm>

// core/v1 Event (Kubernetes api/core/v1/types.go). Writers of events.k8s.io/v1 fill eventTime and series and
// leave the counters and times of old empty.
namespace strata::feeds {

stack::EventRow readEvent(const Json& object)
{
    stack::EventRow row;
    row.type = object["type"].text();
    row.reason = object["reason"].text();
    row.message = object["message"].text();
    row.source = object["source"]["component"].text();
    if (row.source.empty())
        row.source = object["reportingComponent"].text();
    row.objectKind = object["involvedObject"]["kind"].text();
    row.objectName = object["involvedObject"]["name"].text();
    const Json series = object["series"];
    const std::int64_t count = std::max(object["count"].number(1), series["count"].number(1));
    row.count = static_cast<int>(std::clamp<std::int64_t>(count, 1, 1'000'000'000));
    row.first = object["firstTimestamp"].time();
    if (row.first == 0)
        row.first = object["eventTime"].time();
    if (row.first == 0)
        row.first = object["metadata"]["creationTimestamp"].time();
    row.last = std::max({object["lastTimestamp"].time(), series["lastObservedTime"].time(), row.first});
    return row;
}

} // namespace strata::feeds
