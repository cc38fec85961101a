// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/problem.h"
#include "core/stack/facts.h"

#include <QDialog>

#include <functional>
#include <memory>
#include <string>
#include <vector>

class QPushButton;
class QScrollArea;
class QStackedWidget;

namespace strata::ui {

class ClusterRun;
class ClusterRuns;
struct ConsoleServices;
class ProgressPage;
class ReviewPage;
class StackStore;
class StepList;
class SummaryPanel;
class ThemedLabel;
class WizardModel;
class WizardPage;

// New tenant cluster: the pages, then the run they lead to. Closing it keeps what was typed until the program
// ends, and stops nothing.
class ClusterWizard : public QDialog {
    Q_OBJECT

public:
    enum Page { Basics, Machines, Network, AddOns, Review, Progress };

    ClusterWizard(ClusterRuns* runs, StackStore* store, QWidget* parent = nullptr);
    ~ClusterWizard() override;

    void setSource(stack::SourceId source); // where the cluster will be, to begin with
    void setKubectlAccess(std::function<QString(stack::SourceId)> access) { m_access = std::move(access); }
    void setConsoles(const ConsoleServices& consoles); // see ProgressPage
    void showRun(ClusterRun* run);                     // a run that goes on, or one that is over
    void editAgain();                                  // a new one, with what was typed last

    WizardModel* model() const { return m_model; }
    ClusterRun* run() const;
    Page page() const { return m_page; }
    void goTo(Page page);
    void goToField(const std::string& field);
    void loadProfile(const QString& path);
    void saveProfile(const QString& path);
    ReviewPage* review() const { return m_review; }

Q_SIGNALS:
    void pageChanged();
    void showInStackWanted(strata::stack::SourceId source, const QString& clusterKey);
    void deployWanted(strata::ui::ClusterRun* run);
    void prepareWanted(strata::stack::SourceId source); // the outer cluster lacks what clusters need

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void makePages();
    void makeButtons();
    void next();
    void back();
    void create();
    void refresh();
    void say(const QString& text, bool failed);
    QString labelOf(const std::string& field) const;
    WizardPage* pageAt(int index) const;
    provision::Problems mending() const;

    ClusterRuns* m_runs;
    std::function<QString(stack::SourceId)> m_access;
    WizardModel* m_model = nullptr;
    StepList* m_steps = nullptr;
    QStackedWidget* m_stack = nullptr;
    SummaryPanel* m_summary = nullptr;
    std::vector<WizardPage*> m_pages;
    ReviewPage* m_review = nullptr;
    ProgressPage* m_progress = nullptr;
    QWidget* m_buttons = nullptr;
    QPushButton* m_prepare = nullptr;
    ThemedLabel* m_said = nullptr;
    QPushButton* m_back = nullptr;
    QPushButton* m_next = nullptr;
    Page m_page = Basics;
    int m_furthest = 0; // the last page that was reached
};

} // namespace strata::ui
