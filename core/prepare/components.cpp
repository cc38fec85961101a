// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/components.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

namespace strata::prepare {

namespace {

using provision::Json;

constexpr const char* kManaged = "clusterctl.cluster.x-k8s.io";
constexpr const char* kCore = "clusterctl.cluster.x-k8s.io/core";
constexpr const char* kProvider = "cluster.x-k8s.io/provider";
constexpr const char* kCertManagerVersion = "cert-manager.clusterctl.cluster.x-k8s.io/version";

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("prepare", text), values);
}

// The order in which clusterctl creates; what it does not name stays where the manifest has it.
int rank(const Object& object)
{
    static const char* const kOrder[] = {"Namespace",
                                         "CustomResourceDefinition",
                                         "StorageClass",
                                         "IngressClass",
                                         "RuntimeClass",
                                         "PriorityClass",
                                         "ResourceQuota",
                                         "LimitRange",
                                         "PodDisruptionBudget",
                                         "ServiceAccount",
                                         "Secret",
                                         "ConfigMap"};
    const std::string kind = object.kind();
    for (std::size_t i = 0; i < std::size(kOrder); ++i) {
        if (kind == kOrder[i])
            return static_cast<int>(i);
    }
    return static_cast<int>(std::size(kOrder));
}

bool endsWith(const std::string& text, std::string_view end)
{
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool looksLikeImage(const std::string& text)
{
    return text.find('/') != std::string::npos && text.find(' ') == std::string::npos &&
           text.find("://") == std::string::npos && text.front() != '/' && text.front() != '$';
}

// Visits every place of a pod template where an image is named: containers, the variables by which operators
// hand images on, and such arguments.
void forImages(Json& spec, const std::function<void(std::string&)>& visit)
{
    const auto apply = [&](Json& value) {
        std::string image = value.get<std::string>();
        const std::string before = image;
        visit(image);
        if (image != before)
            value = image;
    };
    for (const char* list : {"initContainers", "containers"}) {
        if (!spec.contains(list) || !spec[list].is_array())
            continue;
        for (Json& container : spec[list]) {
            if (!container.is_object())
                continue;
            if (container.contains("image") && container["image"].is_string())
                apply(container["image"]);
            if (container.contains("env") && container["env"].is_array()) {
                for (Json& variable : container["env"]) {
                    if (!variable.is_object() || !variable.contains("value") ||
                        !variable["value"].is_string())
                        continue;
                    const std::string name = variable.value("name", "");
                    const std::string value = variable["value"].get<std::string>();
                    if ((endsWith(name, "_IMAGE") || endsWith(name, "_image")) && !value.empty() &&
                        looksLikeImage(value))
                        apply(variable["value"]);
                }
            }
            for (const char* words : {"args", "command"}) {
                if (!container.contains(words) || !container[words].is_array())
                    continue;
                for (Json& word : container[words]) {
                    if (!word.is_string())
                        continue;
                    const std::string text = word.get<std::string>();
                    const std::size_t equals = text.find('=');
                    if (equals == std::string::npos || !endsWith(text.substr(0, equals), "-image"))
                        continue;
                    std::string image = text.substr(equals + 1);
                    if (image.empty() || !looksLikeImage(image))
                        continue;
                    visit(image);
                    word = text.substr(0, equals + 1) + image;
                }
            }
        }
    }
}

void forImages(Object& object, const std::function<void(std::string&)>& visit)
{
    const std::string kind = object.kind();
    if (kind != "Deployment" && kind != "DaemonSet" && kind != "StatefulSet" && kind != "Job" &&
        kind != "Pod")
        return;
    Json& json = object.edit();
    if (!json.contains("spec") || !json["spec"].is_object())
        return;
    Json& spec = json["spec"];
    if (kind == "Pod")
        forImages(spec, visit);
    else if (spec.contains("template") && spec["template"].is_object() && spec["template"].contains("spec") &&
             spec["template"]["spec"].is_object())
        forImages(spec["template"]["spec"], visit);
}

void setList(Object& object, const std::string& path, const std::vector<std::string>& values)
{
    Json* at = &object.edit();
    for (const std::string& key : split(path, '.')) {
        if (!at->is_object())
            *at = Json::object();
        at = &(*at)[key];
    }
    *at = Json::array();
    for (const std::string& value : values)
        at->push_back(value);
}

std::vector<std::string> listAt(const Object& object, const std::string& path)
{
    std::vector<std::string> out;
    for (int i = 0; i < 200; ++i) {
        auto item = object.text(path + "." + std::to_string(i));
        if (!item)
            break;
        out.push_back(std::move(*item));
    }
    return out;
}

} // namespace

std::string mirrored(const std::string& image, const std::string& mirror)
{
    if (mirror.empty() || image.rfind(mirror + "/", 0) == 0)
        return image;
    const std::size_t slash = image.find('/');
    const std::string first = image.substr(0, slash);
    const bool host =
        slash != std::string::npos && (first.find('.') != std::string::npos ||
                                       first.find(':') != std::string::npos || first == "localhost");
    const std::string full = host                         ? image
                             : slash == std::string::npos ? "docker.io/library/" + image
                                                          : "docker.io/" + image;
    return mirror + "/" + full;
}

std::vector<std::string> imagesIn(const std::vector<Object>& objects)
{
    std::set<std::string> out;
    for (const Object& object : objects) {
        Object copy = object;
        forImages(copy, [&out](std::string& image) { out.insert(image); });
    }
    return {out.begin(), out.end()};
}

std::vector<std::string> imagesOf(const ComponentSpec& spec, const std::string& version,
                                  const std::vector<Object>& objects)
{
    const std::vector<std::string> named = imagesIn(objects);
    std::set<std::string> out(named.begin(), named.end());
    for (const std::string& image : spec.images)
        out.insert(image + ":" + version);
    return {out.begin(), out.end()};
}

Object inventoryDefinition()
{
    Json text{{"type", "string"}};
    Json schema{{"type", "object"},
                {"properties",
                 {{"apiVersion", text},
                  {"kind", text},
                  {"metadata", {{"type", "object"}}},
                  {"providerName", text},
                  {"type", text},
                  {"version", text},
                  {"watchedNamespace", text}}}};
    Json columns =
        Json::array({{{"name", "Age"}, {"type", "date"}, {"jsonPath", ".metadata.creationTimestamp"}},
                     {{"name", "Type"}, {"type", "string"}, {"jsonPath", ".type"}},
                     {{"name", "Provider"}, {"type", "string"}, {"jsonPath", ".providerName"}},
                     {{"name", "Version"}, {"type", "string"}, {"jsonPath", ".version"}}});
    Json version{{"name", "v1alpha3"},
                 {"served", true},
                 {"storage", true},
                 {"additionalPrinterColumns", columns},
                 {"schema", {{"openAPIV3Schema", schema}}}};
    Object out("apiextensions.k8s.io/v1", "CustomResourceDefinition", "",
               "providers.clusterctl.cluster.x-k8s.io");
    out.setLabel(kManaged, "");
    out.edit()["spec"] = Json{{"group", "clusterctl.cluster.x-k8s.io"},
                              {"names",
                               {{"kind", "Provider"},
                                {"listKind", "ProviderList"},
                                {"plural", "providers"},
                                {"singular", "provider"},
                                {"categories", Json::array({"cluster-api"})}}},
                              {"scope", "Namespaced"},
                              {"versions", Json::array({version})}};
    return out;
}

void mirrorImages(Object& object, const std::string& mirror)
{
    if (!mirror.empty())
        forImages(object, [&](std::string& image) { image = mirrored(image, mirror); });
}

void sortForCreation(std::vector<Object>& objects)
{
    std::stable_sort(objects.begin(), objects.end(),
                     [](const Object& a, const Object& b) { return rank(a) < rank(b); });
}

Result<Part> makePart(const ComponentSpec& spec, const Matrix& matrix, const std::string& version,
                      const std::map<std::string, std::string>& files, const PartOptions& options)
{
    Part part;
    part.id = spec.id;
    part.version = version;
    const ComponentSpec& listing = matrix.releasesOf(spec);
    const auto refuse = [&](std::string text, std::string detail = {}) {
        return fail(ErrorKind::Config, std::move(text), std::move(detail));
    };
    const Lookup lookup = [&](const std::string& name) -> std::optional<std::string> {
        if (options.variables) {
            if (auto value = options.variables(name))
                return value;
        }
        for (const Gate& gate : gatesOf(listing, version)) {
            if (gate.variable && gate.name == name)
                return options.gates.count(name) != 0 ? "true" : "false";
        }
        return std::nullopt;
    };
    for (const SourceFile& file : spec.files) {
        const auto given = files.find(file.name);
        if (given == files.end()) {
            if (spec.resource && &file != &spec.files.front())
                continue; // the operated resource can be made without
            return refuse(say("%1 %2: the file %3 is missing.", {spec.title, version, file.name}));
        }
        const std::string origin = spec.id + " " + version + ", " + file.name;
        std::string text = given->second;
        if (spec.provider) {
            auto substituted = substitute(text, origin, lookup);
            if (!substituted)
                return tl::unexpected(substituted.error());
            text = std::move(*substituted);
        }
        auto objects = provision::objectsFromYaml(text, origin);
        if (!objects)
            return tl::unexpected(objects.error());
        for (Object& object : *objects) {
            if (spec.resource && object.kind() == spec.resource->kind &&
                object.apiVersion().rfind(
                    spec.resource->apiVersion.substr(0, spec.resource->apiVersion.find('/') + 1), 0) == 0)
                part.resource = std::move(object);
            else
                part.objects.push_back(std::move(object));
        }
    }

    // Is it what it says it is?
    std::set<std::string> kinds;
    std::string spaces;
    int spaceCount = 0;
    bool headed = false;
    for (const Object& object : part.objects) {
        if (object.kind() == "CustomResourceDefinition")
            kinds.insert(object.name());
        if (object.kind() == "Namespace") {
            ++spaceCount;
            spaces = object.name();
        }
        if (object.kind() != "Deployment")
            continue;
        Object copy = object;
        std::string other;
        forImages(copy, [&](std::string& image) {
            const ImageName name = ImageName::parse(image);
            if (name.base() != spec.image)
                return;
            headed = true;
            const auto tag = Version::parse(name.tag);
            const auto wanted = Version::parse(version);
            if (tag && wanted && !(*tag == *wanted))
                other = name.tag;
        });
        if (!other.empty())
            return refuse(say("%1: the manifest is that of %2, not of %3.",
                              {spec.title, cleanText(other, 80), version}));
    }
    for (const std::string& kind : spec.kinds) {
        if (kinds.count(kind) == 0)
            return refuse(say("%1 %2: the manifest lacks the definition of %3.", {spec.title, version, kind}),
                          say("It is cut or of something else."));
    }
    if (!headed)
        return refuse(
            say("%1 %2: the manifest has no Deployment that runs “%3”.", {spec.title, version, spec.image}));
    if (spec.provider && spaceCount > 1)
        return refuse(say("%1 %2: the manifest has several namespaces.", {spec.title, version}));
    if (spaceCount == 0)
        part.objects.emplace_back("v1", "Namespace", "", spec.ns);
    const std::string ns = spaceCount == 0 ? spec.ns : spaces;

    part.images = imagesOf(spec, version, part.objects);
    if (spec.resource) {
        if (!part.resource)
            part.resource = Object(spec.resource->apiVersion, spec.resource->kind, spec.resource->ns,
                                   spec.resource->name);
        if (!spec.resource->gates.empty()) {
            std::vector<std::string> on = listAt(*part.resource, spec.resource->gates);
            const std::vector<Gate> known = gatesOf(spec, version);
            on.erase(std::remove_if(on.begin(), on.end(),
                                    [&](const std::string& name) {
                                        return std::any_of(known.begin(), known.end(), [&](const Gate& gate) {
                                            return gate.name == name;
                                        });
                                    }),
                     on.end());
            for (const std::string& gate : options.gates)
                on.push_back(gate);
            setList(*part.resource, spec.resource->gates, on);
        }
    }
    for (Object& object : part.objects) {
        mirrorImages(object, options.mirror);
        for (const auto& [key, value] : spec.labels)
            object.setLabel(key, value);
        if (spec.provider) {
            object.setLabel(kManaged, "");
            object.setLabel(kProvider, spec.provider->label);
        }
        if (spec.testCertificate) {
            object.setLabel(kManaged, "");
            object.setAnnotation(kCertManagerVersion, version);
        }
        if (object.kind() == "CustomResourceDefinition") {
            Json& json = object.edit();
            json.erase("status"); // generators leave an empty one
        }
    }
    sortForCreation(part.objects);
    if (spec.provider) {
        Object entry("clusterctl.cluster.x-k8s.io/v1alpha3", "Provider", ns, spec.provider->label);
        entry.setLabel(kManaged, "");
        entry.setLabel(kCore, "inventory");
        entry.setLabel(kProvider, spec.provider->label);
        Json& json = entry.edit();
        json["providerName"] = spec.provider->name;
        json["type"] = spec.provider->type;
        json["version"] = version;
        json["watchedNamespace"] = "";
        part.inventory = std::move(entry);
    }
    return part;
}

} // namespace strata::prepare
