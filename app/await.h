// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"

#include <future>
#include <memory>
#include <utility>

// Commands wait for what the window is told.
namespace strata::app {

// `start` begins something, gives its one answer to the function that it gets, on any thread, and returns
// what keeps it going.
template<typename Value, typename Start>
Result<Value> await(const Start& start)
{
    std::promise<Result<Value>> promise;
    auto answer = promise.get_future();
    const auto handle = start([&promise](Result<Value> got) { promise.set_value(std::move(got)); });
    return answer.get();
}

inline Result<kube::Response> answerTo(kube::Client& client, kube::Request request)
{
    return await<kube::Response>([&](auto done) { return client.send(std::move(request), std::move(done)); });
}

inline Result<kube::Response> answerTo(kube::Client& client, const std::string& path)
{
    kube::Request request;
    request.path = path;
    return answerTo(client, std::move(request));
}

} // namespace strata::app
