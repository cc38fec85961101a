// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"

#include <nlohmann/json.hpp>

namespace strata::demosite {

// A pod of `owner`'s spec.template. Of the template's metadata it gets labels, annotations and finalizers
// (kubernetes pkg/controller/controller_utils.go); a name in it, as KubeVirt's own manifest has one, names
// nothing.
inline Json podOfTemplate(const Json& owner)
{
    const Json* const spec = find(owner, "spec.template.spec");
    Json metadata = Json::object();
    for (const char* field : {"labels", "annotations", "finalizers"})
        if (const Json* value = find(owner, std::string("spec.template.metadata.") + field))
            metadata[field] = *value;
    return {{"metadata", std::move(metadata)}, {"spec", spec == nullptr ? Json::object() : *spec}};
}

} // namespace strata::demosite
