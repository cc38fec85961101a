// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/actiondialog.h"

#include "ui/actions/budgetsline.h"
#include "ui/actions/fatewords.h"
#include "ui/connect/errorwords.h"
#include "ui/stack/stackstore.h"
#include "ui/stack/stratachart.h"
#include "ui/theme/theme.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/windowsize.h"
#include "ui/wizard/clusterruns.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace strata::ui {

using namespace stack;
using actions::Action;
using actions::Input;

namespace {

constexpr int kSettleMs = 250; // after the last key of an input

// The word on the button: the menu's, without dots.
QString verbOf(Action action)
{
    QString text = shown(actions::labelOf(action));
    text.remove(QStringLiteral("…"));
    return text;
}

// "v1.34.1" → "v1.35.0": what one would most likely go to.
QString nextMinor(const std::string& version)
{
    const QStringList parts = shown(version).split(QLatin1Char('.'));
    bool good = false;
    const int minor = parts.size() >= 2 ? parts.at(1).toInt(&good) : 0;
    return good ? QStringLiteral("%1.%2.0").arg(parts.front()).arg(minor + 1) : shown(version);
}

QTreeWidget* table(QWidget* parent, const QString& name, const QStringList& headers)
{
    auto* tree = new QTreeWidget(parent);
    tree->setAccessibleName(name);
    tree->setUniformRowHeights(true);
    tree->setHeaderLabels(headers);
    tree->header()->setStretchLastSection(true);
    tree->setSelectionMode(QAbstractItemView::SingleSelection);
    return tree;
}

} // namespace

ActionDialog::ActionDialog(ClusterRuns* runs, StackStore* store, StrataChart* chart,
                           inquiry::Look::Clients clients, Action action, std::vector<ItemId> items,
                           QWidget* parent)
    : QDialog(parent), m_runs(runs), m_store(store), m_chart(chart)
{
    m_request.action = action;
    m_request.items = std::move(items);
    setObjectName(QStringLiteral("actionDialog"));
    setWindowTitle(verbOf(action));
    resizeWithin(this, {700, actions::inputOf(action) == Input::Fields ? 700 : 560});
    makeParts(std::move(clients));
    m_later.setSingleShot(true);
    m_later.setInterval(kSettleMs);
    connect(&m_later, &QTimer::timeout, this, &ActionDialog::draft);
    draft();
}

ActionDialog::~ActionDialog()
{
    if (m_chart != nullptr)
        m_chart->setMarked({});
}

void ActionDialog::makeParts(inquiry::Look::Clients clients)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(10);
    m_title = new ThemedLabel(TextRole::Text, this);
    m_title->setObjectName(QStringLiteral("title"));
    m_title->setLook(1.3, QFont::DemiBold);
    m_title->setWordWrap(true);
    layout->addWidget(m_title);
    makeInputs(layout);
    auto* head = new ThemedLabel(tr("Who will notice"), TextRole::Muted, this);
    layout->addWidget(head);
    m_interruption = new ThemedLabel(TextRole::Text, this);
    m_interruption->setObjectName(QStringLiteral("interruption"));
    m_interruption->setWordWrap(true);
    m_interruption->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_interruption);
    m_budgets = new BudgetsLine(std::move(clients), this);
    layout->addWidget(m_budgets);
    m_fates = table(this, tr("What happens to each VM"), {tr("VM"), tr("Tenant"), tr("What"), tr("Why")});
    m_fates->setObjectName(QStringLiteral("fates"));
    m_fates->setRootIsDecorated(false);
    m_fates->hide();
    layout->addWidget(m_fates, 3);
    m_steps = table(this, tr("What will be done"), {tr("What will be done"), tr("How")});
    m_steps->setObjectName(QStringLiteral("steps"));
    layout->addWidget(m_steps, 2);
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_words);

    m_typedRow = new QWidget(this);
    auto* typed = new QHBoxLayout(m_typedRow);
    typed->setContentsMargins(0, 0, 0, 0);
    m_typedLabel = new ThemedLabel(TextRole::Text, m_typedRow);
    m_typedField = new QLineEdit(m_typedRow);
    m_typedField->setObjectName(QStringLiteral("typed"));
    m_typedField->setAccessibleName(tr("The name, to confirm"));
    m_typedLabel->setBuddy(m_typedField);
    typed->addWidget(m_typedLabel);
    typed->addWidget(m_typedField, 1);
    m_typedRow->hide();
    layout->addWidget(m_typedRow);
    connect(m_typedField, &QLineEdit::textChanged, this, &ActionDialog::enable);

    auto* buttons = new QHBoxLayout;
    auto* cancel = new QPushButton(tr("Cancel"), this);
    m_do = new QPushButton(verbOf(m_request.action), this);
    m_do->setObjectName(QStringLiteral("do"));
    const bool hurts = actions::isDestructive(m_request.action) || m_request.action == Action::ForceStopVm;
    m_do->setProperty(hurts ? "danger" : "primary", true);
    cancel->setAutoDefault(false);
    m_do->setAutoDefault(!hurts); // Return must not destroy
    m_do->setDefault(!hurts);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(m_do);
    layout->addLayout(buttons);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_do, &QPushButton::clicked, this, &ActionDialog::confirm);
}

void ActionDialog::makeInputs(QVBoxLayout* layout)
{
    auto* form = new QFormLayout;
    form->setContentsMargins(0, 0, 0, 0);
    const Stack& stack = m_store->stack();
    const ItemId first = m_request.items.front();
    const auto later = [this] {
        m_accepted = false; // of what was asked for before
        enable();
        m_later.start();
    };
    switch (actions::inputOf(m_request.action)) {
    case Input::None:
        break;
    case Input::Replicas: {
        m_replicas = new QSpinBox(this);
        m_replicas->setObjectName(QStringLiteral("replicas"));
        const bool plane = m_request.action == Action::ScaleControlPlane;
        m_replicas->setRange(plane ? 1 : 0, plane ? 9 : 10000);
        m_replicas->setSingleStep(plane ? 2 : 1);
        m_replicas->setValue(actions::replicasOf(stack, first).value_or(1));
        connect(m_replicas, &QSpinBox::valueChanged, this, later);
        form->addRow(m_request.action == Action::ScaleWorkload ? tr("&Pods") : tr("&Machines"), m_replicas);
        break;
    }
    case Input::Version:
        m_version = new QLineEdit(nextMinor(actions::versionOf(stack, first)), this);
        m_version->setObjectName(QStringLiteral("version"));
        m_image = new QLineEdit(this);
        m_image->setPlaceholderText(tr("The image of now, with the new version in its name"));
        connect(m_version, &QLineEdit::textEdited, this, later);
        connect(m_image, &QLineEdit::textEdited, this, later);
        form->addRow(tr("Kubernetes &version"), m_version);
        form->addRow(tr("&Image of the machines"), m_image);
        break;
    case Input::Node: {
        m_node = new QComboBox(this);
        m_node->setObjectName(QStringLiteral("node"));
        m_node->addItem(tr("Where the scheduler sees room"), QString());
        const Item* item = stack.find(first);
        const VmiFact* vmi = stack.facts(first).vmi;
        for (const diagnosis::NodeRoom& room : diagnosis::capacityOf(stack).nodes) {
            const Item* node = stack.find(room.node);
            if (node != nullptr && item != nullptr && node->source == item->source && room.takesVms &&
                (vmi == nullptr || room.name != vmi->nodeName))
                m_node->addItem(shown(room.name), shown(room.name));
        }
        connect(m_node, &QComboBox::currentIndexChanged, this, later);
        form->addRow(tr("&To"), m_node);
        break;
    }
    case Input::Fields:
        makeFields(form, later);
        break;
    }
    if (m_request.action == Action::DrainNode || m_request.action == Action::StartMaintenance) {
        m_force = new QCheckBox(tr("Evict pods that nobody makes again, &too"), this);
        connect(m_force, &QCheckBox::toggled, this, later);
        form->addRow(m_force);
    }
    if (form->rowCount() > 0)
        layout->addLayout(form);
    else
        delete form;
}

void ActionDialog::makeFields(QFormLayout* form, const std::function<void()>& changed)
{
    using Kind = actions::Field::Kind;
    for (const actions::Field& field :
         actions::fieldsOf(m_store->stack(), m_request.action, m_request.items)) {
        QWidget* made = nullptr;
        if (field.kind == Kind::Number) {
            auto* box = new QSpinBox(this);
            box->setRange(field.least, field.most);
            box->setValue(shown(field.value).toInt());
            connect(box, &QSpinBox::valueChanged, this, changed);
            made = box;
        } else if (field.kind == Kind::Choice) {
            auto* box = new QComboBox(this);
            box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
            box->setMinimumContentsLength(24);
            for (const actions::Choice& choice : field.choices)
                box->addItem(shown(choice.label), shown(choice.value));
            connect(box, &QComboBox::activated, this, changed);
            made = box;
        } else {
            auto* line = new QLineEdit(shown(field.value), this);
            line->setPlaceholderText(shown(field.hint));
            connect(line, &QLineEdit::textEdited, this, changed);
            made = line;
        }
        made->setObjectName(QString::fromStdString(field.key));
        form->addRow(shown(field.label), made);
        m_fields[field.key] = made;
    }
}

void ActionDialog::showHelp(const actions::FieldHelp& help)
{
    for (const auto& [key, choices] : help.choices) {
        const auto found = m_fields.find(key);
        auto* box = found == m_fields.end() ? nullptr : qobject_cast<QComboBox*>(found->second);
        if (box == nullptr)
            continue;
        const QString chosen = box->currentData().toString();
        bool same = box->count() == static_cast<int>(choices.size());
        for (std::size_t i = 0; same && i < choices.size(); ++i)
            same = box->itemData(static_cast<int>(i)).toString() == shown(choices[i].value);
        if (same)
            continue;
        box->clear();
        for (const actions::Choice& choice : choices)
            box->addItem(shown(choice.label), shown(choice.value));
        box->setCurrentIndex(std::max(0, box->findData(chosen)));
    }
    for (const auto& [key, now] : help.now) {
        const auto found = m_fields.find(key);
        if (auto* line = found == m_fields.end() ? nullptr : qobject_cast<QLineEdit*>(found->second);
            line != nullptr && !now.empty())
            line->setPlaceholderText(tr("%1, as it is").arg(shown(now)));
    }
}

void ActionDialog::draft()
{
    m_rehearsal.reset();
    m_reading.reset();
    m_plan.reset();
    m_accepted = false;
    m_answers = {};
    if (m_replicas != nullptr)
        m_request.replicas = m_replicas->value();
    if (m_version != nullptr)
        m_request.version = m_version->text().trimmed().toStdString();
    if (m_image != nullptr)
        m_request.image = m_image->text().trimmed().toStdString();
    if (m_node != nullptr)
        m_request.node = m_node->currentData().toString().toStdString();
    if (m_force != nullptr)
        m_request.force = m_force->isChecked();
    for (const auto& [key, widget] : m_fields) {
        QString text;
        if (const auto* line = qobject_cast<QLineEdit*>(widget))
            text = line->text().trimmed();
        else if (const auto* number = qobject_cast<QSpinBox*>(widget))
            text = QString::number(number->value());
        else if (const auto* box = qobject_cast<QComboBox*>(widget))
            text = box->currentData().toString();
        m_request.values[key] = text.toStdString();
    }
    m_request.now = systemNow();
    proceed();
}

void ActionDialog::proceed()
{
    actions::FieldHelp help;
    const Result<actions::Draft> made = actions::draftOf(m_store->stack(), m_request, m_answers, &help);
    showHelp(help);
    if (!made) {
        if (m_title->text().isEmpty()) {
            const Item* item = m_store->stack().find(m_request.items.front());
            m_title->showText(item == nullptr
                                  ? verbOf(m_request.action)
                                  : tr("%1: %2").arg(verbOf(m_request.action), shown(item->name)));
        }
        m_steps->clear();
        m_interruption->showText(QStringLiteral("—"));
        showFates({});
        m_budgets->ask(m_store->stack(), {}, BudgetsLine::Manner::AtOnce);
        say(errorText(made.error()), made.error().kind != ErrorKind::Refused);
        m_words->setRole(TextRole::Warning);
        enable();
        return;
    }
    m_source = made->source;
    m_typed = shown(made->typed);
    if (!made->plan) {
        say(tr("Reading what is there…"), false);
        m_reading = m_runs->ask(m_source, made->ns, made->cluster, made->questions, m_answers, this,
                                [this](const Result<actions::Answers>& answers) {
                                    if (!answers) {
                                        say(errorText(answers.error()), true);
                                        return;
                                    }
                                    m_answers = *answers;
                                    proceed();
                                });
        if (!m_reading)
            say(tr("Its cluster is not connected."), true);
        enable();
        return;
    }
    m_plan = made->plan;
    m_differences = made->differences;
    showPlan();
    showFates(made->fates);
    const bool atOnce = made->inTurn.empty();
    m_budgets->ask(m_store->stack(), atOnce ? made->down : made->inTurn,
                   atOnce ? BudgetsLine::Manner::AtOnce : BudgetsLine::Manner::InTurn);
    rehearse();
}

void ActionDialog::showPlan()
{
    m_title->showText(cleaned(m_plan->title));
    QStringList sentences;
    for (const std::string& sentence : m_plan->interruption)
        sentences << cleaned(sentence);
    m_interruption->showText(sentences.isEmpty() ? tr("Nobody.") : sentences.join(QLatin1Char('\n')));
    m_steps->clear();
    int number = 0;
    for (const provision::Step& step : m_plan->steps) {
        auto* row = new QTreeWidgetItem(m_steps);
        row->setText(0, tr("%1. %2").arg(++number).arg(cleaned(step.title)));
        for (const provision::Write& write : step.writes) {
            auto* child = new QTreeWidgetItem(row);
            const QString verb = write.verb == provision::Verb::Call
                                     ? cleaned(write.call)
                                     : QString::fromLatin1(provision::toString(write.verb));
            child->setText(0, tr("%1 %2").arg(verb, cleaned(write.object.title())));
            QStringList how;
            if (write.verb == provision::Verb::Change) {
                for (const std::string& change : provision::changesOf(write.object))
                    how << cleaned(change);
            }
            if (write.target == provision::Target::Inner)
                how.prepend(tr("in the tenant cluster"));
            child->setText(1, how.join(QStringLiteral(", ")));
            child->setToolTip(1, plainToolTip(how.join(QLatin1Char('\n'))));
            if (write.verb != provision::Verb::Create || write.object.kind() != "KubevirtMachineTemplate")
                continue;
            for (const std::string& difference : m_differences) {
                const QString text = shown(difference);
                auto* line = new QTreeWidgetItem(child);
                line->setText(0, text.section(QStringLiteral(": "), 0, 0));
                line->setText(1, text.section(QStringLiteral(": "), 1));
                line->setToolTip(1, plainToolTip(text));
            }
            child->setExpanded(true);
        }
        for (const provision::Wait& wait : step.waits) {
            auto* child = new QTreeWidgetItem(row);
            child->setText(0, tr("wait: %1").arg(cleaned(wait.what)));
            child->setText(1, tr("at most %n min", nullptr, (step.timeoutSeconds + 59) / 60));
        }
        row->setExpanded(m_plan->steps.size() <= 3);
    }
    m_steps->header()->resizeSection(0, std::max(320, m_steps->viewport()->width() * 62 / 100));
    if (m_typedRow->isHidden() && !m_typed.isEmpty())
        m_typedField->setFocus();
    m_typedRow->setVisible(!m_typed.isEmpty());
    m_typedLabel->showText(tr("Type %1 to say that you mean it:").arg(m_typed));
    m_typedField->setAccessibleName(m_typedLabel->text());
}

void ActionDialog::showFates(const std::vector<diagnosis::VmFate>& fates)
{
    m_fates->clear();
    const Stack& stack = m_store->stack();
    std::vector<ItemId> marked = m_request.items;
    for (const diagnosis::VmFate& fate : fates) {
        const Item* vm = stack.find(fate.vm);
        const Item* target = stack.find(fate.target);
        if (vm == nullptr)
            continue;
        marked.push_back(fate.vm);
        auto* row = new QTreeWidgetItem(m_fates);
        row->setText(0, shown(vm->name));
        row->setText(1, shown(vm->tenant));
        row->setIcon(2, healthIcon(healthOfFate(fate.fate)));
        row->setText(2, target == nullptr ? fateName(fate.fate)
                                          : tr("%1 → %2").arg(fateName(fate.fate), shown(target->name)));
        row->setText(3, cleaned(fate.why));
    }
    for (int column = 0; column < 3; ++column)
        m_fates->resizeColumnToContents(column);
    m_fates->setVisible(!fates.empty());
    if (m_chart != nullptr)
        m_chart->setMarked(marked);
}

void ActionDialog::rehearse()
{
    say(tr("Asking the server…"), false);
    m_rehearsal = m_runs->rehearse(m_source, *m_plan);
    if (!m_rehearsal) {
        say(tr("Its cluster is not connected."), true);
        enable();
        return;
    }
    connect(m_rehearsal.get(), &ClusterRun::changed, this, &ActionDialog::takeRehearsal);
    enable();
}

void ActionDialog::takeRehearsal()
{
    if (!m_rehearsal || m_rehearsal->active())
        return;
    m_accepted = m_rehearsal->phase() == ClusterRun::Phase::Done;
    QStringList words;
    for (const provision::Verdict& verdict : m_rehearsal->verdicts()) {
        if (!verdict.accepted)
            words << tr("%1: %2").arg(cleaned(verdict.ref.title()), cleaned(verdict.words));
        for (const std::string& warning : verdict.warnings)
            words << tr("Warning: %1").arg(cleaned(warning));
    }
    if (words.isEmpty() && m_rehearsal->error())
        words << errorText(*m_rehearsal->error());
    if (m_accepted)
        words.prepend(tr("The server accepts all of it. Nothing is written yet."));
    say(words.join(QLatin1Char('\n')), !m_accepted);
    enable();
}

void ActionDialog::say(const QString& text, bool failed)
{
    m_words->setRole(failed ? TextRole::Failed : TextRole::Muted);
    m_words->showText(text);
}

bool ActionDialog::isReady() const
{
    return m_plan && m_accepted && !m_later.isActive();
}

void ActionDialog::enable()
{
    m_do->setEnabled(m_plan && m_accepted && (m_typed.isEmpty() || m_typedField->text() == m_typed));
}

void ActionDialog::confirm()
{
    if (!isReady() || !m_do->isEnabled())
        return;
    ClusterRun* run = m_runs->carryOut(m_source, *m_plan);
    if (run == nullptr) {
        say(tr("Its cluster is not connected."), true);
        return;
    }
    accept();
    Q_EMIT begun(run);
}

} // namespace strata::ui
