// SPDX-License-Identifier: GPL-3.0-or-later

// Terminals under a flood: how many bytes one takes, and what sixteen open tabs that all flood cost, while
// the event loop turns and a key is heard. Prints CPU time of this process, which unlike wall time does not
// depend on what else the machine does, and the longest turn of the event loop, which does.
#include "ui/console/services.h"
#include "ui/console/terminalpage.h"
#include "ui/console/terminalview.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QKeyEvent>
#include <QTabWidget>
#include <QTimer>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>

using namespace strata;

namespace {

constexpr std::size_t kPiece = 64U << 10U;

double cpuMs()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

long residentKiB()
{
    long pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%*s %ld", &pages) != 1)
            pages = 0;
        std::fclose(file);
    }
    return pages * 4;
}

std::string colouredLines()
{
    std::string out;
    for (int i = 0; out.size() < kPiece; ++i)
        out += "\x1b[3" + std::to_string(i % 8) + "mThe quick brown fox jumps over the lazy dog " +
               std::to_string(i) + "\x1b[0m\r\n";
    return out;
}

// The other end: a thread that says the same as fast as it is let, until a Ctrl-C comes.
class Flood : public console::Session {
public:
    Flood(std::shared_ptr<console::SessionHandler> handler, std::atomic<std::uint64_t>* said,
          double perSecond)
        : m_handler(std::move(handler)), m_said(said), m_perSecond(perSecond)
    {
        m_thread = std::thread([this] { run(); });
    }
    ~Flood() override
    {
        m_ending = true;
        m_thread.join();
    }
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;

    bool write(std::string_view bytes) override
    {
        if (bytes.find('\x03') != std::string_view::npos)
            m_stopped = true;
        return true;
    }
    void resize(console::TerminalSize) override {}
    void close() override {}
    void setReading(bool on) override { m_reading = on; }
    bool stopped() const { return m_stopped; }

private:
    void run()
    {
        const std::string piece = colouredLines();
        m_handler->onOpen("flood");
        const auto begun = std::chrono::steady_clock::now();
        std::uint64_t sent = 0;
        while (!m_ending && !m_stopped) {
            const double seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
            if (!m_reading || double(sent) > m_perSecond * seconds) {
                std::this_thread::sleep_for(std::chrono::microseconds(500));
                continue;
            }
            m_handler->onOutput(piece);
            sent += piece.size();
            *m_said += piece.size();
        }
    }
    std::shared_ptr<console::SessionHandler> m_handler;
    std::atomic<std::uint64_t>* m_said;
    const double m_perSecond;
    std::atomic<bool> m_ending{false};
    std::atomic<bool> m_stopped{false};
    std::atomic<bool> m_reading{true};
    std::thread m_thread;
};

struct Figures {
    double cpuMs = 0;
    double wallMs = 0;
    double longestMs = 0;
    double controlCMs = 0;
    std::uint64_t bytes = 0;
    long grownKiB = 0;
};

// `tabs` terminals of which the last is in sight; all flood for `wallMs`, then Ctrl-C is typed into it.
Figures run(int tabs, int wallMs, double perSecond)
{
    Figures out;
    std::atomic<std::uint64_t> said{0};
    std::vector<Flood*> floods;
    ui::ConsoleServices services;
    services.exec = [&](stack::SourceId, const console::ExecTarget&, console::TerminalSize,
                        ui::ConsoleServices::Handler handler) -> ui::ConsoleServices::Opened {
        auto flood = std::make_unique<Flood>(std::move(handler), &said, perSecond);
        floods.push_back(flood.get());
        return std::unique_ptr<console::Session>(std::move(flood));
    };
    services.containers = [](stack::SourceId, const std::string&, const std::string&, QObject*, auto) {};
    const long before = residentKiB();
    QTabWidget window;
    window.resize(1100, 500);
    for (int i = 0; i < tabs; ++i)
        window.addTab(ui::TerminalPage::shell(services, QStringLiteral("flood"), {{1, "n", "p", true}}),
                      QString::number(i));
    window.show();
    for (int i = 0; i < tabs; ++i) { // each has been looked at once: so it is open
        window.setCurrentIndex(i);
        while (int(floods.size()) <= i)
            QApplication::processEvents();
    }
    QElapsedTimer turn;
    turn.start();
    QTimer beat;
    beat.setInterval(0);
    double longest = 0;
    QObject::connect(&beat, &QTimer::timeout, &window, [&] {
        longest = std::max(longest, double(turn.nsecsElapsed()) / 1e6);
        turn.start();
    });
    beat.start();
    QElapsedTimer wall;
    wall.start();
    const double cpu = cpuMs();
    QTimer::singleShot(wallMs, &window, [&] { QApplication::exit(); });
    QApplication::exec();
    out.cpuMs = cpuMs() - cpu;
    out.wallMs = double(wall.nsecsElapsed()) / 1e6;
    out.longestMs = longest;
    out.bytes = said;
    out.grownKiB = residentKiB() - before;
    wall.start();
    auto* page = static_cast<ui::TerminalPage*>(window.currentWidget());
    QKeyEvent press(QEvent::KeyPress, Qt::Key_C, Qt::ControlModifier, QStringLiteral("\x03"));
    QCoreApplication::sendEvent(page->view(), &press);
    while (!floods.back()->stopped() && wall.elapsed() < 10'000)
        QApplication::processEvents();
    out.controlCMs = double(wall.nsecsElapsed()) / 1e6;
    return out;
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    ui::Theme::instance().install();
    const int seconds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
    {
        const std::string piece = colouredLines();
        console::Terminal terminal(40, 120);
        const double before = cpuMs();
        std::size_t bytes = 0;
        while (cpuMs() - before < 1000) {
            terminal.write(piece);
            bytes += piece.size();
        }
        std::printf("one terminal without a window: %.1f MB of coloured lines a CPU second\n\n",
                    double(bytes) / 1e3 / (cpuMs() - before));
    }
    std::printf(
        "| tabs | offered MB/s each | taken MB/s | CPU s a s | longest turn ms | Ctrl-C ms | MiB grown |\n"
        "|---:|---:|---:|---:|---:|---:|---:|\n");
    for (const auto& [tabs, perSecond] : {std::pair{1, 0.0}, {1, 1e8}, {16, 0.0}, {16, 1e5}, {16, 1e8}}) {
        const Figures figures = run(tabs, seconds * 1000, perSecond);
        std::printf("| %d | %.1f | %.1f | %.2f | %.0f | %.1f | %.1f |\n", tabs, perSecond / 1e6,
                    double(figures.bytes) / 1e3 / figures.wallMs, figures.cpuMs / figures.wallMs,
                    figures.longestMs, figures.controlCMs, double(figures.grownKiB) / 1024);
        std::fflush(stdout);
    }
    return 0;
}
