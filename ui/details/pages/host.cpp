// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/pages/builders.h"

namespace strata::ui {

using namespace stack;

void hostPage(const PageContext& context, Page& page)
{
    if (const HostFact* host = context.facts.host) {
        Card card = facts("host", Details::tr("Bare metal"));
        row(card, Details::tr("Host name"), text(host->hostname));
        QString cpu = text(host->cpuModel);
        if (!host->cpuVendor.empty())
            cpu = (text(host->cpuVendor) + QLatin1Char(' ') + cpu).trimmed();
        row(card, Details::tr("Processor"), cpu);
        if (host->sockets > 0)
            row(card, Details::tr("Topology"),
                QStringLiteral("%1 × %2 × %3")
                    .arg(host->sockets)
                    .arg(host->coresPerSocket)
                    .arg(host->threadsPerCore),
                TextRole::Text, Details::tr("sockets × cores × threads"));
        if (host->numaNodes > 0)
            row(card, Details::tr("NUMA nodes"), QString::number(host->numaNodes));
        if (host->cpus > 0)
            row(card, Details::tr("Logical CPUs"),
                host->mhz > 0 ? Details::tr("%1 at %2 MHz").arg(host->cpus).arg(host->mhz)
                              : QString::number(host->cpus));
        row(card, Details::tr("Memory"), memoryText(host->memoryBytes));
        row(card, Details::tr("Architecture"), text(host->arch));
        row(card, Details::tr("UUID"), text(host->uuid));
        add(page, std::move(card));

        Card virtualization = facts("virtualization", Details::tr("Virtualization"));
        row(virtualization, Details::tr("Hypervisor"),
            (text(host->hypervisor) + QLatin1Char(' ') + text(host->hypervisorVersion)).trimmed());
        row(virtualization, Details::tr("libvirt"), text(host->libvirtVersion));
        yesNo(virtualization, Details::tr("KVM usable"), host->kvmUsable, TextRole::Failed);
        yesNo(virtualization, Details::tr("Hardware virtualization"), host->hardwareVirtualization,
              TextRole::Muted);
        if (const SourceState* source = context.stack.source(context.item.source)) {
            TextRole role = TextRole::Text;
            const QString link = linkText(*source, context.now, role);
            row(virtualization, Details::tr("Connection"), link, role, text(source->error.text));
        }
        row(virtualization, Details::tr("URI"), text(host->uri));
        add(page, std::move(virtualization));
    }

    Card load = facts("load", Details::tr("Load"));
    const Item& item = context.item;
    row(load, Details::tr("CPU requested"), share(item.allocated.cpuMilli, item.capacity.cpuMilli, &cpuText));
    if (item.used.cpuMilli >= 0)
        row(load, Details::tr("CPU used"), share(item.used.cpuMilli, item.capacity.cpuMilli, &cpuText));
    row(load, Details::tr("Memory requested"),
        share(item.allocated.memoryBytes, item.capacity.memoryBytes, &memoryText));
    if (item.used.memoryBytes >= 0)
        row(load, Details::tr("Memory used"),
            share(item.used.memoryBytes, item.capacity.memoryBytes, &memoryText));
    row(load, Details::tr("Domains"), QString::number(item.childrenIn(Tree::Hosts).size()));
    row(load, Details::tr("Pods above it"), podsText(item));
    add(page, std::move(load));
}

} // namespace strata::ui
