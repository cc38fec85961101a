// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/connect/services.h"

#include <QDialog>

#include <memory>

namespace strata::ui {

// "Connect a cluster": the contexts of the usual kubeconfig files and of those the operator browses for, each
// with its server and whether that answers now.
class ClusterDialog : public QDialog {
    Q_OBJECT

public:
    explicit ClusterDialog(const ConnectServices& services, QWidget* parent = nullptr);
    ~ClusterDialog() override;

    void addFile(const QString& path); // as Browse… does

Q_SIGNALS:
    // `kubeconfig` is the file the context was read from: what a workspace remembers.
    void connectCluster(const strata::kube::ClusterConfig& config, const QString& name,
                        const QString& kubeconfig);

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::ui
