// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

// Volumes in a host's storage pools, filled over libvirt's connection: the host needs no other way in.
namespace strata::virt {

struct ImageFile {
    std::string format; // "qcow2", "raw"
    std::int64_t fileBytes = 0;
    std::int64_t virtualBytes = 0; // what a guest sees of it
};
// Looks at the first bytes of a disk image on this machine. Blocking; Io when it cannot be read, Invalid when
// it is none (compressed, empty, a qcow2 that needs another file).
Result<ImageFile> inspectImage(const std::string& path);

struct VolumeSpec {
    std::string pool;
    std::string name;
    std::string format = "raw";
    std::int64_t capacityBytes = 0;
    friend bool operator==(const VolumeSpec&, const VolumeSpec&) = default;
};
std::string volumeXml(const VolumeSpec& spec);

// A volume made and filled, on a thread and a connection of its own. What is there already under that name is
// never touched (Conflict); a volume that was not filled to its end is deleted again.
class VolumeUpload {
public:
    struct Source {
        std::string path;  // a file of this machine
        std::string bytes; // when there is no path
    };
    using Progress = std::function<void(std::int64_t sent, std::int64_t total)>; // ten times a second at most
    using Done = std::function<void(Result<std::string>)>; // the volume's path on the host

    // The callbacks come on the thread of the upload.
    static std::shared_ptr<VolumeUpload> start(const std::string& uri, const VolumeSpec& spec, Source source,
                                               Progress progress, Done done);
    virtual ~VolumeUpload() = default;
    virtual void cancel() = 0; // `done` follows with Cancelled, unless all is sent already
};

void deleteVolume(const std::string& uri, const std::string& pool, const std::string& name,
                  std::function<void(Result<void>)> done);

} // namespace strata::virt
