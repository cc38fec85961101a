// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/controllers/capi.h"

namespace strata::demosite {
namespace {

using namespace capi;

constexpr const char* kFinalizer = "kubevirtmachine.infrastructure.cluster.x-k8s.io";

// Provider KubeVirt's controller of KubevirtMachines: a VirtualMachine with the bootstrap data as cloud-init,
// the check over SSH that it did its work, and the provider ID on the Node of the same name.
class KubevirtMachineController : public Controller {
public:
    explicit KubevirtMachineController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kind(), key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json own = parseOwn(object->body);
        const Json machine = read(m_store, machines(), key.ns, ownerName(own, "Machine"));
        const Json cluster = clusterOf(m_site, machine.is_null() ? own : machine);
        const std::string ns = vmNamespace(own, key.ns);
        if (deleting(own)) {
            takeDown(key, machine, ns);
            return kOnChange;
        }
        if (machine.is_null() || cluster.is_null() || isPaused(cluster, own))
            return kOnChange;
        if (!hasFinalizer(own, kFinalizer))
            edit(m_store, kind(), key.ns, key.name, [](Json& edited) { addFinalizer(edited, kFinalizer); });

        const bool plane = demosite::label(machine, kControlPlaneName).size() > 0 ||
                           !ownerName(machine, "KubeadmControlPlane").empty();
        const std::string data = text(machine, "spec.bootstrap.dataSecretName");
        if (!infrastructureReady(cluster))
            return wait(key, "WaitingForClusterInfrastructure", "");
        if (data.empty())
            return wait(key,
                        !plane && !controlPlaneInitialized(cluster) ? "WaitingForControlPlaneAvailable"
                                                                    : "WaitingForBootstrapData",
                        "");
        const Kind& vms = kindOf("virtualmachines");
        Json vm = read(m_store, vms, ns, key.name);
        if (vm.is_null()) {
            if (flag(own, "status.ready"))
                return wait(key, "VMNotReady", "VM is not ready: Stopped");
            const std::string fault = m_site.hit("vm-create-fails")
                                          ? "admission webhook \"virtualmachine-validator.kubevirt.io\" "
                                            "denied the request: Invalid "
                                            "IOThreadsPolicy (dedicated)"
                                          : makeVm(*object, own, cluster, data, ns, plane);
            if (!fault.empty()) {
                wait(key, "VMCreateFailed", "Failed vm creation: " + fault);
                return 10;
            }
            vm = read(m_store, vms, ns, key.name);
        }
        return report(key, own, cluster, vm, ns);
    }

private:
    static const Kind& kind() { return kindOf("kubevirtmachines"); }

    static std::string vmNamespace(const Json& own, const std::string& fallback)
    {
        const std::string ns = text(own, "spec.virtualMachineTemplate.metadata.namespace");
        return ns.empty() ? fallback : ns;
    }

    // Not yet: one condition and the summary that repeats it.
    double wait(const Key& key, const std::string& reason, const std::string& words)
    {
        const std::string at = timestamp(m_store);
        const char* severity = reason == "VMCreateFailed" ? "Error" : "Info";
        edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["ready"] = false;
            setProvider(status, "Ready", false, severity, reason, words, at);
            setProvider(status, "VMProvisioned", false, severity, reason, words, at);
        });
        return kOnChange;
    }

    std::string makeVm(const Object& object, const Json& own, const Json& cluster, const std::string& data,
                       const std::string& ns, bool plane)
    {
        const std::string& name = object.name;
        const std::string clusterName = text(cluster, "metadata.name");
        const Json secret = read(m_store, coreKind("secrets"), object.ns, data);
        const std::string userData = data + "-userdata";
        if (!m_store.get(coreKind("secrets"), ns, userData))
            create(m_store, coreKind("secrets"),
                   {{"metadata",
                     {{"name", userData}, {"namespace", ns}, {"labels", {{kClusterName, clusterName}}}}},
                    {"type", "cluster.x-k8s.io/secret"},
                    {"data", {{"userdata", text(secret, "data.value")}}}});
        const Json* templ = find(own, "spec.virtualMachineTemplate.spec");
        if (templ == nullptr || !templ->is_object())
            return "spec.virtualMachineTemplate.spec: Required value";
        Json vm = {{"metadata", {{"name", name}, {"namespace", ns}}}, {"spec", *templ}};
        Json labels = Json::object();
        if (const Json* more = find(own, "spec.virtualMachineTemplate.metadata.labels");
            more != nullptr && more->is_object())
            labels = *more;
        labels["kubevirt.io/vm"] = name;
        labels["name"] = name;
        labels["cluster.x-k8s.io/role"] = plane ? "control-plane" : "worker";
        labels[kClusterName] = clusterName;
        labels[kMachineNameLabel] = name;
        labels["capk.cluster.x-k8s.io/kubevirt-machine-namespace"] = object.ns;
        vm["metadata"]["labels"] = labels;
        Json& spec = vm["spec"];
        Json& inside = spec["template"]["metadata"]["labels"];
        if (!inside.is_object())
            inside = Json::object();
        for (const auto& [label, value] : labels.items())
            inside[label] = value;
        Json& guest = spec["template"]["spec"];
        // Templates of disks get the machine's name in front, and whoever refers to them follows.
        std::set<std::string> disks;
        if (spec.contains("dataVolumeTemplates") && spec["dataVolumeTemplates"].is_array()) {
            for (Json& disk : spec["dataVolumeTemplates"]) {
                const std::string base = text(disk, "metadata.name");
                disks.insert(base);
                disk["metadata"]["name"] = name + "-" + base;
            }
        }
        if (!guest["volumes"].is_array())
            guest["volumes"] = Json::array();
        for (Json& volume : guest["volumes"]) {
            if (disks.count(text(volume, "dataVolume.name")) != 0)
                volume["dataVolume"]["name"] = name + "-" + text(volume, "dataVolume.name");
            if (disks.count(text(volume, "persistentVolumeClaim.claimName")) != 0)
                volume["persistentVolumeClaim"]["claimName"] =
                    name + "-" + text(volume, "persistentVolumeClaim.claimName");
        }
        guest["volumes"].push_back(
            {{"name", "cloudinitvolume"}, {"cloudInitConfigDrive", {{"secretRef", {{"name", userData}}}}}});
        Json& devices = guest["domain"]["devices"]["disks"];
        if (!devices.is_array())
            devices = Json::array();
        devices.push_back({{"name", "cloudinitvolume"}, {"disk", {{"bus", "virtio"}}}});
        const auto made = m_store.create(kindOf("virtualmachines"), std::move(vm));
        return made ? std::string() : made.error().message;
    }

    // Why a VM is not ready, in the words of pkg/kubevirt/machine.go.
    std::pair<std::string, std::string> notReady(const Json& vm, const std::string& ns) const
    {
        const Json* disks = find(vm, "spec.dataVolumeTemplates");
        if (disks != nullptr && disks->is_array()) {
            for (const Json& disk : *disks) {
                const std::string name = text(disk, "metadata.name");
                const Json volume = read(m_store, kindOf("datavolumes"), ns, name);
                const std::string phase = text(volume, "status.phase");
                if (volume.is_null() || phase == "Succeeded")
                    continue;
                const std::string words = "DataVolume " + name + " is not ready; Phase: " + phase;
                const Json* running = conditionOf(volume, "Running");
                if (running != nullptr && text(*running, "reason") == "ImagePullFailed")
                    return {"DVImagePullFailed", words};
                if (phase == "Failed")
                    return {"DVFailed", words};
                return {phase == "Pending" || phase.empty() ? "DVPending" : "DVNotReady", words};
            }
        }
        if (const Json* scheduled = conditionOf(vm, "PodScheduled");
            scheduled != nullptr && text(*scheduled, "status") == "False")
            return {"Unschedulable", text(*scheduled, "message")};
        return {"VMNotReady", "VM is not ready: " + text(vm, "status.printableStatus")};
    }

    double report(const Key& key, const Json& own, const Json& cluster, const Json& vm, const std::string& ns)
    {
        const Json vmi = read(m_store, kindOf("virtualmachineinstances"), ns, key.name);
        const bool runs = text(vmi, "status.phase") == "Running" && isTrue(vmi, "Ready");
        const std::string at = timestamp(m_store);
        if (!runs) {
            const auto [reason, words] = notReady(vm, ns);
            edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                Json& status = edited["status"];
                status["ready"] = false;
                setProvider(status, "Ready", false, "Info", reason, words, at);
                setProvider(status, "VMProvisioned", false, "Info", reason, words, at);
            });
            return kOnChange;
        }
        const bool check = text(own, "spec.virtualMachineBootstrapCheck.checkStrategy") != "none";
        const bool bootstrapped =
            !check || m_site.bootstrapped.count({ns, key.name}) != 0 || isTrue(own, "BootstrapExecSucceeded");
        Json addresses = Json::array({{{"type", "Hostname"}, {"address", key.name}}});
        if (const Json* interfaces = find(vmi, "status.interfaces");
            interfaces != nullptr && interfaces->is_array()) {
            for (const Json& each : *interfaces) {
                if (!text(each, "ipAddress").empty())
                    addresses.push_back({{"type", "InternalIP"}, {"address", text(each, "ipAddress")}});
            }
        }
        bool updated = flag(own, "status.nodeupdated");
        if (bootstrapped && !updated)
            updated = nameNode(key, cluster);
        const Json* migratable = conditionOf(vmi, "LiveMigratable");
        edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            if (bootstrapped && text(edited, "spec.providerID").empty())
                edited["spec"]["providerID"] = "kubevirt://" + key.name;
            status["ready"] = bootstrapped;
            status["nodeupdated"] = updated;
            status["loadBalancerConfigured"] = true;
            status["addresses"] = addresses;
            setProvider(status, "Ready", bootstrapped, "Info", "BootstrapFailed", "VM not bootstrapped yet",
                        at);
            setProvider(status, "BootstrapExecSucceeded", bootstrapped, "Info", "BootstrapFailed",
                        "VM not bootstrapped yet", at);
            setProvider(status, "VMProvisioned", true, "Info", "", "", at);
            if (migratable != nullptr)
                setProvider(status, "VMLiveMigratable", text(*migratable, "status") == "True", "Info",
                            text(*migratable, "reason"), text(*migratable, "message"), at);
        });
        return kOnChange; // its Node and its guest tell
    }

    // Upstream finds the Node by the machine's name.
    bool nameNode(const Key& key, const Json& cluster)
    {
        Cluster* const inner = m_site.tenants.find({key.ns, text(cluster, "metadata.name")});
        if (inner == nullptr)
            return false;
        const std::string id = "kubevirt://" + key.name;
        const Json node = read(inner->store(), coreKind("nodes"), "", key.name);
        if (node.is_null())
            return false;
        const std::string have = text(node, "spec.providerID");
        if (!have.empty())
            return have == id;
        return edit(inner->store(), coreKind("nodes"), "", key.name,
                    [&](Json& edited) { edited["spec"]["providerID"] = id; });
    }

    void takeDown(const Key& key, const Json& machine, const std::string& ns)
    {
        const Kind& vms = kindOf("virtualmachines");
        const std::string at = timestamp(m_store);
        if (const ObjectPtr vm = m_store.get(vms, ns, key.name)) {
            if (vm->body.find("\"deletionTimestamp\"") == std::string::npos)
                (void)m_store.remove(vms, ns, key.name);
            edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                setProvider(edited["status"], "VMProvisioned", false, "Info", "Deleting", "", at);
            });
            if (m_store.get(vms, ns, key.name))
                return; // told when it is gone
        }
        std::string data = text(machine, "spec.bootstrap.dataSecretName");
        if (data.empty())
            data = key.name;
        (void)m_store.remove(coreKind("secrets"), ns, data + "-userdata");
        edit(m_store, kind(), key.ns, key.name, [](Json& edited) { removeFinalizer(edited, kFinalizer); });
    }

    Site& m_site;
    Store& m_store;
};

} // namespace

void addKubevirtMachineController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<KubevirtMachineController>(site));
    site.named["kubevirtmachines"] = &controller;
    site.byNode.push_back(&controller);
    const Kind& kind = kindOf("kubevirtmachines");
    site.manager.watch(store, kind, controller);
    site.manager.watch(store, machines(), controller, byName());
    site.manager.watch(store, clusters(), controller, ofCluster(store, kind));
    const auto byLabel = [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        const std::string name(lookUp(event.object->labels, kMachineNameLabel));
        const std::string ns(
            lookUp(event.object->labels, "capk.cluster.x-k8s.io/kubevirt-machine-namespace"));
        if (!name.empty())
            enqueue({ns.empty() ? event.object->ns : ns, name});
    };
    site.manager.watch(store, kindOf("virtualmachines"), controller, byLabel);
    site.manager.watch(store, kindOf("virtualmachineinstances"), controller, byLabel);
    // A disk is named after its machine.
    site.manager.watch(store, kindOf("datavolumes"), controller,
                       [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           const std::string vm = ownerName(parseOwn(event.object->body), "VirtualMachine");
                           if (!vm.empty())
                               enqueue({event.object->ns, vm});
                       });
}

} // namespace strata::demosite
