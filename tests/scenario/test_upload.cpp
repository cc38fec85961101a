// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/image.h"
#include "core/actions/upload.h"
#include "tests/scenario/livesite.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <mutex>

using namespace strata;
using actions::UploadProgress;
using strata::test::LiveSite;
using strata::test::Run;
using Phase = actions::UploadProgress::Phase;

namespace {

constexpr std::int64_t kTwoGiB = std::int64_t(2) << 30U;

// An upload's reports, as they come from its thread.
class Told {
public:
    std::function<void(const UploadProgress&)> callback()
    {
        return [this](const UploadProgress& progress) {
            const std::lock_guard lock(m_mutex);
            if (m_all.empty() || m_all.back().phase != progress.phase ||
                m_all.back().attempt != progress.attempt)
                m_all.push_back(progress);
            else
                m_all.back() = progress;
            m_most = std::max(m_most, progress.sent);
        };
    }
    std::vector<UploadProgress> all() const
    {
        const std::lock_guard lock(m_mutex);
        return m_all;
    }
    bool over() const
    {
        const std::lock_guard lock(m_mutex);
        return !m_all.empty() && isEnd(m_all.back().phase);
    }
    std::int64_t most() const
    {
        const std::lock_guard lock(m_mutex);
        return m_most;
    }
    std::string words() const
    {
        std::string out;
        for (const UploadProgress& each : all())
            out += std::to_string(static_cast<int>(each.phase)) + "/" + std::to_string(each.attempt) + ": " +
                   each.words + "\n";
        return out;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<UploadProgress> m_all;
    std::int64_t m_most = 0;
};

actions::UploadOptions quick()
{
    actions::UploadOptions options;
    options.retryDelay = std::chrono::milliseconds(20);
    options.pollInterval = std::chrono::milliseconds(30);
    return options;
}

} // namespace

// Local files into the demo site's disks: through the proxy where it is exposed, else through a port-forward
// to it.
class TestUpload : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<LiveSite> m_site;
    int m_count = 0;

    std::string file(std::int64_t bytes)
    {
        QFile made(m_folder.filePath(QStringLiteral("image-%1").arg(++m_count)));
        if (!made.open(QIODevice::WriteOnly) || !made.resize(bytes)) // sparse: it takes no room
            return {};
        return made.fileName().toStdString();
    }

    // A disk that takes an upload; empty: what went wrong.
    std::string prepare(const std::string& name, std::int64_t bytes)
    {
        actions::ImageWish wish;
        wish.ns = "slate";
        wish.name = name;
        const auto plan = actions::uploadPlan(wish, bytes);
        if (!plan)
            return plan.error().text;
        Run run(m_site->client(), *plan);
        (void)m_site->until([&] { return run.over(); });
        return run.report().state == provision::RunState::Done ? std::string() : run.words();
    }

    // So many uploads will break midway.
    bool cut(int times)
    {
        kube::Request request;
        request.method = "PATCH";
        request.path = "/api/v1/namespaces/cdi/services/cdi-uploadproxy";
        request.contentType = "application/merge-patch+json";
        const provision::Json patch = {
            {"metadata", {{"annotations", {{"strata.dev/cut-uploads", std::to_string(times)}}}}}};
        request.body = patch.dump();
        return m_site->send(std::move(request)).has_value();
    }

    // As an Ingress would: the proxy's address and authority in the CDIConfig.
    bool expose(bool on)
    {
        const auto service =
            m_site->send(provision::getRequest({{}, "v1", "services", true}, "cdi", "cdi-uploadproxy"));
        const auto bundle = m_site->send(
            provision::getRequest({{}, "v1", "configmaps", true}, "cdi", "cdi-uploadproxy-signer-bundle"));
        if (!service || !bundle)
            return false;
        using Json = provision::Json;
        const Json has = Json::parse(service->body, nullptr, false);
        const Json ca = Json::parse(bundle->body, nullptr, false);
        const std::string port = has["metadata"]["annotations"].value("strata.dev/listens-at", std::string());
        Json patch;
        patch["spec"]["uploadProxyURLOverride"] = on ? Json("https://127.0.0.1:" + port) : Json(nullptr);
        patch["status"]["uploadProxyCA"] = on ? ca["data"]["ca-bundle.crt"] : Json(nullptr);
        kube::Request request;
        request.method = "PATCH";
        request.path = "/apis/cdi.kubevirt.io/v1beta1/cdiconfigs/config";
        request.contentType = "application/merge-patch+json";
        request.body = patch.dump();
        return m_site->send(std::move(request)).has_value();
    }

    std::string taken(const std::string& name) const
    {
        const auto claim =
            m_site->send(provision::getRequest({{}, "v1", "persistentvolumeclaims", true}, "slate", name));
        const auto object = claim ? provision::objectFromJson(claim->body) : tl::unexpected(claim.error());
        return object ? object->annotation("cdi.kubevirt.io/storage.condition.running.message")
                      : std::string();
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

    void throughAPortForward()
    {
        constexpr std::int64_t bytes = 48 << 20;
        const std::string wrong = prepare("by-forward", bytes);
        QVERIFY2(wrong.empty(), wrong.c_str());
        Told told;
        const auto upload = actions::ImageUpload::start(m_site->client(), "slate", "by-forward", file(bytes),
                                                        bytes, quick(), told.callback());
        QTRY_VERIFY_WITH_TIMEOUT(told.over(), LiveSite::kLongMs);
        QVERIFY2(told.all().back().phase == Phase::Done, told.words().c_str());
        QVERIFY(told.all().back().way.find("port-forward to pod cdi/") != std::string::npos);
        QCOMPARE(told.most(), bytes);
        QVERIFY2(taken("by-forward").find(std::to_string(bytes)) != std::string::npos,
                 taken("by-forward").c_str());
        // Once more into what is full already: nothing is sent, it is there.
        Told again;
        const auto second = actions::ImageUpload::start(m_site->client(), "slate", "by-forward", file(bytes),
                                                        bytes, quick(), again.callback());
        QTRY_VERIFY_WITH_TIMEOUT(again.over(), LiveSite::kLongMs);
        QCOMPARE(again.all().back().phase, Phase::Done);
    }

    // The shown case of the list of requirements: 2 GiB, cut off twice, there in the end.
    void twoGibibytesCutTwice()
    {
        QVERIFY(expose(true));
        QVERIFY(cut(2));
        const std::string wrong = prepare("large", kTwoGiB);
        QVERIFY2(wrong.empty(), wrong.c_str());
        Told told;
        const auto upload = actions::ImageUpload::start(m_site->client(), "slate", "large", file(kTwoGiB),
                                                        kTwoGiB, quick(), told.callback());
        QTRY_VERIFY_WITH_TIMEOUT(told.over(), 4 * LiveSite::kLongMs);
        const std::vector<UploadProgress> all = told.all();
        QVERIFY2(all.back().phase == Phase::Done, told.words().c_str());
        QCOMPARE(all.back().attempt, 3);
        int cuts = 0;
        for (const UploadProgress& each : all) {
            if (each.phase != Phase::Waiting)
                continue;
            ++cuts;
            QVERIFY(each.error.has_value());
            QVERIFY2(each.error->kind == ErrorKind::Network, each.words.c_str());
            QVERIFY2(each.words.find("starts over") != std::string::npos, each.words.c_str());
        }
        QCOMPARE(cuts, 2);
        QCOMPARE(told.most(), kTwoGiB);
        QVERIFY2(all.back().way.find("https://127.0.0.1") == 0, all.back().way.c_str());
        QVERIFY2(taken("large").find(std::to_string(kTwoGiB)) != std::string::npos, taken("large").c_str());
        QVERIFY(expose(false));
    }

    void whatNeverGoesThroughFails()
    {
        QVERIFY(cut(100));
        constexpr std::int64_t bytes = 8 << 20;
        const std::string wrong = prepare("unlucky", bytes);
        QVERIFY2(wrong.empty(), wrong.c_str());
        actions::UploadOptions options = quick();
        options.tries = 3;
        Told told;
        const auto upload = actions::ImageUpload::start(m_site->client(), "slate", "unlucky", file(bytes),
                                                        bytes, options, told.callback());
        QTRY_VERIFY_WITH_TIMEOUT(told.over(), LiveSite::kLongMs);
        QVERIFY2(told.all().back().phase == Phase::Failed, told.words().c_str());
        QCOMPARE(told.all().back().attempt, 3);
        QVERIFY(cut(0));
    }

    void itIsStopped()
    {
        QVERIFY(cut(100));
        constexpr std::int64_t bytes = 8 << 20;
        const std::string wrong = prepare("stopped", bytes);
        QVERIFY2(wrong.empty(), wrong.c_str());
        actions::UploadOptions options = quick();
        options.retryDelay = std::chrono::minutes(5);
        Told told;
        const auto upload = actions::ImageUpload::start(m_site->client(), "slate", "stopped", file(bytes),
                                                        bytes, options, told.callback());
        QTRY_VERIFY_WITH_TIMEOUT(!told.all().empty() && told.all().back().phase == Phase::Waiting,
                                 LiveSite::kLongMs);
        upload->cancel();
        QTRY_VERIFY_WITH_TIMEOUT(told.over(), 10000);
        QCOMPARE(told.all().back().phase, Phase::Cancelled);
        QVERIFY(cut(0));
    }

    // A token is looked at before a byte of the image is sent.
    void refusals()
    {
        Told none;
        const auto nowhere = actions::ImageUpload::start(m_site->client(), "slate", "nobody", file(1 << 20),
                                                         1 << 20, quick(), none.callback());
        QTRY_VERIFY_WITH_TIMEOUT(none.over(), LiveSite::kLongMs);
        QVERIFY2(none.all().back().phase == Phase::Failed, none.words().c_str());
        QCOMPARE(none.most(), std::int64_t(0));

        const std::string wrong = prepare("changed", 1 << 20);
        QVERIFY2(wrong.empty(), wrong.c_str());
        Told changed; // the file is of another size by now
        const auto other = actions::ImageUpload::start(m_site->client(), "slate", "changed", file(2 << 20),
                                                       1 << 20, quick(), changed.callback());
        QTRY_VERIFY_WITH_TIMEOUT(changed.over(), LiveSite::kLongMs);
        QVERIFY2(changed.all().back().phase == Phase::Failed, changed.words().c_str());
        QVERIFY2(changed.all().back().words.find("another size") != std::string::npos,
                 changed.words().c_str());
    }
};

QTEST_GUILESS_MAIN(TestUpload)
#include "test_upload.moc"
