// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/target.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

// Runs a target without libFuzzer: over the files named, or over its seeds, cut everywhere and mutated a few
// thousand times from a fixed start.
namespace {

constexpr int kMutations = 4000;

void feed(const std::string& text)
{
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 3 && std::string_view(argv[1]) == "--write-seeds") {
        int number = 0;
        for (const std::string& seed : fuzzSeeds())
            std::ofstream(argv[2] + ("/seed-" + std::to_string(++number)), std::ios::binary) << seed;
        return 0;
    }
    if (argc > 1) {
        for (int i = 1; i < argc; ++i) {
            std::ifstream file(argv[i], std::ios::binary);
            feed(std::string(std::istreambuf_iterator<char>(file), {}));
        }
        return 0;
    }
    const std::vector<std::string> seeds = fuzzSeeds();
    for (const std::string& seed : seeds) {
        for (std::size_t cut = 0; cut <= seed.size(); ++cut)
            feed(seed.substr(0, cut));
    }
    std::mt19937 random(1);
    for (int round = 0; round < kMutations; ++round) {
        std::string text = seeds[random() % seeds.size()];
        for (unsigned change = 0; change < 1 + random() % 4 && !text.empty(); ++change) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
            case 0:
                text[at] = static_cast<char>(random());
                break;
            case 1:
                text.erase(at, 1 + random() % 8);
                break;
            case 2:
                text.insert(at, text.substr(random() % text.size(), random() % 32));
                break;
            default:
                text[at] = "{}[]\":,\n&*%-0"[random() % 13];
            }
        }
        feed(text);
    }
    std::cout << "ran " << seeds.size() << " seeds and " << kMutations << " mutations\n";
    return 0;
}
