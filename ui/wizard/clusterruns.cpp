// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/clusterruns.h"

#include "ui/connect/errorwords.h"
#include "ui/wizard/aside.h"

#include <QFile>

#include <algorithm>

namespace strata::ui {

using namespace provision;

ClusterRuns::ClusterRuns(RunServices services, QObject* parent)
    : QObject(parent), m_services(std::move(services))
{
    m_auditor.setMaxThreadCount(1);
}

ClusterRuns::~ClusterRuns()
{
    m_allowed.clear();
    for (ClusterRun* run : m_runs)
        delete run; // before the network they run on
    m_auditor.waitForDone();
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

std::string ClusterRuns::bundle(stack::SourceId source) const
{
    return m_services.bundle ? m_services.bundle(source) : std::string();
}

CreateClusterOptions ClusterRuns::optionsFor(stack::SourceId source, const std::string& planId) const
{
    CreateClusterOptions options;
    options.planId = planId.empty() ? newPlanId() : planId;
    options.run = m_services.run;
    options.plan = m_services.plan;
    options.preflight.askSources = cniManifest(source).empty(); // else there is no way to the internet
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

std::string ClusterRuns::folderOf(stack::SourceId source) const
{
    return m_services.journalFolder ? m_services.journalFolder(source) : std::string();
}

ClusterRun* ClusterRuns::carryOut(stack::SourceId source, const Plan& plan)
{
    const auto reached = client(source);
    if (!reached)
        return nullptr;
    RunOptions options = m_services.run;
    options.dryRunOnly = false;
    auto* run = new ClusterRun(reached, source, plan, options, this);
    adopt(run);
    const std::string folder = folderOf(source);
    if (!folder.empty()) {
        run->setJournal(folder + "/" + plan.id + ".journal");
        run->start();
        return run;
    }
    aside<Result<std::string>>(
        run, [] { return provision::journalFolder(); },
        [run, id = plan.id](const Result<std::string>& made) {
            if (!made) {
                run->failed(made.error());
                return;
            }
            run->setJournal(*made + "/" + id + ".journal");
            run->start();
        });
    return run;
}

std::unique_ptr<ClusterRun> ClusterRuns::rehearse(stack::SourceId source, const Plan& plan)
{
    const auto reached = client(source);
    if (!reached)
        return nullptr;
    RunOptions options = m_services.run;
    options.dryRunOnly = true;
    auto run = std::make_unique<ClusterRun>(reached, source, plan, options);
    run->start();
    return run;
}

std::unique_ptr<actions::Reading> ClusterRuns::ask(stack::SourceId source, const std::string& ns,
                                                   const std::string& cluster,
                                                   std::vector<actions::Question> questions,
                                                   const actions::Answers& known, QObject* context,
                                                   std::function<void(const Result<actions::Answers>&)> done)
{
    const auto reached = client(source);
    if (!reached)
        return nullptr;
    return actions::Reading::start(
        reached, ns, cluster, std::move(questions), known,
        [guard = QPointer<QObject>(context), done = std::move(done)](Result<actions::Answers> answers) {
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [guard, done, answers = std::move(answers)] {
                    if (guard)
                        done(answers);
                },
                Qt::QueuedConnection);
        });
}

std::optional<bool> ClusterRuns::allowed(stack::SourceId source, const Access& access)
{
    const auto [at, isNew] = m_allowed.try_emplace({source, access});
    if (!isNew)
        return at->second.allowed;
    const auto reached = client(source);
    if (!reached) {
        m_allowed.erase(at);
        return std::nullopt;
    }
    at->second.request = reached->send(reviewRequest(access), [guard = QPointer<ClusterRuns>(this), source,
                                                               access](const Result<kube::Response>& answer) {
        const auto told = answer ? reviewAllows(answer->body) : tl::unexpected(answer.error());
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, source, access, told] {
                if (!guard)
                    return;
                const auto known = guard->m_allowed.find({source, access});
                if (known == guard->m_allowed.end())
                    return;
                if (!told) { // asked again when it is needed next
                    guard->m_allowed.erase(known);
                    return;
                }
                known->second.allowed = *told;
                known->second.request.reset();
                Q_EMIT guard->allowedChanged();
            },
            Qt::QueuedConnection);
    });
    return std::nullopt;
}

// A line when a run begins to write and one when it ends.
void ClusterRuns::audit(ClusterRun* run)
{
    const ClusterRun::Phase phase = run->phase();
    const auto known = m_audited.find(run);
    if (known != m_audited.end() && known->second == phase)
        return;
    std::string result;
    switch (phase) {
    case ClusterRun::Phase::Running:
        result = known == m_audited.end() ? "begun" : "continued";
        break;
    case ClusterRun::Phase::Done:
        result = "done";
        break;
    case ClusterRun::Phase::Failed:
        result = "failed";
        break;
    case ClusterRun::Phase::Cancelled:
        result = "cancelled";
        break;
    case ClusterRun::Phase::Undone:
        result = "undone";
        break;
    case ClusterRun::Phase::UndoFailed:
        result = "undo failed";
        break;
    default:
        return;
    }
    if (!run->plan())
        return;
    m_audited[run] = phase;
    Plan plan;
    plan.id = run->plan()->id;
    plan.title = run->plan()->title;
    plan.action = run->plan()->action;
    plan.server = run->server();
    const std::string detail = run->error() ? run->error()->text + " " + run->error()->detail : std::string();
    writeAudit(plan, run->source(), result, detail);
}

void ClusterRuns::auditEdit(stack::SourceId source, const QString& what, bool undo)
{
    Plan plan;
    plan.title = what.toStdString();
    plan.action = "edit";
    if (const auto reached = client(source))
        plan.server = reached->config().server;
    writeAudit(plan, source, undo ? "undone" : "done", {});
}

void ClusterRuns::auditHost(stack::SourceId source, const Plan& plan, const std::string& result,
                            const std::string& detail)
{
    writeAudit(plan, source, result, detail);
}

void ClusterRuns::auditMore(stack::SourceId source, const Plan& plan, const std::string& result,
                            const std::string& detail)
{
    Plan note = plan;
    if (const auto reached = client(source))
        note.server = reached->config().server;
    writeAudit(note, source, result, detail);
}

void ClusterRuns::writeAudit(const Plan& plan, stack::SourceId source, const std::string& result,
                             const std::string& detail)
{
    std::string folder = folderOf(source);
    if (!folder.empty() &&
        std::find(m_demoFolders.begin(), m_demoFolders.end(), folder) == m_demoFolders.end())
        m_demoFolders.push_back(folder);
    m_auditor.start([guard = QPointer<ClusterRuns>(this), plan, result, detail, folder = std::move(folder),
                     now = systemNow()] {
        const Result<std::string> path =
            folder.empty() ? actions::auditPath() : Result<std::string>(folder + "/audit.jsonl");
        const Result<void> done =
            path ? actions::appendAudit(*path, actions::auditEntry(plan, result, detail, now))
                 : tl::unexpected(path.error());
        if (done)
            return;
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, error = done.error()] {
                if (guard)
                    Q_EMIT guard->auditFailed(errorText(error));
            },
            Qt::QueuedConnection);
    });
}

void ClusterRuns::auditLogs(QObject* context,
                            std::function<void(const std::vector<actions::AuditEntry>&)> done)
{
    m_auditor.start([guard = QPointer<QObject>(context), done = std::move(done), folders = m_demoFolders] {
        std::vector<actions::AuditEntry> all;
        const auto add = [&all](const std::string& path) {
            if (const auto entries = actions::readAudit(path))
                all.insert(all.end(), entries->begin(), entries->end());
        };
        if (const auto own = actions::auditPath())
            add(*own);
        for (const std::string& folder : folders)
            add(folder + "/audit.jsonl");
        std::stable_sort(
            all.begin(), all.end(),
            [](const actions::AuditEntry& a, const actions::AuditEntry& b) { return a.at > b.at; });
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, done, all = std::move(all)] {
                if (guard)
                    done(all);
            },
            Qt::QueuedConnection);
    });
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
    m_audited.erase(run);
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
    connect(run, &ClusterRun::phaseChanged, this, [this, run] { audit(run); });
    connect(run, &ClusterRun::changed, this, [this, run] { Q_EMIT changed(run); });
    Q_EMIT added(run);
}

} // namespace strata::ui
