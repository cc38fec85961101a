// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/prepare.h"

#include "app/act.h"
#include "app/await.h"
#include "app/connections.h"
#include "app/createcluster.h"
#include "app/ends.h"
#include "app/execpermission.h"
#include "app/told.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/base/translate.h"
#include "core/kube/config/kubeconfig.h"
#include "core/prepare/source.h"
#include "core/prepare/survey.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <set>

namespace strata::app {
namespace {

using namespace prepare;
using Json = nlohmann::ordered_json;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Prepare", text), values);
}

Error configError(std::string text)
{
    return Error{ErrorKind::Config, std::move(text), {}, 0, 0};
}

void tell(const Picture& picture, const Proposal& proposal)
{
    say(tr("%1: Kubernetes %2, %3 nodes",
           {picture.server, picture.kubernetes, picture.nodes < 0 ? "?" : std::to_string(picture.nodes)}));
    for (const Finding& finding : picture.components) {
        const Opinion* opinion = proposal.opinion(finding.id);
        std::cerr << "  " << toString(opinion != nullptr ? opinion->standing : Standing::Unseen) << ": "
                  << finding.title << (finding.version.empty() ? "" : " " + finding.version) << " ("
                  << toString(finding.presence) << ")";
        if (opinion != nullptr && !opinion->reason.empty())
            std::cerr << ". " << opinion->reason;
        std::cerr << "\n";
    }
    for (const Sight& sight : picture.observed) {
        std::cerr << "  " << toString(sight.presence) << ": " << sight.title
                  << (sight.name.empty() ? "" : " " + sight.name)
                  << (sight.words.empty() ? "" : ". " + sight.words) << "\n";
    }
}

// What the bundle holds beside the components, and what becomes of each.
void tell(const std::vector<Addon>& addons, const std::set<std::string>& chosen, const Picture& picture,
          const Matrix& matrix)
{
    if (addons.empty())
        return;
    say(tr("The bundle holds, beside the components:"));
    for (const Addon& addon : addons) {
        const bool wanted = chosen.count(addon.id) != 0;
        std::cerr << "  " << (wanted ? tr("to be applied") : tr("not applied")) << ": " << addon.title
                  << (addon.version.empty() ? "" : " " + addon.version);
        if (addon.problem.empty())
            std::cerr << " (--addon " << cleanText(addon.id, 200) << ")";
        const std::string content = contentOf(addon);
        std::cerr << ". " << remarkOn(addon, picture, matrix) << (content.empty() ? "" : " ") << content
                  << "\n";
    }
}

Json jsonOf(const std::vector<Addon>& addons, const std::set<std::string>& chosen, const Picture& picture,
            const Matrix& matrix)
{
    Json out = Json::array();
    for (const Addon& addon : addons) {
        Json files = Json::array();
        for (const BundleFile& file : addon.files)
            files.push_back(file.path);
        Json objects = Json::array();
        for (const Object& object : addon.objects)
            objects.push_back(object.title());
        out.push_back({{"id", addon.id},
                       {"title", addon.title},
                       {"version", addon.version},
                       {"known", addon.known},
                       {"files", std::move(files)},
                       {"checksums", addon.summed()},
                       {"objects", std::move(objects)},
                       {"images", addon.images},
                       {"problem", addon.problem},
                       {"remark", remarkOn(addon, picture, matrix)},
                       {"chosen", chosen.count(addon.id) != 0}});
    }
    return out;
}

Json jsonOf(const Picture& picture, const Proposal& proposal, const std::vector<Wish>& wishes)
{
    Json out = {{"server", picture.server}, {"kubernetes", picture.kubernetes}, {"nodes", picture.nodes}};
    Json& components = out["components"] = Json::array();
    for (const Finding& finding : picture.components) {
        const Opinion* opinion = proposal.opinion(finding.id);
        const auto wish = std::find_if(wishes.begin(), wishes.end(),
                                       [&](const Wish& each) { return each.id == finding.id; });
        Json entry = {{"id", finding.id},
                      {"presence", toString(finding.presence)},
                      {"version", finding.version},
                      {"namespace", finding.ns},
                      {"inventory", finding.inventory},
                      {"managedBy", finding.manager},
                      {"missing", finding.missing},
                      {"ailments", finding.ailments},
                      {"facts", finding.facts}};
        if (opinion != nullptr) {
            entry["standing"] = toString(opinion->standing);
            entry["reason"] = opinion->reason;
        }
        if (wish != wishes.end()) {
            entry["deed"] = toString(wish->deed);
            entry["wanted"] = wish->version;
            entry["gates"] = wish->gates;
        }
        components.push_back(std::move(entry));
    }
    Json& observed = out["observed"] = Json::array();
    for (const Sight& sight : picture.observed)
        observed.push_back({{"id", sight.id},
                            {"presence", toString(sight.presence)},
                            {"name", sight.name},
                            {"words", sight.words},
                            {"required", sight.required}});
    return out;
}

// "NAME=VALUE"
std::pair<std::string, std::string> halves(const std::string& text)
{
    const std::size_t equals = text.find('=');
    return {text.substr(0, equals), equals == std::string::npos ? std::string() : text.substr(equals + 1)};
}

Source sourceOf(const CommandLine& line)
{
    Source source;
    source.bundle = line.bundle;
    source.releases = line.releases;
    source.mirror = line.mirror;
    for (const std::string& each : line.variables)
        source.variables.insert(halves(each));
    return source;
}

Deed deedFor(const Finding& finding)
{
    switch (finding.presence) {
    case Presence::Absent:
        return Deed::Install;
    case Presence::Half:
    case Presence::Ailing:
        return Deed::Repair;
    default:
        return Deed::Upgrade;
    }
}

// What the arguments say beyond the proposal; a sentence when they are wrong.
std::string apply(const CommandLine& line, const Picture& picture, const Matrix& matrix, Proposal& proposal)
{
    const auto named = [&](const std::string& id) { return proposal.wish(id) != nullptr; };
    for (Wish& wish : proposal.wishes) {
        const Finding* finding = picture.find(wish.id);
        const Opinion* opinion = proposal.opinion(wish.id);
        const bool chosen = std::find(line.only.begin(), line.only.end(), wish.id) != line.only.end();
        if (!line.only.empty() && !chosen) {
            wish.deed = Deed::Leave;
            wish.version = finding->version;
            continue;
        }
        const bool better = opinion->standing == Standing::CanUpgrade;
        if (wish.possible && wish.deed == Deed::Leave && better && (line.upgrade || chosen)) {
            const auto versions = versionsFor(*matrix.find(wish.id), matrix, picture);
            wish.deed = Deed::Upgrade;
            wish.version = versions.front();
        } else if (wish.possible && wish.deed == Deed::Leave && chosen) {
            wish.deed = deedFor(*finding);
        }
    }
    for (const std::string& id : line.only) {
        if (!named(id))
            return tr("There is no component “%1”.", {id});
    }
    if (!line.addons.empty() && line.bundle.empty())
        return tr("“--addon” names what lies in a bundle; there is no “--bundle”.");
    for (const std::string& each : line.componentVersions) {
        const auto [id, version] = halves(each);
        Wish* wish = proposal.wish(id);
        if (wish == nullptr)
            return tr("There is no component “%1”.", {id});
        if (!Version::parse(version))
            return tr("“%1” is no version.", {version});
        const Finding* finding = picture.find(id);
        if (wish->deed == Deed::Leave && finding->version != version)
            wish->deed = deedFor(*finding);
        wish->version = version;
    }
    for (const std::string& each : line.gates) {
        const auto [name, state] = halves(each);
        bool known = false;
        for (Wish& wish : proposal.wishes) {
            for (const Gate& gate : matrix.find(wish.id)->gates) {
                if (gate.name != name)
                    continue;
                known = true;
                if (state.empty() || state == "true")
                    wish.gates.insert(name);
                else
                    wish.gates.erase(name);
            }
        }
        if (!known)
            return tr("There is no feature gate “%1”.", {name});
    }
    return {};
}

} // namespace

int runPrepare(const CommandLine& given)
{
    const Ends ends;
    CommandLine line = given;
    if (!line.demo && line.kubeconfig.empty()) {
        const std::vector<std::string> usual = kube::usualKubeconfigPaths();
        if (usual.empty())
            return refuse(configError(
                tr("There is no kubeconfig in the usual places; name one with --kubeconfig FILE.")));
        line.kubeconfig = usual.front();
    }
    // A bundle that cannot be read is told before anybody is asked anything.
    Bundle bundle;
    const auto plugins = headlessExecPlugins(line.allowExec);
    Connections connections(plugins);
    if (const auto opened = connections.open(line); !opened)
        return refuse(opened.error());
    if (line.demo && line.bundle.empty() && line.releases.empty())
        line.bundle = connections.demoBundle();
    if (!line.bundle.empty()) {
        auto read = readBundle(line.bundle);
        if (!read)
            return refuse(read.error());
        bundle = std::move(*read);
    }
    const std::optional<kube::ClusterConfig> config = connections.firstConfig();
    if (!config)
        return refuse(configError(tr("The cluster is not connected.")));
    kube::Network network;
    network.setExecPlugins(plugins);
    const auto client = kube::Client::create(network, *config);

    const Matrix& matrix = builtinMatrix();
    const auto listed = await<Listed>([&](std::function<void(Result<Listed>)> done) {
        return Survey::start(client, matrix, std::move(done));
    });
    if (!listed)
        return refuse(listed.error());
    const Picture picture = detect(*listed, matrix);
    Proposal proposal = propose(picture, matrix);
    tell(picture, proposal);
    const std::vector<Addon> addons = line.bundle.empty() ? std::vector<Addon>() : readAddons(bundle, matrix);
    const std::set<std::string> chosen(line.addons.begin(), line.addons.end());
    tell(addons, chosen, picture, matrix);
    if (const std::string wrong = apply(line, picture, matrix, proposal); !wrong.empty()) {
        say(wrong);
        return kWrongUse;
    }
    std::vector<Objection> wrong;
    if (!line.bundle.empty())
        wrong = offer(proposal.wishes, bundle, matrix);
    follow(proposal.wishes, picture, matrix);
    const std::vector<Objection> more = objections(proposal.wishes, picture, matrix);
    wrong.insert(wrong.end(), more.begin(), more.end());
    const std::vector<Objection> beside = objections(chosen, addons, picture, matrix);
    wrong.insert(wrong.end(), beside.begin(), beside.end());
    Json json = jsonOf(picture, proposal, proposal.wishes);
    json["addons"] = jsonOf(addons, chosen, picture, matrix);
    Json& told = json["objections"] = Json::array();
    for (const Objection& each : wrong) {
        say(each.text);
        told.push_back({{"id", each.id}, {"text", each.text}});
    }
    if (!wrong.empty()) {
        if (line.json)
            std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
        return kNotBegun;
    }
    if (proposal.nothingToDo() && chosen.empty()) {
        say(tr("There is nothing to install. --upgrade takes the newest releases."));
        if (line.json)
            std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
        return kCreated;
    }
    Source source = sourceOf(line);
    source.addons = chosen;
    const auto parts = loadParts(proposal.wishes, matrix, source,
                                 [](const std::string& url) { say(tr("Fetching %1", {url})); });
    if (!parts)
        return refuse(parts.error());
    const auto existing = await<Existing>([&](std::function<void(Result<Existing>)> done) {
        return LookUp::start(client, objectsOf(*parts), std::move(done));
    });
    if (!existing)
        return refuse(existing.error());
    PlanOptions options;
    options.id = provision::newPlanId();
    options.server = client->config().server;
    const provision::Plan plan = makePlan(*parts, *existing, matrix, options);
    return carryOut(line, ends, connections, client, plan, {},
                    json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

int runBundle(const CommandLine& line)
{
    std::map<std::string, std::string> versions;
    for (const std::string& each : line.componentVersions)
        versions.insert(halves(each));
    const auto bundle =
        fillBundle(line.words.front(), builtinMatrix(), sourceOf(line), versions, formatRfc3339(systemNow()),
                   [](const std::string& url) { say(tr("Fetching %1", {url})); });
    if (!bundle)
        return refuse(bundle.error(), kFailed);
    for (const BundleComponent& component : bundle->components)
        std::cout << component.id << " " << component.version << "\n";
    say(tr("%1 images are listed in %2; copy them to the registry of the site.",
           {std::to_string(bundle->images.size()), line.words.front() + "/images.txt"}));
    std::cout.flush();
    return 0;
}

} // namespace strata::app
