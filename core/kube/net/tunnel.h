// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/websocket.h"

#include <memory>
#include <optional>
#include <string>

namespace strata::kube {

class Client;
class Network;

// Makes a client's connections by other means than the network: bytes in and out of a socket, the rest (TLS,
// the server's name, its certificate) as with any connection. Lives and is called on the network's thread.
class Dialer {
public:
    virtual ~Dialer() = default;
    // The name of an abstract Unix socket at which a connection may be had, by this process alone; empty when
    // there is none. (Handing libcurl a connected socket would be simpler, but 7.88 connects it once more.)
    virtual const std::string& address() const = 0;
    // Takes over a connection that somebody else has made: `socket`, non-blocking, becomes the dialer's.
    virtual void carry(int socket) = 0;
    // Why the latest one ended, if it did not end well: better words than "the connection broke".
    virtual std::optional<Error> lastError() const = 0;
};

// Every connection is a WebSocket of its own on `outer`, whose binary messages are the bytes: KubeVirt's
// portforward subresource of a virtual machine, for one.
std::shared_ptr<Dialer> tunnelThrough(std::shared_ptr<Client> outer, WebSocketRequest request);

// The same by a pod's port ("portforward?ports=N", sub-protocol v4.channel.k8s.io), where every message
// begins with the number of its channel: 0 the bytes, 1 why they cannot be had.
std::shared_ptr<Dialer> tunnelThroughPod(std::shared_ptr<Client> outer, WebSocketRequest request);

// A port of this computer's loopback whose connections take a dialer's way, for other programs. Whoever may
// open a connection here still needs a credential for what is at the other end. Lives on the network's
// thread.
class LocalForward {
public:
    static Result<std::unique_ptr<LocalForward>> open(Network& network, std::shared_ptr<Dialer> dialer);
    virtual ~LocalForward() = default; // its connections end
    virtual int port() const = 0;
    virtual void setDialer(std::shared_ptr<Dialer> dialer) = 0; // another way from now on
};

} // namespace strata::kube
