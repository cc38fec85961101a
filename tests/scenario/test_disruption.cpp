// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/deletion.h"
#include "core/provision/tenantaccess.h"
#include "tests/scenario/livesite.h"

#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace strata;
using namespace strata::stack;
using actions::Action;
using provision::RunState;
using strata::test::LiveSite;
using strata::test::Run;

namespace {

constexpr const char* kApps = "/apis/apps/v1/namespaces/default/deployments";

kube::Request write(const char* method, std::string path, std::string body,
                    const char* type = "application/json")
{
    kube::Request request;
    request.method = method;
    request.path = std::move(path);
    request.contentType = type;
    request.body = std::move(body);
    return request;
}

actions::Request ask(Action action, ItemId item)
{
    actions::Request request;
    request.action = action;
    request.items = {item};
    request.now = systemNow();
    return request;
}

} // namespace

// What hurts others: upgrades under a disruption budget, drains that block, deletions that hang.
class TestDisruption : public QObject {
    Q_OBJECT

    std::unique_ptr<LiveSite> m_site;

    std::string carryOut(const actions::Request& request, const std::function<void()>& meanwhile = {})
    {
        const auto draft = m_site->draft(request);
        if (!draft)
            return draft.error().text + " " + draft.error().detail;
        Run run(m_site->client(), *draft->plan);
        const bool ended = m_site->until(
            [&] {
                if (meanwhile)
                    meanwhile();
                return run.over();
            },
            3 * LiveSite::kLongMs);
        return ended && run.report().state == RunState::Done ? std::string() : run.words();
    }

private Q_SLOTS:
    void initTestCase()
    {
        demosite::Options options;
        options.speed = 200;
        m_site = std::make_unique<LiveSite>(options);
        QVERIFY(m_site->started());
        QVERIFY(m_site->settled());
    }
    void cleanupTestCase() { m_site.reset(); }

    // Three control plane machines and three workers, all made anew, one at a time; three pods of which two
    // must be there at any moment.
    void anUpgradeHoldsTheBudget()
    {
        // The demo site's machines are large; six of them and one more find no room.
        const ItemId plane = m_site->find(Tree::Tenants, [this](const Item& item) {
            const ControlPlaneFact* fact = m_site->stack().facts(item.id).controlPlane;
            return item.kind == ItemKind::ControlPlane && fact != nullptr && fact->clusterName == "slate";
        });
        const ItemId pool = m_site->named(ItemKind::WorkerPool, "slate-md-0");
        QVERIFY(plane && pool);
        for (const ItemId group : {plane, pool}) {
            actions::Request smaller = ask(Action::ResizeMachines, group);
            smaller.values = {{actions::kMemory, "8Gi"}, {actions::kCpus, "2"}};
            const std::string wrong = carryOut(smaller);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
        for (const auto& [group, action] :
             {std::pair(plane, Action::ScaleControlPlane), std::pair(pool, Action::ScalePool)}) {
            actions::Request scale = ask(action, group);
            scale.replicas = 3;
            const std::string wrong = carryOut(scale);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }

        // The tenant's own API.
        std::promise<Result<Secret>> promise;
        auto answer = promise.get_future();
        const auto outer = m_site->client();
        const provision::KubeconfigFetch fetch(outer, "slate", "slate", [&promise](Result<Secret> secret) {
            promise.set_value(std::move(secret));
        });
        const auto secret = answer.get();
        QVERIFY(secret);
        const auto config = provision::tenantConfig(*secret, "slate", "slate");
        QVERIFY(config);
        const auto inner = kube::Client::create(outer->network(), *config);
        QVERIFY(LiveSite::send(
            inner,
            write(
                "POST", kApps,
                R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"shop"},"spec":{"replicas":3,
                     "selector":{"matchLabels":{"app":"shop"}},"template":{"metadata":{"labels":{"app":"shop"}},
                     "spec":{"containers":[{"name":"shop","image":"shop:1"}]}}}})")));
        QVERIFY(LiveSite::send(
            inner, write("POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
                         R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"shop"},
                            "spec":{"minAvailable":2,"selector":{"matchLabels":{"app":"shop"}}}})")));
        // Its pods are counted by themselves: what a controller sums up may lag behind.
        const auto ready = [&]() -> int {
            kube::Request list;
            list.path = "/api/v1/namespaces/default/pods";
            list.query = "labelSelector=app%3Dshop";
            const auto got = LiveSite::send(inner, list);
            if (!got)
                return -1; // its API moves to another machine
            const provision::Json all = provision::Json::parse(got->body, nullptr, false);
            int count = 0;
            for (const provision::Json& pod : all["items"]) {
                if (pod["metadata"].contains("deletionTimestamp") || !pod["status"].contains("conditions"))
                    continue;
                for (const provision::Json& condition : pod["status"]["conditions"])
                    count += condition.value("type", "") == "Ready" && condition.value("status", "") == "True"
                                 ? 1
                                 : 0;
            }
            return count;
        };
        QVERIFY(m_site->until([&] { return ready() == 3; }));

        actions::Request upgrade =
            ask(Action::UpgradeCluster, m_site->named(ItemKind::TenantCluster, "slate"));
        upgrade.version = "v1.34.1";
        int least = 3;
        int looks = 0;
        const std::string wrong = carryOut(upgrade, [&] {
            const int now = ready();
            if (now >= 0) {
                least = std::min(least, now);
                ++looks;
            }
        });
        QVERIFY2(wrong.empty(), wrong.c_str());
        QVERIFY2(least >= 2, qPrintable(QStringLiteral("only %1 were ready").arg(least)));
        QVERIFY(looks > 10);
        QVERIFY(m_site->until([&] {
            const MachineDeploymentFact* after =
                m_site->stack().facts(m_site->named(ItemKind::WorkerPool, "slate-md-0")).machineDeployment;
            return after != nullptr && after->version == "v1.34.1" && after->readyReplicas == 3;
        }));
    }

    // Somebody's program holds a machine's infrastructure by a finalizer and is gone: who, what, since when,
    // what next.
    void aStuckDeletionIsExplained()
    {
        const ItemId machine = m_site->find(Tree::Tenants, [this](const Item& item) {
            return item.kind == ItemKind::Machine && item.tenant == "slate" &&
                   m_site->stack().facts(item.id).kubevirtMachine != nullptr &&
                   !m_site->stack().facts(item.id).machine->controlPlane;
        });
        QVERIFY(machine);
        const KubevirtMachineFact held = *m_site->stack().facts(machine).kubevirtMachine;
        const std::string path = "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/namespaces/" + held.meta.ns +
                                 "/kubevirtmachines/" + held.meta.name;
        kube::Request read;
        read.path = path;
        const auto before = m_site->send(read);
        QVERIFY(before);
        provision::Json finalizers = provision::Json::parse(before->body, nullptr, false)["metadata"].value(
            "finalizers", provision::Json::array());
        finalizers.push_back("backup.example.com/hold");
        const auto set = [&](const provision::Json& list) {
            const provision::Json patch = {{"metadata", {{"finalizers", list}}}};
            return m_site->send(write("PATCH", path, patch.dump(), "application/merge-patch+json"))
                .has_value();
        };
        QVERIFY(set(finalizers));

        const auto draft =
            m_site->draft(ask(Action::DeleteCluster, m_site->named(ItemKind::TenantCluster, "slate")));
        QVERIFY(draft && draft->plan);
        QCOMPARE(draft->typed, std::string("slate"));
        Run run(m_site->client(), *draft->plan);
        const std::vector<actions::Question> questions =
            actions::deletionQuestions("cluster.x-k8s.io/v1beta2", "slate", "slate");
        const auto picture = [&] {
            std::promise<Result<actions::Answers>> promise;
            auto answer = promise.get_future();
            const auto reading = actions::Reading::start(
                m_site->client(), {}, {}, questions, {},
                [&promise](Result<actions::Answers> got) { promise.set_value(std::move(got)); });
            const auto got = answer.get();
            return got ? actions::deletionOf(questions, *got, systemNow() + 3'600'000)
                       : actions::DeletionPicture();
        };
        actions::DeletionPicture now;
        const actions::Remnant* holder = nullptr;
        QVERIFY(m_site->until([&] {
            now = picture();
            holder = nullptr;
            int ends = 0;
            for (const actions::Remnant& each : now.remnants) {
                ends += each.holds ? 1 : 0;
                if (each.holds && each.kind == "KubevirtMachine")
                    holder = &each;
            }
            return holder != nullptr && ends == 1; // all others have gone
        }));
        QVERIFY(now.deleting);
        QCOMPARE(holder->name, held.meta.name);
        QVERIFY(holder->stuck);
        QVERIFY(holder->deletingSince > 0);
        QVERIFY2(holder->words.find("backup.example.com/hold") != std::string::npos, holder->words.c_str());
        QVERIFY2(holder->step.find("only when it is gone for good") != std::string::npos,
                 holder->step.c_str());
        QVERIFY(!run.over());
        // The operator knows that program is gone.
        finalizers.erase(finalizers.size() - 1);
        const auto later = m_site->send(read);
        QVERIFY(later);
        provision::Json left = provision::Json::parse(later->body, nullptr, false)["metadata"].value(
            "finalizers", provision::Json::array());
        left.erase(std::remove(left.begin(), left.end(), provision::Json("backup.example.com/hold")),
                   left.end());
        QVERIFY(set(left));
        QVERIFY(m_site->until([&] { return run.over(); }));
        QVERIFY2(run.report().state == RunState::Done, run.words().c_str());
        QVERIFY(picture().gone);
    }

    // A VM that cannot be moved keeps its node from being emptied: said before, seen while, taken back.
    void aDrainThatBlocksIsCancelled()
    {
        const ItemId vm = m_site->find(Tree::Stack, [this](const Item& item) {
            const VmiFact* vmi = m_site->stack().facts(item.id).vmi;
            return item.kind == ItemKind::Vm && vmi != nullptr && vmi->phase == "Running" &&
                   !vmi->nodeName.empty() && vmi->migrationTarget.empty();
        });
        QVERIFY(vm);
        const VmiFact guest = *m_site->stack().facts(vm).vmi;
        const std::string path = "/apis/kubevirt.io/v1/namespaces/" + guest.meta.ns +
                                 "/virtualmachineinstances/" + guest.meta.name;
        // Its disk is not shared, and it must be moved live.
        kube::Request read;
        read.path = path;
        const auto before = m_site->send(read);
        QVERIFY(before);
        provision::Json conditions = provision::Json::parse(before->body, nullptr, false)["status"].value(
            "conditions", provision::Json::array());
        conditions.erase(
            std::remove_if(conditions.begin(), conditions.end(),
                           [](const provision::Json& each) { return each["type"] == "LiveMigratable"; }),
            conditions.end());
        conditions.push_back({{"type", "LiveMigratable"},
                              {"status", "False"},
                              {"reason", "DisksNotLiveMigratable"},
                              {"message", "cannot migrate VMI: PVC root is not shared"}});
        const provision::Json patch = {{"spec", {{"evictionStrategy", "LiveMigrate"}}},
                                       {"status", {{"conditions", conditions}}}};
        const auto wrote = m_site->send(write("PATCH", path, patch.dump(), "application/merge-patch+json"));
        QVERIFY2(wrote, wrote ? "" : (wrote.error().text + wrote.error().detail).c_str());
        QVERIFY(m_site->until([&] {
            const VmiFact* now = m_site->stack().facts(vm).vmi;
            return now != nullptr && now->evictionStrategy == "LiveMigrate";
        }));

        const ItemId node = m_site->named(ItemKind::OuterNode, guest.nodeName);
        QVERIFY(node);
        const auto draft = m_site->draft(ask(Action::DrainNode, node));
        QVERIFY2(draft && draft->plan, draft ? "" : draft.error().text.c_str());
        QVERIFY(!draft->fates.empty());
        QCOMPARE(draft->fates.front().fate, diagnosis::Fate::Blocks); // the worst first
        QVERIFY2(draft->fates.front().why.find("not shared") != std::string::npos,
                 draft->fates.front().why.c_str());
        Run run(m_site->client(), *draft->plan);
        QVERIFY(m_site->until(
            [&] { return run.waits() && run.evidence().find(guest.meta.name) != std::string::npos; }));
        run.cancel();
        QVERIFY(m_site->until([&] { return run.over(); }));
        QCOMPARE(run.report().state, RunState::Cancelled);
        run.undo();
        QVERIFY(m_site->until([&] { return run.report().state == RunState::Undone; }));
        QVERIFY(m_site->until([&] {
            const KubeNodeFact* now = m_site->stack().facts(node).outerNode;
            const VmiFact* still = m_site->stack().facts(vm).vmi;
            return now != nullptr && !now->unschedulable && still != nullptr &&
                   still->nodeName == guest.nodeName;
        }));
    }
};

QTEST_GUILESS_MAIN(TestDisruption)
#include "test_disruption.moc"
