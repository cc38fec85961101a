// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/runner.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/api/status.h"
#include "core/provision/api.h"
#include "core/provision/holdswork.h"
#include "core/provision/journal.h"
#include "core/provision/recipes/create_objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

using SteadyClock = std::chrono::steady_clock;
using Kind = JournalRecord::Kind;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate(kContext, text), values);
}

Error error(ErrorKind kind, std::string text, std::string detail = {})
{
    return Error{kind, std::move(text), std::move(detail), 0, 0};
}

std::string words(const Error& error)
{
    return cleanText(error.detail.empty() ? error.text : error.text + " " + error.detail);
}

Error another(const Ref& ref)
{
    return error(ErrorKind::Conflict, say("%1 is another object by now; it is not touched.", {ref.title()}),
                 say("It was deleted and made again since the plan was made."));
}

// The pods of a node that an eviction is asked for.
struct Leaving {
    std::string ns;
    std::string name;
    std::string uid;
    bool ends = false;      // it is going already
    bool unmanaged = false; // nobody makes it again
    std::string words;      // why it is still there
    int rank = 1;           // 0: it blocks
};

std::vector<Leaving> leavingPods(const Json& list)
{
    std::vector<Leaving> out;
    if (!list.contains("items") || !list["items"].is_array())
        return out;
    for (const Json& item : list["items"]) {
        const Object pod(item);
        const std::string phase = pod.text("status.phase").value_or("");
        if (phase == "Succeeded" || phase == "Failed" ||
            !pod.annotation("kubernetes.io/config.mirror").empty())
            continue;
        std::string owner;
        const Json& metadata = pod.json()["metadata"];
        if (metadata.contains("ownerReferences") && metadata["ownerReferences"].is_array()) {
            for (const Json& reference : metadata["ownerReferences"]) {
                if (reference.is_object() && reference.value("controller", false))
                    owner = reference.value("kind", "");
            }
        }
        if (owner == "DaemonSet" || owner == "Node")
            continue;
        Leaving leaving;
        leaving.ns = pod.ns();
        leaving.name = pod.name();
        leaving.uid = pod.uid();
        leaving.ends = pod.deleting();
        leaving.unmanaged = owner.empty();
        out.push_back(std::move(leaving));
    }
    return out;
}

// KubeVirt answers an eviction with a refusal even where it begins to move the guest; the words tell which
// (kubevirt pkg/virt-api/webhooks/validating-webhook/admitters/pod-eviction-admitter.go).
bool guestLeaves(const Error& error)
{
    const std::string all = error.text + " " + error.detail;
    return all.find("triggered evacuation") != std::string::npos ||
           all.find("Evacuation in progress") != std::string::npos;
}

Error foreign(const Object& object)
{
    const std::string owner = planOf(object);
    return error(
        ErrorKind::Conflict,
        say("%1 exists already and does not belong to this plan; it is not touched.", {object.title()}),
        owner.empty() ? say("It carries no plan's id.")
                      : say("It belongs to the plan %1.", {cleanText(owner, 40)}));
}

// What a reader compares: what people write, not what the server keeps for itself; keys in one order, since
// the server's is its own. Empty for what nobody would read.
std::string comparable(const Object& object)
{
    Object plain = object;
    Json& json = plain.edit();
    json.erase("status");
    if (json.contains("metadata") && json["metadata"].is_object()) {
        Json& metadata = json["metadata"];
        for (const char* part :
             {"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"})
            metadata.erase(part);
        for (const char* part : {"labels", "annotations"}) {
            if (!metadata.contains(part) || !metadata[part].is_object())
                continue;
            metadata[part].erase(std::string(kPlanKey));
            if (metadata[part].empty())
                metadata.erase(part);
        }
    }
    const std::string text = plain.toJson();
    if (text.size() > 512U * 1024U)
        return {};
    const auto sorted = nlohmann::json::parse(text, nullptr, false);
    return toYaml(Json::parse(sorted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
}

} // namespace

class Runner::Private : public std::enable_shared_from_this<Runner::Private> {
public:
    Private(std::shared_ptr<kube::Client> theClient, Plan thePlan, RunOptions theOptions,
            RunCallbacks theCallbacks)
        : network(theClient->network()), outer(std::move(theClient)), plan(std::move(thePlan)),
          options(std::move(theOptions)), callbacks(std::move(theCallbacks)), calls(network),
          outerCatalog(std::make_shared<Catalog>(outer, network))
    {
        for (const Step& step : plan.steps) {
            Progress progress;
            progress.report.id = step.id;
            progress.report.total = static_cast<int>(step.writes.size());
            steps.push_back(std::move(progress));
            for (const Write& write : step.writes) {
                if (write.object.kind() == "CustomResourceDefinition")
                    brought.insert({write.object.text("spec.group").value_or(""),
                                    write.object.text("spec.names.kind").value_or("")});
            }
        }
    }

    // A definition of this plan makes the kind.
    bool brings(const Ref& ref) const
    {
        return brought.count({ref.apiVersion.substr(0, ref.apiVersion.find('/')), ref.kind}) != 0;
    }

    ~Private()
    {
        if (opener.joinable())
            opener.join();
    }

    struct Progress {
        StepReport report;
        SteadyClock::time_point begin;
        SteadyClock::time_point deadline;
        unsigned turn = 0; // answers of an earlier try are dropped
    };

    // ---- telling
    // -----------------------------------------------------------------------------------------------

    template<typename Callback, typename... Arguments>
    void tell(const Callback& callback, const Arguments&... args)
    {
        const std::lock_guard<std::recursive_mutex> lock(callbackMutex);
        if (!silent && callback)
            callback(args...);
    }

    void tellStep(std::size_t i)
    {
        Progress& progress = steps[i];
        if (progress.report.startedAt != 0) {
            progress.report.elapsedMs =
                std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - progress.begin)
                    .count();
        }
        tell(callbacks.step, progress.report);
    }

    void setStep(std::size_t i, StepState state, std::string evidence = {})
    {
        steps[i].report.state = state;
        if (!evidence.empty())
            steps[i].report.evidence = cleanText(evidence);
        tellStep(i);
    }

    void setState(RunState state, std::optional<Error> why = {})
    {
        report.state = state;
        report.error = std::move(why);
        tell(callbacks.state, report);
    }

    void end(RunState state, std::optional<Error> why, const char* note)
    {
        JournalRecord record;
        record.kind = Kind::Ended;
        record.note = note;
        log(std::move(record), [this, state, why](Result<void> logged) {
            setState(state, why || logged ? why : std::optional<Error>(logged.error()));
        });
    }

    // ---- plumbing
    // ----------------------------------------------------------------------------------------------

    void log(JournalRecord record, std::function<void(Result<void>)> next)
    {
        if (!journal) {
            next({});
            return;
        }
        std::weak_ptr<Private> weak = weak_from_this();
        kube::Network* const thread = &network;
        journal->append(std::move(record), [weak, thread, next = std::move(next)](Result<void> result) {
            thread->post([weak, next, result] {
                if (const auto self = weak.lock())
                    next(result);
            });
        });
    }

    std::chrono::milliseconds delay(int tries, const Error& why) const
    {
        if (why.retryAfterSeconds > 0)
            return std::chrono::seconds(why.retryAfterSeconds);
        return options.retryDelay * (1 << std::min(tries, 6));
    }

    // The client and catalog for a target; connects to the new cluster when it is first needed.
    void reach(
        Target target,
        std::function<void(Result<std::pair<std::shared_ptr<kube::Client>, std::shared_ptr<Catalog>>>)> next)
    {
        if (target == Target::Outer) {
            next(std::pair(outer, outerCatalog));
            return;
        }
        if (inner) {
            next(std::pair(inner, innerCatalog));
            return;
        }
        const kube::ResourceId secrets{{}, "v1", "secrets", true};
        calls.send(outer, getRequest(secrets, plan.ns, plan.cluster + "-kubeconfig"),
                   [this, next](Result<kube::Response> answer) {
                       auto config = answer ? innerConfig(answer->body) : tl::unexpected(answer.error());
                       if (!config) {
                           next(tl::unexpected(config.error()));
                           return;
                       }
                       inner = options.connectInner ? options.connectInner(network, std::move(*config))
                                                    : kube::Client::create(network, std::move(*config));
                       innerCatalog = std::make_shared<Catalog>(inner, network);
                       next(std::pair(inner, innerCatalog));
                   });
    }

    Result<kube::ClusterConfig> innerConfig(const std::string& body) const
    {
        auto secret = objectFromJson(body);
        if (!secret)
            return tl::unexpected(secret.error());
        std::string yaml;
        if (!base64Decode(secret->text("data.value").value_or(""), yaml) || yaml.empty())
            return fail(ErrorKind::Protocol, say("The new cluster's kubeconfig secret holds no kubeconfig."));
        auto kubeconfig =
            kube::Kubeconfig::parse(yaml, "secret " + plan.ns + "/" + plan.cluster + "-kubeconfig", {});
        if (!kubeconfig)
            return tl::unexpected(kubeconfig.error());
        return kubeconfig->resolve();
    }

    struct Found {
        std::shared_ptr<kube::Client> client;
        kube::ResourceId resource;
        std::optional<Object> object; // as it is on the server
    };

    // Reads an object; tries again on faults that may pass.
    void look(Target target, const Ref& ref, std::function<void(Result<Found>)> next, int tries = 0)
    {
        const auto again = [this, target, ref, next, tries](const Error& why, bool mayCome = false) {
            if ((!transient(why) && !mayCome) || tries + 1 >= options.tries) {
                next(tl::unexpected(why));
                return;
            }
            calls.after(delay(tries, why),
                        [this, target, ref, next, tries] { look(target, ref, next, tries + 1); });
        };
        reach(target, [this, target, ref, next, again](auto reached) {
            if (!reached) {
                again(reached.error());
                return;
            }
            auto [client, catalog] = *reached;
            catalog->find(ref.apiVersion, ref.kind,
                          [this, target, ref, next, again, client](Result<kube::ResourceId> resource) {
                              if (!resource) {
                                  // A manifest brings its own kinds; they are served a moment after they are
                                  // written.
                                  const bool writing = report.state == RunState::Running && !gated;
                                  again(resource.error(),
                                        resource.error().kind == ErrorKind::NotFound &&
                                            (target == Target::Inner || (writing && brings(ref))));
                                  return;
                              }
                              calls.send(client, getRequest(*resource, ref.ns, ref.name),
                                         [ref, next, again, client,
                                          resource = *resource](Result<kube::Response> answer) {
                                             Found found{client, resource, std::nullopt};
                                             if (answer) {
                                                 auto object = objectFromJson(answer->body);
                                                 if (!object) {
                                                     again(object.error());
                                                     return;
                                                 }
                                                 found.object = std::move(*object);
                                             } else if (answer.error().kind != ErrorKind::NotFound) {
                                                 again(answer.error());
                                                 return;
                                             }
                                             next(std::move(found));
                                         });
                          });
        });
    }

    bool ours(const Object& object) const { return planOf(object) == plan.id; }

    // ---- dry run
    // -----------------------------------------------------------------------------------------------

    struct DryItem {
        std::size_t step = 0;
        std::size_t write = 0;
    };

    void dryRun(bool again, std::function<void(std::optional<Error>)> next)
    {
        dryQueue.clear();
        dryRejected.reset();
        dryRunning = 0;
        dryNext = std::move(next);
        absentSpaces.clear();
        for (std::size_t i = 0; i < plan.steps.size(); ++i) {
            for (std::size_t w = 0; w < plan.steps[i].writes.size(); ++w) {
                const Write& write = plan.steps[i].writes[w];
                if (ofOthers(write.verb) || (write.target == Target::Outer && write.verb != Verb::Patch &&
                                             write.verb != Verb::Delete))
                    dryQueue.push_back({i, w});
            }
        }
        if (again) {
            pumpDryRun();
            return;
        }
        // Which namespaces are still to come decides where the rest is asked.
        std::set<std::string> spaces;
        for (const DryItem& item : dryQueue) {
            const Write& write = plan.steps[item.step].writes[item.write];
            if (!ofOthers(write.verb))
                spaces.insert(write.object.ns());
        }
        spaces.erase(std::string());
        lookForSpaces(std::vector<std::string>(spaces.begin(), spaces.end()), 0);
    }

    void lookForSpaces(std::vector<std::string> spaces, std::size_t at)
    {
        if (at == spaces.size()) {
            pumpDryRun();
            return;
        }
        look(Target::Outer, {"v1", "Namespace", {}, spaces[at]}, [this, spaces, at](Result<Found> found) {
            if (!found && found.error().kind != ErrorKind::Forbidden) {
                finishDryRun(found.error());
                return;
            }
            if (found && !found->object)
                absentSpaces.insert(spaces[at]);
            lookForSpaces(spaces, at + 1);
        });
    }

    void pumpDryRun()
    {
        if (cancelling)
            dryQueue.clear();
        while (dryRunning < std::max(options.parallel, 1) && !dryQueue.empty()) {
            const DryItem item = dryQueue.front();
            dryQueue.erase(dryQueue.begin());
            ++dryRunning;
            judgeObject(item, 0);
        }
        if (dryRunning == 0 && dryQueue.empty())
            finishDryRun(std::move(dryRejected));
    }

    void finishDryRun(std::optional<Error> rejected)
    {
        if (auto next = std::exchange(dryNext, nullptr))
            next(std::move(rejected));
    }

    void verdict(Verdict verdict)
    {
        --dryRunning;
        if (!verdict.accepted && !dryRejected && verdict.error)
            dryRejected = verdict.error;
        verdict.words = cleanText(verdict.words);
        tell(callbacks.verdict, verdict);
        pumpDryRun();
    }

    void judgeObject(DryItem item, int tries)
    {
        Verdict base;
        base.step = plan.steps[item.step].id;
        base.write = static_cast<int>(item.write);
        base.ref = refOf(plan.steps[item.step].writes[item.write].object);
        const Target target = plan.steps[item.step].writes[item.write].target;
        look(target, base.ref, [this, item, tries, base](Result<Found> found) mutable {
            const auto reject = [this, &base](Error why) {
                Verdict bad = base;
                bad.words = words(why);
                bad.error = std::move(why);
                verdict(std::move(bad));
            };
            const auto accept = [this, &base](std::string text) {
                Verdict good = base;
                good.accepted = true;
                good.words = std::move(text);
                verdict(std::move(good));
            };
            if (!found) {
                if (found.error().kind == ErrorKind::NotFound && brings(base.ref)) {
                    base.before = comparable(plan.steps[item.step].writes[item.write].object);
                    base.after = base.before;
                    accept(say("It can be asked about only once its kind exists, which this plan makes."));
                } else {
                    reject(found.error());
                }
                return;
            }
            const Write& write = plan.steps[item.step].writes[item.write];
            if (ofOthers(write.verb)) {
                judgeOfOthers(item, tries, base, *found);
                return;
            }
            base.exists = found->object.has_value();
            if (found->object) {
                base.before = comparable(*found->object);
                if (write.verb != Verb::Ensure)
                    base.after = comparable(write.object);
                if (write.verb == Verb::Ensure) {
                    accept(say("It exists already and stays as it is."));
                    return;
                }
                if (!ours(*found->object)) {
                    reject(foreign(*found->object));
                    return;
                }
                if (write.verb == Verb::Create) {
                    accept(say("This plan has created it already."));
                    return;
                }
            }
            Object object = write.object;
            const bool elsewhere = absentSpaces.count(object.ns()) != 0;
            if (elsewhere)
                object.edit()["metadata"]["namespace"] = "default";
            kube::Request request = write.verb == Verb::Apply ? applyRequest(found->resource, object, true)
                                                              : createRequest(found->resource, object, true);
            if (!found->object)
                base.before = comparable(write.object);
            base.after.clear();
            calls.send(found->client, std::move(request),
                       [this, item, tries, base, elsewhere](Result<kube::Response> answer) {
                           if (!answer) {
                               const Error& why = answer.error();
                               if (transient(why) && tries + 1 < options.tries) {
                                   calls.after(delay(tries, why),
                                               [this, item, tries] { judgeObject(item, tries + 1); });
                                   return;
                               }
                               const bool unasked = elsewhere && (why.kind == ErrorKind::Forbidden ||
                                                                  why.kind == ErrorKind::Conflict);
                               if (!unasked) {
                                   Verdict bad = base;
                                   bad.words = words(why);
                                   bad.error = why;
                                   verdict(std::move(bad));
                                   return;
                               }
                           }
                           Verdict good = base;
                           good.accepted = true;
                           good.elsewhere = elsewhere;
                           if (!answer)
                               good.words = say("It can be asked about only once its namespace exists.");
                           else
                               good.words = say("The server accepts it.");
                           if (answer) {
                               if (auto made = objectFromJson(answer->body)) {
                                   if (elsewhere)
                                       made->edit()["metadata"]["namespace"] = base.ref.ns;
                                   good.after = comparable(*made);
                               }
                               const auto warning = answer->headers.find("warning");
                               if (warning != answer->headers.end())
                                   good.warnings = kube::parseWarnings(warning->second);
                           }
                           verdict(std::move(good));
                       });
        });
    }

    // What the server, or its access review, says to a write of what somebody else made.
    void judgeOfOthers(DryItem item, int tries, const Verdict& base, const Found& found)
    {
        const auto reject = [this, base](Error why) {
            Verdict bad = base;
            bad.words = words(why);
            bad.error = std::move(why);
            verdict(std::move(bad));
        };
        const auto accept = [this, base](std::string text) {
            Verdict good = base;
            good.accepted = true;
            good.words = std::move(text);
            verdict(std::move(good));
        };
        const Write& write = plan.steps[item.step].writes[item.write];
        const std::string& uid = write.object.uid();
        const bool same = found.object && (uid.empty() || found.object->uid() == uid);
        if (!same && write.verb == Verb::Remove) {
            accept(say("It is gone already."));
            return;
        }
        if (!same) {
            reject(found.object
                       ? another(base.ref)
                       : error(ErrorKind::NotFound, say("%1 is not there any more.", {base.ref.title()})));
            return;
        }
        const std::string ns = write.object.ns();
        const std::string name = write.object.name();
        Access access;
        kube::Request request;
        switch (write.verb) {
        case Verb::Change:
            request = mergePatchRequest(found.resource, write.object, true);
            break;
        case Verb::Remove:
            request = deleteDryRun(found.resource, ns, name, found.object->uid());
            break;
        case Verb::Call:
            access = {
                "update", "subresources." + found.resource.group, found.resource.resource, write.call, ns,
                name};
            break;
        default:
            access = {"create", {}, "pods", "eviction", {}, {}};
            break;
        }
        const bool review = request.path.empty();
        if (review)
            request = reviewRequest(access);
        const std::string before = write.verb == Verb::Change ? comparable(*found.object) : std::string();
        calls.send(found.client, std::move(request),
                   [this, item, tries, base, reject, review, access, before](Result<kube::Response> answer) {
                       if (!answer) {
                           const Error& why = answer.error();
                           if (transient(why) && tries + 1 < options.tries)
                               calls.after(delay(tries, why),
                                           [this, item, tries] { judgeObject(item, tries + 1); });
                           else
                               reject(why);
                           return;
                       }
                       if (review) {
                           const auto allowed = reviewAllows(answer->body);
                           if (!allowed || !*allowed) {
                               reject(allowed ? error(ErrorKind::Forbidden,
                                                      say("You are not allowed to: %1", {access.title()}))
                                              : allowed.error());
                               return;
                           }
                       }
                       Verdict good = base;
                       good.accepted = true;
                       good.words = review ? say("You are allowed to.") : say("The server accepts it.");
                       if (!before.empty()) {
                           good.exists = true;
                           good.before = before;
                           if (const auto made = objectFromJson(answer->body))
                               good.after = comparable(*made);
                       }
                       const auto warning = answer->headers.find("warning");
                       if (warning != answer->headers.end())
                           good.warnings = kube::parseWarnings(warning->second);
                       verdict(std::move(good));
                   });
    }

    // ---- steps
    // -------------------------------------------------------------------------------------------------

    void start()
    {
        if (report.state != RunState::Idle)
            return;
        setState(RunState::DryRun);
        if (auto sound = check(plan); !sound) {
            setState(RunState::Failed, sound.error());
            return;
        }
        if (options.dryRunOnly) {
            askFirst();
            return;
        }
        if (options.journal.empty()) {
            setState(RunState::Failed,
                     error(ErrorKind::Internal, say("A plan is carried out with a journal only.")));
            return;
        }
        // The disk may be slow: not on this thread.
        std::weak_ptr<Private> weak = weak_from_this();
        kube::Network* const thread = &network;
        opener = std::thread([weak, thread, path = options.journal, plan = plan] {
            auto opened = std::make_shared<Result<std::unique_ptr<Journal>>>(Journal::open(path, plan));
            auto content = std::make_shared<Result<JournalContent>>(
                *opened ? Journal::read(path) : Result<JournalContent>(tl::unexpected(opened->error())));
            thread->post([weak, opened, content] {
                const auto self = weak.lock();
                if (!self)
                    return;
                if (!*opened || !*content) {
                    self->setState(RunState::Failed, !*opened ? opened->error() : content->error());
                    return;
                }
                self->journal = std::move(**opened);
                for (const JournalRecord& record : (*content)->records) {
                    if (record.kind == Kind::Written || record.kind == Kind::Adopted ||
                        record.kind == Kind::Kept)
                        self->written.insert({record.step, record.write});
                    if (record.kind == Kind::Ended && record.note == "undone")
                        self->written.clear();
                }
                if (self->options.undoOnly) {
                    self->report.state = RunState::Cancelled;
                    self->undo();
                } else {
                    self->askFirst();
                }
            });
        });
    }

    void askFirst()
    {
        dryRun(false, [this](std::optional<Error> rejected) {
            if (cancelling) {
                end(RunState::Cancelled, {}, "cancelled");
                return;
            }
            if (options.dryRunOnly) {
                setState(rejected ? RunState::Failed : RunState::Done, rejected);
                return;
            }
            if (rejected) {
                end(RunState::Failed, rejected, "failed");
                return;
            }
            recheck = !absentSpaces.empty();
            setState(RunState::Running);
            schedule();
        });
    }

    std::size_t indexOf(const std::string& id) const
    {
        for (std::size_t i = 0; i < plan.steps.size(); ++i) {
            if (plan.steps[i].id == id)
                return i;
        }
        return plan.steps.size();
    }

    int running() const
    {
        return static_cast<int>(std::count_if(steps.begin(), steps.end(), [](const Progress& progress) {
            return progress.report.state == StepState::Running || progress.report.state == StepState::Waiting;
        }));
    }

    void schedule()
    {
        if (report.state != RunState::Running && report.state != RunState::Cancelling)
            return;
        if (!gated && !cancelling) {
            for (std::size_t i = 0; i < plan.steps.size(); ++i) {
                if (steps[i].report.state != StepState::Pending || running() >= std::max(options.parallel, 1))
                    continue;
                const bool free = std::all_of(plan.steps[i].after.begin(), plan.steps[i].after.end(),
                                              [this](const std::string& id) {
                                                  return steps[indexOf(id)].report.state == StepState::Done;
                                              });
                if (!free)
                    continue;
                Progress& progress = steps[i];
                ++progress.turn;
                progress.begin = SteadyClock::now();
                progress.report.startedAt = systemNow();
                progress.report.error.reset();
                progress.report.written = 0;
                setStep(i, StepState::Running);
                writeNext(i, 0);
            }
        }
        settle();
    }

    // Ends the run when nothing moves any more.
    void settle()
    {
        if (running() > 0 || gated ||
            (report.state != RunState::Running && report.state != RunState::Cancelling))
            return;
        if (std::all_of(steps.begin(), steps.end(),
                        [](const Progress& progress) { return progress.report.state == StepState::Done; })) {
            report.state = RunState::Done; // the journal's answer is still to come
            end(RunState::Done, {}, "done");
            return;
        }
        for (const Progress& progress : steps) {
            if (progress.report.state == StepState::Failed && !cancelling) {
                report.state = RunState::Failed;
                end(RunState::Failed, progress.report.error, "failed");
                return;
            }
        }
        if (cancelling) {
            for (std::size_t i = 0; i < steps.size(); ++i) {
                if (steps[i].report.state == StepState::Pending)
                    setStep(i, StepState::Cancelled);
            }
            report.state = RunState::Cancelled;
            end(RunState::Cancelled, {}, "cancelled");
        }
    }

    void failStep(std::size_t i, Error why)
    {
        steps[i].report.error = why;
        setStep(i, StepState::Failed, words(why));
        schedule();
    }

    void cancelStep(std::size_t i)
    {
        setStep(i, StepState::Cancelled);
        schedule();
    }

    void finishStep(std::size_t i)
    {
        JournalRecord record;
        record.kind = Kind::StepDone;
        record.step = plan.steps[i].id;
        log(std::move(record), [this, i](Result<void> logged) {
            if (!logged) {
                failStep(i, logged.error());
                return;
            }
            const bool made = std::any_of(plan.steps[i].writes.begin(), plan.steps[i].writes.end(),
                                          [](const Write& write) { return write.verb == Verb::Ensure; });
            if (made && recheck) {
                // The namespace is there now: everything is asked once more, where it will be, before the
                // next write.
                recheck = false;
                gated = true;
                setStep(i, StepState::Done);
                dryRun(true, [this, i](std::optional<Error> rejected) {
                    gated = false;
                    if (rejected && !cancelling)
                        failStep(i, *rejected);
                    else
                        schedule();
                });
                return;
            }
            setStep(i, StepState::Done);
            schedule();
        });
    }

    void writeNext(std::size_t i, std::size_t w)
    {
        if (w == plan.steps[i].writes.size()) {
            beginWaits(i);
            return;
        }
        if (cancelling) {
            cancelStep(i);
            return;
        }
        write(i, w, 0);
    }

    JournalRecord record(Kind kind, std::size_t i, std::size_t w) const
    {
        JournalRecord entry;
        entry.kind = kind;
        entry.step = plan.steps[i].id;
        entry.write = static_cast<int>(w);
        entry.ref = refOf(plan.steps[i].writes[w].object);
        return entry;
    }

    void settled(std::size_t i, std::size_t w, Kind kind, const std::string& uid, const std::string& evidence)
    {
        JournalRecord entry = record(kind, i, w);
        entry.uid = uid;
        log(std::move(entry), [this, i, w, evidence](Result<void> logged) {
            if (!logged) {
                failStep(i, logged.error());
                return;
            }
            written.insert({plan.steps[i].id, static_cast<int>(w)});
            ++steps[i].report.written;
            setStep(i, StepState::Running, evidence);
            writeNext(i, w + 1);
        });
    }

    void write(std::size_t i, std::size_t w, int tries)
    {
        const Ref ref = refOf(plan.steps[i].writes[w].object);
        look(plan.steps[i].writes[w].target, ref, [this, i, w, tries, ref](Result<Found> found) {
            if (!found) {
                failStep(i, found.error());
                return;
            }
            const Write& write = plan.steps[i].writes[w];
            const bool before = written.count({plan.steps[i].id, static_cast<int>(w)}) != 0;
            if (ofOthers(write.verb)) {
                if (!mayTouch(i, w, *found, before))
                    return;
            } else if (found->object) {
                const Object& object = *found->object;
                const bool mine = ours(object);
                if (object.deleting() && write.verb != Verb::Delete) {
                    failStep(i, error(ErrorKind::Conflict, say("%1 is being deleted.", {ref.title()}),
                                      say("Wait until it is gone, then try again.")));
                    return;
                }
                if (write.verb == Verb::Ensure) {
                    settled(i, w, mine ? Kind::Adopted : Kind::Kept, object.uid(),
                            say("%1 exists.", {ref.title()}));
                    return;
                }
                if (!mine) {
                    failStep(i, foreign(object));
                    return;
                }
                if (write.verb == Verb::Create || (write.verb == Verb::Apply && before)) {
                    settled(i, w, Kind::Adopted, object.uid(), say("%1 is there.", {ref.title()}));
                    return;
                }
            } else if (write.verb == Verb::Delete) {
                settled(i, w, Kind::Kept, {}, say("%1 is gone.", {ref.title()}));
                return;
            } else if (write.verb == Verb::Patch) {
                failStep(i, error(ErrorKind::NotFound, say("%1 is not there any more.", {ref.title()})));
                return;
            }
            if (cancelling) {
                cancelStep(i);
                return;
            }
            log(record(Kind::Intent, i, w), [this, i, w, tries, found = *found](Result<void> logged) {
                if (!logged) {
                    failStep(i, logged.error());
                    return;
                }
                send(i, w, tries, found);
            });
        });
    }

    // For what somebody else made: false when nothing is to be sent; the step has been told why.
    bool mayTouch(std::size_t i, std::size_t w, const Found& found, bool before)
    {
        const Write& write = plan.steps[i].writes[w];
        const Ref ref = refOf(write.object);
        const std::string uid = write.object.uid();
        const bool same = found.object && (uid.empty() || found.object->uid() == uid);
        if (write.verb == Verb::Remove && (!same || found.object->deleting())) {
            settled(i, w, Kind::Kept, {},
                    same ? say("%1 is being deleted.", {ref.title()}) : say("%1 is gone.", {ref.title()}));
            return false;
        }
        if (write.verb == Verb::Call && before) { // asked for once is enough
            settled(i, w, Kind::Adopted, uid, say("%1 has been asked for.", {write.call}));
            return false;
        }
        if (!same) {
            failStep(i, found.object
                            ? another(ref)
                            : error(ErrorKind::NotFound, say("%1 is not there any more.", {ref.title()})));
            return false;
        }
        if (found.object->deleting()) {
            failStep(i, error(ErrorKind::Conflict, say("%1 is being deleted.", {ref.title()})));
            return false;
        }
        return true;
    }

    // ---- drain
    // -------------------------------------------------------------------------------------------------

    // Evicts what is on the node, asks again after a while, until nothing is left that can go. The step
    // counts as waiting meanwhile, so that it can be cancelled at any moment.
    void drain(std::size_t i, std::size_t w, const Found& found)
    {
        steps[i].deadline = SteadyClock::now() + std::chrono::seconds(plan.steps[i].timeoutSeconds);
        setStep(i, StepState::Waiting, say("Asking what runs on %1.", {refOf(*found.object).title()}));
        listPods(i, w, found.client, steps[i].turn, 0);
    }

    bool drains(std::size_t i, unsigned turn) const
    {
        return steps[i].turn == turn && steps[i].report.state == StepState::Waiting;
    }

    void listPods(std::size_t i, std::size_t w, std::shared_ptr<kube::Client> client, unsigned turn,
                  int tries)
    {
        calls.send(client, podsOnNodeRequest(plan.steps[i].writes[w].object.name()),
                   [this, i, w, client, turn, tries](Result<kube::Response> answer) {
                       if (!drains(i, turn))
                           return;
                       if (!answer) {
                           const Error& why = answer.error();
                           if (!transient(why) || tries + 1 >= options.tries) {
                               failStep(i, why);
                               return;
                           }
                           setStep(i, StepState::Waiting, words(why));
                           calls.after(delay(tries, why), [this, i, w, client, turn, tries] {
                               if (drains(i, turn))
                                   listPods(i, w, client, turn, tries + 1);
                           });
                           return;
                       }
                       const Json list = Json::parse(answer->body, nullptr, false);
                       auto pods = std::make_shared<std::vector<Leaving>>(
                           list.is_object() ? leavingPods(list) : std::vector<Leaving>());
                       if (!list.is_object() || !list.contains("items")) {
                           failStep(i, error(ErrorKind::Protocol, say("The list of pods cannot be read.")));
                           return;
                       }
                       evictNext(i, w, client, turn, pods, 0);
                   });
    }

    void evictNext(std::size_t i, std::size_t w, std::shared_ptr<kube::Client> client, unsigned turn,
                   std::shared_ptr<std::vector<Leaving>> pods, std::size_t at)
    {
        const Write& write = plan.steps[i].writes[w];
        const bool force = write.body.text("force").value_or("") == "true";
        for (; at < pods->size(); ++at) {
            Leaving& pod = (*pods)[at];
            if (pod.ends)
                pod.words = say("ends");
            else if (pod.unmanaged && !force) {
                pod.words = say("nobody would make it again; it is not evicted");
                pod.rank = 0;
            } else
                break;
        }
        if (at == pods->size()) {
            turnOfDrain(i, w, client, turn, *pods);
            return;
        }
        const int number = ++writes;
        tell(options.onWrite, number, false);
        const Leaving& pod = (*pods)[at];
        calls.send(client, evictionRequest(pod.ns, pod.name, pod.uid),
                   [this, i, w, client, turn, pods, at, number](Result<kube::Response> answer) {
                       tell(options.onWrite, number, true);
                       if (!drains(i, turn))
                           return;
                       Leaving& asked = (*pods)[at];
                       if (answer) {
                           asked.words = say("ends");
                       } else if (answer.error().kind == ErrorKind::NotFound ||
                                  answer.error().kind == ErrorKind::Conflict) {
                           asked.words = say("is gone");
                       } else if (guestLeaves(answer.error())) {
                           asked.words = say("its VM is leaving");
                       } else if (answer.error().kind == ErrorKind::Forbidden) {
                           failStep(i, answer.error());
                           return;
                       } else {
                           asked.words = words(answer.error());
                           asked.rank = 0;
                       }
                       evictNext(i, w, client, turn, pods, at + 1);
                   });
    }

    void turnOfDrain(std::size_t i, std::size_t w, std::shared_ptr<kube::Client> client, unsigned turn,
                     std::vector<Leaving> pods)
    {
        const Ref ref = refOf(plan.steps[i].writes[w].object);
        if (pods.empty()) {
            setStep(i, StepState::Running, say("%1 is empty.", {ref.title()}));
            settled(i, w, Kind::Written, plan.steps[i].writes[w].object.uid(),
                    say("%1 is empty.", {ref.title()}));
            return;
        }
        std::stable_sort(pods.begin(), pods.end(),
                         [](const Leaving& a, const Leaving& b) { return a.rank < b.rank; });
        const auto blocked =
            std::count_if(pods.begin(), pods.end(), [](const Leaving& pod) { return pod.rank == 0; });
        std::string evidence = say("%1 pods are still there", {std::to_string(pods.size())});
        if (blocked > 0)
            evidence += ", " + say("%1 of them held", {std::to_string(blocked)});
        constexpr std::size_t kMost = 3;
        for (std::size_t k = 0; k < std::min(pods.size(), kMost); ++k)
            evidence += (k == 0 ? ": " : "; ") + pods[k].ns + "/" + pods[k].name + " " + pods[k].words;
        evidence = cleanText(evidence);
        if (SteadyClock::now() >= steps[i].deadline) {
            failStep(i,
                     error(ErrorKind::Timeout,
                           say("%1 was not empty within %2.",
                               {ref.title(), formatAge(std::int64_t{1000} * plan.steps[i].timeoutSeconds)}),
                           evidence));
            return;
        }
        if (evidence != steps[i].report.evidence)
            setStep(i, StepState::Waiting, evidence);
        calls.after(options.pollInterval, [this, i, w, client, turn] {
            if (drains(i, turn))
                listPods(i, w, client, turn, 0);
        });
    }

    void send(std::size_t i, std::size_t w, int tries, const Found& found)
    {
        if (plan.steps[i].writes[w].verb == Verb::Drain) {
            drain(i, w, found);
            return;
        }
        const Object& wanted = plan.steps[i].writes[w].object;
        const Ref ref = refOf(wanted);
        kube::Request request;
        switch (plan.steps[i].writes[w].verb) {
        case Verb::Ensure:
        case Verb::Create:
            request = createRequest(found.resource, wanted, false);
            break;
        case Verb::Apply: {
            Object object = wanted;
            if (found.object) // another object of that name must not be taken for ours
                object.edit()["metadata"]["uid"] = found.object->uid();
            request = applyRequest(found.resource, object, false);
            break;
        }
        case Verb::Patch:
            request = mergePatchRequest(found.resource, wanted, false);
            break;
        case Verb::Delete:
        case Verb::Remove:
            request = deleteRequest(found.resource, ref.ns, ref.name, found.object->uid());
            break;
        case Verb::Change:
            request = mergePatchRequest(found.resource, wanted, false);
            break;
        case Verb::Call:
            request = callRequest(found.resource, ref.ns, ref.name, plan.steps[i].writes[w].call,
                                  plan.steps[i].writes[w].body);
            break;
        case Verb::Drain:
            return;
        }
        const int number = ++writes;
        tell(options.onWrite, number, false);
        calls.send(found.client, std::move(request),
                   [this, i, w, tries, ref, number](Result<kube::Response> answer) {
                       tell(options.onWrite, number, true);
                       const Verb verb = plan.steps[i].writes[w].verb;
                       if (answer) {
                           auto object = objectFromJson(answer->body);
                           const std::string uid =
                               object && object->kind() != "Status" ? object->uid() : std::string();
                           settled(i, w, Kind::Written, uid, say("%1 is written.", {ref.title()}));
                           return;
                       }
                       const Error why = answer.error();
                       if (verb == Verb::Call && tries > 0 && why.kind == ErrorKind::Conflict) {
                           // The try before this one, whose answer did not come, has been heard.
                           settled(i, w, Kind::Written, {}, words(why));
                           return;
                       }
                       const bool raced =
                           why.kind == ErrorKind::Conflict && (verb == Verb::Ensure || verb == Verb::Create);
                       const bool again = (transient(why) || raced) && tries + 1 < options.tries;
                       if (!again) {
                           Error told = why;
                           if (why.kind == ErrorKind::Conflict && verb == Verb::Apply)
                               told.text =
                                   say("Fields of %1 belong to somebody else; they are not taken over.",
                                       {ref.title()});
                           failStep(i, std::move(told));
                           return;
                       }
                       // Whether it has been written is not known, or somebody was faster: write() reads
                       // before it writes.
                       setStep(i, StepState::Running, words(why));
                       calls.after(raced ? std::chrono::milliseconds(0) : delay(tries, why),
                                   [this, i, w, tries] { this->write(i, w, tries + 1); });
                   });
    }

    void beginWaits(std::size_t i)
    {
        if (plan.steps[i].waits.empty()) {
            finishStep(i);
            return;
        }
        steps[i].deadline = SteadyClock::now() + std::chrono::seconds(plan.steps[i].timeoutSeconds);
        setStep(i, StepState::Waiting);
        poll(i, 0, steps[i].turn);
    }

    void poll(std::size_t i, std::size_t which, unsigned turn)
    {
        if (steps[i].turn != turn || steps[i].report.state != StepState::Waiting)
            return;
        const Wait& wait = plan.steps[i].waits[which];
        lookOnce(wait, [this, i, which, turn](Result<Judgement> judged) {
            if (steps[i].turn != turn || steps[i].report.state != StepState::Waiting)
                return;
            const std::string evidence = judged ? judged->evidence : words(judged.error());
            if (judged && judged->failed) {
                failStep(i,
                         error(ErrorKind::Refused,
                               say("“%1” will not come true.", {plan.steps[i].waits[which].what}), evidence));
                return;
            }
            if (judged && judged->met) {
                setStep(i, StepState::Waiting, evidence);
                if (which + 1 == plan.steps[i].waits.size())
                    finishStep(i);
                else
                    poll(i, which + 1, turn);
                return;
            }
            if (!judged && !transient(judged.error()) && judged.error().kind != ErrorKind::Auth &&
                judged.error().kind != ErrorKind::NotFound) {
                failStep(i, judged.error());
                return;
            }
            if (SteadyClock::now() >= steps[i].deadline) {
                failStep(i, error(ErrorKind::Timeout,
                                  say("“%1” did not come true within %2.",
                                      {plan.steps[i].waits[which].what,
                                       formatAge(std::int64_t{1000} * plan.steps[i].timeoutSeconds)}),
                                  evidence));
                return;
            }
            if (evidence != steps[i].report.evidence)
                setStep(i, StepState::Waiting, evidence);
            calls.after(options.pollInterval, [this, i, which, turn] { poll(i, which, turn); });
        });
    }

    void lookOnce(const Wait& wait, std::function<void(Result<Judgement>)> next)
    {
        look(
            wait.target, wait.ref,
            [wait, next](Result<Found> found) {
                if (!found)
                    next(tl::unexpected(found.error()));
                else
                    next(judge(wait, found->object ? &*found->object : nullptr));
            },
            options.tries - 1); // the poll is the retry
    }

    void cancel()
    {
        if (report.state != RunState::Running && report.state != RunState::DryRun)
            return;
        cancelling = true;
        if (report.state == RunState::DryRun)
            return;
        setState(RunState::Cancelling);
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (steps[i].report.state == StepState::Waiting)
                setStep(i, StepState::Cancelled);
        }
        settle();
    }

    void retry(const std::string& id)
    {
        if (report.state != RunState::Failed && report.state != RunState::Cancelled &&
            report.state != RunState::Running)
            return;
        bool any = false;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const StepState state = steps[i].report.state;
            if ((id.empty() || plan.steps[i].id == id) &&
                (state == StepState::Failed || state == StepState::Cancelled)) {
                setStep(i, StepState::Pending);
                any = true;
            }
        }
        const bool nothingBegun = std::all_of(steps.begin(), steps.end(), [](const Progress& progress) {
            return progress.report.state == StepState::Pending;
        });
        if (!any && !nothingBegun)
            return;
        cancelling = false;
        if (nothingBegun && !options.dryRunOnly && journal) {
            setState(RunState::DryRun);
            askFirst();
            return;
        }
        if (report.state != RunState::Running)
            setState(RunState::Running);
        schedule();
    }

    // ---- undo
    // --------------------------------------------------------------------------------------------------

    void undo()
    {
        if ((report.state != RunState::Failed && report.state != RunState::Cancelled &&
             report.state != RunState::Done && report.state != RunState::UndoFailed) ||
            options.dryRunOnly)
            return;
        report.left.clear();
        undoList.clear();
        for (std::size_t i = 0; i < plan.steps.size(); ++i) {
            for (std::size_t w = 0; w < plan.steps[i].writes.size(); ++w) {
                const Write& write = plan.steps[i].writes[w];
                // Of others only what was begun: until then it is as it was.
                const bool begun = steps[i].report.startedAt != 0 ||
                                   written.count({plan.steps[i].id, static_cast<int>(w)}) != 0;
                if (canBeUndone(write) && (begun || !ofOthers(write.verb)))
                    undoList.push_back({i, w});
            }
        }
        // Cluster API takes a cluster down from its Cluster object; the parts must be there while it does.
        // What it leaves (templates, ConfigMaps) goes after it, the namespace last.
        // What belongs to others is set back before: it may refer to what is ours.
        const auto rank = [this](const DryItem& item) {
            const Verb verb = plan.steps[item.step].writes[item.write].verb;
            return ofOthers(verb) ? -1 : verb == Verb::Create ? 0 : verb == Verb::Ensure ? 2 : 1;
        };
        std::reverse(undoList.begin(), undoList.end());
        std::stable_sort(undoList.begin(), undoList.end(),
                         [&](const DryItem& a, const DryItem& b) { return rank(a) < rank(b); });
        cancelling = false;
        setState(RunState::Undoing);
        // What carries somebody's work is not taken away from under it.
        std::map<std::string, std::size_t> kinds; // and the step to which it belongs
        for (const DryItem& item : undoList) {
            const Object& object = plan.steps[item.step].writes[item.write].object;
            for (const std::string& kind : split(object.annotation(kHoldsWorkKey), ' ')) {
                if (!kind.empty())
                    kinds.emplace(kind, item.step);
            }
        }
        guardNext(std::vector<std::pair<std::string, std::size_t>>(kinds.begin(), kinds.end()), 0);
    }

    void guardNext(std::vector<std::pair<std::string, std::size_t>> kinds, std::size_t at)
    {
        if (at == kinds.size()) {
            undoNext(0);
            return;
        }
        const Ref ref{"apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, kinds[at].first};
        look(Target::Outer, ref, [this, kinds, at](Result<Found> found) {
            const std::size_t step = kinds[at].second;
            if (!found) {
                undoFailed(step, found.error());
                return;
            }
            if (!found->object) {
                guardNext(kinds, at + 1);
                return;
            }
            kube::ResourceId resource;
            resource.group = found->object->text("spec.group").value_or("");
            resource.resource = found->object->text("spec.names.plural").value_or("");
            resource.namespaced = found->object->text("spec.scope") == "Namespaced";
            const std::string kind = found->object->text("spec.names.kind").value_or("");
            for (int i = 0; i < 20; ++i) {
                const std::string path = "spec.versions." + std::to_string(i) + ".";
                if (found->object->text(path + "storage") == "true")
                    resource.version = found->object->text(path + "name").value_or("");
            }
            calls.send(
                outer, listRequest(resource, {}),
                [this, kinds, at, step, kind](Result<kube::Response> answer) {
                    if (!answer) {
                        if (answer.error().kind == ErrorKind::NotFound)
                            guardNext(kinds, at + 1);
                        else
                            undoFailed(step, answer.error());
                        return;
                    }
                    const Json list = Json::parse(answer->body, nullptr, false);
                    if (!list.is_object() || !list.contains("items") || !list["items"].is_array()) {
                        undoFailed(step,
                                   error(ErrorKind::Protocol, say("The list of %1 cannot be read.", {kind})));
                        return;
                    }
                    for (const Json& item : list["items"]) {
                        const Object object(item);
                        if (ours(object))
                            continue;
                        const std::string name =
                            (object.ns().empty() ? "" : object.ns() + "/") + object.name();
                        undoFailed(step, error(ErrorKind::Refused,
                                               say("%1 %2 is there: what carries it is not taken away.",
                                                   {kind, cleanText(name, 200)}),
                                               say("Delete it first; nothing has been taken back yet.")));
                        return;
                    }
                    guardNext(kinds, at + 1);
                });
        });
    }

    void undoFailed(std::size_t i, Error why)
    {
        steps[i].report.error = why;
        setStep(i, StepState::Failed, words(why));
        setState(RunState::UndoFailed, std::move(why));
    }

    void undoNext(std::size_t at)
    {
        if (at == undoList.size()) {
            written.clear();
            for (std::size_t i = 0; i < steps.size(); ++i)
                setStep(i, StepState::Undone);
            end(RunState::Undone, {}, "undone");
            return;
        }
        const DryItem item = undoList[at];
        const Ref ref = refOf(plan.steps[item.step].writes[item.write].object);
        look(plan.steps[item.step].writes[item.write].target, ref,
             [this, at, item, ref](Result<Found> found) {
                 if (found && ofOthers(plan.steps[item.step].writes[item.write].verb)) {
                     setBack(at, *found);
                     return;
                 }
                 if (!found) {
                     if (found.error().kind == ErrorKind::NotFound) // the kind itself is gone
                         undoNext(at + 1);
                     else
                         undoFailed(item.step, found.error());
                     return;
                 }
                 if (!found->object) {
                     undoNext(at + 1);
                     return;
                 }
                 if (!ours(*found->object)) {
                     const bool kept = plan.steps[item.step].writes[item.write].verb == Verb::Ensure;
                     report.left.push_back(
                         kept ? say("%1 was there before and stays.", {ref.title()})
                              : say("%1 does not belong to this plan and stays.", {ref.title()}));
                     undoNext(at + 1);
                     return;
                 }
                 setStep(item.step, StepState::Undoing, say("Removing %1.", {ref.title()}));
                 if (ref.kind == "Namespace" && ref.apiVersion == "v1")
                     checkNamespace(at, *found);
                 else
                     remove(at, *found, 0);
             });
    }

    // Of what somebody else made: the fields as they were; for a drain, nobody has to leave any more.
    void setBack(std::size_t at, const Found& found)
    {
        const DryItem item = undoList[at];
        const Write& write = plan.steps[item.step].writes[item.write];
        const Ref ref = refOf(write.object);
        const std::string uid = write.object.uid();
        if (!found.object || (!uid.empty() && found.object->uid() != uid)) {
            report.left.push_back(say("%1 is not there any more.", {ref.title()}));
            undoNext(at + 1);
            return;
        }
        JournalRecord entry = record(Kind::Deleting, item.step, item.write);
        entry.uid = uid;
        log(std::move(entry), [this, at, item, found](Result<void> logged) {
            if (!logged) {
                undoFailed(item.step, logged.error());
                return;
            }
            const Write& back = plan.steps[item.step].writes[item.write];
            if (back.verb == Verb::Drain)
                listGuests(at, found.client);
            else
                patchBack(at, found, 0);
        });
    }

    void patchBack(std::size_t at, const Found& found, int tries)
    {
        const DryItem item = undoList[at];
        const Write& write = plan.steps[item.step].writes[item.write];
        setStep(item.step, StepState::Undoing, say("Setting back %1.", {refOf(write.object).title()}));
        Object patch = write.body;
        patch.edit()["metadata"]["name"] = write.object.name();
        if (!write.object.ns().empty())
            patch.edit()["metadata"]["namespace"] = write.object.ns();
        if (!write.object.uid().empty())
            patch.edit()["metadata"]["uid"] = write.object.uid();
        calls.send(found.client, mergePatchRequest(found.resource, patch, false),
                   [this, at, item, found, tries](Result<kube::Response> answer) {
                       if (answer) {
                           undoNext(at + 1);
                       } else if (transient(answer.error()) && tries + 1 < options.tries) {
                           calls.after(delay(tries, answer.error()),
                                       [this, at, found, tries] { patchBack(at, found, tries + 1); });
                       } else {
                           undoFailed(item.step, answer.error());
                       }
                   });
    }

    void listGuests(std::size_t at, std::shared_ptr<kube::Client> client)
    {
        const DryItem item = undoList[at];
        const std::string node = plan.steps[item.step].writes[item.write].object.name();
        setStep(item.step, StepState::Undoing, say("Telling the VMs on %1 to stay.", {node}));
        outerCatalog->find("kubevirt.io/v1", "VirtualMachineInstance",
                           [this, at, item, client, node](Result<kube::ResourceId> resource) {
                               if (!resource) { // no KubeVirt, no guests
                                   undoNext(at + 1);
                                   return;
                               }
                               calls.send(client, listRequest(*resource, {}),
                                          [this, at, item, client, node,
                                           resource = *resource](Result<kube::Response> answer) {
                                              if (!answer) {
                                                  undoFailed(item.step, answer.error());
                                                  return;
                                              }
                                              const Json list = Json::parse(answer->body, nullptr, false);
                                              auto guests = std::make_shared<std::vector<Object>>();
                                              if (list.is_object() && list.contains("items") &&
                                                  list["items"].is_array()) {
                                                  for (const Json& each : list["items"]) {
                                                      const Object guest(each);
                                                      if (guest.text("status.evacuationNodeName") == node)
                                                          guests->push_back(guest);
                                                  }
                                              }
                                              keepNext(at, client, resource, guests, 0);
                                          });
                           });
    }

    void keepNext(std::size_t at, std::shared_ptr<kube::Client> client, const kube::ResourceId& resource,
                  std::shared_ptr<std::vector<Object>> guests, std::size_t which)
    {
        if (which == guests->size()) {
            undoNext(at + 1);
            return;
        }
        const DryItem item = undoList[at];
        const Object& guest = (*guests)[which];
        const Object body(Json{{"evacuationNodeName", guest.text("status.evacuationNodeName").value_or("")}});
        calls.send(client, callRequest(resource, guest.ns(), guest.name(), "evacuate/cancel", body),
                   [this, at, item, client, resource, guests, which](Result<kube::Response> answer) {
                       if (!answer)
                           report.left.push_back(
                               say("%1 still leaves: %2", {(*guests)[which].title(), words(answer.error())}));
                       keepNext(at, client, resource, guests, which + 1);
                   });
    }

    // A namespace that we made may hold somebody else's clusters by now.
    void checkNamespace(std::size_t at, const Found& found)
    {
        const DryItem item = undoList[at];
        const auto anchor = std::find_if(undoList.begin(), undoList.end(), [this](const DryItem& other) {
            return plan.steps[other.step].writes[other.write].verb == Verb::Create;
        });
        if (anchor == undoList.end()) {
            remove(at, found, 0);
            return;
        }
        const Ref ref = refOf(plan.steps[anchor->step].writes[anchor->write].object);
        outerCatalog->find(
            ref.apiVersion, ref.kind, [this, at, item, found](Result<kube::ResourceId> resource) {
                if (!resource) {
                    undoFailed(item.step, resource.error());
                    return;
                }
                calls.send(outer, listRequest(*resource, found.object->name()),
                           [this, at, item, found](Result<kube::Response> answer) {
                               if (!answer) {
                                   undoFailed(item.step, answer.error());
                                   return;
                               }
                               const Json json = Json::parse(answer->body, nullptr, false);
                               if (!json.is_object() || !json.contains("items") ||
                                   !json["items"].is_array()) {
                                   undoFailed(item.step, error(ErrorKind::Protocol,
                                                               say("The list of clusters cannot be read.")));
                                   return;
                               }
                               if (!json["items"].empty()) {
                                   report.left.push_back(
                                       say("%1 holds other clusters and stays.", {found.object->title()}));
                                   undoNext(at + 1);
                                   return;
                               }
                               remove(at, found, 0);
                           });
            });
    }

    void remove(std::size_t at, const Found& found, int tries)
    {
        const DryItem item = undoList[at];
        const Object object = *found.object;
        JournalRecord entry = record(Kind::Deleting, item.step, item.write);
        entry.uid = object.uid();
        log(std::move(entry), [this, at, item, found, object, tries](Result<void> logged) {
            if (!logged) {
                undoFailed(item.step, logged.error());
                return;
            }
            const auto gone = SteadyClock::now() + options.goneTimeout;
            if (object.deleting()) {
                waitGone(at, object.uid(), gone);
                return;
            }
            const int number = ++writes;
            tell(options.onWrite, number, false);
            calls.send(found.client, deleteRequest(found.resource, object.ns(), object.name(), object.uid()),
                       [this, at, item, object, tries, gone, number](Result<kube::Response> answer) {
                           tell(options.onWrite, number, true);
                           if (answer || answer.error().kind == ErrorKind::NotFound) {
                               waitGone(at, object.uid(), gone);
                               return;
                           }
                           const Error why = answer.error();
                           const bool again = transient(why) || why.kind == ErrorKind::Conflict;
                           if (!again || tries + 1 >= options.tries) {
                               undoFailed(item.step, why);
                               return;
                           }
                           // Read again first: it may be gone, or be another one by now.
                           calls.after(delay(tries, why), [this, at] { undoNext(at); });
                       });
        });
    }

    void waitGone(std::size_t at, const std::string& uid, SteadyClock::time_point deadline)
    {
        const DryItem item = undoList[at];
        const Ref ref = refOf(plan.steps[item.step].writes[item.write].object);
        look(Target::Outer, ref, [this, at, item, ref, uid, deadline](Result<Found> found) {
            if (!found) {
                undoFailed(item.step, found.error());
                return;
            }
            if (!found->object || found->object->uid() != uid) {
                JournalRecord entry = record(Kind::Deleted, item.step, item.write);
                entry.uid = uid;
                log(std::move(entry), [this, at, item](Result<void> logged) {
                    if (!logged)
                        undoFailed(item.step, logged.error());
                    else
                        undoNext(at + 1);
                });
                return;
            }
            const Object& object = *found->object;
            std::string finalizers;
            if (object.json()["metadata"].contains("finalizers")) {
                for (const Json& name : object.json()["metadata"]["finalizers"])
                    finalizers +=
                        (finalizers.empty() ? "" : ", ") + (name.is_string() ? name.get<std::string>() : "");
            }
            if (SteadyClock::now() >= deadline) {
                undoFailed(item.step, error(ErrorKind::Timeout, say("%1 does not go away.", {ref.title()}),
                                            finalizers.empty()
                                                ? std::string()
                                                : say("It is held by: %1", {cleanText(finalizers, 300)})));
                return;
            }
            setStep(item.step, StepState::Undoing,
                    finalizers.empty() ? say("Waiting for %1 to go.", {ref.title()})
                                       : say("Waiting for %1 to go (%2).", {ref.title(), finalizers}));
            const auto later = [this, at, uid, deadline] {
                calls.after(options.pollInterval, [this, at, uid, deadline] { waitGone(at, uid, deadline); });
            };
            // A paused Cluster is not taken down by anybody.
            if (object.deleting() && object.text("spec.paused").value_or("") == "true") {
                Object lift(ref.apiVersion, ref.kind, ref.ns, ref.name);
                lift.edit()["metadata"]["uid"] = uid;
                lift.edit()["spec"]["paused"] = false;
                calls.send(found->client, mergePatchRequest(found->resource, lift, false),
                           [later](Result<kube::Response>) { later(); });
                return;
            }
            later();
        });
    }

    kube::Network& network;
    std::shared_ptr<kube::Client> outer;
    std::shared_ptr<kube::Client> inner;
    Plan plan;
    RunOptions options;
    RunCallbacks callbacks;
    std::recursive_mutex callbackMutex;
    bool silent = false;
    Calls calls;
    std::shared_ptr<Catalog> outerCatalog;
    std::shared_ptr<Catalog> innerCatalog;
    std::unique_ptr<Journal> journal;
    std::thread opener;
    std::vector<Progress> steps;
    std::set<std::pair<std::string, int>> written; // what the journal says is on the server
    RunReport report;
    bool cancelling = false;
    bool recheck = false;
    bool gated = false;
    int writes = 0;
    std::vector<DryItem> dryQueue;
    std::set<std::string> absentSpaces;
    std::set<std::pair<std::string, std::string>> brought; // group and kind of the plan's definitions
    std::optional<Error> dryRejected;
    int dryRunning = 0;
    std::function<void(std::optional<Error>)> dryNext;
    std::vector<DryItem> undoList;
};

Runner::Runner(std::shared_ptr<kube::Client> client, Plan plan, RunOptions options, RunCallbacks callbacks)
    : m_d(std::make_shared<Private>(std::move(client), std::move(plan), std::move(options),
                                    std::move(callbacks)))
{}

Runner::~Runner()
{
    {
        const std::lock_guard<std::recursive_mutex> lock(m_d->callbackMutex);
        m_d->silent = true;
    }
    kube::Network& network = m_d->network;
    network.post([d = std::move(m_d)] {}); // it lives and ends on the network's thread
}

void Runner::start()
{
    m_d->network.post([d = m_d] { d->start(); });
}

void Runner::cancel()
{
    m_d->network.post([d = m_d] { d->cancel(); });
}

void Runner::retry(const std::string& stepId)
{
    m_d->network.post([d = m_d, stepId] { d->retry(stepId); });
}

void Runner::undo()
{
    m_d->network.post([d = m_d] { d->undo(); });
}

const char* toString(StepState state)
{
    switch (state) {
    case StepState::Pending:
        return "pending";
    case StepState::Running:
        return "running";
    case StepState::Waiting:
        return "waiting";
    case StepState::Done:
        return "done";
    case StepState::Failed:
        return "failed";
    case StepState::Cancelled:
        return "cancelled";
    case StepState::Undoing:
        return "undoing";
    case StepState::Undone:
        return "undone";
    }
    return "";
}

const char* toString(RunState state)
{
    switch (state) {
    case RunState::Idle:
        return "idle";
    case RunState::DryRun:
        return "dry run";
    case RunState::Running:
        return "running";
    case RunState::Cancelling:
        return "cancelling";
    case RunState::Undoing:
        return "undoing";
    case RunState::Done:
        return "done";
    case RunState::Failed:
        return "failed";
    case RunState::Cancelled:
        return "cancelled";
    case RunState::Undone:
        return "undone";
    case RunState::UndoFailed:
        return "undo failed";
    }
    return "";
}

} // namespace strata::provision
