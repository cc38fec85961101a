// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/profile.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <set>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

bool lowerAlnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool alnum(char c)
{
    return lowerAlnum(c) || (c >= 'A' && c <= 'Z');
}

struct Version {
    int major = 0;
    int minor = 0;
    int patch = 0;
};

// "v1.34.1", with an optional pre-release or build part.
std::optional<Version> parseVersion(std::string_view text)
{
    if (text.empty() || text[0] != 'v')
        return std::nullopt;
    Version version;
    const char* at = text.data() + 1;
    const char* end = text.data() + text.size();
    for (int* part : {&version.major, &version.minor, &version.patch}) {
        const auto [stop, error] = std::from_chars(at, end, *part);
        if (error != std::errc() || *part < 0)
            return std::nullopt;
        at = stop;
        if (part != &version.patch) {
            if (at == end || *at != '.')
                return std::nullopt;
            ++at;
        }
    }
    if (at != end && *at != '-' && *at != '+')
        return std::nullopt;
    for (; at != end; ++at) {
        if (!alnum(*at) && *at != '-' && *at != '+' && *at != '.')
            return std::nullopt;
    }
    return version;
}

bool sshKeyLooksRight(std::string_view key)
{
    static constexpr std::array<std::string_view, 8> kTypes = {"ssh-ed25519",
                                                               "ssh-rsa",
                                                               "ecdsa-sha2-nistp256",
                                                               "ecdsa-sha2-nistp384",
                                                               "ecdsa-sha2-nistp521",
                                                               "sk-ssh-ed25519@openssh.com",
                                                               "sk-ecdsa-sha2-nistp256@openssh.com",
                                                               "rsa-sha2-512"};
    const std::vector<std::string> words = split(key, ' ');
    if (words.size() < 2 || std::find(kTypes.begin(), kTypes.end(), words[0]) == kTypes.end())
        return false;
    std::string blob;
    if (!base64Decode(words[1], blob) || blob.size() < 4)
        return false;
    // The blob begins with its own type as a length-prefixed text (RFC 4253, section 6.6).
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i)
        length = length << 8U | static_cast<unsigned char>(blob[i]);
    return length == words[0].size() && blob.compare(4, length, words[0]) == 0 &&
           blob.size() > 4 + length + 16;
}

class Checker {
public:
    Checker(const ClusterProfile& profile, const SiteKnowledge& site) : p(profile), m_site(site) {}

    Problems run()
    {
        names();
        version();
        if (p.classRef)
            ofClass();
        else
            image();
        plane();
        workers();
        if (!p.classRef) {
            keys();
            reachability();
        }
        network();
        cniAndAddOns();
        if (!p.classRef)
            eviction();
        return std::move(m_problems);
    }

private:
    void error(std::string field, std::string text, std::string remedy)
    {
        m_problems.push_back({std::move(field), std::move(text), std::move(remedy), Severity::Error});
    }
    void warning(std::string field, std::string text, std::string remedy)
    {
        m_problems.push_back({std::move(field), std::move(text), std::move(remedy), Severity::Warning});
    }
    static std::string say(const char* text, std::initializer_list<std::string> values = {})
    {
        return arguments(translate(kContext, text), values);
    }

    // The longest name that is derived from the cluster's must stay a DNS label of 63 characters.
    void label(const std::string& field, const std::string& value)
    {
        if (value.empty()) {
            error(field, say("A name is needed."),
                  say("Use lower-case letters, digits and dashes, for example “blue”."));
        } else if (!isDnsLabel(value)) {
            error(field, say("“%1” cannot be a name in Kubernetes.", {cleanText(value, 80)}),
                  say("Use at most 63 lower-case letters, digits and dashes; begin and end with a letter or "
                      "digit."));
        }
    }

    void names()
    {
        label("name", p.name);
        if (isDnsLabel(p.name)) {
            // A control plane machine is named NAME-cp-xxxxx; a service's label may not begin with a digit.
            if (p.name.size() + 9 > 63)
                error("name", say("Names derived from “%1” would be longer than 63 characters.", {p.name}),
                      say("Use at most %1 characters.", {"54"}));
            if (std::isdigit(static_cast<unsigned char>(p.name[0])) != 0)
                error("name",
                      say("“%1” begins with a digit; the service %1-lb could not be named so.", {p.name}),
                      say("Begin with a letter."));
        }
        if (!p.nameSpace.empty())
            label("namespace", p.nameSpace);
        const std::string ns = p.effectiveNamespace();
        if (ns == "default" || ns.rfind("kube-", 0) == 0 || ns == "capi-system" || ns == "capk-system")
            error("namespace", say("The namespace “%1” belongs to the cluster itself.", {ns}),
                  say("Use a namespace of the tenant's own; leave the field empty to get one with the "
                      "cluster's name."));
        if (!p.tenant.empty() && !isLabelValue(p.tenant))
            error("tenant", say("“%1” cannot be the value of a label.", {cleanText(p.tenant, 80)}),
                  say("Use at most 63 letters, digits, dashes, dots and underscores; begin and end with a "
                      "letter or "
                      "digit."));
    }

    void version()
    {
        const auto parsed = parseVersion(p.kubernetesVersion);
        if (!parsed || parsed->major != 1) {
            error("kubernetesVersion",
                  say("“%1” is not a Kubernetes version.", {cleanText(p.kubernetesVersion, 60)}),
                  say("Write it like v1.34.1."));
            return;
        }
        const auto range = supportedWorkloadMinors(m_site.clusterApiVersion);
        if (range && (parsed->minor < range->minMinor || parsed->minor > range->maxMinor))
            error("kubernetesVersion",
                  say("Cluster API %1 does not support Kubernetes %2.",
                      {cleanText(m_site.clusterApiVersion, 30), p.kubernetesVersion}),
                  say("Use a version from v1.%1 to v1.%2.",
                      {std::to_string(range->minMinor), std::to_string(range->maxMinor)}));
        else if (!range && parsed->minor < 29)
            warning("kubernetesVersion", say("Kubernetes %1 is no longer maintained.", {p.kubernetesVersion}),
                    say("Prefer a newer version."));
    }

    void image()
    {
        const std::string& location = p.image.location;
        const bool blank = location.find_first_of(" \t\n\"") != std::string::npos;
        switch (p.image.source) {
        case ImageSource::Registry:
        case ImageSource::ContainerDisk: {
            if (location.empty() || blank || location.find("://") != std::string::npos ||
                location.find('/') == std::string::npos)
                error("image.location", say("“%1” is not an image of a registry.", {cleanText(location, 80)}),
                      say("Write REGISTRY/PATH or REGISTRY/PATH:TAG without docker://, for example "
                          "quay.io/capk/ubuntu-2204-container-disk."));
            const std::string image = p.effectiveImage();
            const std::size_t colon = image.rfind(':');
            const std::string tag = colon == std::string::npos ? "" : image.substr(colon + 1);
            if (location.rfind("quay.io/capk/", 0) == 0 && image.find('@') == std::string::npos &&
                tag != p.kubernetesVersion)
                error("image.location",
                      say("The image carries Kubernetes %1, the cluster wants %2.",
                          {cleanText(tag, 40), cleanText(p.kubernetesVersion, 40)}),
                      say("Leave the tag out: the Kubernetes version is taken for it."));
            if (p.image.source == ImageSource::ContainerDisk)
                warning("image.source",
                        say("With a container disk a node loses everything when its VM restarts on another "
                            "host, also "
                            "etcd's data."),
                        say("Use a registry image imported by CDI unless the cluster is for trying out."));
            break;
        }
        case ImageSource::Http:
            if ((location.rfind("https://", 0) != 0 && location.rfind("http://", 0) != 0) || blank ||
                location.size() < 12)
                error("image.location", say("“%1” is not a URL.", {cleanText(location, 80)}),
                      say("Write https://HOST/PATH of a qcow2 or raw image, possibly compressed with gz or "
                          "xz."));
            break;
        case ImageSource::Pvc: {
            const std::vector<std::string> parts = split(location, '/');
            if (parts.size() != 2 || !isDnsLabel(parts[0]) || !isDnsSubdomain(parts[1]))
                error("image.location", say("“%1” does not name a claim.", {cleanText(location, 80)}),
                      say("Write NAMESPACE/NAME of the PersistentVolumeClaim that holds the image."));
            break;
        }
        }
        if (!m_site.hasCdi && p.image.source != ImageSource::ContainerDisk)
            error("image.source", say("The outer cluster has no CDI, which imports images into disks."),
                  say("Install CDI (Prepare the outer cluster), or choose a container disk."));
    }

    void size(const std::string& field, const MachineSize& size, bool isPlane)
    {
        if (size.vcpus < 1 || size.vcpus > 256)
            error(field + ".vcpus", say("%1 vCPUs are not possible.", {std::to_string(size.vcpus)}),
                  say("Use 1 to 256."));
        else if (isPlane && size.vcpus < 2)
            error(field + ".vcpus", say("kubeadm refuses a control plane with fewer than 2 CPUs."),
                  say("Use 2 or more."));
        constexpr std::int64_t kMi = 1 << 20;
        const auto memory = parseQuantity(size.memory);
        if (!memory || *memory <= 0)
            error(field + ".memory", say("“%1” is not an amount of memory.", {cleanText(size.memory, 40)}),
                  say("Write it like 4Gi or 512Mi."));
        else if (*memory < (isPlane ? 1700 : 512) * kMi)
            error(field + ".memory", say("%1 of memory are too little for a node.", {formatBytes(*memory)}),
                  say("Use at least %1.", {isPlane ? "1700Mi" : "512Mi"}));
        else if (*memory > (std::int64_t{16} << 40U))
            error(field + ".memory", say("%1 of memory are more than a VM can have.", {formatBytes(*memory)}),
                  say("Write it like 4Gi or 512Mi."));
        if (p.image.source != ImageSource::ContainerDisk) {
            const auto disk = parseQuantity(size.disk);
            if (!disk || *disk <= 0)
                error(field + ".disk", say("“%1” is not a size of a disk.", {cleanText(size.disk, 40)}),
                      say("Write it like 20Gi."));
            else if (*disk < 8192 * kMi)
                error(field + ".disk",
                      say("A disk of %1 does not hold a node's image.", {formatBytes(*disk)}),
                      say("Use at least 8Gi; 20Gi is a good start."));
        }
        if (!size.storageClass.empty()) {
            if (!isDnsSubdomain(size.storageClass))
                error(field + ".storageClass",
                      say("“%1” cannot be the name of a storage class.", {cleanText(size.storageClass, 80)}),
                      say("Choose one of the outer cluster's, or leave the field empty for its default."));
            else if (m_site.storageClassesKnown &&
                     std::find(m_site.storageClasses.begin(), m_site.storageClasses.end(),
                               size.storageClass) == m_site.storageClasses.end())
                error(field + ".storageClass",
                      say("The outer cluster has no storage class “%1”.", {size.storageClass}),
                      say("Choose one of the outer cluster's, or leave the field empty for its default."));
        }
    }

    void plane()
    {
        const int n = p.controlPlane.replicas;
        if (n != 1 && n != 3 && n != 5)
            error("controlPlane.replicas",
                  say("A control plane of %1 machines is not possible.", {std::to_string(n)}),
                  say("Use 1, 3 or 5: etcd needs an odd number to keep a majority."));
        if (!p.classRef)
            size("controlPlane.size", p.controlPlane.size, true);
    }

    // What a ClusterClass decides is its own; what it leaves open are its variables.
    void ofClass()
    {
        const ClassChoice& choice = *p.classRef;
        if (!isDnsSubdomain(choice.name))
            error("clusterClass.name",
                  choice.name.empty()
                      ? say("A name is needed.")
                      : say("“%1” cannot be a name in Kubernetes.", {cleanText(choice.name, 80)}),
                  say("Name a ClusterClass of the outer cluster, or leave clusterClass out."));
        if (!choice.nameSpace.empty())
            label("clusterClass.namespace", choice.nameSpace);
        for (const auto& [name, text] : choice.variables) {
            if (!parsesAsJson(text))
                error("clusterClass.variables." + cleanText(name, 60),
                      say("“%1” does not fit here.", {cleanText(text, 60)}),
                      say("Write it as YAML or JSON: a text, a number, true, [a, b] or {a: b}."));
        }
        if (!p.sshKeys.empty())
            warning("sshKeys", say("A ClusterClass makes the machines: these keys are not used."),
                    say("Give them as a variable, when the class has one."));
        if (p.addOns.cloudProvider)
            error("addOns.cloudProvider",
                  say("The machines' kubelets must be told of a cloud provider, and the class makes them."),
                  say("Leave it out, or let Strata describe each part."));
        const KnownClass* known = m_site.classOf(p);
        if (known == nullptr) {
            if (m_site.classesKnown && isDnsSubdomain(choice.name))
                error("clusterClass.name",
                      say("The outer cluster has no ClusterClass %1.",
                          {cleanText(p.effectiveClassNamespace() + "/" + choice.name, 120)}),
                      m_site.classes.empty() ? say("Leave clusterClass out: Strata describes each part then.")
                                             : say("Use one of: %1", {classNames()}));
            return;
        }
        if (!known->trouble.empty())
            warning("clusterClass.name", say("Cluster API cannot use this class now: %1", {known->trouble}),
                    say("Mend the class first."));
        if (!known->versions.empty() && std::find(known->versions.begin(), known->versions.end(),
                                                  p.kubernetesVersion) == known->versions.end())
            error("kubernetesVersion",
                  say("The class %1 does not offer Kubernetes %2.",
                      {known->title(), cleanText(p.kubernetesVersion, 40)}),
                  say("Use one of: %1", {joined(known->versions)}));
        for (const auto& [name, text] : choice.variables) {
            const std::string field = "clusterClass.variables." + cleanText(name, 60);
            const ClassVariable* variable = known->variable(name);
            if (variable == nullptr) {
                error(field, say("The class %1 has no such variable.", {known->title()}), say("Remove it."));
                continue;
            }
            if (parsesAsJson(text))
                checkClassValue(*variable, text, field);
        }
        for (const ClassVariable& variable : known->variables) {
            if (variable.required && variable.standard().empty() &&
                choice.variables.count(variable.name) == 0)
                error("clusterClass.variables." + variable.name, say("A value is needed."),
                      say("The class has no default for it."));
        }
    }

    void checkClassValue(const ClassVariable& variable, const std::string& text, const std::string& field)
    {
        strata::provision::checkClassValue(variable, text, field,
                                           [this](const std::string& at, const std::string& words,
                                                  const std::string& remedy) { error(at, words, remedy); });
    }

    std::string classNames() const
    {
        std::vector<std::string> all;
        for (const KnownClass& each : m_site.classes)
            all.push_back(each.title());
        return joined(all);
    }

    static std::string joined(const std::vector<std::string>& words)
    {
        std::string text;
        for (const std::string& word : words)
            text += (text.empty() ? "" : ", ") + word;
        return text;
    }

    void workers()
    {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < p.workers.size(); ++i) {
            const WorkerPool& pool = p.workers[i];
            const std::string field = "workers[" + std::to_string(i) + "]";
            label(field + ".name", pool.name);
            // Machines are named CLUSTER-POOL-xxxxx-xxxxx.
            if (isDnsLabel(pool.name) && isDnsLabel(p.name) && p.name.size() + 1 + pool.name.size() + 12 > 63)
                error(field + ".name",
                      say("Machines named after “%1” and “%2” would have names longer than 63 characters.",
                          {p.name, pool.name}),
                      say("Use at most %1 characters for the two together.", {"50"}));
            if (pool.name == "cp")
                error(field + ".name", say("“cp” is the control plane's."), say("Use another name."));
            if (!seen.insert(pool.name).second)
                error(field + ".name", say("Two pools are named “%1”.", {cleanText(pool.name, 63)}),
                      say("Give each pool a name of its own."));
            if (pool.count < 0 || pool.count > 1000)
                error(field + ".count",
                      say("A pool of %1 machines is not possible.", {std::to_string(pool.count)}),
                      say("Use 0 to 1000."));
            if (p.classRef)
                poolOfClass(field, pool);
            else
                size(field + ".size", pool.size, false);
            if (!p.classRef && !pool.workerClass.empty())
                error(field + ".class", say("A worker class is one of a ClusterClass, and none is chosen."),
                      say("Remove it."));
            for (const auto& [key, value] : pool.labels) {
                if (!isLabelKey(key) || !isLabelValue(value))
                    error(field + ".labels." + cleanText(key, 60),
                          say("“%1=%2” is not a label.", {cleanText(key, 80), cleanText(value, 80)}),
                          say("A key is [PREFIX/]NAME; name and value have at most 63 letters, digits, "
                              "dashes, dots and "
                              "underscores."));
                else if (!p.classRef && key.rfind("node-role.kubernetes.io/", 0) != 0 &&
                         selfLabelForbidden(key))
                    error(field + ".labels." + key,
                          say("A kubelet may not give itself the label “%1”.", {key}),
                          say("Use a prefix of your own, or node.kubernetes.io/."));
                else if (key.rfind("node-role.kubernetes.io/", 0) == 0)
                    warning(field + ".labels." + key,
                            say("The role label is set by Cluster API after the node has joined, not by the "
                                "kubelet."),
                            say("Nothing has to be done."));
            }
            for (std::size_t t = 0; t < pool.taints.size(); ++t) {
                if (!parseTaint(toText(pool.taints[t])))
                    error(field + ".taints[" + std::to_string(t) + "]",
                          say("“%1” is not a taint.", {cleanText(toText(pool.taints[t]), 100)}),
                          say("Write key=value:Effect with NoSchedule, PreferNoSchedule or NoExecute."));
            }
            if (pool.autoscaler) {
                const Autoscaler& bounds = *pool.autoscaler;
                if (bounds.min < 0 || bounds.max < 1 || bounds.min > bounds.max)
                    error(field + ".autoscaler",
                          say("From %1 to %2 is not a range.",
                              {std::to_string(bounds.min), std::to_string(bounds.max)}),
                          say("The smallest number must not be above the largest."));
                else if (pool.count < bounds.min || pool.count > bounds.max)
                    error(field + ".count",
                          say("%1 machines are outside of the autoscaler's %2 to %3.",
                              {std::to_string(pool.count), std::to_string(bounds.min),
                               std::to_string(bounds.max)}),
                          say("Start inside of the range."));
            }
        }
        if (p.workers.empty())
            warning("workers", say("Without workers, workloads have nowhere to run."),
                    say("Add a pool unless the cluster is for its control plane only."));
    }

    void poolOfClass(const std::string& field, const WorkerPool& pool)
    {
        const std::string worker = pool.workerClass.empty() ? std::string(kWorkerClass) : pool.workerClass;
        const KnownClass* known = m_site.classOf(p);
        if (known != nullptr && std::find(known->workerClasses.begin(), known->workerClasses.end(), worker) ==
                                    known->workerClasses.end())
            error(field + ".class",
                  say("The class %1 has no worker class “%2”.", {known->title(), cleanText(worker, 80)}),
                  say("Use one of: %1", {joined(known->workerClasses)}));
        if (!pool.taints.empty())
            error(field + ".taints", say("A ClusterClass makes the machines: it decides their taints."),
                  say("Remove them, or choose a worker class that has them."));
        for (const auto& [key, value] : pool.labels) {
            if (isLabelKey(key) && !fromMachineToNode(key))
                error(field + ".labels." + key,
                      say("With a ClusterClass the label “%1” would not reach the node.", {key}),
                      say("Use the prefix node.cluster.x-k8s.io/ or node-role.kubernetes.io/."));
        }
    }

    // Labels that Cluster API copies from Machines to Nodes (docs: "Metadata propagation").
    static bool fromMachineToNode(const std::string& key)
    {
        return key.rfind("node-role.kubernetes.io/", 0) == 0 ||
               key.rfind("node-restriction.kubernetes.io/", 0) == 0 ||
               key.find("node.cluster.x-k8s.io/") == 0 ||
               key.find(".node.cluster.x-k8s.io/") != std::string::npos;
    }

    // NodeRestriction refuses kubernetes.io and k8s.io labels save a few (kubernetes.io docs,
    // "NodeRestriction").
    static bool selfLabelForbidden(const std::string& key)
    {
        const std::size_t slash = key.find('/');
        if (slash == std::string::npos)
            return false;
        const std::string prefix = key.substr(0, slash);
        const auto endsWith = [&](std::string_view end) {
            return prefix == end || (prefix.size() > end.size() &&
                                     prefix.compare(prefix.size() - end.size(), end.size(), end) == 0 &&
                                     prefix[prefix.size() - end.size() - 1] == '.');
        };
        if (endsWith("node.kubernetes.io") || endsWith("kubelet.kubernetes.io"))
            return false;
        return (endsWith("kubernetes.io") || endsWith("k8s.io")) && key != "topology.kubernetes.io/zone" &&
               key != "topology.kubernetes.io/region";
    }

    void keys()
    {
        for (std::size_t i = 0; i < p.sshKeys.size(); ++i) {
            const std::string field = "sshKeys[" + std::to_string(i) + "]";
            const std::string& key = p.sshKeys[i];
            if (key.find("PRIVATE KEY") != std::string::npos)
                error(field, say("This is a private key. It must not leave your machine."),
                      say("Use the public key, from the file that ends in .pub."));
            else if (key.size() > 2048 || key.find('\n') != std::string::npos || !sshKeyLooksRight(key))
                error(field, say("“%1” is not a public SSH key.", {cleanText(key, 40)}),
                      say("Use one line like “ssh-ed25519 AAAA… comment”."));
        }
    }

    void reachability()
    {
        if (p.endpoint == Endpoint::LoadBalancer)
            return;
        warning(
            "endpoint", say("The cluster's API will be reachable inside of the outer cluster only."),
            p.endpoint == Endpoint::NodePort
                ? say("CAPK announces the service's cluster address also for NodePort. Use LoadBalancer to "
                      "reach "
                      "the API from outside.")
                : say("Strata reaches it through the outer cluster. Use LoadBalancer to reach the API from "
                      "outside."));
    }

    std::optional<Cidr> range(const std::string& field, const std::string& text, int widest, int narrowest)
    {
        const auto cidr = parseCidr(text);
        if (!cidr) {
            error(field, say("“%1” is not a network.", {cleanText(text, 60)}),
                  say("Write it like 10.243.0.0/16."));
            return std::nullopt;
        }
        if (!cidr->exact())
            error(field, say("%1 has bits set behind its prefix.", {text}),
                  say("Write %1.", {cidr->masked().text()}));
        const int low = cidr->v6 ? 48 : widest;
        const int high = cidr->v6 ? 112 : narrowest;
        if (cidr->bits < low || cidr->bits > high)
            error(field, say("A prefix of /%1 does not do here.", {std::to_string(cidr->bits)}),
                  say("Use a prefix from /%1 to /%2.", {std::to_string(low), std::to_string(high)}));
        if (const UsedNetwork* other = collision(*cidr, m_site.networks))
            m_problems.push_back({field,
                                  say("%1 collides with %2 (%3).",
                                      {text, cleanText(other->cidr, 60), cleanText(other->what, 80)}),
                                  say("Use a network that is free; Strata proposes one."),
                                  other->sibling ? Severity::Warning : Severity::Error});
        return cidr;
    }

    void network()
    {
        const auto pods = range("network.podCidr", p.network.podCidr, 8, 22);
        const auto services = range("network.serviceCidr", p.network.serviceCidr, 12, 24);
        if (pods && services && overlap(*pods, *services))
            error("network.serviceCidr", say("Pods and services share addresses."),
                  say("Use networks that do not overlap."));
        if (pods && services && pods->v6 != services->v6)
            error("network.serviceCidr", say("Pods and services are of different address families."),
                  say("Use IPv4 for both or IPv6 for both."));
        if (pods && !pods->v6) {
            std::int64_t nodes = p.controlPlane.replicas;
            for (const WorkerPool& pool : p.workers)
                nodes += pool.autoscaler ? pool.autoscaler->max : pool.count;
            const std::int64_t room = pods->bits >= 24 ? 1 : std::int64_t{1} << (24 - pods->bits);
            if (nodes > room)
                error("network.podCidr",
                      say("%1 has room for %2 nodes of 256 addresses each; the cluster wants up to %3.",
                          {p.network.podCidr, std::to_string(room), std::to_string(nodes)}),
                      say("Use a larger network."));
        }
        const std::string domain = p.effectiveDomain();
        if (!p.name.empty() && (!isDnsSubdomain(domain) || domain.size() > 200))
            error("network.serviceDomain", say("“%1” is not a domain.", {cleanText(domain, 80)}),
                  say("Write it like cluster.local, or leave the field empty."));
        if (p.network.mtu != 0 && (p.network.mtu < 576 || p.network.mtu > 9000))
            error("network.mtu", say("An MTU of %1 is not possible.", {std::to_string(p.network.mtu)}),
                  say("Use 576 to 9000, 50 below the MTU of the VMs; 0 leaves it to the CNI."));
        if (p.network.vxlanPort != 0 && (p.network.vxlanPort < 1024 || p.network.vxlanPort > 65535))
            error("network.vxlanPort", say("UDP port %1 does not do.", {std::to_string(p.network.vxlanPort)}),
                  say("Use 1024 to 65535, another than the outer cluster's; 0 leaves it to the CNI."));
    }

    void source(const std::string& field, const std::string& text)
    {
        if (text.rfind("http://", 0) == 0)
            error(field, say("“%1” would be fetched without encryption.", {cleanText(text, 80)}),
                  say("Use https://, or download the file and name its path."));
        else if (text.find('\n') != std::string::npos || text.find('\0') != std::string::npos)
            error(field, say("“%1” is neither a URL nor a path.", {cleanText(text, 80)}),
                  say("Write https://HOST/PATH or the path of a file or folder."));
    }

    void cniAndAddOns()
    {
        source("cni.manifest", p.cni.manifest);
        if (p.cni.kind == Cni::Cilium && p.cni.manifest.empty())
            error("cni.manifest", say("Cilium has no ready-made manifest."),
                  say("Render one with “helm template cilium/cilium” and name its path, or choose Calico."));
        if (p.cni.kind == Cni::None)
            warning("cni.kind", say("Without a CNI no node becomes Ready."),
                    say("Install one into the new cluster yourself."));
        if (p.cni.replacesKubeProxy && p.classRef)
            error("cni.replacesKubeProxy", say("A ClusterClass decides whether kubeadm installs kube-proxy."),
                  say("Switch this off, or let Strata describe each part."));
        if (p.cni.replacesKubeProxy && p.cni.kind != Cni::Cilium)
            error("cni.replacesKubeProxy", say("Only Cilium can replace kube-proxy here."),
                  say("Choose Cilium, or keep kube-proxy."));
        if (p.addOns.kubevirtCsi.enabled && p.addOns.kubevirtCsi.manifest.empty())
            error("addOns.kubevirtCsi.manifest", say("The driver has no release to take a manifest from."),
                  say("Render the tenant side of kubevirt/csi-driver and name its path."));
        if (p.addOns.metricsServer.enabled && p.addOns.metricsServer.manifest.empty())
            error("addOns.metricsServer.manifest", say("Where the manifest comes from is not told."),
                  say("Name the URL or path of metrics-server's components.yaml."));
        source("addOns.kubevirtCsi.manifest", p.addOns.kubevirtCsi.manifest);
        source("addOns.kubevirtCsi.controller", p.addOns.kubevirtCsi.controller);
        if (p.addOns.kubevirtCsi.enabled && p.addOns.kubevirtCsi.controller.empty())
            warning(
                "addOns.kubevirtCsi.controller",
                say("Without its controller in the outer cluster the driver makes no volumes."),
                say("Render the controller's side of kubevirt/csi-driver and name its path, or install it "
                    "yourself."));
        source("addOns.metricsServer.manifest", p.addOns.metricsServer.manifest);
        const std::string& image = p.addOns.cloudProviderImage;
        if (p.addOns.cloudProvider && (image.empty() || image.find_first_of(" \t\n") != std::string::npos))
            error("addOns.cloudProviderImage",
                  say("“%1” is not an image of a registry.", {cleanText(image, 80)}),
                  say("Write REGISTRY/PATH:TAG."));
    }

    void eviction()
    {
        if (p.eviction == Eviction::LiveMigrate && p.image.source == ImageSource::ContainerDisk)
            return;
        if (p.eviction == Eviction::None)
            warning("eviction",
                    say("A drain of an outer node will shut the VMs on it down without draining the inner "
                        "node first."),
                    say("Use External: Cluster API drains the inner node first."));
        if (p.antiAffinity == AntiAffinity::None && p.controlPlane.replicas > 1)
            warning("antiAffinity", say("Control plane VMs may land on one host and fall with it."),
                    say("Use preferred or required."));
    }

    const ClusterProfile& p;
    const SiteKnowledge& m_site;
    Problems m_problems;
};

} // namespace

bool isDnsLabel(std::string_view text)
{
    return !text.empty() && text.size() <= 63 && lowerAlnum(text.front()) && lowerAlnum(text.back()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return lowerAlnum(c) || c == '-'; });
}

bool isDnsSubdomain(std::string_view text)
{
    if (text.empty() || text.size() > 253)
        return false;
    const std::vector<std::string> parts = split(text, '.');
    return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
        return !part.empty() && lowerAlnum(part.front()) && lowerAlnum(part.back()) &&
               std::all_of(part.begin(), part.end(), [](char c) { return lowerAlnum(c) || c == '-'; });
    });
}

bool isLabelValue(std::string_view text)
{
    if (text.empty())
        return true;
    return text.size() <= 63 && alnum(text.front()) && alnum(text.back()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool isLabelKey(std::string_view text)
{
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        if (!isDnsSubdomain(text.substr(0, slash)))
            return false;
        text.remove_prefix(slash + 1);
    }
    return !text.empty() && isLabelValue(text);
}

std::optional<VersionRange> supportedWorkloadMinors(std::string_view clusterApiVersion)
{
    const auto version = parseVersion(clusterApiVersion);
    if (!version || version->major != 1)
        return std::nullopt;
    switch (version->minor) {
    case 9:
    case 10:
    case 11: // as their release notes say: one minor more with each
        return VersionRange{17 + version->minor, 23 + version->minor};
    case 12:
        return VersionRange{29, version->patch >= 8 ? 36 : version->patch >= 1 ? 35 : 34};
    case 13:
        return VersionRange{30, version->patch >= 1 ? 36 : 35};
    case 14:
        return VersionRange{31, 36};
    default:
        return std::nullopt;
    }
}

Problems validate(const ClusterProfile& profile, const SiteKnowledge& site)
{
    return Checker(profile, site).run();
}

} // namespace strata::provision
