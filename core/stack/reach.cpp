// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/reach.h"

namespace strata::stack {
namespace {

Reach upTo(ReachStep bad)
{
    Reach reach{};
    for (std::size_t i = 0; i < static_cast<std::size_t>(bad); ++i)
        reach[i] = ReachState::Good;
    reach[static_cast<std::size_t>(bad)] = ReachState::Bad;
    return reach;
}

} // namespace

Reach reachOf(const SourceState& source)
{
    Reach reach{};
    if (source.phase == LinkPhase::Live) {
        reach.fill(ReachState::Good);
        if (source.readiness == Readiness::NotReady) // it answers, and says itself that it is not well
            reach[static_cast<std::size_t>(ReachStep::Ready)] = ReachState::Bad;
        return reach;
    }
    const Error& error = source.error;
    if (source.phase != LinkPhase::Waiting || error.text.empty())
        return reach;
    switch (error.stage) {
    case NetStage::Name:
        return upTo(ReachStep::Name);
    case NetStage::Connection:
        return upTo(ReachStep::Connection);
    case NetStage::Tls:
        return upTo(ReachStep::Tls);
    case NetStage::Answer:
    case NetStage::None:
        break;
    }
    switch (error.kind) {
    case ErrorKind::Auth:
        return error.httpStatus != 0 ? upTo(ReachStep::Access) : reach;
    case ErrorKind::Forbidden: // it knows us, and says no
        return upTo(ReachStep::Access);
    case ErrorKind::Tls:
        return upTo(ReachStep::Tls);
    case ErrorKind::Server:
    case ErrorKind::Throttled:
    case ErrorKind::Protocol:
        return upTo(ReachStep::Ready);
    case ErrorKind::Timeout:
    case ErrorKind::Network:
        // The session stood, and then no answer came or it broke off.
        return error.stage == NetStage::Answer ? upTo(ReachStep::Ready) : reach;
    default:
        return reach;
    }
}

} // namespace strata::stack
