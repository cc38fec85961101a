// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/details/page.h"

#include <QHash>
#include <QScrollArea>

namespace strata::ui {

class CardFrame;
class CardLayout;
class Thumbnails;

// Shows a page. A card that is in the next page, too, stays the same widget.
class OverviewPage : public QScrollArea {
    Q_OBJECT

public:
    explicit OverviewPage(QWidget* parent = nullptr);

    void show(const Page& page);
    const Page& page() const { return m_page; }
    void scrollToTop();
    void setThumbnails(Thumbnails* thumbnails); // null: no pictures of screens

Q_SIGNALS:
    void linkActivated(strata::stack::ItemId id);

private:
    Page m_page;
    Thumbnails* m_thumbnails = nullptr;
    QWidget* m_canvas = nullptr;
    CardLayout* m_layout = nullptr;
    QHash<QString, CardFrame*> m_cards;
};

} // namespace strata::ui
