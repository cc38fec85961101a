// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hosts/noderun.h"

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/hosts/seed.h"
#include "core/libvirt/domains.h"
#include "core/libvirt/volumes.h"
#include "core/provision/api.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace strata::hosts {
namespace {

using provision::Json;
using provision::Object;
using provision::RunReport;
using provision::RunState;
using provision::Step;
using provision::StepReport;
using provision::StepState;
using Steady = std::chrono::steady_clock;

constexpr std::int64_t kTokenMs = 24LL * 3600 * 1000;
const kube::ResourceId kSecrets{"", "v1", "secrets", true};

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("hosts", text), values);
}

Step step(const char* id, std::string title)
{
    Step out;
    out.id = id;
    out.title = std::move(title);
    return out;
}

std::vector<SeedFile> seedFiles(const NodePlan& plan)
{
    return {{"meta-data", metaData(plan.spec, plan.uuid)}, {"user-data", userData(plan.spec)}};
}

// Ready and, of KubeVirt, schedulable; with words for what is still missing.
struct NodeState {
    bool there = false;
    bool ready = false;
    bool schedulable = false;
    std::string words;
};

std::string member(const Json& json, const char* key)
{
    if (!json.is_object())
        return {};
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

NodeState nodeStateOf(const std::string& body)
{
    NodeState out;
    const Json json = Json::parse(body, nullptr, false);
    if (!json.is_object() || !json.contains("metadata") || !json["metadata"].is_object())
        return out;
    out.there = true;
    out.words = say("It has joined and is not ready yet.");
    const Json empty = Json::array();
    const Json& conditions =
        json.contains("status") && json["status"].is_object() && json["status"].contains("conditions")
            ? json["status"]["conditions"]
            : empty;
    if (conditions.is_array())
        for (const Json& condition : conditions)
            if (member(condition, "type") == "Ready") {
                out.ready = member(condition, "status") == "True";
                if (!out.ready)
                    out.words = cleanText(member(condition, "message"), 300);
            }
    const Json& labels = json["metadata"].contains("labels") ? json["metadata"]["labels"] : empty;
    out.schedulable = member(labels, "kubevirt.io/schedulable") == "true";
    if (out.ready)
        out.words = out.schedulable ? say("Ready, and KubeVirt may put VMs on it.") : say("Ready.");
    return out;
}

class Run : public std::enable_shared_from_this<Run> {
public:
    Run(NodePlan plan, std::shared_ptr<kube::Client> client, NodeRunOptions options,
        NodeRunCallbacks callbacks)
        : m_plan(std::move(plan)), m_client(std::move(client)), m_options(options),
          m_callbacks(std::move(callbacks))
    {
        if (m_plan.spec.join)
            m_tokenSecret = tokenSecretName(m_plan.spec.join->token);
    }

    // Of an earlier run, only to be taken back.
    Run(std::unique_ptr<NodeJournal> journal, std::shared_ptr<kube::Client> client,
        NodeRunCallbacks callbacks)
        : m_plan(planOf(journal->trace())), m_client(std::move(client)), m_callbacks(std::move(callbacks)),
          m_journal(std::move(journal)), m_tokenSecret(m_journal->trace().token)
    {
        const NodeTrace& trace = m_journal->trace();
        const auto there = [&trace](const char* step) { return trace.made.count(step) != 0; };
        // Nobody else has that token, nor that domain's UUID.
        m_madeToken = !m_tokenSecret.empty() && (there("token") || trace.begun == "token");
        m_defined = there("domain") || trace.begun == "domain";
        m_madeDisk = there("disk");
        m_madeSeed = there("seed");
        if (trace.begun == "disk" || trace.begun == "seed")
            m_unsure = trace.begun == "disk" ? trace.disk : trace.seed;
    }

    void start(bool undo)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_busy)
                return;
            m_busy = true;
            m_cancelled = false;
        }
        std::thread([self = shared_from_this(), undo] {
            const RunReport end = undo ? self->takeBack() : self->carryOut();
            {
                const std::lock_guard lock(self->m_mutex);
                self->m_busy = false; // what hears of the end may begin the next
            }
            self->tell(end);
        }).detach();
    }

    void cancel()
    {
        std::shared_ptr<virt::VolumeUpload> upload;
        {
            const std::lock_guard lock(m_mutex);
            m_cancelled = true;
            upload = m_upload;
        }
        m_wake.notify_all();
        if (upload)
            upload->cancel();
    }

    void stop()
    {
        cancel();
        const std::lock_guard lock(m_toldMutex);
        m_callbacks = {};
    }

    const NodePlan& plan() const { return m_plan; }

private:
    static NodePlan planOf(const NodeTrace& trace)
    {
        NodePlan plan;
        plan.id = trace.id;
        plan.title = trace.title;
        plan.uri = trace.uri;
        plan.uuid = trace.uuid;
        plan.spec.name = trace.node;
        plan.machine.pool = trace.pool;
        return plan;
    }

    NodeTrace trace() const
    {
        NodeTrace out;
        out.id = m_plan.id;
        out.title = m_plan.title;
        out.node = m_plan.spec.name;
        out.uri = m_plan.uri;
        out.server = m_client ? m_client->config().server : std::string();
        out.uuid = m_plan.uuid;
        out.pool = m_plan.machine.pool;
        out.disk = diskName(m_plan.spec);
        out.seed = seedName(m_plan.spec);
        out.token = m_tokenSecret;
        out.startedAt = systemNow();
        return out;
    }

    static tl::unexpected<Error> cancelled() { return fail(ErrorKind::Cancelled, say("Cancelled.")); }

    // --- telling

    void tell(const StepReport& report)
    {
        const std::lock_guard lock(m_toldMutex);
        if (m_callbacks.step)
            m_callbacks.step(report);
    }

    void tell(const RunReport& report)
    {
        const std::lock_guard lock(m_toldMutex);
        if (m_callbacks.state)
            m_callbacks.state(report);
    }

    static RunReport reportOf(RunState state, std::optional<Error> error = {},
                              std::vector<std::string> left = {})
    {
        RunReport report;
        report.state = state;
        report.error = std::move(error);
        report.left = std::move(left);
        return report;
    }

    void evidence(std::string words)
    {
        m_report.evidence = std::move(words);
        m_report.elapsedMs = systemNow() - m_report.startedAt;
        tell(m_report);
    }

    // --- waiting

    // Until `begin`'s answer comes or the run is cancelled; with `whole` the answer is waited for even then,
    // because what it did must be known to be taken back.
    template<typename Value>
    Result<Value> await(const std::function<void(std::function<void(Result<Value>)>)>& begin,
                        bool whole = false)
    {
        const auto slot = std::make_shared<std::optional<Result<Value>>>();
        begin([self = shared_from_this(), slot](Result<Value> value) {
            {
                const std::lock_guard lock(self->m_mutex);
                *slot = std::move(value);
            }
            self->m_wake.notify_all();
        });
        std::unique_lock lock(m_mutex);
        m_wake.wait(lock, [&] { return slot->has_value() || (m_cancelled && !whole); });
        if (!slot->has_value())
            return cancelled();
        return std::move(**slot);
    }

    bool pause() // false: cancelled
    {
        std::unique_lock lock(m_mutex);
        return !m_wake.wait_for(lock, m_options.pollInterval, [this] { return m_cancelled; });
    }

    Result<kube::Response> ask(const std::shared_ptr<kube::Client>& client, kube::Request request)
    {
        std::unique_ptr<kube::RequestHandle> handle;
        return await<kube::Response>([&](std::function<void(Result<kube::Response>)> done) {
            handle = client->send(std::move(request), std::move(done));
        });
    }

    // --- the steps

    Result<void> token()
    {
        if (!m_client)
            return fail(ErrorKind::NotFound, say("The cluster is not connected."));
        const Object secret = tokenSecret(m_plan.spec.join->token, systemNow() + kTokenMs, m_plan.spec.name);
        const Result<kube::Response> made = ask(m_client, provision::createRequest(kSecrets, secret, false));
        if (!made)
            return tl::unexpected<Error>(made.error());
        m_madeToken = true;
        evidence(say("Secret kube-system/%1, good for a day", {tokenSecretName(m_plan.spec.join->token)}));
        return {};
    }

    Result<void> upload(const virt::VolumeSpec& spec, virt::VolumeUpload::Source source, bool& made)
    {
        const Result<std::string> path = await<std::string>(
            [&](std::function<void(Result<std::string>)> done) {
                auto upload = virt::VolumeUpload::start(
                    m_plan.uri, spec, std::move(source),
                    [self = weak_from_this()](std::int64_t sent, std::int64_t total) {
                        if (const auto run = self.lock())
                            run->sent(sent, total);
                    },
                    std::move(done));
                const std::lock_guard lock(m_mutex);
                m_upload = std::move(upload);
            },
            true);
        {
            const std::lock_guard lock(m_mutex);
            m_upload.reset();
        }
        if (!path)
            return tl::unexpected<Error>(path.error());
        made = true;
        evidence(cleanText(*path));
        return {};
    }

    // On the upload's thread, while the run's own waits.
    void sent(std::int64_t sent, std::int64_t total)
    {
        StepReport report = m_report;
        report.evidence = say("%1 of %2 sent", {formatBytes(sent), formatBytes(total)});
        report.elapsedMs = systemNow() - report.startedAt;
        tell(report);
    }

    Result<void> disk()
    {
        const Result<virt::ImageFile> image = virt::inspectImage(m_plan.imagePath);
        if (!image)
            return tl::unexpected<Error>(image.error());
        return upload({m_plan.machine.pool, diskName(m_plan.spec), image->format,
                       std::max(m_plan.machine.diskBytes, image->virtualBytes)},
                      {m_plan.imagePath, {}}, m_madeDisk);
    }

    Result<void> seed()
    {
        Result<std::string> bytes = makeSeed(seedFiles(m_plan));
        if (!bytes)
            return tl::unexpected<Error>(bytes.error());
        const auto size = static_cast<std::int64_t>(bytes->size());
        return upload({m_plan.machine.pool, seedName(m_plan.spec), "raw", size}, {{}, std::move(*bytes)},
                      m_madeSeed);
    }

    Result<void> act(virt::DomainVerb verb)
    {
        virt::DomainRequest request;
        request.verb = verb;
        if (verb == virt::DomainVerb::Define)
            request.xml = domainXml(m_plan.spec, m_plan.machine, m_plan.uuid, m_plan.id);
        else
            request.domain = m_plan.uuid;
        request.volumes = verb == virt::DomainVerb::Undefine;
        const Result<virt::DomainDone> done = await<virt::DomainDone>(
            [&](std::function<void(Result<virt::DomainDone>)> answer) {
                virt::actOnDomain(m_plan.uri, request, std::move(answer));
            },
            true);
        if (!done)
            return tl::unexpected<Error>(done.error());
        if (verb == virt::DomainVerb::Define)
            m_defined = true;
        return {};
    }

    Result<void> address()
    {
        const auto until = Steady::now() + m_options.readyTimeout;
        for (;;) {
            const auto found = await<std::vector<std::string>>(
                [&](std::function<void(Result<std::vector<std::string>>)> done) {
                    virt::domainAddresses(m_plan.uri, m_plan.uuid, std::move(done));
                });
            if (!found && found.error().kind == ErrorKind::Cancelled)
                return tl::unexpected<Error>(found.error());
            if (found && !found->empty()) {
                m_address = found->front();
                evidence(cleanText(m_address));
                return {};
            }
            evidence(found ? say("It has no address yet.") : found.error().text);
            if (Steady::now() > until)
                return fail(ErrorKind::Timeout, say("The machine has got no address in time."));
            if (!pause())
                return cancelled();
        }
    }

    Result<void> api()
    {
        const std::string host = m_address.find(':') == std::string::npos ? m_address : "[" + m_address + "]";
        const Secret kubeconfig =
            firstKubeconfig(*m_plan.access, m_plan.spec.name, "https://" + host + ":6443");
        const auto file = kube::Kubeconfig::parse(kubeconfig.reveal(), m_plan.spec.name, {});
        const auto config = file ? file->resolve() : tl::unexpected<Error>(file.error());
        if (!config)
            return tl::unexpected<Error>(config.error());
        m_client = kube::Client::create(*m_options.network, *config);
        const auto until = Steady::now() + m_options.readyTimeout;
        for (;;) {
            kube::Request request;
            request.path = "/readyz";
            request.timeout = std::chrono::seconds(10);
            const auto answer = ask(m_client, std::move(request));
            if (answer) {
                evidence(say("It answers at %1.", {"https://" + host + ":6443"}));
                const std::lock_guard lock(m_toldMutex);
                if (m_callbacks.access)
                    m_callbacks.access(kubeconfig);
                return {};
            }
            if (answer.error().kind == ErrorKind::Cancelled)
                return tl::unexpected<Error>(answer.error());
            evidence(cleanText(answer.error().text, 300));
            if (Steady::now() > until)
                return fail(ErrorKind::Timeout, say("The new cluster's API does not answer."),
                            answer.error().text);
            if (!pause())
                return cancelled();
        }
    }

    // Of KubeVirt only where that is installed.
    Result<void> ready(bool schedulable)
    {
        if (!m_client)
            return fail(ErrorKind::NotFound, say("The cluster is not connected."));
        if (schedulable) {
            kube::Request request;
            request.path = "/apis/kubevirt.io";
            const auto kubevirt = ask(m_client, std::move(request));
            if (!kubevirt && kubevirt.error().kind == ErrorKind::NotFound) {
                evidence(say("KubeVirt is not installed here; nothing to wait for."));
                return {};
            }
        }
        const auto until = Steady::now() + m_options.readyTimeout;
        std::string last;
        for (;;) {
            const auto answer =
                ask(m_client, provision::getRequest({"", "v1", "nodes", false}, {}, m_plan.spec.name));
            if (answer) {
                const NodeState state = nodeStateOf(answer->body);
                if (state.ready && (!schedulable || state.schedulable)) {
                    evidence(state.words);
                    return {};
                }
                last = schedulable && state.ready ? say("KubeVirt does not schedule VMs on it yet.")
                                                  : state.words;
            } else if (answer.error().kind == ErrorKind::Cancelled) {
                return tl::unexpected<Error>(answer.error());
            } else if (answer.error().kind == ErrorKind::NotFound) {
                last = say("It has not joined yet; its serial line tells how far it is.");
            } else {
                last = cleanText(answer.error().text, 300);
            }
            evidence(last);
            if (Steady::now() > until)
                return fail(ErrorKind::Timeout, say("Node %1 is not ready in time.", {m_plan.spec.name}),
                            last);
            if (!pause())
                return cancelled();
        }
    }

    Result<void> carryOut(const std::string& id)
    {
        if (id == "token")
            return token();
        if (id == "disk")
            return disk();
        if (id == "seed")
            return seed();
        if (id == "domain")
            return act(virt::DomainVerb::Define);
        if (id == "start")
            return act(virt::DomainVerb::Start);
        if (id == "address")
            return address();
        if (id == "api")
            return api();
        return ready(id == "schedulable");
    }

    // Writes down what is about to be made before it is.
    Result<void> recorded(const std::string& id)
    {
        const bool makes = id == "token" || id == "disk" || id == "seed" || id == "domain";
        if (!m_journal || !makes)
            return carryOut(id);
        if (const Result<void> noted = m_journal->begin(id); !noted)
            return noted;
        const Result<void> done = carryOut(id);
        const Result<void> noted = done ? m_journal->made(id) : m_journal->gone(id);
        return done ? noted : done;
    }

    RunReport carryOut()
    {
        tell(reportOf(RunState::Running));
        if (!m_options.journal.empty()) {
            auto journal = NodeJournal::create(m_options.journal, trace());
            if (!journal)
                return reportOf(RunState::Failed, journal.error());
            m_journal = std::move(*journal);
        }
        for (const Step& each : m_plan.steps) {
            const bool waits =
                each.id == "address" || each.id == "api" || each.id == "ready" || each.id == "schedulable";
            if (waits && !m_options.wait)
                break;
            m_report = StepReport();
            m_report.id = each.id;
            m_report.state = waits ? StepState::Waiting : StepState::Running;
            m_report.startedAt = systemNow();
            tell(m_report);
            bool stopped = false;
            {
                const std::lock_guard lock(m_mutex);
                stopped = m_cancelled;
            }
            const Result<void> done = stopped ? Result<void>(cancelled()) : recorded(each.id);
            m_report.elapsedMs = systemNow() - m_report.startedAt;
            if (!done) {
                const bool byUs = done.error().kind == ErrorKind::Cancelled;
                m_report.state = byUs ? StepState::Cancelled : StepState::Failed;
                m_report.error = done.error();
                if (!byUs)
                    m_report.evidence = cleanText(done.error().text);
                tell(m_report);
                return reportOf(byUs ? RunState::Cancelled : RunState::Failed, done.error());
            }
            m_report.state = StepState::Done;
            tell(m_report);
        }
        finish();
        return reportOf(RunState::Done);
    }

    void finish()
    {
        if (m_journal)
            m_journal->finish();
        m_journal.reset();
    }

    RunReport takeBack()
    {
        tell(reportOf(RunState::Undoing));
        std::vector<std::string> left;
        std::optional<Error> first;
        const auto note = [&](const Result<void>& done, const std::string& what) {
            if (done || done.error().kind == ErrorKind::NotFound)
                return true;
            left.push_back(say("%1 stays: %2", {what, done.error().text}));
            if (!first)
                first = done.error();
            return false;
        };
        const auto remove = [this](const std::string& volume) {
            return await<void>(
                [&](std::function<void(Result<void>)> done) {
                    virt::deleteVolume(m_plan.uri, m_plan.machine.pool, volume, std::move(done));
                },
                true);
        };
        bool off = true;
        if (m_defined) {
            (void)act(virt::DomainVerb::Destroy); // refused when it does not run
            off = note(act(virt::DomainVerb::Undefine), say("Domain %1", {m_plan.spec.name}));
            m_defined = !off;
        }
        // Most have gone with the domain.
        if (off && m_madeSeed && note(remove(seedName(m_plan.spec)), seedName(m_plan.spec)))
            m_madeSeed = false;
        if (off && m_madeDisk && note(remove(diskName(m_plan.spec)), diskName(m_plan.spec)))
            m_madeDisk = false;
        if (m_madeToken && !m_client) {
            left.push_back(
                say("The token stays: its cluster is not connected. It ends by itself within a day."));
        } else if (m_madeToken) {
            kube::Request request;
            request.method = "DELETE";
            request.path = kube::path(kSecrets, "kube-system", m_tokenSecret);
            const auto gone = ask(m_client, std::move(request));
            if (note(gone ? Result<void>() : tl::unexpected<Error>(gone.error()), say("The token")))
                m_madeToken = false;
        }
        if (!m_unsure.empty())
            left.push_back(
                say("Volume %1 of pool %2 was being filled when the program ended; look whether it is "
                    "there, and whose it is.",
                    {m_unsure, m_plan.machine.pool}));
        if (!first)
            finish();
        return reportOf(first ? RunState::UndoFailed : RunState::Undone, first, left);
    }

    const NodePlan m_plan;
    std::shared_ptr<kube::Client> m_client;
    const NodeRunOptions m_options;

    std::mutex m_mutex; // guards these
    std::condition_variable m_wake;
    bool m_cancelled = false;
    bool m_busy = false;
    std::shared_ptr<virt::VolumeUpload> m_upload;

    std::recursive_mutex m_toldMutex; // held while calling out
    NodeRunCallbacks m_callbacks;

    std::unique_ptr<NodeJournal> m_journal; // the run's own
    std::string m_tokenSecret;
    std::string m_unsure; // a volume of which it is not known whether it is there

    // The run's own; read by the upload's thread only while the run's waits for that.
    StepReport m_report;
    std::string m_address;
    bool m_madeToken = false;
    bool m_madeDisk = false;
    bool m_madeSeed = false;
    bool m_defined = false;
};

class HeldRun : public NodeRun {
public:
    explicit HeldRun(std::shared_ptr<Run> run) : m_run(std::move(run)) {}
    ~HeldRun() override { m_run->stop(); }
    HeldRun(const HeldRun&) = delete;
    HeldRun& operator=(const HeldRun&) = delete;

    const NodePlan& plan() const override { return m_run->plan(); }
    void cancel() override { m_run->cancel(); }
    void undo() override { m_run->start(true); }

private:
    std::shared_ptr<Run> m_run;
};

} // namespace

Result<NodePlan> labPlan(const std::string& uri, const NodeSpec& spec, LabMachine machine,
                         const std::string& imagePath, std::optional<FirstAccess> access)
{
    if (Result<std::string> checked = virt::checkUri(uri); !checked)
        return tl::unexpected<Error>(checked.error());
    if (Result<void> good = check(spec); !good)
        return tl::unexpected<Error>(good.error());
    if (Result<void> good = check(machine); !good)
        return tl::unexpected<Error>(good.error());
    const Result<virt::ImageFile> image = virt::inspectImage(imagePath);
    if (!image)
        return tl::unexpected<Error>(image.error());
    machine.imageFormat = image->format;
    machine.diskBytes = std::max(machine.diskBytes, image->virtualBytes);
    NodePlan plan;
    plan.id = provision::newPlanId();
    plan.title = spec.first ? say("Make %1 the first node of a new outer cluster", {spec.name})
                            : say("Add outer node %1", {spec.name});
    plan.uri = uri;
    plan.imagePath = imagePath;
    plan.uuid = newUuid();
    plan.spec = spec;
    plan.machine = machine;
    plan.access = std::move(access);
    if (spec.join) {
        Step token = step("token", say("Make a token with which it may join"));
        provision::Write write;
        write.verb = provision::Verb::Create;
        write.object = tokenSecret(spec.join->token, 0, spec.name);
        token.writes.push_back(std::move(write));
        plan.steps.push_back(std::move(token));
    }
    plan.steps.push_back(step("disk", say("Upload %1 (%2) as volume %3 of pool %4",
                                          {cleanText(imagePath.substr(imagePath.rfind('/') + 1)),
                                           formatBytes(image->fileBytes), diskName(spec), machine.pool})));
    plan.steps.push_back(step(
        "seed", say("Upload what cloud-init reads as volume %1 of pool %2", {seedName(spec), machine.pool})));
    plan.steps.push_back(step("domain", machine.kvm
                                            ? say("Define domain %1", {spec.name})
                                            : say("Define domain %1, emulated without KVM", {spec.name})));
    plan.steps.push_back(step("start", say("Start it")));
    if (spec.first) {
        plan.steps.push_back(step("address", say("Wait until it has an address")));
        plan.steps.push_back(step("api", say("Wait until the new cluster's API answers")));
    }
    plan.steps.push_back(step("ready", say("Wait until Node %1 is ready", {spec.name})));
    if (spec.join)
        plan.steps.push_back(step("schedulable", say("Wait until KubeVirt may put VMs on it")));
    return plan;
}

std::string preview(const NodePlan& plan)
{
    std::string out = plan.title + "\n";
    for (std::size_t i = 0; i < plan.steps.size(); ++i)
        out += "  " + std::to_string(i + 1) + ". " + plan.steps[i].title + "\n";
    out += "\n# " + say("The domain") + "\n" + domainXml(plan.spec, plan.machine, plan.uuid, plan.id);
    for (const SeedFile& file : seedFiles(plan))
        out += "\n# " + file.name + "\n" + file.bytes;
    return withoutSecrets(plan.spec, std::move(out));
}

provision::Plan auditPlan(const NodePlan& plan)
{
    provision::Plan out;
    out.id = plan.id;
    out.title = plan.title;
    out.action = plan.spec.first ? "first-node" : "add-node";
    out.server = cleanText(plan.uri);
    return out;
}

Result<std::unique_ptr<NodeRun>> NodeRun::leftBy(const NodeTrace& trace, std::shared_ptr<kube::Client> client,
                                                 NodeRunCallbacks callbacks)
{
    auto journal = NodeJournal::open(trace.path);
    if (!journal)
        return tl::unexpected<Error>(journal.error());
    return std::make_unique<HeldRun>(
        std::make_shared<Run>(std::move(*journal), std::move(client), std::move(callbacks)));
}

std::unique_ptr<NodeRun> NodeRun::start(NodePlan plan, std::shared_ptr<kube::Client> client,
                                        NodeRunOptions options, NodeRunCallbacks callbacks)
{
    auto run = std::make_shared<Run>(std::move(plan), std::move(client), options, std::move(callbacks));
    run->start(false);
    return std::make_unique<HeldRun>(std::move(run));
}

} // namespace strata::hosts
