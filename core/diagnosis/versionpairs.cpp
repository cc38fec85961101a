// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/versionpairs.h"

#include "core/base/text.h"
#include "core/diagnosis/rule.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace strata::diagnosis {
namespace {

struct Version {
    int major = 0;
    int minor = 0;
    int patch = 0;
};

std::optional<Version> parse(std::string_view text)
{
    if (!text.empty() && text.front() == 'v')
        text.remove_prefix(1);
    Version out;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (int* part : {&out.major, &out.minor, &out.patch}) {
        const auto [next, error] = std::from_chars(at, end, *part);
        if (error != std::errc())
            return std::nullopt;
        at = next;
        if (part == &out.patch)
            break;
        if (at == end || *at != '.')
            return std::nullopt;
        ++at;
    }
    return out;
}

} // namespace

// From these patches on the API server's own client certificate is of another user, and a Cluster API that
// does not know it makes roles that forbid exec and logs (Cluster API book, troubleshooting).
std::optional<BadPair> badPair(std::string_view kubernetes, std::string_view clusterApi)
{
    const auto wanted = parse(kubernetes);
    const auto has = parse(clusterApi);
    if (!wanted || !has || wanted->major != 1 || has->major != 1)
        return std::nullopt;
    static constexpr std::array<Version, 4> first = {{{1, 33, 12}, {1, 34, 8}, {1, 35, 5}, {1, 36, 1}}};
    const bool needsNew =
        wanted->minor > 36 || std::any_of(first.begin(), first.end(), [&](const Version& each) {
            return wanted->minor == each.minor && wanted->patch >= each.patch;
        });
    static constexpr std::array<Version, 3> enough = {{{1, 11, 11}, {1, 12, 8}, {1, 13, 2}}};
    const bool knows = has->minor > 13 || std::any_of(enough.begin(), enough.end(), [&](const Version& each) {
                           return has->minor == each.minor && has->patch >= each.patch;
                       });
    if (!needsNew || knows)
        return std::nullopt;
    return BadPair{
        tr("Kubernetes %1 does not go together with Cluster API %2: exec and logs would be forbidden in "
           "the tenant.",
           {cleanText(kubernetes, 40), cleanText(clusterApi, 40)}),
        tr("Upgrade Cluster API to v1.11.11, v1.12.8, v1.13.2 or newer first.")};
}

} // namespace strata::diagnosis
