// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/libvirt/inventory.h"

#include <string>
#include <utility>
#include <vector>

namespace strata::checks {

// What a host is made of, as rows of a table: "Memory" and "512 GiB, 64 GiB of huge pages". What libvirt does
// not tell is said so, not left out.
std::vector<std::pair<std::string, std::string>> hardwareRows(const virt::Inventory& inventory);

} // namespace strata::checks
