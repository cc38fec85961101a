// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/backoff.h"
#include "core/base/nametable.h"
#include "core/feeds/discovery.h"
#include "core/feeds/kinds/kinds.h"
#include "core/feeds/outbox.h"
#include "core/feeds/requests.h"
#include "core/kube/net/client.h"
#include "core/kube/net/tunnel.h"
#include "core/kube/watch/watch.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::feeds {

// Texts of an error come from servers.
Error cleanError(Error error);

// How each cluster is reached now, for who needs connections of his own to it (consoles, logs). Thread-safe.
class AccessBook {
public:
    struct Entry {
        kube::ClusterConfig config;
        std::shared_ptr<kube::Dialer> dialer;
    };
    void put(stack::SourceId source, Entry entry)
    {
        const std::lock_guard lock(m_mutex);
        m_entries.insert_or_assign(source, std::move(entry));
    }
    void remove(stack::SourceId source)
    {
        const std::lock_guard lock(m_mutex);
        m_entries.erase(source);
    }
    std::optional<Entry> find(stack::SourceId source) const
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_entries.find(source);
        return found == m_entries.end() ? std::nullopt : std::optional<Entry>(found->second);
    }

private:
    mutable std::mutex m_mutex;
    std::map<stack::SourceId, Entry> m_entries;
};

// Spreads what is asked of clusters that are away: however many they are, one question in 600 ms.
class ProbePace {
public:
    // How long to wait for a turn, at least `wanted`. The turn is taken by that.
    std::chrono::milliseconds reserve(std::chrono::milliseconds wanted);

private:
    std::set<std::int64_t> m_taken; // turns still to come, by their number
};

// What several feeds of a site share.
struct FeedContext {
    kube::Network& network;
    Outbox& outbox;
    std::atomic<std::uint64_t>& events;
    std::chrono::milliseconds metricsEvery;
    AccessBook& access;
    ProbePace& pace;
    std::size_t followedTenants = 0;        // of one outer cluster; 0: all (see Site::Options)
    std::chrono::milliseconds kindPatience; // see Site::Options
};

// One cluster's API, outer or inner: finds out what it serves, watches the kinds we read, polls usage, and
// says how it goes. Lives on the network's thread; every method is called there.
class ClusterFeed : public std::enable_shared_from_this<ClusterFeed> {
public:
    // What an owner hears of it; called on the network's thread, never from within a call to the feed.
    struct Hooks {
        // Cluster objects, before their facts are put; null when one has gone.
        std::function<void(const kube::ObjectMeta&, const Json*)> onCluster;
        // The server refuses our credential, or we its certificate.
        std::function<void()> onNoAccess;
        // An inner cluster has been away for a while; told again with every look at it that fails.
        std::function<void(const Error&)> onAway;
        // The first picture is complete, or it will not come soon.
        std::function<void()> onSettled;
    };

    // `state` names the source: id, kind, name, outer, clusterKey. The rest of it is the feed's.
    ClusterFeed(FeedContext context, kube::ClusterConfig config, stack::SourceState state, Hooks hooks);
    ~ClusterFeed();
    ClusterFeed(const ClusterFeed&) = delete;
    ClusterFeed& operator=(const ClusterFeed&) = delete;

    void start();
    void stop(); // after it nothing is called or put any more; open fetches are answered with Cancelled
    void abandon() { m_dropFetches = true; } // before stop(): open fetches are not answered at all
    void retryNow();
    // Nobody looks: what is many is counted now and then instead of followed. Before or after start().
    void setParked(bool parked);
    bool parked() const { return m_state.parked; }
    // Whether somebody looks at it now: else its usage is asked for less often. True at first.
    void setLooked(bool looked);
    // Somebody looks at it: whatever waits is tried at once, unless it has been a moment ago.
    void look();
    // Another credential or address for the same cluster; its facts stay until the new picture is complete.
    void reconnect(kube::ClusterConfig config, std::shared_ptr<kube::Dialer> dialer = {});

    const kube::ClusterConfig& config() const { return m_client->config(); }
    kube::Client& client() { return *m_client; }
    const std::shared_ptr<kube::Client>& sharedClient() const { return m_client; }
    const stack::SourceState& state() const { return m_state; }

    void fetchDocument(const stack::ObjectRef& object, std::function<void(Result<std::string>)> done);
    // As it was at a moment that has passed: see Site::fetchDocumentAt.
    void fetchDocumentAt(const stack::ObjectRef& object, UnixMs when,
                         std::function<void(Result<std::string>)> done);
    void fetchEvents(const stack::ObjectRef& object,
                     std::function<void(Result<std::vector<stack::EventRow>>)> done);

private:
    class Sink;
    friend class Sink;

    // One kind, in all namespaces or in one: not chosen yet, not served, or watched.
    struct Follow {
        const Kind* kind = nullptr;
        std::string ns;       // where it is allowed when it is not everywhere; empty: everywhere
        bool retired = false; // of one namespace, and no longer of use
        std::string version;
        std::string apiVersion; // with the kind's group
        std::optional<Error> notServed;
        std::uint64_t generation = 0; // of its watch; what an older one still says is not heard
        std::unique_ptr<kube::Watch> watch;
        kube::WatchState state;
        struct Broken {
            Error error;
            std::chrono::steady_clock::time_point since;
        };
        std::optional<Broken> broken; // why its watch does not live, until it does
        NameSet outdated;             // facts of an earlier watch, until this one has synced
    };

    void onUpsert(std::size_t index, const kube::ObjectMeta& meta, const Json& object);
    void onDelete(std::size_t index, const kube::ObjectMeta& meta);
    void onSynced(std::size_t index);
    void onState(std::size_t index, const kube::WatchState& state);
    void onWarning(const std::string& sentence);
    // Facts of the watch as it is now are outdated from here on.
    void outdate(Follow& follow);
    void dropWatch(Follow& follow);
    void forget(Follow& follow);
    void sawRevision(const std::string& resourceVersion);
    static std::string factName(const Kind& kind, std::string_view ns, std::string_view name);

    void begin();
    void askVersion();
    void discover();
    void onDiscovery(const Result<kube::Response>& result);
    void planDiscovery(std::chrono::milliseconds delay);
    void choose(std::size_t index, const std::optional<std::string>& version);
    void watch(std::size_t index);
    bool isParked(const Follow& follow) const { return m_state.parked && follow.kind->parks; }
    void planCount(std::chrono::milliseconds delay);
    void count();
    void askReady();
    void planReady();
    std::int64_t clockAhead();

    void planMetrics(std::chrono::milliseconds delay);
    void pollMetrics();
    void onMetrics(stack::FactKind kind, const Result<kube::Response>& result);

    void tellBroken(const Follow& follow, const std::string& resource, stack::SourceState& state,
                    std::optional<std::chrono::milliseconds>& again) const;
    void review(); // works out the state anew and puts it when it differs
    void putState();
    void noAccess(const Error& error);

    // A kind that may not be listed everywhere is followed in the namespaces where it may be.
    struct Access {
        bool running = false;
        std::deque<std::string> todo; // namespaces still to be asked about
        unsigned open = 0;            // questions on their way
        std::uint64_t timer = 0;
        std::chrono::steady_clock::time_point last;
    };
    void planAccess();
    void findNamespaces();
    void askRules();
    void onRules(const std::string& ns, const Result<kube::Response>& result);
    void askAction(std::size_t index, const std::string& ns);
    void followIn(std::size_t index, const std::string& ns);
    void retireNamespaces(const Kind* kind);
    bool isDeniedEverywhere(const Follow& follow) const;
    Error deniedError(const Follow& follow) const;

    // Watches what defines kinds, so that discovery is asked again when they change.
    class DefinitionSink;
    friend class DefinitionSink;
    void watchDefinitions();
    void onDefinitions();

    // A cluster that is away as a whole is asked once in a while instead of by all of its watches.
    void onLost(const Error& error);
    void openBreaker(const Error& error);
    void planProbe();
    void probe();
    void closeBreaker();
    void fetchEventsAt(const stack::ObjectRef& object, const std::string& ns,
                       std::function<void(Result<std::vector<stack::EventRow>>)> done);

    FeedContext m_context;
    Hooks m_hooks;
    std::shared_ptr<kube::Client> m_client;
    Requests m_requests;
    Requests m_fetches;
    stack::SourceState m_state;
    std::vector<Follow> m_follows;
    std::vector<std::string> m_remarks; // of ours, each once
    UnixMs m_heard = 0;
    // How far the cluster was when, one entry a second at most: what a moment of the past is called there.
    std::deque<std::pair<UnixMs, std::uint64_t>> m_revisions;
    std::uint64_t m_countTimer = 0;
    std::uint64_t m_readyTimer = 0;
    std::chrono::steady_clock::time_point m_lastLook;
    std::int64_t m_clockAhead = 0; // by which times have been read: the server's clock minus ours
    std::optional<std::chrono::steady_clock::time_point> m_clockSet;
    bool m_started = false;
    bool m_looked = true;
    bool m_stopped = false;
    bool m_settled = false;
    bool m_tunnelled = false;
    bool m_dropFetches = false;
    std::map<std::uint64_t, std::function<void(Error)>> m_openFetches;
    std::uint64_t m_nextFetch = 0;

    Access m_access;
    std::vector<std::unique_ptr<kube::Watch>> m_definitions;
    std::vector<std::uint64_t> m_definitionTimers;

    struct Breaker {
        bool open = false;
        bool probing = false;
        unsigned losses = 0; // of watches in a row, with nothing heard between
        Error error;
        UnixMs probeAt = 0;
        std::uint64_t timer = 0;
        std::chrono::milliseconds delay{0};
    };
    Breaker m_breaker;

    Backoff m_discoveryBackoff;
    std::optional<Error> m_discoveryError;
    bool m_discovering = false;
    std::uint64_t m_discoveryTimer = 0;
    std::chrono::steady_clock::time_point m_lastDiscovery;

    std::uint64_t m_stateTimer = 0;
    std::uint64_t m_brokenTimer = 0;
    std::chrono::steady_clock::time_point m_lastPut;

    struct Usage {
        std::map<std::string, stack::UsageFact> known; // by the fact's name
        unsigned failures = 0;
        bool open = false;
    };
    Usage m_nodeUsage;
    Usage m_podUsage;
    std::uint64_t m_metricsTimer = 0;
    std::chrono::milliseconds m_metricsDelay{0};
};

} // namespace strata::feeds
