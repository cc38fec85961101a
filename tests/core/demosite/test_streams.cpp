// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/json.h"
#include "core/demosite/api/streams.h"
#include "core/demosite/guest/process.h"
#include "core/demosite/guest/rfb.h"
#include "core/demosite/net/spdy.h"

#include <QImage>
#include <QtTest>

#include <nlohmann/json.hpp>

using namespace strata;
using namespace strata::demosite;

namespace {

Machine machine(bool guest)
{
    Machine out;
    out.hostname = guest ? "blue-md-0" : "web-1";
    out.address = "10.244.0.7";
    out.started = 1'700'000'000'000;
    out.guest = guest;
    out.memoryMi = 2048;
    out.program = "nginx: master process";
    furnish(out);
    return out;
}

// A clock that the test moves.
struct Time {
    UnixMs now = 1'700'000'000'000 + 3'600'000;
    Clock clock()
    {
        return [this] { return now; };
    }
};

std::string runLine(const std::string& line, int* code = nullptr)
{
    Time time;
    Output output;
    Process process(machine(false), time.clock(), {"sh", "-c", line}, false, false);
    process.tick(output);
    if (code != nullptr)
        *code = process.exited().value_or(-1);
    return output.out + (output.err.empty() ? "" : "!" + output.err);
}

std::vector<std::string> drain(HttpSocket& socket, bool* ended = nullptr)
{
    std::vector<std::string> out;
    std::string message;
    bool done = false;
    while (socket.next(message, done)) {
        out.push_back(message);
        if (done)
            break;
    }
    if (ended != nullptr)
        *ended = done;
    return out;
}

std::string joined(const std::vector<std::string>& messages, char channel)
{
    std::string out;
    for (const std::string& message : messages) {
        if (message[0] == channel)
            out += message.substr(1);
    }
    return out;
}

std::string number(std::uint32_t value, unsigned count)
{
    std::string out;
    for (unsigned i = count; i > 0; --i)
        out += static_cast<char>(value >> (8 * (i - 1)) & 0xFFU);
    return out;
}

// A SPDY client's first stream, as Go's library writes it: the dictionary's checksum is in the bytes.
class SpdyClient {
public:
    std::string open(std::uint32_t id, const std::map<std::string, std::string>& headers)
    {
        std::string block = number(static_cast<std::uint32_t>(headers.size()), 4);
        for (const auto& [name, value] : headers)
            block += number(static_cast<std::uint32_t>(name.size()), 4) + name +
                     number(static_cast<std::uint32_t>(value.size()), 4) + value;
        // Stored blocks compress nothing and need no dictionary; the stream's head names it all the same.
        std::string packed = m_first ? std::string("\x78\xbb\xe3\xc6\xa7\xc2", 6) : std::string();
        m_first = false;
        const auto size = static_cast<unsigned>(block.size());
        packed += std::string(1, '\0') + static_cast<char>(size & 0xFFU) + static_cast<char>(size >> 8U) +
                  static_cast<char>(~size & 0xFFU) + static_cast<char>(~size >> 8U & 0xFFU) + block;
        const std::string body = number(id, 4) + number(0, 4) + number(0, 2) + packed;
        return number(0x80030001U, 4) + number(static_cast<std::uint32_t>(body.size()), 4) + body;
    }
    static std::string data(std::uint32_t id, const std::string& bytes, bool last)
    {
        return number(id, 4) + number((last ? 1U << 24U : 0U) | static_cast<std::uint32_t>(bytes.size()), 4) +
               bytes;
    }

private:
    bool m_first = true;
};

struct Frame {
    bool control = false;
    std::uint32_t id = 0;
    bool last = false;
    std::string data;
};

std::vector<Frame> frames(const std::string& bytes)
{
    std::vector<Frame> out;
    std::size_t at = 0;
    const auto get = [&](std::size_t from, unsigned count) {
        std::uint32_t value = 0;
        for (unsigned i = 0; i < count; ++i)
            value = value << 8U | static_cast<unsigned char>(bytes[from + i]);
        return value;
    };
    while (at + 8 <= bytes.size()) {
        Frame frame;
        frame.control = (static_cast<unsigned char>(bytes[at]) & 0x80U) != 0;
        const std::size_t size = get(at + 5, 3);
        frame.id = frame.control ? get(at + 8, 4) : get(at, 4);
        frame.last = (bytes[at + 4] & 1) != 0;
        frame.data = frame.control ? std::string() : bytes.substr(at + 8, size);
        at += 8 + size;
        out.push_back(std::move(frame));
    }
    return out;
}

std::string all(const std::vector<std::string>& messages)
{
    std::string out;
    for (const std::string& message : messages)
        out += message;
    return out;
}

} // namespace

class TestStreams : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void shell_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("output");
        QTest::addColumn<int>("code");
        const auto row = [](const char* line, const char* output, int code) {
            QTest::newRow(line) << QString::fromLatin1(line) << QString::fromLatin1(output) << code;
        };
        row("echo hello  world", "hello world\n", 0);
        row("echo 'a  b' \"c $HOSTNAME\" '$HOSTNAME'", "a  b c web-1 $HOSTNAME\n", 0);
        row("hostname; uname", "web-1\nLinux\n", 0);
        row("exit 3", "", 3);
        row("false || echo no && echo yes", "no\nyes\n", 0);
        row("false && echo never", "", 1);
        row("echo one > /tmp/f; echo two >> /tmp/f; cat /tmp/f | wc -l", "2\n", 0);
        row("cd /etc && pwd && ls hosts", "/etc\nhosts\n", 0);
        row("env | grep SERVICE_PORT", "KUBERNETES_SERVICE_PORT=443\n", 0);
        row("seq 5 | tail -n 2 | head -1", "4\n", 0);
        row("cat /nothing", "!cat: /nothing: No such file or directory\n", 1);
        row("rm -rf / ; frobnicate", "!sh: frobnicate: not found\n", 127);
        row("sh -c 'exit 7'; echo $?", "7\n", 0);
        row("echo $(id)", "$(id)\n", 0);
    }
    void shell()
    {
        QFETCH(QString, line);
        QFETCH(QString, output);
        QFETCH(int, code);
        int exit = -1;
        const QString made = QString::fromStdString(runLine(line.toStdString(), &exit));
        if (line.startsWith(QLatin1String("sh -c")) || line.startsWith(QLatin1String("echo $(")))
            QVERIFY2(exit >= 0, qPrintable(made)); // what a nested shell prints is its own affair
        else
            QCOMPARE(made, output);
        if (!line.startsWith(QLatin1String("sh -c")))
            QCOMPARE(exit, code);
    }

    void sleepTakesItsTime()
    {
        Time time;
        Output output;
        Process process(machine(false), time.clock(), {"sh", "-c", "echo a; sleep 5; echo b"}, false, false);
        process.tick(output);
        QCOMPARE(output.out, std::string("a\n"));
        QVERIFY(!process.exited());
        QVERIFY(process.patience() <= std::chrono::milliseconds(5001));
        time.now += 5001;
        process.tick(output);
        QCOMPARE(output.out, std::string("a\nb\n"));
        QCOMPARE(process.exited().value_or(-1), 0);
    }

    void terminalEchoesAndEdits()
    {
        Time time;
        Output output;
        Process process(machine(false), time.clock(), {"sh"}, true, true);
        process.tick(output);
        QCOMPARE(output.out, std::string("root@web-1:/# "));
        output = {};
        process.input("echo hix\x7f\r", output);
        QCOMPARE(output.out, std::string("echo hix\b \b\r\nhi\r\nroot@web-1:/# "));
        output = {};
        process.input("exit 4\r", output);
        QCOMPARE(process.exited().value_or(-1), 4);
    }

    void execSpeaksChannels()
    {
        Time time;
        ExecPlan plan;
        plan.machine = machine(false);
        plan.clock = time.clock();
        plan.command = {"sh", "-c", "echo out; cat /none; exit 3"};
        const auto socket = execSocket(plan, Framing::ChannelsV5);
        bool ended = false;
        const auto messages = drain(*socket, &ended);
        QVERIFY(ended);
        QCOMPARE(messages.front(), std::string("\1", 1)); // connected
        QCOMPARE(joined(messages, 1), std::string("out\n"));
        QVERIFY(joined(messages, 2).find("No such file") != std::string::npos);
        const Json status = parseOwn(joined(messages, 3));
        QCOMPARE(text(status, "reason"), std::string("NonZeroExitCode"));
        QCOMPARE(text(status["details"]["causes"][0], "message"), std::string("3"));
    }

    void execTakesInputAndItsEnd()
    {
        Time time;
        ExecPlan plan;
        plan.machine = machine(false);
        plan.clock = time.clock();
        plan.command = {"cat"};
        plan.in = true;
        const auto socket = execSocket(plan, Framing::ChannelsV5);
        (void)drain(*socket);
        socket->receive(std::string("\0hello", 6), true);
        QCOMPARE(joined(drain(*socket), 1), std::string("hello"));
        bool ended = false;
        (void)drain(*socket, &ended);
        QVERIFY(!ended);
        socket->receive(std::string("\xff\0", 2), true); // half-close of stdin
        const auto last = drain(*socket, &ended);
        QVERIFY(ended);
        QCOMPARE(text(parseOwn(joined(last, 3)), "status"), std::string("Success"));
    }

    void unknownProgramsDoNotStart()
    {
        Time time;
        ExecPlan plan;
        plan.machine = machine(false);
        plan.clock = time.clock();
        plan.command = {"frobnicate"};
        const auto messages = drain(*execSocket(plan, Framing::ChannelsV4));
        const Json status = parseOwn(joined(messages, 3));
        QCOMPARE(text(status, "reason"), std::string("InternalError"));
        QVERIFY(text(status, "message").find("executable file not found") != std::string::npos);
    }

    void execSpeaksSpdy()
    {
        Time time;
        ExecPlan plan;
        plan.machine = machine(false);
        plan.clock = time.clock();
        plan.command = {"sh", "-c", "echo over spdy"};
        const auto socket = execSocket(plan, Framing::Spdy);
        SpdyClient client;
        socket->receive(client.open(1, {{"streamtype", "error"}}), true);
        socket->receive(client.open(3, {{"streamtype", "stdout"}}), true);
        const std::string last = client.open(5, {{"streamtype", "stderr"}});
        socket->receive(last.substr(0, 11), true); // pieces of any size
        socket->receive(last.substr(11), true);
        bool ended = false;
        std::string out;
        std::string error;
        for (const Frame& frame : frames(all(drain(*socket, &ended)))) {
            if (!frame.control && frame.id == 3)
                out += frame.data;
            if (!frame.control && frame.id == 1)
                error += frame.data;
        }
        QVERIFY(ended);
        QCOMPARE(out, std::string("over spdy\n"));
        QCOMPARE(text(parseOwn(error), "status"), std::string("Success"));
    }

    void spdyAnswersPingsAndRefusesNonsense()
    {
        SpdyServer server;
        std::vector<SpdyServer::Event> events;
        const std::string ping = number(0x80030006U, 4) + number(4, 4) + number(77, 4);
        QVERIFY(server.feed(ping, events));
        QCOMPARE(server.take(), ping);
        QVERIFY(!SpdyServer().feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(64, 'x'), events));
    }

    void portForwardOverChannels()
    {
        Ports ports;
        ports.name = "web-1";
        ports.http = {8080};
        const auto socket = portForwardSocket(ports, {8080, 9}, Framing::ChannelsV4);
        auto messages = drain(*socket);
        QCOMPARE(messages[0], std::string("\0\x90\x1f", 3)); // the port, little-endian
        QCOMPARE(messages[1], std::string("\1\x90\x1f", 3));
        QVERIFY(joined(messages, 3).find("connection refused") != std::string::npos);
        socket->receive(std::string("\0", 1) + "GET / HTTP/1.1\r\nHost: x\r\n\r\n", true);
        messages = drain(*socket);
        QVERIFY(joined(messages, 0).rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
    }

    void portForwardOverSpdy()
    {
        Ports ports;
        ports.name = "web-1";
        ports.http = {8080};
        const auto socket = portForwardSocket(ports, {}, Framing::Spdy);
        SpdyClient client;
        socket->receive(client.open(1, {{"streamtype", "error"}, {"port", "8080"}, {"requestid", "0"}}),
                        true);
        socket->receive(client.open(3, {{"streamtype", "data"}, {"port", "8080"}, {"requestid", "0"}}), true);
        socket->receive(SpdyClient::data(3, "GET /healthz HTTP/1.0\r\n\r\n", false), true);
        std::string body;
        bool closed = false;
        for (const Frame& frame : frames(all(drain(*socket)))) {
            if (!frame.control && frame.id == 3) {
                body += frame.data;
                closed = closed || frame.last;
            }
        }
        QVERIFY(body.find("\r\n\r\nok\n") != std::string::npos);
        QVERIFY(closed);
    }

    void consoleBootsAndLogsIn()
    {
        Time time;
        Machine guest = machine(true);
        time.now = guest.started + 500;
        const auto seat = std::make_shared<std::atomic<bool>>(false);
        const auto console = consoleSocket(guest, time.clock(), false, seat);
        const std::string first = all(drain(*console));
        QVERIFY(first.find("SeaBIOS") != std::string::npos);
        QVERIFY(first.find("login:") == std::string::npos);
        time.now = guest.started + 120'000;
        const std::string rest = all(drain(*console));
        QVERIFY(rest.find("Multi-User System") != std::string::npos);
        QVERIFY(rest.find("blue-md-0 login: ") != std::string::npos);
        console->receive("ubuntu\r", true);
        QVERIFY(all(drain(*console)).find("Password: ") != std::string::npos);
        console->receive("secret\r", true);
        const std::string greeting = all(drain(*console));
        QVERIFY(greeting.find("secret") == std::string::npos);
        QVERIFY(greeting.find("ubuntu@blue-md-0:/$ ") != std::string::npos);
        console->receive("uname -n\r", true);
        QVERIFY(all(drain(*console)).find("\r\nblue-md-0\r\n") != std::string::npos);
        // The next one to come sits down, this one gets up.
        *seat = true;
        bool ended = false;
        (void)drain(*console, &ended);
        QVERIFY(ended);
    }

    void screenSpeaksRfb()
    {
        Time time;
        GuestScreen screen(machine(true), time.clock(), false);
        RfbServer server(screen);
        QCOMPARE(server.take(), std::string("RFB 003.008\n"));
        QVERIFY(server.feed("RFB 003.008\n"));
        QCOMPARE(server.take(), std::string("\1\1"));
        QVERIFY(server.feed("\1"));
        QCOMPARE(server.take(), std::string(4, '\0'));
        QVERIFY(server.feed("\1"));
        const std::string init = server.take();
        QCOMPARE(init.size(), std::size_t(24 + 4));
        // Nothing is sent that nobody asked for.
        screen.tick();
        server.tick();
        QVERIFY(server.take().empty());
        const std::string whole = std::string("\3\0\0\0\0\0", 6) + number(640, 2) + number(400, 2);
        QVERIFY(server.feed(whole));
        QCOMPARE(server.take().size(), std::size_t(4 + 25 * (12 + 640 * 16 * 4)));
        // An incremental request waits until something changes: a key does.
        std::string more = whole;
        more[1] = 1;
        QVERIFY(server.feed(more));
        QVERIFY(server.take().empty());
        QVERIFY(server.feed(std::string("\4\1\0\0\0\0\0u", 8)));
        const std::string changed = server.take();
        QCOMPARE(changed.size(), std::size_t(4 + 12 + 640 * 16 * 4));
        bool echoed = false;
        for (int row = 0; row < TextScreen::kRows; ++row)
            echoed = echoed || screen.text().rowText(row) == "blue-md-0 login: u";
        QVERIFY(echoed);
        // 16 bits a pixel are half as many bytes.
        QVERIFY(server.feed(std::string("\0\0\0\0\x10\x10\0\1\0\x1f\0\x3f\0\x1f\x0b\5\0\0\0\0", 20)));
        QVERIFY(server.feed(whole));
        QCOMPARE(server.take().size(), std::size_t(4 + 25 * (12 + 640 * 16 * 2)));
        QVERIFY(!server.feed("\x63"));
    }

    void screenshotIsAPicture()
    {
        Time time;
        const std::string png = screenshotPng(machine(true), time.clock(), false);
        const QImage image = QImage::fromData(QByteArray::fromStdString(png), "PNG");
        QCOMPARE(image.size(), QSize(640, 400));
        int lit = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x)
                lit += qGray(image.pixel(x, y)) > 64 ? 1 : 0;
        }
        QVERIFY2(lit > 2000 && lit < 60000, qPrintable(QString::number(lit)));
    }

    void bootLogsDifferAndRepeat()
    {
        const auto one = bootLines(machine(true));
        QVERIFY(one == bootLines(machine(true)));
        Machine other = machine(true);
        other.hostname = "red-cp-0";
        QVERIFY(one != bootLines(other));
        for (std::size_t i = 1; i < one.size(); ++i)
            QVERIFY(one[i].first >= one[i - 1].first);
    }
};

QTEST_GUILESS_MAIN(TestStreams)
#include "test_streams.moc"
