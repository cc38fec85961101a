// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/pages/builders.h"

namespace strata::ui {

using namespace stack;

void controlPlanePage(const PageContext& context, Page& page)
{
    const ControlPlaneFact* plane = context.facts.controlPlane;
    if (plane == nullptr)
        return;
    Card card = facts("controlplane", Details::tr("Control plane"));
    row(card, Details::tr("Name"), text(plane->meta.name));
    row(card, Details::tr("Cluster"), text(plane->clusterName));
    row(card, Details::tr("Version"), text(plane->version));
    if (plane->replicas >= 0)
        row(card, Details::tr("Machines ready"),
            QStringLiteral("%1/%2").arg(std::max(plane->readyReplicas, 0)).arg(plane->replicas),
            plane->readyReplicas < plane->replicas ? TextRole::Warning : TextRole::Text);
    yesNo(card, Details::tr("Initialised"), plane->initialized, TextRole::Progressing);
    if (plane->replicas > 0) {
        // etcd keeps its quorum with more than half of its members.
        const int spare = (plane->replicas - 1) / 2;
        row(card, Details::tr("May lose"),
            spare == 0   ? Details::tr("no machine")
            : spare == 1 ? Details::tr("1 machine")
                         : Details::tr("%n machines", nullptr, spare),
            spare == 0 ? TextRole::Muted : TextRole::Text,
            Details::tr("How many of its machines may fail before etcd stops."));
    }
    conditionRow(card, Details::tr("Available"), plane->conditions, "Available", context.now);
    row(card, Details::tr("Age"), ageOf(plane->meta.created, context.now));
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
