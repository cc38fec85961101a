// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/site/plan.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace strata::demosite {

// One thing that makes a cluster live. Works through the store's interface only, as a controller does through
// an API server; runs on the life's thread.
class Controller {
public:
    virtual ~Controller() = default;
    // `seconds` is the demo's time, which runs `speed` times as fast as the wall clock's.
    virtual void tick(double seconds) = 0;
};

// The controllers of a site and the thread they run on. Controllers that answer to what clients do (garbage
// collection, namespaces, deployments) always run; those that make things happen by themselves only with
// `spontaneous`.
class Life {
public:
    Life(std::shared_ptr<SitePlan> plan, std::shared_ptr<Cluster> outer,
         std::vector<std::shared_ptr<Cluster>> tenants, bool spontaneous, double speed);
    ~Life();

    void start();
    void stop();                  // joins; no controller runs after it
    void adopt(Cluster& cluster); // its store has just been filled; from any thread

private:
    void run();
    void equip(Cluster& cluster);

    std::shared_ptr<SitePlan> m_plan;
    std::shared_ptr<Cluster> m_outer;
    std::vector<std::shared_ptr<Cluster>> m_tenants;
    bool m_spontaneous;
    double m_speed;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<Cluster*> m_arrived;
    bool m_stop = false;
    std::vector<std::unique_ptr<Controller>> m_controllers;
    std::thread m_thread;
};

std::unique_ptr<Controller> makeGarbageCollector(Store& store);
std::unique_ptr<Controller> makeNamespaceController(Store& store);
std::unique_ptr<Controller>
makeDeploymentController(Store& store); // Deployment → ReplicaSet → Pods, and their start
std::unique_ptr<Controller> makeHeartbeat(Store& store);
std::unique_ptr<Controller> makeChurn(Store& store);
std::unique_ptr<Controller> makeBoot(std::shared_ptr<SitePlan> plan, std::size_t vm, Store& outer,
                                     Cluster& tenant);

} // namespace strata::demosite
