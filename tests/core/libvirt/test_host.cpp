// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/host.h"
#include "tests/core/libvirt/hostwatcher.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <libvirt/libvirt.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

using namespace strata;
using namespace strata::virt;
using strata::test::HostWatcher;

namespace {

using Seen = HostWatcher::Seen;

Pace hurried()
{
    Pace pace;
    pace.usage = std::chrono::milliseconds(50);
    pace.domainsWithoutEvents = std::chrono::milliseconds(50);
    pace.firstRetry = std::chrono::milliseconds(20);
    pace.lastRetry = std::chrono::milliseconds(100);
    return pace;
}

// A port of this machine: closed, or open with nobody who answers.
class Port {
public:
    explicit Port(bool listening) : m_socket(::socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(m_socket, generic, size) == 0 && ::getsockname(m_socket, generic, &size) == 0)
            m_port = ntohs(address.sin_port);
        if (listening)
            ::listen(m_socket, 8);
        // Bound but not listening: nobody else can open it meanwhile.
    }
    ~Port()
    {
        for (const int peer : m_peers)
            ::close(peer);
        ::close(m_socket);
    }
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    void acceptOne() { m_peers.push_back(::accept(m_socket, nullptr, nullptr)); }
    std::string text() const { return std::to_string(m_port); }

private:
    int m_socket;
    int m_port = 0;
    std::vector<int> m_peers;
};

constexpr const char* kOtherDomain = R"(<domain type='test'>
  <name>tenant-blue_wkr-1</name>
  <uuid>8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f001</uuid>
  <memory unit='MiB'>64</memory><vcpu>2</vcpu><os><type>hvm</type></os>
</domain>)";

} // namespace

class TestHost : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void refusesAtOnce()
    {
        const auto watcher = std::make_shared<HostWatcher>();
        const auto host = Host::open("qemu+ssh://h/system?command=/tmp/x", watcher);
        QVERIFY(!host);
        QCOMPARE(host.error().kind, ErrorKind::Refused);
        QVERIFY(!Host::open("nonsense", watcher));
        QCOMPARE(watcher->seen().calls, 0);
    }

    void defaultHost()
    {
        const auto watcher = std::make_shared<HostWatcher>();
        const auto host = Host::open("test:///default", watcher, hurried());
        QVERIFY(host);
        QCOMPARE((*host)->uri(), std::string("test:///default"));
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));
        const Seen seen = watcher->seen();
        QVERIFY(seen.host);
        QCOMPARE(seen.host->hostname, std::string("test"));
        QCOMPARE(seen.host->uuid, std::string());
        QCOMPARE(seen.host->hypervisor, std::string("TEST"));
        QVERIFY(seen.host->cpus > 0);
        QVERIFY(seen.host->memoryBytes > 0);
        QCOMPARE(seen.host->memoryFreeBytes, std::int64_t(-1));
        QCOMPARE(seen.host->cpuUsed, -1.0);
        QVERIFY(!seen.host->libvirtVersion.empty());
        QCOMPARE(seen.domains.size(), std::size_t(1));
        const DomainFacts& domain = seen.domains.at("test");
        QCOMPARE(domain.state, DomainState::Running);
        QCOMPARE(domain.uuid, std::string("6695eb01-f6a4-8304-79aa-97f2502e193f"));
        QVERIFY(domain.memoryBytes > 0);
        QVERIFY(domain.vcpus > 0);
        QVERIFY(domain.persistent);
        QVERIFY(seen.states.back().lastHeard > 0);
        QCOMPARE(seen.states.front().phase, LinkPhase::Connecting);
    }

    void lastHeardMoves()
    {
        const auto watcher = std::make_shared<HostWatcher>();
        const auto host = Host::open("test:///default", watcher, hurried());
        QVERIFY(host);
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));
        const UnixMs first = watcher->seen().states.back().lastHeard;
        QVERIFY(watcher->waitFor([first](const Seen& seen) { return seen.states.back().lastHeard > first; }));
        QCOMPARE(watcher->seen().phase(), LinkPhase::Live);
    }

    void followsDomains()
    {
        Pace pace = hurried();
        pace.domains = std::chrono::hours(1); // what is seen here is seen by events
        const auto watcher = std::make_shared<HostWatcher>();
        const auto host = Host::open("test:///default", watcher, pace);
        QVERIFY(host);
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));

        // The default host is one for all connections of a process.
        const std::unique_ptr<virConnect, int (*)(virConnectPtr)> other(virConnectOpen("test:///default"),
                                                                        virConnectClose);
        QVERIFY(other);
        using Domain = std::unique_ptr<virDomain, int (*)(virDomainPtr)>;
        const Domain domain(virDomainLookupByName(other.get(), "test"), virDomainFree);
        QVERIFY(domain);
        const auto inState = [](DomainState state, const std::string& reason) {
            return [state, reason](const Seen& seen) {
                const auto found = seen.domains.find("test");
                return found != seen.domains.end() && found->second.state == state &&
                       found->second.stateReason == reason;
            };
        };
        QCOMPARE(virDomainSuspend(domain.get()), 0);
        QVERIFY(watcher->waitFor(inState(DomainState::Paused, "user")));
        QCOMPARE(virDomainResume(domain.get()), 0);
        QVERIFY(watcher->waitFor(inState(DomainState::Running, "unpaused")));
        QCOMPARE(virDomainDestroy(domain.get()), 0);
        QVERIFY(watcher->waitFor(inState(DomainState::ShutOff, "destroyed")));
        QCOMPARE(virDomainCreate(domain.get()), 0);
        QVERIFY(watcher->waitFor(inState(DomainState::Running, "booted")));

        const Domain added(virDomainDefineXML(other.get(), kOtherDomain), virDomainFree);
        QVERIFY(added);
        QVERIFY(
            watcher->waitFor([](const Seen& seen) { return seen.domains.count("tenant-blue_wkr-1") == 1; }));
        const DomainFacts facts = watcher->seen().domains.at("tenant-blue_wkr-1");
        QCOMPARE(facts.uuid, std::string("8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f001"));
        QCOMPARE(facts.state, DomainState::ShutOff);
        QCOMPARE(facts.vcpus, 2U);
        QCOMPARE(facts.memoryBytes, std::int64_t(64) << 20);
        QCOMPARE(virDomainUndefine(added.get()), 0);
        QVERIFY(
            watcher->waitFor([](const Seen& seen) { return seen.domains.count("tenant-blue_wkr-1") == 0; }));
        QVERIFY((watcher->seen().gone == std::vector<std::string>{"tenant-blue_wkr-1"}));
    }

    void ownFile()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("metal-07.xml"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"(<node>
  <cpu><mhz>2900</mhz><model>x86_64</model><active>64</active><nodes>2</nodes><sockets>1</sockets>
    <cores>16</cores><threads>2</threads></cpu>
  <memory>536870912</memory>
  <domain type='test'><name>cp-1</name><uuid>00000000-0000-4000-8000-000000000001</uuid>
    <memory>2097152</memory><vcpu>4</vcpu><os><type>hvm</type></os></domain>
  <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
    <name>wkr-1</name><uuid>00000000-0000-4000-8000-000000000002</uuid>
    <memory>4194304</memory><vcpu>8</vcpu><os><type>hvm</type></os>
    <test:runstate>3</test:runstate></domain>
</node>)");
        file.close();
        const auto watcher = std::make_shared<HostWatcher>();
        const auto host = Host::open("test://" + path.toStdString(), watcher, hurried());
        QVERIFY(host);
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));
        const Seen seen = watcher->seen();
        QCOMPARE(seen.host->hostname, std::string("metal-07"));
        QCOMPARE(seen.host->uuid, std::string());
        QCOMPARE(seen.host->cpus, 64U);
        QCOMPARE(seen.host->mhz, 2900U);
        QCOMPARE(seen.host->numaNodes, 2U);
        QCOMPARE(seen.host->sockets, 2U);
        QCOMPARE(seen.host->coresPerSocket, 16U);
        QCOMPARE(seen.host->threadsPerCore, 2U);
        QCOMPARE(seen.host->memoryBytes, std::int64_t(512) << 30);
        QCOMPARE(seen.domains.size(), std::size_t(2));
        QCOMPARE(seen.domains.at("cp-1").state, DomainState::Running);
        QCOMPARE(seen.domains.at("wkr-1").state, DomainState::Paused);
        QCOMPARE(seen.domains.at("wkr-1").vcpus, 8U);
    }

    void missingFileIsToldAndRetried()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("late.xml"));
        const auto watcher = std::make_shared<HostWatcher>();
        Pace pace = hurried();
        pace.firstRetry = std::chrono::minutes(5);
        pace.lastRetry = std::chrono::minutes(5);
        const auto host = Host::open("test://" + path.toStdString(), watcher, pace);
        QVERIFY(host);
        QVERIFY(watcher->waitForPhase(LinkPhase::Waiting));
        const LinkState state = watcher->seen().states.back();
        QCOMPARE(state.error.kind, ErrorKind::Config);
        QVERIFY(state.error.text.find("late.xml") != std::string::npos);
        QVERIFY(state.retryAt > systemNow() + 60000);

        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("<node><memory>1048576</memory></node>");
        file.close();
        (*host)->retryNow();
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));
    }

    void documents()
    {
        const auto watcher = std::make_shared<HostWatcher>();
        const auto host = Host::open("test:///default", watcher, hurried());
        QVERIFY(host);
        std::promise<Result<std::string>> capabilities;
        std::promise<Result<std::string>> domain;
        std::promise<Result<std::string>> none;
        (*host)->capabilitiesXml([&](Result<std::string> r) { capabilities.set_value(std::move(r)); });
        (*host)->domainXml("6695eb01-f6a4-8304-79aa-97f2502e193f",
                           [&](Result<std::string> r) { domain.set_value(std::move(r)); });
        (*host)->domainXml("00000000-0000-4000-8000-00000000dead",
                           [&](Result<std::string> r) { none.set_value(std::move(r)); });
        const Result<std::string> first = capabilities.get_future().get();
        QVERIFY(first);
        QVERIFY(first->find("<capabilities>") != std::string::npos);
        const Result<std::string> second = domain.get_future().get();
        QVERIFY(second);
        QVERIFY(second->find("<name>test</name>") != std::string::npos);
        const Result<std::string> third = none.get_future().get();
        QVERIFY(!third);
        QCOMPARE(third.error().kind, ErrorKind::NotFound);
    }

    void awayHost_data()
    {
        QTest::addColumn<QByteArray>("before");
        QTest::newRow("ssh") << QByteArray("qemu+ssh://root@127.0.0.1:");
        QTest::newRow("tcp") << QByteArray("qemu+tcp://127.0.0.1:");
    }
    void awayHost()
    {
        QFETCH(QByteArray, before);
        const Port port(false);
        const auto watcher = std::make_shared<HostWatcher>();
        Pace pace = hurried();
        const auto started = std::chrono::steady_clock::now();
        auto host = Host::open(before.toStdString() + port.text() + "/system", watcher, pace);
        QVERIFY(std::chrono::steady_clock::now() - started < std::chrono::seconds(5));
        QVERIFY(host);
        QVERIFY(watcher->waitForPhase(LinkPhase::Waiting));
        const Seen seen = watcher->seen();
        QVERIFY(!seen.states.back().error.text.empty());
        QVERIFY(!seen.states.back().error.detail.empty());
        if (before.contains("tcp"))
            QCOMPARE(seen.states.back().error.kind, ErrorKind::Network);
        QVERIFY(seen.states.back().retryAt > 0);

        std::promise<Result<std::string>> document;
        (*host)->capabilitiesXml([&](Result<std::string> r) { document.set_value(std::move(r)); });
        QVERIFY(!document.get_future().get());

        // It tries again by itself.
        const std::size_t states = seen.states.size();
        QVERIFY(watcher->waitFor([states](const Seen& s) { return s.states.size() >= states + 3; }));
        host->reset();
        const int calls = watcher->seen().calls;
        QVERIFY(!watcher->waitFor([calls](const Seen& s) { return s.calls > calls; },
                                  std::chrono::milliseconds(300)));
    }

    void hangingCall()
    {
        Port port(true);
        const auto watcher = std::make_shared<HostWatcher>();
        Pace pace = hurried();
        pace.stuck = std::chrono::milliseconds(100);
        auto host = Host::open("qemu+tcp://127.0.0.1:" + port.text() + "/system", watcher, pace);
        QVERIFY(host);
        port.acceptOne(); // libvirt is inside its opening call now and gets no answer
        std::promise<Result<std::string>> early;
        (*host)->capabilitiesXml([&](Result<std::string> r) { early.set_value(std::move(r)); });
        QVERIFY(watcher->waitFor([](const Seen& seen) {
            return seen.phase() == LinkPhase::Waiting && seen.states.back().error.kind == ErrorKind::Timeout;
        }));
        const Result<std::string> answer = early.get_future().get();
        QVERIFY(!answer);
        QCOMPARE(answer.error().kind, ErrorKind::Timeout);

        const auto started = std::chrono::steady_clock::now();
        host->reset();
        QVERIFY(std::chrono::steady_clock::now() - started < std::chrono::seconds(2));
        const int calls = watcher->seen().calls;
        QVERIFY(!watcher->waitFor([calls](const Seen& s) { return s.calls > calls; },
                                  std::chrono::milliseconds(300)));
    }

    void openDocumentsAreCancelled()
    {
        Port port(true);
        const auto watcher = std::make_shared<HostWatcher>();
        auto host = Host::open("qemu+tcp://127.0.0.1:" + port.text() + "/system", watcher);
        QVERIFY(host);
        port.acceptOne();
        int answers = 0;
        Error error;
        (*host)->domainXml("x", [&](Result<std::string> r) {
            ++answers;
            error = r ? Error() : r.error();
        });
        host->reset();
        QCOMPARE(answers, 1);
        QCOMPARE(error.kind, ErrorKind::Cancelled);
    }

    void mayBeClosedFromItsSink()
    {
        class Closer : public HostWatcher {
        public:
            void onState(const LinkState& state) override
            {
                if (state.phase == LinkPhase::Live)
                    host.reset();
                HostWatcher::onState(state);
            }
            std::unique_ptr<Host> host;
        };
        const auto closer = std::make_shared<Closer>();
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("x.xml"));
        {
            auto host = Host::open("test://" + path.toStdString(), closer, hurried());
            QVERIFY(host);
            QVERIFY(closer->waitForPhase(LinkPhase::Waiting));
            closer->host = std::move(*host);
        }
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("<node><memory>1048576</memory></node>");
        file.close();
        QVERIFY(closer->waitForPhase(LinkPhase::Live));
        QVERIFY(closer->host == nullptr);
    }

    void manyAtOnce()
    {
        std::vector<std::shared_ptr<HostWatcher>> watchers;
        std::vector<std::unique_ptr<Host>> hosts;
        for (int i = 0; i < 24; ++i) {
            watchers.push_back(std::make_shared<HostWatcher>());
            auto host = Host::open("test:///default", watchers.back(), hurried());
            QVERIFY(host);
            hosts.push_back(std::move(*host));
        }
        for (const auto& watcher : watchers)
            QVERIFY(watcher->waitForPhase(LinkPhase::Live));
    }
};

// With an application, whose event loop may be GLib's: libvirt's events must not depend on it.
QTEST_GUILESS_MAIN(TestHost)
#include "test_host.moc"
