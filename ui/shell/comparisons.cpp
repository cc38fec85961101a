// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/comparisons.h"

#include "ui/compare/comparedialog.h"
#include "ui/compare/paststates.h"
#include "ui/details/documents.h"
#include "ui/details/page.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/text.h"

#include <QAction>
#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <utility>

namespace strata::ui {

using stack::Item;
using stack::ItemId;
using stack::ObjectRef;

Comparisons::Comparisons(StackStore* store, Documents* documents, Clock clock, QAction* two, QAction* healthy,
                         QWidget* window)
    : QObject(window), m_store(store), m_documents(documents), m_two(two), m_healthy(healthy),
      m_window(window), m_past(new PastStates(store, documents, std::move(clock), this))
{
    connect(two, &QAction::triggered, this, &Comparisons::compare);
    connect(healthy, &QAction::triggered, this, &Comparisons::compareWithHealthy);
    follow({});
}

bool Comparisons::comparable(ItemId id) const
{
    return m_store->stack().find(id) != nullptr && !m_store->stack().objects(id).empty();
}

QString Comparisons::title(ItemId id) const
{
    const Item* item = m_store->stack().find(id);
    return item == nullptr ? QString() : kindName(item->kind) + QLatin1Char(' ') + cleaned(item->name);
}

void Comparisons::follow(std::vector<ItemId> chosen)
{
    chosen.erase(std::remove_if(chosen.begin(), chosen.end(), [this](ItemId id) { return !comparable(id); }),
                 chosen.end());
    m_chosen = std::move(chosen);
    if (m_first && !comparable(m_first)) {
        m_first = {};
        Q_EMIT said({});
    }
    const bool one = m_chosen.size() == 1;
    m_two->setEnabled(one || m_chosen.size() == 2);
    QString text = tr("Compare with another…");
    if (m_chosen.size() == 2)
        text = tr("Compare the two");
    else if (one && m_first && m_first != m_chosen.front())
        text = tr("Compare with %1").arg(title(m_first));
    m_two->setText(text.replace(QLatin1Char('&'), QLatin1String("&&")));
    const bool past = one && m_past->knows(m_chosen.front());
    m_healthy->setVisible(past);
    m_healthy->setEnabled(past);
}

CompareDialog* Comparisons::compare()
{
    std::vector<ItemId> both = m_chosen;
    if (both.size() == 1) {
        if (!m_first || m_first == both.front()) {
            m_first = both.front();
            Q_EMIT said(tr("%1 waits to be compared: select the other item and choose Compare again.")
                            .arg(title(m_first)));
            return nullptr;
        }
        both.insert(both.begin(), std::exchange(m_first, {}));
        Q_EMIT said({});
    }
    if (both.size() != 2)
        return nullptr;
    const auto side = [this](ItemId id) {
        CompareDialog::Side out;
        out.title = title(id);
        out.objects = m_store->stack().objects(id);
        const Item* item = m_store->stack().find(id);
        if (item != nullptr && !item->tenant.empty())
            out.note = cleaned(item->tenant);
        out.fetch = [documents = m_documents](const ObjectRef& object, QObject* context, auto done) {
            documents->document(object, context, std::move(done));
        };
        return out;
    };
    CompareDialog::Side left = side(both[0]);
    CompareDialog::Side right = side(both[1]);
    if (left.objects.empty() || right.objects.empty())
        return nullptr;
    // The first of the right side's that is of the left one's kind.
    const auto same = std::find_if(right.objects.begin(), right.objects.end(), [&](const ObjectRef& object) {
        return object.kind == left.objects.front().kind;
    });
    if (same != right.objects.end())
        std::rotate(right.objects.begin(), same, same + 1);
    auto* dialog = new CompareDialog(std::move(left), std::move(right), false, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
    follow(m_chosen);
    return dialog;
}

CompareDialog* Comparisons::compareWithHealthy()
{
    if (m_chosen.size() != 1 || !m_past->knows(m_chosen.front()))
        return nullptr;
    const ItemId id = m_chosen.front();
    const QString when =
        QLocale().toString(QDateTime::fromMSecsSinceEpoch(m_past->healthyUntil(id)), QLocale::ShortFormat);
    CompareDialog::Side then;
    then.title = tr("%1, when it was healthy").arg(title(id));
    then.note = tr("until %1").arg(when);
    then.objects = m_store->stack().objects(id);
    then.fetch = [this, id](const ObjectRef& object, QObject* context, auto done) {
        m_past->fetch(id, object, context, [done = std::move(done)](const Result<PastStates::Past>& past) {
            if (past)
                done(past->text);
            else
                done(tl::unexpected<Error>(past.error()));
        });
    };
    CompareDialog::Side now;
    now.title = tr("Now");
    now.objects = then.objects;
    now.fetch = [documents = m_documents](const ObjectRef& object, QObject* context, auto done) {
        documents->document(object, context, std::move(done));
    };
    auto* dialog = new CompareDialog(std::move(then), std::move(now), true, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
    return dialog;
}

} // namespace strata::ui
