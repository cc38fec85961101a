// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/facts.h"

#include <random>
#include <vector>

namespace strata::test {

// Changes the picture's site at random: objects go and come back, VMs and pods move, states, usage and
// connections change. The same seed gives the same changes.
class SiteFuzz {
public:
    explicit SiteFuzz(unsigned seed);

    stack::Batch start() const; // the whole site
    stack::Batch step();        // one to twelve changes

private:
    int below(int limit);
    void change(stack::Batch& batch);

    std::mt19937 m_random;
    std::vector<stack::FactChange> m_facts;
    std::vector<stack::SourceChange> m_sources;
};

} // namespace strata::test
