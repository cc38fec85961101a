// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/stack/item.h"
#include "tests/support/enums.h"

#include <QProcess>
#include <QtTest>

#include <cstring>

using namespace strata;

// Fails: what a failing test does is looked at from outside.
class Unequal : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void ofTheStack() { QCOMPARE(stack::Health::Warning, stack::Health::Failed); }
    void ofErrors() { QCOMPARE(ErrorKind::Network, ErrorKind::Timeout); }
    void tried() { QTRY_COMPARE_WITH_TIMEOUT(stack::ItemKind::Vm, stack::ItemKind::Host, 1); }
};

class TestEnums : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalOnesAreEqual() { QCOMPARE(stack::Health::Warning, stack::Health::Warning); }

    // A test that fails says what differs, and those behind it are run.
    void unequalOnesAreTold()
    {
        QProcess child;
        child.setProcessChannelMode(QProcess::MergedChannels);
        child.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--unequal")});
        QVERIFY(child.waitForFinished(30'000));
        const QByteArray said = child.readAll();
        QVERIFY2(child.exitStatus() == QProcess::NormalExit, said.constData());
        QVERIFY2(child.exitCode() == 3, said.constData());
        for (const char* each :
             {toString(stack::Health::Warning), toString(stack::Health::Failed), toString(ErrorKind::Network),
              toString(ErrorKind::Timeout), toString(stack::ItemKind::Vm), toString(stack::ItemKind::Host)})
            QVERIFY2(said.contains(QByteArray(": ") + each), said.constData());
    }
};

int main(int argc, char** argv)
{
    QCoreApplication app(argc, argv);
    if (argc > 1 && std::strcmp(argv[1], "--unequal") == 0) {
        Unequal test;
        return QTest::qExec(&test, QStringList{QString::fromLocal8Bit(argv[0])});
    }
    TestEnums test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_enums.moc"
