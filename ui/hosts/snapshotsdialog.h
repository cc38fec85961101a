// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/hosts/domaintarget.h"
#include "ui/hosts/services.h"

#include <QDialog>
#include <QPointer>

class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace strata::ui {

class ClusterRuns;
class StackStore;
class ThemedLabel;

// The snapshots of a domain as the tree they are; taken, gone back to and deleted here.
class SnapshotsDialog : public QDialog {
    Q_OBJECT

public:
    SnapshotsDialog(const HostServices& services, ClusterRuns* runs, const StackStore* store,
                    const DomainTarget& target, QWidget* parent = nullptr);

    void reload();

Q_SIGNALS:
    void finishedWell(const QString& what);
    void failedWith(const QString& what, const QString& why);

private:
    void fill(const Result<virt::DomainDetail>& detail);
    void enable();
    void takeOne();
    void ask(virt::DomainVerb verb);
    void say(const QString& text, bool failed);

    HostServices m_services;
    QPointer<ClusterRuns> m_runs;
    const StackStore* m_store;
    DomainTarget m_target;
    bool m_busy = false;
    bool m_possible = false;

    QTreeWidget* m_tree = nullptr;
    QLineEdit* m_name = nullptr;
    QLineEdit* m_description = nullptr;
    QPushButton* m_take = nullptr;
    QPushButton* m_revert = nullptr;
    QPushButton* m_delete = nullptr;
    ThemedLabel* m_words = nullptr;
};

} // namespace strata::ui
