// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

namespace strata::demosite {

// The site's own time, in seconds since its start. It runs `speed` times as fast as the wall clock, stands
// still while paused and can be put forward. Delays of controllers are measured on it; what they write into
// objects is wall time, for clients compare that with their own clocks. Thread-safe.
class SiteClock {
public:
    explicit SiteClock(double speed) : m_speed(limited(speed)), m_since(Wall::now()) {}

    double now() const
    {
        const std::lock_guard lock(m_mutex);
        return at(Wall::now());
    }
    double speed() const
    {
        const std::lock_guard lock(m_mutex);
        return m_speed;
    }
    bool paused() const
    {
        const std::lock_guard lock(m_mutex);
        return m_paused;
    }
    void setSpeed(double speed)
    {
        const std::lock_guard lock(m_mutex);
        rebase();
        m_speed = limited(speed);
    }
    void setPaused(bool paused)
    {
        const std::lock_guard lock(m_mutex);
        rebase();
        m_paused = paused;
    }
    // Never back.
    void advanceTo(double seconds)
    {
        const std::lock_guard lock(m_mutex);
        rebase();
        m_base = std::max(m_base, seconds);
    }
    // How long to wait, in wall time, until it shows `seconds`; the longest wait there is when paused.
    std::chrono::milliseconds until(double seconds) const
    {
        const std::lock_guard lock(m_mutex);
        constexpr double longest = 3600.0 * 1000;
        if (m_paused)
            return std::chrono::milliseconds(static_cast<long>(longest));
        const double left = (seconds - at(Wall::now())) / m_speed * 1000;
        return std::chrono::milliseconds(static_cast<long>(std::clamp(left + 1, 0.0, longest)));
    }

private:
    using Wall = std::chrono::steady_clock;
    static double limited(double speed) { return std::clamp(speed, 0.01, 1000.0); }
    double at(Wall::time_point time) const
    {
        return m_paused ? m_base : m_base + std::chrono::duration<double>(time - m_since).count() * m_speed;
    }
    void rebase()
    {
        const auto time = Wall::now();
        m_base = at(time);
        m_since = time;
    }

    mutable std::mutex m_mutex;
    double m_speed;
    bool m_paused = false;
    double m_base = 0;
    Wall::time_point m_since;
};

} // namespace strata::demosite
