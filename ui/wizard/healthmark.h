// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QWidget>

#include <optional>

namespace strata::ui {

// The shape of a health; a hollow ring for what has not begun.
class HealthMark : public QWidget {
    Q_OBJECT

public:
    explicit HealthMark(QWidget* parent = nullptr);
    void show(std::optional<stack::Health> health, bool ticked = false); // ticked: a tick instead of the disc
    QSize sizeHint() const override { return {18, 18}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::optional<stack::Health> m_health;
    bool m_ticked = false;
};

} // namespace strata::ui
