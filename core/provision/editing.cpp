// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/editing.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/api/status.h"
#include "core/provision/api.h"

#include <nlohmann/json.hpp>

#include <map>
#include <mutex>
#include <set>

namespace strata::provision {

namespace {

constexpr int kTries = 4; // of a write that somebody else's overtakes

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("provision", text), values);
}

// The elements of a list by their names; false when they have none, or one twice.
bool byName(const Json& list, std::map<std::string, const Json*>& out)
{
    for (const Json& element : list) {
        if (!element.is_object())
            return false;
        const auto name = element.find("name");
        if (name == element.end() || !name->is_string() ||
            !out.emplace(name->get<std::string>(), &element).second)
            return false;
    }
    return true;
}

struct Merger {
    std::vector<std::string> conflicts;

    static const Json* at(const Json& object, const std::string& key)
    {
        const auto found = object.find(key);
        return found == object.end() ? nullptr : &*found;
    }
    static bool same(const Json* a, const Json* b)
    {
        return a == nullptr || b == nullptr ? a == b : *a == *b;
    }

    // Null where the value is gone.
    std::optional<Json> merge(const Json* base, const Json* mine, const Json* theirs, const std::string& path)
    {
        const auto copy = [](const Json* value) {
            return value == nullptr ? std::optional<Json>() : std::optional<Json>(*value);
        };
        if (same(mine, theirs) || same(base, theirs))
            return copy(mine);
        if (same(base, mine))
            return copy(theirs);
        static const Json kNothing = Json::object();
        if (mine != nullptr && theirs != nullptr && mine->is_object() && theirs->is_object())
            return mappings(base != nullptr && base->is_object() ? *base : kNothing, *mine, *theirs, path);
        if (mine != nullptr && theirs != nullptr && mine->is_array() && theirs->is_array()) {
            if (auto list = lists(base, *mine, *theirs, path))
                return list;
        }
        conflicts.push_back(path);
        return copy(mine);
    }

    Json mappings(const Json& base, const Json& mine, const Json& theirs, const std::string& path)
    {
        Json out = Json::object();
        const auto add = [&](const std::string& key) {
            const std::string below = path.empty() ? key : path + "." + key;
            if (auto value = merge(at(base, key), at(mine, key), at(theirs, key), below))
                out[key] = std::move(*value);
        };
        for (const auto& [key, value] : mine.items())
            add(key);
        for (const auto& [key, value] : theirs.items()) {
            if (!mine.contains(key))
                add(key);
        }
        return out;
    }

    std::optional<Json> lists(const Json* base, const Json& mine, const Json& theirs, const std::string& path)
    {
        std::map<std::string, const Json*> before;
        std::map<std::string, const Json*> here;
        std::map<std::string, const Json*> there;
        if ((base != nullptr && base->is_array() && !byName(*base, before)) || !byName(mine, here) ||
            !byName(theirs, there))
            return std::nullopt;
        const auto find = [](const std::map<std::string, const Json*>& in, const std::string& name) {
            const auto found = in.find(name);
            return found == in.end() ? nullptr : found->second;
        };
        Json out = Json::array();
        const auto add = [&](const std::string& name) {
            if (auto value =
                    merge(find(before, name), find(here, name), find(there, name), path + "[" + name + "]"))
                out.push_back(std::move(*value));
        };
        for (const Json& element : mine)
            add(element["name"].get<std::string>());
        for (const Json& element : theirs) {
            const std::string name = element["name"].get<std::string>();
            if (here.count(name) == 0)
                add(name);
        }
        return out;
    }
};

Json patchOf(const Json& from, const Json& to)
{
    Json out = Json::object();
    for (const auto& [key, value] : from.items()) {
        if (!to.contains(key))
            out[key] = nullptr;
    }
    for (const auto& [key, value] : to.items()) {
        const auto before = from.find(key);
        if (before == from.end()) {
            out[key] = value;
        } else if (*before != value) {
            if (before->is_object() && value.is_object())
                out[key] = patchOf(*before, value);
            else
                out[key] = value;
        }
    }
    return out;
}

std::string joined(const std::vector<std::string>& parts)
{
    std::string out;
    for (const std::string& part : parts)
        out += (out.empty() ? "" : ", ") + part;
    return out;
}

std::string identity(const Object& object)
{
    return object.apiVersion() + " " + object.kind() + " " + object.ns() + "/" + object.name();
}

} // namespace

ThreeWay mergeThree(const Object& base, const Object& mine, const Object& theirs)
{
    Merger merger;
    std::optional<Json> value = merger.merge(&base.json(), &mine.json(), &theirs.json(), {});
    return {value ? Object(std::move(*value)) : Object(), std::move(merger.conflicts)};
}

Object mergePatch(const Object& from, const Object& to)
{
    return Object(patchOf(from.json(), to.json()));
}

Object editable(const Object& object)
{
    Object plain = object;
    Json& out = plain.edit();
    if (!out.is_object())
        return plain;
    out.erase("status");
    const auto metadata = out.find("metadata");
    if (metadata != out.end() && metadata->is_object()) {
        for (const char* part :
             {"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"})
            metadata->erase(part);
    }
    return plain;
}

Object comparable(const Object& object, bool withStatus)
{
    Object plain = object;
    Json& out = plain.edit();
    if (!withStatus)
        out.erase("status");
    if (const auto metadata = out.find("metadata"); metadata != out.end() && metadata->is_object()) {
        for (const char* part : {"managedFields", "resourceVersion", "uid", "generation", "selfLink"})
            metadata->erase(part);
    }
    return plain;
}

class ObjectEditor::Private : public std::enable_shared_from_this<ObjectEditor::Private> {
public:
    Private(std::shared_ptr<kube::Client> theClient, kube::ResourceId theResource, std::string theNs,
            std::string theName)
        : client(std::move(theClient)), network(client->network()), resource(std::move(theResource)),
          ns(std::move(theNs)), name(std::move(theName))
    {}

    struct Write {
        Object base;
        Object mine;
        bool dryRun = false;
        bool force = false;
        std::function<void(Result<Saved>)> done;
        std::string uid; // of the object that was read first
        int tries = 0;
    };

    void begin() { calls = std::make_unique<Calls>(network); } // what was under way is dropped
    void get(std::function<void(Result<Object>)> then)
    {
        calls->send(client, getRequest(resource, ns, name),
                    [then = std::move(then)](Result<kube::Response> answer) {
                        if (!answer)
                            then(tl::unexpected(answer.error()));
                        else
                            then(objectFromJson(answer->body));
                    });
    }

    template<typename Value>
    void tell(const std::function<void(Result<Value>)>& done, Result<Value> value)
    {
        const std::lock_guard<std::recursive_mutex> lock(mutex);
        if (!silent)
            done(std::move(value));
    }

    void tryWrite(const std::shared_ptr<Write>& write)
    {
        get([this, write](Result<Object> newest) {
            if (!newest) {
                Error error = newest.error();
                if (error.kind == ErrorKind::NotFound)
                    error =
                        Error{ErrorKind::NotFound,
                              say("%1 is not there any more: it was deleted meanwhile.", {cleanText(name)}),
                              error.detail};
                tell<Saved>(write->done, tl::unexpected(error));
                return;
            }
            if (!write->uid.empty() && write->uid != newest->uid()) {
                tell<Saved>(write->done,
                            fail(ErrorKind::Conflict,
                                 say("%1 was deleted and made again meanwhile.", {cleanText(name)})));
                return;
            }
            write->uid = newest->uid();
            const Object theirs = editable(*newest);
            ThreeWay merged = mergeThree(write->base, write->mine, theirs);
            if (!merged.conflicts.empty() && !write->force) {
                tell<Saved>(write->done,
                            fail(ErrorKind::Conflict,
                                 say("Somebody changed the same places of %1 meanwhile.", {cleanText(name)}),
                                 cleanText(joined(merged.conflicts))));
                return;
            }
            Object patch = mergePatch(theirs, merged.value);
            if (patch.json().empty()) {
                tell<Saved>(write->done, Saved{theirs, theirs, {}, false});
                return;
            }
            // The version makes sure that what was merged is what is changed.
            patch.edit()["metadata"]["resourceVersion"] = newest->resourceVersion();
            send(write, theirs, patch);
        });
    }

    void send(const std::shared_ptr<Write>& write, const Object& before, const Object& patch)
    {
        kube::Request request = mergePatchRequest(resource, patch, write->dryRun);
        request.path = kube::path(resource, resource.namespaced ? ns : std::string(), name);
        if (!write->dryRun)
            request.query += "&fieldValidation=Strict";
        calls->send(client, std::move(request), [this, write, before](Result<kube::Response> answer) {
            if (!answer) {
                if (answer.error().kind == ErrorKind::Conflict && ++write->tries < kTries) {
                    tryWrite(write);
                    return;
                }
                tell<Saved>(write->done, tl::unexpected(answer.error()));
                return;
            }
            const auto made = objectFromJson(answer->body);
            if (!made) {
                tell<Saved>(write->done, tl::unexpected(made.error()));
                return;
            }
            Saved saved{before, editable(*made), {}, true};
            const auto warning = answer->headers.find("warning");
            if (warning != answer->headers.end())
                saved.warnings = kube::parseWarnings(warning->second);
            tell<Saved>(write->done, std::move(saved));
        });
    }

    std::shared_ptr<kube::Client> client;
    kube::Network& network;
    kube::ResourceId resource;
    std::string ns;
    std::string name;
    std::unique_ptr<Calls> calls;
    std::recursive_mutex mutex;
    bool silent = false;
};

ObjectEditor::ObjectEditor(std::shared_ptr<kube::Client> client, kube::ResourceId resource, std::string ns,
                           std::string name)
    : m_d(std::make_shared<Private>(std::move(client), std::move(resource), std::move(ns), std::move(name)))
{}

ObjectEditor::~ObjectEditor()
{
    {
        const std::lock_guard<std::recursive_mutex> lock(m_d->mutex);
        m_d->silent = true;
    }
    kube::Network& network = m_d->network;
    network.post([d = std::move(m_d)] { d->calls.reset(); });
}

void ObjectEditor::read(std::function<void(Result<Object>)> done)
{
    m_d->network.post([d = m_d, done = std::move(done)] {
        d->begin();
        d->get([d = d.get(), done](Result<Object> object) {
            if (object)
                d->tell<Object>(done, editable(*object));
            else
                d->tell<Object>(done, tl::unexpected(object.error()));
        });
    });
}

void ObjectEditor::write(const Object& base, const Object& mine, bool dryRun, bool force,
                         std::function<void(Result<Saved>)> done)
{
    if (!mine.json().is_object() || identity(base) != identity(mine)) {
        done(fail(ErrorKind::Refused,
                  say("apiVersion, kind, name and namespace of an object cannot be changed.")));
        return;
    }
    auto write = std::make_shared<Private::Write>();
    write->base = base;
    write->mine = mine;
    write->dryRun = dryRun;
    write->force = force;
    write->done = std::move(done);
    m_d->network.post([d = m_d, write] {
        d->begin();
        d->tryWrite(write);
    });
}

} // namespace strata::provision
