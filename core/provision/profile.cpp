// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/profile.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/nearest.h"
#include "core/provision/object.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

template<typename T>
using Words = std::vector<std::pair<const char*, T>>;

const Words<ImageSource> kImageSources = {{"registry", ImageSource::Registry},
                                          {"http", ImageSource::Http},
                                          {"pvc", ImageSource::Pvc},
                                          {"containerDisk", ImageSource::ContainerDisk}};
const Words<Endpoint> kEndpoints = {{"LoadBalancer", Endpoint::LoadBalancer},
                                    {"NodePort", Endpoint::NodePort},
                                    {"ClusterIP", Endpoint::ClusterIp}};
const Words<BootstrapCheck> kChecks = {{"ssh", BootstrapCheck::Ssh}, {"none", BootstrapCheck::None}};
const Words<Cni> kCnis = {{"calico", Cni::Calico}, {"cilium", Cni::Cilium}, {"none", Cni::None}};
const Words<CniDelivery> kDeliveries = {{"resourceSet", CniDelivery::ResourceSet},
                                        {"innerApi", CniDelivery::InnerApi}};
const Words<Eviction> kEvictions = {{"External", Eviction::External},
                                    {"LiveMigrate", Eviction::LiveMigrate},
                                    {"LiveMigrateIfPossible", Eviction::LiveMigrateIfPossible},
                                    {"None", Eviction::None}};
const Words<AntiAffinity> kAffinities = {{"none", AntiAffinity::None},
                                         {"preferred", AntiAffinity::Preferred},
                                         {"required", AntiAffinity::Required}};

template<typename T>
const char* wordOf(const Words<T>& words, T value)
{
    for (const auto& [word, candidate] : words) {
        if (candidate == value)
            return word;
    }
    return "";
}

// Reads one mapping: each field is taken once; what is left over is unknown.
class Reader {
public:
    Reader(const Json* json, std::string path, Problems& problems)
        : m_json(json), m_path(std::move(path)), m_problems(problems)
    {
        if (m_json != nullptr && m_json->is_null())
            m_json = nullptr;
        if (m_json != nullptr && !m_json->is_object()) {
            wrong(m_path, translate(kContext, "a mapping of fields"), *m_json);
            m_json = nullptr;
        }
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader()
    {
        if (m_json == nullptr)
            return;
        for (const auto& [key, value] : m_json->items()) {
            if (std::find(m_known.begin(), m_known.end(), key) != m_known.end())
                continue;
            const std::string meant = nearest(key, m_known);
            m_problems.push_back({at(cleanText(key, 60)), translate(kContext, "This field is not known."),
                                  meant.empty()
                                      ? translate(kContext, "Remove it.")
                                      : arguments(translate(kContext, "Did you mean “%1”?"), {meant}),
                                  Severity::Error});
        }
    }

    std::string at(const std::string& key) const { return m_path.empty() ? key : m_path + "." + key; }

    const Json* take(const char* key)
    {
        m_known.emplace_back(key);
        if (m_json == nullptr)
            return nullptr;
        const auto found = m_json->find(key);
        return found == m_json->end() || found->is_null() ? nullptr : &*found;
    }

    void text(const char* key, std::string& value)
    {
        if (const Json* json = take(key)) {
            if (json->is_string())
                value = json->get<std::string>();
            else if (json->is_number()) // memory: 4294967296 is a quantity
                value = json->dump();
            else
                wrong(at(key), translate(kContext, "a text"), *json);
        }
    }
    void integer(const char* key, int& value)
    {
        if (const Json* json = take(key)) {
            const bool whole = json->is_number_integer();
            const std::int64_t number = whole ? json->get<std::int64_t>() : 0;
            if (whole && number >= INT_MIN && number <= INT_MAX)
                value = static_cast<int>(number);
            else
                wrong(at(key), translate(kContext, "a whole number"), *json);
        }
    }
    void boolean(const char* key, bool& value)
    {
        if (const Json* json = take(key)) {
            if (json->is_boolean())
                value = json->get<bool>();
            else
                wrong(at(key), translate(kContext, "true or false"), *json);
        }
    }
    template<typename T>
    void choice(const char* key, const Words<T>& words, T& value)
    {
        const Json* json = take(key);
        if (json == nullptr)
            return;
        std::string all;
        for (const auto& [word, candidate] : words) {
            if (json->is_string() && toLower(json->get<std::string>()) == toLower(word)) {
                value = candidate;
                return;
            }
            all += (all.empty() ? "" : ", ") + std::string(word);
        }
        wrong(at(key), arguments(translate(kContext, "one of: %1"), {all}), *json);
    }
    const Json* list(const char* key)
    {
        const Json* json = take(key);
        if (json != nullptr && !json->is_array()) {
            wrong(at(key), translate(kContext, "a list"), *json);
            return nullptr;
        }
        return json;
    }

    void wrong(const std::string& field, const std::string& wanted, const Json& found)
    {
        m_problems.push_back(
            {field,
             arguments(
                 translate(kContext, "“%1” does not fit here."),
                 {cleanText(found.is_string() ? found.get<std::string>()
                                              : found.dump(-1, ' ', false, Json::error_handler_t::replace),
                            60)}),
             arguments(translate(kContext, "Write %1."), {wanted}), Severity::Error});
    }

private:
    const Json* m_json;
    std::string m_path;
    Problems& m_problems;
    std::vector<std::string> m_known;
};

void readSize(const Json* json, const std::string& path, MachineSize& size, Problems& problems)
{
    Reader reader(json, path, problems);
    reader.integer("vcpus", size.vcpus);
    reader.text("memory", size.memory);
    reader.text("disk", size.disk);
    reader.text("storageClass", size.storageClass);
}

void readPool(const Json& json, const std::string& path, WorkerPool& pool, Problems& problems)
{
    Reader reader(&json, path, problems);
    reader.text("name", pool.name);
    reader.integer("count", pool.count);
    reader.text("class", pool.workerClass);
    readSize(reader.take("size"), reader.at("size"), pool.size, problems);
    if (const Json* labels = reader.take("labels")) {
        if (!labels->is_object()) {
            reader.wrong(reader.at("labels"), translate(kContext, "a mapping of labels"), *labels);
        } else {
            for (const auto& [key, value] : labels->items()) {
                if (value.is_string())
                    pool.labels[key] = value.get<std::string>();
                else
                    reader.wrong(reader.at("labels") + "." + cleanText(key, 60),
                                 translate(kContext, "a text (put it in quotes)"), value);
            }
        }
    }
    if (const Json* taints = reader.list("taints")) {
        for (std::size_t i = 0; i < taints->size(); ++i) {
            const Json& item = (*taints)[i];
            const auto taint = item.is_string() ? parseTaint(item.get<std::string>()) : std::nullopt;
            if (taint)
                pool.taints.push_back(*taint);
            else
                reader.wrong(
                    reader.at("taints") + "[" + std::to_string(i) + "]",
                    translate(kContext, "key=value:Effect with NoSchedule, PreferNoSchedule or NoExecute"),
                    item);
        }
    }
    if (const Json* scaler = reader.take("autoscaler")) {
        Autoscaler bounds;
        {
            Reader inner(scaler, reader.at("autoscaler"), problems);
            inner.integer("min", bounds.min);
            inner.integer("max", bounds.max);
        }
        pool.autoscaler = bounds;
    }
}

void readAddOn(const Json* json, const std::string& path, ManifestAddOn& addOn, Problems& problems,
               bool withController = false)
{
    if (json == nullptr)
        return;
    if (json->is_boolean()) {
        addOn.enabled = json->get<bool>();
        return;
    }
    addOn.enabled = true;
    Reader reader(json, path, problems);
    reader.boolean("enabled", addOn.enabled);
    reader.text("manifest", addOn.manifest);
    if (withController)
        reader.text("controller", addOn.controller);
}

template<typename T>
void putUnless(Json& json, const char* key, const T& value, const T& standard)
{
    if (!(value == standard))
        json[key] = value;
}

Json sizeJson(const MachineSize& size)
{
    Json json = {{"vcpus", size.vcpus}, {"memory", size.memory}, {"disk", size.disk}};
    if (!size.storageClass.empty())
        json["storageClass"] = size.storageClass;
    return json;
}

Json addOnJson(const ManifestAddOn& addOn)
{
    if (addOn.manifest.empty() && addOn.controller.empty())
        return Json(addOn.enabled);
    Json json = {{"enabled", addOn.enabled}, {"manifest", addOn.manifest}};
    if (!addOn.controller.empty())
        json["controller"] = addOn.controller;
    return json;
}

} // namespace

bool hasErrors(const Problems& problems)
{
    return std::any_of(problems.begin(), problems.end(),
                       [](const Problem& problem) { return problem.severity == Severity::Error; });
}

std::optional<Taint> parseTaint(std::string_view text)
{
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    Taint taint;
    taint.effect = std::string(text.substr(colon + 1));
    const std::string_view left = text.substr(0, colon);
    const std::size_t equals = left.find('=');
    taint.key = std::string(left.substr(0, equals));
    if (equals != std::string_view::npos)
        taint.value = std::string(left.substr(equals + 1));
    if (!isLabelKey(taint.key) || !isLabelValue(taint.value) ||
        (taint.effect != "NoSchedule" && taint.effect != "PreferNoSchedule" && taint.effect != "NoExecute"))
        return std::nullopt;
    return taint;
}

std::string toText(const Taint& taint)
{
    return taint.key + (taint.value.empty() ? "" : "=" + taint.value) + ":" + taint.effect;
}

std::string ClusterProfile::effectiveDomain() const
{
    return network.serviceDomain.empty() ? name + "." + effectiveNamespace() + ".local"
                                         : network.serviceDomain;
}

std::string ClusterProfile::effectiveClassNamespace() const
{
    return classRef && !classRef->nameSpace.empty() ? classRef->nameSpace : effectiveNamespace();
}

const KnownClass* SiteKnowledge::classOf(const ClusterProfile& profile) const
{
    if (!profile.classRef)
        return nullptr;
    const auto found = std::find_if(classes.begin(), classes.end(), [&](const KnownClass& each) {
        return each.name == profile.classRef->name && each.ns == profile.effectiveClassNamespace();
    });
    return found == classes.end() ? nullptr : &*found;
}

std::string ClusterProfile::effectiveImage() const
{
    if (image.source != ImageSource::Registry && image.source != ImageSource::ContainerDisk)
        return image.location;
    const std::size_t slash = image.location.rfind('/');
    const std::size_t from = slash == std::string::npos ? 0 : slash;
    const bool tagged = image.location.find(':', from) != std::string::npos ||
                        image.location.find('@', from) != std::string::npos;
    return tagged ? image.location : image.location + ":" + kubernetesVersion;
}

std::string ClusterProfile::effectiveCniManifest() const
{
    if (cni.kind == Cni::None)
        return {};
    if (!cni.manifest.empty())
        return cni.manifest;
    return cni.kind == Cni::Calico ? std::string(kCalicoManifest) : std::string();
}

Result<LoadedProfile> loadProfile(std::string_view yaml, const std::string& origin)
{
    YamlLimits limits;
    limits.bytes = 1U << 20U;
    limits.nodes = 20'000;
    limits.depth = 20;
    auto documents = parseYaml(yaml, origin, limits);
    if (!documents)
        return tl::unexpected(documents.error());
    if (documents->size() != 1 || !documents->front().is_object()) {
        return fail(ErrorKind::Config,
                    arguments(translate(kContext, "%1 is not a cluster profile: one mapping is expected."),
                              {origin}));
    }
    LoadedProfile loaded;
    ClusterProfile& p = loaded.profile;
    Problems& problems = loaded.problems;
    {
        Reader reader(&documents->front(), "", problems);
        std::string apiVersion = "strata/v1";
        std::string kind = "ClusterProfile";
        reader.text("apiVersion", apiVersion);
        reader.text("kind", kind);
        if (apiVersion != "strata/v1" || kind != "ClusterProfile") {
            return fail(ErrorKind::Config,
                        arguments(translate(kContext,
                                            "%1 is not a cluster profile of a version Strata reads: it says "
                                            "%2, %3; strata/v1, ClusterProfile is expected."),
                                  {origin, cleanText(apiVersion, 60), cleanText(kind, 60)}));
        }
        reader.text("name", p.name);
        reader.text("tenant", p.tenant);
        reader.text("namespace", p.nameSpace);
        reader.text("kubernetesVersion", p.kubernetesVersion);
        if (const Json* chosen = reader.take("clusterClass")) {
            ClassChoice choice;
            Reader inner(chosen, "clusterClass", problems);
            inner.text("name", choice.name);
            inner.text("namespace", choice.nameSpace);
            if (const Json* variables = inner.take("variables")) {
                if (!variables->is_object()) {
                    inner.wrong("clusterClass.variables", translate(kContext, "a mapping of variables"),
                                *variables);
                } else {
                    for (const auto& [key, value] : variables->items())
                        choice.variables[key] = value.dump(-1, ' ', false, Json::error_handler_t::replace);
                }
            }
            p.classRef = std::move(choice);
        }
        {
            Reader image(reader.take("image"), "image", problems);
            image.choice("source", kImageSources, p.image.source);
            image.text("location", p.image.location);
        }
        {
            Reader plane(reader.take("controlPlane"), "controlPlane", problems);
            plane.integer("replicas", p.controlPlane.replicas);
            readSize(plane.take("size"), "controlPlane.size", p.controlPlane.size, problems);
        }
        if (const Json* pools = reader.list("workers")) {
            p.workers.clear();
            for (std::size_t i = 0; i < pools->size(); ++i) {
                WorkerPool pool;
                pool.name = "md-" + std::to_string(i);
                readPool((*pools)[i], "workers[" + std::to_string(i) + "]", pool, problems);
                p.workers.push_back(std::move(pool));
            }
        }
        if (const Json* keys = reader.list("sshKeys")) {
            for (std::size_t i = 0; i < keys->size(); ++i) {
                if ((*keys)[i].is_string())
                    p.sshKeys.push_back((*keys)[i].get<std::string>());
                else
                    reader.wrong("sshKeys[" + std::to_string(i) + "]", translate(kContext, "a public key"),
                                 (*keys)[i]);
            }
        }
        reader.choice("bootstrapCheck", kChecks, p.bootstrapCheck);
        reader.choice("endpoint", kEndpoints, p.endpoint);
        {
            Reader network(reader.take("network"), "network", problems);
            network.text("podCidr", p.network.podCidr);
            network.text("serviceCidr", p.network.serviceCidr);
            network.text("serviceDomain", p.network.serviceDomain);
            network.integer("mtu", p.network.mtu);
            network.integer("vxlanPort", p.network.vxlanPort);
        }
        {
            Reader cni(reader.take("cni"), "cni", problems);
            cni.choice("kind", kCnis, p.cni.kind);
            cni.text("manifest", p.cni.manifest);
            cni.choice("delivery", kDeliveries, p.cni.delivery);
            cni.boolean("replacesKubeProxy", p.cni.replacesKubeProxy);
        }
        {
            Reader addOns(reader.take("addOns"), "addOns", problems);
            addOns.boolean("cloudProvider", p.addOns.cloudProvider);
            addOns.text("cloudProviderImage", p.addOns.cloudProviderImage);
            readAddOn(addOns.take("kubevirtCsi"), "addOns.kubevirtCsi", p.addOns.kubevirtCsi, problems, true);
            readAddOn(addOns.take("metricsServer"), "addOns.metricsServer", p.addOns.metricsServer, problems);
            addOns.boolean("healthCheck", p.addOns.healthCheck);
        }
        reader.choice("eviction", kEvictions, p.eviction);
        reader.choice("antiAffinity", kAffinities, p.antiAffinity);
    }
    return loaded;
}

Result<LoadedProfile> loadProfileFile(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return fail(ErrorKind::Io, arguments(translate(kContext, "The profile %1 cannot be opened."), {path}),
                    std::strerror(errno));
    }
    std::string text(1U << 20U, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (file.peek() != std::ifstream::traits_type::eof())
        return fail(ErrorKind::Config,
                    arguments(translate(kContext, "The profile %1 is larger than 1 MiB."), {path}));
    return loadProfile(text, path);
}

std::string saveProfile(const ClusterProfile& p)
{
    const ClusterProfile standard;
    Json json = {{"apiVersion", "strata/v1"}, {"kind", "ClusterProfile"}, {"name", p.name}};
    putUnless(json, "tenant", p.tenant, standard.tenant);
    putUnless(json, "namespace", p.nameSpace, standard.nameSpace);
    json["kubernetesVersion"] = p.kubernetesVersion;
    if (p.classRef) {
        Json& chosen = json["clusterClass"] = {{"name", p.classRef->name}};
        putUnless(chosen, "namespace", p.classRef->nameSpace, std::string());
        for (const auto& [key, value] : p.classRef->variables) {
            Json parsed = Json::parse(value, nullptr, false);
            chosen["variables"][key] = parsed.is_discarded() ? Json(value) : std::move(parsed);
        }
    }
    json["image"] = {{"source", wordOf(kImageSources, p.image.source)}, {"location", p.image.location}};
    json["controlPlane"] = {{"replicas", p.controlPlane.replicas}, {"size", sizeJson(p.controlPlane.size)}};
    json["workers"] = Json::array();
    for (const WorkerPool& pool : p.workers) {
        Json item = {{"name", pool.name}, {"count", pool.count}, {"size", sizeJson(pool.size)}};
        putUnless(item, "class", pool.workerClass, std::string());
        for (const auto& [key, value] : pool.labels)
            item["labels"][key] = value;
        for (const Taint& taint : pool.taints)
            item["taints"].push_back(toText(taint));
        if (pool.autoscaler)
            item["autoscaler"] = {{"min", pool.autoscaler->min}, {"max", pool.autoscaler->max}};
        json["workers"].push_back(std::move(item));
    }
    if (!p.sshKeys.empty())
        json["sshKeys"] = p.sshKeys;
    json["bootstrapCheck"] = wordOf(kChecks, p.bootstrapCheck);
    json["endpoint"] = wordOf(kEndpoints, p.endpoint);
    Json& network =
        json["network"] = {{"podCidr", p.network.podCidr}, {"serviceCidr", p.network.serviceCidr}};
    putUnless(network, "serviceDomain", p.network.serviceDomain, standard.network.serviceDomain);
    putUnless(network, "mtu", p.network.mtu, 0);
    putUnless(network, "vxlanPort", p.network.vxlanPort, 0);
    Json& cni = json["cni"] = {{"kind", wordOf(kCnis, p.cni.kind)}};
    putUnless(cni, "manifest", p.cni.manifest, std::string());
    if (p.cni.delivery != standard.cni.delivery)
        cni["delivery"] = wordOf(kDeliveries, p.cni.delivery);
    putUnless(cni, "replacesKubeProxy", p.cni.replacesKubeProxy, false);
    Json& addOns = json["addOns"] = Json::object();
    putUnless(addOns, "cloudProvider", p.addOns.cloudProvider, false);
    putUnless(addOns, "cloudProviderImage", p.addOns.cloudProviderImage, standard.addOns.cloudProviderImage);
    if (!(p.addOns.kubevirtCsi == standard.addOns.kubevirtCsi))
        addOns["kubevirtCsi"] = addOnJson(p.addOns.kubevirtCsi);
    if (!(p.addOns.metricsServer == standard.addOns.metricsServer))
        addOns["metricsServer"] = addOnJson(p.addOns.metricsServer);
    addOns["healthCheck"] = p.addOns.healthCheck;
    json["eviction"] = wordOf(kEvictions, p.eviction);
    json["antiAffinity"] = wordOf(kAffinities, p.antiAffinity);
    return toYaml(json);
}

} // namespace strata::provision
