// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/host.h"

#include "core/base/backoff.h"
#include "core/base/translate.h"
#include "core/libvirt/connection.h"
#include "core/libvirt/errors.h"
#include "core/libvirt/library.h"
#include "core/libvirt/reading.h"
#include "core/libvirt/uri.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace strata::virt {
namespace {

using Steady = std::chrono::steady_clock;
using Ms = std::chrono::milliseconds;

// A remote end that is silent for so long is dead: libvirt then closes the connection and fails its calls.
constexpr int kKeepAliveSeconds = 5;
constexpr unsigned kKeepAliveCount = 4;

struct Document {
    std::string uuid; // empty: the capabilities
    std::function<void(Result<std::string>)> done;
};

std::int64_t steadyMs()
{
    return std::chrono::duration_cast<Ms>(Steady::now().time_since_epoch()).count();
}

// What the worker thread, libvirt's callbacks and the Host share. It lives for as long as one of them needs
// it.
class Link : public std::enable_shared_from_this<Link> {
public:
    Link(std::string uri, HostUri parts, std::shared_ptr<HostSink> sink, Pace pace)
        : m_uri(std::move(uri)), m_parts(std::move(parts)), m_pace(pace), m_sink(std::move(sink))
    {}

    void start()
    {
        std::thread([self = shared_from_this()] { self->run(); }).detach();
    }

    // After it returns neither the sink nor a document's callback is called any more.
    void stop()
    {
        std::deque<std::shared_ptr<Document>> open;
        {
            const std::lock_guard lock(m_mutex);
            m_closing = true;
            open.swap(m_documents);
            if (m_running)
                open.push_back(m_running);
        }
        m_wake.notify_all();
        const std::lock_guard lock(m_sinkMutex);
        m_sink.reset();
        for (const std::shared_ptr<Document>& document : open)
            finish(*document,
                   fail(ErrorKind::Cancelled, translate("Host", "The connection to the host was closed.")));
    }

    void retryNow()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_retry = true;
        }
        m_wake.notify_all();
    }

    void fetch(std::string uuid, std::function<void(Result<std::string>)> done)
    {
        auto document = std::make_shared<Document>(Document{std::move(uuid), std::move(done)});
        bool refused = false;
        {
            const std::lock_guard lock(m_mutex);
            refused = m_closing;
            if (!refused)
                m_documents.push_back(document);
        }
        if (refused)
            return;
        m_wake.notify_all();
    }

private:
    using Lock = std::unique_lock<std::mutex>;

    // Marks the time of a call into libvirt, for the watch below.
    class Busy {
    public:
        explicit Busy(Link& link) : m_link(link) { m_link.m_busySince = steadyMs(); }
        ~Busy()
        {
            m_link.m_busySince = 0;
            if (m_link.m_stuckTold.exchange(false))
                m_link.repeatState(); // it has come back
        }
        Busy(const Busy&) = delete;
        Busy& operator=(const Busy&) = delete;

    private:
        Link& m_link;
    };

    // --- towards the sink

    template<typename Call>
    void tell(Call&& call)
    {
        const std::lock_guard lock(m_sinkMutex);
        if (const std::shared_ptr<HostSink> sink = m_sink) // a handler may close the host
            call(*sink);
    }

    void tellState(LinkPhase phase, UnixMs retryAt = 0, Error error = {})
    {
        const std::lock_guard lock(m_sinkMutex);
        m_state.phase = phase;
        m_state.retryAt = retryAt;
        m_state.error = std::move(error);
        tell([this](HostSink& sink) { sink.onState(m_state); });
    }

    void repeatState()
    {
        tell([this](HostSink& sink) { sink.onState(m_state); });
    }

    void heard()
    {
        const std::lock_guard lock(m_sinkMutex);
        m_state.lastHeard = systemNow();
    }

    void finish(Document& document, Result<std::string> result)
    {
        const std::lock_guard lock(m_sinkMutex);
        if (const auto done = std::exchange(document.done, nullptr))
            done(std::move(result));
    }

    // --- the watch over hanging calls, on the event loop's thread

    static void onTimer(int, void* opaque) { (*static_cast<std::shared_ptr<Link>*>(opaque))->watch(); }
    static void release(void* opaque) { delete static_cast<std::shared_ptr<Link>*>(opaque); }
    void* share() { return new std::shared_ptr<Link>(shared_from_this()); }

    void watch()
    {
        const std::int64_t since = m_busySince;
        if (since == 0 || steadyMs() - since < m_pace.stuck.count())
            return;
        const Error error{
            ErrorKind::Timeout,
            arguments(translate("Host", "Host %1 does not answer; waiting for it."), {nameOf(m_parts)}),
            {},
            0,
            0};
        std::deque<std::shared_ptr<Document>> open;
        {
            const std::lock_guard lock(m_mutex);
            open.swap(m_documents);
            if (m_running)
                open.push_back(m_running);
        }
        for (const std::shared_ptr<Document>& document : open)
            finish(*document, tl::unexpected<Error>(error));
        if (m_stuckTold.exchange(true))
            return;
        tell([&](HostSink& sink) { // m_state stays: it is what holds again once the call returns
            LinkState state = m_state;
            state.phase = LinkPhase::Waiting;
            state.retryAt = 0;
            state.error = error;
            sink.onState(state);
        });
    }

    // What the close callback gets instead of a pointer: a driver without that callback takes it with success
    // and never gives it back (virConnectRegisterCloseCallback in libvirt's src/libvirt-host.c), so that what
    // it held would be lost.
    class Tickets {
    public:
        void* give(std::weak_ptr<Link> link)
        {
            const std::lock_guard lock(m_mutex);
            m_links.emplace(++m_last, std::move(link));
            return reinterpret_cast<void*>(m_last);
        }
        std::shared_ptr<Link> find(void* ticket)
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_links.find(reinterpret_cast<std::uintptr_t>(ticket));
            return found == m_links.end() ? nullptr : found->second.lock();
        }
        void takeBack(const Link* link)
        {
            const std::lock_guard lock(m_mutex);
            for (auto it = m_links.begin(); it != m_links.end();)
                it = it->second.lock().get() == link ? m_links.erase(it) : std::next(it);
        }

    private:
        std::mutex m_mutex;
        std::uintptr_t m_last = 0;
        std::map<std::uintptr_t, std::weak_ptr<Link>> m_links;
    };
    static Tickets& tickets()
    {
        static auto* all = new Tickets(); // outlives every detached thread
        return *all;
    }

    // --- libvirt's callbacks, on the event loop's thread: note it and wake the worker

    static int onLifecycle(virConnectPtr, virDomainPtr domain, int, int, void* opaque)
    {
        Link& link = **static_cast<std::shared_ptr<Link>*>(opaque);
        std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
        const bool known = virDomainGetUUIDString(domain, uuid.data()) == 0;
        {
            const std::lock_guard lock(link.m_mutex);
            if (known)
                link.m_changed.insert(uuid.data());
            else
                link.m_allChanged = true;
        }
        link.m_wake.notify_all();
        return 0;
    }

    static void onClose(virConnectPtr, int reason, void* opaque)
    {
        const std::shared_ptr<Link> held = tickets().find(opaque);
        if (!held)
            return;
        Link& link = *held;
        const std::string name = nameOf(link.m_parts);
        Error error{ErrorKind::Network, {}, {}, 0, 0};
        switch (reason) {
        case VIR_CONNECT_CLOSE_REASON_KEEPALIVE:
            error.kind = ErrorKind::Timeout;
            error.text = arguments(translate("Host", "Host %1 stopped answering."), {name});
            break;
        case VIR_CONNECT_CLOSE_REASON_EOF:
            error.text = arguments(translate("Host", "libvirt on host %1 closed the connection."), {name});
            break;
        default:
            error.text = arguments(translate("Host", "The connection to host %1 is lost."), {name});
            break;
        }
        {
            const std::lock_guard lock(link.m_mutex);
            link.m_lost = std::move(error);
        }
        link.m_wake.notify_all();
    }

    // --- the worker

    void run()
    {
        prepareThread();
        Backoff backoff(m_pace.firstRetry, m_pace.lastRetry);
        const int interval = static_cast<int>(std::clamp<std::int64_t>(m_pace.stuck.count() / 4, 50, 1000));
        const int timer = virEventAddTimeout(interval, onTimer, share(), release);
        for (;;) {
            {
                const std::lock_guard lock(m_mutex);
                if (m_closing)
                    break;
                m_retry = false;
                m_lost.reset();
            }
            tellState(LinkPhase::Connecting);
            m_liveSince.reset();
            Error error = session();
            if (m_liveSince)
                backoff.healthyFor(std::chrono::duration_cast<Ms>(Steady::now() - *m_liveSince));
            {
                const std::lock_guard lock(m_mutex);
                if (m_closing)
                    break;
                if (m_lost) // says more than the call that failed for it
                    error = *m_lost;
            }
            const Ms wait = backoff.next();
            tellState(LinkPhase::Waiting, systemNow() + wait.count(), error);
            if (!pause(wait, error))
                break;
        }
        if (timer >= 0)
            virEventRemoveTimeout(timer);
    }

    // Waits for the next try, refusing documents meanwhile. False: closing.
    bool pause(Ms wait, const Error& error)
    {
        const auto until = Steady::now() + wait;
        Lock lock(m_mutex);
        for (;;) {
            m_wake.wait_until(lock, until, [this] { return m_closing || m_retry || !m_documents.empty(); });
            if (m_closing)
                return false;
            while (!m_documents.empty()) {
                const std::shared_ptr<Document> document = m_documents.front();
                m_documents.pop_front();
                lock.unlock();
                finish(*document, tl::unexpected<Error>(error));
                lock.lock();
            }
            if (m_closing)
                return false;
            if (m_retry || Steady::now() >= until)
                return true;
        }
    }

    ConnectionPtr open()
    {
        const Busy busy(*this);
        return openConnection(m_uri, m_parts, false);
    }

    // One connection from its opening to its end; returns why it ended.
    Error session()
    {
        ConnectionPtr connection = open();
        if (!connection)
            return lastLibvirtError(m_parts, false);
        virConnectPtr c = connection.get();
        int events = -1;
        bool closeWatched = false;
        {
            const Busy busy(*this);
            virConnectSetKeepAlive(c, kKeepAliveSeconds, kKeepAliveCount); // not all drivers have it
            closeWatched =
                virConnectRegisterCloseCallback(c, onClose, tickets().give(weak_from_this()), nullptr) == 0;
            void* opaque = share();
            events =
                virConnectDomainEventRegisterAny(c, nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                 VIR_DOMAIN_EVENT_CALLBACK(onLifecycle), opaque, release);
            if (events < 0)
                release(opaque);
        }
        Error error = serve(c, events >= 0);
        const Busy busy(*this);
        if (events >= 0)
            virConnectDomainEventDeregisterAny(c, events);
        if (closeWatched)
            virConnectUnregisterCloseCallback(c, onClose);
        tickets().takeBack(this);
        connection.reset(); // a call like any other: it may hang
        return error;
    }

    Error serve(virConnectPtr c, bool events)
    {
        std::string capabilities;
        std::optional<CpuClock> clock;
        HostFacts facts;
        {
            const Busy busy(*this);
            Result<HostFacts> read = readHost(c, m_parts, capabilities);
            if (!read)
                return read.error();
            facts = std::move(*read);
            clock = readUsage(c, m_parts, facts);
        }
        heard();
        tellHost(facts);
        if (const std::optional<Error> error = readAll(c))
            return *error;
        m_liveSince = Steady::now();
        tellState(LinkPhase::Live);

        const Ms every = events ? m_pace.domains : m_pace.domainsWithoutEvents;
        auto nextUsage = Steady::now() + m_pace.usage;
        auto nextDomains = Steady::now() + every;
        for (;;) {
            std::set<std::string> changed;
            bool all = false;
            std::shared_ptr<Document> document;
            {
                Lock lock(m_mutex);
                m_wake.wait_until(lock, std::min(nextUsage, nextDomains), [this] {
                    return m_closing || m_lost || m_allChanged || !m_changed.empty() || !m_documents.empty();
                });
                if (m_closing || m_lost)
                    return m_lost.value_or(Error{ErrorKind::Cancelled, {}, {}, 0, 0});
                changed.swap(m_changed);
                all = std::exchange(m_allChanged, false);
                if (!m_documents.empty()) {
                    document = m_documents.front();
                    m_documents.pop_front();
                    m_running = document;
                }
            }
            if (document)
                answer(c, capabilities, *document);
            const auto now = Steady::now();
            std::optional<Error> error;
            if (all || now >= nextDomains) {
                error = readAll(c);
                nextDomains = Steady::now() + every;
            } else {
                for (const std::string& uuid : changed)
                    if (!error)
                        error = readOne(c, uuid);
            }
            if (!error && now >= nextUsage) {
                error = refresh(c, facts, clock);
                nextUsage = Steady::now() + m_pace.usage;
            }
            if (error)
                return *error;
        }
    }

    // These return an error only when the connection is gone.
    std::optional<Error> lostOr(virConnectPtr c, const Error& error)
    {
        if (virConnectIsAlive(c) == 1)
            return std::nullopt;
        return error;
    }

    std::optional<Error> readAll(virConnectPtr c)
    {
        std::vector<DomainFacts> domains;
        {
            const Busy busy(*this);
            Result<std::vector<DomainFacts>> read = readDomains(c, m_parts);
            if (!read)
                return lostOr(c, read.error());
            domains = std::move(*read);
        }
        heard();
        std::map<std::string, DomainFacts> gone;
        gone.swap(m_known);
        for (DomainFacts& domain : domains) {
            const auto old = gone.find(domain.uuid);
            const bool same = old != gone.end() && old->second == domain;
            if (old != gone.end())
                gone.erase(old);
            if (!same)
                tell([&](HostSink& sink) { sink.onDomain(domain); });
            m_known.insert_or_assign(domain.uuid, std::move(domain));
        }
        for (const auto& [uuid, facts] : gone)
            tell([&id = uuid](HostSink& sink) { sink.onDomainGone(id); });
        return std::nullopt;
    }

    std::optional<Error> readOne(virConnectPtr c, const std::string& uuid)
    {
        Result<DomainFacts> read;
        {
            const Busy busy(*this);
            read = readDomain(c, m_parts, uuid);
            if (!read && read.error().kind != ErrorKind::NotFound)
                return lostOr(c, read.error());
        }
        heard();
        if (!read) {
            if (m_known.erase(uuid) > 0)
                tell([&](HostSink& sink) { sink.onDomainGone(uuid); });
            return std::nullopt;
        }
        const auto old = m_known.find(read->uuid);
        if (old == m_known.end() || old->second != *read)
            tell([&](HostSink& sink) { sink.onDomain(*read); });
        m_known.insert_or_assign(read->uuid, std::move(*read));
        return std::nullopt;
    }

    std::optional<Error> refresh(virConnectPtr c, HostFacts& facts, std::optional<CpuClock>& clock)
    {
        {
            const Busy busy(*this);
            if (virConnectIsAlive(c) != 1)
                return libvirtError(VIR_ERR_NO_CONNECT, VIR_FROM_RPC, {}, m_parts, true);
            const std::optional<CpuClock> now = readUsage(c, m_parts, facts);
            facts.cpuUsed = usedShare(clock, now);
            clock = now;
            if (virConnectIsAlive(c) != 1)
                return libvirtError(VIR_ERR_NO_CONNECT, VIR_FROM_RPC, {}, m_parts, true);
        }
        heard();
        tellHost(facts);
        repeatState(); // lastHeard
        return std::nullopt;
    }

    void tellHost(const HostFacts& facts)
    {
        if (m_told && *m_told == facts)
            return;
        m_told = facts;
        tell([&](HostSink& sink) { sink.onHost(facts); });
    }

    void answer(virConnectPtr c, const std::string& capabilities, Document& document)
    {
        Result<std::string> result = fail(ErrorKind::Internal, {});
        if (document.uuid.empty()) {
            result = capabilities.empty()
                         ? Result<std::string>(
                               fail(ErrorKind::NotFound, translate("Host", "The host does not tell its "
                                                                           "capabilities.")))
                         : Result<std::string>(capabilities);
        } else {
            const Busy busy(*this);
            const DomainPtr domain(virDomainLookupByUUIDString(c, document.uuid.c_str()));
            char* xml = domain ? virDomainGetXMLDesc(domain.get(), 0) : nullptr; // without passwords
            if (xml != nullptr)
                result = std::string(xml);
            else
                result = tl::unexpected<Error>(lastLibvirtError(m_parts, true));
            std::free(xml);
        }
        {
            const std::lock_guard lock(m_mutex);
            m_running.reset();
        }
        finish(document, std::move(result));
    }

    const std::string m_uri;
    const HostUri m_parts;
    const Pace m_pace;

    std::mutex m_mutex; // guards these, never held while calling out
    std::condition_variable m_wake;
    bool m_closing = false;
    bool m_retry = false;
    std::optional<Error> m_lost;
    std::set<std::string> m_changed; // uuids
    bool m_allChanged = false;
    std::deque<std::shared_ptr<Document>> m_documents;
    std::shared_ptr<Document> m_running;

    std::recursive_mutex m_sinkMutex; // held while calling out; guards these
    std::shared_ptr<HostSink> m_sink;
    LinkState m_state;

    std::atomic<std::int64_t> m_busySince{0}; // steady milliseconds; 0: not in libvirt
    std::atomic<bool> m_stuckTold{false};

    // The worker's own.
    std::map<std::string, DomainFacts> m_known; // by uuid; what the sink knows
    std::optional<HostFacts> m_told;
    std::optional<Steady::time_point> m_liveSince;
};

class LinkedHost : public Host {
public:
    LinkedHost(std::string uri, std::shared_ptr<Link> link) : m_uri(std::move(uri)), m_link(std::move(link))
    {}
    ~LinkedHost() override { m_link->stop(); }
    LinkedHost(const LinkedHost&) = delete;
    LinkedHost& operator=(const LinkedHost&) = delete;

    const std::string& uri() const override { return m_uri; }
    void retryNow() override { m_link->retryNow(); }
    void capabilitiesXml(std::function<void(Result<std::string>)> done) override
    {
        m_link->fetch({}, std::move(done));
    }
    void domainXml(const std::string& uuid, std::function<void(Result<std::string>)> done) override
    {
        m_link->fetch(uuid, std::move(done));
    }

private:
    std::string m_uri;
    std::shared_ptr<Link> m_link;
};

} // namespace

const char* toString(DomainState state)
{
    switch (state) {
    case DomainState::NoState:
        return "no state";
    case DomainState::Running:
        return "running";
    case DomainState::Blocked:
        return "blocked";
    case DomainState::Paused:
        return "paused";
    case DomainState::ShuttingDown:
        return "shutting down";
    case DomainState::ShutOff:
        return "shut off";
    case DomainState::Crashed:
        return "crashed";
    case DomainState::Suspended:
        return "suspended";
    }
    return "no state";
}

Result<std::unique_ptr<Host>> Host::open(const std::string& uri, std::shared_ptr<HostSink> sink, Pace pace)
{
    Result<HostUri> parts = parseUri(uri);
    if (!parts)
        return tl::unexpected<Error>(parts.error());
    if (Result<void> ready = prepareLibrary(); !ready)
        return tl::unexpected<Error>(ready.error());
    auto link = std::make_shared<Link>(uri, std::move(*parts), std::move(sink), pace);
    auto host = std::make_unique<LinkedHost>(uri, link);
    link->start();
    return host;
}

} // namespace strata::virt
