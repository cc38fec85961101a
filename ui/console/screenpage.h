// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/consoletargets.h"
#include "ui/console/services.h"
#include "ui/console/sessionpage.h"

#include <QTimer>

#include <memory>

class QAction;
class QComboBox;

namespace strata::ui {

class EndBar;
class PageHeader;
class ScreenView;

// The screen of a machine as a tab, by its cluster or by its host's libvirt. Whoever looks already is not
// displaced without a word. A screen that broke is opened again by itself, through the host where the
// cluster's API does not answer; what it showed last stays in sight meanwhile.
class ScreenPage : public SessionPage {
    Q_OBJECT

public:
    ScreenPage(const ConsoleServices& services, const QString& title,
               const std::optional<GuestConsole>& guest, const std::optional<HostConsole>& host,
               QWidget* parent = nullptr);
    ~ScreenPage() override;

    ScreenView* view() const { return m_view; }
    EndBar* endBar() const { return m_endBar; }
    const console::Screen* screen() const { return m_screen.get(); }
    QAction* takeTextAction() const { return m_takeText; }
    bool byHost() const;
    void reconnect(bool takeOver = false);

    QString iconName() const override { return QStringLiteral("vm"); }
    QString kindName() const override { return tr("Screen"); }
    void enter() override;

protected:
    void showEvent(QShowEvent* event) override;

private:
    class Mailbox;
    void look(const Mailbox* from);
    void onEnd(const console::SessionEnd& end);
    void tellState(const QString& state);
    QString name() const;

    ConsoleServices m_services;
    std::optional<GuestConsole> m_guest;
    std::optional<HostConsole> m_host;
    std::shared_ptr<Mailbox> m_mailbox;
    std::unique_ptr<console::Screen> m_screen;
    ScreenView* m_view = nullptr;
    EndBar* m_endBar = nullptr;
    PageHeader* m_header = nullptr;
    QComboBox* m_pathBox = nullptr;
    QAction* m_takeText = nullptr;
    QString m_text; // the guest's clipboard, until it is asked for
    QTimer m_retry;
    int m_breaks = 0; // in a row
    bool m_started = false;
};

} // namespace strata::ui
