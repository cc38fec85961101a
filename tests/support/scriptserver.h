// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/testpki.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility> // Boost 1.74 forgets it
#include <vector>

namespace strata::test {

// What the server does about one request, in order.
struct Reply {
    enum class Kind {
        Head,  // status and headers; the body follows in pieces
        Bytes, // a piece of the body
        Drip,  // a piece of the body, a few bytes every few milliseconds
        Raw,   // bytes past all framing (HTTP/1.1 only), also instead of a head
        End,   // of the body; the connection stays
        Cut,   // close the connection (FIN) without ending the body
        Reset, // RST: of the connection (HTTP/1.1), of the stream (HTTP/2)
        Hold,  // leave the answer open: the test goes on with push(), end(), cut()
    };
    struct Step {
        Kind kind = Kind::End;
        int status = 200;
        std::map<std::string, std::string> headers;
        std::string bytes;
        std::size_t pieceSize = 1;
        std::chrono::milliseconds interval{1};
    };
    std::vector<Step> steps;

    // A whole answer with a length.
    static Reply json(int status, std::string body, std::map<std::string, std::string> headers = {});
    static Reply text(int status, std::string contentType, std::string body,
                      std::map<std::string, std::string> headers = {});
    // An answer in pieces (chunked); go on with the members below.
    static Reply stream(int status = 200, std::map<std::string, std::string> headers = {});
    static Reply raw(std::string bytes);

    Reply& bytes(std::string text) &;
    Reply& drip(std::string text, std::size_t pieceSize, std::chrono::milliseconds interval) &;
    Reply& end() &;
    Reply& cut() &;
    Reply& reset() &;
    Reply& hold() &;
};

// An HTTPS server that follows a script. Every request must match an expectation that is still open (method,
// path and parts of the query), else it is a fault; a test ends with `problems()` empty, which also means
// that nothing expected is missing. Runs on a thread of its own.
class ScriptServer {
public:
    struct Options {
        Credential identity;
        std::string clientCaPem; // when set, clients must show a certificate of this authority
        bool http2 = false;      // offer "h2" (else HTTP/1.1 only)
    };
    struct Seen {
        std::string method;
        std::string path;
        std::string query;
        std::map<std::string, std::string> headers; // lower-case names
        std::string body;
        std::string clientName; // common name of the client's certificate
        int connection = 0;     // counted from 1
    };

    explicit ScriptServer(Options options);
    ~ScriptServer();
    ScriptServer(const ScriptServer&) = delete;
    ScriptServer& operator=(const ScriptServer&) = delete;

    int port() const;
    std::string url() const; // "https://127.0.0.1:PORT"

    // `times` requests, each answered by `reply`. Returns a number by which push() and friends find the
    // answers that the reply holds open.
    int expect(const std::string& method, const std::string& path, std::vector<std::string> queryParts,
               Reply reply, int times = 1);

    void push(int expectation, std::string bytes); // to every answer it holds open
    void end(int expectation);
    void cut(int expectation);

    int answered(int expectation) const; // requests that met it so far
    bool dry() const;                    // every expectation is met
    std::string problems() const;        // unexpected requests and unmet expectations, one a line
    std::vector<Seen> seen() const;
    int connections() const; // TLS sessions that came about

    class Private;

private:
    std::unique_ptr<Private> m_d;
};

} // namespace strata::test
