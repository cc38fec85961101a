// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"

#include "core/base/quantity.h"

#include <algorithm>

namespace strata::feeds {
namespace {

constexpr std::size_t kMaxConditions = 64;

const stack::Condition* find(const std::vector<stack::Condition>& conditions, std::string_view type)
{
    const auto found = std::find_if(conditions.begin(), conditions.end(),
                                    [type](const stack::Condition& c) { return c.type == type; });
    return found == conditions.end() ? nullptr : &*found;
}

} // namespace

stack::Meta readMeta(const Json& object, const std::string& apiVersion)
{
    stack::Meta meta;
    meta.apiVersion = object["apiVersion"].text();
    if (meta.apiVersion.empty())
        meta.apiVersion = apiVersion;
    const Json metadata = object["metadata"];
    meta.ns = metadata["namespace"].text();
    meta.name = metadata["name"].text();
    meta.uid = metadata["uid"].text();
    meta.created = metadata["creationTimestamp"].time();
    meta.deleting = metadata["deletionTimestamp"].time();
    metadata["ownerReferences"].each([&meta](const Json& owner) {
        if (!owner["controller"].flag() || !meta.ownerUid.empty())
            return;
        meta.ownerKind = owner["kind"].text();
        meta.ownerName = owner["name"].text();
        meta.ownerUid = owner["uid"].text();
    });
    return meta;
}

std::vector<stack::Condition> readConditions(const Json& conditions)
{
    std::vector<stack::Condition> out;
    conditions.each([&out](const Json& condition) {
        std::string type = condition["type"].text();
        if (type.empty() || out.size() == kMaxConditions)
            return;
        stack::Condition read;
        read.type = std::move(type);
        read.status = condition["status"].text();
        read.reason = condition["reason"].text();
        read.message = condition["message"].text();
        read.severity = condition["severity"].text();
        read.since = condition["lastTransitionTime"].time();
        out.push_back(std::move(read));
    });
    return out;
}

std::vector<stack::Condition> readClusterApiConditions(const Json& object)
{
    const Json status = object["status"];
    std::vector<stack::Condition> out = readConditions(status["v1beta2"]["conditions"]);
    if (out.empty())
        out = readConditions(status["conditions"]);
    if (out.empty())
        out = readConditions(status["deprecated"]["v1beta1"]["conditions"]);
    for (const Json& place : {status, status["deprecated"]["v1beta1"]}) {
        const std::string reason = place["failureReason"].text();
        const std::string message = place["failureMessage"].text();
        if ((reason.empty() && message.empty()) || find(out, "Failure") != nullptr)
            continue;
        out.push_back({"Failure", "True", reason, message, "Error", 0});
    }
    return out;
}

std::int64_t readQuantity(const Json& quantity)
{
    if (const std::int64_t number = quantity.number(); number >= 0)
        return number;
    return std::max<std::int64_t>(parseQuantity(quantity.raw()).value_or(-1), -1);
}

std::int64_t readMilliQuantity(const Json& quantity)
{
    const std::string written = quantity.isString() ? std::string(quantity.raw()) : quantity.text();
    return std::max<std::int64_t>(parseQuantityMilli(written).value_or(-1), -1);
}

stack::Amount readAmount(const Json& resources)
{
    return {readMilliQuantity(resources["cpu"]), readQuantity(resources["memory"])};
}

std::int64_t readTopologyMilli(const Json& topology)
{
    const std::int64_t sockets = topology["sockets"].number(0);
    const std::int64_t cores = topology["cores"].number(0);
    const std::int64_t threads = topology["threads"].number(0);
    if (sockets <= 0 && cores <= 0 && threads <= 0)
        return -1;
    static constexpr std::int64_t limit = 1 << 16; // of each: a product that cannot overflow
    const auto factor = [](std::int64_t value) { return std::clamp<std::int64_t>(value, 1, limit); };
    return factor(sockets) * factor(cores) * factor(threads) * 1000;
}

stack::Amount readDomainSize(const Json& domain)
{
    stack::Amount size;
    const Json requests = domain["resources"]["requests"];
    const Json limits = domain["resources"]["limits"];
    size.cpuMilli = readTopologyMilli(domain["cpu"]);
    for (const Json& other : {limits["cpu"], requests["cpu"]}) // rounded up to whole CPUs by KubeVirt
        if (size.cpuMilli < 0 && readMilliQuantity(other) > 0)
            size.cpuMilli = (readMilliQuantity(other) + 999) / 1000 * 1000;
    size.memoryBytes = readQuantity(domain["memory"]["guest"]);
    for (const Json& other : {requests["memory"], limits["memory"]})
        if (size.memoryBytes < 0)
            size.memoryBytes = readQuantity(other);
    return size;
}

std::string readClusterName(const Json& object)
{
    std::string name = object["spec"]["clusterName"].text();
    return name.empty() ? readLabel(object, "cluster.x-k8s.io/cluster-name") : name;
}

std::string readLabel(const Json& object, std::string_view name)
{
    return object["metadata"]["labels"][name].text();
}

std::string readAnnotation(const Json& object, std::string_view name)
{
    return object["metadata"]["annotations"][name].text();
}

} // namespace strata::feeds
