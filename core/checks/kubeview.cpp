// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checks/kubeview.h"

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::checks {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostItems = 5000;

const Json& at(const Json& json, std::initializer_list<const char*> path)
{
    static const Json nothing;
    const Json* here = &json;
    for (const char* key : path) {
        if (!here->is_object())
            return nothing;
        const auto found = here->find(key);
        if (found == here->end())
            return nothing;
        here = &*found;
    }
    return *here;
}

std::string text(const Json& json)
{
    return json.is_string() ? cleanText(json.get<std::string>()) : std::string();
}

std::int64_t number(const Json& json, std::int64_t otherwise = -1)
{
    return json.is_number_integer() ? json.get<std::int64_t>() : otherwise;
}

template<typename Call>
void each(const Json& list, Call&& call)
{
    if (!list.is_array())
        return;
    std::size_t count = 0;
    for (const Json& one : list)
        if (one.is_object() && ++count <= kMostItems)
            call(one);
}

// How far a node's clock is ahead of the API server's, by its own lease; nullopt when that does not tell.
std::optional<std::int64_t> offsetOf(const Json& lease)
{
    const auto renewed = parseRfc3339(text(at(lease, {"spec", "renewTime"})));
    if (!renewed)
        return std::nullopt;
    std::optional<UnixMs> written;
    each(at(lease, {"metadata", "managedFields"}), [&](const Json& entry) {
        if (text(at(entry, {"manager"})) == "kubelet")
            written = parseRfc3339(text(at(entry, {"time"})));
    });
    if (!written)
        return std::nullopt;
    // The server cuts its time to whole seconds, so that up to one of them is no difference at all.
    const std::int64_t ahead = *renewed - *written;
    return ahead > 1000 ? ahead - 1000 : ahead < 0 ? ahead : 0;
}

std::string shortName(const std::string& name)
{
    return toLower(name.substr(0, name.find('.')));
}

} // namespace

std::vector<NodeView> nodeViewsOf(std::string_view nodes, std::string_view leases)
{
    std::map<std::string, std::int64_t> offsets;
    const Json leaseList = Json::parse(leases, nullptr, false);
    each(at(leaseList, {"items"}), [&](const Json& lease) {
        if (const auto offset = offsetOf(lease))
            offsets[text(at(lease, {"metadata", "name"}))] = *offset;
    });
    std::vector<NodeView> out;
    const Json list = Json::parse(nodes, nullptr, false);
    each(at(list, {"items"}), [&](const Json& node) {
        NodeView view;
        view.name = text(at(node, {"metadata", "name"}));
        if (view.name.empty())
            return;
        view.systemUuid = toLower(text(at(node, {"status", "nodeInfo", "systemUUID"})));
        view.kernelVersion = text(at(node, {"status", "nodeInfo", "kernelVersion"}));
        if (const auto memory = parseQuantity(text(at(node, {"status", "capacity", "memory"}))))
            view.memoryBytes = *memory;
        const Json& allocatable = at(node, {"status", "allocatable"});
        if (allocatable.is_object())
            for (const auto& [name, amount] : allocatable.items())
                if (const auto value = parseQuantity(text(amount)); value && isCleanText(name))
                    view.allocatable[name] = *value;
        const Json& labels = at(node, {"metadata", "labels"});
        if (labels.is_object())
            for (const auto& [name, value] : labels.items())
                if (isCleanText(name))
                    view.labels[name] = text(value);
        if (const auto found = offsets.find(view.name); found != offsets.end())
            view.clockOffsetMs = found->second;
        out.push_back(std::move(view));
    });
    return out;
}

std::vector<BareMetalView> metalViewsOf(std::string_view hosts)
{
    std::vector<BareMetalView> out;
    const Json list = Json::parse(hosts, nullptr, false);
    each(at(list, {"items"}), [&](const Json& host) {
        const Json& hardware = at(host, {"status", "hardware"});
        if (!hardware.is_object())
            return; // not inspected yet
        BareMetalView view;
        view.name = text(at(host, {"metadata", "name"}));
        view.hostname = text(at(hardware, {"hostname"}));
        view.vendor = text(at(hardware, {"systemVendor", "manufacturer"}));
        view.product = text(at(hardware, {"systemVendor", "productName"}));
        view.arch = text(at(hardware, {"cpu", "arch"}));
        view.cpuModel = text(at(hardware, {"cpu", "model"}));
        const Json& flags = at(hardware, {"cpu", "flags"});
        if (flags.is_array())
            for (const Json& flag : flags)
                view.cpuFlags.push_back(text(flag));
        if (const std::int64_t mebibytes = number(at(hardware, {"ramMebibytes"})); mebibytes > 0)
            view.memoryBytes = mebibytes << 20;
        each(at(hardware, {"nics"}), [&](const Json& nic) {
            virt::Nic made;
            made.interface = text(at(nic, {"name"}));
            if (const std::int64_t gbps = number(at(nic, {"speedGbps"}), 0); gbps > 0 && gbps < 10'000) {
                made.mbits = static_cast<int>(gbps * 1000);
                made.linkUp = true;
            }
            view.nics.push_back(std::move(made));
        });
        each(at(hardware, {"storage"}), [&](const Json& disk) {
            virt::Disk made;
            made.device = text(at(disk, {"name"}));
            made.model = text(at(disk, {"model"}));
            made.bytes = number(at(disk, {"sizeBytes"}));
            made.nvme = text(at(disk, {"type"})) == "NVME" || made.device.find("nvme") != std::string::npos;
            view.disks.push_back(std::move(made));
        });
        out.push_back(std::move(view));
    });
    return out;
}

void addKubernetes(std::vector<Subject>& subjects, const std::vector<NodeView>& nodes,
                   const std::vector<BareMetalView>& metal)
{
    const auto find = [&subjects](const std::string& uuid,
                                  std::initializer_list<std::string> names) -> Subject* {
        for (Subject& subject : subjects) {
            if (!uuid.empty() && subject.libvirt && subject.libvirt->host.uuid == uuid)
                return &subject;
        }
        for (Subject& subject : subjects)
            for (const std::string& name : names)
                if (!name.empty() && (shortName(subject.name) == shortName(name) ||
                                      (subject.node && shortName(subject.node->name) == shortName(name))))
                    return &subject;
        return nullptr;
    };
    for (const NodeView& node : nodes) {
        Subject* subject = find(node.systemUuid, {node.name});
        if (subject == nullptr) {
            subjects.emplace_back();
            subject = &subjects.back();
            subject->name = node.name;
        }
        subject->node = node;
    }
    for (const BareMetalView& host : metal) {
        Subject* subject = find({}, {host.hostname, host.name});
        if (subject == nullptr) {
            subjects.emplace_back();
            subject = &subjects.back();
            subject->name = host.name;
        }
        subject->metal = host;
    }
}

} // namespace strata::checks
