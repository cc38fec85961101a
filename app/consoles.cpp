// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/consoles.h"

#include "app/sitedocuments.h"
#include "core/base/translate.h"
#include "core/console/transports/bootstrapwatch.h"
#include "core/console/transports/exec.h"
#include "core/console/transports/guest.h"
#include "core/console/transports/hostconsole.h"
#include "core/console/transports/log.h"
#include "core/console/transports/measurement.h"
#include "core/console/transports/nodeshell.h"
#include "core/console/transports/podport.h"
#include "core/console/transports/service.h"
#include "core/console/transports/ssh.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QThreadPool>

#include <list>
#include <set>
#include <utility>

namespace strata::app {
namespace {

Error away()
{
    return Error{ErrorKind::Network, translate("Consoles", "The cluster is not connected."), {}, 0, 0};
}

} // namespace

class ConsoleAccess::Private {
public:
    struct Ask {
        std::shared_ptr<kube::Client> client;
        std::unique_ptr<kube::RequestHandle> handle;
    };

    explicit Private(feeds::Site& s) : site(s) {}

    // What opens something at a cluster, given its client.
    template<typename Open>
    ui::ConsoleServices::Opened with(stack::SourceId source, Open&& open)
    {
        std::shared_ptr<kube::Client> client = site.newClient(source);
        if (!client)
            return tl::unexpected<Error>(away());
        return open(std::move(client));
    }

    // One question to a cluster whose answer comes on the GUI thread. `send` makes the request.
    template<typename Value, typename Send>
    void ask(stack::SourceId source, QObject* context, std::function<void(Result<Value>)> done, Send&& send)
    {
        const auto answer = onGuiThread<Result<Value>>(context, std::move(done));
        std::shared_ptr<kube::Client> client = site.newClient(source);
        if (!client) {
            answer(tl::unexpected<Error>(away()));
            return;
        }
        const auto ask = asks.emplace(asks.end());
        ask->client = std::move(client);
        // Let go of on this thread, whether or not anybody still waits for the answer.
        const auto forget = onGuiThread<int>(&here, [this, ask](int) { asks.erase(ask); });
        ask->handle = send(*ask->client, [answer, forget](Result<Value> result) {
            answer(std::move(result));
            forget(0);
        });
    }

    void savePrometheus() const
    {
        if (!prometheusFile.isEmpty())
            QThreadPool::globalInstance()->start(
                [path = prometheusFile, text = QJsonDocument(prometheus).toJson()] {
                    QSaveFile file(path);
                    if (file.open(QIODevice::WriteOnly) && file.write(text) == text.size())
                        file.commit();
                });
    }

    std::string decoder() const
    {
        return program.empty() ? QCoreApplication::applicationFilePath().toStdString() : program;
    }

    console::SshOptions sshOptions() const
    {
        console::SshOptions options;
        options.knownHosts = knownHosts;
        return options;
    }

    feeds::Site& site;
    std::list<Ask> asks;
    QObject here;
    std::string program;
    std::string knownHosts;
    QString prometheusFile;
    QJsonObject prometheus;            // URL by the cluster's address
    std::set<stack::SourceId> cleared; // of what an earlier run has left
};

ConsoleAccess::ConsoleAccess(feeds::Site& site) : m_d(std::make_unique<Private>(site)) {}

ConsoleAccess::~ConsoleAccess() = default;

void ConsoleAccess::setFolder(const QString& path)
{
    const QDir folder(path);
    m_d->knownHosts = folder.filePath(QStringLiteral("known_hosts")).toStdString();
    m_d->prometheusFile = folder.filePath(QStringLiteral("prometheus.json"));
    QFile file(m_d->prometheusFile);
    if (file.open(QIODevice::ReadOnly) && file.size() < (1 << 20)) // at the start, before the window
        m_d->prometheus = QJsonDocument::fromJson(file.readAll()).object();
}

void ConsoleAccess::removeLeft(stack::SourceId cluster)
{
    if (!m_d->cleared.insert(cluster).second)
        return;
    if (std::shared_ptr<kube::Client> client = m_d->site.newClient(cluster))
        console::removeLeftNodeShells(std::move(client), {});
    else
        m_d->cleared.erase(cluster);
}

void ConsoleAccess::setProgram(std::string path)
{
    m_d->program = std::move(path);
}

ui::ConsoleServices ConsoleAccess::services()
{
    Private* d = m_d.get();
    ui::ConsoleServices services;
    services.exec = [d](stack::SourceId cluster, const console::ExecTarget& target,
                        console::TerminalSize size, ui::ConsoleServices::Handler handler) {
        return d->with(cluster, [&](std::shared_ptr<kube::Client> client) {
            return console::openExec(std::move(client), target, size, std::move(handler));
        });
    };
    services.log = [d](stack::SourceId cluster, const console::LogTarget& target,
                       ui::ConsoleServices::Handler handler) {
        return d->with(cluster, [&](std::shared_ptr<kube::Client> client) {
            return console::openLog(std::move(client), target, std::move(handler));
        });
    };
    services.serial = [d](stack::SourceId cluster, const console::GuestTarget& target,
                          ui::ConsoleServices::Handler handler) {
        return d->with(cluster, [&](std::shared_ptr<kube::Client> client) {
            return console::openSerial(std::move(client), target, std::move(handler));
        });
    };
    services.screen = [d](stack::SourceId cluster, const console::GuestTarget& target, bool takeOver,
                          std::shared_ptr<console::ScreenHandler> handler) {
        return console::Screen::start(
            d->decoder(),
            [&](ui::ConsoleServices::Handler bytes) {
                return d->with(cluster, [&](std::shared_ptr<kube::Client> client) {
                    return console::openScreen(std::move(client), target, takeOver, std::move(bytes));
                });
            },
            std::move(handler));
    };
    services.forward = [d](stack::SourceId cluster, const console::ForwardTarget& target,
                           std::uint16_t localPort,
                           std::function<void()> changed) -> Result<std::unique_ptr<console::Forward>> {
        std::shared_ptr<kube::Client> client = d->site.newClient(cluster);
        if (!client)
            return tl::unexpected<Error>(away());
        return console::Forward::listen(
            localPort,
            [client, target](std::shared_ptr<console::SessionHandler> handler)
                -> Result<std::unique_ptr<console::Session>> {
                if (target.service)
                    return console::openServicePort(client, target.ns, target.name, target.port,
                                                    std::move(handler));
                if (target.guest)
                    return console::openGuestPort(client, {target.ns, target.name}, target.port,
                                                  std::move(handler));
                return console::openPodPort(client, target.ns, target.name, target.port, std::move(handler));
            },
            std::move(changed));
    };
    services.hostSerial = [d](stack::SourceId host, const std::string& uuid, bool takeOver,
                              ui::ConsoleServices::Handler handler) -> ui::ConsoleServices::Opened {
        const std::string uri = d->site.hostUri(host);
        if (uri.empty())
            return tl::unexpected<Error>(
                Error{ErrorKind::Network, translate("Consoles", "The host is not connected."), {}, 0, 0});
        return console::openHostSerial(uri, uuid, takeOver, std::move(handler));
    };
    services.containers = [d](stack::SourceId cluster, const std::string& ns, const std::string& pod,
                              QObject* context,
                              std::function<void(Result<std::vector<console::ContainerInfo>>)> done) {
        d->ask<std::vector<console::ContainerInfo>>(
            cluster, context, std::move(done), [&](kube::Client& client, auto answer) {
                return console::listContainers(client, ns, pod, std::move(answer));
            });
    };
    services.servicePorts = [d](stack::SourceId cluster, const std::string& ns, QObject* context,
                                std::function<void(Result<std::vector<console::ServicePort>>)> done) {
        d->ask<std::vector<console::ServicePort>>(
            cluster, context, std::move(done), [&](kube::Client& client, auto answer) {
                return console::listServicePorts(client, ns, std::move(answer));
            });
    };
    services.machines = [d](stack::SourceId cluster, const std::string& ns, const std::string& tenant,
                            QObject* context, std::function<void(Result<std::vector<std::string>>)> done) {
        d->ask<std::vector<std::string>>(
            cluster, context, std::move(done), [&](kube::Client& client, auto answer) {
                return console::listMachines(client, ns, tenant, std::move(answer));
            });
    };
    services.screenshot = [d](stack::SourceId cluster, const console::GuestTarget& guest, QObject* context,
                              std::function<void(Result<std::string>)> done) {
        d->ask<std::string>(cluster, context, std::move(done), [&](kube::Client& client, auto answer) {
            return console::takeScreenshot(client, guest, std::move(answer));
        });
    };
    services.hostScreen =
        [d](stack::SourceId host, const std::string& uuid,
            std::shared_ptr<console::ScreenHandler> handler) -> Result<std::unique_ptr<console::Screen>> {
        const std::string uri = d->site.hostUri(host);
        if (uri.empty())
            return tl::unexpected<Error>(
                Error{ErrorKind::Network, translate("Consoles", "The host is not connected."), {}, 0, 0});
        return console::Screen::start(
            d->decoder(),
            [&](ui::ConsoleServices::Handler bytes) {
                return console::openHostScreen(uri, uuid, std::move(bytes));
            },
            std::move(handler));
    };
    services.ssh = [d](stack::SourceId cluster, const console::SshTarget& target, console::TerminalSize size,
                       ui::ConsoleServices::Handler handler) {
        return d->with(cluster, [&](std::shared_ptr<kube::Client> client) {
            return console::openSsh(std::move(client), target, d->sshOptions(), size, std::move(handler));
        });
    };
    services.nodeShell = [d](stack::SourceId cluster, const console::NodeShellTarget& target,
                             console::TerminalSize size, ui::ConsoleServices::Handler handler) {
        return d->with(cluster, [&](std::shared_ptr<kube::Client> client) {
            return console::openNodeShell(std::move(client), target, size, std::move(handler));
        });
    };
    services.bootstrap = [d](stack::SourceId cluster, const console::GuestTarget& guest,
                             const std::string& tenant, bool serial,
                             std::function<void(const console::BootstrapState&)> changed)
        -> std::unique_ptr<console::BootstrapWatch> {
        std::shared_ptr<kube::Client> client = d->site.newClient(cluster);
        if (!client)
            return nullptr;
        console::BootstrapOptions options;
        options.knownHosts = d->knownHosts;
        options.keySecret = tenant.empty() ? std::string() : tenant + "-ssh-keys";
        options.serial = serial;
        return console::startBootstrapWatch(std::move(client), guest, std::move(options), std::move(changed));
    };
    services.measure = [d](stack::SourceId source, const console::MeasureTarget& target,
                           const QString& prometheus, std::function<void(console::MeasureReport)> take)
        -> Result<std::unique_ptr<console::Measurement>> {
        console::MeasureOptions options;
        options.prometheus = prometheus.toStdString();
        if (target.kind == console::MeasureTarget::Kind::Host ||
            target.kind == console::MeasureTarget::Kind::Domain) {
            const std::string uri = d->site.hostUri(source);
            if (uri.empty())
                return fail(ErrorKind::Network, translate("Consoles", "The host is not connected."));
            return console::measureByHost(uri, target, std::move(options), std::move(take));
        }
        std::shared_ptr<kube::Client> client = d->site.newClient(source);
        if (!client)
            return tl::unexpected<Error>(away());
        return console::measureInCluster(std::move(client), target, std::move(options), std::move(take));
    };
    services.prometheusUrl = [d](const std::string& address) {
        return d->prometheus.value(QString::fromStdString(address)).toString();
    };
    services.setPrometheusUrl = [d](const std::string& address, const QString& url) {
        const QString key = QString::fromStdString(address);
        if (url.isEmpty())
            d->prometheus.remove(key);
        else
            d->prometheus.insert(key, url);
        d->savePrometheus();
    };
    return services;
}

} // namespace strata::app
