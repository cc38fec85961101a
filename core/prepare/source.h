// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/prepare/addons.h"
#include "core/prepare/bundle.h"
#include "core/prepare/components.h"
#include "core/prepare/download.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

// Where releases come from: a folder, or the places where they are published.
namespace strata::prepare {

struct Source {
    std::string bundle;   // folder; empty: releases
    std::string releases; // stands instead of "https://github.com" in the matrix's addresses; empty: as is
    std::string mirror;   // of images; empty: the bundle's, or none
    std::map<std::string, std::string> variables; // of the manifests; otherwise the environment's
    bool environment = true;
    std::set<std::string> addons; // of the bundle, by their ids: applied as they are
    DownloadOptions download;
};

std::string urlOf(const SourceFile& file, const std::string& version, const std::string& releases);

// The parts that the wishes name, in the matrix's order, and behind them the chosen add-ons. All files are
// read and checked before anything is returned. Blocks for the disk or the network. `told` hears what is
// being read.
Result<std::vector<Part>> loadParts(const std::vector<Wish>& wishes, const Matrix& matrix,
                                    const Source& source,
                                    const std::function<void(const std::string&)>& told = {});

// Fills a bundle from the releases: the newest ones, or those that `versions` names by component. What an
// index that is there names beyond the matrix stays in it. Blocks.
Result<Bundle> fillBundle(const std::string& folder, const Matrix& matrix, const Source& source,
                          const std::map<std::string, std::string>& versions, const std::string& now,
                          const std::function<void(const std::string&)>& told = {});

} // namespace strata::prepare
