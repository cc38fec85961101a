// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/actionrow.h"

#include <QAction>
#include <QEvent>
#include <QMenu>
#include <QPushButton>
#include <QStyle>

namespace strata::ui {
namespace {

constexpr int kGap = 6;

}

ActionRow::ActionRow(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_more = new QPushButton(this);
    m_more->setText(QStringLiteral("⋯"));
    m_more->setAccessibleName(tr("More actions"));
    m_more->setToolTip(tr("More actions"));
    m_more->setAutoDefault(false);
    m_more->setMenu(new QMenu(m_more));
    m_more->hide();
}

void ActionRow::setActions(const QList<QAction*>& actions)
{
    if (m_actions == actions)
        return;
    qDeleteAll(m_buttons);
    m_buttons.clear();
    m_actions = actions;
    for (QAction* action : actions) {
        auto* button = new QPushButton(this);
        button->setAutoDefault(false);
        button->hide();
        m_buttons << button;
        const auto follow = [button, action] {
            button->setText(action->text());
            button->setEnabled(action->isEnabled());
            button->setToolTip(action->toolTip());
            if (action->menu() != nullptr)
                button->setMenu(action->menu());
        };
        follow();
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        connect(action, &QAction::changed, button, [this, follow] {
            follow();
            updateGeometry();
            arrange();
        });
    }
    updateGeometry();
    arrange();
}

QSize ActionRow::sizeHint() const
{
    int width = 0;
    int height = m_more->sizeHint().height();
    for (int i = 0; i < m_buttons.size(); ++i) {
        if (!m_actions.at(i)->isVisible())
            continue;
        const QPushButton* button = m_buttons.at(i);
        width += button->sizeHint().width() + (width > 0 ? kGap : 0);
        height = qMax(height, button->sizeHint().height());
    }
    return {width, height};
}

QSize ActionRow::minimumSizeHint() const
{
    return {m_buttons.isEmpty() ? 0 : m_more->sizeHint().width(), sizeHint().height()};
}

void ActionRow::arrange()
{
    QList<QPushButton*> wanted;
    QList<QAction*> shown;
    for (int i = 0; i < m_buttons.size(); ++i) {
        if (m_actions.at(i)->isVisible()) {
            wanted << m_buttons.at(i);
            shown << m_actions.at(i);
        } else {
            m_buttons.at(i)->hide();
        }
    }
    const int more = m_more->sizeHint().width();
    int total = 0;
    for (const QPushButton* button : wanted)
        total += button->sizeHint().width() + kGap;
    const bool all = total - kGap <= width();
    int room = all ? width() : width() - more - kGap;
    int fitting = 0;
    for (const QPushButton* button : wanted) {
        room -= button->sizeHint().width() + (fitting > 0 ? kGap : 0);
        if (room < 0)
            break;
        ++fitting;
    }
    QMenu* menu = m_more->menu();
    menu->clear();
    for (int i = fitting; i < wanted.size(); ++i) {
        wanted.at(i)->hide();
        menu->addAction(shown.at(i));
    }
    int x = width();
    const auto place = [&](QWidget* widget) {
        const QSize size = widget->sizeHint();
        x -= size.width();
        widget->setGeometry(
            QStyle::visualRect(layoutDirection(), rect(),
                               QRect(x, (height() - size.height()) / 2, size.width(), size.height())));
        widget->show();
        x -= kGap;
    };
    if (fitting < wanted.size())
        place(m_more);
    else
        m_more->hide();
    for (int i = fitting - 1; i >= 0; --i)
        place(wanted.at(i));
}

void ActionRow::resizeEvent(QResizeEvent*)
{
    arrange();
}

void ActionRow::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange ||
        event->type() == QEvent::LayoutDirectionChange)
        updateGeometry();
    QWidget::changeEvent(event);
}

bool ActionRow::event(QEvent* event)
{
    // Children whose size changed (a style that is polished late) ask for it this way.
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Polish ||
        event->type() == QEvent::Show)
        arrange();
    return QWidget::event(event);
}

} // namespace strata::ui
