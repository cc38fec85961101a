// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/kube/net/client.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

// A local file into a DataVolume that takes an upload (uploadPlan() makes one): a token for it, the proxy
// that is exposed or a port-forward to it, the bytes, and what CDI makes of them (CDI doc/upload.md).
namespace strata::actions {

struct UploadProgress {
    enum class Phase { Asking, Sending, Waiting, Converting, Done, Failed, Cancelled };
    Phase phase = Phase::Asking;
    std::int64_t sent = 0; // of this try
    std::int64_t bytes = 0;
    int attempt = 1;
    std::string words;          // what goes on; a sentence
    std::string way;            // "https://cdi-uploadproxy.example", "a port-forward to pod cdi/…"
    std::optional<Error> error; // Failed; Waiting: why it is tried again
};
bool isEnd(UploadProgress::Phase phase);

struct UploadOptions {
    int tries = 6; // CDI takes an image from its beginning: each starts with the first byte
    std::chrono::milliseconds retryDelay{2000}; // doubling, half a minute at most
    std::chrono::milliseconds pollInterval{1000};
    std::chrono::seconds convertWithin{3600};
};

// Runs on a thread of its own; `told` is called there, the last time with an end. ~ImageUpload stops it and
// waits for that thread: it must not be destroyed inside of `told`.
class ImageUpload {
public:
    static std::unique_ptr<ImageUpload> start(std::shared_ptr<kube::Client> client, std::string ns,
                                              std::string name, std::string path, std::int64_t bytes,
                                              UploadOptions options,
                                              std::function<void(const UploadProgress&)> told);
    ~ImageUpload();
    void cancel(); // any thread; an end follows

private:
    class Private;
    explicit ImageUpload(std::unique_ptr<Private> d);
    std::unique_ptr<Private> m_d;
};

} // namespace strata::actions
