// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/editor/schemaassist.h"

#include "ui/theme/theme.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/wizard/aside.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QHeaderView>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QStandardItemModel>
#include <QTextBlock>
#include <QToolTip>
#include <QTreeView>

#include <algorithm>

namespace strata::ui {

using provision::SchemaFault;
using provision::SchemaField;
using provision::YamlPlace;

namespace {

constexpr int kCheckAfter = 300; // ms without typing
constexpr int kMostShown = 12;   // lines of the list at once

// Offsets of the schema's are bytes of UTF-8; those of the document are QChars.
std::size_t bytesBefore(const QString& text, int at)
{
    return static_cast<std::size_t>(text.left(at).toUtf8().size());
}

int charsBefore(const QByteArray& utf8, std::size_t bytes)
{
    return static_cast<int>(QString::fromUtf8(utf8.left(static_cast<qsizetype>(bytes))).size());
}

} // namespace

SchemaAssist::SchemaAssist(QPlainTextEdit* edit)
    : QObject(edit), m_edit(edit), m_completer(new QCompleter(this)), m_model(new QStandardItemModel(this))
{
    auto* list = new QTreeView;
    list->setRootIsDecorated(false);
    list->setHeaderHidden(true);
    list->setUniformRowHeights(true);
    list->setSelectionBehavior(QAbstractItemView::SelectRows);
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list->setObjectName(QStringLiteral("offered"));
    m_completer->setModel(m_model);
    m_completer->setPopup(list);
    m_completer->setWidget(edit);
    list->installEventFilter(this);
    m_completer->setCompletionMode(QCompleter::PopupCompletion);
    m_completer->setCaseSensitivity(Qt::CaseInsensitive);
    m_completer->setFilterMode(Qt::MatchContains);
    m_completer->setMaxVisibleItems(kMostShown);
    list->header()->setStretchLastSection(true);
    connect(m_completer, qOverload<const QString&>(&QCompleter::activated), this, &SchemaAssist::insert);
    connect(m_completer, qOverload<const QModelIndex&>(&QCompleter::highlighted), this,
            [this](const QModelIndex& index) {
                const QModelIndex name = index.siblingAtColumn(0);
                Q_EMIT described(name.data(Qt::UserRole + 1).toString(),
                                 name.data(Qt::UserRole + 2).toString());
            });

    m_timer.setSingleShot(true);
    m_timer.setInterval(kCheckAfter);
    connect(&m_timer, &QTimer::timeout, this, &SchemaAssist::check);
    connect(edit, &QPlainTextEdit::textChanged, this, [this] {
        if (m_schema)
            m_timer.start();
    });
    connect(edit, &QPlainTextEdit::cursorPositionChanged, this, &SchemaAssist::describe);
    connect(&Theme::instance(), &Theme::changed, this, &SchemaAssist::underline);
    edit->installEventFilter(this);
    edit->viewport()->installEventFilter(this);
}

void SchemaAssist::setSchema(const provision::KindSchema& schema)
{
    m_schema = schema;
    describe();
    check();
}

YamlPlace SchemaAssist::place() const
{
    const QString text = m_edit->toPlainText();
    const QByteArray utf8 = text.toUtf8();
    return provision::placeIn({utf8.constData(), static_cast<std::size_t>(utf8.size())},
                              bytesBefore(text, m_edit->textCursor().position()));
}

std::optional<SchemaField> SchemaAssist::fieldAt(const YamlPlace& place) const
{
    if (!m_schema || !place.known || place.key.empty())
        return std::nullopt;
    provision::SchemaPath path = place.path;
    path.push_back(place.key);
    return m_schema->field(path);
}

std::vector<SchemaField> SchemaAssist::candidates(const YamlPlace& place) const
{
    if (!m_schema || !place.known)
        return {};
    std::vector<SchemaField> out;
    if (place.value) {
        const auto field = fieldAt(place);
        for (const std::string& value : field ? field->values : std::vector<std::string>()) {
            out.emplace_back().name = value;
            out.back().description = field->description;
        }
        return out;
    }
    out = m_schema->fields(place.path);
    const bool top = place.path.empty();
    out.erase(std::remove_if(out.begin(), out.end(),
                             [&](const SchemaField& field) {
                                 return (top && field.name == "status") ||
                                        std::find(place.keys.begin(), place.keys.end(), field.name) !=
                                            place.keys.end();
                             }),
              out.end());
    return out;
}

void SchemaAssist::fill(const std::vector<SchemaField>& fields)
{
    m_model->clear();
    QFont strong = Theme::monospace();
    strong.setBold(true);
    for (const SchemaField& field : fields) {
        const QString name = cleaned(field.name);
        const QString type =
            field.required ? tr("%1, required").arg(cleaned(field.type)) : cleaned(field.type);
        auto* first = new QStandardItem(name);
        first->setFont(field.required ? strong : Theme::monospace());
        first->setData(type.isEmpty() ? name : name + QStringLiteral(" · ") + type, Qt::UserRole + 1);
        first->setData(cleaned(field.description), Qt::UserRole + 2);
        auto* second = new QStandardItem(type);
        second->setForeground(colorOf(TextRole::Muted));
        m_model->appendRow({first, second});
    }
}

QStringList SchemaAssist::offered() const
{
    QStringList out;
    for (const SchemaField& field : candidates(place()))
        out << cleaned(field.name);
    return out;
}

void SchemaAssist::complete()
{
    if (!m_schema || m_edit->isReadOnly())
        return;
    const YamlPlace here = place();
    if (!here.known) {
        m_completer->popup()->hide();
        return;
    }
    fill(candidates(here));
    const QString text = m_edit->toPlainText();
    const int cursor = m_edit->textCursor().position();
    const int begin = std::min(cursor, charsBefore(text.toUtf8(), here.begin));
    m_completer->setCompletionPrefix(text.mid(begin, cursor - begin).trimmed());
    const int rows = m_completer->completionCount();
    // What is written out needs no list that says the same.
    if (rows == 0 || (rows == 1 && m_completer->currentCompletion() == m_completer->completionPrefix())) {
        m_completer->popup()->hide();
        return;
    }
    auto* list = static_cast<QTreeView*>(m_completer->popup());
    list->resizeColumnToContents(0);
    list->resizeColumnToContents(1);
    list->setColumnWidth(0, list->columnWidth(0) + 16);
    list->setCurrentIndex(m_completer->completionModel()->index(0, 0));
    QRect at = m_edit->cursorRect();
    at.setWidth(list->columnWidth(0) + list->columnWidth(1) + 32 +
                list->verticalScrollBar()->sizeHint().width());
    m_completer->complete(at);
}

void SchemaAssist::insert(const QString& offered)
{
    const YamlPlace here = place();
    if (!m_schema || !here.known || m_edit->isReadOnly())
        return;
    const QByteArray utf8 = m_edit->toPlainText().toUtf8();
    QString text = offered;
    const int end = charsBefore(utf8, here.end);
    const QChar next = m_edit->document()->characterAt(end);
    if (here.value) {
        if (here.begin > 0 && utf8[static_cast<qsizetype>(here.begin) - 1] == ':')
            text.prepend(QLatin1Char(' '));
    } else if (next != QLatin1Char(':')) {
        provision::SchemaPath path = here.path;
        path.push_back(offered.toStdString());
        const auto field = m_schema->field(path);
        const QString inner =
            QLatin1Char('\n') + QString(static_cast<int>(here.indent) + 2, QLatin1Char(' '));
        if (field && field->shape == SchemaField::Shape::Mapping)
            text += QLatin1Char(':') + inner;
        else if (field && field->shape == SchemaField::Shape::List)
            text += QLatin1Char(':') + inner + QStringLiteral("- ");
        else
            text += QStringLiteral(": ");
    }
    QTextCursor cursor = m_edit->textCursor();
    cursor.setPosition(charsBefore(utf8, here.begin));
    cursor.setPosition(end, QTextCursor::KeepAnchor);
    cursor.insertText(text);
    m_edit->setTextCursor(cursor);
    describe();
}

void SchemaAssist::describe()
{
    if (!m_schema || m_completer->popup()->isVisible())
        return;
    const YamlPlace here = place();
    const std::optional<SchemaField> field = fieldAt(here);
    if (!field) {
        Q_EMIT described({}, {});
        return;
    }
    Q_EMIT described(cleaned(field->name) + QStringLiteral(" · ") + cleaned(field->type),
                     cleaned(field->description));
}

void SchemaAssist::check()
{
    if (!m_schema || m_checking)
        return;
    m_checking = true;
    m_timer.stop();
    const int revision = m_edit->document()->revision();
    aside<std::vector<SchemaFault>>(
        this, [schema = *m_schema, text = m_edit->toPlainText().toStdString()] { return schema.check(text); },
        [this, revision](std::vector<SchemaFault> faults) {
            m_checking = false;
            if (revision != m_edit->document()->revision()) { // typed on meanwhile
                m_timer.start();
                return;
            }
            m_faults = std::move(faults);
            underline();
            Q_EMIT checked();
        });
}

void SchemaAssist::underline()
{
    QList<QTextEdit::ExtraSelection> marks;
    for (const SchemaFault& fault : m_faults) {
        const QTextBlock block = m_edit->document()->findBlockByNumber(fault.line - 1);
        if (fault.line <= 0 || !block.isValid())
            continue;
        const QString line = block.text();
        int from = std::clamp(fault.column - 1, 0, static_cast<int>(line.size()));
        int to = from;
        while (to < line.size() && line[to] != QLatin1Char(':') && line[to] != QLatin1Char('#'))
            ++to;
        if (to == from) {
            from = 0;
            to = static_cast<int>(line.size());
        }
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(block);
        mark.cursor.setPosition(block.position() + from);
        mark.cursor.setPosition(block.position() + to, QTextCursor::KeepAnchor);
        mark.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
        mark.format.setUnderlineColor(colorOf(TextRole::Failed));
        marks.push_back(mark);
    }
    m_edit->setExtraSelections(marks);
}

void SchemaAssist::nextFault()
{
    const int line = m_edit->textCursor().blockNumber() + 1;
    const SchemaFault* next = nullptr;
    for (const SchemaFault& fault : m_faults) {
        if (fault.line > 0 && (next == nullptr || (next->line <= line && fault.line > line)))
            next = &fault;
    }
    if (next == nullptr)
        return;
    const QTextBlock block = m_edit->document()->findBlockByNumber(next->line - 1);
    if (!block.isValid())
        return;
    QTextCursor cursor(block);
    cursor.setPosition(block.position() +
                       std::clamp(next->column - 1, 0, static_cast<int>(block.length()) - 1));
    m_edit->setTextCursor(cursor);
    m_edit->centerCursor();
    m_edit->setFocus();
}

bool SchemaAssist::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_edit->viewport() && event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int line = m_edit->cursorForPosition(help->pos()).blockNumber() + 1;
        QStringList words;
        for (const SchemaFault& fault : m_faults) {
            if (fault.line == line)
                words << cleaned(fault.text).toHtmlEscaped();
        }
        if (words.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(
                help->globalPos(),
                QStringLiteral("<p>") + words.join(QStringLiteral("<br>")) + QStringLiteral("</p>"), m_edit);
        return true;
    }
    if (event->type() != QEvent::KeyPress || !m_schema ||
        (watched != m_edit && watched != m_completer->popup()))
        return QObject::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    // The completer gives the keys of its list to the text first, past the text's own filters: what the list
    // takes for itself is taken here.
    const bool open = watched == m_completer->popup();
    if (open && (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter || key->key() == Qt::Key_Tab)) {
        const QModelIndex chosen = m_completer->popup()->currentIndex().siblingAtColumn(0);
        m_completer->popup()->hide();
        if (chosen.isValid())
            insert(chosen.data().toString());
        return true;
    }
    if (open && key->key() == Qt::Key_Escape) {
        m_completer->popup()->hide();
        return true;
    }
    if (key->key() == Qt::Key_Space && key->modifiers() == Qt::ControlModifier) {
        complete();
        return true;
    }
    if (key->key() == Qt::Key_F8) {
        nextFault();
        return true;
    }
    const QString typed = key->text();
    const bool letter = !typed.isEmpty() && (typed[0].isLetterOrNumber() || typed[0] == QLatin1Char('.')) &&
                        !(key->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier));
    // After the letter has come into the text.
    if (letter || (open && !typed.isEmpty()))
        QMetaObject::invokeMethod(this, &SchemaAssist::complete, Qt::QueuedConnection);
    return QObject::eventFilter(watched, event);
}

} // namespace strata::ui
