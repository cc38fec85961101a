// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/manager.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

// What is left of a wait may be a rounding error; time must go on in between.
constexpr double kLeastDelay = 0.001;

} // namespace

Manager::Manager(SiteClock& clock) : m_clock(clock) {}

Manager::~Manager()
{
    stop();
    for (const auto& [key, source] : m_sources)
        source->subscription->cancel();
}

void Manager::start()
{
    m_thread = std::thread([this] { run(); });
}

void Manager::stop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    m_changed.notify_all();
    m_idleChanged.notify_all();
    if (m_thread.joinable())
        m_thread.join();
}

void Manager::post(std::function<void()> work)
{
    {
        const std::lock_guard lock(m_mutex);
        m_posted.push_back(std::move(work));
        m_idle = false;
    }
    m_changed.notify_all();
}

void Manager::clockChanged()
{
    post([] {});
}

void Manager::step(double seconds)
{
    {
        const std::lock_guard lock(m_mutex);
        m_stepTo = std::max(m_stepTo, m_clock.now()) + std::max(seconds, 0.0);
        m_idle = false;
    }
    m_changed.notify_all();
}

bool Manager::waitIdle(std::chrono::milliseconds longest)
{
    std::unique_lock lock(m_mutex);
    return m_idleChanged.wait_for(lock, longest, [this] { return m_stop || (m_idle && m_stepTo < 0); });
}

Controller& Manager::add(Store& store, std::unique_ptr<Controller> controller)
{
    m_controllers.push_back({&store, std::move(controller)});
    return *m_controllers.back().controller;
}

void Manager::watch(Store& store, const Kind& kind, Controller& controller, Map map)
{
    if (!map)
        map = [](const StoreEvent& event, const Enqueue& enqueue) {
            enqueue({event.object->ns, event.object->name});
        };
    std::shared_ptr<Source>& source = m_sources[{&store, &kind}];
    if (!source) {
        source = std::make_shared<Source>();
        source->store = &store;
        source->kind = &kind;
        source->after = store.loadedRevision();
        const std::weak_ptr<Source> weak = source;
        source->subscription = store.subscribe(kind, [this, weak] {
            const auto alive = weak.lock();
            if (!alive)
                return;
            {
                const std::lock_guard lock(m_mutex);
                if (alive->dirty)
                    return;
                alive->dirty = true;
                m_dirty.push_back(alive);
                m_idle = false;
            }
            m_changed.notify_all();
        });
        // What changed between loading and now.
        const std::lock_guard lock(m_mutex);
        source->dirty = true;
        m_dirty.push_back(source);
    }
    source->targets.emplace_back(&controller, std::move(map));
}

void Manager::watchLater(Store& store, const Kind& kind, Controller& controller, Map map)
{
    post([this, &store, &kind, &controller, map = std::move(map)] {
        // It may have been dropped in the meantime.
        const bool lives = std::any_of(m_controllers.begin(), m_controllers.end(), [&](const Owned& owned) {
            return owned.controller.get() == &controller;
        });
        if (lives)
            watch(store, kind, controller, map);
    });
}

void Manager::push(const Item& item)
{
    if (m_queued.insert(item).second)
        m_queue.push_back(item);
}

void Manager::timer(const Item& item, double delay)
{
    const auto old = m_timerOf.find(item);
    if (old != m_timerOf.end()) {
        m_timers.erase(old->second);
        m_timerOf.erase(old);
    }
    if (delay >= 0)
        m_timerOf.emplace(item, m_timers.emplace(m_clock.now() + delay, item));
}

void Manager::enqueue(Controller& controller, Key key, double delay)
{
    const Item item{&controller, std::move(key)};
    if (delay <= 0)
        push(item);
    else
        timer(item, delay);
}

void Manager::drop(Store& store)
{
    for (auto at = m_sources.begin(); at != m_sources.end();) {
        if (at->first.first == &store) {
            at->second->subscription->cancel();
            at = m_sources.erase(at);
        } else {
            ++at;
        }
    }
    std::set<const Controller*> gone;
    for (auto at = m_controllers.begin(); at != m_controllers.end();) {
        if (at->store == &store) {
            gone.insert(at->controller.get());
            m_dropped.push_back(std::move(at->controller));
            at = m_controllers.erase(at);
        } else {
            ++at;
        }
    }
    const auto isGone = [&](const Item& item) { return gone.count(item.controller) != 0; };
    m_queue.erase(std::remove_if(m_queue.begin(), m_queue.end(), isGone), m_queue.end());
    for (auto at = m_queued.begin(); at != m_queued.end();)
        at = isGone(*at) ? m_queued.erase(at) : std::next(at);
    for (auto at = m_timerOf.begin(); at != m_timerOf.end();) {
        if (isGone(at->first)) {
            m_timers.erase(at->second);
            at = m_timerOf.erase(at);
        } else {
            ++at;
        }
    }
    for (auto& [key, source] : m_sources) {
        auto& targets = source->targets;
        targets.erase(std::remove_if(targets.begin(), targets.end(),
                                     [&](const auto& target) { return gone.count(target.first) != 0; }),
                      targets.end());
    }
}

void Manager::tell(const Source& source, const StoreEvent& event)
{
    for (const auto& [controller, map] : source.targets) {
        Controller* const target = controller;
        map(event, [this, target](Key key) { push({target, std::move(key)}); });
    }
}

void Manager::read(Source& source)
{
    constexpr std::size_t chunk = 512;
    for (;;) {
        std::uint64_t upTo = source.after;
        const auto events = source.store->since(*source.kind, source.after, chunk, &upTo);
        if (!events) {
            // Fell out of the window, as an informer does: look at everything there is.
            for (const ObjectPtr& object : source.store->list(*source.kind, {}, &source.after))
                tell(source, {object->revision, EventType::Modified, object, nullptr});
            return;
        }
        source.after = upTo;
        for (const StoreEvent& event : *events)
            tell(source, event);
        if (events->size() < chunk)
            return;
    }
}

void Manager::run()
{
    std::unique_lock lock(m_mutex);
    while (!m_stop) {
        const auto posted = std::move(m_posted);
        const auto dirty = std::move(m_dirty);
        m_posted.clear();
        m_dirty.clear();
        for (const auto& weak : dirty) {
            if (const auto source = weak.lock())
                source->dirty = false;
        }
        lock.unlock();
        for (const auto& work : posted)
            work();
        for (const auto& weak : dirty) {
            if (const auto source = weak.lock())
                read(*source);
        }
        const double now = m_clock.now();
        while (!m_timers.empty() && m_timers.begin()->first <= now) {
            const Item item = m_timers.begin()->second;
            m_timerOf.erase(item);
            m_timers.erase(m_timers.begin());
            push(item);
        }
        if (!m_queue.empty()) {
            const Item item = std::move(m_queue.front());
            m_queue.pop_front();
            m_queued.erase(item);
            timer(item, Controller::kOnChange);
            double again = 5;
            try {
                again = item.controller->reconcile(item.key);
            } catch (const nlohmann::json::exception&) {
                // A client may write nonsense into an object; its controller tries again later, like
                // upstream's.
            }
            const bool dropped = std::any_of(m_dropped.begin(), m_dropped.end(), [&](const auto& controller) {
                return controller.get() == item.controller;
            });
            if (again >= 0 && !dropped)
                timer(item, std::max(again, kLeastDelay));
            m_dropped.clear();
            lock.lock();
            continue;
        }
        const double next = m_timers.empty() ? -1 : m_timers.begin()->first;
        lock.lock();
        if (m_stop || !m_posted.empty() || !m_dirty.empty())
            continue;
        if (m_stepTo >= 0) {
            const bool more = next >= 0 && next <= m_stepTo;
            m_clock.advanceTo(more ? next : m_stepTo);
            if (!more)
                m_stepTo = -1;
            continue;
        }
        m_idle = true;
        m_idleChanged.notify_all();
        const auto ready = [this] {
            return m_stop || !m_posted.empty() || !m_dirty.empty() || m_stepTo >= 0;
        };
        m_changed.wait_for(lock, next < 0 ? std::chrono::hours(1) : m_clock.until(next), ready);
        m_idle = false;
    }
    m_idleChanged.notify_all();
}

} // namespace strata::demosite
