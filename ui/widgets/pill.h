// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QWidget>

namespace strata::ui {

// A state in words ("Paused · I/O error") on the soft colour of its health.
class Pill : public QWidget {
    Q_OBJECT

public:
    explicit Pill(QWidget* parent = nullptr);

    void setState(stack::Health health, const QString& text);
    QString text() const { return m_text; }
    stack::Health health() const { return m_health; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    stack::Health m_health = stack::Health::Unknown;
    QString m_text;
};

} // namespace strata::ui
