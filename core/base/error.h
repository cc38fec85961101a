// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace strata {

// What went wrong, by what the operator can do about it. Views turn kinds into sentences with a next action.
enum class ErrorKind {
    Cancelled, // we stopped it ourselves
    Timeout,   // no answer in time
    Network,   // name not found, refused, reset, cut off
    Tls,       // wrong CA, expired certificate, wrong name
    Auth,      // 401, no usable credential
    Forbidden, // 403
    NotFound,  // 404: the object, or the kind itself
    Conflict,  // 409
    Gone,      // 410: the resource version is too old
    Invalid,   // 400, 422: the server refused what we sent
    Throttled, // 429
    Server,    // 5xx
    Protocol,  // an answer that breaks the protocol (garbage, half an answer, a redirect, HTML)
    Config,    // a file or setting of the operator's
    Io,        // local file or device
    Refused,   // we will not do that (dangerous or unsupported input)
    Internal,  // our own fault
};

// How far a connection came, when that is where it failed.
enum class NetStage : std::uint8_t { None, Name, Connection, Tls, Answer };

// An error is a value. `text` is one sentence for the operator naming what and where; `detail` is the raw
// reason (server words, library words), possibly empty. Both may carry text from outside: show them as plain
// text.
struct Error {
    ErrorKind kind = ErrorKind::Internal;
    std::string text;
    std::string detail;
    int httpStatus = 0;        // 0 when no HTTP answer was involved
    int retryAfterSeconds = 0; // what the server asked for, 0 when it did not
    NetStage stage = NetStage::None;

    friend bool operator==(const Error&, const Error&) = default;
};

const char* toString(ErrorKind kind);

template<typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string text, std::string detail = {},
                                  int httpStatus = 0)
{
    return tl::unexpected<Error>(
        Error{kind, std::move(text), std::move(detail), httpStatus, 0, NetStage::None});
}

} // namespace strata
