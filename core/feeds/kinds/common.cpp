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

stack::Meta readMeta(const Json& object, std::string_view apiVersion)
{
    stack::Meta meta;
    meta.apiVersion = object["apiVersion"].common();
    if (meta.apiVersion.empty())
        meta.apiVersion = SharedText::common(apiVersion);
    object["metadata"].eachMember([&meta](std::string_view key, const Json& value) {
        if (key == "namespace")
            meta.ns = value.common();
        else if (key == "name")
            meta.name = value.kept();
        else if (key == "uid")
            meta.uid = value.kept();
        else if (key == "creationTimestamp")
            meta.created = value.time();
        else if (key == "deletionTimestamp")
            meta.deleting = value.time();
        else if (key == "ownerReferences")
            value.each([&meta](const Json& owner) {
                if (!owner["controller"].flag() || !meta.ownerUid.empty())
                    return;
                meta.ownerKind = owner["kind"].common();
                meta.ownerName = owner["name"].common();
                meta.ownerUid = owner["uid"].common();
            });
    });
    if (meta.ownerName == meta.name) // as a VM's instance
        meta.ownerName = meta.name;
    return meta;
}

std::vector<stack::Condition> readConditions(const Json& conditions)
{
    std::vector<stack::Condition> out;
    conditions.each([&out](const Json& condition) {
        stack::Condition read;
        condition.eachMember([&read](std::string_view key, const Json& value) {
            if (key == "type")
                read.type = value.common();
            else if (key == "status")
                read.status = value.common();
            else if (key == "reason")
                read.reason = value.common();
            else if (key == "message")
                read.message = value.common();
            else if (key == "severity")
                read.severity = value.common();
            else if (key == "lastTransitionTime")
                read.since = value.time();
        });
        if (!read.type.empty() && out.size() < kMaxConditions)
            out.push_back(std::move(read));
    });
    out.shrink_to_fit();
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
        const SharedText reason = place["failureReason"].common();
        const SharedText message = place["failureMessage"].common();
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
    const auto milli =
        quantity.isString() ? parseQuantityMilli(quantity.raw()) : parseQuantityMilli(quantity.text());
    return std::max<std::int64_t>(milli.value_or(-1), -1);
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

SharedText readClusterName(const Json& object)
{
    SharedText name = object["spec"]["clusterName"].common();
    return name.empty() ? readLabel(object, "cluster.x-k8s.io/cluster-name") : name;
}

SharedText readLabel(const Json& object, std::string_view name)
{
    return object["metadata"]["labels"][name].common();
}

std::string readAnnotation(const Json& object, std::string_view name)
{
    return object["metadata"]["annotations"][name].text();
}

} // namespace strata::feeds
