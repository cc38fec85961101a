// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"
#include "core/stack/item.h"

#include <QFrame>

class QPushButton;

namespace strata::ui {

class ThemedLabel;

// What became of a session, in words.
struct EndWords {
    stack::Health health = stack::Health::Ok;
    QString text;
    bool takeOver = false; // can be taken from whoever has it
};
// `single`: only one can be at the other end at a time (a serial line), so that a goodbye may mean another
// one.
EndWords endWords(const console::SessionEnd& end, bool single);

// The strip over an ended session: why, and what can be done.
class EndBar : public QFrame {
    Q_OBJECT

public:
    explicit EndBar(QWidget* parent = nullptr);
    void say(const EndWords& words);
    QString text() const;
    QPushButton* againButton() const { return m_again; }
    QPushButton* takeOverButton() const { return m_takeOver; }

Q_SIGNALS:
    void againWanted();
    void takeOverWanted();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    ThemedLabel* m_text = nullptr;
    QPushButton* m_again = nullptr;
    QPushButton* m_takeOver = nullptr;
    stack::Health m_health = stack::Health::Ok;
};

} // namespace strata::ui
