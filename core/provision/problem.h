// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace strata::provision {

enum class Severity { Warning, Error };

// What is wrong with one input and how to mend it; both are whole sentences, already translated.
struct Problem {
    std::string field; // "workers[0].size.memory"; empty: the whole
    std::string text;
    std::string remedy;
    Severity severity = Severity::Error;
    friend bool operator==(const Problem&, const Problem&) = default;
};
using Problems = std::vector<Problem>;

bool hasErrors(const Problems& problems);

} // namespace strata::provision
