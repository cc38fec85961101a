// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/democommands.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/demosite/faults.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace strata::app {
namespace {

constexpr auto kLongest = std::chrono::minutes(10);

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Headless", text), values);
}

std::string wrong(const std::string& what)
{
    return "error: " + what;
}

// A number within bounds, and nothing behind it.
bool parse(const std::string& text, double least, double most, double& out)
{
    char* end = nullptr;
    out = std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0' && out >= least && out <= most;
}

std::string status(const demosite::DemoSite& site)
{
    char speed[32];
    std::snprintf(speed, sizeof speed, "%g", site.speed());
    std::string out = std::string("ok ") + (site.paused() ? "paused" : "running") + ", speed " + speed +
                      ", objects " + std::to_string(site.objectCount()) + ", faults";
    bool any = false;
    for (const demosite::Fault& fault : demosite::faultCatalogue()) {
        if (site.fault(fault.name)) {
            out += " " + fault.name;
            any = true;
        }
    }
    return any ? out : out + " none";
}

} // namespace

std::string obeyDemoCommand(demosite::DemoSite& site, const std::string& line, bool& quit)
{
    std::vector<std::string> words;
    for (const std::string& word : split(line, ' ')) {
        if (!trimmed(word).empty())
            words.emplace_back(trimmed(word));
    }
    if (words.empty())
        return {};
    const std::string& command = words[0];
    const bool bare = words.size() == 1;
    const bool one = words.size() == 2;
    const std::string value = one ? words[1] : std::string();
    double number = 0;
    const auto told = [](const Result<void>& result) {
        return result ? std::string("ok") : wrong(result.error().text);
    };
    if (bare && (command == "pause" || command == "resume")) {
        site.setPaused(command == "pause");
        return "ok";
    }
    if (bare && command == "status")
        return status(site);
    if (bare && command == "quit") {
        quit = true;
        return "ok";
    }
    if (one && command == "speed") {
        if (!parse(value, 0.01, 1000, number))
            return wrong(tr("the speed must be a number from 0.01 to 1000"));
        site.setSpeed(number);
        return "ok";
    }
    if (one && command == "step") {
        if (!parse(value, 0, 1e6, number))
            return wrong(tr("a step is a number of seconds up to 1000000"));
        site.step(number);
        return site.settle(kLongest) ? "ok" : wrong(tr("the step takes longer than ten minutes"));
    }
    if (one && (command == "fault" || command == "heal"))
        return told(site.setFault(value, command == "fault"));
    if (one && command == "play")
        return told(site.play(value));
    return wrong(
        tr("commands are pause, resume, speed X, step S, fault NAME, heal NAME, play NAME, status, quit"));
}

} // namespace strata::app
