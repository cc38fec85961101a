// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/consoletargets.h"

#include "ui/widgets/text.h"

#include <QCoreApplication>

#include <algorithm>

namespace strata::ui {

using namespace stack;

namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(ConsoleTargets)
};

PodTarget podTarget(SourceId source, const PodFact& pod)
{
    return {source, pod.meta.ns, pod.meta.name, pod.phase == "Running" && pod.meta.deleting == 0};
}

void addHost(const Stack& stack, ItemId domain, ConsoleTargets& out)
{
    const Item* item = stack.find(domain);
    const DomainFact* fact = item != nullptr ? stack.facts(domain).domain : nullptr;
    if (fact == nullptr)
        return;
    if (fact->state != "running" && fact->state != "blocked" && fact->state != "paused") {
        if (out.noConsole.isEmpty())
            out.noConsole = Words::tr("The domain does not run: there is nothing at its serial line.");
        return;
    }
    out.host = HostConsole{item->source, fact->uuid, fact->name};
}

void addGuest(const Stack& stack, ItemId vm, ConsoleTargets& out)
{
    const Item* item = stack.find(vm);
    const ItemFacts facts = stack.facts(vm);
    if (item == nullptr)
        return;
    for (const ItemId other : stack.related(vm)) {
        const Item* found = stack.find(other);
        if (found != nullptr && found->kind == ItemKind::Domain)
            addHost(stack, other, out);
    }
    const std::string tenant = !item->tenant.empty()  ? item->tenant
                               : facts.vmi != nullptr ? facts.vmi->clusterName
                                                      : std::string();
    const Meta* meta = facts.vm != nullptr    ? &facts.vm->meta
                       : facts.vmi != nullptr ? &facts.vmi->meta
                                              : nullptr;
    if (meta != nullptr && !tenant.empty())
        out.bootstrap = GuestConsole{item->source,
                                     {meta->ns, meta->name},
                                     facts.vmi != nullptr ? facts.vmi->meta.uid : std::string(),
                                     tenant};
    if (facts.vmi == nullptr)
        out.noConsole = Words::tr("The VM does not run: it has no serial line now.");
    else if (facts.vmi->phase != "Running")
        out.noConsole = Words::tr("The VM is in phase %1: its serial line is there once it runs.")
                            .arg(shown(facts.vmi->phase));
    else
        out.guest = GuestConsole{
            item->source, {facts.vmi->meta.ns, facts.vmi->meta.name}, facts.vmi->meta.uid, tenant};
    if (facts.launcher != nullptr) {
        out.launcher = true;
        out.pods.push_back(podTarget(item->source, *facts.launcher));
    }
    if (out.pods.empty())
        out.noLogs = Words::tr("No virt-launcher pod runs this VM.");
}

ItemId vmOf(const Stack& stack, ItemId id, ItemKind kind)
{
    const Item* item = stack.find(id);
    if (kind == ItemKind::InnerNode) {
        const Item* parent = stack.find(item->parentIn(Tree::Stack));
        return parent != nullptr && parent->kind == ItemKind::Vm ? parent->id : ItemId();
    }
    for (const ItemId other : stack.related(id)) {
        const Item* found = stack.find(other);
        if (found != nullptr && found->kind == ItemKind::Vm)
            return other;
    }
    return {};
}

void addNode(const Stack& stack, const Item& item, ConsoleTargets& out)
{
    const ItemFacts facts = stack.facts(item.id);
    const KubeNodeFact* node = facts.innerNode != nullptr ? facts.innerNode : facts.outerNode;
    if (node != nullptr)
        out.node = NodeTarget{item.source, node->meta.name};
}

} // namespace

std::optional<std::pair<SourceId, console::MeasureTarget>> measureTarget(const Stack& stack, ItemId id)
{
    using Kind = console::MeasureTarget::Kind;
    const Item* item = stack.find(id);
    if (item == nullptr)
        return std::nullopt;
    const ItemFacts facts = stack.facts(id);
    console::MeasureTarget out;
    switch (item->kind) {
    case ItemKind::Host:
        if (facts.host == nullptr)
            return std::nullopt;
        out.kind = Kind::Host;
        break;
    case ItemKind::Domain:
        if (facts.domain == nullptr)
            return std::nullopt;
        out.kind = Kind::Domain;
        out.name = facts.domain->uuid;
        break;
    case ItemKind::OuterNode:
    case ItemKind::InnerNode: {
        const KubeNodeFact* node = item->kind == ItemKind::OuterNode ? facts.outerNode : facts.innerNode;
        if (node == nullptr)
            return std::nullopt;
        out.kind = Kind::Node;
        out.name = node->meta.name;
        break;
    }
    case ItemKind::Vm:
        if (facts.vmi == nullptr)
            return std::nullopt;
        out.kind = Kind::Guest;
        out.ns = facts.vmi->meta.ns;
        out.name = facts.vmi->meta.name;
        out.node = facts.vmi->nodeName;
        if (facts.launcher != nullptr)
            out.pods.push_back(facts.launcher->meta.name);
        break;
    case ItemKind::Workload:
        if (facts.pods.empty())
            return std::nullopt;
        out.kind = Kind::Pods;
        out.ns = facts.pods.front()->meta.ns;
        out.node = facts.pods.front()->nodeName;
        for (const PodFact* pod : facts.pods)
            out.pods.push_back(pod->meta.name);
        break;
    default:
        return std::nullopt;
    }
    return std::make_pair(item->source, std::move(out));
}

ConsoleTargets consoleTargets(const Stack& stack, ItemId id)
{
    ConsoleTargets out;
    const Item* item = stack.find(id);
    if (item == nullptr) {
        out.noLogs = out.noShell = out.noConsole = out.noScreen = out.noForward =
            Words::tr("Select something first.");
        out.noNode = out.noSsh = out.noBootstrap = out.noLogs;
        return out;
    }
    out.title = shown(item->name);
    if (item->kind == ItemKind::InnerNode || item->kind == ItemKind::OuterNode)
        addNode(stack, *item, out);
    if (!out.node)
        out.noNode = Words::tr("Select a node of a cluster: the shell is one on the node itself.");
    switch (item->kind) {
    case ItemKind::Workload: {
        for (const PodFact* pod : stack.facts(id).pods)
            out.pods.push_back(podTarget(item->source, *pod));
        std::stable_sort(out.pods.begin(), out.pods.end(), [](const PodTarget& a, const PodTarget& b) {
            return a.running != b.running ? a.running : a.name < b.name;
        });
        out.noConsole = Words::tr("A pod has no serial line; open a shell in it.");
        if (out.pods.empty())
            out.noLogs = Words::tr("The workload has no pods.");
        break;
    }
    case ItemKind::Vm:
        addGuest(stack, id, out);
        break;
    case ItemKind::InnerNode:
    case ItemKind::Machine: {
        const ItemId vm = vmOf(stack, id, item->kind);
        if (vm) {
            out.title = shown(stack.find(vm)->name);
            addGuest(stack, vm, out);
        } else {
            out.noLogs = out.noConsole = Words::tr("No VM is known for it.");
        }
        break;
    }
    case ItemKind::Domain: {
        addHost(stack, id, out);
        const ItemId vm = vmOf(stack, id, item->kind);
        if (vm)
            addGuest(stack, vm, out);
        else
            out.noLogs = Words::tr("A domain writes no log that can be read from here.");
        break;
    }
    case ItemKind::Host:
    case ItemKind::OuterNode:
        out.noConsole = Words::tr("A machine's own console is not reached through libvirt or Kubernetes.");
        out.noLogs = Words::tr("Select a workload or a VM: a node has no log of its own here.");
        break;
    default:
        out.noLogs = out.noConsole = Words::tr("Select one of its machines or workloads.");
        break;
    }
    if (!out.guest && !out.host)
        out.noScreen = out.noConsole;
    if (!out.bootstrap)
        out.noBootstrap = Words::tr("Select a machine of a tenant cluster: how it became a node is shown.");
    if (!out.guest)
        out.noSsh = item->kind == ItemKind::Workload || out.noConsole.isEmpty()
                        ? Words::tr("SSH leads into VMs of KubeVirt, through a forwarded port.")
                        : out.noConsole;
    if (item->kind == ItemKind::Workload)
        out.noScreen = Words::tr("A pod has no screen; open a shell in it.");
    if (out.guest || out.host)
        out.noConsole.clear();
    if (!out.pods.empty())
        out.noLogs.clear();
    const bool running =
        std::any_of(out.pods.begin(), out.pods.end(), [](const PodTarget& pod) { return pod.running; });
    if (!out.guest && (out.launcher || !running))
        out.noForward = out.launcher       ? out.noSsh
                        : out.pods.empty() ? out.noLogs
                                           : Words::tr("None of its pods runs.");
    if (!running)
        out.noShell = out.pods.empty() ? out.noLogs : Words::tr("None of its pods runs.");
    return out;
}

} // namespace strata::ui
