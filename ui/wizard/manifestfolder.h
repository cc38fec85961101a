// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/provision/object.h"

#include <QString>

#include <string>
#include <vector>

namespace strata::ui {

// One file an object, numbered in the order in which they are to be applied, and a kustomization that names
// them all: a folder for a Git repository. Existing files of the same names are replaced, others are left.
// Blocks for the disk. Returns how many objects were written.
Result<int> saveManifestFolder(const QString& folder, const std::vector<provision::Object>& objects);

// The same objects as a line for a shell.
QString kubectlLine(const std::vector<provision::Object>& objects, const QString& access);

// Writes a text file in one step. Blocks for the disk.
Result<void> saveText(const QString& path, const std::string& text);

} // namespace strata::ui
