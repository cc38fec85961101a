// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/services.h"

#include "core/actions/build.h"
#include "core/base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace strata::actions {

using namespace provision;

namespace {

constexpr std::size_t kLoadBalancerName = 32; // of a cloud provider's name for it
constexpr const char* kServiceName = "cluster.x-k8s.io/tenant-service-name";
constexpr const char* kServiceNamespace = "cluster.x-k8s.io/tenant-service-namespace";
constexpr const char* kClusterName = "cluster.x-k8s.io/cluster-name";

const Json& at(const Json& json, const char* pointer)
{
    static const Json none;
    const Json::json_pointer place(pointer);
    return json.contains(place) ? json[place] : none;
}

std::string textOf(const Json& json, const char* key)
{
    if (!json.is_object() || !json.contains(key))
        return {};
    const Json& value = json[key];
    return value.is_string() ? value.get<std::string>() : value.is_number() ? value.dump() : std::string();
}

std::string addressesOf(const Object& object)
{
    std::string out;
    const Json& list = at(object.json(), "/status/loadBalancer/ingress");
    if (list.is_array()) {
        for (const Json& each : list) {
            const std::string ip = textOf(each, "ip");
            const std::string one = ip.empty() ? textOf(each, "hostname") : ip;
            if (!one.empty())
                out += (out.empty() ? "" : ", ") + one;
        }
    }
    return cleanText(out, 300);
}

std::string portsOf(const Object& service)
{
    std::string out;
    const Json& list = at(service.json(), "/spec/ports");
    if (list.is_array()) {
        for (const Json& each : list) {
            const std::string node = textOf(each, "nodePort");
            const std::string protocol = textOf(each, "protocol");
            out += (out.empty() ? "" : ", ") + textOf(each, "port") + (node.empty() ? "" : "→" + node) + "/" +
                   (protocol.empty() ? "TCP" : protocol);
        }
    }
    return cleanText(out, 300);
}

std::string rulesOf(const Object& ingress)
{
    std::string out;
    const Json& rules = at(ingress.json(), "/spec/rules");
    if (rules.is_array()) {
        for (const Json& rule : rules) {
            const Json& paths = at(rule, "/http/paths");
            if (!paths.is_array())
                continue;
            for (const Json& path : paths) {
                const Json& service = at(path, "/backend/service");
                const Json& port = at(service, "/port");
                const std::string number = textOf(port, "number");
                out += (out.empty() ? "" : ", ") + textOf(rule, "host") + textOf(path, "path") + " → " +
                       textOf(service, "name") + ":" + (number.empty() ? textOf(port, "name") : number);
            }
        }
    }
    return cleanText(out, 400);
}

} // namespace

std::vector<Question> serviceQuestions(const std::string& ns, const std::string& cluster)
{
    return {{Target::Inner, {"v1", "Service", {}, {}}, {}},
            {Target::Inner, {"networking.k8s.io/v1", "Ingress", {}, {}}, {}},
            {Target::Outer, {"v1", "Service", ns, {}}, std::string(kClusterName) + "=" + cluster}};
}

std::vector<ServiceRow> servicesOf(const std::vector<Question>& questions, const Answers& answers,
                                   const std::string& cluster, bool all)
{
    static const std::vector<Object> none;
    const auto answer = [&](std::size_t i) -> const std::vector<Object>& {
        const std::vector<Object>* found = i < questions.size() ? answers.find(questions[i]) : nullptr;
        return found == nullptr ? none : *found;
    };
    const std::vector<Object>& inner = answer(0);
    const std::vector<Object>& outer = answer(2);
    // By its labels, else by the name that the cloud provider makes from its uid.
    const auto standsFor = [&](const Object& service) -> const Object* {
        std::string name = "a";
        for (const char c : service.uid()) {
            if (c != '-')
                name += c;
        }
        name.resize(std::min(name.size(), kLoadBalancerName));
        for (const Object& each : outer) {
            const bool byLabel = each.label(kServiceName) == service.name() &&
                                 each.label(kServiceNamespace) == service.ns() &&
                                 (each.label(kClusterName).empty() || each.label(kClusterName) == cluster);
            if (byLabel || (service.uid().size() > 8 && each.name() == name))
                return &each;
        }
        return nullptr;
    };
    std::vector<ServiceRow> out;
    for (const Object& service : inner) {
        ServiceRow row;
        row.kind = "Service";
        row.ns = cleanText(service.ns(), 80);
        row.name = cleanText(service.name(), 80);
        row.type = cleanText(service.text("spec.type").value_or("ClusterIP"), 40);
        row.address = addressesOf(service);
        row.ports = portsOf(service);
        const bool balanced = row.type == "LoadBalancer";
        if (!all && !balanced && row.type != "NodePort")
            continue;
        if (balanced) {
            const Object* counterpart = standsFor(service);
            if (counterpart != nullptr) {
                row.outer = cleanText("Service " + counterpart->ns() + "/" + counterpart->name(), 200);
                row.outerAddress = addressesOf(*counterpart);
            }
            if (counterpart == nullptr && row.address.empty())
                row.words = say("Nothing stands for it in the outer cluster: is the cloud provider "
                                "(cloud-provider-kubevirt) running?");
            else if (counterpart != nullptr && row.outerAddress.empty())
                row.words = say("Its outer counterpart has no address yet: see the outer load balancer.");
            else if (counterpart != nullptr && row.address.empty())
                row.words = say("The tenant has not been told its address yet.");
            row.failed = !row.words.empty();
        }
        out.push_back(std::move(row));
    }
    for (const Object& ingress : answer(1)) {
        ServiceRow row;
        row.kind = "Ingress";
        row.ns = cleanText(ingress.ns(), 80);
        row.name = cleanText(ingress.name(), 80);
        row.type = cleanText(ingress.text("spec.ingressClassName").value_or(""), 80);
        row.address = addressesOf(ingress);
        row.ports = rulesOf(ingress);
        // Its controller's Service is the one with the same address.
        for (const Object& service : inner) {
            if (row.address.empty() || service.text("spec.type") != "LoadBalancer" ||
                addressesOf(service) != row.address)
                continue;
            if (const Object* counterpart = standsFor(service)) {
                row.outer = cleanText("Service " + counterpart->ns() + "/" + counterpart->name(), 200);
                row.outerAddress = addressesOf(*counterpart);
            }
        }
        if (row.address.empty()) {
            row.words = say("It has no address: no ingress controller has taken it up.");
            row.failed = true;
        }
        out.push_back(std::move(row));
    }
    std::sort(out.begin(), out.end(), [](const ServiceRow& a, const ServiceRow& b) {
        return std::tuple(!a.failed, a.kind, a.ns, a.name) < std::tuple(!b.failed, b.kind, b.ns, b.name);
    });
    return out;
}

} // namespace strata::actions
