// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/controllers/site.h"
#include "core/demosite/faults.h"

#include <functional>
#include <map>
#include <string>

namespace strata::demosite {

// Stages and heals the faults of one site; on the controllers' thread.
class Faults {
public:
    // `changed` is told of each fault that a scenario stages or heals.
    explicit Faults(Site& site, std::function<void(const std::string&, bool)> changed = {})
        : m_site(site), m_changed(std::move(changed))
    {}

    void set(const std::string& name, bool on);
    void play(const Scenario& scenario);

private:
    using Heal = std::function<void()>;
    Site& m_site;
    std::map<std::string, Heal> m_staged;
    std::function<void(const std::string&, bool)> m_changed;
};

// What undoes it again; empty when this site has nothing that the fault could hit.
std::function<void()> stageFault(Site& site, const std::string& name);

} // namespace strata::demosite
