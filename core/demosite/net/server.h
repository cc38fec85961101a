// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/demosite/net/http.h"

#include <functional>
#include <memory>
#include <string>

namespace strata::demosite {

struct ServerKey {
    std::string certificatePem;
    std::string keyPem;
};

struct Endpoint {
    std::string caPem; // client certificates must be signed by it
    // Asked when the first client comes, so that listeners nobody asks cost no certificates; may run on any
    // of the server's threads.
    std::function<Result<ServerKey>()> key;
    std::shared_ptr<HttpHandler> handler;
};

// HTTPS servers on 127.0.0.1, all on one event loop with a few threads: HTTP/1.1 with keep-alive, TLS 1.2 and
// newer, requests up to 3 MiB (the limit of a real API server), streamed answers in chunks.
class Server {
public:
    explicit Server(unsigned threads);
    ~Server(); // cuts all connections and joins the threads; no handler runs after it
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Opens a listener on a free port and returns the port. Connections are taken at once.
    Result<unsigned short> listen(Endpoint endpoint);
    // Reserves a port first, for whoever must know the address before there is a certificate and a handler.
    Result<unsigned short> reserve();
    Result<void> serve(unsigned short port, Endpoint endpoint);
    // Ends the connections to a port, as a server's restart does; exec sessions and the like go on.
    void cut(unsigned short port);
    // Another certificate from now on; ends the connections.
    void renew(unsigned short port, std::function<Result<ServerKey>()> key);

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::demosite
