// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/capabilities.h"
#include "core/libvirt/errors.h"
#include "core/libvirt/host.h"
#include "core/libvirt/reading.h"
#include "core/libvirt/uri.h"

#include <QtTest>

#include <libvirt/virterror.h>

using namespace strata;
using namespace strata::virt;

class TestParse : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void allowedUris_data()
    {
        QTest::addColumn<QByteArray>("uri");
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("local") << QByteArray("qemu:///system") << QByteArray("localhost");
        QTest::newRow("session") << QByteArray("qemu:///session") << QByteArray("localhost");
        QTest::newRow("unix") << QByteArray("qemu+unix:///system") << QByteArray("localhost");
        QTest::newRow("ssh") << QByteArray("qemu+ssh://root@metal-01/system") << QByteArray("metal-01");
        QTest::newRow("ssh port") << QByteArray("qemu+ssh://metal-01.example.org:2222/system")
                                  << QByteArray("metal-01.example.org");
        QTest::newRow("IPv6") << QByteArray("qemu+libssh://root@[fd00::1]:22/system")
                              << QByteArray("fd00::1");
        QTest::newRow("libssh2") << QByteArray("qemu+libssh2://10.0.0.1/system") << QByteArray("10.0.0.1");
        QTest::newRow("tls by default") << QByteArray("qemu://metal-01/system") << QByteArray("metal-01");
        QTest::newRow("tls") << QByteArray("qemu+tls://metal-01/system") << QByteArray("metal-01");
        QTest::newRow("tcp") << QByteArray("qemu+tcp://localhost:16509/system") << QByteArray("localhost");
        QTest::newRow("xen") << QByteArray("xen+ssh://root@x/system") << QByteArray("x");
        QTest::newRow("lxc") << QByteArray("lxc:///system") << QByteArray("localhost");
        QTest::newRow("test") << QByteArray("test:///default") << QByteArray("test");
        QTest::newRow("test file") << QByteArray("test:///tmp/a%20b/metal-01.xml") << QByteArray("metal-01");
        QTest::newRow("parameters") << QByteArray("qemu+ssh://h/system?mode=legacy&proxy=native&no_tty=1")
                                    << QByteArray("h");
        QTest::newRow("key") << QByteArray("qemu+ssh://h/system?keyfile=/home/op/.ssh/id_ed25519")
                             << QByteArray("h");
    }
    void allowedUris()
    {
        QFETCH(QByteArray, uri);
        QFETCH(QByteArray, name);
        const Result<std::string> checked = checkUri(uri.toStdString());
        QVERIFY2(checked.has_value(), checked ? "" : checked.error().text.c_str());
        QCOMPARE(*checked, uri.toStdString());
        QCOMPARE(nameOf(*parseUri(*checked)), name.toStdString());
    }

    void refusedUris_data()
    {
        QTest::addColumn<QByteArray>("uri");
        QTest::addColumn<QByteArray>("why"); // part of the sentence
        const auto row = [](const char* name, const char* uri, const char* why) {
            QTest::newRow(name) << QByteArray(uri) << QByteArray(why);
        };
        row("empty", "", "empty");
        row("word", "metal-01", "not a libvirt URI");
        row("alias", "hail", "not a libvirt URI");
        row("unknown driver", "esx://host/", "driver");
        row("web", "https://host/system", "driver");
        row("upper case", "QEMU:///system", "driver");
        row("remote", "remote+ssh://host/", "driver");
        row("ext", "qemu+ext:///system?command=/bin/sh", "runs a program");
        row("unknown transport", "qemu+telnet://host/system", "transport");
        row("empty transport", "qemu+://host/system", "transport");
        row("command", "qemu+ssh://h/system?command=/tmp/x", "program that would be run on this machine");
        row("command in upper case", "qemu+ssh://h/system?COMMAND=/tmp/x", "program");
        row("command encoded", "qemu+ssh://h/system?c%6fmmand=/tmp/x", "program");
        row("command second", "qemu+ssh://h/system?no_tty=1;command=/tmp/x", "program");
        row("command without value", "qemu+ssh://h/system?command", "program");
        row("netcat", "qemu+ssh://h/system?netcat=/tmp/x", "on the host");
        row("socket", "qemu+ssh://h/system?socket=/tmp/x", "socket");
        row("name", "qemu+ssh://h/system?name=qemu:///session", "another URI");
        row("auth", "qemu+tls://h/system?auth=none", "log in");
        row("sshauth", "qemu+libssh://h/system?sshauth=password", "log in");
        row("authfile", "qemu+ssh://h/system?authfile=/etc/shadow", "passwords");
        row("no_verify", "qemu+tls://h/system?no_verify=1", "check");
        row("no_sanity", "qemu+tls://h/system?no_sanity=1", "check");
        row("pkipath", "qemu+tls://h/system?pkipath=/tmp", "trusted");
        row("known_hosts", "qemu+libssh://h/system?known_hosts=/tmp/k", "trusted");
        row("known_hosts_verify", "qemu+libssh://h/system?known_hosts_verify=ignore", "host's key");
        row("tls_priority", "qemu+tls://h/system?tls_priority=NONE", "encryption");
        row("unknown parameter", "qemu+ssh://h/system?frobnicate=1", "frobnicate");
        row("relative key", "qemu+ssh://h/system?keyfile=id", "not a value");
        row("strange mode", "qemu+ssh://h/system?mode=evil", "not a value");
        row("embedded", "qemu:///embed?root=/tmp/x", "inside Strata");
        row("embedded root", "qemu:///system?root=/tmp/x", "inside Strata");
        row("option as host", "qemu+ssh://-oProxyCommand=x/system", "host name");
        row("option as user", "qemu+ssh://-oProxyCommand=x@h/system", "user name");
        row("option as user, encoded", "qemu+ssh://%2doProxyCommand@h/system", "user name");
        row("password", "qemu+ssh://root:secret@h/system", "password");
        row("user alone", "qemu+ssh://root@/system", "no host");
        row("shell in host", "qemu+ssh://h;reboot/system", "host name");
        row("port", "qemu+ssh://h:99999/system", "port");
        row("port zero", "qemu+ssh://h:0/system", "port");
        row("port words", "qemu+ssh://h:ssh/system", "port");
        row("broken IPv6", "qemu+ssh://[fe80::1/system", "IPv6");
        row("no host", "qemu+ssh:///system", "no host");
        row("host of a socket", "qemu+unix://h/system", "no host name");
        row("no instance", "qemu://h", "instance");
        row("strange instance", "qemu:///root", "instance");
        row("xen session", "xen:///session", "instance");
        row("test without a file", "test:///", "names");
        row("fragment", "qemu:///system#x", "#");
        row("line break", "qemu:///system\n", "characters");
        row("encoded line break", "qemu:///sys%0atem", "characters");
        row("broken escape", "qemu:///system%4", "characters");
        row("blank", "qemu:///sys tem", "characters");
        row("bidi", "qemu+ssh://h\xE2\x80\xAE/system", "characters");
        QTest::newRow("hostile length")
            << QByteArray("qemu:///") + QByteArray(100000, 'a') << QByteArray("long");
    }
    void refusedUris()
    {
        QFETCH(QByteArray, uri);
        QFETCH(QByteArray, why);
        const Result<std::string> checked = checkUri(uri.toStdString());
        QVERIFY(!checked);
        QCOMPARE(checked.error().kind, ErrorKind::Refused);
        QVERIFY2(checked.error().text.find(why.toStdString()) != std::string::npos,
                 checked.error().text.c_str());
    }

    void sshNeverAsks()
    {
        const auto handed = [](const std::string& uri) { return connectUri(uri, *parseUri(uri)); };
        QCOMPARE(handed("qemu+ssh://h/system"), std::string("qemu+ssh://h/system?no_tty=1"));
        QCOMPARE(handed("qemu+ssh://h/system?mode=auto"),
                 std::string("qemu+ssh://h/system?mode=auto&no_tty=1"));
        QCOMPARE(handed("qemu+ssh://h/system?no_tty=1"), std::string("qemu+ssh://h/system?no_tty=1"));
        QCOMPARE(handed("qemu+ssh://h/system?no_tty=0"),
                 std::string("qemu+ssh://h/system?no_tty=0&no_tty=1"));
        QCOMPARE(handed("qemu:///system"), std::string("qemu:///system"));
        QCOMPARE(handed("qemu+libssh://h/system"), std::string("qemu+libssh://h/system"));
    }

    void capabilities()
    {
        const Result<Capabilities> read = parseCapabilities(R"(<capabilities>
  <host>
    <uuid>4C4C4544-0042-3510-8052-B4C04F564433</uuid>
    <cpu>
      <arch>x86_64</arch><model>EPYC-Rome</model><vendor>AMD</vendor>
      <topology sockets='2' dies='1' cores='32' threads='2'/>
      <feature name='svm'/><feature name='topoext'/><feature policy='disable' name='mpx'/>
      <pages unit='KiB' size='4'/>
    </cpu>
    <topology><cells num='2'><cell id='0'/><cell id='1'/></cells></topology>
  </host>
  <guest><os_type>hvm</os_type><arch name='i686'><domain type='qemu'/></arch></guest>
  <guest><os_type>hvm</os_type><arch name='x86_64'><domain type='qemu'/><domain type='kvm'/></arch></guest>
</capabilities>)");
        QVERIFY(read);
        QCOMPARE(read->uuid, std::string("4c4c4544-0042-3510-8052-b4c04f564433"));
        QCOMPARE(read->arch, std::string("x86_64"));
        QCOMPARE(read->cpuModel, std::string("EPYC-Rome"));
        QCOMPARE(read->cpuVendor, std::string("AMD"));
        QCOMPARE(read->sockets, 2U);
        QCOMPARE(read->coresPerSocket, 32U);
        QCOMPARE(read->threadsPerCore, 2U);
        QCOMPARE(read->numaNodes, 2U);
        QVERIFY(read->kvm);
        QVERIFY((read->cpuFeatures == std::vector<std::string>{"svm", "topoext"}));
        QVERIFY(read->cpuXml.starts_with("<cpu>"));
        QVERIFY(parseCpuFeatures(read->cpuXml) == read->cpuFeatures);
    }

    void capabilitiesWithoutKvm()
    {
        const Result<Capabilities> read =
            parseCapabilities("<capabilities><host/><guest><arch name='x86_64'><domain "
                              "type='qemu'/></arch></guest></capabilities>");
        QVERIFY(read);
        QVERIFY(!read->kvm);
        QVERIFY(read->uuid.empty());
        QVERIFY(read->cpuXml.empty());
    }

    void hostileDocuments_data()
    {
        QTest::addColumn<QByteArray>("xml");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("words") << QByteArray("no XML");
        QTest::newRow("another root") << QByteArray("<domain/>");
        QTest::newRow("cut off") << QByteArray("<capabilities><host>");
        QTest::newRow("file entity") << QByteArray(
            "<!DOCTYPE c [<!ENTITY x SYSTEM "
            "'file:///etc/passwd'>]><capabilities><host><uuid>&x;</uuid></host>"
            "</capabilities>");
        QTest::newRow("growing entities") << QByteArray(
            "<!DOCTYPE c [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>"
            "<capabilities><host><uuid>&c;</uuid></host></capabilities>");
        QTest::newRow("document type") << QByteArray("<!DOCTYPE c SYSTEM 'x.dtd'><capabilities/>");
        QTest::newRow("deep") << QByteArray("<capabilities>") + QByteArray("<a>").repeated(100000);
        QTest::newRow("large") << QByteArray("<capabilities>") + QByteArray(9 << 20, ' ') + "</capabilities>";
    }
    void hostileDocuments()
    {
        QFETCH(QByteArray, xml);
        const Result<Capabilities> read = parseCapabilities(xml.toStdString());
        QVERIFY(!read);
        QCOMPARE(read.error().kind, ErrorKind::Protocol);
    }

    void textsAreCleaned()
    {
        const Result<Capabilities> read = parseCapabilities(
            "<capabilities><host><cpu><model>  E\xE2\x80\xAEPYC\n</model></cpu></host></capabilities>");
        QVERIFY(read);
        QCOMPARE(read->cpuModel, std::string("EPYC"));
    }

    void usage()
    {
        QCOMPARE(usedShare(CpuClock{100, 1000}, CpuClock{350, 2000}), 0.25);
        QCOMPARE(usedShare(CpuClock{100, 1000}, CpuClock{100, 2000}), 0.0);
        QCOMPARE(usedShare(std::nullopt, CpuClock{350, 2000}), -1.0);
        QCOMPARE(usedShare(CpuClock{100, 1000}, std::nullopt), -1.0);
        QCOMPARE(usedShare(CpuClock{100, 1000}, CpuClock{100, 1000}), -1.0); // no time has passed
        QCOMPARE(usedShare(CpuClock{100, 1000}, CpuClock{50, 500}), -1.0);   // it has started anew
    }

    void reasons()
    {
        QCOMPARE(reasonText(DomainState::Paused, VIR_DOMAIN_PAUSED_IOERROR), std::string("I/O error"));
        QCOMPARE(reasonText(DomainState::Paused, VIR_DOMAIN_PAUSED_USER), std::string("user"));
        QCOMPARE(reasonText(DomainState::Paused, VIR_DOMAIN_PAUSED_UNKNOWN), std::string());
        QCOMPARE(reasonText(DomainState::ShutOff, VIR_DOMAIN_SHUTOFF_CRASHED), std::string("crashed"));
        QCOMPARE(reasonText(DomainState::Running, VIR_DOMAIN_RUNNING_MIGRATED), std::string("migrated"));
        QCOMPARE(reasonText(DomainState::Crashed, VIR_DOMAIN_CRASHED_PANICKED), std::string("panicked"));
        QCOMPARE(reasonText(DomainState::Paused, 99), std::string("reason 99"));
        QCOMPARE(reasonText(DomainState::Paused, -1), std::string());
    }

    void errors_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<int>("kind");
        const auto row = [](const char* name, int code, const char* message, ErrorKind kind) {
            QTest::newRow(name) << code << QByteArray(message) << int(kind);
        };
        row("host key", VIR_ERR_SYSTEM_ERROR,
            "Cannot recv data: Host key verification failed.: Connection reset by peer", ErrorKind::Tls);
        row("ssh says no", VIR_ERR_SYSTEM_ERROR,
            "Cannot recv data: root@metal-01: Permission denied (publickey).: Connection reset by peer",
            ErrorKind::Auth);
        row("no such name", VIR_ERR_SYSTEM_ERROR,
            "Cannot recv data: ssh: Could not resolve hostname metal-99: Name or service not known",
            ErrorKind::Network);
        row("refused", VIR_ERR_SYSTEM_ERROR,
            "unable to connect to server at 'metal-01:16509': Connection refused", ErrorKind::Network);
        row("no libvirtd", VIR_ERR_SYSTEM_ERROR,
            "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
            ErrorKind::Network);
        row("time out", VIR_ERR_SYSTEM_ERROR, "unable to connect to server at 'h:1': Connection timed out",
            ErrorKind::Timeout);
        row("polkit", VIR_ERR_AUTH_UNAVAILABLE, "authentication unavailable: no polkit agent",
            ErrorKind::Auth);
        row("denied", VIR_ERR_ACCESS_DENIED, "access denied", ErrorKind::Forbidden);
        row("certificate", VIR_ERR_GNUTLS_ERROR, "Unable to verify TLS peer", ErrorKind::Tls);
        row("gone", VIR_ERR_NO_DOMAIN, "Domain not found", ErrorKind::NotFound);
        row("other", VIR_ERR_INTERNAL_ERROR, "odd", ErrorKind::Network);
    }
    void errors()
    {
        QFETCH(int, code);
        QFETCH(QByteArray, message);
        QFETCH(int, kind);
        const Error error = libvirtError(code, VIR_FROM_NONE, message.toStdString(),
                                         *parseUri("qemu+ssh://metal-01/system"), false);
        QCOMPARE(int(error.kind), kind);
        QVERIFY(error.text.find("metal-01") != std::string::npos);
        QCOMPARE(error.detail, message.toStdString());
    }
};

QTEST_APPLESS_MAIN(TestParse)
#include "test_parse.moc"
