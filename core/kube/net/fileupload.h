// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/secret.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace strata::kube {

// One file as the body of a POST to a server that is no API server: CDI's upload proxy.
struct FileUpload {
    std::string url;           // https; no redirect is followed
    std::string caPem;         // empty: the system's trust store
    std::string tlsServerName; // the name on the certificate when it is not the URL's host; else empty
    Secret token;              // sent as bearer token
    std::string path;
    std::int64_t bytes = 0;               // of the file: another size by then is an error
    std::chrono::seconds stall{60};       // without a byte for so long it ends with Timeout
    std::chrono::seconds answerWithin{0}; // once all is sent; 0: as `stall`
};

// Blocks; any thread but the network's. `sent` is called on the same thread, some ten times a second at most.
// A value is an answer of status 200; another one is an error with that status, its kind as for any request.
Result<void> uploadFile(const FileUpload& upload, const std::function<void(std::int64_t)>& sent,
                        const std::atomic<bool>& cancelled);

} // namespace strata::kube
