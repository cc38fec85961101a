// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace strata {

// A hash table from names to values for tables of hundreds of thousands: an entry is one piece of memory with
// the name's bytes in it, so that it costs the value, the name and 24 bytes, and a lookup makes no string.
// Values stay where they are until they are erased. Names are shorter than 4 GiB. Movable, not copyable.
template<typename Value>
class NameTable {
    struct Node {
        Node(Node* follows, std::uint32_t h, std::uint32_t length) : next(follows), hash(h), size(length) {}

        char* text() { return reinterpret_cast<char*>(this) + sizeof(Node); }
        std::string_view name() { return {text(), size}; }

        Node* next;
        std::uint32_t hash;
        std::uint32_t size;
        [[no_unique_address]] Value value{};
    };

public:
    NameTable() = default;
    ~NameTable() { clear(); }
    NameTable(const NameTable&) = delete;
    NameTable& operator=(const NameTable&) = delete;
    NameTable(NameTable&& other) noexcept { swap(other); }
    NameTable& operator=(NameTable&& other) noexcept
    {
        NameTable taken(std::move(other));
        swap(taken);
        return *this;
    }
    void swap(NameTable& other) noexcept
    {
        m_buckets.swap(other.m_buckets);
        std::swap(m_size, other.m_size);
    }

    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }

    // Null when it is not there.
    Value* find(std::string_view name)
    {
        Node** const at = place(name, hashOf(name));
        return at == nullptr || *at == nullptr ? nullptr : &(*at)->value;
    }
    const Value* find(std::string_view name) const { return const_cast<NameTable*>(this)->find(name); }
    bool contains(std::string_view name) const { return find(name) != nullptr; }

    // What is there, or a new value; true when it is new.
    std::pair<Value*, bool> insert(std::string_view name)
    {
        const std::uint32_t hash = hashOf(name);
        if (Node** const at = place(name, hash); at != nullptr && *at != nullptr)
            return {&(*at)->value, false};
        if (m_size >= m_buckets.size())
            grow();
        Node*& bucket = bucketOf(hash);
        void* const memory = ::operator new(sizeof(Node) + name.size());
        Node* const node = new (memory) Node(bucket, hash, static_cast<std::uint32_t>(name.size()));
        if (!name.empty())
            std::memcpy(node->text(), name.data(), name.size());
        bucket = node;
        ++m_size;
        return {&node->value, true};
    }

    bool erase(std::string_view name)
    {
        Node** const at = place(name, hashOf(name));
        if (at == nullptr || *at == nullptr)
            return false;
        remove(at);
        return true;
    }

    void clear()
    {
        for (Node*& bucket : m_buckets) {
            while (bucket != nullptr)
                remove(&bucket);
        }
        m_buckets = {};
    }

    // visit(name, value) for each, in no order. It must not change the table.
    template<typename Visit>
    void each(Visit&& visit)
    {
        for (Node* node : m_buckets) {
            for (; node != nullptr; node = node->next)
                visit(node->name(), node->value);
        }
    }
    template<typename Visit>
    void each(Visit&& visit) const
    {
        const_cast<NameTable*>(this)->each(
            [&visit](std::string_view name, const Value& value) { visit(name, value); });
    }

    // Erases those for which isGone(name, value) says so.
    template<typename IsGone>
    void eraseIf(IsGone&& isGone)
    {
        for (Node*& bucket : m_buckets) {
            for (Node** at = &bucket; *at != nullptr;) {
                if (isGone((*at)->name(), std::as_const((*at)->value)))
                    remove(at);
                else
                    at = &(*at)->next;
            }
        }
    }

    // Takes over what this one does not have; the rest stays there.
    void merge(NameTable& other)
    {
        for (Node*& bucket : other.m_buckets) {
            for (Node** at = &bucket; *at != nullptr;) {
                Node* const node = *at;
                if (contains(node->name())) {
                    at = &node->next;
                    continue;
                }
                *at = node->next;
                --other.m_size;
                if (m_size >= m_buckets.size())
                    grow();
                Node*& mine = bucketOf(node->hash);
                node->next = mine;
                mine = node;
                ++m_size;
            }
        }
    }

private:
    static constexpr std::size_t kFewest = 8; // buckets; always a power of two

    static_assert(alignof(Value) <= alignof(Node*), "a node's memory is aligned as a pointer's");

    static std::uint32_t hashOf(std::string_view name)
    {
        return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
    }
    Node*& bucketOf(std::uint32_t hash) { return m_buckets[hash & (m_buckets.size() - 1)]; }

    // Where the pointer to it is, or would be; null when there are no buckets.
    Node** place(std::string_view name, std::uint32_t hash)
    {
        if (m_buckets.empty())
            return nullptr;
        Node** at = &bucketOf(hash);
        while (*at != nullptr && ((*at)->hash != hash || (*at)->name() != name))
            at = &(*at)->next;
        return at;
    }

    void remove(Node** at)
    {
        Node* const node = *at;
        *at = node->next;
        node->~Node();
        ::operator delete(node);
        --m_size;
    }

    void grow()
    {
        std::vector<Node*> old(std::max(kFewest, m_buckets.size() * 2));
        old.swap(m_buckets);
        for (Node* node : old) {
            while (node != nullptr) {
                Node* const next = node->next;
                Node*& bucket = bucketOf(node->hash);
                node->next = bucket;
                bucket = node;
                node = next;
            }
        }
    }

    std::vector<Node*> m_buckets;
    std::size_t m_size = 0;
};

struct Nothing {}; // a table of names alone
using NameSet = NameTable<Nothing>;

} // namespace strata
