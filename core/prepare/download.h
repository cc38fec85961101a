// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

namespace strata::prepare {

struct DownloadOptions {
    std::string caPem; // whom to trust; empty: the system's trust store
    std::size_t mostBytes = 16U << 20U;
    std::chrono::seconds longest{120};
    const std::atomic<bool>* stop = nullptr; // ends it when it becomes true
};

// A release's file over https, without any credential. Redirects to other https places are followed, as the
// hosts of releases need it; the proxy is that of the environment (https_proxy, no_proxy). Blocks: not on the
// GUI thread and not on the network's.
Result<std::string> download(const std::string& url, const DownloadOptions& options = {});

} // namespace strata::prepare
