// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/demosite/api/cluster.h"
#include "core/demosite/api/handler.h"
#include "core/demosite/api/uploadproxy.h"
#include "core/demosite/controllers/controllers.h"
#include "core/demosite/controllers/faults.h"
#include "core/demosite/net/server.h"
#include "core/demosite/pki/pki.h"
#include "core/demosite/site/clusterinfo.h"
#include "core/demosite/site/write.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace strata::demosite {
namespace {

constexpr unsigned kThreads = 3;
constexpr double kFaultAge = 150;                       // seconds
constexpr auto kLongestStart = std::chrono::minutes(5); // of what has passed before
// Seconds between two things that happen by themselves.
constexpr double kTenantChurn = 25;
constexpr double kLargeChurn = 10;
constexpr double kHugeChurn = 5;

std::string randomToken()
{
    unsigned char bytes[24];
    RAND_bytes(bytes, sizeof bytes);
    static constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (const unsigned char byte : bytes) {
        out += hex[byte >> 4U];
        out += hex[byte & 15U];
    }
    return out;
}

// Created anew with mode 0600: an existing file or link of that name is not followed.
Result<void> writeFile(const std::string& path, const std::string& text)
{
    ::unlink(path.c_str());
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = file >= 0;
    std::size_t done = 0;
    while (good && done < text.size()) {
        const ssize_t count = ::write(file, text.data() + done, text.size() - done);
        good = count > 0;
        done += good ? static_cast<std::size_t>(count) : 0;
    }
    const int error = errno;
    if (file >= 0)
        good = ::close(file) == 0 && good;
    if (!good)
        return fail(ErrorKind::Io, arguments(translate("DemoSite", "The demo site cannot write %1."), {path}),
                    std::strerror(error));
    return {};
}

std::string certificateLogin(const KeyPair& client)
{
    return "\n    client-certificate-data: " + base64Encode(client.certificatePem) +
           "\n    client-key-data: " + base64Encode(client.keyPem);
}

// `login` is what stands under "user:"; `ns` may be empty.
std::string kubeconfigText(const std::string& cluster, const std::string& context, const std::string& user,
                           const std::string& ns, unsigned short port, const std::string& ca,
                           const std::string& login)
{
    return "apiVersion: v1\nkind: Config\nclusters:\n- name: " + cluster +
           "\n  cluster:\n    server: https://127.0.0.1:" + std::to_string(port) +
           "\n    certificate-authority-data: " + base64Encode(ca) + "\ncontexts:\n- name: " + context +
           "\n  context:\n    cluster: " + cluster + "\n    user: " + user +
           (ns.empty() ? "" : "\n    namespace: " + ns) + "\ncurrent-context: " + context +
           "\nusers:\n- name: " + user + "\n  user:" + login + "\npreferences: {}\n";
}

// A tenant's API server as its clients see it; a control plane that is down refuses to serve.
class Gate : public HttpHandler {
public:
    explicit Gate(std::shared_ptr<HttpHandler> behind) : m_behind(std::move(behind)) {}
    HttpAnswer handle(const HttpRequest& request) override
    {
        if (m_open)
            return m_behind->handle(request);
        HttpAnswer answer;
        answer.status = 503;
        answer.contentType = "text/plain; charset=utf-8";
        answer.body = "apiserver not ready";
        answer.retryAfterSeconds = 1;
        return answer;
    }
    Identity identify(std::string_view bearerToken) override { return m_behind->identify(bearerToken); }
    void open(bool on) { m_open = on; }

private:
    std::shared_ptr<HttpHandler> m_behind;
    std::atomic<bool> m_open = true;
};

class Running : public DemoSite, private Tenants {
public:
    // `age`: seconds of the site's time that pass before anybody can look, and that its plan was made for.
    Running(Options options, SitePlan plan, double age)
        : m_options(std::move(options)), m_age(age), m_plan(std::make_shared<SitePlan>(std::move(plan))),
          m_server(kThreads), m_clock(m_options.speed), m_manager(m_clock)
    {}
    ~Running() override
    {
        // The controllers stop first (they wake connections), then the connections (they wake controllers).
        m_manager.stop();
        m_server.reset();
        if (m_ownsDirectory) {
            std::error_code ignored;
            std::filesystem::remove_all(m_directory, ignored);
        }
    }

    Result<void> start()
    {
        if (auto good = makeDirectory(); !good)
            return good;
        m_clock.setPaused(m_options.paused);
        if (m_options.paused) // from a round number on, so that delays add up to the same sums each time
            m_clock.advanceTo(1);
        m_zero = m_clock.now();
        if (auto good = openTenants(); !good)
            return good;
        if (auto good = openOuter(); !good)
            return good;
        for (const auto& [name, xml] : hostDocuments(*m_plan)) {
            if (auto good = writeFile(m_directory + "/" + name, xml); !good)
                return good;
        }
        // The outer cluster is what everybody asks first.
        m_site = std::make_unique<Site>(m_outer->store(), m_clock, m_manager, static_cast<Tenants&>(*this));
        m_site->sign = [this](const Store& store, const std::string& request, const std::string& usage,
                              long seconds) { return sign(store, request, usage, seconds); };
        equipOuter(*m_site, m_options.life);
        if (m_options.life) {
            if (m_options.size != Size::Small)
                addChurn(*m_site, m_outer->store(), m_options.size == Size::Huge ? kHugeChurn : kLargeChurn);
            for (const VmPlan& vm : m_plan->vms) {
                if (vm.state == VmState::Booting)
                    resumeGuest(*m_site, {m_plan->tenants[vm.tenant].name, vm.name}, 90);
            }
        }
        if (auto good = openUploads(); !good)
            return good;
        // Listeners were open before; they answer from here on.
        for (std::size_t i = 0; i < m_endpoints.size(); ++i) {
            if (auto good = m_server->serve(m_ports[i], std::move(m_endpoints[i])); !good)
                return good;
        }
        m_endpoints.clear();
        m_faults = std::make_unique<Faults>(*m_site, [this](const std::string& name, bool on) {
            const std::lock_guard lock(m_faultMutex);
            if (on)
                m_faultNames.insert(name);
            else
                m_faultNames.erase(name);
        });
        m_manager.start();
        // Whatever is staged meets a site at rest: else it would be a matter of luck what comes first.
        if (!m_options.faults.empty() || !m_options.scenario.empty())
            m_manager.waitIdle(kLongestStart);
        for (const std::string& name : m_options.faults) {
            if (auto good = setFault(name, true); !good)
                return good;
        }
        if (!m_options.scenario.empty()) {
            if (auto good = play(m_options.scenario); !good)
                return good;
        }
        if (m_age > 0) {
            m_manager.step(m_age - passed());
            m_manager.waitIdle(kLongestStart);
        }
        return {};
    }

    std::string name() const override { return m_plan->name; }
    std::string directory() const override { return m_directory; }
    std::string kubeconfigPath() const override { return m_directory + "/kubeconfig"; }
    std::string outerServer() const override { return "https://127.0.0.1:" + std::to_string(m_outerPort); }
    std::vector<Login> logins() const override { return m_logins; }
    std::vector<HostEntry> hosts() const override
    {
        std::vector<HostEntry> out;
        for (const HostPlan& host : m_plan->hosts)
            out.push_back({host.name, "test://" + m_directory + "/" + host.name + ".xml"});
        return out;
    }

    double speed() const override { return m_clock.speed(); }
    void setSpeed(double speed) override
    {
        m_clock.setSpeed(speed);
        m_manager.clockChanged();
    }
    bool paused() const override { return m_clock.paused(); }
    void setPaused(bool paused) override
    {
        m_clock.setPaused(paused);
        m_manager.clockChanged();
    }
    void step(double seconds) override { m_manager.step(seconds); }
    bool settle(std::chrono::milliseconds longest) override { return m_manager.waitIdle(longest); }
    std::size_t objectCount() const override
    {
        const std::lock_guard lock(m_filledMutex);
        std::size_t sum = m_outer->loaded().count();
        for (const auto& cluster : m_filled)
            sum += cluster->loaded().count();
        return sum;
    }

    Result<void> setFault(const std::string& name, bool on) override
    {
        if (findFault(name) == nullptr)
            return fail(ErrorKind::Config,
                        arguments(translate("DemoSite", "The demo site has no fault “%1”."), {name}));
        {
            const std::lock_guard lock(m_faultMutex);
            if (on)
                m_faultNames.insert(name);
            else
                m_faultNames.erase(name);
        }
        if (m_options.life)
            m_manager.post([this, name, on] { m_faults->set(name, on); });
        return {};
    }
    bool fault(const std::string& name) const override
    {
        const std::lock_guard lock(m_faultMutex);
        return m_faultNames.count(name) != 0;
    }
    Result<void> play(const std::string& scenario) override
    {
        for (const Scenario& each : scenarioCatalogue()) {
            if (each.name != scenario)
                continue;
            if (m_options.life)
                m_manager.post([this, each] { m_faults->play(each); });
            return {};
        }
        return fail(ErrorKind::Config,
                    arguments(translate("DemoSite", "The demo site has no scenario “%1”."), {scenario}));
    }

private:
    Result<void> makeDirectory()
    {
        std::error_code error;
        if (m_options.directory.empty()) {
            const std::filesystem::path base = std::filesystem::temp_directory_path(error);
            std::string path = (base / "strata-demo-XXXXXX").string();
            if (error || ::mkdtemp(path.data()) == nullptr)
                return fail(ErrorKind::Io,
                            translate("DemoSite", "The demo site cannot make its temporary folder."),
                            std::strerror(errno));
            m_directory = path;
            m_ownsDirectory = true;
        } else {
            m_directory = std::filesystem::absolute(m_options.directory, error).string();
            if (!std::filesystem::exists(m_directory, error))
                std::filesystem::create_directories(m_directory, error);
            if (error || ::chmod(m_directory.c_str(), 0700) != 0)
                return fail(ErrorKind::Io,
                            arguments(translate("DemoSite", "The demo site cannot use the folder %1."),
                                      {m_directory}),
                            error ? error.message() : std::strerror(errno));
        }
        return {};
    }

    // The address and the certificates of an API server; what answers there comes later. Any thread.
    struct Opened {
        Endpoint endpoint; // without its handler
        Authority authority;
        KeyPair client;
        unsigned short port = 0;
    };
    Result<Opened> open(const std::string& what)
    {
        const auto port = m_server->reserve();
        if (!port)
            return tl::unexpected<Error>(port.error());
        auto authority = Authority::create(what + "-ca");
        if (!authority)
            return tl::unexpected<Error>(authority.error());
        auto client = authority->clientCertificate("kubernetes-admin", {"system:masters"});
        if (!client)
            return tl::unexpected<Error>(client.error());
        Endpoint endpoint{authority->certificatePem(), issuer(*authority, false), {}};
        return Opened{std::move(endpoint), std::move(*authority), std::move(*client), *port};
    }

    static std::function<Result<ServerKey>()> issuer(const Authority& authority, bool expired)
    {
        return [authority, expired]() -> Result<ServerKey> {
            auto made = authority.serverCertificate(
                "kube-apiserver", {"127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc"},
                expired);
            if (!made)
                return tl::unexpected<Error>(made.error());
            return ServerKey{std::move(made->certificatePem), std::move(made->keyPem)};
        };
    }

    std::shared_ptr<Cluster> makeCluster(const std::string& what, Cluster::Settings settings, bool outer)
    {
        settings.name = what;
        settings.outer = outer;
        settings.token = randomToken();
        settings.tokenKey = randomToken();
        settings.speed = m_options.speed;
        settings.life = m_options.life;
        settings.started = m_plan->now;
        settings.seed = m_plan->seedFor("cluster/" + what);
        if (!outer)
            settings.onFilled = [this](Cluster& filled) {
                {
                    const std::lock_guard lock(m_filledMutex);
                    m_filled.push_back(filled.shared_from_this());
                }
                m_manager.post([this, &filled] { adopt(filled); });
            };
        return std::make_shared<Cluster>(std::move(settings), clock());
    }

    double passed() const { return m_clock.now() - m_zero; } // seconds of the site's time

    // Wall time; but what happens before anybody can look happened as long ago as it says, and that long
    // after the site's beginning each time.
    Clock clock() const
    {
        return [this] {
            const double now = passed();
            return now < m_age ? m_plan->now + static_cast<UnixMs>(now * 1000) : systemNow();
        };
    }

    struct Tenant;

    // Keys take most of the time of a big site's start, so all processors make them.
    Result<void> openTenants()
    {
        const std::size_t count = m_plan->tenants.size();
        std::vector<std::optional<Result<Tenant>>> made(count);
        std::atomic<std::size_t> next{0};
        const auto work = [&] {
            for (std::size_t i = next++; i < count; i = next++) {
                const std::string& name = m_plan->tenants[i].name;
                made[i].emplace(make({name, name}));
            }
        };
        std::vector<std::thread> threads;
        const std::size_t helpers =
            count < 50 ? 0 : std::min<std::size_t>(7, std::max(1U, std::thread::hardware_concurrency()) - 1);
        for (std::size_t i = 0; i < helpers; ++i)
            threads.emplace_back(work);
        work();
        for (std::thread& thread : threads)
            thread.join();
        for (std::size_t i = 0; i < count; ++i) {
            if (auto good = openTenant(m_plan->tenants[i], std::move(*made[i])); !good)
                return good;
        }
        return {};
    }

    Result<void> openTenant(TenantPlan& tenant, Result<Tenant> made)
    {
        const auto index = static_cast<std::size_t>(&tenant - m_plan->tenants.data());
        const Key key{tenant.name, tenant.name};
        if (!made)
            return tl::unexpected<Error>(made.error());
        tenant.port = made->access.port;
        tenant.caCertificate = made->access.caCertificate;
        tenant.kubeconfig = made->access.kubeconfig;
        Cluster::Settings settings;
        settings.version = m_plan->innerVersion;
        settings.fill = [plan = m_plan, index](Store& store) {
            writeInner(store, *plan, index);
            writeAccess(store, *plan, plan->tenants[index].name, "");
        };
        Tenant& kept = m_tenants[key];
        kept = std::move(*made);
        furnish(key, kept, std::move(settings));
        m_ports.push_back(kept.access.port);
        m_endpoints.push_back(std::move(kept.endpoint));
        return {};
    }

    Result<void> openOuter()
    {
        auto opened = open(m_plan->name);
        if (!opened)
            return tl::unexpected<Error>(opened.error());
        Cluster::Settings settings;
        settings.version = m_plan->version;
        m_tenantToken = randomToken();
        m_viewerToken = randomToken();
        const auto person = [](const std::string& name, const std::string& group) {
            strata::demosite::Identity identity;
            identity.known = true;
            identity.user = name;
            identity.groups = {group};
            return identity;
        };
        if (!m_plan->tenants.empty())
            settings.users.emplace_back(m_tenantToken, person(m_plan->tenants[0].name + "-owner",
                                                              "strata:tenant-" + m_plan->tenants[0].name));
        settings.users.emplace_back(m_viewerToken, person("viewer", "strata:viewers"));
        m_plan->caCertificate = opened->endpoint.caPem;
        settings.fill = [plan = m_plan, port = opened->port, ca = opened->endpoint.caPem](Store& store) {
            writeOuter(store, *plan);
            writeClusterInfo(store, *plan, port, ca);
            writeAccess(store, *plan, plan->name, plan->tenants.empty() ? "" : plan->tenants[0].name);
        };
        m_outer = makeCluster(m_plan->name, std::move(settings), true);
        opened->endpoint.handler = std::make_shared<ApiHandler>(m_outer);
        m_outerPort = opened->port;
        m_outerAuthority = opened->authority;
        m_ports.push_back(opened->port);
        m_endpoints.push_back(opened->endpoint);
        if (auto good = writeFile(m_directory + "/kubeconfig",
                                  kubeconfigText(m_plan->name, m_plan->name, m_plan->name + "-admin", "",
                                                 opened->port, opened->endpoint.caPem,
                                                 certificateLogin(opened->client)));
            !good)
            return good;
        return writeLogins(*opened);
    }

    std::string sign(const Store& store, const std::string& request, const std::string& usage,
                     long seconds) const
    {
        const auto key = m_keyOfStore.find(&store);
        const auto tenant = key == m_keyOfStore.end() ? m_tenants.end() : m_tenants.find(key->second);
        const Authority& authority = tenant == m_tenants.end() ? m_outerAuthority : tenant->second.authority;
        const auto made = authority.sign(request, usage, seconds);
        return made ? *made : std::string();
    }

    // CDI's upload proxy, with an authority of its own.
    Result<void> openUploads()
    {
        const auto port = m_server->reserve();
        if (!port)
            return tl::unexpected<Error>(port.error());
        auto authority = Authority::create("cdi-uploadproxy-signer");
        if (!authority)
            return tl::unexpected<Error>(authority.error());
        writeUploadProxy(m_outer->store(), *port, authority->certificatePem(),
                         m_plan->uid("service/cdi-uploadproxy"),
                         m_plan->uid("configmap/cdi-uploadproxy-signer-bundle"), formatRfc3339(m_plan->now));
        Endpoint endpoint{authority->certificatePem(),
                          [signer = *authority]() -> Result<ServerKey> {
                              auto made = signer.serverCertificate(
                                  "cdi-uploadproxy", {"cdi-uploadproxy", "cdi-uploadproxy.cdi",
                                                      "cdi-uploadproxy.cdi.svc", "127.0.0.1", "localhost"});
                              if (!made)
                                  return tl::unexpected<Error>(made.error());
                              return ServerKey{std::move(made->certificatePem), std::move(made->keyPem)};
                          },
                          std::make_shared<UploadProxy>(m_outer)};
        m_ports.push_back(*port);
        m_endpoints.push_back(std::move(endpoint));
        return {};
    }

    // The other people: a tenant with a bearer token, a viewer whose client asks a program for its
    // credentials.
    Result<void> writeLogins(const Opened& opened)
    {
        const std::string& site = m_plan->name;
        const std::string tenant = m_plan->tenants.empty() ? std::string() : m_plan->tenants[0].name;
        const std::string script = m_directory + "/login";
        if (auto good = writeFile(
                script,
                "#!/bin/sh\n"
                "# Prints the viewer's credentials as a kubeconfig's exec plugin does.\n"
                "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
                "\"status\":{\"token\":\"" +
                    m_viewerToken + "\"}}'\n");
            !good)
            return good;
        const auto config = [&](const char* who, const std::string& ns, const std::string& login) {
            const std::string path = m_directory + "/kubeconfig-" + who;
            m_logins.push_back({who, path});
            return writeFile(path, kubeconfigText(site, site + "-" + who, site + "-" + who, ns, opened.port,
                                                  opened.endpoint.caPem, login));
        };
        if (!tenant.empty()) {
            if (auto good = config("tenant", tenant, "\n    token: " + m_tenantToken); !good)
                return good;
        }
        return config("viewer", "",
                      "\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: /bin/sh"
                      "\n      args: [\"" +
                          script + "\"]\n      interactiveMode: Never");
    }

    // One tenant's API server. All of it belongs to the controllers' thread once that runs.
    struct Tenant {
        Access access;
        Authority authority;
        Endpoint endpoint;                // until it is served
        std::shared_ptr<Cluster> cluster; // null until then
        std::shared_ptr<Gate> gate;
        bool equipped = false;
        bool answers = true;
        bool trusted = true; // its serving certificate is valid
    };

    Result<Tenant> make(const Key& key)
    {
        auto opened = open(key.name);
        if (!opened)
            return tl::unexpected<Error>(opened.error());
        const std::string user = key.name + "-admin";
        Tenant tenant;
        tenant.access = {opened->port, opened->endpoint.caPem,
                         kubeconfigText(key.name, user + "@" + key.name, user, "", opened->port,
                                        opened->endpoint.caPem, certificateLogin(opened->client))};
        tenant.endpoint = std::move(opened->endpoint);
        tenant.authority = std::move(opened->authority);
        return tenant;
    }

    void furnish(const Key& key, Tenant& tenant, Cluster::Settings settings)
    {
        tenant.cluster = makeCluster(key.name, std::move(settings), false);
        tenant.gate = std::make_shared<Gate>(std::make_shared<ApiHandler>(tenant.cluster));
        tenant.endpoint.handler = tenant.gate;
        m_keyOf[tenant.cluster.get()] = key;
    }

    void adopt(Cluster& cluster)
    {
        const auto key = m_keyOf.find(&cluster);
        if (key == m_keyOf.end())
            return; // closed in the meantime
        Tenant& tenant = m_tenants[key->second];
        if (tenant.equipped)
            return;
        tenant.equipped = true;
        m_keyOfStore[&cluster.store()] = key->second;
        equipTenant(*m_site, cluster, m_options.life);
        if (m_options.life && m_plan->tenants.size() > 0)
            addChurn(*m_site, cluster.store(), kTenantChurn);
    }

    // Tenants
    const Access* reserve(const Key& key) override
    {
        const auto found = m_tenants.find(key);
        if (found != m_tenants.end())
            return &found->second.access;
        auto made = make(key);
        if (!made)
            return nullptr;
        Tenant& kept = m_tenants[key];
        kept = std::move(*made);
        return &kept.access;
    }
    void serve(const Key& key, const std::string& version) override
    {
        if (reserve(key) == nullptr)
            return;
        Tenant& tenant = m_tenants[key];
        if (tenant.cluster)
            return;
        Cluster::Settings settings;
        settings.version = version;
        settings.fill = [plan = m_plan, name = key.name](Store& store) {
            writeAccess(store, *plan, name, "");
        };
        furnish(key, tenant, std::move(settings));
        (void)m_server->serve(tenant.access.port, std::move(tenant.endpoint));
        adopt(*tenant.cluster);
    }
    void answer(const Key& key, bool answers) override
    {
        const auto found = m_tenants.find(key);
        if (found == m_tenants.end() || !found->second.gate)
            return;
        found->second.gate->open(found->second.answers = answers);
        if (!answers) // what ran there is gone with its connections
            m_server->cut(found->second.access.port);
    }
    void expire(const Key& key, bool expired) override
    {
        const auto found = m_tenants.find(key);
        if (found == m_tenants.end() || !found->second.gate)
            return;
        found->second.trusted = !expired;
        m_server->renew(found->second.access.port, issuer(found->second.authority, expired));
    }
    void close(const Key& key) override
    {
        const auto found = m_tenants.find(key);
        if (found == m_tenants.end())
            return;
        if (found->second.cluster) {
            found->second.gate->open(false);
            m_server->cut(found->second.access.port);
            Store& store = found->second.cluster->store();
            m_manager.drop(store);
            m_keyOfStore.erase(&store);
            m_keyOf.erase(found->second.cluster.get());
            const std::lock_guard lock(m_filledMutex);
            m_filled.erase(std::remove(m_filled.begin(), m_filled.end(), found->second.cluster),
                           m_filled.end());
        }
        m_closed.push_back(std::move(found->second)); // connections may still be reading it
        m_tenants.erase(found);
    }
    Cluster* find(const Key& key) override
    {
        const auto found = m_tenants.find(key);
        if (found == m_tenants.end() || !found->second.cluster)
            return nullptr;
        (void)found->second.cluster->store();
        adopt(*found->second.cluster);
        return found->second.answers && found->second.trusted ? found->second.cluster.get() : nullptr;
    }
    const Key* of(const Store& store) override
    {
        const auto found = m_keyOfStore.find(&store);
        return found == m_keyOfStore.end() ? nullptr : &found->second;
    }

    // Ends what it holds by reset(), so that the destructor can order it.
    class ServerHolder {
    public:
        explicit ServerHolder(unsigned threads) : m_server(std::make_unique<Server>(threads)) {}
        Server* operator->() { return m_server.get(); }
        void reset() { m_server.reset(); }

    private:
        std::unique_ptr<Server> m_server;
    };

    Options m_options;
    double m_age;
    double m_zero = 0; // what the clock showed at the start
    std::shared_ptr<SitePlan> m_plan;
    std::shared_ptr<Cluster> m_outer;
    Authority m_outerAuthority;
    std::map<Key, Tenant> m_tenants;
    std::map<const Cluster*, Key> m_keyOf;
    std::map<const Store*, Key> m_keyOfStore;
    std::vector<Tenant> m_closed;
    mutable std::mutex m_filledMutex;
    std::vector<std::shared_ptr<Cluster>> m_filled; // tenants whose objects are there
    std::vector<unsigned short> m_ports;
    std::vector<Endpoint> m_endpoints;
    ServerHolder m_server;
    std::unique_ptr<Site> m_site;
    std::unique_ptr<Faults> m_faults;
    mutable std::mutex m_faultMutex;
    std::set<std::string> m_faultNames; // staged or about to be
    SiteClock m_clock;
    Manager m_manager; // goes before the stores its watches are on
    std::string m_directory;
    std::vector<Login> m_logins;
    std::string m_tenantToken;
    std::string m_viewerToken;
    unsigned short m_outerPort = 0;
    bool m_ownsDirectory = false;
};

} // namespace

Result<std::unique_ptr<DemoSite>> DemoSite::start(const Options& options)
{
    // Faults have been there for a while: what follows from them can be seen from the start.
    const double age = options.step + (options.life && !options.faults.empty() ? kFaultAge : 0);
    // From a whole second on: times are told in seconds, and two that follow each other in one run must not
    // be one in the next.
    const UnixMs start = systemNow() / 1000 * 1000 - static_cast<UnixMs>(age * 1000);
    SitePlan plan = makePlan(options.size, options.seed, start);
    if (options.bare)
        makeBare(plan);
    auto site = std::make_unique<Running>(options, std::move(plan), age);
    if (auto good = site->start(); !good)
        return tl::unexpected<Error>(good.error());
    return std::unique_ptr<DemoSite>(std::move(site));
}

} // namespace strata::demosite
