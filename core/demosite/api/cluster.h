// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/store.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace strata::demosite {

// One API server's world: its objects and who it is. The store is filled when somebody first asks, so that a
// site of a thousand clusters starts in seconds; `onFilled` then tells the controllers.
class Cluster {
public:
    struct Settings {
        std::string name;    // "rack-a", "blue/blue"
        std::string version; // "v1.34.1"
        bool outer = true;
        std::string token; // of the administrator
        double speed = 1;
        bool life = true;
        UnixMs started = 0;
        std::function<void(Store&)> fill;
        std::function<void(Cluster&)> onFilled;
    };

    Cluster(Settings settings, Clock clock) : m_settings(std::move(settings)), m_clock(clock), m_store(clock)
    {}

    const Settings& settings() const { return m_settings; }
    bool serves(const Kind& kind) const { return m_settings.outer || !kind.has(OuterOnly); }
    UnixMs now() const { return m_clock(); }

    Store& store()
    {
        std::call_once(m_once, [this] {
            if (m_settings.fill)
                m_settings.fill(m_store);
            if (m_settings.onFilled)
                m_settings.onFilled(*this);
        });
        return m_store;
    }

private:
    Settings m_settings;
    Clock m_clock;
    Store m_store;
    std::once_flag m_once;
};

} // namespace strata::demosite
