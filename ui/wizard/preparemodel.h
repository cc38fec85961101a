// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/prepare/source.h"
#include "core/prepare/survey.h"
#include "ui/wizard/clusterrun.h"

#include <QObject>
#include <QStringList>

#include <atomic>
#include <memory>
#include <optional>
#include <set>

namespace strata::ui {

class ClusterRuns;

// An outer cluster that is to be prepared: what it has, what the operator wants of it, where that comes from,
// and the plan that follows, rehearsed. GUI thread; files, releases and the server are asked aside.
class PrepareModel : public QObject {
    Q_OBJECT

public:
    enum class State { None, Asking, Known, Failed };
    enum class Making { None, Reading, Asking, Accepted, Refused };

    explicit PrepareModel(ClusterRuns* runs, QObject* parent = nullptr);
    ~PrepareModel() override;

    stack::SourceId source() const { return m_source; }
    void setSource(stack::SourceId source); // looks at it
    void lookAgain();

    State state() const { return m_state; }
    const Error& error() const { return m_error; } // Failed
    const prepare::Picture& picture() const { return m_picture; }
    const prepare::Proposal& proposal() const { return m_proposal; } // ours
    const prepare::Matrix& matrix() const { return m_matrix; }

    const std::vector<prepare::Wish>& wishes() const { return m_wishes; } // the operator's
    const prepare::Wish* wish(const std::string& id) const;
    QStringList versionsOf(const std::string& id) const; // to choose from, newest first
    void setWanted(const std::string& id, bool wanted);
    void setVersion(const std::string& id, const QString& version);
    void setGate(const std::string& id, const std::string& gate, bool on);
    bool nothingToDo() const;
    const std::vector<prepare::Objection>& objections() const { return m_objections; }

    // Where it comes from.
    bool fromFolder() const { return m_fromFolder; }
    const QString& folder() const { return m_folder; }
    void setFromFolder(bool folder);
    void setFolder(const QString& folder); // reads its index
    void setReleases(const QString& base);
    void setMirror(const QString& mirror);
    void setVariables(const QString& text); // "NAME=VALUE, …"
    const std::optional<prepare::Bundle>& bundle() const { return m_bundle; }
    const std::optional<Error>& bundleError() const { return m_bundleError; }
    // What the folder holds beside the components; none of it is applied unless it is chosen.
    const std::vector<prepare::Addon>& addons() const;
    bool addonWanted(const std::string& id) const;
    void setAddonWanted(const std::string& id, bool wanted);

    // The plan and what the server says to it.
    Making making() const { return m_making; }
    const QString& reading() const { return m_reading; } // what is being read
    const std::optional<Error>& planError() const { return m_planError; }
    const std::optional<provision::Plan>& plan() const { return m_plan; }
    const QStringList& images() const { return m_images; }
    const ClusterRun* rehearsal() const { return m_run.get(); }
    void makePlan();
    void dropPlan(); // what was wished has changed, or nobody waits for it
    ClusterRun* carryOut();

    ClusterRuns* runs() const { return m_runs; }

Q_SIGNALS:
    void changed();
    void planChanged();

private:
    void take(const Result<prepare::Listed>& listed);
    void check();
    void rehearse(const std::vector<prepare::Part>& parts, const prepare::Existing& existing);
    void followRehearsal();
    void refuse(const Error& error);
    std::string versionAtFirst(const prepare::Wish& wish) const;
    std::set<std::string> chosenAddons() const; // of the folder, where that is the source

    ClusterRuns* m_runs;
    const prepare::Matrix& m_matrix;
    stack::SourceId m_source = 0;
    State m_state = State::None;
    Error m_error;
    prepare::Picture m_picture;
    prepare::Proposal m_proposal;
    std::vector<prepare::Wish> m_wishes;
    std::vector<prepare::Objection> m_objections;
    bool m_fromFolder = false;
    QString m_folder;
    QString m_releases;
    QString m_mirror;
    std::map<std::string, std::string> m_variables;
    QString m_variablesWrong;
    std::optional<prepare::Bundle> m_bundle;
    std::optional<Error> m_bundleError;
    std::vector<prepare::Addon> m_addons;
    std::set<std::string> m_wantedAddons;
    Making m_making = Making::None;
    QString m_reading;
    std::optional<Error> m_planError;
    std::optional<provision::Plan> m_plan;
    QStringList m_images;
    int m_asked = 0;   // surveys
    int m_indexes = 0; // reads of a bundle's index
    int m_plans = 0;
    std::shared_ptr<std::atomic<bool>> m_stop;
    std::unique_ptr<ClusterRun> m_run;
    std::unique_ptr<prepare::Survey> m_survey;
    std::unique_ptr<prepare::LookUp> m_lookUp;
};

} // namespace strata::ui
