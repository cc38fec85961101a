// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commandline.h"
#include "app/democommands.h"

#include <QtTest>

using namespace strata;
using namespace strata::app;

namespace {

std::vector<std::string> words(const char* text)
{
    std::vector<std::string> out;
    for (const QString& word : QString::fromUtf8(text).split(QLatin1Char(' '), Qt::SkipEmptyParts))
        out.push_back(word.toStdString());
    return out;
}

} // namespace

class TestCommandLine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void understands()
    {
        QCOMPARE(CommandLine::parse({})->command, Command::Window);
        QVERIFY(CommandLine::parse({"--demo"})->demo);
        const auto tree = CommandLine::parse(
            words("tree --json --kubeconfig k --context=c --host test:///a --host test:///b"));
        QVERIFY(tree);
        QCOMPARE(tree->command, Command::Tree);
        QVERIFY(tree->json);
        QCOMPARE(tree->kubeconfig, std::string("k"));
        QCOMPARE(tree->context, std::string("c"));
        QCOMPARE(tree->hosts, (std::vector<std::string>{"test:///a", "test:///b"}));
        const auto domain = CommandLine::parse(words("domain start qemu:///system lab-1 --dry-run"));
        QVERIFY(domain);
        QCOMPARE(domain->command, Command::Domain);
        QCOMPARE(domain->words, words("start qemu:///system lab-1 --dry-run"));
        QCOMPARE(CommandLine::parse(words("add-node lab u n --image i"))->command, Command::AddNode);
        QCOMPARE(CommandLine::parse(words("domain --help"))->command, Command::Help);
        QVERIFY(CommandLine::help().find("strata domain list") != std::string::npos);
        QVERIFY(CommandLine::help().find("strata add-node lab") != std::string::npos);
        const auto host = CommandLine::parse(words("check-host --kubeconfig k --since r.json"));
        QVERIFY(host);
        QCOMPARE(host->since, std::string("r.json"));
        const auto diagnose = CommandLine::parse(words("diagnose --demo --json --notes --seed 3"));
        QVERIFY(diagnose);
        QCOMPARE(diagnose->command, Command::Diagnose);
        QVERIFY(diagnose->demo && diagnose->json && diagnose->notes && !diagnose->rules);
        QVERIFY(CommandLine::parse(words("diagnose --rules"))->rules);
        const auto capacity = CommandLine::parse(words("capacity --demo --vm 8x16 --vm 2x4"));
        QVERIFY(capacity);
        QCOMPARE(capacity->sizes.size(), std::size_t(2));
        QCOMPARE(capacity->sizes.front().cpuMilli, std::int64_t(8000));
        QCOMPARE(capacity->sizes.front().memoryBytes, std::int64_t(16) << 30);
        const auto demo =
            CommandLine::parse(words("demo --size huge --seed 7 --speed 2.5 --no-life --paused --step 600"
                                     " --commands"));
        QVERIFY(demo);
        QCOMPARE(demo->site.size, demosite::Size::Huge);
        QCOMPARE(demo->site.seed, 7U);
        QCOMPARE(demo->site.speed, 2.5);
        QVERIFY(!demo->site.life);
        QVERIFY(demo->site.paused && demo->commands);
        QCOMPARE(demo->site.step, 600.0);
        const auto faults = CommandLine::parse(words("tree --demo --fault cni-missing --fault=lb-pending"));
        QVERIFY(faults);
        QCOMPARE(faults->site.faults, (std::vector<std::string>{"cni-missing", "lb-pending"}));
        QVERIFY(CommandLine::parse(words("demo --fault list"))->listFaults);
        QVERIFY(CommandLine::parse(words("tree --fault list"))->listFaults);
        QCOMPARE(CommandLine::parse(words("demo --scenario power-outage"))->site.scenario,
                 std::string("power-outage"));
        QCOMPARE(CommandLine::parse({"-V"})->command, Command::Version);
        QCOMPARE(CommandLine::parse({"tree", "--help"})->command, Command::Help);
        const auto create =
            CommandLine::parse(words("create-cluster p.yaml --kubeconfig k --no-wait --json --dry-run"));
        QVERIFY(create);
        QCOMPARE(create->command, Command::CreateCluster);
        QCOMPARE(create->clusterProfile, std::string("p.yaml"));
        QVERIFY(create->dryRun && create->json && !create->wait && !create->undo);
        const auto back = CommandLine::parse(words("create-cluster --resume abc --undo"));
        QVERIFY(back && back->undo && back->wait);
        QCOMPARE(back->resume, std::string("abc"));
        // A URI may hold '=' itself.
        QCOMPARE(CommandLine::parse({"tree", "--host=qemu+ssh://h/system?keyfile=k"})->hosts.front(),
                 std::string("qemu+ssh://h/system?keyfile=k"));
    }

    void refuses_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("named");
        QTest::newRow("unknown command") << "fly"
                                         << "fly";
        QTest::newRow("unknown option") << "--fly"
                                        << "--fly";
        QTest::newRow("programs of a window are asked about") << "--allow-exec"
                                                              << "--allow-exec";
        QTest::newRow("option of another command") << "demo --json"
                                                   << "--json";
        QTest::newRow("unknown fault") << "demo --fault rain"
                                       << "rain";
        QTest::newRow("unknown scenario") << "demo --scenario rain"
                                          << "rain";
        QTest::newRow("a size that is none") << "capacity --demo --vm big"
                                             << "--vm";
        QTest::newRow("nothing to diagnose") << "diagnose --notes"
                                             << "diagnose";
        QTest::newRow("rules of another command") << "tree --rules --demo"
                                                  << "--rules";
        QTest::newRow("nothing to look at") << "tree"
                                            << "--kubeconfig";
        QTest::newRow("no value") << "tree --host"
                                  << "--host";
        QTest::newRow("empty value") << "tree --host="
                                     << "--host";
        QTest::newRow("step") << "demo --step later"
                              << "number of seconds";
        QTest::newRow("commands") << "tree --demo --commands"
                                  << "not an option here";
        QTest::newRow("size") << "demo --size enormous"
                              << "enormous";
        QTest::newRow("speed") << "demo --speed fast"
                               << "fast";
        QTest::newRow("speed of nothing") << "demo --speed 0"
                                          << "--speed";
        QTest::newRow("seed") << "demo --seed -1"
                              << "--seed";
        QTest::newRow("timeout") << "tree --demo --timeout 0"
                                 << "--timeout";
        QTest::newRow("both") << "tree --demo --kubeconfig k"
                              << "--demo";
        QTest::newRow("context alone") << "tree --host test:///a --context c"
                                       << "--context";
        QTest::newRow("nothing to create") << "create-cluster"
                                           << "--resume";
        QTest::newRow("two to create") << "create-cluster a.yaml b.yaml"
                                       << "b.yaml";
        QTest::newRow("profile and plan") << "create-cluster a.yaml --resume x"
                                          << "--resume";
        QTest::newRow("undo of nothing") << "create-cluster a.yaml --undo"
                                         << "--undo";
        QTest::newRow("resume on a new site") << "create-cluster --demo --resume x"
                                              << "--resume";
        QTest::newRow("kubeconfig too early") << "create-cluster a.yaml --no-wait --save-kubeconfig k"
                                              << "--save-kubeconfig";
        QTest::newRow("geometry") << "--geometry 12"
                                  << "--geometry";
        QTest::newRow("direction") << "--direction up"
                                   << "“--direction” must be ltr or rtl, not “up”.";
        QTest::newRow("theme") << "--theme pink"
                               << "pink";
    }

    void refuses()
    {
        QFETCH(QString, line);
        QFETCH(QString, named);
        const auto parsed = CommandLine::parse(words(line.toUtf8().constData()));
        QVERIFY(!parsed);
        QCOMPARE(parsed.error().kind, ErrorKind::Config);
        QVERIFY2(QString::fromStdString(parsed.error().text).contains(named), parsed.error().text.c_str());
    }

    void helpNamesEveryCommand()
    {
        const QString help = QString::fromStdString(CommandLine::help());
        for (const char* word : {"strata tree", "strata demo", "strata create-cluster", "--resume",
                                 "--version", "--kubeconfig", "--host", "--size"})
            QVERIFY2(help.contains(QLatin1String(word)), word);
    }

    void demoCommandsAreObeyed()
    {
        demosite::Options options;
        options.paused = true;
        const auto site = demosite::DemoSite::start(options);
        QVERIFY(site.has_value());
        bool quit = false;
        const auto say = [&](const char* line) { return obeyDemoCommand(**site, line, quit); };
        QVERIFY(say("status").rfind("ok paused, speed 1, objects ", 0) == 0);
        QCOMPARE(say("  "), std::string());
        QCOMPARE(say("speed 20"), std::string("ok"));
        QCOMPARE((*site)->speed(), 20.0);
        QCOMPARE(say("speed fast"), std::string("error: the speed must be a number from 0.01 to 1000"));
        QCOMPARE(say("step -1"), std::string("error: a step is a number of seconds up to 1000000"));
        QCOMPARE(say("fault no-such-thing"),
                 std::string("error: The demo site has no fault “no-such-thing”."));
        QCOMPARE(say("fault vm-paused"), std::string("ok"));
        QCOMPARE(say("step 10"), std::string("ok"));
        QVERIFY(say("status").find("faults vm-paused") != std::string::npos);
        QCOMPARE(say("heal vm-paused"), std::string("ok"));
        QCOMPARE(say("play power-outage"), std::string("ok"));
        QCOMPARE(say("step 30"), std::string("ok"));
        QVERIFY((*site)->fault("host-dies"));
        QCOMPARE(say("resume"), std::string("ok"));
        QVERIFY(!(*site)->paused());
        QVERIFY(say("dance").rfind("error: commands are pause, resume, ", 0) == 0);
        QVERIFY(!quit);
        QCOMPARE(say("quit"), std::string("ok"));
        QVERIFY(quit);
    }
};

QTEST_APPLESS_MAIN(TestCommandLine)
#include "test_commandline.moc"
