// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/answers.h"
#include "core/actions/audit.h"
#include "core/actions/calendar.h"
#include "core/base/timestamp.h"
#include "core/stack/item.h"

#include <QDialog>

#include <memory>
#include <vector>

class QLineEdit;
class QTabWidget;
class QTreeWidget;

namespace strata::ui {

class ClusterRuns;
class StackStore;

// What was done with this program, newest first, and which certificates expire when, soonest first.
class AuditDialog : public QDialog {
    Q_OBJECT

public:
    AuditDialog(ClusterRuns* runs, StackStore* store, Clock clock, QWidget* parent = nullptr);
    void showCertificates();

Q_SIGNALS:
    void itemWanted(strata::stack::ItemId id);

private:
    void read();
    void fill(const std::vector<actions::AuditEntry>& entries);
    void askCertificates();
    void fillCertificates();
    void filter();

    ClusterRuns* m_runs;
    StackStore* m_store;
    Clock m_clock;
    QTabWidget* m_tabs = nullptr;
    QLineEdit* m_filter = nullptr;
    QTreeWidget* m_log = nullptr;
    QTreeWidget* m_certificates = nullptr;
    std::vector<std::unique_ptr<actions::Reading>> m_readings;
    std::vector<actions::Expiry> m_asked; // what the servers told of kubeconfigs
};

} // namespace strata::ui
