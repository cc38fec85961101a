// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/guest.h"

#include "core/kube/api/resource.h"

#include <algorithm>
#include <utility>

namespace strata::console {
namespace {

constexpr const char* kProtocol = "plain.kubevirt.io";
constexpr std::size_t kMostPiece = 8U << 10U; // virt-handler copies with buffers of 10 KiB

// Bytes both ways in binary messages; where they are cut means nothing.
class Plain : public kube::WebSocketHandler {
public:
    explicit Plain(std::shared_ptr<SessionHandler> handler) : m_handler(std::move(handler)) {}

    void onOpen(const std::string&) override { m_handler->onOpen({}); }
    void onMessage(bool binary, std::string_view message) override
    {
        if (binary && !message.empty())
            m_handler->onOutput(message);
    }
    void onEnd(Result<kube::WebSocketClose> end) override
    {
        SessionEnd out;
        if (end) {
            out.error = Error{ErrorKind::Cancelled, {}, std::move(end->reason), 0, 0};
        } else {
            out.kind = isInUse(end.error()) ? SessionEnd::Kind::InUse : SessionEnd::Kind::Failed;
            out.error = std::move(end.error());
        }
        m_handler->onEnd(std::move(out));
    }

private:
    // virt-handler's refusal with preserveSession: no reason of its own, only words.
    static bool isInUse(const Error& error)
    {
        const auto says = [](const std::string& text) {
            return text.find("Active VNC connection") != std::string::npos;
        };
        return error.httpStatus == 409 || says(error.detail) || says(error.text);
    }

    std::shared_ptr<SessionHandler> m_handler;
};

class PlainSession : public Session {
public:
    explicit PlainSession(std::unique_ptr<kube::WebSocket> socket) : m_socket(std::move(socket)) {}

    bool write(std::string_view bytes) override
    {
        bool taken = true;
        while (taken && !bytes.empty()) {
            taken = m_socket->sendBinary(bytes.substr(0, kMostPiece));
            bytes.remove_prefix(std::min(bytes.size(), kMostPiece));
        }
        return taken;
    }
    void resize(TerminalSize) override {} // a serial line does not know
    void close() override { m_socket->close(); }
    void setReading(bool on) override { m_socket->setReading(on); }

private:
    std::unique_ptr<kube::WebSocket> m_socket;
};

std::unique_ptr<Session> openPlain(const std::shared_ptr<kube::Client>& client, const GuestTarget& target,
                                   const std::string& device, const std::string& query,
                                   std::shared_ptr<SessionHandler> handler)
{
    kube::WebSocketRequest request;
    request.path = "/apis/subresources.kubevirt.io/v1/namespaces/" + kube::percentEncode(target.ns) +
                   "/virtualmachineinstances/" + kube::percentEncode(target.name) + "/" + device;
    request.query = query;
    request.protocols = {kProtocol};
    return std::make_unique<PlainSession>(
        client->openWebSocket(std::move(request), std::make_shared<Plain>(std::move(handler))));
}

} // namespace

std::unique_ptr<Session> openSerial(std::shared_ptr<kube::Client> client, const GuestTarget& target,
                                    std::shared_ptr<SessionHandler> handler)
{
    return openPlain(client, target, "console", {}, std::move(handler));
}

std::unique_ptr<Session> openScreen(std::shared_ptr<kube::Client> client, const GuestTarget& target,
                                    bool takeOver, std::shared_ptr<SessionHandler> handler)
{
    return openPlain(client, target, "vnc", takeOver ? "preserveSession=false" : "preserveSession=true",
                     std::move(handler));
}

std::unique_ptr<kube::RequestHandle> takeScreenshot(kube::Client& client, const GuestTarget& target,
                                                    std::function<void(Result<std::string>)> done)
{
    kube::Request request;
    request.path = "/apis/subresources.kubevirt.io/v1/namespaces/" + kube::percentEncode(target.ns) +
                   "/virtualmachineinstances/" + kube::percentEncode(target.name) + "/vnc/screenshot";
    request.query = "moveCursor=false";
    request.accept = "*/*"; // as virtctl asks
    request.maxBody = 16U << 20U;
    return client.send(std::move(request), [done = std::move(done)](Result<kube::Response> result) {
        done(result ? Result<std::string>(std::move(result->body))
                    : Result<std::string>(tl::unexpected<Error>(std::move(result.error()))));
    });
}

std::unique_ptr<Session> openGuestPort(std::shared_ptr<kube::Client> client, const GuestTarget& target,
                                       std::uint16_t port, std::shared_ptr<SessionHandler> handler)
{
    return openPlain(client, target, "portforward/" + std::to_string(port), {}, std::move(handler));
}

} // namespace strata::console
