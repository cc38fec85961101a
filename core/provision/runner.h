// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/kube/net/client.h"
#include "core/provision/plan.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::provision {

enum class StepState {
    Pending,
    Running, // writing
    Waiting, // written; what it waits for has not come true yet
    Done,
    Failed,
    Cancelled,
    Undoing,
    Undone,
};

struct StepReport {
    std::string id;
    StepState state = StepState::Pending;
    std::string evidence;       // what was seen last, cleaned: show as plain text
    std::optional<Error> error; // when Failed
    int written = 0;            // of the step's writes
    int total = 0;
    UnixMs startedAt = 0;
    std::int64_t elapsedMs = 0;
};

// What the server says to one object before anything is written.
struct Verdict {
    std::string step;
    int write = 0;
    Ref ref;
    bool accepted = false;
    bool elsewhere = false; // asked in the namespace "default", since the object's own does not exist yet
    std::string words;      // the server's, or ours when there was nothing to ask
    std::vector<std::string> warnings;
    std::optional<Error> error;
    // To compare, as YAML with sorted keys, without status and what only the server keeps. `before`: what is
    // there, or what is sent when nothing is; `after`: what the server would make of it. Empty when not told.
    bool exists = false;
    std::string before{};
    std::string after{};
};

enum class RunState {
    Idle,
    DryRun,
    Running,
    Cancelling,
    Undoing,
    Done,
    Failed,
    Cancelled,
    Undone,
    UndoFailed
};

struct RunReport {
    RunState state = RunState::Idle;
    std::optional<Error> error;    // Failed, UndoFailed: the first one
    std::vector<std::string> left; // after undoing: what was left alone, and why
};

// Called on the network's thread, and not any more after ~Runner has returned. Must not block.
struct RunCallbacks {
    std::function<void(const StepReport&)> step;
    std::function<void(const Verdict&)> verdict;
    std::function<void(const RunReport&)> state;
};

struct RunOptions {
    bool dryRunOnly = false; // ask for verdicts, write nothing, keep no journal
    std::string journal;   // path; needed unless dryRunOnly. An existing journal of the same plan is resumed
    bool undoOnly = false; // start() takes down what the journal's plan has made, without going on with it
    int parallel = 4;      // steps, and requests of the dry run, at a time
    int tries = 6;         // of one write whose outcome is not known, and of reads
    std::chrono::milliseconds retryDelay{500}; // doubling
    std::chrono::milliseconds pollInterval{2000};
    std::chrono::seconds goneTimeout{900}; // undo: how long a deleted object may take to go
    // Connects to the new cluster's own API; Client::create when empty.
    std::function<std::shared_ptr<kube::Client>(kube::Network&, kube::ClusterConfig)> connectInner;
    // Told before and after each write, with its number from 1; for traces and for tests that stop there.
    std::function<void(int number, bool after)> onWrite;
};

// Carries a plan out. Everything happens on the client's network thread, nothing blocks it. All methods are
// thread-safe and return at once. Destroying a runner stops it where it is; its journal lets another one go
// on.
//
// What it holds to: every object passes dryRun=All before the first write; a journal record is on disk before
// each write; the plan's anchor is created by POST; server-side apply is never forced; an object that exists
// without our plan id is never written to or deleted, unless the plan names it with its uid (ofOthers());
// after an answer that did not come, the object is read before a second try.
class Runner {
public:
    Runner(std::shared_ptr<kube::Client> client, Plan plan, RunOptions options, RunCallbacks callbacks);
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    void start();
    void cancel();                         // no new writes; those on their way are finished first
    void retry(const std::string& stepId); // a failed step; empty: all failed and cancelled ones
    // After Failed, Cancelled or Done: deletes what carries the plan's id, the Cluster first; sets what was
    // changed of others as it was; guests that were told to leave a node and have not left stay.
    void undo();

private:
    class Private;
    std::shared_ptr<Private> m_d;
};

const char* toString(StepState state);
const char* toString(RunState state);

} // namespace strata::provision
