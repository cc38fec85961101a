// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/act.h"

#include "app/await.h"
#include "app/connections.h"
#include "app/createcluster.h"
#include "app/ends.h"
#include "app/execpermission.h"
#include "app/firstpicture.h"
#include "app/told.h"
#include "core/actions/audit.h"
#include "core/actions/calendar.h"
#include "core/actions/deletion.h"
#include "core/actions/draft.h"
#include "core/actions/image.h"
#include "core/actions/services.h"
#include "core/actions/upload.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/config/kubeconfig.h"
#include "core/provision/journal.h"
#include "core/provision/runner.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <mutex>
#include <set>

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
                                                         {"add-pool", Action::AddPool},
                                                         {"remove-pool", Action::RemovePool},
                                                         {"resize", Action::ResizeMachines},
                                                         {"rotate-certificates", Action::RotateCertificates},
                                                         {"cancel-evacuation", Action::CancelEvacuation},
                                                         {"scale", Action::ScalePool}};
    static const std::map<std::string, Action> kHealthCheck = {{"on", Action::AddHealthCheck},
                                                               {"off", Action::RemoveHealthCheck}};
    static const std::map<std::string, Action> kMaintenance = {{"start", Action::StartMaintenance},
                                                               {"end", Action::EndMaintenance}};
    static const std::map<std::string, Action> kVm = {{"start", Action::StartVm},
                                                      {"stop", Action::StopVm},
                                                      {"force-stop", Action::ForceStopVm},
                                                      {"restart", Action::RestartVm},
                                                      {"soft-reboot", Action::SoftRebootVm},
                                                      {"pause", Action::PauseVm},
                                                      {"unpause", Action::ResumeVm},
                                                      {"migrate", Action::MigrateVm},
                                                      {"cancel-migration", Action::CancelMigration},
                                                      {"snapshot", Action::SnapshotVm},
                                                      {"restore", Action::RestoreVm},
                                                      {"clone", Action::CloneVm},
                                                      {"add-volume", Action::AddVolume},
                                                      {"remove-volume", Action::RemoveVolume},
                                                      {"expand-disk", Action::ExpandDisk},
                                                      {"resize", Action::ResizeVm}};
    static const std::map<std::string, Action> kWorkload = {{"scale", Action::ScaleWorkload},
                                                            {"restart", Action::RestartWorkload},
                                                            {"roll-back", Action::RollBackWorkload},
                                                            {"delete", Action::DeleteWorkload}};
    const auto& table = line.act == "vm"             ? kVm
                        : line.act == "workload"     ? kWorkload
                        : line.act == "health-check" ? kHealthCheck
                        : line.act == "maintenance"  ? kMaintenance
                                                     : kPlain;
    const std::string& word = &table == &kPlain ? line.act : line.words.front();
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
    request.values = line.values;
    if (line.replicas >= 0)
        request.values[actions::kReplicas] = std::to_string(line.replicas);
    if (!line.image.empty())
        request.values[actions::kImage] = line.image;
    if (!line.diskSize.empty())
        request.values[actions::kDisk] = line.diskSize;
    if (!line.storageClass.empty())
        request.values[actions::kStorageClass] = line.storageClass;
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
    } else if (line.act == "scale" || line.act == "roll-out" || line.act == "resize") {
        kinds = {ItemKind::WorkerPool, ItemKind::ControlPlane};
    } else if (line.act == "health-check") {
        kinds = {ItemKind::WorkerPool, ItemKind::ControlPlane};
        from = 1;
    } else if (line.act == "remove-pool") {
        kinds = {ItemKind::WorkerPool};
    } else if (line.act == "rotate-certificates") {
        kinds = {ItemKind::ControlPlane};
    } else if (line.act == "maintenance" || line.act == "cancel-evacuation") {
        kinds = {ItemKind::OuterNode};
        from = line.act == "maintenance" ? 1 : 0;
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
    // Names that follow from the item's where none is given.
    for (const actions::Field& field : actions::fieldsOf(stack, request.action, request.items)) {
        if (field.kind != actions::Field::Kind::Choice && field.key == actions::kName &&
            request.values.count(field.key) == 0)
            request.values[field.key] = field.value;
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
        const auto reached = client(draft->source);
        if (!reached)
            return fail(ErrorKind::Internal, tr("The cluster is not connected."));
        auto got = await<actions::Answers>([&](auto done) {
            return actions::Reading::start(reached, draft->ns, draft->cluster, draft->questions, answers,
                                           std::move(done));
        });
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

} // namespace

int carryOut(const CommandLine& line, const Ends& ends, const Connections& connections,
             const std::shared_ptr<kube::Client>& client, const Plan& plan, const std::string& fates,
             const std::string& json, bool more)
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
    if (more)
        return code;
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

namespace {

using ClientOf = std::function<std::shared_ptr<kube::Client>(stack::SourceId)>;

// Asks and waits for the answers.
Result<actions::Answers> askAll(const std::shared_ptr<kube::Client>& client,
                                std::vector<actions::Question> questions, const std::string& ns = {},
                                const std::string& cluster = {})
{
    return await<actions::Answers>([&](auto done) {
        return actions::Reading::start(client, ns, cluster, std::move(questions), {}, std::move(done));
    });
}

void printJson(const nlohmann::ordered_json& json)
{
    std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    std::cout.flush();
}

// "3 d", "2 h", "5 min": how long ago, or how long until.
std::string span(UnixMs ms)
{
    const std::int64_t minutes = std::max<std::int64_t>(ms, 0) / 60000;
    return minutes >= 2880  ? tr("%1 d", {std::to_string(minutes / 1440)})
           : minutes >= 120 ? tr("%1 h", {std::to_string(minutes / 60)})
                            : tr("%1 min", {std::to_string(minutes)});
}

// `strata delete-cluster --status`.
int showDeletion(const CommandLine& line, const stack::Stack& stack, const ClientOf& clientOf)
{
    const auto found = find(stack, {ItemKind::TenantCluster}, line.words.front());
    if (!found) {
        reportSources(stack);
        return refuse(found.error());
    }
    const Item& item = *stack.find(found->front());
    const stack::ClusterFact* fact = stack.facts(item.id).cluster;
    const auto client = clientOf(item.source);
    if (!client)
        return refuse({ErrorKind::Internal, tr("The cluster is not connected."), {}, 0, 0});
    const std::vector<actions::Question> questions = actions::deletionQuestions(
        fact != nullptr ? fact->meta.apiVersion : std::string(), item.ns, item.name);
    const auto answers = askAll(client, questions);
    if (!answers)
        return refuse(answers.error());
    const UnixMs now = systemNow();
    const actions::DeletionPicture picture = actions::deletionOf(questions, *answers, now);
    if (line.json) {
        nlohmann::ordered_json out = {{"deleting", picture.deleting},
                                      {"since", picture.since == 0 ? "" : formatRfc3339(picture.since)}};
        nlohmann::ordered_json& all = out["remnants"] = nlohmann::ordered_json::array();
        for (const actions::Remnant& each : picture.remnants)
            all.push_back(
                {{"kind", each.kind},
                 {"namespace", each.ns},
                 {"name", each.name},
                 {"depth", each.depth},
                 {"deletingSince", each.deletingSince == 0 ? "" : formatRfc3339(each.deletingSince)},
                 {"finalizers", each.finalizers},
                 {"holder", each.holder},
                 {"words", each.words},
                 {"step", each.step},
                 {"holds", each.holds},
                 {"stuck", each.stuck}});
        printJson(out);
        return kCreated;
    }
    std::cout << (picture.deleting
                      ? tr("%1 is being deleted for %2.", {line.words.front(), span(now - picture.since)})
                      : tr("%1 is not being deleted.", {line.words.front()}))
              << "\n";
    for (const actions::Remnant& each : picture.remnants) {
        const std::string indent(static_cast<std::size_t>(each.depth) * 2, ' ');
        std::cout << indent << (each.holds ? "● " : "  ") << each.kind << " " << each.name;
        if (each.deletingSince != 0)
            std::cout << "  " << tr("going for %1", {span(now - each.deletingSince)});
        std::cout << "  " << each.words << "\n";
        for (const std::string& finalizer : each.finalizers)
            std::cout << indent << "     " << tr("held by %1", {finalizer}) << "\n";
        if (!each.step.empty())
            std::cout << indent << "     → " << each.step << "\n";
    }
    std::cout.flush();
    return kCreated;
}

// `strata calendar`.
int showCalendar(const CommandLine& line, const stack::Stack& stack, const ClientOf& clientOf,
                 const Connections& connections)
{
    std::vector<actions::Expiry> all = actions::machineExpiries(stack);
    for (const ItemId root : stack.roots(Tree::Tenants)) {
        const Item* item = stack.find(root);
        if (item == nullptr || item->kind != ItemKind::TenantCluster)
            continue;
        const auto client = clientOf(item->source);
        if (!client)
            continue;
        const actions::Question question = actions::kubeconfigQuestion(item->ns, item->name);
        const auto answers = askAll(client, {question});
        if (!answers) {
            say(inWords(answers.error()));
            continue;
        }
        for (actions::Expiry& each :
             actions::kubeconfigExpiries(item->ns, item->name, root, *answers->find(question)))
            all.push_back(std::move(each));
    }
    for (const stack::SourceId source : stack.sources()) {
        if (const auto config = connections.config(source)) {
            for (actions::Expiry& each :
                 actions::ownExpiries(config->context, config->clientCertificatePem, config->caPem))
                all.push_back(std::move(each));
        }
    }
    const UnixMs now = systemNow();
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const actions::Expiry& each : actions::inOrder(std::move(all))) {
        const std::string name = (each.ns.empty() ? "" : each.ns + "/") + each.name;
        if (line.json)
            out.push_back({{"expires", formatRfc3339(each.at)},
                           {"what", actions::whatWords(each.what)},
                           {"namespace", each.ns},
                           {"name", each.name},
                           {"cluster", each.cluster},
                           {"renewed", each.renewed}});
        else
            std::cout << formatRfc3339(each.at).substr(0, 10) << "  "
                      << (each.at <= now ? tr("expired") : tr("in %1", {span(each.at - now)})) << "  "
                      << actions::whatWords(each.what) << "  " << name
                      << (each.renewed.empty() ? "" : "  — " + each.renewed) << "\n";
    }
    if (line.json)
        printJson(out);
    std::cout.flush();
    return kCreated;
}

// `strata services`.
int showServices(const CommandLine& line, const stack::Stack& stack, const ClientOf& clientOf)
{
    const auto found = find(stack, {ItemKind::TenantCluster}, line.words.front());
    if (!found) {
        reportSources(stack);
        return refuse(found.error());
    }
    const Item& item = *stack.find(found->front());
    const auto client = clientOf(item.source);
    if (!client)
        return refuse({ErrorKind::Internal, tr("The cluster is not connected."), {}, 0, 0});
    const std::vector<actions::Question> questions = actions::serviceQuestions(item.ns, item.name);
    const auto answers = askAll(client, questions, item.ns, item.name);
    if (!answers)
        return refuse(answers.error());
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const actions::ServiceRow& row : actions::servicesOf(questions, *answers, item.name)) {
        if (line.json) {
            out.push_back({{"kind", row.kind},
                           {"namespace", row.ns},
                           {"name", row.name},
                           {"type", row.type},
                           {"address", row.address},
                           {"ports", row.ports},
                           {"outer", row.outer},
                           {"outerAddress", row.outerAddress},
                           {"words", row.words},
                           {"failed", row.failed}});
            continue;
        }
        std::cout << row.kind << " " << row.ns << "/" << row.name << "  " << row.type << "  "
                  << (row.address.empty() ? "—" : row.address) << "  " << row.ports << "\n";
        if (!row.outer.empty())
            std::cout << "   " << tr("outside: %1 %2", {row.outer, row.outerAddress}) << "\n";
        if (!row.words.empty())
            std::cout << "   " << row.words << "\n";
    }
    if (line.json)
        printJson(out);
    std::cout.flush();
    return kCreated;
}

actions::ImageWish wishOf(const CommandLine& line)
{
    actions::ImageWish wish;
    const std::string& name = line.words.back();
    const std::size_t slash = name.find('/');
    wish.ns = slash == std::string::npos ? std::string() : name.substr(0, slash);
    wish.name = name.substr(slash == std::string::npos ? 0 : slash + 1);
    wish.url = line.url;
    wish.size = line.diskSize;
    wish.storageClass = line.storageClass;
    return wish;
}

// `strata image upload`: the disk by a plan, then the bytes, then what CDI makes of them.
int uploadImage(const CommandLine& line, const Ends& ends, const Connections& connections,
                const std::shared_ptr<kube::Client>& client, const actions::ImageWish& wish)
{
    const std::string& file = line.words[1];
    const auto facts = actions::imageFileFacts(file);
    if (!facts)
        return refuse(facts.error());
    auto plan = actions::uploadPlan(wish, facts->virtualBytes);
    if (!plan)
        return refuse(plan.error());
    plan->server = client->config().server;
    say(tr("%1: %2, %3", {file, facts->format, formatBytes(facts->bytes)}));
    const int made = carryOut(line, ends, connections, client, *plan, {}, {}, !line.dryRun);
    if (made != kCreated || line.dryRun)
        return made;

    const Ends sent;
    std::mutex mutex;
    actions::UploadProgress last;
    std::int64_t told = -1;
    const auto upload = actions::ImageUpload::start(
        client, wish.ns, wish.name, file, facts->bytes, {}, [&](const actions::UploadProgress& progress) {
            const std::lock_guard lock(mutex);
            const bool news = progress.phase != last.phase || progress.attempt != last.attempt;
            const std::int64_t tenth = progress.bytes > 0 ? progress.sent * 10 / progress.bytes : 0;
            if (news)
                say(progress.words);
            if (progress.phase == actions::UploadProgress::Phase::Sending && tenth != told &&
                progress.sent > 0)
                say(tr("%1 of %2", {formatBytes(progress.sent), formatBytes(progress.bytes)}));
            told = tenth;
            last = progress;
            if (actions::isEnd(progress.phase))
                sent.end();
        });
    waitForEnd(sent, [&upload] { upload->cancel(); });
    const std::lock_guard lock(mutex);
    using Phase = actions::UploadProgress::Phase;
    const char* result = last.phase == Phase::Done     ? "done"
                         : last.phase == Phase::Failed ? "failed"
                                                       : "cancelled";
    Plan note = *plan;
    note.title = tr("Upload of %1 into %2/%3", {file, wish.ns, wish.name});
    audit(note, result, last.phase == Phase::Done ? std::string() : last.words, line.demo);
    if (line.json)
        printJson({{"state", result},
                   {"bytes", last.bytes},
                   {"sent", last.sent},
                   {"attempts", last.attempt},
                   {"way", last.way},
                   {"words", last.words}});
    return last.phase == Phase::Done ? kCreated : last.phase == Phase::Failed ? kFailed : kInterrupted;
}

// `strata image delete`.
int deleteImage(const CommandLine& line, const Ends& ends, const Connections& connections,
                const std::shared_ptr<kube::Client>& client, const actions::ImageWish& wish)
{
    using actions::Question;
    const Question volumes{Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataVolume", {}, {}}, {}};
    const Question vms{Target::Outer, {"kubevirt.io/v1", "VirtualMachine", {}, {}}, {}};
    const Question sources{Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataSource", {}, {}}, {}};
    const auto got = askAll(client, {volumes, vms, sources});
    if (!got)
        return refuse(got.error());
    std::vector<std::string> users;
    for (const actions::ImageRow& row :
         actions::imagesOf(*got->find(volumes), *got->find(vms), *got->find(sources))) {
        if (row.ns == wish.ns && row.name == wish.name)
            users = row.users;
    }
    auto plan = actions::deleteImagePlan(wish.ns, wish.name, *got->find(volumes),
                                         line.force ? std::vector<std::string>() : users);
    if (!plan)
        return refuse(plan.error());
    if (!line.dryRun && line.yes != wish.name)
        return refuse({ErrorKind::Refused,
                       tr("This cannot be taken back. Say that you mean it with --yes %1", {wish.name}),
                       {},
                       0,
                       0});
    plan->server = client->config().server;
    return carryOut(line, ends, connections, client, *plan, {});
}

// `strata image list`.
int listImages(const CommandLine& line, const std::shared_ptr<kube::Client>& client)
{
    using actions::Question;
    const Question volumes{Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataVolume", {}, {}}, {}};
    const Question vms{Target::Outer, {"kubevirt.io/v1", "VirtualMachine", {}, {}}, {}};
    const Question sources{Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataSource", {}, {}}, {}};
    const auto got = askAll(client, {volumes, vms, sources});
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

int runAct(const CommandLine& line)
{
    const Ends ends;
    const bool image = line.act == "image";
    const bool looks = line.act == "calendar" || line.act == "services" || line.status;
    static const std::set<std::string> imageWords = {"list",  "import",   "upload",
                                                     "clone", "schedule", "delete"};
    if (image ? imageWords.count(line.words.front()) == 0 : !looks && !actionOf(line)) {
        say(tr("“strata %1” has no “%2”.", {line.act, line.words.front()}));
        return kWrongUse;
    }
    const auto plugins = headlessExecPlugins(line.allowExec);
    Connections connections(plugins);
    if (!line.demo && line.kubeconfig.empty()) {
        // As kubectl reads them: several files are one.
        const std::vector<std::string> usual = kube::usualKubeconfigPaths();
        if (usual.empty())
            return refuse({ErrorKind::Config,
                           tr("There is no kubeconfig in the usual places; name one with --kubeconfig FILE."),
                           {},
                           0,
                           0});
        const auto file = kube::Kubeconfig::loadMerged(usual);
        const auto config =
            file ? file->resolve(line.context) : Result<kube::ClusterConfig>(tl::unexpected(file.error()));
        if (!config)
            return refuse(config.error());
        connections.addCluster(*config, config->context);
    } else if (const auto opened = connections.open(line); !opened) {
        return refuse(opened.error());
    }
    if (image) {
        const std::optional<kube::ClusterConfig> config = connections.firstConfig();
        if (!config)
            return refuse({ErrorKind::Internal, tr("The cluster is not connected."), {}, 0, 0});
        kube::Network network;
        network.setExecPlugins(plugins);
        const auto client = kube::Client::create(network, *config);
        if (line.words.front() == "list")
            return listImages(line, client);
        const actions::ImageWish wish = wishOf(line);
        if (line.words.front() == "upload")
            return uploadImage(line, ends, connections, client, wish);
        if (line.words.front() == "delete")
            return deleteImage(line, ends, connections, client, wish);
        auto plan = line.words.front() == "clone"      ? actions::clonePlan(wish, line.from)
                    : line.words.front() == "schedule" ? actions::schedulePlan(wish, line.schedule)
                                                       : actions::importPlan(wish);
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
    kube::Network network;
    network.setExecPlugins(plugins);
    std::map<stack::SourceId, std::shared_ptr<kube::Client>> clients;
    const auto clientOf = [&](stack::SourceId source) {
        std::shared_ptr<kube::Client>& client = clients[source];
        if (const auto config = connections.config(source); !client && config)
            client = kube::Client::create(network, *config);
        return client;
    };
    if (line.act == "calendar")
        return showCalendar(line, stack, clientOf, connections);
    if (line.act == "services")
        return showServices(line, stack, clientOf);
    if (line.status)
        return showDeletion(line, stack, clientOf);
    const auto request = requestOf(stack, line);
    if (!request) {
        reportSources(stack);
        return refuse(request.error());
    }
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
    if (!draft->differences.empty())
        fates += tr("What the new template has otherwise:") + "\n";
    for (const std::string& difference : draft->differences)
        fates += "   " + difference + "\n";
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
