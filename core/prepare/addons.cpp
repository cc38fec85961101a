// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/addons.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/prepare/plan.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

namespace strata::prepare {

namespace {

namespace fs = std::filesystem;
using provision::Json;

constexpr int kDepth = 8;
constexpr std::size_t kFiles = 2000;
constexpr std::size_t kBytes = 64U << 20U; // of all manifests together

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("prepare", text), values);
}

bool isManifest(const std::string& path)
{
    const std::string lower = toLower(path);
    return lower.ends_with(".yaml") || lower.ends_with(".yml") || lower.ends_with(".json");
}

std::string folderOf(const std::string& path)
{
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

// All files of the folder by their paths in it; nothing hidden, nothing behind links to folders.
std::vector<std::string> filesBelow(const std::string& folder, bool& more)
{
    std::vector<std::string> out;
    std::error_code error;
    fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
    for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        std::error_code ignored;
        const bool isFolder = at->is_directory(ignored);
        if (name.front() == '.' || (isFolder && (at->is_symlink(ignored) || at.depth() >= kDepth))) {
            at.disable_recursion_pending();
            continue;
        }
        if (isFolder)
            continue;
        if (out.size() >= kFiles) {
            more = true;
            break;
        }
        out.push_back(at->path().lexically_relative(folder).generic_string());
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::string groupOfKind(const Object& object)
{
    return object.kind() == "CustomResourceDefinition" ? object.text("spec.group").value_or("")
                                                       : object.group();
}

// Kinds of Kubernetes' own that live in a namespace; of others their definition says so, if it is there.
bool wantsNamespace(const Object& object, const std::map<std::string, bool>& scopes)
{
    static const std::set<std::string> kOwn = {"ConfigMap",
                                               "CronJob",
                                               "DaemonSet",
                                               "Deployment",
                                               "EndpointSlice",
                                               "Endpoints",
                                               "Ingress",
                                               "Job",
                                               "Lease",
                                               "LimitRange",
                                               "HorizontalPodAutoscaler",
                                               "NetworkPolicy",
                                               "PersistentVolumeClaim",
                                               "Pod",
                                               "PodDisruptionBudget",
                                               "ReplicaSet",
                                               "ResourceQuota",
                                               "Role",
                                               "RoleBinding",
                                               "Secret",
                                               "Service",
                                               "ServiceAccount",
                                               "StatefulSet"};
    const std::string group = object.group();
    if (const auto scope = scopes.find(group + "/" + object.kind()); scope != scopes.end())
        return scope->second;
    const bool own = group.empty() || group.find('.') == std::string::npos || group.ends_with(".k8s.io");
    return own && kOwn.count(object.kind()) != 0;
}

std::map<std::string, bool> scopesOf(const std::vector<Object>& objects)
{
    std::map<std::string, bool> out;
    for (const Object& object : objects) {
        if (object.kind() == "CustomResourceDefinition")
            out[object.text("spec.group").value_or("") + "/" + object.text("spec.names.kind").value_or("")] =
                object.text("spec.scope") == "Namespaced";
    }
    return out;
}

// The component whose release this is; it is not to be applied past the matrix.
const ComponentSpec* componentIn(const Addon& addon, const Matrix& matrix)
{
    for (const ComponentSpec& spec : matrix.components) {
        for (const Object& object : addon.objects) {
            if (object.kind() == "CustomResourceDefinition" &&
                std::find(spec.kinds.begin(), spec.kinds.end(), object.name()) != spec.kinds.end())
                return &spec;
            if (object.kind() != "Deployment")
                continue;
            for (const std::string& image : imagesIn({object})) {
                if (ImageName::parse(image).base() == spec.image)
                    return &spec;
            }
        }
    }
    return nullptr;
}

class Reader {
public:
    Reader(const Bundle& bundle, const Matrix& matrix) : m_bundle(bundle), m_matrix(matrix) {}

    std::vector<Addon> read()
    {
        std::set<std::string> indexed{"index.yaml", "images.txt"};
        for (const BundleComponent& component : m_bundle.components) {
            for (const BundleFile& file : component.files)
                indexed.insert(file.path);
            if (m_matrix.find(component.id) != nullptr)
                continue;
            Addon addon;
            addon.id = component.id;
            addon.version = cleanText(component.version, 80);
            addon.files = component.files;
            take(std::move(addon));
        }
        std::map<std::string, Addon> loose;
        std::map<std::string, Addon> others;
        bool more = false;
        for (const std::string& path : filesBelow(m_bundle.folder, more)) {
            if (indexed.count(path) != 0)
                continue;
            const bool manifest = isManifest(path);
            const std::string folder = folderOf(path);
            const std::string key = manifest && folder.empty() ? path : folder;
            Addon& addon = (manifest ? loose : others)[key];
            addon.id = key.empty() ? "." : key;
            addon.files.push_back({path, {}, {}});
        }
        for (auto& [key, addon] : loose) {
            if (m_bundle.find(addon.id) != nullptr)
                addon.id += "/"; // what the index names keeps its name
            take(std::move(addon));
        }
        for (auto& [key, addon] : others) {
            addon.manifests = false;
            addon.title =
                addon.id == "." ? say("Other files") : say("Other files in %1", {cleanText(addon.id, 200)});
            addon.id += "/*";
            addon.problem = say("These are no manifests.");
            m_out.push_back(std::move(addon));
        }
        if (more) {
            Addon rest;
            rest.id = "*";
            rest.title = say("More files");
            rest.manifests = false;
            rest.problem = say("The folder holds more than %1 files; the others were not looked at.",
                               {std::to_string(kFiles)});
            m_out.push_back(std::move(rest));
        }
        return std::move(m_out);
    }

private:
    void take(Addon addon)
    {
        for (const BundleFile& file : addon.files) {
            if (!addon.problem.empty())
                break;
            if (std::string foreign = toBeBuilt(file.name()); !foreign.empty()) {
                addon.problem = std::move(foreign);
                break;
            }
            if (!isManifest(file.path)) {
                addon.problem = say("%1 is no manifest.", {cleanText(file.path, 200)});
                break;
            }
            if (m_bytes > kBytes) {
                addon.problem = say("It was not read: the manifests are larger than %1 MiB together.",
                                    {std::to_string(kBytes >> 20U)});
                break;
            }
            const auto text = readFile(m_bundle.folder, file);
            if (!text) {
                addon.problem = inWords(text.error());
                break;
            }
            m_bytes += text->size();
            auto objects = provision::objectsFromYaml(*text, cleanText(file.path, 200));
            if (!objects) {
                addon.problem = inWords(objects.error());
                break;
            }
            std::move(objects->begin(), objects->end(), std::back_inserter(addon.objects));
        }
        if (addon.problem.empty())
            judge(addon);
        addon.images = imagesIn(addon.objects);
        recognise(addon);
        m_out.push_back(std::move(addon));
    }

    static std::string toBeBuilt(const std::string& name)
    {
        if (name == "kustomization.yaml" || name == "kustomization.yml")
            return say("It is to be built first: kubectl kustomize.");
        return name == "Chart.yaml" ? say("It is to be rendered first: helm template.") : std::string();
    }

    static std::string inWords(const Error& error)
    {
        return cleanText(error.detail.empty() ? error.text : error.text + " " + error.detail, 400);
    }

    void judge(Addon& addon) const
    {
        if (addon.objects.empty()) {
            addon.problem = say("It holds no objects.");
            return;
        }
        if (const ComponentSpec* spec = componentIn(addon, m_matrix)) {
            addon.problem =
                say("This is of %1, which is installed from what the index names.", {spec->title});
            return;
        }
        std::set<std::string> seen;
        for (const Object& object : addon.objects) {
            if (!seen.insert(keyOf(object)).second) {
                addon.problem = say("%1 stands there twice.", {cleanText(object.title(), 200)});
                return;
            }
        }
        sortForCreation(addon.objects);
    }

    void recognise(Addon& addon) const
    {
        std::string title;
        for (const AddonSpec& spec : m_matrix.addons) {
            std::string version;
            bool found = false;
            for (const std::string& image : addon.images) {
                if (!isImageOf(spec, image))
                    continue;
                found = true;
                version = version.empty() ? cleanText(ImageName::parse(image).tag, 80) : version;
            }
            for (const Object& object : addon.objects)
                found = found || isGroupOf(spec, groupOfKind(object));
            if (!found)
                continue;
            addon.known.push_back(spec.id);
            title += (title.empty() ? "" : ", ") + spec.title;
            if (addon.version.empty())
                addon.version = version;
        }
        addon.title = title.empty() ? cleanText(addon.id, 200) : title;
    }

    const Bundle& m_bundle;
    const Matrix& m_matrix;
    std::vector<Addon> m_out;
    std::size_t m_bytes = 0;
};

const AddonSpec* specOf(const Matrix& matrix, const std::string& id)
{
    const auto found = std::find_if(matrix.addons.begin(), matrix.addons.end(),
                                    [&](const AddonSpec& each) { return each.id == id; });
    return found != matrix.addons.end() ? &*found : nullptr;
}

bool isNetwork(const Addon& addon, const Matrix& matrix)
{
    return std::any_of(addon.known.begin(), addon.known.end(),
                       [&](const std::string& id) { return specOf(matrix, id)->provides == "network"; });
}

// A pod network that runs and is another one.
std::string otherNetwork(const Addon& addon, const Picture& picture, const Matrix& matrix)
{
    if (!isNetwork(addon, matrix))
        return {};
    const auto sight = std::find_if(picture.observed.begin(), picture.observed.end(),
                                    [](const Sight& each) { return each.id == "network"; });
    if (sight == picture.observed.end() || sight->name.empty())
        return {};
    for (const std::string& id : addon.known) {
        const AddonSpec* spec = specOf(matrix, id);
        if (spec->provides == "network" && sight->name.rfind(spec->title, 0) == 0)
            return {};
    }
    return sight->name;
}

} // namespace

bool Addon::summed() const
{
    return std::none_of(files.begin(), files.end(),
                        [](const BundleFile& file) { return file.sha256.empty(); });
}

std::vector<Addon> readAddons(const Bundle& bundle, const Matrix& matrix)
{
    return Reader(bundle, matrix).read();
}

std::string contentOf(const Addon& addon)
{
    std::vector<std::pair<std::string, int>> kinds;
    for (const Object& object : addon.objects) {
        const std::string kind = cleanText(object.kind(), 80);
        const auto found =
            std::find_if(kinds.begin(), kinds.end(), [&](const auto& each) { return each.first == kind; });
        if (found != kinds.end())
            ++found->second;
        else
            kinds.emplace_back(kind, 1);
    }
    std::string out;
    for (const auto& [kind, count] : kinds)
        out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
    for (std::size_t i = 0; kinds.empty() && i < addon.files.size(); ++i) {
        if (i == 5) {
            out += ", …";
            break;
        }
        out += (out.empty() ? "" : ", ") + cleanText(addon.files[i].path, 200);
    }
    return out;
}

std::string remarkOn(const Addon& addon, const Picture& picture, const Matrix& matrix)
{
    if (!addon.problem.empty())
        return say("Cannot be applied: %1", {addon.problem});
    std::string out;
    if (addon.known.empty())
        out = say("Not known to the support matrix.");
    for (const std::string& id : addon.known) {
        const auto there = picture.addons.find(id);
        if (there == picture.addons.end())
            continue;
        const std::string& title = specOf(matrix, id)->title;
        out += (out.empty() ? "" : " ") + (there->second.empty()
                                               ? say("%1 is there already.", {title})
                                               : say("%1 %2 is there already.", {title, there->second}));
    }
    if (out.empty())
        out = say("Not there yet.");
    if (const std::string other = otherNetwork(addon, picture, matrix); !other.empty())
        out = say("The pod network is %1.", {other});
    if (!addon.summed())
        out += " " + say("The index has no checksum of it.");
    return out;
}

std::vector<Objection> objections(const std::set<std::string>& chosen, const std::vector<Addon>& addons,
                                  const Picture& picture, const Matrix& matrix)
{
    std::vector<Objection> out;
    std::string network;
    std::map<std::string, std::string> writers; // of objects, by their keys
    for (const std::string& id : chosen) {
        const auto addon =
            std::find_if(addons.begin(), addons.end(), [&](const Addon& each) { return each.id == id; });
        if (addon == addons.end()) {
            out.push_back({id, say("The bundle holds no add-on “%1”.", {cleanText(id, 200)})});
            continue;
        }
        if (!addon->problem.empty()) {
            out.push_back({id, say("%1 cannot be applied: %2", {addon->title, addon->problem})});
            continue;
        }
        for (const Object& object : addon->objects) {
            const auto [first, fresh] = writers.emplace(keyOf(object), addon->title);
            if (!fresh) {
                out.push_back({id, say("%1 and %2 both write %3.",
                                       {first->second, addon->title, cleanText(object.title(), 200)})});
                break;
            }
        }
        if (!isNetwork(*addon, matrix))
            continue;
        if (const std::string other = otherNetwork(*addon, picture, matrix); !other.empty())
            out.push_back({id, say("%1 is no second pod network beside %2: pods would lose theirs.",
                                   {addon->title, other})});
        else if (!network.empty())
            out.push_back({id, say("%1 and %2 are both pod networks; choose one.", {network, addon->title})});
        network = addon->title;
    }
    return out;
}

std::vector<Part> addonParts(const std::set<std::string>& chosen, const std::vector<Addon>& addons,
                             const Matrix& matrix, const std::string& mirror)
{
    std::map<std::string, bool> scopes;
    for (const Addon& addon : addons) {
        for (const auto& [kind, namespaced] : scopesOf(addon.objects))
            scopes[kind] = namespaced;
    }
    std::vector<Part> out;
    std::map<std::string, int> ranks;
    for (const Addon& addon : addons) {
        if (chosen.count(addon.id) == 0 || !addon.problem.empty())
            continue;
        Part part;
        part.id = "addon:" + addon.id;
        part.title = addon.title;
        part.version = addon.version;
        part.objects = addon.objects;
        part.images = addon.images;
        part.first = isNetwork(addon, matrix);
        bool defines = false;
        for (Object& object : part.objects) {
            defines = defines || object.kind() == "CustomResourceDefinition";
            // Where kubectl would put it.
            if (object.ns().empty() && wantsNamespace(object, scopes))
                object.edit()["metadata"]["namespace"] = "default";
            if (object.kind() == "CustomResourceDefinition")
                object.edit().erase("status");
            mirrorImages(object, mirror);
        }
        for (const std::string& id : addon.known) {
            const AddonSpec* spec = specOf(matrix, id);
            part.holdsWork.insert(part.holdsWork.end(), spec->holdsWork.begin(), spec->holdsWork.end());
        }
        const bool named = !part.holdsWork.empty();
        for (const Object& object : part.objects) {
            if (!named && object.kind() == "CustomResourceDefinition")
                part.holdsWork.push_back(object.name());
        }
        ranks[part.id] = part.first ? 0 : defines ? 1 : 2;
        out.push_back(std::move(part));
    }
    std::stable_sort(out.begin(), out.end(),
                     [&](const Part& a, const Part& b) { return ranks[a.id] < ranks[b.id]; });
    return out;
}

} // namespace strata::prepare
