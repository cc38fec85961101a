// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/sshsocket.h"

#include "core/demosite/guest/process.h"
#include "core/demosite/net/pipe.h"

#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

namespace strata::demosite {
namespace {

constexpr int kLongestMs = 100; // between two looks at what became due
constexpr const char* kUser = "capk";

class Server {
public:
    Server(int fd, Machine machine, Clock clock, const SshKey& host, const SshKey& tenant)
        : m_fd(fd), m_machine(std::move(machine)), m_clock(std::move(clock))
    {
        ssh_pki_import_privkey_base64(host.privateKey.c_str(), nullptr, nullptr, nullptr, &m_hostKey);
        ssh_pki_import_privkey_base64(tenant.privateKey.c_str(), nullptr, nullptr, nullptr, &m_tenantKey);
    }
    ~Server()
    {
        if (m_tenantKey != nullptr)
            ssh_key_free(m_tenantKey);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void run()
    {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
        ssh_bind bind = ssh_bind_new();
        m_session = ssh_new();
        ssh_event event = ssh_event_new();
        if (bind != nullptr && m_session != nullptr && event != nullptr && m_hostKey != nullptr) {
            ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, m_hostKey); // the bind's from now on
            m_hostKey = nullptr;
            talk(bind, event);
        }
        if (event != nullptr)
            ssh_event_free(event);
        if (m_session != nullptr) {
            ssh_disconnect(m_session);
            ssh_free(m_session);
        }
        if (bind != nullptr)
            ssh_bind_free(bind);
        if (m_hostKey != nullptr)
            ssh_key_free(m_hostKey);
    }

private:
    void talk(ssh_bind bind, ssh_event event)
    {
        ssh_server_callbacks_struct server{};
        server.userdata = this;
        server.auth_pubkey_function = &Server::onKey;
        server.channel_open_request_session_function = &Server::onChannel;
        ssh_callbacks_init(&server);
        if (ssh_bind_accept_fd(bind, m_session, m_fd) != SSH_OK) // it closes the descriptor
            return;
        ssh_set_server_callbacks(m_session, &server);
        ssh_set_auth_methods(m_session, SSH_AUTH_METHOD_PUBLICKEY);
        if (ssh_handle_key_exchange(m_session) != SSH_OK || ssh_event_add_session(event, m_session) != SSH_OK)
            return;
        bool said = false;
        for (;;) {
            int wait = kLongestMs;
            if (m_process)
                wait = static_cast<int>(std::min<std::int64_t>(m_process->patience().count(), kLongestMs));
            if (ssh_event_dopoll(event, wait) == SSH_ERROR || !ssh_is_connected(m_session))
                break;
            if (!m_process || said)
                continue;
            Output output;
            m_process->tick(output);
            tell(output);
            if (m_process->exited()) {
                ssh_channel_request_send_exit_status(m_channel, *m_process->exited());
                ssh_channel_send_eof(m_channel);
                ssh_channel_close(m_channel);
                said = true; // the client hangs up
            }
        }
        ssh_event_remove_session(event, m_session);
    }

    void tell(const Output& output)
    {
        if (!output.out.empty())
            ssh_channel_write(m_channel, output.out.data(), static_cast<std::uint32_t>(output.out.size()));
        if (!output.err.empty())
            ssh_channel_write_stderr(m_channel, output.err.data(),
                                     static_cast<std::uint32_t>(output.err.size()));
    }

    void begin(std::vector<std::string> command, bool tty)
    {
        Machine machine = m_machine;
        machine.user = kUser;
        machine.environment["USER"] = kUser;
        if (tty) {
            const std::string greeting =
                "Welcome to " + machine.os + " (GNU/Linux " + machine.kernel + " x86_64)\r\n\r\n";
            ssh_channel_write(m_channel, greeting.data(), static_cast<std::uint32_t>(greeting.size()));
        }
        m_process.emplace(std::move(machine), m_clock, std::move(command), tty, true);
    }

    static int onKey(ssh_session, const char* user, struct ssh_key_struct* key, char state, void* data)
    {
        auto& self = *static_cast<Server*>(data);
        if (std::string(user) != kUser || self.m_tenantKey == nullptr ||
            ssh_key_cmp(key, self.m_tenantKey, SSH_KEY_CMP_PUBLIC) != 0)
            return SSH_AUTH_DENIED;
        return state == SSH_PUBLICKEY_STATE_NONE || state == SSH_PUBLICKEY_STATE_VALID ? SSH_AUTH_SUCCESS
                                                                                       : SSH_AUTH_DENIED;
    }

    static ssh_channel onChannel(ssh_session session, void* data)
    {
        auto& self = *static_cast<Server*>(data);
        if (self.m_channel != nullptr)
            return nullptr; // one is enough
        self.m_channel = ssh_channel_new(session);
        self.m_calls.userdata = data;
        self.m_calls.channel_data_function = &Server::onData;
        self.m_calls.channel_eof_function = &Server::onEof;
        self.m_calls.channel_pty_request_function = &Server::onPty;
        self.m_calls.channel_shell_request_function = &Server::onShell;
        self.m_calls.channel_exec_request_function = &Server::onExec;
        self.m_calls.channel_env_request_function = &Server::onEnv;
        self.m_calls.channel_pty_window_change_function = &Server::onResize;
        ssh_callbacks_init(&self.m_calls);
        ssh_set_channel_callbacks(self.m_channel, &self.m_calls);
        return self.m_channel;
    }

    static int onData(ssh_session, ssh_channel, void* bytes, std::uint32_t size, int, void* data)
    {
        auto& self = *static_cast<Server*>(data);
        if (self.m_process && !self.m_process->exited()) {
            Output output;
            self.m_process->input({static_cast<const char*>(bytes), size}, output);
            self.tell(output);
        }
        return static_cast<int>(size);
    }
    static void onEof(ssh_session, ssh_channel, void* data)
    {
        auto& self = *static_cast<Server*>(data);
        if (self.m_process && !self.m_process->exited()) {
            Output output;
            self.m_process->endInput(output);
            self.tell(output);
        }
    }
    static int onPty(ssh_session, ssh_channel, const char*, int, int, int, int, void* data)
    {
        static_cast<Server*>(data)->m_tty = true;
        return 0;
    }
    static int onShell(ssh_session, ssh_channel, void* data)
    {
        auto& self = *static_cast<Server*>(data);
        self.begin({"sh"}, self.m_tty);
        return 0;
    }
    static int onExec(ssh_session, ssh_channel, const char* command, void* data)
    {
        auto& self = *static_cast<Server*>(data);
        self.begin({"sh", "-c", command}, self.m_tty);
        return 0;
    }
    static int onEnv(ssh_session, ssh_channel, const char*, const char*, void*) { return 0; }
    static int onResize(ssh_session, ssh_channel, int, int, int, int, void*) { return 0; }

    const int m_fd;
    Machine m_machine;
    Clock m_clock;
    ssh_key m_hostKey = nullptr;
    ssh_key m_tenantKey = nullptr;
    ssh_session m_session = nullptr;
    ssh_channel m_channel = nullptr;
    ssh_channel_callbacks_struct m_calls{};
    bool m_tty = false;
    std::optional<Process> m_process;
};

// The API server's end, and the thread at the other.
class SshSocket : public HttpSocket {
public:
    SshSocket(std::unique_ptr<HttpSocket> pipe, std::thread thread)
        : m_pipe(std::move(pipe)), m_thread(std::move(thread))
    {}
    ~SshSocket() override
    {
        m_pipe.reset(); // its hanging up ends the thread
        m_thread.join();
    }
    SshSocket(const SshSocket&) = delete;
    SshSocket& operator=(const SshSocket&) = delete;

    void start(std::function<void()> wake) override { m_pipe->start(std::move(wake)); }
    void receive(std::string_view message, bool binary) override { m_pipe->receive(message, binary); }
    bool next(std::string& message, bool& done) override { return m_pipe->next(message, done); }
    std::chrono::milliseconds patience() const override { return m_pipe->patience(); }

private:
    std::unique_ptr<HttpSocket> m_pipe;
    std::thread m_thread;
};

} // namespace

std::unique_ptr<HttpSocket> sshSocket(Machine machine, Clock clock, const SshKey& host, const SshKey& tenant)
{
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return nullptr;
    std::unique_ptr<HttpSocket> pipe = pipeOver(ends[0]);
    if (!pipe) {
        ::close(ends[1]);
        return nullptr;
    }
    std::thread thread([fd = ends[1], machine = std::move(machine), clock = std::move(clock), host, tenant] {
        Server(fd, machine, clock, host, tenant).run();
    });
    return std::make_unique<SshSocket>(std::move(pipe), std::move(thread));
}

} // namespace strata::demosite
