// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/xml.h"

#include "core/base/text.h"

#include <libxml/parser.h>

#include <charconv>

namespace strata::virt::xml {
namespace {

constexpr std::size_t kMaxDocument = 8U << 20U;

struct FreeText {
    void operator()(xmlChar* text) const { xmlFree(text); }
};

} // namespace

Document parse(std::string_view xml)
{
    if (xml.empty() || xml.size() > kMaxDocument)
        return {};
    // Without XML_PARSE_HUGE libxml2 bounds depth, name length and growth by itself.
    Document document(xmlReadMemory(xml.data(), static_cast<int>(xml.size()), "libvirt.xml", nullptr,
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
    if (document && (document->intSubset != nullptr || document->extSubset != nullptr))
        return {};
    return document;
}

xmlNode* root(const Document& document, std::string_view name)
{
    xmlNode* node = document ? xmlDocGetRootElement(document.get()) : nullptr;
    return node != nullptr && view(node->name) == name ? node : nullptr;
}

std::string_view view(const xmlChar* text)
{
    return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

xmlNode* child(xmlNode* parent, std::string_view name)
{
    for (xmlNode* node = parent == nullptr ? nullptr : parent->children; node != nullptr; node = node->next)
        if (node->type == XML_ELEMENT_NODE && view(node->name) == name)
            return node;
    return nullptr;
}

std::string text(xmlNode* node)
{
    if (node == nullptr)
        return {};
    const std::unique_ptr<xmlChar, FreeText> content(xmlNodeGetContent(node));
    return cleanText(trimmed(view(content.get())));
}

std::string attribute(xmlNode* node, const char* name)
{
    if (node == nullptr)
        return {};
    const std::unique_ptr<xmlChar, FreeText> value(
        xmlGetNoNsProp(node, reinterpret_cast<const xmlChar*>(name)));
    return cleanText(view(value.get()));
}

std::int64_t number(std::string_view text, std::int64_t otherwise)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value >= 0 ? value : otherwise;
}

} // namespace strata::virt::xml
