// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/websocket.h"

#include <memory>
#include <optional>
#include <string>

namespace strata::kube {

class Client;

// Makes a client's connections by other means than the network: bytes in and out of a socket, the rest (TLS,
// the server's name, its certificate) as with any connection. Lives and is called on the network's thread.
class Dialer {
public:
    virtual ~Dialer() = default;
    // A connected stream socket whose owner the caller becomes; -1 when there is none to be had.
    virtual int dial() = 0;
    // Why the latest one ended, if it did not end well: better words than "the connection broke".
    virtual std::optional<Error> lastError() const = 0;
};

// Every connection is a WebSocket of its own on `outer`, whose binary messages are the bytes: KubeVirt's
// portforward subresource of a virtual machine, for one.
std::shared_ptr<Dialer> tunnelThrough(std::shared_ptr<Client> outer, WebSocketRequest request);

} // namespace strata::kube
