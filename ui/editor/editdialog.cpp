// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/editor/editdialog.h"

#include "ui/connect/errorwords.h"
#include "ui/editor/schemaassist.h"
#include "ui/theme/theme.h"
#include "ui/widgets/codefield.h"
#include "ui/widgets/highlighter.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/underlinetabs.h"
#include "ui/widgets/windowsize.h"
#include "ui/wizard/aside.h"
#include "ui/wizard/linediff.h"

#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QShortcut>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace strata::ui {

using provision::Object;
using provision::Saved;
using provision::SchemaFault;

namespace {

constexpr double kMargin = 12; // around the text

} // namespace

EditDialog::EditDialog(std::shared_ptr<kube::Client> client, const stack::ObjectRef& object, QWidget* parent)
    : QDialog(parent, Qt::Window), m_object(object), m_client(client)
{
    setObjectName(QStringLiteral("editDialog"));
    setWindowTitle(
        object.ns.empty()
            ? tr("Edit %1 %2").arg(cleaned(object.kind), cleaned(object.name))
            : tr("Edit %1 %2/%3").arg(cleaned(object.kind), cleaned(object.ns), cleaned(object.name)));
    resizeWithin(this, {860, 680});
    makeParts();
    if (!client) {
        say(tr("The cluster of this object is not connected."), true);
        enable();
        return;
    }
    m_editor = std::make_unique<provision::ObjectEditor>(
        std::move(client),
        kube::ResourceId{object.group, object.version, object.resource, !object.ns.empty()}, object.ns,
        object.name);
    reload();
    askForSchema();
}

EditDialog::~EditDialog() = default;

void EditDialog::makeParts()
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 6, 0, 12);
    layout->setSpacing(0);
    m_tabs = new UnderlineTabs(this);
    m_tabs->setStyleSheet(QStringLiteral("QTabBar::tab:first { margin-left: 12px; }"));
    m_tabs->addTab(tr("YAML"));
    m_tabs->addTab(tr("Differences"));
    layout->addWidget(m_tabs);
    m_pages = new QStackedWidget(this);
    m_text = makeCodeField(m_pages, tr("The object as YAML"));
    m_text->setObjectName(QStringLiteral("yaml"));
    m_text->document()->setDocumentMargin(kMargin);
    m_text->setTabChangesFocus(false);
    highlight(m_text->document(), Syntax::Yaml, m_text);
    m_assist = new SchemaAssist(m_text);
    m_diff = makeCodeField(m_pages, tr("Differences"));
    m_diff->document()->setDocumentMargin(kMargin);
    m_diff->setReadOnly(true);
    m_diff->setPlaceholderText(tr("Check shows here what the server would change."));
    colourDifferences(m_diff->document());
    m_pages->addWidget(m_text);
    m_pages->addWidget(m_diff);
    layout->addWidget(m_pages, 1);

    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(16, 10, 16, 0);
    foot->setSpacing(10);
    auto* help = new QHBoxLayout;
    m_hint = new ValueLabel(TextRole::Muted, this);
    m_hint->setObjectName(QStringLiteral("hint"));
    help->addWidget(m_hint, 1);
    m_faults = new QPushButton(this);
    m_faults->setObjectName(QStringLiteral("faults"));
    m_faults->setFlat(true);
    m_faults->setAutoDefault(false);
    m_faults->setToolTip(tr("Go to the next place that does not fit (F8)"));
    m_faults->hide();
    help->addWidget(m_faults);
    foot->addLayout(help);
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setWordWrap(true);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    foot->addWidget(m_words);
    auto* buttons = new QHBoxLayout;
    m_reloadButton = new QPushButton(tr("&Reload"), this);
    m_undoButton = new QPushButton(tr("&Undo the last save"), this);
    m_mineButton = new QPushButton(tr("&Keep mine"), this);
    m_mineButton->setProperty("danger", true);
    m_checkButton = new QPushButton(tr("&Check"), this);
    m_checkButton->setObjectName(QStringLiteral("check"));
    m_checkButton->setToolTip(tr("Ask the server what it would make of this (Ctrl+Return)"));
    m_saveButton = new QPushButton(tr("&Save"), this);
    m_saveButton->setObjectName(QStringLiteral("save"));
    m_saveButton->setProperty("primary", true);
    m_saveButton->setToolTip(tr("Write what was checked (Ctrl+S)"));
    auto* close = new QPushButton(tr("Close"), this);
    for (QPushButton* each : {m_reloadButton, m_undoButton, m_mineButton, m_checkButton, m_saveButton, close})
        each->setAutoDefault(false);
    buttons->addWidget(m_reloadButton);
    buttons->addWidget(m_undoButton);
    buttons->addStretch();
    buttons->addWidget(close);
    buttons->addWidget(m_mineButton);
    buttons->addWidget(m_checkButton);
    buttons->addWidget(m_saveButton);
    foot->addLayout(buttons);
    layout->addLayout(foot);

    connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_text, &QPlainTextEdit::textChanged, this, [this] {
        m_conflict = false;
        enable();
    });
    connect(
        m_assist, &SchemaAssist::described, this, [this](const QString& field, const QString& description) {
            const QString first = description.section(QLatin1Char('\n'), 0, 0);
            m_hint->setFullText(first.isEmpty() ? field : field + QStringLiteral(" — ") + first, description);
        });
    connect(m_assist, &SchemaAssist::checked, this, &EditDialog::tellFaults);
    connect(m_faults, &QPushButton::clicked, m_assist, &SchemaAssist::nextFault);
    connect(m_reloadButton, &QPushButton::clicked, this, [this] { askThen([this] { reload(); }); });
    connect(m_undoButton, &QPushButton::clicked, this, &EditDialog::undoSave);
    connect(m_mineButton, &QPushButton::clicked, this, &EditDialog::keepMine);
    connect(m_checkButton, &QPushButton::clicked, this, &EditDialog::check);
    connect(m_saveButton, &QPushButton::clicked, this, &EditDialog::save);
    connect(close, &QPushButton::clicked, this, &QWidget::close);
    connect(new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return), this), &QShortcut::activated, this,
            &EditDialog::check);
    connect(new QShortcut(QKeySequence::Save, this), &QShortcut::activated, this, [this] {
        if (canSave())
            save();
        else
            check();
    });
}

QString EditDialog::text() const
{
    return m_text->toPlainText();
}

void EditDialog::setText(const QString& yaml)
{
    // As one step that the text's own undo takes back.
    QTextCursor cursor(m_text->document());
    cursor.select(QTextCursor::Document);
    cursor.insertText(yaml);
}

// Its absence costs the help only: the server's dry run judges all the same.
void EditDialog::askForSchema()
{
    kube::Request request;
    request.path = provision::schemaPath(m_object.group, m_object.version);
    request.maxBody = 32U << 20U;
    using Schema = Result<provision::KindSchema>;
    m_asking = m_client->send(
        std::move(request), onGui<Result<kube::Response>>(this, [this](const Result<kube::Response>& answer) {
            if (!answer) {
                m_hint->setFullText(tr("No completion: the server does not describe its kinds."),
                                    errorText(answer.error()));
                return;
            }
            aside<Schema>(
                this,
                [body = answer->body, object = m_object] {
                    return provision::KindSchema::read(body, object.group, object.version, object.kind);
                },
                [this](const Schema& schema) {
                    if (schema)
                        m_assist->setSchema(*schema);
                    else
                        m_hint->setFullText(tr("No completion."), errorText(schema.error()));
                });
        }));
}

void EditDialog::tellFaults()
{
    const auto& faults = m_assist->faults();
    m_faults->setVisible(!faults.empty());
    if (faults.empty())
        return;
    const SchemaFault& first = faults.front();
    const QString text =
        first.line > 0 ? tr("Line %1: %2").arg(first.line).arg(cleaned(first.text)) : cleaned(first.text);
    m_faults->setText(faults.size() == 1
                          ? text
                          : tr("%1 (and %n more)", nullptr, static_cast<int>(faults.size()) - 1).arg(text));
}

QString EditDialog::hint() const
{
    return m_hint->fullText();
}

QString EditDialog::differences() const
{
    return m_diff->toPlainText();
}

QString EditDialog::words() const
{
    return m_words->text();
}

bool EditDialog::isChanged() const
{
    return m_read && text() != m_baseText;
}

bool EditDialog::canSave() const
{
    return m_read && !m_busy && !m_checked.isEmpty() && m_checked == text();
}

void EditDialog::say(const QString& text, bool failed)
{
    m_words->setRole(failed ? TextRole::Failed : TextRole::Muted);
    m_words->showText(text);
}

void EditDialog::enable()
{
    m_text->setReadOnly(!m_read || m_busy);
    m_reloadButton->setEnabled(m_editor && !m_busy);
    m_checkButton->setEnabled(!m_busy && isChanged());
    m_saveButton->setEnabled(canSave());
    m_undoButton->setVisible(!m_saves.empty());
    m_undoButton->setEnabled(canUndo());
    m_mineButton->setVisible(m_conflict);
    m_mineButton->setEnabled(!m_busy);
}

void EditDialog::reload()
{
    m_busy = true;
    m_checked.clear();
    m_conflict = false;
    say(tr("Reading…"), false);
    enable();
    m_editor->read(onGui<Result<Object>>(this, [this](const Result<Object>& object) { takeObject(object); }));
}

void EditDialog::takeObject(const Result<Object>& object)
{
    m_busy = false;
    if (!object) {
        say(errorText(object.error()), true);
        enable();
        return;
    }
    m_base = *object;
    m_baseText = QString::fromStdString(object->toYaml());
    m_read = true;
    m_text->setPlainText(m_baseText);
    m_diff->clear();
    m_tabs->setCurrentIndex(0);
    m_text->setFocus();
    const bool secret = m_object.group.empty() && m_object.resource == "secrets";
    say(secret ? tr("These are the secret's values, in base64. Nothing is written before you save.")
               : tr("Without status and what only the server sets. Nothing is written before you save."),
        false);
    enable();
}

void EditDialog::parseThen(std::function<void(const Object&)> then)
{
    m_busy = true;
    say(tr("Asking…"), false);
    enable();
    using Parsed = Result<std::vector<Object>>;
    aside<Parsed>(
        this,
        [yaml = text().toStdString()] {
            return provision::objectsFromYaml(yaml, tr("The text").toStdString());
        },
        [this, then = std::move(then)](const Parsed& objects) {
            if (objects && objects->size() == 1) {
                then(objects->front());
                return;
            }
            m_busy = false;
            say(objects ? tr("The text must be one object; it is %1.").arg(objects->size())
                        : errorText(objects.error()),
                true);
            enable();
        });
}

void EditDialog::check()
{
    if (m_busy || !isChanged())
        return;
    m_checked.clear();
    m_force = false;
    parseThen([this](const Object& mine) { write(m_base, mine, Step::Check); });
}

void EditDialog::keepMine()
{
    if (m_busy || !isChanged())
        return;
    m_checked.clear();
    m_force = true;
    parseThen([this](const Object& mine) { write(m_base, mine, Step::Check); });
}

void EditDialog::save()
{
    if (canSave())
        write(m_base, m_mine, Step::Save);
}

void EditDialog::undoSave()
{
    if (!canUndo())
        return;
    m_force = false;
    write(m_saves.back().after, m_saves.back().before, Step::Undo);
}

void EditDialog::write(const Object& base, const Object& mine, Step step)
{
    m_busy = true;
    m_conflict = false;
    m_mine = mine;
    say(step == Step::Check ? tr("Asking…") : tr("Writing…"), false);
    enable();
    m_editor->write(
        base, mine, step == Step::Check, m_force,
        onGui<Result<Saved>>(this, [this, step](const Result<Saved>& saved) { takeSaved(saved, step); }));
}

void EditDialog::takeSaved(const Result<Saved>& saved, Step step)
{
    m_busy = false;
    if (!saved) {
        const Error& error = saved.error();
        m_conflict = error.kind == ErrorKind::Conflict && !error.detail.empty() && step != Step::Undo;
        QString text = errorText(error);
        if (m_conflict)
            text += QLatin1Char(' ') +
                    tr("Keep mine lets your values win there; Reload takes theirs and drops your changes.");
        say(text, true);
        enable();
        return;
    }
    QStringList warnings;
    for (const std::string& warning : saved->warnings)
        warnings << cleaned(warning);
    const QString heard =
        warnings.isEmpty()
            ? QString()
            : QLatin1Char(' ') + tr("The server warns: %1").arg(warnings.join(QStringLiteral("; ")));
    if (step == Step::Check) {
        showDifferences(saved->before, saved->after);
        const bool changes = !(saved->before == saved->after);
        if (changes)
            m_checked = text();
        m_tabs->setCurrentIndex(1);
        say((changes ? tr("The server accepts it. Save writes this.")
                     : tr("The server would change nothing.")) +
                heard,
            false);
        enable();
        return;
    }
    if (saved->changed)
        Q_EMIT wrote(windowTitle(), step == Step::Undo);
    if (step == Step::Save) {
        if (saved->changed)
            m_saves.push_back(*saved);
    } else {
        m_saves.pop_back();
    }
    m_base = saved->after;
    m_baseText = QString::fromStdString(m_base.toYaml());
    m_checked.clear();
    const int at = m_text->verticalScrollBar()->value();
    setText(m_baseText);
    m_text->verticalScrollBar()->setValue(at);
    showDifferences(saved->before, saved->after);
    say((step == Step::Save ? tr("Saved.") : tr("The last save is taken back.")) + heard, false);
    enable();
}

void EditDialog::showDifferences(const Object& before, const Object& after)
{
    m_diff->setPlainText(
        diffText(lineDiff(QString::fromStdString(before.toYaml()), QString::fromStdString(after.toYaml()))));
}

void EditDialog::askThen(std::function<void()> leave)
{
    if (!isChanged()) {
        leave();
        return;
    }
    auto* box = new QMessageBox(QMessageBox::Question, windowTitle(), tr("The changes are not saved."),
                                QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    QPushButton* drop = box->addButton(tr("Drop them"), QMessageBox::DestructiveRole);
    box->setDefaultButton(QMessageBox::Cancel);
    connect(box, &QMessageBox::buttonClicked, this, [drop, leave](const QAbstractButton* button) {
        if (button == drop)
            leave();
    });
    box->open();
}

void EditDialog::reject()
{
    close();
}

void EditDialog::closeEvent(QCloseEvent* event)
{
    if (!isChanged()) {
        event->accept();
        QDialog::done(QDialog::Rejected);
        return;
    }
    event->ignore();
    askThen([this] { QDialog::done(QDialog::Rejected); });
}

} // namespace strata::ui
