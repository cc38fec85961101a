// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

// metrics.k8s.io/v1beta1 NodeMetrics and PodMetrics (Kubernetes metrics pkg/apis/metrics/v1beta1/types.go).
namespace strata::feeds {

stack::UsageFact readMetrics(const Json& object)
{
    stack::UsageFact fact;
    fact.at = object["timestamp"].time();
    fact.used = readAmount(object["usage"]);
    object["containers"].each([&fact](const Json& container) {
        const stack::Amount used = readAmount(container["usage"]);
        if (used.cpuMilli >= 0)
            fact.used.cpuMilli = std::max<std::int64_t>(fact.used.cpuMilli, 0) + used.cpuMilli;
        if (used.memoryBytes >= 0)
            fact.used.memoryBytes = std::max<std::int64_t>(fact.used.memoryBytes, 0) + used.memoryBytes;
    });
    return fact;
}

} // namespace strata::feeds
