// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/store.h"
#include "core/demosite/net/http.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace strata::demosite {

// One API server's world: its objects and who it is. The store is filled when somebody first asks, so that a
// site of a thousand clusters starts in seconds; `onFilled` then tells the controllers.
class Cluster : public std::enable_shared_from_this<Cluster> {
public:
    struct Settings {
        std::string name;    // "rack-a", "blue/blue"
        std::string version; // "v1.34.1"
        bool outer = true;
        std::string token;                                   // of the administrator
        std::vector<std::pair<std::string, Identity>> users; // more bearer tokens and whose they are
        std::string tokenKey; // signs service account tokens; empty: there are none
        double speed = 1;
        bool life = true;
        UnixMs started = 0;
        std::uint64_t seed = 0; // of the names and uids it hands out; 0: by chance
        std::function<void(Store&)> fill;
        std::function<void(Cluster&)> onFilled;
    };

    static constexpr std::size_t kWindow = 4096; // changes of a kind that watches can go back
    Cluster(Settings settings, Clock clock)
        : m_settings(std::move(settings)), m_version(m_settings.version), m_clock(clock),
          m_store(std::move(clock), kWindow, m_settings.seed)
    {
        m_store.customKinds().setTableServed(m_settings.outer);
    }

    const Settings& settings() const { return m_settings; }
    // Of the API server, "v1.34.1": an upgrade changes it.
    std::string version() const
    {
        const std::lock_guard lock(m_mutex);
        return m_version;
    }
    void setVersion(const std::string& version)
    {
        const std::lock_guard lock(m_mutex);
        m_version = version;
    }
    const CustomKinds& customKinds() const { return m_store.customKinds(); }
    // A kind of the table; those that came with definitions are served as long as they can be found.
    bool serves(const Kind& kind) const
    {
        return (m_settings.outer || !kind.has(OuterOnly)) &&
               !(kind.has(Custom) && m_store.customKinds().removed(kind));
    }
    const Kind* find(std::string_view group, std::string_view version, std::string_view resource) const
    {
        if (const Kind* kind = m_store.customKinds().find(group, version, resource))
            return kind;
        const Kind* kind = Kinds::instance().find(group, version, resource);
        return kind != nullptr && serves(*kind) ? kind : nullptr;
    }
    std::vector<const Kind*> kinds() const // in the order of the table, then the others
    {
        std::vector<const Kind*> out;
        for (const Kind& kind : Kinds::instance().all()) {
            if (serves(kind))
                out.push_back(&kind);
        }
        const std::vector<const Kind*> more = m_store.customKinds().all();
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }
    UnixMs now() const { return m_clock(); }

    const Store& loaded() const { return m_store; } // as it is; empty while nobody has asked
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
    mutable std::mutex m_mutex;
    std::string m_version; // m_mutex
    Clock m_clock;
    Store m_store;
    std::once_flag m_once;
};

} // namespace strata::demosite
