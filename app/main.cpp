// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/act.h"
#include "app/checkhost.h"
#include "app/commandline.h"
#include "app/createcluster.h"
#include "app/diagnose.h"
#include "app/headless.h"
#include "app/hostcommands.h"
#include "app/prepare.h"
#include "app/window.h"
#include "core/console/screen/decoder.h"
#include "core/console/screen/wire.h"

#include <iostream>
#include <string_view>

int main(int argc, char** argv)
{
    using namespace strata::app;
    // Not for operators: the window starts it for every screen it shows.
    if (argc == 2 && std::string_view(argv[1]) == strata::console::wire::kCommand)
        return strata::console::runScreenDecoder();
    const auto line = CommandLine::parse({argv + 1, argv + argc});
    if (!line) {
        std::cerr << "strata: " << line.error().text << "\n";
        return 2;
    }
    if (line->listFaults)
        return printFaults();
    switch (line->command) {
    case Command::Help:
        std::cout << CommandLine::help();
        return 0;
    case Command::Version:
        std::cout << "strata " STRATA_VERSION "\n";
        return 0;
    case Command::Tree:
        return runTree(*line);
    case Command::CheckHost:
        return runCheckHost(*line);
    case Command::Capacity:
        return runCapacity(*line);
    case Command::Diagnose:
        return runDiagnose(*line);
    case Command::Demo:
        return runDemo(*line);
    case Command::CreateCluster:
        return runCreateCluster(*line);
    case Command::Prepare:
        return runPrepare(*line);
    case Command::Bundle:
        return runBundle(*line);
    case Command::Act:
        return runAct(*line);
    case Command::Domain:
        return runDomain(*line);
    case Command::AddNode:
        return runAddNode(*line);
    case Command::Audit:
        return runAudit(*line);
    case Command::Window:
        return runWindow(argc, argv, *line);
    }
    return 2;
}
