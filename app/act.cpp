// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/act.h"

#include "app/connections.h"
#include "app/createcluster.h"
#include "app/ends.h"
#include "app/execpermission.h"
#include "app/firstpicture.h"
#include "app/told.h"
#include "core/actions/audit.h"
#include "core/actions/draft.h"
#include "core/actions/image.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/config/kubeconfig.h"
#include "core/provision/journal.h"
#include "core/provision/runner.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <future>
#include <iostream>
#include <map>
#include <mutex>

namespace strata::app {
namespace {

using namespace provision;
using actions::Action;
using stack::Item;
using stack::ItemId;
using stack::ItemKind;
using stack::Tree;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Act", text), values);
}

int refuse(const Error& error)
{
    say(inWords(error));
    return kNotBegun;
}

void walk(const stack::Stack& stack, Tree tree, const std::function<void(const Item&)>& visit)
{
    std::vector<ItemId> open = stack.roots(tree);
    while (!open.empty()) {
        const Item* item = stack.find(open.back());
        open.pop_back();
        if (item == nullptr)
            continue;
        visit(*item);
        for (const ItemId child : item->childrenIn(tree))
            open.push_back(child);
    }
}

// Items of the kinds by "namespace/name", or by the name alone where only one has it.
Result<std::vector<ItemId>> find(const stack::Stack& stack, const std::vector<ItemKind>& kinds,
                                 const std::string& name)
{
    std::vector<ItemId> exact;
    std::vector<ItemId> byName;
    for (const Tree tree : {Tree::Stack, Tree::Tenants}) {
        walk(stack, tree, [&](const Item& item) {
            if (std::find(kinds.begin(), kinds.end(), item.kind) == kinds.end())
                return;
            // A control plane is shown by what it is; its object has a name.
            const stack::ControlPlaneFact* plane = stack.facts(item.id).controlPlane;
            const std::string own =
                item.kind == ItemKind::ControlPlane && plane != nullptr ? plane->meta.name : item.name;
            const bool same = item.ns + "/" + own == name || (item.ns.empty() && own == name);
            auto& into = same ? exact : byName;
            if ((&into == &exact || own == name) &&
                std::find(into.begin(), into.end(), item.id) == into.end())
                into.push_back(item.id);
        });
    }
    if (!exact.empty())
        return exact;
    if (byName.size() == 1)
        return byName;
    if (byName.size() > 1)
        return fail(ErrorKind::Config, tr("There are several called %1; write NAMESPACE/NAME.", {name}));
    return fail(ErrorKind::NotFound, tr("There is nothing called %1.", {name}));
}

Result<Action> actionOf(const CommandLine& line)
{
    static const std::map<std::string, Action> kPlain = {{"upgrade", Action::UpgradeCluster},
                                                         {"roll-out", Action::RollOut},
                                                         {"pause-cluster", Action::PauseCluster},
                                                         {"resume-cluster", Action::ResumeCluster},
                                                         {"replace-machine", Action::ReplaceMachine},
                                                         {"delete-cluster", Action::DeleteCluster},
                                                         {"cordon", Action::CordonNode},
                                                         {"uncordon", Action::UncordonNode},
                                                         {"drain", Action::DrainNode},
                                                         {"scale", Action::ScalePool}};
    static const std::map<std::string, Action> kVm = {{"start", Action::StartVm},
                                                      {"stop", Action::StopVm},
                                                      {"force-stop", Action::ForceStopVm},
                                                      {"restart", Action::RestartVm},
                                                      {"soft-reboot", Action::SoftRebootVm},
                                                      {"pause", Action::PauseVm},
                                                      {"unpause", Action::ResumeVm},
                                                      {"migrate", Action::MigrateVm},
                                                      {"cancel-migration", Action::CancelMigration}};
    static const std::map<std::string, Action> kWorkload = {{"scale", Action::ScaleWorkload},
                                                            {"restart", Action::RestartWorkload},
                                                            {"roll-back", Action::RollBackWorkload},
                                                            {"delete", Action::DeleteWorkload}};
    const auto& table = line.act == "vm" ? kVm : line.act == "workload" ? kWorkload : kPlain;
    const std::string& word = line.act == "vm" || line.act == "workload" ? line.words.front() : line.act;
    const auto found = table.find(word);
    if (found == table.end())
        return fail(ErrorKind::Config, tr("“strata %1” has no “%2”.", {line.act, word}));
    return found->second;
}

Result<actions::Request> requestOf(const stack::Stack& stack, const CommandLine& line)
{
    const auto action = actionOf(line);
    if (!action)
        return tl::unexpected(action.error());
    actions::Request request;
    request.action = *action;
    if (line.replicas >= 0)
        request.replicas = line.replicas;
    request.version = line.toVersion;
    request.image = line.image;
    request.node = line.toNode;
    request.force = line.force;
    request.now = systemNow();
    std::vector<ItemKind> kinds;
    std::size_t from = 0;
    if (line.act == "vm") {
        kinds = {ItemKind::Vm};
        from = 1;
    } else if (line.act == "workload") {
        const auto cluster = find(stack, {ItemKind::TenantCluster}, line.words[1]);
        if (!cluster)
            return tl::unexpected(cluster.error());
        const stack::SourceState* inner = stack.facts(cluster->front()).innerSource;
        if (inner == nullptr)
            return fail(ErrorKind::NotFound, tr("The API of %1 is not connected.", {line.words[1]}));
        for (std::size_t i = 2; i < line.words.size(); ++i) {
            std::vector<ItemId> found;
            walk(stack, Tree::Stack, [&](const Item& item) {
                if (item.kind == ItemKind::Workload && item.source == inner->id &&
                    (item.ns + "/" + item.name == line.words[i] || item.name == line.words[i]))
                    found.push_back(item.id);
            });
            if (found.empty())
                return fail(ErrorKind::NotFound,
                            tr("There is no workload %1 with pods in %2.", {line.words[i], line.words[1]}));
            request.items.insert(request.items.end(), found.begin(), found.end());
        }
        return request;
    } else if (line.act == "scale" || line.act == "roll-out") {
        kinds = {ItemKind::WorkerPool, ItemKind::ControlPlane};
    } else if (line.act == "replace-machine") {
        kinds = {ItemKind::Machine};
    } else if (line.act == "cordon" || line.act == "uncordon" || line.act == "drain") {
        kinds = {ItemKind::OuterNode};
    } else {
        kinds = {ItemKind::TenantCluster};
    }
    for (std::size_t i = from; i < line.words.size(); ++i) {
        const auto found = find(stack, kinds, line.words[i]);
        if (!found)
            return tl::unexpected(found.error());
        request.items.insert(request.items.end(), found->begin(), found->end());
    }
    if (line.act == "scale" && stack.find(request.items.front())->kind == ItemKind::ControlPlane)
        request.action = Action::ScaleControlPlane;
    return request;
}

// What the runner tells, printed as it comes and kept. Called on the network's thread.
class Progress {
public:
    Progress(const Ends& ends, const Plan& plan) : m_ends(ends), m_plan(plan) {}

    RunCallbacks callbacks()
    {
        RunCallbacks calls;
        calls.verdict = [this](const Verdict& told) { verdict(told); };
        calls.step = [this](const StepReport& report) { step(report); };
        calls.state = [this](const RunReport& report) { state(report); };
        return calls;
    }
    RunReport report() const
    {
        const std::lock_guard lock(m_mutex);
        return m_report;
    }
    bool wrote() const
    {
        const std::lock_guard lock(m_mutex);
        return m_running;
    }
    nlohmann::ordered_json json() const
    {
        using Json = nlohmann::ordered_json;
        const std::lock_guard lock(m_mutex);
        Json out = {{"plan", m_plan.id},
                    {"action", m_plan.action},
                    {"title", m_plan.title},
                    {"state", toString(m_report.state)},
                    {"interruption", m_plan.interruption}};
        if (m_report.error)
            out["error"] = {{"kind", toString(m_report.error->kind)},
                            {"text", m_report.error->text},
                            {"detail", m_report.error->detail}};
        Json& verdicts = out["verdicts"] = Json::array();
        for (const Verdict& told : m_verdicts)
            verdicts.push_back(
                {{"object", told.ref.title()}, {"accepted", told.accepted}, {"words", told.words}});
        Json& steps = out["steps"] = Json::array();
        for (const Step& planned : m_plan.steps) {
            const auto found = m_steps.find(planned.id);
            const StepReport report = found != m_steps.end() ? found->second : StepReport{};
            steps.push_back({{"title", planned.title},
                             {"state", toString(report.state)},
                             {"evidence", report.evidence},
                             {"elapsedMs", report.elapsedMs}});
        }
        return out;
    }

private:
    void verdict(const Verdict& told)
    {
        const std::lock_guard lock(m_mutex);
        m_verdicts.push_back(told);
        tellVerdict(told);
    }

    void step(const StepReport& report)
    {
        const std::lock_guard lock(m_mutex);
        StepReport& known = m_steps[report.id];
        const bool news = known.state != report.state ||
                          (report.state == StepState::Waiting && known.evidence != report.evidence);
        known = report;
        if (!news || report.state == StepState::Pending || report.state == StepState::Running)
            return;
        for (std::size_t i = 0; i < m_plan.steps.size(); ++i) {
            if (m_plan.steps[i].id != report.id)
                continue;
            std::cerr << "[" << i + 1 << "/" << m_plan.steps.size() << "] " << m_plan.steps[i].title << ": "
                      << toString(report.state);
            if (!report.evidence.empty())
                std::cerr << " — " << report.evidence;
            std::cerr << "\n";
        }
    }

    void state(const RunReport& report)
    {
        const std::lock_guard lock(m_mutex);
        m_report = report;
        m_running = m_running || report.state == RunState::Running;
        if (report.state == RunState::Done || report.state == RunState::Failed ||
            report.state == RunState::Cancelled)
            m_ends.end();
    }

    mutable std::mutex m_mutex;
    const Ends& m_ends;
    const Plan m_plan;
    std::vector<Verdict> m_verdicts;
    std::map<std::string, StepReport> m_steps;
    RunReport m_report;
    bool m_running = false;
};

// Asks until the plan is made.
Result<actions::Draft>
finishedDraft(const stack::Stack& stack, const actions::Request& request,
              const std::function<std::shared_ptr<kube::Client>(stack::SourceId)>& client)
{
    actions::Answers answers;
    while (true) {
        auto draft = actions::draftOf(stack, request, answers);
        if (!draft || draft->plan)
            return draft;
        std::promise<Result<actions::Answers>> promise;
        auto answer = promise.get_future();
        const auto reached = client(draft->source);
        if (!reached)
            return fail(ErrorKind::Internal, tr("The cluster is not connected."));
        const auto reading = actions::Reading::start(
            reached, draft->ns, draft->cluster, draft->questions, answers,
            [&promise](Result<actions::Answers> got) { promise.set_value(std::move(got)); });
        Result<actions::Answers> got = answer.get();
        if (!got)
            return tl::unexpected(got.error());
        answers = std::move(*got);
    }
}

// Without waiting for what the writes bring about.
void dropWaits(Plan& plan)
{
    for (Step& step : plan.steps)
        step.waits.clear();
}

void audit(const Plan& plan, const std::string& result, const std::string& detail, bool demo)
{
    if (demo) // nothing real was touched
        return;
    const auto path = actions::auditPath();
    const Result<void> done =
        path ? actions::appendAudit(*path, actions::auditEntry(plan, result, detail, systemNow()))
             : tl::unexpected(path.error());
    if (!done)
        say(inWords(done.error()));
}

// `strata image list`.
int listImages(const CommandLine& line, const std::shared_ptr<kube::Client>& client)
{
    using actions::Question;
    const Question volumes{Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataVolume", {}, {}}, {}};
    const Question vms{Target::Outer, {"kubevirt.io/v1", "VirtualMachine", {}, {}}, {}};
    const Question sources{Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataSource", {}, {}}, {}};
    std::promise<Result<actions::Answers>> promise;
    auto answer = promise.get_future();
    const auto reading = actions::Reading::start(
        client, {}, {}, {volumes, vms, sources}, {},
        [&promise](Result<actions::Answers> got) { promise.set_value(std::move(got)); });
    const Result<actions::Answers> got = answer.get();
    if (!got)
        return refuse(got.error());
    const std::vector<actions::ImageRow> rows =
        actions::imagesOf(*got->find(volumes), *got->find(vms), *got->find(sources));
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const actions::ImageRow& row : rows) {
        if (line.json) {
            out.push_back({{"namespace", row.ns},
                           {"name", row.name},
                           {"source", row.source},
                           {"phase", row.phase},
                           {"progress", row.progress},
                           {"words", row.words},
                           {"failed", row.failed},
                           {"bytes", row.bytes},
                           {"users", row.users}});
            continue;
        }
        std::cout << row.ns << "/" << row.name << "  " << (row.phase.empty() ? "Pending" : row.phase)
                  << (row.progress.empty() ? "" : " " + row.progress) << "  " << row.words << "\n";
        if (!row.source.empty())
            std::cout << "   " << tr("from %1", {row.source}) << "\n";
        for (const std::string& user : row.users)
            std::cout << "   " << tr("used by %1", {user}) << "\n";
    }
    if (line.json)
        std::cout << out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    std::cout.flush();
    return kCreated;
}

} // namespace

int carryOut(const CommandLine& line, const Ends& ends, const Connections& connections,
             const std::shared_ptr<kube::Client>& client, const Plan& plan, const std::string& fates,
             const std::string& json)
{
    say(plan.title);
    for (const std::string& sentence : plan.interruption)
        std::cerr << "  " << sentence << "\n";

    RunOptions options;
    options.dryRunOnly = line.dryRun;
    if (!line.dryRun) {
        const auto folder =
            line.demo ? Result<std::string>(connections.demoFolder()) : provision::journalFolder();
        if (!folder)
            return refuse(folder.error());
        options.journal = *folder + "/" + plan.id + ".journal";
    }
    Progress progress(ends, plan);
    if (!line.dryRun)
        audit(plan, "begun", {}, line.demo);
    auto runner = std::make_unique<Runner>(client, plan, options, progress.callbacks());
    runner->start();
    waitForEnd(ends, [&runner] {
        say(tr("Stopping after the writes on their way; interrupt again to leave at once."));
        runner->cancel();
    });
    const RunReport report = progress.report();
    int code = kFailed;
    switch (report.state) {
    case RunState::Done:
        code = kCreated;
        say(line.dryRun ? tr("The server accepts all of it; nothing was written.") : tr("Done."));
        break;
    case RunState::Cancelled:
        code = kInterrupted;
        say(tr("Cancelled."));
        break;
    default:
        code = progress.wrote() ? kFailed : kNotBegun;
        if (report.error)
            say(inWords(*report.error));
        break;
    }
    if (!line.dryRun)
        audit(plan, toString(report.state), report.error ? inWords(*report.error) : std::string(), line.demo);
    if ((code == kFailed || code == kInterrupted) && progress.wrote() && !line.demo) {
        say(tr("Go on with: strata resume %1", {plan.id}));
        if (canBeUndone(plan))
            say(tr("Take back with: strata resume %1 --undo", {plan.id}));
    }
    if (line.json) {
        nlohmann::ordered_json out =
            nlohmann::ordered_json::parse(json.empty() ? "{}" : json, nullptr, false);
        out.update(progress.json());
        std::cout << out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    } else if (line.dryRun)
        std::cout << preview(plan) << fates;
    else if (code != kNotBegun)
        std::cout << plan.id << "\n";
    std::cout.flush();
    runner.reset();
    return code;
}

int runAct(const CommandLine& given)
{
    const Ends ends;
    CommandLine line = given;
    if (!line.demo && line.kubeconfig.empty()) {
        const std::vector<std::string> usual = kube::usualKubeconfigPaths();
        if (usual.empty())
            return refuse({ErrorKind::Config,
                           tr("There is no kubeconfig in the usual places; name one with --kubeconfig FILE."),
                           {},
                           0,
                           0});
        line.kubeconfig = usual.front();
    }
    const bool image = line.act == "image";
    if (image ? line.words.front() != "list" && line.words.front() != "import" : !actionOf(line)) {
        say(tr("“strata %1” has no “%2”.", {line.act, line.words.front()}));
        return kWrongUse;
    }
    const auto plugins = headlessExecPlugins(line.allowExec);
    Connections connections(plugins);
    if (const auto opened = connections.open(line); !opened)
        return refuse(opened.error());
    if (image) {
        const std::optional<kube::ClusterConfig> config = connections.firstConfig();
        if (!config)
            return refuse({ErrorKind::Internal, tr("The cluster is not connected."), {}, 0, 0});
        kube::Network network;
        network.setExecPlugins(plugins);
        const auto client = kube::Client::create(network, *config);
        if (line.words.front() == "list")
            return listImages(line, client);
        actions::ImageWish wish;
        const std::string& name = line.words.back();
        const std::size_t slash = name.find('/');
        wish.ns = slash == std::string::npos ? std::string() : name.substr(0, slash);
        wish.name = name.substr(slash == std::string::npos ? 0 : slash + 1);
        wish.url = line.url;
        wish.size = line.diskSize;
        wish.storageClass = line.storageClass;
        auto plan = actions::importPlan(wish);
        if (!plan)
            return refuse(plan.error());
        plan->server = client->config().server;
        if (!line.wait)
            dropWaits(*plan);
        return carryOut(line, ends, connections, client, *plan, {});
    }
    stack::Stack stack;
    takeFirstPicture(connections.site(), line.timeoutSeconds,
                     [&stack](const stack::Batch& batch) { stack.apply(batch); });
    const auto request = requestOf(stack, line);
    if (!request) {
        reportSources(stack);
        return refuse(request.error());
    }
    kube::Network network;
    network.setExecPlugins(plugins);
    std::map<stack::SourceId, std::shared_ptr<kube::Client>> clients;
    const auto clientOf = [&](stack::SourceId source) {
        std::shared_ptr<kube::Client>& client = clients[source];
        if (const auto config = connections.config(source); !client && config)
            client = kube::Client::create(network, *config);
        return client;
    };
    auto draft = finishedDraft(stack, *request, clientOf);
    if (!draft)
        return refuse(draft.error());
    Plan plan = std::move(*draft->plan);
    const auto client = clientOf(draft->source);
    if (!client)
        return refuse({ErrorKind::Internal, tr("The cluster is not connected."), {}, 0, 0});
    plan.server = client->config().server;
    if (!line.wait)
        dropWaits(plan);
    if (!line.dryRun && !draft->typed.empty() && line.yes != draft->typed)
        return refuse({ErrorKind::Refused,
                       tr("This cannot be taken back. Say that you mean it with --yes %1", {draft->typed}),
                       {},
                       0,
                       0});

    std::string fates;
    for (const diagnosis::VmFate& fate : draft->fates) {
        const Item* vm = stack.find(fate.vm);
        const Item* target = stack.find(fate.target);
        if (vm != nullptr)
            fates += "   " + vm->ns + "/" + vm->name + ": " + diagnosis::toString(fate.fate) +
                     (target != nullptr ? " → " + target->name : "") +
                     (fate.why.empty() ? "" : ". " + fate.why) + "\n";
    }
    return carryOut(line, ends, connections, client, plan, fates);
}

int runAudit(const CommandLine& line)
{
    const auto path = actions::auditPath();
    if (!path)
        return refuse(path.error());
    const auto entries = actions::readAudit(*path);
    if (!entries)
        return refuse(entries.error());
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const actions::AuditEntry& entry : *entries) {
        if (line.json) {
            out.push_back({{"at", formatRfc3339(entry.at)},
                           {"who", entry.who},
                           {"server", entry.server},
                           {"plan", entry.plan},
                           {"action", entry.action},
                           {"what", entry.what},
                           {"result", entry.result},
                           {"detail", entry.detail}});
            continue;
        }
        std::cout << formatRfc3339(entry.at) << "  " << entry.who << "  " << entry.result << "  "
                  << entry.what << (entry.detail.empty() ? "" : " — " + entry.detail) << "\n";
    }
    if (line.json)
        std::cout << out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    std::cout.flush();
    return 0;
}

} // namespace strata::app
