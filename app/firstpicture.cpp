// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/firstpicture.h"

#include "core/base/translate.h"
#include "core/feeds/site.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>

namespace strata::app {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kCalm = std::chrono::milliseconds(500);

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Headless", text), values);
}

} // namespace

void takeFirstPicture(feeds::Site& site, int timeoutSeconds,
                      const std::function<void(const stack::Batch&)>& apply)
{
    std::mutex mutex;
    std::condition_variable woken;
    bool awake = true; // what came before we listened
    site.setWakeup([&] {
        const std::lock_guard lock(mutex);
        awake = true;
        woken.notify_one();
    });
    const auto end = SteadyClock::now() + std::chrono::seconds(timeoutSeconds);
    auto settledSince = SteadyClock::now();
    // An inner cluster becomes known only by what the outer one says: settled must hold with nothing left to
    // take.
    while (SteadyClock::now() < end) {
        const bool settled = site.settled();
        const stack::Batch batch = site.take();
        apply(batch);
        // Where something changes all the time nothing left to take never comes; that it stays settled does.
        if (!settled)
            settledSince = SteadyClock::now();
        if (settled && (batch.empty() || SteadyClock::now() - settledSince > kCalm))
            break;
        std::unique_lock lock(mutex);
        woken.wait_until(lock, std::min(end, SteadyClock::now() + std::chrono::milliseconds(100)),
                         [&] { return awake; });
        awake = false;
    }
    site.setWakeup({});
}

void complain(const Error& error)
{
    std::cerr << "strata: " << error.text;
    if (!error.detail.empty())
        std::cerr << " (" << error.detail << ")";
    std::cerr << "\n";
}

// What the sources still lack, in words.
bool reportSources(const stack::Stack& stack)
{
    bool good = true;
    for (const stack::SourceId id : stack.sources()) {
        const stack::SourceState* state = stack.source(id);
        if (!state->synced || state->phase == stack::LinkPhase::Waiting) {
            good = false;
            if (state->error.text.empty())
                std::cerr << "strata: " << tr("%1 has not answered in time.", {state->name}) << "\n";
            else
                complain(state->error);
        }
        for (const stack::KindState& kind : state->kinds) {
            std::cerr << "strata: " << state->name << ": " << kind.kind << ": " << kind.error.text << "\n";
        }
    }
    return good;
}

} // namespace strata::app
