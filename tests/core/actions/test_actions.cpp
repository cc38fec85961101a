// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/audit.h"
#include "core/actions/draft.h"
#include "core/actions/image.h"
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <thread>

using namespace strata;
using namespace strata::actions;
using namespace strata::stack;
using provision::Judgement;
using provision::Object;
using provision::Plan;
using provision::Predicate;
using provision::Target;
using provision::Verb;
using provision::Wait;
using strata::test::itemNamed;
using strata::test::kNow;
using strata::test::kOuter;

namespace {

constexpr const char* kGoodVm = "blue-md-0-x8k1p";
constexpr const char* kPausedVm = "blue-md-0-x8k2p";

// The site of the picture, with a change to one fact.
class Site {
public:
    Site() { stack.apply(test::pictureSite()); }

    template<typename Fact>
    void change(FactKind kind, const std::string& key, const std::function<void(Fact&)>& edit)
    {
        const Batch all = test::pictureSite();
        Fact fact;
        for (const FactChange& each : all.facts) {
            if (each.key.source == kOuter && each.key.kind == kind && each.key.name == key)
                fact = *each.fact->as<Fact>();
        }
        fact.meta.uid = "uid-" + key;
        edit(fact);
        test::SiteBuilder b;
        b.put(kOuter, kind, key, fact);
        stack.apply(b.batch);
    }
    ItemId item(ItemKind kind, const std::string& name) const { return itemNamed(stack, kind, name); }

    Stack stack;
};

Request ask(Action action, std::vector<ItemId> items)
{
    Request request;
    request.action = action;
    request.items = std::move(items);
    request.now = kNow;
    return request;
}

std::string whyOf(const Result<Draft>& draft)
{
    return draft ? std::string() : draft.error().text;
}

bool says(const Plan& plan, const char* words)
{
    return std::any_of(plan.interruption.begin(), plan.interruption.end(), [&](const std::string& sentence) {
        return sentence.find(words) != std::string::npos;
    });
}

// Answers every question of a draft with what a server of the demo's kind would say.
Result<Draft> answered(const Stack& stack, const Request& request,
                       const std::function<std::vector<Object>(const Question&)>& server)
{
    Answers answers;
    for (int round = 0; round < 5; ++round) {
        auto draft = draftOf(stack, request, answers);
        if (!draft || draft->plan)
            return draft;
        for (const Question& question : draft->questions)
            answers.put(question, server(question));
    }
    return fail(ErrorKind::Internal, "it asks for ever");
}

Object fromYaml(const char* text)
{
    return provision::objectsFromYaml(text, "test").value().front();
}

std::vector<Object> upgradeServer(const Question& question)
{
    if (question.ref.kind == "Deployment")
        return {fromYaml("{apiVersion: apps/v1, kind: Deployment, metadata: {name: capi}, spec: {template: "
                         "{spec: {containers: [{image: 'registry.k8s.io/cluster-api/cluster-api-controller:"
                         "v1.12.11'}]}}}}")};
    if (question.ref.kind == "KubeadmControlPlane")
        return {fromYaml("{apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlane, "
                         "metadata: {name: blue-cp}, spec: {machineTemplate: {spec: {infrastructureRef: "
                         "{name: blue-cp-v1}}}}}")};
    if (question.ref.kind == "MachineDeployment")
        return {fromYaml("{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: "
                         "blue-md-0}, spec: {template: {spec: {infrastructureRef: {name: blue-md-v1}}}}}")};
    if (question.ref.kind == "KubevirtMachineTemplate")
        return {fromYaml(
            "{apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1, kind: KubevirtMachineTemplate, metadata: "
            "{name: old, uid: u1}, spec: {template: {spec: {virtualMachineTemplate: {spec: "
            "{dataVolumeTemplates: [{spec: {source: {registry: {url: "
            "'docker://quay.io/capk/ubuntu-2204-container-disk:v1.33.4'}}}}]}}}}}}")};
    return {};
}

Request upgradeTo(const Site& site, const std::string& version)
{
    Request request = ask(Action::UpgradeCluster, {site.item(ItemKind::TenantCluster, "blue")});
    request.version = version;
    return request;
}

} // namespace

class TestActions : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyActionHasItsName()
    {
        std::set<std::string> names;
        for (const Action action : allActions()) {
            QVERIFY(names.insert(toString(action)).second);
            QVERIFY(actionNamed(toString(action)) == action);
            QVERIFY(!labelOf(action).empty() && !tipOf(action).empty());
        }
        QVERIFY(!actionNamed("no such thing"));
    }

    // What makes sense is offered; what is not possible now says why.
    void offersOfAVm()
    {
        Site site;
        const std::vector<Offer> good = offersFor(site.stack, {site.item(ItemKind::Vm, kGoodVm)});
        const auto of = [](const std::vector<Offer>& all, Action action) {
            const auto found = std::find_if(all.begin(), all.end(),
                                            [&](const Offer& offer) { return offer.action == action; });
            return found == all.end() ? std::string("not offered") : found->why;
        };
        QCOMPARE(of(good, Action::StopVm), std::string());
        QCOMPARE(of(good, Action::StartVm), std::string("It runs already."));
        QCOMPARE(of(good, Action::PauseVm), std::string());
        QCOMPARE(of(good, Action::ResumeVm), std::string("not offered"));
        QCOMPARE(of(good, Action::MigrateVm), std::string());
        QCOMPARE(of(good, Action::DrainNode), std::string("not offered"));
        const std::vector<Offer> paused = offersFor(site.stack, {site.item(ItemKind::Vm, kPausedVm)});
        QCOMPARE(of(paused, Action::ResumeVm), std::string());
        QCOMPARE(of(paused, Action::PauseVm), std::string("not offered"));
        QCOMPARE(of(paused, Action::MigrateVm), std::string("It is paused."));
        QVERIFY(!good.front().needs.empty());
        QCOMPARE(good.front().source, kOuter);
        // A VM and a node together: nothing makes sense for both.
        QVERIFY(offersFor(site.stack,
                          {site.item(ItemKind::Vm, kGoodVm), site.item(ItemKind::OuterNode, "outer-1")})
                    .empty());
    }

    void whatCannotBeMigratedSaysWhy()
    {
        Site site;
        site.change<VmiFact>(FactKind::Vmi, "tenant-blue/blue-md-0-x8k1p", [](VmiFact& vmi) {
            for (Condition& condition : vmi.conditions) {
                if (condition.type == "LiveMigratable")
                    condition = {"LiveMigratable",         "False", "DisksNotLiveMigratable",
                                 "PVC root is not shared", {},      0};
            }
        });
        const ItemId vm = site.item(ItemKind::Vm, kGoodVm);
        QCOMPARE(whyNot(site.stack, Action::MigrateVm, vm),
                 std::string("It cannot be migrated live: PVC root is not shared"));
        QCOMPARE(whyOf(draftOf(site.stack, ask(Action::MigrateVm, {vm}))),
                 std::string("It cannot be migrated live: PVC root is not shared"));
    }

    void aDeadConnectionOffersNothing()
    {
        Site site;
        test::SiteBuilder b;
        b.source(kOuter, SourceKind::OuterCluster, "rack-a", "https://10.0.0.10:6443", "v1.34.1");
        b.batch.sources.back().state.phase = LinkPhase::Waiting;
        site.stack.apply(b.batch);
        for (const Offer& offer : offersFor(site.stack, {site.item(ItemKind::Vm, kGoodVm)}))
            QVERIFY2(offer.why.find("not live") != std::string::npos, offer.why.c_str());
    }

    // The only control plane VM of a tenant: its etcd is gone with it, and it is said so.
    void stoppingTellsWhoNotices()
    {
        Site site;
        const auto draft =
            draftOf(site.stack, ask(Action::StopVm, {site.item(ItemKind::Vm, "blue-cp-4kx9d")}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const Plan& plan = *draft->plan;
        QCOMPARE(plan.action, std::string("stop-vm"));
        QVERIFY(says(plan, "loses its quorum: 0 of 1"));
        QVERIFY(says(plan, "Tenant blue loses 1"));
        QVERIFY(says(plan, "another address"));
        QCOMPARE(plan.steps.size(), std::size_t(1));
        QCOMPARE(plan.steps[0].writes[0].verb, Verb::Call);
        QCOMPARE(plan.steps[0].writes[0].call, std::string("stop"));
        QVERIFY(!canBeUndone(plan));
        const auto force = draftOf(site.stack, ask(Action::ForceStopVm, {site.item(ItemKind::Vm, kGoodVm)}));
        QCOMPARE(force->plan->steps[0].writes[0].body.text("gracePeriod").value_or(""), std::string("0"));
    }

    void severalAreOnePlan()
    {
        Site site;
        const auto draft =
            draftOf(site.stack, ask(Action::StopVm, {site.item(ItemKind::Vm, kGoodVm),
                                                     site.item(ItemKind::Vm, "blue-cp-4kx9d")}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(draft->plan->steps.size(), std::size_t(2));
        QVERIFY(draft->plan->steps[1].after.empty()); // side by side
        QVERIFY(says(*draft->plan, "Tenant blue loses 2"));
        QCOMPARE(draft->down.size(), std::size_t(2));
        QVERIFY(draft->inTurn.empty());
    }

    void poolsScaleAndCanBeSetBack()
    {
        Site site;
        site.change<MachineDeploymentFact>(FactKind::MachineDeployment, "tenant-blue/blue-md-0",
                                           [](MachineDeploymentFact&) {});
        Request request = ask(Action::ScalePool, {site.item(ItemKind::WorkerPool, "blue-md-0")});
        request.replicas = 2;
        QVERIFY(whyOf(draftOf(site.stack, request)).find("already") != std::string::npos);
        request.replicas = 5;
        auto draft = draftOf(site.stack, request);
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const provision::Write& write = draft->plan->steps[0].writes[0];
        QCOMPARE(write.verb, Verb::Change);
        QCOMPARE(write.object.uid(), std::string("uid-tenant-blue/blue-md-0"));
        QCOMPARE(changesOf(write.object), std::vector<std::string>{"spec.replicas: 5"});
        QCOMPARE(changesOf(write.body), std::vector<std::string>{"spec.replicas: 2"});
        QVERIFY(canBeUndone(*draft->plan));
        QVERIFY(!says(*draft->plan, "find room"));
        request.replicas = 40;
        draft = draftOf(site.stack, request);
        QVERIFY2(says(*draft->plan, "find room"), provision::preview(*draft->plan).c_str());
        request.replicas = 0;
        draft = draftOf(site.stack, request);
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QVERIFY(says(*draft->plan, "no machine any more"));
        // Nothing waits for readyReplicas of none.
        for (const Wait& wait : draft->plan->steps[0].waits)
            QVERIFY(wait.anyOf.front().path != "status.readyReplicas");
    }

    void pausedClustersAreLeftAlone()
    {
        Site site;
        site.change<ClusterFact>(FactKind::Cluster, "tenant-blue/blue",
                                 [](ClusterFact& cluster) { cluster.paused = true; });
        const ItemId pool = site.item(ItemKind::WorkerPool, "blue-md-0");
        QVERIFY(whyNot(site.stack, Action::ScalePool, pool).find("paused") != std::string::npos);
        const ItemId cluster = site.item(ItemKind::TenantCluster, "blue");
        QVERIFY(appliesTo(site.stack, Action::ResumeCluster, cluster));
        QVERIFY(!appliesTo(site.stack, Action::PauseCluster, cluster));
        // Deleting one lifts the pause first, or nobody would take it down.
        const auto draft = draftOf(site.stack, ask(Action::DeleteCluster, {cluster}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(draft->typed, std::string("blue"));
        QCOMPARE(draft->plan->steps.size(), std::size_t(2));
        QCOMPARE(draft->plan->steps[0].writes[0].verb, Verb::Change);
        QCOMPARE(draft->plan->steps[1].writes[0].verb, Verb::Remove);
        QCOMPARE(draft->plan->steps[1].after, std::vector<std::string>{draft->plan->steps[0].id});
        QVERIFY(!canBeUndone(*draft->plan));
    }

    void controlPlanesKeepOdd_data()
    {
        QTest::addColumn<int>("replicas");
        QTest::addColumn<bool>("fine");
        for (const int replicas : {-1, 0, 2, 4, 10, 11})
            QTest::addRow("%d", replicas) << replicas << false;
        for (const int replicas : {3, 5, 9})
            QTest::addRow("%d", replicas) << replicas << true;
    }
    void controlPlanesKeepOdd()
    {
        QFETCH(int, replicas);
        QFETCH(bool, fine);
        Site site;
        const ItemId plane = itemNamed(site.stack, ItemKind::ControlPlane, "Control plane");
        QVERIFY(plane);
        Request request = ask(Action::ScaleControlPlane, {plane});
        request.replicas = replicas;
        const auto draft = draftOf(site.stack, request);
        QCOMPARE(draft.has_value(), fine);
        if (!fine)
            QVERIFY2(draft.error().text.find("odd") != std::string::npos, draft.error().text.c_str());
    }

    void theOnlyMemberIsNotReplaced()
    {
        Site site;
        const ItemId machine = site.item(ItemKind::Machine, "blue-cp-4kx9d");
        QVERIFY(machine);
        QVERIFY(whyNot(site.stack, Action::ReplaceMachine, machine).find("only etcd member") !=
                std::string::npos);
        const auto worker =
            draftOf(site.stack, ask(Action::ReplaceMachine, {site.item(ItemKind::Machine, kGoodVm)}));
        QVERIFY2(worker && worker->plan, whyOf(worker).c_str());
        QCOMPARE(worker->plan->steps[0].writes[0].verb, Verb::Remove);
        // It is drained first: budgets hold that up instead of being broken.
        QVERIFY(worker->down.empty());
        QCOMPARE(worker->inTurn, std::vector<ItemId>{site.item(ItemKind::Vm, kGoodVm)});
    }

    void versions_data()
    {
        QTest::addColumn<QString>("version");
        QTest::addColumn<QString>("why"); // empty: it is planned
        QTest::newRow("next minor") << "v1.34.1" << QString();
        QTest::newRow("next patch") << "v1.33.5" << QString();
        QTest::newRow("the same") << "v1.33.4"
                                  << "already";
        QTest::newRow("older patch") << "v1.33.1"
                                     << "downgraded";
        QTest::newRow("older minor") << "v1.32.9"
                                     << "downgraded";
        QTest::newRow("two minors") << "v1.35.0"
                                    << "one at a time";
        QTest::newRow("next major") << "v2.0.0"
                                    << "one at a time";
        QTest::newRow("no v") << "1.34.1"
                              << "not a Kubernetes version";
        QTest::newRow("no patch") << "v1.34"
                                  << "not a Kubernetes version";
        QTest::newRow("words") << "latest"
                               << "not a Kubernetes version";
        QTest::newRow("empty") << ""
                               << "not a Kubernetes version";
        QTest::newRow("negative") << "v1.-34.1"
                                  << "not a Kubernetes version";
        QTest::newRow("huge") << "v1.99999999999.1"
                              << "not a Kubernetes version";
    }
    void versions()
    {
        QFETCH(QString, version);
        QFETCH(QString, why);
        Site site;
        const auto draft = answered(site.stack, upgradeTo(site, version.toStdString()), upgradeServer);
        QCOMPARE(draft.has_value(), why.isEmpty());
        if (!draft)
            QVERIFY2(QString::fromStdString(draft.error().text).contains(why), draft.error().text.c_str());
    }

    // Control plane first, each with a template of its own whose image names the new version.
    void anUpgradeHasItsOrder()
    {
        Site site;
        const auto draft = answered(site.stack, upgradeTo(site, "v1.34.1"), upgradeServer);
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const Plan& plan = *draft->plan;
        QCOMPARE(plan.steps.size(), std::size_t(2));
        QCOMPARE(plan.steps[1].after, std::vector<std::string>{plan.steps[0].id});
        for (const provision::Step& step : plan.steps) {
            QCOMPARE(step.writes.size(), std::size_t(2));
            const provision::Write& made = step.writes[0];
            QCOMPARE(made.verb, Verb::Create);
            QVERIFY(made.keep); // machines hang on it: taking back must not delete it
            QVERIFY(made.object.toJson().find("container-disk:v1.34.1") != std::string::npos);
            QVERIFY(made.object.toJson().find("v1.33.4") == std::string::npos);
            QVERIFY(made.object.uid().empty());
            QVERIFY(step.writes[1].object.toJson().find(made.object.name()) != std::string::npos);
        }
        QCOMPARE(plan.steps[0].writes[1].object.text("spec.version").value_or(""), std::string("v1.34.1"));
        QVERIFY(!canBeUndone(plan));
        QVERIFY(says(plan, "no way back"));
        // An unsupported minor is refused by the word of Cluster API's release.
        site.change<ControlPlaneFact>(FactKind::ControlPlane, "tenant-blue/blue-cp",
                                      [](ControlPlaneFact& plane) { plane.version = "v1.36.2"; });
        const auto behind = answered(site.stack, upgradeTo(site, "v1.37.0"), upgradeServer);
        QVERIFY(!behind);
        site.change<MachineDeploymentFact>(FactKind::MachineDeployment, "tenant-blue/blue-md-0",
                                           [](MachineDeploymentFact& pool) { pool.version = "v1.36.2"; });
        const auto late = answered(site.stack, upgradeTo(site, "v1.37.0"), upgradeServer);
        QVERIFY(!late);
        QVERIFY2(late.error().text.find("supports Kubernetes") != std::string::npos,
                 late.error().text.c_str());
    }

    void anImageWithoutVersionIsSaid()
    {
        Site site;
        const auto draft = answered(site.stack, upgradeTo(site, "v1.34.1"), [](const Question& question) {
            if (question.ref.kind != "KubevirtMachineTemplate")
                return upgradeServer(question);
            return std::vector<Object>{
                fromYaml("{apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1, kind: "
                         "KubevirtMachineTemplate, metadata: {name: old}, spec: {template: {spec: "
                         "{virtualMachineTemplate: {spec: {template: {spec: {volumes: [{containerDisk: "
                         "{image: 'quay.io/own/node:golden'}}]}}}}}}}}")};
        });
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QVERIFY(says(*draft->plan, "does not name its version"));
        QCOMPARE(draft->plan->steps[0].writes.size(), std::size_t(1));
    }

    void aDrainHasALineForEachVm()
    {
        Site site;
        const auto draft =
            draftOf(site.stack, ask(Action::DrainNode, {site.item(ItemKind::OuterNode, "outer-1")}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(draft->fates.size(), std::size_t(3));
        // Those that move live are not away.
        const auto away = std::count_if(draft->fates.begin(), draft->fates.end(), [](const auto& each) {
            return each.fate != diagnosis::Fate::Migrates && each.fate != diagnosis::Fate::Blocks;
        });
        QCOMPARE(draft->down.size(), std::size_t(away));
        QCOMPARE(draft->plan->steps.size(), std::size_t(2));
        QCOMPARE(draft->plan->steps[0].writes[0].verb, Verb::Change);
        QCOMPARE(draft->plan->steps[1].writes[0].verb, Verb::Drain);
        QVERIFY(canBeUndone(*draft->plan));
        // Cordoned already: only the second half is left.
        site.change<KubeNodeFact>(FactKind::KubeNode, "outer-1",
                                  [](KubeNodeFact& node) { node.unschedulable = true; });
        const auto rest =
            draftOf(site.stack, ask(Action::DrainNode, {site.item(ItemKind::OuterNode, "outer-1")}));
        QCOMPARE(rest->plan->steps.size(), std::size_t(1));
    }

    // One workload on several nodes is one; its object is read before it is changed.
    void workloads()
    {
        Site site;
        const ItemId web = site.item(ItemKind::Workload, "web");
        QVERIFY(web);
        QCOMPARE(replicasOf(site.stack, web), std::optional<int>(1));
        Request request = ask(Action::ScaleWorkload, {web});
        request.replicas = 4;
        const auto first = draftOf(site.stack, request);
        QVERIFY2(first && !first->plan, whyOf(first).c_str());
        QCOMPARE(first->questions.size(), std::size_t(1));
        QCOMPARE(first->questions[0].target, Target::Inner);
        QCOMPARE(first->questions[0].ref.name, std::string("web"));
        QCOMPARE(first->cluster, std::string("blue"));
        const auto server = [](const Question& question) {
            if (question.ref.kind == "ReplicaSet")
                return std::vector<Object>{
                    fromYaml("{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web-1, annotations: "
                             "{deployment.kubernetes.io/revision: '1'}, ownerReferences: [{uid: d1}]}, spec: "
                             "{template: {metadata: {labels: {app: web, pod-template-hash: x}}, spec: "
                             "{containers: [{name: web, image: 'web:1'}]}}}}"),
                    fromYaml("{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: alien, annotations: "
                             "{deployment.kubernetes.io/revision: '2'}, ownerReferences: [{uid: d9}]}, spec: "
                             "{template: {spec: {containers: [{name: web, image: 'evil'}]}}}}")};
            return std::vector<Object>{fromYaml(
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop, uid: "
                "d1, annotations: {deployment.kubernetes.io/revision: '3'}}, spec: {replicas: 1, "
                "template: {metadata: {labels: {app: web}, annotations: {x: y}}, spec: {containers: "
                "[{name: web, image: 'web:3'}]}}}}")};
        };
        const auto scaled = answered(site.stack, request, server);
        QVERIFY2(scaled && scaled->plan, whyOf(scaled).c_str());
        QCOMPARE(scaled->plan->steps[0].writes[0].object.uid(), std::string("d1"));
        QCOMPARE(scaled->plan->steps[0].writes[0].target, Target::Inner);
        const auto back = answered(site.stack, ask(Action::RollBackWorkload, {web}), server);
        QVERIFY2(back && back->plan, whyOf(back).c_str());
        const std::string patch = back->plan->steps[0].writes[0].object.toJson();
        QVERIFY2(patch.find("web:1") != std::string::npos, patch.c_str());
        QVERIFY2(patch.find("\"annotations\":null") != std::string::npos,
                 patch.c_str()); // what was not there
        QVERIFY(patch.find("evil") == std::string::npos);
        QVERIFY(patch.find("pod-template-hash") == std::string::npos);
        const auto gone = answered(site.stack, ask(Action::DeleteWorkload, {web}),
                                   [](const Question&) { return std::vector<Object>(); });
        QVERIFY(!gone);
        QVERIFY(whyNot(site.stack, Action::DeleteWorkload, site.item(ItemKind::Workload, "etcd"))
                    .find("static pod") != std::string::npos);
        QVERIFY(whyNot(site.stack, Action::ScaleWorkload, site.item(ItemKind::Workload, "cilium"))
                    .find("DaemonSet") != std::string::npos);
    }

    void plansSurviveTheJournal()
    {
        Site site;
        const auto drain =
            draftOf(site.stack, ask(Action::DrainNode, {site.item(ItemKind::OuterNode, "outer-1")}));
        const auto migrate = draftOf(site.stack, ask(Action::MigrateVm, {site.item(ItemKind::Vm, kGoodVm)}));
        const auto upgrade = answered(site.stack, upgradeTo(site, "v1.34.1"), upgradeServer);
        for (const Plan& plan : {*drain->plan, *migrate->plan, *upgrade->plan}) {
            const auto read = provision::planFromJson(planToJson(plan));
            QVERIFY2(read.has_value(), read ? "" : read.error().text.c_str());
            QVERIFY(*read == plan);
        }
    }

    void whatAWaitSees_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QByteArray>("object"); // empty: there is none
        QTest::addColumn<bool>("met");
        const auto row = [](const char* name, Predicate::Kind kind, const char* path, const char* value,
                            const char* object, bool met) {
            QTest::newRow(name) << int(kind) << path << value << QByteArray(object) << met;
        };
        using Kind = Predicate::Kind;
        row("gone", Kind::Gone, "", "u1", "", true);
        row("there", Kind::Gone, "", "u1", R"({"metadata":{"uid":"u1"}})", false);
        row("another", Kind::Gone, "", "u1", R"({"metadata":{"uid":"u2"}})", true);
        row("any there", Kind::Gone, "", "", R"({"metadata":{"uid":"u2"}})", false);
        row("not made again", Kind::Replaced, "", "u1", "", false);
        row("the old one", Kind::Replaced, "", "u1", R"({"metadata":{"uid":"u1"}})", false);
        row("made again", Kind::Replaced, "", "u1", R"({"metadata":{"uid":"u2"}})", true);
        row("seen", Kind::Observed, "", "",
            R"({"metadata":{"generation":3},"status":{"observedGeneration":3}})", true);
        row("not seen", Kind::Observed, "", "",
            R"({"metadata":{"generation":4},"status":{"observedGeneration":3}})", false);
        row("never seen", Kind::Observed, "", "", R"({"metadata":{"generation":1}})", false);
        row("none is zero", Kind::Field, "status.replicas", "0", R"({"status":{}})", true);
        row("one is not", Kind::Field, "status.replicas", "0", R"({"status":{"replicas":1}})", false);
        row("none is not one", Kind::Field, "status.replicas", "1", R"({"status":{}})", false);
        row("no condition", Kind::NotCondition, "Paused", "True", R"({"status":{}})", true);
        row("another status", Kind::NotCondition, "Paused", "True",
            R"({"status":{"conditions":[{"type":"Paused","status":"False"}]}})", true);
        row("the status", Kind::NotCondition, "Paused", "True",
            R"({"status":{"conditions":[{"type":"Paused","status":"True"}]}})", false);
    }
    void whatAWaitSees()
    {
        QFETCH(int, kind);
        QFETCH(QString, path);
        QFETCH(QString, value);
        QFETCH(QByteArray, object);
        QFETCH(bool, met);
        Wait wait;
        wait.ref = {"v1", "Thing", "a", "b"};
        wait.anyOf = {{static_cast<Predicate::Kind>(kind), path.toStdString(), value.toStdString()}};
        const Object there =
            object.isEmpty() ? Object() : provision::objectFromJson(object.toStdString()).value();
        const Judgement judged = judge(wait, object.isEmpty() ? nullptr : &there);
        QCOMPARE(judged.met, met);
        QVERIFY(!judged.evidence.empty());
    }

    void whoHoldsADeletion()
    {
        Wait wait;
        wait.ref = {"cluster.x-k8s.io/v1beta2", "Cluster", "blue", "blue"};
        wait.anyOf = {{Predicate::Kind::Gone, {}, "u1"}};
        const Object cluster =
            provision::objectFromJson(
                R"({"metadata":{"uid":"u1","deletionTimestamp":"2026-11-26T07:00:00Z","finalizers":["cluster.cluster.x-k8s.io"]},
                "status":{"conditions":[{"type":"Deleting","status":"True","reason":"WaitingForWorkersDeletion",
                "message":"* MachineDeployments: blue-md-0"}]}})")
                .value();
        const Judgement judged = judge(wait, &cluster);
        QVERIFY(!judged.met);
        for (const char* part :
             {"2026-11-26T07:00:00Z", "cluster.cluster.x-k8s.io", "WaitingForWorkersDeletion", "blue-md-0"})
            QVERIFY2(judged.evidence.find(part) != std::string::npos, judged.evidence.c_str());
    }

    void aWaitThatCannotComeTrueEnds()
    {
        Wait wait;
        wait.ref = {"kubevirt.io/v1", "VirtualMachineInstanceMigration", "a", "b"};
        wait.anyOf = {{Predicate::Kind::Field, "status.phase", "Succeeded"}};
        wait.failsOn = {{Predicate::Kind::Field, "status.phase", "Failed"}};
        const Object failed = provision::objectFromJson(R"({"status":{"phase":"Failed"}})").value();
        QVERIFY(judge(wait, &failed).failed);
        const Object done = provision::objectFromJson(R"({"status":{"phase":"Succeeded"}})").value();
        QVERIFY(judge(wait, &done).met && !judge(wait, &done).failed);
        QVERIFY(!judge(wait, nullptr).failed);
    }

    void imagesAreImported_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("size");
        QTest::addColumn<QString>("kind"); // empty: refused
        QTest::newRow("https") << "https://example.org/a.qcow2"
                               << "20Gi"
                               << "http";
        QTest::newRow("s3") << "s3://bucket/a.img"
                            << "20Gi"
                            << "s3";
        QTest::newRow("registry") << "docker://quay.io/a/b:v1"
                                  << "20Gi"
                                  << "registry";
        QTest::newRow("file") << "file:///etc/passwd"
                              << "20Gi" << QString();
        QTest::newRow("no scheme") << "example.org/a"
                                   << "20Gi" << QString();
        QTest::newRow("nothing behind") << "https://"
                                        << "20Gi" << QString();
        QTest::newRow("two words") << "https://a b"
                                   << "20Gi" << QString();
        QTest::newRow("line break") << "https://a\nb"
                                    << "20Gi" << QString();
        QTest::newRow("password") << "https://me:secret@example.org/a"
                                  << "20Gi" << QString();
        QTest::newRow("at in path") << "https://example.org/a@b"
                                    << "20Gi"
                                    << "http";
        QTest::newRow("no size") << "https://example.org/a"
                                 << "big" << QString();
        QTest::newRow("tiny") << "https://example.org/a"
                              << "10" << QString();
        QTest::newRow("negative") << "https://example.org/a"
                                  << "-1Gi" << QString();
    }
    void imagesAreImported()
    {
        QFETCH(QString, url);
        QFETCH(QString, size);
        QFETCH(QString, kind);
        const auto plan = importPlan({"images", "ubuntu", url.toStdString(), size.toStdString(), {}, {}});
        QCOMPARE(plan.has_value(), !kind.isEmpty());
        if (!plan) {
            QCOMPARE(plan.error().kind, ErrorKind::Config);
            return;
        }
        const provision::Write& write = plan->steps[0].writes[0];
        QCOMPARE(write.object.text("spec.source." + kind.toStdString() + ".url").value_or(""),
                 url.toStdString());
        QVERIFY(canBeUndone(*plan));
        QVERIFY(!importPlan({"images", "Not A Name", "https://a/b", "1Gi", {}, {}}));
        QVERIFY(!importPlan({"", "a", "https://a/b", "1Gi", {}, {}}));
    }

    void imagesTellWhoUsesThem()
    {
        const std::vector<Object> volumes = {
            fromYaml("{apiVersion: cdi.kubevirt.io/v1beta1, kind: DataVolume, metadata: {name: golden, "
                     "namespace: images}, spec: {source: {http: {url: 'https://a/b'}}, storage: {resources: "
                     "{requests: {storage: 20Gi}}}}, status: {phase: Succeeded, progress: '100.0%'}}"),
            fromYaml("{apiVersion: cdi.kubevirt.io/v1beta1, kind: DataVolume, metadata: {name: vm-root, "
                     "namespace: blue}, spec: {source: {pvc: {name: golden, namespace: images}}}, status: "
                     "{phase: Succeeded}}"),
            fromYaml("{apiVersion: cdi.kubevirt.io/v1beta1, kind: DataVolume, metadata: {name: lost, "
                     "namespace: images}, spec: {source: {http: {url: 'https://gone/b'}}}, status: {phase: "
                     "ImportInProgress, progress: N/A, conditions: [{type: Running, status: 'False', reason: "
                     "Error, message: 'Unable to connect to http data source'}]}}"),
            fromYaml("{apiVersion: cdi.kubevirt.io/v1beta1, kind: DataVolume, metadata: {name: waits, "
                     "namespace: images}, spec: {source: {upload: {}}}, status: {phase: "
                     "WaitForFirstConsumer}}")};
        const std::vector<Object> vms = {
            fromYaml("{apiVersion: kubevirt.io/v1, kind: VirtualMachine, metadata: {name: vm, namespace: "
                     "blue}, spec: {dataVolumeTemplates: [{metadata: {name: vm-root}, spec: {source: {pvc: "
                     "{name: golden, namespace: images}}}}], template: {spec: {volumes: [{dataVolume: {name: "
                     "vm-root}}]}}}}")};
        const std::vector<ImageRow> rows = imagesOf(volumes, vms, {});
        QCOMPARE(rows.size(), std::size_t(3)); // the VM's own disk is no image
        QCOMPARE(rows[0].name, std::string("golden"));
        QCOMPARE(rows[0].bytes, std::int64_t{20} << 30);
        QVERIFY(std::find(rows[0].users.begin(), rows[0].users.end(), "VirtualMachine blue/vm") !=
                rows[0].users.end());
        QVERIFY(rows[1].failed);
        QCOMPARE(rows[1].words, std::string("Unable to connect to http data source"));
        QVERIFY(rows[1].progress.empty());
        QVERIFY(rows[2].waits && !rows[2].failed);
        QVERIFY(rows[2].users.empty());
        QVERIFY(imagesOf({Object()}, {Object()}, {Object()}).size() <= 1); // whatever comes
    }

    // Lines of many writers stay whole; half a line of one that died harms only itself.
    void theAuditLogOnlyGrows()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath(QStringLiteral("audit.jsonl")).toStdString();
        QVERIFY(readAudit(path).value().empty());
        Plan plan;
        plan.id = "p1";
        plan.title = "Stop a/b\nand more";
        plan.action = "stop-vm";
        plan.server = "https://10.0.0.1:6443";
        constexpr int kEach = 25;
        std::vector<std::thread> writers;
        for (int i = 0; i < 4; ++i)
            writers.emplace_back([&] {
                for (int k = 0; k < kEach; ++k)
                    (void)appendAudit(path, auditEntry(plan, "begun", "x", kNow));
            });
        for (std::thread& writer : writers)
            writer.join();
        QCOMPARE(readAudit(path).value().size(), std::size_t(4 * kEach));
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QIODevice::Append));
        file.write("{\"at\":\"2026-");
        file.close();
        QVERIFY(appendAudit(path, auditEntry(plan, "done", "", kNow + 1000)));
        const auto all = readAudit(path).value();
        QCOMPARE(all.size(), std::size_t(4 * kEach + 1));
        QCOMPARE(all.front().result, std::string("done"));
        QCOMPARE(all.front().what, std::string("Stop a/b and more"));
        QCOMPARE(QFile::permissions(QString::fromStdString(path)) &
                     (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther),
                 QFile::Permissions());
        QCOMPARE(readAudit(path, 3).value().size(), std::size_t(3));
        QVERIFY(!appendAudit(folder.path().toStdString() + "/no/such/folder", all.front()));
    }
};

QTEST_GUILESS_MAIN(TestActions)
#include "test_actions.moc"
