// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/cron.h"
#include "core/demosite/api/timezone.h"
#include "core/demosite/controllers/podtemplate.h"
#include "core/demosite/controllers/site.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

// Jobs, what removes them some time after they finished, and CronJobs (kubernetes pkg/controller/job,
// ttlafterfinished, cronjob).
namespace strata::demosite {
namespace {

constexpr const char* kTracking = "batch.kubernetes.io/job-tracking";
constexpr const char* kIndex = "batch.kubernetes.io/job-completion-index";
constexpr double kBackOff = 10;
constexpr double kLongestBackOff = 600;
constexpr long long kMostAtOnce = 500;
constexpr long long kMostIndexes = 100'000; // of an Indexed Job, as upstream

bool finished(const Json& job)
{
    return isTrue(job, "Complete") || isTrue(job, "Failed");
}

// batch/v1's conditions: with a time at which they were last looked at.
void setJobCondition(Json& status, const Condition& condition, const std::string& at)
{
    setCondition(status, condition, at);
    for (Json& each : status["conditions"]) {
        if (text(each, "type") == condition.type && text(each, "lastTransitionTime") == at)
            each["lastProbeTime"] = at;
    }
}

std::optional<long long> indexIn(std::string_view text)
{
    long long value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

// A pod's index, when it says one of its Job's.
std::optional<long long> indexOf(const Json& pod, long long end)
{
    const auto index = indexIn(annotation(pod, kIndex));
    return index && *index < end ? index : std::nullopt;
}

// Of "0-2,5" those below `end`; what is no range of numbers ends it.
std::set<long long> indexesOf(const std::string& ranges, long long end)
{
    std::set<long long> out;
    std::size_t at = 0;
    while (at < ranges.size()) {
        const std::size_t comma = std::min(ranges.find(',', at), ranges.size());
        const std::string_view part = std::string_view(ranges).substr(at, comma - at);
        const std::size_t dash = part.find('-');
        const auto from = indexIn(part.substr(0, dash));
        const auto to = dash == std::string_view::npos ? from : indexIn(part.substr(dash + 1));
        if (!from || !to)
            break;
        for (long long i = *from; i <= std::min(*to, end - 1); ++i)
            out.insert(i);
        at = comma + 1;
    }
    return out;
}

std::string rangesOf(const std::set<long long>& indexes)
{
    std::string out;
    for (auto at = indexes.begin(); at != indexes.end();) {
        const long long from = *at;
        long long to = from;
        while (++at != indexes.end() && *at == to + 1)
            to = *at;
        out += (out.empty() ? "" : ",") + std::to_string(from);
        if (to > from)
            out += (to == from + 1 ? "," : "-") + std::to_string(to);
    }
    return out;
}

class JobController : public Controller {
public:
    JobController(Site& site, Store& store) : m_site(site), m_store(store) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kindOf("jobs"), key.ns, key.name);
        if (!object) {
            forget(key);
            return kOnChange;
        }
        const Json job = parseOwn(object->body);
        Pods pods = podsOf(*object);
        if (finished(job)) {
            release(pods);
            m_known.erase(key);
            return kOnChange;
        }
        if (!text(job, "spec.managedBy").empty() &&
            text(job, "spec.managedBy") != "kubernetes.io/job-controller")
            return kOnChange;
        Known& known = m_known[key];
        const bool suspended = flag(job, "spec.suspend");
        if (!pods.failed.empty() && !suspended)
            known.failedAt = m_site.now();
        if (!known.started && !suspended)
            known.started = m_site.now();

        Run run;
        run.succeeded =
            number(job, "status.succeeded").value_or(0) + static_cast<long long>(pods.succeeded.size());
        run.failed = number(job, "status.failed").value_or(0); // who is suspended has not failed
        if (!suspended)
            countFailures(job, pods, run);
        run.indexed = text(job, "spec.completionMode") == "Indexed";
        run.completions = number(job, "spec.completions");
        if (run.indexed) {
            const long long end = std::min(run.completions.value_or(0), kMostIndexes);
            run.done = indexesOf(text(job, "status.completedIndexes"), end);
            for (const ObjectPtr& pod : pods.succeeded) {
                if (const auto index = indexOf(parseOwn(pod->body), end))
                    run.done.insert(*index);
            }
            run.succeeded = static_cast<long long>(run.done.size());
        }
        double again = kOnChange;
        judge(job, pods, run, known, again);

        if (deleting(job) || !run.reason.empty() || run.complete || suspended) {
            for (const ObjectPtr& pod : pods.active) {
                if (!deleting(job) && m_store.remove(coreKind("pods"), key.ns, pod->name))
                    tell(m_store, *object, "Normal", "SuccessfulDelete", "Deleted pod: " + pod->name,
                         "job-controller");
            }
            if (!deleting(job)) {
                pods.terminating += static_cast<long long>(pods.active.size());
                pods.active.clear();
                pods.ready = 0;
            }
        } else {
            again = earlier(again, manage(*object, job, pods, run, known));
        }
        report(*object, job, pods, run, suspended);
        release(pods);
        return again;
    }

private:
    struct Pods {
        std::vector<ObjectPtr> active;
        std::vector<ObjectPtr> succeeded; // not yet counted
        std::vector<ObjectPtr> failed;
        std::vector<ObjectPtr> held; // by the finalizer though they ended
        long long ready = 0;
        long long terminating = 0;
        long long restarts = 0;
    };
    struct Known {
        std::optional<double> started;
        std::optional<double> failedAt;
    };
    struct Run {
        long long succeeded = 0;
        long long failed = 0;
        std::optional<long long> completions;
        std::set<long long> done; // indexes
        bool indexed = false;
        bool complete = false;
        std::string reason; // it fails, and why
        std::string message;
    };

    Pods podsOf(const Object& job) const
    {
        Pods out;
        for (const ObjectPtr& pod : m_store.ownedBy(job.uid)) {
            if (pod->kind != &coreKind("pods"))
                continue;
            const Json body = parseOwn(pod->body);
            const std::string_view phase = lookUp(pod->fields, "status.phase");
            const bool ended =
                phase == "Succeeded" || phase == "Failed" ||
                (deleting(*pod) && number(body, "metadata.deletionGracePeriodSeconds").value_or(0) == 0);
            if (ended) {
                if (hasFinalizer(body, kTracking)) {
                    out.held.push_back(pod);
                    (phase == "Succeeded" ? out.succeeded : out.failed).push_back(pod);
                }
                continue;
            }
            if (deleting(*pod)) {
                ++out.terminating;
                continue;
            }
            out.active.push_back(pod);
            out.ready += isTrue(body, "Ready") ? 1 : 0;
            if (const Json* all = find(body, "status.containerStatuses"); all != nullptr && all->is_array()) {
                for (const Json& container : *all)
                    out.restarts += number(container, "restartCount").value_or(0);
            }
        }
        return out;
    }

    // Its Job has counted the pod: it may go.
    void release(const Object& pod)
    {
        edit(m_store, coreKind("pods"), pod.ns, pod.name,
             [](Json& edited) { removeFinalizer(edited, kTracking); });
    }

    void release(const Pods& pods)
    {
        for (const ObjectPtr& pod : pods.held)
            release(*pod);
    }

    // Pods of a Job that is gone wait for nobody.
    void forget(const Key& key)
    {
        m_known.erase(key);
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"), key.ns)) {
            if (pod->body.find(kTracking) == std::string::npos)
                continue;
            const Json body = parseOwn(pod->body);
            if (ownerName(body, "Job") == key.name && hasFinalizer(body, kTracking))
                release(*pod);
        }
    }

    // Failed pods, but for those that the Job's policy does not count or fails for.
    static void countFailures(const Json& job, const Pods& pods, Run& run)
    {
        const Json* rules = find(job, "spec.podFailurePolicy.rules");
        for (const ObjectPtr& pod : pods.failed) {
            std::string action = "Count";
            std::string message;
            const Json body = parseOwn(pod->body);
            for (std::size_t i = 0; rules != nullptr && rules->is_array() && i < rules->size(); ++i) {
                const auto why = matchedBy((*rules)[i], body);
                if (!why)
                    continue;
                action = text((*rules)[i], "action");
                message = *why + " matching " + action + " rule at index " + std::to_string(i);
                break;
            }
            if (action != "Ignore")
                ++run.failed;
            if (action == "FailJob" && run.reason.empty()) {
                run.reason = "PodFailurePolicy";
                run.message = message;
            }
        }
    }

    // How the pod fits a rule of a podFailurePolicy; nothing when it does not.
    static std::optional<std::string> matchedBy(const Json& rule, const Json& pod)
    {
        const std::string name = text(pod, "metadata.namespace") + "/" + text(pod, "metadata.name");
        if (const Json* codes = find(rule, "onExitCodes")) {
            const Json* values = find(*codes, "values");
            const Json* statuses = find(pod, "status.containerStatuses");
            if (values == nullptr || statuses == nullptr || !statuses->is_array())
                return std::nullopt;
            const std::string only = text(*codes, "containerName");
            const bool in = text(*codes, "operator") == "In";
            for (const Json& status : *statuses) {
                const auto code = number(status, "state.terminated.exitCode");
                if (!code || *code == 0 || (!only.empty() && text(status, "name") != only))
                    continue;
                const bool listed = std::find(values->begin(), values->end(), Json(*code)) != values->end();
                if (listed == in)
                    return "Container " + text(status, "name") + " for pod " + name +
                           " failed with exit code " + std::to_string(*code);
            }
            return std::nullopt;
        }
        const Json* conditions = find(rule, "onPodConditions");
        for (std::size_t i = 0; conditions != nullptr && conditions->is_array() && i < conditions->size();
             ++i) {
            const std::string type = text((*conditions)[i], "type");
            const std::string status = text((*conditions)[i], "status");
            if (conditionStatus(pod, type) == (status.empty() ? "True" : status))
                return "Pod " + name + " has condition " + type;
        }
        return std::nullopt;
    }

    void judge(const Json& job, const Pods& pods, Run& run, const Known& known, double& again) const
    {
        const auto fails = [&](const char* reason, const char* message) {
            run.reason = reason;
            run.message = message;
        };
        const long long limit = number(job, "spec.backoffLimit").value_or(6);
        const bool onFailure = text(job, "spec.template.spec.restartPolicy") == "OnFailure";
        if (const Json* target = conditionOf(job, "FailureTarget"); target != nullptr) {
            run.reason = text(*target, "reason");
            run.message = text(*target, "message");
            return;
        }
        if (isTrue(job, "SuccessCriteriaMet")) {
            run.complete = true;
            return;
        }
        if (!run.reason.empty())
            return; // its policy has said so
        if (run.failed > limit || (onFailure && pods.restarts > 0 && pods.restarts >= std::max(limit, 1LL)))
            fails("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        const auto deadline = number(job, "spec.activeDeadlineSeconds");
        if (run.reason.empty() && deadline && known.started) {
            const double left = *known.started + static_cast<double>(*deadline) - m_site.now();
            if (left <= 0)
                fails("DeadlineExceeded", "Job was active longer than specified deadline");
            else
                again = left;
        }
        if (run.reason.empty())
            run.complete = run.completions ? run.succeeded >= *run.completions
                                           : run.succeeded > 0 && pods.active.empty();
    }

    // As many pods as may run; after how long to go on.
    double manage(const Object& object, const Json& job, Pods& pods, const Run& run, const Known& known)
    {
        const long long parallelism = std::min(number(job, "spec.parallelism").value_or(1), kMostAtOnce);
        const auto active = static_cast<long long>(pods.active.size());
        long long wanted = parallelism;
        if (run.completions)
            wanted = std::min(parallelism, *run.completions - run.succeeded);
        else if (run.succeeded > 0)
            wanted = std::min(active, parallelism);
        for (; static_cast<long long>(pods.active.size()) > wanted; pods.active.pop_back()) {
            const std::string name = pods.active.back()->name;
            (void)m_store.remove(coreKind("pods"), object.ns, name);
            ++pods.terminating;
            tell(m_store, object, "Normal", "SuccessfulDelete", "Deleted pod: " + name, "job-controller");
        }
        const long long missing = wanted - active - pods.terminating;
        if (missing <= 0)
            return kOnChange;
        if (known.failedAt && run.failed > 0) {
            const double delay = std::min(
                kBackOff * std::pow(2, static_cast<double>(std::min(run.failed, 10LL)) - 1), kLongestBackOff);
            if (const double left = *known.failedAt + delay - m_site.now(); left > 0)
                return left;
        }
        std::set<long long> taken = run.done;
        for (const ObjectPtr& pod : pods.active) {
            if (const auto index = indexOf(parseOwn(pod->body), kMostIndexes))
                taken.insert(*index);
        }
        long long index = 0;
        for (long long i = 0; i < missing; ++i) {
            while (run.indexed && taken.count(index) > 0)
                ++index;
            if (const ObjectPtr pod = make(object, job, run.indexed ? std::optional(index) : std::nullopt))
                pods.active.push_back(pod);
            taken.insert(index);
        }
        return kOnChange;
    }

    ObjectPtr make(const Object& owner, const Json& job, std::optional<long long> index)
    {
        Json pod = podOfTemplate(job);
        Json& meta = pod["metadata"];
        meta["generateName"] = owner.name + (index ? "-" + std::to_string(*index) : std::string()) + "-";
        meta["namespace"] = owner.ns;
        meta["finalizers"] = Json::array({kTracking});
        meta["ownerReferences"] = Json::array({ownerOf(owner)});
        if (index) {
            meta["annotations"][kIndex] = std::to_string(*index);
            meta["labels"][kIndex] = std::to_string(*index);
            pod["spec"]["hostname"] = owner.name + "-" + std::to_string(*index);
            for (Json& container : pod["spec"]["containers"])
                container["env"].push_back(
                    {{"name", "JOB_COMPLETION_INDEX"},
                     {"valueFrom",
                      {{"fieldRef",
                        {{"apiVersion", "v1"},
                         {"fieldPath", std::string("metadata.labels['") + kIndex + "']"}}}}}});
        }
        const auto made = m_store.create(coreKind("pods"), std::move(pod));
        if (!made) {
            tell(m_store, owner, "Warning", "FailedCreate", "Error creating: " + made.error().message,
                 "job-controller");
            return nullptr;
        }
        tell(m_store, owner, "Normal", "SuccessfulCreate", "Created pod: " + (*made)->name, "job-controller");
        return *made;
    }

    // First what decided it, and when nothing of it runs any more, that it is over.
    void report(const Object& object, const Json& job, const Pods& pods, const Run& run, bool suspended)
    {
        const std::string at = timestamp(m_store);
        const bool decided = isTrue(job, "SuccessCriteriaMet") || isTrue(job, "FailureTarget");
        const bool over = decided && pods.active.empty() && pods.terminating == 0 && pods.held.empty();
        edit(m_store, kindOf("jobs"), object.ns, object.name, [&](Json& edited) {
            Json& status = edited["status"];
            if (!status.is_object())
                status = Json::object();
            const auto count = [&](const char* name, long long value) {
                if (value > 0)
                    status[name] = value;
                else
                    status.erase(name);
            };
            if (suspended)
                status.erase("startTime");
            else if (text(status, "startTime").empty())
                status["startTime"] = at;
            count("active", static_cast<long long>(pods.active.size()));
            count("succeeded", run.succeeded);
            count("failed", run.failed);
            status["ready"] = pods.ready;
            status["terminating"] = pods.terminating;
            status["uncountedTerminatedPods"] = Json::object();
            if (run.indexed && !run.done.empty())
                status["completedIndexes"] = rangesOf(run.done);
            if (suspended != isTrue(edited, "Suspended"))
                setJobCondition(status,
                                suspended ? Condition{"Suspended", "True", "JobSuspended", "Job suspended"}
                                          : Condition{"Suspended", "False", "JobResumed", "Job resumed"},
                                at);
            const char* const reached = "Reached expected number of succeeded pods";
            if (run.complete)
                setJobCondition(status, {"SuccessCriteriaMet", "True", "CompletionsReached", reached}, at);
            if (!run.reason.empty())
                setJobCondition(status, {"FailureTarget", "True", run.reason, run.message}, at);
            if (over && run.complete) {
                setJobCondition(status, {"Complete", "True", "CompletionsReached", reached}, at);
                status["completionTime"] = at;
            } else if (over) {
                setJobCondition(status, {"Failed", "True", run.reason, run.message}, at);
            }
        });
        if (suspended != isTrue(job, "Suspended"))
            tell(m_store, object, "Normal", suspended ? "Suspended" : "Resumed",
                 suspended ? "Job suspended" : "Job resumed", "job-controller");
        if (over && run.complete)
            tell(m_store, object, "Normal", "Completed", "Job completed", "job-controller");
        else if (over)
            tell(m_store, object, "Warning", run.reason, run.message, "job-controller");
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, Known> m_known;
};

// Removes finished Jobs whose time is over.
class TtlAfterFinished : public Controller {
public:
    TtlAfterFinished(Site& site, Store& store) : m_site(site), m_store(store) {}

    double reconcile(const Key& key) override
    {
        const Json job = read(m_store, kindOf("jobs"), key.ns, key.name);
        const auto seconds = number(job, "spec.ttlSecondsAfterFinished");
        if (job.is_null() || !seconds || !finished(job) || deleting(job)) {
            m_since.erase(key);
            return kOnChange;
        }
        const double since = m_since.emplace(key, m_site.now()).first->second;
        const double left = since + static_cast<double>(*seconds) - m_site.now();
        if (left > 0)
            return left;
        m_since.erase(key);
        DeleteOptions options;
        options.uid = text(job, "metadata.uid");
        options.propagation = "Foreground";
        (void)m_store.remove(kindOf("jobs"), key.ns, key.name, options);
        return kOnChange;
    }

private:
    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_since;
};

class CronJobController : public Controller {
public:
    CronJobController(Site& site, Store& store) : m_site(site), m_store(store) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kindOf("cronjobs"), key.ns, key.name);
        if (!object) {
            m_due.erase(key);
            return kOnChange;
        }
        const Json cron = parseOwn(object->body);
        std::vector<Json> jobs;
        for (const ObjectPtr& job : m_store.ownedBy(object->uid)) {
            if (job->kind == &kindOf("jobs"))
                jobs.push_back(parseOwn(job->body));
        }
        sawFinished(*object, cron, jobs);
        if (deleting(cron))
            return kOnChange;
        prune(*object, cron, jobs);
        if (flag(cron, "spec.suspend")) {
            m_due.erase(key);
            return kOnChange;
        }
        std::string why;
        const auto schedule = Schedule::parse(text(cron, "spec.schedule"), why);
        if (!schedule) {
            tell(m_store, *object, "Warning", "UnparseableSchedule",
                 "unparseable schedule: \"" + text(cron, "spec.schedule") + "\" : " + why,
                 "cronjob-controller");
            return kOnChange;
        }
        const auto zone = TimeZone::named(text(cron, "spec.timeZone"));
        if (!zone) {
            tell(m_store, *object, "Warning", "UnknownTimeZone",
                 "invalid timeZone: \"" + text(cron, "spec.timeZone") + "\" : unknown time zone " +
                     text(cron, "spec.timeZone"),
                 "cronjob-controller");
            return kOnChange;
        }
        Due& due = m_due[key];
        const std::string said = text(cron, "spec.schedule") + "\n" + text(cron, "spec.timeZone");
        if (due.schedule != said) {
            due.schedule = said;
            await(due, *schedule, *zone, m_store.now());
        }
        if (!due.next)
            return kOnChange;
        if (const double left = due.at - m_site.now(); left > 0)
            return left;
        const UnixMs when = *due.next;
        await(due, *schedule, *zone, when);
        start(*object, cron, jobs, when);
        return due.next ? std::max(due.at - m_site.now(), 0.0) : kOnChange;
    }

private:
    // The next time of the schedule and when that is on the site's clock, which may run faster than the one
    // on the wall.
    struct Due {
        std::string schedule; // and its zone
        std::optional<UnixMs> next;
        double at = 0;
    };

    void await(Due& due, const Schedule& schedule, const TimeZone& zone, UnixMs after) const
    {
        const bool first = !due.next;
        due.next = nextIn(zone, schedule, after);
        if (due.next)
            due.at = (first ? m_site.now() : due.at) + static_cast<double>(*due.next - after) / 1000;
    }

    static std::string nameOf(const Json& job) { return text(job, "metadata.name"); }

    // Jobs that were active and have ended since.
    void sawFinished(const Object& object, const Json& cron, const std::vector<Json>& jobs)
    {
        const Json* active = find(cron, "status.active");
        if (active == nullptr || !active->is_array() || active->empty())
            return;
        Json kept = Json::array();
        std::string succeeded;
        for (const Json& each : *active) {
            const auto job = std::find_if(jobs.begin(), jobs.end(), [&](const Json& candidate) {
                return text(candidate, "metadata.uid") == text(each, "uid");
            });
            if (job != jobs.end() && !finished(*job)) {
                kept.push_back(each);
                continue;
            }
            if (job == jobs.end()) {
                tell(m_store, object, "Normal", "MissingJob",
                     "Active job went missing: " + text(each, "name"), "cronjob-controller");
                continue;
            }
            const bool good = isTrue(*job, "Complete");
            tell(m_store, object, "Normal", "SawCompletedJob",
                 "Saw completed job: " + nameOf(*job) + ", condition: " + (good ? "Complete" : "Failed"),
                 "cronjob-controller");
            if (good)
                succeeded = std::max(succeeded, text(*job, "status.completionTime"));
        }
        if (kept.size() == active->size())
            return;
        edit(m_store, kindOf("cronjobs"), object.ns, object.name, [&](Json& edited) {
            if (kept.empty())
                edited["status"].erase("active");
            else
                edited["status"]["active"] = kept;
            if (!succeeded.empty())
                edited["status"]["lastSuccessfulTime"] = succeeded;
        });
    }

    void prune(const Object& object, const Json& cron, const std::vector<Json>& jobs)
    {
        for (const auto& [type, field, standard] :
             {std::tuple("Complete", "spec.successfulJobsHistoryLimit", 3),
              std::tuple("Failed", "spec.failedJobsHistoryLimit", 1)}) {
            std::vector<const Json*> over;
            for (const Json& job : jobs) {
                if (isTrue(job, type) && !deleting(job))
                    over.push_back(&job);
            }
            std::sort(over.begin(), over.end(), [](const Json* a, const Json* b) {
                return std::pair(text(*a, "status.startTime"), nameOf(*a)) <
                       std::pair(text(*b, "status.startTime"), nameOf(*b));
            });
            const auto limit =
                static_cast<std::size_t>(std::max(number(cron, field).value_or(standard), 0LL));
            for (std::size_t i = 0; i + limit < over.size(); ++i)
                remove(object, nameOf(*over[i]));
        }
    }

    void remove(const Object& object, const std::string& job)
    {
        DeleteOptions options;
        options.propagation = "Background";
        if (m_store.remove(kindOf("jobs"), object.ns, job, options))
            tell(m_store, object, "Normal", "SuccessfulDelete", "Deleted job " + job, "cronjob-controller");
    }

    void start(const Object& object, const Json& cron, const std::vector<Json>& jobs, UnixMs when)
    {
        const std::string policy = text(cron, "spec.concurrencyPolicy");
        Json active = Json::array();
        for (const Json& job : jobs) {
            if (finished(job) || deleting(job))
                continue;
            if (policy == "Forbid") {
                tell(m_store, object, "Normal", "JobAlreadyActive",
                     "Not starting job because prior execution is running and concurrency policy is Forbid",
                     "cronjob-controller");
                return;
            }
            if (policy == "Replace")
                remove(object, nameOf(job));
        }
        if (const Json* known = find(cron, "status.active");
            known != nullptr && known->is_array() && policy != "Replace")
            active = *known;
        const Json templ = part(cron, "spec.jobTemplate");
        Json job = {{"metadata",
                     {{"name", object.name + "-" + std::to_string(when / 60000)},
                      {"namespace", object.ns},
                      {"ownerReferences", Json::array({ownerOf(object)})}}},
                    {"spec", part(templ, "spec")}};
        for (const char* field : {"labels", "annotations"}) {
            if (const Json* value = find(templ, std::string("metadata.") + field))
                job["metadata"][field] = *value;
        }
        job["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] =
            formatRfc3339(when);
        const auto made = m_store.create(kindOf("jobs"), std::move(job));
        if (!made) {
            if (made.error().code != 409)
                tell(m_store, object, "Warning", "FailedCreate",
                     "Error creating job: " + made.error().message, "cronjob-controller");
            return;
        }
        tell(m_store, object, "Normal", "SuccessfulCreate", "Created job " + (*made)->name,
             "cronjob-controller");
        active.push_back({{"kind", "Job"},
                          {"namespace", (*made)->ns},
                          {"name", (*made)->name},
                          {"uid", (*made)->uid},
                          {"apiVersion", "batch/v1"},
                          {"resourceVersion", std::to_string((*made)->revision)}});
        edit(m_store, kindOf("cronjobs"), object.ns, object.name, [&](Json& edited) {
            edited["status"]["active"] = active;
            edited["status"]["lastScheduleTime"] = formatRfc3339(std::min(when, m_store.now()));
        });
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, Due> m_due;
};

} // namespace

void addJobControllers(Site& site, Store& store)
{
    const auto toOwner = [](const char* kind) {
        return [kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
            if (event.object->owners.empty() ||
                event.object->body.find(R"("kind":")" + std::string(kind) + "\"") == std::string::npos)
                return;
            const std::string owner = ownerName(parseOwn(event.object->body), kind);
            if (!owner.empty())
                enqueue({event.object->ns, owner});
        };
    };
    Controller& jobs = site.manager.add(store, std::make_unique<JobController>(site, store));
    site.manager.watch(store, kindOf("jobs"), jobs);
    site.manager.watch(store, coreKind("pods"), jobs, toOwner("Job"));
    Controller& ttl = site.manager.add(store, std::make_unique<TtlAfterFinished>(site, store));
    site.manager.watch(store, kindOf("jobs"), ttl);
    Controller& crons = site.manager.add(store, std::make_unique<CronJobController>(site, store));
    site.manager.watch(store, kindOf("cronjobs"), crons);
    site.manager.watch(store, kindOf("jobs"), crons, toOwner("CronJob"));
}

} // namespace strata::demosite
