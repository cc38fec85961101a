// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace strata {

// Text that does not change and that many may hold: one pointer wide, nothing more when empty, and a copy is
// another holder of the same bytes. For what is kept by the hundred thousand (facts, items): a std::string
// takes 32 bytes where it is, told or not. Reads like a std::string_view; to change it, assign another text.
// Copies may be used on several threads.
class SharedText {
public:
    SharedText() = default;
    SharedText(const char* text) // NOLINT(google-explicit-constructor)
        : SharedText(text == nullptr ? std::string_view() : std::string_view(text))
    {}
    explicit SharedText(std::string_view text) : m_block(text.empty() ? nullptr : make(text)) {}
    explicit SharedText(const std::string& text) : SharedText(std::string_view(text)) {}
    SharedText(const SharedText& other) noexcept : m_block(other.m_block) { hold(); }
    SharedText(SharedText&& other) noexcept : m_block(std::exchange(other.m_block, nullptr)) {}
    ~SharedText() { release(); }
    SharedText& operator=(const SharedText& other) noexcept
    {
        SharedText copy(other);
        std::swap(m_block, copy.m_block);
        return *this;
    }
    SharedText& operator=(SharedText&& other) noexcept
    {
        std::swap(m_block, other.m_block);
        return *this;
    }
    SharedText& operator=(std::string_view text)
    {
        if (text != view())
            *this = SharedText(text);
        return *this;
    }
    SharedText& operator=(const std::string& text) { return *this = std::string_view(text); }
    SharedText& operator=(const char* text)
    {
        return *this = text == nullptr ? std::string_view() : std::string_view(text);
    }

    // The same text, in the memory of an earlier common() of this thread where that is remembered: for words
    // that come again and again (phases, namespaces, nodes' names). A few thousand short ones are remembered;
    // forgetting one costs memory, nothing else.
    static SharedText common(std::string_view text);

    std::string_view view() const
    {
        return m_block == nullptr ? std::string_view() : std::string_view(m_block->text(), m_block->size);
    }
    std::string string() const { return std::string(view()); }
    operator std::string_view() const { return view(); } // NOLINT(google-explicit-constructor)
    operator std::string() const { return string(); }    // NOLINT(google-explicit-constructor)
    const char* c_str() const { return m_block == nullptr ? "" : m_block->text(); }
    const char* data() const { return c_str(); }
    bool isSameMemory(const SharedText& other) const { return m_block == other.m_block; }

    bool empty() const { return m_block == nullptr; }
    std::size_t size() const { return m_block == nullptr ? 0 : m_block->size; }
    std::size_t length() const { return size(); }
    const char* begin() const { return c_str(); }
    const char* end() const { return c_str() + size(); }
    char operator[](std::size_t at) const { return c_str()[at]; }
    char front() const { return *c_str(); }
    char back() const { return c_str()[size() - 1]; }
    void clear() { *this = SharedText(); }

    static constexpr std::size_t npos = std::string_view::npos;
    template<typename What>
    std::size_t find(const What& what, std::size_t from = 0) const
    {
        return view().find(what, from);
    }
    template<typename What>
    std::size_t rfind(const What& what, std::size_t from = npos) const
    {
        return view().rfind(what, from);
    }
    std::size_t find_first_of(std::string_view of, std::size_t from = 0) const
    {
        return view().find_first_of(of, from);
    }
    std::size_t find_first_not_of(std::string_view of, std::size_t from = 0) const
    {
        return view().find_first_not_of(of, from);
    }
    std::size_t find_last_of(std::string_view of) const { return view().find_last_of(of); }
    template<typename What>
    bool starts_with(const What& what) const
    {
        return view().starts_with(what);
    }
    template<typename What>
    bool ends_with(const What& what) const
    {
        return view().ends_with(what);
    }
    std::string substr(std::size_t from = 0, std::size_t count = npos) const
    {
        return std::string(view().substr(from, count));
    }
    int compare(std::string_view other) const { return view().compare(other); }

private:
    struct Block {
        std::atomic<std::uint32_t> holders;
        std::uint32_t size;
        char* text() { return reinterpret_cast<char*>(this) + sizeof(Block); } // 0 behind it
        const char* text() const { return const_cast<Block*>(this)->text(); }
    };
    static Block* make(std::string_view text);
    static void destroy(Block* block);
    void hold() const
    {
        if (m_block != nullptr)
            m_block->holders.fetch_add(1, std::memory_order_relaxed);
    }
    void release()
    {
        if (m_block != nullptr && m_block->holders.fetch_sub(1, std::memory_order_acq_rel) == 1)
            destroy(m_block);
    }

    Block* m_block = nullptr; // null: empty
};

inline bool operator==(const SharedText& a, const SharedText& b)
{
    return a.isSameMemory(b) || a.view() == b.view();
}
inline std::strong_ordering operator<=>(const SharedText& a, const SharedText& b)
{
    return a.view() <=> b.view();
}

// Whatever else is text.
template<typename Other>
concept OtherText = !std::is_same_v<std::remove_cvref_t<Other>, SharedText> &&
                    std::is_convertible_v<const Other&, std::string_view>;

template<OtherText Other>
bool operator==(const SharedText& a, const Other& b)
{
    return a.view() == std::string_view(b);
}
template<OtherText Other>
std::strong_ordering operator<=>(const SharedText& a, const Other& b)
{
    return a.view() <=> std::string_view(b);
}

inline std::string operator+(const SharedText& a, const SharedText& b)
{
    return a.string().append(b.view());
}
template<OtherText Other>
std::string operator+(const SharedText& a, const Other& b)
{
    return a.string().append(std::string_view(b));
}
template<OtherText Other>
std::string operator+(const Other& a, const SharedText& b)
{
    return std::string(a).append(b.view());
}
inline std::string operator+(std::string&& a, const SharedText& b)
{
    return std::move(a.append(b.view()));
}
inline std::string operator+(const SharedText& a, char b)
{
    std::string out = a.string();
    out.push_back(b);
    return out;
}

std::ostream& operator<<(std::ostream& out, const SharedText& text);

} // namespace strata

template<>
struct std::hash<strata::SharedText> {
    std::size_t operator()(const strata::SharedText& text) const noexcept
    {
        return std::hash<std::string_view>{}(text.view());
    }
};
