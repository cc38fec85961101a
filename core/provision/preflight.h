// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"
#include "core/provision/fit.h"
#include "core/provision/network.h"
#include "core/provision/profile.h"
#include "core/provision/recipes/create_objects.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::provision {

enum class CheckVerdict {
    Ok,
    Warning, // it will probably work, but…
    Blocker, // it cannot work
    Unknown, // could not be found out (not allowed, no answer)
};

struct Check {
    std::string id;    // "rbac"
    std::string title; // "You may create what the cluster needs"
    CheckVerdict verdict = CheckVerdict::Unknown;
    std::string evidence; // what was seen; cleaned, show as plain text
    std::string remedy;   // empty when Ok
    std::string field;    // of the profile, when one is concerned
};

// What the checks have learned of the site: input to validation, to the recipe and to the forecast.
struct Survey {
    std::vector<Check> checks;
    Capabilities server;
    SiteKnowledge site;
    std::vector<NodeRoom> nodes;
    bool nodesKnown = false;
    LauncherCosts costs;
    std::string defaultStorageClass;   // empty: there is none, or it is not known
    std::vector<std::string> clusters; // "namespace/name" of the tenant clusters that exist
    OuterOverlay overlay;
    Fit fit;

    bool blocked() const;
};

struct PreflightOptions {
    bool askSources = true;  // ask the registry or server of the image, from here, when the site cannot tell
    std::string sourceCaPem; // its authority; empty: the system's trust store
};

// All read-only checks before the first write. Runs on the client's network thread; `done` is called there,
// once, and not after the Preflight is gone. Large lists are read in pages, so that the thread stays
// responsive.
class Preflight {
public:
    static std::unique_ptr<Preflight> start(std::shared_ptr<kube::Client> client, ClusterProfile profile,
                                            std::function<void(const Survey&)> done,
                                            PreflightOptions options = {});
    ~Preflight();

private:
    class Private;
    explicit Preflight(std::shared_ptr<Private> d);
    std::shared_ptr<Private> m_d;
};

} // namespace strata::provision
