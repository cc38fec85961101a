// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/bootstrap.h"
#include "ui/console/consoletargets.h"
#include "ui/console/services.h"

#include <QPointer>
#include <QWidget>

#include <array>
#include <memory>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QTabBar;
class QTreeWidget;

namespace strata::ui {

class Seat;
class ThemedLabel;
class ValueLabel;

// How far one machine has come to be a node, and why not further: a sentence, its stages, and behind them the
// time line, the serial line, what cloud-init and the kubelet say. Looks on for as long as it lives.
class BootstrapView : public QWidget {
    Q_OBJECT

public:
    explicit BootstrapView(QWidget* parent = nullptr);
    ~BootstrapView() override;

    void follow(const ConsoleServices& services, const GuestConsole& machine);
    void stop();
    void show(const console::BootstrapState& state); // as it is told
    const console::BootstrapState& state() const { return m_state; }
    QString verdict() const;
    QTreeWidget* timeLine() const { return m_moments; }
    QString text() const; // all of it, to be copied or saved
    static QString stageName(console::Stage stage);

Q_SIGNALS:
    void changed();

private:
    class Mailbox;
    void restyle();
    void takeLine();

    ConsoleServices m_services;
    std::optional<GuestConsole> m_machine;
    std::shared_ptr<Mailbox> m_mailbox;
    std::unique_ptr<console::BootstrapWatch> m_watch;
    std::unique_ptr<Seat> m_seat;
    console::BootstrapState m_state;

    struct Row {
        QLabel* mark = nullptr;
        ThemedLabel* name = nullptr;
        ValueLabel* words = nullptr;
    };
    QWidget* m_strip = nullptr;
    ThemedLabel* m_verdict = nullptr;
    ThemedLabel* m_advice = nullptr;
    std::array<Row, console::kStages> m_rows;
    QTabBar* m_tabs = nullptr;
    QStackedWidget* m_pages = nullptr;
    QTreeWidget* m_moments = nullptr;
    std::array<QPlainTextEdit*, 3> m_texts{}; // serial line, cloud-init, kubelet
    QPushButton* m_take = nullptr;            // the serial line, from another tab of ours
};

} // namespace strata::ui
