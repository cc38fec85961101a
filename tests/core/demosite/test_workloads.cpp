// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/containers.h"
#include "core/demosite/api/cron.h"
#include "core/demosite/api/timezone.h"
#include "core/demosite/guest/tar.h"
#include "core/demosite/site/endpoints.h"
#include "tests/core/demosite/manifests.h"
#include "tests/core/demosite/world.h"

#include <QtTest>

using namespace strata;
using namespace strata::demosite;

namespace {

constexpr UnixMs kStart = 1'795'000'020'000; // a full minute

std::string job(const std::string& name, const std::string& spec, const std::string& script,
                const char* restart = "Never")
{
    return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: " + name + ", namespace: default}\nspec:\n" +
           spec + "  template:\n    spec:\n      restartPolicy: " + restart +
           "\n      containers:\n      - name: main\n        image: busybox\n        command: [sh, -c, '" +
           script + "']\n";
}

} // namespace

// Jobs and CronJobs, the pods that come to an end, and what is made of Services: without a network.
class TestWorkloads : public QObject {
    Q_OBJECT

    static void post(World& world, const std::string& path, const std::string& yaml)
    {
        const HttpAnswer answer = world.send("POST", path, yaml);
        QVERIFY2(answer.status == 201, answer.body.c_str());
        world.post([] {});
    }
    static void postJob(World& world, const std::string& yaml)
    {
        post(world, "/apis/batch/v1/namespaces/default/jobs", yaml);
    }
    static Json jobOf(World& world, const std::string& name) { return world.get("jobs", "default", name); }
    static std::vector<Json> podsOf(World& world, const std::string& job)
    {
        std::vector<Json> out;
        for (const ObjectPtr& pod : world.outer().list(coreKind("pods"), "default")) {
            if (lookUp(pod->labels, "batch.kubernetes.io/job-name") == job)
                out.push_back(parseOwn(pod->body));
        }
        return out;
    }
    static std::string reasons(World& world, const std::string& about)
    {
        std::string out;
        for (const ObjectPtr& event : world.outer().list(coreKind("events"), "default")) {
            const Json body = parseOwn(event->body);
            if (text(body, "involvedObject.name") == about)
                out += text(body, "reason") + "\n";
        }
        return out;
    }

private Q_SLOTS:
    void aJobRunsToItsEnd()
    {
        World world(true, 1, kStart);
        const std::uint64_t before = world.outer().revision();
        postJob(world, job("pi", "  completions: 3\n  parallelism: 2\n", "echo begun; sleep 20; echo 3.14"));
        QVERIFY(world.step(10));
        Json now = jobOf(world, "pi");
        QCOMPARE(number(now, "status.active").value_or(0), 2LL);
        QCOMPARE(number(now, "status.ready").value_or(0), 2LL);
        QVERIFY(!text(now, "status.startTime").empty());
        QCOMPARE(text(now["spec"]["selector"]["matchLabels"], "batch.kubernetes.io/controller-uid").size() +
                     now["spec"]["selector"]["matchLabels"].size(),
                 std::size_t(1));
        const std::vector<Json> pods = podsOf(world, "pi");
        QCOMPARE(pods.size(), std::size_t(2));
        QVERIFY(hasFinalizer(pods[0], "batch.kubernetes.io/job-tracking"));
        QCOMPARE(text(pods[0], "status.phase"), std::string("Running"));
        QVERIFY(world.step(20));
        QCOMPARE(number(jobOf(world, "pi"), "status.succeeded").value_or(0), 2LL);
        QCOMPARE(number(jobOf(world, "pi"), "status.active").value_or(0), 1LL);
        QVERIFY(world.step(30));
        now = jobOf(world, "pi");
        QCOMPARE(number(now, "status.succeeded").value_or(0), 3LL);
        QVERIFY(!text(now, "status.completionTime").empty());
        QVERIFY(!demosite::find(now, "status.active"));
        std::string missing;
        const auto lines = world.history(kindOf("jobs"), "pi", before);
        QVERIFY2(inOrder(lines,
                         {"SuccessCriteriaMet=True(CompletionsReached)", "Complete=True(CompletionsReached)"},
                         missing),
                 joinedLines(lines).c_str());
        // The two are told in writes of their own: who waits for the first sees pods still end.
        QCOMPARE(
            std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) { return line.find("=True") != std::string::npos; }),
            2);
        bool apart = false;
        const auto events = world.outer().since(kindOf("jobs"), before, 1000);
        QVERIFY(events.has_value());
        for (const StoreEvent& event : *events) {
            const Json body = parseOwn(event.object->body);
            apart = apart || (isTrue(body, "SuccessCriteriaMet") && !isTrue(body, "Complete"));
        }
        QVERIFY(apart);
        for (const Json& pod : podsOf(world, "pi")) {
            QCOMPARE(text(pod, "status.phase"), std::string("Succeeded"));
            QVERIFY(!hasFinalizer(pod, "batch.kubernetes.io/job-tracking"));
            const Json& status = pod["status"]["containerStatuses"][0];
            QCOMPARE(text(status, "state.terminated.reason"), std::string("Completed"));
            const HttpAnswer log =
                world.get("/api/v1/namespaces/default/pods/" + text(pod, "metadata.name") + "/log", "*/*");
            QCOMPARE(log.body, std::string("begun\n3.14\n"));
        }
        QVERIFY(reasons(world, "pi").find("Completed") != std::string::npos);
        const std::uint64_t settled = world.outer().revisionOf(kindOf("jobs"));
        QVERIFY(world.step(60));
        QCOMPARE(world.outer().revisionOf(kindOf("jobs")), settled);
    }

    void aJobGivesUp()
    {
        World world(true, 1, kStart);
        const std::uint64_t before = world.outer().revision();
        postJob(world, job("bad", "  backoffLimit: 2\n", "echo no; exit 3"));
        QVERIFY(world.step(8));
        Json now = jobOf(world, "bad");
        QCOMPARE(number(now, "status.failed").value_or(0), 1LL);
        QVERIFY(!demosite::find(now, "status.active")); // it waits before it tries again: 10 s, 20 s, …
        QVERIFY(world.step(120));
        now = jobOf(world, "bad");
        QCOMPARE(number(now, "status.failed").value_or(0), 3LL);
        std::string missing;
        const auto lines = world.history(kindOf("jobs"), "bad", before);
        QVERIFY2(inOrder(lines,
                         {"FailureTarget=True(BackoffLimitExceeded)", "Failed=True(BackoffLimitExceeded)"},
                         missing),
                 joinedLines(lines).c_str());
        QCOMPARE(text(*conditionOf(now, "Failed"), "message"),
                 std::string("Job has reached the specified backoff limit"));
        QVERIFY(text(now, "status.completionTime").empty());
        const std::vector<Json> pods = podsOf(world, "bad");
        QCOMPARE(pods.size(), std::size_t(3));
        QCOMPARE(number(pods[0]["status"]["containerStatuses"][0], "state.terminated.exitCode").value_or(0),
                 3LL);
        QCOMPARE(text(pods[0], "status.phase"), std::string("Failed"));
    }

    void containersOfOnePodAreTriedAgain()
    {
        World world(true, 1, kStart);
        postJob(world, job("again", "  backoffLimit: 3\n", "exit 1", "OnFailure"));
        QVERIFY(world.step(7));
        std::vector<Json> pods = podsOf(world, "again");
        QCOMPARE(pods.size(), std::size_t(1));
        QVERIFY(number(pods[0]["status"]["containerStatuses"][0], "restartCount").value_or(0) >= 1);
        QVERIFY(world.step(120));
        QVERIFY2(isTrue(jobOf(world, "again"), "Failed"), compact(jobOf(world, "again")).c_str());
        QVERIFY(podsOf(world, "again").empty()); // what was active when it gave up is gone
    }

    void indexedSuspendedAndLimitedJobs()
    {
        World world(true, 1, kStart);
        postJob(world, job("rows", "  completions: 3\n  parallelism: 3\n  completionMode: Indexed\n",
                           "echo index $JOB_COMPLETION_INDEX"));
        QVERIFY(world.step(15));
        QCOMPARE(text(jobOf(world, "rows"), "status.completedIndexes"), std::string("0-2"));
        QVERIFY(isTrue(jobOf(world, "rows"), "Complete"));
        for (const Json& pod : podsOf(world, "rows")) {
            const std::string name = text(pod, "metadata.name");
            QVERIFY(name.rfind("rows-", 0) == 0);
            const HttpAnswer log = world.get("/api/v1/namespaces/default/pods/" + name + "/log", "*/*");
            QCOMPARE(log.body, "index " + annotation(pod, "batch.kubernetes.io/job-completion-index") + "\n");
        }

        postJob(world, job("slow", "  activeDeadlineSeconds: 12\n", "sleep 600"));
        postJob(world, job("held", "  suspend: true\n", "true"));
        QVERIFY(world.step(60));
        QVERIFY(isTrue(jobOf(world, "slow"), "Failed"));
        QCOMPARE(text(*conditionOf(jobOf(world, "slow"), "Failed"), "reason"),
                 std::string("DeadlineExceeded"));
        QVERIFY2(isTrue(jobOf(world, "held"), "Suspended"), compact(jobOf(world, "held")).c_str());
        QVERIFY(podsOf(world, "held").empty());
        const HttpAnswer resumed =
            world.send("PATCH", "/apis/batch/v1/namespaces/default/jobs/held",
                       R"({"spec":{"suspend":false}})", "application/merge-patch+json");
        QVERIFY2(resumed.status == 200, resumed.body.c_str());
        QVERIFY(world.step(20));
        QVERIFY2(isTrue(jobOf(world, "held"), "Complete"), compact(jobOf(world, "held")).c_str());
        QCOMPARE(text(*conditionOf(jobOf(world, "held"), "Suspended"), "reason"), std::string("JobResumed"));
    }

    // Which failures a Job takes, and which end it at once.
    void aJobsPolicyJudgesFailures()
    {
        World world(true, 1, kStart);
        const std::string rules = "  backoffLimit: 6\n  podFailurePolicy:\n    rules:\n"
                                  "    - {action: FailJob, onExitCodes: {containerName: main, operator: In, "
                                  "values: [42]}}\n"
                                  "    - {action: Ignore, onExitCodes: {operator: NotIn, values: [7, 42]}}\n";
        postJob(world, job("fatal", rules, "exit 42"));
        postJob(world, job("counted", rules, "exit 7"));
        postJob(world, job("ignored", rules, "exit 3"));
        QVERIFY(world.step(8));
        const Json fatal = jobOf(world, "fatal");
        QVERIFY(isTrue(fatal, "Failed"));
        QCOMPARE(text(*conditionOf(fatal, "Failed"), "reason"), std::string("PodFailurePolicy"));
        const std::string pod = text(podsOf(world, "fatal").front(), "metadata.name");
        QCOMPARE(text(*conditionOf(fatal, "Failed"), "message"),
                 "Container main for pod default/" + pod +
                     " failed with exit code 42 matching FailJob rule at index 0");
        QCOMPARE(number(fatal, "status.failed").value_or(0), 1LL);
        QVERIFY(number(jobOf(world, "counted"), "status.failed").value_or(0) > 0);
        QVERIFY(podsOf(world, "ignored").size() > 1);
        QCOMPARE(number(jobOf(world, "ignored"), "status.failed").value_or(0), 0LL);
    }

    void whatIsAlwaysStartedAgainFailsAgain()
    {
        World world(true, 1, kStart);
        post(world, "/apis/apps/v1/namespaces/default/deployments",
             "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: broken}\nspec:\n"
             "  selector: {matchLabels: {app: broken}}\n  template:\n    metadata: {labels: {app: broken}}\n"
             "    spec: {containers: [{name: main, image: busybox, command: [sh, -c, 'exit 3']}]}\n");
        const auto status = [&] {
            for (const ObjectPtr& pod : world.outer().list(coreKind("pods"), "default")) {
                const Json body = parseOwn(pod->body);
                const Json* all = find(body, "status.containerStatuses");
                if (lookUp(pod->labels, "app") == "broken" && all != nullptr && !all->empty())
                    return all->front();
            }
            return Json();
        };
        QVERIFY(world.step(6));
        QCOMPARE(text(status(), "state.waiting.reason"), std::string("CrashLoopBackOff"));
        QCOMPARE(number(status(), "lastState.terminated.exitCode").value_or(0), 3LL);
        const long long before = number(status(), "restartCount").value_or(0);
        QVERIFY(world.step(120));
        QVERIFY(number(status(), "restartCount").value_or(0) > before + 1);
        QCOMPARE(
            number(world.get("deployments", "default", "broken"), "status.availableReplicas").value_or(0),
            0LL);
        // A command that runs on does.
        post(world, "/apis/apps/v1/namespaces/default/deployments",
             "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: sound}\nspec:\n"
             "  selector: {matchLabels: {app: sound}}\n  template:\n    metadata: {labels: {app: sound}}\n"
             "    spec: {containers: [{name: main, image: busybox, command: [sleep, infinity]}]}\n");
        QVERIFY(world.step(60));
        QCOMPARE(number(world.get("deployments", "default", "sound"), "status.availableReplicas").value_or(0),
                 1LL);
    }

    void clocksOfOtherPlaces_data()
    {
        QTest::addColumn<QString>("schedule");
        QTest::addColumn<QString>("after");
        QTest::addColumn<QString>("next");
        // One hour ahead, two from 01:00 UTC on March 29 to 01:00 UTC on October 25.
        QTest::newRow("winter") << "0 9 * * *"
                                << "2026-01-10T00:00:00Z"
                                << "2026-01-10T08:00:00Z";
        QTest::newRow("summer") << "0 9 * * *"
                                << "2026-07-10T00:00:00Z"
                                << "2026-07-10T07:00:00Z";
        QTest::newRow("the day before there") << "30 0 * * *"
                                              << "2026-07-10T00:00:00Z"
                                              << "2026-07-10T22:30:00Z";
        QTest::newRow("an hour that is left out") << "30 2 * * *"
                                                  << "2026-03-28T12:00:00Z"
                                                  << "2026-03-30T00:30:00Z";
        QTest::newRow("an hour that comes twice") << "30 2 * * *"
                                                  << "2026-10-24T12:00:00Z"
                                                  << "2026-10-25T00:30:00Z";
        QTest::newRow("and then the day after") << "30 2 * * *"
                                                << "2026-10-25T00:30:00Z"
                                                << "2026-10-26T01:30:00Z";
    }
    void clocksOfOtherPlaces()
    {
        QFETCH(QString, schedule);
        QFETCH(QString, after);
        QFETCH(QString, next);
        const auto number = [](long long value, int size) {
            std::string out;
            for (int i = size - 1; i >= 0; --i)
                out += static_cast<char>(static_cast<unsigned long long>(value) >> (8 * i));
            return out;
        };
        const auto head = [&](int times, int types, int letters) {
            std::string out = "TZif2" + std::string(15, '\0');
            for (const int count : {0, 0, 0, times, types, letters})
                out += number(count, 4);
            return out;
        };
        const std::string types = number(3600, 4) + number(0, 2) + number(7200, 4) + number(256, 2);
        const auto seconds = [](const char* text) { return parseRfc3339(text).value_or(0) / 1000; };
        const std::string content = head(0, 1, 4) + number(3600, 4) + number(0, 2) + "CET" + '\0' +
                                    head(2, 2, 4) + number(seconds("2026-03-29T01:00:00Z"), 8) +
                                    number(seconds("2026-10-25T01:00:00Z"), 8) + '\1' + '\0' + types + "CET" +
                                    '\0';
        const auto zone = TimeZone::read(content);
        QVERIFY(zone);
        std::string why;
        const auto parsed = Schedule::parse(schedule.toStdString(), why);
        QVERIFY2(parsed, why.c_str());
        const auto found = nextIn(*zone, *parsed, parseRfc3339(after.toStdString()).value_or(0));
        QVERIFY(found);
        QCOMPARE(QString::fromStdString(formatRfc3339(*found)), next);
        for (std::size_t size = 0; size < content.size(); size += 7)
            QVERIFY(!TimeZone::read(content.substr(0, size)) || size > content.size() - 5);
        QVERIFY(!TimeZone::named("../../etc/passwd"));
    }

    // What stands in a status is the client's: it names indexes the Job does not have, more than memory
    // holds.
    void aJobCountsItsOwnIndexesOnly()
    {
        World world(true, 1, kStart);
        postJob(world, job("wide", "  completions: 3\n  completionMode: Indexed\n  suspend: true\n", "true"));
        const HttpAnswer told = world.send("PATCH", "/apis/batch/v1/namespaces/default/jobs/wide/status",
                                           R"({"status":{"completedIndexes":"1-9223372036854775806,x"}})",
                                           "application/merge-patch+json");
        QVERIFY2(told.status == 200, told.body.c_str());
        world.post([] {});
        QCOMPARE(text(jobOf(world, "wide"), "status.completedIndexes"), std::string("1,2"));
        QCOMPARE(number(jobOf(world, "wide"), "status.succeeded").value_or(0), 2LL);
    }

    void finishedJobsGoAfterTheirTime()
    {
        World world(true, 1, kStart);
        postJob(world, job("short", "  ttlSecondsAfterFinished: 30\n", "true"));
        QVERIFY(world.step(20));
        QVERIFY(isTrue(jobOf(world, "short"), "Complete"));
        QVERIFY(world.step(40));
        QVERIFY(jobOf(world, "short").is_null());
        QVERIFY(podsOf(world, "short").empty());
        // And who deletes one that runs takes its pods along.
        postJob(world, job("long", "", "sleep 600"));
        QVERIFY(world.step(10));
        QCOMPARE(podsOf(world, "long").size(), std::size_t(1));
        (void)world.send("DELETE",
                         "/apis/batch/v1/namespaces/default/jobs/long?propagationPolicy=Foreground");
        QVERIFY(world.step(20));
        QVERIFY(jobOf(world, "long").is_null());
        QVERIFY(podsOf(world, "long").empty());
    }

    void cronJobsStartJobsOnTime()
    {
        World world(true, 1, kStart);
        post(world, "/apis/batch/v1/namespaces/default/cronjobs",
             "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tick, namespace: default}\nspec:\n"
             "  schedule: '*/2 * * * *'\n  successfulJobsHistoryLimit: 2\n  jobTemplate:\n    spec:\n"
             "      template:\n        spec:\n          restartPolicy: Never\n          containers:\n"
             "          - {name: main, image: busybox, command: [date]}\n");
        const auto jobs = [&] {
            std::vector<Json> out;
            for (const ObjectPtr& each : world.outer().list(kindOf("jobs"), "default"))
                out.push_back(parseOwn(each->body));
            return out;
        };
        QVERIFY(world.step(100));
        QVERIFY(jobs().size() <= 1);
        QVERIFY(world.step(140)); // four minutes: two of them came
        std::vector<Json> made = jobs();
        QCOMPARE(made.size(), std::size_t(2));
        const UnixMs first =
            parseRfc3339(annotation(made[0], "batch.kubernetes.io/cronjob-scheduled-timestamp")).value_or(0);
        QCOMPARE(first % 120'000, UnixMs(0));
        QCOMPARE(text(made[0], "metadata.name"), "tick-" + std::to_string(first / 60'000));
        QCOMPARE(ownerName(made[0], "CronJob"), std::string("tick"));
        QVERIFY(world.step(600));
        made = jobs();
        QVERIFY2(made.size() == 2 || made.size() == 3, std::to_string(made.size()).c_str());
        const Json cron = world.get("cronjobs", "default", "tick");
        QVERIFY(!text(cron, "status.lastScheduleTime").empty());
        QVERIFY(!text(cron, "status.lastSuccessfulTime").empty());
        for (const char* reason : {"SuccessfulCreate", "SawCompletedJob", "SuccessfulDelete"})
            QVERIFY2(reasons(world, "tick").find(reason) != std::string::npos, reason);
        (void)world.send("PATCH", "/apis/batch/v1/namespaces/default/cronjobs/tick",
                         R"({"spec":{"suspend":true}})", "application/merge-patch+json");
        QVERIFY(world.step(30));
        const std::size_t count = jobs().size();
        const std::string last = text(world.get("cronjobs", "default", "tick"), "status.lastScheduleTime");
        QVERIFY(world.step(600));
        QCOMPARE(jobs().size(), count);
        QCOMPARE(text(world.get("cronjobs", "default", "tick"), "status.lastScheduleTime"), last);
    }

    void schedulesAreRead_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("after");
        QTest::addColumn<QString>("next");
        const auto row = [](const char* text, const char* after, const char* next) {
            QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(after)
                                << QString::fromLatin1(next);
        };
        row("*/15 * * * *", "2026-11-27T10:07:30Z", "2026-11-27T10:15:00Z");
        row("0 0 1 * *", "2026-11-27T10:07:30Z", "2026-12-01T00:00:00Z");
        row("30 6 * * mon-fri", "2026-11-27T10:07:30Z", "2026-11-30T06:30:00Z");
        row("0 12 13 * 5", "2026-11-28T00:00:00Z", "2026-12-04T12:00:00Z"); // the 13th or a Friday
        row("5-59/20 1,3 * feb *", "2026-11-27T10:07:30Z", "2027-02-01T01:05:00Z");
        row("0 0 29 2 *", "2026-11-27T10:07:30Z", "2028-02-29T00:00:00Z");
        row("@hourly", "2026-11-27T10:00:00Z", "2026-11-27T11:00:00Z");
        row("@every 1h30m", "2026-11-27T10:00:00Z", "2026-11-27T11:30:00Z");
        row("0 0 31 2 *", "2026-11-27T10:07:30Z", "");
    }
    void schedulesAreRead()
    {
        QFETCH(QString, text);
        QFETCH(QString, after);
        QFETCH(QString, next);
        std::string why;
        const auto schedule = Schedule::parse(text.toStdString(), why);
        QVERIFY2(schedule.has_value(), why.c_str());
        const auto at = schedule->next(parseRfc3339(after.toStdString()).value_or(0));
        QCOMPARE(at ? QString::fromStdString(formatRfc3339(*at)) : QString(), next);
    }

    void wrongSchedulesAreRefused()
    {
        World world(true, 1, kStart);
        for (const auto& [text, why] :
             {std::pair("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
              std::pair("61 * * * *", "end of range (61) above maximum (59): 61"),
              std::pair("*/0 * * * *", "step of range should be a positive number: */0"),
              std::pair("@never", "unrecognized descriptor: @never")}) {
            const HttpAnswer answer = world.send("POST", "/apis/batch/v1/namespaces/default/cronjobs",
                                                 "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x, "
                                                 "namespace: default}\nspec:\n  schedule: '" +
                                                     std::string(text) +
                                                     "'\n  jobTemplate: {spec: {template: {spec: "
                                                     "{restartPolicy: Never, containers: [{name: c, "
                                                     "image: i}]}}}}\n");
            QCOMPARE(answer.status, 422);
            const std::string message = demosite::text(parseOwn(answer.body), "message");
            QVERIFY2(message.find("spec.schedule: Invalid value: \"" + std::string(text) + "\": " + why) !=
                         std::string::npos,
                     message.c_str());
        }
    }

    // Of what a site was written down with and of what comes later.
    void endpointsFollowTheirPods()
    {
        World world(true, 1, kStart);
        Store& store = world.outer();
        const auto slicesOf = [&](const std::string& ns, const std::string& service) {
            std::vector<Json> out;
            for (const ObjectPtr& slice : store.list(kindOf("endpointslices"), ns)) {
                if (lookUp(slice->labels, kServiceName) == service)
                    out.push_back(parseOwn(slice->body));
            }
            return out;
        };
        int selecting = 0;
        for (const ObjectPtr& service : store.list(coreKind("services"))) {
            const ServiceEndpoints made(store, *service);
            if (!made.managed())
                continue;
            ++selecting;
            QVERIFY2(!slicesOf(service->ns, service->name).empty(), service->name.c_str());
            QVERIFY2(store.get(coreKind("endpoints"), service->ns, service->name), service->name.c_str());
        }
        QVERIFY(selecting > 5);
        const Json servers = slicesOf("default", "kubernetes").at(0);
        QVERIFY(!servers["endpoints"].empty());
        QCOMPARE(number(servers["ports"][0], "port").value_or(0), 6443LL);
        QVERIFY(world.step(30));
        const std::uint64_t settled = store.revisionOf(kindOf("endpointslices"));

        post(world, "/api/v1/namespaces/default/services",
             "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default, labels: {tier: "
             "front}}\n"
             "spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: web}]}\n");
        Json slice = slicesOf("default", "web").at(0);
        QVERIFY(slice["endpoints"].is_null());
        post(world, "/apis/apps/v1/namespaces/default/deployments",
             "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default}\nspec:\n"
             "  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: "
             "{app: web}}\n"
             "    spec: {containers: [{name: web, image: web:1, ports: [{name: web, containerPort: "
             "8080}]}]}\n");
        QVERIFY(world.step(20));
        slice = slicesOf("default", "web").at(0);
        QCOMPARE(slice["endpoints"].size(), std::size_t(2));
        QCOMPARE(number(slice["ports"][0], "port").value_or(0), 8080LL);
        QCOMPARE(text(slice["endpoints"][0], "conditions.ready"), std::string("true"));
        QCOMPARE(text(slice["endpoints"][0], "targetRef.kind"), std::string("Pod"));
        QCOMPARE(label(slice, "tier"), std::string("front"));
        QCOMPARE(label(slice, "endpointslice.kubernetes.io/managed-by"),
                 std::string("endpointslice-controller.k8s.io"));
        Json points = world.get("endpoints", "default", "web");
        QCOMPARE(points["subsets"][0]["addresses"].size(), std::size_t(2));
        // A pod that leaves is told as such, then gone; one that is not ready is kept apart.
        const std::string leaver = text(slice["endpoints"][0], "targetRef.name");
        (void)world.send("DELETE", "/api/v1/namespaces/default/pods/" + leaver);
        world.post([] {});
        bool leaves = false;
        slice = slicesOf("default", "web").at(0);
        for (const Json& each : slice["endpoints"]) {
            if (text(each, "targetRef.name") == leaver)
                leaves = text(each, "conditions.terminating") == "true" &&
                         text(each, "conditions.ready") == "false" &&
                         text(each, "conditions.serving") == "true";
        }
        QVERIFY2(leaves, compact(slice).c_str());
        QVERIFY(world.step(20));
        slice = slicesOf("default", "web").at(0);
        QCOMPARE(slice["endpoints"].size(), std::size_t(2));
        for (const Json& each : slice["endpoints"])
            QVERIFY(text(each, "targetRef.name") != leaver);
        const std::string unready = text(slice["endpoints"][0], "targetRef.name");
        edit(store, coreKind("pods"), "default", unready, [&](Json& pod) {
            setCondition(pod["status"], {"Ready", "False", "ContainersNotReady", ""}, timestamp(store));
        });
        world.post([] {});
        points = world.get("endpoints", "default", "web");
        QCOMPARE(points["subsets"][0]["notReadyAddresses"].size(), std::size_t(1));
        QCOMPARE(points["subsets"][0]["addresses"].size(), std::size_t(1));
        // What is not concerned was not written.
        for (const ObjectPtr& each : store.list(kindOf("endpointslices"))) {
            if (each->ns != "default")
                QVERIFY(each->revision <= settled);
        }
        (void)world.send("DELETE", "/api/v1/namespaces/default/services/web");
        QVERIFY(world.step(5));
        QVERIFY(slicesOf("default", "web").empty());
        QVERIFY(world.get("endpoints", "default", "web").is_null());
    }

    void everyNamespaceKnowsTheAuthority()
    {
        World world(true, 1, kStart);
        for (const ObjectPtr& space : world.outer().list(coreKind("namespaces")))
            QVERIFY2(world.outer().get(coreKind("configmaps"), space->name, kRootCa), space->name.c_str());
        post(world, "/api/v1/namespaces", "apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n");
        QVERIFY(world.outer().get(coreKind("configmaps"), "fresh", kRootCa));
        (void)world.send("DELETE", "/api/v1/namespaces/fresh/configmaps/kube-root-ca.crt");
        world.post([] {});
        QVERIFY(world.outer().get(coreKind("configmaps"), "fresh", kRootCa));
        (void)world.send("DELETE", "/api/v1/namespaces/fresh");
        QVERIFY(world.step(20));
        QVERIFY(!world.outer().get(coreKind("namespaces"), "", "fresh"));
        QVERIFY(!world.outer().get(coreKind("configmaps"), "fresh", kRootCa));
        // A tenant that comes later has its own.
        for (const auto& [path, manifest] : manifests(false, 1, 1, true))
            (void)world.send("POST", path, manifest);
        QVERIFY(world.step(900));
        Store& inner = world.inner("t1");
        const Json map = read(inner, coreKind("configmaps"), "kube-system", kRootCa);
        QCOMPARE(map["data"]["ca.crt"].get<std::string>(), std::string("ca"));
        QVERIFY(!inner.list(kindOf("endpointslices"), "kube-system").empty());
    }

    void archivesKeepTheirFiles()
    {
        std::string bytes;
        for (int i = 0; i < 70'000; ++i)
            bytes += static_cast<char>(i * 7);
        const TarFiles files = {{"a", ""}, {std::string(150, 'x') + "/y", "text\n"}, {"b/c", bytes}};
        const std::string archive = packTar(files);
        QCOMPARE(archive.size() % 512, std::size_t(0));
        const auto again = unpackTar(archive);
        QVERIFY(again.has_value());
        QVERIFY(*again == files);
        QVERIFY(!unpackTar("no archive").has_value());
        QVERIFY(!unpackTar(archive.substr(0, archive.size() / 2)).has_value());
        std::string broken = archive;
        broken[3] = 'z';
        QVERIFY(!unpackTar(broken).has_value());
    }
};

QTEST_GUILESS_MAIN(TestWorkloads)
#include "test_workloads.moc"
