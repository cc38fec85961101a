// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commandline.h"
#include "app/headless.h"
#include "app/window.h"

#include <iostream>

int main(int argc, char** argv)
{
    using namespace strata::app;
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
    case Command::Demo:
        return runDemo(*line);
    case Command::Window:
        return runWindow(argc, argv, *line);
    }
    return 2;
}
