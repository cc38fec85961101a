// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/headless.h"

#include "app/connections.h"
#include "core/base/translate.h"
#include "core/demosite/faults.h"
#include "core/feeds/site.h"
#include "core/stack/print.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <mutex>

namespace strata::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Headless", text), values);
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

} // namespace

int runTree(const CommandLine& line)
{
    std::mutex mutex;
    std::condition_variable woken;
    bool awake = false;

    Connections connections;
    feeds::Site& site = connections.site();
    site.setWakeup([&] {
        const std::lock_guard lock(mutex);
        awake = true;
        woken.notify_one();
    });
    if (const Result<void> opened = connections.open(line); !opened) {
        complain(opened.error());
        return 1;
    }

    stack::Stack stack;
    const auto end = SteadyClock::now() + std::chrono::seconds(line.timeoutSeconds);
    // An inner cluster becomes known only by what the outer one says: settled must hold with nothing left to
    // take.
    while (SteadyClock::now() < end) {
        const bool settled = site.settled();
        const stack::Batch batch = site.take();
        stack.apply(batch);
        if (settled && batch.empty())
            break;
        std::unique_lock lock(mutex);
        woken.wait_until(lock, std::min(end, SteadyClock::now() + std::chrono::milliseconds(100)),
                         [&] { return awake; });
        awake = false;
    }
    site.setWakeup({});

    if (line.json) {
        std::cout << stack::printJson(stack) << "\n";
    } else {
        std::cout << stack::printTree(stack, stack::Tree::Stack);
        if (!stack.roots(stack::Tree::Tenants).empty())
            std::cout << "\n" << stack::printTree(stack, stack::Tree::Tenants);
    }
    std::cout.flush();
    return reportSources(stack) ? 0 : 1;
}

int printFaults()
{
    std::size_t widest = 0;
    for (const demosite::Fault& fault : demosite::faultCatalogue())
        widest = std::max(widest, fault.name.size());
    const auto row = [&](const std::string& name, const std::string& rule, const std::string& text) {
        std::cout << "  " << name << std::string(widest + 2 - std::min(widest, name.size()), ' ') << rule
                  << std::string(5 - std::min<std::size_t>(4, rule.size()), ' ') << text << "\n";
    };
    std::string layer;
    for (const demosite::Fault& fault : demosite::faultCatalogue()) {
        if (fault.layer != layer)
            std::cout << (layer.empty() ? "" : "\n") << fault.layer << "\n";
        layer = fault.layer;
        row(fault.name, fault.rule, fault.text);
    }
    std::cout << "\n" << tr("Scenarios") << "\n";
    for (const demosite::Scenario& scenario : demosite::scenarioCatalogue())
        row(scenario.name, "", scenario.text);
    return 0;
}

int runDemo(const CommandLine& line)
{
    // Blocked before any thread starts, so that none but this one is ever interrupted.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    auto demo = demosite::DemoSite::start(line.site);
    if (!demo) {
        complain(demo.error());
        return 1;
    }
    std::cout << (*demo)->kubeconfigPath() << "\n";
    for (const demosite::DemoSite::HostEntry& host : (*demo)->hosts())
        std::cout << host.uri << "\n";
    std::cout.flush();
    std::cerr << tr("Serving the demo site “%1” at %2; Ctrl+C ends it.",
                    {(*demo)->name(), (*demo)->outerServer()})
              << "\n";
    int signal = 0;
    sigwait(&signals, &signal);
    return 0;
}

} // namespace strata::app
