// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/source.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>

namespace strata::prepare {

namespace {

constexpr std::string_view kGitHub = "https://github.com";

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("prepare", text), values);
}

Lookup variablesOf(const Source& source)
{
    return [&source](const std::string& name) -> std::optional<std::string> {
        if (const auto found = source.variables.find(name); found != source.variables.end())
            return found->second;
        const char* value = source.environment ? std::getenv(name.c_str()) : nullptr;
        return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
    };
}

// A prefix of images as people write it.
Result<std::string> soundMirror(std::string mirror)
{
    for (const char* scheme : {"https://", "http://", "docker://"}) {
        if (mirror.rfind(scheme, 0) == 0)
            mirror.erase(0, std::string_view(scheme).size());
    }
    while (!mirror.empty() && mirror.back() == '/')
        mirror.pop_back();
    for (const char c : mirror) {
        if (c <= ' ' || static_cast<unsigned char>(c) >= 0x7f || c == '@' || c == '"' || c == '\'' ||
            c == '\\')
            return fail(ErrorKind::Config,
                        say("“%1” is no prefix for images; write HOST/PATH.", {cleanText(mirror, 200)}));
    }
    return mirror;
}

// What somebody put into the index beside the components stays there.
Result<void> keepAddons(Bundle& bundle, std::map<std::string, std::string>& contents,
                        std::set<std::string>& images, const Matrix& matrix)
{
    std::error_code error;
    if (!std::filesystem::exists(std::filesystem::path(bundle.folder) / "index.yaml", error))
        return {};
    const auto before = readBundle(bundle.folder);
    if (!before)
        return tl::unexpected(before.error());
    for (const BundleComponent& component : before->components) {
        if (matrix.find(component.id) != nullptr)
            continue;
        for (const BundleFile& file : component.files) {
            auto text = readFile(bundle.folder, file);
            if (!text)
                return tl::unexpected(text.error());
            if (const auto objects = provision::objectsFromYaml(*text, file.path)) {
                for (const std::string& image : imagesIn(*objects))
                    images.insert(image);
            }
            contents[file.path] = std::move(*text);
        }
        bundle.components.push_back(component);
    }
    return {};
}

} // namespace

std::string urlOf(const SourceFile& file, const std::string& version, const std::string& releases)
{
    std::string url = file.url;
    for (std::size_t at = url.find("{version}"); at != std::string::npos; at = url.find("{version}"))
        url.replace(at, 9, version);
    if (!releases.empty() && url.rfind(kGitHub, 0) == 0) {
        std::string prefix = releases;
        while (!prefix.empty() && prefix.back() == '/')
            prefix.pop_back();
        url = prefix + url.substr(kGitHub.size());
    }
    return url;
}

Result<std::vector<Part>> loadParts(const std::vector<Wish>& wishes, const Matrix& matrix,
                                    const Source& source, const std::function<void(const std::string&)>& told)
{
    Bundle bundle;
    if (!source.bundle.empty()) {
        auto read = readBundle(source.bundle);
        if (!read)
            return tl::unexpected(read.error());
        bundle = std::move(*read);
    }
    const auto mirror = soundMirror(source.mirror.empty() ? bundle.mirror : source.mirror);
    if (!mirror)
        return tl::unexpected(mirror.error());
    std::vector<Part> out;
    for (const ComponentSpec& spec : matrix.components) {
        const auto wish = std::find_if(wishes.begin(), wishes.end(), [&](const Wish& each) {
            return each.id == spec.id && each.deed != Deed::Leave;
        });
        if (wish == wishes.end())
            continue;
        std::map<std::string, std::string> files;
        if (!source.bundle.empty()) {
            const BundleComponent* component = bundle.find(spec.id);
            if (component == nullptr)
                return fail(ErrorKind::Config,
                            say("The bundle %1 holds no %2.", {cleanText(source.bundle), spec.title}));
            if (component->version != wish->version)
                return fail(ErrorKind::Config,
                            say("The bundle %1 holds %2 %3, not %4.",
                                {cleanText(source.bundle), spec.title, component->version, wish->version}));
            auto read = readFiles(bundle, *component);
            if (!read)
                return tl::unexpected(read.error());
            files = std::move(*read);
        } else {
            for (const SourceFile& file : spec.files) {
                const std::string url = urlOf(file, wish->version, source.releases);
                if (told)
                    told(url);
                auto text = download(url, source.download);
                if (!text)
                    return tl::unexpected(text.error());
                files[file.name] = std::move(*text);
            }
        }
        PartOptions options;
        options.mirror = *mirror;
        options.gates = wish->gates;
        options.variables = variablesOf(source);
        auto part = makePart(spec, matrix, wish->version, files, options);
        if (!part)
            return tl::unexpected(part.error());
        out.push_back(std::move(*part));
    }
    if (!source.addons.empty()) {
        const std::vector<Addon> addons = readAddons(bundle, matrix);
        // What the cluster has to do with it was judged by whoever chose.
        if (const auto wrong = objections(source.addons, addons, {}, matrix); !wrong.empty())
            return fail(ErrorKind::Config, wrong.front().text);
        std::vector<Part> more = addonParts(source.addons, addons, matrix, *mirror);
        std::move(more.begin(), more.end(), std::back_inserter(out));
    }
    return out;
}

Result<Bundle> fillBundle(const std::string& folder, const Matrix& matrix, const Source& source,
                          const std::map<std::string, std::string>& versions, const std::string& now,
                          const std::function<void(const std::string&)>& told)
{
    const auto mirror = soundMirror(source.mirror);
    if (!mirror)
        return tl::unexpected(mirror.error());
    for (const auto& [id, version] : versions) {
        if (matrix.find(id) == nullptr)
            return fail(ErrorKind::Config, say("There is no component “%1”.", {id}));
    }
    Bundle bundle;
    bundle.folder = folder;
    bundle.made = now;
    bundle.mirror = *mirror;
    std::map<std::string, std::string> contents;
    std::map<std::string, std::string> chosen;
    std::set<std::string> images;
    for (const ComponentSpec& spec : matrix.components) {
        const ComponentSpec& listing = matrix.releasesOf(spec);
        std::string version;
        if (const auto given = versions.find(spec.id); given != versions.end())
            version = given->second;
        else if (const auto leader = chosen.find(listing.id); leader != chosen.end())
            version = leader->second;
        else if (!listing.releases.empty())
            version = listing.releases.front().newest;
        if (!Version::parse(version))
            return fail(ErrorKind::Config,
                        say("“%1” is no version of %2.", {cleanText(version, 80), spec.title}));
        chosen[spec.id] = version;
        BundleComponent component;
        component.id = spec.id;
        component.version = version;
        std::map<std::string, std::string> files;
        for (const SourceFile& file : spec.files) {
            const std::string url = urlOf(file, version, source.releases);
            if (told)
                told(url);
            auto text = download(url, source.download);
            if (!text)
                return tl::unexpected(text.error());
            BundleFile entry;
            entry.path = spec.id + "/" + version + "/" + file.name;
            entry.sha256 = sha256(*text);
            entry.from = url;
            files[file.name] = *text;
            contents[entry.path] = std::move(*text);
            component.files.push_back(std::move(entry));
        }
        PartOptions options;
        options.variables = [](const std::string&) { return std::optional<std::string>("x"); };
        const auto part = makePart(spec, matrix, version, files, options); // is it what it says it is?
        if (!part)
            return tl::unexpected(part.error());
        images.insert(part->images.begin(), part->images.end());
        bundle.components.push_back(std::move(component));
    }
    if (auto kept = keepAddons(bundle, contents, images, matrix); !kept)
        return tl::unexpected(kept.error());
    bundle.images.assign(images.begin(), images.end());
    if (auto written = writeBundle(bundle, contents); !written)
        return tl::unexpected(written.error());
    return bundle;
}

} // namespace strata::prepare
