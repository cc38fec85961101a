// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/history.h"
#include "tests/support/picturesite.h"

#include <QtTest>

using namespace strata;
using namespace strata::diagnosis;
using namespace strata::stack;
using strata::test::kNow;

namespace {

struct Site {
    Stack stack;
    Diagnosis diagnosis;
    History history;

    void apply(const Batch& batch, UnixMs now)
    {
        const StackDelta delta = diagnosis.apply(stack, batch, now);
        history.follow(stack, delta, now);
        history.follow(stack, diagnosis.problems(stack), now);
    }
    ItemId vm(const std::string& name) const
    {
        for (const ItemId root : stack.roots(Tree::Stack)) {
            for (const ItemId node : stack.find(root)->childrenIn(Tree::Stack)) {
                for (const ItemId child : stack.find(node)->childrenIn(Tree::Stack)) {
                    if (stack.find(child)->kind == ItemKind::Vm && stack.find(child)->name.find(name) == 0)
                        return child;
                }
            }
        }
        return {};
    }
};

} // namespace

class TestHistory : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theFirstPictureIsNoNews();
    void aChangeOfStateIsAMark();
    void problemsAreSpansFromWhatTheirProofTells();
    void aSpanIsClosedWhenTheProblemGoesAndOpenedAnew();
    void aLostConnectionIsOneMarkALayer();
    void forgetsTheOldestOnly();
};

void TestHistory::theFirstPictureIsNoNews()
{
    Site site;
    site.apply(test::pictureSite(), kNow);
    for (const History::Mark& mark : site.history.marks())
        QVERIFY2(mark.what == History::What::Came && kNow - mark.at < 5 * 60 * 1000, mark.text.c_str());
}

void TestHistory::aChangeOfStateIsAMark()
{
    Site site;
    site.apply(test::pictureSite(), kNow);
    const ItemId id = site.vm("green");
    QVERIFY(id);
    const std::string before = site.stack.find(id)->state;
    const std::size_t marks = site.history.marks().size();
    // The VMI reports a pause.
    const ItemFacts facts = site.stack.facts(id);
    QVERIFY(facts.vmi != nullptr);
    auto vmi = *facts.vmi;
    for (Condition& condition : vmi.conditions) {
        if (condition.type == "Paused")
            condition.status = "True";
    }
    vmi.conditions.push_back(
        {"Paused", "True", "PausedIOError", "VMI was paused, low-level IO error detected", {}, kNow});
    test::SiteBuilder builder;
    builder.put(test::kOuter, FactKind::Vmi, vmi.meta.ns + "/" + vmi.meta.name, vmi);
    site.apply(builder.batch, kNow + 60000);
    QVERIFY(site.stack.find(id)->state != before);
    bool found = false;
    for (std::size_t i = marks; i < site.history.marks().size(); ++i) {
        const History::Mark& mark = site.history.marks()[i];
        if (mark.item != id)
            continue;
        found = true;
        QCOMPARE(mark.at, kNow + 60000);
        QCOMPARE(mark.layer, Layer::Vm);
        QVERIFY2(mark.text.find(before + " → ") == 0, mark.text.c_str());
    }
    QVERIFY(found);
}

void TestHistory::problemsAreSpansFromWhatTheirProofTells()
{
    Site site;
    site.apply(test::pictureSite(), kNow);
    std::size_t open = 0;
    for (const Problem& problem : site.diagnosis.problems(site.stack)) {
        if (problem.root.severity == Severity::Info)
            continue;
        ++open;
        const auto& spans = site.history.spans();
        const auto span = std::find_if(spans.begin(), spans.end(),
                                       [&](const History::Span& s) { return s.key == problem.root.key; });
        QVERIFY(span != spans.end());
        QCOMPARE(span->to, UnixMs(0));
        QCOMPARE(span->from, std::min(problem.root.since(), kNow));
        QCOMPARE(span->title, problem.root.title);
    }
    QVERIFY(open > 0);
    QCOMPARE(site.history.spans().size(), open);
}

void TestHistory::aSpanIsClosedWhenTheProblemGoesAndOpenedAnew()
{
    Site site;
    site.apply(test::pictureSite(), kNow);
    const std::vector<Problem> problems = site.diagnosis.problems(site.stack);
    site.history.follow(site.stack, std::vector<Problem>(), kNow + 1000);
    for (const History::Span& span : site.history.spans())
        QCOMPARE(span.to, kNow + 1000);
    const std::size_t closed = site.history.spans().size();
    site.history.follow(site.stack, problems, kNow + 2000);
    QCOMPARE(site.history.spans().size(), 2 * closed);
    QCOMPARE(site.history.spans().back().to, UnixMs(0));
}

void TestHistory::aLostConnectionIsOneMarkALayer()
{
    History history;
    Stack stack;
    stack.apply(test::pictureSite());
    StackDelta delta;
    std::vector<ItemId> all;
    const std::function<void(ItemId)> walk = [&](ItemId id) {
        all.push_back(id);
        for (const ItemId child : stack.find(id)->childrenIn(Tree::Stack))
            walk(child);
    };
    for (const ItemId root : stack.roots(Tree::Stack))
        walk(root);
    delta.added = all;
    history.follow(stack, delta, kNow + 3600000);
    QVERIFY(history.marks().empty());
    for (std::uint32_t i = 0; all.size() <= 100; ++i) // as many as make a crowd
        all.push_back(ItemId{1000000 + i, 1});
    StackDelta gone;
    gone.removed = all;
    history.follow(stack, gone, kNow + 3600000);
    QVERIFY(!history.marks().empty());
    QVERIFY(history.marks().size() <= 5);
    for (const History::Mark& mark : history.marks())
        QVERIFY(!mark.item);
}

void TestHistory::forgetsTheOldestOnly()
{
    History history;
    for (std::size_t i = 0; i < History::kMostMarks + 10; ++i)
        history.act(std::to_string(i), Health::Ok, kNow + UnixMs(i));
    QCOMPARE(history.marks().size(), History::kMostMarks);
    QCOMPARE(history.marks().front().text, std::string("10"));
}

QTEST_APPLESS_MAIN(TestHistory)
#include "test_history.moc"
