// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/config/execplugin.h"
#include "core/kube/config/kubeconfig.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::kube {

// What the operator is asked before a program of a kubeconfig runs for the first time. Texts as written in
// the file: clean them before they are shown.
struct ExecQuestion {
    ExecProgram program; // path and content hash
    std::vector<std::string> args;
    std::vector<std::string> environment; // "NAME=value", as the file sets them
    std::string context;
    std::string origin; // the kubeconfig file
    // A shell or another interpreter: what it does stands in the arguments, so that the permission counts for
    // these arguments and until the program ends, and is not remembered.
    bool interpreter = false;
};

// The credential plugins of the whole program: asks, runs, caches and shares, however many clients and
// threads want the same credential. Thread-safe; nothing blocks. Outlives the networks that use it.
class ExecPlugins {
public:
    enum class Answer {
        No,     // not asked again until askAgain()
        Once,   // until the program ends
        Always, // remembered by path and hash
    };
    // Called on a worker thread, one question at a time; `answer` may be called later, from any thread, once.
    using Ask = std::function<void(const ExecQuestion& question, std::function<void(Answer)> answer)>;

    // Without `ask` only what is allowed already runs. `hint` is said with a refusal: how to allow it.
    explicit ExecPlugins(std::shared_ptr<ExecAllowList> allowed, Ask ask = {}, std::string hint = {},
                         Clock clock = systemNow);
    ~ExecPlugins(); // ends programs that run; whoever still waits is not called
    ExecPlugins(const ExecPlugins&) = delete;
    ExecPlugins& operator=(const ExecPlugins&) = delete;

    // The credential of a configuration that has `exec`: from the cache until shortly before it expires, else
    // by running the program. `done` comes on the caller's thread or a worker's. `mayAsk` false: whoever only
    // looks around must not bother the operator.
    using Done = std::function<void(Result<ExecCredential>)>;
    void get(const ClusterConfig& config, bool mayAsk, Done done);
    // The server answered 401 to it: the next get() runs the program again.
    void refused(const ClusterConfig& config, const ExecCredential& credential);
    void askAgain(); // forgets every No

private:
    class Private;
    std::shared_ptr<Private> m_d;
};

} // namespace strata::kube
