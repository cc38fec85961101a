// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/site/endpoints.h"

#include "core/demosite/site/plan.h"

#include <algorithm>

namespace strata::demosite {
namespace {

const Kind& core(const char* resource)
{
    return Kinds::instance().get(resource, "");
}

// The port of a pod that a Service's port leads to; 0: it has none of that name.
long long targetOf(const Json& port, const Json& pod)
{
    const Json* target = find(port, "targetPort");
    if (target == nullptr || (target->is_number_integer() && target->get<long long>() == 0))
        return number(port, "port").value_or(0);
    if (target->is_number_integer())
        return target->get<long long>();
    const std::string name = target->is_string() ? target->get<std::string>() : std::string();
    const std::string protocol = text(port, "protocol").empty() ? "TCP" : text(port, "protocol");
    if (const Json* containers = find(pod, "spec.containers");
        containers != nullptr && containers->is_array()) {
        for (const Json& container : *containers) {
            const Json* ports = find(container, "ports");
            for (std::size_t i = 0; ports != nullptr && ports->is_array() && i < ports->size(); ++i) {
                const std::string speaks = text((*ports)[i], "protocol");
                if (text((*ports)[i], "name") == name && (speaks.empty() ? "TCP" : speaks) == protocol)
                    return number((*ports)[i], "containerPort").value_or(0);
            }
        }
    }
    return 0;
}

bool isReady(const Json& pod)
{
    const Json* conditions = find(pod, "status.conditions");
    return conditions != nullptr && conditions->is_array() &&
           std::any_of(conditions->begin(), conditions->end(), [](const Json& each) {
               return text(each, "type") == "Ready" && text(each, "status") == "True";
           });
}

} // namespace

ServiceEndpoints::ServiceEndpoints(const Store& store, const Object& service)
    : m_service(service), m_body(parseOwn(service.body))
{
    m_ofServers = service.ns == "default" && service.name == "kubernetes";
    const Json* selector = find(m_body, "spec.selector");
    m_managed = m_ofServers || (selector != nullptr && selector->is_object() && !selector->empty() &&
                                text(m_body, "spec.type") != "ExternalName");
    if (m_ofServers) {
        addServers(store);
    } else if (m_managed) {
        for (const ObjectPtr& pod : store.list(core("pods"), service.ns)) {
            if (selects(m_body, *pod))
                add(*pod);
        }
    }
}

bool ServiceEndpoints::selects(const Json& service, const Object& pod)
{
    const Json* selector = find(service, "spec.selector");
    if (selector == nullptr || !selector->is_object() || selector->empty())
        return false;
    for (const auto& [key, value] : selector->items()) {
        bool present = false;
        const std::string_view has = lookUp(pod.labels, key, &present);
        if (!present || !value.is_string() || has != value.get_ref<const std::string&>())
            return false;
    }
    return true;
}

ServiceEndpoints::Group& ServiceEndpoints::group(Json ports)
{
    for (Group& each : m_groups) {
        if (each.ports == ports)
            return each;
    }
    m_groups.emplace_back();
    m_groups.back().ports = std::move(ports);
    return m_groups.back();
}

void ServiceEndpoints::add(const Object& pod)
{
    const std::string_view phase = lookUp(pod.fields, "status.phase");
    const std::string address(lookUp(pod.fields, "status.podIP"));
    if (address.empty() || phase == "Succeeded" || phase == "Failed")
        return;
    const Json body = parseOwn(pod.body);
    Json ports = Json::array();
    if (const Json* all = find(m_body, "spec.ports"); all != nullptr && all->is_array()) {
        for (const Json& port : *all) {
            const long long target = targetOf(port, body);
            if (target == 0)
                continue;
            Json one = {{"name", text(port, "name")},
                        {"port", target},
                        {"protocol", text(port, "protocol").empty() ? "TCP" : text(port, "protocol")}};
            if (const std::string protocol = text(port, "appProtocol"); !protocol.empty())
                one["appProtocol"] = protocol;
            ports.push_back(std::move(one));
        }
        if (ports.empty() && !all->empty())
            return; // it speaks nothing of what is asked for
    }
    const bool leaves = find(body, "metadata.deletionTimestamp") != nullptr;
    const bool serves = isReady(body);
    const bool always = text(m_body, "spec.publishNotReadyAddresses") == "true";
    Json target = {{"kind", "Pod"}, {"namespace", pod.ns}, {"name", pod.name}, {"uid", pod.uid}};
    Group& place = group(std::move(ports));
    Json endpoint = {
        {"addresses", Json::array({address})},
        {"conditions",
         {{"ready", always || (serves && !leaves)}, {"serving", serves}, {"terminating", leaves}}},
        {"targetRef", target}};
    const std::string node(lookUp(pod.fields, "spec.nodeName"));
    if (!node.empty())
        endpoint["nodeName"] = node;
    if (const std::string subdomain = text(body, "spec.subdomain");
        !subdomain.empty() && subdomain == m_service.name && !text(body, "spec.hostname").empty())
        endpoint["hostname"] = text(body, "spec.hostname");
    place.endpoints.push_back(std::move(endpoint));
    if (leaves && !always)
        return; // the older kind knows no endpoint that ends
    Json one = {{"ip", address}, {"targetRef", std::move(target)}};
    if (!node.empty())
        one["nodeName"] = node;
    (serves || always ? place.addresses : place.notReady).push_back(std::move(one));
}

void ServiceEndpoints::addServers(const Store& store)
{
    Group& place = group(Json::array({{{"name", "https"}, {"port", 6443}, {"protocol", "TCP"}}}));
    for (const ObjectPtr& node : store.list(core("nodes"))) {
        bool plane = false;
        lookUp(node->labels, "node-role.kubernetes.io/control-plane", &plane);
        if (!plane)
            continue;
        const Json body = parseOwn(node->body);
        const Json* all = find(body, "status.addresses");
        for (std::size_t i = 0; all != nullptr && all->is_array() && i < all->size(); ++i) {
            if (text((*all)[i], "type") != "InternalIP")
                continue;
            const std::string address = text((*all)[i], "address");
            place.addresses.push_back({{"ip", address}});
            place.endpoints.push_back(
                {{"addresses", Json::array({address})}, {"conditions", {{"ready", true}}}});
        }
    }
}

Json ServiceEndpoints::metadata(const char* managedBy) const
{
    Json out = {{"namespace", m_service.ns}, {"labels", Json::object()}};
    if (m_ofServers)
        return out;
    if (const Json* labels = find(m_body, "metadata.labels"); labels != nullptr && labels->is_object())
        out["labels"] = *labels;
    if (text(m_body, "spec.clusterIP") == "None")
        out["labels"]["service.kubernetes.io/headless"] = "";
    const bool slice = std::string_view(managedBy).rfind("endpointslice.", 0) == 0;
    out["labels"][managedBy] = slice ? "endpointslice-controller.k8s.io" : "endpoint-controller";
    return out;
}

Json ServiceEndpoints::endpoints() const
{
    Json out = {{"metadata", metadata("endpoints.kubernetes.io/managed-by")}};
    out["metadata"]["name"] = m_service.name;
    if (m_ofServers)
        out["metadata"]["labels"]["endpointslice.kubernetes.io/skip-mirror"] = "true";
    for (const Group& each : m_groups) {
        Json subset = Json::object();
        if (!each.addresses.empty())
            subset["addresses"] = each.addresses;
        if (!each.notReady.empty())
            subset["notReadyAddresses"] = each.notReady;
        if (subset.empty())
            continue;
        if (!each.ports.empty())
            subset["ports"] = each.ports;
        out["subsets"].push_back(std::move(subset));
    }
    return out;
}

std::vector<Json> ServiceEndpoints::slices() const
{
    std::vector<Json> out;
    const auto slice = [&](Json endpoints, Json ports) {
        Json one = {{"metadata", metadata("endpointslice.kubernetes.io/managed-by")},
                    {"addressType", "IPv4"},
                    {"endpoints", std::move(endpoints)},
                    {"ports", std::move(ports)}};
        Json& meta = one["metadata"];
        meta["labels"][kServiceName] = m_service.name;
        if (m_ofServers) {
            meta["name"] = m_service.name;
        } else {
            meta["generateName"] = m_service.name + "-";
            meta["ownerReferences"] = Json::array({{{"apiVersion", "v1"},
                                                    {"kind", "Service"},
                                                    {"name", m_service.name},
                                                    {"uid", m_service.uid},
                                                    {"controller", true},
                                                    {"blockOwnerDeletion", true}}});
        }
        out.push_back(std::move(one));
    };
    for (const Group& each : m_groups) {
        for (std::size_t at = 0; at < each.endpoints.size(); at += kMost) {
            Json part = Json::array();
            for (std::size_t i = at; i < std::min(at + kMost, each.endpoints.size()); ++i)
                part.push_back(each.endpoints[i]);
            slice(std::move(part), each.ports);
        }
    }
    if (out.empty())
        slice(nullptr, nullptr); // a place holder, as upstream keeps one
    return out;
}

void writeEndpoints(Store& store, const SitePlan& plan, const std::string& cluster)
{
    const Kind& slices = Kinds::instance().get("endpointslices");
    for (const ObjectPtr& service : store.list(core("services"))) {
        const ServiceEndpoints made(store, *service);
        if (!made.managed())
            continue;
        const std::string key = cluster + "/" + service->ns + "/" + service->name;
        const std::string created = text(parseOwn(service->body), "metadata.creationTimestamp");
        const auto load = [&](const Kind& kind, Json object, const std::string& id) {
            Json& meta = object["metadata"];
            meta["uid"] = plan.uid(id);
            meta["creationTimestamp"] = created;
            meta["annotations"][kTriggerTime] = created;
            store.load(kind, canonical(std::move(object)));
        };
        load(core("endpoints"), made.endpoints(), "endpoints/" + key);
        int index = 0;
        for (Json& slice : made.slices()) {
            const std::string id = "endpointslice/" + key + "/" + std::to_string(index++);
            Json& meta = slice["metadata"];
            if (meta.contains("generateName"))
                meta["name"] = service->name + "-" + plan.suffix(id);
            meta["generation"] = 1;
            load(slices, std::move(slice), id);
        }
    }
}

Json rootCaMap(const std::string& ns, const std::string& certificate)
{
    return {{"metadata",
             {{"name", kRootCa},
              {"namespace", ns},
              {"annotations",
               {{"kubernetes.io/description",
                 "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
                 "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
                 "guaranteed across distributions of Kubernetes clusters."}}}}},
            {"data", {{"ca.crt", certificate}}}};
}

void writeRootCas(Store& store, const SitePlan& plan, const std::string& cluster,
                  const std::string& certificate)
{
    for (const ObjectPtr& space : store.list(core("namespaces"))) {
        Json map = rootCaMap(space->name, certificate);
        map["metadata"]["uid"] = plan.uid("root-ca/" + cluster + "/" + space->name);
        map["metadata"]["creationTimestamp"] = text(parseOwn(space->body), "metadata.creationTimestamp");
        store.load(core("configmaps"), canonical(std::move(map)));
    }
}

} // namespace strata::demosite
