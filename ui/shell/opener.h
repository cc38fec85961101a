// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"
#include "ui/connect/services.h"
#include "ui/settings/workspace.h"

#include <QHash>
#include <QObject>

namespace strata::ui {

struct ShellServices;

// Opens connections, remembers them in the workspace, and knows which source belongs to which of them.
class Opener : public QObject {
    Q_OBJECT

public:
    explicit Opener(const ShellServices& services, QObject* parent = nullptr);

    void open(const Connection& connection);
    void openRemembered();
    void openDemo();
    void connectCluster(const kube::ClusterConfig& config, const QString& name, const QString& kubeconfig);
    void connectHost(const QString& uri, const QString& name);
    void remove(stack::SourceId source);
    void retry(stack::SourceId source);
    // What names the cluster of a source to kubectl, quoted for a shell; empty when not known.
    QString kubectlAccess(stack::SourceId source) const;

Q_SIGNALS:
    void failed(const QString& title, const QString& detail);
    void demoStarting(bool starting);
    void demoFailed(const QString& text);

private:
    void remember(Connection connection);

    const ShellServices& m_services;
    QHash<stack::SourceId, Connection> m_open;
    bool m_startingDemo = false;
};

} // namespace strata::ui
