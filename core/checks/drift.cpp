// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checks/drift.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::checks {
namespace {

using Json = nlohmann::json;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("strata::checks", text), values);
}

int rank(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Fail:
        return 3;
    case Verdict::Warn:
        return 2;
    case Verdict::Unknown:
        return 1;
    case Verdict::Pass:
        break;
    }
    return 0;
}

std::string member(const Json& json, const char* key)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? cleanText(found->get<std::string>()) : std::string();
}

std::string with(const std::string& word, const std::string& value)
{
    return value.empty() ? word : word + " (" + value + ")";
}

} // namespace

Result<std::map<std::string, KeptHost>> readKept(std::string_view json)
{
    const Json report = Json::parse(json, nullptr, false);
    const auto hosts = report.is_object() ? report.find("hosts") : report.end();
    if (!report.is_object() || hosts == report.end() || !hosts->is_array())
        return fail(ErrorKind::Invalid, tr("This is no report of host checks in JSON."));
    const auto profile = report.find("profile");
    std::map<std::string, KeptHost> out;
    for (const Json& host : *hosts) {
        if (!host.is_object() || !host.contains("name") || !host["name"].is_string() ||
            !host.contains("checks") || !host["checks"].is_array())
            return fail(ErrorKind::Invalid, tr("This is no report of host checks in JSON."));
        KeptHost kept;
        if (profile != report.end() && profile->is_string())
            kept.profile = cleanText(profile->get<std::string>());
        for (const Json& check : host["checks"]) {
            if (!check.is_object())
                continue;
            const std::string id = member(check, "id");
            const std::string verdict = member(check, "verdict");
            KeptVerdict one;
            one.value = member(check, "value");
            for (const Verdict each : {Verdict::Pass, Verdict::Warn, Verdict::Fail, Verdict::Unknown})
                if (verdict == toString(each))
                    one.verdict = each;
            if (!id.empty())
                kept.checks[id] = std::move(one);
        }
        out[cleanText(host["name"].get<std::string>())] = std::move(kept);
    }
    return out;
}

bool Drift::worse() const
{
    return rank(now) > rank(before);
}

std::vector<Drift> driftOf(const KeptHost& kept, const std::vector<Check>& now)
{
    std::vector<Drift> out;
    for (const Check& check : now) {
        const auto found = kept.checks.find(check.id);
        if (found == kept.checks.end() || found->second.verdict == check.verdict ||
            check.verdict == Verdict::Unknown)
            continue;
        out.push_back(
            {check.id, check.title, found->second.verdict, check.verdict, found->second.value, check.value});
    }
    std::stable_sort(out.begin(), out.end(), [](const Drift& a, const Drift& b) {
        return rank(a.now) - rank(a.before) > rank(b.now) - rank(b.before);
    });
    return out;
}

std::string driftText(const Drift& drift)
{
    std::string before;
    switch (drift.before) {
    case Verdict::Pass:
        before = tr("passed");
        break;
    case Verdict::Warn:
        before = tr("had a warning");
        break;
    case Verdict::Fail:
        before = tr("failed");
        break;
    case Verdict::Unknown:
        before = tr("could not be told");
        break;
    }
    std::string now;
    switch (drift.now) {
    case Verdict::Pass:
        now = tr("passes now");
        break;
    case Verdict::Warn:
        now = tr("has a warning now");
        break;
    case Verdict::Fail:
        now = tr("fails now");
        break;
    case Verdict::Unknown:
        now = tr("cannot be told now");
        break;
    }
    return tr("%1: %2, %3", {drift.title, with(before, drift.valueBefore), with(now, drift.valueNow)});
}

} // namespace strata::checks
