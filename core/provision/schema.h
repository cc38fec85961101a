// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a server says of a kind's fields (OpenAPI v3 as served at /openapi/v3/apis/GROUP/VERSION, with the
// x-kubernetes-* extensions of structural schemas), for completing and checking YAML that is being typed.
// Pure; what is checked here is only what a look at the schema tells: the server's dry run has the last word.
namespace strata::provision {

// Keys from the object's top; an element of a list is "[]": {"spec", "containers", "[]", "image"}.
using SchemaPath = std::vector<std::string>;

struct SchemaField {
    enum class Shape { Scalar, Mapping, List };
    std::string name;
    std::string type;                // as kubectl explain says it: "string", "[]Object", "map[string]string"
    std::string description;         // the server's, as it came: not cleaned
    std::vector<std::string> values; // those that are allowed; empty: not told
    Shape shape = Shape::Scalar;
    bool required = false;
};

struct SchemaFault {
    int line = 0; // from 1; 0: the text is no YAML and nobody can say where
    int column = 0;
    std::string path; // "spec.containers[].image"
    std::string text; // a sentence
};

// Where a place in a text stands in the object that it is going to be. The text need not be YAML yet.
struct YamlPlace {
    bool known = false;            // false: in a comment, a text block, a flow mapping …
    SchemaPath path;               // of the mapping that the key under the cursor stands in
    std::string key;               // the whole key under the cursor, or that the value under it belongs to
    bool value = false;            // the cursor stands behind "key:"
    std::size_t begin = 0;         // bytes of the text: what a completion replaces
    std::size_t end = 0;           //
    std::size_t indent = 0;        // columns in front of the key
    std::vector<std::string> keys; // that stand in the same mapping already, without the one under the cursor
};
YamlPlace placeIn(std::string_view text, std::size_t offset);

// A copy is cheap; any thread may ask.
class KindSchema {
public:
    // From a document of /openapi/v3. NotFound when it does not tell of the kind.
    static Result<KindSchema> read(std::string_view document, std::string_view group,
                                   std::string_view version, std::string_view kind);
    // The fields of the mapping at `path`, those that are required first, then by name. None: the schema does
    // not know, or anything goes there.
    std::vector<SchemaField> fields(const SchemaPath& path) const;
    std::optional<SchemaField> field(const SchemaPath& path) const;
    // In the order of the text, at most 100. `status` is not looked at.
    std::vector<SchemaFault> check(std::string_view yaml) const;

private:
    struct Data;
    explicit KindSchema(std::shared_ptr<const Data> data);
    std::shared_ptr<const Data> m_data;
};

// The path to ask a server for that document.
std::string schemaPath(std::string_view group, std::string_view version);

} // namespace strata::provision
