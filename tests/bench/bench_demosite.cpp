// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

// What a demo site costs: time to start, memory, processor time while nobody asks.
// bench_demosite [small|large|huge] [seconds to idle]
namespace {

using Clock = std::chrono::steady_clock;

double processorSeconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::string residentMemory()
{
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.rfind("VmRSS:", 0) == 0)
            return line.substr(line.find_first_not_of(" \t", 6));
    }
    return "?";
}

} // namespace

int main(int count, char** words)
{
    using strata::demosite::DemoSite;
    using strata::demosite::Size;
    strata::demosite::Options options;
    const char* const size = count > 1 ? words[1] : "small";
    options.size = std::strcmp(size, "huge") == 0    ? Size::Huge
                   : std::strcmp(size, "large") == 0 ? Size::Large
                                                     : Size::Small;
    const auto began = Clock::now();
    const auto site = DemoSite::start(options);
    if (!site) {
        std::fprintf(stderr, "%s\n", site.error().detail.c_str());
        return 1;
    }
    const double started = std::chrono::duration<double>(Clock::now() - began).count();
    const double cost = processorSeconds();
    std::printf("%s: started in %.2f s (%.2f s of processor), resident %s\n", size, started, cost,
                residentMemory().c_str());
    const int idle = count > 2 ? std::atoi(words[2]) : 10;
    std::this_thread::sleep_for(std::chrono::seconds(idle));
    std::printf("idle for %d s: %.1f %% of a processor, resident %s\n", idle,
                (processorSeconds() - cost) * 100 / idle, residentMemory().c_str());
    return 0;
}
