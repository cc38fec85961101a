// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/prepare/matrix.h"
#include "core/provision/object.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// What an outer cluster has, from what was listed there. Pure.
namespace strata::prepare {

using provision::Object;

// What detection looks at. Of what could not be listed, `unseen` says why.
struct Listed {
    std::string server;
    std::string kubernetes; // "v1.34.1"
    int nodes = -1;         // -1: not known
    std::vector<Object> deployments;
    std::vector<Object> daemonSets;
    std::vector<Object> definitions; // CustomResourceDefinitions; metadata suffices
    std::vector<Object> providers;   // clusterctl's inventory
    std::vector<Object> storageClasses;
    std::map<std::string, std::vector<Object>> resources; // by component: what its operator operates
    std::map<std::string, std::vector<Object>> managers;  // by definition: what installs components
    std::set<std::string> groups;                         // API groups that are served
    std::map<std::string, std::string> unseen;            // "deployments" to the server's words
};

enum class Presence {
    Absent,
    Half,      // some of it is there
    Installed, // and works as far as can be seen
    Ailing,    // complete, but something of it does not work
    Unseen,    // could not be looked at
};

struct Finding {
    std::string id;
    std::string title;
    Presence presence = Presence::Absent;
    std::string version;               // of what runs; empty: not known
    std::string ns;                    // where it is
    std::vector<std::string> missing;  // "Deployment capi-system/capi-controller-manager"
    std::vector<std::string> ailments; // sentences
    std::vector<std::string> facts;    // worth telling: inventory, feature gates
    std::string manager;               // who else installs it: "HyperConverged kubevirt-hyperconverged/…"
    std::string inventory;             // the version that clusterctl believes in
    std::vector<std::string> gates;    // feature gates that are on
    bool resourceThere = false;        // what the operator operates exists
    std::string why;                   // Unseen
};

// Parts that every site has its own of.
struct Sight {
    std::string id;
    std::string title;
    bool required = false;
    Presence presence = Presence::Absent;
    std::string name;  // "Cilium v1.18.1"; several with commas
    std::string words; // what follows from it
};

struct Picture {
    std::string server;
    std::string kubernetes;
    int nodes = -1;
    std::vector<Finding> components; // in the matrix's order
    std::vector<Sight> observed;
    std::map<std::string, std::string>
        addons; // of the matrix's, those that are there: id to version, if known

    const Finding* find(const std::string& id) const;
};

Picture detect(const Listed& listed, const Matrix& matrix);

const char* toString(Presence presence); // "absent", "half installed", …; for scripts

// "quay.io/kubevirt/virt-operator:v1.9.0@sha256:…" → {"quay.io/kubevirt/virt-operator", "v1.9.0"}
struct ImageName {
    std::string repository;
    std::string tag;
    std::string digest;
    std::string base() const; // "virt-operator"
    std::string text() const;
    static ImageName parse(const std::string& image);
};

bool isGroupOf(const AddonSpec& spec, std::string_view group); // "crd.projectcalico.org" is of Calico
bool isImageOf(const AddonSpec& spec, const std::string& image);

} // namespace strata::prepare
