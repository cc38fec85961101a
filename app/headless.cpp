// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/headless.h"

#include "app/execpermission.h"
#include "app/firstpicture.h"
#include "core/base/translate.h"
#include "core/demosite/faults.h"
#include "core/stack/print.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>

namespace strata::app {
namespace {

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Headless", text), values);
}

} // namespace

int runTree(const CommandLine& line)
{
    Connections connections(headlessExecPlugins(line.allowExec));
    if (const Result<void> opened = connections.open(line); !opened) {
        complain(opened.error());
        return 1;
    }

    stack::Stack stack;
    takeFirstPicture(connections.site(), line.timeoutSeconds,
                     [&stack](const stack::Batch& batch) { stack.apply(batch); });

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
