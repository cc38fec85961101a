// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/libvirt/domains.h"
#include "core/stack/stack.h"

#include <optional>

namespace strata::ui {

// A domain that something is done to, as the place knows it that offers it.
struct DomainTarget {
    stack::SourceId source = 0; // the host's
    std::string uri;
    std::string uuid; // empty: none
    std::string name;
    virt::DomainState state = virt::DomainState::NoState;
    bool persistent = true;
    std::optional<bool> autostart; // nullopt: not told here
    virt::DomainKeeper keeper = virt::DomainKeeper::Nobody;

    friend bool operator==(const DomainTarget&, const DomainTarget&) = default;
};

// A Domain item as a target; without a uuid for any other item.
DomainTarget targetOf(const stack::Stack& stack, stack::ItemId id);

} // namespace strata::ui
