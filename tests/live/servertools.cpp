// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/live/servertools.h"

#include "tests/live/realapi.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

namespace strata::test {

using provision::Json;

namespace {

constexpr const char* kDefinitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
constexpr std::chrono::seconds kEstablished{90};

bool isEstablished(const Json& definition)
{
    const Json conditions = definition.value("status", Json::object()).value("conditions", Json::array());
    return std::any_of(conditions.begin(), conditions.end(), [](const Json& condition) {
        return condition.value("type", "") == "Established" && condition.value("status", "") == "True";
    });
}

} // namespace

Result<Json> call(kube::Client& client, const std::string& method, const std::string& path,
                  const std::string& body, const std::string& contentType)
{
    kube::Request request;
    request.method = method;
    request.path = path.substr(0, path.find('?'));
    if (request.path.size() < path.size())
        request.query = path.substr(request.path.size() + 1);
    request.body = body;
    if (!body.empty())
        request.contentType = !contentType.empty() ? contentType
                              : method == "PATCH"  ? "application/merge-patch+json"
                                                   : "application/json";
    const auto answer = ask(client, std::move(request));
    if (!answer)
        return tl::unexpected(answer.error());
    return Json::parse(answer->body, nullptr, false);
}

bool makeNamespace(kube::Client& client, const std::string& name)
{
    const Json space = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}};
    return call(client, "POST", "/api/v1/namespaces", space.dump()).has_value();
}

Result<void> installDefinitions(kube::Client& client, const std::string& folder,
                                const std::function<bool(Json&)>& change)
{
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".yaml")
            files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::set<std::string> wanted;
    for (const auto& file : files) {
        std::ifstream in(file);
        std::stringstream text;
        text << in.rdbuf();
        const auto objects = provision::objectsFromYaml(text.str(), file.string());
        if (!objects)
            return tl::unexpected(objects.error());
        for (const provision::Object& object : *objects) {
            if (object.kind() != "CustomResourceDefinition")
                continue;
            Json definition = object.json();
            definition.erase("status");
            definition["spec"]["conversion"] = {{"strategy", "None"}};
            if (change && !change(definition))
                continue;
            auto made = call(client, "POST", kDefinitions, definition.dump());
            if (!made && made.error().kind == ErrorKind::Conflict) {
                const std::string path = kDefinitions + ("/" + object.name());
                const auto there = call(client, "GET", path);
                if (!there)
                    return tl::unexpected(there.error());
                definition["metadata"]["resourceVersion"] = there->at("metadata").at("resourceVersion");
                made = call(client, "PUT", path, definition.dump());
            }
            if (!made)
                return tl::unexpected(made.error());
            wanted.insert(object.name());
        }
    }
    if (wanted.empty())
        return fail(ErrorKind::Config, folder + " holds no definitions.");
    const bool all = within(kEstablished, [&] {
        const auto list = call(client, "GET", kDefinitions);
        if (!list)
            return false;
        for (const Json& each : list->at("items")) {
            if (isEstablished(each))
                wanted.erase(each.at("metadata").at("name").get<std::string>());
        }
        return wanted.empty();
    });
    if (!all)
        return fail(ErrorKind::Timeout, *wanted.begin() + " is not established.");
    return {};
}

bool keepVersion(Json& definition, const std::string& version)
{
    Json kept = Json::array();
    for (const Json& each : definition["spec"]["versions"]) {
        if (each.value("name", "") == version)
            kept.push_back(each);
    }
    if (kept.empty())
        return false;
    kept[0]["served"] = true;
    kept[0]["storage"] = true;
    kept[0].erase("deprecated");
    kept[0].erase("deprecationWarning");
    definition["spec"]["versions"] = std::move(kept);
    return true;
}

bool within(std::chrono::milliseconds limit, const std::function<bool()>& holds)
{
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

} // namespace strata::test
