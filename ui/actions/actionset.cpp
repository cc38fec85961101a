// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/actionset.h"

#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/text.h"
#include "ui/wizard/clusterruns.h"

#include <QAction>
#include <QMenu>
#include <QWidget>

#include <algorithm>

namespace strata::ui {

using actions::Action;
using actions::Offer;

namespace {

constexpr int kLookEveryMs = 300;

} // namespace

ActionSet::ActionSet(StackStore* store, ClusterRuns* runs, QWidget* owner)
    : QObject(owner), m_store(store), m_runs(runs)
{
    m_menu = new QMenu(owner);
    m_menu->setToolTipsVisible(true);
    m_entry = new QAction(tr("Actions"), owner);
    m_entry->setProperty("pictogram", QStringLiteral("play"));
    m_entry->setMenu(m_menu);
    m_entry->setToolTip(tr("What can be done to it"));
    m_entry->setVisible(false);
    for (const Action which : actions::allActions()) {
        auto* action = new QAction(shown(actions::labelOf(which)), owner);
        action->setObjectName(QString::fromLatin1(actions::toString(which)));
        action->setProperty("pictogram", QString::fromLatin1(actions::iconOf(which)));
        action->setVisible(false);
        owner->addAction(action);
        m_actions[which] = action;
        m_menu->addAction(action);
        if (which == Action::RemovePool || which == Action::DeleteCluster || which == Action::SoftRebootVm ||
            which == Action::CancelMigration || which == Action::CloneVm || which == Action::ResizeVm ||
            which == Action::DrainNode || which == Action::CancelEvacuation)
            m_menu->addSeparator();
        connect(action, &QAction::triggered, this, [this, which] { Q_EMIT wanted(which, m_items); });
    }
    recolour();
    m_later.setSingleShot(true);
    m_later.setInterval(kLookEveryMs);
    connect(&m_later, &QTimer::timeout, this, &ActionSet::update);
    const auto later = [this] {
        if (!m_later.isActive())
            m_later.start();
    };
    connect(store, &StackStore::changed, this, later);
    if (runs != nullptr)
        connect(runs, &ClusterRuns::allowedChanged, this, later);
}

void ActionSet::setItems(std::vector<stack::ItemId> items)
{
    m_items = std::move(items);
    update();
}

QList<QAction*> ActionSet::all() const
{
    QList<QAction*> out;
    for (const Action which : actions::allActions())
        out << m_actions.at(which);
    return out;
}

QList<QAction*> ActionSet::offered() const
{
    QList<QAction*> out;
    for (QAction* action : all()) {
        if (action->isVisible())
            out << action;
    }
    return out;
}

QAction* ActionSet::action(Action which) const
{
    return m_actions.at(which);
}

void ActionSet::recolour()
{
    for (const auto& [which, action] : m_actions)
        action->setIcon(Theme::icon(action->property("pictogram").toString()));
    m_entry->setIcon(Theme::icon(m_entry->property("pictogram").toString()));
}

QString ActionSet::whyNotAllowed(const Offer& offer)
{
    for (const provision::Access& access : offer.needs) {
        const auto allowed = m_runs->allowed(offer.source, access);
        if (allowed && !*allowed)
            return tr("You are not allowed to: %1").arg(cleaned(access.title()));
    }
    return {};
}

void ActionSet::update()
{
    const std::vector<Offer> offers =
        m_runs == nullptr ? std::vector<Offer>() : actions::offersFor(m_store->stack(), m_items);
    for (const auto& [which, action] : m_actions) {
        const auto offer = std::find_if(offers.begin(), offers.end(),
                                        [w = which](const Offer& each) { return each.action == w; });
        if (offer == offers.end()) {
            action->setVisible(false);
            action->setEnabled(false);
            continue;
        }
        QString why = cleaned(offer->why);
        if (why.isEmpty())
            why = whyNotAllowed(*offer);
        QString text = shown(actions::labelOf(which));
        if (m_items.size() > 1)
            text = tr("%1 (%2 selected)").arg(text).arg(m_items.size());
        action->setText(text);
        action->setEnabled(why.isEmpty());
        const QString tip = shown(actions::tipOf(which));
        action->setToolTip(plainToolTip(why.isEmpty() ? tip : tr("%1. Not now: %2").arg(tip, why)));
        action->setStatusTip(why.isEmpty() ? tip : why);
        action->setVisible(true);
    }
    m_entry->setVisible(!offers.empty());
    m_entry->setEnabled(!offers.empty());
}

} // namespace strata::ui
