// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"
#include "core/demosite/controllers/faults.h"
#include "tests/core/demosite/manifests.h"
#include "tests/core/demosite/world.h"

#include <QtTest>

using namespace strata;
using namespace strata::demosite;

namespace {

constexpr UnixMs kStart = 1'795'000'000'000;
const char* const kMerge = "application/merge-patch+json";

// Everything that was ever written into a site's stores, in its order.
class Log {
public:
    void read(const std::string& cluster, Store& store)
    {
        std::vector<std::pair<std::uint64_t, std::string>> fresh;
        for (const Kind* kind : store.kinds()) {
            std::uint64_t& after = m_after[{cluster, kind}];
            for (;;) {
                std::uint64_t upTo = after;
                const auto events = store.since(*kind, after, 100'000, &upTo);
                if (!events) { // what was there at first is no event
                    after = store.revision();
                    break;
                }
                for (const StoreEvent& event : *events)
                    fresh.emplace_back(event.revision, cluster + " " + std::to_string(event.revision) + " " +
                                                           std::to_string(int(event.type)) + " " +
                                                           std::string(kind->kind) + " " + event.object->ns +
                                                           "/" + event.object->name + " " +
                                                           event.object->body);
                after = upTo;
                if (events->empty())
                    break;
            }
        }
        std::sort(fresh.begin(), fresh.end());
        for (auto& [revision, line] : fresh)
            lines.push_back(std::move(line));
    }
    std::vector<std::string> lines;

private:
    std::map<std::pair<std::string, const Kind*>, std::uint64_t> m_after;
};

// Some minutes of a site's life with all that moves in one: a cluster comes, is scaled, rolled and loses a
// machine; guests move, pods of the platform restart, a host dies and comes back.
std::vector<std::string> life(std::uint32_t seed, int steps)
{
    World world(true, seed, kStart);
    Faults faults(world.site());
    Log log;
    const auto pass = [&](double seconds) {
        if (!world.step(seconds))
            log.lines.emplace_back("it does not come to rest");
        log.read("outer", world.outer());
        for (const TenantPlan& tenant : world.plan().tenants)
            log.read(tenant.name, world.inner(tenant.name));
        if (world.hasInner("t1"))
            log.read("t1", world.inner("t1"));
    };
    world.post([] {});
    for (const TenantPlan& tenant : world.plan().tenants) { // whoever asks first fills them
        (void)world.inner(tenant.name);
        world.post([] {});
    }
    world.post([&] { addChurn(world.site(), world.outer(), 20); });
    pass(1);
    for (const auto& [path, manifest] : manifests(false, 1, 2, true)) {
        (void)world.send("POST", path, manifest);
        world.post([] {});
    }
    const std::string pool = "/apis/cluster.x-k8s.io/v1beta2/namespaces/t1/machinedeployments/t1-md";
    for (int i = 0; i < steps; ++i) {
        if (i == steps * 2 / 5)
            (void)world.send("PATCH", pool, R"({"spec":{"replicas":3}})", kMerge);
        if (i == steps / 2)
            world.post([&] { faults.set("host-dies", true); });
        if (i == steps * 3 / 5) {
            (void)world.send(
                "POST",
                "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/namespaces/t1/kubevirtmachinetemplates",
                machineTemplate("t1-md-v2"));
            (void)world.send("PATCH", pool,
                             R"({"spec":{"template":{"spec":{"infrastructureRef":{"name":"t1-md-v2"}}}}})",
                             kMerge);
        }
        if (i == steps * 4 / 5)
            world.post([&] { faults.set("host-dies", false); });
        world.post([] {});
        pass(20);
    }
    return log.lines;
}

} // namespace

// A seeded run repeats exactly: the same objects by the same names and uids are written in the same order
// with the same words and times, whatever else the machine does meanwhile.
class TestRepeat : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSeededRunRepeatsExactly()
    {
        const std::vector<std::string> one = life(7, 45); // 15 minutes
        QVERIFY2(one.size() > 3000, qPrintable(QString::number(one.size())));
        const std::vector<std::string> two = life(7, 45);
        for (std::size_t i = 0; i < std::min(one.size(), two.size()); ++i) {
            if (one[i] == two[i])
                continue;
            for (std::size_t back = i > 3 ? i - 3 : 0; back < i; ++back)
                qWarning("  %.300s", one[back].c_str());
            qWarning("< %s", one[i].c_str());
            qWarning("> %s", two[i].c_str());
            QFAIL(qPrintable(QStringLiteral("line %1 of %2 differs").arg(i).arg(one.size())));
        }
        QCOMPARE(two.size(), one.size());
    }

    void anotherSeedIsAnotherRun()
    {
        const std::vector<std::string> one = life(7, 3);
        const std::vector<std::string> two = life(8, 3);
        QVERIFY(one != two);
    }
};

QTEST_GUILESS_MAIN(TestRepeat)
#include "test_repeat.moc"
