// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/preflight.h"

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/api.h"
#include "core/provision/siteevidence.h"
#include "core/provision/sourcequestion.h"

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
            std::function<void(const Survey&)> theDone, PreflightOptions theOptions)
        : client(std::move(theClient)), network(client->network()), profile(std::move(theProfile)),
          done(std::move(theDone)), options(std::move(theOptions)), calls(network)
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

    // All pages; `page` is called for each item, `end` once. No more pages once `enough` is true.
    void list(const std::string& path, const std::string& selector, std::function<void(const Json&)> page,
              std::function<void(Result<void>)> end, std::function<bool()> enough = {},
              const std::string& token = {}, int pages = 0)
    {
        std::string query = "limit=500" + selector;
        if (!token.empty())
            query += "&continue=" + kube::percentEncode(token);
        get(path, query, [this, path, selector, page, end, enough, pages](Result<Json> json) {
            if (!json) {
                end(tl::unexpected(json.error()));
                return;
            }
            if (json->contains("items") && (*json)["items"].is_array()) {
                for (const Json& item : (*json)["items"])
                    page(item);
            }
            const std::string next = textAt(*json, "/metadata/continue");
            if (next.empty() || pages > 2000 || (enough && enough()))
                end({});
            else
                list(path, selector, page, end, enough, next, pages + 1);
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
        const bool sets = profile.cni.delivery == CniDelivery::ResourceSet &&
                          (profile.cni.kind != Cni::None || profile.addOns.kubevirtCsi.enabled ||
                           profile.addOns.metricsServer.enabled);
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
        if (profile.image.source != ImageSource::ContainerDisk && !profile.classRef) {
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
                [this](const Json& item) { providers.addInventory(item); },
                [this](Result<void>) { managers(); });
        } else {
            managers(); // without an inventory their images tell the releases
        }
        addresses();
        overlay();
        images();
        classes();
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
                loadBalancer.addPod(pod);
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

    // After the inventory, whose words count more.
    void managers()
    {
        list(
            "/apis/apps/v1/deployments", "&labelSelector=" + kube::percentEncode("cluster.x-k8s.io/provider"),
            [this](const Json& item) { providers.addManager(item); },
            [this](Result<void>) {
                survey.server.clusterApiRelease = providers.release("cluster-api");
                survey.server.capkRelease = providers.release("infrastructure-kubevirt");
            });
    }

    void addresses()
    {
        if (profile.endpoint != Endpoint::LoadBalancer || profile.classRef)
            return;
        list(
            "/api/v1/services", {}, [this](const Json& item) { loadBalancer.addService(item); },
            [this](Result<void> end) { loadBalancer.known = end.has_value(); });
        if (newest("metallb.io", {"v1beta1"}).empty())
            return;
        loadBalancer.metalLb = true;
        list(
            "/apis/metallb.io/v1beta1/ipaddresspools", {},
            [this](const Json& item) {
                if (at(item, "/spec/addresses").is_array() && !at(item, "/spec/addresses").empty())
                    ++pools;
            },
            [this](Result<void> end) { loadBalancer.pools = end ? pools : -1; });
    }

    // What the outer network plugin says of itself; what is not there says nothing.
    void overlay()
    {
        const auto read = [this](const char* path, Json OverlaySettings::*into) {
            get(path, {}, [this, into](Result<Json> json) {
                if (json)
                    overlaySettings.*into = std::move(*json);
            });
        };
        read("/api/v1/namespaces/kube-system/configmaps/cilium-config", &OverlaySettings::cilium);
        read("/api/v1/namespaces/kube-system/configmaps/calico-config", &OverlaySettings::calico);
        read("/api/v1/namespaces/kube-flannel/configmaps/kube-flannel-cfg", &OverlaySettings::flannel);
        if (!newest("crd.projectcalico.org", {"v1"}).empty())
            read("/apis/crd.projectcalico.org/v1/felixconfigurations/default", &OverlaySettings::felix);
        if (!newest("operator.tigera.io", {"v1"}).empty())
            read("/apis/operator.tigera.io/v1/installations/default", &OverlaySettings::installation);
    }

    void images()
    {
        if (profile.classRef)
            return;
        image.wanted = profile.effectiveImage();
        if (profile.image.source == ImageSource::Pvc) {
            const std::size_t slash = profile.image.location.find('/');
            const std::string space = profile.image.location.substr(0, slash);
            const std::string name =
                slash == std::string::npos ? std::string() : profile.image.location.substr(slash + 1);
            get("/api/v1/namespaces/" + kube::percentEncode(space) + "/persistentvolumeclaims/" +
                    kube::percentEncode(name),
                {}, [this](Result<Json> found) {
                    if (found)
                        claim = std::move(*found);
                    else
                        claimError = found.error();
                });
            return;
        }
        if (profile.image.source == ImageSource::ContainerDisk) {
            askSource(); // nodes are read in any case
            return;
        }
        list(
            "/apis/cdi.kubevirt.io/v1beta1/datavolumes", {},
            [this](const Json& item) { image.addDataVolume(item); },
            [this](Result<void>) {
                if (!image.seen())
                    askSource();
            },
            [this] { return image.imported > 0; });
    }

    void askSource()
    {
        if (!options.askSources)
            return;
        const auto place = profile.image.source == ImageSource::Http ? filePlace(profile.image.location)
                                                                     : registryPlace(image.wanted);
        if (!place) {
            sourceError = place.error();
            return;
        }
        ++pending;
        const auto take = [this](Result<bool> there) {
            if (sourceOver)
                return;
            sourceOver = true;
            --pending;
            if (there)
                sourceThere = *there;
            else
                sourceError = there.error();
            finishWhenIdle();
        };
        // A question may not go inside of its own callback, nor is it waited for long.
        std::weak_ptr<Private> weak = weak_from_this();
        kube::Network* const thread = &network;
        source = std::make_unique<SourceQuestion>(network, *place, options.sourceCaPem,
                                                  [weak, thread, take](const Result<bool>& there) {
                                                      thread->post([weak, take, there] {
                                                          if (weak.lock())
                                                              take(there);
                                                      });
                                                  });
        calls.after(std::chrono::seconds(6), [take] {
            take(fail(ErrorKind::Timeout, say("It has not answered within %1 seconds.", {"6"})));
        });
    }

    // All classes and the templates that tell the sizes of their machines.
    void classes()
    {
        list(
            "/apis/cluster.x-k8s.io/" + survey.server.coreVersion + "/clusterclasses", {},
            [this](const Json& item) {
                if (survey.site.classes.size() < 50)
                    survey.site.classes.push_back(readClass(item));
            },
            [this](Result<void> end) {
                survey.site.classesKnown = end.has_value();
                for (std::size_t i = 0; i < survey.site.classes.size(); ++i) {
                    const KnownClass& known = survey.site.classes[i];
                    for (const auto& [worker, name] : known.machineTemplates) {
                        if (name.empty())
                            continue;
                        get("/apis/infrastructure.cluster.x-k8s.io/" + survey.server.infrastructureVersion +
                                "/namespaces/" + kube::percentEncode(known.ns) +
                                "/kubevirtmachinetemplates/" + kube::percentEncode(name),
                            {}, [this, i, worker = worker](Result<Json> found) {
                                if (found)
                                    readClassTemplate(survey.site.classes[i], worker, *found);
                            });
                    }
                }
            });
    }

    void access(const std::string&)
    {
        const Rights rights = rightsFor(profile);
        for (const bool undo : {false, true}) {
            for (const Access& right : undo ? rights.undo : rights.needed) {
                ++pending;
                const std::string name = right.verb + " " + right.resource;
                calls.send(client, reviewRequest(right), [this, name, undo](Result<kube::Response> answer) {
                    --pending;
                    const Result<bool> allowed =
                        answer ? reviewAllows(answer->body) : Result<bool>(tl::unexpected(answer.error()));
                    if (!allowed)
                        unasked.push_back(name);
                    else if (!*allowed)
                        (undo ? deniedUndo : denied).push_back(name);
                    finishWhenIdle();
                });
            }
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

        if (!deniedUndo.empty() && missing.empty())
            add("rbac-undo", say("You may take back what the plan does"), CheckVerdict::Warning,
                say("Not allowed: %1", {joined(deniedUndo)}),
                say("Undo would leave these behind; ask for the verb delete, or somebody else must remove "
                    "them."));

        const auto& versions = served["cluster.x-k8s.io"];
        for (Check& check : judgeProviders(
                 providers, std::find(versions.begin(), versions.end(), "v1beta1") != versions.end())) {
            check.evidence = cleanText(check.evidence);
            survey.checks.push_back(std::move(check));
        }
        survey.overlay = readOverlay(overlaySettings);
        if (profile.endpoint == Endpoint::LoadBalancer && !profile.classRef)
            survey.checks.push_back(judgeLoadBalancer(loadBalancer));
        imageThere();
        storage();
        networks();
        room(ns);
    }

    void imageThere()
    {
        if (profile.classRef)
            return;
        const std::string title = say("The image is there");
        const std::string shown = cleanText(image.wanted, 200);
        if (profile.image.source == ImageSource::Pvc) {
            if (claimError && claimError->kind == ErrorKind::NotFound)
                add("image", title, CheckVerdict::Blocker, say("There is no claim %1.", {shown}),
                    say("Import an image first, or name another claim."), "image.location");
            else if (claimError)
                unknown("image", title, *claimError, "image.location");
            else if (textAt(claim, "/status/phase") != "Bound")
                add("image", title, CheckVerdict::Blocker,
                    say("The claim %1 is %2.", {shown, textAt(claim, "/status/phase")}),
                    say("A clone needs a claim that is bound."), "image.location");
            else
                add("image", title, CheckVerdict::Ok, shown, {}, "image.location");
            return;
        }
        for (const Json& node : nodes)
            image.addNode(node);
        if (image.imported > 0) {
            add("image", title, CheckVerdict::Ok,
                say("%1 has been imported %2 times here.", {shown, std::to_string(image.imported)}), {},
                "image.location");
        } else if (image.onNodes > 0) {
            add("image", title, CheckVerdict::Ok,
                say("%1 outer nodes hold %2.", {std::to_string(image.onNodes), shown}), {}, "image.location");
        } else if (sourceThere == true) {
            add("image", title, CheckVerdict::Ok, say("Its source has %1, as asked from here.", {shown}), {},
                "image.location");
        } else if (sourceThere == false) {
            add("image", title, CheckVerdict::Blocker, say("Its source says that there is no %1.", {shown}),
                image.others.empty()
                    ? say("Name an image that is there; its tag is the Kubernetes version.")
                    : say("Name an image that is there; imported here before: %1", {joined(image.others)}),
                "image.location");
        } else {
            std::string evidence = say("%1 has not been used in this site yet", {shown});
            if (!image.others.empty())
                evidence += say("; other releases have been (%1)", {joined(image.others)});
            if (sourceError)
                evidence += say("; asked from here: %1", {sourceError->text + " " + sourceError->detail});
            add("image", title, CheckVerdict::Unknown, evidence,
                say("Make sure that its source has it; the import of the first disk will show."),
                "image.location");
        }
    }

    void storage()
    {
        if (profile.image.source == ImageSource::ContainerDisk || profile.classRef)
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
            survey.fit = provision::fit(demands(profile, survey.site.classOf(profile)), survey.nodes,
                                        profile.antiAffinity, survey.costs);
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
        const std::vector<VmDemand> vms = demands(profile, survey.site.classOf(profile));
        for (const VmDemand& vm : vms) {
            const Room request = launcherRequest(vm, survey.costs);
            need.cpuMilli += request.cpuMilli;
            need.memoryBytes += request.memoryBytes;
            need.pods += 1;
        }
        std::int64_t disks = 0;
        if (profile.image.source != ImageSource::ContainerDisk && !profile.classRef) {
            disks = parseQuantity(profile.controlPlane.size.disk).value_or(0) * profile.controlPlane.replicas;
            for (const WorkerPool& pool : profile.workers)
                disks += parseQuantity(pool.size.disk).value_or(0) * pool.count;
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
                        return amount > 100'000'000 ? formatBytes(amount)
                               : milli              ? formatCpu(amount)
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
            if (disks > 0) {
                compare("requests.storage", false, disks, "storage");
                compare("persistentvolumeclaims", false, static_cast<std::int64_t>(vms.size()), "claims");
            }
            compare("count/virtualmachines.kubevirt.io", false, static_cast<std::int64_t>(vms.size()), "VMs");
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
    PreflightOptions options;
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
    ProviderEvidence providers;
    LoadBalancerEvidence loadBalancer;
    OverlaySettings overlaySettings;
    ImageEvidence image;
    Json claim;
    int pools = 0;
    std::optional<Error> claimError;
    std::optional<bool> sourceThere;
    std::optional<Error> sourceError;
    bool sourceOver = false;
    std::unique_ptr<SourceQuestion> source;
    std::vector<std::string> denied;
    std::vector<std::string> deniedUndo;
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
                                            std::function<void(const Survey&)> done, PreflightOptions options)
{
    auto d =
        std::make_shared<Private>(std::move(client), std::move(profile), std::move(done), std::move(options));
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
