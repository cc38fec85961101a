// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/libvirt/host.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata::virt {

// What we read of virConnectGetCapabilities() (libvirt docs/formatcaps.rst). The document comes from another
// machine: at most 8 MiB, no document type and so no entities, nothing fetched.
struct Capabilities {
    std::string uuid; // lower case
    std::string arch;
    std::string cpuModel;
    std::string cpuVendor;
    std::vector<std::string> cpuFeatures; // those beyond the model's, in the document's order
    unsigned sockets = 0;
    unsigned coresPerSocket = 0;
    unsigned threadsPerCore = 0;
    unsigned numaNodes = 0;
    bool kvm = false;   // a guest with <domain type='kvm'>
    std::string cpuXml; // the <cpu> element, for virConnectBaselineCPU
};

Result<Capabilities> parseCapabilities(std::string_view xml);

// The names of a <cpu> document's <feature> elements, save those that are disabled.
std::vector<std::string> parseCpuFeatures(std::string_view xml);

} // namespace strata::virt
