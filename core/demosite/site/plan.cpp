// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/site/plan.h"

#include <cstdio>

namespace strata::demosite {
namespace {

std::uint64_t mix(std::uint64_t value)
{
    value ^= value >> 33U;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 33U;
    value *= 0xc4ceb9fe1a85ec53ULL;
    return value ^ (value >> 33U);
}

std::uint64_t hashOf(std::uint32_t seed, const std::string& text)
{
    std::uint64_t hash = 1469598103934665603ULL ^ (std::uint64_t{seed} * 0x9E3779B97F4A7C15ULL);
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return mix(hash);
}

std::string twoDigits(std::size_t number)
{
    char text[24];
    std::snprintf(text, sizeof text, "%02zu", number);
    return text;
}

void addVm(SitePlan& plan, std::size_t tenant, bool controlPlane, std::size_t host, int cpus, int memoryGiB,
           const std::string& ending = {}, VmState state = VmState::Running)
{
    TenantPlan& owner = plan.tenants[tenant];
    VmPlan vm;
    const std::string key = owner.name + "/" + std::to_string(owner.vms.size());
    const std::string end = ending.empty() ? plan.suffix("vm/" + key) : ending;
    vm.name = (controlPlane ? owner.name + "-cp" : owner.machineSet) + "-" + end;
    vm.tenant = tenant;
    vm.controlPlane = controlPlane;
    vm.cpus = cpus;
    vm.memoryGiB = memoryGiB;
    vm.host = host;
    vm.state = state;
    const std::size_t number = plan.vms.size();
    vm.address = "10." + std::to_string(244 + number / 50000 % 8) + "." +
                 std::to_string(number / 200 % 250 + 2) + "." + std::to_string(number % 200 + 31);
    owner.vms.push_back(number);
    plan.vms.push_back(std::move(vm));
}

std::size_t addTenant(SitePlan& plan, const std::string& name)
{
    TenantPlan tenant;
    tenant.name = name;
    tenant.machineSet = name + "-md-0-" + plan.suffix("machineset/" + name);
    plan.tenants.push_back(std::move(tenant));
    return plan.tenants.size() - 1;
}

void addHost(SitePlan& plan, int cpus, int memoryGiB, bool joined)
{
    HostPlan host;
    const std::size_t number = plan.hosts.size() + 1;
    host.name = "metal-" + twoDigits(number);
    host.cpus = cpus;
    host.memoryGiB = memoryGiB;
    if (joined)
        host.node = "outer-" + std::to_string(number);
    host.address = "10.20." + std::to_string(number / 200) + "." + std::to_string(number % 200 + 10);
    host.uuid = plan.uid("host/" + host.name);
    plan.hosts.push_back(std::move(host));
}

// The drawing of the main window.
void small(SitePlan& plan)
{
    addHost(plan, 64, 512, true);
    addHost(plan, 64, 512, true);
    addHost(plan, 96, 768, true);
    addHost(plan, 96, 768, false);
    plan.hosts[1].pressed = true;
    const std::size_t blue = addTenant(plan, "blue");
    const std::size_t green = addTenant(plan, "green");
    const std::size_t red = addTenant(plan, "red");
    const std::size_t ochre = addTenant(plan, "ochre");
    const std::size_t slate = addTenant(plan, "slate");
    addVm(plan, blue, true, 0, 8, 96, "x7k2p");
    addVm(plan, blue, false, 0, 16, 160, "w4n8d");
    addVm(plan, blue, false, 1, 16, 190, "x8k2p", VmState::Paused);
    addVm(plan, green, true, 1, 8, 112);
    addVm(plan, green, false, 2, 8, 88);
    addVm(plan, green, false, 1, 16, 144, {}, VmState::Booting);
    addVm(plan, red, true, 2, 8, 88);
    addVm(plan, red, false, 0, 8, 104);
    addVm(plan, red, false, 2, 8, 88);
    addVm(plan, ochre, true, 2, 8, 88);
    addVm(plan, ochre, false, 2, 8, 88);
    addVm(plan, slate, true, 2, 8, 88);
    addVm(plan, slate, false, 0, 8, 56);
}

void big(SitePlan& plan, std::size_t hosts, std::size_t tenants, std::size_t vmsEach)
{
    for (std::size_t i = 0; i < hosts; ++i)
        addHost(plan, i % 3 == 2 ? 96 : 64, i % 3 == 2 ? 512 : 384, true);
    std::size_t next = 0;
    for (std::size_t i = 0; i < tenants; ++i) {
        char name[32];
        std::snprintf(name, sizeof name, "tenant-%04zu", i + 1);
        const std::size_t tenant = addTenant(plan, name);
        const std::size_t planes = vmsEach >= 6 ? 3 : 1;
        for (std::size_t v = 0; v < vmsEach; ++v) {
            const bool controlPlane = v < planes;
            VmState state = VmState::Running;
            if (!controlPlane && v + 1 == vmsEach && mix(plan.seed * 7919ULL + i) % 40 == 0)
                state = VmState::Paused;
            addVm(plan, tenant, controlPlane, next++ % hosts, 4, controlPlane ? 16 : 24, {}, state);
        }
    }
    plan.hosts[1].pressed = true;
}

} // namespace

std::string SitePlan::uid(const std::string& what) const
{
    const std::uint64_t a = hashOf(seed, what);
    const std::uint64_t b = hashOf(seed + 1, what);
    char text[40];
    std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%012llx", static_cast<unsigned>(a >> 32U),
                  static_cast<unsigned>(a >> 16U & 0xFFFFU), static_cast<unsigned>(a & 0xFFFU),
                  static_cast<unsigned>((b >> 48U & 0x3FFFU) | 0x8000U),
                  static_cast<unsigned long long>(b & 0xFFFFFFFFFFFFULL));
    return text;
}

std::uint64_t SitePlan::seedFor(const std::string& what) const
{
    return hashOf(seed + 3, what) | 1U;
}

std::string SitePlan::suffix(const std::string& what, std::size_t length) const
{
    static constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
    std::uint64_t hash = hashOf(seed + 2, what);
    std::string out;
    for (std::size_t i = 0; i < length; ++i) {
        out += alphabet[hash % alphabet.size()];
        hash = hash / alphabet.size() + (i == 8 ? mix(hash) : 0);
    }
    return out;
}

std::string SitePlan::ago(long seconds) const
{
    return formatRfc3339(now - UnixMs{seconds} * 1000);
}

long tenantAge(std::size_t tenant)
{
    return 86400L * (3 + static_cast<long>(tenant % 17));
}

SitePlan makePlan(Size size, std::uint32_t seed, UnixMs now)
{
    SitePlan plan;
    plan.name = "rack-a";
    plan.version = "v1.34.1";
    plan.innerVersion = "v1.33.4";
    plan.seed = seed;
    plan.now = now;
    switch (size) {
    case Size::Small:
        small(plan);
        break;
    case Size::Large:
        big(plan, 200, 200, 10);
        break;
    case Size::Huge:
        big(plan, 1000, 1000, 10);
        break;
    }
    return plan;
}

void makeBare(SitePlan& plan)
{
    plan.bare = true;
    plan.tenants.clear();
    plan.vms.clear();
    for (HostPlan& host : plan.hosts)
        host.pressed = false;
}

} // namespace strata::demosite
