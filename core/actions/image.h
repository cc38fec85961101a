// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/provision/plan.h"

#include <cstdint>
#include <string>
#include <vector>

// Disk images on the outer cluster: DataVolumes of the Containerized Data Importer (CDI v1beta1).
namespace strata::actions {

struct ImageWish {
    std::string ns;
    std::string name;
    std::string url;          // http(s)://…, s3://…, docker://…
    std::string size;         // "20Gi": of the disk it becomes
    std::string storageClass; // empty: the cluster's own choice
    std::string secret;       // with the credentials of the source; may be empty
};

// Imports one: made, waited for, taken back by deleting it. Config errors name what is wrong with the wish.
Result<provision::Plan> importPlan(const ImageWish& wish);

struct ImageRow {
    std::string ns;
    std::string name;
    std::string source;   // "https://…", "upload", "clone of a/b", …
    std::string phase;    // CDI's word
    std::string progress; // "43.21%", empty when it is not told
    std::string words;    // the phase explained, or what CDI says of a fault; a sentence
    bool waits = false;   // it is well and waits for somebody to use it
    bool failed = false;
    std::int64_t bytes = -1;
    std::vector<std::string> users; // "VirtualMachine a/b", "DataSource a/c"
};

// Images, and who uses each: what DataVolumes (their own and those made from them), VirtualMachines and
// DataSources name. Disks that a VM's own template made are not listed: they are not shared.
std::vector<ImageRow> imagesOf(const std::vector<provision::Object>& dataVolumes,
                               const std::vector<provision::Object>& vms,
                               const std::vector<provision::Object>& dataSources);
std::string phaseWords(const std::string& phase); // a sentence

} // namespace strata::actions
