// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"
#include "app/opening.h"
#include "ui/console/sessionpage.h"
#include "ui/shell/bottompanel.h"
#include "ui/shell/mainwindow.h"
#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QAction>
#include <QComboBox>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QSet>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTextEdit>
#include <QtTest>

#include <memory>

using namespace strata;
using namespace strata::stack;

namespace {

constexpr int kLongMs = 60'000;

// Whether a screen reader is told what this is; parts that Qt makes inside of others are theirs.
bool hasName(QWidget* widget)
{
    if (widget->objectName().startsWith(QLatin1String("qt_")) || qobject_cast<QScrollBar*>(widget) != nullptr)
        return true;
    const QWidget* parent = widget->parentWidget();
    if (qobject_cast<const QComboBox*>(parent) != nullptr ||
        qobject_cast<const QAbstractSpinBox*>(parent) != nullptr ||
        qobject_cast<const QTabBar*>(parent) != nullptr ||
        qobject_cast<const QLineEdit*>(parent) != nullptr ||
        (parent != nullptr && parent->inherits("QComboBoxPrivateContainer")) ||
        (parent != nullptr && qobject_cast<const QAbstractItemView*>(parent) != nullptr))
        return true;
    if (!widget->accessibleName().isEmpty()) // a bar of tabs tells its current tab's instead
        return true;
    const QAccessibleInterface* told = QAccessible::queryAccessibleInterface(widget);
    return told == nullptr || !told->text(QAccessible::Name).trimmed().isEmpty();
}

QStringList withoutNames(const QWidget* root)
{
    QStringList out;
    for (QWidget* widget : root->findChildren<QWidget*>()) {
        const bool asked =
            qobject_cast<QAbstractButton*>(widget) != nullptr ||
            qobject_cast<QLineEdit*>(widget) != nullptr || qobject_cast<QComboBox*>(widget) != nullptr ||
            qobject_cast<QAbstractSpinBox*>(widget) != nullptr ||
            qobject_cast<QAbstractSlider*>(widget) != nullptr ||
            qobject_cast<QPlainTextEdit*>(widget) != nullptr || qobject_cast<QTextEdit*>(widget) != nullptr ||
            qobject_cast<QTabBar*>(widget) != nullptr || qobject_cast<QAbstractItemView*>(widget) != nullptr;
        if (!asked || hasName(widget))
            continue;
        QString where;
        for (const QWidget* at = widget; at != nullptr && at != root; at = at->parentWidget())
            where.prepend(QStringLiteral(" / %1").arg(QLatin1String(at->metaObject()->className())));
        out << QStringLiteral("%1%2 (%3) “%4”")
                   .arg(QLatin1String(root->metaObject()->className()), where, widget->objectName(),
                        widget->toolTip());
    }
    return out;
}

} // namespace

// The window for those who do not see it or have no mouse: everything that can be operated says what it is,
// and the keyboard gets to it.
class TestAccess : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ui::Workspace> m_workspace;
    std::unique_ptr<app::Composition> m_composition;
    std::unique_ptr<ui::MainWindow> m_window;
    QSet<QString> m_seen; // what has been looked at, by class

    const Stack& stack() const { return m_composition->store().stack(); }

    ItemId first(ItemKind kind) const
    {
        for (const Tree tree : {Tree::Stack, Tree::Tenants, Tree::Hosts}) {
            std::vector<ItemId> open = stack().roots(tree);
            for (std::size_t i = 0; i < open.size(); ++i) {
                const Item* item = stack().find(open[i]);
                if (item->kind == kind)
                    return item->id;
                open.insert(open.end(), item->childrenIn(tree).begin(), item->childrenIn(tree).end());
            }
        }
        return {};
    }
    QList<QWidget*> opened() const
    {
        QList<QWidget*> out;
        for (QWidget* widget : QApplication::topLevelWidgets()) {
            if (widget != m_window.get() && widget->isVisible() && qobject_cast<QMenu*>(widget) == nullptr &&
                widget->windowType() != Qt::ToolTip && widget->windowType() != Qt::Popup)
                out << widget;
        }
        return out;
    }
    void lookAndClose(const QString& action, QStringList& bad)
    {
        for (int rounds = 0; rounds < 4; ++rounds)
            QCoreApplication::processEvents();
        for (QWidget* widget : opened()) {
            m_seen.insert(QLatin1String(widget->metaObject()->className()));
            if (qobject_cast<QFileDialog*>(widget) == nullptr &&
                qobject_cast<QMessageBox*>(widget) == nullptr) {
                for (const QString& each : withoutNames(widget))
                    bad << action + QStringLiteral(": ") + each;
            }
            widget->close();
        }
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }

private Q_SLOTS:
    void initTestCase()
    {
        ui::Theme::instance().install();
        m_folder = std::make_unique<QTemporaryDir>();
        m_workspace = std::make_unique<ui::Workspace>(m_folder->filePath(QStringLiteral("workspace.json")));
        m_workspace->load();
        demosite::Options options;
        options.life = false;
        m_composition = std::make_unique<app::Composition>(*m_workspace, options);
        m_window = std::make_unique<ui::MainWindow>(m_composition->services());
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        m_window->openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(stack().count(ItemKind::Workload) >= 40 && m_composition->site().settled(),
                                 kLongMs);
    }
    void cleanupTestCase()
    {
        m_window.reset();
        m_composition.reset();
    }

    void everythingInTheWindowHasAName()
    {
        const QStringList bad = withoutNames(m_window.get());
        QVERIFY2(bad.isEmpty(), qPrintable(bad.join(QLatin1Char('\n'))));
    }

    // Whatever an action opens for a kind of item: dialogs, wizards, windows.
    void everyDialogHasNames_data()
    {
        QTest::addColumn<int>("kind");
        for (const ItemKind kind : {ItemKind::Host, ItemKind::OuterNode, ItemKind::Vm, ItemKind::InnerNode,
                                    ItemKind::Workload, ItemKind::TenantCluster, ItemKind::ControlPlane,
                                    ItemKind::WorkerPool, ItemKind::Machine, ItemKind::Domain})
            QTest::newRow(toString(kind)) << int(kind);
    }
    void everyDialogHasNames()
    {
        QFETCH(int, kind);
        const ItemId item = first(ItemKind(kind));
        QVERIFY(item);
        QStringList bad;
        for (QAction* action : m_window->actions()) {
            m_window->select(item);
            const QString text = QString(action->text()).remove(QLatin1Char('&'));
            if (!action->isEnabled() || !action->isVisible() || action->isCheckable() ||
                !text.endsWith(QChar(0x2026))) // only what asks first
                continue;
            action->trigger();
            lookAndClose(text, bad);
        }
        bad.removeDuplicates();
        for (const QString& each : bad)
            qWarning("%s", qPrintable(each)); // a failure's text is cut
        QVERIFY2(bad.isEmpty(), qPrintable(bad.join(QLatin1Char('\n'))));
    }

    void theyWereReallyOpened()
    {
        for (const char* wanted :
             {"strata::ui::ClusterDialog", "strata::ui::HostDialog", "strata::ui::ChecksWindow",
              "strata::ui::CapacityWindow", "strata::ui::ActionDialog", "strata::ui::ImagesDialog",
              "strata::ui::AuditDialog", "strata::ui::SettingsDialog", "strata::ui::ClusterWizard",
              "strata::ui::PrepareWizard", "strata::ui::ForwardDialog", "strata::ui::NodeShellDialog",
              "strata::ui::SshDialog", "strata::ui::AddNodeDialog"})
            QVERIFY2(m_seen.contains(QLatin1String(wanted)),
                     qPrintable(QLatin1String(wanted) + QStringLiteral(" of ") +
                                QStringList(m_seen.values()).join(QLatin1String(", "))));
    }

    // A console's tab: opened, the keyboard is in it; its buttons have names and the Tab key comes to them;
    // F6 comes back to it.
    void everyConsoleIsReachedByKeyboard_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("tab");
        QTest::newRow("logs") << int(ItemKind::Workload) << QStringLiteral("logs");
        QTest::newRow("shell") << int(ItemKind::Workload) << QStringLiteral("shell");
        QTest::newRow("attach") << int(ItemKind::Workload) << QStringLiteral("attach");
        QTest::newRow("serial") << int(ItemKind::Vm) << QStringLiteral("serial");
        QTest::newRow("screen") << int(ItemKind::Vm) << QStringLiteral("screen");
        QTest::newRow("bootstrap") << int(ItemKind::Machine) << QStringLiteral("bootstrap");
        QTest::newRow("metrics") << int(ItemKind::Vm) << QStringLiteral("metrics");
    }
    void everyConsoleIsReachedByKeyboard()
    {
        QFETCH(int, kind);
        QFETCH(QString, tab);
        m_window->activateWindow(); // a dialog had it
        QTRY_VERIFY(m_window->isActiveWindow());
        m_window->select(first(ItemKind(kind)));
        QVERIFY(app::openTab(*m_window, tab.toStdString()) == app::TabOpened::Yes);
        auto* bottom = m_window->findChild<ui::BottomPanel*>();
        ui::SessionPage* page = bottom->sessions().last();
        const auto inPage = [page] {
            const QWidget* focus = QApplication::focusWidget();
            return focus != nullptr && (focus == page || page->isAncestorOf(focus));
        };
        QTRY_VERIFY(inPage());
        const QStringList bad = withoutNames(page);
        QVERIFY2(bad.isEmpty(), qPrintable(bad.join(QLatin1Char('\n'))));
        QSet<QWidget*> chain;
        for (QWidget* at = page->nextInFocusChain(); at != page && !chain.contains(at);
             at = at->nextInFocusChain())
            chain.insert(at);
        int buttons = 0;
        for (QWidget* widget : page->findChildren<QWidget*>()) {
            if ((qobject_cast<QAbstractButton*>(widget) == nullptr &&
                 qobject_cast<QComboBox*>(widget) == nullptr) ||
                !widget->isVisible() ||
                qobject_cast<QLineEdit*>(widget->parentWidget()) != nullptr) // its "clear": keys do that
                continue;
            ++buttons;
            QVERIFY2((widget->focusPolicy() & Qt::TabFocus) != 0 && chain.contains(widget),
                     qPrintable(widget->accessibleName() + widget->toolTip()));
        }
        QVERIFY(buttons > 0);
        // Away, and round until it is there again.
        m_window->setFocus();
        QAction* next = nullptr;
        for (QAction* action : m_window->actions()) {
            if (action->shortcuts().contains(QKeySequence(Qt::Key_F6)))
                next = action;
        }
        QVERIFY(next != nullptr);
        bool back = false;
        for (int i = 0; i < 6 && !back; ++i) {
            next->trigger();
            back = inPage();
        }
        QVERIFY(back);
        bottom->closeSession(page);
    }
};

QTEST_MAIN(TestAccess)
#include "test_access.moc"
