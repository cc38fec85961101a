// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/feeds/site.h"
#include "core/stack/stack.h"
#include "tests/core/feeds/fakeapi.h"

#include <QJsonObject>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>

// What it costs to watch many clusters in which nothing happens (P5). The servers are another process.
namespace {

using namespace strata;
using Steady = std::chrono::steady_clock;

QJsonObject named(const QString& name, const QString& ns = {})
{
    QJsonObject metadata{{QStringLiteral("name"), name},
                         {QStringLiteral("uid"), QStringLiteral("uid-") + name}};
    if (!ns.isEmpty())
        metadata[QStringLiteral("namespace")] = ns;
    return {{QStringLiteral("metadata"), metadata}};
}

[[noreturn]] void serve(int tenants, int objects, int pipe)
{
    test::FakeApi inner;
    inner.serve("/api/v1/nodes");
    inner.serve("/api/v1/pods");
    for (int i = 0; i < 3; ++i)
        inner.put("/api/v1/nodes", named(QStringLiteral("node-%1").arg(i)));
    for (int i = 0; i < 30; ++i)
        inner.put("/api/v1/pods", named(QStringLiteral("pod-%1").arg(i), QStringLiteral("n")));
    inner.answer("/readyz", 200, "ok");
    inner.answer("/version", 200, R"({"gitVersion":"v1.34.0"})");
    inner.answer("/apis/metrics.k8s.io/v1beta1/nodes", 200,
                 R"({"items":[{"metadata":{"name":"node-0"},"usage":{"cpu":"250m","memory":"1Gi"}}]})");
    inner.answer("/apis/metrics.k8s.io/v1beta1/pods", 200, R"({"items":[]})");
    test::FakeApi outer;
    outer.answer("/apis", 200, R"({"kind": "APIGroupDiscoveryList", "items": [
      {"metadata": {"name": "cluster.x-k8s.io"}, "versions": [
        {"version": "v1beta2", "resources": [{"resource": "clusters"}]}]}]})");
    outer.serve("/api/v1/nodes");
    outer.serve("/api/v1/pods");
    const char* const clusters = "/apis/cluster.x-k8s.io/v1beta2/clusters";
    outer.serve(clusters);
    for (int i = 0; i < objects; ++i)
        outer.put("/api/v1/pods", named(QStringLiteral("pod-%1").arg(i), QStringLiteral("n%1").arg(i % 97)));
    for (int i = 0; i < tenants; ++i) {
        const std::string name = "c" + std::to_string(i);
        outer.answer("/api/v1/namespaces/t/secrets/" + name + "-kubeconfig", 200,
                     R"({"kind":"Secret","apiVersion":"v1","data":{"value":")" +
                         base64Encode(inner.kubeconfig()) + R"("}})");
        QJsonObject cluster = named(QString::fromStdString(name), QStringLiteral("t"));
        cluster[QStringLiteral("status")] =
            QJsonObject{{QStringLiteral("initialization"),
                         QJsonObject{{QStringLiteral("controlPlaneInitialized"), true}}}};
        outer.put(clusters, cluster);
    }
    const std::string url = outer.url() + "\n";
    [[maybe_unused]] const auto written = write(pipe, url.data(), url.size());
    for (;;)
        pause();
}

double cpuSeconds()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

} // namespace

int main(int argc, char** argv)
{
    const int tenants = argc > 1 ? std::atoi(argv[1]) : 300;
    const int objects = argc > 2 ? std::atoi(argv[2]) : 60'000;
    const int idle = argc > 3 ? std::atoi(argv[3]) : 60;
    int ends[2];
    if (pipe(ends) != 0)
        return 1;
    const pid_t servers = fork();
    if (servers == 0)
        serve(tenants, objects, ends[1]);
    std::string url;
    for (char c = 0; read(ends[0], &c, 1) == 1 && c != '\n';)
        url += c;
    kube::ClusterConfig config;
    config.context = "bench";
    config.server = url;

    std::mutex mutex;
    std::condition_variable woken;
    bool awake = false;
    feeds::Site::Options options; // as the window has them
    options.followedTenants = 40;
    feeds::Site site(options);
    site.setWakeup([&] {
        const std::lock_guard lock(mutex);
        awake = true;
        woken.notify_one();
    });
    stack::Stack stack;
    site.addCluster(config, "bench");
    std::uint64_t pods = 0;
    std::uint64_t nodes = 0;
    const auto turn = [&](Steady::time_point until) {
        const stack::Batch batch = site.take();
        for (const stack::FactChange& change : batch.facts) {
            pods += change.fact && change.key.kind == stack::FactKind::Pod ? 1 : 0;
            nodes += change.fact && change.key.kind == stack::FactKind::KubeNode ? 1 : 0;
        }
        stack.apply(batch);
        std::unique_lock lock(mutex);
        woken.wait_until(lock, until, [&] { return awake; });
        awake = false;
    };
    const auto begin = Steady::now();
    while ((pods < static_cast<std::uint64_t>(objects) || nodes < static_cast<std::uint64_t>(tenants) * 3) &&
           Steady::now() - begin < std::chrono::minutes(5))
        turn(Steady::now() + std::chrono::milliseconds(200));
    const auto settled = Steady::now() + std::chrono::seconds(20); // what comes once, at the start
    while (Steady::now() < settled)
        turn(settled);
    const double before = cpuSeconds();
    const auto from = Steady::now();
    const auto end = from + std::chrono::seconds(idle);
    while (Steady::now() < end)
        turn(end);
    const double wall = std::chrono::duration<double>(Steady::now() - from).count();
    std::ifstream memory("/proc/self/statm");
    long total = 0;
    long resident = 0;
    memory >> total >> resident;
    std::printf(
        "| P5: idle | %% of a core | resident MB |\n|---|---:|---:|\n| %d objects and %d tenants watched, "
        "nothing happens | %.2f | %.0f |\n",
        objects, tenants, (cpuSeconds() - before) / wall * 100,
        static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576.0);
    site.setWakeup({});
    kill(servers, SIGKILL);
    waitpid(servers, nullptr, 0);
    return pods >= static_cast<std::uint64_t>(objects) ? 0 : 1;
}
