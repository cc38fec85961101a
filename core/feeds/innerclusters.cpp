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
constexpr std::int64_t kSeekAgain = 300'000; // between trials of another way

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("InnerClusters", text), values);
}

} // namespace

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
        entry.lastSeek = 0;
        if (entry.feed)
            entry.feed->retryNow();
        return true;
    }
    return false;
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
    entry->feed->start();
    m_requests.after(kPlace, [this, key, id] {
        if (const Entry* of = find(key); of != nullptr && of->id == id)
            done(key);
    });
}

// Its endpoint cannot be reached from here, yet the outer cluster may: a control-plane machine of it is a VM
// there, and KubeVirt carries bytes to a VM's port. The server's name and authority stay those of the
// kubeconfig, whatever way the bytes take.
void InnerClusters::away(const std::string& key, const Error& error)
{
    Entry* entry = find(key);
    if (!entry->feed || entry->seeking || entry->dismissed)
        return;
    const bool outerIsThere = m_outer.state().phase == stack::LinkPhase::Live;
    const bool unreachable = error.stage == NetStage::Name || error.stage == NetStage::Connection;
    // A change of ways costs a handful of connections: not with every look.
    const std::int64_t since = systemNow() - entry->lastSeek;
    if (!outerIsThere || !unreachable || (since >= 0 && since < kSeekAgain))
        return;
    entry->lastSeek = systemNow();
    if (entry->feed->state().tunnelled) { // no way through either: the direct one may be back
        entry->feed->reconnect(entry->feed->config());
        return;
    }
    entry->seeking = true;
    findWay(key, [this](const std::string& found, Result<std::shared_ptr<kube::Dialer>> way) {
        Entry* asked = find(found);
        asked->seeking = false;
        if (way && asked->feed && asked->feed->state().phase != stack::LinkPhase::Live)
            asked->feed->reconnect(asked->feed->config(), std::move(*way));
    });
}

void InnerClusters::findWay(const std::string& key, FoundWay done)
{
    const Entry* entry = find(key);
    kube::Request request;
    request.path = kube::path({"kubevirt.io", "v1", "virtualmachineinstances", true}, entry->ns);
    request.query =
        "limit=20&labelSelector=" + kube::percentEncode("cluster.x-k8s.io/cluster-name=" + entry->name +
                                                        ",cluster.x-k8s.io/role=control-plane");
    request.maxBody = 16U << 20U;
    const stack::SourceId id = entry->id;
    m_requests.send(m_outer.client(), std::move(request),
                    [this, key, id, done = std::move(done)](const Result<kube::Response>& result) {
                        Entry* asked = find(key);
                        if (asked == nullptr || asked->id != id || asked->dismissed)
                            return;
                        done(key, wayFrom(*asked, result));
                    });
}

Result<std::shared_ptr<kube::Dialer>> InnerClusters::wayFrom(const Entry& entry,
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
    findWay(found->first, [this, done = std::move(done)](const std::string& key,
                                                         Result<std::shared_ptr<kube::Dialer>> way) {
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
