// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/pages/builders.h"

namespace strata::ui {

using namespace stack;

void workerPoolPage(const PageContext& context, Page& page)
{
    const MachineDeploymentFact* pool = context.facts.machineDeployment;
    if (pool == nullptr)
        return;
    Card card = facts("pool", Details::tr("Worker pool"));
    row(card, Details::tr("Cluster"), text(pool->clusterName));
    row(card, Details::tr("Phase"), text(pool->phase),
        pool->phase == "Failed" ? TextRole::Failed : TextRole::Text);
    row(card, Details::tr("Version"), text(pool->version));
    if (pool->replicas >= 0)
        row(card, Details::tr("Machines ready"),
            QStringLiteral("%1/%2").arg(std::max(pool->readyReplicas, 0)).arg(pool->replicas),
            pool->readyReplicas < pool->replicas ? TextRole::Warning : TextRole::Text);
    conditionRow(card, Details::tr("Available"), pool->conditions, "Available", context.now);
    row(card, Details::tr("Namespace"), text(pool->meta.ns));
    row(card, Details::tr("Age"), ageOf(pool->meta.created, context.now));
    add(page, std::move(card));

    Card load = facts("load", Details::tr("Size"));
    row(load, Details::tr("vCPU"), cpuText(context.item.capacity.cpuMilli));
    row(load, Details::tr("Memory"), memoryText(context.item.capacity.memoryBytes));
    if (context.item.used.cpuMilli >= 0)
        row(load, Details::tr("CPU used"),
            share(context.item.used.cpuMilli, context.item.capacity.cpuMilli, &cpuText));
    if (context.item.used.memoryBytes >= 0)
        row(load, Details::tr("Memory used"),
            share(context.item.used.memoryBytes, context.item.capacity.memoryBytes, &memoryText));
    row(load, Details::tr("Pods"), podsText(context.item));
    add(page, std::move(load));
}

} // namespace strata::ui
