// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/wsserver.h"

#include "core/base/text.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

namespace strata::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using Tls = asio::ssl::stream<tcp::socket>;

} // namespace

class WsServer::Private {
public:
    Private(Options options, std::function<void(Peer&)> session)
        : m_session(std::move(session)), m_onPing(std::move(options.onPing)),
          m_tls(asio::ssl::context::tls_server),
          m_acceptor(m_io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0))
    {
        m_tls.use_certificate_chain(asio::buffer(options.identity.certificatePem));
        m_tls.use_private_key(asio::buffer(options.identity.keyPem), asio::ssl::context::pem);
        if (!options.clientCaPem.empty()) {
            m_tls.add_certificate_authority(asio::buffer(options.clientCaPem));
            m_tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        }
        port = m_acceptor.local_endpoint().port();
        m_thread = std::thread([this] { acceptAll(); });
    }
    ~Private()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_ending = true;
            for (const int fd : m_sockets)
                ::shutdown(fd, SHUT_RDWR);
        }
        m_end.notify_all();
        ::shutdown(m_acceptor.native_handle(), SHUT_RDWR);
        m_thread.join();
        for (std::thread& thread : m_sessions)
            thread.join();
    }
    Private(const Private&) = delete;
    Private& operator=(const Private&) = delete;

    void waitForTheEnd()
    {
        std::unique_lock lock(m_mutex);
        m_end.wait(lock, [this] { return m_ending; });
    }

    int port = 0;
    std::atomic<int> count{0};

private:
    void acceptAll()
    {
        for (;;) {
            beast::error_code fault;
            auto socket = std::make_unique<tcp::socket>(m_io);
            m_acceptor.accept(*socket, fault);
            const std::lock_guard lock(m_mutex);
            if (fault || m_ending)
                return;
            m_sockets.insert(socket->native_handle());
            m_sessions.emplace_back([this, s = std::move(socket)]() mutable { serve(std::move(*s)); });
        }
    }
    void serve(tcp::socket socket);

    std::function<void(Peer&)> m_session;
    std::function<void()> m_onPing;
    asio::io_context m_io;
    asio::ssl::context m_tls;
    tcp::acceptor m_acceptor;
    std::mutex m_mutex;
    std::condition_variable m_end;
    bool m_ending = false;
    std::set<int> m_sockets;
    std::vector<std::thread> m_sessions;
    std::thread m_thread;

    class PeerImpl;
};

class WsServer::Private::PeerImpl : public Peer {
public:
    PeerImpl(Private& server, tcp::socket socket) : m_server(server), m_ws(std::move(socket), server.m_tls) {}

    bool begin()
    {
        beast::error_code fault;
        m_ws.next_layer().handshake(asio::ssl::stream_base::server, fault);
        if (fault)
            return false;
        if (X509* certificate = SSL_get_peer_certificate(m_ws.next_layer().native_handle())) {
            char name[256] = {};
            X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
            m_clientName = name;
            X509_free(certificate);
        }
        http::read(m_ws.next_layer(), m_buffer, m_request, fault);
        if (fault)
            return false;
        m_target = std::string(m_request.target());
        for (const auto& field : m_request)
            m_headers[toLower(std::string(field.name_string()))] = std::string(field.value());
        return true;
    }

    const std::string& target() const override { return m_target; }
    const std::map<std::string, std::string>& headers() const override { return m_headers; }
    const std::string& clientName() const override { return m_clientName; }

    void refuse(int status, const std::string& contentType, const std::string& body,
                const std::map<std::string, std::string>& headers) override
    {
        http::response<http::string_body> answer(static_cast<http::status>(status), 11);
        answer.set(http::field::content_type, contentType);
        for (const auto& [name, value] : headers)
            answer.set(name, value);
        answer.body() = body;
        answer.prepare_payload();
        beast::error_code fault;
        http::write(m_ws.next_layer(), answer, fault);
    }
    bool accept(const std::string& protocol, std::size_t fragment) override
    {
        if (!protocol.empty()) {
            m_ws.set_option(websocket::stream_base::decorator([protocol](websocket::response_type& answer) {
                answer.set(http::field::sec_websocket_protocol, protocol);
            }));
        }
        m_ws.control_callback([this](websocket::frame_type type, beast::string_view) {
            if (type == websocket::frame_type::pong)
                ++m_pongs;
            else if (type == websocket::frame_type::ping && m_server.m_onPing)
                m_server.m_onPing();
        });
        m_ws.read_message_max(256U << 20U);
        if (fragment != 0) {
            m_ws.auto_fragment(true);
            m_ws.write_buffer_bytes(fragment);
        } else {
            m_ws.auto_fragment(false);
        }
        beast::error_code fault;
        m_ws.accept(m_request, fault);
        return !fault;
    }
    std::optional<Message> read() override
    {
        beast::flat_buffer buffer;
        beast::error_code fault;
        m_ws.read(buffer, fault);
        if (fault)
            return std::nullopt;
        return Message{m_ws.got_binary(), beast::buffers_to_string(buffer.data())};
    }
    bool write(bool binary, const std::string& text) override
    {
        beast::error_code fault;
        m_ws.binary(binary);
        m_ws.write(asio::buffer(text), fault);
        return !fault;
    }
    bool writeRaw(const std::string& bytes) override
    {
        beast::error_code fault;
        asio::write(m_ws.next_layer(), asio::buffer(bytes), fault);
        return !fault;
    }
    std::string readRaw(std::size_t most) override
    {
        std::string out(most, '\0');
        beast::error_code fault;
        out.resize(m_ws.next_layer().read_some(asio::buffer(out), fault));
        return out;
    }
    bool ping(const std::string& payload) override
    {
        beast::error_code fault;
        m_ws.ping(websocket::ping_data(payload), fault);
        return !fault;
    }
    int pongs() const override { return m_pongs; }
    void close(int code, const std::string& reason) override
    {
        beast::error_code fault;
        m_ws.close(websocket::close_reason(static_cast<websocket::close_code>(code), reason), fault);
    }
    int closeCode() const override { return m_ws.reason().code; }
    void cut() override
    {
        beast::error_code fault;
        beast::get_lowest_layer(m_ws).shutdown(tcp::socket::shutdown_both, fault);
    }
    void rest() override { m_server.waitForTheEnd(); }

private:
    Private& m_server;
    websocket::stream<Tls> m_ws;
    beast::flat_buffer m_buffer;
    http::request<http::string_body> m_request;
    std::string m_target;
    std::string m_clientName;
    std::map<std::string, std::string> m_headers;
    int m_pongs = 0;
};

void WsServer::Private::serve(tcp::socket socket)
{
    const int fd = socket.native_handle();
    {
        PeerImpl peer(*this, std::move(socket));
        if (peer.begin()) {
            ++count;
            m_session(peer);
        }
        const std::lock_guard lock(m_mutex);
        m_sockets.erase(fd);
    }
}

WsServer::WsServer(Options options, std::function<void(Peer&)> session)
    : m_d(std::make_unique<Private>(std::move(options), std::move(session)))
{}

WsServer::~WsServer() = default;

int WsServer::port() const
{
    return m_d->port;
}

std::string WsServer::url() const
{
    return "https://127.0.0.1:" + std::to_string(m_d->port);
}

int WsServer::sessions() const
{
    return m_d->count;
}

} // namespace strata::test
