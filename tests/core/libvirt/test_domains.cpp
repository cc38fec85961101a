// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/domains.h"
#include "core/libvirt/hostkeys.h"
#include "core/libvirt/volumes.h"
#include "tests/core/libvirt/hostwatcher.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <future>

using namespace strata;
using namespace strata::virt;
using strata::test::HostWatcher;

namespace {

// No raw string: moc takes what follows two slashes in one for a comment.
constexpr const char* kSite =
    "<node><domain type='test'>"
    "<name>wkr-1</name><uuid>8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f001</uuid><title>a worker</title>"
    "<memory unit='MiB'>64</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>"
    "<domain type='test'>"
    "<name>tenant-blue_cp-0</name><uuid>8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f002</uuid>"
    "<metadata><kubevirt xmlns='http://kubevirt.io'><uid>1</uid></kubevirt></metadata>"
    "<memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain></node>";

template<typename Value, typename Ask>
Result<Value> answerOf(Ask&& ask)
{
    const auto promise = std::make_shared<std::promise<Result<Value>>>();
    std::future<Result<Value>> answer = promise->get_future();
    ask([promise](Result<Value> value) { promise->set_value(std::move(value)); });
    if (answer.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
        qFatal("no answer of libvirt's test driver");
    return answer.get();
}

Result<std::vector<DomainRow>> rowsOf(const std::string& uri)
{
    return answerOf<std::vector<DomainRow>>([&](auto done) { listDomains(uri, std::move(done)); });
}
Result<DomainDetail> detailOf(const std::string& uri, const std::string& name)
{
    return answerOf<DomainDetail>([&](auto done) { readDomainDetail(uri, name, std::move(done)); });
}
Result<DomainDone> act(const std::string& uri, const DomainRequest& request)
{
    return answerOf<DomainDone>([&](auto done) { actOnDomain(uri, request, std::move(done)); });
}
Result<DomainDone> act(const std::string& uri, DomainVerb verb, const std::string& name)
{
    DomainRequest request;
    request.verb = verb;
    request.domain = name;
    return act(uri, request);
}
QString words(const Error& error)
{
    return QString::fromStdString(error.text + " " + error.detail);
}

Pace hurried()
{
    Pace pace;
    pace.usage = std::chrono::milliseconds(50);
    pace.domains = std::chrono::hours(1); // what is seen is seen by events
    return pace;
}

} // namespace

class TestDomains : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void lists();
    void goesThroughItsStates();
    void refusesWhatMakesNoSense();
    void autostartIsKept();
    void snapshotsAreATree();
    void editsWhatItRead();
    void namesAndUuidsStay();
    void documentsAreJudgedWithoutBeingKept();
    void definesAndDeletes();
    void refusedUris();
    void reasonsByState();
    void verbsHaveNames();
    void documents();
    void images();
    void hostKeys();

private:
    QTemporaryDir m_directory;
    int m_number = 0;
    std::string m_uri;
    std::shared_ptr<HostWatcher> m_watcher;
    std::unique_ptr<Host> m_host; // keeps the state of the test driver's file alive, and watches it
};

void TestDomains::init()
{
    const QString path = m_directory.filePath(QStringLiteral("host-%1.xml").arg(++m_number));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(kSite) > 0);
    file.close();
    m_uri = "test://" + path.toStdString();
    m_watcher = std::make_shared<HostWatcher>();
    auto host = Host::open(m_uri, m_watcher, hurried());
    QVERIFY(host);
    m_host = std::move(*host);
    QVERIFY(m_watcher->waitForPhase(LinkPhase::Live));
}

void TestDomains::cleanup()
{
    m_host.reset();
}

void TestDomains::lists()
{
    const auto rows = rowsOf(m_uri);
    QVERIFY(rows);
    QCOMPARE(rows->size(), std::size_t(2));
    QCOMPARE((*rows)[0].facts.name, std::string("tenant-blue_cp-0"));
    QCOMPARE((*rows)[0].keeper, DomainKeeper::KubeVirt);
    QCOMPARE((*rows)[1].facts.name, std::string("wkr-1"));
    QCOMPARE((*rows)[1].title, std::string("a worker"));
    QCOMPARE((*rows)[1].keeper, DomainKeeper::Nobody);
    QCOMPARE((*rows)[1].snapshots, 0);
    QVERIFY(!(*rows)[1].managedSave);
    QVERIFY((*rows)[1].facts.persistent);
}

void TestDomains::goesThroughItsStates()
{
    const auto inState = [this](DomainState state) {
        return m_watcher->waitFor([state](const HostWatcher::Seen& seen) {
            const auto found = seen.domains.find("wkr-1");
            return found != seen.domains.end() && found->second.state == state;
        });
    };
    QVERIFY(act(m_uri, DomainVerb::Suspend, "wkr-1"));
    QVERIFY(inState(DomainState::Paused));
    QVERIFY(act(m_uri, DomainVerb::Resume, "wkr-1"));
    QVERIFY(inState(DomainState::Running));
    QVERIFY(act(m_uri, DomainVerb::Reboot, "wkr-1"));
    QVERIFY(act(m_uri, DomainVerb::Shutdown, "wkr-1"));
    QVERIFY(inState(DomainState::ShutOff));
    QVERIFY(act(m_uri, DomainVerb::Start, "8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f001")); // by its uuid, too
    QVERIFY(inState(DomainState::Running));
    QVERIFY(act(m_uri, DomainVerb::Destroy, "wkr-1"));
    QVERIFY(inState(DomainState::ShutOff));
}

void TestDomains::refusesWhatMakesNoSense()
{
    const auto started = act(m_uri, DomainVerb::Start, "wkr-1");
    QVERIFY(!started);
    QCOMPARE(started.error().kind, ErrorKind::Refused);
    QCOMPARE(started.error().text, std::string("It runs already."));
    const auto deleted = act(m_uri, DomainVerb::Undefine, "wkr-1");
    QVERIFY(!deleted && deleted.error().kind == ErrorKind::Refused);
    const auto nobody = act(m_uri, DomainVerb::Start, "nobody");
    QVERIFY(!nobody);
    QCOMPARE(nobody.error().kind, ErrorKind::NotFound);
    QVERIFY(!detailOf(m_uri, "nobody"));
}

void TestDomains::autostartIsKept()
{
    QVERIFY(act(m_uri, DomainVerb::AutostartOn, "wkr-1"));
    QVERIFY(detailOf(m_uri, "wkr-1")->row.facts.autostart);
    QVERIFY(act(m_uri, DomainVerb::AutostartOff, "wkr-1"));
    QVERIFY(!detailOf(m_uri, "wkr-1")->row.facts.autostart);
}

void TestDomains::snapshotsAreATree()
{
    DomainRequest request;
    request.domain = "wkr-1";
    request.verb = DomainVerb::CreateSnapshot;
    request.snapshot = "before upgrade";
    request.description = "a < b & c";
    const auto made = act(m_uri, request);
    QVERIFY2(made, made ? "" : qPrintable(words(made.error())));
    const auto twice = act(m_uri, request);
    QVERIFY(!twice && twice.error().kind == ErrorKind::Refused);
    request.snapshot = "after";
    QVERIFY(act(m_uri, request));
    request.snapshot = "a/b";
    QVERIFY(!act(m_uri, request));
    auto detail = detailOf(m_uri, "wkr-1");
    QVERIFY(detail && detail->noSnapshots.empty());
    QCOMPARE(detail->snapshots.size(), std::size_t(2));
    QCOMPARE(detail->snapshots[0].name, std::string("before upgrade"));
    QCOMPARE(detail->snapshots[0].description, std::string("a < b & c"));
    QCOMPARE(detail->snapshots[1].parent, std::string("before upgrade"));
    QVERIFY(detail->snapshots[1].current && !detail->snapshots[0].current);
    QVERIFY(detail->snapshots[0].createdAt > 0);
    QCOMPARE(detail->row.snapshots, 2);

    request.verb = DomainVerb::RevertSnapshot;
    request.snapshot = "before upgrade";
    const auto back = act(m_uri, request);
    QVERIFY2(back, back ? "" : qPrintable(words(back.error())));
    detail = detailOf(m_uri, "wkr-1");
    QVERIFY(detail->snapshots[0].current);
    request.verb = DomainVerb::DeleteSnapshot;
    request.snapshot = "after";
    QVERIFY(act(m_uri, request));
    QCOMPARE(detailOf(m_uri, "wkr-1")->snapshots.size(), std::size_t(1));
    const auto gone = act(m_uri, request);
    QVERIFY(!gone);
    QCOMPARE(gone.error().kind, ErrorKind::NotFound);

    // With what is left of them the domain goes, too.
    QVERIFY(act(m_uri, DomainVerb::Destroy, "wkr-1"));
    const auto deleted = act(m_uri, DomainVerb::Undefine, "wkr-1");
    QVERIFY2(deleted, deleted ? "" : qPrintable(words(deleted.error())));
    QCOMPARE(rowsOf(m_uri)->size(), std::size_t(1));
}

void TestDomains::editsWhatItRead()
{
    QVERIFY(act(m_uri, DomainVerb::Destroy, "wkr-1"));
    const auto detail = detailOf(m_uri, "wkr-1");
    QVERIFY(detail);
    DomainRequest request;
    request.verb = DomainVerb::Define;
    request.domain = detail->row.facts.uuid;
    request.base = detail->xml;
    QString xml = QString::fromStdString(detail->xml);
    xml.replace(QStringLiteral("a worker"), QStringLiteral("another title"));
    request.xml = xml.toStdString();
    const auto saved = act(m_uri, request);
    QVERIFY2(saved, saved ? "" : qPrintable(words(saved.error())));
    QCOMPARE(detailOf(m_uri, "wkr-1")->row.title, std::string("another title"));
    // Once more from the old text: somebody has changed it since.
    const auto stale = act(m_uri, request);
    QVERIFY(!stale);
    QCOMPARE(stale.error().kind, ErrorKind::Conflict);
}

void TestDomains::namesAndUuidsStay()
{
    const auto detail = detailOf(m_uri, "wkr-1");
    DomainRequest request;
    request.verb = DomainVerb::Define;
    request.domain = detail->row.facts.uuid;
    for (const auto& [from, to] : {std::pair("<name>wkr-1<", "<name>wkr-9<"), std::pair("f001", "f009")}) {
        QString xml = QString::fromStdString(detail->xml);
        xml.replace(QString::fromLatin1(from), QString::fromLatin1(to));
        request.xml = xml.toStdString();
        const auto refused = act(m_uri, request);
        QVERIFY(!refused);
        QCOMPARE(refused.error().kind, ErrorKind::Refused);
    }
    QCOMPARE(rowsOf(m_uri)->size(), std::size_t(2));
}

void TestDomains::documentsAreJudgedWithoutBeingKept()
{
    const auto detail = detailOf(m_uri, "wkr-1");
    const auto judge = [&](const std::string& xml) {
        return answerOf<void>([&](auto done) { checkDomainXml(m_uri, "wkr-1", xml, std::move(done)); });
    };
    const auto good = judge(detail->xml);
    QVERIFY2(good, good ? "" : qPrintable(words(good.error())));
    QString xml = QString::fromStdString(detail->xml);
    xml.replace(QStringLiteral("<vcpu"), QStringLiteral("<vcpus>1</vcpus><vcpu"));
    const auto schema = judge(xml.toStdString()); // no element of libvirt's schema
    QVERIFY(!schema);
    QCOMPARE(schema.error().kind, ErrorKind::Invalid);
    QVERIFY2(schema.error().detail.find("vcpus") != std::string::npos, schema.error().detail.c_str());
    const auto broken = judge("<domain><name>wkr-1");
    QVERIFY(!broken && broken.error().kind == ErrorKind::Invalid);
    const auto other = judge("<network/>");
    QVERIFY(!other && other.error().kind == ErrorKind::Invalid);
    const auto rows = rowsOf(m_uri);
    QCOMPARE(rows->size(), std::size_t(2));
    QCOMPARE(detailOf(m_uri, "wkr-1")->xml, detail->xml);
}

void TestDomains::definesAndDeletes()
{
    DomainRequest request;
    request.verb = DomainVerb::Define;
    request.xml = "<domain type='test'><name>new</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>"
                  "<os><type>hvm</type></os><devices><disk type='file' device='disk'>"
                  "<source file='/images/shared.img'/><target dev='vda'/></disk></devices></domain>";
    const auto made = act(m_uri, request);
    QVERIFY2(made, made ? "" : qPrintable(words(made.error())));
    QCOMPARE(made->uuid.size(), std::size_t(36));
    const auto again = act(m_uri, request); // of that name there is one now
    QVERIFY(!again && again.error().kind == ErrorKind::Refused);
    request.xml = "<domain type='test'><name>new2</name><bogus/></domain>";
    const auto invalid = act(m_uri, request);
    QVERIFY(!invalid && invalid.error().kind == ErrorKind::Invalid);
    QCOMPARE(rowsOf(m_uri)->size(), std::size_t(3));

    DomainRequest away;
    away.verb = DomainVerb::Undefine;
    away.domain = "new";
    away.volumes = true;
    const auto deleted = act(m_uri, away);
    QVERIFY2(deleted, deleted ? "" : qPrintable(words(deleted.error())));
    QCOMPARE(deleted->notes.size(), std::size_t(1)); // the disk is in no pool, and is told
    QVERIFY(deleted->notes.front().find("/images/shared.img") != std::string::npos);
    QCOMPARE(rowsOf(m_uri)->size(), std::size_t(2));
}

void TestDomains::refusedUris()
{
    QVERIFY(!rowsOf("qemu+ssh://h/system?command=/tmp/x"));
    QVERIFY(rowsOf("nonsense").error().kind == ErrorKind::Refused);
    QVERIFY(!rowsOf("test:///nowhere/at/all.xml"));
}

void TestDomains::reasonsByState()
{
    struct Row {
        DomainVerb verb;
        DomainState state;
        bool possible;
    };
    for (const Row& row : {Row{DomainVerb::Start, DomainState::ShutOff, true},
                           Row{DomainVerb::Start, DomainState::Paused, false},
                           Row{DomainVerb::Shutdown, DomainState::Running, true},
                           Row{DomainVerb::Shutdown, DomainState::Paused, false},
                           Row{DomainVerb::Shutdown, DomainState::ShutOff, false},
                           Row{DomainVerb::Reboot, DomainState::Blocked, true},
                           Row{DomainVerb::Suspend, DomainState::Paused, false},
                           Row{DomainVerb::Resume, DomainState::Paused, true},
                           Row{DomainVerb::Resume, DomainState::Suspended, true},
                           Row{DomainVerb::Resume, DomainState::Running, false},
                           Row{DomainVerb::Destroy, DomainState::Crashed, true},
                           Row{DomainVerb::Destroy, DomainState::ShutOff, false},
                           Row{DomainVerb::Undefine, DomainState::Running, false},
                           Row{DomainVerb::Undefine, DomainState::Crashed, true},
                           Row{DomainVerb::CreateSnapshot, DomainState::ShutOff, true}})
        QVERIFY2(domainWhyNot(row.verb, row.state).empty() == row.possible,
                 (std::string(toString(row.verb)) + " while " + toString(row.state)).c_str());
    QVERIFY(!domainWhyNot(DomainVerb::Undefine, DomainState::ShutOff, false).empty());
    QVERIFY(!domainWhyNot(DomainVerb::AutostartOn, DomainState::Running, false).empty());
}

void TestDomains::verbsHaveNames()
{
    QCOMPARE(allDomainVerbs().size(), std::size_t(14));
    for (const DomainVerb verb : allDomainVerbs())
        QCOMPARE(domainVerbNamed(toString(verb)), std::optional<DomainVerb>(verb));
    QVERIFY(!domainVerbNamed("explode"));
    QCOMPARE(domainStateNamed(toString(DomainState::ShutOff)), DomainState::ShutOff);
    QCOMPARE(domainStateNamed("dreaming"), DomainState::NoState);
}

void TestDomains::documents()
{
    const auto disks = disksOf(R"(<domain><devices>
      <disk type='file' device='disk'><source file='/a.qcow2'/><target dev='vda'/></disk>
      <disk type='volume'><source pool='default' volume='b'/><target dev='vdb'/><readonly/></disk>
      <disk type='file' device='cdrom'><target dev='sda'/></disk>
      <disk type='block'><source dev='/dev/sdz'/><target dev='vdc'/></disk></devices></domain>)");
    QCOMPARE(disks.size(), std::size_t(4));
    QCOMPARE(disks[0].source, std::string("/a.qcow2"));
    QVERIFY(disks[1].pool == "default" && disks[1].volume == "b" && disks[1].readOnly && disks[1].isDisk);
    QVERIFY(!disks[2].isDisk && disks[2].source.empty());
    QCOMPARE(disks[3].source, std::string("/dev/sdz"));
    QVERIFY(disksOf("no xml").empty());
    QVERIFY(disksOf("<!DOCTYPE x [<!ENTITY a 'b'>]><domain><devices><disk/></devices></domain>").empty());

    const auto names =
        namesOf("<domain><name>a</name><uuid>8F4D5B8E-0f3c-4e7e-9a68-6f0a54c1f001</uuid></domain>");
    QCOMPARE(names->uuid, std::string("8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f001"));
    QVERIFY(!namesOf("<domain/>"));
    const auto other = renamed("<domain><!-- kept --><name>a</name><vcpu>3</vcpu></domain>", "b", "u");
    QVERIFY(other && other->find("<name>b</name>") != std::string::npos);
    QVERIFY(other->find("<!-- kept -->") != std::string::npos &&
            other->find("<uuid>u</uuid>") != std::string::npos);
    QCOMPARE(keeperOf("<domain><metadata><n:node xmlns:n='urn:strata:node'/></metadata></domain>"),
             DomainKeeper::Strata);
}

void TestDomains::images()
{
    const auto file = [this](const char* name, const QByteArray& bytes) {
        const QString path = m_directory.filePath(QString::fromLatin1(name));
        QFile out(path);
        if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
            qFatal("cannot write");
        return path.toStdString();
    };
    QByteArray qcow = QByteArray::fromHex("514649fb00000003") + QByteArray(16, '\0') +
                      QByteArray::fromHex("0000000280000000") + QByteArray(72, '\0');
    const auto image = inspectImage(file("a.qcow2", qcow));
    QVERIFY(image);
    QCOMPARE(image->format, std::string("qcow2"));
    QCOMPARE(image->virtualBytes, std::int64_t(10) << 30);
    qcow[15] = 1; // it needs a backing file
    QVERIFY(!inspectImage(file("b.qcow2", qcow)));
    const auto raw = inspectImage(file("c.img", QByteArray(4096, 'x')));
    QVERIFY(raw && raw->format == "raw" && raw->virtualBytes == 4096);
    QVERIFY(!inspectImage(file("d.img.xz", QByteArray::fromHex("fd377a585a00") + QByteArray(100, '\0'))));
    QVERIFY(!inspectImage(file("e.img", {})));
    QCOMPARE(inspectImage("/nowhere/at/all").error().kind, ErrorKind::Io);
    QVERIFY(volumeXml({"p", "a<b", "qcow2", 5}).find("a&lt;b") != std::string::npos);
}

void TestDomains::hostKeys()
{
    // A key and its fingerprint as ssh-keygen -l prints it.
    const std::string key =
        "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"; // github.com
    QCOMPARE(fingerprintOf(key), std::string("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"));
    QVERIFY(fingerprintOf("").empty() && fingerprintOf("!!!").empty() && fingerprintOf("AAAA").empty());
    const auto keys =
        hostKeysOf("# metal-01:22 SSH-2.0-OpenSSH_9.2\nevil.example ssh-rsa " + key +
                       "\nmetal-01 ssh-ed25519 " + key + "\nmetal-01 bogus " + key + "\nshort\n",
                   "[metal-01]:2222");
    QCOMPARE(keys.size(), std::size_t(2));
    QCOMPARE(keys[0].type, std::string("ssh-ed25519"));
    QCOMPARE(keys[0].line, "[metal-01]:2222 ssh-ed25519 " + key);
    QVERIFY(keys[1].line.starts_with("[metal-01]:2222 ")); // whatever name the answer gives
    QVERIFY(goesOverSsh("qemu+ssh://root@metal-01/system"));
    QVERIFY(!goesOverSsh("qemu:///system") && !goesOverSsh("qemu+tls://metal-01/system"));
}

QTEST_GUILESS_MAIN(TestDomains)
#include "test_domains.moc"
