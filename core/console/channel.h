// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The messages of exec and attach over a WebSocket: one byte names the channel, the rest is its data
// (k8s.io/apimachinery/pkg/util/remotecommand and k8s.io/client-go/tools/remotecommand; v5 adds CLOSE to v4).
namespace strata::console {

inline constexpr const char* kExecProtocols[] = {"v5.channel.k8s.io", "v4.channel.k8s.io"};

enum class Channel : std::uint8_t { Stdin = 0, Stdout = 1, Stderr = 2, Error = 3, Resize = 4, Close = 255 };

std::string stdinMessage(std::string_view bytes);
std::string resizeMessage(int columns, int rows);
std::string closeStdinMessage(); // v5 only

struct ChannelMessage {
    Channel channel = Channel::Stdout;
    std::string_view data; // within the message
};
// Nothing for an empty message and for channels nobody knows: they are to be passed over.
std::optional<ChannelMessage> readMessage(std::string_view message);

// How the command ended, as channel 3 says (a metav1.Status).
struct ExitStatus {
    int code = 0;       // -1: it never ran, or the end is not known
    std::string reason; // cleaned; empty for a success and for a plain exit code
};
ExitStatus readExitStatus(std::string_view status);

} // namespace strata::console
