// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Inside net/ only: it needs Boost.
#include "core/demosite/net/http.h"

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <atomic>
#include <memory>

namespace strata::demosite {

using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;
using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;
using ConnectionCount = std::shared_ptr<std::atomic<std::size_t>>;

// Takes the connection over from HTTP and serves `answer.socket` on it until either side ends it. Must be
// called on the stream's strand. `count` is counted up for as long.
void serveWebSocket(TlsStream stream, UpgradeRequest request, HttpAnswer answer, ConnectionCount count);
void serveRaw(TlsStream stream, HttpAnswer answer, const std::string& upgrade, ConnectionCount count);

} // namespace strata::demosite
