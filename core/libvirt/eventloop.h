// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <libvirt/libvirt.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace strata::virt {

// libvirt's events on a thread of ours. libvirt's own implementation (virEventRegisterDefaultImpl) runs on
// GLib's default main context, which belongs to the main thread as soon as Qt uses GLib, too: then libvirt's
// callbacks would come on the GUI's thread, or never while that is busy. There is one for the process, and it
// never ends.
class EventLoop {
public:
    static EventLoop& instance();

    void registerWithLibvirt(); // before the first connection
    [[noreturn]] void run();

private:
    struct Handle {
        int fd = -1;
        int events = 0; // virEventHandleType
        virEventHandleCallback call = nullptr;
        void* opaque = nullptr;
        virFreeCallback release = nullptr;
        bool removed = false;
    };
    struct Timer {
        int every = -1; // milliseconds; 0: at every turn; negative: off
        std::int64_t due = 0;
        virEventTimeoutCallback call = nullptr;
        void* opaque = nullptr;
        virFreeCallback release = nullptr;
        bool removed = false;
    };

    EventLoop();
    static int addHandle(int fd, int events, virEventHandleCallback call, void* opaque,
                         virFreeCallback release);
    static void updateHandle(int watch, int events);
    static int removeHandle(int watch);
    static int addTimer(int every, virEventTimeoutCallback call, void* opaque, virFreeCallback release);
    static void updateTimer(int timer, int every);
    static int removeTimer(int timer);

    void turn();
    void wake() const;
    static std::int64_t now();

    int m_wakeup = -1;  // an eventfd
    std::mutex m_mutex; // guards the rest; never held while calling out
    int m_lastId = 0;
    std::map<int, std::shared_ptr<Handle>> m_handles;
    std::map<int, std::shared_ptr<Timer>> m_timers;
    // What was removed is released at the next turn, never within the removal: libvirt may hold its locks
    // there.
    std::vector<std::pair<virFreeCallback, void*>> m_released;
};

} // namespace strata::virt
