// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QWidget>

namespace strata::ui {

// A state in words on the soft colour of its health, with the health's shape in front. A click asks why.
class StatePill : public QWidget {
    Q_OBJECT

public:
    explicit StatePill(QWidget* parent = nullptr);
    void show(stack::Health health, const QString& text);
    QString text() const { return m_text; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void clicked();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    stack::Health m_health = stack::Health::Unknown;
    QString m_text;
};

} // namespace strata::ui
