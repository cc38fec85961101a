// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/checks/drift.h"
#include "core/checks/kubeview.h"
#include "ui/checks/checkmodel.h"

#include <QDialog>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace strata::stack {
class Stack;
}

namespace strata::ui {

// A host of the site as the checks see it before libvirt is asked.
struct HostToCheck {
    std::string uri; // empty: nobody is to be asked, Kubernetes' word must do
    checks::Subject subject;
};

// The hosts of the stack, in the tree's order, each with what its outer node says; outer nodes whose host is
// not enrolled come last.
std::vector<HostToCheck> hostsToCheck(const stack::Stack& stack);

// All hosts side by side: asks them when it is opened and on demand. Modeless.
class ChecksWindow : public QDialog {
    Q_OBJECT

public:
    // Answers once, on the GUI thread, and not at all when `context` has gone by then.
    using Ask = std::function<void(const std::string& uri, QObject* context,
                                   std::function<void(Result<virt::Inventory>)> done)>;

    // What the outer clusters say of hosts; comes once a cluster, likewise.
    struct ClusterWords {
        std::vector<checks::NodeView> nodes;
        std::vector<checks::BareMetalView> metal;
    };
    using AskClusters = std::function<void(QObject* context, std::function<void(ClusterWords)> done)>;

    ChecksWindow(std::vector<HostToCheck> hosts, Ask ask, QWidget* parent = nullptr);
    ~ChecksWindow() override;

    void setClusters(AskClusters ask);                          // asks at once, and with every check again
    void setKept(std::map<std::string, checks::KeptHost> kept); // what is compared with: the drift check
    QString drift() const;                                      // what it says

    void setProfile(const QString& name);           // "lab", "production"
    void showHost(const std::string& name);         // brings its column into view
    bool save(const QString& path, QString* error); // .html, .pdf, .json or .txt by its ending

Q_SIGNALS:
    void checked(const QByteArray& report);    // all have answered; JSON
    void keepWanted(const QByteArray& report); // as what a later check is compared with

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::ui
