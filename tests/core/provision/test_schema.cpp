// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/schema.h"

#include <QtTest>

#include <algorithm>

using namespace strata;
using namespace strata::provision;

namespace {

// As a server writes it: references, an "allOf" of one around them, a kind that refers to itself.
constexpr const char* kDocument = R"json({"openapi":"3.0.0","components":{"schemas":{
"io.example.v1.Rack":{"type":"object","x-kubernetes-group-version-kind":[{"group":"example.io","version":"v1","kind":"Rack"}],
 "required":["spec"],
 "properties":{
  "apiVersion":{"type":"string"},"kind":{"type":"string"},
  "metadata":{"allOf":[{"$ref":"#/components/schemas/Meta"}],"default":{}},
  "status":{"type":"object","properties":{"x":{"type":"integer"}}},
  "spec":{"type":"object","required":["units"],"properties":{
    "units":{"type":"integer","minimum":1,"maximum":48,"description":"How many units it has."},
    "policy":{"type":"string","enum":["Always","Never",""]},
    "locked":{"type":"boolean"},
    "weight":{"type":"number"},
    "port":{"x-kubernetes-int-or-string":true},
    "size":{"oneOf":[{"type":"string"},{"type":"number"}]},
    "slots":{"type":"array","items":{"$ref":"#/components/schemas/Slot"}},
    "selector":{"type":"object","additionalProperties":{"type":"string"}},
    "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
    "command":{"type":"array","items":{"type":"string"}}}}}},
"Meta":{"type":"object","properties":{"name":{"type":"string"},"namespace":{"type":"string"},
  "labels":{"type":"object","additionalProperties":{"type":"string"}}}},
"Slot":{"type":"object","required":["name"],"properties":{"name":{"type":"string","description":"Its name."},
  "inner":{"allOf":[{"$ref":"#/components/schemas/Slot"}]}}},
"Loop":{"$ref":"#/components/schemas/Loop","x-kubernetes-group-version-kind":[{"group":"example.io","version":"v1","kind":"Loop"}]}
}}})json";

KindSchema rack()
{
    return *KindSchema::read(kDocument, "example.io", "v1", "Rack");
}

std::string names(const std::vector<SchemaField>& fields)
{
    std::string out;
    for (const SchemaField& each : fields)
        out += (out.empty() ? "" : " ") + each.name;
    return out;
}

} // namespace

class TestSchema : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fieldsAreTold()
    {
        const KindSchema schema = rack();
        QCOMPARE(names(schema.fields({})), std::string("spec apiVersion kind metadata status"));
        const auto units = schema.field({"spec", "units"});
        QVERIFY(units);
        QCOMPARE(units->type, std::string("integer"));
        QCOMPARE(units->description, std::string("How many units it has."));
        QCOMPARE(schema.fields({"spec"}).front().name, std::string("units")); // required ones first
        QVERIFY(schema.fields({"spec"}).front().required);
        QCOMPARE(schema.field({"spec", "slots"})->type, std::string("[]Object"));
        QVERIFY(schema.field({"spec", "slots"})->shape == SchemaField::Shape::List);
        QCOMPARE(schema.field({"spec", "selector"})->type, std::string("map[string]string"));
        QCOMPARE(schema.field({"spec", "policy"})->values, (std::vector<std::string>{"Always", "Never"}));
        QCOMPARE(schema.field({"spec", "locked"})->values, (std::vector<std::string>{"true", "false"}));
        // Through references, as deep as one likes.
        QCOMPARE(names(schema.fields({"metadata"})), std::string("labels name namespace"));
        QCOMPARE(schema.field({"spec", "slots", "[]", "inner", "inner", "name"})->description,
                 std::string("Its name."));
        QVERIFY(units->required && schema.field({"spec", "slots", "[]", "name"})->required);
        QVERIFY(!schema.field({"spec", "slots"})->required);
        QVERIFY(!schema.field({"spec", "nothing"}));
        QVERIFY(schema.fields({"spec", "units"}).empty());
        QVERIFY(!schema.field({"spec", "units", "[]"}));
    }

    void whatIsNoDescriptionIsSaid()
    {
        QVERIFY(KindSchema::read("<html>", "example.io", "v1", "Rack").error().kind == ErrorKind::Protocol);
        QVERIFY(KindSchema::read("{}", "example.io", "v1", "Rack").error().kind == ErrorKind::Protocol);
        QVERIFY(KindSchema::read(R"({"components":{"schemas":[]}})", "", "v1", "Pod").error().kind ==
                ErrorKind::Protocol);
        QVERIFY(KindSchema::read(kDocument, "example.io", "v2", "Rack").error().kind == ErrorKind::NotFound);
        // A reference to itself ends.
        const auto loop = KindSchema::read(kDocument, "example.io", "v1", "Loop");
        QVERIFY(loop);
        QVERIFY(loop->fields({}).empty());
        QVERIFY(loop->check("a: 1\n").empty());
        QCOMPARE(schemaPath("", "v1"), std::string("/openapi/v3/api/v1"));
        QCOMPARE(schemaPath("apps", "v1"), std::string("/openapi/v3/apis/apps/v1"));
    }

    void faultsAreFound_data()
    {
        QTest::addColumn<QString>("yaml"); // of spec
        QTest::addColumn<int>("line");     // 0: it is sound
        QTest::addColumn<QString>("words");
        QTest::newRow("sound") << "units: 2\n" << 0 << "";
        QTest::newRow("unknown") << "units: 2\ncolour: red\n" << 3 << "knows no field colour";
        QTest::newRow("mistyped") << "unit: 2\n" << 2 << "units?";
        QTest::newRow("missing") << "policy: Never\n" << 2 << "units is missing";
        QTest::newRow("no number") << "units: two\n" << 2 << "whole number";
        QTest::newRow("quoted number") << "units: \"2\"\n" << 2 << "whole number";
        QTest::newRow("too small") << "units: 0\n" << 2 << "at least 1";
        QTest::newRow("too large") << "units: 49\n" << 2 << "at most 48";
        QTest::newRow("enum") << "units: 2\npolicy: Sometimes\n" << 3 << "Always, Never";
        QTest::newRow("boolean") << "units: 2\nlocked: maybe\n" << 3 << "true or false";
        QTest::newRow("yes is true") << "units: 2\nlocked: yes\n" << 0 << "";
        QTest::newRow("quoted boolean") << "units: 2\nlocked: \"true\"\n" << 3 << "true or false";
        QTest::newRow("text that is a number") << "units: 2\nselector:\n  a: 1\n" << 4 << "in quotes";
        QTest::newRow("text in quotes") << "units: 2\nselector:\n  a: \"1\"\n" << 0 << "";
        QTest::newRow("number or text") << "units: 2\nport: http\nsize: 1Gi\n" << 0 << "";
        QTest::newRow("weight") << "units: 2\nweight: 1.5e3\n" << 0 << "";
        QTest::newRow("no weight") << "units: 2\nweight: much\n" << 3 << "a number";
        QTest::newRow("list wanted") << "units: 2\nslots:\n  name: a\n" << 4 << "a list";
        QTest::newRow("mapping wanted") << "units: 2\nselector: [a]\n" << 3 << "a mapping";
        QTest::newRow("value wanted") << "units: [2]\n" << 2 << "one value";
        QTest::newRow("in a list") << "units: 2\nslots:\n- name: a\n- size: 2\n" << 5 << "name";
        QTest::newRow("anything goes") << "units: 2\nfree:\n  a: {b: [1]}\n" << 0 << "";
        QTest::newRow("null") << "units: 2\nlocked:\n" << 0 << "";
        QTest::newRow("text block") << "units: 2\ncommand:\n- |\n  1\n" << 0 << "";
        QTest::newRow("broken") << "units: [2\n" << 3 << "not YAML";
        QTest::newRow("twice") << "units: 2\nunits: 3\n" << -1 << "units";
        QTest::newRow("alias") << "units: &a 2\nweight: *b\n" << 3 << "";
    }
    void faultsAreFound()
    {
        QFETCH(QString, yaml);
        QFETCH(int, line);
        QFETCH(QString, words);
        QString text = QStringLiteral("spec:\n");
        for (const QString& each : yaml.split(QLatin1Char('\n'), Qt::SkipEmptyParts))
            text += QStringLiteral("  ") + each + QLatin1Char('\n');
        const auto faults = rack().check(text.toStdString());
        if (line == 0) {
            QVERIFY2(faults.empty(), faults.empty() ? "" : faults[0].text.c_str());
            return;
        }
        QVERIFY(!faults.empty());
        const auto found = std::find_if(faults.begin(), faults.end(), [&](const SchemaFault& fault) {
            return QString::fromStdString(fault.text).contains(words);
        });
        QVERIFY2(found != faults.end(), faults[0].text.c_str());
        QCOMPARE(found->line, std::max(line, 0));
        QVERIFY(!found->text.empty());
    }

    void whatTheServerSetsIsNotJudged()
    {
        QVERIFY(rack().check("spec: {units: 2}\nstatus: {y: 1}\n").empty());
        // A page of faults is not a book of them.
        std::string many = "spec:\n  units: 2\n  slots:\n";
        for (int i = 0; i < 500; ++i)
            many += "  - size: 1\n";
        QCOMPARE(rack().check(many).size(), std::size_t(100));
        // Deep nonsense ends.
        QVERIFY(!rack().check(std::string(5000, '[')).empty());
    }

    // "^" is the cursor.
    void placesAreFound_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("path"); // "?": not known
        QTest::addColumn<QString>("key");
        QTest::addColumn<bool>("value");
        QTest::addColumn<QString>("keys");
        const auto add = [](const char* text, const char* path, const char* key, bool value,
                            const char* keys) {
            QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(path)
                                << QString::fromLatin1(key) << value << QString::fromLatin1(keys);
        };
        add("ki^", "", "ki", false, "");
        add("kind: Pod\nme^", "", "me", false, "kind");
        add("spec:\n  un^\n  policy: x\n", "spec", "un", false, "policy");
        add("spec:\n  ^", "spec", "", false, "");
        add("spec:\n  a: 1\n  ^\n  b: 2\nstatus:\n  c: 1\n", "spec", "", false, "a b");
        add("spec:\n  a:\n    b:\n  ^", "spec", "", false, "a");
        add("spec:\n  policy: Al^", "spec", "policy", true, "");
        add("spec:\n  policy: ^", "spec", "policy", true, "");
        add("spec:\n  slots:\n  - na^", "spec slots []", "na", false, "");
        add("spec:\n  slots:\n  - name: a\n    si^", "spec slots []", "si", false, "name");
        add("spec:\n  slots:\n  - name: a\n  - ^", "spec slots []", "", false, "");
        add("spec:\n    slots:\n      - name: a\n        x^\n        y: 1\n      - z: 2\n", "spec slots []",
            "x", false, "name y");
        add("spec:\n  a:\n  - b:\n    - c^", "spec a [] b []", "c", false, "");
        add("spec:\n  a:\n  - - c^", "spec a [] []", "c", false, "");
        add("a:\n- b: 1\nc^", "", "c", false, "a");
        add("# comm^ent", "?", "", false, "");
        add("data:\n  x: |-\n    te^xt", "?", "", false, "");
        add("spec: {a^", "?", "", false, "");
        add("spec:\n  \"un^its\": 1", "spec", "units", false, "");
        add("\n\nspec:\n\n  # why\n  un^", "spec", "un", false, "");
    }
    void placesAreFound()
    {
        QFETCH(QString, text);
        QFETCH(QString, path);
        QFETCH(QString, key);
        QFETCH(bool, value);
        QFETCH(QString, keys);
        std::string whole = text.toStdString();
        const std::size_t cursor = whole.find('^');
        whole.erase(cursor, 1);
        const YamlPlace place = placeIn(whole, cursor);
        QCOMPARE(place.known, path != QLatin1String("?"));
        if (!place.known)
            return;
        QString found;
        for (const std::string& each : place.path)
            found += (found.isEmpty() ? QString() : QStringLiteral(" ")) + QString::fromStdString(each);
        QCOMPARE(found, path);
        QCOMPARE(QString::fromStdString(place.key), key);
        QCOMPARE(place.value, value);
        QStringList others;
        for (const std::string& each : place.keys)
            others << QString::fromStdString(each);
        std::sort(others.begin(), others.end());
        QCOMPARE(others.join(QLatin1Char(' ')), keys);
    }

    // Any place of any text has an answer.
    void nothingBreaksIt()
    {
        const std::string text = "a:\n- b: 1\n  - :\n\t: -\n\"x\": |\n  y\n--- \n'q:\n? z\n- - - -\n  ::\n";
        for (std::size_t i = 0; i <= text.size(); ++i) {
            for (std::size_t j = 0; j <= i; ++j)
                (void)placeIn(std::string_view(text).substr(0, i), j);
            (void)rack().check(std::string_view(text).substr(0, i));
        }
        QVERIFY(!placeIn(text, text.size() + 1).known);
    }
};

QTEST_GUILESS_MAIN(TestSchema)
#include "test_schema.moc"
