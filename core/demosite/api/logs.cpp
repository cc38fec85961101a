// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/logs.h"

#include "core/demosite/api/containers.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace strata::demosite {
namespace {

constexpr UnixMs kStep = 5000;

std::uint64_t mix(std::uint64_t value)
{
    value ^= value >> 33U;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 33U;
    value *= 0xc4ceb9fe1a85ec53ULL;
    return value ^ (value >> 33U);
}

std::uint64_t hashOf(const std::string& text)
{
    std::uint64_t hash = 1469598103934665603ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash;
}

std::string klogTime(UnixMs at)
{
    const std::time_t seconds = at / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[40];
    std::snprintf(text, sizeof text, "%02d%02d %02d:%02d:%02d.%06d", utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                  utc.tm_min, utc.tm_sec, static_cast<int>(at % 1000) * 1000 + 417);
    return text;
}

std::string line(const std::string& container, std::uint64_t random, UnixMs at)
{
    const std::string n = std::to_string(random % 97 + 3);
    const std::string time = formatRfc3339(at);
    if (container == "etcd") {
        static constexpr std::array<const char*, 3> words = {
            "finished scheduled compaction", "compact tree index", "apply request took too long"};
        const std::size_t which = random % 40 == 0 ? 2 : random % 2;
        return R"({"level":")" + std::string(which == 2 ? "warn" : "info") + R"(","ts":")" + time +
               R"(","caller":"etcdserver","msg":")" + words[which] + R"(","took":")" +
               (which == 2 ? std::to_string(100 + random % 90) : n) + R"(ms"})";
    }
    if (container.rfind("kube-", 0) == 0) {
        static constexpr std::array<const char*, 4> words = {
            R"(controller.go:667] "Quota admission added evaluator" resource="pods")",
            R"(httplog.go:134] "HTTP" verb="WATCH" resp=200)",
            R"(shared_informer.go:357] "Caches are synced")",
            R"(cert_rotation.go:141] "Certificate is valid")"};
        return "I" + klogTime(at) + "       1 " + words[random % words.size()];
    }
    if (container.rfind("cilium", 0) == 0)
        return "time=" + time +
               R"( level=info msg="Endpoint regeneration finished" module=agent endpointID=)" +
               std::to_string(random % 4000);
    if (container == "compute")
        return R"({"component":"virt-launcher","level":"info","msg":"Synced vmi","pos":"server.go:206","timestamp":")" +
               time + R"("})";
    if (container == "manager" || container.rfind("virt-", 0) == 0 || container.rfind("cdi-", 0) == 0)
        return "I" + klogTime(at) + R"(       1 controller.go:214] "Reconcile finished" duration=")" + n +
               R"(ms")";
    if (container.rfind("postgres", 0) == 0)
        return time + " UTC [1] LOG:  checkpoint complete: wrote " + n + " buffers";
    static constexpr std::array<const char*, 4> paths = {"/healthz", "/api/items", "/api/orders",
                                                         "/api/session"};
    return time + " INFO request path=" + paths[random / 97 % paths.size()] + " status=200 ms=" + n;
}

// Of a container that is to come to an end: what its command prints. Nothing where that is not known.
std::optional<std::string> printed(const Object& pod, const LogOptions& options, UnixMs from, UnixMs to)
{
    if (lookUp(pod.fields, "spec.restartPolicy") == "Always")
        return std::nullopt;
    const Json body = parseOwn(pod.body);
    const Json* container = containerNamed(body, options.container);
    const Json* statuses = find(body, "status.containerStatuses");
    const Course course = container == nullptr ? Course() : courseOf(body, *container);
    if (!course.followed || statuses == nullptr || !statuses->is_array())
        return std::nullopt;
    std::string out;
    for (const Json& status : *statuses) {
        if (text(status, "name") != options.container)
            continue;
        std::string begun;
        for (const char* state : {"state.running", "state.terminated", "lastState.terminated"}) {
            if (begun.empty() && (!options.previous || state[0] == 'l'))
                begun = text(status, std::string(state) + ".startedAt");
        }
        const UnixMs started = parseRfc3339(begun).value_or(to);
        for (const auto& [after, line] : course.lines) {
            const UnixMs when = started + after;
            if (when <= from || when > to)
                continue;
            if (options.timestamps)
                out += formatRfc3339(when).substr(0, 19) + ".417000000Z ";
            out += line + "\n";
        }
    }
    return out;
}

std::string lines(const Object& pod, const LogOptions& options, UnixMs from, UnixMs to)
{
    if (const auto own = printed(pod, options, from, to))
        return *own;

    const std::uint64_t seed = hashOf(pod.uid + options.container);
    std::string out;
    for (UnixMs at = (from / kStep + 1) * kStep; at <= to; at += kStep) {
        const std::uint64_t random = mix(seed + static_cast<std::uint64_t>(at));
        if (random % 3 == 0)
            continue; // not every program is that talkative
        const UnixMs when = at - static_cast<UnixMs>(random % 900);
        if (options.timestamps)
            out += formatRfc3339(when).substr(0, 19) + ".417000000Z ";
        out += line(options.container, random, when) + "\n";
    }
    return out;
}

UnixMs firstMoment(const Object& pod, UnixMs now)
{
    const Json body = parseOwn(pod.body);
    return std::max(parseRfc3339(text(body, "metadata.creationTimestamp")).value_or(now),
                    now - UnixMs{3600} * 1000);
}

class LogStream : public HttpStream {
public:
    LogStream(std::shared_ptr<Cluster> cluster, ObjectPtr pod, LogOptions options)
        : m_cluster(std::move(cluster)), m_pod(std::move(pod)), m_options(std::move(options)),
          m_upTo(m_cluster->now()), m_pending(podLog(*m_cluster, *m_pod, m_options))
    {}
    void start(std::function<void()>) override {}
    std::chrono::milliseconds patience() const override { return std::chrono::milliseconds(500); }
    std::string read(bool& done) override
    {
        std::string out = std::move(m_pending);
        m_pending.clear();
        const UnixMs now = m_cluster->now();
        const ObjectPtr current = m_cluster->store().get(*m_pod->kind, m_pod->ns, m_pod->name);
        done = !current || current->uid != m_pod->uid;
        if (!done)
            m_pod = current;
        out += lines(*m_pod, m_options, m_upTo, now);
        m_upTo = now;
        const std::string_view phase = lookUp(m_pod->fields, "status.phase");
        done = done || phase == "Succeeded" || phase == "Failed";
        return out;
    }

private:
    std::shared_ptr<Cluster> m_cluster;
    ObjectPtr m_pod;
    LogOptions m_options;
    UnixMs m_upTo;
    std::string m_pending;
};

} // namespace

std::string podLog(const Cluster& cluster, const Object& pod, const LogOptions& options)
{
    UnixMs now = options.until > 0 ? std::min(options.until, cluster.now()) : cluster.now();
    const std::string_view phase = lookUp(pod.fields, "status.phase");
    if (phase == "Succeeded" || phase == "Failed") { // nobody speaks after the end
        const Json body = parseOwn(pod.body);
        const Json* all = find(body, "status.containerStatuses");
        for (std::size_t i = 0; all != nullptr && all->is_array() && i < all->size(); ++i) {
            if (text((*all)[i], "name") == options.container)
                now =
                    std::min(now, parseRfc3339(text((*all)[i], "state.terminated.finishedAt")).value_or(now));
        }
    }
    UnixMs from = firstMoment(pod, now);
    if (options.sinceSeconds >= 0)
        from = std::max(from, now - UnixMs{std::min(options.sinceSeconds, 86400L)} * 1000);
    std::string all = lines(pod, options, from, now);
    if (options.tailLines < 0)
        return all;
    std::size_t at = all.size();
    for (long left = options.tailLines; at > 0 && left > 0; --left) {
        const std::size_t before = at < 2 ? std::string::npos : all.rfind('\n', at - 2);
        at = before == std::string::npos ? 0 : before + 1;
    }
    return all.substr(options.tailLines == 0 ? all.size() : at);
}

std::unique_ptr<HttpStream> followLog(std::shared_ptr<Cluster> cluster, ObjectPtr pod, LogOptions options)
{
    return std::make_unique<LogStream>(std::move(cluster), std::move(pod), std::move(options));
}

} // namespace strata::demosite
