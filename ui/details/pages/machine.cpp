// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/pages/builders.h"

namespace strata::ui {

using namespace stack;

void machinePage(const PageContext& context, Page& page)
{
    const MachineFact* machine = context.facts.machine;
    if (machine == nullptr)
        return;
    Card card = machineCard(context);
    row(card, Details::tr("Node"), text(machine->nodeName));
    row(card, Details::tr("Age"), ageOf(machine->meta.created, context.now));
    add(page, std::move(card));

    Card infra = facts("infrastructure", Details::tr("Infrastructure"));
    if (!machine->infrastructureName.empty())
        row(infra, text(machine->infrastructureKind), text(machine->infrastructureName));
    if (context.facts.kubevirtMachine != nullptr) {
        yesNo(infra, Details::tr("Ready"), context.facts.kubevirtMachine->ready, TextRole::Progressing);
        row(infra, Details::tr("VM namespace"), text(context.facts.kubevirtMachine->vmNamespace));
    }
    add(page, std::move(infra));
    add(page, vmCard(context));
}

} // namespace strata::ui
