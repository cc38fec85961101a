// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/clusterfeed.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/feeds/document.h"

#include <algorithm>
#include <random>

namespace strata::feeds {
namespace {

using Ms = std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;
using stack::FactKind;

constexpr Ms kRediscover{60000};
constexpr Ms kHeardEvery{2000}; // how often a change of lastHeard alone is told
constexpr Ms kMetricsFirst{1000};
constexpr unsigned kMetricsForget = 4; // failed polls in a row after which usage is no longer shown
constexpr Ms kMetricsMissing{300000};  // how often an absent metrics API is looked for
constexpr int kMaxEvents = 500;
constexpr std::size_t kMaxObject = 16U << 20U;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("ClusterFeed", text), values);
}

// Spreads what many feeds do at the same interval.
Ms jittered(Ms time)
{
    static thread_local std::minstd_rand engine{std::random_device{}()};
    return Ms(static_cast<std::int64_t>(static_cast<double>(time.count()) *
                                        std::uniform_real_distribution<double>(0.8, 1.2)(engine)));
}

bool sameButHeard(const stack::SourceState& a, const stack::SourceState& b)
{
    const auto sameKinds = [](const std::vector<stack::KindState>& x,
                              const std::vector<stack::KindState>& y) {
        return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& p, const auto& q) {
            return p.kind == q.kind && p.error == q.error;
        });
    };
    return a.phase == b.phase && a.synced == b.synced && a.retryAt == b.retryAt && a.error == b.error &&
           a.version == b.version && a.name == b.name && a.address == b.address && a.insecure == b.insecure &&
           sameKinds(a.kinds, b.kinds);
}

std::string notServed(const Kind& kind)
{
    if (*kind.group == '\0')
        return tr("%1 are not served here.", {kind.resource});
    return tr("%1 are not served: %2 is not installed.", {kind.resource, kind.group});
}

bool isAccessError(const Error& error)
{
    return error.kind == ErrorKind::Auth || error.kind == ErrorKind::Tls;
}

} // namespace

Error cleanError(Error error)
{
    error.text = cleanText(error.text);
    error.detail = cleanText(error.detail);
    return error;
}

// Hands one watch's words to the feed as long as there is one.
class ClusterFeed::Sink : public kube::ObjectSink {
public:
    Sink(std::weak_ptr<ClusterFeed> feed, std::size_t index, std::uint64_t generation)
        : m_feed(std::move(feed)), m_index(index), m_generation(generation)
    {}

    void onUpsert(const kube::ObjectMeta& meta, const simdjson::dom::element& object,
                  std::string_view) override
    {
        if (const auto feed = current())
            feed->onUpsert(m_index, meta, Json(object));
    }
    void onDelete(const kube::ObjectMeta& meta) override
    {
        if (const auto feed = current())
            feed->onDelete(m_index, meta);
    }
    void onSynced() override
    {
        if (const auto feed = current())
            feed->onSynced(m_index);
    }
    void onState(const kube::WatchState& state) override
    {
        if (const auto feed = current())
            feed->onState(m_index, state);
    }

private:
    std::shared_ptr<ClusterFeed> current() const
    {
        std::shared_ptr<ClusterFeed> feed = m_feed.lock();
        if (feed && (feed->m_stopped || feed->m_follows[m_index].generation != m_generation))
            feed.reset();
        return feed;
    }

    std::weak_ptr<ClusterFeed> m_feed;
    std::size_t m_index;
    std::uint64_t m_generation;
};

ClusterFeed::ClusterFeed(FeedContext context, kube::ClusterConfig config, stack::SourceState state,
                         Hooks hooks)
    : m_context(context), m_hooks(std::move(hooks)),
      m_client(kube::Client::create(context.network, std::move(config))), m_requests(context.network),
      m_fetches(context.network), m_state(std::move(state)), m_metricsDelay(context.metricsEvery)
{
    const auto& kinds = m_state.kind == stack::SourceKind::OuterCluster ? outerKinds() : innerKinds();
    for (const Kind& kind : kinds) {
        Follow follow;
        follow.kind = &kind;
        m_follows.push_back(std::move(follow));
    }
}

ClusterFeed::~ClusterFeed()
{
    if (!m_stopped)
        stop();
}

void ClusterFeed::start()
{
    m_state.address = cleanText(m_client->config().server);
    m_state.insecure = m_client->config().insecureSkipTlsVerify;
    begin();
    review();
    planMetrics(jittered(kMetricsFirst));
}

void ClusterFeed::begin()
{
    askVersion();
    bool groups = false;
    for (std::size_t i = 0; i < m_follows.size(); ++i) {
        if (*m_follows[i].kind->group == '\0')
            choose(i, m_follows[i].kind->versions.front());
        else
            groups = true;
    }
    if (groups)
        discover();
}

void ClusterFeed::stop()
{
    m_stopped = true;
    m_requests.clear();
    m_fetches.clear();
    for (Follow& follow : m_follows)
        follow.watch.reset();
    std::map<std::uint64_t, std::function<void(Error)>> open;
    open.swap(m_openFetches);
    if (m_dropFetches)
        return;
    for (const auto& [id, answer] : open)
        answer(Error{ErrorKind::Cancelled, tr("The connection was closed."), {}, 0, 0});
}

void ClusterFeed::retryNow()
{
    for (Follow& follow : m_follows)
        if (follow.watch)
            follow.watch->retryNow();
    if (m_discoveryTimer != 0) {
        m_requests.cancel(m_discoveryTimer);
        discover();
    }
    if (m_state.version.empty())
        askVersion();
}

void ClusterFeed::reconnect(kube::ClusterConfig config)
{
    m_requests.clear();
    m_discovering = false;
    m_discoveryTimer = m_metricsTimer = m_stateTimer = 0;
    m_nodeUsage.open = m_podUsage.open = false;
    for (Follow& follow : m_follows) {
        ++follow.generation;
        follow.watch.reset();
        follow.version.clear();
        follow.notServed.reset();
    }
    m_client = kube::Client::create(m_context.network, std::move(config));
    m_state.address = cleanText(m_client->config().server);
    m_state.insecure = m_client->config().insecureSkipTlsVerify;
    begin();
    review();
    planMetrics(jittered(kMetricsFirst));
}

// --- what is served

void ClusterFeed::askVersion()
{
    kube::Request request;
    request.path = "/version";
    request.maxBody = 1U << 20U;
    m_requests.send(*m_client, std::move(request), [this](const Result<kube::Response>& result) {
        if (!result)
            return; // the watches tell why
        simdjson::dom::parser parser;
        simdjson::dom::element element;
        if (parser.parse(result->body).get(element) != simdjson::SUCCESS)
            return;
        m_heard = systemNow();
        if (std::string version = Json(element)["gitVersion"].text(); !version.empty())
            m_state.version = std::move(version);
        // It is part of the state though review() does not work it out.
        putState();
    });
}

void ClusterFeed::discover()
{
    if (m_discovering)
        return;
    m_discovering = true;
    m_lastDiscovery = Steady::now();
    kube::Request request;
    request.path = "/apis";
    request.accept = kDiscoveryAccept;
    request.maxBody = 32U << 20U;
    m_requests.send(*m_client, std::move(request),
                    [this](const Result<kube::Response>& result) { onDiscovery(result); });
}

void ClusterFeed::planDiscovery(Ms delay)
{
    if (m_discovering || m_discoveryTimer != 0)
        return;
    m_discoveryTimer = m_requests.after(delay, [this] {
        m_discoveryTimer = 0;
        discover();
    });
}

void ClusterFeed::onDiscovery(const Result<kube::Response>& result)
{
    m_discovering = false;
    Result<Served> served = result ? parseDiscovery(result->body) : tl::unexpected<Error>(result.error());
    if (result)
        m_heard = systemNow();
    if (!served &&
        (served.error().kind == ErrorKind::Forbidden || served.error().kind == ErrorKind::NotFound)) {
        // Whoever may not ask may still be allowed to read: try the newest version that we know, the next one
        // when that is missing.
        for (std::size_t i = 0; i < m_follows.size(); ++i) {
            const Follow& follow = m_follows[i];
            if (*follow.kind->group == '\0')
                continue;
            const auto& versions = follow.kind->versions;
            auto next = std::find(versions.begin(), versions.end(), follow.version);
            if (next == versions.end())
                next = versions.begin();
            else if (follow.state.phase == kube::WatchPhase::Missing && ++next == versions.end())
                next = versions.begin();
            choose(i, *next);
        }
        m_discoveryError.reset();
        review();
        return;
    }
    if (!served) {
        m_discoveryError = cleanError(served.error());
        noAccess(served.error());
        planDiscovery(m_discoveryBackoff.next());
        review();
        return;
    }
    m_discoveryError.reset();
    m_discoveryBackoff.reset();
    bool missing = false;
    for (std::size_t i = 0; i < m_follows.size(); ++i) {
        const std::optional<std::string> version = chooseVersion(*served, *m_follows[i].kind);
        choose(i, version);
        missing = missing || !version;
    }
    if (missing)
        planDiscovery(jittered(kRediscover));
    review();
}

void ClusterFeed::choose(std::size_t index, const std::optional<std::string>& version)
{
    Follow& follow = m_follows[index];
    if (!version) {
        // A watch that runs learns of it by itself, and may know better: discovery of an aggregated API can
        // be out of date.
        if (!follow.watch)
            follow.notServed = Error{ErrorKind::NotFound, notServed(*follow.kind), {}, 0, 0};
        return;
    }
    follow.notServed.reset();
    if (follow.watch && follow.version == *version)
        return;
    follow.version = *version;
    watch(index);
}

void ClusterFeed::watch(std::size_t index)
{
    Follow& follow = m_follows[index];
    follow.watch.reset();
    ++follow.generation;
    follow.state = {};
    follow.outdated.merge(follow.known);
    follow.known.clear();
    kube::WatchRequest request;
    request.resource = {follow.kind->group, follow.version, follow.kind->resource, follow.kind->namespaced};
    follow.watch = kube::Watch::start(m_client, std::move(request),
                                      std::make_shared<Sink>(weak_from_this(), index, follow.generation));
}

// --- what the watches say

std::string ClusterFeed::factName(const Kind& kind, const kube::ObjectMeta& meta)
{
    return kind.namespaced ? cleanText(meta.ns) + "/" + cleanText(meta.name) : cleanText(meta.name);
}

void ClusterFeed::onUpsert(std::size_t index, const kube::ObjectMeta& meta, const Json& object)
{
    Follow& follow = m_follows[index];
    const Kind& kind = *follow.kind;
    ++m_context.events;
    m_heard = systemNow();
    std::string name = factName(kind, meta);
    if (kind.fact == FactKind::Cluster && m_hooks.onCluster)
        m_hooks.onCluster(meta, &object);
    const std::string apiVersion = *kind.group == '\0' ? follow.version : kind.group + ("/" + follow.version);
    follow.outdated.erase(name);
    follow.known.insert(name);
    m_context.outbox.put({m_state.id, kind.fact, std::move(name)},
                         std::make_shared<const stack::Fact>(kind.read(object, apiVersion)));
}

void ClusterFeed::onDelete(std::size_t index, const kube::ObjectMeta& meta)
{
    Follow& follow = m_follows[index];
    ++m_context.events;
    m_heard = systemNow();
    std::string name = factName(*follow.kind, meta);
    if (follow.kind->fact == FactKind::Cluster && m_hooks.onCluster)
        m_hooks.onCluster(meta, nullptr);
    follow.known.erase(name);
    follow.outdated.erase(name);
    m_context.outbox.put({m_state.id, follow.kind->fact, std::move(name)}, nullptr);
}

void ClusterFeed::onSynced(std::size_t index)
{
    Follow& follow = m_follows[index];
    follow.state.synced = true;
    forget(follow);
    review();
}

// What an earlier watch knew and this one does not.
void ClusterFeed::forget(Follow& follow)
{
    std::unordered_set<std::string> gone;
    gone.swap(follow.outdated);
    for (const std::string& name : gone) {
        if (follow.kind->fact == FactKind::Cluster && m_hooks.onCluster) {
            const std::size_t slash = name.find('/');
            m_hooks.onCluster({name.substr(0, slash), name.substr(slash + 1), {}, {}}, nullptr);
        }
        m_context.outbox.put({m_state.id, follow.kind->fact, name}, nullptr);
    }
}

void ClusterFeed::onState(std::size_t index, const kube::WatchState& state)
{
    Follow& follow = m_follows[index];
    const bool synced = follow.state.synced || state.synced;
    follow.state = state;
    follow.state.synced = synced;
    follow.state.error = cleanError(state.error);
    if (state.phase == kube::WatchPhase::Waiting || state.phase == kube::WatchPhase::Denied)
        noAccess(state.error);
    if (state.phase == kube::WatchPhase::Missing && *follow.kind->group != '\0') {
        // What the kind's definition took with it when it went.
        follow.outdated.merge(follow.known);
        follow.known.clear();
        forget(follow);
        const auto since = std::chrono::duration_cast<Ms>(Steady::now() - m_lastDiscovery);
        planDiscovery(since < kRediscover ? jittered(kRediscover) - since : Ms(0));
    }
    review();
}

void ClusterFeed::noAccess(const Error& error)
{
    if (isAccessError(error) && m_hooks.onNoAccess)
        m_requests.after(Ms(0), m_hooks.onNoAccess); // it may take this feed down
}

// --- how it goes

void ClusterFeed::review()
{
    if (m_stopped)
        return;
    stack::SourceState next = m_state;
    next.kinds.clear();
    next.error = {};
    next.retryAt = 0;
    next.synced = true;
    next.lastHeard = std::max(next.lastHeard, m_heard);
    bool settled = true;
    bool live = false;
    bool waiting = false;
    bool listing = false;
    bool strange = false;
    const Error* why = nullptr;
    const Error* refused = nullptr;
    for (const Follow& follow : m_follows) {
        const std::string resource = follow.kind->resource;
        if (follow.notServed) {
            if (!follow.kind->optional)
                next.kinds.push_back({resource, *follow.notServed});
            continue;
        }
        if (!follow.watch) { // what is served is not known yet
            next.synced = false;
            if (m_discoveryError) {
                next.kinds.push_back({resource, *m_discoveryError});
                waiting = true;
                why = why == nullptr ? &*m_discoveryError : why;
            } else {
                settled = false;
                listing = true;
            }
            continue;
        }
        next.lastHeard = std::max(next.lastHeard, follow.state.lastHeard);
        switch (follow.state.phase) {
        case kube::WatchPhase::Live:
            live = true;
            break;
        case kube::WatchPhase::Listing:
            listing = true;
            if (!follow.state.synced) {
                next.synced = false;
                settled = false;
            }
            break;
        case kube::WatchPhase::Waiting:
            waiting = true;
            why = why == nullptr ? &follow.state.error : why;
            if (follow.state.retryAt != 0)
                next.retryAt =
                    next.retryAt == 0 ? follow.state.retryAt : std::min(next.retryAt, follow.state.retryAt);
            if (!follow.state.synced)
                next.synced = false;
            next.kinds.push_back({resource, follow.state.error});
            break;
        case kube::WatchPhase::Denied:
            if (isAccessError(follow.state.error) && refused == nullptr)
                refused = &follow.state.error;
            next.kinds.push_back({resource, follow.state.error});
            break;
        case kube::WatchPhase::Missing:
            if (follow.kind->optional)
                break;
            if (*follow.kind->group == '\0') // every cluster has these
                strange = true;
            next.kinds.push_back(
                {resource, Error{ErrorKind::NotFound, notServed(*follow.kind), follow.state.error.text,
                                 follow.state.error.httpStatus, 0}});
            break;
        case kube::WatchPhase::Stopped:
            break;
        }
    }
    if (live) {
        next.phase = stack::LinkPhase::Live;
    } else if (waiting) {
        next.phase = stack::LinkPhase::Waiting;
        next.error = *why;
    } else if (refused != nullptr) {
        next.phase = stack::LinkPhase::Waiting;
        next.error = *refused;
    } else if (strange) {
        next.phase = stack::LinkPhase::Waiting;
        next.error = Error{ErrorKind::Protocol,
                           tr("%1 is not the address of a Kubernetes API.", {m_state.address}),
                           {},
                           0,
                           0};
        next.synced = false;
    } else if (listing) {
        // A relist of everything is no new connection.
        next.phase =
            m_state.phase == stack::LinkPhase::Live ? stack::LinkPhase::Live : stack::LinkPhase::Connecting;
    } else {
        next.phase = stack::LinkPhase::Live; // it answers, and allows or has nothing
    }
    if (next.phase == stack::LinkPhase::Live)
        next.retryAt = 0;
    const bool back = next.phase == stack::LinkPhase::Live && m_state.phase == stack::LinkPhase::Waiting;
    const bool same = sameButHeard(m_state, next);
    const bool newlySettled = settled && !m_settled;
    const bool heard = next.lastHeard != m_state.lastHeard;
    m_state = std::move(next);
    m_settled = m_settled || settled;
    if (!same || newlySettled) {
        putState();
    } else if (heard && m_stateTimer == 0) {
        m_stateTimer = m_requests.after(kHeardEvery, [this] {
            m_stateTimer = 0;
            putState();
        });
    }
    if (newlySettled && m_hooks.onSettled)
        m_requests.after(Ms(0), m_hooks.onSettled);
    if (back || (newlySettled && m_state.version.empty()))
        askVersion(); // it may have been upgraded meanwhile
}

void ClusterFeed::putState()
{
    m_requests.cancel(m_stateTimer);
    m_state.lastHeard = std::max(m_state.lastHeard, m_heard);
    m_context.outbox.put(m_state, m_settled);
}

// --- usage

void ClusterFeed::planMetrics(Ms delay)
{
    if (m_context.metricsEvery.count() <= 0)
        return;
    m_requests.cancel(m_metricsTimer);
    m_metricsTimer = m_requests.after(delay, [this] {
        m_metricsTimer = 0;
        pollMetrics();
    });
}

void ClusterFeed::pollMetrics()
{
    m_metricsDelay = m_context.metricsEvery;
    for (const FactKind kind : {FactKind::NodeUsage, FactKind::PodUsage}) {
        Usage& usage = kind == FactKind::NodeUsage ? m_nodeUsage : m_podUsage;
        usage.open = true;
        kube::Request request;
        request.path = kind == FactKind::NodeUsage ? "/apis/metrics.k8s.io/v1beta1/nodes"
                                                   : "/apis/metrics.k8s.io/v1beta1/pods";
        m_requests.send(*m_client, std::move(request),
                        [this, kind](const Result<kube::Response>& result) { onMetrics(kind, result); });
    }
}

void ClusterFeed::onMetrics(FactKind kind, const Result<kube::Response>& result)
{
    Usage& usage = kind == FactKind::NodeUsage ? m_nodeUsage : m_podUsage;
    usage.open = false;
    std::map<std::string, stack::UsageFact> gone;
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    if (result && parser.parse(result->body).get(element) == simdjson::SUCCESS) {
        usage.failures = 0;
        m_heard = systemNow();
        gone.swap(usage.known);
        Json(element)["items"].each([&](const Json& item) {
            const Json meta = item["metadata"];
            std::string name = meta["name"].text();
            if (name.empty())
                return;
            if (kind == FactKind::PodUsage)
                name = meta["namespace"].text() + "/" + name;
            stack::UsageFact fact = readMetrics(item);
            const auto old = gone.find(name);
            // A node's readings make its history, so that each counts; of the many pods only the changes.
            const bool same = old != gone.end() && old->second.used == fact.used &&
                              (kind == FactKind::PodUsage || old->second.at == fact.at);
            if (old != gone.end())
                gone.erase(old);
            usage.known.insert_or_assign(name, fact);
            if (!same)
                m_context.outbox.put({m_state.id, kind, std::move(name)},
                                     std::make_shared<const stack::Fact>(std::move(fact)));
        });
    } else {
        const ErrorKind why = result ? ErrorKind::Protocol : result.error().kind;
        const bool absent = why == ErrorKind::NotFound || why == ErrorKind::Forbidden;
        // Its absence is no fault: many clusters have no metrics server.
        if (absent)
            m_metricsDelay = std::max(m_metricsDelay, kMetricsMissing);
        else if (++usage.failures > 1)
            m_metricsDelay = std::max(m_metricsDelay, m_context.metricsEvery * 4);
        if (absent || usage.failures >= kMetricsForget)
            gone.swap(usage.known);
    }
    for (const auto& [name, last] : gone)
        m_context.outbox.put({m_state.id, kind, name}, nullptr);
    if (!m_nodeUsage.open && !m_podUsage.open)
        planMetrics(jittered(m_metricsDelay));
    review();
}

// --- on demand

void ClusterFeed::fetchDocument(const stack::ObjectRef& object, std::function<void(Result<std::string>)> done)
{
    kube::Request request;
    request.path = kube::path({object.group, object.version, object.resource, !object.ns.empty()}, object.ns,
                              object.name);
    request.maxBody = kMaxObject;
    const std::uint64_t id = ++m_nextFetch;
    m_openFetches.emplace(id, [done](Error error) { done(tl::unexpected<Error>(std::move(error))); });
    m_fetches.send(*m_client, std::move(request), [this, id, done](Result<kube::Response> result) {
        m_openFetches.erase(id);
        if (!result)
            done(tl::unexpected<Error>(cleanError(std::move(result.error()))));
        else
            done(documentFromJson(result->body));
    });
}

void ClusterFeed::fetchEvents(const stack::ObjectRef& object,
                              std::function<void(Result<std::vector<stack::EventRow>>)> done)
{
    if (!object.ns.empty()) {
        fetchEventsAt(object, object.ns, std::move(done));
        return;
    }
    // Events of what has no namespace mostly lie in "default", but any namespace may hold some.
    fetchEventsAt(object, {},
                  [weak = weak_from_this(), object, done](Result<std::vector<stack::EventRow>> result) {
                      const std::shared_ptr<ClusterFeed> feed = weak.lock();
                      if (!result && result.error().kind == ErrorKind::Forbidden && feed && !feed->m_stopped)
                          feed->fetchEventsAt(object, "default", done);
                      else
                          done(std::move(result));
                  });
}

void ClusterFeed::fetchEventsAt(const stack::ObjectRef& object, const std::string& ns,
                                std::function<void(Result<std::vector<stack::EventRow>>)> done)
{
    kube::Request request;
    request.path = kube::path({{}, "v1", "events", true}, ns);
    // The kubelet writes a Node's name where its uid belongs.
    const bool byName = object.uid.empty() || (object.group.empty() && object.resource == "nodes");
    const std::string selector =
        byName ? "involvedObject.kind=" + object.kind + ",involvedObject.name=" + object.name
               : "involvedObject.uid=" + object.uid;
    request.query = "limit=" + std::to_string(kMaxEvents) + "&fieldSelector=" + kube::percentEncode(selector);
    request.maxBody = kMaxObject;
    const std::uint64_t id = ++m_nextFetch;
    m_openFetches.emplace(id, [done](Error error) { done(tl::unexpected<Error>(std::move(error))); });
    m_fetches.send(*m_client, std::move(request), [this, id, done](Result<kube::Response> result) {
        m_openFetches.erase(id);
        if (!result) {
            done(tl::unexpected<Error>(cleanError(std::move(result.error()))));
            return;
        }
        simdjson::dom::parser parser;
        simdjson::dom::element element;
        if (parser.parse(result->body).get(element) != simdjson::SUCCESS) {
            done(fail(ErrorKind::Protocol, tr("The server's answer is not a list of events that Strata can "
                                              "read.")));
            return;
        }
        std::vector<stack::EventRow> rows;
        Json(element)["items"].each([&rows](const Json& item) { rows.push_back(readEvent(item)); });
        std::stable_sort(rows.begin(), rows.end(),
                         [](const auto& a, const auto& b) { return a.last > b.last; });
        done(std::move(rows));
    });
}

} // namespace strata::feeds
