// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/deploy.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/api/status.h"
#include "core/provision/api.h"
#include "core/provision/recipes/create_objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <set>

namespace strata::provision {

namespace {

constexpr int kParallel = 4;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("provision", text), values);
}

// What a reader compares: what people write, not what the server adds.
std::string comparable(const Object& object)
{
    Object plain = object;
    Json& json = plain.edit();
    json.erase("status");
    if (json.contains("metadata") && json["metadata"].is_object()) {
        Json& metadata = json["metadata"];
        for (const char* part :
             {"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"})
            metadata.erase(part);
        for (const char* part : {"labels", "annotations"}) {
            if (!metadata.contains(part) || !metadata[part].is_object())
                continue;
            metadata[part].erase(std::string(kPlanKey));
            metadata[part].erase("deployment.kubernetes.io/revision");
            if (metadata[part].empty())
                metadata.erase(part);
        }
    }
    return plain.toYaml();
}

int rank(const Object& object)
{
    const std::string kind = object.kind();
    return kind == "Namespace" ? 0 : kind == "CustomResourceDefinition" ? 1 : 2;
}

} // namespace

class DeployCheck::Private : public std::enable_shared_from_this<DeployCheck::Private> {
public:
    Private(std::shared_ptr<kube::Client> theClient, std::vector<Object> objects, std::string theNs,
            std::function<void(std::vector<DeployObject>)> theDone)
        : client(std::move(theClient)), network(client->network()), ns(std::move(theNs)),
          done(std::move(theDone)), calls(network), catalog(std::make_shared<Catalog>(client, network))
    {
        std::stable_sort(objects.begin(), objects.end(),
                         [](const Object& a, const Object& b) { return rank(a) < rank(b); });
        for (Object& object : objects) {
            if (object.kind() == "Namespace")
                spaces.insert(object.name());
            if (object.kind() == "CustomResourceDefinition")
                kinds.insert(object.text("spec.names.kind").value_or(""));
            items.push_back({std::move(object), false, false, {}, {}, {}, {}});
        }
    }

    void start() { pump(); }

    void pump()
    {
        while (running < kParallel && next < items.size()) {
            ++running;
            ask(next++);
        }
        if (running > 0 || next < items.size() || finished)
            return;
        finished = true;
        const std::lock_guard<std::recursive_mutex> lock(mutex);
        if (!silent)
            done(std::move(items));
    }

    void settle(std::size_t at, bool accepted, std::string words)
    {
        items[at].accepted = accepted;
        items[at].words = cleanText(words);
        --running;
        pump();
    }

    static std::string inWords(const Error& error)
    {
        return error.detail.empty() ? error.text : error.text + " " + error.detail;
    }

    void ask(std::size_t at)
    {
        const Object& object = items[at].object;
        catalog->find(object.apiVersion(), object.kind(), [this, at](Result<kube::ResourceId> resource) {
            Object& wanted = items[at].object;
            if (!resource) {
                const bool brought =
                    resource.error().kind == ErrorKind::NotFound && kinds.count(wanted.kind()) != 0;
                settle(at, brought,
                       brought ? say("Its kind comes with this manifest.") : inWords(resource.error()));
                return;
            }
            if (!resource->namespaced)
                wanted.edit()["metadata"].erase("namespace");
            else if (wanted.ns().empty())
                wanted.edit()["metadata"]["namespace"] = ns;
            calls.send(client, getRequest(*resource, wanted.ns(), wanted.name()),
                       [this, at, resource = *resource](Result<kube::Response> answer) {
                           if (answer) {
                               if (const auto there = objectFromJson(answer->body)) {
                                   items[at].exists = true;
                                   items[at].before = comparable(*there);
                               }
                           } else if (answer.error().kind != ErrorKind::NotFound) {
                               settle(at, false, inWords(answer.error()));
                               return;
                           }
                           tryOut(at, resource);
                       });
        });
    }

    void tryOut(std::size_t at, const kube::ResourceId& resource)
    {
        calls.send(client, applyRequest(resource, items[at].object, true),
                   [this, at](Result<kube::Response> answer) {
                       DeployObject& item = items[at];
                       if (!answer) {
                           const bool comes = answer.error().kind == ErrorKind::NotFound &&
                                              spaces.count(item.object.ns()) != 0;
                           if (comes)
                               item.after = comparable(item.object);
                           settle(at, comes,
                                  comes ? say("Its namespace comes with this manifest.")
                                        : inWords(answer.error()));
                           return;
                       }
                       if (const auto made = objectFromJson(answer->body))
                           item.after = comparable(*made);
                       const auto warning = answer->headers.find("warning");
                       if (warning != answer->headers.end())
                           item.warnings = kube::parseWarnings(warning->second);
                       settle(at, true,
                              !item.exists                ? say("It will be made.")
                              : item.before == item.after ? say("It stays as it is.")
                                                          : say("It will be changed."));
                   });
    }

    std::shared_ptr<kube::Client> client;
    kube::Network& network;
    std::string ns;
    std::function<void(std::vector<DeployObject>)> done;
    Calls calls;
    std::shared_ptr<Catalog> catalog;
    std::vector<DeployObject> items;
    std::set<std::string> spaces; // that the manifest makes
    std::set<std::string> kinds;
    std::size_t next = 0;
    int running = 0;
    bool finished = false;
    std::recursive_mutex mutex;
    bool silent = false;
};

DeployCheck::DeployCheck(std::shared_ptr<Private> d) : m_d(std::move(d)) {}

std::unique_ptr<DeployCheck> DeployCheck::start(std::shared_ptr<kube::Client> client,
                                                std::vector<Object> objects, const std::string& ns,
                                                std::function<void(std::vector<DeployObject>)> done)
{
    auto d = std::make_shared<Private>(std::move(client), std::move(objects), ns, std::move(done));
    d->network.post([d] { d->start(); });
    return std::unique_ptr<DeployCheck>(new DeployCheck(std::move(d)));
}

DeployCheck::~DeployCheck()
{
    {
        const std::lock_guard<std::recursive_mutex> lock(m_d->mutex);
        m_d->silent = true;
    }
    kube::Network& network = m_d->network;
    network.post([d = std::move(m_d)] {});
}

Plan deployPlan(const std::vector<DeployObject>& objects, const std::string& title, const std::string& planId)
{
    Plan plan;
    plan.id = planId;
    plan.title = title;
    std::string before;
    std::vector<Step> waits;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        Object object = objects[i].object;
        stampPlan(object, planId);
        const Ref ref = refOf(object);
        Step step;
        step.id = "write-" + std::to_string(i);
        step.title = ref.title();
        if (!before.empty())
            step.after = {before};
        before = step.id;

        using Kind = Predicate::Kind;
        std::vector<Predicate> ready;
        const std::string replicas = std::to_string(object.number("spec.replicas").value_or(1));
        if (ref.kind == "Deployment")
            ready = {{Kind::AtLeast, "status.availableReplicas", replicas}};
        else if (ref.kind == "StatefulSet")
            ready = {{Kind::AtLeast, "status.readyReplicas", replicas}};
        else if (ref.kind == "Pod")
            ready = {{Kind::Condition, "Ready", "True"}, {Kind::Field, "status.phase", "Succeeded"}};
        else if (ref.kind == "Job")
            ready = {{Kind::AtLeast, "status.succeeded", "1"}};
        if (!ready.empty() && replicas != "0") {
            Step wait;
            wait.id = "ready-" + std::to_string(i);
            wait.title = say("%1 is available", {ref.title()});
            wait.after = {step.id};
            wait.timeoutSeconds = 600;
            wait.waits = {{Target::Outer, ref, wait.title, std::move(ready)}};
            waits.push_back(std::move(wait));
        }
        step.writes = {{Verb::Apply, Target::Outer, std::move(object)}};
        plan.steps.push_back(std::move(step));
    }
    plan.steps.insert(plan.steps.end(), waits.begin(), waits.end());
    return plan;
}

} // namespace strata::provision
