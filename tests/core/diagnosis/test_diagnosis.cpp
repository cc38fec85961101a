// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/translate.h"
#include "core/diagnosis/blast.h"
#include "core/diagnosis/catalogue.h"
#include "core/diagnosis/diagnosis.h"
#include "core/diagnosis/report.h"
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace strata;
using namespace strata::diagnosis;
using namespace strata::stack;
using namespace strata::test;

namespace {

const std::string kVm = "tenant-blue/blue-md-0-x8k1p"; // healthy in the picture
const std::string kMachine = kVm;

template<typename T>
T factOf(const Batch& batch, SourceId source, FactKind kind, const std::string& name)
{
    T out;
    for (const FactChange& change : batch.facts) {
        if (change.key == FactKey{source, kind, name})
            out = *change.fact->as<T>();
    }
    return out;
}

void collect(const Stack& stack, Tree tree, ItemId id, std::vector<ItemId>& out)
{
    out.push_back(id);
    for (const ItemId child : stack.find(id)->childrenIn(tree))
        collect(stack, tree, child, out);
}

std::vector<ItemId> everything(const Stack& stack)
{
    std::vector<ItemId> out;
    for (const Tree tree : {Tree::Stack, Tree::Tenants, Tree::Hosts}) {
        for (const ItemId root : stack.roots(tree))
            collect(stack, tree, root, out);
    }
    return out;
}

// A site, its diagnosis kept up to date by deltas, and edits of single facts.
struct Site {
    Batch initial = pictureSite();
    Stack stack;
    Diagnosis diagnosis;

    Site() { diagnosis.apply(stack, initial, kNow); }

    void put(SourceId source, FactKind kind, const std::string& name, Fact fact)
    {
        Batch batch;
        batch.facts.push_back({{source, kind, name}, makeFact(std::move(fact))});
        diagnosis.apply(stack, batch, kNow);
    }

    template<typename T>
    void edit(SourceId source, FactKind kind, const std::string& name, const std::function<void(T&)>& change)
    {
        T fact = factOf<T>(initial, source, kind, name);
        change(fact);
        put(source, kind, name, fact);
    }

    ItemId named(ItemKind kind, const std::string& name) const { return itemNamed(stack, kind, name); }

    // "D4 critical, E1 info": what the rules say of an item.
    QString rulesOf(ItemKind kind, const std::string& name) const
    {
        const std::vector<Finding>* findings = diagnosis.findings(named(kind, name));
        QStringList out;
        if (findings != nullptr) {
            for (const Finding& finding : *findings) {
                static const char* const words[] = {"info", "warning", "critical"};
                out << QString::fromStdString(finding.rule) + QLatin1Char(' ') +
                           QLatin1String(words[static_cast<int>(finding.severity)]);
            }
        }
        return out.join(QLatin1String(", "));
    }
};

Condition condition(const char* type, const char* status, const char* reason = "", const char* message = "")
{
    return {type, status, reason, message, {}, kNow};
}

} // namespace

Q_DECLARE_METATYPE(std::function<void(Site&)>)

class TestDiagnosis : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thePictureHasItsTwoProblems()
    {
        const Site site;
        const std::vector<Problem> problems = site.diagnosis.problems(site.stack);
        QStringList titles;
        for (const Problem& problem : problems)
            if (problem.root.severity != Severity::Info)
                titles << QString::fromStdString(problem.root.title);
        QCOMPARE(problems.front().root.rule, std::string("D4"));
        QCOMPARE(site.stack.find(problems.front().root.subject)->name, std::string("blue-md-0-x8k2p"));
        QCOMPARE(problems.front().nodes, size_t(1));
        QCOMPARE(problems.front().workloads, size_t(2));
        QCOMPARE(problems.front().tenants, size_t(1));
        QCOMPARE(problems.front().root.evidence.front().field, std::string("status.conditions[Paused]"));
        QVERIFY(problems.front().root.evidence.front().value.find("PausedIOError") != std::string::npos);
        bool pressure = false;
        for (const Problem& problem : problems)
            pressure = pressure || problem.root.rule == "A5";
        QVERIFY2(pressure, qPrintable(titles.join(QLatin1Char('\n'))));
        for (const Problem& problem : problems)
            QVERIFY2(problem.root.rule != "G4", qPrintable(titles.join(QLatin1Char('\n'))));
        // The VM that boots and the pool that waits for it are no problems.
        QCOMPARE(titles.size(), qsizetype(2));
        QCOMPARE(site.stack.find(site.named(ItemKind::WorkerPool, "green-md-0"))->health,
                 Health::Progressing);
        QCOMPARE(problems.front().carriedPods, size_t(site.stack.find(problems.front().root.subject)->pods));
    }

    void whyHasFourAnswers()
    {
        Site site;
        const auto state = [&site](ItemKind kind, const char* name) {
            return site.diagnosis.chain(site.stack, site.named(kind, name)).state;
        };
        QCOMPARE(state(ItemKind::Workload, "web"), Chain::State::Healthy);
        QCOMPARE(state(ItemKind::WorkerPool, "green-md-0"), Chain::State::InProgress);
        QCOMPARE(state(ItemKind::Workload, "checkout"), Chain::State::Explained);
        QCOMPARE(site.diagnosis.chain(site.stack, ItemId{}).state, Chain::State::NotKnown);
        // A host answers for its node.
        const Chain host = site.diagnosis.chain(site.stack, site.named(ItemKind::Host, "metal-02"));
        QCOMPARE(host.state, Chain::State::Explained);
        QCOMPARE(host.links.back().rule, std::string("A5"));
        // A lost connection: what is shown of it is not known.
        Batch lost;
        for (SourceChange change : site.initial.sources) {
            if (change.state.id == kRed) {
                change.state.phase = LinkPhase::Waiting;
                change.state.lastHeard = kNow;
                change.state.error = {ErrorKind::Network, "red does not answer.", "", 0, 0};
                lost.sources.push_back(change);
            }
        }
        site.diagnosis.apply(site.stack, lost, kNow);
        QCOMPARE(state(ItemKind::Workload, "db"), Chain::State::NotKnown);
        QCOMPARE(site.rulesOf(ItemKind::TenantCluster, "red"), QStringLiteral("S1 warning"));
        lost.sources[0].state.phase = LinkPhase::Live;
        site.diagnosis.apply(site.stack, lost, kNow);
        QCOMPARE(site.rulesOf(ItemKind::TenantCluster, "red"), QString());
        QCOMPARE(site.diagnosis.cleared().back().finding.rule, std::string("S1"));
    }

    void connectionsAndKindsAreProblems()
    {
        Site site;
        Batch batch;
        for (SourceChange change : site.initial.sources) {
            if (change.state.id == kOuter) {
                change.state.phase = LinkPhase::Waiting;
                change.state.error = {ErrorKind::Network, "rack-a refused the connection.", "", 0, 0};
            } else if (change.state.id == kBlue) {
                change.state.kinds = {{"pods", {ErrorKind::Forbidden, "You may not list pods.", "", 403, 0}},
                                      {"widgets", {ErrorKind::NotFound, "Not installed.", "", 404, 0}}};
            } else if (change.state.id == kHosts[2]) {
                change.state.phase = LinkPhase::Waiting;
                change.state.lastHeard = kNow - 1000;
            } else {
                continue;
            }
            batch.sources.push_back(change);
        }
        site.diagnosis.apply(site.stack, batch, kNow);
        QStringList found;
        for (const Problem& problem : site.diagnosis.problems(site.stack))
            if (problem.root.severity != Severity::Info)
                found << QString::fromStdString(problem.root.title);
        QVERIFY2(found.contains(QStringLiteral("rack-a does not answer any more")),
                 qPrintable(found.join(u'\n')));
        QVERIFY(found.contains(QStringLiteral("blue: not allowed to list pods")));
        QVERIFY(found.contains(QStringLiteral("libvirt on host metal-03 does not answer any more")));
        QCOMPARE(found.size(), qsizetype(5)); // what is not installed is none
        // The same host with its Kubernetes node silent, too, is a dead machine.
        site.edit<KubeNodeFact>(kOuter, FactKind::KubeNode, "outer-3", [](KubeNodeFact& node) {
            node.conditions = {condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting")};
        });
        bool dead = false;
        for (const Problem& problem : site.diagnosis.problems(site.stack)) {
            dead = dead || (problem.root.rule == "A3" && problem.nodes >= 1 &&
                            site.stack.find(problem.root.subject)->kind == ItemKind::Host);
            QVERIFY(problem.root.rule != "S1" || site.stack.find(problem.root.subject) == nullptr);
        }
        QVERIFY(dead);
    }

    void summariesFollowTheirParts()
    {
        Site site;
        site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [](VmiFact& vmi) { vmi.ips.clear(); });
        site.edit<ClusterFact>(kOuter, FactKind::Cluster, "tenant-blue/blue", [](ClusterFact& cluster) {
            cluster.conditions = {condition("Available", "False", "NotAvailable", "* WorkersAvailable")};
        });
        for (const Problem& problem : site.diagnosis.problems(site.stack))
            QVERIFY2(problem.root.rule != "F15", problem.root.title.c_str());
        const Chain chain = site.diagnosis.chain(site.stack, site.named(ItemKind::TenantCluster, "blue"));
        QCOMPARE(chain.links.front().rule, std::string("F15"));
        QVERIFY(chain.links.back().rule == "D4");
        QCOMPARE(site.diagnosis.findings(site.named(ItemKind::Vm, "blue-md-0-x8k1p"))->front().rule,
                 std::string("D7"));
    }

    // A finding raises its item, and no longer.
    void treesAgreeWithFindings()
    {
        Site site;
        const ItemId vm = site.named(ItemKind::Vm, "blue-md-0-x8k1p");
        const ItemId carrier = site.stack.find(vm)->parentIn(Tree::Stack);
        QCOMPARE(site.stack.find(vm)->health, Health::Ok);
        site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [](VmiFact& vmi) { vmi.ips.clear(); });
        QCOMPARE(site.stack.find(vm)->health, Health::Warning);
        QCOMPARE(site.stack.find(vm)->own, Health::Ok);
        QVERIFY(site.stack.find(carrier)->below >= Health::Warning);
        QVERIFY(site.stack.find(vm)->reason.find("no address") != std::string::npos);
        site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [](VmiFact&) {});
        QCOMPARE(site.stack.find(vm)->health, Health::Ok);
        QVERIFY(site.stack.find(vm)->reason.empty());
    }

    void firstSeenStaysWhileAFindingDoes()
    {
        Site site;
        const auto putVm = [&site](const char* status, UnixMs at) {
            VmFact vm = factOf<VmFact>(site.initial, kOuter, FactKind::Vm, kVm);
            vm.printableStatus = status;
            Batch batch;
            batch.facts.push_back({{kOuter, FactKind::Vm, kVm}, makeFact(vm)});
            site.diagnosis.apply(site.stack, batch, at);
        };
        putVm("CrashLoopBackOff", kNow + 1000);
        putVm("CrashLoopBackOff", kNow + 9000);
        const ItemId vm = site.named(ItemKind::Vm, "blue-md-0-x8k1p");
        QCOMPARE(site.diagnosis.findings(vm)->front().firstSeen, kNow + 1000);
        putVm("Running", kNow + 20000);
        QVERIFY(site.diagnosis.findings(vm) == nullptr || site.diagnosis.findings(vm)->front().rule != "D3");
        QCOMPARE(site.diagnosis.cleared().back().finding.rule, std::string("D3"));
        QCOMPARE(site.diagnosis.cleared().back().at, kNow + 20000);
    }

    // KubeVirt, CDI and controllers are found through the connection; an update is no alarm.
    void thePlatform_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("phase");
        QTest::addColumn<QString>("status"); // of the condition
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("reason");
        QTest::addColumn<QString>("rules");
        const auto row = [](const char* title, FactKind kind, const char* name, const char* phase,
                            const char* type, const char* status, const char* reason, const char* rules) {
            QTest::newRow(title) << static_cast<int>(kind) << QString::fromLatin1(name)
                                 << QString::fromLatin1(phase) << QString::fromLatin1(status)
                                 << QString::fromLatin1(type) << QString::fromLatin1(reason)
                                 << QString::fromLatin1(rules);
        };
        row("well", FactKind::KubeVirt, "kubevirt/kubevirt", "Deployed", "Available", "True", "", "");
        row("B1", FactKind::KubeVirt, "kubevirt/kubevirt", "Deploying", "Degraded", "True",
            "DeploymentFailed", "B1 critical");
        row("B1 not available", FactKind::KubeVirt, "kubevirt/kubevirt", "Deployed", "Available", "False",
            "DeploymentInProgress", "B1 critical");
        row("B2", FactKind::KubeVirt, "other/kubevirt", "", "Synchronized", "False", "ExistingDeployment",
            "B2 warning");
        row("B3 is an update", FactKind::KubeVirt, "kubevirt/kubevirt", "Deployed", "Degraded", "True",
            "UpdateInProgress", "B3 info");
        row("B4", FactKind::KubeVirt, "kubevirt/kubevirt", "Deleting", "Synchronized", "False",
            "DeletionFailed", "B4 warning");
        row("B5", FactKind::Deployment, "kubevirt/virt-api", "", "Available", "False",
            "MinimumReplicasUnavailable", "B5 critical");
        row("B5 available", FactKind::Deployment, "kubevirt/virt-api", "", "Available", "True", "", "");
        row("another deployment", FactKind::Deployment, "shop/virt-api-proxy", "", "Available", "False", "",
            "");
        row("B6", FactKind::Cdi, "cdi", "Error", "Degraded", "True", "", "B6 warning");
        row("B6 well", FactKind::Cdi, "cdi", "Deployed", "Degraded", "False", "", "");
        row("B8", FactKind::Deployment, "cert-manager/cert-manager-webhook", "", "Available", "False", "",
            "B8 warning");
        row("S4", FactKind::Deployment, "capk-system/capk-controller-manager", "", "Available", "False", "",
            "S4 critical");
    }

    void thePlatform()
    {
        QFETCH(int, kind);
        QFETCH(QString, name);
        QFETCH(QString, phase);
        QFETCH(QString, status);
        QFETCH(QString, type);
        QFETCH(QString, reason);
        QFETCH(QString, rules);
        Site site;
        const std::size_t before = site.diagnosis.problems(site.stack).size();
        ObjectFact object;
        object.meta = metaOf(kind == static_cast<int>(FactKind::Deployment) ? "apps/v1" : "kubevirt.io/v1",
                             name.section(u'/', 0, 0).toStdString(), name.section(u'/', -1).toStdString());
        object.phase = phase.toStdString();
        Condition said = condition(type.toLatin1().constData(), status.toLatin1().constData(),
                                   reason.toLatin1().constData(), "as it says");
        said.since = kNow - 3600 * 1000;
        object.conditions = {said};
        object.fields = {{"replicas", "2"}};
        ObjectFact storage;
        storage.meta = metaOf("storage.k8s.io/v1", "", "rbd");
        storage.fields = {{"default", "true"}};
        site.put(kOuter, FactKind::StorageClass, "rbd", storage);
        if (status == QLatin1String("True"))
            object.fields["availableReplicas"] = "2";
        site.put(kOuter, static_cast<FactKind>(kind), name.toStdString(), object);
        QStringList found;
        if (const std::vector<Finding>* own = site.diagnosis.findingsOf(kOuter)) {
            for (const Finding& finding : *own) {
                found << QString::fromStdString(finding.rule + " " + toString(finding.severity));
                QVERIFY(finding.title.find("rack-a") != std::string::npos);
                QVERIFY(!finding.remedy.empty() && !finding.evidence.front().value.empty());
                QVERIFY(!commandsFor(site.stack, finding).empty());
            }
        }
        QCOMPARE(found.join(QLatin1String(", ")), rules);
        QCOMPARE(site.diagnosis.problems(site.stack).size(), before + (rules.isEmpty() ? 0 : 1));
        Batch gone;
        gone.facts.push_back({{kOuter, static_cast<FactKind>(kind), name.toStdString()}, nullptr});
        site.diagnosis.apply(site.stack, gone, kNow);
        QVERIFY(site.diagnosis.findingsOf(kOuter) == nullptr);
    }

    // B6, B7, B9: storage classes, their profiles, and images that cannot be had.
    void theStorageOfThePlatform()
    {
        Site site;
        const auto rules = [&site] {
            QStringList found;
            if (const std::vector<Finding>* own = site.diagnosis.findingsOf(kOuter)) {
                for (const Finding& finding : *own)
                    found << QString::fromStdString(finding.rule + " " + toString(finding.severity));
            }
            return found.join(QLatin1String(", "));
        };
        ObjectFact cdi;
        cdi.meta = metaOf("cdi.kubevirt.io/v1beta1", "", "cdi");
        cdi.phase = "Deployed";
        site.put(kOuter, FactKind::Cdi, "cdi", cdi);
        QCOMPARE(rules(), QStringLiteral("B6 critical"));
        Batch denied;
        SourceState state = *site.stack.source(kOuter);
        const SourceState allowed = state;
        state.kinds.push_back({"storageclasses", Error{ErrorKind::Forbidden, "no", {}, 403, 0}, true});
        denied.sources.push_back({state, false});
        site.diagnosis.apply(site.stack, denied, kNow);
        QCOMPARE(rules(), QStringLiteral("S2 info")); // not known is not none
        denied.sources = {{allowed, false}};
        site.diagnosis.apply(site.stack, denied, kNow);
        ObjectFact rbd;
        rbd.meta = metaOf("storage.k8s.io/v1", "", "rbd");
        site.put(kOuter, FactKind::StorageClass, "rbd", rbd);
        QCOMPARE(rules(), QStringLiteral("B6 warning"));
        rbd.fields = {{"default", "true"}};
        site.put(kOuter, FactKind::StorageClass, "rbd", rbd);
        QCOMPARE(rules(), QString());
        ObjectFact profile;
        profile.meta = metaOf("cdi.kubevirt.io/v1beta1", "", "rbd");
        profile.fields = {
            {"storageClass", "rbd"}, {"claimPropertySets", "0"}, {"provisioner", "example.com/x"}};
        site.put(kOuter, FactKind::StorageProfile, "rbd", profile);
        QCOMPARE(rules(), QStringLiteral("B7 warning"));
        rbd.fields = {};
        ObjectFact other = rbd;
        other.meta.name = "fast";
        other.fields = {{"virtDefault", "true"}};
        site.put(kOuter, FactKind::StorageClass, "fast", other);
        site.put(kOuter, FactKind::StorageClass, "rbd", rbd);
        QCOMPARE(rules(), QStringLiteral("B7 info")); // not the class that volumes get by default
        profile.fields["claimPropertySets"] = "1";
        site.put(kOuter, FactKind::StorageProfile, "rbd", profile);
        QCOMPARE(rules(), QString());
        rbd.fields = {{"virtDefault", "true"}};
        site.put(kOuter, FactKind::StorageClass, "rbd", rbd);
        QCOMPARE(rules(), QStringLiteral("B6 warning"));
        rbd.fields = {};
        site.put(kOuter, FactKind::StorageClass, "rbd", rbd);

        ObjectFact api;
        api.meta = metaOf("apps/v1", "kubevirt", "virt-api");
        Condition down = condition("Available", "False", "MinimumReplicasUnavailable", "no pod is ready");
        down.since = kNow - 3600 * 1000;
        api.conditions = {down};
        api.fields = {{"replicas", "2"}};
        site.put(kOuter, FactKind::Deployment, "kubevirt/virt-api", api);
        QCOMPARE(rules(), QStringLiteral("B5 critical"));
        ObjectFact event;
        event.meta = metaOf("v1", "kubevirt", "event-1");
        event.fields = {{"kind", "Pod"},
                        {"ns", "kubevirt"},
                        {"name", "other-7d9-x"},
                        {"reason", "Failed"},
                        {"message", "Failed to pull image \"quay.io/kubevirt/virt-api:v1\": i/o timeout"},
                        {"last", formatRfc3339(kNow - 1000)}};
        site.put(kOuter, FactKind::Warning, "kubevirt/event-1", event);
        QCOMPARE(rules(), QStringLiteral("B5 critical, B9 warning")); // another pod's
        event.fields["ns"] = "shop";                                  // no part of the platform
        site.put(kOuter, FactKind::Warning, "kubevirt/event-1", event);
        QCOMPARE(rules(), QStringLiteral("B5 critical"));
        event.fields["ns"] = "kubevirt";
        event.fields["name"] = "virt-api-7d9-x";
        site.put(kOuter, FactKind::Warning, "kubevirt/event-1", event);
        QCOMPARE(rules(), QStringLiteral("B9 critical"));
        Batch gone;
        gone.facts.push_back({{kOuter, FactKind::Warning, "kubevirt/event-1"}, nullptr});
        site.diagnosis.apply(site.stack, gone, kNow);
        QCOMPARE(rules(), QStringLiteral("B5 critical"));
    }

    // What only time changes is looked at again by itself.
    void timePasses()
    {
        Site site;
        VmFact vm = factOf<VmFact>(site.initial, kOuter, FactKind::Vm, kVm);
        vm.claims = {"root"};
        site.put(kOuter, FactKind::Vm, kVm, vm);
        ObjectFact volume;
        volume.meta = metaOf("cdi.kubevirt.io/v1beta1", "tenant-blue", "root");
        volume.phase = "Pending";
        volume.conditions = {condition("Bound", "False", "Pending", "PVC root Pending")};
        site.put(kOuter, FactKind::DataVolume, "tenant-blue/root", volume);
        QCOMPARE(site.rulesOf(ItemKind::Vm, "blue-md-0-x8k1p"), QString());
        bool changed = false;
        site.diagnosis.elapse(site.stack, kNow + 2 * 60 * 1000, &changed); // see aSummaryIsNoProblemAtOnce()
        site.diagnosis.elapse(site.stack, kNow + 4 * 60 * 1000, &changed);
        QVERIFY(!changed);
        const StackDelta delta = site.diagnosis.elapse(site.stack, kNow + 6 * 60 * 1000, &changed);
        QVERIFY(changed);
        QVERIFY(!delta.changed.empty());
        QCOMPARE(site.rulesOf(ItemKind::Vm, "blue-md-0-x8k1p"), QStringLiteral("C3 critical"));
        QCOMPARE(site.stack.find(site.named(ItemKind::Vm, "blue-md-0-x8k1p"))->health, Health::Failed);
    }

    // The same is told when the item's own events come all the time, so that it is looked at before its time
    // is due.
    void aSummaryLastsThroughEvents()
    {
        Site site;
        ClusterFact cluster = factOf<ClusterFact>(site.initial, kOuter, FactKind::Cluster, "tenant-red/red");
        cluster.conditions = {condition("Available", "False", "NotAvailable", "WorkersAvailable: 2 of 3")};
        const auto event = [&](UnixMs now) {
            cluster.endpoint = "10.0.50.1:" + std::to_string(6443 + now % 1000);
            Batch batch;
            batch.facts.push_back({{kOuter, FactKind::Cluster, "tenant-red/red"}, makeFact(cluster)});
            bool changed = false;
            site.diagnosis.apply(site.stack, batch, now, &changed);
            return changed;
        };
        QVERIFY(event(kNow));
        QVERIFY(!event(kNow + 30'001));
        QVERIFY(event(kNow + 61'002));
    }

    // A whole that only says its parts are not well is no problem at once: what is wrong with them mostly
    // shows in a moment. What it is while parts are on their way, scenario_causes shows.
    void aSummaryIsNoProblemAtOnce()
    {
        Site site;
        const auto listed = [&](UnixMs now, bool* changed) {
            site.diagnosis.elapse(site.stack, now, changed);
            for (const Problem& problem : site.diagnosis.problems(site.stack)) {
                if (problem.root.subject == site.named(ItemKind::TenantCluster, "red"))
                    return QString::fromLatin1(toString(problem.root.severity));
            }
            return QString();
        };
        site.edit<ClusterFact>(kOuter, FactKind::Cluster, "tenant-red/red", [](ClusterFact& c) {
            c.conditions = {condition("Available", "False", "NotAvailable", "WorkersAvailable: 2 of 3")};
        });
        QCOMPARE(site.rulesOf(ItemKind::TenantCluster, "red"), QStringLiteral("F15 warning"));
        bool changed = false;
        QCOMPARE(listed(kNow, &changed), QStringLiteral("info"));
        QCOMPARE(listed(kNow + 61 * 1000, &changed), QStringLiteral("warning"));
        QVERIFY(changed); // whoever shows problems is told
    }

    void commandsNameWhatTheyAreAbout()
    {
        const Site site;
        const std::vector<Problem> problems = site.diagnosis.problems(site.stack);
        QStringList lines;
        for (const Command& command : commandsFor(site.stack, problems.front().root))
            lines << QString::fromStdString(commandLine(site.stack, command, "--context rack-a"));
        QCOMPARE(lines.front(), QStringLiteral("kubectl --context rack-a -n tenant-blue describe "
                                               "virtualmachineinstances.kubevirt.io blue-md-0-x8k2p"));
        QVERIFY2(lines.contains(
                     QStringLiteral("virtctl --context rack-a -n tenant-blue unpause vm blue-md-0-x8k2p")),
                 qPrintable(lines.join(u'\n')));
        // Inside a tenant the way leads through its kubeconfig secret.
        const std::vector<Finding> chain =
            site.diagnosis.why(site.stack, site.named(ItemKind::Workload, "checkout"));
        const std::string inner = commandLine(site.stack, commandsFor(site.stack, chain.front()).front(), "");
        QVERIFY2(inner.find("get secret blue-kubeconfig") != std::string::npos, inner.c_str());
    }

    void everyRuleIsInTheCatalogue()
    {
        int numbered = 0;
        for (const RuleInfo& rule : catalogue()) {
            QCOMPARE(ruleInfo(rule.id), &rule);
            QCOMPARE(rule.basis == Basis::Partly, rule.needs[0] != '\0');
            numbered += rule.id[0] != 'S' ? 1 : 0;
        }
        QCOMPARE(numbered, 99);
    }

    void theCatalogueIsToldInTheProgramsLanguage()
    {
        setTranslator([](const char* context, const char* text) {
            return std::string(context) == "Diagnosis" ? "«" + std::string(text) + "»" : std::string(text);
        });
        const std::string text = rulesText();
        const std::string json = rulesJson();
        setTranslator(nullptr);
        for (const RuleInfo& rule : catalogue()) {
            for (const std::string* told : {&text, &json})
                QVERIFY2(told->find("«" + std::string(rule.what) + "»") != std::string::npos, rule.what);
            if (rule.needs[0] != '\0')
                QVERIFY2(text.find("«" + std::string(rule.needs) + "»") != std::string::npos, rule.needs);
        }
        QVERIFY(text.find("«»") == std::string::npos && json.find("«»") == std::string::npos);
    }

    void ownRulesAreRead_data()
    {
        QTest::addColumn<QString>("yaml");
        QTest::addColumn<QString>("said"); // empty: it is good
        const auto row = [](const char* name, const QString& yaml, const char* said) {
            QTest::newRow(name) << yaml << QString::fromUtf8(said);
        };
        const QString good = QStringLiteral("rules:\n- id: own-1\n  kind: VirtualMachine\n  when:\n"
                                            "  - field: spec.runStrategy\n    equals: Halted\n"
                                            "  title: VM {name}\n  remedy: Ask.\n");
        row("good", good, "");
        row("no yaml", QStringLiteral("rules: [\n"), "line ");
        row("no rules", QStringLiteral("a: b\n"), "no list “rules”");
        row("mistyped key", QString(good).replace(QStringLiteral("remedy"), QStringLiteral("remdy")),
            "“remdy” is not known here");
        row("unknown kind", QString(good).replace(QStringLiteral("VirtualMachine"), QStringLiteral("Pony")),
            "there is no kind “Pony”");
        row("unknown field", QString(good).replace(QStringLiteral("runStrategy"), QStringLiteral("colour")),
            "VirtualMachine has no field “spec.colour”; it has metadata.name");
        row("two tests",
            QString(good).replace(QStringLiteral("equals: Halted"),
                                  QStringLiteral("equals: Halted\n    not: Always")),
            "exactly one of");
        row("age of no condition",
            QString(good).replace(QStringLiteral("equals: Halted"),
                                  QStringLiteral("equals: Halted\n    olderThan: 5m")),
            "“olderThan” is for conditions");
        row("bad severity", good + QStringLiteral("  severity: loud\n"), "not “loud”");
        row("bad id", QString(good).replace(QStringLiteral("own-1"), QStringLiteral("own 1")),
            "“id” must be");
        row("no remedy", QString(good).remove(QStringLiteral("  remedy: Ask.\n")), "no “remedy”");
        row("twice", good + QString(good).remove(QStringLiteral("rules:\n")), "is taken");
    }

    void ownRulesAreRead()
    {
        QFETCH(QString, yaml);
        QFETCH(QString, said);
        const auto rules = readOwnRules(yaml.toStdString(), "mine.yaml");
        if (said.isEmpty()) {
            QVERIFY2(rules.has_value(), rules ? "" : rules.error().text.c_str());
            QCOMPARE(rules->size(), size_t(1));
            return;
        }
        QVERIFY(!rules.has_value());
        const QString text = QString::fromStdString(rules.error().text);
        QVERIFY2(text.startsWith(QLatin1String("mine.yaml: ")) && text.contains(said), qPrintable(text));
    }

    void ownRulesFind()
    {
        Site site;
        const auto rules = readOwnRules("rules:\n"
                                        "- id: own-pause\n"
                                        "  kind: VirtualMachineInstance\n"
                                        "  when:\n"
                                        "  - field: status.conditions[Ready].reason\n"
                                        "    contains: Maintenance\n"
                                        "  - field: status.conditions[Ready].status\n"
                                        "    equals: \"True\"\n"
                                        "    olderThan: 10m\n"
                                        "  severity: critical\n"
                                        "  title: VM {name} is in {value} for too long\n"
                                        "  remedy: Ask the owner of {namespace}.\n",
                                        "own.yaml");
        QVERIFY2(rules.has_value(), rules ? "" : rules.error().text.c_str());
        site.diagnosis.setOwnRules(*rules);
        const auto maintain = [&site](UnixMs since) {
            site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [since](VmiFact& vmi) {
                vmi.conditions = {condition("Ready", "True", "Maintenance"),
                                  condition("AgentConnected", "True")};
                vmi.conditions.front().since = since;
            });
        };
        maintain(kNow - 60 * 1000);
        QCOMPARE(site.rulesOf(ItemKind::Vm, "blue-md-0-x8k1p"), QString());
        maintain(kNow - 3600 * 1000);
        QCOMPARE(site.rulesOf(ItemKind::Vm, "blue-md-0-x8k1p"), QStringLiteral("own-pause critical"));
        const Finding& found = site.diagnosis.findings(site.named(ItemKind::Vm, "blue-md-0-x8k1p"))->front();
        QCOMPARE(found.title, std::string("VM blue-md-0-x8k1p is in Maintenance for too long"));
        QCOMPARE(found.remedy, std::string("Ask the owner of tenant-blue."));
        QCOMPARE(found.evidence.front().object.kind, std::string("VirtualMachineInstance"));
        QCOMPARE(site.stack.find(found.subject)->health, Health::Failed);
    }

    void theShippedExamplesAreGood()
    {
        const auto rules = readOwnRulesFrom(STRATA_RULES);
        QVERIFY2(rules.has_value(), rules ? "" : rules.error().text.c_str());
        QCOMPARE(rules->size(), size_t(3));
        const auto none = readOwnRulesFrom(std::string(STRATA_RULES) + "/nowhere");
        QVERIFY(none.has_value() && none->empty());
    }

    void capacityAddsUp()
    {
        const Site site;
        const Capacity capacity = capacityOf(site.stack);
        QCOMPARE(capacity.nodes.size(), size_t(3)); // metal-04 carries none
        QCOMPARE(capacity.layers.front().layer, Layer::BareMetal);
        QCOMPARE(capacity.layers.front().count, size_t(4));
        int vms = 0;
        for (const NodeRoom& node : capacity.nodes) {
            vms += node.vms;
            QCOMPARE(node.free.memoryBytes,
                     std::max<std::int64_t>(node.allocatable.memoryBytes - node.requested.memoryBytes, 0));
            QVERIFY(!node.host.empty());
        }
        QCOMPARE(vms, 7);
        QCOMPARE(capacity.tenants.front().name, std::string("blue"));
        QCOMPARE(capacity.tenants.front().vms, 3);
        // Launchers of the picture request a tenth of a CPU a vCPU and 300 MiB more than the guest has.
        QCOMPARE(capacity.launcher.seen, 7);
        QVERIFY(std::abs(capacity.launcher.cpuPerVcpu - 0.1) < 1e-9);
        QCOMPARE(capacity.launcher.memoryOverhead, std::int64_t(300) << 20);
        const std::int64_t gib = std::int64_t(1) << 30;
        const Fit small = howManyFit(capacity, {2000, 4 * gib});
        const Fit large = howManyFit(capacity, {2000, 64 * gib});
        QVERIFY(small.count > large.count && large.count > 0);
        QCOMPARE(howManyFit(capacity, {1000 * 1000, gib}).count, 0); // no machine has so many CPUs
        Site cordoned;
        for (const char* name : {"outer-1", "outer-2", "outer-3", "outer-4"})
            cordoned.edit<KubeNodeFact>(kOuter, FactKind::KubeNode, name,
                                        [](KubeNodeFact& node) { node.unschedulable = true; });
        QCOMPARE(howManyFit(capacityOf(cordoned.stack), {2000, 4 * gib}).count, 0);
        const std::string text = capacityText(capacity, site.stack, {{2000, 4 * gib}});
        QVERIFY2(text.find("more VMs of 2 vCPU / 4 GiB fit") != std::string::npos, text.c_str());
    }

    void aHostThatDiesTakesItsVmsAlong()
    {
        const Site site;
        const Blast blast = whatIf(site.stack, What::HostDies, site.named(ItemKind::Host, "metal-01"));
        QCOMPARE(blast.vms.size(), size_t(3));
        QCOMPARE(blast.count(Fate::Restarts) + blast.count(Fate::NoRoom), 3);
        for (const VmFate& fate : blast.vms) {
            const Item* target = site.stack.find(fate.target);
            QVERIFY(fate.fate != Fate::Restarts || (target != nullptr && target->name != "outer-1"));
            QVERIFY(!fate.why.empty());
        }
        // blue's only etcd member is on it; red's is elsewhere.
        QCOMPARE(blast.quorums.size(), size_t(1));
        QCOMPARE(blast.quorums.front().name, std::string("blue"));
        QVERIFY(blast.quorums.front().breaks());
        QCOMPARE(blast.tenants.size(), size_t(2));
        QVERIFY(whatIf(site.stack, What::HostDies, site.named(ItemKind::Workload, "db")).vms.empty());
    }

    void aDrainMovesBlocksOrReplaces()
    {
        Site site;
        const auto drained = [&site] {
            return whatIf(site.stack, What::NodeDrains, site.named(ItemKind::OuterNode, "outer-3"));
        };
        const std::string vm = "tenant-red/red-cp-t6v2s";
        QCOMPARE(drained().vms.front().fate, Fate::Restarts); // External: the provider replaces the machine
        site.edit<VmiFact>(kOuter, FactKind::Vmi, vm,
                           [](VmiFact& vmi) { vmi.evictionStrategy = "LiveMigrate"; });
        QCOMPARE(drained().vms.front().fate, Fate::Migrates);
        QVERIFY(drained().quorums.empty());
        site.edit<VmiFact>(kOuter, FactKind::Vmi, vm, [](VmiFact& vmi) {
            vmi.evictionStrategy = "LiveMigrate";
            vmi.conditions.push_back(condition("LiveMigratable2", "False"));
            for (Condition& each : vmi.conditions) {
                if (each.type == "LiveMigratable")
                    each.status = "False";
            }
        });
        QCOMPARE(drained().vms.front().fate, Fate::Blocks);
        site.edit<VmFact>(kOuter, FactKind::Vm, vm, [](VmFact& fact) { fact.runStrategy = "Manual"; });
        QCOMPARE(
            whatIf(site.stack, What::HostDies, site.named(ItemKind::OuterNode, "outer-3")).vms.front().fate,
            Fate::Stays);
        const Blast stop = whatIf(site.stack, What::VmStops, site.named(ItemKind::Vm, "red-cp-t6v2s"));
        QCOMPARE(stop.count(Fate::Stays), 1);
        QVERIFY(stop.quorums.front().breaks());
        QVERIFY(blastText(site.stack, stop).find("loses its quorum") != std::string::npos);
    }

    void reports()
    {
        const Site site;
        const std::vector<Problem> problems = site.diagnosis.problems(site.stack);
        const std::string text = problemsText(site.stack, problems, kNow);
        QVERIFY2(text.find("[D4]") != std::string::npos, text.c_str());
        QVERIFY(text.find("explains: ") != std::string::npos);
        const QJsonObject json =
            QJsonDocument::fromJson(QByteArray::fromStdString(problemsJson(site.stack, problems))).object();
        const QJsonArray found = json.value(QLatin1String("problems")).toArray();
        QCOMPARE(found.size(), qsizetype(2));
        QCOMPARE(found[0].toObject().value(QLatin1String("rule")).toString(), QStringLiteral("D4"));
        QVERIFY(!found[0].toObject().value(QLatin1String("explains")).toArray().isEmpty());
        QVERIFY(problemsText(site.stack, {}, kNow).empty());
    }

    void whyLeadsFromThePodToTheDisk()
    {
        const Site site;
        const std::vector<Finding> chain =
            site.diagnosis.why(site.stack, site.named(ItemKind::Workload, "checkout"));
        QStringList rules;
        for (const Finding& finding : chain)
            rules << QString::fromStdString(finding.rule);
        QVERIFY2(chain.size() >= 3, qPrintable(rules.join(QLatin1Char(' '))));
        QCOMPARE(rules.mid(0, 3),
                 (QStringList{QStringLiteral("G11"), QStringLiteral("G4"), QStringLiteral("D4")}));
        // From the tenants' side to the same cause.
        const std::vector<Finding> pool =
            site.diagnosis.why(site.stack, site.named(ItemKind::WorkerPool, "blue-md-0"));
        QCOMPARE(pool.back().rule == "D4" || (pool.size() > 1 && pool[pool.size() - 2].rule == "D4"), true);
        QVERIFY(site.diagnosis.why(site.stack, site.named(ItemKind::Workload, "web")).empty());
    }

    void aDeadHostIsOneProblem()
    {
        Site site;
        const std::size_t before = site.diagnosis.problems(site.stack).size();
        site.edit<KubeNodeFact>(kOuter, FactKind::KubeNode, "outer-1", [](KubeNodeFact& node) {
            node.conditions = {condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting")};
        });
        for (const char* name : {"blue-cp-4kx9d", "blue-md-0-x8k1p"})
            site.edit<KubeNodeFact>(kBlue, FactKind::KubeNode, name, [](KubeNodeFact& node) {
                node.conditions = {
                    condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting")};
            });
        const std::vector<Problem> problems = site.diagnosis.problems(site.stack);
        QCOMPARE(problems.size(), before + 1);
        const Problem* dead = nullptr;
        for (const Problem& problem : problems) {
            if (problem.root.rule == "A3")
                dead = &problem;
        }
        QVERIFY(dead != nullptr);
        QCOMPARE(dead->nodes, size_t(2));
    }

    void deltasEqualAFreshLook()
    {
        Site site;
        site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [](VmiFact& vmi) {
            vmi.conditions = {condition("Paused", "True", "PausedByUser")};
        });
        site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [](VmiFact&) {}); // mended
        Diagnosis fresh;
        Stack again;
        fresh.apply(again, site.initial, kNow);
        QCOMPARE(site.diagnosis.size(), fresh.size());
        QCOMPARE(site.diagnosis.problems(site.stack).size(), fresh.problems(again).size());
    }

    // Every rule fires on its evidence and not on the near miss beside it.
    void rules_data()
    {
        QTest::addColumn<std::function<void(Site&)>>("change");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("rules");
        const auto row = [](const char* name, std::function<void(Site&)> change, ItemKind kind,
                            const char* item, const char* rules) {
            QTest::newRow(name) << change << static_cast<int>(kind) << QString::fromLatin1(item)
                                << QString::fromLatin1(rules);
        };
        const auto vmi = [](std::vector<Condition> conditions) {
            return [conditions](Site& site) {
                site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [&](VmiFact& fact) {
                    fact.conditions = conditions;
                    fact.conditions.push_back(condition("AgentConnected", "True"));
                });
            };
        };
        const auto printable = [](const char* status) {
            return [status](Site& site) {
                site.edit<VmFact>(kOuter, FactKind::Vm, kVm,
                                  [&](VmFact& vm) { vm.printableStatus = status; });
            };
        };
        const auto host = [](const std::function<void(HostFact&)>& change) {
            return [change](Site& site) { site.edit<HostFact>(kHosts[0], FactKind::Host, "", change); };
        };
        const auto outer = [](const std::function<void(KubeNodeFact&)>& change) {
            return [change](Site& site) {
                site.edit<KubeNodeFact>(kOuter, FactKind::KubeNode, "outer-1", change);
            };
        };
        const auto inner = [](const std::function<void(KubeNodeFact&)>& change) {
            return [change](Site& site) {
                site.edit<KubeNodeFact>(kBlue, FactKind::KubeNode, "blue-md-0-x8k1p", change);
            };
        };
        const auto infra = [](const char* type, const char* reason) {
            return [type, reason](Site& site) {
                site.edit<KubevirtMachineFact>(
                    kOuter, FactKind::KubevirtMachine, kMachine, [&](KubevirtMachineFact& machine) {
                        machine.conditions = {condition(type, "False", reason)};
                        if (std::string_view(type) != "VMProvisioned")
                            machine.conditions.push_back(condition("VMProvisioned", "True"));
                    });
            };
        };
        const auto machine = [](const std::function<void(MachineFact&)>& change,
                                const char* name = "blue-md-0-x8k1p") {
            return [change, name](Site& site) {
                site.edit<MachineFact>(kOuter, FactKind::Machine, std::string("tenant-blue/") + name, change);
            };
        };
        const auto cluster = [](const std::function<void(ClusterFact&)>& change) {
            return [change](Site& site) {
                site.edit<ClusterFact>(kOuter, FactKind::Cluster, "tenant-red/red", change);
            };
        };
        const auto pod = [](const std::function<void(PodFact&)>& change) {
            return [change](Site& site) { site.edit<PodFact>(kRed, FactKind::Pod, "lab/db-0", change); };
        };

        row("A1 host", host([](HostFact& h) { h.kvmUsable = false; }), ItemKind::Host, "metal-01",
            "A1 critical");
        row("A1 host of the test driver", host([](HostFact& h) {
                h.kvmUsable = false;
                h.hypervisor = "TEST";
            }),
            ItemKind::Host, "metal-01", "");
        row("A5 host", host([](HostFact& h) { h.memoryFreeBytes = h.memoryBytes / 30; }), ItemKind::Host,
            "metal-01", "A5 warning");
        row("A5 host not told", host([](HostFact& h) { h.memoryFreeBytes = -1; }), ItemKind::Host, "metal-01",
            "");
        row("A1 node", outer([](KubeNodeFact& n) { n.kvmDevices = 0; }), ItemKind::OuterNode, "outer-1",
            "A1 critical");
        row("A1 node not told", outer([](KubeNodeFact& n) { n.kvmDevices = -1; }), ItemKind::OuterNode,
            "outer-1", "");
        row("A3 silent", outer([](KubeNodeFact& n) { n.conditions = {condition("Ready", "Unknown")}; }),
            ItemKind::OuterNode, "outer-1", "A3 critical");
        row("A3 virt-handler", outer([](KubeNodeFact& n) { n.kubevirtSchedulable = "false"; }),
            ItemKind::OuterNode, "outer-1", "A3 warning");
        row("A3 not labelled", outer([](KubeNodeFact& n) { n.kubevirtSchedulable.clear(); }),
            ItemKind::OuterNode, "outer-1", "");
        row("A5 disk",
            outer([](KubeNodeFact& n) { n.conditions.push_back(condition("DiskPressure2", "True")); }),
            ItemKind::OuterNode, "outer-1", "");
        row("A7",
            outer([](KubeNodeFact& n) { n.conditions.push_back(condition("NetworkUnavailable", "True")); }),
            ItemKind::OuterNode, "outer-1", "A7 critical");

        row("D1 printable", printable("ErrorUnschedulable"), ItemKind::Vm, "blue-md-0-x8k1p", "D1 critical");
        row("D1 condition", vmi({condition("PodScheduled", "False", "Unschedulable", "0/3 nodes")}),
            ItemKind::Vm, "blue-md-0-x8k1p", "D1 critical");
        row("A1 for a VM",
            vmi({condition("PodScheduled", "False", "Unschedulable",
                           "0/3 nodes are available: 3 Insufficient devices.kubevirt.io/kvm")}),
            ItemKind::Vm, "blue-md-0-x8k1p", "A1 critical");
        row("D1 gated", vmi({condition("PodScheduled", "False", "SchedulingGated")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "");
        row("D2", printable("ImagePullBackOff"), ItemKind::Vm, "blue-md-0-x8k1p", "D2 critical");
        row("D3", printable("CrashLoopBackOff"), ItemKind::Vm, "blue-md-0-x8k1p", "D3 critical");
        row("D5", vmi({condition("Paused", "True", "PausedByUser")}), ItemKind::Vm, "blue-md-0-x8k1p",
            "D5 critical");
        row("D5 not paused", vmi({condition("Paused", "False", "PausedByUser")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "");
        row("D8", vmi({condition("Ready", "False", "GuestNotRunning")}), ItemKind::Vm, "blue-md-0-x8k1p",
            "D8 critical");
        row("D9", vmi({condition("Synchronized", "False", "FailedCreate", "quota")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "D9 critical");
        row("B10",
            vmi({condition("Synchronized", "False", "FailedCreate", "violates PodSecurity \"baseline\"")}),
            ItemKind::Vm, "blue-md-0-x8k1p", "B10 critical");
        row("C14", printable("DataVolumeError"), ItemKind::Vm, "blue-md-0-x8k1p", "C14 critical");
        row("C1 is normal", printable("WaitingForVolumeBinding"), ItemKind::Vm, "blue-md-0-x8k1p", "");
        row("D10", vmi({condition("RestartRequired", "True")}), ItemKind::Vm, "blue-md-0-x8k1p", "D10 info");
        row("D11", vmi({condition("ManualRecoveryRequired", "True")}), ItemKind::Vm, "blue-md-0-x8k1p",
            "D11 critical");
        row("E1", vmi({condition("LiveMigratable", "False", "DisksNotLiveMigratable")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "E1 info");
        row("E4", vmi({condition("LiveMigratable", "False", "HostDeviceNotLiveMigratable")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "E4 info");
        row("stopped tenant VM", printable("Stopped"), ItemKind::Vm, "blue-md-0-x8k1p", "D8 critical");
        row(
            "D7",
            [](Site& site) {
                site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [](VmiFact& fact) { fact.ips.clear(); });
            },
            ItemKind::Vm, "blue-md-0-x8k1p", "D7 warning");

        row("F9", infra("VMProvisioned", "VMCreateFailed"), ItemKind::Machine, "blue-md-0-x8k1p",
            "F9 critical");
        row("F7", infra("VMProvisioned", "WaitingForBootstrapData"), ItemKind::Machine, "blue-md-0-x8k1p",
            "F7 info");
        row("C15 has just begun", infra("VMProvisioned", "DVPending"), ItemKind::Machine, "blue-md-0-x8k1p",
            "C15 info");
        row("C15", infra("VMProvisioned", "DVFailed"), ItemKind::Machine, "blue-md-0-x8k1p", "C15 critical");
        row("F11", infra("BootstrapExecSucceeded", "BootstrapFailed"), ItemKind::Machine, "blue-md-0-x8k1p",
            "F11 info");
        row("F15 machine", machine([](MachineFact& m) {
                m.conditions = {condition("NodeHealthy", "Unknown", "ConnectionDown")};
            }),
            ItemKind::Machine, "blue-md-0-x8k1p", "F15 warning");
        row("G4 machine", machine([](MachineFact& m) {
                m.conditions = {condition("NodeHealthy", "False", "NodeNotHealthy")};
            }),
            ItemKind::Machine, "blue-md-0-x8k1p", "G4 critical");
        const auto noNode = [machine](const char* reason, const char* message, UnixMs ago) {
            return [=](Site& site) {
                machine([&](MachineFact& m) {
                    m.nodeName.clear();
                    m.phase = "Provisioned";
                    Condition waits = condition("NodeHealthy", "Unknown", reason, message);
                    waits.since = kNow - ago;
                    m.conditions = {waits};
                })(site);
                site.edit<KubevirtMachineFact>(
                    kOuter, FactKind::KubevirtMachine, kMachine, [](KubevirtMachineFact& k) {
                        k.conditions = {condition("VMProvisioned", "True"),
                                        condition("BootstrapExecSucceeded", "True")};
                    });
            };
        };
        const char* const waitsForNode = "Waiting for a Node with spec.providerID kubevirt://x to exist";
        row("F14", noNode("NodeDoesNotExist", waitsForNode, 600 * 1000), ItemKind::Machine, "blue-md-0-x8k1p",
            "F14 warning");
        row("F14 as it is said first", noNode("InspectionFailed", waitsForNode, 600 * 1000),
            ItemKind::Machine, "blue-md-0-x8k1p", "F14 warning");
        row("F14 has just begun", noNode("InspectionFailed", waitsForNode, 10 * 1000), ItemKind::Machine,
            "blue-md-0-x8k1p", "F14 info");
        row("F14 another failure", noNode("InspectionFailed", "Remote connection down", 600 * 1000),
            ItemKind::Machine, "blue-md-0-x8k1p", "");
        row("F23", machine([](MachineFact& m) {
                m.meta.deleting = kNow;
                m.conditions = {
                    condition("Deleting", "True", "DrainingNode",
                              "Machine deletion in progress since more than 15m, stage: DrainingNode")};
            }),
            ItemKind::Machine, "blue-md-0-x8k1p", "F23 warning");
        row("F23 just begun", machine([](MachineFact& m) {
                m.meta.deleting = kNow;
                m.conditions = {condition("Deleting", "True", "DrainingNode", "Drain not completed yet")};
            }),
            ItemKind::Machine, "blue-md-0-x8k1p", "");
        row("G5 member",
            machine(
                [](MachineFact& m) {
                    m.conditions = {condition("NodeHealthy", "True"),
                                    condition("EtcdMemberHealthy", "False", "NotHealthy")};
                },
                "blue-cp-4kx9d"),
            ItemKind::Machine, "blue-cp-4kx9d", "G5 critical");
        row("G7 provisioning",
            machine(
                [](MachineFact& m) {
                    m.conditions = {condition("NodeHealthy", "True"),
                                    condition("APIServerPodHealthy", "False", "Provisioning")};
                },
                "blue-cp-4kx9d"),
            ItemKind::Machine, "blue-cp-4kx9d", "");
        row("F21", cluster([](ClusterFact& c) { c.paused = true; }), ItemKind::TenantCluster, "red",
            "F21 warning");
        row("F20", cluster([](ClusterFact& c) {
                c.conditions = {condition("InfrastructureReady", "False", "ObjectDeleted")};
            }),
            ItemKind::TenantCluster, "red", "F20 critical");
        row("F1", cluster([](ClusterFact& c) {
                c.conditions = {condition("InfrastructureReady", "False", "NotReady")};
            }),
            ItemKind::TenantCluster, "red", "F1 warning");
        row("F15 cluster", cluster([](ClusterFact& c) {
                c.conditions = {condition("RemoteConnectionProbe", "False", "ProbeFailed")};
            }),
            ItemKind::TenantCluster, "red", "F15 warning");
        row("F15 cluster still building", cluster([](ClusterFact& c) {
                c.phase = "Provisioning";
                c.conditions = {condition("RemoteConnectionProbe", "False", "ProbeFailed")};
            }),
            ItemKind::TenantCluster, "red", "");

        const auto noNetwork = [inner](UnixMs ago) {
            return inner([ago](KubeNodeFact& n) {
                n.conditions = {condition("Ready", "False", "KubeletNotReady",
                                          "container runtime network not ready: NetworkReady=false "
                                          "reason:NetworkPluginNotReady message:…")};
                n.conditions.front().since = kNow - ago;
            });
        };
        row("G1", noNetwork(600 * 1000), ItemKind::InnerNode, "blue-md-0-x8k1p", "G1 critical");
        row("G1 has just joined", noNetwork(10 * 1000), ItemKind::InnerNode, "blue-md-0-x8k1p", "G1 info");
        row("G4 not ready", inner([](KubeNodeFact& n) {
                n.conditions = {condition("Ready", "False", "KubeletNotReady", "PLEG is not healthy")};
            }),
            ItemKind::InnerNode, "blue-md-0-x8k1p", "G4 critical");
        row("G13", inner([](KubeNodeFact& n) {
                n.taints = {"node.cloudprovider.kubernetes.io/uninitialized=true:NoSchedule"};
            }),
            ItemKind::InnerNode, "blue-md-0-x8k1p", "G13 warning");
        row("G13 has just joined", inner([](KubeNodeFact& n) {
                n.taints = {"node.cluster.x-k8s.io/uninitialized:NoSchedule"};
                n.meta.created = kNow - 10 * 1000;
            }),
            ItemKind::InnerNode, "blue-md-0-x8k1p", "G13 info");
        row("G13 another taint", inner([](KubeNodeFact& n) { n.taints = {"dedicated=db:NoSchedule"}; }),
            ItemKind::InnerNode, "blue-md-0-x8k1p", "");
        row("G11 pending", pod([](PodFact& p) {
                p.phase = "Pending";
                p.ready = false;
                p.reason = "Unschedulable";
            }),
            ItemKind::Workload, "db", "G11 critical");
        row("G11 crash", pod([](PodFact& p) {
                p.ready = false;
                p.reason = "CrashLoopBackOff";
            }),
            ItemKind::Workload, "db", "G11 critical");
        row("a pod that starts", pod([](PodFact& p) {
                p.phase = "Pending";
                p.ready = false;
                p.reason = "ContainerCreating";
            }),
            ItemKind::Workload, "db", "");
        row("a pod that is being deleted", pod([](PodFact& p) {
                p.meta.deleting = kNow;
                p.ready = false;
                p.reason = "CrashLoopBackOff";
            }),
            ItemKind::Workload, "db", "");

        // --- volumes (C)
        const auto volume = [](const char* phase, const std::vector<Condition>& conditions,
                               std::map<std::string, std::string> fields = {}, UnixMs created = kNow) {
            return [=](Site& site) {
                VmFact vm = factOf<VmFact>(site.initial, kOuter, FactKind::Vm, kVm);
                vm.claims = {"blue-md-0-x8k1p-root"};
                site.put(kOuter, FactKind::Vm, kVm, vm);
                ObjectFact object;
                object.meta = metaOf("cdi.kubevirt.io/v1beta1", "tenant-blue", "blue-md-0-x8k1p-root");
                object.meta.created = created;
                object.phase = phase;
                object.conditions = conditions;
                object.fields = fields;
                site.put(kOuter, FactKind::DataVolume, "tenant-blue/blue-md-0-x8k1p-root", object);
            };
        };
        const auto claim = [volume](const char* phase, std::map<std::string, std::string> fields = {}) {
            return [=](Site& site) {
                volume("Succeeded", {})(site);
                ObjectFact object;
                object.meta = metaOf("v1", "tenant-blue", "blue-md-0-x8k1p-root");
                object.phase = phase;
                object.fields = fields;
                site.put(kOuter, FactKind::Claim, "tenant-blue/blue-md-0-x8k1p-root", object);
            };
        };
        const auto old = [](const char* type, const char* status, const char* reason,
                            const char* message = "") {
            Condition out = condition(type, status, reason, message);
            out.since = kNow - 3600 * 1000;
            return out;
        };
        const char* const vmName = "blue-md-0-x8k1p";
        row("C1 waits for its consumer",
            volume("WaitForFirstConsumer", {old("Bound", "False", "Pending", "PVC x Pending")}), ItemKind::Vm,
            vmName, "");
        row("C2", volume("Pending", {old("Bound", "False", "NotFound", "No PVC found")}), ItemKind::Vm,
            vmName, "C2 critical");
        row("C2 just made", volume("Pending", {condition("Bound", "False", "NotFound", "No PVC found")}),
            ItemKind::Vm, vmName, "");
        row("C3", volume("Pending", {old("Bound", "False", "Pending", "PVC x Pending")}), ItemKind::Vm,
            vmName, "C3 critical");
        row("C3 bound", volume("ImportInProgress", {old("Bound", "True", "Bound")}), ItemKind::Vm, vmName,
            "");
        row("C4",
            volume("Pending", {condition("Bound", "False", "ErrExceededQuota",
                                         "persistentvolumeclaims \"x\" is forbidden: exceeded quota: q")}),
            ItemKind::Vm, vmName, "C4 critical");
        row("C4 another word",
            volume("Pending", {condition("Bound", "False", "Pending", "the quota is fine")}), ItemKind::Vm,
            vmName, "");
        row("C5", volume("ImportScheduled", {condition("Running", "False", "Unschedulable")}), ItemKind::Vm,
            vmName, "C5 critical");
        row("C6", volume("ImportScheduled", {condition("Running", "False", "ImagePullFailed")}), ItemKind::Vm,
            vmName, "C6 critical");
        row("C6 done since", volume("Succeeded", {condition("Running", "False", "ImagePullFailed")}),
            ItemKind::Vm, vmName, "");
        row("C7",
            volume("ImportInProgress",
                   {condition("Running", "False", "Error", "DataVolume too small to contain image")}),
            ItemKind::Vm, vmName, "C7 critical");
        row("C8", volume("ImportInProgress", {}, {{"restartCount", "5"}}), ItemKind::Vm, vmName,
            "C8 critical");
        row("C8 once", volume("ImportInProgress", {}, {{"restartCount", "1"}}), ItemKind::Vm, vmName, "");
        row("C8 failed", volume("Failed", {}), ItemKind::Vm, vmName, "C8 critical");
        row("C9", claim("Pending", {{"requiresDirectIo", "true"}}), ItemKind::Vm, vmName, "C9 warning");
        row("C9 filled", claim("Bound", {{"requiresDirectIo", "true"}}), ItemKind::Vm, vmName, "");
        row("C10", volume("ImportScheduled", {old("Running", "False", "Scratch space required")}),
            ItemKind::Vm, vmName, "C10 critical");
        row("C10 just begun",
            volume("ImportScheduled", {condition("Running", "False", "Scratch space required")}),
            ItemKind::Vm, vmName, "");
        row("C11 claim", claim("Lost"), ItemKind::Vm, vmName, "C11 critical");
        row("C11", volume("ImportInProgress", {condition("Bound", "False", "ClaimLost")}), ItemKind::Vm,
            vmName, "C11 critical");
        row("C13", volume("UploadScheduled", {}, {}, kNow - 3600 * 1000), ItemKind::Vm, vmName,
            "C13 warning");
        row("C13 just begun", volume("UploadScheduled", {}), ItemKind::Vm, vmName, "");

        // --- more of the VM (A, D, E)
        const auto vmiEdit = [](const std::function<void(VmiFact&)>& change) {
            return [change](Site& site) { site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, change); };
        };
        row("A2",
            vmi({condition("PodScheduled", "False", "Unschedulable",
                           "0/4 nodes are available: 4 Insufficient devices.kubevirt.io/tun.")}),
            ItemKind::Vm, vmName, "A2 critical");
        row("A4", outer([](KubeNodeFact& n) { n.obsoleteHostModel = true; }), ItemKind::OuterNode, "outer-1",
            "A4 info");
        row("D6", vmiEdit([](VmiFact& v) {
                v.meta.created = kNow - 3600 * 1000;
                std::erase_if(v.conditions, [](const Condition& c) { return c.type == "AgentConnected"; });
            }),
            ItemKind::Vm, vmName, "D6 info");
        row("D6 connected", vmiEdit([](VmiFact& v) {
                v.meta.created = kNow - 3600 * 1000;
                v.conditions.push_back(condition("AgentConnected", "True"));
            }),
            ItemKind::Vm, vmName, "");
        row("D12", vmi({condition("Synchronized", "False", "FailedGuaranteeResources")}), ItemKind::Vm,
            vmName, "D12 critical");
        row("D13", vmi({condition("AccessCredentialsSynchronized", "False")}), ItemKind::Vm, vmName,
            "D13 warning");
        row("D13 done", vmi({condition("AccessCredentialsSynchronized", "True")}), ItemKind::Vm, vmName, "");
        row("D14 does not stop", vmiEdit([](VmiFact& v) { v.meta.deleting = kNow - 3600 * 1000; }),
            ItemKind::Vm, vmName, "D14 warning");
        row("D14 stops", vmiEdit([](VmiFact& v) { v.meta.deleting = kNow - 1000; }), ItemKind::Vm, vmName,
            "");
        row("D14 does not start", vmiEdit([](VmiFact& v) {
                v.phase = "Scheduling";
                v.meta.created = kNow - 3600 * 1000;
            }),
            ItemKind::Vm, vmName, "D14 critical");
        row("D14 starts", vmiEdit([](VmiFact& v) {
                v.phase = "Scheduling";
                v.meta.created = kNow - 1000;
            }),
            ItemKind::Vm, vmName, "");
        const auto cordonedWith = [](const char* strategy) {
            return [strategy](Site& site) {
                site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [strategy](VmiFact& v) {
                    v.evictionStrategy = strategy;
                    v.conditions.push_back(condition("LiveMigratable", "False", "DisksNotLiveMigratable"));
                });
                const VmiFact vmiFact = factOf<VmiFact>(site.initial, kOuter, FactKind::Vmi, kVm);
                site.edit<KubeNodeFact>(kOuter, FactKind::KubeNode, vmiFact.nodeName,
                                        [](KubeNodeFact& n) { n.unschedulable = true; });
            };
        };
        row("E5", cordonedWith("LiveMigrate"), ItemKind::Vm, vmName, "E5 warning, E1 info");
        row("E5 may be stopped", cordonedWith("LiveMigrateIfPossible"), ItemKind::Vm, vmName, "E1 info");
        row("E6", vmiEdit([](VmiFact& v) {
                v.evictionStrategy = "LiveMigrate";
                v.evacuationNode = v.nodeName;
                v.migrationTarget = "outer-3";
            }),
            ItemKind::Vm, vmName, "E6 info");
        row("E7", vmiEdit([](VmiFact& v) {
                v.evictionStrategy = "LiveMigrate";
                v.evacuationNode = v.nodeName;
            }),
            ItemKind::Vm, vmName, "E7 info");
        row("E8", vmiEdit([](VmiFact& v) {
                v.evictionStrategy = "External";
                v.evacuationNode = v.nodeName;
            }),
            ItemKind::Vm, vmName, "E8 info");
        row("E9", inner([](KubeNodeFact& n) { n.unschedulable = true; }), ItemKind::InnerNode, vmName,
            "E9 info");
        row("E11", vmiEdit([](VmiFact& v) {
                v.migrationFailure = "target pod was not scheduled";
                v.migrationEnded = kNow - 1000;
            }),
            ItemKind::Vm, vmName, "E11 warning");
        row("E11 long ago", vmiEdit([](VmiFact& v) {
                v.migrationFailure = "target pod was not scheduled";
                v.migrationEnded = kNow - 7200 * 1000;
            }),
            ItemKind::Vm, vmName, "E11 info");
        row("E12", vmi({condition("MigrationRequired", "True", "AutoMigrationPending")}), ItemKind::Vm,
            vmName, "E12 info");

        // --- Cluster API (F)
        const auto infraCluster = [](const std::vector<Condition>& conditions,
                                     std::map<std::string, std::string> fields = {}) {
            return [=](Site& site) {
                site.edit<ClusterFact>(kOuter, FactKind::Cluster, "tenant-red/red",
                                       [](ClusterFact& c) { c.infrastructureName = "red"; });
                ObjectFact object;
                object.meta = metaOf("infrastructure.cluster.x-k8s.io/v1alpha1", "tenant-red", "red");
                object.conditions = conditions;
                object.fields = fields;
                site.put(kOuter, FactKind::KubevirtCluster, "tenant-red/red", object);
            };
        };
        row("F1 provider",
            infraCluster({old("LoadBalancerAvailable", "False", "LoadBalancerProvisioningFailed")}),
            ItemKind::TenantCluster, "red", "F1 critical");
        row("F1 just made",
            infraCluster({condition("LoadBalancerAvailable", "False", "LoadBalancerProvisioningFailed")}),
            ItemKind::TenantCluster, "red", "");
        row("F2",
            infraCluster({condition("LoadBalancerAvailable", "False", "LoadBalancerProvisioningFailed",
                                    "proto: integer overflow")}),
            ItemKind::TenantCluster, "red", "F2 critical");
        row("F3", infraCluster({condition("LoadBalancerAvailable", "True")}), ItemKind::TenantCluster, "red",
            "F3 critical");
        row("F3 with address",
            infraCluster({condition("LoadBalancerAvailable", "True")},
                         {{"controlPlaneEndpoint.host", "10.0.0.1"}}),
            ItemKind::TenantCluster, "red", "");
        row(
            "F13",
            [](Site& site) {
                site.edit<KubevirtMachineFact>(
                    kOuter, FactKind::KubevirtMachine, kMachine, [](KubevirtMachineFact& k) {
                        k.conditions = {
                            condition("BootstrapExecSucceeded", "True", "BootstrapCheckingNotSupported")};
                    });
            },
            ItemKind::Machine, vmName, "F13 info");
        const auto failure = [](const char* message) {
            return [message](Site& site) {
                site.edit<KubevirtMachineFact>(
                    kOuter, FactKind::KubevirtMachine, kMachine, [message](KubevirtMachineFact& k) {
                        k.conditions.push_back(condition("Failure", "True", "UpdateError", message));
                    });
            };
        };
        row("E10", failure("The Machine's VM pod is marked for eviction due to infra node drain."),
            ItemKind::Machine, vmName, "E10 info");
        row("F26", failure("VMI has reached a permanent finalized state"), ItemKind::Machine, vmName,
            "F26 critical");
        row("F20 machine", machine([](MachineFact& m) {
                m.conditions = {condition("InfrastructureReady", "False", "ObjectDeleted")};
            }),
            ItemKind::Machine, vmName, "F20 critical");
        row("F20 machine waits", machine([](MachineFact& m) {
                m.conditions = {condition("InfrastructureReady", "False", "NotReady")};
            }),
            ItemKind::Machine, vmName, "");
        row("F22", machine([](MachineFact& m) {
                m.conditions = {condition("OwnerRemediated", "False", "CannotBeRemediated")};
            }),
            ItemKind::Machine, vmName, "F22 warning");
        row("F22 is being replaced", machine([](MachineFact& m) {
                m.conditions = {condition("OwnerRemediated", "False", "MachineRemediated")};
            }),
            ItemKind::Machine, vmName, "");
        row("F23 machine", machine([](MachineFact& m) {
                m.meta.deleting = kNow - 1800 * 1000;
                m.conditions = {condition("Deleting", "True", "WaitingForInfrastructureDeletion")};
            }),
            ItemKind::Machine, vmName, "F23 warning");
        row("F23 machine just begun", machine([](MachineFact& m) {
                m.meta.deleting = kNow - 1000;
                m.conditions = {condition("Deleting", "True", "WaitingForInfrastructureDeletion")};
            }),
            ItemKind::Machine, vmName, "");
        row("F23 cluster", cluster([](ClusterFact& c) { c.meta.deleting = kNow - 3600 * 1000; }),
            ItemKind::TenantCluster, "red", "F23 warning");
        row("F23 cluster just begun", cluster([](ClusterFact& c) { c.meta.deleting = kNow - 1000; }),
            ItemKind::TenantCluster, "red", "");
        row("F24", cluster([](ClusterFact& c) {
                c.conditions = {condition("TopologyReconciled", "False", "ReconcileFailed")};
            }),
            ItemKind::TenantCluster, "red", "F24 warning");
        row("F24 in order", cluster([](ClusterFact& c) {
                c.conditions = {condition("TopologyReconciled", "False", "MachineDeploymentsUpgradePending")};
            }),
            ItemKind::TenantCluster, "red", "F24 info");
        // What only events say: about the VM that is not running, and not for ever.
        const auto warning = [](const char* kind, const char* name, const char* reason, const char* message,
                                UnixMs ago = 60 * 1000, bool up = false) {
            return [=](Site& site) {
                if (!up)
                    site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [&](VmiFact& fact) {
                        fact.phase = "Scheduled";
                        fact.meta.created = kNow - 60 * 1000;
                    });
                site.edit<VmFact>(kOuter, FactKind::Vm, kVm,
                                  [](VmFact& fact) { fact.claims = {"blue-md-0-x8k1p-root"}; });
                const std::string ns = std::string_view(kind) == "Node" ? "" : "tenant-blue";
                ObjectFact event;
                event.meta = metaOf("v1", "tenant-blue", "event-1");
                event.meta.created = kNow - ago;
                event.fields = {{"kind", kind},       {"ns", ns},
                                {"name", name},       {"reason", reason},
                                {"message", message}, {"last", formatRfc3339(kNow - ago)},
                                {"apiVersion", "v1"}, {"uid", "u-1"}};
                site.put(kOuter, FactKind::Warning, "tenant-blue/event-1", event);
            };
        };
        const std::string launcher = [] {
            const Site site;
            const PodFact* runs = site.stack.facts(site.named(ItemKind::Vm, "blue-md-0-x8k1p")).launcher;
            return runs != nullptr ? runs->meta.name : std::string();
        }();
        static const std::string launcherName = launcher;
        const char* const pod1 = launcherName.c_str();
        row("A7 sandbox", warning("Pod", pod1, "FailedCreatePodSandBox", "failed to query VMI resource"),
            ItemKind::Vm, vmName, "A7 critical");
        row("A7 long ago", warning("Pod", pod1, "FailedCreatePodSandBox", "failed", 3600 * 1000),
            ItemKind::Vm, vmName, "");
        row("A7 runs by now", warning("Pod", pod1, "FailedCreatePodSandBox", "failed", 60 * 1000, true),
            ItemKind::Vm, vmName, "");
        row("A7 another pod", warning("Pod", "shop-1", "FailedCreatePodSandBox", "failed"), ItemKind::Vm,
            vmName, "");
        row("C4 event of a claim",
            warning("PersistentVolumeClaim", "blue-md-0-x8k1p-root", "ErrExceededQuota",
                    "exceeded quota: vms"),
            ItemKind::Vm, vmName, "C4 critical");
        row("C4 another failure", warning("VirtualMachine", vmName, "FailedCreate", "no such class"),
            ItemKind::Vm, vmName, "");
        row("C4 event of the VM",
            warning("VirtualMachine", vmName, "FailedDataVolumeImport", "DataVolume x exceeds quota limits"),
            ItemKind::Vm, vmName, "C4 critical");
        row("B7 of a volume",
            warning("DataVolume", "blue-md-0-x8k1p-root", "ErrClaimNotValid",
                    "PVC spec is missing accessMode"),
            ItemKind::Vm, vmName, "B7 critical");
        row("B7 runs by now",
            warning("DataVolume", "blue-md-0-x8k1p-root", "ErrClaimNotValid", "missing", 60 * 1000, true),
            ItemKind::Vm, vmName, "");
        row("C3 event",
            warning("PersistentVolumeClaim", "blue-md-0-x8k1p-root", "ProvisioningFailed", "no such class"),
            ItemKind::Vm, vmName, "C3 critical");
        const auto set = [](const char* type, const char* reason, const char* replicas = "3") {
            return [=](Site& site) {
                ObjectFact fact;
                fact.meta = metaOf("cluster.x-k8s.io/v1beta2", "tenant-red", "red-md-0-abc");
                fact.conditions = {condition(type, "False", reason, "as it says")};
                fact.fields = {{"deploymentName", "red-md-0"}, {"replicas", replicas}};
                site.put(kOuter, FactKind::MachineSet, "tenant-red/red-md-0-abc", fact);
            };
        };
        row("F19 of a set", set("MachinesCreated", "InfrastructureTemplateCloningFailed"),
            ItemKind::WorkerPool, "red-md-0", "F19 critical");
        row("F19 of an old set", set("MachinesCreated", "InfrastructureTemplateCloningFailed", "0"),
            ItemKind::WorkerPool, "red-md-0", "");
        row("F18 of a set", set("MachinesCreated", "PreflightCheckFailed"), ItemKind::WorkerPool, "red-md-0",
            "F18 warning");
        row("F18 another reason", set("MachinesCreated", "Other"), ItemKind::WorkerPool, "red-md-0", "");
        const auto migration = [](const char* phase, UnixMs ago) {
            return [=](Site& site) {
                ObjectFact fact;
                fact.meta = metaOf("kubevirt.io/v1", "tenant-blue", "move-1");
                fact.meta.created = kNow - ago;
                fact.phase = phase;
                fact.fields = {{"vmiName", "blue-md-0-x8k1p"}};
                site.put(kOuter, FactKind::Migration, "tenant-blue/move-1", fact);
            };
        };
        row("E11 waits", migration("Scheduling", 300 * 1000), ItemKind::Vm, vmName, "E11 warning");
        row("E11 has just begun", migration("Scheduling", 5 * 1000), ItemKind::Vm, vmName, "");
        row("E11 runs", migration("Running", 300 * 1000), ItemKind::Vm, vmName, "");
        row("C12", warning("DataVolume", "blue-md-0-x8k1p-root", "CloneSourceInUse", "pod default/x uses it"),
            ItemKind::Vm, vmName, "C12 critical");
        row("C12 over",
            warning("DataVolume", "blue-md-0-x8k1p-root", "CloneSourceInUse", "x", 60 * 1000, true),
            ItemKind::Vm, vmName, "");
        row("D3 came back",
            warning("VirtualMachineInstance", vmName, "GuestPanicked", "panicked", 60 * 1000, true),
            ItemKind::Vm, vmName, "D3 warning");
        row("G12 hot-plug",
            warning("VirtualMachineInstance", vmName, "HotPlugVolumeError", "no such claim", 60 * 1000, true),
            ItemKind::Vm, vmName, "G12 warning");
        row("G12 plugged",
            warning("VirtualMachineInstance", vmName, "VolumeMountedToPod", "mounted", 60 * 1000, true),
            ItemKind::Vm, vmName, "");
        row("D3 was stopped",
            warning("VirtualMachineInstance", vmName, "Stopped", "was shut down", 60 * 1000, true),
            ItemKind::Vm, vmName, "");
        const auto planes = [](const char* reason) {
            return [=](Site& site) {
                for (const std::string tenant : {"blue", "green", "red"}) {
                    ObjectFact event;
                    event.meta = metaOf("v1", "tenant-" + tenant, "event-2");
                    event.meta.created = kNow - 1000;
                    event.fields = {{"kind", "KubeadmControlPlane"},
                                    {"ns", "tenant-" + tenant},
                                    {"name", tenant + "-cp"},
                                    {"reason", reason},
                                    {"message", "Waiting for control plane to pass preflight checks"},
                                    {"last", formatRfc3339(kNow - 1000)}};
                    site.put(kOuter, FactKind::Warning, "tenant-" + tenant + "/event-2", event);
                }
            };
        };
        row("F17 event", planes("ControlPlaneUnhealthy"), ItemKind::ControlPlane, "Control plane",
            "F17 warning");
        row("F17 another event", planes("Scaled"), ItemKind::ControlPlane, "Control plane", "");
        const auto healthCheck = [](const char* status, const char* reason) {
            return [=](Site& site) {
                ObjectFact check;
                check.meta = metaOf("cluster.x-k8s.io/v1beta2", "tenant-red", "red-mhc");
                check.conditions = {condition("RemediationAllowed", status, reason)};
                check.fields = {{"clusterName", "red"}};
                site.put(kOuter, FactKind::HealthCheck, "tenant-red/red-mhc", check);
            };
        };
        row("F22 too many", healthCheck("False", "TooManyUnhealthy"), ItemKind::TenantCluster, "red",
            "F22 warning");
        row("F22 allowed", healthCheck("True", ""), ItemKind::TenantCluster, "red", "");
        const auto clock = [](std::int64_t outerMs, std::int64_t innerMs) {
            return [=](Site& site) {
                Batch batch;
                for (const auto& [id, offset] : {std::pair(kOuter, outerMs), std::pair(kRed, innerMs)}) {
                    SourceState state = *site.stack.source(id);
                    state.clockOffsetMs = offset;
                    batch.sources.push_back({state, false});
                }
                site.diagnosis.apply(site.stack, batch, kNow);
            };
        };
        row("A6 tenant", clock(0, 95'000), ItemKind::TenantCluster, "red", "A6 warning");
        row("A6 we are wrong", clock(95'000, 95'000), ItemKind::TenantCluster, "red", "");
        row("A6 almost", clock(0, 5'000), ItemKind::TenantCluster, "red", "");
        const auto versions = [](const char* kubernetes, const char* image) {
            return [=](Site& site) {
                ObjectFact manager;
                manager.meta = metaOf("apps/v1", "capi-system", "capi-controller-manager");
                manager.fields = {{"replicas", "1"}, {"availableReplicas", "1"}, {"image", image}};
                site.put(kOuter, FactKind::Deployment, "capi-system/capi-controller-manager", manager);
                for (const std::string tenant : {"blue", "green", "red"})
                    site.edit<ControlPlaneFact>(kOuter, FactKind::ControlPlane,
                                                "tenant-" + tenant + "/" + tenant + "-cp",
                                                [&](ControlPlaneFact& plane) { plane.version = kubernetes; });
            };
        };
        const char* const controller = "registry.k8s.io/cluster-api/cluster-api-controller:v1.12.7";
        row("G10", versions("v1.35.5", controller), ItemKind::ControlPlane, "Control plane", "G10 warning");
        row("G10 older patch", versions("v1.35.4", controller), ItemKind::ControlPlane, "Control plane", "");
        row("G10 knows it", versions("v1.35.5", "registry/cluster-api-controller:v1.12.8"),
            ItemKind::ControlPlane, "Control plane", "");
        row("G10 by digest", versions("v1.35.5", "registry/cluster-api-controller@sha256:abc"),
            ItemKind::ControlPlane, "Control plane", "");
        row("G8 soon", machine([](MachineFact& m) { m.certificatesExpire = kNow + 5LL * 24 * 3600 * 1000; }),
            ItemKind::Machine, vmName, "G8 warning");
        row("G8 over", machine([](MachineFact& m) { m.certificatesExpire = kNow - 1000; }), ItemKind::Machine,
            vmName, "G8 critical");
        row("G8 far", machine([](MachineFact& m) { m.certificatesExpire = kNow + 90LL * 24 * 3600 * 1000; }),
            ItemKind::Machine, vmName, "");
    }

    void rules()
    {
        QFETCH(std::function<void(Site&)>, change);
        QFETCH(int, kind);
        QFETCH(QString, name);
        QFETCH(QString, rules);
        Site site;
        change(site);
        QCOMPARE(site.rulesOf(static_cast<ItemKind>(kind), name.toStdString()), rules);
        // Trees and problems agree, whatever is wrong.
        for (const ItemId id : everything(site.stack)) {
            const Item* item = site.stack.find(id);
            if (item->kind == ItemKind::Placeholder)
                continue;
            const std::vector<Finding>* own = site.diagnosis.findings(id);
            const Health found = own == nullptr ? Health::Ok : healthOf(own->front().severity);
            if (item->kind == ItemKind::Host && item->health == Health::Warning && found == Health::Ok)
                continue; // it answers for its node
            QVERIFY2(
                (item->health >= Health::Warning ? item->health : Health::Ok) == found,
                qPrintable(QStringLiteral("%1 %2: %3, but %4")
                               .arg(QLatin1String(toString(item->kind)), QString::fromStdString(item->name),
                                    QLatin1String(toString(item->health)),
                                    own == nullptr ? QStringLiteral("no finding")
                                                   : QString::fromStdString(own->front().title))));
        }
        const std::vector<Finding>* findings =
            site.diagnosis.findings(site.named(static_cast<ItemKind>(kind), name.toStdString()));
        if (findings != nullptr) {
            for (const Finding& finding : *findings) {
                QVERIFY(finding.title.find(name.toStdString()) != std::string::npos ||
                        finding.title.find("db-0") != std::string::npos ||
                        finding.title.find(site.stack.find(finding.subject)->tenant + "-cp") !=
                            std::string::npos);
                QVERIFY(ruleInfo(finding.rule) != nullptr);
                QVERIFY(!finding.remedy.empty());
                QVERIFY(!finding.evidence.empty() && !finding.evidence.front().value.empty());
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestDiagnosis)
#include "test_diagnosis.moc"
