// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/consoletargets.h"
#include "ui/console/services.h"
#include "ui/console/sessionpage.h"

namespace strata::ui {

class BootstrapView;
class PageHeader;

// The bootstrap of one machine as a tab.
class BootstrapPage : public SessionPage {
    Q_OBJECT

public:
    BootstrapPage(const ConsoleServices& services, const QString& title, const GuestConsole& machine,
                  QWidget* parent = nullptr);

    BootstrapView* view() const { return m_view; }
    QString iconName() const override { return QStringLiteral("activity"); }
    QString kindName() const override { return tr("Bootstrap"); }
    void enter() override;

protected:
    void showEvent(QShowEvent* event) override;

private:
    void begin();

    ConsoleServices m_services;
    GuestConsole m_machine;
    PageHeader* m_header = nullptr;
    BootstrapView* m_view = nullptr;
    bool m_started = false;
};

} // namespace strata::ui
