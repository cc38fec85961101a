// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/podport.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/api/resource.h"

#include <algorithm>
#include <array>
#include <utility>

namespace strata::console {
namespace {

constexpr std::size_t kMostPiece = 16U << 10U;
constexpr std::size_t kMostWords = 1024;

class Channels : public kube::WebSocketHandler {
public:
    explicit Channels(std::shared_ptr<SessionHandler> handler) : m_handler(std::move(handler)) {}

    void onOpen(const std::string&) override { m_handler->onOpen({}); }
    void onMessage(bool binary, std::string_view message) override
    {
        if (!binary || message.empty())
            return;
        const auto channel = static_cast<unsigned char>(message.front());
        message.remove_prefix(1);
        if (channel >= m_greeting.size())
            return;
        const std::size_t port = std::min(m_greeting[channel], message.size());
        message.remove_prefix(port);
        m_greeting[channel] -= port;
        if (message.empty() || m_done)
            return;
        if (channel == 0) {
            m_handler->onOutput(message);
            return;
        }
        // What goes wrong ends it, whether or not the server closes the socket then.
        m_done = true;
        m_handler->onEnd({SessionEnd::Kind::Failed, 0,
                          Error{ErrorKind::Network, translate("Console", "The port could not be reached."),
                                cleanText(message.substr(0, kMostWords)), 0, 0}});
    }
    void onEnd(Result<kube::WebSocketClose> end) override
    {
        if (m_done)
            return;
        SessionEnd out;
        if (!end) {
            out.kind = SessionEnd::Kind::Failed;
            out.error = std::move(end.error());
        }
        m_handler->onEnd(std::move(out));
    }

private:
    std::shared_ptr<SessionHandler> m_handler;
    std::array<std::size_t, 2> m_greeting{2, 2}; // bytes of the port that are still to come
    bool m_done = false;
};

class PortSession : public Session {
public:
    explicit PortSession(std::unique_ptr<kube::WebSocket> socket) : m_socket(std::move(socket)) {}

    // All of it or nothing: the caller asks again with what was not taken.
    bool write(std::string_view bytes) override
    {
        std::string message(1, '\0');
        message += bytes.substr(0, kMostPiece);
        return bytes.size() <= kMostPiece && m_socket->sendBinary(message);
    }
    void resize(TerminalSize) override {}
    void close() override { m_socket->close(); }
    void setReading(bool on) override { m_socket->setReading(on); }

private:
    std::unique_ptr<kube::WebSocket> m_socket;
};

} // namespace

std::unique_ptr<Session> openPodPort(const std::shared_ptr<kube::Client>& client, const std::string& ns,
                                     const std::string& pod, std::uint16_t port,
                                     std::shared_ptr<SessionHandler> handler)
{
    kube::WebSocketRequest request;
    request.path = "/api/v1/namespaces/" + kube::percentEncode(ns) + "/pods/" + kube::percentEncode(pod) +
                   "/portforward";
    request.query = "ports=" + std::to_string(port);
    request.protocols = {"v4.channel.k8s.io"};
    request.maxQueued = 1U << 20U;
    return std::make_unique<PortSession>(
        client->openWebSocket(std::move(request), std::make_shared<Channels>(std::move(handler))));
}

} // namespace strata::console
