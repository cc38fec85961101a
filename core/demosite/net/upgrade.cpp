// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/net/upgrade.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <array>

namespace strata::demosite {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using BoostError = boost::system::error_code;

constexpr std::size_t kMaxMessage = 4U << 20U;

// What both kinds of upgraded connection share: a peer to be asked for the next message whenever it woke up
// or was patient long enough. All on the stream's strand.
class Upgraded : public std::enable_shared_from_this<Upgraded> {
public:
    Upgraded(net::any_io_executor executor, std::unique_ptr<HttpSocket> peer, ConnectionCount count)
        : m_peer(std::move(peer)), m_executor(executor), m_timer(executor), m_count(std::move(count))
    {
        ++*m_count;
    }
    virtual ~Upgraded() { --*m_count; }
    Upgraded(const Upgraded&) = delete;
    Upgraded& operator=(const Upgraded&) = delete;

protected:
    virtual void write(const std::string& message) = 0; // calls written()
    virtual void end() = 0;

    void begin()
    {
        m_peer->start([weak = weak_from_this(), executor = m_executor] {
            net::post(executor, [weak] {
                if (const auto self = weak.lock())
                    self->pump();
            });
        });
        pump();
    }
    void pump()
    {
        if (m_writing || !m_peer)
            return;
        m_timer.cancel();
        if (m_done) {
            m_peer.reset();
            end();
            return;
        }
        m_out.clear();
        if (m_peer->next(m_out, m_done)) {
            m_writing = true;
            write(m_out);
            return;
        }
        if (m_done) {
            pump();
            return;
        }
        m_timer.expires_after(m_peer->patience());
        m_timer.async_wait([self = shared_from_this()](BoostError error) {
            if (!error)
                self->pump();
        });
    }
    void written(BoostError error)
    {
        m_writing = false;
        if (error)
            drop();
        else
            pump();
    }
    void drop()
    {
        m_peer.reset();
        m_timer.cancel();
    }

    std::unique_ptr<HttpSocket> m_peer;

private:
    net::any_io_executor m_executor;
    net::steady_timer m_timer;
    ConnectionCount m_count;
    std::string m_out;
    bool m_writing = false;
    bool m_done = false;
};

class WebSocketSession : public Upgraded {
public:
    WebSocketSession(TlsStream stream, UpgradeRequest request, HttpAnswer answer, ConnectionCount count)
        : Upgraded(stream.get_executor(), std::move(answer.socket), std::move(count)),
          m_stream(std::move(stream)), m_request(std::move(request)), m_protocol(std::move(answer.protocol))
    {}

    void run()
    {
        beast::get_lowest_layer(m_stream).expires_never();
        // Pings when it is quiet, so that a dead client is noticed.
        m_stream.set_option(
            websocket::stream_base::timeout{std::chrono::seconds(30), std::chrono::minutes(2), true});
        m_stream.set_option(websocket::stream_base::decorator([this](websocket::response_type& response) {
            if (!m_protocol.empty())
                response.set(beast::http::field::sec_websocket_protocol, m_protocol);
        }));
        m_stream.read_message_max(kMaxMessage);
        m_stream.async_accept(m_request, [self = self()](BoostError error) {
            if (error)
                return;
            self->m_stream.binary(true);
            self->begin();
            self->read();
        });
    }

private:
    std::shared_ptr<WebSocketSession> self()
    {
        return std::static_pointer_cast<WebSocketSession>(shared_from_this());
    }
    void read()
    {
        m_stream.async_read(m_in, [self = self()](BoostError error, std::size_t) {
            if (error || !self->m_peer) {
                self->drop();
                return;
            }
            self->m_peer->receive(beast::buffers_to_string(self->m_in.cdata()), self->m_stream.got_binary());
            self->m_in.consume(self->m_in.size());
            self->pump();
            self->read();
        });
    }
    void write(const std::string& message) override
    {
        m_stream.async_write(net::buffer(message),
                             [self = self()](BoostError error, std::size_t) { self->written(error); });
    }
    void end() override
    {
        m_stream.async_close(websocket::close_code::normal, [self = self()](BoostError) {});
    }

    websocket::stream<TlsStream> m_stream;
    UpgradeRequest m_request;
    std::string m_protocol;
    beast::flat_buffer m_in;
};

class RawSession : public Upgraded {
public:
    RawSession(TlsStream stream, HttpAnswer answer, const std::string& upgrade, ConnectionCount count)
        : Upgraded(stream.get_executor(), std::move(answer.socket), std::move(count)),
          m_stream(std::move(stream)),
          m_head("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + "\r\n")
    {
        if (!answer.protocol.empty())
            m_head += "X-Stream-Protocol-Version: " + answer.protocol + "\r\n";
        m_head += "\r\n";
    }

    void run()
    {
        beast::get_lowest_layer(m_stream).expires_never();
        net::async_write(m_stream, net::buffer(m_head), [self = self()](BoostError error, std::size_t) {
            if (error)
                return;
            self->begin();
            self->read();
        });
    }

private:
    std::shared_ptr<RawSession> self() { return std::static_pointer_cast<RawSession>(shared_from_this()); }
    void read()
    {
        m_stream.async_read_some(net::buffer(m_in), [self = self()](BoostError error, std::size_t size) {
            if (error || !self->m_peer) {
                self->drop();
                return;
            }
            self->m_peer->receive(std::string_view(self->m_in.data(), size), true);
            self->pump();
            self->read();
        });
    }
    void write(const std::string& message) override
    {
        net::async_write(m_stream, net::buffer(message),
                         [self = self()](BoostError error, std::size_t) { self->written(error); });
    }
    void end() override
    {
        m_stream.async_shutdown([self = self()](BoostError) {
            BoostError ignored;
            beast::get_lowest_layer(self->m_stream).socket().close(ignored);
        });
    }

    TlsStream m_stream;
    std::string m_head;
    std::array<char, 16384> m_in{};
};

} // namespace

void serveWebSocket(TlsStream stream, UpgradeRequest request, HttpAnswer answer, ConnectionCount count)
{
    std::make_shared<WebSocketSession>(std::move(stream), std::move(request), std::move(answer),
                                       std::move(count))
        ->run();
}

void serveRaw(TlsStream stream, HttpAnswer answer, const std::string& upgrade, ConnectionCount count)
{
    std::make_shared<RawSession>(std::move(stream), std::move(answer), upgrade, std::move(count))->run();
}

} // namespace strata::demosite
