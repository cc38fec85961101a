// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace strata::app {

// Ends of the operator's patience and of the work, waited for together.
class Ends {
public:
    // Before any thread starts, so that none of them is ever interrupted.
    Ends()
    {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        m_signals = ::signalfd(-1, &signals, SFD_CLOEXEC);
        m_end = ::eventfd(0, EFD_CLOEXEC);
    }
    ~Ends()
    {
        ::close(m_signals);
        ::close(m_end);
    }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;

    // The end of the work; any thread.
    void end() const
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t count = ::write(m_end, &one, sizeof one);
    }

    // True for a signal, false for the end of the work.
    bool wait() const
    {
        pollfd places[2] = {{m_end, POLLIN, 0}, {m_signals, POLLIN, 0}};
        while (true) {
            if (::poll(places, 2, -1) < 0)
                continue;
            if ((places[0].revents & POLLIN) != 0) {
                std::uint64_t count = 0;
                [[maybe_unused]] const ssize_t got = ::read(m_end, &count, sizeof count);
                return false;
            }
            if ((places[1].revents & POLLIN) != 0) {
                signalfd_siginfo info{};
                [[maybe_unused]] const ssize_t got = ::read(m_signals, &info, sizeof info);
                return true;
            }
        }
    }

private:
    int m_signals = -1;
    int m_end = -1;
};

} // namespace strata::app
