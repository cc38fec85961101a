// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/progresspage.h"

#include "core/provision/tenantaccess.h"
#include "ui/connect/errorwords.h"
#include "ui/console/clusterbootstrap.h"
#include "ui/details/statepill.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/aside.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/healthmark.h"

#include <QDir>
#include <QFileDialog>
#include <QFrame>
#include <QHBoxLayout>
#include <QMetaMethod>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace strata::ui {

using namespace provision;

namespace {

QString duration(qint64 ms)
{
    if (ms < 0)
        return {};
    if (ms < 10'000)
        return ProgressPage::tr("%1 s").arg(double(ms) / 1000.0, 0, 'f', 1);
    const qint64 seconds = ms / 1000;
    if (seconds < 60)
        return ProgressPage::tr("%1 s").arg(seconds);
    if (seconds < 3600)
        return ProgressPage::tr("%1 min %2 s").arg(seconds / 60).arg(seconds % 60, 2, 10, QLatin1Char('0'));
    return ProgressPage::tr("%1 h %2 min")
        .arg(seconds / 3600)
        .arg(seconds / 60 % 60, 2, 10, QLatin1Char('0'));
}

QString pillText(ClusterRun::Phase phase, bool change)
{
    switch (phase) {
    case ClusterRun::Phase::Preparing:
        return ProgressPage::tr("checking");
    case ClusterRun::Phase::DryRun:
        return ProgressPage::tr("dry run");
    case ClusterRun::Phase::Running:
        return ProgressPage::tr("running");
    case ClusterRun::Phase::Cancelling:
        return ProgressPage::tr("stopping");
    case ClusterRun::Phase::Undoing:
        return ProgressPage::tr("taking back");
    case ClusterRun::Phase::Done:
        return change ? ProgressPage::tr("done") : ProgressPage::tr("ready");
    case ClusterRun::Phase::Failed:
        return ProgressPage::tr("failed");
    case ClusterRun::Phase::Cancelled:
        return ProgressPage::tr("cancelled");
    case ClusterRun::Phase::Undone:
        return ProgressPage::tr("taken back");
    case ClusterRun::Phase::UndoFailed:
        return ProgressPage::tr("failed");
    case ClusterRun::Phase::Interrupted:
        return ProgressPage::tr("interrupted");
    }
    return {};
}

std::optional<stack::Health> healthOf(StepState state)
{
    switch (state) {
    case StepState::Pending:
        return std::nullopt;
    case StepState::Running:
    case StepState::Waiting:
    case StepState::Undoing:
        return stack::Health::Progressing;
    case StepState::Done:
        return stack::Health::Ok;
    case StepState::Failed:
        return stack::Health::Failed;
    case StepState::Cancelled:
        return stack::Health::Warning;
    case StepState::Undone: // as if it had never been
        return std::nullopt;
    }
    return std::nullopt;
}

QPushButton* button(const QString& text, QWidget* parent)
{
    auto* made = new QPushButton(text, parent);
    made->setAutoDefault(false);
    return made;
}

} // namespace

ProgressPage::ProgressPage(ClusterRuns* runs, QWidget* parent) : QWidget(parent), m_runs(runs)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(28, 22, 28, 18);
    layout->setSpacing(12);
    auto* head = new QHBoxLayout;
    m_title = new ThemedLabel(TextRole::Text, this);
    m_title->setLook(1.5, QFont::DemiBold);
    m_title->setWordWrap(true);
    m_pill = new StatePill(this);
    m_elapsed = new ThemedLabel(TextRole::Muted, this);
    head->addWidget(m_title, 1);
    head->addWidget(m_elapsed);
    head->addWidget(m_pill);
    layout->addLayout(head);
    m_bar = new QProgressBar(this);
    m_bar->setTextVisible(false);
    layout->addWidget(m_bar);
    m_summary = new ThemedLabel(TextRole::Muted, this);
    m_summary->setWordWrap(true);
    layout->addWidget(m_summary);

    auto* area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* content = new QWidget(area);
    m_list = new QVBoxLayout(content);
    setLeadingMargins(m_list, 0, 4, 8, 4);
    m_list->setSpacing(10);
    m_list->addStretch(1);
    area->setWidget(content);
    content->setAutoFillBackground(false);
    area->viewport()->setAutoFillBackground(false);
    layout->addWidget(area, 3);
    m_machines = new ClusterBootstrap(this);
    m_machines->setMinimumHeight(210);
    m_machines->hide();
    layout->addWidget(m_machines, 2);

    auto* end = new QFrame(this);
    end->setProperty("card", true);
    m_end = end;
    auto* endLayout = new QVBoxLayout(end);
    endLayout->setContentsMargins(16, 12, 16, 12);
    endLayout->setSpacing(6);
    m_endTitle = new ThemedLabel(TextRole::Text, end);
    m_endTitle->setLook(1.1, QFont::DemiBold);
    m_endTitle->setWordWrap(true);
    m_endWords = new ThemedLabel(TextRole::Muted, end);
    m_endWords->setWordWrap(true);
    for (ThemedLabel* label : {m_endTitle, m_endWords})
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    endLayout->addWidget(m_endTitle);
    endLayout->addWidget(m_endWords);
    auto* ways = new QHBoxLayout;
    ways->setContentsMargins(0, 4, 0, 0);
    m_open = button(tr("&Show in the stack"), end);
    m_save = button(tr("Save &kubeconfig…"), end);
    m_deploy = button(tr("&Deploy a workload…"), end);
    m_create = button(tr("New &tenant cluster…"), end);
    m_create->setProperty("primary", true);
    m_retry = button(tr("&Retry"), end);
    m_undo = button(tr("&Undo"), end);
    m_forget = button(tr("&Forget it"), end);
    m_retry->setProperty("primary", true);
    m_open->setProperty("primary", true);
    m_undo->setProperty("danger", true);
    for (QPushButton* each : {m_open, m_create, m_deploy, m_save, m_retry, m_undo, m_forget})
        ways->addWidget(each);
    ways->addStretch();
    endLayout->addLayout(ways);
    m_said = new ThemedLabel(TextRole::Muted, end);
    m_said->setWordWrap(true);
    m_said->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_said->hide();
    endLayout->addWidget(m_said);
    layout->addWidget(end);

    auto* bottom = new QHBoxLayout;
    m_cancel = button(tr("&Cancel the run"), this);
    m_leave = button(tr("Cl&ose"), this);
    bottom->addWidget(m_cancel);
    bottom->addStretch();
    bottom->addWidget(m_leave);
    layout->addLayout(bottom);

    connect(m_cancel, &QPushButton::clicked, this, [this] {
        if (m_run)
            m_run->cancel();
    });
    connect(m_retry, &QPushButton::clicked, this, [this] {
        if (!m_run)
            return;
        say({}, false);
        if (m_run->phase() != ClusterRun::Phase::Interrupted)
            m_run->retry();
        else if (!m_runs->resume(m_run, false))
            say(tr("The cluster at %1 is not connected. Connect it, then try again.")
                    .arg(cleaned(m_run->server())),
                true);
    });
    connect(m_undo, &QPushButton::clicked, this, [this] {
        if (!m_run)
            return;
        say({}, false);
        if (m_run->phase() != ClusterRun::Phase::Interrupted)
            m_run->undo();
        else if (!m_runs->resume(m_run, true))
            say(tr("The cluster at %1 is not connected. Connect it, then try again.")
                    .arg(cleaned(m_run->server())),
                true);
    });
    connect(m_forget, &QPushButton::clicked, this, [this] {
        if (m_run)
            m_runs->forget(m_run);
        Q_EMIT leaveWanted();
    });
    connect(m_save, &QPushButton::clicked, this, &ProgressPage::saveKubeconfig);
    connect(m_open, &QPushButton::clicked, this, [this] {
        if (m_run)
            Q_EMIT showInStackWanted(m_run->ns() + "/" + m_run->cluster());
    });
    connect(m_deploy, &QPushButton::clicked, this, [this] {
        if (m_run)
            Q_EMIT deployWanted(m_run);
    });
    connect(m_create, &QPushButton::clicked, this, &ProgressPage::createWanted);
    connect(m_leave, &QPushButton::clicked, this, &ProgressPage::leaveWanted);
    m_second.setInterval(500);
    connect(&m_second, &QTimer::timeout, this, &ProgressPage::updateClocks);
}

ProgressPage::~ProgressPage() = default;

void ProgressPage::setConsoles(const ConsoleServices& consoles)
{
    m_consoles = consoles;
}

// While the cluster is being made, and after it failed: then it says why.
void ProgressPage::updateMachines()
{
    const bool wanted = m_run && m_consoles.machines && m_consoles.bootstrap && !m_run->isChange() &&
                        m_run->wrote() && m_run->client() && m_run->phase() != ClusterRun::Phase::Done &&
                        m_run->phase() != ClusterRun::Phase::Undoing &&
                        m_run->phase() != ClusterRun::Phase::Undone;
    m_machines->setVisible(wanted);
    if (wanted)
        m_machines->follow(m_consoles, m_run->source(), m_run->ns(), m_run->cluster());
    else
        m_machines->stop();
}

ClusterRun* ProgressPage::run() const
{
    return m_run;
}

void ProgressPage::showRun(ClusterRun* run)
{
    if (m_run)
        disconnect(m_run, nullptr, this, nullptr);
    m_run = run;
    m_fetch.reset();
    say({}, false);
    connect(run, &ClusterRun::changed, this, &ProgressPage::refresh);
    m_second.start();
    rebuild();
    refresh();
}

void ProgressPage::rebuild()
{
    for (const Row& row : m_rows)
        delete row.box;
    m_rows.clear();
    if (!m_run || !m_run->plan())
        return;
    int at = 0;
    for (const Step& step : m_run->plan()->steps) {
        Row row;
        row.id = step.id;
        row.box = new QWidget(this);
        auto* line = new QHBoxLayout(row.box);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(10);
        row.mark = new HealthMark(row.box);
        line->addWidget(row.mark, 0, Qt::AlignTop);
        auto* words = new QVBoxLayout;
        words->setSpacing(1);
        row.title = new ThemedLabel(shown(step.title), TextRole::Text, row.box);
        row.title->setWordWrap(true);
        row.evidence = new ThemedLabel(TextRole::Muted, row.box);
        row.evidence->setLook(0.9, QFont::Normal);
        row.evidence->setWordWrap(true);
        row.evidence->setTextInteractionFlags(Qt::TextSelectableByMouse);
        row.evidence->hide();
        words->addWidget(row.title);
        words->addWidget(row.evidence);
        line->addLayout(words, 1);
        row.elapsed = new ThemedLabel(TextRole::Muted, row.box);
        row.elapsed->setLook(0.9, QFont::Normal);
        line->addWidget(row.elapsed, 0, Qt::AlignTop);
        m_list->insertWidget(at++, row.box);
        m_rows.push_back(row);
    }
}

void ProgressPage::refresh()
{
    if (!m_run)
        return;
    const auto& plan = m_run->plan();
    if (m_rows.size() != (plan ? plan->steps.size() : 0))
        rebuild();
    m_title->showText(m_run->title());
    m_pill->show(m_run->health(), pillText(m_run->phase(), m_run->isChange()));
    const int total = plan ? int(plan->steps.size()) : 0;
    if (m_run->active() && total == 0) {
        m_bar->setRange(0, 0);
    } else {
        m_bar->setRange(0, qMax(1, total));
        m_bar->setValue(m_run->phase() == ClusterRun::Phase::Done ? qMax(1, total) : m_run->stepsDone());
    }
    m_summary->showText(
        m_run->active() && m_run->phase() == ClusterRun::Phase::Running
            ? tr("%1 of %2 steps done. Closing this window stops nothing; Activity shows it again.")
                  .arg(m_run->stepsDone())
                  .arg(total)
            : m_run->sentence());
    for (Row& row : m_rows) {
        const StepReport report = m_run->step(row.id);
        const bool begun = report.state != StepState::Cancelled || report.startedAt != 0;
        const auto health = begun ? healthOf(report.state) : std::nullopt;
        row.mark->show(health, report.state == StepState::Done);
        row.title->setRole(health ? TextRole::Text : TextRole::Muted);
        QString evidence;
        if (report.state != StepState::Pending && report.state != StepState::Done &&
            report.state != StepState::Undone)
            evidence = cleaned(report.evidence);
        else if (report.state == StepState::Done && report.total > 0)
            evidence = tr("%n objects written", nullptr, report.written);
        else if (report.state == StepState::Done)
            evidence = cleaned(report.evidence);
        row.evidence->setRole(report.state == StepState::Failed ? TextRole::Failed : TextRole::Muted);
        row.evidence->showText(evidence);
        row.evidence->setVisible(!evidence.isEmpty());
    }
    updateClocks();
    updateEnd();
    updateMachines();
}

void ProgressPage::updateClocks()
{
    if (!m_run || !isVisible())
        return;
    m_elapsed->showText(m_run->phase() == ClusterRun::Phase::Interrupted ? QString()
                                                                         : duration(m_run->elapsedMs()));
    for (Row& row : m_rows) {
        const StepState state = m_run->step(row.id).state;
        const bool back = state == StepState::Undoing || state == StepState::Undone;
        row.elapsed->showText(back ? QString() : duration(m_run->stepElapsedMs(row.id)));
    }
}

void ProgressPage::updateEnd()
{
    using Phase = ClusterRun::Phase;
    const Phase phase = m_run->phase();
    const bool done = phase == Phase::Done;
    m_cancel->setVisible(m_run->canCancel() || phase == Phase::Cancelling);
    m_cancel->setEnabled(m_run->canCancel());
    m_leave->setText(done || phase == Phase::Undone ? tr("Cl&ose")
                     : m_run->active()              ? tr("Cl&ose; it goes on")
                                                    : tr("&Leave as it is"));
    m_end->setVisible(!m_run->active());
    const bool change = m_run->isChange();
    const bool prepared = m_run->plan() && m_run->plan()->action == "prepare";
    // Who shows the run decides whether there is a way from here.
    m_create->setVisible(done && prepared &&
                         isSignalConnected(QMetaMethod::fromSignal(&ProgressPage::createWanted)));
    m_open->setVisible(done && !change);
    m_save->setVisible(done && !change);
    m_deploy->setVisible(done && !change);
    m_retry->setVisible(m_run->canRetry());
    m_retry->setText(phase == Phase::Interrupted ? tr("&Go on") : tr("&Retry"));
    m_undo->setVisible(m_run->canUndo() && (change || !done));
    m_undo->setText(phase == Phase::UndoFailed ? tr("&Undo again") : tr("&Undo"));
    m_forget->setVisible(phase == Phase::Interrupted);
    QString title;
    QString words;
    TextRole role = TextRole::Text;
    switch (phase) {
    case Phase::Done:
        title = prepared ? tr("The outer cluster is prepared.")
                : change ? tr("Done.")
                         : tr("The tenant cluster is ready.");
        if (!change)
            words = tr("Its nodes are Ready. It appears in the stack by itself.");
        else if (prepared)
            words =
                tr("It can carry tenant clusters now. Undo takes away what was installed and sets what was "
                   "changed as it was before.");
        else if (m_run->canUndo())
            words = tr("Undo sets what was changed as it was before.");
        role = TextRole::Ok;
        break;
    case Phase::Failed:
    case Phase::UndoFailed:
        role = TextRole::Failed;
        title = m_run->error() ? cleaned(m_run->error()->text) : tr("It failed.");
        if (m_run->error()) {
            words = cleaned(m_run->error()->detail);
            const QString advice = errorAdvice(*m_run->error());
            if (!advice.isEmpty())
                words += (words.isEmpty() ? QString() : QStringLiteral("\n")) + advice;
        }
        words +=
            (words.isEmpty() ? QString() : QStringLiteral("\n")) +
            (m_run->wrote() && change
                 ? (m_run->canUndo() ? tr("Retry goes on where it stopped. Undo sets what was changed as "
                                          "it was before.")
                                     : tr("Retry goes on where it stopped."))
             : m_run->wrote() ? tr("Retry goes on where it stopped. Undo deletes what this run has made, "
                                   "and nothing else.")
                              : tr("Nothing was written."));
        break;
    case Phase::Cancelled:
        role = TextRole::Warning;
        title = tr("Cancelled.");
        words = m_run->wrote() && change
                    ? (m_run->canUndo() ? tr("What was done so far stays. Retry goes on, Undo takes it back.")
                                        : tr("What was done so far stays. Retry goes on."))
                : m_run->wrote() ? tr("What was made is still there. Retry goes on, Undo deletes it.")
                                 : tr("Nothing was written.");
        break;
    case Phase::Undone:
        title = tr("Taken back.");
        for (const std::string& left : m_run->left())
            words += (words.isEmpty() ? QString() : QStringLiteral("\n")) + cleaned(left);
        if (words.isEmpty())
            words = change ? tr("What was changed is as it was before.") : tr("Nothing of it is left.");
        break;
    case Phase::Interrupted:
        role = TextRole::Warning;
        title = tr("Strata ended while this was going on.");
        words =
            tr("What it has done so far is known. Going on reads the server first and writes only what is "
               "missing. Cluster: %1")
                .arg(cleaned(m_run->server()));
        break;
    default:
        break;
    }
    m_endTitle->setRole(role);
    m_endTitle->showText(title);
    m_endWords->showText(words);
    m_endWords->setVisible(!words.isEmpty());
}

void ProgressPage::say(const QString& text, bool failed)
{
    m_said->setRole(failed ? TextRole::Failed : TextRole::Muted);
    m_said->showText(text);
    m_said->setVisible(!text.isEmpty());
}

void ProgressPage::saveKubeconfig()
{
    if (!m_run)
        return;
    auto* dialog = new QFileDialog(this, tr("Save the kubeconfig"), QDir::homePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(QStringLiteral("%1.kubeconfig").arg(cleaned(m_run->cluster())));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        if (!m_run || !m_run->client())
            return;
        say(tr("Reading the kubeconfig…"), false);
        m_fetch = std::make_unique<KubeconfigFetch>(
            m_run->client(), m_run->ns(), m_run->cluster(),
            [guard = QPointer<ProgressPage>(this), path](const Result<Secret>& secret) {
                QMetaObject::invokeMethod(
                    QCoreApplication::instance(),
                    [guard, path, secret] {
                        if (!guard)
                            return;
                        if (secret)
                            guard->takeKubeconfig(path, *secret);
                        else
                            guard->say(errorText(secret.error()), true);
                    },
                    Qt::QueuedConnection);
            });
    });
    dialog->open();
}

void ProgressPage::takeKubeconfig(const QString& path, const Secret& content)
{
    aside<Result<void>>(
        this, [path, content] { return saveSecretFile(path.toStdString(), content); },
        [this, path](const Result<void>& saved) {
            if (saved)
                say(tr("Saved as %1, readable by you alone.").arg(path), false);
            else
                say(errorText(saved.error()), true);
        });
}

} // namespace strata::ui
