// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/timestamp.h"
#include "core/provision/plan.h"

#include <string>
#include <vector>

// What was done with this program on this machine: a local file to which lines are only ever added, one JSON
// object each. It holds names and sentences, no credentials.
namespace strata::actions {

struct AuditEntry {
    UnixMs at = 0;
    std::string who;    // "anna@workbench": the account and machine the program ran on
    std::string server; // the outer cluster's address
    std::string plan;   // its id, which the journal and the objects carry, too
    std::string action; // "stop-vm"; "create-cluster" for the wizard's plans
    std::string what;   // the plan's title
    std::string result; // "begun", "done", "failed", "cancelled", "undone", "undo failed"
    std::string detail; // why
    friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

// A plan as one of its lines.
AuditEntry auditEntry(const provision::Plan& plan, const std::string& result, const std::string& detail,
                      UnixMs now);
std::string auditWho(); // of this process

Result<std::string> auditPath(); // $XDG_STATE_HOME/strata/audit.jsonl; makes the folder
// Appends and brings it to disk. Blocks; any thread, any number of processes at a time.
Result<void> appendAudit(const std::string& path, const AuditEntry& entry);
// Newest first, `limit` at most; lines that cannot be read are left out. A file that is not there is empty.
Result<std::vector<AuditEntry>> readAudit(const std::string& path, std::size_t limit = 2000);

} // namespace strata::actions
