// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/prepare/bundle.h"
#include "core/prepare/components.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

// What a bundle's folder holds beside the components of the support matrix: MetalLB, a pod network, the
// site's own manifests. Nothing of a folder is passed over in silence. Known add-ons are told by their names;
// all are applied as they are, and only those that the operator has chosen.
namespace strata::prepare {

// The manifests of a component that the matrix does not know, or of a folder; a manifest that lies in the
// bundle's own folder stands for itself. What is no manifest is gathered by its folder.
struct Addon {
    std::string id;    // the index's id, else the path of the file or folder: "addons/metallb"
    std::string title; // "MetalLB", "Calico, MetalLB"; of what is not recognised: the id
    std::string version;
    std::vector<std::string> known; // ids of the matrix's add-ons, empty: not recognised
    std::vector<BundleFile> files;  // without a sum where no index names them
    std::vector<Object> objects;    // in the order in which they are written
    std::vector<std::string> images;
    std::string problem; // why it cannot be applied, a sentence; empty: it can
    bool manifests = true;
    bool summed() const; // the index has the sums of all files
};

// Blocks for the disk. A file that cannot be read, or is none of ours, is told by its `problem`; the index is
// as in the bundle.
std::vector<Addon> readAddons(const Bundle& bundle, const Matrix& matrix);

std::string
contentOf(const Addon& addon); // "3 CustomResourceDefinition, 1 Deployment"; without objects: its files
// What is to be thought of it on this cluster, one or two sentences.
std::string remarkOn(const Addon& addon, const Picture& picture, const Matrix& matrix);

// What is wrong with the choice: ids that are not there, what cannot be applied, a second pod network.
std::vector<Objection> objections(const std::set<std::string>& chosen, const std::vector<Addon>& addons,
                                  const Picture& picture, const Matrix& matrix);

// The chosen ones, ready to be written: pod networks first, what defines kinds before what only uses them.
std::vector<Part> addonParts(const std::set<std::string>& chosen, const std::vector<Addon>& addons,
                             const Matrix& matrix, const std::string& mirror);

} // namespace strata::prepare
