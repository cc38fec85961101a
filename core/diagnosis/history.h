// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/diagnosis.h"

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace strata::diagnosis {

// What happened on the site while Strata looked on, for the timeline: bounded, oldest forgotten first. Not
// thread-safe; lives beside the stack.
class History {
public:
    static constexpr std::size_t kMostMarks = 5000;
    static constexpr std::size_t kMostSpans = 1000; // closed ones; open ones are never forgotten

    enum class What {
        Came,   // an item appeared, at its creation
        Went,   // an item left
        State,  // health or state changed
        Action, // the operator's own
    };
    struct Mark { // a moment
        UnixMs at = 0;
        stack::Layer layer = stack::Layer::BareMetal; // means nothing for an Action
        What what = What::State;
        stack::Health health = stack::Health::Ok;
        stack::ItemId item; // may have left since; none for an Action
        std::string name;
        std::string text; // "Ready → Paused: The VM is paused because …"
    };
    struct Span {        // a problem, while it lasts
        std::string key; // Finding::key
        stack::Layer layer = stack::Layer::BareMetal;
        stack::Health health = stack::Health::Warning;
        stack::ItemId item;
        std::string title;
        UnixMs from = 0; // as its proof tells, may be long before Strata looked
        UnixMs to = 0;   // 0: it lasts
    };

    // Call after each change of the stack. Marks are made for what a delta names, at `now`; the first picture
    // of a site makes none but for items created within the last minutes.
    void follow(const stack::Stack& stack, const stack::StackDelta& delta, UnixMs now);
    // Call after each change of the findings, with all problems. Notes (Info) make no span.
    void follow(const stack::Stack& stack, const std::vector<Problem>& problems, UnixMs now);
    void act(std::string text, stack::Health health, UnixMs now);

    const std::deque<Mark>& marks() const { return m_marks; } // in the order they were seen
    const std::deque<Span>& spans() const { return m_spans; } // by their begin of being seen

private:
    struct Known {
        stack::Layer layer = stack::Layer::BareMetal;
        stack::Health health = stack::Health::Unknown;
        std::string state;
        std::string name;
    };
    void add(Mark mark);

    std::unordered_map<stack::ItemId, Known> m_known;
    std::deque<Mark> m_marks;
    std::deque<Span> m_spans;
};

} // namespace strata::diagnosis
