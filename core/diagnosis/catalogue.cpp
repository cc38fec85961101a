// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/catalogue.h"

#include "core/diagnosis/rule.h"

#include <algorithm>

namespace strata::diagnosis {

const std::vector<RuleInfo>& catalogue()
{
    using enum Basis;
    static const char* const launcherLog = "kubectl -n %vmns logs %launcher -c compute --tail=200";
    static const char* const console = "virtctl -n %vmns console %vm";
    static const char* const onNode = "kubectl get pods -A -o wide --field-selector spec.nodeName=%node";
    static const std::vector<RuleInfo> all = {
        {"A1", mark("Host or node without (nested) virtualization"), Watched, "", {"virsh nodeinfo"}},
        {"A2", mark("Node lacks tun or vhost-net"), Watched, "", {onNode}},
        {"A3", mark("Host, node or virt-handler lost"), Watched, "", {onNode}},
        {"A4", mark("CPU model of the host is obsolete"), Watched, "", {}},
        {"A5",
         mark("Node or host short of memory, disk or process ids"),
         Watched,
         "",
         {onNode, "kubectl cordon %node"}},
        {"A6",
         mark("Clock skew between host, guest and API server"),
         Partly,
         mark("clocks of hosts and workers"),
         {}},
        {"A7", mark("Network of the outer node or of a launcher pod not set up"), Watched, "", {onNode}},

        {"B1", mark("KubeVirt not ready"), Watched, "", {}},
        {"B2", mark("Two KubeVirt resources"), Watched, "", {}},
        {"B3", mark("KubeVirt update half-way"), Watched, "", {}},
        {"B4", mark("Uninstall of KubeVirt blocked"), Watched, "", {}},
        {"B5", mark("virt-api or its webhook down"), Watched, "", {}},
        {"B6", mark("CDI not ready, or no default storage class"), Watched, "", {}},
        {"B7", mark("Storage class unknown to CDI"), Watched, "", {}},
        {"B8", mark("cert-manager not ready"), Watched, "", {}},
        {"B9",
         mark("Images of the platform cannot be pulled"),
         Watched,
         "",
         {"kubectl -n %ns describe pod %name"}},
        {"B10",
         mark("Namespace forbids launcher pods"),
         Watched,
         "",
         {"kubectl label namespace %vmns pod-security.kubernetes.io/enforce=privileged --overwrite"}},

        {"C1", mark("Volume waits for its first consumer (normal)"), Watched, "", {}},
        {"C2",
         mark("DataVolume has no claim"),
         Watched,
         "",
         {"kubectl -n %ns describe pvc %name", "kubectl -n %ns get pods"}},
        {"C3",
         mark("Claim never binds"),
         Watched,
         "",
         {"kubectl -n %ns describe pvc %name", "kubectl -n %ns get pods"}},
        {"C4", mark("Quota forbids the volume"), Watched, "", {"kubectl -n %ns describe resourcequotas"}},
        {"C5",
         mark("Importer pod cannot be scheduled"),
         Watched,
         "",
         {"kubectl -n %ns describe pvc %name", "kubectl -n %ns get pods"}},
        {"C6",
         mark("Importer's image cannot be pulled"),
         Watched,
         "",
         {"kubectl -n %ns describe pvc %name", "kubectl -n %ns get pods"}},
        {"C7",
         mark("Image larger than its disk"),
         Watched,
         "",
         {"kubectl -n %ns describe pvc %name", "kubectl -n %ns get pods"}},
        {"C8",
         mark("Import fails again and again"),
         Watched,
         "",
         {"kubectl -n %ns describe pvc %name", "kubectl -n %ns get pods"}},
        {"C9",
         mark("Importer out of memory"),
         Watched,
         "",
         {"kubectl -n %ns describe pvc %name", "kubectl -n %ns get pods"}},
        {"C10",
         mark("Scratch space missing"),
         Watched,
         "",
         {"kubectl -n %ns describe pvc %name", "kubectl -n %ns get pods"}},
        {"C11",
         mark("Claim lost"),
         Watched,
         "",
         {"kubectl -n %ns describe pvc %name", "kubectl -n %ns get pods"}},
        {"C12", mark("Clone blocked"), Watched, "", {"kubectl -n %vmns get datavolumes,events"}},
        {"C13", mark("Upload stuck"), Partly, mark("certificates of the upload proxy"), {}},
        {"C14",
         mark("A disk of the VM is missing or could not be filled"),
         Watched,
         "",
         {"kubectl -n %vmns get datavolumes,persistentvolumeclaims"}},
        {"C15",
         mark("Cluster API's view of the volume"),
         Watched,
         "",
         {"kubectl -n %ns get datavolumes,persistentvolumeclaims"}},

        {"D1",
         mark("No node can take the VM"),
         Watched,
         "",
         {"kubectl get nodes -o wide", "kubectl -n %vmns describe pod %launcher"}},
        {"D2",
         mark("Image of the VM cannot be pulled"),
         Watched,
         "",
         {"kubectl -n %vmns describe pod %launcher"}},
        {"D3", mark("VM crashes again and again"), Watched, "", {console, launcherLog}},
        {"D4",
         mark("VM paused by an I/O error"),
         Watched,
         "",
         {"kubectl -n %vmns get persistentvolumeclaims", launcherLog, "virtctl -n %vmns unpause vm %vm"}},
        {"D5",
         mark("VM paused by an operator or its migration"),
         Watched,
         "",
         {"virtctl -n %vmns unpause vm %vm"}},
        {"D6", mark("No guest agent"), Watched, "", {}},
        {"D7", mark("VM runs without an address"), Watched, "", {console}},
        {"D8", mark("VM not ready, failed or stopped"), Watched, "", {console, launcherLog}},
        {"D9", mark("VM cannot be brought into its wanted state"), Watched, "", {launcherLog}},
        {"D10", mark("A change waits for a restart"), Watched, "", {"virtctl -n %vmns restart %vm"}},
        {"D11", mark("VM needs manual recovery"), Watched, "", {}},
        {"D12", mark("CPU pinning impossible"), Watched, "", {}},
        {"D13", mark("Access credentials not injected"), Watched, "", {}},
        {"D14", mark("Launcher stuck"), Watched, "", {}},
        {"D15", mark("Guest file system nearly full"), Probe, "", {}},

        {"E1", mark("Not migratable: disks"), Watched, "", {}},
        {"E2", mark("Not migratable: network"), Watched, "", {}},
        {"E3", mark("Not migratable: CPU model"), Watched, "", {}},
        {"E4", mark("Not migratable: devices or other"), Watched, "", {}},
        {"E5", mark("Drain refused: VM cannot move"), Watched, "", {}},
        {"E6", mark("Drain under way"), Watched, "", {}},
        {"E7", mark("Eviction never ends after uncordon"), Watched, "", {}},
        {"E8", mark("Drain waits for the provider"), Probe, "", {}},
        {"E9", mark("Inner node left cordoned"), Watched, "", {}},
        {"E10", mark("Machine declared failed by a drain"), Watched, "", {}},
        {"E11", mark("Migration failed"), Watched, "", {}},
        {"E12", mark("Hot-plugged change waits for a migration"), Watched, "", {}},

        {"F1",
         mark("Load balancer without address"),
         Watched,
         "",
         {"kubectl -n %ns get services", "kubectl -n %ns get kubevirtclusters -o yaml"}},
        {"F2", mark("Misleading load balancer error"), Probe, "", {}},
        {"F3", mark("Load balancer gives a host name only"), Watched, "", {}},
        {"F4", mark("Endpoint only reachable inside the cluster"), Watched, "", {}},
        {"F5",
         mark("Waits for the cluster's infrastructure"),
         Watched,
         "",
         {"kubectl -n %ns get kubevirtclusters"}},
        {"F6",
         mark("Workers wait for the control plane"),
         Watched,
         "",
         {"kubectl -n %ns get kubeadmcontrolplanes"}},
        {"F7", mark("Waits for the bootstrap secret"), Watched, "", {"kubectl -n %ns get kubeadmconfigs"}},
        {"F8", mark("SSH keys secret missing"), Probe, "", {}},
        {"F9", mark("VM cannot be created"), Watched, "", {"kubectl -n %ns get resourcequotas,events"}},
        {"F10", mark("VM of the machine not ready"), Watched, "", {"kubectl -n %ns get machines -o wide"}},
        {"F11",
         mark("Bootstrap does not end"),
         Partly,
         mark("TCP :22 through portforward, serial console, cloud-init in the guest"),
         {console}},
        {"F12",
         mark("SSH forbidden by policy"),
         Partly,
         mark("TCP :22 from the management cluster"),
         {console}},
        {"F13", mark("Bootstrap not checked"), Watched, "", {}},
        {"F14",
         mark("Node never appears, or with another providerID"),
         Watched,
         "",
         {console, "kubectl -n %ns get machines -o wide"}},
        {"F15",
         mark("Tenant's API out of reach of the management cluster"),
         Probe,
         "",
         {"kubectl -n %ns get services,vmi -o wide"}},
        {"F16", mark("External infrastructure cluster out of reach"), Probe, "", {}},
        {"F17", mark("Control plane held back by a preflight check"), Watched, "", {}},
        {"F18", mark("Pool held back by a preflight check"), Watched, "", {"kubectl -n %ns get machinesets"}},
        {"F19", mark("Template cannot be cloned"), Watched, "", {}},
        {"F20", mark("Object behind Cluster API gone"), Watched, "", {}},
        {"F21",
         mark("Reconciliation paused"),
         Watched,
         "",
         {"kubectl -n %ns patch cluster.cluster.x-k8s.io %name --type merge -p "
          "'{\"spec\":{\"paused\":false}}'"}},
        {"F22",
         mark("Health check will not remediate"),
         Watched,
         "",
         {"kubectl -n %ns get machinehealthchecks"}},
        {"F23", mark("Deletion hangs"), Watched, "", {"kubectl -n %ns get machines -o wide"}},
        {"F24", mark("Topology rollout waits"), Watched, "", {}},
        {"F25",
         mark("Template edited in place"),
         Partly,
         mark("the server says so when it refuses the edit"),
         {}},
        {"F26",
         mark("Machine given up"),
         Watched,
         "",
         {"kubectl -n %ns delete machine.cluster.x-k8s.io %name"}},

        {"G1", mark("No working CNI in the tenant"), Watched, "", {"kubectl get pods -A -o wide"}},
        {"G2", mark("Tunnel port or CIDR collides between layers"), Probe, "", {}},
        {"G3", mark("MTU mismatch"), Probe, "", {}},
        {"G4", mark("Kubelet silent or unwell"), Watched, "", {console, launcherLog}},
        {"G5",
         mark("etcd unhealthy or without quorum"),
         Watched,
         "",
         {"kubectl -n %ns get machines -o wide"}},
        {"G6", mark("etcd's disk slow"), Probe, "", {}},
        {"G7", mark("Part of the control plane unhealthy"), Watched, "", {console}},
        {"G8", mark("Certificates missing or about to expire"), Probe, "", {"kubectl -n %ns get secrets"}},
        {"G9", mark("Address of a control plane VM changed"), Probe, "", {}},
        {"G10", mark("Kubernetes patch version too new for this Cluster API"), Watched, "", {}},
        {"G11",
         mark("Pods of a workload pend or fail"),
         Watched,
         "",
         {"kubectl -n %ns logs %name --previous --tail=100"}},
        {"G12", mark("Volume inside the tenant cannot be attached"), Probe, "", {}},
        {"G13", mark("Node keeps its uninitialized taint"), Watched, "", {}},
        {"G14", mark("Service of type LoadBalancer pends in the tenant"), Probe, "", {}},

        {"S1", mark("Connection lost"), Watched, "", {}},
        {"S2", mark("Kind cannot be read"), Watched, "", {}},
        {"S4",
         mark("A controller of the platform is down"),
         Watched,
         "",
         {"kubectl -n %ns get pods -o wide"}},
        {"S3", mark("Its own status says it is not well"), Watched, "", {}},
    };
    return all;
}

const RuleInfo* ruleInfo(std::string_view id)
{
    const std::vector<RuleInfo>& all = catalogue();
    const auto found =
        std::find_if(all.begin(), all.end(), [id](const RuleInfo& rule) { return id == rule.id; });
    return found == all.end() ? nullptr : &*found;
}

const char* toString(Basis basis)
{
    switch (basis) {
    case Basis::Watched:
        return "watched";
    case Basis::Partly:
        return "partly";
    case Basis::Probe:
        return "asked";
    }
    return "";
}

namespace {

std::string quoted(const std::string& word)
{
    const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_./:@%+=,").find(c) != std::string_view::npos;
    });
    if (plain)
        return word;
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return out + "'";
}

struct Names {
    const stack::ObjectRef* object = nullptr;
    const stack::Meta* vm = nullptr;
    std::string launcher;
    std::string node;
    std::string host;
    stack::SourceId outer = 0;
    stack::SourceId hostSource = 0;
};

Names namesOf(const stack::Stack& stack, const Finding& finding)
{
    Names out;
    if (!finding.evidence.empty())
        out.object = &finding.evidence.front().object;
    for (const stack::ItemId id : stack.path(finding.subject)) {
        const stack::Item* item = stack.find(id);
        if (item->kind == stack::ItemKind::Host) {
            out.host = item->name;
            out.hostSource = item->source;
        } else if (item->kind == stack::ItemKind::OuterNode) {
            out.node = item->name;
            out.outer = item->source;
        }
    }
    stack::ItemFacts facts = stack.facts(finding.subject);
    const stack::Item* subject = stack.find(finding.subject);
    if (subject != nullptr && subject->kind == stack::ItemKind::Workload)
        facts = stack.facts(subject->parentIn(stack::Tree::Stack));
    if (facts.vm != nullptr)
        out.vm = &facts.vm->meta;
    else if (facts.vmi != nullptr)
        out.vm = &facts.vmi->meta;
    if (facts.launcher != nullptr)
        out.launcher = facts.launcher->meta.name;
    if (out.outer == 0 && subject != nullptr) {
        const stack::SourceState* source = stack.source(subject->source);
        out.outer = source != nullptr && source->kind == stack::SourceKind::InnerCluster ? source->outer
                                                                                         : subject->source;
    }
    return out;
}

// No value: a name it needs is not known.
bool fill(std::string_view form, const Names& names, Command& out)
{
    bool outer = false;
    for (std::size_t at = 0; at < form.size();) {
        const std::size_t percent = form.find('%', at);
        out.text += form.substr(at, percent == std::string_view::npos ? percent : percent - at);
        if (percent == std::string_view::npos)
            break;
        std::size_t end = percent + 1;
        while (end < form.size() && form[end] >= 'a' && form[end] <= 'z')
            ++end;
        const std::string_view token = form.substr(percent + 1, end - percent - 1);
        std::string value;
        if (token == "ns" && names.object != nullptr)
            value = names.object->ns;
        else if (token == "name" && names.object != nullptr)
            value = names.object->name;
        else if (token == "vmns" && names.vm != nullptr)
            value = names.vm->ns;
        else if (token == "vm" && names.vm != nullptr)
            value = names.vm->name;
        else if (token == "launcher")
            value = names.launcher;
        else if (token == "node")
            value = names.node;
        else if (token == "host")
            value = names.host;
        if (value.empty())
            return false;
        outer = outer || (token != "ns" && token != "name");
        out.text += quoted(value);
        at = end;
    }
    if (form.starts_with("virsh")) {
        out.source = names.hostSource;
        return out.source != 0;
    }
    out.source = outer || names.object == nullptr ? names.outer : names.object->source;
    return true;
}

} // namespace

std::vector<Command> commandsFor(const stack::Stack& stack, const Finding& finding)
{
    std::vector<Command> out;
    const Names names = namesOf(stack, finding);
    if (names.object != nullptr && !names.object->resource.empty() && !names.object->name.empty()) {
        Command command;
        command.source = names.object->source;
        if (names.object->group == "libvirt") {
            command.text = "virsh dominfo " + quoted(names.object->name);
        } else {
            command.text = "kubectl";
            if (!names.object->ns.empty())
                command.text += " -n " + quoted(names.object->ns);
            command.text += " describe " + quoted(names.object->group.empty()
                                                      ? names.object->resource
                                                      : names.object->resource + "." + names.object->group);
            command.text += " " + quoted(names.object->name);
        }
        out.push_back(std::move(command));
    }
    if (const RuleInfo* rule = ruleInfo(finding.rule)) {
        for (const char* form : rule->commands) {
            Command command;
            if (fill(form, names, command) && std::find(out.begin(), out.end(), command) == out.end())
                out.push_back(std::move(command));
        }
    }
    return out;
}

std::string commandLine(const stack::Stack& stack, const Command& command, const std::string& access)
{
    const std::size_t space = command.text.find(' ');
    const std::string program = command.text.substr(0, space);
    const std::string rest = space == std::string::npos ? std::string() : command.text.substr(space);
    const stack::SourceState* source = stack.source(command.source);
    if (program == "virsh")
        return source == nullptr ? command.text : "virsh -c " + quoted(source->address) + rest;
    const std::string flags = access.empty() ? std::string() : " " + access;
    if (source == nullptr || source->kind != stack::SourceKind::InnerCluster)
        return program + flags + rest;
    const std::size_t slash = source->clusterKey.find('/');
    if (slash == std::string::npos)
        return program + rest;
    return program + " --kubeconfig <(kubectl" + flags + " -n " +
           quoted(source->clusterKey.substr(0, slash)) + " get secret " +
           quoted(source->clusterKey.substr(slash + 1) + "-kubeconfig") +
           " -o jsonpath='{.data.value}' | base64 -d)" + rest;
}

} // namespace strata::diagnosis
