// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"

#include "app/consoles.h"
#include "app/execasker.h"
#include "app/nodeservices.h"
#include "core/demosite/faults.h"
#include "core/libvirt/host.h"

#include <QFileInfo>

#include <thread>

namespace strata::app {
namespace {

// More than a site with a few dozen tenants has; beyond it the pods of those that nobody looks at are
// counted.
constexpr std::size_t kFollowedTenants = 40;

// Starts the demo site away from the GUI thread. Joined at the end, so that nothing outlives the program.
class DemoStarter {
public:
    ~DemoStarter()
    {
        if (m_thread.joinable())
            m_thread.join();
    }

    void start(Connections& connections, const demosite::Options& options, QObject* context,
               std::function<void(Result<void>)> done)
    {
        if (m_running)
            return;
        if (connections.hasDemo()) {
            done({});
            return;
        }
        if (m_thread.joinable())
            m_thread.join();
        m_running = true;
        using Started = std::shared_ptr<Result<std::unique_ptr<demosite::DemoSite>>>;
        const std::function<void(Started)> adopt = [this, &connections, guard = QPointer<QObject>(context),
                                                    done = std::move(done)](const Started& started) {
            m_running = false;
            Result<void> result;
            if (*started)
                result = connections.adoptDemo(std::move(**started));
            else
                result = tl::unexpected(started->error());
            if (guard)
                done(result);
        };
        m_thread = std::thread([options, finish = onGuiThread<Started>(QCoreApplication::instance(), adopt)] {
            finish(std::make_shared<Result<std::unique_ptr<demosite::DemoSite>>>(
                Connections::startDemo(options)));
        });
    }

private:
    std::thread m_thread;
    bool m_running = false;
};

ui::HostServices hostServices()
{
    ui::HostServices services;
    services.domains = [](const std::string& uri, QObject* context,
                          ui::HostServices::Done<std::vector<virt::DomainRow>> done) {
        virt::listDomains(uri, onGuiThread(context, std::move(done)));
    };
    services.domain = [](const std::string& uri, const std::string& domain, QObject* context,
                         ui::HostServices::Done<virt::DomainDetail> done) {
        virt::readDomainDetail(uri, domain, onGuiThread(context, std::move(done)));
    };
    services.checkXml = [](const std::string& uri, const std::string& domain, const std::string& xml,
                           QObject* context, ui::HostServices::Done<void> done) {
        virt::checkDomainXml(uri, domain, xml, onGuiThread(context, std::move(done)));
    };
    services.act = [](const std::string& uri, const virt::DomainRequest& request, QObject* context,
                      ui::HostServices::Done<virt::DomainDone> done) {
        virt::actOnDomain(uri, request, onGuiThread(context, std::move(done)));
    };
    return services;
}

ui::ConnectServices connectServices(Probes& probes, ExecAsker& asker)
{
    ui::ConnectServices services;
    services.usualPaths = ui::usualPaths;
    services.readKubeconfig = ui::readKubeconfig;
    services.checkUri = virt::checkUri;
    services.setExecAsker = [&asker](QObject* context, ui::ConnectServices::AskExec ask) {
        asker.setAsker(context, std::move(ask));
    };
    services.checkCluster = [&probes](const kube::ClusterConfig& config, QObject* context,
                                      ui::ConnectServices::Checked done) {
        probes.cluster(config, onGuiThread(context, std::move(done)));
    };
    services.hostKeys = [](const std::string& uri, QObject* context,
                           std::function<void(Result<virt::HostKeys>)> done) {
        virt::fetchHostKeys(uri, onGuiThread(context, std::move(done)));
    };
    services.trustKeys = [](const std::vector<virt::HostKey>& keys, QObject* context,
                            std::function<void(Result<void>)> done) {
        virt::trustHostKeys(keys, onGuiThread(context, std::move(done)));
    };
    services.testHost = [&probes](const std::string& uri, QObject* context,
                                  ui::ConnectServices::Checked done) {
        probes.host(uri, onGuiThread(context, std::move(done)));
    };
    return services;
}

} // namespace

class Composition::Private {
public:
    Private(ui::Workspace& w, demosite::Options d, provision::RunOptions pace)
        : workspace(w), demoOptions(std::move(d)), runs(runServices(std::move(pace)))
    {}

    ui::RunServices runServices(provision::RunOptions pace)
    {
        ui::RunServices services;
        services.config = [this](stack::SourceId source) { return connections.config(source); };
        // What belongs to the demo site goes with it.
        services.journalFolder = [this](stack::SourceId source) {
            return connections.isDemo(source) ? connections.demoFolder() : std::string();
        };
        services.cniManifest = [this](stack::SourceId source) {
            return connections.isDemo(source) ? connections.demoCni() : std::string();
        };
        services.bundle = [this](stack::SourceId source) {
            return connections.isDemo(source) ? connections.demoBundle() : std::string();
        };
        services.run = std::move(pace);
        return services;
    }

    ui::Workspace& workspace;
    const demosite::Options demoOptions;
    ExecAsker asker;
    Probes probes{asker.plugins()};
    Connections connections{asker.plugins(), kFollowedTenants};
    SiteDocuments documents{connections.site()};
    ConsoleAccess consoles{connections.site()};
    ui::StackStore store;
    DemoStarter demo;
    ui::ClusterRuns runs; // before the sites they run on
};

namespace {

ui::DemoServices demoServices(Connections& connections)
{
    const auto entry = [](const std::string& name, const std::string& group, const std::string& text) {
        return ui::DemoServices::Entry{QString::fromStdString(name), QString::fromStdString(group),
                                       QString::fromStdString(text)};
    };
    Connections* const c = &connections;
    ui::DemoServices services;
    services.running = [c] { return c->hasDemo(); };
    services.faults = [entry] {
        QList<ui::DemoServices::Entry> all;
        for (const demosite::Fault& fault : demosite::faultCatalogue())
            all << entry(fault.name, fault.layer, fault.text);
        return all;
    };
    services.scenarios = [entry] {
        QList<ui::DemoServices::Entry> all;
        for (const demosite::Scenario& scenario : demosite::scenarioCatalogue())
            all << entry(scenario.name, {}, scenario.text);
        return all;
    };
    services.fault = [c](const QString& name) { return c->demo() && c->demo()->fault(name.toStdString()); };
    services.setFault = [c](const QString& name, bool on) {
        if (c->demo())
            (void)c->demo()->setFault(name.toStdString(), on);
    };
    services.play = [c](const QString& name) {
        if (c->demo())
            (void)c->demo()->play(name.toStdString());
    };
    services.speed = [c] { return c->demo() ? c->demo()->speed() : 1.0; };
    services.setSpeed = [c](double speed) {
        if (c->demo())
            c->demo()->setSpeed(speed);
    };
    services.paused = [c] { return c->demo() && c->demo()->paused(); };
    services.setPaused = [c](bool paused) {
        if (c->demo())
            c->demo()->setPaused(paused);
    };
    services.step = [c](double seconds) {
        if (c->demo())
            c->demo()->step(seconds);
    };
    return services;
}

} // namespace

Composition::Composition(ui::Workspace& workspace, demosite::Options demo, provision::RunOptions pace)
    : m_d(std::make_unique<Private>(workspace, std::move(demo), std::move(pace)))
{
    Private* d = m_d.get();
    d->runs.network().setExecPlugins(d->asker.plugins());
    d->store.setTaker([d] { return d->connections.site().take(); });
    d->connections.site().setWakeup([d] { d->store.wake(); });
    d->consoles.setFolder(QFileInfo(workspace.path()).path()); // beside what else is remembered
    QObject::connect(&d->store, &ui::StackStore::changed, &d->store, [d](const stack::StackDelta& delta) {
        for (const stack::SourceId id : delta.sources) {
            const stack::SourceState* source = d->store.stack().source(id);
            if (source != nullptr && source->kind != stack::SourceKind::Host && source->synced)
                d->consoles.removeLeft(id);
        }
    });
}

Composition::~Composition()
{
    m_d->connections.site().setWakeup({});
}

Connections& Composition::connections()
{
    return m_d->connections;
}

feeds::Site& Composition::site()
{
    return m_d->connections.site();
}

ui::StackStore& Composition::store()
{
    return m_d->store;
}

ConsoleAccess& Composition::consoles()
{
    return m_d->consoles;
}

ui::ClusterRuns& Composition::runs()
{
    return m_d->runs;
}

ui::ShellServices Composition::services()
{
    Private* d = m_d.get();
    feeds::Site& site = d->connections.site();
    ui::ShellServices services;
    services.store = &d->store;
    services.documents = &d->documents;
    services.workspace = &d->workspace;
    services.connect = connectServices(d->probes, d->asker);
    services.runs = &d->runs;
    services.connectCluster = [d, &site](const kube::ClusterConfig& config, const QString& name) {
        const stack::SourceId source = site.addCluster(config, name.toStdString());
        d->connections.remember(source, config);
        return source;
    };
    services.connectHost = [&site](const QString& uri, const QString& name) {
        return site.addHost(uri.toStdString(), name.toStdString());
    };
    services.removeSource = [d, &site](stack::SourceId source) {
        d->connections.forget(source);
        site.remove(source);
    };
    services.retry = [&site](stack::SourceId source) { site.retryNow(source); };
    services.openDemo = [d](QObject* context, std::function<void(Result<void>)> done) {
        d->demo.start(d->connections, d->demoOptions, context, std::move(done));
    };
    services.demo = demoServices(d->connections);
    services.connect.inventory = [](const std::string& uri, QObject* context,
                                    std::function<void(Result<virt::Inventory>)> done) {
        virt::takeInventory(uri, onGuiThread<Result<virt::Inventory>>(context, std::move(done)));
    };
    services.hosts = hostServices();
    addNodeServices(services.hosts, site, d->runs.network());
    services.consoles = d->consoles.services();
    services.kubeconfigOf = [d](stack::SourceId source) {
        const bool demo = d->connections.isDemo(source) && d->connections.demo() != nullptr;
        return demo ? std::pair(QString::fromStdString(d->connections.demo()->kubeconfigPath()), QString())
                    : std::pair<QString, QString>();
    };
    services.clientOf = [&site](stack::SourceId source) { return site.newClient(source); };
    services.events = [&site] { return site.traffic().events; };
    services.access = [&site](stack::SourceId inner, bool served, QObject* context,
                              std::function<void(Result<Secret>)> done) {
        site.innerAccess(inner, served, onGuiThread<Result<Secret>>(context, std::move(done)));
    };
    services.look = [&site](std::vector<stack::SourceId> at) { site.look(std::move(at)); };
    services.traffic = [&site](QObject* context, std::function<void(std::vector<ui::TrafficRow>)> done) {
        site.clientTraffic([answer = onGuiThread(context, std::move(done))](
                               const std::vector<feeds::Site::ClientTraffic>& all) {
            std::vector<ui::TrafficRow> rows;
            for (const feeds::Site::ClientTraffic& one : all)
                rows.push_back({one.source, one.numbers});
            answer(std::move(rows));
        });
    };
    return services;
}

} // namespace strata::app
