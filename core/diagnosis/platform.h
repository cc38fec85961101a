// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/rule.h"

// Rules about what serves a whole outer cluster and is no item of the stack: KubeVirt, CDI, cert-manager and
// the controllers of Cluster API. Their findings have a connection and no subject.
namespace strata::diagnosis {

struct Platform {
    const stack::Stack& stack;
    const stack::SourceState& source;
    UnixMs now = 0;            // as of Subject
    UnixMs* recheck = nullptr; // as of Subject
    bool olderThan(UnixMs since, UnixMs age) const;
};

std::vector<Finding> diagnosePlatform(const Platform& platform);

} // namespace strata::diagnosis
