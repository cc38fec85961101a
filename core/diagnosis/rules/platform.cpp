// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/platform.h"

#include "core/stack/health.h"

#include <algorithm>
#include <array>

// Group B: KubeVirt (pkg/virt-operator/util/client.go), CDI and the controllers of an outer cluster.
namespace strata::diagnosis {
namespace {

using stack::Condition;
using stack::FactKind;
using stack::ObjectFact;

constexpr UnixMs kMinute = 60 * 1000;

Finding platformFinding(const Platform& p, const ObjectFact& object, const char* resource, const char* kind,
                        const char* rule, Severity severity, std::string title, std::string remedy,
                        std::string field, std::string value, UnixMs since)
{
    Finding out;
    out.rule = rule;
    out.severity = severity;
    out.source = p.source.id;
    out.key = out.rule + "|" + p.source.name + "|" + object.meta.ns + "/" + object.meta.name;
    out.title = std::move(title);
    out.remedy = std::move(remedy);
    out.evidence.push_back({stack::objectRef(p.source.id, object.meta, resource, kind), std::move(field),
                            std::move(value), since});
    return out;
}

Finding kubeVirtFinding(const Platform& p, const ObjectFact& object, const char* rule, Severity severity,
                        std::string title, std::string remedy, const Condition* condition)
{
    if (condition == nullptr)
        return platformFinding(p, object, "kubevirts", "KubeVirt", rule, severity, std::move(title),
                               std::move(remedy), "status.phase", object.phase, 0);
    std::string value = condition->status + " · " + condition->reason;
    if (!condition->message.empty())
        value += ": " + condition->message;
    return platformFinding(p, object, "kubevirts", "KubeVirt", rule, severity, std::move(title),
                           std::move(remedy), "status.conditions[" + condition->type + "]", std::move(value),
                           condition->since);
}

std::string field(const ObjectFact& object, const char* name)
{
    const auto found = object.fields.find(name);
    return found == object.fields.end() ? std::string() : found->second;
}

void kubeVirt(const Platform& p, const ObjectFact& object, std::vector<Finding>& out)
{
    const Condition* synchronized = conditionWith(object.conditions, "Synchronized", "False");
    if (synchronized != nullptr && synchronized->reason == "ExistingDeployment") {
        out.push_back(kubeVirtFinding(p, object, "B2", Severity::Warning,
                                      tr("There are two KubeVirt resources in %1", {p.source.name}),
                                      tr("Delete the one that is not deployed."), synchronized));
        return;
    }
    if (synchronized != nullptr && synchronized->reason == "DeletionFailed") {
        out.push_back(kubeVirtFinding(
            p, object, "B4", Severity::Warning, tr("KubeVirt in %1 cannot be uninstalled", {p.source.name}),
            tr("See which VMs remain; its uninstall strategy keeps it while there are any."), synchronized));
        return;
    }
    const Condition* degraded = conditionWith(object.conditions, "Degraded", "True");
    if (degraded != nullptr && degraded->reason == "UpdateInProgress") { // normal, though it says Degraded
        const std::string to = field(object, "targetKubeVirtVersion");
        out.push_back(kubeVirtFinding(p, object, "B3", Severity::Info,
                                      to.empty()
                                          ? tr("KubeVirt in %1 is being updated", {p.source.name})
                                          : tr("KubeVirt in %1 is being updated to %2", {p.source.name, to}),
                                      tr("Wait for it; VMs keep running."), degraded));
        return;
    }
    if (degraded != nullptr) {
        out.push_back(kubeVirtFinding(
            p, object, "B1", Severity::Critical, tr("KubeVirt in %1 could not be deployed", {p.source.name}),
            tr("The message says why; then read the log of virt-operator."), degraded));
        return;
    }
    const Condition* available = conditionWith(object.conditions, "Available", "False");
    const UnixMs since =
        available != nullptr && available->since != 0 ? available->since : object.meta.created;
    if (object.phase == "Deployed" && available == nullptr)
        return;
    if (object.meta.deleting != 0 || !p.olderThan(since, 10 * kMinute))
        return; // being installed
    out.push_back(kubeVirtFinding(p, object, "B1", Severity::Critical,
                                  tr("KubeVirt in %1 is not ready", {p.source.name}),
                                  tr("Look at the pods of virt-operator and at their log."), available));
}

void cdi(const Platform& p, const ObjectFact& object, std::vector<Finding>& out)
{
    if (object.phase == "Deployed" || object.phase.empty() || object.meta.deleting != 0)
        return;
    const Condition* degraded = conditionWith(object.conditions, "Degraded", "True");
    const bool failed = object.phase == "Error" || degraded != nullptr;
    if (!failed && !p.olderThan(object.meta.created, 10 * kMinute))
        return;
    out.push_back(
        platformFinding(p, object, "cdis", "CDI", "B6", Severity::Warning,
                        tr("CDI in %1 is not ready: volumes cannot be filled", {p.source.name}),
                        tr("Look at the pods of cdi-operator and cdi-deployment."), "status.phase",
                        degraded != nullptr ? object.phase + " · " + degraded->message : object.phase, 0));
}

struct Component {
    const char* name;
    const char* rule;
    Severity severity;
    const char* title;
};

constexpr std::array<Component, 13> kComponents = {{
    {"virt-api", "B5", Severity::Critical, "virt-api in %1 is down: no VM can be created or changed"},
    {"virt-controller", "B1", Severity::Critical,
     "virt-controller in %1 is down: no VM starts, stops or moves"},
    {"virt-operator", "B1", Severity::Warning, "virt-operator in %1 is down"},
    {"cdi-deployment", "B6", Severity::Warning, "cdi-deployment in %1 is down: volumes cannot be filled"},
    {"cdi-apiserver", "B6", Severity::Warning, "cdi-apiserver in %1 is down: volumes cannot be created"},
    {"cert-manager", "B8", Severity::Warning, "cert-manager in %1 is down: certificates are not renewed"},
    {"cert-manager-webhook", "B8", Severity::Warning, "The webhook of cert-manager in %1 is down"},
    {"cert-manager-cainjector", "B8", Severity::Warning, "The CA injector of cert-manager in %1 is down"},
    {"capi-controller-manager", "S4", Severity::Critical, "Cluster API in %1 is down: no tenant is acted on"},
    {"capi-kubeadm-bootstrap-controller-manager", "S4", Severity::Warning,
     "The kubeadm bootstrap provider in %1 is down: no machine gets its data"},
    {"capi-kubeadm-control-plane-controller-manager", "S4", Severity::Warning,
     "The kubeadm control plane provider in %1 is down"},
    {"capk-controller-manager", "S4", Severity::Critical,
     "The KubeVirt provider of Cluster API in %1 is down: no machine is built"},
    {"coredns", "S4", Severity::Critical, "DNS in %1 is down"},
}};

void component(const Platform& p, const ObjectFact& object, std::vector<Finding>& out)
{
    const auto known = std::find_if(kComponents.begin(), kComponents.end(),
                                    [&](const Component& each) { return object.meta.name == each.name; });
    if (known == kComponents.end() || field(object, "replicas") == "0" || object.meta.deleting != 0)
        return;
    const std::string available = field(object, "availableReplicas");
    if (!available.empty() && available != "0")
        return;
    const Condition* why = conditionWith(object.conditions, "Available", "False");
    if (why == nullptr || !p.olderThan(why->since != 0 ? why->since : object.meta.created, 2 * kMinute))
        return; // it starts
    out.push_back(platformFinding(p, object, "deployments", "Deployment", known->rule, known->severity,
                                  tr(known->title, {p.source.name}),
                                  tr("Look at its pods: image, node, log."), "status.availableReplicas",
                                  why->message.empty() ? "0" : "0 · " + why->message, why->since));
}

} // namespace

bool Platform::olderThan(UnixMs since, UnixMs age) const
{
    if (since == 0 || now == 0)
        return false;
    const UnixMs due = since + age;
    if (now > due)
        return true;
    if (recheck != nullptr && (*recheck == 0 || due + 1 < *recheck))
        *recheck = due + 1;
    return false;
}

std::vector<Finding> diagnosePlatform(const Platform& p)
{
    std::vector<Finding> out;
    for (const ObjectFact* object : p.stack.platform(p.source.id, FactKind::KubeVirt))
        kubeVirt(p, *object, out);
    for (const ObjectFact* object : p.stack.platform(p.source.id, FactKind::Cdi))
        cdi(p, *object, out);
    for (const ObjectFact* object : p.stack.platform(p.source.id, FactKind::Deployment))
        component(p, *object, out);
    return out;
}

} // namespace strata::diagnosis
