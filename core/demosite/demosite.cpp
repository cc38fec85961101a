// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/demosite/api/cluster.h"
#include "core/demosite/api/handler.h"
#include "core/demosite/life/life.h"
#include "core/demosite/net/server.h"
#include "core/demosite/pki/pki.h"
#include "core/demosite/site/write.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace strata::demosite {
namespace {

constexpr unsigned kThreads = 3;

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

class Running : public DemoSite {
public:
    Running(Options options, SitePlan plan)
        : m_options(std::move(options)), m_plan(std::make_shared<SitePlan>(std::move(plan))),
          m_server(kThreads)
    {}
    ~Running() override
    {
        // The controllers stop first (they wake connections), then the connections (they wake controllers).
        if (m_life)
            m_life->stop();
        m_server.reset();
        m_life.reset();
        if (m_ownsDirectory) {
            std::error_code ignored;
            std::filesystem::remove_all(m_directory, ignored);
        }
    }

    Result<void> start()
    {
        if (auto good = makeDirectory(); !good)
            return good;
        for (TenantPlan& tenant : m_plan->tenants) {
            if (auto good = openTenant(tenant); !good)
                return good;
        }
        if (auto good = openOuter(); !good)
            return good;
        for (const auto& [name, xml] : hostDocuments(*m_plan)) {
            if (auto good = writeFile(m_directory + "/" + name, xml); !good)
                return good;
        }
        m_life = std::make_unique<Life>(m_plan, m_outer, m_tenants, m_options.life, m_options.speed);
        // The outer cluster is what everybody asks first.
        m_outer->store();
        // Listeners were open before; they answer from here on.
        for (std::size_t i = 0; i < m_endpoints.size(); ++i) {
            if (auto good = m_server->serve(m_ports[i], std::move(m_endpoints[i])); !good)
                return good;
        }
        m_endpoints.clear();
        m_life->start();
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

    struct Identity {
        std::string ca;
        KeyPair client;
        unsigned short port = 0;
    };
    Result<Identity> open(const std::string& what, Cluster::Settings settings,
                          std::shared_ptr<Cluster>& cluster, bool outer)
    {
        const auto port = m_server->reserve();
        if (!port)
            return tl::unexpected<Error>(port.error());
        const auto authority = Authority::create(what + "-ca");
        if (!authority)
            return tl::unexpected<Error>(authority.error());
        const auto server = authority->serverCertificate(
            "kube-apiserver", {"127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc"});
        const auto client = authority->clientCertificate("kubernetes-admin", {"system:masters"});
        if (!server)
            return tl::unexpected<Error>(server.error());
        if (!client)
            return tl::unexpected<Error>(client.error());
        settings.name = what;
        settings.outer = outer;
        settings.version = outer ? m_plan->version : m_plan->innerVersion;
        settings.token = randomToken();
        settings.tokenKey = randomToken();
        settings.speed = m_options.speed;
        settings.life = m_options.life;
        settings.started = m_plan->now;
        settings.onFilled = [this](Cluster& filled) {
            if (m_life)
                m_life->adopt(filled);
        };
        cluster = std::make_shared<Cluster>(std::move(settings), systemNow);
        m_ports.push_back(*port);
        m_endpoints.push_back({authority->certificatePem(), server->certificatePem, server->keyPem,
                               std::make_shared<ApiHandler>(cluster)});
        return Identity{authority->certificatePem(), *client, *port};
    }

    Result<void> openTenant(TenantPlan& tenant)
    {
        const auto index = static_cast<std::size_t>(&tenant - m_plan->tenants.data());
        Cluster::Settings settings;
        settings.fill = [plan = m_plan, index](Store& store) {
            writeInner(store, *plan, index);
            writeAccess(store, *plan, plan->tenants[index].name, "");
        };
        std::shared_ptr<Cluster> cluster;
        const auto identity = open(tenant.name, std::move(settings), cluster, false);
        if (!identity)
            return tl::unexpected<Error>(identity.error());
        tenant.port = identity->port;
        tenant.caCertificate = identity->ca;
        const std::string user = tenant.name + "-admin";
        tenant.kubeconfig = kubeconfigText(tenant.name, user + "@" + tenant.name, user, "", identity->port,
                                           identity->ca, certificateLogin(identity->client));
        m_tenants.push_back(std::move(cluster));
        return {};
    }

    Result<void> openOuter()
    {
        Cluster::Settings settings;
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
        settings.fill = [plan = m_plan](Store& store) {
            writeOuter(store, *plan);
            writeAccess(store, *plan, plan->name, plan->tenants.empty() ? "" : plan->tenants[0].name);
        };
        const auto identity = open(m_plan->name, std::move(settings), m_outer, true);
        if (!identity)
            return tl::unexpected<Error>(identity.error());
        m_outerPort = identity->port;
        if (auto good =
                writeFile(m_directory + "/kubeconfig",
                          kubeconfigText(m_plan->name, m_plan->name, m_plan->name + "-admin", "",
                                         identity->port, identity->ca, certificateLogin(identity->client)));
            !good)
            return good;
        return writeLogins(*identity);
    }

    // The other people: a tenant with a bearer token, a viewer whose client asks a program for its
    // credentials.
    Result<void> writeLogins(const Identity& identity)
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
            return writeFile(path, kubeconfigText(site, site + "-" + who, site + "-" + who, ns, identity.port,
                                                  identity.ca, login));
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
    std::shared_ptr<SitePlan> m_plan;
    std::shared_ptr<Cluster> m_outer;
    std::vector<std::shared_ptr<Cluster>> m_tenants;
    std::vector<unsigned short> m_ports;
    std::vector<Endpoint> m_endpoints;
    ServerHolder m_server;
    std::unique_ptr<Life> m_life;
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
    auto site = std::make_unique<Running>(options, makePlan(options.size, options.seed, systemNow()));
    if (auto good = site->start(); !good)
        return tl::unexpected<Error>(good.error());
    return std::unique_ptr<DemoSite>(std::move(site));
}

} // namespace strata::demosite
