// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <string>

namespace strata::stack {

// Natural order of names: digits compare as numbers, so that outer-10 stands behind outer-9.
bool naturalLess(const std::string& a, const std::string& b);

// Children (or, for no item, roots) of a tree in the order they are shown: placeholders last, control planes
// before worker pools, then by name.
std::vector<ItemId> orderedChildren(const Stack& stack, Tree tree, ItemId parent);

// The stack as text: one line an item, indented, with its state. For people and for tests.
std::string printTree(const Stack& stack, Tree tree);

// The same as JSON: {"sources": […], "stack": […], "tenants": […]}; every item with its children inside.
std::string printJson(const Stack& stack);

} // namespace strata::stack
