// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/bootstrap.h"

#include <QtTest>

#include <random>

using namespace strata;
using namespace strata::console;

namespace {

constexpr UnixMs kNow = 1'764'144'000'000; // 2025-11-26T08:00:00Z

std::string instance(const std::string& phase, const std::string& conditions = {}, const std::string& ip = {})
{
    return R"({"metadata":{"creationTimestamp":"2025-11-26T07:58:00Z"},"status":{"phase":")" + phase +
           R"(","interfaces":[{"ipAddress":")" + ip + R"("}],"phaseTransitionTimestamps":[
           {"phase":"Scheduling","phaseTransitionTimestamp":"2025-11-26T07:58:05Z"},
           {"phase":"Running","phaseTransitionTimestamp":"2025-11-26T07:58:40Z"}],
           "conditions":[)" +
           conditions + "]}}";
}

std::string inside(const std::string& sentinel, const std::string& cloud, const std::string& kubelet,
                   const std::string& output, const std::string& log = {})
{
    return "@@strata:sentinel\n" + sentinel + "\n@@strata:cloud-init\nstatus: " + cloud +
           "\ndetail: DataSourceConfigDrive\n@@strata:kubelet\n" + kubelet + "\n@@strata:kubelet-log\n" +
           log + "\n@@strata:output\n" + output + "\n@@strata:end\n";
}

bool says(const Bootstrap& machine, const char* text)
{
    return machine.state().verdict.find(text) != std::string::npos;
}

} // namespace

class TestBootstrap : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fromNothingToANode()
    {
        Bootstrap machine;
        machine.takeInstance(fail(ErrorKind::NotFound, "not found"), kNow);
        QVERIFY(says(machine, "no VM instance yet"));
        QVERIFY(!machine.wantsInside());
        machine.takeInstance(
            instance("Scheduling",
                     R"({"type":"PodScheduled","status":"False","message":"0/3 nodes have enough memory"})"),
            kNow);
        QVERIFY(says(machine, "0/3 nodes have enough memory"));
        machine.takeInstance(instance("Running", {}, "10.244.1.7"), kNow);
        QVERIFY(says(machine, "boots"));
        QVERIFY(machine.state().at(Stage::Running).state == StageState::Done);
        machine.takePort(false, "connection refused", kNow + 1000);
        machine.takeSerial("[    0.1] Linux version 5.15\r\nblue login: ", kNow + 2000);
        QVERIFY(machine.state().at(Stage::Booted).state == StageState::Done);
        machine.takePort(true, "SSH-2.0-OpenSSH_9", kNow + 3000);
        QVERIFY(machine.wantsInside());
        machine.takeInside(255, "capk@127.0.0.1: Permission denied (publickey).\n", kNow + 4000);
        QVERIFY(says(machine, "does not take the tenant's key"));
        QVERIFY(!machine.state().advice.empty());
        machine.takeInside(0,
                           inside("missing", "running", "inactive", "[preflight] Running pre-flight checks"),
                           kNow + 5000);
        QVERIFY(says(machine, "cloud-init is at work: [preflight]"));
        QVERIFY(machine.state().at(Stage::CloudInit).state == StageState::Active);
        machine.takeInside(0, inside("success", "done", "active", "This node has joined the cluster"),
                           kNow + 9000);
        QVERIFY(says(machine, "bootstrapped"));
        QVERIFY(machine.state().outcome == StageState::Done);
        QVERIFY(!machine.wantsInside());
        for (std::size_t i = 0; i < kStages; ++i)
            QVERIFY2(machine.state().stages[i].state == StageState::Done, qPrintable(QString::number(i)));
        // One time line of all of it, in the order of its times.
        const std::vector<Moment>& moments = machine.state().moments;
        QVERIFY(std::is_sorted(moments.begin(), moments.end(),
                               [](const Moment& a, const Moment& b) { return a.at < b.at; }));
        for (const Moment::Source source :
             {Moment::Source::Vm, Moment::Source::Serial, Moment::Source::Port, Moment::Source::Inside})
            QVERIFY(std::any_of(moments.begin(), moments.end(),
                                [&](const Moment& each) { return each.source == source; }));
    }

    void whyNot_data()
    {
        QTest::addColumn<int>("what");
        QTest::addColumn<QString>("says");
        QTest::addColumn<bool>("failed");
        QTest::newRow("panic") << 0 << "Kernel panic" << true;
        QTest::newRow("paused") << 1 << "paused" << true;
        QTest::newRow("kubeadm") << 2 << "kubeadm failed: error execution phase preflight" << true;
        QTest::newRow("cloud-init") << 3 << "cloud-init failed" << true;
        QTest::newRow("no sentinel") << 4 << "sentinel file is not there" << true;
        QTest::newRow("kubelet") << 5 << "The kubelet does not stay up: unknown flag" << true;
        QTest::newRow("no address") << 6 << "no address" << false;
        QTest::newRow("silent") << 7 << "prints nothing" << false;
        QTest::newRow("no ssh for long") << 8 << "port 22 does not answer: connection refused" << false;
        QTest::newRow("ended") << 9 << "has ended (phase Failed)" << true;
    }
    void whyNot()
    {
        QFETCH(int, what);
        QFETCH(QString, says);
        QFETCH(bool, failed);
        Bootstrap machine;
        machine.takeInstance(
            what == 9
                ? instance("Failed")
                : instance("Running", what == 1 ? R"({"type":"Paused","status":"True","reason":"X"})" : "",
                           what == 6 ? "" : "10.0.0.7"),
            kNow);
        const UnixMs later = kNow + 600'000;
        if (what >= 2 && what <= 5)
            machine.takePort(true, "SSH-2.0-x", kNow);
        switch (what) {
        case 0:
            machine.takeSerial("Kernel panic - not syncing: VFS\n", kNow);
            break;
        case 2:
            machine.takeInside(0,
                               inside("missing", "running", "inactive",
                                      "x\nerror execution phase preflight: couldn't validate the identity"),
                               kNow);
            break;
        case 3:
            machine.takeInside(0, inside("missing", "error", "inactive", "x"), kNow);
            break;
        case 4:
            machine.takeInside(0, inside("missing", "done", "active", "x"), kNow);
            break;
        case 5:
            machine.takeInside(0, inside("missing", "running", "failed", "x", "unknown flag: --x"), kNow);
            break;
        case 6:
            machine.takePort(false, "no route", later);
            break;
        case 7:
            machine.noteSerial("connected", kNow);
            machine.takePort(false, "connection refused", later);
            break;
        case 8:
            machine.takeSerial("something\nReached target Network\n", kNow);
            machine.takePort(false, "connection refused", later);
            break;
        default:
            break;
        }
        QVERIFY2(QString::fromStdString(machine.state().verdict).contains(says),
                 machine.state().verdict.c_str());
        QCOMPARE(machine.state().outcome == StageState::Failed, failed);
        QVERIFY(!machine.state().advice.empty());
    }

    void serialBytesMayBeCutAnywhere()
    {
        const std::string text =
            "Linux version 6\r\n[\x1b[0;32m  OK  \x1b[0m] Started OpenBSD Secure Shell server.\r\n"
            "kubeadm: [kubelet-start] Starting\nhost login: ";
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            Bootstrap machine;
            machine.takeSerial(std::string_view(text).substr(0, cut), kNow);
            machine.takeSerial(std::string_view(text).substr(cut), kNow);
            QCOMPARE(machine.state().serial.size(), std::size_t(4));
            QCOMPARE(machine.state().serial[1], std::string("[  OK  ] Started OpenBSD Secure Shell server."));
        }
    }

    void whatIsHostileStaysBounded()
    {
        Bootstrap machine;
        std::mt19937 random(7);
        machine.takeInstance(instance("Running", {}, "10.0.0.7"), kNow);
        for (int i = 0; i < 3000; ++i) {
            std::string bytes(1 + random() % 2000, ' ');
            for (char& c : bytes)
                c = char(random());
            machine.takeSerial("Kernel panic " + std::to_string(i) + "\n" + bytes, kNow + i);
            machine.takePort(false, bytes, kNow + i);
        }
        machine.takeInside(0, std::string(4U << 20U, '\n') + "@@strata:end", kNow);
        machine.takeInstance(std::string("{\"status\":[[[["), kNow);
        QVERIFY(machine.state().moments.size() <= Bootstrap::kMostMoments);
        QVERIFY(machine.state().serial.size() <= Bootstrap::kMostSerial);
        for (const Moment& moment : machine.state().moments) {
            QVERIFY(moment.text.size() <= 2 * Bootstrap::kMostLine);
            for (const char c : moment.text)
                QVERIFY(static_cast<unsigned char>(c) >= 0x20);
        }
    }
};

QTEST_GUILESS_MAIN(TestBootstrap)
#include "test_bootstrap.moc"
