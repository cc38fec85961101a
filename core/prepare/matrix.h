// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/prepare/version.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What an outer cluster consists of, as data: resources/prepare.yaml.
namespace strata::prepare {

enum class Support { Supported, Maintenance, Ended };

struct Release {
    std::string series; // "1.14"
    std::string newest; // "v1.14.0"; empty: none is proposed of this series
    Support support = Support::Supported;
    std::string contract;                     // of Cluster API
    SeriesRange kubernetes;                   // of the outer cluster; empty: not known to matter
    std::map<std::string, std::string> since; // series of Kubernetes to the first patch that knows it
    std::map<std::string, SeriesRange> needs; // by component
};

struct Gate {
    std::string name;
    std::string text;      // what it is for
    bool variable = false; // of the manifest; otherwise an entry of the resource's list of gates
    bool on = false;       // unless the operator says otherwise
    SeriesRange when;      // versions that have it
};

struct SourceFile {
    std::string name; // "core-components.yaml", also in a bundle
    std::string url;  // with {version}
};

// The object by which an operator is told to install what it operates.
struct OperatedResource {
    std::string apiVersion;
    std::string kind;
    std::string plural;
    std::string ns; // empty: cluster-wide
    std::string name;
    std::string gates; // path of its list of feature gates
};

struct InventoryEntry { // clusterctl's
    std::string label;  // "infrastructure-kubevirt": also the object's name
    std::string name;   // "kubevirt"
    std::string type;   // "InfrastructureProvider"
};

struct ComponentSpec {
    std::string id;
    std::string title;
    std::string purpose;
    std::string ns;
    std::string image; // last part of the manager's or operator's image; its tag is the version
    std::vector<std::string> deployments;
    std::vector<std::string> daemonSets;
    std::vector<std::string> kinds;       // definitions that its manifest brings
    std::vector<std::string> servedKinds; // definitions that its operator makes
    std::vector<std::string> holdsWork;   // kinds of what it carries: it is not taken away from under them
    std::vector<std::string> managedBy;   // definitions whose objects mean that somebody else installs it
    std::map<std::string, std::string> labels; // of all its objects
    std::optional<OperatedResource> resource;
    std::optional<InventoryEntry> provider;
    std::vector<std::string> after; // components that must work before
    std::vector<SourceFile> files;
    std::vector<std::string> images; // that no manifest names, without tag: the version is theirs, too
    bool testCertificate = false;    // it works when a certificate comes
    SeriesRange known;               // versions beyond `releases` that will do
    int upgradeSteps = 0;            // minor versions an upgrade may go at a time; 0: any
    std::string sameAs;              // has the releases, gates and the version of this component
    std::vector<Release> releases;   // newest first
    std::vector<Gate> gates;

    const Release* release(const Version& version) const; // of its series
};

// What is recognised and judged, and left to the site.
struct ObservedSpec {
    struct Known {
        std::string name;
        std::string workload;    // name of a DaemonSet or Deployment
        std::string image;       // part of an image's name
        std::string provisioner; // end or part of a StorageClass's provisioner
        std::string kind;        // a definition
        std::string api;         // a group that is served
    };
    std::string id;
    std::string title;
    bool required = false;
    std::string absent; // what its absence means
    std::vector<Known> known;
};

// What a bundle may hold beside the components, and is known by name only: no versions, no upgrades.
struct AddonSpec {
    std::string id;
    std::string title;
    std::string provides;               // id of what is observed: "network"; empty: nothing of that
    std::vector<std::string> groups;    // API groups, those below them included
    std::vector<std::string> images;    // parts of images' names
    std::vector<std::string> holdsWork; // kinds of what it carries; empty: all that it brings
};

struct Matrix {
    std::string reviewed; // the date of these facts
    std::string newestKubernetes;
    std::vector<ComponentSpec> components; // in an order in which they can be installed
    std::vector<ObservedSpec> observed;
    std::vector<AddonSpec> addons;

    const ComponentSpec* find(std::string_view id) const;
    // Where the releases of a component are listed.
    const ComponentSpec& releasesOf(const ComponentSpec& component) const;
};

Result<Matrix> parseMatrix(std::string_view yaml, const std::string& origin);
const Matrix& builtinMatrix();

} // namespace strata::prepare
