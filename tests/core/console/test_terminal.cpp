// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/terminal.h"

#include <QElapsedTimer>
#include <QFile>
#include <QtTest>

#include <random>

using namespace strata::console;

namespace {

std::string line(const Terminal& terminal, int number)
{
    return terminal.text({number, 0}, {number, terminal.columns()});
}

} // namespace

class TestTerminal : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void showsWhatComes();
    void cutAnywhere();
    void colours();
    void wideAndCombining();
    void scrollback();
    void alternateScreen();
    void keys();
    void pasteIsBracketedAndClean();
    void mouse();
    void answersNeverEcho();
    void hostileStreams();
    void shapesOfOldFaults_data();
    void shapesOfOldFaults();
    void selectionAndSearch();
    void links();
    void resizing();
    void charactersThatBreakOff();
    void aFloodIsTakenQuickly();
};

void TestTerminal::showsWhatComes()
{
    Terminal terminal(4, 20);
    terminal.write("login: root\r\nroot@vm:~# ");
    QCOMPARE(line(terminal, 0), std::string("login: root"));
    QCOMPARE(line(terminal, 1), std::string("root@vm:~#"));
    QCOMPARE(terminal.cursor(), (Position{1, 11}));
    QVERIFY(terminal.cursorVisible());
    terminal.write("\x1b[?25l\x1b[2J\x1b[3;5Hx");
    QVERIFY(!terminal.cursorVisible());
    QCOMPARE(line(terminal, 2), std::string("    x"));
    QCOMPARE(line(terminal, 0), std::string());
    std::string title;
    terminal.onTitle = [&](const std::string& text) { title = text; };
    terminal.write("\x1b]0;vm \xe2\x80\xae"
                   "evil\x07");
    QCOMPARE(title, std::string("vm evil")); // the direction override is gone
    int bells = 0;
    terminal.onBell = [&] { ++bells; };
    terminal.write("\a");
    QCOMPARE(bells, 1);
}

void TestTerminal::cutAnywhere()
{
    const std::string stream =
        "a\x1b[1;31mb\xe4\xb8\xad"
        "e\xcc\x81\x1b[0m\r\n\x1b]0;t\x07\x1b[?1049hz\x1b[?1049l\x1b[38;2;1;2;3mq\x1b[6n";
    Terminal whole(5, 20);
    std::string wholeSaid;
    whole.onOutput = [&](std::string_view bytes) { wholeSaid += bytes; };
    whole.write(stream);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        Terminal terminal(5, 20);
        std::string said;
        terminal.onOutput = [&](std::string_view bytes) { said += bytes; };
        terminal.write(std::string_view(stream).substr(0, cut));
        terminal.write(std::string_view(stream).substr(cut));
        QCOMPARE(said, wholeSaid);
        QCOMPARE(terminal.cursor(), whole.cursor());
        for (int row = 0; row < 5; ++row)
            for (int column = 0; column < 20; ++column) {
                const Position at{row, column};
                QVERIFY2(terminal.text(terminal.cell(at)) == whole.text(whole.cell(at)) &&
                             terminal.cell(at).foreground == whole.cell(at).foreground,
                         qPrintable(QStringLiteral("cut at %1").arg(cut)));
            }
    }
}

void TestTerminal::colours()
{
    Terminal terminal(2, 20);
    terminal.write("\x1b[31ma\x1b[38;5;200mb\x1b[38;2;10;20;30;48;2;1;2;3mc\x1b[0;1;3;4;7;9md");
    QCOMPARE(terminal.cell({0, 0}).foreground.kind, Color::Kind::Indexed);
    QCOMPARE(int(terminal.cell({0, 0}).foreground.red), 1);
    QCOMPARE(int(terminal.cell({0, 1}).foreground.red), 200);
    QCOMPARE(terminal.cell({0, 2}).foreground, (Color{Color::Kind::Rgb, 10, 20, 30}));
    QCOMPARE(terminal.cell({0, 2}).background, (Color{Color::Kind::Rgb, 1, 2, 3}));
    const Cell& last = terminal.cell({0, 3});
    QVERIFY(last.bold && last.italic && last.underline && last.reverse && last.strike);
    QCOMPARE(last.foreground.kind, Color::Kind::Default);
}

void TestTerminal::wideAndCombining()
{
    Terminal terminal(2, 20);
    terminal.write("\xe4\xb8\xad"
                   "e\xcc\x81x");
    QCOMPARE(int(terminal.cell({0, 0}).width), 2);
    QVERIFY(terminal.text(terminal.cell({0, 1})).empty());
    QCOMPARE(terminal.text(terminal.cell({0, 2})), std::u32string(U"e\u0301"));
    QCOMPARE(line(terminal, 0), std::string("\xe4\xb8\xad"
                                            "e\xcc\x81x"));
    // More kinds of combined characters than are kept: the base remains.
    for (char32_t base = 0x4E00; base < 0x4E00 + 5000; ++base) {
        std::string bytes;
        bytes += static_cast<char>(0xE0 | (base >> 12));
        bytes += static_cast<char>(0x80 | ((base >> 6) & 0x3F));
        bytes += static_cast<char>(0x80 | (base & 0x3F));
        terminal.write("\r" + bytes + "\xcc\x81");
    }
    QCOMPARE(terminal.text(terminal.cell({0, 0}))[0], char32_t(0x4E00 + 4999));
}

void TestTerminal::scrollback()
{
    Terminal terminal(3, 20, 100);
    for (int i = 0; i < 200; ++i)
        terminal.write("line " + std::to_string(i) + "\r\n");
    QCOMPARE(terminal.scrollback(), 100);
    QCOMPARE(terminal.scrolled(), std::uint64_t(198));
    QCOMPARE(line(terminal, 0), std::string("line 198"));
    QCOMPARE(line(terminal, -1), std::string("line 197"));
    QCOMPARE(line(terminal, -100), std::string("line 98"));
    QCOMPARE(terminal.cell({-101, 0}), Cell());
    terminal.clearScrollback();
    QCOMPARE(terminal.scrollback(), 0);
}

void TestTerminal::alternateScreen()
{
    Terminal terminal(3, 20, 100);
    terminal.write("shell\x1b[?1049h\x1b[Heditor");
    QVERIFY(terminal.alternateScreen());
    QCOMPARE(line(terminal, 0), std::string("editor"));
    for (int i = 0; i < 10; ++i)
        terminal.write("\r\nx");
    QCOMPARE(terminal.scrollback(), 0); // what an editor scrolls is no history
    terminal.write("\x1b[?1049l");
    QVERIFY(!terminal.alternateScreen());
    QCOMPARE(line(terminal, 0), std::string("shell"));
}

void TestTerminal::keys()
{
    Terminal terminal(3, 20);
    std::string said;
    terminal.onOutput = [&](std::string_view bytes) { said += bytes; };
    const auto expect = [&](const char* bytes) {
        const std::string got = std::exchange(said, {});
        return got == bytes;
    };
    terminal.press(Key::Up);
    QVERIFY(expect("\x1b[A"));
    terminal.press(Key::Enter);
    QVERIFY(expect("\r"));
    terminal.press(Key::Backspace);
    QVERIFY(expect("\x7f"));
    terminal.type(U'c', {false, false, true});
    QVERIFY(expect("\x03"));
    terminal.type(U'é');
    QVERIFY(expect("\xc3\xa9"));
    terminal.press(Key::F1, {}, 5);
    QVERIFY(expect("\x1b[15~"));
    terminal.write("\x1b[?1h");
    terminal.press(Key::Up);
    QVERIFY(expect("\x1bOA"));
    terminal.press(Key::Right, {false, false, true});
    QVERIFY(expect("\x1b[1;5C"));
}

void TestTerminal::pasteIsBracketedAndClean()
{
    Terminal terminal(3, 20);
    std::string said;
    terminal.onOutput = [&](std::string_view bytes) { said += bytes; };
    terminal.paste("ls\r\nrm\n");
    QCOMPARE(std::exchange(said, {}), std::string("ls\rrm\r"));
    terminal.write("\x1b[?2004h");
    terminal.paste("a\x1b[201~b\xc2\x9b"
                   "c\x03");
    QCOMPARE(std::exchange(said, {}), std::string("\x1b[200~a[201~bc\x1b[201~"));
    terminal.paste("\x1b");
    QVERIFY(said.empty());
}

void TestTerminal::mouse()
{
    Terminal terminal(10, 20);
    std::string said;
    terminal.onOutput = [&](std::string_view bytes) { said += bytes; };
    terminal.mouse({2, 3}, 1, true);
    terminal.mouse({2, 3}, 1, false);
    QVERIFY(said.empty()); // nobody asked for it
    terminal.write("\x1b[?1000h\x1b[?1006h");
    QCOMPARE(terminal.mouseMode(), MouseMode::Click);
    terminal.mouse({2, 3}, 1, true);
    QCOMPARE(said, std::string("\x1b[<0;4;3M"));
}

// What the terminal says by itself is typed into the shell at the other end.
void TestTerminal::answersNeverEcho()
{
    Terminal terminal(10, 20);
    std::string said;
    terminal.onOutput = [&](std::string_view bytes) { said += bytes; };
    terminal.write("\x1b[6n");
    QCOMPARE(std::exchange(said, {}), std::string("\x1b[1;1R"));
    terminal.write("\x1b[c");
    QVERIFY(!std::exchange(said, {}).empty());
    for (const char* evil : {"\x1bP$qrm -rf /\x1b\\", "\x1b]0;rm -rf /\x07\x1b[21t", "\x1b]52;c;?\x07",
                             "\x1b]52;c;cm0=\x07\x1b]52;c;?\x07", "\x1bP+q726d\x1b\\", "\x1b]10;?\x07",
                             "\x05", "\x1b]4;1;?\x07"}) {
        terminal.write(evil);
        const std::string answer = std::exchange(said, {});
        QVERIFY2(answer.find("rm") == std::string::npos && answer.find("cm0") == std::string::npos, evil);
        for (const char c : answer)
            QVERIFY2(std::string_view("\x1b[0123456789;?>=$cnRy").find(c) != std::string_view::npos, evil);
    }
    std::string flood;
    for (int i = 0; i < 100'000; ++i)
        flood += "\x1b[6n";
    terminal.write(flood);
    QVERIFY(said.size() <= 5000);
}

// What has cost other terminals their memory, or their user a typed command. Here nothing of it comes back,
// and the terminal goes on.
void TestTerminal::shapesOfOldFaults_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto add = [](const char* name, const std::string& bytes) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    std::string marks = "e";
    for (int i = 0; i < 5000; ++i)
        marks += "\xcc\x81";
    add("combining marks without end (CVE-2021-27135)", marks);
    add("sixel (CVE-2022-24130)", "\x1bPq\"1;1;99999;99999#0;2;0;0;0!9999999~$-~\x1b\\");
    add("font query (CVE-2022-45063)", "\x1b]50;?\x07\x1b]50;#\x1bid\x07");
    add("title report (CVE-2003-0063)", "\x1b]0;;id;\x07\x1b[21t");
    add("icon title report (CVE-2003-0064)", "\x1b]1;\rid\r\x07\x1b[20t");
    add("window title stack (CVE-2024-38396)", "\x1b]2;id\x07\x1b[22;0t\x1b[23;0t\x1b[21t");
    add("status string echo (CVE-2008-2383)", "\x1bP$q\rid\r\x1b\\");
    add("checksum of a rectangle", "id\x1b[1;1;1;1;1;2*y");
    add("user defined keys", "\x1bP0;1|17/0d69640d\x1b\\\x1b[17~");
    add("clipboard read", "\x1b]52;c;?\x07");
    add("a control inside a string's end", "\x1b]0;a\x18\x1b]0;b\x1b\x07\x1b]0;\x1b\x1b\x1b\\");
    add("graphics of another terminal (USN-8442)", "\x1b_Ga=T,f=24,s=99999,v=99999;AAAA\x1b\\");
    add("an answer-back", "\x05");
    add("a colour query", "\x1b]4;1;?\x07\x1b]10;?\x07\x1b]11;?\x07");
    add("a string without an end", "\x1bP" + std::string(2'000'000, 'z') + "\x1b\\");
    // What is asked for by the stream and not given, each with the reason: it would be typed into the shell.
    add("a terminal's unit and parameters (DA3, DECREQTPARM)", "\x1b[=c\x1b[x\x1b[1x");
    add("capabilities by name (XTGETTCAP)", "\x1bP+q6964\x1b\\");
    add("modes by number (DECRQM)", "\x1b[?2004$pid\x1b[4$p");
    add("places and sizes of the window", "\x1b[11t\x1b[13t\x1b[14t\x1b[18t\x1b[19t");
    add("the palette, pixel by pixel", "\x1b]4;1;?;2;?;3;?\x1b\\\x1b]17;?\x07\x1b]708;?\x07");
    add("a clipboard that is read after it was filled (OSC 52)", "\x1b]52;c;aWQ=\x07\x1b]52;pc;?\x1b\\");
    // What other terminals let the stream do to the operator's machine. Nothing of it is known here.
    add("a dump of the screen to a file (CVE-2003-0022)", "id\x1b]55;/tmp/strata-was-here\x07");
    add("the log file (CVE-2003-0071)", "\x1b]46;/tmp/strata-was-here\x07\x1b[?46h");
    add("a menu of the terminal's (CVE-2003-0023)", "\x1b]10;[:/File/x:echo id\\r]\x07");
    add("the printer", "\x1b[5iid\x1b[4i\x1b[?5iid\x1b[?4i\x1b[i");
    add("through tmux to the terminal outside (CVE-2019-9535)", "\x1bPtmux;\x1b\x1b]52;c;aWQ=\x07\x1b\\");
    add("a file and its size (iTerm2)", "\x1b]1337;File=size=999999999;inline=1:aWQ=\x07");
    add("a cell's size and a variable (iTerm2)",
        "\x1b]1337;ReportCellSize\x07\x1b]1337;ReportVariable=aWQ=\x07");
    add("a call into the editor (OSC 51)", "\x1b]51;[\"call\",\"id\",[]]\x07\x1b]51;Eid\x07");
    add("a macro of ConEmu's (CVE-2022-46387)", "\x1b]9;7;\"id\"\x07\x1b]2;\rid\r\x07\x1b[21t");
    add("a note on the desktop (CVE-2022-41322)", "\x1b]99;i=1:d=0;id\x1b\\\x1b]777;notify;id;id\x07");
    add("the window's size and place", "\x1b[8;9999;9999t\x1b[3;9;9t\x1b[2t\x1b[9;1t\x1b[?40h\x1b[?3h");
    add("margins that are upside down", "\x1b[99;1r\x1b[?69h\x1b[9;1s\x1b[1;1r\x1b[99S\x1b[99T");
    add("parts of numbers without end", "\x1b[38" + std::string(50'000, ':') + "2m");
    add("characters that are none",
        "\xf8\x88\x80\x80\x80\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80\xff\xfe\xef\xbf\xbf");
    const auto many = [](const std::string& what, int times) {
        std::string out;
        for (int i = 0; i < times; ++i)
            out += what;
        return out;
    };
    add("a flood of strings that never end (DCS)", many("\x1bP$q", 100'000));
    add("a flood of strings that never end (OSC, APC, PM, SOS)",
        many("\x1b]0;id\x1b_id\x1b^id\x1bXid", 50'000));
    add("a flood of questions", many("\x1b[c\x1b[5n\x1b[6n\x05", 50'000));
    add("a flood of bells and titles", many("\x07\x1b]0;x\x07", 50'000));
    add("a flood of screens", many("\x1b[?1049h\x1b[?1049l\x1b"
                                   "c",
                                   2'000));
    add("a number behind controls within a sequence",
        std::string("\x1b\0\n\0[2147483648b\x1b\r[999999999@", 29));
    add("a number behind a rubout", "\x1b\x7f[2147483648b\x1b\x7f\x7f[999999999@");
    add("numbers without end",
        "\x1b[" + std::string(100'000, ';') + "m\x1b[" + std::string(100'000, '7') + "m");
}

void TestTerminal::shapesOfOldFaults()
{
    QFETCH(QByteArray, bytes);
    Terminal terminal(5, 20, 50);
    std::string answers;
    std::string title;
    terminal.onOutput = [&](std::string_view more) { answers += more; };
    terminal.onTitle = [&](const std::string& text) { title = text; };
    terminal.write(bytes.toStdString());
    QVERIFY2(answers.find("id") == std::string::npos && answers.find('\r') == std::string::npos,
             answers.c_str());
    QVERIFY2(answers.empty() || answers.rfind("\x1b[", 0) == 0, answers.c_str());
    for (const char* part : {"6964", "aWQ", "69/64", "rgb:", "\x1bP", "\x1b]"}) // as text, as hex, as base 64
        QVERIFY2(answers.find(part) == std::string::npos, answers.c_str());
    QVERIFY2(answers.size() <= 5000, "it would fill the other end's input");
    QVERIFY(!QFile::exists(QStringLiteral("/tmp/strata-was-here")));
    QCOMPARE(terminal.rows(), 5); // the tab's, whatever the stream wishes
    QCOMPARE(terminal.columns(), 20);
    QVERIFY(title.size() <= 300);
    QVERIFY(terminal.scrollback() <= 50);
    terminal.write("\x1b\\\x1b"
                   "c\x1b[2J\x1b[Hstill here");
    QCOMPARE(line(terminal, 0), std::string("still here"));
}

void TestTerminal::hostileStreams()
{
    std::mt19937 random(7);
    const std::string alphabet = "\x1b[]P;?0123456789hlmHJKLMr\r\n\x07\\ \xe4\xb8\xad\xff"
                                 "abc\x9b\x90";
    for (int round = 0; round < 200; ++round) {
        Terminal terminal(5, 12, 50);
        std::string bytes;
        for (int i = 0; i < 3000; ++i)
            bytes += alphabet[random() % alphabet.size()];
        terminal.write(bytes);
        if (round % 3 == 0)
            terminal.resize(1 + int(random() % 30), 2 + int(random() % 60));
        terminal.write(bytes);
        QVERIFY(terminal.scrollback() <= 50);
        QVERIFY(terminal.cursor().line < terminal.rows() && terminal.cursor().column < terminal.columns());
    }
    Terminal terminal(5, 12, 50);
    std::string title;
    terminal.onTitle = [&](const std::string& text) { title = text; };
    terminal.write("\x1b]0;" + std::string(10'000'000, 'x') + "\x07"); // a title without an end in sight
    QVERIFY(title.size() <= 300);
    terminal.write("\x1b[" + std::string(1'000'000, '9') + "A");
    terminal.write("\x1b[999999999;999999999H\x1b[2147483647X\x1b[2147483647@\x1b[2147483647L\x1b[9999999b");
    QVERIFY(terminal.cursor().line < 5);
    terminal.write("x\x1b[");
    for (int i = 0; i < 1000; ++i)
        terminal.write("9"); // a number in pieces
    terminal.write("b\x1b[2J\x1b[Hstill here");
    QCOMPARE(line(terminal, 0), std::string("still here"));
    terminal.write("\x1b[2J\x1b[H-\x1b[4b|");
    QCOMPARE(line(terminal, 0), std::string("-----|"));
}

void TestTerminal::selectionAndSearch()
{
    Terminal terminal(3, 10, 100);
    terminal.write("first line\r\nsecond\r\nthird\r\nfourth");
    QCOMPARE(terminal.text({-1, 0}, {0, 6}), std::string("first linesecond")); // a full line goes on
    QCOMPARE(terminal.text({0, 3}, {1, 3}), std::string("ond\nthi"));
    QCOMPARE(terminal.find(U"THIRD", {2, 9}, true), (std::optional<Position>({1, 0})));
    QCOMPARE(terminal.find(U"first", {2, 9}, true), (std::optional<Position>({-1, 0})));
    QCOMPARE(terminal.find(U"first", {-1, 0}, true), std::optional<Position>());
    QCOMPARE(terminal.find(U"second", {-1, 0}, false), (std::optional<Position>({0, 0})));
    QCOMPARE(terminal.find(U"", {0, 0}, false), std::optional<Position>());
}

void TestTerminal::links()
{
    Terminal terminal(2, 60);
    terminal.write("see https://example.org/a?b=1, or (http://x.y/z). file:///etc");
    QCOMPARE(linkAt(terminal, {0, 10}), std::string("https://example.org/a?b=1"));
    QCOMPARE(linkAt(terminal, {0, 40}), std::string("http://x.y/z"));
    QCOMPARE(linkAt(terminal, {0, 1}), std::string());
    QCOMPARE(linkAt(terminal, {0, 52}), std::string());
    // An address that hides behind other words (OSC 8) is not followed: what is seen is what is opened.
    terminal.write("\x1b[2J\x1b[H\x1b]8;;file:///etc/passwd\x07https://seen.example\x1b]8;;\x07 "
                   "\x1b]8;;https://hidden.example\x07here\x1b]8;;\x07");
    QCOMPARE(linkAt(terminal, {0, 3}), std::string("https://seen.example"));
    QCOMPARE(linkAt(terminal, {0, 22}), std::string());
    terminal.write("\x1b[2J\x1b[Hhttps://ex\xd0\xb0mple.org");
    QCOMPARE(linkAt(terminal, {0, 3}), std::string("https://ex")); // a Cyrillic а ends it
}

void TestTerminal::resizing()
{
    Terminal terminal(5, 20, 100);
    terminal.write("one\r\ntwo\r\nthree");
    terminal.resize(3, 40);
    QCOMPARE(terminal.rows(), 3);
    QCOMPARE(terminal.columns(), 40);
    QCOMPARE(line(terminal, terminal.cursor().line), std::string("three"));
    terminal.resize(0, -5);
    QVERIFY(terminal.rows() >= 1 && terminal.columns() >= 2);
    terminal.resize(100'000, 100'000);
    QCOMPARE(terminal.rows(), Terminal::kMostRows);
    QCOMPARE(terminal.columns(), Terminal::kMostColumns);
}

// What is no UTF-8 is shown as such, once for each character that breaks off; what follows is read rightly.
void TestTerminal::charactersThatBreakOff()
{
    const std::string bad = "\xef\xbf\xbd";
    const std::vector<std::pair<std::string, std::string>> all = {
        {"a\xe4\xb8"
         "b",
         "a" + bad + "b"},
        {"a\xe4\x1b[1mb", "a" + bad + "b"},
        {"\xf0\x9f\x98\xf0\x9f\x98\x80", bad + "\xf0\x9f\x98\x80"},
        {"\x80\xbf", bad + bad},
        {"\xc0\xaf", bad + bad},
        {"\xed\xa0\x80", bad + bad},
        {"\xf5"
         "x",
         bad + "x"},
        {"\xff\xfe", bad + bad},
        {"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac"},
    };
    for (const auto& [bytes, shown] : all) {
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            Terminal terminal(2, 40);
            terminal.write(std::string_view(bytes).substr(0, cut));
            terminal.write(std::string_view(bytes).substr(cut));
            QCOMPARE(QByteArray::fromStdString(line(terminal, 0)).toHex(' '),
                     QByteArray::fromStdString(shown).toHex(' '));
        }
    }
    // As it was found: what breaks off before a long run of others.
    Terminal terminal(4, 80);
    for (int i = 0; i < 200; ++i)
        terminal.write("\xe4\x1b(0\xf0\x9f" + std::string(static_cast<std::size_t>(i), 'q') + "\xe9\x0f\xc3");
    terminal.write("\x1b"
                   "c\x1b[2J\x1b[Hstill here");
    QCOMPARE(line(terminal, 0), std::string("still here"));
}

// No time is asserted, only that it ends and is bounded; tests/bench tells how fast.
void TestTerminal::aFloodIsTakenQuickly()
{
    Terminal terminal(40, 120, 1000);
    std::string block;
    for (int i = 0; i < 1000; ++i)
        block += "\x1b[3" + std::to_string(i % 8) + "mThe quick brown fox jumps over the lazy dog " +
                 std::to_string(i) + "\r\n";
    for (int i = 0; i < 40; ++i)
        terminal.write(block);
    QCOMPARE(terminal.scrollback(), 1000);
    QCOMPARE(line(terminal, 38), std::string("The quick brown fox jumps over the lazy dog 999"));
}

QTEST_GUILESS_MAIN(TestTerminal)
#include "test_terminal.moc"
