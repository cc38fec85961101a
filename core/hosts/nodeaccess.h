// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/secret.h"
#include "core/base/timestamp.h"
#include "core/hosts/nodespec.h"
#include "core/provision/object.h"

#include <string>
#include <string_view>

// How a machine comes into a cluster: what kubeadm calls bootstrap tokens and public key pinning. Pure, but
// for the system's random source.
namespace strata::hosts {

Secret newToken(); // "abcdef.0123456789abcdef"; empty when there is no random source
std::string tokenId(const Secret& token);
// The Secret the token is known by (bootstrap.kubernetes.io/token): signs and authenticates until `expires`.
provision::Object tokenSecret(const Secret& token, UnixMs expires, const std::string& node);
std::string tokenSecretName(const Secret& token);

// "sha256:" and the hash of a certificate's SubjectPublicKeyInfo; of the first one in the text.
Result<std::string> caHash(std::string_view pem);

// Where and by which authority nodes join: the kubeconfig in ConfigMap kube-public/cluster-info, which
// kubeadm makes. `body` is the answer to GET clusterInfoPath().
struct JoinPlace {
    std::string endpoint; // "10.0.0.10:6443"
    std::string caHash;
};
const char* clusterInfoPath();
Result<JoinPlace> joinPlaceOf(const std::string& body);

// An authority for a cluster that is not there yet, and the operator's way in once it is.
struct FirstAccess {
    std::string caPem;
    Secret caKeyPem;
    Secret adminCertificatePem;
    Secret adminKeyPem;
};
Result<FirstAccess> newFirstAccess();
// A kubeconfig for `server` ("https://10.0.0.10:6443"); for files of mode 0600.
Secret firstKubeconfig(const FirstAccess& access, const std::string& cluster, const std::string& server);

} // namespace strata::hosts
