// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"

#include <functional>
#include <memory>
#include <string>

namespace strata::provision {

// Where an image can be asked for: its manifest at its registry (OCI distribution specification, "Pulling
// manifests"), or the file itself. Fails for what cannot be asked over https.
struct ImagePlace {
    std::string server; // "https://quay.io"
    std::string path;
    std::string query;
};
Result<ImagePlace> registryPlace(const std::string& image); // "quay.io/capk/ubuntu:v1", "ubuntu:24.04"
Result<ImagePlace> filePlace(const std::string& url);

// Asks whether something is there, without any credential, over TLS; nothing is downloaded. `done` is called
// once on the network's thread: true, false (the server says that it is not there), or an error when that
// could not be found out. Destroying it ends it.
class SourceQuestion {
public:
    // `caPem`: what the server's certificate must go back to; empty: the system's trust store.
    SourceQuestion(kube::Network& network, const ImagePlace& place, const std::string& caPem,
                   std::function<void(Result<bool>)> done);

private:
    std::shared_ptr<kube::Client> m_client;
    std::unique_ptr<kube::RequestHandle> m_handle;
};

} // namespace strata::provision
