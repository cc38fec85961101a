// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata::demosite {

// Archives of plain files, as ustar has them; long names also as pax tells them.
using TarFiles = std::vector<std::pair<std::string, std::string>>; // name and content

std::string packTar(const TarFiles& files);
std::optional<TarFiles> unpackTar(std::string_view archive); // nothing: it is none, or cut short

} // namespace strata::demosite
