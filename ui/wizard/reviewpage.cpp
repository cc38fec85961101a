// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/reviewpage.h"

#include "core/provision/concerns.h"
#include "core/provision/recipes/create_plan.h"
#include "ui/connect/errorwords.h"
#include "ui/details/codeview.h"
#include "ui/details/statepill.h"
#include "ui/theme/theme.h"
#include "ui/widgets/codefield.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/highlighter.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/underlinetabs.h"
#include "ui/wizard/aside.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/linediff.h"
#include "ui/wizard/manifestfolder.h"
#include "ui/wizard/reviewtable.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace strata::ui {

using namespace provision;

namespace {

constexpr int kFieldRole = Qt::UserRole + 20;
constexpr qsizetype kMostColoured = 400'000; // characters

stack::Health healthOf(CheckVerdict verdict)
{
    switch (verdict) {
    case CheckVerdict::Ok:
        return stack::Health::Ok;
    case CheckVerdict::Warning:
        return stack::Health::Warning;
    case CheckVerdict::Blocker:
        return stack::Health::Failed;
    case CheckVerdict::Unknown:
        return stack::Health::Unknown;
    }
    return stack::Health::Unknown;
}

} // namespace

ReviewPage::ReviewPage(WizardModel* model, std::function<QString(const std::string&)> labelOf,
                       QWidget* parent)
    : WizardPage(model, tr("Review"), {}, parent), m_labelOf(std::move(labelOf))
{
    auto* line = new QHBoxLayout;
    line->setSpacing(10);
    m_pill = new StatePill(this);
    m_words = new ThemedLabel(TextRole::Text, this);
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_again = new QPushButton(tr("&Ask again"), this);
    m_again->setAutoDefault(false);
    line->addWidget(m_pill, 0, Qt::AlignTop);
    line->addWidget(m_words, 1);
    line->addWidget(m_again, 0, Qt::AlignTop);
    body()->addLayout(line);

    m_tabs = new UnderlineTabs(this);
    m_tabs->setAccessibleName(tr("Parts of the review"));
    m_tabs->addTab(tr("Objects"));
    m_tabs->addTab(tr("Checks"));
    m_tabs->addTab(tr("Steps"));
    m_tabs->addTab(tr("Differences"));
    m_tabs->addTab(tr("YAML"));
    m_pages = new QStackedWidget(this);
    m_objects = reviewTable({tr("Object"), tr("Concerns"), tr("The server's words")}, {46, 24, 30},
                            tr("Objects"), false);
    m_checks =
        reviewTable({tr("Check"), tr("Concerns"), tr("What was seen")}, {46, 20, 34}, tr("Checks"), false);
    m_plan = reviewTable({tr("Step"), tr("What it does")}, {32, 68}, tr("Steps"), true);
    m_plan->setIndentation(16);
    m_differences = new CodeView(this);
    m_differences->setAccessibleName(tr("What the server would make of each object"));
    colourDifferences(m_differences->document());
    m_yaml = new CodeView(this);
    m_yaml->setAccessibleName(tr("The objects as YAML"));
    for (QWidget* page :
         {static_cast<QWidget*>(m_objects), static_cast<QWidget*>(m_checks), static_cast<QWidget*>(m_plan),
          static_cast<QWidget*>(m_differences), static_cast<QWidget*>(m_yaml)})
        m_pages->addWidget(page);
    m_pages->setMinimumHeight(220);
    auto* framed = new QVBoxLayout;
    framed->setSpacing(0);
    framed->addWidget(m_tabs);
    framed->addWidget(m_pages, 1);
    body()->addLayout(framed, 1);

    auto* buttons = new QHBoxLayout;
    m_saveManifests = new QPushButton(tr("Save as &manifests…"), this);
    m_copy = new QPushButton(tr("Copy as kub&ectl"), this);
    m_saved = new ThemedLabel(TextRole::Muted, this);
    for (QPushButton* button : {m_saveManifests, m_copy}) {
        button->setAutoDefault(false);
        buttons->addWidget(button);
    }
    buttons->addWidget(m_saved, 1);
    body()->addLayout(buttons);

    connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_again, &QPushButton::clicked, this, &ReviewPage::ask);
    connect(m_saveManifests, &QPushButton::clicked, this, &ReviewPage::saveManifests);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        if (!m_run || !m_run->plan())
            return;
        QApplication::clipboard()->setText(kubectlLine(manifestsOf(*m_run->plan()), m_access));
        m_saved->showText(tr("Copied."));
    });
    const auto go = [this](QTreeWidgetItem* item) {
        const std::string field = item->data(0, kFieldRole).toString().toStdString();
        if (!field.empty())
            Q_EMIT fieldWanted(field);
    };
    connect(m_objects, &QTreeWidget::itemActivated, this, go);
    connect(m_checks, &QTreeWidget::itemActivated, this, go);
    refresh();
}

ReviewPage::~ReviewPage() = default;

bool ReviewPage::asking() const
{
    return m_run && m_run->active();
}

bool ReviewPage::accepted() const
{
    return m_run && m_run->phase() == ClusterRun::Phase::Done && m_asked == model()->profile() &&
           m_askedAt == model()->source();
}

void ReviewPage::setTab(int index)
{
    m_tabs->setCurrentIndex(index);
}

void ReviewPage::enter()
{
    m_saved->showText({});
    if (!m_run || !(m_asked == model()->profile()) || m_askedAt != model()->source() ||
        m_run->phase() != ClusterRun::Phase::Done)
        ask();
}

void ReviewPage::leave()
{
    if (asking()) { // what it would say is not waited for
        m_run.reset();
        refresh();
    }
}

void ReviewPage::ask()
{
    m_told = false;
    model()->setServerProblems({}); // they were about the last time
    m_asked = model()->profile();
    m_askedAt = model()->source();
    m_run.reset();
    if (!hasErrors(model()->problems()))
        m_run = model()->runs()->rehearse(m_askedAt, m_asked, model()->planId());
    if (m_run)
        connect(m_run.get(), &ClusterRun::changed, this, &ReviewPage::refresh);
    refresh();
}

void ReviewPage::refresh()
{
    const bool planned = m_run && m_run->plan();
    m_saveManifests->setEnabled(planned);
    m_copy->setEnabled(planned);
    m_again->setEnabled(!asking());
    if (!m_run) {
        const bool wrong = hasErrors(model()->problems());
        m_pill->show(wrong ? stack::Health::Failed : stack::Health::Unknown,
                     wrong ? tr("not ready") : tr("not asked"));
        m_words->showText(wrong ? tr("Some fields must be mended first; they are listed at the right.")
                                : tr("The outer cluster is not connected."));
    } else if (m_run->active()) {
        m_pill->show(stack::Health::Progressing, tr("asking"));
        m_words->showText(
            m_run->phase() == ClusterRun::Phase::Preparing
                ? tr("Checking the site and fetching manifests…")
                : tr("The server is asked about every object, as a dry run. Nothing is written."));
    } else if (m_run->phase() == ClusterRun::Phase::Done) {
        const int count = int(m_run->verdicts().size());
        m_pill->show(stack::Health::Ok, tr("accepted"));
        QString words =
            tr("The server accepts all %n objects. Nothing has been written yet.", nullptr, count);
        if (std::any_of(m_run->verdicts().begin(), m_run->verdicts().end(),
                        [](const Verdict& verdict) { return verdict.elsewhere; }))
            words += QLatin1Char(' ') +
                     tr("They were tried in the namespace “default”; their own is still to be made.");
        m_words->showText(words);
    } else {
        m_pill->show(stack::Health::Failed, tr("refused"));
        m_words->showText(m_run->error() ? errorText(*m_run->error()) : m_run->sentence());
        if (!m_told) {
            // The server's words go to the fields they concern.
            m_told = true;
            Problems problems;
            for (const Verdict& verdict : m_run->verdicts()) {
                const std::string field = concernedField(m_asked, verdict.ref, verdict.words);
                if (!verdict.accepted && !field.empty())
                    problems.push_back({field,
                                        tr("The server refuses %1: %2")
                                            .arg(shown(verdict.ref.title()), shown(verdict.words))
                                            .toStdString(),
                                        {},
                                        Severity::Error});
            }
            if (m_run->survey()) {
                for (const Check& check : m_run->survey()->checks) {
                    if (check.verdict == CheckVerdict::Blocker && !check.field.empty())
                        problems.push_back({check.field, check.evidence, check.remedy, Severity::Error});
                }
            }
            model()->setServerProblems(std::move(problems));
        }
    }
    showChecks();
    showObjects();
    showPlan();
    showDifferences();
    showYaml();
    Q_EMIT stateChanged();
}

void ReviewPage::showChecks()
{
    const std::size_t count = m_run && m_run->survey() ? m_run->survey()->checks.size() : 0;
    int bad = 0;
    m_checks->clear();
    for (std::size_t i = 0; i < count; ++i) {
        const Check& check = m_run->survey()->checks[i];
        QString seen = shown(check.evidence);
        if (check.verdict != CheckVerdict::Ok) {
            ++bad;
            seen += QLatin1Char(' ') + shown(check.remedy);
        }
        auto* item = new QTreeWidgetItem({shown(check.title), m_labelOf(check.field), seen});
        item->setIcon(0, healthIcon(healthOf(check.verdict)));
        item->setData(0, kFieldRole, shown(check.field));
        m_checks->addTopLevelItem(item);
    }
    m_tabs->setTabText(1, bad > 0 ? tr("Checks %1").arg(bad) : tr("Checks"));
}

void ReviewPage::showObjects()
{
    m_objects->clear();
    if (!m_run || !m_run->plan())
        return;
    for (const Step& step : m_run->plan()->steps) {
        for (const Write& write : step.writes) {
            if (write.verb == Verb::Patch || write.verb == Verb::Delete)
                continue;
            const Ref ref = refOf(write.object);
            const Verdict* told = nullptr;
            for (const Verdict& verdict : m_run->verdicts()) {
                if (verdict.ref == ref)
                    told = &verdict;
            }
            QString words =
                write.target == Target::Inner ? tr("Goes into the new cluster; asked there.") : tr("asking…");
            stack::Health health = stack::Health::Unknown;
            if (told != nullptr) {
                words = shown(told->words);
                for (const std::string& warning : told->warnings)
                    words += QLatin1Char(' ') + tr("Warning: %1").arg(cleaned(warning));
                health = !told->accepted          ? stack::Health::Failed
                         : told->warnings.empty() ? stack::Health::Ok
                                                  : stack::Health::Warning;
            }
            const std::string field =
                concernedField(m_asked, ref, told != nullptr ? told->words : std::string());
            // The namespace is the same for all of them.
            auto* item = new QTreeWidgetItem({shown(ref.kind + " " + ref.name), m_labelOf(field), words});
            item->setIcon(0, healthIcon(health));
            item->setToolTip(2, plainToolTip(words));
            item->setToolTip(0, plainToolTip(shown(ref.apiVersion + " " + ref.title())));
            item->setData(0, kFieldRole, shown(field));
            m_objects->addTopLevelItem(item);
        }
    }
}

void ReviewPage::showPlan()
{
    m_plan->clear();
    if (!m_run || !m_run->plan())
        return;
    int number = 0;
    for (const Step& step : m_run->plan()->steps) {
        QStringList writes;
        QStringList waits;
        QStringList looked;
        for (const Write& write : step.writes)
            writes << shown(refOf(write.object).title());
        for (const Wait& wait : step.waits)
            waits << shown(wait.what);
        for (const std::string& id : step.checks) {
            if (!m_run->survey())
                break;
            const auto& checks = m_run->survey()->checks;
            const auto found = std::find_if(checks.begin(), checks.end(),
                                            [&](const Check& check) { return check.id == id; });
            if (found != checks.end())
                looked << shown(found->title);
        }
        auto* item = new QTreeWidgetItem({QStringLiteral("%1  %2").arg(++number).arg(shown(step.title))});
        m_plan->addTopLevelItem(item);
        item->setFirstColumnSpanned(true);
        const auto line = [item](const QString& what, const QStringList& words) {
            if (words.isEmpty())
                return;
            const QString text = words.join(QStringLiteral(" · "));
            auto* child = new QTreeWidgetItem(item, {what, text});
            child->setToolTip(1, plainToolTip(text));
        };
        line(tr("Checked before"), looked);
        line(tr("Writes"), writes);
        line(step.timeoutSeconds > 0 ? tr("Waits, %1 min at most").arg((step.timeoutSeconds + 59) / 60)
                                     : tr("Waits"),
             waits);
        if (!writes.isEmpty()) {
            const bool back = std::any_of(step.writes.begin(), step.writes.end(),
                                          [](const Write& write) { return canBeUndone(write); });
            line(tr("Undo"),
                 {back ? tr("deletes what it wrote, and nothing else") : tr("it goes with the Cluster")});
        }
        item->setExpanded(true);
    }
}

// Of each object: what is there, or what is sent when nothing is, against what the server would make of it.
void ReviewPage::showDifferences()
{
    QString text;
    if (m_run && !m_run->active()) {
        for (const Verdict& verdict : m_run->verdicts()) {
            if (verdict.before.empty() && verdict.after.empty())
                continue;
            QString words;
            QString body;
            if (verdict.after.empty()) {
                words = verdict.exists ? tr("exists and stays as it is")
                                       : tr("is new; the server has not told more");
            } else {
                if (verdict.before != verdict.after)
                    body = diffText(lineDiff(QString::fromStdString(verdict.before),
                                             QString::fromStdString(verdict.after)));
                words = body.isEmpty()   ? verdict.exists ? tr("exists, without a difference")
                                                          : tr("is new, and taken as it is sent")
                          : verdict.exists ? tr("exists; it would become")
                                         : tr("is new; the server fills in");
            }
            text += QStringLiteral("# %1: %2\n").arg(shown(verdict.ref.title()), words) + body +
                    QLatin1Char('\n');
        }
    }
    if (text == m_shownDifferences)
        return;
    m_shownDifferences = text;
    m_differences->setPlainText(text);
}

void ReviewPage::showYaml()
{
    const QString yaml =
        m_run && m_run->plan() ? QString::fromStdString(toYaml(manifestsOf(*m_run->plan()))) : QString();
    if (yaml == m_shownYaml)
        return;
    m_shownYaml = yaml;
    m_yaml->setPlainText(yaml);
    if (yaml.size() < kMostColoured)
        highlight(m_yaml->document(), Syntax::Yaml, m_yaml);
    else
        stopHighlighting(m_yaml->document(), m_yaml);
}

void ReviewPage::saveManifests()
{
    if (!m_run || !m_run->plan())
        return;
    auto* dialog = new QFileDialog(this, tr("Choose a folder for the manifests"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, objects = manifestsOf(*m_run->plan())](const QString& folder) {
                aside<Result<int>>(
                    this, [folder, objects] { return saveManifestFolder(folder, objects); },
                    [this](const Result<int>& saved) {
                        m_saved->showText(saved ? tr("%n files saved.", nullptr, *saved + 1)
                                                : errorText(saved.error()));
                    });
            });
    dialog->open();
}

} // namespace strata::ui
