// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

// What can be made to go wrong in a demo site, for training and for tests. A fault is staged in the place
// where it would begin; what follows is done by the site's controllers, in their time.
namespace strata::demosite {

struct Fault {
    std::string name;  // "import-hangs": stable, for scripts
    std::string layer; // translated: where it begins
    std::string text;  // translated: one line
    std::string rule;  // the diagnosis that should be made of it: "C8"
};

// From the host up, in the order of layers.
const std::vector<Fault>& faultCatalogue();
const Fault* findFault(const std::string& name);

// A script of faults over time.
struct Scenario {
    struct Act {
        double after = 0; // seconds of the site's time since the act before
        std::string fault;
        bool on = true;
    };
    std::string name; // "rack-power"
    std::string text; // translated
    std::vector<Act> acts;
};
const std::vector<Scenario>& scenarioCatalogue();

} // namespace strata::demosite
