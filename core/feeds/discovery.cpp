// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/discovery.h"

#include "core/base/translate.h"
#include "core/feeds/json.h"

#include <algorithm>

namespace strata::feeds {

const char* const kDiscoveryAccept =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

Result<Served> parseDiscovery(std::string_view json)
{
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    const auto broken = [] {
        return fail(ErrorKind::Protocol,
                    translate("Discovery", "The server's list of what it serves cannot be read."));
    };
    if (parser.parse(json.data(), json.size()).get(element) != simdjson::SUCCESS)
        return broken();
    const Json root(element);
    Served served;
    const std::string_view kind = root["kind"].raw();
    if (kind == "APIGroupDiscoveryList") {
        served.resourcesTold = true;
        root["items"].each([&served](const Json& item) {
            const std::string name = item["metadata"]["name"].text();
            if (name.empty())
                return;
            Served::Group& group = served.groups[name];
            item["versions"].each([&group](const Json& entry) { // in the order of preference
                const std::string version = entry["version"].text();
                if (version.empty())
                    return;
                group.versions.push_back(version);
                std::set<std::string>& resources = group.resources[version];
                entry["resources"].each(
                    [&resources](const Json& resource) { resources.insert(resource["resource"].text()); });
            });
        });
    } else if (kind == "APIGroupList") {
        root["groups"].each([&served](const Json& item) {
            const std::string name = item["name"].text();
            if (name.empty())
                return;
            Served::Group& group = served.groups[name];
            item["versions"].each([&group](const Json& entry) {
                if (std::string version = entry["version"].text(); !version.empty())
                    group.versions.push_back(std::move(version));
            });
            const std::string preferred = item["preferredVersion"]["version"].text();
            const auto found = std::find(group.versions.begin(), group.versions.end(), preferred);
            if (found != group.versions.end())
                std::rotate(group.versions.begin(), found, found + 1);
        });
    } else {
        return broken();
    }
    return served;
}

std::optional<std::string> chooseVersion(const Served& served, const Kind& kind)
{
    if (*kind.group == '\0')
        return kind.versions.front();
    const auto group = served.groups.find(kind.group);
    if (group == served.groups.end())
        return std::nullopt;
    for (const char* version : kind.versions) {
        const auto& versions = group->second.versions;
        if (std::find(versions.begin(), versions.end(), version) == versions.end())
            continue;
        if (!served.resourcesTold)
            return version;
        const auto resources = group->second.resources.find(version);
        if (resources != group->second.resources.end() && resources->second.count(kind.resource) > 0)
            return version;
    }
    return std::nullopt;
}

} // namespace strata::feeds
