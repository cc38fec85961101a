// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/innerclusters.h"

#include "core/base/translate.h"
#include "core/kube/config/kubeconfig.h"
#include "core/kube/config/serverurl.h"
#include "core/kube/net/tunnel.h"

#include <algorithm>

namespace strata::feeds {
namespace {

using Ms = std::chrono::milliseconds;

constexpr std::size_t kConnectingAtOnce = 8;
constexpr Ms kPlace{10000};          // after so long the next one may start though this one is still at it
constexpr Ms kForbiddenAgain{60000}; // what is not allowed is seldom allowed soon
constexpr std::int64_t kReread = 5000;
constexpr Ms kSecretAgain{1000};
constexpr std::int64_t kSeekAgain = 300'000; // between rounds through the other ways, at first
constexpr std::int64_t kSeekCap = 1'800'000;
constexpr Ms kTryWay{10000};

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("InnerClusters", text), values);
}

} // namespace

// Kubeconfigs are renewed, and come later than their clusters: watched as metadata, so that no secret's
// content is ever received but that of the one that is read.
class InnerClusters::SecretSink : public kube::ObjectSink {
public:
    explicit SecretSink(InnerClusters& owner) : m_owner(owner) {} // which outlives the watch

    void onUpsert(const kube::ObjectMeta& meta, const simdjson::dom::element&, std::string_view) override
    {
        m_owner.onSecretChanged(meta);
    }
    void onDelete(const kube::ObjectMeta&) override {}
    void onSynced() override {}
    void onState(const kube::WatchState&) override {} // not allowed is nothing: each is read on its own then

private:
    InnerClusters& m_owner;
};

InnerClusters::InnerClusters(FeedContext context, ClusterFeed& outer, stack::SourceId outerId, Hooks hooks)
    : m_context(context), m_outer(outer), m_outerId(outerId), m_hooks(std::move(hooks)),
      m_requests(context.network)
{}

InnerClusters::~InnerClusters()
{
    stop();
}

InnerClusters::Entry* InnerClusters::find(const std::string& key)
{
    const auto found = m_entries.find(key);
    return found == m_entries.end() ? nullptr : &found->second;
}

void InnerClusters::onCluster(const kube::ObjectMeta& meta, const Json* object)
{
    const std::string key = cleanText(meta.ns) + "/" + cleanText(meta.name);
    if (object == nullptr) {
        remove(key);
        return;
    }
    if (const Entry* entry = find(key); entry != nullptr) {
        if (entry->uid == meta.uid)
            return;
        remove(key); // another cluster of the same name
    }
    if (isControlPlaneInitialized(*object))
        add(key, meta);
}

void InnerClusters::add(const std::string& key, const kube::ObjectMeta& meta)
{
    Entry& entry = m_entries[key];
    entry.ns = meta.ns;
    entry.name = meta.name;
    entry.uid = meta.uid;
    entry.id = m_hooks.newId();
    entry.state.id = entry.id;
    entry.state.kind = stack::SourceKind::InnerCluster;
    entry.state.name = key;
    entry.state.outer = m_outerId;
    entry.state.clusterKey = key;
    m_context.outbox.put(entry.state, false);
    if (const auto known = m_secretVersions.find(key); known != m_secretVersions.end()) {
        entry.secretVersion = known->second;
        m_secretVersions.erase(known);
    }
    enqueue(key);
    watchSecrets();
}

void InnerClusters::watchSecrets()
{
    if (m_secrets || m_stopping)
        return;
    kube::WatchRequest request;
    request.resource = {{}, "v1", "secrets", true};
    request.labelSelector = "cluster.x-k8s.io/cluster-name";
    request.metadataOnly = true;
    request.auditEvery = Ms(0); // what it misses is found when the credential is refused
    m_secrets =
        kube::Watch::start(m_outer.sharedClient(), std::move(request), std::make_shared<SecretSink>(*this));
}

void InnerClusters::onSecretChanged(const kube::ObjectMeta& meta)
{
    constexpr std::string_view kEnd = "-kubeconfig";
    if (meta.name.size() <= kEnd.size() || !std::string_view(meta.name).ends_with(kEnd))
        return;
    const std::string key =
        cleanText(meta.ns) + "/" + cleanText(meta.name.substr(0, meta.name.size() - kEnd.size()));
    Entry* entry = find(key);
    if (entry == nullptr) {
        m_secretVersions[key] = meta.resourceVersion;
        return;
    }
    const bool renewed = !entry->secretVersion.empty() && entry->secretVersion != meta.resourceVersion;
    entry->secretVersion = meta.resourceVersion;
    if (entry->dismissed || (entry->feed && !renewed))
        return;
    m_requests.cancel(entry->timer);
    if (entry->reading) // what is on its way may be the old one
        entry->timer = m_requests.after(kSecretAgain, [this, key] {
            if (Entry* again = find(key); again != nullptr) {
                again->timer = 0;
                enqueue(key);
            }
        });
    else
        enqueue(key);
}

void InnerClusters::remove(const std::string& key)
{
    const auto found = m_entries.find(key);
    if (found == m_entries.end())
        return;
    Entry entry = std::move(found->second);
    m_entries.erase(found);
    m_requests.cancel(entry.timer);
    if (entry.feed) {
        entry.feed->stop();
        m_hooks.onFeed(entry.id, nullptr);
    }
    if (!entry.dismissed)
        m_context.outbox.remove(entry.id);
    m_queue.erase(std::remove(m_queue.begin(), m_queue.end(), key), m_queue.end());
    done(key);
    park(); // its place in the budget is free
}

bool InnerClusters::dismiss(stack::SourceId id)
{
    for (auto& [key, entry] : m_entries) {
        if (entry.id != id || entry.dismissed)
            continue;
        entry.dismissed = true;
        m_requests.cancel(entry.timer);
        if (entry.feed) {
            entry.feed->stop();
            entry.feed.reset();
            m_hooks.onFeed(entry.id, nullptr);
        }
        entry.served.reset();
        m_context.outbox.remove(entry.id);
        done(key);
        return true;
    }
    return false;
}

bool InnerClusters::retryNow(stack::SourceId id)
{
    for (auto& [key, entry] : m_entries) {
        if (entry.id != id || entry.dismissed)
            continue;
        if (entry.timer != 0) {
            m_requests.cancel(entry.timer);
            enqueue(key);
        }
        entry.lastSeek = entry.seekAgain = 0;
        if (entry.feed)
            entry.feed->retryNow();
        return true;
    }
    return false;
}

void InnerClusters::look(const std::set<stack::SourceId>& at)
{
    ++m_looks;
    for (auto& [key, entry] : m_entries) {
        entry.looked = at.count(entry.id) != 0 && !entry.dismissed;
        if (!entry.looked)
            continue;
        entry.lastLooked = m_looks;
        if (entry.feed) {
            entry.feed->look();
        } else if (entry.timer != 0 && systemNow() - entry.lastRead > kReread) {
            m_requests.cancel(entry.timer);
            enqueue(key);
        }
    }
    park();
}

void InnerClusters::park()
{
    if (m_context.followedTenants == 0 || m_stopping)
        return;
    std::vector<Entry*> others;
    std::size_t followed = 0;
    for (auto& [key, entry] : m_entries) {
        if (!entry.feed)
            continue;
        entry.feed->setLooked(entry.looked);
        if (entry.looked) {
            ++followed;
            entry.feed->setParked(false);
        } else {
            others.push_back(&entry);
        }
    }
    // Who is followed already stays, of two that nobody ever looked at.
    std::stable_sort(others.begin(), others.end(), [](const Entry* a, const Entry* b) {
        return a->lastLooked != b->lastLooked ? a->lastLooked > b->lastLooked
                                              : !a->feed->parked() && b->feed->parked();
    });
    for (Entry* entry : others)
        entry->feed->setParked(followed++ >= m_context.followedTenants);
}

void InnerClusters::retryAll()
{
    for (auto& [key, entry] : m_entries) {
        if (entry.timer == 0 || entry.dismissed)
            continue;
        m_requests.cancel(entry.timer);
        enqueue(key);
    }
}

void InnerClusters::stop()
{
    m_stopping = true;
    m_secrets.reset();
    m_requests.clear();
    m_queue.clear();
    m_connecting.clear();
    while (!m_entries.empty())
        remove(m_entries.begin()->first);
}

void InnerClusters::abandonAll()
{
    for (auto& [key, entry] : m_entries)
        if (entry.feed)
            entry.feed->abandon();
}

void InnerClusters::enqueue(const std::string& key)
{
    Entry* entry = find(key);
    if (entry == nullptr || entry->queued || entry->reading || entry->dismissed)
        return;
    entry->queued = true;
    m_queue.push_back(key);
    // Not from within a watch's call: there may be many more to come in it.
    m_requests.after(Ms(0), [this] { pump(); });
}

void InnerClusters::pump()
{
    while (!m_queue.empty() && m_connecting.size() < kConnectingAtOnce) {
        const std::string key = m_queue.front();
        m_queue.pop_front();
        Entry* entry = find(key);
        if (entry == nullptr)
            continue;
        entry->queued = false;
        if (entry->dismissed)
            continue;
        m_connecting.insert(key);
        readSecret(key);
    }
}

void InnerClusters::done(const std::string& key)
{
    if (m_connecting.erase(key) > 0 && !m_queue.empty())
        m_requests.after(Ms(0), [this] { pump(); });
}

void InnerClusters::readSecret(const std::string& key)
{
    Entry* entry = find(key);
    entry->reading = true;
    entry->lastRead = systemNow();
    kube::Request request;
    request.path = kube::path({{}, "v1", "secrets", true}, entry->ns, entry->name + "-kubeconfig");
    request.maxBody = 4U << 20U;
    const stack::SourceId id = entry->id;
    m_requests.send(m_outer.client(), std::move(request),
                    [this, key, id](const Result<kube::Response>& result) {
                        Entry* asked = find(key);
                        if (asked == nullptr || asked->id != id || asked->dismissed)
                            return;
                        asked->reading = false;
                        onSecret(key, result);
                    });
}

void InnerClusters::onSecret(const std::string& key, const Result<kube::Response>& result)
{
    Entry* entry = find(key);
    const std::string secret = entry->ns + "/" + entry->name + "-kubeconfig";
    if (!result) {
        Error error = cleanError(result.error());
        Ms atLeast{0};
        if (error.kind == ErrorKind::NotFound) {
            error.text = tr("The secret %1 with the access to the inner cluster does not exist (yet).",
                            {cleanText(secret)});
        } else if (error.kind == ErrorKind::Forbidden) {
            error.text = tr("Not allowed to read the secret %1, so the inner cluster stays closed.",
                            {cleanText(secret)});
            atLeast = kForbiddenAgain;
        }
        failed(key, error, atLeast);
        return;
    }
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    std::string yaml;
    if (parser.parse(result->body).get(element) != simdjson::SUCCESS ||
        !base64Decode(Json(element)["data"]["value"].raw(), yaml) || yaml.empty()) {
        failed(
            key,
            Error{ErrorKind::Config, tr("The secret %1 holds no kubeconfig.", {cleanText(secret)}), {}, 0, 0},
            kForbiddenAgain);
        return;
    }
    // No base directory: a kubeconfig out of a cluster must not make us read files of this machine.
    const Result<kube::Kubeconfig> file = kube::Kubeconfig::parse(yaml, "secret " + secret, {});
    Result<kube::ClusterConfig> config =
        file ? file->resolve() : Result<kube::ClusterConfig>(tl::unexpected<Error>(file.error()));
    if (!config) {
        failed(key, cleanError(config.error()), kForbiddenAgain);
        return;
    }
    connect(key, std::move(*config));
}

void InnerClusters::failed(const std::string& key, const Error& error, Ms atLeast)
{
    Entry* entry = find(key);
    const Ms wait = std::max(entry->backoff.next(), atLeast);
    if (!entry->feed) { // else its own state tells more
        entry->state.phase = stack::LinkPhase::Waiting;
        entry->state.error = error;
        entry->state.retryAt = systemNow() + wait.count();
        m_context.outbox.put(entry->state, true);
    }
    m_requests.cancel(entry->timer);
    entry->timer = m_requests.after(wait, [this, key] {
        if (Entry* again = find(key); again != nullptr) {
            again->timer = 0;
            enqueue(key);
        }
    });
    done(key);
}

void InnerClusters::connect(const std::string& key, kube::ClusterConfig config)
{
    Entry* entry = find(key);
    if (entry->feed) {
        if (!kube::sameAccess(entry->feed->config(), config)) {
            entry->backoff.reset();
            entry->way = Way::Direct;
            entry->feed->reconnect(std::move(config));
        }
        done(key);
        return;
    }
    entry->backoff.reset();
    entry->state.phase = stack::LinkPhase::Connecting;
    entry->state.error = {};
    entry->state.retryAt = 0;
    const stack::SourceId id = entry->id;
    ClusterFeed::Hooks hooks;
    hooks.onNoAccess = [this, key, id] {
        if (const Entry* of = find(key); of != nullptr && of->id == id)
            noAccess(key);
    };
    hooks.onAway = [this, key, id](const Error& error) {
        if (const Entry* of = find(key); of != nullptr && of->id == id)
            away(key, error);
    };
    hooks.onSettled = [this, key, id] {
        if (const Entry* of = find(key); of != nullptr && of->id == id)
            done(key);
    };
    entry->feed = std::make_shared<ClusterFeed>(m_context, std::move(config), entry->state, std::move(hooks));
    m_hooks.onFeed(id, entry->feed);
    if (m_context.followedTenants != 0 && !entry->looked) {
        entry->feed->setLooked(false);
        const auto followed = std::count_if(m_entries.begin(), m_entries.end(), [](const auto& each) {
            return each.second.feed && !each.second.feed->parked();
        });
        entry->feed->setParked(static_cast<std::size_t>(followed) > m_context.followedTenants);
    }
    entry->feed->start();
    m_requests.after(kPlace, [this, key, id] {
        if (const Entry* of = find(key); of != nullptr && of->id == id)
            done(key);
    });
}

// It cannot be reached the way it was, yet perhaps by another: a control-plane machine of it is a VM of the
// outer cluster, and KubeVirt carries bytes to a VM's port, as the kubelet does to a pod's. The server's name
// and authority stay those of the kubeconfig, whatever way the bytes take.
void InnerClusters::away(const std::string& key, const Error& error)
{
    Entry* entry = find(key);
    if (!entry->feed || entry->seeking || entry->dismissed)
        return;
    const bool outerIsThere = m_outer.state().phase == stack::LinkPhase::Live;
    const bool unreachable = error.stage == NetStage::Name || error.stage == NetStage::Connection;
    const std::int64_t since = systemNow() - entry->lastSeek;
    if (!outerIsThere || (!unreachable && entry->way == Way::Direct) ||
        (since >= 0 && since < entry->seekAgain))
        return;
    entry->lastSeek = systemNow();
    entry->seekAgain = std::clamp(entry->seekAgain * 2, kSeekAgain, kSeekCap);
    entry->seeking = true;
    std::vector<Way> others{Way::Direct, Way::Machine, Way::Pod};
    others.erase(std::find(others.begin(), others.end(), entry->way));
    seek(key, std::move(others));
}

// One small question each; the first way by which it is answered is taken.
void InnerClusters::seek(const std::string& key, std::vector<Way> ways)
{
    Entry* entry = find(key);
    if (ways.empty() || !entry->feed || entry->feed->state().phase == stack::LinkPhase::Live) {
        entry->seeking = false;
        return;
    }
    const Way by = ways.front();
    ways.erase(ways.begin());
    if (by == Way::Direct) {
        tryWay(key, by, {}, std::move(ways));
        return;
    }
    findWay(key, by,
            [this, by, ways = std::move(ways)](const std::string& found,
                                               Result<std::shared_ptr<kube::Dialer>> way) {
                if (way)
                    tryWay(found, by, std::move(*way), ways);
                else
                    seek(found, ways);
            });
}

void InnerClusters::tryWay(const std::string& key, Way by, std::shared_ptr<kube::Dialer> dialer,
                           std::vector<Way> others)
{
    const stack::SourceId id = find(key)->id;
    const auto still = [this, key, id] {
        Entry* entry = find(key);
        return entry != nullptr && entry->id == id && !entry->dismissed ? entry : nullptr;
    };
    // The first of many takes no longer than it must.
    m_requests.after(m_context.pace.reserve(Ms(0)), [this, key, by, dialer = std::move(dialer),
                                                     others = std::move(others), still] {
        const Entry* entry = still();
        if (entry == nullptr || !entry->feed)
            return;
        const auto client = kube::Client::create(m_context.network, entry->feed->config(), dialer);
        kube::Request request;
        request.path = "/version";
        request.maxBody = 1U << 20U;
        request.timeout = kTryWay;
        m_requests.send(*client, std::move(request),
                        [this, key, by, dialer, others, still, client](const Result<kube::Response>& result) {
                            Entry* asked = still();
                            if (asked == nullptr)
                                return;
                            const bool there = result || (result.error().httpStatus != 0 &&
                                                          result.error().kind != ErrorKind::Server &&
                                                          result.error().kind != ErrorKind::Protocol);
                            if (!there || !asked->feed) {
                                seek(key, others);
                                return;
                            }
                            asked->seeking = false;
                            if (asked->feed->state().phase == stack::LinkPhase::Live)
                                return;
                            asked->way = by;
                            asked->feed->reconnect(asked->feed->config(), dialer);
                        });
    });
}

void InnerClusters::findWay(const std::string& key, Way by, FoundWay done)
{
    const Entry* entry = find(key);
    kube::Request request;
    // A virt-launcher pod carries the labels of its machine.
    request.path = by == Way::Machine
                       ? kube::path({"kubevirt.io", "v1", "virtualmachineinstances", true}, entry->ns)
                       : kube::path({{}, "v1", "pods", true}, entry->ns);
    request.query =
        "limit=20&labelSelector=" + kube::percentEncode("cluster.x-k8s.io/cluster-name=" + entry->name +
                                                        ",cluster.x-k8s.io/role=control-plane" +
                                                        (by == Way::Pod ? ",kubevirt.io=virt-launcher" : ""));
    request.maxBody = 16U << 20U;
    const stack::SourceId id = entry->id;
    m_requests.send(m_outer.client(), std::move(request),
                    [this, key, id, by, done = std::move(done)](const Result<kube::Response>& result) {
                        Entry* asked = find(key);
                        if (asked == nullptr || asked->id != id || asked->dismissed)
                            return;
                        done(key, wayFrom(*asked, by, result));
                    });
}

Result<std::shared_ptr<kube::Dialer>> InnerClusters::wayFrom(const Entry& entry, Way by,
                                                             const Result<kube::Response>& machines)
{
    if (!machines)
        return tl::unexpected<Error>(cleanError(machines.error()));
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    std::string name;
    if (parser.parse(machines->body).get(element) == simdjson::SUCCESS) {
        Json(element)["items"].each([&name](const Json& item) {
            if (name.empty() && item["status"]["phase"].raw() == "Running")
                name = item["metadata"]["name"].raw();
        });
    }
    const auto url =
        entry.feed ? kube::parseServerUrl(entry.feed->config().server) : std::optional<kube::ServerUrl>();
    if (name.empty() || !url)
        return fail(ErrorKind::NotFound,
                    tr("No control-plane machine of %1 runs as a VM of the outer cluster.",
                       {cleanText(entry.ns + "/" + entry.name)}));
    kube::WebSocketRequest request;
    if (by == Way::Pod) {
        request.path = kube::path({{}, "v1", "pods", true}, entry.ns, name) + "/portforward";
        request.query = "ports=" + std::to_string(url->port);
        request.protocols = {"v4.channel.k8s.io"};
        return kube::tunnelThroughPod(m_outer.sharedClient(), std::move(request));
    }
    request.path =
        kube::path({"subresources.kubevirt.io", "v1", "virtualmachineinstances", true}, entry.ns, name) +
        "/portforward/" + std::to_string(url->port) + "/tcp";
    request.protocols = {"plain.kubevirt.io"};
    return kube::tunnelThrough(m_outer.sharedClient(), std::move(request));
}

bool InnerClusters::access(stack::SourceId id, bool served, std::function<void(Result<Secret>)> done)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [id](const auto& each) {
        return each.second.id == id && !each.second.dismissed;
    });
    if (found == m_entries.end())
        return false;
    const Entry& entry = found->second;
    if (!entry.feed) {
        if (entry.state.error.text.empty())
            done(fail(ErrorKind::NotFound,
                      tr("The kubeconfig of %1 has not been read yet.", {cleanText(found->first)})));
        else
            done(tl::unexpected<Error>(entry.state.error));
        return true;
    }
    if (!served) {
        done(kube::writeKubeconfig(entry.feed->config()));
        return true;
    }
    // By the way that is known to lead there.
    const Way by = entry.way == Way::Pod ? Way::Pod : Way::Machine;
    findWay(
        found->first, by,
        [this, done = std::move(done)](const std::string& key, Result<std::shared_ptr<kube::Dialer>> way) {
            Entry* asked = find(key);
            if (!way) {
                done(tl::unexpected<Error>(way.error()));
                return;
            }
            if (asked->served) {
                asked->served->setDialer(std::move(*way));
            } else {
                auto opened = kube::LocalForward::open(m_context.network, std::move(*way));
                if (!opened) {
                    done(tl::unexpected<Error>(opened.error()));
                    return;
                }
                asked->served = std::move(*opened);
            }
            // The same server by another way: its certificate is for the name it always had.
            kube::ClusterConfig config = asked->feed->config();
            const auto url = kube::parseServerUrl(config.server);
            if (config.tlsServerName.empty())
                config.tlsServerName = url->host;
            config.server = "https://127.0.0.1:" + std::to_string(asked->served->port()) + url->path;
            config.proxyUrl.clear();
            config.proxyCredential = {};
            done(kube::writeKubeconfig(config));
        });
    return true;
}

// Certificates in kubeconfigs are renewed before they expire, and a cluster may have got another authority.
void InnerClusters::noAccess(const std::string& key)
{
    Entry* entry = find(key);
    if (entry->reading || entry->queued || entry->timer != 0)
        return;
    const std::int64_t since = systemNow() - entry->lastRead;
    if (since >= 0 && since < kReread) {
        entry->timer = m_requests.after(Ms(kReread - since), [this, key] {
            if (Entry* again = find(key); again != nullptr) {
                again->timer = 0;
                if (again->feed && again->feed->state().phase != stack::LinkPhase::Live)
                    enqueue(key);
            }
        });
        return;
    }
    enqueue(key);
}

} // namespace strata::feeds
