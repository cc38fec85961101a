// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/net/server.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/demosite/net/upgrade.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <openssl/x509.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace strata::demosite {
namespace {

// A quoted-string of a header; what could end the line is left out.
std::string quotedText(const std::string& text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)
            out += c;
    }
    return out + "\"";
}

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = net::ip::tcp;
using BoostError = boost::system::error_code;

constexpr std::uint64_t kMaxBody = 3U << 20U;
// Boost 1.74 takes no limit at all for one of nothing.
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kPiece = 256U << 10U; // of a body that goes to a sink
constexpr std::uint32_t kMaxHeader = 64U << 10U;
constexpr auto kHandshakeTime = std::chrono::seconds(30);
constexpr auto kIdleTime = std::chrono::minutes(5);
constexpr auto kWriteTime = std::chrono::minutes(2);
constexpr std::size_t kMaxConnections = 8192;

const char* reasonPhrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 413:
        return "Request Entity Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Entity";
    case 429:
        return "Too Many Requests";
    case 500:
        return "Internal Server Error";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "Status";
    }
}

std::string httpDate()
{
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[64];
    return std::string(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc));
}

Identity certificateIdentity(SSL* ssl)
{
    Identity identity;
    X509* const certificate = SSL_get1_peer_certificate(ssl);
    if (certificate == nullptr)
        return identity;
    if (SSL_get_verify_result(ssl) == X509_V_OK) {
        X509_NAME* const subject = X509_get_subject_name(certificate);
        const auto values = [&](int nid, auto&& use) {
            for (int at = X509_NAME_get_index_by_NID(subject, nid, -1); at >= 0;
                 at = X509_NAME_get_index_by_NID(subject, nid, at)) {
                const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
                use(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                static_cast<std::size_t>(ASN1_STRING_length(text))));
            }
        };
        values(NID_commonName, [&](std::string value) { identity.user = std::move(value); });
        values(NID_organizationName, [&](std::string value) { identity.groups.push_back(std::move(value)); });
        identity.known = !identity.user.empty();
    }
    identity.refused = !identity.known;
    X509_free(certificate);
    return identity;
}

class Session;

// What the connections to one port share.
struct Site {
    explicit Site(net::ssl::context context, std::shared_ptr<HttpHandler> h)
        : tls(std::move(context)), handler(std::move(h))
    {}
    net::ssl::context tls;
    std::shared_ptr<HttpHandler> handler;

    void entered(const std::shared_ptr<Session>& session)
    {
        const std::lock_guard lock(m_mutex);
        if (m_sessions.size() >= m_full) {
            m_sessions.erase(std::remove_if(m_sessions.begin(), m_sessions.end(),
                                            [](const auto& weak) { return weak.expired(); }),
                             m_sessions.end());
            m_full = std::max<std::size_t>(32, m_sessions.size() * 2);
        }
        m_sessions.push_back(session);
    }
    std::vector<std::weak_ptr<Session>> sessions()
    {
        const std::lock_guard lock(m_mutex);
        return std::move(m_sessions);
    }

private:
    std::mutex m_mutex;
    std::vector<std::weak_ptr<Session>> m_sessions;
    std::size_t m_full = 32;
};

// Null when the endpoint's certificates cannot be used.
std::shared_ptr<Site> makeSite(const Endpoint& endpoint)
{
    const auto key = endpoint.key();
    if (!key)
        return nullptr;
    BoostError error;
    net::ssl::context tls(net::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    // Sessions are small change next to a handshake on P-256, and a cache a context would add up at 1,000
    // clusters.
    SSL_CTX_set_session_cache_mode(tls.native_handle(), SSL_SESS_CACHE_OFF);
    tls.use_certificate_chain(net::buffer(key->certificatePem), error);
    if (!error)
        tls.use_private_key(net::buffer(key->keyPem), net::ssl::context::pem, error);
    if (!error)
        tls.add_certificate_authority(net::buffer(endpoint.caPem), error);
    // A wrong certificate is not a broken handshake: the client is told 401, as by a real API server.
    SSL_CTX_set_verify(tls.native_handle(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    static constexpr unsigned char id[] = "strata-demosite";
    SSL_CTX_set_session_id_context(tls.native_handle(), id, sizeof id - 1);
    if (error)
        return nullptr;
    return std::make_shared<Site>(std::move(tls), endpoint.handler);
}

// One connection. All of its work runs on its own strand.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, std::shared_ptr<Site> site, std::shared_ptr<std::atomic<std::size_t>> count)
        : m_site(std::move(site)), m_count(std::move(count)), m_stream(std::move(socket), m_site->tls),
          m_executor(m_stream.get_executor()), m_timer(m_executor)
    {
        ++*m_count;
    }
    ~Session() { --*m_count; }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void run()
    {
        net::dispatch(m_stream.get_executor(), [self = shared_from_this()] {
            beast::get_lowest_layer(self->m_stream).expires_after(kHandshakeTime);
            self->m_stream.async_handshake(net::ssl::stream_base::server, [self](BoostError error) {
                if (error)
                    return;
                self->m_certificate = certificateIdentity(self->m_stream.native_handle());
                self->read();
            });
        });
    }

    // From any thread.
    void cut()
    {
        net::post(m_executor, [self = shared_from_this()] {
            if (!self->m_upgraded)
                self->abandon();
        });
    }

private:
    void read()
    {
        m_parser.reset();
        m_request.emplace();
        m_request->header_limit(kMaxHeader);
        m_request->body_limit(kNoLimit); // looked at below
        beast::get_lowest_layer(m_stream).expires_after(kIdleTime);
        http::async_read_header(
            m_stream, m_buffer, *m_request,
            [self = shared_from_this()](BoostError error, std::size_t) { self->onHead(error); });
    }

    // The head decides where the body goes.
    void onHead(BoostError error)
    {
        if (error) {
            onRead(error);
            return;
        }
        const auto length = m_request->content_length();
        const auto& message = m_request->get();
        if (message.method() == http::verb::post) {
            HttpRequest head;
            head.method = "POST";
            parseTarget({message.target().data(), message.target().size()}, head);
            const auto authorization = message[http::field::authorization];
            head.authorization = std::string(authorization.data(), authorization.size());
            head.contentLength = length ? *length : 0;
            if (m_site->handler->receives(head)) {
                receive(head);
                return;
            }
        }
        if (length && *length > kMaxBody) {
            onRead(http::error::body_limit);
            return;
        }
        m_parser.emplace(std::move(*m_request));
        m_parser->body_limit(kMaxBody);
        http::async_read(
            m_stream, m_buffer, *m_parser,
            [self = shared_from_this()](BoostError failed, std::size_t) { self->onRead(failed); });
    }

    void receive(const HttpRequest& head)
    {
        const auto value = m_request->get()[http::field::expect];
        const bool expects = beast::iequals({value.data(), value.size()}, "100-continue");
        m_keepAlive = m_request->get().keep_alive();
        m_headOnly = false;
        HttpAnswer refusal;
        m_sink = m_site->handler->receive(head, refusal);
        if (!m_sink) {
            m_keepAlive = false; // its body is not read
            send(std::move(refusal));
            return;
        }
        m_upload.emplace(std::move(*m_request));
        m_upload->body_limit(kNoLimit);
        m_piece.resize(kPiece);
        if (!expects) {
            readPiece();
            return;
        }
        m_body = "HTTP/1.1 100 Continue\r\n\r\n";
        net::async_write(m_stream, net::buffer(m_body),
                         [self = shared_from_this()](BoostError error, std::size_t) {
                             self->m_body = {};
                             if (error)
                                 self->abandon();
                             else
                                 self->readPiece();
                         });
    }

    void readPiece()
    {
        if (m_upload->is_done()) {
            HttpAnswer answer = m_sink->finish();
            m_sink.reset();
            m_upload.reset();
            m_piece = {};
            send(std::move(answer));
            return;
        }
        m_upload->get().body().data = m_piece.data();
        m_upload->get().body().size = m_piece.size();
        beast::get_lowest_layer(m_stream).expires_after(kIdleTime);
        http::async_read(m_stream, m_buffer, *m_upload,
                         [self = shared_from_this()](BoostError error, std::size_t) {
                             if (error == http::error::need_buffer)
                                 error = {};
                             const std::size_t got = self->m_piece.size() - self->m_upload->get().body().size;
                             if (error || !self->m_sink->take({self->m_piece.data(), got})) {
                                 self->m_sink.reset();
                                 self->abandon();
                                 return;
                             }
                             self->readPiece();
                         });
    }

    void onRead(BoostError error)
    {
        if (error == http::error::body_limit || error == http::error::header_limit) {
            HttpAnswer answer;
            answer.status = 413;
            answer.body = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
                          R"("message":"Request entity too large: limit is 3145728",)"
                          R"("reason":"RequestEntityTooLarge","code":413})";
            m_keepAlive = false;
            send(std::move(answer));
            return;
        }
        if (error) {
            close();
            return;
        }
        auto message = m_parser->release();
        HttpRequest request;
        const auto header = [&](http::field field) {
            const auto value = message[field];
            return std::string(value.data(), value.size());
        };
        request.method = std::string(message.method_string().data(), message.method_string().size());
        parseTarget({message.target().data(), message.target().size()}, request);
        for (const auto& field : message) { // several Accept headers count as one list
            if (field.name() == http::field::accept)
                request.accept += (request.accept.empty() ? "" : ",") +
                                  std::string(field.value().data(), field.value().size());
        }
        const std::string type = header(http::field::content_type);
        request.contentType = toLower(trimmed(std::string_view(type).substr(0, type.find(';'))));
        request.userAgent = header(http::field::user_agent);
        request.host = header(http::field::host);
        request.authorization = header(http::field::authorization);
        request.impersonateUser = [&] {
            const auto value = message["Impersonate-User"];
            return std::string(value.data(), value.size());
        }();
        request.upgrade = toLower(header(http::field::upgrade));
        for (const auto& field : message) {
            const std::string value(field.value().data(), field.value().size());
            if (beast::iequals(field.name_string(), "Impersonate-Group"))
                request.impersonateGroups.push_back(value);
            else if (field.name() == http::field::sec_websocket_protocol ||
                     beast::iequals(field.name_string(), "X-Stream-Protocol-Version"))
                for (const std::string& protocol : split(value, ','))
                    request.protocols.emplace_back(trimmed(protocol));
        }
        request.body = message.body();
        m_keepAlive = message.keep_alive();
        m_headOnly = request.method == "HEAD";
        request.identity = m_certificate;
        constexpr std::string_view bearer = "Bearer ";
        if (!request.identity.known && request.authorization.compare(0, bearer.size(), bearer) == 0)
            request.identity =
                m_site->handler->identify(std::string_view(request.authorization).substr(bearer.size()));
        HttpAnswer answer = m_site->handler->handle(request);
        if (!answer.socket) {
            send(std::move(answer));
            return;
        }
        // The connection goes on without this session.
        m_upgraded = true;
        beast::get_lowest_layer(m_stream).expires_never();
        if (answer.raw)
            serveRaw(std::move(m_stream), std::move(answer), header(http::field::upgrade), m_count);
        else
            serveWebSocket(std::move(m_stream), std::move(message), std::move(answer), m_count);
    }

    void send(HttpAnswer answer)
    {
        m_head = "HTTP/1.1 " + std::to_string(answer.status) + " " + reasonPhrase(answer.status) + "\r\n";
        m_head += "Date: " + httpDate() + "\r\nContent-Type: " + answer.contentType +
                  "\r\nCache-Control: no-cache, private\r\n";
        for (const std::string& warning : answer.warnings)
            m_head += "Warning: 299 - " + quotedText(warning) + "\r\n";
        if (answer.retryAfterSeconds > 0)
            m_head += "Retry-After: " + std::to_string(answer.retryAfterSeconds) + "\r\n";
        if (!m_keepAlive)
            m_head += "Connection: close\r\n";
        if (answer.stream) {
            m_head += "Transfer-Encoding: chunked\r\n\r\n";
            startStream(std::move(answer.stream));
            return;
        }
        m_head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
        // One buffer: a head of its own would also be a TLS record and a packet of its own.
        m_body = std::move(m_head);
        if (!m_headOnly)
            m_body += answer.body;
        beast::get_lowest_layer(m_stream).expires_after(kWriteTime);
        net::async_write(m_stream, net::buffer(m_body),
                         [self = shared_from_this()](BoostError error, std::size_t) {
                             self->m_body = {};
                             if (error)
                                 return;
                             if (self->m_keepAlive)
                                 self->read();
                             else
                                 self->close();
                         });
    }

    // A stream is written whenever it has bytes; meanwhile one read waits for the client to hang up.
    void startStream(std::unique_ptr<HttpStream> stream)
    {
        m_httpStream = std::move(stream);
        m_ended = false;
        beast::get_lowest_layer(m_stream).expires_never();
        m_httpStream->start([weak = weak_from_this(), executor = m_stream.get_executor()] {
            net::post(executor, [weak] {
                if (const auto self = weak.lock())
                    self->pump();
            });
        });
        m_stream.async_read_some(net::buffer(m_probe),
                                 [self = shared_from_this()](BoostError, std::size_t) { self->abandon(); });
        m_writing = true;
        net::async_write(m_stream, net::buffer(m_head),
                         [self = shared_from_this()](BoostError error, std::size_t) {
                             self->m_writing = false;
                             if (error)
                                 self->abandon();
                             else
                                 self->pump();
                         });
    }

    void pump()
    {
        if (m_writing || !m_httpStream || m_ended)
            return;
        m_timer.cancel();
        std::string bytes = m_httpStream->read(m_ended);
        if (bytes.empty() && !m_ended) {
            m_timer.expires_after(m_httpStream->patience());
            m_timer.async_wait([self = shared_from_this()](BoostError error) {
                if (!error)
                    self->pump();
            });
            return;
        }
        m_body.clear();
        if (!bytes.empty()) {
            char size[24];
            std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
            m_body = size + bytes + "\r\n";
        }
        if (m_ended)
            m_body += "0\r\n\r\n";
        m_writing = true;
        net::async_write(
            m_stream, net::buffer(m_body), [self = shared_from_this()](BoostError error, std::size_t) {
                self->m_writing = false;
                if (error)
                    self->abandon();
                else if (self->m_ended)
                    self->close(); // the probing read makes this connection unfit for another request
                else
                    self->pump();
            });
    }

    void abandon()
    {
        m_httpStream.reset();
        m_timer.cancel();
        BoostError ignored;
        beast::get_lowest_layer(m_stream).socket().close(ignored);
    }

    void close()
    {
        m_httpStream.reset();
        beast::get_lowest_layer(m_stream).expires_after(std::chrono::seconds(5));
        m_stream.async_shutdown([self = shared_from_this()](BoostError) {
            BoostError ignored;
            beast::get_lowest_layer(self->m_stream).socket().close(ignored);
        });
    }

    std::shared_ptr<Site> m_site;
    std::shared_ptr<std::atomic<std::size_t>> m_count;
    beast::ssl_stream<beast::tcp_stream> m_stream;
    net::any_io_executor m_executor; // outlives the stream's move
    net::steady_timer m_timer;
    beast::flat_buffer m_buffer;
    std::optional<http::request_parser<http::empty_body>>
        m_request; // its head, until it is known where it goes
    std::optional<http::request_parser<http::string_body>> m_parser;
    std::optional<http::request_parser<http::buffer_body>> m_upload; // with m_sink
    std::unique_ptr<HttpSink> m_sink;
    std::vector<char> m_piece;
    Identity m_certificate;
    std::string m_head;
    std::string m_body;
    std::unique_ptr<HttpStream> m_httpStream;
    std::array<char, 256> m_probe{};
    bool m_keepAlive = true;
    bool m_headOnly = false;
    bool m_writing = false;
    bool m_ended = false;
    bool m_upgraded = false;
};

class Listener : public std::enable_shared_from_this<Listener> {
public:
    Listener(net::io_context& loop, std::shared_ptr<std::atomic<std::size_t>> count)
        : m_loop(loop), m_acceptor(loop), m_count(std::move(count))
    {}

    BoostError open(unsigned short& port)
    {
        BoostError error;
        const tcp::endpoint endpoint(net::ip::address_v4::loopback(), 0);
        m_acceptor.open(endpoint.protocol(), error);
        if (!error)
            m_acceptor.bind(endpoint, error);
        if (!error)
            m_acceptor.listen(net::socket_base::max_listen_connections, error);
        if (!error)
            port = m_acceptor.local_endpoint(error).port();
        return error;
    }

    void serve(Endpoint endpoint)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_endpoint = std::move(endpoint);
        }
        accept();
    }

    void cut()
    {
        std::shared_ptr<Site> site;
        {
            const std::lock_guard lock(m_mutex);
            site = m_site;
        }
        if (!site)
            return;
        for (const auto& weak : site->sessions()) {
            if (const auto session = weak.lock())
                session->cut();
        }
    }

    void renew(std::function<Result<ServerKey>()> key)
    {
        cut();
        const std::lock_guard lock(m_mutex);
        m_endpoint.key = std::move(key);
        m_site = nullptr;
    }

private:
    void accept()
    {
        m_acceptor.async_accept(
            net::make_strand(m_loop), [self = shared_from_this()](BoostError error, tcp::socket socket) {
                if (error == net::error::operation_aborted)
                    return;
                if (const auto site = error || *self->m_count >= kMaxConnections ? nullptr : self->site()) {
                    BoostError ignored;
                    socket.set_option(tcp::no_delay(true), ignored);
                    const auto session = std::make_shared<Session>(std::move(socket), site, self->m_count);
                    site->entered(session);
                    session->run();
                }
                if (error == net::error::no_descriptors) {
                    // Out of files: try again a little later instead of spinning.
                    auto timer =
                        std::make_shared<net::steady_timer>(self->m_loop, std::chrono::milliseconds(100));
                    timer->async_wait([self, timer](BoostError) { self->accept(); });
                    return;
                }
                self->accept();
            });
    }

    // A TLS context takes OpenSSL milliseconds to make: the first connection pays, so that a thousand
    // listeners that nobody asks cost nothing.
    std::shared_ptr<Site> site()
    {
        const std::lock_guard lock(m_mutex);
        if (!m_site)
            m_site = makeSite(m_endpoint);
        return m_site;
    }

    net::io_context& m_loop;
    tcp::acceptor m_acceptor;
    std::shared_ptr<std::atomic<std::size_t>> m_count;
    std::mutex m_mutex; // below
    Endpoint m_endpoint;
    std::shared_ptr<Site> m_site;
};

} // namespace

class Server::Private {
public:
    explicit Private(unsigned threads) : loop(static_cast<int>(threads)), work(net::make_work_guard(loop))
    {
        for (unsigned i = 0; i < threads; ++i)
            pool.emplace_back([this] { loop.run(); });
    }

    net::io_context loop;
    net::executor_work_guard<net::io_context::executor_type> work;
    std::vector<std::thread> pool;
    std::mutex mutex;
    std::map<unsigned short, std::shared_ptr<Listener>> listeners;
    std::shared_ptr<std::atomic<std::size_t>> connections = std::make_shared<std::atomic<std::size_t>>(0);
};

Server::Server(unsigned threads) : m_d(std::make_unique<Private>(threads))
{
    // A listener and some connections a cluster: more than the usual soft limit of 1,024 files at a big site.
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, 16384);
        if (limit.rlim_cur < wanted) {
            limit.rlim_cur = wanted;
            setrlimit(RLIMIT_NOFILE, &limit);
        }
    }
}

Server::~Server()
{
    m_d->work.reset();
    m_d->loop.stop();
    for (std::thread& thread : m_d->pool)
        thread.join();
    m_d->listeners.clear();
}

Result<unsigned short> Server::reserve()
{
    auto listener = std::make_shared<Listener>(m_d->loop, m_d->connections);
    unsigned short port = 0;
    if (const BoostError error = listener->open(port))
        return fail(ErrorKind::Io, translate("DemoSite", "The demo site cannot listen on 127.0.0.1."),
                    error.message());
    const std::lock_guard lock(m_d->mutex);
    m_d->listeners.emplace(port, std::move(listener));
    return port;
}

Result<void> Server::serve(unsigned short port, Endpoint endpoint)
{
    const std::lock_guard lock(m_d->mutex);
    const auto found = m_d->listeners.find(port);
    if (found == m_d->listeners.end())
        return fail(ErrorKind::Internal, translate("DemoSite", "The demo site has no such port."));
    found->second->serve(std::move(endpoint));
    return {};
}

void Server::cut(unsigned short port)
{
    const std::lock_guard lock(m_d->mutex);
    if (const auto found = m_d->listeners.find(port); found != m_d->listeners.end())
        found->second->cut();
}

void Server::renew(unsigned short port, std::function<Result<ServerKey>()> key)
{
    const std::lock_guard lock(m_d->mutex);
    if (const auto found = m_d->listeners.find(port); found != m_d->listeners.end())
        found->second->renew(std::move(key));
}

Result<unsigned short> Server::listen(Endpoint endpoint)
{
    const auto port = reserve();
    if (!port)
        return port;
    if (auto good = serve(*port, std::move(endpoint)); !good)
        return tl::unexpected<Error>(good.error());
    return port;
}

} // namespace strata::demosite
