// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/preparewizard.h"

#include "ui/stack/stackstore.h"
#include "ui/widgets/basepane.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/windowsize.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/preparemodel.h"
#include "ui/wizard/preparepages.h"
#include "ui/wizard/progresspage.h"
#include "ui/wizard/reviewtable.h"
#include "ui/wizard/steplist.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

using namespace prepare;

PrepareWizard::PrepareWizard(ClusterRuns* runs, StackStore* store, QWidget* parent)
    : QDialog(parent, Qt::Window), m_runs(runs), m_store(store), m_model(new PrepareModel(runs, this))
{
    setWindowTitle(tr("Prepare the outer cluster"));
    setObjectName(QStringLiteral("prepareWizard"));
    setMinimumSize(860, 520);
    resizeWithin(this, {1080, 760});
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
    outer->addLayout(middle, 1);
    m_there = new PrepareTherePage(m_model, m_stack);
    m_choice = new PrepareChoicePage(m_model, m_stack);
    m_review = new PrepareReviewPage(m_model, m_stack);
    m_progress = new ProgressPage(runs, m_stack);
    for (QWidget* page : {static_cast<QWidget*>(m_there), static_cast<QWidget*>(m_choice),
                          static_cast<QWidget*>(m_review), static_cast<QWidget*>(m_progress)})
        m_stack->addWidget(page);
    makeButtons();
    outer->addWidget(m_buttons);

    connect(m_steps, &StepList::wanted, this, [this](int index) {
        if (m_page != Progress && index <= m_furthest)
            goTo(static_cast<Page>(index));
    });
    connect(m_model, &PrepareModel::changed, this, &PrepareWizard::refresh);
    connect(m_model, &PrepareModel::planChanged, this, &PrepareWizard::refresh);
    connect(m_progress, &ProgressPage::leaveWanted, this, &QWidget::close);
    connect(m_progress, &ProgressPage::createWanted, this, [this] {
        close();
        Q_EMIT createClusterWanted(m_model->source());
    });
    connect(store, &StackStore::changed, this, [this](const stack::StackDelta& delta) {
        if (!delta.sources.empty())
            fillSources();
    });
    fillSources();
    goTo(There);
}

PrepareWizard::~PrepareWizard() = default;

void PrepareWizard::makeButtons()
{
    m_buttons = new QWidget(this);
    auto* outer = new QVBoxLayout(m_buttons);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(hairline(true, m_buttons));
    auto* line = new QHBoxLayout;
    line->setContentsMargins(16, 10, 16, 10);
    line->setSpacing(8);
    m_sources = new QComboBox(m_buttons);
    m_sources->setAccessibleName(tr("The outer cluster"));
    m_sources->setMinimumContentsLength(12);
    m_said = new ThemedLabel(TextRole::Muted, m_buttons);
    auto* cancel = new QPushButton(tr("Close"), m_buttons);
    m_back = new QPushButton(tr("&Back"), m_buttons);
    m_next = new QPushButton(tr("&Next"), m_buttons);
    m_back->setObjectName(QStringLiteral("back"));
    m_next->setObjectName(QStringLiteral("next"));
    for (QPushButton* each : {cancel, m_back})
        each->setAutoDefault(false);
    m_next->setDefault(true);
    line->addWidget(m_sources);
    line->addWidget(m_said, 1);
    line->addWidget(cancel);
    line->addSpacing(12);
    line->addWidget(m_back);
    line->addWidget(m_next);
    outer->addLayout(line);
    connect(cancel, &QPushButton::clicked, this, &QWidget::close);
    connect(m_back, &QPushButton::clicked, this, [this] {
        if (m_page > There && m_page < Progress)
            goTo(static_cast<Page>(m_page - 1));
    });
    connect(m_next, &QPushButton::clicked, this, &PrepareWizard::next);
    connect(m_sources, &QComboBox::activated, this,
            [this](int) { setSource(m_sources->currentData().toUInt()); });
}

void PrepareWizard::fillSources()
{
    m_sources->clear();
    const stack::Stack& stack = m_store->stack();
    for (const stack::SourceId id : stack.sources()) {
        const stack::SourceState* state = stack.source(id);
        if (state->kind == stack::SourceKind::OuterCluster)
            m_sources->addItem(shown(state->name), QVariant::fromValue<uint>(id));
    }
    m_sources->setVisible(m_sources->count() > 1);
    const int at = m_sources->findData(QVariant::fromValue<uint>(m_model->source()));
    if (at >= 0)
        m_sources->setCurrentIndex(at);
    else if (m_model->source() == 0 && m_sources->count() > 0 && isVisible())
        setSource(0);
}

void PrepareWizard::setSource(stack::SourceId source)
{
    if (source == 0 && m_sources->count() > 0)
        source = m_sources->itemData(0).toUInt();
    m_furthest = There;
    m_model->setSource(source);
    const int at = m_sources->findData(QVariant::fromValue<uint>(source));
    if (at >= 0)
        m_sources->setCurrentIndex(at);
    goTo(There);
}

ClusterRun* PrepareWizard::run() const
{
    return m_progress->run();
}

bool PrepareWizard::mayReview() const
{
    const bool folder = !m_model->fromFolder() || m_model->bundle();
    return m_model->state() == PrepareModel::State::Known && m_model->objections().empty() &&
           !m_model->nothingToDo() && folder;
}

void PrepareWizard::goTo(Page target)
{
    if (target == Review && !mayReview())
        return;
    m_page = target;
    m_furthest = std::max(m_furthest, int(target));
    m_stack->setCurrentIndex(target);
    m_steps->setCurrent(target);
    if (target == Review && m_model->making() == PrepareModel::Making::None)
        m_model->makePlan();
    refresh();
}

void PrepareWizard::next()
{
    if (m_page == Review) {
        ClusterRun* started = m_model->carryOut();
        if (started == nullptr) {
            m_said->setRole(TextRole::Failed);
            m_said->showText(tr("The outer cluster is not connected any more."));
            return;
        }
        m_progress->showRun(started);
        connect(started, &ClusterRun::changed, this, &PrepareWizard::refresh, Qt::UniqueConnection);
        goTo(Progress);
        return;
    }
    if (m_page < Review)
        goTo(static_cast<Page>(m_page + 1));
}

void PrepareWizard::refresh()
{
    const bool running = m_page == Progress;
    switch (m_page) {
    case There:
        m_there->refresh();
        break;
    case Choice:
        m_choice->refresh();
        break;
    case Review:
        m_review->refresh();
        break;
    case Progress:
        break;
    }
    m_buttons->setVisible(!running);
    const bool known = m_model->state() == PrepareModel::State::Known;
    const bool accepted = m_model->making() == PrepareModel::Making::Accepted;
    const auto mark = [&](int page) {
        return page < m_furthest ? StepList::Mark::Done : StepList::Mark::Open;
    };
    std::vector<StepList::Entry> entries;
    entries.push_back({tr("What is there"), tr("Found and judged"), mark(There), !running});
    const int wrong = int(m_model->objections().size());
    entries.push_back(
        {tr("What to install"), wrong > 0 ? tr("%n to mend", nullptr, wrong) : tr("Versions, gates, source"),
         wrong > 0 && m_furthest >= Choice ? StepList::Mark::Wrong : mark(Choice), known && !running});
    entries.push_back({tr("Review"), tr("Plan, differences"),
                       accepted || running ? StepList::Mark::Done : StepList::Mark::Open,
                       !running && m_furthest >= Review});
    StepList::Entry last{tr("Prepare"), tr("Until all works"), StepList::Mark::Open, running};
    if (running && run() != nullptr) {
        const bool done = run()->phase() == ClusterRun::Phase::Done;
        last.note = done ? tr("Ready") : run()->currentStep();
        last.mark = done                                       ? StepList::Mark::Done
                    : run()->health() == stack::Health::Failed ? StepList::Mark::Wrong
                                                               : StepList::Mark::Open;
    }
    entries.push_back(std::move(last));
    m_steps->setEntries(std::move(entries));
    m_sources->setEnabled(m_page == There);
    m_back->setEnabled(m_page > There);
    m_next->setText(m_page == Review ? tr("&Prepare") : tr("&Next"));
    m_next->setEnabled(m_page == There ? known : m_page == Choice ? mayReview() : accepted);
    m_said->setRole(TextRole::Muted);
    m_said->showText(m_page == Choice && known && m_model->nothingToDo() ? tr("Nothing is chosen.")
                                                                         : QString());
}

void PrepareWizard::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Back) && m_page > There && m_page < Progress) {
        goTo(static_cast<Page>(m_page - 1));
        return;
    }
    QDialog::keyPressEvent(event);
}

} // namespace strata::ui
