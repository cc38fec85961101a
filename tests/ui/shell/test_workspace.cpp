// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/workspace.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace strata::ui;

class TestWorkspace : public QObject {
    Q_OBJECT

    QTemporaryDir m_directory;
    int m_files = 0;

    QString fresh() { return m_directory.filePath(QStringLiteral("%1/workspace.json").arg(++m_files)); }

    static void write(const QString& path, const QByteArray& bytes)
    {
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }

    static QJsonObject read(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object()
                                              : QJsonObject();
    }

    static Connection cluster(const char* name)
    {
        Connection connection;
        connection.name = QString::fromLatin1(name);
        connection.kubeconfig = QStringLiteral("/home/op/.kube/config");
        connection.context = connection.name;
        return connection;
    }

private Q_SLOTS:
    void survivesARun()
    {
        const QString path = fresh();
        {
            Workspace workspace(path);
            workspace.load();
            QVERIFY(workspace.message().isEmpty());
            Settings settings;
            settings.theme = ThemeMode::Dark;
            settings.fontPoints = 12;
            settings.reopen = false;
            settings.eventsEverySeconds = 30;
            settings.notify = true;
            workspace.setSettings(settings);
            workspace.remember(cluster("one"));
            workspace.remember(cluster("two"));
            Connection host;
            host.kind = Connection::Kind::Host;
            host.name = QStringLiteral("metal-01");
            host.uri = QStringLiteral("qemu:///system");
            workspace.remember(host);
            workspace.remember(cluster("one")); // again: to the front, not twice
            workspace.setWindowGeometry("geometry\0bytes");
            workspace.setPanelState(QStringLiteral("tree"),
                                    {{QStringLiteral("filter"), QStringLiteral("vm")}});
        } // the destructor writes
        Workspace workspace(path);
        workspace.load();
        QCOMPARE(workspace.settings().theme, ThemeMode::Dark);
        QCOMPARE(workspace.settings().fontPoints, 12.0);
        QCOMPARE(workspace.settings().reopen, false);
        QCOMPARE(workspace.settings().eventsEverySeconds, 30);
        QVERIFY(workspace.settings().notify);
        QCOMPARE(workspace.connections().size(), 3);
        QCOMPARE(workspace.connections().at(0).name, QStringLiteral("one"));
        QCOMPARE(workspace.connections().at(1).uri, QStringLiteral("qemu:///system"));
        QCOMPARE(workspace.windowGeometry(), QByteArray("geometry\0bytes"));
        QCOMPARE(workspace.panelState(QStringLiteral("tree")).value(QStringLiteral("filter")).toString(),
                 QStringLiteral("vm"));
    }

    void writesByItself()
    {
        const QString path = fresh();
        Workspace workspace(path);
        workspace.load();
        workspace.remember(cluster("one"));
        QTRY_VERIFY(QFile::exists(path));
        QTRY_COMPARE(read(path).value(QStringLiteral("connections")).toArray().size(), 1);
    }

    void isItsOwnersOnly()
    {
        const QString path = fresh();
        Workspace workspace(path);
        workspace.remember(cluster("one"));
        QVERIFY(workspace.saveNow());
        const QFile::Permissions others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther |
                                          QFile::WriteOther | QFile::ExeGroup | QFile::ExeOther;
        QCOMPARE(QFile::permissions(path) & others, QFile::Permissions());
        QCOMPARE(QFile::permissions(QFileInfo(path).path()) & others, QFile::Permissions());
    }

    void keepsWhatItDoesNotKnow()
    {
        const QString path = fresh();
        write(path, "{\"version\": 7, \"future\": {\"a\": [1, 2]}, "
                    "\"settings\": {\"theme\": \"light\", \"colour\": \"blue\"}, "
                    "\"connections\": [{\"kind\": \"recording\", \"file\": \"/r\"}, "
                    "{\"kind\": \"host\", \"name\": \"m\", \"uri\": \"qemu:///system\", \"open\": true}]} ");
        {
            Workspace workspace(path);
            workspace.load();
            QVERIFY(workspace.message().contains(QLatin1String("newer")));
            QCOMPARE(workspace.connections().size(), 1);
            workspace.remember(cluster("one"));
            QVERIFY(workspace.saveNow());
        }
        const QJsonObject root = read(path);
        QCOMPARE(root.value(QStringLiteral("version")).toInt(), 7);
        QCOMPARE(root.value(QStringLiteral("future")).toObject().value(QStringLiteral("a")).toArray().size(),
                 2);
        QCOMPARE(root.value(QStringLiteral("settings")).toObject().value(QStringLiteral("colour")).toString(),
                 QStringLiteral("blue"));
        const QJsonArray connections = root.value(QStringLiteral("connections")).toArray();
        QCOMPARE(connections.size(), 3);
        QCOMPARE(connections.last().toObject().value(QStringLiteral("file")).toString(),
                 QStringLiteral("/r"));
    }

    void movesABrokenFileAside_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("half") << QByteArray("{\"version\": 1, \"connec");
        QTest::newRow("list") << QByteArray("[1, 2]");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("garbage") << QByteArray("\0\xff\xfe", 3);
    }

    void movesABrokenFileAside()
    {
        QFETCH(QByteArray, bytes);
        const QString path = fresh();
        write(path, bytes);
        Workspace workspace(path);
        workspace.load();
        QCOMPARE(workspace.settings(), Settings());
        const QStringList aside =
            QFileInfo(path).dir().entryList({QStringLiteral("workspace.json.broken-*")}, QDir::Files);
        QCOMPARE(aside.size(), 1);
        QVERIFY(workspace.message().contains(aside.first()));
        QFile kept(QFileInfo(path).dir().filePath(aside.first()));
        QVERIFY(kept.open(QIODevice::ReadOnly));
        QCOMPARE(kept.readAll(), bytes);
        workspace.remember(cluster("one"));
        QVERIFY(workspace.saveNow());
        QCOMPARE(read(path).value(QStringLiteral("connections")).toArray().size(), 1);
    }

    void saysThatItCannotBeSaved()
    {
        write(m_directory.filePath(QStringLiteral("file")), "x");
        Workspace workspace(
            m_directory.filePath(QStringLiteral("file/workspace.json"))); // a file is no folder
        QSignalSpy failed(&workspace, &Workspace::saveFailed);
        workspace.load();
        workspace.remember(cluster("one"));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed.first().first().toString().contains(QLatin1String("workspace.json")));
        QVERIFY(!workspace.saveNow());
    }

    void survivesNonsenseInside()
    {
        const QString path = fresh();
        write(path,
              "{\"version\": \"x\", \"settings\": {\"fontPoints\": 4000, \"eventsEverySeconds\": -5, "
              "\"theme\": 3}, "
              "\"connections\": [1, \"a\", {}, {\"kind\": \"cluster\"}, {\"kind\": \"host\", \"uri\": 7}], "
              "\"window\": [], \"panels\": 3} ");
        Workspace workspace(path);
        workspace.load();
        QVERIFY(workspace.connections().isEmpty());
        QCOMPARE(workspace.settings().fontPoints, 32.0);
        QCOMPARE(workspace.settings().eventsEverySeconds, 5);
        QVERIFY(workspace.windowGeometry().isEmpty());
        QVERIFY(workspace.saveNow());
    }
};

QTEST_GUILESS_MAIN(TestWorkspace)
#include "test_workspace.moc"
