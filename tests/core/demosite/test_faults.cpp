// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"
#include "core/demosite/controllers/faults.h"
#include "tests/core/demosite/world.h"

#include <QtTest>

using namespace strata;
using namespace strata::demosite;

namespace {

// One piece of evidence: an object of that kind, in the outer cluster or in any tenant's, whose stored text
// has all the words; or with `none`, no object has them.
struct Evidence {
    const char* fault;
    double seconds; // of the site's time until it must show
    const char* resource;
    bool inner;
    std::vector<const char*> words;
};

const std::vector<Evidence>& evidence()
{
    static const std::vector<Evidence> all = {
        {"host-dies",
         80,
         "nodes",
         false,
         {R"("reason":"NodeStatusUnknown")", "node.kubernetes.io/unreachable",
          R"("kubevirt.io/schedulable":"false")"}},
        {"host-dies",
         80,
         "events",
         false,
         {"NodeUnresponsive", "virt-handler is not responsive, marking node as unresponsive"}},
        {"no-kvm", 60, "nodes", false, {R"("devices.kubevirt.io/kvm":"0")"}},
        {"no-kvm", 60, "events", false, {"FailedScheduling", "Insufficient devices.kubevirt.io/kvm"}},
        {"no-vhost-net",
         60,
         "events",
         false,
         {"FailedScheduling", "Insufficient devices.kubevirt.io/vhost-net"}},
        {"virt-handler-lost", 10, "nodes", false, {R"("kubevirt.io/schedulable":"false")"}},
        {"virt-handler-lost", 10, "events", false, {"NodeUnresponsive"}},
        {"cpu-model-obsolete", 10, "nodes", false, {"node-labeller.kubevirt.io/obsolete-host-model"}},
        {"cpu-model-obsolete", 10, "events", false, {"HostModelIsObsolete", R"("type":"Warning")"}},
        {"disk-pressure",
         10,
         "nodes",
         false,
         {R"("reason":"KubeletHasDiskPressure")", "node.kubernetes.io/disk-pressure"}},
        {"disk-pressure", 10, "pods", false, {R"("reason":"Evicted")"}},
        {"outer-network-fails",
         60,
         "events",
         false,
         {"FailedCreatePodSandBox", "failed to query VMI resource"}},
        {"kubevirt-degraded",
         5,
         "kubevirts",
         false,
         {R"("phase":"Deploying")", R"("reason":"DeploymentFailed")", "An error occurred during deployment"}},
        {"second-kubevirt",
         5,
         "kubevirts",
         false,
         {R"("reason":"ExistingDeployment")", "There is an active KubeVirt deployment"}},
        {"kubevirt-updating",
         5,
         "kubevirts",
         false,
         {R"("reason":"UpdateInProgress")", R"("targetKubeVirtVersion":"v1.9.0")"}},
        {"cdi-degraded", 5, "cdis", false, {R"("phase":"Error")"}},
        {"storage-class-missing", 60, "events", false, {R"(storageclass.storage.k8s.io \"rbd\" not found)"}},
        {"storage-profile-empty", 60, "storageprofiles", false, {"Provisioner is not recognized"}},
        {"storage-profile-empty", 60, "events", false, {"ErrClaimNotValid"}},
        {"images-unreachable", 60, "pods", false, {"ImagePullBackOff"}},
        {"privileged-refused",
         60,
         "virtualmachineinstances",
         false,
         {R"("reason":"FailedCreate")", "violates PodSecurity"}},
        {"privileged-refused", 60, "events", false, {"FailedCreate", "violates PodSecurity"}},
        {"claim-pending", 60, "datavolumes", false, {R"("reason":"Pending")", "Pending"}},
        {"claim-pending", 60, "events", false, {"ProvisioningFailed"}},
        {"quota-exceeded", 60, "events", false, {"ErrExceededQuota"}},
        {"importer-unschedulable",
         60,
         "datavolumes",
         false,
         {R"("reason":"Unschedulable")", "Importer pod cannot be scheduled"}},
        {"image-missing", 60, "datavolumes", false, {R"("reason":"ImagePullFailed")"}},
        {"image-missing", 60, "kubevirtmachines", false, {R"("reason":"DVImagePullFailed")"}},
        {"image-too-big", 60, "datavolumes", false, {"DataVolume too small to contain image"}},
        {"image-too-big", 60, "events", false, {"ErrImportFailed"}},
        {"import-hangs", 60, "datavolumes", false, {R"("phase":"ImportInProgress")", R"("restartCount":3)"}},
        {"import-hangs", 60, "events", false, {"ErrImportFailed", "i/o timeout"}},
        {"scratch-missing", 60, "datavolumes", false, {R"("reason":"Scratch space required")"}},
        {"claim-lost", 5, "datavolumes", false, {R"("reason":"ClaimLost")", "Claim Lost"}},
        {"launcher-unschedulable",
         60,
         "virtualmachines",
         false,
         {R"("printableStatus":"ErrorUnschedulable")", R"("reason":"Unschedulable")"}},
        {"launcher-unschedulable", 60, "kubevirtmachines", false, {R"("reason":"Unschedulable")"}},
        {"crash-loop",
         60,
         "virtualmachines",
         false,
         {R"("printableStatus":"CrashLoopBackOff")", R"("startFailure")"}},
        {"disk-full",
         5,
         "virtualmachineinstances",
         false,
         {R"("reason":"PausedIOError")", "VMI was paused, low-level IO error detected"}},
        {"vm-paused", 5, "virtualmachineinstances", false, {R"("reason":"PausedByUser")"}},
        {"restart-required", 5, "virtualmachines", false, {R"("type":"RestartRequired","status":"True")"}},
        {"not-migratable",
         5,
         "virtualmachineinstances",
         false,
         {R"("reason":"DisksNotLiveMigratable")", "is not shared, live migration requires"}},
        {"not-migratable", 5, "kubevirtmachines", false, {R"("reason":"DisksNotLiveMigratable")"}},
        {"migration-fails", 30, "virtualmachineinstancemigrations", false, {R"("phase":"Scheduling")"}},
        {"left-cordoned", 5, "nodes", true, {R"("unschedulable":true)"}},
        {"lb-pending",
         30,
         "kubevirtclusters",
         false,
         {R"("reason":"LoadBalancerProvisioningFailed")", "the load balancer external IP is not ready yet"}},
        {"bootstrap-hangs",
         120,
         "kubevirtmachines",
         false,
         {R"("reason":"BootstrapFailed")", "VM not bootstrapped yet"}},
        {"wrong-provider-id",
         150,
         "machines",
         false,
         {"Waiting for a Node with spec.providerID kubevirt://", R"("reason":"NodeProvisioning")"}},
        {"wrong-provider-id", 150, "kubevirtmachines", false, {R"("nodeupdated":false)"}},
        {"api-unreachable", 5, "clusters", false, {R"("reason":"ProbeFailed")"}},
        {"api-unreachable", 5, "machines", false, {R"("reason":"ConnectionDown")"}},
        {"version-skew",
         10,
         "machinesets",
         false,
         {"do not conform to the kubernetes version skew policy", R"("reason":"PreflightCheckFailed")"}},
        {"template-missing", 10, "machinesets", false, {R"("reason":"InfrastructureTemplateCloningFailed")"}},
        {"infrastructure-deleted",
         30,
         "machines",
         false,
         {R"("reason":"ObjectDeleted")", "KubevirtMachine has been deleted while the Machine still exists"}},
        {"cluster-paused",
         5,
         "clusters",
         false,
         {R"("type":"Paused","status":"True")", R"("reason":"Paused")"}},
        {"remediation-restricted", 200, "machinehealthchecks", false, {R"("reason":"TooManyUnhealthy")"}},
        {"remediation-restricted", 200, "machines", false, {R"("reason":"UnhealthyNode")"}},
        {"finalizer-stuck", 60, "machines", false, {R"("reason":"WaitingForInfrastructureDeletion")"}},
        {"vm-terminal", 5, "virtualmachineinstances", false, {"capk.cluster.x-k8s.io/vm-is-terminal"}},
        {"vm-terminal", 5, "kubevirtmachines", false, {"VMI has reached a permanent finalized state"}},
        {"cni-missing", 10, "nodes", true, {R"("reason":"KubeletNotReady")", "cni plugin not initialized"}},
        {"cni-missing", 10, "machines", false, {R"("reason":"NodeNotHealthy")", "* Node.Ready: "}},
        {"kubelet-dead",
         80,
         "nodes",
         true,
         {R"("reason":"NodeStatusUnknown")", "node.kubernetes.io/unreachable"}},
        {"etcd-quorum-lost",
         10,
         "kubeadmcontrolplanes",
         false,
         {R"("type":"EtcdClusterHealthy","status":"False")", R"("reason":"NotHealthy")"}},
        {"etcd-quorum-lost", 10, "machines", false, {R"("type":"EtcdMemberHealthy","status":"False")"}},
        {"scheduler-down",
         10,
         "machines",
         false,
         {R"("type":"SchedulerPodHealthy","status":"False")", R"("reason":"Failed")"}},
        {"certificate-expired", 5, "machines", false, {"machine.cluster.x-k8s.io/certificates-expiry"}},
        // The bare annotation; that the server really shows such a certificate has a test of its own.
        {"certificate-expired", 5, "clusters", false, {R"("reason":"ProbeFailed")"}},
        {"certificate-expired", 5, "machines", false, {R"("reason":"ConnectionDown")"}},
        {"uninstall-blocked",
         5,
         "kubevirts",
         false,
         {R"("phase":"Deleting")", R"("reason":"DeletionFailed")"}},
        {"virt-api-down", 10, "pods", false, {R"("reason":"CrashLoopBackOff")", "failed container=virt-api"}},
        {"virt-api-down",
         10,
         "deployments",
         false,
         {R"("name":"virt-api")", R"("availableReplicas":0)", R"("reason":"MinimumReplicasUnavailable")"}},
        {"cert-manager-down",
         10,
         "deployments",
         false,
         {R"("name":"cert-manager-webhook")", R"("availableReplicas":0)",
          R"("reason":"MinimumReplicasUnavailable")"}},
        {"cert-manager-down",
         10,
         "pods",
         false,
         {R"("reason":"CrashLoopBackOff")", "failed container=cert-manager-webhook"}},
        {"clone-blocked", 30, "events", false, {"CloneSourceInUse", "using PersistentVolumeClaim"}},
        {"upload-stuck", 30, "datavolumes", false, {R"("phase":"UploadScheduled")"}},
        {"disk-missing",
         30,
         "virtualmachines",
         false,
         {R"("printableStatus":"ErrorPvcNotFound")", "reports-data"}},
        {"disk-missing", 30, "virtualmachineinstances", false, {R"("reason":"FailedPvcNotFound")"}},
        {"disk-image-missing", 30, "virtualmachines", false, {R"("printableStatus":"ImagePullBackOff")"}},
        {"disk-image-missing",
         30,
         "virtualmachineinstances",
         false,
         {R"("type":"Synchronized","status":"False")", R"("reason":"ImagePullBackOff")"}},
        {"sync-fails", 5, "virtualmachineinstances", false, {R"("reason":"FailedHotplugSync")"}},
        {"sync-fails", 5, "events", false, {R"("reason":"SyncFailed")"}},
        {"recovery-required",
         5,
         "virtualmachines",
         false,
         {R"("type":"ManualRecoveryRequired","status":"True")"}},
        {"cpu-pinning-fails",
         5,
         "virtualmachineinstances",
         false,
         {R"("reason":"FailedGuaranteeResources")", "failed to guarantee pod resources"}},
        {"cpu-pinning-fails", 5, "events", false, {R"("reason":"FailedGuaranteeResources")"}},
        {"credentials-missing",
         5,
         "virtualmachineinstances",
         false,
         {R"("type":"AccessCredentialsSynchronized","status":"False")"}},
        {"nic-not-migratable",
         5,
         "virtualmachineinstances",
         false,
         {R"("reason":"InterfaceNotLiveMigratable")", "cannot migrate VMI which does not use masquerade or a "
                                                      "migratable plugin to connect to the pod network"}},
        {"nic-not-migratable", 5, "kubevirtmachines", false, {R"("reason":"InterfaceNotLiveMigratable")"}},
        {"cpu-not-migratable", 5, "virtualmachineinstances", false, {R"("reason":"CPUModeLiveMigratable")"}},
        {"device-not-migratable",
         5,
         "virtualmachineinstances",
         false,
         {R"("reason":"HostDeviceNotLiveMigratable")"}},
        {"drain-refused",
         5,
         "virtualmachineinstances",
         false,
         {R"("evictionStrategy":"LiveMigrate")", R"("reason":"DisksNotLiveMigratable")"}},
        {"drain-refused",
         5,
         "events",
         false,
         {R"("reason":"Migrated")", "EvictionStrategy is set but vmi is not migratable; "}},
        {"evacuation-stays", 60, "virtualmachineinstances", false, {"\"evacuationNodeName\":\"outer-"}},
        {"drained-machine",
         5,
         "kubevirtmachines",
         false,
         {"The Machine's VM pod is marked for eviction due to infra node drain."}},
        {"change-pending",
         5,
         "virtualmachineinstances",
         false,
         {R"("type":"HotMemoryChange","status":"True")", R"("reason":"AutoMigrationPending")"}},
        {"lb-error-hidden",
         30,
         "kubevirtclusters",
         false,
         {R"("reason":"LoadBalancerProvisioningFailed")", "proto: integer overflow"}},
        {"lb-hostname", 30, "services", false, {"\"hostname\":\"", ".lb.rack-a.lan"}},
        {"vm-create-fails",
         60,
         "kubevirtmachines",
         false,
         {R"("reason":"VMCreateFailed")", "Failed vm creation: ", "denied the request"}},
        {"plane-held-back",
         30,
         "events",
         false,
         {R"("reason":"ControlPlaneUnhealthy")",
          "Waiting for control plane to pass preflight checks to continue reconciliation: "}},
        {"topology-waits",
         5,
         "clusters",
         false,
         {R"("type":"TopologyReconciled","status":"False")", R"("reason":"ControlPlaneUpgradePending")"}},
        {"attach-fails", 5, "events", true, {R"("reason":"FailedAttachVolume")"}},
        {"attach-fails", 5, "events", true, {R"("reason":"FailedMount")"}},
        {"node-uninitialized", 5, "nodes", true, {"node.cloudprovider.kubernetes.io/uninitialized"}},
        {"pods-pending", 10, "events", true, {"FailedScheduling", "Insufficient cpu"}},
        {"tenant-lb-pending", 10, "services", true, {R"("type":"LoadBalancer")", R"("loadBalancer":{})"}},
    };
    return all;
}

} // namespace

class TestFaults : public QObject {
    Q_OBJECT

    static const Kind& kindNamed(const char* resource)
    {
        for (const char* group : {"", "cluster.x-k8s.io"}) {
            for (const Kind& kind : Kinds::instance().all()) {
                if (kind.resource == resource && kind.group == group && !kind.has(Computed))
                    return kind;
            }
        }
        return kindOf(resource);
    }

    // How many objects show it.
    static int shows(World& world, const Evidence& wanted)
    {
        std::vector<Store*> stores;
        if (wanted.inner) {
            for (const TenantPlan& tenant : world.plan().tenants)
                stores.push_back(&world.inner(tenant.name));
        } else {
            stores.push_back(&world.outer());
        }
        int count = 0;
        for (Store* const store : stores) {
            for (const ObjectPtr& object : store->list(kindNamed(wanted.resource))) {
                bool all = true;
                for (const char* words : wanted.words)
                    all = all && object->body.find(words) != std::string::npos;
                count += all ? 1 : 0;
            }
        }
        return count;
    }

private Q_SLOTS:
    void catalogueIsWhole()
    {
        std::set<std::string> names;
        std::set<std::string> proven;
        for (const Evidence& each : evidence())
            proven.insert(each.fault);
        for (const Fault& fault : faultCatalogue()) {
            QVERIFY2(names.insert(fault.name).second, fault.name.c_str());
            QVERIFY(!fault.text.empty() && !fault.layer.empty() && fault.rule.size() >= 2);
            // These are told by what is not there or by two objects that differ; they have tests of their
            // own.
            if (fault.name != "agent-missing" && fault.name != "no-address" &&
                fault.name != "plane-address-changed")
                QVERIFY2(proven.count(fault.name) == 1, fault.name.c_str());
        }
        for (const Scenario& scenario : scenarioCatalogue()) {
            for (const Scenario::Act& act : scenario.acts)
                QVERIFY2(findFault(act.fault) != nullptr, act.fault.c_str());
        }
    }

    // More of it than before once it is staged; and it can be healed.
    void evidenceShows_data()
    {
        QTest::addColumn<QString>("fault");
        for (const Fault& fault : faultCatalogue())
            QTest::newRow(fault.name.c_str()) << QString::fromStdString(fault.name);
    }
    void evidenceShows()
    {
        QFETCH(QString, fault);
        World world;
        Faults faults(world.site());
        QVERIFY(world.step(100)); // the VM that boots in the small site is up
        for (const TenantPlan& tenant : world.plan().tenants)
            world.inner(tenant.name);
        // The small site has troubles of its own; the fault's must come on top.
        std::vector<std::pair<const Evidence*, int>> wanted;
        for (const Evidence& each : evidence()) {
            if (fault == QLatin1String(each.fault))
                wanted.emplace_back(&each, shows(world, each));
        }
        double done = 0;
        world.post([&] { faults.set(fault.toStdString(), true); });
        std::stable_sort(wanted.begin(), wanted.end(),
                         [](const auto& a, const auto& b) { return a.first->seconds < b.first->seconds; });
        for (const auto& [each, before] : wanted) {
            QVERIFY(world.step(each->seconds - done));
            done = each->seconds;
            QVERIFY2(shows(world, *each) > before,
                     (std::string(each->resource) + ": " + each->words.front()).c_str());
        }
        world.post([&] { faults.set(fault.toStdString(), false); });
        QVERIFY(world.step(200));
    }

    void absencesShow()
    {
        World world;
        Faults faults(world.site());
        QVERIFY(world.step(100));
        const auto without = [&](const char* word) {
            int count = 0;
            for (const ObjectPtr& vmi : world.outer().list(kindOf("virtualmachineinstances")))
                count += vmi->body.find(word) == std::string::npos ? 1 : 0;
            return count;
        };
        const int agents = without(R"("AgentConnected")");
        const int addresses = without(R"("ipAddress")");
        world.post([&] { faults.set("agent-missing", true); });
        world.post([&] { faults.set("no-address", true); });
        QVERIFY(world.step(10));
        QCOMPARE(without(R"("AgentConnected")"), agents + 1);
        QCOMPARE(without(R"("ipAddress")"), addresses + 1);
        world.post([&] { faults.set("agent-missing", false); });
        world.post([&] { faults.set("no-address", false); });
        QVERIFY(world.step(30));
        QCOMPARE(without(R"("AgentConnected")"), agents);
        QCOMPARE(without(R"("ipAddress")"), addresses);
    }

    // G9: the guest's address is none of its machine's.
    void addressesDiffer()
    {
        World world;
        Faults faults(world.site());
        QVERIFY(world.step(100));
        const auto strangers = [&] {
            int count = 0;
            for (const ObjectPtr& vmi : world.outer().list(kindOf("virtualmachineinstances"))) {
                if (lookUp(vmi->labels, "cluster.x-k8s.io/role") != "control-plane")
                    continue;
                const Json body = parseOwn(vmi->body);
                const std::string address = text(body["status"]["interfaces"][0], "ipAddress");
                const Json node = read(world.inner(vmi->ns), coreKind("nodes"), "", vmi->name);
                count += compact(node).find("\"" + address + "\"") == std::string::npos ? 1 : 0;
            }
            return count;
        };
        const int before = strangers();
        world.post([&] { faults.set("plane-address-changed", true); });
        QVERIFY(world.step(5));
        QCOMPARE(strangers(), before + 1);
        world.post([&] { faults.set("plane-address-changed", false); });
        QCOMPARE(strangers(), before);
    }

    // B5: what goes through virt-api's webhooks and endpoints does not work, the rest does.
    void withoutVirtApi()
    {
        World world;
        Faults faults(world.site());
        world.post([&] { faults.set("virt-api-down", true); });
        QVERIFY(world.step(10));
        const char* const vms = "/apis/kubevirt.io/v1/namespaces/default/virtualmachines";
        const std::string vm =
            R"({"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"x"},
            "spec":{"runStrategy":"Halted","template":{"spec":{"domain":{"devices":{}}}}}})";
        HttpAnswer answer = world.send("POST", vms, vm, "application/json");
        QCOMPARE(answer.status, 500);
        QCOMPARE(text(parseOwn(answer.body), "message"),
                 std::string("Internal error occurred: failed calling webhook "
                             "\"virtualmachine-validator.kubevirt.io\": failed to call webhook: Post "
                             "\"https://virt-api.kubevirt.svc:443/virtualmachines-validate?timeout=10s\": no "
                             "endpoints available for service \"virt-api\""));
        QCOMPARE(world.send("GET", vms).status, 200);
        QCOMPARE(world
                     .send("GET",
                           "/apis/subresources.kubevirt.io/v1/namespaces/red/virtualmachineinstances/x/"
                           "guestosinfo")
                     .status,
                 503);
        world.post([&] { faults.set("virt-api-down", false); });
        QCOMPARE(world.send("POST", vms, vm, "application/json").status, 201);
    }

    void scenariosPlay()
    {
        World world;
        std::vector<std::string> told;
        Faults faults(world.site(),
                      [&](const std::string& name, bool on) { told.push_back((on ? "+" : "-") + name); });
        world.post([&] { faults.play(scenarioCatalogue().front()); });
        QVERIFY(world.step(100));
        QCOMPARE(told, std::vector<std::string>{"+host-dies"});
        QVERIFY(world.step(600));
        QCOMPARE(told, (std::vector<std::string>{"+host-dies", "-host-dies"}));
    }

    // Each scenario plays to its end, in its order, and what it heals is healed.
    void everyScenarioPlays_data()
    {
        QTest::addColumn<QString>("name");
        for (const Scenario& scenario : scenarioCatalogue())
            QTest::newRow(scenario.name.c_str()) << QString::fromStdString(scenario.name);
    }
    void everyScenarioPlays()
    {
        QFETCH(QString, name);
        World world;
        std::vector<std::string> told;
        Faults faults(world.site(),
                      [&](const std::string& fault, bool on) { told.push_back((on ? "+" : "-") + fault); });
        QVERIFY(world.step(100));
        for (const Scenario& scenario : scenarioCatalogue()) {
            if (scenario.name != name.toStdString())
                continue;
            std::vector<std::string> wanted;
            double length = 10;
            for (const Scenario::Act& act : scenario.acts) {
                wanted.push_back((act.on ? "+" : "-") + act.fault);
                length += act.after;
            }
            world.post([&] { faults.play(scenario); });
            QVERIFY(world.step(length));
            QCOMPARE(told, wanted);
        }
    }
};

QTEST_GUILESS_MAIN(TestFaults)
#include "test_faults.moc"
