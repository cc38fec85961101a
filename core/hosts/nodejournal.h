// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/base/timestamp.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

// What a run that makes a node has made so far, on disk before and after each step, so that a program that
// was killed leaves nothing behind that nobody knows of. The file goes when all is well, or all is taken
// back.
namespace strata::hosts {

// No credentials: of the token the name of its Secret.
struct NodeTrace {
    std::string id; // of the plan
    std::string title;
    std::string node;   // its name
    std::string uri;    // of the host
    std::string server; // of the outer cluster; empty: a first node
    std::string uuid;   // of the domain
    std::string pool;
    std::string disk; // volumes of the pool
    std::string seed;
    std::string token; // a Secret in kube-system; empty: none
    UnixMs startedAt = 0;

    // Read, not written with it.
    std::set<std::string> made; // "token", "disk", "seed", "domain": there, and ours
    std::string begun;          // of these: whether it is there is not known
    std::string path;
};

// One file of JSON lines, mode 0600, locked by who writes it. Blocking for the disk; one thread at a time.
class NodeJournal {
public:
    static Result<std::unique_ptr<NodeJournal>> create(const std::string& folder, const NodeTrace& trace);
    // What is left of an earlier run. Conflict: it still runs, here or elsewhere.
    static Result<std::unique_ptr<NodeJournal>> open(const std::string& path);

    const NodeTrace& trace() const { return m_trace; }
    Result<void> begin(const std::string& step);
    Result<void> made(const std::string& step);
    Result<void> gone(const std::string& step); // or never came to be
    void finish();                              // nothing is left to tell

private:
    NodeJournal(Descriptor file, NodeTrace trace) : m_file(std::move(file)), m_trace(std::move(trace)) {}
    Result<void> append(const char* what, const std::string& step);

    Descriptor m_file;
    NodeTrace m_trace;
};

// "$XDG_STATE_HOME/strata/nodes" (or ~/.local/state/…), made with mode 0700.
Result<std::string> nodeJournalFolder();
// Those of runs that have ended without an end, oldest first; what cannot be read is left out.
std::vector<NodeTrace> leftNodes(const std::string& folder);
// In words: "domain outer-4", "volume outer-4-disk of pool default", …
std::vector<std::string> partsLeft(const NodeTrace& trace);

} // namespace strata::hosts
