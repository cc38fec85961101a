// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/headless.h"

#include "app/democommands.h"
#include "app/execpermission.h"
#include "app/firstpicture.h"
#include "core/base/translate.h"
#include "core/demosite/faults.h"
#include "core/stack/print.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

namespace {

// Commands until "quit" or a signal (true), or until there are no more of them.
bool obeyInput(demosite::DemoSite& site, const sigset_t& signals)
{
    const int stopped = ::signalfd(-1, &signals, SFD_CLOEXEC);
    if (stopped < 0)
        return false;
    std::string waiting;
    bool quit = false;
    bool ended = false;
    while (!quit && !ended) {
        pollfd sources[] = {{STDIN_FILENO, POLLIN, 0}, {stopped, POLLIN, 0}};
        if (::poll(sources, 2, -1) < 0 && errno != EINTR)
            break;
        if (sources[1].revents != 0) {
            quit = true;
            break;
        }
        if (sources[0].revents == 0)
            continue;
        char bytes[4096];
        const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
        ended = count <= 0;
        waiting.append(bytes, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (ended && !waiting.empty())
            waiting += '\n';
        for (std::size_t end = 0; !quit && (end = waiting.find('\n')) != std::string::npos;) {
            const std::string answer = obeyDemoCommand(site, waiting.substr(0, end), quit);
            waiting.erase(0, end + 1);
            if (!answer.empty())
                std::cout << answer << std::endl;
        }
        if (waiting.size() > sizeof bytes)
            waiting.clear(); // no command is that long
    }
    ::close(stopped);
    return quit;
}

} // namespace

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
    if (line.commands && obeyInput(**demo, signals))
        return 0;
    int signal = 0;
    sigwait(&signals, &signal);
    return 0;
}

} // namespace strata::app
