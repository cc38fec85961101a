// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/inquiry/question.h"

#include <functional>
#include <memory>
#include <vector>

namespace strata::inquiry {

// Puts questions, four at a time, and reads their answers off the caller's thread. Each ends within its own
// time-out; there are never more than a hundred. Destroying it ends what is open: no callback runs after
// that. Lives shorter than what its clients belong to.
class Look {
public:
    struct Callbacks { // on the network's thread; must not block
        std::function<void(const Question&, const Reading&)> onAnswer;
        std::function<void()> onEnd; // once, last
    };

    using Clients = std::function<std::shared_ptr<kube::Client>(stack::SourceId source)>; // null: none

    Look(const Clients& clients, std::vector<Question> questions, Callbacks callbacks,
         Clock clock = systemNow);
    ~Look();
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

private:
    class State;
    std::shared_ptr<State> m_state;
};

} // namespace strata::inquiry
