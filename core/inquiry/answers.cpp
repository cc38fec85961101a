// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/base/translatable.h"
#include "core/base/translate.h"
#include "core/inquiry/question.h"
#include "core/kube/api/resource.h"
#include "core/provision/network.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>

// Answers come from servers, controllers and guests: nothing of them is trusted, all that is shown is
// cleaned.
namespace strata::inquiry {
namespace {

using diagnosis::Finding;
using diagnosis::Severity;
using Json = nlohmann::json;

constexpr UnixMs kMinute = 60 * 1000;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Inquiry", text), values);
}

std::string known(const About& about, const char* name)
{
    const auto found = about.known.find(name);
    return found == about.known.end() ? std::string() : found->second;
}

// A place in a document that may not be there or be something else.
const Json& at(const Json& object, const char* key)
{
    static const Json none;
    if (!object.is_object())
        return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

std::string text(const Json& value)
{
    return value.is_string() ? cleanText(value.get_ref<const std::string&>()) : std::string();
}

double number(const Json& value)
{
    return value.is_number() ? value.get<double>() : 0.0;
}

// The items of a list; no value: it is none.
std::optional<Json> itemsOf(const kube::Response& answer)
{
    Json body = Json::parse(answer.body, nullptr, false);
    const auto items = body.is_object() ? body.find("items") : body.end();
    return items != body.end() && items->is_array() ? std::optional(std::move(*items)) : std::nullopt;
}

struct Place { // where the proof is
    const char* kind;
    const char* resource;
    std::string ns;
    std::string name;
};

Finding make(const Question& question, const char* rule, Severity severity, std::string title,
             std::string remedy, const Place& place, std::string field, std::string value, UnixMs since = 0)
{
    Finding out;
    out.rule = rule;
    out.severity = severity;
    out.subject = question.about.item;
    out.source = question.source;
    out.key = out.rule + "|" + question.about.key + "|asked " + place.ns + "/" + place.name;
    out.title = std::move(title);
    out.remedy = std::move(remedy);
    diagnosis::Proof proof;
    proof.object.source = question.source;
    proof.object.version = "v1";
    proof.object.kind = place.kind;
    proof.object.resource = place.resource;
    proof.object.ns = place.ns;
    proof.object.name = place.name;
    proof.field = std::move(field);
    proof.value = std::move(value);
    proof.since = since;
    out.evidence.push_back(std::move(proof));
    return out;
}

Reading silent(const Error& error)
{
    Reading out;
    if (error.kind == ErrorKind::Forbidden || error.kind == ErrorKind::Auth)
        out.said = tr("not allowed");
    else if (error.kind == ErrorKind::NotFound)
        out.said = tr("not served");
    else if (error.kind == ErrorKind::Timeout)
        out.said = tr("no answer in time");
    else
        out.said = error.text;
    return out;
}

Reading nonsense()
{
    Reading out;
    out.said = tr("the answer cannot be read");
    return out;
}

std::string percent(double share)
{
    return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %";
}

// --- D15

Reading fileSystems(const Question& question, const kube::Response& answer)
{
    constexpr double nearlyFull = 0.9;
    const std::optional<Json> items = itemsOf(answer);
    if (!items)
        return nonsense();
    Reading out;
    out.told = true;
    double fullest = 0;
    std::size_t count = 0;
    for (const Json& item : *items) {
        const std::string type = text(at(item, "fileSystemType"));
        const double total = number(at(item, "totalBytes"));
        // Images that are read only are always full.
        if (type == "squashfs" || type == "iso9660" || type == "erofs" || type == "udf" || total <= 0)
            continue;
        ++count;
        const double share = std::clamp(number(at(item, "usedBytes")) / total, 0.0, 1.0);
        fullest = std::max(fullest, share);
        if (share < nearlyFull)
            continue;
        const std::string mount = text(at(item, "mountPoint"));
        Finding finding = make(
            question, "D15", Severity::Warning,
            tr("File system %2 of VM %1 is nearly full", {question.about.name, mount}),
            tr("Free space in the guest, or expand the disk; a node without space evicts its pods."),
            {"VirtualMachineInstance", "virtualmachineinstances", question.about.ns, question.about.name},
            "filesystemlist[" + mount + "].usedBytes", percent(share));
        finding.evidence.front().object.group = "kubevirt.io";
        finding.key += mount;
        out.findings.push_back(std::move(finding));
    }
    out.said = count == 0 ? tr("the guest tells of no file systems")
                          : tr("%1 file systems, the fullest %2", {std::to_string(count), percent(fullest)});
    return out;
}

// --- F8, F16

Reading secretThere(const Question& question, const Result<kube::Response>& answer)
{
    Reading out;
    out.told = true;
    if (answer) {
        out.said = tr("there");
        return out;
    }
    if (answer.error().kind != ErrorKind::NotFound)
        return silent(answer.error());
    const bool keys = question.topic == Topic::SshKeys;
    const std::string name = known(question.about, "secret");
    out.said = tr("missing");
    out.findings.push_back(make(
        question, keys ? "F8" : "F16", keys ? Severity::Warning : Severity::Critical,
        keys ? tr("The secret with the SSH keys of %1 is missing: its machines are not checked nor built",
                  {question.about.name})
             : tr("The access to the infrastructure cluster of %1 is missing", {question.about.name}),
        keys ? tr("The provider makes %1 with the KubevirtCluster; where it was deleted, restore it or set "
                  "spec.sshKeys.dataSecretName.",
                  {name})
             : tr("Create the secret that spec.infraClusterSecretRef names, with the kubeconfig in it."),
        {"Secret", "secrets", known(question.about, "namespace"), name}, "metadata.name", tr("not found")));
    return out;
}

// --- F2

Reading serviceDryRun(const Question& question, const Result<kube::Response>& answer)
{
    Reading out;
    out.told = true;
    if (answer) {
        out.said = tr("yes");
        return out;
    }
    const Error& error = answer.error();
    if (error.kind == ErrorKind::Conflict) {
        out.said = tr("it is there");
        return out;
    }
    const bool quota = error.detail.find("exceeded quota") != std::string::npos;
    if (error.kind != ErrorKind::Invalid && !quota)
        return silent(error); // what is forbidden to us may be allowed to the provider
    out.said = tr("no");
    out.findings.push_back(
        make(question, "F2", Severity::Critical,
             tr("The load balancer Service of %1 cannot be created", {question.about.name}),
             quota ? tr("Raise the namespace's ResourceQuota for services.")
                   : tr("Change what the server refuses in spec.controlPlaneServiceTemplate."),
             {"Service", "services", known(question.about, "namespace"), known(question.about, "service")},
             tr("dry run"), error.detail.empty() ? error.text : error.detail));
    return out;
}

// --- F15, G8

std::string failedChecks(const std::string& words)
{
    std::string out;
    for (std::size_t at = words.find("[-]"); at != std::string::npos; at = words.find("[-]", at + 3)) {
        const std::size_t end = words.find_first_of(" \n:", at + 3);
        const std::string check =
            words.substr(at + 3, end == std::string::npos ? std::string::npos : end - at - 3);
        out += (out.empty() ? "" : ", ") + cleanText(check, 64);
    }
    return out;
}

Reading ready(const Question& question, const Result<kube::Response>& answer)
{
    Reading out;
    out.told = true;
    if (answer) {
        out.said = tr("ready");
        return out;
    }
    const Error& error = answer.error();
    if (error.kind == ErrorKind::Forbidden || error.kind == ErrorKind::Auth ||
        error.kind == ErrorKind::NotFound || error.kind == ErrorKind::Cancelled)
        return silent(error);
    const std::string failed = failedChecks(error.detail);
    std::string how;
    if (!failed.empty())
        how = tr("it answers; not ready: %1", {failed});
    else if (error.stage == NetStage::Name)
        how = tr("its name is not known");
    else if (error.stage == NetStage::Connection)
        how = tr("no connection");
    else if (error.stage == NetStage::Tls || error.kind == ErrorKind::Tls)
        how = tr("it answers; its certificate is not accepted");
    else if (error.kind == ErrorKind::Timeout)
        how = tr("no answer in time");
    else
        how = error.text;
    out.said = how;
    const bool certificate =
        error.kind == ErrorKind::Tls && error.detail.find("expired") != std::string::npos;
    const Place place = {"Cluster", "", {}, question.about.name};
    Finding finding =
        certificate
            ? make(question, "G8", Severity::Critical,
                   tr("The certificate of %1's API server has expired", {question.about.name}),
                   tr("Roll the control plane out again: its machines get new certificates."), place, "TLS",
                   error.detail)
            : make(question, "F15", Severity::Warning,
                   failed.empty()
                       ? tr("The API of %1 cannot be reached from here", {question.about.name})
                       : tr("The API server of %1 is not ready: %2", {question.about.name, failed}),
                   tr("Follow the way: name, address, load balancer, the control plane's VMs, their pods."),
                   place, "readyz " + known(question.about, "endpoint"),
                   error.detail.empty() ? how : how + " · " + error.detail);
    finding.summary = !certificate; // when its VMs are down, that is why
    out.findings.push_back(std::move(finding));
    return out;
}

// --- logs of the provider

bool isWord(std::string_view line, std::string_view word)
{
    const auto part = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '.';
    };
    for (std::size_t at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
        const bool left = at == 0 || !part(line[at - 1]);
        const bool right = at + word.size() >= line.size() || !part(line[at + word.size()]);
        if (left && right)
            return true;
    }
    return false;
}

constexpr const char* mark(const char* text)
{
    return translatable("Inquiry", text);
}

struct LogPhrase {
    const char* phrase; // as the provider's controllers write it
    const char* rule;
    Severity severity;
    const char* title;
    const char* remedy;
};

constexpr std::array<LogPhrase, 6> kPhrases = {{
    {"ssh keys data secret", "F8", Severity::Warning, mark("The provider waits for the SSH keys of %1"),
     mark("See whether the secret <cluster>-ssh-keys is there.")},
    {"failed to generate infra cluster client", "F16", Severity::Critical,
     mark("The provider cannot reach the infrastructure cluster of %1"),
     mark("Check the secret of spec.infraClusterSecretRef and the way to that cluster.")},
    {"Waiting for infra cluster client", "F16", Severity::Critical,
     mark("The provider cannot reach the infrastructure cluster of %1"),
     mark("Check the secret of spec.infraClusterSecretRef and the way to that cluster.")},
    {"Got empty ipAddress", "D7", Severity::Warning, mark("The provider waits for an address of %1"),
     mark("Check the guest agent, DHCP and the CNI.")},
    {"Workload cluster client is not available", "F15", Severity::Warning,
     mark("The provider cannot reach the tenant's API for %1"),
     mark("Check the tenant's load balancer and its control plane's VMs.")},
    {"drain", "E8", Severity::Warning, mark("The provider cannot drain the inner node of %1 yet"),
     mark("See what the tenant's PodDisruptionBudgets hold back; the provider gives up after ten minutes.")},
}};

Reading providerLog(const Question& question, const kube::Response& answer)
{
    const std::string object = known(question.about, "object");
    const std::string name = object.substr(object.find('/') + 1);
    Reading out;
    out.told = true;
    std::size_t lines = 0;
    std::size_t about = 0;
    std::array<std::string, kPhrases.size()> last;
    std::string_view rest = answer.body;
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        ++lines;
        if (!isWord(line, name))
            continue;
        ++about;
        for (std::size_t i = 0; i < kPhrases.size(); ++i) {
            if (line.find(kPhrases[i].phrase) == std::string_view::npos)
                continue;
            // That a drain goes well is no finding.
            if (std::string_view(kPhrases[i].rule) == "E8" && line.find("fail") == std::string_view::npos &&
                line.find("rror") == std::string_view::npos)
                continue;
            last[i] = cleanText(line, 512);
        }
    }
    for (std::size_t i = 0; i < kPhrases.size(); ++i) {
        const LogPhrase& phrase = kPhrases[i];
        const bool twice = std::any_of(out.findings.begin(), out.findings.end(),
                                       [&](const Finding& found) { return found.rule == phrase.rule; });
        if (last[i].empty() || twice)
            continue;
        out.findings.push_back(
            make(question, phrase.rule, phrase.severity, tr(marked(phrase.title), {question.about.name}),
                 tr(marked(phrase.remedy)),
                 {"Pod", "pods", known(question.about, "namespace"), known(question.about, "pod")}, tr("log"),
                 last[i]));
    }
    out.said = about == 0 ? tr("%1 lines, none of them about it", {std::to_string(lines)})
                          : tr("%1 of %2 lines are about it", {std::to_string(about), std::to_string(lines)});
    return out;
}

std::vector<std::string> providerPods(const Question& question, const kube::Response& answer)
{
    std::vector<std::string> out;
    const std::optional<Json> items = itemsOf(answer);
    if (!items)
        return out;
    const std::string prefix = known(question.about, "deployment") + "-";
    for (const Json& item : *items) {
        const std::string name = text(at(at(item, "metadata"), "name"));
        if (name.starts_with(prefix) && text(at(at(item, "status"), "phase")) == "Running" && out.size() < 3)
            out.push_back(name);
    }
    return out;
}

// --- inside the tenant

Reading tenantServices(const Question& question, const kube::Response& answer, UnixMs now)
{
    const std::optional<Json> items = itemsOf(answer);
    if (!items)
        return nonsense();
    Reading out;
    out.told = true;
    std::size_t balancers = 0;
    std::size_t pending = 0;
    for (const Json& item : *items) {
        if (text(at(at(item, "spec"), "type")) != "LoadBalancer")
            continue;
        ++balancers;
        const Json& ingress = at(at(at(item, "status"), "loadBalancer"), "ingress");
        const UnixMs created = parseRfc3339(text(at(at(item, "metadata"), "creationTimestamp"))).value_or(0);
        if ((ingress.is_array() && !ingress.empty()) || (now != 0 && created + 2 * kMinute > now))
            continue;
        if (++pending > 5)
            continue;
        const std::string ns = text(at(at(item, "metadata"), "namespace"));
        const std::string name = text(at(at(item, "metadata"), "name"));
        out.findings.push_back(
            make(question, "G14", Severity::Warning,
                 tr("Service %2 of tenant %1 has no external address", {question.about.name, name}),
                 tr("Deploy cloud-provider-kubevirt for the tenant, or give it a load balancer of its own."),
                 {"Service", "services", ns, name}, "status.loadBalancer.ingress", tr("empty"), created));
    }
    out.said = balancers == 0 ? tr("none is of type LoadBalancer")
                              : tr("%1 of type LoadBalancer, %2 without an address",
                                   {std::to_string(balancers), std::to_string(pending)});
    return out;
}

Reading tenantEvents(const Question& question, const kube::Response& answer, UnixMs now)
{
    const std::optional<Json> items = itemsOf(answer);
    if (!items)
        return nonsense();
    Reading out;
    out.told = true;
    std::size_t recent = 0;
    for (const Json& item : *items) {
        UnixMs last = parseRfc3339(text(at(item, "lastTimestamp"))).value_or(0);
        if (last == 0)
            last = parseRfc3339(text(at(item, "eventTime"))).value_or(0);
        if (now != 0 && last + 15 * kMinute < now)
            continue;
        ++recent;
        const std::string reason = text(at(item, "reason"));
        if ((reason != "FailedAttachVolume" && reason != "FailedMount") || out.findings.size() >= 5)
            continue;
        const Json& about = at(item, "involvedObject");
        const std::string name = text(at(about, "name"));
        const bool twice =
            std::any_of(out.findings.begin(), out.findings.end(),
                        [&name](const Finding& found) { return found.evidence.front().object.name == name; });
        if (twice)
            continue;
        out.findings.push_back(
            make(question, "G12", Severity::Warning,
                 tr("Pod %2 of %1 cannot get one of its volumes", {question.about.name, name}),
                 tr("Follow the claim: the tenant's PVC, the DataVolume of the same name outside, the VM's "
                    "hot-plugged "
                    "volumes."),
                 {"Pod", "pods", text(at(about, "namespace")), name}, "event " + reason,
                 text(at(item, "message")), parseRfc3339(text(at(item, "firstTimestamp"))).value_or(0)));
    }
    out.said = tr("%1 warnings in the last quarter of an hour", {std::to_string(recent)});
    return out;
}

Reading etcdPods(const Question& question, const kube::Response& answer)
{
    const std::optional<Json> items = itemsOf(answer);
    if (!items)
        return nonsense();
    Reading out;
    out.told = true;
    std::size_t members = 0;
    for (const Json& item : *items) {
        // kubeadm writes where the member announces itself when it makes the static pod, and never again.
        const std::string announced = text(
            at(at(at(item, "metadata"), "annotations"), "kubeadm.kubernetes.io/etcd.advertise-client-urls"));
        const std::string address = text(at(at(item, "status"), "podIP"));
        ++members;
        if (announced.empty() || address.empty())
            continue;
        std::string host = announced;
        if (const std::size_t scheme = host.find("://"); scheme != std::string::npos)
            host.erase(0, scheme + 3);
        if (const std::size_t port = host.rfind(':'); port != std::string::npos)
            host.resize(port);
        if (host.size() > 1 && host.front() == '[' && host.back() == ']')
            host = host.substr(1, host.size() - 2);
        if (host == address)
            continue;
        const std::string name = text(at(at(item, "metadata"), "name"));
        out.findings.push_back(make(
            question, "G9", Severity::Critical,
            tr("etcd member %2 of %1 announces an address its node no longer has",
               {question.about.name, name}),
            tr("Replace this control plane machine while the others keep quorum; give control planes stable "
               "addresses."),
            {"Pod", "pods", text(at(at(item, "metadata"), "namespace")), name},
            "metadata.annotations[kubeadm.kubernetes.io/etcd.advertise-client-urls]",
            announced + " · podIP " + address));
    }
    out.said = members == 0 ? tr("no member is seen") : tr("%1 members", {std::to_string(members)});
    return out;
}

// Sums `name`_sum and `name`_count over all label sets that `wanted` is in.
double meanSeconds(std::string_view text, std::string_view name,
                   std::initializer_list<std::string_view> wanted, double& count)
{
    double sum = 0;
    count = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        at = end + 1;
        if (!line.starts_with(name))
            continue;
        const std::string_view rest = line.substr(name.size());
        const bool isSum = rest.starts_with("_sum");
        if (!isSum && !rest.starts_with("_count"))
            continue;
        const bool counts =
            wanted.size() == 0 || std::any_of(wanted.begin(), wanted.end(), [&](std::string_view part) {
                return line.find(part) != std::string_view::npos;
            });
        const std::size_t space = line.rfind(' ');
        if (!counts || space == std::string_view::npos)
            continue;
        const std::string value(line.substr(space + 1));
        char* stop = nullptr;
        const double parsed = std::strtod(value.c_str(), &stop);
        if (stop == value.c_str() || !(parsed >= 0) || parsed > 1e15)
            continue;
        (isSum ? sum : count) += parsed;
    }
    return count > 0 ? sum / count : 0;
}

Reading etcdMetrics(const Question& question, const kube::Response& answer)
{
    double writes = 0;
    const double mean = meanSeconds(answer.body, "etcd_request_duration_seconds",
                                    {"operation=\"create\"", "operation=\"update\""}, writes);
    Reading out;
    if (writes < 1) {
        out.said = tr("not told");
        return out;
    }
    out.told = true;
    char shown[64];
    std::snprintf(shown, sizeof shown, "%.1f ms", mean * 1000);
    out.said = tr("a write takes %1 on average", {shown});
    constexpr double slow = 0.1;
    if (mean > slow)
        out.findings.push_back(make(
            question, "G6", Severity::Warning, tr("The etcd of %1 is slow", {question.about.name}),
            tr("Put the control plane's disks on fast storage (NVMe), and keep other writers off it."),
            {"Cluster", "", {}, question.about.name}, "etcd_request_duration_seconds",
            tr("%1 on average over %2 writes", {shown, std::to_string(static_cast<std::int64_t>(writes))})));
    return out;
}

// --- address ranges and tunnels

Reading outerNodes(const Question& question, const kube::Response& answer)
{
    const std::optional<Json> items = itemsOf(answer);
    if (!items)
        return nonsense();
    Reading out;
    out.told = true;
    struct Range {
        const char* of;
        std::string text;
    };
    const std::array<Range, 2> ranges = {
        {{"pod", known(question.about, "pods")}, {"service", known(question.about, "services")}}};
    for (const Range& range : ranges) {
        const std::optional<provision::Cidr> inner = provision::parseCidr(range.text);
        if (!inner)
            continue;
        for (const Json& item : *items) {
            const std::string node = text(at(at(item, "metadata"), "name"));
            std::string hit;
            std::string field;
            const auto look = [&](const std::string& candidate, const char* where) {
                const std::optional<provision::Cidr> outer = provision::parseCidr(candidate);
                if (hit.empty() && outer && provision::overlap(*inner, *outer)) {
                    hit = candidate;
                    field = where;
                }
            };
            const Json& cidrs = at(at(item, "spec"), "podCIDRs");
            if (cidrs.is_array()) {
                for (const Json& cidr : cidrs)
                    look(text(cidr), "spec.podCIDRs");
            } else {
                look(text(at(at(item, "spec"), "podCIDR")), "spec.podCIDR");
            }
            const Json& addresses = at(at(item, "status"), "addresses");
            if (addresses.is_array()) {
                for (const Json& address : addresses) {
                    const std::string ip = text(at(address, "address"));
                    if (text(at(address, "type")) == "InternalIP")
                        look(ip + (ip.find(':') == std::string::npos ? "/32" : "/128"), "status.addresses");
                }
            }
            if (hit.empty())
                continue;
            out.findings.push_back(
                make(question, "G2", Severity::Warning,
                     std::string_view(range.of) == "pod"
                         ? tr("The pod range of %1 collides with addresses of the outer cluster",
                              {question.about.name})
                         : tr("The service range of %1 collides with addresses of the outer cluster",
                              {question.about.name}),
                     tr("What has such an address outside cannot be reached from inside. Ranges are fixed at "
                        "creation: "
                        "choose others for the next cluster."),
                     {"Node", "nodes", {}, node}, field, hit + " · " + range.text));
            break;
        }
    }
    out.said = out.findings.empty() ? tr("none of %1 nodes' ranges collides", {std::to_string(items->size())})
                                    : tr("they do");
    return out;
}

struct Network {
    std::string cni;
    int mtu = 0;  // 0: not told, or chosen by itself
    int port = 0; // UDP port of its tunnel; 0: not told
};

int integer(const std::string& text)
{
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value > 0 && value < 65536 ? value : 0;
}

std::optional<Network> networkOf(const kube::Response& answer)
{
    const std::optional<Json> items = itemsOf(answer);
    if (!items)
        return std::nullopt;
    Network out;
    for (const Json& item : *items) {
        const std::string name = text(at(at(item, "metadata"), "name"));
        const Json& data = at(item, "data");
        if (name == "calico-config") {
            out.cni = "Calico";
            out.mtu = integer(text(at(data, "veth_mtu")));
            out.port = 4789;
        } else if (name == "cilium-config") {
            out.cni = "Cilium";
            out.mtu = integer(text(at(data, "mtu")));
            const int port = integer(text(at(data, "tunnel-port")));
            const bool geneve = text(at(data, "tunnel-protocol")) == "geneve";
            out.port = text(at(data, "routing-mode")) == "native" ? 0
                       : port != 0                                ? port
                       : geneve                                   ? 6081
                                                                  : 8472;
        } else if (name == "kube-flannel-cfg") {
            out.cni = "Flannel";
            out.port = 8472;
        }
    }
    return out.cni.empty() ? std::nullopt : std::optional(out);
}

Reading tenantNetwork(const kube::Response& answer)
{
    Reading out;
    const std::optional<Network> network = networkOf(answer);
    out.told = network.has_value();
    out.said = !network ? tr("no settings of Calico, Cilium or Flannel are found")
               : network->port == 0
                   ? tr("%1 without a tunnel", {network->cni})
                   : tr("%1 through UDP port %2", {network->cni, std::to_string(network->port)});
    return out;
}

Reading outerNetwork(const Question& question, const kube::Response& answer)
{
    constexpr int tunnel = 50; // bytes of VXLAN over IPv4
    Reading out;
    const std::optional<Network> outer = networkOf(answer);
    if (!outer) {
        out.said = tr("no settings of Calico, Cilium or Flannel are found");
        return out;
    }
    out.told = true;
    out.said = outer->port == 0 ? tr("%1 without a tunnel", {outer->cni})
                                : tr("%1 through UDP port %2", {outer->cni, std::to_string(outer->port)});
    const int port = integer(known(question.about, "port"));
    const int mtu = integer(known(question.about, "mtu"));
    const Place place = {"ConfigMap", "configmaps", "kube-system", toLower(outer->cni) + "-config"};
    if (port != 0 && port == outer->port)
        out.findings.push_back(
            make(question, "G2", Severity::Warning,
                 tr("%1 and the outer cluster tunnel through the same UDP port", {question.about.name}),
                 tr("Where pods of different inner nodes do not reach each other, give the tenant's network "
                    "another "
                    "port."),
                 place, tr("tunnel port"),
                 std::to_string(port) + " · " + known(question.about, "cni") + ", " + outer->cni));
    if (mtu != 0 && outer->mtu != 0 && mtu > outer->mtu - tunnel)
        out.findings.push_back(make(
            question, "G3", Severity::Warning,
            tr("Packets of %1 are larger than what carries them", {question.about.name}),
            tr("Set its MTU to %1 or less: small packets pass, and TLS hangs.",
               {std::to_string(outer->mtu - tunnel)}),
            place, tr("MTU"), std::to_string(mtu) + " · " + tr("outside %1", {std::to_string(outer->mtu)})));
    return out;
}

} // namespace

Reading read(const Question& question, const Result<kube::Response>& answer, UnixMs now)
{
    switch (question.topic) { // those to which silence is an answer
    case Topic::SshKeys:
    case Topic::InfraSecret:
        return secretThere(question, answer);
    case Topic::ServiceDryRun:
        return serviceDryRun(question, answer);
    case Topic::Ready:
        return ready(question, answer);
    default:
        break;
    }
    if (!answer)
        return silent(answer.error());
    switch (question.topic) {
    case Topic::FileSystems:
        return fileSystems(question, *answer);
    case Topic::ProviderPods: {
        Reading out;
        const std::size_t pods = providerPods(question, *answer).size();
        out.told = pods > 0;
        out.said = pods > 0 ? tr("%1 pods of the provider", {std::to_string(pods)})
                            : tr("no pod of the provider runs");
        return out;
    }
    case Topic::ProviderLog:
        return providerLog(question, *answer);
    case Topic::TenantServices:
        return tenantServices(question, *answer, now);
    case Topic::TenantEvents:
        return tenantEvents(question, *answer, now);
    case Topic::EtcdMetrics:
        return etcdMetrics(question, *answer);
    case Topic::EtcdPods:
        return etcdPods(question, *answer);
    case Topic::TenantNetwork:
        return tenantNetwork(*answer);
    case Topic::OuterNetwork:
        return outerNetwork(question, *answer);
    case Topic::OuterNodes:
        return outerNodes(question, *answer);
    case Topic::SshKeys:
    case Topic::InfraSecret:
    case Topic::ServiceDryRun:
    case Topic::Ready:
        break;
    }
    return nonsense();
}

std::vector<Question> followUps(const Question& question, const Result<kube::Response>& answer)
{
    std::vector<Question> out;
    if (!answer)
        return out;
    if (question.topic == Topic::ProviderPods) {
        for (const std::string& pod : providerPods(question, *answer)) {
            Question next = question;
            next.topic = Topic::ProviderLog;
            next.about.known["pod"] = pod;
            next.request.path = "/api/v1/namespaces/" +
                                kube::percentEncode(known(question.about, "namespace")) + "/pods/" +
                                kube::percentEncode(pod) + "/log";
            // Old lines tell of the past.
            next.request.query = "sinceSeconds=900&tailLines=4000&limitBytes=1048576";
            next.request.accept = "*/*";
            next.request.maxBody = 2U << 20U;
            out.push_back(std::move(next));
        }
    } else if (question.topic == Topic::TenantNetwork) {
        if (const std::optional<Network> network = networkOf(*answer)) {
            Question next = question;
            next.topic = Topic::OuterNetwork;
            next.what = tr("The same outside");
            next.source = question.about.outer;
            next.about.known = {{"cni", network->cni},
                                {"mtu", std::to_string(network->mtu)},
                                {"port", std::to_string(network->port)}};
            out.push_back(std::move(next));
        }
    }
    return out;
}

} // namespace strata::inquiry
