// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/pageheader.h"

#include "ui/theme/theme.h"
#include "ui/widgets/elidedlabel.h"
#include "ui/widgets/leadingmargins.h"

#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QMenu>
#include <QToolButton>

#include <algorithm>

namespace strata::ui {

namespace {

constexpr int kSpacing = 6;
constexpr int kLeft = 12;
constexpr int kRight = 8;
constexpr int kStatusWidth = 140; // what the status should have at least; the rest is in its tooltip

} // namespace

PageHeader::PageHeader(QWidget* parent) : QWidget(parent)
{
    m_grid = new QGridLayout(this);
    setLeadingMargins(m_grid, kLeft, 3, kRight, 3);
    m_grid->setHorizontalSpacing(kSpacing);
    m_grid->setVerticalSpacing(3);
    m_grid->setColumnStretch(0, 1);
    const auto box = [this](QHBoxLayout*& line) {
        auto* made = new QWidget(this);
        line = new QHBoxLayout(made);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(kSpacing);
        return made;
    };
    m_status = new ElidedLabel(this);
    m_status->setMuted(true);
    m_status->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed); // it is cut before a choice is
    m_choicesBox = box(m_choices);
    m_buttonsBox = box(m_buttons);
    m_grid->addWidget(m_status, 0, 0);
    m_grid->addWidget(m_choicesBox, 0, 1);
    m_grid->addWidget(m_buttonsBox, 0, 2);
}

// Depends on the width and on what there is, never on how many lines there are now: so it does not flutter.
void PageHeader::fit()
{
    const int choices = m_choicesBox->sizeHint().width();
    const int needed = kLeft + std::min(m_status->sizeHint().width(), kStatusWidth) + kSpacing + choices +
                       kSpacing + m_buttonsBox->sizeHint().width() + kRight;
    const bool two = choices > 0 && needed > width();
    if (two == m_two)
        return;
    m_two = two;
    m_grid->removeWidget(m_choicesBox);
    if (two)
        m_grid->addWidget(m_choicesBox, 1, 0, 1, 3, Qt::AlignLeading | Qt::AlignVCenter);
    else
        m_grid->addWidget(m_choicesBox, 0, 1);
}

QSize PageHeader::minimumSizeHint() const
{
    const int first =
        m_status->minimumSizeHint().width() + kSpacing + m_buttonsBox->minimumSizeHint().width();
    return {kLeft + std::max(first, m_choicesBox->minimumSizeHint().width()) + kRight,
            QWidget::minimumSizeHint().height()};
}

bool PageHeader::event(QEvent* event)
{
    if (event->type() == QEvent::LayoutRequest)
        fit();
    return QWidget::event(event);
}

void PageHeader::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fit();
}

void PageHeader::setStatus(const QString& text)
{
    m_status->setText(text);
}

QString PageHeader::status() const
{
    return m_status->text();
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

QMenu* PageHeader::menu()
{
    if (m_menu == nullptr) {
        QToolButton* button = addButton("more", tr("More"));
        button->setPopupMode(QToolButton::InstantPopup);
        m_menu = new QMenu(button);
        button->setMenu(m_menu);
    }
    return m_menu;
}

} // namespace strata::ui
