// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/consoles.h"

#include "app/sitedocuments.h"
#include "core/base/translate.h"
#include "core/console/transports/exec.h"
#include "core/console/transports/guest.h"
#include "core/console/transports/hostconsole.h"
#include "core/console/transports/log.h"
#include "core/console/transports/podport.h"

#include <QCoreApplication>

#include <list>
#include <utility>

namespace strata::app {
namespace {

using Containers = Result<std::vector<console::ContainerInfo>>;

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

    void containers(stack::SourceId source, const std::string& ns, const std::string& pod, QObject* context,
                    std::function<void(Containers)> done)
    {
        const auto answer = onGuiThread<Containers>(context, std::move(done));
        std::shared_ptr<kube::Client> client = site.newClient(source);
        if (!client) {
            answer(tl::unexpected<Error>(away()));
            return;
        }
        const auto ask = asks.emplace(asks.end());
        ask->client = std::move(client);
        // Let go of on this thread, whether or not anybody still waits for the answer.
        const auto forget = onGuiThread<int>(&here, [this, ask](int) { asks.erase(ask); });
        ask->handle = console::listContainers(*ask->client, ns, pod, [answer, forget](Containers result) {
            answer(std::move(result));
            forget(0);
        });
    }

    feeds::Site& site;
    std::list<Ask> asks;
    QObject here;
    std::string program;
};

ConsoleAccess::ConsoleAccess(feeds::Site& site) : m_d(std::make_unique<Private>(site)) {}

ConsoleAccess::~ConsoleAccess() = default;

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
        const std::string program =
            d->program.empty() ? QCoreApplication::applicationFilePath().toStdString() : d->program;
        return console::Screen::start(
            program,
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
                              QObject* context, std::function<void(Containers)> done) {
        d->containers(cluster, ns, pod, context, std::move(done));
    };
    return services;
}

} // namespace strata::app
