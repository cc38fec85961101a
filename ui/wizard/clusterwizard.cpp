// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/clusterwizard.h"

#include "ui/connect/errorwords.h"
#include "ui/theme/theme.h"
#include "ui/widgets/basepane.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/windowsize.h"
#include "ui/wizard/addonspage.h"
#include "ui/wizard/aside.h"
#include "ui/wizard/basicspage.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/machinespage.h"
#include "ui/wizard/manifestfolder.h"
#include "ui/wizard/networkpage.h"
#include "ui/wizard/progresspage.h"
#include "ui/wizard/reviewpage.h"
#include "ui/wizard/reviewtable.h"
#include "ui/wizard/steplist.h"
#include "ui/wizard/summarypanel.h"
#include "ui/wizard/wizardmodel.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace strata::ui {

using namespace provision;

ClusterWizard::ClusterWizard(ClusterRuns* runs, StackStore* store, QWidget* parent)
    : QDialog(parent, Qt::Window), m_runs(runs), m_model(new WizardModel(runs, store, this))
{
    setWindowTitle(tr("New tenant cluster"));
    setObjectName(QStringLiteral("clusterWizard"));
    setMinimumSize(960, 560);
    resizeWithin(this, {1210, 800});
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    auto* middle = new QHBoxLayout;
    middle->setSpacing(0);
    m_steps = new StepList(this);
    middle->addWidget(m_steps);
    auto* pane = new BasePane(this);
    auto* paneLayout = new QVBoxLayout(pane);
    paneLayout->setContentsMargins(0, 0, 0, 0);
    m_stack = new QStackedWidget(pane);
    paneLayout->addWidget(m_stack);
    middle->addWidget(pane, 1);
    middle->addWidget(hairline(false, this));
    m_summary = new SummaryPanel(
        m_model, [this](const std::string& field) { return labelOf(field); }, this);
    middle->addWidget(m_summary);
    outer->addLayout(middle, 1);
    makePages();
    makeButtons();
    outer->addWidget(m_buttons);

    connect(m_steps, &StepList::wanted, this, [this](int index) { goTo(static_cast<Page>(index)); });
    connect(m_summary, &SummaryPanel::fieldWanted, this, &ClusterWizard::goToField);
    connect(m_review, &ReviewPage::fieldWanted, this, &ClusterWizard::goToField);
    connect(m_review, &ReviewPage::stateChanged, this, &ClusterWizard::refresh);
    connect(m_model, &WizardModel::changed, this, &ClusterWizard::refresh);
    connect(m_model, &WizardModel::replaced, this, [this] {
        for (WizardPage* each : m_pages)
            each->loadQuietly();
    });
    for (WizardPage* each : m_pages)
        each->loadQuietly();
    goTo(Basics);
}

ClusterWizard::~ClusterWizard() = default;

void ClusterWizard::setConsoles(const ConsoleServices& consoles)
{
    m_progress->setConsoles(consoles);
}

void ClusterWizard::makePages()
{
    m_review = new ReviewPage(m_model, [this](const std::string& field) { return labelOf(field); });
    m_pages = {new BasicsPage(m_model), new MachinesPage(m_model), new NetworkPage(m_model),
               new AddOnsPage(m_model), m_review};
    for (WizardPage* each : m_pages) {
        auto* area = new QScrollArea(m_stack);
        area->setFrameShape(QFrame::NoFrame);
        area->setWidgetResizable(true);
        area->setFocusPolicy(Qt::NoFocus);
        area->setWidget(each);
        each->setAutoFillBackground(false);
        area->viewport()->setAutoFillBackground(false);
        m_stack->addWidget(area);
    }
    m_progress = new ProgressPage(m_runs, m_stack);
    m_stack->addWidget(m_progress);
    connect(m_progress, &ProgressPage::leaveWanted, this, &QWidget::close);
    connect(m_progress, &ProgressPage::deployWanted, this, &ClusterWizard::deployWanted);
    connect(m_progress, &ProgressPage::showInStackWanted, this, [this](const std::string& key) {
        if (ClusterRun* shownRun = run())
            Q_EMIT showInStackWanted(shownRun->source(), QString::fromStdString(key));
    });
}

void ClusterWizard::makeButtons()
{
    m_buttons = new QWidget(this);
    auto* outer = new QVBoxLayout(m_buttons);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(hairline(true, m_buttons));
    auto* line = new QHBoxLayout;
    line->setContentsMargins(16, 10, 16, 10);
    line->setSpacing(8);
    auto* profile = new QPushButton(tr("Pro&file ▾"), m_buttons);
    profile->setObjectName(QStringLiteral("profile"));
    auto* menu = new QMenu(profile);
    QAction* load = menu->addAction(Theme::icon(QStringLiteral("open")), tr("&Load…"));
    QAction* save = menu->addAction(Theme::icon(QStringLiteral("save")), tr("&Save…"));
    menu->addSeparator();
    QAction* over = menu->addAction(Theme::icon(QStringLiteral("refresh")), tr("Start &over"));
    profile->setMenu(menu);
    m_said = new ThemedLabel(TextRole::Muted, m_buttons);
    m_said->setObjectName(QStringLiteral("said"));
    m_said->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_prepare = new QPushButton(tr("Prepare the &outer cluster…"), m_buttons);
    m_prepare->setObjectName(QStringLiteral("prepare"));
    m_prepare->setAutoDefault(false);
    m_prepare->hide();
    connect(m_prepare, &QPushButton::clicked, this, [this] { Q_EMIT prepareWanted(m_model->source()); });
    auto* cancel = new QPushButton(tr("Close"), m_buttons);
    m_back = new QPushButton(tr("&Back"), m_buttons);
    m_next = new QPushButton(tr("&Next"), m_buttons);
    m_back->setObjectName(QStringLiteral("back"));
    m_next->setObjectName(QStringLiteral("next"));
    for (QPushButton* each : {profile, cancel, m_back})
        each->setAutoDefault(false);
    m_next->setDefault(true);
    line->addWidget(profile);
    line->addWidget(m_prepare);
    line->addWidget(m_said, 1);
    line->addWidget(cancel);
    line->addSpacing(12);
    line->addWidget(m_back);
    line->addWidget(m_next);
    outer->addLayout(line);

    connect(cancel, &QPushButton::clicked, this, &QWidget::close);
    connect(m_back, &QPushButton::clicked, this, &ClusterWizard::back);
    connect(m_next, &QPushButton::clicked, this, &ClusterWizard::next);
    connect(load, &QAction::triggered, this, [this] {
        auto* dialog = new QFileDialog(this, tr("Load a cluster profile"), {},
                                       tr("Cluster profiles (*.yaml *.yml);;All files (*)"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        connect(dialog, &QFileDialog::fileSelected, this, &ClusterWizard::loadProfile);
        dialog->open();
    });
    connect(save, &QAction::triggered, this, [this] {
        auto* dialog = new QFileDialog(this, tr("Save as a cluster profile"), {},
                                       tr("Cluster profiles (*.yaml *.yml);;All files (*)"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->setDefaultSuffix(QStringLiteral("yaml"));
        const std::string& name = m_model->profile().name;
        dialog->selectFile(name.empty() ? QStringLiteral("profile.yaml")
                                        : cleaned(name) + QStringLiteral(".yaml"));
        connect(dialog, &QFileDialog::fileSelected, this, &ClusterWizard::saveProfile);
        dialog->open();
    });
    connect(over, &QAction::triggered, this, [this] {
        m_furthest = 0;
        for (WizardPage* each : m_pages)
            each->setAttempted(false);
        m_model->startOver();
        goTo(Basics);
    });
}

void ClusterWizard::setSource(stack::SourceId source)
{
    if (source != 0)
        m_model->setSource(source);
}

void ClusterWizard::loadProfile(const QString& path)
{
    aside<Result<LoadedProfile>>(
        this, [path] { return loadProfileFile(path.toStdString()); },
        [this, path](Result<LoadedProfile> loaded) {
            if (!loaded) {
                say(errorText(loaded.error()), true);
                return;
            }
            if (hasErrors(loaded->problems)) {
                const Problem& first = loaded->problems.front();
                say(tr("%1: %2 %3").arg(shown(first.field), shown(first.text), shown(first.remedy)), true);
                return;
            }
            for (WizardPage* each : m_pages)
                each->setAttempted(true); // what is wrong in it is to be seen
            m_furthest = Review;
            m_model->replace(std::move(loaded->profile));
            goTo(Basics);
            say(tr("Loaded %1.").arg(path), false);
        });
}

void ClusterWizard::saveProfile(const QString& path)
{
    aside<Result<void>>(
        this, [path, text = provision::saveProfile(m_model->profile())] { return saveText(path, text); },
        [this, path](const Result<void>& saved) {
            if (saved)
                say(tr("Saved as %1.").arg(path), false);
            else
                say(errorText(saved.error()), true);
        });
}

void ClusterWizard::say(const QString& text, bool failed)
{
    m_said->setRole(failed ? TextRole::Failed : TextRole::Muted);
    m_said->showText(elided(m_said->fontMetrics(), text, 520));
    m_said->setToolTip(plainToolTip(text));
}

WizardPage* ClusterWizard::pageAt(int index) const
{
    return index >= 0 && index < int(m_pages.size()) ? m_pages[std::size_t(index)] : nullptr;
}

QString ClusterWizard::labelOf(const std::string& field) const
{
    if (field.empty())
        return {};
    for (const WizardPage* each : m_pages) {
        if (!each->owns(field))
            continue;
        QString label = each->labelOf(field);
        // Fields of a pool carry its name.
        if (field.rfind("workers[", 0) == 0) {
            const std::size_t at = std::size_t(std::atoi(field.c_str() + 8));
            if (at < m_model->profile().workers.size())
                label = QStringLiteral("%1 · %2").arg(shown(m_model->profile().workers[at].name), label);
        }
        if (field.rfind("controlPlane.size", 0) == 0)
            label = tr("Control plane · %1").arg(label);
        return label.isEmpty() ? each->title() : label;
    }
    return {};
}

// The errors of pages that the operator has been on.
Problems ClusterWizard::mending() const
{
    Problems all;
    for (const WizardPage* each : m_pages) {
        if (!each->attempted())
            continue;
        const Problems mine = each->errors();
        all.insert(all.end(), mine.begin(), mine.end());
    }
    return all;
}

void ClusterWizard::goTo(Page target)
{
    if (target != Progress && m_page == Progress && run() != nullptr && run()->active())
        return;
    if (WizardPage* left = pageAt(m_page)) {
        if (target > m_page)
            left->setAttempted(true);
        if (target != m_page)
            left->leave();
    }
    m_page = target;
    m_furthest = std::max(m_furthest, int(target));
    if (target == Review) {
        for (WizardPage* each : m_pages)
            each->setAttempted(true);
    }
    m_stack->setCurrentIndex(target);
    m_steps->setCurrent(target);
    m_said->showText({});
    if (WizardPage* entered = pageAt(target)) {
        entered->loadQuietly(); // hints follow what was typed elsewhere
        entered->enter();
        if (target != Review)
            entered->focusFirst();
    }
    if (target == Review && m_access)
        m_review->setKubectlAccess(m_access(m_model->source()));
    refresh();
    Q_EMIT pageChanged();
}

void ClusterWizard::goToField(const std::string& field)
{
    for (std::size_t i = 0; i < m_pages.size(); ++i) {
        if (!m_pages[i]->owns(field))
            continue;
        goTo(static_cast<Page>(i));
        m_pages[i]->setAttempted(true);
        m_pages[i]->focusField(field);
        if (auto* area = qobject_cast<QScrollArea*>(m_stack->widget(int(i)))) {
            if (QWidget* focus = m_pages[i]->focusWidget())
                area->ensureWidgetVisible(focus, 40, 80);
        }
        return;
    }
}

void ClusterWizard::next()
{
    WizardPage* now = pageAt(m_page);
    if (now == nullptr)
        return;
    if (m_page == Review) {
        create();
        return;
    }
    now->setAttempted(true);
    const Problems wrong = now->errors();
    if (!wrong.empty()) {
        refresh();
        goToField(wrong.front().field);
        return;
    }
    goTo(static_cast<Page>(m_page + 1));
}

void ClusterWizard::back()
{
    if (m_page > Basics && m_page <= Review)
        goTo(static_cast<Page>(m_page - 1));
}

void ClusterWizard::create()
{
    if (!m_review->accepted())
        return;
    ClusterRun* started = m_runs->create(m_model->source(), m_model->profile(), m_model->planId());
    if (started == nullptr) {
        say(tr("The outer cluster is not connected any more."), true);
        return;
    }
    m_model->newPlan(); // the next one is another
    showRun(started);
}

ClusterRun* ClusterWizard::run() const
{
    return m_progress->run();
}

void ClusterWizard::showRun(ClusterRun* shownRun)
{
    m_progress->showRun(shownRun);
    goTo(Progress);
    setWindowTitle(shownRun->title());
    connect(shownRun, &ClusterRun::changed, this, &ClusterWizard::refresh, Qt::UniqueConnection);
}

void ClusterWizard::editAgain()
{
    setWindowTitle(tr("New tenant cluster"));
    if (m_page != Progress) {
        if (!m_model->siteProblem().isEmpty())
            m_model->surveyAgain(); // it may have been prepared meanwhile
        return;
    }
    m_page = Basics; // the run goes on by itself
    m_furthest = 0;
    for (WizardPage* each : m_pages)
        each->setAttempted(false);
    m_model->edit([](ClusterProfile& p) {
        p.name.clear(); // taken now
        p.nameSpace.clear();
    });
    m_model->surveyAgain();
    for (WizardPage* each : m_pages)
        each->loadQuietly();
    goTo(Basics);
}

void ClusterWizard::refresh()
{
    for (WizardPage* each : m_pages)
        each->showProblems();
    const bool running = m_page == Progress;
    m_buttons->setVisible(!running);
    m_summary->setVisible(!running);
    m_steps->setVisible(true);
    m_summary->refresh();
    m_summary->setMending(mending());

    static const char* const kNotes[] = {
        QT_TR_NOOP("Name, version, place"), QT_TR_NOOP("What it is made of"),
        QT_TR_NOOP("API, addresses, CNI"),  QT_TR_NOOP("Keys, storage, repair"),
        QT_TR_NOOP("Dry run, YAML"),        QT_TR_NOOP("Until it is Ready")};
    std::vector<StepList::Entry> entries;
    for (int i = Basics; i <= Progress; ++i) {
        StepList::Entry entry;
        entry.note = tr(kNotes[i]);
        if (const WizardPage* each = pageAt(i)) {
            entry.title = each->title();
            const int wrong = each->attempted() ? int(each->errors().size()) : 0;
            const bool visited = running || i < m_furthest || (i <= m_furthest && i < m_page);
            entry.mark = wrong > 0 && !running ? StepList::Mark::Wrong
                         : visited             ? StepList::Mark::Done
                                               : StepList::Mark::Open;
            if (entry.mark == StepList::Mark::Wrong)
                entry.note = tr("%n to mend", nullptr, wrong);
            if (i == Review && !running)
                entry.mark = m_review->accepted() ? StepList::Mark::Done : StepList::Mark::Open;
            entry.reachable = !running;
        } else {
            entry.title = tr("Create");
            entry.reachable = running;
            if (running && run() != nullptr) {
                entry.note = run()->phase() == ClusterRun::Phase::Done ? tr("Ready") : run()->currentStep();
                entry.mark = run()->phase() == ClusterRun::Phase::Done  ? StepList::Mark::Done
                             : run()->health() == stack::Health::Failed ? StepList::Mark::Wrong
                                                                        : StepList::Mark::Open;
            }
        }
        entries.push_back(std::move(entry));
    }
    m_steps->setEntries(std::move(entries));
    // What the checks miss of the platform can be installed.
    static const std::set<std::string> kPlatform = {
        "cluster-api", "bootstrap", "control-plane", "capk", "kubevirt", "cdi", "addons", "kubevirt-ready"};
    const auto& checks = m_model->survey().checks;
    m_prepare->setVisible(m_model->surveyState() == WizardModel::Survey::Known &&
                          std::any_of(checks.begin(), checks.end(), [](const Check& check) {
                              return check.verdict == CheckVerdict::Blocker && kPlatform.count(check.id) != 0;
                          }));
    m_back->setEnabled(m_page > Basics);
    m_next->setText(m_page == Review ? tr("&Create") : tr("&Next"));
    m_next->setEnabled(m_page != Review || m_review->accepted());
}

void ClusterWizard::keyPressEvent(QKeyEvent* event)
{
    // Return in a field goes on; Esc closes, which loses nothing.
    if (event->matches(QKeySequence::Back) ||
        (event->modifiers() == Qt::AltModifier && event->key() == Qt::Key_Left)) {
        back();
        return;
    }
    QDialog::keyPressEvent(event);
}

} // namespace strata::ui
