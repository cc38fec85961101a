// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/protobuf.h"

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/demosite/api/messages.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstring>

namespace strata::demosite {
namespace {

constexpr int kMaxDepth = 32;

enum Wire : unsigned { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

struct Token {
    unsigned number = 0;
    unsigned wire = 0;
    std::uint64_t value = 0; // of varints and fixed numbers
    std::string_view bytes;
};

// Reads one message's fields in turn.
class Reader {
public:
    explicit Reader(std::string_view bytes) : m_rest(bytes) {}

    bool atEnd() const { return m_rest.empty(); }
    // False: the bytes are no message.
    bool next(Token& token)
    {
        std::uint64_t key = 0;
        if (!varint(key) || (key >> 3U) == 0 || (key >> 3U) > 0x1FFFFFFFU)
            return false;
        token.number = static_cast<unsigned>(key >> 3U);
        token.wire = static_cast<unsigned>(key & 7U);
        switch (token.wire) {
        case Varint:
            return varint(token.value);
        case Fixed64:
            return fixed(token.value, 8);
        case Fixed32:
            return fixed(token.value, 4);
        case Bytes: {
            std::uint64_t size = 0;
            if (!varint(size) || size > m_rest.size())
                return false;
            token.bytes = m_rest.substr(0, size);
            m_rest.remove_prefix(size);
            return true;
        }
        default:
            return false; // groups ended with proto1
        }
    }
    bool varint(std::uint64_t& value)
    {
        value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (m_rest.empty())
                return false;
            const auto byte = static_cast<unsigned char>(m_rest.front());
            m_rest.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if ((byte & 0x80U) == 0)
                return true;
        }
        return false;
    }

private:
    bool fixed(std::uint64_t& value, std::size_t size)
    {
        if (m_rest.size() < size)
            return false;
        value = 0;
        for (std::size_t i = size; i > 0; --i)
            value = value << 8U | static_cast<unsigned char>(m_rest[i - 1]);
        m_rest.remove_prefix(size);
        return true;
    }

    std::string_view m_rest;
};

// Of the small messages that are one value in JSON: their fields by number.
bool collect(std::string_view bytes, Token (&fields)[4])
{
    Reader reader(bytes);
    Token token;
    while (!reader.atEnd()) {
        if (!reader.next(token))
            return false;
        if (token.number < 4)
            fields[token.number] = token;
    }
    return true;
}

std::string duration(std::int64_t nanoseconds) // time.Duration.String
{
    const bool negative = nanoseconds < 0;
    const std::int64_t total = (negative ? -nanoseconds : nanoseconds) / 1'000'000;
    const std::int64_t hours = total / 3'600'000;
    const std::int64_t minutes = total / 60'000 % 60;
    const std::int64_t milliseconds = total % 60'000;
    std::string out = negative ? "-" : "";
    if (hours > 0)
        out += std::to_string(hours) + "h";
    if (hours > 0 || minutes > 0)
        out += std::to_string(minutes) + "m";
    out += std::to_string(milliseconds / 1000);
    if (milliseconds % 1000 != 0) {
        std::string fraction = std::to_string(1000 + milliseconds % 1000).substr(1);
        while (fraction.back() == '0')
            fraction.pop_back();
        out += "." + fraction;
    }
    return out + "s";
}

class Decoder {
public:
    // False: malformed, or deeper than any object is.
    bool message(std::string_view bytes, const Message& type, Json& out, int depth = 0)
    {
        if (depth > kMaxDepth)
            return false;
        Reader reader(bytes);
        Token token;
        while (!reader.atEnd()) {
            if (!reader.next(token))
                return false;
            const Field* field = type.byNumber(token.number);
            if (field == nullptr)
                continue; // of a newer client: as upstream, skipped
            if (field->inlined()) {
                if (token.wire != Bytes || !message(token.bytes, *field->message, out, depth + 1))
                    return false;
                continue;
            }
            if (field->map ? !entry(token, *field, out, depth) : !plain(token, *field, out, depth))
                return false;
        }
        return true;
    }

private:
    bool plain(const Token& token, const Field& field, Json& out, int depth)
    {
        const std::string name(field.name);
        if (field.list && token.wire == Bytes &&
            (field.type == Field::Type::Integer || field.type == Field::Type::Boolean)) {
            Reader packed(token.bytes);
            while (!packed.atEnd()) {
                Token one;
                if (!packed.varint(one.value))
                    return false;
                out[name].push_back(scalar(one, field));
            }
            return true;
        }
        Json value;
        if (!single(token, field, value, depth))
            return false;
        if (field.list)
            out[name].push_back(std::move(value));
        else if (counts(value, field))
            out[name] = std::move(value);
        return true;
    }

    // Zero values are on the wire even where JSON leaves them out.
    static bool counts(const Json& value, const Field& field)
    {
        if (value.is_null())
            return false;
        if (field.pointer || field.required)
            return true;
        return !(value.is_string() && value.get_ref<const std::string&>().empty()) && value != Json(0) &&
               value != Json(false) && value != Json(0.0);
    }

    bool entry(const Token& token, const Field& field, Json& out, int depth)
    {
        Token parts[4];
        if (token.wire != Bytes || !collect(token.bytes, parts))
            return false;
        Json value;
        parts[2].wire = parts[2].number == 0 ? unsigned{Bytes} : parts[2].wire; // an absent value is empty
        if (!single(parts[2], field, value, depth))
            return false;
        out[std::string(field.name)][std::string(parts[1].bytes)] = std::move(value);
        return true;
    }

    static Json scalar(const Token& token, const Field& field)
    {
        if (field.type == Field::Type::Boolean)
            return token.value != 0;
        return static_cast<std::int64_t>(token.value);
    }

    bool single(const Token& token, const Field& field, Json& value, int depth)
    {
        using Type = Field::Type;
        Token parts[4];
        switch (field.type) {
        case Type::Integer:
        case Type::Boolean:
            value = scalar(token, field);
            return token.wire == Varint;
        case Type::Double: {
            double number = 0;
            std::memcpy(&number, &token.value, sizeof number);
            value = number;
            return token.wire == Fixed64;
        }
        default:
            break;
        }
        if (token.wire != Bytes)
            return false;
        switch (field.type) {
        case Type::String:
            value = std::string(token.bytes);
            return true;
        case Type::Bytes:
            value = base64Encode(std::string(token.bytes));
            return true;
        case Type::Time:
        case Type::MicroTime:
            if (!collect(token.bytes, parts))
                return false;
            if (parts[1].number != 0 || parts[2].number != 0) {
                const auto seconds = static_cast<std::int64_t>(parts[1].value);
                if (seconds < -62'135'596'800 || seconds > 253'402'300'799)
                    return false; // before year 1 or after year 9999
                std::string time = formatRfc3339(seconds * 1000).substr(0, 19);
                if (field.type == Type::MicroTime)
                    time += "." + std::to_string(1'000'000 + parts[2].value / 1000 % 1'000'000).substr(1);
                value = time + "Z";
            }
            return true;
        case Type::Quantity:
            if (!collect(token.bytes, parts))
                return false;
            value = parts[1].number == 0 ? std::string("0") : std::string(parts[1].bytes);
            return true;
        case Type::IntOrString:
            if (!collect(token.bytes, parts))
                return false;
            if (parts[1].value == 1)
                value = std::string(parts[3].bytes);
            else
                value = static_cast<std::int64_t>(parts[2].value);
            return true;
        case Type::Duration:
            if (!collect(token.bytes, parts))
                return false;
            value = duration(static_cast<std::int64_t>(parts[1].value));
            return true;
        case Type::Raw: {
            if (!collect(token.bytes, parts))
                return false;
            if (parts[1].bytes.empty())
                return true;
            auto parsed = parseBody(parts[1].bytes, Format::Yaml, true);
            if (!parsed)
                return false;
            value = std::move(*parsed);
            return true;
        }
        case Type::Extra: {
            value = Json::array();
            Reader reader(token.bytes);
            Token item;
            while (!reader.atEnd()) {
                if (!reader.next(item))
                    return false;
                if (item.number == 1)
                    value.push_back(std::string(item.bytes));
            }
            return true;
        }
        case Type::Message:
            value = Json::object();
            return message(token.bytes, *field.message, value, depth + 1);
        default:
            return false;
        }
    }
};

} // namespace

Answer<Json> decodeProtobuf(std::string_view body)
{
    constexpr std::string_view magic("k8s\0", 4);
    Token envelope[4];
    Token type[4];
    if (body.substr(0, magic.size()) != magic || !collect(body.substr(magic.size()), envelope) ||
        !collect(envelope[1].bytes, type))
        return badRequest("the request body is no Kubernetes protobuf message");
    const std::string apiVersion(type[1].bytes);
    const std::string kind(type[2].bytes);
    const Message* message = Messages::instance().find(apiVersion, kind);
    if (message == nullptr)
        return deny(415, "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: "
                    "application/json, application/yaml");
    Json object = {{"kind", kind}, {"apiVersion", apiVersion}};
    if (!Decoder().message(envelope[2].bytes, *message, object))
        return badRequest("the request body is no valid message of kind " + kind);
    return object;
}

} // namespace strata::demosite
