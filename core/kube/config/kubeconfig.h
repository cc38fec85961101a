// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/secret.h"
#include "core/kube/config/execconfig.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::kube {

// One context of a kubeconfig, resolved: all that a connection needs, files already read.
struct ClusterConfig {
    std::string context; // name of the context
    std::string cluster; // name of its cluster entry
    std::string user;    // name of its user entry
    std::string origin;  // the file it came from, or "secret ns/name"; for messages only
    std::string server;  // "https://host:6443", no trailing slash
    std::string caPem;   // empty: the system's trust store
    std::string tlsServerName;
    std::string defaultNamespace = "default";
    bool insecureSkipTlsVerify = false;
    std::string clientCertificatePem;
    Secret clientKeyPem;
    Secret token;
    // Read again while it runs (client-go: at most once a minute, and when the server says 401). Absolute.
    std::string tokenFile;
    std::optional<ExecConfig> exec; // only when there is no other credential

    std::string proxyUrl; // "http://host:port", "https://…" or "socks5://…", without credentials; empty: none
    Secret proxyCredential; // "user:password" as the URL has it, percent-encoded; mostly empty

    struct Impersonation {
        std::string user; // empty: none
        std::string uid;
        std::vector<std::string> groups;
        std::map<std::string, std::vector<std::string>> extra;
        friend bool operator==(const Impersonation&, const Impersonation&) = default;
    };
    Impersonation impersonate;
};

// Whether both reach the same server in the same way as the same user; names and origin do not count.
bool sameAccess(const ClusterConfig& a, const ClusterConfig& b);

// A kubeconfig file (client-go tools/clientcmd/api/v1). Size and depth are bounded, anchors and aliases
// refused: the file is untrusted. A fault names file, context and field.
class Kubeconfig {
public:
    static Result<Kubeconfig> load(const std::string& path);
    // `baseDirectory` is where relative file references start from; empty refuses file references altogether,
    // which is right for kubeconfigs that come out of a cluster (they must not make us read local files).
    static Result<Kubeconfig> parse(std::string_view yaml, std::string origin, std::string baseDirectory);

    // Several files as one, the way kubectl reads $KUBECONFIG: entries of the first file win as a whole, the
    // first file that names a current context sets it. Paths of files stay relative to the file that holds
    // them.
    static Result<Kubeconfig> loadMerged(const std::vector<std::string>& paths);

    struct Context {
        std::string name;
        std::string cluster;
        std::string user;
        std::string server; // empty when the cluster entry is missing
        bool current = false;
    };
    const std::vector<Context>& contexts() const { return m_contexts; }
    const std::string& currentContext() const { return m_current; }
    const std::string& origin() const { return m_origin; }

    // An empty name means the current context. Runs nothing: a credential plugin is described in the result.
    // Refuses, with a sentence that says so, what no API server and no kubectl knows any more: auth providers
    // and passwords.
    Result<ClusterConfig> resolve(const std::string& context = {}) const;

private:
    struct Document;
    std::vector<Context> m_contexts;
    std::string m_current;
    std::string m_origin;
    std::shared_ptr<const Document> m_document;
};

// What a token file holds now, without the blanks around it. Reads a file: not for a thread that must not
// wait.
Result<Secret> readTokenFile(const std::string& path);

// The files kubectl would read: $KUBECONFIG's list, else ~/.kube/config. Missing ones are left out.
std::vector<std::string> usualKubeconfigPaths();

// A kubeconfig with this one context, everything inline: what another tool needs to reach the same cluster as
// the same user. The text holds the credential in the clear; keep it in files of mode 0600 only.
Secret writeKubeconfig(const ClusterConfig& config);

} // namespace strata::kube
