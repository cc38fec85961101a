// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/history.h"

#include "core/base/translate.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace strata::diagnosis {

using namespace stack;

namespace {

constexpr UnixMs kFresh = 5 * 60 * 1000; // an item as young as that came while somebody looked
// A connection that goes takes its items along: one mark a layer says so, not thousands.
constexpr std::size_t kCrowd = 100;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("History", text), values);
}

} // namespace

void History::add(Mark mark)
{
    m_marks.push_back(std::move(mark));
    if (m_marks.size() > kMostMarks)
        m_marks.pop_front();
}

void History::follow(const Stack& stack, const StackDelta& delta, UnixMs now)
{
    for (const ItemId id : delta.added) {
        const Item* item = stack.find(id);
        if (item == nullptr || item->kind == ItemKind::Placeholder)
            continue;
        m_known[id] = {item->layer, item->health, item->state, item->name};
        if (item->created > 0 && now - item->created < kFresh)
            add({std::min(item->created, now), item->layer, What::Came, item->health, id, item->name,
                 item->state.empty() ? say("appeared") : say("appeared: %1", {item->state})});
    }
    const auto changed = [&](ItemId id) {
        const Item* item = stack.find(id);
        if (item == nullptr || item->kind == ItemKind::Placeholder)
            return;
        const auto [known, fresh] =
            m_known.try_emplace(id, Known{item->layer, item->health, item->state, item->name});
        if (fresh)
            return;
        Known& before = known->second;
        before.name = item->name;
        if (before.health == item->health && before.state == item->state)
            return;
        std::string text;
        if (before.state != item->state && !before.state.empty() && !item->state.empty())
            text = say("%1 → %2", {before.state, item->state});
        else
            text = item->state.empty() ? say("changed") : item->state;
        if (item->health != Health::Ok && !item->reason.empty())
            text += ": " + item->reason;
        before.health = item->health;
        before.state = item->state;
        add({now, item->layer, What::State, item->health, id, item->name, std::move(text)});
    };
    for (const ItemId id : delta.changed)
        changed(id);
    for (const ItemId id : delta.moved)
        changed(id);

    std::array<std::size_t, 5> left{};
    const bool crowd = delta.removed.size() > kCrowd;
    for (const ItemId id : delta.removed) {
        const auto known = m_known.find(id);
        if (known == m_known.end())
            continue;
        if (crowd)
            ++left[static_cast<std::size_t>(known->second.layer)];
        else
            add({now, known->second.layer, What::Went, Health::Unknown, id, known->second.name, say("left")});
        m_known.erase(known);
    }
    for (std::size_t layer = 0; layer < left.size(); ++layer) {
        if (left[layer] > 0)
            add({now,
                 static_cast<Layer>(layer),
                 What::Went,
                 Health::Unknown,
                 {},
                 {},
                 say("%1 items left", {std::to_string(left[layer])})});
    }
}

void History::follow(const Stack& stack, const std::vector<Problem>& problems, UnixMs now)
{
    std::unordered_set<std::string> open;
    for (const Problem& problem : problems) {
        const Finding& root = problem.root;
        if (root.severity == Severity::Info)
            continue;
        open.insert(root.key);
        const auto same = std::find_if(m_spans.begin(), m_spans.end(), [&](const Span& span) {
            return span.to == 0 && span.key == root.key;
        });
        const Item* item = stack.find(root.subject);
        Span span{root.key,
                  item != nullptr ? item->layer : Layer::OuterK8s,
                  healthOf(root.severity),
                  root.subject,
                  root.title,
                  std::min(root.since(), now),
                  0};
        if (span.from == 0)
            span.from = now;
        if (same != m_spans.end()) {
            span.from = std::min(same->from, span.from); // a proof's time may move on with each report
            *same = std::move(span);
        } else {
            m_spans.push_back(std::move(span));
        }
    }
    std::size_t closed = 0;
    for (Span& span : m_spans) {
        if (span.to == 0 && open.count(span.key) == 0)
            span.to = now;
        closed += span.to != 0 ? 1 : 0;
    }
    for (auto it = m_spans.begin(); closed > kMostSpans && it != m_spans.end();) {
        if (it->to == 0) {
            ++it;
            continue;
        }
        it = m_spans.erase(it);
        --closed;
    }
}

void History::act(std::string text, Health health, UnixMs now)
{
    add({now, Layer::BareMetal, What::Action, health, {}, {}, std::move(text)});
}

} // namespace strata::diagnosis
