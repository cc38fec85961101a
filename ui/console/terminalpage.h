// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/consoletargets.h"
#include "ui/console/services.h"
#include "ui/console/sessionlink.h"
#include "ui/console/sessionpage.h"

#include <QTimer>

#include <vector>

class QComboBox;
class QToolButton;

namespace strata::ui {

class EndBar;
class FindBar;
class PageHeader;
class Recorder;
class Seat;
class TerminalView;

// A terminal with a session behind it: a shell in a container or on a node, a container's own first process,
// a machine's serial line, SSH into a VM. When the session ends the text stays, with the reason and a way to
// go on. A line that does not end with its connection (serial, attached) is opened again by itself after a
// break, and through the host's libvirt where the cluster's API does not answer.
class TerminalPage : public SessionPage {
    Q_OBJECT

public:
    // A shell in a container of one of the pods; which one can be chosen.
    static TerminalPage* shell(const ConsoleServices& services, const QString& title,
                               const std::vector<PodTarget>& pods, QWidget* parent = nullptr);
    // The first process of a container of one of the pods.
    static TerminalPage* attach(const ConsoleServices& services, const QString& title,
                                const std::vector<PodTarget>& pods, QWidget* parent = nullptr);
    // A serial line, by the cluster or by the host.
    static TerminalPage* serial(const ConsoleServices& services, const ConsoleTargets& targets,
                                QWidget* parent = nullptr);
    static TerminalPage* ssh(const ConsoleServices& services, stack::SourceId cluster,
                             const console::SshTarget& target, QWidget* parent = nullptr);
    static TerminalPage* nodeShell(const ConsoleServices& services, stack::SourceId cluster,
                                   const console::NodeShellTarget& target, QWidget* parent = nullptr);
    ~TerminalPage() override;

    // The place of a VM's serial line, see Seat.
    static QString serialPlace(const GuestConsole& guest);

    TerminalView* view() const { return m_view; }
    SessionLink* link() const { return m_link; }
    EndBar* endBar() const { return m_endBar; }
    Recorder* recorder() const { return m_recorder; }
    PageHeader* header() const { return m_header; }
    void reconnect(bool takeOver = false);
    bool byHost() const;
    int retryInMs() const { return m_retry.isActive() ? m_retry.remainingTime() : -1; } // -1: it does not

    QString iconName() const override;
    QString kindName() const override;
    void enter() override;

protected:
    void showEvent(QShowEvent* event) override;

private:
    enum class Kind { Shell, Attach, Serial, Ssh, Node };
    TerminalPage(Kind kind, const ConsoleServices& services, QString key, const QString& title,
                 QWidget* parent);
    static TerminalPage* container(Kind kind, const ConsoleServices& services, const QString& title,
                                   const std::vector<PodTarget>& pods, QWidget* parent);

    void addChoices();
    void fillContainers();
    Result<std::unique_ptr<console::Session>> open(console::TerminalSize size,
                                                   std::shared_ptr<console::SessionHandler> handler);
    void onState();
    void onEnd(const console::SessionEnd& end);
    void onTyped(const QByteArray& bytes);
    void send(std::string_view bytes);
    bool withoutTerminal() const; // an attached process that writes to a pipe
    std::string withReturns(std::string_view bytes);
    void typeLine(const QByteArray& bytes);
    void say(const QString& text);
    void tellState();
    const PodTarget* pod() const;
    void save();

    Kind m_kind;
    ConsoleServices m_services;
    std::vector<PodTarget> m_pods;
    std::vector<console::ContainerInfo> m_containers; // as in the box
    std::optional<GuestConsole> m_guest;
    std::optional<HostConsole> m_host;
    stack::SourceId m_cluster = 0; // Ssh and Node
    console::SshTarget m_ssh;
    console::NodeShellTarget m_node;
    std::unique_ptr<Seat> m_seat;
    SessionLink* m_link = nullptr;
    TerminalView* m_view = nullptr;
    EndBar* m_endBar = nullptr;
    FindBar* m_findBar = nullptr;
    PageHeader* m_header = nullptr;
    Recorder* m_recorder = nullptr;
    QComboBox* m_podBox = nullptr;
    QComboBox* m_containerBox = nullptr;
    QComboBox* m_pathBox = nullptr;
    QTimer m_retry;
    int m_breaks = 0; // in a row
    bool m_started = false;
    bool m_awaitsContainers = false; // a session is wanted as soon as they are known
    bool m_takeOver = false;
    bool m_everOpen = false;
    bool m_opened = false; // this time
    bool m_typed = false;  // since it was opened
    std::string m_line;    // typed for a process without a terminal
    char m_lastByte = 0;   // of what such a one has printed
};

} // namespace strata::ui
