// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/watch/watch.h"

#include "core/base/backoff.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/api/status.h"
#include "core/kube/watch/framesplitter.h"
#include "core/kube/watch/jsonscan.h"
#include "core/kube/watch/machine.h"

#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace strata::kube {
namespace {

using namespace machine;
using Ms = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

static_assert(simdjson::SIMDJSON_PADDING <= 64, "FrameSplitter pads by 64 bytes");

constexpr Ms kSlowRetry{60'000};
constexpr Ms kQuietInitial{15'000}; // a streaming list that stands still so long has no end mark to come
constexpr Ms kIdleMargin{10'000};   // past the server's own time limit
constexpr UnixMs kHeardInterval = 5'000;
constexpr std::size_t kMaxListBytes = 256U << 20U;
constexpr std::size_t kMaxNameBytes = 1024;
constexpr std::size_t kKeptEffects = 16;
// A parser grows to its largest document; what a rare giant needed is given back.
constexpr std::size_t kKeptParserCapacity = 1U << 20U;

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("KubeWatch", text), values);
}

bool readString(const simdjson::dom::element& object, const char* key, std::string& out)
{
    std::string_view text;
    if (object[key].get(text) != simdjson::SUCCESS || text.size() > kMaxNameBytes)
        return false;
    out = text;
    return true;
}

bool readMeta(const simdjson::dom::element& object, ObjectMeta& meta)
{
    simdjson::dom::element metadata;
    if (!object.is_object() || object["metadata"].get(metadata) != simdjson::SUCCESS || !metadata.is_object())
        return false;
    if (!readString(metadata, "name", meta.name) || meta.name.empty())
        return false;
    readString(metadata, "namespace", meta.ns);
    readString(metadata, "uid", meta.uid);
    readString(metadata, "resourceVersion", meta.resourceVersion);
    // Names are parts of paths and keys; Kubernetes allows neither of these in them.
    return meta.name.find('/') == std::string::npos && meta.ns.find('/') == std::string::npos;
}

// An event as API servers write it, {"type":"ADDED","object":{…}}, taken apart without a look at the object:
// the parser says whether it was one value. What is written in another way is left to the scanner.
bool splitEvent(std::string_view frame, std::string_view& type, std::string_view& object)
{
    constexpr std::string_view kType = R"({"type":)";
    constexpr std::string_view kObject = R"(,"object":)";
    if (frame.substr(0, kType.size()) != kType)
        return false;
    const std::string_view rest = frame.substr(kType.size());
    const std::size_t comma = rest.find(',');
    if (comma == std::string_view::npos || comma > 16 || rest.substr(comma, kObject.size()) != kObject ||
        rest.back() != '}')
        return false;
    type = rest.substr(0, comma);
    object = rest.substr(comma + kObject.size());
    object.remove_suffix(object.empty() ? 0 : 1);
    return object.size() >= 2 && object.front() == '{' && object.back() == '}';
}

// The driver. Everything but the mutex and the stop flag belongs to the network thread.
class Driver : public std::enable_shared_from_this<Driver> {
public:
    Driver(std::shared_ptr<Client> client, WatchRequest request, std::shared_ptr<ObjectSink> sink)
        : m_client(std::move(client)), m_request(std::move(request)), m_sink(std::move(sink)),
          m_machine(!m_client->refusesStreamingLists(m_request.resource.group)),
          m_random(std::random_device{}())
    {}

    void begin() { input(Started{}); }
    void retryNow()
    {
        if (m_waitTimer == 0)
            return;
        m_client->network().cancel(m_waitTimer);
        m_waitTimer = 0;
        input(WaitOver{});
    }

    const NameTable<Known>& known() const { return m_machine.known; }
    // A watch that resumed where it was would not tell of them again: it has to list.
    NameTable<Known> takeKnown()
    {
        m_machine.resourceVersion.clear();
        return std::exchange(m_machine.known, {});
    }

    // Any thread. On another thread than the network's it waits for a sink call that runs.
    void stop(bool onNetworkThread)
    {
        if (onNetworkThread) {
            m_stopped = true;
            return;
        }
        const std::lock_guard lock(m_calling);
        m_stopped = true;
    }

    // On the network thread, after stop().
    void tearDown()
    {
        cancelTimers();
        m_stream.reset();
        m_handle.reset();
        m_auditHandle.reset();
    }

private:
    class Stream;
    struct Page {
        PageEnd end;
        std::string_view items; // of the body, which has been padded
    };

    template<typename F>
    void tell(F&& f)
    {
        const std::lock_guard lock(m_calling);
        if (!m_stopped)
            f(*m_sink);
    }

    void input(const Input& what, const simdjson::dom::element* object = nullptr, std::string_view raw = {});
    void perform(Effect& effect, const simdjson::dom::element* object, std::string_view raw,
                 const ObjectMeta* meta);
    Request pageRequest(const std::string& continueToken, bool metadataOnly) const;
    void getPage(const std::string& continueToken);
    void onPage(Result<Response> answer);
    void openStream(const OpenStream& effect);
    void onFrame(std::string_view frame);
    void armQuiet();
    std::optional<Page> readPage(std::string& body);
    void armAudit(Ms delay);
    void auditPage(const std::string& continueToken);
    void onAuditPage(Result<Response> answer);
    void judgeAudit();
    void stopAudit();
    Ms auditDelay()
    {
        const double spread = std::uniform_real_distribution<double>(0.8, 1.2)(m_random);
        return Ms{static_cast<Ms::rep>(static_cast<double>(m_request.auditEvery.count()) * spread)};
    }
    void wait(const Wait& effect);
    void cancelTimers();
    void heard();
    void warn(const std::string& sentence)
    {
        tell([&](ObjectSink& sink) { sink.onWarning(sentence); });
    }
    void phase(WatchPhase phase, const Error& error = {}, UnixMs retryAt = 0);
    std::string selectors() const;
    RequestName name() const
    {
        return {m_client->config().server, "GET", path(m_request.resource, m_request.ns)};
    }
    std::string what() const { return cleanText(m_request.resource.resource, 256); }
    bool parse(std::string_view text, simdjson::dom::element& out)
    {
        if (m_parser.capacity() > kKeptParserCapacity && text.size() < kKeptParserCapacity)
            m_parser = simdjson::dom::parser();
        return m_parser.parse(text.data(), text.size(), false).get(out) == simdjson::SUCCESS;
    }

    std::shared_ptr<Client> m_client;
    WatchRequest m_request;
    std::shared_ptr<ObjectSink> m_sink;
    machine::State m_machine;
    std::mt19937 m_random;
    Backoff m_backoff;
    WatchState m_state;
    UnixMs m_heardTold = 0;

    std::mutex m_calling;
    std::atomic<bool> m_stopped{false};

    std::shared_ptr<Stream> m_stream; // the one whose bytes count
    std::unique_ptr<RequestHandle> m_handle;
    std::uint64_t m_waitTimer = 0;
    std::uint64_t m_quietTimer = 0;
    std::uint64_t m_auditTimer = 0;
    std::unique_ptr<RequestHandle> m_auditHandle;
    machine::Listed m_listed; // by the audit that runs
    std::vector<Suspect> m_suspects;
    SteadyClock::time_point m_lastFrame;
    simdjson::dom::parser m_parser;
    std::vector<Effect> m_effects; // of no step: memory for the next one
};

class Driver::Stream : public StreamHandler {
public:
    explicit Stream(const std::shared_ptr<Driver>& driver) : m_driver(driver) {}

    void onHeaders(int) override
    {
        if (const auto driver = current()) {
            m_opened = SteadyClock::now();
            driver->heard();
            driver->input(Opened{});
        }
    }
    void onData(std::string_view bytes) override
    {
        const auto driver = current();
        if (!driver)
            return;
        driver->heard();
        driver->m_lastFrame = SteadyClock::now();
        m_splitter.feed(
            bytes,
            [&](std::string_view frame) {
                driver->onFrame(frame);
                return driver->m_stream.get() == this && !driver->m_stopped;
            },
            [&](std::size_t size) {
                driver->warn(tr("One event of %1 was left out: %2 bytes are more than Strata reads.",
                                {driver->what(), std::to_string(size)}));
                return true;
            });
    }
    void onEnd(Result<void> end) override
    {
        const auto driver = current();
        if (!driver)
            return;
        Ms lived{0};
        if (m_opened != SteadyClock::time_point{})
            lived = std::chrono::duration_cast<Ms>(SteadyClock::now() - m_opened);
        driver->m_backoff.healthyFor(lived);
        driver->m_stream.reset();
        driver->m_handle.reset();
        driver->input(Ended{std::move(end), lived});
    }

private:
    std::shared_ptr<Driver> current() const
    {
        auto driver = m_driver.lock();
        return driver && driver->m_stream.get() == this && !driver->m_stopped ? driver : nullptr;
    }

    std::weak_ptr<Driver> m_driver;
    FrameSplitter m_splitter;
    SteadyClock::time_point m_opened;
};

void Driver::input(const Input& what, const simdjson::dom::element* object, std::string_view raw)
{
    if (m_stopped)
        return;
    std::vector<Effect> effects = std::move(m_effects); // its memory; empty
    m_effects = {};
    step(m_machine, what, effects);
    const ObjectMeta* meta = nullptr;
    if (const auto* item = std::get_if<Item>(&what))
        meta = &item->meta;
    else if (const auto* event = std::get_if<Event>(&what))
        meta = &event->meta;
    for (Effect& effect : effects) {
        if (m_stopped)
            return;
        perform(effect, object, raw, meta);
    }
    if (effects.capacity() <= kKeptEffects) {
        effects.clear();
        m_effects = std::move(effects);
    }
}

void Driver::perform(Effect& effect, const simdjson::dom::element* object, std::string_view raw,
                     const ObjectMeta* meta)
{
    struct Visitor {
        Driver& d;
        const simdjson::dom::element* object;
        std::string_view raw;
        const ObjectMeta* meta;

        void operator()(const Upsert&) const
        {
            d.tell([&](ObjectSink& sink) { sink.onUpsert(*meta, *object, raw); });
        }
        void operator()(const Delete& e) const
        {
            d.tell([&](ObjectSink& sink) { sink.onDelete(e.meta); });
        }
        void operator()(const Synced&) const
        {
            d.m_state.synced = true;
            if (d.m_quietTimer != 0)
                d.m_client->network().cancel(d.m_quietTimer);
            d.m_quietTimer = 0;
            d.tell([](ObjectSink& sink) { sink.onSynced(); });
        }
        void operator()(const GetPage& e) const { d.getPage(e.continueToken); }
        void operator()(const OpenStream& e) const { d.openStream(e); }
        void operator()(const DropStream&) const
        {
            d.cancelTimers();
            d.m_stream.reset();
            d.m_handle.reset();
        }
        void operator()(const Wait& e) const { d.wait(e); }
        void operator()(const Tell& e) const { d.phase(e.phase); }
        void operator()(const RefusesStreamingLists&) const
        {
            d.m_client->rememberRefusedStreamingLists(d.m_request.resource.group);
        }
    };
    std::visit(Visitor{*this, object, raw, meta}, effect);
}

std::string Driver::selectors() const
{
    std::string out;
    if (!m_request.fieldSelector.empty())
        out += "&fieldSelector=" + percentEncode(m_request.fieldSelector);
    if (!m_request.labelSelector.empty())
        out += "&labelSelector=" + percentEncode(m_request.labelSelector);
    return out;
}

Request Driver::pageRequest(const std::string& continueToken, bool metadataOnly) const
{
    Request request;
    request.path = path(m_request.resource, m_request.ns);
    request.query = "limit=" + std::to_string(m_request.pageSize) + selectors();
    if (!continueToken.empty())
        request.query += "&continue=" + percentEncode(continueToken);
    request.maxBody = kMaxListBytes;
    if (metadataOnly)
        request.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    request.timeout = Ms{60'000};
    return request;
}

void Driver::getPage(const std::string& continueToken)
{
    const std::weak_ptr<Driver> weak = weak_from_this();
    m_stream.reset();
    m_handle =
        m_client->send(pageRequest(continueToken, m_request.metadataOnly), [weak](Result<Response> answer) {
            if (const auto self = weak.lock(); self && !self->m_stopped)
                self->onPage(std::move(answer));
        });
}

void Driver::onPage(Result<Response> answer)
{
    m_handle.reset();
    heard();
    if (!answer) {
        input(ListFailed{std::move(answer.error())});
        return;
    }
    std::string& body = answer->body;
    const std::optional<Page> page = readPage(body);
    const auto garbage = [&] {
        input(ListFailed{{ErrorKind::Protocol,
                          tr("The API server %1 answered the list of %2 with something that is no list.",
                             {cleanText(m_client->config().server, 256), this->what()}),
                          cleanText(std::string_view(body).substr(0, 512)), 200, 0}});
    };
    if (!page) {
        garbage();
        return;
    }
    input(PageStart{page->end.resourceVersion});
    std::size_t bad = 0;
    simdjson::dom::element element;
    JsonScanner list(page->items);
    const bool ended = list.elements([&](std::string_view raw) {
        Item item;
        if (parse(raw, element) && readMeta(element, item.meta))
            input(std::move(item), &element, raw);
        else
            ++bad;
        return !m_stopped;
    });
    if (m_stopped)
        return;
    if (bad > 0)
        warn(tr("%1 objects in the list of %2 cannot be read and were left out.",
                {std::to_string(bad), this->what()}));
    if (ended)
        input(page->end);
    else
        garbage();
}

// None when it is no list. Pads the body.
std::optional<Driver::Page> Driver::readPage(std::string& body)
{
    const std::size_t size = body.size();
    body.append(simdjson::SIMDJSON_PADDING, ' ');
    std::string_view metadata;
    Page page;
    JsonScanner scanner(std::string_view(body.data(), size));
    const bool whole = scanner.members([&](std::string_view key, std::string_view value) {
        if (key == "metadata")
            metadata = value;
        else if (key == "items")
            page.items = value;
        return true;
    });
    simdjson::dom::element element;
    if (!whole || metadata.empty() || page.items.empty() || !parse(metadata, element) || !element.is_object())
        return {};
    std::string_view value;
    if (element["resourceVersion"].get(value) == simdjson::SUCCESS)
        page.end.resourceVersion = value;
    if (element["continue"].get(value) == simdjson::SUCCESS)
        page.end.continueToken = value;
    if (page.end.resourceVersion.empty())
        return {};
    return page;
}

// ---- audit ----

void Driver::armAudit(Ms delay)
{
    if (m_auditTimer != 0 || m_request.auditEvery.count() <= 0)
        return;
    const std::weak_ptr<Driver> weak = weak_from_this();
    m_auditTimer = m_client->network().postAfter(delay, [weak] {
        const auto self = weak.lock();
        if (!self || self->m_stopped)
            return;
        self->m_auditTimer = 0;
        if (!self->m_suspects.empty()) {
            self->judgeAudit();
        } else if (self->m_machine.doing == Doing::Watching && self->m_machine.opened) {
            self->m_listed = {};
            self->auditPage({});
        }
        // Else: the next time that it is live.
    });
}

void Driver::auditPage(const std::string& continueToken)
{
    const std::weak_ptr<Driver> weak = weak_from_this();
    m_auditHandle = m_client->send(pageRequest(continueToken, true), [weak](Result<Response> answer) {
        if (const auto self = weak.lock(); self && !self->m_stopped)
            self->onAuditPage(std::move(answer));
    });
}

void Driver::onAuditPage(Result<Response> answer)
{
    m_auditHandle.reset();
    const std::optional<Page> page = answer ? readPage(answer->body) : std::nullopt;
    bool whole = page.has_value();
    if (page) {
        JsonScanner list(page->items);
        whole = list.elements([&](std::string_view raw) {
            simdjson::dom::element element;
            ObjectMeta meta;
            if (parse(raw, element) && readMeta(element, meta))
                m_listed.objects.insert(meta.ns + "/" + meta.name).first->set(meta.uid, meta.resourceVersion);
            return true;
        });
    }
    if (whole && !page->end.continueToken.empty()) {
        auditPage(page->end.continueToken);
        return;
    }
    if (whole) { // else it says nothing; faults are the watch's affair
        m_listed.resourceVersion = page->end.resourceVersion;
        m_suspects = suspects(m_machine, m_listed);
    }
    m_listed = {};
    armAudit(m_suspects.empty() ? auditDelay() : m_request.auditGrace);
}

void Driver::judgeAudit()
{
    std::vector<Suspect> found;
    found.swap(m_suspects);
    const auto lost = std::count_if(found.begin(), found.end(), [this](const Suspect& suspect) {
        return isStillSuspect(m_machine, suspect);
    });
    if (lost == 0 || m_machine.doing != Doing::Watching || !m_machine.opened) {
        armAudit(auditDelay());
        return;
    }
    warn(tr("The API server did not tell of %1 changes of %2; they are listed anew.",
            {std::to_string(lost), what()}));
    input(AuditFailed{});
}

// The connection is lost or a list is under way: either brings the truth by itself.
void Driver::stopAudit()
{
    if (m_auditTimer != 0)
        m_client->network().cancel(m_auditTimer);
    m_auditTimer = 0;
    m_auditHandle.reset();
    m_listed = {};
    m_suspects.clear();
}

void Driver::openStream(const OpenStream& effect)
{
    const int seconds = std::uniform_int_distribution<int>(300, 600)(m_random);
    Request request;
    request.path = path(m_request.resource, m_request.ns);
    request.query =
        "watch=1&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(seconds) + selectors();
    if (effect.initialEvents)
        request.query += "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    else
        request.query += "&resourceVersion=" + percentEncode(effect.resourceVersion);
    request.timeout = Ms{0};
    if (m_request.metadataOnly)
        request.accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    request.idleTimeout = std::chrono::seconds{seconds} + kIdleMargin;
    m_stream = std::make_shared<Stream>(shared_from_this());
    m_lastFrame = SteadyClock::now();
    m_handle = m_client->stream(std::move(request), m_stream);
    if (effect.initialEvents)
        armQuiet();
}

void Driver::armQuiet()
{
    const std::weak_ptr<Driver> weak = weak_from_this();
    m_quietTimer = m_client->network().postAfter(kQuietInitial, [weak] {
        const auto self = weak.lock();
        if (!self || self->m_stopped)
            return;
        self->m_quietTimer = 0;
        if (self->m_machine.doing != Doing::StreamListing)
            return;
        // Not yet answered at all is the connection's affair, not a sign of a server without end marks.
        if (self->m_machine.opened && SteadyClock::now() - self->m_lastFrame >= kQuietInitial)
            self->input(Quiet{});
        else
            self->armQuiet();
    });
}

void Driver::onFrame(std::string_view frame)
{
    // The raw text of the object is wanted as well, and the tree does not know where it was.
    std::string_view type;
    std::string_view object;
    simdjson::dom::element element;
    if (!splitEvent(frame, type, object) || !parse(object, element)) {
        type = object = {};
        JsonScanner scanner(frame);
        const bool whole = scanner.members([&](std::string_view key, std::string_view value) {
            if (key == "type")
                type = value;
            else if (key == "object")
                object = value;
            return true;
        });
        if (!whole || object.empty() || !parse(object, element)) {
            input(Garbage{});
            return;
        }
    }
    if (!element.is_object()) {
        input(Garbage{});
        return;
    }
    if (type == "\"BOOKMARK\"") {
        Bookmark bookmark;
        simdjson::dom::element metadata;
        if (element["metadata"].get(metadata) == simdjson::SUCCESS && metadata.is_object()) {
            readString(metadata, "resourceVersion", bookmark.resourceVersion);
            std::string_view mark;
            bookmark.initialEventsEnd =
                metadata["annotations"]["k8s.io/initial-events-end"].get(mark) == simdjson::SUCCESS &&
                mark == "true";
        }
        input(bookmark);
        return;
    }
    if (type == "\"ERROR\"") {
        auto status = parseStatus(element);
        input(StreamError{status ? errorFromStatus(name(), *status)
                                 : errorFromAnswer(name(), 500, "application/json", object)});
        return;
    }
    Event event;
    if (type == "\"ADDED\"")
        event.type = EventType::Added;
    else if (type == "\"MODIFIED\"")
        event.type = EventType::Modified;
    else if (type == "\"DELETED\"")
        event.type = EventType::Deleted;
    else {
        input(Garbage{});
        return;
    }
    if (!readMeta(element, event.meta)) {
        warn(tr("One event of %1 was left out: its object has no name.", {this->what()}));
        return;
    }
    input(std::move(event), &element, object);
}

void Driver::wait(const Wait& effect)
{
    cancelTimers();
    m_stream.reset();
    m_handle.reset();
    Ms delay = effect.phase == WatchPhase::Waiting ? m_backoff.next() : kSlowRetry;
    // Spread what many watches would do at the same moment.
    if (effect.phase != WatchPhase::Waiting)
        delay += Ms{std::uniform_int_distribution<int>(0, 5'000)(m_random)};
    if (effect.atLeast > delay)
        delay = Ms{effect.atLeast} + Ms{std::uniform_int_distribution<int>(0, 1'000)(m_random)};
    const std::weak_ptr<Driver> weak = weak_from_this();
    m_waitTimer = m_client->network().postAfter(delay, [weak] {
        const auto self = weak.lock();
        if (!self || self->m_stopped)
            return;
        self->m_waitTimer = 0;
        self->input(WaitOver{});
    });
    phase(effect.phase, effect.error, systemNow() + delay.count());
}

void Driver::cancelTimers()
{
    if (m_waitTimer != 0)
        m_client->network().cancel(m_waitTimer);
    if (m_quietTimer != 0)
        m_client->network().cancel(m_quietTimer);
    m_waitTimer = 0;
    m_quietTimer = 0;
    stopAudit();
}

void Driver::phase(WatchPhase phase, const Error& error, UnixMs retryAt)
{
    m_state.phase = phase;
    m_state.error = error;
    m_state.retryAt = retryAt;
    m_heardTold = m_state.lastHeard;
    if (phase == WatchPhase::Live && !m_auditHandle)
        armAudit(auditDelay());
    tell([&](ObjectSink& sink) { sink.onState(m_state); });
}

void Driver::heard()
{
    m_state.lastHeard = systemNow();
    if (m_state.phase != WatchPhase::Live || m_state.lastHeard - m_heardTold < kHeardInterval)
        return;
    m_heardTold = m_state.lastHeard;
    tell([&](ObjectSink& sink) { sink.onState(m_state); });
}

class WatchImpl : public Watch {
public:
    WatchImpl(std::shared_ptr<Client> client, std::shared_ptr<Driver> driver)
        : m_client(std::move(client)), m_driver(std::move(driver))
    {}
    ~WatchImpl() override
    {
        Network& network = m_client->network();
        m_driver->stop(network.onThread());
        network.post([driver = m_driver] { driver->tearDown(); });
    }
    void retryNow() override
    {
        m_client->network().post([driver = m_driver] { driver->retryNow(); });
    }
    std::size_t size() const override { return m_driver->known().size(); }
    bool knows(std::string_view ns, std::string_view name) const override
    {
        return m_driver->known().contains(std::string(ns).append("/").append(name));
    }
    void takeNames(const std::function<void(std::string_view, std::string_view)>& take) override
    {
        const NameTable<Known> taken = m_driver->takeKnown();
        taken.each([&take](std::string_view key, const Known&) {
            const std::size_t slash = key.find('/');
            take(key.substr(0, slash), key.substr(slash + 1));
        });
    }

private:
    std::shared_ptr<Client> m_client;
    std::shared_ptr<Driver> m_driver;
};

} // namespace

std::unique_ptr<Watch> Watch::start(std::shared_ptr<Client> client, WatchRequest request,
                                    std::shared_ptr<ObjectSink> sink)
{
    auto driver = std::make_shared<Driver>(client, std::move(request), std::move(sink));
    auto watch = std::make_unique<WatchImpl>(client, driver);
    client->network().post([driver] { driver->begin(); });
    return watch;
}

} // namespace strata::kube
