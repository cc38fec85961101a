// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace strata::test {

// Stands between a client and a server on loopback and does to the bytes what networks do. It sees TLS
// records, never what is in them. Runs on threads of its own; the destructor cuts everything.
class FaultProxy {
public:
    enum class Speaks { Plain, HttpConnect, Socks5 };
    struct Options {
        int targetPort = 0; // with Plain and whenever the asked name is not an address of ours
        Speaks speaks = Speaks::Plain;
        std::string credential; // "user:password" that a client must show
        int refuseWith = 0;     // HttpConnect: this status to every CONNECT
    };
    // What happens to connections made from now on. Bytes are counted from the server to the client, from the
    // beginning of the connection.
    struct Fault {
        enum class Kind {
            None,
            Latency,  // each piece is held back for `delay`
            Reset,    // RST at byte `at`
            Cut,      // FIN at byte `at`
            HalfOpen, // from byte `at` on nothing is carried in either direction, and nothing is closed
            Drip,     // `piece` bytes every `delay`
            Corrupt,  // byte `at` is changed
            Refuse,   // closed as soon as it is there
        };
        Kind kind = Kind::None;
        std::size_t at = 0;
        std::size_t piece = 1;
        std::chrono::milliseconds delay{0};
    };

    explicit FaultProxy(Options options);
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    int port() const;
    void setFault(const Fault& fault);
    void silence();                         // every connection there is becomes half-open
    void cutAll();                          // every connection there is ends, with an RST
    int connections() const;                // accepted so far
    std::vector<std::string> asked() const; // "host:port" of CONNECT and SOCKS requests

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::test
