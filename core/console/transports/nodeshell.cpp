// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/nodeshell.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/console/transports/deferred.h"
#include "core/console/transports/exec.h"
#include "core/kube/api/resource.h"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <utility>

namespace strata::console {
namespace {

using Json = nlohmann::json;

constexpr auto kLookEvery = std::chrono::milliseconds(700);
constexpr auto kPatience = std::chrono::minutes(3); // an image may have to be fetched
constexpr const char* kDebugKey = "strata.dev/debug";
constexpr const char* kMachineKey = "strata.dev/machine";
constexpr const char* kProcessKey = "strata.dev/process";
constexpr const char* kContainer = "shell";
// The node's own shell, the better one first.
constexpr const char* kScript = "if command -v bash >/dev/null; then exec bash -l; fi; exec sh -l";

std::string podsPath()
{
    return std::string("/api/v1/namespaces/") + kNodeShellNamespace + "/pods";
}

std::string hex(std::uint64_t value)
{
    std::string out;
    for (int i = 15; i >= 0; --i)
        out += "0123456789abcdef"[(value >> (4U * static_cast<unsigned>(i))) & 15U];
    return out;
}

// Who we are among those who may have left pods, without telling what the machine is called.
std::string thisMachine()
{
    std::ifstream file("/etc/machine-id");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty()) {
        std::array<char, 256> name{};
        ::gethostname(name.data(), name.size() - 1);
        text = name.data();
    }
    text += '/' + std::to_string(::getuid());
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hex(hash);
}

// When a process began, in the kernel's ticks; 0 when there is none (field 22 of /proc/PID/stat).
std::uint64_t beganAt(long pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::size_t at = text.rfind(')'); // the name before it may hold anything
    for (int field = 0; field < 20 && at != std::string::npos; ++field)
        at = text.find(' ', at + 1);
    return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + 1, nullptr, 10);
}

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
    return value.is_string() ? cleanText(value.get_ref<const std::string&>(), 512) : std::string();
}

// Sent even when whoever wants it gone goes himself.
void deletePod(const std::shared_ptr<kube::Client>& client, const std::string& name)
{
    client->network().post([client, name] {
        kube::Request request;
        request.method = "DELETE";
        request.path = podsPath() + "/" + kube::percentEncode(name);
        request.query = "gracePeriodSeconds=0";
        auto handle = std::make_shared<std::unique_ptr<kube::RequestHandle>>();
        *handle = client->send(std::move(request), [client, handle](const Result<kube::Response>&) {
            // A handle does not end inside its own callback.
            client->network().post([handle] { handle->reset(); });
        });
    });
}

class NodeShell : public Deferred {
public:
    NodeShell(std::shared_ptr<kube::Client> client, NodeShellTarget target, TerminalSize size,
              std::shared_ptr<SessionHandler> handler)
        : Deferred(std::move(client), size, std::move(handler)), m_target(std::move(target))
    {
        std::random_device random;
        m_name = "strata-node-shell-" + hex((std::uint64_t{random()} << 32U) | random()).substr(0, 10);
    }

protected:
    void first() override
    {
        m_since = std::chrono::steady_clock::now();
        note(arguments(translate("Console", "making pod %1 on node %2…"), {m_name, m_target.node}));
        kube::Request request;
        request.method = "POST";
        request.path = podsPath();
        request.contentType = "application/json";
        request.body = nodeShellPod(m_target, m_name, thisMachine(), thisProcess());
        {
            // From now on it may be there, whatever the answer.
            const std::lock_guard lock(m_mutex);
            m_made = true;
        }
        ask(std::move(request), [this](Result<kube::Response> result) {
            if (!result) {
                Error error = std::move(result.error());
                error.text = translate("Console", "The pod for the node's shell could not be made.");
                failed(std::move(error));
                return;
            }
            look();
        });
    }

    void over() override
    {
        const std::lock_guard lock(m_mutex);
        if (std::exchange(m_made, false))
            deletePod(client(), m_name);
    }

private:
    void look()
    {
        kube::Request request;
        request.path = podsPath() + "/" + m_name;
        request.maxBody = 4U << 20U;
        ask(std::move(request), [this](Result<kube::Response> result) {
            if (!result) {
                failed(std::move(result.error()));
                return;
            }
            const Json pod = Json::parse(result->body, nullptr, false);
            const Json& status = at(pod, "status");
            const std::string phase = textOf(status, "phase");
            if (phase == "Running") {
                enter();
                return;
            }
            std::string why = textOf(status, "reason");
            std::string words = textOf(status, "message");
            const Json& containers = at(status, "containerStatuses");
            if (containers.is_array() && !containers.empty()) {
                const Json& waiting = at(at(containers[0], "state"), "waiting");
                if (!textOf(waiting, "reason").empty()) {
                    why = textOf(waiting, "reason");
                    words = textOf(waiting, "message");
                }
            }
            if (phase == "Failed" || phase == "Succeeded" ||
                std::chrono::steady_clock::now() - m_since > kPatience) {
                failed({ErrorKind::Server,
                        arguments(translate("Console", "The pod for the shell on %1 does not run."),
                                  {m_target.node}),
                        why + (words.empty() ? "" : ": " + words), 0, 0});
                return;
            }
            if (!why.empty() && why != m_told) {
                m_told = why;
                note(why + (words.empty() ? "" : ": " + words));
            }
            later(kLookEvery, [this] { look(); });
        });
    }

    void enter()
    {
        ExecTarget exec;
        exec.ns = kNodeShellNamespace;
        exec.pod = m_name;
        exec.container = kContainer;
        exec.commands = {{"chroot", "/host", "sh", "-c", kScript}};
        become([&](std::shared_ptr<SessionHandler> handler) -> Result<std::unique_ptr<Session>> {
            return openExec(client(), exec, size(), std::move(handler));
        });
    }

    const NodeShellTarget m_target;
    std::string m_name;
    std::string m_told;
    std::chrono::steady_clock::time_point m_since;
    std::mutex m_mutex; // guards this
    bool m_made = false;
};

} // namespace

std::string thisProcess()
{
    return std::to_string(::getpid()) + "-" + std::to_string(beganAt(::getpid()));
}

bool isOver(const std::string& process)
{
    const std::size_t dash = process.find('-');
    if (dash == std::string::npos)
        return false; // not ours to judge
    const long pid = std::strtol(process.c_str(), nullptr, 10);
    const std::uint64_t began = std::strtoull(process.c_str() + dash + 1, nullptr, 10);
    return pid > 0 && beganAt(pid) != began;
}

std::string nodeShellPod(const NodeShellTarget& target, const std::string& name, const std::string& machine,
                         const std::string& process)
{
    const Json pod = {
        {"apiVersion", "v1"},
        {"kind", "Pod"},
        {"metadata",
         {{"name", name},
          {"namespace", kNodeShellNamespace},
          {"labels",
           {{"app.kubernetes.io/managed-by", "strata"},
            {kDebugKey, "node-shell"},
            {kMachineKey, machine},
            {kProcessKey, process}}}}},
        {"spec",
         {{"nodeName", target.node},
          {"hostPID", true},
          {"hostNetwork", true},
          {"hostIPC", true},
          {"restartPolicy", "Never"},
          {"activeDeadlineSeconds", kNodeShellSeconds},
          {"terminationGracePeriodSeconds", 0},
          {"automountServiceAccountToken", false},
          {"enableServiceLinks", false},
          {"tolerations", Json::array({{{"operator", "Exists"}}})},
          {"containers",
           Json::array(
               {{{"name", kContainer},
                 {"image", target.image},
                 {"imagePullPolicy", "IfNotPresent"},
                 {"command", Json::array({"sleep", std::to_string(kNodeShellSeconds)})},
                 {"securityContext", {{"privileged", true}, {"runAsUser", 0}}},
                 {"resources",
                  {{"requests", {{"cpu", "10m"}, {"memory", "16Mi"}}}, {"limits", {{"memory", "256Mi"}}}}},
                 {"volumeMounts", Json::array({{{"name", "host"}, {"mountPath", "/host"}}})}}})},
          {"volumes", Json::array({{{"name", "host"}, {"hostPath", {{"path", "/"}}}}})}}}};
    return pod.dump();
}

std::unique_ptr<Session> openNodeShell(std::shared_ptr<kube::Client> client, NodeShellTarget target,
                                       TerminalSize size, std::shared_ptr<SessionHandler> handler)
{
    return Deferred::start(
        std::make_shared<NodeShell>(std::move(client), std::move(target), size, std::move(handler)));
}

void removeLeftNodeShells(std::shared_ptr<kube::Client> client, std::function<void(Result<int>)> done)
{
    kube::Network& network = client->network();
    network.post([client = std::move(client), done = std::move(done)] {
        kube::Request request;
        request.path = podsPath();
        request.query = "labelSelector=" + kube::percentEncode(std::string(kDebugKey) + "=node-shell," +
                                                               kMachineKey + "=" + thisMachine());
        auto handle = std::make_shared<std::unique_ptr<kube::RequestHandle>>();
        *handle = client->send(std::move(request), [client, handle, done](Result<kube::Response> result) {
            client->network().post([handle] { handle->reset(); });
            if (!result) {
                if (done)
                    done(tl::unexpected<Error>(std::move(result.error())));
                return;
            }
            int count = 0;
            const Json list = Json::parse(result->body, nullptr, false);
            const Json& items = at(list, "items");
            for (const Json& pod : items.is_array() ? items : Json::array()) {
                const Json& meta = at(pod, "metadata");
                if (!isOver(textOf(at(meta, "labels"), kProcessKey)))
                    continue;
                deletePod(client, textOf(meta, "name"));
                ++count;
            }
            if (done)
                done(count);
        });
    });
}

} // namespace strata::console
