// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/kube/config/kubeconfig.h"
#include "core/provision/api.h"
#include "core/provision/editing.h"
#include "core/provision/schema.h"

#include <QtTest>

#include <nlohmann/json.hpp>

#include <future>

using namespace strata;
using namespace strata::provision;
using namespace std::chrono_literals;

namespace {

Object object(const char* json)
{
    return Object(Json::parse(json));
}

const kube::ResourceId kConfigMaps{"", "v1", "configmaps", true};

} // namespace

class TestEditing : public QObject {
    Q_OBJECT

    std::unique_ptr<demosite::DemoSite> m_site;
    kube::Network m_network;
    std::shared_ptr<kube::Client> m_client;

    Result<kube::Response> call(kube::Request request)
    {
        auto answer = std::make_shared<std::promise<Result<kube::Response>>>();
        auto future = answer->get_future();
        const auto handle = m_client->send(
            std::move(request), [answer](Result<kube::Response> got) { answer->set_value(std::move(got)); });
        if (future.wait_for(30s) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }
    Result<Object> read(ObjectEditor& editor)
    {
        auto answer = std::make_shared<std::promise<Result<Object>>>();
        auto future = answer->get_future();
        editor.read([answer](Result<Object> got) { answer->set_value(std::move(got)); });
        if (future.wait_for(30s) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }
    Result<Saved> write(ObjectEditor& editor, const Object& base, const Object& mine, bool dryRun = false,
                        bool force = false)
    {
        auto answer = std::make_shared<std::promise<Result<Saved>>>();
        auto future = answer->get_future();
        editor.write(base, mine, dryRun, force,
                     [answer](Result<Saved> got) { answer->set_value(std::move(got)); });
        if (future.wait_for(30s) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }
    void make(const char* name, const char* data)
    {
        Object fresh("v1", "ConfigMap", "default", name);
        fresh.edit()["data"] = Json::parse(data);
        const auto made = call(createRequest(kConfigMaps, fresh, false));
        QVERIFY2(made.has_value(), made ? "" : made.error().text.c_str());
    }
    // Somebody else.
    void patch(const char* name, const char* json)
    {
        kube::Request request;
        request.method = "PATCH";
        request.path = kube::path(kConfigMaps, "default", name);
        request.contentType = "application/merge-patch+json";
        request.body = json;
        QVERIFY(call(request).has_value());
    }

private Q_SLOTS:
    void merges_data();
    void merges();
    void patchesMakeTheOther_data();
    void patchesMakeTheOther();
    void whatTheServerKeepsIsNotEdited();

    void initTestCase();
    void cleanupTestCase() { m_client.reset(); }
    void writesOnlyWhatChanged();
    void whatOthersChangedMeanwhileStays();
    void theSamePlaceIsAConflictUnlessForced();
    void aDryRunWritesNothing();
    void refusesAnotherName();
    void saysWhenItIsGone();
    void anUnknownFieldIsRefused();
    void theServerTellsTheFieldsOfVms();
};

void TestEditing::merges_data()
{
    QTest::addColumn<QByteArray>("base");
    QTest::addColumn<QByteArray>("mine");
    QTest::addColumn<QByteArray>("theirs");
    QTest::addColumn<QByteArray>("merged");
    QTest::addColumn<QString>("conflicts");
    const auto row = [](const char* name, const char* base, const char* mine, const char* theirs,
                        const char* merged, const char* conflicts = "") {
        QTest::newRow(name) << QByteArray(base) << QByteArray(mine) << QByteArray(theirs)
                            << QByteArray(merged) << QString::fromLatin1(conflicts);
    };
    row("nothing", R"({"a":1})", R"({"a":1})", R"({"a":1})", R"({"a":1})");
    row("mine", R"({"a":1})", R"({"a":2})", R"({"a":1})", R"({"a":2})");
    row("theirs", R"({"a":1})", R"({"a":1})", R"({"a":3})", R"({"a":3})");
    row("both the same", R"({"a":1})", R"({"a":2})", R"({"a":2})", R"({"a":2})");
    row("both", R"({"a":1})", R"({"a":2})", R"({"a":3})", R"({"a":2})", "a");
    row("different keys", R"({"a":{"x":1,"y":1}})", R"({"a":{"x":2,"y":1}})", R"({"a":{"x":1,"y":3}})",
        R"({"a":{"x":2,"y":3}})");
    row("I remove, they leave", R"({"a":1,"b":1})", R"({"b":1})", R"({"a":1,"b":1})", R"({"b":1})");
    row("they remove, I leave", R"({"a":1,"b":1})", R"({"a":1,"b":1})", R"({"b":1})", R"({"b":1})");
    row("I remove, they change", R"({"a":1})", R"({})", R"({"a":2})", R"({})", "a");
    row("they remove, I change", R"({"a":1})", R"({"a":2})", R"({})", R"({"a":2})", "a");
    row("both add", R"({})", R"({"a":1})", R"({"b":1})", R"({"a":1,"b":1})");
    row("both add the same key", R"({})", R"({"a":{"x":1}})", R"({"a":{"y":1}})", R"({"a":{"x":1,"y":1}})");
    row("lists by name", R"({"c":[{"name":"web","image":"1"},{"name":"log","image":"1"}]})",
        R"({"c":[{"name":"web","image":"2"},{"name":"log","image":"1"}]})",
        R"({"c":[{"name":"web","image":"1"},{"name":"log","image":"9"},{"name":"new","image":"1"}]})",
        R"({"c":[{"name":"web","image":"2"},{"name":"log","image":"9"},{"name":"new","image":"1"}]})");
    row("in a named element", R"({"c":[{"name":"web","image":"1"}]})",
        R"({"c":[{"name":"web","image":"2"}]})", R"({"c":[{"name":"web","image":"3"}]})",
        R"({"c":[{"name":"web","image":"2"}]})", "c[web].image");
    row("lists without names", R"({"c":[1,2]})", R"({"c":[1,2,3]})", R"({"c":[0,1,2]})", R"({"c":[1,2,3]})",
        "c");
    row("one name twice", R"({"c":[]})", R"({"c":[{"name":"a"},{"name":"a"}]})", R"({"c":[{"name":"b"}]})",
        R"({"c":[{"name":"a"},{"name":"a"}]})", "c");
    row("another type", R"({"a":{"x":1}})", R"({"a":"x"})", R"({"a":{"x":2}})", R"({"a":"x"})", "a");
}

void TestEditing::merges()
{
    QFETCH(QByteArray, base);
    QFETCH(QByteArray, mine);
    QFETCH(QByteArray, theirs);
    QFETCH(QByteArray, merged);
    QFETCH(QString, conflicts);
    const ThreeWay out = mergeThree(object(base), object(mine), object(theirs));
    QVERIFY2(out.value == object(merged), out.value.toJson().c_str());
    QStringList paths;
    for (const std::string& path : out.conflicts)
        paths << QString::fromStdString(path);
    QCOMPARE(paths.join(QLatin1Char(' ')), conflicts);
}

void TestEditing::patchesMakeTheOther_data()
{
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::newRow("same") << QByteArray(R"({"a":1})") << QByteArray(R"({"a":1})");
    QTest::newRow("removed") << QByteArray(R"({"a":1,"b":{"c":1,"d":2}})") << QByteArray(R"({"b":{"d":2}})");
    QTest::newRow("added") << QByteArray(R"({})") << QByteArray(R"({"b":{"d":[1]}})");
    QTest::newRow("list") << QByteArray(R"({"b":[1,2]})") << QByteArray(R"({"b":[2]})");
    QTest::newRow("type") << QByteArray(R"({"b":{"x":1}})") << QByteArray(R"({"b":"x"})");
}

void TestEditing::patchesMakeTheOther()
{
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    const Object patch = mergePatch(object(from), object(to));
    Json result = object(from).json();
    result.merge_patch(patch.json()); // the library's own reading of RFC 7386
    QVERIFY2(result == object(to).json(), patch.toJson().c_str());
    QCOMPARE(patch.json().empty(), from == to);
}

void TestEditing::whatTheServerKeepsIsNotEdited()
{
    const Object plain = editable(object(
        R"({"kind":"A","metadata":{"name":"x","uid":"1","resourceVersion":"2","managedFields":[]},"status":{"a":1},"spec":{}})"));
    QVERIFY(plain == object(R"({"kind":"A","metadata":{"name":"x"},"spec":{}})"));
}

void TestEditing::initTestCase()
{
    demosite::Options options;
    options.life = false;
    auto site = demosite::DemoSite::start(options);
    QVERIFY2(site.has_value(), site ? "" : site.error().text.c_str());
    m_site = std::move(*site);
    const auto kubeconfig = kube::Kubeconfig::load(m_site->kubeconfigPath());
    QVERIFY(kubeconfig.has_value());
    const auto config = kubeconfig->resolve();
    QVERIFY(config.has_value());
    m_client = kube::Client::create(m_network, *config);
}

void TestEditing::writesOnlyWhatChanged()
{
    make("one", R"({"a":"1","b":"1"})");
    ObjectEditor editor(m_client, kConfigMaps, "default", "one");
    const auto base = read(editor);
    QVERIFY2(base.has_value(), base ? "" : base.error().text.c_str());
    QVERIFY(base->uid().empty());
    Object mine = *base;
    mine.edit()["data"]["a"] = "2";
    const auto saved = write(editor, *base, mine);
    QVERIFY2(saved.has_value(), saved ? "" : saved.error().text.c_str());
    QVERIFY(saved->changed);
    QVERIFY(saved->before == *base);
    QCOMPARE(saved->after.json()["data"], Json({{"a", "2"}, {"b", "1"}}));
    // And taken back.
    const auto undone = write(editor, saved->after, saved->before);
    QVERIFY(undone.has_value());
    QVERIFY(undone->after == *base);
    const auto again = write(editor, undone->after, undone->after);
    QVERIFY(again.has_value());
    QVERIFY(!again->changed);
}

void TestEditing::whatOthersChangedMeanwhileStays()
{
    make("two", R"({"a":"1","b":"1"})");
    ObjectEditor editor(m_client, kConfigMaps, "default", "two");
    const auto base = read(editor);
    QVERIFY(base.has_value());
    patch("two", R"({"data":{"b":"theirs"}})");
    Object mine = *base;
    mine.edit()["data"]["a"] = "mine";
    const auto saved = write(editor, *base, mine);
    QVERIFY2(saved.has_value(), saved ? "" : saved.error().text.c_str());
    QCOMPARE(saved->after.json()["data"], Json({{"a", "mine"}, {"b", "theirs"}}));
}

void TestEditing::theSamePlaceIsAConflictUnlessForced()
{
    make("three", R"({"a":"1"})");
    ObjectEditor editor(m_client, kConfigMaps, "default", "three");
    const auto base = read(editor);
    QVERIFY(base.has_value());
    patch("three", R"({"data":{"a":"theirs"}})");
    Object mine = *base;
    mine.edit()["data"]["a"] = "mine";
    const auto refused = write(editor, *base, mine);
    QVERIFY(!refused.has_value());
    QCOMPARE(refused.error().kind, ErrorKind::Conflict);
    QCOMPARE(refused.error().detail, std::string("data.a"));
    QCOMPARE(read(editor)->json()["data"]["a"], Json("theirs"));
    const auto forced = write(editor, *base, mine, false, true);
    QVERIFY(forced.has_value());
    QCOMPARE(forced->after.json()["data"]["a"], Json("mine"));
}

void TestEditing::aDryRunWritesNothing()
{
    make("four", R"({"a":"1"})");
    ObjectEditor editor(m_client, kConfigMaps, "default", "four");
    const auto base = read(editor);
    QVERIFY(base.has_value());
    Object mine = *base;
    mine.edit()["data"]["a"] = "2";
    const auto tried = write(editor, *base, mine, true);
    QVERIFY2(tried.has_value(), tried ? "" : tried.error().text.c_str());
    QCOMPARE(tried->after.json()["data"]["a"], Json("2"));
    QVERIFY(*read(editor) == *base);
}

void TestEditing::refusesAnotherName()
{
    make("five", R"({"a":"1"})");
    ObjectEditor editor(m_client, kConfigMaps, "default", "five");
    const auto base = read(editor);
    QVERIFY(base.has_value());
    Object mine = *base;
    mine.edit()["metadata"]["name"] = "six";
    const auto refused = write(editor, *base, mine);
    QVERIFY(!refused.has_value());
    QCOMPARE(refused.error().kind, ErrorKind::Refused);
}

void TestEditing::saysWhenItIsGone()
{
    make("seven", R"({"a":"1"})");
    ObjectEditor editor(m_client, kConfigMaps, "default", "seven");
    const auto base = read(editor);
    QVERIFY(base.has_value());
    kube::Request request;
    request.method = "DELETE";
    request.path = kube::path(kConfigMaps, "default", "seven");
    QVERIFY(call(request).has_value());
    Object mine = *base;
    mine.edit()["data"]["a"] = "2";
    const auto gone = write(editor, *base, mine);
    QVERIFY(!gone.has_value());
    QCOMPARE(gone.error().kind, ErrorKind::NotFound);
    QVERIFY(gone.error().text.find("deleted") != std::string::npos);
}

void TestEditing::anUnknownFieldIsRefused()
{
    const kube::ResourceId deployments{"apps", "v1", "deployments", true};
    kube::Request list;
    list.path = kube::path(deployments);
    const auto all = call(list);
    QVERIFY(all.has_value());
    const Json items = Json::parse(all->body)["items"];
    QVERIFY(!items.empty());
    const std::string ns = items[0]["metadata"]["namespace"].get<std::string>();
    const std::string name = items[0]["metadata"]["name"].get<std::string>();
    ObjectEditor editor(m_client, deployments, ns, name);
    const auto base = read(editor);
    QVERIFY(base.has_value());
    Object mine = *base;
    mine.edit()["spec"]["replicaz"] = 3;
    const auto refused = write(editor, *base, mine, true);
    QVERIFY(!refused.has_value());
    QVERIFY2((refused.error().text + refused.error().detail).find("replicaz") != std::string::npos,
             refused.error().text.c_str());
}

// What the editor completes and checks, from a server: of a VM, and of a Cluster.
void TestEditing::theServerTellsTheFieldsOfVms()
{
    const auto schemaOf = [this](const char* group, const char* version,
                                 const char* kind) -> Result<KindSchema> {
        kube::Request request;
        request.path = schemaPath(group, version);
        const auto answer = call(request);
        return answer ? KindSchema::read(answer->body, group, version, kind)
                      : tl::unexpected<Error>(answer.error());
    };
    const auto vm = schemaOf("kubevirt.io", "v1", "VirtualMachine");
    QVERIFY2(vm, vm ? "" : vm.error().text.c_str());
    QVERIFY(vm->field({"spec", "template", "spec", "domain", "cpu", "cores"}).has_value());
    QCOMPARE(vm->field({"spec", "running"})->type, std::string("boolean"));
    QCOMPARE(vm->fields({"spec"}).front().name, std::string("template")); // the only one that is required
    QVERIFY(vm->fields({"spec"}).front().required);
    const auto faults =
        vm->check("apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nspec:\n  runStrategy: Halted\n"
                  "  template:\n    spec:\n      domian: {}\n      domain: {devices: {}}\n");
    QCOMPARE(faults.size(), std::size_t(1));
    QCOMPARE(faults[0].line, 7);
    QVERIFY2(faults[0].text.find("domain") != std::string::npos, faults[0].text.c_str()); // what was meant
    const auto cluster = schemaOf("cluster.x-k8s.io", "v1beta2", "Cluster");
    QVERIFY(cluster);
    QVERIFY(cluster->field({"spec", "controlPlaneRef", "apiGroup"}).has_value());
    // What the site holds is not complained about.
    kube::Request list;
    list.path = "/apis/kubevirt.io/v1/virtualmachines";
    const auto all = call(list);
    QVERIFY(all);
    const Json items = Json::parse(all->body)["items"];
    QVERIFY(!items.empty());
    for (const Json& item : items) {
        const auto wrong = vm->check(item.dump()); // JSON is YAML
        QVERIFY2(wrong.empty(), wrong.empty() ? "" : (wrong[0].path + ": " + wrong[0].text).c_str());
    }
}

QTEST_GUILESS_MAIN(TestEditing)
#include "test_editing.moc"
