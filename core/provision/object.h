// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::provision {

// Keys keep the order they were written in, so that what an operator reviews reads like what people write.
using Json = nlohmann::ordered_json;

// A Kubernetes manifest as a value. Copies are cheap: they share their content until one of them is edited.
class Object {
public:
    Object(); // an empty mapping
    explicit Object(Json json);
    Object(std::string_view apiVersion, std::string_view kind, std::string_view ns, std::string_view name);

    const Json& json() const;
    Json& edit(); // detaches from other copies; the reference is valid until this value is copied or assigned

    std::string apiVersion() const;
    std::string group() const;   // "" for the core group
    std::string version() const; // "v1beta2"
    std::string kind() const;
    std::string name() const;
    std::string ns() const;
    std::string uid() const;
    std::string resourceVersion() const;
    bool deleting() const; // carries a deletionTimestamp

    std::string label(std::string_view key) const;
    std::string annotation(std::string_view key) const;
    void setLabel(std::string_view key, std::string_view value);
    void setAnnotation(std::string_view key, std::string_view value);

    // The scalar at a dotted path ("spec.replicas", "status.conditions.0.type") as text; nullopt when there
    // is none or it is a mapping, a list or null. In a list "name=x" is its first mapping with that member.
    std::optional<std::string> text(std::string_view path) const;
    std::optional<std::int64_t> number(std::string_view path) const;

    std::string title() const;  // "KubeadmControlPlane blue/blue-cp"
    std::string toJson() const; // one line
    std::string toYaml() const; // block style, ends with a line break

    friend bool operator==(const Object& a, const Object& b);

private:
    std::shared_ptr<Json> m_json;
};

// Documents separated by "---".
std::string toYaml(const std::vector<Object>& objects);
std::string toYaml(const Json& value);

struct YamlLimits {
    std::size_t bytes = 16U << 20U;
    std::size_t nodes = 500'000; // scalars, mappings and lists together
    std::size_t depth = 100;
};

// The documents of a YAML stream. The text is untrusted: size, depth and number of nodes are bounded, with
// aliases and merge keys written out; duplicate keys are refused. Plain scalars are resolved as kubectl
// resolves them (YAML 1.1). Errors name `origin` and the line. Empty documents are left out.
Result<std::vector<Json>> parseYaml(std::string_view text, const std::string& origin,
                                    const YamlLimits& limits = {});

// As above, for manifests: each document must be a mapping with apiVersion, kind and a name; a List is
// flattened.
Result<std::vector<Object>> objectsFromYaml(std::string_view text, const std::string& origin,
                                            const YamlLimits& limits = {});
Result<Object> objectFromJson(std::string_view text);

} // namespace strata::provision
