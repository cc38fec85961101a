// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/secret.h"
#include "core/console/session.h"
#include "core/console/targets.h"
#include "core/kube/net/client.h"

#include <memory>
#include <string>
#include <vector>

namespace strata::console {

// A private key in a file of mode 0600, in a folder of its own of mode 0700; both go with this. What a run
// that crashed has left is removed when the next one is made.
class KeyFile {
public:
    static Result<std::unique_ptr<KeyFile>> write(const Secret& key);
    ~KeyFile();
    KeyFile(const KeyFile&) = delete;
    KeyFile& operator=(const KeyFile&) = delete;
    const std::string& path() const { return m_path; }

private:
    explicit KeyFile(std::string folder) : m_folder(std::move(folder)), m_path(m_folder + "/key") {}
    std::string m_folder;
    std::string m_path;
};

struct SshOptions {
    std::string knownHosts; // a file of ours: host keys by the machine's uid, never by an address
    std::string program = "ssh";
    // Instead of a shell: run and end. Asks nothing, and takes the key of a machine seen for the first time.
    std::string command;
};

// The command line, for an sshd that listens on `localPort` of this machine.
std::vector<std::string> sshCommand(const SshTarget& target, const SshOptions& options,
                                    std::uint16_t localPort, const std::string& keyFile);

// The system's ssh in a terminal, through a forwarded port of its own and with the key of the target, which
// is read from the cluster and kept on disk only as long as the session.
std::unique_ptr<Session> openSsh(std::shared_ptr<kube::Client> client, SshTarget target, SshOptions options,
                                 TerminalSize size, std::shared_ptr<SessionHandler> handler);

} // namespace strata::console
