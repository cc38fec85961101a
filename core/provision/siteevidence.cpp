// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/siteevidence.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate(kContext, text), values);
}

const Json& at(const Json& json, const char* pointer)
{
    static const Json kNothing;
    const Json::json_pointer place(pointer);
    return json.contains(place) ? json[place] : kNothing;
}

std::string textAt(const Json& json, const char* pointer)
{
    const Json& value = at(json, pointer);
    return value.is_string() ? value.get<std::string>() : std::string();
}

int intAt(const Json& json, const char* pointer)
{
    const Json& value = at(json, pointer);
    return value.is_number_integer() ? static_cast<int>(value.get<std::int64_t>()) : 0;
}

int parsed(const std::string& text)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

// Minor of "v1.14.0"; nullopt for what is no release of major 1 or 0.
std::optional<std::pair<int, int>> majorMinor(const std::string& release)
{
    if (release.size() < 4 || release[0] != 'v')
        return std::nullopt;
    const std::size_t dot = release.find('.');
    if (dot == std::string::npos)
        return std::nullopt;
    const std::string major = release.substr(1, dot - 1);
    const std::string rest = release.substr(dot + 1);
    const std::string minor = rest.substr(0, rest.find('.'));
    if (major.empty() || minor.empty() || !std::all_of(major.begin(), major.end(), ::isdigit) ||
        !std::all_of(minor.begin(), minor.end(), ::isdigit))
        return std::nullopt;
    return std::pair(parsed(major), parsed(minor));
}

std::string joined(const std::vector<std::string>& words, std::size_t most = 6)
{
    std::string text;
    for (std::size_t i = 0; i < words.size() && i < most; ++i)
        text += (text.empty() ? "" : ", ") + words[i];
    return words.size() > most ? text + " …" : text;
}

} // namespace

// ---- rights
// ------------------------------------------------------------------------------------------------

Rights rightsFor(const ClusterProfile& profile)
{
    Rights rights;
    const std::string ns = profile.effectiveNamespace();
    const auto write = [&](const char* group, const char* resource) {
        for (const char* verb :
             {"get", "create", "patch"}) // applying is a patch, of what is new a create too
            rights.needed.push_back({verb, group, resource, {}, ns, {}});
        rights.undo.push_back({"delete", group, resource, {}, ns, {}});
    };
    rights.needed.push_back({"get", "", "namespaces", {}, {}, {}});
    rights.needed.push_back({"create", "", "namespaces", {}, {}, {}});
    rights.undo.push_back({"delete", "", "namespaces", {}, {}, {}});
    rights.needed.push_back({"get", "", "secrets", {}, ns, {}}); // the new cluster's kubeconfig
    write("cluster.x-k8s.io", "clusters");
    if (profile.classRef) {
        for (const auto& [group, resource] :
             {std::pair("controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes"),
              std::pair("cluster.x-k8s.io", "machinedeployments")})
            rights.needed.push_back({"list", group, resource, {}, ns, {}}); // waited for
    } else {
        write("cluster.x-k8s.io", "machinedeployments");
        write("infrastructure.cluster.x-k8s.io", "kubevirtclusters");
        write("infrastructure.cluster.x-k8s.io", "kubevirtmachinetemplates");
        write("bootstrap.cluster.x-k8s.io", "kubeadmconfigtemplates");
        write("controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes");
    }
    if (profile.addOns.healthCheck)
        write("cluster.x-k8s.io", "machinehealthchecks");
    const bool bundles = profile.cni.delivery == CniDelivery::ResourceSet &&
                         (profile.cni.kind != Cni::None || profile.addOns.kubevirtCsi.enabled ||
                          profile.addOns.metricsServer.enabled);
    const bool controller =
        (profile.addOns.cloudProvider && !profile.classRef) ||
        (profile.addOns.kubevirtCsi.enabled && !profile.addOns.kubevirtCsi.controller.empty());
    if (bundles)
        write("addons.cluster.x-k8s.io", "clusterresourcesets");
    if (bundles || controller)
        write("", "configmaps");
    if (controller) {
        write("", "serviceaccounts");
        write("rbac.authorization.k8s.io", "roles");
        write("rbac.authorization.k8s.io", "rolebindings");
        write("apps", "deployments");
    }
    return rights;
}

// ---- load balancer
// ------------------------------------------------------------------------------------------------

void LoadBalancerEvidence::addService(const Json& service)
{
    if (textAt(service, "/spec/type") != "LoadBalancer")
        return;
    bool ip = false;
    bool host = false;
    std::string address;
    for (const Json& ingress : at(service, "/status/loadBalancer/ingress")) {
        if (const std::string found = textAt(ingress, "/ip"); !found.empty()) {
            ip = true;
            address = found;
        } else {
            host = host || !textAt(ingress, "/hostname").empty();
        }
    }
    withAddress += ip ? 1 : 0;
    hostnameOnly += !ip && host ? 1 : 0;
    waiting += ip || host ? 0 : 1;
    if (ip && example.empty())
        example = cleanText(textAt(service, "/metadata/namespace") + "/" + textAt(service, "/metadata/name") +
                                " " + address,
                            300);
}

void LoadBalancerEvidence::addPod(const Json& pod)
{
    // By the images of what is known to give addresses.
    static constexpr std::array<std::string_view, 7> kKnown = {
        "metallb/controller",      "kube-vip", "openelb", "klipper-lb", "purelb", "cilium/operator",
        "cloud-controller-manager"};
    if (textAt(pod, "/status/phase") != "Running")
        return;
    for (const Json& container : at(pod, "/spec/containers")) {
        const std::string image = textAt(container, "/image");
        if (image.find("kubevirt-cloud-controller-manager") != std::string::npos)
            continue; // of a tenant cluster: it asks for addresses
        for (const std::string_view part : kKnown) {
            // Cilium's operator does it only when told so: not counted without its pools.
            if (part == "cilium/operator" || image.find(part) == std::string::npos)
                continue;
            const std::string name =
                cleanText(textAt(pod, "/metadata/namespace") + "/" + textAt(pod, "/metadata/name"), 200);
            if (std::find(givers.begin(), givers.end(), name) == givers.end())
                givers.push_back(name);
        }
    }
}

Check judgeLoadBalancer(const LoadBalancerEvidence& e)
{
    Check check;
    check.id = "load-balancer";
    check.title = say("The API gets an address from a load balancer");
    check.field = "endpoint";
    const std::string other = say("Set one up, MetalLB for example, or choose ClusterIP: the API is then "
                                  "reachable inside the outer cluster.");
    if (e.withAddress > 0) {
        check.verdict = CheckVerdict::Ok;
        check.evidence =
            say("%1 services have an address, as %2.", {std::to_string(e.withAddress), e.example});
        return check;
    }
    if (e.metalLb && e.pools == 0) {
        check.verdict = CheckVerdict::Blocker;
        check.evidence = say("MetalLB is there and has no addresses: there is no IPAddressPool.");
        check.remedy = say("Make an IPAddressPool and an L2Advertisement, or choose ClusterIP.");
        return check;
    }
    if (e.hostnameOnly > 0) {
        check.verdict = CheckVerdict::Blocker;
        check.evidence =
            say("%1 services have got a host name and no address; Cluster API's KubeVirt provider "
                "reads addresses only.",
                {std::to_string(e.hostnameOnly)});
        check.remedy = other;
        return check;
    }
    if (e.metalLb && e.pools > 0) {
        check.verdict = CheckVerdict::Ok;
        check.evidence = say("MetalLB has %1 pools of addresses.", {std::to_string(e.pools)});
        return check;
    }
    if (!e.givers.empty()) {
        check.verdict = CheckVerdict::Ok;
        check.evidence = joined(e.givers);
        return check;
    }
    if (!e.known) {
        check.verdict = CheckVerdict::Unknown;
        check.evidence = say("Services and pods of the outer cluster cannot be read.");
        check.remedy = say("It will show while the cluster is made.");
        return check;
    }
    check.verdict = CheckVerdict::Warning;
    check.evidence =
        e.waiting > 0 ? say("%1 services wait for an address and none has one.", {std::to_string(e.waiting)})
                      : say("Nothing was seen that gives addresses to services.");
    check.remedy = other;
    return check;
}

// ---- providers
// ------------------------------------------------------------------------------------------------

void ProviderEvidence::addInventory(const Json& provider)
{
    std::string label = textAt(provider, "/metadata/labels/cluster.x-k8s.io~1provider");
    if (label.empty())
        label = textAt(provider, "/metadata/name");
    if (const std::string release = cleanText(textAt(provider, "/version"), 40); !release.empty())
        providers[cleanText(label, 80)].release = release;
}

void ProviderEvidence::addManager(const Json& deployment)
{
    const std::string label =
        cleanText(textAt(deployment, "/metadata/labels/cluster.x-k8s.io~1provider"), 80);
    if (label.empty())
        return;
    Provider& provider = providers[label];
    provider.seen = true;
    provider.wanted = std::max(1, intAt(deployment, "/spec/replicas"));
    provider.available = intAt(deployment, "/status/availableReplicas");
    if (!provider.release.empty())
        return;
    for (const Json& container : at(deployment, "/spec/template/spec/containers")) {
        const std::string image = textAt(container, "/image");
        const std::size_t colon = image.rfind(':');
        if (colon != std::string::npos && majorMinor(image.substr(colon + 1)))
            provider.release = cleanText(image.substr(colon + 1), 40);
    }
}

std::string ProviderEvidence::release(const std::string& label) const
{
    const auto found = providers.find(label);
    return found != providers.end() ? found->second.release : std::string();
}

std::vector<Check> judgeProviders(const ProviderEvidence& e, bool servesOld)
{
    std::vector<Check> checks;
    Check releases;
    releases.id = "releases";
    releases.title = say("The providers' releases go together");
    releases.field = "kubernetesVersion";
    const std::string core = e.release("cluster-api");
    const std::string capk = e.release("infrastructure-kubevirt");
    const auto coreNumber = majorMinor(core);
    const auto capkNumber = majorMinor(capk);
    releases.evidence = say("Cluster API %1, provider KubeVirt %2",
                            {core.empty() ? say("unknown") : core, capk.empty() ? say("unknown") : capk});
    releases.verdict = CheckVerdict::Ok;
    for (const char* sibling : {"bootstrap-kubeadm", "control-plane-kubeadm"}) {
        const auto number = majorMinor(e.release(sibling));
        if (coreNumber && number && *number != *coreNumber) {
            releases.verdict = CheckVerdict::Warning;
            releases.evidence += say("; %1 is %2", {sibling, e.release(sibling)});
            releases.remedy = say("Bring the providers to one release (Prepare the outer cluster).");
        }
    }
    // Releases of the provider up to 0.11 read and write cluster.x-k8s.io/v1beta1.
    const bool oldProvider = capkNumber && *capkNumber <= std::pair(0, 11);
    if (oldProvider && !servesOld) {
        releases.verdict = CheckVerdict::Blocker;
        releases.evidence +=
            say("; the provider speaks cluster.x-k8s.io/v1beta1, which is not served any more");
        releases.remedy = say("Update the KubeVirt provider, or go back to Cluster API 1.15.");
    } else if (coreNumber && capkNumber && *coreNumber <= std::pair(1, 10) &&
               *capkNumber >= std::pair(0, 11)) {
        releases.verdict = CheckVerdict::Warning;
        releases.evidence += say("; this provider is declared for Cluster API 1.11 and newer");
        releases.remedy = say("Use release 0.10 of the KubeVirt provider, or update Cluster API.");
    } else if (!coreNumber || !capkNumber) {
        releases.verdict = CheckVerdict::Unknown;
        releases.remedy = say("Neither an inventory nor the controllers' images tell the releases.");
    }
    checks.push_back(std::move(releases));

    std::string down;
    int seen = 0;
    for (const auto& [label, provider] : e.providers) {
        seen += provider.seen ? 1 : 0;
        if (provider.seen && provider.available < 1)
            down += (down.empty() ? "" : ", ") + label;
    }
    if (seen > 0) {
        Check run;
        run.id = "controllers";
        run.title = say("The providers' controllers run");
        run.verdict = down.empty() ? CheckVerdict::Ok : CheckVerdict::Blocker;
        run.evidence = down.empty() ? say("%1 controllers are available.", {std::to_string(seen)})
                                    : say("Not available: %1", {down});
        run.remedy =
            down.empty() ? std::string() : say("See why their pods do not run, and mend that first.");
        checks.push_back(std::move(run));
    }
    return checks;
}

// ---- images
// ------------------------------------------------------------------------------------------------

std::string repositoryOf(const std::string& image)
{
    std::string name = image.substr(0, image.find('@'));
    const std::size_t slash = name.rfind('/');
    const std::size_t colon = name.rfind(':');
    if (colon != std::string::npos && (slash == std::string::npos || colon > slash))
        name.resize(colon);
    return name;
}

void ImageEvidence::addDataVolume(const Json& volume)
{
    std::string url = textAt(volume, "/spec/source/registry/url");
    if (url.rfind("docker://", 0) == 0)
        url = url.substr(9);
    else
        url = textAt(volume, "/spec/source/http/url");
    if (url.empty() || textAt(volume, "/status/phase") != "Succeeded")
        return;
    if (url == wanted)
        ++imported;
    else if (repositoryOf(url) == repositoryOf(wanted)) {
        const std::string tag = cleanText(url.substr(repositoryOf(url).size()), 60);
        if (others.size() < 20 && std::find(others.begin(), others.end(), tag) == others.end())
            others.push_back(tag);
    }
}

void ImageEvidence::addNode(const Json& node)
{
    for (const Json& image : at(node, "/status/images")) {
        for (const Json& name : at(image, "/names")) {
            if (name.is_string() && name.get<std::string>() == wanted) {
                ++onNodes;
                return;
            }
        }
    }
}

// ---- overlay
// ------------------------------------------------------------------------------------------------

OuterOverlay readOverlay(const OverlaySettings& settings)
{
    OuterOverlay overlay;
    const auto mtu = [&overlay](int found) {
        if (found >= 576 && found <= 65535 && overlay.podMtu == 0)
            overlay.podMtu = found;
    };
    const auto port = [&overlay](int found) {
        if (found > 0 && found < 65536 &&
            std::find(overlay.ports.begin(), overlay.ports.end(), found) == overlay.ports.end())
            overlay.ports.push_back(found);
    };
    // Cilium: "routing-mode" and "tunnel-protocol", in releases before 1.14 "tunnel".
    if (const Json& data = at(settings.cilium, "/data"); data.is_object()) {
        const std::string old = textAt(data, "/tunnel");
        const std::string mode = textAt(data, "/routing-mode");
        if (mode != "native" && old != "disabled") {
            const std::string protocol = old.empty() ? textAt(data, "/tunnel-protocol") : old;
            const int set = parsed(textAt(data, "/tunnel-port"));
            port(set > 0 ? set : protocol == "geneve" ? 6081 : 8472);
        }
        mtu(parsed(textAt(data, "/mtu")));
    }
    // Calico as manifest and by its operator; Felix tells the port.
    if (const Json& data = at(settings.calico, "/data"); data.is_object()) {
        if (textAt(data, "/calico_backend") == "vxlan")
            port(intAt(settings.felix, "/spec/vxlanPort") > 0 ? intAt(settings.felix, "/spec/vxlanPort")
                                                              : 4789);
        mtu(parsed(textAt(data, "/veth_mtu")));
    }
    if (settings.felix.is_object()) {
        if (at(settings.felix, "/spec/vxlanEnabled") == Json(true) ||
            intAt(settings.felix, "/spec/vxlanPort") > 0)
            port(intAt(settings.felix, "/spec/vxlanPort") > 0 ? intAt(settings.felix, "/spec/vxlanPort")
                                                              : 4789);
        mtu(intAt(settings.felix, "/spec/vxlanMTU"));
    }
    if (settings.installation.is_object()) {
        for (const Json& pool : at(settings.installation, "/spec/calicoNetwork/ipPools")) {
            if (textAt(pool, "/encapsulation").rfind("VXLAN", 0) == 0)
                port(4789);
        }
        mtu(intAt(settings.installation, "/spec/calicoNetwork/mtu"));
        mtu(intAt(settings.installation, "/status/mtu"));
    }
    if (const std::string text = textAt(settings.flannel, "/data/net-conf.json"); !text.empty()) {
        const Json conf = Json::parse(text, nullptr, false);
        if (conf.is_object() && textAt(conf, "/Backend/Type") == "vxlan") {
            port(intAt(conf, "/Backend/Port") > 0 ? intAt(conf, "/Backend/Port") : 8472);
            mtu(intAt(conf, "/Backend/MTU") - 50);
        }
    }
    return overlay;
}

} // namespace strata::provision
