// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Inside net/ only: a byte stream to a client's server with the client's TLS, identity and proxy, for
// protocols that begin as an HTTP/1.1 request. All on the network's thread.
namespace strata::kube {

class RawLink {
public:
    enum class Io { Done, Again, End, Failed };

    virtual ~RawLink() = default; // closes the connection; no call follows
    // Up to `size` bytes; `got` is set with Done. TLS may hold bytes of its own: read until Again.
    virtual Io read(char* buffer, std::size_t size, std::size_t& got) = 0;
    // After Again the same bytes must be offered at the same place.
    virtual Io write(const char* bytes, std::size_t size, std::size_t& taken) = 0;
    virtual void want(bool read, bool write) = 0; // which onLinkReady() is to tell; nothing at first
    virtual Error failure() const = 0;            // after Failed

    // What the first request carries: a target prefix ("" mostly) and header lines without their ends, Host,
    // User-Agent and Authorization among them.
    virtual const std::string& pathPrefix() const = 0;
    virtual const std::vector<std::string>& headers() const = 0;
    // The error that an answer other than the wanted one stands for.
    virtual Error refusal(const std::string& path, int status, std::string_view contentType,
                          std::string_view location, std::string_view retryAfter, std::string_view body) = 0;
};

class RawSink {
public:
    virtual ~RawSink() = default;
    virtual void onLinkOpen(std::shared_ptr<RawLink> link) = 0;
    virtual void onLinkReady(bool readable, bool writable) = 0;
    virtual void onLinkEnd(Error error) = 0; // instead of onLinkOpen, or when the network ends
};

} // namespace strata::kube
