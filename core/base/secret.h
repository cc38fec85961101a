// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace strata {

// A credential in memory. It is not printable by accident (no stream operator, no conversion), compares in
// constant time, and its memory is overwritten when it goes.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : m_value(std::move(value)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : m_value(other.m_value) { other.wipe(); }
    Secret& operator=(const Secret& other)
    {
        if (this != &other) {
            wipe();
            m_value = other.m_value;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept
    {
        if (this != &other) {
            wipe();
            m_value = other.m_value;
            other.wipe();
        }
        return *this;
    }
    ~Secret() { wipe(); }

    bool empty() const { return m_value.empty(); }
    const std::string& reveal() const { return m_value; } // every use is a place to look at in review

    friend bool operator==(const Secret& a, const Secret& b)
    {
        if (a.m_value.size() != b.m_value.size())
            return false;
        unsigned char difference = 0;
        for (std::size_t i = 0; i < a.m_value.size(); ++i)
            difference |= static_cast<unsigned char>(a.m_value[i] ^ b.m_value[i]);
        return difference == 0;
    }

private:
    void wipe()
    {
        volatile char* bytes = m_value.data();
        for (std::size_t i = 0; i < m_value.size(); ++i)
            bytes[i] = 0;
        m_value.clear();
    }

    std::string m_value;
};

} // namespace strata
