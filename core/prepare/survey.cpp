// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/survey.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/api.h"

#include <nlohmann/json.hpp>

#include <mutex>

namespace strata::prepare {

namespace {

using provision::Json;

constexpr int kParallel = 6;
constexpr int kTries = 3;
constexpr const char* kPage = "limit=500";
constexpr const char* kMetadataOnly =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

std::string inWords(const Error& error)
{
    return cleanText(error.detail.empty() ? error.text : error.text + " " + error.detail);
}

} // namespace

class Survey::Private : public std::enable_shared_from_this<Survey::Private> {
public:
    Private(std::shared_ptr<kube::Client> theClient, const Matrix& theMatrix,
            std::function<void(Result<Listed>)> theDone)
        : client(std::move(theClient)), network(client->network()), matrix(theMatrix),
          done(std::move(theDone)), calls(network)
    {
        listed.server = client->config().server;
    }

    void start()
    {
        ask("/version", {}, "application/json", [this](Result<Json> answer) {
            if (!answer) {
                end(tl::unexpected(answer.error()));
                return;
            }
            listed.kubernetes = answer->value("gitVersion", "");
            ask("/apis", {}, "application/json", [this](Result<Json> groups) {
                if (!groups) {
                    end(tl::unexpected(groups.error()));
                    return;
                }
                takeGroups(*groups);
                lists();
            });
        });
    }

    void takeGroups(const Json& json)
    {
        if (!json.contains("groups") || !json["groups"].is_array())
            return;
        for (const Json& group : json["groups"]) {
            if (!group.is_object())
                continue;
            const std::string name = group.value("name", "");
            listed.groups.insert(name);
            if (group.contains("preferredVersion") && group["preferredVersion"].is_object())
                preferred[name] = group["preferredVersion"].value("version", "");
        }
    }

    void ask(const std::string& path, const std::string& query, const std::string& accept,
             std::function<void(Result<Json>)> next, int tries = 0)
    {
        kube::Request request;
        request.path = path;
        request.query = query;
        request.accept = accept;
        calls.send(client, std::move(request), [=, this](Result<kube::Response> answer) {
            if (!answer) {
                if (provision::transient(answer.error()) && tries + 1 < kTries) {
                    calls.after(std::chrono::milliseconds(300 << tries),
                                [=, this] { ask(path, query, accept, next, tries + 1); });
                    return;
                }
                next(tl::unexpected(answer.error()));
                return;
            }
            Json json = Json::parse(answer->body, nullptr, false);
            if (!json.is_object()) {
                next(fail(
                    ErrorKind::Protocol,
                    arguments(translate("prepare", "The server's answer to %1 cannot be read."), {path})));
                return;
            }
            next(std::move(json));
        });
    }

    // All pages of a list.
    void list(const std::string& path, const std::string& accept, std::vector<Object>* into,
              const std::string& what, const std::string& apiVersion, const std::string& kind,
              const std::string& more = {})
    {
        if (more.empty())
            ++running;
        ask(path, std::string(kPage) + (more.empty() ? "" : "&continue=" + kube::percentEncode(more)), accept,
            [=, this](Result<Json> answer) {
                if (!answer) {
                    const ErrorKind error = answer.error().kind;
                    if (error == ErrorKind::NotFound) { // the kind is not served: there is none
                    } else if (error == ErrorKind::Forbidden) {
                        listed.unseen[what] = inWords(answer.error());
                    } else {
                        end(tl::unexpected(answer.error()));
                        return;
                    }
                    ended();
                    return;
                }
                if (answer->contains("items") && (*answer)["items"].is_array()) {
                    for (Json& item : (*answer)["items"]) {
                        item["apiVersion"] = apiVersion;
                        item["kind"] = kind;
                        if (item.contains("metadata") && item["metadata"].is_object())
                            item["metadata"].erase("managedFields");
                        into->emplace_back(std::move(item));
                    }
                }
                std::string next;
                if (answer->contains("metadata") && (*answer)["metadata"].is_object())
                    next = (*answer)["metadata"].value("continue", "");
                if (!next.empty())
                    list(path, accept, into, what, apiVersion, kind, next);
                else
                    ended();
            });
    }

    void lists()
    {
        const char* json = "application/json";
        ++running; // until all are asked
        list("/apis/apps/v1/deployments", json, &listed.deployments, "deployments", "apps/v1", "Deployment");
        list("/apis/apps/v1/daemonsets", json, &listed.daemonSets, "daemonSets", "apps/v1", "DaemonSet");
        list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", kMetadataOnly, &listed.definitions,
             "definitions", "apiextensions.k8s.io/v1", "CustomResourceDefinition");
        list("/apis/storage.k8s.io/v1/storageclasses", json, &listed.storageClasses, "storageClasses",
             "storage.k8s.io/v1", "StorageClass");
        list("/api/v1/nodes", kMetadataOnly, &nodes, "nodes", "v1", "Node");
        if (listed.groups.count("clusterctl.cluster.x-k8s.io") != 0)
            list("/apis/clusterctl.cluster.x-k8s.io/v1alpha3/providers", json, &listed.providers, "providers",
                 "clusterctl.cluster.x-k8s.io/v1alpha3", "Provider");
        for (const ComponentSpec& spec : matrix.components) {
            if (spec.resource) {
                const std::string group =
                    spec.resource->apiVersion.substr(0, spec.resource->apiVersion.find('/'));
                if (listed.groups.count(group) != 0)
                    list("/apis/" + spec.resource->apiVersion + "/" + spec.resource->plural, json,
                         &listed.resources[spec.id], "resource:" + spec.id, spec.resource->apiVersion,
                         spec.resource->kind);
            }
            for (const std::string& kind : spec.managedBy) {
                const std::size_t dot = kind.find('.');
                const std::string group = kind.substr(dot + 1);
                const auto version = preferred.find(group);
                if (version == preferred.end() || listed.managers.count(kind) != 0)
                    continue;
                list("/apis/" + group + "/" + version->second + "/" + kind.substr(0, dot), json,
                     &listed.managers[kind], "manager:" + kind, group + "/" + version->second,
                     kind.substr(0, dot));
            }
        }
        ended();
    }

    void ended()
    {
        if (--running > 0)
            return;
        if (listed.unseen.count("nodes") == 0)
            listed.nodes = static_cast<int>(nodes.size());
        end(std::move(listed));
    }

    void end(Result<Listed> result)
    {
        if (finished)
            return;
        finished = true;
        const std::lock_guard<std::recursive_mutex> lock(mutex);
        if (!silent)
            done(std::move(result));
    }

    std::shared_ptr<kube::Client> client;
    kube::Network& network;
    const Matrix& matrix;
    std::function<void(Result<Listed>)> done;
    provision::Calls calls;
    Listed listed;
    std::vector<Object> nodes;
    std::map<std::string, std::string> preferred; // versions by group
    int running = 0;
    bool finished = false;
    std::recursive_mutex mutex;
    bool silent = false;
};

Survey::Survey(std::shared_ptr<Private> d) : m_d(std::move(d)) {}

std::unique_ptr<Survey> Survey::start(std::shared_ptr<kube::Client> client, const Matrix& matrix,
                                      std::function<void(Result<Listed>)> done)
{
    auto d = std::make_shared<Private>(std::move(client), matrix, std::move(done));
    d->network.post([d] { d->start(); });
    return std::unique_ptr<Survey>(new Survey(std::move(d)));
}

Survey::~Survey()
{
    {
        const std::lock_guard<std::recursive_mutex> lock(m_d->mutex);
        m_d->silent = true;
    }
    kube::Network& network = m_d->network;
    network.post([d = std::move(m_d)] {}); // it lives and ends on the network's thread
}

class LookUp::Private : public std::enable_shared_from_this<LookUp::Private> {
public:
    Private(std::shared_ptr<kube::Client> theClient, std::vector<Object> theObjects,
            std::function<void(Result<Existing>)> theDone)
        : client(std::move(theClient)), network(client->network()), objects(std::move(theObjects)),
          done(std::move(theDone)), calls(network),
          catalog(std::make_shared<provision::Catalog>(client, network))
    {}

    void pump()
    {
        while (running < kParallel && next < objects.size() && !finished) {
            ++running;
            ask(next++, 0);
        }
        if (running == 0 && next >= objects.size())
            end(std::move(existing));
    }

    void ask(std::size_t at, int tries)
    {
        const Object& object = objects[at];
        catalog->find(object.apiVersion(), object.kind(),
                      [this, at, tries](Result<kube::ResourceId> resource) {
                          if (!resource) {
                              if (resource.error().kind != ErrorKind::NotFound) {
                                  end(tl::unexpected(resource.error()));
                                  return;
                              }
                              settle(); // a kind that comes with the plan
                              return;
                          }
                          const Object& wanted = objects[at];
                          calls.send(client, provision::getRequest(*resource, wanted.ns(), wanted.name()),
                                     [this, at, tries](Result<kube::Response> answer) {
                                         if (!answer) {
                                             const Error& error = answer.error();
                                             if (error.kind == ErrorKind::NotFound) {
                                                 settle();
                                             } else if (provision::transient(error) && tries + 1 < kTries) {
                                                 calls.after(std::chrono::milliseconds(300 << tries),
                                                             [this, at, tries] { ask(at, tries + 1); });
                                             } else {
                                                 end(tl::unexpected(error));
                                             }
                                             return;
                                         }
                                         auto there = provision::objectFromJson(answer->body);
                                         if (!there) {
                                             end(tl::unexpected(there.error()));
                                             return;
                                         }
                                         existing[keyOf(objects[at])] = std::move(*there);
                                         settle();
                                     });
                      });
    }

    void settle()
    {
        --running;
        pump();
    }

    void end(Result<Existing> result)
    {
        if (finished)
            return;
        finished = true;
        const std::lock_guard<std::recursive_mutex> lock(mutex);
        if (!silent)
            done(std::move(result));
    }

    std::shared_ptr<kube::Client> client;
    kube::Network& network;
    std::vector<Object> objects;
    std::function<void(Result<Existing>)> done;
    provision::Calls calls;
    std::shared_ptr<provision::Catalog> catalog;
    Existing existing;
    std::size_t next = 0;
    int running = 0;
    bool finished = false;
    std::recursive_mutex mutex;
    bool silent = false;
};

LookUp::LookUp(std::shared_ptr<Private> d) : m_d(std::move(d)) {}

std::unique_ptr<LookUp> LookUp::start(std::shared_ptr<kube::Client> client, std::vector<Object> objects,
                                      std::function<void(Result<Existing>)> done)
{
    auto d = std::make_shared<Private>(std::move(client), std::move(objects), std::move(done));
    d->network.post([d] { d->pump(); });
    return std::unique_ptr<LookUp>(new LookUp(std::move(d)));
}

LookUp::~LookUp()
{
    {
        const std::lock_guard<std::recursive_mutex> lock(m_d->mutex);
        m_d->silent = true;
    }
    kube::Network& network = m_d->network;
    network.post([d = std::move(m_d)] {});
}

} // namespace strata::prepare
