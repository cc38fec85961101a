// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/action.h"
#include "core/actions/answers.h"
#include "core/actions/field.h"
#include "core/diagnosis/blast.h"
#include "core/provision/plan.h"

#include <optional>
#include <string>
#include <vector>

namespace strata::actions {

// A request on its way to a plan. While there are questions there is no plan: they are asked (answers.h) and
// the draft is made again.
struct Draft {
    std::optional<provision::Plan> plan;
    std::vector<Question> questions;
    stack::SourceId source = 0; // the outer cluster that carries it out
    std::string ns;             // of the tenant cluster whose API is asked, too; may be empty
    std::string cluster;
    std::string typed;                    // what the operator has to type first; empty: nothing
    std::vector<diagnosis::VmFate> fates; // what happens to each VM, worst first
    std::vector<stack::ItemId> down;      // VMs that are away at the same time
    std::vector<stack::ItemId> inTurn;    // VMs of machines that are drained and replaced one after the other
    // What a copied template has otherwise: "cpu.cores: 2 → 4".
    std::vector<std::string> differences;
};

// Pure. An error is the reason why it is not done: Refused, or what the answers lack. `help`, when it is
// given, gets what may be filled in, also of a request that is refused.
Result<Draft> draftOf(const stack::Stack& stack, const Request& request, const Answers& answers = {},
                      FieldHelp* help = nullptr);

} // namespace strata::actions
