// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/watch/framesplitter.h"

#include <algorithm>
#include <cstring>

namespace strata::kube {

namespace {

constexpr std::size_t kPadding = 64;               // SIMDJSON_PADDING
constexpr std::size_t kKeptCapacity = 256U << 10U; // memory a quiet watch may hold on to

} // namespace

void FrameSplitter::reset()
{
    m_buffer = {};
    m_dropped = 0;
}

void FrameSplitter::feed(std::string_view bytes, const OnFrame& frame, const OnTooLong& tooLong)
{
    while (!bytes.empty()) {
        const auto* found = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
        const std::size_t length =
            found == nullptr ? bytes.size() : static_cast<std::size_t>(found - bytes.data());
        if (m_dropped != 0) {
            m_dropped += length;
        } else if (m_buffer.size() + length > m_limit) {
            m_dropped = m_buffer.size() + length;
            m_buffer = {};
        } else {
            if (m_buffer.capacity() < m_buffer.size() + length + kPadding)
                m_buffer.reserve(std::max(m_buffer.size() + length + kPadding, 2 * m_buffer.capacity()));
            m_buffer.append(bytes.data(), length);
        }
        if (found == nullptr)
            return;
        bytes.remove_prefix(length + 1);
        bool goOn = true;
        if (m_dropped != 0) {
            const std::size_t dropped = m_dropped;
            m_dropped = 0;
            goOn = tooLong(dropped);
        } else {
            std::size_t size = m_buffer.size();
            if (size > 0 && m_buffer[size - 1] == '\r')
                --size;
            if (size > 0) {
                // The padding is read, never believed; give it a value all the same.
                m_buffer.append(kPadding, ' ');
                goOn = frame(std::string_view(m_buffer.data(), size));
            }
            m_buffer.clear();
            if (m_buffer.capacity() > kKeptCapacity)
                m_buffer = {};
        }
        if (!goOn)
            return;
    }
}

} // namespace strata::kube
