// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/api/object.h"

#include <optional>
#include <string>
#include <string_view>

namespace strata::demosite {

// How the client wants objects: what its Accept header negotiates.
struct Form {
    enum class As { Object, Metadata, Table } as = As::Object;
    std::string metaVersion = "v1"; // of the Table or PartialObjectMetadata
    bool acceptable = true;         // JSON in some form
    bool aggregatedDiscovery = false;
    bool protobufOnly = false;
};
Form negotiate(std::string_view accept);

// Objects of one kind in one version and form.
class Renderer {
public:
    Renderer(const Cluster& cluster, const Kind& kind, std::string version, Form form,
             std::string includeObject);

    std::string one(const Object& object) const;
    // `remaining` behind a page: nothing where that is not told.
    std::string list(const std::vector<ObjectPtr>& objects, std::size_t from, std::size_t to,
                     std::uint64_t revision, const std::string& continueToken,
                     std::optional<std::size_t> remaining) const;
    // An object of a watch event; `first` tells a Table to carry its columns.
    std::string event(const Object& object, bool first) const;
    std::string bookmark(std::uint64_t revision, bool initialEnd) const;
    Json converted(const Object& object) const; // in this version, with kind and apiVersion

private:
    std::string table(const std::vector<ObjectPtr>& objects, std::size_t from, std::size_t to,
                      const Json& metadata, bool withColumns) const;

    const Cluster& m_cluster;
    const Kind& m_kind;
    std::string m_version;
    Form m_form;
    std::string m_include;
};

} // namespace strata::demosite
