// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/health.h"
#include "core/stack/print.h"
#include "ui/details/pages/builders.h"

#include <algorithm>

namespace strata::ui {

using namespace stack;

void workloadPage(const PageContext& context, Page& page)
{
    const Item& item = context.item;
    Card card = facts("workload", Details::tr("Workload"));
    const std::vector<const PodFact*>& pods = context.facts.pods;
    unsigned ready = 0;
    unsigned restarts = 0;
    for (const PodFact* pod : pods) {
        ready += pod->ready ? 1U : 0U;
        restarts += pod->restarts;
    }
    QString kind = text(item.note);
    kind.truncate(kind.indexOf(QStringLiteral(" · ")) < 0 ? kind.size()
                                                          : kind.indexOf(QStringLiteral(" · ")));
    row(card, Details::tr("Kind"), kind);
    row(card, Details::tr("Namespace"), text(item.ns));
    row(card, Details::tr("Tenant cluster"), text(item.tenant));
    row(card, Details::tr("Pods ready"), QStringLiteral("%1/%2").arg(ready).arg(pods.size()),
        ready == pods.size() || item.health == Health::Ok ? TextRole::Text : roleOf(item.health));
    row(card, Details::tr("Restarts"), QString::number(restarts),
        restarts > 0 ? TextRole::Warning : TextRole::Text);
    if (context.facts.innerNode != nullptr)
        row(card, Details::tr("Inner node"), text(context.facts.innerNode->meta.name));
    row(card, Details::tr("Age"), ageOf(item.created, context.now));
    add(page, std::move(card));

    Card load = facts("load", Details::tr("Resources"));
    row(load, Details::tr("CPU requested"), cpuText(item.allocated.cpuMilli));
    row(load, Details::tr("CPU used"), cpuText(item.used.cpuMilli));
    row(load, Details::tr("Memory requested"), memoryText(item.allocated.memoryBytes));
    row(load, Details::tr("Memory used"), memoryText(item.used.memoryBytes));
    add(page, std::move(load));

    Card table;
    table.kind = Card::Kind::Pods;
    table.id = QStringLiteral("pods");
    table.title = Details::tr("Pods on this node");
    table.aside = QString::number(pods.size());
    table.wide = true;
    std::vector<const PodFact*> sorted = pods;
    const auto healthOf = [](const PodFact* pod) { return workloadVerdict({pod}).health; };
    std::sort(sorted.begin(), sorted.end(), [&](const PodFact* a, const PodFact* b) {
        const Health left = healthOf(a);
        const Health right = healthOf(b);
        return left != right ? left > right : naturalLess(a->meta.name, b->meta.name);
    });
    for (const PodFact* pod : sorted) {
        PodRow line;
        line.name = text(pod->meta.name);
        line.ready = QStringLiteral("%1/%2").arg(pod->readyContainers).arg(pod->containers);
        line.restarts = pod->restarts;
        line.status = pod->meta.deleting != 0 ? Details::tr("Terminating")
                      : pod->reason.empty()   ? text(pod->phase)
                                              : text(pod->reason);
        line.health = healthOf(pod);
        line.node = text(pod->nodeName);
        line.age = ageOf(pod->meta.created, context.now);
        line.reason = text(pod->message);
        table.pods.push_back(std::move(line));
    }
    add(page, std::move(table));
}

} // namespace strata::ui
