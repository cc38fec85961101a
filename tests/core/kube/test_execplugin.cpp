// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/config/execplugin.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <thread>

using namespace strata;
using namespace strata::kube;

namespace {

constexpr auto kV1 = "client.authentication.k8s.io/v1";

std::string answer(const std::string& status, const std::string& version = kV1)
{
    return R"({"kind":"ExecCredential","apiVersion":")" + version + R"(","status":)" + status + "}";
}

} // namespace

class TestExecPlugin : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    // A plugin as a shell script; `body` prints the credential.
    ExecConfig plugin(const QString& name, const std::string& body)
    {
        const QString path = m_folder.filePath(name);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            qFatal("cannot write the plugin");
        file.write("#!/bin/sh\n");
        file.write(body.c_str());
        file.close();
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        ExecConfig config;
        config.apiVersion = kV1;
        config.command = "./" + name.toStdString();
        config.baseDirectory = m_folder.path().toStdString();
        return config;
    }

    static void allow(ExecAllowList& list, const ExecConfig& config)
    {
        const auto program = findExecProgram(config);
        QVERIFY(program);
        QVERIFY(list.allow(*program));
    }

private Q_SLOTS:
    void parses_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<bool>("good");
        const auto row = [](const char* name, const std::string& json, bool good) {
            QTest::newRow(name) << QByteArray::fromStdString(json) << good;
        };
        row("token", answer(R"({"token":"t"})"), true);
        row("pair", answer(R"({"clientCertificateData":"C","clientKeyData":"K"})"), true);
        row("expires", answer(R"({"token":"t","expirationTimestamp":"2026-11-25T10:00:00Z"})"), true);
        row("half a pair", answer(R"({"clientCertificateData":"C"})"), false);
        row("nothing", answer("{}"), false);
        row("no status", R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"})",
            false);
        row("other version", answer(R"({"token":"t"})", "client.authentication.k8s.io/v1beta1"), false);
        row("other kind", R"({"kind":"Secret"})", false);
        row("not JSON", "token", false);
        row("bad time", answer(R"({"token":"t","expirationTimestamp":"soon"})"), false);
        row("header smuggled in", answer(R"({"token":"t\r\nX-Other: y"})"), false);
    }

    void parses()
    {
        QFETCH(QByteArray, json);
        QFETCH(bool, good);
        const auto parsed = parseExecCredential(json.toStdString(), kV1);
        QCOMPARE(parsed.has_value(), good);
        if (!good)
            QVERIFY(!parsed.error().text.empty());
    }

    void nothingRunsUnlessAllowed()
    {
        const QString trace = m_folder.filePath(QStringLiteral("ran"));
        const ExecConfig config =
            plugin(QStringLiteral("traced"),
                   "touch '" + trace.toStdString() + "'\necho '" + answer(R"({"token":"t"})") + "'\n");
        ExecAllowList list({});
        const auto refused = runExecPlugin(config, {}, list);
        QVERIFY(!refused);
        QCOMPARE(refused.error().kind, ErrorKind::Refused);
        QVERIFY(!QFile::exists(trace));
        allow(list, config);
        const auto ran = runExecPlugin(config, {}, list);
        QVERIFY2(ran, ran ? "" : ran.error().text.c_str());
        QCOMPARE(ran->token.reveal(), std::string("t"));
        QVERIFY(QFile::exists(trace));
    }

    void aChangedProgramAsksAgain()
    {
        const ExecConfig config =
            plugin(QStringLiteral("changed"), "echo '" + answer(R"({"token":"a"})") + "'\n");
        ExecAllowList list({});
        allow(list, config);
        QVERIFY(runExecPlugin(config, {}, list));
        plugin(QStringLiteral("changed"), "echo '" + answer(R"({"token":"b"})") + "'\n");
        const auto refused = runExecPlugin(config, {}, list);
        QVERIFY(!refused);
        QCOMPARE(refused.error().kind, ErrorKind::Refused);
    }

    void allowListSurvivesAndForgets()
    {
        const std::string file = m_folder.filePath(QStringLiteral("allowed")).toStdString();
        const ExecProgram program{"/usr/bin/a plugin", std::string(64, 'a')};
        {
            ExecAllowList list(file);
            QVERIFY(list.allow(program));
        }
        QCOMPARE(QFile::permissions(QString::fromStdString(file)) & (QFile::ReadGroup | QFile::ReadOther),
                 QFile::Permissions());
        ExecAllowList again(file);
        QVERIFY(again.allows(program));
        QVERIFY(!again.allows({program.path, std::string(64, 'b')}));
        QVERIFY(again.forget(program.path));
        QVERIFY(!ExecAllowList(file).allows(program));
    }

    void environmentAndArgumentsReachIt()
    {
        ExecConfig config =
            plugin(QStringLiteral("env"),
                   "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" + std::string(kV1) +
                       "\",\"status\":{\"token\":\"%s-%s-%s\"}}' \"$REGION\" \"$1\" "
                       "\"$(printf %s \"$KUBERNETES_EXEC_INFO\" | grep -c '\"server\":\"https://h:1\"')\"\n");
        config.args = {"two words"};
        config.env = {{"REGION", "eu"}};
        config.provideClusterInfo = true;
        ExecAllowList list({});
        allow(list, config);
        const auto ran = runExecPlugin(config, {"https://h:1", "", "", false}, list);
        QVERIFY2(ran, ran ? "" : ran.error().text.c_str());
        QCOMPARE(ran->token.reveal(), std::string("eu-two words-1"));
    }

    void failuresAreSaid()
    {
        ExecAllowList list({});
        const ExecConfig exits = plugin(QStringLiteral("exits"), "echo 'log in first' >&2\nexit 3\n");
        allow(list, exits);
        const auto code = runExecPlugin(exits, {}, list);
        QVERIFY(!code);
        QVERIFY(code.error().text.find("3") != std::string::npos);
        QCOMPARE(code.error().detail, std::string("log in first "));

        const ExecConfig hangs = plugin(QStringLiteral("hangs"), "sleep 600 &\nwait\n");
        allow(list, hangs);
        QCOMPARE(runExecPlugin(hangs, {}, list, std::chrono::milliseconds(200)).error().kind,
                 ErrorKind::Timeout);

        const ExecConfig floods = plugin(QStringLiteral("floods"), "yes\n");
        allow(list, floods);
        QVERIFY(!runExecPlugin(floods, {}, list));

        ExecConfig missing;
        missing.apiVersion = kV1;
        missing.command = "no-such-plugin-anywhere";
        missing.installHint = "get it\x1b[31m there";
        const auto absent = runExecPlugin(missing, {}, list);
        QCOMPARE(absent.error().kind, ErrorKind::Config);
        QVERIFY(absent.error().detail.find('\x1b') == std::string::npos);
    }

    void manyAskersOneRun()
    {
        const QString count = m_folder.filePath(QStringLiteral("count"));
        const ExecConfig config =
            plugin(QStringLiteral("counted"),
                   "echo x >> '" + count.toStdString() + "'\nsleep 0.2\necho '" +
                       answer(R"({"token":"t","expirationTimestamp":"2026-01-01T00:00:00Z"})") + "'\n");
        const auto list = std::make_shared<ExecAllowList>(std::string());
        allow(*list, config);
        std::atomic<UnixMs> now = *parseRfc3339("2025-12-31T00:00:00Z");
        ExecCredentialCache cache(config, {}, list, [&] { return now.load(); });
        const auto runs = [&] {
            QFile file(count);
            return file.open(QIODevice::ReadOnly) ? file.readAll().count('x') : 0;
        };
        std::vector<std::thread> askers;
        std::atomic<int> good = 0;
        for (int i = 0; i < 16; ++i)
            askers.emplace_back([&] { good += cache.get().has_value() ? 1 : 0; });
        for (std::thread& asker : askers)
            asker.join();
        QCOMPARE(good.load(), 16);
        QCOMPARE(runs(), 1);
        QVERIFY(cache.get());
        QCOMPARE(runs(), 1);
        now = *parseRfc3339("2025-12-31T23:59:50Z"); // within the margin
        QVERIFY(cache.get());
        QCOMPARE(runs(), 2);
        now = *parseRfc3339("2025-12-31T00:00:00Z");
        cache.invalidate();
        QVERIFY(cache.get());
        QCOMPARE(runs(), 3);
    }
};

QTEST_APPLESS_MAIN(TestExecPlugin)
#include "test_execplugin.moc"
