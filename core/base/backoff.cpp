// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/backoff.h"

#include <algorithm>
#include <memory>
#include <random>

namespace strata {

Backoff::Backoff(Ms first, Ms cap, std::function<double()> random)
    : m_first(first), m_cap(cap), m_current(first), m_random(std::move(random))
{
    if (!m_random) {
        auto engine = std::make_shared<std::mt19937>(std::random_device{}());
        m_random = [engine] { return std::uniform_real_distribution<double>(0.0, 1.0)(*engine); };
    }
}

Backoff::Ms Backoff::next()
{
    ++m_tries;
    const Ms base = m_current;
    m_current = std::min(m_current * 2, m_cap);
    return base + Ms{static_cast<Ms::rep>(m_random() * static_cast<double>(base.count()))};
}

void Backoff::healthyFor(Ms time)
{
    if (time >= std::chrono::minutes{2})
        reset();
}

void Backoff::reset()
{
    m_current = m_first;
    m_tries = 0;
}

} // namespace strata
