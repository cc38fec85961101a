// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/live/realapi.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

namespace strata::test {
namespace {

constexpr int kComesUpMs = 120'000;
constexpr int kEndsMs = 10'000;
const QString kServiceAccounts = QStringLiteral("--enable-admission-plugins=ServiceAccount");

// A port that was free a moment ago; nobody else hands out ports of this range on a test machine.
int freePort()
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int port = 0;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0)
        port = ntohs(address.sin_port);
    ::close(fd);
    return port;
}

bool save(const QString& path, const std::string& text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) &&
           file.write(text.data(), static_cast<qint64>(text.size())) == static_cast<qint64>(text.size());
}

void end(QProcess& process)
{
    if (process.state() == QProcess::NotRunning)
        return;
    process.terminate();
    if (!process.waitForFinished(kEndsMs)) {
        process.kill();
        process.waitForFinished(kEndsMs);
    }
}

} // namespace

std::unique_ptr<RealApi> RealApi::start(const QString& folder, QString& why, const QStringList& arguments)
{
    const QString etcd = folder + QStringLiteral("/etcd");
    const QString server = folder + QStringLiteral("/kube-apiserver");
    for (const QString& program : {etcd, server}) {
        if (!QFileInfo(program).isExecutable()) {
            why = QStringLiteral("%1 is not there.").arg(program);
            return {};
        }
    }
    std::unique_ptr<RealApi> api(new RealApi);
    const auto at = [&](const char* name) { return api->m_folder.filePath(QString::fromLatin1(name)); };
    const Credential identity = api->m_ca.server();
    const Credential accounts = api->m_ca.issue({"service accounts", {}, {}, {}});
    if (!save(at("ca.pem"), api->m_ca.certificatePem()) || !save(at("server.pem"), identity.certificatePem) ||
        !save(at("server.key"), identity.keyPem) || !save(at("accounts.pem"), accounts.certificatePem) ||
        !save(at("accounts.key"), accounts.keyPem)) {
        why = QStringLiteral("The certificates could not be written.");
        return {};
    }
    const QString store = QStringLiteral("http://127.0.0.1:%1").arg(freePort());
    api->m_store = store.toStdString();
    const QString peers = QStringLiteral("http://127.0.0.1:%1").arg(freePort());
    api->m_port = freePort();
    // Nobody makes the accounts that pods would need.
    const bool wantsAccounts = arguments.contains(kServiceAccounts);
    for (QProcess* process : {&api->m_etcd, &api->m_server})
        process->setProcessChannelMode(QProcess::MergedChannels);
    api->m_etcd.setStandardOutputFile(at("etcd.log"));
    api->m_server.setStandardOutputFile(at("server.log"));
    api->m_etcd.start(
        etcd, {QStringLiteral("--data-dir"), at("etcd"), QStringLiteral("--listen-client-urls"), store,
               QStringLiteral("--advertise-client-urls"), store, QStringLiteral("--listen-peer-urls"), peers,
               QStringLiteral("--initial-advertise-peer-urls"), peers, QStringLiteral("--initial-cluster"),
               QStringLiteral("default=") + peers, QStringLiteral("--unsafe-no-fsync")});
    api->m_server.start(
        server,
        QStringList{QStringLiteral("--etcd-servers=") + store, QStringLiteral("--bind-address=127.0.0.1"),
                    QStringLiteral("--advertise-address=127.0.0.1"),
                    QStringLiteral("--endpoint-reconciler-type=none"),
                    QStringLiteral("--secure-port=%1").arg(api->m_port),
                    QStringLiteral("--cert-dir=") + at("certs"),
                    QStringLiteral("--tls-cert-file=") + at("server.pem"),
                    QStringLiteral("--tls-private-key-file=") + at("server.key"),
                    QStringLiteral("--client-ca-file=") + at("ca.pem"),
                    QStringLiteral("--service-account-issuer=https://kubernetes.default.svc"),
                    QStringLiteral("--service-account-key-file=") + at("accounts.pem"),
                    QStringLiteral("--service-account-signing-key-file=") + at("accounts.key"),
                    QStringLiteral("--service-cluster-ip-range=10.0.0.0/24"),
                    QStringLiteral("--authorization-mode=RBAC"), QStringLiteral("--allow-privileged=true")} +
            (wantsAccounts ? QStringList()
                           : QStringList{QStringLiteral("--disable-admission-plugins=ServiceAccount")}) +
            arguments);

    kube::Network network;
    const auto client = kube::Client::create(network, api->config());
    const auto ready = [&] {
        kube::Request request;
        request.path = "/readyz";
        request.accept = "*/*";
        return ask(*client, request).has_value();
    };
    const auto settled = [&] {
        return api->m_etcd.state() == QProcess::NotRunning || api->m_server.state() == QProcess::NotRunning ||
               ready();
    };
    if (!QTest::qWaitFor(settled, kComesUpMs) || api->m_etcd.state() == QProcess::NotRunning ||
        api->m_server.state() == QProcess::NotRunning) {
        QFile log(at("server.log"));
        const QString words =
            log.open(QIODevice::ReadOnly) ? QString::fromUtf8(log.readAll().right(2000)) : QString();
        why = QStringLiteral("kube-apiserver did not become ready: %1").arg(words);
        return {};
    }
    return api;
}

RealApi::~RealApi()
{
    end(m_server);
    end(m_etcd);
}

kube::ClusterConfig RealApi::config() const
{
    return config("strata", {"system:masters"});
}

kube::ClusterConfig RealApi::config(const std::string& user, const std::vector<std::string>& groups) const
{
    const Credential identity = m_ca.client(user, groups);
    kube::ClusterConfig config;
    config.context = "real";
    config.server = "https://127.0.0.1:" + std::to_string(m_port);
    config.caPem = m_ca.certificatePem();
    config.clientCertificatePem = identity.certificatePem;
    config.clientKeyPem = Secret(identity.keyPem);
    return config;
}

Result<void> RealApi::compact(kube::Network& network) const
{
    kube::ClusterConfig config;
    config.server = m_store;
    const auto client = kube::Client::create(network, config);
    kube::Request request;
    request.method = "POST";
    request.contentType = "application/json";
    request.path = "/v3/maintenance/status";
    request.body = "{}";
    const auto status = ask(*client, request);
    if (!status)
        return tl::unexpected(status.error());
    const QJsonObject header = QJsonDocument::fromJson(QByteArray::fromStdString(status->body))
                                   .object()[QStringLiteral("header")]
                                   .toObject();
    request.path = "/v3/kv/compaction";
    request.body = "{\"physical\":true,\"revision\":\"" +
                   header[QStringLiteral("revision")].toString().toStdString() + "\"}";
    const auto compacted = ask(*client, request);
    if (!compacted)
        return tl::unexpected(compacted.error());
    return {};
}

Result<kube::Response> ask(kube::Client& client, kube::Request request)
{
    std::promise<Result<kube::Response>> promise;
    const auto handle = client.send(
        std::move(request), [&](Result<kube::Response> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

} // namespace strata::test
