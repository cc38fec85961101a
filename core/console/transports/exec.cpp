// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/exec.h"

#include "core/base/translate.h"
#include "core/console/channel.h"
#include "core/kube/api/resource.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

namespace strata::console {
namespace {

// A write of ours is never larger: servers read messages whole.
constexpr std::size_t kMostPiece = 16U << 10U;
constexpr std::size_t kMostTyped = 64; // pieces kept until a command runs

std::string queryOf(const ExecTarget& target, const std::vector<std::string>& command)
{
    std::string query = target.tty ? "stdout=true&tty=true" : "stdout=true&stderr=true";
    query += target.input ? "&stdin=true" : "";
    if (!target.container.empty())
        query += "&container=" + kube::percentEncode(target.container);
    if (!target.attach) {
        for (const std::string& word : command)
            query += "&command=" + kube::percentEncode(word);
    }
    return query;
}

ExecTarget withCommand(ExecTarget target)
{
    if (target.commands.empty())
        target.commands.emplace_back();
    return target;
}

// The container has no such program: another one may be there.
bool isMissing(const ExitStatus& status)
{
    if (status.code == 126 || status.code == 127)
        return true;
    return status.code == -1 && (status.reason.find("executable file not found") != std::string::npos ||
                                 status.reason.find("no such file or directory") != std::string::npos);
}

class Exec : public std::enable_shared_from_this<Exec> {
public:
    Exec(std::shared_ptr<kube::Client> client, ExecTarget target, TerminalSize size,
         std::shared_ptr<SessionHandler> handler)
        : m_client(std::move(client)), m_target(withCommand(std::move(target))), m_size(size),
          m_handler(std::move(handler))
    {}

    // On the network's thread, as all that comes back: so nothing comes before m_socket is set.
    void start()
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_gone)
                return;
        }
        kube::WebSocketRequest request;
        request.path = "/api/v1/namespaces/" + kube::percentEncode(m_target.ns) + "/pods/" +
                       kube::percentEncode(m_target.pod) + (m_target.attach ? "/attach" : "/exec");
        request.query = queryOf(m_target, m_target.commands[m_at]);
        request.protocols.assign(std::begin(kExecProtocols), std::end(kExecProtocols));
        std::unique_ptr<kube::WebSocket> socket =
            m_client->openWebSocket(std::move(request), std::make_shared<Hearing>(shared_from_this()));
        const std::lock_guard lock(m_mutex);
        if (!m_gone) {
            socket.swap(m_socket);
            m_socket->setReading(m_reading);
            if (m_target.tty)
                m_socket->sendBinary(resizeMessage(m_size.columns, m_size.rows));
            for (const std::string& piece : m_typed)
                m_socket->sendBinary(piece);
            if (m_closing)
                m_socket->close();
        }
        m_replaced = std::move(socket); // goes with the next one or at the end, never inside its own call
    }

    kube::Client& client() { return *m_client; }

    void stop()
    {
        std::unique_ptr<kube::WebSocket> socket;
        {
            const std::lock_guard lock(m_mutex);
            m_gone = true;
            socket = std::move(m_socket);
        }
    }

    bool write(std::string_view bytes)
    {
        const std::lock_guard lock(m_mutex);
        bool taken = !m_ended;
        while (taken && !bytes.empty()) {
            std::string message = stdinMessage(bytes.substr(0, kMostPiece));
            bytes.remove_prefix(std::min(bytes.size(), kMostPiece));
            taken = !m_socket || m_socket->sendBinary(message);
            if (!m_running && m_typed.size() < kMostTyped)
                m_typed.push_back(std::move(message)); // for the next command, should this one be missing
        }
        return taken;
    }

    void resize(TerminalSize size)
    {
        const std::lock_guard lock(m_mutex);
        m_size = size;
        if (m_socket && m_target.tty)
            m_socket->sendBinary(resizeMessage(size.columns, size.rows));
    }

    void close()
    {
        const std::lock_guard lock(m_mutex);
        m_closing = true;
        if (m_socket)
            m_socket->close();
    }

    void setReading(bool on)
    {
        const std::lock_guard lock(m_mutex);
        m_reading = on;
        if (m_socket)
            m_socket->setReading(on);
    }

private:
    class Hearing : public kube::WebSocketHandler {
    public:
        explicit Hearing(std::shared_ptr<Exec> exec) : m_exec(std::move(exec)) {}
        void onOpen(const std::string&) override
        {
            if (m_exec->m_target.attach) // its process runs, whether or not it has anything to say
                m_exec->runs();
        }
        void onMessage(bool binary, std::string_view message) override
        {
            if (binary)
                m_exec->onMessage(message);
        }
        void onEnd(Result<kube::WebSocketClose> end) override { m_exec->onEnd(std::move(end)); }

    private:
        std::shared_ptr<Exec> m_exec;
    };

    void onMessage(std::string_view message)
    {
        const std::optional<ChannelMessage> read = readMessage(message);
        if (!read)
            return;
        if (read->channel == Channel::Error) {
            m_status = readExitStatus(read->data);
            return;
        }
        if (read->channel != Channel::Stdout && read->channel != Channel::Stderr)
            return;
        if (!read->data.empty()) {
            runs();
            m_handler->onOutput(read->data);
        }
    }

    // The first output proves that the command is there; opened alone does not.
    void runs()
    {
        {
            const std::lock_guard lock(m_mutex);
            if (std::exchange(m_running, true))
                return;
            m_typed.clear();
        }
        m_handler->onOpen(m_target.commands[m_at].empty() ? std::string() : m_target.commands[m_at][0]);
    }

    void onEnd(Result<kube::WebSocketClose> end)
    {
        bool running = false;
        {
            const std::lock_guard lock(m_mutex);
            running = m_running;
        }
        if (!running && m_status && isMissing(*m_status)) {
            if (m_at + 1 < m_target.commands.size()) {
                ++m_at;
                m_status.reset();
                start();
                return;
            }
            if (m_target.commands.size() > 1) {
                finish({SessionEnd::Kind::Failed, 0,
                        Error{ErrorKind::NotFound,
                              translate("Console", "This container has no shell: neither bash nor sh."),
                              m_status->reason, 0, 0}});
                return;
            }
        }
        if (m_status && m_status->code >= 0) {
            runs();
            finish({SessionEnd::Kind::Exited, m_status->code, {}});
        } else if (m_status) {
            finish({SessionEnd::Kind::Failed, 0,
                    Error{ErrorKind::Server, translate("Console", "The command could not be run."),
                          m_status->reason, 0, 0}});
        } else if (end) {
            finish({SessionEnd::Kind::Closed, 0, Error{ErrorKind::Cancelled, {}, end->reason, 0, 0}});
        } else {
            finish({SessionEnd::Kind::Failed, 0, std::move(end.error())});
        }
    }

    void finish(SessionEnd end)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_ended = true;
        }
        m_handler->onEnd(std::move(end));
    }

    const std::shared_ptr<kube::Client> m_client;
    const ExecTarget m_target;
    std::size_t m_at = 0; // the command that is tried; the network thread's, after start()
    std::optional<ExitStatus> m_status;

    std::mutex m_mutex; // guards these; not held while calling the handler or ending a socket
    TerminalSize m_size;
    bool m_reading = true;
    bool m_running = false;
    bool m_ended = false;
    bool m_gone = false;
    bool m_closing = false;
    std::vector<std::string> m_typed;
    std::unique_ptr<kube::WebSocket> m_socket;
    std::unique_ptr<kube::WebSocket> m_replaced; // the network thread's

    const std::shared_ptr<SessionHandler> m_handler;
};

class ExecSession : public Session {
public:
    explicit ExecSession(std::shared_ptr<Exec> exec) : m_exec(std::move(exec)) {}
    ~ExecSession() override { m_exec->stop(); }
    ExecSession(const ExecSession&) = delete;
    ExecSession& operator=(const ExecSession&) = delete;

    bool write(std::string_view bytes) override { return m_exec->write(bytes); }
    void resize(TerminalSize size) override { m_exec->resize(size); }
    void close() override { m_exec->close(); }
    void setReading(bool on) override { m_exec->setReading(on); }

private:
    std::shared_ptr<Exec> m_exec;
};

} // namespace

std::vector<std::vector<std::string>> shellCommands()
{
    return {{"bash"}, {"sh"}};
}

std::unique_ptr<Session> openExec(std::shared_ptr<kube::Client> client, ExecTarget target, TerminalSize size,
                                  std::shared_ptr<SessionHandler> handler)
{
    auto exec = std::make_shared<Exec>(std::move(client), std::move(target), size, std::move(handler));
    exec->client().network().post([exec] { exec->start(); });
    return std::make_unique<ExecSession>(std::move(exec));
}

} // namespace strata::console
