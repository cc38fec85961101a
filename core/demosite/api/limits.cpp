// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/limits.h"

#include "core/base/quantity.h"
#include "core/demosite/api/store.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace strata::demosite {
namespace {

std::string shown(const Json& quantity)
{
    return quantity.is_string() ? quantity.get<std::string>() : compact(quantity);
}

std::int64_t milli(const Json& quantity)
{
    return parseQuantityMilli(shown(quantity)).value_or(0);
}

const Json& none()
{
    static const Json empty = Json::object();
    return empty;
}

const Json& objectAt(const Json& owner, const char* name)
{
    const auto found = owner.is_object() ? owner.find(name) : owner.end();
    return found != owner.end() && found->is_object() ? *found : none();
}

// Adds to `to` what it does not have of `from`; the names, sorted and with commas between them.
std::string fillIn(Json& to, const Json& from)
{
    std::vector<std::string> names;
    for (const auto& [name, amount] : from.items()) {
        if (!to.contains(name)) {
            to[name] = amount;
            names.push_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    std::string out;
    for (const std::string& name : names)
        out += (out.empty() ? "" : ", ") + name;
    return out;
}

void defaultsFor(Json& pod, const Json& range)
{
    Json limits = Json::object();
    Json requests = Json::object();
    for (const Json& item : range.at("spec").at("limits")) {
        if (text(item, "type") != "Container")
            continue;
        limits.update(objectAt(item, "default"));
        requests.update(objectAt(item, "defaultRequest"));
    }
    std::string notes;
    const auto note = [&](const std::string& what, const char* of, const std::string& kind,
                          const Json& container) {
        if (!what.empty())
            notes += (notes.empty() ? "" : "; ") + what + of + kind + " " + text(container, "name");
    };
    for (const auto& each :
         {std::pair("containers", "container"), std::pair("initContainers", "init container")}) {
        const char* const list = each.first;
        const std::string kind = each.second;
        if (!pod["spec"].contains(list) || !pod["spec"][list].is_array())
            continue;
        for (Json& container : pod["spec"][list]) {
            if (!container.is_object())
                continue;
            Json& resources = container["resources"];
            if (!resources.is_object())
                resources = Json::object();
            const auto part = [&](const char* name, const Json& from, const char* of) {
                Json now = objectAt(resources, name);
                const std::string added = fillIn(now, from);
                if (!added.empty())
                    resources[name] = std::move(now);
                note(added, of, kind, container);
            };
            part("requests", requests, " request for ");
            part("limits", limits, " limit for ");
        }
    }
    if (!notes.empty())
        pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"] = "LimitRanger plugin set: " + notes;
}

class Checker {
public:
    std::vector<std::string> errors;

    void check(const Json& item, const std::string& type, const Json& requests, const Json& limits)
    {
        for (const auto& [name, least] : objectAt(item, "min").items()) {
            const std::string head = "minimum " + name + " usage per " + type + " is " + shown(least);
            if (!requests.contains(name))
                errors.push_back(head + ".  No request is specified");
            else if (milli(requests[name]) < milli(least))
                errors.push_back(head + ", but request is " + shown(requests[name]));
            else if (limits.contains(name) && milli(limits[name]) < milli(least))
                errors.push_back(head + ", but limit is " + shown(limits[name]));
        }
        for (const auto& [name, most] : objectAt(item, "max").items()) {
            const std::string head = "maximum " + name + " usage per " + type + " is " + shown(most);
            if (!limits.contains(name))
                errors.push_back(head + ".  No limit is specified");
            else if (milli(limits[name]) > milli(most))
                errors.push_back(head + ", but limit is " + shown(limits[name]));
            else if (requests.contains(name) && milli(requests[name]) > milli(most))
                errors.push_back(head + ", but request is " + shown(requests[name]));
        }
        for (const auto& [name, most] : objectAt(item, "maxLimitRequestRatio").items()) {
            const std::string head =
                name + " max limit to request ratio per " + type + " is " + shown(most) + ", but ";
            const std::int64_t request = requests.contains(name) ? milli(requests[name]) : 0;
            const std::int64_t limit = limits.contains(name) ? milli(limits[name]) : 0;
            if (request == 0) {
                errors.push_back(head + "no request is specified or request is 0");
            } else if (limit == 0) {
                errors.push_back(head + "no limit is specified or limit is 0");
            } else if (const double ratio = static_cast<double>(limit) / static_cast<double>(request);
                       ratio * 1000 > static_cast<double>(milli(most))) {
                char text[32];
                std::snprintf(text, sizeof text, "%f", ratio);
                errors.push_back(head + "provided ratio is " + text);
            }
        }
    }
};

// What all containers name, summed up.
Json sum(const Json& pod, const char* part)
{
    Json out = Json::object();
    const Json* containers = find(pod, "spec.containers");
    if (containers == nullptr || !containers->is_array() || containers->empty())
        return out;
    for (const auto& [name, amount] : objectAt(objectAt((*containers)[0], "resources"), part).items()) {
        std::int64_t total = 0;
        bool everywhere = true;
        for (const Json& container : *containers) {
            const Json& has = objectAt(objectAt(container, "resources"), part);
            everywhere = everywhere && has.contains(name);
            total += has.contains(name) ? milli(has[name]) : 0;
        }
        if (everywhere)
            out[name] = total % 1000 == 0 ? std::to_string(total / 1000) : std::to_string(total) + "m";
    }
    return out;
}

} // namespace

Answer<void> applyLimits(const Kind& kind, Json& object, Store& store)
{
    const bool pod = kind.group.empty() && kind.resource == "pods";
    const bool claim = kind.group.empty() && kind.resource == "persistentvolumeclaims";
    const Kind& ranges = Kinds::instance().get("limitranges", "");
    if ((!pod && !claim) || store.count(ranges) == 0)
        return {};
    Checker checker;
    for (const ObjectPtr& range : store.list(ranges, text(object, "metadata.namespace"))) {
        const Json body = parseOwn(range->body);
        const Json* limits = find(body, "spec.limits");
        if (limits == nullptr || !limits->is_array())
            continue;
        if (pod)
            defaultsFor(object, body);
        for (const Json& item : *limits) {
            const std::string type = text(item, "type");
            if (claim && type == "PersistentVolumeClaim") {
                const Json& spec = objectAt(object, "spec");
                checker.check(item, type, objectAt(objectAt(spec, "resources"), "requests"),
                              objectAt(objectAt(spec, "resources"), "requests"));
                for (std::string& error : checker.errors) { // claims have requests only
                    if (const std::size_t at = error.find("but limit is"); at != std::string::npos)
                        error.replace(at, 12, "but request is");
                }
            } else if (pod && type == "Pod") {
                checker.check(item, type, sum(object, "requests"), sum(object, "limits"));
            } else if (pod && type == "Container" && find(object, "spec.containers") != nullptr) {
                for (const Json& container : object["spec"]["containers"])
                    checker.check(item, type, objectAt(objectAt(container, "resources"), "requests"),
                                  objectAt(objectAt(container, "resources"), "limits"));
            }
        }
    }
    if (checker.errors.empty())
        return {};
    std::string all;
    for (const std::string& error : checker.errors)
        all += (all.empty() ? "" : ", ") + error;
    if (checker.errors.size() > 1)
        all = "[" + all + "]";
    const std::string name = text(object, "metadata.name");
    auto refused =
        deny(403, "Forbidden", std::string(kind.resource) + " \"" + name + "\" is forbidden: " + all);
    refused.value().name = name;
    refused.value().kind = std::string(kind.resource);
    return refused;
}

void completeLimitRange(Json& range)
{
    if (find(range, "spec.limits") == nullptr || !range["spec"]["limits"].is_array())
        return;
    for (Json& item : range["spec"]["limits"]) {
        if (text(item, "type") != "Container")
            continue;
        for (const auto& each : {std::pair("default", "max"), std::pair("defaultRequest", "default"),
                                 std::pair("defaultRequest", "min")}) {
            Json now = objectAt(item, each.first);
            const Json standard = objectAt(item, each.second);
            if (!fillIn(now, standard).empty())
                item[each.first] = std::move(now);
        }
    }
}

} // namespace strata::demosite
