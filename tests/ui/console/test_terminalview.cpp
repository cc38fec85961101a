// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/terminallook.h"
#include "ui/console/terminalview.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QUrl>
#include <QtTest>

#include <cmath>
#include <map>

using namespace strata;
using ui::TerminalView;

namespace {

double luminance(const QColor& c)
{
    const auto linear = [](double v) {
        return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
}

double contrast(const QColor& a, const QColor& b)
{
    const double x = luminance(a);
    const double y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

} // namespace

class TestTerminalView : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<TerminalView> m_view;
    QByteArray m_typed;

    QMessageBox* box() const { return m_view->findChild<QMessageBox*>(); }
    // The colour that covers most of a cell, and all that are there.
    QColor background(int line, int column) const
    {
        const QImage image = m_view->viewport()->grab().toImage();
        const QPoint middle = m_view->cellAt(line, column);
        std::map<QRgb, int> seen;
        for (int dy = -4; dy <= 4; ++dy)
            for (int dx = -3; dx <= 3; ++dx)
                ++seen[image.pixel(middle + QPoint(dx, dy))];
        return QColor(std::max_element(seen.begin(), seen.end(), [](const auto& a, const auto& b) {
                          return a.second < b.second;
                      })->first);
    }

private Q_SLOTS:
    void initTestCase()
    {
        ui::Theme::instance().install();
        ui::Theme::instance().setMode(ui::ThemeMode::Dark);
    }

    void init()
    {
        m_view = std::make_unique<TerminalView>();
        m_typed.clear();
        connect(m_view.get(), &TerminalView::typed, this,
                [this](const QByteArray& bytes) { m_typed += bytes; });
        m_view->resize(700, 400);
        m_view->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
        QTRY_VERIFY(m_view->size() != (console::TerminalSize{80, 24}));
        m_view->setFocus();
    }

    void fitsItsSize()
    {
        const console::TerminalSize before = m_view->size();
        QSignalSpy resized(m_view.get(), &TerminalView::resized);
        m_view->resize(1000, 600);
        QTRY_COMPARE(resized.size(), 1);
        QVERIFY(m_view->size().columns > before.columns);
        QVERIFY(m_view->size().rows > before.rows);
        m_view->setFontStep(6);
        QTRY_COMPARE(resized.size(), 2);
        QVERIFY(m_view->size().columns < before.columns * 2);
    }

    void paintsColours()
    {
        m_view->feed("\x1b[?25l\x1b[41m    \x1b[48;2;10;200;30m    \x1b[48;5;21m    \x1b[0m\x1b[7m    ");
        const ui::TerminalColors scheme = ui::TerminalColors::of(true);
        QCOMPARE(background(0, 1), scheme.named[1]);
        QCOMPARE(background(0, 5), QColor(10, 200, 30));
        QCOMPARE(background(0, 9), QColor(0, 0, 255));
        QCOMPARE(background(0, 13), scheme.text);
        QCOMPARE(background(0, 20), scheme.background);
        ui::Theme::instance().setMode(ui::ThemeMode::Light);
        QTRY_COMPARE(background(0, 20), ui::TerminalColors::of(false).background);
        ui::Theme::instance().setMode(ui::ThemeMode::Dark);
    }

    void namedColoursCanBeRead()
    {
        for (const bool dark : {true, false}) {
            const ui::TerminalColors scheme = ui::TerminalColors::of(dark);
            for (std::size_t i = 1; i < scheme.named.size(); ++i) {
                if (dark && i == 8)
                    continue; // "bright black" is meant to be quiet
                QVERIFY2(contrast(scheme.named[i], scheme.background) >= 4.5,
                         qPrintable(QStringLiteral("%1 %2").arg(dark).arg(i)));
            }
            console::Cell hidden;
            hidden.foreground.kind = hidden.background.kind = console::Color::Kind::Rgb;
            const ui::CellColors look = ui::colorsOf(hidden, scheme);
            QVERIFY(contrast(look.text, look.background) >= 1.6);
        }
    }

    void everySchemeCanBeRead()
    {
        for (const ui::TerminalScheme each : ui::kTerminalSchemes) {
            for (const bool dark : {true, false}) {
                const ui::TerminalColors scheme = ui::TerminalColors::of(each, dark);
                QVERIFY2(contrast(scheme.text, scheme.background) >= 4.5, qPrintable(ui::schemeKey(each)));
                QVERIFY2(contrast(scheme.text, scheme.selection) >= 2.5, qPrintable(ui::schemeKey(each)));
                QVERIFY2(contrast(scheme.cursor, scheme.background) >= 3, qPrintable(ui::schemeKey(each)));
                QVERIFY(!ui::schemeName(each).isEmpty());
            }
        }
        const ui::TerminalColors scheme = ui::TerminalColors::of(ui::TerminalScheme::Contrast, false);
        for (std::size_t i = 1; i < scheme.named.size(); ++i)
            QVERIFY2(contrast(scheme.named[i], scheme.background) >= 4.5, qPrintable(QString::number(i)));
    }

    void allTerminalsLookAlikeAndStaySo()
    {
        ui::TerminalLook& look = ui::TerminalLook::instance();
        QVERIFY(look.state().isEmpty()); // nothing was chosen
        TerminalView other;
        QSignalSpy changed(&look, &ui::TerminalLook::changed);
        look.setScheme(ui::TerminalScheme::Contrast);
        QCOMPARE(changed.size(), 1);
        QTRY_COMPARE(background(0, 20), QColor(Qt::black));
        ui::Theme::instance().setMode(ui::ThemeMode::Light); // the choice is not the theme's
        QTRY_VERIFY(changed.size() > 1);
        QCOMPARE(background(0, 20), QColor(Qt::black));
        look.setFamily(QStringLiteral("No Such Font"));
        QCOMPARE(look.font().families(), ui::Theme::monospace().families());
        const QJsonObject state = look.state();
        look.restore({});
        QCOMPARE(background(0, 20), ui::TerminalColors::of(false).background);
        QVERIFY(look.state().isEmpty());
        look.restore(state);
        QVERIFY(look.scheme() == ui::TerminalScheme::Contrast);
        QCOMPARE(look.family(), QStringLiteral("No Such Font"));
        look.restore({{QStringLiteral("colours"), QStringLiteral("of a newer version")}});
        QVERIFY(look.scheme() == ui::TerminalScheme::Window);
        ui::Theme::instance().setMode(ui::ThemeMode::Dark);
        QTRY_COMPARE(background(0, 20), ui::TerminalColors::of(true).background);
    }

    void theGridIsTheSameRightToLeft()
    {
        const auto picture = [this] {
            TerminalView view;
            view.resize(700, 400);
            view.show();
            (void)QTest::qWaitForWindowExposed(&view);
            (void)QTest::qWaitFor([&] { return view.size() != console::TerminalSize{80, 24}; });
            view.feed("root@blue-cp:/# ls -l (all) ...\r\n[  OK  ] Reached target.\r\n# ");
            view.feed("\x1b[?25l"); // the cursor depends on which window is active
            // Without the scroll bar and what is left of the last column.
            return view.viewport()->grab(QRect(0, 0, 600, 300)).toImage();
        };
        const QImage image = picture();
        QApplication::setLayoutDirection(Qt::RightToLeft);
        const QImage other = picture();
        QApplication::setLayoutDirection(Qt::LeftToRight);
        QVERIFY(image == other);
    }

    void wideAndCombiningCharactersKeepTheGrid()
    {
        m_view->feed("\xE6\xBC\xA2\xE5\xAD\x97|e\xCC\x81|\x1b[42mX\x1b[0m");
        const ui::TerminalColors scheme = ui::TerminalColors::of(true);
        // 漢 and 字 take two cells each, é one.
        QCOMPARE(m_view->terminal().cell({0, 4}).glyph, std::uint32_t('|'));
        QCOMPARE(m_view->terminal().cell({0, 7}).glyph, std::uint32_t('X'));
        const QImage image = m_view->viewport()->grab().toImage();
        QCOMPARE(image.pixelColor(m_view->cellAt(0, 7) + QPoint(0, -6)), scheme.named[2]);
    }

    void keysBecomeBytes()
    {
        const auto bytes = [this](Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
            m_typed.clear();
            QTest::keyClick(m_view.get(), key, modifiers);
            return m_typed;
        };
        QCOMPARE(bytes(Qt::Key_A), QByteArray("a"));
        QCOMPARE(bytes(Qt::Key_Return), QByteArray("\r"));
        QCOMPARE(bytes(Qt::Key_C, Qt::ControlModifier), QByteArray("\x03"));
        QCOMPARE(bytes(Qt::Key_K, Qt::ControlModifier), QByteArray("\x0b")); // not the window's palette
        QCOMPARE(bytes(Qt::Key_Up), QByteArray("\x1b[A"));
        QCOMPARE(bytes(Qt::Key_Escape), QByteArray("\x1b"));
        QCOMPARE(bytes(Qt::Key_Tab), QByteArray("\t"));
        QCOMPARE(bytes(Qt::Key_Backtab, Qt::ShiftModifier), QByteArray("\x1b[Z"));
        QCOMPARE(bytes(Qt::Key_F1), QByteArray("\x1bOP"));
        QCOMPARE(bytes(Qt::Key_B, Qt::AltModifier), QByteArray("\x1b"
                                                               "b"));
        QCOMPARE(bytes(Qt::Key_BracketRight, Qt::ControlModifier), QByteArray("\x1d"));
        QCOMPARE(bytes(Qt::Key_Backspace), QByteArray("\x7f"));
        m_view->setReadOnly(true);
        QCOMPARE(bytes(Qt::Key_A), QByteArray());
    }

    void theWindowsShortcutsDoNotReachInside()
    {
        QWidget window;
        auto* inner = new TerminalView(&window);
        QAction action(&window);
        action.setShortcut(QKeySequence(Qt::CTRL | Qt::Key_K));
        window.addAction(&action);
        QSignalSpy taken(&action, &QAction::triggered);
        QSignalSpy typed(inner, &TerminalView::typed);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        inner->setFocus();
        QTest::keyClick(inner, Qt::Key_K, Qt::ControlModifier);
        QCOMPARE(taken.size(), 0);
        QCOMPARE(typed.size(), 1);
    }

    void selectsAndCopies()
    {
        m_view->feed("first line\r\nsecond_word line\r\n");
        QTest::mousePress(m_view->viewport(), Qt::LeftButton, {}, m_view->cellAt(0, 6) - QPoint(3, 0));
        QMouseEvent move(QEvent::MouseMove, m_view->cellAt(1, 6) - QPoint(3, 0),
                         m_view->viewport()->mapToGlobal(m_view->cellAt(1, 6)), Qt::NoButton, Qt::LeftButton,
                         Qt::NoModifier);
        QApplication::sendEvent(m_view->viewport(), &move);
        QTest::mouseRelease(m_view->viewport(), Qt::LeftButton, {}, m_view->cellAt(1, 6));
        QCOMPARE(m_view->selectedText(), QStringLiteral("line\nsecond"));
        QTest::keyClick(m_view.get(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("line\nsecond"));
        QVERIFY(m_typed.isEmpty());
        QTest::mouseDClick(m_view->viewport(), Qt::LeftButton, {}, m_view->cellAt(1, 8));
        QCOMPARE(m_view->selectedText(), QStringLiteral("second_word"));
        QTest::mousePress(m_view->viewport(), Qt::LeftButton, {}, m_view->cellAt(1, 8));
        QCOMPARE(m_view->selectedText(), QStringLiteral("second_word line"));
    }

    void readersKeepTheirPlace()
    {
        for (int i = 0; i < 200; ++i)
            m_view->feed("line " + std::to_string(i) + "\r\n");
        QScrollBar* bar = m_view->verticalScrollBar();
        QVERIFY(bar->maximum() > 150);
        QCOMPARE(bar->value(), bar->maximum());
        bar->setValue(50);
        const auto top = [&] {
            const int line = bar->value() - bar->maximum();
            return m_view->terminal().text({line, 0}, {line, 20});
        };
        QCOMPARE(top(), std::string("line 50"));
        for (int i = 0; i < 500; ++i)
            m_view->feed("more\r\n");
        QCOMPARE(top(), std::string("line 50"));
        // Whoever types wants to see it.
        QTest::keyClick(m_view.get(), Qt::Key_X);
        QCOMPARE(bar->value(), bar->maximum());
    }

    void findsInWhatHasScrolledAway()
    {
        m_view->feed("a needle here\r\n");
        for (int i = 0; i < 300; ++i)
            m_view->feed("hay\r\n");
        m_view->feed("and a Needle there\r\n");
        QVERIFY(m_view->find(QStringLiteral("needle"), true));
        QCOMPARE(m_view->selectedText(), QStringLiteral("Needle"));
        QVERIFY(m_view->find(QStringLiteral("needle"), true));
        QCOMPARE(m_view->selectedText(), QStringLiteral("needle"));
        QVERIFY(m_view->verticalScrollBar()->value() < 20);
        QVERIFY(m_view->find(QStringLiteral("needle"), true)); // round the end
        QCOMPARE(m_view->selectedText(), QStringLiteral("Needle"));
        QVERIFY(!m_view->find(QStringLiteral("nowhere"), true));
    }

    void pastesInBrackets()
    {
        m_view->feed("\x1b[?2004h");
        m_view->pasteText(QStringLiteral("a\nb\x1b[201~"));
        QCOMPARE(m_typed, QByteArray("\x1b[200~a\rb[201~\x1b[201~"));
    }

    void asksBeforeSeveralLinesGoToASerialLine()
    {
        m_view->setWarnOfLines(true);
        m_view->pasteText(QStringLiteral("one"));
        QCOMPARE(m_typed, QByteArray("one"));
        m_typed.clear();
        m_view->pasteText(QStringLiteral("reboot\nnow"));
        QVERIFY(m_typed.isEmpty());
        QVERIFY(box() != nullptr);
        box()->button(QMessageBox::Cancel)->click();
        QTRY_VERIFY(box() == nullptr);
        QVERIFY(m_typed.isEmpty());
        m_view->pasteText(QStringLiteral("reboot\nnow"));
        for (QAbstractButton* button : box()->buttons()) {
            if (box()->buttonRole(button) == QMessageBox::AcceptRole) {
                button->click();
                break;
            }
        }
        QTRY_COMPARE(m_typed, QByteArray("reboot\rnow"));
    }

    void asksBeforeALinkIsOpened()
    {
        m_view->feed("see https://example.org/x and javascript:alert(1)\r\n");
        QSignalSpy wanted(m_view.get(), &TerminalView::openWanted);
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, Qt::ControlModifier, m_view->cellAt(0, 35));
        QVERIFY(box() == nullptr);
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, Qt::ControlModifier, m_view->cellAt(0, 8));
        QVERIFY(box() != nullptr);
        QVERIFY(wanted.isEmpty());
        QCOMPARE(box()->textFormat(), Qt::PlainText);
        box()->button(QMessageBox::Open)->click();
        QTRY_COMPARE(wanted.size(), 1);
        QCOMPARE(wanted[0][0].toUrl(), QUrl(QStringLiteral("https://example.org/x")));
    }

    void theMouseIsReportedWhenItIsAskedFor()
    {
        m_view->feed("\x1b[?1000h\x1b[?1006h");
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, m_view->cellAt(2, 4));
        QCOMPARE(m_typed, QByteArray("\x1b[<0;5;3M\x1b[<0;5;3m"));
        m_typed.clear();
        // Shift keeps it here.
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, Qt::ShiftModifier, m_view->cellAt(2, 4));
        QVERIFY(m_typed.isEmpty());
    }

    void theBellIsHeardOnceASecond()
    {
        QSignalSpy bell(m_view.get(), &TerminalView::bell);
        m_view->feed(std::string(1000, '\a'));
        QCOMPARE(bell.size(), 1);
    }

    // A source that never runs dry, faster than anything can show it: the event loop turns, keys are heard,
    // and what is painted is paced.
    void aFloodLeavesTheWindowAlive()
    {
        std::string slice;
        for (int i = 0; slice.size() < (64U << 10U); ++i)
            slice += "\x1b[3" + std::to_string(i % 8) + "mline " + std::to_string(i) + "\x1b[0m\r\n";
        bool stopped = false;
        std::size_t taken = 0;
        m_view->setSource([&](std::size_t most) {
            if (stopped)
                return std::string();
            taken += std::min(most, slice.size());
            return slice.substr(0, most);
        });
        connect(m_view.get(), &TerminalView::typed, this, [&](const QByteArray& bytes) {
            if (bytes.contains('\x03'))
                stopped = true; // as the shell's terminal would
        });
        QTimer turn;
        turn.setInterval(0);
        QElapsedTimer since;
        qint64 longest = 0;
        int turns = 0;
        connect(&turn, &QTimer::timeout, this, [&] {
            if (turns++ > 0)
                longest = std::max(longest, since.elapsed());
            since.start();
        });
        turn.start();
        QTRY_VERIFY_WITH_TIMEOUT(taken > (8U << 20U), 30000);
        QVERIFY(turns > 50);
        // Far above the 8 ms that are given to it, since this machine may be busy; without the pace one turn
        // would last until the source is dry.
        QVERIFY2(longest < 1000, qPrintable(QString::number(longest)));
        QTest::keyClick(m_view.get(), Qt::Key_C, Qt::ControlModifier);
        QVERIFY(stopped);
        QVERIFY(m_view->terminal().scrollback() <= 10'000);
    }
};

QTEST_MAIN(TestTerminalView)
#include "test_terminalview.moc"
