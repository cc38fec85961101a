// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/translate.h"
#include "core/inquiry/question.h"
#include "core/kube/api/resource.h"
#include "core/stack/health.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::inquiry {
namespace {

using kube::percentEncode;
using stack::Item;
using stack::ItemKind;
using stack::Stack;

constexpr std::size_t kSmall = 1U << 20U;
constexpr std::size_t kLarge = 16U << 20U;
constexpr std::chrono::milliseconds kPatience{12000};

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Inquiry", text), values);
}

class Maker {
public:
    Maker(const Stack& stack, const Item& item) : m_stack(stack), m_item(item)
    {
        m_about.item = item.id;
        m_about.key = item.key;
        m_about.name = item.name;
        m_about.ns = item.ns;
        const stack::SourceState* source = stack.source(item.source);
        m_about.outer = source != nullptr && source->kind == stack::SourceKind::InnerCluster ? source->outer
                                                                                             : item.source;
    }

    Question& ask(Topic topic, std::string what, stack::SourceId source, std::string path,
                  std::string query = {}, std::size_t most = kSmall)
    {
        Question question;
        question.topic = topic;
        question.what = std::move(what);
        question.source = source;
        question.request.path = std::move(path);
        question.request.query = std::move(query);
        question.request.timeout = kPatience;
        question.request.maxBody = most;
        question.about = m_about;
        m_questions.push_back(std::move(question));
        return m_questions.back();
    }

    std::vector<Question> take() { return std::move(m_questions); }
    stack::SourceId outer() const { return m_about.outer; }

    // The provider's controller names objects in its log that it says nothing about elsewhere.
    void askProvider(const std::string& ns, const std::string& name)
    {
        for (const stack::ObjectFact* deployment :
             m_stack.platform(m_about.outer, stack::FactKind::Deployment)) {
            if (deployment->meta.name != "capk-controller-manager")
                continue;
            Question& question =
                ask(Topic::ProviderPods, tr("Log of the KubeVirt provider"), m_about.outer,
                    "/api/v1/namespaces/" + percentEncode(deployment->meta.ns) + "/pods", "limit=100");
            question.about.known = {{"object", ns + "/" + name},
                                    {"namespace", deployment->meta.ns},
                                    {"deployment", deployment->meta.name}};
            return;
        }
    }

private:
    const Stack& m_stack;
    const Item& m_item;
    About m_about;
    std::vector<Question> m_questions;
};

std::string secretPath(const std::string& ns, const std::string& name)
{
    return "/api/v1/namespaces/" + percentEncode(ns) + "/secrets/" + percentEncode(name);
}

// Whether it is there is all that is asked: the data of a secret does not travel.
const char* const kMetadataOnly =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

void aboutTenant(Maker& maker, const stack::ItemFacts& facts)
{
    const stack::ClusterFact* cluster = facts.cluster;
    if (cluster == nullptr)
        return;
    const std::string& ns = cluster->meta.ns;
    const stack::SourceId outer = maker.outer();
    const stack::SourceState* inner = facts.innerSource;
    if (inner != nullptr) {
        Question& ready =
            maker.ask(Topic::Ready, tr("Is the tenant's API server ready"), inner->id, "/readyz", "verbose");
        ready.request.accept = "text/plain,*/*";
        ready.about.known = {{"endpoint", cluster->endpoint}};
    }
    if (const stack::ObjectFact* infra = facts.kubevirtCluster) {
        Question& keys = maker.ask(Topic::SshKeys, tr("SSH keys of its machines"), outer,
                                   secretPath(ns, infra->meta.name + "-ssh-keys"));
        keys.request.accept = kMetadataOnly;
        keys.about.known = {{"secret", infra->meta.name + "-ssh-keys"}, {"namespace", ns}};
        if (const auto secret = infra->fields.find("infraClusterSecretRef.name");
            secret != infra->fields.end()) {
            const auto where = infra->fields.find("infraClusterSecretRef.namespace");
            const std::string at = where != infra->fields.end() ? where->second : ns;
            Question& external = maker.ask(Topic::InfraSecret, tr("Access to its infrastructure cluster"),
                                           outer, secretPath(at, secret->second));
            external.request.accept = kMetadataOnly;
            external.about.known = {{"secret", secret->second}, {"namespace", at}};
        }
        if (const stack::Condition* balancer =
                stack::findCondition(infra->conditions, "LoadBalancerAvailable");
            balancer == nullptr || balancer->status != "True") {
            const auto type = infra->fields.find("controlPlaneServiceTemplate.spec.type");
            nlohmann::json service = {
                {"apiVersion", "v1"},
                {"kind", "Service"},
                {"metadata", {{"name", infra->meta.name + "-lb"}, {"namespace", ns}}},
                {"spec",
                 {{"type", type == infra->fields.end() ? std::string("ClusterIP") : type->second},
                  {"selector",
                   {{"cluster.x-k8s.io/role", "control-plane"},
                    {"cluster.x-k8s.io/cluster-name", cluster->meta.name}}},
                  {"ports", {{{"port", 6443}, {"protocol", "TCP"}, {"targetPort", 6443}}}}}}};
            Question& dry =
                maker.ask(Topic::ServiceDryRun, tr("Would its load balancer Service be created"), outer,
                          "/api/v1/namespaces/" + percentEncode(ns) + "/services", "dryRun=All");
            dry.request.method = "POST";
            dry.request.contentType = "application/json";
            dry.request.body = service.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
            dry.about.known = {{"service", infra->meta.name + "-lb"}, {"namespace", ns}};
        }
    }
    maker.askProvider(ns, cluster->meta.name);
    if (inner == nullptr || inner->phase != stack::LinkPhase::Live)
        return;
    maker.ask(Topic::TenantServices, tr("Services of the tenant"), inner->id, "/api/v1/services",
              "limit=1000", kLarge);
    maker.ask(Topic::TenantEvents, tr("Warnings inside the tenant"), inner->id, "/api/v1/events",
              "fieldSelector=type%3DWarning&limit=1000", kLarge);
    maker.ask(Topic::EtcdPods, tr("Addresses of its etcd members"), inner->id,
              "/api/v1/namespaces/kube-system/pods", "labelSelector=component%3Detcd&limit=50");
    maker.ask(Topic::EtcdMetrics, tr("How fast its etcd answers"), inner->id, "/metrics", {}, kLarge)
        .request.accept = "text/plain;version=0.0.4,*/*;q=0.1";
    Question& nodes = maker.ask(Topic::OuterNodes, tr("Do address ranges collide"), outer, "/api/v1/nodes",
                                "limit=1000", kLarge);
    nodes.about.known = {{"pods", cluster->podCidr}, {"services", cluster->serviceCidr}};
    maker.ask(Topic::TenantNetwork, tr("Tunnel port and MTU of its network"), inner->id,
              "/api/v1/namespaces/kube-system/configmaps", "limit=200", 4 * kSmall);
}

} // namespace

std::vector<Question> questionsFor(const Stack& stack, stack::ItemId id)
{
    const Item* item = stack.find(id);
    if (item == nullptr)
        return {};
    Maker maker(stack, *item);
    const stack::ItemFacts facts = stack.facts(id);
    switch (item->kind) {
    case ItemKind::TenantCluster:
        aboutTenant(maker, facts);
        break;
    case ItemKind::Vm:
        if (facts.vmi != nullptr && facts.vmi->phase == "Running" &&
            stack::isTrue(facts.vmi->conditions, "AgentConnected"))
            maker.ask(Topic::FileSystems, tr("File systems of the guest"), maker.outer(),
                      "/apis/subresources.kubevirt.io/v1/namespaces/" + percentEncode(item->ns) +
                          "/virtualmachineinstances/" + percentEncode(item->name) + "/filesystemlist");
        if (facts.kubevirtMachine != nullptr)
            maker.askProvider(facts.kubevirtMachine->meta.ns, facts.kubevirtMachine->meta.name);
        break;
    case ItemKind::Machine:
        if (facts.kubevirtMachine != nullptr)
            maker.askProvider(facts.kubevirtMachine->meta.ns, facts.kubevirtMachine->meta.name);
        break;
    case ItemKind::Workload: {
        const stack::SourceState* source = stack.source(item->source);
        if (source != nullptr && source->kind == stack::SourceKind::InnerCluster &&
            source->phase == stack::LinkPhase::Live)
            maker.ask(Topic::TenantEvents, tr("Warnings in its namespace"), item->source,
                      "/api/v1/namespaces/" + percentEncode(item->ns) + "/events",
                      "fieldSelector=type%3DWarning&limit=1000", kLarge);
        break;
    }
    case ItemKind::ControlPlane:
    case ItemKind::WorkerPool:
    case ItemKind::InnerNode:
    case ItemKind::OuterNode:
    case ItemKind::Host:
    case ItemKind::Domain:
    case ItemKind::Placeholder:
        break;
    }
    return maker.take();
}

} // namespace strata::inquiry
