// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace strata::ui {

// One session as the GUI sees it: what comes on the transport's thread waits in a bounded buffer until it is
// taken; a full one holds the other end back. Opened again as often as wanted. GUI thread.
class SessionLink : public QObject {
    Q_OBJECT

public:
    enum class State { Idle, Connecting, Open, Ended };
    using Opener = std::function<Result<std::unique_ptr<console::Session>>(
        console::TerminalSize size, std::shared_ptr<console::SessionHandler> handler)>;

    static constexpr std::size_t kHighWater = 1U << 20U; // bytes; above it the other end waits
    static constexpr std::size_t kLowWater = 256U << 10U;
    // Of transports that cannot hold anybody back, logs: the oldest bytes go.
    static constexpr std::size_t kMost = 16U << 20U;

    explicit SessionLink(QObject* parent = nullptr);
    ~SessionLink() override;

    void open(const Opener& opener, console::TerminalSize size); // ends what was open; its rest is dropped
    void close();
    bool write(std::string_view bytes);
    void resize(console::TerminalSize size);

    std::string take(std::size_t most);
    std::size_t waiting() const;
    std::size_t takeDropped(); // bytes that were lost since the last call, see kMost

    State state() const { return m_state; }
    const QString& what() const { return m_what; } // what was opened, as the transport says
    // Set once ended: after all output has been taken, so that its reason stands behind it.
    const std::optional<console::SessionEnd>& end() const { return m_end; }

Q_SIGNALS:
    void readable();
    void stateChanged();

private:
    class Mailbox;
    void look(const Mailbox* from);
    void setState(State state);

    std::shared_ptr<Mailbox> m_mailbox;
    std::unique_ptr<console::Session> m_session;
    State m_state = State::Idle;
    QString m_what;
    std::optional<console::SessionEnd> m_end;
};

} // namespace strata::ui
