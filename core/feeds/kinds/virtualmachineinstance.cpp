// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

#include <algorithm>

// kubevirt.io/v1 VirtualMachineInstance (KubeVirt staging/src/kubevirt.io/api/core/v1/types.go).
namespace strata::feeds {
namespace {

stack::Volume readVolume(const Json& object)
{
    stack::Volume volume;
    volume.name = object["name"].text();
    object.eachMember([&volume](std::string_view key, const Json& source) {
        if (key == "name" || !volume.kind.empty() || !source.exists())
            return;
        volume.kind = cleanText(key); // the one other member names the source
        if (key == "persistentVolumeClaim")
            volume.claim = source["claimName"].text();
        else if (key == "dataVolume")
            volume.claim = source["name"].text(); // a DataVolume fills the claim of its own name
        else if (key == "ephemeral")
            volume.claim = source["persistentVolumeClaim"]["claimName"].text();
    });
    return volume;
}

} // namespace

stack::VmiFact readVirtualMachineInstance(const Json& object, const std::string& apiVersion)
{
    stack::VmiFact vmi;
    vmi.meta = readMeta(object, apiVersion);
    const Json spec = object["spec"];
    const Json status = object["status"];
    vmi.phase = status["phase"].text();
    vmi.nodeName = status["nodeName"].text();
    vmi.firmwareUuid = toLower(spec["domain"]["firmware"]["uuid"].text());
    const Json os = status["guestOSInfo"];
    vmi.guestOs = os["prettyName"].text();
    if (vmi.guestOs.empty()) {
        vmi.guestOs = os["name"].text();
        if (const std::string version = os["version"].text(); !vmi.guestOs.empty() && !version.empty())
            vmi.guestOs += " " + version;
    }
    vmi.machineType = status["machine"]["type"].text();
    if (vmi.machineType.empty())
        vmi.machineType = spec["domain"]["machine"]["type"].text();
    vmi.evictionStrategy = spec["evictionStrategy"].text();
    vmi.clusterName = readLabel(object, "cluster.x-k8s.io/cluster-name");

    const Json migration = status["migrationState"];
    if (!migration["completed"].flag() && !migration["failed"].flag() &&
        migration["endTimestamp"].time() == 0)
        vmi.migrationTarget = migration["targetNode"].text();
    if (migration["failed"].flag()) {
        vmi.migrationFailure = migration["failureReason"].text();
        if (vmi.migrationFailure.empty())
            vmi.migrationFailure = "failed";
        vmi.migrationEnded = migration["endTimestamp"].time();
    }
    vmi.evacuationNode = status["evacuationNodeName"].text();

    status["interfaces"].each([&vmi](const Json& interface) {
        const auto take = [&vmi](const Json& address) {
            std::string ip = address.text();
            if (!ip.empty() && std::find(vmi.ips.begin(), vmi.ips.end(), ip) == vmi.ips.end())
                vmi.ips.push_back(std::move(ip));
        };
        take(interface["ipAddress"]);
        interface["ipAddresses"].each(take);
    });
    status["activePods"].eachMember([&vmi](std::string_view pod, const Json& node) {
        vmi.activePods.emplace(cleanText(pod), node.text());
    });

    spec["volumes"].each([&vmi](const Json& volume) { vmi.volumes.push_back(readVolume(volume)); });
    status["volumeStatus"].each([&vmi](const Json& state) {
        const std::string name = state["name"].text();
        auto found = std::find_if(vmi.volumes.begin(), vmi.volumes.end(),
                                  [&name](const stack::Volume& volume) { return volume.name == name; });
        if (found == vmi.volumes.end()) // plugged in meanwhile
            found = vmi.volumes.insert(vmi.volumes.end(), stack::Volume{name, {}, {}, {}, -1});
        found->phase = state["phase"].text();
        const Json claim = state["persistentVolumeClaimInfo"];
        if (const std::string claimName = claim["claimName"].text(); !claimName.empty())
            found->claim = claimName;
        found->sizeBytes = readQuantity(claim["capacity"]["storage"]);
        if (found->sizeBytes < 0)
            found->sizeBytes = readQuantity(state["size"]);
    });

    vmi.size = readDomainSize(spec["domain"]);
    if (const std::int64_t now = readTopologyMilli(status["currentCPUTopology"]); now >= 0)
        vmi.size.cpuMilli = now;
    for (const char* name : {"guestCurrent", "guestAtBoot"}) {
        if (const std::int64_t now = readQuantity(status["memory"][name]); now > 0) {
            vmi.size.memoryBytes = now;
            break;
        }
    }
    vmi.conditions = readConditions(status["conditions"]);
    return vmi;
}

} // namespace strata::feeds
