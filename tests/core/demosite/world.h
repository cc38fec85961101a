// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/handler.h"
#include "core/demosite/controllers/controllers.h"
#include "core/demosite/site/write.h"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace strata::demosite {

// The small site with its controllers and without a network. Its clock stands still; time passes in steps, as
// fast as the controllers can work, and the time they write into objects passes with it.
class World : private Tenants {
public:
    explicit World(bool life = true, std::uint32_t seed = 1, UnixMs now = systemNow())
        : m_life(life), m_started(now)
    {
        m_clock.setPaused(true);
        m_clock.advanceTo(1); // a round number: delays add up to the same sums in each run
        m_plan = std::make_shared<SitePlan>(makePlan(Size::Small, seed, now));
        unsigned short port = 20000;
        for (TenantPlan& tenant : m_plan->tenants) {
            tenant.port = port++;
            tenant.kubeconfig = "kubeconfig of " + tenant.name;
            const auto index = static_cast<std::size_t>(&tenant - m_plan->tenants.data());
            Cluster::Settings settings;
            settings.fill = [plan = m_plan, index](Store& store) { writeInner(store, *plan, index); };
            add({tenant.name, tenant.name}, std::move(settings), m_plan->innerVersion);
            m_access[{tenant.name, tenant.name}] = {tenant.port, "ca", tenant.kubeconfig};
        }
        Cluster::Settings settings;
        settings.fill = [plan = m_plan](Store& store) { writeOuter(store, *plan); };
        settings.version = m_plan->version;
        settings.seed = m_plan->seedFor("cluster/outer");
        m_outer = std::make_shared<Cluster>(std::move(settings), clock());
        m_handler = std::make_unique<ApiHandler>(m_outer);
        m_site = std::make_unique<Site>(m_outer->store(), m_clock, m_manager, static_cast<Tenants&>(*this));
        equipOuter(*m_site, life);
        m_manager.start();
    }
    ~World() override { m_manager.stop(); }

    Store& outer() { return m_outer->store(); }
    Store& inner(const std::string& name) { return m_clusters.at({name, name})->store(); }
    bool hasInner(const std::string& name) const { return m_clusters.count({name, name}) != 0; }
    Cluster& innerCluster(const std::string& name) { return *m_clusters.at({name, name}); }
    const SitePlan& plan() const { return *m_plan; }
    Site& site() { return *m_site; }

    bool step(double seconds)
    {
        m_manager.step(seconds);
        return m_manager.waitIdle(std::chrono::minutes(4));
    }
    // On the controllers' thread; returns when that and all that follows at once is done.
    void post(std::function<void()> work)
    {
        m_manager.post(std::move(work));
        m_manager.waitIdle(std::chrono::minutes(4));
    }

    // One request as a client of the outer cluster sends it.
    HttpAnswer send(const char* method, const std::string& target, const std::string& body = {},
                    const std::string& type = "application/yaml")
    {
        HttpRequest request;
        request.method = method;
        parseTarget(target, request);
        request.body = body;
        request.contentType = type;
        request.identity.known = true;
        request.identity.user = "kubernetes-admin";
        request.identity.groups = {"system:masters"};
        return m_handler->handle(request);
    }
    HttpAnswer get(const std::string& target, const std::string& accept)
    {
        HttpRequest request;
        request.method = "GET";
        parseTarget(target, request);
        request.accept = accept;
        request.identity.known = true;
        request.identity.user = "kubernetes-admin";
        request.identity.groups = {"system:masters"};
        return m_handler->handle(request);
    }
    Json get(const std::string& resource, const std::string& ns, const std::string& name)
    {
        return read(outer(), kindOf(resource), ns, name);
    }

    // The changes of one object's conditions since `after`, in order: "Type=Status(Reason)".
    std::vector<std::string> history(const Kind& kind, const std::string& name, std::uint64_t after)
    {
        std::vector<std::string> out;
        std::map<std::string, std::string> last;
        const auto events = outer().since(kind, after, 100000);
        if (!events)
            return {"out of the window"};
        for (const StoreEvent& event : *events) {
            if (event.object->name.rfind(name, 0) != 0)
                continue;
            const Json body = parseOwn(event.object->body);
            const Json* all = demosite::find(body, "status.conditions");
            if (all == nullptr)
                continue;
            for (const Json& condition : *all) {
                const std::string reason = text(condition, "reason");
                const std::string now =
                    text(condition, "status") + (reason.empty() ? "" : "(" + reason + ")");
                std::string& before = last[event.object->name + "/" + text(condition, "type")];
                if (before != now)
                    out.push_back(text(condition, "type") + "=" + now);
                before = now;
            }
        }
        return out;
    }

private:
    Clock clock()
    {
        return [this] { return m_started + static_cast<UnixMs>(m_clock.now() * 1000); };
    }
    void add(const Key& key, Cluster::Settings settings, const std::string& version)
    {
        settings.name = key.name;
        settings.version = version;
        settings.outer = false;
        settings.onFilled = [this](Cluster& filled) { m_manager.post([this, &filled] { adopt(filled); }); };
        settings.seed = m_plan->seedFor("cluster/" + key.name);
        m_clusters[key] = std::make_shared<Cluster>(std::move(settings), clock());
    }
    void adopt(Cluster& cluster)
    {
        for (const auto& [key, each] : m_clusters) {
            if (each.get() != &cluster || !m_adopted.insert(key).second)
                continue;
            m_keys[&cluster.store()] = key;
            equipTenant(*m_site, cluster, m_life);
        }
    }
    const Access* reserve(const Key& key) override
    {
        const auto [access, isNew] = m_access.emplace(key, Access{});
        if (isNew)
            access->second = {static_cast<unsigned short>(21000 + m_access.size()), "ca",
                              "kubeconfig of " + key.name};
        return &access->second;
    }
    void serve(const Key& key, const std::string& version) override
    {
        if (m_clusters.count(key) == 0)
            add(key, {}, version);
        (void)find(key);
    }
    void answer(const Key& key, bool answers) override
    {
        if (answers)
            m_silent.erase(key);
        else
            m_silent.insert(key);
    }
    void expire(const Key& key, bool expired) override { answer(key, !expired); }
    void close(const Key& key) override
    {
        const auto found = m_clusters.find(key);
        if (found == m_clusters.end())
            return;
        m_manager.drop(found->second->store());
        m_keys.erase(&found->second->store());
        m_adopted.erase(key);
        m_closed.push_back(found->second);
        m_clusters.erase(found);
    }
    Cluster* find(const Key& key) override
    {
        const auto found = m_clusters.find(key);
        if (found == m_clusters.end())
            return nullptr;
        (void)found->second->store();
        adopt(*found->second);
        return m_silent.count(key) == 0 ? found->second.get() : nullptr;
    }
    const Key* of(const Store& store) override
    {
        const auto found = m_keys.find(&store);
        return found == m_keys.end() ? nullptr : &found->second;
    }

    bool m_life;
    UnixMs m_started;
    std::shared_ptr<SitePlan> m_plan;
    std::map<Key, std::shared_ptr<Cluster>> m_clusters;
    std::vector<std::shared_ptr<Cluster>> m_closed;
    std::map<Key, Access> m_access;
    std::map<const Store*, Key> m_keys;
    std::set<Key> m_adopted;
    std::set<Key> m_silent;
    std::shared_ptr<Cluster> m_outer;
    std::unique_ptr<ApiHandler> m_handler;
    std::unique_ptr<Site> m_site;
    SiteClock m_clock{1};
    Manager m_manager{m_clock};
};

} // namespace strata::demosite
