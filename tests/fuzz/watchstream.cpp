// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/watch/framesplitter.h"
#include "core/kube/watch/jsonscan.h"
#include "core/kube/watch/machine.h"
#include "tests/fuzz/target.h"

#include <simdjson.h>

using namespace strata;
using namespace strata::kube;

// A watch's body through what reads it: the first byte says where it is cut. Whatever comes, the machine's
// store holds no more names than it was told of, and its version never goes backwards.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 1)
        return 0;
    const std::size_t piece = 1 + data[0];
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    FrameSplitter splitter(4096);
    machine::State state(false);
    std::vector<machine::Effect> effects;
    machine::step(state, machine::Started{}, effects);
    machine::step(state, machine::PageStart{"1"}, effects);
    machine::step(state, machine::PageEnd{"1", ""}, effects);
    machine::step(state, machine::Opened{}, effects);
    simdjson::dom::parser parser;
    std::string last = state.resourceVersion;
    const auto frame = [&](std::string_view text) {
        std::string_view object;
        JsonScanner scanner(text);
        const bool whole = scanner.members([&](std::string_view key, std::string_view value) {
            FUZZ_CHECK(value.data() >= text.data() &&
                       value.data() + value.size() <= text.data() + text.size());
            if (key == "object")
                object = value;
            return true;
        });
        simdjson::dom::element element;
        simdjson::dom::element metadata;
        effects.clear();
        if (!whole || object.empty() ||
            parser.parse(object.data(), object.size(), true).get(element) != simdjson::SUCCESS ||
            !element.is_object() || element["metadata"].get(metadata) != simdjson::SUCCESS ||
            !metadata.is_object()) {
            machine::step(state, machine::Garbage{}, effects);
            machine::step(state, machine::WaitOver{}, effects);
            machine::step(state, machine::PageStart{last}, effects);
            machine::step(state, machine::PageEnd{last, ""}, effects);
            return true;
        }
        machine::Event event;
        std::string_view value;
        if (metadata["name"].get(value) == simdjson::SUCCESS)
            event.meta.name = value;
        if (metadata["uid"].get(value) == simdjson::SUCCESS)
            event.meta.uid = value;
        if (metadata["resourceVersion"].get(value) == simdjson::SUCCESS)
            event.meta.resourceVersion = value;
        event.type = text.find("DELETED") != std::string_view::npos ? machine::EventType::Deleted
                                                                    : machine::EventType::Added;
        machine::step(state, event, effects);
        FUZZ_CHECK(machine::compareVersions(state.resourceVersion, last) >= 0);
        last = state.resourceVersion;
        return true;
    };
    const auto tooLong = [](std::size_t) { return true; };
    for (std::size_t at = 0; at < body.size(); at += piece) {
        splitter.feed(body.substr(at, piece), frame, tooLong);
        FUZZ_CHECK(splitter.pending() <= 4096 + 64);
    }
    return 0;
}

std::vector<std::string> fuzzSeeds()
{
    return {"\x07{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"uid\":\"u\","
            "\"resourceVersion\":\"5\"}}}\n"
            "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"uid\":\"u\","
            "\"resourceVersion\":\"6\"}}}\n"
            "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"a\",\"uid\":\"u\","
            "\"resourceVersion\":\"7\"}}}\n",
            "\xff{\"object\":{\"metadata\":{\"name\":\"\\u0000\\\"\",\"resourceVersion\":\"4\"}},\"type\":"
            "\"ADDED\"}\n\n\n{}\n[]\n"};
}
