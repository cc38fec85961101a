// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/life/life.h"

#include <algorithm>
#include <chrono>

namespace strata::demosite {

Life::Life(std::shared_ptr<SitePlan> plan, std::shared_ptr<Cluster> outer,
           std::vector<std::shared_ptr<Cluster>> tenants, bool spontaneous, double speed)
    : m_plan(std::move(plan)), m_outer(std::move(outer)), m_tenants(std::move(tenants)),
      m_spontaneous(spontaneous), m_speed(std::clamp(speed, 0.01, 1000.0))
{}

Life::~Life()
{
    stop();
}

void Life::start()
{
    m_thread = std::thread([this] { run(); });
}

void Life::stop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    m_changed.notify_all();
    if (m_thread.joinable())
        m_thread.join();
}

void Life::adopt(Cluster& cluster)
{
    const std::lock_guard lock(m_mutex);
    m_arrived.push_back(&cluster);
}

void Life::equip(Cluster& cluster)
{
    Store& store = cluster.store();
    m_controllers.push_back(makeGarbageCollector(store));
    m_controllers.push_back(makeNamespaceController(store));
    m_controllers.push_back(makeDeploymentController(store));
    if (!m_spontaneous)
        return;
    m_controllers.push_back(makeHeartbeat(store));
    if (!cluster.settings().outer)
        m_controllers.push_back(makeChurn(store));
    if (!cluster.settings().outer)
        return;
    for (std::size_t i = 0; i < m_plan->vms.size(); ++i) {
        if (m_plan->vms[i].state == VmState::Booting)
            m_controllers.push_back(makeBoot(m_plan, i, store, *m_tenants[m_plan->vms[i].tenant]));
    }
}

void Life::run()
{
    using SteadyClock = std::chrono::steady_clock;
    const auto started = SteadyClock::now();
    // Clients wait for what reactive controllers do, so the beat is short at any speed.
    const auto beat = std::chrono::milliseconds(std::clamp<long>(static_cast<long>(250 / m_speed), 20, 250));
    std::unique_lock lock(m_mutex);
    while (!m_stop) {
        const std::vector<Cluster*> arrived = std::move(m_arrived);
        m_arrived.clear();
        lock.unlock();
        for (Cluster* cluster : arrived)
            equip(*cluster);
        const double seconds = std::chrono::duration<double>(SteadyClock::now() - started).count() * m_speed;
        for (const auto& controller : m_controllers)
            controller->tick(seconds);
        lock.lock();
        m_changed.wait_for(lock, beat, [this] { return m_stop; });
    }
}

} // namespace strata::demosite
