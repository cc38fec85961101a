// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/create_cluster.h"
#include "core/provision/journal.h"
#include "core/stack/item.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <map>
#include <memory>
#include <optional>

namespace strata::ui {

// One plan being carried out, or asked about (a dry run), as the GUI thread sees it. The work itself happens
// on the network's thread; what it tells arrives here and is announced at most twenty times a second.
class ClusterRun : public QObject {
    Q_OBJECT

public:
    enum class Phase {
        Preparing, // checks, manifests: nothing is written yet
        DryRun,
        Running,
        Cancelling,
        Undoing,
        Done,
        Failed,
        Cancelled,
        Undone,
        UndoFailed,
        Interrupted, // known from its journal only; somebody must go on with it
    };

    // A new plan. `options.planId` is set.
    ClusterRun(std::shared_ptr<kube::Client> client, stack::SourceId source,
               provision::ClusterProfile profile, provision::CreateClusterOptions options,
               QObject* parent = nullptr);
    // A plan that changes what is there (core/actions). `options.journal` may be set by setJournal() before
    // start().
    ClusterRun(std::shared_ptr<kube::Client> client, stack::SourceId source, provision::Plan plan,
               provision::RunOptions options, QObject* parent = nullptr);
    // What a journal tells of; nothing happens before resume() or undo().
    ClusterRun(const QString& journal, provision::JournalContent content, provision::RunOptions options,
               QObject* parent = nullptr);
    ~ClusterRun() override;

    QString id() const;
    QString title() const;
    QString clusterName() const; // "namespace/name"
    const std::string& ns() const { return m_ns; }
    const std::string& cluster() const { return m_cluster; }
    const std::string& server() const { return m_server; } // of an interrupted one: where it belongs
    const QString& journal() const { return m_journal; }
    void setJournal(const std::string& path);
    bool isChange() const; // of what is there; otherwise it makes a cluster
    stack::SourceId source() const { return m_source; }
    std::shared_ptr<kube::Client> client() const { return m_client; }

    Phase phase() const { return m_phase; }
    bool active() const;                   // something is going on
    bool wrote() const { return m_wrote; } // something may be on the server
    bool canCancel() const;
    bool canRetry() const;
    bool canUndo() const;

    const provision::ClusterProfile& profile() const { return m_profile; }
    const provision::Problems& problems() const { return m_problems; }
    const std::optional<provision::Survey>& survey() const { return m_survey; }
    const std::optional<provision::Plan>& plan() const { return m_plan; }
    const std::vector<provision::Verdict>& verdicts() const
    {
        return m_verdicts;
    } // the newest of each object
    provision::StepReport step(const std::string& stepId) const;
    qint64 stepElapsedMs(const std::string& stepId) const; // goes on while the step does
    const std::optional<Error>& error() const { return m_error; }
    const std::vector<std::string>& left() const { return m_left; }

    int stepsDone() const;
    QString currentStep() const; // title of what goes on now
    QString sentence() const;    // one line for lists: how far it is, or how it ended
    stack::Health health() const;
    qint64 elapsedMs() const;

    void start();
    void failed(const Error& error); // before it began
    void cancel();
    void retry();
    void undo();
    void resume(std::shared_ptr<kube::Client> client, stack::SourceId source, bool undoOnly);

Q_SIGNALS:
    void changed();
    void phaseChanged(); // at once, each of them

private:
    provision::CreateClusterCallbacks callbacks();
    template<typename Value>
    std::function<void(const Value&)> toGui(void (ClusterRun::*take)(const Value&));
    void takeProblems(const provision::Problems& problems);
    void takeSurvey(const provision::Survey& survey);
    void takePlan(const provision::Plan& plan);
    void takeVerdict(const provision::Verdict& verdict);
    void takeStep(const provision::StepReport& report);
    void takeState(const provision::RunReport& report);
    void announce();

    std::shared_ptr<kube::Client> m_client;
    stack::SourceId m_source = 0;
    provision::ClusterProfile m_profile;
    provision::CreateClusterOptions m_options;
    QString m_journal;
    std::string m_ns;
    std::string m_cluster;
    std::string m_server;
    Phase m_phase = Phase::Preparing;
    bool m_wrote = false;
    provision::Problems m_problems;
    std::optional<provision::Survey> m_survey;
    std::optional<provision::Plan> m_plan;
    std::vector<provision::Verdict> m_verdicts;
    std::map<std::string, std::pair<provision::StepReport, qint64>> m_steps; // and when it was told
    std::optional<Error> m_error;
    std::vector<std::string> m_left;
    QElapsedTimer m_clock;
    qint64 m_endedAt = -1;
    QTimer m_later;
    std::unique_ptr<provision::CreateCluster> m_work; // these two are the last: their callbacks end first
    std::unique_ptr<provision::Runner> m_runner;
};

} // namespace strata::ui
