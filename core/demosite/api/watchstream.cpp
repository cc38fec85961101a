// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/watchstream.h"

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr std::size_t kBatch = 200;

} // namespace

WatchStream::WatchStream(std::shared_ptr<Cluster> cluster, const Kind& kind, Renderer renderer,
                         Settings settings)
    : m_cluster(std::move(cluster)), m_kind(kind), m_renderer(std::move(renderer)),
      m_settings(std::move(settings)), m_end(std::chrono::steady_clock::now() + m_settings.life),
      m_nextBookmark(std::chrono::steady_clock::now() + m_settings.bookmarkEvery)
{
    if (!m_settings.initialEvents)
        return;
    m_initial = m_cluster->store().list(m_kind, m_settings.ns, &m_settings.after);
    m_initial.erase(
        std::remove_if(m_initial.begin(), m_initial.end(),
                       [this](const ObjectPtr& object) { return !m_settings.selector.matches(*object); }),
        m_initial.end());
}

WatchStream::~WatchStream()
{
    if (m_subscription)
        m_subscription->cancel();
}

void WatchStream::start(std::function<void()> wake)
{
    m_subscription = m_cluster->store().subscribe(m_kind, std::move(wake));
}

std::chrono::milliseconds WatchStream::patience() const
{
    SteadyTime next = m_end;
    if (m_settings.bookmarks)
        next = std::min(next, m_nextBookmark);
    const auto wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
    return std::max(wait, std::chrono::milliseconds(1)) + std::chrono::milliseconds(1);
}

void WatchStream::frame(std::string& out, const char* type, const std::string& object) const
{
    out += R"({"type":")";
    out += type;
    out += R"(","object":)";
    out += object;
    out += "}\n";
}

void WatchStream::change(std::string& out, const StoreEvent& event)
{
    if (!m_settings.ns.empty() && event.object->ns != m_settings.ns)
        return;
    const bool before = event.previous && m_settings.selector.matches(*event.previous);
    const bool after = event.type != EventType::Deleted && m_settings.selector.matches(*event.object);
    if (!before && !after)
        return;
    // What stops to match is gone for this watch; what starts to is new.
    const char* type = before && after ? "MODIFIED" : after ? "ADDED" : "DELETED";
    frame(out, type, m_renderer.event(*event.object, m_first));
    m_first = false;
}

std::string WatchStream::read(bool& done)
{
    std::string out;
    const auto now = std::chrono::steady_clock::now();
    if (m_settings.initialEvents) {
        const std::size_t end = std::min(m_initial.size(), m_initialAt + kBatch);
        for (; m_initialAt < end; ++m_initialAt) {
            frame(out, "ADDED", m_renderer.event(*m_initial[m_initialAt], m_first));
            m_first = false;
        }
        if (m_initialAt < m_initial.size())
            return out;
        m_settings.initialEvents = false;
        m_initial = {};
        if (m_settings.initialBookmark)
            frame(out, "BOOKMARK", m_renderer.bookmark(m_settings.after, true));
        if (!out.empty())
            return out;
    }
    std::uint64_t upTo = m_settings.after;
    const auto events = m_cluster->store().since(m_kind, m_settings.after, kBatch, &upTo);
    if (!events) {
        frame(out, "ERROR", toJson(events.error()));
        done = true;
        return out;
    }
    for (const StoreEvent& event : *events)
        change(out, event);
    m_settings.after = std::max(m_settings.after, upTo); // it may be one that is still to come
    const bool ends = now >= m_end;
    if (m_settings.bookmarks && (now >= m_nextBookmark || ends)) {
        frame(out, "BOOKMARK", m_renderer.bookmark(m_settings.after, false));
        m_nextBookmark = now + m_settings.bookmarkEvery;
    }
    done = ends;
    return out;
}

} // namespace strata::demosite
