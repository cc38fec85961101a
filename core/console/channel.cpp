// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/channel.h"

#include "core/base/text.h"

#include <nlohmann/json.hpp>

#include <charconv>

namespace strata::console {
namespace {

constexpr std::size_t kMostStatus = 64U << 10U;

std::string message(Channel channel, std::string_view data)
{
    std::string out(1, static_cast<char>(channel));
    out.append(data);
    return out;
}

std::string textOf(const nlohmann::json& object, const char* key)
{
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>()
                                                                             : std::string();
}

} // namespace

std::string stdinMessage(std::string_view bytes)
{
    return message(Channel::Stdin, bytes);
}

std::string resizeMessage(int columns, int rows)
{
    return message(Channel::Resize,
                   "{\"Width\":" + std::to_string(columns) + ",\"Height\":" + std::to_string(rows) + "}");
}

std::string closeStdinMessage()
{
    return message(Channel::Close, std::string_view("\0", 1));
}

std::optional<ChannelMessage> readMessage(std::string_view message)
{
    if (message.empty())
        return std::nullopt;
    const auto channel = static_cast<Channel>(static_cast<std::uint8_t>(message.front()));
    switch (channel) {
    case Channel::Stdout:
    case Channel::Stderr:
    case Channel::Error:
    case Channel::Close:
        return ChannelMessage{channel, message.substr(1)};
    case Channel::Stdin:
    case Channel::Resize:
        break; // ours; a server that sends them means "ready"
    }
    return std::nullopt;
}

ExitStatus readExitStatus(std::string_view status)
{
    if (status.size() > kMostStatus)
        return {-1, {}};
    const nlohmann::json object = nlohmann::json::parse(status, nullptr, false);
    if (!object.is_object())
        return {-1, cleanText(status, 512)}; // old servers say it in words
    if (textOf(object, "status") == "Success")
        return {};
    ExitStatus out{-1, cleanText(textOf(object, "message"))};
    if (textOf(object, "reason") != "NonZeroExitCode")
        return out;
    const auto details = object.find("details");
    if (details == object.end() || !details->is_object())
        return out;
    const auto causes = details->find("causes");
    if (causes == details->end() || !causes->is_array())
        return out;
    for (const nlohmann::json& cause : *causes) {
        if (textOf(cause, "reason") != "ExitCode")
            continue;
        const std::string text = textOf(cause, "message");
        int code = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
        if (error == std::errc() && end == text.data() + text.size())
            return {code, {}};
    }
    return out;
}

} // namespace strata::console
