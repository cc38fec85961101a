// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/services.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <string>
#include <vector>

class QProgressBar;
class QPushButton;
class QVBoxLayout;

namespace strata {
class Secret;
}
namespace strata::provision {
class KubeconfigFetch;
}

namespace strata::ui {

class ClusterBootstrap;
class ClusterRun;
class ClusterRuns;
class HealthMark;
class StatePill;
class ThemedLabel;

// A run as it goes: each step with its evidence and how long it has taken; in the end what can be done with
// the new cluster, or what went wrong and the ways on from there.
class ProgressPage : public QWidget {
    Q_OBJECT

public:
    explicit ProgressPage(ClusterRuns* runs, QWidget* parent = nullptr);
    ~ProgressPage() override;

    void showRun(ClusterRun* run);
    ClusterRun* run() const;
    void setConsoles(const ConsoleServices& consoles); // shows how the machines come up while they do

Q_SIGNALS:
    void leaveWanted();                                    // close, the run goes on or stays as it is
    void showInStackWanted(const std::string& clusterKey); // "namespace/name"
    void deployWanted(strata::ui::ClusterRun* run);
    void createWanted(); // a tenant cluster, on what has been prepared

private:
    struct Row {
        std::string id;
        QWidget* box = nullptr;
        HealthMark* mark = nullptr;
        ThemedLabel* title = nullptr;
        ThemedLabel* evidence = nullptr;
        ThemedLabel* elapsed = nullptr;
    };
    void rebuild();
    void refresh();
    void updateClocks();
    void updateEnd();
    void updateMachines();
    void saveKubeconfig();
    void takeKubeconfig(const QString& path, const Secret& content);
    void say(const QString& text, bool failed);

    ClusterRuns* m_runs;
    QPointer<ClusterRun> m_run;
    std::vector<Row> m_rows;
    QTimer m_second;
    StatePill* m_pill = nullptr;
    ThemedLabel* m_title = nullptr;
    ThemedLabel* m_summary = nullptr;
    ThemedLabel* m_elapsed = nullptr;
    QProgressBar* m_bar = nullptr;
    QVBoxLayout* m_list = nullptr;
    ConsoleServices m_consoles;
    ClusterBootstrap* m_machines = nullptr;
    QWidget* m_end = nullptr;
    ThemedLabel* m_endTitle = nullptr;
    ThemedLabel* m_endWords = nullptr;
    ThemedLabel* m_said = nullptr;
    QPushButton* m_cancel = nullptr;
    QPushButton* m_retry = nullptr;
    QPushButton* m_undo = nullptr;
    QPushButton* m_forget = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_open = nullptr;
    QPushButton* m_deploy = nullptr;
    QPushButton* m_create = nullptr;
    QPushButton* m_leave = nullptr;
    std::unique_ptr<provision::KubeconfigFetch> m_fetch;
};

} // namespace strata::ui
