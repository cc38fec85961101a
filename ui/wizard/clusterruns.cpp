// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/clusterruns.h"

#include "ui/wizard/aside.h"

#include <QFile>

#include <algorithm>

namespace strata::ui {

using namespace provision;

ClusterRuns::ClusterRuns(RunServices services, QObject* parent)
    : QObject(parent), m_services(std::move(services))
{}

ClusterRuns::~ClusterRuns()
{
    for (ClusterRun* run : m_runs)
        delete run; // before the network they run on
}

std::shared_ptr<kube::Client> ClusterRuns::client(stack::SourceId source)
{
    const auto config = m_services.config ? m_services.config(source) : std::optional<kube::ClusterConfig>();
    if (!config) {
        m_clients.erase(source);
        return nullptr;
    }
    std::shared_ptr<kube::Client>& known = m_clients[source];
    if (!known || known->config().server != config->server)
        known = kube::Client::create(m_network, *config);
    return known;
}

std::string ClusterRuns::cniManifest(stack::SourceId source) const
{
    return m_services.cniManifest ? m_services.cniManifest(source) : std::string();
}

CreateClusterOptions ClusterRuns::optionsFor(stack::SourceId source, const std::string& planId) const
{
    CreateClusterOptions options;
    options.planId = planId.empty() ? newPlanId() : planId;
    options.run = m_services.run;
    options.plan = m_services.plan;
    const std::string folder = m_services.journalFolder ? m_services.journalFolder(source) : std::string();
    if (!folder.empty())
        options.journal = folder + "/" + options.planId + ".journal";
    return options;
}

ClusterRun* ClusterRuns::create(stack::SourceId source, const ClusterProfile& profile,
                                const std::string& planId)
{
    const auto reached = client(source);
    if (!reached)
        return nullptr;
    auto* run = new ClusterRun(reached, source, profile, optionsFor(source, planId), this);
    adopt(run);
    run->start();
    return run;
}

std::unique_ptr<ClusterRun> ClusterRuns::rehearse(stack::SourceId source, const ClusterProfile& profile,
                                                  const std::string& planId)
{
    const auto reached = client(source);
    if (!reached)
        return nullptr;
    CreateClusterOptions options = optionsFor(source, planId);
    options.dryRun = true;
    options.journal.clear();
    auto run = std::make_unique<ClusterRun>(reached, source, profile, options);
    run->start();
    return run;
}

bool ClusterRuns::resume(ClusterRun* run, bool undoOnly)
{
    for (const stack::SourceId source : m_sources) {
        const auto reached = client(source);
        if (reached && (run->server().empty() || reached->config().server == run->server())) {
            run->resume(reached, source, undoOnly);
            return true;
        }
    }
    return false;
}

void ClusterRuns::forget(ClusterRun* run)
{
    const auto at = std::find(m_runs.begin(), m_runs.end(), run);
    if (at == m_runs.end() || run->active())
        return;
    m_runs.erase(at);
    if (run->phase() == ClusterRun::Phase::Interrupted)
        QThreadPool::globalInstance()->start([path = run->journal()] { QFile::remove(path); });
    const QString id = run->id();
    run->deleteLater();
    Q_EMIT removed(id);
}

void ClusterRuns::findUnfinished()
{
    using Found = std::vector<std::pair<std::string, JournalContent>>;
    aside<Found>(
        this,
        [] {
            Found found;
            const auto folder = journalFolder();
            if (!folder)
                return found;
            for (const std::string& path : unfinishedJournals(*folder)) {
                if (auto content = Journal::read(path))
                    found.emplace_back(path, std::move(*content));
            }
            return found;
        },
        [this](Found journals) {
            int count = 0;
            for (auto& [path, content] : journals) {
                if (find(QString::fromStdString(content.plan.id)) != nullptr)
                    continue;
                adopt(new ClusterRun(QString::fromStdString(path), std::move(content), m_services.run, this));
                ++count;
            }
            if (count > 0)
                Q_EMIT found(count);
        });
}

ClusterRun* ClusterRuns::find(const QString& id) const
{
    const auto at =
        std::find_if(m_runs.begin(), m_runs.end(), [&](const ClusterRun* run) { return run->id() == id; });
    return at != m_runs.end() ? *at : nullptr;
}

void ClusterRuns::adopt(ClusterRun* run)
{
    m_runs.push_back(run);
    connect(run, &ClusterRun::changed, this, [this, run] { Q_EMIT changed(run); });
    Q_EMIT added(run);
}

} // namespace strata::ui
