// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

class QAction;
class QPushButton;

namespace strata::ui {

// Actions as buttons in a row at the right; those that do not fit are in a menu behind "⋯".
class ActionRow : public QWidget {
    Q_OBJECT

public:
    explicit ActionRow(QWidget* parent = nullptr);
    void setActions(const QList<QAction*>& actions);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    void arrange();

    QList<QAction*> m_actions;
    QList<QPushButton*> m_buttons;
    QPushButton* m_more = nullptr;
};

} // namespace strata::ui
