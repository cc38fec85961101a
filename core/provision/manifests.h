// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"
#include "core/provision/object.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

// Manifests from outside: an https URL, a file, or a folder of *.yaml, *.yml and *.json files in the order of
// their names.
namespace strata::provision {

bool isUrl(const std::string& source);

// Blocks for the disk.
Result<std::vector<Object>> readManifest(const std::string& path);

struct HttpsPlace {
    std::string server; // "https://host:port"
    std::string path;
    std::string query;
};
Result<HttpsPlace> parseHttpsUrl(const std::string& url);

// Without any credential, over TLS with the system's trust store, at most 16 MiB. Redirects are refused.
// `done` is called on the network's thread; destroying the handle ends it.
class ManifestFetch {
public:
    ManifestFetch(kube::Network& network, const std::string& url,
                  std::function<void(Result<std::vector<Object>>)> done);

private:
    std::shared_ptr<kube::Client> m_client;
    std::unique_ptr<kube::RequestHandle> m_handle;
};

} // namespace strata::provision
