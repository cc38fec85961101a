// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/kube/config/execplugins.h"
#include "core/kube/config/kubeconfig.h"
#include "core/libvirt/hostkeys.h"
#include "core/libvirt/inventory.h"

#include <functional>
#include <string>
#include <vector>

class QObject;

namespace strata::ui {

// One context of a kubeconfig as the dialog shows it; `config` is what a connection needs, or why there can
// be none.
struct ContextRow {
    std::string name;
    std::string cluster;
    std::string user;
    std::string server;
    bool current = false;
    Result<kube::ClusterConfig> config;
};

// What the connect dialogs ask of the outside; composed by the application, faked by tests.
struct ConnectServices {
    // The files kubectl would read; called on the GUI thread, must not read them.
    std::function<std::vector<std::string>()> usualPaths;
    // Reads and parses one file; called on a worker thread.
    std::function<Result<std::vector<ContextRow>>(const std::string& path)> readKubeconfig;

    // Both answer once, on the GUI thread, and not at all when `context` has gone by then. The value is what
    // answered: a version ("v1.34.1", "QEMU 7.2.0").
    using Checked = std::function<void(Result<std::string>)>;
    std::function<void(const kube::ClusterConfig& config, QObject* context, Checked done)> checkCluster;
    std::function<void(const std::string& uri, QObject* context, Checked done)> testHost;

    // Optional: names who puts the question before a kubeconfig's program runs. Called on the GUI thread, one
    // question at a time, as long as `context` lives; the answer may come later.
    using AskExec = std::function<void(const kube::ExecQuestion& question,
                                       std::function<void(kube::ExecPlugins::Answer)> answer)>;
    std::function<void(QObject* context, AskExec ask)> setExecAsker;

    // Optional. What a host is made of, for the checks; answers as above.
    std::function<void(const std::string& uri, QObject* context,
                       std::function<void(Result<virt::Inventory>)> done)>
        inventory;

    // Optional, for hosts over ssh: the key a host shows, and that it is trusted from now on.
    std::function<void(const std::string& uri, QObject* context,
                       std::function<void(Result<virt::HostKeys>)> done)>
        hostKeys;
    std::function<void(const std::vector<virt::HostKey>& keys, QObject* context,
                       std::function<void(Result<void>)> done)>
        trustKeys;

    // Says at once whether a libvirt URI may be used at all; pure.
    std::function<Result<std::string>(const std::string& uri)> checkUri;
};

// The two that are the same in every composition: kube::usualKubeconfigPaths() and kube::Kubeconfig::load()
// with every context resolved. (Needs the Kubernetes client library to be linked.)
std::vector<std::string> usualPaths();
Result<std::vector<ContextRow>> readKubeconfig(const std::string& path);

} // namespace strata::ui
