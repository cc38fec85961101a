// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stack/filter.h"

#include "core/base/text.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <array>
#include <optional>

namespace strata::ui {

using stack::Item;
using stack::ItemKind;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Filter", text);
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

// ASCII case aside; `needle` is lower case already. Kubernetes names are ASCII.
bool contains(std::string_view text, std::string_view needle)
{
    if (needle.empty())
        return true;
    if (text.size() < needle.size())
        return false;
    const std::size_t last = text.size() - needle.size();
    for (std::size_t i = 0; i <= last; ++i) {
        if (lower(text[i]) != needle[0])
            continue;
        std::size_t j = 1;
        while (j < needle.size() && lower(text[i + j]) == needle[j])
            ++j;
        if (j == needle.size())
            return true;
    }
    return false;
}

struct Word {
    const char* word;
    unsigned value;
};

constexpr std::array<Word, 18> kLayers = {{{"bare-metal", 0},
                                           {"metal", 0},
                                           {"bare", 0},
                                           {"host", 0},
                                           {"outer", 1},
                                           {"outer-node", 1},
                                           {"outer-k8s", 1},
                                           {"vm", 2},
                                           {"vms", 2},
                                           {"kubevirt", 2},
                                           {"inner", 3},
                                           {"inner-node", 3},
                                           {"nested", 3},
                                           {"nested-k8s", 3},
                                           {"workload", 4},
                                           {"workloads", 4},
                                           {"pod", 4},
                                           {"pods", 4}}};

constexpr std::array<Word, 9> kHealths = {{{"ok", 0},
                                           {"healthy", 0},
                                           {"progressing", 1},
                                           {"unknown", 2},
                                           {"warning", 3},
                                           {"degraded", 3},
                                           {"failed", 4},
                                           {"bad", 4},
                                           {"error", 4}}};

template<std::size_t N>
std::optional<unsigned> wordIn(const std::array<Word, N>& words, const std::string& value)
{
    for (const Word& word : words) {
        if (value == word.word)
            return word.value;
    }
    return std::nullopt;
}

struct Token {
    QString key; // without the colon
    QString value;
    bool quoted = false;
};

// Blanks part tokens; quotes keep them together, an open quote runs to the end.
std::vector<Token> tokens(const QString& text)
{
    std::vector<Token> out;
    qsizetype i = 0;
    while (i < text.size()) {
        if (text[i].isSpace()) {
            ++i;
            continue;
        }
        Token token;
        bool quote = false;
        bool keySeen = false;
        for (; i < text.size() && (quote || !text[i].isSpace()); ++i) {
            if (text[i] == u'"') {
                quote = !quote;
                token.quoted = true;
            } else if (text[i] == u':' && !quote && !keySeen && !token.quoted) {
                keySeen = true;
                token.key = token.value;
                token.value.clear();
            } else {
                token.value += text[i];
            }
        }
        out.push_back(std::move(token));
    }
    return out;
}

} // namespace

Filter Filter::parse(const QString& text)
{
    static constexpr struct {
        const char* name;
        Key key;
    } kKeys[] = {{"layer", Key::Layer},   {"state", Key::State},  {"status", Key::State},
                 {"tenant", Key::Tenant}, {"node", Key::Node},    {"host", Key::Node},
                 {"kind", Key::Kind},     {"ns", Key::Namespace}, {"namespace", Key::Namespace},
                 {"name", Key::Name},     {"health", Key::Health}};
    Filter filter;
    for (const Token& token : tokens(text.left(1024))) {
        Term term;
        if (!token.key.isNull()) {
            const QString wanted = token.key.toLower();
            const auto* found = std::find_if(std::begin(kKeys), std::end(kKeys), [&wanted](const auto& key) {
                return wanted == QLatin1String(key.name);
            });
            if (found == std::end(kKeys)) {
                filter.m_hint =
                    tr("There is no field “%1”. Fields: layer, state, tenant, node, kind, ns, name, "
                       "health. Put quotes around text with a colon.")
                        .arg(token.key.left(40));
                continue;
            }
            term.key = found->key;
            if (token.value.isEmpty())
                continue; // still being typed
        }
        const QStringList parts = token.quoted || term.key == Key::Word
                                      ? QStringList{token.value}
                                      : token.value.split(u',', Qt::SkipEmptyParts);
        for (const QString& part : parts) {
            std::string value = toLower(part.toStdString());
            if (value.empty())
                continue;
            if (term.key == Key::Layer) {
                const auto layer = wordIn(kLayers, value);
                if (!layer) {
                    filter.m_hint =
                        tr("There is no layer “%1”. Layers: bare-metal, outer, vm, inner, workload.")
                            .arg(part.left(40));
                    continue;
                }
                term.mask |= 1U << *layer;
            } else if (term.key == Key::Health) {
                const auto health = wordIn(kHealths, value);
                if (!health) {
                    filter.m_hint =
                        tr("There is no health “%1”. Healths: ok, progressing, unknown, warning, failed.")
                            .arg(part.left(40));
                    continue;
                }
                term.mask |= 1U << *health;
            } else if (term.key == Key::State) {
                if (const auto health = wordIn(kHealths, value))
                    term.mask |= 1U << *health;
            }
            term.values.push_back(std::move(value));
        }
        if (!term.values.empty())
            filter.m_terms.push_back(std::move(term));
    }
    return filter;
}

bool Filter::holds(const Term& term, const stack::Stack& stack, const Item& item)
{
    const auto any = [&term](std::string_view text) {
        return std::any_of(term.values.begin(), term.values.end(),
                           [text](const std::string& value) { return contains(text, value); });
    };
    switch (term.key) {
    case Key::Word:
        return any(item.name) || any(item.note) || any(item.ns) || any(item.tenant) || any(item.state) ||
               std::any_of(term.values.begin(), term.values.end(),
                           [&item](const std::string& value) { return value == toString(item.kind); });
    case Key::Layer:
        return item.kind != ItemKind::Placeholder && (term.mask & (1U << unsigned(item.layer))) != 0;
    case Key::Health:
        return item.kind != ItemKind::Placeholder && (term.mask & (1U << unsigned(item.health))) != 0;
    case Key::State:
        return (item.kind != ItemKind::Placeholder && (term.mask & (1U << unsigned(item.health))) != 0) ||
               any(item.state) || (term.mask == 0 && any(item.rawReason));
    case Key::Tenant:
        return any(item.tenant) || (item.kind == ItemKind::TenantCluster && any(item.name));
    case Key::Kind:
        return any(toString(item.kind)) || (item.kind == ItemKind::Workload && any(item.note));
    case Key::Namespace:
        return any(item.ns);
    case Key::Name:
        return any(item.name);
    case Key::Node: {
        int steps = 0; // the graph is a tree; the bound keeps a broken one from hanging us
        for (const Item* at = &item; at != nullptr && steps < 16; ++steps) {
            if ((at->kind == ItemKind::Host || at->kind == ItemKind::OuterNode ||
                 at->kind == ItemKind::InnerNode) &&
                any(at->name))
                return true;
            const stack::ItemId up = at->parentIn(stack::Tree::Stack);
            at = up                             ? stack.find(up)
                 : at->kind == ItemKind::Domain ? stack.find(at->parentIn(stack::Tree::Hosts))
                                                : nullptr;
        }
        return false;
    }
    }
    return false;
}

bool Filter::matches(const stack::Stack& stack, const Item& item) const
{
    return std::all_of(m_terms.begin(), m_terms.end(),
                       [&](const Term& term) { return holds(term, stack, item); });
}

} // namespace strata::ui
