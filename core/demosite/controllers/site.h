// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/controllers/manager.h"
#include "core/demosite/controllers/objects.h"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace strata::demosite {

// The API servers of tenant clusters: what a control plane's VM would run. Used on the controllers' thread.
class Tenants {
public:
    struct Access {
        unsigned short port = 0; // on 127.0.0.1
        std::string caCertificate;
        std::string kubeconfig; // of its administrator
    };
    virtual ~Tenants() = default;
    // Its address and certificates, from its first mention on; nothing answers there before serve(). Null
    // when this machine has no port left for it.
    virtual const Access* reserve(const Key& tenant) = 0;
    virtual void serve(const Key& tenant, const std::string& version) = 0;
    virtual void answer(const Key& tenant, bool answers) = 0; // off: its control plane is down
    // Its API server shows a certificate whose time is over, so that nobody talks to it any more; off: a new
    // one.
    virtual void expire(const Key& tenant, bool expired) = 0;
    virtual void close(const Key& tenant) = 0;
    // The cluster behind it; null while it is not served or does not answer.
    virtual Cluster* find(const Key& tenant) = 0;
    // Which tenant's it is; nullptr for the outer cluster.
    virtual const Key* of(const Store& store) = 0;
};

// What the controllers of one site share beside the stores: time, the tenants, and what happens in machines
// outside of any API server (a guest's files, a host's power).
struct Site {
    Store& outer;
    SiteClock& clock;
    Manager& manager;
    Tenants& tenants;

    double now() const { return clock.now(); }

    // /run/cluster-api/bootstrap-success.complete in a VM, as the bootstrap check reads it over SSH; the key
    // is the VMI's.
    std::set<Key> bootstrapped;
    // Faults that controllers must know of (faults.cpp), by name.
    std::set<std::string> faults;
    std::set<std::string> deadHosts; // outer nodes without power
    std::set<Key> deadKubelets;      // of tenants: namespace and node
    std::set<Key> crashing;          // VMs that do not survive their start
    std::set<Key> agentless;         // VMs without a guest agent
    bool hit(const std::string& fault) const { return faults.count(fault) != 0; }

    // The outer cluster's controllers by the plural of what they bring about.
    std::map<std::string, Controller*> named;
    void poke(const std::string& controller, Key key)
    {
        const auto found = named.find(controller);
        if (found != named.end())
            manager.enqueue(*found->second, std::move(key));
    }

    // A certificate of that cluster's authority for a PEM request, or nothing; null: nobody signs.
    std::function<std::string(const Store& store, const std::string& request, const std::string& usage,
                              long seconds)>
        sign;

    // Told when a Node of a tenant changes, by the name it shares with its machine.
    std::vector<Controller*> byNode;
    unsigned addresses = 0; // handed out on the outer pod network
    std::string podAddress()
    {
        ++addresses;
        return "10." + std::to_string(240 + addresses / 62500 % 4) + "." +
               std::to_string(addresses / 250 % 250) + "." + std::to_string(addresses % 250 + 4);
    }
    // Does a kubelet run there, in the outer cluster or a tenant?
    bool kubeletAlive(const Store& store, const std::string& node) const;
};

// Removes a pod as an eviction does: not when a disruption budget forbids it. Its name; empty: the pod goes.
std::string evict(Store& store, const Object& pod);

// Network plugins, by the names their daemons have: a Node is not Ready before one runs on it.
bool isNetworkPlugin(const Object& pod);

// Each adds its controller and the watches it needs.
void addGarbageCollector(Site& site, Store& store);
void addNamespaceController(Site& site, Store& store);
void addDeploymentController(Site& site, Store& store);
void addDaemonSetController(Site& site, Store& store);
void addStatefulSetController(Site& site, Store& store);
void addJobControllers(Site& site, Store& store);
void addCertificateSigner(Site& site, Store& store);
void addEndpointsController(Site& site, Store& store);
void addDisruptionController(Site& site, Store& store);
void addScheduler(Site& site, Store& store);
void addKubelet(Site& site, Store& store);
void addNodeController(Site& site, Store& store, bool heartbeats);
void addChurn(Site& site, Store& store, double every); // seconds between two changes
void addEventExpiry(Site& site, Store& store);

// Did nothing of a Node change but the times of its heartbeats?
bool onlyHeartbeat(const StoreEvent& event);

void addLoadBalancer(Site& site);                                   // MetalLB
void addCloudProvider(Site& site, Store& store, const Key& tenant); // of one tenant, `store` its own
void addClusterController(Site& site);
void addKubevirtClusterController(Site& site);
void addKubeadmControlPlaneController(Site& site);
void addKubeadmConfigController(Site& site);
void addMachineDeploymentController(Site& site);
void addMachineSetController(Site& site);
void addMachineController(Site& site);
void addMachineHealthCheckController(Site& site);
void addClusterResourceSetController(Site& site);
void addKubevirtMachineController(Site& site);
void addVirtualMachineController(Site& site);
void addVirtualMachineInstanceController(Site& site);
void addDataVolumeController(Site& site);
void addMigrationController(Site& site);
void addGuests(Site& site); // what runs inside VMs: cloud-init, kubeadm, the agent

} // namespace strata::demosite
