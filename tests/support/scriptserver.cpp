// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/scriptserver.h"

#include "core/base/text.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

namespace strata::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

Reply Reply::text(int status, std::string contentType, std::string body,
                  std::map<std::string, std::string> headers)
{
    Reply reply;
    headers["content-type"] = std::move(contentType);
    headers["content-length"] = std::to_string(body.size());
    reply.steps.push_back({Kind::Head, status, std::move(headers), {}, 1, {}});
    reply.bytes(std::move(body)).end();
    return reply;
}

Reply Reply::json(int status, std::string body, std::map<std::string, std::string> headers)
{
    return text(status, "application/json", std::move(body), std::move(headers));
}

Reply Reply::stream(int status, std::map<std::string, std::string> headers)
{
    Reply reply;
    headers.emplace("content-type", "application/json");
    reply.steps.push_back({Kind::Head, status, std::move(headers), {}, 1, {}});
    return reply;
}

Reply Reply::raw(std::string bytes)
{
    Reply reply;
    reply.steps.push_back({Kind::Raw, 0, {}, std::move(bytes), 1, {}});
    return reply;
}

Reply& Reply::bytes(std::string text) &
{
    steps.push_back({Kind::Bytes, 0, {}, std::move(text), 1, {}});
    return *this;
}
Reply& Reply::drip(std::string text, std::size_t pieceSize, std::chrono::milliseconds interval) &
{
    steps.push_back({Kind::Drip, 0, {}, std::move(text), pieceSize, interval});
    return *this;
}
Reply& Reply::end() &
{
    steps.push_back({Kind::End, 0, {}, {}, 1, {}});
    return *this;
}
Reply& Reply::cut() &
{
    steps.push_back({Kind::Cut, 0, {}, {}, 1, {}});
    return *this;
}
Reply& Reply::reset() &
{
    steps.push_back({Kind::Reset, 0, {}, {}, 1, {}});
    return *this;
}
Reply& Reply::hold() &
{
    steps.push_back({Kind::Hold, 0, {}, {}, 1, {}});
    return *this;
}

namespace {

// The way back to the client for one request, whatever the protocol.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    virtual ~Exchange() = default;
    virtual void head(int status, const std::map<std::string, std::string>& headers) = 0;
    virtual void bytes(std::string text) = 0;
    virtual void raw(std::string text) = 0;
    virtual void end() = 0;
    virtual void cut() = 0;
    virtual void reset() = 0;
};

struct Expectation {
    std::string method;
    std::string path;
    std::vector<std::string> queryParts;
    Reply reply;
    int times = 1;
    int met = 0;
    std::vector<std::weak_ptr<Exchange>> held;
    std::vector<std::function<void(Exchange&)>> early; // what the test wanted before anything was held open
};

// A header may come more than once.
void addHeader(ScriptServer::Seen& request, const std::string& name, const std::string& value)
{
    std::string& all = request.headers[name];
    all += (all.empty() ? "" : ", ") + value;
}

} // namespace

class ScriptServer::Private {
public:
    class Connection;

    explicit Private(Options given)
        : options(std::move(given)), tls(asio::ssl::context::tls_server),
          acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), guard(io.get_executor())
    {
        tls.use_certificate_chain(asio::buffer(options.identity.certificatePem));
        tls.use_private_key(asio::buffer(options.identity.keyPem), asio::ssl::context::pem);
        if (!options.clientCaPem.empty()) {
            tls.add_certificate_authority(asio::buffer(options.clientCaPem));
            tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        }
        SSL_CTX_set_alpn_select_cb(
            tls.native_handle(),
            [](SSL*, const unsigned char** out, unsigned char* length, const unsigned char* in,
               unsigned inLength, void* user) {
                const auto* self = static_cast<Private*>(user);
                static const unsigned char kBoth[] = "\x02h2\x08http/1.1";
                static const unsigned char kOld[] = "\x08http/1.1";
                const unsigned char* offer = self->options.http2 ? kBoth : kOld;
                const auto size =
                    static_cast<unsigned>((self->options.http2 ? sizeof kBoth : sizeof kOld) - 1);
                unsigned char* chosen = nullptr;
                if (SSL_select_next_proto(&chosen, length, offer, size, in, inLength) !=
                    OPENSSL_NPN_NEGOTIATED)
                    return SSL_TLSEXT_ERR_NOACK;
                *out = chosen;
                return SSL_TLSEXT_ERR_OK;
            },
            this);
    }

    void accept();
    void serve(Seen request, const std::shared_ptr<Exchange>& exchange);
    void perform(int id, std::shared_ptr<const Reply> reply, std::size_t index,
                 const std::shared_ptr<Exchange>& exchange);
    void drip(int id, std::shared_ptr<const Reply> reply, std::size_t index, std::size_t offset,
              const std::shared_ptr<Exchange>& exchange);
    // Does it to every answer that the expectation holds open; when there is none yet, to the first.
    void toHeld(int id, std::function<void(Exchange&)> act)
    {
        asio::post(io, [this, id, act = std::move(act)] {
            std::vector<std::shared_ptr<Exchange>> all;
            {
                const std::lock_guard lock(mutex);
                Expectation& expectation = expectations.at(static_cast<std::size_t>(id));
                if (expectation.held.empty()) {
                    expectation.early.push_back(act);
                    return;
                }
                for (const auto& weak : expectation.held) {
                    if (auto exchange = weak.lock())
                        all.push_back(std::move(exchange));
                }
            }
            for (const auto& exchange : all)
                act(*exchange);
        });
    }

    Options options;
    asio::io_context io;
    asio::ssl::context tls;
    tcp::acceptor acceptor;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    std::set<std::shared_ptr<Connection>> live; // the server's thread only
    std::thread thread;

    mutable std::mutex mutex;
    std::deque<Expectation> expectations;
    std::vector<std::string> faults;
    std::vector<Seen> seen;
    int connections = 0;
};

class ScriptServer::Private::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Private& server, tcp::socket socket)
        : m_server(server), m_stream(std::move(socket), server.tls)
    {}
    ~Connection()
    {
        if (m_session != nullptr)
            nghttp2_session_del(m_session);
    }

    void start()
    {
        m_stream.async_handshake(asio::ssl::stream_base::server,
                                 [self = shared_from_this()](error_code code) { self->onHandshake(code); });
    }

    void close(bool reset)
    {
        if (m_closed)
            return;
        m_closed = true;
        error_code ignored;
        auto& socket = m_stream.lowest_layer();
        if (reset)
            socket.set_option(asio::socket_base::linger(true, 0), ignored);
        socket.close(ignored);
        // Frees what the streams hold of us, after the callbacks that may be running.
        asio::post(m_server.io, [self = shared_from_this()] {
            self->m_exchanges.clear();
            self->m_server.live.erase(self);
        });
    }

private:
    friend class OldExchange;
    friend class NewExchange;

    void onHandshake(error_code code)
    {
        if (code) {
            // Closing with unread bytes would reset the connection and take the alert with it.
            error_code ignored;
            m_stream.lowest_layer().shutdown(tcp::socket::shutdown_send, ignored);
            drain();
            return;
        }
        {
            const std::lock_guard lock(m_server.mutex);
            m_number = ++m_server.connections;
        }
        if (X509* certificate = SSL_get1_peer_certificate(m_stream.native_handle())) {
            char name[256] = {};
            X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
            m_clientName = name;
            X509_free(certificate);
        }
        const unsigned char* protocol = nullptr;
        unsigned length = 0;
        SSL_get0_alpn_selected(m_stream.native_handle(), &protocol, &length);
        if (length == 2)
            startHttp2();
        read();
    }

    void drain()
    {
        m_stream.next_layer().async_read_some(asio::buffer(m_in),
                                              [self = shared_from_this()](error_code code, std::size_t) {
                                                  if (code)
                                                      self->close(false);
                                                  else
                                                      self->drain();
                                              });
    }

    void read()
    {
        m_stream.async_read_some(asio::buffer(m_in),
                                 [self = shared_from_this()](error_code code, std::size_t count) {
                                     if (code || self->m_closed) {
                                         self->close(false);
                                         return;
                                     }
                                     if (self->m_session != nullptr)
                                         self->onHttp2(count);
                                     else
                                         self->onHttp1(count);
                                     if (!self->m_closed)
                                         self->read();
                                 });
    }

    // ---- writing, shared ----
    enum class Then { Nothing, Cut, Reset };
    void write(std::string bytes, Then then = Then::Nothing)
    {
        m_out.push_back({std::move(bytes), then});
        if (m_out.size() == 1)
            writeNext();
    }
    void writeNext()
    {
        if (m_closed)
            return;
        asio::async_write(m_stream, asio::buffer(m_out.front().first),
                          [self = shared_from_this()](error_code code, std::size_t) {
                              if (code || self->m_closed) {
                                  self->close(false);
                                  return;
                              }
                              const Then then = self->m_out.front().second;
                              self->m_out.pop_front();
                              if (then != Then::Nothing)
                                  self->close(then == Then::Reset);
                              else if (!self->m_out.empty())
                                  self->writeNext();
                          });
    }

    // ---- HTTP/1.1 ----
    class OldExchange : public Exchange {
    public:
        explicit OldExchange(std::shared_ptr<Connection> connection) : m_connection(std::move(connection)) {}
        void head(int status, const std::map<std::string, std::string>& headers) override
        {
            std::string text = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
            for (const auto& [key, value] : headers)
                text += key + ": " + value + "\r\n";
            m_chunked = headers.count("content-length") == 0;
            if (m_chunked)
                text += "transfer-encoding: chunked\r\n";
            m_connection->write(text + "\r\n");
        }
        void bytes(std::string text) override
        {
            if (text.empty())
                return;
            if (!m_chunked) {
                m_connection->write(std::move(text));
                return;
            }
            char size[32];
            std::snprintf(size, sizeof size, "%zx\r\n", text.size());
            m_connection->write(size + text + "\r\n");
        }
        void raw(std::string text) override { m_connection->write(std::move(text)); }
        void end() override
        {
            if (m_chunked)
                m_connection->write("0\r\n\r\n");
        }
        void cut() override { m_connection->write({}, Then::Cut); }
        void reset() override { m_connection->write({}, Then::Reset); }

    private:
        std::shared_ptr<Connection> m_connection;
        bool m_chunked = false;
    };

    void onHttp1(std::size_t count)
    {
        m_text.append(m_in.data(), count);
        for (;;) {
            const std::size_t headEnd = m_text.find("\r\n\r\n");
            if (headEnd == std::string::npos)
                return;
            Seen request;
            const auto lines = split(std::string_view(m_text).substr(0, headEnd), '\n');
            const auto words = split(trimmed(lines.front()), ' ');
            if (words.size() != 3) {
                close(false);
                return;
            }
            request.method = words[0];
            setTarget(request, words[1]);
            for (std::size_t i = 1; i < lines.size(); ++i) {
                const std::size_t colon = lines[i].find(':');
                if (colon != std::string::npos)
                    addHeader(request, toLower(lines[i].substr(0, colon)),
                              std::string(trimmed(lines[i].substr(colon + 1))));
            }
            std::size_t length = 0;
            if (const auto it = request.headers.find("content-length"); it != request.headers.end())
                length = std::stoul(it->second);
            if (m_text.size() < headEnd + 4 + length)
                return;
            request.body = m_text.substr(headEnd + 4, length);
            m_text.erase(0, headEnd + 4 + length);
            auto exchange = std::make_shared<OldExchange>(shared_from_this());
            m_exchanges[m_next++] = exchange;
            finish(std::move(request), exchange);
        }
    }

    static void setTarget(Seen& request, const std::string& target)
    {
        const std::size_t mark = target.find('?');
        request.path = target.substr(0, mark);
        if (mark != std::string::npos)
            request.query = target.substr(mark + 1);
    }

    void finish(Seen request, const std::shared_ptr<Exchange>& exchange)
    {
        request.clientName = m_clientName;
        request.connection = m_number;
        m_server.serve(std::move(request), exchange);
    }

    // ---- HTTP/2 ----
    class NewExchange : public Exchange {
    public:
        NewExchange(std::shared_ptr<Connection> connection, std::int32_t stream)
            : m_connection(std::move(connection)), m_stream(stream)
        {}
        void head(int status, const std::map<std::string, std::string>& headers) override
        {
            const std::string code = std::to_string(status);
            std::vector<nghttp2_nv> list;
            const auto add = [&list](const std::string& key, const std::string& value) {
                list.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(key.data())),
                                reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), key.size(),
                                value.size(), NGHTTP2_NV_FLAG_NONE});
            };
            const std::string statusKey = ":status";
            add(statusKey, code);
            for (const auto& [key, value] : headers)
                add(key, value);
            nghttp2_data_provider provider{};
            provider.source.ptr = this;
            provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer,
                                        std::size_t length, std::uint32_t* flags, nghttp2_data_source* source,
                                        void*) -> ssize_t {
                auto* self = static_cast<NewExchange*>(source->ptr);
                const std::size_t size = std::min(length, self->m_pending.size());
                std::copy_n(self->m_pending.data(), size, reinterpret_cast<char*>(buffer));
                self->m_pending.erase(0, size);
                if (self->m_pending.empty() && self->m_ended)
                    *flags |= NGHTTP2_DATA_FLAG_EOF;
                else if (size == 0)
                    return NGHTTP2_ERR_DEFERRED;
                return static_cast<ssize_t>(size);
            };
            nghttp2_submit_response(m_connection->m_session, m_stream, list.data(), list.size(), &provider);
            m_connection->flush();
        }
        void bytes(std::string text) override
        {
            m_pending += text;
            resume();
        }
        void raw(std::string text) override { bytes(std::move(text)); }
        void end() override
        {
            m_ended = true;
            resume();
        }
        void cut() override
        {
            m_connection->flush();
            m_connection->write({}, Then::Cut);
        }
        void reset() override
        {
            nghttp2_submit_rst_stream(m_connection->m_session, NGHTTP2_FLAG_NONE, m_stream,
                                      NGHTTP2_INTERNAL_ERROR);
            m_connection->flush();
        }

        Seen request;

    private:
        void resume()
        {
            nghttp2_session_resume_data(m_connection->m_session, m_stream);
            m_connection->flush();
        }
        std::shared_ptr<Connection> m_connection;
        std::int32_t m_stream;
        std::string m_pending;
        bool m_ended = false;
    };

    void startHttp2()
    {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_begin_headers_callback(
            callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                auto* self = static_cast<Connection*>(user);
                const auto id = frame->hd.stream_id;
                self->m_exchanges[id] = std::make_shared<NewExchange>(self->shared_from_this(), id);
                return 0;
            });
        nghttp2_session_callbacks_set_on_header_callback(
            callbacks,
            [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t nameLength,
               const std::uint8_t* value, std::size_t valueLength, std::uint8_t, void* user) {
                auto* exchange = static_cast<Connection*>(user)->newExchange(frame->hd.stream_id);
                if (exchange == nullptr)
                    return 0;
                const std::string key(reinterpret_cast<const char*>(name), nameLength);
                const std::string text(reinterpret_cast<const char*>(value), valueLength);
                if (key == ":method")
                    exchange->request.method = text;
                else if (key == ":path")
                    setTarget(exchange->request, text);
                else
                    addHeader(exchange->request, key == ":authority" ? "host" : key, text);
                return 0;
            });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                          std::size_t length, void* user) {
                if (auto* exchange = static_cast<Connection*>(user)->newExchange(stream))
                    exchange->request.body.append(reinterpret_cast<const char*>(data), length);
                return 0;
            });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                auto* self = static_cast<Connection*>(user);
                const bool request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
                if (request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
                    // Answering inside nghttp2's own callback is not allowed.
                    asio::post(self->m_server.io,
                               [keep = self->shared_from_this(), id = frame->hd.stream_id] {
                                   const auto it = keep->m_exchanges.find(id);
                                   if (it == keep->m_exchanges.end() || keep->m_closed)
                                       return;
                                   const auto exchange = std::static_pointer_cast<NewExchange>(it->second);
                                   keep->finish(exchange->request, exchange);
                               });
                }
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            callbacks, [](nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
                auto* self = static_cast<Connection*>(user);
                asio::post(self->m_server.io,
                           [keep = self->shared_from_this(), stream] { keep->m_exchanges.erase(stream); });
                return 0;
            });
        nghttp2_session_server_new(&m_session, callbacks, this);
        nghttp2_session_callbacks_del(callbacks);
        const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 250}};
        nghttp2_submit_settings(m_session, NGHTTP2_FLAG_NONE, settings, 1);
        flush();
    }

    NewExchange* newExchange(std::int32_t stream)
    {
        const auto it = m_exchanges.find(stream);
        return it == m_exchanges.end() ? nullptr : static_cast<NewExchange*>(it->second.get());
    }

    void onHttp2(std::size_t count)
    {
        const auto used =
            nghttp2_session_mem_recv(m_session, reinterpret_cast<const std::uint8_t*>(m_in.data()), count);
        if (used < 0) {
            close(false);
            return;
        }
        flush();
    }

    void flush()
    {
        std::string bytes;
        for (;;) {
            const std::uint8_t* data = nullptr;
            const auto size = nghttp2_session_mem_send(m_session, &data);
            if (size <= 0)
                break;
            bytes.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
        }
        if (!bytes.empty())
            write(std::move(bytes));
    }

    Private& m_server;
    TlsStream m_stream;
    std::array<char, 16384> m_in{};
    std::string m_text;
    std::deque<std::pair<std::string, Then>> m_out;
    std::map<std::int32_t, std::shared_ptr<Exchange>> m_exchanges;
    std::int32_t m_next = 1;
    nghttp2_session* m_session = nullptr;
    std::string m_clientName;
    int m_number = 0;
    bool m_closed = false;
};

void ScriptServer::Private::accept()
{
    acceptor.async_accept([this](error_code code, tcp::socket socket) {
        if (code)
            return;
        socket.set_option(tcp::no_delay(true), code);
        auto connection = std::make_shared<Connection>(*this, std::move(socket));
        live.insert(connection);
        connection->start();
        accept();
    });
}

void ScriptServer::Private::serve(Seen request, const std::shared_ptr<Exchange>& exchange)
{
    std::shared_ptr<const Reply> reply;
    int id = -1;
    {
        const std::lock_guard lock(mutex);
        const std::string target = request.method + " " + request.path + "?" + request.query;
        for (std::size_t i = 0; i < expectations.size(); ++i) {
            Expectation& e = expectations[i];
            const bool query =
                std::all_of(e.queryParts.begin(), e.queryParts.end(), [&](const std::string& part) {
                    return ("&" + request.query + "&").find("&" + part) != std::string::npos;
                });
            if (e.met < e.times && e.method == request.method && e.path == request.path && query) {
                ++e.met;
                id = static_cast<int>(i);
                reply = std::make_shared<Reply>(e.reply);
                break;
            }
        }
        seen.push_back(std::move(request));
        if (id < 0)
            faults.push_back("unexpected: " + target);
    }
    if (id < 0)
        reply =
            std::make_shared<Reply>(Reply::json(500, R"({"kind":"Status","message":"not in the script"})"));
    perform(id, reply, 0, exchange);
}

void ScriptServer::Private::perform(int id, std::shared_ptr<const Reply> reply, std::size_t index,
                                    const std::shared_ptr<Exchange>& exchange)
{
    for (; index < reply->steps.size(); ++index) {
        const Reply::Step& step = reply->steps[index];
        switch (step.kind) {
        case Reply::Kind::Head:
            exchange->head(step.status, step.headers);
            break;
        case Reply::Kind::Bytes:
            exchange->bytes(step.bytes);
            break;
        case Reply::Kind::Raw:
            exchange->raw(step.bytes);
            break;
        case Reply::Kind::Drip:
            drip(id, reply, index, 0, exchange);
            return;
        case Reply::Kind::End:
            exchange->end();
            break;
        case Reply::Kind::Cut:
            exchange->cut();
            break;
        case Reply::Kind::Reset:
            exchange->reset();
            break;
        case Reply::Kind::Hold: {
            std::vector<std::function<void(Exchange&)>> early;
            {
                const std::lock_guard lock(mutex);
                Expectation& expectation = expectations.at(static_cast<std::size_t>(id));
                expectation.held.push_back(exchange);
                early.swap(expectation.early);
            }
            for (const auto& act : early)
                act(*exchange);
            break;
        }
        }
    }
}

void ScriptServer::Private::drip(int id, std::shared_ptr<const Reply> reply, std::size_t index,
                                 std::size_t offset, const std::shared_ptr<Exchange>& exchange)
{
    const Reply::Step& step = reply->steps[index];
    if (offset >= step.bytes.size()) {
        perform(id, reply, index + 1, exchange);
        return;
    }
    exchange->bytes(step.bytes.substr(offset, step.pieceSize));
    auto timer = std::make_shared<asio::steady_timer>(io, step.interval);
    timer->async_wait([this, timer, id, reply, index, offset, exchange](error_code code) {
        if (!code)
            drip(id, reply, index, offset + reply->steps[index].pieceSize, exchange);
    });
}

ScriptServer::ScriptServer(Options options) : m_d(std::make_unique<Private>(std::move(options)))
{
    m_d->accept();
    m_d->thread = std::thread([this] { m_d->io.run(); });
}

ScriptServer::~ScriptServer()
{
    asio::post(m_d->io, [this] {
        error_code ignored;
        m_d->acceptor.close(ignored);
        const auto live = m_d->live;
        for (const auto& connection : live)
            connection->close(false);
        m_d->guard.reset();
        // Timers of slow replies would keep the loop alive; closing has been posted before this.
        asio::post(m_d->io, [this] { m_d->io.stop(); });
    });
    m_d->thread.join();
}

int ScriptServer::port() const
{
    return m_d->acceptor.local_endpoint().port();
}

std::string ScriptServer::url() const
{
    return "https://127.0.0.1:" + std::to_string(port());
}

int ScriptServer::expect(const std::string& method, const std::string& path,
                         std::vector<std::string> queryParts, Reply reply, int times)
{
    const std::lock_guard lock(m_d->mutex);
    m_d->expectations.push_back({method, path, std::move(queryParts), std::move(reply), times, 0, {}, {}});
    return static_cast<int>(m_d->expectations.size()) - 1;
}

void ScriptServer::push(int expectation, std::string bytes)
{
    m_d->toHeld(expectation, [bytes = std::move(bytes)](Exchange& exchange) { exchange.bytes(bytes); });
}

void ScriptServer::end(int expectation)
{
    m_d->toHeld(expectation, [](Exchange& exchange) { exchange.end(); });
}

void ScriptServer::cut(int expectation)
{
    m_d->toHeld(expectation, [](Exchange& exchange) { exchange.cut(); });
}

int ScriptServer::answered(int expectation) const
{
    const std::lock_guard lock(m_d->mutex);
    return m_d->expectations.at(static_cast<std::size_t>(expectation)).met;
}

bool ScriptServer::dry() const
{
    const std::lock_guard lock(m_d->mutex);
    return std::all_of(m_d->expectations.begin(), m_d->expectations.end(),
                       [](const Expectation& e) { return e.met == e.times; });
}

std::string ScriptServer::problems() const
{
    const std::lock_guard lock(m_d->mutex);
    std::string out;
    for (const std::string& fault : m_d->faults)
        out += fault + "\n";
    for (const Expectation& e : m_d->expectations) {
        if (e.met < e.times) {
            out += "missing: " + e.method + " " + e.path;
            for (const std::string& part : e.queryParts)
                out += " " + part;
            out += "\n";
        }
    }
    return out;
}

std::vector<ScriptServer::Seen> ScriptServer::seen() const
{
    const std::lock_guard lock(m_d->mutex);
    return m_d->seen;
}

int ScriptServer::connections() const
{
    const std::lock_guard lock(m_d->mutex);
    return m_d->connections;
}

} // namespace strata::test
