// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/why.h"

#include "core/diagnosis/catalogue.h"
#include "core/diagnosis/report.h"
#include "ui/details/pages/builders.h"
#include "ui/widgets/text.h"

#include <algorithm>

namespace strata::ui {

using namespace stack;
using diagnosis::Chain;
using diagnosis::Finding;
using diagnosis::Severity;

namespace {

constexpr std::size_t kMostAbove = 8;
constexpr std::size_t kMostOthers = 6;

Health shownHealth(const Finding& finding)
{
    switch (finding.severity) {
    case Severity::Info:
        break;
    case Severity::Warning:
        return Health::Warning;
    case Severity::Critical:
        return Health::Failed;
    }
    return Health::Progressing;
}

WhyStep stepOf(const Stack& stack, const Finding& finding, UnixMs now)
{
    WhyStep step;
    step.health = shownHealth(finding);
    step.title = cleaned(finding.title);
    step.rule = shown(finding.rule);
    step.proofs = proofsOf(finding, now);
    if (const Item* item = stack.find(finding.subject)) {
        step.item = item->id;
        step.kind = item->kind;
        step.name = shown(item->name);
        step.what = kindName(item->kind);
        if (!item->ns.empty())
            step.what += QStringLiteral(" · ") + shown(item->ns);
        else if (!item->tenant.empty())
            step.what += QStringLiteral(" · ") + shown(item->tenant);
    } else if (const SourceState* source = stack.source(finding.source)) {
        step.name = cleaned(source->name);
        step.what = Details::tr("Connection");
    }
    return step;
}

LinkRow linkOf(const Stack& stack, const Finding& finding)
{
    LinkRow link;
    if (const Item* item = stack.find(finding.subject))
        link = linkTo(*item);
    link.note = cleaned(finding.title);
    link.state.clear();
    link.health = shownHealth(finding);
    return link;
}

// Unhealthy items that stand on `id`, causes before what follows from them.
void addAbove(const Stack& stack, const diagnosis::Diagnosis& known, const Item& item, WhyPage& page)
{
    if (item.below < Health::Warning && item.tenantBelow < Health::Warning)
        return;
    std::vector<const Finding*> found;
    std::size_t visited = 0;
    constexpr std::size_t mostVisited = 20000; // of a very large site this is a glimpse
    const std::function<void(ItemId, Tree)> walk = [&](ItemId at, Tree tree) {
        const Item* here = stack.find(at);
        if (here == nullptr || ++visited > mostVisited)
            return;
        if (at != item.id) {
            const std::vector<Finding>* own = known.findings(at);
            if (own != nullptr && own->front().severity >= Severity::Warning)
                found.push_back(&own->front());
        }
        const Tree next = here->kind == ItemKind::Vm ? Tree::Stack : tree;
        if (at == item.id || here->below >= Health::Warning || here->tenantBelow >= Health::Warning) {
            for (const ItemId child : here->childrenIn(next))
                walk(child, next);
        }
    };
    const bool tenant = item.kind == ItemKind::TenantCluster || item.kind == ItemKind::ControlPlane ||
                        item.kind == ItemKind::WorkerPool || item.kind == ItemKind::Machine;
    walk(item.id, tenant ? Tree::Tenants : Tree::Stack);
    std::stable_sort(found.begin(), found.end(), [](const Finding* a, const Finding* b) {
        if (a->severity != b->severity)
            return a->severity > b->severity;
        return !a->summary && b->summary;
    });
    page.moreAbove = int(found.size() - std::min(found.size(), kMostAbove));
    for (const Finding* finding : found) {
        if (page.above.size() == kMostAbove)
            break;
        page.above.push_back(linkOf(stack, *finding));
    }
}

QString withoutDot(QString text)
{
    if (text.endsWith(QLatin1Char('.')))
        text.chop(1);
    return text;
}

} // namespace

std::vector<WhyProof> proofsOf(const Finding& finding, UnixMs now)
{
    std::vector<WhyProof> out;
    for (const diagnosis::Proof& proof : finding.evidence) {
        WhyProof shownProof;
        shownProof.object = cleaned(diagnosis::objectText(proof.object));
        shownProof.field = cleaned(proof.field);
        shownProof.value = cleaned(proof.value);
        if (proof.since > 0 && now > proof.since)
            shownProof.age = QString::fromStdString(formatAge(now - proof.since));
        out.push_back(std::move(shownProof));
    }
    return out;
}

void pointToCause(const Stack& stack, const WhyPage& why, Page& overview)
{
    for (Card& card : overview.cards) {
        if (card.kind != Card::Kind::Reason)
            continue;
        if (const Item* cause = stack.find(why.cause))
            card.links.push_back(linkTo(*cause));
    }
}

WhyPage buildWhy(const Stack& stack, const diagnosis::Diagnosis& diagnosis, ItemId id, UnixMs now,
                 const CommandAccess& access)
{
    WhyPage page;
    const Item* item = stack.find(id);
    if (item == nullptr)
        return page;
    const Chain chain = diagnosis.chain(stack, id);
    const QString name = shown(item->name);
    for (const Finding& finding : chain.links)
        page.steps.push_back(stepOf(stack, finding, now));
    if (!page.steps.empty()) {
        WhyStep& last = page.steps.back();
        const Finding& cause = chain.links.back();
        last.cause = true;
        last.remedy = cleaned(cause.remedy);
        for (const diagnosis::Command& command : diagnosis::commandsFor(stack, cause))
            last.commands << QString::fromStdString(diagnosis::commandLine(
                stack, command, access ? access(command.source).toStdString() : std::string()));
        if (cause.subject != id) {
            page.cause = cause.subject;
            page.causeName = last.name;
        }
    }
    switch (chain.state) {
    case Chain::State::Explained: {
        const Finding& cause = chain.links.back();
        page.health = std::max(item->health, shownHealth(cause));
        if (cause.subject == id) {
            page.headline = cleaned(cause.title);
            page.sub = Details::tr("Nothing below it explains this: it is the cause.");
        } else {
            page.headline = Details::tr("Because: %1").arg(withoutDot(cleaned(cause.title)));
            page.sub = chain.links.front().subject == id
                           ? Details::tr("What %1 says follows from it.").arg(name)
                           : Details::tr("%1 itself reports nothing wrong, but it stands on it.").arg(name);
        }
        break;
    }
    case Chain::State::InProgress:
        page.health = Health::Progressing;
        page.headline = item->reason.empty() ? Details::tr("%1 is on its way").arg(name)
                                             : withoutDot(cleaned(item->reason));
        page.sub = chain.links.empty() ? Details::tr("Nothing is wrong with it.")
                                       : Details::tr("Nothing is wrong with it; this is what it waits for.");
        break;
    case Chain::State::NotKnown: {
        page.health = Health::Unknown;
        const SourceState* source = stack.source(item->source);
        const bool live = source != nullptr && source->phase == LinkPhase::Live;
        page.headline = Details::tr("It is not known how %1 is").arg(name);
        page.sub = live || source == nullptr
                       ? (item->reason.empty() ? Details::tr("It has not reported its state.")
                                               : cleaned(item->reason))
                       : Details::tr("%1 does not answer; what is shown is as it was last seen.")
                             .arg(cleaned(source->name));
        break;
    }
    case Chain::State::Healthy:
    case Chain::State::NoteOnly:
        page.health = item->health;
        page.headline = Details::tr("%1 is healthy").arg(name);
        page.sub =
            item->below >= Health::Warning || item->tenantBelow >= Health::Warning
                ? Details::tr("No rule finds anything wrong with it, nor with what it stands on. Something "
                              "that stands on it is not well.")
                : Details::tr("No rule finds anything wrong with it, nor with what it stands on.");
        break;
    }
    for (const Finding& other : chain.others) {
        if (page.others.size() < kMostOthers)
            page.others.push_back(linkOf(stack, other));
    }
    if (chain.state != Chain::State::InProgress) {
        for (const Finding& note : chain.notes)
            page.notes.push_back({cleaned(note.title), cleaned(note.remedy)});
    }
    if (chain.state != Chain::State::Explained)
        addAbove(stack, diagnosis, *item, page);
    return page;
}

} // namespace strata::ui
