// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/store.h"

#include "core/base/quantity.h"
#include "core/demosite/api/defaults.h"
#include "core/demosite/api/managedfields.h"

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <algorithm>
#include <random>
#include <tuple>

namespace strata::demosite {
namespace {

constexpr std::size_t kMaxPictures = 64;
constexpr UnixMs kPictureAge = 5LL * 60 * 1000;
constexpr std::string_view kSuffixAlphabet = "bcdfghjklmnpqrstvwxz2456789"; // apimachinery util/rand

simdjson::dom::parser& parser()
{
    thread_local simdjson::dom::parser instance;
    return instance;
}

std::string_view stringAt(const simdjson::dom::element& element, std::string_view path)
{
    simdjson::dom::element at = element;
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        const auto next = at[path.substr(0, dot)];
        if (next.error() != simdjson::SUCCESS)
            return {};
        at = next.value_unsafe();
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    }
    if (at.is_string())
        return at.get_string().value_unsafe();
    if (at.is_bool())
        return at.get_bool().value_unsafe() ? "true" : "false";
    return {};
}

std::string numberAt(const simdjson::dom::element& root, std::string_view path)
{
    simdjson::dom::element at = root;
    for (std::string_view rest = path; !rest.empty();) {
        const std::size_t dot = rest.find('.');
        if (at[rest.substr(0, dot)].get(at) != simdjson::SUCCESS)
            return {};
        rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    }
    return at.is_int64() ? std::to_string(at.get_int64().value_unsafe()) : std::string();
}

void pair(std::string& out, std::string_view key, std::string_view value)
{
    if (out.empty())
        out += '\n';
    out += key;
    out += '=';
    out += value;
    out += '\n';
}

void requests(const simdjson::dom::element& root, Object& object)
{
    simdjson::dom::array containers;
    if (root["spec"]["containers"].get_array().get(containers) != simdjson::SUCCESS)
        return;
    for (const simdjson::dom::element container : containers) {
        simdjson::dom::element wanted;
        if (container["resources"]["requests"].get(wanted) != simdjson::SUCCESS)
            continue;
        object.cpuMilli += parseQuantityMilli(stringAt(wanted, "cpu")).value_or(0);
        object.memoryBytes += parseQuantity(stringAt(wanted, "memory")).value_or(0);
    }
}

// How long a deleted pod stays for its kubelet; what does not run has nothing to end.
long long graceOf(const Kind& kind, const Json& object, const DeleteOptions& options)
{
    if (!kind.group.empty() || kind.resource != "pods")
        return 0;
    const std::string phase = text(object, "status.phase");
    if (text(object, "spec.nodeName").empty() || phase == "Succeeded" || phase == "Failed")
        return 0;
    return std::max(
        0LL, options.grace.value_or(number(object, "spec.terminationGracePeriodSeconds").value_or(30)));
}

// Whether all that changes of a spec is that a pod gets its node: its binding, which counts as no change.
bool isBound(const Kind& kind, const Json& before, const Json& after)
{
    if (!kind.group.empty() || kind.resource != "pods" || find(after, "spec.nodeName") == nullptr ||
        find(before, "spec") == nullptr)
        return false;
    Json unbound = after["spec"];
    unbound.erase("nodeName");
    return unbound == before["spec"];
}

bool stripsStatus(Part part, const Kind& kind)
{
    return part == Part::Main && kind.has(HasStatus);
}

} // namespace

std::string canonical(Json object)
{
    Json metadata = object.contains("metadata") ? std::move(object["metadata"]) : Json::object();
    metadata.erase("resourceVersion");
    std::string out = R"({"metadata":)" + compact(metadata);
    object.erase("metadata");
    object.erase("apiVersion");
    object.erase("kind");
    const std::string rest = compact(object);
    if (rest.size() > 2)
        out += "," + rest.substr(1);
    else
        out += "}";
    return out;
}

void Store::Subscription::cancel()
{
    const std::lock_guard lock(m_mutex);
    m_wake = {};
}

void Store::Subscription::call()
{
    const std::lock_guard lock(m_mutex);
    if (m_wake)
        m_wake();
}

Store::Store(Clock clock, std::size_t window, std::uint64_t seed)
    : m_clock(std::move(clock)), m_window(window),
      m_random(seed != 0 ? seed : (std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}())
{}

Store::~Store() = default;

Store::KindData& Store::data(const Kind& kind) const
{
    if (m_kinds.size() <= kind.index)
        m_kinds.resize(kind.index + 1);
    std::unique_ptr<KindData>& kept = m_kinds[kind.index];
    if (!kept) {
        kept = std::make_unique<KindData>();
        // Of a kind that came later nobody can have seen anything before.
        kept->floor = kind.index < Kinds::instance().all().size() ? 0 : m_revision;
    }
    return *kept;
}

void Store::own(const Kind& kind, const Key& key, const Object& object, bool on) const
{
    const std::string& all = object.owners;
    for (std::size_t at = 1; at < all.size();) {
        const std::size_t end = all.find('\n', at);
        const std::size_t hash = std::hash<std::string_view>()(std::string_view(all).substr(at, end - at));
        at = end + 1;
        if (on) {
            m_owned.emplace(hash, std::pair(&kind, key));
            continue;
        }
        const auto range = m_owned.equal_range(hash);
        for (auto entry = range.first; entry != range.second; ++entry) {
            if (entry->second.first == &kind && entry->second.second == key) {
                m_owned.erase(entry);
                break;
            }
        }
    }
}

void Store::put(KindData& all, const Kind& kind, const Key& key, ObjectPtr object)
{
    ObjectPtr& place = all.objects[key];
    if (m_ownersKnown && (!place || place->owners != object->owners)) {
        if (place)
            own(kind, key, *place, false);
        own(kind, key, *object, true);
    }
    place = std::move(object);
}

void Store::drop(KindData& all, const Kind& kind, const Key& key)
{
    const auto found = all.objects.find(key);
    if (found == all.objects.end())
        return;
    if (m_ownersKnown)
        own(kind, key, *found->second, false);
    all.objects.erase(found);
}

std::vector<const Kind*> Store::kinds() const
{
    std::vector<const Kind*> out = m_custom.all();
    for (const Kind& kind : Kinds::instance().all())
        out.push_back(&kind);
    return out;
}

void Store::learn(const Kind& kind, const Object& definition)
{
    if (kind.resource != "customresourcedefinitions")
        return;
    const Kind* const served = m_custom.defined(parseOwn(definition.body));
    if (served == nullptr)
        return;
    // What field selectors ask for may be other fields than before.
    for (auto& [key, object] : data(*served).objects)
        object = indexed(*served, object->body, object->revision);
}

void Store::forget(const Kind& kind, const Object& definition)
{
    if (kind.resource != "customresourcedefinitions")
        return;
    const Json body = parseOwn(definition.body);
    const Kind* served = m_custom.undefined(text(body, "spec.group"), text(body, "spec.names.plural"));
    if (served == nullptr)
        return;
    // What was made of it goes with it, whatever its finalizers say: nobody could remove them any more.
    for (const ObjectPtr& object : list(*served)) {
        std::vector<std::shared_ptr<Subscription>> subscribers;
        {
            const std::lock_guard lock(m_mutex);
            KindData& all = data(*served);
            const auto found = all.objects.find(keyOf(object->ns, object->name));
            if (found == all.objects.end())
                continue;
            auto last = std::make_shared<Object>(*found->second);
            last->revision = ++m_revision;
            const ObjectPtr before = found->second;
            drop(all, *served, keyOf(object->ns, object->name));
            subscribers = note(all, {m_revision, EventType::Deleted, last, before});
        }
        wake(subscribers);
    }
}

std::uint64_t Store::revision() const
{
    const std::lock_guard lock(m_mutex);
    return m_revision;
}

std::uint64_t Store::loadedRevision() const
{
    const std::lock_guard lock(m_mutex);
    return m_loaded;
}

std::uint64_t Store::revisionOf(const Kind& kind) const
{
    const std::lock_guard lock(m_mutex);
    const KindData& all = data(kind);
    return all.events.empty() ? all.floor : all.events.back().revision;
}

std::shared_ptr<Object> Store::indexed(const Kind& kind, std::string body, std::uint64_t revision)
{
    auto object = std::make_shared<Object>();
    object->kind = &kind;
    object->revision = revision;
    object->body = std::move(body);
    simdjson::dom::element root;
    if (parser().parse(object->body).get(root) != simdjson::SUCCESS)
        return object; // cannot be: the body was written by a JSON library or by us
    simdjson::dom::element metadata;
    if (root["metadata"].get(metadata) != simdjson::SUCCESS)
        return object;
    object->ns = std::string(stringAt(metadata, "namespace"));
    object->name = std::string(stringAt(metadata, "name"));
    object->uid = std::string(stringAt(metadata, "uid"));
    simdjson::dom::object labels;
    if (metadata["labels"].get(labels) == simdjson::SUCCESS) {
        for (const auto& label : labels)
            pair(object->labels, label.key,
                 label.value.is_string() ? label.value.get_string().value_unsafe() : std::string_view());
    }
    simdjson::dom::array owners;
    if (metadata["ownerReferences"].get(owners) == simdjson::SUCCESS) {
        for (const simdjson::dom::element owner : owners) {
            if (object->owners.empty())
                object->owners = "\n";
            object->owners += stringAt(owner, "uid");
            object->owners += '\n';
        }
    }
    for (const std::string_view path : selectableFields(kind)) {
        // An event's source is its component; a node that says nothing is schedulable.
        const std::string_view place = path == "source"              ? std::string_view("source.component")
                                       : path == "status.successful" ? std::string_view("status.succeeded")
                                                                     : path;
        std::string_view value = stringAt(root, place);
        std::string number; // of fields that are no texts
        if (value.empty() && (kind.has(Custom) || place != path))
            value = number = numberAt(root, place);
        if (path == "spec.unschedulable" && value.empty())
            value = "false";
        if (path == "status.successful" && value.empty())
            value = "0";
        pair(object->fields, path, value);
    }
    if (kind.resource == "pods" && kind.group.empty())
        requests(root, *object);
    return object;
}

void Store::load(const Kind& kind, std::string body)
{
    std::shared_ptr<Object> object = indexed(kind, std::move(body), 0);
    const std::lock_guard lock(m_mutex);
    object->revision = ++m_revision;
    KindData& all = data(kind);
    all.floor = m_revision;
    m_loaded = m_revision;
    const Key key = keyOf(object->ns, object->name);
    put(all, kind, key, std::move(object));
}

ObjectPtr Store::get(const Kind& kind, const std::string& ns, const std::string& name) const
{
    const std::lock_guard lock(m_mutex);
    const auto& objects = data(kind).objects;
    const auto found = objects.find(keyOf(ns, name));
    return found == objects.end() ? nullptr : found->second;
}

std::vector<ObjectPtr> Store::list(const Kind& kind, const std::string& ns, std::uint64_t* revision) const
{
    const std::lock_guard lock(m_mutex);
    if (revision != nullptr)
        *revision = m_revision;
    const auto& objects = data(kind).objects;
    std::vector<ObjectPtr> result;
    if (ns.empty()) {
        result.reserve(objects.size());
        for (const auto& [key, object] : objects)
            result.push_back(object);
    } else {
        for (auto at = objects.lower_bound(ns + "\n"); at != objects.end() && at->second->ns == ns; ++at)
            result.push_back(at->second);
    }
    return result;
}

Answer<std::vector<ObjectPtr>> Store::listAt(const Kind& kind, const std::string& ns,
                                             std::uint64_t revision) const
{
    const std::lock_guard lock(m_mutex);
    const KindData& all = data(kind);
    if (revision < all.floor)
        return expired("The resourceVersion for the provided list is too old.");
    std::map<Key, ObjectPtr> objects(all.objects.begin(), all.objects.end());
    for (auto event = all.events.rbegin(); event != all.events.rend() && event->revision > revision;
         ++event) {
        const Key key = keyOf(event->object->ns, event->object->name);
        if (event->type == EventType::Added)
            objects.erase(key);
        else
            objects[key] = event->previous;
    }
    std::vector<ObjectPtr> result;
    for (const auto& [key, object] : objects) {
        if (object && (ns.empty() || object->ns == ns))
            result.push_back(object);
    }
    return result;
}

std::size_t Store::count(const Kind& kind) const
{
    const std::lock_guard lock(m_mutex);
    return data(kind).objects.size();
}

std::size_t Store::count() const
{
    const std::lock_guard lock(m_mutex);
    std::size_t sum = 0;
    for (const auto& all : m_kinds)
        sum += all ? all->objects.size() : 0;
    return sum;
}

std::vector<ObjectPtr> Store::ownedBy(const std::string& uid) const
{
    std::vector<ObjectPtr> result;
    if (uid.empty())
        return result;
    const std::string wanted = "\n" + uid + "\n";
    const std::lock_guard lock(m_mutex);
    if (!m_ownersKnown) {
        m_ownersKnown = true;
        for (const auto& all : m_kinds) {
            if (!all)
                continue;
            for (const auto& [key, object] : all->objects)
                own(*object->kind, key, *object, true);
        }
    }
    const auto range = m_owned.equal_range(std::hash<std::string_view>()(uid));
    for (auto entry = range.first; entry != range.second; ++entry) {
        const auto& [kind, key] = entry->second;
        const auto& objects = data(*kind).objects;
        const auto found = objects.find(key);
        if (found != objects.end() && found->second->owners.find(wanted) != std::string::npos)
            result.push_back(found->second);
    }
    std::sort(result.begin(), result.end(), [](const ObjectPtr& a, const ObjectPtr& b) {
        return std::tie(a->kind->index, a->ns, a->name) < std::tie(b->kind->index, b->ns, b->name);
    });
    return result;
}

std::string Store::newUid()
{
    const std::lock_guard lock(m_mutex);
    static constexpr std::string_view hex = "0123456789abcdef";
    std::string uid = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
    std::mt19937_64 engine(m_random++);
    for (char& c : uid) {
        if (c == 'x')
            c = hex[engine() % 16];
        else if (c == 'y')
            c = hex[8 + engine() % 4];
    }
    return uid;
}

std::string Store::newSuffix(std::size_t length)
{
    const std::lock_guard lock(m_mutex);
    std::mt19937_64 engine(m_random++);
    std::string suffix;
    for (std::size_t i = 0; i < length; ++i)
        suffix += kSuffixAlphabet[engine() % kSuffixAlphabet.size()];
    return suffix;
}

std::vector<std::shared_ptr<Store::Subscription>> Store::note(KindData& kept, StoreEvent event)
{
    kept.events.push_back(std::move(event));
    if (kept.events.size() > m_window) {
        kept.floor = kept.events.front().revision;
        kept.events.pop_front();
    }
    std::vector<std::shared_ptr<Subscription>> alive;
    auto& all = kept.subscribers;
    for (std::size_t i = 0; i < all.size();) {
        if (auto subscription = all[i].lock()) {
            alive.push_back(std::move(subscription));
            ++i;
        } else {
            all[i] = all.back();
            all.pop_back();
        }
    }
    return alive;
}

void Store::wake(const std::vector<std::shared_ptr<Subscription>>& subscribers)
{
    for (const auto& subscription : subscribers)
        subscription->call();
}

void Store::recordManager(Json& object, const Json& old, const WriteOptions& options, const Kind& kind) const
{
    if (options.manager.empty())
        return;
    const auto schema = m_custom.schema(kind, kind.storageVersion());
    recordUpdate(object, old, {options.manager, options.subresource, timeOfWrite(options.subresource, now())},
                 kind, FieldType::of(kind, schema.get()));
}

Answer<ObjectPtr> Store::create(const Kind& kind, Json object, const WriteOptions& options)
{
    if (!object.is_object())
        return badRequest("the object is not a JSON object");
    Json& metadata = object["metadata"];
    if (metadata.is_null())
        metadata = Json::object();
    if (!metadata.is_object())
        return badRequest("metadata must be an object");
    const std::string generate = text(metadata, "generateName");
    if (text(metadata, "name").empty() && !generate.empty())
        metadata["name"] = generate.substr(0, 58) + newSuffix();
    const std::string name = text(metadata, "name");
    if (name.empty())
        return invalid(
            std::string(kind.group), std::string(kind.kind), "",
            {{"FieldValueRequired", "Required value: name or generateName is required", "metadata.name"}});
    const std::string ns = text(metadata, "namespace");
    for (const char* ours : {"resourceVersion", "uid", "creationTimestamp", "deletionTimestamp",
                             "deletionGracePeriodSeconds", "generation", "selfLink"})
        metadata.erase(ours);
    if (!options.keepOwners)
        metadata.erase("managedFields");
    if (stripsStatus(options.part, kind))
        object.erase("status");
    metadata["uid"] = newUid();
    metadata["creationTimestamp"] = formatRfc3339(now());
    if (kind.has(Generation))
        metadata["generation"] = 1;
    if (const auto good = applyDefaults(kind, object, *this); !good)
        return tl::unexpected<Status>(good.error());
    fillStanding(kind, object);
    recordManager(object, Json::object(), options, kind);
    if (const auto good = admitNew(kind, object, *this); !good)
        return tl::unexpected<Status>(good.error());
    fillStanding(kind, object); // of a status that came

    std::string body = canonical(std::move(object));
    std::vector<std::shared_ptr<Subscription>> subscribers;
    std::shared_ptr<Object> stored = indexed(kind, std::move(body), 0);
    {
        const std::lock_guard lock(m_mutex);
        KindData& all = data(kind);
        const Key key = keyOf(ns, name);
        if (all.objects.find(key) != all.objects.end())
            return alreadyExists(std::string(kind.group), std::string(kind.resource), name);
        if (options.dryRun)
            return stored;
        stored->revision = ++m_revision;
        put(all, kind, key, stored);
        learn(kind, *stored);
        subscribers = note(all, {m_revision, EventType::Added, stored, nullptr});
    }
    wake(subscribers);
    return stored;
}

Answer<ObjectPtr> Store::update(const Kind& kind, const std::string& ns, const std::string& name,
                                const Edit& edit, const WriteOptions& options)
{
    const std::string group(kind.group);
    const std::string resource(kind.resource);
    for (int tries = 0; tries < 16; ++tries) {
        const ObjectPtr before = get(kind, ns, name);
        if (!before)
            return notFound(group, resource, name);
        const Json old = parseOwn(serve(*before));
        Json object = old;
        if (const auto good = edit(object); !good)
            return tl::unexpected<Status>(good.error());
        if (!object.is_object() || !object.contains("metadata") || !object["metadata"].is_object())
            return badRequest("metadata must be an object");

        Json& metadata = object["metadata"];
        const std::string wanted = text(metadata, "resourceVersion");
        if (!wanted.empty() && wanted != std::to_string(before->revision))
            return conflict(
                group, resource, name,
                "the object has been modified; please apply your changes to the latest version and "
                "try again");
        const std::string uid = text(metadata, "uid");
        if (!uid.empty() && uid != before->uid)
            return conflict(group, resource, name,
                            "StorageError: invalid object, Code: 4, Key: /registry/" +
                                (kind.has(Custom) ? group + "/" : std::string()) + resource + "/" +
                                (ns.empty() ? "" : ns + "/") + name +
                                ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in "
                                "precondition: " +
                                uid + ", UID in object meta: " + before->uid);
        if (text(metadata, "name") != name || text(metadata, "namespace") != ns)
            return badRequest("the name or namespace of the object does not match the URL");

        // What only the server writes stays as it is.
        const Json& oldMetadata = old["metadata"];
        for (const char* ours :
             {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"}) {
            if (oldMetadata.contains(ours))
                metadata[ours] = oldMetadata[ours];
            else
                metadata.erase(ours);
        }
        if (options.part == Part::Status) {
            Json merged = old;
            if (object.contains("status"))
                merged["status"] = object["status"];
            else
                merged.erase("status");
            merged["metadata"]["managedFields"] =
                metadata.contains("managedFields") ? metadata["managedFields"] : Json();
            if (merged["metadata"]["managedFields"].is_null())
                merged["metadata"].erase("managedFields");
            object = std::move(merged);
        } else if (stripsStatus(options.part, kind)) {
            if (old.contains("status"))
                object["status"] = old["status"];
            else
                object.erase("status");
        }
        if (kind.resource == "customresourcedefinitions" && options.part != Part::Status) {
            if (const auto good = completeDefinition(object, formatRfc3339(now())); !good)
                return tl::unexpected<Status>(good.error());
        }
        const auto specChanges = [&] {
            const auto now = object.find("spec");
            const auto then = old.find("spec");
            return (then == old.end()) != (now == object.end()) || (then != old.end() && *then != *now);
        };
        if (specChanges()) {
            refillDefaults(kind, object, old, *this);
            fillStanding(kind, object);
        }
        Json& meta = object["metadata"];
        if (kind.has(Generation) && specChanges() && !isBound(kind, old, object))
            meta["generation"] = number(oldMetadata, "generation").value_or(1) + 1;
        recordManager(object, old, options, kind);

        const Json* finalizers = demosite::find(meta, "finalizers");
        // A namespace goes when its content is gone: spec.finalizers says so.
        const Json* content =
            kind.resource == "namespaces" ? demosite::find(object, "spec.finalizers") : nullptr;
        const bool ends = meta.contains("deletionTimestamp") &&
                          (finalizers == nullptr || finalizers->empty()) &&
                          (content == nullptr || content->empty()) &&
                          number(meta, "deletionGracePeriodSeconds").value_or(0) == 0;
        std::string body = canonical(std::move(object));
        if (body == before->body && !ends)
            return before; // nothing changed: no event, as upstream does
        std::shared_ptr<Object> after = indexed(kind, std::move(body), 0);
        if (options.dryRun) {
            after->revision = before->revision;
            return after;
        }
        std::vector<std::shared_ptr<Subscription>> subscribers;
        {
            const std::lock_guard lock(m_mutex);
            KindData& all = data(kind);
            const auto found = all.objects.find(keyOf(ns, name));
            if (found == all.objects.end() || found->second != before)
                continue; // somebody else was faster
            after->revision = ++m_revision;
            if (ends)
                drop(all, kind, keyOf(ns, name));
            else
                put(all, kind, keyOf(ns, name), after);
            if (!ends)
                learn(kind, *after);
            subscribers =
                note(all, {m_revision, ends ? EventType::Deleted : EventType::Modified, after, before});
        }
        if (ends)
            forget(kind, *after);
        wake(subscribers);
        return after;
    }
    return conflict(group, resource, name, "too many concurrent writers; try again");
}

Answer<Store::Removed> Store::remove(const Kind& kind, const std::string& ns, const std::string& name,
                                     const DeleteOptions& options)
{
    const std::string group(kind.group);
    const std::string resource(kind.resource);
    for (int tries = 0; tries < 16; ++tries) {
        const ObjectPtr before = get(kind, ns, name);
        if (!before)
            return notFound(group, resource, name);
        const std::string kindName(kind.kind); // not the plural, here
        if (!options.uid.empty() && options.uid != before->uid)
            return conflict(group, kindName, name,
                            "the UID in the precondition (" + options.uid +
                                ") does not match the UID in record (" + before->uid +
                                "). The object might have been deleted and then recreated");
        if (!options.resourceVersion.empty() && options.resourceVersion != std::to_string(before->revision))
            return conflict(group, kindName, name,
                            "the ResourceVersion in the precondition (" + options.resourceVersion +
                                ") does not match the ResourceVersion in record (" +
                                std::to_string(before->revision) + "). The object might have been modified");
        if (options.dryRun)
            return Removed{before, true};
        Json object = parseOwn(serve(*before));
        Json& metadata = object["metadata"];
        if (options.propagation == "Foreground" || options.propagation == "Orphan") {
            const std::string finalizer = options.propagation == "Orphan" ? "orphan" : "foregroundDeletion";
            Json& list = metadata["finalizers"];
            if (!list.is_array())
                list = Json::array();
            if (std::find(list.begin(), list.end(), Json(finalizer)) == list.end())
                list.push_back(finalizer);
        }
        const Json* finalizers = demosite::find(metadata, "finalizers");
        // A namespace goes when its content is gone: spec.finalizers says so.
        const Json* content =
            kind.resource == "namespaces" ? demosite::find(object, "spec.finalizers") : nullptr;
        const bool held =
            (finalizers != nullptr && !finalizers->empty()) || (content != nullptr && !content->empty());
        const long long grace = graceOf(kind, object, options);
        const bool stays = held || grace > 0;
        // A second deletion only makes it shorter.
        if (stays && metadata.contains("deletionTimestamp") &&
            grace >= number(metadata, "deletionGracePeriodSeconds").value_or(0))
            return Removed{before, false};
        if (stays) {
            metadata["deletionTimestamp"] = formatRfc3339(now() + grace * 1000);
            metadata["deletionGracePeriodSeconds"] = grace;
            if (kind.resource == "namespaces")
                object["status"]["phase"] = "Terminating";
        }
        std::shared_ptr<Object> after = indexed(kind, canonical(std::move(object)), 0);
        std::vector<std::shared_ptr<Subscription>> subscribers;
        {
            const std::lock_guard lock(m_mutex);
            KindData& all = data(kind);
            const auto found = all.objects.find(keyOf(ns, name));
            if (found == all.objects.end() || found->second != before)
                continue;
            after->revision = ++m_revision;
            if (stays)
                put(all, kind, keyOf(ns, name), after);
            else
                drop(all, kind, keyOf(ns, name));
            subscribers =
                note(all, {m_revision, stays ? EventType::Modified : EventType::Deleted, after, before});
        }
        if (!stays)
            forget(kind, *after);
        wake(subscribers);
        return Removed{after, !stays};
    }
    return conflict(group, resource, name, "too many concurrent writers; try again");
}

Answer<std::vector<StoreEvent>> Store::since(const Kind& kind, std::uint64_t after, std::size_t limit,
                                             std::uint64_t* upTo) const
{
    const std::lock_guard lock(m_mutex);
    const KindData& all = data(kind);
    if (after < all.floor)
        return expired("too old resource version: " + std::to_string(after) + " (" +
                       std::to_string(all.floor + 1) + ")");
    const auto first =
        std::partition_point(all.events.begin(), all.events.end(),
                             [after](const StoreEvent& event) { return event.revision <= after; });
    const auto rest = static_cast<std::size_t>(all.events.end() - first);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(rest, limit));
    if (upTo != nullptr)
        *upTo = rest <= limit ? m_revision : (last - 1)->revision;
    return std::vector<StoreEvent>(first, last);
}

std::shared_ptr<Store::Subscription> Store::subscribe(const Kind& kind, std::function<void()> wakeUp)
{
    auto subscription = std::make_shared<Subscription>(std::move(wakeUp));
    const std::lock_guard lock(m_mutex);
    data(kind).subscribers.push_back(subscription);
    return subscription;
}

std::uint64_t Store::keepPicture(Picture picture, std::uint64_t revision)
{
    const UnixMs at = now();
    const std::lock_guard lock(m_mutex);
    while (!m_pictures.empty() &&
           (m_pictures.size() >= kMaxPictures || m_pictures.front().at + kPictureAge < at))
        m_pictures.pop_front();
    m_pictures.push_back({++m_lastPicture, revision, at, std::move(picture)});
    return m_lastPicture;
}

Store::Picture Store::picture(std::uint64_t id, std::uint64_t& revision) const
{
    const std::lock_guard lock(m_mutex);
    for (const KeptPicture& kept : m_pictures) {
        if (kept.id == id) {
            revision = kept.revision;
            return kept.picture;
        }
    }
    return nullptr;
}

void Store::expirePictures()
{
    const std::lock_guard lock(m_mutex);
    m_pictures.clear();
}

} // namespace strata::demosite
