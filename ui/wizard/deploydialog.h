// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/deploy.h"
#include "core/provision/manifests.h"
#include "core/provision/runner.h"
#include "core/provision/tenantaccess.h"

#include <QDialog>

#include <map>
#include <memory>

class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QTreeWidget;
class QTreeWidgetItem;

namespace strata::ui {

class ClusterRuns;
class ThemedLabel;

// A workload into a tenant cluster: a manifest from a file, a URL or the editor; what the cluster's own API
// server would make of it, with the differences; then applied, with progress, and taken back on demand.
class DeployDialog : public QDialog {
    Q_OBJECT

public:
    DeployDialog(ClusterRuns* runs, std::shared_ptr<kube::Client> outer, const std::string& ns,
                 const std::string& cluster, QWidget* parent = nullptr);
    ~DeployDialog() override;

    void loadFile(const QString& path);
    void setManifest(const QString& yaml);
    QString diff() const; // of the chosen object
    bool connected() const { return m_inner != nullptr; }

private:
    void makeParts();
    void reach();
    void takeInner(const Result<kube::ClusterConfig>& config);
    void fetchUrl();
    void takeObjects(const Result<std::vector<provision::Object>>& objects);
    void check();
    void takeChecked(std::vector<provision::DeployObject> objects);
    void deploy();
    void takeStep(const provision::StepReport& report);
    void takeState(const provision::RunReport& report);
    void showDiff(QTreeWidgetItem* item);
    void enable();
    void say(const QString& text, bool failed);

    ClusterRuns* m_runs;
    std::shared_ptr<kube::Client> m_outer;
    std::string m_ns;
    std::string m_cluster;
    std::shared_ptr<kube::Client> m_inner;
    std::vector<provision::DeployObject> m_objects;
    QString m_checked; // the text that was asked about
    std::map<std::string, QTreeWidgetItem*> m_rows;
    bool m_deploying = false;
    bool m_deployed = false;
    int m_asked = 0;

    QLineEdit* m_url = nullptr;
    QLineEdit* m_space = nullptr;
    QPlainTextEdit* m_editor = nullptr;
    QTreeWidget* m_list = nullptr;
    QPlainTextEdit* m_diff = nullptr;
    ThemedLabel* m_words = nullptr;
    QPushButton* m_checkButton = nullptr;
    QPushButton* m_deployButton = nullptr;
    QPushButton* m_undoButton = nullptr;

    std::unique_ptr<provision::KubeconfigFetch> m_access;
    std::unique_ptr<provision::ManifestFetch> m_fetch;
    std::unique_ptr<provision::DeployCheck> m_check;
    std::unique_ptr<provision::Runner> m_runner;
};

} // namespace strata::ui
