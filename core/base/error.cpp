// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

namespace strata {

const char* toString(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::Cancelled:
        return "cancelled";
    case ErrorKind::Timeout:
        return "timeout";
    case ErrorKind::Network:
        return "network";
    case ErrorKind::Tls:
        return "tls";
    case ErrorKind::Auth:
        return "auth";
    case ErrorKind::Forbidden:
        return "forbidden";
    case ErrorKind::NotFound:
        return "not-found";
    case ErrorKind::Conflict:
        return "conflict";
    case ErrorKind::Gone:
        return "gone";
    case ErrorKind::Invalid:
        return "invalid";
    case ErrorKind::Throttled:
        return "throttled";
    case ErrorKind::Server:
        return "server";
    case ErrorKind::Protocol:
        return "protocol";
    case ErrorKind::Config:
        return "config";
    case ErrorKind::Io:
        return "io";
    case ErrorKind::Refused:
        return "refused";
    case ErrorKind::Internal:
        return "internal";
    }
    return "unknown";
}

} // namespace strata
