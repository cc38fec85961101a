// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/objects.h"

#include <algorithm>
#include <cstdio>

namespace strata::demosite {

const Kind& kindOf(std::string_view resource)
{
    return Kinds::instance().get(resource);
}

const Kind& coreKind(std::string_view resource)
{
    return Kinds::instance().get(resource, "");
}

Json read(const Store& store, const Kind& kind, const std::string& ns, const std::string& name)
{
    const ObjectPtr object = store.get(kind, ns, name);
    return object ? parseOwn(object->body) : Json();
}

namespace {

// metav1.Condition has a message always, an empty one included; Cluster API's conditions are such, those of
// its provider KubeVirt are not yet.
void completeConditions(const Kind& kind, Json& object)
{
    constexpr std::string_view kGroup = "cluster.x-k8s.io";
    if (kind.group.size() < kGroup.size() || kind.group.substr(kind.group.size() - kGroup.size()) != kGroup ||
        kind.group.rfind("infrastructure.", 0) == 0)
        return;
    const Json* all = find(object, "status.conditions");
    if (all == nullptr || !all->is_array())
        return;
    for (Json& condition : object["status"]["conditions"]) {
        if (condition.is_object() && !condition.contains("message"))
            condition["message"] = "";
    }
}

} // namespace

bool edit(Store& store, const Kind& kind, const std::string& ns, const std::string& name,
          const std::function<void(Json&)>& change)
{
    return store
        .update(kind, ns, name,
                [&](Json& object) -> Answer<void> {
                    change(object);
                    completeConditions(kind, object);
                    return {};
                })
        .has_value();
}

ObjectPtr create(Store& store, const Kind& kind, Json object)
{
    auto made = store.create(kind, std::move(object));
    return made ? *made : nullptr;
}

bool deleting(const Json& object)
{
    return find(object, "metadata.deletionTimestamp") != nullptr;
}

bool deleting(const Object& object)
{
    return object.body.find("\"deletionTimestamp\":\"") != std::string::npos;
}

void removeEnded(Store& store, const Object& pod)
{
    DeleteOptions options;
    options.grace = 0;
    (void)store.remove(*pod.kind, pod.ns, pod.name, options);
}

bool hasFinalizer(const Json& object, std::string_view name)
{
    const Json* all = find(object, "metadata.finalizers");
    return all != nullptr && all->is_array() && std::find(all->begin(), all->end(), Json(name)) != all->end();
}

void addFinalizer(Json& object, std::string_view name)
{
    if (hasFinalizer(object, name))
        return;
    Json& all = object["metadata"]["finalizers"];
    if (!all.is_array())
        all = Json::array();
    all.push_back(name);
}

void removeFinalizer(Json& object, std::string_view name)
{
    if (!hasFinalizer(object, name))
        return;
    Json kept = Json::array();
    for (const Json& finalizer : object["metadata"]["finalizers"]) {
        if (finalizer != name)
            kept.push_back(finalizer);
    }
    if (kept.empty())
        object["metadata"].erase("finalizers");
    else
        object["metadata"]["finalizers"] = std::move(kept);
}

Json ownerOf(const Object& owner, bool controller)
{
    Json out = {{"apiVersion", apiVersion(*owner.kind, owner.kind->storageVersion())},
                {"kind", owner.kind->kind},
                {"name", owner.name},
                {"uid", owner.uid}};
    if (controller) {
        out["controller"] = true;
        out["blockOwnerDeletion"] = true;
    }
    return out;
}

bool isOwnedBy(const Json& object, std::string_view uid)
{
    const Json* all = find(object, "metadata.ownerReferences");
    if (all == nullptr || !all->is_array())
        return false;
    return std::any_of(all->begin(), all->end(),
                       [&](const Json& owner) { return text(owner, "uid") == uid; });
}

void addOwner(Json& object, Json owner)
{
    if (isOwnedBy(object, text(owner, "uid")))
        return;
    Json& all = object["metadata"]["ownerReferences"];
    if (!all.is_array())
        all = Json::array();
    all.push_back(std::move(owner));
}

std::string ownerName(const Json& object, std::string_view kind)
{
    const Json* all = find(object, "metadata.ownerReferences");
    if (all == nullptr || !all->is_array())
        return {};
    for (const Json& owner : *all) {
        if (text(owner, "kind") == kind)
            return text(owner, "name");
    }
    return {};
}

namespace {

std::string entry(const Json& object, const char* map, const std::string& key)
{
    const Json* all = find(object, map);
    if (all == nullptr || !all->is_object())
        return {};
    const auto found = all->find(key);
    return found != all->end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace

std::string label(const Json& object, const std::string& key)
{
    return entry(object, "metadata.labels", key);
}

std::string annotation(const Json& object, const std::string& key)
{
    return entry(object, "metadata.annotations", key);
}

bool matches(const Json& selector, const Json& labels)
{
    if (!selector.is_object())
        return false;
    const auto value = [&](const std::string& key, bool& present) {
        present = labels.is_object() && labels.contains(key);
        return present ? labels[key] : Json();
    };
    bool present = false;
    if (const Json* wanted = find(selector, "matchLabels"); wanted != nullptr && wanted->is_object()) {
        for (const auto& [key, want] : wanted->items()) {
            if (value(key, present) != want || !present)
                return false;
        }
    }
    if (const Json* all = find(selector, "matchExpressions"); all != nullptr && all->is_array()) {
        for (const Json& expression : *all) {
            const Json have = value(text(expression, "key"), present);
            const std::string operation = text(expression, "operator");
            const Json* values = find(expression, "values");
            const bool among = present && values != nullptr && values->is_array() &&
                               std::find(values->begin(), values->end(), have) != values->end();
            if ((operation == "In" && !among) || (operation == "NotIn" && among) ||
                (operation == "Exists" && !present) || (operation == "DoesNotExist" && present))
                return false;
        }
    }
    return true;
}

bool matches(const Json& selector, const Object& object)
{
    Json labels = Json::object();
    const std::string_view all = object.labels;
    for (std::size_t at = 1; at < all.size();) {
        const std::size_t end = all.find('\n', at);
        const std::string_view pair = all.substr(at, end - at);
        const std::size_t equal = pair.find('=');
        labels[std::string(pair.substr(0, equal))] = pair.substr(equal + 1);
        at = end + 1;
    }
    return matches(selector, labels);
}

void setCondition(Json& status, const Condition& condition, const std::string& at)
{
    Json& all = status["conditions"];
    if (!all.is_array())
        all = Json::array();
    Json* found = nullptr;
    for (Json& have : all) {
        if (text(have, "type") == condition.type)
            found = &have;
    }
    if (found == nullptr) {
        all.push_back({{"type", condition.type}, {"status", ""}});
        found = &all.back();
    }
    if (text(*found, "status") != condition.status) {
        (*found)["status"] = condition.status;
        (*found)["lastTransitionTime"] = at;
    }
    const auto put = [&](const char* field, const std::string& value) {
        if (value.empty())
            found->erase(field);
        else if (text(*found, field) != value)
            (*found)[field] = value;
    };
    put("reason", condition.reason);
    put("message", condition.message);
}

void removeCondition(Json& status, std::string_view type)
{
    if (!status.is_object() || !status.contains("conditions") || !status["conditions"].is_array())
        return;
    Json kept = Json::array();
    for (const Json& have : status["conditions"]) {
        if (text(have, "type") != type)
            kept.push_back(have);
    }
    status["conditions"] = std::move(kept);
}

const Json* conditionOf(const Json& object, std::string_view type)
{
    const Json* all = find(object, "status.conditions");
    if (all == nullptr || !all->is_array())
        return nullptr;
    for (const Json& have : *all) {
        if (text(have, "type") == type)
            return &have;
    }
    return nullptr;
}

std::string conditionStatus(const Json& object, std::string_view type)
{
    const Json* found = conditionOf(object, type);
    return found == nullptr ? std::string() : text(*found, "status");
}

bool isTrue(const Json& object, std::string_view type)
{
    return conditionStatus(object, type) == "True";
}

std::string timestamp(const Store& store)
{
    return formatRfc3339(store.now());
}

void tell(Store& store, const Object& about, const char* type, const std::string& reason,
          const std::string& message, const char* component)
{
    char suffix[20];
    std::snprintf(suffix, sizeof suffix, "%016llx",
                  static_cast<unsigned long long>(hashOf(about.uid + reason + message)));
    const std::string ns = about.ns.empty() ? "default" : about.ns;
    const std::string name = about.name + "." + suffix;
    const std::string now = timestamp(store);
    const bool again = edit(store, coreKind("events"), ns, name, [&](Json& event) {
        event["count"] = number(event, "count").value_or(1) + 1;
        event["lastTimestamp"] = now;
    });
    if (again)
        return;
    create(store, coreKind("events"),
           {{"metadata", {{"name", name}, {"namespace", ns}}},
            {"involvedObject",
             {{"kind", about.kind->kind},
              {"namespace", about.ns},
              {"name", about.name},
              {"uid", about.uid},
              {"apiVersion", apiVersion(*about.kind, about.kind->storageVersion())}}},
            {"reason", reason},
            {"message", message},
            {"source", {{"component", component}}},
            {"firstTimestamp", now},
            {"lastTimestamp", now},
            {"count", 1},
            {"type", type},
            {"reportingComponent", component},
            {"reportingInstance", ""}});
}

const Json& part(const Json& object, std::string_view path)
{
    static const Json none;
    const Json* found = find(object, path);
    return found == nullptr ? none : *found;
}

bool flag(const Json& object, std::string_view path)
{
    const Json* value = find(object, path);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::uint64_t hashOf(std::string_view text)
{
    std::uint64_t hash = 1469598103934665603ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    hash ^= hash >> 33U;
    hash *= 0xff51afd7ed558ccdULL;
    return hash ^ (hash >> 33U);
}

std::string hashWord(std::string_view text, std::size_t length)
{
    static constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
    std::uint64_t hash = hashOf(text);
    std::string out;
    for (std::size_t i = 0; i < length; ++i) {
        out += alphabet[hash % alphabet.size()];
        hash /= alphabet.size();
    }
    return out;
}

} // namespace strata::demosite
