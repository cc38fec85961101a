// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/preflight.h"
#include "core/stack/facts.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <optional>

namespace strata::ui {

class ClusterRuns;
class StackStore;

// What the wizard is about: the profile that is being written, what is known of the site it is for, and what
// is wrong with it. Every edit is checked at once; checking is pure and quick.
class WizardModel : public QObject {
    Q_OBJECT

public:
    enum class Survey { None, Asking, Known, Failed };

    WizardModel(ClusterRuns* runs, StackStore* store, QObject* parent = nullptr);
    ~WizardModel() override;

    const provision::ClusterProfile& profile() const { return m_profile; }
    void edit(const std::function<void(provision::ClusterProfile&)>& change);
    void replace(provision::ClusterProfile profile); // loaded from a file: its networks are kept as they are
    void startOver();

    stack::SourceId source() const { return m_source; }
    void setSource(stack::SourceId source); // asks the site
    void surveyAgain();

    Survey surveyState() const { return m_state; }
    const provision::Survey& survey() const { return m_survey; }
    QString siteProblem() const; // why nothing can be created there at all; empty when nothing is in the way
    QString siteRemedy() const;

    const provision::Problems& problems() const { return m_problems; } // worst first within a field
    const provision::Fit& fit() const { return m_fit; }
    bool fitKnown() const { return m_survey.nodesKnown; }

    // What the server said to the last dry run, by field; gone with the next edit.
    void setServerProblems(provision::Problems problems);

    std::string siteManifest() const { return m_proposedCni; } // the CNI's, where a release cannot be fetched

    const std::string& planId() const { return m_planId; } // of the plan that will be run
    void newPlan();
    void proposeNetworks(); // free ones in place of what is there

    ClusterRuns* runs() const { return m_runs; }
    StackStore* store() const { return m_store; }

Q_SIGNALS:
    void changed();  // profile, problems or the site
    void replaced(); // the whole profile: forms read it anew
    void surveyed();

private:
    void check();
    void adoptFreeNetworks();
    void take(const provision::Survey& survey);
    void placeHosts();

    ClusterRuns* m_runs;
    StackStore* m_store;
    provision::ClusterProfile m_profile;
    stack::SourceId m_source = 0;
    Survey m_state = Survey::None;
    provision::Survey m_survey;
    provision::Problems m_problems;
    provision::Problems m_serverProblems;
    provision::Fit m_fit;
    std::string m_planId;
    provision::Networking m_proposed; // by us; what differs from it was typed
    std::string m_proposedCni;
    int m_asked = 0;
    std::unique_ptr<provision::Preflight> m_preflight;
};

} // namespace strata::ui
