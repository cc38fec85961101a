// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/plan.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::provision {

// One line of a journal.
struct JournalRecord {
    enum class Kind {
        Plan,     // the first: the whole plan
        Intent,   // before a write: step, write, ref
        Written,  // after it: also the uid the server gave
        Adopted,  // found on the server, ours
        Kept,     // found on the server, not ours and not to be written (a namespace that was there)
        StepDone, // step
        Deleting, // before a deletion while undoing: ref, uid
        Deleted,
        Ended, // note: "done", "failed", "cancelled", "undone"
    };
    Kind kind = Kind::Intent;
    std::string step;
    int write = -1; // its index in the step
    Ref ref;
    std::string uid;
    std::string note;
};

struct JournalContent {
    Plan plan;
    std::vector<JournalRecord> records; // without the plan
    bool cut = false;                   // the last line was not complete: the writer was killed
    std::string ended;                  // note of the last Ended record, empty: never ended
};

// An append-only file of JSON lines, mode 0600, that says what a plan was about to do. Each record is on disk
// (fsync) before `done` is called. Writing happens on the journal's own thread, so that a slow disk never
// stops the network; the callbacks come on that thread. One journal, one writer: the file is locked.
class Journal {
public:
    // Creates the file with the plan as its first record, or opens an existing one of the same plan for
    // appending. Blocks for the disk; call it off the GUI thread.
    static Result<std::unique_ptr<Journal>> open(const std::string& path, const Plan& plan);
    static Result<JournalContent> read(const std::string& path);

    ~Journal(); // writes what is queued, then ends
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    void append(JournalRecord record, std::function<void(Result<void>)> done);
    const std::string& path() const;

private:
    class Private;
    explicit Journal(std::unique_ptr<Private> d);
    std::unique_ptr<Private> m_d;
};

// "$XDG_STATE_HOME/strata/plans" (or ~/.local/state/…), made with mode 0700; where the journals of the
// program are.
Result<std::string> journalFolder();
std::vector<std::string> unfinishedJournals(const std::string& folder); // paths, sorted

} // namespace strata::provision
