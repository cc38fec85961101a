// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/secret.h"
#include "core/base/timestamp.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Credential plugins (client.authentication.k8s.io/v1 and v1beta1): a kubeconfig names a program that prints
// a credential. A kubeconfig is untrusted, so a program runs only after the operator has allowed exactly it.
namespace strata::kube {

struct ExecConfig {
    std::string apiVersion; // "client.authentication.k8s.io/v1"
    std::string command; // as written; with a separator relative to `baseDirectory`, else looked up in $PATH
    std::vector<std::string> args;
    std::vector<std::pair<std::string, std::string>> env;
    std::string installHint;
    bool provideClusterInfo = false;
    enum class Interactive { Never, IfAvailable, Always };
    Interactive interactive = Interactive::IfAvailable;
    std::string baseDirectory; // of the kubeconfig it stands in
};

// What a plugin may learn of the cluster, when it asks for it.
struct ExecCluster {
    std::string server;
    std::string caPem;
    std::string tlsServerName;
    bool insecureSkipTlsVerify = false;
};

struct ExecCredential {
    Secret token;
    std::string certificatePem;
    Secret keyPem;
    UnixMs expires = 0; // 0: until the program ends or the server refuses it
};

// The program a configuration means, and what it is now: a changed file is another program.
struct ExecProgram {
    std::string path;   // absolute, links resolved
    std::string sha256; // of its content, lower-case hex
    friend bool operator==(const ExecProgram&, const ExecProgram&) = default;
};
Result<ExecProgram> findExecProgram(const ExecConfig& config);

// Programs the operator has allowed, one "sha256 path" a line in a file of mode 0600. Thread-safe. A file
// that is broken allows nothing and is never overwritten silently: its lines that are sound keep counting.
class ExecAllowList {
public:
    explicit ExecAllowList(std::string file); // empty: in memory only
    bool allows(const ExecProgram& program) const;
    Result<void> allow(const ExecProgram& program);
    Result<void> forget(const std::string& path);

private:
    Result<void> save() const;

    mutable std::mutex m_mutex;
    std::string m_file;
    std::vector<ExecProgram> m_programs;
};

// Runs it once; blocks, so call it on a worker. No shell, no terminal, its own process group, ended after
// `timeout`, output bounded to 64 KiB. Refused when the list does not allow what the file is at this moment.
Result<ExecCredential> runExecPlugin(const ExecConfig& config, const ExecCluster& cluster,
                                     const ExecAllowList& allowed,
                                     std::chrono::milliseconds timeout = std::chrono::seconds(30));

Result<ExecCredential> parseExecCredential(std::string_view json, const std::string& apiVersion);

// One plugin's credential, kept until shortly before it expires. However many ask at once, the program runs
// once. Blocks while it runs; thread-safe.
class ExecCredentialCache {
public:
    ExecCredentialCache(ExecConfig config, ExecCluster cluster, std::shared_ptr<const ExecAllowList> allowed,
                        Clock clock = systemNow);
    Result<ExecCredential> get();
    void invalidate(); // the server answered 401 to it

private:
    const ExecConfig m_config;
    const ExecCluster m_cluster;
    const std::shared_ptr<const ExecAllowList> m_allowed;
    const Clock m_clock;
    std::mutex m_mutex;
    std::condition_variable m_done;
    bool m_running = false;
    std::uint64_t m_runs = 0;
    std::optional<Result<ExecCredential>> m_last; // of the newest run
};

} // namespace strata::kube
