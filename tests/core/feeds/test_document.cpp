// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/document.h"
#include "tests/core/feeds/parsed.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <yaml-cpp/yaml.h>

#include <random>

using namespace strata;
using namespace strata::feeds;
using strata::test::Parsed;

// Declared before the first raw string: moc loses its way in those.
class TestDocument : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void looks();
    void strings_data();
    void strings();
    void randomDocuments();
    void secretsAreHidden();
    void othersAreNot();
    void boundedSize();
    void boundedDepth();
    void brokenAnswers();
};

namespace {

std::string yaml(const std::string& json)
{
    return toYaml(Parsed(json).json());
}

// What an independent YAML reader makes of it, with a quoted scalar always being a string.
QJsonValue back(const YAML::Node& node)
{
    if (node.IsMap()) {
        QJsonObject object;
        for (const auto& entry : node)
            object.insert(QString::fromStdString(entry.first.as<std::string>()), back(entry.second));
        return object;
    }
    if (node.IsSequence()) {
        QJsonArray array;
        for (const auto& entry : node)
            array.append(back(entry));
        return array;
    }
    if (node.IsNull())
        return QJsonValue::Null;
    const std::string text = node.as<std::string>();
    if (node.Tag() == "?") { // plain
        if (text == "true" || text == "false")
            return text == "true";
        try {
            return node.as<double>();
        } catch (const YAML::Exception&) {
        }
    }
    return QString::fromStdString(text);
}

QJsonValue throughYaml(const QJsonObject& object)
{
    const std::string json = QJsonDocument(object).toJson(QJsonDocument::Compact).toStdString();
    return back(YAML::Load(yaml(json)));
}

} // namespace

void TestDocument::looks()
{
    const std::string text = yaml(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p",
            "labels": {"app.kubernetes.io/name": "x", "on": "true"}, "managedFields": [{"manager": "m"}],
            "annotations": {}}, "spec": {"containers": [{"name": "a", "args": ["--x=1", "-v", "two words"],
            "ports": []}, {"name": "b"}], "script": "line 1\nline 2\n", "note": "a\nb", "ip": "10.0.0.1",
            "when": "2026-11-24T10:00:00Z", "n": 7, "f": 0.5, "t": true, "nothing": null, "empty": ""}})");
    const std::string wanted = R"(apiVersion: v1
kind: Pod
metadata:
  name: p
  labels:
    app.kubernetes.io/name: x
    "on": "true"
  annotations: {}
spec:
  containers:
  - name: a
    args:
    - "--x=1"
    - -v
    - two words
    ports: []
  - name: b
  script: |
    line 1
    line 2
  note: |-
    a
    b
  ip: 10.0.0.1
  when: "2026-11-24T10:00:00Z"
  "n": 7
  f: 0.5
  t: true
  nothing: null
  empty: ""
)";
    QCOMPARE(text, wanted);
}

void TestDocument::strings_data()
{
    QTest::addColumn<QString>("text");
    const char* texts[] = {"true",
                           "Yes",
                           "no",
                           "null",
                           "~",
                           "123",
                           "0x1F",
                           "0o17",
                           "1e3",
                           "1_000",
                           "12:30:45",
                           "2026-11-24",
                           ".inf",
                           ".NaN",
                           "-1",
                           "+1",
                           "- item",
                           "-",
                           "--",
                           "? x",
                           ": x",
                           "a: b",
                           "a #b",
                           "#c",
                           "a:",
                           "{a}",
                           "[a]",
                           "&x",
                           "*x",
                           "!x",
                           "%x",
                           "@x",
                           "`x",
                           "'x'",
                           "\"x\"",
                           "a\"b\\c",
                           " x",
                           "x ",
                           "",
                           "a\tb",
                           "\ta",
                           "a\n",
                           "a\nb",
                           "a\n\nb\n",
                           "\na",
                           "a\n\n",
                           " a\nb",
                           "a \nb",
                           "a\n  b\nc",
                           "---",
                           "...",
                           "--- x",
                           "a, b",
                           "<<",
                           "=",
                           "|",
                           ">",
                           "a|b",
                           "1.2.3.4",
                           "1.2",
                           "6695eb01-f6a4-8304-79aa-97f2502e193f",
                           "0123",
                           "1e",
                           "e1",
                           "é ü 漢字",
                           "a\r\nb",
                           "\x7f",
                           "x: |\n  y",
                           "# only\n# comments\n",
                           "key: v\nother: w\n",
                           "\n",
                           "\"",
                           "\\"};
    for (const char* text : texts)
        QTest::newRow(QByteArray(text).toPercentEncoding().constData()) << QString::fromUtf8(text);
    QTest::newRow("escape") << QString(QChar(0x1b));
    QTest::newRow("bidi") << QString(QChar(0x202e)) + QStringLiteral("evil");
    QTest::newRow("zero width") << QStringLiteral("a") + QChar(0x200b) + QStringLiteral("b");
    QTest::newRow("bidi in lines") << QStringLiteral("a\n") + QChar(0x202e) + QStringLiteral("b\n");
    QTest::newRow("smile") << QString::fromUtf8("\xF0\x9F\x98\x80");
}

// Read back by another program, the text is what it was, wherever it stands.
void TestDocument::strings()
{
    QFETCH(QString, text);
    const QJsonObject object{
        {QStringLiteral("value"), text},
        {QStringLiteral("list"),
         QJsonArray{text, QJsonArray{text}, QJsonObject{{QStringLiteral("k"), text}}}},
        {QStringLiteral("deep"),
         QJsonObject{{QStringLiteral("deeper"), QJsonObject{{QStringLiteral("v"), text}}}}},
        {QStringLiteral("key"), QJsonObject{{text.isEmpty() ? QStringLiteral("e") : text, 1}}}};
    QCOMPARE(throughYaml(object), QJsonValue(object));
    const std::string shown = yaml(QJsonDocument(object).toJson(QJsonDocument::Compact).toStdString());
    for (const char* hidden : {"\xE2\x80\xAE", "\xE2\x80\x8B", "\x1b", "\r", "\x7f"})
        QVERIFY(shown.find(hidden) == std::string::npos);
}

void TestDocument::randomDocuments()
{
    std::mt19937 random(7);
    const QStringList pieces = {QStringLiteral("a"),  QStringLiteral(" "),  QStringLiteral("\n"),
                                QStringLiteral(":"),  QStringLiteral("#"),  QStringLiteral("-"),
                                QStringLiteral("\""), QStringLiteral("'"),  QStringLiteral("1"),
                                QStringLiteral("."),  QStringLiteral("\t"), QStringLiteral("{"),
                                QStringLiteral("é"),  QStringLiteral("\\"), QStringLiteral("true")};
    const auto text = [&] {
        QString out;
        for (unsigned i = random() % 6; i > 0; --i)
            out += pieces[qsizetype(random() % unsigned(pieces.size()))];
        return out;
    };
    const std::function<QJsonValue(int)> value = [&](int depth) -> QJsonValue {
        switch (random() % (depth > 4 ? 4 : 6)) {
        case 0:
            return text();
        case 1:
            return int(random() % 1000);
        case 2:
            return random() % 2 == 0;
        case 3:
            return QJsonValue::Null;
        case 4: {
            QJsonArray array;
            for (unsigned i = random() % 4; i > 0; --i)
                array.append(value(depth + 1));
            return array;
        }
        default: {
            QJsonObject object;
            for (unsigned i = random() % 4; i > 0; --i)
                object.insert(QStringLiteral("k") + text(), value(depth + 1));
            return object;
        }
        }
    };
    for (int i = 0; i < 500; ++i) {
        const QJsonObject object{{QStringLiteral("a"), value(0)}, {QStringLiteral("b"), value(0)}};
        QCOMPARE(throughYaml(object), QJsonValue(object));
    }
}

void TestDocument::secretsAreHidden()
{
    const std::string text =
        yaml(R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"password\":\"aHVudGVyMg==\"}}",
            "note": "kept"}}, "data": {"password": "aHVudGVyMg==", "broken": "!!", "none": null},
            "stringData": {"plain": "hunter2"}, "type": "Opaque"})");
    QVERIFY(text.find("aHVudGVyMg") == std::string::npos);
    QVERIFY(text.find("hunter2") == std::string::npos);
    QVERIFY(text.find("password: <hidden, 7 bytes>") != std::string::npos);
    QVERIFY(text.find("plain: <hidden, 7 bytes>") != std::string::npos);
    QVERIFY(text.find("broken: <hidden, 2 bytes>") != std::string::npos);
    QVERIFY(text.find("note: kept") != std::string::npos);
    QVERIFY(text.find("type: Opaque") != std::string::npos);
}

void TestDocument::othersAreNot()
{
    const std::string text = yaml(R"({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"},
            "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x"}}})");
    QVERIFY(text.find("a: b") != std::string::npos);
    QVERIFY(text.find("last-applied-configuration: x") != std::string::npos);
}

void TestDocument::boundedSize()
{
    QJsonObject data;
    for (int i = 0; i < 1000; ++i)
        data.insert(QStringLiteral("key%1").arg(i), QString(100, QLatin1Char('x')));
    const std::string json =
        QJsonDocument(QJsonObject{{QStringLiteral("data"), data}}).toJson().toStdString();
    const std::string text = toYaml(Parsed(json).json(), 4096);
    QVERIFY(text.size() < 4096 + 200);
    QVERIFY(text.ends_with("\n"));
    QVERIFY(text.find("# The rest is not shown: the document is larger than 4 KiB.") != std::string::npos);
    YAML::Load(text); // still a document
    const std::string one =
        toYaml(Parsed(R"({"a": 1, "b": ")" + std::string(1 << 20, 'x') + R"("})").json(), 4096);
    QVERIFY(one.size() < 4096 + 200);
    QVERIFY(one.starts_with("a: 1\n#"));
}

void TestDocument::boundedDepth()
{
    std::string json = "1";
    for (int i = 0; i < 900; ++i)
        json = i % 2 == 0 ? "[" + json + "]" : R"({"a":)" + json + "}";
    const std::string text = yaml(R"({"deep": )" + json + "}");
    QVERIFY(text.find("…") != std::string::npos);
    YAML::Load(text);
}

void TestDocument::brokenAnswers()
{
    for (const char* broken : {"", "[]", "7", "{", "<html>", "\"x\""}) {
        const Result<std::string> text = documentFromJson(broken);
        QVERIFY(!text);
        QCOMPARE(text.error().kind, ErrorKind::Protocol);
    }
    QCOMPARE(*documentFromJson("{}"), std::string("{}\n"));
}

QTEST_APPLESS_MAIN(TestDocument)
#include "test_document.moc"
