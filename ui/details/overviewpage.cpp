// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/overviewpage.h"

#include "ui/details/cardlayout.h"
#include "ui/details/cards.h"

#include <QScrollBar>

namespace strata::ui {

OverviewPage::OverviewPage(QWidget* parent) : QScrollArea(parent)
{
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    m_canvas = new QWidget;
    m_canvas->setObjectName(QStringLiteral("overview"));
    m_layout = new CardLayout(m_canvas);
    m_layout->setContentsMargins(16, 12, 16, 16);
    setWidget(m_canvas);
    m_canvas->setAutoFillBackground(false);
    viewport()->setAutoFillBackground(false);
}

void OverviewPage::show(const Page& page)
{
    if (m_page == page)
        return;
    m_page = page;
    QHash<QString, CardFrame*> before;
    before.swap(m_cards);
    QList<QWidget*> order;
    QList<bool> wide;
    for (const Card& card : page.cards) {
        if (card.kind == Card::Kind::Screen && m_thumbnails == nullptr)
            continue;
        // The same id in another kind of card is another widget.
        const QString key = QString::number(static_cast<int>(card.kind)) + QLatin1Char('|') + card.id;
        CardFrame* frame = before.take(key);
        const bool isNew = frame == nullptr;
        if (isNew) {
            frame = CardFrame::make(card.kind, m_canvas);
            frame->setObjectName(QStringLiteral("card-") + card.id);
            frame->setThumbnails(m_thumbnails);
            connect(frame, &CardFrame::linkActivated, this, &OverviewPage::linkActivated);
        }
        frame->show(card);
        m_cards.insert(key, frame);
        order << frame;
        wide << card.wide;
    }
    m_layout->setCards(order, wide);
    for (CardFrame* frame : before) {
        frame->hide();
        frame->deleteLater();
    }
    for (QWidget* frame : order)
        frame->setVisible(true);
    QWidget* last = nullptr;
    for (QWidget* frame : order) {
        if (last != nullptr)
            setTabOrder(last, frame);
        last = frame;
    }
}

void OverviewPage::setThumbnails(Thumbnails* thumbnails)
{
    m_thumbnails = thumbnails;
    for (CardFrame* frame : m_cards)
        frame->setThumbnails(thumbnails);
}

void OverviewPage::scrollToTop()
{
    verticalScrollBar()->setValue(0);
}

} // namespace strata::ui
