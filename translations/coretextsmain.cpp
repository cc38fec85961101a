// SPDX-License-Identifier: GPL-3.0-or-later
//
//   strata_coretexts SOURCES FILE      writes what the core says as a file that lupdate understands
#include "translations/coretexts.h"

#include <fstream>
#include <iostream>

int main(int argc, char** argv)
{
    using namespace strata::translations;
    if (argc != 3) {
        std::cerr << "strata_coretexts SOURCES FILE\n";
        return 2;
    }
    const CoreTexts all = readCoreTexts(argv[1]);
    for (const Blind& blind : all.blind)
        std::cerr << blind.file << ":" << blind.line << ": not to be followed: " << blind.expression << "\n";
    std::ofstream file(argv[2], std::ios::binary);
    file << asSource(all);
    return file.flush() && all.blind.empty() ? 0 : 1;
}
