// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/audit.h"
#include "core/base/timestamp.h"
#include "core/stack/item.h"

#include <QDialog>

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
    void fillCertificates();
    void filter();

    ClusterRuns* m_runs;
    StackStore* m_store;
    Clock m_clock;
    QTabWidget* m_tabs = nullptr;
    QLineEdit* m_filter = nullptr;
    QTreeWidget* m_log = nullptr;
    QTreeWidget* m_certificates = nullptr;
};

} // namespace strata::ui
