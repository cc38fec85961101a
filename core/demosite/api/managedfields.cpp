// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/managedfields.h"

#include "core/demosite/api/object.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace strata::demosite {
namespace {

constexpr const char* kBeforeFirstApply = "before-first-apply";
constexpr const char* kAncientChanges = "ancient-changes";
constexpr std::ptrdiff_t kMostUpdaters = 10;
constexpr const char* kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

bool same(const Json& a, const Json& b)
{
    if (!a.is_structured() || a.type() != b.type() || a.size() != b.size())
        return a == b;
    if (a.is_array())
        return std::equal(a.begin(), a.end(), b.begin(), same);
    return std::all_of(a.items().begin(), a.items().end(), [&](const auto& each) { // in any order
        const auto other = b.find(each.key());
        return other != b.end() && same(each.value(), *other);
    });
}

// What nobody owns: what only the server writes, and what a writer of this subresource cannot change
// (apiserver's reset fields).
bool isNobodys(const FieldPath& path, const std::string& subresource, const Kind& kind)
{
    static const std::set<std::string> meta = {"f:name",       "f:namespace",     "f:creationTimestamp",
                                               "f:uid",        "f:selfLink",      "f:clusterName",
                                               "f:generation", "f:managedFields", "f:resourceVersion"};
    if (path.size() == 1 && (path[0] == "f:apiVersion" || path[0] == "f:kind" || path[0] == "f:metadata"))
        return true;
    if (path.size() == 2 && path[0] == "f:metadata" && meta.count(path[1]) > 0)
        return true;
    if (subresource == "status")
        return path[0] == "f:spec" || path[0] == "f:metadata";
    return path[0] == "f:status" && kind.has(HasStatus);
}

FieldSet owned(FieldSet fields, const std::string& subresource, const Kind& kind)
{
    for (auto at = fields.begin(); at != fields.end();)
        at = isNobodys(*at, subresource, kind) ? fields.erase(at) : std::next(at);
    return fields;
}

// The objects' or lists' children by their path elements, each as both sides have it.
struct Child {
    std::string element;
    FieldType::Member place;
    const Json* left = nullptr;
    const Json* right = nullptr;
};

// Nothing where a side is one value for its type, or where items cannot be told apart.
std::vector<Child> children(const Json* left, const Json* right, const FieldType& type)
{
    std::vector<Child> out;
    const auto full = [](const Json* value) {
        return value != nullptr && value->is_structured() && !value->empty();
    };
    const auto odd = [&](const Json* value, bool list) {
        return value != nullptr && !value->is_null() && (list ? !value->is_array() : !value->is_object());
    };
    if (!full(left) && !full(right))
        return out;
    const Json& sample = full(left) ? *left : *right;
    const bool list = sample.is_array();
    if (type.isLeaf(sample) || odd(left, list) || odd(right, list))
        return out;
    std::map<std::string, std::size_t> places;
    const auto add = [&](const Json* side, const Json* Child::*which) {
        if (!full(side))
            return true;
        const auto elements = list ? type.elements(*side) : std::vector<std::string>();
        if (!elements)
            return false;
        const auto one = [&](const std::string& element, const Json& value, const std::string* key) {
            const auto [at, fresh] = places.emplace(element, out.size());
            if (fresh) {
                out.push_back(
                    {element, key != nullptr ? type.member(*key) : FieldType::Member(), nullptr, nullptr});
                if (key == nullptr)
                    out.back().place.type = type.item();
            }
            if (out[at->second].*which == nullptr) // of items with one key the first
                out[at->second].*which = &value;
        };
        if (list) {
            for (std::size_t i = 0; i < side->size(); ++i)
                one((*elements)[i], (*side)[i], nullptr);
        } else {
            for (const auto& [key, value] : side->items())
                one("f:" + key, value, &key);
        }
        return true;
    };
    if (!add(left, &Child::left) || !add(right, &Child::right))
        out.clear();
    return out;
}

void collect(const Json& value, const FieldType& type, FieldPath& path, FieldSet& out)
{
    if (value.is_structured() && value.empty()) { // an empty map is a leaf, an empty list nothing
        if (value.is_object() || type.isLeaf(value))
            out.insert(path);
        return;
    }
    const std::vector<Child> inner = children(nullptr, &value, type);
    if (inner.empty()) {
        out.insert(path);
        return;
    }
    for (const Child& child : inner) {
        path.push_back(child.element);
        collect(*child.right, child.place.type, path, out);
        if (!child.place.declared) // items, and the entries of maps
            out.insert(path);
        path.pop_back();
    }
}

struct Comparison {
    FieldSet added;
    FieldSet modified;
    FieldSet removed;
};

// `standing`: on the left it would be there even when nobody had written it.
void compare(const Json* left, const Json* right, const FieldType& type, bool standing, FieldPath& path,
             Comparison& out)
{
    const bool none = left == nullptr && !standing;
    const std::vector<Child> inner = children(left, right, type);
    for (const Child& child : inner) {
        path.push_back(child.element);
        compare(child.left, child.right, child.place.type, !none && child.place.standing, path, out);
        path.pop_back();
    }
    if (none) {
        out.added.insert(path);
    } else if (right == nullptr) {
        if (left != nullptr)
            out.removed.insert(path);
    } else if (inner.empty() &&
               !(left == nullptr ? right->is_null() || (right->is_structured() && right->empty())
                                 : same(*left, *right))) {
        out.modified.insert(path);
    }
}

Comparison compared(const Json& left, const Json& right, const FieldType& type,
                    const std::string& subresource, const Kind& kind)
{
    Comparison out;
    FieldPath path;
    compare(&left, &right, type, true, path, out);
    for (FieldSet* set : {&out.added, &out.modified, &out.removed}) {
        set->erase(FieldPath());
        *set = owned(std::move(*set), subresource, kind);
    }
    return out;
}

// Every field of a structure that has something below it in the set, too.
FieldSet withNamed(const FieldSet& fields, const FieldType& root)
{
    FieldSet out = fields;
    for (const FieldPath& path : fields) {
        FieldType type = root;
        FieldPath here;
        for (const std::string& element : path) {
            here.push_back(element);
            if (element[0] != 'f') {
                type = type.item();
                continue;
            }
            const FieldType::Member member = type.member(element.substr(2));
            if (member.declared)
                out.insert(here);
            type = member.type;
        }
    }
    return out;
}

void remove(Json& value, const FieldType& type, const FieldSet& gone, FieldPath& path)
{
    if (!value.is_structured() || type.isLeaf(value))
        return;
    const auto below = [&](Json& child, const FieldType& childType, const std::string& element) {
        path.push_back(element);
        bool goes = gone.count(path) > 0;
        if (!goes && reaches(gone, path)) {
            remove(child, childType, gone, path);
            goes = child.is_structured() && child.empty();
        }
        path.pop_back();
        return goes;
    };
    if (value.is_object()) {
        std::vector<std::string> keys;
        for (auto& [key, child] : value.items()) {
            if (below(child, type.member(key).type, "f:" + key))
                keys.push_back(key);
        }
        for (const std::string& key : keys)
            value.erase(key);
        return;
    }
    const auto elements = type.elements(value);
    if (!elements)
        return;
    Json kept = Json::array();
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (!below(value[i], type.item(), (*elements)[i]))
            kept.push_back(std::move(value[i]));
    }
    value = std::move(kept);
}

Json merged(const Json* live, const Json& config, const FieldType& type);

// Items of both in an order that keeps those of the configuration as they are and, between them, what only
// the other side has.
Json mergedList(const Json& live, const std::vector<std::string>& left, const Json& config,
                const std::vector<std::string>& right, const FieldType& item)
{
    Json out = Json::array();
    const auto wanted = [&](const std::string& element) {
        return std::find(right.begin(), right.end(), element) != right.end();
    };
    std::size_t at = 0;
    const auto take = [&](std::size_t end) { // what nobody else has told the place of
        for (; at < end; ++at) {
            if (!wanted(left[at]))
                out.push_back(live[at]);
        }
    };
    for (std::size_t i = 0; i < right.size(); ++i) {
        const auto known = std::find(left.begin(), left.end(), right[i]);
        const auto place = static_cast<std::size_t>(known - left.begin());
        std::size_t next = at; // up to the next that both have
        while (next < left.size() && !wanted(left[next]))
            ++next;
        take(known != left.end() && place >= at ? place : next);
        if (known != left.end() && place == at)
            ++at;
        out.push_back(merged(known == left.end() ? nullptr : &live[place], config[i], item));
    }
    take(left.size());
    return out;
}

Json merged(const Json* live, const Json& config, const FieldType& type)
{
    if (live != nullptr && same(*live, config))
        return *live; // in its order
    if (live == nullptr || !live->is_structured() || live->empty() || type.isLeaf(*live) ||
        (!config.is_null() && config.type() != live->type()))
        return config;
    if (config.is_null() || config.empty())
        return *live;
    if (config.is_object()) {
        Json out = *live;
        for (const auto& [key, value] : config.items()) {
            const auto there = live->find(key);
            out[key] = merged(there == live->end() ? nullptr : &*there, value, type.member(key).type);
        }
        return out;
    }
    const auto left = type.elements(*live);
    const auto right = type.elements(config);
    return left && right ? mergedList(*live, *left, config, *right, type.item()) : config;
}

struct Owner {
    std::string manager;
    std::string operation;
    std::string apiVersion;
    std::string subresource;
    std::string time;
    FieldSet fields;

    bool applies() const { return operation == "Apply"; }
    bool is(const Owner& other) const // an applier is the same in every version
    {
        return manager == other.manager && operation == other.operation && subresource == other.subresource &&
               (applies() || apiVersion == other.apiVersion);
    }
    std::string shown() const
    {
        std::string out = jsonQuoted(manager);
        if (!subresource.empty())
            out += " with subresource " + jsonQuoted(subresource);
        return applies() ? out : out + " using " + apiVersion;
    }
};

std::vector<Owner> ownersOf(const Json& object)
{
    std::vector<Owner> out;
    const Json* entries = object.is_object() ? find(object, "metadata.managedFields") : nullptr;
    if (entries == nullptr || !entries->is_array())
        return out;
    for (const Json& entry : *entries) {
        const Json* fields = find(entry, "fieldsV1");
        if (fields != nullptr)
            out.push_back({text(entry, "manager"), text(entry, "operation"), text(entry, "apiVersion"),
                           text(entry, "subresource"), text(entry, "time"), decodeFields(*fields)});
    }
    return out;
}

// Of too many updaters the oldest become one.
void capUpdaters(std::vector<Owner>& owners)
{
    const auto updaters = [&] {
        return std::count_if(owners.begin(), owners.end(), [](const Owner& each) { return !each.applies(); });
    };
    while (updaters() > kMostUpdaters) {
        const auto oldest = [&](const Owner* but) {
            Owner* found = nullptr;
            for (Owner& each : owners) {
                const bool fits =
                    !each.applies() && &each != but && (but == nullptr || each.apiVersion == but->apiVersion);
                if (fits && (found == nullptr || each.time < found->time))
                    found = &each;
            }
            return found;
        };
        Owner* first = oldest(nullptr);
        Owner* second = oldest(first);
        if (second == nullptr)
            return;
        second->fields.insert(first->fields.begin(), first->fields.end());
        second->manager = kAncientChanges;
        second->subresource.clear();
        owners.erase(owners.begin() + (first - owners.data()));
    }
}

void setOwners(Json& object, std::vector<Owner> owners)
{
    capUpdaters(owners);
    owners.erase(
        std::remove_if(owners.begin(), owners.end(), [](const Owner& each) { return each.fields.empty(); }),
        owners.end());
    std::sort(owners.begin(), owners.end(), [](const Owner& a, const Owner& b) {
        return std::tie(a.operation, a.time, a.manager, a.apiVersion, a.subresource) <
               std::tie(b.operation, b.time, b.manager, b.apiVersion, b.subresource);
    });
    Json entries = Json::array();
    for (const Owner& each : owners) {
        Json entry = {
            {"manager", each.manager}, {"operation", each.operation}, {"apiVersion", each.apiVersion}};
        if (!each.time.empty())
            entry["time"] = each.time;
        entry["fieldsType"] = "FieldsV1";
        entry["fieldsV1"] = encodeFields(each.fields);
        if (!each.subresource.empty())
            entry["subresource"] = each.subresource;
        entries.push_back(std::move(entry));
    }
    Json& metadata = object["metadata"];
    if (entries.empty())
        metadata.erase("managedFields");
    else
        metadata["managedFields"] = std::move(entries);
}

Owner ownerOf(const FieldWriter& writer, const char* operation, const Kind& kind)
{
    return {writer.manager,     operation,   apiVersion(kind, kind.storageVersion()),
            writer.subresource, writer.time, {}};
}

struct Conflict {
    const Owner* owner;
    FieldPath path;
};

// As a set of fields is walked: of each structure its own fields before what is below them.
bool comesBefore(const FieldPath& a, const FieldPath& b)
{
    const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (left == a.end() || right == b.end())
        return left == a.end() && right != b.end();
    const bool leftEnds = std::next(left) == a.end();
    const bool rightEnds = std::next(right) == b.end();
    return leftEnds != rightEnds ? leftEnds : *left < *right;
}

tl::unexpected<Status> refuse(std::vector<Conflict> conflicts)
{
    std::stable_sort(conflicts.begin(), conflicts.end(),
                     [](const Conflict& a, const Conflict& b) { return comesBefore(a.path, b.path); });
    std::map<std::string, std::string> byOwner;
    std::vector<Status::Cause> causes;
    for (const Conflict& each : conflicts) {
        byOwner[each.owner->shown()] += "\n- " + printPath(each.path);
        causes.push_back(
            {"FieldManagerConflict", "conflict with " + each.owner->shown(), printPath(each.path)});
    }
    std::string message = "Apply failed with " + std::to_string(conflicts.size());
    if (conflicts.size() == 1) {
        message += " conflict: " + causes[0].message + ": " + causes[0].field;
    } else {
        message += " conflicts: ";
        bool first = true;
        for (const auto& [owner, paths] : byOwner) {
            message += (first ? "" : "\n") + ("conflicts with " + owner) + ":" + paths;
            first = false;
        }
    }
    auto refused = deny(409, "Conflict", std::move(message));
    refused.value().causes = std::move(causes);
    return refused;
}

Json lastApplied(const Json& object)
{
    const Json* annotations = object.is_object() ? find(object, "metadata.annotations") : nullptr;
    if (annotations == nullptr || !annotations->is_object() || !annotations->contains(kLastApplied))
        return {};
    const Json& kept = (*annotations)[kLastApplied];
    return kept.is_string() ? parseOwn(kept.get_ref<const std::string&>()) : Json();
}

// Who goes over from client-side to server-side apply takes along what the annotation says is theirs, as far
// as nobody else has changed it since.
FieldSet grantedBy(const Json& annotation, const Json& live, const FieldType& type)
{
    if (!annotation.is_object())
        return {};
    Comparison since;
    FieldPath path;
    compare(&annotation, &live, type, true, path, since);
    return without(without(fieldsOf(annotation, type), since.modified), since.removed);
}

void rewriteLastApplied(Json& object)
{
    Json plain = object;
    plain["metadata"].erase("managedFields");
    plain["metadata"]["annotations"].erase(kLastApplied);
    object["metadata"]["annotations"][kLastApplied] = compact(plain) + "\n";
}

void findMisfits(const Json& value, const FieldType& type, const std::string& path,
                 std::vector<std::string>& out)
{
    if (const std::string wrong = type.misfit(value); !wrong.empty()) {
        out.push_back(path.empty() ? wrong : path + ": " + wrong);
        return;
    }
    if (value.is_object()) {
        for (const auto& [key, child] : value.items()) {
            const FieldType::Member member = type.member(key);
            const std::string here = path + "." + key;
            if (!member.known) {
                out.push_back(here + ": field not declared in schema");
                return; // the walk ends here: one is told at a time
            }
            findMisfits(child, member.type, here, out);
        }
    } else if (value.is_array()) {
        std::string why;
        const auto elements = type.elements(value, &why);
        if (!why.empty()) {
            out.push_back(path + ": " + why);
            return;
        }
        std::set<std::string> met;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const std::string element = printElement(elements ? (*elements)[i] : "i:" + std::to_string(i));
            if (!met.insert(element).second)
                out.push_back(path + ": duplicate entries for key " + element);
            findMisfits(value[i], type.item(), path + element, out);
        }
    }
}

} // namespace

std::string timeOfWrite(const std::string& subresource, UnixMs now)
{
    return subresource == "scale" ? std::string() : formatRfc3339(now);
}

FieldSet fieldsOf(const Json& object, const FieldType& type)
{
    FieldSet out;
    FieldPath path;
    collect(object, type, path, out);
    out.erase(FieldPath());
    return out;
}

std::string misfits(const Json& config, const FieldType& type)
{
    std::vector<std::string> found;
    findMisfits(config, type, "", found);
    if (found.size() < 2)
        return found.empty() ? std::string() : found.front();
    std::string all = "errors:";
    for (const std::string& each : found)
        all += "\n  " + each;
    return all;
}

void recordUpdate(Json& object, const Json& old, const FieldWriter& writer, const Kind& kind,
                  const FieldType& type)
{
    std::vector<Owner> owners = ownersOf(object);
    if (owners.empty() && !old.empty())
        return;
    const Comparison changes = compared(old, object, type, writer.subresource, kind);
    const FieldSet mine = either(changes.added, changes.modified);
    if (mine.empty() && changes.removed.empty())
        return;
    Owner self = ownerOf(writer, "Update", kind);
    for (Owner& each : owners) {
        each.fields = without(each.fields, changes.removed);
        if (each.is(self))
            self.fields = std::move(each.fields);
        else
            each.fields = without(each.fields, mine);
    }
    if (mine.empty() && !self.fields.empty()) { // only lost something: not as of now
        for (const Owner& each : ownersOf(object)) {
            if (each.is(self))
                self.time = each.time;
        }
    }
    self.fields.insert(mine.begin(), mine.end());
    owners.erase(
        std::remove_if(owners.begin(), owners.end(), [&](const Owner& each) { return each.is(self); }),
        owners.end());
    owners.push_back(std::move(self));
    setOwners(object, std::move(owners));
}

Answer<Json> serverSideApply(const Json& live, const Json& config, const FieldWriter& writer, bool force,
                             const Kind& kind, const FieldType& type)
{
    const Json before = live.is_object() ? live : Json::object();
    std::vector<Owner> owners = ownersOf(before);
    if (owners.empty() && !before.empty()) {
        Owner first = ownerOf(writer, "Update", kind);
        first.manager = kBeforeFirstApply;
        first.fields = compared(Json::object(), before, type, writer.subresource, kind).added;
        owners.push_back(std::move(first));
    }
    Owner self = ownerOf(writer, "Apply", kind);
    self.fields = owned(fieldsOf(config, type), writer.subresource, kind);
    FieldSet last;
    std::string lastTime;
    FieldSet managed = fieldsOf(config, type); // with its name: else its metadata might go as nobody's
    for (auto each = owners.begin(); each != owners.end();) {
        if (each->is(self)) {
            last = std::move(each->fields);
            lastTime = each->time;
            each = owners.erase(each);
        } else {
            managed.insert(each->fields.begin(), each->fields.end());
            ++each;
        }
    }

    Json result = merged(&before, config, type);
    // What was applied last time and is no more goes, unless somebody else has it, too.
    if (!last.empty()) {
        const FieldSet there = withNamed(fieldsOf(result, type), type);
        const FieldSet gone = without(both(withNamed(last, type), there), withNamed(managed, type));
        FieldPath path;
        remove(result, type, gone, path);
    }
    const Comparison changes = compared(before, result, type, writer.subresource, kind);
    const FieldSet changed = either(changes.added, changes.modified);
    std::vector<Conflict> conflicts;
    for (const Owner& each : owners) {
        for (const FieldPath& path : both(each.fields, changed))
            conflicts.push_back({&each, path});
    }
    const Json annotation = writer.manager == "kubectl" ? lastApplied(before) : Json();
    if (!conflicts.empty() && !force) {
        const FieldSet granted = grantedBy(annotation, before, type);
        conflicts.erase(std::remove_if(conflicts.begin(), conflicts.end(),
                                       [&](const Conflict& each) { return granted.count(each.path) > 0; }),
                        conflicts.end());
        if (!conflicts.empty())
            return refuse(std::move(conflicts));
    }
    for (Owner& each : owners)
        each.fields = without(without(each.fields, changed), changes.removed);
    if (annotation.is_object())
        rewriteLastApplied(result);
    // Who applies what is there already changes nothing, not even the time; whose first time it is has none.
    Json bare = result;
    Json bareBefore = before;
    for (Json* each : {&bare, &bareBefore}) {
        if (each->contains("metadata"))
            (*each)["metadata"].erase("managedFields");
    }
    if (before.is_object() && !before.empty() && same(bare, bareBefore))
        self.time = lastTime;
    owners.push_back(std::move(self));
    setOwners(result, std::move(owners));
    return result;
}

} // namespace strata::demosite
