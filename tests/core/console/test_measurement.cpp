// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/measurement.h"
#include "tests/support/scriptserver.h"

#include <QTcpServer>
#include <QTcpSocket>
#include <QtTest>

#include <mutex>

using namespace strata;
using namespace strata::console;
using test::Reply;
using test::ScriptServer;
using test::TestCa;

namespace {

constexpr int kLongMs = 20'000;
constexpr const char* kServices = R"({"items":[{"metadata":{"name":"prometheus","namespace":"monitoring"},
    "spec":{"ports":[{"name":"web","port":9090}]}}]})";
constexpr const char* kRange =
    R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1700000000,"0.5"]]}]}})";
constexpr const char* kSummary =
    R"({"node":{"cpu":{"usageNanoCores":1500000000},"memory":{"workingSetBytes":7}}})";
constexpr const char* kProxy = "/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy";

// A Prometheus of the operator's, without TLS: answers every range query, and keeps what was asked.
class PlainPrometheus : public QTcpServer {
public:
    PlainPrometheus()
    {
        connect(this, &QTcpServer::newConnection, this, [this] {
            QTcpSocket* socket = nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [this, socket] {
                const QByteArray request = socket->readAll();
                asked += request;
                const QByteArray body(kRange);
                for (const QByteArray& line : request.split('\n')) {
                    if (line.startsWith("GET "))
                        lines += line;
                }
                for (qsizetype i = 0; i < request.count("GET "); ++i) {
                    if (broken > 0) {
                        --broken;
                        socket->write("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n");
                        continue;
                    }
                    socket->write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                                  QByteArray::number(body.size()) + "\r\n\r\n" + body);
                }
            });
        });
    }
    QByteArray asked;
    QByteArrayList lines; // of the requests
    int broken = 0;       // so many of the next ones fail
};

} // namespace

// Where numbers come from, and in which order places are looked at.
class TestMeasurement : public QObject {
    Q_OBJECT

    TestCa m_ca;
    std::mutex m_mutex;
    std::vector<MeasureReport> m_reports;

    std::unique_ptr<Measurement> measure(kube::Network& network, const ScriptServer& server,
                                         const std::string& prometheus,
                                         std::chrono::milliseconds every = std::chrono::hours(1), // one turn
                                         std::chrono::milliseconds everyRange = std::chrono::seconds(15))
    {
        kube::ClusterConfig config;
        config.server = server.url();
        config.caPem = m_ca.certificatePem();
        config.token = Secret("of-the-cluster");
        {
            const std::lock_guard lock(m_mutex);
            m_reports.clear();
        }
        MeasureTarget target;
        target.name = "node-1";
        MeasureOptions options;
        options.every = every;
        options.everyRange = everyRange;
        options.prometheus = prometheus;
        return measureInCluster(kube::Client::create(network, config), target, options,
                                [this](MeasureReport report) {
                                    const std::lock_guard lock(m_mutex);
                                    m_reports.push_back(std::move(report));
                                });
    }
    QString sources()
    {
        const std::lock_guard lock(m_mutex);
        return m_reports.empty() ? QString() : QString::fromStdString(m_reports.back().sources);
    }
    QString problem()
    {
        const std::lock_guard lock(m_mutex);
        return m_reports.empty() ? QString() : QString::fromStdString(m_reports.back().problem);
    }
    bool has(Quantity quantity)
    {
        const std::lock_guard lock(m_mutex);
        for (const MeasureReport& report : m_reports)
            for (const Reading& reading : report.readings) {
                if (reading.of(quantity))
                    return true;
            }
        return false;
    }

private Q_SLOTS:
    void theOperatorsOwnComesFirst()
    {
        ScriptServer server({m_ca.server(), {}, false});
        server.expect("GET", "/api/v1/nodes/node-1/proxy/stats/summary", {}, Reply::json(200, kSummary));
        PlainPrometheus prometheus;
        QVERIFY(prometheus.listen(QHostAddress::LocalHost));
        const std::string url = "http://127.0.0.1:" + std::to_string(prometheus.serverPort());
        kube::Network network;
        const auto measurement = measure(network, server, url + "/");
        QTRY_VERIFY_WITH_TIMEOUT(sources().contains(QString::fromStdString(url)) &&
                                     sources().contains(QLatin1String("kubelet")),
                                 kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(has(Quantity::DiskWrite), kLongMs); // which only Prometheus tells
        QVERIFY(prometheus.asked.contains("GET /api/v1/query_range?query="));
        // The cluster's credential goes to nobody else, and nothing was looked for in the cluster.
        QVERIFY2(!prometheus.asked.toLower().contains("authorization"), prometheus.asked.constData());
        QVERIFY2(server.problems().empty(), server.problems().c_str());
    }

    // A kubelet and a Prometheus do not measure alike: a line that takes both jumps between them.
    void aQuantityHasOneSource()
    {
        ScriptServer server({m_ca.server(), {}, false});
        const int turns = server.expect("GET", "/api/v1/nodes/node-1/proxy/stats/summary", {},
                                        Reply::json(200, kSummary), 100'000);
        PlainPrometheus prometheus;
        QVERIFY(prometheus.listen(QHostAddress::LocalHost));
        kube::Network network;
        const auto measurement =
            measure(network, server, "http://127.0.0.1:" + std::to_string(prometheus.serverPort()),
                    std::chrono::milliseconds(10));
        QTRY_VERIFY_WITH_TIMEOUT(has(Quantity::Memory) && has(Quantity::Cpu), kLongMs);
        const int then = server.answered(turns);
        QTRY_VERIFY_WITH_TIMEOUT(server.answered(turns) > then + 5, kLongMs);
        QVERIFY(sources().contains(QLatin1String("kubelet"))); // which was heard all the time
        const std::lock_guard lock(m_mutex);
        for (const MeasureReport& report : m_reports) {
            for (const Reading& reading : report.readings) {
                QCOMPARE(reading.of(Quantity::Memory).value_or(0.5), 0.5);
                QCOMPARE(reading.of(Quantity::Cpu).value_or(0.5), 0.5);
            }
        }
    }

    // A Prometheus that fails when it is asked first is asked for the past again, and later for what is new
    // only.
    void thePastIsAskedForUntilItIsTold()
    {
        ScriptServer server({m_ca.server(), {}, false});
        server.expect("GET", "/api/v1/nodes/node-1/proxy/stats/summary", {}, Reply::json(200, kSummary),
                      100'000);
        PlainPrometheus prometheus;
        prometheus.broken = 7; // all that is asked for in the first turn
        QVERIFY(prometheus.listen(QHostAddress::LocalHost));
        kube::Network network;
        const auto measurement =
            measure(network, server, "http://127.0.0.1:" + std::to_string(prometheus.serverPort()),
                    std::chrono::milliseconds(20), std::chrono::milliseconds(20));
        QTRY_VERIFY_WITH_TIMEOUT(has(Quantity::Memory), kLongMs);
        // Of one quantity, in the order of the questions: how far back each goes, in seconds.
        const auto reaches = [&] {
            QList<qint64> out;
            const QByteArray query = prometheus.lines.front().split('&').front();
            for (const QByteArray& line : prometheus.lines) {
                if (line.split('&').front() != query)
                    continue;
                const auto number = [&](const char* key) {
                    const qsizetype at = line.indexOf(key) + qsizetype(qstrlen(key));
                    return line.mid(at, line.indexOf('&', at) - at).toLongLong();
                };
                out += number("&end=") - number("&start=");
            }
            return out;
        };
        QTRY_VERIFY_WITH_TIMEOUT(reaches().size() > 4, kLongMs);
        const QList<qint64> asked = reaches();
        QCOMPARE(asked[0], qint64(4 * 3600));
        QCOMPARE(asked[1], qint64(4 * 3600));
        QVERIFY2(asked.last() < 60, qPrintable(QString::number(asked.last())));
    }

    void elseOneIsFoundInTheCluster()
    {
        ScriptServer server({m_ca.server(), {}, false});
        server.expect("GET", "/api/v1/nodes/node-1/proxy/stats/summary", {}, Reply::json(200, kSummary));
        server.expect("GET", "/api/v1/services", {"limit="}, Reply::json(200, kServices));
        server.expect("GET", std::string(kProxy) + "/api/v1/status/buildinfo", {},
                      Reply::json(200, R"({"status":"success","data":{}})"));
        server.expect("GET", std::string(kProxy) + "/api/v1/query_range", {"query=", "step="},
                      Reply::json(200, kRange), 7);
        kube::Network network;
        const auto measurement = measure(network, server, {});
        QTRY_VERIFY_WITH_TIMEOUT(sources().contains(QLatin1String("monitoring/prometheus")), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(has(Quantity::DiskWrite), kLongMs);
    }

    void oneThatIsNotThereIsTold()
    {
        QTcpServer nobody; // a port that was free a moment ago
        QVERIFY(nobody.listen(QHostAddress::LocalHost));
        const std::string url = "http://127.0.0.1:" + std::to_string(nobody.serverPort());
        nobody.close();
        ScriptServer server({m_ca.server(), {}, false});
        server.expect("GET", "/api/v1/nodes/node-1/proxy/stats/summary", {}, Reply::json(200, kSummary));
        kube::Network network;
        const auto measurement = measure(network, server, url);
        QTRY_VERIFY_WITH_TIMEOUT(problem().contains(QLatin1String("Prometheus")), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(has(Quantity::Memory), kLongMs); // the kubelet tells what it can
    }
};

QTEST_GUILESS_MAIN(TestMeasurement)
#include "test_measurement.moc"
