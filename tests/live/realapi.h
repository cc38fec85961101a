// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/kube/config/kubeconfig.h"
#include "core/kube/net/client.h"
#include "tests/support/testpki.h"

#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include <memory>
#include <string>
#include <vector>

namespace strata::test {

// A real etcd and kube-apiserver of this moment, on loopback, with nothing else of a cluster. Both end with
// it.
class RealApi {
public:
    // `folder` has the two programs, as KUBEBUILDER_ASSETS names it; `arguments` are the API server's beyond
    // what it needs, and win; `--enable-admission-plugins=ServiceAccount` turns on what is off otherwise.
    // Null, with a sentence, when the programs are not there or do not come up in two minutes.
    static std::unique_ptr<RealApi> start(const QString& folder, QString& why,
                                          const QStringList& arguments = {});
    ~RealApi();

    kube::ClusterConfig config() const; // of an administrator
    kube::ClusterConfig config(const std::string& user, const std::vector<std::string>& groups = {}) const;
    int port() const { return m_port; }
    // The store forgets what was before this moment, as it does every five minutes of a server's life.
    Result<void> compact(kube::Network& network) const;

private:
    RealApi() = default;

    QTemporaryDir m_folder;
    TestCa m_ca;
    QProcess m_etcd;
    QProcess m_server;
    int m_port = 0;
    std::string m_store; // etcd's address
};

// Waits for the answer; not on the network's thread.
Result<kube::Response> ask(kube::Client& client, kube::Request request);

} // namespace strata::test
