// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/translate.h"
#include "core/demosite/faults.h"

#include <algorithm>

namespace strata::demosite {

const std::vector<Fault>& faultCatalogue()
{
    static const std::vector<Fault> all = [] {
        const auto tr = [](const char* text) { return translate("DemoFaults", text); };
        const std::string host = tr("Hosts");
        const std::string platform = tr("Platform");
        const std::string images = tr("Images and volumes");
        const std::string vms = tr("Virtual machines");
        const std::string moves = tr("Migration");
        const std::string capi = tr("Cluster API");
        const std::string tenant = tr("Tenant clusters");
        return std::vector<Fault>{
            {"host-dies", host, tr("A host loses power"), "A3"},
            {"no-kvm", host, tr("Hardware virtualization is switched off on all hosts"), "A1"},
            {"no-vhost-net", host, tr("The module vhost_net is missing on all hosts"), "A2"},
            {"virt-handler-lost", host, tr("virt-handler stops answering on one node"), "A3"},
            {"cpu-model-obsolete", host, tr("A host's CPU model is declared obsolete"), "A4"},
            {"disk-pressure", host, tr("A node runs out of disk space"), "A5"},
            {"outer-network-fails", host, tr("The network plugin cannot attach a VM's pod"), "A7"},

            {"kubevirt-degraded", platform, tr("KubeVirt's operator fails to deploy a component"), "B1"},
            {"second-kubevirt", platform, tr("Somebody creates a second KubeVirt object"), "B2"},
            {"uninstall-blocked", platform, tr("KubeVirt's removal waits for VMs that are left"), "B4"},
            {"virt-api-down", platform, tr("virt-api has no pod that answers"), "B5"},
            {"kubevirt-updating", platform, tr("A KubeVirt update is under way (no fault at all)"), "B3"},
            {"cdi-degraded", platform, tr("CDI is not ready"), "B6"},
            {"storage-class-missing", platform, tr("The storage class of the disks is deleted"), "B6"},
            {"storage-profile-empty", platform, tr("CDI does not know what the storage class can do"), "B7"},
            {"cert-manager-down", platform, tr("cert-manager's webhook does not run"), "B8"},
            {"images-unreachable", platform, tr("The registry of the platform's images is unreachable"),
             "B9"},
            {"privileged-refused", platform, tr("A namespace's security level refuses launcher pods"), "B10"},

            {"claim-pending", images, tr("The storage driver does not provision new volumes"), "C3"},
            {"quota-exceeded", images, tr("A tenant's quota has no room for another disk"), "C4"},
            {"importer-unschedulable", images, tr("No node takes the importer pod"), "C5"},
            {"image-missing", images, tr("The machine image cannot be pulled"), "C6"},
            {"image-too-big", images, tr("The machine image is larger than the disk"), "C7"},
            {"import-hangs", images, tr("An image's import starts over again and again"), "C8"},
            {"scratch-missing", images, tr("No scratch space for an import"), "C10"},
            {"claim-lost", images, tr("A volume is lost behind its claim"), "C11"},

            {"clone-blocked", images, tr("A volume cannot be cloned: its source is in use"), "C12"},
            {"upload-stuck", images, tr("An upload into a volume does not get ready"), "C13"},
            {"disk-missing", images, tr("A VM names a disk that does not exist"), "C14"},

            {"launcher-unschedulable", vms, tr("A VM asks for more memory than any node has"), "D1"},
            {"disk-image-missing", vms, tr("The container disk of a VM cannot be pulled"), "D2"},
            {"crash-loop", vms, tr("A VM crashes as soon as it runs"), "D3"},
            {"disk-full", vms, tr("A VM's disk has no space left: it is paused"), "D4"},
            {"vm-paused", vms, tr("Somebody paused a VM"), "D5"},
            {"agent-missing", vms, tr("The guest agent of a VM does not answer"), "D6"},
            {"no-address", vms, tr("A VM runs but has no IP address"), "D7"},
            {"sync-fails", vms, tr("KubeVirt cannot attach a volume to a running VM"), "D9"},
            {"restart-required", vms, tr("A VM was changed and waits for its restart"), "D10"},
            {"recovery-required", vms, tr("A volume migration was cancelled: a VM needs a hand"), "D11"},
            {"cpu-pinning-fails", vms, tr("A VM cannot get CPUs of its own"), "D12"},
            {"credentials-missing", vms, tr("SSH keys do not reach a guest"), "D13"},

            {"not-migratable", moves, tr("A VM's disk is not shared: it cannot migrate"), "E1"},
            {"nic-not-migratable", moves, tr("A VM's network keeps it from migrating"), "E2"},
            {"cpu-not-migratable", moves, tr("A VM's CPU keeps it from migrating"), "E3"},
            {"device-not-migratable", moves, tr("A host's device keeps a VM from migrating"), "E4"},
            {"drain-refused", moves, tr("A node is drained and a VM on it cannot move"), "E5"},
            {"evacuation-stays", moves, tr("A VM is still to leave a node that takes pods again"), "E7"},
            {"drained-machine", moves, tr("A machine's VM is given up by a drain of its node"), "E10"},
            {"migration-fails", moves, tr("A migration finds no node to go to"), "E11"},
            {"left-cordoned", moves, tr("A tenant's node stays cordoned after its VM moved"), "E9"},
            {"change-pending", moves, tr("A VM's new memory waits for a migration"), "E12"},

            {"lb-pending", capi, tr("No address for a new cluster's load balancer"), "F1"},
            {"lb-error-hidden", capi, tr("A quota forbids a new cluster's load balancer, and nobody says so"),
             "F2"},
            {"lb-hostname", capi, tr("The load balancer gives a name instead of an address"), "F3"},
            {"vm-create-fails", capi, tr("A machine's VM may not be created"), "F9"},
            {"bootstrap-hangs", capi, tr("A machine boots but its bootstrap never ends"), "F11"},
            {"wrong-provider-id", capi, tr("A node joins with another provider ID"), "F14"},
            {"api-unreachable", capi, tr("A tenant's API server does not answer"), "F15"},
            {"plane-held-back", capi, tr("A control plane does not grow: one of its pods is not healthy"),
             "F17"},
            {"version-skew", capi, tr("Workers are asked to be newer than their control plane"), "F18"},
            {"template-missing", capi, tr("A machine template was deleted"), "F19"},
            {"infrastructure-deleted", capi, tr("Somebody deleted a machine's infrastructure object"), "F20"},
            {"cluster-paused", capi, tr("A cluster's reconciliation is paused"), "F21"},
            {"remediation-restricted", capi, tr("Too many unhealthy machines: nothing is replaced"), "F22"},
            {"finalizer-stuck", capi, tr("A machine's deletion hangs on a finalizer"), "F23"},
            {"topology-waits", capi, tr("A cluster's topology waits for its control plane"), "F24"},
            {"vm-terminal", capi, tr("A machine's VM is marked terminal"), "F26"},

            {"cni-missing", tenant, tr("A tenant's network plugin was deleted"), "G1"},
            {"kubelet-dead", tenant, tr("The kubelet of a tenant's node has stopped"), "G4"},
            {"etcd-quorum-lost", tenant, tr("A tenant's etcd has lost its quorum"), "G5"},
            {"scheduler-down", tenant, tr("A tenant's scheduler pod does not run"), "G7"},
            {"certificate-expired", tenant, tr("A control plane machine's certificates have expired"), "G8"},
            {"plane-address-changed", tenant, tr("A control plane VM has another address after its restart"),
             "G9"},
            {"pods-pending", tenant, tr("A tenant's pods ask for more than its nodes have"), "G11"},
            {"attach-fails", tenant, tr("A tenant's volume cannot be attached to its node"), "G12"},
            {"node-uninitialized", tenant, tr("No cloud controller initializes a tenant's node"), "G13"},
            {"tenant-lb-pending", tenant, tr("A tenant's service gets no load balancer"), "G14"},
        };
    }();
    return all;
}

const Fault* findFault(const std::string& name)
{
    const auto& all = faultCatalogue();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Fault& fault) { return fault.name == name; });
    return found == all.end() ? nullptr : &*found;
}

const std::vector<Scenario>& scenarioCatalogue()
{
    static const std::vector<Scenario> all = {
        {"power-outage",
         translate("DemoFaults", "A host dies, and comes back ten minutes later"),
         {{5, "host-dies", true}, {600, "host-dies", false}}},
        {"bad-night",
         translate("DemoFaults", "Storage fills up, a VM pauses, then the network plugin goes"),
         {{5, "disk-pressure", true}, {60, "disk-full", true}, {120, "cni-missing", true}}},
        {"first-rollout",
         translate("DemoFaults", "A new pool that does not come up, for one reason after the other"),
         {{5, "image-missing", true},
          {120, "image-missing", false},
          {10, "bootstrap-hangs", true},
          {180, "bootstrap-hangs", false},
          {10, "cni-missing", true}}},
        {"storage-trouble",
         translate("DemoFaults", "The storage driver stops, a new machine waits, then a volume is lost"),
         {{5, "claim-pending", true},
          {180, "claim-lost", true},
          {180, "claim-pending", false},
          {120, "claim-lost", false}}},
        {"upgrade-day",
         translate("DemoFaults",
                   "A control plane that does not grow, expired certificates, and workers that are too new"),
         {{5, "version-skew", true},
          {120, "plane-held-back", true},
          {240, "version-skew", false},
          {60, "certificate-expired", true},
          {300, "certificate-expired", false},
          {60, "plane-held-back", false}}},
        {"empty-the-rack",
         translate("DemoFaults",
                   "A node is to be emptied: one guest cannot move, one does not want to come back"),
         {{5, "drain-refused", true},
          {120, "evacuation-stays", true},
          {300, "drain-refused", false},
          {60, "evacuation-stays", false}}},
        {"silent-controllers",
         translate("DemoFaults", "The platform goes quiet piece by piece, from certificates to virt-api"),
         {{5, "cert-manager-down", true},
          {120, "cdi-degraded", true},
          {120, "virt-api-down", true},
          {300, "virt-api-down", false},
          {30, "cdi-degraded", false},
          {30, "cert-manager-down", false}}}};
    return all;
}

} // namespace strata::demosite
