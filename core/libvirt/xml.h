// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <libxml/tree.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// Reading libvirt's documents, which come from another machine. For the .cpp files of this folder only.
namespace strata::virt::xml {

struct FreeDocument {
    void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};
using Document = std::unique_ptr<xmlDoc, FreeDocument>;

// At most 8 MiB, no document type and so no entities, nothing fetched; null for anything else.
Document parse(std::string_view xml);
xmlNode* root(const Document& document, std::string_view name); // null when it is called otherwise

std::string_view view(const xmlChar* text); // valid as long as the node's
xmlNode* child(xmlNode* parent, std::string_view name);
std::string text(xmlNode* node); // cleaned and trimmed
std::string attribute(xmlNode* node, const char* name);
std::int64_t number(std::string_view text, std::int64_t otherwise = 0); // decimal, not negative

template<typename Call>
void each(xmlNode* parent, std::string_view name, Call&& call)
{
    for (xmlNode* node = parent == nullptr ? nullptr : parent->children; node != nullptr; node = node->next)
        if (node->type == XML_ELEMENT_NODE && view(node->name) == name)
            call(node);
}

} // namespace strata::virt::xml
