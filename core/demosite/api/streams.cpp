// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/streams.h"

#include "core/base/text.h"
#include "core/demosite/api/json.h"
#include "core/demosite/guest/process.h"
#include "core/demosite/guest/rfb.h"
#include "core/demosite/net/spdy.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

namespace strata::demosite {

class FirstProcess {
public:
    explicit FirstProcess(const ExecPlan& plan)
        : m_plan(plan), m_process(std::make_unique<Process>(plan.machine, plan.clock, plan.command, plan.tty,
                                                            /*hasInput=*/true))
    {}

    bool canStart() const { return m_process->startError().empty(); }

    // Where a newcomer's reading begins: what was printed before is not seen. One that has ended was started
    // anew by its kubelet meanwhile.
    std::size_t join()
    {
        const std::lock_guard lock(m_mutex);
        if (m_process->exited())
            m_process =
                std::make_unique<Process>(m_plan.machine, m_plan.clock, m_plan.command, m_plan.tty, true);
        tick();
        return m_gone + m_said.size();
    }
    void input(std::string_view bytes)
    {
        const std::lock_guard lock(m_mutex);
        Output output;
        m_process->input(bytes, output);
        keep(output);
    }
    // What was printed since `at`, which moves on; the exit code once there is nothing more to come.
    std::string read(std::size_t& at, std::optional<int>& exit)
    {
        const std::lock_guard lock(m_mutex);
        tick();
        at = std::max(at, m_gone);
        std::string out = m_said.substr(std::min(at - m_gone, m_said.size()));
        at = m_gone + m_said.size();
        exit = m_process->exited();
        return out;
    }
    std::chrono::milliseconds patience() const
    {
        const std::lock_guard lock(m_mutex);
        return m_process->patience();
    }

private:
    static constexpr std::size_t kMostKept = 64U << 10U;

    void tick()
    {
        Output output;
        m_process->tick(output);
        keep(output);
    }
    // Without a terminal there were two streams; those who attach hear both as one.
    void keep(const Output& output)
    {
        m_said += output.out + output.err;
        if (m_said.size() > kMostKept) {
            m_gone += m_said.size() - kMostKept;
            m_said.erase(0, m_said.size() - kMostKept);
        }
    }

    mutable std::mutex m_mutex; // guards the rest
    const ExecPlan m_plan;
    std::unique_ptr<Process> m_process;
    std::string m_said; // the end of what it printed
    std::size_t m_gone = 0;
};

namespace {

constexpr auto kQuiet = std::chrono::seconds(30);
constexpr std::size_t kMaxRequest = 64U << 10U;
constexpr std::size_t kMaxQueued = 16U << 20U;

// Messages wait here until the connection takes them.
class Queued : public HttpSocket {
public:
    void start(std::function<void()>) override {}
    bool next(std::string& message, bool& done) override
    {
        if (m_queue.empty() && !m_ended)
            poll();
        if (m_queue.empty()) {
            done = m_ended;
            return false;
        }
        message = std::move(m_queue.front());
        m_queue.pop_front();
        m_bytes -= message.size();
        done = m_ended && m_queue.empty();
        return true;
    }
    std::chrono::milliseconds patience() const override { return kQuiet; }

protected:
    virtual void poll() {} // time has passed
    void say(std::string message)
    {
        m_bytes += message.size();
        m_queue.push_back(std::move(message));
        m_ended = m_ended || m_bytes > kMaxQueued; // whoever never reads is not worth the memory
    }
    void end() { m_ended = true; }
    bool ended() const { return m_ended; }

private:
    std::deque<std::string> m_queue;
    std::size_t m_bytes = 0;
    bool m_ended = false;
};

enum Channel : char { In = 0, Out = 1, Err = 2, Error = 3, Resize = 4 };

std::string exitStatus(int code)
{
    if (code == 0)
        return R"({"metadata":{},"status":"Success"})";
    return compact(
        {{"metadata", Json::object()},
         {"status", "Failure"},
         {"message", "command terminated with non-zero exit code: exit status " + std::to_string(code)},
         {"reason", "NonZeroExitCode"},
         {"details",
          {{"causes", Json::array({{{"reason", "ExitCode"}, {"message", std::to_string(code)}}})}}}});
}

std::string startFailure(const std::string& why)
{
    return compact(
        {{"metadata", Json::object()},
         {"status", "Failure"},
         {"message", "Internal error occurred: error executing command in container: failed to exec "
                     "in container: failed to start exec: OCI runtime exec failed: exec failed: "
                     "unable to start container process: " +
                         why + ": unknown"},
         {"reason", "InternalError"},
         {"details", {{"causes", Json::array({{{"message", why}}})}}},
         {"code", 500}});
}

// The framing of the streams of exec and attach; what is behind them decides a derived class.
class Streams : public Queued {
public:
    Streams(Framing framing, bool out, bool err) : m_framing(framing), m_hasOut(out), m_hasErr(err) {}

    void receive(std::string_view message, bool binary) override
    {
        if (m_framing == Framing::Spdy) {
            std::vector<SpdyServer::Event> events;
            if (!m_spdy.feed(message, events)) {
                end();
                return;
            }
            for (const auto& event : events)
                spdyEvent(event);
            flush();
            return;
        }
        if (!binary || message.empty())
            return;
        const auto channel = static_cast<unsigned char>(message[0]);
        if (channel == In)
            input(message.substr(1));
        else if (channel == 255 && m_framing == Framing::ChannelsV5 && message.size() > 1 && message[1] == In)
            inputEnds();
        // Resizing changes nothing in what these programs print.
    }

protected:
    virtual void begin() = 0; // all streams are there
    virtual void input(std::string_view bytes) = 0;
    virtual void inputEnds() = 0;
    unsigned expected = 0; // streams a SPDY client opens

    // Channels are there from the start; SPDY clients open them one by one.
    void beginChannels()
    {
        if (m_framing == Framing::Spdy)
            return;
        say(std::string(1, m_hasOut ? Out : m_hasErr ? Err : Error)); // "connected"
        begin();
    }
    void tell(Channel channel, const std::string& bytes)
    {
        if (bytes.empty() || (channel == Out && !m_hasOut) || (channel == Err && !m_hasErr))
            return;
        if (m_framing == Framing::Spdy) {
            if (const auto found = m_ids.find(channel); found != m_ids.end())
                m_spdy.send(found->second, bytes, false);
            flush();
        } else {
            say(std::string(1, channel) + bytes);
        }
    }
    void tell(const Output& output)
    {
        tell(Out, output.out);
        tell(Err, output.err);
    }
    void finish(const std::string& status)
    {
        tell(Error, status);
        if (m_framing == Framing::Spdy) {
            for (const auto& [channel, id] : m_ids)
                m_spdy.send(id, {}, true);
            flush();
        }
        end();
    }

private:
    void flush()
    {
        if (std::string bytes = m_spdy.take(); !bytes.empty())
            say(std::move(bytes));
    }
    void spdyEvent(const SpdyServer::Event& event)
    {
        using Type = SpdyServer::Event::Type;
        if (event.type == Type::Opened) {
            static const std::map<std::string, Channel> names = {
                {"stdin", In}, {"stdout", Out}, {"stderr", Err}, {"error", Error}, {"resize", Resize}};
            const auto header = event.headers.find("streamtype");
            const auto found = header == event.headers.end() ? names.end() : names.find(header->second);
            if (found == names.end()) {
                m_spdy.reset(event.stream);
                return;
            }
            m_ids[found->second] = event.stream;
            if (m_ids.size() == expected)
                begin();
            return;
        }
        const auto stdIn = m_ids.find(In);
        if (stdIn == m_ids.end() || stdIn->second != event.stream)
            return;
        if (event.type == Type::Data)
            input(event.data);
        else
            inputEnds();
    }

    Framing m_framing;
    bool m_hasOut;
    bool m_hasErr;
    SpdyServer m_spdy;
    std::map<Channel, std::uint32_t> m_ids;
};

class ExecSocket : public Streams {
public:
    ExecSocket(ExecPlan plan, Framing framing)
        : Streams(framing, plan.out, plan.err && !plan.tty),
          m_process(std::move(plan.machine), plan.clock, std::move(plan.command), plan.tty, plan.in)
    {
        expected = 1U + (plan.in ? 1U : 0U) + (plan.out ? 1U : 0U) + (plan.err && !plan.tty ? 1U : 0U) +
                   (plan.tty ? 1U : 0U);
        beginChannels();
    }
    std::chrono::milliseconds patience() const override { return m_process.patience(); }

protected:
    void begin() override
    {
        m_begun = true;
        if (const std::string why = m_process.startError(); !why.empty())
            finish(startFailure(why));
        else
            poll();
    }
    void poll() override
    {
        if (!m_begun || ended())
            return;
        Output output;
        m_process.tick(output);
        settle(output);
    }
    void input(std::string_view bytes) override
    {
        if (!m_begun || ended())
            return;
        Output output;
        m_process.input(bytes, output);
        settle(output);
    }
    void inputEnds() override
    {
        if (!m_begun || ended())
            return;
        Output output;
        m_process.endInput(output);
        settle(output);
    }

private:
    void settle(const Output& output)
    {
        tell(output);
        if (m_process.exited())
            finish(exitStatus(*m_process.exited()));
    }

    Process m_process;
    bool m_begun = false;
};

class AttachSocket : public Streams {
public:
    AttachSocket(std::unique_ptr<HttpStream> output, Framing framing)
        : Streams(framing, true, false), m_output(std::move(output))
    {
        expected = 2; // error and stdout; clients that open more get what there is all the same
        beginChannels();
    }
    std::chrono::milliseconds patience() const override { return m_output->patience(); }

protected:
    void begin() override
    {
        m_begun = true;
        poll();
    }
    void poll() override
    {
        if (!m_begun || ended())
            return;
        bool done = false;
        tell(Out, m_output->read(done));
        if (done)
            finish(exitStatus(0));
    }
    void input(std::string_view) override {} // process 1 does not listen
    void inputEnds() override {}

private:
    std::unique_ptr<HttpStream> m_output;
    bool m_begun = false;
};

// Others may type into the same process: what they cause is looked for so often.
constexpr auto kLookAround = std::chrono::milliseconds(500);

class ListeningAttachSocket : public Streams {
public:
    ListeningAttachSocket(std::shared_ptr<FirstProcess> process, const ExecPlan& asked, Framing framing)
        : Streams(framing, asked.out, asked.err && !asked.tty), m_process(std::move(process)), m_in(asked.in),
          m_at(m_process->join())
    {
        expected = 1U + (asked.in ? 1U : 0U) + (asked.out ? 1U : 0U) + (asked.err && !asked.tty ? 1U : 0U) +
                   (asked.tty ? 1U : 0U);
        beginChannels();
    }
    std::chrono::milliseconds patience() const override
    {
        return std::min<std::chrono::milliseconds>(m_process->patience(), kLookAround);
    }

protected:
    void begin() override
    {
        m_begun = true;
        poll();
    }
    void poll() override
    {
        if (!m_begun || ended())
            return;
        std::optional<int> exit;
        tell(Out, m_process->read(m_at, exit));
        if (exit)
            finish(exitStatus(*exit));
    }
    void input(std::string_view bytes) override
    {
        if (!m_begun || !m_in || ended())
            return;
        m_process->input(bytes);
        poll();
    }
    void inputEnds() override {} // without stdinOnce it waits for the next one to attach

private:
    const std::shared_ptr<FirstProcess> m_process;
    const bool m_in;
    std::size_t m_at;
    bool m_begun = false;
};

// One connection to a port of a pod: a little web server, or the greeting of an SSH server.
class PortPeer {
public:
    PortPeer(const Ports& ports, unsigned port) : m_ports(ports), m_port(port)
    {
        if (is(ports.ssh))
            m_out = "SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.13\r\n";
    }
    void receive(std::string_view bytes)
    {
        if (m_closed)
            return;
        m_in += bytes;
        if (is(m_ports.ssh) || m_in.size() > kMaxRequest) {
            m_closed = m_in.find('\n') != std::string::npos; // the talk would go on in cipher
            return;
        }
        for (std::size_t end = m_in.find("\r\n\r\n"); end != std::string::npos && !m_closed;
             end = m_in.find("\r\n\r\n")) {
            answer(m_in.substr(0, end));
            m_in.erase(0, end + 4);
        }
    }
    std::string take()
    {
        std::string out = std::move(m_out);
        m_out.clear();
        return out;
    }
    bool closed() const { return m_closed; }

private:
    bool is(const std::vector<unsigned>& list) const
    {
        return std::find(list.begin(), list.end(), m_port) != list.end();
    }
    void answer(const std::string& head)
    {
        const auto words = split(head.substr(0, head.find("\r\n")), ' ');
        if (words.size() != 3 || words[2].rfind("HTTP/1.", 0) != 0) {
            m_closed = true;
            return;
        }
        const std::string lower = toLower(head);
        m_closed = words[2] == "HTTP/1.0" || lower.find("connection: close") != std::string::npos;
        std::string body;
        const std::string& path = words[1];
        std::string type = "text/plain; charset=utf-8";
        if (path == "/healthz" || path == "/readyz" || path == "/livez") {
            body = "ok\n";
        } else if (path == "/metrics") {
            body = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.7e+09\n";
        } else {
            type = "text/html; charset=utf-8";
            body = "<!DOCTYPE html>\n<title>" + m_ports.name + "</title>\n<h1>" + m_ports.name +
                   "</h1>\n<p>This page comes from port " + std::to_string(m_port) + " of the demo.</p>\n";
        }
        m_out += "HTTP/1.1 200 OK\r\nServer: demo\r\nContent-Type: " + type +
                 "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                 (m_closed ? "Connection: close\r\n" : "") + "\r\n";
        if (words[0] != "HEAD")
            m_out += body;
    }

    Ports m_ports;
    unsigned m_port;
    std::string m_in;
    std::string m_out;
    bool m_closed = false;
};

std::string refusal(const Ports& ports, unsigned port)
{
    const std::string number = std::to_string(port);
    return "error forwarding port " + number + " to pod " + ports.uid +
           ", uid : failed to execute portforward in network namespace: failed to connect to localhost:" +
           number + " inside namespace: dial tcp4 127.0.0.1:" + number + ": connect: connection refused";
}

// Port-forward over SPDY: pairs of an error and a data stream a connection.
class SpdyForward : public Queued {
public:
    explicit SpdyForward(Ports ports) : m_ports(std::move(ports)) {}
    void receive(std::string_view message, bool) override
    {
        std::vector<SpdyServer::Event> events;
        if (!m_spdy.feed(message, events)) {
            end();
            return;
        }
        for (const auto& event : events)
            handle(event);
        if (std::string bytes = m_spdy.take(); !bytes.empty())
            say(std::move(bytes));
    }

private:
    struct Pair {
        std::uint32_t error = 0;
        std::unique_ptr<PortPeer> peer;
    };
    void handle(const SpdyServer::Event& event)
    {
        using Type = SpdyServer::Event::Type;
        if (event.type == Type::Opened) {
            const auto header = [&](const char* name) {
                const auto found = event.headers.find(name);
                return found == event.headers.end() ? std::string() : found->second;
            };
            const std::string request = header("requestid");
            if (header("streamtype") == "error") {
                m_errors[request] = event.stream;
                return;
            }
            unsigned port = 0;
            const std::string number = header("port");
            std::from_chars(number.data(), number.data() + number.size(), port);
            const std::uint32_t error = m_errors[request];
            m_errors.erase(request);
            if (!m_ports.listens(port)) {
                m_spdy.send(error, refusal(m_ports, port), true);
                m_spdy.send(event.stream, {}, true);
                return;
            }
            Pair& pair = m_pairs[event.stream];
            pair.error = error;
            pair.peer = std::make_unique<PortPeer>(m_ports, port);
            speak(event.stream, pair);
            return;
        }
        const auto found = m_pairs.find(event.stream);
        if (found == m_pairs.end())
            return;
        if (event.type == Type::Data) {
            found->second.peer->receive(event.data);
            speak(event.stream, found->second);
        }
        if (event.type != Type::Data || found->second.peer->closed()) {
            m_spdy.send(event.stream, {}, true);
            m_spdy.send(found->second.error, {}, true);
            m_pairs.erase(found);
        }
    }
    void speak(std::uint32_t stream, const Pair& pair)
    {
        if (const std::string bytes = pair.peer->take(); !bytes.empty())
            m_spdy.send(stream, bytes, false);
    }

    Ports m_ports;
    SpdyServer m_spdy;
    std::map<std::string, std::uint32_t> m_errors;
    std::map<std::uint32_t, Pair> m_pairs;
};

// Port-forward over channels: two a port, data and errors, each begun by the port's number.
class ChannelForward : public Queued {
public:
    ChannelForward(const Ports& ports, const std::vector<unsigned>& asked)
    {
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const std::string number{static_cast<char>(asked[i] & 0xFFU), static_cast<char>(asked[i] >> 8U)};
            say(static_cast<char>(2 * i) + number);
            say(static_cast<char>(2 * i + 1) + number);
            if (ports.listens(asked[i])) {
                m_peers.push_back(std::make_unique<PortPeer>(ports, asked[i]));
                speak(i);
            } else {
                m_peers.push_back(nullptr);
                say(static_cast<char>(2 * i + 1) + refusal(ports, asked[i]));
            }
        }
    }
    void receive(std::string_view message, bool binary) override
    {
        const std::size_t index = message.empty() ? 0 : static_cast<unsigned char>(message[0]) / 2U;
        if (!binary || message.size() < 2 || message[0] % 2 != 0 || index >= m_peers.size() ||
            !m_peers[index])
            return;
        m_peers[index]->receive(message.substr(1));
        speak(index);
        if (m_peers[index]->closed() && m_peers.size() == 1)
            end(); // there is no half-close
    }

private:
    void speak(std::size_t index)
    {
        if (const std::string bytes = m_peers[index]->take(); !bytes.empty())
            say(static_cast<char>(2 * index) + bytes);
    }

    std::vector<std::unique_ptr<PortPeer>> m_peers;
};

class PlainPort : public Queued {
public:
    PlainPort(const Ports& ports, unsigned port) : m_peer(ports, port) { speak(); }
    void receive(std::string_view message, bool binary) override
    {
        if (!binary)
            return;
        m_peer.receive(message);
        speak();
        if (m_peer.closed())
            end();
    }

private:
    void speak()
    {
        if (std::string bytes = m_peer.take(); !bytes.empty())
            say(std::move(bytes));
    }

    PortPeer m_peer;
};

// Somebody else took the seat: this one is shown out.
class ConsoleSocket : public Queued {
public:
    ConsoleSocket(Machine machine, Clock clock, bool paused, Seat seat)
        : m_terminal(std::move(machine), std::move(clock), paused), m_seat(std::move(seat))
    {
        speak(m_terminal.start());
    }
    void receive(std::string_view message, bool binary) override
    {
        if (binary)
            speak(m_terminal.input(message));
    }
    std::chrono::milliseconds patience() const override
    {
        return std::min<std::chrono::milliseconds>(m_terminal.patience(), kLookAround);
    }

protected:
    void poll() override
    {
        if (*m_seat)
            end();
        else
            speak(m_terminal.tick());
    }

private:
    void speak(std::string bytes)
    {
        if (!bytes.empty())
            say(std::move(bytes));
    }

    GuestTerminal m_terminal;
    Seat m_seat;
};

class ScreenSocket : public Queued {
public:
    ScreenSocket(Machine machine, Clock clock, bool paused, Seat seat)
        : m_screen(std::move(machine), std::move(clock), paused), m_server(m_screen), m_seat(std::move(seat))
    {
        speak();
    }
    void receive(std::string_view message, bool binary) override
    {
        if (binary && !m_server.feed(message))
            end();
        speak();
    }
    std::chrono::milliseconds patience() const override { return m_screen.patience(); }

protected:
    void poll() override
    {
        if (*m_seat) {
            end();
            return;
        }
        m_screen.tick();
        m_server.tick();
        speak();
    }

private:
    void speak()
    {
        if (std::string bytes = m_server.take(); !bytes.empty())
            say(std::move(bytes));
    }

    GuestScreen m_screen;
    RfbServer m_server;
    Seat m_seat;
};

} // namespace

bool Ports::listens(unsigned port) const
{
    return std::find(http.begin(), http.end(), port) != http.end() ||
           std::find(ssh.begin(), ssh.end(), port) != ssh.end();
}

std::unique_ptr<HttpSocket> execSocket(ExecPlan plan, Framing framing)
{
    return std::make_unique<ExecSocket>(std::move(plan), framing);
}

std::unique_ptr<HttpSocket> attachSocket(std::unique_ptr<HttpStream> output, Framing framing)
{
    return std::make_unique<AttachSocket>(std::move(output), framing);
}

std::shared_ptr<FirstProcess> startFirstProcess(const ExecPlan& plan)
{
    auto process = std::make_shared<FirstProcess>(plan);
    return process->canStart() ? process : nullptr;
}

std::unique_ptr<HttpSocket> attachSocket(std::shared_ptr<FirstProcess> process, const ExecPlan& asked,
                                         Framing framing)
{
    return std::make_unique<ListeningAttachSocket>(std::move(process), asked, framing);
}

std::unique_ptr<HttpSocket> portForwardSocket(Ports ports, std::vector<unsigned> asked, Framing framing)
{
    if (framing == Framing::Spdy)
        return std::make_unique<SpdyForward>(std::move(ports));
    return std::make_unique<ChannelForward>(ports, asked);
}

std::unique_ptr<HttpSocket> plainPortSocket(Ports ports, unsigned port)
{
    return std::make_unique<PlainPort>(ports, port);
}

std::unique_ptr<HttpSocket> consoleSocket(Machine machine, Clock clock, bool paused, Seat seat)
{
    return std::make_unique<ConsoleSocket>(std::move(machine), std::move(clock), paused, std::move(seat));
}

std::unique_ptr<HttpSocket> screenSocket(Machine machine, Clock clock, bool paused, Seat seat)
{
    return std::make_unique<ScreenSocket>(std::move(machine), std::move(clock), paused, std::move(seat));
}

std::string screenshotPng(Machine machine, Clock clock, bool paused)
{
    return GuestScreen(std::move(machine), std::move(clock), paused).png();
}

} // namespace strata::demosite
