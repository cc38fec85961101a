// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/asciicast.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <mutex>
#include <thread>
#include <utility>

namespace strata::console {
namespace {

std::string event(double seconds, const char* kind, std::string_view data)
{
    char time[32];
    std::snprintf(time, sizeof time, "%.6f", seconds < 0 ? 0.0 : seconds);
    std::string out = "[";
    out += time;
    out += ", \"";
    out += kind;
    out += "\", ";
    out += nlohmann::json(std::string(data)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out += "]\n";
    return out;
}

// How many bytes at the end begin a character that is not whole.
std::size_t unfinished(std::string_view bytes)
{
    for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
        const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
        if ((byte & 0xC0U) == 0x80U)
            continue;
        const std::size_t length = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
        return length > back ? back : 0;
    }
    return 0;
}

class File : public Recording {
public:
    File(int fd, int columns, int rows, std::string_view title, std::function<void(Error)> failed)
        : m_fd(fd), m_failed(std::move(failed)), m_begun(std::chrono::steady_clock::now())
    {
        put(Asciicast::header(columns, rows, std::time(nullptr), title));
        m_thread = std::thread([this] { run(); });
    }
    ~File() override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_ending = true;
        }
        m_wake.notify_all();
        m_thread.join();
        ::close(m_fd);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    void output(std::string_view bytes) override
    {
        const std::lock_guard lock(m_mutex);
        put(m_cast.output(now(), bytes));
    }
    void resized(int columns, int rows) override
    {
        const std::lock_guard lock(m_mutex);
        put(Asciicast::resized(now(), columns, rows));
    }
    void mark(std::string_view label) override
    {
        const std::lock_guard lock(m_mutex);
        put(Asciicast::mark(now(), label));
    }
    std::uint64_t bytes() const override { return m_total; }

private:
    double now() const
    {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_begun).count();
    }

    void put(const std::string& line) // under m_mutex
    {
        if (m_over || line.empty())
            return;
        if (m_total + line.size() > kMostBytes) {
            m_why = {
                ErrorKind::Io, translate("Console", "The recording has ended: its file is full."), {}, 0, 0};
            m_over = true;
        } else if (m_waiting.size() + line.size() > kMostWaiting) {
            m_why = {ErrorKind::Io,
                     translate("Console", "The recording has ended: the disk is slower than the terminal."),
                     {},
                     0,
                     0};
            m_over = true;
        } else {
            m_waiting += line;
            m_total += line.size();
        }
        m_wake.notify_all();
    }

    void run()
    {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
        std::unique_lock lock(m_mutex);
        bool told = false;
        for (;;) {
            m_wake.wait(lock, [&] { return m_ending || !m_waiting.empty() || (m_over && !told); });
            std::string piece;
            piece.swap(m_waiting);
            lock.unlock();
            std::size_t at = 0;
            std::string why;
            while (at < piece.size()) {
                const ssize_t written = ::write(m_fd, piece.data() + at, piece.size() - at);
                if (written > 0) {
                    at += static_cast<std::size_t>(written);
                } else if (errno != EINTR) {
                    why = std::strerror(errno);
                    break;
                }
            }
            lock.lock();
            if (!why.empty() && !m_over) {
                m_over = true;
                m_why = {ErrorKind::Io,
                         translate("Console", "The recording has ended: it could not be written."), why, 0,
                         0};
            }
            if (m_over && !std::exchange(told, true) && !m_ending && m_failed) {
                const Error error = m_why;
                lock.unlock();
                m_failed(error);
                lock.lock();
            }
            if (m_ending && (m_waiting.empty() || !why.empty()))
                return;
        }
    }

    const int m_fd;
    const std::function<void(Error)> m_failed;
    const std::chrono::steady_clock::time_point m_begun;
    std::atomic<std::uint64_t> m_total{0};

    std::mutex m_mutex; // guards these
    std::condition_variable m_wake;
    Asciicast m_cast;
    std::string m_waiting;
    bool m_ending = false;
    bool m_over = false;
    Error m_why;
    std::thread m_thread;
};

} // namespace

std::string Asciicast::header(int columns, int rows, std::int64_t at, std::string_view title)
{
    const nlohmann::ordered_json head = {{"version", 2},
                                         {"width", columns},
                                         {"height", rows},
                                         {"timestamp", at},
                                         {"title", cleanText(title, 256)},
                                         {"env", {{"TERM", "xterm-256color"}}}};
    return head.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string Asciicast::output(double seconds, std::string_view bytes)
{
    std::string all = std::exchange(m_rest, {});
    all += bytes;
    const std::size_t rest = unfinished(all);
    m_rest = all.substr(all.size() - rest);
    all.resize(all.size() - rest);
    return all.empty() ? std::string() : event(seconds, "o", all);
}

std::string Asciicast::resized(double seconds, int columns, int rows)
{
    return event(seconds, "r", std::to_string(columns) + "x" + std::to_string(rows));
}

std::string Asciicast::mark(double seconds, std::string_view label)
{
    return event(seconds, "m", cleanText(label, 256));
}

Result<std::unique_ptr<Recording>> Recording::start(const std::string& path, int columns, int rows,
                                                    std::string_view title, std::function<void(Error)> failed)
{
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat facts = {};
    if (fd < 0 || ::fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode) || ::fchmod(fd, 0600) != 0) {
        const std::string why = std::strerror(errno);
        if (fd >= 0)
            ::close(fd);
        return fail(ErrorKind::Io, arguments(translate("Console", "“%1” could not be written."), {path}),
                    why);
    }
    return std::unique_ptr<Recording>(std::make_unique<File>(fd, columns, rows, title, std::move(failed)));
}

} // namespace strata::console
