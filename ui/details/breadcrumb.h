// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QWidget>

#include <vector>

namespace strata::ui {

// The way from the metal to the current item and what it carries. One focus stop: arrows choose a part,
// Return goes there. Names share the room there is.
class Breadcrumb : public QWidget {
    Q_OBJECT

public:
    struct Part {
        stack::ItemId item;
        QString name;
        QString hint;
        bool current = false;
        friend bool operator==(const Part&, const Part&) = default;
    };

    explicit Breadcrumb(QWidget* parent = nullptr);
    void setParts(const std::vector<Part>& parts);
    const std::vector<Part>& parts() const { return m_parts; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void activated(strata::stack::ItemId id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    void layOut();
    int partAt(const QPoint& position) const;
    QFont fontOf(const Part& part) const;

    std::vector<Part> m_parts;
    std::vector<QRect> m_places;
    std::vector<QString> m_shown;
    int m_hovered = -1;
    int m_focused = -1;
};

} // namespace strata::ui
