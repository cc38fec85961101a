// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/deferred.h"

#include <utility>

namespace strata::console {

// What the caller holds.
class Deferred::Handle : public Session {
public:
    explicit Handle(std::shared_ptr<Deferred> what) : m_what(std::move(what)) {}
    ~Handle() override { m_what->stop(); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    bool write(std::string_view bytes) override { return m_what->write(bytes); }
    void resize(TerminalSize size) override { m_what->resize(size); }
    void close() override { m_what->close(); }
    void setReading(bool on) override { m_what->setReading(on); }

private:
    std::shared_ptr<Deferred> m_what;
};

// Between the session itself and whoever hears of us.
class Deferred::Through : public SessionHandler {
public:
    explicit Through(std::shared_ptr<Deferred> what) : m_what(std::move(what)) {}
    void onOpen(const std::string& what) override
    {
        m_what->tell([&](SessionHandler& handler) { handler.onOpen(what); });
    }
    void onOutput(std::string_view bytes) override
    {
        m_what->tell([&](SessionHandler& handler) { handler.onOutput(bytes); });
    }
    void onEnd(SessionEnd end) override
    {
        m_what->finish();
        m_what->tell([&](SessionHandler& handler) { handler.onEnd(std::move(end)); });
    }

private:
    std::shared_ptr<Deferred> m_what;
};

Deferred::Deferred(std::shared_ptr<kube::Client> client, TerminalSize size,
                   std::shared_ptr<SessionHandler> handler)
    : m_client(std::move(client)), m_size(size), m_handler(std::move(handler))
{}

Deferred::~Deferred() = default;

std::unique_ptr<Session> Deferred::start(std::shared_ptr<Deferred> what)
{
    what->client()->network().post([what] {
        if (!what->gone())
            what->first();
    });
    return std::make_unique<Handle>(std::move(what));
}

TerminalSize Deferred::size() const
{
    const std::lock_guard lock(m_mutex);
    return m_size;
}

bool Deferred::gone() const
{
    const std::lock_guard lock(m_mutex);
    return m_gone;
}

void Deferred::ask(kube::Request request, std::function<void(Result<kube::Response>)> done)
{
    // A callback that waits for its turn holds us; handles are let go of when the way has ended.
    auto handle = m_client->send(
        std::move(request), [weak = weak_from_this(), done = std::move(done)](Result<kube::Response> result) {
            const std::shared_ptr<Deferred> self = weak.lock();
            if (self && !self->gone())
                done(std::move(result));
        });
    const std::lock_guard lock(m_mutex);
    if (!m_gone)
        m_handles.push_back(std::move(handle));
}

void Deferred::later(std::chrono::milliseconds delay, std::function<void()> task)
{
    const std::uint64_t id =
        m_client->network().postAfter(delay, [weak = weak_from_this(), task = std::move(task)] {
            const std::shared_ptr<Deferred> self = weak.lock();
            if (self && !self->gone())
                task();
        });
    const std::lock_guard lock(m_mutex);
    m_timers.push_back(id);
}

template<typename Call>
void Deferred::tell(Call&& call)
{
    const std::lock_guard lock(m_handlerMutex);
    if (m_handler)
        call(*m_handler);
}

void Deferred::note(const std::string& text)
{
    tell([&](SessionHandler& handler) { handler.onOutput("\x1b[0;2m" + text + "\x1b[0m\r\n"); });
}

void Deferred::become(
    const std::function<Result<std::unique_ptr<Session>>(std::shared_ptr<SessionHandler>)>& open)
{
    Result<std::unique_ptr<Session>> made = open(std::make_shared<Through>(shared_from_this()));
    if (!made) {
        failed(std::move(made.error()));
        return;
    }
    std::shared_ptr<Session> session = std::move(*made);
    std::string typed;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_gone) {
            m_inner = session;
            typed.swap(m_typed);
            session->resize(m_size);
            session->setReading(m_reading);
        }
    }
    if (!typed.empty())
        session->write(typed);
}

void Deferred::failed(Error error)
{
    finish();
    tell([&](SessionHandler& handler) { handler.onEnd({SessionEnd::Kind::Failed, 0, std::move(error)}); });
}

void Deferred::finish()
{
    {
        const std::lock_guard lock(m_mutex);
        if (std::exchange(m_finished, true))
            return;
    }
    over();
}

void Deferred::stop()
{
    {
        const std::lock_guard lock(m_handlerMutex);
        m_handler.reset();
    }
    std::shared_ptr<Session> inner;
    std::vector<std::unique_ptr<kube::RequestHandle>> handles;
    std::vector<std::uint64_t> timers;
    {
        const std::lock_guard lock(m_mutex);
        m_gone = true;
        inner.swap(m_inner);
        handles.swap(m_handles);
        timers.swap(m_timers);
    }
    for (const std::uint64_t timer : timers)
        m_client->network().cancel(timer);
    handles.clear();
    inner.reset();
    finish();
}

bool Deferred::write(std::string_view bytes)
{
    std::shared_ptr<Session> inner;
    {
        const std::lock_guard lock(m_mutex);
        inner = m_inner;
        if (!inner) {
            if (m_finished || m_typed.size() + bytes.size() > kMostTyped)
                return false;
            m_typed += bytes;
            return true;
        }
    }
    return inner->write(bytes);
}

void Deferred::resize(TerminalSize size)
{
    std::shared_ptr<Session> inner;
    {
        const std::lock_guard lock(m_mutex);
        m_size = size;
        inner = m_inner;
    }
    if (inner)
        inner->resize(size);
}

void Deferred::close()
{
    std::shared_ptr<Session> inner;
    {
        const std::lock_guard lock(m_mutex);
        inner = m_inner;
    }
    if (inner)
        inner->close();
    else
        m_client->network().post([self = shared_from_this()] {
            self->finish();
            self->tell([](SessionHandler& handler) { handler.onEnd({}); });
            const std::lock_guard lock(self->m_mutex);
            self->m_gone = true;
        });
}

void Deferred::setReading(bool on)
{
    std::shared_ptr<Session> inner;
    {
        const std::lock_guard lock(m_mutex);
        m_reading = on;
        inner = m_inner;
    }
    if (inner)
        inner->setReading(on);
}

} // namespace strata::console
