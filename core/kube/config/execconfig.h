// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace strata::kube {

// What a kubeconfig says about its credential plugin (users[].user.exec).
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

    friend bool operator==(const ExecConfig&, const ExecConfig&) = default;
};

} // namespace strata::kube
