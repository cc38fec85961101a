// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/quota.h"

#include "core/base/quantity.h"
#include "core/demosite/api/store.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace strata::demosite {
namespace {

using Usage = std::map<std::string, std::int64_t>; // in thousandths

const Kind& quotas()
{
    return Kinds::instance().get("resourcequotas", "");
}

void add(Usage& usage, const std::string& name, const std::string& quantity)
{
    usage[name] += parseQuantityMilli(quantity).value_or(0);
}

// What one object counts for under the names quotas use.
Usage usageOf(const Kind& kind, const Json& object)
{
    Usage usage;
    const std::string resource(kind.resource);
    usage["count/" + resource + (kind.group.empty() ? "" : "." + std::string(kind.group))] = 1000;
    if (!kind.group.empty())
        return usage;
    usage[resource] = 1000;
    if (resource == "pods") {
        const std::string phase = text(object, "status.phase");
        if (phase == "Succeeded" || phase == "Failed")
            return {};
        const Json* containers = find(object, "spec.containers");
        for (std::size_t i = 0; containers != nullptr && containers->is_array() && i < containers->size();
             ++i) {
            for (const char* part : {"requests", "limits"}) {
                const Json* wanted = find((*containers)[i], "resources." + std::string(part));
                if (wanted == nullptr || !wanted->is_object())
                    continue;
                for (const auto& [name, value] : wanted->items()) {
                    const std::string amount = value.is_string() ? value.get<std::string>() : compact(value);
                    add(usage, std::string(part) + "." + name, amount);
                    if (part == std::string_view("requests"))
                        add(usage, name, amount);
                }
            }
        }
    } else if (resource == "persistentvolumeclaims") {
        add(usage, "requests.storage", text(object, "spec.resources.requests.storage"));
    } else if (resource == "services") {
        const std::string type = text(object, "spec.type");
        if (type == "LoadBalancer")
            usage["services.loadbalancers"] = 1000;
        if (type == "NodePort" || type == "LoadBalancer")
            usage["services.nodeports"] = 1000;
    }
    return usage;
}

std::string shown(const std::string& name, std::int64_t milli)
{
    if (milli % 1000 != 0)
        return std::to_string(milli) + "m";
    std::int64_t value = milli / 1000;
    const bool bytes = name.find("memory") != std::string::npos || name.find("storage") != std::string::npos;
    static constexpr const char* suffixes[] = {"", "Ki", "Mi", "Gi", "Ti"};
    int step = 0;
    while (bytes && value != 0 && value % 1024 == 0 && step < 4) {
        value /= 1024;
        ++step;
    }
    return std::to_string(value) + suffixes[step];
}

bool counts(const Kind& kind)
{
    return kind.has(Namespaced) && !kind.has(CreateOnly) && !kind.has(Computed) && kind.resource != "events";
}

Usage usedIn(const std::string& ns, const std::map<std::string, std::int64_t>& hard, Store& store)
{
    Usage used;
    for (const auto& [name, limit] : hard)
        used[name] = 0;
    for (const Kind* kind : store.kinds()) {
        if (!counts(*kind))
            continue;
        // Only kinds that some limit speaks of are worth reading.
        const std::string resource(kind->resource);
        const std::string counted =
            "count/" + resource + (kind->group.empty() ? "" : "." + std::string(kind->group));
        const bool wanted =
            hard.count(counted) > 0 ||
            (kind->group.empty() && (hard.count(resource) > 0 || resource == "pods" ||
                                     resource == "persistentvolumeclaims" || resource == "services"));
        if (!wanted)
            continue;
        for (const ObjectPtr& object : store.list(*kind, ns)) {
            for (const auto& [name, amount] : usageOf(*kind, parseOwn(object->body))) {
                if (const auto found = used.find(name); found != used.end())
                    found->second += amount;
            }
        }
    }
    return used;
}

std::map<std::string, std::int64_t> hardOf(const Json& quota)
{
    std::map<std::string, std::int64_t> out;
    if (const Json* hard = find(quota, "spec.hard"); hard != nullptr && hard->is_object()) {
        for (const auto& [name, value] : hard->items())
            out[name] =
                parseQuantityMilli(value.is_string() ? value.get<std::string>() : compact(value)).value_or(0);
    }
    return out;
}

bool scoped(const Json& quota)
{
    return find(quota, "spec.scopes") != nullptr || find(quota, "spec.scopeSelector") != nullptr;
}

} // namespace

Answer<void> withinQuota(const Kind& kind, const Json& object, Store& store)
{
    if (!counts(kind) || store.count(quotas()) == 0)
        return {};
    const std::string ns = text(object, "metadata.namespace");
    const std::string name = text(object, "metadata.name");
    const Usage wanted = usageOf(kind, object);
    for (const ObjectPtr& quota : store.list(quotas(), ns)) {
        const Json body = parseOwn(quota->body);
        if (scoped(body))
            continue;
        const auto hard = hardOf(body);
        const auto deny403 = [&](const std::string& why) {
            auto refused =
                deny(403, "Forbidden", std::string(kind.resource) + " \"" + name + "\" is forbidden: " + why);
            refused.value().name = name;
            refused.value().group = std::string(kind.group);
            refused.value().kind = std::string(kind.resource);
            return refused;
        };
        std::string missing;
        if (kind.resource == "pods" && kind.group.empty()) {
            for (const char* must :
                 {"cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"}) {
                if (hard.count(must) > 0 && wanted.count(must) == 0)
                    missing += (missing.empty() ? "" : ",") + std::string(must);
            }
        }
        if (!missing.empty())
            return deny403("failed quota: " + quota->name + ": must specify " + missing);
        const Usage used = usedIn(ns, hard, store);
        std::string requested;
        std::string usedText;
        std::string limited;
        for (const auto& [resource, amount] : wanted) {
            const auto limit = hard.find(resource);
            if (limit == hard.end() || amount == 0 || used.at(resource) + amount <= limit->second)
                continue;
            const char* comma = requested.empty() ? "" : ",";
            requested += comma + resource + "=" + shown(resource, amount);
            usedText += comma + resource + "=" + shown(resource, used.at(resource));
            limited += comma + resource + "=" + shown(resource, limit->second);
        }
        if (!requested.empty())
            return deny403("exceeded quota: " + quota->name + ", requested: " + requested +
                           ", used: " + usedText + ", limited: " + limited);
    }
    return {};
}

void refreshQuotas(const std::string& ns, Store& store)
{
    if (store.count(quotas()) == 0)
        return;
    for (const ObjectPtr& quota : store.list(quotas(), ns)) {
        const auto hard = hardOf(parseOwn(quota->body));
        const Usage used = usedIn(ns, hard, store);
        Json status = {{"hard", Json::object()}, {"used", Json::object()}};
        for (const auto& [name, limit] : hard) {
            status["hard"][name] = shown(name, limit);
            status["used"][name] = shown(name, used.at(name));
        }
        (void)store.update(quotas(), ns, quota->name, [&](Json& edited) -> Answer<void> {
            edited["status"] = status;
            return {};
        });
    }
}

} // namespace strata::demosite
