// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/screen/screen.h"

#include <QAbstractScrollArea>
#include <QImage>

#include <cstdint>
#include <map>
#include <memory>

namespace strata::ui {

// The X11 keysym of a key; 0 for one that has none.
std::uint32_t keysymOf(int key, const QString& text);

// A guest's screen: shown to fit or pixel by pixel, keys and mouse go to it.
class ScreenView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit ScreenView(QWidget* parent = nullptr);

    void setPicture(std::shared_ptr<const console::Picture> picture);
    void changed(const QRect& pixels); // of the picture
    void setFit(bool fit);
    bool fit() const { return m_fit; }
    void setViewOnly(bool viewOnly);
    // All keys, those of the window and of the desktop too, until Ctrl+Shift+Escape or another window.
    void setGrab(bool grab);
    bool grab() const { return m_grab; }
    // The guest's pointer in place of ours; a null picture gives ours back.
    void setPointer(const QImage& shape, const QPoint& hot);
    QImage shot() const; // a copy; null without a picture
    // Presses all of them, then lets go: Ctrl+Alt+Del.
    void sendKeys(const std::vector<std::uint32_t>& keysyms);

    QPoint toPicture(const QPointF& point) const;
    QPoint fromPicture(const QPoint& pixel) const;

Q_SIGNALS:
    void key(quint32 keysym, bool pressed);
    void pointer(int x, int y, quint32 buttons);
    void leaveWanted(); // Ctrl+Shift+Escape
    void grabChanged(bool grab);

protected:
    bool event(QEvent* event) override;
    bool focusNextPrevChild(bool next) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    QRectF target() const; // where the picture is, in the viewport
    void layOut();
    void tellPointer(const QPointF& at, Qt::MouseButtons buttons, unsigned wheel = 0);
    void letGo();

    std::shared_ptr<const console::Picture> m_picture;
    QImage m_image; // over the picture's pixels
    bool m_fit = true;
    bool m_viewOnly = false;
    bool m_grab = false;
    std::map<int, std::uint32_t> m_pressed; // keysyms by key
};

} // namespace strata::ui
