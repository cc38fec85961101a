// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/client.h"

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/base/translate.h"
#include "core/kube/api/status.h"
#include "core/kube/config/serverurl.h"
#include "core/kube/net/loop.h"
#include "core/kube/net/neterror.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace strata::kube {
namespace {

using Ms = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr long kConnectTimeoutMs = 10'000;
// A peer that vanished without a word is noticed after at most 20 + 3 × 8 s, or 24 s after we sent something.
constexpr int kKeepIdleSeconds = 20;
constexpr int kKeepIntervalSeconds = 8;
constexpr int kKeepCount = 3;
constexpr unsigned kUserTimeoutMs = 24'000;
constexpr std::size_t kMaxHeaderBytes = 256U << 10U;
constexpr std::size_t kMaxFaultBody = 256U << 10U; // of an answer that ends as an error
constexpr long kIdleConnections = 8;

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("KubeNetwork", text), values);
}

class Core;

// One request. The network thread owns all of it but `calling` and `dead`.
struct Transfer {
    std::shared_ptr<Core> core; // while in flight
    Request request;
    bool isStream = false;

    // A callback runs with `calling` held; a handle that goes sets `dead` under it (or on the network thread,
    // where no callback can run beside it).
    std::mutex calling;
    std::atomic<bool> dead{false};
    std::function<void(Result<Response>)> done;
    std::shared_ptr<StreamHandler> handler;

    CURL* easy = nullptr;
    curl_slist* headerList = nullptr;
    curl_slist* connectTo = nullptr;
    char words[CURL_ERROR_SIZE] = {};

    Response response;
    std::size_t headerBytes = 0;
    bool plainStream = false;     // onHeaders was told: bytes go to the handler
    std::optional<Error> verdict; // why we ended it ourselves
    SteadyClock::time_point lastByte;
    std::uint64_t idleTimer = 0;

    Transfer() = default;
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    ~Transfer() { release(); }

    void release()
    {
        if (easy != nullptr)
            curl_easy_cleanup(easy);
        easy = nullptr;
        // The list holds the bearer token.
        for (curl_slist* item = headerList; item != nullptr; item = item->next) {
            for (volatile char* c = item->data; *c != 0; ++c)
                *c = 0;
        }
        curl_slist_free_all(headerList);
        curl_slist_free_all(connectTo);
        headerList = nullptr;
        connectTo = nullptr;
    }

    template<typename F>
    void call(F&& f)
    {
        const std::lock_guard lock(calling);
        if (!dead)
            f();
    }
};

// A client's connections: a curl multi handle of its own, so that identities cannot share any. Lives on the
// network thread, whoever lets go of it last.
class Core : public LoopUser, public std::enable_shared_from_this<Core> {
public:
    Core(std::shared_ptr<Loop> loop, ClusterConfig clusterConfig)
        : m_loop(std::move(loop)), m_config(std::move(clusterConfig)), m_url(parseServerUrl(m_config.server))
    {}
    ~Core() override { close(); }

    static std::shared_ptr<Core> create(std::shared_ptr<Loop> loop, ClusterConfig config)
    {
        auto* core = new Core(loop, std::move(config));
        return {core, [loop](Core* gone) {
                    // Never inside one of libcurl's callbacks: always as a task of its own.
                    if (!loop->post([gone] { delete gone; }))
                        delete gone;
                }};
    }

    const ClusterConfig& config() const { return m_config; }
    Loop& loop() { return *m_loop; }
    std::int64_t clockOffset() const { return m_clockOffset; }

    void start(const std::shared_ptr<Transfer>& transfer);
    void remove(const std::shared_ptr<Transfer>& transfer); // after its handle went

    void onSocket(int fd, bool readable, bool writable, bool failed) override
    {
        action(fd, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0) |
                       (failed ? CURL_CSELECT_ERR : 0));
    }
    void onLoopEnd() override;

private:
    void open();
    void close();
    void action(curl_socket_t socket, int events);
    void finish(CURL* easy, CURLcode code);
    void complete(const std::shared_ptr<Transfer>& transfer, Result<void> end);
    void detach(Transfer& transfer);
    bool prepare(Transfer& transfer, const std::shared_ptr<Transfer>& shared);
    void armIdle(const std::shared_ptr<Transfer>& transfer, Ms delay);
    Error failure(const Transfer& transfer, CURLcode code) const;
    Result<void> judge(Transfer& transfer) const;
    RequestName name(const Transfer& transfer) const
    {
        return {m_config.server, transfer.request.method, transfer.request.path};
    }
    void noteHeaders(Transfer& transfer);

    static int socketCallback(CURL*, curl_socket_t fd, int what, void* user, void*);
    static int timerCallback(CURLM*, long ms, void* user);
    static std::size_t headerCallback(char* data, std::size_t size, std::size_t count, void* user);
    static std::size_t bodyCallback(char* data, std::size_t size, std::size_t count, void* user);
    static int sockoptCallback(void*, curl_socket_t fd, curlsocktype);

    std::shared_ptr<Loop> m_loop;
    ClusterConfig m_config;
    std::optional<ServerUrl> m_url;
    CURLM* m_multi = nullptr;
    bool m_ended = false;
    bool m_http1 = false; // the last answer came by HTTP/1: waiting for a shared connection is pointless
    std::uint64_t m_timer = 0;
    std::unordered_map<CURL*, std::shared_ptr<Transfer>> m_transfers;
    std::atomic<std::int64_t> m_clockOffset{0};
};

int Core::socketCallback(CURL*, curl_socket_t fd, int what, void* user, void*)
{
    auto* self = static_cast<Core*>(user);
    if (what == CURL_POLL_REMOVE)
        self->m_loop->removeSocket(fd);
    else
        self->m_loop->setSocket(fd, what == CURL_POLL_IN || what == CURL_POLL_INOUT,
                                what == CURL_POLL_OUT || what == CURL_POLL_INOUT, self);
    return 0;
}

int Core::timerCallback(CURLM*, long ms, void* user)
{
    auto* self = static_cast<Core*>(user);
    if (self->m_timer != 0)
        self->m_loop->cancel(self->m_timer);
    self->m_timer = 0;
    if (ms >= 0) {
        self->m_timer = self->m_loop->postAfter(Ms{ms}, [self] {
            self->m_timer = 0;
            self->action(CURL_SOCKET_TIMEOUT, 0);
        });
    }
    return 0;
}

int Core::sockoptCallback(void*, curl_socket_t fd, curlsocktype)
{
    // libcurl sets idle time and interval; the count and the limit for unacknowledged data are ours.
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kKeepCount, sizeof kKeepCount);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof kUserTimeoutMs);
    return CURL_SOCKOPT_OK;
}

void Core::open()
{
    if (m_multi != nullptr)
        return;
    m_multi = curl_multi_init();
    m_loop->addUser(this);
    curl_multi_setopt(m_multi, CURLMOPT_SOCKETFUNCTION, &Core::socketCallback);
    curl_multi_setopt(m_multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(m_multi, CURLMOPT_TIMERFUNCTION, &Core::timerCallback);
    curl_multi_setopt(m_multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(m_multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(m_multi, CURLMOPT_MAX_CONCURRENT_STREAMS, 1000L);
    curl_multi_setopt(m_multi, CURLMOPT_MAXCONNECTS, kIdleConnections);
}

void Core::close()
{
    if (m_multi == nullptr)
        return;
    m_loop->removeUser(this);
    for (const auto& [easy, transfer] : m_transfers)
        curl_multi_remove_handle(m_multi, easy);
    m_transfers.clear();
    curl_multi_cleanup(m_multi);
    m_multi = nullptr;
    if (m_timer != 0)
        m_loop->cancel(m_timer);
    m_timer = 0;
}

void Core::onLoopEnd()
{
    // Nobody may hold us any more, with the task that deletes us still to come.
    const auto self = weak_from_this().lock();
    m_ended = true;
    const auto transfers = m_transfers;
    for (const auto& [easy, transfer] : transfers)
        complete(transfer, fail(ErrorKind::Cancelled,
                                tr("The request to %1 was stopped.", {cleanText(m_config.server, 256)})));
    close();
}

std::size_t Core::headerCallback(char* data, std::size_t size, std::size_t count, void* user)
{
    auto& transfer = *static_cast<Transfer*>(user);
    const std::size_t length = size * count;
    const std::string_view line = trimmed(std::string_view(data, length));
    transfer.lastByte = SteadyClock::now();
    transfer.headerBytes += length;
    if (transfer.headerBytes > kMaxHeaderBytes) {
        transfer.verdict = Error{ErrorKind::Protocol,
                                 tr("The API server %1 sends headers without end.",
                                    {cleanText(transfer.core->m_config.server, 256)}),
                                 {},
                                 0,
                                 0};
        return 0;
    }
    auto& headers = transfer.response.headers;
    if (line.rfind("HTTP/", 0) == 0) { // also after an interim answer
        headers.clear();
        return length;
    }
    if (line.empty()) {
        long status = 0;
        curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
        transfer.response.status = static_cast<int>(status);
        if (status >= 200)
            transfer.core->noteHeaders(transfer);
        return transfer.dead ? 0 : length;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
        return length;
    std::string& value = headers[toLower(trimmed(line.substr(0, colon)))];
    if (!value.empty())
        value += ", ";
    value += trimmed(line.substr(colon + 1));
    return length;
}

void Core::noteHeaders(Transfer& transfer)
{
    const auto& headers = transfer.response.headers;
    if (const auto date = headers.find("date"); date != headers.end()) {
        const time_t seconds = curl_getdate(date->second.c_str(), nullptr);
        // The header is cut to the second: half of one is the mean of what is lost.
        if (seconds > 0)
            m_clockOffset = static_cast<std::int64_t>(seconds) * 1000 + 500 - systemNow();
    }
    long version = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_HTTP_VERSION, &version);
    m_http1 = version != 0 && version < CURL_HTTP_VERSION_2_0;

    if (!transfer.isStream || transfer.response.status != 200 || transfer.plainStream)
        return;
    const auto type = headers.find("content-type");
    if (type != headers.end() && transfer.request.accept.find("json") != std::string::npos &&
        looksLikeHtml(type->second, {}))
        return; // collected and reported as a fault
    transfer.plainStream = true;
    transfer.call([&] { transfer.handler->onHeaders(200); });
}

std::size_t Core::bodyCallback(char* data, std::size_t size, std::size_t count, void* user)
{
    auto& transfer = *static_cast<Transfer*>(user);
    const std::size_t length = size * count;
    if (transfer.dead)
        return 0;
    transfer.lastByte = SteadyClock::now();
    if (transfer.plainStream) {
        transfer.call([&] { transfer.handler->onData(std::string_view(data, length)); });
        return transfer.dead ? 0 : length;
    }
    const bool good = transfer.response.status >= 200 && transfer.response.status < 300 && !transfer.isStream;
    std::string& body = transfer.response.body;
    if (!good) {
        // The start of a fault says it all; read on, so that the connection stays usable, but not for ever.
        if (body.size() < kMaxFaultBody)
            body.append(data, std::min(length, kMaxFaultBody - body.size()));
        transfer.headerBytes += length;
        return transfer.headerBytes > 16 * kMaxFaultBody ? 0 : length;
    }
    if (length > transfer.request.maxBody || body.size() > transfer.request.maxBody - length) {
        transfer.verdict =
            Error{ErrorKind::Protocol,
                  tr("The answer of the API server %1 to %2 is larger than %3.",
                     {cleanText(transfer.core->m_config.server, 256), cleanText(transfer.request.path, 512),
                      std::to_string(transfer.request.maxBody)}),
                  {},
                  transfer.response.status,
                  0};
        return 0;
    }
    body.append(data, length);
    return length;
}

bool Core::prepare(Transfer& t, const std::shared_ptr<Transfer>& shared)
{
    const auto refuse = [&](ErrorKind kind, const char* text) {
        complete(shared, fail(kind, tr(text, {cleanText(m_config.server, 256)})));
        return false;
    };
    if (m_ended)
        return refuse(ErrorKind::Cancelled, "The request to %1 was stopped.");
    if (!m_url)
        return refuse(ErrorKind::Config, "%1 is no address of an API server.");
    if (!m_url->tls && !m_url->isLoopback())
        return refuse(ErrorKind::Refused, "%1 is another computer and must be reached by https.");
    const Request& r = t.request;
    const auto plain = [](const std::string& text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
    };
    const auto headerSafe = [](const std::string& text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
    };
    const std::string& token = m_config.token.reveal();
    if (r.path.empty() || r.path.front() != '/' || !plain(r.path) || r.path.find('?') != std::string::npos ||
        !plain(r.query) || !plain(r.method) || r.method.empty() || !headerSafe(r.accept) ||
        !headerSafe(r.contentType) || !headerSafe(token))
        return refuse(ErrorKind::Internal, "The request to %1 is malformed.");

    t.easy = curl_easy_init();
    if (t.easy == nullptr)
        return refuse(ErrorKind::Internal, "There is not enough memory for the request to %1.");
    CURL* e = t.easy;

    // With a TLS server name the URL carries that name (it is what libcurl sends and checks), and the
    // connection goes to the real host.
    const bool renamed = m_url->tls && !m_config.tlsServerName.empty();
    ServerUrl url = *m_url;
    if (renamed)
        url.host = m_config.tlsServerName;
    const std::string base = std::string(url.tls ? "https://" : "http://") + url.bracketedHost() + ":" +
                             std::to_string(url.port) + url.path;
    const std::string full = base + r.path + (r.query.empty() ? "" : "?" + r.query);
    curl_easy_setopt(e, CURLOPT_URL, full.c_str());
    const auto addHeader = [&](const std::string& line) {
        t.headerList = curl_slist_append(t.headerList, line.c_str());
    };
    if (renamed) {
        const std::string to = "::" + m_url->bracketedHost() + ":" + std::to_string(m_url->port);
        t.connectTo = curl_slist_append(nullptr, to.c_str());
        curl_easy_setopt(e, CURLOPT_CONNECT_TO, t.connectTo);
        addHeader("Host: " + m_url->bracketedHost() + ":" + std::to_string(m_url->port));
    }
    addHeader("Accept: " + r.accept);
    addHeader(r.contentType.empty() ? "Content-Type:" : "Content-Type: " + r.contentType);
    addHeader("Expect:");
    if (!token.empty())
        addHeader("Authorization: Bearer " + token);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, t.headerList);

    if (r.method == "HEAD") {
        curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    } else if (r.method != "GET") {
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, r.body.c_str()); // the request outlives the handle
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
        curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r.method.c_str());
        // libcurl sends a request again when a reused connection turns out dead, whether or not the server
        // has acted on it. A write must never be doubled: it gets a connection that was never used before.
        curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
    }

    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, m_url->tls ? "https" : "http");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
                     static_cast<long>(m_url->tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(e, CURLOPT_PIPEWAIT, m_url->tls && !m_http1 && r.method == "GET" ? 1L : 0L);
    curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "strata/" STRATA_VERSION);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    if (!t.isStream) {
        curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, static_cast<long>(r.timeout.count()));
        curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
        curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 128L << 10U);
    }
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, static_cast<long>(kKeepIdleSeconds));
    curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, static_cast<long>(kKeepIntervalSeconds));
    curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, &Core::sockoptCallback);

    if (m_url->tls) {
        const auto blob = [e](CURLoption option, const std::string& text) {
            // Not copied: the configuration outlives every handle, and copies of the key would never be
            // wiped.
            curl_blob value{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
            curl_easy_setopt(e, option, &value);
        };
        curl_easy_setopt(e, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        if (!m_config.caPem.empty()) {
            // Only this authority counts: distributions build libcurl with a directory of public ones.
            curl_easy_setopt(e, CURLOPT_CAINFO, nullptr);
            curl_easy_setopt(e, CURLOPT_CAPATH, nullptr);
            blob(CURLOPT_CAINFO_BLOB, m_config.caPem);
        }
        if (m_config.insecureSkipTlsVerify) {
            curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
            curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
        }
        if (!m_config.clientCertificatePem.empty()) {
            curl_easy_setopt(e, CURLOPT_SSLCERTTYPE, "PEM");
            curl_easy_setopt(e, CURLOPT_SSLKEYTYPE, "PEM");
            blob(CURLOPT_SSLCERT_BLOB, m_config.clientCertificatePem);
            blob(CURLOPT_SSLKEY_BLOB, m_config.clientKeyPem.reveal());
        }
    }
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t.words);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, &Core::headerCallback);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, &t);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, &Core::bodyCallback);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, &t);
    return true;
}

void Core::start(const std::shared_ptr<Transfer>& transfer)
{
    if (transfer->dead)
        return;
    transfer->core = shared_from_this();
    if (!prepare(*transfer, transfer))
        return;
    open();
    transfer->lastByte = SteadyClock::now();
    m_transfers.emplace(transfer->easy, transfer);
    curl_multi_add_handle(m_multi, transfer->easy);
    if (transfer->isStream && transfer->request.idleTimeout.count() > 0)
        armIdle(transfer, transfer->request.idleTimeout);
}

void Core::armIdle(const std::shared_ptr<Transfer>& transfer, Ms delay)
{
    const std::weak_ptr<Transfer> weak = transfer;
    transfer->idleTimer = m_loop->postAfter(delay, [weak] {
        const auto t = weak.lock();
        if (!t || !t->core || t->easy == nullptr)
            return;
        const auto self = t->core;
        const auto silent = std::chrono::duration_cast<Ms>(SteadyClock::now() - t->lastByte);
        if (silent < t->request.idleTimeout) {
            self->armIdle(t, t->request.idleTimeout - silent);
            return;
        }
        t->idleTimer = 0;
        self->complete(t, fail(ErrorKind::Timeout, tr("The API server %1 has been silent for too long.",
                                                      {cleanText(self->m_config.server, 256)})));
    });
}

void Core::detach(Transfer& t)
{
    if (t.idleTimer != 0)
        m_loop->cancel(t.idleTimer);
    t.idleTimer = 0;
    if (t.easy == nullptr)
        return;
    if (m_transfers.erase(t.easy) != 0)
        curl_multi_remove_handle(m_multi, t.easy);
    t.release();
}

void Core::remove(const std::shared_ptr<Transfer>& transfer)
{
    const auto self = shared_from_this();
    detach(*transfer);
    transfer->core.reset();
    transfer->done = {};
    transfer->handler.reset();
}

void Core::action(curl_socket_t socket, int events)
{
    // The last transfer may hold us.
    const auto self = weak_from_this().lock();
    if (!self || m_multi == nullptr)
        return;
    int running = 0;
    curl_multi_socket_action(m_multi, socket, events, &running);
    int left = 0;
    while (m_multi != nullptr) {
        const CURLMsg* message = curl_multi_info_read(m_multi, &left);
        if (message == nullptr)
            break;
        if (message->msg == CURLMSG_DONE)
            finish(message->easy_handle, message->data.result);
    }
}

Error Core::failure(const Transfer& t, CURLcode code) const
{
    TransferFailure f;
    f.code = code;
    f.words = t.words;
    curl_easy_getinfo(t.easy, CURLINFO_SSL_VERIFYRESULT, &f.verifyResult);
    curl_easy_getinfo(t.easy, CURLINFO_OS_ERRNO, &f.osError);
    curl_off_t ready = 0;
    curl_easy_getinfo(t.easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    f.connected = ready > 0;
    f.answerStarted = t.response.status != 0;
    f.hasClientCertificate = !m_config.clientCertificatePem.empty();
    f.server = m_config.server;
    f.host = m_url->host;
    f.expectedName = m_config.tlsServerName.empty() ? m_url->host : m_config.tlsServerName;
    return errorFromFailure(f);
}

// Looks at an answer that arrived in full.
Result<void> Core::judge(Transfer& t) const
{
    const auto header = [&](const char* key) {
        const auto it = t.response.headers.find(key);
        return it == t.response.headers.end() ? std::string{} : it->second;
    };
    const int status = t.response.status;
    const std::string type = header("content-type");
    if (t.plainStream)
        return {};
    if (status >= 300 && status < 400)
        return fail(
            ErrorKind::Protocol,
            tr("The API server %1 points elsewhere (to %2). Strata does not follow: its credential would "
               "go along.",
               {cleanText(m_config.server, 256), cleanText(header("location"), 256)}),
            {}, status);
    const bool good = status >= 200 && status < 300;
    const bool html =
        t.request.accept.find("json") != std::string::npos && looksLikeHtml(type, t.response.body);
    if (good && !html && !t.isStream)
        return {};
    if (good && !html)
        return fail(ErrorKind::Protocol,
                    tr("The API server %1 answered a watch with status %2.",
                       {cleanText(m_config.server, 256), std::to_string(status)}),
                    {}, status);
    Error error = errorFromAnswer(name(t), status, type, t.response.body);
    if (const int seconds = parseRetryAfter(header("retry-after"), systemNow()); seconds > 0)
        error.retryAfterSeconds = seconds;
    return tl::unexpected(std::move(error));
}

void Core::finish(CURL* easy, CURLcode code)
{
    const auto it = m_transfers.find(easy);
    if (it == m_transfers.end())
        return;
    const std::shared_ptr<Transfer> transfer = it->second;
    Result<void> end;
    if (transfer->verdict)
        end = tl::unexpected(*transfer->verdict);
    else if (code == CURLE_OK)
        end = judge(*transfer);
    else if (transfer->response.status >= 300 && !transfer->plainStream)
        end = judge(*transfer); // the refusal was cut off, yet it is a refusal
    else
        end = tl::unexpected(failure(*transfer, code));
    complete(transfer, std::move(end));
}

void Core::complete(const std::shared_ptr<Transfer>& transfer, Result<void> end)
{
    const auto self = shared_from_this();
    detach(*transfer);
    // Taken out first and let go of last, outside the lock: their captures may destroy the handle.
    std::function<void(Result<Response>)> done;
    std::shared_ptr<StreamHandler> handler;
    {
        const std::lock_guard lock(transfer->calling);
        done.swap(transfer->done);
        handler.swap(transfer->handler);
        if (!transfer->dead) {
            transfer->dead = true;
            if (handler)
                handler->onEnd(std::move(end));
            else if (end)
                done(std::move(transfer->response));
            else
                done(tl::unexpected(std::move(end.error())));
        }
    }
    transfer->core.reset();
}

class Handle : public RequestHandle {
public:
    Handle(std::shared_ptr<Core> core, std::shared_ptr<Transfer> transfer)
        : m_core(std::move(core)), m_transfer(std::move(transfer))
    {}
    ~Handle() override
    {
        std::function<void(Result<Response>)> done;
        std::shared_ptr<StreamHandler> handler;
        if (m_core->loop().onThread()) {
            // Perhaps inside this very request's callback: what runs must not be destroyed under its feet.
            m_transfer->dead = true;
        } else {
            const std::lock_guard lock(m_transfer->calling);
            m_transfer->dead = true;
            done.swap(m_transfer->done);
            handler.swap(m_transfer->handler);
        }
        m_core->loop().post([core = m_core, transfer = m_transfer] { core->remove(transfer); });
    }

private:
    std::shared_ptr<Core> m_core;
    std::shared_ptr<Transfer> m_transfer;
};

} // namespace

class Network::Private {
public:
    std::shared_ptr<Loop> loop = std::make_shared<Loop>();
};

Network::Network()
{
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    m_d = std::make_unique<Private>();
}

Network::~Network()
{
    m_d->loop->stop();
}

void Network::post(std::function<void()> task)
{
    m_d->loop->post(std::move(task));
}

std::uint64_t Network::postAfter(std::chrono::milliseconds delay, std::function<void()> task)
{
    return m_d->loop->postAfter(delay, std::move(task));
}

void Network::cancel(std::uint64_t id)
{
    m_d->loop->cancel(id);
}

bool Network::onThread() const
{
    return m_d->loop->onThread();
}

namespace {

class ClientImpl : public Client {
public:
    ClientImpl(Network& network, std::shared_ptr<Core> core) : m_network(network), m_core(std::move(core)) {}

    const ClusterConfig& config() const override { return m_core->config(); }
    Network& network() override { return m_network; }
    std::int64_t clockOffsetMs() const override { return m_core->clockOffset(); }

    std::unique_ptr<RequestHandle> send(Request request, std::function<void(Result<Response>)> done) override
    {
        auto transfer = std::make_shared<Transfer>();
        transfer->request = std::move(request);
        transfer->done = std::move(done);
        return begin(std::move(transfer));
    }

    std::unique_ptr<RequestHandle> stream(Request request, std::shared_ptr<StreamHandler> handler) override
    {
        auto transfer = std::make_shared<Transfer>();
        transfer->request = std::move(request);
        transfer->handler = std::move(handler);
        transfer->isStream = true;
        return begin(std::move(transfer));
    }

private:
    std::unique_ptr<RequestHandle> begin(std::shared_ptr<Transfer> transfer)
    {
        auto handle = std::make_unique<Handle>(m_core, transfer);
        m_core->loop().post([core = m_core, transfer = std::move(transfer)] { core->start(transfer); });
        return handle;
    }

    Network& m_network;
    std::shared_ptr<Core> m_core;
};

} // namespace

std::shared_ptr<Client> Client::create(Network& network, ClusterConfig config)
{
    return std::make_shared<ClientImpl>(network, Core::create(network.d().loop, std::move(config)));
}

} // namespace strata::kube
