// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/clusterrun.h"

#include "ui/widgets/text.h"

#include <QCoreApplication>
#include <QPointer>

#include <algorithm>

namespace strata::ui {

using namespace provision;

namespace {

constexpr int kAnnounceMs = 50;

bool isEnd(ClusterRun::Phase phase)
{
    switch (phase) {
    case ClusterRun::Phase::Done:
    case ClusterRun::Phase::Failed:
    case ClusterRun::Phase::Cancelled:
    case ClusterRun::Phase::Undone:
    case ClusterRun::Phase::UndoFailed:
    case ClusterRun::Phase::Interrupted:
        return true;
    default:
        return false;
    }
}

ClusterRun::Phase phaseOf(RunState state)
{
    switch (state) {
    case RunState::Idle:
        return ClusterRun::Phase::Preparing;
    case RunState::DryRun:
        return ClusterRun::Phase::DryRun;
    case RunState::Running:
        return ClusterRun::Phase::Running;
    case RunState::Cancelling:
        return ClusterRun::Phase::Cancelling;
    case RunState::Undoing:
        return ClusterRun::Phase::Undoing;
    case RunState::Done:
        return ClusterRun::Phase::Done;
    case RunState::Failed:
        return ClusterRun::Phase::Failed;
    case RunState::Cancelled:
        return ClusterRun::Phase::Cancelled;
    case RunState::Undone:
        return ClusterRun::Phase::Undone;
    case RunState::UndoFailed:
        return ClusterRun::Phase::UndoFailed;
    }
    return ClusterRun::Phase::Preparing;
}

} // namespace

ClusterRun::ClusterRun(std::shared_ptr<kube::Client> client, stack::SourceId source, ClusterProfile profile,
                       CreateClusterOptions options, QObject* parent)
    : QObject(parent), m_client(std::move(client)), m_source(source), m_profile(std::move(profile)),
      m_options(std::move(options)), m_journal(QString::fromStdString(m_options.journal)),
      m_ns(m_profile.effectiveNamespace()), m_cluster(m_profile.name), m_server(m_client->config().server)
{
    m_clock.start();
    m_later.setSingleShot(true);
    m_later.setInterval(kAnnounceMs);
    connect(&m_later, &QTimer::timeout, this, &ClusterRun::changed);
}

ClusterRun::ClusterRun(std::shared_ptr<kube::Client> client, stack::SourceId source, Plan plan,
                       RunOptions options, QObject* parent)
    : QObject(parent), m_client(std::move(client)), m_source(source),
      m_journal(QString::fromStdString(options.journal)), m_ns(plan.ns), m_cluster(plan.cluster),
      m_server(m_client->config().server)
{
    m_options.planId = plan.id;
    m_options.dryRun = options.dryRunOnly;
    m_options.run = std::move(options);
    plan.server = m_server;
    m_plan = std::move(plan);
    m_clock.start();
    m_later.setSingleShot(true);
    m_later.setInterval(kAnnounceMs);
    connect(&m_later, &QTimer::timeout, this, &ClusterRun::changed);
}

ClusterRun::ClusterRun(const QString& journal, JournalContent content, RunOptions options, QObject* parent)
    : QObject(parent), m_journal(journal), m_ns(content.plan.ns), m_cluster(content.plan.cluster),
      m_server(content.plan.server), m_phase(Phase::Interrupted), m_wrote(!content.records.empty())
{
    m_options.planId = content.plan.id;
    m_options.run = std::move(options);
    for (const JournalRecord& record : content.records) {
        StepReport& report = m_steps[record.step].first;
        report.id = record.step;
        if (record.kind == JournalRecord::Kind::StepDone)
            report.state = StepState::Done;
        else if (record.kind == JournalRecord::Kind::Written || record.kind == JournalRecord::Kind::Adopted)
            ++report.written;
    }
    m_plan = std::move(content.plan);
    m_clock.start();
    m_endedAt = 0;
    m_later.setSingleShot(true);
    m_later.setInterval(kAnnounceMs);
    connect(&m_later, &QTimer::timeout, this, &ClusterRun::changed);
}

ClusterRun::~ClusterRun() = default;

template<typename Value>
std::function<void(const Value&)> ClusterRun::toGui(void (ClusterRun::*take)(const Value&))
{
    return [guard = QPointer<ClusterRun>(this), take](const Value& value) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, take, value] {
                if (guard)
                    (guard.data()->*take)(value);
            },
            Qt::QueuedConnection);
    };
}

CreateClusterCallbacks ClusterRun::callbacks()
{
    CreateClusterCallbacks calls;
    calls.problems = toGui(&ClusterRun::takeProblems);
    calls.survey = toGui(&ClusterRun::takeSurvey);
    calls.plan = toGui(&ClusterRun::takePlan);
    calls.verdict = toGui(&ClusterRun::takeVerdict);
    calls.step = toGui(&ClusterRun::takeStep);
    calls.state = toGui(&ClusterRun::takeState);
    return calls;
}

QString ClusterRun::id() const
{
    return QString::fromStdString(m_options.planId);
}

void ClusterRun::setJournal(const std::string& path)
{
    m_options.run.journal = path;
    m_journal = QString::fromStdString(path);
}

bool ClusterRun::isChange() const
{
    return m_plan && !m_plan->action.empty();
}

QString ClusterRun::title() const
{
    if (isChange())
        return shown(m_plan->title);
    return tr("Create tenant cluster %1").arg(clusterName());
}

QString ClusterRun::clusterName() const
{
    return QStringLiteral("%1/%2").arg(cleaned(m_ns), cleaned(m_cluster));
}

bool ClusterRun::active() const
{
    return !isEnd(m_phase);
}

bool ClusterRun::canCancel() const
{
    return m_phase == Phase::Preparing || m_phase == Phase::DryRun || m_phase == Phase::Running;
}

bool ClusterRun::canRetry() const
{
    return m_phase == Phase::Failed || m_phase == Phase::Cancelled || m_phase == Phase::Interrupted;
}

bool ClusterRun::canUndo() const
{
    if (m_plan && !canBeUndone(*m_plan))
        return false;
    return m_wrote && (m_phase == Phase::Done || m_phase == Phase::Failed || m_phase == Phase::Cancelled ||
                       m_phase == Phase::UndoFailed || m_phase == Phase::Interrupted);
}

StepReport ClusterRun::step(const std::string& stepId) const
{
    const auto found = m_steps.find(stepId);
    return found != m_steps.end() ? found->second.first : StepReport{};
}

qint64 ClusterRun::stepElapsedMs(const std::string& stepId) const
{
    const auto found = m_steps.find(stepId);
    if (found == m_steps.end() || found->second.first.startedAt == 0)
        return -1;
    const StepReport& report = found->second.first;
    const bool goes = report.state == StepState::Running || report.state == StepState::Waiting;
    return report.elapsedMs + (goes ? m_clock.elapsed() - found->second.second : 0);
}

int ClusterRun::stepsDone() const
{
    if (!m_plan)
        return 0;
    return int(std::count_if(m_plan->steps.begin(), m_plan->steps.end(),
                             [this](const Step& each) { return step(each.id).state == StepState::Done; }));
}

QString ClusterRun::currentStep() const
{
    if (!m_plan)
        return {};
    for (const StepState wanted : {StepState::Failed, StepState::Undoing, StepState::Waiting,
                                   StepState::Running, StepState::Cancelled}) {
        for (const Step& each : m_plan->steps) {
            if (step(each.id).state == wanted)
                return shown(each.title);
        }
    }
    return {};
}

QString ClusterRun::sentence() const
{
    const QString step = currentStep();
    switch (m_phase) {
    case Phase::Preparing:
        return tr("Checking the site");
    case Phase::DryRun:
        return tr("Asking the server about every object");
    case Phase::Running:
        return step.isEmpty() ? tr("Working") : step;
    case Phase::Cancelling:
        return tr("Stopping after the writes on their way");
    case Phase::Undoing:
        return tr("Taking back: %1").arg(step);
    case Phase::Done:
        return isChange() ? tr("Done") : tr("The cluster is ready");
    case Phase::Failed:
        return m_error ? cleaned(m_error->text) : tr("Failed");
    case Phase::Cancelled:
        return !m_wrote     ? tr("Cancelled")
               : isChange() ? tr("Cancelled; what was done so far stays")
                            : tr("Cancelled; what was made is still there");
    case Phase::Undone:
        if (isChange())
            return tr("Taken back");
        return m_left.empty() ? tr("Taken back; nothing is left")
                              : tr("Taken back; %n objects stay", nullptr, int(m_left.size()));
    case Phase::UndoFailed:
        return tr("Taking back failed: %1").arg(m_error ? cleaned(m_error->text) : QString());
    case Phase::Interrupted:
        return tr("Begun in an earlier run and not finished");
    }
    return {};
}

stack::Health ClusterRun::health() const
{
    switch (m_phase) {
    case Phase::Done:
        return stack::Health::Ok;
    case Phase::Failed:
    case Phase::UndoFailed:
        return stack::Health::Failed;
    case Phase::Cancelled:
    case Phase::Interrupted:
        return stack::Health::Warning;
    case Phase::Undone:
        return stack::Health::Unknown;
    default:
        return stack::Health::Progressing;
    }
}

qint64 ClusterRun::elapsedMs() const
{
    return m_endedAt >= 0 ? m_endedAt : m_clock.elapsed();
}

void ClusterRun::failed(const Error& error)
{
    RunReport report;
    report.state = RunState::Failed;
    report.error = error;
    takeState(report);
}

void ClusterRun::start()
{
    if (isChange()) {
        RunCallbacks calls;
        calls.verdict = toGui(&ClusterRun::takeVerdict);
        calls.step = toGui(&ClusterRun::takeStep);
        calls.state = toGui(&ClusterRun::takeState);
        m_runner = std::make_unique<Runner>(m_client, *m_plan, m_options.run, std::move(calls));
        m_runner->start();
        announce();
        return;
    }
    m_work = std::make_unique<CreateCluster>(m_client, m_profile, m_options, callbacks());
    m_work->start();
    announce();
}

void ClusterRun::cancel()
{
    if (m_runner && canCancel())
        m_runner->cancel();
    else if (m_work && canCancel())
        m_work->cancel();
}

void ClusterRun::retry()
{
    if ((!m_work && !m_runner) || !canRetry())
        return;
    m_error.reset();
    m_endedAt = -1;
    m_phase = m_plan ? Phase::Running : Phase::Preparing;
    if (m_runner)
        m_runner->retry({});
    else
        m_work->retry();
    announce();
}

void ClusterRun::undo()
{
    if ((!m_work && !m_runner) || !canUndo())
        return;
    m_error.reset();
    m_endedAt = -1;
    m_phase = Phase::Undoing;
    if (m_runner)
        m_runner->undo();
    else
        m_work->undo();
    announce();
}

void ClusterRun::resume(std::shared_ptr<kube::Client> client, stack::SourceId source, bool undoOnly)
{
    if (m_phase != Phase::Interrupted || !client)
        return;
    m_client = std::move(client);
    m_source = source;
    RunOptions options = m_options.run;
    options.undoOnly = undoOnly;
    m_endedAt = -1;
    m_clock.restart();
    m_phase = undoOnly ? Phase::Undoing : Phase::Preparing;
    m_work = std::make_unique<CreateCluster>(m_client, m_journal.toStdString(), options, callbacks());
    m_work->start();
    announce();
}

void ClusterRun::takeProblems(const Problems& problems)
{
    m_problems = problems;
    announce();
}

void ClusterRun::takeSurvey(const Survey& survey)
{
    m_survey = survey;
    announce();
}

void ClusterRun::takePlan(const Plan& plan)
{
    m_plan = plan;
    announce();
}

void ClusterRun::takeVerdict(const Verdict& verdict)
{
    const auto known = std::find_if(m_verdicts.begin(), m_verdicts.end(),
                                    [&](const Verdict& other) { return other.ref == verdict.ref; });
    if (known != m_verdicts.end())
        *known = verdict;
    else
        m_verdicts.push_back(verdict);
    announce();
}

void ClusterRun::takeStep(const StepReport& report)
{
    m_steps[report.id] = {report, m_clock.elapsed()};
    announce();
}

void ClusterRun::takeState(const RunReport& report)
{
    m_phase = phaseOf(report.state);
    m_error = report.error;
    m_left = report.left;
    m_wrote = m_wrote || m_phase == Phase::Running;
    m_endedAt = isEnd(m_phase) ? m_clock.elapsed() : -1;
    if (m_phase == Phase::Undone)
        m_wrote = false;
    Q_EMIT phaseChanged();
    announce();
}

void ClusterRun::announce()
{
    if (!m_later.isActive())
        m_later.start();
}

} // namespace strata::ui
