// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QFrame>

namespace strata::ui {

class ThemedLabel;

// One message over the centre until it is closed or replaced: what needs no answer but must be seen.
class MessageBar : public QFrame {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);
    void say(stack::Health health, const QString& text);
    QString text() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    ThemedLabel* m_text = nullptr;
    stack::Health m_health = stack::Health::Warning;
};

} // namespace strata::ui
