// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace strata::test {

// A session whose other end is the test.
struct FakeWire {
    std::shared_ptr<console::SessionHandler> handler;
    std::mutex mutex;
    std::string written;
    console::TerminalSize size;
    std::atomic<bool> reading{true};
    std::atomic<bool> closed{false};
    std::atomic<bool> alive{true};
    std::string text()
    {
        const std::lock_guard lock(mutex);
        return written;
    }
};

class FakeSession : public console::Session {
public:
    explicit FakeSession(std::shared_ptr<FakeWire> wire) : m_wire(std::move(wire)) {}
    ~FakeSession() override { m_wire->alive = false; }
    FakeSession(const FakeSession&) = delete;
    FakeSession& operator=(const FakeSession&) = delete;

    bool write(std::string_view bytes) override
    {
        const std::lock_guard lock(m_wire->mutex);
        m_wire->written += bytes;
        return true;
    }
    void resize(console::TerminalSize size) override
    {
        const std::lock_guard lock(m_wire->mutex);
        m_wire->size = size;
    }
    void close() override { m_wire->closed = true; }
    void setReading(bool on) override { m_wire->reading = on; }

private:
    std::shared_ptr<FakeWire> m_wire;
};

} // namespace strata::test
