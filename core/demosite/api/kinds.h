// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

namespace strata::demosite {

enum KindFlag : unsigned {
    Namespaced = 1U << 0U,
    HasStatus = 1U << 1U,     // a /status subresource: spec and status are written apart
    HasScale = 1U << 2U,      // a /scale subresource
    Generation = 1U << 3U,    // metadata.generation counts changes of the spec
    Custom = 1U << 4U,        // a CRD: list items carry their kind, strategic merge is refused
    OuterOnly = 1U << 5U,     // not installed in tenant clusters
    CreateOnly = 1U << 6U,    // reviews: nothing is stored
    Computed = 1U << 7U,      // metrics: made when asked for; get and list only
    InCategoryAll = 1U << 8U, // kubectl get all
    ClusterApi = 1U << 9U,    // category cluster-api
};

// kubectl's column: a JSON path into the object; a priority above 0 shows with -o wide only.
struct Column {
    std::string_view name;
    std::string_view type;
    std::string_view path;
    int priority = 0;
};

// A served kind. Everything of the API (paths, discovery, tables, selectors, CRD objects) follows from this
// row; a new kind is a new row in kinds.cpp.
struct Kind {
    std::string_view group;    // empty for the core group
    std::string_view versions; // served, preferred first, blank separated; the first is how it is stored
    std::string_view resource; // plural
    std::string_view singular;
    std::string_view kind;
    std::string_view shortNames; // blank separated
    unsigned flags = 0;
    std::string_view subresources;  // beyond status and scale, blank separated
    std::vector<Column> columns;    // of custom kinds, for the stored version
    std::vector<Column> oldColumns; // of the second version, when they differ

    bool has(KindFlag flag) const { return (flags & flag) != 0; }
    std::string_view storageVersion() const { return versions.substr(0, versions.find(' ')); }
    unsigned index = 0; // its place in the registry
    // Where the scale subresource finds its numbers, as a path without the leading dot.
    std::string_view specReplicas = "spec.replicas";
    std::string_view statusReplicas = "status.replicas";
    std::string_view selectorPath = {}; // empty: made from spec.selector
    // Of a kind that came with its definition: what field selectors know, as such paths.
    std::vector<std::string_view> selectable = {};
};

class Kinds {
public:
    static const Kinds& instance();

    const std::vector<Kind>& all() const { return m_kinds; }
    const Kind* find(std::string_view group, std::string_view version, std::string_view resource) const;
    const Kind* findKind(std::string_view group, std::string_view kind) const;
    // The stored kind by plural, for this program's own use: must exist.
    const Kind& get(std::string_view resource, std::string_view group) const;
    const Kind& get(std::string_view resource) const; // the first of that plural

private:
    Kinds();
    std::vector<Kind> m_kinds;
};

std::vector<std::string_view> words(std::string_view text);    // split at blanks
std::string_view listKind(const Kind& kind, std::string& out); // "PodList"

} // namespace strata::demosite
