// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/terminalview.h"

#include "ui/console/terminallook.h"
#include "ui/widgets/text.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMenu>
#include <QMessageBox>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QStyle>
#include <QUrl>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace strata::ui {
namespace {

using console::Cell;
using console::Key;
using console::Modifiers;
using console::Position;

constexpr int kFrameMs = 16;
constexpr int kParseMs = 8; // of a frame
constexpr std::size_t kSlice = 16U << 10U;
constexpr int kMargin = 8;
constexpr int kFitAfterMs = 60;
constexpr int kBellEveryMs = 1000;
constexpr int kMostStep = 16;
constexpr int kLinesAWheelStep = 3;

Modifiers modifiersOf(Qt::KeyboardModifiers modifiers)
{
    return {modifiers.testFlag(Qt::ShiftModifier), modifiers.testFlag(Qt::AltModifier),
            modifiers.testFlag(Qt::ControlModifier)};
}

struct KeyMap {
    int qt;
    Key key;
};
constexpr std::array kKeys = {
    KeyMap{Qt::Key_Return, Key::Enter},
    KeyMap{Qt::Key_Enter, Key::Enter},
    KeyMap{Qt::Key_Tab, Key::Tab},
    KeyMap{Qt::Key_Backtab, Key::Tab},
    KeyMap{Qt::Key_Backspace, Key::Backspace},
    KeyMap{Qt::Key_Escape, Key::Escape},
    KeyMap{Qt::Key_Up, Key::Up},
    KeyMap{Qt::Key_Down, Key::Down},
    KeyMap{Qt::Key_Left, Key::Left},
    KeyMap{Qt::Key_Right, Key::Right},
    KeyMap{Qt::Key_Insert, Key::Insert},
    KeyMap{Qt::Key_Delete, Key::Delete},
    KeyMap{Qt::Key_Home, Key::Home},
    KeyMap{Qt::Key_End, Key::End},
    KeyMap{Qt::Key_PageUp, Key::PageUp},
    KeyMap{Qt::Key_PageDown, Key::PageDown},
};

int buttonOf(Qt::MouseButton button)
{
    return button == Qt::LeftButton ? 1 : button == Qt::MiddleButton ? 2 : button == Qt::RightButton ? 3 : 0;
}

bool isWord(const std::u32string& text)
{
    if (text.empty())
        return false;
    const char32_t c = text[0];
    return c > 0x7F || (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') ||
           std::u32string_view(U"-_./~:@%+").find(c) != std::u32string_view::npos;
}

} // namespace

TerminalView::TerminalView(QWidget* parent)
    : QAbstractScrollArea(parent), m_terminal(24, 80), m_colors(TerminalLook::instance().colors())
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_InputMethodEnabled);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    viewport()->setCursor(Qt::IBeamCursor);
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Terminal"));
    setAccessibleDescription(tr("Keys go to the other end. Ctrl+Shift+Escape leaves the terminal."));
    m_terminal.onOutput = [this](std::string_view bytes) { send(bytes); };
    m_terminal.onBell = [this] {
        if (m_rang.isValid() && m_rang.elapsed() < kBellEveryMs)
            return;
        m_rang.start();
        Q_EMIT bell();
    };
    m_terminal.onTitle = [this](const std::string& title) { Q_EMIT titleChanged(shown(title)); };
    m_frame.setSingleShot(true);
    connect(&m_frame, &QTimer::timeout, this, &TerminalView::frame);
    m_fit.setSingleShot(true);
    m_fit.setInterval(kFitAfterMs);
    connect(&m_fit, &QTimer::timeout, this, &TerminalView::fit);
    connect(&TerminalLook::instance(), &TerminalLook::changed, this, [this] {
        m_colors = TerminalLook::instance().colors();
        applyFont();
        viewport()->update();
    });
    applyFont();
}

TerminalView::~TerminalView()
{
    m_terminal.onOutput = nullptr;
    m_terminal.onTitle = nullptr;
}

// --- what comes

void TerminalView::setSource(Source source)
{
    m_source = std::move(source);
    wake();
}

void TerminalView::wake()
{
    if (!m_frame.isActive())
        m_frame.start(kFrameMs);
}

void TerminalView::feed(std::string_view bytes)
{
    m_terminal.write(bytes);
    afterOutput();
}

void TerminalView::frame()
{
    QElapsedTimer spent;
    spent.start();
    bool more = bool(m_source);
    while (more && spent.elapsed() < kParseMs) {
        const std::string bytes = m_source(kSlice);
        more = !bytes.empty();
        if (more)
            m_terminal.write(bytes);
    }
    afterOutput();
    if (more) // the rest of the frame belongs to everybody else
        m_frame.start(kFrameMs - kParseMs);
}

void TerminalView::afterOutput()
{
    if (m_shownChanges == m_terminal.changes())
        return;
    m_shownChanges = m_terminal.changes();
    updateBar();
    viewport()->update();
    updateMicroFocus();
}

// --- sizes

void TerminalView::applyFont()
{
    QFont base = TerminalLook::instance().font();
    const double points = base.pointSizeF() > 0 ? base.pointSizeF() : 10;
    base.setPointSizeF(std::clamp(points + m_fontStep, 5.0, 40.0));
    base.setStyleHint(QFont::Monospace);
    base.setKerning(false);
    const QFontMetricsF metrics(base);
    const double advance = metrics.horizontalAdvance(QLatin1Char('M'));
    m_cellWidth = std::max(1, qRound(advance));
    m_cellHeight = std::max(1, qRound(metrics.height()));
    m_ascent = qRound(metrics.ascent());
    // A whole number of pixels a cell, so that runs of text stay in the grid.
    base.setLetterSpacing(QFont::AbsoluteSpacing, m_cellWidth - advance);
    for (int i = 0; i < 4; ++i) {
        m_fonts[i] = base;
        m_fonts[i].setBold((i & 1) != 0);
        m_fonts[i].setItalic((i & 2) != 0);
    }
    m_fit.start();
    viewport()->update();
}

void TerminalView::setFontStep(int step)
{
    step = std::clamp(step, -5, kMostStep);
    if (step == m_fontStep)
        return;
    m_fontStep = step;
    applyFont();
    Q_EMIT fontStepChanged(step);
}

console::TerminalSize TerminalView::size() const
{
    return {m_terminal.columns(), m_terminal.rows()};
}

void TerminalView::fit()
{
    m_fit.stop();
    const int columns = (viewport()->width() - 2 * kMargin) / m_cellWidth;
    const int rows = (viewport()->height() - 2 * kMargin) / m_cellHeight;
    if (columns < 2 || rows < 1)
        return;
    m_terminal.resize(rows, columns);
    afterOutput();
    updateBar();
    viewport()->update();
    if (m_told != size()) {
        m_told = size();
        Q_EMIT resized(m_told);
    }
}

QSize TerminalView::sizeHint() const
{
    return {80 * m_cellWidth + 2 * kMargin + verticalScrollBar()->sizeHint().width(),
            16 * m_cellHeight + 2 * kMargin};
}

void TerminalView::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    m_fit.start(); // not at every step of a drag
}

void TerminalView::showEvent(QShowEvent* event)
{
    QAbstractScrollArea::showEvent(event);
    m_fit.start();
}

void TerminalView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        applyFont();
}

void TerminalView::updateBar()
{
    QScrollBar* bar = verticalScrollBar();
    const int lines = m_terminal.alternateScreen() ? 0 : m_terminal.scrollback();
    const bool following = bar->value() >= bar->maximum();
    const std::uint64_t scrolled = m_terminal.scrolled();
    const auto moved = int(std::min<std::uint64_t>(scrolled - m_shownScrolled, std::uint64_t(lines) + 1));
    m_shownScrolled = scrolled;
    m_settingBar = true;
    const int before = bar->value();
    const int grown = lines - bar->maximum();
    bar->setPageStep(m_terminal.rows());
    bar->setSingleStep(1);
    bar->setRange(0, lines);
    // Whoever reads what has scrolled away keeps seeing it, also when the oldest lines are dropped.
    bar->setValue(following ? lines : std::max(0, before + std::max(0, grown) - moved));
    m_settingBar = false;
}

int TerminalView::firstLine() const
{
    return verticalScrollBar()->value() - verticalScrollBar()->maximum();
}

void TerminalView::scrollContentsBy(int, int)
{
    if (!m_settingBar)
        viewport()->update();
}

void TerminalView::scrollToEnd()
{
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

Position TerminalView::relative(const Place& place) const
{
    const std::int64_t line = place.line - std::int64_t(m_terminal.scrolled());
    return {int(std::clamp<std::int64_t>(line, -m_terminal.scrollback() - 1, m_terminal.rows())),
            place.column};
}

Position TerminalView::at(const QPointF& point, bool between) const
{
    const int y = int(std::floor((point.y() - kMargin) / m_cellHeight));
    const double x = (point.x() - kMargin) / m_cellWidth + (between ? 0.5 : 0.0);
    return {std::clamp(y, 0, m_terminal.rows() - 1) + firstLine(),
            std::clamp(int(std::floor(x)), 0, m_terminal.columns() - (between ? 0 : 1))};
}

QPoint TerminalView::cellAt(int line, int column) const
{
    return {kMargin + column * m_cellWidth + m_cellWidth / 2,
            kMargin + (line - firstLine()) * m_cellHeight + m_cellHeight / 2};
}

// --- selection

void TerminalView::select(const Place& begin, const Place& end)
{
    m_begin = std::min(begin, end);
    m_end = std::max(begin, end);
    viewport()->update();
    Q_EMIT selectionChanged();
}

void TerminalView::selectWord(Position where)
{
    const auto word = [&](int column) {
        const Cell& cell = m_terminal.cell({where.line, column});
        const bool second = column > 0 && m_terminal.cell({where.line, column - 1}).width == 2;
        return second || isWord(m_terminal.text(cell));
    };
    int begin = where.column;
    int end = where.column + 1;
    if (word(where.column)) {
        while (begin > 0 && word(begin - 1))
            --begin;
        while (end < m_terminal.columns() && word(end))
            ++end;
    }
    select({absolute(where.line), begin}, {absolute(where.line), end});
}

void TerminalView::selectLine(int line)
{
    select({absolute(line), 0}, {absolute(line), m_terminal.columns()});
}

void TerminalView::selectAll()
{
    select({absolute(-m_terminal.scrollback()), 0}, {absolute(m_terminal.rows() - 1), m_terminal.columns()});
}

QString TerminalView::selectedText() const
{
    if (!hasSelection())
        return {};
    return QString::fromStdString(m_terminal.text(relative(m_begin), relative(m_end)));
}

QString TerminalView::allText() const
{
    QString text = QString::fromStdString(
        m_terminal.text({-m_terminal.scrollback(), 0}, {m_terminal.rows() - 1, m_terminal.columns()}));
    while (text.endsWith(QLatin1Char('\n')))
        text.chop(1);
    return text;
}

void TerminalView::copy()
{
    if (hasSelection())
        QApplication::clipboard()->setText(selectedText());
}

void TerminalView::clearScrollback()
{
    m_terminal.clearScrollback();
    afterOutput();
}

bool TerminalView::find(const QString& text, bool backwards)
{
    const std::u32string needle = text.toStdU32String();
    if (needle.empty())
        return false;
    Position from = backwards ? Position{m_terminal.rows() - 1, m_terminal.columns()}
                              : Position{-m_terminal.scrollback(), -1};
    const Position start = from;
    if (hasSelection())
        from = relative(m_begin);
    auto found = m_terminal.find(needle, from, backwards);
    if (!found && hasSelection())
        found = m_terminal.find(needle, start, backwards);
    if (!found)
        return false;
    int width = 0;
    for (std::size_t i = 0; i < needle.size(); ++i)
        width += std::max<int>(1, m_terminal.cell({found->line, found->column + width}).width);
    select({absolute(found->line), found->column}, {absolute(found->line), found->column + width});
    QScrollBar* bar = verticalScrollBar();
    if (found->line < firstLine() || found->line >= firstLine() + m_terminal.rows())
        bar->setValue(std::clamp(bar->maximum() + found->line - m_terminal.rows() / 2, 0, bar->maximum()));
    return true;
}

// --- keys

void TerminalView::send(std::string_view bytes)
{
    if (!m_readOnly && !bytes.empty())
        Q_EMIT typed(QByteArray(bytes.data(), qsizetype(bytes.size())));
}

void TerminalView::paste()
{
    pasteText(QApplication::clipboard()->text());
}

void TerminalView::pasteText(const QString& text)
{
    if (text.isEmpty() || m_readOnly)
        return;
    QString inner = text;
    while (inner.endsWith(QLatin1Char('\n')) || inner.endsWith(QLatin1Char('\r')))
        inner.chop(1);
    const auto now = [this, text] {
        scrollToEnd();
        m_terminal.paste(text.toStdString());
    };
    if (!m_warnOfLines || (inner.size() == text.size() && !inner.contains(QLatin1Char('\n')))) {
        now();
        return;
    }
    const auto lines = int(inner.count(QLatin1Char('\n'))) + 1;
    auto* box = new QMessageBox(QMessageBox::Warning, tr("Paste"), {}, QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setText(tr("Paste %n lines? Each line break acts like the Enter key.", nullptr, lines));
    QString preview;
    for (const QString& line : inner.left(2000).split(QLatin1Char('\n')).mid(0, 8))
        preview += cleaned(line.left(100)) + QLatin1Char('\n');
    if (lines > 8)
        preview += QStringLiteral("…");
    box->setInformativeText(preview);
    QPushButton* yes = box->addButton(tr("Paste"), QMessageBox::AcceptRole);
    connect(box, &QMessageBox::buttonClicked, this, [yes, now](QAbstractButton* clicked) {
        if (clicked == yes)
            now();
    });
    box->open();
}

// What stays with the program; everything else is the other end's, Ctrl+C above all.
bool TerminalView::shortcut(QKeyEvent* event)
{
    const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
    const int key = event->key();
    QScrollBar* bar = verticalScrollBar();
    if (modifiers == (Qt::ControlModifier | Qt::ShiftModifier)) {
        if (key == Qt::Key_C) {
            copy();
            return true;
        }
        if (key == Qt::Key_V) {
            paste();
            return true;
        }
        if (key == Qt::Key_A) {
            selectAll();
            return true;
        }
        if (key == Qt::Key_F) {
            Q_EMIT searchWanted();
            return true;
        }
        if (key == Qt::Key_Escape) {
            Q_EMIT leaveWanted();
            return true;
        }
    }
    if (modifiers.testFlag(Qt::ControlModifier) && !modifiers.testFlag(Qt::AltModifier)) {
        const int step = key == Qt::Key_Plus || key == Qt::Key_Equal ? 1 : key == Qt::Key_Minus ? -1 : 0;
        if (step != 0) {
            setFontStep(m_fontStep + step);
            return true;
        }
        if (key == Qt::Key_0 && modifiers == Qt::ControlModifier) {
            setFontStep(0);
            return true;
        }
    }
    if (modifiers == Qt::ShiftModifier && !m_terminal.alternateScreen()) {
        if (key == Qt::Key_PageUp || key == Qt::Key_PageDown) {
            bar->setValue(bar->value() + (key == Qt::Key_PageUp ? -1 : 1) * bar->pageStep());
            return true;
        }
        if (key == Qt::Key_Home || key == Qt::Key_End) {
            bar->setValue(key == Qt::Key_Home ? 0 : bar->maximum());
            return true;
        }
        if (key == Qt::Key_Insert) {
            paste();
            return true;
        }
    }
    return false;
}

bool TerminalView::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        // Else the window's shortcuts would take Ctrl+K from a shell. F11 and the Ctrl+Shift ones that are
        // not ours stay the window's.
        const auto* key = static_cast<QKeyEvent*>(event);
        const auto modifiers = key->modifiers() & ~Qt::KeypadModifier;
        const bool ours = modifiers != (Qt::ControlModifier | Qt::ShiftModifier) || key->key() == Qt::Key_C ||
                          key->key() == Qt::Key_V || key->key() == Qt::Key_A || key->key() == Qt::Key_F ||
                          key->key() == Qt::Key_Escape;
        if (ours && key->key() != Qt::Key_F11) {
            event->accept();
            return true;
        }
    }
    return QAbstractScrollArea::event(event);
}

bool TerminalView::focusNextPrevChild(bool)
{
    return false; // Tab is the shell's
}

void TerminalView::keyPressEvent(QKeyEvent* event)
{
    event->accept();
    if (shortcut(event))
        return;
    Modifiers modifiers = modifiersOf(event->modifiers());
    const int key = event->key();
    const auto done = [this] {
        scrollToEnd();
        afterOutput();
    };
    if (key >= Qt::Key_F1 && key <= Qt::Key_F12) {
        m_terminal.press(Key::F1, modifiers, key - Qt::Key_F1 + 1);
        done();
        return;
    }
    for (const KeyMap& each : kKeys) {
        if (each.qt != key)
            continue;
        modifiers.shift = modifiers.shift && key != Qt::Key_Return && key != Qt::Key_Enter;
        if (key == Qt::Key_Backtab)
            modifiers.shift = true;
        if (key == Qt::Key_Backspace && modifiers.control) {
            send("\x08");
        } else {
            if (key == Qt::Key_Backspace)
                modifiers.shift = false;
            m_terminal.press(each.key, modifiers);
        }
        done();
        return;
    }
    if (modifiers.control && !event->modifiers().testFlag(Qt::MetaModifier)) {
        // Control and a key of the ASCII columns @ … _ make a control character.
        char byte = 0;
        bool known = true;
        if (key >= Qt::Key_A && key <= Qt::Key_Z)
            byte = char(key - Qt::Key_A + 1);
        else if (key == Qt::Key_Space || key == Qt::Key_At || key == Qt::Key_2)
            byte = 0;
        else if (key >= Qt::Key_BracketLeft && key <= Qt::Key_Underscore)
            byte = char(key - Qt::Key_BracketLeft + 0x1B);
        else if (key == Qt::Key_Slash)
            byte = 0x1F;
        else
            known = false;
        if (known) {
            std::string bytes = modifiers.alt ? "\x1b" : "";
            bytes += byte;
            send(bytes);
            done();
            return;
        }
    }
    const std::u32string text = event->text().toStdU32String();
    if (text.empty())
        return;
    for (const char32_t c : text) {
        if (c >= 0x20 && c != 0x7F)
            m_terminal.type(c, {false, modifiers.alt, false});
    }
    done();
}

void TerminalView::inputMethodEvent(QInputMethodEvent* event)
{
    for (const char32_t c : event->commitString().toStdU32String()) {
        if (c >= 0x20 && c != 0x7F)
            m_terminal.type(c);
    }
    event->accept();
    scrollToEnd();
}

QVariant TerminalView::inputMethodQuery(Qt::InputMethodQuery query) const
{
    if (query == Qt::ImCursorRectangle) {
        const Position cursor = m_terminal.cursor();
        return QRect(kMargin + cursor.column * m_cellWidth,
                     kMargin + (cursor.line - firstLine()) * m_cellHeight, m_cellWidth, m_cellHeight);
    }
    if (query == Qt::ImEnabled)
        return !m_readOnly;
    return QAbstractScrollArea::inputMethodQuery(query);
}

// --- mouse

// To the other end, when it asked for the mouse; Shift keeps it here.
bool TerminalView::report(QMouseEvent* event, bool pressed)
{
    if (m_terminal.mouseMode() == console::MouseMode::None ||
        event->modifiers().testFlag(Qt::ShiftModifier) || firstLine() != 0)
        return false;
    const int button = buttonOf(event->button());
    if (button == 0)
        return false;
    m_terminal.mouse(at(event->position()), button, pressed, modifiersOf(event->modifiers()));
    m_pressed = pressed ? button : 0;
    return true;
}

void TerminalView::mousePressEvent(QMouseEvent* event)
{
    if (report(event, true))
        return;
    if (event->button() == Qt::LeftButton) {
        const Position where = at(event->position());
        if (m_doubled.isValid() && m_doubled.elapsed() < QApplication::doubleClickInterval() &&
            m_begin.line == absolute(where.line)) {
            m_doubled.invalidate();
            selectLine(where.line);
            return;
        }
        if (event->modifiers().testFlag(Qt::ControlModifier)) {
            const std::string link = console::linkAt(m_terminal, where);
            if (!link.empty()) {
                askLink(shown(link));
                return;
            }
        }
        const Position between = at(event->position(), true);
        const Place place{absolute(between.line), between.column};
        if (event->modifiers().testFlag(Qt::ShiftModifier) && hasSelection()) {
            m_selecting = true;
            m_anchor = m_begin;
            select(m_anchor, place);
            return;
        }
        m_anchor = place;
        m_selecting = true;
        select(place, place);
    } else if (event->button() == Qt::MiddleButton && QApplication::clipboard()->supportsSelection()) {
        pasteText(QApplication::clipboard()->text(QClipboard::Selection));
    }
}

void TerminalView::mouseMoveEvent(QMouseEvent* event)
{
    if (m_pressed != 0 ||
        (m_terminal.mouseMode() == console::MouseMode::Move && event->buttons() == Qt::NoButton)) {
        if (firstLine() == 0 && !event->modifiers().testFlag(Qt::ShiftModifier))
            m_terminal.mouseMove(at(event->position()), modifiersOf(event->modifiers()));
        return;
    }
    if (!m_selecting) {
        const bool link = event->modifiers().testFlag(Qt::ControlModifier) &&
                          !console::linkAt(m_terminal, at(event->position())).empty();
        viewport()->setCursor(link ? Qt::PointingHandCursor : Qt::IBeamCursor);
        return;
    }
    if (event->position().y() < 0)
        verticalScrollBar()->triggerAction(QAbstractSlider::SliderSingleStepSub);
    else if (event->position().y() > viewport()->height())
        verticalScrollBar()->triggerAction(QAbstractSlider::SliderSingleStepAdd);
    const Position where = at(event->position(), true);
    select(m_anchor, {absolute(where.line), where.column});
}

void TerminalView::mouseReleaseEvent(QMouseEvent* event)
{
    if (m_pressed != 0) {
        m_terminal.mouse(at(event->position()), m_pressed, false, modifiersOf(event->modifiers()));
        m_pressed = 0;
        return;
    }
    if (event->button() != Qt::LeftButton)
        return;
    m_selecting = false;
    if (hasSelection() && QApplication::clipboard()->supportsSelection())
        QApplication::clipboard()->setText(selectedText(), QClipboard::Selection);
}

void TerminalView::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (report(event, true))
        return;
    if (event->button() != Qt::LeftButton)
        return;
    selectWord(at(event->position()));
    m_selecting = false;
    m_doubled.start(); // a third click takes the line
}

void TerminalView::wheelEvent(QWheelEvent* event)
{
    if (event->modifiers().testFlag(Qt::ControlModifier)) {
        setFontStep(m_fontStep + (event->angleDelta().y() > 0 ? 1 : -1));
        return;
    }
    m_wheel += event->angleDelta().y();
    const int steps = m_wheel / 120;
    m_wheel -= steps * 120;
    const bool reported = m_terminal.mouseMode() != console::MouseMode::None &&
                          !event->modifiers().testFlag(Qt::ShiftModifier) && firstLine() == 0;
    const bool keys = m_terminal.alternateScreen(); // a pager scrolls by arrows
    if (!reported && !keys) {
        verticalScrollBar()->setValue(verticalScrollBar()->value() - steps * kLinesAWheelStep);
        return;
    }
    for (int i = 0; i < std::abs(steps); ++i) {
        if (reported) {
            m_terminal.mouse(at(event->position()), steps > 0 ? 4 : 5, true);
            continue;
        }
        for (int line = 0; line < kLinesAWheelStep; ++line)
            m_terminal.press(steps > 0 ? Key::Up : Key::Down);
    }
}

void TerminalView::askLink(const QString& link)
{
    const QUrl url(link, QUrl::StrictMode);
    if (!url.isValid() || (url.scheme() != QLatin1String("http") && url.scheme() != QLatin1String("https")))
        return;
    auto* box = new QMessageBox(QMessageBox::Question, tr("Open a link"), {},
                                QMessageBox::Open | QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setText(tr("Open this address in the browser? The machine wrote it, not Strata."));
    box->setInformativeText(cleaned(url.toString(QUrl::FullyEncoded)));
    box->setDefaultButton(QMessageBox::Cancel);
    connect(box, &QMessageBox::finished, this, [this, url](int answer) {
        if (answer == QMessageBox::Open)
            Q_EMIT openWanted(url);
    });
    box->open();
}

void TerminalView::contextMenuEvent(QContextMenuEvent* event)
{
    if (m_terminal.mouseMode() != console::MouseMode::None && event->reason() == QContextMenuEvent::Mouse &&
        !event->modifiers().testFlag(Qt::ShiftModifier))
        return; // the right button is the other end's
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const auto add = [&](const QString& text, const QString& keys, auto what) {
        QAction* action = menu->addAction(keys.isEmpty() ? text : text + QLatin1Char('\t') + keys);
        connect(action, &QAction::triggered, this, what);
        return action;
    };
    const std::string link = console::linkAt(m_terminal, at(viewport()->mapFromGlobal(event->globalPos())));
    if (!link.empty() && event->reason() == QContextMenuEvent::Mouse) {
        add(tr("Open link…"), {}, [this, link] { askLink(shown(link)); });
        add(tr("Copy link"), {}, [link] { QApplication::clipboard()->setText(shown(link)); });
        menu->addSeparator();
    }
    add(tr("Copy"), QStringLiteral("Ctrl+Shift+C"), [this] { copy(); })->setEnabled(hasSelection());
    add(tr("Paste"), QStringLiteral("Ctrl+Shift+V"), [this] { paste(); })->setEnabled(!m_readOnly);
    add(tr("Select all"), QStringLiteral("Ctrl+Shift+A"), [this] { selectAll(); });
    menu->addSeparator();
    add(tr("Find…"), QStringLiteral("Ctrl+Shift+F"), [this] { Q_EMIT searchWanted(); });
    add(tr("Clear scrollback"), {}, [this] { clearScrollback(); })->setEnabled(m_terminal.scrollback() > 0);
    menu->addSeparator();
    add(tr("Larger"), QStringLiteral("Ctrl++"), [this] { setFontStep(m_fontStep + 1); });
    add(tr("Smaller"), QStringLiteral("Ctrl+-"), [this] { setFontStep(m_fontStep - 1); });
    add(tr("Normal size"), QStringLiteral("Ctrl+0"), [this] { setFontStep(0); });
    QMenu* schemes = menu->addMenu(tr("Colours"));
    for (const TerminalScheme scheme : kTerminalSchemes) {
        QAction* action = schemes->addAction(schemeName(scheme));
        action->setCheckable(true);
        action->setChecked(TerminalLook::instance().scheme() == scheme);
        connect(action, &QAction::triggered, this, [scheme] { TerminalLook::instance().setScheme(scheme); });
    }
    menu->popup(event->globalPos());
}

void TerminalView::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void TerminalView::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

// --- painting

void TerminalView::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    painter.setLayoutDirection(Qt::LeftToRight); // a grid, whichever way the program's own words go
    painter.fillRect(viewport()->rect(), m_colors.background);
    const int first = firstLine();
    for (int row = 0; row < m_terminal.rows(); ++row)
        paintLine(painter, first + row, kMargin + row * m_cellHeight);
    const Position cursor = m_terminal.cursor();
    const int y = kMargin + (cursor.line - first) * m_cellHeight;
    if (!m_terminal.cursorVisible() || y > viewport()->height())
        return;
    const Cell& cell = m_terminal.cell(cursor);
    const QRect block(kMargin + cursor.column * m_cellWidth, y, m_cellWidth * std::max<int>(1, cell.width),
                      m_cellHeight);
    if (!hasFocus()) {
        painter.setPen(m_colors.cursor);
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(block.adjusted(0, 0, -1, -1));
        return;
    }
    painter.fillRect(block, m_colors.cursor);
    const std::u32string glyph = m_terminal.text(cell);
    if (!glyph.empty()) {
        painter.setPen(m_colors.background);
        painter.setFont(m_fonts[cell.bold ? 1 : 0]);
        painter.drawText(block.left(), y + m_ascent, QString::fromUcs4(glyph.data(), int(glyph.size())));
    }
}

void TerminalView::paintLine(QPainter& painter, int line, int y)
{
    const int columns = m_terminal.columns();
    const std::int64_t number = absolute(line);
    const int selectedFrom = m_begin.line < number ? 0 : m_begin.line > number ? columns : m_begin.column;
    const int selectedTo = m_end.line > number ? columns : m_end.line < number ? 0 : m_end.column;
    const auto same = [](const Cell& a, const Cell& b) {
        return a.foreground == b.foreground && a.background == b.background && a.bold == b.bold &&
               a.italic == b.italic && a.underline == b.underline && a.strike == b.strike &&
               a.reverse == b.reverse;
    };
    const auto simple = [](const Cell& cell) { return cell.width == 1 && cell.glyph < 0x7F; };
    int column = 0;
    QString text;
    while (column < columns) {
        const Cell& cell = m_terminal.cell({line, column});
        const bool selected = column >= selectedFrom && column < selectedTo;
        // A run of plain characters that look the same is one; any other character is alone in its cells, so
        // that no font can push the rest out of the grid.
        int end = column + std::max<int>(1, cell.width);
        text.clear();
        if (simple(cell)) {
            text += cell.glyph == 0 ? QLatin1Char(' ') : QChar(char16_t(cell.glyph));
            while (end < columns) {
                const Cell& next = m_terminal.cell({line, end});
                if (!simple(next) || !same(cell, next) ||
                    (end >= selectedFrom && end < selectedTo) != selected)
                    break;
                text += next.glyph == 0 ? QLatin1Char(' ') : QChar(char16_t(next.glyph));
                ++end;
            }
        } else {
            const std::u32string glyph = m_terminal.text(cell);
            text = QString::fromUcs4(glyph.data(), int(glyph.size()));
        }
        const QRect box(kMargin + column * m_cellWidth, y, (end - column) * m_cellWidth, m_cellHeight);
        const CellColors look = colorsOf(cell, m_colors);
        if (selected)
            painter.fillRect(box, m_colors.selection);
        else if (look.background.isValid())
            painter.fillRect(box, look.background);
        const bool blank = text.trimmed().isEmpty();
        if (!blank || cell.underline || cell.strike) {
            painter.setPen(selected && cell.reverse ? m_colors.text : look.text);
            if (!blank) {
                painter.setFont(m_fonts[(cell.bold ? 1 : 0) + (cell.italic ? 2 : 0)]);
                painter.drawText(box.left(), y + m_ascent, text);
            }
            if (cell.underline)
                painter.drawLine(box.left(), y + m_ascent + 2, box.right(), y + m_ascent + 2);
            if (cell.strike)
                painter.drawLine(box.left(), y + m_cellHeight / 2, box.right(), y + m_cellHeight / 2);
        }
        column = end;
    }
}

} // namespace strata::ui
