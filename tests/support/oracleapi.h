// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace strata::test {

// An API server on loopback (plain HTTP/1.1) that keeps config maps with their whole history, so that it can
// answer as a replica that lags behind, forget the past, or refuse. What it does to one request depends on
// the seed alone that is in the client's token ("seed-17"), and on how many requests that client has made.
class OracleApi {
public:
    enum class Mood {
        None,
        Stale,        // lists of an older state, watches that stop short of the newest
        Gone,         // 410 when a watch begins, in its middle, and between the pages of a list
        Throttled,    // 429, with all kinds of Retry-After; also in the middle of a watch
        Unauthorized, // 401
        Forbidden,    // 403
    };

    OracleApi();
    ~OracleApi();
    OracleApi(const OracleApi&) = delete;
    OracleApi& operator=(const OracleApi&) = delete;

    std::string url() const;
    void setMood(Mood mood); // None: healed; replicas that lag catch up

    void put(const std::string& name); // added, or changed
    void remove(const std::string& name);

    std::map<std::string, std::string> truth() const; // "default/name" → "uid@resourceVersion"
    int refused() const;                              // requests that met the mood
    int impatient() const; // requests that came before the Retry-After of an earlier answer had passed
    void forgive();        // those so far, and answers that nobody can have read

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::test
