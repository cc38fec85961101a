// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/demosite.h"
#include "core/provision/api.h"
#include "core/provision/create_cluster.h"
#include "core/provision/journal.h"
#include "tests/support/scriptserver.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QScopeGuard>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <future>
#include <map>
#include <mutex>

using namespace strata;
using namespace strata::provision;
using namespace std::chrono_literals;

namespace {

// What a run tells, kept to wait for and to look at.
class Record {
public:
    RunCallbacks callbacks()
    {
        RunCallbacks result;
        result.step = [this](const StepReport& report) { note(report); };
        result.verdict = [this](const Verdict& verdict) { note(verdict); };
        result.state = [this](const RunReport& report) { note(report); };
        return result;
    }
    void note(const StepReport& report)
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_steps[report.id] = report;
        m_changed.notify_all();
    }
    void note(const Verdict& verdict)
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_verdicts.push_back(verdict);
    }
    void note(const RunReport& report)
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_report = report;
        m_changed.notify_all();
    }
    // The end that comes next; Idle when none comes within 30 s.
    RunReport end(std::chrono::seconds longest = 30s)
    {
        std::unique_lock<std::mutex> lock(m_mutex);
        const auto over = [this] {
            switch (m_report.state) {
            case RunState::Done:
            case RunState::Failed:
            case RunState::Cancelled:
            case RunState::Undone:
            case RunState::UndoFailed:
                return true;
            default:
                return false;
            }
        };
        if (!m_changed.wait_for(lock, longest, over))
            return {};
        RunReport report = m_report;
        m_report = {};
        return report;
    }
    bool waitForStep(const std::string& id, StepState state)
    {
        std::unique_lock<std::mutex> lock(m_mutex);
        return m_changed.wait_for(lock, 30s, [&] { return m_steps[id].state == state; });
    }
    bool waitForEvidence(const std::string& id, const std::string& words)
    {
        std::unique_lock<std::mutex> lock(m_mutex);
        return m_changed.wait_for(lock, 30s,
                                  [&] { return m_steps[id].evidence.find(words) != std::string::npos; });
    }
    StepReport step(const std::string& id)
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        return m_steps[id];
    }
    std::vector<Verdict> verdicts()
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        return m_verdicts;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::map<std::string, StepReport> m_steps;
    std::vector<Verdict> m_verdicts;
    RunReport m_report;
};

// How often a test of chance is repeated: the environment says more for a thorough run.
int rounds(const char* variable, int usual)
{
    bool given = false;
    const int number = qEnvironmentVariableIntValue(variable, &given);
    return given && number > 0 ? number : usual;
}

std::string told(const RunReport& report)
{
    std::string text = toString(report.state);
    if (report.error)
        text += ": " + report.error->text + " | " + report.error->detail;
    for (const std::string& left : report.left)
        text += " | " + left;
    return text;
}

RunOptions quick(const std::string& journal)
{
    RunOptions options;
    options.journal = journal;
    options.pollInterval = 10ms;
    options.retryDelay = 5ms;
    options.goneTimeout = 20s;
    return options;
}

ClusterProfile profile(const std::string& name)
{
    ClusterProfile p;
    p.name = name;
    p.cni.kind = Cni::Calico;
    p.addOns.cloudProvider = true;
    return p;
}

Manifests manifests()
{
    Manifests m;
    m.cni = *objectsFromYaml(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: calico-node, namespace: kube-system}\n"
        "spec:\n  selector: {matchLabels: {k8s-app: calico-node}}\n  template:\n"
        "    metadata: {labels: {k8s-app: calico-node}}\n"
        "    spec: {containers: [{name: calico-node, image: calico}]}\n",
        "calico");
    return m;
}

Plan planFor(const std::string& name, const std::string& id)
{
    return *createPlan(profile(name), {}, manifests(), id);
}

// Up to the step that lets Cluster API begin.
Plan startOnly(Plan plan)
{
    std::vector<Step> kept;
    for (Step& step : plan.steps) {
        kept.push_back(std::move(step));
        if (kept.back().id == "start")
            break;
    }
    plan.steps = std::move(kept);
    return plan;
}

// Carries out the plan of a file and dies at one of its writes: `--child KUBECONFIG JOURNAL PLAN WRITE
// before|after`.
int child(char** arguments)
{
    const auto kubeconfig = kube::Kubeconfig::load(arguments[0]);
    QFile file(QString::fromLocal8Bit(arguments[2]));
    if (!kubeconfig || !file.open(QIODevice::ReadOnly))
        return 2;
    const auto plan = planFromJson(file.readAll().toStdString());
    const auto config = kubeconfig->resolve();
    if (!plan || !config)
        return 2;
    const int fatal = std::atoi(arguments[3]);
    const bool fatalAfter = std::string(arguments[4]) == "after";
    kube::Network network;
    Record record;
    RunOptions options = quick(arguments[1]);
    options.onWrite = [=](int number, bool after) {
        if (number == fatal && after == fatalAfter)
            std::raise(SIGKILL);
    };
    RunReport report;
    {
        const auto client = kube::Client::create(network, *config);
        Runner runner(client, *plan, options, record.callbacks());
        runner.start();
        report = record.end(120s);
    }
    if (report.state != RunState::Done)
        std::fprintf(stderr, "%s\n", told(report).c_str());
    return report.state == RunState::Done ? 0 : 3;
}

} // namespace

class TestRunner : public QObject {
    Q_OBJECT

    std::unique_ptr<demosite::DemoSite> m_site;
    kube::Network m_network;
    std::shared_ptr<kube::Client> m_client;
    std::shared_ptr<Catalog> m_catalog;
    std::unique_ptr<QTemporaryDir> m_folder;
    int m_number = 0;

    std::string journal() { return m_folder->filePath(QString::number(++m_number)).toStdString(); }

    Result<kube::Response> call(kube::Request request)
    {
        auto answer = std::make_shared<std::promise<Result<kube::Response>>>();
        auto future = answer->get_future();
        const auto handle = m_client->send(
            std::move(request), [answer](Result<kube::Response> got) { answer->set_value(std::move(got)); });
        if (future.wait_for(30s) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }

    Result<kube::ResourceId> resource(const std::string& apiVersion, const std::string& kind)
    {
        auto answer = std::make_shared<std::promise<Result<kube::ResourceId>>>();
        auto future = answer->get_future();
        m_network.post([this, answer, apiVersion, kind] {
            m_catalog->find(apiVersion, kind,
                            [answer](Result<kube::ResourceId> got) { answer->set_value(std::move(got)); });
        });
        if (future.wait_for(30s) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }

    std::optional<Object> read(const Ref& ref)
    {
        const auto id = resource(ref.apiVersion, ref.kind);
        if (!id)
            return std::nullopt;
        const auto answer = call(getRequest(*id, ref.ns, ref.name));
        if (!answer)
            return std::nullopt;
        const auto object = objectFromJson(answer->body);
        return object ? std::optional<Object>(*object) : std::nullopt;
    }

    bool patch(const Ref& ref, const Json& body, const char* subresource = nullptr)
    {
        const auto id = resource(ref.apiVersion, ref.kind);
        if (!id)
            return false;
        Object object(ref.apiVersion, ref.kind, ref.ns, ref.name);
        object.edit().update(body);
        kube::Request request = mergePatchRequest(*id, object, false);
        if (subresource != nullptr)
            request.path += std::string("/") + subresource;
        request.query = "fieldManager=somebody-else";
        return call(request).has_value();
    }

    // Everything a plan may leave in the namespace and the namespace itself: "Kind ns/name" → plan id.
    std::map<std::string, std::string> inventory(const std::string& name)
    {
        std::map<std::string, std::string> found;
        if (const auto space = read({"v1", "Namespace", {}, name}))
            found["Namespace /" + name] = planOf(*space);
        static const std::pair<const char*, const char*> kKinds[] = {
            {"v1", "ConfigMap"},
            {"v1", "ServiceAccount"},
            {"apps/v1", "Deployment"},
            {"rbac.authorization.k8s.io/v1", "Role"},
            {"rbac.authorization.k8s.io/v1", "RoleBinding"},
            {"cluster.x-k8s.io/v1beta2", "Cluster"},
            {"cluster.x-k8s.io/v1beta2", "MachineDeployment"},
            {"cluster.x-k8s.io/v1beta2", "MachineHealthCheck"},
            {"bootstrap.cluster.x-k8s.io/v1beta2", "KubeadmConfigTemplate"},
            {"controlplane.cluster.x-k8s.io/v1beta2", "KubeadmControlPlane"},
            {"infrastructure.cluster.x-k8s.io/v1alpha1", "KubevirtCluster"},
            {"infrastructure.cluster.x-k8s.io/v1alpha1", "KubevirtMachineTemplate"},
            {"addons.cluster.x-k8s.io/v1beta2", "ClusterResourceSet"},
        };
        for (const auto& [apiVersion, kind] : kKinds) {
            const auto id = resource(apiVersion, kind);
            const auto answer = id ? call(listRequest(*id, name)) : tl::unexpected(id.error());
            const Json json = answer ? Json::parse(answer->body, nullptr, false) : Json();
            if (!json.is_object() || !json.contains("items")) {
                found[std::string("cannot list ") + kind] = "?";
                continue;
            }
            for (const Json& item : json["items"]) {
                const Object object(item);
                if (object.name() != "kube-root-ca.crt" && object.name() != "default")
                    found[std::string(kind) + " " + object.ns() + "/" + object.name()] = planOf(object);
            }
        }
        return found;
    }

    static std::string print(const std::map<std::string, std::string>& found)
    {
        std::string text;
        for (const auto& [key, value] : found)
            text += key + " = " + value + "\n";
        return text;
    }

    std::map<std::string, std::string> wanted(const Plan& plan) const
    {
        std::map<std::string, std::string> all;
        for (const Step& step : plan.steps) {
            for (const Write& write : step.writes) {
                if (write.verb != Verb::Patch)
                    all[write.object.kind() + " " + write.object.ns() + "/" + write.object.name()] = plan.id;
            }
        }
        return all;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        demosite::Options options;
        options.life = false;
        auto site = demosite::DemoSite::start(options);
        QVERIFY2(site.has_value(), site ? "" : site.error().text.c_str());
        m_site = std::move(*site);
        const auto kubeconfig = kube::Kubeconfig::load(m_site->kubeconfigPath());
        QVERIFY(kubeconfig.has_value());
        const auto config = kubeconfig->resolve();
        QVERIFY(config.has_value());
        m_client = kube::Client::create(m_network, *config);
        m_catalog = std::make_shared<Catalog>(m_client, m_network);
    }

    void cleanupTestCase()
    {
        m_catalog.reset();
        m_client.reset();
    }

    void wholeListThenUndo()
    {
        const Plan plan = startOnly(planFor("whole", "plan-whole"));
        const std::string path = journal();
        Record record;
        Runner runner(m_client, plan, quick(path), record.callbacks());
        runner.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        const auto found = inventory("whole");
        QVERIFY2(found == wanted(plan), print(found).c_str());
        const auto cluster = read({"cluster.x-k8s.io/v1beta2", "Cluster", "whole", "whole"});
        QVERIFY(cluster.has_value());
        QVERIFY(cluster->text("spec.paused").value_or("false") == "false");
        for (const Verdict& verdict : record.verdicts())
            QVERIFY2(verdict.accepted, verdict.words.c_str());
        // Twice: once before the namespace was there, once in it.
        QCOMPARE(record.verdicts().size(), 2 * wanted(plan).size());
        QVERIFY(record.verdicts().back().elsewhere == false);

        // Each write has its record before it, and the uid after it.
        const auto content = Journal::read(path);
        QVERIFY(content.has_value());
        QCOMPARE(content->ended, std::string("done"));
        std::size_t intents = 0;
        std::size_t written = 0;
        for (const JournalRecord& entry : content->records) {
            intents += entry.kind == JournalRecord::Kind::Intent ? 1U : 0U;
            if (entry.kind != JournalRecord::Kind::Written)
                continue;
            ++written;
            const auto object = read(entry.ref);
            QVERIFY2(object && object->uid() == entry.uid && !entry.uid.empty(), entry.ref.title().c_str());
        }
        QCOMPARE(intents, wanted(plan).size() + 1);
        QCOMPARE(written, intents);

        runner.undo();
        const RunReport undone = record.end();
        QVERIFY2(undone.state == RunState::Undone, told(undone).c_str());
        QVERIFY2(undone.left.empty(), told(undone).c_str());
        QVERIFY2(inventory("whole").empty(), print(inventory("whole")).c_str());
        QCOMPARE(Journal::read(path)->ended, std::string("undone"));
    }

    void dryRunWritesNothing()
    {
        const Plan plan = planFor("dry", "plan-dry");
        Record record;
        RunOptions options = quick({});
        options.dryRunOnly = true;
        std::atomic<int> writes{0};
        options.onWrite = [&](int, bool) { ++writes; };
        Runner runner(m_client, plan, options, record.callbacks());
        runner.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        QCOMPARE(writes.load(), 0);
        QVERIFY2(inventory("dry").empty(), print(inventory("dry")).c_str());
        QCOMPARE(record.verdicts().size(), wanted(plan).size());
        int filled = 0;
        for (const Verdict& verdict : record.verdicts()) {
            QCOMPARE(verdict.elsewhere, verdict.ref.kind != "Namespace");
            // What is sent, and what the server would make of it, to be compared.
            QVERIFY2(!verdict.exists && !verdict.before.empty() && !verdict.after.empty(),
                     verdict.words.c_str());
            QVERIFY2(verdict.after.find("namespace: default") == std::string::npos, verdict.after.c_str());
            filled += verdict.before != verdict.after ? 1 : 0;
            if (verdict.ref.kind == "Deployment")
                QVERIFY2(verdict.after.find("progressDeadlineSeconds") != std::string::npos &&
                             verdict.before.find("progressDeadlineSeconds") == std::string::npos,
                         verdict.after.c_str());
            if (verdict.ref.kind == "ConfigMap")
                QCOMPARE(verdict.before, verdict.after); // no noise
        }
        QVERIFY(filled >= 1);
    }

    // The controllers' part is played here: each wait comes true by a patch.
    void waitsComeTrue()
    {
        const Plan plan = planFor("waits", "plan-waits");
        Record record;
        Runner runner(m_client, plan, quick(journal()), record.callbacks());
        runner.start();
        const Ref cluster{"cluster.x-k8s.io/v1beta2", "Cluster", "waits", "waits"};
        QVERIFY2(record.waitForStep("infrastructure-ready", StepState::Waiting),
                 record.step("infrastructure-ready").evidence.c_str());
        QVERIFY(patch(cluster,
                      {{"status",
                        {{"conditions", Json::array({Json{{"type", "InfrastructureReady"},
                                                          {"status", "False"},
                                                          {"lastTransitionTime", "2026-01-01T00:00:00Z"},
                                                          {"reason", "LoadBalancerProvisioningFailed"},
                                                          {"message", "no\naddress"}}})}}}},
                      "status"));
        QVERIFY(record.waitForEvidence(
            "infrastructure-ready",
            "InfrastructureReady is False (LoadBalancerProvisioningFailed): no address"));
        QVERIFY(patch(cluster, {{"status", {{"initialization", {{"infrastructureProvisioned", true}}}}}},
                      "status"));
        QVERIFY(record.waitForEvidence("control-plane-ready",
                                       "Secret waits/waits-kubeconfig does not exist yet"));
        Object secret("v1", "Secret", "waits", "waits-kubeconfig");
        secret.edit()["data"]["value"] = base64Encode("apiVersion: v1");
        QVERIFY(call(createRequest(*resource("v1", "Secret"), secret, false)).has_value());
        QVERIFY(patch(cluster, {{"status", {{"initialization", {{"controlPlaneInitialized", true}}}}}},
                      "status"));
        QVERIFY(record.waitForStep("workers-ready", StepState::Waiting));
        QVERIFY(record.waitForStep("control-plane-members", StepState::Waiting));
        QVERIFY2(inventory("waits").count("MachineHealthCheck waits/waits-md-0") == 0,
                 "not armed before the first Ready");
        QVERIFY(patch({"cluster.x-k8s.io/v1beta2", "MachineDeployment", "waits", "waits-md-0"},
                      {{"status", {{"readyReplicas", 1}}}}, "status"));
        QVERIFY(record.waitForEvidence("workers-ready", "1 of 2"));
        QVERIFY(patch({"cluster.x-k8s.io/v1beta2", "MachineDeployment", "waits", "waits-md-0"},
                      {{"status", {{"readyReplicas", 2}}}}, "status"));
        QVERIFY(patch({"controlplane.cluster.x-k8s.io/v1beta2", "KubeadmControlPlane", "waits", "waits-cp"},
                      {{"status", {{"readyReplicas", 1}}}}, "status"));
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        QCOMPARE(inventory("waits").count("MachineHealthCheck waits/waits-md-0"), std::size_t{1});
        QVERIFY(record.step("workers-ready").elapsedMs > 0);
        QVERIFY(record.step("workers-ready").startedAt > 0);
    }

    void waitRunsOutAndIsTriedAgain()
    {
        Plan plan = planFor("late", "plan-late");
        for (Step& step : plan.steps)
            step.timeoutSeconds = step.id == "infrastructure-ready" ? 0 : step.timeoutSeconds;
        Record record;
        Runner runner(m_client, plan, quick(journal()), record.callbacks());
        runner.start();
        const RunReport failed = record.end();
        QVERIFY2(failed.state == RunState::Failed && failed.error->kind == ErrorKind::Timeout,
                 told(failed).c_str());
        QVERIFY(record.step("infrastructure-ready").state == StepState::Failed);
        QVERIFY(patch(
            {"cluster.x-k8s.io/v1beta2", "Cluster", "late", "late"},
            {{"status",
              {{"infrastructureReady", true}, {"initialization", {{"infrastructureProvisioned", true}}}}}},
            "status"));
        runner.retry("infrastructure-ready");
        QVERIFY(record.waitForStep("control-plane-ready", StepState::Waiting));
        runner.cancel();
        const RunReport cancelled = record.end();
        QVERIFY2(cancelled.state == RunState::Cancelled, told(cancelled).c_str());
        runner.undo();
        const RunReport undone = record.end();
        QVERIFY2(undone.state == RunState::Undone, told(undone).c_str());
        QVERIFY2(inventory("late").empty(), print(inventory("late")).c_str());
    }

    // Killed with SIGKILL before and after each write, then resumed: always the same objects, nothing else.
    void killedAtEveryWrite()
    {
        ClusterProfile smaller = profile("killed");
        smaller.addOns.cloudProvider = false;
        const Plan plan = startOnly(*createPlan(smaller, {}, manifests(), "plan-killed"));
        const QString planFile = m_folder->filePath(QStringLiteral("plan.json"));
        QFile file(planFile);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(planToJson(plan)));
        file.close();
        const int writes = static_cast<int>(wanted(plan).size()) + 1;
        const auto run = [&](const std::string& path, int fatal, const char* when) {
            QProcess process;
            process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
            process.start(QCoreApplication::applicationFilePath(),
                          {QStringLiteral("--child"), QString::fromStdString(m_site->kubeconfigPath()),
                           QString::fromStdString(path), planFile, QString::number(fatal),
                           QLatin1String(when)});
            if (!process.waitForFinished(60'000))
                return -2;
            return process.exitStatus() == QProcess::CrashExit ? -1 : process.exitCode();
        };
        const int times = rounds("STRATA_KILL_ROUNDS", 1);
        for (int fatal = 1; fatal <= writes * times; ++fatal) {
            for (const char* when : {"before", "after"}) {
                const std::string path = journal();
                QCOMPARE(run(path, (fatal - 1) % writes + 1, when), -1);
                const auto content = Journal::read(path);
                QVERIFY2(content.has_value(), content ? "" : content.error().text.c_str());
                QVERIFY(content->ended.empty());
                QCOMPARE(run(path, 0, when), 0);
                const auto found = inventory("killed");
                QVERIFY2(found == wanted(plan), (std::to_string(fatal) + when + "\n" + print(found)).c_str());
                // Another runner takes it down from the journal: nothing may be left.
                Record record;
                Runner runner(m_client, plan, quick(path), record.callbacks());
                runner.start();
                const RunReport again = record.end();
                QVERIFY2(again.state == RunState::Done, told(again).c_str());
                runner.undo();
                const RunReport undone = record.end();
                QVERIFY2(undone.state == RunState::Undone, told(undone).c_str());
                QVERIFY2(inventory("killed").empty(), print(inventory("killed")).c_str());
            }
        }
    }

    // The writes behind the start, on a site that lives: into the new cluster, and the health checks once it
    // is Ready. Killed at each of them; what goes on finishes it, and undoing leaves nothing.
    void killedUntilReady()
    {
        demosite::Options live;
        live.speed = 300;
        auto site = demosite::DemoSite::start(live);
        QVERIFY2(site.has_value(), site ? "" : site.error().text.c_str());
        const auto kubeconfig = kube::Kubeconfig::load((*site)->kubeconfigPath());
        QVERIFY(kubeconfig.has_value());
        const auto config = kubeconfig->resolve();
        QVERIFY(config.has_value());
        const auto outside = std::exchange(m_client, kube::Client::create(m_network, *config));
        const auto catalog = std::exchange(m_catalog, std::make_shared<Catalog>(m_client, m_network));
        const auto back = qScopeGuard([&] {
            m_client = outside;
            m_catalog = catalog;
        });
        ClusterProfile p = profile("alive");
        p.addOns.cloudProvider = false;
        p.cni.delivery = CniDelivery::InnerApi;
        Manifests network;
        network.cni = *objectsFromYaml(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: calico-node, namespace: kube-system}\n"
            "spec:\n  selector: {matchLabels: {k8s-app: calico-node}}\n  template:\n"
            "    metadata: {labels: {k8s-app: calico-node}}\n"
            "    spec: {tolerations: [{operator: Exists}], containers: [{name: calico-node, image: "
            "calico}]}\n",
            "calico");
        const Plan plan = *createPlan(p, {}, network, "plan-alive");
        const QString planFile = m_folder->filePath(QStringLiteral("alive.json"));
        QFile file(planFile);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(planToJson(plan)));
        file.close();
        std::map<std::string, std::string> outer;
        int writes = 0;
        for (const Step& step : plan.steps) {
            for (const Write& write : step.writes) {
                ++writes;
                if (write.target == Target::Outer && write.verb != Verb::Patch)
                    outer[write.object.kind() + " " + write.object.ns() + "/" + write.object.name()] =
                        plan.id;
            }
        }
        const int begun = static_cast<int>(wanted(startOnly(plan)).size()) + 1;
        QVERIFY(writes >= begun + 2);
        const auto run = [&](const std::string& path, int fatal, const char* when) {
            QProcess process;
            process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
            process.start(QCoreApplication::applicationFilePath(),
                          {QStringLiteral("--child"), QString::fromStdString((*site)->kubeconfigPath()),
                           QString::fromStdString(path), planFile, QString::number(fatal),
                           QLatin1String(when)});
            if (!process.waitForFinished(150'000))
                return -2;
            return process.exitStatus() == QProcess::CrashExit ? -1 : process.exitCode();
        };
        // Once in the usual suite: with the network written and nothing of it told.
        const int times = rounds("STRATA_KILL_ROUNDS", 0);
        for (int round = 0; round < std::max(times, 1); ++round) {
            for (int fatal = begun + 1; fatal <= (times == 0 ? begun + 1 : writes); ++fatal) {
                for (const char* when : {"before", "after"}) {
                    if (times == 0 && std::string(when) == "before")
                        continue;
                    const std::string path = journal();
                    QCOMPARE(run(path, fatal, when), -1);
                    QCOMPARE(run(path, 0, when), 0);
                    auto found = inventory("alive");
                    for (auto it = found.begin(); it != found.end();) // what Cluster API has made of it
                        it = outer.count(it->first) == 0 && it->second.empty() ? found.erase(it)
                                                                               : std::next(it);
                    QVERIFY2(found == outer, print(found).c_str());
                    Record record;
                    Runner runner(m_client, plan, quick(path), record.callbacks());
                    runner.start();
                    QVERIFY(record.end(120s).state == RunState::Done);
                    runner.undo();
                    const RunReport undone = record.end(120s);
                    QVERIFY2(undone.state == RunState::Undone && undone.left.empty(), told(undone).c_str());
                    QVERIFY2(inventory("alive").empty(), print(inventory("alive")).c_str());
                }
            }
        }
    }

    // Two operators choose one name: one wins, the other has written nothing of the cluster.
    void raceForOneName()
    {
        for (int round = 0; round < rounds("STRATA_RACE_ROUNDS", 15); ++round) {
            const std::string name = "race-" + std::to_string(round);
            const Plan first = startOnly(planFor(name, "plan-a-" + std::to_string(round)));
            const Plan second = startOnly(planFor(name, "plan-b-" + std::to_string(round)));
            Record recordA;
            Record recordB;
            Runner a(m_client, first, quick(journal()), recordA.callbacks());
            Runner b(m_client, second, quick(journal()), recordB.callbacks());
            a.start();
            b.start();
            const RunReport endA = recordA.end();
            const RunReport endB = recordB.end();
            const bool wonA = endA.state == RunState::Done;
            const bool wonB = endB.state == RunState::Done;
            QVERIFY2(wonA != wonB, (told(endA) + " / " + told(endB)).c_str());
            const RunReport& lost = wonA ? endB : endA;
            QVERIFY2(lost.state == RunState::Failed && lost.error && lost.error->kind == ErrorKind::Conflict,
                     told(lost).c_str());
            const std::string& winner = wonA ? first.id : second.id;
            auto found = inventory(name);
            found["Namespace /" + name] = winner; // either may have made it
            std::map<std::string, std::string> all = wanted(wonA ? first : second);
            QVERIFY2(found == all, print(found).c_str());
            // The loser's undo touches nothing of the winner's.
            (wonA ? b : a).undo();
            const RunReport undone = (wonA ? recordB : recordA).end();
            QVERIFY2(undone.state == RunState::Undone, told(undone).c_str());
            auto after = inventory(name);
            after["Namespace /" + name] = winner;
            QVERIFY2(after == all, print(after).c_str());
        }
    }

    void cancelledAnywhereAndUndone()
    {
        const Plan plan = startOnly(planFor("stopped", "plan-stopped"));
        for (int at = 1; at <= 8; ++at) {
            Record record;
            RunOptions options = quick(journal());
            Runner* running = nullptr;
            options.onWrite = [&](int number, bool after) {
                if (number == at && !after)
                    running->cancel();
            };
            Runner runner(m_client, plan, options, record.callbacks());
            running = &runner;
            runner.start();
            const RunReport cancelled = record.end();
            QVERIFY2(cancelled.state == RunState::Cancelled, told(cancelled).c_str());
            const auto found = inventory("stopped");
            QVERIFY(!found.empty());
            QVERIFY(found.size() < wanted(plan).size());
            runner.undo();
            const RunReport undone = record.end();
            QVERIFY2(undone.state == RunState::Undone, told(undone).c_str());
            QVERIFY2(inventory("stopped").empty(), print(inventory("stopped")).c_str());
        }
    }

    void cancelledAndTakenUpAgain()
    {
        const Plan plan = startOnly(planFor("resumed", "plan-resumed"));
        Record record;
        RunOptions options = quick(journal());
        Runner* running = nullptr;
        options.onWrite = [&](int number, bool after) {
            if (number == 3 && !after)
                running->cancel();
        };
        Runner runner(m_client, plan, options, record.callbacks());
        running = &runner;
        runner.start();
        QVERIFY(record.end().state == RunState::Cancelled);
        runner.retry({});
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        QVERIFY(inventory("resumed") == wanted(plan));
    }

    void foreignObjectsAreLeftAlone()
    {
        Object space("v1", "Namespace", {}, "foreign");
        QVERIFY(call(createRequest(*resource("v1", "Namespace"), space, false)).has_value());
        Object map("v1", "ConfigMap", "foreign", "foreign-cni");
        map.edit()["data"]["mine"] = "yes";
        QVERIFY(call(createRequest(*resource("v1", "ConfigMap"), map, false)).has_value());
        const auto before = read(refOf(map));

        const Plan plan = startOnly(planFor("foreign", "plan-foreign"));
        Record record;
        Runner runner(m_client, plan, quick(journal()), record.callbacks());
        runner.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Failed && report.error->kind == ErrorKind::Conflict,
                 told(report).c_str());
        QVERIFY2(report.error->text.find("ConfigMap foreign/foreign-cni") != std::string::npos,
                 told(report).c_str());
        QVERIFY2(inventory("foreign").size() == 2, print(inventory("foreign")).c_str());
        bool compared = false;
        for (const Verdict& verdict : record.verdicts()) {
            if (!verdict.exists || verdict.ref.kind != "ConfigMap")
                continue;
            compared = verdict.before.find("mine") != std::string::npos &&
                       verdict.after.find("calico-node") != std::string::npos;
        }
        QVERIFY(compared); // theirs against ours
        runner.undo();
        const RunReport undone = record.end();
        QVERIFY2(undone.state == RunState::Undone && undone.left.size() == 2, told(undone).c_str());
        QVERIFY(read(refOf(map)) == before);
        QVERIFY(read(refOf(space)).has_value());
    }

    // Somebody changes a field of ours; going on must say so and must not take it back.
    void conflictsAreNotForced()
    {
        const Plan plan = startOnly(planFor("contested", "plan-contested"));
        {
            Record record;
            Runner runner(m_client, plan, quick(journal()), record.callbacks());
            runner.start();
            QVERIFY(record.end().state == RunState::Done);
        }
        const Ref pool{"cluster.x-k8s.io/v1beta2", "MachineDeployment", "contested", "contested-md-0"};
        QVERIFY(patch(pool, {{"spec", {{"replicas", 7}}}}));
        Record record;
        Runner runner(m_client, plan, quick(journal()),
                      record.callbacks()); // a journal that knows of nothing
        runner.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Failed && report.error->kind == ErrorKind::Conflict,
                 told(report).c_str());
        QVERIFY2(report.error->detail.find("replicas") != std::string::npos, told(report).c_str());
        QVERIFY2(report.error->detail.find("somebody-else") != std::string::npos, told(report).c_str());
        const auto verdicts = record.verdicts();
        QCOMPARE(
            std::count_if(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return !v.accepted; }), 1);
        QCOMPARE(read(pool)->number("spec.replicas").value_or(0), std::int64_t{7});
    }

    // A namespace made by us that holds another's cluster by now stays.
    void sharedNamespaceStays()
    {
        const Plan plan = startOnly(planFor("shared", "plan-shared"));
        Record record;
        Runner runner(m_client, plan, quick(journal()), record.callbacks());
        runner.start();
        QVERIFY(record.end().state == RunState::Done);
        Object other("cluster.x-k8s.io/v1beta2", "Cluster", "shared", "other");
        other.edit()["spec"] = {{"paused", true}};
        QVERIFY(
            call(createRequest(*resource("cluster.x-k8s.io/v1beta2", "Cluster"), other, false)).has_value());
        runner.undo();
        const RunReport undone = record.end();
        QVERIFY2(undone.state == RunState::Undone && undone.left.size() == 1, told(undone).c_str());
        QVERIFY(read(refOf(other)).has_value());
        const auto left = inventory("shared");
        QCOMPARE(left.size(), std::size_t{2});
    }

    void journalThatCannotBeWritten()
    {
        const Plan plan = startOnly(planFor("nodisk", "plan-nodisk"));
        Record record;
        Runner runner(m_client, plan, quick("/dev/full"), record.callbacks());
        runner.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Failed && report.error->kind == ErrorKind::Io,
                 told(report).c_str());
        QVERIFY(inventory("nodisk").empty());
    }

    // ---- an answer that does not come
    // --------------------------------------------------------------------------------

    void unknownOutcome_data()
    {
        QTest::addColumn<bool>("arrived");
        QTest::newRow("the write had arrived") << true;
        QTest::newRow("the write was lost") << false;
    }
    void unknownOutcome()
    {
        QFETCH(bool, arrived);
        const test::TestCa ca;
        test::ScriptServer server({ca.server(), {}, false});
        kube::ClusterConfig config;
        config.server = server.url();
        config.caPem = ca.certificatePem();
        const auto client = kube::Client::create(m_network, config);

        Plan plan;
        plan.id = "plan-cut";
        Object map("v1", "ConfigMap", "n", "x");
        stampPlan(map, plan.id);
        Step step;
        step.id = "s";
        step.writes = {{Verb::Create, Target::Outer, map}};
        plan.steps = {step};
        Object stored = map;
        stored.edit()["metadata"]["uid"] = "u-1";

        using test::Reply;
        const std::string maps = "/api/v1/namespaces/n/configmaps";
        const std::string missing =
            R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404})";
        server.expect("GET", "/api/v1", {}, Reply::json(200, R"({"kind":"APIResourceList","resources":[
            {"name":"configmaps","kind":"ConfigMap","namespaced":true},{"name":"namespaces","kind":"Namespace","namespaced":false}]})"));
        server.expect("GET", "/api/v1/namespaces/n", {},
                      Reply::json(200, R"({"kind":"Namespace","metadata":{"name":"n","uid":"u"}})"));
        server.expect("GET", maps + "/x", {}, Reply::json(404, missing), 2);
        server.expect("POST", maps, {"dryRun=All"}, Reply::json(201, stored.toJson()));
        Reply cut;
        cut.cut();
        server.expect("POST", maps, {"fieldManager=strata"}, cut);
        if (arrived) {
            server.expect("GET", maps + "/x", {}, Reply::json(200, stored.toJson()));
        } else {
            server.expect("GET", maps + "/x", {}, Reply::json(404, missing));
            server.expect("POST", maps, {"fieldManager=strata"}, Reply::json(201, stored.toJson()));
        }
        const std::string path = journal();
        Record record;
        {
            Runner runner(client, plan, quick(path), record.callbacks());
            runner.start();
            const RunReport report = record.end();
            QVERIFY2(report.state == RunState::Done, (told(report) + "\n" + server.problems()).c_str());
        }
        QVERIFY2(server.problems().empty(), server.problems().c_str());
        const auto content = Journal::read(path);
        QVERIFY(content.has_value());
        const auto kind = arrived ? JournalRecord::Kind::Adopted : JournalRecord::Kind::Written;
        QCOMPARE(std::count_if(
                     content->records.begin(), content->records.end(),
                     [&](const JournalRecord& entry) { return entry.kind == kind && entry.uid == "u-1"; }),
                 1);
    }

    // ---- the whole way
    // -----------------------------------------------------------------------------------------------

    // The network goes into the new cluster's own API, through the kubeconfig that Cluster API leaves. (The
    // outer cluster plays the new one here.)
    void innerApi()
    {
        ClusterProfile p = profile("inside");
        p.cni.delivery = CniDelivery::InnerApi;
        const auto plan = createPlan(p, {}, manifests(), "plan-inside");
        QVERIFY2(plan.has_value(), plan ? "" : plan.error().text.c_str());
        Record record;
        Runner runner(m_client, *plan, quick(journal()), record.callbacks());
        runner.start();
        QVERIFY(record.waitForStep("infrastructure-ready", StepState::Waiting));
        QFile kubeconfig(QString::fromStdString(m_site->kubeconfigPath()));
        QVERIFY(kubeconfig.open(QIODevice::ReadOnly));
        Object secret("v1", "Secret", "inside", "inside-kubeconfig");
        secret.edit()["data"]["value"] = base64Encode(kubeconfig.readAll().toStdString());
        QVERIFY(call(createRequest(*resource("v1", "Secret"), secret, false)).has_value());
        QVERIFY(patch({"cluster.x-k8s.io/v1beta2", "Cluster", "inside", "inside"},
                      {{"status",
                        {{"initialization",
                          {{"infrastructureProvisioned", true}, {"controlPlaneInitialized", true}}}}}},
                      "status"));
        const bool done = record.waitForStep("inner", StepState::Done);
        QVERIFY2(done, record.step("inner").evidence.c_str());
        const auto daemons = read({"apps/v1", "DaemonSet", "kube-system", "calico-node"});
        QVERIFY(daemons.has_value());
        QCOMPARE(planOf(*daemons), std::string("plan-inside"));
    }

    void aSiteWithoutTheProvider()
    {
        const test::TestCa ca;
        test::ScriptServer server({ca.server(), {}, false});
        kube::ClusterConfig config;
        config.server = server.url();
        config.caPem = ca.certificatePem();
        server.expect("GET", "/apis", {}, test::Reply::json(200, R"({"kind":"APIGroupList","groups":[
            {"name":"cluster.x-k8s.io","versions":[{"version":"v1beta1"}]},
            {"name":"bootstrap.cluster.x-k8s.io","versions":[{"version":"v1beta1"}]},
            {"name":"kubevirt.io","versions":[{"version":"v1"}]}]})"));
        const auto client = kube::Client::create(m_network, config);
        std::promise<Survey> promise;
        auto future = promise.get_future();
        const auto preflight = Preflight::start(
            client, profile("x"), [&](const Survey& survey) { promise.set_value(survey); }, {false, {}});
        QVERIFY(future.wait_for(30s) == std::future_status::ready);
        const Survey survey = future.get();
        std::vector<std::string> blockers;
        for (const Check& check : survey.checks) {
            if (check.verdict == CheckVerdict::Blocker)
                blockers.push_back(check.id);
        }
        QVERIFY((blockers == std::vector<std::string>{"control-plane", "capk", "addons", "cdi"}));
        QVERIFY(survey.blocked());
        QCOMPARE(survey.server.coreVersion, std::string("v1beta1"));
        QVERIFY2(server.problems().empty(), server.problems().c_str());
    }

    void surveyOfTheSite()
    {
        std::promise<Survey> promise;
        auto future = promise.get_future();
        const auto preflight =
            Preflight::start(m_client, profile("fresh"),
                             [&](const Survey& survey) { promise.set_value(survey); }, {false, {}});
        QVERIFY(future.wait_for(30s) == std::future_status::ready);
        const Survey survey = future.get();
        std::string text;
        for (const Check& check : survey.checks) {
            text += check.id + " " + std::to_string(static_cast<int>(check.verdict)) + " " + check.evidence +
                    " | " + check.remedy + "\n";
            QVERIFY2(check.verdict == CheckVerdict::Ok || !check.remedy.empty(), check.id.c_str());
        }
        QVERIFY2(!survey.blocked(), text.c_str());
        QCOMPARE(survey.server.coreVersion, std::string("v1beta2"));
        QVERIFY2(survey.nodesKnown && !survey.nodes.empty(), text.c_str());
        QVERIFY2(!survey.site.networks.empty(), text.c_str());
        QVERIFY2(!survey.fit.summary.empty(), text.c_str());
        QCOMPARE(survey.overlay.ports, std::vector<int>{8472});
        QCOMPARE(survey.overlay.podMtu, 1450);
        QCOMPARE(survey.site.classes.size(), std::size_t{1});
        QVERIFY(survey.site.classes[0].plane.vcpus == 2 && !survey.site.classes[0].variables.empty());
        for (const char* id : {"cluster-api", "capk", "kubevirt", "cdi", "rbac", "releases", "controllers",
                               "load-balancer", "image", "name", "namespace", "storage", "networks", "room"})
            QVERIFY2(std::any_of(survey.checks.begin(), survey.checks.end(),
                                 [&](const Check& check) { return check.id == id; }),
                     (id + ("\n" + text)).c_str());
    }

    // Whoever may not, is told before anything is written, and what is missing.
    void asSomebodyWhoMayNot()
    {
        std::string tenant;
        for (const auto& login : m_site->logins()) {
            if (login.name == "tenant")
                tenant = login.kubeconfigPath;
        }
        QVERIFY(!tenant.empty());
        const auto kubeconfig = kube::Kubeconfig::load(tenant);
        QVERIFY(kubeconfig.has_value());
        const auto config = kubeconfig->resolve();
        QVERIFY(config.has_value());
        const auto client = kube::Client::create(m_network, *config);
        CreateClusterOptions options;
        options.journal = journal();
        options.run = quick({});
        options.preflight.askSources = false;
        std::atomic<int> writes{0};
        options.run.onWrite = [&](int, bool) { ++writes; };
        Record record;
        Survey survey;
        CreateClusterCallbacks callbacks;
        callbacks.survey = [&](const Survey& found) { survey = found; };
        callbacks.state = [&](const RunReport& report) { record.note(report); };
        ClusterProfile p = profile("notmine");
        p.cni.kind = Cni::None;
        CreateCluster work(client, p, options, callbacks);
        work.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Failed && report.error->kind == ErrorKind::Refused,
                 told(report).c_str());
        QVERIFY2(report.error->text.find("create clusters") != std::string::npos, told(report).c_str());
        QCOMPARE(writes.load(), 0);
        QVERIFY(inventory("notmine").empty());
        QVERIFY(!QFileInfo::exists(QString::fromStdString(options.journal)));
        // What cannot be seen is not told to be missing.
        for (const Check& check : survey.checks)
            QVERIFY2(check.id != "storage" || check.verdict != CheckVerdict::Ok, check.evidence.c_str());
    }

    void inATightNamespace()
    {
        Object space("v1", "Namespace", {}, "tight");
        QVERIFY(call(createRequest(*resource("v1", "Namespace"), space, false)).has_value());
        Object quota("v1", "ResourceQuota", "tight", "small");
        quota.edit()["spec"]["hard"] = {{"requests.memory", "1Gi"}, {"pods", "1"}};
        QVERIFY(call(createRequest(*resource("v1", "ResourceQuota"), quota, false)).has_value());
        QVERIFY(patch(
            {"v1", "ResourceQuota", "tight", "small"},
            {{"status", {{"hard", {{"requests.memory", "1Gi"}, {"pods", "1"}}}, {"used", Json::object()}}}},
            "status"));
        CreateClusterOptions options;
        options.journal = journal();
        options.run = quick({});
        options.preflight.askSources = false;
        Record record;
        CreateClusterCallbacks callbacks;
        callbacks.state = [&](const RunReport& report) { record.note(report); };
        CreateCluster work(m_client, profile("tight"), options, callbacks);
        work.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Failed && report.error->kind == ErrorKind::Refused,
                 told(report).c_str());
        QVERIFY2(report.error->text.find("small") != std::string::npos, told(report).c_str());
        const auto left = inventory("tight");
        QVERIFY2(left.size() == 1, print(left).c_str());
    }

    void fromAProfile_data()
    {
        QTest::addColumn<bool>("dryRun");
        QTest::newRow("dry run") << true;
        QTest::newRow("for good") << false;
    }
    void fromAProfile()
    {
        QFETCH(bool, dryRun);
        ClusterProfile p = profile("entire");
        QFile manifest(m_folder->filePath(QStringLiteral("calico.yaml")));
        QVERIFY(manifest.open(QIODevice::WriteOnly));
        manifest.write(QByteArray::fromStdString(toYaml(manifests().cni)));
        manifest.close();
        p.cni.manifest = manifest.fileName().toStdString();
        CreateClusterOptions options;
        options.preflight.askSources = false;
        options.wait = false;
        options.dryRun = dryRun;
        options.planId = "plan-entire";
        options.journal = journal();
        options.run = quick({});
        Record record;
        CreateClusterCallbacks callbacks;
        std::promise<Plan> planned;
        auto future = planned.get_future();
        callbacks.plan = [&](const Plan& plan) { planned.set_value(plan); };
        callbacks.step = [&](const StepReport& report) { record.note(report); };
        callbacks.state = [&](const RunReport& report) { record.note(report); };
        CreateCluster work(m_client, p, options, callbacks);
        work.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        QVERIFY(future.wait_for(0s) == std::future_status::ready);
        const Plan plan = future.get();
        QVERIFY(plan.steps.back().id == "start");
        if (dryRun) {
            QVERIFY(inventory("entire").empty());
            return;
        }
        QVERIFY2(inventory("entire") == wanted(plan), print(inventory("entire")).c_str());
        // The name is taken now: refused before anything is written, in words.
        Record second;
        CreateClusterCallbacks again;
        again.state = [&](const RunReport& state) { second.note(state); };
        options.planId = "plan-other";
        options.journal = journal();
        CreateCluster other(m_client, p, options, again);
        other.start();
        const RunReport refused = second.end();
        QVERIFY2(refused.state == RunState::Failed &&
                     refused.error->text.find("entire/entire") != std::string::npos,
                 told(refused).c_str());
        QVERIFY2(inventory("entire") == wanted(plan), print(inventory("entire")).c_str());
        work.undo();
        const RunReport undone = record.end();
        QVERIFY2(undone.state == RunState::Undone, told(undone).c_str());
        QVERIFY(inventory("entire").empty());
    }

    void aManifestThatIsNotThere()
    {
        ClusterProfile p = profile("lost");
        p.cni.manifest = "/no/such/calico.yaml";
        CreateClusterOptions options;
        options.preflight.askSources = false;
        options.journal = journal();
        Record record;
        CreateClusterCallbacks callbacks;
        callbacks.state = [&](const RunReport& report) { record.note(report); };
        CreateCluster work(m_client, p, options, callbacks);
        work.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Failed && report.error->kind == ErrorKind::Io,
                 told(report).c_str());
        QVERIFY2(report.error->text.find("/no/such/calico.yaml") != std::string::npos, told(report).c_str());
        QVERIFY(inventory("lost").empty());
    }

    // Destroyed at any moment: no callback afterwards, no crash, and a successor finishes the work.
    void destroyedWhileRunning()
    {
        const Plan plan = startOnly(planFor("dropped", "plan-dropped"));
        const std::string path = journal();
        for (int at = 1; at <= 6; ++at) {
            std::atomic<bool> reached{false};
            std::atomic<bool> over{false};
            std::atomic<int> late{0};
            RunOptions options = quick(path);
            options.onWrite = [&](int number, bool) { reached = reached || number >= 1; };
            RunCallbacks callbacks;
            callbacks.step = [&](const StepReport&) { late += over ? 1 : 0; };
            callbacks.state = [&](const RunReport& report) {
                late += over ? 1 : 0;
                reached = reached || report.state == RunState::Done || report.state == RunState::Failed;
            };
            {
                Runner runner(m_client, plan, options, callbacks);
                runner.start();
                QTRY_VERIFY_WITH_TIMEOUT(reached.load(), 30'000);
            }
            over = true;
            // The network's thread has let go of it when this task has run.
            std::promise<void> idle;
            m_network.post([&] { idle.set_value(); });
            QVERIFY(idle.get_future().wait_for(30s) == std::future_status::ready);
            QCOMPARE(late.load(), 0);
        }
        Record record;
        Runner runner(m_client, plan, quick(path), record.callbacks());
        runner.start();
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        QVERIFY2(inventory("dropped") == wanted(plan), print(inventory("dropped")).c_str());
    }
};

int main(int argc, char** argv)
{
    if (argc == 7 && std::string(argv[1]) == "--child")
        return child(argv + 2);
    QCoreApplication application(argc, argv);
    TestRunner test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_runner.moc"
