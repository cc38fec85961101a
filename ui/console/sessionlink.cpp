// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/sessionlink.h"

#include "ui/widgets/text.h"

#include <QCoreApplication>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

namespace strata::ui {

// Written to on the transport's thread, emptied on the GUI's.
class SessionLink::Mailbox : public console::SessionHandler,
                             public std::enable_shared_from_this<SessionLink::Mailbox> {
public:
    explicit Mailbox(SessionLink* owner) : link(owner) {}

    void onOpen(const std::string& what) override
    {
        {
            const std::lock_guard lock(mutex);
            opened = what;
        }
        wake();
    }
    void onOutput(std::string_view bytes) override
    {
        console::Session* full = nullptr;
        {
            const std::lock_guard lock(mutex);
            pieces.emplace_back(bytes);
            size += bytes.size();
            while (size > kMost && pieces.size() > 1) {
                size -= pieces.front().size() - at;
                dropped += pieces.front().size() - at;
                pieces.pop_front();
                at = 0;
            }
            if (size > kHighWater && !std::exchange(held, true))
                full = session;
        }
        if (full != nullptr) // it does not go while this callback runs
            hold(*full, true);
        wake();
    }
    void onEnd(console::SessionEnd value) override
    {
        {
            const std::lock_guard lock(mutex);
            end = std::move(value);
        }
        wake();
    }

    std::string take(std::size_t most)
    {
        const std::lock_guard lock(mutex);
        std::string out;
        while (!pieces.empty() && out.size() < most) {
            const std::size_t room = most - out.size();
            std::string& piece = pieces.front();
            const std::size_t left = piece.size() - at;
            out.append(piece, at, std::min(room, left));
            if (left <= room) {
                pieces.pop_front();
                at = 0;
            } else {
                at += room;
            }
        }
        size -= out.size();
        return out;
    }

    // No lock is held towards the transport. Whoever spoke last looks again whether it is still so.
    void hold(console::Session& to, bool on)
    {
        for (;;) {
            to.setReading(!on);
            const std::lock_guard lock(mutex);
            if (held == on)
                return;
            on = held;
        }
    }

    // After it the session is not spoken to any more.
    void forget()
    {
        const std::lock_guard lock(mutex);
        session = nullptr;
        link = nullptr;
    }

    std::mutex mutex; // guards the rest but `link`, which is the GUI thread's
    std::deque<std::string> pieces;
    std::size_t at = 0; // read of the first piece
    std::size_t size = 0;
    std::size_t dropped = 0;
    bool held = false;
    bool awake = false;
    std::optional<std::string> opened;
    std::optional<console::SessionEnd> end;
    console::Session* session = nullptr;
    SessionLink* link;

private:
    void wake()
    {
        {
            const std::lock_guard lock(mutex);
            if (std::exchange(awake, true))
                return;
        }
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self = shared_from_this()] {
                {
                    const std::lock_guard lock(self->mutex);
                    self->awake = false;
                }
                if (self->link != nullptr)
                    self->link->look(self.get());
            },
            Qt::QueuedConnection);
    }
};

SessionLink::SessionLink(QObject* parent) : QObject(parent) {}

SessionLink::~SessionLink()
{
    if (m_mailbox)
        m_mailbox->forget();
    m_session.reset();
}

void SessionLink::open(const Opener& opener, console::TerminalSize size)
{
    if (m_mailbox)
        m_mailbox->forget();
    m_session.reset();
    m_mailbox = std::make_shared<Mailbox>(this);
    m_end.reset();
    m_what.clear();
    setState(State::Connecting);
    Result<std::unique_ptr<console::Session>> session = opener(size, m_mailbox);
    if (!session) {
        m_mailbox->onEnd({console::SessionEnd::Kind::Failed, 0, session.error()});
        return;
    }
    m_session = std::move(*session);
    bool hold = false;
    {
        const std::lock_guard lock(m_mailbox->mutex);
        m_mailbox->session = m_session.get();
        hold = m_mailbox->held; // it was faster than we
    }
    if (hold)
        m_mailbox->hold(*m_session, true);
}

void SessionLink::close()
{
    if (m_session)
        m_session->close();
}

bool SessionLink::write(std::string_view bytes)
{
    return m_session != nullptr && !m_end && m_session->write(bytes);
}

void SessionLink::resize(console::TerminalSize size)
{
    if (m_session)
        m_session->resize(size);
}

std::string SessionLink::take(std::size_t most)
{
    if (!m_mailbox)
        return {};
    std::string out = m_mailbox->take(most);
    bool last = false;
    bool relieved = false;
    {
        const std::lock_guard lock(m_mailbox->mutex);
        last = m_mailbox->size == 0 && m_mailbox->end && !m_end;
        if (m_mailbox->held && m_mailbox->size < kLowWater) {
            m_mailbox->held = false;
            relieved = true;
        }
    }
    if (relieved && m_session)
        m_mailbox->hold(*m_session, false);
    if (last) // not from within: the taker shows first what it has
        QMetaObject::invokeMethod(
            this, [this, mailbox = m_mailbox.get()] { look(mailbox); }, Qt::QueuedConnection);
    return out;
}

std::size_t SessionLink::waiting() const
{
    if (!m_mailbox)
        return 0;
    const std::lock_guard lock(m_mailbox->mutex);
    return m_mailbox->size;
}

std::size_t SessionLink::takeDropped()
{
    if (!m_mailbox)
        return 0;
    const std::lock_guard lock(m_mailbox->mutex);
    return std::exchange(m_mailbox->dropped, 0);
}

void SessionLink::look(const Mailbox* from)
{
    if (from != m_mailbox.get())
        return;
    std::optional<std::string> opened;
    std::optional<console::SessionEnd> end;
    bool output = false;
    {
        const std::lock_guard lock(m_mailbox->mutex);
        opened = std::exchange(m_mailbox->opened, std::nullopt);
        output = m_mailbox->size > 0;
        if (!output && m_mailbox->end)
            end = m_mailbox->end;
    }
    if (opened) {
        m_what = shown(*opened);
        if (m_state == State::Connecting)
            setState(State::Open);
    }
    if (output)
        Q_EMIT readable();
    if (end && !m_end && from == m_mailbox.get()) {
        m_end = std::move(end);
        setState(State::Ended);
    }
}

void SessionLink::setState(State state)
{
    m_state = state;
    Q_EMIT stateChanged();
}

} // namespace strata::ui
