// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/store.h"
#include "core/demosite/controllers/clock.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace strata::demosite {

struct Key {
    std::string ns;
    std::string name;
    bool operator<(const Key& other) const { return ns != other.ns ? ns < other.ns : name < other.name; }
};

// Brings objects nearer to what is wanted, one at a time, as a controller-runtime reconciler does: it is told
// which object to look at and nothing of what happened, so that it must cope with any state it finds. Works
// through the store's interface only.
class Controller {
public:
    virtual ~Controller() = default;
    // After how many seconds of the site's time to look at this object again though nothing changes.
    static constexpr double kOnChange = -1;
    // The earlier of two times to wait; kOnChange is none.
    static double earlier(double a, double b) { return a < 0 ? b : b < 0 ? a : std::min(a, b); }
    virtual double reconcile(const Key& key) = 0;
};

// Runs a site's controllers on one thread: changes of objects become keys in a work queue, each key once;
// without changes and due timers the thread sleeps.
class Manager {
public:
    using Enqueue = std::function<void(Key)>;
    // Which objects of a controller a changed object concerns.
    using Map = std::function<void(const StoreEvent& event, const Enqueue& enqueue)>;

    explicit Manager(SiteClock& clock);
    ~Manager();
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    // From any thread.
    void start();
    void stop();                           // joins; no controller runs after it
    void post(std::function<void()> work); // to the controllers' thread
    void clockChanged();
    // Everything that is due in the next `seconds` of the site's time happens now, in its order.
    void step(double seconds);
    // Until nothing is left to do before time goes on and all steps are done; false when that takes longer.
    bool waitIdle(std::chrono::milliseconds longest);

    // On the controllers' thread, or before start().
    Controller& add(Store& store, std::unique_ptr<Controller> controller); // goes with drop(store)
    void watch(Store& store, const Kind& kind, Controller& controller, Map map = {});
    // The same from within a map, where sources are being read.
    void watchLater(Store& store, const Kind& kind, Controller& controller, Map map);
    void enqueue(Controller& controller, Key key, double delay = 0);
    void drop(Store& store); // its controllers and watches

private:
    struct Item {
        Controller* controller;
        Key key;
        bool operator<(const Item& other) const
        {
            return controller != other.controller ? std::less<>()(controller, other.controller)
                                                  : key < other.key;
        }
    };
    struct Source {
        Store* store = nullptr;
        const Kind* kind = nullptr;
        std::uint64_t after = 0;
        bool dirty = false; // m_mutex
        std::shared_ptr<Store::Subscription> subscription;
        std::vector<std::pair<Controller*, Map>> targets;
    };
    struct Owned {
        Store* store;
        std::unique_ptr<Controller> controller;
    };

    void run();
    void read(Source& source);
    void tell(const Source& source, const StoreEvent& event);
    void push(const Item& item);
    void timer(const Item& item, double delay);

    SiteClock& m_clock;
    std::map<std::pair<const Store*, const Kind*>, std::shared_ptr<Source>> m_sources;
    std::vector<Owned> m_controllers;
    std::vector<std::unique_ptr<Controller>> m_dropped; // until the current one is done
    std::deque<Item> m_queue;
    std::set<Item> m_queued;
    std::multimap<double, Item> m_timers;
    std::map<Item, std::multimap<double, Item>::iterator> m_timerOf;

    std::mutex m_mutex; // below
    std::condition_variable m_changed;
    std::condition_variable m_idleChanged;
    std::vector<std::function<void()>> m_posted;
    std::vector<std::weak_ptr<Source>> m_dirty;
    double m_stepTo = -1;
    bool m_idle = false;
    bool m_stop = false;
    std::thread m_thread;
};

} // namespace strata::demosite
