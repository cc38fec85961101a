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

// A disk that waits to be filled by an upload: made, and waited for until it takes one. What follows is
// upload.h. `bytes` is the size of the file, 0 when it is not known; `virtualBytes` what it unfolds to
// (imageFileFacts()).
Result<provision::Plan> uploadPlan(const ImageWish& wish, std::int64_t virtualBytes);
// What a file says of itself; nothing is read beyond its first bytes.
struct ImageFileFacts {
    std::string format;            // "raw", "qcow2", "gzip", "xz", …
    std::int64_t bytes = 0;        // of the file
    std::int64_t virtualBytes = 0; // of the disk it becomes; 0 when the file does not tell
};
Result<ImageFileFacts> imageFileFacts(const std::string& path); // blocks

// A copy of a disk of any namespace; `from` is "namespace/name" of its claim.
Result<provision::Plan> clonePlan(const ImageWish& wish, const std::string& from);
// An import that is repeated: a DataImportCron and the DataSource it looks after. `schedule` is of cron's
// five fields; `wish.name` becomes the DataSource's, too.
Result<provision::Plan> schedulePlan(const ImageWish& wish, const std::string& schedule);
// Away with a disk nobody uses; refused while somebody does, unless `force`.
Result<provision::Plan> deleteImagePlan(const std::string& ns, const std::string& name,
                                        const std::vector<provision::Object>& dataVolumes,
                                        const std::vector<std::string>& users);

// What imports by itself, and what came of it.
struct ScheduleRow {
    std::string ns;
    std::string name;
    std::string url;
    std::string schedule;
    std::string dataSource;
    std::string last;  // the claim of the last import
    std::string words; // a sentence
    bool upToDate = false;
};
std::vector<ScheduleRow> schedulesOf(const std::vector<provision::Object>& crons);

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
