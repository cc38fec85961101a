// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/draft.h"
#include "core/inquiry/look.h"

#include <QDialog>
#include <QTimer>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QTreeWidget;
class QVBoxLayout;

namespace strata::ui {

class BudgetsLine;
class ClusterRun;
class ClusterRuns;
class StackStore;
class StrataChart;
class ThemedLabel;

// Before something is done: what will happen step by step, who will notice, what the server says to it, and
// for what is gone for good its name to be typed. Nothing is written before the button is pressed; then the
// run belongs to the application and is announced by begun().
class ActionDialog : public QDialog {
    Q_OBJECT

public:
    // Without `clients` disruption budgets of tenants are not asked for.
    ActionDialog(ClusterRuns* runs, StackStore* store, StrataChart* chart, inquiry::Look::Clients clients,
                 actions::Action action, std::vector<stack::ItemId> items, QWidget* parent = nullptr);
    ~ActionDialog() override;

    bool isReady() const; // the plan is there and the server accepts it
    const std::optional<provision::Plan>& plan() const { return m_plan; }
    const BudgetsLine* budgets() const { return m_budgets; }

Q_SIGNALS:
    void begun(strata::ui::ClusterRun* run);

private:
    void makeParts(inquiry::Look::Clients clients);
    void makeInputs(QVBoxLayout* layout);
    void makeFields(QFormLayout* form, const std::function<void()>& changed);
    void showHelp(const actions::FieldHelp& help);
    void draft();   // the plan anew, from what is asked for now
    void proceed(); // with the answers that are there
    void showPlan();
    void showFates(const std::vector<diagnosis::VmFate>& fates);
    void rehearse();
    void takeRehearsal();
    void say(const QString& text, bool failed);
    void enable();
    void confirm();

    ClusterRuns* m_runs;
    StackStore* m_store;
    StrataChart* m_chart; // optional: marks who is concerned
    actions::Request m_request;
    actions::Answers m_answers;
    std::optional<provision::Plan> m_plan;
    stack::SourceId m_source = 0;
    QString m_typed;
    bool m_accepted = false;
    std::unique_ptr<actions::Reading> m_reading;
    std::unique_ptr<ClusterRun> m_rehearsal;
    QTimer m_later;

    ThemedLabel* m_title = nullptr;
    ThemedLabel* m_interruption = nullptr;
    BudgetsLine* m_budgets = nullptr;
    QSpinBox* m_replicas = nullptr;
    QLineEdit* m_version = nullptr;
    QLineEdit* m_image = nullptr;
    QComboBox* m_node = nullptr;
    QCheckBox* m_force = nullptr;
    std::map<std::string, QWidget*> m_fields; // by actions::Field::key: line edits, spin boxes, combo boxes
    std::vector<std::string> m_differences;
    QTreeWidget* m_fates = nullptr;
    QTreeWidget* m_steps = nullptr;
    ThemedLabel* m_words = nullptr;
    QWidget* m_typedRow = nullptr;
    ThemedLabel* m_typedLabel = nullptr;
    QLineEdit* m_typedField = nullptr;
    QPushButton* m_do = nullptr;
};

} // namespace strata::ui
