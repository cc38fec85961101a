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

// A virtual machine of 8 to 9 KB that runs.
std::string machine(int i, long version, const char* phase = "Running")
{
    const std::string n = std::to_string(i);
    std::string fields;
    for (int f = 0; f < 60; ++f)
        fields +=
            (f == 0 ? "\"f:k" : ",\"f:k") + std::to_string(f) + "\":{\".\":{},\"f:name\":{},\"f:value\":{}}";
    std::string disks;
    for (int d = 0; d < 12; ++d)
        disks += (d == 0 ? "" : ",") + std::string(R"({"name":"disk-)") + std::to_string(d) +
                 R"(","disk":{"bus":"virtio"},"cache":"none","io":"native","bootOrder":)" +
                 std::to_string(d + 1) + "}";
    return R"({"kind":"VirtualMachineInstance","apiVersion":"kubevirt.io/v1","metadata":{"name":"vm-)" + n +
           R"(","namespace":"tenant-)" + std::to_string(i % 97) + R"(","uid":"00000000-0000-4000-9000-)" +
           std::string(12 - std::min<std::size_t>(n.size(), 12), '0') + n + R"(","resourceVersion":")" +
           std::to_string(version) +
           R"(","creationTimestamp":"2026-01-02T03:04:05Z","labels":{"cluster.x-k8s.io/cluster-name":"c-)" +
           std::to_string(i % 200) +
           R"("},"ownerReferences":[{"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","name":"vm-)" + n +
           R"(","uid":"vm-uid-)" + n +
           R"(","controller":true}],"managedFields":[{"manager":"virt-controller","operation":"Update",)"
           R"("apiVersion":"kubevirt.io/v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{)" +
           fields + R"(}}]},"spec":{"domain":{"firmware":{"uuid":"11111111-0000-4000-9000-)" +
           std::string(12 - std::min<std::size_t>(n.size(), 12), '0') + n +
           R"("},"cpu":{"cores":4},"memory":{"guest":"8Gi"},"devices":{"disks":[)" + disks +
           R"(]}}},"status":{"phase":")" + phase + R"(","nodeName":"node-)" + std::to_string(i % 200) +
           R"(","guestOSInfo":{"prettyName":"Debian GNU/Linux 12"},"interfaces":[{"ipAddress":"10.2.3.4"}],)"
           R"("conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-01-02T03:04:15Z"},)"
           R"({"type":"LiveMigratable","status":"True"}]}})";
}

// What a cluster of the bench holds.
struct Load {
    int pods = 0;
    int machines = 0;
    int events = 0; // of pods, after the first picture
    int objects() const { return pods + machines; }
};

Load loadOf(int objects) // as sites have them
{
    return {objects - objects / 6, objects / 6, 0};
}

// ---- the server ----

class Server {
public:
    Server(const Load& load, const test::Credential& identity)
        : m_load(load), m_tls(asio::ssl::context::tls_server),
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
            return answer(
                tls, 200,
                R"({"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"kubevirt.io","versions":)"
                R"([{"groupVersion":"kubevirt.io/v1","version":"v1"}],"preferredVersion":)"
                R"({"groupVersion":"kubevirt.io/v1","version":"v1"}}]})");
        if (path == "/apis/kubevirt.io/v1")
            return answer(
                tls, 200,
                R"({"kind":"APIResourceList","groupVersion":"kubevirt.io/v1","resources":[)"
                R"({"name":"virtualmachineinstances","singularName":"virtualmachineinstance","namespaced":true,)"
                R"("kind":"VirtualMachineInstance","verbs":["get","list","watch"]}]})");
        if (path == "/version")
            return answer(tls, 200, R"({"major":"1","minor":"34","gitVersion":"v1.34.0"})");
        if (path == "/api/v1")
            return answer(
                tls, 200,
                R"({"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods",)"
                R"("singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list","watch"]}]})");
        const bool pods = path == "/api/v1/pods";
        const bool machines = path == "/apis/kubevirt.io/v1/virtualmachineinstances";
        if (!pods && !machines && path != "/api/v1/nodes" && path != "/apis/kubevirt.io/v1/virtualmachines")
            return answer(tls, 404, R"({"kind":"Status","status":"Failure","reason":"NotFound","code":404})");
        const int count = pods ? m_load.pods : machines ? m_load.machines : 0;
        const auto make = machines ? &machine : &pod;
        const std::string kind = machines ? "VirtualMachineInstance" : pods ? "Pod" : "Node";
        if (target.find("watch=") != std::string::npos)
            return watch(tls, target.find("sendInitialEvents=true") != std::string::npos ? count : -1, kind,
                         make);
        int first = 0;
        if (const std::size_t at = target.find("continue="); at != std::string::npos)
            first = std::atoi(target.c_str() + at + 9);
        int limit = count;
        if (const std::size_t at = target.find("limit="); at != std::string::npos)
            limit = std::atoi(target.c_str() + at + 6);
        const int last = std::min(count, first + (limit > 0 ? limit : count));
        std::string body = R"({"kind":")" + kind + R"(List","apiVersion":")" +
                           (machines ? "kubevirt.io/v1" : "v1") +
                           R"(","metadata":{"resourceVersion":"1000000")";
        if (last < count)
            body += R"(,"continue":")" + std::to_string(last) + "\"";
        body += R"(},"items":[)";
        for (int i = first; i < last; ++i)
            body += (i == first ? "" : ",") + make(i, 1000 + i, "Running");
        answer(tls, 200, body + "]}");
    }
    void watch(Tls& tls, int initial, const std::string& kind, std::string (*make)(int, long, const char*))
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
                add("ADDED", make(i, 1000 + i, "Running"));
            add("BOOKMARK",
                R"({"kind":")" + kind +
                    R"(","apiVersion":"v1","metadata":{"resourceVersion":"1000000","annotations":)"
                    R"({"k8s.io/initial-events-end":"true"}}})");
        }
        if (kind == "Pod" && m_load.pods > 0) {
            for (int e = 0; e < m_load.events; ++e)
                add("MODIFIED", pod(static_cast<int>((static_cast<long>(e) * 7919) % m_load.pods),
                                    1000001L + e, "Failed"));
        }
        if (!frames.empty())
            chunk(tls, frames);
        for (;;)
            std::this_thread::sleep_for(std::chrono::hours(1));
    }

    const Load m_load;
    asio::io_context m_io;
    asio::ssl::context m_tls;
    tcp::acceptor m_acceptor;
};

// ---- measuring ----

struct Cost {
    double cpu = 0;
    double wall = 0;
    long peakKb = 0;
    long keptKb = -1;  // told by the contestant itself: more than at its start
    long steadyKb = 0; // all of it, at its end
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
    if (!told.empty() && std::sscanf(told.c_str(), "%ld %ld", &cost.keptKb, &cost.steadyKb) != 2)
        cost.good = false;
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
int strataSync(int pipe, const kube::ClusterConfig& config, const Load& load)
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
    constexpr std::chrono::milliseconds kFrame{16};
    auto frame = Clock::now();
    int first = 0; // objects; what comes later are changes of them
    const auto end = Clock::now() + std::chrono::minutes(10);
    while (Clock::now() < end) {
        const stack::Batch batch = site.take();
        for (const stack::FactChange& change : batch.facts)
            first += change.fact && (change.key.kind == stack::FactKind::Pod ||
                                     change.key.kind == stack::FactKind::Vmi)
                         ? 1
                         : 0;
        stack.apply(batch);
        const std::uint64_t seen = site.traffic().events;
        if (first >= load.objects() &&
            seen >= static_cast<std::uint64_t>(load.objects()) + static_cast<std::uint64_t>(load.events) &&
            batch.empty())
            break;
        std::unique_lock lock(mutex);
        woken.wait_for(lock, std::chrono::milliseconds(20), [&] { return awake; });
        awake = false;
        lock.unlock();
        std::this_thread::sleep_until(frame += kFrame); // as the window: once a frame at most
        frame = std::max(frame, Clock::now() - kFrame);
    }
    const long now = residentKb();
    const std::string kept = std::to_string(now - before) + " " + std::to_string(now);
    [[maybe_unused]] const auto written = write(pipe, kept.data(), kept.size());
    site.setWakeup({});
    return first >= load.objects() ? 0 : 1;
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
    const int events = argc > 2 ? std::atoi(argv[2]) : 20'000;
    const test::TestCa ca;
    const test::Credential identity = ca.server();
    std::vector<pid_t> servers;
    // A server of such a load, in a process of its own: its configuration.
    const auto start = [&](const Load& load) {
        int ends[2];
        kube::ClusterConfig config;
        if (pipe(ends) != 0)
            return config;
        const pid_t child = fork();
        if (child == 0) {
            Server server(load, identity);
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
    const auto folder = std::filesystem::temp_directory_path() / ("strata-bench-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "ca.pem") << ca.certificatePem();
    const auto written = [&](const kube::ClusterConfig& config, const char* name) {
        const std::string file = (folder / name).string();
        std::ofstream(file) << kube::writeKubeconfig(config).reveal();
        return file;
    };
    // tests/bench/clientgo, built by whoever has a Go.
    const char* const clientGo = "clientgo-informer";
    const auto goInformer = [clientGo](const std::string& file,
                                       const Load& load) -> std::vector<std::string> {
        return {clientGo, file, std::to_string(load.objects()), std::to_string(load.events),
                load.machines > 0 ? "1" : "0"};
    };
    const bool node = onPath("node");
    // Found by Node itself, mostly by NODE_PATH.
    const bool clientNode =
        node && std::system("node -e \"require('@kubernetes/client-node')\" >/dev/null 2>&1") == 0;
    // Both kinds until all are there, then so many changes.
    const auto informer = [](const std::string& file, const Load& load) {
        return "const k=require('@kubernetes/client-node');const c=new k.KubeConfig();c.loadFromFile('" +
               file +
               "');const p=c.makeApiClient(k.CoreV1Api),x=c.makeApiClient(k.CustomObjectsApi);let n=0,u=0;"
               "const done=()=>{if(n>=" +
               std::to_string(load.objects()) + "&&u>=" + std::to_string(load.events) +
               ")process.exit(0)};const follow=(path,list)=>{const i=k.makeInformer(c,path,list);"
               "i.on('add',()=>{++n;done()});i.on('update',()=>{++u;done()});i.on('error',(e)=>{"
               "console.error(e);process.exit(1)});i.start().catch((e)=>{console.error(e);process.exit(1)})};"
               "follow('/api/v1/pods',()=>p.listPodForAllNamespaces());" +
               (load.machines == 0 ? ""
                                   : "follow('/apis/kubevirt.io/v1/virtualmachineinstances',()=>"
                                     "x.listClusterCustomObject({group:'kubevirt.io',version:'v1',plural:"
                                     "'virtualmachineinstances'}));");
    };

    const Load all = loadOf(objects);
    std::printf("%d pods of %zu bytes, %d VMIs of %zu bytes\n\n", all.pods, pod(all.pods / 2, 5000).size(),
                all.machines, machine(all.machines / 2, 5000).size());
    std::printf("| P1: first sync over TLS                      |    CPU s |   wall s |  peak MB | bytes an "
                "object |\n");
    std::printf("|---|---:|---:|---:|---:|\n");
    const kube::ClusterConfig config = start(all);
    const Cost ours = measure([&](int pipe) { return strataSync(pipe, config, all); });
    row("Strata: watches, facts and the stack", ours, objects);
    const std::string file = written(config, "config");
    std::vector<std::pair<std::string, Cost>> peers;
    const auto peer = [&](const char* name, const std::function<int(int)>& work) {
        const Cost cost = measure(work);
        row(name, cost, objects);
        peers.emplace_back(name, cost);
    };
    if (onPath("kubectl")) {
        const std::string cache = (folder / "cache").string();
        peer("kubectl get -A -o name, of both kinds", [&](int) {
            return execute({"kubectl", "--kubeconfig", file, "--cache-dir", cache, "get",
                            "pods,virtualmachineinstances", "-A", "-o", "name"});
        });
        peer("kubectl get --raw of the pods (no decoding)", [&](int) {
            return execute({"kubectl", "--kubeconfig", file, "get", "--raw", "/api/v1/pods"});
        });
    } else {
        std::printf("| kubectl: not on this computer | | | | |\n");
    }
    if (node) {
        // What any store of objects in Node costs at least.
        const std::string script =
            "const https=require('https'),fs=require('fs');const ca=fs.readFileSync('" +
            (folder / "ca.pem").string() + "');let all=[];const page=(p,c)=>https.get('" + config.server +
            "'+p+'?limit=500'+(c?'&continue='+c:''),{ca},(r)=>{let b=[];r.on('data',d=>b.push(d));"
            "r.on('end',()=>{const l=JSON.parse(Buffer.concat(b));all.push(...l.items);"
            "if(l.metadata.continue)page(p,l.metadata.continue);else if(all.length==" +
            std::to_string(objects) +
            ")process.exit(0)})});page('/api/v1/pods');"
            "page('/apis/kubevirt.io/v1/virtualmachineinstances');";
        peer("Node: https and JSON.parse of pages", [&](int) { return execute({"node", "-e", script}); });
    } else {
        std::printf("| Node: not on this computer | | | | |\n");
    }
    if (clientNode)
        peer("@kubernetes/client-node, two informers", [&](int) {
            return execute({"node", "-e", informer(file, all)});
        });
    else
        std::printf("| @kubernetes/client-node: not found by Node (NODE_PATH?) | | | | |\n");
    if (onPath(clientGo))
        peer("client-go, two dynamic informers", [&](int) { return execute(goInformer(file, all)); });
    else
        std::printf("| client-go: no %s on the PATH | | | | |\n", clientGo);
    for (const auto& [name, cost] : peers) {
        if (cost.good && ours.good)
            std::printf("%s: %.1f times our CPU, %.1f times our peak memory\n", name.c_str(),
                        cost.cpu / ours.cpu,
                        static_cast<double>(cost.peakKb) / static_cast<double>(ours.peakKb));
    }

    // Two sizes of each kind: the difference is what an object costs, whatever the program does.
    std::printf("\n| P2: memory an object | bytes | peak while syncing against steady |\n|---|---:|---:|\n");
    for (const bool machines : {false, true}) {
        const auto kept = [&](int count) {
            const Load load = machines ? Load{0, count, 0} : Load{count, 0, 0};
            const kube::ClusterConfig at = start(load);
            return measure([&](int pipe) { return strataSync(pipe, at, load); });
        };
        const int large = std::max(objects / 2, 4000);
        const Cost few = kept(large / 4);
        const Cost many = kept(large);
        std::printf("| a %s | %ld | %.2f |\n", machines ? "VM row" : "pod row",
                    (many.keptKb - few.keptKb) * 1024 / (large - large / 4),
                    static_cast<double>(many.peakKb) / static_cast<double>(std::max(many.steadyKb, 1L)));
    }

    std::printf("\n| P3: changes on a running watch | events a CPU second | |\n|---|---:|---|\n");
    {
        const Load still{objects - objects / 6, 0, 0};
        const Load busy{still.pods, 0, events};
        const auto rate = [&](const char* name,
                              const std::function<Cost(const kube::ClusterConfig&, const Load&)>& of) {
            const Cost before = of(start(still), still);
            const Cost after = of(start(busy), busy);
            if (before.good && after.good)
                std::printf("| %s | %.0f | %.2f s for %d |\n", name,
                            events / std::max(after.cpu - before.cpu, 1e-3), after.cpu - before.cpu, events);
            else
                std::printf("| %s | FAILED | |\n", name);
            std::fflush(stdout);
        };
        rate("Strata: from the wire into the stack", [&](const kube::ClusterConfig& at, const Load& load) {
            return measure([&](int pipe) { return strataSync(pipe, at, load); });
        });
        if (clientNode)
            rate("@kubernetes/client-node informer", [&](const kube::ClusterConfig& at, const Load& load) {
                const std::string its = written(at, "informer");
                return measure([&](int) { return execute({"node", "-e", informer(its, load)}); });
            });
        if (onPath(clientGo))
            rate("client-go dynamic informer", [&](const kube::ClusterConfig& at, const Load& load) {
                const std::string its = written(at, "goinformer");
                return measure([&](int) { return execute(goInformer(its, load)); });
            });
    }

    std::printf("\n| P7: growth                                    |    CPU s |   wall s |  peak MB | bytes "
                "an object |\n");
    std::printf("|---|---:|---:|---:|---:|\n");
    for (const int factor : {1, 2, 4}) {
        for (const int changes : {0, events}) {
            const Load load{objects / 4 * factor, 0, changes};
            const kube::ClusterConfig at = start(load);
            row((std::to_string(load.pods) + " pods" +
                 (changes > 0 ? " and " + std::to_string(changes) + " events" : ""))
                    .c_str(),
                measure([&](int pipe) { return strataSync(pipe, at, load); }), load.objects());
        }
    }

    for (const pid_t server : servers) {
        kill(server, SIGKILL);
        waitpid(server, nullptr, 0);
    }
    std::filesystem::remove_all(folder);
    return 0;
}
