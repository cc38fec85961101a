// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/pageheader.h"

#include "ui/theme/theme.h"
#include "ui/widgets/elidedlabel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QToolButton>

namespace strata::ui {

PageHeader::PageHeader(QWidget* parent) : QWidget(parent)
{
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(12, 3, 8, 3);
    line->setSpacing(6);
    m_leading = new QHBoxLayout;
    m_leading->setSpacing(4);
    line->addLayout(m_leading);
    m_status = new ElidedLabel(this);
    m_status->setMuted(true);
    line->addWidget(m_status, 1);
    m_choices = new QHBoxLayout;
    m_choices->setSpacing(6);
    line->addLayout(m_choices);
    m_buttons = new QHBoxLayout;
    m_buttons->setSpacing(6);
    line->addLayout(m_buttons);
}

void PageHeader::setStatus(const QString& text)
{
    m_status->setText(text);
}

QString PageHeader::status() const
{
    return m_status->text();
}

void PageHeader::addLeading(QWidget* widget)
{
    m_leading->addWidget(widget);
}

QComboBox* PageHeader::addBox(const QString& name)
{
    auto* made = new QComboBox(this);
    made->setAccessibleName(name);
    made->setToolTip(name);
    made->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    made->setMinimumWidth(70); // in a small window the text is cut, not the tree beside
    made->setMaximumWidth(250);
    m_choices->addWidget(made);
    return made;
}

void PageHeader::addChoice(QWidget* widget)
{
    m_choices->addWidget(widget);
}

QToolButton* PageHeader::addButton(const char* icon, const QString& text, bool checkable)
{
    auto* made = new QToolButton(this);
    made->setIcon(Theme::icon(QString::fromLatin1(icon)));
    made->setToolTip(text);
    made->setAccessibleName(text);
    made->setCheckable(checkable);
    m_buttons->addWidget(made);
    return made;
}

void PageHeader::addButton(QToolButton* button)
{
    m_buttons->addWidget(button);
}

} // namespace strata::ui
