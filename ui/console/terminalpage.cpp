// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/terminalpage.h"

#include "ui/console/endbar.h"
#include "ui/console/findbar.h"
#include "ui/console/savetext.h"
#include "ui/console/terminalview.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elidedlabel.h"
#include "ui/widgets/text.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QHBoxLayout>
#include <QShowEvent>
#include <QTime>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

namespace strata::ui {
namespace {

// Ends what a session may have left on: alternate screen (only when it is on, since leaving it moves the
// cursor), mouse, bracketed paste, a hidden cursor, colours.
void calm(TerminalView* view)
{
    if (view->terminal().alternateScreen())
        view->feed("\x1b[?1049l");
    view->feed("\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?2004l\x1b[?25h\x1b[?1l\x1b>\x1b[0m");
}

QToolButton* headerButton(QWidget* parent, const char* icon, const QString& text)
{
    auto* button = new QToolButton(parent);
    button->setIcon(Theme::icon(QString::fromLatin1(icon)));
    button->setToolTip(text);
    button->setAccessibleName(text);
    return button;
}

} // namespace

TerminalPage* TerminalPage::shell(const ConsoleServices& services, const QString& title,
                                  const std::vector<PodTarget>& pods, QWidget* parent)
{
    // Two shells in one place are two.
    static int count = 0;
    const QString key = QStringLiteral("shell|%1").arg(++count);
    auto* page = new TerminalPage(Kind::Shell, services, key, title, parent);
    page->m_pods = pods;
    page->addChoices();
    return page;
}

TerminalPage* TerminalPage::serial(const ConsoleServices& services, const ConsoleTargets& targets,
                                   QWidget* parent)
{
    QString key = QStringLiteral("serial");
    if (targets.guest)
        key += QStringLiteral("|%1/%2/%3")
                   .arg(targets.guest->source)
                   .arg(shown(targets.guest->guest.ns), shown(targets.guest->guest.name));
    else if (targets.host)
        key += QStringLiteral("|%1/%2").arg(targets.host->source).arg(shown(targets.host->uuid));
    auto* page = new TerminalPage(Kind::Serial, services, key, targets.title, parent);
    page->m_guest = targets.guest;
    page->m_host = targets.host;
    page->m_view->setWarnOfLines(true);
    page->addChoices();
    return page;
}

TerminalPage::TerminalPage(Kind kind, const ConsoleServices& services, QString key, const QString& title,
                           QWidget* parent)
    : SessionPage(std::move(key), title, parent), m_kind(kind), m_services(services)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_header = new QWidget(this);
    auto* line = new QHBoxLayout(m_header);
    line->setContentsMargins(12, 3, 8, 3);
    line->setSpacing(6);
    m_status = new ElidedLabel(m_header);
    m_status->setMuted(true);
    line->addWidget(m_status, 1);
    auto* find = headerButton(m_header, "search", tr("Find (Ctrl+Shift+F)"));
    auto* keep = headerButton(m_header, "save", tr("Save the text to a file…"));
    auto* again = headerButton(m_header, "refresh", tr("Connect anew"));
    line->addWidget(find);
    line->addWidget(keep);
    line->addWidget(again);
    layout->addWidget(m_header);
    m_endBar = new EndBar(this);
    layout->addWidget(m_endBar);
    m_view = new TerminalView(this);
    layout->addWidget(m_view, 1);
    m_findBar = new FindBar(this);
    layout->addWidget(m_findBar);
    setFocusProxy(m_view);

    m_link = new SessionLink(this);
    m_view->setSource([this](std::size_t most) { return m_link->take(most); });
    connect(m_link, &SessionLink::readable, this, [this] {
        m_view->wake();
        noteNews();
    });
    connect(m_link, &SessionLink::stateChanged, this, &TerminalPage::onState);
    connect(m_view, &TerminalView::typed, this, &TerminalPage::onTyped);
    connect(m_view, &TerminalView::resized, m_link, &SessionLink::resize);
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
}

void TerminalPage::addChoices()
{
    auto* line = static_cast<QHBoxLayout*>(m_header->layout());
    const auto box = [&](const QString& name) {
        auto* made = new QComboBox(m_header);
        made->setAccessibleName(name);
        made->setToolTip(name);
        made->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        made->setMaximumWidth(260);
        line->insertWidget(line->count() - 3, made);
        return made;
    };
    if (m_kind == Kind::Shell) {
        m_podBox = box(tr("Pod"));
        for (const PodTarget& pod : m_pods)
            m_podBox->addItem(shown(pod.name));
        m_podBox->setVisible(m_pods.size() > 1);
        m_containerBox = box(tr("Container"));
        m_containerBox->setVisible(false);
        connect(m_podBox, &QComboBox::activated, this, [this] {
            m_containerBox->clear();
            fillContainers();
            reconnect();
        });
        connect(m_containerBox, &QComboBox::activated, this, [this] { reconnect(); });
        fillContainers();
    } else if (m_guest && m_host) {
        m_pathBox = box(tr("The way to the serial line"));
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
            // Without the list the first container is the one; a list of one is no choice.
            if (!all || pod() == nullptr || pod()->name != name)
                return;
            const QString current = m_containerBox->currentText();
            m_containerBox->clear();
            for (const console::ContainerInfo& each : *all) {
                if (each.kind == console::ContainerInfo::Kind::Init)
                    continue; // has ended, or has no shell to wait for
                m_containerBox->addItem(shown(each.name));
            }
            m_containerBox->setCurrentIndex(std::max(0, m_containerBox->findText(current)));
            m_containerBox->setVisible(m_containerBox->count() > 1);
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
    QMetaObject::invokeMethod(
        this, [this] { reconnect(); }, Qt::QueuedConnection);
}

void TerminalPage::reconnect(bool takeOver)
{
    m_started = true;
    m_takeOver = takeOver;
    if (m_everOpen) {
        calm(m_view);
        say(tr("connecting anew at %1").arg(QTime::currentTime().toString(QStringLiteral("HH:mm:ss"))));
    }
    m_endBar->hide();
    m_link->open(
        [this](console::TerminalSize size, std::shared_ptr<console::SessionHandler> handler)
            -> Result<std::unique_ptr<console::Session>> {
            if (m_kind == Kind::Shell) {
                const PodTarget* target = pod();
                if (target == nullptr)
                    return fail(ErrorKind::NotFound, tr("The pod is gone.").toStdString());
                console::ExecTarget exec;
                exec.ns = target->ns;
                exec.pod = target->name;
                exec.container = m_containerBox->currentText().toStdString();
                exec.commands = {{"bash"}, {"sh"}};
                return m_services.exec(target->source, exec, size, std::move(handler));
            }
            if (byHost())
                return m_services.hostSerial(m_host->source, m_host->uuid, m_takeOver, std::move(handler));
            return m_services.serial(m_guest->source, m_guest->guest, std::move(handler));
        },
        m_view->size());
    m_view->setFocus();
}

void TerminalPage::onState()
{
    const SessionLink::State state = m_link->state();
    if (state == SessionLink::State::Open) {
        m_everOpen = true;
        setState(State::Open);
    } else if (state == SessionLink::State::Connecting) {
        setState(State::Connecting);
    } else if (state == SessionLink::State::Ended) {
        calm(m_view);
        const EndWords words = endWords(*m_link->end(), m_kind == Kind::Serial);
        if (m_everOpen) // else the strip above says all there is
            say(words.text);
        m_endBar->say(words);
        m_endBar->show();
        if (m_pathBox != nullptr && !byHost() && m_link->end()->kind == console::SessionEnd::Kind::Failed) {
            EndWords second = words;
            second.text +=
                QLatin1Char(' ') + tr("Its host may still answer: choose “through the host” above.");
            m_endBar->say(second);
        }
        setState(State::Ended);
        noteNews();
    }
    tellState();
}

void TerminalPage::onTyped(const QByteArray& bytes)
{
    if (m_link->state() == SessionLink::State::Ended) {
        if (bytes == "\r")
            reconnect();
        return;
    }
    if (!m_link->write({bytes.constData(), std::size_t(bytes.size())}) && !m_link->end())
        say(tr("the other end takes nothing more: the input was dropped"));
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
    if (m_kind == Kind::Shell) {
        if (const PodTarget* target = pod()) {
            where = shown(target->ns) + QLatin1Char('/') + shown(target->name);
            if (m_containerBox->count() > 0)
                where += QStringLiteral(" · ") + m_containerBox->currentText();
        }
        if (!m_link->what().isEmpty())
            where += QStringLiteral(" · ") + m_link->what();
    } else if (byHost()) {
        where = tr("serial line of %1, through its host").arg(shown(m_host->name));
    } else {
        where = tr("serial line of %1/%2").arg(shown(m_guest->guest.ns), shown(m_guest->guest.name));
    }
    QString state;
    switch (m_link->state()) {
    case SessionLink::State::Idle:
    case SessionLink::State::Connecting:
        state = tr("connecting…");
        break;
    case SessionLink::State::Open:
        state = m_kind == Kind::Serial ? tr("connected; press Enter for a prompt") : tr("connected");
        break;
    case SessionLink::State::Ended:
        state = tr("ended; Enter connects anew");
        break;
    }
    m_status->setText(where + QStringLiteral(" · ") + state);
}

QString TerminalPage::iconName() const
{
    return m_kind == Kind::Shell ? QStringLiteral("terminal") : QStringLiteral("console");
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
