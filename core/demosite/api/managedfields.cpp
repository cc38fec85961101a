// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/managedfields.h"

#include "core/demosite/api/messages.h"
#include "core/demosite/api/object.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace strata::demosite {
namespace {

bool ownedByServer(const FieldPath& path)
{
    if (path.empty())
        return false;
    if (path[0] == "f:apiVersion" || path[0] == "f:kind")
        return true;
    if (path[0] != "f:metadata" || path.size() < 2)
        return false;
    static const std::set<std::string> names = {"f:name",
                                                "f:namespace",
                                                "f:uid",
                                                "f:resourceVersion",
                                                "f:generation",
                                                "f:creationTimestamp",
                                                "f:deletionTimestamp",
                                                "f:deletionGracePeriodSeconds",
                                                "f:managedFields",
                                                "f:selfLink"};
    return names.count(path[1]) > 0;
}

std::string keyOf(const Json& item, const std::vector<std::string>& keys)
{
    Json key = Json::object();
    for (const std::string& name : keys) {
        if (item.contains(name))
            key[name] = item[name];
    }
    return "k:" + compact(key);
}

// What the table of the built-in kinds knows of a value: the field that holds it and, of an object, its
// message.
struct Known {
    const Field* field = nullptr;
    const Message* message = nullptr;

    Known member(const std::string& key) const
    {
        const Field* found = message == nullptr ? nullptr : message->byName(key);
        return found == nullptr ? Known() : Known{found, found->map ? nullptr : found->message};
    }
    Known item() const { return {nullptr, message}; }
};

Known rootOf(const Kind& kind)
{
    if (kind.has(Custom))
        return {};
    return {nullptr, Messages::instance().find(apiVersion(kind, kind.storageVersion()), kind.kind)};
}

bool isSet(const Known& known, const std::string& name)
{
    return known.field == nullptr ? name == "finalizers"
                                  : known.field->keys.size() == 1 && known.field->keys[0] == ".";
}

// The keys by which items are told apart; empty: the list is replaced as a whole.
std::vector<std::string> keysOf(const Kind& kind, const Known& known, const std::string& name,
                                const Json& list)
{
    if (known.field == nullptr)
        return listKeys(kind, name, list);
    std::vector<std::string> keys(known.field->keys.begin(), known.field->keys.end());
    // The later keys may be left to their defaults.
    const bool fits =
        !keys.empty() && keys[0] != "." && std::all_of(list.begin(), list.end(), [&](const Json& item) {
            return item.is_object() && item.contains(keys[0]);
        });
    return fits ? keys : std::vector<std::string>();
}

void flatten(const Json& value, const Kind& kind, const std::string& field, const Known& known,
             FieldPath& path, FieldSet& out)
{
    if (ownedByServer(path))
        return;
    if (value.is_object() && !value.empty()) {
        for (const auto& [key, child] : value.items()) {
            path.push_back("f:" + key);
            flatten(child, kind, key, known.member(key), path, out);
            path.pop_back();
        }
        return;
    }
    if (value.is_array() && !value.empty()) {
        if (isSet(known, field)) {
            for (const Json& item : value) {
                path.push_back("v:" + compact(item));
                out.insert(path);
                path.pop_back();
            }
            return;
        }
        const auto keys = keysOf(kind, known, field, value);
        if (!keys.empty()) {
            for (const Json& item : value) {
                path.push_back(keyOf(item, keys));
                path.emplace_back(".");
                out.insert(path);
                path.pop_back();
                for (const auto& [key, child] : item.items()) {
                    path.push_back("f:" + key);
                    flatten(child, kind, key, known.item().member(key), path, out);
                    path.pop_back();
                }
                path.pop_back();
            }
            return;
        }
    }
    if (!path.empty())
        out.insert(path);
}

// The index of the list's item that a "k:" or "v:" element names; -1 when there is none.
std::ptrdiff_t itemIndex(const Json& list, const std::string& element)
{
    const Json wanted = parseOwn(std::string_view(element).substr(2));
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (element[0] == 'v') {
            if (list[i] == wanted)
                return static_cast<std::ptrdiff_t>(i);
            continue;
        }
        if (!list[i].is_object() || !wanted.is_object())
            continue;
        bool same = true;
        for (const auto& [key, value] : wanted.items())
            same = same && list[i].contains(key) && list[i][key] == value;
        if (same)
            return static_cast<std::ptrdiff_t>(i);
    }
    return -1;
}

const Json* resolve(const Json& root, const FieldPath& path)
{
    const Json* at = &root;
    for (const std::string& element : path) {
        if (element == ".")
            return at;
        if (element.rfind("f:", 0) == 0) {
            if (!at->is_object())
                return nullptr;
            const auto found = at->find(element.substr(2));
            if (found == at->end())
                return nullptr;
            at = &*found;
        } else {
            if (!at->is_array())
                return nullptr;
            const std::ptrdiff_t index = itemIndex(*at, element);
            if (index < 0)
                return nullptr;
            at = &(*at)[static_cast<std::size_t>(index)];
        }
    }
    return at;
}

// Removes what the path names, and containers that become empty by it.
bool eraseAt(Json& at, const FieldPath& path, std::size_t depth)
{
    const std::string& element = path[depth];
    if (element == ".")
        return true;
    const bool last = depth + 1 == path.size();
    if (element.rfind("f:", 0) == 0) {
        const std::string key = element.substr(2);
        if (!at.is_object() || !at.contains(key))
            return false;
        if (last || eraseAt(at[key], path, depth + 1))
            at.erase(key);
        return at.empty();
    }
    if (!at.is_array())
        return false;
    const std::ptrdiff_t index = itemIndex(at, element);
    if (index < 0)
        return false;
    const auto place = static_cast<std::size_t>(index);
    const bool itemGoes = last || path[depth + 1] == ".";
    if (itemGoes)
        at.erase(place);
    else
        eraseAt(at[place], path, depth + 1);
    return at.empty();
}

void mergeInto(Json& target, const Json& patch, const Kind& kind, const std::string& field,
               const Known& known)
{
    if (patch.is_object() && target.is_object()) {
        for (const auto& [key, value] : patch.items()) {
            if (target.contains(key))
                mergeInto(target[key], value, kind, key, known.member(key));
            else
                target[key] = value;
        }
        return;
    }
    if (patch.is_array() && target.is_array()) {
        if (isSet(known, field)) {
            for (const Json& item : patch) {
                if (std::find(target.begin(), target.end(), item) == target.end())
                    target.push_back(item);
            }
            return;
        }
        const auto keys = keysOf(kind, known, field, patch);
        if (!keys.empty()) {
            for (const Json& item : patch) {
                const std::ptrdiff_t index = itemIndex(target, keyOf(item, keys));
                if (index < 0)
                    target.push_back(item);
                else
                    mergeInto(target[static_cast<std::size_t>(index)], item, kind, "", known.item());
            }
            return;
        }
    }
    target = patch;
}

FieldSet difference(const FieldSet& a, const FieldSet& b)
{
    FieldSet result;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(result, result.end()));
    return result;
}

bool isEntry(const Json& entry, const std::string& manager, const char* operation,
             const std::string& subresource)
{
    return text(entry, "manager") == manager && text(entry, "operation") == operation &&
           text(entry, "subresource") == subresource;
}

Json makeEntry(const std::string& manager, const char* operation, const std::string& subresource,
               const std::string& apiVersion, const std::string& time, const FieldSet& fields)
{
    Json entry = {{"manager", manager}, {"operation", operation},   {"apiVersion", apiVersion},
                  {"time", time},       {"fieldsType", "FieldsV1"}, {"fieldsV1", encodeFields(fields)}};
    if (!subresource.empty())
        entry["subresource"] = subresource;
    return entry;
}

FieldSet entryFields(const Json& entry)
{
    const Json* fields = find(entry, "fieldsV1");
    return fields == nullptr ? FieldSet() : decodeFields(*fields);
}

void decode(const Json& tree, FieldPath& path, FieldSet& out)
{
    if (!tree.is_object() || tree.empty()) {
        if (!path.empty())
            out.insert(path);
        return;
    }
    for (const auto& [key, child] : tree.items()) {
        path.push_back(key);
        decode(child, path, out);
        path.pop_back();
    }
}

} // namespace

std::vector<std::string> listKeys(const Kind& kind, const std::string& field, const Json& list)
{
    static const std::vector<std::pair<std::string, std::vector<std::string>>> everywhere = {
        {"conditions", {"type"}}, {"ownerReferences", {"uid"}}};
    static const std::vector<std::pair<std::string, std::vector<std::string>>> builtIn = {
        {"containers", {"name"}},
        {"initContainers", {"name"}},
        {"ephemeralContainers", {"name"}},
        {"volumes", {"name"}},
        {"env", {"name"}},
        {"imagePullSecrets", {"name"}},
        {"volumeMounts", {"mountPath"}},
        {"hostAliases", {"ip"}},
        {"secrets", {"name"}},
        {"addresses", {"type"}},
        {"ports", {"containerPort"}},
        {"ports", {"port"}},
        {"taints", {"key"}},
        {"topologySpreadConstraints", {"topologyKey"}}};
    const auto fits = [&](const std::vector<std::string>& keys) {
        return std::all_of(list.begin(), list.end(), [&](const Json& item) {
            return item.is_object() && std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
                       return item.contains(key);
                   });
        });
    };
    for (const auto& [name, keys] : everywhere) {
        if (name == field && fits(keys))
            return keys;
    }
    if (!kind.has(Custom)) {
        for (const auto& [name, keys] : builtIn) {
            if (name != field || !fits(keys))
                continue;
            if (name != "ports")
                return keys;
            // A port number may serve TCP and UDP; the protocol is part of the key when it is told.
            std::vector<std::string> both = keys;
            both.emplace_back("protocol");
            return fits(both) ? both : keys;
        }
    }
    return {};
}

FieldSet fieldsOf(const Json& object, const Kind& kind)
{
    FieldSet out;
    FieldPath path;
    flatten(object, kind, "", rootOf(kind), path, out);
    return out;
}

FieldSet decodeFields(const Json& fieldsV1)
{
    FieldSet out;
    FieldPath path;
    decode(fieldsV1, path, out);
    return out;
}

Json encodeFields(const FieldSet& fields)
{
    Json tree = Json::object();
    for (const FieldPath& path : fields) {
        Json* at = &tree;
        for (const std::string& element : path) {
            Json& next = (*at)[element];
            if (next.is_null())
                next = Json::object();
            at = &next;
        }
    }
    return tree;
}

std::string printPath(const FieldPath& path)
{
    std::string out;
    for (const std::string& element : path) {
        if (element == ".")
            continue;
        if (element.rfind("f:", 0) == 0) {
            out += "." + element.substr(2);
        } else if (element.rfind("k:", 0) == 0) {
            out += "[";
            bool first = true;
            const Json key = parseOwn(std::string_view(element).substr(2));
            for (const auto& [name, value] : key.items()) {
                out += (first ? "" : ",") + name + "=" + compact(value);
                first = false;
            }
            out += "]";
        } else {
            out += "[" + element.substr(2) + "]";
        }
    }
    return out;
}

void recordUpdate(Json& object, const Json& old, const std::string& manager, const std::string& subresource,
                  const std::string& time, const Kind& kind)
{
    FieldSet changed;
    const FieldSet now = fieldsOf(object, kind);
    for (const FieldPath& path : now) {
        const Json* before = resolve(old, path);
        const Json* after = resolve(object, path);
        // An item's "." stands for its existence, not for its content.
        const bool same = path.back() == "." ? before != nullptr
                                             : before != nullptr && after != nullptr && *before == *after;
        if (!same)
            changed.insert(path);
    }
    const FieldSet removed = difference(fieldsOf(old, kind), now);
    if (changed.empty() && removed.empty())
        return;
    Json entries = Json::array();
    FieldSet mine = changed;
    if (const Json* before = find(object, "metadata.managedFields");
        before != nullptr && before->is_array()) {
        for (const Json& entry : *before) {
            FieldSet fields = difference(difference(entryFields(entry), changed), removed);
            if (isEntry(entry, manager, "Update", subresource)) {
                mine.insert(fields.begin(), fields.end());
                continue;
            }
            if (fields.empty())
                continue;
            Json kept = entry;
            kept["fieldsV1"] = encodeFields(fields);
            entries.push_back(std::move(kept));
        }
    }
    if (!mine.empty()) {
        const std::string version = apiVersion(kind, kind.storageVersion());
        entries.push_back(makeEntry(manager, "Update", subresource, version, time, mine));
    }
    object["metadata"]["managedFields"] = std::move(entries);
}

Answer<Json> serverSideApply(const Json& live, const Json& config, const ApplyOptions& options,
                             const Kind& kind)
{
    const FieldSet wanted = fieldsOf(config, kind);
    FieldSet before;
    FieldSet others;
    std::vector<Status::Cause> causes;
    Json entries = Json::array();
    const Json* known = live.is_object() ? find(live, "metadata.managedFields") : nullptr;
    if (known != nullptr && known->is_array()) {
        for (const Json& entry : *known) {
            FieldSet fields = entryFields(entry);
            if (isEntry(entry, options.manager, "Apply", options.subresource)) {
                before = std::move(fields);
                continue;
            }
            FieldSet lost;
            for (const FieldPath& path : fields) {
                if (path.back() == "." || wanted.count(path) == 0)
                    continue;
                const Json* theirs = resolve(live, path);
                const Json* ours = resolve(config, path);
                if (theirs == nullptr || ours == nullptr || *theirs == *ours)
                    continue;
                lost.insert(path);
                causes.push_back(
                    {"FieldManagerConflict",
                     "conflict with \"" + text(entry, "manager") + "\"" +
                         (text(entry, "operation") == "Update" ? " using " + text(entry, "apiVersion")
                                                               : std::string()),
                     printPath(path)});
            }
            fields = difference(fields, lost);
            others.insert(fields.begin(), fields.end());
            if (fields.empty())
                continue;
            Json kept = entry;
            if (!lost.empty())
                kept["fieldsV1"] = encodeFields(fields);
            entries.push_back(std::move(kept));
        }
    }
    if (!causes.empty() && !options.force) {
        std::string message = "Apply failed with " + std::to_string(causes.size()) +
                              (causes.size() == 1 ? " conflict: " : " conflicts: ");
        for (std::size_t i = 0; i < causes.size(); ++i)
            message += (i == 0 ? "" : "\n- ") + causes[i].message + ": " + causes[i].field;
        auto refused = deny(409, "Conflict", std::move(message));
        refused.value().causes = std::move(causes);
        return refused;
    }

    Json result = live.is_object() ? live : Json::object();
    mergeInto(result, config, kind, "", rootOf(kind));
    for (const FieldPath& path : difference(difference(before, wanted), others)) {
        if (path.back() == ".") {
            // The item goes when nobody else holds anything of it.
            const FieldPath item(path.begin(), path.end() - 1);
            const bool held = std::any_of(others.begin(), others.end(), [&](const FieldPath& other) {
                return other.size() >= item.size() && std::equal(item.begin(), item.end(), other.begin());
            });
            if (held)
                continue;
        }
        eraseAt(result, path, 0);
    }
    entries.push_back(
        makeEntry(options.manager, "Apply", options.subresource, options.apiVersion, options.time, wanted));
    result["metadata"]["managedFields"] = std::move(entries);
    return result;
}

} // namespace strata::demosite
