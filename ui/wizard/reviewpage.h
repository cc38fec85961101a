// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizard/wizardpage.h"

#include <memory>

class QPushButton;
class QStackedWidget;
class QTableView;
class QTimer;
class QTreeWidget;

namespace strata::ui {

class ClusterRun;
class CodeView;
class StatePill;
class ThemedLabel;
class UnderlineTabs;

// What will be written, and what the site and the server say to it, before anything is.
class ReviewPage : public WizardPage {
    Q_OBJECT

public:
    ReviewPage(WizardModel* model, std::function<QString(const std::string& field)> labelOf,
               QWidget* parent = nullptr);
    ~ReviewPage() override;

    void load() override {}
    void enter() override; // asks the server, unless what it said still holds
    void leave() override;
    bool accepted() const; // everything was asked and nothing was refused
    bool asking() const;
    void setKubectlAccess(const QString& access) { m_access = access; }
    void setTab(int index);
    const ClusterRun* rehearsal() const { return m_run.get(); } // null: not asked

Q_SIGNALS:
    void stateChanged();
    void fieldWanted(const std::string& field);

private:
    void ask();
    void refresh();
    void showChecks();
    void showObjects();
    void showPlan();
    void showYaml();
    void showDifferences();
    void saveManifests();

    std::function<QString(const std::string&)> m_labelOf;
    QString m_access;
    std::unique_ptr<ClusterRun> m_run; // the rehearsal
    provision::ClusterProfile m_asked;
    stack::SourceId m_askedAt = 0;
    bool m_told = false; // the server's words have reached their fields
    StatePill* m_pill = nullptr;
    ThemedLabel* m_words = nullptr;
    ThemedLabel* m_saved = nullptr;
    QPushButton* m_again = nullptr;
    QPushButton* m_saveManifests = nullptr;
    QPushButton* m_copy = nullptr;
    UnderlineTabs* m_tabs = nullptr;
    QStackedWidget* m_pages = nullptr;
    QTreeWidget* m_checks = nullptr;
    QTreeWidget* m_objects = nullptr;
    QTreeWidget* m_plan = nullptr;
    CodeView* m_yaml = nullptr;
    QString m_shownYaml;
    CodeView* m_differences = nullptr;
    QString m_shownDifferences;
};

} // namespace strata::ui
