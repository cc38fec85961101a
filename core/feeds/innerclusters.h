// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/backoff.h"
#include "core/base/secret.h"
#include "core/feeds/clusterfeed.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace strata::feeds {

// Follows the Cluster objects of one outer cluster: once a control plane is initialized its kubeconfig secret
// is read and the cluster behind it becomes a source; it goes with its Cluster. A few connect at a time, so
// that a thousand tenants do not knock at once; each has waits of its own, so that one that is away harms no
// other. Lives on the network's thread.
class InnerClusters {
public:
    struct Hooks {
        std::function<stack::SourceId()> newId;
        std::function<void(stack::SourceId, std::shared_ptr<ClusterFeed>)> onFeed; // null: gone
    };

    InnerClusters(FeedContext context, ClusterFeed& outer, stack::SourceId outerId, Hooks hooks);
    ~InnerClusters();
    InnerClusters(const InnerClusters&) = delete;
    InnerClusters& operator=(const InnerClusters&) = delete;

    void onCluster(const kube::ObjectMeta& meta, const Json* object);
    // The operator does not want it; it stays away until its Cluster is another one. False: not ours.
    bool dismiss(stack::SourceId id);
    bool retryNow(stack::SourceId id);
    // Those that somebody looks at or has pinned: their pods are followed whatever the budget, and what waits
    // for its next try is tried at once. Of the others those looked at last, up to the budget.
    void look(const std::set<stack::SourceId>& at);
    // The access to one of them as a kubeconfig; with `served` by way of a port of this computer that leads
    // to a machine of its control plane through the outer cluster's API, as long as the cluster is followed.
    // False: not ours. May answer at once.
    bool access(stack::SourceId id, bool served, std::function<void(Result<Secret>)> done);
    void retryAll();
    void stop(); // all of them go, their sources with them
    void abandonAll();

private:
    enum class Way { Direct, Machine, Pod };
    class SecretSink;
    friend class SecretSink;
    struct Entry {
        std::string ns;
        std::string name;
        std::string uid;
        stack::SourceId id = 0;
        stack::SourceState state; // until there is a feed
        std::shared_ptr<ClusterFeed> feed;
        Backoff backoff;
        std::uint64_t timer = 0;
        bool reading = false;
        bool queued = false;
        bool dismissed = false;
        UnixMs lastRead = 0;
        std::string secretVersion; // of its kubeconfig's secret, when that can be watched
        bool seeking = false;      // another way
        UnixMs lastSeek = 0;
        std::int64_t seekAgain = 0; // how long after it
        bool looked = false;
        std::uint64_t lastLooked = 0; // the higher the later; 0: never
        Way way = Way::Direct;
        std::unique_ptr<kube::LocalForward> served;
    };
    using FoundWay = std::function<void(const std::string& key, Result<std::shared_ptr<kube::Dialer>>)>;

    void add(const std::string& key, const kube::ObjectMeta& meta);
    void remove(const std::string& key);
    void enqueue(const std::string& key);
    void pump();
    void done(const std::string& key); // its place among those that connect is free again
    void readSecret(const std::string& key);
    void watchSecrets();
    void onSecretChanged(const kube::ObjectMeta& meta);
    void onSecret(const std::string& key, const Result<kube::Response>& result);
    void failed(const std::string& key, const Error& error, std::chrono::milliseconds atLeast);
    void connect(const std::string& key, kube::ClusterConfig config);
    void noAccess(const std::string& key);
    void away(const std::string& key, const Error& error);
    // A way to its API server through the outer cluster's; not called when the cluster goes meanwhile.
    void seek(const std::string& key, std::vector<Way> ways);
    void tryWay(const std::string& key, Way by, std::shared_ptr<kube::Dialer> dialer,
                std::vector<Way> others);
    void findWay(const std::string& key, Way by, FoundWay done);
    void park(); // all that are beyond the budget, and no other
    Result<std::shared_ptr<kube::Dialer>> wayFrom(const Entry& entry, Way by,
                                                  const Result<kube::Response>& found);
    Entry* find(const std::string& key);

    FeedContext m_context;
    ClusterFeed& m_outer;
    stack::SourceId m_outerId;
    Hooks m_hooks;
    Requests m_requests;
    std::map<std::string, Entry> m_entries; // by "namespace/name"
    std::deque<std::string> m_queue;
    std::set<std::string> m_connecting;
    std::map<std::string, std::string> m_secretVersions; // of secrets whose Cluster is not known yet
    std::unique_ptr<kube::Watch> m_secrets;
    std::uint64_t m_looks = 0;
    bool m_stopping = false;
};

} // namespace strata::feeds
