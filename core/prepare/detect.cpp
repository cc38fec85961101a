// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/detect.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::prepare {

namespace {

using provision::Json;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("prepare", text), values);
}

const Json* part(const Json& json, std::initializer_list<const char*> path)
{
    const Json* at = &json;
    for (const char* key : path) {
        if (!at->is_object())
            return nullptr;
        const auto found = at->find(key);
        if (found == at->end())
            return nullptr;
        at = &*found;
    }
    return at;
}

std::vector<std::string> imagesOf(const Object& workload)
{
    std::vector<std::string> out;
    const Json* containers = part(workload.json(), {"spec", "template", "spec", "containers"});
    if (containers != nullptr && containers->is_array()) {
        for (const Json& container : *containers) {
            if (container.is_object() && container.contains("image") && container["image"].is_string())
                out.push_back(container["image"].get<std::string>());
        }
    }
    return out;
}

const Json* conditionOf(const Object& object, const std::string& type)
{
    const Json* all = part(object.json(), {"status", "conditions"});
    if (all == nullptr || !all->is_array())
        return nullptr;
    for (const Json& each : *all) {
        if (each.is_object() && each.value("type", "") == type)
            return &each;
    }
    return nullptr;
}

std::string named(const Object& object)
{
    return object.ns().empty() ? object.name() : object.ns() + "/" + object.name();
}

const Object* find(const std::vector<Object>& all, const std::string& ns, const std::string& name)
{
    const auto found = std::find_if(all.begin(), all.end(), [&](const Object& object) {
        return object.name() == name && object.ns() == ns;
    });
    return found != all.end() ? &*found : nullptr;
}

// What is wrong with a Deployment or DaemonSet, or nothing.
std::string ailmentOf(const Object& workload, const char* kind)
{
    const bool daemon = std::string_view(kind) == "DaemonSet";
    const std::int64_t wanted = daemon ? workload.number("status.desiredNumberScheduled").value_or(0)
                                       : workload.number("spec.replicas").value_or(1);
    const std::int64_t there =
        workload.number(daemon ? "status.numberAvailable" : "status.availableReplicas").value_or(0);
    if (there >= wanted && (daemon || wanted > 0))
        return {};
    if (!daemon && wanted == 0)
        return say("%1 %2 is scaled to 0.", {kind, cleanText(named(workload))});
    return say("%1 %2: %3 of %4 pods are available.",
               {kind, cleanText(named(workload)), std::to_string(there), std::to_string(wanted)});
}

class Detective {
public:
    Detective(const Listed& listed, const Matrix& matrix) : m_listed(listed), m_matrix(matrix)
    {
        for (const Object& definition : listed.definitions)
            m_definitions.insert(definition.name());
    }

    Finding component(const ComponentSpec& spec) const
    {
        Finding out;
        out.id = spec.id;
        out.title = spec.title;
        out.ns = spec.ns;
        for (const char* list : {"deployments", "definitions"}) {
            if (const auto why = m_listed.unseen.find(list); why != m_listed.unseen.end()) {
                out.presence = Presence::Unseen;
                out.why = why->second;
                return out;
            }
        }
        int there = 0;
        // The one that says the version may stand in a namespace of another name.
        const Object* head = nullptr;
        for (const Object& deployment : m_listed.deployments) {
            for (const std::string& image : imagesOf(deployment)) {
                const ImageName name = ImageName::parse(image);
                if (name.base() != spec.image)
                    continue;
                if (head != nullptr && deployment.ns() != spec.ns)
                    continue;
                head = &deployment;
                out.version = cleanText(name.tag, 80);
            }
        }
        if (head != nullptr)
            out.ns = cleanText(head->ns());
        workloads(out, spec.deployments, m_listed.deployments, "Deployment", there);
        if (m_listed.unseen.count("daemonSets") == 0)
            workloads(out, spec.daemonSets, m_listed.daemonSets, "DaemonSet", there);
        if (there == 0 && head != nullptr)
            ++there;
        // What the operator makes counts only where the operator is to have made it.
        resource(out, spec, there);
        definitions(out, spec, there);
        inventory(out, spec, there);
        managers(out, spec);
        if (there == 0) {
            out.presence = Presence::Absent;
            out.missing.clear();
            out.ailments.clear();
        } else if (!out.missing.empty()) {
            out.presence = Presence::Half;
        } else if (!out.ailments.empty()) {
            out.presence = Presence::Ailing;
        } else {
            out.presence = Presence::Installed;
        }
        return out;
    }

    Sight sight(const ObservedSpec& spec) const
    {
        Sight out;
        out.id = spec.id;
        out.title = spec.title;
        out.required = spec.required;
        std::vector<std::string> names;
        const auto add = [&names](const std::string& name) {
            if (std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(name);
        };
        std::vector<std::string> ill;
        bool unseen = false;
        for (const ObservedSpec::Known& known : spec.known) {
            if (!known.kind.empty() && m_definitions.count(known.kind) != 0)
                add(known.name);
            if (!known.api.empty() && m_listed.groups.count(known.api) != 0)
                add(known.name);
            if (!known.workload.empty())
                recognise(known, "DaemonSet", m_listed.daemonSets, add, ill);
            if (!known.workload.empty())
                recognise(known, "Deployment", m_listed.deployments, add, ill);
            unseen = unseen || (!known.workload.empty() && m_listed.unseen.count("daemonSets") != 0) ||
                     (!known.kind.empty() && m_listed.unseen.count("definitions") != 0) ||
                     (!known.provisioner.empty() && m_listed.unseen.count("storageClasses") != 0);
        }
        if (spec.id == "storage")
            storage(spec, out, add);
        for (const std::string& name : names)
            out.name += (out.name.empty() ? "" : ", ") + name;
        if (!names.empty()) {
            out.presence = ill.empty() ? Presence::Installed : Presence::Ailing;
            for (const std::string& each : ill)
                out.words += (out.words.empty() ? "" : " ") + each;
        } else if (unseen) {
            out.presence = Presence::Unseen;
        } else {
            out.presence = Presence::Absent;
            out.words = spec.absent;
        }
        return out;
    }

    // Its version when it is there, empty when that is not known; nothing when it is not there.
    std::optional<std::string> addon(const AddonSpec& spec) const
    {
        for (const std::vector<Object>* all : {&m_listed.daemonSets, &m_listed.deployments}) {
            for (const Object& workload : *all) {
                for (const std::string& image : imagesOf(workload)) {
                    if (isImageOf(spec, image))
                        return cleanText(ImageName::parse(image).tag, 80);
                }
            }
        }
        const bool defined = std::any_of(m_definitions.begin(), m_definitions.end(), [&](const auto& name) {
            return isGroupOf(spec, name.substr(name.find('.') + 1));
        });
        return defined ? std::optional<std::string>(std::string()) : std::nullopt;
    }

private:
    void workloads(Finding& out, const std::vector<std::string>& names, const std::vector<Object>& all,
                   const char* kind, int& there) const
    {
        for (const std::string& name : names) {
            const Object* workload = find(all, out.ns, name);
            if (workload == nullptr) {
                out.missing.push_back(std::string(kind) + " " + out.ns + "/" + name);
                continue;
            }
            ++there;
            if (std::string ailment = ailmentOf(*workload, kind); !ailment.empty())
                out.ailments.push_back(std::move(ailment));
        }
    }

    void definitions(Finding& out, const ComponentSpec& spec, int& there) const
    {
        for (const auto* kinds : {&spec.kinds, &spec.servedKinds}) {
            for (const std::string& kind : *kinds) {
                if (m_definitions.count(kind) != 0)
                    ++there;
                else
                    out.missing.push_back("CustomResourceDefinition " + kind);
            }
        }
    }

    void resource(Finding& out, const ComponentSpec& spec, int& there) const
    {
        if (!spec.resource)
            return;
        const auto found = m_listed.resources.find(spec.id);
        if (found == m_listed.resources.end() || found->second.empty()) {
            out.missing.push_back(spec.resource->kind + " " +
                                  (spec.resource->ns.empty() ? "" : spec.resource->ns + "/") +
                                  spec.resource->name);
            return;
        }
        ++there;
        out.resourceThere = true;
        const Object& object = found->second.front();
        if (found->second.size() > 1)
            out.ailments.push_back(say("There are %1 objects of kind %2; there may be one.",
                                       {std::to_string(found->second.size()), spec.resource->kind}));
        for (const char* path : {"status.observedKubeVirtVersion", "status.observedVersion"}) {
            if (const auto version = object.text(path); version && !version->empty())
                out.version = cleanText(*version, 80);
        }
        const std::string phase = object.text("status.phase").value_or("");
        if (object.deleting())
            out.ailments.push_back(say("%1 is being deleted.", {cleanText(object.title())}));
        else if (phase != "Deployed")
            out.ailments.push_back(say("%1 is in phase %2.", {cleanText(object.title()),
                                                              phase.empty() ? "—" : cleanText(phase, 80)}));
        const auto told = [&](const char* type, const char* good) {
            const Json* condition = conditionOf(object, type);
            if (condition == nullptr || condition->value("status", "") == good)
                return;
            out.ailments.push_back(
                say("%1: %2 is %3 (%4).",
                    {cleanText(object.title()), type, cleanText(condition->value("status", ""), 20),
                     cleanText(condition->value("message", condition->value("reason", "")), 300)}));
        };
        told("Available", "True");
        told("Degraded", "False");
        if (!spec.resource->gates.empty()) {
            std::string path = spec.resource->gates;
            for (int i = 0; i < 100; ++i) {
                const auto gate = object.text(path + "." + std::to_string(i));
                if (!gate)
                    break;
                out.gates.push_back(cleanText(*gate, 80));
            }
        }
        if (!out.gates.empty()) {
            std::string list;
            for (const std::string& gate : out.gates)
                list += (list.empty() ? "" : ", ") + gate;
            out.facts.push_back(say("Feature gates: %1", {list}));
        }
    }

    void inventory(Finding& out, const ComponentSpec& spec, int& there) const
    {
        if (!spec.provider || m_listed.unseen.count("providers") != 0)
            return;
        for (const Object& provider : m_listed.providers) {
            if (provider.name() != spec.provider->label)
                continue;
            ++there;
            out.inventory = cleanText(provider.text("version").value_or(""), 80);
            if (out.version.empty())
                out.version = out.inventory;
        }
        if (out.inventory.empty() && there > 0)
            out.facts.push_back(say("clusterctl does not know of it."));
        else if (!out.inventory.empty() && out.inventory != out.version)
            out.ailments.push_back(say("clusterctl's inventory says %1, but %2 runs.",
                                       {out.inventory, out.version.empty() ? "—" : out.version}));
    }

    void managers(Finding& out, const ComponentSpec& spec) const
    {
        for (const std::string& kind : spec.managedBy) {
            const auto found = m_listed.managers.find(kind);
            if (found != m_listed.managers.end() && !found->second.empty())
                out.manager = cleanText(found->second.front().title());
        }
    }

    template<typename Add>
    void recognise(const ObservedSpec::Known& known, const char* kind, const std::vector<Object>& all,
                   const Add& add, std::vector<std::string>& ill) const
    {
        for (const Object& workload : all) {
            const bool called =
                workload.name() == known.workload || workload.name().rfind(known.workload + "-ds", 0) == 0;
            for (const std::string& image : imagesOf(workload)) {
                const ImageName name = ImageName::parse(image);
                const bool looks = name.repository.find(known.image) != std::string::npos;
                if (!called || !looks)
                    continue;
                add(known.name + (name.tag.empty() ? "" : " " + cleanText(name.tag, 60)));
                if (std::string ailment = ailmentOf(workload, kind); !ailment.empty())
                    ill.push_back(std::move(ailment));
                break;
            }
        }
    }

    template<typename Add>
    void storage(const ObservedSpec& spec, Sight& out, const Add& add) const
    {
        std::string usual;
        for (const Object& each : m_listed.storageClasses) {
            const std::string provisioner = each.text("provisioner").value_or("");
            std::string title = cleanText(provisioner, 120);
            for (const ObservedSpec::Known& known : spec.known) {
                if (provisioner.find(known.provisioner) != std::string::npos)
                    title = known.name;
            }
            add(title);
            if (each.annotation("storageclass.kubernetes.io/is-default-class") == "true")
                usual = cleanText(each.name(), 120);
        }
        if (m_listed.storageClasses.empty())
            return;
        out.words = usual.empty() ? say("No StorageClass is the default: each disk has to name one.")
                                  : say("The default StorageClass is %1.", {usual});
    }

    const Listed& m_listed;
    const Matrix& m_matrix;
    std::set<std::string> m_definitions;
};

} // namespace

bool isGroupOf(const AddonSpec& spec, std::string_view group)
{
    return std::any_of(spec.groups.begin(), spec.groups.end(), [&](const std::string& own) {
        return group == own || (group.size() > own.size() && group.ends_with(own) &&
                                group[group.size() - own.size() - 1] == '.');
    });
}

bool isImageOf(const AddonSpec& spec, const std::string& image)
{
    const std::string repository = ImageName::parse(image).repository;
    return std::any_of(spec.images.begin(), spec.images.end(),
                       [&](const std::string& part) { return repository.find(part) != std::string::npos; });
}

ImageName ImageName::parse(const std::string& image)
{
    ImageName out;
    std::string rest = image;
    if (const std::size_t at = rest.find('@'); at != std::string::npos) {
        out.digest = rest.substr(at + 1);
        rest.resize(at);
    }
    const std::size_t colon = rest.rfind(':');
    const std::size_t slash = rest.rfind('/');
    if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) {
        out.tag = rest.substr(colon + 1);
        rest.resize(colon);
    }
    out.repository = rest;
    return out;
}

std::string ImageName::base() const
{
    const std::size_t slash = repository.rfind('/');
    return slash == std::string::npos ? repository : repository.substr(slash + 1);
}

std::string ImageName::text() const
{
    return repository + (tag.empty() ? "" : ":" + tag) + (digest.empty() ? "" : "@" + digest);
}

const Finding* Picture::find(const std::string& id) const
{
    const auto found = std::find_if(components.begin(), components.end(),
                                    [&](const Finding& each) { return each.id == id; });
    return found != components.end() ? &*found : nullptr;
}

Picture detect(const Listed& listed, const Matrix& matrix)
{
    const Detective detective(listed, matrix);
    Picture out;
    out.server = listed.server;
    out.kubernetes = cleanText(listed.kubernetes, 80);
    out.nodes = listed.nodes;
    for (const ComponentSpec& spec : matrix.components)
        out.components.push_back(detective.component(spec));
    for (const ObservedSpec& spec : matrix.observed)
        out.observed.push_back(detective.sight(spec));
    for (const AddonSpec& spec : matrix.addons) {
        if (auto version = detective.addon(spec))
            out.addons.emplace(spec.id, std::move(*version));
    }
    return out;
}

const char* toString(Presence presence)
{
    switch (presence) {
    case Presence::Absent:
        return "absent";
    case Presence::Half:
        return "half installed";
    case Presence::Installed:
        return "installed";
    case Presence::Ailing:
        return "ailing";
    case Presence::Unseen:
        return "unseen";
    }
    return "";
}

} // namespace strata::prepare
