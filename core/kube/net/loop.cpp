// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace strata::kube {

namespace {

constexpr std::chrono::seconds kCoarse{10};

} // namespace

Loop::Loop()
    : m_epoll(epoll_create1(EPOLL_CLOEXEC)), m_event(eventfd(0, static_cast<int>(EFD_CLOEXEC) | EFD_NONBLOCK))
{
    if (m_epoll < 0 || m_event < 0)
        throw std::system_error(errno, std::generic_category(), "epoll");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = m_event;
    epoll_ctl(m_epoll, EPOLL_CTL_ADD, m_event, &event);
    // The thread compares its id with m_thread's, which is there only after this assignment.
    const std::lock_guard lock(m_mutex);
    m_thread = std::thread([this] { run(); });
}

Loop::~Loop()
{
    stop();
    close(m_event);
    close(m_epoll);
}

void Loop::wake() const
{
    const std::uint64_t one = 1;
    // Full means that a wake-up is pending already.
    [[maybe_unused]] const auto written = write(m_event, &one, sizeof one);
}

bool Loop::post(Task task)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_closed)
            return false;
        m_tasks.push_back(std::move(task));
    }
    if (!onThread()) // there it looks for tasks before it waits
        wake();
    return true;
}

std::uint64_t Loop::postAfter(std::chrono::milliseconds delay, Task task)
{
    return postAt(SteadyClock::now() + std::max(delay, std::chrono::milliseconds{0}), std::move(task));
}

std::uint64_t Loop::postAbout(std::chrono::milliseconds delay, Task task)
{
    if (delay < kCoarse)
        return postAfter(delay, std::move(task));
    return postAt(std::chrono::ceil<std::chrono::seconds>(SteadyClock::now() + delay), std::move(task));
}

std::uint64_t Loop::postAt(SteadyClock::time_point when, Task task)
{
    std::uint64_t id = 0;
    bool first = false;
    {
        const std::lock_guard lock(m_mutex);
        if (m_closed)
            return 0;
        id = m_nextTimer++;
        const auto it = m_timers.emplace(std::pair{when, id}, std::move(task)).first;
        m_due.emplace(id, when);
        first = it == m_timers.begin();
    }
    if (first && !onThread())
        wake();
    return id;
}

void Loop::cancel(std::uint64_t timer)
{
    Task dropped; // its captures may call back into us: let it go outside the lock
    const std::lock_guard lock(m_mutex);
    const auto due = m_due.find(timer);
    if (due == m_due.end())
        return;
    const auto it = m_timers.find({due->second, timer});
    dropped = std::move(it->second);
    m_timers.erase(it);
    m_due.erase(due);
}

void Loop::aside(Task task)
{
    {
        const std::lock_guard lock(m_asideMutex);
        if (m_asideEnding)
            return;
        m_asideTasks.push_back(std::move(task));
        if (!m_asideThread.joinable())
            m_asideThread = std::thread([this] { runAside(); });
    }
    m_asideWake.notify_one();
}

void Loop::runAside()
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    pthread_setname_np(pthread_self(), "strata-aside");
    for (;;) {
        Task task;
        {
            std::unique_lock lock(m_asideMutex);
            m_asideWake.wait(lock, [this] { return m_asideEnding || !m_asideTasks.empty(); });
            if (m_asideEnding)
                return;
            task = std::move(m_asideTasks.front());
            m_asideTasks.pop_front();
        }
        task();
    }
}

void Loop::stop()
{
    std::deque<Task> dropped;
    {
        const std::lock_guard lock(m_asideMutex);
        m_asideEnding = true;
        dropped.swap(m_asideTasks);
    }
    m_asideWake.notify_one();
    if (m_asideThread.joinable())
        m_asideThread.join();
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    wake();
    if (m_thread.joinable())
        m_thread.join();
}

void Loop::setSocket(int fd, bool read, bool write, LoopUser* user)
{
    epoll_event event{};
    event.events =
        (read ? static_cast<unsigned>(EPOLLIN) : 0U) | (write ? static_cast<unsigned>(EPOLLOUT) : 0U);
    event.data.fd = fd;
    m_sockets[fd] = user;
    // A descriptor that was closed left epoll by itself, one that was reused is new to it.
    if (epoll_ctl(m_epoll, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT)
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event);
}

void Loop::removeSocket(int fd)
{
    if (m_sockets.erase(fd) != 0)
        epoll_ctl(m_epoll, EPOLL_CTL_DEL, fd, nullptr);
}

bool Loop::runTasks()
{
    std::deque<Task> tasks;
    {
        const std::lock_guard lock(m_mutex);
        tasks.swap(m_tasks);
    }
    for (Task& task : tasks) {
        task();
        task = {};
    }
    return !tasks.empty();
}

int Loop::runTimers()
{
    const auto now = SteadyClock::now();
    for (;;) {
        Task task;
        {
            const std::lock_guard lock(m_mutex);
            if (!m_tasks.empty())
                return 0;
            if (m_timers.empty())
                return -1;
            const auto it = m_timers.begin();
            if (it->first.first > now) {
                const auto left = std::chrono::ceil<std::chrono::milliseconds>(it->first.first - now).count();
                return static_cast<int>(std::min<std::int64_t>(left, 3'600'000));
            }
            task = std::move(it->second);
            m_due.erase(it->first.second);
            m_timers.erase(it);
        }
        task();
    }
}

void Loop::run()
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    pthread_setname_np(pthread_self(), "strata-net");
    {
        const std::lock_guard lock(m_mutex); // waits until m_thread is assigned
    }
    std::array<epoll_event, 128> events{};
    for (;;) {
        runTasks();
        bool ending = false;
        {
            const std::lock_guard lock(m_mutex);
            ending = m_ending;
        }
        if (ending)
            break;
        const int timeout = runTimers();
        const int count = epoll_wait(m_epoll, events.data(), static_cast<int>(events.size()), timeout);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.fd == m_event) {
                std::uint64_t value = 0;
                [[maybe_unused]] const auto got = read(m_event, &value, sizeof value);
                continue;
            }
            // An earlier event of this round may have ended the socket's user.
            const auto it = m_sockets.find(event.data.fd);
            if (it == m_sockets.end())
                continue;
            const bool failed = (event.events & static_cast<unsigned>(EPOLLERR | EPOLLHUP)) != 0;
            it->second->onSocket(event.data.fd, failed || (event.events & EPOLLIN) != 0,
                                 (event.events & EPOLLOUT) != 0, (event.events & EPOLLERR) != 0);
        }
    }
    while (!m_users.empty()) {
        LoopUser* user = *m_users.begin();
        m_users.erase(m_users.begin());
        user->onLoopEnd();
    }
    // Ends may post tasks, and those more. Refuse new ones in the same breath in which none is left.
    for (;;) {
        if (runTasks())
            continue;
        const std::lock_guard lock(m_mutex);
        if (m_tasks.empty()) {
            m_closed = true;
            break;
        }
    }
    std::map<std::pair<SteadyClock::time_point, std::uint64_t>, Task> timers;
    {
        const std::lock_guard lock(m_mutex);
        timers.swap(m_timers);
        m_due.clear();
    }
}

} // namespace strata::kube
