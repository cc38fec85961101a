// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/pages/builders.h"

namespace strata::ui {

using namespace stack;

void vmPage(const PageContext& context, Page& page)
{
    const ItemFacts& f = context.facts;
    add(page, vmCard(context));
    if (f.vmi != nullptr && f.vmi->phase == "Running") {
        Card screen;
        screen.kind = Card::Kind::Screen;
        screen.id = QStringLiteral("screen");
        screen.title = Details::tr("Screen");
        screen.item = context.item.id;
        page.cards.push_back(std::move(screen));
    }
    add(page, machineCard(context));

    Card runs = facts("launcher", Details::tr("Where it runs"));
    if (f.launcher != nullptr) {
        row(runs, Details::tr("Launcher pod"), text(f.launcher->meta.name));
        row(runs, Details::tr("Pod phase"), text(f.launcher->phase),
            f.launcher->ready ? TextRole::Text : TextRole::Warning, text(f.launcher->reason));
        row(runs, Details::tr("Containers ready"),
            QStringLiteral("%1/%2").arg(f.launcher->readyContainers).arg(f.launcher->containers));
        if (f.launcher->restarts > 0)
            row(runs, Details::tr("Restarts"), QString::number(f.launcher->restarts), TextRole::Warning);
    }
    if (f.vmi != nullptr) {
        row(runs, Details::tr("Machine type"), text(f.vmi->machineType));
        row(runs, Details::tr("Eviction strategy"), text(f.vmi->evictionStrategy));
        conditionRow(runs, Details::tr("Guest agent"), f.vmi->conditions, "AgentConnected", context.now);
        row(runs, Details::tr("Firmware UUID"), text(f.vmi->firmwareUuid));
    }
    row(runs, Details::tr("Age"), ageOf(context.item.created, context.now));
    add(page, std::move(runs));

    if (f.vmi != nullptr && f.vmi->volumes.size() > 1) {
        Card volumes = facts("volumes", Details::tr("Volumes"));
        for (const Volume& volume : f.vmi->volumes) {
            QString value = volume.claim.empty() ? text(volume.kind) : text(volume.claim);
            if (volume.sizeBytes >= 0)
                value += QStringLiteral(" · ") + memoryText(volume.sizeBytes);
            row(volumes, text(volume.name), value, TextRole::Text, text(volume.phase));
        }
        add(page, std::move(volumes));
    }
}

} // namespace strata::ui
