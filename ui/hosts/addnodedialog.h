// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/hosts/noderun.h"
#include "core/libvirt/inventory.h"
#include "ui/connect/services.h"
#include "ui/console/services.h"
#include "ui/hosts/services.h"

#include <QDialog>
#include <QPointer>

#include <map>
#include <memory>
#include <optional>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;
class QStackedWidget;
class QTabBar;
class QTreeWidget;

namespace strata::ui {

class ClusterRuns;
class StackStore;
class ThemedLabel;

// A machine becomes an outer node, or the first one of a new outer cluster: as a VM on an enrolled host, made
// here, or as a bare server, for which there is a script. Three pages: what is wanted; what will be done, to
// the letter; and how it goes, with the machine's serial line below.
class AddNodeDialog : public QDialog {
    Q_OBJECT

public:
    enum Page { Machine, Review, Progress };

    AddNodeDialog(const HostServices& services, const ConnectServices& connect,
                  const ConsoleServices& consoles, ClusterRuns* runs, const StackStore* store,
                  QWidget* parent = nullptr);
    ~AddNodeDialog() override;

    Page page() const;
    void setHost(const std::string& uri); // of the stack
    QString words() const;
    void next();

    void reject() override;

Q_SIGNALS:
    void begun();
    void finishedWell(const QString& what);
    void failedWith(const QString& what, const QString& why);
    void clusterMade(const QString& kubeconfig, const QString& name); // a file of mode 0600

private:
    QWidget* makeMachinePage();
    QWidget* makeReviewPage();
    QWidget* makeProgressPage();
    bool lab() const;
    stack::SourceId cluster() const; // 0: a new one
    void fillChoices();
    void askLeft(); // what earlier runs have left
    void showLeft(const std::vector<hosts::NodeTrace>& left);
    void takeLeftBack();
    void tellLeft(const provision::RunReport& report);
    void follow(); // fields that depend on each other
    void askHost();
    void enable();
    QString whatIsMissing() const;
    void say(const QString& text, bool failed);
    void prepare();
    void review(const hosts::NodeSpec& spec);
    void showPlan(const hosts::NodeSpec& spec);
    void start();
    void handOver(bool save);
    void takeStep(const provision::StepReport& report);
    void takeState(const provision::RunReport& report);
    void showSerial();
    hosts::LabMachine machine() const;

    HostServices m_services;
    ConnectServices m_connect;
    ConsoleServices m_consoles;
    QPointer<ClusterRuns> m_runs;
    const StackStore* m_store;
    bool m_busy = false;
    bool m_running = false;
    bool m_over = false;
    std::unique_ptr<QObject> m_asking;
    std::optional<virt::Inventory> m_inventory;
    std::optional<hosts::NodePlan> m_plan;
    std::optional<hosts::NodeSpec> m_spec; // of a bare server
    std::optional<hosts::FirstAccess> m_access;
    bool m_tokenMade = false;
    std::unique_ptr<hosts::NodeRun> m_run;
    std::map<std::string, int> m_rows;
    std::optional<hosts::NodeTrace> m_left;
    stack::SourceId m_leftCluster = 0; // that it was for; 0: not connected, or none
    QStringList m_leftWords;           // of the last one that was taken back
    std::unique_ptr<hosts::NodeRun> m_leftRun;

    QStackedWidget* m_pages = nullptr;
    QComboBox* m_way = nullptr;
    QComboBox* m_cluster = nullptr;
    QComboBox* m_host = nullptr;
    QLineEdit* m_name = nullptr;
    QLineEdit* m_image = nullptr;
    QPushButton* m_browse = nullptr;
    QComboBox* m_pool = nullptr;
    QLineEdit* m_network = nullptr;
    QSpinBox* m_cpus = nullptr;
    QSpinBox* m_memory = nullptr;
    QSpinBox* m_disk = nullptr;
    QCheckBox* m_emulate = nullptr;
    QComboBox* m_vendor = nullptr;
    QLineEdit* m_address = nullptr;
    QLineEdit* m_version = nullptr;
    QLineEdit* m_key = nullptr;
    QFormLayout* m_form = nullptr;
    QWidget* m_leftBox = nullptr;
    ThemedLabel* m_leftText = nullptr;
    QPushButton* m_takeLeft = nullptr;
    ThemedLabel* m_hostWords = nullptr;

    ThemedLabel* m_title = nullptr;
    QTreeWidget* m_planned = nullptr;
    QTabBar* m_tabs = nullptr;
    QStackedWidget* m_documents = nullptr;
    QPlainTextEdit* m_domain = nullptr;
    QPlainTextEdit* m_userData = nullptr;
    QPlainTextEdit* m_script = nullptr;

    QTreeWidget* m_steps = nullptr;
    QWidget* m_serialPlace = nullptr;
    QWidget* m_serial = nullptr;

    ThemedLabel* m_words = nullptr;
    QString m_missing; // as it was said last
    QPushButton* m_back = nullptr;
    QPushButton* m_copy = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_undo = nullptr;
    QPushButton* m_cancel = nullptr;
    QPushButton* m_next = nullptr;
};

} // namespace strata::ui
