// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/judge.h"

#include "core/base/translate.h"

#include <algorithm>

namespace strata::prepare {

namespace {

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("prepare", text), values);
}

std::string joined(const std::vector<std::string>& all, const char* between = ", ")
{
    std::string out;
    for (const std::string& each : all)
        out += (out.empty() ? "" : between) + each;
    return out;
}

// Why this version does not go with the cluster's Kubernetes; empty: it does, as far as is known.
std::string againstKubernetes(const std::string& title, const Release& release, const Version& version,
                              const std::string& kubernetes)
{
    const auto outer = Version::parse(kubernetes);
    if (!outer)
        return {};
    if (!release.kubernetes.empty() && !release.kubernetes.holds(*outer))
        return say("%1 %2 supports Kubernetes %3; this cluster has %4.",
                   {title, version.text(), release.kubernetes.text(), kubernetes});
    const auto since = release.since.find(outer->series());
    if (since != release.since.end()) {
        const auto first = Version::parse(since->second);
        if (first && version < *first)
            return say("%1 supports Kubernetes %2 from %3 on.", {title, outer->series(), first->text()});
    }
    return {};
}

std::string againstOthers(const ComponentSpec& spec, const Release& release, const Version& version,
                          const Matrix& matrix, const std::map<std::string, std::string>& versions)
{
    for (const auto& [id, range] : release.needs) {
        const auto other = versions.find(id);
        const auto running = other != versions.end() ? Version::parse(other->second) : std::nullopt;
        const ComponentSpec* needed = matrix.find(id);
        if (running && needed != nullptr && !range.holds(*running))
            return say("%1 %2 goes with %3 %4, not with %5.",
                       {spec.title, version.text(), needed->title, range.text(), running->text()});
    }
    return {};
}

std::map<std::string, std::string> versionsOf(const Picture& picture)
{
    std::map<std::string, std::string> out;
    for (const Finding& finding : picture.components) {
        if (finding.presence != Presence::Absent && !finding.version.empty())
            out[finding.id] = finding.version;
    }
    return out;
}

// The newest release that goes with the cluster and with `versions`, and is not too far from `from`.
std::string newestFor(const ComponentSpec& spec, const Matrix& matrix, const Picture& picture,
                      const std::map<std::string, std::string>& versions, const std::string& from)
{
    const ComponentSpec& listing = matrix.releasesOf(spec);
    const auto running = Version::parse(from);
    if (&listing != &spec) {
        const auto leader = versions.find(listing.id);
        if (leader != versions.end())
            return leader->second;
    }
    for (const Release& release : listing.releases) {
        const auto newest = Version::parse(release.newest);
        if (!newest || release.support == Support::Ended)
            continue;
        if (running && (*newest < *running || (listing.upgradeSteps > 0 && newest->major == running->major &&
                                               newest->minor - running->minor > listing.upgradeSteps)))
            continue;
        if (againstKubernetes(spec.title, release, *newest, picture.kubernetes).empty() &&
            againstOthers(spec, release, *newest, matrix, versions).empty())
            return newest->text();
    }
    return {};
}

} // namespace

const Opinion* Proposal::opinion(const std::string& id) const
{
    const auto found =
        std::find_if(opinions.begin(), opinions.end(), [&](const Opinion& each) { return each.id == id; });
    return found != opinions.end() ? &*found : nullptr;
}

const Wish* Proposal::wish(const std::string& id) const
{
    const auto found =
        std::find_if(wishes.begin(), wishes.end(), [&](const Wish& each) { return each.id == id; });
    return found != wishes.end() ? &*found : nullptr;
}

Wish* Proposal::wish(const std::string& id)
{
    return const_cast<Wish*>(static_cast<const Proposal*>(this)->wish(id));
}

bool Proposal::nothingToDo() const
{
    return std::all_of(wishes.begin(), wishes.end(),
                       [](const Wish& wish) { return wish.deed == Deed::Leave; });
}

std::vector<Gate> gatesOf(const ComponentSpec& spec, const std::string& version)
{
    std::vector<Gate> out;
    const auto parsed = Version::parse(version);
    for (const Gate& gate : spec.gates) {
        if (!parsed || gate.when.holds(*parsed))
            out.push_back(gate);
    }
    return out;
}

std::vector<std::string> versionsFor(const ComponentSpec& spec, const Matrix& matrix, const Picture& picture)
{
    std::vector<std::string> out;
    const ComponentSpec& listing = matrix.releasesOf(spec);
    const Finding* finding = picture.find(spec.id);
    const auto running = finding != nullptr ? Version::parse(finding->version) : std::nullopt;
    if (running)
        out.push_back(running->text());
    for (const Release& release : listing.releases) {
        const auto newest = Version::parse(release.newest);
        if (!newest || release.support == Support::Ended || (running && *newest <= *running) ||
            !againstKubernetes(spec.title, release, *newest, picture.kubernetes).empty())
            continue;
        if (running && listing.upgradeSteps > 0 && newest->minor - running->minor > listing.upgradeSteps)
            continue;
        out.push_back(newest->text());
    }
    std::sort(out.begin(), out.end(), [](const std::string& a, const std::string& b) {
        return *Version::parse(a) > *Version::parse(b);
    });
    return out;
}

Proposal propose(const Picture& picture, const Matrix& matrix)
{
    Proposal out;
    std::map<std::string, std::string> versions = versionsOf(picture); // those that will be
    for (const ComponentSpec& spec : matrix.components) {
        const Finding* finding = picture.find(spec.id);
        if (finding == nullptr)
            continue;
        const ComponentSpec& listing = matrix.releasesOf(spec);
        Opinion opinion;
        opinion.id = spec.id;
        Wish wish;
        wish.id = spec.id;
        wish.version = finding->version;
        const auto running = Version::parse(finding->version);
        const Release* release = running ? listing.release(*running) : nullptr;
        const std::string newest = newestFor(spec, matrix, picture, versions, finding->version);

        if (finding->presence == Presence::Unseen) {
            opinion.standing = Standing::Unseen;
            opinion.reason = say("It could not be looked at: %1", {finding->why});
            wish.possible = false;
        } else if (finding->presence == Presence::Absent) {
            if (newest.empty()) {
                opinion.standing = Standing::Conflict;
                opinion.reason = say("No release goes with Kubernetes %1 and the rest of this cluster.",
                                     {picture.kubernetes});
                wish.possible = false;
            } else {
                opinion.standing = Standing::Missing;
                opinion.reason = say("%1 is the newest release for this cluster.", {newest});
                wish.deed = Deed::Install;
                wish.version = newest;
            }
        } else if (!finding->manager.empty()) {
            const bool well = finding->presence == Presence::Installed;
            opinion.standing = well ? Standing::Fine : Standing::Conflict;
            opinion.reason = say("%1 installs it and decides its version.", {finding->manager});
            if (!well)
                opinion.reason +=
                    " " + joined(finding->missing.empty() ? finding->ailments : finding->missing);
            wish.possible = false;
        } else if (!running) {
            opinion.standing = finding->presence == Presence::Half ? Standing::Repair : Standing::Conflict;
            opinion.reason = finding->presence == Presence::Half
                                 ? say("Missing: %1.", {joined(finding->missing)})
                                 : say("Its version “%1” is none that this program can judge.",
                                       {finding->version.empty() ? "—" : finding->version});
            if (finding->presence == Presence::Half && !newest.empty()) {
                wish.deed = Deed::Repair;
                wish.version = newest;
            } else {
                wish.possible = false;
            }
        } else if (finding->presence == Presence::Half) {
            opinion.standing = Standing::Repair;
            opinion.reason = say("Missing: %1.", {joined(finding->missing)});
            wish.deed = Deed::Repair;
        } else {
            const std::string wrong =
                release == nullptr ? std::string()
                                   : againstKubernetes(spec.title, *release, *running, picture.kubernetes);
            const std::string pair = release == nullptr
                                         ? std::string()
                                         : againstOthers(spec, *release, *running, matrix, versions);
            const auto leader = versions.find(listing.id);
            const bool apart =
                &listing != &spec && leader != versions.end() && leader->second != finding->version;
            const auto better = Version::parse(newest);
            const bool newer = better && *better > *running;
            if (!wrong.empty() || !pair.empty()) {
                opinion.standing = newer ? Standing::MustUpgrade : Standing::Conflict;
                opinion.reason = wrong.empty() ? pair : wrong;
                if (newer) {
                    wish.deed = Deed::Upgrade;
                    wish.version = newest;
                } else {
                    wish.possible = false;
                }
            } else if (release == nullptr) {
                const auto first =
                    listing.releases.empty() ? std::nullopt : Version::parse(listing.releases.front().series);
                const bool future = first && std::pair{running->major, running->minor} >
                                                 std::pair{first->major, first->minor};
                if (future || (!listing.known.empty() && listing.known.holds(*running))) {
                    opinion.standing = newer ? Standing::CanUpgrade : Standing::Fine;
                    opinion.reason = future ? say("It is newer than what this program knows of.")
                                            : say("It will do; %1 is the newest.", {newest});
                } else {
                    opinion.standing = newer ? Standing::MustUpgrade : Standing::Conflict;
                    opinion.reason = say("%1 is no longer supported.", {finding->version});
                    if (newer) {
                        wish.deed = Deed::Upgrade;
                        wish.version = newest;
                    }
                }
            } else if (apart) {
                opinion.standing = newer ? Standing::MustUpgrade : Standing::Conflict;
                opinion.reason = say("Its version is to be that of %1, %2.", {listing.title, leader->second});
                if (newer) {
                    wish.deed = Deed::Upgrade;
                    wish.version = leader->second;
                } else {
                    wish.possible = false;
                }
            } else if (finding->presence == Presence::Ailing) {
                opinion.standing = Standing::Repair;
                opinion.reason = joined(finding->ailments, " ");
                // What is wrong may pass by itself; writing it again is the operator's choice.
            } else if (release->support == Support::Ended) {
                opinion.standing = newer ? Standing::MustUpgrade : Standing::Conflict;
                opinion.reason = say("The series %1 is no longer supported.", {release->series});
                if (newer) {
                    wish.deed = Deed::Upgrade;
                    wish.version = newest;
                }
            } else if (newer) {
                opinion.standing = Standing::CanUpgrade;
                opinion.reason = say("%1 is there.", {newest});
                if (release->support == Support::Maintenance)
                    opinion.reason =
                        say("The series %1 gets fixes only; %2 is there.", {release->series, newest});
            } else {
                opinion.standing = Standing::Fine;
                opinion.reason = &listing != &spec ? say("The version of %1.", {listing.title})
                                 : listing.releases.front().series == release->series
                                     ? say("The newest release.")
                                     : say("The newest release for this cluster.");
            }
        }
        if (wish.deed != Deed::Leave)
            versions[spec.id] = wish.version;
        const bool fresh = finding->presence == Presence::Absent || finding->gates.empty();
        for (const Gate& gate : gatesOf(spec, wish.version)) {
            if (!gate.variable && !fresh) {
                if (std::find(finding->gates.begin(), finding->gates.end(), gate.name) !=
                    finding->gates.end())
                    wish.gates.insert(gate.name);
            } else if (gate.on) {
                wish.gates.insert(gate.name);
            }
        }
        out.opinions.push_back(std::move(opinion));
        out.wishes.push_back(std::move(wish));
    }
    return out;
}

std::vector<Objection> objections(const std::vector<Wish>& wishes, const Picture& picture,
                                  const Matrix& matrix)
{
    std::vector<Objection> out;
    std::map<std::string, std::string> versions = versionsOf(picture);
    for (const Wish& wish : wishes) {
        if (wish.deed != Deed::Leave)
            versions[wish.id] = wish.version;
    }
    std::set<std::string> there;
    for (const Finding& finding : picture.components) {
        if (finding.presence == Presence::Installed || finding.presence == Presence::Ailing)
            there.insert(finding.id);
    }
    for (const Wish& wish : wishes) {
        const ComponentSpec* spec = matrix.find(wish.id);
        if (spec == nullptr) {
            out.push_back({wish.id, say("There is no component “%1”.", {wish.id})});
            continue;
        }
        if (wish.deed == Deed::Leave)
            continue;
        const ComponentSpec& listing = matrix.releasesOf(*spec);
        const Finding* finding = picture.find(wish.id);
        const auto version = Version::parse(wish.version);
        if (!wish.possible || finding == nullptr || finding->presence == Presence::Unseen ||
            (finding != nullptr && !finding->manager.empty())) {
            out.push_back({wish.id, finding != nullptr && !finding->manager.empty()
                                        ? say("%1 is installed by %2: change it there.",
                                              {spec->title, finding->manager})
                                        : say("%1 cannot be changed here.", {spec->title})});
            continue;
        }
        const Release* release = version ? listing.release(*version) : nullptr;
        if (!version || (release == nullptr && (listing.known.empty() || !listing.known.holds(*version)))) {
            out.push_back(
                {wish.id, say("“%1” is no version of %2 that this program knows; it knows the series %3.",
                              {wish.version, spec->title, [&] {
                                   std::vector<std::string> known;
                                   for (const Release& each : listing.releases)
                                       known.push_back(each.series);
                                   return joined(known);
                               }()})});
            continue;
        }
        if (release != nullptr) {
            std::string wrong = againstKubernetes(spec->title, *release, *version, picture.kubernetes);
            if (wrong.empty())
                wrong = againstOthers(*spec, *release, *version, matrix, versions);
            if (wrong.empty() && release->support == Support::Ended)
                wrong = say("The series %1 of %2 is no longer supported.", {release->series, spec->title});
            if (!wrong.empty()) {
                out.push_back({wish.id, wrong});
                continue;
            }
        }
        if (const auto running = Version::parse(finding->version);
            running && finding->presence != Presence::Absent) {
            if (*version < *running)
                out.push_back({wish.id, say("%1 runs in %2; going back to %3 is not supported.",
                                            {spec->title, running->text(), version->text()})});
            else if (listing.upgradeSteps > 0 && version->major == running->major &&
                     version->minor - running->minor > listing.upgradeSteps)
                out.push_back(
                    {wish.id, say("%1 goes up %2 minor versions at a time at most; %3 runs.",
                                  {spec->title, std::to_string(listing.upgradeSteps), running->text()})});
        }
        const auto leader = versions.find(listing.id);
        if (&listing != spec && leader != versions.end() && leader->second != wish.version)
            out.push_back({wish.id, say("%1 must have the version of %2, %3.",
                                        {spec->title, listing.title, leader->second})});
        for (const std::string& needed : spec->after) {
            const ComponentSpec* before = matrix.find(needed);
            const bool comes = std::any_of(wishes.begin(), wishes.end(), [&](const Wish& other) {
                return other.id == needed && other.deed != Deed::Leave;
            });
            if (!comes && there.count(needed) == 0 && before != nullptr)
                out.push_back({wish.id, say("%1 needs %2, which is not there and not chosen.",
                                            {spec->title, before->title})});
        }
    }
    return out;
}

void follow(std::vector<Wish>& wishes, const Picture& picture, const Matrix& matrix)
{
    for (Wish& wish : wishes) {
        const ComponentSpec* spec = matrix.find(wish.id);
        const Finding* finding = picture.find(wish.id);
        if (spec == nullptr || spec->sameAs.empty() || finding == nullptr || !wish.possible)
            continue;
        const auto leader = std::find_if(wishes.begin(), wishes.end(),
                                         [&](const Wish& each) { return each.id == spec->sameAs; });
        if (leader == wishes.end() || leader->version.empty() || leader->version == wish.version)
            continue;
        const bool there = finding->presence == Presence::Installed || finding->presence == Presence::Ailing;
        if (there && finding->version == leader->version) {
            wish.deed = Deed::Leave;
            wish.version = finding->version;
        } else if (there ? leader->deed != Deed::Leave : wish.deed != Deed::Leave) {
            wish.version = leader->version;
            if (there)
                wish.deed = Deed::Upgrade;
        }
    }
}

const char* toString(Standing standing)
{
    switch (standing) {
    case Standing::Fine:
        return "fine";
    case Standing::CanUpgrade:
        return "can be upgraded";
    case Standing::MustUpgrade:
        return "must be upgraded";
    case Standing::Missing:
        return "missing";
    case Standing::Repair:
        return "needs repair";
    case Standing::Conflict:
        return "conflict";
    case Standing::Unseen:
        return "unseen";
    }
    return "";
}

const char* toString(Deed deed)
{
    switch (deed) {
    case Deed::Leave:
        return "leave";
    case Deed::Install:
        return "install";
    case Deed::Upgrade:
        return "upgrade";
    case Deed::Repair:
        return "repair";
    }
    return "";
}

} // namespace strata::prepare
