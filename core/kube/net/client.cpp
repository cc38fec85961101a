// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/client.h"

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/base/translate.h"
#include "core/kube/api/resource.h"
#include "core/kube/api/status.h"
#include "core/kube/config/execplugins.h"
#include "core/kube/config/serverurl.h"
#include "core/kube/net/loop.h"
#include "core/kube/net/neterror.h"
#include "core/kube/net/rawlink.h"
#include "core/kube/net/tunnel.h"
#include "core/kube/net/websocketchannel.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

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
constexpr long kRawConnections = 10'000; // none of them is ever idle
constexpr std::size_t kMaxWarnings = 32;
// As client-go's transport/token_source.go.
constexpr Ms kTokenFileFresh{60'000};
constexpr Ms kTokenFileAgain{10'000}; // after it could not be read
constexpr UnixMs kExpiryMarginMs = 30'000;

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("KubeNetwork", text), values);
}

class Core;

// What a request says who we are with. Shared by the requests that use it: libcurl does not copy its PEM
// texts.
struct Identity {
    Secret token;
    std::string certificatePem;
    Secret keyPem;
};

// What Client::traffic() tells; counted on the network thread, read on any.
struct Counters {
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<std::uint64_t> streams{0};
    std::atomic<std::uint64_t> openStreams{0};
    std::atomic<std::uint64_t> sockets{0};
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> bytesIn{0};
    std::atomic<std::uint64_t> bytesOut{0};
    std::atomic<std::uint64_t> answers{0};
    std::atomic<std::uint64_t> answerMs{0};
    std::atomic<std::uint64_t> lastAnswerMs{0};
    std::atomic<std::uint64_t> slowestMs{0};
};

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
    std::weak_ptr<RawSink> raw; // a byte stream is wanted, no answer
    bool isRaw = false;
    std::shared_ptr<const Identity> identity;
    bool renewed = false; // sent again after a 401

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

// A curl multi handle, driven by the loop's sockets and timers.
class Pool : public LoopUser {
public:
    Pool(Core& core, long keptConnections) : m_core(core), m_kept(keptConnections) {}
    ~Pool() override { close(); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    CURLM* open(); // makes it when there is none
    CURLM* multi() const { return m_multi; }
    void close(); // its connections go; no transfer may be left
    void onSocket(int fd, bool readable, bool writable, bool failed) override;
    void onLoopEnd() override {} // the core tells it

private:
    static int socketCallback(CURL*, curl_socket_t fd, int what, void* user, void*);
    static int timerCallback(CURLM*, long ms, void* user);

    Core& m_core;
    const long m_kept;
    CURLM* m_multi = nullptr;
    std::uint64_t m_timer = 0;
};

// A client's connections: curl multi handles of its own, so that identities cannot share any. Lives on the
// network thread, whoever lets go of it last.
class Core : public LoopUser, public std::enable_shared_from_this<Core> {
public:
    Core(std::shared_ptr<Loop> loop, ClusterConfig clusterConfig, std::shared_ptr<ExecPlugins> plugins,
         bool mayAsk)
        : m_loop(std::move(loop)), m_config(std::move(clusterConfig)), m_url(parseServerUrl(m_config.server)),
          m_plugins(std::move(plugins)), m_mayAsk(mayAsk)
    {
        if (m_config.exec)
            return;
        m_identity = std::make_shared<const Identity>(
            Identity{m_config.token, m_config.clientCertificatePem, m_config.clientKeyPem});
        m_identityUntil = SteadyClock::now() + kTokenFileFresh;
    }
    ~Core() override { close(); }

    static std::shared_ptr<Core> create(std::shared_ptr<Loop> loop, ClusterConfig config,
                                        std::shared_ptr<ExecPlugins> plugins, bool mayAsk)
    {
        auto* core = new Core(loop, std::move(config), std::move(plugins), mayAsk);
        return {core, [loop](Core* gone) {
                    // Never inside one of libcurl's callbacks: always as a task of its own.
                    if (!loop->post([gone] { delete gone; }))
                        delete gone;
                }};
    }

    const ClusterConfig& config() const { return m_config; }
    Loop& loop() { return *m_loop; }
    const std::shared_ptr<Loop>& sharedLoop() const { return m_loop; }
    std::int64_t clockOffset() const { return m_clockOffset; }

    void start(const std::shared_ptr<Transfer>& transfer);
    void openRaw(const std::shared_ptr<RawSink>& sink, Ms timeout);
    std::vector<std::string> identityHeaders(const Identity& identity) const;
    const std::string& pathPrefix() const { return m_url->path; }
    std::string hostHeader() const
    {
        return "Host: " + m_url->bracketedHost() + ":" + std::to_string(m_url->port);
    }
    void onLinkRefused(const std::shared_ptr<const Identity>& identity)
    {
        if (isRenewable())
            onRefused(identity);
    }
    Error linkFailure(const Transfer& transfer, CURLcode code) const { return failure(transfer, code); }
    Result<void> judgeAnswer(const Request& request, const Response& response, bool isStream) const;
    void remove(const std::shared_ptr<Transfer>& transfer); // after its handle went

    void onSocket(int, bool, bool, bool) override {}
    void onLoopEnd() override;
    void action(Pool& pool, curl_socket_t socket, int events);
    // What the connections carry is given up with this error; new ones are made for what comes next.
    // WebSockets notice by themselves.
    void dropConnections(const Error& why);
    void setPace(const Pace& pace) { m_pace = pace; }
    void setDialer(std::shared_ptr<Dialer> dialer) { m_dialer = std::move(dialer); }
    Counters& counters() { return m_counters; }
    std::vector<std::string> warnings() const
    {
        const std::lock_guard lock(m_warningsMutex);
        return m_warnings;
    }

private:
    void enter();
    void close();
    Pool& poolOf(const Transfer& transfer) { return transfer.isRaw ? m_rawPool : m_pool; }
    void armHeartbeat();
    void heartbeat();
    void noteWarnings(const std::string& header);
    void account(const Transfer& transfer, bool good);
    void finish(CURL* easy, CURLcode code);
    void complete(const std::shared_ptr<Transfer>& transfer, Result<void> end);
    void handOver(const std::shared_ptr<Transfer>& transfer);
    void detach(Transfer& transfer);
    void begin(const std::shared_ptr<Transfer>& transfer); // it knows who we are
    bool isRenewable() const { return m_config.exec.has_value() || !m_config.tokenFile.empty(); }
    bool isIdentityFresh() const;
    void renewIdentity();
    void onIdentity(Result<Identity> result, UnixMs expires);
    void onRefused(const std::shared_ptr<const Identity>& identity);
    void startAgain(const std::shared_ptr<Transfer>& transfer);
    bool prepare(Transfer& transfer, const std::shared_ptr<Transfer>& shared);
    void add(const std::shared_ptr<Transfer>& transfer);
    void releaseWaiting();
    void armIdle(const std::shared_ptr<Transfer>& transfer, Ms delay);
    Error failure(const Transfer& transfer, CURLcode code) const;
    void noteHeaders(Transfer& transfer);

    static std::size_t headerCallback(char* data, std::size_t size, std::size_t count, void* user);
    static std::size_t bodyCallback(char* data, std::size_t size, std::size_t count, void* user);
    static int sockoptCallback(void* user, curl_socket_t fd, curlsocktype);
    static int connectedCallback(void* user, char*, char*, int, int);

    std::shared_ptr<Loop> m_loop;
    ClusterConfig m_config;
    std::optional<ServerUrl> m_url;
    const std::shared_ptr<ExecPlugins> m_plugins;
    const bool m_mayAsk;
    std::shared_ptr<const Identity> m_identity;  // none yet, or found wrong
    std::shared_ptr<const Identity> m_lastToken; // what to fall back to when the file cannot be read
    SteadyClock::time_point m_identityUntil;     // of a token file: when to read it again
    UnixMs m_identityExpires = 0;                // of a plugin's: 0 for never
    bool m_renewing = false;
    std::deque<std::shared_ptr<Transfer>> m_unidentified; // wait for an identity
    Pool m_pool{*this, kIdleConnections};
    Pool m_rawPool{*this,
                   kRawConnections}; // byte streams: they outlive what is done to the others' connections
    bool m_entered = false;
    bool m_ended = false;
    Pace m_pace;
    std::shared_ptr<Dialer> m_dialer;
    SteadyClock::time_point m_lastHeard; // on any connection but the raw ones
    std::uint64_t m_heartbeatTimer = 0;
    std::shared_ptr<Transfer> m_heartbeat; // the question that is out
    Counters m_counters;
    mutable std::mutex m_warningsMutex;
    std::vector<std::string> m_warnings;
    // Whether streams can share a connection is known once the first one stands. Until then one request goes
    // ahead and the others wait: else each would open a connection of its own, or (with libcurl's own
    // waiting, which lets go of one at a time) stand in line for it on a server without HTTP/2.
    bool m_protocolKnown = false;
    bool m_http2 = false;
    std::weak_ptr<Transfer> m_scout;
    std::deque<std::shared_ptr<Transfer>> m_waiting;
    std::unordered_map<CURL*, std::shared_ptr<Transfer>> m_transfers;
    std::atomic<std::int64_t> m_clockOffset{0};
    SteadyClock::time_point m_leaveAloneUntil;
};

int Pool::socketCallback(CURL*, curl_socket_t fd, int what, void* user, void*)
{
    auto* self = static_cast<Pool*>(user);
    if (what == CURL_POLL_REMOVE)
        self->m_core.loop().removeSocket(fd);
    else
        self->m_core.loop().setSocket(fd, what == CURL_POLL_IN || what == CURL_POLL_INOUT,
                                      what == CURL_POLL_OUT || what == CURL_POLL_INOUT, self);
    return 0;
}

int Pool::timerCallback(CURLM*, long ms, void* user)
{
    auto* self = static_cast<Pool*>(user);
    Loop& loop = self->m_core.loop();
    if (self->m_timer != 0)
        loop.cancel(self->m_timer);
    self->m_timer = 0;
    if (ms >= 0) {
        self->m_timer = loop.postAfter(Ms{ms}, [self] {
            self->m_timer = 0;
            self->m_core.action(*self, CURL_SOCKET_TIMEOUT, 0);
        });
    }
    return 0;
}

void Pool::onSocket(int fd, bool readable, bool writable, bool failed)
{
    m_core.action(*this, fd,
                  (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0) |
                      (failed ? CURL_CSELECT_ERR : 0));
}

CURLM* Pool::open()
{
    if (m_multi != nullptr)
        return m_multi;
    m_multi = curl_multi_init();
    curl_multi_setopt(m_multi, CURLMOPT_SOCKETFUNCTION, &Pool::socketCallback);
    curl_multi_setopt(m_multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(m_multi, CURLMOPT_TIMERFUNCTION, &Pool::timerCallback);
    curl_multi_setopt(m_multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(m_multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(m_multi, CURLMOPT_MAX_CONCURRENT_STREAMS, 1000L);
    curl_multi_setopt(m_multi, CURLMOPT_MAXCONNECTS, m_kept);
    return m_multi;
}

void Pool::close()
{
    if (m_multi == nullptr)
        return;
    curl_multi_cleanup(m_multi);
    m_multi = nullptr;
    if (m_timer != 0)
        m_core.loop().cancel(m_timer);
    m_timer = 0;
}

int Core::sockoptCallback(void* user, curl_socket_t fd, curlsocktype)
{
    ++static_cast<Core*>(user)->m_counters.connections;
    // libcurl sets idle time and interval; the count and the limit for unacknowledged data are ours.
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kKeepCount, sizeof kKeepCount);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof kUserTimeoutMs);
    return CURL_SOCKOPT_OK;
}

int Core::connectedCallback(void* user, char*, char*, int, int)
{
    auto& transfer = *static_cast<Transfer*>(user);
    const auto core = transfer.core;
    if (core && !core->m_protocolKnown && !transfer.isRaw) {
        core->m_protocolKnown = true;
        core->m_loop->post([core] { core->releaseWaiting(); });
    }
    return CURL_PREREQFUNC_OK;
}

void Core::enter()
{
    if (m_entered)
        return;
    m_entered = true;
    m_loop->addUser(this);
}

void Core::close()
{
    if (!m_entered)
        return;
    m_entered = false;
    m_loop->removeUser(this);
    if (m_heartbeatTimer != 0)
        m_loop->cancel(m_heartbeatTimer);
    m_heartbeatTimer = 0;
    for (const auto& [easy, transfer] : m_transfers)
        curl_multi_remove_handle(poolOf(*transfer).multi(), easy);
    m_transfers.clear();
    m_pool.close();
    m_rawPool.close();
}

void Core::dropConnections(const Error& why)
{
    const auto self = weak_from_this().lock();
    if (!self)
        return;
    std::vector<std::shared_ptr<Transfer>> all;
    for (const auto& [easy, transfer] : m_transfers) {
        if (!transfer->isRaw)
            all.push_back(transfer);
    }
    m_heartbeat.reset();
    for (const auto& transfer : all)
        complete(transfer, tl::unexpected<Error>(why));
    // What the ends have begun anew waits for a connection: it is given a new one.
    std::vector<std::shared_ptr<Transfer>> fresh;
    for (const auto& [easy, transfer] : m_transfers) {
        if (!transfer->isRaw)
            fresh.push_back(transfer);
    }
    for (const auto& transfer : fresh)
        detach(*transfer);
    m_pool.close();
    m_protocolKnown = false;
    for (const auto& transfer : fresh)
        start(transfer);
}

// A peer that vanished without a word: the kernel of whatever stands between us and it may go on
// acknowledging. With HTTP/2 all streams share one connection, so that one small question tells about all of
// them; with HTTP/1.1 it would travel on another one, and TCP's keepalive has to do.
void Core::armHeartbeat()
{
    if (m_heartbeatTimer != 0 || m_pace.heartbeatAfter.count() <= 0)
        return;
    const Ms silent = std::chrono::duration_cast<Ms>(SteadyClock::now() - m_lastHeard);
    const Ms delay = std::max(m_pace.heartbeatAfter - silent, Ms{10});
    m_heartbeatTimer = m_loop->postAfter(delay, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self)
            return;
        self->m_heartbeatTimer = 0;
        self->heartbeat();
    });
}

void Core::heartbeat()
{
    const bool streams = std::any_of(m_transfers.begin(), m_transfers.end(),
                                     [](const auto& entry) { return entry.second->plainStream; });
    // Armed again by the next stream, or by the answer that is still to come. (Never at once: whoever is
    // silent for long over HTTP/1.1 would be looked at a hundred times a second.)
    if (!streams || !m_http2 || m_heartbeat)
        return;
    if (SteadyClock::now() - m_lastHeard < m_pace.heartbeatAfter) {
        armHeartbeat();
        return;
    }
    auto transfer = std::make_shared<Transfer>();
    transfer->request.path = "/version";
    transfer->request.timeout = m_pace.heartbeatTimeout;
    transfer->request.maxBody = 1U << 20U;
    const std::weak_ptr<Core> weak = weak_from_this();
    transfer->done = [weak](const Result<Response>& result) {
        const auto self = weak.lock();
        if (!self || !self->m_heartbeat)
            return;
        self->m_heartbeat.reset();
        const bool dead = !result && result.error().kind == ErrorKind::Timeout &&
                          SteadyClock::now() - self->m_lastHeard >= self->m_pace.heartbeatAfter;
        if (!dead) {
            self->armHeartbeat();
            return;
        }
        self->m_loop->post([weak] {
            if (const auto core = weak.lock()) {
                core->dropConnections(Error{ErrorKind::Timeout,
                                            tr("The API server %1 has been silent for too long.",
                                               {cleanText(core->m_config.server, 256)}),
                                            {},
                                            0,
                                            0});
            }
        });
    };
    m_heartbeat = transfer;
    start(transfer);
}

void Core::noteWarnings(const std::string& header)
{
    for (std::string& text : parseWarnings(header)) {
        const std::lock_guard lock(m_warningsMutex);
        if (m_warnings.size() < kMaxWarnings &&
            std::find(m_warnings.begin(), m_warnings.end(), text) == m_warnings.end())
            m_warnings.push_back(std::move(text));
    }
}

void Core::account(const Transfer& transfer, bool good)
{
    if (!good)
        ++m_counters.failures;
    if (transfer.easy == nullptr)
        return;
    curl_off_t in = 0;
    curl_off_t out = 0;
    long head = 0;
    long sent = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_SIZE_DOWNLOAD_T, &in);
    curl_easy_getinfo(transfer.easy, CURLINFO_SIZE_UPLOAD_T, &out);
    curl_easy_getinfo(transfer.easy, CURLINFO_HEADER_SIZE, &head);
    curl_easy_getinfo(transfer.easy, CURLINFO_REQUEST_SIZE, &sent);
    m_counters.bytesIn += static_cast<std::uint64_t>(head);
    if (!transfer.plainStream) // a stream's bytes are counted as they come
        m_counters.bytesIn += static_cast<std::uint64_t>(in);
    m_counters.bytesOut += static_cast<std::uint64_t>(out) + static_cast<std::uint64_t>(sent);
    if (transfer.isStream || transfer.isRaw) {
        if (transfer.plainStream)
            --m_counters.openStreams;
        return;
    }
    if (!good)
        return;
    curl_off_t microseconds = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_TOTAL_TIME_T, &microseconds);
    const auto ms = static_cast<std::uint64_t>(microseconds / 1000);
    ++m_counters.answers;
    m_counters.answerMs += ms;
    m_counters.lastAnswerMs = ms;
    if (ms > m_counters.slowestMs)
        m_counters.slowestMs = ms;
}

void Core::onLoopEnd()
{
    // Nobody may hold us any more, with the task that deletes us still to come.
    const auto self = weak_from_this().lock();
    m_ended = true;
    std::vector<std::shared_ptr<Transfer>> all(m_waiting.begin(), m_waiting.end());
    m_waiting.clear();
    all.insert(all.end(), m_unidentified.begin(), m_unidentified.end());
    m_unidentified.clear();
    for (const auto& [easy, transfer] : m_transfers)
        all.push_back(transfer);
    for (const auto& transfer : all)
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
    transfer.core->m_lastHeard = transfer.lastByte;
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
    if (const auto warning = headers.find("warning"); warning != headers.end())
        noteWarnings(warning->second);
    long version = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_HTTP_VERSION, &version);
    m_http2 = version >= CURL_HTTP_VERSION_2_0;

    if (!transfer.isStream || transfer.response.status != 200 || transfer.plainStream)
        return;
    const auto type = headers.find("content-type");
    if (type != headers.end() && transfer.request.accept.find("json") != std::string::npos &&
        looksLikeHtml(type->second, {}))
        return; // collected and reported as a fault
    transfer.plainStream = true;
    ++m_counters.openStreams;
    armHeartbeat();
    transfer.call([&] { transfer.handler->onHeaders(200); });
}

std::size_t Core::bodyCallback(char* data, std::size_t size, std::size_t count, void* user)
{
    auto& transfer = *static_cast<Transfer*>(user);
    const std::size_t length = size * count;
    if (transfer.dead)
        return 0;
    transfer.lastByte = SteadyClock::now();
    transfer.core->m_lastHeard = transfer.lastByte;
    if (transfer.plainStream) {
        transfer.core->m_counters.bytesIn += length;
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
    if (m_dialer && m_dialer->address().empty())
        return refuse(ErrorKind::Io, "There is no way through the outer cluster to %1.");
    if (!m_url->tls && !m_url->isLoopback())
        return refuse(ErrorKind::Refused, "%1 is another computer and must be reached by https.");
    const Request& r = t.request;
    const auto plain = [](const std::string& text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
    };
    const auto headerSafe = [](const std::string& text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
    };
    const Identity& identity = *t.identity;
    const std::string& token = identity.token.reveal();
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
        addHeader(hostHeader());
    }
    if (m_dialer) // the name is the other side's affair: it is not looked up here
        curl_easy_setopt(e, CURLOPT_ABSTRACT_UNIX_SOCKET, m_dialer->address().c_str());
    addHeader("Accept: " + r.accept);
    addHeader(r.contentType.empty() ? "Content-Type:" : "Content-Type: " + r.contentType);
    addHeader("Expect:");
    for (const std::string& line : identityHeaders(identity))
        addHeader(line);
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
    if (t.isRaw) {
        curl_easy_setopt(e, CURLOPT_CONNECT_ONLY, 1L);
        curl_easy_setopt(e, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    }
    curl_easy_setopt(e, CURLOPT_PIPEWAIT, m_http2 && r.method == "GET" ? 1L : 0L);
    curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, &Core::connectedCallback);
    curl_easy_setopt(e, CURLOPT_PREREQDATA, &t);
    curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    if (m_config.proxyUrl.empty() || m_dialer) {
        curl_easy_setopt(e, CURLOPT_PROXY, "");
    } else {
        // As client-go's: the proxy looks up the name. TLS and credentials go through it, never to it.
        std::string proxy = m_config.proxyUrl;
        if (proxy.rfind("socks5:", 0) == 0)
            proxy.insert(6, "h");
        curl_easy_setopt(e, CURLOPT_PROXY, proxy.c_str());
        curl_easy_setopt(e, CURLOPT_NOPROXY, "");
        curl_easy_setopt(e, CURLOPT_HTTPPROXYTUNNEL, 1L);
        curl_easy_setopt(e, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
        curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        curl_easy_setopt(e, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        if (!m_config.proxyCredential.empty())
            curl_easy_setopt(e, CURLOPT_PROXYUSERPWD, m_config.proxyCredential.reveal().c_str());
    }
    curl_easy_setopt(e, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "strata/" STRATA_VERSION);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    if (t.isRaw) {
        if (r.timeout.count() > 0 && r.timeout.count() < kConnectTimeoutMs)
            curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(r.timeout.count()));
    } else if (!t.isStream) {
        curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, static_cast<long>(r.timeout.count()));
        curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
        curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 128L << 10U);
    }
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, static_cast<long>(kKeepIdleSeconds));
    curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, static_cast<long>(kKeepIntervalSeconds));
    curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, &Core::sockoptCallback);
    curl_easy_setopt(e, CURLOPT_SOCKOPTDATA, this);

    if (m_url->tls) {
        const auto blob = [e](CURLoption option, const std::string& text) {
            // Not copied: configuration and identity outlive the handle, and copies of the key would never be
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
        if (!identity.certificatePem.empty()) {
            // libcurl shares a connection only among equal certificates: another one gets another connection.
            curl_easy_setopt(e, CURLOPT_SSLCERTTYPE, "PEM");
            curl_easy_setopt(e, CURLOPT_SSLKEYTYPE, "PEM");
            blob(CURLOPT_SSLCERT_BLOB, identity.certificatePem);
            blob(CURLOPT_SSLKEY_BLOB, identity.keyPem.reveal());
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
    if (!m_ended && isRenewable() && !isIdentityFresh()) {
        m_unidentified.push_back(transfer);
        renewIdentity();
        return;
    }
    begin(transfer);
}

void Core::begin(const std::shared_ptr<Transfer>& transfer)
{
    transfer->identity = m_identity ? m_identity : std::make_shared<const Identity>();
    if (!m_ended && !m_protocolKnown && transfer->request.method == "GET" && !transfer->isRaw) {
        if (!m_scout.expired()) {
            m_waiting.push_back(transfer);
            return;
        }
        m_scout = transfer;
    }
    // The server has asked to be left alone for a while, and that goes for all that reads from it.
    if (const auto now = SteadyClock::now();
        transfer->request.method == "GET" && !transfer->isRaw && now < m_leaveAloneUntil) {
        if (m_scout.lock() == transfer)
            m_scout.reset();
        const auto left =
            std::chrono::duration_cast<std::chrono::seconds>(m_leaveAloneUntil - now).count() + 1;
        Error error{ErrorKind::Throttled,
                    tr("The API server %1 has asked to be left alone for a while: %2 s more.",
                       {cleanText(m_config.server, 256), std::to_string(left)}),
                    {},
                    0,
                    static_cast<int>(left)};
        m_loop->post([self = shared_from_this(), transfer, error = std::move(error)] {
            if (!transfer->dead)
                self->complete(transfer, tl::unexpected<Error>(error));
        });
        return;
    }
    add(transfer);
}

bool Core::isIdentityFresh() const
{
    if (!m_identity)
        return false;
    if (m_config.exec)
        return m_identityExpires == 0 || systemNow() < m_identityExpires - kExpiryMarginMs;
    return SteadyClock::now() < m_identityUntil;
}

void Core::renewIdentity()
{
    if (m_renewing)
        return;
    m_renewing = true;
    const std::weak_ptr<Core> weak = weak_from_this();
    const auto deliver = [weak, loop = m_loop](Result<Identity> result, UnixMs expires) {
        loop->post([weak, result = std::move(result), expires] {
            if (const auto self = weak.lock(); self && !self->m_ended)
                self->onIdentity(result, expires);
        });
    };
    if (!m_config.exec) {
        m_loop->aside([path = m_config.tokenFile, deliver] {
            Result<Secret> token = readTokenFile(path);
            if (token)
                deliver(Identity{std::move(*token), {}, {}}, 0);
            else
                deliver(tl::unexpected<Error>(std::move(token.error())), 0);
        });
        return;
    }
    if (!m_plugins) {
        deliver(fail(ErrorKind::Refused, tr("%1 is reached by a credential plugin, and none may run here.",
                                            {cleanText(m_config.server, 256)})),
                0);
        return;
    }
    m_plugins->get(m_config, m_mayAsk, [deliver](Result<ExecCredential> result) {
        if (result)
            deliver(Identity{result->token, result->certificatePem, result->keyPem}, result->expires);
        else
            deliver(tl::unexpected<Error>(std::move(result.error())), 0);
    });
}

void Core::onIdentity(Result<Identity> result, UnixMs expires)
{
    m_renewing = false;
    if (result) {
        if (!m_config.exec) { // only the token comes from the file
            result->certificatePem = m_config.clientCertificatePem;
            result->keyPem = m_config.clientKeyPem;
        }
        m_identity = std::make_shared<const Identity>(std::move(*result));
        m_identityExpires = expires;
        m_identityUntil = SteadyClock::now() + kTokenFileFresh;
        m_lastToken = m_identity;
    } else if (!m_config.exec) {
        // The last one may still be good; a file that is being replaced is there again soon.
        m_identity = m_lastToken ? m_lastToken
                                 : std::make_shared<const Identity>(Identity{
                                       m_config.token, m_config.clientCertificatePem, m_config.clientKeyPem});
        m_identityUntil = SteadyClock::now() + kTokenFileAgain;
    } else if (m_identityExpires != 0 && systemNow() >= m_identityExpires) {
        m_identity.reset(); // else the last one is good for a few seconds more
    }
    const auto waiting = std::move(m_unidentified);
    m_unidentified.clear();
    for (const auto& transfer : waiting) {
        if (transfer->dead)
            continue;
        if (!m_identity) {
            complete(transfer, tl::unexpected<Error>(result.error()));
            continue;
        }
        // A plugin may give what has expired already: it is tried all the same, not asked for over and over.
        begin(transfer);
    }
}

void Core::onRefused(const std::shared_ptr<const Identity>& identity)
{
    if (!identity || m_identity != identity)
        return; // it has been renewed since
    if (m_config.exec && m_plugins)
        m_plugins->refused(m_config, {identity->token, identity->certificatePem, identity->keyPem, 0});
    m_lastToken = m_identity;
    m_identity.reset();
}

// A GET that was refused with a credential that can be renewed; nothing of the answer was told yet.
void Core::startAgain(const std::shared_ptr<Transfer>& transfer)
{
    const auto self = shared_from_this();
    detach(*transfer);
    transfer->renewed = true;
    transfer->response = {};
    transfer->headerBytes = 0;
    transfer->verdict.reset();
    transfer->words[0] = '\0';
    start(transfer);
}

void Core::add(const std::shared_ptr<Transfer>& transfer)
{
    if (!prepare(*transfer, transfer))
        return;
    enter();
    CURLM* multi = poolOf(*transfer).open();
    transfer->lastByte = SteadyClock::now();
    m_transfers.emplace(transfer->easy, transfer);
    ++(transfer->isStream ? m_counters.streams : transfer->isRaw ? m_counters.sockets : m_counters.requests);
    curl_multi_add_handle(multi, transfer->easy);
    if (transfer->isStream && transfer->request.idleTimeout.count() > 0)
        armIdle(transfer, transfer->request.idleTimeout);
}

void Core::releaseWaiting()
{
    m_scout.reset();
    const auto waiting = std::move(m_waiting);
    m_waiting.clear();
    for (const auto& transfer : waiting) {
        if (!transfer->dead)
            add(transfer);
    }
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
    // The one that went ahead failed or was given up: each for itself now, lest they fail one after the
    // other.
    if (m_scout.lock().get() == &t) {
        m_scout.reset();
        if (!m_waiting.empty())
            m_loop->post([self = shared_from_this()] { self->releaseWaiting(); });
    }
    if (t.easy == nullptr)
        return;
    if (m_transfers.erase(t.easy) != 0)
        curl_multi_remove_handle(poolOf(t).multi(), t.easy);
    t.release();
}

void Core::remove(const std::shared_ptr<Transfer>& transfer)
{
    const auto self = shared_from_this();
    if (transfer->easy != nullptr)
        account(*transfer, true);
    detach(*transfer);
    transfer->core.reset();
    transfer->done = {};
    transfer->handler.reset();
}

void Core::action(Pool& pool, curl_socket_t socket, int events)
{
    // The last transfer may hold us.
    const auto self = weak_from_this().lock();
    if (!self || pool.multi() == nullptr)
        return;
    int running = 0;
    curl_multi_socket_action(pool.multi(), socket, events, &running);
    int left = 0;
    while (pool.multi() != nullptr) {
        const CURLMsg* message = curl_multi_info_read(pool.multi(), &left);
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
    curl_off_t tcp = 0;
    curl_easy_getinfo(t.easy, CURLINFO_CONNECT_TIME_T, &tcp);
    f.tcpConnected = tcp > 0;
    f.answerStarted = t.response.status != 0;
    f.hasClientCertificate = t.identity && !t.identity->certificatePem.empty();
    f.proxy = m_config.proxyUrl;
    curl_easy_getinfo(t.easy, CURLINFO_HTTP_CONNECTCODE, &f.proxyStatus);
    f.server = m_config.server;
    f.host = m_url->host;
    f.expectedName = m_config.tlsServerName.empty() ? m_url->host : m_config.tlsServerName;
    if (m_dialer && !f.answerStarted) { // plain http counts as connected at once
        f.proxy.clear();
        if (const auto why = m_dialer->lastError()) {
            Error error = *why;
            error.text = tr("No way through the outer cluster to %1: %2",
                            {cleanText(m_config.server, 256), why->text});
            error.httpStatus = 0; // the outer server's, not this one's
            error.stage = NetStage::Connection;
            if (error.kind == ErrorKind::Auth || error.kind == ErrorKind::Tls)
                error.kind = ErrorKind::Network; // it is not this cluster's credential that is wrong
            return error;
        }
    }
    return errorFromFailure(f);
}

// Looks at an answer that arrived in full.
Result<void> Core::judgeAnswer(const Request& request, const Response& response, bool isStream) const
{
    const auto header = [&](const char* key) {
        const auto it = response.headers.find(key);
        return it == response.headers.end() ? std::string{} : it->second;
    };
    const int status = response.status;
    const std::string type = header("content-type");
    if (status >= 300 && status < 400)
        return fail(
            ErrorKind::Protocol,
            tr("The API server %1 points elsewhere (to %2). Strata does not follow: its credential would "
               "go along.",
               {cleanText(m_config.server, 256), cleanText(header("location"), 256)}),
            {}, status);
    const bool good = status >= 200 && status < 300;
    const bool html = request.accept.find("json") != std::string::npos && looksLikeHtml(type, response.body);
    if (good && !html && !isStream)
        return {};
    if (good && !html)
        return fail(ErrorKind::Protocol,
                    tr("The API server %1 answered a watch with status %2.",
                       {cleanText(m_config.server, 256), std::to_string(status)}),
                    {}, status);
    Error error =
        errorFromAnswer({m_config.server, request.method, request.path}, status, type, response.body);
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
    if (transfer->isRaw && code == CURLE_OK) {
        handOver(transfer);
        return;
    }
    if (transfer->response.status == 401 && isRenewable() && !transfer->isRaw) {
        onRefused(transfer->identity);
        if (!transfer->renewed && !transfer->dead && transfer->request.method == "GET") {
            startAgain(transfer);
            return;
        }
    }
    Result<void> end;
    if (transfer->verdict)
        end = tl::unexpected(*transfer->verdict);
    else if (code == CURLE_OK && transfer->plainStream)
        end = {};
    else if (code == CURLE_OK || (transfer->response.status >= 300 && !transfer->plainStream))
        // A refusal that was cut off is a refusal all the same.
        end = judgeAnswer(transfer->request, transfer->response, transfer->isStream);
    else
        end = tl::unexpected(failure(*transfer, code));
    // Not for writes: an eviction that a disruption budget refuses is answered with 429, too.
    if (!end && end.error().httpStatus == 429 && end.error().retryAfterSeconds > 0 &&
        transfer->request.method == "GET")
        m_leaveAloneUntil = std::max(
            m_leaveAloneUntil, SteadyClock::now() + std::chrono::seconds(end.error().retryAfterSeconds));
    complete(transfer, std::move(end));
}

void Core::complete(const std::shared_ptr<Transfer>& transfer, Result<void> end)
{
    const auto self = shared_from_this();
    account(*transfer, end.has_value());
    detach(*transfer);
    if (transfer->isRaw) {
        transfer->core.reset();
        if (const auto sink = transfer->raw.lock(); sink && !transfer->dead && !end)
            sink->onLinkEnd(std::move(end.error()));
        return;
    }
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

std::vector<std::string> Core::identityHeaders(const Identity& identity) const
{
    std::vector<std::string> lines;
    if (const std::string& token = identity.token.reveal(); !token.empty())
        lines.push_back("Authorization: Bearer " + token);
    const ClusterConfig::Impersonation& as = m_config.impersonate;
    if (!as.user.empty())
        lines.push_back("Impersonate-User: " + as.user);
    if (!as.uid.empty())
        lines.push_back("Impersonate-Uid: " + as.uid);
    for (const std::string& group : as.groups)
        lines.push_back("Impersonate-Group: " + group);
    for (const auto& [key, values] : as.extra) {
        for (const std::string& value : values)
            lines.push_back("Impersonate-Extra-" + percentEncode(toLower(key)) + ": " + value);
    }
    return lines;
}

// A connection that libcurl made and that is read and written by hand from then on. The transfer stays with
// the multi handle: libcurl finds the connection only there.
class CurlLink : public RawLink, public LoopUser {
public:
    CurlLink(std::shared_ptr<Core> core, std::shared_ptr<Transfer> transfer, int fd)
        : m_core(std::move(core)), m_transfer(std::move(transfer)), m_fd(fd),
          m_headers(m_core->identityHeaders(*m_transfer->identity))
    {
        m_headers.insert(m_headers.begin(), {m_core->hostHeader(), "User-Agent: strata/" STRATA_VERSION});
    }
    ~CurlLink() override
    {
        for (std::string& line : m_headers) { // the bearer token is among them
            for (volatile char* c = line.data(); *c != 0; ++c)
                *c = 0;
        }
        m_core->loop().removeSocket(m_fd); // before it is closed
        m_transfer->dead = true;
        m_core->remove(m_transfer);
    }

    Io read(char* buffer, std::size_t size, std::size_t& got) override
    {
        got = 0;
        const Io result = map(curl_easy_recv(m_transfer->easy, buffer, size, &got));
        return result == Io::Done && got == 0 ? Io::End : result;
    }
    Io write(const char* bytes, std::size_t size, std::size_t& taken) override
    {
        taken = 0;
        return map(curl_easy_send(m_transfer->easy, bytes, size, &taken));
    }
    void want(bool read, bool write) override
    {
        if (read == m_read && write == m_write)
            return;
        m_read = read;
        m_write = write;
        if (read || write)
            m_core->loop().setSocket(m_fd, read, write, this);
        else
            m_core->loop().removeSocket(m_fd); // a closed peer would be told over and over
    }
    Error failure() const override { return m_core->linkFailure(*m_transfer, m_failure); }
    const std::string& pathPrefix() const override { return m_core->pathPrefix(); }
    const std::vector<std::string>& headers() const override { return m_headers; }
    Error refusal(const std::string& path, int status, std::string_view contentType,
                  std::string_view location, std::string_view retryAfter, std::string_view body) override
    {
        Request request;
        request.path = path;
        Response response;
        response.status = status;
        response.headers = {{"content-type", std::string(contentType)},
                            {"location", std::string(location)},
                            {"retry-after", std::string(retryAfter)}};
        response.body = body;
        if (status == 401)
            m_core->onLinkRefused(m_transfer->identity);
        const Result<void> verdict = m_core->judgeAnswer(request, response, false);
        return verdict
                   ? Error{ErrorKind::Protocol,
                           tr("%1 does not speak WebSocket here.", {cleanText(m_core->config().server, 256)}),
                           {},
                           status,
                           0}
                   : verdict.error();
    }

    void onSocket(int, bool readable, bool writable, bool failed) override
    {
        if (const auto sink = m_transfer->raw.lock())
            sink->onLinkReady(readable || failed, writable || failed);
    }
    void onLoopEnd() override {} // the core tells it

private:
    Io map(CURLcode code)
    {
        if (code == CURLE_OK)
            return Io::Done;
        if (code == CURLE_AGAIN)
            return Io::Again;
        m_failure = code;
        return Io::Failed;
    }

    std::shared_ptr<Core> m_core;
    std::shared_ptr<Transfer> m_transfer;
    int m_fd;
    std::vector<std::string> m_headers;
    bool m_read = false;
    bool m_write = false;
    CURLcode m_failure = CURLE_RECV_ERROR;
};

void Core::openRaw(const std::shared_ptr<RawSink>& sink, Ms timeout)
{
    auto transfer = std::make_shared<Transfer>();
    transfer->raw = sink;
    transfer->isRaw = true;
    transfer->request.path = "/";
    transfer->request.timeout = timeout;
    start(transfer);
}

void Core::handOver(const std::shared_ptr<Transfer>& transfer)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &fd);
    const auto sink = transfer->raw.lock();
    if (!sink || fd == CURL_SOCKET_BAD) {
        complete(transfer, fail(ErrorKind::Network, tr("The connection to the API server %1 broke.",
                                                       {cleanText(m_config.server, 256)})));
        return;
    }
    sink->onLinkOpen(std::make_shared<CurlLink>(shared_from_this(), transfer, fd));
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

namespace {
constexpr rlim_t kWantedFiles = 16384;
}

class Network::Private {
public:
    std::shared_ptr<Loop> loop = std::make_shared<Loop>();
    std::mutex mutex;
    std::shared_ptr<ExecPlugins> plugins;
    bool mayAsk = true;
    Pace pace;
    std::vector<std::weak_ptr<Core>> cores;
};

Network::Network()
{
    static std::once_flag once;
    std::call_once(once, [] {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        // A thousand clusters with two or three connections each: more than the usual soft limit of 1,024
        // files.
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < kWantedFiles) {
            limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, kWantedFiles);
            ::setrlimit(RLIMIT_NOFILE, &limit);
        }
    });
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
    return m_d->loop->postAbout(delay, std::move(task));
}

void Network::cancel(std::uint64_t id)
{
    m_d->loop->cancel(id);
}

void Network::setExecPlugins(std::shared_ptr<ExecPlugins> plugins, bool mayAsk)
{
    const std::lock_guard lock(m_d->mutex);
    m_d->plugins = std::move(plugins);
    m_d->mayAsk = mayAsk;
}

void Network::setPace(const Pace& pace)
{
    const std::lock_guard lock(m_d->mutex);
    m_d->pace = pace;
}

void Network::renewConnections(Ms over)
{
    std::vector<std::weak_ptr<Core>> cores;
    {
        const std::lock_guard lock(m_d->mutex);
        cores = m_d->cores;
    }
    for (std::size_t i = 0; i < cores.size(); ++i) {
        const Ms delay = over * static_cast<Ms::rep>(i) / static_cast<Ms::rep>(cores.size());
        m_d->loop->postAfter(delay, [weak = cores[i]] {
            if (const auto core = weak.lock()) {
                core->dropConnections(
                    Error{ErrorKind::Network,
                          tr("The connections to %1 are made anew.", {cleanText(core->config().server, 256)}),
                          {},
                          0,
                          0});
            }
        });
    }
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

    std::vector<std::string> warnings() const override { return m_core->warnings(); }
    ClientTraffic traffic() const override
    {
        const Counters& c = m_core->counters();
        ClientTraffic t;
        t.requests = c.requests;
        t.failures = c.failures;
        t.streams = c.streams;
        t.openStreams = c.openStreams;
        t.sockets = c.sockets;
        t.connections = c.connections;
        t.bytesIn = c.bytesIn;
        t.bytesOut = c.bytesOut;
        t.lastAnswerMs = c.lastAnswerMs;
        t.slowestMs = c.slowestMs;
        const std::uint64_t answers = c.answers;
        t.meanMs = answers == 0 ? 0 : c.answerMs / answers;
        return t;
    }

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

    std::unique_ptr<WebSocket> openWebSocket(WebSocketRequest request,
                                             std::shared_ptr<WebSocketHandler> handler) override
    {
        return startWebSocket(m_core->sharedLoop(), cleanText(m_core->config().server, 256),
                              std::move(request), std::move(handler),
                              [core = m_core](const std::shared_ptr<RawSink>& sink, Ms timeout) {
                                  core->openRaw(sink, timeout);
                              });
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

std::shared_ptr<Loop> loopOf(Network& network)
{
    return network.d().loop;
}

std::shared_ptr<Client> Client::create(Network& network, ClusterConfig config, std::shared_ptr<Dialer> dialer)
{
    Network::Private& d = network.d();
    const std::lock_guard lock(d.mutex);
    std::erase_if(d.cores, [](const std::weak_ptr<Core>& core) { return core.expired(); });
    auto core = Core::create(d.loop, std::move(config), d.plugins, d.mayAsk);
    core->setPace(d.pace);
    core->setDialer(std::move(dialer));
    d.cores.push_back(core);
    return std::make_shared<ClientImpl>(network, std::move(core));
}

} // namespace strata::kube
