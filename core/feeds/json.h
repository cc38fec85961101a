// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/sharedtext.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata::feeds {

// As long as one lives, times that are read on this thread are told in this computer's clock: what a server
// says is moved by how far its clock is ahead of ours, so that ages and durations are right everywhere.
class ServerClock {
public:
    explicit ServerClock(std::int64_t aheadMs) : m_before(ahead()) { ahead() = aheadMs; }
    ~ServerClock() { ahead() = m_before; }
    ServerClock(const ServerClock&) = delete;
    ServerClock& operator=(const ServerClock&) = delete;

    static std::int64_t& ahead()
    {
        static thread_local std::int64_t ms = 0;
        return ms;
    }

private:
    std::int64_t m_before;
};

// A place in a JSON document that may not be there. What is missing or of another type than asked for reads
// as absent, so that a reader of an object never fails: a server newer than we are may say anything. Valid as
// long as the parser's document.
class Json {
public:
    Json() = default;
    Json(const simdjson::dom::element& element) : m_element(element) {} // NOLINT(google-explicit-constructor)

    bool exists() const { return m_element.has_value() && !m_element->is_null(); }
    bool isString() const { return m_element.has_value() && m_element->is_string(); }
    const std::optional<simdjson::dom::element>& element() const { return m_element; }

    Json operator[](std::string_view key) const
    {
        simdjson::dom::object object;
        simdjson::dom::element found;
        if (!m_element || m_element->get(object) != simdjson::SUCCESS ||
            object.at_key(key).get(found) != simdjson::SUCCESS)
            return {};
        return found;
    }

    // As received: for comparing and for credentials, never for showing.
    std::string_view raw() const
    {
        std::string_view value;
        if (m_element && m_element->get(value) == simdjson::SUCCESS)
            return value;
        return {};
    }

    // Cleaned. Numbers and truth values are written out: int-or-string is common.
    std::string text(std::size_t limit = kMaxShownText) const
    {
        if (!m_element)
            return {};
        std::string_view value;
        if (m_element->get(value) == simdjson::SUCCESS)
            return cleanText(value, limit);
        if (m_element->is_bool() || m_element->is_number())
            return simdjson::minify(*m_element);
        return {};
    }

    // The same, to be kept: text of its own, or in memory shared with what said the same before.
    SharedText kept() const
    {
        const std::string_view value = raw();
        return !value.empty() && isCleanText(value) ? SharedText(value) : SharedText(text());
    }
    SharedText common() const
    {
        const std::string_view value = raw();
        return !value.empty() && isCleanText(value) ? SharedText::common(value) : SharedText::common(text());
    }

    std::int64_t number(std::int64_t otherwise = -1) const
    {
        std::int64_t value = 0;
        return m_element && m_element->get(value) == simdjson::SUCCESS ? value : otherwise;
    }

    bool flag(bool otherwise = false) const
    {
        bool value = false;
        return m_element && m_element->get(value) == simdjson::SUCCESS ? value : otherwise;
    }

    UnixMs time() const // by this computer's clock: see ServerClock
    {
        const auto told = parseRfc3339(raw());
        return told ? *told - ServerClock::ahead() : 0;
    }

    template<typename Call>
    void each(Call&& call) const // of an array
    {
        simdjson::dom::array array;
        if (!m_element || m_element->get(array) != simdjson::SUCCESS)
            return;
        for (const simdjson::dom::element item : array)
            call(Json(item));
    }

    template<typename Call>
    void eachMember(Call&& call) const // of an object: call(std::string_view key, Json value)
    {
        simdjson::dom::object object;
        if (!m_element || m_element->get(object) != simdjson::SUCCESS)
            return;
        for (const simdjson::dom::key_value_pair member : object)
            call(std::string_view(member.key), Json(member.value));
    }

private:
    std::optional<simdjson::dom::element> m_element;
};

} // namespace strata::feeds
