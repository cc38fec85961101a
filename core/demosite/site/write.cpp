// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/site/write.h"

#include "core/demosite/api/json.h"

#include <algorithm>

namespace strata::demosite {

std::string fill(std::string_view text, Places places)
{
    // Kept between calls: growing a new text for each of 100,000 objects is most of what a site's start
    // costs.
    thread_local std::string out;
    out.clear();
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '@') {
            const std::size_t end = text.find('@', i + 1);
            const std::string_view name = text.substr(i + 1, end - i - 1);
            for (const auto& [key, value] : places) {
                if (key == name)
                    out += value;
            }
            i = end;
            continue;
        }
        if (c == '"')
            inString = !inString;
        if (inString || (c != '\n' && c != ' '))
            out += c;
    }
    return out;
}

std::string condition(std::string_view type, std::string_view status, std::string_view reason,
                      std::string_view message, std::string_view since)
{
    std::string out = R"({"type":")" + std::string(type) + R"(","status":")" + std::string(status) +
                      R"(","lastTransitionTime":")" + std::string(since) + "\"";
    if (!reason.empty())
        out += R"(,"reason":")" + std::string(reason) + "\"";
    if (!message.empty())
        out += R"(,"message":)" + jsonQuoted(message);
    return out + "}";
}

std::string capiCondition(std::string_view type, std::string_view status, std::string_view reason,
                          std::string_view message, std::string_view since)
{
    std::string out = condition(type, status, reason, message, since);
    if (message.empty())
        out.insert(out.size() - 1, R"(,"message":"")");
    return out;
}

std::string nodeInfo(const NodePlan& node)
{
    return fill(R"({"machineID":"@MACHINE@","systemUUID":"@SYS@","bootID":"@BOOT@","kernelVersion":"@KERNEL@",
        "osImage":"@OS@","containerRuntimeVersion":"containerd://2.1.4","kubeletVersion":"@VERSION@",
        "kubeProxyVersion":"","operatingSystem":"linux","architecture":"amd64"})",
                {{"MACHINE", node.systemUuid.substr(0, 8) + node.uid.substr(24)},
                 {"SYS", node.systemUuid},
                 {"BOOT", node.uid},
                 {"KERNEL", node.kernel},
                 {"OS", node.osImage},
                 {"VERSION", node.version}});
}

std::string ownerRef(std::string_view apiVersion, std::string_view kind, std::string_view name,
                     std::string_view uid)
{
    return R"({"apiVersion":")" + std::string(apiVersion) + R"(","kind":")" + std::string(kind) +
           R"(","name":")" + std::string(name) + R"(","uid":")" + std::string(uid) +
           R"(","controller":true,"blockOwnerDeletion":true})";
}

std::string podBody(const PodPlan& pod)
{
    std::string containers;
    std::string statuses;
    for (const ContainerPlan& container : pod.containers) {
        containers += (containers.empty() ? "" : ",") +
                      fill(R"({"name":"@NAME@","image":"@IMAGE@","resources":{"requests":{"cpu":"@CPU@m",
                           "memory":"@MEM@Mi"}},"imagePullPolicy":"IfNotPresent"})",
                           {{"NAME", container.name},
                            {"IMAGE", container.image},
                            {"CPU", std::to_string(container.cpuMilli)},
                            {"MEM", std::to_string(container.memoryMi)}});
        statuses +=
            (statuses.empty() ? "" : ",") +
            fill(R"({"name":"@NAME@","image":"@IMAGE@","imageID":"","containerID":"containerd://@UID@",
                         "ready":@READY@,"started":true,"restartCount":0,
                         "state":{"running":{"startedAt":"@TIME@"}}})",
                 {{"NAME", container.name},
                  {"IMAGE", container.image},
                  {"UID", pod.uid},
                  {"READY", pod.ready ? "true" : "false"},
                  {"TIME", pod.created}});
    }
    const std::string_view ready = pod.ready ? "True" : "False";
    const std::string conditions =
        condition("Initialized", "True", "", "", pod.created) + "," +
        condition("Ready", ready, pod.ready ? "" : "ContainersNotReady", "", pod.created) + "," +
        condition("ContainersReady", ready, pod.ready ? "" : "ContainersNotReady", "", pod.created) + "," +
        condition("PodScheduled", "True", "", "", pod.created);
    return fill(R"({"metadata":{"name":"@NAME@","namespace":"@NS@","uid":"@UID@","creationTimestamp":"@TIME@",
        "labels":{@LABELS@}@ANN@@OWNER@},
        "spec":{"nodeName":"@NODE@","restartPolicy":"Always","schedulerName":"default-scheduler",
        "serviceAccountName":"default"@HOSTNET@,"containers":[@CONTAINERS@]},
        "status":{"phase":"Running","qosClass":"Burstable","podIP":"@IP@","podIPs":[{"ip":"@IP@"}],
        "startTime":"@TIME@","conditions":[@CONDITIONS@],"containerStatuses":[@STATUSES@]}})",
                {{"NAME", pod.name},
                 {"NS", pod.ns},
                 {"UID", pod.uid},
                 {"TIME", pod.created},
                 {"LABELS", pod.labels},
                 {"ANN", pod.annotations.empty() ? "" : R"(,"annotations":{)" + pod.annotations + "}"},
                 {"OWNER", pod.owner.empty() ? "" : R"(,"ownerReferences":[)" + pod.owner + "]"},
                 {"NODE", pod.node},
                 {"HOSTNET", pod.hostNetwork ? R"(,"hostNetwork":true)" : ""},
                 {"CONTAINERS", containers},
                 {"IP", pod.address},
                 {"CONDITIONS", conditions},
                 {"STATUSES", statuses}});
}

std::string nodeBody(const NodePlan& node)
{
    const auto kubelet = [&](const char* type, bool bad, const char* badReason, const char* goodReason,
                             const std::string& message) {
        if (node.lost)
            return fill(
                R"({"type":"@T@","status":"Unknown","lastHeartbeatTime":"@S@","lastTransitionTime":"@S@",
                        "reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."})",
                {{"T", type}, {"S", node.lostSince}});
        const bool isReady = std::string_view(type) == "Ready";
        return fill(R"({"type":"@T@","status":"@V@","lastHeartbeatTime":"@H@","lastTransitionTime":"@C@",
                    "reason":"@R@","message":"@M@"})",
                    {{"T", type},
                     {"V", bad != isReady ? "True" : "False"},
                     {"H", node.heartbeat},
                     {"C", bad ? node.lostSince : node.created},
                     {"R", bad ? badReason : goodReason},
                     {"M", message}});
    };
    const std::string conditions =
        kubelet("MemoryPressure", node.pressed, "KubeletHasInsufficientMemory", "KubeletHasSufficientMemory",
                node.pressed ? "kubelet has insufficient memory available"
                             : "kubelet has sufficient memory available") +
        "," + kubelet("DiskPressure", false, "", "KubeletHasNoDiskPressure", "kubelet has no disk pressure") +
        "," +
        kubelet("PIDPressure", false, "", "KubeletHasSufficientPID", "kubelet has sufficient PID available") +
        "," + kubelet("Ready", false, "", "KubeletReady", "kubelet is posting ready status");
    std::string taints;
    if (node.lost)
        taints = R"({"key":"node.kubernetes.io/unreachable","effect":"NoSchedule","timeAdded":")" +
                 node.lostSince +
                 R"("},{"key":"node.kubernetes.io/unreachable","effect":"NoExecute","timeAdded":")" +
                 node.lostSince + R"("})";
    else if (node.pressed)
        taints = R"({"key":"node.kubernetes.io/memory-pressure","effect":"NoSchedule","timeAdded":")" +
                 node.lostSince + R"("})";
    const std::string memory = std::to_string(std::int64_t{node.memoryGiB} * 1024 * 1024);
    const std::string allocatable = std::to_string(std::int64_t{node.memoryGiB} * 1024 * 1024 -
                                                   (node.memoryGiB > 256 ? 12 : 1) * 1024 * 1024);
    return fill(R"({"metadata":{"name":"@NAME@","uid":"@UID@","creationTimestamp":"@TIME@",
        "labels":{"beta.kubernetes.io/arch":"amd64","kubernetes.io/arch":"amd64","kubernetes.io/os":"linux",
        "kubernetes.io/hostname":"@HOST@"@ROLE@@LABELS@},"annotations":{"volumes.kubernetes.io/controller-managed-attach-detach":"true"@ANN@}},
        "spec":{"podCIDR":"10.244.0.0/24"@PROVIDER@@TAINTS@},
        "status":{"capacity":{"cpu":"@CPU@","memory":"@MEM@Ki","pods":"250","ephemeral-storage":"461Gi"@EXTRA@},
        "allocatable":{"cpu":"@CPU@","memory":"@ALLOC@Ki","pods":"250","ephemeral-storage":"424Gi"@EXTRA@},
        "conditions":[@CONDITIONS@],
        "addresses":[{"type":"InternalIP","address":"@IP@"},{"type":"Hostname","address":"@HOST@"}],
        "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}},
        "nodeInfo":@INFO@}})",
                {{"NAME", node.name},
                 {"UID", node.uid},
                 {"TIME", node.created},
                 {"HOST", node.hostname},
                 {"ROLE", node.controlPlane ? R"(,"node-role.kubernetes.io/control-plane":"")" : ""},
                 {"LABELS", node.labels},
                 {"ANN", node.annotations},
                 {"PROVIDER", node.providerId.empty() ? "" : R"(,"providerID":")" + node.providerId + "\""},
                 {"TAINTS", taints.empty() ? "" : R"(,"taints":[)" + taints + "]"},
                 {"CPU", std::to_string(node.cpus)},
                 {"MEM", memory},
                 {"ALLOC", allocatable},
                 {"EXTRA", node.extra},
                 {"CONDITIONS", conditions},
                 {"IP", node.address},
                 {"INFO", nodeInfo(node)}});
}

void writeWorkload(Store& store, const SitePlan& plan, const std::string& cluster,
                   const WorkloadPlan& workload, const std::vector<std::string>& nodes,
                   const std::vector<std::string>& unready, long age)
{
    const std::string_view kindName = workload.kind;
    const Kinds& kinds = Kinds::instance();
    const std::string key = cluster + "/" + workload.ns + "/" + workload.name;
    const std::string uid = plan.uid(std::string(kindName) + "/" + key);
    const std::string created = plan.ago(age);
    const bool daemon = kindName == "DaemonSet";
    const int count = daemon ? static_cast<int>(nodes.size()) : workload.replicas;
    const std::string hash = plan.suffix("hash/" + key, 10);
    const std::string label = R"("app":")" + workload.name + "\"";
    std::string parent = ownerRef("apps/v1", kindName, workload.name, uid);
    std::string podLabels = label;
    if (kindName == "Deployment") {
        const std::string setUid = plan.uid("ReplicaSet/" + key);
        parent = ownerRef("apps/v1", "ReplicaSet", workload.name + "-" + hash, setUid);
        podLabels += R"(,"pod-template-hash":")" + hash + "\"";
    } else {
        podLabels += R"(,"controller-revision-hash":")" + hash + "\"";
    }
    if (workload.ns == "cdi") // as CDI's operator labels its parts
        podLabels += R"(,"cdi.kubevirt.io":")" + workload.name + "\"";
    int ready = 0;
    const auto isUnready = [&](const std::string& node) {
        return std::find(unready.begin(), unready.end(), node) != unready.end();
    };
    const std::size_t start = nodes.empty() ? 0 : plan.uid(key)[0] % nodes.size();
    for (int i = 0; i < count && !nodes.empty(); ++i) {
        PodPlan pod;
        pod.ns = workload.ns;
        const std::string ending = plan.suffix("pod/" + key + "/" + std::to_string(i));
        pod.name = kindName == "StatefulSet"  ? workload.name + "-" + std::to_string(i)
                   : kindName == "Deployment" ? workload.name + "-" + hash + "-" + ending
                                              : workload.name + "-" + ending;
        pod.uid = plan.uid("pod/" + key + "/" + std::to_string(i));
        pod.labels = podLabels;
        pod.owner = parent;
        pod.node = nodes[(start + static_cast<std::size_t>(i)) % nodes.size()];
        pod.address = "10.243." + std::to_string(plan.uid(pod.node)[1] % 100) + "." +
                      std::to_string((static_cast<unsigned char>(pod.uid[0]) * 7U +
                                      static_cast<unsigned char>(pod.uid[2])) %
                                         240U +
                                     10U);
        pod.created = created;
        pod.containers = workload.containers;
        pod.hostNetwork = workload.hostNetwork;
        pod.ready = !isUnready(pod.node);
        ready += pod.ready ? 1 : 0;
        store.load(kinds.get("pods", ""), podBody(pod));
    }
    std::string containers;
    for (const ContainerPlan& container : workload.containers)
        containers +=
            (containers.empty() ? "" : ",") +
            fill(R"({"name":"@N@","image":"@I@","resources":{"requests":{"cpu":"@C@m","memory":"@M@Mi"}}})",
                 {{"N", container.name},
                  {"I", container.image},
                  {"C", std::to_string(container.cpuMilli)},
                  {"M", std::to_string(container.memoryMi)}});
    // Managers of Cluster API's providers carry which one they are, as their manifests have it.
    std::string more;
    for (const auto& [space, provider] :
         {std::pair("capi-system", "cluster-api"),
          std::pair("capi-kubeadm-bootstrap-system", "bootstrap-kubeadm"),
          std::pair("capi-kubeadm-control-plane-system", "control-plane-kubeadm"),
          std::pair("capk-system", "infrastructure-kubevirt")}) {
        if (workload.ns == space && kindName == "Deployment")
            more = std::string(R"(,"cluster.x-k8s.io/provider":")") + provider + "\"";
    }
    const std::string n = std::to_string(count);
    const std::string r = std::to_string(ready);
    const auto body = [&](const std::string& name, const std::string& id, const std::string& labels,
                          const std::string& owner, const std::string& spec, const std::string& status) {
        return fill(R"({"metadata":{"name":"@NAME@","namespace":"@NS@","uid":"@UID@","generation":1,
            "creationTimestamp":"@TIME@","labels":{@LABELS@@MORE@}@OWNER@},
            "spec":{@SPEC@"selector":{"matchLabels":{@LABELS@}},"template":{"metadata":{"labels":{@LABELS@}},
            "spec":{"restartPolicy":"Always"@TOLERATIONS@,"containers":[@CONTAINERS@]}}},"status":{@STATUS@}})",
                    {{"NAME", name},
                     {"NS", workload.ns},
                     {"UID", id},
                     {"TIME", created},
                     {"LABELS", labels},
                     {"MORE", more},
                     {"OWNER", owner.empty() ? "" : R"(,"ownerReferences":[)" + owner + "]"},
                     {"SPEC", spec},
                     {"CONTAINERS", containers},
                     {"TOLERATIONS", daemon ? R"(,"tolerations":[{"operator":"Exists"}])" : ""},
                     {"STATUS", status}});
    };
    const std::string replicas = R"("replicas":)" + n + ",";
    const std::string replicaStatus = R"("observedGeneration":1,"replicas":)" + n + R"(,"readyReplicas":)" +
                                      r + R"(,"availableReplicas":)" + r;
    if (daemon) {
        store.load(kinds.get("daemonsets"),
                   body(workload.name, uid, label, "", "",
                        R"("observedGeneration":1,"desiredNumberScheduled":)" + n +
                            R"(,"currentNumberScheduled":)" + n + R"(,"numberReady":)" + r +
                            R"(,"numberAvailable":)" + r + R"(,"updatedNumberScheduled":)" + n +
                            R"(,"numberMisscheduled":0)"));
    } else if (kindName == "StatefulSet") {
        // Its pods find each other by a Service without an address.
        store.load(
            kinds.get("services", ""),
            fill(
                R"({"metadata":{"name":"@NAME@","namespace":"@NS@","uid":"@UID@","creationTimestamp":"@TIME@",
                        "labels":{@LABELS@}},"spec":{"type":"ClusterIP","clusterIP":"None","clusterIPs":["None"],
                        "selector":{@LABELS@},"ports":[{"name":"http","port":@PORT@,"protocol":"TCP","targetPort":@PORT@}]},
                        "status":{"loadBalancer":{}}})",
                {{"NAME", workload.name},
                 {"NS", workload.ns},
                 {"UID", plan.uid("service/" + key)},
                 {"TIME", created},
                 {"LABELS", label},
                 {"PORT", workload.name == "prometheus" ? "9090" : "8080"}}));
        store.load(kinds.get("statefulsets"), body(workload.name, uid, label, "",
                                                   replicas + R"("serviceName":")" + workload.name + "\",",
                                                   replicaStatus + R"(,"updatedReplicas":)" + n));
    } else {
        const bool available = ready * 4 >= count * 3;
        store.load(kinds.get("replicasets"),
                   body(workload.name + "-" + hash, plan.uid("ReplicaSet/" + key), podLabels,
                        ownerRef("apps/v1", "Deployment", workload.name, uid), replicas, replicaStatus));
        store.load(kinds.get("deployments"),
                   body(workload.name, uid, label, "", replicas,
                        replicaStatus + R"(,"updatedReplicas":)" + n + R"(,"conditions":[)" +
                            condition("Available", available ? "True" : "False",
                                      available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                                      available ? "Deployment has minimum availability."
                                                : "Deployment does not have minimum availability.",
                                      created) +
                            "," +
                            condition("Progressing", "True", "NewReplicaSetAvailable",
                                      "ReplicaSet \"" + workload.name + "-" + hash +
                                          "\" has successfully progressed.",
                                      created) +
                            "]"));
    }
}

void writeNamespace(Store& store, const SitePlan& plan, const std::string& cluster, const std::string& name,
                    long age)
{
    store.load(
        Kinds::instance().get("namespaces", ""),
        fill(R"({"metadata":{"name":"@N@","uid":"@U@","creationTimestamp":"@T@",
                    "labels":{"kubernetes.io/metadata.name":"@N@"}},"spec":{"finalizers":["kubernetes"]},
                    "status":{"phase":"Active"}})",
             {{"N", name}, {"U", plan.uid("namespace/" + cluster + "/" + name)}, {"T", plan.ago(age)}}));
}

void writeApiService(Store& store, const SitePlan& plan, const std::string& cluster,
                     const std::string& address, long age)
{
    store.load(
        Kinds::instance().get("services", ""),
        fill(R"({"metadata":{"name":"kubernetes","namespace":"default","uid":"@U@","creationTimestamp":"@T@",
                    "labels":{"component":"apiserver","provider":"kubernetes"}},
                    "spec":{"type":"ClusterIP","clusterIP":"@A@","clusterIPs":["@A@"],
                    "ports":[{"name":"https","port":443,"protocol":"TCP","targetPort":6443}]},
                    "status":{"loadBalancer":{}}})",
             {{"U", plan.uid("service/" + cluster)}, {"A", address}, {"T", plan.ago(age)}}));
}

void writeEvent(Store& store, const SitePlan& plan, const std::string& ns, const std::string& kind,
                const std::string& apiVersion, const std::string& name, const std::string& uid,
                const char* type, const char* reason, const std::string& message, const char* component,
                long age, int count)
{
    const std::string key = "event/" + ns + "/" + name + "/" + reason + std::to_string(age);
    store.load(
        Kinds::instance().get("events", ""),
        fill(R"({"metadata":{"name":"@N@.@S@","namespace":"@NS@","uid":"@U@","creationTimestamp":"@T@"},
                    "involvedObject":{"kind":"@K@","namespace":"@ONS@","name":"@N@","uid":"@OU@","apiVersion":"@V@"},
                    "reason":"@R@","message":@M@,"source":{"component":"@C@"},"firstTimestamp":"@F@",
                    "lastTimestamp":"@T@","count":@COUNT@,"type":"@TYPE@","reportingComponent":"@C@",
                    "reportingInstance":""})",
             {{"N", name},
              {"S", plan.uid(key).substr(0, 8) + plan.uid(key).substr(24, 8)},
              {"NS", ns},
              {"ONS", kind == "Node" ? "" : ns},
              {"U", plan.uid(key)},
              {"T", plan.ago(age)},
              {"F", plan.ago(age + (count - 1) * 20L)},
              {"K", kind},
              {"OU", uid},
              {"V", apiVersion},
              {"R", reason},
              {"M", jsonQuoted(message)},
              {"C", component},
              {"COUNT", std::to_string(count)},
              {"TYPE", type}}));
}

} // namespace strata::demosite
