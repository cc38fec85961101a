// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/fit.h"
#include "ui/theme/theme.h"
#include "ui/wizard/fitchart.h"
#include "ui/wizard/formfield.h"
#include "ui/wizard/linediff.h"
#include "ui/wizard/machinespage.h"
#include "ui/wizard/manifestfolder.h"
#include "ui/wizard/steplist.h"

#include <QFile>
#include <QLineEdit>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>

using namespace strata;

namespace {

QString joined(const std::vector<ui::DiffLine>& lines, ui::DiffLine::Kind dropped)
{
    QString text;
    for (const ui::DiffLine& line : lines) {
        if (line.kind != dropped)
            text += line.text + QLatin1Char('\n');
    }
    return text;
}

} // namespace

class TestWizardParts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { ui::Theme::instance().install(); }

    // Whatever the texts are: without what was added it is the one, without what was removed the other.
    void differencesAreExact()
    {
        QRandomGenerator random(7);
        for (int round = 0; round < 300; ++round) {
            const auto text = [&random] {
                QString out;
                const int lines = int(random.bounded(12U));
                for (int i = 0; i < lines; ++i)
                    out += QStringLiteral("line %1\n").arg(random.bounded(4U));
                return out;
            };
            const QString before = text();
            const QString after = text();
            const auto lines = ui::lineDiff(before, after);
            QCOMPARE(joined(lines, ui::DiffLine::Kind::Added), before);
            QCOMPARE(joined(lines, ui::DiffLine::Kind::Removed), after);
        }
    }

    void differencesAreShort()
    {
        QString before;
        for (int i = 0; i < 100; ++i)
            before += QStringLiteral("key%1: value\n").arg(i);
        QString after = before;
        after.replace(QStringLiteral("key50: value"), QStringLiteral("key50: other"));
        const QString text = ui::diffText(ui::lineDiff(before, after));
        QVERIFY(text.contains(QStringLiteral("- key50: value\n+ key50: other\n")));
        QCOMPARE(text.count(QLatin1Char('\n')), 10); // the change, three lines on each side, two cuts
        // Far too much to compare in detail still comes back at once, and whole.
        QString huge;
        QString other;
        for (int i = 0; i < 5000; ++i) {
            huge += QStringLiteral("a%1\n").arg(i);
            other += QStringLiteral("b%1\n").arg(i);
        }
        QCOMPARE(joined(ui::lineDiff(huge, other), ui::DiffLine::Kind::Added), huge);
    }

    void labelsAndTaints()
    {
        const auto labels = ui::labelsFromText(QStringLiteral(" a=b , example.com/zone = west,,c"));
        QCOMPARE(labels.size(), std::size_t{3});
        QCOMPARE(labels.at("example.com/zone"), std::string("west"));
        QCOMPARE(labels.at("c"), std::string());
        QCOMPARE(ui::labelsFromText(ui::labelsToText(labels)), labels);
        const auto taints = ui::taintsFromText(QStringLiteral("gpu=yes:NoSchedule, nonsense"));
        QCOMPARE(taints.size(), std::size_t{2});
        QCOMPARE(taints[0].effect, std::string("NoSchedule"));
        QCOMPARE(taints[1].key, std::string("nonsense")); // kept, so that validation can name it
        QCOMPARE(ui::taintsFromText(ui::taintsToText(taints)), taints);
    }

    void manifestsAsAFolder()
    {
        QTemporaryDir folder;
        const std::vector<provision::Object> objects = {
            provision::Object("v1", "Namespace", "", "blue"),
            provision::Object("v1", "ConfigMap", "blue", "../../etc/passwd"),
        };
        const auto saved = ui::saveManifestFolder(folder.path(), objects);
        QVERIFY(saved.has_value());
        QCOMPARE(*saved, 2);
        const QStringList names = QDir(folder.path()).entryList(QDir::Files, QDir::Name);
        QCOMPARE(names.size(), 3);
        QCOMPARE(names[0], QStringLiteral("00-namespace-blue.yaml"));
        QFile list(folder.filePath(QStringLiteral("kustomization.yaml")));
        QVERIFY(list.open(QIODevice::ReadOnly));
        QVERIFY(list.readAll().contains("- 00-namespace-blue.yaml\n- " + names[1].toUtf8()));
        QVERIFY(!ui::saveManifestFolder(QStringLiteral("/no/such/folder"), objects).has_value());
    }

    void kubectlLinesEndWhereTheyShould()
    {
        provision::Object map("v1", "ConfigMap", "n", "m");
        const QString line = ui::kubectlLine({map}, QStringLiteral("--context c"));
        QVERIFY(line.startsWith(
            QStringLiteral("kubectl --context c apply --server-side --field-manager=strata -f - <<'END'\n")));
        QVERIFY(line.endsWith(QStringLiteral("\nEND\n")));
    }

    void fieldsSayWhatIsWrongAndForget()
    {
        auto* edit = new QLineEdit;
        ui::FormField field(QStringLiteral("&Name"), edit);
        field.setHint(QStringLiteral("a hint"));
        QCOMPARE(field.message(), QStringLiteral("a hint"));
        field.setProblem(provision::Problem{"name", "It is wrong.", "Mend it.", provision::Severity::Error});
        QCOMPARE(field.message(), QStringLiteral("It is wrong. Mend it."));
        QCOMPARE(edit->accessibleName(), QStringLiteral("Name"));
        QCOMPARE(edit->accessibleDescription(), field.message());
        QVERIFY(edit->property("wrong").toBool());
        field.setProblem(std::nullopt);
        QVERIFY(!edit->property("wrong").toBool());
        QCOMPARE(field.message(), QStringLiteral("a hint"));
    }

    void stepsByKeyboard()
    {
        ui::StepList list;
        list.setEntries({{QStringLiteral("One"), {}, ui::StepList::Mark::Done, true},
                         {QStringLiteral("Two"), {}, ui::StepList::Mark::Open, true},
                         {QStringLiteral("Three"), {}, ui::StepList::Mark::Open, false}});
        list.setCurrent(0);
        list.show();
        QSignalSpy wanted(&list, &ui::StepList::wanted);
        QTest::keyClick(&list, Qt::Key_Down);
        QTest::keyClick(&list, Qt::Key_Return);
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted[0][0].toInt(), 1);
        QTest::keyClick(&list, Qt::Key_Down);
        QTest::keyClick(&list, Qt::Key_Return); // not reachable
        QCOMPARE(wanted.count(), 1);
    }

    void theForecastIsDrawn()
    {
        provision::NodeRoom node;
        node.name = "outer-1";
        node.host = "metal-01";
        node.free = {32000, std::int64_t{100} << 30, 100};
        node.capacity = {32000, std::int64_t{128} << 30, 110};
        provision::ClusterProfile profile;
        profile.name = "blue";
        const auto fit = provision::fit(provision::demands(profile), {node}, profile.antiAffinity);
        ui::FitChart chart;
        chart.show({node}, fit);
        chart.resize(240, chart.sizeHint().height());
        QVERIFY(chart.sizeHint().height() > 20);
        QVERIFY(chart.accessibleDescription().contains(QLatin1String("blue-cp 1")));
        QVERIFY(!chart.grab().isNull());
    }
};

QTEST_MAIN(TestWizardParts)
#include "test_wizardparts.moc"
