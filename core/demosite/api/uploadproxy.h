// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/net/http.h"

#include <memory>
#include <string>

namespace strata::demosite {

// CDI's upload proxy (pkg/uploadproxy, pkg/uploadserver): takes a token, then a claim's image, and counts its
// bytes. What it was sent is thrown away.
class UploadProxy : public HttpHandler {
public:
    static constexpr const char* kAudience = "cdi-uploadproxy";
    // On the Service cdi/cdi-uploadproxy: where it really listens on 127.0.0.1. The port-forward to its pod
    // needs it.
    static constexpr const char* kPortKey = "strata.dev/listens-at";

    // There, too: so many uploads break midway, for who wants to see that.
    static constexpr const char* kCutKey = "strata.dev/cut-uploads";

    explicit UploadProxy(std::shared_ptr<Cluster> cluster);
    HttpAnswer handle(const HttpRequest& request) override;
    Identity identify(std::string_view bearerToken) override;
    bool receives(const HttpRequest& head) const override;
    std::unique_ptr<HttpSink> receive(const HttpRequest& head, HttpAnswer& refusal) override;

private:
    std::shared_ptr<Cluster> m_cluster;
    std::shared_ptr<struct UploadsBusy> m_busy;
};

// What the site has beside the cluster's own objects: the proxy's Service and the authority of its
// certificate.
void writeUploadProxy(Store& store, unsigned short port, const std::string& caPem,
                      const std::string& uidOfService, const std::string& uidOfBundle,
                      const std::string& created);

} // namespace strata::demosite
