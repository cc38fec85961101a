// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/service.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/console/transports/deferred.h"
#include "core/console/transports/podport.h"
#include "core/kube/api/resource.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace strata::console {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostPorts = 500;

const Json& at(const Json& object, const char* key)
{
    static const Json none;
    if (!object.is_object())
        return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

std::string textOf(const Json& object, const char* key)
{
    const Json& value = at(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::uint16_t portOf(const Json& value)
{
    if (!value.is_number_integer())
        return 0;
    const auto number = value.get<std::int64_t>();
    return number > 0 && number < 65536 ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
}

bool isTcp(const Json& port)
{
    const std::string protocol = textOf(port, "protocol");
    return protocol.empty() || protocol == "TCP";
}

bool isReady(const Json& pod)
{
    const Json& status = at(pod, "status");
    if (textOf(status, "phase") != "Running" || at(at(pod, "metadata"), "deletionTimestamp").is_string())
        return false;
    const Json& conditions = at(status, "conditions");
    if (!conditions.is_array())
        return false;
    for (const Json& condition : conditions) {
        if (textOf(condition, "type") == "Ready")
            return textOf(condition, "status") == "True";
    }
    return false;
}

// A named target port is a name of the pod's own.
std::uint16_t namedPort(const Json& pod, const std::string& name)
{
    const Json& containers = at(at(pod, "spec"), "containers");
    if (!containers.is_array())
        return 0;
    for (const Json& container : containers) {
        const Json& ports = at(container, "ports");
        if (!ports.is_array())
            continue;
        for (const Json& port : ports) {
            if (textOf(port, "name") == name && isTcp(port))
                return portOf(at(port, "containerPort"));
        }
    }
    return 0;
}

class ServiceSession : public Deferred {
public:
    ServiceSession(std::shared_ptr<kube::Client> client, std::string ns, std::string service,
                   std::uint16_t port, std::shared_ptr<SessionHandler> handler)
        : Deferred(std::move(client), {}, std::move(handler)), m_ns(std::move(ns)),
          m_service(std::move(service)), m_port(port)
    {}

protected:
    void first() override
    {
        kube::Request request;
        request.path =
            "/api/v1/namespaces/" + kube::percentEncode(m_ns) + "/services/" + kube::percentEncode(m_service);
        request.maxBody = 1U << 20U;
        ask(std::move(request), [this](Result<kube::Response> result) {
            if (!result) {
                failed(std::move(result.error()));
                return;
            }
            askPods(std::move(result->body));
        });
    }

private:
    void askPods(std::string service)
    {
        Result<std::string> selector = serviceSelector(service);
        if (!selector) {
            failed(std::move(selector.error()));
            return;
        }
        kube::Request request;
        request.path = "/api/v1/namespaces/" + kube::percentEncode(m_ns) + "/pods";
        request.query = "limit=100&labelSelector=" + kube::percentEncode(*selector);
        request.maxBody = 32U << 20U;
        ask(std::move(request), [this, service = std::move(service)](Result<kube::Response> result) {
            if (!result) {
                failed(std::move(result.error()));
                return;
            }
            const Result<ServiceEnd> end = serviceEnd(service, result->body, m_port);
            if (!end) {
                failed(end.error());
                return;
            }
            become([&](std::shared_ptr<SessionHandler> handler) -> Result<std::unique_ptr<Session>> {
                return openPodPort(client(), m_ns, end->pod, end->port, std::move(handler));
            });
        });
    }

    const std::string m_ns;
    const std::string m_service;
    const std::uint16_t m_port;
};

} // namespace

Result<std::string> serviceSelector(std::string_view serviceJson)
{
    const Json service = Json::parse(serviceJson, nullptr, false);
    const Json& selector = at(at(service, "spec"), "selector");
    std::string out;
    if (selector.is_object()) {
        for (const auto& [key, value] : selector.items())
            out += (out.empty() ? "" : ",") + key + "=" +
                   (value.is_string() ? value.get<std::string>() : std::string());
    }
    if (out.empty())
        return fail(ErrorKind::Invalid,
                    translate("Console", "The Service selects no pods: there is nothing to lead to."));
    return out;
}

Result<ServiceEnd> serviceEnd(std::string_view serviceJson, std::string_view podListJson, std::uint16_t port)
{
    const Json service = Json::parse(serviceJson, nullptr, false);
    const Json list = Json::parse(podListJson, nullptr, false);
    const Json& ports = at(at(service, "spec"), "ports");
    const Json* wanted = nullptr;
    if (ports.is_array()) {
        for (const Json& each : ports) {
            if (portOf(at(each, "port")) == port && isTcp(each))
                wanted = &each;
        }
    }
    if (wanted == nullptr)
        return fail(ErrorKind::NotFound, arguments(translate("Console", "The Service has no TCP port %1."),
                                                   {std::to_string(port)}));
    const Json& pods = at(list, "items");
    const Json* chosen = nullptr;
    if (pods.is_array()) {
        for (const Json& pod : pods) {
            if (isReady(pod)) {
                chosen = &pod;
                break;
            }
        }
    }
    if (chosen == nullptr)
        return fail(ErrorKind::NotFound, translate("Console", "No pod behind the Service is ready."));
    const Json& target = at(*wanted, "targetPort");
    ServiceEnd out;
    out.pod = textOf(at(*chosen, "metadata"), "name");
    out.port = target.is_string()    ? namedPort(*chosen, target.get<std::string>())
               : portOf(target) != 0 ? portOf(target)
                                     : port;
    if (out.port == 0)
        return fail(ErrorKind::NotFound,
                    arguments(translate("Console", "Pod %1 has no port that is called “%2”."),
                              {cleanText(out.pod), cleanText(textOf(*wanted, "targetPort"))}));
    return out;
}

std::unique_ptr<Session> openServicePort(std::shared_ptr<kube::Client> client, std::string ns,
                                         std::string service, std::uint16_t port,
                                         std::shared_ptr<SessionHandler> handler)
{
    return Deferred::start(std::make_shared<ServiceSession>(std::move(client), std::move(ns),
                                                            std::move(service), port, std::move(handler)));
}

Result<std::vector<ServicePort>> readServicePorts(std::string_view listJson)
{
    const Json list = Json::parse(listJson, nullptr, false);
    const Json& items = at(list, "items");
    if (!items.is_array())
        return fail(ErrorKind::Protocol, translate("Console", "The server did not tell its Services."));
    std::vector<ServicePort> out;
    for (const Json& service : items) {
        const Json& spec = at(service, "spec");
        const Json& ports = at(spec, "ports");
        if (!at(spec, "selector").is_object() || at(spec, "selector").empty() || !ports.is_array())
            continue;
        for (const Json& port : ports) {
            const std::uint16_t number = portOf(at(port, "port"));
            if (number != 0 && isTcp(port) && out.size() < kMostPorts)
                out.push_back({cleanText(textOf(at(service, "metadata"), "name")),
                               cleanText(textOf(port, "name"), 64), number});
        }
    }
    return out;
}

std::unique_ptr<kube::RequestHandle>
listServicePorts(kube::Client& client, const std::string& ns,
                 std::function<void(Result<std::vector<ServicePort>>)> done)
{
    kube::Request request;
    request.path = "/api/v1/namespaces/" + kube::percentEncode(ns) + "/services";
    request.query = "limit=300";
    request.maxBody = 16U << 20U;
    return client.send(std::move(request), [done = std::move(done)](Result<kube::Response> result) {
        done(result ? readServicePorts(result->body)
                    : Result<std::vector<ServicePort>>(tl::unexpected<Error>(std::move(result.error()))));
    });
}

} // namespace strata::console
