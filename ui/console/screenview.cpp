// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/screenview.h"

#include "ui/theme/theme.h"

#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <array>
#include <utility>

namespace strata::ui {
namespace {

struct Sym {
    int key;
    std::uint32_t sym; // X11/keysymdef.h
};
constexpr std::array kSyms = {
    Sym{Qt::Key_Backspace, 0xff08},  Sym{Qt::Key_Tab, 0xff09},     Sym{Qt::Key_Backtab, 0xff09},
    Sym{Qt::Key_Return, 0xff0d},     Sym{Qt::Key_Enter, 0xff8d},   Sym{Qt::Key_Pause, 0xff13},
    Sym{Qt::Key_ScrollLock, 0xff14}, Sym{Qt::Key_SysReq, 0xff15},  Sym{Qt::Key_Escape, 0xff1b},
    Sym{Qt::Key_Home, 0xff50},       Sym{Qt::Key_Left, 0xff51},    Sym{Qt::Key_Up, 0xff52},
    Sym{Qt::Key_Right, 0xff53},      Sym{Qt::Key_Down, 0xff54},    Sym{Qt::Key_PageUp, 0xff55},
    Sym{Qt::Key_PageDown, 0xff56},   Sym{Qt::Key_End, 0xff57},     Sym{Qt::Key_Print, 0xff61},
    Sym{Qt::Key_Insert, 0xff63},     Sym{Qt::Key_Menu, 0xff67},    Sym{Qt::Key_NumLock, 0xff7f},
    Sym{Qt::Key_Shift, 0xffe1},      Sym{Qt::Key_Control, 0xffe3}, Sym{Qt::Key_CapsLock, 0xffe5},
    Sym{Qt::Key_Meta, 0xffeb},       Sym{Qt::Key_Alt, 0xffe9},     Sym{Qt::Key_AltGr, 0xfe03},
    Sym{Qt::Key_Delete, 0xffff},
};

} // namespace

std::uint32_t keysymOf(int key, const QString& text)
{
    for (const Sym& each : kSyms) {
        if (each.key == key)
            return each.sym;
    }
    if (key >= Qt::Key_F1 && key <= Qt::Key_F24)
        return 0xffbe + std::uint32_t(key - Qt::Key_F1);
    const std::u32string typed = text.toStdU32String();
    char32_t c = typed.size() == 1 ? typed[0] : 0;
    // With Ctrl the text is a control character: the key says which letter it was.
    if (c < 0x20 || c == 0x7F) {
        c = key > 0x20 && key < 0xFF ? char32_t(key) : 0;
        if (c >= U'A' && c <= U'Z')
            c += 32;
    }
    if (c == 0)
        return 0;
    return c < 0x100 ? std::uint32_t(c) : 0x01000000U | std::uint32_t(c);
}

ScreenView::ScreenView(QWidget* parent) : QAbstractScrollArea(parent)
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Screen of the guest"));
    setAccessibleDescription(tr("Keys and mouse go to the guest. Ctrl+Shift+Escape leaves it."));
}

void ScreenView::setPicture(std::shared_ptr<const console::Picture> picture)
{
    m_image = QImage();
    m_picture = std::move(picture);
    if (m_picture)
        m_image = QImage(m_picture->pixels(), m_picture->width(), m_picture->height(),
                         qsizetype(m_picture->width()) * 4, QImage::Format_RGB32);
    layOut();
    viewport()->update();
}

void ScreenView::changed(const QRect& pixels)
{
    if (m_image.isNull())
        return;
    const QPointF first = fromPicture(pixels.topLeft());
    const QPointF last = fromPicture(pixels.bottomRight() + QPoint(1, 1));
    viewport()->update(QRectF(first, last).toAlignedRect().adjusted(-2, -2, 2, 2));
}

void ScreenView::setFit(bool fit)
{
    m_fit = fit;
    layOut();
    viewport()->update();
}

void ScreenView::setViewOnly(bool viewOnly)
{
    letGo();
    m_viewOnly = viewOnly;
    if (viewOnly)
        setGrab(false);
}

void ScreenView::setGrab(bool grab)
{
    if (m_grab == grab)
        return;
    m_grab = grab;
    letGo();
    if (grab) {
        setFocus(Qt::OtherFocusReason);
        grabKeyboard();
    } else {
        releaseKeyboard();
    }
    viewport()->update();
    Q_EMIT grabChanged(grab);
}

void ScreenView::setPointer(const QImage& shape, const QPoint& hot)
{
    if (shape.isNull())
        viewport()->unsetCursor();
    else
        viewport()->setCursor(QCursor(QPixmap::fromImage(shape), hot.x(), hot.y()));
}

QImage ScreenView::shot() const
{
    return m_image.copy();
}

QRectF ScreenView::target() const
{
    const QSizeF room = viewport()->size();
    if (m_image.isNull())
        return {};
    QSizeF size = m_image.size();
    if (m_fit) {
        size.scale(room, Qt::KeepAspectRatio);
        return {QPointF((room.width() - size.width()) / 2, (room.height() - size.height()) / 2), size};
    }
    const QPointF at(
        size.width() < room.width() ? (room.width() - size.width()) / 2 : -horizontalScrollBar()->value(),
        size.height() < room.height() ? (room.height() - size.height()) / 2 : -verticalScrollBar()->value());
    return {at, size};
}

void ScreenView::layOut()
{
    const QSize room = viewport()->size();
    const QSize size = m_fit || m_image.isNull() ? QSize() : m_image.size();
    horizontalScrollBar()->setRange(0, std::max(0, size.width() - room.width()));
    horizontalScrollBar()->setPageStep(room.width());
    verticalScrollBar()->setRange(0, std::max(0, size.height() - room.height()));
    verticalScrollBar()->setPageStep(room.height());
}

QPoint ScreenView::toPicture(const QPointF& point) const
{
    const QRectF place = target();
    if (place.isEmpty())
        return {};
    const double x = (point.x() - place.left()) * m_image.width() / place.width();
    const double y = (point.y() - place.top()) * m_image.height() / place.height();
    return {std::clamp(int(x), 0, m_image.width() - 1), std::clamp(int(y), 0, m_image.height() - 1)};
}

QPoint ScreenView::fromPicture(const QPoint& pixel) const
{
    const QRectF place = target();
    if (place.isEmpty())
        return {};
    return {int(place.left() + pixel.x() * place.width() / m_image.width()),
            int(place.top() + pixel.y() * place.height() / m_image.height())};
}

bool ScreenView::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride && !m_viewOnly) {
        event->accept(); // the guest's, not the window's
        return true;
    }
    return QAbstractScrollArea::event(event);
}

bool ScreenView::focusNextPrevChild(bool next)
{
    return m_viewOnly && QAbstractScrollArea::focusNextPrevChild(next);
}

void ScreenView::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && event->modifiers() == (Qt::ControlModifier | Qt::ShiftModifier)) {
        letGo();
        if (m_grab)
            setGrab(false); // once more leaves it
        else
            Q_EMIT leaveWanted();
        return;
    }
    if (m_viewOnly) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    event->accept();
    const std::uint32_t sym = keysymOf(event->key(), event->text());
    if (sym == 0)
        return;
    m_pressed[event->key()] = sym;
    Q_EMIT key(sym, true);
}

void ScreenView::keyReleaseEvent(QKeyEvent* event)
{
    event->accept();
    const auto found = m_pressed.find(event->key());
    if (event->isAutoRepeat() || found == m_pressed.end())
        return;
    Q_EMIT key(found->second, false); // the one that was pressed, whatever Shift says now
    m_pressed.erase(found);
}

void ScreenView::letGo()
{
    for (const auto& [qt, sym] : std::exchange(m_pressed, {}))
        Q_EMIT key(sym, false);
}

void ScreenView::sendKeys(const std::vector<std::uint32_t>& keysyms)
{
    letGo();
    for (const std::uint32_t sym : keysyms)
        Q_EMIT key(sym, true);
    for (auto sym = keysyms.rbegin(); sym != keysyms.rend(); ++sym)
        Q_EMIT key(*sym, false);
}

void ScreenView::focusOutEvent(QFocusEvent* event)
{
    letGo(); // else a key would stay down in the guest
    setGrab(false);
    QAbstractScrollArea::focusOutEvent(event);
}

void ScreenView::tellPointer(const QPointF& at, Qt::MouseButtons buttons, unsigned wheel)
{
    if (m_viewOnly || m_image.isNull())
        return;
    unsigned mask = wheel;
    mask |= buttons.testFlag(Qt::LeftButton) ? 1U : 0U;
    mask |= buttons.testFlag(Qt::MiddleButton) ? 2U : 0U;
    mask |= buttons.testFlag(Qt::RightButton) ? 4U : 0U;
    const QPoint pixel = toPicture(at);
    Q_EMIT pointer(pixel.x(), pixel.y(), mask);
}

void ScreenView::mousePressEvent(QMouseEvent* event)
{
    tellPointer(event->position(), event->buttons());
}

void ScreenView::mouseReleaseEvent(QMouseEvent* event)
{
    tellPointer(event->position(), event->buttons());
}

void ScreenView::mouseDoubleClickEvent(QMouseEvent* event)
{
    tellPointer(event->position(), event->buttons());
}

void ScreenView::mouseMoveEvent(QMouseEvent* event)
{
    tellPointer(event->position(), event->buttons());
}

void ScreenView::wheelEvent(QWheelEvent* event)
{
    if (m_viewOnly) {
        QAbstractScrollArea::wheelEvent(event);
        return;
    }
    const unsigned wheel = event->angleDelta().y() > 0 ? 8U : 16U;
    tellPointer(event->position(), event->buttons(), wheel);
    tellPointer(event->position(), event->buttons());
}

void ScreenView::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    layOut();
}

void ScreenView::paintEvent(QPaintEvent* event)
{
    QPainter painter(viewport());
    painter.setClipRegion(event->region());
    painter.fillRect(viewport()->rect(), colors().window);
    if (m_image.isNull())
        return;
    const QRectF place = target();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, place.width() < m_image.width());
    painter.drawImage(place, m_image);
    if (hasFocus() && !m_viewOnly) {
        painter.setPen(QPen(colors().accent, m_grab ? 3 : 1));
        painter.drawRect(viewport()->rect().adjusted(0, 0, -1, -1));
    }
}

} // namespace strata::ui
