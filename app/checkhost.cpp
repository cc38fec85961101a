// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/checkhost.h"

#include "app/await.h"
#include "app/connections.h"
#include "app/execpermission.h"
#include "core/base/timestamp.h"
#include "core/base/translate.h"
#include "core/checks/drift.h"
#include "core/checks/kubeview.h"
#include "core/checks/report.h"
#include "core/demosite/demosite.h"
#include "core/kube/config/kubeconfig.h"
#include "core/kube/net/client.h"
#include "core/libvirt/inventory.h"

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace strata::app {
namespace {

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("strata::app", text), values);
}

// Shared with threads that may still hang in libvirt when the program has lost its patience.
struct Answers {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<std::optional<Result<virt::Inventory>>> of;
    std::size_t open = 0;
};

// The outer cluster's word on its hosts. Empty answers where a kind is not served.
Result<void> addCluster(const std::string& kubeconfig, const std::string& context, bool allowExec,
                        std::vector<checks::Subject>& subjects)
{
    const auto file = kube::Kubeconfig::load(kubeconfig);
    const auto config = file ? file->resolve(context) : tl::unexpected<Error>(file.error());
    if (!config)
        return tl::unexpected<Error>(config.error());
    kube::Network network;
    network.setExecPlugins(headlessExecPlugins(allowExec));
    const auto client = kube::Client::create(network, *config);
    const auto nodes = answerTo(*client, checks::kNodesPath);
    if (!nodes)
        return tl::unexpected<Error>(nodes.error());
    const auto leases = answerTo(*client, checks::kLeasesPath);
    const auto metal = answerTo(*client, checks::kMetalPath);
    checks::addKubernetes(subjects, checks::nodeViewsOf(nodes->body, leases ? leases->body : std::string()),
                          checks::metalViewsOf(metal ? metal->body : std::string()));
    return {};
}

// The kept verdicts of a report, by host.
Result<std::map<std::string, checks::KeptHost>> readReport(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file && text.empty())
        return fail(ErrorKind::Io, tr("The report %1 cannot be read.", {path}));
    return checks::readKept(text);
}

} // namespace

int runCheckHost(const CommandLine& line)
{
    std::unique_ptr<demosite::DemoSite> demo;
    std::vector<std::string> uris = line.hosts;
    if (line.demo) {
        auto started = demosite::DemoSite::start(line.site);
        if (!started) {
            std::cerr << "strata: " << started.error().text << "\n";
            return 2;
        }
        demo = std::move(*started);
        for (const demosite::DemoSite::HostEntry& host : demo->hosts())
            uris.push_back(host.uri);
    }
    const auto answers = std::make_shared<Answers>();
    answers->of.resize(uris.size());
    answers->open = uris.size();
    for (std::size_t i = 0; i < uris.size(); ++i) {
        virt::takeInventory(uris[i], [answers, i](Result<virt::Inventory> inventory) {
            const std::lock_guard lock(answers->mutex);
            answers->of[i] = std::move(inventory);
            --answers->open;
            answers->came.notify_all();
        });
    }
    bool good = true;
    std::vector<checks::Subject> subjects;
    {
        std::unique_lock lock(answers->mutex);
        answers->came.wait_for(lock, std::chrono::seconds(line.timeoutSeconds),
                               [&] { return answers->open == 0; });
        for (std::size_t i = 0; i < uris.size(); ++i) {
            const std::optional<Result<virt::Inventory>>& answer = answers->of[i];
            if (answer && *answer) {
                checks::Subject subject;
                subject.libvirt = **answer;
                subject.name =
                    subject.libvirt->host.hostname.empty() ? uris[i] : subject.libvirt->host.hostname;
                subjects.push_back(std::move(subject));
                continue;
            }
            good = false;
            if (!answer) {
                std::cerr << "strata: "
                          << tr("%1 did not answer within %2 s.",
                                {uris[i], std::to_string(line.timeoutSeconds)})
                          << "\n";
            } else {
                const Error& error = answer->error();
                std::cerr << "strata: " << error.text
                          << (error.detail.empty() ? "" : " (" + error.detail + ")") << "\n";
            }
        }
    }
    if (!line.kubeconfig.empty()) {
        if (const auto added = addCluster(line.kubeconfig, line.context, line.allowExec, subjects); !added) {
            good = false;
            std::cerr << "strata: " << added.error().text
                      << (added.error().detail.empty() ? "" : " (" + added.error().detail + ")") << "\n";
        }
    }
    const checks::Profile& profile = *checks::Profile::named(line.profile);
    std::vector<checks::HostReport> reports;
    for (checks::Subject& subject : subjects)
        reports.push_back({subject, checks::checkHost(subject, profile)});
    if (reports.size() > 1) {
        const std::vector<checks::Check> fleet = checks::checkFleet(subjects);
        for (std::size_t i = 0; i < reports.size(); ++i)
            reports[i].checks.push_back(fleet[i]);
    }
    std::cout << (line.json ? checks::printJson(reports, profile) + "\n"
                            : checks::printText(reports, profile));
    std::cout.flush();
    if (!line.html.empty()) {
        std::ofstream file(line.html, std::ios::binary);
        file << checks::printHtml(reports, profile, formatRfc3339(systemNow()));
        file.close();
        if (!file) {
            std::cerr << "strata: " << tr("The report cannot be written to %1.", {line.html}) << "\n";
            return 2;
        }
    }
    bool drifted = false;
    if (!line.since.empty()) {
        const auto kept = readReport(line.since);
        if (!kept) {
            std::cerr << "strata: " << kept.error().text << "\n";
            return 2;
        }
        for (const checks::HostReport& report : reports) {
            const auto before = kept->find(report.subject.name);
            if (before == kept->end()) {
                std::cerr << tr("%1 is not in the earlier report.", {report.subject.name}) << "\n";
                continue;
            }
            for (const checks::Drift& drift : checks::driftOf(before->second, report.checks)) {
                std::cerr << report.subject.name << ": " << checks::driftText(drift) << "\n";
                drifted = drifted || drift.worse();
            }
        }
    }
    if (!good)
        return 2;
    if (drifted)
        return 1;
    for (const checks::HostReport& report : reports)
        if (checks::worst(report.checks) == checks::Verdict::Fail)
            return 1;
    return 0;
}

} // namespace strata::app
