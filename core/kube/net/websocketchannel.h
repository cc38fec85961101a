// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/rawlink.h"
#include "core/kube/net/websocket.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

// Inside net/ only: the engine behind Client::openWebSocket().
namespace strata::kube {

class Loop;

// `open` is called on the loop's thread and makes the connection; `server` is for messages.
std::unique_ptr<WebSocket>
startWebSocket(std::shared_ptr<Loop> loop, std::string server, WebSocketRequest request,
               std::shared_ptr<WebSocketHandler> handler,
               std::function<void(const std::shared_ptr<RawSink>&, std::chrono::milliseconds)> open);

} // namespace strata::kube
