// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/pages/builders.h"

namespace strata::ui {

using namespace stack;

void placeholderPage(const PageContext& context, Page& page)
{
    const Item& item = context.item;
    Card card;
    card.kind = Card::Kind::Notes;
    card.id = QStringLiteral("what");
    card.title = Details::tr("What this is");
    card.notes.push_back(
        {Details::tr("A place for what has no carrier that is known. It goes when the last of "
                     "what it holds has found one."),
         text(item.note)});
    add(page, std::move(card));

    Card load = facts("load", Details::tr("What it holds"));
    row(load, Details::tr("Items"),
        QString::number(item.childrenIn(Tree::Stack).size() + item.childrenIn(Tree::Tenants).size()));
    if (item.pods > 0)
        row(load, Details::tr("Pods"), podsText(item));
    add(page, std::move(load));
}

} // namespace strata::ui
