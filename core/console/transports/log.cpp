// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/log.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/api/resource.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace strata::console {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostContainers = 200;

class Stream : public kube::StreamHandler {
public:
    explicit Stream(std::shared_ptr<SessionHandler> handler) : m_handler(std::move(handler)) {}

    void onHeaders(int) override { m_handler->onOpen({}); }
    void onData(std::string_view bytes) override { m_handler->onOutput(bytes); }
    void onEnd(Result<void> end) override
    {
        if (end)
            m_handler->onEnd({});
        else
            m_handler->onEnd({SessionEnd::Kind::Failed, 0, std::move(end.error())});
    }

private:
    std::shared_ptr<SessionHandler> m_handler;
};

class LogSession : public Session {
public:
    LogSession(std::shared_ptr<kube::Client> client, std::unique_ptr<kube::RequestHandle> handle)
        : m_client(std::move(client)), m_handle(std::move(handle))
    {}

    bool write(std::string_view) override { return false; }
    void resize(TerminalSize) override {}
    void close() override {}          // a log has no goodbye: it goes with the session
    void setReading(bool) override {} // who reads drops what is too much

private:
    std::shared_ptr<kube::Client> m_client;
    std::unique_ptr<kube::RequestHandle> m_handle;
};

std::string podPath(const std::string& ns, const std::string& pod)
{
    return "/api/v1/namespaces/" + kube::percentEncode(ns) + "/pods/" + kube::percentEncode(pod);
}

const Json& at(const Json& object, const char* key)
{
    static const Json none;
    if (!object.is_object())
        return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

void addContainers(const Json& pod, const char* specKey, const char* statusKey, ContainerInfo::Kind kind,
                   std::vector<ContainerInfo>& out)
{
    const Json& specs = at(at(pod, "spec"), specKey);
    if (!specs.is_array())
        return;
    const Json& states = at(at(pod, "status"), statusKey);
    for (const Json& spec : specs) {
        const Json& name = at(spec, "name");
        if (!name.is_string() || out.size() == kMostContainers)
            continue;
        ContainerInfo info;
        info.name = cleanText(name.get_ref<const std::string&>());
        info.kind = kind;
        info.input = at(spec, "stdin") == true;
        info.tty = at(spec, "tty") == true;
        if (states.is_array()) {
            for (const Json& state : states) {
                if (at(state, "name") != name)
                    continue;
                info.running = at(at(state, "state"), "running").is_object();
                const Json& restarts = at(state, "restartCount");
                info.restarts = restarts.is_number_integer() ? restarts.get<int>() : 0;
            }
        }
        out.push_back(std::move(info));
    }
}

} // namespace

std::unique_ptr<Session> openLog(std::shared_ptr<kube::Client> client, const LogTarget& target,
                                 std::shared_ptr<SessionHandler> handler)
{
    kube::Request request;
    request.path = podPath(target.ns, target.pod) + "/log";
    request.query = "timestamps=true&container=" + kube::percentEncode(target.container);
    if (target.follow && !target.previous)
        request.query += "&follow=true";
    if (target.previous)
        request.query += "&previous=true";
    if (!target.sinceTime.empty())
        request.query += "&sinceTime=" + kube::percentEncode(target.sinceTime);
    else if (target.sinceSeconds > 0)
        request.query += "&sinceSeconds=" + std::to_string(target.sinceSeconds);
    if (target.tailLines >= 0 && target.sinceTime.empty())
        request.query += "&tailLines=" + std::to_string(target.tailLines);
    request.accept = "*/*";
    auto handle = client->stream(std::move(request), std::make_shared<Stream>(std::move(handler)));
    return std::make_unique<LogSession>(std::move(client), std::move(handle));
}

Result<std::vector<ContainerInfo>> readContainers(std::string_view podJson)
{
    const Json pod = Json::parse(podJson, nullptr, false);
    std::vector<ContainerInfo> out;
    addContainers(pod, "containers", "containerStatuses", ContainerInfo::Kind::Normal, out);
    if (out.empty())
        return fail(ErrorKind::Protocol,
                    translate("Console", "The server did not tell the pod's containers."));
    addContainers(pod, "initContainers", "initContainerStatuses", ContainerInfo::Kind::Init, out);
    addContainers(pod, "ephemeralContainers", "ephemeralContainerStatuses", ContainerInfo::Kind::Ephemeral,
                  out);
    return out;
}

std::unique_ptr<kube::RequestHandle>
listContainers(kube::Client& client, const std::string& ns, const std::string& pod,
               std::function<void(Result<std::vector<ContainerInfo>>)> done)
{
    kube::Request request;
    request.path = podPath(ns, pod);
    request.maxBody = 8U << 20U;
    return client.send(std::move(request), [done = std::move(done)](Result<kube::Response> result) {
        done(result ? readContainers(result->body)
                    : Result<std::vector<ContainerInfo>>(tl::unexpected<Error>(std::move(result.error()))));
    });
}

} // namespace strata::console
