// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/site.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/feeds/clusterfeed.h"
#include "core/feeds/hostfeed.h"
#include "core/feeds/innerclusters.h"
#include "core/feeds/outbox.h"
#include "core/kube/net/netchanges.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <future>
#include <map>
#include <mutex>
#include <set>

namespace strata::feeds {
namespace {

using Ms = std::chrono::milliseconds;

constexpr Ms kSuspendLook{3000};
// All connections anew, spread, so that they do not shake hands at one moment: twenty clusters a second.
constexpr Ms kRenewEach{50};
constexpr Ms kRenewAtLeast{1000};
constexpr Ms kRenewAtMost{10000};
constexpr Ms kRetryAfterNews{300}; // a new address is not usable at once

Error unknownSource()
{
    return Error{ErrorKind::NotFound, translate("Site", "The connection is gone."), {}, 0, 0};
}

} // namespace

// Clusters are the network thread's: public calls are posted there. Hosts have threads of their own and are
// kept under a mutex.
class Site::Private {
public:
    explicit Private(Options options) : m_options(std::move(options))
    {
        m_network.setExecPlugins(m_options.plugins);
        m_network.postAfter(kSuspendLook, [this] { watchForSuspend(); });
        m_changes = std::make_unique<kube::NetChanges>(m_network, [this](kube::NetChange what) {
            if (what == kube::NetChange::Lost)
                renew();
            else
                retryWhatIsAway();
        });
    }

    ~Private()
    {
        // Nobody waits for documents any more; their callbacks may already point to nowhere.
        m_silent = true;
        std::map<stack::SourceId, std::unique_ptr<virt::Host>> hosts;
        {
            const std::lock_guard lock(m_mutex);
            hosts.swap(m_hosts);
        }
        hosts.clear();
        // On the network's thread, so that nothing is in the middle of a call.
        std::promise<void> stopped;
        m_network.post([this, &stopped] {
            m_changes.reset();
            for (auto& [id, outer] : m_outers) {
                outer.feed->abandon();
                if (outer.inner)
                    outer.inner->abandonAll();
            }
            while (!m_outers.empty())
                removeOuter(m_outers.begin()->first);
            stopped.set_value();
        });
        stopped.get_future().wait();
        outbox->setWakeup({});
    }
    Private(const Private&) = delete;
    Private& operator=(const Private&) = delete;

    stack::SourceId newId() { return ++m_lastId; }
    void post(std::function<void()> task) { m_network.post(std::move(task)); }

    FeedContext context()
    {
        return {m_network,
                *outbox,
                events,
                m_options.metricsEvery,
                m_access,
                m_pace,
                m_options.followedTenants,
                m_options.kindPatience};
    }

    // --- on the network's thread

    void addOuter(stack::SourceState state, const kube::ClusterConfig& config)
    {
        const stack::SourceId id = state.id;
        Outer& outer = m_outers[id];
        ClusterFeed::Hooks hooks;
        if (m_options.followInnerClusters)
            hooks.onCluster = [this, id](const kube::ObjectMeta& meta, const Json* object) {
                if (const auto found = m_outers.find(id); found != m_outers.end() && found->second.inner)
                    found->second.inner->onCluster(meta, object);
            };
        outer.feed = std::make_shared<ClusterFeed>(context(), config, std::move(state), std::move(hooks));
        m_feeds[id] = outer.feed;
        if (m_options.followInnerClusters) {
            InnerClusters::Hooks inner;
            inner.newId = [this] { return newId(); };
            inner.onFeed = [this](stack::SourceId innerId, std::shared_ptr<ClusterFeed> feed) {
                if (feed)
                    m_feeds[innerId] = std::move(feed);
                else
                    m_feeds.erase(innerId);
            };
            outer.inner = std::make_unique<InnerClusters>(context(), *outer.feed, id, std::move(inner));
        }
        outer.feed->start();
    }

    bool removeOuter(stack::SourceId id)
    {
        const auto found = m_outers.find(id);
        if (found == m_outers.end())
            return false;
        Outer outer = std::move(found->second);
        m_outers.erase(found);
        outer.feed->stop(); // first: nothing is added meanwhile
        outer.inner.reset();
        m_feeds.erase(id);
        outbox->remove(id);
        return true;
    }

    void removeCluster(stack::SourceId id)
    {
        if (removeOuter(id))
            return;
        for (auto& [outerId, outer] : m_outers)
            if (outer.inner && outer.inner->dismiss(id))
                return;
    }

    void retryCluster(stack::SourceId id)
    {
        if (m_options.plugins)
            m_options.plugins->askAgain(); // the operator wants it now
        if (const auto found = m_outers.find(id); found != m_outers.end()) {
            found->second.feed->retryNow();
            if (found->second.inner)
                found->second.inner->retryAll();
            return;
        }
        for (auto& [outerId, outer] : m_outers)
            if (outer.inner && outer.inner->retryNow(id))
                return;
    }

    void look(const std::set<stack::SourceId>& at)
    {
        for (auto& [outerId, outer] : m_outers)
            if (outer.inner)
                outer.inner->look(at);
    }

    std::shared_ptr<ClusterFeed> feed(stack::SourceId id) const
    {
        const auto found = m_feeds.find(id);
        return found == m_feeds.end() ? nullptr : found->second;
    }

    void innerAccess(stack::SourceId id, bool served, const std::function<void(Result<Secret>)>& done)
    {
        for (auto& [outerId, outer] : m_outers)
            if (outer.inner && outer.inner->access(id, served, done))
                return;
        done(tl::unexpected<Error>(unknownSource()));
    }

    // --- hosts, from any thread

    // Runs `call` on a host; false when there is none of that id.
    template<typename Call>
    bool withHost(stack::SourceId id, Call&& call)
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_hosts.find(id);
        if (found == m_hosts.end())
            return false;
        call(*found->second);
        return true;
    }

    void keepHost(stack::SourceId id, std::unique_ptr<virt::Host> host)
    {
        const std::lock_guard lock(m_mutex);
        m_hosts.emplace(id, std::move(host));
    }

    bool removeHost(stack::SourceId id)
    {
        std::shared_ptr<virt::Host> host;
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_hosts.find(id);
            if (found == m_hosts.end())
                return false;
            host = std::move(found->second);
            m_hosts.erase(found);
        }
        // On a worker thread: documents that are still asked for are answered by it.
        m_network.post([this, id, host = std::move(host)]() mutable {
            host.reset();
            outbox->remove(id); // last: the host says no more
        });
        return true;
    }

    std::shared_ptr<kube::Client> newClient(stack::SourceId id)
    {
        std::optional<AccessBook::Entry> entry = m_access.find(id);
        return entry ? kube::Client::create(m_network, std::move(entry->config), std::move(entry->dialer))
                     : nullptr;
    }

    bool silent() const { return m_silent; }

    std::vector<ClientTraffic> clientTraffic() const
    {
        std::vector<ClientTraffic> out;
        for (const auto& [id, feed] : m_feeds)
            out.push_back({id, feed->client().traffic()});
        return out;
    }

    Ms renewWithin() const
    {
        return std::clamp(kRenewEach * static_cast<Ms::rep>(m_feeds.size()), kRenewAtLeast, kRenewAtMost);
    }

    void renew()
    {
        m_network.post([this] {
            m_network.renewConnections(renewWithin());
            retryWhatIsAway();
        });
    }

    // Whoever waits for the next try need not wait any longer, spread like the rest.
    void retryWhatIsAway()
    {
        for (auto& [id, outer] : m_outers) {
            if (outer.inner)
                outer.inner->retryAll();
        }
        Ms::rep at = 0;
        for (const auto& [id, feed] : m_feeds) {
            const Ms delay = kRetryAfterNews + renewWithin() * at++ / static_cast<Ms::rep>(m_feeds.size());
            m_network.postAfter(delay, [weak = std::weak_ptr(feed)] {
                if (const auto away = weak.lock(); away && away->state().phase == stack::LinkPhase::Waiting)
                    away->retryNow();
            });
        }
    }

    // CLOCK_BOOTTIME goes on while the machine sleeps, CLOCK_MONOTONIC does not.
    void watchForSuspend()
    {
        const auto asleep = sleptSoFar();
        if (asleep - m_slept > std::chrono::seconds(2))
            renew();
        m_slept = asleep;
        m_network.postAfter(kSuspendLook, [this] { watchForSuspend(); });
    }

    const std::shared_ptr<Outbox> outbox = std::make_shared<Outbox>();
    std::atomic<std::uint64_t> events{0};

private:
    struct Outer {
        std::shared_ptr<ClusterFeed> feed;
        std::unique_ptr<InnerClusters> inner; // behind the feed that it uses
    };

    static Ms sleptSoFar()
    {
        timespec boot{};
        timespec awake{};
        if (::clock_gettime(CLOCK_BOOTTIME, &boot) != 0 || ::clock_gettime(CLOCK_MONOTONIC, &awake) != 0)
            return Ms(0);
        return Ms((boot.tv_sec - awake.tv_sec) * 1000 + (boot.tv_nsec - awake.tv_nsec) / 1'000'000);
    }

    const Options m_options;
    Ms m_slept = sleptSoFar();
    std::atomic<stack::SourceId> m_lastId{0};
    std::atomic<bool> m_silent{false};

    std::mutex m_mutex; // guards the hosts
    std::map<stack::SourceId, std::unique_ptr<virt::Host>> m_hosts;

    AccessBook m_access;
    ProbePace m_pace;
    std::map<stack::SourceId, Outer> m_outers;
    std::map<stack::SourceId, std::shared_ptr<ClusterFeed>> m_feeds; // outer and inner
    std::unique_ptr<kube::NetChanges> m_changes;

    kube::Network m_network; // last, so that its thread ends first
};

Site::Site() : Site(Options()) {}

Site::Site(Options options) : m_d(std::make_shared<Private>(std::move(options))) {}

Site::~Site() = default;

stack::SourceId Site::addCluster(const kube::ClusterConfig& config, const std::string& name)
{
    stack::SourceState state;
    state.id = m_d->newId();
    state.kind = stack::SourceKind::OuterCluster;
    state.name = cleanText(name.empty() ? config.context : name);
    state.address = cleanText(config.server);
    state.insecure = config.insecureSkipTlsVerify;
    const stack::SourceId id = state.id;
    m_d->outbox->put(state, false);
    m_d->post([d = m_d.get(), state = std::move(state), config] { d->addOuter(state, config); });
    return id;
}

Result<stack::SourceId> Site::addHost(const std::string& uri, const std::string& name)
{
    const stack::SourceId id = m_d->newId();
    const auto feed = std::make_shared<HostFeed>(m_d->outbox, id, uri, name);
    if (const Result<std::string> checked = virt::checkUri(uri); !checked)
        return tl::unexpected<Error>(checked.error());
    feed->announce(); // before its first facts
    Result<std::unique_ptr<virt::Host>> host = virt::Host::open(uri, feed);
    if (!host) {
        m_d->outbox->remove(id);
        return tl::unexpected<Error>(host.error());
    }
    m_d->keepHost(id, std::move(*host));
    return id;
}

void Site::remove(stack::SourceId source)
{
    if (!m_d->removeHost(source))
        m_d->post([d = m_d.get(), source] { d->removeCluster(source); });
}

void Site::retryNow(stack::SourceId source)
{
    if (!m_d->withHost(source, [](virt::Host& host) { host.retryNow(); }))
        m_d->post([d = m_d.get(), source] { d->retryCluster(source); });
}

void Site::look(std::vector<stack::SourceId> at)
{
    m_d->post([d = m_d.get(), at = std::set<stack::SourceId>(at.begin(), at.end())] { d->look(at); });
}

stack::Batch Site::take()
{
    return m_d->outbox->take();
}

void Site::setWakeup(std::function<void()> wakeup)
{
    m_d->outbox->setWakeup(std::move(wakeup));
}

bool Site::settled() const
{
    return m_d->outbox->settled();
}

void Site::fetchDocument(const stack::ObjectRef& object, std::function<void(Result<std::string>)> done)
{
    if (object.group == "libvirt") {
        const auto answer = [d = m_d.get(), done](Result<std::string> result) {
            if (!d->silent())
                done(std::move(result));
        };
        const bool known = m_d->withHost(object.source, [&](virt::Host& host) {
            if (object.resource == "domain")
                host.domainXml(object.name, answer);
            else
                host.capabilitiesXml(answer);
        });
        if (!known)
            m_d->post([done] { done(tl::unexpected<Error>(unknownSource())); });
        return;
    }
    m_d->post([d = m_d.get(), object, done = std::move(done)] {
        if (const std::shared_ptr<ClusterFeed> feed = d->feed(object.source))
            feed->fetchDocument(object, done);
        else
            done(tl::unexpected<Error>(unknownSource()));
    });
}

void Site::fetchDocumentAt(const stack::ObjectRef& object, UnixMs when,
                           std::function<void(Result<std::string>)> done)
{
    m_d->post([d = m_d.get(), object, when, done = std::move(done)] {
        if (object.group == "libvirt")
            done(fail(ErrorKind::Gone, translate("Site", "libvirt does not keep the past.")));
        else if (const std::shared_ptr<ClusterFeed> feed = d->feed(object.source))
            feed->fetchDocumentAt(object, when, done);
        else
            done(tl::unexpected<Error>(unknownSource()));
    });
}

void Site::fetchEvents(const stack::ObjectRef& object,
                       std::function<void(Result<std::vector<stack::EventRow>>)> done)
{
    m_d->post([d = m_d.get(), object, done = std::move(done)] {
        if (object.group == "libvirt")
            done(std::vector<stack::EventRow>()); // libvirt keeps none
        else if (const std::shared_ptr<ClusterFeed> feed = d->feed(object.source))
            feed->fetchEvents(object, done);
        else
            done(tl::unexpected<Error>(unknownSource()));
    });
}

std::shared_ptr<kube::Client> Site::newClient(stack::SourceId source) const
{
    return m_d->newClient(source);
}

std::string Site::hostUri(stack::SourceId source) const
{
    std::string uri;
    m_d->withHost(source, [&](virt::Host& host) { uri = host.uri(); });
    return uri;
}

void Site::innerAccess(stack::SourceId inner, bool served, std::function<void(Result<Secret>)> done)
{
    m_d->post(
        [d = m_d.get(), inner, served, done = std::move(done)] { d->innerAccess(inner, served, done); });
}

Site::Traffic Site::traffic() const
{
    return {m_d->events.load()};
}

void Site::clientTraffic(std::function<void(std::vector<ClientTraffic>)> done) const
{
    m_d->post([d = m_d.get(), done = std::move(done)] { done(d->clientTraffic()); });
}

void Site::renewConnections()
{
    m_d->renew();
}

} // namespace strata::feeds
