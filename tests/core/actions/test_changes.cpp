// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/calendar.h"
#include "core/actions/deletion.h"
#include "core/actions/draft.h"
#include "core/actions/image.h"
#include "core/actions/services.h"
#include "core/diagnosis/versionpairs.h"
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

using namespace strata;
using namespace strata::actions;
using namespace strata::stack;
using provision::Object;
using provision::Plan;
using provision::Verb;
using strata::test::itemNamed;
using strata::test::kNow;
using strata::test::kOuter;

namespace {

constexpr const char* kVm = "blue-md-0-x8k1p";

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
    void healthCheck(const std::string& name, const std::string& field, const std::string& value)
    {
        ObjectFact check;
        check.meta = test::metaOf("cluster.x-k8s.io/v1beta2", "tenant-blue", name);
        check.meta.uid = "uid-mhc-" + name;
        check.fields["clusterName"] = "blue";
        if (!field.empty())
            check.fields[field] = value;
        test::SiteBuilder b;
        b.put(kOuter, FactKind::HealthCheck, "tenant-blue/" + name, check);
        stack.apply(b.batch);
    }
    ItemId item(ItemKind kind, const std::string& name) const { return itemNamed(stack, kind, name); }
    ItemId plane() const // of blue
    {
        for (const ItemId child :
             stack.find(item(ItemKind::TenantCluster, "blue"))->childrenIn(Tree::Tenants)) {
            if (stack.find(child)->kind == ItemKind::ControlPlane)
                return child;
        }
        return {};
    }

    Stack stack;
};

Request ask(Action action, ItemId item, std::map<std::string, std::string> values = {})
{
    Request request;
    request.action = action;
    request.items = {item};
    request.values = std::move(values);
    request.now = kNow;
    return request;
}

Object fromYaml(const std::string& text)
{
    return provision::objectsFromYaml(text, "test").value().front();
}

// What a server of the picture's site would say.
std::vector<Object> server(const Question& question)
{
    const std::string& kind = question.ref.kind;
    if (kind == "KubeadmControlPlane")
        return {fromYaml("{apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlane, "
                         "metadata: {name: blue-cp, labels: {strata.dev/tenant: acme}}, spec: "
                         "{machineTemplate: {spec: {infrastructureRef: {name: blue-cp-v1}}}, "
                         "kubeadmConfigSpec: {clusterConfiguration: {etcd: {}}, initConfiguration: "
                         "{nodeRegistration: {criSocket: x}}, files: [{path: "
                         "/etc/kubernetes/manifests/vip.yaml}, {path: /etc/motd}], joinConfiguration: "
                         "{controlPlane: {}, nodeRegistration: {criSocket: x}}}}}")};
    if (kind == "MachineDeployment")
        return {fromYaml("{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: "
                         "blue-md-0}, spec: {clusterName: blue, replicas: 2, rollout: {after: "
                         "'2026-01-01T00:00:00Z'}, template: {metadata: {labels: {team: a}}, spec: "
                         "{bootstrap: {configRef: {name: blue-md-0-v1}}, deletion: {nodeDrainTimeoutSeconds: "
                         "60}, infrastructureRef: {name: blue-md-0-v1}}}}}")};
    if (kind == "KubeadmConfigTemplate")
        return {fromYaml("{apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfigTemplate, "
                         "metadata: {name: blue-md-0-v1, uid: u-config}, spec: {template: {spec: "
                         "{joinConfiguration: {nodeRegistration: {criSocket: x}}}}}}")};
    if (kind == "KubevirtMachineTemplate")
        return {fromYaml(
            "{apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1, kind: KubevirtMachineTemplate, metadata: "
            "{name: blue-md-0-v1, uid: u-machine}, spec: {template: {spec: {virtualMachineTemplate: {spec: "
            "{dataVolumeTemplates: [{spec: {storage: {resources: {requests: {storage: 20Gi}}}, source: "
            "{registry: {url: 'docker://quay.io/capk/ubuntu:v1.33.4'}}}}], template: {metadata: {labels: "
            "{strata.dev/pool: blue-md-0}}, spec: {affinity: {podAntiAffinity: "
            "{preferredDuringSchedulingIgnoredDuringExecution: [{podAffinityTerm: {labelSelector: "
            "{matchLabels: {strata.dev/pool: blue-md-0}}}}]}}, domain: {cpu: {cores: 2}, memory: {guest: "
            "4Gi}}}}}}}}}}")};
    if (kind == "VirtualMachine" && question.ref.name == kVm)
        return {fromYaml("{apiVersion: kubevirt.io/v1, kind: VirtualMachine, metadata: {name: x, uid: u-vm}, "
                         "spec: {template: {spec: {domain: {cpu: {cores: 2, maxSockets: 4}, memory: {guest: "
                         "4Gi}, devices: {disks: [{name: root}, {name: data}]}}, volumes: [{name: root, "
                         "dataVolume: {name: r}}, {name: data, dataVolume: {name: d, hotpluggable: "
                         "true}}]}}}}")};
    if (kind == "KubeVirt")
        return {fromYaml("{apiVersion: kubevirt.io/v1, kind: KubeVirt, metadata: {name: kubevirt}, spec: "
                         "{configuration: {vmRolloutStrategy: LiveUpdate}}}")};
    if (kind == "Node")
        return {fromYaml("{apiVersion: v1, kind: Node, metadata: {name: outer-1, annotations: "
                         "{strata.dev/maintenance: me}}, spec: {taints: [{key: other, effect: NoExecute}, "
                         "{key: strata.dev/maintenance, effect: NoSchedule}]}}")};
    if (kind == "Deployment")
        return {fromYaml("{apiVersion: apps/v1, kind: Deployment, metadata: {name: capi}, spec: {template: "
                         "{spec: {containers: [{image: 'registry.k8s.io/cluster-api/cluster-api-controller:"
                         "v1.12.7'}]}}}}")};
    if (kind == "VirtualMachineSnapshot")
        return {
            fromYaml(std::string("{apiVersion: snapshot.kubevirt.io/v1beta1, kind: "
                                 "VirtualMachineSnapshot, metadata: {name: old}, spec: {source: {name: ") +
                     kVm + "}}, status: {readyToUse: true, creationTime: '2026-01-01T00:00:00Z'}}"),
            fromYaml(std::string("{apiVersion: snapshot.kubevirt.io/v1beta1, kind: "
                                 "VirtualMachineSnapshot, metadata: {name: new}, spec: {source: {name: ") +
                     kVm + "}}, status: {readyToUse: true, creationTime: '2026-02-01T00:00:00Z'}}"),
            fromYaml(std::string("{apiVersion: snapshot.kubevirt.io/v1beta1, kind: "
                                 "VirtualMachineSnapshot, metadata: {name: half}, spec: {source: {name: ") +
                     kVm + "}}, status: {readyToUse: false}}")};
    if (kind == "PersistentVolumeClaim")
        return {fromYaml("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, uid: u-claim}, "
                         "spec: {storageClassName: rbd, resources: {requests: {storage: 20Gi}}, accessModes: "
                         "[ReadWriteMany]}}")};
    if (kind == "StorageClass")
        return {fromYaml("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: rbd}, "
                         "allowVolumeExpansion: true}")};
    return {};
}

using Server = std::function<std::vector<Object>(const Question&)>;

Result<Draft> answered(const Stack& stack, const Request& request, const Server& says = server,
                       FieldHelp* help = nullptr)
{
    Answers answers;
    for (int round = 0; round < 6; ++round) {
        auto draft = draftOf(stack, request, answers, help);
        if (!draft || draft->plan)
            return draft;
        for (const Question& question : draft->questions)
            answers.put(question, says(question));
    }
    return fail(ErrorKind::Internal, "it asks for ever");
}

std::string whyOf(const Result<Draft>& draft)
{
    return draft ? std::string() : draft.error().text + " " + draft.error().detail;
}

bool says(const Plan& plan, const char* words)
{
    return std::any_of(plan.interruption.begin(), plan.interruption.end(), [&](const std::string& sentence) {
        return sentence.find(words) != std::string::npos;
    });
}

const Object* written(const Plan& plan, const char* kind)
{
    for (const provision::Step& step : plan.steps) {
        for (const provision::Write& write : step.writes) {
            if (write.object.kind() == kind)
                return &write.object;
        }
    }
    return nullptr;
}

} // namespace

class TestChanges : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void poolsAreAdded()
    {
        Site site;
        const ItemId blue = site.item(ItemKind::TenantCluster, "blue");
        FieldHelp help;
        const auto draft =
            answered(site.stack,
                     ask(Action::AddPool, blue,
                         {{kName, "gpu"}, {kReplicas, "1"}, {kLike, "blue-md-0"}, {kCpus, "8"}}),
                     server, &help);
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const Plan& plan = *draft->plan;
        const Object* deployment = written(plan, "MachineDeployment");
        QVERIFY(deployment != nullptr);
        QCOMPARE(deployment->name(), std::string("blue-gpu"));
        QCOMPARE(deployment->text("spec.replicas"), std::optional<std::string>("1"));
        const auto& spec = deployment->json()["spec"];
        QVERIFY(!spec.contains("rollout")); // it was about the other's machines
        QCOMPARE(spec["selector"]["matchLabels"]["cluster.x-k8s.io/deployment-name"].get<std::string>(),
                 std::string("blue-gpu"));
        QCOMPARE(spec["template"]["metadata"]["labels"]["team"].get<std::string>(), std::string("a"));
        QCOMPARE(spec["template"]["spec"]["deletion"]["nodeDrainTimeoutSeconds"].get<int>(), 60);
        QCOMPARE(deployment->text("spec.template.spec.infrastructureRef.name"),
                 std::optional<std::string>("blue-gpu-v1"));
        const Object* machine = written(plan, "KubevirtMachineTemplate");
        QVERIFY(machine != nullptr);
        const std::string text = machine->toJson();
        QVERIFY2(text.find("blue-md-0") == std::string::npos, text.c_str()); // its VMs are told apart
        QCOMPARE(sizeOf(*machine), std::string("8 4Gi 20Gi"));
        QVERIFY(written(plan, "KubeadmConfigTemplate") != nullptr);
        QVERIFY(std::find(draft->differences.begin(), draft->differences.end(),
                          "template.spec.domain.cpu.cores: 2 → 8") != draft->differences.end());
        QVERIFY(canBeUndone(plan));
        QCOMPARE(help.now[kMemory], std::string("4Gi"));
        QVERIFY(help.choices[kLike].size() >= 2);
    }

    // A pool after a control plane has nothing of what makes one.
    void poolsLikeAControlPlane()
    {
        Site site;
        const auto draft =
            answered(site.stack, ask(Action::AddPool, site.item(ItemKind::TenantCluster, "blue"),
                                     {{kName, "one"}, {kReplicas, "0"}, {kLike, "blue-cp"}}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const Object* config = written(*draft->plan, "KubeadmConfigTemplate");
        QVERIFY(config != nullptr);
        const auto& spec = config->json()["spec"]["template"]["spec"];
        QVERIFY(!spec.contains("clusterConfiguration") && !spec.contains("initConfiguration"));
        QVERIFY(!spec["joinConfiguration"].contains("controlPlane"));
        QCOMPARE(spec["files"].size(), std::size_t(1));
    }

    void poolsAreRefused_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("replicas");
        QTest::addColumn<QString>("cpus");
        QTest::addColumn<QString>("like");
        QTest::addColumn<QString>("why");
        QTest::newRow("no name") << ""
                                 << "1"
                                 << ""
                                 << ""
                                 << "needs a name";
        QTest::newRow("bad name") << "Gpu_1"
                                  << "1"
                                  << ""
                                  << ""
                                  << "cannot be the name";
        QTest::newRow("taken") << "md-0"
                               << "1"
                               << ""
                               << ""
                               << "already";
        QTest::newRow("long") << QString(60, QLatin1Char('a')) << "1"
                              << ""
                              << ""
                              << "too long";
        QTest::newRow("machines") << "gpu"
                                  << "many"
                                  << ""
                                  << ""
                                  << "How many machines";
        QTest::newRow("cpus") << "gpu"
                              << "1"
                              << "0"
                              << ""
                              << "How many CPUs";
        QTest::newRow("like nobody") << "gpu"
                                     << "1"
                                     << ""
                                     << "nobody"
                                     << "no pool called nobody";
    }
    void poolsAreRefused()
    {
        QFETCH(QString, name);
        QFETCH(QString, replicas);
        QFETCH(QString, cpus);
        QFETCH(QString, like);
        QFETCH(QString, why);
        Site site;
        const auto draft =
            answered(site.stack, ask(Action::AddPool, site.item(ItemKind::TenantCluster, "blue"),
                                     {{kName, name.toStdString()},
                                      {kReplicas, replicas.toStdString()},
                                      {kCpus, cpus.toStdString()},
                                      {kLike, like.toStdString()}}));
        QVERIFY2(whyOf(draft).find(why.toStdString()) != std::string::npos, whyOf(draft).c_str());
    }

    void poolsAreRemoved()
    {
        Site site;
        site.healthCheck("blue-md-0", "deploymentName", "blue-md-0");
        const auto draft =
            answered(site.stack, ask(Action::RemovePool, site.item(ItemKind::WorkerPool, "blue-md-0")));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(draft->typed, std::string("blue-md-0"));
        QCOMPARE(draft->plan->steps[0].writes[0].verb, Verb::Remove);
        QVERIFY(written(*draft->plan, "MachineHealthCheck") != nullptr);
        // Here the control plane uses a template of another name, so the pool's own go.
        QVERIFY(written(*draft->plan, "KubevirtMachineTemplate") != nullptr);
        QVERIFY(says(*draft->plan, "last pool"));
        QVERIFY(!canBeUndone(*draft->plan));
    }

    void sharedTemplatesStay()
    {
        Site site;
        const auto shared = [](const Question& question) {
            std::vector<Object> out = server(question);
            if (question.ref.kind == "KubeadmControlPlane")
                out.front().edit()["spec"]["machineTemplate"]["spec"]["infrastructureRef"]["name"] =
                    "blue-md-0-v1";
            return out;
        };
        const auto draft = answered(
            site.stack, ask(Action::RemovePool, site.item(ItemKind::WorkerPool, "blue-md-0")), shared);
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QVERIFY(written(*draft->plan, "KubevirtMachineTemplate") == nullptr);
    }

    void sizesChangeByACopy()
    {
        Site site;
        const ItemId pool = site.item(ItemKind::WorkerPool, "blue-md-0");
        FieldHelp help;
        auto draft = answered(site.stack, ask(Action::ResizeMachines, pool), server, &help);
        QVERIFY2(whyOf(draft).find("What shall be otherwise") != std::string::npos, whyOf(draft).c_str());
        QCOMPARE(help.now[kCpus], std::string("2")); // told though it is refused
        draft = answered(site.stack, ask(Action::ResizeMachines, pool, {{kCpus, "2"}, {kMemory, "4Gi"}}));
        QVERIFY2(whyOf(draft).find("already") != std::string::npos, whyOf(draft).c_str());
        draft = answered(site.stack, ask(Action::ResizeMachines, pool, {{kMemory, "lots"}}));
        QVERIFY2(whyOf(draft).find("not a size of memory") != std::string::npos, whyOf(draft).c_str());
        draft = answered(site.stack, ask(Action::ResizeMachines, pool,
                                         {{kMemory, "2Gi"}, {kImage, "quay.io/capk/ubuntu:v1.33.5"}}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const provision::Step& step = draft->plan->steps[0];
        QCOMPARE(step.writes.size(), std::size_t(2));
        QCOMPARE(step.writes[0].verb, Verb::Create); // the old one is never touched
        QVERIFY(step.writes[0].keep);
        QVERIFY(step.writes[0].object.name() != "blue-md-0-v1");
        QCOMPARE(step.writes[1].object.text("spec.template.spec.infrastructureRef.name"),
                 std::optional<std::string>(step.writes[0].object.name()));
        QCOMPARE(step.writes[1].body.text("spec.template.spec.infrastructureRef.name"),
                 std::optional<std::string>("blue-md-0-v1")); // the way back
        QCOMPARE(draft->differences.size(), std::size_t(2));
        QVERIFY(says(*draft->plan, "less memory"));
        QVERIFY(says(*draft->plan, "Kubernetes v1.33"));
        const ItemId plane = site.plane();
        draft = answered(site.stack, ask(Action::ResizeMachines, plane, {{kCpus, "4"}}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QVERIFY(written(*draft->plan, "KubeadmControlPlane")
                    ->text("spec.machineTemplate.spec.infrastructureRef.name")
                    .has_value());
    }

    void healthChecksComeAndGo()
    {
        Site site;
        const ItemId pool = site.item(ItemKind::WorkerPool, "blue-md-0");
        const ItemId plane = site.plane();
        QVERIFY(appliesTo(site.stack, Action::AddHealthCheck, pool));
        QVERIFY(!appliesTo(site.stack, Action::RemoveHealthCheck, pool));
        auto draft = answered(site.stack, ask(Action::AddHealthCheck, pool));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const Object* check = written(*draft->plan, "MachineHealthCheck");
        QVERIFY(check != nullptr);
        QVERIFY(canBeUndone(*draft->plan));
        site.healthCheck("blue-md-0", "deploymentName", "blue-md-0");
        QVERIFY(!appliesTo(site.stack, Action::AddHealthCheck, pool));
        QVERIFY(appliesTo(site.stack, Action::AddHealthCheck, plane)); // it is the pool's
        draft = answered(site.stack, ask(Action::RemoveHealthCheck, pool));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(draft->plan->steps[0].writes[0].object.uid(), std::string("uid-mhc-blue-md-0"));
        site.healthCheck("all", {}, {});
        QVERIFY(!appliesTo(site.stack, Action::AddHealthCheck, plane));
        draft = answered(site.stack, ask(Action::RemoveHealthCheck, plane));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QVERIFY(says(*draft->plan, "all machines of the cluster"));
    }

    void certificatesAreRotated()
    {
        Site site;
        const ItemId plane = site.plane();
        auto draft = answered(site.stack, ask(Action::RotateCertificates, plane, {{kDays, "3"}}));
        QVERIFY2(whyOf(draft).find("from 7 to 365") != std::string::npos, whyOf(draft).c_str());
        draft = answered(site.stack, ask(Action::RotateCertificates, plane, {{kDays, "90"}}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const Object& patch = draft->plan->steps[0].writes[0].object;
        QCOMPARE(patch.text("spec.rollout.before.certificatesExpiryDays"), std::optional<std::string>("90"));
        QVERIFY(patch.text("spec.rollout.after").has_value());
        QVERIFY(says(*draft->plan, "90 days before"));
    }

    void badPairsAreRefused_data()
    {
        QTest::addColumn<QString>("kubernetes");
        QTest::addColumn<QString>("clusterApi");
        QTest::addColumn<bool>("bad");
        QTest::newRow("first bad patch") << "v1.34.8"
                                         << "v1.12.7" << true;
        QTest::newRow("patch before") << "v1.34.7"
                                      << "v1.12.7" << false;
        QTest::newRow("knows") << "v1.34.8"
                               << "v1.12.8" << false;
        QTest::newRow("older minor knows") << "v1.33.12"
                                           << "v1.11.11" << false;
        QTest::newRow("newer minor") << "v1.37.0"
                                     << "v1.13.1" << true;
        QTest::newRow("newest") << "v1.37.0"
                                << "v1.14.0" << false;
        QTest::newRow("no version") << "latest"
                                    << "v1.12.7" << false;
        QTest::newRow("no release") << "v1.34.8"
                                    << "main" << false;
    }
    void badPairsAreRefused()
    {
        QFETCH(QString, kubernetes);
        QFETCH(QString, clusterApi);
        QFETCH(bool, bad);
        QCOMPARE(diagnosis::badPair(kubernetes.toStdString(), clusterApi.toStdString()).has_value(), bad);
    }

    void anUpgradeToABadPairIsRefused()
    {
        Site site;
        Request request = ask(Action::UpgradeCluster, site.item(ItemKind::TenantCluster, "blue"));
        request.version = "v1.34.8";
        const auto draft = answered(site.stack, request);
        QVERIFY2(whyOf(draft).find("does not go together with Cluster API v1.12.7") != std::string::npos,
                 whyOf(draft).c_str());
        QVERIFY2(whyOf(draft).find("v1.12.8") != std::string::npos, whyOf(draft).c_str()); // what helps
    }

    void snapshotsAreTakenAndRestored()
    {
        Site site;
        const ItemId vm = site.item(ItemKind::Vm, kVm);
        auto draft = answered(site.stack, ask(Action::SnapshotVm, vm, {{kName, "before"}}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const Object* made = written(*draft->plan, "VirtualMachineSnapshot");
        QCOMPARE(made->text("spec.source.name"), std::optional<std::string>(kVm));
        QVERIFY(canBeUndone(*draft->plan));
        const auto nothingKept = [](const Question& question) {
            std::vector<Object> out = server(question);
            if (question.ref.kind == "VirtualMachine")
                out.front().edit()["status"]["volumeSnapshotStatuses"] = provision::Json::parse(
                    R"([{"name":"root","enabled":false,"reason":"No VolumeSnapshotClass"}])");
            return out;
        };
        draft = answered(site.stack, ask(Action::SnapshotVm, vm, {{kName, "before"}}), nothingKept);
        QVERIFY2(whyOf(draft).find("None of its volumes") != std::string::npos, whyOf(draft).c_str());
        draft = answered(site.stack, ask(Action::SnapshotVm, vm, {{kName, "Not this"}}));
        QVERIFY2(whyOf(draft).find("cannot be the name") != std::string::npos, whyOf(draft).c_str());

        draft = answered(site.stack, ask(Action::RestoreVm, vm));
        QVERIFY2(whyOf(draft).find("stop it first") != std::string::npos, whyOf(draft).c_str());
        test::SiteBuilder b;
        b.drop(kOuter, FactKind::Vmi, std::string("tenant-blue/") + kVm);
        site.stack.apply(b.batch);
        FieldHelp help;
        draft = answered(site.stack, ask(Action::RestoreVm, site.item(ItemKind::Vm, kVm)), server, &help);
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(help.choices[kSnapshot].size(), std::size_t(2)); // not the one that is not ready
        QCOMPARE(written(*draft->plan, "VirtualMachineRestore")->text("spec.virtualMachineSnapshotName"),
                 std::optional<std::string>("new"));
        QCOMPARE(draft->typed, std::string(kVm));
        draft =
            answered(site.stack, ask(Action::RestoreVm, site.item(ItemKind::Vm, kVm), {{kSnapshot, "half"}}));
        QVERIFY2(whyOf(draft).find("no snapshot half") != std::string::npos, whyOf(draft).c_str());
    }

    void clonesLeaveTheCluster()
    {
        Site site;
        const ItemId vm = site.item(ItemKind::Vm, kVm);
        auto draft = answered(site.stack, ask(Action::CloneVm, vm, {{kName, kVm}}));
        QVERIFY2(whyOf(draft).find("already") != std::string::npos, whyOf(draft).c_str());
        draft = answered(site.stack, ask(Action::CloneVm, vm, {{kName, "copy"}}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const Object* made = written(*draft->plan, "VirtualMachineClone");
        QVERIFY(made->toJson().find("!cluster.x-k8s.io/*") != std::string::npos);
        QVERIFY(says(*draft->plan, "no machine of that cluster"));
    }

    void volumesComeAndGo()
    {
        Site site;
        const ItemId vm = site.item(ItemKind::Vm, kVm);
        auto draft = answered(site.stack, ask(Action::AddVolume, vm, {{kName, "more"}, {kDisk, "5Gi"}}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(draft->plan->steps.size(), std::size_t(2)); // the disk first
        QVERIFY(written(*draft->plan, "DataVolume") != nullptr);
        QCOMPARE(draft->plan->steps[1].writes[0].call, std::string("addvolume"));
        QCOMPARE(draft->plan->steps[1].after, std::vector<std::string>{draft->plan->steps[0].id});
        draft = answered(site.stack, ask(Action::AddVolume, vm, {{kName, "data"}, {kDisk, "5Gi"}}));
        QVERIFY2(whyOf(draft).find("a volume data already") != std::string::npos, whyOf(draft).c_str());
        draft = answered(site.stack, ask(Action::AddVolume, vm, {{kName, "more"}, {kClaim, "r"}}));
        QVERIFY2(whyOf(draft).find("that claim already") != std::string::npos, whyOf(draft).c_str());
        draft = answered(site.stack, ask(Action::AddVolume, vm, {{kName, "more"}, {kDisk, "big"}}));
        QVERIFY2(whyOf(draft).find("not the size") != std::string::npos, whyOf(draft).c_str());
        // Where KubeVirt was told to read it from the VM, the lists are written whole.
        const auto declarative = [](const Question& question) {
            std::vector<Object> out = server(question);
            if (question.ref.kind == "KubeVirt")
                out.front().edit()["spec"]["configuration"]["developerConfiguration"]["featureGates"] =
                    provision::Json::parse(R"(["DeclarativeHotplugVolumes"])");
            return out;
        };
        draft = answered(site.stack, ask(Action::RemoveVolume, vm), declarative);
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const provision::Write& write = draft->plan->steps[0].writes[0];
        QCOMPARE(write.verb, Verb::Change);
        QCOMPARE(write.object.json()["spec"]["template"]["spec"]["volumes"].size(), std::size_t(1));
        QCOMPARE(write.body.json()["spec"]["template"]["spec"]["volumes"].size(), std::size_t(2));
        FieldHelp help;
        draft = answered(site.stack, ask(Action::RemoveVolume, vm), server, &help);
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(draft->plan->steps[0].writes[0].call, std::string("removevolume"));
        QCOMPARE(help.choices[kVolume].size(), std::size_t(1));
        draft = answered(site.stack, ask(Action::RemoveVolume, vm, {{kVolume, "root"}}));
        QVERIFY2(whyOf(draft).find("part of the VM") != std::string::npos, whyOf(draft).c_str());
    }

    void disksOnlyGrow()
    {
        Site site;
        site.change<VmFact>(FactKind::Vm, std::string("tenant-blue/") + kVm,
                            [](VmFact& vm) { vm.claims = {"root-claim"}; });
        const ItemId vm = site.item(ItemKind::Vm, kVm);
        auto draft =
            answered(site.stack, ask(Action::ExpandDisk, vm, {{kVolume, "root-claim"}, {kDisk, "10Gi"}}));
        QVERIFY2(whyOf(draft).find("can only grow") != std::string::npos, whyOf(draft).c_str());
        draft = answered(site.stack, ask(Action::ExpandDisk, vm, {{kVolume, "root-claim"}, {kDisk, "40Gi"}}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(changesOf(draft->plan->steps[0].writes[0].object),
                 std::vector<std::string>{"spec.resources.requests.storage: 40Gi"});
        QVERIFY(!canBeUndone(*draft->plan));
        const auto fixed = [](const Question& question) {
            std::vector<Object> out = server(question);
            if (question.ref.kind == "StorageClass")
                out.front().edit().erase("allowVolumeExpansion");
            return out;
        };
        draft = answered(site.stack, ask(Action::ExpandDisk, vm, {{kVolume, "root-claim"}, {kDisk, "40Gi"}}),
                         fixed);
        QVERIFY2(whyOf(draft).find("does not let a claim grow") != std::string::npos, whyOf(draft).c_str());
    }

    // Where it can be changed while it runs, that is waited for; where not, it is said why not.
    void sizesOfVms_data()
    {
        QTest::addColumn<QString>("cpus");
        QTest::addColumn<QString>("memory");
        QTest::addColumn<QString>("why"); // not refused: of what is told
        QTest::addColumn<bool>("live");
        QTest::newRow("sockets") << "4"
                                 << ""
                                 << "migrated live" << true;
        QTest::newRow("memory") << ""
                                << "6Gi"
                                << "migrated live" << true;
        QTest::newRow("too many sockets") << "16"
                                          << ""
                                          << "4 sockets" << false;
        QTest::newRow("half a socket") << "3"
                                       << ""
                                       << "whole number" << false;
        QTest::newRow("less memory") << ""
                                     << "2Gi"
                                     << "not taken away" << false;
    }
    void sizesOfVms()
    {
        QFETCH(QString, cpus);
        QFETCH(QString, memory);
        QFETCH(QString, why);
        QFETCH(bool, live);
        Site site;
        const auto draft =
            answered(site.stack, ask(Action::ResizeVm, site.item(ItemKind::Vm, kVm),
                                     {{kCpus, cpus.toStdString()}, {kMemory, memory.toStdString()}}));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QVERIFY2(says(*draft->plan, why.toUtf8().constData()), preview(*draft->plan).c_str());
        QCOMPARE(!draft->plan->steps[0].waits.empty(), live);
        QVERIFY(canBeUndone(*draft->plan));
    }

    void maintenanceIsMarked()
    {
        Site site;
        const ItemId node = site.item(ItemKind::OuterNode, "outer-1");
        QVERIFY(appliesTo(site.stack, Action::StartMaintenance, node));
        QVERIFY(!appliesTo(site.stack, Action::EndMaintenance, node));
        auto draft = answered(site.stack, ask(Action::StartMaintenance, node));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const auto& patch = draft->plan->steps[0].writes[0].object.json();
        QCOMPARE(patch["spec"]["unschedulable"].get<bool>(), true);
        QCOMPARE(patch["spec"]["taints"].size(), std::size_t(2)); // the other one stays, ours stands once
        QCOMPARE(draft->plan->steps.back().writes[0].verb, Verb::Drain);
        site.change<KubeNodeFact>(FactKind::KubeNode, "outer-1", [](KubeNodeFact& fact) {
            fact.unschedulable = true;
            fact.taints = {"strata.dev/maintenance:NoSchedule"};
        });
        QVERIFY(appliesTo(site.stack, Action::EndMaintenance, node));
        QVERIFY(whyNot(site.stack, Action::UncordonNode, node).find("maintenance") != std::string::npos);
        draft = answered(site.stack, ask(Action::EndMaintenance, node));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        const auto& back = draft->plan->steps[0].writes[0].object.json();
        QVERIFY(back["spec"]["unschedulable"].is_null());
        QCOMPARE(back["spec"]["taints"].size(), std::size_t(1));
        QCOMPARE(back["spec"]["taints"][0]["key"].get<std::string>(), std::string("other"));
    }

    void evacuationsAreCancelled()
    {
        Site site;
        const ItemId node = site.item(ItemKind::OuterNode, "outer-1");
        QVERIFY(!appliesTo(site.stack, Action::CancelEvacuation, node));
        const Item* first = nullptr;
        for (const ItemId child : site.stack.find(node)->childrenIn(Tree::Stack)) {
            if (site.stack.facts(child).vmi != nullptr)
                first = site.stack.find(child);
        }
        QVERIFY(first != nullptr);
        site.change<VmiFact>(FactKind::Vmi, first->ns + "/" + first->name,
                             [](VmiFact& vmi) { vmi.evacuationNode = "outer-1"; });
        QVERIFY(appliesTo(site.stack, Action::CancelEvacuation, node));
        const auto draft = answered(site.stack, ask(Action::CancelEvacuation, node));
        QVERIFY2(draft && draft->plan, whyOf(draft).c_str());
        QCOMPARE(draft->plan->steps[0].writes.size(), std::size_t(1));
        QCOMPARE(draft->plan->steps[0].writes[0].call, std::string("evacuate/cancel"));
    }

    // Who holds what, since when: the end of the chain is found, and a stranger's finalizer is called one.
    void stuckDeletionsAreExplained()
    {
        const std::vector<Question> questions = deletionQuestions("cluster.x-k8s.io/v1beta2", "blue", "blue");
        const auto object = [](const std::string& kind, const std::string& name, const std::string& owner,
                               bool going, const std::string& finalizer) {
            std::string text = "{apiVersion: x/v1, kind: " + kind + ", metadata: {name: " + name +
                               ", namespace: blue, uid: u-" + name;
            if (!owner.empty())
                text += ", ownerReferences: [{kind: X, name: x, uid: u-" + owner + "}]";
            if (going)
                text += ", deletionTimestamp: '2026-11-25T00:00:00Z'";
            if (!finalizer.empty())
                text += ", finalizers: ['" + finalizer + "']";
            return fromYaml(text + "}}");
        };
        Answers answers;
        for (const Question& question : questions) {
            std::vector<Object> said;
            if (question.ref.kind == "Cluster")
                said = {object("Cluster", "c", {}, true, "cluster.cluster.x-k8s.io")};
            if (question.ref.kind == "MachineDeployment")
                said = {object("MachineDeployment", "md", "c", true, "cluster.x-k8s.io/machinedeployment")};
            if (question.ref.kind == "MachineSet")
                said = {object("MachineSet", "ms", "md", true, "cluster.x-k8s.io/machineset")};
            if (question.ref.kind == "Machine")
                said = {object("Machine", "m", "ms", true, "machine.cluster.x-k8s.io"),
                        object("Machine", "cp", "c", false, {})};
            if (question.ref.kind == "KubevirtMachine")
                said = {object("KubevirtMachine", "km", "m", true, "backup.example.com/hold")};
            if (question.ref.kind == "DataVolume")
                said = {object("DataVolume", "elsewhere", {}, false, {})};
            answers.put(question, std::move(said));
        }
        const UnixMs now = parseRfc3339("2026-11-26T00:00:00Z").value();
        const DeletionPicture picture = deletionOf(questions, answers, now);
        QVERIFY(picture.deleting);
        QCOMPARE(picture.remnants.size(), std::size_t(6)); // not the disk of somebody else
        QCOMPARE(picture.remnants[0].kind, std::string("Cluster"));
        QVERIFY(!picture.remnants[0].holds);
        const auto held = std::find_if(picture.remnants.begin(), picture.remnants.end(),
                                       [](const Remnant& each) { return each.holds; });
        QVERIFY(held != picture.remnants.end());
        QCOMPARE(held->name, std::string("km"));
        QCOMPARE(held->depth, 4);
        QVERIFY(held->stuck);
        QVERIFY(held->holder.empty());
        QVERIFY2(held->step.find("backup.example.com/hold") != std::string::npos, held->step.c_str());
        QCOMPARE(std::count_if(picture.remnants.begin(), picture.remnants.end(),
                               [](const Remnant& each) { return each.holds; }),
                 std::ptrdiff_t(1));
    }

    void calendarsAreInOrder()
    {
        Site site;
        std::vector<Expiry> all = machineExpiries(site.stack);
        const std::size_t machines = all.size();
        all.push_back({kNow + 5, Expiry::What::Kubeconfig, "a", "n", "c", {}, {}});
        all.push_back({kNow + 1, Expiry::What::Kubeconfig, "b", "n", "c", {}, {}});
        all.push_back({kNow + 1, Expiry::What::Kubeconfig, "b", "n", "c", {}, {}});
        all = inOrder(std::move(all));
        QCOMPARE(all.size(), machines + 2);
        QVERIFY(std::is_sorted(all.begin(), all.end(),
                               [](const Expiry& a, const Expiry& b) { return a.at < b.at; }));
        QVERIFY(kubeconfigExpiries("n", "c", {},
                                   {fromYaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, "
                                             "data: {value: bm90IGEga3ViZWNvbmZpZw==}}")})
                    .empty()); // what is none is left out
    }

    void filesTellWhatTheyAre()
    {
        QTemporaryDir folder;
        const auto file = [&](const QByteArray& bytes, qint64 size) {
            QFile made(folder.filePath(QStringLiteral("image")));
            if (!made.open(QIODevice::WriteOnly | QIODevice::Truncate))
                return std::string();
            made.write(bytes);
            made.resize(size);
            return made.fileName().toStdString();
        };
        QByteArray qcow("QFI\xfb", 4);
        qcow += QByteArray(20, '\0') + QByteArray::fromHex("0000000280000000") + QByteArray(100, '\0');
        auto facts = imageFileFacts(file(qcow, 4096));
        QVERIFY(facts);
        QCOMPARE(facts->format, std::string("qcow2"));
        QCOMPARE(facts->virtualBytes, std::int64_t(10) << 30U);
        QCOMPARE(facts->bytes, std::int64_t(4096));
        facts = imageFileFacts(file("\x1f\x8b\x08", 100));
        QCOMPARE(facts->format, std::string("gzip"));
        QCOMPARE(facts->virtualBytes, std::int64_t(0));
        facts = imageFileFacts(file("plain", 1 << 20));
        QCOMPARE(facts->virtualBytes, std::int64_t(1 << 20));
        QVERIFY(!imageFileFacts(file("", 0)));
        QVERIFY(!imageFileFacts(folder.path().toStdString()));
        QVERIFY(!imageFileFacts("/nowhere"));
    }

    void uploadsFit()
    {
        ImageWish wish;
        wish.ns = "images";
        wish.name = "disk";
        auto plan = uploadPlan(wish, std::int64_t(1) << 30U);
        QVERIFY(plan);
        QCOMPARE(plan->steps[0].writes[0].object.text("spec.storage.resources.requests.storage"),
                 std::optional<std::string>("1089Mi")); // with room for a file system
        QVERIFY(!uploadPlan(wish, 0));                  // how large is not known
        wish.size = "1Gi";
        QVERIFY(uploadPlan(wish, 0));
        QVERIFY(!uploadPlan(wish, std::int64_t(2) << 30U));
        wish.name = "Disk";
        QVERIFY(!uploadPlan(wish, 0));
    }

    void schedulesAndCopies_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("schedule");
        QTest::addColumn<bool>("fine");
        QTest::newRow("weekly") << "docker://quay.io/x:1"
                                << "0 3 * * 1" << true;
        QTest::newRow("names") << "docker://quay.io/x:1"
                               << "*/15 0-6 1,15 JAN MON" << true;
        QTest::newRow("word") << "docker://quay.io/x:1"
                              << "@daily" << true;
        QTest::newRow("once") << "docker://quay.io/x:1"
                              << "" << true;
        QTest::newRow("four fields") << "docker://quay.io/x:1"
                                     << "0 3 * *" << false;
        QTest::newRow("no word") << "docker://quay.io/x:1"
                                 << "@often" << false;
        QTest::newRow("shell") << "docker://quay.io/x:1"
                               << "0 3 * * $(id)" << false;
        QTest::newRow("http") << "https://example.com/x"
                              << "0 3 * * 1" << false;
    }
    void schedulesAndCopies()
    {
        QFETCH(QString, url);
        QFETCH(QString, schedule);
        QFETCH(bool, fine);
        ImageWish wish;
        wish.ns = "images";
        wish.name = "ubuntu";
        wish.size = "10Gi";
        wish.url = url.toStdString();
        QCOMPARE(schedulePlan(wish, schedule.toStdString()).has_value(), fine);
        QVERIFY(clonePlan(wish, "other/disk"));
        QVERIFY(!clonePlan(wish, "images/ubuntu"));
        QVERIFY(!clonePlan(wish, "other/"));
    }

    void usedImagesAreKept()
    {
        const Object image =
            fromYaml("{apiVersion: cdi.kubevirt.io/v1beta1, kind: DataVolume, metadata: {name: a, "
                     "namespace: img, uid: u}}");
        QVERIFY(!deleteImagePlan("img", "a", {image}, {"VirtualMachine n/vm"}));
        QVERIFY(!deleteImagePlan("img", "b", {image}, {}));
        const auto plan = deleteImagePlan("img", "a", {image}, {});
        QVERIFY(plan);
        QCOMPARE(plan->steps[0].writes[0].object.uid(), std::string("u"));
    }

    void servicesHaveCounterparts()
    {
        const std::vector<Question> questions = serviceQuestions("tenant-blue", "blue");
        Answers answers;
        answers.put(
            questions[0],
            {fromYaml("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, uid: "
                      "11112222-3333-4444-5555-666677778888}, spec: {type: LoadBalancer, ports: [{port: "
                      "443, nodePort: 30443}]}, status: {loadBalancer: {ingress: [{ip: 10.0.0.9}]}}}"),
             fromYaml("{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop, uid: u2}, "
                      "spec: {type: LoadBalancer}}"),
             fromYaml("{apiVersion: v1, kind: Service, metadata: {name: inside, namespace: shop}, spec: "
                      "{type: ClusterIP}}")});
        answers.put(
            questions[1],
            {fromYaml("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: site, "
                      "namespace: shop}, spec: {rules: [{host: a.example, http: {paths: [{path: /, "
                      "backend: {service: {name: web, port: {number: 80}}}}]}}]}, status: {loadBalancer: "
                      "{ingress: [{ip: 10.0.0.9}]}}}")});
        answers.put(
            questions[2],
            {fromYaml("{apiVersion: v1, kind: Service, metadata: {name: a1111222233334444555566667777888, "
                      "namespace: tenant-blue}, spec: {}, status: {loadBalancer: {ingress: [{ip: "
                      "10.0.0.9}]}}}")});
        const std::vector<ServiceRow> rows = servicesOf(questions, answers, "blue");
        QCOMPARE(rows.size(), std::size_t(3));
        QCOMPARE(rows[0].name, std::string("db")); // trouble first
        QVERIFY(rows[0].failed);
        QCOMPARE(rows[1].kind, std::string("Ingress"));
        QCOMPARE(rows[1].ports, std::string("a.example/ → web:80"));
        QVERIFY(!rows[1].outer.empty());
        QCOMPARE(rows[2].outer, std::string("Service tenant-blue/a1111222233334444555566667777888"));
        QCOMPARE(rows[2].ports, std::string("443→30443/TCP"));
    }

private:
    static std::string sizeOf(const Object& machine)
    {
        const auto at = [&](const char* path) {
            return machine.text(std::string("spec.template.spec.virtualMachineTemplate.spec.") + path)
                .value_or("");
        };
        return at("template.spec.domain.cpu.cores") + " " + at("template.spec.domain.memory.guest") + " " +
               at("dataVolumeTemplates.0.spec.storage.resources.requests.storage");
    }
};

QTEST_GUILESS_MAIN(TestChanges)
#include "test_changes.moc"
