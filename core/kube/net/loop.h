// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

namespace strata::kube {

// What lives on the loop and must be told when it ends.
class LoopUser {
public:
    virtual ~LoopUser() = default;
    virtual void onSocket(int fd, bool readable, bool writable, bool failed) = 0;
    virtual void onLoopEnd() = 0;
};

// An event loop on a thread of its own: tasks, timers (steady clock) and sockets by epoll, so that the price
// of an event does not grow with the number of idle streams. All signals are blocked on the thread.
class Loop {
public:
    using Task = std::function<void()>;
    using SteadyClock = std::chrono::steady_clock;

    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Any thread. False once the loop has ended; the task is then dropped.
    bool post(Task task);
    std::uint64_t postAfter(std::chrono::milliseconds delay, Task task);
    // The same, up to a second later when it is ten seconds or more: hundreds of clusters have such timers,
    // and those of one second share one waking.
    std::uint64_t postAbout(std::chrono::milliseconds delay, Task task);
    void cancel(std::uint64_t timer);
    bool onThread() const { return std::this_thread::get_id() == m_thread.get_id(); }

    // Runs a task that may wait (a file on a network drive) on a second thread, one after the other. What has
    // not begun when the loop stops is dropped.
    void aside(Task task);

    // Ends all users (onLoopEnd), runs what they post, and joins. Not from the loop's own thread.
    void stop();

    // The loop's thread only.
    void addUser(LoopUser* user) { m_users.insert(user); }
    void removeUser(LoopUser* user) { m_users.erase(user); }
    void setSocket(int fd, bool read, bool write, LoopUser* user);
    void removeSocket(int fd);

private:
    void run();
    void runAside();
    void wake() const;
    std::uint64_t postAt(SteadyClock::time_point when, Task task);
    bool runTasks();
    int runTimers(); // milliseconds until the next one, -1 for none

    int m_epoll = -1;
    int m_event = -1;
    std::mutex m_mutex;
    std::deque<Task> m_tasks;
    std::map<std::pair<SteadyClock::time_point, std::uint64_t>, Task> m_timers;
    std::unordered_map<std::uint64_t, SteadyClock::time_point> m_due;
    std::uint64_t m_nextTimer = 1;
    bool m_ending = false;
    bool m_closed = false;

    std::set<LoopUser*> m_users;
    std::unordered_map<int, LoopUser*> m_sockets;
    std::mutex m_asideMutex;
    std::condition_variable m_asideWake;
    std::deque<Task> m_asideTasks;
    bool m_asideEnding = false;
    std::thread m_asideThread; // started by the first task
    std::thread m_thread;      // last: starts when the rest is there
};

class Network;
std::shared_ptr<Loop> loopOf(Network& network); // for what is inside net/

} // namespace strata::kube
