// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/site.h"
#include "core/stack/stack.h"
#include "tests/support/testpki.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <utility> // Boost 1.74 forgets it
#include <vector>

// First sync, memory an object, events, and idling, over TLS, with kubectl and node as peers in the same run.
// Every contestant is a process of its own, so that its CPU seconds and its peak memory are its own; the
// server is another one and counts for nobody.
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using namespace strata;

// A pod of 8 to 9 KB as clusters have them: managedFields are half of it.
std::string pod(int i, long version, const char* phase = "Running")
{
    const std::string n = std::to_string(i);
    const std::string ns = "team-" + std::to_string(i % 97);
    std::string fields;
    for (int f = 0; f < 70; ++f)
        fields +=
            (f == 0 ? "\"f:k" : ",\"f:k") + std::to_string(f) + "\":{\".\":{},\"f:name\":{},\"f:value\":{}}";
    std::string env;
    for (int e = 0; e < 20; ++e)
        env += (e == 0 ? "" : ",") + std::string(R"({"name":"SETTING_)") + std::to_string(e) +
               R"(","value":"some value of a setting )" + n + "\"}";
    return R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-)" + n + "-7d9c6b5f4-x" + n +
           R"(","generateName":"web-","namespace":")" + ns + R"(","uid":"00000000-0000-4000-8000-)" +
           std::string(12 - std::min<std::size_t>(n.size(), 12), '0') + n + R"(","resourceVersion":")" +
           std::to_string(version) +
           R"(","creationTimestamp":"2026-01-02T03:04:05Z","labels":{"app":"web","pod-template-hash":"7d9c6b5f4"},)"
           R"("ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9c6b5f4","uid":"rs-)" +
           n +
           R"(","controller":true}],"managedFields":[{"manager":"kube-controller-manager","operation":"Update",)"
           R"("apiVersion":"v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{)" +
           fields + R"(}}]},"spec":{"nodeName":"node-)" + std::to_string(i % 200) +
           R"(","containers":[{"name":"web","image":"registry.example/team/web:1.2.3","env":[)" + env +
           R"(],"resources":{"requests":{"cpu":"100m","memory":"128Mi"}}}]},"status":{"phase":")" + phase +
           R"(","podIP":"10.1.2.3","conditions":[{"type":"Ready","status":"True","lastTransitionTime":)"
           R"("2026-01-02T03:04:15Z"}],"containerStatuses":[{"name":"web","ready":true,"restartCount":0,"state":)"
           R"({"running":{"startedAt":"2026-01-02T03:04:10Z"}}}]}})";
}

// ---- the server ----

class Server {
public:
    Server(int objects, int events, const test::Credential& identity)
        : m_objects(objects), m_events(events), m_tls(asio::ssl::context::tls_server),
          m_acceptor(m_io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0))
    {
        m_tls.use_certificate_chain(asio::buffer(identity.certificatePem));
        m_tls.use_private_key(asio::buffer(identity.keyPem), asio::ssl::context::pem);
    }
    int port() const { return m_acceptor.local_endpoint().port(); }
    [[noreturn]] void run()
    {
        for (;;) {
            tcp::socket socket(m_io);
            m_acceptor.accept(socket);
            std::thread([this, s = std::make_shared<tcp::socket>(std::move(socket))] {
                try {
                    serve(std::move(*s));
                } catch (const std::exception&) {
                    // The client is gone.
                }
            }).detach();
        }
    }

private:
    using Tls = asio::ssl::stream<tcp::socket>;

    static void chunk(Tls& tls, const std::string& text)
    {
        char head[32];
        std::snprintf(head, sizeof head, "%zx\r\n", text.size());
        asio::write(tls, asio::buffer(head + text + "\r\n"));
    }
    static void answer(Tls& tls, int status, const std::string& body)
    {
        asio::write(tls, asio::buffer("HTTP/1.1 " + std::to_string(status) +
                                      " X\r\nContent-Type: application/json\r\nContent-Length: " +
                                      std::to_string(body.size()) + "\r\n\r\n" + body));
    }
    void serve(tcp::socket socket)
    {
        Tls tls(std::move(socket), m_tls);
        tls.handshake(asio::ssl::stream_base::server);
        asio::streambuf buffer;
        for (;;) {
            const std::size_t size = asio::read_until(tls, buffer, "\r\n\r\n");
            const std::string head(asio::buffers_begin(buffer.data()),
                                   asio::buffers_begin(buffer.data()) + static_cast<std::ptrdiff_t>(size));
            buffer.consume(size);
            const std::size_t from = head.find(' ') + 1;
            respond(tls, head.substr(from, head.find(' ', from) - from));
        }
    }
    void respond(Tls& tls, const std::string& target)
    {
        const std::string path = target.substr(0, target.find('?'));
        if (path == "/api")
            return answer(tls, 200, R"({"kind":"APIVersions","versions":["v1"]})");
        if (path == "/apis")
            return answer(tls, 200, R"({"kind":"APIGroupList","apiVersion":"v1","groups":[]})");
        if (path == "/version")
            return answer(tls, 200, R"({"major":"1","minor":"34","gitVersion":"v1.34.0"})");
        if (path == "/api/v1")
            return answer(
                tls, 200,
                R"({"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods",)"
                R"("singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list","watch"]}]})");
        const bool pods = path == "/api/v1/pods";
        if (!pods && path != "/api/v1/nodes")
            return answer(tls, 404, R"({"kind":"Status","status":"Failure","reason":"NotFound","code":404})");
        const int count = pods ? m_objects : 0;
        if (target.find("watch=") != std::string::npos)
            return watch(tls, target.find("sendInitialEvents=true") != std::string::npos ? count : -1, pods);
        int first = 0;
        if (const std::size_t at = target.find("continue="); at != std::string::npos)
            first = std::atoi(target.c_str() + at + 9);
        int limit = count;
        if (const std::size_t at = target.find("limit="); at != std::string::npos)
            limit = std::atoi(target.c_str() + at + 6);
        const int last = std::min(count, first + (limit > 0 ? limit : count));
        std::string body = R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1000000")";
        if (last < count)
            body += R"(,"continue":")" + std::to_string(last) + "\"";
        body += R"(},"items":[)";
        for (int i = first; i < last; ++i)
            body += (i == first ? "" : ",") + pod(i, 1000 + i);
        answer(tls, 200, body + "]}");
    }
    void watch(Tls& tls, int initial, bool pods)
    {
        asio::write(tls, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                                  "Transfer-Encoding: chunked\r\n\r\n")));
        std::string frames;
        const auto add = [&](const char* type, const std::string& object) {
            frames += std::string(R"({"type":")") + type + R"(","object":)" + object + "}\n";
            if (frames.size() > (64U << 10U)) {
                chunk(tls, frames);
                frames.clear();
            }
        };
        if (initial >= 0) {
            for (int i = 0; i < initial; ++i)
                add("ADDED", pod(i, 1000 + i));
            add("BOOKMARK",
                R"({"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"1000000","annotations":)"
                R"({"k8s.io/initial-events-end":"true"}}})");
        }
        if (pods) {
            for (int e = 0; e < m_events; ++e)
                add("MODIFIED",
                    pod(static_cast<int>((static_cast<long>(e) * 7919) % m_objects), 1000001L + e, "Failed"));
        }
        if (!frames.empty())
            chunk(tls, frames);
        for (;;)
            std::this_thread::sleep_for(std::chrono::hours(1));
    }

    int m_objects;
    int m_events;
    asio::io_context m_io;
    asio::ssl::context m_tls;
    tcp::acceptor m_acceptor;
};

// ---- measuring ----

struct Cost {
    double cpu = 0;
    double wall = 0;
    long peakKb = 0;
    long keptKb = -1; // told by the contestant itself
    bool good = false;
};

long residentKb()
{
    std::ifstream file("/proc/self/statm");
    long total = 0;
    long resident = 0;
    file >> total >> resident;
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

// Runs `work` in a process of its own; it writes what it keeps (kB) to the pipe.
Cost measure(const std::function<int(int pipe)>& work)
{
    int ends[2];
    if (pipe(ends) != 0)
        return {};
    std::fflush(nullptr);
    const auto begin = Clock::now();
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(work(ends[1]));
    }
    close(ends[1]);
    std::string told;
    char buffer[256];
    for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
        told.append(buffer, static_cast<std::size_t>(got));
    close(ends[0]);
    int status = 0;
    rusage usage{};
    wait4(child, &status, 0, &usage);
    Cost cost;
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    cost.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    cost.wall = std::chrono::duration<double>(Clock::now() - begin).count();
    cost.peakKb = usage.ru_maxrss;
    cost.good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!told.empty())
        cost.keptKb = std::atol(told.c_str());
    return cost;
}

int execute(const std::vector<std::string>& words)
{
    std::vector<char*> argv;
    for (const std::string& word : words)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    if (std::freopen("/dev/null", "w", stdout) == nullptr)
        return 126;
    execvp(argv[0], argv.data());
    return 127;
}

// The whole way: watches, facts, the stack of items.
int strataSync(int pipe, const kube::ClusterConfig& config, int objects, int events)
{
    const long before = residentKb();
    std::mutex mutex;
    std::condition_variable woken;
    bool awake = false;
    feeds::Site::Options options;
    options.metricsEvery = std::chrono::milliseconds(0);
    options.followInnerClusters = false;
    feeds::Site site(options);
    site.setWakeup([&] {
        const std::lock_guard lock(mutex);
        awake = true;
        woken.notify_one();
    });
    stack::Stack stack;
    site.addCluster(config, "bench");
    int pods = 0;
    const auto end = Clock::now() + std::chrono::minutes(10);
    while (Clock::now() < end) {
        const stack::Batch batch = site.take();
        for (const stack::FactChange& change : batch.facts)
            pods += change.fact && change.key.kind == stack::FactKind::Pod ? 1 : 0;
        stack.apply(batch);
        const std::uint64_t seen = site.traffic().events;
        if (pods >= objects &&
            seen >= static_cast<std::uint64_t>(objects) + static_cast<std::uint64_t>(events) && batch.empty())
            break;
        std::unique_lock lock(mutex);
        woken.wait_for(lock, std::chrono::milliseconds(20), [&] { return awake; });
        awake = false;
    }
    const std::string kept = std::to_string(residentKb() - before);
    [[maybe_unused]] const auto written = write(pipe, kept.data(), kept.size());
    site.setWakeup({});
    return pods >= objects ? 0 : 1;
}

void row(const char* name, const Cost& cost, int objects)
{
    std::printf("| %-44s | %8.2f | %8.2f | %8.1f | ", name, cost.cpu, cost.wall,
                static_cast<double>(cost.peakKb) / 1024.0);
    if (cost.keptKb >= 0)
        std::printf("%8ld |", cost.keptKb * 1024 / objects);
    else
        std::printf("%8s |", "");
    std::printf("%s\n", cost.good ? "" : " FAILED");
    std::fflush(stdout);
}

bool onPath(const char* program)
{
    const std::string command = std::string("command -v ") + program + " >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
}

} // namespace

int main(int argc, char** argv)
{
    const int objects = argc > 1 ? std::atoi(argv[1]) : 12'000;
    const test::TestCa ca;
    const test::Credential identity = ca.server();
    std::vector<pid_t> servers;
    // A server of so many objects and events, in a process of its own: its configuration.
    const auto start = [&](int count, int events) {
        int ends[2];
        kube::ClusterConfig config;
        if (pipe(ends) != 0)
            return config;
        const pid_t child = fork();
        if (child == 0) {
            Server server(count, events, identity);
            const int port = server.port();
            [[maybe_unused]] const auto written = write(ends[1], &port, sizeof port);
            server.run();
        }
        servers.push_back(child);
        int port = 0;
        [[maybe_unused]] const auto got = read(ends[0], &port, sizeof port);
        close(ends[0]);
        close(ends[1]);
        config.context = "bench";
        config.server = "https://127.0.0.1:" + std::to_string(port);
        config.caPem = ca.certificatePem();
        config.token = Secret("bench");
        return config;
    };

    std::printf("%d pods of %zu bytes\n\n", objects, pod(objects / 2, 5000).size());
    std::printf("| first sync over TLS (P1, P2)                   |    CPU s |   wall s |  peak MB | bytes "
                "an object |\n");
    std::printf("|---|---:|---:|---:|---:|\n");
    const kube::ClusterConfig config = start(objects, 0);
    const Cost ours = measure([&](int pipe) { return strataSync(pipe, config, objects, 0); });
    row("strata: watches, facts and the stack", ours, objects);
    const auto folder = std::filesystem::temp_directory_path() / ("strata-bench-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const std::string file = (folder / "config").string();
    std::ofstream(file) << kube::writeKubeconfig(config).reveal();
    std::ofstream(folder / "ca.pem") << config.caPem;
    if (onPath("kubectl")) {
        const std::string cache = (folder / "cache").string();
        row("kubectl get pods -A -o name", measure([&](int) {
                return execute({"kubectl", "--kubeconfig", file, "--cache-dir", cache, "get", "pods", "-A",
                                "-o", "name"});
            }),
            objects);
        row("kubectl get --raw (no decoding)", measure([&](int) {
                return execute({"kubectl", "--kubeconfig", file, "get", "--raw", "/api/v1/pods"});
            }),
            objects);
    }
    if (onPath("node")) {
        // The peers' store is at least the parsed objects; @kubernetes/client-node is used when it is
        // installed.
        const std::string script =
            "const https=require('https'),fs=require('fs');const ca=fs.readFileSync('" +
            (folder / "ca.pem").string() + "');let all=[];const page=(c)=>https.get('" + config.server +
            "/api/v1/pods?limit=500'+(c?'&continue='+c:''),{ca},(r)=>{let "
            "b=[];r.on('data',d=>b.push(d));r.on('end',()=>{"
            "const "
            "l=JSON.parse(Buffer.concat(b));all.push(...l.items);if(l.metadata.continue)page(l.metadata."
            "continue);"
            "else process.exit(all.length==" +
            std::to_string(objects) + "?0:1)})});page();";
        row("node: https and JSON.parse of pages", measure([&](int) {
                return execute({"node", "-e", script});
            }),
            objects);
        const std::string client =
            "const k=require('@kubernetes/client-node');const c=new k.KubeConfig();c.loadFromFile('" + file +
            "');const a=c.makeApiClient(k.CoreV1Api);let n=0;const i=k.makeInformer(c,'/api/v1/pods',()=>"
            "a.listPodForAllNamespaces());i.on('add',()=>{if(++n==" +
            std::to_string(objects) + ")process.exit(0)});i.start();";
        if (std::system("node -e \"require('@kubernetes/client-node')\" >/dev/null 2>&1") == 0)
            row("@kubernetes/client-node informer", measure([&](int) {
                    return execute({"node", "-e", client});
                }),
                objects);
    }

    std::printf("\n| growth (P7)                                    |    CPU s |   wall s |  peak MB | bytes "
                "an object |\n");
    std::printf("|---|---:|---:|---:|---:|\n");
    for (const int factor : {1, 2, 4}) {
        const int count = objects / 4 * factor;
        const kube::ClusterConfig at = start(count, 0);
        row((std::to_string(count) + " pods").c_str(),
            measure([&](int pipe) { return strataSync(pipe, at, count, 0); }), count);
    }
    for (const int factor : {1, 4}) {
        const int count = objects / 4 * factor;
        const kube::ClusterConfig at = start(count, 10'000);
        row((std::to_string(count) + " pods and 10,000 events").c_str(),
            measure([&](int pipe) { return strataSync(pipe, at, count, 10'000); }), count);
    }

    for (const pid_t server : servers) {
        kill(server, SIGKILL);
        waitpid(server, nullptr, 0);
    }
    std::filesystem::remove_all(folder);
    return 0;
}
