// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/prepare/judge.h"

#include <map>
#include <string>
#include <vector>

// A folder with all that is to be installed, for sites without a way to the internet:
//
//   index.yaml                      what is in it: components, versions, files with their SHA-256, images
//   images.txt                      the images, one a line, for whoever fills the registry
//   cert-manager/v1.21.1/cert-manager.yaml, …   the files of releases, as they were published
//   anything else                   add-ons, with or without an entry in the index; see addons.h
//
// Everything in it is untrusted: sizes are bounded, paths must stay inside, sums must be right.
namespace strata::prepare {

struct BundleFile {
    std::string path; // in the folder
    std::string sha256;
    std::string from; // where it came from; told only
    std::string name() const { return path.substr(path.rfind('/') + 1); }
};

struct BundleComponent {
    std::string id;
    std::string version;
    std::vector<BundleFile> files;
};

struct Bundle {
    std::string folder;
    std::string made;   // when
    std::string mirror; // prefix for images; empty: none
    std::vector<BundleComponent> components;
    std::vector<std::string> images;

    const BundleComponent* find(const std::string& id) const;
};

// These block for the disk.
Result<Bundle> readBundle(const std::string& folder); // the index alone
// One file of the folder, as its path says: it must stay inside and have the sum; an empty sum is not
// checked.
Result<std::string> readFile(const std::string& folder, const BundleFile& file);
// The files of one component by their names; every sum is checked.
Result<std::map<std::string, std::string>> readFiles(const Bundle& bundle, const BundleComponent& component);
// Writes the files, then the index; `contents` by path. An index that is there is replaced last, so that a
// folder always has a whole one.
Result<void> writeBundle(const Bundle& bundle, const std::map<std::string, std::string>& contents);

// Wishes get the versions that the bundle has. Says what is wished and not in it.
std::vector<Objection> offer(std::vector<Wish>& wishes, const Bundle& bundle, const Matrix& matrix);

std::string sha256(std::string_view bytes); // in hexadecimal digits

} // namespace strata::prepare
