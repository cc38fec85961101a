// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/testpki.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility> // Boost 1.74 forgets it
#include <vector>

namespace strata::test {

// A TLS server for WebSockets that is not ours (Boost.Beast), so that two implementations of RFC 6455 meet.
// Each connection runs `session` on a thread of its own with blocking calls; the destructor cuts them all.
class WsServer {
public:
    class Peer {
    public:
        virtual ~Peer() = default;
        virtual const std::string& target() const = 0;                         // path and query
        virtual const std::map<std::string, std::string>& headers() const = 0; // lower-case names
        virtual const std::string& clientName() const = 0; // common name of the client's certificate

        virtual void refuse(int status, const std::string& contentType, const std::string& body,
                            const std::map<std::string, std::string>& headers = {}) = 0;
        virtual bool accept(const std::string& protocol = {}, std::size_t fragment = 0) = 0;
        struct Message {
            bool binary = false;
            std::string text;
        };
        virtual std::optional<Message> read() = 0; // nothing: the end
        virtual bool write(bool binary, const std::string& text) = 0;
        virtual bool writeRaw(const std::string& bytes) = 0; // past the framing
        virtual std::string readRaw(std::size_t most) = 0;   // "" at the end
        virtual bool ping(const std::string& payload) = 0;
        virtual int pongs() const = 0; // read so far
        virtual void close(int code, const std::string& reason) = 0;
        virtual int closeCode() const = 0; // of the other side's goodbye, 0 when none came
        virtual void cut() = 0;            // the connection, without a goodbye
        virtual void rest() = 0;           // neither reads nor writes until the server ends
    };

    struct Options {
        Credential identity;
        std::string clientCaPem;           // when set, clients must show a certificate of this authority
        std::function<void()> onPing = {}; // on a session's thread, while it reads
    };
    WsServer(Options options, std::function<void(Peer&)> session);
    ~WsServer();
    WsServer(const WsServer&) = delete;
    WsServer& operator=(const WsServer&) = delete;

    int port() const;
    std::string url() const; // "https://127.0.0.1:PORT"
    int sessions() const;    // begun so far

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::test
