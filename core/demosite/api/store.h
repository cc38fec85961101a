// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/demosite/api/customkinds.h"
#include "core/demosite/api/json.h"
#include "core/demosite/api/object.h"
#include "core/demosite/api/selector.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace strata::demosite {

enum class EventType { Added, Modified, Deleted };

struct StoreEvent {
    std::uint64_t revision = 0;
    EventType type = EventType::Added;
    ObjectPtr object;   // after the change; for Deleted its last state, at the deletion's revision
    ObjectPtr previous; // before it; null for Added
};

struct DeleteOptions {
    std::string uid; // precondition
    std::string resourceVersion;
    std::string propagation; // "Foreground", "Background", "Orphan"
    // Seconds a pod gets to end; without it as many as its spec says. 0 removes it at once, whatever its
    // kubelet knows.
    std::optional<long long> grace = {};
    bool dryRun = false;
};

// What of an object a write may change.
enum class Part { Main, Status, All };

struct WriteOptions {
    Part part = Part::All;
    bool dryRun = false;
    std::string manager = {};     // metadata.managedFields entry to keep up to date; empty: none
    std::string subresource = {}; // the one that is written to
    bool keepOwners = false;      // of a new object: metadata.managedFields is as it should be
};

// All objects of one cluster, with the semantics of an API server's storage: one rising revision, a window of
// past changes for watches, optimistic concurrency, finalizers. Thread-safe. Controllers and HTTP handlers
// use it alike and through this interface only.
class Store {
public:
    // `seed` decides the uids and suffixes it hands out, in their order; 0: nobody can guess them.
    explicit Store(Clock clock, std::size_t window = 4096, std::uint64_t seed = 0);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    UnixMs now() const { return m_clock(); }
    CustomKinds& customKinds() { return m_custom; }
    const CustomKinds& customKinds() const { return m_custom; }
    std::vector<const Kind*> kinds() const; // the table's and those that came with definitions
    std::uint64_t revision() const;
    std::uint64_t
    loadedRevision() const; // of the last load(): where a follower that must miss nothing begins

    // Of the kind's last change; a client that keeps something it read knows by it whether that is still
    // true.
    std::uint64_t revisionOf(const Kind& kind) const;

    // Puts an object that was made complete by its writer (uid, creationTimestamp, status); for building a
    // site. `body` must begin with {"metadata":{. No watch event is kept: watches cannot start before it.
    void load(const Kind& kind, std::string body);

    ObjectPtr get(const Kind& kind, const std::string& ns, const std::string& name) const;
    // In the order of namespace and name; `revision` gets the revision of this picture.
    std::vector<ObjectPtr> list(const Kind& kind, const std::string& ns = {},
                                std::uint64_t* revision = nullptr) const;
    // As it was at `revision`; expired where the events since are no longer all kept.
    Answer<std::vector<ObjectPtr>> listAt(const Kind& kind, const std::string& ns,
                                          std::uint64_t revision) const;
    std::size_t count(const Kind& kind) const;
    std::size_t count() const;
    std::vector<ObjectPtr> ownedBy(const std::string& uid) const; // by kind, namespace and name

    // `object` is whole (kind and apiVersion are ignored). Fills name from generateName, uid,
    // creationTimestamp, generation and the kind's defaults.
    Answer<ObjectPtr> create(const Kind& kind, Json object, const WriteOptions& options = {});
    // Reads, edits, writes; tries again when somebody else wrote in between, so `edit` may run more than once
    // and must depend on its argument only. A resourceVersion that the edit leaves different from the stored
    // one is a conflict.
    using Edit = std::function<Answer<void>(Json& object)>;
    Answer<ObjectPtr> update(const Kind& kind, const std::string& ns, const std::string& name,
                             const Edit& edit, const WriteOptions& options = {});
    // With finalizers it stays, marked by deletionTimestamp; so does a pod on a node, until its kubelet has
    // ended it and removes it with a grace of 0.
    struct Removed {
        ObjectPtr object;
        bool gone = true;
    };
    Answer<Removed> remove(const Kind& kind, const std::string& ns, const std::string& name,
                           const DeleteOptions& options = {});

    // Changes of `kind` after `after`, at most `limit`; an error (410) when they are out of the window.
    // `upTo` gets the revision the answer is complete to.
    Answer<std::vector<StoreEvent>> since(const Kind& kind, std::uint64_t after, std::size_t limit,
                                          std::uint64_t* upTo = nullptr) const;
    // `wake` is called after each change of the kind, from the changing thread: it must only wake somebody
    // up. After the handle is gone it is not called any more.
    class Subscription;
    std::shared_ptr<Subscription> subscribe(const Kind& kind, std::function<void()> wake);

    // Consistent paging: a list cut in pages goes on over the picture its first page was taken from. Old
    // pictures are dropped; nullptr then (the client gets 410).
    using Picture = std::shared_ptr<const std::vector<ObjectPtr>>;
    std::uint64_t keepPicture(Picture picture, std::uint64_t revision);
    Picture picture(std::uint64_t id, std::uint64_t& revision) const;
    void expirePictures();

    std::string newUid();
    std::string newSuffix(std::size_t length = 5); // of the alphabet Kubernetes uses for names

private:
    using Key = std::string; // "ns\nname"
    struct KindData {
        std::map<Key, ObjectPtr> objects;
        std::deque<StoreEvent> events;
        std::uint64_t floor = 0; // events up to here are gone
        std::vector<std::weak_ptr<Subscription>> subscribers;
    };
    struct KeptPicture {
        std::uint64_t id = 0;
        std::uint64_t revision = 0;
        UnixMs at = 0;
        Picture picture;
    };
    KindData& data(const Kind& kind) const; // m_mutex is held
    // By owner's uid, kept from the first question on.
    void own(const Kind& kind, const Key& key, const Object& object, bool on) const; // m_mutex is held
    void put(KindData& all, const Kind& kind, const Key& key, ObjectPtr object);     // m_mutex is held
    void drop(KindData& all, const Kind& kind, const Key& key);                      // m_mutex is held
    // A definition of a kind was written: it is served before anybody can see the event. m_mutex is held.
    void learn(const Kind& kind, const Object& definition);
    // A definition was removed, and with it what was made of it. m_mutex is not held.
    void forget(const Kind& kind, const Object& definition);
    static Key keyOf(const std::string& ns, const std::string& name) { return ns + "\n" + name; }
    static std::shared_ptr<Object> indexed(const Kind& kind, std::string body, std::uint64_t revision);
    std::vector<std::shared_ptr<Subscription>> note(KindData& data, StoreEvent event); // m_mutex is held
    static void wake(const std::vector<std::shared_ptr<Subscription>>& subscribers);
    void recordManager(Json& object, const Json& old, const WriteOptions& options, const Kind& kind) const;

    Clock m_clock;
    std::size_t m_window;
    mutable std::mutex m_mutex;
    mutable std::vector<std::unique_ptr<KindData>> m_kinds; // by Kind::index; null until it is needed
    mutable bool m_ownersKnown = false;
    mutable std::unordered_multimap<std::size_t, std::pair<const Kind*, Key>> m_owned; // by uid's hash
    CustomKinds m_custom;
    std::uint64_t m_revision = 1000;
    std::uint64_t m_loaded = 1000;
    std::deque<KeptPicture> m_pictures;
    std::uint64_t m_lastPicture = 0;
    std::uint64_t m_random;
};

// Keeps a wake-up registered; see Store::subscribe.
class Store::Subscription {
public:
    explicit Subscription(std::function<void()> wake) : m_wake(std::move(wake)) {}
    void cancel();
    void call();

private:
    std::mutex m_mutex;
    std::function<void()> m_wake;
};

// metadata first, without apiVersion, kind and resourceVersion: the stored form.
std::string canonical(Json object);

} // namespace strata::demosite
