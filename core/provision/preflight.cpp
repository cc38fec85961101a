// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/preflight.h"

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/api.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate(kContext, text), values);
}

std::string member(const Json& json, const char* key)
{
    if (!json.is_object())
        return {};
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
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

std::int64_t quantityAt(const Json& map, const char* key, bool milli)
{
    const auto found = map.is_object() ? map.find(key) : map.end();
    if (!map.is_object() || found == map.end())
        return 0;
    const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
    return (milli ? parseQuantityMilli(text) : parseQuantity(text)).value_or(0);
}

// What the scheduler counts for a pod: containers together, or the largest init container, plus overhead
// (k8s.io/component-helpers/resource).
Room podRequests(const Json& pod)
{
    Room room;
    Room started; // init containers that keep running
    Room largest;
    for (const Json& container : at(pod, "/spec/containers")) {
        const Json& requests = at(container, "/resources/requests");
        room.cpuMilli += quantityAt(requests, "cpu", true);
        room.memoryBytes += quantityAt(requests, "memory", false);
    }
    for (const Json& container : at(pod, "/spec/initContainers")) {
        const Json& requests = at(container, "/resources/requests");
        const std::int64_t cpu = quantityAt(requests, "cpu", true);
        const std::int64_t memory = quantityAt(requests, "memory", false);
        if (member(container, "restartPolicy") == "Always") {
            started.cpuMilli += cpu;
            started.memoryBytes += memory;
            largest.cpuMilli = std::max(largest.cpuMilli, started.cpuMilli);
            largest.memoryBytes = std::max(largest.memoryBytes, started.memoryBytes);
        } else {
            largest.cpuMilli = std::max(largest.cpuMilli, started.cpuMilli + cpu);
            largest.memoryBytes = std::max(largest.memoryBytes, started.memoryBytes + memory);
        }
    }
    room.cpuMilli = std::max(room.cpuMilli + started.cpuMilli, largest.cpuMilli);
    room.memoryBytes = std::max(room.memoryBytes + started.memoryBytes, largest.memoryBytes);
    const Json& overhead = at(pod, "/spec/overhead");
    room.cpuMilli += quantityAt(overhead, "cpu", true);
    room.memoryBytes += quantityAt(overhead, "memory", false);
    room.pods = 1;
    return room;
}

std::string closedBecause(const Json& node, bool emulation)
{
    if (at(node, "/spec/unschedulable") == Json(true))
        return say("cordoned");
    for (const Json& condition : at(node, "/status/conditions")) {
        if (member(condition, "type") == "Ready" && member(condition, "status") != "True")
            return say("not ready");
    }
    for (const Json& taint : at(node, "/spec/taints")) {
        const std::string effect = member(taint, "effect");
        if (effect == "NoSchedule" || effect == "NoExecute")
            return say("tainted with %1", {cleanText(member(taint, "key"), 100)});
    }
    const Json& labels = at(node, "/metadata/labels");
    if (member(labels, "kubevirt.io/schedulable") != "true")
        return say("not prepared for VMs by KubeVirt");
    if (!emulation && quantityAt(at(node, "/status/allocatable"), "devices.kubevirt.io/kvm", false) <= 0)
        return say("without KVM");
    return {};
}

} // namespace

bool Survey::blocked() const
{
    return std::any_of(checks.begin(), checks.end(),
                       [](const Check& check) { return check.verdict == CheckVerdict::Blocker; });
}

class Preflight::Private : public std::enable_shared_from_this<Preflight::Private> {
public:
    Private(std::shared_ptr<kube::Client> theClient, ClusterProfile theProfile,
            std::function<void(const Survey&)> theDone)
        : client(std::move(theClient)), network(client->network()), profile(std::move(theProfile)),
          done(std::move(theDone)), calls(network)
    {}

    void add(const char* id, std::string title, CheckVerdict verdict, std::string evidence,
             std::string remedy = {}, std::string field = {})
    {
        survey.checks.push_back(
            {id, std::move(title), verdict, cleanText(evidence), std::move(remedy), std::move(field)});
    }

    // ---- requests: each is counted, the last answer finishes
    // --------------------------------------------------

    void get(std::string path, std::string query, std::function<void(Result<Json>)> next, int tries = 0)
    {
        ++pending;
        kube::Request request;
        request.path = path;
        request.query = query;
        calls.send(client, std::move(request),
                   [this, path = std::move(path), query = std::move(query), next,
                    tries](Result<kube::Response> answer) {
                       --pending;
                       if (!answer && transient(answer.error()) && tries < 3) {
                           ++pending;
                           calls.after(std::chrono::milliseconds(300 << tries),
                                       [this, path, query, next, tries] {
                                           --pending;
                                           get(path, query, next, tries + 1);
                                       });
                           return;
                       }
                       if (!answer) {
                           next(tl::unexpected(answer.error()));
                       } else {
                           Json json = Json::parse(answer->body, nullptr, false);
                           if (json.is_object())
                               next(std::move(json));
                           else
                               next(fail(ErrorKind::Protocol, say("The server's answer is not JSON.")));
                       }
                       finishWhenIdle();
                   });
    }

    // All pages; `page` is called for each, `end` once.
    void list(const std::string& path, const std::string& selector, std::function<void(const Json&)> page,
              std::function<void(Result<void>)> end, const std::string& token = {}, int pages = 0)
    {
        std::string query = "limit=500" + selector;
        if (!token.empty())
            query += "&continue=" + kube::percentEncode(token);
        get(path, query, [this, path, selector, page, end, pages](Result<Json> json) {
            if (!json) {
                end(tl::unexpected(json.error()));
                return;
            }
            if (json->contains("items") && (*json)["items"].is_array()) {
                for (const Json& item : (*json)["items"])
                    page(item);
            }
            const std::string next = textAt(*json, "/metadata/continue");
            if (next.empty() || pages > 2000)
                end({});
            else
                list(path, selector, page, end, next, pages + 1);
        });
    }

    void start()
    {
        get("/apis", {}, [this](Result<Json> groups) {
            if (!groups) {
                add("reach", say("The outer cluster answers"), CheckVerdict::Blocker,
                    groups.error().text + " " + groups.error().detail,
                    say("Mend the connection to the outer cluster first."));
                return;
            }
            for (const Json& group : at(*groups, "/groups")) {
                std::vector<std::string>& versions = served[member(group, "name")];
                for (const Json& version : at(group, "/versions"))
                    versions.push_back(member(version, "version"));
            }
            add("reach", say("The outer cluster answers"), CheckVerdict::Ok, client->config().server);
            if (!kinds())
                return;
            ask();
        });
    }

    std::string newest(const std::string& group, std::initializer_list<const char*> wanted) const
    {
        const auto found = served.find(group);
        if (found == served.end())
            return {};
        for (const char* version : wanted) {
            if (std::find(found->second.begin(), found->second.end(), version) != found->second.end())
                return version;
        }
        return {};
    }

    // Which groups and versions there are; without them nothing else need be asked.
    bool kinds()
    {
        const std::string prepare = say("Prepare the outer cluster first: it installs what is missing.");
        bool all = true;
        const auto want = [&](const char* id, const char* title, const char* group, std::string& version,
                              std::initializer_list<const char*> versions) {
            version = newest(group, versions);
            if (version.empty()) {
                all = false;
                add(id, translate(kContext, title), CheckVerdict::Blocker,
                    say("%1 is not served in a version that Strata speaks.", {group}), prepare);
            } else {
                add(id, translate(kContext, title), CheckVerdict::Ok, std::string(group) + "/" + version);
            }
        };
        Capabilities& s = survey.server;
        want("cluster-api", "Cluster API is installed", "cluster.x-k8s.io", s.coreVersion,
             {"v1beta2", "v1beta1"});
        want("bootstrap", "The kubeadm bootstrap provider is installed", "bootstrap.cluster.x-k8s.io",
             s.bootstrapVersion, {"v1beta2", "v1beta1"});
        want("control-plane", "The kubeadm control plane provider is installed",
             "controlplane.cluster.x-k8s.io", s.controlPlaneVersion, {"v1beta2", "v1beta1"});
        want("capk", "Cluster API's KubeVirt provider is installed", "infrastructure.cluster.x-k8s.io",
             s.infrastructureVersion, {"v1alpha1"});
        std::string kubevirt;
        want("kubevirt", "KubeVirt is installed", "kubevirt.io", kubevirt, {"v1"});
        const bool sets = profile.cni.kind != Cni::None && profile.cni.delivery == CniDelivery::ResourceSet;
        s.addonsVersion = newest("addons.cluster.x-k8s.io", {"v1beta2", "v1beta1"});
        if (s.addonsVersion.empty()) {
            if (sets) {
                all = false;
                add("addons", say("ClusterResourceSets are served"), CheckVerdict::Blocker,
                    say("addons.cluster.x-k8s.io is not served."),
                    say("Let the CNI be applied to the new cluster's API, or update Cluster API."),
                    "cni.delivery");
            }
            s.addonsVersion = "v1beta2";
        }
        s.hasCdi = !newest("cdi.kubevirt.io", {"v1beta1"}).empty();
        survey.site.hasCdi = s.hasCdi;
        if (profile.image.source != ImageSource::ContainerDisk) {
            add("cdi", say("CDI is installed"), s.hasCdi ? CheckVerdict::Ok : CheckVerdict::Blocker,
                s.hasCdi ? "cdi.kubevirt.io/v1beta1" : say("cdi.kubevirt.io is not served."),
                s.hasCdi ? std::string() : prepare, "image.source");
            all = all && s.hasCdi;
        }
        return all;
    }

    void ask()
    {
        const std::string ns = profile.effectiveNamespace();
        if (!newest("clusterctl.cluster.x-k8s.io", {"v1alpha3"}).empty()) {
            list(
                "/apis/clusterctl.cluster.x-k8s.io/v1alpha3/providers", {},
                [this](const Json& item) {
                    const std::string name = member(item, "providerName");
                    const std::string version = cleanText(member(item, "version"), 40);
                    if (name == "cluster-api")
                        survey.server.clusterApiRelease = version;
                    else if (name == "kubevirt" || name == "infrastructure-kubevirt")
                        survey.server.capkRelease = version;
                },
                [](Result<void>) {}); // without an inventory the releases stay unknown
        }
        list(
            "/apis/kubevirt.io/v1/kubevirts", {},
            [this](const Json& item) {
                kubevirtSeen = true;
                kubevirtPhase = textAt(item, "/status/phase");
                survey.server.kubevirtRelease =
                    cleanText(textAt(item, "/status/observedKubeVirtVersion"), 40);
                const Json& ratio = at(item, "/spec/configuration/developerConfiguration/cpuAllocationRatio");
                if (ratio.is_number_integer() && ratio.get<int>() > 0)
                    survey.costs.cpuAllocationRatio = ratio.get<int>();
                const Json& overcommit =
                    at(item, "/spec/configuration/developerConfiguration/memoryOvercommit");
                if (overcommit.is_number_integer() && overcommit.get<int>() > 0)
                    survey.costs.memoryOvercommitPercent = overcommit.get<int>();
                emulation = at(item, "/spec/configuration/developerConfiguration/useEmulation") == Json(true);
            },
            [this](Result<void> end) { note(kubevirtError, end); });
        list(
            "/apis/storage.k8s.io/v1/storageclasses", {},
            [this](const Json& item) {
                survey.site.storageClasses.push_back(cleanText(textAt(item, "/metadata/name"), 253));
                const Json& annotations = at(item, "/metadata/annotations");
                if (member(annotations, "storageclass.kubernetes.io/is-default-class") == "true" ||
                    member(annotations, "storageclass.kubevirt.io/is-default-virt-class") == "true")
                    survey.defaultStorageClass = survey.site.storageClasses.back();
            },
            [this](Result<void> end) {
                note(storageError, end);
                survey.site.storageClassesKnown = end.has_value();
            });
        list(
            "/api/v1/nodes", {}, [this](const Json& item) { nodes.push_back(item); },
            [this](Result<void> end) { note(nodesError, end); });
        list(
            "/api/v1/pods",
            "&fieldSelector=" + kube::percentEncode("status.phase!=Succeeded,status.phase!=Failed"),
            [this](const Json& pod) {
                const std::string node = textAt(pod, "/spec/nodeName");
                if (node.empty())
                    return;
                const Room room = podRequests(pod);
                Room& sum = requested[node];
                sum.cpuMilli += room.cpuMilli;
                sum.memoryBytes += room.memoryBytes;
                sum.pods += room.pods;
            },
            [this](Result<void> end) { note(podsError, end); });
        list(
            "/apis/cluster.x-k8s.io/" + survey.server.coreVersion + "/clusters", {},
            [this, ns](const Json& item) {
                const std::string name =
                    textAt(item, "/metadata/namespace") + "/" + textAt(item, "/metadata/name");
                if (name == ns + "/" + profile.name)
                    clusterExists = true;
                survey.clusters.push_back(cleanText(name, 500));
                for (const char* pointer :
                     {"/spec/clusterNetwork/pods/cidrBlocks", "/spec/clusterNetwork/services/cidrBlocks"}) {
                    for (const Json& block : at(item, pointer)) {
                        if (block.is_string())
                            siblings.push_back(
                                {block.get<std::string>(), say("tenant cluster %1", {name}), true});
                    }
                }
            },
            [this](Result<void> end) { note(clustersError, end); });
        if (!newest("networking.k8s.io", {"v1"}).empty()) {
            list(
                "/apis/networking.k8s.io/v1/servicecidrs", {},
                [this](const Json& item) {
                    for (const Json& block : at(item, "/spec/cidrs")) {
                        if (block.is_string())
                            survey.site.networks.push_back(
                                {block.get<std::string>(), say("services of the outer cluster")});
                    }
                },
                [](Result<void>) {}); // served from Kubernetes 1.33 on
        }
        get("/api/v1/namespaces/default/services/kubernetes", {}, [this](Result<Json> service) {
            if (service)
                serviceAddress = textAt(*service, "/spec/clusterIP");
        });
        get("/api/v1/namespaces/" + kube::percentEncode(ns), {}, [this](Result<Json> space) {
            spaceExists = space.has_value();
            if (space)
                spaceDeleting = !textAt(*space, "/metadata/deletionTimestamp").empty();
            else if (space.error().kind != ErrorKind::NotFound)
                spaceError = space.error();
        });
        list(
            "/api/v1/namespaces/" + kube::percentEncode(ns) + "/resourcequotas", {},
            [this](const Json& item) { quotas.push_back(item); }, [](Result<void>) {});
        access(ns);
    }

    void note(std::optional<Error>& error, const Result<void>& end)
    {
        if (!end)
            error = end.error();
    }

    void access(const std::string& ns)
    {
        struct Right {
            const char* verb;
            const char* group;
            const char* resource;
            bool inSpace;
        };
        static const Right kRights[] = {
            {"get", "", "namespaces", false},
            {"create", "", "namespaces", false},
            {"create", "", "configmaps", true},
            {"patch", "", "configmaps", true},
            {"delete", "", "configmaps", true},
            {"get", "", "secrets", true},
            {"create", "cluster.x-k8s.io", "clusters", true},
            {"patch", "cluster.x-k8s.io", "clusters", true},
            {"delete", "cluster.x-k8s.io", "clusters", true},
            {"create", "cluster.x-k8s.io", "machinedeployments", true},
            {"patch", "cluster.x-k8s.io", "machinedeployments", true},
            {"create", "cluster.x-k8s.io", "machinehealthchecks", true},
            {"create", "infrastructure.cluster.x-k8s.io", "kubevirtclusters", true},
            {"patch", "infrastructure.cluster.x-k8s.io", "kubevirtclusters", true},
            {"create", "infrastructure.cluster.x-k8s.io", "kubevirtmachinetemplates", true},
            {"patch", "infrastructure.cluster.x-k8s.io", "kubevirtmachinetemplates", true},
            {"create", "bootstrap.cluster.x-k8s.io", "kubeadmconfigtemplates", true},
            {"patch", "bootstrap.cluster.x-k8s.io", "kubeadmconfigtemplates", true},
            {"create", "controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes", true},
            {"patch", "controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes", true},
            {"create", "addons.cluster.x-k8s.io", "clusterresourcesets", true},
            {"patch", "addons.cluster.x-k8s.io", "clusterresourcesets", true},
        };
        for (const Right& right : kRights) {
            Json attributes = {{"verb", right.verb}, {"group", right.group}, {"resource", right.resource}};
            if (right.inSpace)
                attributes["namespace"] = ns;
            const Json body = {{"apiVersion", "authorization.k8s.io/v1"},
                               {"kind", "SelfSubjectAccessReview"},
                               {"spec", {{"resourceAttributes", attributes}}}};
            kube::Request request;
            request.method = "POST";
            request.path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
            request.contentType = "application/json";
            request.body = body.dump();
            ++pending;
            const std::string name = std::string(right.verb) + " " + right.resource;
            calls.send(client, std::move(request), [this, name](Result<kube::Response> answer) {
                --pending;
                const Json json = answer ? Json::parse(answer->body, nullptr, false) : Json();
                if (!answer || !at(json, "/status/allowed").is_boolean())
                    unasked.push_back(name);
                else if (!at(json, "/status/allowed").get<bool>())
                    denied.push_back(name);
                finishWhenIdle();
            });
        }
    }

    // ---- what it means
    // -----------------------------------------------------------------------------------------

    void finishWhenIdle()
    {
        if (pending > 0 || finished)
            return;
        finished = true;
        if (survey.checks.size() > 1 && !survey.blocked())
            conclude();
        const std::lock_guard<std::recursive_mutex> lock(mutex);
        if (!silent)
            done(survey);
    }

    static std::string joined(std::vector<std::string> words)
    {
        std::sort(words.begin(), words.end());
        std::string text;
        for (const std::string& word : words)
            text += (text.empty() ? "" : ", ") + word;
        return text;
    }

    void unknown(const char* id, std::string title, const Error& error, std::string field = {})
    {
        add(id, std::move(title), CheckVerdict::Unknown, error.text + " " + error.detail,
            say("It will show while the cluster is made."), std::move(field));
    }

    void conclude()
    {
        const std::string ns = profile.effectiveNamespace();
        survey.site.clusterApiVersion = survey.server.clusterApiRelease;

        std::string title = say("KubeVirt is ready");
        if (kubevirtError)
            unknown("kubevirt-ready", title, *kubevirtError);
        else if (!kubevirtSeen)
            add("kubevirt-ready", title, CheckVerdict::Blocker, say("There is no KubeVirt object."),
                say("Prepare the outer cluster first: it installs what is missing."));
        else
            add("kubevirt-ready", title,
                kubevirtPhase == "Deployed" ? CheckVerdict::Ok : CheckVerdict::Warning,
                kubevirtPhase + " " + survey.server.kubevirtRelease,
                kubevirtPhase == "Deployed" ? std::string() : say("Wait until KubeVirt is deployed."));

        title = say("The name is free");
        if (clustersError)
            unknown("name", title, *clustersError, "name");
        else if (clusterExists)
            add("name", title, CheckVerdict::Blocker,
                say("There is a cluster %1/%2 already.", {ns, profile.name}),
                say("Choose another name or namespace."), "name");
        else
            add("name", title, CheckVerdict::Ok, ns + "/" + profile.name, {}, "name");

        title = say("The namespace can be used");
        if (spaceError)
            unknown("namespace", title, *spaceError, "namespace");
        else if (spaceDeleting)
            add("namespace", title, CheckVerdict::Blocker, say("The namespace %1 is being deleted.", {ns}),
                say("Wait until it is gone, or use another."), "namespace");
        else
            add("namespace", title, CheckVerdict::Ok,
                spaceExists ? say("%1 exists and stays as it is.", {ns}) : say("%1 will be made.", {ns}), {},
                "namespace");

        title = say("You may do what the plan does");
        std::vector<std::string> missing = denied;
        if (spaceExists) // nothing is to be created then
            missing.erase(std::remove(missing.begin(), missing.end(), "create namespaces"), missing.end());
        if (!missing.empty())
            add("rbac", title, CheckVerdict::Blocker, say("Not allowed: %1", {joined(missing)}),
                say("Ask for a role with these verbs in the namespace %1.", {ns}));
        else if (!unasked.empty())
            add("rbac", title, CheckVerdict::Unknown, say("Not answered: %1", {joined(unasked)}),
                say("It will show while the cluster is made."));
        else
            add("rbac", title, CheckVerdict::Ok, say("all verbs are allowed"));

        storage();
        networks();
        room(ns);
    }

    void storage()
    {
        if (profile.image.source == ImageSource::ContainerDisk)
            return;
        const std::string title = say("There is storage for the disks");
        if (storageError) {
            unknown("storage", title, *storageError);
            return;
        }
        std::vector<std::pair<std::string, std::string>> wanted = {
            {"controlPlane.size.storageClass", profile.controlPlane.size.storageClass}};
        for (std::size_t i = 0; i < profile.workers.size(); ++i)
            wanted.emplace_back("workers[" + std::to_string(i) + "].size.storageClass",
                                profile.workers[i].size.storageClass);
        bool fine = true;
        for (const auto& [field, name] : wanted) {
            const auto& classes = survey.site.storageClasses;
            if (name.empty() && survey.defaultStorageClass.empty()) {
                add("storage", title, CheckVerdict::Blocker,
                    say("The outer cluster has no default storage class."), say("Name a storage class."),
                    field);
                fine = false;
            } else if (!name.empty() && std::find(classes.begin(), classes.end(), name) == classes.end()) {
                add("storage", title, CheckVerdict::Blocker,
                    say("There is no storage class %1.", {cleanText(name, 80)}),
                    say("Use one of: %1", {joined(classes)}), field);
                fine = false;
            }
        }
        if (fine)
            add("storage", title, CheckVerdict::Ok, joined(survey.site.storageClasses));
    }

    void networks()
    {
        auto& used = survey.site.networks;
        for (const Json& node : nodes) {
            const Json& blocks = at(node, "/spec/podCIDRs");
            for (const Json& block : blocks) {
                if (block.is_string())
                    used.push_back(
                        {block.get<std::string>(),
                         say("pods of the outer node %1", {cleanText(textAt(node, "/metadata/name"), 80)})});
            }
            for (const Json& address : at(node, "/status/addresses")) {
                const std::string ip = member(address, "address");
                if (member(address, "type") == "InternalIP" && !ip.empty())
                    used.push_back({ip + (ip.find(':') == std::string::npos ? "/32" : "/128"),
                                    say("address of the outer node %1",
                                        {cleanText(textAt(node, "/metadata/name"), 80)})});
            }
        }
        if (!serviceAddress.empty() && serviceAddress.find(':') == std::string::npos)
            used.push_back({serviceAddress + "/32", say("services of the outer cluster")});
        used.insert(used.end(), siblings.begin(), siblings.end());

        const std::string title = say("The networks are free");
        bool fine = true;
        for (const auto& [field, text] :
             {std::pair(std::string("network.podCidr"), profile.network.podCidr),
              std::pair(std::string("network.serviceCidr"), profile.network.serviceCidr)}) {
            const auto cidr = parseCidr(text);
            if (!cidr)
                continue; // validation says so
            const UsedNetwork* other = collision(*cidr, used);
            if (other == nullptr)
                continue;
            fine = false;
            // Siblings never route to each other; the outer cluster's own addresses must stay reachable from
            // inside.
            add("networks", title, other->sibling ? CheckVerdict::Warning : CheckVerdict::Blocker,
                say("%1 collides with %2 (%3).", {text, other->cidr, other->what}),
                say("Use a network that is free; Strata proposes one."), field);
        }
        if (fine)
            add("networks", title, CheckVerdict::Ok,
                profile.network.podCidr + ", " + profile.network.serviceCidr);
    }

    void room(const std::string& ns)
    {
        const std::string title = say("The VMs fit on the outer nodes");
        if (nodesError || podsError) {
            unknown("room", title, nodesError ? *nodesError : *podsError);
        } else {
            survey.nodesKnown = true;
            for (const Json& node : nodes) {
                NodeRoom entry;
                entry.name = cleanText(textAt(node, "/metadata/name"), 253);
                const Json& allocatable = at(node, "/status/allocatable");
                const Room& taken = requested[textAt(node, "/metadata/name")];
                entry.free = {quantityAt(allocatable, "cpu", true) - taken.cpuMilli,
                              quantityAt(allocatable, "memory", false) - taken.memoryBytes,
                              quantityAt(allocatable, "pods", false) - taken.pods};
                entry.capacity = {quantityAt(allocatable, "cpu", true),
                                  quantityAt(allocatable, "memory", false),
                                  quantityAt(allocatable, "pods", false)};
                entry.closed = closedBecause(node, emulation);
                survey.nodes.push_back(std::move(entry));
            }
            survey.fit = provision::fit(demands(profile), survey.nodes, profile.antiAffinity, survey.costs);
            std::string evidence = survey.fit.summary;
            for (const Placement& placement : survey.fit.placements) {
                if (placement.node.empty()) {
                    evidence += ". " + placement.vm.name + ": " + placement.why;
                    break;
                }
            }
            const bool fits = survey.fit.fits();
            // Capacity may come, and preemption may make room: it does not stop the plan.
            add("room", title, fits && !survey.fit.tight ? CheckVerdict::Ok : CheckVerdict::Warning, evidence,
                fits ? (survey.fit.tight ? say("Make room, or use smaller VMs.") : std::string())
                     : say("Make room, or use smaller or fewer VMs: those without room will stay pending."));
        }
        quota(ns);
    }

    void quota(const std::string& ns)
    {
        if (quotas.empty())
            return;
        Room need;
        for (const VmDemand& vm : demands(profile)) {
            const Room request = launcherRequest(vm, survey.costs);
            need.cpuMilli += request.cpuMilli;
            need.memoryBytes += request.memoryBytes;
            need.pods += 1;
        }
        std::string short_;
        for (const Json& item : quotas) {
            const Json& hard = at(item, "/status/hard");
            const Json& used = at(item, "/status/used");
            const auto compare = [&](const char* key, bool milli, std::int64_t wanted, const char* what) {
                if (!hard.is_object() || !hard.contains(key))
                    return;
                const std::int64_t left = quantityAt(hard, key, milli) - quantityAt(used, key, milli);
                if (left < wanted) {
                    const auto print = [&](std::int64_t amount) {
                        return std::string(what) == "memory" ? formatBytes(amount)
                               : milli                       ? formatCpu(amount)
                                                             : std::to_string(amount);
                    };
                    short_ += (short_.empty() ? "" : "; ") +
                              say("%1: %2 wanted, %3 left in the quota %4",
                                  {what, print(wanted), print(std::max<std::int64_t>(left, 0)),
                                   cleanText(textAt(item, "/metadata/name"), 80)});
                }
            };
            compare("requests.memory", false, need.memoryBytes, "memory");
            compare("memory", false, need.memoryBytes, "memory");
            compare("requests.cpu", true, need.cpuMilli, "CPU");
            compare("cpu", true, need.cpuMilli, "CPU");
            compare("pods", false, need.pods, "pods");
        }
        const std::string title = say("The namespace's quota suffices");
        if (short_.empty())
            add("quota", title, CheckVerdict::Ok, ns);
        else
            add("quota", title, CheckVerdict::Blocker, short_,
                say("Have the quota raised, or use smaller VMs."));
    }

    std::shared_ptr<kube::Client> client;
    kube::Network& network;
    ClusterProfile profile;
    std::function<void(const Survey&)> done;
    Calls calls;
    Survey survey;
    std::recursive_mutex mutex;
    bool silent = false;
    bool finished = false;
    int pending = 0;
    std::map<std::string, std::vector<std::string>> served;
    std::vector<Json> nodes;
    std::map<std::string, Room> requested;
    std::vector<UsedNetwork> siblings;
    std::vector<Json> quotas;
    std::vector<std::string> denied;
    std::vector<std::string> unasked;
    std::string kubevirtPhase;
    std::string serviceAddress;
    bool kubevirtSeen = false;
    bool emulation = false;
    bool clusterExists = false;
    bool spaceExists = false;
    bool spaceDeleting = false;
    std::optional<Error> kubevirtError;
    std::optional<Error> storageError;
    std::optional<Error> nodesError;
    std::optional<Error> podsError;
    std::optional<Error> clustersError;
    std::optional<Error> spaceError;
};

Preflight::Preflight(std::shared_ptr<Private> d) : m_d(std::move(d)) {}

std::unique_ptr<Preflight> Preflight::start(std::shared_ptr<kube::Client> client, ClusterProfile profile,
                                            std::function<void(const Survey&)> done)
{
    auto d = std::make_shared<Private>(std::move(client), std::move(profile), std::move(done));
    d->network.post([d] { d->start(); });
    return std::unique_ptr<Preflight>(new Preflight(std::move(d)));
}

Preflight::~Preflight()
{
    {
        const std::lock_guard<std::recursive_mutex> lock(m_d->mutex);
        m_d->silent = true;
    }
    kube::Network& network = m_d->network;
    network.post([d = std::move(m_d)] {});
}

} // namespace strata::provision
