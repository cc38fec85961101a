// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/secret.h"
#include "core/kube/config/execplugins.h"
#include "core/kube/config/kubeconfig.h"
#include "core/kube/net/client.h"
#include "core/stack/facts.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::feeds {

// Everything Strata is connected to. Owns the network thread, the watches and the libvirt hosts, and turns
// what they say into facts. Thread-safe; nothing here blocks on the outside.
class Site {
public:
    struct Options {
        bool followInnerClusters =
            true; // read <cluster>-kubeconfig secrets and watch the clusters behind them
        std::chrono::milliseconds metricsEvery{15000};
        // The pods of so many tenants of an outer cluster are followed though nobody looks at them, those
        // that were looked at last; of the others they are counted (see look()). 0: of all.
        std::size_t followedTenants = 0;
        // How long the watch of one kind may be broken by its connection before that kind is said to be
        // unreadable.
        std::chrono::milliseconds kindPatience{10000};
        // Who runs the credential plugins of kubeconfigs; none: clusters that need one are refused.
        std::shared_ptr<kube::ExecPlugins> plugins;
    };

    Site();
    explicit Site(Options options);
    ~Site(); // ends all connections; no callback comes after it
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    // The outer (management) cluster's API. `name` is what the operator calls it.
    stack::SourceId addCluster(const kube::ClusterConfig& config, const std::string& name);
    // A bare-metal host; fails at once only when the URI is refused.
    Result<stack::SourceId> addHost(const std::string& uri, const std::string& name = {});
    void remove(stack::SourceId source); // its inner clusters go with it
    void retryNow(stack::SourceId source);

    // The inner clusters that somebody looks at now, or wants to be followed always: their pods are followed,
    // and what is away among them is tried at once.
    void look(std::vector<stack::SourceId> at);

    // All that changed since the last call. Coalesced: an object that changed ten times is there once.
    stack::Batch take();
    // Called from a worker thread when take() turns from nothing to something; must only wake the taker.
    void setWakeup(std::function<void()> wakeup);
    // True when every added source has synced, failed or been denied: what a headless command waits for.
    bool settled() const;

    // On demand; the callback comes on a worker thread. The document is YAML for Kubernetes objects, without
    // managedFields and with the data of Secrets hidden, and XML for libvirt's.
    void fetchDocument(const stack::ObjectRef& object, std::function<void(Result<std::string>)> done);
    // A cluster's object as it was at a moment of the last minutes, by this computer's clock. Gone where the
    // server has compacted that away or nobody listened to it then; NotFound where the object did not exist.
    void fetchDocumentAt(const stack::ObjectRef& object, UnixMs when,
                         std::function<void(Result<std::string>)> done);
    // Newest first.
    void fetchEvents(const stack::ObjectRef& object,
                     std::function<void(Result<std::vector<stack::EventRow>>)> done);

    // A client of the caller's own to an outer or inner cluster, with the credential and by the way that its
    // feed uses; null when there is no such cluster (yet). To be let go of, with what it opened, before the
    // site.
    std::shared_ptr<kube::Client> newClient(stack::SourceId source) const;
    std::string hostUri(stack::SourceId source) const; // of a libvirt host; empty when it is none
    // The access to an inner cluster as a kubeconfig, for files of mode 0600 only. With `served` its server
    // is a port of this computer that leads through the outer cluster's API, open until the source goes.
    void innerAccess(stack::SourceId inner, bool served, std::function<void(Result<Secret>)> done);

    struct Traffic {
        std::uint64_t events = 0; // watch events since the start, all sources
    };
    Traffic traffic() const;

    // What each cluster's client has done so far; the callback comes on a worker thread.
    struct ClientTraffic {
        stack::SourceId source = 0;
        kube::ClientTraffic numbers;
    };
    void clientTraffic(std::function<void(std::vector<ClientTraffic>)> done) const;

    // After a suspend or a change of networks: all connections are made anew, a few at a time. Suspends are
    // noticed without being told.
    void renewConnections();

private:
    class Private;
    std::shared_ptr<Private> m_d;
};

} // namespace strata::feeds
