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
    volume.name = object["name"].common();
    object.eachMember([&volume](std::string_view key, const Json& source) {
        if (key == "name" || !volume.kind.empty() || !source.exists())
            return;
        volume.kind = SharedText::common(cleanText(key)); // the one other member names the source
        if (key == "persistentVolumeClaim")
            volume.claim = source["claimName"].kept();
        else if (key == "dataVolume")
            volume.claim = source["name"].kept(); // a DataVolume fills the claim of its own name
        else if (key == "ephemeral")
            volume.claim = source["persistentVolumeClaim"]["claimName"].kept();
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
    vmi.phase = status["phase"].common();
    vmi.nodeName = status["nodeName"].common();
    vmi.firmwareUuid = toLower(spec["domain"]["firmware"]["uuid"].text());
    const Json os = status["guestOSInfo"];
    vmi.guestOs = os["prettyName"].common();
    if (vmi.guestOs.empty()) {
        std::string name = os["name"].text();
        if (const std::string version = os["version"].text(); !name.empty() && !version.empty())
            name += " " + version;
        vmi.guestOs = SharedText::common(name);
    }
    vmi.machineType = status["machine"]["type"].common();
    if (vmi.machineType.empty())
        vmi.machineType = spec["domain"]["machine"]["type"].common();
    vmi.evictionStrategy = spec["evictionStrategy"].common();
    vmi.clusterName = readLabel(object, "cluster.x-k8s.io/cluster-name");

    const Json migration = status["migrationState"];
    if (!migration["completed"].flag() && !migration["failed"].flag() &&
        migration["endTimestamp"].time() == 0)
        vmi.migrationTarget = migration["targetNode"].common();
    if (migration["failed"].flag()) {
        vmi.migrationFailure = migration["failureReason"].common();
        if (vmi.migrationFailure.empty())
            vmi.migrationFailure = "failed";
        vmi.migrationEnded = migration["endTimestamp"].time();
    }
    vmi.evacuationNode = status["evacuationNodeName"].common();

    status["interfaces"].each([&vmi](const Json& interface) {
        const auto take = [&vmi](const Json& address) {
            SharedText ip = address.kept();
            if (!ip.empty() && std::find(vmi.ips.begin(), vmi.ips.end(), ip) == vmi.ips.end())
                vmi.ips.push_back(std::move(ip));
        };
        take(interface["ipAddress"]);
        interface["ipAddresses"].each(take);
    });
    status["activePods"].eachMember([&vmi](std::string_view pod, const Json& node) {
        vmi.activePods.push_back({SharedText(cleanText(pod)), node.common()});
    });

    spec["volumes"].each([&vmi](const Json& volume) { vmi.volumes.push_back(readVolume(volume)); });
    status["volumeStatus"].each([&vmi](const Json& state) {
        const SharedText name = state["name"].common();
        auto found = std::find_if(vmi.volumes.begin(), vmi.volumes.end(),
                                  [&name](const stack::Volume& volume) { return volume.name == name; });
        if (found == vmi.volumes.end()) // plugged in meanwhile
            found = vmi.volumes.insert(vmi.volumes.end(), stack::Volume{name, {}, {}, {}, -1});
        found->phase = state["phase"].common();
        const Json claim = state["persistentVolumeClaimInfo"];
        if (const SharedText claimName = claim["claimName"].kept();
            !claimName.empty() && claimName != found->claim)
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
    vmi.ips.shrink_to_fit();
    vmi.volumes.shrink_to_fit();
    return vmi;
}

} // namespace strata::feeds
