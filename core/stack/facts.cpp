// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/facts.h"

namespace strata::stack {
namespace {

// call(fact) with the fact of whatever kind.
template<std::size_t Alternative = 0, typename Call>
auto visit(const FactBox& box, Call&& call)
{
    using T = std::variant_alternative_t<Alternative, Fact>;
    if constexpr (Alternative + 1 < std::variant_size_v<Fact>) {
        if (const T* fact = box.as<T>(); fact == nullptr)
            return visit<Alternative + 1>(box, std::forward<Call>(call));
    }
    return call(*box.as<T>());
}

} // namespace

Fact FactBox::value() const
{
    return visit(*this, [](const auto& fact) { return Fact(fact); });
}

bool operator==(const FactBox& a, const FactBox& b)
{
    return a.m_alternative == b.m_alternative &&
           visit(a, [&b]<typename T>(const T& fact) { return fact == *b.as<T>(); });
}

FactPtr makeFact(Fact fact)
{
    return std::visit([](auto&& each) { return makeFact(std::forward<decltype(each)>(each)); },
                      std::move(fact));
}

} // namespace strata::stack
