// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/answers.h"
#include "core/actions/audit.h"
#include "core/provision/api.h"
#include "ui/wizard/clusterrun.h"

#include <QThreadPool>

#include <map>
#include <memory>
#include <vector>

namespace strata::ui {

// What the runs need of the outside, composed by the application. Called on the GUI thread; must not block.
struct RunServices {
    // How a connected outer cluster is reached; nullopt when it is not.
    std::function<std::optional<kube::ClusterConfig>(stack::SourceId source)> config;
    // Optional. Where journals of runs on that site are kept; empty: where the program keeps them all.
    std::function<std::string(stack::SourceId source)> journalFolder;
    // Optional. The CNI's manifest where that site cannot fetch a release; empty: the release.
    std::function<std::string(stack::SourceId source)> cniManifest;
    // Optional. The folder with what an outer cluster can be prepared from where there is no network; empty:
    // the releases.
    std::function<std::string(stack::SourceId source)> bundle;
    provision::RunOptions run; // pace; for tests
    provision::CreatePlanOptions plan;
};

// All plans that are being carried out or were in this run of the program, and those that an earlier run left
// unfinished. Belongs to the application, not to a window: closing the wizard stops nothing. GUI thread.
class ClusterRuns : public QObject {
    Q_OBJECT

public:
    explicit ClusterRuns(RunServices services, QObject* parent = nullptr);
    ~ClusterRuns() override;

    // Null when the source is not connected (any more).
    ClusterRun* create(stack::SourceId source, const provision::ClusterProfile& profile,
                       const std::string& planId);
    // Asks and writes nothing; not in the list, the caller's to keep.
    std::unique_ptr<ClusterRun> rehearse(stack::SourceId source, const provision::ClusterProfile& profile,
                                         const std::string& planId);
    // A plan of core/actions. Null when the source is not connected (any more).
    ClusterRun* carryOut(stack::SourceId source, const provision::Plan& plan);
    std::unique_ptr<ClusterRun> rehearse(stack::SourceId source, const provision::Plan& plan);
    // Asks what a plan has to know; `done` on the GUI thread, unless the returned reading or `context` has
    // gone by then. Null when the source is not connected.
    std::unique_ptr<actions::Reading> ask(stack::SourceId source, const std::string& ns,
                                          const std::string& cluster,
                                          std::vector<actions::Question> questions,
                                          const actions::Answers& known, QObject* context,
                                          std::function<void(const Result<actions::Answers>&)> done);
    // Whether the operator may do something, by the server's own word, asked once and kept: nullopt while it
    // is not known; allowedChanged() follows.
    std::optional<bool> allowed(stack::SourceId source, const provision::Access& access);

    // Where the audit log is; of a demo site beside it. Any of them may not exist yet.
    void auditLogs(QObject* context, std::function<void(const std::vector<actions::AuditEntry>&)> done);

    // A line in the audit log for what was written without a plan: an object edited by hand.
    void auditEdit(stack::SourceId source, const QString& what, bool undo);
    // Likewise for what is done to a host; `plan` has its title, action and address.
    void auditHost(stack::SourceId source, const provision::Plan& plan, const std::string& result,
                   const std::string& detail);
    // And for what follows a plan: the bytes of an upload.
    void auditMore(stack::SourceId source, const provision::Plan& plan, const std::string& result,
                   const std::string& detail);

    // Goes on with an interrupted run, or takes it back; false when its cluster is not connected.
    bool resume(ClusterRun* run, bool undoOnly);
    void forget(ClusterRun* run); // ends watching it; the journal of an interrupted one is deleted

    void findUnfinished(); // reads the journals of the program's own folder aside; found() follows

    const std::vector<ClusterRun*>& all() const { return m_runs; } // oldest first
    ClusterRun* find(const QString& id) const;
    std::shared_ptr<kube::Client> client(stack::SourceId source);
    std::string cniManifest(stack::SourceId source) const;
    std::string bundle(stack::SourceId source) const;
    kube::Network& network() { return m_network; }
    const provision::RunOptions& pace() const { return m_services.run; }

    // Sources of outer clusters, which decide where an interrupted run belongs.
    void setSources(std::vector<stack::SourceId> sources) { m_sources = std::move(sources); }

Q_SIGNALS:
    void added(strata::ui::ClusterRun* run);
    void changed(strata::ui::ClusterRun* run);
    void removed(const QString& id);
    void found(int unfinished);
    void allowedChanged();
    void auditFailed(const QString& text);

private:
    void adopt(ClusterRun* run);
    void audit(ClusterRun* run);
    void writeAudit(const provision::Plan& plan, stack::SourceId source, const std::string& result,
                    const std::string& detail);
    std::string folderOf(stack::SourceId source) const;
    provision::CreateClusterOptions optionsFor(stack::SourceId source, const std::string& planId) const;

    RunServices m_services;
    kube::Network m_network; // the last to go of what uses it
    std::map<stack::SourceId, std::shared_ptr<kube::Client>> m_clients;
    std::vector<ClusterRun*> m_runs;
    std::vector<stack::SourceId> m_sources;
    struct Permission {
        std::optional<bool> allowed;
        std::unique_ptr<kube::RequestHandle> request;
    };
    std::map<std::pair<stack::SourceId, provision::Access>, Permission> m_allowed;
    std::map<const ClusterRun*, ClusterRun::Phase> m_audited;
    std::vector<std::string> m_demoFolders; // where audit lines of demo sites went
    QThreadPool m_auditor;                  // one thread: lines keep their order
};

} // namespace strata::ui
