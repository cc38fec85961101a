// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/demosite.h"
#include "core/hosts/domainwords.h"
#include "core/hosts/linechanges.h"
#include "core/hosts/nodeaccess.h"
#include "core/hosts/nodejournal.h"
#include "core/hosts/noderun.h"
#include "core/hosts/nodespec.h"
#include "core/hosts/seed.h"
#include "core/kube/config/kubeconfig.h"
#include "core/provision/api.h"
#include "core/stack/stack.h"
#include "tests/support/picturesite.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <mutex>

using namespace strata;
using namespace strata::hosts;
using virt::DomainKeeper;
using virt::DomainVerb;

namespace {

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

bool anyHas(const std::vector<std::string>& lines, const std::string& part)
{
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return has(line, part); });
}

NodeSpec joining()
{
    NodeSpec spec;
    spec.name = "metal-05";
    spec.kubernetes = "v1.34.1";
    spec.vendor = CpuVendor::Intel;
    spec.sshKeys = {"ssh-ed25519 AAAAC3Nza anna@workbench"};
    Join join;
    join.endpoint = "10.0.0.10:6443";
    join.token = Secret("abcdef.0123456789abcdef");
    join.caHash = "sha256:" + std::string(64, 'a');
    spec.join = join;
    return spec;
}

NodeSpec beginning()
{
    NodeSpec spec = joining();
    spec.join.reset();
    First first;
    first.caPem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    first.caKeyPem = Secret("-----BEGIN PRIVATE KEY-----\nSECRETLINE\n-----END PRIVATE KEY-----\n");
    first.cniManifest = "kind: DaemonSet\n";
    spec.first = first;
    return spec;
}

// ECMA-119: the primary volume descriptor is sector 16; its root directory's record is at 156.
std::uint32_t little(const std::string& bytes, std::size_t at)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes.at(at + i))) << (8 * i);
    return value;
}

// name → content, with the Rock Ridge names where there are some.
std::map<std::string, std::string> filesOf(const std::string& iso)
{
    std::map<std::string, std::string> out;
    constexpr std::size_t kSector = 2048;
    const std::size_t root = little(iso, 16 * kSector + 156 + 2) * kSector;
    for (std::size_t at = root; at < root + kSector && iso.at(at) != 0;
         at += static_cast<unsigned char>(iso.at(at))) {
        if ((static_cast<unsigned char>(iso.at(at + 25)) & 2U) != 0)
            continue;
        const std::string record = iso.substr(at, static_cast<unsigned char>(iso.at(at)));
        std::string name = record.substr(33, static_cast<unsigned char>(record[32]));
        if (const std::size_t nm = record.find("NM"); nm != std::string::npos)
            name = record.substr(nm + 5, static_cast<unsigned char>(record[nm + 2]) - 5U);
        const std::uint32_t size = little(iso, at + 10);
        out[name] = size == 0 ? std::string() // an empty file is nowhere
                              : iso.substr(little(iso, at + 2) * kSector, size);
    }
    return out;
}

} // namespace

class TestHosts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyVerbHasWords();
    void aDomainOfAVmIsToldSo();
    void aDomainOfANodeTakesItsVmsAlong();
    void nobodyNoticesWhatNobodyKnows();
    void changesByLines();
    void seedsAreReadBack();
    void scriptsAreShell_data();
    void scriptsAreShell();
    void userDataIsYaml();
    void cloudInitTakesIt_data();
    void cloudInitTakesIt();
    void secretsAreNotShown();
    void faultyFields();
    void domainsOfNodes();
    void tokens();
    void pinsOfAuthorities();
    void joinPlaces();
    void firstClustersCertificates();
    void plans();
    void aHostThatFailsInTheMiddle();
    void journalsOfNodes();

private:
    QTemporaryDir m_directory;
    std::string file(const char* name, const QByteArray& bytes)
    {
        const QString path = m_directory.filePath(QString::fromLatin1(name));
        QFile out(path);
        if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
            qFatal("cannot write");
        return path.toStdString();
    }
    // What OpenSSL's program says, with `input` on its standard input; empty where it is missing.
    static QByteArray openssl(const QStringList& arguments, const QByteArray& input)
    {
        QProcess process;
        process.start(QStringLiteral("openssl"), arguments);
        if (!process.waitForStarted())
            return {};
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(20000);
        return process.readAllStandardOutput();
    }
};

void TestHosts::everyVerbHasWords()
{
    for (const DomainVerb verb : virt::allDomainVerbs()) {
        QVERIFY(!labelOf(verb).empty() && !tipOf(verb).empty());
        QVERIFY(!std::string(iconOf(verb)).empty());
        virt::DomainRequest request;
        request.verb = verb;
        request.snapshot = "s";
        const provision::Plan plan = auditPlan("qemu:///system", "wkr-1", request);
        QVERIFY2(has(plan.title, "wkr-1"), plan.title.c_str());
        QCOMPARE(plan.server, std::string("qemu:///system"));
        QVERIFY(plan.action.starts_with("domain-") && !plan.id.empty());
    }
}

void TestHosts::aDomainOfAVmIsToldSo()
{
    stack::Stack stack;
    stack.apply(test::pictureSite());
    int seen = 0;
    for (const stack::ItemId root : stack.roots(stack::Tree::Hosts)) {
        for (const stack::ItemId child : stack.find(root)->childrenIn(stack::Tree::Hosts)) {
            const stack::DomainFact* domain = stack.facts(child).domain;
            const Carried carried = domain == nullptr ? Carried() : carriedBy(stack, domain->uuid);
            if (!carried.item)
                continue;
            ++seen;
            QVERIFY(!carried.outerNode && has(carried.name, "/"));
            QVERIFY(has(carriedText(carried, DomainKeeper::Nobody), carried.name));
            const auto lines = whoNotices(stack, carried, DomainKeeper::Nobody, DomainVerb::Destroy);
            QVERIFY(anyHas(lines, "KubeVirt") && anyHas(lines, "power cut"));
            QVERIFY2(lines.size() >= 3, "a tenant notices");
            QVERIFY(whoNotices(stack, carried, DomainKeeper::Nobody, DomainVerb::Start).empty());
        }
    }
    QVERIFY(seen > 0);
}

void TestHosts::aDomainOfANodeTakesItsVmsAlong()
{
    stack::Stack stack;
    stack.apply(test::pictureSite());
    bool seen = false;
    for (const stack::ItemId root : stack.roots(stack::Tree::Stack)) {
        for (const stack::ItemId child : stack.find(root)->childrenIn(stack::Tree::Stack)) {
            const stack::KubeNodeFact* node = stack.facts(child).outerNode;
            if (node == nullptr || node->systemUuid.empty() || seen)
                continue;
            seen = true;
            const Carried carried = carriedBy(stack, node->systemUuid);
            QVERIFY(carried.item == child && carried.outerNode);
            const auto lines = whoNotices(stack, carried, DomainKeeper::Strata, DomainVerb::Shutdown);
            QVERIFY(anyHas(lines, "Drain the node first"));
            QVERIFY(!anyHas(whoNotices(stack, carried, DomainKeeper::Strata, DomainVerb::Reset), "Drain"));
            QVERIFY(anyHas(whoNotices(stack, carried, DomainKeeper::Strata, DomainVerb::Undefine),
                           "Node object"));
        }
    }
    QVERIFY(seen);
}

void TestHosts::nobodyNoticesWhatNobodyKnows()
{
    stack::Stack stack;
    const Carried nothing = carriedBy(stack, "8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f001");
    QVERIFY(!nothing.item && carriedText(nothing, DomainKeeper::Nobody).empty());
    QVERIFY(whoNotices(stack, nothing, DomainKeeper::Nobody, DomainVerb::Shutdown).empty());
    QVERIFY(anyHas(whoNotices(stack, nothing, DomainKeeper::KubeVirt, DomainVerb::Shutdown), "KubeVirt"));
    QVERIFY(anyHas(whoNotices(stack, nothing, DomainKeeper::Nobody, DomainVerb::Undefine), "stay"));
    QVERIFY(anyHas(whoNotices(stack, nothing, DomainKeeper::Nobody, DomainVerb::Undefine, true), "deleted"));
}

void TestHosts::changesByLines()
{
    QCOMPARE(lineChanges("a\nb\nc\n", "a\nb\nc"), std::string());
    QCOMPARE(lineChanges("a\nb\nc\n", "a\nB\nc\n", 0), std::string("- b\n+ B\n"));
    const std::string far = lineChanges("1\n2\n3\n4\n5\n6\n7\n8\n9", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\nx", 1);
    QVERIFY(has(far, "+ 0\n  1\n  …\n") && has(far, "  9\n+ x\n"));
}

void TestHosts::seedsAreReadBack()
{
    const std::string large(70'000, 'x');
    const auto iso =
        makeSeed({{"meta-data", "instance-id: 1\n"}, {"user-data", large}, {"network-config", ""}});
    QVERIFY(iso);
    QCOMPARE(iso->size() % 2048, std::size_t(0));
    QCOMPARE(iso->substr(16 * 2048 + 1, 5), std::string("CD001"));
    QCOMPARE(QString::fromStdString(iso->substr(16 * 2048 + 40, 32)).trimmed().toLower(),
             QStringLiteral("cidata"));
    const auto files = filesOf(*iso);
    QCOMPARE(files.size(), std::size_t(3));
    QCOMPARE(files.at("meta-data"), std::string("instance-id: 1\n"));
    QVERIFY(files.at("user-data") == large);
    QVERIFY(files.at("network-config").empty());
    QVERIFY(has(*iso, std::string("\0u\0s\0e\0r\0-\0d\0a\0t\0a", 18))); // Joliet
    QVERIFY(!makeSeed({}));
}

void TestHosts::scriptsAreShell_data()
{
    QTest::addColumn<bool>("first");
    QTest::addColumn<int>("vendor");
    QTest::addColumn<QString>("wanted");
    QTest::newRow("intel joins") << false << int(CpuVendor::Intel) << "options kvm_intel nested=1";
    QTest::newRow("amd joins") << false << int(CpuVendor::Amd) << "options kvm_amd nested=1";
    QTest::newRow("anything joins") << false << int(CpuVendor::Any) << "options kvm_amd nested=1\\n";
    QTest::newRow("arm joins") << false << int(CpuVendor::Arm) << "kubeadm join";
    QTest::newRow("intel begins") << true << int(CpuVendor::Intel) << "kubeadm init --node-name metal-05";
}

void TestHosts::scriptsAreShell()
{
    QFETCH(bool, first);
    QFETCH(int, vendor);
    QFETCH(QString, wanted);
    NodeSpec spec = first ? beginning() : joining();
    spec.vendor = CpuVendor(vendor);
    QVERIFY(check(spec));
    const std::string script = nodeScript(spec);
    QVERIFY2(has(script, wanted.toStdString()), script.c_str());
    QCOMPARE(has(script, "kvm_intel"), vendor == int(CpuVendor::Intel) || vendor == int(CpuVendor::Any));
    for (const char* part : {"br_netfilter", "vhost_net", "net.ipv4.ip_forward = 1", "SystemdCgroup = true",
                             "swapoff -a", "/v1.34/deb/", "kubelet=1.34.1-*", "kubelet-1.34.1"})
        QVERIFY2(has(script, part), part);
    if (first) {
        QVERIFY(has(script, "--pod-network-cidr 10.244.0.0/16") && has(script, "strata-cni.yaml"));
        QVERIFY(!has(script, "kubeadm join"));
    } else {
        QVERIFY(has(script, "--token abcdef.0123456789abcdef") && has(script, "10.0.0.10:6443"));
    }
    QProcess bash;
    bash.start(QStringLiteral("bash"), {QStringLiteral("-n")});
    if (!bash.waitForStarted())
        QSKIP("bash is not installed.");
    bash.write(QByteArray::fromStdString(script));
    bash.closeWriteChannel();
    QVERIFY(bash.waitForFinished(20000));
    QVERIFY2(bash.exitCode() == 0, bash.readAllStandardError().constData());
}

void TestHosts::userDataIsYaml()
{
    const NodeSpec spec = joining();
    const std::string text = userData(spec);
    QVERIFY(text.starts_with("#cloud-config\n"));
    // Its literal block gives the script back, line by line.
    const std::size_t from = text.find("    content: |\n") + 15;
    const std::size_t to = text.find("runcmd:");
    QVERIFY(from != std::string::npos && to != std::string::npos);
    std::string script;
    for (const QString& line :
         QString::fromStdString(text.substr(from, to - from)).split(QLatin1Char('\n'), Qt::KeepEmptyParts)) {
        QVERIFY(line.isEmpty() || line.startsWith(QStringLiteral("      ")));
        script += line.mid(6).toStdString() + "\n";
    }
    QCOMPARE(QString::fromStdString(script).trimmed(), QString::fromStdString(nodeScript(spec)).trimmed());
    QVERIFY(has(text, "ssh_authorized_keys:\n  - 'ssh-ed25519 AAAAC3Nza anna@workbench'\n"));
    QVERIFY(has(text, "; exit ${PIPESTATUS[0]}']\n")); // how it ends is how cloud-init ends
    QVERIFY(has(metaData(spec, "uuid-1"), "instance-id: uuid-1\nlocal-hostname: 'metal-05'\n"));
}

// What could be taken for something else by a reader of YAML, or of a schema.
void TestHosts::cloudInitTakesIt_data()
{
    QTest::addColumn<bool>("first");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("key");
    QTest::newRow("joins") << false << "metal-05"
                           << "ssh-ed25519 AAAAC3Nza anna@workbench";
    QTest::newRow("begins") << true << "metal-05"
                            << "ssh-ed25519 AAAAC3Nza anna@workbench";
    QTest::newRow("a number") << false << "123"
                              << "ssh-rsa AAAAB3Nza anna: her key # 1";
    QTest::newRow("nothing") << true << "null"
                             << "ssh-rsa AAAAB3Nza it's \"anna\" {1}";
}

// The program writes one document for machines of libvirt and bare servers; cloud-init's own word on it.
void TestHosts::cloudInitTakesIt()
{
    QFETCH(bool, first);
    QFETCH(QString, name);
    QFETCH(QString, key);
    NodeSpec spec = first ? beginning() : joining();
    spec.name = name.toStdString();
    spec.sshKeys = {key.toStdString()};
    QVERIFY(check(spec));
    const std::string text = userData(spec);
    QVERIFY(has(text, "\nhostname: '" + spec.name + "'\n"));
    std::string quoted = spec.sshKeys.front();
    if (const std::size_t at = quoted.find('\''); at != std::string::npos)
        quoted.insert(at, 1, '\'');
    QVERIFY(has(text, "\n  - '" + quoted + "'\n"));
    QVERIFY(has(metaData(spec, "i"), "local-hostname: '" + spec.name + "'\n"));
    if (QStandardPaths::findExecutable(QStringLiteral("cloud-init")).isEmpty())
        QSKIP("cloud-init is not installed.");
    const std::string path = file("user-data", QByteArray::fromStdString(text));
    QProcess judge;
    judge.setProcessChannelMode(QProcess::MergedChannels);
    judge.start(QStringLiteral("cloud-init"),
                {QStringLiteral("schema"), QStringLiteral("--config-file"), QString::fromStdString(path)});
    QVERIFY(judge.waitForFinished(60000));
    QVERIFY2(judge.exitCode() == 0, judge.readAll().constData());
}

void TestHosts::secretsAreNotShown()
{
    const NodeSpec join = joining();
    const std::string shown = withoutSecrets(join, userData(join));
    QVERIFY(!has(shown, "0123456789abcdef") && has(shown, "abcdef."));
    const NodeSpec first = beginning();
    QVERIFY(has(nodeScript(first), "SECRETLINE"));
    QVERIFY(!has(withoutSecrets(first, userData(first)), "SECRETLINE"));
}

void TestHosts::faultyFields()
{
    const auto refused = [](const std::function<void(NodeSpec&)>& change) {
        NodeSpec spec = joining();
        change(spec);
        return !check(spec);
    };
    QVERIFY(check(joining()) && check(beginning()));
    for (const char* name : {"", "Metal", "a b", "-a", "a;rm -rf /", "a.b", "$(id)"})
        QVERIFY2(refused([&](NodeSpec& spec) { spec.name = name; }), name);
    for (const char* version : {"", "1.34.1", "v1.34", "v1.34.1;x", "v2.0.0"})
        QVERIFY2(refused([&](NodeSpec& spec) { spec.kubernetes = version; }), version);
    for (const char* place : {"", "host", "host:1; id", "host:1 x"})
        QVERIFY2(refused([&](NodeSpec& spec) { spec.join->endpoint = place; }), place);
    QVERIFY(refused([](NodeSpec& spec) { spec.join->token = Secret("short"); }));
    QVERIFY(refused([](NodeSpec& spec) { spec.join->caHash = "sha256:zz"; }));
    QVERIFY(refused([](NodeSpec& spec) { spec.sshKeys = {"ssh-rsa a\nb"}; }));
    QVERIFY(refused([](NodeSpec& spec) { spec.join.reset(); }));
    NodeSpec first = beginning();
    first.first->podCidr = "10.0.0.0; id";
    QVERIFY(!check(first));
    first = beginning();
    first.first->cniManifest = "a\nSTRATA_END\nid\n";
    QVERIFY(!check(first));
}

void TestHosts::domainsOfNodes()
{
    LabMachine machine;
    QVERIFY(check(machine));
    const std::string uuid = newUuid();
    QVERIFY(QRegularExpression(
                QStringLiteral("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"))
                .match(QString::fromStdString(uuid))
                .hasMatch());
    QVERIFY(newUuid() != uuid);
    const std::string kvm = domainXml(joining(), machine, uuid, "plan1");
    QVERIFY(has(kvm, "<domain type='kvm'>") && has(kvm, "mode='host-passthrough'") && has(kvm, uuid));
    QCOMPARE(virt::keeperOf(kvm), DomainKeeper::Strata);
    QCOMPARE(virt::namesOf(kvm)->name, std::string("metal-05"));
    const auto disks = virt::disksOf(kvm);
    QCOMPARE(disks.size(), std::size_t(2));
    QVERIFY(disks[0].volume == "metal-05-disk" && disks[1].volume == "metal-05-seed.iso" &&
            disks[1].readOnly);
    machine.kvm = false;
    machine.bridge = "br0";
    const std::string tcg = domainXml(joining(), machine, uuid, "plan1");
    QVERIFY(has(tcg, "<domain type='qemu'>") && has(tcg, "mode='maximum'") && has(tcg, "bridge='br0'"));
    machine.arch = "aarch64";
    const std::string arm = domainXml(joining(), machine, uuid, "plan1");
    QVERIFY(has(arm, "machine='virt'") && has(arm, "firmware='efi'") && !has(arm, "<apic/>"));
    machine.pool.clear();
    QVERIFY(!check(machine));
    // libvirt's own schema, where it is installed.
    if (QStandardPaths::findExecutable(QStringLiteral("virt-xml-validate")).isEmpty())
        return;
    for (const std::string& xml : {kvm, tcg, arm}) {
        const QString path = QString::fromStdString(file("node.xml", QByteArray::fromStdString(xml)));
        QProcess validate;
        validate.start(QStringLiteral("virt-xml-validate"), {path, QStringLiteral("domain")});
        QVERIFY(validate.waitForFinished(20000));
        QVERIFY2(validate.exitCode() == 0, validate.readAllStandardError().constData());
    }
}

void TestHosts::tokens()
{
    const Secret token = newToken();
    QVERIFY(QRegularExpression(QStringLiteral("^[a-z0-9]{6}\\.[a-z0-9]{16}$"))
                .match(QString::fromStdString(token.reveal()))
                .hasMatch());
    QVERIFY(!(newToken() == token));
    const provision::Object secret =
        tokenSecret(Secret("abcdef.0123456789abcdef"), 1795000000000, "metal-05");
    const QJsonObject json = QJsonDocument::fromJson(QByteArray::fromStdString(secret.toJson())).object();
    QCOMPARE(json[QLatin1String("type")].toString(), QStringLiteral("bootstrap.kubernetes.io/token"));
    const QJsonObject meta = json[QLatin1String("metadata")].toObject();
    QCOMPARE(meta[QLatin1String("name")].toString(), QStringLiteral("bootstrap-token-abcdef"));
    QCOMPARE(meta[QLatin1String("namespace")].toString(), QStringLiteral("kube-system"));
    const QJsonObject data = json[QLatin1String("stringData")].toObject();
    QCOMPARE(data[QLatin1String("token-id")].toString(), QStringLiteral("abcdef"));
    QCOMPARE(data[QLatin1String("token-secret")].toString(), QStringLiteral("0123456789abcdef"));
    QCOMPARE(data[QLatin1String("usage-bootstrap-authentication")].toString(), QStringLiteral("true"));
    QCOMPARE(data[QLatin1String("usage-bootstrap-signing")].toString(), QStringLiteral("true"));
    QCOMPARE(data[QLatin1String("auth-extra-groups")].toString(),
             QStringLiteral("system:bootstrappers:kubeadm:default-node-token"));
    QVERIFY(data[QLatin1String("expiration")].toString().startsWith(QStringLiteral("2026-11-")));
}

void TestHosts::pinsOfAuthorities()
{
    const auto access = newFirstAccess();
    QVERIFY(access);
    const auto hash = caHash(access->caPem);
    QVERIFY(hash);
    QCOMPARE(hash->size(), std::size_t(71));
    QVERIFY(!caHash("nonsense"));
    // As kubeadm's documentation tells to do it by hand.
    const QByteArray key =
        openssl({QStringLiteral("x509"), QStringLiteral("-pubkey"), QStringLiteral("-noout")},
                QByteArray::fromStdString(access->caPem));
    if (key.isEmpty())
        QSKIP("openssl is not installed.");
    const QByteArray der = openssl(
        {QStringLiteral("pkey"), QStringLiteral("-pubin"), QStringLiteral("-outform"), QStringLiteral("der")},
        key);
    const QByteArray digest = QCryptographicHash::hash(der, QCryptographicHash::Sha256).toHex();
    QCOMPARE(QByteArray::fromStdString(*hash), "sha256:" + digest);
}

void TestHosts::joinPlaces()
{
    const auto access = newFirstAccess();
    const std::string ca = base64Encode(access->caPem);
    const auto body = [](const std::string& kubeconfig) {
        QJsonObject data;
        data.insert(QStringLiteral("kubeconfig"), QString::fromStdString(kubeconfig));
        QJsonObject map;
        map.insert(QStringLiteral("data"), data);
        return QJsonDocument(map).toJson().toStdString();
    };
    const auto place =
        joinPlaceOf(body("apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: " + ca +
                         "\n    server: https://10.0.0.10:6443\n  name: \"\"\nkind: Config\n"));
    QVERIFY(place);
    QCOMPARE(place->endpoint, std::string("10.0.0.10:6443"));
    QCOMPARE(place->caHash, *caHash(access->caPem));
    QVERIFY(!joinPlaceOf("{}") && !joinPlaceOf("[]") && !joinPlaceOf("nonsense"));
    QVERIFY(!joinPlaceOf(body("server: http://x\n")));
    QVERIFY(!joinPlaceOf(body("server: https://x\ncertificate-authority-data: !!!\n")));
}

void TestHosts::firstClustersCertificates()
{
    const auto access = newFirstAccess();
    QVERIFY(access);
    const Secret kubeconfig = firstKubeconfig(*access, "outer", "https://10.0.0.20:6443");
    const auto file = kube::Kubeconfig::parse(kubeconfig.reveal(), "test", {});
    QVERIFY(file);
    const auto config = file->resolve();
    QVERIFY(config);
    QCOMPARE(config->server, std::string("https://10.0.0.20:6443"));
    QCOMPARE(config->caPem, access->caPem);
    const QString ca = QString::fromStdString(this->file("ca.crt", QByteArray::fromStdString(access->caPem)));
    const QString client = QString::fromStdString(
        this->file("client.crt", QByteArray::fromStdString(access->adminCertificatePem.reveal())));
    const QByteArray verified = openssl({QStringLiteral("verify"), QStringLiteral("-CAfile"), ca,
                                         QStringLiteral("-purpose"), QStringLiteral("sslclient"), client},
                                        {});
    if (verified.isEmpty() && QStandardPaths::findExecutable(QStringLiteral("openssl")).isEmpty())
        QSKIP("openssl is not installed.");
    QVERIFY2(verified.contains("OK"), verified.constData());
    const QByteArray subject = openssl({QStringLiteral("x509"), QStringLiteral("-noout"),
                                        QStringLiteral("-subject"), QStringLiteral("-in"), client},
                                       {});
    QVERIFY(subject.contains("kubeadm:cluster-admins") && subject.contains("kubernetes-admin"));
}

void TestHosts::plans()
{
    const std::string image = file("cloud.img", QByteArray(1 << 20, 'x'));
    const auto idsOf = [](const NodePlan& plan) {
        QStringList out;
        for (const provision::Step& step : plan.steps)
            out << QString::fromStdString(step.id);
        return out.join(QLatin1Char(' '));
    };
    const auto join = labPlan("qemu:///system", joining(), LabMachine(), image);
    QVERIFY(join);
    QCOMPARE(idsOf(*join), QStringLiteral("token disk seed domain start ready schedulable"));
    QCOMPARE(join->machine.imageFormat, std::string("raw"));
    const std::string text = preview(*join);
    QVERIFY(has(text, "Add outer node metal-05") && has(text, "<domain type='kvm'>") &&
            has(text, "#cloud-config"));
    QVERIFY(!has(text, "0123456789abcdef"));
    QCOMPARE(auditPlan(*join).action, std::string("add-node"));
    const auto first = labPlan("qemu:///system", beginning(), LabMachine(), image, newFirstAccess().value());
    QVERIFY(first);
    QCOMPARE(idsOf(*first), QStringLiteral("disk seed domain start address api ready"));
    QVERIFY(!labPlan("qemu:///system", joining(), LabMachine(), "/nowhere"));
    QVERIFY(!labPlan("qemu+ssh://h/system?command=x", joining(), LabMachine(), image));
    NodeSpec bad = joining();
    bad.name = "A";
    QVERIFY(!labPlan("qemu:///system", bad, LabMachine(), image));
}

// libvirt's test driver takes no uploads: the token that was made before is taken back, and only that.
void TestHosts::aHostThatFailsInTheMiddle()
{
    const auto demo = demosite::DemoSite::start({});
    QVERIFY(demo);
    const auto file = kube::Kubeconfig::load((*demo)->kubeconfigPath());
    QVERIFY(file);
    kube::Network network;
    const auto config = file->resolve();
    QVERIFY(config);
    const auto client = kube::Client::create(network, *config);
    NodeSpec spec = joining();
    // As kubeadm has left it: where to join, and whom to trust.
    std::promise<Result<kube::Response>> asked;
    kube::Request info;
    info.path = clusterInfoPath();
    const auto asking =
        client->send(info, [&](Result<kube::Response> result) { asked.set_value(std::move(result)); });
    const Result<kube::Response> told = asked.get_future().get();
    QVERIFY2(told, told ? "" : told.error().text.c_str());
    const auto place = joinPlaceOf(told->body);
    QVERIFY(place);
    QCOMPARE("https://" + place->endpoint, config->server);
    QCOMPARE(place->caHash, *caHash(config->caPem));
    spec.join->token = newToken();
    LabMachine machine;
    machine.pool = "default-pool";
    auto plan = labPlan("test:///default", spec, machine, this->file("cloud.img", QByteArray(1 << 16, 'x')));
    QVERIFY(plan);
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> steps;
    provision::RunReport last;
    NodeRunCallbacks callbacks;
    callbacks.step = [&](const provision::StepReport& report) {
        const std::lock_guard lock(mutex);
        steps.push_back(report.id + " " + provision::toString(report.state));
    };
    callbacks.state = [&](const provision::RunReport& report) {
        const std::lock_guard lock(mutex);
        last = report;
        changed.notify_all();
    };
    const auto reached = [&](provision::RunState state) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(30), [&] { return last.state == state; });
    };
    const auto exists = [&] {
        std::promise<Result<kube::Response>> promise;
        auto answer = promise.get_future();
        const auto handle =
            client->send(provision::getRequest({"", "v1", "secrets", true}, "kube-system",
                                               tokenSecretName(spec.join->token)),
                         [&promise](Result<kube::Response> got) { promise.set_value(std::move(got)); });
        return answer.get().has_value();
    };
    QTemporaryDir journals;
    NodeRunOptions options;
    options.journal = journals.path().toStdString();
    auto run = NodeRun::start(*plan, client, options, callbacks);
    QVERIFY(reached(provision::RunState::Failed));
    QVERIFY(last.error.has_value());
    QVERIFY(std::find(steps.begin(), steps.end(), "token done") != steps.end());
    QVERIFY(std::find(steps.begin(), steps.end(), "disk failed") != steps.end());
    QVERIFY(exists());
    run->undo();
    QVERIFY(reached(provision::RunState::Undone));
    QVERIFY(!exists());
    run.reset();
    QVERIFY(QDir(journals.path()).entryList(QDir::Files).isEmpty());

    // The program is gone before anything is taken back: the next one finds what is left, without a
    // credential, and takes it back.
    plan->id = provision::newPlanId();
    last = {};
    run = NodeRun::start(*plan, client, options, callbacks);
    QVERIFY(reached(provision::RunState::Failed));
    run.reset();
    std::vector<NodeTrace> left;
    QTRY_VERIFY(!(left = leftNodes(options.journal)).empty());
    QCOMPARE(left.size(), std::size_t(1));
    QCOMPARE(left[0].id, plan->id);
    QCOMPARE(left[0].server, client->config().server);
    QCOMPARE(partsLeft(left[0]),
             std::vector<std::string>{"Secret kube-system/" + tokenSecretName(spec.join->token)});
    QFile journal(QString::fromStdString(left[0].path));
    QVERIFY(journal.open(QIODevice::ReadOnly));
    QVERIFY(!journal.readAll().contains(spec.join->token.reveal().substr(7).c_str()));
    QCOMPARE(journal.permissions() & (QFileDevice::ReadGroup | QFileDevice::ReadOther),
             QFileDevice::Permissions());
    QVERIFY(exists());
    auto later = NodeRun::leftBy(left[0], client, callbacks);
    QVERIFY(later);
    QCOMPARE(NodeRun::leftBy(left[0], client, {}).error().kind, ErrorKind::Conflict);
    (*later)->undo();
    QVERIFY(reached(provision::RunState::Undone));
    QVERIFY(!exists());
    QVERIFY(leftNodes(options.journal).empty());
    QVERIFY(!journal.exists());
}

void TestHosts::journalsOfNodes()
{
    QTemporaryDir folder;
    const std::string at = folder.path().toStdString();
    NodeTrace trace;
    trace.id = "plan-1";
    trace.title = "Add outer node outer-4";
    trace.node = "outer-4";
    trace.uri = "qemu+ssh://metal-04/system";
    trace.pool = "default";
    trace.disk = "outer-4-disk";
    trace.seed = "outer-4-seed.iso";
    trace.startedAt = 1'795'000'000'000;
    auto journal = NodeJournal::create(at, trace);
    QVERIFY(journal);
    QVERIFY(!NodeJournal::create(at, trace)); // the same run twice
    QVERIFY((*journal)->begin("disk"));
    QVERIFY((*journal)->made("disk"));
    QVERIFY((*journal)->begin("seed"));
    QVERIFY(leftNodes(at).empty()); // it is at work
    const std::string path = (*journal)->trace().path;
    journal->reset();
    // A line that was not written to its end, and files that are something else.
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::Append) && file.write("{\"made\":\"se") == 11);
    file.close();
    QFile other(folder.filePath(QStringLiteral("other.node")));
    QVERIFY(other.open(QIODevice::WriteOnly) && other.write("hello\n") == 6);
    other.close();
    auto left = leftNodes(at);
    QCOMPARE(left.size(), std::size_t(1));
    QCOMPARE(left[0].title, trace.title);
    QCOMPARE(left[0].startedAt, trace.startedAt);
    QCOMPARE(left[0].begun, std::string("seed"));
    QVERIFY(left[0].made.count("disk") == 1 && left[0].made.size() == 1);
    QCOMPARE(partsLeft(left[0]), (std::vector<std::string>{"volume outer-4-disk of pool default",
                                                           "volume outer-4-seed.iso of pool default"}));
    auto again = NodeJournal::open(path);
    QVERIFY(again);
    QVERIFY((*again)->gone("disk"));
    again->reset();
    QVERIFY(leftNodes(at)[0].made.empty());
    again = NodeJournal::open(path);
    (*again)->finish();
    QVERIFY(leftNodes(at).empty());
    QCOMPARE(NodeJournal::create(at + "/nowhere", trace).error().kind, ErrorKind::Io);
}

QTEST_GUILESS_MAIN(TestHosts)
#include "test_hosts.moc"
