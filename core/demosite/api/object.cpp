// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/object.h"

#include "core/demosite/api/json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {

std::string_view lookUp(const std::string& pairs, std::string_view key, bool* present)
{
    std::size_t at = 0;
    while ((at = pairs.find(key, at)) != std::string::npos) {
        const std::size_t end = at + key.size();
        if (at > 0 && pairs[at - 1] == '\n' && end < pairs.size() && pairs[end] == '=') {
            if (present != nullptr)
                *present = true;
            return std::string_view(pairs).substr(end + 1, pairs.find('\n', end) - end - 1);
        }
        at = end;
    }
    if (present != nullptr)
        *present = false;
    return {};
}

bool isReady(const Object& object)
{
    // Most often a condition's members come in this order: then there is nothing to parse.
    const std::size_t usual = object.body.find(R"("type":"Ready","status":")");
    if (usual != std::string::npos)
        return object.body.compare(usual + 25, 4, "True") == 0;
    if (object.body.find(R"("Ready")") == std::string::npos)
        return false;
    const Json body = parseOwn(object.body);
    const Json* const conditions = find(body, "status.conditions");
    return conditions != nullptr && conditions->is_array() &&
           std::any_of(conditions->begin(), conditions->end(), [](const Json& condition) {
               return text(condition, "type") == "Ready" && text(condition, "status") == "True";
           });
}

std::string apiVersion(const Kind& kind, std::string_view version)
{
    return kind.group.empty() ? std::string(version) : std::string(kind.group) + "/" + std::string(version);
}

void serveTo(std::string& out, const Object& object, bool withKind)
{
    constexpr std::string_view start = R"({"metadata":{)";
    out += '{';
    if (withKind) {
        out += R"("kind":")";
        out += object.kind->kind;
        out += R"(","apiVersion":")";
        if (!object.kind->group.empty()) {
            out += object.kind->group;
            out += '/';
        }
        out += object.kind->storageVersion();
        out += R"(",)";
    }
    out += R"("metadata":{)";
    if (object.revision != 0) { // a dry run made it
        out += R"("resourceVersion":")";
        out += std::to_string(object.revision);
        out += R"(",)";
    }
    out.append(object.body, start.size(), std::string::npos);
}

std::string serve(const Object& object, bool withKind)
{
    std::string out;
    out.reserve(object.body.size() + 160);
    serveTo(out, object, withKind);
    return out;
}

} // namespace strata::demosite
