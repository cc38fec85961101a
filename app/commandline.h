// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/demosite/demosite.h"
#include "core/stack/facts.h"

#include <map>
#include <string>
#include <vector>

namespace strata::app {

enum class Command {
    Window,
    Tree,     // the stack as text or JSON, then exit
    Demo,     // serve the demo site until interrupted
    Diagnose, // what is wrong and why, then exit
    Capacity, // how full it is and what still fits, then exit
    CreateCluster,
    CheckHost, // is a host fit to carry the stack?
    Prepare,   // what an outer cluster lacks is installed
    Bundle,    // fills a folder with what Prepare installs
    Act,       // day two: something is done to what is there
    Domain,    // the domains of a host, one of them handled
    AddNode,   // a machine becomes an outer node
    Audit,     // what was done with this program
    Version,
    Help,
};

// What the operator typed, checked. Faults are Config errors whose text names the argument.
struct CommandLine {
    Command command = Command::Window;
    bool demo = false; // --demo: the embedded demo site
    bool json = false;
    bool notes = false;               // diagnose: list what is only worth knowing, too
    std::string ownRules;             // diagnose: folder of the operator's own rules, "" for none
    std::vector<stack::Amount> sizes; // capacity: of VMs that might be added
    bool ask = false;                 // diagnose: ask beyond what is watched
    bool rules = false;               // diagnose: list the rules instead of looking
    std::string kubeconfig;
    std::string context;
    std::vector<std::string> hosts; // libvirt URIs
    bool allowExec = false;         // headless: programs that a kubeconfig names may run
    int timeoutSeconds = 30;        // tree: how long to wait for the first picture
    std::string profile = "lab";    // check-host: "lab" or "production"
    std::string html;               // check-host: where the report goes, "" for none
    std::string since;              // check-host: an earlier report in JSON to compare with
    bool listFaults = false;        // --fault list
    bool commands = false;          // demo: obey standard input
    demosite::Options
        site; // --size, --seed, --speed, --paused, --step, --no-life, --bare, --fault, --scenario

    // create-cluster
    std::string clusterProfile; // a file
    std::string resume;         // id of a plan, or the path of its journal
    std::string saveKubeconfig;
    bool undo = false;
    bool dryRun = false;
    bool wait = true;

    // Act: what was typed first ("scale", "vm") and the words behind it. --dry-run, --json, --wait count,
    // too.
    std::string act;
    std::vector<std::string> words;
    int replicas = -1;
    std::string toVersion;
    std::string image;
    std::string toNode;
    std::string url; // image import
    std::string diskSize;
    std::string storageClass;
    std::string yes; // the name of what is deleted
    bool force = false;
    std::map<std::string, std::string> values; // of the fields of core/actions/field.h, by their keys
    std::string from;                          // image clone: the claim that is copied
    std::string schedule;                      // image schedule: cron's five fields
    bool status = false;                       // delete-cluster --status: what is left of it

    // Prepare and Bundle, whose folder is the only word
    std::string bundle;                         // a folder; empty: releases
    std::string releases;                       // instead of https://github.com
    std::string mirror;                         // prefix of images
    std::vector<std::string> only;              // components
    std::vector<std::string> componentVersions; // "kubevirt=v1.8.4"
    std::vector<std::string> variables;         // "NAME=VALUE"
    std::vector<std::string> gates;             // "Snapshot", "Snapshot=false"
    std::vector<std::string> addons;            // of the bundle, by their ids
    bool upgrade = false;

    // The window only.
    std::string screenshot;
    std::string theme;     // "light", "dark", "" for the workspace's
    std::string geometry;  // "1440x900"
    std::string direction; // "ltr", "rtl", "" for the language's
    std::string select;    // name of an item
    std::string tab;       // of the details

    static Result<CommandLine> parse(const std::vector<std::string>& arguments);
    static std::string help();
};

} // namespace strata::app
