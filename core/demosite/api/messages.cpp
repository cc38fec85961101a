// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/messages.h"

#include "core/demosite/api/kinds.h"

#include <algorithm>
#include <cstdlib>

namespace strata::demosite {
namespace {

std::vector<std::string_view> separated(std::string_view text, char by)
{
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t comma = text.find(by);
        out.push_back(text.substr(0, comma));
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    return out;
}

Field::Type typeOf(std::string_view name)
{
    using Type = Field::Type;
    static const std::map<std::string_view, Type> types = {{"s", Type::String},
                                                           {"i", Type::Integer},
                                                           {"b", Type::Boolean},
                                                           {"d", Type::Double},
                                                           {"y", Type::Bytes},
                                                           {"Time", Type::Time},
                                                           {"MicroTime", Type::MicroTime},
                                                           {"Quantity", Type::Quantity},
                                                           {"IntOrString", Type::IntOrString},
                                                           {"Duration", Type::Duration},
                                                           {"FieldsV1", Type::Raw},
                                                           {"RawExtension", Type::Raw},
                                                           {"ExtraValue", Type::Extra}};
    const auto found = types.find(name);
    return found == types.end() ? Type::Message : found->second;
}

Field parseField(std::string_view text)
{
    Field field;
    const std::size_t equals = text.find('=');
    field.name = text.substr(0, equals);
    std::size_t at = equals + 1;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
        field.number = field.number * 10 + static_cast<unsigned>(text[at] - '0');
    field.list = text[at] == '*';
    field.map = text[at] == '%';
    if (field.list || field.map)
        ++at;
    std::size_t end = std::min(text.find_first_of("(?!#", at), text.size());
    field.messageName = text.substr(at, end - at);
    field.type = typeOf(field.messageName);
    if (end < text.size() && text[end] == '(') {
        const std::size_t close = std::min(text.find(')', end), text.size() - 1);
        field.values = separated(text.substr(end + 1, close - end - 1), '|');
        end = close + 1;
    }
    const std::size_t hash = text.find('#', end);
    const std::string_view marks = text.substr(end, hash == std::string_view::npos ? hash : hash - end);
    field.pointer = marks.find('?') != std::string_view::npos;
    field.required = marks.find('!') != std::string_view::npos;
    if (hash != std::string_view::npos) {
        const std::string_view keys = text.substr(hash + 1);
        if (keys == "-") {
            field.atomic = true;
            return field;
        }
        const std::size_t slash = keys.find('/');
        field.keys = separated(keys.substr(0, slash), ',');
        field.patchKeys =
            slash == std::string_view::npos ? field.keys : separated(keys.substr(slash + 1), ',');
    }
    return field;
}

} // namespace

const Field* Message::byNumber(unsigned number) const
{
    for (const Field& field : fields) {
        if (field.number == number)
            return &field;
    }
    return nullptr;
}

const Field* Message::byName(std::string_view jsonName) const
{
    for (const Field& field : fields) {
        if (field.inlined()) {
            if (const Field* inner = field.message->byName(jsonName))
                return inner;
        } else if (field.name == jsonName) {
            return &field;
        }
    }
    return nullptr;
}

void Message::flattened(std::vector<const Field*>& out) const
{
    for (const Field& field : fields) {
        if (field.inlined())
            field.message->flattened(out);
        else
            out.push_back(&field);
    }
}

const Messages& Messages::instance()
{
    static const Messages messages;
    return messages;
}

void Messages::add(const char* const* table)
{
    for (const char* const* line = table; *line != nullptr; ++line) {
        const std::string_view text(*line);
        const std::size_t colon = text.find(':');
        const bool atomic = text[colon - 1] == '~';
        const std::string_view name = text.substr(0, colon - (atomic ? 1 : 0));
        Message& message = m_messages[name];
        message.name = name;
        message.atomic = atomic;
        for (const std::string_view word : words(text.substr(colon + 1)))
            message.fields.push_back(parseField(word));
    }
}

void Messages::add(const char* const* roots, Roots& to)
{
    for (const char* const* line = roots; *line != nullptr; ++line) {
        const auto parts = words(*line);
        to[std::string(parts[0]) + " " + std::string(parts[1])] = named(parts.back());
    }
}

Messages::Messages()
{
    add(kMessageTable);
    add(kCustomTable);
    for (auto& [name, message] : m_messages) {
        for (Field& field : message.fields) {
            if (field.type != Field::Type::Message)
                continue;
            const auto found = m_messages.find(field.messageName);
            if (found == m_messages.end())
                std::abort(); // a hole in our own table
            field.message = &found->second;
        }
    }
    add(kMessageRoots, m_roots);
    add(kCustomRoots, m_custom);
}

const Message* Messages::named(std::string_view message) const
{
    const auto found = m_messages.find(message);
    return found == m_messages.end() ? nullptr : &found->second;
}

const Message* Messages::find(std::string_view apiVersion, std::string_view kind) const
{
    if (kind == "DeleteOptions")
        return named(kind);
    const auto found = m_roots.find(std::string(apiVersion) + " " + std::string(kind));
    return found == m_roots.end() ? nullptr : found->second;
}

const Message* Messages::custom(std::string_view apiVersion, std::string_view kind) const
{
    const auto found = m_custom.find(std::string(apiVersion) + " " + std::string(kind));
    return found == m_custom.end() ? nullptr : found->second;
}

} // namespace strata::demosite
