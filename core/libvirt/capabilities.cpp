// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/capabilities.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <charconv>
#include <memory>

namespace strata::virt {
namespace {

constexpr std::size_t kMaxDocument = 8U << 20U;
constexpr std::size_t kMaxFeatures = 1024;

struct FreeDocument {
    void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};
struct FreeBuffer {
    void operator()(xmlBuffer* buffer) const { xmlBufferFree(buffer); }
};
struct FreeText {
    void operator()(xmlChar* text) const { xmlFree(text); }
};
using Document = std::unique_ptr<xmlDoc, FreeDocument>;

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

unsigned number(const std::string& text)
{
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

std::vector<std::string> features(xmlNode* cpu)
{
    std::vector<std::string> out;
    for (xmlNode* node = cpu == nullptr ? nullptr : cpu->children; node != nullptr; node = node->next) {
        if (node->type != XML_ELEMENT_NODE || view(node->name) != "feature" || out.size() == kMaxFeatures)
            continue;
        const std::string policy = attribute(node, "policy");
        std::string name = attribute(node, "name");
        if (!name.empty() && policy != "disable" && policy != "forbid")
            out.push_back(std::move(name));
    }
    return out;
}

} // namespace

Result<Capabilities> parseCapabilities(std::string_view xml)
{
    const Document document = parse(xml);
    xmlNode* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
    if (root == nullptr || view(root->name) != "capabilities")
        return fail(ErrorKind::Protocol,
                    translate("Host", "The host's capabilities are not a document that Strata can read."));
    Capabilities out;
    xmlNode* host = child(root, "host");
    out.uuid = toLower(text(child(host, "uuid")));
    xmlNode* cpu = child(host, "cpu");
    out.arch = text(child(cpu, "arch"));
    out.cpuModel = text(child(cpu, "model"));
    out.cpuVendor = text(child(cpu, "vendor"));
    out.cpuFeatures = features(cpu);
    if (xmlNode* topology = child(cpu, "topology"); topology != nullptr) {
        out.sockets = number(attribute(topology, "sockets"));
        out.coresPerSocket = number(attribute(topology, "cores"));
        out.threadsPerCore = number(attribute(topology, "threads"));
    }
    if (xmlNode* cells = child(child(host, "topology"), "cells"); cells != nullptr)
        out.numaNodes = number(attribute(cells, "num"));
    if (cpu != nullptr) {
        const std::unique_ptr<xmlBuffer, FreeBuffer> buffer(xmlBufferCreate());
        if (buffer && xmlNodeDump(buffer.get(), document.get(), cpu, 0, 0) > 0)
            out.cpuXml = view(xmlBufferContent(buffer.get()));
    }
    for (xmlNode* guest = root->children; guest != nullptr; guest = guest->next) {
        if (guest->type != XML_ELEMENT_NODE || view(guest->name) != "guest")
            continue;
        xmlNode* arch = child(guest, "arch");
        for (xmlNode* domain = arch == nullptr ? nullptr : arch->children; domain != nullptr;
             domain = domain->next)
            if (domain->type == XML_ELEMENT_NODE && view(domain->name) == "domain" &&
                attribute(domain, "type") == "kvm")
                out.kvm = true;
    }
    return out;
}

std::vector<std::string> parseCpuFeatures(std::string_view xml)
{
    const Document document = parse(xml);
    xmlNode* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
    return root != nullptr && view(root->name) == "cpu" ? features(root) : std::vector<std::string>();
}

} // namespace strata::virt
