// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/hosts/domaintarget.h"
#include "ui/hosts/services.h"

#include <QDialog>
#include <QPointer>

class QCheckBox;
class QLineEdit;
class QPushButton;

namespace strata::ui {

class ClusterRuns;
class StackStore;
class ThemedLabel;

// Does something to a domain with its two lines in the audit log. `done` comes on the GUI thread unless
// `context` has gone; the log is written to its end even then. `runs` may be null: then nothing is logged.
void actAudited(const HostServices& services, ClusterRuns* runs, const DomainTarget& target,
                const virt::DomainRequest& request, QObject* context,
                std::function<void(Result<virt::DomainDone>)> done);

// The question before something is done to a domain: who will notice, the typed name where it is for good;
// then how it went. Stays open when there is something to read.
class DomainDialog : public QDialog {
    Q_OBJECT

public:
    DomainDialog(const HostServices& services, ClusterRuns* runs, const StackStore* store,
                 const DomainTarget& target, const virt::DomainRequest& request, QWidget* parent = nullptr);

    bool busy() const { return m_busy; }

Q_SIGNALS:
    void finishedWell(const QString& what);
    void failedWith(const QString& what, const QString& why);

private:
    void describe();
    void enable();
    void confirm();
    void take(const Result<virt::DomainDone>& done);

    HostServices m_services;
    QPointer<ClusterRuns> m_runs;
    const StackStore* m_store;
    DomainTarget m_target;
    virt::DomainRequest m_request;
    QString m_what;
    QString m_typedWanted;
    bool m_busy = false;
    bool m_over = false;

    ThemedLabel* m_title = nullptr;
    ThemedLabel* m_notices = nullptr;
    QCheckBox* m_volumes = nullptr;
    ThemedLabel* m_disks = nullptr;
    QLineEdit* m_typed = nullptr;
    ThemedLabel* m_words = nullptr;
    QPushButton* m_cancel = nullptr;
    QPushButton* m_do = nullptr;
};

} // namespace strata::ui
