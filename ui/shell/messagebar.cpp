// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/messagebar.h"

#include "ui/theme/theme.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/themedlabel.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QStyle>

namespace strata::ui {

MessageBar::MessageBar(QWidget* parent) : QFrame(parent)
{
    auto* layout = new QHBoxLayout(this);
    setLeadingMargins(layout, 38, 7, 10, 7);
    m_text = new ThemedLabel(TextRole::Text, this);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* close = new QPushButton(tr("Close"), this);
    close->setAutoDefault(false);
    layout->addWidget(m_text, 1);
    layout->addWidget(close, 0, Qt::AlignTop);
    connect(close, &QPushButton::clicked, this, &QWidget::hide);
    hide();
}

void MessageBar::say(stack::Health health, const QString& text)
{
    m_health = health;
    m_text->showText(text);
    setAccessibleName(text);
    setVisible(!text.isEmpty());
    update();
}

QString MessageBar::text() const
{
    return isHidden() ? QString() : m_text->text();
}

void MessageBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), colors().healthSoft[static_cast<std::size_t>(m_health)]);
    Theme::paintHealth(&painter,
                       QStyle::visualRect(layoutDirection(), rect(), QRect(16, (height() - 11) / 2, 11, 11)),
                       m_health, stack::Health::Ok);
    painter.setPen(colors().border);
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

} // namespace strata::ui
