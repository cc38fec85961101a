// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/hosts/domainactions.h"

#include "core/hosts/domainwords.h"
#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QAction>
#include <QMenu>
#include <QWidget>

namespace strata::ui {

using virt::DomainVerb;

DomainTarget targetOf(const stack::Stack& stack, stack::ItemId id)
{
    DomainTarget out;
    const stack::Item* item = stack.find(id);
    if (item == nullptr || item->kind != stack::ItemKind::Domain)
        return out;
    const stack::ItemFacts facts = stack.facts(id);
    if (facts.domain == nullptr || facts.host == nullptr)
        return out;
    out.source = item->source;
    out.uri = facts.host->uri;
    out.uuid = facts.domain->uuid;
    out.name = facts.domain->name;
    out.state = virt::domainStateNamed(facts.domain->state);
    return out;
}

DomainActions::DomainActions(QWidget* owner) : QObject(owner)
{
    m_menu = new QMenu(owner);
    m_menu->setToolTipsVisible(true);
    m_entry = new QAction(tr("Domain"), owner);
    m_entry->setProperty("pictogram", QStringLiteral("power"));
    m_entry->setMenu(m_menu);
    m_entry->setToolTip(tr("What can be done to the domain"));
    m_entry->setVisible(false);
    const auto add = [this, owner](const QString& text, const QString& name, const QString& pictogram) {
        auto* action = new QAction(text, owner);
        action->setObjectName(name);
        action->setProperty("pictogram", pictogram);
        action->setVisible(false);
        owner->addAction(action);
        m_menu->addAction(action);
        return action;
    };
    for (const DomainVerb verb : virt::allDomainVerbs()) {
        if (verb == DomainVerb::CreateSnapshot) {
            m_snapshots = add(tr("Snapshots…"), QStringLiteral("domain-snapshots"), QStringLiteral("save"));
            connect(m_snapshots, &QAction::triggered, this, [this] { Q_EMIT snapshotsWanted(m_target); });
            m_menu->addSeparator();
        }
        if (verb == DomainVerb::CreateSnapshot || verb == DomainVerb::RevertSnapshot ||
            verb == DomainVerb::DeleteSnapshot)
            continue;
        QAction* action = add(shown(hosts::labelOf(verb)),
                              QStringLiteral("domain-") + QString::fromLatin1(virt::toString(verb)),
                              QString::fromLatin1(hosts::iconOf(verb)));
        m_actions[verb] = action;
        if (verb == DomainVerb::Resume || verb == DomainVerb::Destroy || verb == DomainVerb::AutostartOff)
            m_menu->addSeparator();
        connect(action, &QAction::triggered, this, [this, verb] {
            if (verb == DomainVerb::Define)
                Q_EMIT editWanted(m_target);
            else
                Q_EMIT wanted(verb, m_target);
        });
    }
    recolour();
    connect(&Theme::instance(), &Theme::changed, this, [this] { recolour(); });
}

void DomainActions::setTarget(const DomainTarget& target)
{
    m_target = target;
    update();
}

QList<QAction*> DomainActions::all() const
{
    QList<QAction*> out;
    for (const DomainVerb verb : virt::allDomainVerbs()) {
        if (verb == DomainVerb::CreateSnapshot)
            out << m_snapshots;
        if (QAction* each = action(verb))
            out << each;
    }
    return out;
}

QList<QAction*> DomainActions::offered() const
{
    QList<QAction*> out;
    for (QAction* each : all())
        if (each->isVisible())
            out << each;
    return out;
}

QAction* DomainActions::action(DomainVerb verb) const
{
    const auto found = m_actions.find(verb);
    return found == m_actions.end() ? nullptr : found->second;
}

void DomainActions::recolour()
{
    for (QAction* each : all())
        each->setIcon(Theme::icon(each->property("pictogram").toString()));
    m_entry->setIcon(Theme::icon(m_entry->property("pictogram").toString()));
}

void DomainActions::update()
{
    const bool some = !m_target.uuid.empty();
    for (const auto& [verb, action] : m_actions) {
        const bool other = (verb == DomainVerb::AutostartOn && m_target.autostart.value_or(false)) ||
                           (verb == DomainVerb::AutostartOff && !m_target.autostart.value_or(true));
        const QString why = cleaned(virt::domainWhyNot(verb, m_target.state, m_target.persistent));
        const QString tip = shown(hosts::tipOf(verb));
        action->setEnabled(some && why.isEmpty());
        action->setToolTip(plainToolTip(why.isEmpty() ? tip : tr("%1. Not now: %2").arg(tip, why)));
        action->setStatusTip(why.isEmpty() ? tip : why);
        action->setVisible(some && !other);
    }
    m_snapshots->setVisible(some);
    m_snapshots->setEnabled(some);
    m_snapshots->setToolTip(tr("What is kept of its disks and memory"));
    m_snapshots->setStatusTip(m_snapshots->toolTip());
    m_entry->setVisible(some);
    m_entry->setEnabled(some);
}

} // namespace strata::ui
