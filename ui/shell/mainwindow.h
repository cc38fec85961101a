// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/kube/net/client.h"
#include "core/libvirt/inventory.h"
#include "core/stack/item.h"
#include "ui/connect/services.h"
#include "ui/console/services.h"
#include "ui/hosts/services.h"
#include "ui/settings/workspace.h"
#include "ui/shell/demomenu.h"
#include "ui/shell/tenantaccess.h"
#include "ui/shell/trafficpage.h"

#include <QMainWindow>
#include <QObject>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace strata::ui {

class ClusterRuns;
class ClusterWizard;
class PrepareWizard;
class Consoles;
class Documents;
class StackStore;

// All the window needs of the outside. The pointers must outlive it. Functions are called on the GUI thread
// and must not block.
struct ShellServices {
    StackStore* store = nullptr;
    Documents* documents = nullptr;
    Workspace* workspace = nullptr; // already loaded
    ConnectServices connect;

    std::function<stack::SourceId(const kube::ClusterConfig& config, const QString& name)> connectCluster;
    std::function<Result<stack::SourceId>(const QString& uri, const QString& name)> connectHost;
    std::function<void(stack::SourceId source)> removeSource;
    std::function<void(stack::SourceId source)> retry;
    // Starts the demo site, connects to all of it and answers once on the GUI thread (not when `context` has
    // gone).
    std::function<void(QObject* context, std::function<void(Result<void>)> done)> openDemo;
    DemoServices demo;                     // optional
    std::function<std::uint64_t()> events; // watch events since the start
    // Optional: a client of the caller's own to an outer or inner cluster; null when there is none. Without
    // it nothing can be edited.
    std::function<std::shared_ptr<kube::Client>(stack::SourceId source)> clientOf;
    ConsoleServices consoles; // optional: logs, shells, serial lines
    HostServices hosts;       // optional: the domains of hosts
    AskTraffic traffic;       // optional: what our own clients do
    // Optional: kubeconfig path and context of a source that the window did not connect itself (the demo
    // site's).
    std::function<std::pair<QString, QString>(stack::SourceId source)> kubeconfigOf;
    AskAccess access; // optional: tenants' kubeconfigs for other programs
    // Optional: which tenants are looked at, so that their pods are followed rather than counted.
    std::function<void(std::vector<stack::SourceId>)> look;
    ClusterRuns* runs = nullptr; // optional: without them no clusters are created
    Clock clock = systemNow;
};

// The one window: stack at the left, strata chart over details in the centre, problems and activity below.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(const ShellServices& services, QWidget* parent = nullptr);
    ~MainWindow() override;

    // Opens what was open at the end of the last run, if the settings want that; call once after show().
    void openRemembered();
    void open(const Connection& connection);
    void openDemo();

    void select(stack::ItemId id);
    Consoles* consoles() const; // null without services for them
    stack::ItemId current() const;
    // Of the details: "overview", …; or below: "traffic", …. False when there is none of that name.
    bool setCurrentTab(const QString& name);
    void say(const QString& text);   // over the centre, until closed
    ClusterWizard* newCluster();     // opens the wizard; null without runs
    PrepareWizard* prepareCluster(); // the same

protected:
    void closeEvent(QCloseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::ui
