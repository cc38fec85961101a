// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/sourcequestion.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/manifests.h"

#include <algorithm>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

class Listener : public kube::StreamHandler {
public:
    explicit Listener(std::function<void(Result<bool>)> done) : m_done(std::move(done)) {}
    void onHeaders(int) override { tell(true); }
    void onData(std::string_view) override {}
    void onEnd(Result<void> end) override
    {
        if (end)
            tell(true);
        else if (end.error().kind == ErrorKind::NotFound)
            tell(false);
        else
            tell(tl::unexpected(end.error()));
    }

private:
    void tell(Result<bool> answer)
    {
        if (auto done = std::exchange(m_done, nullptr))
            done(std::move(answer));
    }

    std::function<void(Result<bool>)> m_done;
};

} // namespace

Result<ImagePlace> registryPlace(const std::string& image)
{
    std::string rest = image;
    std::string reference = "latest";
    if (const std::size_t digest = rest.find('@'); digest != std::string::npos) {
        reference = rest.substr(digest + 1);
        rest.resize(digest);
    }
    const std::size_t slash = rest.rfind('/');
    if (const std::size_t colon = rest.rfind(':');
        colon != std::string::npos && (slash == std::string::npos || colon > slash)) {
        if (reference == "latest")
            reference = rest.substr(colon + 1);
        rest.resize(colon);
    }
    // A first part with a dot or a port is a host; all else is Docker's hub.
    const std::size_t first = rest.find('/');
    std::string host = first == std::string::npos ? std::string() : rest.substr(0, first);
    if (host.find('.') == std::string::npos && host.find(':') == std::string::npos && host != "localhost") {
        host = "registry-1.docker.io";
        if (first == std::string::npos)
            rest = "library/" + rest;
    } else {
        rest = rest.substr(first + 1);
        if (host == "docker.io")
            host = "registry-1.docker.io";
    }
    const auto place = parseHttpsUrl("https://" + host + "/v2/" + rest + "/manifests/" + reference);
    if (!place)
        return tl::unexpected(place.error());
    return ImagePlace{place->server, place->path, place->query};
}

Result<ImagePlace> filePlace(const std::string& url)
{
    const auto place = parseHttpsUrl(url);
    if (!place)
        return tl::unexpected(place.error());
    return ImagePlace{place->server, place->path, place->query};
}

SourceQuestion::SourceQuestion(kube::Network& network, const ImagePlace& place, const std::string& caPem,
                               std::function<void(Result<bool>)> done)
{
    kube::ClusterConfig config;
    config.context = place.server;
    config.cluster = place.server;
    config.server = place.server;
    config.caPem = caPem;
    m_client = kube::Client::create(network, std::move(config));
    kube::Request request;
    request.path = place.path;
    request.query = place.query;
    request.accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
                     "application/vnd.docker.distribution.manifest.list.v2+json, "
                     "application/vnd.docker.distribution.manifest.v2+json, */*";
    m_handle = m_client->stream(std::move(request), std::make_shared<Listener>(std::move(done)));
}

} // namespace strata::provision
