// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/sharedtext.h"

#include <cstring>
#include <limits>
#include <new>
#include <ostream>
#include <stdexcept>
#include <vector>

namespace strata {
namespace {

constexpr std::size_t kRemembered = 8192; // a power of two
constexpr std::size_t kShort = 128;

} // namespace

SharedText::Block* SharedText::make(std::string_view text)
{
    if (text.size() >= std::numeric_limits<std::uint32_t>::max())
        throw std::length_error("a text of 4 GiB");
    void* const memory = ::operator new(sizeof(Block) + text.size() + 1);
    auto* const block = new (memory) Block{1, static_cast<std::uint32_t>(text.size())};
    std::memcpy(block->text(), text.data(), text.size());
    block->text()[text.size()] = '\0';
    return block;
}

void SharedText::destroy(Block* block)
{
    block->~Block();
    ::operator delete(block);
}

SharedText SharedText::common(std::string_view text)
{
    if (text.size() > kShort || text.empty())
        return SharedText(text);
    static thread_local std::vector<SharedText> remembered(kRemembered);
    SharedText& last = remembered[std::hash<std::string_view>{}(text) & (kRemembered - 1)];
    last = text; // does nothing where it is the same
    return last;
}

std::ostream& operator<<(std::ostream& out, const SharedText& text)
{
    return out << text.view();
}

} // namespace strata
