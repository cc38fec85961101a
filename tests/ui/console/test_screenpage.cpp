// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/console/savedialog.h"
#include "ui/console/endbar.h"
#include "ui/console/pageheader.h"
#include "ui/console/screenpage.h"
#include "ui/console/screenview.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QMenu>
#include <QPushButton>
#include <QTemporaryDir>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtTest>

#include <sys/mman.h>

#include <cstring>
#include <mutex>

using namespace strata;

namespace {

// A screen whose other end is the test.
struct Wire {
    std::shared_ptr<console::ScreenHandler> handler;
    std::vector<std::pair<std::uint32_t, bool>> keys;
    std::vector<std::array<int, 3>> pointers;
    std::vector<std::pair<int, int>> sizes;
    std::vector<std::string> pasted;
    bool takeOver = false;
    bool alive = true;

    void show(int width, int height, std::uint8_t grey)
    {
        const auto bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4;
        void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::memset(memory, grey, bytes);
        handler->onPicture(std::make_shared<console::Picture>(static_cast<const std::uint8_t*>(memory), bytes,
                                                              width, height));
        handler->onUpdate(0, 0, width, height);
    }
    void end(console::SessionEnd::Kind kind, ErrorKind error = ErrorKind::Network)
    {
        handler->onEnd({kind, 0, Error{error, "The server does not answer.", {}, 0, 0}});
    }
};

class WireScreen : public console::Screen {
public:
    explicit WireScreen(std::shared_ptr<Wire> wire) : m_wire(std::move(wire)) {}
    ~WireScreen() override { m_wire->alive = false; }
    WireScreen(const WireScreen&) = delete;
    WireScreen& operator=(const WireScreen&) = delete;

    void key(std::uint32_t keysym, bool pressed) override { m_wire->keys.emplace_back(keysym, pressed); }
    void pointer(int x, int y, unsigned buttons) override
    {
        m_wire->pointers.push_back({x, y, int(buttons)});
    }
    void refresh() override {}
    void resize(int width, int height) override { m_wire->sizes.emplace_back(width, height); }
    void paste(std::string_view text) override { m_wire->pasted.emplace_back(text); }
    int decoder() const override { return 0; }

private:
    std::shared_ptr<Wire> m_wire;
};

using Keys = std::vector<std::pair<std::uint32_t, bool>>;

} // namespace

class TestScreenPage : public QObject {
    Q_OBJECT

    std::vector<std::shared_ptr<Wire>> m_byCluster;
    std::vector<std::shared_ptr<Wire>> m_byHost;
    std::unique_ptr<QWidget> m_window;
    ui::ScreenPage* m_page = nullptr;

    void open(bool guest, bool host)
    {
        m_byCluster.clear();
        m_byHost.clear();
        ui::ConsoleServices services;
        services.screen =
            [this](
                stack::SourceId, const console::GuestTarget&, bool takeOver,
                std::shared_ptr<console::ScreenHandler> handler) -> Result<std::unique_ptr<console::Screen>> {
            m_byCluster.push_back(std::make_shared<Wire>());
            m_byCluster.back()->handler = std::move(handler);
            m_byCluster.back()->takeOver = takeOver;
            return std::unique_ptr<console::Screen>(std::make_unique<WireScreen>(m_byCluster.back()));
        };
        services.hostScreen =
            [this](
                stack::SourceId, const std::string& uuid,
                std::shared_ptr<console::ScreenHandler> handler) -> Result<std::unique_ptr<console::Screen>> {
            if (uuid != "uuid-1")
                return fail(ErrorKind::NotFound, "Another machine.");
            m_byHost.push_back(std::make_shared<Wire>());
            m_byHost.back()->handler = std::move(handler);
            return std::unique_ptr<console::Screen>(std::make_unique<WireScreen>(m_byHost.back()));
        };
        m_window = std::make_unique<QWidget>();
        auto* layout = new QVBoxLayout(m_window.get());
        m_page = new ui::ScreenPage(
            services, QStringLiteral("blue-md-0"),
            guest ? std::optional(ui::GuestConsole{1, {"tenant-blue", "blue-md-0"}}) : std::nullopt,
            host ? std::optional(ui::HostConsole{11, "uuid-1", "tenant-blue_blue-md-0"}) : std::nullopt);
        layout->addWidget(m_page);
        m_window->resize(900, 600);
        m_window->show();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QCOMPARE(m_byCluster.size() + m_byHost.size(), std::size_t(1));
    }
    std::shared_ptr<Wire> openShown()
    {
        open(true, false);
        if (m_byCluster.empty())
            return nullptr;
        m_byCluster[0]->show(640, 400, 0x40);
        (void)QTest::qWaitFor([this] { return m_page->state() == ui::SessionPage::State::Open; });
        m_page->enter();
        return m_byCluster[0];
    }
    QToolButton* button(const char* tip) const
    {
        for (QToolButton* each : m_page->findChildren<QToolButton*>()) {
            if (each->toolTip().contains(QLatin1String(tip)) || each->text() == QLatin1String(tip))
                return each;
        }
        return nullptr;
    }
    QAction* action(const char* words) const
    {
        for (QAction* each : m_page->findChild<ui::PageHeader*>()->menu()->actions()) {
            if (each->text().startsWith(QLatin1String(words)))
                return each;
        }
        return nullptr;
    }
    // As it comes from the desktop: through the window, not to a widget.
    void type(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) const
    {
        QTest::keyClick(m_window->windowHandle(), key, modifiers);
    }

private Q_SLOTS:
    void initTestCase() { ui::Theme::instance().install(); }
    void cleanup() { m_window.reset(); }

    void allKeysAreTheGuestsWhileTheyAreGrabbed()
    {
        const auto wire = openShown();
        QVERIFY(wire);
        int closed = 0;
        auto* action = new QAction(m_window.get());
        action->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_W));
        m_window->addAction(action);
        connect(action, &QAction::triggered, this, [&] { ++closed; });
        QToolButton* grab = button("All keys go to the guest");
        QVERIFY(grab != nullptr && grab->isCheckable());
        QVERIFY(QWidget::keyboardGrabber() == nullptr);
        grab->click();
        QVERIFY(m_page->view()->grab());
        QCOMPARE(QWidget::keyboardGrabber(), static_cast<QWidget*>(m_page->view()));
        wire->keys.clear();
        type(Qt::Key_W, Qt::ControlModifier); // the window's own
        QCOMPARE(closed, 0);
        QVERIFY(std::count(wire->keys.begin(), wire->keys.end(), std::pair<std::uint32_t, bool>('w', true)) ==
                1);
        type(Qt::Key_Tab); // does not leave
        QVERIFY(m_page->view()->hasFocus());
        QVERIFY(std::count(wire->keys.begin(), wire->keys.end(),
                           std::pair<std::uint32_t, bool>(0xff09, true)) == 1);
        // Let go of by the one combination that is ours; what was pressed is not left down in the guest.
        QTest::keyPress(m_window->windowHandle(), Qt::Key_Shift);
        wire->keys.clear();
        type(Qt::Key_Escape, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(!m_page->view()->grab());
        QVERIFY(!grab->isChecked());
        QVERIFY(QWidget::keyboardGrabber() == nullptr);
        QVERIFY(std::count(wire->keys.begin(), wire->keys.end(),
                           std::pair<std::uint32_t, bool>(0xffe1, false)) >= 1);
        QVERIFY(std::count(wire->keys.begin(), wire->keys.end(),
                           std::pair<std::uint32_t, bool>(0xff1b, true)) == 0);
        QTest::keyRelease(m_window->windowHandle(), Qt::Key_Shift);
        // Not grabbed, the same combination leaves the screen.
        QSignalSpy left(m_page, &ui::SessionPage::leaveWanted);
        type(Qt::Key_Escape, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(left.count(), 1);
        // Another place that takes the focus ends a grab, and so does looking only.
        grab->click();
        QVERIFY(m_page->view()->grab());
        m_page->setFocus();
        m_page->view()->clearFocus();
        QVERIFY(!m_page->view()->grab());
        QVERIFY(QWidget::keyboardGrabber() == nullptr);
        m_page->enter();
        grab->click();
        button("View only")->click();
        QVERIFY(!m_page->view()->grab());
        QVERIFY(!grab->isEnabled());
        wire->keys.clear();
        type(Qt::Key_A);
        QTest::mouseClick(m_page->view()->viewport(), Qt::LeftButton);
        QVERIFY(wire->keys.empty());
        QVERIFY(wire->pointers.empty());
    }

    // Beside the tree of a window of 1024 pixels the screen has all the room but one line.
    void theHeaderFitsASmallWindow()
    {
        open(true, true);
        m_byCluster[0]->show(640, 400, 0x40);
        auto* header = m_page->findChild<ui::PageHeader*>();
        QVERIFY(header->findChild<QComboBox*>() != nullptr); // the way through the cluster or the host
        m_window->resize(662 + m_window->width() - m_page->width(), 400);
        QTRY_COMPARE(header->width(), 662);
        QTRY_VERIFY(!header->hasTwoLines());
        QTRY_VERIFY2(header->status().startsWith(QString::fromUtf8("640 × 400")),
                     qPrintable(header->status()));
    }

    void combinationsThatTheDesktopWouldTake()
    {
        const auto wire = openShown();
        QVERIFY(wire);
        QMenu* menu = button("Send keys")->menu();
        QVERIFY(menu != nullptr);
        for (QAction* action : menu->actions()) {
            wire->keys.clear();
            action->trigger();
            // All go down, and all come up again in the opposite order.
            QVERIFY(wire->keys.size() >= 4 && wire->keys.size() % 2 == 0);
            for (std::size_t i = 0; i < wire->keys.size() / 2; ++i) {
                QVERIFY(wire->keys[i].second);
                QCOMPARE(wire->keys[wire->keys.size() - 1 - i], std::make_pair(wire->keys[i].first, false));
            }
        }
        wire->keys.clear();
        menu->actions().first()->trigger();
        QCOMPARE(wire->keys, (Keys{{0xffe3, true},
                                   {0xffe9, true},
                                   {0xffff, true},
                                   {0xffff, false},
                                   {0xffe9, false},
                                   {0xffe3, false}}));
    }

    // Neither side's clipboard is the other's until somebody asks.
    void clipboardsCrossOnDemandOnly()
    {
        const auto wire = openShown();
        QVERIFY(wire);
        QClipboard* clipboard = QGuiApplication::clipboard();
        clipboard->setText(QStringLiteral("mine"));
        QVERIFY(!m_page->takeTextAction()->isEnabled());
        wire->handler->onText("the guest's");
        QTRY_VERIFY(m_page->takeTextAction()->isEnabled());
        QCOMPARE(clipboard->text(), QStringLiteral("mine"));
        QVERIFY(wire->pasted.empty());
        m_page->takeTextAction()->trigger();
        QCOMPARE(clipboard->text(), QStringLiteral("the guest's"));
        QVERIFY(!m_page->takeTextAction()->isEnabled()); // taken once
        clipboard->setText(QString::fromUtf8("grüß dich €"));
        QVERIFY(wire->pasted.empty());
        action("Give the clipboard's text")->trigger();
        QCOMPARE(wire->pasted.size(), std::size_t(1));
        QCOMPARE(wire->pasted[0], std::string("gr\xfc\xdf dich ?")); // Latin-1, as RFB has it
    }

    void theGuestIsAskedForTheTabsSize()
    {
        const auto wire = openShown();
        QVERIFY(wire);
        QVERIFY(wire->sizes.empty());
        action("Ask the guest for the tab's size")->trigger();
        const QSize room = m_page->view()->viewport()->size();
        QCOMPARE(wire->sizes, (std::vector<std::pair<int, int>>{{room.width(), room.height()}}));
        // It may follow: then all of it is shown pixel by pixel, and the mouse is where it points to.
        wire->show(room.width(), room.height(), 0x80);
        QTRY_COMPARE(m_page->view()->shot().size(), room);
        QCOMPARE(m_page->view()->toPicture(QPointF(17, 23)), QPoint(17, 23));
        wire->pointers.clear();
        QTest::mousePress(m_page->view()->viewport(), Qt::LeftButton, {}, QPoint(17, 23));
        QVERIFY(!wire->pointers.empty());
        QCOMPARE(wire->pointers.back(), (std::array<int, 3>{17, 23, 1}));
        // One that is larger is made smaller to fit, or scrolled.
        wire->show(room.width() * 2, room.height() * 2, 0x80);
        QTRY_COMPARE(m_page->view()->shot().size(), room * 2);
        QCOMPARE(m_page->view()->toPicture(QPointF(17, 23)), QPoint(34, 46));
        button("Fit into the tab")->click();
        QVERIFY(!m_page->view()->fit());
        QCOMPARE(m_page->view()->toPicture(QPointF(17, 23)), QPoint(17, 23));
    }

    void theGuestsPointerIsShown()
    {
        const auto wire = openShown();
        QVERIFY(wire);
        wire->handler->onCursor(2, 2, 1, 0, {0xFF102030, 0, 0xFF102030, 0xFF102030});
        QTRY_COMPARE(m_page->view()->viewport()->cursor().shape(), Qt::BitmapCursor);
        QCOMPARE(m_page->view()->viewport()->cursor().hotSpot(), QPoint(1, 0));
        wire->handler->onCursor(0, 0, 0, 0, {});
        QTRY_COMPARE(m_page->view()->viewport()->cursor().shape(), Qt::ArrowCursor);
    }

    // What the guest shows, as it shows it: not as large as the tab, without the tab's bars.
    void aPictureIsSaved()
    {
        const auto wire = openShown();
        QVERIFY(wire);
        m_page->resize(300, 200);
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("guest.png"));
        QVERIFY(test::saveBy(action("Save a picture"), m_page, path));
        QImage saved;
        QTRY_VERIFY(saved.load(path, "PNG"));
        QCOMPARE(saved.size(), QSize(640, 400));
        QCOMPARE(saved.pixelColor(320, 200), QColor(0x40, 0x40, 0x40));
    }

    // The cluster's API stops answering in the middle, or never did: the same tab goes on through the host.
    void theHostIsTheSecondWay_data()
    {
        QTest::addColumn<bool>("shown");
        QTest::newRow("after a while") << true;
        QTest::newRow("from the beginning") << false;
    }
    void theHostIsTheSecondWay()
    {
        QFETCH(bool, shown);
        open(true, true);
        QVERIFY(!m_page->byHost());
        QCOMPARE(m_byHost.size(), std::size_t(0));
        if (shown) {
            m_byCluster[0]->show(640, 400, 0x40);
            QTRY_COMPARE(m_page->state(), ui::SessionPage::State::Open);
        }
        m_byCluster[0]->end(console::SessionEnd::Kind::Failed, ErrorKind::Timeout);
        QTRY_COMPARE(m_byHost.size(), std::size_t(1));
        QVERIFY(m_page->byHost());
        QVERIFY(!m_byCluster[0]->alive);
        QCOMPARE(m_page->view()->shot().isNull(), !shown); // what was seen last stays in sight
        m_byHost[0]->show(800, 600, 0xC0);
        QTRY_COMPARE(m_page->state(), ui::SessionPage::State::Open);
        QTRY_COMPARE(m_page->view()->shot().size(), QSize(800, 600));
        QVERIFY(!m_page->endBar()->isVisible());
        m_page->enter();
        type(Qt::Key_A); // and it hears
        QVERIFY(!m_byHost[0]->keys.empty());
        // Back, by the operator's choice.
        auto* way = m_page->findChild<QComboBox*>();
        QVERIFY(way != nullptr);
        QCOMPARE(way->currentIndex(), 1);
        way->setCurrentIndex(0);
        Q_EMIT way->activated(0);
        QTRY_COMPARE(m_byCluster.size(), std::size_t(2));
        QVERIFY(!m_byHost[0]->alive);
    }

    void whatIsNoFaultOfTheWayStaysOnIt()
    {
        open(true, true);
        m_byCluster[0]->end(console::SessionEnd::Kind::Failed, ErrorKind::Forbidden);
        QTRY_COMPARE(m_page->state(), ui::SessionPage::State::Ended);
        QVERIFY(m_page->endBar()->isVisible());
        QVERIFY(!m_page->byHost());
        QVERIFY(m_byHost.empty());
    }

    void aSeatThatIsTakenIsAskedFor()
    {
        open(true, true);
        QVERIFY(!m_byCluster[0]->takeOver);
        m_byCluster[0]->end(console::SessionEnd::Kind::InUse, ErrorKind::Conflict);
        QTRY_VERIFY(m_page->endBar()->takeOverButton()->isVisible());
        QVERIFY(m_byHost.empty());
        m_page->endBar()->takeOverButton()->click();
        QTRY_COMPARE(m_byCluster.size(), std::size_t(2));
        QVERIFY(m_byCluster[1]->takeOver);
    }

    void aScreenThatBrokeIsOpenedAgain()
    {
        const auto wire = openShown();
        QVERIFY(wire);
        wire->end(console::SessionEnd::Kind::Failed);
        QTRY_COMPARE(m_page->state(), ui::SessionPage::State::Ended);
        QVERIFY(m_page->endBar()->text().contains(QLatin1String("again")));
        QTRY_COMPARE_WITH_TIMEOUT(m_byCluster.size(), std::size_t(2), 10000);
        QVERIFY(!m_byCluster[1]->takeOver);
        // A server that speaks nonsense is not asked again.
        m_byCluster[1]->end(console::SessionEnd::Kind::Failed, ErrorKind::Protocol);
        QTRY_COMPARE(m_page->state(), ui::SessionPage::State::Ended);
        QVERIFY(!m_page->endBar()->text().contains(QLatin1String("Trying again")));
    }
};

QTEST_MAIN(TestScreenPage)
#include "test_screenpage.moc"
