// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/prepare/judge.h"
#include "core/prepare/substitute.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

// From a release's files to the objects that are written: as clusterctl makes them, so that it and Strata see
// the same (cmd/clusterctl/client/repository/components.go). Pure.
namespace strata::prepare {

// What a component consists of, ready to be written.
struct Part {
    std::string id;
    std::string version;
    std::vector<Object> objects;     // in the order in which they are written
    std::optional<Object> resource;  // what the operator is to operate
    std::optional<Object> inventory; // clusterctl's entry
    std::vector<std::string> images; // of the manifests, as they are written
    // An add-on: applied as it is, the matrix knows no more of it.
    std::string title{};                  // empty: a component of the matrix
    bool first = false;                   // nothing runs before it does: a pod network
    std::vector<std::string> holdsWork{}; // kinds of what it carries
};

// Names of images with the mirror before them, wherever a workload names one.
void mirrorImages(Object& object, const std::string& mirror);
// The order in which clusterctl creates kinds.
void sortForCreation(std::vector<Object>& objects);

struct PartOptions {
    std::string mirror;          // of images: "registry.lan/mirror" stands before each name; empty: none
    std::set<std::string> gates; // that are on
    Lookup variables;            // beyond the gates
};

// `files`: by name, as SourceFile has them. Refuses what is not this component in this version.
Result<Part> makePart(const ComponentSpec& spec, const Matrix& matrix, const std::string& version,
                      const std::map<std::string, std::string>& files, const PartOptions& options);

std::vector<std::string> imagesIn(const std::vector<Object>& objects); // that workloads name
// Images that a component needs: those of its manifests and those that its operator runs.
std::vector<std::string> imagesOf(const ComponentSpec& spec, const std::string& version,
                                  const std::vector<Object>& objects);

// "quay.io/kubevirt/virt-operator:v1" → "registry.lan/mirror/quay.io/kubevirt/virt-operator:v1"; names
// without a host get docker.io's.
std::string mirrored(const std::string& image, const std::string& mirror);

Object inventoryDefinition(); // the CustomResourceDefinition of clusterctl's Provider

} // namespace strata::prepare
