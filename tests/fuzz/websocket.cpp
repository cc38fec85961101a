// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/websocketframe.h"
#include "tests/fuzz/target.h"

#include <string_view>

using namespace strata::kube;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 1)
        return 0;
    const std::size_t piece = 1 + data[0] % 32;
    const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
    ws::Handshake handshake;
    ws::Reader reader(1024);
    for (std::size_t at = 0; at < all.size(); at += piece) {
        std::string_view bytes = all.substr(at, piece);
        if (handshake.state() == ws::Handshake::State::Reading) {
            const std::size_t used = handshake.feed(bytes);
            FUZZ_CHECK(used <= bytes.size());
            bytes.remove_prefix(used);
        }
        if (handshake.state() != ws::Handshake::State::Open && data[0] % 2 == 0)
            continue;
        reader.feed(bytes, [](const ws::Reader::Message& message) {
            FUZZ_CHECK(message.payload.size() <= 1024);
            FUZZ_CHECK(message.opcode != ws::Opcode::Text || ws::isUtf8(message.payload));
            if (message.opcode == ws::Opcode::Close)
                (void)ws::parseClose(message.payload);
            return true;
        });
        FUZZ_CHECK(reader.kept() <= 1024 + ws::kMaxControl);
    }
    handshake.end();
    FUZZ_CHECK(handshake.body().size() <= 65536 + 16);
    return 0;
}

std::vector<std::string> fuzzSeeds()
{
    using std::string_literals::operator""s;
    return {
        "\x04HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02hi\x02\x01x\x89\x00\x80\x01y\x88\x02\x03\xe8"s,
        "\x05\x82\x7e\x01\x00"s + std::string(256, 'x') + "\x88\x00"s,
        "\x03HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"s};
}
