// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/platform.h"
#include "core/prepare/bundle.h"

#include <functional>
#include <map>
#include <string>

namespace strata::test {

// A bundle in `folder` with stand-ins for all components; `change` may edit the texts before they are summed.
inline Result<prepare::Bundle>
writeTestBundle(const std::string& folder, const std::map<std::string, std::string>& versions = {},
                const std::function<void(demosite::PlatformComponent&)>& change = {})
{
    prepare::Bundle bundle;
    bundle.folder = folder;
    bundle.made = "2026-08-20T00:00:00Z";
    std::map<std::string, std::string> contents;
    for (demosite::PlatformComponent& platform : demosite::platformManifests(versions)) {
        if (change)
            change(platform);
        prepare::BundleComponent component{platform.id, platform.version, {}};
        for (const auto& [name, text] : platform.files) {
            prepare::BundleFile file;
            file.path = platform.id + "/" + platform.version + "/" + name;
            contents[file.path] = text;
            component.files.push_back(std::move(file));
        }
        if (!component.files.empty())
            bundle.components.push_back(std::move(component));
    }
    if (const auto written = prepare::writeBundle(bundle, contents); !written)
        return tl::unexpected(written.error());
    return prepare::readBundle(folder);
}

} // namespace strata::test
