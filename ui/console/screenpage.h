// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/consoletargets.h"
#include "ui/console/services.h"
#include "ui/console/sessionpage.h"

#include <memory>

namespace strata::ui {

class ElidedLabel;
class EndBar;
class ScreenView;

// The screen of a VM as a tab. Whoever looks already is not displaced without a word.
class ScreenPage : public SessionPage {
    Q_OBJECT

public:
    ScreenPage(const ConsoleServices& services, const QString& title, const GuestConsole& guest,
               QWidget* parent = nullptr);
    ~ScreenPage() override;

    ScreenView* view() const { return m_view; }
    EndBar* endBar() const { return m_endBar; }
    const console::Screen* screen() const { return m_screen.get(); }
    void reconnect(bool takeOver = false);

    QString iconName() const override { return QStringLiteral("vm"); }
    void enter() override;

protected:
    void showEvent(QShowEvent* event) override;

private:
    class Mailbox;
    void look(const Mailbox* from);
    void tellState(const QString& state);

    ConsoleServices m_services;
    GuestConsole m_guest;
    std::shared_ptr<Mailbox> m_mailbox;
    std::unique_ptr<console::Screen> m_screen;
    ScreenView* m_view = nullptr;
    EndBar* m_endBar = nullptr;
    ElidedLabel* m_status = nullptr;
    bool m_started = false;
};

} // namespace strata::ui
