// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/pages/builders.h"

namespace strata::ui {

using namespace stack;

void innerNodePage(const PageContext& context, Page& page)
{
    const KubeNodeFact* node = context.facts.innerNode;
    if (node == nullptr)
        return;
    add(page, nodeCard(context, *node));
    add(page, vmCard(context));
    Card machine = machineCard(context);
    if (context.facts.machine != nullptr)
        add(page, std::move(machine));

    const Item& item = context.item;
    Card load = facts("load", Details::tr("Capacity"));
    row(load, Details::tr("CPU requested"), share(item.allocated.cpuMilli, item.capacity.cpuMilli, &cpuText));
    row(load, Details::tr("Memory requested"),
        share(item.allocated.memoryBytes, item.capacity.memoryBytes, &memoryText));
    row(load, Details::tr("Pods"),
        item.morePods           ? Details::tr("not followed now")
        : node->podCapacity > 0 ? Details::tr("%1 of %2").arg(item.pods).arg(node->podCapacity)
                                : QString::number(item.pods));
    for (const char* type : {"MemoryPressure", "DiskPressure", "PIDPressure"})
        conditionRow(load, QString::fromLatin1(type), node->conditions, type, context.now);
    add(page, std::move(load));
}

} // namespace strata::ui
