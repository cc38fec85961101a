// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/quantity.h"
#include "core/demosite/api/answers.h"
#include "core/demosite/api/containers.h"
#include "core/demosite/api/handler.h"
#include "core/demosite/api/logs.h"
#include "core/demosite/api/streams.h"
#include "core/demosite/api/uploadproxy.h"
#include "core/demosite/net/pipe.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

// What upgrades a connection to a pod: exec, attach, port-forward.
namespace strata::demosite {
namespace {

constexpr const char* kTunnel = "SPDY/3.1+portforward.k8s.io";

// A value of a query that may come several times.
std::vector<std::string> allOf(const HttpRequest& request, const char* name)
{
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::vector<std::string>() : found->second;
}

// Chooses the framing and fills in what the answer says about it.
std::optional<Framing> negotiateFraming(const HttpRequest& request, bool forward, HttpAnswer& answer)
{
    const auto offered = [&](const char* protocol) {
        const bool there = std::find(request.protocols.begin(), request.protocols.end(), protocol) !=
                           request.protocols.end();
        if (there)
            answer.protocol = protocol;
        return there;
    };
    if (request.upgrade == "spdy/3.1") {
        answer.raw = true;
        if (forward ? offered("portforward.k8s.io")
                    : offered("v4.channel.k8s.io") || offered("v3.channel.k8s.io") ||
                          offered("v2.channel.k8s.io"))
            return Framing::Spdy;
        return std::nullopt;
    }
    if (request.upgrade != "websocket")
        return std::nullopt;
    if (forward && offered(kTunnel))
        return Framing::Spdy;
    if (!forward && offered("v5.channel.k8s.io"))
        return Framing::ChannelsV5;
    if (offered("v4.channel.k8s.io"))
        return Framing::ChannelsV4;
    return std::nullopt;
}

const Json& part(const Json& object, const char* outer, const char* inner)
{
    static const Json none = Json::object();
    const auto at = object.find(outer);
    if (at == object.end() || !at->is_object())
        return none;
    const auto found = at->find(inner);
    return found != at->end() && found->is_object() ? *found : none;
}

// Ports a container says it listens on, and the customary ones of programs that do not say.
Ports portsOf(const Json& pod)
{
    Ports ports;
    ports.name = text(pod, "metadata.name");
    ports.uid = text(pod, "metadata.uid");
    if (const Json* containers = find(pod, "spec.containers");
        containers != nullptr && containers->is_array()) {
        for (const Json& container : *containers) {
            if (const Json* list = find(container, "ports"); list != nullptr && list->is_array()) {
                for (const Json& port : *list)
                    ports.http.push_back(static_cast<unsigned>(number(port, "containerPort").value_or(0)));
            }
        }
    }
    if (ports.http.empty())
        ports.http = {80, 8080, 8443, 9090};
    return ports;
}

// A port of a pod that something on this computer really listens at, in the framing of channels: a channel's
// number before each message's bytes, and the port itself first on both.
class RealPort : public HttpSocket {
public:
    RealPort(std::unique_ptr<HttpSocket> behind, unsigned port) : m_behind(std::move(behind))
    {
        for (const char channel : {'\1', '\0'})
            m_first.push_back({channel, static_cast<char>(port & 255U), static_cast<char>(port >> 8U)});
    }
    void start(std::function<void()> wake) override { m_behind->start(std::move(wake)); }
    void receive(std::string_view message, bool binary) override
    {
        if (message.size() > 1 && message.front() == '\0')
            m_behind->receive(message.substr(1), binary);
    }
    bool next(std::string& message, bool& done) override
    {
        if (!m_first.empty()) {
            message = std::move(m_first.back());
            m_first.pop_back();
            return true;
        }
        std::string bytes;
        if (!m_behind->next(bytes, done))
            return false;
        message.assign(1, '\0');
        message += bytes;
        return true;
    }
    std::chrono::milliseconds patience() const override { return m_behind->patience(); }

private:
    std::unique_ptr<HttpSocket> m_behind;
    std::vector<std::string> m_first;
};

// Where a pod really listens; null: it only seems to.
std::unique_ptr<HttpSocket> realPort(const Store& store, const Json& pod, const std::vector<unsigned>& asked)
{
    if (asked.size() != 1 || asked.front() != 8443 ||
        part(pod, "metadata", "labels").value("cdi.kubevirt.io", std::string()) != "cdi-uploadproxy")
        return nullptr;
    const ObjectPtr service = store.get(Kinds::instance().get("services", ""), "cdi", "cdi-uploadproxy");
    if (!service)
        return nullptr;
    const Json body = parseOwn(service->body);
    const auto port =
        integer(part(body, "metadata", "annotations").value(UploadProxy::kPortKey, std::string()));
    auto behind = port && *port < 65536 ? connectLoopback(static_cast<unsigned short>(*port)) : nullptr;
    return behind ? std::make_unique<RealPort>(std::move(behind), asked.front()) : nullptr;
}

} // namespace

Answer<Json> ApiHandler::runningPod(const HttpRequest& request, const Target& target, Json& container)
{
    const ObjectPtr pod = store().get(*target.kind, target.ns, target.name);
    if (!pod)
        return notFound("", "pods", target.name);
    Json body = parseOwn(serve(*pod));
    const std::string wanted = request.one("container");
    const Json* containers = find(body, "spec.containers");
    std::string names;
    if (containers != nullptr && containers->is_array()) {
        for (const Json& candidate : *containers) {
            const std::string name = text(candidate, "name");
            names += (names.empty() ? "" : " ") + name;
            if (name == wanted || (wanted.empty() && container.is_null()))
                container = candidate;
        }
    }
    if (const Json* other = wanted.empty() ? nullptr : containerNamed(body, wanted))
        container = *other;
    if (target.sub != "portforward") {
        if (container.is_null())
            return badRequest("container " + wanted + " is not valid for pod " + target.name);
        if (wanted.empty() && containers->size() > 1)
            return badRequest("a container name must be specified for pod " + target.name +
                              ", choose one of: [" + names + "]");
    }
    const std::string phase = text(body, "status.phase");
    if (phase != "Running")
        return deny(500, "InternalError",
                    target.sub == "portforward"
                        ? "unable to forward port because pod is not running. Current status=" + phase
                        : "unable to upgrade connection: container not found (\"" + text(container, "name") +
                              "\")");
    const ObjectPtr node = store().get(Kinds::instance().get("nodes", ""), "", text(body, "spec.nodeName"));
    if (node && node->body.find("\"NodeStatusUnknown\"") != std::string::npos)
        return deny(500, "InternalError",
                    "error dialing backend: dial tcp " + text(body, "status.hostIP") +
                        ":10250: connect: no route to host");
    return body;
}

// Files that were written into a container, for all that come to it; forgotten when there are too many.
std::shared_ptr<Disk> ApiHandler::diskOf(const Json& pod, const Json& container)
{
    constexpr std::size_t kMostDisks = 200;
    const std::lock_guard lock(m_processMutex);
    if (m_disks.size() > kMostDisks)
        std::erase_if(m_disks, [](const auto& each) { return each.second.use_count() == 1; });
    std::shared_ptr<Disk>& disk = m_disks[text(pod, "metadata.uid") + "/" + text(container, "name")];
    if (!disk)
        disk = std::make_shared<Disk>();
    return disk;
}

std::shared_ptr<FirstProcess> ApiHandler::firstProcess(const Json& pod, const Json& container)
{
    constexpr std::size_t kMostProcesses = 200;
    std::shared_ptr<Disk> disk = diskOf(pod, container);
    const std::lock_guard lock(m_processMutex);
    if (m_processes.size() > kMostProcesses)
        std::erase_if(m_processes, [](const auto& each) { return each.second.use_count() == 1; });
    std::shared_ptr<FirstProcess>& process =
        m_processes[text(pod, "metadata.uid") + "/" + text(container, "name")];
    if (process)
        return process;
    ExecPlan plan;
    plan.machine = machineOf(pod, container);
    plan.machine.disk = std::move(disk);
    plan.clock = [cluster = m_cluster] { return cluster->now(); };
    plan.tty = text(container, "tty") == "true";
    plan.command = commandOf(container);
    if (plan.command.empty()) // what images to play with start by themselves
        plan.command = {"sh"};
    process = startFirstProcess(plan);
    return process;
}

HttpAnswer ApiHandler::connect(const HttpRequest& request, const Target& target)
{
    Json container;
    const auto pod = runningPod(request, target, container);
    if (!pod)
        return refuse(pod.error());
    const bool forward = target.sub == "portforward";
    HttpAnswer answer;
    const auto framing = negotiateFraming(request, forward, answer);
    if (!framing)
        return refuse(badRequest(request.upgrade.empty()
                                     ? "Upgrade request required"
                                     : "unable to upgrade: none of the offered protocols is supported"));
    if (forward) {
        std::vector<unsigned> asked;
        for (const std::string& list : allOf(request, "ports")) {
            unsigned port = 0;
            const auto result = std::from_chars(list.data(), list.data() + list.size(), port);
            if (result.ec != std::errc() || port == 0 || port > 65535)
                return refuse(badRequest("unable to parse \"" + list + "\" as a port"));
            asked.push_back(port);
        }
        if (*framing != Framing::Spdy && (asked.empty() || asked.size() > 100))
            return refuse(badRequest("query parameter \"ports\" is required"));
        if (*framing != Framing::Spdy)
            answer.socket = realPort(store(), *pod, asked);
        if (!answer.socket)
            answer.socket = portForwardSocket(portsOf(*pod), std::move(asked), *framing);
        return answer;
    }
    if (target.sub == "attach") {
        // A container that keeps its input open hears what is typed; of any other one its output is seen.
        if (request.flag("stdin") && text(container, "stdin") == "true") {
            if (std::shared_ptr<FirstProcess> process = firstProcess(*pod, container)) {
                ExecPlan asked;
                asked.in = true;
                asked.out = request.flag("stdout");
                asked.err = request.flag("stderr");
                asked.tty = request.flag("tty");
                answer.socket = attachSocket(std::move(process), asked, *framing);
                return answer;
            }
        }
        LogOptions options;
        options.container = text(container, "name");
        options.follow = true;
        options.tailLines = 0;
        answer.socket = attachSocket(
            followLog(m_cluster, store().get(*target.kind, target.ns, target.name), options), *framing);
        return answer;
    }
    ExecPlan plan;
    plan.machine = machineOf(*pod, container);
    plan.machine.disk = diskOf(*pod, container);
    plan.clock = [cluster = m_cluster] { return cluster->now(); };
    plan.command = allOf(request, "command");
    plan.in = request.flag("stdin");
    plan.out = request.flag("stdout");
    plan.err = request.flag("stderr");
    plan.tty = request.flag("tty");
    if (plan.command.empty())
        return refuse(badRequest("you must specify at least one command for the container"));
    if (!plan.in && !plan.out && !plan.err)
        return refuse(badRequest("you must specify at least one of stdin, stdout, stderr"));
    answer.socket = execSocket(std::move(plan), *framing);
    return answer;
}

} // namespace strata::demosite
