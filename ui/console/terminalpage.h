// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/consoletargets.h"
#include "ui/console/services.h"
#include "ui/console/sessionlink.h"
#include "ui/console/sessionpage.h"

#include <vector>

class QComboBox;
class QToolButton;

namespace strata::ui {

class ElidedLabel;
class EndBar;
class FindBar;
class TerminalView;

// A terminal with a session behind it: a shell in a container, or a machine's serial line. When the session
// ends the text stays, with the reason and a way to go on.
class TerminalPage : public SessionPage {
    Q_OBJECT

public:
    // A shell in a container of one of the pods; which one can be chosen.
    static TerminalPage* shell(const ConsoleServices& services, const QString& title,
                               const std::vector<PodTarget>& pods, QWidget* parent = nullptr);
    // A serial line, by the cluster or by the host; where both are there the second is offered when the first
    // does not open.
    static TerminalPage* serial(const ConsoleServices& services, const ConsoleTargets& targets,
                                QWidget* parent = nullptr);

    TerminalView* view() const { return m_view; }
    SessionLink* link() const { return m_link; }
    EndBar* endBar() const { return m_endBar; }
    void reconnect(bool takeOver = false);

    QString iconName() const override;
    void enter() override;

protected:
    void showEvent(QShowEvent* event) override;

private:
    enum class Kind { Shell, Serial };
    TerminalPage(Kind kind, const ConsoleServices& services, QString key, const QString& title,
                 QWidget* parent);

    void addChoices();
    void fillContainers();
    void onState();
    void onTyped(const QByteArray& bytes);
    void say(const QString& text);
    void tellState();
    const PodTarget* pod() const;
    bool byHost() const;
    void save();

    Kind m_kind;
    ConsoleServices m_services;
    std::vector<PodTarget> m_pods;
    std::optional<GuestConsole> m_guest;
    std::optional<HostConsole> m_host;
    SessionLink* m_link = nullptr;
    TerminalView* m_view = nullptr;
    EndBar* m_endBar = nullptr;
    FindBar* m_findBar = nullptr;
    ElidedLabel* m_status = nullptr;
    QWidget* m_header = nullptr;
    QComboBox* m_podBox = nullptr;
    QComboBox* m_containerBox = nullptr;
    QComboBox* m_pathBox = nullptr;
    bool m_started = false;
    bool m_takeOver = false;
    bool m_everOpen = false;
};

} // namespace strata::ui
