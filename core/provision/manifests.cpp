// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/manifests.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";
constexpr std::size_t kMaxBytes = 16U << 20U;

Result<std::string> readText(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail(ErrorKind::Io,
                    arguments(translate(kContext, "The manifest %1 cannot be opened."), {path.string()}));
    std::string text;
    char buffer[65536];
    while (file.read(buffer, sizeof buffer) || file.gcount() > 0) {
        text.append(buffer, static_cast<std::size_t>(file.gcount()));
        if (text.size() > kMaxBytes)
            return fail(
                ErrorKind::Config,
                arguments(translate(kContext, "The manifest %1 is larger than 16 MiB."), {path.string()}));
    }
    return text;
}

} // namespace

bool isUrl(const std::string& source)
{
    return source.rfind("https://", 0) == 0 || source.rfind("http://", 0) == 0;
}

Result<std::vector<Object>> readManifest(const std::string& path)
{
    namespace fs = std::filesystem;
    std::error_code error;
    std::vector<fs::path> files;
    if (fs::is_directory(path, error)) {
        for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
            const std::string extension = it->path().extension().string();
            if (it->is_regular_file(error) &&
                (extension == ".yaml" || extension == ".yml" || extension == ".json"))
                files.push_back(it->path());
        }
        std::sort(files.begin(), files.end());
        if (error || files.empty())
            return fail(ErrorKind::Io,
                        arguments(translate(kContext, "The folder %1 holds no manifests."), {path}),
                        error ? error.message() : std::string());
    } else {
        files.emplace_back(path);
    }
    std::vector<Object> all;
    for (const fs::path& file : files) {
        auto text = readText(file);
        if (!text)
            return tl::unexpected(text.error());
        auto objects = objectsFromYaml(*text, file.string());
        if (!objects)
            return tl::unexpected(objects.error());
        std::move(objects->begin(), objects->end(), std::back_inserter(all));
    }
    if (all.empty())
        return fail(ErrorKind::Config, arguments(translate(kContext, "%1 holds no objects."), {path}));
    return all;
}

Result<HttpsPlace> parseHttpsUrl(const std::string& url)
{
    const auto bad = [&](const char* why) {
        return fail(ErrorKind::Config, arguments(translate(kContext, "%1 cannot be fetched: %2."),
                                                 {cleanText(url, 200), translate(kContext, why)}));
    };
    if (url.rfind("https://", 0) != 0)
        return bad("only https:// is accepted");
    if (std::any_of(url.begin(), url.end(),
                    [](char c) { return c <= ' ' || c == '"' || c == '\\' || c >= 0x7f; }))
        return bad("the URL holds characters that must be encoded");
    HttpsPlace place;
    const std::size_t slash = url.find('/', 8);
    place.server = url.substr(0, slash);
    if (place.server.size() == 8 || place.server.find('@') != std::string::npos ||
        place.server.find_first_of("?#") != std::string::npos)
        return bad("the host is not usable");
    std::string rest = slash == std::string::npos ? "/" : url.substr(slash);
    rest = rest.substr(0, rest.find('#'));
    const std::size_t question = rest.find('?');
    place.path = rest.substr(0, question);
    if (question != std::string::npos)
        place.query = rest.substr(question + 1);
    return place;
}

ManifestFetch::ManifestFetch(kube::Network& network, const std::string& url,
                             std::function<void(Result<std::vector<Object>>)> done)
{
    auto place = parseHttpsUrl(url);
    if (!place) {
        network.post([done = std::move(done), error = place.error()] { done(tl::unexpected(error)); });
        return;
    }
    kube::ClusterConfig config;
    config.context = place->server;
    config.cluster = place->server;
    config.server = place->server;
    m_client = kube::Client::create(network, std::move(config));
    kube::Request request;
    request.path = place->path;
    request.query = place->query;
    request.accept = "*/*";
    request.maxBody = kMaxBytes;
    request.timeout = std::chrono::minutes(2);
    m_handle =
        m_client->send(std::move(request), [url, done = std::move(done)](Result<kube::Response> answer) {
            if (!answer) {
                Error error = answer.error();
                error.text = arguments(translate(kContext, "The manifest %1 cannot be fetched."),
                                       {cleanText(url, 200)});
                error.detail = cleanText(answer.error().text + " " + answer.error().detail);
                done(tl::unexpected(std::move(error)));
                return;
            }
            done(objectsFromYaml(answer->body, cleanText(url, 200)));
        });
}

} // namespace strata::provision
