// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/create_cluster.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/journal.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate(kContext, text), values);
}

// Without waiting: everything up to the step that lets Cluster API begin.
void stopAtStart(Plan& plan)
{
    std::set<std::string> dropped;
    std::vector<Step> kept;
    for (Step& step : plan.steps) {
        const bool behind = std::any_of(step.after.begin(), step.after.end(), [&](const std::string& id) {
            return id == "start" || dropped.count(id) != 0;
        });
        if (behind)
            dropped.insert(step.id);
        else
            kept.push_back(std::move(step));
    }
    plan.steps = std::move(kept);
}

} // namespace

class CreateCluster::Private : public std::enable_shared_from_this<CreateCluster::Private> {
public:
    Private(std::shared_ptr<kube::Client> theClient, CreateClusterCallbacks theCallbacks)
        : client(std::move(theClient)), network(client->network()), callbacks(std::move(theCallbacks))
    {}

    ~Private()
    {
        if (worker.joinable())
            worker.join();
    }

    template<typename Callback, typename... Arguments>
    void tell(const Callback& callback, const Arguments&... args)
    {
        const std::lock_guard<std::recursive_mutex> lock(mutex);
        if (!silent && callback)
            callback(args...);
    }

    void failWith(Error error)
    {
        RunReport report;
        report.state = RunState::Failed;
        report.error = std::move(error);
        ended = true;
        tell(callbacks.state, report);
    }

    // True when the operator has cancelled; tells so.
    bool stopped()
    {
        if (!cancelled)
            return false;
        RunReport report;
        report.state = RunState::Cancelled;
        ended = true;
        tell(callbacks.state, report);
        return true;
    }

    // Runs `work` off the network's thread and `next` on it.
    template<typename Value>
    void aside(std::function<Value()> work, std::function<void(Value)> next)
    {
        if (worker.joinable())
            worker.join(); // its work has been answered
        std::weak_ptr<Private> weak = weak_from_this();
        kube::Network* const thread = &network;
        worker = std::thread([weak, thread, work = std::move(work), next = std::move(next)] {
            auto value = std::make_shared<Value>(work());
            thread->post([weak, value, next] {
                if (const auto self = weak.lock())
                    next(std::move(*value));
            });
        });
    }

    void start()
    {
        if (started)
            return;
        started = true;
        if (!resumed.empty()) {
            using Answer = Result<JournalContent>;
            aside<Answer>([path = resumed] { return Journal::read(path); },
                          [this](Answer content) {
                              if (!content) {
                                  failWith(content.error());
                                  return;
                              }
                              const std::string& server = content->plan.server;
                              if (!server.empty() && server != client->config().server) {
                                  failWith({ErrorKind::Refused,
                                            say("This plan belongs to the cluster at %1, not to %2.",
                                                {cleanText(server, 300), client->config().server}),
                                            say("Choose the kubeconfig and context it was begun with."), 0,
                                            0});
                                  return;
                              }
                              options.journal = resumed;
                              run(std::move(content->plan));
                          });
            return;
        }
        const Problems problems = validate(profile);
        if (hasErrors(problems)) {
            tell(callbacks.problems, problems);
            refuse(problems);
            return;
        }
        preflight = Preflight::start(
            client, profile,
            [this](const Survey& found) {
                survey = found;
                // The preflight may not go inside of its own callback.
                std::weak_ptr<Private> weak = weak_from_this();
                network.post([weak] {
                    if (const auto self = weak.lock())
                        self->surveyed();
                });
            },
            options.preflight);
    }

    void refuse(const Problems& problems)
    {
        for (const Problem& problem : problems) {
            if (problem.severity == Severity::Error) {
                failWith({ErrorKind::Config, problem.field + ": " + problem.text, problem.remedy, 0, 0});
                return;
            }
        }
    }

    void surveyed()
    {
        if (stopped())
            return;
        const Problems problems = validate(profile, survey.site);
        tell(callbacks.problems, problems);
        tell(callbacks.survey, survey);
        if (hasErrors(problems)) {
            refuse(problems);
            return;
        }
        for (const Check& check : survey.checks) {
            if (check.verdict == CheckVerdict::Blocker) {
                failWith({ErrorKind::Refused, check.title + ": " + check.evidence, check.remedy, 0, 0});
                return;
            }
        }
        wanted.clear();
        const std::string cni = profile.effectiveCniManifest();
        if (!cni.empty())
            wanted.push_back({cni, &manifests.cni});
        if (profile.addOns.kubevirtCsi.enabled)
            wanted.push_back({profile.addOns.kubevirtCsi.manifest, &manifests.kubevirtCsi});
        if (profile.addOns.kubevirtCsi.enabled && !profile.addOns.kubevirtCsi.controller.empty())
            wanted.push_back({profile.addOns.kubevirtCsi.controller, &manifests.kubevirtCsiController});
        if (profile.addOns.metricsServer.enabled)
            wanted.push_back({profile.addOns.metricsServer.manifest, &manifests.metricsServer});
        nextManifest();
    }

    void nextManifest()
    {
        if (stopped())
            return;
        if (wanted.empty()) {
            makePlan();
            return;
        }
        using Answer = Result<std::vector<Object>>;
        const auto take = [this](Answer answer) {
            if (!answer) {
                Error error = answer.error();
                error.detail +=
                    (error.detail.empty() ? "" : " ") +
                    say("Without a way to the internet, download the manifest and name its path.");
                failWith(std::move(error));
                return;
            }
            *wanted.front().second = std::move(*answer);
            wanted.erase(wanted.begin());
            nextManifest();
        };
        const std::string source = wanted.front().first;
        if (isUrl(source)) {
            std::weak_ptr<Private> weak = weak_from_this();
            kube::Network* const thread = &network;
            fetch = std::make_unique<ManifestFetch>(network, source, [weak, thread, take](Answer answer) {
                thread->post([weak, take, answer] { // a fetch may not go inside of its own callback
                    if (weak.lock())
                        take(answer);
                });
            });
        } else {
            aside<Answer>([source] { return readManifest(source); }, take);
        }
    }

    void makePlan()
    {
        auto plan = createPlan(profile, survey.server, manifests,
                               options.planId.empty() ? newPlanId() : options.planId, options.plan);
        if (!plan) {
            failWith(plan.error());
            return;
        }
        plan->server = client->config().server;
        if (!options.wait)
            stopAtStart(*plan);
        if (options.dryRun || !options.journal.empty()) {
            run(std::move(*plan));
            return;
        }
        using Answer = Result<std::string>;
        aside<Answer>([] { return journalFolder(); },
                      [this, plan = std::move(*plan)](Answer folder) {
                          if (!folder) {
                              failWith(folder.error());
                              return;
                          }
                          options.journal = *folder + "/" + plan.id + ".journal";
                          run(plan);
                      });
    }

    void run(Plan plan)
    {
        if (stopped())
            return;
        tell(callbacks.plan, plan);
        RunOptions runOptions = options.run;
        runOptions.dryRunOnly = options.dryRun;
        runOptions.journal = options.journal;
        RunCallbacks forward;
        forward.step = [this](const StepReport& report) { tell(callbacks.step, report); };
        forward.verdict = [this](const Verdict& verdict) { tell(callbacks.verdict, verdict); };
        forward.state = [this](const RunReport& report) { tell(callbacks.state, report); };
        runner = std::make_unique<Runner>(client, std::move(plan), std::move(runOptions), std::move(forward));
        runner->start();
    }

    std::shared_ptr<kube::Client> client;
    kube::Network& network;
    ClusterProfile profile;
    CreateClusterOptions options;
    CreateClusterCallbacks callbacks;
    std::string resumed; // a journal's path
    std::recursive_mutex mutex;
    bool silent = false;
    bool started = false;
    bool cancelled = false;
    bool ended = false;
    Survey survey;
    Manifests manifests;
    std::vector<std::pair<std::string, std::vector<Object>*>> wanted;
    std::unique_ptr<Preflight> preflight;
    std::unique_ptr<ManifestFetch> fetch;
    std::unique_ptr<Runner> runner;
    std::thread worker;
};

CreateCluster::CreateCluster(std::shared_ptr<kube::Client> client, ClusterProfile profile,
                             CreateClusterOptions options, CreateClusterCallbacks callbacks)
    : m_d(std::make_shared<Private>(std::move(client), std::move(callbacks)))
{
    m_d->profile = std::move(profile);
    m_d->options = std::move(options);
}

CreateCluster::CreateCluster(std::shared_ptr<kube::Client> client, const std::string& journal,
                             RunOptions options, CreateClusterCallbacks callbacks)
    : m_d(std::make_shared<Private>(std::move(client), std::move(callbacks)))
{
    m_d->resumed = journal;
    m_d->options.run = std::move(options);
}

CreateCluster::~CreateCluster()
{
    {
        const std::lock_guard<std::recursive_mutex> lock(m_d->mutex);
        m_d->silent = true;
    }
    kube::Network& network = m_d->network;
    network.post([d = std::move(m_d)] {}); // it lives and ends on the network's thread
}

void CreateCluster::start()
{
    m_d->network.post([d = m_d] { d->start(); });
}

void CreateCluster::cancel()
{
    m_d->network.post([d = m_d] {
        d->cancelled = true;
        if (d->runner)
            d->runner->cancel();
    });
}

void CreateCluster::retry(const std::string& stepId)
{
    m_d->network.post([d = m_d, stepId] {
        d->cancelled = false;
        if (d->runner) {
            d->runner->retry(stepId);
        } else if (d->ended) { // it failed before the run: from the start
            d->ended = false;
            d->started = false;
            d->start();
        }
    });
}

void CreateCluster::undo()
{
    m_d->network.post([d = m_d] {
        if (d->runner)
            d->runner->undo();
    });
}

} // namespace strata::provision
