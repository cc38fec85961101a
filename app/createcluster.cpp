// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/createcluster.h"

#include "app/connections.h"
#include "app/ends.h"
#include "app/execpermission.h"
#include "app/told.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/config/kubeconfig.h"
#include "core/provision/concerns.h"
#include "core/provision/create_cluster.h"
#include "core/provision/journal.h"
#include "core/provision/tenantaccess.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>

namespace strata::app {
namespace {

using namespace provision;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("CreateCluster", text), values);
}

bool isEnd(RunState state)
{
    switch (state) {
    case RunState::Done:
    case RunState::Failed:
    case RunState::Cancelled:
    case RunState::Undone:
    case RunState::UndoFailed:
        return true;
    default:
        return false;
    }
}

// What the engine tells, printed as it comes and kept for the outcome. Called on the network's thread.
class Progress {
public:
    explicit Progress(const Ends& ends) : m_ends(ends) {}

    CreateClusterCallbacks callbacks()
    {
        CreateClusterCallbacks calls;
        calls.problems = [this](const Problems& found) { problems(found); };
        calls.survey = [this](const Survey& found) { survey(found); };
        calls.plan = [this](const Plan& made) { plan(made); };
        calls.verdict = [this](const Verdict& told) { verdict(told); };
        calls.step = [this](const StepReport& report) { step(report); };
        calls.state = [this](const RunReport& report) { state(report); };
        return calls;
    }

    void problems(const Problems& found)
    {
        const std::lock_guard lock(m_mutex);
        for (const Problem& problem : found) {
            say((problem.severity == Severity::Error ? tr("error: ") : tr("warning: ")) +
                (problem.field.empty() ? "" : problem.field + ": ") + problem.text + " " + problem.remedy);
        }
        m_problems = found;
    }

    // True when the run had begun to write: then a failure may have left something.
    bool wrote() const
    {
        const std::lock_guard lock(m_mutex);
        return m_running;
    }
    RunReport report() const
    {
        const std::lock_guard lock(m_mutex);
        return m_report;
    }
    Plan plan() const
    {
        const std::lock_guard lock(m_mutex);
        return m_plan;
    }

    nlohmann::ordered_json json() const
    {
        const std::lock_guard lock(m_mutex);
        using Json = nlohmann::ordered_json;
        Json out = {{"plan", m_plan.id},
                    {"state", toString(m_report.state)},
                    {"namespace", m_plan.ns},
                    {"cluster", m_plan.cluster}};
        if (m_report.error)
            out["error"] = {{"kind", toString(m_report.error->kind)},
                            {"text", m_report.error->text},
                            {"detail", m_report.error->detail}};
        Json& problems = out["problems"] = Json::array();
        for (const Problem& problem : m_problems)
            problems.push_back({{"field", problem.field},
                                {"severity", problem.severity == Severity::Error ? "error" : "warning"},
                                {"text", problem.text},
                                {"remedy", problem.remedy}});
        Json& checks = out["checks"] = Json::array();
        static constexpr const char* kVerdicts[] = {"ok", "warning", "blocker", "unknown"};
        for (const Check& check : m_survey.checks)
            checks.push_back({{"id", check.id},
                              {"title", check.title},
                              {"verdict", kVerdicts[static_cast<std::size_t>(check.verdict)]},
                              {"evidence", check.evidence},
                              {"remedy", check.remedy},
                              {"field", check.field}});
        Json& verdicts = out["verdicts"] = Json::array();
        for (const auto& [title, told] : m_verdicts)
            verdicts.push_back({{"object", title},
                                {"accepted", told.accepted},
                                {"words", told.words},
                                {"warnings", told.warnings}});
        Json& steps = out["steps"] = Json::array();
        for (const Step& planned : m_plan.steps) {
            const auto found = m_steps.find(planned.id);
            const StepReport report = found != m_steps.end() ? found->second : StepReport{};
            steps.push_back({{"id", planned.id},
                             {"title", planned.title},
                             {"state", toString(report.state)},
                             {"evidence", report.evidence},
                             {"elapsedMs", report.elapsedMs}});
        }
        out["left"] = m_report.left;
        return out;
    }

private:
    void survey(const Survey& found)
    {
        const std::lock_guard lock(m_mutex);
        m_survey = found;
        for (const Check& check : found.checks) {
            const char* mark = check.verdict == CheckVerdict::Ok        ? "ok     "
                               : check.verdict == CheckVerdict::Warning ? "warning"
                               : check.verdict == CheckVerdict::Blocker ? "BLOCKER"
                                                                        : "unknown";
            std::cerr << "  " << mark << "  " << check.title << ": " << check.evidence;
            if (check.verdict != CheckVerdict::Ok && !check.remedy.empty())
                std::cerr << " " << check.remedy;
            std::cerr << "\n";
        }
    }

    void plan(const Plan& made)
    {
        const std::lock_guard lock(m_mutex);
        m_plan = made;
        say(tr("%1 (plan %2, %3 steps)", {made.title, made.id, std::to_string(made.steps.size())}));
    }

    void verdict(const Verdict& told)
    {
        const std::lock_guard lock(m_mutex);
        m_verdicts[told.ref.title()] = told;
        tellVerdict(told);
    }

    void step(const StepReport& report)
    {
        const std::lock_guard lock(m_mutex);
        const auto before = m_steps.find(report.id);
        const bool known = before != m_steps.end();
        const bool news = !known || before->second.state != report.state;
        const bool evidence = report.state == StepState::Waiting || report.state == StepState::Undoing;
        const bool moved = evidence && known && before->second.evidence != report.evidence;
        m_steps[report.id] = report;
        if (!news && !moved)
            return;
        if (report.state == StepState::Pending || report.state == StepState::Running)
            return;
        std::size_t number = 0;
        std::string title = report.id;
        for (std::size_t i = 0; i < m_plan.steps.size(); ++i) {
            if (m_plan.steps[i].id == report.id) {
                number = i + 1;
                title = m_plan.steps[i].title;
            }
        }
        std::cerr << "[" << number << "/" << m_plan.steps.size() << "] " << title << ": "
                  << toString(report.state);
        if (report.state == StepState::Done) {
            char seconds[32];
            std::snprintf(seconds, sizeof seconds, " (%.1f s)", double(report.elapsedMs) / 1000.0);
            std::cerr << seconds;
        } else if (!report.evidence.empty()) {
            std::cerr << " — " << report.evidence;
        }
        std::cerr << "\n";
    }

    void state(const RunReport& report)
    {
        const std::lock_guard lock(m_mutex);
        m_report = report;
        m_running = m_running || report.state == RunState::Running || report.state == RunState::Undoing;
        if (isEnd(report.state))
            m_ends.end();
    }

    mutable std::mutex m_mutex;
    const Ends& m_ends;
    Problems m_problems;
    Survey m_survey;
    Plan m_plan;
    std::map<std::string, Verdict> m_verdicts;
    std::map<std::string, StepReport> m_steps;
    RunReport m_report;
    bool m_running = false;
};

struct Target {
    std::unique_ptr<demosite::DemoSite> demo; // the last to go
    kube::ClusterConfig config;
    std::string calico; // of the demo site
};

Result<Target> targetOf(const CommandLine& line)
{
    Target target;
    std::vector<std::string> paths;
    if (line.demo) {
        auto demo = Connections::startDemo(line.site);
        if (!demo)
            return tl::unexpected(demo.error());
        target.demo = std::move(*demo);
        target.calico = target.demo->directory() + "/manifests/calico.yaml";
        paths = {target.demo->kubeconfigPath()};
    } else if (!line.kubeconfig.empty()) {
        paths = {line.kubeconfig};
    } else {
        paths = kube::usualKubeconfigPaths();
        if (paths.empty())
            return fail(ErrorKind::Config,
                        tr("There is no kubeconfig in the usual places; name one with --kubeconfig FILE."));
    }
    const auto file =
        paths.size() == 1 ? kube::Kubeconfig::load(paths[0]) : kube::Kubeconfig::loadMerged(paths);
    if (!file)
        return tl::unexpected(file.error());
    auto config = file->resolve(line.context);
    if (!config)
        return tl::unexpected(config.error());
    target.config = std::move(*config);
    return target;
}

Result<std::string> journalOf(const std::string& plan)
{
    if (plan.find('/') != std::string::npos)
        return plan;
    const auto folder = journalFolder();
    if (!folder)
        return tl::unexpected(folder.error());
    return *folder + "/" + plan + ".journal";
}

Result<void> saveKubeconfig(const std::shared_ptr<kube::Client>& client, const Plan& plan,
                            const std::string& path)
{
    std::promise<Result<Secret>> promise;
    auto answer = promise.get_future();
    const KubeconfigFetch fetch(client, plan.ns, plan.cluster,
                                [&promise](Result<Secret> got) { promise.set_value(std::move(got)); });
    const Result<Secret> secret = answer.get();
    if (!secret)
        return tl::unexpected(secret.error());
    return saveSecretFile(path, *secret);
}

} // namespace

int runCreateCluster(const CommandLine& line)
{
    const Ends ends;
    Progress progress(ends);
    const auto refuse = [](const Error& error, int code) {
        say(inWords(error));
        return code;
    };

    ClusterProfile profile;
    if (line.resume.empty()) {
        auto loaded = loadProfileFile(line.clusterProfile);
        if (!loaded)
            return refuse(loaded.error(), kNotBegun);
        if (hasErrors(loaded->problems)) {
            progress.problems(loaded->problems);
            if (line.json)
                std::cout << progress.json().dump(2) << "\n";
            return kNotBegun;
        }
        profile = std::move(loaded->profile);
    }
    auto target = targetOf(line);
    if (!target)
        return refuse(target.error(), kNotBegun);
    if (target->demo && profile.cni.kind == Cni::Calico && profile.cni.manifest.empty())
        profile.cni.manifest = target->calico;

    kube::Network network;
    network.setExecPlugins(headlessExecPlugins(line.allowExec));
    const auto client = kube::Client::create(network, target->config);
    std::unique_ptr<CreateCluster> work;
    if (line.resume.empty()) {
        CreateClusterOptions options;
        options.dryRun = line.dryRun;
        options.wait = line.wait;
        options.planId = newPlanId();
        options.preflight.askSources = !target->demo;
        if (target->demo) // it goes with the site
            options.journal = target->demo->directory() + "/" + options.planId + ".journal";
        work = std::make_unique<CreateCluster>(client, profile, options, progress.callbacks());
    } else {
        const auto journal = journalOf(line.resume);
        if (!journal)
            return refuse(journal.error(), kNotBegun);
        RunOptions options;
        options.undoOnly = line.undo;
        work = std::make_unique<CreateCluster>(client, *journal, options, progress.callbacks());
    }
    work->start();
    waitForEnd(ends, [&] {
        if (line.undo) {
            say(tr("Taking back goes on; interrupt again to leave it."));
            return;
        }
        say(tr("Stopping after the writes on their way; interrupt again to leave at once."));
        work->cancel();
    });
    const RunReport report = progress.report();
    const Plan plan = progress.plan();
    int code = kFailed;
    switch (report.state) {
    case RunState::Done:
        code = kCreated;
        say(line.dryRun ? tr("The server accepts all of it; nothing was written.")
            : line.wait ? tr("The tenant cluster %1/%2 is ready.", {plan.ns, plan.cluster})
                        : tr("Cluster API has begun with %1/%2.", {plan.ns, plan.cluster}));
        break;
    case RunState::Undone:
        code = kCreated;
        for (const std::string& left : report.left)
            say(left);
        say(tr("Taken back."));
        break;
    case RunState::Cancelled:
        code = kInterrupted;
        say(tr("Cancelled."));
        break;
    default:
        code = progress.wrote() || !line.resume.empty() ? kFailed : kNotBegun;
        if (report.error)
            say(inWords(*report.error));
        break;
    }
    if ((code == kFailed || code == kInterrupted) && progress.wrote() && !line.demo) {
        say(tr("Go on with: strata create-cluster --resume %1", {plan.id}));
        say(tr("Take back with: strata create-cluster --resume %1 --undo", {plan.id}));
    }
    if (code == kCreated && !line.saveKubeconfig.empty()) {
        if (const auto saved = saveKubeconfig(client, plan, line.saveKubeconfig); !saved)
            code = refuse(saved.error(), kFailed);
        else
            say(tr("The kubeconfig is in %1.", {line.saveKubeconfig}));
    }
    if (line.json)
        std::cout << progress.json().dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                  << "\n";
    else if (line.dryRun && code == kCreated)
        std::cout << preview(plan);
    else if (!plan.id.empty())
        std::cout << plan.id << "\n";
    std::cout.flush();
    work.reset();
    return code;
}

} // namespace strata::app
