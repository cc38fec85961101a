// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/actionrow.h"

#include <QAction>
#include <QEvent>
#include <QMenu>
#include <QStyle>
#include <QToolButton>

namespace strata::ui {
namespace {

constexpr int kGap = 6;

}

ActionRow::ActionRow(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_more = new QToolButton(this);
    m_more->setText(QStringLiteral("⋯"));
    m_more->setAccessibleName(tr("More actions"));
    m_more->setToolTip(tr("More actions"));
    m_more->setPopupMode(QToolButton::InstantPopup);
    m_more->setMenu(new QMenu(m_more));
    m_more->setProperty("framed", true);
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
        auto* button = new QToolButton(this);
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setProperty("framed", true);
        if (action->menu() != nullptr)
            button->setPopupMode(QToolButton::InstantPopup);
        button->hide();
        m_buttons << button;
        connect(action, &QAction::changed, this, [this] {
            updateGeometry();
            arrange();
        });
    }
    m_more->setFocusPolicy(Qt::StrongFocus);
    updateGeometry();
    arrange();
}

QSize ActionRow::sizeHint() const
{
    int width = 0;
    int height = m_more->sizeHint().height();
    for (const QToolButton* button : m_buttons) {
        if (!button->defaultAction()->isVisible())
            continue;
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
    QList<QToolButton*> wanted;
    for (QToolButton* button : m_buttons) {
        if (button->defaultAction()->isVisible())
            wanted << button;
        else
            button->hide();
    }
    const int more = m_more->sizeHint().width();
    int total = 0;
    for (const QToolButton* button : wanted)
        total += button->sizeHint().width() + kGap;
    const bool all = total - kGap <= width();
    int room = all ? width() : width() - more - kGap;
    int fitting = 0;
    for (const QToolButton* button : wanted) {
        room -= button->sizeHint().width() + (fitting > 0 ? kGap : 0);
        if (room < 0)
            break;
        ++fitting;
    }
    QMenu* menu = m_more->menu();
    menu->clear();
    for (int i = fitting; i < wanted.size(); ++i) {
        wanted.at(i)->hide();
        menu->addAction(wanted.at(i)->defaultAction());
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
