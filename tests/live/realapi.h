// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/config/kubeconfig.h"
#include "tests/support/testpki.h"

#include <QProcess>
#include <QString>
#include <QTemporaryDir>

#include <memory>

namespace strata::test {

// A real etcd and kube-apiserver of this moment, on loopback, with nothing else of a cluster. Both end with
// it.
class RealApi {
public:
    // `folder` has the two programs, as KUBEBUILDER_ASSETS names it. Null, with a sentence, when they are not
    // there or do not come up in two minutes.
    static std::unique_ptr<RealApi> start(const QString& folder, QString& why);
    ~RealApi();

    kube::ClusterConfig config() const; // of an administrator

private:
    RealApi() = default;

    QTemporaryDir m_folder;
    TestCa m_ca;
    QProcess m_etcd;
    QProcess m_server;
    int m_port = 0;
};

} // namespace strata::test
