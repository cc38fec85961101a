// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace strata {

// Waiting times between tries: 0.8 s doubling to 30 s, each multiplied by a random factor in [1, 2); starts
// over after two healthy minutes. The figures are client-go's (tools/cache/reflector.go).
class Backoff {
public:
    using Ms = std::chrono::milliseconds;

    // `random` gives values in [0, 1); the default is seeded from the system.
    explicit Backoff(Ms first = Ms{800}, Ms cap = Ms{30000}, std::function<double()> random = {});

    Ms next();                // how long to wait before the next try
    void healthyFor(Ms time); // call when a connection ends that lived for `time`
    void reset();
    unsigned tries() const { return m_tries; }

private:
    Ms m_first;
    Ms m_cap;
    Ms m_current;
    unsigned m_tries = 0;
    std::function<double()> m_random;
};

} // namespace strata
