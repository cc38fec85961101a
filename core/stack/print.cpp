// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/print.h"

#include "core/base/quantity.h"

#include <algorithm>
#include <cstdio>

namespace strata::stack {
namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

int group(ItemKind kind)
{
    switch (kind) {
    case ItemKind::Placeholder:
        return 2;
    case ItemKind::ControlPlane:
        return 0;
    default:
        return 1;
    }
}

const char* mark(Health health)
{
    switch (health) {
    case Health::Ok:
        return "+";
    case Health::Progressing:
        return "~";
    case Health::Unknown:
        return "?";
    case Health::Warning:
        return "!";
    case Health::Failed:
        return "X";
    }
    return " ";
}

void line(const Stack& stack, Tree tree, ItemId id, int depth, std::string& out)
{
    const Item* item = stack.find(id);
    if (item == nullptr)
        return;
    out.append(static_cast<std::size_t>(depth) * 2, ' ');
    out += mark(item->health);
    out += " ";
    out += item->name;
    out += " [";
    out += toString(item->kind);
    out += "]";
    if (!item->state.empty())
        out += " " + item->state;
    if (!item->note.empty() && item->note != item->state)
        out += " (" + item->note + ")";
    if (item->capacity.memoryBytes > 0 && item->kind != ItemKind::Placeholder) {
        out += " " + formatBytes(std::max<std::int64_t>(item->allocated.memoryBytes, 0)) + "/" +
               formatBytes(item->capacity.memoryBytes);
    }
    if (!item->reason.empty())
        out += " — " + item->reason;
    out += "\n";
    for (const ItemId child : orderedChildren(stack, tree, id))
        line(stack, tree, child, depth + 1, out);
}

void string(std::string& out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
            out += escaped;
        } else {
            out += c;
        }
    }
    out += '"';
}

void field(std::string& out, const char* name, std::string_view value)
{
    if (value.empty())
        return;
    out += ",\"";
    out += name;
    out += "\":";
    string(out, value);
}

void amount(std::string& out, const char* name, const Amount& value)
{
    if (value.cpuMilli < 0 && value.memoryBytes < 0)
        return;
    out += ",\"";
    out += name;
    out += "\":{";
    if (value.cpuMilli >= 0)
        out += "\"cpuMilli\":" + std::to_string(value.cpuMilli);
    if (value.memoryBytes >= 0)
        out += std::string(value.cpuMilli >= 0 ? "," : "") +
               "\"memoryBytes\":" + std::to_string(value.memoryBytes);
    out += "}";
}

void json(const Stack& stack, Tree tree, ItemId id, std::string& out)
{
    const Item* item = stack.find(id);
    if (item == nullptr) {
        out += "null";
        return;
    }
    out += "{\"kind\":";
    string(out, toString(item->kind));
    field(out, "name", item->name);
    field(out, "namespace", item->ns);
    field(out, "key", item->key);
    field(out, "note", item->note);
    field(out, "tenant", item->tenant);
    field(out, "version", item->version);
    field(out, "health", toString(item->health));
    field(out, "below", toString(tree == Tree::Tenants ? item->tenantBelow : item->below));
    field(out, "state", item->state);
    field(out, "reason", item->reason);
    field(out, "rawReason", item->rawReason);
    if (item->since != 0)
        field(out, "since", formatRfc3339(item->since));
    amount(out, "capacity", item->capacity);
    amount(out, "allocated", item->allocated);
    amount(out, "used", item->used);
    out += ",\"pods\":" + std::to_string(item->pods);
    if (!item->evidence.empty()) {
        out += ",\"evidence\":[";
        for (std::size_t i = 0; i < item->evidence.size(); ++i) {
            out += i == 0 ? "{\"text\":" : ",{\"text\":";
            string(out, item->evidence[i].text);
            field(out, "value", item->evidence[i].value);
            out += "}";
        }
        out += "]";
    }
    out += ",\"children\":[";
    bool first = true;
    for (const ItemId child : orderedChildren(stack, tree, id)) {
        if (!first)
            out += ",";
        first = false;
        json(stack, tree, child, out);
    }
    out += "]}";
}

const char* phaseName(LinkPhase phase)
{
    switch (phase) {
    case LinkPhase::Connecting:
        return "connecting";
    case LinkPhase::Live:
        return "live";
    case LinkPhase::Waiting:
        return "waiting";
    case LinkPhase::Closed:
        return "closed";
    }
    return "";
}

const char* kindName(SourceKind kind)
{
    switch (kind) {
    case SourceKind::Host:
        return "host";
    case SourceKind::OuterCluster:
        return "outer-cluster";
    case SourceKind::InnerCluster:
        return "inner-cluster";
    }
    return "";
}

} // namespace

bool naturalLess(const std::string& a, const std::string& b)
{
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (isDigit(a[i]) && isDigit(b[j])) {
            std::size_t iEnd = i;
            std::size_t jEnd = j;
            while (iEnd < a.size() && isDigit(a[iEnd]))
                ++iEnd;
            while (jEnd < b.size() && isDigit(b[jEnd]))
                ++jEnd;
            std::size_t iStart = i;
            std::size_t jStart = j;
            while (iStart + 1 < iEnd && a[iStart] == '0')
                ++iStart;
            while (jStart + 1 < jEnd && b[jStart] == '0')
                ++jStart;
            if (iEnd - iStart != jEnd - jStart)
                return iEnd - iStart < jEnd - jStart;
            const int order = a.compare(iStart, iEnd - iStart, b, jStart, jEnd - jStart);
            if (order != 0)
                return order < 0;
            i = iEnd;
            j = jEnd;
        } else {
            if (a[i] != b[j])
                return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
            ++i;
            ++j;
        }
    }
    if (a.size() - i != b.size() - j)
        return a.size() - i < b.size() - j;
    return a < b;
}

std::vector<ItemId> orderedChildren(const Stack& stack, Tree tree, ItemId parent)
{
    std::vector<ItemId> list;
    if (parent) {
        const Item* item = stack.find(parent);
        if (item != nullptr)
            list = item->childrenIn(tree);
    } else {
        list = stack.roots(tree);
    }
    std::sort(list.begin(), list.end(), [&stack](ItemId x, ItemId y) {
        const Item& a = *stack.find(x);
        const Item& b = *stack.find(y);
        if (group(a.kind) != group(b.kind))
            return group(a.kind) < group(b.kind);
        if (a.name != b.name)
            return naturalLess(a.name, b.name);
        return a.key < b.key;
    });
    return list;
}

std::string printTree(const Stack& stack, Tree tree)
{
    std::string out;
    for (const ItemId root : orderedChildren(stack, tree, {}))
        line(stack, tree, root, 0, out);
    return out;
}

std::string printJson(const Stack& stack)
{
    std::string out = "{\"sources\":[";
    bool first = true;
    for (const SourceId id : stack.sources()) {
        const SourceState* source = stack.source(id);
        out += first ? "{\"kind\":" : ",{\"kind\":";
        first = false;
        string(out, kindName(source->kind));
        field(out, "name", source->name);
        field(out, "address", source->address);
        field(out, "version", source->version);
        field(out, "phase", phaseName(source->phase));
        field(out, "error", source->error.text);
        if (!source->kinds.empty()) {
            out += ",\"kinds\":[";
            for (std::size_t i = 0; i < source->kinds.size(); ++i) {
                out += i == 0 ? "{\"kind\":" : ",{\"kind\":";
                string(out, source->kinds[i].kind);
                field(out, "error", source->kinds[i].error.text);
                out += "}";
            }
            out += "]";
        }
        out += "}";
    }
    out += "]";
    struct Named {
        Tree tree;
        const char* name;
    };
    for (const Named& named :
         {Named{Tree::Stack, "stack"}, Named{Tree::Tenants, "tenants"}, Named{Tree::Hosts, "hosts"}}) {
        out += ",\"";
        out += named.name;
        out += "\":[";
        first = true;
        for (const ItemId root : orderedChildren(stack, named.tree, {})) {
            if (!first)
                out += ",";
            first = false;
            json(stack, named.tree, root, out);
        }
        out += "]";
    }
    out += "}\n";
    return out;
}

} // namespace strata::stack
