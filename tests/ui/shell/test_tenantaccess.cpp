// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/picturesite.h"
#include "ui/shell/tenantaccess.h"
#include "ui/stack/stackstore.h"

#include <QApplication>
#include <QClipboard>
#include <QFileInfo>
#include <QSignalSpy>
#include <QWidget>
#include <QtTest>

using namespace strata;
using namespace strata::ui;

namespace {

QStringList terminal(const QString& preferred, const QStringList& installed)
{
    return terminalLine(preferred, {QStringLiteral("env"), QStringLiteral("A=b"), QStringLiteral("sh")},
                        [installed](const QString& program) { return installed.contains(program); });
}

} // namespace

class TestTenantAccess : public QObject {
    Q_OBJECT

    static stack::ItemId blue(const stack::Stack& stack)
    {
        for (const stack::ItemId root : stack.roots(stack::Tree::Tenants)) {
            if (stack.find(root)->name == "blue")
                return root;
        }
        return {};
    }

private Q_SLOTS:
    void terminals()
    {
        const QStringList command{QStringLiteral("env"), QStringLiteral("A=b"), QStringLiteral("sh")};
        const QString xterm = QStringLiteral("xterm");
        const QString gnome = QStringLiteral("gnome-terminal");
        const QString foot = QStringLiteral("foot");
        QCOMPARE(terminal({}, {}), QStringList());
        QCOMPARE(terminal({}, {xterm}), QStringList({xterm, QStringLiteral("-e")}) + command);
        QCOMPARE(terminal({}, {xterm, gnome}), QStringList({gnome, QStringLiteral("--")}) + command);
        QCOMPARE(terminal(foot, {xterm, foot}), QStringList({foot}) + command);
        QCOMPARE(terminal(QStringLiteral("/opt/mine"), {xterm, QStringLiteral("/opt/mine")}),
                 QStringList({QStringLiteral("/opt/mine"), QStringLiteral("-e")}) + command);
        QCOMPARE(terminal(QStringLiteral("gone"), {xterm}),
                 QStringList({xterm, QStringLiteral("-e")}) + command);
    }

    void findsTheConnection()
    {
        stack::Stack stack;
        stack.apply(test::pictureSite());
        QVERIFY(blue(stack) != stack::ItemId{});
        QCOMPARE(innerSourceOf(stack, blue(stack)), std::optional(test::kBlue));
        QVERIFY(!innerSourceOf(stack, {}));
        for (const stack::ItemId root : stack.roots(stack::Tree::Hosts))
            QVERIFY(!innerSourceOf(stack, root));
    }

    void servesForKubectl()
    {
        StackStore store;
        store.setTaker([taken = false]() mutable {
            stack::Batch batch = taken ? stack::Batch() : test::pictureSite();
            taken = true;
            return batch;
        });
        store.wake();
        QTRY_VERIFY(blue(store.stack()) != stack::ItemId{});
        QWidget window;
        stack::SourceId asked = 0;
        bool through = false;
        Result<Secret> answer = Secret("apiVersion: v1\n");
        TenantAccess access(
            &store,
            [&](stack::SourceId inner, bool served, QObject*,
                const std::function<void(Result<Secret>)>& done) {
                asked = inner;
                through = served;
                done(answer);
            },
            &window);
        QSignalSpy said(&access, &TenantAccess::said);
        QSignalSpy failed(&access, &TenantAccess::failed);
        access.serve(blue(store.stack()));
        QTRY_COMPARE(said.size(), 1);
        QCOMPARE(asked, test::kBlue);
        QVERIFY(through);
        const QString line = QApplication::clipboard()->text();
        QVERIFY2(line.startsWith(QLatin1String("export KUBECONFIG=/")), qPrintable(line));
        const QString path = line.mid(int(qstrlen("export KUBECONFIG=")));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("apiVersion: v1\n"));
        QCOMPARE(QFileInfo(path).permissions() & ~QFile::Permissions(QFile::ReadUser | QFile::WriteUser),
                 QFile::ReadOwner | QFile::WriteOwner);
        answer = fail(ErrorKind::NotFound, "there is none");
        access.serve(blue(store.stack()));
        QCOMPARE(failed.size(), 1);
        QVERIFY(failed[0][1].toString().contains(QLatin1String("there is none")));
        QCOMPARE(said.size(), 1);
    }
};

QTEST_MAIN(TestTenantAccess)
#include "test_tenantaccess.moc"
