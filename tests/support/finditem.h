// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <string>

namespace strata::test {

// The first item of that kind and name, looked for in all trees; no item when there is none.
inline stack::ItemId itemNamed(const stack::Stack& stack, stack::ItemKind kind, const std::string& name)
{
    for (std::size_t tree = 0; tree < stack::kTrees; ++tree) {
        std::vector<stack::ItemId> todo = stack.roots(static_cast<stack::Tree>(tree));
        while (!todo.empty()) {
            const stack::Item* item = stack.find(todo.back());
            todo.pop_back();
            if (item->kind == kind && item->name == name)
                return item->id;
            todo.insert(todo.end(), item->children[tree].begin(), item->children[tree].end());
        }
    }
    return {};
}

} // namespace strata::test
