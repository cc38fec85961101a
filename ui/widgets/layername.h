// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QString>

namespace strata::ui {

QString layerName(stack::Layer layer); // "KubeVirt VMs", translated

} // namespace strata::ui
