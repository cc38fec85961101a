// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/controllers/site.h"

namespace strata::demosite {

void addOperators(Site& site); // virt-operator, cdi-operator, cert-manager

} // namespace strata::demosite
