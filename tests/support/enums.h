// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTest>

#include <concepts>
#include <type_traits>

// QCOMPARE of our enums. Several have a toString() that returns a literal; Qt Test would find it by argument
// dependent lookup, prefer it to its own (it is no template) and free what it returned: a test that should
// say what differs would end its program instead. To be included where such enums are compared.
namespace strata::test {

template<typename T>
concept EnumWithWords = std::is_enum_v<T> && requires(T value)
{
    {
        toString(value)
        } -> std::same_as<const char*>;
};

// An enum whose words are a copy, as Qt Test wants them.
template<EnumWithWords T>
struct Worded {
    T value;
    friend bool operator==(const Worded&, const Worded&) = default;
};

template<typename T>
char* toString(const Worded<T>& worded)
{
    return qstrdup(toString(worded.value));
}

} // namespace strata::test

namespace QTest {

// More constrained than Qt's own, and so preferred.
template<typename T1, typename T2>
requires strata::test::EnumWithWords<T1> && std::same_as<T1, T2>
inline bool qCompare(const T1& t1, const T2& t2, const char* actual, const char* expected, const char* file,
                     int line)
{
    return qCompare(strata::test::Worded<T1>{t1}, strata::test::Worded<T2>{t2}, actual, expected, file, line);
}

} // namespace QTest
