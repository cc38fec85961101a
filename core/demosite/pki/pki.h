// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <memory>
#include <string>
#include <vector>

namespace strata::demosite {

struct KeyPair {
    std::string certificatePem;
    std::string keyPem; // PKCS#8
};

// A certificate authority of one demo cluster: ECDSA on P-256, certificates valid from an hour ago for a
// year, as kubeadm makes them. Its key lives in memory only.
class Authority {
public:
    static Result<Authority> create(const std::string& commonName);

    const std::string& certificatePem() const { return m_own.certificatePem; }
    // Kubernetes reads the user from the common name and the groups from the organizations.
    Result<KeyPair> clientCertificate(const std::string& user, const std::vector<std::string>& groups) const;
    // `names` are DNS names or IP addresses the server answers to. `expired`: its year was over two days ago.
    Result<KeyPair> serverCertificate(const std::string& commonName, const std::vector<std::string>& names,
                                      bool expired = false) const;

    // What a PEM certificate request asks for: its subject, key and names, with our signature. `usage` is the
    // extended key usage, as "clientAuth,serverAuth".
    Result<std::string> sign(const std::string& request, const std::string& usage, long seconds) const;

private:
    struct Signer; // the key and certificate as OpenSSL has them: reading PEM costs more than signing
    KeyPair m_own;
    std::shared_ptr<const Signer> m_signer;
};

} // namespace strata::demosite
