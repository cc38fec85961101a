// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/feeds/site.h"
#include "core/inquiry/budgets.h"
#include "core/kube/api/resource.h"
#include "core/kube/config/kubeconfig.h"
#include "core/stack/stack.h"
#include "tests/support/picturesite.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <future>
#include <mutex>

using namespace strata;
using namespace strata::inquiry;
using namespace std::chrono_literals;

namespace {

std::string list(const std::string& items)
{
    return R"({"kind":"List","items":[)" + items + "]}";
}

std::string budget(const char* name, const char* selector, int allowed)
{
    return std::string(R"({"metadata":{"namespace":"shop","name":")") + name + R"("},"spec":{"selector":)" +
           selector + R"(},"status":{"disruptionsAllowed":)" + std::to_string(allowed) +
           R"(,"currentHealthy":3,"desiredHealthy":2}})";
}

std::string pod(const char* ns, const char* labels, const char* phase = "Running")
{
    return std::string(R"({"metadata":{"namespace":")") + ns + R"(","labels":)" + labels +
           R"(},"status":{"phase":")" + phase + R"("}})";
}

} // namespace

class TestBudgets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsHit_data()
    {
        QTest::addColumn<QString>("selector");
        QTest::addColumn<int>("pods"); // of the four below
        QTest::newRow("labels") << R"({"matchLabels":{"app":"web"}})" << 2;
        QTest::newRow("both labels") << R"({"matchLabels":{"app":"web","tier":"front"}})" << 1;
        QTest::newRow("all of the namespace") << "{}" << 3;
        QTest::newRow("none") << "null" << 0;
        QTest::newRow("in") << R"({"matchExpressions":[{"key":"app","operator":"In","values":["db","web"]}]})"
                            << 3;
        QTest::newRow("not in")
            << R"({"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]})" << 1;
        QTest::newRow("exists") << R"({"matchExpressions":[{"key":"tier","operator":"Exists"}]})" << 1;
        QTest::newRow("does not") << R"({"matchExpressions":[{"key":"tier","operator":"DoesNotExist"}]})"
                                  << 2;
        QTest::newRow("nonsense") << R"({"matchExpressions":[{"key":"tier","operator":"Maybe"}]})" << 0;
        QTest::newRow("other label") << R"({"matchLabels":{"app":"cache"}})" << 0;
    }
    void whatIsHit()
    {
        QFETCH(QString, selector);
        QFETCH(int, pods);
        const std::string first = list(pod("shop", R"({"app":"web","tier":"front"})") + "," +
                                       pod("shop", R"({"app":"web"})", "Pending") + "," +
                                       pod("shop", R"({"app":"web"})", "Succeeded")); // has ended
        const std::string second =
            list(pod("shop", R"({"app":"db"})") + "," + pod("other", R"({"app":"web"})"));
        const BudgetQuestion question{7, "blue", {"n1", "n2"}};
        const auto hits =
            budgetHits(question, list(budget("b", selector.toUtf8().constData(), 1)), {first, second});
        QVERIFY(hits.has_value());
        QCOMPARE(hits->size(), std::size_t(pods > 0 ? 1 : 0));
        if (pods == 0)
            return;
        QCOMPARE(hits->front().pods, pods);
        QCOMPARE(hits->front().breaks(), pods > 1);
        QCOMPARE(hits->front().tenant, std::string("blue"));
        QCOMPARE(hits->front().name, std::string("b"));
        QCOMPARE(hits->front().wanted, 2);
    }

    void theWorstComesFirst()
    {
        const auto hits =
            budgetHits({7, "blue", {"n"}}, list(budget("a", "{}", 5) + "," + budget("z", "{}", 0)),
                       {list(pod("shop", "{}"))});
        QVERIFY(hits.has_value());
        QCOMPARE(hits->size(), std::size_t(2));
        QCOMPARE(hits->front().name, std::string("z"));
        QVERIFY(hits->front().breaks());
    }

    void garbageIsAnError()
    {
        const BudgetQuestion question{7, "blue", {"n"}};
        for (const char* bad : {"", "<html>", "{}", R"({"items":3})", "[1]"}) {
            QCOMPARE(budgetHits(question, bad, {list("")}).error().kind, ErrorKind::Protocol);
            QCOMPARE(budgetHits(question, list(""), {bad}).error().kind, ErrorKind::Protocol);
        }
        QVERIFY(budgetHits(question, list("1,null,{}"), {list("null,[],7")}).has_value());
    }

    void onlyInnerNodesAreAskedAbout()
    {
        stack::Stack stack;
        stack.apply(test::pictureSite());
        std::vector<stack::ItemId> all;
        for (const stack::ItemId root : stack.roots(stack::Tree::Stack)) {
            std::vector<stack::ItemId> todo{root};
            while (!todo.empty()) {
                const stack::Item* item = stack.find(todo.back());
                all.push_back(todo.back());
                todo.pop_back();
                const auto& more = item->childrenIn(stack::Tree::Stack);
                todo.insert(todo.end(), more.begin(), more.end());
            }
        }
        const auto questions = budgetQuestions(stack, all);
        QVERIFY(questions.size() >= 2);
        for (const BudgetQuestion& question : questions) {
            QVERIFY(!question.nodes.empty());
            QVERIFY(question.source == test::kBlue || question.source == test::kGreen ||
                    question.source == test::kRed);
        }
        QCOMPARE(questions.front().tenant, std::string("blue"));
        QVERIFY(budgetQuestions(stack, {}).empty());
    }

    void withoutAConnectionItIsSaid()
    {
        int answers = 0;
        bool ended = false;
        BudgetLook::Callbacks callbacks;
        callbacks.onAnswer = [&](const BudgetQuestion&, const Result<std::vector<BudgetHit>>& hits) {
            answers += hits ? 0 : 1;
        };
        callbacks.onEnd = [&] { ended = true; };
        const BudgetLook look([](stack::SourceId) { return std::shared_ptr<kube::Client>(); },
                              {{7, "blue", {"n"}}, {8, "red", {"n"}}}, callbacks);
        QCOMPARE(answers, 2);
        QVERIFY(ended);
    }

    // A budget of a tenant of the demo site, over the wire.
    void theDemoSiteAnswers()
    {
        demosite::Options options;
        options.life = false;
        auto demo = demosite::DemoSite::start(options);
        QVERIFY2(demo.has_value(), demo ? "" : demo.error().text.c_str());
        const auto config = kube::Kubeconfig::load((*demo)->kubeconfigPath())->resolve();
        QVERIFY(config.has_value());
        feeds::Site site;
        (void)site.addCluster(*config, "outer");
        stack::Stack stack;
        const auto inner = [&]() -> stack::SourceId {
            stack.apply(site.take());
            for (const stack::SourceId id : stack.sources()) {
                const stack::SourceState* state = stack.source(id);
                if (state->kind == stack::SourceKind::InnerCluster && state->phase == stack::LinkPhase::Live)
                    return id;
            }
            return 0;
        };
        stack::SourceId source = 0;
        QTRY_VERIFY_WITH_TIMEOUT((source = inner()) != 0, 60000);
        const std::shared_ptr<kube::Client> client = site.newClient(source);
        QVERIFY(client != nullptr);
        const auto send = [&](kube::Request request) {
            auto promise = std::make_shared<std::promise<Result<kube::Response>>>();
            auto future = promise->get_future();
            const auto handle = client->send(std::move(request), [promise](Result<kube::Response> got) {
                promise->set_value(std::move(got));
            });
            if (future.wait_for(30s) != std::future_status::ready)
                return Result<kube::Response>(fail(ErrorKind::Timeout, "no answer"));
            return future.get();
        };
        kube::Request make;
        make.method = "POST";
        make.path = kube::path({"policy", "v1", "poddisruptionbudgets", true}, "kube-system");
        make.contentType = "application/json";
        make.body = R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"all"},
            "spec":{"minAvailable":1000,"selector":{}}})";
        const auto made = send(std::move(make));
        QVERIFY2(made.has_value(), made ? "" : (made.error().text + made.error().detail).c_str());
        kube::Request nodes;
        nodes.path = "/api/v1/nodes";
        const auto answer = send(std::move(nodes));
        QVERIFY(answer.has_value());
        BudgetQuestion question{source, "t", {}};
        const QJsonArray items = QJsonDocument::fromJson(QByteArray::fromStdString(answer->body))
                                     .object()[QLatin1String("items")]
                                     .toArray();
        for (const QJsonValue& node : items)
            question.nodes.push_back(node.toObject()[QLatin1String("metadata")]
                                         .toObject()[QLatin1String("name")]
                                         .toString()
                                         .toStdString());
        QVERIFY(!question.nodes.empty());
        std::mutex mutex;
        std::vector<BudgetHit> hits;
        QString failed;
        bool ended = false;
        BudgetLook::Callbacks callbacks;
        callbacks.onAnswer = [&](const BudgetQuestion&, const Result<std::vector<BudgetHit>>& got) {
            const std::lock_guard lock(mutex);
            if (got)
                hits = *got;
            else
                failed = QString::fromStdString(got.error().text);
        };
        callbacks.onEnd = [&] {
            const std::lock_guard lock(mutex);
            ended = true;
        };
        {
            const BudgetLook look([&](stack::SourceId) { return client; }, {question}, callbacks);
            QTRY_VERIFY_WITH_TIMEOUT(
                [&] {
                    const std::lock_guard lock(mutex);
                    return ended;
                }(),
                30000);
        }
        QCOMPARE(failed, QString());
        QCOMPARE(hits.size(), std::size_t(1));
        QCOMPARE(hits[0].name, std::string("all"));
        QVERIFY(hits[0].pods > 0);
        QVERIFY(hits[0].breaks());
    }
};

QTEST_GUILESS_MAIN(TestBudgets)
#include "test_budgets.moc"
