// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/prepare/testbundle.h"
#include "tests/scenario/strataprocess.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include <memory>

using strata::test::Outcome;
using strata::test::run;
using strata::test::Server;

namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUse = 2;
constexpr int kNotBegun = 3;
constexpr int kLongMs = 120000;

QJsonObject json(const Outcome& outcome)
{
    return QJsonDocument::fromJson(outcome.out.toUtf8()).object();
}

QJsonObject component(const QJsonObject& told, const char* id)
{
    for (const QJsonValue& each : told[QLatin1String("components")].toArray()) {
        if (each[QLatin1String("id")].toString() == QLatin1String(id))
            return each.toObject();
    }
    return {};
}

const char* const kCalico =
    "apiVersion: apps/v1\nkind: DaemonSet\n"
    "metadata: {name: calico-node, namespace: kube-system}\n"
    "spec:\n  selector: {matchLabels: {k8s-app: calico-node}}\n"
    "  template:\n    metadata: {labels: {k8s-app: calico-node}}\n"
    "    spec: {tolerations: [{operator: Exists}], containers: [{name: calico-node, image: calico}]}\n";

} // namespace

// `strata prepare` and `strata bundle` as a script sees them, against a bare demo site of another process.
class TestPrepareHeadless : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_bundle;

    static QStringList prepare(const Server& server, const QStringList& more)
    {
        return QStringList{QStringLiteral("prepare"), QStringLiteral("--kubeconfig"), server.kubeconfig} +
               more;
    }
    QString write(const char* name, const QByteArray& content)
    {
        QFile file(m_folder->filePath(QString::fromLatin1(name)));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("cannot write %s", name);
        return file.fileName();
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_bundle = m_folder->filePath(QStringLiteral("bundle"));
        QVERIFY(strata::test::writeTestBundle(m_bundle.toStdString()));
        qputenv("XDG_STATE_HOME", m_folder->path().toUtf8());
    }

    void fromBareToATenantCluster()
    {
        Server server({QStringLiteral("--bare"), QStringLiteral("--speed"), QStringLiteral("100")});
        const QStringList from{QStringLiteral("--bundle"), m_bundle};
        // A dry run tells what would be done and does nothing.
        const Outcome dry =
            run(prepare(server, from + QStringList{QStringLiteral("--dry-run"), QStringLiteral("--json")}),
                kLongMs);
        QVERIFY2(dry.code == kDone, qPrintable(dry.err));
        QCOMPARE(component(json(dry), "kubevirt")[QLatin1String("standing")].toString(),
                 QStringLiteral("missing"));
        QCOMPARE(component(json(dry), "kubevirt")[QLatin1String("wanted")].toString(),
                 QStringLiteral("v1.9.0"));
        QVERIFY(json(dry)[QLatin1String("steps")].toArray().size() > 10);
        const Outcome text = run(prepare(server, from + QStringList{QStringLiteral("--dry-run")}), kLongMs);
        QVERIFY2(text.out.contains(QLatin1String("KubeVirt v1.9.0")), qPrintable(text.out));
        QVERIFY(text.err.contains(QLatin1String("Cilium")));

        const Outcome made = run(prepare(server, from), kLongMs);
        QVERIFY2(made.code == kDone, qPrintable(made.err));
        const QString plan = made.out.trimmed();
        QCOMPARE(plan.size(), 20);
        const Outcome again = run(prepare(server, from + QStringList{QStringLiteral("--json")}), kLongMs);
        QCOMPARE(again.code, kDone);
        QVERIFY(again.err.contains(QLatin1String("nothing to install")));
        for (const QJsonValue& each : json(again)[QLatin1String("components")].toArray())
            QCOMPARE(each[QLatin1String("presence")].toString(), QStringLiteral("installed"));

        // And now a tenant cluster comes up there.
        const QString profile =
            write("first.yaml", "apiVersion: strata/v1\nkind: ClusterProfile\nname: first\n"
                                "network: {podCidr: 10.77.0.0/16, serviceCidr: 10.78.0.0/16}\n"
                                "image: {location: localhost:1/node}\ncni: {manifest: " +
                                    write("calico.yaml", kCalico).toUtf8() + "}\n");
        const Outcome cluster = run(
            {QStringLiteral("create-cluster"), profile, QStringLiteral("--kubeconfig"), server.kubeconfig},
            kLongMs);
        QVERIFY2(cluster.code == kDone, qPrintable(cluster.err));

        // What carries it is not taken away.
        const Outcome back = run({QStringLiteral("resume"), plan, QStringLiteral("--undo"),
                                  QStringLiteral("--kubeconfig"), server.kubeconfig},
                                 kLongMs);
        QCOMPARE(back.code, kFailed);
        QVERIFY2(back.err.contains(QLatin1String("first/first")) ||
                     back.err.contains(QLatin1String("is there")),
                 qPrintable(back.err));
    }

    void refusals()
    {
        Server server({QStringLiteral("--bare"), QStringLiteral("--no-life")});
        const auto refused = [&](const QStringList& more, const char* words, int code = kNotBegun) {
            const Outcome outcome = run(prepare(server, more), kLongMs);
            if (outcome.code != code)
                return QStringLiteral("exit %1: %2").arg(outcome.code).arg(outcome.err);
            return outcome.err.contains(QLatin1String(words)) ? QString() : outcome.err;
        };
        const QStringList from{QStringLiteral("--bundle"), m_bundle};
        QCOMPARE(refused({QStringLiteral("--bundle"), m_folder->path()}, "is no bundle"), QString());
        QCOMPARE(refused(from + QStringList{QStringLiteral("--only"), QStringLiteral("nobody")},
                         "no component", kWrongUse),
                 QString());
        QCOMPARE(refused(from + QStringList{QStringLiteral("--only"), QStringLiteral("cluster-api")},
                         "needs cert-manager"),
                 QString());
        QCOMPARE(refused(from + QStringList{QStringLiteral("--gate"), QStringLiteral("Nonsense")},
                         "no feature gate", kWrongUse),
                 QString());
        // A version that this Kubernetes is not for, and one that nobody knows.
        const QString old = m_folder->filePath(QStringLiteral("old"));
        QVERIFY(strata::test::writeTestBundle(old.toStdString(), {{"kubevirt", "v1.6.6"}}));
        QCOMPARE(refused({QStringLiteral("--bundle"), old}, "supports Kubernetes 1.31 to 1.33"), QString());
        const QString unknown = m_folder->filePath(QStringLiteral("unknown"));
        QVERIFY(strata::test::writeTestBundle(unknown.toStdString(), {{"cdi", "v9.9.9"}}));
        QCOMPARE(refused({QStringLiteral("--bundle"), unknown}, "no version of CDI"), QString());
        // A component that is not in it, and a file that is another.
        const QString less = m_folder->filePath(QStringLiteral("less"));
        QVERIFY(strata::test::writeTestBundle(less.toStdString(), {},
                                              [](strata::demosite::PlatformComponent& each) {
                                                  if (each.id == "infrastructure-kubevirt")
                                                      each.files.clear();
                                              }));
        QCOMPARE(refused({QStringLiteral("--bundle"), less}, "holds no Provider KubeVirt"), QString());
        QFile file(less + QStringLiteral("/cdi/v1.66.0/cdi-operator.yaml"));
        QVERIFY(file.open(QIODevice::Append));
        file.write("#\n");
        file.close();
        QCOMPARE(refused({QStringLiteral("--bundle"), less, QStringLiteral("--only"), QStringLiteral("cdi")},
                         "SHA-256"),
                 QString());
        // Nothing was written by any of them.
        const Outcome now =
            run(prepare(server, from + QStringList{QStringLiteral("--dry-run"), QStringLiteral("--json")}),
                kLongMs);
        QVERIFY2(now.code == kDone, qPrintable(now.err));
        for (const QJsonValue& each : json(now)[QLatin1String("components")].toArray())
            QCOMPARE(each[QLatin1String("presence")].toString(), QStringLiteral("absent"));
        // Releases that cannot be reached.
        QCOMPARE(refused({QStringLiteral("--releases"), QStringLiteral("https://127.0.0.1:1")},
                         "cannot be fetched"),
                 QString());
    }

    // Nothing that lies in the folder is passed over in silence.
    void whatElseIsInTheBundle()
    {
        const QString folder = m_folder->filePath(QStringLiteral("addons"));
        strata::test::writeTestBundleWithAddons(folder.toStdString());
        Server server({QStringLiteral("--bare"), QStringLiteral("--no-life")});
        const QStringList dry{QStringLiteral("--bundle"), folder, QStringLiteral("--dry-run")};
        const Outcome told = run(prepare(server, dry + QStringList{QStringLiteral("--json")}), kLongMs);
        QVERIFY2(told.code == kDone, qPrintable(told.err));
        for (const char* line :
             {"not applied: Longhorn v1.9.1 (--addon longhorn). Not there yet.",
              "not applied: Calico v3.31.4 (--addon cni). The pod network is Cilium",
              "not applied: quota.yaml (--addon quota.yaml). Not known to the support matrix.",
              "not applied: broken.yaml. Cannot be applied:", "not applied: Other files in images."})
            QVERIFY2(told.err.contains(QLatin1String(line)), qPrintable(told.err));
        const auto addon = [&](const Outcome& outcome, const char* id) {
            for (const QJsonValue& each : json(outcome)[QLatin1String("addons")].toArray()) {
                if (each[QLatin1String("id")].toString() == QLatin1String(id))
                    return each.toObject();
            }
            return QJsonObject();
        };
        QCOMPARE(json(told)[QLatin1String("addons")].toArray().size(), 8);
        const QJsonObject longhorn = addon(told, "longhorn");
        QCOMPARE(longhorn[QLatin1String("known")].toArray(), QJsonArray{QStringLiteral("longhorn")});
        QCOMPARE(longhorn[QLatin1String("chosen")].toBool(true), false);
        QCOMPARE(longhorn[QLatin1String("checksums")].toBool(), true);
        QCOMPARE(longhorn[QLatin1String("objects")].toArray().size(), 5);
        QVERIFY(!addon(told, "chart")[QLatin1String("problem")].toString().isEmpty());
        const auto steps = [](const Outcome& outcome) {
            QStringList titles;
            for (const QJsonValue& each : json(outcome)[QLatin1String("steps")].toArray())
                titles << each[QLatin1String("title")].toString();
            return titles;
        };
        QVERIFY(steps(told).filter(QStringLiteral("KubeVirt")).size() > 0);
        QVERIFY(steps(told).filter(QStringLiteral("Longhorn")).isEmpty());

        // What is named is in the plan; what cannot be applied is refused before anything is written.
        const QStringList with{QStringLiteral("--json"), QStringLiteral("--addon"),
                               QStringLiteral("longhorn,quota.yaml")};
        const Outcome chosen = run(prepare(server, dry + with), kLongMs);
        QVERIFY2(chosen.code == kDone, qPrintable(chosen.err));
        QVERIFY2(chosen.err.contains(QLatin1String("to be applied: Longhorn")), qPrintable(chosen.err));
        QVERIFY(steps(chosen).contains(QLatin1String("Longhorn v1.9.1: settings")));
        QVERIFY(steps(chosen).contains(QLatin1String("quota.yaml")));
        QCOMPARE(addon(chosen, "longhorn")[QLatin1String("chosen")].toBool(), true);
        for (const auto& [id, words] :
             {std::pair("nowhere", "no add-on “nowhere”"), std::pair("cni", "no second pod network"),
              std::pair("broken.yaml", "cannot be applied")}) {
            const Outcome refused = run(
                prepare(server, dry + QStringList{QStringLiteral("--addon"), QLatin1String(id)}), kLongMs);
            QCOMPARE(refused.code, kNotBegun);
            QVERIFY2(refused.err.contains(QString::fromUtf8(words)), qPrintable(refused.err));
        }
        const Outcome without =
            run(prepare(server, {QStringLiteral("--addon"), QStringLiteral("longhorn")}), kLongMs);
        QCOMPARE(without.code, kWrongUse);
    }

    void arguments()
    {
        const auto wrong = [](const QStringList& line) {
            const Outcome outcome = run(line);
            return outcome.code == kWrongUse ? QString()
                                             : QStringLiteral("%1 %2").arg(outcome.code).arg(outcome.err);
        };
        const QString command = QStringLiteral("prepare");
        QCOMPARE(wrong({command, QStringLiteral("--bundle")}), QString());
        QCOMPARE(wrong({command, QStringLiteral("--set"), QStringLiteral("nonsense")}), QString());
        QCOMPARE(wrong({command, QStringLiteral("--bundle"), QStringLiteral("a"),
                        QStringLiteral("--releases"), QStringLiteral("https://b")}),
                 QString());
        QCOMPARE(wrong({QStringLiteral("bundle")}), QString());
        QCOMPARE(wrong({QStringLiteral("demo"), QStringLiteral("--bare"), QStringLiteral("--fault"),
                        QStringLiteral("cert-manager-down")}),
                 QString());
        // Without a network a bundle is not filled, and says why.
        const Outcome none = run({QStringLiteral("bundle"), m_folder->filePath(QStringLiteral("none")),
                                  QStringLiteral("--releases"), QStringLiteral("https://127.0.0.1:1")});
        QCOMPARE(none.code, kFailed);
        QVERIFY2(none.err.contains(QLatin1String("cannot be fetched")), qPrintable(none.err));
        QVERIFY(!QFile::exists(m_folder->filePath(QStringLiteral("none/index.yaml"))));
    }
};

QTEST_GUILESS_MAIN(TestPrepareHeadless)
#include "test_prepare_headless.moc"
