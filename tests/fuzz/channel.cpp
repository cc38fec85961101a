// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/channel.h"

#include "tests/fuzz/target.h"

#include <string_view>

using namespace strata::console;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    if (const auto read = readMessage(message)) {
        FUZZ_CHECK(read->data.size() + 1 == message.size());
        FUZZ_CHECK(read->channel != Channel::Stdin && read->channel != Channel::Resize);
        if (read->channel == Channel::Error) {
            const ExitStatus status = readExitStatus(read->data);
            FUZZ_CHECK(status.code >= -1 || !read->data.empty());
            FUZZ_CHECK(status.reason.size() <= 8192);
            // What is shown is clean: no control characters but the blank.
            for (const char c : status.reason)
                FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != '\x7f');
        }
    }
    // What we make is read back as nothing: those channels are ours.
    FUZZ_CHECK(!readMessage(stdinMessage(message.substr(0, 64))));
    return 0;
}

std::vector<std::string> fuzzSeeds()
{
    using std::string_literals::operator""s;
    return {"\x01output"s,
            "\x03{\"status\":\"Success\"}"s,
            "\x03{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\",\"message\":\"x\",\"details\":{"
            "\"causes\":[{"
            "\"reason\":\"ExitCode\",\"message\":\"137\"}]}}"s,
            "\x03plain words of an old server\x1b[31m"s,
            "\xff\x00"s,
            "\x00x"s};
}
