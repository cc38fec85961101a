// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/capacity.h"

#include "core/base/quantity.h"
#include "core/base/translate.h"
#include "core/stack/amount.h"
#include "core/stack/health.h"
#include "core/stack/print.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>

namespace strata::diagnosis {

using namespace stack;

namespace {

using nlohmann::json;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Capacity", text), values);
}

std::int64_t rest(std::int64_t whole, std::int64_t part)
{
    return whole < 0 ? -1 : std::max<std::int64_t>(whole - std::max<std::int64_t>(part, 0), 0);
}

// Why Kubernetes or KubeVirt place no new VM here; empty when they do.
std::string refusal(const KubeNodeFact& node)
{
    if (node.meta.deleting != 0)
        return say("being deleted");
    if (!isTrue(node.conditions, "Ready"))
        return say("not ready");
    if (node.unschedulable)
        return say("cordoned");
    if (node.kubevirtSchedulable == "false")
        return say("KubeVirt does not use it");
    if (node.kvmDevices == 0)
        return say("no KVM");
    for (const std::string& taint : node.taints) {
        if (taint.ends_with(":NoSchedule") || taint.ends_with(":NoExecute"))
            return say("tainted: %1", {taint});
    }
    return {};
}

struct Collector {
    const Stack& stack;
    Capacity out;
    std::map<std::string, TenantShare> tenants;
    std::map<Layer, LayerSum> layers;
    double vcpuSeen = 0;
    double cpuRequested = 0;
    std::int64_t overhead = 0;

    void visit(ItemId id, const Item* node, const Item* host)
    {
        const Item* item = stack.find(id);
        if (item == nullptr)
            return;
        switch (item->kind) {
        case ItemKind::Host:
            host = item;
            layer(*item);
            break;
        case ItemKind::OuterNode:
            node = item;
            layer(*item);
            room(*item, host);
            break;
        case ItemKind::Vm:
            layer(*item);
            vm(*item);
            break;
        case ItemKind::InnerNode:
        case ItemKind::Workload:
            layer(*item);
            break;
        default:
            break;
        }
        for (const ItemId child : item->childrenIn(Tree::Stack))
            visit(child, node, host);
    }

    void layer(const Item& item)
    {
        LayerSum& sum = layers[item.layer];
        sum.layer = item.layer;
        ++sum.count;
        add(sum.capacity, item.capacity);
        add(sum.requested, item.allocated);
        add(sum.used, item.used);
    }

    void room(const Item& item, const Item* host)
    {
        NodeRoom room;
        room.node = item.id;
        room.name = item.name;
        room.host = host != nullptr ? host->name : std::string();
        room.allocatable = item.capacity;
        room.requested = item.allocated;
        room.used = item.used;
        room.free = {rest(item.capacity.cpuMilli, item.allocated.cpuMilli),
                     rest(item.capacity.memoryBytes, item.allocated.memoryBytes)};
        for (const ItemId child : item.childrenIn(Tree::Stack))
            room.vms += stack.find(child)->kind == ItemKind::Vm ? 1 : 0;
        const ItemFacts facts = stack.facts(item.id);
        if (facts.outerNode != nullptr) {
            room.whyNot = refusal(*facts.outerNode);
            room.takesVms = room.whyNot.empty();
            if (facts.outerNode->podCapacity >= 0)
                room.podsFree = static_cast<int>(facts.outerNode->podCapacity);
        }
        out.nodes.push_back(std::move(room));
    }

    void vm(const Item& item)
    {
        TenantShare& share = tenants[item.tenantKey];
        share.key = item.tenantKey;
        share.name = item.tenant;
        ++share.vms;
        add(share.size, item.capacity);
        add(share.used, item.used);
        const ItemFacts facts = stack.facts(item.id);
        if (facts.launcher == nullptr || facts.launcher->requests.memoryBytes <= 0 ||
            item.capacity.cpuMilli <= 0 || item.capacity.memoryBytes <= 0)
            return;
        vcpuSeen += double(item.capacity.cpuMilli);
        cpuRequested += double(std::max<std::int64_t>(facts.launcher->requests.cpuMilli, 0));
        overhead +=
            std::max<std::int64_t>(facts.launcher->requests.memoryBytes - item.capacity.memoryBytes, 0);
        ++out.launcher.seen;
    }
};

json amountJson(const Amount& amount)
{
    json out = json::object();
    if (amount.cpuMilli >= 0)
        out["cpuMilli"] = amount.cpuMilli;
    if (amount.memoryBytes >= 0)
        out["memoryBytes"] = amount.memoryBytes;
    return out;
}

std::string percent(std::int64_t part, std::int64_t whole)
{
    if (part < 0 || whole <= 0)
        return "–";
    return std::to_string((part * 100 + whole / 2) / whole) + " %";
}

std::string bytesOr(std::int64_t bytes)
{
    return bytes < 0 ? "–" : formatBytes(bytes);
}

std::string cpuOr(std::int64_t milli)
{
    return milli < 0 ? "–" : formatCpu(milli);
}

std::string padded(std::string text, std::size_t width)
{
    std::size_t shown = 0; // code points: columns of what is printed here
    for (const char c : text)
        shown += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    if (shown < width)
        text.append(width - shown, ' ');
    return text;
}

std::string factor(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

} // namespace

Capacity capacityOf(const Stack& stack)
{
    Collector collector{stack, {}, {}, {}};
    for (const ItemId root : stack.roots(Tree::Stack))
        collector.visit(root, nullptr, nullptr);
    Capacity out = std::move(collector.out);
    for (auto& [layer, sum] : collector.layers)
        out.layers.push_back(sum);
    std::sort(out.nodes.begin(), out.nodes.end(),
              [](const NodeRoom& a, const NodeRoom& b) { return naturalLess(a.name, b.name); });
    Amount whole;
    for (const NodeRoom& node : out.nodes)
        add(whole, node.allocatable);
    Amount guests;
    for (auto& [key, share] : collector.tenants) {
        add(guests, share.size);
        if (whole.memoryBytes > 0 && share.size.memoryBytes > 0)
            share.memoryShare = double(share.size.memoryBytes) / double(whole.memoryBytes);
        out.tenants.push_back(std::move(share));
    }
    std::stable_sort(out.tenants.begin(), out.tenants.end(), [](const TenantShare& a, const TenantShare& b) {
        return a.size.memoryBytes > b.size.memoryBytes;
    });
    if (whole.cpuMilli > 0 && guests.cpuMilli > 0)
        out.cpuOvercommit = double(guests.cpuMilli) / double(whole.cpuMilli);
    if (whole.memoryBytes > 0 && guests.memoryBytes > 0)
        out.memoryOvercommit = double(guests.memoryBytes) / double(whole.memoryBytes);
    if (out.launcher.seen > 0) {
        out.launcher.cpuPerVcpu = collector.cpuRequested / collector.vcpuSeen;
        out.launcher.memoryOverhead = collector.overhead / out.launcher.seen;
    }
    return out;
}

Fit howManyFit(const Capacity& capacity, Amount size)
{
    Fit out;
    const auto cpu = static_cast<std::int64_t>(
        std::ceil(double(std::max<std::int64_t>(size.cpuMilli, 0)) * capacity.launcher.cpuPerVcpu));
    const std::int64_t memory =
        std::max<std::int64_t>(size.memoryBytes, 0) + capacity.launcher.memoryOverhead;
    if (memory <= 0)
        return out;
    for (const NodeRoom& node : capacity.nodes) {
        if (!node.takesVms || node.free.memoryBytes < 0)
            continue;
        std::int64_t count = node.free.memoryBytes / memory;
        if (cpu > 0 && node.free.cpuMilli >= 0)
            count = std::min(count, node.free.cpuMilli / cpu);
        // A guest cannot have more CPUs than the machine, whatever is requested for it.
        if (node.allocatable.cpuMilli >= 0 && size.cpuMilli > node.allocatable.cpuMilli)
            count = 0;
        out.stranded += node.free.memoryBytes - count * memory;
        if (count > 0)
            out.where.emplace_back(node.node, static_cast<int>(count));
        out.count += static_cast<int>(count);
    }
    std::stable_sort(out.where.begin(), out.where.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return out;
}

std::string sizeText(Amount size)
{
    return say("%1 vCPU / %2", {cpuOr(size.cpuMilli), bytesOr(size.memoryBytes)});
}

std::string capacityText(const Capacity& capacity, const Stack& stack, const std::vector<Amount>& sizes)
{
    std::string out = padded(say("LAYER"), 14) + padded(say("COUNT"), 8) + padded(say("CPU"), 10) +
                      padded(say("REQUESTED"), 12) + padded(say("USED"), 8) + padded(say("MEMORY"), 12) +
                      padded(say("REQUESTED"), 12) + say("USED") + "\n";
    for (const LayerSum& sum : capacity.layers)
        out += padded(toString(sum.layer), 14) + padded(std::to_string(sum.count), 8) +
               padded(cpuOr(sum.capacity.cpuMilli), 10) +
               padded(percent(sum.requested.cpuMilli, sum.capacity.cpuMilli), 12) +
               padded(percent(sum.used.cpuMilli, sum.capacity.cpuMilli), 8) +
               padded(bytesOr(sum.capacity.memoryBytes), 12) +
               padded(percent(sum.requested.memoryBytes, sum.capacity.memoryBytes), 12) +
               percent(sum.used.memoryBytes, sum.capacity.memoryBytes) + "\n";
    out += "\n" + padded(say("NODE"), 20) + padded(say("HOST"), 16) + padded(say("VMS"), 6) +
           padded(say("CPU FREE"), 12) + padded(say("MEMORY FREE"), 14) + say("TAKES VMS") + "\n";
    for (const NodeRoom& node : capacity.nodes)
        out += padded(node.name, 20) + padded(node.host.empty() ? "–" : node.host, 16) +
               padded(std::to_string(node.vms), 6) + padded(cpuOr(node.free.cpuMilli), 12) +
               padded(bytesOr(node.free.memoryBytes), 14) +
               (node.takesVms ? say("yes") : say("no: %1", {node.whyNot})) + "\n";
    if (!capacity.tenants.empty()) {
        out += "\n" + padded(say("TENANT"), 20) + padded(say("VMS"), 6) + padded(say("VCPU"), 10) +
               padded(say("MEMORY"), 12) + say("SHARE") + "\n";
        for (const TenantShare& share : capacity.tenants)
            out += padded(share.name.empty() ? say("(none)") : share.name, 20) +
                   padded(std::to_string(share.vms), 6) + padded(cpuOr(share.size.cpuMilli), 10) +
                   padded(bytesOr(share.size.memoryBytes), 12) +
                   std::to_string(static_cast<int>(std::lround(share.memoryShare * 100))) + " %\n";
    }
    if (capacity.cpuOvercommit > 0)
        out += "\n" +
               say("vCPUs to CPUs: %1, guest memory to memory: %2",
                   {factor(capacity.cpuOvercommit), factor(capacity.memoryOvercommit)}) +
               "\n";
    for (const Amount size : sizes) {
        const Fit fit = howManyFit(capacity, size);
        out += "\n" + say("%1 more VMs of %2 fit", {std::to_string(fit.count), sizeText(size)});
        std::string where;
        for (const auto& [node, count] : fit.where) {
            if (const Item* item = stack.find(node))
                where += (where.empty() ? "" : ", ") + item->name + " " + std::to_string(count);
        }
        out += where.empty() ? "." : ": " + where + ".";
        if (fit.stranded > 0)
            out +=
                " " + say("%1 of free memory is in pieces too small for one.", {formatBytes(fit.stranded)});
    }
    return out + "\n";
}

std::string capacityJson(const Capacity& capacity, const Stack& stack, const std::vector<Amount>& sizes)
{
    json layers = json::array();
    for (const LayerSum& sum : capacity.layers)
        layers.push_back({{"layer", toString(sum.layer)},
                          {"count", sum.count},
                          {"capacity", amountJson(sum.capacity)},
                          {"requested", amountJson(sum.requested)},
                          {"used", amountJson(sum.used)}});
    json nodes = json::array();
    for (const NodeRoom& node : capacity.nodes)
        nodes.push_back({{"name", node.name},
                         {"host", node.host},
                         {"vms", node.vms},
                         {"allocatable", amountJson(node.allocatable)},
                         {"requested", amountJson(node.requested)},
                         {"used", amountJson(node.used)},
                         {"free", amountJson(node.free)},
                         {"takesVms", node.takesVms},
                         {"whyNot", node.whyNot}});
    json tenants = json::array();
    for (const TenantShare& share : capacity.tenants)
        tenants.push_back({{"name", share.name},
                           {"vms", share.vms},
                           {"size", amountJson(share.size)},
                           {"used", amountJson(share.used)},
                           {"memoryShare", share.memoryShare}});
    json fits = json::array();
    for (const Amount size : sizes) {
        const Fit fit = howManyFit(capacity, size);
        json where = json::object();
        for (const auto& [node, count] : fit.where) {
            if (const Item* item = stack.find(node))
                where[item->name] = count;
        }
        fits.push_back({{"size", amountJson(size)},
                        {"count", fit.count},
                        {"where", std::move(where)},
                        {"strandedBytes", fit.stranded}});
    }
    const json out = {{"layers", std::move(layers)},
                      {"nodes", std::move(nodes)},
                      {"tenants", std::move(tenants)},
                      {"cpuOvercommit", capacity.cpuOvercommit},
                      {"memoryOvercommit", capacity.memoryOvercommit},
                      {"fits", std::move(fits)}};
    return out.dump(2, ' ', false, json::error_handler_t::replace);
}

} // namespace strata::diagnosis
