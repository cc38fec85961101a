// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/services.h"
#include "ui/console/sessionpage.h"

#include <memory>
#include <vector>

class QTableWidget;
class QToolButton;

namespace strata::ui {

class EndBar;

// The ports that are forwarded from this machine, as one tab. They end with it.
class ForwardsPage : public SessionPage {
    Q_OBJECT

public:
    enum Column { Local, Target, Open, Received, Sent, Problem, Columns };
    static QString pageKey() { return QStringLiteral("forwards"); }

    explicit ForwardsPage(QWidget* parent = nullptr);
    ~ForwardsPage() override;

    // Shows what came of it: a row, or why there is none.
    void open(const ConsoleServices& services, stack::SourceId cluster, const console::ForwardTarget& target,
              std::uint16_t localPort);
    QTableWidget* table() const { return m_table; }
    std::uint16_t port(int row) const;
    void stop(int row);

    QString iconName() const override { return QStringLiteral("network"); }
    void enter() override;

private:
    struct Entry {
        std::unique_ptr<console::Forward> forward;
        console::ForwardTarget target;
    };
    void refresh();
    void updateButtons();

    std::vector<Entry> m_entries;
    QTableWidget* m_table = nullptr;
    EndBar* m_endBar = nullptr;
    std::vector<QToolButton*> m_rowButtons;
};

} // namespace strata::ui
