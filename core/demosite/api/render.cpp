// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/render.h"

#include "core/base/text.h"
#include "core/demosite/api/convert.h"
#include "core/demosite/api/table.h"

#include <nlohmann/json.hpp>

namespace strata::demosite {
namespace {

Json metadataOnly(Json object, const std::string& version)
{
    return {{"kind", "PartialObjectMetadata"},
            {"apiVersion", "meta.k8s.io/" + version},
            {"metadata", std::move(object["metadata"])}};
}

} // namespace

Form negotiate(std::string_view accept)
{
    Form form;
    if (trimmed(accept).empty())
        return form;
    bool protobuf = false;
    for (const std::string& alternative : split(accept, ',')) {
        const auto parts = split(alternative, ';');
        const std::string type = toLower(trimmed(parts.front()));
        if (type.find("protobuf") != std::string::npos)
            protobuf = true;
        if (type != "application/json" && type != "*/*" && type != "application/*" && type != "text/*" &&
            type != "text/plain")
            continue;
        std::string as;
        std::string version;
        std::string group;
        for (std::size_t i = 1; i < parts.size(); ++i) { // parameters come in any order
            const std::string part(trimmed(parts[i]));
            if (part.rfind("as=", 0) == 0)
                as = part.substr(3);
            else if (part.rfind("v=", 0) == 0)
                version = part.substr(2);
            else if (part.rfind("g=", 0) == 0)
                group = part.substr(2);
        }
        if (as.empty())
            return form;
        if (group == "apidiscovery.k8s.io" && version == "v2" && as == "APIGroupDiscoveryList") {
            form.aggregatedDiscovery = true;
            return form;
        }
        if (group == "meta.k8s.io" && (version == "v1" || version == "v1beta1")) {
            form.metaVersion = version;
            if (as == "Table") {
                form.as = Form::As::Table;
                return form;
            }
            if (as == "PartialObjectMetadata" || as == "PartialObjectMetadataList") {
                form.as = Form::As::Metadata;
                return form;
            }
        }
    }
    form.acceptable = false;
    form.protobufOnly = protobuf;
    return form;
}

Renderer::Renderer(const Cluster& cluster, const Kind& kind, std::string version, Form form,
                   std::string includeObject)
    : m_cluster(cluster), m_kind(kind), m_version(std::move(version)), m_form(std::move(form)),
      m_include(std::move(includeObject))
{}

Json Renderer::converted(const Object& object) const
{
    Json json = parseOwn(serve(object));
    fromStorage(m_kind, m_version, json);
    json["apiVersion"] = apiVersion(m_kind, m_version);
    return json;
}

std::string Renderer::table(const std::vector<ObjectPtr>& objects, std::size_t from, std::size_t to,
                            const Json& metadata, bool withColumns) const
{
    const Table table(m_kind, m_version, m_cluster.now());
    Json rows = Json::array();
    for (std::size_t i = from; i < to; ++i)
        rows.push_back(table.row(converted(*objects[i]), m_include));
    return compact({{"kind", "Table"},
                    {"apiVersion", "meta.k8s.io/" + m_form.metaVersion},
                    {"metadata", metadata},
                    {"columnDefinitions", withColumns ? table.columns() : Json()},
                    {"rows", std::move(rows)}});
}

std::string Renderer::one(const Object& object) const
{
    switch (m_form.as) {
    case Form::As::Table: {
        const std::vector<ObjectPtr> only = {ObjectPtr(ObjectPtr(), &object)};
        return table(only, 0, 1, {{"resourceVersion", std::to_string(object.revision)}}, true);
    }
    case Form::As::Metadata:
        return compact(metadataOnly(converted(object), m_form.metaVersion));
    case Form::As::Object:
        break;
    }
    // An object may have been stored when its kind was defined otherwise.
    return m_version == object.kind->storageVersion() ? serve(object) : compact(converted(object));
}

std::string Renderer::event(const Object& object, bool first) const
{
    if (m_form.as != Form::As::Table)
        return one(object);
    const std::vector<ObjectPtr> only = {ObjectPtr(ObjectPtr(), &object)};
    return table(only, 0, 1, {{"resourceVersion", std::to_string(object.revision)}}, first);
}

std::string Renderer::list(const std::vector<ObjectPtr>& objects, std::size_t from, std::size_t to,
                           std::uint64_t revision, const std::string& continueToken,
                           std::optional<std::size_t> remaining) const
{
    Json metadata = {{"resourceVersion", std::to_string(revision)}};
    if (!continueToken.empty()) {
        metadata["continue"] = continueToken;
        if (remaining)
            metadata["remainingItemCount"] = *remaining;
    }
    if (m_form.as == Form::As::Table)
        return table(objects, from, to, metadata, true);

    const bool partial = m_form.as == Form::As::Metadata;
    if (!partial && continueToken.empty() && m_kind.has(Custom))
        metadata["continue"] = ""; // there it is never left out
    std::string out = R"({"kind":")" +
                      (partial ? std::string("PartialObjectMetadata") : std::string(m_kind.kind)) +
                      R"(List","apiVersion":")" +
                      (partial ? "meta.k8s.io/" + m_form.metaVersion : apiVersion(m_kind, m_version)) +
                      R"(","metadata":)" + compact(metadata) + R"(,"items":[)";
    std::size_t size = out.size();
    for (std::size_t i = from; i < to; ++i)
        size += objects[i]->body.size() + 160;
    out.reserve(size);
    for (std::size_t i = from; i < to; ++i) {
        if (i > from)
            out += ',';
        if (partial)
            out += compact(metadataOnly(converted(*objects[i]), m_form.metaVersion));
        else if (m_version == objects[i]->kind->storageVersion())
            serveTo(out, *objects[i], m_kind.has(Custom));
        else
            out += compact(converted(*objects[i]));
    }
    out += "]}";
    return out;
}

std::string Renderer::bookmark(std::uint64_t revision, bool initialEnd) const
{
    Json metadata = {{"resourceVersion", std::to_string(revision)}};
    if (initialEnd)
        metadata["annotations"] = {{"k8s.io/initial-events-end", "true"}};
    if (m_form.as == Form::As::Table)
        return compact({{"kind", "Table"},
                        {"apiVersion", "meta.k8s.io/" + m_form.metaVersion},
                        {"metadata", std::move(metadata)},
                        {"columnDefinitions", nullptr},
                        {"rows", Json::array()}});
    const bool partial = m_form.as == Form::As::Metadata;
    return compact(
        {{"kind", partial ? "PartialObjectMetadata" : std::string(m_kind.kind)},
         {"apiVersion", partial ? "meta.k8s.io/" + m_form.metaVersion : apiVersion(m_kind, m_version)},
         {"metadata", std::move(metadata)}});
}

} // namespace strata::demosite
