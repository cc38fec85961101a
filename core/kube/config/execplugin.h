// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/secret.h"
#include "core/base/timestamp.h"
#include "core/kube/config/execconfig.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

// Credential plugins (client.authentication.k8s.io/v1 and v1beta1): a kubeconfig names a program that prints
// a credential. A kubeconfig is untrusted, so a program runs only after the operator has allowed exactly it.
namespace strata::kube {

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
                                     std::chrono::milliseconds timeout = std::chrono::seconds(30),
                                     const std::atomic<bool>* cancelled = nullptr); // true: end it

Result<ExecCredential> parseExecCredential(std::string_view json, const std::string& apiVersion);

// A shell, a script language or a program that runs what its arguments name: allowing it would allow
// anything.
bool isInterpreter(const std::string& path);

} // namespace strata::kube
