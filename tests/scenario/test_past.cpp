// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/feeds/site.h"
#include "core/kube/api/resource.h"
#include "core/kube/config/kubeconfig.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <future>

using namespace strata;
using namespace std::chrono_literals;

// An object as it was a while ago, from a server that keeps the past for some minutes.
class TestPast : public QObject {
    Q_OBJECT

    std::unique_ptr<demosite::DemoSite> m_demo;
    std::unique_ptr<feeds::Site> m_site;
    stack::SourceId m_source = 0;
    std::shared_ptr<kube::Client> m_client;

    Result<kube::Response> send(kube::Request request)
    {
        auto promise = std::make_shared<std::promise<Result<kube::Response>>>();
        auto future = promise->get_future();
        const auto handle = m_client->send(std::move(request), [promise](Result<kube::Response> got) {
            promise->set_value(std::move(got));
        });
        if (future.wait_for(30s) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }
    Result<std::string> at(const stack::ObjectRef& object, UnixMs when)
    {
        auto promise = std::make_shared<std::promise<Result<std::string>>>();
        auto future = promise->get_future();
        m_site->fetchDocumentAt(object, when,
                                [promise](Result<std::string> got) { promise->set_value(std::move(got)); });
        if (future.wait_for(30s) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }
    static stack::ObjectRef pool(stack::SourceId source, const std::string& ns, const std::string& name)
    {
        return {source, "cluster.x-k8s.io", "v1beta2", "machinedeployments", "MachineDeployment", ns, name,
                {}};
    }

private Q_SLOTS:
    void initTestCase()
    {
        demosite::Options options;
        options.life = false;
        auto demo = demosite::DemoSite::start(options);
        QVERIFY2(demo.has_value(), demo ? "" : demo.error().text.c_str());
        m_demo = std::move(*demo);
        const auto config = kube::Kubeconfig::load(m_demo->kubeconfigPath())->resolve();
        QVERIFY(config.has_value());
        m_site = std::make_unique<feeds::Site>();
        m_source = m_site->addCluster(*config, "outer");
        QTRY_VERIFY_WITH_TIMEOUT(m_site->settled(), 60000);
        QTRY_VERIFY_WITH_TIMEOUT((m_client = m_site->newClient(m_source)) != nullptr, 30000);
    }
    void cleanupTestCase()
    {
        m_client.reset();
        m_site.reset();
        m_demo.reset();
    }

    void anObjectAsItWas()
    {
        kube::Request list;
        list.path = kube::path({"cluster.x-k8s.io", "v1beta2", "machinedeployments", true}, {});
        const auto answer = send(list);
        QVERIFY2(answer.has_value(), answer ? "" : answer.error().text.c_str());
        const QJsonObject first = QJsonDocument::fromJson(QByteArray::fromStdString(answer->body))
                                      .object()[QLatin1String("items")]
                                      .toArray()[0]
                                      .toObject()[QLatin1String("metadata")]
                                      .toObject();
        const std::string ns = first[QLatin1String("namespace")].toString().toStdString();
        const std::string name = first[QLatin1String("name")].toString().toStdString();
        const stack::ObjectRef object = pool(m_source, ns, name);

        // Each change is a new version; what it was three seconds ago is an older one.
        int number = 0;
        Result<std::string> past = fail(ErrorKind::Internal, "not asked");
        const auto change = [&] {
            kube::Request patch;
            patch.method = "PATCH";
            patch.path = kube::path({"cluster.x-k8s.io", "v1beta2", "machinedeployments", true}, ns, name);
            patch.contentType = "application/merge-patch+json";
            patch.body = "{\"metadata\":{\"labels\":{\"tried\":\"n" + std::to_string(++number) + "\"}}}";
            return send(std::move(patch)).has_value();
        };
        const auto numberIn = [](const std::string& text) {
            const std::size_t found = text.find("tried: n");
            return found == std::string::npos ? 0 : std::atoi(text.c_str() + found + 8);
        };
        QTRY_VERIFY_WITH_TIMEOUT(
            change() && (past = at(object, systemNow() - 3000)).has_value() && numberIn(*past) > 0, 30000);
        QVERIFY(numberIn(*past) < number);
        QVERIFY(past->find("kind: MachineDeployment") != std::string::npos);
        QVERIFY(past->find("managedFields") == std::string::npos);

        const auto before = at(object, systemNow() - 3'600'000);
        QVERIFY(!before);
        QCOMPARE(before.error().kind, ErrorKind::Gone);
        const auto never = at(pool(m_source, ns, "nothing-of-this-name"), systemNow() - 1500);
        QVERIFY(!never);
        QCOMPARE(never.error().kind, ErrorKind::NotFound);
        stack::ObjectRef elsewhere = object;
        elsewhere.source = 9999;
        QVERIFY(!at(elsewhere, systemNow()));
        elsewhere.group = "libvirt";
        QCOMPARE(at(elsewhere, systemNow()).error().kind, ErrorKind::Gone);
    }
};

QTEST_GUILESS_MAIN(TestPast)
#include "test_past.moc"
