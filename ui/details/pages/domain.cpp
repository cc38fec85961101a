// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/pages/builders.h"

namespace strata::ui {

using namespace stack;

void domainPage(const PageContext& context, Page& page)
{
    const DomainFact* domain = context.facts.domain;
    if (domain == nullptr)
        return;
    Card card = facts("domain", Details::tr("libvirt domain"));
    row(card, Details::tr("State"), text(domain->state),
        context.item.health >= Health::Warning ? roleOf(context.item.health) : TextRole::Text);
    row(card, Details::tr("Reason"), text(domain->stateReason));
    if (domain->vcpus > 0)
        row(card, Details::tr("vCPU"), QString::number(domain->vcpus));
    row(card, Details::tr("Memory"), memoryText(domain->memoryBytes));
    row(card, Details::tr("UUID"), text(domain->uuid));
    if (context.facts.host != nullptr)
        row(card, Details::tr("Host"), text(context.facts.host->hostname));
    add(page, std::move(card));
}

} // namespace strata::ui
