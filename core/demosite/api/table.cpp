// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/table.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>

// The columns of built-in kinds and what stands in them: kubernetes pkg/printers/internalversion/printers.go.
namespace strata::demosite {
namespace {

const Json kNull;

std::string orNone(std::string value)
{
    return value.empty() ? "<none>" : value;
}

const Json& arrayAt(const Json& object, std::string_view path)
{
    static const Json none = Json::array();
    const Json* value = find(object, path);
    return value != nullptr && value->is_array() ? *value : none;
}

long long count(const Json& object, std::string_view path)
{
    return number(object, path).value_or(0);
}

std::string conditionStatus(const Json& object, const char* type)
{
    for (const Json& condition : arrayAt(object, "status.conditions")) {
        if (text(condition, "type") == type)
            return text(condition, "status");
    }
    return {};
}

std::string joined(const Json& list, const char* key = nullptr)
{
    std::string out;
    for (const Json& item : list) {
        const std::string value = key != nullptr     ? text(item, key)
                                  : item.is_string() ? item.get<std::string>()
                                                     : "";
        out += (out.empty() ? "" : ",") + value;
    }
    return out;
}

// As printers shorten lists of addresses.
std::string firstThree(const std::vector<std::string>& all)
{
    std::string out;
    for (std::size_t i = 0; i < all.size() && i < 3; ++i)
        out += (i == 0 ? "" : ",") + all[i];
    return all.size() > 3 ? out + " + " + std::to_string(all.size() - 3) + " more..." : out;
}

std::string selectorText(const Json& object, std::string_view path)
{
    const Json* selector = find(object, path);
    if (selector == nullptr || !selector->is_object() || selector->empty())
        return "<none>";
    std::string out;
    for (const auto& [key, value] : selector->items())
        out += (out.empty() ? "" : ",") + key + "=" + (value.is_string() ? value.get<std::string>() : "");
    return out;
}

std::string podStatus(const Json& pod)
{
    std::string reason = text(pod, "status.phase");
    if (const std::string why = text(pod, "status.reason"); !why.empty())
        reason = why;
    for (const Json& status : arrayAt(pod, "status.containerStatuses")) {
        const std::string waiting = text(status, "state.waiting.reason");
        const std::string ended = text(status, "state.terminated.reason");
        if (!waiting.empty())
            reason = waiting;
        else if (!ended.empty())
            reason = ended;
    }
    if (find(pod, "metadata.deletionTimestamp") != nullptr)
        return text(pod, "status.reason") == "NodeLost" ? "Unknown" : "Terminating";
    return reason;
}

std::string readyContainers(const Json& pod)
{
    long ready = 0;
    for (const Json& status : arrayAt(pod, "status.containerStatuses"))
        ready += status.contains("ready") && status["ready"] == true ? 1 : 0;
    return std::to_string(ready) + "/" + std::to_string(arrayAt(pod, "spec.containers").size());
}

long long restarts(const Json& pod)
{
    long long sum = 0;
    for (const Json& status : arrayAt(pod, "status.containerStatuses"))
        sum += count(status, "restartCount");
    return sum;
}

std::string nodeStatus(const Json& node)
{
    const std::string ready = conditionStatus(node, "Ready");
    std::string out = ready == "True" ? "Ready" : ready.empty() ? "Unknown" : "NotReady";
    if (text(node, "spec.unschedulable") == "true")
        out += ",SchedulingDisabled";
    return out;
}

std::string nodeRoles(const Json& node)
{
    constexpr std::string_view prefix = "node-role.kubernetes.io/";
    std::string out;
    if (const Json* labels = find(node, "metadata.labels"); labels != nullptr && labels->is_object()) {
        for (const auto& [key, value] : labels->items()) {
            if (key.rfind(prefix, 0) == 0)
                out += (out.empty() ? "" : ",") + key.substr(prefix.size());
        }
    }
    return orNone(out);
}

std::string nodeAddress(const Json& node, const char* type)
{
    for (const Json& address : arrayAt(node, "status.addresses")) {
        if (text(address, "type") == type)
            return text(address, "address");
    }
    return "<none>";
}

std::string externalIp(const Json& service)
{
    if (text(service, "spec.type") == "LoadBalancer") {
        const std::string ips = joined(arrayAt(service, "status.loadBalancer.ingress"), "ip");
        return ips.empty() ? "<pending>" : ips;
    }
    if (text(service, "spec.type") == "ExternalName")
        return text(service, "spec.externalName");
    return orNone(joined(arrayAt(service, "spec.externalIPs")));
}

std::string portsText(const Json& service)
{
    std::string out;
    for (const Json& port : arrayAt(service, "spec.ports")) {
        out += (out.empty() ? "" : ",") + text(port, "port");
        if (const std::string node = text(port, "nodePort"); !node.empty())
            out += ":" + node;
        const std::string protocol = text(port, "protocol");
        out += "/" + (protocol.empty() ? "TCP" : protocol);
    }
    return orNone(out);
}

std::string accessModes(const Json& object, std::string_view path)
{
    std::string out;
    for (const Json& mode : arrayAt(object, path)) {
        const std::string name = mode.is_string() ? mode.get<std::string>() : "";
        const std::string_view brief = name == "ReadWriteMany"      ? "RWX"
                                       : name == "ReadOnlyMany"     ? "ROX"
                                       : name == "ReadWriteOncePod" ? "RWOP"
                                                                    : "RWO";
        out += (out.empty() ? "" : ",") + std::string(brief);
    }
    return out;
}

std::string containerColumn(const Json& object, const char* key)
{
    return joined(arrayAt(object, "spec.template.spec.containers"), key);
}

std::string lastSeen(const Json& event, UnixMs now)
{
    for (const char* path : {"lastTimestamp", "eventTime", "firstTimestamp", "metadata.creationTimestamp"}) {
        if (!text(event, path).empty())
            return printAge(event, path, now);
    }
    return "<unknown>";
}

struct Printer {
    std::vector<Column> columns; // paths unused
    std::function<std::vector<Json>(const Json&, UnixMs)> cells;
};

const std::map<std::string_view, Printer>& printers()
{
    const Column name{"Name", "string", "", 0};
    const Column age{"Age", "string", "", 0};
    const auto made = [](const Json& object, UnixMs now) {
        return printAge(object, "metadata.creationTimestamp", now);
    };
    const auto column = [](std::string_view title, int priority = 0, std::string_view type = "string") {
        return Column{title, type, "", priority};
    };
    const auto nameOf = [](const Json& object) { return text(object, "metadata.name"); };
    const auto printed = [](const Json& value) {
        return value.is_string() ? value.get<std::string>() : compact(value);
    };
    const Printer roles{{name, column("Created At")}, [=](const Json& o, UnixMs) -> std::vector<Json> {
                            return {nameOf(o), text(o, "metadata.creationTimestamp")};
                        }};
    const Printer bindings{
        {name, column("Role"), age, column("Users", 1), column("Groups", 1), column("ServiceAccounts", 1)},
        [=](const Json& o, UnixMs now) -> std::vector<Json> {
            const auto subjects = [&o](const char* kind) {
                std::string out;
                for (const Json& subject : arrayAt(o, "subjects")) {
                    const std::string ns = text(subject, "namespace");
                    if (text(subject, "kind") == kind)
                        out +=
                            (out.empty() ? "" : ", ") + (ns.empty() ? "" : ns + "/") + text(subject, "name");
                }
                return out;
            };
            return {nameOf(o),         text(o, "roleRef.kind") + "/" + text(o, "roleRef.name"),
                    made(o, now),      subjects("User"),
                    subjects("Group"), subjects("ServiceAccount")};
        }};
    static const std::map<std::string_view, Printer> table = {
        {"pods",
         {{name, column("Ready"), column("Status"), column("Restarts"), age, column("IP", 1),
           column("Node", 1), column("Nominated Node", 1), column("Readiness Gates", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o),
                      readyContainers(o),
                      podStatus(o),
                      std::to_string(restarts(o)),
                      made(o, now),
                      orNone(text(o, "status.podIP")),
                      orNone(text(o, "spec.nodeName")),
                      orNone(text(o, "status.nominatedNodeName")),
                      "<none>"};
          }}},
        {"nodes",
         {{name, column("Status"), column("Roles"), age, column("Version"), column("Internal-IP", 1),
           column("External-IP", 1), column("OS-Image", 1), column("Kernel-Version", 1),
           column("Container-Runtime", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o),
                      nodeStatus(o),
                      nodeRoles(o),
                      made(o, now),
                      text(o, "status.nodeInfo.kubeletVersion"),
                      nodeAddress(o, "InternalIP"),
                      nodeAddress(o, "ExternalIP"),
                      text(o, "status.nodeInfo.osImage"),
                      text(o, "status.nodeInfo.kernelVersion"),
                      text(o, "status.nodeInfo.containerRuntimeVersion")};
          }}},
        {"namespaces",
         {{name, column("Status"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o), text(o, "status.phase"), made(o, now)};
          }}},
        {"services",
         {{name, column("Type"), column("Cluster-IP"), column("External-IP"), column("Port(s)"), age,
           column("Selector", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o),    text(o, "spec.type"), orNone(text(o, "spec.clusterIP")), externalIp(o),
                      portsText(o), made(o, now),         selectorText(o, "spec.selector")};
          }}},
        {"secrets",
         {{name, column("Type"), column("Data"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              const Json* data = find(o, "data");
              return {nameOf(o), text(o, "type"), data != nullptr ? data->size() : 0, made(o, now)};
          }}},
        {"configmaps",
         {{name, column("Data"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              const Json* data = find(o, "data");
              return {nameOf(o), data != nullptr ? data->size() : 0, made(o, now)};
          }}},
        {"serviceaccounts",
         {{name, column("Secrets"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o), arrayAt(o, "secrets").size(), made(o, now)};
          }}},
        {"events",
         {{column("Last Seen"), column("Type"), column("Reason"), column("Object"), column("Subobject", 1),
           column("Source", 1), column("Message"), column("First Seen", 1), column("Count", 1),
           column("Name", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              std::string object = text(o, "involvedObject.kind");
              for (char& c : object)
                  c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
              return {lastSeen(o, now),
                      text(o, "type"),
                      text(o, "reason"),
                      object + "/" + text(o, "involvedObject.name"),
                      text(o, "involvedObject.fieldPath"),
                      text(o, "source.component"),
                      text(o, "message"),
                      printAge(o, "firstTimestamp", now),
                      count(o, "count"),
                      nameOf(o)};
          }}},
        {"persistentvolumeclaims",
         {{name, column("Status"), column("Volume"), column("Capacity"), column("Access Modes"),
           column("StorageClass"), column("VolumeAttributesClass"), age, column("VolumeMode", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o),
                      find(o, "metadata.deletionTimestamp") != nullptr ? "Terminating"
                                                                       : text(o, "status.phase"),
                      text(o, "spec.volumeName"),
                      text(o, "status.capacity.storage"),
                      accessModes(o, "status.accessModes"),
                      text(o, "spec.storageClassName"),
                      "<unset>",
                      made(o, now),
                      text(o, "spec.volumeMode")};
          }}},
        {"persistentvolumes",
         {{name, column("Capacity"), column("Access Modes"), column("Reclaim Policy"), column("Status"),
           column("Claim"), column("StorageClass"), column("VolumeAttributesClass"), column("Reason"), age,
           column("VolumeMode", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              const std::string claim = text(o, "spec.claimRef.name");
              return {nameOf(o),
                      text(o, "spec.capacity.storage"),
                      accessModes(o, "spec.accessModes"),
                      text(o, "spec.persistentVolumeReclaimPolicy"),
                      text(o, "status.phase"),
                      claim.empty() ? claim : text(o, "spec.claimRef.namespace") + "/" + claim,
                      text(o, "spec.storageClassName"),
                      "<unset>",
                      text(o, "status.reason"),
                      made(o, now),
                      text(o, "spec.volumeMode")};
          }}},
        {"deployments",
         {{name, column("Ready"), column("Up-to-date"), column("Available"), age, column("Containers", 1),
           column("Images", 1), column("Selector", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o),
                      std::to_string(count(o, "status.readyReplicas")) + "/" +
                          std::to_string(count(o, "spec.replicas")),
                      count(o, "status.updatedReplicas"),
                      count(o, "status.availableReplicas"),
                      made(o, now),
                      containerColumn(o, "name"),
                      containerColumn(o, "image"),
                      selectorText(o, "spec.selector.matchLabels")};
          }}},
        {"replicasets",
         {{name, column("Desired"), column("Current"), column("Ready"), age, column("Containers", 1),
           column("Images", 1), column("Selector", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o),
                      count(o, "spec.replicas"),
                      count(o, "status.replicas"),
                      count(o, "status.readyReplicas"),
                      made(o, now),
                      containerColumn(o, "name"),
                      containerColumn(o, "image"),
                      selectorText(o, "spec.selector.matchLabels")};
          }}},
        {"statefulsets",
         {{name, column("Ready"), age, column("Containers", 1), column("Images", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o),
                      std::to_string(count(o, "status.readyReplicas")) + "/" +
                          std::to_string(count(o, "spec.replicas")),
                      made(o, now), containerColumn(o, "name"), containerColumn(o, "image")};
          }}},
        {"daemonsets",
         {{name, column("Desired"), column("Current"), column("Ready"), column("Up-to-date"),
           column("Available"), column("Node Selector"), age, column("Containers", 1), column("Images", 1),
           column("Selector", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o),
                      count(o, "status.desiredNumberScheduled"),
                      count(o, "status.currentNumberScheduled"),
                      count(o, "status.numberReady"),
                      count(o, "status.updatedNumberScheduled"),
                      count(o, "status.numberAvailable"),
                      selectorText(o, "spec.template.spec.nodeSelector"),
                      made(o, now),
                      containerColumn(o, "name"),
                      containerColumn(o, "image"),
                      selectorText(o, "spec.selector.matchLabels")};
          }}},
        {"storageclasses",
         {{name, column("Provisioner"), column("ReclaimPolicy"), column("VolumeBindingMode"),
           column("AllowVolumeExpansion"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              const bool isDefault = find(o, "metadata.annotations") != nullptr &&
                                     o["metadata"]["annotations"].value(
                                         "storageclass.kubernetes.io/is-default-class", "") == "true";
              return {nameOf(o) + (isDefault ? " (default)" : ""),
                      text(o, "provisioner"),
                      text(o, "reclaimPolicy"),
                      text(o, "volumeBindingMode"),
                      text(o, "allowVolumeExpansion") == "true",
                      made(o, now)};
          }}},
        {"leases",
         {{name, column("Holder"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o), text(o, "spec.holderIdentity"), made(o, now)};
          }}},
        {"poddisruptionbudgets",
         {{name, column("Min available"), column("Max unavailable"), column("Allowed disruptions"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              const auto orNa = [](std::string value) { return value.empty() ? std::string("N/A") : value; };
              return {nameOf(o), orNa(text(o, "spec.minAvailable")), orNa(text(o, "spec.maxUnavailable")),
                      count(o, "status.disruptionsAllowed"), made(o, now)};
          }}},
        {"roles", roles},
        {"clusterroles", roles},
        {"rolebindings", bindings},
        {"clusterrolebindings", bindings},
        {"resourcequotas",
         {{name, column("Request"), column("Limit"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              std::string requests;
              std::string limits;
              if (const Json* hard = find(o, "status.hard"); hard != nullptr && hard->is_object()) {
                  const Json* used = find(o, "status.used");
                  for (const auto& [key, value] : hard->items()) {
                      std::string& out = key.rfind("limits.", 0) == 0 ? limits : requests;
                      const std::string have =
                          used != nullptr && used->contains(key) ? printed((*used)[key]) : std::string("0");
                      out += (out.empty() ? "" : ", ") + key + ": " + have + "/" + printed(value);
                  }
              }
              return {nameOf(o), requests, limits, made(o, now)};
          }}},
        {"ingresses",
         {{name, column("Class"), column("Hosts"), column("Address"), column("Ports"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              const std::string hosts = joined(arrayAt(o, "spec.rules"), "host");
              const std::string address = joined(arrayAt(o, "status.loadBalancer.ingress"), "ip");
              return {nameOf(o),
                      orNone(text(o, "spec.ingressClassName")),
                      hosts.empty() ? std::string("*") : hosts,
                      address,
                      arrayAt(o, "spec.tls").empty() ? "80" : "80, 443",
                      made(o, now)};
          }}},
        {"jobs",
         {{name, column("Status"), column("Completions"), column("Duration"), age, column("Containers", 1),
           column("Images", 1), column("Selector", 1)},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              std::string status = "Running";
              for (const Json& condition : arrayAt(o, "status.conditions")) {
                  if (text(condition, "status") == "True")
                      status = text(condition, "type");
              }
              const auto begun = parseRfc3339(text(o, "status.startTime"));
              const auto ended = parseRfc3339(text(o, "status.completionTime"));
              return {nameOf(o),
                      status,
                      std::to_string(count(o, "status.succeeded")) + "/" +
                          std::to_string(number(o, "spec.completions").value_or(1)),
                      begun ? formatAge(ended.value_or(now) - *begun) : std::string(),
                      made(o, now),
                      containerColumn(o, "name"),
                      containerColumn(o, "image"),
                      selectorText(o, "spec.selector.matchLabels")};
          }}},
        {"cronjobs",
         {{name, column("Schedule"), column("Timezone"), column("Suspend"), column("Active"),
           column("Last Schedule"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o),
                      text(o, "spec.schedule"),
                      orNone(text(o, "spec.timeZone")),
                      text(o, "spec.suspend") == "true" ? "True" : "False",
                      arrayAt(o, "status.active").size(),
                      text(o, "status.lastScheduleTime").empty()
                          ? std::string("<none>")
                          : printAge(o, "status.lastScheduleTime", now),
                      made(o, now)};
          }}},
        {"endpoints",
         {{name, column("Endpoints"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              std::vector<std::string> all;
              for (const Json& subset : arrayAt(o, "subsets")) {
                  for (const Json& port : arrayAt(subset, "ports")) {
                      for (const Json& address : arrayAt(subset, "addresses"))
                          all.push_back(text(address, "ip") + ":" + std::to_string(count(port, "port")));
                  }
              }
              return {nameOf(o), orNone(firstThree(all)), made(o, now)};
          }}},
        {"endpointslices",
         {{name, column("AddressType"), column("Ports"), column("Endpoints"), age},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              std::vector<std::string> ports;
              for (const Json& port : arrayAt(o, "ports"))
                  ports.push_back(std::to_string(count(port, "port")));
              std::vector<std::string> addresses;
              for (const Json& endpoint : arrayAt(o, "endpoints")) {
                  for (const Json& address : arrayAt(endpoint, "addresses"))
                      addresses.push_back(address.is_string() ? address.get<std::string>() : std::string());
              }
              const auto shown = [](const std::vector<std::string>& all) {
                  return all.empty() ? std::string("<unset>") : firstThree(all);
              };
              return {nameOf(o), text(o, "addressType"), shown(ports), shown(addresses), made(o, now)};
          }}},
        {"certificatesigningrequests",
         {{name, age, column("SignerName"), column("Requestor"), column("RequestedDuration"),
           column("Condition")},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              std::string state;
              for (const Json& condition : arrayAt(o, "status.conditions"))
                  state += (state.empty() ? "" : ",") + text(condition, "type");
              if (state.empty())
                  state = "Pending";
              if (!text(o, "status.certificate").empty())
                  state += ",Issued";
              const auto seconds = number(o, "spec.expirationSeconds");
              return {nameOf(o),
                      made(o, now),
                      orNone(text(o, "spec.signerName")),
                      text(o, "spec.username"),
                      seconds ? formatAge(*seconds * 1000) : std::string("<none>"),
                      state};
          }}},
        {"networkpolicies",
         {{name, column("Pod-Selector"), age},
          [=](const Json& o, UnixMs now)
              -> std::
                  vector<Json> {
                      return {nameOf(o), selectorText(o, "spec.podSelector.matchLabels"), made(o, now)};
                  }}},
        {"priorityclasses",
         {{name, column("Value"), column("Global-Default"), age, column("PreemptionPolicy")},
          [=](const Json& o, UnixMs now) -> std::vector<Json> {
              return {nameOf(o), count(o, "value"), text(o, "globalDefault") == "true", made(o, now),
                      text(o, "preemptionPolicy")};
          }}},
    };
    return table;
}

const Printer* printerOf(const Kind& kind)
{
    if (kind.has(Custom) || kind.has(Computed))
        return nullptr;
    const auto found = printers().find(kind.resource);
    return found == printers().end() ? nullptr : &found->second;
}

} // namespace

std::string printAge(const Json& object, std::string_view path, UnixMs now)
{
    const auto time = parseRfc3339(text(object, path));
    return time ? formatAge(now - *time) : "<unknown>";
}

const Json* jsonPath(const Json& object, std::string_view path)
{
    const Json* at = &object;
    while (!path.empty() && at != nullptr) {
        if (path[0] == '.') {
            const std::size_t end = path.find_first_of(".[", 1);
            const std::string key(path.substr(1, end == std::string_view::npos ? end : end - 1));
            path = end == std::string_view::npos ? std::string_view() : path.substr(end);
            const auto found = at->is_object() ? at->find(key) : at->end();
            at = at->is_object() && found != at->end() ? &*found : nullptr;
            continue;
        }
        const std::size_t end = path.find(']');
        if (path[0] != '[' || end == std::string_view::npos)
            return nullptr;
        const std::string_view step = path.substr(1, end - 1);
        path = path.substr(end + 1);
        if (step.substr(0, 1) == "'") {
            std::string key;
            for (const char c : step.substr(1, step.size() - 2)) {
                if (c != '\\')
                    key += c;
            }
            const auto found = at->is_object() ? at->find(key) : at->end();
            at = at->is_object() && found != at->end() ? &*found : nullptr;
        } else if (step.substr(0, 4) == "?(@.") {
            const std::size_t equal = step.find("==");
            if (equal == std::string_view::npos || step.size() < equal + 5)
                return nullptr;
            const std::string key(step.substr(4, equal - 4));
            const std::string_view value = step.substr(equal + 3, step.size() - equal - 5);
            const Json* found = nullptr;
            if (at->is_array()) {
                for (const Json& item : *at) {
                    if (text(item, key) == value) {
                        found = &item;
                        break;
                    }
                }
            }
            at = found;
        } else {
            const std::size_t index = static_cast<std::size_t>(step[0] - '0');
            at = at->is_array() && index < at->size() ? &(*at)[index] : nullptr;
        }
    }
    return at;
}

Table::Table(const Kind& kind, std::string_view version, UnixMs now) : m_kind(kind), m_now(now)
{
    if (const Printer* printer = printerOf(kind)) {
        m_columns = printer->columns;
        return;
    }
    m_columns.push_back({"Name", "string", ".metadata.name", 0});
    const bool old = version != kind.storageVersion() && !kind.oldColumns.empty();
    const auto& columns = old ? kind.oldColumns : kind.columns;
    if (columns.empty() && !kind.has(Custom))
        m_columns.push_back({"Age", "date", ".metadata.creationTimestamp", 0});
    m_columns.insert(m_columns.end(), columns.begin(), columns.end());
}

Json Table::columns() const
{
    Json out = Json::array();
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        const Column& column = m_columns[i];
        const bool isName = column.name == "Name" && column.priority == 0;
        const bool defined = m_kind.has(Custom) && !isName;
        out.push_back({{"name", column.name},
                       {"type", column.type},
                       {"format", isName ? "name" : ""},
                       {"description", defined ? "Custom resource definition column (in JSONPath format): " +
                                                     std::string(column.path)
                                               : std::string(column.name)},
                       {"priority", column.priority}});
    }
    return out;
}

Json Table::cell(const Json& object, const Column& column) const
{
    const Json* value = jsonPath(object, column.path);
    if (value == nullptr || value->is_null())
        return column.type == "date" ? Json("<unknown>") : Json();
    if (column.type == "date") {
        const auto time = value->is_string() ? parseRfc3339(value->get<std::string>()) : std::nullopt;
        return time ? Json(formatAge(m_now - *time)) : Json("<unknown>");
    }
    if (column.type == "string" && !value->is_string())
        return compact(*value);
    return *value;
}

std::vector<Json> Table::cells(const Json& object) const
{
    if (const Printer* printer = printerOf(m_kind))
        return printer->cells(object, m_now);
    std::vector<Json> out;
    for (const Column& column : m_columns)
        out.push_back(cell(object, column));
    return out;
}

Json Table::row(const Json& object, const std::string& includeObject) const
{
    Json row = {{"cells", cells(object)}};
    if (includeObject == "Object") {
        row["object"] = object;
    } else if (includeObject != "None") {
        row["object"] = {{"kind", "PartialObjectMetadata"},
                         {"apiVersion", "meta.k8s.io/v1"},
                         {"metadata", object.contains("metadata") ? object["metadata"] : kNull}};
    } else {
        row["object"] = nullptr;
    }
    return row;
}

} // namespace strata::demosite
