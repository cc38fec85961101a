// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/topology.h"

#include "core/base/text.h"
#include "core/demosite/controllers/capi.h"

#include <algorithm>

namespace strata::demosite {
namespace {

using namespace capi;

constexpr const char* kOwned = "topology.cluster.x-k8s.io/owned";
constexpr const char* kPool = "topology.cluster.x-k8s.io/deployment-name";

// The value at a JSON pointer's parent and its last step; null when there is none. Lists are reached by
// number.
Json* parentOf(Json& root, const std::string& pointer, std::string& last)
{
    std::vector<std::string> steps = split(pointer, '/');
    if (steps.size() < 2 || !steps[0].empty())
        return nullptr;
    const auto plain = [](std::string step) {
        for (const auto& [coded, sign] : {std::pair("~1", "/"), std::pair("~0", "~")}) {
            for (std::size_t at = step.find(coded); at != std::string::npos; at = step.find(coded, at + 1))
                step.replace(at, 2, sign);
        }
        return step;
    };
    Json* at = &root;
    for (std::size_t i = 1; i + 1 < steps.size(); ++i) {
        const std::string step = plain(steps[i]);
        if (at->is_array()) {
            const std::size_t index = std::size_t(std::atoi(step.c_str()));
            if (index >= at->size())
                return nullptr;
            at = &(*at)[index];
        } else if (at->is_object() && at->contains(step)) {
            at = &(*at)[step];
        } else {
            return nullptr;
        }
    }
    last = plain(steps.back());
    return at;
}

// Cluster API's topology controller: makes a Cluster's parts from its ClusterClass, the class's variables and
// what spec.topology says, and keeps them so. Of the class's language: JSON patches with value, variable, and
// templates of plain `{{ .variable }}` places. Parts have names from what they are made of, so that a changed
// template is another object, as upstream rotates them.
class TopologyController : public Controller {
public:
    explicit TopologyController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(clusters(), key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json cluster = parseOwn(object->body);
        const Json topology = part(cluster, "spec.topology");
        if (!topology.is_object() || deleting(cluster) || isPaused(cluster, cluster))
            return kOnChange;
        const std::string space = text(topology, "classRef.namespace");
        const std::string name = text(topology, "classRef.name");
        Work work{*object, cluster, topology, {}, space.empty() ? key.ns : space, {}, {}};
        work.klass = read(m_store, kindOf("clusterclasses"), work.classSpace, name);
        if (work.klass.is_null()) {
            report(key, "ClusterClassNotReconciled",
                   "ClusterClass " + work.classSpace + "/" + name + " not found");
            return kOnChange;
        }
        work.variables = variables(work);
        make(work);
        report(key, work.trouble.empty() ? "ReconcileSucceeded" : "ReconcileFailed", work.trouble);
        return kOnChange;
    }

private:
    struct Work {
        const Object& object;
        const Json& cluster;
        const Json& topology;
        Json klass;
        std::string classSpace;
        Json variables;
        std::string trouble;
    };

    // Chosen values over the schema's defaults, plus what is built in.
    Json variables(const Work& work) const
    {
        Json all = Json::object();
        for (const Json& definition : part(work.klass, "spec.variables")) {
            const Json& standard = part(definition, "schema.openAPIV3Schema.default");
            if (!standard.is_null())
                all[text(definition, "name")] = standard;
        }
        for (const Json& chosen : part(work.topology, "variables")) {
            const std::string name = text(chosen, "name");
            const Json value = chosen.value("value", Json());
            if (all.contains(name) && all[name].is_object() && value.is_object())
                all[name].update(value); // properties have defaults of their own
            else
                all[name] = value;
        }
        all["builtin"] = {{"cluster",
                           {{"name", work.object.name},
                            {"namespace", work.object.ns},
                            {"topology", {{"version", text(work.topology, "version")}}}}}};
        return all;
    }

    static Json rendered(const std::string& templ, const Json& variables)
    {
        std::string out;
        for (std::size_t at = 0; at < templ.size();) {
            const std::size_t open = templ.find("{{", at);
            const std::size_t close = open == std::string::npos ? open : templ.find("}}", open);
            if (close == std::string::npos) {
                out += templ.substr(at);
                break;
            }
            out += templ.substr(at, open - at);
            std::string path = templ.substr(open + 2, close - open - 2);
            path.erase(std::remove(path.begin(), path.end(), ' '), path.end());
            out += text(variables, path.empty() ? path : path.substr(1));
            at = close + 2;
        }
        return out;
    }

    // Applies the class's patches that select this template.
    void patch(Work& work, Json& templ, const std::string& kind, bool plane, bool infrastructure,
               const std::string& worker, const Json& overrides) const
    {
        Json values = work.variables;
        for (const Json& chosen : overrides)
            values[text(chosen, "name")] = chosen.value("value", Json());
        for (const Json& each : part(work.klass, "spec.patches")) {
            for (const Json& definition : part(each, "definitions")) {
                const Json& resources = part(definition, "selector.matchResources");
                bool selected = (plane && flag(resources, "controlPlane")) ||
                                (infrastructure && flag(resources, "infrastructureCluster"));
                for (const Json& name : part(resources, "machineDeploymentClass.names"))
                    selected = selected || (!worker.empty() && (name == Json(worker) || name == Json("*")));
                if (!selected || text(definition, "selector.kind") != kind)
                    continue;
                for (const Json& change : part(definition, "jsonPatches"))
                    apply(work, templ, change, values, text(each, "name"));
            }
        }
    }

    static void apply(Work& work, Json& templ, const Json& change, const Json& values,
                      const std::string& name)
    {
        const std::string path = text(change, "path");
        std::string last;
        Json* parent = parentOf(templ, path, last);
        if (parent == nullptr) {
            work.trouble = "failed to apply patch \"" + name + "\": path " + path + " does not exist";
            return;
        }
        if (text(change, "op") == "remove") {
            if (parent->is_object())
                parent->erase(last);
            return;
        }
        Json value = change.value("value", Json());
        if (const std::string from = text(change, "valueFrom.variable"); !from.empty()) {
            const Json* found = find(values, from);
            if (found == nullptr) {
                work.trouble = "failed to apply patch \"" + name + "\": variable " + from + " does not exist";
                return;
            }
            value = *found;
        } else if (const std::string words = text(change, "valueFrom.template"); !words.empty()) {
            value = rendered(words, values);
        }
        if (!parent->is_array())
            (*parent)[last] = std::move(value);
        else if (last == "-")
            parent->push_back(std::move(value));
        else if (const std::size_t index = std::size_t(std::atoi(last.c_str())); index < parent->size())
            (*parent)[index] = std::move(value);
    }

    // The template of the class, patched: its spec.template.spec.
    Json templateOf(Work& work, const Json& holder, bool plane, bool infrastructure,
                    const std::string& worker, const Json& overrides) const
    {
        const Json& ref = part(holder, "templateRef");
        const std::string version = text(ref, "apiVersion");
        const Kind* kind =
            Kinds::instance().findKind(version.substr(0, version.find('/')), text(ref, "kind"));
        Json templ = kind == nullptr ? Json() : read(m_store, *kind, work.classSpace, text(ref, "name"));
        if (templ.is_null()) {
            work.trouble = text(ref, "kind") + " " + work.classSpace + "/" + text(ref, "name") + " not found";
            return {};
        }
        patch(work, templ, text(ref, "kind"), plane, infrastructure, worker, overrides);
        return part(templ, "spec.template.spec");
    }

    Json metadata(const Work& work, const std::string& name, const Json& more = Json::object()) const
    {
        Json labels = {{kClusterName, work.object.name}, {kOwned, ""}};
        labels.update(more);
        return {{"name", name},
                {"namespace", work.object.ns},
                {"labels", labels},
                {"ownerReferences", Json::array({ownerOf(work.object, false)})}};
    }

    // A machine or bootstrap template of its own for this cluster; its name tells its content.
    std::string clone(const Work& work, const char* resource, const std::string& base, const Json& spec) const
    {
        const std::string name = base + "-" + hashWord(compact(spec), 5);
        if (!m_store.get(kindOf(resource), work.object.ns, name))
            create(m_store, kindOf(resource),
                   {{"metadata", metadata(work, name)}, {"spec", {{"template", {{"spec", spec}}}}}});
        return name;
    }

    static Json ref(const char* group, const char* kind, const std::string& name)
    {
        return {{"apiGroup", group}, {"kind", kind}, {"name", name}};
    }

    void make(Work& work)
    {
        const std::string& name = work.object.name;
        const std::string own = name + "-" + hashWord(work.object.uid, 5);
        const Json none = Json::array();
        const Json infra = templateOf(work, part(work.klass, "spec.infrastructure"), false, true, {}, none);
        const Json machine = templateOf(work, part(work.klass, "spec.controlPlane.machineInfrastructure"),
                                        true, false, {}, none);
        Json plane = templateOf(work, part(work.klass, "spec.controlPlane"), true, false, {}, none);
        if (!work.trouble.empty())
            return;
        if (!m_store.get(kindOf("kubevirtclusters"), work.object.ns, own))
            create(m_store, kindOf("kubevirtclusters"), {{"metadata", metadata(work, own)}, {"spec", infra}});
        plane["replicas"] = number(work.topology, "controlPlane.replicas").value_or(1);
        plane["version"] = text(work.topology, "version");
        plane["machineTemplate"]["spec"]["infrastructureRef"] =
            ref("infrastructure.cluster.x-k8s.io", "KubevirtMachineTemplate",
                clone(work, "kubevirtmachinetemplates", name + "-control-plane", machine));
        keep(work, kindOf("kubeadmcontrolplanes"), own, Json::object(), plane);
        if (text(work.cluster, "spec.controlPlaneRef.name").empty())
            edit(m_store, clusters(), work.object.ns, name, [&](Json& edited) {
                edited["spec"]["infrastructureRef"] =
                    ref("infrastructure.cluster.x-k8s.io", "KubevirtCluster", own);
                edited["spec"]["controlPlaneRef"] =
                    ref("controlplane.cluster.x-k8s.io", "KubeadmControlPlane", own);
            });
        std::vector<std::string> wanted;
        for (const Json& pool : part(work.topology, "workers.machineDeployments")) {
            workers(work, pool);
            wanted.push_back(text(pool, "name"));
        }
        for (const ObjectPtr& each : labelled(m_store, kindOf("machinedeployments"), work.object.ns, name)) {
            bool owned = false;
            lookUp(each->labels, kOwned, &owned);
            const std::string of(lookUp(each->labels, kPool));
            if (owned && std::find(wanted.begin(), wanted.end(), of) == wanted.end())
                (void)m_store.remove(kindOf("machinedeployments"), each->ns, each->name);
        }
    }

    void workers(Work& work, const Json& pool)
    {
        const std::string worker = text(pool, "class");
        Json offered;
        for (const Json& each : part(work.klass, "spec.workers.machineDeployments")) {
            if (text(each, "class") == worker)
                offered = each;
        }
        if (offered.is_null()) {
            work.trouble = "no MachineDeploymentClass " + worker + " in the ClusterClass";
            return;
        }
        const Json& overrides = part(pool, "variables.overrides");
        const Json machine =
            templateOf(work, part(offered, "infrastructure"), false, false, worker, overrides);
        const Json config = templateOf(work, part(offered, "bootstrap"), false, false, worker, overrides);
        if (!work.trouble.empty())
            return;
        const std::string base = work.object.name + "-" + text(pool, "name");
        const std::string own = base + "-" + hashWord(work.object.uid, 5);
        Json labels = {{kPool, text(pool, "name")}};
        if (const Json& more = part(pool, "metadata.labels"); more.is_object())
            labels.update(more);
        Json machineLabels = labels;
        machineLabels[kClusterName] = work.object.name;
        machineLabels[kDeploymentName] = own;
        machineLabels[kOwned] = "";
        Json spec = {
            {"clusterName", work.object.name},
            {"selector", {{"matchLabels", {{kClusterName, work.object.name}, {kDeploymentName, own}}}}},
            {"template",
             {{"metadata", {{"labels", machineLabels}}},
              {"spec",
               {{"clusterName", work.object.name},
                {"version", text(work.topology, "version")},
                {"bootstrap",
                 {{"configRef", ref("bootstrap.cluster.x-k8s.io", "KubeadmConfigTemplate",
                                    clone(work, "kubeadmconfigtemplates", base, config))}}},
                {"infrastructureRef", ref("infrastructure.cluster.x-k8s.io", "KubevirtMachineTemplate",
                                          clone(work, "kubevirtmachinetemplates", base, machine))}}}}}};
        if (const auto replicas = number(pool, "replicas"))
            spec["replicas"] = *replicas;
        else if (!m_store.get(kindOf("machinedeployments"), work.object.ns, own))
            spec["replicas"] = std::max(
                1, std::atoi(annotation(Json{{"metadata", part(pool, "metadata")}},
                                        "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size")
                                 .c_str()));
        Json more = {{"labels", labels}};
        if (const Json& notes = part(pool, "metadata.annotations"); notes.is_object())
            more["annotations"] = notes;
        keep(work, kindOf("machinedeployments"), own, more, spec);
    }

    // Makes the object, or sets in it what the class says, and nothing else: others own fields, too.
    void keep(const Work& work, const Kind& kind, const std::string& name, const Json& more, const Json& spec)
    {
        if (!m_store.get(kind, work.object.ns, name)) {
            Json made = {{"metadata", metadata(work, name, more.value("labels", Json::object()))},
                         {"spec", spec}};
            if (more.contains("annotations"))
                made["metadata"]["annotations"] = more["annotations"];
            create(m_store, kind, std::move(made));
            return;
        }
        edit(m_store, kind, work.object.ns, name, [&](Json& edited) { merge(edited["spec"], spec); });
    }

    static void merge(Json& into, const Json& from)
    {
        if (!into.is_object() || !from.is_object()) {
            into = from;
            return;
        }
        for (const auto& [key, value] : from.items()) {
            if (value.is_object() && into.contains(key))
                merge(into[key], value);
            else
                into[key] = value;
        }
    }

    void report(const Key& key, const std::string& reason, const std::string& words)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, clusters(), key.ns, key.name, [&](Json& edited) {
            setCondition(
                edited["status"],
                {"TopologyReconciled", reason == "ReconcileSucceeded" ? "True" : "False", reason, words}, at);
            setOld(edited["status"], "TopologyReconciled", reason == "ReconcileSucceeded", "Error", reason,
                   words, at);
        });
    }

    Site& m_site;
    Store& m_store;
};

} // namespace

void addTopologyController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<TopologyController>(site));
    site.manager.watch(store, clusters(), controller);
    site.manager.watch(store, kindOf("machinedeployments"), controller, byClusterLabel());
    site.manager.watch(store, kindOf("clusterclasses"), controller,
                       [&store](const StoreEvent&, const Manager::Enqueue& enqueue) {
                           for (const ObjectPtr& each : store.list(clusters(), {}))
                               enqueue({each->ns, each->name});
                       });
}

} // namespace strata::demosite
