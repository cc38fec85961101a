// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/diagnosis.h"

#include <string>

// Problems for people at a terminal and for programs.
namespace strata::diagnosis {

// "VirtualMachineInstance tenant-blue/blue-md-0-x8k2p"
std::string objectText(const stack::ObjectRef& object);

// "1 node, 2 workloads": what a problem explains; empty when nothing.
std::string explainedText(const Problem& problem);
// "3 VMs, 41 pods": what stands on it besides; empty when nothing.
std::string carriedText(const Problem& problem);

// A block a problem: title, proof, what it explains, remedy, commands. Notes (Info) are counted at the end,
// or listed, too, with `notes`. Empty when there is nothing.
std::string problemsText(const stack::Stack& stack, const std::vector<Problem>& problems, UnixMs now,
                         bool notes = false);
// {"problems": […], "notes": […]}
std::string problemsJson(const stack::Stack& stack, const std::vector<Problem>& problems);
// Which rules there are and what each needs.
std::string rulesText();
std::string rulesJson();

} // namespace strata::diagnosis
