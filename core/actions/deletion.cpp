// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/deletion.h"

#include "core/actions/build.h"
#include "core/base/text.h"
#include "core/base/translatable.h"
#include "core/provision/recipes/create_objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace strata::actions {

using namespace provision;

namespace {

constexpr UnixMs kLong = 10LL * 60 * 1000; // after which a deletion is looked at
constexpr int kDeepest = 12;

struct Holder {
    const char* finalizer; // its beginning
    const char* who;
    const char* step; // what to look at when it takes long
};

constexpr const char* tr(const char* text)
{
    return translatable("Actions", text);
}

// Names of finalizers as their controllers write them (cluster-api, cluster-api-provider-kubevirt, kubevirt,
// Kubernetes).
constexpr Holder kHolders[] = {
    {"cluster.cluster.x-k8s.io", tr("Cluster API"),
     tr("It goes when all of its machines and its infrastructure are gone: look below.")},
    {"kubeadm.controlplane.cluster.x-k8s.io", tr("the kubeadm control plane provider"),
     tr("It goes when its machines and those of all pools are gone: look below.")},
    {"cluster.x-k8s.io/machinedeployment", tr("Cluster API"), tr("It goes when its machines are gone.")},
    {"cluster.x-k8s.io/machineset", tr("Cluster API"), tr("It goes when its machines are gone.")},
    {"machine.cluster.x-k8s.io", tr("Cluster API"),
     tr("Its node is drained first. A disruption budget inside of the tenant, a volume that does not detach "
        "or a "
        "pre-drain hook keeps it: the condition Deleting names which. What may be lost: annotate the Machine "
        "with "
        "machine.cluster.x-k8s.io/exclude-node-draining.")},
    {"kubevirtmachine.infrastructure.cluster.x-k8s.io", tr("the KubeVirt provider"),
     tr("It waits for its VM to go. See that the provider's pod runs and what its log says of this "
        "machine.")},
    {"kubevirtcluster.infrastructure.cluster.x-k8s.io", tr("the KubeVirt provider"),
     tr("It takes down the load balancer. See that the provider's pod runs and that it still may reach the "
        "infrastructure cluster.")},
    {"kubevirt.io/virtualMachineControllerFinalize", tr("KubeVirt"),
     tr("Its instance is shut down first. See that virt-controller runs; what the guest does not end in its "
        "grace "
        "period is ended.")},
    {"foregroundDeleteVirtualMachine", tr("KubeVirt"),
     tr("Its launcher has not ended. See the node it runs on: while that is not ready, nobody ends the "
        "pod.")},
    {"kubevirt.io/", tr("KubeVirt"), tr("See that virt-controller and the node's virt-handler run.")},
    {"cdi.kubevirt.io/", tr("CDI"), tr("See that cdi-deployment runs.")},
    {"kubernetes.io/pvc-protection", tr("Kubernetes"),
     tr("A pod still uses the claim: it goes when that pod is gone.")},
    {"service.kubernetes.io/load-balancer-cleanup", tr("the load balancer's controller"),
     tr("See that the cloud provider (MetalLB or the like) runs.")},
    {"foregroundDeletion", tr("Kubernetes"), tr("It goes when what it owns is gone: look below.")},
    {"addons.cluster.x-k8s.io", tr("Cluster API"), tr("See that Cluster API's controller runs.")},
};

const Holder* holderOf(const std::string& finalizer)
{
    for (const Holder& each : kHolders) {
        if (finalizer.rfind(each.finalizer, 0) == 0)
            return &each;
    }
    return nullptr;
}

struct Node {
    const Object* object = nullptr;
    std::string parent; // uid
    int rank = 0;
};

// Order among the children of one owner.
int rankOf(const std::string& kind)
{
    static const char* const order[] = {"Cluster",           "KubevirtCluster", "KubeadmControlPlane",
                                        "MachineDeployment", "MachineSet",      "Machine",
                                        "KubevirtMachine",   "VirtualMachine",  "VirtualMachineInstance",
                                        "DataVolume",        "KubeadmConfig"};
    const auto* const found =
        std::find_if(std::begin(order), std::end(order), [&](const char* each) { return kind == each; });
    return static_cast<int>(found - std::begin(order));
}

std::string conditionWords(const Object& object)
{
    const Json& json = object.json();
    for (const char* place : {"/status/conditions", "/status/v1beta2/conditions"}) {
        const Json::json_pointer pointer(place);
        if (!json.contains(pointer) || !json[pointer].is_array())
            continue;
        for (const Json& each : json[pointer]) {
            if (!each.is_object() || each.value("type", std::string()) != "Deleting" ||
                each.value("status", std::string()) != "True")
                continue;
            const std::string message = each.value("message", std::string());
            const std::string reason = each.value("reason", std::string());
            return cleanText(message.empty() ? reason : message, 400);
        }
    }
    return {};
}

} // namespace

std::vector<Question> deletionQuestions(const std::string& clusterApiVersion, const std::string& ns,
                                        const std::string& cluster)
{
    const std::string core = clusterApiVersion.empty() ? "cluster.x-k8s.io/v1beta2" : clusterApiVersion;
    const std::string infra = "infrastructure.cluster.x-k8s.io/v1alpha1";
    const std::string label = std::string(kClusterNameKey) + "=" + cluster;
    std::vector<Question> out;
    out.push_back({Target::Outer, {core, "Cluster", ns, cluster}, {}});
    const auto list = [&](const std::string& apiVersion, const char* kind) {
        out.push_back({Target::Outer, {apiVersion, kind, ns, {}}, label});
    };
    list(capiVersion("controlplane.cluster.x-k8s.io", core), "KubeadmControlPlane");
    list(core, "MachineDeployment");
    list(core, "MachineSet");
    list(core, "Machine");
    list(infra, "KubevirtCluster");
    list(infra, "KubevirtMachine");
    list("kubevirt.io/v1", "VirtualMachine");
    list("kubevirt.io/v1", "VirtualMachineInstance");
    // Their disks carry the VM's uid only.
    out.push_back({Target::Outer, {"cdi.kubevirt.io/v1beta1", "DataVolume", ns, {}}, {}});
    return out;
}

DeletionPicture deletionOf(const std::vector<Question>& questions, const Answers& answers, UnixMs now)
{
    DeletionPicture picture;
    std::vector<Object> all;
    std::string cluster;
    for (const Question& question : questions) {
        const std::vector<Object>* found = answers.find(question);
        if (found == nullptr)
            continue;
        if (question.ref.kind == "Cluster")
            cluster = question.ref.name;
        for (const Object& each : *found) {
            Object object = each;
            if (object.kind().empty()) // of a list's item
                object.edit()["kind"] = question.ref.kind;
            all.push_back(std::move(object));
        }
    }
    std::map<std::string, Node> nodes; // by uid
    for (const Object& object : all)
        nodes[object.uid()] = {&object, {}, rankOf(object.kind())};
    std::set<std::string> vms;
    std::string root;
    for (auto& [uid, node] : nodes) {
        const Json& metadata = node.object->json()["metadata"];
        if (metadata.contains("ownerReferences") && metadata["ownerReferences"].is_array()) {
            for (const Json& owner : metadata["ownerReferences"]) {
                if (!owner.is_object())
                    continue;
                const std::string of = owner.value("uid", std::string());
                // The nearest one: a Machine is owned by its set, its templates by the Cluster.
                const auto parent = nodes.find(of);
                if (parent == nodes.end() || of == uid)
                    continue;
                if (node.parent.empty() || parent->second.rank > nodes[node.parent].rank)
                    node.parent = of;
            }
        }
        if (node.object->kind() == "Cluster")
            root = uid;
    }
    // KubeVirt's VM is known to its KubevirtMachine by its name alone where nobody owns it.
    for (auto& [uid, node] : nodes) {
        if (!node.parent.empty() || node.object->kind() != "VirtualMachine")
            continue;
        for (const auto& [other, machine] : nodes) {
            if (machine.object->kind() == "KubevirtMachine" && machine.object->name() == node.object->name())
                node.parent = other;
        }
    }
    const auto belongs = [&](const std::string& uid) {
        const Node& node = nodes[uid];
        return node.object->kind() != "DataVolume" || !node.parent.empty();
    };
    if (!root.empty()) {
        const Object& object = *nodes[root].object;
        picture.deleting = object.deleting();
        picture.since = parseRfc3339(object.text("metadata.deletionTimestamp").value_or("")).value_or(0);
    } else {
        picture.gone = true;
    }
    std::multimap<std::string, std::string> children;
    for (const auto& [uid, node] : nodes) {
        if (uid != root && belongs(uid))
            children.emplace(node.parent.empty() ? root : node.parent, uid);
    }
    std::set<std::string> seen;
    const std::function<void(const std::string&, int)> visit = [&](const std::string& uid, int depth) {
        if (!seen.insert(uid).second || depth > kDeepest)
            return;
        const Object& object = *nodes[uid].object;
        Remnant out;
        out.kind = cleanText(object.kind(), 80);
        out.ns = cleanText(object.ns(), 80);
        out.name = cleanText(object.name(), 120);
        out.depth = depth;
        out.deletingSince = parseRfc3339(object.text("metadata.deletionTimestamp").value_or("")).value_or(0);
        const Json& metadata = object.json()["metadata"];
        if (metadata.contains("finalizers") && metadata["finalizers"].is_array()) {
            for (const Json& each : metadata["finalizers"]) {
                if (each.is_string())
                    out.finalizers.push_back(cleanText(each.get<std::string>(), 120));
            }
        }
        std::vector<std::string> below;
        const auto [from, to] = children.equal_range(uid);
        for (auto it = from; it != to; ++it)
            below.push_back(it->second);
        std::stable_sort(below.begin(), below.end(), [&](const std::string& a, const std::string& b) {
            const Node& x = nodes[a];
            const Node& y = nodes[b];
            return x.rank != y.rank ? x.rank < y.rank : x.object->name() < y.object->name();
        });
        const bool going = out.deletingSince != 0;
        bool goingBelow = false;
        std::function<void(const std::string&, int)> look = [&](const std::string& each, int deep) {
            if (deep > kDeepest)
                return;
            goingBelow = goingBelow || nodes[each].object->deleting();
            const auto [a, b] = children.equal_range(each);
            for (auto it = a; it != b; ++it)
                look(it->second, deep + 1);
        };
        for (const std::string& each : below)
            look(each, 0);
        const Holder* holder = nullptr;
        std::string unknown;
        for (const std::string& finalizer : out.finalizers) {
            const Holder* known = holderOf(finalizer);
            if (known == nullptr)
                unknown = finalizer;
            else if (holder == nullptr)
                holder = known;
        }
        if (going) {
            const bool foreign = !unknown.empty();
            out.holder = foreign             ? std::string()
                         : holder != nullptr ? say(marked(holder->who))
                                             : std::string();
            out.holds = !goingBelow;
            const std::string told = conditionWords(object);
            if (foreign)
                out.words = say("It is held by the finalizer %1.", {unknown});
            else if (!told.empty())
                out.words = told;
            else if (out.finalizers.empty())
                out.words = say("Nothing holds it; it goes any moment.");
            else
                out.words = goingBelow ? say("It waits for what is below it.")
                                       : say("%1 has not let go of it yet.", {out.holder});
            out.stuck = out.holds && now - out.deletingSince > kLong;
            if (out.holds) {
                out.step =
                    foreign ? say("Find out which program writes %1 and whether it still runs. Take the "
                                  "finalizer away by hand only when it is gone for good: what it would have "
                                  "cleaned up stays behind.",
                                  {unknown})
                    : holder != nullptr ? say(marked(holder->step))
                                        : std::string();
            }
        } else {
            out.words = picture.deleting
                            ? say("Nobody has asked it to go yet: its owner does when it is its turn.")
                            : say("It is there.");
        }
        picture.remnants.push_back(std::move(out));
        for (const std::string& each : below)
            visit(each, depth + 1);
    };
    if (!root.empty())
        visit(root, 0);
    for (const auto& [uid, node] : nodes) { // what has lost its owner
        if (node.parent.empty() && belongs(uid))
            visit(uid, root.empty() ? 0 : 1);
    }
    return picture;
}

} // namespace strata::actions
