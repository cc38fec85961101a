// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strata::test {

// A certificate with its key, as PEM.
struct Credential {
    std::string certificatePem;
    std::string keyPem;
};

struct CertificateWish {
    std::string commonName;
    std::vector<std::string> organizations; // groups of a Kubernetes user
    std::vector<std::string> dnsNames;
    std::vector<std::string> addresses; // "127.0.0.1"
    std::int64_t notBefore = -3600;     // seconds from now
    std::int64_t notAfter = 24 * 3600;
    bool forClient = false; // else for a server
};

// A certificate authority of the moment (ECDSA P-256), for tests only.
class TestCa {
public:
    explicit TestCa(const std::string& commonName = "strata test CA");
    ~TestCa();
    TestCa(const TestCa&) = delete;
    TestCa& operator=(const TestCa&) = delete;

    const std::string& certificatePem() const;
    Credential issue(const CertificateWish& wish) const;
    Credential server() const; // for localhost and 127.0.0.1
    Credential client(const std::string& user, const std::vector<std::string>& groups = {}) const;

private:
    struct Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::test
