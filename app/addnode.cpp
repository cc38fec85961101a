// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/await.h"
#include "app/connections.h"
#include "app/createcluster.h"
#include "app/execpermission.h"
#include "app/hostcommands.h"
#include "app/told.h"
#include "app/words.h"
#include "core/actions/audit.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/hosts/noderun.h"
#include "core/kube/config/kubeconfig.h"
#include "core/libvirt/inventory.h"
#include "core/provision/api.h"
#include "core/provision/tenantaccess.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>

extern char** environ; // NOLINT: POSIX has no header for it

namespace strata::app {
namespace {

using hosts::NodeSpec;
using Json = nlohmann::ordered_json;

constexpr const char* kDefaultVersion = "v1.34.1"; // of a first node; others take their cluster's
constexpr std::size_t kMostFile = 4U << 20U;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("AddNodeCommand", text), values);
}

int misused(std::string text)
{
    return refuse({ErrorKind::Config, std::move(text), {}, 0, 0}, kWrongUse);
}

Result<std::string> readFile(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail(ErrorKind::Io, tr("%1 cannot be read.", {path}));
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (text.size() > kMostFile)
        return fail(ErrorKind::Invalid, tr("%1 is too large.", {path}));
    return text;
}

Result<std::int64_t> numberOf(const Words& words, const std::string& option, std::int64_t otherwise,
                              std::int64_t most)
{
    const std::string text = words.value(option);
    if (text.empty())
        return otherwise;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > most)
        return fail(ErrorKind::Config, tr("“%1” must be a whole number.", {option}));
    return value;
}

Result<virt::Inventory> inventoryOf(const std::string& uri, int seconds)
{
    const auto promise = std::make_shared<std::promise<Result<virt::Inventory>>>();
    auto answer = promise->get_future();
    virt::takeInventory(uri,
                        [promise](Result<virt::Inventory> found) { promise->set_value(std::move(found)); });
    if (answer.wait_for(std::chrono::seconds(seconds)) != std::future_status::ready)
        return fail(ErrorKind::Timeout,
                    tr("The host did not answer within %1 s.", {std::to_string(seconds)}));
    return answer.get();
}

class AddNode {
public:
    AddNode(Words words, const Ends& ends) : m_words(std::move(words)), m_ends(ends) {}

    int run()
    {
        if (m_words.has("--left") || !m_words.value("--take-back").empty()) {
            if (!m_words.names.empty())
                return misused(tr("“--left” and “--take-back” stand alone."));
            return m_words.has("--left") ? listLeft() : takeBack(m_words.value("--take-back"));
        }
        const std::string way = m_words.names.empty() ? std::string() : m_words.names.front();
        const bool lab = way == "lab";
        if (!lab && way != "metal")
            return misused(tr("“strata add-node” is followed by lab or metal."));
        if (m_words.names.size() != (lab ? 3U : 2U))
            return misused(lab ? tr("“strata add-node lab” needs a host's URI and the node's name.")
                               : tr("“strata add-node metal” needs the node's name."));
        m_dry = m_words.has("--dry-run");
        m_spec.name = m_words.names.back();
        const auto seconds = numberOf(m_words, "--timeout", 3600, 86400);
        if (!seconds)
            return refuse(seconds.error(), kWrongUse);
        m_seconds = *seconds;
        if (!m_words.has("--first") && !m_words.value("--save-kubeconfig").empty())
            return misused(tr("“--save-kubeconfig” makes sense with “--first” only."));
        if (m_words.has("--first") && !m_dry && m_words.value("--save-kubeconfig").empty())
            return misused(tr("“--first” needs “--save-kubeconfig FILE”: there is no other way in."));
        if (const int code = keys(); code != 0)
            return code;
        if (const int code = m_words.has("--first") ? first() : join(); code != 0)
            return code;
        return lab ? runLab() : runMetal();
    }

private:
    int keys()
    {
        for (const std::string& path : m_words.all("--ssh-key")) {
            const auto key = readFile(path);
            if (!key)
                return refuse(key.error());
            m_spec.sshKeys.emplace_back(trimmed(*key));
        }
        return 0;
    }

    int first()
    {
        hosts::First first;
        first.podCidr = m_words.value("--pods", first.podCidr);
        if (const std::string cni = m_words.value("--cni"); !cni.empty()) {
            const auto manifest = readFile(cni);
            if (!manifest)
                return refuse(manifest.error());
            first.cniManifest = *manifest;
        }
        auto access = hosts::newFirstAccess();
        if (!access)
            return refuse(access.error());
        first.caPem = access->caPem;
        first.caKeyPem = access->caKeyPem;
        m_access = std::move(*access);
        m_spec.first = std::move(first);
        m_spec.kubernetes = m_words.value("--kubernetes", kDefaultVersion);
        return 0;
    }

    // The cluster that is joined.
    int connect()
    {
        std::string path = m_words.value("--kubeconfig");
        if (m_words.has("--demo")) {
            demosite::Options options;
            auto demo = Connections::startDemo(options);
            if (!demo)
                return refuse(demo.error());
            m_demo = std::move(*demo);
            path = m_demo->kubeconfigPath();
        }
        if (path.empty()) {
            const std::vector<std::string> usual = kube::usualKubeconfigPaths();
            if (usual.empty())
                return refuse(
                    {ErrorKind::Config,
                     tr("There is no kubeconfig in the usual places; name one with --kubeconfig FILE."),
                     {},
                     0,
                     0});
            path = usual.front();
        }
        const auto file = kube::Kubeconfig::load(path);
        const auto config =
            file ? file->resolve(m_words.value("--context")) : tl::unexpected<Error>(file.error());
        if (!config)
            return refuse(config.error());
        m_network.setExecPlugins(headlessExecPlugins(m_words.has("--allow-exec")));
        m_client = kube::Client::create(m_network, *config);
        return 0;
    }

    int join()
    {
        if (const int code = connect(); code != 0)
            return code;
        const kube::ClusterConfig& config = m_client->config();
        hosts::Join join;
        const auto info = answerTo(*m_client, hosts::clusterInfoPath());
        Result<hosts::JoinPlace> place =
            info ? hosts::joinPlaceOf(info->body) : tl::unexpected<Error>(info.error());
        if (!place && m_dry && place.error().kind == ErrorKind::NotFound) {
            // Good enough to look at; a machine would ask for the same document.
            say(tr("This cluster has no ConfigMap kube-public/cluster-info, without which kubeadm joins "
                   "nothing. "
                   "The plan shows the address of the kubeconfig."));
            const auto hash = hosts::caHash(config.caPem);
            if (!hash)
                return refuse(hash.error());
            place = hosts::JoinPlace{config.server.substr(config.server.find("://") + 3), *hash};
        }
        if (!place)
            return refuse(place.error());
        join.endpoint = place->endpoint;
        join.caHash = place->caHash;
        join.token = hosts::newToken();
        m_spec.join = std::move(join);
        m_spec.kubernetes = m_words.value("--kubernetes");
        if (m_spec.kubernetes.empty()) {
            const auto answer = answerTo(*m_client, "/version");
            if (!answer)
                return refuse(answer.error());
            const Json version = Json::parse(answer->body, nullptr, false);
            const auto found = version.is_object() ? version.find("gitVersion") : version.end();
            if (version.is_object() && found != version.end() && found->is_string())
                m_spec.kubernetes = cleanText(found->get<std::string>());
            m_spec.kubernetes.resize(
                std::min(m_spec.kubernetes.size(), m_spec.kubernetes.find_first_of("+-")));
        }
        return 0;
    }

    // --- as a VM

    int runLab()
    {
        const std::string& uri = m_words.names[1];
        const std::string image = m_words.value("--image");
        if (image.empty())
            return misused(tr("“strata add-node lab” needs “--image FILE”: a cloud image with cloud-init."));
        hosts::LabMachine machine;
        const auto vcpus = numberOf(m_words, "--vcpus", 4, 1024);
        const auto memory = numberOf(m_words, "--memory", 8, 1 << 20);
        const auto disk = numberOf(m_words, "--disk", 60, 1 << 20);
        for (const auto* each : {&vcpus, &memory, &disk})
            if (!*each)
                return refuse(each->error(), kWrongUse);
        machine.vcpus = static_cast<unsigned>(*vcpus);
        machine.memoryBytes = *memory << 30;
        machine.diskBytes = *disk << 30;
        machine.pool = m_words.value("--pool", machine.pool);
        machine.network = m_words.value("--network", machine.network);
        machine.bridge = m_words.value("--bridge");
        const auto inventory = inventoryOf(uri, 60);
        if (!inventory)
            return refuse(inventory.error());
        if (!inventory->host.arch.empty())
            machine.arch = inventory->host.arch;
        machine.kvm = !m_words.has("--tcg");
        if (machine.kvm && !inventory->host.kvmUsable) {
            Error error{
                ErrorKind::Refused,
                tr("KVM is not usable on this host, so that the node would be emulated, very slowly. Say "
                   "that you want that with --tcg."),
                {},
                0,
                0};
            if (!m_dry)
                return refuse(error);
            say(error.text);
        }
        m_spec.vendor = hosts::vendorNamed(inventory->host.cpuVendor);
        auto plan = hosts::labPlan(uri, m_spec, machine, image, m_access);
        if (!plan)
            return refuse(plan.error());
        if (m_dry) {
            std::cout << hosts::preview(*plan);
            std::cout.flush();
            return kCreated;
        }
        return carryOut(std::move(*plan));
    }

    int carryOut(hosts::NodePlan plan)
    {
        say(plan.title);
        hosts::NodeRunOptions options;
        if (!m_words.has("--demo")) {
            const auto folder = hosts::nodeJournalFolder();
            if (!folder)
                return refuse(folder.error());
            options.journal = *folder;
        }
        const provision::Plan logged = hosts::auditPlan(plan);
        audit(logged, "begun", {});
        options.wait = !m_words.has("--no-wait");
        options.readyTimeout = std::chrono::seconds(m_seconds);
        options.network = &m_network;
        const std::size_t count = plan.steps.size();
        std::map<std::string, std::size_t> numbers;
        std::map<std::string, std::string> titles;
        for (std::size_t i = 0; i < count; ++i) {
            numbers[plan.steps[i].id] = i + 1;
            titles[plan.steps[i].id] = plan.steps[i].title;
        }
        std::mutex mutex;
        provision::RunReport end;
        std::string last;
        hosts::NodeRunCallbacks callbacks;
        callbacks.step = [&](const provision::StepReport& report) {
            const std::lock_guard lock(mutex);
            std::string line = "[" + std::to_string(numbers[report.id]) + "/" + std::to_string(count) + "] " +
                               titles[report.id] + ": " + provision::toString(report.state);
            if (!report.evidence.empty())
                line += " — " + report.evidence;
            if (line != last)
                std::cerr << line << "\n";
            last = std::move(line);
        };
        callbacks.state = [&](const provision::RunReport& report) {
            const std::lock_guard lock(mutex);
            end = report;
            if (report.state != provision::RunState::Running && report.state != provision::RunState::Undoing)
                m_ends.end();
        };
        callbacks.access = [&](const Secret& kubeconfig) { keep(kubeconfig); };
        const auto run = hosts::NodeRun::start(std::move(plan), m_client, options, callbacks);
        waitForEnd(m_ends, [&run] {
            say(tr("Stopping; interrupt again to leave at once."));
            run->cancel();
        });
        provision::RunReport report;
        {
            const std::lock_guard lock(mutex);
            report = end;
        }
        audit(logged, provision::toString(report.state),
              report.error ? inWords(*report.error) : std::string());
        if (report.state == provision::RunState::Done) {
            say(tr("Done."));
            return kCreated;
        }
        if (report.error)
            say(inWords(*report.error));
        if (!m_words.has("--keep")) {
            say(tr("Taking back what was made; --keep would leave it to be looked at."));
            run->undo();
            waitForEnd(m_ends, [&run] { run->cancel(); });
            const std::lock_guard lock(mutex);
            for (const std::string& each : end.left)
                say(each);
            audit(logged, provision::toString(end.state), {});
        }
        return report.state == provision::RunState::Cancelled ? kInterrupted : kFailed;
    }

    // --- what runs that were killed have left

    static int listLeft()
    {
        const auto folder = hosts::nodeJournalFolder();
        if (!folder)
            return refuse(folder.error());
        for (const hosts::NodeTrace& trace : hosts::leftNodes(*folder)) {
            std::string parts;
            for (const std::string& part : hosts::partsLeft(trace))
                parts += (parts.empty() ? "" : ", ") + part;
            std::cout << trace.id << "  " << formatRfc3339(trace.startedAt) << "  " << trace.title << " ("
                      << trace.uri << "): " << (parts.empty() ? tr("nothing") : parts) << "\n";
        }
        std::cout.flush();
        return kCreated;
    }

    int takeBack(const std::string& id)
    {
        const auto folder = hosts::nodeJournalFolder();
        if (!folder)
            return refuse(folder.error());
        const std::vector<hosts::NodeTrace> all = hosts::leftNodes(*folder);
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&id](const hosts::NodeTrace& each) { return each.id == id; });
        if (found == all.end())
            return misused(tr("No ended run “%1” has left anything; --left lists them.", {id}));
        if (!m_words.value("--kubeconfig").empty()) {
            if (const int code = connect(); code != 0)
                return code;
            if (m_client->config().server != found->server)
                return misused(tr("That run's cluster is %1.", {found->server}));
        }
        std::mutex mutex;
        provision::RunReport end;
        hosts::NodeRunCallbacks callbacks;
        callbacks.state = [&](const provision::RunReport& report) {
            const std::lock_guard lock(mutex);
            end = report;
            if (report.state != provision::RunState::Undoing)
                m_ends.end();
        };
        const auto run = hosts::NodeRun::leftBy(*found, m_client, std::move(callbacks));
        if (!run)
            return refuse(run.error());
        const provision::Plan logged = hosts::auditPlan((*run)->plan());
        (*run)->undo();
        waitForEnd(m_ends, [&run] { (*run)->cancel(); });
        const std::lock_guard lock(mutex);
        for (const std::string& each : end.left)
            say(each);
        audit(logged, provision::toString(end.state), end.error ? inWords(*end.error) : std::string());
        if (end.state != provision::RunState::Undone)
            return kFailed;
        say(tr("What was made is gone again."));
        return kCreated;
    }

    void keep(const Secret& kubeconfig) const
    {
        const std::string path = m_words.value("--save-kubeconfig");
        if (path.empty())
            return;
        const auto saved = provision::saveSecretFile(path, kubeconfig);
        say(saved ? tr("The new cluster's kubeconfig is in %1.", {path}) : inWords(saved.error()));
    }

    // --- on a bare server

    int runMetal()
    {
        m_spec.vendor = hosts::vendorNamed(m_words.value("--vendor"));
        if (const auto good = hosts::check(m_spec); !good)
            return refuse(good.error());
        const std::string address = m_words.value("--address");
        if (m_spec.first && !m_dry && address.empty())
            return misused(tr("“--first” needs “--address ADDRESS”: where the new cluster's API will be."));
        const std::string text =
            m_words.has("--cloud-init") ? hosts::userData(m_spec) : hosts::nodeScript(m_spec);
        if (m_dry) {
            std::cout << hosts::withoutSecrets(m_spec, text);
            std::cout.flush();
            return kCreated;
        }
        hosts::NodePlan plan;
        plan.id = provision::newPlanId();
        plan.title = m_spec.first ? tr("Make %1 the first node of a new outer cluster", {m_spec.name})
                                  : tr("Add outer node %1", {m_spec.name});
        plan.uri = m_words.value("--ssh", "ssh");
        plan.spec = m_spec;
        const provision::Plan logged = hosts::auditPlan(plan);
        audit(logged, "begun", {});
        if (m_spec.join) {
            const auto made = token();
            if (!made) {
                audit(logged, "failed", inWords(made.error()));
                return refuse(made.error());
            }
        }
        if (m_spec.first)
            keep(hosts::firstKubeconfig(*m_access, m_spec.name, "https://" + address + ":6443"));
        int code = kCreated;
        if (const std::string to = m_words.value("--ssh"); !to.empty()) {
            code = overSsh(to, text);
        } else if (const std::string path = m_words.value("--output"); !path.empty()) {
            const auto saved = provision::saveSecretFile(path, Secret(text));
            if (!saved)
                code = refuse(saved.error(), kFailed);
            else
                say(tr("It is in %1. Run it on the machine as root: it holds the token, which is good for a "
                       "day.",
                       {path}));
        } else {
            std::cout << text;
            std::cout.flush();
        }
        audit(logged, code == kCreated ? "done" : "failed", {});
        return code;
    }

    Result<void> token()
    {
        const provision::Object secret =
            hosts::tokenSecret(m_spec.join->token, systemNow() + 24LL * 3600 * 1000, m_spec.name);
        const auto made =
            answerTo(*m_client, provision::createRequest({"", "v1", "secrets", true}, secret, false));
        return made ? Result<void>() : tl::unexpected<Error>(made.error());
    }

    // The system's ssh, so that keys, agents and jump hosts are the operator's own. What the script says is
    // seen as it comes.
    static int overSsh(const std::string& to, const std::string& script)
    {
        if (to.starts_with('-') || !isCleanText(to, 256) || to.find(' ') != std::string::npos)
            return misused(tr("“--ssh” wants USER@HOST."));
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            return refuse({ErrorKind::Io, tr("ssh cannot be started."), std::strerror(errno), 0, 0}, kFailed);
        posix_spawn_file_actions_t actions{};
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
        const std::string remote =
            "if [ \"$(id -u)\" = 0 ]; then exec bash -s; else exec sudo -n bash -s; fi";
        std::array<std::string, 4> words{"ssh", "--", to, remote};
        std::array<char*, 5> argv{words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                                  nullptr};
        pid_t child = 0;
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_t attributes{};
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        const int failed = ::posix_spawnp(&child, "ssh", &actions, &attributes, argv.data(), environ);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[0]);
        if (failed != 0) {
            ::close(ends[1]);
            return refuse({ErrorKind::Io, tr("ssh cannot be started."), std::strerror(failed), 0, 0},
                          kFailed);
        }
        std::signal(SIGPIPE, SIG_IGN); // told by write()
        std::size_t done = 0;
        while (done < script.size()) {
            const ssize_t n = ::write(ends[1], script.data() + done, script.size() - done);
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                break;
            done += static_cast<std::size_t>(n);
        }
        ::close(ends[1]);
        int status = 0;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && done == script.size()) {
            say(tr("Done."));
            return kCreated;
        }
        say(tr("The script did not come to its end on %1.", {to}));
        return kFailed;
    }

    void audit(const provision::Plan& plan, const std::string& result, const std::string& detail) const
    {
        if (m_words.has("--demo"))
            return;
        const auto path = actions::auditPath();
        const Result<void> written =
            path ? actions::appendAudit(*path, actions::auditEntry(plan, result, detail, systemNow()))
                 : tl::unexpected(path.error());
        if (!written)
            say(inWords(written.error()));
    }

    const Words m_words;
    const Ends& m_ends;
    bool m_dry = false;
    std::int64_t m_seconds = 3600;
    NodeSpec m_spec;
    std::optional<hosts::FirstAccess> m_access;
    std::unique_ptr<demosite::DemoSite> m_demo;
    kube::Network m_network;
    std::shared_ptr<kube::Client> m_client; // goes before its network
};

} // namespace

int runAddNode(const CommandLine& line)
{
    const Ends ends;
    auto words = Words::read("add-node", line.words,
                             {"--image",   "--pool",       "--vcpus",   "--memory",     "--disk",
                              "--network", "--bridge",     "--ssh-key", "--kubernetes", "--pods",
                              "--cni",     "--kubeconfig", "--context", "--timeout",    "--save-kubeconfig",
                              "--vendor",  "--ssh",        "--output",  "--address",    "--take-back"},
                             {"--tcg", "--first", "--dry-run", "--no-wait", "--cloud-init", "--demo",
                              "--allow-exec", "--keep", "--left"});
    if (!words)
        return refuse(words.error(), kWrongUse);
    return AddNode(std::move(*words), ends).run();
}

std::string addNodeHelp()
{
    return tr(
        "  strata add-node lab URI NAME --image FILE [--pool POOL] [--vcpus N] [--memory GIB] [--disk GIB]\n"
        "      [--network NAME | --bridge NAME] [--ssh-key FILE]… [--tcg] [--no-wait] [--keep] [--timeout "
        "S]\n"
        "                                a VM on a host that becomes an outer node: image and cloud-init's\n"
        "                                seed go up through libvirt. What a failed run has made is taken "
        "back\n"
        "                                (--keep: not)\n"
        "  strata add-node metal NAME [--vendor intel|amd] [--cloud-init] [--ssh USER@HOST | --output FILE]\n"
        "                                the script (or cloud-init's user-data) that makes a bare server a\n"
        "                                node; with --ssh it is run there as root or through sudo\n"
        "      both: (--first --save-kubeconfig FILE [--pods CIDR] [--cni FILE] [--address ADDRESS] |\n"
        "             [--kubeconfig FILE [--context NAME]]) [--kubernetes VERSION] [--dry-run]\n"
        "                                --first makes a new outer cluster; --dry-run prints the plan, the\n"
        "                                domain, the script and what cloud-init is told\n"
        "  strata add-node --left        what runs that were killed have left on hosts, by plan\n"
        "  strata add-node --take-back PLAN [--kubeconfig FILE [--context NAME]]\n"
        "                                removes it; with its cluster's kubeconfig the token, too\n"
        "\n");
}

} // namespace strata::app
