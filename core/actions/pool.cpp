// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/build.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/provision/recipes/create_objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <tuple>

// Groups of machines: made, removed, of another size or image, watched by a health check, with new
// certificates (Cluster API api/core and api/controlplane, v1beta1 and v1beta2; KubevirtMachineTemplate
// v1alpha1).
namespace strata::actions {

using namespace provision;
using namespace stack;
using Kind = Predicate::Kind;

namespace {

constexpr const char* kTemplateVersion = "infrastructure.cluster.x-k8s.io/v1alpha1";
constexpr const char* kDeploymentName = "cluster.x-k8s.io/deployment-name";
constexpr const char* kControlPlane = "cluster.x-k8s.io/control-plane";
constexpr int kMachineSeconds = 1800; // until a machine has come or gone
constexpr int kMostMachines = 500;
constexpr int kMostCpus = 512;
constexpr int kLeastDays = 7; // KubeadmControlPlane's own
constexpr std::size_t kMostName = 63;

const Json& at(const Json& json, const char* pointer)
{
    static const Json none;
    const Json::json_pointer place(pointer);
    return json.contains(place) ? json[place] : none;
}

std::optional<int> wholeNumber(const std::string& text, int least, int most)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
        return std::nullopt;
    return value;
}

Result<void> checkSize(const char* what, const std::string& text)
{
    if (text.empty())
        return {};
    const auto bytes = parseQuantity(text);
    if (!bytes || *bytes < (1 << 20))
        return refuse(say("“%1” is not a size of %2; write it like 8Gi.", {cleanText(text, 40), what}));
    return {};
}

Result<TemplateWish> wishOf(const Builder& builder)
{
    TemplateWish wish{builder.value(kCpus), builder.value(kMemory), builder.value(kDisk),
                      builder.value(kStorageClass), builder.value(kImage)};
    if (!wish.cpus.empty() && !wholeNumber(wish.cpus, 1, kMostCpus))
        return refuse(say("How many CPUs? A number from 1 to %1.", {std::to_string(kMostCpus)}));
    const std::string memory = say("memory");
    const std::string disk = say("a disk");
    if (auto sound = checkSize(memory.c_str(), wish.memory); !sound)
        return tl::unexpected(sound.error());
    if (auto sound = checkSize(disk.c_str(), wish.disk); !sound)
        return tl::unexpected(sound.error());
    if (!isCleanText(wish.image) || wish.image.find(' ') != std::string::npos)
        return refuse(say("“%1” is not the name of an image.", {cleanText(wish.image, 200)}));
    return wish;
}

// The VM inside of a machine template's spec.
constexpr const char* kVm = "/template/spec/virtualMachineTemplate/spec";

std::vector<std::string> planeAndPools(const Builder& builder, const Tenant& tenant)
{
    std::vector<std::string> names;
    for (const ItemId pool : tenant.pools) {
        if (const MachineDeploymentFact* fact = builder.stack().facts(pool).machineDeployment)
            names.push_back(fact->meta.name);
    }
    if (tenant.plane != nullptr)
        names.push_back(tenant.plane->meta.name);
    return names;
}

// Where machines of a group come from.
struct Source {
    const Object* owner = nullptr; // null: still being read
    bool pool = false;
    std::string machineTemplate;
    std::string configTemplate; // pools only
};

Result<Source> sourceOf(Builder& builder, const Meta& meta, bool pool)
{
    Source source;
    source.pool = pool;
    const Ref ref = refOf(meta, pool ? "MachineDeployment" : "KubeadmControlPlane");
    source.owner = builder.read(Target::Outer, ref);
    if (source.owner == nullptr) {
        if (builder.asked(Target::Outer, ref))
            return refuse(say("%1 is not there, or may not be read.", {ref.title()}));
        return source;
    }
    const auto text = [&](const char* path) { return source.owner->text(path).value_or(""); };
    if (pool) {
        source.machineTemplate = text("spec.template.spec.infrastructureRef.name");
        source.configTemplate = text("spec.template.spec.bootstrap.configRef.name");
    } else {
        source.machineTemplate = text("spec.machineTemplate.infrastructureRef.name");
        if (source.machineTemplate.empty())
            source.machineTemplate = text("spec.machineTemplate.spec.infrastructureRef.name");
    }
    if (source.machineTemplate.empty())
        return refuse(say("%1 names no machine template.", {ref.title()}));
    return source;
}

// Null with questions: still being read.
Result<const Object*> readTemplate(Builder& builder, const char* apiVersion, const char* kind,
                                   const std::string& ns, const std::string& name)
{
    const Ref ref{apiVersion, kind, ns, name};
    const Object* has = builder.read(Target::Outer, ref);
    if (has == nullptr && builder.asked(Target::Outer, ref))
        return refuse(say("%1 is not there, or may not be read.", {ref.title()}));
    return has;
}

std::string shortName(const std::string& base, const std::string& suffix)
{
    return base.substr(0, kMostName - std::min<std::size_t>(suffix.size(), 40)) + suffix;
}

// Labels that tell the VMs of one group from another's, and the affinity that is built on them.
void relabel(Json& spec, const std::string& from, const std::string& to, bool fromPlane)
{
    const Json::json_pointer place(std::string(kVm) + "/template");
    if (!spec.contains(place))
        return;
    Json& pod = spec[place];
    const std::string key(kPoolKey);
    const auto change = [&](Json& labels) {
        if (!labels.is_object())
            return;
        if (fromPlane)
            labels.erase("cluster.x-k8s.io/role");
        if (labels.contains(key) || fromPlane)
            labels[key] = to;
        for (auto& [name, value] : labels.items()) {
            if (value.is_string() && value.get<std::string>() == from)
                value = to;
        }
    };
    if (pod.contains(Json::json_pointer("/metadata/labels")))
        change(pod["metadata"]["labels"]);
    const std::function<void(Json&)> walk = [&](Json& value) {
        if (value.is_array()) {
            for (Json& each : value)
                walk(each);
        } else if (value.is_object()) {
            for (auto& [name, inside] : value.items()) {
                if (name == "matchLabels")
                    change(inside);
                else
                    walk(inside);
            }
        }
    };
    if (pod.contains(Json::json_pointer("/spec/affinity")))
        walk(pod["spec"]["affinity"]);
}

// What joins a node, of a control plane's own configuration: without what only a control plane has.
Json workerConfig(const Json& kubeadm)
{
    Json out = Json::object();
    if (!kubeadm.is_object())
        return out;
    for (const auto& [key, value] : kubeadm.items()) {
        if (key == "clusterConfiguration" || key == "initConfiguration")
            continue;
        if (key == "files" && value.is_array()) { // static pods of a control plane, its policies
            Json kept = Json::array();
            for (const Json& file : value) {
                if (file.value("path", std::string()).rfind("/etc/kubernetes/", 0) != 0)
                    kept.push_back(file);
            }
            if (!kept.empty())
                out[key] = std::move(kept);
            continue;
        }
        out[key] = value;
    }
    if (out.contains("joinConfiguration") && out["joinConfiguration"].is_object())
        out["joinConfiguration"].erase("controlPlane");
    return out;
}

// v1beta1 names an object by apiVersion and namespace, v1beta2 by group.
Json templateRef(const std::string& owner, const std::string& apiVersion, const char* kind,
                 const std::string& ns, const std::string& name)
{
    if (isV1beta1(owner))
        return Json{{"apiVersion", apiVersion}, {"kind", kind}, {"name", name}, {"namespace", ns}};
    return Json{{"apiGroup", apiVersion.substr(0, apiVersion.find('/'))}, {"kind", kind}, {"name", name}};
}

Write made(Object object, bool keep)
{
    Write write{Verb::Create, Target::Outer, std::move(object)};
    write.keep = keep;
    return write;
}

std::string sizeText(const TemplateWish& size)
{
    std::string out = say("%1 CPUs, %2 memory",
                          {size.cpus.empty() ? "?" : size.cpus, size.memory.empty() ? "?" : size.memory});
    if (!size.disk.empty())
        out += ", " + say("%1 disk", {size.disk});
    return out;
}

} // namespace

bool isObjectName(const std::string& text)
{
    const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= kMostName && word(text.front()) && word(text.back()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return word(c) || c == '-'; });
}

std::vector<std::string> differencesOf(const Json& before, const Json& after)
{
    std::vector<std::string> out;
    const auto shown = [](const Json& value) {
        return cleanText(value.is_string() ? value.get<std::string>()
                                           : value.dump(-1, ' ', false, Json::error_handler_t::replace),
                         160);
    };
    const std::function<void(const std::string&, const Json&, const Json&)> walk =
        [&](const std::string& path, const Json& a, const Json& b) {
            if (a == b)
                return;
            const auto inside = [&](const std::string& name) {
                return cleanText(path.empty() ? name : path + "." + name, 200);
            };
            if (a.is_object() && b.is_object()) {
                for (const auto& [key, value] : a.items())
                    walk(inside(key), value, b.contains(key) ? b[key] : Json());
                for (const auto& [key, value] : b.items()) {
                    if (!a.contains(key))
                        walk(inside(key), Json(), value);
                }
                return;
            }
            if (a.is_array() && b.is_array() && a.size() == b.size()) {
                for (std::size_t i = 0; i < a.size(); ++i)
                    walk(inside(std::to_string(i)), a[i], b[i]);
                return;
            }
            out.push_back(path + ": " + (a.is_null() ? "—" : shown(a)) + " → " +
                          (b.is_null() ? "—" : shown(b)));
        };
    walk({}, before, after);
    return out;
}

TemplateWish sizeOf(const Json& spec)
{
    TemplateWish out;
    const std::string vm = kVm;
    const auto text = [](const Json& value) {
        return value.is_string()   ? value.get<std::string>()
               : value.is_number() ? value.dump()
                                   : std::string();
    };
    const Json& domain = at(spec, (vm + "/template/spec/domain").c_str());
    if (domain.is_object()) {
        const auto part = [&](const char* name) {
            const Json& value = at(domain, (std::string("/cpu/") + name).c_str());
            return value.is_number_integer() ? value.get<std::int64_t>() : std::int64_t{1};
        };
        if (domain.contains("cpu"))
            out.cpus = std::to_string(part("cores") * part("sockets") * part("threads"));
        else
            out.cpus = text(at(domain, "/resources/requests/cpu"));
        out.memory = text(at(domain, "/memory/guest"));
        if (out.memory.empty())
            out.memory = text(at(domain, "/resources/requests/memory"));
    }
    const Json& disk = at(spec, (vm + "/dataVolumeTemplates/0/spec").c_str());
    if (disk.is_object()) {
        for (const char* shape : {"/storage", "/pvc"}) {
            if (out.disk.empty())
                out.disk = text(at(disk, (std::string(shape) + "/resources/requests/storage").c_str()));
            if (out.storageClass.empty())
                out.storageClass = text(at(disk, (std::string(shape) + "/storageClassName").c_str()));
        }
        for (const char* source : {"/source/registry/url", "/source/http/url"}) {
            if (out.image.empty())
                out.image = text(at(disk, source));
        }
    }
    const Json& volumes = at(spec, (vm + "/template/spec/volumes").c_str());
    if (volumes.is_array() && out.image.empty()) {
        for (const Json& volume : volumes) {
            if (const std::string image = text(at(volume, "/containerDisk/image"));
                !image.empty() && out.image.empty())
                out.image = image;
        }
    }
    return out;
}

// What a template gives now, for the form that asks for another.
TemplateWish tellNow(Builder& builder, const Json& spec)
{
    TemplateWish has = sizeOf(spec);
    builder.help.now[kCpus] = has.cpus;
    builder.help.now[kMemory] = has.memory;
    builder.help.now[kDisk] = has.disk;
    builder.help.now[kStorageClass] = has.storageClass;
    builder.help.now[kImage] = has.image;
    return has;
}

Result<void> applyWish(Json& spec, const TemplateWish& wish)
{
    const std::string vm = kVm;
    const Json::json_pointer domainPlace(vm + "/template/spec/domain");
    if (spec.contains(Json::json_pointer(vm + "/instancetype")) &&
        (!wish.cpus.empty() || !wish.memory.empty()))
        return refuse(say("Its CPUs and memory come from the instance type %1.",
                          {cleanText(at(spec, (vm + "/instancetype/name").c_str()).is_string()
                                         ? at(spec, (vm + "/instancetype/name").c_str()).get<std::string>()
                                         : std::string(),
                                     80)}));
    if (!wish.cpus.empty()) {
        Json& domain = spec[domainPlace];
        const std::int64_t cpus = std::stoll(wish.cpus);
        Json cpu = domain.contains("cpu") && domain["cpu"].is_object() ? domain["cpu"] : Json::object();
        const std::int64_t threads = cpu.contains("threads") && cpu["threads"].is_number_integer()
                                         ? cpu["threads"].get<std::int64_t>()
                                         : 1;
        if (threads > 1 && cpus % threads != 0)
            return refuse(say("Its cores have %1 threads each: so many CPUs or a multiple.",
                              {std::to_string(threads)}));
        cpu["cores"] = cpus / std::max<std::int64_t>(threads, 1);
        cpu.erase("sockets");
        domain["cpu"] = std::move(cpu);
        if (domain.contains(Json::json_pointer("/resources/requests/cpu")))
            domain["resources"]["requests"]["cpu"] = wish.cpus;
    }
    if (!wish.memory.empty()) {
        Json& domain = spec[domainPlace];
        const bool byRequest = !domain.contains(Json::json_pointer("/memory/guest")) &&
                               domain.contains(Json::json_pointer("/resources/requests/memory"));
        if (byRequest)
            domain["resources"]["requests"]["memory"] = wish.memory;
        else
            domain["memory"]["guest"] = wish.memory;
    }
    const Json::json_pointer diskPlace(vm + "/dataVolumeTemplates/0/spec");
    if (!wish.disk.empty() || !wish.storageClass.empty()) {
        if (!spec.contains(diskPlace))
            return refuse(
                say("Its root disk is a container disk: it has neither a size nor a storage class of "
                    "its own."));
        Json& disk = spec[diskPlace];
        Json& claim = disk.contains("pvc") ? disk["pvc"] : disk["storage"];
        if (!wish.disk.empty())
            claim["resources"]["requests"]["storage"] = wish.disk;
        if (!wish.storageClass.empty())
            claim["storageClassName"] = wish.storageClass;
    }
    if (!wish.image.empty()) {
        const bool scheme = wish.image.find("://") != std::string::npos;
        const std::string plain =
            scheme && wish.image.rfind("docker://", 0) == 0 ? wish.image.substr(9) : wish.image;
        if (spec.contains(diskPlace)) {
            Json& source = spec[diskPlace]["source"];
            const bool http = wish.image.rfind("http", 0) == 0 && scheme;
            source = http ? Json{{"http", {{"url", wish.image}}}}
                          : Json{{"registry", {{"url", "docker://" + plain}}}};
        } else {
            bool found = false;
            const Json::json_pointer volumes(vm + "/template/spec/volumes");
            if (spec.contains(volumes) && spec[volumes].is_array()) {
                for (Json& volume : spec[volumes]) {
                    if (!found && volume.contains("containerDisk")) {
                        volume["containerDisk"]["image"] = plain;
                        found = true;
                    }
                }
            }
            if (!found)
                return refuse(say("Its template names no image that could be another one."));
        }
    }
    return {};
}

Result<void> addPool(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const ClusterFact& cluster = *stack.facts(id).cluster;
    const Tenant tenant = tenantOf(stack, id);
    const std::vector<std::string> groups = planeAndPools(builder, tenant);
    for (const std::string& group : groups)
        builder.help.choices[kLike].push_back({group, group});
    if (groups.empty())
        return refuse(say("There is nothing whose templates could be copied: neither a pool nor a "
                          "KubeadmControlPlane."));
    const std::string like = builder.value(kLike).empty() ? groups.front() : builder.value(kLike);
    const Meta* meta = nullptr;
    bool pool = false;
    for (const ItemId each : tenant.pools) {
        if (const MachineDeploymentFact* fact = stack.facts(each).machineDeployment;
            fact != nullptr &&
            (fact->meta.name == like || fact->meta.name == cluster.meta.name + "-" + like)) {
            meta = &fact->meta;
            pool = true;
        }
    }
    if (meta == nullptr && tenant.plane != nullptr && tenant.plane->meta.name == like)
        meta = &tenant.plane->meta;
    if (meta == nullptr)
        return refuse(say("%1 has no pool called %2.", {cluster.meta.name, cleanText(like, 80)}));
    const auto source = sourceOf(builder, *meta, pool);
    if (!source)
        return tl::unexpected(source.error());
    const auto wish = wishOf(builder);
    if (source->owner == nullptr)
        return {};
    const auto machine =
        readTemplate(builder, kTemplateVersion, "KubevirtMachineTemplate", meta->ns, source->machineTemplate);
    if (!machine)
        return tl::unexpected(machine.error());
    const std::string core = cluster.meta.apiVersion;
    const std::string bootstrap = capiVersion("bootstrap.cluster.x-k8s.io", core);
    const Object* config = nullptr;
    if (pool && !source->configTemplate.empty()) {
        const auto read = readTemplate(builder, bootstrap.c_str(), "KubeadmConfigTemplate", meta->ns,
                                       source->configTemplate);
        if (!read)
            return tl::unexpected(read.error());
        config = *read;
    }
    if (*machine == nullptr || (pool && config == nullptr && !source->configTemplate.empty()))
        return {};
    Json machineSpec = at((*machine)->json(), "/spec");
    const TemplateWish has = tellNow(builder, machineSpec);

    if (!wish)
        return tl::unexpected(wish.error());
    const std::string given = builder.value(kName);
    if (!isObjectName(given))
        return refuse(given.empty()
                          ? say("The pool needs a name.")
                          : say("“%1” cannot be the name of a pool: lower-case letters, digits and dashes.",
                                {cleanText(given, 80)}));
    const std::string prefix = cluster.meta.name + "-";
    const std::string name = given.rfind(prefix, 0) == 0 ? given : prefix + given;
    if (name.size() > kMostName - 10) // its machines and their VMs get more behind it
        return refuse(say("“%1” is too long: its machines' names begin with it.", {name}));
    if (std::find(groups.begin(), groups.end(), name) != groups.end())
        return refuse(say("%1 has a pool %2 already.", {cluster.meta.name, name}));
    const auto count = wholeNumber(builder.value(kReplicas), 0, kMostMachines);
    if (!count)
        return refuse(say("How many machines? A number from 0 to %1.", {std::to_string(kMostMachines)}));
    const std::string version = versionOf(stack, id);
    if (version.empty())
        return refuse(say("The cluster's version is not known."));

    relabel(machineSpec, like, name, !pool);
    if (auto done = applyWish(machineSpec, *wish); !done)
        return done;
    builder.differences = differencesOf(at(at((*machine)->json(), "/spec"), kVm), at(machineSpec, kVm));
    const auto start = [&](const std::string& apiVersion, const char* kind, const std::string& objectName) {
        Object object(apiVersion, kind, cluster.meta.ns, objectName);
        object.setLabel(kClusterNameKey, cluster.meta.name);
        if (const std::string owner = source->owner->label(kTenantKey); !owner.empty())
            object.setLabel(kTenantKey, owner);
        return object;
    };
    Step& step = builder.step(say("Make pool %1 with %2 machines", {name, std::to_string(*count)}));
    step.timeoutSeconds = kMachineSeconds * std::clamp(*count / 4 + 1, 1, 8);
    Object machineTemplate = start(kTemplateVersion, "KubevirtMachineTemplate", name + "-v1");
    machineTemplate.edit()["spec"] = std::move(machineSpec);
    Object configTemplate = start(bootstrap, "KubeadmConfigTemplate", name + "-v1");
    if (config != nullptr)
        configTemplate.edit()["spec"] = at(config->json(), "/spec");
    else
        configTemplate.edit()["spec"]["template"]["spec"] =
            workerConfig(at(source->owner->json(), "/spec/kubeadmConfigSpec"));

    Object deployment = start(core, "MachineDeployment", name);
    Json spec = Json::object();
    if (pool) {
        spec = at(source->owner->json(), "/spec");
        spec.erase("rolloutAfter");
        spec.erase("paused");
        if (spec.contains("rollout") && spec["rollout"].is_object()) {
            spec["rollout"].erase("after");
            if (spec["rollout"].empty())
                spec.erase("rollout");
        }
    }
    const Json labels = {{std::string(kClusterNameKey), cluster.meta.name}, {kDeploymentName, name}};
    spec["clusterName"] = cluster.meta.name;
    spec["replicas"] = *count;
    spec["selector"] = {{"matchLabels", labels}};
    Json& machines = spec["template"];
    Json machineLabels =
        at(machines, "/metadata/labels").is_object() ? at(machines, "/metadata/labels") : Json::object();
    machineLabels.erase("cluster.x-k8s.io/set-name");
    for (const auto& [key, value] : labels.items())
        machineLabels[key] = value;
    machines["metadata"]["labels"] = std::move(machineLabels);
    Json& inside = machines["spec"];
    inside["clusterName"] = cluster.meta.name;
    inside["version"] = version;
    inside["bootstrap"] = {
        {"configRef", templateRef(core, bootstrap, "KubeadmConfigTemplate", cluster.meta.ns, name + "-v1")}};
    inside["infrastructureRef"] =
        templateRef(core, kTemplateVersion, "KubevirtMachineTemplate", cluster.meta.ns, name + "-v1");
    deployment.edit()["spec"] = std::move(spec);
    const Ref ref = provision::refOf(deployment);
    step.writes.push_back(made(std::move(machineTemplate), false));
    step.writes.push_back(made(std::move(configTemplate), false));
    step.writes.push_back(made(std::move(deployment), false));
    waitForMachines(step, ref, *count, false);
    TemplateWish size = has;
    if (!wish->cpus.empty())
        size.cpus = wish->cpus;
    if (!wish->memory.empty())
        size.memory = wish->memory;
    if (!wish->disk.empty())
        size.disk = wish->disk;
    builder.notice(say("Nobody: %1 machines of %2 are added, each with %3.",
                       {std::to_string(*count), name, sizeText(size)}));
    if (!pool)
        builder.notice(
            say("Its machines are made like those of the control plane, without what only a control "
                "plane has."));
    if (*count > 0) {
        diagnosis::Capacity capacity = diagnosis::capacityOf(stack);
        const SourceId own = stack.find(id)->source;
        std::erase_if(capacity.nodes, [&](const diagnosis::NodeRoom& room) {
            const Item* node = stack.find(room.node);
            return node == nullptr || node->source != own;
        });
        Amount amount;
        amount.cpuMilli = parseQuantityMilli(size.cpus).value_or(-1);
        amount.memoryBytes = parseQuantity(size.memory).value_or(-1);
        if (amount.memoryBytes > 0) {
            const diagnosis::Fit fit = diagnosis::howManyFit(capacity, amount);
            if (fit.count < *count)
                builder.notice(say("Only %1 VMs of %2 find room; the others wait for a node.",
                                   {std::to_string(fit.count), diagnosis::sizeText(amount)}));
        }
    }
    return {};
}

Result<void> removePool(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const MachineDeploymentFact& pool = *stack.facts(id).machineDeployment;
    const Tenant tenant = tenantOf(stack, id);
    const auto source = sourceOf(builder, pool.meta, true);
    if (!source)
        return tl::unexpected(source.error());
    // Templates that others use, too, stay.
    std::vector<std::string> others;
    bool reading = source->owner == nullptr;
    for (const ItemId each : tenant.pools) {
        const MachineDeploymentFact* fact = stack.facts(each).machineDeployment;
        if (each == id || fact == nullptr)
            continue;
        const auto other = sourceOf(builder, fact->meta, true);
        if (!other)
            continue;
        reading = reading || other->owner == nullptr;
        others.push_back(other->machineTemplate);
        others.push_back(other->configTemplate);
    }
    if (tenant.plane != nullptr) {
        const auto other = sourceOf(builder, tenant.plane->meta, false);
        if (other) {
            reading = reading || other->owner == nullptr;
            others.push_back(other->machineTemplate);
        }
    }
    if (reading)
        return {};
    const std::string bootstrap = capiVersion("bootstrap.cluster.x-k8s.io", pool.meta.apiVersion);
    std::vector<const Object*> templates;
    for (const auto& [apiVersion, kind, name] :
         {std::tuple(std::string(kTemplateVersion), "KubevirtMachineTemplate", source->machineTemplate),
          std::tuple(bootstrap, "KubeadmConfigTemplate", source->configTemplate)}) {
        if (name.empty() || std::find(others.begin(), others.end(), name) != others.end())
            continue;
        const Ref ref{apiVersion, kind, pool.meta.ns, name};
        const Object* has = builder.read(Target::Outer, ref);
        if (has != nullptr)
            templates.push_back(has);
    }
    if (!builder.questions.empty())
        return {};
    const std::string name = pool.meta.ns + "/" + pool.meta.name;
    builder.typed = pool.meta.name;
    Step& step = builder.step(say("Remove pool %1 and wait for its machines to go", {name}));
    step.timeoutSeconds = kMachineSeconds * 4;
    step.writes.push_back({Verb::Remove, Target::Outer, patchOf(pool.meta, "MachineDeployment")});
    step.waits.push_back({Target::Outer,
                          refOf(pool.meta, "MachineDeployment"),
                          say("The pool is gone"),
                          {{Kind::Gone, {}, pool.meta.uid}}});
    for (const ObjectFact* check : watchedBy(stack, id)) {
        const auto field = check->fields.find("deploymentName");
        if (field != check->fields.end() && field->second == pool.meta.name)
            step.writes.push_back({Verb::Remove, Target::Outer, patchOf(check->meta, "MachineHealthCheck")});
    }
    if (!templates.empty()) {
        Step& rest = builder.step(say("Remove the templates that only it used"));
        for (const Object* each : templates) {
            Object gone(each->apiVersion(), each->kind(), each->ns(), each->name());
            gone.edit()["metadata"]["uid"] = each->uid();
            rest.writes.push_back({Verb::Remove, Target::Outer, std::move(gone)});
        }
    }
    const int machines = machinesOf(stack, id);
    builder.notice(
        say("The nodes of its %1 machines are drained; then the machines, their VMs and disks are gone "
            "for good.",
            {std::to_string(machines)}));
    const Item* item = stack.find(id);
    if (item->pods > 0)
        builder.notice(
            say("%1 pods on them look for room in the cluster's other pools.", {std::to_string(item->pods)}));
    int left = 0;
    for (const ItemId each : tenant.pools)
        left += each == id ? 0 : machinesOf(stack, each);
    if (left == 0)
        builder.notice(
            say("It is the last pool with machines: what does not run on the control plane finds no "
                "node any more."));
    builder.notice(
        say("A disruption budget inside of the tenant that is used up keeps a machine from being drained."));
    return {};
}

Result<void> resizeMachines(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const ItemFacts facts = stack.facts(id);
    const bool pool = facts.machineDeployment != nullptr;
    const Meta& meta = pool ? facts.machineDeployment->meta : facts.controlPlane->meta;
    const int replicas = std::max(pool ? facts.machineDeployment->replicas : facts.controlPlane->replicas, 0);
    const Tenant tenant = tenantOf(stack, id);
    const auto source = sourceOf(builder, meta, pool);
    if (!source)
        return tl::unexpected(source.error());
    const auto wish = wishOf(builder);
    if (source->owner == nullptr)
        return {};
    const auto old =
        readTemplate(builder, kTemplateVersion, "KubevirtMachineTemplate", meta.ns, source->machineTemplate);
    if (!old)
        return tl::unexpected(old.error());
    if (*old == nullptr)
        return {};
    const Json before = at((*old)->json(), "/spec");
    const TemplateWish has = tellNow(builder, before);
    if (!wish)
        return tl::unexpected(wish.error());
    if (wish->empty())
        return refuse(say("What shall be otherwise? CPUs, memory, disk or image."));
    Json after = before;
    if (auto done = applyWish(after, *wish); !done)
        return done;
    builder.differences = differencesOf(at(before, kVm), at(after, kVm));
    if (builder.differences.empty())
        return refuse(say("Its machines are of that size and image already."));
    const std::string name = meta.ns + "/" + meta.name;
    const std::string copyName = shortName(meta.name, "-" + newPlanId().substr(0, 5));
    Object copy(kTemplateVersion, "KubevirtMachineTemplate", meta.ns, copyName);
    copy.setLabel(kClusterNameKey, tenant.fact != nullptr ? tenant.fact->meta.name : std::string());
    if (const std::string owner = (*old)->label(kTenantKey); !owner.empty())
        copy.setLabel(kTenantKey, owner);
    copy.edit()["spec"] = std::move(after);
    Step& step = builder.step(say("Make the machines of %1 anew from another template", {name}));
    step.timeoutSeconds = kMachineSeconds * std::max(replicas, 1);
    const char* kind = pool ? "MachineDeployment" : "KubeadmControlPlane";
    Object patch = patchOf(meta, kind);
    Object back(meta.apiVersion, kind, meta.ns, meta.name);
    const auto point = [&](Object& object, const std::string& to) {
        Json& spec = object.edit()["spec"];
        if (pool)
            spec["template"]["spec"]["infrastructureRef"]["name"] = to;
        else if (source->owner->text("spec.machineTemplate.infrastructureRef.name"))
            spec["machineTemplate"]["infrastructureRef"]["name"] = to;
        else
            spec["machineTemplate"]["spec"]["infrastructureRef"]["name"] = to;
    };
    point(patch, copyName);
    point(back, source->machineTemplate);
    step.writes.push_back(made(std::move(copy), true)); // machines are made of it
    step.writes.push_back(change(std::move(patch), std::move(back)));
    waitForMachines(step, refOf(meta, kind), replicas, true);
    builder.notice(say("%1 machines of %2 are replaced, one at a time: a new one joins, then an old one is "
                       "drained and deleted.",
                       {std::to_string(replicas), name}));
    if (!pool && replicas == 1)
        builder.notice(say("With one control plane machine, etcd moves to its successor; connections to the "
                           "API break once."));
    if (!wish->image.empty())
        builder.notice(say("The new image has to hold Kubernetes %1: nobody looks into it before.",
                           {versionOf(stack, id)}));
    const auto less = [](const std::string& a, const std::string& b) {
        const auto x = parseQuantity(a);
        const auto y = parseQuantity(b);
        return x && y && *x < *y;
    };
    if (!wish->memory.empty() && less(wish->memory, has.memory))
        builder.notice(say("The new machines have less memory than now: pods may not find room."));
    if (!wish->disk.empty() && less(wish->disk, has.disk))
        builder.notice(say("The new disks are smaller than now."));
    noticeRoom(builder, id, 1);
    return {};
}

std::vector<const ObjectFact*> watchedBy(const Stack& stack, ItemId owner)
{
    std::vector<const ObjectFact*> out;
    const Item* item = stack.find(owner);
    if (item == nullptr)
        return out;
    const Tenant tenant = tenantOf(stack, owner);
    if (tenant.fact == nullptr)
        return out;
    const MachineDeploymentFact* pool = stack.facts(owner).machineDeployment;
    for (const ObjectFact* check : stack.facts(tenant.cluster).healthChecks) {
        const auto field = [&](const char* name) {
            const auto found = check->fields.find(name);
            return found == check->fields.end() ? std::string() : found->second;
        };
        const std::string deployment = field("deploymentName");
        const bool plane = field("controlPlane") == "true";
        const bool topology = !field("topologyDeployment").empty();
        const bool matches = pool != nullptr ? deployment == pool->meta.name ||
                                                   (deployment.empty() && !plane && !topology) ||
                                                   (topology && check->meta.name == pool->meta.name)
                                             : plane || (deployment.empty() && !topology);
        if (matches && check->meta.deleting == 0)
            out.push_back(check);
    }
    return out;
}

Result<void> addHealthCheck(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const ItemFacts facts = stack.facts(id);
    const bool pool = facts.machineDeployment != nullptr;
    const Meta& meta = pool ? facts.machineDeployment->meta : facts.controlPlane->meta;
    const int replicas = pool ? facts.machineDeployment->replicas : facts.controlPlane->replicas;
    const int ready = pool ? facts.machineDeployment->readyReplicas : facts.controlPlane->readyReplicas;
    const Tenant tenant = tenantOf(stack, id);
    const std::string& cluster = tenant.fact->meta.name;
    const std::string& core = tenant.fact->meta.apiVersion;
    const std::string name = meta.ns + "/" + meta.name;
    Object check(core, "MachineHealthCheck", meta.ns, meta.name);
    check.setLabel(kClusterNameKey, cluster);
    Json& spec = check.edit()["spec"];
    spec["clusterName"] = cluster;
    Json& labels = spec["selector"]["matchLabels"];
    labels[std::string(kClusterNameKey)] = cluster;
    if (pool)
        labels[kDeploymentName] = meta.name;
    else
        labels[kControlPlane] = "";
    const bool old = isV1beta1(core);
    Json conditions = Json::array();
    for (const char* status : {"Unknown", "False"}) {
        Json condition = {{"type", "Ready"}, {"status", status}};
        if (old)
            condition["timeout"] = "300s";
        else
            condition["timeoutSeconds"] = 300;
        conditions.push_back(std::move(condition));
    }
    // A control plane heals one member at a time, whatever is allowed here; more than one that is broken
    // needs somebody who looks.
    const char* most = pool ? "40%" : "100%";
    if (old) {
        spec["unhealthyConditions"] = conditions;
        spec["maxUnhealthy"] = most;
        spec["nodeStartupTimeout"] = "20m";
    } else {
        spec["checks"] = {{"nodeStartupTimeoutSeconds", 1200}, {"unhealthyNodeConditions", conditions}};
        spec["remediation"] = {{"triggerIf", {{"unhealthyLessThanOrEqualTo", most}}}};
    }
    Step& step = builder.step(say("Watch the machines of %1", {name}));
    step.timeoutSeconds = 60;
    step.waits.push_back({Target::Outer,
                          provision::refOf(check),
                          say("The health check counts its machines"),
                          {{Kind::AtLeast, "status.expectedMachines", std::to_string(std::max(replicas, 0))},
                           {Kind::Exists, {}, {}}}});
    step.writes.push_back(made(std::move(check), false));
    builder.notice(
        say("Nobody now. A machine of %1 whose node is not ready for 5 minutes, or that does not join "
            "within 20, is deleted and made anew.",
            {name}));
    if (pool)
        builder.notice(
            say("With more than 40 % of them unhealthy nothing is replaced: then the cause is elsewhere."));
    if (replicas >= 0 && ready >= 0 && ready < replicas)
        builder.notice(say("%1 of its %2 machines are not ready now: they may be replaced at once.",
                           {std::to_string(replicas - ready), std::to_string(replicas)}));
    if (!pool && replicas < 3)
        builder.notice(
            say("A control plane of %1 is not repaired: its last etcd member must not go. With 3 it is.",
                {std::to_string(std::max(replicas, 0))}));
    return {};
}

Result<void> removeHealthCheck(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const ItemFacts facts = stack.facts(id);
    const Meta& meta =
        facts.machineDeployment != nullptr ? facts.machineDeployment->meta : facts.controlPlane->meta;
    const std::string name = meta.ns + "/" + meta.name;
    Step& step = builder.step(say("No longer watch the machines of %1", {name}));
    step.timeoutSeconds = 120;
    for (const ObjectFact* check : watchedBy(stack, id)) {
        const bool own = check->fields.count("deploymentName") != 0 ||
                         check->fields.count("controlPlane") != 0 ||
                         check->fields.count("topologyDeployment") != 0;
        if (!own)
            builder.notice(say("%1 watches all machines of the cluster: it is gone for the others, too.",
                               {check->meta.name}));
        step.waits.push_back({Target::Outer,
                              refOf(check->meta, "MachineHealthCheck"),
                              say("The health check is gone"),
                              {{Kind::Gone, {}, check->meta.uid}}});
        step.writes.push_back({Verb::Remove, Target::Outer, patchOf(check->meta, "MachineHealthCheck")});
    }
    if (step.writes.empty())
        return refuse(say("No health check watches %1.", {name}));
    builder.notice(say("Nobody now. A machine that breaks stays broken until somebody replaces it."));
    return {};
}

Result<void> rotateCertificates(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const ControlPlaneFact& plane = *stack.facts(id).controlPlane;
    const std::string name = plane.meta.ns + "/" + plane.meta.name;
    const int replicas = std::max(plane.replicas, 0);
    const Ref ref = refOf(plane.meta, "KubeadmControlPlane");
    const Object* has = builder.read(Target::Outer, ref);
    if (has == nullptr && builder.asked(Target::Outer, ref))
        return refuse(say("%1 is not there, or may not be read.", {ref.title()}));
    const bool old = isV1beta1(plane.meta.apiVersion);
    const std::string now = has == nullptr ? std::string()
                                           : has->text(old ? "spec.rolloutBefore.certificatesExpiryDays"
                                                           : "spec.rollout.before.certificatesExpiryDays")
                                                 .value_or("");
    builder.help.now[kDays] = now;
    const std::string days = builder.value(kDays);
    const int wanted = days.empty() ? 0 : wholeNumber(days, kLeastDays, 365).value_or(-1);
    if (wanted < 0)
        return refuse(say("How many days before they expire? A number from %1 to 365, or nothing.",
                          {std::to_string(kLeastDays)}));
    if (replicas == 0)
        return refuse(say("%1 has no machines.", {name}));
    Step& step = builder.step(say("Replace all machines of %1", {name}));
    step.timeoutSeconds = kMachineSeconds * replicas;
    Object patch = patchOf(plane.meta, "KubeadmControlPlane");
    Json& spec = patch.edit()["spec"];
    // Machines made before it are replaced; this machine's clock may be behind the cluster's.
    UnixMs from = builder.request().now;
    UnixMs first = 0;
    for (const ItemId machine : stack.find(id)->childrenIn(Tree::Tenants)) {
        from = std::max(from, stack.find(machine)->created + 1000);
        const MachineFact* fact = stack.facts(machine).machine;
        if (fact != nullptr && fact->certificatesExpire != 0 &&
            (first == 0 || fact->certificatesExpire < first))
            first = fact->certificatesExpire;
    }
    if (old)
        spec["rolloutAfter"] = formatRfc3339(from);
    else
        spec["rollout"]["after"] = formatRfc3339(from);
    if (wanted > 0) {
        if (old)
            spec["rolloutBefore"]["certificatesExpiryDays"] = wanted;
        else
            spec["rollout"]["before"]["certificatesExpiryDays"] = wanted;
    }
    step.writes.push_back(change(std::move(patch)));
    waitForMachines(step, ref, replicas, true);
    builder.notice(first == 0
                       ? say("When its certificates expire is not told.")
                       : say("The first of its certificates expires on %1; new ones are made for a year.",
                             {formatRfc3339(first).substr(0, 10)}));
    if (wanted > 0)
        builder.notice(say("From now on Cluster API renews them by itself %1 days before they expire.",
                           {std::to_string(wanted)}));
    else if (!now.empty())
        builder.notice(say("Cluster API renews them by itself %1 days before they expire.", {now}));
    else
        builder.notice(say("Nobody renews them by itself before they expire."));
    builder.notice(say("%1 machines of %2 are replaced, one at a time: a new one joins, then an old one is "
                       "drained and deleted.",
                       {std::to_string(replicas), name}));
    if (replicas == 1)
        builder.notice(say("With one control plane machine, etcd moves to its successor; connections to the "
                           "API break once."));
    noticeRoom(builder, id, 1);
    return {};
}

} // namespace strata::actions
