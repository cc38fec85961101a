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
        const std::string to = fieldOf(object, "targetKubeVirtVersion");
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
    {"virt-api", "B5", Severity::Critical, mark("virt-api in %1 is down: no VM can be created or changed")},
    {"virt-controller", "B1", Severity::Critical,
     mark("virt-controller in %1 is down: no VM starts, stops or moves")},
    {"virt-operator", "B1", Severity::Warning, mark("virt-operator in %1 is down")},
    {"cdi-deployment", "B6", Severity::Warning,
     mark("cdi-deployment in %1 is down: volumes cannot be filled")},
    {"cdi-apiserver", "B6", Severity::Warning,
     mark("cdi-apiserver in %1 is down: volumes cannot be created")},
    {"cert-manager", "B8", Severity::Warning,
     mark("cert-manager in %1 is down: certificates are not renewed")},
    {"cert-manager-webhook", "B8", Severity::Warning, mark("The webhook of cert-manager in %1 is down")},
    {"cert-manager-cainjector", "B8", Severity::Warning,
     mark("The CA injector of cert-manager in %1 is down")},
    {"capi-controller-manager", "S4", Severity::Critical,
     mark("Cluster API in %1 is down: no tenant is acted on")},
    {"capi-kubeadm-bootstrap-controller-manager", "S4", Severity::Warning,
     mark("The kubeadm bootstrap provider in %1 is down: no machine gets its data")},
    {"capi-kubeadm-control-plane-controller-manager", "S4", Severity::Warning,
     mark("The kubeadm control plane provider in %1 is down")},
    {"capk-controller-manager", "S4", Severity::Critical,
     mark("The KubeVirt provider of Cluster API in %1 is down: no machine is built")},
    {"coredns", "S4", Severity::Critical, mark("DNS in %1 is down")},
}};

// B9, from the event of a pod; `about` tells findings apart.
Finding imageFinding(const Platform& p, const ObjectFact& event, Severity severity, std::string title,
                     const std::string& about)
{
    stack::Meta pod;
    pod.ns = fieldOf(event, "ns");
    pod.name = fieldOf(event, "name");
    pod.uid = fieldOf(event, "uid");
    Finding out = platformFinding(
        p, event, "pods", "Pod", "B9", severity, std::move(title),
        tr("Check that the outer nodes reach the registry, its rate limit and credentials; without a "
           "network, mirror the image first."),
        "event " + fieldOf(event, "reason"), fieldOf(event, "message"), event.meta.created);
    out.key = "B9|" + p.source.name + "|" + about;
    out.evidence.front().object = stack::objectRef(p.source.id, pod, "pods", "Pod");
    return out;
}

// B9: it is down because its image cannot be had.
std::optional<Finding> imageOf(const Platform& p, const ObjectFact& deployment)
{
    for (const ObjectFact* event : p.stack.platform(p.source.id, FactKind::Warning)) {
        if (fieldOf(*event, "kind") != "Pod" || fieldOf(*event, "ns") != deployment.meta.ns ||
            !fieldOf(*event, "name").starts_with(deployment.meta.name + "-"))
            continue;
        const std::string message = fieldOf(*event, "message");
        if (message.find("ImagePull") == std::string::npos &&
            message.find("pull image") == std::string::npos &&
            message.find("pulling image") == std::string::npos)
            continue;
        if (p.olderThan(lastSeen(*event), 15 * kMinute))
            continue;
        return imageFinding(
            p, *event, Severity::Critical,
            tr("The image of %1 in %2 cannot be pulled", {deployment.meta.name, p.source.name}),
            deployment.meta.ns + "/" + deployment.meta.name);
    }
    return std::nullopt;
}

// B6: which class a claim without one gets (kubernetes and CDI ask for it by annotation).
void storageClasses(const Platform& p, std::vector<Finding>& out)
{
    const std::vector<const ObjectFact*> classes = p.stack.platform(p.source.id, FactKind::StorageClass);
    const std::vector<const ObjectFact*> cdi = p.stack.platform(p.source.id, FactKind::Cdi);
    const bool unseen =
        std::any_of(p.source.kinds.begin(), p.source.kinds.end(), [](const stack::KindState& kind) {
            return kind.kind.starts_with("storageclasses"); // not allowed, or away: not known is not none
        });
    if (cdi.empty() || unseen || !p.source.synced)
        return;
    if (classes.empty()) {
        out.push_back(
            platformFinding(p, *cdi.front(), "cdis", "CDI", "B6", Severity::Critical,
                            tr("%1 has no storage class: no disk can be made", {p.source.name}),
                            tr("Install a storage driver (Ceph, Longhorn), or restore its StorageClass."),
                            "storageclasses.storage.k8s.io", tr("none"), 0));
        return;
    }
    std::vector<const ObjectFact*> defaults;
    std::vector<const ObjectFact*> forVms;
    for (const ObjectFact* each : classes) {
        if (fieldOf(*each, "default") == "true")
            defaults.push_back(each);
        if (fieldOf(*each, "virtDefault") == "true")
            forVms.push_back(each);
    }
    const auto tell = [&](const ObjectFact& about, Severity severity, std::string title, std::string value) {
        out.push_back(platformFinding(
            p, about, "storageclasses", "StorageClass", "B6", severity, std::move(title),
            tr("Annotate one class with storageclass.kubevirt.io/is-default-virt-class=true."),
            "metadata.annotations[storageclass.kubevirt.io/is-default-virt-class]", std::move(value), 0));
    };
    if (defaults.empty() && forVms.empty())
        tell(*classes.front(), Severity::Warning,
             tr("No storage class of %1 is the default: volumes without a class are not made",
                {p.source.name}),
             tr("on none of %1 storage classes", {std::to_string(classes.size())}));
    else if (forVms.size() > 1)
        tell(*forVms[1], Severity::Warning,
             tr("Several storage classes of %1 are the default for VMs", {p.source.name}),
             forVms[0]->meta.name + ", " + forVms[1]->meta.name);
}

// B7: a class of which CDI knows no access and volume mode.
void storageProfile(const Platform& p, const ObjectFact& profile, std::vector<Finding>& out)
{
    const Condition* recognized = conditionWith(profile.conditions, "Recognized", "False");
    if (recognized == nullptr && fieldOf(profile, "claimPropertySets") != "0")
        return;
    const std::string name =
        fieldOf(profile, "storageClass").empty() ? profile.meta.name : fieldOf(profile, "storageClass");
    bool isDefault = false;
    for (const ObjectFact* each : p.stack.platform(p.source.id, FactKind::StorageClass))
        isDefault = isDefault || (each->meta.name == name && (fieldOf(*each, "default") == "true" ||
                                                              fieldOf(*each, "virtDefault") == "true"));
    out.push_back(platformFinding(
        p, profile, "storageprofiles", "StorageProfile", "B7", isDefault ? Severity::Warning : Severity::Info,
        tr("CDI does not know how to use the storage class %1 of %2", {name, p.source.name}),
        tr("Set spec.claimPropertySets of its StorageProfile, or give every DataVolume access and volume "
           "mode."),
        recognized != nullptr ? "status.conditions[Recognized]" : "status.claimPropertySets",
        recognized != nullptr ? recognized->status + " · " + recognized->message
                              : tr("empty, for %1", {fieldOf(profile, "provisioner")}),
        recognized != nullptr ? recognized->since : 0));
}

// B9 for what is no controller of ours: drivers, networks, load balancers in the namespaces they usually
// have.
void imagesOfOthers(const Platform& p, std::vector<Finding>& out)
{
    static constexpr std::array<std::string_view, 12> namespaces = {
        "kube-system",  "metallb-system",  "calico-system", "tigera-operator",
        "rook-ceph",    "longhorn-system", "kubevirt",      "cdi",
        "cert-manager", "capi-system",     "capk-system",   "kube-vip"};
    std::vector<std::string> told;
    for (const ObjectFact* event : p.stack.platform(p.source.id, FactKind::Warning)) {
        const std::string ns = fieldOf(*event, "ns");
        if (std::find(namespaces.begin(), namespaces.end(), ns) == namespaces.end() ||
            std::find(told.begin(), told.end(), ns) != told.end() ||
            p.olderThan(lastSeen(*event), 15 * kMinute))
            continue;
        const bool known = std::any_of(out.begin(), out.end(), [&ns](const Finding& finding) {
            return finding.rule == "B9" && finding.evidence.front().object.ns == ns;
        });
        if (known)
            continue;
        told.push_back(ns);
        out.push_back(imageFinding(p, *event, Severity::Warning,
                                   tr("Images for %1 in %2 cannot be pulled", {ns, p.source.name}), ns));
    }
}

void component(const Platform& p, const ObjectFact& object, std::vector<Finding>& out)
{
    const auto known = std::find_if(kComponents.begin(), kComponents.end(),
                                    [&](const Component& each) { return object.meta.name == each.name; });
    if (known == kComponents.end() || fieldOf(object, "replicas") == "0" || object.meta.deleting != 0)
        return;
    const std::string available = fieldOf(object, "availableReplicas");
    if (!available.empty() && available != "0")
        return;
    if (std::optional<Finding> image = imageOf(p, object)) {
        out.push_back(std::move(*image));
        return;
    }
    const Condition* why = conditionWith(object.conditions, "Available", "False");
    if (why == nullptr || !p.olderThan(why->since != 0 ? why->since : object.meta.created, 2 * kMinute))
        return; // it starts
    out.push_back(platformFinding(p, object, "deployments", "Deployment", known->rule, known->severity,
                                  tr(marked(known->title), {p.source.name}),
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
    imagesOfOthers(p, out);
    storageClasses(p, out);
    for (const ObjectFact* object : p.stack.platform(p.source.id, FactKind::StorageProfile))
        storageProfile(p, *object, out);
    return out;
}

} // namespace strata::diagnosis
