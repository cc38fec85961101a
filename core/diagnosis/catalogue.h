// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/finding.h"

#include <string>
#include <string_view>
#include <vector>

// The catalogue of failure modes: which there are, how Strata comes to know of each, and what to type about
// it.
namespace strata::diagnosis {

enum class Basis : std::uint8_t {
    Watched, // found from what is watched anyway
    Partly,  // some of its evidence is watched; `needs` says what is not looked at
    Probe,   // found, or found out whole, by asking on demand (core/inquiry): a log, a metric, a dry run
};

struct RuleInfo {
    const char* id;   // "D4"; groups A host, B platform, C images and volumes, D VM, E migration, F Cluster
                      // API, G inner cluster, S Strata itself
    const char* what; // the failure in a few words, for tr(marked(…))
    Basis basis;
    const char* needs;                 // Partly: what would be needed and is not there, the same; else ""
    std::vector<const char*> commands; // templates, see commandsFor()
};

const std::vector<RuleInfo>& catalogue();
const RuleInfo* ruleInfo(std::string_view id); // null: no such rule
const char* toString(Basis basis);             // "watched", …

// Something to type: kubectl, virtctl or virsh, quoted for a POSIX shell.
struct Command {
    stack::SourceId source = 0; // where it is meant to go
    std::string text;
    friend bool operator==(const Command&, const Command&) = default;
};

// First how to see the proof itself, then what the catalogue knows. Templates hold %ns, %name (of the proof's
// object), %vmns, %vm, %launcher, %node (outer), %host; one whose names are not known is left out.
std::vector<Command> commandsFor(const stack::Stack& stack, const Finding& finding);

// The whole line. `access` are the flags that lead to the outer cluster ("--kubeconfig F --context C", may be
// empty); a tenant's cluster is reached through its kubeconfig secret.
std::string commandLine(const stack::Stack& stack, const Command& command, const std::string& access);

} // namespace strata::diagnosis
