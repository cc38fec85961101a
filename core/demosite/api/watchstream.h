// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/api/render.h"
#include "core/demosite/api/selector.h"
#include "core/demosite/net/http.h"

#include <chrono>
#include <memory>
#include <string>

namespace strata::demosite {

// One watch: the changes of a kind after a revision, as watch events a line. It keeps no queue: it remembers
// how far it came and reads on in the store's window, so a slow client costs nothing and is told 410 when it
// falls behind.
class WatchStream : public HttpStream {
public:
    struct Settings {
        std::string ns;
        Selector selector;
        std::uint64_t after = 0;
        bool initialEvents = false;   // begin with what is there
        bool initialBookmark = false; // and mark its end (sendInitialEvents)
        bool bookmarks = false;
        std::chrono::milliseconds life{0};
        std::chrono::milliseconds bookmarkEvery{60000};
    };

    WatchStream(std::shared_ptr<Cluster> cluster, const Kind& kind, Renderer renderer, Settings settings);
    ~WatchStream() override;

    std::string read(bool& done) override;
    void start(std::function<void()> wake) override;
    std::chrono::milliseconds patience() const override;

private:
    using SteadyTime = std::chrono::steady_clock::time_point;

    void frame(std::string& out, const char* type, const std::string& object) const;
    void change(std::string& out, const StoreEvent& event);

    std::shared_ptr<Cluster> m_cluster;
    const Kind& m_kind;
    Renderer m_renderer;
    Settings m_settings;
    std::shared_ptr<Store::Subscription> m_subscription;
    std::vector<ObjectPtr> m_initial;
    std::size_t m_initialAt = 0;
    bool m_first = true;
    SteadyTime m_end;
    SteadyTime m_nextBookmark;
};

} // namespace strata::demosite
