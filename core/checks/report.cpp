// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checks/report.h"

#include "core/base/quantity.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::checks {
namespace {

using Json = nlohmann::ordered_json;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("strata::checks", text), values);
}

std::string word(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Pass:
        return tr("passes");
    case Verdict::Warn:
        return tr("warning");
    case Verdict::Fail:
        return tr("fails");
    case Verdict::Unknown:
        break;
    }
    return tr("cannot tell");
}

// A byte a character but for the continuation bytes of UTF-8: what a terminal shows of our texts.
std::size_t width(const std::string& text)
{
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string text, std::size_t to)
{
    const std::size_t have = width(text);
    if (have < to)
        text.append(to - have, ' ');
    return text;
}

std::string count(std::size_t number, const std::string& one, const std::string& many)
{
    return arguments(number == 1 ? one : many, {std::to_string(number)});
}

// "Dell Inc. PowerEdge R750 · Intel Xeon … · 2 sockets, 64 CPUs · 512 GiB"
std::string machine(const Subject& subject)
{
    std::vector<std::string> parts;
    const auto add = [&parts](std::string part) {
        if (!part.empty())
            parts.push_back(std::move(part));
    };
    if (subject.libvirt) {
        const virt::Inventory& inventory = *subject.libvirt;
        const virt::HostFacts& host = inventory.host;
        add(inventory.vendor.empty() ? inventory.product : inventory.vendor + " " + inventory.product);
        add(inventory.guestCpuModel.empty() ? host.cpuModel : inventory.guestCpuModel);
        if (host.cpus > 0)
            add(count(host.sockets, tr("%1 socket"), tr("%1 sockets")) + ", " +
                count(host.cpus, tr("%1 CPU"), tr("%1 CPUs")));
        if (host.memoryBytes > 0)
            add(formatBytes(host.memoryBytes));
        if (host.numaNodes > 1)
            add(tr("%1 NUMA nodes", {std::to_string(host.numaNodes)}));
        if (!host.hypervisor.empty())
            add(host.hypervisor + " " + host.hypervisorVersion + ", libvirt " + host.libvirtVersion);
    } else if (subject.metal) {
        add(subject.metal->vendor + " " + subject.metal->product);
        add(subject.metal->cpuModel);
    } else if (subject.node) {
        add(tr("node %1", {subject.node->name}));
    }
    std::string out;
    for (const std::string& part : parts)
        out += (out.empty() ? "" : " · ") + part;
    return out;
}

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

const char* answer(virt::Answer value)
{
    return value == virt::Answer::Yes ? "yes" : value == virt::Answer::No ? "no" : "unknown";
}

Json inventoryJson(const virt::Inventory& inventory)
{
    const virt::HostFacts& host = inventory.host;
    Json out = {{"vendor", inventory.vendor},
                {"product", inventory.product},
                {"bios", inventory.bios},
                {"arch", host.arch},
                {"cpuModel", host.cpuModel},
                {"guestCpuModel", inventory.guestCpuModel},
                {"sockets", host.sockets},
                {"cpus", host.cpus},
                {"numaNodes", host.numaNodes},
                {"memoryBytes", host.memoryBytes},
                {"hypervisor", host.hypervisor},
                {"hypervisorVersion", host.hypervisorVersion},
                {"libvirtVersion", host.libvirtVersion},
                {"kvm", host.kvmUsable},
                {"nested", answer(inventory.nested)},
                {"hostPassthrough", answer(inventory.hostPassthrough)},
                {"iommu", answer(inventory.iommu)},
                {"iommuGroups", inventory.iommuGroups}};
    Json disks = Json::array();
    for (const virt::Disk& disk : inventory.disks)
        disks.push_back(
            {{"device", disk.device}, {"model", disk.model}, {"bytes", disk.bytes}, {"nvme", disk.nvme}});
    Json nics = Json::array();
    for (const virt::Nic& nic : inventory.nics)
        nics.push_back({{"interface", nic.interface},
                        {"mbits", nic.mbits},
                        {"linkUp", nic.linkUp},
                        {"virtualFunctions", nic.virtualFunctions}});
    Json pools = Json::array();
    for (const virt::Pool& pool : inventory.pools)
        pools.push_back({{"name", pool.name},
                         {"type", pool.type},
                         {"path", pool.path},
                         {"active", pool.active},
                         {"capacityBytes", pool.capacityBytes},
                         {"availableBytes", pool.availableBytes}});
    Json pages = Json::array();
    for (const virt::HugePages& size : inventory.hugePages)
        pages.push_back({{"pageBytes", size.pageBytes}, {"count", size.count}});
    out["disks"] = std::move(disks);
    out["nics"] = std::move(nics);
    out["pools"] = std::move(pools);
    out["hugePages"] = std::move(pages);
    return out;
}

std::vector<Check> all(const std::vector<HostReport>& reports)
{
    std::vector<Check> out;
    for (const HostReport& report : reports)
        out.insert(out.end(), report.checks.begin(), report.checks.end());
    return out;
}

std::string summary(const std::vector<Check>& checks)
{
    std::size_t failed = 0;
    std::size_t warned = 0;
    std::size_t unknown = 0;
    for (const Check& check : checks) {
        failed += check.verdict == Verdict::Fail ? 1 : 0;
        warned += check.verdict == Verdict::Warn ? 1 : 0;
        unknown += check.verdict == Verdict::Unknown ? 1 : 0;
    }
    std::string out = tr("%1 of %2 checks pass", {std::to_string(checks.size() - failed - warned - unknown),
                                                  std::to_string(checks.size())});
    if (failed > 0)
        out += ", " + count(failed, tr("%1 fails"), tr("%1 fail"));
    if (warned > 0)
        out += ", " + count(warned, tr("%1 warning"), tr("%1 warnings"));
    if (unknown > 0)
        out += ", " + tr("%1 cannot be told", {std::to_string(unknown)});
    return out;
}

} // namespace

std::string printText(const std::vector<HostReport>& reports, const Profile& profile)
{
    std::string out;
    for (const HostReport& report : reports) {
        out += (out.empty() ? "" : "\n") + report.subject.name + "\n";
        if (const std::string line = machine(report.subject); !line.empty())
            out += "  " + line + "\n";
        std::size_t verdicts = 0;
        std::size_t titles = 0;
        std::size_t values = 0;
        for (const Check& check : report.checks) {
            verdicts = std::max(verdicts, width(word(check.verdict)));
            titles = std::max(titles, width(check.title));
            values = std::max(values, width(check.value));
        }
        out += "\n";
        for (const Check& check : report.checks) {
            out += "  " + padded(word(check.verdict), verdicts) + "  " + padded(check.title, titles) + "  " +
                   padded(check.value.empty() ? "–" : check.value, values) + "  " +
                   tr("wanted: %1", {check.wanted}) + "\n";
            if (check.verdict == Verdict::Pass)
                continue;
            const std::string indent(verdicts + 4, ' ');
            if (!check.reason.empty())
                out += indent + check.reason + "\n";
            for (const std::string& command : check.commands)
                out += indent + "$ " + command + "\n";
        }
        out += "\n  " + tr("%1 (profile “%2”).", {summary(report.checks), profile.name}) + "\n";
    }
    return out;
}

std::string printJson(const std::vector<HostReport>& reports, const Profile& profile)
{
    Json hosts = Json::array();
    for (const HostReport& report : reports) {
        Json checks = Json::array();
        for (const Check& check : report.checks)
            checks.push_back({{"id", check.id},
                              {"title", check.title},
                              {"verdict", toString(check.verdict)},
                              {"value", check.value},
                              {"wanted", check.wanted},
                              {"reason", check.reason},
                              {"commands", check.commands},
                              {"source", check.source}});
        Json host = {{"name", report.subject.name}, {"verdict", toString(worst(report.checks))}};
        host["inventory"] = report.subject.libvirt ? inventoryJson(*report.subject.libvirt) : Json();
        host["checks"] = std::move(checks);
        hosts.push_back(std::move(host));
    }
    const Json out = {
        {"profile", profile.name}, {"verdict", toString(worst(all(reports)))}, {"hosts", std::move(hosts)}};
    return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string printHtml(const std::vector<HostReport>& reports, const Profile& profile, const std::string& date)
{
    std::string out = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
                      escaped(tr("Host checks")) +
                      "</title>\n<style>\nbody{font:14px/1.5 Inter,system-ui,sans-serif;margin:2rem "
                      "auto;max-width:72rem;padding:0 1rem;"
                      "color:#1b2028;background:#fff}\nh1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2."
                      "5rem}p{margin:.3rem 0;color:#566}\n"
                      "table{border-collapse:collapse;width:100%;margin-top:1rem}th,td{text-align:left;"
                      "vertical-align:top;padding:.4rem .7rem;"
                      "border-bottom:1px solid #e3e6ea}th{font-weight:600;color:#566}\npre{margin:.3rem "
                      "0;padding:.4rem .6rem;background:#f4f5f7;"
                      "border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font:12px/1.5 "
                      "'JetBrains Mono',monospace}\n"
                      ".pass{color:#15803d}.warn{color:#b45309}.fail{color:#be123c;font-weight:600}.unknown{"
                      "color:#6b7280}\n"
                      "@media(prefers-color-scheme:dark){body{background:#15181d;color:#e6e8eb}th,p{color:#"
                      "9aa3ad}th,td{border-color:#2c323a}"
                      "pre{background:#20252c}.pass{color:#4ade80}.warn{color:#fbbf24}.fail{color:#fb7185}."
                      "unknown{color:#9aa3ad}}\n"
                      "</style></head><body>\n<h1>" +
                      escaped(tr("Host checks")) + "</h1>\n<p>" +
                      escaped(tr("Profile “%1”, %2. %3.", {profile.name, date, summary(all(reports))})) +
                      "</p>\n";
    if (reports.size() > 1) { // side by side
        out += "<table><tr><th></th>";
        for (const HostReport& report : reports)
            out += "<th>" + escaped(report.subject.name) + "</th>";
        out += "</tr>\n";
        for (std::size_t row = 0; row < reports[0].checks.size(); ++row) {
            out += "<tr><td>" + escaped(reports[0].checks[row].title) + "</td>";
            for (const HostReport& report : reports) {
                const auto same =
                    std::find_if(report.checks.begin(), report.checks.end(),
                                 [&](const Check& check) { return check.id == reports[0].checks[row].id; });
                out += same == report.checks.end()
                           ? "<td></td>"
                           : "<td class=\"" + std::string(toString(same->verdict)) + "\">" +
                                 escaped(same->value.empty() ? word(same->verdict) : same->value) + "</td>";
            }
            out += "</tr>\n";
        }
        out += "</table>\n";
    }
    for (const HostReport& report : reports) {
        out += "<h2>" + escaped(report.subject.name) + "</h2>\n<p>" + escaped(machine(report.subject)) +
               "</p>\n<table><tr><th>" + escaped(tr("Check")) + "</th><th>" + escaped(tr("Found")) +
               "</th><th>" + escaped(tr("Wanted")) + "</th><th>" + escaped(tr("Verdict")) + "</th></tr>\n";
        for (const Check& check : report.checks) {
            out += "<tr><td>" + escaped(check.title) + "</td><td>" +
                   escaped(check.value.empty() ? "–" : check.value) + "</td><td>" + escaped(check.wanted) +
                   "</td><td><span class=\"" + toString(check.verdict) + "\">" +
                   escaped(word(check.verdict)) + "</span>";
            if (check.verdict != Verdict::Pass) {
                if (!check.reason.empty())
                    out += "<p>" + escaped(check.reason) + "</p>";
                for (const std::string& command : check.commands)
                    out += "<pre>" + escaped(command) + "</pre>";
            }
            out += "</td></tr>\n";
        }
        out += "</table>\n";
    }
    return out + "</body></html>\n";
}

} // namespace strata::checks
