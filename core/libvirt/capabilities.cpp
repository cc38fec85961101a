// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/capabilities.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/libvirt/xml.h"

#include <limits>
#include <memory>

namespace strata::virt {
namespace {

constexpr std::size_t kMaxFeatures = 1024;

struct FreeBuffer {
    void operator()(xmlBuffer* buffer) const { xmlBufferFree(buffer); }
};

using xml::attribute;
using xml::child;
using xml::text;
using xml::view;

unsigned number(const std::string& text)
{
    const std::int64_t value = xml::number(text);
    return value <= std::numeric_limits<unsigned>::max() ? static_cast<unsigned>(value) : 0;
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
    const xml::Document document = xml::parse(xml);
    xmlNode* root = xml::root(document, "capabilities");
    if (root == nullptr)
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
    const xml::Document document = xml::parse(xml);
    xmlNode* root = xml::root(document, "cpu");
    return root != nullptr ? features(root) : std::vector<std::string>();
}

} // namespace strata::virt
