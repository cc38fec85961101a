// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/process.h"

#include "core/base/descriptor.h"
#include "core/base/translate.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

extern char** environ;

namespace strata::console {
namespace {

constexpr std::size_t kMostQueued = 1U << 20U;
constexpr auto kPatience = std::chrono::milliseconds(1500); // with a program that was hung up on
constexpr int kLookMs = 20;

// The thread that reads and waits for the program's end outlives the session for as long as the program does.
class Running : public std::enable_shared_from_this<Running> {
public:
    Running(Descriptor terminal, pid_t pid, bool tty, std::shared_ptr<SessionHandler> handler)
        : m_terminal(std::move(terminal)), m_pid(pid), m_tty(tty), m_handler(std::move(handler)),
          m_bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    {}

    void start()
    {
        std::thread([self = shared_from_this()] { self->run(); }).detach();
    }

    bool write(std::string_view bytes)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_tty || m_ended || m_out.size() + bytes.size() > kMostQueued)
                return false;
            m_out += bytes;
        }
        ring();
        return true;
    }

    void resize(TerminalSize size)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_tty || m_ended)
            return;
        winsize window{};
        window.ws_col = static_cast<unsigned short>(std::clamp(size.columns, 1, 999));
        window.ws_row = static_cast<unsigned short>(std::clamp(size.rows, 1, 999));
        ::ioctl(m_terminal.get(), TIOCSWINSZ, &window);
    }

    void close()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_closing = true;
        }
        ring();
    }

    void setReading(bool on)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_reading = on;
        }
        ring();
    }

    void forget()
    {
        {
            const std::lock_guard lock(m_handlerMutex);
            m_handler.reset();
        }
        close();
    }

private:
    void ring() const
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(m_bell.get(), &one, sizeof one);
    }

    template<typename Call>
    void tell(Call&& call)
    {
        const std::lock_guard lock(m_handlerMutex);
        if (m_handler)
            call(*m_handler);
    }

    void run()
    {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
        tell([](SessionHandler& handler) { handler.onOpen({}); });
        copy();
        int status = 0;
        const bool waited = wait(status);
        {
            const std::lock_guard lock(m_mutex);
            m_ended = true;
            m_terminal.close();
        }
        SessionEnd end;
        end.kind = SessionEnd::Kind::Exited;
        end.exitCode = !waited ? 255 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        tell([&](SessionHandler& handler) { handler.onEnd(std::move(end)); });
    }

    // Until the program has closed its end or the session is to end.
    void copy()
    {
        std::array<char, 16384> buffer{};
        for (;;) {
            std::array<pollfd, 2> fds{{{m_terminal.get(), 0, 0}, {m_bell.get(), POLLIN, 0}}};
            {
                const std::lock_guard lock(m_mutex);
                if (m_closing)
                    return;
                fds[0].events = static_cast<short>((m_reading ? POLLIN : 0) | (m_out.empty() ? 0 : POLLOUT));
                // A hangup is always told: not while nobody wants to read what stands before it.
                if (fds[0].events == 0)
                    fds[0].fd = -1;
            }
            if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR)
                return;
            if (fds[1].revents != 0) {
                std::uint64_t count = 0;
                [[maybe_unused]] const auto got = ::read(m_bell.get(), &count, sizeof count);
            }
            if ((fds[0].revents & POLLOUT) != 0) {
                const std::lock_guard lock(m_mutex);
                const ssize_t sent = ::write(m_terminal.get(), m_out.data(), m_out.size());
                if (sent > 0)
                    m_out.erase(0, static_cast<std::size_t>(sent));
            }
            if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
                const ssize_t got = ::read(m_terminal.get(), buffer.data(), buffer.size());
                if (got > 0)
                    tell([&](SessionHandler& handler) {
                        handler.onOutput({buffer.data(), static_cast<std::size_t>(got)});
                    });
                else if (got == 0 || (errno != EAGAIN && errno != EINTR))
                    return; // EIO: the last one who had the terminal has gone
            }
        }
    }

    bool wait(int& status)
    {
        const auto since = std::chrono::steady_clock::now();
        bool hungUp = false;
        bool killed = false;
        for (;;) {
            const pid_t done = ::waitpid(m_pid, &status, killed ? 0 : WNOHANG);
            if (done == m_pid)
                return true;
            if (done < 0 && errno != EINTR)
                return false;
            bool closing = false;
            {
                const std::lock_guard lock(m_mutex);
                closing = m_closing;
            }
            if (closing && !std::exchange(hungUp, true)) {
                ::kill(-m_pid, SIGHUP); // it leads a session, and so a group, of its own
                ::kill(m_pid, SIGTERM);
            }
            if (std::chrono::steady_clock::now() - since > kPatience) {
                ::kill(-m_pid, SIGKILL);
                ::kill(m_pid, SIGKILL);
                killed = true;
                continue;
            }
            pollfd bell{m_bell.get(), POLLIN, 0};
            if (::poll(&bell, 1, kLookMs) > 0) {
                std::uint64_t count = 0;
                [[maybe_unused]] const auto got = ::read(m_bell.get(), &count, sizeof count);
            }
        }
    }

    Descriptor m_terminal;
    const pid_t m_pid;
    const bool m_tty;

    std::mutex m_mutex; // guards these; not held while calling out
    std::string m_out;
    bool m_reading = true;
    bool m_closing = false;
    bool m_ended = false;

    std::recursive_mutex m_handlerMutex; // held while calling out
    std::shared_ptr<SessionHandler> m_handler;
    const Descriptor m_bell;
};

class ProcessSession : public Session {
public:
    explicit ProcessSession(std::shared_ptr<Running> running) : m_running(std::move(running)) {}
    ~ProcessSession() override { m_running->forget(); }
    ProcessSession(const ProcessSession&) = delete;
    ProcessSession& operator=(const ProcessSession&) = delete;

    bool write(std::string_view bytes) override { return m_running->write(bytes); }
    void resize(TerminalSize size) override { m_running->resize(size); }
    void close() override { m_running->close(); }
    void setReading(bool on) override { m_running->setReading(on); }

private:
    std::shared_ptr<Running> m_running;
};

std::vector<char*> pointers(std::vector<std::string>& words)
{
    std::vector<char*> out;
    for (std::string& word : words)
        out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

// Ours, with what is added in front of it in its place.
std::vector<std::string> environmentWith(const std::vector<std::string>& more)
{
    std::vector<std::string> out = more;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
        const std::string_view entry = *each;
        const std::string_view name = entry.substr(0, entry.find('='));
        const bool replaced = std::any_of(more.begin(), more.end(), [&](const std::string& other) {
            return other.size() > name.size() && other[name.size()] == '=' &&
                   other.compare(0, name.size(), name) == 0;
        });
        if (!replaced)
            out.emplace_back(entry);
    }
    return out;
}

} // namespace

Result<std::unique_ptr<Session>> openProcess(const ProcessTarget& target, TerminalSize size,
                                             std::shared_ptr<SessionHandler> handler)
{
    const auto refuse = [](int error) {
        return fail(ErrorKind::Io, translate("Console", "No program could be started on this machine."),
                    std::strerror(error));
    };
    if (target.command.empty())
        return refuse(EINVAL);
    Descriptor ours;
    Descriptor theirs;
    std::string path;
    if (target.tty) {
        ours = Descriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
        std::array<char, 128> name{};
        if (!ours || ::grantpt(ours.get()) != 0 || ::unlockpt(ours.get()) != 0 ||
            ::ptsname_r(ours.get(), name.data(), name.size()) != 0)
            return refuse(errno);
        path = name.data();
        winsize window{};
        window.ws_col = static_cast<unsigned short>(std::clamp(size.columns, 1, 999));
        window.ws_row = static_cast<unsigned short>(std::clamp(size.rows, 1, 999));
        ::ioctl(ours.get(), TIOCSWINSZ, &window);
        // Kept open until the program has it: a terminal that nobody has reads as hung up.
        theirs = Descriptor(::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
        if (!theirs)
            return refuse(errno);
    } else {
        std::array<int, 2> ends{-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            return refuse(errno);
        ours = Descriptor(ends[0]);
        theirs = Descriptor(ends[1]);
    }
    ::fcntl(ours.get(), F_SETFL, ::fcntl(ours.get(), F_GETFL) | O_NONBLOCK);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    if (target.tty) { // the first terminal that the leader of a session opens becomes its own
        ::posix_spawn_file_actions_addopen(&actions, 0, path.c_str(), O_RDWR, 0);
        ::posix_spawn_file_actions_adddup2(&actions, 0, 1);
    } else {
        ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), 1);
    }
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    sigset_t usual;
    sigemptyset(&usual);
    for (const int each : {SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGPIPE, SIGCHLD})
        sigaddset(&usual, each);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setflags(
        &attributes, static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    std::vector<std::string> words = target.command;
    std::vector<std::string> environment = environmentWith(target.environment);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, words.front().c_str(), &actions, &attributes,
                                     pointers(words).data(), pointers(environment).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return fail(
            ErrorKind::NotFound,
            arguments(translate("Console", "“%1” could not be started on this machine."), {words.front()}),
            std::strerror(error));
    theirs.close();
    auto running = std::make_shared<Running>(std::move(ours), pid, target.tty, std::move(handler));
    running->start();
    return std::unique_ptr<Session>(std::make_unique<ProcessSession>(std::move(running)));
}

} // namespace strata::console
