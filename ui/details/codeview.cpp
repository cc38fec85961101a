// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/codeview.h"

#include "ui/theme/theme.h"

#include <QKeyEvent>
#include <QPaintEvent>
#include <QPainter>
#include <QStyle>
#include <QTextBlock>

namespace strata::ui {
namespace {

class Numbers : public QWidget {
public:
    explicit Numbers(CodeView* view) : QWidget(view), m_view(view) {}

protected:
    void paintEvent(QPaintEvent* event) override { m_view->paintNumbers(event); }

private:
    CodeView* m_view;
};

} // namespace

CodeView::CodeView(QWidget* parent) : QPlainTextEdit(parent)
{
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setUndoRedoEnabled(false);
    setLineWrapMode(NoWrap);
    setFrameShape(QFrame::NoFrame);
    setTabChangesFocus(true);
    m_numbers = new Numbers(this);
    connect(this, &QPlainTextEdit::blockCountChanged, this, &CodeView::layOut);
    connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect& rect, int dy) {
        if (dy != 0)
            m_numbers->scroll(0, dy);
        else
            m_numbers->update(0, rect.y(), m_numbers->width(), rect.height());
    });
    connect(&Theme::instance(), &Theme::changed, this, &CodeView::restyle);
    restyle();
}

void CodeView::restyle()
{
    setFont(Theme::monospace());
    layOut();
    m_numbers->update();
}

int CodeView::numbersWidth() const
{
    int digits = 2;
    for (int most = blockCount(); most >= 100; most /= 10)
        ++digits;
    return fontMetrics().horizontalAdvance(QLatin1Char('9')) * digits + 22;
}

void CodeView::layOut()
{
    const bool mirrored = layoutDirection() == Qt::RightToLeft;
    const int width = numbersWidth();
    setViewportMargins(mirrored ? 0 : width, 0, mirrored ? width : 0, 0);
    const QRect area = contentsRect();
    m_numbers->setGeometry(
        QStyle::visualRect(layoutDirection(), area, QRect(area.left(), area.top(), width, area.height())));
}

void CodeView::resizeEvent(QResizeEvent* event)
{
    QPlainTextEdit::resizeEvent(event);
    layOut();
}

void CodeView::paintNumbers(QPaintEvent* event)
{
    QPainter painter(m_numbers);
    painter.fillRect(event->rect(), colors().base);
    painter.setFont(font());
    painter.setPen(colors().muted);
    QTextBlock block = firstVisibleBlock();
    int top = qRound(blockBoundingGeometry(block).translated(contentOffset()).top());
    while (block.isValid() && top <= event->rect().bottom()) {
        const int height = qRound(blockBoundingRect(block).height());
        if (block.isVisible() && top + height >= event->rect().top())
            painter.drawText(0, top, m_numbers->width() - 12, fontMetrics().height(), Qt::AlignRight,
                             QString::number(block.blockNumber() + 1));
        top += height;
        block = block.next();
    }
}

bool CodeView::event(QEvent* event)
{
    // Ctrl+F in here searches the text, whatever it does elsewhere in the window.
    if (event->type() == QEvent::ShortcutOverride &&
        static_cast<QKeyEvent*>(event)->matches(QKeySequence::Find)) {
        event->accept();
        return true;
    }
    return QPlainTextEdit::event(event);
}

void CodeView::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Find)) {
        Q_EMIT findWanted();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

} // namespace strata::ui
