// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/config/execplugin.h"
#include "core/kube/config/execplugins.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <future>
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

    static ClusterConfig of(const ExecConfig& exec)
    {
        ClusterConfig config;
        config.context = "ctx";
        config.server = "https://h:1";
        config.exec = exec;
        return config;
    }

    // Waited for.
    static Result<ExecCredential> get(ExecPlugins& plugins, const ExecConfig& exec, bool mayAsk = true)
    {
        std::promise<Result<ExecCredential>> promise;
        plugins.get(of(exec), mayAsk,
                    [&](Result<ExecCredential> result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
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

    void dangerousVariablesAreRefused()
    {
        ExecConfig config = plugin(QStringLiteral("preload"), "echo '" + answer(R"({"token":"t"})") + "'\n");
        ExecAllowList list({});
        allow(list, config);
        QVERIFY(runExecPlugin(config, {}, list));
        config.env = {{"LD_PRELOAD", "/tmp/evil.so"}};
        QCOMPARE(runExecPlugin(config, {}, list).error().kind, ErrorKind::Refused);
    }

    void interpreters()
    {
        for (const char* path : {"/bin/sh", "/usr/bin/python3.11", "/usr/bin/env", "/opt/perl5.36"})
            QVERIFY2(isInterpreter(path), path);
        for (const char* path :
             {"/usr/bin/aws", "/usr/local/bin/kubelogin", "/opt/shell", "/usr/bin/gke-gcloud-auth-plugin"})
            QVERIFY2(!isInterpreter(path), path);
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
        ExecPlugins plugins(list, {}, {}, [&] { return now.load(); });
        const auto runs = [&] {
            QFile file(count);
            return file.open(QIODevice::ReadOnly) ? file.readAll().count('x') : 0;
        };
        std::vector<std::thread> askers;
        std::atomic<int> good = 0;
        for (int i = 0; i < 16; ++i)
            askers.emplace_back([&] { good += get(plugins, config) ? 1 : 0; });
        for (std::thread& asker : askers)
            asker.join();
        QCOMPARE(good.load(), 16);
        QCOMPARE(runs(), 1);
        QVERIFY(get(plugins, config));
        QCOMPARE(runs(), 1);
        now = *parseRfc3339("2025-12-31T23:59:50Z"); // within the margin
        QVERIFY(get(plugins, config));
        QCOMPARE(runs(), 2);
        now = *parseRfc3339("2025-12-31T00:00:00Z");
        ExecCredential stale;
        stale.token = Secret("another");
        plugins.refused(of(config), stale); // not the one we have: it was renewed meanwhile
        QVERIFY(get(plugins, config));
        QCOMPARE(runs(), 2);
        plugins.refused(of(config), *get(plugins, config));
        QVERIFY(get(plugins, config));
        QCOMPARE(runs(), 3);
    }

    void theOperatorIsAskedOnce()
    {
        const std::string file = m_folder.filePath(QStringLiteral("remembered")).toStdString();
        ExecConfig config = plugin(QStringLiteral("asked"), "echo '" + answer(R"({"token":"t"})") + "'\n");
        config.args = {"get-token"};
        config.env = {{"REGION", "eu"}};
        std::atomic<int> questions{0};
        std::atomic<ExecPlugins::Answer> reply{ExecPlugins::Answer::No};
        ExecQuestion asked;
        const auto ask = [&](const ExecQuestion& question,
                             const std::function<void(ExecPlugins::Answer)>& answer) {
            asked = question;
            ++questions;
            answer(reply);
        };
        {
            ExecPlugins plugins(std::make_shared<ExecAllowList>(file), ask, "say yes");
            QCOMPARE(get(plugins, config, false).error().kind, ErrorKind::Refused); // may not ask
            QCOMPARE(questions.load(), 0);
            const auto refused = get(plugins, config);
            QCOMPARE(refused.error().kind, ErrorKind::Refused);
            QCOMPARE(refused.error().detail, std::string("say yes"));
            QCOMPARE(questions.load(), 1);
            QCOMPARE(asked.program.path, findExecProgram(config)->path);
            QCOMPARE(asked.args, (std::vector<std::string>{"get-token"}));
            QCOMPARE(asked.environment, (std::vector<std::string>{"REGION=eu"}));
            QCOMPARE(asked.context, std::string("ctx"));
            QVERIFY(!get(plugins, config));
            QCOMPARE(questions.load(), 1); // a No counts
            reply = ExecPlugins::Answer::Once;
            plugins.askAgain();
            QVERIFY(get(plugins, config));
            QCOMPARE(questions.load(), 2);
        }
        {
            ExecPlugins plugins(std::make_shared<ExecAllowList>(file), ask);
            reply = ExecPlugins::Answer::Always; // Once was not remembered
            QVERIFY(get(plugins, config));
            QCOMPARE(questions.load(), 3);
            config.args = {"get-token", "--other"}; // the same program
            QVERIFY(get(plugins, config));
            QCOMPARE(questions.load(), 3);
        }
        {
            ExecPlugins plugins(std::make_shared<ExecAllowList>(file), ask);
            QVERIFY(get(plugins, config));
            QCOMPARE(questions.load(), 3);
            plugin(QStringLiteral("asked"), "echo '" + answer(R"({"token":"changed"})") + "'\n");
            config.args = {"fresh run"};
            QVERIFY(get(plugins, config));
            QCOMPARE(questions.load(), 4); // another program now
        }
    }

    // "sh -c …" is whatever the kubeconfig says: a yes holds for these words only and is not kept.
    void interpretersAreAskedForEachCall()
    {
        const std::string file = m_folder.filePath(QStringLiteral("interpreter")).toStdString();
        std::atomic<int> questions{0};
        const auto ask = [&](const ExecQuestion& question,
                             const std::function<void(ExecPlugins::Answer)>& answer) {
            questions += question.interpreter ? 1 : 100;
            answer(ExecPlugins::Answer::Always);
        };
        ExecConfig config;
        config.apiVersion = kV1;
        config.command = "/usr/bin/env";
        config.baseDirectory = "/";
        config.args = {"echo", answer(R"({"token":"one"})")};
        const auto list = std::make_shared<ExecAllowList>(file);
        {
            ExecPlugins plugins(list, ask);
            QCOMPARE(get(plugins, config)->token.reveal(), std::string("one"));
            QCOMPARE(questions.load(), 1);
            config.args[1] = answer(R"({"token":"two"})");
            QCOMPARE(get(plugins, config)->token.reveal(), std::string("two"));
            QCOMPARE(questions.load(), 2);
        }
        QVERIFY(!list->allows(*findExecProgram(config)));
    }

    void anAnswerMayTakeItsTime()
    {
        const ExecConfig first =
            plugin(QStringLiteral("slow1"), "echo '" + answer(R"({"token":"1"})") + "'\n");
        const ExecConfig second =
            plugin(QStringLiteral("slow2"), "echo '" + answer(R"({"token":"2"})") + "'\n");
        std::mutex mutex;
        std::vector<std::function<void(ExecPlugins::Answer)>> open;
        std::atomic<int> count{0};
        ExecPlugins plugins(std::make_shared<ExecAllowList>(std::string()),
                            [&](const ExecQuestion&, const std::function<void(ExecPlugins::Answer)>& answer) {
                                const std::lock_guard lock(mutex);
                                open.push_back(answer);
                                ++count;
                            });
        std::atomic<int> done{0};
        for (int i = 0; i < 3; ++i)
            plugins.get(of(first), true, [&](const Result<ExecCredential>& r) { done += r ? 1 : 100; });
        QTRY_COMPARE(count.load(), 1);
        plugins.get(of(second), true, [&](const Result<ExecCredential>& r) { done += r ? 10 : 1000; });
        QCOMPARE(get(plugins, first, false).error().kind, ErrorKind::Refused); // who may not wait does not
        QCOMPARE(get(plugins, second, false).error().kind, ErrorKind::Refused);
        QCOMPARE(count.load(), 1); // one question at a time
        QCOMPARE(done.load(), 0);
        const auto answer = [&](std::size_t at, ExecPlugins::Answer with) {
            std::function<void(ExecPlugins::Answer)> call;
            {
                const std::lock_guard lock(mutex);
                call = open.at(at);
            }
            call(with);
            call(with); // a second click changes nothing
        };
        answer(0, ExecPlugins::Answer::Once);
        QTRY_COMPARE(count.load(), 2);
        answer(1, ExecPlugins::Answer::No);
        QTRY_COMPARE(done.load(), 1003);
    }

    void endsARunningProgram()
    {
        const ExecConfig config = plugin(QStringLiteral("endless"), "sleep 600 &\nwait\n");
        const auto list = std::make_shared<ExecAllowList>(std::string());
        allow(*list, config);
        QElapsedTimer timer;
        timer.start();
        {
            ExecPlugins plugins(list);
            plugins.get(of(config), true,
                        [](const Result<ExecCredential>&) { QFAIL("nobody waits any more"); });
        }
        QVERIFY(timer.elapsed() < 10'000);
    }
};

QTEST_GUILESS_MAIN(TestExecPlugin)
#include "test_execplugin.moc"
