// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/clusterfeed.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/feeds/access.h"
#include "core/feeds/document.h"

#include <algorithm>
#include <charconv>
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
// API servers tell discovery of a new definition a moment after they have it.
constexpr Ms kDefinitionLooks[] = {Ms(150), Ms(900), Ms(2300)};
constexpr Ms kAccessAgain{60000};
constexpr std::size_t kMaxNamespaces = 200; // to ask about, and to follow
constexpr unsigned kAskingAtOnce = 4;
constexpr std::size_t kNamedNamespaces = 5; // in a sentence
// Before an inner cluster counts as away: both of its watches have tried a few times.
constexpr unsigned kBreakerLosses = 6;
// The more are away, the longer it takes until each has its turn: see ProbePace.
constexpr Ms kProbeFirst{15000};
constexpr Ms kProbeCap{120000};
// Of an inner cluster that is parked there is one watch only.
constexpr unsigned kBreakerLossesParked = 3;
constexpr Ms kCountFirst{500};
constexpr Ms kCountEvery{240000};
constexpr Ms kReadyEvery{120000};
constexpr Ms kReadyParked{300000};
constexpr Ms kLookAgain{4000};
constexpr std::int64_t kClockStep = 3000;
constexpr Ms kClockAgain{600000};       // servers behind one address may differ: not to and fro
constexpr unsigned kParkedMetrics = 16; // times as seldom
constexpr unsigned kUnseenMetrics = 4;  // of those that are followed though nobody looks
constexpr UnixMs kRevisionEvery = 1000;
constexpr std::size_t kMostRevisions = 900; // a quarter of an hour: servers mostly keep five minutes
constexpr int kMaxEvents = 500;
constexpr std::size_t kMaxRemarks = 20;
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
           a.warnings == b.warnings && a.clockOffsetMs == b.clockOffsetMs && a.tunnelled == b.tunnelled &&
           a.version == b.version && a.name == b.name && a.address == b.address && a.insecure == b.insecure &&
           a.parked == b.parked && a.podCount == b.podCount && a.readiness == b.readiness &&
           a.notReady == b.notReady && sameKinds(a.kinds, b.kinds);
}

std::string notServed(const Kind& kind)
{
    if (*kind.group == '\0')
        return tr("%1 are not served here.", {kind.resource});
    return tr("%1 are not served: %2 is not installed.", {kind.resource, kind.group});
}

// "[+]ping ok [-]etcd failed: reason withheld …": the names behind the minus signs.
std::string failingChecks(std::string_view text)
{
    std::string out;
    std::size_t named = 0;
    for (std::size_t at = text.find("[-]"); at != std::string_view::npos && named < 8;
         at = text.find("[-]", at + 3)) {
        std::string_view name = text.substr(at + 3);
        name = name.substr(0, name.find_first_of(" \n\r\t"));
        if (name.empty())
            continue;
        out += (out.empty() ? "" : ", ") + cleanText(name, 64);
        ++named;
    }
    return out.empty() ? cleanText(text.substr(0, 200)) : out;
}

bool isLoss(const Error& error)
{
    return error.kind == ErrorKind::Network || error.kind == ErrorKind::Timeout ||
           error.kind == ErrorKind::Tls || error.kind == ErrorKind::Server;
}

bool isAccessError(const Error& error)
{
    return error.kind == ErrorKind::Auth || error.kind == ErrorKind::Tls;
}

// The items of a list of a built-in kind do not say what they are.
std::string typed(const simdjson::dom::element& item, const stack::ObjectRef& object)
{
    std::string json = simdjson::minify(item);
    if (item["kind"].error() != simdjson::SUCCESS && json.size() > 2)
        json = R"({"apiVersion":")" + (object.group.empty() ? "" : object.group + "/") + object.version +
               R"(","kind":")" + object.kind + "\"," + json.substr(1);
    return json;
}

} // namespace

Error cleanError(Error error)
{
    error.text = cleanText(error.text);
    error.detail = cleanText(error.detail);
    return error;
}

std::chrono::milliseconds ProbePace::reserve(std::chrono::milliseconds wanted)
{
    constexpr std::int64_t kTurn = 600;
    const std::int64_t now =
        std::chrono::duration_cast<Ms>(std::chrono::steady_clock::now().time_since_epoch()).count();
    m_taken.erase(m_taken.begin(), m_taken.lower_bound(now / kTurn));
    std::int64_t turn = (now + wanted.count()) / kTurn;
    for (auto at = m_taken.lower_bound(turn); at != m_taken.end() && *at == turn; ++at)
        ++turn;
    m_taken.insert(turn);
    return Ms(std::max(wanted.count(), turn * kTurn - now));
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
    void onWarning(const std::string& sentence) override
    {
        if (const auto feed = current())
            feed->onWarning(sentence);
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

class ClusterFeed::DefinitionSink : public kube::ObjectSink {
public:
    explicit DefinitionSink(std::weak_ptr<ClusterFeed> feed) : m_feed(std::move(feed)) {}

    void onUpsert(const kube::ObjectMeta&, const simdjson::dom::element&, std::string_view) override
    {
        changed();
    }
    void onDelete(const kube::ObjectMeta&) override { changed(); }
    void onSynced() override
    {
        // What a relist found changed came before this.
        m_synced = true;
    }
    void onState(const kube::WatchState&) override {}

private:
    void changed() const
    {
        const std::shared_ptr<ClusterFeed> feed = m_feed.lock();
        if (m_synced && feed && !feed->m_stopped)
            feed->onDefinitions();
    }

    std::weak_ptr<ClusterFeed> m_feed;
    bool m_synced = false; // the first list is what discovery has told already
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
    m_context.access.put(m_state.id, {m_client->config(), {}});
    m_state.address = cleanText(m_client->config().server);
    m_state.insecure = m_client->config().insecureSkipTlsVerify;
    m_started = true;
    begin();
    review();
    planMetrics(jittered(kMetricsFirst));
}

void ClusterFeed::begin()
{
    askVersion();
    askReady();
    if (m_state.parked)
        planCount(jittered(kCountFirst));
    bool groups = false;
    for (std::size_t i = 0; i < m_follows.size(); ++i) {
        if (*m_follows[i].kind->group == '\0')
            choose(i, m_follows[i].kind->versions.front());
        else
            groups = true;
    }
    if (groups) {
        discover();
        watchDefinitions();
    }
}

void ClusterFeed::stop()
{
    m_stopped = true;
    m_context.access.remove(m_state.id);
    m_definitions.clear();
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
    if (m_stopped)
        return;
    if (m_breaker.open) {
        m_requests.cancel(m_breaker.timer);
        probe();
        return;
    }
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

void ClusterFeed::reconnect(kube::ClusterConfig config, std::shared_ptr<kube::Dialer> dialer)
{
    m_requests.clear();
    m_discovering = false;
    m_discoveryTimer = m_metricsTimer = m_stateTimer = m_brokenTimer = m_countTimer = m_readyTimer = 0;
    m_clockSet.reset();
    m_definitions.clear();
    m_definitionTimers.clear();
    m_access = {};
    m_breaker = {};
    m_nodeUsage.open = m_podUsage.open = false;
    for (Follow& follow : m_follows) {
        dropWatch(follow);
        follow.version.clear();
        follow.notServed.reset();
    }
    // Another user may be allowed other namespaces: begin with all of them again.
    for (const Follow& follow : m_follows) {
        if (follow.ns.empty())
            retireNamespaces(follow.kind);
    }
    m_tunnelled = dialer != nullptr;
    m_context.access.put(m_state.id, {config, dialer});
    m_client = kube::Client::create(m_context.network, std::move(config), std::move(dialer));
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
    if (follow.retired)
        return;
    if (!version) {
        // A watch that runs learns of it by itself, and may know better: discovery of an aggregated API can
        // be out of date.
        if (!follow.watch)
            follow.notServed = Error{ErrorKind::NotFound, notServed(*follow.kind), {}, 0, 0};
        return;
    }
    follow.notServed.reset();
    if (follow.watch && follow.version == *version) {
        if (follow.state.phase == kube::WatchPhase::Missing)
            follow.watch->retryNow(); // it was away, and now it is said to be there
        return;
    }
    follow.version = *version;
    watch(index);
}

void ClusterFeed::watch(std::size_t index)
{
    Follow& follow = m_follows[index];
    if (isParked(follow))
        return;
    dropWatch(follow);
    follow.state = {};
    follow.broken.reset();
    follow.apiVersion =
        *follow.kind->group == '\0' ? follow.version : follow.kind->group + ("/" + follow.version);
    kube::WatchRequest request;
    request.resource = {follow.kind->group, follow.version, follow.kind->resource, follow.kind->namespaced};
    request.ns = follow.ns;
    request.fieldSelector = follow.kind->fieldSelector;
    follow.watch = kube::Watch::start(m_client, std::move(request),
                                      std::make_shared<Sink>(weak_from_this(), index, follow.generation));
}

// --- tenants that nobody looks at

void ClusterFeed::setParked(bool parked)
{
    if (m_stopped || m_state.parked == parked)
        return;
    m_state.parked = parked;
    if (parked) {
        for (Follow& follow : m_follows) {
            if (!follow.kind->parks)
                continue;
            dropWatch(follow);
            follow.state = {};
            follow.broken.reset();
            // What is not followed would be out of date in no time.
            m_state.podCount = static_cast<int>(follow.outdated.size());
            forget(follow);
        }
        for (const auto& [name, last] : m_podUsage.known)
            m_context.outbox.put({m_state.id, FactKind::PodUsage, name}, nullptr);
        m_podUsage.known.clear();
        if (m_started)
            planCount(jittered(kCountEvery));
        else
            m_state.podCount = -1;
    } else {
        m_requests.cancel(m_countTimer);
        if (m_started && !m_breaker.open) {
            for (std::size_t i = 0; i < m_follows.size(); ++i) {
                if (m_follows[i].kind->parks && !m_follows[i].retired && !m_follows[i].version.empty())
                    watch(i);
            }
            planMetrics(jittered(kMetricsFirst));
            askReady();
        }
    }
    if (m_started) {
        review();
        putState();
    }
}

void ClusterFeed::look()
{
    const auto now = Steady::now();
    if (m_stopped || m_state.phase != stack::LinkPhase::Waiting ||
        (m_lastLook != Steady::time_point{} && now - m_lastLook < kLookAgain))
        return;
    m_lastLook = now;
    retryNow();
}

void ClusterFeed::setLooked(bool looked)
{
    if (m_looked == looked)
        return;
    m_looked = looked;
    // Else what is shown first would be as old as the longer pace allows.
    if (looked && m_started && !m_stopped && !m_breaker.open && m_metricsTimer != 0 &&
        m_metricsDelay < kMetricsMissing)
        planMetrics(jittered(kMetricsFirst));
}

void ClusterFeed::planCount(Ms delay)
{
    m_requests.cancel(m_countTimer);
    m_countTimer = m_requests.after(delay, [this] {
        m_countTimer = 0;
        if (m_state.parked && !m_breaker.open)
            count();
        else if (m_state.parked)
            planCount(jittered(kCountEvery));
    });
}

// One object and how many more there are: a page of one costs neither side anything.
void ClusterFeed::count()
{
    kube::Request request;
    request.path = "/api/v1/pods";
    request.query = "limit=1";
    request.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    request.maxBody = kMaxObject;
    m_requests.send(*m_client, std::move(request), [this](const Result<kube::Response>& result) {
        if (!m_state.parked)
            return;
        planCount(jittered(kCountEvery));
        simdjson::dom::parser parser;
        simdjson::dom::element element;
        if (result && parser.parse(result->body).get(element) == simdjson::SUCCESS) {
            const Json list(element);
            std::int64_t total = list["metadata"]["remainingItemCount"].number(0);
            list["items"].each([&total](const Json&) { ++total; });
            m_heard = systemNow();
            const int count = static_cast<int>(std::clamp<std::int64_t>(total, 0, 10'000'000));
            const bool same = m_state.podCount == count;
            m_state.podCount = count;
            if (same)
                review(); // that something was heard is told with what others have heard
            else
                putState();
        } else if (!result && result.error().kind == ErrorKind::Forbidden && m_state.podCount != -1) {
            m_state.podCount = -1;
            putState();
        }
    });
}

// --- is it well, by its own words

void ClusterFeed::planReady()
{
    m_requests.cancel(m_readyTimer);
    m_readyTimer = m_requests.after(jittered(m_state.parked ? kReadyParked : kReadyEvery), [this] {
        m_readyTimer = 0;
        if (m_breaker.open)
            planReady();
        else
            askReady();
    });
}

void ClusterFeed::askReady()
{
    kube::Request request;
    request.path = "/readyz";
    request.accept = "text/plain, */*";
    request.maxBody = 1U << 20U;
    request.timeout = Ms(10000);
    m_requests.send(*m_client, std::move(request), [this](const Result<kube::Response>& result) {
        planReady();
        stack::Readiness said =
            stack::Readiness::Unknown; // not allowed to ask, or not reached: the rest tells
        std::string failing;
        if (result) {
            said = stack::Readiness::Ready;
        } else if (result.error().httpStatus >= 500) {
            said = stack::Readiness::NotReady;
            failing = failingChecks(result.error().detail);
        }
        if (said == m_state.readiness && failing == m_state.notReady)
            return;
        m_state.readiness = said;
        m_state.notReady = std::move(failing);
        putState();
    });
}

// How far the server's clock is ahead, for the times in what is read now. When it turns out to be another
// one than before, what is known is read anew.
std::int64_t ClusterFeed::clockAhead()
{
    const std::int64_t told = m_client->clockOffsetMs();
    const auto now = Steady::now();
    if (std::abs(told - m_clockAhead) <= kClockStep || (m_clockSet && now - *m_clockSet < kClockAgain))
        return m_clockAhead;
    const bool first = !m_clockSet;
    m_clockSet = now;
    m_clockAhead = std::abs(told) > kClockStep ? told : 0;
    const bool known = std::any_of(m_follows.begin(), m_follows.end(), [](const Follow& follow) {
        return follow.watch && follow.watch->size() > 0;
    });
    if (!first || known) {
        m_requests.after(Ms(0), [this] { // not from within a watch's own call
            for (std::size_t i = 0; i < m_follows.size(); ++i) {
                if (m_follows[i].watch && !m_follows[i].retired)
                    watch(i);
            }
        });
    }
    return m_clockAhead;
}

// --- what the watches say

std::string ClusterFeed::factName(const Kind& kind, std::string_view ns, std::string_view name)
{
    if (!kind.namespaced)
        return cleanText(name);
    std::string out;
    if (isCleanText(ns) && isCleanText(name)) {
        out.reserve(ns.size() + 1 + name.size());
        out.append(ns).append("/").append(name);
    } else {
        out = cleanText(ns) + "/" + cleanText(name);
    }
    return out;
}

void ClusterFeed::onUpsert(std::size_t index, const kube::ObjectMeta& meta, const Json& object)
{
    Follow& follow = m_follows[index];
    const Kind& kind = *follow.kind;
    ++m_context.events;
    m_heard = systemNow();
    sawRevision(meta.resourceVersion);
    std::string name = factName(kind, meta.ns, meta.name);
    if (kind.fact == FactKind::Cluster && m_hooks.onCluster)
        m_hooks.onCluster(meta, &object);
    const ServerClock clock(clockAhead());
    if (!follow.outdated.empty())
        follow.outdated.erase(name);
    m_context.outbox.put({m_state.id, kind.fact, std::move(name)}, kind.read(object, follow.apiVersion));
}

// All objects of a cluster count their versions on one counter, that of etcd; a version of any of them names
// the state of all at that moment.
void ClusterFeed::sawRevision(const std::string& resourceVersion)
{
    // Within one second the first one stays: the second's later changes are not to be in its picture.
    if (!m_revisions.empty() && m_heard - m_revisions.back().first < kRevisionEvery)
        return;
    std::uint64_t revision = 0;
    const char* const end = resourceVersion.data() + resourceVersion.size();
    const auto [at, fault] = std::from_chars(resourceVersion.data(), end, revision);
    if (fault != std::errc() || at != end || (!m_revisions.empty() && revision <= m_revisions.back().second))
        return;
    m_revisions.emplace_back(m_heard, revision);
    while (m_revisions.size() > kMostRevisions)
        m_revisions.pop_front();
}

void ClusterFeed::onDelete(std::size_t index, const kube::ObjectMeta& meta)
{
    Follow& follow = m_follows[index];
    ++m_context.events;
    m_heard = systemNow();
    sawRevision(meta.resourceVersion);
    std::string name = factName(*follow.kind, meta.ns, meta.name);
    if (follow.kind->fact == FactKind::Cluster && m_hooks.onCluster)
        m_hooks.onCluster(meta, nullptr);
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

void ClusterFeed::outdate(Follow& follow)
{
    if (!follow.watch)
        return;
    follow.watch->takeNames([&follow](std::string_view ns, std::string_view name) {
        follow.outdated.insert(factName(*follow.kind, ns, name));
    });
}

void ClusterFeed::dropWatch(Follow& follow)
{
    ++follow.generation;
    outdate(follow);
    follow.watch.reset();
}

// What an earlier watch knew and this one does not.
void ClusterFeed::forget(Follow& follow)
{
    NameSet gone;
    gone.swap(follow.outdated);
    gone.each([&](std::string_view each, Nothing) {
        std::string name(each);
        if (follow.kind->fact == FactKind::Cluster && m_hooks.onCluster) {
            const std::size_t slash = name.find('/');
            m_hooks.onCluster({name.substr(0, slash), name.substr(slash + 1), {}, {}}, nullptr);
        }
        m_context.outbox.put({m_state.id, follow.kind->fact, std::move(name)}, nullptr);
    });
}

void ClusterFeed::onState(std::size_t index, const kube::WatchState& state)
{
    Follow& follow = m_follows[index];
    const bool synced = follow.state.synced || state.synced;
    follow.state = state;
    follow.state.synced = synced;
    follow.state.error = cleanError(state.error);
    if (state.phase == kube::WatchPhase::Waiting) {
        follow.broken = {follow.state.error, follow.broken ? follow.broken->since : Steady::now()};
    } else if (state.phase != kube::WatchPhase::Listing) {
        follow.broken.reset();
    }
    if (state.phase == kube::WatchPhase::Live && follow.ns.empty())
        retireNamespaces(follow.kind); // it may be listed everywhere
    if (state.phase == kube::WatchPhase::Live)
        m_breaker.losses = 0;
    if (state.phase == kube::WatchPhase::Denied && state.error.kind == ErrorKind::Forbidden) {
        if (follow.kind->namespaced)
            planAccess();
    }
    if (state.phase == kube::WatchPhase::Waiting && isLoss(state.error))
        onLost(follow.state.error);
    if (state.phase == kube::WatchPhase::Waiting || state.phase == kube::WatchPhase::Denied)
        noAccess(state.error);
    if (state.phase == kube::WatchPhase::Missing && *follow.kind->group != '\0') {
        // What the kind's definition took with it when it went.
        outdate(follow);
        forget(follow);
        const auto since = std::chrono::duration_cast<Ms>(Steady::now() - m_lastDiscovery);
        planDiscovery(since < kRediscover ? jittered(kRediscover) - since : Ms(0));
    }
    review();
}

// Something of an answer was left out (an event past all measure, say): told with the server's warnings.
void ClusterFeed::onWarning(const std::string& sentence)
{
    std::string clean = cleanText(sentence);
    if (m_remarks.size() >= kMaxRemarks ||
        std::find(m_remarks.begin(), m_remarks.end(), clean) != m_remarks.end())
        return;
    m_remarks.push_back(std::move(clean));
    review();
}

// --- where it is allowed

bool ClusterFeed::isDeniedEverywhere(const Follow& follow) const
{
    return follow.ns.empty() && !follow.retired && follow.kind->namespaced && follow.watch &&
           follow.state.phase == kube::WatchPhase::Denied && follow.state.error.kind == ErrorKind::Forbidden;
}

// "Not allowed" is not "empty", and "allowed here and there" is neither.
Error ClusterFeed::deniedError(const Follow& follow) const
{
    if (!isDeniedEverywhere(follow))
        return follow.state.error;
    std::vector<std::string> names;
    for (const Follow& other : m_follows) {
        if (other.kind == follow.kind && !other.ns.empty() && !other.retired)
            names.push_back(cleanText(other.ns));
    }
    if (names.empty())
        return follow.state.error;
    std::sort(names.begin(), names.end()); // answers come in any order
    std::string where;
    for (std::size_t i = 0; i < names.size() && i < kNamedNamespaces; ++i)
        where += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kNamedNamespaces)
        where += ", …";
    Error error = follow.state.error;
    error.text = tr("%1 may be listed in these namespaces only: %2.", {follow.kind->resource, where});
    return error;
}

void ClusterFeed::planAccess()
{
    if (m_access.running || m_access.timer != 0)
        return;
    const auto since = std::chrono::duration_cast<Ms>(Steady::now() - m_access.last);
    const Ms wait =
        m_access.last == Steady::time_point{} || since >= kAccessAgain ? Ms(0) : kAccessAgain - since;
    m_access.timer = m_requests.after(wait, [this] {
        m_access.timer = 0;
        findNamespaces();
    });
}

void ClusterFeed::findNamespaces()
{
    m_access.running = true;
    m_access.last = Steady::now();
    m_access.todo.clear();
    kube::Request request;
    request.path = "/api/v1/namespaces";
    request.query = "limit=" + std::to_string(kMaxNamespaces);
    request.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    request.maxBody = kMaxObject;
    m_requests.send(*m_client, std::move(request), [this](const Result<kube::Response>& result) {
        // The context's own namespace counts whether or not the list may be seen.
        m_access.todo.push_back(m_client->config().defaultNamespace);
        simdjson::dom::parser parser;
        simdjson::dom::element element;
        if (result && parser.parse(result->body).get(element) == simdjson::SUCCESS) {
            Json(element)["items"].each([this](const Json& item) {
                const std::string name(item["metadata"]["name"].raw());
                if (!name.empty() && name != m_access.todo.front() && m_access.todo.size() < kMaxNamespaces)
                    m_access.todo.push_back(name);
            });
        }
        askRules();
    });
}

void ClusterFeed::askRules()
{
    while (m_access.open < kAskingAtOnce && !m_access.todo.empty()) {
        const std::string ns = m_access.todo.front();
        m_access.todo.pop_front();
        ++m_access.open;
        kube::Request request;
        request.method = "POST"; // a question all the same: nothing is kept
        request.path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        request.contentType = "application/json";
        request.body = rulesReview(ns);
        request.maxBody = kMaxObject;
        m_requests.send(*m_client, std::move(request), [this, ns](const Result<kube::Response>& result) {
            --m_access.open;
            onRules(ns, result);
            askRules();
        });
    }
    m_access.running = m_access.open > 0;
}

void ClusterFeed::onRules(const std::string& ns, const Result<kube::Response>& result)
{
    const Result<AccessRules> rules =
        result ? parseAccessRules(result->body) : tl::unexpected<Error>(result.error());
    const std::size_t count = m_follows.size();
    for (std::size_t i = 0; i < count; ++i) {
        const Follow& follow = m_follows[i];
        if (!isDeniedEverywhere(follow))
            continue;
        const Kind& kind = *follow.kind;
        if (rules && allows(*rules, "list", kind.group, kind.resource) &&
            allows(*rules, "watch", kind.group, kind.resource))
            followIn(i, ns);
        else if (!rules || rules->incomplete)
            askAction(i, ns);
    }
    review();
}

void ClusterFeed::askAction(std::size_t index, const std::string& ns)
{
    const Kind& kind = *m_follows[index].kind;
    kube::Request request;
    request.method = "POST";
    request.path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    request.contentType = "application/json";
    request.body = accessReview(ns, "list", kind.group, kind.resource);
    request.maxBody = kMaxObject;
    m_requests.send(*m_client, std::move(request), [this, index, ns](const Result<kube::Response>& result) {
        if (!result || !parseAccessReview(result->body).value_or(false) ||
            !isDeniedEverywhere(m_follows[index]))
            return;
        followIn(index, ns);
        review();
    });
}

void ClusterFeed::followIn(std::size_t index, const std::string& ns)
{
    const Kind* kind = m_follows[index].kind;
    std::size_t at = m_follows.size();
    for (std::size_t i = 0; i < m_follows.size(); ++i) {
        if (m_follows[i].kind != kind || m_follows[i].ns != ns)
            continue;
        if (!m_follows[i].retired)
            return;
        at = i;
    }
    if (at == m_follows.size()) {
        Follow follow;
        follow.kind = kind;
        follow.ns = ns;
        m_follows.push_back(std::move(follow));
    }
    m_follows[at].retired = false;
    m_follows[at].notServed.reset();
    m_follows[at].version = m_follows[index].version;
    watch(at);
}

void ClusterFeed::retireNamespaces(const Kind* kind)
{
    for (Follow& follow : m_follows) {
        if (follow.kind != kind || follow.ns.empty() || follow.retired)
            continue;
        follow.retired = true;
        dropWatch(follow);
        follow.state = {};
        follow.version.clear();
        // The watch over all namespaces tells of them from here on, or that they are gone.
        for (Follow& all : m_follows) {
            if (all.kind != kind || !all.ns.empty())
                continue;
            follow.outdated.each([&](std::string_view name, Nothing) {
                const std::size_t slash = name.find('/'); // only kinds that have namespaces come here
                if (all.watch && all.watch->knows(name.substr(0, slash), name.substr(slash + 1)))
                    return;
                if (all.state.synced && all.state.phase == kube::WatchPhase::Live)
                    m_context.outbox.put({m_state.id, kind->fact, std::string(name)}, nullptr);
                else
                    all.outdated.insert(name);
            });
        }
        follow.outdated.clear();
    }
}

// --- what is defined

void ClusterFeed::watchDefinitions()
{
    m_definitions.clear();
    for (const kube::ResourceId& what :
         {kube::ResourceId{"apiextensions.k8s.io", "v1", "customresourcedefinitions", false},
          kube::ResourceId{"apiregistration.k8s.io", "v1", "apiservices", false}}) {
        kube::WatchRequest request;
        request.resource = what;
        request.metadataOnly = true; // a definition may be megabytes of schema
        m_definitions.push_back(kube::Watch::start(m_client, std::move(request),
                                                   std::make_shared<DefinitionSink>(weak_from_this())));
    }
}

void ClusterFeed::onDefinitions()
{
    if (!m_definitionTimers.empty())
        return; // the looks that are planned see this one, too; the last of them is far enough away
    const std::size_t last = std::size(kDefinitionLooks) - 1;
    for (std::size_t i = 0; i <= last; ++i) {
        m_definitionTimers.push_back(m_requests.after(kDefinitionLooks[i], [this, i, last] {
            if (i == last)
                m_definitionTimers.clear();
            m_requests.cancel(m_discoveryTimer);
            discover();
            // A metrics API that comes is a definition like any other.
            if (i == last && m_metricsDelay >= kMetricsMissing)
                planMetrics(Ms(0));
        }));
    }
}

// --- clusters that are away

void ClusterFeed::onLost(const Error& error)
{
    if (m_state.kind != stack::SourceKind::InnerCluster || m_breaker.open ||
        ++m_breaker.losses < (m_state.parked ? kBreakerLossesParked : kBreakerLosses))
        return;
    // Not from within the watch's own call.
    m_requests.after(Ms(0), [this, error] {
        const bool anyLive = std::any_of(m_follows.begin(), m_follows.end(), [](const Follow& follow) {
            return follow.watch && follow.state.phase == kube::WatchPhase::Live;
        });
        if (!anyLive && !m_breaker.open)
            openBreaker(error);
    });
}

void ClusterFeed::openBreaker(const Error& error)
{
    if (m_hooks.onAway)
        m_requests.after(Ms(0), [this, error] { m_hooks.onAway(error); }); // it may take this feed down
    m_breaker.open = true;
    m_breaker.error = error;
    m_breaker.delay = kProbeFirst;
    for (Follow& follow : m_follows)
        dropWatch(follow);
    m_requests.cancel(m_metricsTimer);
    planProbe();
    review();
}

void ClusterFeed::planProbe()
{
    const Ms wait = m_context.pace.reserve(jittered(m_breaker.delay));
    m_breaker.delay = std::min(m_breaker.delay * 2, kProbeCap);
    m_breaker.probeAt = systemNow() + wait.count();
    m_breaker.timer = m_requests.after(wait, [this] {
        m_breaker.timer = 0;
        probe();
    });
}

void ClusterFeed::probe()
{
    if (m_breaker.probing)
        return;
    m_breaker.probing = true;
    kube::Request request;
    request.path = "/version";
    request.maxBody = 1U << 20U;
    request.timeout = Ms(10000);
    m_requests.send(*m_client, std::move(request), [this](const Result<kube::Response>& result) {
        m_breaker.probing = false;
        if (!m_breaker.open)
            return;
        // Whatever it says: it is there again, and the watches tell the rest.
        if (result || !isLoss(result.error())) {
            closeBreaker();
            return;
        }
        m_breaker.error = cleanError(result.error());
        noAccess(result.error()); // its kubeconfig may have changed while it was away
        if (m_hooks.onAway)
            m_requests.after(Ms(0), [this, error = m_breaker.error] { m_hooks.onAway(error); });
        planProbe();
        review();
    });
}

void ClusterFeed::closeBreaker()
{
    m_breaker = {};
    for (std::size_t i = 0; i < m_follows.size(); ++i) {
        if (!m_follows[i].retired && !m_follows[i].version.empty())
            watch(i);
    }
    askVersion();
    askReady();
    if (m_state.parked)
        planCount(jittered(kCountFirst));
    planMetrics(jittered(kMetricsFirst));
    review();
}

void ClusterFeed::noAccess(const Error& error)
{
    if (isAccessError(error) && m_hooks.onNoAccess)
        m_requests.after(Ms(0), m_hooks.onNoAccess); // it may take this feed down
}

// --- how it goes

// A connection that is lost breaks many watches, one after the other, and most are back within a second: such
// a loss is told of a kind only when it lasts. What the server says of a kind is told at once. While the kind
// is asked again it stays told.
void ClusterFeed::tellBroken(const Follow& follow, const std::string& resource, stack::SourceState& state,
                             std::optional<Ms>& again) const
{
    if (!follow.broken)
        return;
    const auto age = std::chrono::duration_cast<Ms>(Steady::now() - follow.broken->since);
    if (isLoss(follow.broken->error) && age < m_context.kindPatience) {
        const Ms left = m_context.kindPatience - age;
        again = again ? std::min(*again, left) : left;
        return;
    }
    state.kinds.push_back({resource, follow.broken->error, follow.kind->optional});
}

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
    next.warnings = m_client->warnings();
    next.warnings.insert(next.warnings.end(), m_remarks.begin(), m_remarks.end());
    next.tunnelled = m_tunnelled;
    // Date is cut to the second and jitters with the network: only a real difference is told, roughly.
    const std::int64_t offset = m_client->clockOffsetMs();
    if (std::abs(offset - next.clockOffsetMs) > kClockStep)
        next.clockOffsetMs = std::abs(offset) > kClockStep ? offset : 0;
    bool settled = true;
    bool live = false;
    bool waiting = false;
    bool listing = false;
    bool strange = false;
    const Error* why = nullptr;
    const Error* refused = nullptr;
    std::optional<Ms> patience;
    for (const Follow& follow : m_follows) {
        if (follow.retired || isParked(follow))
            continue;
        const std::string resource = follow.ns.empty()
                                         ? std::string(follow.kind->resource)
                                         : tr("%1 in %2", {follow.kind->resource, cleanText(follow.ns)});
        if (m_breaker.open) {
            waiting = true;
            why = why == nullptr ? &m_breaker.error : why;
            next.retryAt = m_breaker.probeAt;
            next.synced = next.synced && follow.state.synced;
            continue;
        }
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
            tellBroken(follow, resource, next, patience);
            break;
        case kube::WatchPhase::Waiting:
            waiting = true;
            why = why == nullptr ? &follow.state.error : why;
            if (follow.state.retryAt != 0)
                next.retryAt =
                    next.retryAt == 0 ? follow.state.retryAt : std::min(next.retryAt, follow.state.retryAt);
            if (!follow.state.synced)
                next.synced = false;
            tellBroken(follow, resource, next, patience);
            break;
        case kube::WatchPhase::Denied:
            if (isAccessError(follow.state.error) && refused == nullptr)
                refused = &follow.state.error;
            next.kinds.push_back({resource, deniedError(follow), follow.kind->optional});
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
    m_requests.cancel(m_brokenTimer);
    m_brokenTimer = patience ? m_requests.after(*patience,
                                                [this] {
                                                    m_brokenTimer = 0;
                                                    review();
                                                })
                             : 0;
    const bool back = next.phase == stack::LinkPhase::Live && m_state.phase == stack::LinkPhase::Waiting;
    const bool same = sameButHeard(m_state, next);
    const bool newlySettled = settled && !m_settled;
    const bool heard = next.lastHeard != m_state.lastHeard;
    m_state = std::move(next);
    m_settled = m_settled || settled;
    if (!same || newlySettled) {
        putState();
    } else if (heard && m_stateTimer == 0) {
        // Of all clusters at the same moments, so that whoever takes it is woken once for all of them.
        const Ms since = std::chrono::duration_cast<Ms>(Steady::now().time_since_epoch()) % kHeardEvery;
        m_stateTimer = m_requests.after(kHeardEvery - since, [this] {
            m_stateTimer = 0;
            putState();
        });
    }
    if (newlySettled && m_hooks.onSettled)
        m_requests.after(Ms(0), m_hooks.onSettled);
    if (back || (newlySettled && m_state.version.empty()))
        askVersion(); // it may have been upgraded meanwhile
    if (back)
        askReady();
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
    m_metricsDelay = m_context.metricsEvery * (m_state.parked ? kParkedMetrics
                                               : m_looked     ? 1U
                                                              : kUnseenMetrics);
    for (const FactKind kind : {FactKind::NodeUsage, FactKind::PodUsage}) {
        if (kind == FactKind::PodUsage && m_state.parked)
            continue;
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
    if (kind == FactKind::PodUsage && m_state.parked) { // since it was asked
        if (!m_nodeUsage.open)
            planMetrics(jittered(m_metricsDelay));
        return;
    }
    const ServerClock clock(clockAhead());
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
                m_context.outbox.put({m_state.id, kind, std::move(name)}, stack::makeFact(std::move(fact)));
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

void ClusterFeed::fetchDocumentAt(const stack::ObjectRef& object, UnixMs when,
                                  std::function<void(Result<std::string>)> done)
{
    const auto after = std::upper_bound(
        m_revisions.begin(), m_revisions.end(), when,
        [](UnixMs moment, const std::pair<UnixMs, std::uint64_t>& each) { return moment < each.first; });
    if (after == m_revisions.begin()) {
        done(fail(ErrorKind::Gone, tr("Strata was not connected to the cluster then.")));
        return;
    }
    // A single object cannot be asked for at a version; a list of one can.
    kube::Request request;
    request.path = kube::path({object.group, object.version, object.resource, !object.ns.empty()}, object.ns);
    request.query = "fieldSelector=" + kube::percentEncode("metadata.name=" + object.name) +
                    "&resourceVersion=" + std::to_string(std::prev(after)->second) +
                    "&resourceVersionMatch=Exact";
    request.maxBody = kMaxObject;
    const std::uint64_t id = ++m_nextFetch;
    m_openFetches.emplace(id, [done](Error error) { done(tl::unexpected<Error>(std::move(error))); });
    m_fetches.send(*m_client, std::move(request), [this, id, object, done](Result<kube::Response> result) {
        m_openFetches.erase(id);
        if (!result) {
            Error error = cleanError(std::move(result.error()));
            if (error.kind == ErrorKind::Gone)
                error.text = tr("The server has forgotten how it was then; it keeps the past for about five "
                                "minutes.");
            done(tl::unexpected<Error>(std::move(error)));
            return;
        }
        simdjson::dom::parser parser;
        simdjson::dom::element list;
        simdjson::dom::array items;
        simdjson::dom::element first;
        if (parser.parse(result->body).get(list) != simdjson::SUCCESS ||
            list["items"].get(items) != simdjson::SUCCESS)
            done(fail(ErrorKind::Protocol, tr("The server's answer is not a list that Strata can read.")));
        else if (items.size() == 0 || items.at(0).get(first) != simdjson::SUCCESS)
            done(fail(ErrorKind::NotFound, tr("It did not exist then.")));
        else
            done(documentFromJson(typed(first, object)));
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
        const ServerClock clock(clockAhead());
        Json(element)["items"].each([&rows](const Json& item) { rows.push_back(readEvent(item)); });
        std::stable_sort(rows.begin(), rows.end(),
                         [](const auto& a, const auto& b) { return a.last > b.last; });
        done(std::move(rows));
    });
}

} // namespace strata::feeds
