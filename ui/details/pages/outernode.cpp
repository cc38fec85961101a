// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/pages/builders.h"

namespace strata::ui {

using namespace stack;

void outerNodePage(const PageContext& context, Page& page)
{
    const KubeNodeFact* node = context.facts.outerNode;
    if (node == nullptr)
        return;
    add(page, nodeCard(context, *node));

    const Item& item = context.item;
    Card load = facts("load", Details::tr("Capacity"));
    row(load, Details::tr("CPU requested"), share(item.allocated.cpuMilli, item.capacity.cpuMilli, &cpuText));
    if (item.used.cpuMilli >= 0)
        row(load, Details::tr("CPU used"), share(item.used.cpuMilli, item.capacity.cpuMilli, &cpuText));
    row(load, Details::tr("Memory requested"),
        share(item.allocated.memoryBytes, item.capacity.memoryBytes, &memoryText));
    if (item.used.memoryBytes >= 0)
        row(load, Details::tr("Memory used"),
            share(item.used.memoryBytes, item.capacity.memoryBytes, &memoryText));
    row(load, Details::tr("Pod limit"), countText(node->podCapacity));
    for (const char* type : {"MemoryPressure", "DiskPressure", "PIDPressure"})
        conditionRow(load, QString::fromLatin1(type), node->conditions, type, context.now);
    add(page, std::move(load));

    Card kubevirt = facts("kubevirt", Details::tr("KubeVirt"));
    row(kubevirt, Details::tr("VMs"), QString::number(item.childrenIn(Tree::Stack).size()));
    row(kubevirt, Details::tr("KVM devices"), countText(node->kvmDevices),
        node->kvmDevices == 0 ? TextRole::Failed : TextRole::Text);
    if (!node->kubevirtSchedulable.empty())
        yesNo(kubevirt, Details::tr("Takes VMs"), node->kubevirtSchedulable == "true");
    row(kubevirt, Details::tr("Pods above it"), podsText(item));
    row(kubevirt, Details::tr("System UUID"), text(node->systemUuid));
    add(page, std::move(kubevirt));
}

} // namespace strata::ui
