// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/eventloop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace strata::virt {
namespace {

short toPoll(int events)
{
    short out = 0;
    if ((events & VIR_EVENT_HANDLE_READABLE) != 0)
        out |= POLLIN;
    if ((events & VIR_EVENT_HANDLE_WRITABLE) != 0)
        out |= POLLOUT;
    return out; // errors and hang-ups are always reported
}

int fromPoll(short events)
{
    int out = 0;
    if ((events & POLLIN) != 0)
        out |= VIR_EVENT_HANDLE_READABLE;
    if ((events & POLLOUT) != 0)
        out |= VIR_EVENT_HANDLE_WRITABLE;
    if ((events & (POLLERR | POLLNVAL)) != 0)
        out |= VIR_EVENT_HANDLE_ERROR;
    if ((events & POLLHUP) != 0)
        out |= VIR_EVENT_HANDLE_HANGUP;
    return out;
}

} // namespace

EventLoop::EventLoop() : m_wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

EventLoop& EventLoop::instance()
{
    static auto* loop = new EventLoop(); // outlives every detached thread
    return *loop;
}

void EventLoop::registerWithLibvirt()
{
    virEventRegisterImpl(addHandle, updateHandle, removeHandle, addTimer, updateTimer, removeTimer);
}

std::int64_t EventLoop::now()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void EventLoop::wake() const
{
    const std::uint64_t one = 1;
    // Fails only when there are wake-ups enough.
    [[maybe_unused]] const ssize_t written = ::write(m_wakeup, &one, sizeof(one));
}

int EventLoop::addHandle(int fd, int events, virEventHandleCallback call, void* opaque,
                         virFreeCallback release)
{
    EventLoop& loop = instance();
    auto handle = std::make_shared<Handle>(Handle{fd, events, call, opaque, release, false});
    int id = 0;
    {
        const std::lock_guard lock(loop.m_mutex);
        id = ++loop.m_lastId;
        loop.m_handles.emplace(id, std::move(handle));
    }
    loop.wake();
    return id;
}

void EventLoop::updateHandle(int watch, int events)
{
    EventLoop& loop = instance();
    {
        const std::lock_guard lock(loop.m_mutex);
        const auto found = loop.m_handles.find(watch);
        if (found == loop.m_handles.end())
            return;
        found->second->events = events;
    }
    loop.wake();
}

int EventLoop::removeHandle(int watch)
{
    EventLoop& loop = instance();
    {
        const std::lock_guard lock(loop.m_mutex);
        const auto found = loop.m_handles.find(watch);
        if (found == loop.m_handles.end())
            return -1;
        found->second->removed = true;
        if (found->second->release != nullptr)
            loop.m_released.emplace_back(found->second->release, found->second->opaque);
        loop.m_handles.erase(found);
    }
    loop.wake();
    return 0;
}

int EventLoop::addTimer(int every, virEventTimeoutCallback call, void* opaque, virFreeCallback release)
{
    EventLoop& loop = instance();
    auto timer =
        std::make_shared<Timer>(Timer{every, now() + std::max(every, 0), call, opaque, release, false});
    int id = 0;
    {
        const std::lock_guard lock(loop.m_mutex);
        id = ++loop.m_lastId;
        loop.m_timers.emplace(id, std::move(timer));
    }
    loop.wake();
    return id;
}

void EventLoop::updateTimer(int timer, int every)
{
    EventLoop& loop = instance();
    {
        const std::lock_guard lock(loop.m_mutex);
        const auto found = loop.m_timers.find(timer);
        if (found == loop.m_timers.end())
            return;
        found->second->every = every;
        found->second->due = now() + std::max(every, 0);
    }
    loop.wake();
}

int EventLoop::removeTimer(int timer)
{
    EventLoop& loop = instance();
    {
        const std::lock_guard lock(loop.m_mutex);
        const auto found = loop.m_timers.find(timer);
        if (found == loop.m_timers.end())
            return -1;
        found->second->removed = true;
        if (found->second->release != nullptr)
            loop.m_released.emplace_back(found->second->release, found->second->opaque);
        loop.m_timers.erase(found);
    }
    loop.wake();
    return 0;
}

void EventLoop::run()
{
    for (;;)
        turn();
}

void EventLoop::turn()
{
    std::vector<std::pair<virFreeCallback, void*>> released;
    std::vector<pollfd> polled{{m_wakeup, POLLIN, 0}};
    std::vector<std::pair<int, std::shared_ptr<Handle>>> handles;
    int wait = -1;
    {
        const std::lock_guard lock(m_mutex);
        released.swap(m_released);
        for (const auto& [id, handle] : m_handles) {
            if (handle->events == 0)
                continue; // libvirt pauses a handle that way; a hang-up would spin
            polled.push_back({handle->fd, toPoll(handle->events), 0});
            handles.emplace_back(id, handle);
        }
        const std::int64_t at = now();
        for (const auto& [id, timer] : m_timers)
            if (timer->every >= 0) {
                const auto left = static_cast<int>(std::clamp<std::int64_t>(timer->due - at, 0, 1 << 30));
                wait = wait < 0 ? left : std::min(wait, left);
            }
    }
    for (const auto& [release, opaque] : released)
        release(opaque);
    if (!released.empty())
        wait = 0; // releasing may have changed what there is

    if (::poll(polled.data(), polled.size(), wait) < 0) {
        std::this_thread::sleep_for(
            std::chrono::milliseconds(50)); // no memory; spinning would make that worse
        return;
    }
    if ((polled[0].revents & POLLIN) != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(m_wakeup, &count, sizeof(count));
    }

    std::vector<std::pair<int, std::shared_ptr<Timer>>> due;
    {
        const std::lock_guard lock(m_mutex);
        const std::int64_t at = now();
        for (const auto& [id, timer] : m_timers) {
            if (timer->every < 0 || timer->due > at)
                continue;
            timer->due = at + timer->every;
            due.emplace_back(id, timer);
        }
    }
    // A callback may remove others; what it removed is released at the next turn at the earliest, so that a
    // callback that runs keeps what it works on.
    for (const auto& [id, timer] : due) {
        {
            const std::lock_guard lock(m_mutex);
            if (timer->removed)
                continue;
        }
        timer->call(id, timer->opaque);
    }
    for (std::size_t i = 0; i < handles.size(); ++i) {
        const int events = fromPoll(polled[i + 1].revents);
        const auto& [id, handle] = handles[i];
        if (events == 0)
            continue;
        {
            const std::lock_guard lock(m_mutex);
            if (handle->removed)
                continue;
        }
        handle->call(id, handle->fd, events, handle->opaque);
    }
}

} // namespace strata::virt
