// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/document.h"

#include "core/base/translate.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace strata::feeds {
namespace {

constexpr int kMaxDepth = 100;

std::string hidden(const Json& value, bool encoded)
{
    std::string bytes(value.raw());
    if (encoded) {
        std::string decoded;
        if (base64Decode(bytes, decoded))
            bytes.swap(decoded);
    }
    return "<hidden, " + std::to_string(bytes.size()) + " bytes>";
}

// Words that YAML 1.1 or 1.2 readers take for truth values, nulls or numbers (yaml.org/type and YAML 1.2.2,
// section 10.3).
bool looksTyped(std::string_view text)
{
    static constexpr std::array words = {"null", "true", "false", "yes",   "no", "on", "off", "y",   "n",
                                         ".inf", ".nan", "+.inf", "-.inf", "~",  "<<", "=",   "nan", "inf"};
    const std::string lower = toLower(text);
    if (std::find(words.begin(), words.end(), lower) != words.end())
        return true;
    std::string_view digits = lower;
    if (!digits.empty() && (digits.front() == '+' || digits.front() == '-' || digits.front() == '.'))
        digits.remove_prefix(1);
    if (digits.empty() || digits.front() < '0' || digits.front() > '9')
        return false;
    if (digits.starts_with("0x") || digits.starts_with("0o") || digits.starts_with("0b"))
        return true;
    // Numbers, base 60 ones with colons too, and times; generously, since an unneeded quote does no harm.
    if (digits.find_first_not_of("0123456789_.+-:etz ") != std::string_view::npos)
        return false;
    const bool address = std::count(digits.begin(), digits.end(), '.') >= 2 &&
                         digits.find_first_not_of("0123456789.") == std::string_view::npos;
    return !address;
}

bool isPlain(std::string_view text)
{
    if (text.empty() || text.front() == ' ' || text.back() == ' ' || looksTyped(text))
        return false;
    // Indicators (YAML 1.2.2, section 5.3) at the start; the flow and comment ones anywhere they could bite.
    if (std::string_view("-?:,[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos) {
        const bool harmless = (text.front() == '-' || text.front() == ':') && text.size() > 1 &&
                              text[1] != ' ' && text[1] != '-' && text.front() == '-';
        if (!harmless)
            return false;
    }
    if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos ||
        text.back() == ':')
        return false;
    return isCleanText(text, text.size());
}

// A block scalar keeps a text of several lines readable; it must be exact, so only for texts that need no
// escapes and start and end in a line with something in it.
bool isBlock(std::string_view text)
{
    if (text.find('\n') == std::string_view::npos || text.front() == '\n' || text.front() == ' ')
        return false;
    std::size_t from = 0;
    while (from < text.size()) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        const std::string_view line = text.substr(from, end - from);
        for (std::size_t at = 0; at <= line.size();) { // tabs are fine inside a line
            const std::size_t tab = std::min(line.find('\t', at), line.size());
            if (!isCleanText(line.substr(at, tab - at), line.size()))
                return false;
            at = tab + 1;
        }
        if (!line.empty() && (line.front() == '\t' || line.back() == ' ' || line.back() == '\t'))
            return false;
        from = end + 1;
    }
    return !text.ends_with("\n\n");
}

class Writer {
public:
    explicit Writer(std::size_t limit) : m_limit(limit) {}

    std::string write(const Json& object)
    {
        m_secret = object["kind"].raw() == "Secret" && object["apiVersion"].raw() == "v1";
        value(object, 0, false, {});
        if (m_out.empty() || m_out.back() != '\n')
            m_out += '\n';
        if (full()) {
            const std::size_t end = m_out.rfind('\n', std::min(m_limit, m_out.size() - 1));
            m_out.resize(end == std::string::npos ? 0 : end + 1);
            m_out += "# " + arguments(translate("Document",
                                                "The rest is not shown: the document is larger than %1 KiB."),
                                      {std::to_string(m_limit / 1024)});
            m_out += '\n';
        }
        return std::move(m_out);
    }

private:
    // Where we are, as far as what is hidden depends on it.
    enum class Place { Other, Root, Metadata, Annotations, Values, EncodedValues };
    struct Context {
        Place place = Place::Root;
    };

    bool full()
    {
        if (m_out.size() > m_limit)
            m_cut = true;
        return m_cut;
    }

    void indent(int depth) { m_out.append(static_cast<std::size_t>(depth) * 2, ' '); }

    Place below(Place place, std::string_view key) const
    {
        if (place == Place::Root) {
            if (key == "metadata")
                return Place::Metadata;
            if (m_secret && key == "data")
                return Place::EncodedValues;
            if (m_secret && key == "stringData")
                return Place::Values;
        }
        if (place == Place::Metadata && key == "annotations")
            return Place::Annotations;
        return Place::Other;
    }

    bool isHidden(Place place, std::string_view key) const
    {
        return place == Place::Values || place == Place::EncodedValues ||
               (m_secret && place == Place::Annotations &&
                key == "kubectl.kubernetes.io/last-applied-configuration");
    }

    // `inSequence`: we stand behind "- ", so that the first member goes on the same line.
    void value(const Json& json, int depth, bool inSequence, Context context)
    {
        if (full())
            return;
        simdjson::dom::object object;
        simdjson::dom::array array;
        const auto& element = json.element();
        if (element && element->get(object) == simdjson::SUCCESS)
            mapping(object, depth, inSequence, context);
        else if (element && element->get(array) == simdjson::SUCCESS)
            sequence(array, depth, inSequence, context);
        else
            scalar(json, depth);
    }

    void mapping(const simdjson::dom::object& object, int depth, bool inSequence, Context context)
    {
        bool first = true;
        for (const simdjson::dom::key_value_pair member : object) {
            if (full())
                return;
            const std::string_view key = member.key;
            if (context.place == Place::Metadata && key == "managedFields")
                continue;
            if (!(first && inSequence))
                indent(depth);
            first = false;
            text(key, depth, true);
            m_out += ':';
            const Json child(member.value);
            if (isHidden(context.place, key)) {
                m_out += ' ';
                text(hidden(child, context.place == Place::EncodedValues), depth, true);
                m_out += '\n';
                continue;
            }
            under(child, depth, {below(context.place, key)});
        }
        if (first) {
            if (inSequence || depth == 0)
                m_out += "{}\n";
        }
    }

    // What stands behind "key:".
    void under(const Json& child, int depth, Context context)
    {
        simdjson::dom::object object;
        simdjson::dom::array array;
        const auto& element = child.element();
        if (depth >= kMaxDepth) {
            m_out += " \"…\"\n";
        } else if (element && element->get(object) == simdjson::SUCCESS) {
            if (isEmpty(object, context)) {
                m_out += " {}\n";
            } else {
                m_out += '\n';
                mapping(object, depth + 1, false, context);
            }
        } else if (element && element->get(array) == simdjson::SUCCESS) {
            if (array.begin() == array.end()) {
                m_out += " []\n";
            } else {
                m_out += '\n';
                sequence(array, depth, false, context); // as kubectl writes them: not indented
            }
        } else {
            m_out += ' ';
            scalar(child, depth + 1);
        }
    }

    static bool isEmpty(const simdjson::dom::object& object, Context context)
    {
        for (const simdjson::dom::key_value_pair member : object)
            if (context.place != Place::Metadata || std::string_view(member.key) != "managedFields")
                return false;
        return true;
    }

    void sequence(const simdjson::dom::array& array, int depth, bool inSequence, Context)
    {
        bool first = true;
        for (const simdjson::dom::element item : array) {
            if (full())
                return;
            if (!(first && inSequence))
                indent(depth);
            first = false;
            m_out += "- ";
            if (depth >= kMaxDepth)
                m_out += "\"…\"\n";
            else
                value(Json(item), depth + 1, true, {Place::Other});
        }
        if (first)
            m_out += "[]\n";
    }

    void scalar(const Json& json, int depth)
    {
        if (!json.exists())
            m_out += "null";
        else if (json.isString())
            text(json.raw(), depth, false);
        else
            m_out += json.text();
        m_out += '\n';
    }

    void text(std::string_view text, int depth, bool oneLine)
    {
        // A single value may be larger than all that is shown.
        if (text.size() > m_limit)
            text = text.substr(0, m_limit + 1);
        if (isPlain(text)) {
            m_out += text;
        } else if (!oneLine && isBlock(text)) {
            m_out += text.ends_with('\n') ? "|" : "|-";
            if (text.ends_with('\n'))
                text.remove_suffix(1);
            std::size_t from = 0;
            while (from <= text.size()) {
                const std::size_t end = std::min(text.find('\n', from), text.size());
                m_out += '\n';
                if (end > from) {
                    indent(std::max(depth, 1));
                    m_out += text.substr(from, end - from);
                }
                from = end + 1;
            }
        } else {
            quoted(text);
        }
    }

    void quoted(std::string_view text)
    {
        m_out += '"';
        for (std::size_t i = 0; i < text.size();) {
            const auto byte = static_cast<unsigned char>(text[i]);
            std::size_t length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
            length = std::min(length, text.size() - i);
            const std::string_view piece = text.substr(i, length);
            i += length;
            if (piece == "\"" || piece == "\\") {
                m_out += '\\';
                m_out += piece;
            } else if (piece == "\n") {
                m_out += "\\n";
            } else if (piece == "\t") {
                m_out += "\\t";
            } else if (piece == "\r") {
                m_out += "\\r";
            } else if (isCleanText(piece, piece.size())) {
                m_out += piece;
            } else {
                escape(piece);
            }
        }
        m_out += '"';
    }

    // A character that is not to be shown as itself. simdjson has checked that the text is UTF-8.
    void escape(std::string_view piece)
    {
        const auto byte = [&piece](std::size_t i) { return static_cast<unsigned char>(piece[i]); };
        unsigned value = byte(0);
        if (piece.size() == 2)
            value = (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
        else if (piece.size() == 3)
            value = (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
        else if (piece.size() == 4)
            value = (byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U |
                    (byte(3) & 0x3FU);
        std::array<char, 16> buffer{};
        const int length = std::snprintf(buffer.data(), buffer.size(),
                                         value <= 0xFF     ? "\\x%02x"
                                         : value <= 0xFFFF ? "\\u%04x"
                                                           : "\\U%08x",
                                         value);
        m_out.append(buffer.data(), static_cast<std::size_t>(length));
    }

    const std::size_t m_limit;
    std::string m_out;
    bool m_cut = false;
    bool m_secret = false;
};

} // namespace

std::string toYaml(const Json& object, std::size_t limit)
{
    return Writer(limit).write(object);
}

Result<std::string> documentFromJson(std::string_view json, std::size_t limit)
{
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    if (parser.parse(json.data(), json.size()).get(element) != simdjson::SUCCESS || !element.is_object())
        return fail(ErrorKind::Protocol,
                    translate("Document", "The server's answer is not an object that Strata can read."));
    return toYaml(element, limit);
}

} // namespace strata::feeds
