// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/logview.h"

#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QElapsedTimer>
#include <QKeyEvent>
#include <QScrollBar>
#include <QTextBlock>

#include <algorithm>
#include <array>

namespace strata::ui {
namespace {

constexpr int kFrameMs = 40;
constexpr int kSliceMs = 10; // of a frame
constexpr std::uint64_t kMostBehind = 5000;

// Hues that keep 4.5:1 on the base of their theme.
constexpr std::array<QRgb, 8> kOnDark = {0x6cb2ff, 0x8fcf6f, 0xe6c06a, 0xd38aea,
                                         0x5ccfd8, 0xf09a78, 0xb8a5ff, 0xd8dee6};
constexpr std::array<QRgb, 8> kOnLight = {0x1550b8, 0x2f6f1f, 0x7a5600, 0x86249c,
                                          0x0a6470, 0x9a3c12, 0x5b3fc4, 0x4c5661};

} // namespace

LogView::LogView(console::LogBook* book, QWidget* parent) : QPlainTextEdit(parent), m_book(book)
{
    setReadOnly(true);
    setUndoRedoEnabled(false);
    setFrameShape(QFrame::NoFrame);
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setAccessibleName(tr("Log"));
    setLayoutDirection(Qt::LeftToRight); // of what programs print, whichever way the program's own words go
    document()->setDocumentMargin(8);
    m_frame.setSingleShot(true);
    m_frame.setInterval(kFrameMs);
    connect(&m_frame, &QTimer::timeout, this, &LogView::slice);
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        restyle();
        renew();
    });
    restyle();
}

void LogView::restyle()
{
    setFont(Theme::monospace());
}

QColor LogView::colorOfSource(std::size_t source, bool dark)
{
    return QColor((dark ? kOnDark : kOnLight)[source % kOnDark.size()]);
}

void LogView::setNames(const QStringList& names)
{
    if (m_names == names)
        return;
    m_names = names;
    renew();
}

void LogView::setTimes(bool shown)
{
    m_times = shown;
    renew();
}

void LogView::setFilter(const QString& text)
{
    if (m_filter == text)
        return;
    m_filter = text;
    renew();
}

void LogView::renew()
{
    clear();
    m_numbers.clear();
    m_next = m_book->dropped();
    follow();
}

void LogView::follow()
{
    if (!m_frame.isActive())
        m_frame.start();
}

QString LogView::lineText(const console::LogLine& line) const
{
    QString text;
    if (m_times && !line.time.empty()) // milliseconds are enough to read by
        text += shown(line.time).left(23).leftJustified(23) + QLatin1String("  ");
    if (m_names.size() > 1)
        text += m_names.value(int(line.source)) + QLatin1String("  ");
    return text + shown(line.text);
}

bool LogView::matches(const console::LogLine& line) const
{
    return m_filter.isEmpty() || shown(line.text).contains(m_filter, Qt::CaseInsensitive);
}

void LogView::append(const console::LogLine& line, std::uint64_t number)
{
    QTextCursor cursor(document());
    cursor.movePosition(QTextCursor::End);
    if (!m_numbers.empty())
        cursor.insertBlock();
    QTextCharFormat plain;
    QTextCharFormat muted;
    muted.setForeground(colors().muted);
    if (m_times && !line.time.empty())
        cursor.insertText(shown(line.time).left(23).leftJustified(23) + QLatin1String("  "), muted);
    if (m_names.size() > 1) {
        QTextCharFormat name;
        name.setForeground(colorOfSource(line.source, colors().dark));
        cursor.insertText(m_names.value(int(line.source)) + QLatin1String("  "), name);
    }
    if (line.time.empty()) { // the program's own words
        muted.setFontItalic(true);
        cursor.insertText(shown(line.text), muted);
    } else {
        cursor.insertText(shown(line.text), plain);
    }
    m_numbers.push_back(number);
}

void LogView::takeBack(std::uint64_t number)
{
    if (m_numbers.empty() || m_numbers.back() < number)
        return;
    const auto keep = std::lower_bound(m_numbers.begin(), m_numbers.end(), number) - m_numbers.begin();
    if (keep == 0) {
        clear();
        m_numbers.clear();
    } else {
        QTextCursor cursor(document()->findBlockByNumber(int(keep) - 1));
        cursor.movePosition(QTextCursor::EndOfBlock);
        cursor.movePosition(QTextCursor::End, QTextCursor::KeepAnchor);
        cursor.removeSelectedText();
        m_numbers.resize(std::size_t(keep));
    }
}

void LogView::slice()
{
    QScrollBar* bar = verticalScrollBar();
    const bool following = bar->value() >= bar->maximum() - 1;
    const std::uint64_t touched = m_book->takeTouched();
    if (touched < m_next) {
        takeBack(touched);
        m_next = touched;
    }
    const std::uint64_t total = m_book->total();
    m_next = std::max(m_next, m_book->dropped());
    if (m_filter.isEmpty() && total - m_next > kMostBehind && !m_numbers.empty()) {
        // More than anybody reads: on to the end. What is passed over stays in the book.
        clear();
        m_numbers.clear();
        m_next = total - kMostBehind;
    }
    QElapsedTimer spent;
    spent.start();
    setUpdatesEnabled(false);
    const auto& lines = m_book->lines();
    QTextCursor edit(document());
    edit.beginEditBlock();
    while (m_next < total && spent.elapsed() < kSliceMs) {
        const console::LogLine& line = lines[std::size_t(m_next - m_book->dropped())];
        if (matches(line))
            append(line, m_next);
        ++m_next;
    }
    const int surplus = int(m_numbers.size()) - kMostShown;
    if (surplus > 0) {
        QTextCursor cursor(document());
        cursor.setPosition(document()->findBlockByNumber(surplus).position(), QTextCursor::KeepAnchor);
        cursor.removeSelectedText();
        m_numbers.erase(m_numbers.begin(), m_numbers.begin() + surplus);
    }
    edit.endEditBlock();
    setUpdatesEnabled(true);
    if (following)
        scrollToEnd();
    if (m_next < total)
        m_frame.start();
}

void LogView::scrollToEnd()
{
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

bool LogView::findText(const QString& text, bool backwards)
{
    const QTextDocument::FindFlags flags =
        backwards ? QTextDocument::FindBackward : QTextDocument::FindFlags();
    if (find(text, flags))
        return true;
    const QTextCursor before = textCursor();
    QTextCursor round(document());
    round.movePosition(backwards ? QTextCursor::End : QTextCursor::Start);
    setTextCursor(round);
    if (find(text, flags))
        return true;
    setTextCursor(before);
    return false;
}

bool LogView::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Find)) { // else the tree's filter takes it
            event->accept();
            return true;
        }
    }
    return QPlainTextEdit::event(event);
}

void LogView::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Find)) {
        Q_EMIT searchWanted();
        return;
    }
    if (event->key() == Qt::Key_End && event->modifiers() == Qt::NoModifier) {
        scrollToEnd();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

} // namespace strata::ui
