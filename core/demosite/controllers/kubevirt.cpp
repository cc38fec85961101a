// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/kubevirt.h"

#include "core/base/quantity.h"

#include <algorithm>

namespace strata::demosite::kubevirt {

std::vector<ObjectPtr> launchers(const Store& store, const Object& vmi)
{
    std::vector<ObjectPtr> out;
    for (const ObjectPtr& pod : store.list(coreKind("pods"), vmi.ns)) {
        if (lookUp(pod->labels, "kubevirt.io/created-by") == vmi.uid)
            out.push_back(pod);
    }
    return out;
}

std::vector<std::string> claims(const Json& vmi)
{
    std::vector<std::string> out;
    const Json* volumes = find(vmi, "spec.volumes");
    if (volumes == nullptr || !volumes->is_array())
        return out;
    for (const Json& volume : *volumes) {
        for (const char* path : {"dataVolume.name", "persistentVolumeClaim.claimName"}) {
            if (!text(volume, path).empty())
                out.push_back(text(volume, path));
        }
    }
    return out;
}

namespace {

std::int64_t guestBytes(const Json& vmi)
{
    for (const char* path : {"spec.domain.memory.guest", "spec.domain.resources.requests.memory"}) {
        if (const auto bytes = parseQuantity(text(vmi, path)))
            return *bytes;
    }
    return 1024LL * 1024 * 1024;
}

} // namespace

long long cpus(const Json& vmi)
{
    long long out = 1;
    for (const char* path : {"spec.domain.cpu.cores", "spec.domain.cpu.sockets", "spec.domain.cpu.threads"})
        out *= std::max(1LL, number(vmi, path).value_or(1));
    return std::min(out, 256LL);
}

Json launcherPod(const Object& object, const Json& vmi)
{
    const std::string& name = object.name;
    Json labels = part(vmi, "metadata").value("labels", Json::object());
    labels["kubevirt.io"] = "virt-launcher";
    labels["kubevirt.io/created-by"] = object.uid;
    labels["vm.kubevirt.io/name"] = name;
    labels["vmi.kubevirt.io/id"] = name;
    labels.erase("kubevirt.io/nodeName");
    // A tenth of the guest's CPUs (cpuAllocationRatio 10), its memory and what QEMU needs beside.
    const Json devices = {{"devices.kubevirt.io/kvm", "1"},
                          {"devices.kubevirt.io/tun", "1"},
                          {"devices.kubevirt.io/vhost-net", "1"}};
    Json requests = {{"cpu", std::to_string(cpus(vmi) * 100) + "m"},
                     {"memory", std::to_string(guestBytes(vmi) / (1024 * 1024) + 320) + "Mi"}};
    for (const auto& [device, count] : devices.items())
        requests[device] = count;
    Json volumes = Json::array();
    for (const std::string& claim : claims(vmi))
        volumes.push_back({{"name", claim}, {"persistentVolumeClaim", {{"claimName", claim}}}});
    Json pod = {{"metadata",
                 {{"generateName", "virt-launcher-" + name.substr(0, 43) + "-"},
                  {"namespace", object.ns},
                  {"labels", labels},
                  {"annotations",
                   {{"kubevirt.io/domain", name}, {"kubectl.kubernetes.io/default-container", "compute"}}},
                  {"ownerReferences", Json::array({ownerOf(object)})}}},
                {"spec",
                 {{"restartPolicy", "Never"},
                  {"nodeSelector", {{"kubevirt.io/schedulable", "true"}}},
                  {"containers",
                   Json::array({{{"name", "compute"},
                                 {"image", kLauncher},
                                 {"resources", {{"requests", requests}, {"limits", devices}}}},
                                {{"name", "guest-console-log"},
                                 {"image", kLauncher},
                                 {"resources", {{"requests", {{"cpu", "5m"}, {"memory", "35Mi"}}}}}}})}}}};
    if (!volumes.empty())
        pod["spec"]["volumes"] = std::move(volumes);
    for (const char* field : {"affinity", "tolerations", "priorityClassName"}) {
        if (const Json* value = find(vmi, std::string("spec.") + field))
            pod["spec"][field] = *value;
    }
    if (const Json* selector = find(vmi, "spec.nodeSelector"); selector != nullptr && selector->is_object()) {
        for (const auto& [label, value] : selector->items())
            pod["spec"]["nodeSelector"][label] = value;
    }
    return pod;
}

} // namespace strata::demosite::kubevirt
