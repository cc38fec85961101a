// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/bundle.h"

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace strata::prepare {

namespace {

namespace fs = std::filesystem;
using provision::Json;

constexpr std::size_t kIndexBytes = 1U << 20U;
constexpr std::size_t kFileBytes = 16U << 20U;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("prepare", text), values);
}

Result<std::string> readText(const fs::path& path, std::size_t most)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail(ErrorKind::Io, say("%1 cannot be read.", {cleanText(path.string())}),
                    std::strerror(errno));
    std::string text;
    char buffer[65536];
    while (file.read(buffer, sizeof buffer) || file.gcount() > 0) {
        text.append(buffer, static_cast<std::size_t>(file.gcount()));
        if (text.size() > most)
            return fail(ErrorKind::Config, say("%1 is larger than %2 MiB.",
                                               {cleanText(path.string()), std::to_string(most >> 20U)}));
    }
    return text;
}

Result<void> writeText(const fs::path& path, const std::string& text)
{
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    const fs::path part = path.string() + ".part";
    {
        std::ofstream file(part, std::ios::binary | std::ios::trunc);
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
        file.close();
        if (!file)
            return fail(ErrorKind::Io, say("%1 cannot be written.", {cleanText(path.string())}),
                        std::strerror(errno));
    }
    fs::rename(part, path, error);
    if (error)
        return fail(ErrorKind::Io, say("%1 cannot be written.", {cleanText(path.string())}), error.message());
    return {};
}

// A path that stays in the folder, as it is written.
bool isInside(const std::string& path)
{
    if (path.empty() || path.size() > 500 || path.front() == '/')
        return false;
    for (const char c : path) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == '\x7f')
            return false;
    }
    const std::vector<std::string> parts = split(path, '/');
    return std::none_of(parts.begin(), parts.end(),
                        [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
}

std::string textOf(const Json& json, const char* key)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace

std::string sha256(std::string_view bytes)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1)
        return {};
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    for (unsigned int i = 0; i < size; ++i) {
        out += kHex[digest[i] >> 4U];
        out += kHex[digest[i] & 15U];
    }
    return out;
}

const BundleComponent* Bundle::find(const std::string& id) const
{
    const auto found = std::find_if(components.begin(), components.end(),
                                    [&](const BundleComponent& each) { return each.id == id; });
    return found != components.end() ? &*found : nullptr;
}

Result<Bundle> readBundle(const std::string& folder)
{
    const fs::path index = fs::path(folder) / "index.yaml";
    std::error_code error;
    if (!fs::is_regular_file(index, error))
        return fail(ErrorKind::Config,
                    say("The folder %1 is no bundle: it has no index.yaml.", {cleanText(folder)}),
                    say("“strata bundle %1” fills one where there is a network.", {cleanText(folder)}));
    auto text = readText(index, kIndexBytes);
    if (!text)
        return tl::unexpected(text.error());
    auto documents = provision::parseYaml(*text, index.string());
    if (!documents)
        return tl::unexpected(documents.error());
    const auto bad = [&](const std::string& why) {
        return fail(ErrorKind::Config,
                    say("The bundle's %1 cannot be used: %2", {cleanText(index.string()), why}));
    };
    if (documents->size() != 1 || !documents->front().is_object())
        return bad(say("it is no list of components."));
    const Json& json = documents->front();
    if (textOf(json, "apiVersion") != "strata/v1" || textOf(json, "kind") != "PrepareBundle")
        return bad(say("it says %1 %2, not strata/v1 PrepareBundle.",
                       {cleanText(textOf(json, "apiVersion"), 80), cleanText(textOf(json, "kind"), 80)}));
    Bundle bundle;
    bundle.folder = folder;
    bundle.made = cleanText(textOf(json, "made"), 80);
    bundle.mirror = textOf(json, "mirror");
    if (!json.contains("components") || !json["components"].is_array())
        return bad(say("it is no list of components."));
    for (const Json& item : json["components"]) {
        if (!item.is_object())
            return bad(say("a component is no mapping."));
        BundleComponent component;
        component.id = textOf(item, "id");
        component.version = textOf(item, "version");
        if (component.id.empty() || !Version::parse(component.version))
            return bad(say("a component has no id or no version (“%1”, “%2”).",
                           {cleanText(component.id, 80), cleanText(component.version, 80)}));
        if (bundle.find(component.id) != nullptr)
            return bad(say("“%1” stands there twice.", {cleanText(component.id, 80)}));
        if (!item.contains("files") || !item["files"].is_array() || item["files"].empty())
            return bad(say("“%1” has no files.", {cleanText(component.id, 80)}));
        for (const Json& entry : item["files"]) {
            BundleFile file;
            if (entry.is_object()) {
                file.path = textOf(entry, "path");
                file.sha256 = toLower(textOf(entry, "sha256"));
                file.from = textOf(entry, "from");
            }
            if (!isInside(file.path))
                return bad(say("the path “%1” does not stay in the folder.", {cleanText(file.path, 200)}));
            const bool sum = file.sha256.size() == 64 &&
                             file.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
            if (!sum)
                return bad(say("“%1” has no SHA-256.", {cleanText(file.path, 200)}));
            component.files.push_back(std::move(file));
        }
        bundle.components.push_back(std::move(component));
    }
    if (json.contains("images") && json["images"].is_array()) {
        for (const Json& image : json["images"]) {
            if (image.is_string())
                bundle.images.push_back(image.get<std::string>());
        }
    }
    return bundle;
}

Result<std::string> readFile(const std::string& bundle, const BundleFile& file)
{
    std::error_code error;
    const fs::path folder = fs::canonical(bundle, error);
    if (error)
        return fail(ErrorKind::Io, say("The folder %1 cannot be read.", {cleanText(bundle)}),
                    error.message());
    const fs::path path = fs::weakly_canonical(folder / file.path, error);
    // A link may lead out, too.
    const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    if (error || end != folder.end() || !isInside(file.path))
        return fail(ErrorKind::Refused,
                    say("The bundle's file “%1” does not stay in its folder.", {cleanText(file.path, 200)}));
    if (!fs::is_regular_file(path, error))
        return fail(ErrorKind::Config, say("The bundle lacks the file %1.", {cleanText(file.path, 200)}));
    auto text = readText(path, kFileBytes);
    if (!text || file.sha256.empty())
        return text;
    const std::string sum = sha256(*text);
    if (sum != file.sha256)
        return fail(ErrorKind::Config,
                    say("The bundle's file %1 is not the one that was put there: its SHA-256 is another.",
                        {cleanText(file.path, 200)}),
                    say("It is %1, the index says %2.", {sum, file.sha256}));
    return text;
}

Result<std::map<std::string, std::string>> readFiles(const Bundle& bundle, const BundleComponent& component)
{
    std::map<std::string, std::string> out;
    for (const BundleFile& file : component.files) {
        auto text = readFile(bundle.folder, file);
        if (!text)
            return tl::unexpected(text.error());
        out[file.name()] = std::move(*text);
    }
    return out;
}

Result<void> writeBundle(const Bundle& bundle, const std::map<std::string, std::string>& contents)
{
    const fs::path folder(bundle.folder);
    Json index{{"apiVersion", "strata/v1"}, {"kind", "PrepareBundle"}, {"made", bundle.made}};
    if (!bundle.mirror.empty())
        index["mirror"] = bundle.mirror;
    Json& components = index["components"] = Json::array();
    for (const BundleComponent& component : bundle.components) {
        Json files = Json::array();
        for (const BundleFile& file : component.files) {
            const auto content = contents.find(file.path);
            if (content == contents.end() || !isInside(file.path))
                return fail(ErrorKind::Internal, say("The file %1 has no content.", {file.path}));
            if (auto written = writeText(folder / file.path, content->second); !written)
                return written;
            Json entry{{"path", file.path}, {"sha256", sha256(content->second)}};
            if (!file.from.empty())
                entry["from"] = file.from;
            files.push_back(std::move(entry));
        }
        components.push_back({{"id", component.id}, {"version", component.version}, {"files", files}});
    }
    std::string list;
    Json images = Json::array();
    for (const std::string& image : bundle.images) {
        images.push_back(image);
        list += image + "\n";
    }
    index["images"] = std::move(images);
    if (auto written = writeText(folder / "images.txt", list); !written)
        return written;
    return writeText(folder / "index.yaml", provision::toYaml(index));
}

std::vector<Objection> offer(std::vector<Wish>& wishes, const Bundle& bundle, const Matrix& matrix)
{
    std::vector<Objection> out;
    for (Wish& wish : wishes) {
        if (wish.deed == Deed::Leave)
            continue;
        const ComponentSpec* spec = matrix.find(wish.id);
        const BundleComponent* component = bundle.find(wish.id);
        if (component == nullptr) {
            out.push_back(
                {wish.id, say("The bundle %1 holds no %2.",
                              {cleanText(bundle.folder), spec != nullptr ? spec->title : wish.id})});
            continue;
        }
        wish.version = component->version;
    }
    return out;
}

} // namespace strata::prepare
