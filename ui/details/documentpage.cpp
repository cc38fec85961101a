// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/documentpage.h"

#include "core/base/text.h"
#include "ui/details/codeview.h"
#include "ui/details/documents.h"
#include "ui/theme/theme.h"
#include "ui/widgets/highlighter.h"
#include "ui/widgets/themedlabel.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QSaveFile>
#include <QScrollBar>
#include <QShortcut>
#include <QStackedWidget>
#include <QStandardItemModel>
#include <QTextBlock>
#include <QThreadPool>
#include <QVBoxLayout>

namespace strata::ui {
namespace {

constexpr std::size_t kMostBytes = 8U << 20U;
constexpr int kMostColoured = 400000; // characters: more would hold up the window while it is coloured
constexpr int kMostHits = 2000;

QString titleOf(const stack::ObjectRef& object)
{
    const QString kind = QString::fromStdString(object.kind);
    const QString name = QString::fromStdString(object.name);
    return name.isEmpty() || object.group == "libvirt" ? kind : QStringLiteral("%1  %2").arg(kind, name);
}

} // namespace

QString shownDocument(const std::string& text, std::size_t most, bool& cut)
{
    const std::size_t size = std::min(text.size(), most);
    cut = size < text.size();
    std::string clean;
    clean.reserve(size);
    std::size_t from = 0;
    while (from < size) {
        std::size_t to = text.find('\n', from);
        to = to == std::string::npos || to > size ? size : to;
        std::string_view line(text.data() + from, to - from);
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        if (isCleanText(line, size))
            clean.append(line);
        else
            clean.append(cleanText(line, 4 * size));
        if (to < size)
            clean.push_back('\n');
        from = to + 1;
    }
    return QString::fromStdString(clean);
}

DocumentPage::DocumentPage(Documents* documents, QWidget* parent) : QWidget(parent), m_documents(documents)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);

    auto* bar = new QWidget(this);
    auto* tools = new QHBoxLayout(bar);
    tools->setContentsMargins(16, 8, 16, 8);
    tools->setSpacing(8);
    m_chooser = new QComboBox(bar);
    m_chooser->setAccessibleName(tr("Object"));
    m_chooser->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_chooser->setMinimumContentsLength(24);
    m_single = new ThemedLabel(TextRole::Muted, bar);
    m_note = new ThemedLabel(TextRole::Warning, bar);
    m_edit = new QPushButton(tr("Edit…"), bar);
    m_edit->setToolTip(tr("Change this object"));
    m_edit->hide();
    m_copy = new QPushButton(tr("Copy"), bar);
    m_save = new QPushButton(tr("Save as…"), bar);
    m_reload = new QPushButton(tr("Reload"), bar);
    auto* search = new QPushButton(tr("Find"), bar);
    search->setToolTip(tr("Find in the text (Ctrl+F)"));
    tools->addWidget(m_chooser, 1);
    tools->addWidget(m_single, 1);
    tools->addWidget(m_note);
    for (QPushButton* button : {m_edit, search, m_copy, m_save, m_reload}) {
        button->setAutoDefault(false);
        tools->addWidget(button);
    }
    layout->addWidget(bar);

    m_searchBar = new QWidget(this);
    auto* searching = new QHBoxLayout(m_searchBar);
    searching->setContentsMargins(16, 0, 16, 8);
    m_search = new QLineEdit(m_searchBar);
    m_search->setPlaceholderText(tr("Find"));
    m_search->setAccessibleName(tr("Find in the text"));
    m_search->setClearButtonEnabled(true);
    m_hits = new ThemedLabel(TextRole::Muted, m_searchBar);
    auto* previous = new QPushButton(tr("Previous"), m_searchBar);
    auto* next = new QPushButton(tr("Next"), m_searchBar);
    auto* close = new QPushButton(tr("Close"), m_searchBar);
    searching->addWidget(m_search, 1);
    searching->addWidget(m_hits);
    for (QPushButton* button : {previous, next, close}) {
        button->setAutoDefault(false);
        searching->addWidget(button);
    }
    m_searchBar->hide();
    layout->addWidget(m_searchBar);

    m_pages = new QStackedWidget(this);
    m_view = new CodeView(m_pages);
    m_view->setAccessibleName(tr("Document"));
    m_pages->addWidget(m_view);
    auto* empty = new QWidget(m_pages);
    auto* words = new QVBoxLayout(empty);
    words->addStretch(2);
    m_state = new ThemedLabel(TextRole::Muted, empty);
    m_state->setAlignment(Qt::AlignCenter);
    m_state->setWordWrap(true);
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    words->addWidget(m_state);
    m_retry = new QPushButton(tr("Retry"), empty);
    m_retry->setAutoDefault(false);
    words->addWidget(m_retry, 0, Qt::AlignHCenter);
    words->addStretch(3);
    m_pages->addWidget(empty);
    layout->addWidget(m_pages, 1);

    connect(m_chooser, &QComboBox::activated, this, [this] {
        m_stale = true;
        read();
    });
    connect(m_edit, &QPushButton::clicked, this, [this] {
        if (m_hasText && m_editor)
            m_editor(m_shown);
    });
    connect(m_copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(text()); });
    connect(m_save, &QPushButton::clicked, this, &DocumentPage::saveAs);
    connect(m_reload, &QPushButton::clicked, this, &DocumentPage::read);
    connect(m_retry, &QPushButton::clicked, this, &DocumentPage::read);
    connect(search, &QPushButton::clicked, this, &DocumentPage::openSearch);
    connect(m_view, &CodeView::findWanted, this, &DocumentPage::openSearch);
    connect(m_search, &QLineEdit::textChanged, this, [this] {
        markHits();
        QTextCursor cursor = m_view->textCursor();
        cursor.setPosition(cursor.selectionStart());
        m_view->setTextCursor(cursor);
        find(false);
    });
    connect(m_search, &QLineEdit::returnPressed, this,
            [this] { find(QApplication::keyboardModifiers().testFlag(Qt::ShiftModifier)); });
    connect(previous, &QPushButton::clicked, this, [this] { find(true); });
    connect(next, &QPushButton::clicked, this, [this] { find(false); });
    connect(close, &QPushButton::clicked, this, &DocumentPage::closeSearch);
    connect(&Theme::instance(), &Theme::changed, this, &DocumentPage::markHits);
    showState(tr("Reading…"), false);
}

DocumentPage::~DocumentPage() = default;

void DocumentPage::setEditor(std::function<void(const stack::ObjectRef&)> edit)
{
    m_editor = std::move(edit);
}

void DocumentPage::setObjects(const std::vector<stack::ObjectRef>& objects)
{
    if (m_objects == objects)
        return;
    const stack::ObjectRef chosen =
        m_chooser->currentIndex() >= 0 && m_chooser->currentIndex() < int(m_objects.size())
            ? m_objects[std::size_t(m_chooser->currentIndex())]
            : stack::ObjectRef();
    m_objects = objects;
    m_chooser->clear();
    int at = 0;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        m_chooser->addItem(titleOf(objects[i]));
        if (objects[i] == chosen)
            at = int(i);
    }
    m_chooser->setCurrentIndex(objects.empty() ? -1 : at);
    m_chooser->setVisible(objects.size() > 1);
    m_single->setVisible(objects.size() <= 1);
    m_single->showText(objects.size() == 1 ? titleOf(objects.front()) : QString());
    if (objects.empty()) {
        m_reading.reset();
        showState(tr("There is no document for this."), false);
        return;
    }
    if (m_hasText && m_shown == objects[std::size_t(at)])
        return; // the same object, another one beside it came or went
    m_hasText = false;
    m_stale = true;
    m_reading.reset();
    showState(tr("Reading…"), false);
    if (isVisible())
        read();
}

void DocumentPage::read()
{
    const int at = m_chooser->currentIndex();
    if (at < 0 || at >= int(m_objects.size()))
        return;
    m_stale = false;
    const stack::ObjectRef object = m_objects[std::size_t(at)];
    if (!m_hasText || !(m_shown == object))
        showState(tr("Reading…"), false);
    m_reading = std::make_unique<QObject>();
    m_documents->document(object, m_reading.get(), [this, object](Result<std::string> answer) {
        if (!answer) {
            const Error& error = answer.error();
            QString words = QString::fromStdString(cleanText(error.text));
            if (!error.detail.empty() && error.detail != error.text)
                words += QLatin1Char('\n') + QString::fromStdString(cleanText(error.detail));
            if (error.kind == ErrorKind::NotFound)
                words = tr("It is gone.") + QLatin1Char('\n') + words;
            showState(words, true);
            return;
        }
        // Cleaning megabytes is no work for this thread.
        const QPointer<QObject> reading = m_reading.get();
        const QPointer<DocumentPage> self = this;
        auto text = std::make_shared<std::string>(std::move(*answer));
        QThreadPool::globalInstance()->start([self, reading, object, text] {
            bool cut = false;
            const QString shown = shownDocument(*text, kMostBytes, cut);
            QMetaObject::invokeMethod(
                qApp,
                [self, reading, object, shown, cut] {
                    if (self != nullptr && reading != nullptr && self->m_reading.get() == reading)
                        self->showText(object, shown, cut);
                },
                Qt::QueuedConnection);
        });
    });
}

void DocumentPage::showText(const stack::ObjectRef& object, const QString& text, bool cut)
{
    const bool same = m_hasText && m_shown == object;
    m_shown = object;
    m_hasText = true;
    m_pages->setCurrentWidget(m_view);
    m_edit->setVisible(m_editor != nullptr && m_shown.group != "libvirt");
    for (QPushButton* button : {m_copy, m_save})
        button->setEnabled(true);
    if (same && m_view->toPlainText() == text)
        return; // nothing moved: neither scroll nor selection
    const int scroll = same ? m_view->verticalScrollBar()->value() : 0;
    const bool tooLong = text.size() > kMostColoured;
    stopHighlighting(m_view->document(), this);
    m_view->setPlainText(text);
    if (!tooLong)
        highlight(m_view->document(), object.group == "libvirt" ? Syntax::Xml : Syntax::Yaml, this);
    m_note->showText(cut       ? tr("Only the first 8 MiB are shown")
                     : tooLong ? tr("Too long to be coloured")
                               : QString());
    m_view->verticalScrollBar()->setValue(scroll);
    markHits();
}

void DocumentPage::showState(const QString& text, bool canRetry)
{
    m_state->showText(text);
    m_retry->setVisible(canRetry);
    m_pages->setCurrentIndex(1);
    m_edit->hide();
    for (QPushButton* button : {m_copy, m_save})
        button->setEnabled(false);
    m_note->showText(QString());
}

QString DocumentPage::text() const
{
    return m_pages->currentWidget() == m_view ? m_view->toPlainText() : QString();
}

QString DocumentPage::stateText() const
{
    return m_pages->currentWidget() == m_view ? QString() : m_state->text();
}

void DocumentPage::focusView()
{
    m_view->setFocus(Qt::OtherFocusReason);
}

void DocumentPage::openSearch()
{
    m_searchBar->show();
    const QString selected = m_view->textCursor().selectedText();
    if (!selected.isEmpty() && !selected.contains(QChar::ParagraphSeparator))
        m_search->setText(selected);
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
    markHits();
}

void DocumentPage::closeSearch()
{
    m_searchBar->hide();
    m_view->setExtraSelections({});
    focusView();
}

void DocumentPage::markHits()
{
    QList<QTextEdit::ExtraSelection> marks;
    const QString wanted = m_search->text();
    if (m_searchBar->isVisibleTo(this) && !wanted.isEmpty()) {
        QTextCharFormat format;
        format.setBackground(colors().healthSoft[static_cast<std::size_t>(stack::Health::Warning)]);
        QTextCursor cursor(m_view->document());
        while (marks.size() < kMostHits) {
            cursor = m_view->document()->find(wanted, cursor);
            if (cursor.isNull())
                break;
            marks.append({cursor, format});
        }
    }
    m_hits->showText(wanted.isEmpty()            ? QString()
                     : marks.size() >= kMostHits ? tr("more than %1").arg(kMostHits)
                     : marks.isEmpty()           ? tr("not found")
                     : marks.size() == 1         ? tr("1 hit")
                                                 : tr("%n hits", nullptr, int(marks.size())));
    m_view->setExtraSelections(marks);
}

void DocumentPage::find(bool backward)
{
    const QString wanted = m_search->text();
    if (wanted.isEmpty())
        return;
    const QTextDocument::FindFlags flags =
        backward ? QTextDocument::FindBackward : QTextDocument::FindFlags();
    if (!m_view->find(wanted, flags)) { // around the end
        QTextCursor cursor = m_view->textCursor();
        cursor.movePosition(backward ? QTextCursor::End : QTextCursor::Start);
        m_view->setTextCursor(cursor);
        m_view->find(wanted, flags);
    }
}

void DocumentPage::saveAs()
{
    const bool xml = m_shown.group == "libvirt";
    QString name = QString::fromStdString(m_shown.name.empty() ? m_shown.kind : m_shown.name);
    name.replace(QLatin1Char('/'), QLatin1Char('-'));
    auto* dialog =
        new QFileDialog(this, tr("Save as"), name + (xml ? QStringLiteral(".xml") : QStringLiteral(".yaml")));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(name + (xml ? QStringLiteral(".xml") : QStringLiteral(".yaml")));
    const QByteArray bytes = text().toUtf8();
    connect(dialog, &QFileDialog::fileSelected, this, [this, bytes](const QString& path) {
        const QPointer<DocumentPage> self = this;
        QThreadPool::globalInstance()->start([self, path, bytes] {
            QSaveFile file(path);
            QString fault;
            if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
                fault = file.errorString();
            QMetaObject::invokeMethod(
                qApp,
                [self, fault, path] {
                    if (self != nullptr)
                        self->m_note->showText(fault.isEmpty() ? tr("Saved to %1").arg(path)
                                                               : tr("Not saved: %1").arg(fault));
                },
                Qt::QueuedConnection);
        });
    });
    dialog->open();
}

void DocumentPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_stale)
        read();
}

void DocumentPage::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && m_searchBar->isVisible()) {
        closeSearch();
        return;
    }
    QWidget::keyPressEvent(event);
}

} // namespace strata::ui
