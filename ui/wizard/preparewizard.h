// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/facts.h"

#include <QDialog>

class QComboBox;
class QPushButton;
class QStackedWidget;

namespace strata::ui {

class ClusterRun;
class ClusterRuns;
class PrepareChoicePage;
class PrepareModel;
class PrepareReviewPage;
class PrepareTherePage;
class ProgressPage;
class StackStore;
class StepList;
class ThemedLabel;

// Prepare the outer cluster: what is there, what to install, the plan and the server's words to it, then the
// run. Closing it stops nothing.
class PrepareWizard : public QDialog {
    Q_OBJECT

public:
    enum Page { There, Choice, Review, Progress };

    PrepareWizard(ClusterRuns* runs, StackStore* store, QWidget* parent = nullptr);
    ~PrepareWizard() override;

    void setSource(stack::SourceId source); // 0: the first outer cluster
    PrepareModel* model() const { return m_model; }
    ClusterRun* run() const;
    Page page() const { return m_page; }
    void goTo(Page page);
    PrepareReviewPage* review() const { return m_review; }

Q_SIGNALS:
    void createClusterWanted(strata::stack::SourceId source);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void makeButtons();
    void fillSources();
    void next();
    void refresh();
    bool mayReview() const;

    ClusterRuns* m_runs;
    StackStore* m_store;
    PrepareModel* m_model = nullptr;
    StepList* m_steps = nullptr;
    QStackedWidget* m_stack = nullptr;
    PrepareTherePage* m_there = nullptr;
    PrepareChoicePage* m_choice = nullptr;
    PrepareReviewPage* m_review = nullptr;
    ProgressPage* m_progress = nullptr;
    QWidget* m_buttons = nullptr;
    QComboBox* m_sources = nullptr;
    ThemedLabel* m_said = nullptr;
    QPushButton* m_back = nullptr;
    QPushButton* m_next = nullptr;
    Page m_page = There;
    int m_furthest = 0;
};

} // namespace strata::ui
