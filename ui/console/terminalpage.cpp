// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/terminalpage.h"

#include "ui/console/endbar.h"
#include "ui/console/findbar.h"
#include "ui/console/pageheader.h"
#include "ui/console/recorder.h"
#include "ui/console/savetext.h"
#include "ui/console/seats.h"
#include "ui/console/terminalview.h"
#include "ui/widgets/text.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QShowEvent>
#include <QTime>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace strata::ui {
namespace {

constexpr int kAgainMs = 1000; // after the first break; doubled with every further one
constexpr int kMostAgainMs = 30'000;
constexpr std::size_t kMostLine = 4096; // bytes, as a terminal's driver takes

// Ends what a session may have left on: alternate screen (only when it is on, since leaving it moves the
// cursor), mouse, bracketed paste, a hidden cursor, colours.
void calm(TerminalView* view)
{
    if (view->terminal().alternateScreen())
        view->feed("\x1b[?1049l");
    view->feed("\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?2004l\x1b[?25h\x1b[?1l\x1b>\x1b[0m");
}

} // namespace

TerminalPage* TerminalPage::container(Kind kind, const ConsoleServices& services, const QString& title,
                                      const std::vector<PodTarget>& pods, QWidget* parent)
{
    // Two shells in one place are two.
    static int count = 0;
    const QString key = QStringLiteral("shell|%1").arg(++count);
    auto* page = new TerminalPage(kind, services, key, title, parent);
    page->m_pods = pods;
    page->addChoices();
    return page;
}

TerminalPage* TerminalPage::shell(const ConsoleServices& services, const QString& title,
                                  const std::vector<PodTarget>& pods, QWidget* parent)
{
    return container(Kind::Shell, services, title, pods, parent);
}

TerminalPage* TerminalPage::attach(const ConsoleServices& services, const QString& title,
                                   const std::vector<PodTarget>& pods, QWidget* parent)
{
    return container(Kind::Attach, services, title, pods, parent);
}

TerminalPage* TerminalPage::serial(const ConsoleServices& services, const ConsoleTargets& targets,
                                   QWidget* parent)
{
    QString key = QStringLiteral("serial");
    if (targets.guest)
        key = serialPlace(*targets.guest);
    else if (targets.host)
        key += QStringLiteral("|%1/%2").arg(targets.host->source).arg(shown(targets.host->uuid));
    auto* page = new TerminalPage(Kind::Serial, services, key, targets.title, parent);
    page->m_guest = targets.guest;
    page->m_host = targets.host;
    page->m_view->setWarnOfLines(true);
    page->addChoices();
    return page;
}

TerminalPage* TerminalPage::ssh(const ConsoleServices& services, stack::SourceId cluster,
                                const console::SshTarget& target, QWidget* parent)
{
    static int count = 0;
    auto* page = new TerminalPage(Kind::Ssh, services, QStringLiteral("ssh|%1").arg(++count),
                                  shown(target.guest.name), parent);
    page->m_cluster = cluster;
    page->m_ssh = target;
    page->addChoices();
    return page;
}

TerminalPage* TerminalPage::nodeShell(const ConsoleServices& services, stack::SourceId cluster,
                                      const console::NodeShellTarget& target, QWidget* parent)
{
    static int count = 0;
    auto* page = new TerminalPage(Kind::Node, services, QStringLiteral("node|%1").arg(++count),
                                  shown(target.node), parent);
    page->m_cluster = cluster;
    page->m_node = target;
    page->addChoices();
    return page;
}

QString TerminalPage::serialPlace(const GuestConsole& guest)
{
    return QStringLiteral("serial|%1/%2/%3")
        .arg(guest.source)
        .arg(shown(guest.guest.ns), shown(guest.guest.name));
}

TerminalPage::TerminalPage(Kind kind, const ConsoleServices& services, QString key, const QString& title,
                           QWidget* parent)
    : SessionPage(std::move(key), title, parent), m_kind(kind), m_services(services)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_header = new PageHeader(this);
    auto* find = m_header->addButton("search", tr("Find (Ctrl+Shift+F)"));
    auto* keep = m_header->addButton("save", tr("Save the text to a file…"));
    m_recorder = new Recorder(
        m_header->addButton("record", tr("Record what is shown, to play it again (asciicast)…")), this);
    m_recorder->setTitle(title);
    auto* again = m_header->addButton("refresh", tr("Connect anew"));
    layout->addWidget(m_header);
    m_endBar = new EndBar(this);
    layout->addWidget(m_endBar);
    m_view = new TerminalView(this);
    layout->addWidget(m_view, 1);
    m_findBar = new FindBar(this);
    layout->addWidget(m_findBar);
    setFocusProxy(m_view);

    m_link = new SessionLink(this);
    m_view->setSource([this](std::size_t most) {
        std::string bytes = m_link->take(most);
        if (withoutTerminal())
            bytes = withReturns(bytes);
        m_recorder->output(bytes);
        return bytes;
    });
    connect(m_link, &SessionLink::readable, this, [this] {
        m_view->wake();
        noteNews();
    });
    connect(m_link, &SessionLink::stateChanged, this, &TerminalPage::onState);
    connect(m_view, &TerminalView::typed, this, &TerminalPage::onTyped);
    connect(m_view, &TerminalView::resized, m_link, &SessionLink::resize);
    connect(m_view, &TerminalView::resized, m_recorder, &Recorder::setSize);
    connect(m_recorder, &Recorder::said, this, &TerminalPage::say);
    connect(m_view, &TerminalView::leaveWanted, this, &SessionPage::leaveWanted);
    connect(m_view, &TerminalView::bell, this, [this] { noteNews(); });
    connect(m_view, &TerminalView::openWanted, this, [](const QUrl& url) { QDesktopServices::openUrl(url); });
    const auto openFind = [this] { m_findBar->open(); };
    connect(m_view, &TerminalView::searchWanted, this, openFind);
    connect(find, &QToolButton::clicked, this, openFind);
    connect(m_findBar, &FindBar::findWanted, this, [this](const QString& text, bool backwards) {
        m_findBar->setFound(text.isEmpty() || m_view->find(text, backwards));
    });
    connect(m_findBar, &FindBar::textEdited, this, [this](const QString& text) {
        m_view->clearSelection();
        m_findBar->setFound(m_view->find(text, true));
    });
    connect(m_findBar, &FindBar::closed, this, [this] { m_view->setFocus(); });
    connect(keep, &QToolButton::clicked, this, &TerminalPage::save);
    connect(again, &QToolButton::clicked, this, [this] { reconnect(); });
    connect(m_endBar, &EndBar::againWanted, this, [this] { reconnect(); });
    connect(m_endBar, &EndBar::takeOverWanted, this, [this] { reconnect(true); });
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, [this] { reconnect(); });
}

TerminalPage::~TerminalPage() = default;

void TerminalPage::addChoices()
{
    if (m_kind == Kind::Shell || m_kind == Kind::Attach) {
        m_podBox = m_header->addBox(tr("Pod"));
        for (const PodTarget& pod : m_pods)
            m_podBox->addItem(shown(pod.name));
        m_podBox->setVisible(m_pods.size() > 1);
        m_containerBox = m_header->addBox(tr("Container"));
        m_containerBox->setVisible(false);
        connect(m_podBox, &QComboBox::activated, this, [this] {
            m_containerBox->clear();
            m_containers.clear();
            m_awaitsContainers = true;
            fillContainers();
        });
        connect(m_containerBox, &QComboBox::activated, this, [this] { reconnect(); });
        fillContainers();
    } else if (m_guest && m_host) {
        m_pathBox = m_header->addBox(tr("The way to the serial line"));
        m_pathBox->addItem(tr("through KubeVirt"));
        m_pathBox->addItem(tr("through the host"));
        connect(m_pathBox, &QComboBox::activated, this, [this] { reconnect(); });
    }
    tellState();
}

void TerminalPage::fillContainers()
{
    const PodTarget* target = pod();
    if (target == nullptr)
        return;
    m_services.containers(
        target->source, target->ns, target->name, this,
        [this, name = target->name](const Result<std::vector<console::ContainerInfo>>& all) {
            if (pod() == nullptr || pod()->name != name)
                return;
            // Servers choose by themselves where there is one container only, and refuse where there are
            // more; an attached process has a terminal and listens, or not. So nothing is opened before it is
            // known.
            const bool wanted = std::exchange(m_awaitsContainers, false);
            if (!all) {
                m_containers.emplace_back(); // asked, in vain: the server may still know
                if (wanted)
                    reconnect();
                return;
            }
            const QString current = m_containerBox->currentText();
            m_containerBox->clear();
            m_containers.clear();
            for (const console::ContainerInfo& each : *all) {
                if (each.kind == console::ContainerInfo::Kind::Init)
                    continue; // has ended, or has no shell to wait for
                m_containerBox->addItem(shown(each.name));
                m_containers.push_back(each);
            }
            if (m_containers.empty())
                m_containers.emplace_back();
            m_containerBox->setCurrentIndex(std::max(0, m_containerBox->findText(current)));
            m_containerBox->setVisible(m_containerBox->count() > 1);
            if (wanted)
                reconnect();
            tellState();
        });
}

const PodTarget* TerminalPage::pod() const
{
    const auto index = std::size_t(m_podBox == nullptr ? -1 : m_podBox->currentIndex());
    return index < m_pods.size() ? &m_pods[index] : nullptr;
}

bool TerminalPage::byHost() const
{
    return m_host && (!m_guest || (m_pathBox != nullptr && m_pathBox->currentIndex() == 1));
}

void TerminalPage::showEvent(QShowEvent* event)
{
    SessionPage::showEvent(event);
    seen();
    if (m_started)
        return;
    // With the size it is shown in, so that the other end wraps its first lines rightly.
    m_started = true;
    if (m_podBox != nullptr && m_containers.empty()) {
        m_awaitsContainers = true; // see fillContainers()
        return;
    }
    QMetaObject::invokeMethod(
        this, [this] { reconnect(); }, Qt::QueuedConnection);
}

Result<std::unique_ptr<console::Session>> TerminalPage::open(console::TerminalSize size,
                                                             std::shared_ptr<console::SessionHandler> handler)
{
    switch (m_kind) {
    case Kind::Shell:
    case Kind::Attach: {
        const PodTarget* target = pod();
        if (target == nullptr)
            return fail(ErrorKind::NotFound, tr("The pod is gone.").toStdString());
        console::ExecTarget exec;
        exec.ns = target->ns;
        exec.pod = target->name;
        exec.container = m_containerBox->currentText().toStdString();
        if (m_kind == Kind::Shell) {
            exec.commands = {{"bash"}, {"sh"}};
        } else {
            const auto index = std::size_t(m_containerBox->currentIndex());
            exec.attach = true;
            exec.tty = index < m_containers.size() && m_containers[index].tty;
            exec.input = index < m_containers.size() && m_containers[index].input;
        }
        return m_services.exec(target->source, exec, size, std::move(handler));
    }
    case Kind::Ssh:
        return m_services.ssh(m_cluster, m_ssh, size, std::move(handler));
    case Kind::Node:
        return m_services.nodeShell(m_cluster, m_node, size, std::move(handler));
    case Kind::Serial:
        break;
    }
    if (byHost())
        return m_services.hostSerial(m_host->source, m_host->uuid, m_takeOver, std::move(handler));
    return m_services.serial(m_guest->source, m_guest->guest, std::move(handler));
}

void TerminalPage::reconnect(bool takeOver)
{
    m_started = true;
    m_takeOver = takeOver;
    m_retry.stop();
    m_opened = false;
    m_typed = false;
    m_line.clear();
    m_endBar->hide();
    m_seat.reset();
    if (m_kind == Kind::Serial && !byHost()) {
        const QString holder = Seat::holder(serialPlace(*m_guest));
        if (!holder.isEmpty() && !takeOver) {
            m_link->close();
            EndWords words;
            words.health = stack::Health::Warning;
            words.text =
                tr("“%1” of this program reads this serial line; only one can. Take it over?").arg(holder);
            words.takeOver = true;
            m_endBar->say(words);
            m_endBar->show();
            setState(State::Ended);
            return;
        }
        m_seat = Seat::take(serialPlace(*m_guest), tr("Serial console %1").arg(title()));
    }
    if (m_everOpen) {
        calm(m_view);
        say(tr("connecting anew at %1").arg(QTime::currentTime().toString(QStringLiteral("HH:mm:ss"))));
        m_recorder->mark(tr("connecting anew"));
    }
    m_link->open(
        [this](console::TerminalSize size, std::shared_ptr<console::SessionHandler> handler) {
            return open(size, std::move(handler));
        },
        m_view->size());
    m_recorder->setSize(m_view->size());
    if (isVisible())
        m_view->setFocus();
}

void TerminalPage::onState()
{
    const SessionLink::State state = m_link->state();
    if (state == SessionLink::State::Open) {
        m_everOpen = true;
        m_opened = true;
        m_breaks = 0;
        setState(State::Open);
    } else if (state == SessionLink::State::Connecting) {
        setState(State::Connecting);
    } else if (state == SessionLink::State::Ended) {
        m_seat.reset();
        onEnd(*m_link->end());
    }
    tellState();
}

void TerminalPage::onEnd(const console::SessionEnd& end)
{
    using Kind_ = console::SessionEnd::Kind;
    calm(m_view);
    EndWords words = endWords(end, m_kind == Kind::Serial);
    if (m_everOpen && m_opened) // else the strip above says all there is
        say(words.text);
    const bool broke = end.kind == Kind_::Failed &&
                       (end.error.kind == ErrorKind::Network || end.error.kind == ErrorKind::Timeout ||
                        end.error.kind == ErrorKind::Server || end.error.kind == ErrorKind::Tls);
    // The line itself goes on while our connection to it does not; a shell would be another one.
    const bool lasting = m_kind == Kind::Serial || m_kind == Kind::Attach;
    if (broke && m_pathBox != nullptr && !byHost()) {
        m_pathBox->setCurrentIndex(1);
        words.text += QLatin1Char(' ') + tr("Going on through the host.");
        words.health = stack::Health::Warning;
        say(tr("the Kubernetes API does not carry the line any more; going on through the host"));
        m_retry.start(0);
    } else if (broke && lasting && (m_everOpen || m_breaks < 3)) {
        const int wait = std::min(kMostAgainMs, kAgainMs << std::min(m_breaks, 5));
        ++m_breaks;
        words.health = stack::Health::Warning;
        words.text += QLatin1Char(' ') + tr("Trying again in %n s.", nullptr, (wait + 999) / 1000);
        m_retry.start(wait);
    }
    m_endBar->say(words);
    m_endBar->show();
    setState(State::Ended);
    noteNews();
}

void TerminalPage::onTyped(const QByteArray& bytes)
{
    if (m_link->state() == SessionLink::State::Ended) {
        if (bytes == "\r")
            reconnect();
        return;
    }
    if (!std::exchange(m_typed, true))
        tellState();
    if (withoutTerminal())
        typeLine(bytes);
    else
        send({bytes.constData(), std::size_t(bytes.size())});
}

void TerminalPage::send(std::string_view bytes)
{
    if (!m_link->write(bytes) && !m_link->end())
        say(tr("the other end takes nothing more: the input was dropped"));
}

bool TerminalPage::withoutTerminal() const
{
    const auto index = std::size_t(m_kind == Kind::Attach ? m_containerBox->currentIndex() : 0);
    return m_kind == Kind::Attach && index < m_containers.size() && !m_containers[index].tty;
}

std::string TerminalPage::withReturns(std::string_view bytes)
{
    std::string out;
    for (const char c : bytes) {
        if (c == '\n' && m_lastByte != '\r')
            out += '\r';
        out += c;
        m_lastByte = c;
    }
    return out;
}

// What a terminal's driver does between a keyboard and a process that has none: echoes, lets the last
// character be taken back, and hands over whole lines.
void TerminalPage::typeLine(const QByteArray& bytes)
{
    const auto index = std::size_t(m_containerBox->currentIndex());
    if (!m_containers[index].input)
        return; // nobody listens
    const auto isInner = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    std::string echo;
    for (const char c : bytes) {
        if (c == '\r') {
            echo += "\r\n";
            m_line += '\n';
            send(std::exchange(m_line, {}));
        } else if (c == 0x7F || c == '\b') {
            if (m_line.empty())
                continue;
            while (m_line.size() > 1 && isInner(m_line.back()))
                m_line.pop_back();
            m_line.pop_back();
            echo += "\b \b";
        } else if (c == '\t' || static_cast<unsigned char>(c) >= 0x20) {
            if (m_line.size() < kMostLine) {
                m_line += c;
                echo += c;
            }
        }
    }
    m_view->feed(echo);
}

// On a line of its own, muted, and never mistaken for output.
void TerminalPage::say(const QString& text)
{
    const bool fresh = m_view->terminal().cursor().column == 0;
    m_view->feed((fresh ? std::string() : std::string("\r\n")) + "\x1b[0;2;3m— " + text.toStdString() +
                 " —\x1b[0m\r\n");
}

void TerminalPage::tellState()
{
    QString where;
    switch (m_kind) {
    case Kind::Shell:
    case Kind::Attach:
        if (const PodTarget* target = pod()) {
            where = shown(target->ns) + QLatin1Char('/') + shown(target->name);
            if (m_containerBox->count() > 0)
                where += QStringLiteral(" · ") + m_containerBox->currentText();
        }
        if (!m_link->what().isEmpty())
            where += QStringLiteral(" · ") + m_link->what();
        break;
    case Kind::Ssh:
        where = tr("ssh %1@%2, through a forwarded port").arg(shown(m_ssh.user), shown(m_ssh.guest.name));
        break;
    case Kind::Node:
        where = tr("shell on node %1, by a pod that goes with this tab").arg(shown(m_node.node));
        break;
    case Kind::Serial:
        where = byHost()
                    ? tr("serial line of %1, through its host").arg(shown(m_host->name))
                    : tr("serial line of %1/%2").arg(shown(m_guest->guest.ns), shown(m_guest->guest.name));
        break;
    }
    QString state;
    switch (m_link->state()) {
    case SessionLink::State::Idle:
    case SessionLink::State::Connecting:
        state = tr("connecting…");
        break;
    case SessionLink::State::Open:
        state = m_kind == Kind::Serial && !m_typed ? tr("connected; press Enter for a prompt")
                : m_kind == Kind::Attach           ? tr("attached: it goes on when this tab is closed")
                                                   : tr("connected");
        break;
    case SessionLink::State::Ended:
        state = tr("ended; Enter connects anew");
        break;
    }
    m_header->setStatus(state + QStringLiteral(" · ") + where); // where it is, its tab says, too
}

QString TerminalPage::iconName() const
{
    switch (m_kind) {
    case Kind::Serial:
        return QStringLiteral("console");
    case Kind::Ssh:
        return QStringLiteral("key");
    case Kind::Attach:
        return QStringLiteral("connect");
    default:
        return QStringLiteral("terminal");
    }
}

QString TerminalPage::kindName() const
{
    switch (m_kind) {
    case Kind::Shell:
        return tr("Shell");
    case Kind::Attach:
        return tr("Attached process");
    case Kind::Ssh:
        return tr("SSH");
    case Kind::Node:
        return tr("Node shell");
    case Kind::Serial:
        break;
    }
    return tr("Serial console");
}

void TerminalPage::enter()
{
    m_view->setFocus(Qt::ShortcutFocusReason);
}

void TerminalPage::save()
{
    askToSave(this, title() + QStringLiteral(".txt"),
              [text = m_view->allText()] { return text + QLatin1Char('\n'); });
}

} // namespace strata::ui
