// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strata::demosite {

enum class Size {
    Small, // the drawing of the main window: 4 hosts, 3 outer nodes, about 13 VMs in 5 tenant clusters
    Large, // 200 hosts, 2,000 VMs in 200 tenant clusters
    Huge,  // 1,000 hosts, 10,000 VMs in 1,000 tenant clusters: more than 100,000 objects in the outer one
           // alone
};

struct Options {
    Size size = Size::Small;
    // Nodes, network, storage and load balancer only: no KubeVirt, no Cluster API, no tenants. What is
    // installed there comes to life as it does elsewhere.
    bool bare = false;
    std::string directory; // where its files go; empty: a private temporary folder that goes with the site
    // Usage moves, pods come and go, Cluster API, KubeVirt and CDI act on what is written. Off: nothing
    // changes by itself, only what Kubernetes does with deployments, pods and deletions is done.
    bool life = true;
    double speed = 1;    // of its time: 10 runs it ten times as fast
    bool paused = false; // its time stands still from the start
    double step = 0;     // seconds of it that have passed at once before anybody can look
    // Names, uids and what happens by chance come from it, in the order they are asked for.
    std::uint32_t seed = 1;
    std::vector<std::string> faults; // staged at the start (faults.h); an unknown name is an error
    std::string scenario;            // played from the start; empty: none
};

// A whole site in this process: an outer cluster's and its tenants' API servers on loopback, HTTPS with a CA
// of their own, and hosts as files for libvirt's test driver. Everything it serves is reached over the wire,
// like a real one. Own threads; thread-safe; the destructor ends them.
class DemoSite {
public:
    static Result<std::unique_ptr<DemoSite>> start(const Options& options);
    virtual ~DemoSite() = default;

    virtual std::string name() const = 0;           // "rack-a": also the name of the kubeconfig's context
    virtual std::string directory() const = 0;      // mode 0700
    virtual std::string kubeconfigPath() const = 0; // the outer cluster, admin; mode 0600
    virtual std::string outerServer() const = 0;    // "https://127.0.0.1:PORT"
    // Other people than the administrator, each with a kubeconfig: "tenant" owns one namespace and shows a
    // bearer token, "viewer" reads most things and logs in through an exec plugin.
    struct Login {
        std::string name;
        std::string kubeconfigPath; // mode 0600
    };
    virtual std::vector<Login> logins() const = 0;
    struct HostEntry {
        std::string name; // "metal-01"
        std::string uri;  // "test:///…/metal-01.xml"
    };
    virtual std::vector<HostEntry> hosts() const = 0;

    // The site's time: what its controllers wait for (an image's import, a boot, a timeout). Timestamps in
    // objects are wall time at any speed.
    virtual double speed() const = 0;
    virtual void setSpeed(double speed) = 0; // 0.01 to 1000
    virtual bool paused() const = 0;
    virtual void setPaused(bool paused) = 0;
    virtual void step(double seconds) = 0; // lets so much of it pass at once; returns before that is done
    // Until steps are done and nothing is left to do before time goes on; false when that takes longer.
    virtual bool settle(std::chrono::milliseconds longest) = 0;
    virtual std::size_t objectCount() const = 0; // in all clusters that somebody has asked so far

    // Faults of faults.h. Staging returns before its consequences show; with Options::life off nothing
    // happens.
    virtual Result<void> setFault(const std::string& name, bool on) = 0;
    virtual bool fault(const std::string& name) const = 0; // is it staged?
    virtual Result<void> play(const std::string& scenario) = 0;
};

} // namespace strata::demosite
