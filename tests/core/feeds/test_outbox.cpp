// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/outbox.h"

#include <QtTest>

#include <atomic>
#include <map>
#include <thread>

using namespace strata;
using namespace strata::feeds;
using namespace strata::stack;

namespace {

SourceState source(SourceId id)
{
    SourceState state;
    state.id = id;
    return state;
}

FactPtr pod(unsigned restarts)
{
    PodFact fact;
    fact.restarts = restarts;
    return makeFact(fact);
}

} // namespace

class TestOutbox : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void coalesces()
    {
        Outbox box;
        box.put(source(1), false);
        for (unsigned i = 0; i < 10; ++i)
            box.put({1, FactKind::Pod, "n/a"}, pod(i));
        box.put({1, FactKind::Pod, "n/b"}, pod(1));
        box.put({1, FactKind::Pod, "n/b"}, nullptr);
        box.put(source(1), true);
        const Batch batch = box.take();
        QCOMPARE(batch.sources.size(), std::size_t(1));
        QCOMPARE(batch.facts.size(), std::size_t(2));
        QCOMPARE(batch.facts[0].key.name, std::string("n/a"));
        QCOMPARE(batch.facts[0].fact->as<PodFact>()->restarts, 9U);
        QVERIFY(batch.facts[1].fact == nullptr);
        QVERIFY(box.take().empty());
        QVERIFY(box.settled());
    }

    void wakesOncePerTake()
    {
        Outbox box;
        int calls = 0;
        box.setWakeup([&] { ++calls; });
        QCOMPARE(calls, 0);
        box.put(source(1), false);
        box.put({1, FactKind::Pod, "n/a"}, pod(1));
        box.put(source(1), false);
        QCOMPARE(calls, 1);
        box.take();
        box.put({1, FactKind::Pod, "n/a"}, pod(2));
        QCOMPARE(calls, 2);
        // Whoever comes late learns of what waits.
        int later = 0;
        box.setWakeup([&] { ++later; });
        QCOMPARE(later, 1);
        box.take();
        box.remove(1);
        QCOMPARE(later, 2);
    }

    void removal()
    {
        Outbox box;
        box.put(source(1), false);
        box.put(source(2), true);
        box.put({1, FactKind::Pod, "n/a"}, pod(1));
        box.put({2, FactKind::Pod, "n/b"}, pod(1));
        QVERIFY(!box.settled());
        box.remove(1);
        QVERIFY(box.settled());
        box.put({1, FactKind::Pod, "n/late"}, pod(1)); // from a feed that has not heard of it yet
        box.put({2, FactKind::Pod, "n/b"}, pod(2));
        const Batch batch = box.take();
        QCOMPARE(batch.sources.size(), std::size_t(2));
        QCOMPARE(batch.sources[0].state.id, SourceId(1));
        QVERIFY(batch.sources[0].gone);
        QCOMPARE(batch.sources[1].state.id, SourceId(2));
        QCOMPARE(batch.facts.size(), std::size_t(1));
        QCOMPARE(batch.facts[0].fact->as<PodFact>()->restarts, 2U);
        box.remove(7);
        QVERIFY(box.take().empty());
    }

    void settling()
    {
        Outbox box;
        QVERIFY(box.settled());
        box.put(source(1), false);
        QVERIFY(!box.settled());
        box.put(source(1), true);
        box.put(source(1), false); // a reconnection is no reason to wait again
        QVERIFY(box.settled());
    }

    void manyThreads()
    {
        Outbox box;
        for (SourceId id = 1; id <= 4; ++id)
            box.put(source(id), true);
        std::atomic<int> wakeups{0};
        box.setWakeup([&] { ++wakeups; });
        std::atomic<int> running{4};
        std::vector<std::thread> threads;
        for (SourceId id = 1; id <= 4; ++id)
            threads.emplace_back([&box, &running, id] {
                for (unsigned i = 1; i <= 2000; ++i)
                    box.put({id, FactKind::Pod, "n/" + std::to_string(i % 50)}, pod(i));
                --running;
            });
        std::map<std::pair<SourceId, std::string>, unsigned> last;
        const auto drain = [&] {
            for (const FactChange& change : box.take().facts) {
                unsigned& value = last[{change.key.source, change.key.name}];
                const unsigned next = change.fact->as<PodFact>()->restarts;
                QVERIFY(next > value); // never back in time
                value = next;
            }
        };
        while (running > 0)
            drain();
        for (std::thread& thread : threads)
            thread.join();
        drain();
        QCOMPARE(last.size(), std::size_t(200));
        for (const auto& [key, value] : last)
            QVERIFY(value > 1950);
        QVERIFY(wakeups > 0);
    }
};

QTEST_APPLESS_MAIN(TestOutbox)
#include "test_outbox.moc"
