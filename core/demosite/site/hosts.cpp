// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/site/write.h"

namespace strata::demosite {

std::vector<std::pair<std::string, std::string>> hostDocuments(const SitePlan& plan)
{
    std::vector<std::pair<std::string, std::string>> out;
    std::vector<std::vector<const VmPlan*>> guests(plan.hosts.size());
    for (const VmPlan& vm : plan.vms)
        guests[vm.host].push_back(&vm);
    for (std::size_t i = 0; i < plan.hosts.size(); ++i) {
        const HostPlan& host = plan.hosts[i];
        std::string xml = "<node>\n";
        for (const VmPlan* const guest : guests[i]) {
            const VmPlan& vm = *guest;
            if (host.node.empty())
                continue;
            const std::string& ns = plan.tenants[vm.tenant].name;
            // runstate is a virDomainState: 1 running, 3 paused.
            xml += "<domain type='test'><name>" + ns + "_" + vm.name + "</name><uuid>" +
                   plan.uid("firmware/" + ns + "/" + vm.name) + "</uuid><memory unit='GiB'>" +
                   std::to_string(vm.memoryGiB) + "</memory><vcpu>" + std::to_string(vm.cpus) +
                   "</vcpu><os><type arch='x86_64'>hvm</type></os>"
                   "<test:runstate xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>" +
                   (vm.state == VmState::Paused ? "3" : "1") + "</test:runstate></domain>\n";
        }
        // Two NUMA nodes of one socket each, two threads a core.
        xml += "<cpu><mhz>2450</mhz><model>AMD EPYC 7003</model><active>" + std::to_string(host.cpus) +
               "</active><nodes>2</nodes><sockets>1</sockets><cores>" + std::to_string(host.cpus / 4) +
               "</cores><threads>2</threads></cpu>\n<memory>" +
               std::to_string(std::int64_t{host.memoryGiB} * 1024 * 1024) + "</memory>\n</node>\n";
        out.emplace_back(host.name + ".xml", std::move(xml));
    }
    return out;
}

} // namespace strata::demosite
