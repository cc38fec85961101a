// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <string>
#include <vector>

namespace strata::hosts {

struct SeedFile {
    std::string name; // "user-data"
    std::string bytes;
};

// A disk with these files, from which cloud-init's NoCloud data source reads who a machine is: ISO 9660 with
// Rock Ridge and Joliet names, labelled cidata (cloud-init takes the label in either case; ISO 9660 itself
// knows capitals only). The same files give the same bytes.
Result<std::string> makeSeed(const std::vector<SeedFile>& files);

} // namespace strata::hosts
