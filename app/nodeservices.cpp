// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/nodeservices.h"

#include "app/sitedocuments.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/api.h"
#include "core/provision/journal.h"
#include "core/provision/tenantaccess.h"

#include <QThreadPool>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace strata::app {
namespace {

std::string tr(const char* text)
{
    return translate("NodeServices", text);
}

// Requests that are kept until the last one is answered.
struct Asking {
    std::shared_ptr<kube::Client> client;
    std::vector<std::unique_ptr<kube::RequestHandle>> handles;
    hosts::JoinPlace place;

    static void end(const std::shared_ptr<Asking>& asking)
    {
        // Not in the callback that one of them is in.
        asking->client->network().post([asking] { asking->handles.clear(); });
    }
};

void send(const std::shared_ptr<Asking>& asking, kube::Request request,
          std::function<void(Result<kube::Response>)> done)
{
    asking->client->network().post([asking, request = std::move(request), done = std::move(done)] {
        asking->handles.push_back(asking->client->send(request, done));
    });
}

std::string versionOf(const std::string& body)
{
    const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
    const auto found = json.is_object() ? json.find("gitVersion") : json.end();
    const std::string text = json.is_object() && found != json.end() && found->is_string()
                                 ? found->get<std::string>()
                                 : std::string();
    return cleanText(text.substr(0, text.find_first_of("+-")));
}

Result<std::string> keep(const std::string& name, const Secret& kubeconfig)
{
    const auto plans = provision::journalFolder(); // "…/strata/plans"
    if (!plans)
        return tl::unexpected<Error>(plans.error());
    const std::string folder = plans->substr(0, plans->rfind('/')) + "/kubeconfigs";
    if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
        return fail(ErrorKind::Io, tr("The folder of kubeconfigs could not be made."), std::strerror(errno));
    const std::string path = folder + "/" + name + ".kubeconfig";
    if (const Result<void> saved = provision::saveSecretFile(path, kubeconfig); !saved)
        return tl::unexpected<Error>(saved.error());
    return path;
}

} // namespace

void addNodeServices(ui::HostServices& services, feeds::Site& site, kube::Network& network)
{
    using ui::HostServices;
    services.joinPlace = [&site](stack::SourceId cluster, QObject* context,
                                 HostServices::Done<HostServices::JoinFacts> done) {
        const auto answer = onGuiThread(context, std::move(done));
        const auto asking = std::make_shared<Asking>();
        asking->client = site.newClient(cluster);
        if (!asking->client) {
            answer(fail(ErrorKind::NotFound, tr("The cluster is not connected.")));
            return;
        }
        kube::Request info;
        info.path = hosts::clusterInfoPath();
        send(asking, std::move(info), [asking, answer](const Result<kube::Response>& got) {
            if (!got && got.error().kind == ErrorKind::NotFound) {
                answer(fail(
                    ErrorKind::NotFound,
                    tr("This cluster has no ConfigMap kube-public/cluster-info, without which kubeadm joins "
                       "nothing: it was not made by kubeadm.")));
                Asking::end(asking);
                return;
            }
            const Result<hosts::JoinPlace> place =
                got ? hosts::joinPlaceOf(got->body) : tl::unexpected<Error>(got.error());
            if (!place) {
                answer(tl::unexpected<Error>(place.error()));
                Asking::end(asking);
                return;
            }
            asking->place = *place;
            kube::Request version;
            version.path = "/version";
            send(asking, std::move(version), [asking, answer](const Result<kube::Response>& told) {
                if (told)
                    answer(HostServices::JoinFacts{asking->place, versionOf(told->body)});
                else
                    answer(tl::unexpected<Error>(told.error()));
                Asking::end(asking);
            });
        });
    };
    services.clusterHosts = [&site](stack::SourceId cluster, QObject* context,
                                    std::function<void(HostServices::ClusterAnswers)> done) {
        const auto answer = onGuiThread(context, std::move(done));
        const auto asking = std::make_shared<Asking>();
        asking->client = site.newClient(cluster);
        if (!asking->client)
            return;
        // One after the other; a kind that is not served, or not allowed, is an empty answer.
        const auto get = [asking](const char* path, std::function<void(std::string)> then) {
            kube::Request request;
            request.path = path;
            send(asking, std::move(request), [then = std::move(then)](const Result<kube::Response>& got) {
                then(got ? got->body : std::string());
            });
        };
        get(checks::kNodesPath, [asking, answer, get](const std::string& nodes) {
            get(checks::kLeasesPath, [asking, answer, get, nodes](const std::string& leases) {
                get(checks::kMetalPath, [asking, answer, nodes, leases](const std::string& metal) {
                    answer({checks::nodeViewsOf(nodes, leases), checks::metalViewsOf(metal)});
                    Asking::end(asking);
                });
            });
        });
    };
    services.makeToken = [&site](stack::SourceId cluster, const provision::Object& secret, QObject* context,
                                 HostServices::Done<void> done) {
        const auto answer = onGuiThread(context, std::move(done));
        const auto asking = std::make_shared<Asking>();
        asking->client = site.newClient(cluster);
        if (!asking->client) {
            answer(fail(ErrorKind::NotFound, tr("The cluster is not connected.")));
            return;
        }
        send(asking, provision::createRequest({"", "v1", "secrets", true}, secret, false),
             [asking, answer](const Result<kube::Response>& made) {
                 answer(made ? Result<void>() : tl::unexpected<Error>(made.error()));
                 Asking::end(asking);
             });
    };
    services.startNode = [&site, &network](hosts::NodePlan plan, stack::SourceId cluster,
                                           hosts::NodeRunCallbacks callbacks) {
        hosts::NodeRunOptions options;
        options.network = &network;
        if (const auto folder = hosts::nodeJournalFolder())
            options.journal = *folder;
        return hosts::NodeRun::start(std::move(plan), cluster == 0 ? nullptr : site.newClient(cluster),
                                     options, std::move(callbacks));
    };
    services.leftNodes = [](QObject* context, std::function<void(std::vector<hosts::NodeTrace>)> done) {
        QThreadPool::globalInstance()->start([answer = onGuiThread(context, std::move(done))] {
            const auto folder = hosts::nodeJournalFolder();
            answer(folder ? hosts::leftNodes(*folder) : std::vector<hosts::NodeTrace>());
        });
    };
    services.takeBackNode = [&site](const hosts::NodeTrace& trace, stack::SourceId cluster,
                                    hosts::NodeRunCallbacks callbacks) {
        return hosts::NodeRun::leftBy(trace, cluster == 0 ? nullptr : site.newClient(cluster),
                                      std::move(callbacks));
    };
    services.keepKubeconfig = [](const std::string& name, const Secret& kubeconfig, QObject* context,
                                 HostServices::Done<std::string> done) {
        QThreadPool::globalInstance()->start(
            [name, kubeconfig, answer = onGuiThread(context, std::move(done))] {
                answer(keep(name, kubeconfig));
            });
    };
}

} // namespace strata::app
