// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

// What a demo site costs: time to start, memory, processor time while nobody asks, and an hour of its life
// with all its churn, run as fast as the controllers can.
// bench_demosite [small|large|huge] [seconds to idle] [seconds of its time to run]
namespace {

using Clock = std::chrono::steady_clock;
using strata::demosite::DemoSite;
using strata::demosite::Size;

double processorSeconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double residentMiB()
{
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.rfind("VmRSS:", 0) == 0)
            return std::atof(line.substr(line.find_first_not_of(" \t", 6)).c_str()) / 1024;
    }
    return 0;
}

} // namespace

int main(int count, char** words)
{
    strata::demosite::Options options;
    const std::string size = count > 1 ? words[1] : "small";
    options.size = size == "huge" ? Size::Huge : size == "large" ? Size::Large : Size::Small;
    const int idle = std::max(1, count > 2 ? std::atoi(words[2]) : 10);
    const int run = count > 3 ? std::atoi(words[3]) : 600;

    const auto began = Clock::now();
    const auto site = DemoSite::start(options);
    if (!site) {
        std::fprintf(stderr, "%s: %s\n", site.error().text.c_str(), site.error().detail.c_str());
        return 1;
    }
    const double started = std::chrono::duration<double>(Clock::now() - began).count();
    const double startCost = processorSeconds();
    const double startMemory = residentMiB();
    const std::size_t objects = (*site)->objectCount();

    std::this_thread::sleep_for(std::chrono::seconds(idle));
    const double idleCost = (processorSeconds() - startCost) * 100 / idle;

    const double before = processorSeconds();
    (*site)->step(run);
    if (!(*site)->settle(std::chrono::minutes(10))) {
        std::fprintf(stderr, "%d s of its time took more than ten minutes\n", run);
        return 1;
    }
    const double runCost = processorSeconds() - before;
    std::printf("| %s | %zu | %.2f | %.2f | %.0f | %.2f %% | %.2f | %.2f %% | %.0f |\n", size.c_str(),
                objects, started, startCost, startMemory, idleCost, runCost,
                run > 0 ? runCost * 100 / run : 0, residentMiB());
    return 0;
}
