// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/health.h"
#include "ui/details/pages/builders.h"
#include "ui/details/reachtext.h"

namespace strata::ui {

using namespace stack;

void tenantClusterPage(const PageContext& context, Page& page)
{
    const ClusterFact* cluster = context.facts.cluster;
    if (cluster == nullptr)
        return;
    Card card = facts("cluster", Details::tr("Tenant cluster"));
    row(card, Details::tr("Phase"), text(cluster->phase),
        cluster->phase == "Failed" ? TextRole::Failed : TextRole::Text);
    row(card, Details::tr("Kubernetes"), text(context.item.version));
    row(card, Details::tr("Namespace"), text(cluster->meta.ns));
    row(card, Details::tr("Endpoint"), text(cluster->endpoint));
    row(card, Details::tr("Pod network"), text(cluster->podCidr));
    row(card, Details::tr("Service network"), text(cluster->serviceCidr));
    if (!cluster->infrastructureKind.empty())
        row(card, Details::tr("Infrastructure"),
            QStringLiteral("%1/%2").arg(text(cluster->infrastructureKind),
                                        text(cluster->infrastructureName)));
    if (cluster->paused)
        row(card, Details::tr("Paused"), Details::tr("yes"), TextRole::Warning,
            Details::tr("Cluster API does not act on this cluster."));
    conditionRow(card, Details::tr("Available"), cluster->conditions, "Available", context.now);
    row(card, Details::tr("Age"), ageOf(cluster->meta.created, context.now));
    add(page, std::move(card));

    if (const ControlPlaneFact* plane = context.facts.controlPlane) {
        Card control = facts("controlplane", Details::tr("Control plane"));
        row(control, Details::tr("Name"), text(plane->meta.name));
        if (plane->replicas >= 0)
            row(control, Details::tr("Machines ready"),
                QStringLiteral("%1/%2").arg(std::max(plane->readyReplicas, 0)).arg(plane->replicas),
                plane->readyReplicas < plane->replicas ? TextRole::Warning : TextRole::Text);
        row(control, Details::tr("Version"), text(plane->version));
        yesNo(control, Details::tr("Initialised"), plane->initialized, TextRole::Progressing);
        add(page, std::move(control));
    }

    Card api = facts("api", Details::tr("Inner Kubernetes API"));
    const std::string key = cluster->meta.ns + "/" + cluster->meta.name;
    for (const SourceId id : context.stack.sources()) {
        const SourceState* source = context.stack.source(id);
        if (source == nullptr || source->kind != SourceKind::InnerCluster || source->clusterKey != key ||
            source->outer != context.item.source)
            continue;
        TextRole role = TextRole::Text;
        const QString link = linkText(*source, context.now, role);
        row(api, Details::tr("Connection"), link, role);
        if (source->phase != LinkPhase::Connecting)
            row(api, Details::tr("Way"), reachText(reachOf(*source)), TextRole::Text,
                Details::tr("How far the way to the API server goes: the first ✗ says what to look at"));
        if (source->tunnelled)
            row(api, Details::tr("Tunnel"), Details::tr("through the outer cluster's API"), TextRole::Text,
                Details::tr(
                    "The server itself cannot be reached from here, a machine of its control plane can"));
        if (source->readiness == Readiness::NotReady)
            row(api, Details::tr("Not ready"), text(source->notReady), TextRole::Warning,
                Details::tr("What the server's own /readyz says: these of its checks fail"));
        row(api, Details::tr("Server"), text(source->address));
        row(api, Details::tr("Version"), text(source->version));
        row(api, Details::tr("Error"), text(source->error.text), TextRole::Failed,
            text(source->error.detail));
        for (const KindState& kind : source->kinds)
            row(api, text(kind.kind), text(kind.error.text), TextRole::Warning, text(kind.error.detail));
    }
    if (api.facts.empty())
        row(api, Details::tr("Connection"), Details::tr("not connected"), TextRole::Muted,
            Details::tr("No kubeconfig of this cluster has been found yet."));
    add(page, std::move(api));

    Card load = facts("load", Details::tr("Size"));
    const Item& item = context.item;
    row(load, Details::tr("vCPU"), cpuText(item.capacity.cpuMilli));
    row(load, Details::tr("Memory"), memoryText(item.capacity.memoryBytes));
    if (context.item.used.cpuMilli >= 0)
        row(load, Details::tr("CPU used"),
            share(context.item.used.cpuMilli, context.item.capacity.cpuMilli, &cpuText));
    if (context.item.used.memoryBytes >= 0)
        row(load, Details::tr("Memory used"),
            share(context.item.used.memoryBytes, context.item.capacity.memoryBytes, &memoryText));
    const SourceState* inner = context.facts.innerSource;
    if (inner != nullptr && inner->parked)
        row(load, Details::tr("Pods"),
            item.morePods ? Details::tr("not counted yet") : Details::tr("%1, counted").arg(item.pods),
            TextRole::Text,
            Details::tr("Of many tenants, the pods of those that nobody looks at are only counted; they are "
                        "followed within seconds of a look"));
    else
        row(load, Details::tr("Pods"), podsText(item));
    add(page, std::move(load));
}

} // namespace strata::ui
