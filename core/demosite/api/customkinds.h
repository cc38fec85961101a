// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/status.h"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace strata::demosite {

// The kinds of one cluster that came with CustomResourceDefinitions at run time, and what such definitions
// say about the kinds of the table: schemas, and that they are gone. A Kind, once given out, stays valid as
// long as this object. Thread-safe.
class CustomKinds {
public:
    CustomKinds();
    ~CustomKinds();
    // Whether the table's own custom kinds are served here; not in tenant clusters.
    void setTableServed(bool served) { m_tableServed = served; }
    CustomKinds(const CustomKinds&) = delete;
    CustomKinds& operator=(const CustomKinds&) = delete;

    const Kind* find(std::string_view group, std::string_view version, std::string_view resource) const;
    std::vector<const Kind*> all() const;
    bool removed(const Kind& kind) const; // a kind of the table whose definition was deleted
    // The structural schema of a version: its definition's, else the table's; null: objects are taken as they
    // are.
    std::shared_ptr<const Json> schema(const Kind& kind, std::string_view version) const;
    unsigned count() const; // indexes in use, the table's included

    // A definition was stored or is gone; `definition` is the whole object. The kind, where field selectors
    // know other fields of it than before; else null.
    const Kind* defined(const Json& definition);
    // The kind that is not served any more, or null.
    const Kind* undefined(const std::string& group, const std::string& resource);

private:
    struct Own; // a Kind and the strings it points to
    mutable std::mutex m_mutex;
    std::vector<std::unique_ptr<Own>> m_owned;    // all that ever were
    std::map<std::string, const Kind*> m_current; // "resource.group"
    std::map<std::string, unsigned> m_indexes;    // a definition that comes back finds its place again
    std::map<std::pair<unsigned, std::string>, std::shared_ptr<const Json>> m_schemas; // by index and version
    std::set<unsigned> m_removed;
    unsigned m_next;
    bool m_tableServed = true; // set before anybody asks
};

// What the API server checks and fills in when a CustomResourceDefinition is written: names, one storage
// version, schemas; the status says that it was accepted.
Answer<void> completeDefinition(Json& definition, const std::string& now);

} // namespace strata::demosite
