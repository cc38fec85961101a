// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/customkinds.h"

#include "core/base/text.h"
#include "core/demosite/api/object.h"
#include "core/demosite/api/schema.h"
#include "core/demosite/api/tableschema.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>

namespace strata::demosite {

struct CustomKinds::Own {
    Kind kind;
    std::deque<std::string> strings; // a deque: views of its elements stay good

    std::string_view keep(std::string text)
    {
        strings.push_back(std::move(text));
        return strings.back();
    }
};

CustomKinds::CustomKinds() : m_next(static_cast<unsigned>(Kinds::instance().all().size())) {}
CustomKinds::~CustomKinds() = default;

const Kind* CustomKinds::find(std::string_view group, std::string_view version,
                              std::string_view resource) const
{
    const std::lock_guard lock(m_mutex);
    if (m_current.empty())
        return nullptr;
    const auto found = m_current.find(std::string(resource) + "." + std::string(group));
    if (found == m_current.end())
        return nullptr;
    const auto versions = words(found->second->versions);
    return std::find(versions.begin(), versions.end(), version) == versions.end() ? nullptr : found->second;
}

std::vector<const Kind*> CustomKinds::all() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<const Kind*> out;
    for (const auto& [name, kind] : m_current)
        out.push_back(kind);
    return out;
}

bool CustomKinds::removed(const Kind& kind) const
{
    const std::lock_guard lock(m_mutex);
    return m_removed.count(kind.index) > 0;
}

std::shared_ptr<const Json> CustomKinds::schema(const Kind& kind, std::string_view version) const
{
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_schemas.find({kind.index, std::string(version)});
        if (found != m_schemas.end() && found->second)
            return found->second;
    }
    return kind.has(Custom) ? tableSchema(apiVersion(kind, version), kind.kind) : nullptr;
}

unsigned CustomKinds::count() const
{
    const std::lock_guard lock(m_mutex);
    return m_next;
}

const Kind* CustomKinds::defined(const Json& definition)
{
    const std::string group = text(definition, "spec.group");
    const std::string plural = text(definition, "spec.names.plural");
    const Json* versions = demosite::find(definition, "spec.versions");
    if (versions == nullptr || !versions->is_array())
        return nullptr;
    const std::lock_guard lock(m_mutex);
    const auto schemas = [&](unsigned index) {
        for (const Json& version : *versions) {
            const Json* schema = demosite::find(version, "schema.openAPIV3Schema");
            auto& place = m_schemas[{index, text(version, "name")}];
            // Without properties there is nothing to check: the definitions of the table's kinds are like
            // that, for the table has their schemas.
            place = schema != nullptr && schema->contains("properties")
                        ? std::make_shared<const Json>(*schema)
                        : nullptr;
        }
    };
    for (const Kind& kind : Kinds::instance().all()) {
        if (m_tableServed && kind.has(Custom) && kind.group == group && kind.resource == plural) {
            m_removed.erase(kind.index);
            schemas(kind.index);
            return nullptr;
        }
    }
    auto own = std::make_unique<Own>();
    Kind& kind = own->kind;
    const auto list = [&](const char* path) {
        std::string out;
        if (const Json* all = demosite::find(definition, path); all != nullptr && all->is_array()) {
            for (const Json& item : *all)
                out +=
                    (out.empty() ? "" : " ") + (item.is_string() ? item.get<std::string>() : std::string());
        }
        return out;
    };
    // The stored version first, for that is how the table has it; then the served others.
    std::string served;
    const Json* stored = nullptr;
    for (const Json& version : *versions) {
        if (text(version, "storage") == "true")
            stored = &version;
        else if (text(version, "served") == "true")
            served += " " + text(version, "name");
    }
    if (stored == nullptr)
        return nullptr;
    kind.group = own->keep(group);
    kind.versions = own->keep(text(*stored, "name") + served);
    kind.resource = own->keep(plural);
    kind.singular = own->keep(text(definition, "spec.names.singular"));
    kind.kind = own->keep(text(definition, "spec.names.kind"));
    kind.shortNames = own->keep(list("spec.names.shortNames"));
    kind.flags = Custom | Generation;
    if (text(definition, "spec.scope") == "Namespaced")
        kind.flags |= Namespaced;
    if (demosite::find(*stored, "subresources.status") != nullptr)
        kind.flags |= HasStatus;
    if (const Json* scale = demosite::find(*stored, "subresources.scale")) {
        kind.flags |= HasScale;
        const auto path = [&](const char* name, const char* standard) {
            std::string value = text(*scale, name);
            if (value.empty())
                value = standard;
            return own->keep(value.substr(value[0] == '.' ? 1 : 0));
        };
        kind.specReplicas = path("specReplicasPath", ".spec.replicas");
        kind.statusReplicas = path("statusReplicasPath", ".status.replicas");
        kind.selectorPath = path("labelSelectorPath", ".status.selector");
    }
    const std::string categories = " " + list("spec.names.categories") + " ";
    if (categories.find(" all ") != std::string::npos)
        kind.flags |= InCategoryAll;
    if (categories.find(" cluster-api ") != std::string::npos)
        kind.flags |= ClusterApi;
    if (const Json* columns = demosite::find(*stored, "additionalPrinterColumns");
        columns != nullptr && columns->is_array()) {
        for (const Json& column : *columns)
            kind.columns.push_back({own->keep(text(column, "name")), own->keep(text(column, "type")),
                                    own->keep(text(column, "jsonPath")),
                                    static_cast<int>(number(column, "priority").value_or(0))});
    }
    if (kind.columns.empty())
        kind.columns.push_back({"Age", "date", ".metadata.creationTimestamp", 0});
    if (const Json* fields = demosite::find(*stored, "selectableFields");
        fields != nullptr && fields->is_array()) {
        for (const Json& field : *fields) {
            const std::string path = text(field, "jsonPath");
            if (path.size() > 1)
                kind.selectable.push_back(own->keep(path.substr(1)));
        }
    }
    const std::string name = plural + "." + group;
    const auto place = m_indexes.emplace(name, m_next);
    if (place.second)
        ++m_next;
    kind.index = place.first->second;
    schemas(kind.index);
    const Kind*& current = m_current[name];
    const bool otherwise = current != nullptr && current->selectable != kind.selectable;
    current = &kind;
    m_owned.push_back(std::move(own));
    return otherwise ? &kind : nullptr;
}

const Kind* CustomKinds::undefined(const std::string& group, const std::string& resource)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_current.find(resource + "." + group);
    if (found != m_current.end()) {
        const Kind* kind = found->second;
        m_current.erase(found);
        return kind;
    }
    for (const Kind& kind : Kinds::instance().all()) {
        if (m_tableServed && kind.has(Custom) && kind.group == group && kind.resource == resource) {
            m_removed.insert(kind.index);
            return &kind;
        }
    }
    return nullptr;
}

namespace {

// Fields that selectors know must be in the schema, and no more than a text, a number or a truth value
// (apiextensions validation.go).
void checkSelectable(const Json& version, const Json& schema, const std::string& where,
                     std::vector<Status::Cause>& causes)
{
    const Json* fields = find(version, "selectableFields");
    for (std::size_t i = 0; fields != nullptr && fields->is_array() && i < fields->size(); ++i) {
        const std::string path = text((*fields)[i], "jsonPath");
        const std::string at = where + "[" + std::to_string(i) + "].jsonPath";
        const Json* part = &schema;
        for (const std::string& step : split(path.empty() ? path : path.substr(1), '.'))
            part = part == nullptr ? nullptr : find(*part, "properties." + step);
        const std::string type = part == nullptr ? std::string() : text(*part, "type");
        const std::string shown = "Invalid value: " + jsonQuoted(path) + ": ";
        if (path.empty())
            causes.push_back({"FieldValueRequired", "Required value", at});
        else if (path[0] != '.' || part == nullptr)
            causes.push_back(
                {"FieldValueInvalid", shown + "is an invalid path: does not refer to a valid field", at});
        else if (path.rfind(".metadata", 0) == 0)
            causes.push_back({"FieldValueInvalid", shown + "must not point to fields in metadata", at});
        else if (type != "string" && type != "integer" && type != "boolean")
            causes.push_back({"FieldValueInvalid",
                              shown + "must point to a field of type string, boolean or integer. Enum string "
                                      "fields and strings with formats are allowed.",
                              at});
    }
}

} // namespace

Answer<void> completeDefinition(Json& definition, const std::string& now)
{
    const std::string name = text(definition, "metadata.name");
    const std::string group = text(definition, "spec.group");
    const std::string plural = text(definition, "spec.names.plural");
    std::vector<Status::Cause> causes;
    const auto required = [&](const char* path) {
        if (text(definition, path).empty())
            causes.push_back({"FieldValueRequired", "Required value", path});
    };
    for (const char* path : {"spec.group", "spec.names.plural", "spec.names.kind", "spec.scope"})
        required(path);
    if (!plural.empty() && name != plural + "." + group)
        causes.push_back({"FieldValueInvalid",
                          "Invalid value: \"" + name + "\": must be spec.names.plural+\".\"+spec.group",
                          "metadata.name"});
    const Json* versions = find(definition, "spec.versions");
    int stored = 0;
    Json storedVersions = Json::array();
    if (versions == nullptr || !versions->is_array()) {
        causes.push_back({"FieldValueRequired", "Required value", "spec.versions"});
    } else {
        for (std::size_t i = 0; i < versions->size(); ++i) {
            const Json& version = (*versions)[i];
            if (text(version, "storage") == "true") {
                ++stored;
                storedVersions.push_back(text(version, "name"));
            }
            const std::string where = "spec.versions[" + std::to_string(i) + "].schema.openAPIV3Schema";
            if (const Json* schema = find(version, "schema.openAPIV3Schema")) {
                checkRules(*schema, where, causes);
                checkSelectable(version, *schema, "spec.versions[" + std::to_string(i) + "].selectableFields",
                                causes);
            } else
                causes.push_back({"FieldValueRequired", "Required value: schemas are required", where});
        }
        if (stored != 1)
            causes.push_back({"FieldValueInvalid",
                              "Invalid value: " + compact(*versions) +
                                  ": must have exactly one version marked as storage version",
                              "spec.versions"});
        if (stored == 0)
            causes.push_back({"FieldValueInvalid",
                              "Invalid value: null: must have at least one stored version",
                              "status.storedVersions"});
    }
    if (!causes.empty())
        return invalid("apiextensions.k8s.io", "CustomResourceDefinition", name, std::move(causes));
    // Before any reference into the object is taken: its members move when one is added.
    if (!definition.contains("status") || !definition["status"].is_object())
        definition["status"] = Json::object();
    if (!definition["spec"].contains("conversion"))
        definition["spec"]["conversion"] = {{"strategy", "None"}};
    Json& names = definition["spec"]["names"];
    if (text(names, "singular").empty())
        names["singular"] = toLower(text(names, "kind"));
    if (text(names, "listKind").empty())
        names["listKind"] = text(names, "kind") + "List";
    Json& status = definition["status"];
    status["acceptedNames"] = names;
    if (!status.contains("storedVersions") || status["storedVersions"].empty())
        status["storedVersions"] = storedVersions;
    else if (const Json& known = status["storedVersions"];
             std::find(known.begin(), known.end(), storedVersions[0]) == known.end())
        status["storedVersions"].push_back(storedVersions[0]);
    if (!status.contains("conditions") || status["conditions"].empty()) {
        const auto condition = [&](const char* type, const char* reason, const char* message) {
            return Json{{"type", type},
                        {"status", "True"},
                        {"lastTransitionTime", now},
                        {"reason", reason},
                        {"message", message}};
        };
        status["conditions"] = Json::array(
            {condition("NamesAccepted", "NoConflicts", "no conflicts found"),
             condition("Established", "InitialNamesAccepted", "the initial names have been accepted")});
    }
    return {};
}

} // namespace strata::demosite
