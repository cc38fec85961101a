// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/draft.h"

#include "core/actions/build.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/recipes/create_objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::actions {

using namespace provision;
using namespace stack;

std::string say(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("Actions", text), values);
}

tl::unexpected<Error> refuse(std::string text, std::string detail)
{
    return fail(ErrorKind::Refused, std::move(text), std::move(detail));
}

SourceId outerOf(const Stack& stack, const Item& item)
{
    const SourceState* source = stack.source(item.source);
    if (source == nullptr)
        return 0;
    switch (source->kind) {
    case SourceKind::OuterCluster:
        return source->id;
    case SourceKind::InnerCluster:
        return source->outer;
    case SourceKind::Host:
        break;
    }
    return 0;
}

Tenant tenantOf(const Stack& stack, ItemId id)
{
    Tenant out;
    const Item* item = stack.find(id);
    if (item == nullptr)
        return out;
    out.source = outerOf(stack, *item);
    std::string key = item->tenantKey;
    if (const SourceState* source = stack.source(item->source);
        source != nullptr && source->kind == SourceKind::InnerCluster)
        key = std::to_string(source->outer) + "|" + source->clusterKey;
    for (const ItemId root : stack.roots(Tree::Tenants)) {
        const Item* cluster = stack.find(root);
        if (cluster == nullptr || cluster->kind != ItemKind::TenantCluster)
            continue;
        const bool same = root == id || (!key.empty() && cluster->tenantKey == key);
        const SourceState* source = stack.source(item->source);
        const bool inner = source != nullptr && source->kind == SourceKind::InnerCluster &&
                           cluster->source == source->outer &&
                           cluster->ns + "/" + cluster->name == source->clusterKey;
        if (!same && !inner)
            continue;
        out.cluster = root;
        out.fact = stack.facts(root).cluster;
        for (const ItemId child : cluster->childrenIn(Tree::Tenants)) {
            const Item* part = stack.find(child);
            if (part == nullptr)
                continue;
            if (part->kind == ItemKind::ControlPlane) {
                out.planeItem = child;
                out.plane = stack.facts(child).controlPlane;
            } else if (part->kind == ItemKind::WorkerPool) {
                out.pools.push_back(child);
            }
        }
        std::sort(out.pools.begin(), out.pools.end(),
                  [&](ItemId a, ItemId b) { return stack.find(a)->name < stack.find(b)->name; });
        break;
    }
    return out;
}

const Object* Builder::read(Target target, const Ref& ref)
{
    const Question question{target, ref, {}};
    const std::vector<Object>* known = m_answers.find(question);
    if (known == nullptr) {
        if (std::find(questions.begin(), questions.end(), question) == questions.end())
            questions.push_back(question);
        return nullptr;
    }
    return known->empty() ? nullptr : &known->front();
}

const std::vector<Object>* Builder::list(Target target, const Ref& ref, const std::string& selector)
{
    const Question question{target, ref, selector};
    const std::vector<Object>* known = m_answers.find(question);
    if (known == nullptr && std::find(questions.begin(), questions.end(), question) == questions.end())
        questions.push_back(question);
    return known;
}

std::string Builder::value(const char* key) const
{
    const auto found = m_request.values.find(key);
    return found == m_request.values.end() ? std::string() : std::string(trimmed(found->second));
}

bool Builder::asked(Target target, const Ref& ref) const
{
    return m_answers.find({target, ref, {}}) != nullptr;
}

Step& Builder::step(std::string title, bool afterLast)
{
    Step made;
    made.id = "step-" + std::to_string(plan.steps.size() + 1);
    made.title = std::move(title);
    if (afterLast && !plan.steps.empty())
        made.after = {plan.steps.back().id};
    plan.steps.push_back(std::move(made));
    return plan.steps.back();
}

void Builder::notice(std::string sentence)
{
    if (std::find(plan.interruption.begin(), plan.interruption.end(), sentence) == plan.interruption.end())
        plan.interruption.push_back(std::move(sentence));
}

Ref refOf(const Meta& meta, const char* kind)
{
    return {meta.apiVersion, kind, meta.ns, meta.name};
}

Object patchOf(const Meta& meta, const char* kind)
{
    Object patch(meta.apiVersion, kind, meta.ns, meta.name);
    if (!meta.uid.empty())
        patch.edit()["metadata"]["uid"] = meta.uid;
    return patch;
}

Write change(Object patch, Object back, Target target)
{
    Write write;
    write.verb = Verb::Change;
    write.target = target;
    write.object = std::move(patch);
    write.body = std::move(back);
    return write;
}

Result<Draft> draftOf(const Stack& stack, const Request& request, const Answers& answers, FieldHelp* help)
{
    if (request.items.empty())
        return refuse(say("Nothing is selected."));
    const std::vector<Offer> offers = offersFor(stack, request.items);
    const auto offer = std::find_if(offers.begin(), offers.end(),
                                    [&](const Offer& each) { return each.action == request.action; });
    const Item* first = stack.find(request.items.front());
    if (offer == offers.end()) {
        // Of a pair (pause, resume) the other one is offered; say why this one is not.
        const std::string why = first == nullptr ? std::string() : whyNot(stack, request.action, first->id);
        return refuse(why.empty() ? say("“%1” makes no sense for %2.",
                                        {toString(request.action), first == nullptr ? "" : first->name})
                                  : why);
    }
    if (!offer->why.empty())
        return refuse(offer->why);
    Builder builder(stack, request, answers);
    Result<void> made;
    switch (first->kind) {
    case ItemKind::Vm:
        made = vmPlan(builder);
        break;
    case ItemKind::OuterNode:
        made = nodePlan(builder);
        break;
    case ItemKind::Workload:
        made = workloadPlan(builder);
        break;
    default:
        made = clusterPlan(builder);
        break;
    }
    if (help != nullptr)
        *help = builder.help;
    // What is refused may be so for want of an answer that is still to come.
    if (!made && builder.questions.empty())
        return tl::unexpected(made.error());
    Draft draft;
    draft.source = offer->source;
    draft.ns = builder.plan.ns;
    draft.cluster = builder.plan.cluster;
    draft.questions = std::move(builder.questions);
    draft.typed = std::move(builder.typed);
    draft.fates = std::move(builder.fates);
    draft.down = std::move(builder.down);
    draft.inTurn = std::move(builder.inTurn);
    draft.differences = std::move(builder.differences);
    if (draft.questions.empty()) {
        builder.plan.id = newPlanId();
        // Names that are made from the plan's id are made now.
        for (Step& step : builder.plan.steps) {
            for (Write& write : step.writes) {
                if (write.verb == Verb::Create || write.verb == Verb::Ensure)
                    stampPlan(write.object, builder.plan.id);
            }
        }
        if (auto sound = check(builder.plan); !sound)
            return tl::unexpected(sound.error());
        draft.plan = std::move(builder.plan);
    }
    return draft;
}

} // namespace strata::actions
