// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inquiry/ending.h"

#include <future>
#include <memory>
#include <utility>

namespace strata::inquiry {

void endOn(kube::Network* network, std::function<void()> end)
{
    if (network == nullptr)
        return;
    if (network->onThread()) {
        end();
        return;
    }
    // With a dropped task goes the promise.
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> over = done->get_future();
    network->post([end = std::move(end), done = std::move(done)]() mutable {
        end();
        done->set_value();
    });
    over.wait();
}

} // namespace strata::inquiry
