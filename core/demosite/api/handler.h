// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/api/render.h"
#include "core/demosite/net/http.h"

#include <chrono>
#include <memory>

namespace strata::demosite {

// The API server of one cluster: routes a request to a verb on a kind and answers as kube-apiserver does.
// Holds no state of its own; any number of threads may call it.
class ApiHandler : public HttpHandler {
public:
    explicit ApiHandler(std::shared_ptr<Cluster> cluster,
                        std::chrono::milliseconds bookmarkEvery = std::chrono::minutes(1));

    HttpAnswer handle(const HttpRequest& request) override;
    Identity identify(std::string_view bearerToken) override;

private:
    struct Target { // what a path names
        const Kind* kind = nullptr;
        std::string version;
        std::string ns;
        std::string name;
        std::string sub;
    };

    HttpAnswer route(const HttpRequest& request);
    HttpAnswer resource(const HttpRequest& request, const Target& target);
    HttpAnswer get(const HttpRequest& request, const Target& target);
    HttpAnswer list(const HttpRequest& request, const Target& target);
    HttpAnswer watch(const HttpRequest& request, const Target& target);
    HttpAnswer create(const HttpRequest& request, const Target& target);
    HttpAnswer put(const HttpRequest& request, const Target& target);
    HttpAnswer patch(const HttpRequest& request, const Target& target);
    HttpAnswer apply(const HttpRequest& request, const Target& target, const Json& config);
    HttpAnswer erase(const HttpRequest& request, const Target& target);
    HttpAnswer eraseCollection(const HttpRequest& request, const Target& target);
    HttpAnswer scale(const HttpRequest& request, const Target& target);
    HttpAnswer log(const HttpRequest& request, const Target& target);
    HttpAnswer evict(const HttpRequest& request, const Target& target);
    HttpAnswer review(const HttpRequest& request, const Target& target);
    HttpAnswer metrics(const HttpRequest& request, const Target& target);

    Answer<Json> readObject(const HttpRequest& request, const Target& target) const;
    HttpAnswer written(const HttpRequest& request, const Target& target, const Answer<ObjectPtr>& result,
                       int status = 200) const;
    Renderer renderer(const HttpRequest& request, const Target& target) const;
    Store& store() { return m_cluster->store(); }

    std::shared_ptr<Cluster> m_cluster;
    std::chrono::milliseconds m_bookmarkEvery;
};

} // namespace strata::demosite
