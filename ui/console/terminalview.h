// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"
#include "core/console/terminal.h"
#include "ui/console/colorscheme.h"

#include <QAbstractScrollArea>
#include <QElapsedTimer>
#include <QString>
#include <QTimer>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

class QUrl;

namespace strata::ui {

// A terminal as a widget: paints core/console's Terminal, turns keys and mouse into its bytes.
//
// Bytes are pulled from a source, a slice a frame for a part of the frame only, and painted once after it:
// whatever comes, keys are heard and the window answers. What is not pulled stays with the source, which
// holds its sender back.
class TerminalView : public QAbstractScrollArea {
    Q_OBJECT

public:
    using Source = std::function<std::string(std::size_t most)>; // fewer, or none: that is all for now

    explicit TerminalView(QWidget* parent = nullptr);
    ~TerminalView() override;

    void setSource(Source source);
    void wake();                       // the source has something
    void feed(std::string_view bytes); // directly: what the program itself says in between

    console::Terminal& terminal() { return m_terminal; }
    const console::Terminal& terminal() const { return m_terminal; }
    console::TerminalSize size() const; // in cells

    // A line break in what is pasted acts at once where no shell asks for brackets: ask first.
    void setWarnOfLines(bool warn) { m_warnOfLines = warn; }
    void setReadOnly(bool readOnly) { m_readOnly = readOnly; } // nothing typed leaves
    void setFontStep(int step);                                // in points, relative to the program's font
    int fontStep() const { return m_fontStep; }

    bool hasSelection() const { return m_begin != m_end; }
    QString selectedText() const;
    QString allText() const; // scrollback and screen
    void selectAll();
    void clearSelection() { select({}, {}); }
    void copy();
    void paste();
    void pasteText(const QString& text);
    void clearScrollback();
    // Selects and shows the next match, round the end; false when there is none.
    bool find(const QString& text, bool backwards);
    void scrollToEnd();

    QPoint cellAt(int line, int column) const; // where a cell's middle is now, in the viewport
    QSize sizeHint() const override;

Q_SIGNALS:
    void typed(const QByteArray& bytes); // for the other end
    void resized(strata::console::TerminalSize size);
    void bell(); // once a second at most
    void titleChanged(const QString& title);
    void openWanted(const QUrl& url); // http or https, and the operator said yes
    void searchWanted();
    void leaveWanted(); // Ctrl+Shift+Escape: the keyboard's way out
    void selectionChanged();
    void fontStepChanged(int step);

protected:
    bool event(QEvent* event) override;
    bool focusNextPrevChild(bool next) override;
    void keyPressEvent(QKeyEvent* event) override;
    void inputMethodEvent(QInputMethodEvent* event) override;
    QVariant inputMethodQuery(Qt::InputMethodQuery query) const override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    // Lines that never change their number while the text scrolls: the screen's line plus what has scrolled.
    struct Place {
        std::int64_t line = 0;
        int column = 0;
        friend auto operator<=>(const Place&, const Place&) = default;
    };

    void frame();
    void afterOutput();
    void applyFont();
    void fit();
    void updateBar();
    int firstLine() const; // of the viewport, as a line of the terminal
    std::int64_t absolute(int line) const { return std::int64_t(m_terminal.scrolled()) + line; }
    console::Position relative(const Place& place) const;
    console::Position at(const QPointF& point, bool between = false) const;
    void select(const Place& begin, const Place& end);
    void selectWord(console::Position at);
    void selectLine(int line);
    void send(std::string_view bytes);
    bool shortcut(QKeyEvent* event);
    bool report(QMouseEvent* event, bool pressed);
    void askLink(const QString& link);
    void paintLine(QPainter& painter, int line, int y);

    console::Terminal m_terminal;
    Source m_source;
    TerminalColors m_colors;
    QTimer m_frame;
    QTimer m_fit;
    QElapsedTimer m_rang;
    QElapsedTimer m_doubled;
    QFont m_fonts[4]; // bold, italic
    int m_fontStep = 0;
    int m_cellWidth = 8;
    int m_cellHeight = 16;
    int m_ascent = 12;
    std::uint64_t m_shownChanges = 0;
    std::uint64_t m_shownScrolled = 0;
    Place m_anchor;
    Place m_begin;
    Place m_end;
    bool m_selecting = false;
    bool m_warnOfLines = false;
    bool m_readOnly = false;
    bool m_settingBar = false;
    int m_pressed = 0; // the button that was reported as pressed
    int m_wheel = 0;   // parts of a step
    console::TerminalSize m_told;
};

} // namespace strata::ui
