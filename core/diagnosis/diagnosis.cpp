// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/diagnosis.h"

#include "core/diagnosis/platform.h"
#include "core/diagnosis/rule.h"

#include <algorithm>
#include <cstddef>
#include <set>

namespace strata::diagnosis {

using stack::Item;
using stack::ItemId;
using stack::ItemKind;
using stack::Stack;
using stack::Tree;

std::vector<Finding> diagnoseItem(const Stack& stack, ItemId id, UnixMs now, UnixMs* recheck,
                                  const std::vector<OwnRule>* own)
{
    std::vector<Finding> out;
    const Item* item = stack.find(id);
    if (item == nullptr || item->kind == ItemKind::Placeholder)
        return out;
    const Subject subject{stack, *item, stack.facts(id), now, recheck};
    Severity worst = Severity::Info;
    for (const Rule rule : rulesFor(item->kind)) {
        if (std::optional<Finding> found = rule(subject)) {
            worst = std::max(worst, found->severity);
            out.push_back(std::move(*found));
        }
    }
    if (own != nullptr && !own->empty()) {
        for (Finding& found : applyOwnRules(*own, subject)) {
            worst = std::max(worst, found.severity);
            out.push_back(std::move(found));
        }
    }
    if (std::optional<Finding> found = ownStatus(subject, worst))
        out.push_back(std::move(*found));
    std::stable_sort(out.begin(), out.end(),
                     [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
    return out;
}

std::vector<ItemId> supports(const Stack& stack, ItemId id)
{
    const Item* item = stack.find(id);
    if (item == nullptr)
        return {};
    switch (item->kind) {
    case ItemKind::Workload:
    case ItemKind::InnerNode:
    case ItemKind::Vm:
    case ItemKind::OuterNode:
        if (const Item* below = stack.find(item->parentIn(Tree::Stack));
            below != nullptr && below->kind != ItemKind::Placeholder)
            return {below->id};
        return {};
    case ItemKind::Machine:
    case ItemKind::ControlPlane:
    case ItemKind::WorkerPool:
    case ItemKind::TenantCluster:
        return item->childrenIn(Tree::Tenants);
    case ItemKind::Domain: { // a guest of KubeVirt is its VM seen from below
        std::vector<ItemId> vms = stack.related(id);
        std::erase_if(vms, [&stack](ItemId other) { return stack.find(other)->kind != ItemKind::Vm; });
        return vms;
    }
    case ItemKind::Host:
    case ItemKind::Placeholder:
        return {};
    }
    return {};
}

// Lowest items with findings of at least some severity, at an item or below it. Each item is walked once,
// however many ask.
class Diagnosis::Roots {
public:
    Roots(const Diagnosis& diagnosis, const Stack& stack, Severity least, bool summaries)
        : m_diagnosis(diagnosis), m_stack(stack), m_least(least), m_summaries(summaries)
    {}

    const std::vector<ItemId>& at(ItemId id)
    {
        const auto [place, fresh] = m_known.try_emplace(id);
        if (!fresh) // also while it is being walked: a broken graph with a circle ends here
            return place->second;
        std::vector<ItemId> roots = below(id);
        if (roots.empty() && counts(id))
            roots.push_back(id);
        return m_known[id] = std::move(roots);
    }

    std::vector<ItemId> below(ItemId id)
    {
        std::vector<ItemId> roots;
        for (const ItemId support : supports(m_stack, id)) {
            for (const ItemId root : at(support)) {
                if (roots.size() < kMostRoots && std::find(roots.begin(), roots.end(), root) == roots.end())
                    roots.push_back(root);
            }
        }
        return roots;
    }

private:
    // A cluster may have many causes at once; more than these help nobody.
    static constexpr std::size_t kMostRoots = 64;

    bool counts(ItemId id) const
    {
        const std::vector<Finding>* own = m_diagnosis.findings(id);
        return own != nullptr && std::any_of(own->begin(), own->end(), [this](const Finding& finding) {
                   return finding.severity >= m_least && (m_summaries || !finding.summary);
               });
    }

    const Diagnosis& m_diagnosis;
    const Stack& m_stack;
    const Severity m_least;
    const bool m_summaries;
    std::unordered_map<ItemId, std::vector<ItemId>> m_known;
};

namespace {

constexpr std::size_t kMostCleared = 300;
constexpr UnixMs kMoment = 60 * 1000;
constexpr UnixMs kUnderWay = 30LL * 60 * 1000;

Finding::Lasts lastsOf(const Finding& finding, UnixMs now)
{
    if (!finding.summary || now == 0)
        return Finding::Lasts::NotTold;
    const UnixMs known = now - finding.firstSeen;
    return known < kMoment      ? Finding::Lasts::Moment
           : known <= kUnderWay ? Finding::Lasts::While
                                : Finding::Lasts::Long;
}

bool isTenantPart(ItemKind kind)
{
    return kind == ItemKind::TenantCluster || kind == ItemKind::ControlPlane ||
           kind == ItemKind::WorkerPool || kind == ItemKind::Machine;
}

ItemId hostOfSource(const Stack& stack, stack::SourceId source)
{
    for (const ItemId id : stack.roots(Tree::Hosts)) {
        const Item* item = stack.find(id);
        if (item != nullptr && item->source == source && item->kind == ItemKind::Host)
            return id;
    }
    return {};
}

void count(const Item& item, Problem& problem)
{
    switch (item.kind) {
    case ItemKind::Vm:
        ++problem.vms;
        break;
    case ItemKind::InnerNode:
    case ItemKind::OuterNode:
        ++problem.nodes;
        break;
    case ItemKind::Workload:
        ++problem.workloads;
        break;
    case ItemKind::TenantCluster:
    case ItemKind::ControlPlane:
    case ItemKind::WorkerPool:
    case ItemKind::Machine:
        ++problem.machines;
        break;
    case ItemKind::Host:
    case ItemKind::Domain:
    case ItemKind::Placeholder:
        break;
    }
}

// Whether a summary stands for nothing but parts that are on their way.
bool passes(const Stack& stack, ItemId id, const Finding& finding)
{
    if (finding.lasts != Finding::Lasts::While)
        return finding.lasts == Finding::Lasts::Moment;
    std::vector<ItemId> todo = supports(stack, id);
    while (!todo.empty()) {
        const Item* part = stack.find(todo.back());
        todo.pop_back();
        if (part == nullptr)
            continue;
        if (part->health == stack::Health::Progressing)
            return true;
        if (isTenantPart(part->kind)) { // as deep as summaries reach
            for (const ItemId below : supports(stack, part->id))
                todo.push_back(below);
        }
    }
    return false;
}

void countCarried(const Stack& stack, const Item& root, Problem& problem)
{
    problem.carriedPods = root.kind == ItemKind::Workload ? 0 : static_cast<std::size_t>(root.pods);
    const auto vmsOn = [&stack, &problem](const Item& node) {
        for (const ItemId id : node.childrenIn(Tree::Stack)) {
            const Item* vm = stack.find(id);
            problem.carriedVms += vm != nullptr && vm->kind == ItemKind::Vm ? 1 : 0;
        }
    };
    if (root.kind == ItemKind::OuterNode) {
        vmsOn(root);
    } else if (root.kind == ItemKind::Host) {
        for (const ItemId id : root.childrenIn(Tree::Stack)) {
            if (const Item* node = stack.find(id))
                vmsOn(*node);
        }
    }
}

} // namespace

std::vector<Finding> diagnoseSource(const Stack& stack, stack::SourceId id, UnixMs now, UnixMs* recheck)
{
    std::vector<Finding> out;
    const stack::SourceState* source = stack.source(id);
    if (source == nullptr)
        return out;
    const auto add = [&](const char* rule, Severity severity, const std::string& what, std::string title,
                         std::string remedy, const std::string& field, const Error& error, UnixMs since) {
        Finding finding;
        finding.rule = rule;
        finding.severity = severity;
        finding.source = id;
        finding.key = finding.rule + "|" + source->address + "|" + source->name + "|" + what;
        finding.title = std::move(title);
        finding.remedy = std::move(remedy);
        Proof proof;
        proof.object.source = id;
        proof.object.kind = source->kind == stack::SourceKind::Host ? "Host" : "Cluster";
        proof.object.name = source->name;
        proof.field = field;
        proof.value = error.text;
        if (!error.detail.empty() && error.detail != error.text)
            proof.value += (proof.value.empty() ? "" : " · ") + error.detail;
        if (proof.value.empty())
            proof.value = source->address;
        proof.since = since;
        finding.evidence.push_back(std::move(proof));
        out.push_back(std::move(finding));
    };
    if (source->phase == stack::LinkPhase::Waiting) {
        const bool itemSays = source->kind == stack::SourceKind::InnerCluster ||
                              (source->kind == stack::SourceKind::Host && hostOfSource(stack, id));
        if (!itemSays)
            add("S1", Severity::Critical, "link",
                source->lastHeard > 0 ? tr("%1 does not answer any more", {source->name})
                                      : tr("%1 cannot be reached", {source->name}),
                tr("What is shown of it is as it was last seen. Check the address, the way to it and its "
                   "credentials; Strata tries again by itself."),
                "connection", source->error, source->lastHeard);
        return out;
    }
    for (const stack::KindState& kind : source->kinds) {
        if (kind.error.kind == ErrorKind::NotFound) // not installed is no problem
            continue;
        const bool forbidden = kind.error.kind == ErrorKind::Forbidden;
        // What would be seen of the stack is missing without it, or only why something is broken.
        add("S2", kind.optional && forbidden ? Severity::Info : Severity::Warning, kind.kind,
            forbidden ? tr("%1: not allowed to list %2", {source->name, kind.kind})
                      : tr("%1: %2 cannot be read", {source->name, kind.kind}),
            forbidden ? tr("Grant list and watch on this kind, or live without it: what it would show is not "
                           "known.")
                      : tr("What this kind would show is not known until it can be read again."),
            "list " + kind.kind, kind.error, 0);
    }
    constexpr std::int64_t apart = 30'000; // below that it is the way that takes its time
    const std::int64_t offset = source->clockOffsetMs;
    if (source->kind == stack::SourceKind::OuterCluster && (offset > apart || offset < -apart)) {
        const std::string seconds = std::to_string((offset < 0 ? -offset : offset) / 1000);
        add("A6", Severity::Warning, "clock",
            offset > 0 ? tr("The clock of %1 is %2 s ahead of this computer's", {source->name, seconds})
                       : tr("The clock of %1 is %2 s behind this computer's", {source->name, seconds}),
            tr("See which of the two is wrong; certificates and leases live by it (chrony)."), "Date",
            {ErrorKind::Internal, std::to_string(offset) + " ms", {}, 0, 0}, 0);
    }
    if (source->kind == stack::SourceKind::OuterCluster) {
        for (Finding& finding : diagnosePlatform({stack, *source, now, recheck}))
            out.push_back(std::move(finding));
    }
    return out;
}

bool Diagnosis::replace(std::vector<Finding>& known, std::vector<Finding> now, UnixMs at)
{
    for (Finding& finding : now) {
        finding.firstSeen = at;
        for (const Finding& before : known) {
            if (before.key == finding.key)
                finding.firstSeen = before.firstSeen;
        }
        finding.lasts = lastsOf(finding, at);
    }
    if (known == now)
        return false;
    for (Finding& before : known) {
        const bool stays = std::any_of(now.begin(), now.end(),
                                       [&before](const Finding& each) { return each.key == before.key; });
        if (!stays && before.severity != Severity::Info)
            m_cleared.push_back({std::move(before), at});
    }
    while (m_cleared.size() > kMostCleared)
        m_cleared.pop_front();
    known = std::move(now);
    return true;
}

void Diagnosis::raise(ItemId id, const std::vector<Finding>& found)
{
    stack::Raise raise;
    raise.item = id;
    if (!found.empty() && found.front().severity != Severity::Info) {
        const Finding& worst = found.front();
        raise.health = healthOf(worst.severity);
        raise.reason = worst.title;
        raise.rawReason = worst.evidence.front().value;
        raise.since = worst.evidence.front().since;
    }
    m_raises.push_back(std::move(raise));
}

bool Diagnosis::look(const Stack& stack, ItemId id, UnixMs now)
{
    UnixMs recheck = 0;
    std::vector<Finding> found = diagnoseItem(stack, id, now, &recheck, &m_own);
    if (const auto asked = m_asked.find(id); asked != m_asked.end()) {
        if (now >= asked->second.until) {
            m_asked.erase(asked);
        } else {
            // What is watched is newer than what was asked.
            const std::size_t watched = found.size();
            for (const Finding& each : asked->second.found) {
                if (std::none_of(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(watched),
                                 [&each](const Finding& other) { return other.rule == each.rule; }))
                    found.push_back(each);
            }
            // That an item says it is not well, and no more, has its reason now.
            if (found.size() > watched)
                std::erase_if(found, [](const Finding& each) { return each.rule == "S3"; });
            std::stable_sort(found.begin(), found.end(),
                             [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
            recheck = recheck == 0 ? asked->second.until : std::min(recheck, asked->second.until);
        }
    }
    const auto known = m_findings.find(id);
    // A summary that lasts says more; see passes().
    for (const Finding& each : found) {
        if (!each.summary || each.severity == Severity::Info || now == 0)
            continue;
        UnixMs first = now;
        if (known != m_findings.end()) {
            for (const Finding& before : known->second)
                first = before.key == each.key ? before.firstSeen : first;
        }
        for (const UnixMs due : {first + kMoment, first + kUnderWay + 1}) {
            if (due > now)
                recheck = recheck == 0 ? due : std::min(recheck, due);
        }
    }
    if (recheck != 0) {
        m_recheck[id] = recheck;
        m_nextRecheck = m_nextRecheck == 0 ? recheck : std::min(m_nextRecheck, recheck);
    } else if (!m_recheck.empty()) {
        m_recheck.erase(id);
    }
    if (known == m_findings.end()) {
        if (found.empty())
            return false;
        std::vector<Finding>& kept = m_findings[id];
        replace(kept, std::move(found), now);
        if (kept.front().severity != Severity::Info)
            raise(id, kept);
        return true;
    }
    if (!replace(known->second, std::move(found), now))
        return false;
    raise(id, known->second);
    if (known->second.empty())
        m_findings.erase(known);
    return true;
}

void Diagnosis::clear(std::vector<Finding>& known, UnixMs at)
{
    replace(known, {}, at);
}

bool Diagnosis::lookAtSource(const Stack& stack, stack::SourceId id, UnixMs now)
{
    UnixMs recheck = 0;
    std::vector<Finding> found = diagnoseSource(stack, id, now, &recheck);
    if (recheck != 0) {
        m_recheckSources[id] = recheck;
        m_nextRecheck = m_nextRecheck == 0 ? recheck : std::min(m_nextRecheck, recheck);
    } else {
        m_recheckSources.erase(id);
    }
    if (found.empty() && !m_sourceFindings.contains(id))
        return false;
    std::vector<Finding>& known = m_sourceFindings[id];
    const bool changed = replace(known, std::move(found), now);
    if (known.empty())
        m_sourceFindings.erase(id);
    return changed;
}

bool Diagnosis::update(const Stack& stack, const stack::StackDelta& delta, UnixMs now)
{
    bool changed = false;
    for (const ItemId id : delta.removed) {
        m_recheck.erase(id);
        m_asked.erase(id);
        if (const auto known = m_findings.find(id); known != m_findings.end()) {
            clear(known->second, now);
            m_findings.erase(known);
            changed = true;
        }
    }
    for (const std::vector<ItemId>* ids : {&delta.added, &delta.changed, &delta.moved, &delta.touched}) {
        for (const ItemId id : *ids) {
            const Item* item = stack.find(id);
            if (item != nullptr && item->kind == ItemKind::TenantCluster)
                m_clusters[item->tenantKey] = id;
            changed = look(stack, id, now) || changed;
        }
    }
    for (const stack::SourceId id : delta.sources) {
        changed = lookAtSource(stack, id, now) || changed;
        // A host and a tenant cluster tell of their connections themselves.
        const stack::SourceState* source = stack.source(id);
        if (source == nullptr)
            continue;
        ItemId item;
        if (source->kind == stack::SourceKind::Host) {
            item = hostOfSource(stack, id);
        } else if (source->kind == stack::SourceKind::InnerCluster) {
            const auto cluster = m_clusters.find(std::to_string(source->outer) + "|" + source->clusterKey);
            if (cluster != m_clusters.end())
                item = cluster->second;
        }
        if (item)
            changed = look(stack, item, now) || changed;
    }
    // What moved may be explained by something else now.
    return changed || (!delta.moved.empty() && !m_findings.empty());
}

bool Diagnosis::tick(const Stack& stack, UnixMs now)
{
    if (m_nextRecheck == 0 || now < m_nextRecheck)
        return false;
    std::vector<ItemId> due;
    m_nextRecheck = 0;
    for (const auto& [id, at] : m_recheck) {
        if (at <= now)
            due.push_back(id);
        else
            m_nextRecheck = m_nextRecheck == 0 ? at : std::min(m_nextRecheck, at);
    }
    std::vector<stack::SourceId> dueSources;
    for (const auto& [id, at] : m_recheckSources) {
        if (at <= now)
            dueSources.push_back(id);
        else
            m_nextRecheck = m_nextRecheck == 0 ? at : std::min(m_nextRecheck, at);
    }
    bool changed = false;
    for (const ItemId id : due) {
        m_recheck.erase(id);
        changed = look(stack, id, now) || changed;
    }
    for (const stack::SourceId id : dueSources)
        changed = lookAtSource(stack, id, now) || changed;
    return changed;
}

stack::StackDelta Diagnosis::settle(Stack& stack, stack::StackDelta delta, UnixMs now, bool* changed)
{
    // A raised part may make its whole unwell, and that is all: this ends after as many rounds as trees are
    // deep. The bound is for rules that contradict each other.
    constexpr int mostRounds = 8;
    for (int round = 0; round < mostRounds && !m_raises.empty(); ++round) {
        const stack::StackDelta raised = stack.raise(takeRaises());
        const bool more = update(stack, raised, now);
        if (changed != nullptr)
            *changed = *changed || more;
        stack::merge(delta, raised);
    }
    return delta;
}

stack::StackDelta Diagnosis::apply(Stack& stack, const stack::Batch& batch, UnixMs now, bool* changed)
{
    stack::StackDelta delta = stack.apply(batch);
    const bool some = update(stack, delta, now);
    if (changed != nullptr)
        *changed = some;
    return settle(stack, std::move(delta), now, changed);
}

stack::StackDelta Diagnosis::elapse(Stack& stack, UnixMs now, bool* changed)
{
    const bool some = tick(stack, now);
    if (changed != nullptr)
        *changed = some;
    return settle(stack, {}, now, changed);
}

stack::StackDelta Diagnosis::tell(Stack& stack, ItemId id, std::vector<Finding> found, UnixMs now,
                                  bool* changed)
{
    constexpr UnixMs holds = 15LL * 60 * 1000;
    if (found.empty())
        m_asked.erase(id);
    else
        m_asked[id] = {std::move(found), now + holds};
    const bool some = look(stack, id, now);
    if (changed != nullptr)
        *changed = some;
    return settle(stack, {}, now, changed);
}

std::vector<stack::Raise> Diagnosis::takeRaises()
{
    return std::exchange(m_raises, {});
}

const std::vector<Finding>* Diagnosis::findings(ItemId id) const
{
    const auto found = m_findings.find(id);
    return found == m_findings.end() ? nullptr : &found->second;
}

const std::vector<Finding>* Diagnosis::findingsOf(stack::SourceId source) const
{
    const auto found = m_sourceFindings.find(source);
    return found == m_sourceFindings.end() ? nullptr : &found->second;
}

std::size_t Diagnosis::size() const
{
    return m_findings.size();
}

std::vector<Problem> Diagnosis::problems(const Stack& stack) const
{
    Roots broken(*this, stack, Severity::Critical, true);
    Roots unwell(*this, stack, Severity::Warning, false);
    std::unordered_map<ItemId, Problem> byRoot;
    std::unordered_map<ItemId, std::set<std::string>> tenants;
    const auto problemOf = [&](ItemId root) -> Problem& {
        const auto [at, fresh] = byRoot.try_emplace(root);
        if (fresh) {
            const std::vector<Finding>& own = m_findings.at(root);
            at->second.root = own.front();
            at->second.also.assign(own.begin() + 1, own.end());
        }
        return at->second;
    };
    for (const auto& [id, own] : m_findings) {
        const Item* item = stack.find(id);
        if (item == nullptr)
            continue;
        const bool note = own.front().severity == Severity::Info;
        std::vector<ItemId> roots = broken.below(id);
        if (roots.empty() && own.front().summary && !note)
            roots = unwell.below(id);
        if (note && !roots.empty())
            continue; // a note about something that stands on what is broken
        if (roots.empty())
            roots.push_back(id);
        for (const ItemId root : roots) {
            Problem& problem = problemOf(root);
            if (!item->tenantKey.empty())
                tenants[root].insert(item->tenantKey);
            if (root == id)
                continue;
            problem.explains.push_back(id);
            count(*item, problem);
        }
    }
    std::vector<std::pair<std::string, Problem>> keyed;
    for (auto& [id, problem] : byRoot) {
        problem.tenants = tenants[id].size();
        if (passes(stack, id, problem.root)) {
            problem.root.severity = Severity::Info;
            for (Finding& also : problem.also)
                also.severity = passes(stack, id, also) ? Severity::Info : also.severity;
        }
        const Item& root = *stack.find(id);
        countCarried(stack, root, problem);
        std::sort(problem.explains.begin(), problem.explains.end(), [&](ItemId a, ItemId b) {
            const Item& itemA = *stack.find(a);
            const Item& itemB = *stack.find(b);
            if (itemA.kind != itemB.kind)
                return itemA.kind < itemB.kind;
            return itemA.key < itemB.key;
        });
        keyed.emplace_back(root.key, std::move(problem));
    }
    for (const auto& [source, found] : m_sourceFindings) {
        for (const Finding& finding : found) {
            Problem problem;
            problem.root = finding;
            keyed.emplace_back(finding.key, std::move(problem));
        }
    }
    // Worst first, then what explains most, then a fixed order so that the list does not dance.
    std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
        if (a.second.root.severity != b.second.root.severity)
            return a.second.root.severity > b.second.root.severity;
        if (a.second.explains.size() != b.second.explains.size())
            return a.second.explains.size() > b.second.explains.size();
        return a.first < b.first;
    });
    std::vector<Problem> out;
    out.reserve(keyed.size());
    for (auto& [key, problem] : keyed)
        out.push_back(std::move(problem));
    return out;
}

Chain Diagnosis::chain(const Stack& stack, ItemId id) const
{
    Chain out;
    const Item* item = stack.find(id);
    if (item == nullptr) {
        out.state = Chain::State::NotKnown;
        return out;
    }
    const std::vector<Finding>* own = findings(id);
    if (own != nullptr) {
        for (const Finding& finding : *own) {
            if (finding.severity == Severity::Info)
                out.notes.push_back(finding);
        }
    }
    // Down the branch that leads to a cause; of several the one whose cause is the lowest layer.
    const auto walk = [&](ItemId from, Roots& roots, Severity least) {
        std::vector<ItemId> seen;
        for (ItemId at = from; at;) {
            seen.push_back(at);
            if (const std::vector<Finding>* found = findings(at);
                found != nullptr && found->front().severity >= least)
                out.links.push_back(found->front());
            ItemId next;
            const Item* lowest = nullptr;
            for (const ItemId below : supports(stack, at)) {
                if (std::find(seen.begin(), seen.end(), below) != seen.end())
                    continue;
                for (const ItemId root : roots.at(below)) {
                    const Item* cause = stack.find(root);
                    if (lowest == nullptr || cause->layer < lowest->layer ||
                        (cause->layer == lowest->layer && cause->key < lowest->key)) {
                        next = below;
                        lowest = cause;
                    }
                }
            }
            at = next;
        }
    };
    Roots broken(*this, stack, Severity::Critical, true);
    Roots unwell(*this, stack, Severity::Warning, false);
    std::vector<ItemId> causes = broken.below(id);
    if (!causes.empty()) {
        walk(id, broken, Severity::Warning);
    } else if (own != nullptr && own->front().severity >= Severity::Warning) {
        if (own->front().summary)
            causes = unwell.below(id);
        if (causes.empty())
            out.links.push_back(own->front());
        else
            walk(id, unwell, Severity::Warning);
    } else if (item->kind == ItemKind::Host && item->health >= stack::Health::Warning) {
        // A host answers for its Kubernetes node.
        for (const ItemId child : item->childrenIn(Tree::Stack)) {
            const std::vector<Finding>* found = findings(child);
            if (found != nullptr && found->front().severity >= Severity::Warning)
                out.links.push_back(found->front());
        }
    }
    if (!out.links.empty()) {
        out.state = Chain::State::Explained;
        for (const ItemId cause : causes) {
            if (cause != out.links.back().subject)
                out.others.push_back(m_findings.at(cause).front());
        }
        std::sort(out.others.begin(), out.others.end(), [](const Finding& a, const Finding& b) {
            return a.severity != b.severity ? a.severity > b.severity : a.key < b.key;
        });
        return out;
    }
    const stack::SourceState* source = stack.source(item->source);
    const bool live = source != nullptr && source->phase == stack::LinkPhase::Live;
    if (!live || item->health == stack::Health::Unknown) {
        out.state = Chain::State::NotKnown;
    } else if (item->health == stack::Health::Progressing) {
        out.state = Chain::State::InProgress;
        Roots waiting(*this, stack, Severity::Info, false);
        if (isTenantPart(item->kind))
            walk(id, waiting, Severity::Info);
        else
            out.links = out.notes;
    } else {
        out.state = out.notes.empty() ? Chain::State::Healthy : Chain::State::NoteOnly;
    }
    return out;
}

std::vector<Finding> Diagnosis::why(const Stack& stack, ItemId id) const
{
    Chain found = chain(stack, id);
    return found.state == Chain::State::Explained ? std::move(found.links) : std::vector<Finding>{};
}

} // namespace strata::diagnosis
