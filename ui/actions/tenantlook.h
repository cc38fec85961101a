// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/answers.h"
#include "core/base/timestamp.h"
#include "core/stack/item.h"

#include <QDialog>
#include <QTimer>

#include <memory>
#include <vector>

class QTreeWidget;

namespace strata::ui {

class ClusterRuns;
class StackStore;
class ThemedLabel;

// What the servers know of a tenant cluster beyond the stack, asked anew every few seconds while it is looked
// at: what is left of one that is being deleted, or its services with what stands for them outside.
class TenantLook : public QDialog {
    Q_OBJECT

public:
    enum class What { Deletion, Services };
    TenantLook(ClusterRuns* runs, StackStore* store, Clock clock, What what, stack::ItemId cluster,
               QWidget* parent = nullptr);
    ~TenantLook() override;

    static bool makesSense(const StackStore* store, What what, stack::ItemId id);
    bool isAnswered() const { return m_answered; }

private:
    void ask();
    void take(const Result<actions::Answers>& answers);
    void showDeletion(const actions::Answers& answers);
    void showServices(const actions::Answers& answers);

    ClusterRuns* m_runs;
    StackStore* m_store;
    Clock m_clock;
    What m_what;
    stack::SourceId m_source = 0;
    std::string m_ns;
    std::string m_cluster;
    std::vector<actions::Question> m_questions;
    std::unique_ptr<actions::Reading> m_reading;
    bool m_answered = false;
    QTimer m_again;
    ThemedLabel* m_title = nullptr;
    QTreeWidget* m_rows = nullptr;
    ThemedLabel* m_words = nullptr;
};

} // namespace strata::ui
