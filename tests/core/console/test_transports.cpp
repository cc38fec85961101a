// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/asciicast.h"
#include "core/console/measure.h"
#include "core/console/transports/nodeshell.h"
#include "core/console/transports/process.h"
#include "core/console/transports/service.h"
#include "core/console/transports/ssh.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <mutex>
#include <optional>

using namespace strata;
using namespace strata::console;

namespace {

class Ears : public SessionHandler {
public:
    void onOpen(const std::string&) override { open = true; }
    void onOutput(std::string_view bytes) override
    {
        const std::lock_guard lock(m_mutex);
        m_text += bytes;
    }
    void onEnd(SessionEnd end) override
    {
        const std::lock_guard lock(m_mutex);
        m_end = std::move(end);
    }
    QString text() const
    {
        const std::lock_guard lock(m_mutex);
        return QString::fromStdString(m_text);
    }
    std::optional<SessionEnd> end() const
    {
        const std::lock_guard lock(m_mutex);
        return m_end;
    }
    std::atomic<bool> open{false};

private:
    mutable std::mutex m_mutex;
    std::string m_text;
    std::optional<SessionEnd> m_end;
};

nlohmann::json service()
{
    nlohmann::json out;
    out["spec"]["selector"]["app"] = "web";
    nlohmann::json web;
    web["port"] = 80;
    web["targetPort"] = "http";
    nlohmann::json other;
    other["port"] = 81;
    nlohmann::json names;
    names["port"] = 53;
    names["protocol"] = "UDP";
    out["spec"]["ports"] = nlohmann::json::array({web, other, names});
    return out;
}

nlohmann::json pod(const char* name, const char* phase, const char* ready)
{
    nlohmann::json out;
    out["metadata"]["name"] = name;
    out["status"]["phase"] = phase;
    nlohmann::json condition;
    condition["type"] = "Ready";
    condition["status"] = ready;
    out["status"]["conditions"] = nlohmann::json::array({condition});
    nlohmann::json container;
    nlohmann::json port;
    port["name"] = "http";
    port["containerPort"] = 8080;
    container["ports"] = nlohmann::json::array({port});
    out["spec"]["containers"] = nlohmann::json::array({container});
    return out;
}

} // namespace

class TestTransports : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aProgramInATerminal()
    {
        auto ears = std::make_shared<Ears>();
        auto session =
            openProcess({{"sh", "-c", "tty && stty size && read line && echo got $line; exit 7"}, {}, true},
                        {97, 31}, ears);
        QVERIFY(session);
        QTRY_VERIFY_WITH_TIMEOUT(ears->text().contains(QLatin1String("31 97")), 10000);
        QVERIFY(ears->text().contains(QLatin1String("/dev/")));
        QVERIFY((*session)->write("words\r"));
        QTRY_VERIFY_WITH_TIMEOUT(ears->end().has_value(), 10000);
        QVERIFY(ears->end()->kind == SessionEnd::Kind::Exited);
        QCOMPARE(ears->end()->exitCode, 7);
        QVERIFY(ears->text().contains(QLatin1String("got words")));
        QVERIFY(!(*session)->write("late"));
    }

    void itsWindowChangesAndControlCEndsIt()
    {
        auto ears = std::make_shared<Ears>();
        auto session = openProcess(
            {{"sh", "-c", "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done"}, {}, true},
            {80, 24}, ears);
        QVERIFY(session);
        QTRY_VERIFY_WITH_TIMEOUT(ears->text().contains(QLatin1String("ready")), 10000);
        (*session)->resize({120, 40});
        QTRY_VERIFY_WITH_TIMEOUT(ears->text().contains(QLatin1String("40 120")), 10000);
        (*session)->write("\x03");
        QTRY_VERIFY_WITH_TIMEOUT(ears->end().has_value(), 10000);
        QCOMPARE(ears->end()->exitCode, 128 + 2);
    }

    void aProgramGoesWithItsSession()
    {
        QTemporaryDir folder;
        const QString pidFile = folder.filePath(QStringLiteral("pid"));
        auto ears = std::make_shared<Ears>();
        auto session = openProcess({{"sh", "-c",
                                     "trap '' HUP TERM; echo $$ > " + pidFile.toStdString() +
                                         "; echo up; while :; do sleep 1; done"},
                                    {},
                                    true},
                                   {}, ears);
        QVERIFY(session);
        QTRY_VERIFY_WITH_TIMEOUT(ears->text().contains(QLatin1String("up")), 10000);
        QFile file(pidFile);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString proc = QStringLiteral("/proc/%1").arg(file.readAll().trimmed().toInt());
        QVERIFY(QFileInfo::exists(proc));
        session->reset(); // returns at once, although it does not listen
        QTRY_VERIFY_WITH_TIMEOUT(!QFileInfo::exists(proc), 10000);
    }

    void outputThatNobodyWantsWaits()
    {
        auto ears = std::make_shared<Ears>();
        auto session = openProcess({{"yes", "0123456789"}, {}, true}, {}, ears);
        QVERIFY(session);
        QTRY_VERIFY_WITH_TIMEOUT(ears->text().size() > 10000, 10000);
        (*session)->setReading(false);
        // What was on its way may still come; then it stands.
        qsizetype size = -1;
        QTRY_VERIFY_WITH_TIMEOUT(std::exchange(size, ears->text().size()) == ears->text().size(), 10000);
        (*session)->setReading(true);
        QTRY_VERIFY_WITH_TIMEOUT(ears->text().size() > size, 10000);
    }

    void aProgramThatIsMissing()
    {
        auto session = openProcess({{"no-such-program-here"}, {}, true}, {}, std::make_shared<Ears>());
        QVERIFY(!session);
        QVERIFY(session.error().kind == ErrorKind::NotFound);
        QVERIFY(session.error().text.find("no-such-program-here") != std::string::npos);
    }

    void aKeyIsPrivateAndGoes()
    {
        QString folder;
        {
            auto key = KeyFile::write(Secret("PRIVATE\n"));
            QVERIFY(key);
            const QFileInfo file(QString::fromStdString((*key)->path()));
            QCOMPARE(file.permissions() & QFileDevice::Permissions(0x0077), QFileDevice::Permissions());
            folder = file.path();
            QCOMPARE(QFileInfo(folder).permissions() & QFileDevice::Permissions(0x0077),
                     QFileDevice::Permissions());
            QFile content(file.filePath());
            QVERIFY(content.open(QIODevice::ReadOnly));
            QCOMPARE(content.readAll(), QByteArray("PRIVATE\n"));
        }
        QVERIFY(!QFileInfo::exists(folder));
        // What a process that is no more has left goes when the next key is written.
        const QString left = QFileInfo(folder).path() + QStringLiteral("/strata-ssh-99999999-abcdef");
        QVERIFY(QDir().mkpath(left));
        QFile old(left + QStringLiteral("/key"));
        QVERIFY(old.open(QIODevice::WriteOnly));
        old.write("x");
        old.close();
        QVERIFY(KeyFile::write(Secret("another\n")));
        QVERIFY(!QFileInfo::exists(left));
    }

    void sshIsToldWhatToTrust()
    {
        SshTarget target;
        target.guest = {"blue", "blue-cp-0"};
        target.uid = "uid-1";
        const std::vector<std::string> shell =
            sshCommand(target, {"/tmp/known", "ssh", {}}, 4022, "/run/k/key");
        const auto has = [](const std::vector<std::string>& words, const char* word) {
            return std::find(words.begin(), words.end(), word) != words.end();
        };
        for (const char* word :
             {"HostKeyAlias=strata-uid-1", "UserKnownHostsFile=\"/tmp/known\"", "ForwardAgent=no",
              "IdentitiesOnly=yes", "/run/k/key", "StrictHostKeyChecking=ask", "4022", "capk"})
            QVERIFY2(has(shell, word), word);
        QCOMPARE(shell.back(), std::string("127.0.0.1"));
        QCOMPARE(shell[shell.size() - 2], std::string("--")); // no name becomes an option
        const std::vector<std::string> batch = sshCommand(target, {"/tmp/known", "ssh", "id"}, 4022, {});
        QVERIFY(has(batch, "BatchMode=yes"));
        QVERIFY(has(batch, "StrictHostKeyChecking=accept-new"));
        QVERIFY(!has(batch, "-i"));
        QCOMPARE(batch.back(), std::string("id"));
    }

    void aNodesPodIsMarkedAndBounded()
    {
        const auto pod = nlohmann::json::parse(nodeShellPod({"node-1", "img:1"}, "p", "m", thisProcess()));
        QCOMPARE(pod["spec"]["nodeName"].get<std::string>(), std::string("node-1"));
        QVERIFY(pod["spec"]["hostPID"].get<bool>());
        QVERIFY(!pod["spec"]["automountServiceAccountToken"].get<bool>());
        QCOMPARE(pod["spec"]["activeDeadlineSeconds"].get<long>(), kNodeShellSeconds);
        QVERIFY(pod["spec"]["containers"][0]["securityContext"]["privileged"].get<bool>());
        const auto labels = pod["metadata"]["labels"];
        QCOMPARE(labels["strata.dev/debug"].get<std::string>(), std::string("node-shell"));
        QCOMPARE(labels["strata.dev/process"].get<std::string>(), thisProcess());
        QVERIFY(!isOver(thisProcess()));
        QVERIFY(isOver("99999999-5"));
        QVERIFY(
            isOver(std::to_string(QCoreApplication::applicationPid()) + "-1")); // the number was given anew
        QVERIFY(!isOver("rubbish"));
    }

    void aServicesPortIsThatOfAPod()
    {
        const std::string text = service().dump();
        QCOMPARE(serviceSelector(text).value(), std::string("app=web"));
        QVERIFY(!serviceSelector("{}"));
        nlohmann::json pods;
        pods["items"] = nlohmann::json::array(
            {pod("a", "Pending", "False"), pod("b", "Running", "False"), pod("c", "Running", "True")});
        const auto named = serviceEnd(text, pods.dump(), 80);
        QVERIFY(named);
        QCOMPARE(named->pod, std::string("c"));
        QCOMPARE(named->port, std::uint16_t(8080));
        QCOMPARE(serviceEnd(text, pods.dump(), 81)->port, std::uint16_t(81));
        QVERIFY(!serviceEnd(text, pods.dump(), 53));
        QVERIFY(!serviceEnd(text, pods.dump(), 99));
        QVERIFY(!serviceEnd(text, "{}", 80));
        nlohmann::json list;
        list["items"] = nlohmann::json::array({service()});
        list["items"][0]["metadata"]["name"] = "w";
        QCOMPARE(readServicePorts(list.dump())->size(), std::size_t(2));
        QVERIFY(!readServicePorts("nonsense"));
    }

    void recordingsAreValidWhateverComes()
    {
        QCOMPARE(Asciicast::resized(1.5, 80, 24), std::string("[1.500000, \"r\", \"80x24\"]\n"));
        const auto head = nlohmann::json::parse(Asciicast::header(80, 24, 7, "a\x1b]0;b\x07"));
        QCOMPARE(head["version"].get<int>(), 2);
        QCOMPARE(head["height"].get<int>(), 24);
        const std::string text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x1b[1m\xff\xfe!\xc3";
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            Asciicast cast;
            std::string all;
            for (const std::string& line :
                 {cast.output(0, std::string_view(text).substr(0, cut)),
                  cast.output(1, std::string_view(text).substr(cut)), cast.output(2, "x")}) {
                if (line.empty())
                    continue;
                const auto event = nlohmann::json::parse(line);
                QCOMPARE(event[1].get<std::string>(), std::string("o"));
                all += event[2].get<std::string>();
            }
            QCOMPARE(QString::fromStdString(all),
                     QString::fromUtf8("aä€😀\x1b[1m\xEF\xBF\xBD\xEF\xBF\xBD!\xEF\xBF\xBDx"));
        }
    }

    void aRecordingThatCannotBeWrittenSaysSo()
    {
        QVERIFY(!Recording::start("/no/such/folder/x.cast", 80, 24, "x", {}));
        QVERIFY(!Recording::start("/dev/null", 80, 24, "x", {})); // no file
        QTemporaryDir folder;
        std::mutex mutex;
        std::string why;
        auto full = Recording::start(folder.filePath(QStringLiteral("x.cast")).toStdString(), 80, 24, "x",
                                     [&](const Error& error) {
                                         const std::lock_guard lock(mutex);
                                         why = error.detail;
                                     });
        QVERIFY(full);
        // As on a disk that is full: its thread's write fails.
        rlimit usual{};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &usual), 0);
        const rlimit little{1000, usual.rlim_max};
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &little), 0);
        (*full)->output(std::string(5000, 'x'));
        const bool told = QTest::qWaitFor(
            [&] {
                const std::lock_guard lock(mutex);
                return !why.empty();
            },
            10000);
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &usual), 0);
        QVERIFY(told);
    }

    void countersBecomeRates()
    {
        Rates rates;
        Look look;
        look.at = 10'000;
        look.cpuSeconds = 100;
        look.networkIn = 1000;
        look.memory = 5;
        QVERIFY(!rates.take(look).of(Quantity::Cpu).has_value());
        look.at = 12'000;
        look.cpuSeconds = 101;
        look.networkIn = 5000;
        const Reading reading = rates.take(look);
        QCOMPARE(reading.of(Quantity::Cpu).value(), 0.5);
        QCOMPARE(reading.of(Quantity::NetworkIn).value(), 2000.0);
        QVERIFY(!reading.of(Quantity::DiskRead));
        QVERIFY(rates.take(look).empty()); // the same once more is nothing new
        look.at = 14'000;
        look.networkIn = 10; // began anew
        QVERIFY(!rates.take(look).of(Quantity::NetworkIn));
    }

    void aKubeletsSummary()
    {
        const std::string json =
            R"({"node":{"cpu":{"time":"2025-11-26T08:00:00Z","usageNanoCores":1500000000},
            "memory":{"workingSetBytes":1024},"network":{"interfaces":[{"name":"eth0","rxBytes":10,"txBytes":20},
            {"name":"eth1","rxBytes":1,"txBytes":2}]},"fs":{"usedBytes":77}},
            "pods":[{"podRef":{"name":"p","namespace":"n"},"cpu":{"usageNanoCores":250000000},
            "ephemeral-storage":{"usedBytes":5}},{"podRef":5},7]})";
        const Summary summary = readSummary(json, 1);
        QVERIFY(summary.node.has_value());
        QCOMPARE(summary.node->cpu.value(), 1.5);
        QCOMPARE(summary.node->networkIn.value(), 11.0);
        QCOMPARE(summary.node->filesystem.value(), 77.0);
        QCOMPARE(summary.node->at, UnixMs(1'764'144'000'000));
        QCOMPARE(summary.pods.at("n/p").cpu.value(), 0.25);
        QCOMPARE(summary.pods.at("n/p").filesystem.value(), 5.0);
        QCOMPARE(sumOf({summary.pods.at("n/p"), summary.pods.at("n/p")}).cpu.value(), 0.5);
        for (std::size_t cut = 0; cut < json.size(); ++cut)
            (void)readSummary(std::string_view(json).substr(0, cut), 1);
    }

    void aRangeIsSummed()
    {
        const Range range = readRange(R"({"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{},"values":[[100,"1.5"],[115.5,"NaN"],[130,"2"]]},
            {"metric":{},"values":[[100,"0.5"],[130,"+Inf"],["x",1]]}]}})");
        QVERIFY(range.error.empty());
        QCOMPARE(range.points.size(), std::size_t(2));
        QCOMPARE(range.points[0], (std::pair<UnixMs, double>(100'000, 2.0)));
        QCOMPARE(range.points[1], (std::pair<UnixMs, double>(130'000, 2.0)));
        QVERIFY(readRange(R"({"status":"error","error":"bad \u001b query"})").error.find("bad") == 0);
        QVERIFY(!readRange("<html>").error.empty());
        // A name cannot leave its quotes.
        QVERIFY(vmQuery(Quantity::Cpu, "a\"}", "b").find("namespace=\"a\\\"}\"") != std::string::npos);
    }

    void whereAPrometheusIs()
    {
        const auto places = findPrometheus(R"({"items":[
            {"metadata":{"namespace":"m","name":"prometheus-node-exporter"},"spec":{"ports":[{"port":9100}]}},
            {"metadata":{"namespace":"m","name":"my-prometheus"},"spec":{"ports":[{"port":80}]}},
            {"metadata":{"namespace":"m","name":"prometheus-operated"},"spec":{"ports":[{"name":"web","port":9090}]}},
            {"metadata":{"namespace":"m","name":"x","labels":{"app.kubernetes.io/name":"prometheus"}},
             "spec":{"ports":[{"name":"reloader","port":8080},{"name":"http-web","port":9091}]}}]})");
        QCOMPARE(places.size(), std::size_t(3));
        QCOMPARE(places[0].service, std::string("prometheus-operated"));
        QCOMPARE(places[1].port, std::string("9091"));
        QCOMPARE(places[2].path(), std::string("/api/v1/namespaces/m/services/http:my-prometheus:80/proxy"));
        QVERIFY(findPrometheus("[]").empty());
    }
};

QTEST_GUILESS_MAIN(TestTransports)
#include "test_transports.moc"
