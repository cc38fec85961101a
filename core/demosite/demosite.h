// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strata::demosite {

enum class Size {
    Small, // the drawing of the main window: 4 hosts, 3 outer nodes, about 13 VMs in 5 tenant clusters
    Large, // some 60 hosts and 200 tenant clusters, 60,000 objects
    Huge,  // 1,000 tenant clusters, 10,000 VMs
};

struct Options {
    Size size = Size::Small;
    std::string directory; // where its files go; empty: a private temporary folder that goes with the site
    bool life = true;      // usage moves, pods come and go, a VM boots; off: nothing changes by itself
    double speed = 1;      // of its controllers: 10 runs them ten times as fast
    std::uint32_t seed = 1;
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
};

} // namespace strata::demosite
