// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/logpage.h"

#include "core/base/timestamp.h"
#include "ui/console/endbar.h"
#include "ui/console/findbar.h"
#include "ui/console/logview.h"
#include "ui/console/pageheader.h"
#include "ui/console/savetext.h"
#include "ui/console/sessionlink.h"
#include "ui/theme/theme.h"
#include "ui/widgets/searchfield.h"
#include "ui/widgets/text.h"

#include <QAction>
#include <QActionGroup>
#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QShowEvent>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace strata::ui {
namespace {

constexpr int kAgainMs = 1000; // after the first break; doubled with every further one
constexpr int kMostAgainMs = 15000;
constexpr long kFirstLines = 1000;

// The values of the box "since": lines or seconds.
struct Since {
    long lines = -1;
    long seconds = -1;
};
constexpr Since kSince[] = {{kFirstLines, -1}, {-1, 300}, {-1, 3600}, {-1, 86400}, {20000, -1}};

// What a name has of its own: "7d9f-x2k4p" of "checkout-7d9f-x2k4p" beside its siblings.
QString withoutCommon(const QString& name, const QStringList& all)
{
    int common = int(name.size());
    for (const QString& other : all) {
        int i = 0;
        while (i < std::min(common, int(other.size())) && other[i] == name[i])
            ++i;
        if (other != name)
            common = std::min(common, i);
    }
    const int cut = common == int(name.size()) ? 0 : int(name.lastIndexOf(QLatin1Char('-'), common - 1)) + 1;
    // "0" of "rabbitmq-0" says too little.
    return cut > 0 && int(name.size()) - cut >= 3 ? name.mid(cut) : name;
}

} // namespace

LogPage::LogPage(const ConsoleServices& services, const QString& title, const std::vector<PodTarget>& pods,
                 QWidget* parent)
    : SessionPage(
          [&] {
              QString key = QStringLiteral("logs");
              for (const PodTarget& pod : pods)
                  key += QStringLiteral("|%1/%2/%3").arg(pod.source).arg(shown(pod.ns), shown(pod.name));
              return key;
          }(),
          title, parent),
      m_services(services), m_pods(pods)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_header = new PageHeader(this);
    const auto box = [&](const QString& name) {
        QComboBox* made = m_header->addBox(name);
        connect(made, &QComboBox::activated, this, [this] { start(); });
        return made;
    };
    m_podBox = box(tr("Pod"));
    if (m_pods.size() > 1)
        m_podBox->addItem(tr("All %n pods", nullptr, int(m_pods.size())));
    for (const PodTarget& pod : m_pods)
        m_podBox->addItem(shown(pod.name));
    m_podBox->setVisible(m_pods.size() > 1);
    m_containerBox = box(tr("Container"));
    m_containerBox->addItem(tr("All containers"));
    m_containerBox->hide();
    auto* filter = new SearchField(m_header);
    filter->setPlaceholderText(tr("Only lines with…"));
    filter->setMinimumWidth(80);
    filter->setMaximumWidth(170);
    m_header->addChoice(filter);
    auto* find = m_header->addButton("search", tr("Find (Ctrl+F)"));
    layout->addWidget(m_header);
    m_endBar = new EndBar(this);
    layout->addWidget(m_endBar);
    m_view = new LogView(&m_book, this);
    layout->addWidget(m_view, 1);
    m_findBar = new FindBar(this);
    layout->addWidget(m_findBar);
    setFocusProxy(m_view);
    fillMenu(m_header->menu());

    connect(filter, &SearchField::textChanged, this,
            [this](const QString& text) { m_view->setFilter(text.trimmed()); });
    connect(filter, &SearchField::leaveWanted, this, [this] { m_view->setFocus(); });
    const auto openFind = [this] { m_findBar->open(); };
    connect(find, &QToolButton::clicked, this, openFind);
    connect(m_view, &LogView::searchWanted, this, openFind);
    connect(m_findBar, &FindBar::findWanted, this, [this](const QString& text, bool backwards) {
        m_findBar->setFound(text.isEmpty() || m_view->findText(text, backwards));
    });
    connect(m_findBar, &FindBar::textEdited, this, [this](const QString& text) {
        QTextCursor end(m_view->document());
        end.movePosition(QTextCursor::End);
        m_view->setTextCursor(end);
        m_findBar->setFound(m_view->findText(text, true));
    });
    connect(m_findBar, &FindBar::closed, this, [this] { m_view->setFocus(); });
    connect(m_endBar, &EndBar::againWanted, this, [this] { start(); });
    tellState();
}

LogPage::~LogPage() = default;

void LogPage::fillMenu(QMenu* menu)
{
    m_since = new QActionGroup(this);
    for (const QString& text : {tr("Last %1 lines").arg(kFirstLines), tr("Last 5 minutes"), tr("Last hour"),
                                tr("Last day"), tr("Last %1 lines").arg(kSince[4].lines)}) {
        QAction* choice = m_since->addAction(menu->addAction(text));
        choice->setCheckable(true);
    }
    m_since->actions().front()->setChecked(true);
    connect(m_since, &QActionGroup::triggered, this, [this] { start(); });
    menu->addSeparator();
    m_previous = menu->addAction(tr("Instance before the restart"));
    m_previous->setCheckable(true);
    connect(m_previous, &QAction::toggled, this, [this] { start(); });
    menu->addSeparator();
    m_times = menu->addAction(tr("Show times"));
    m_times->setCheckable(true);
    connect(m_times, &QAction::toggled, m_view, &LogView::setTimes);
    QAction* wrap = menu->addAction(tr("Break long lines"));
    wrap->setCheckable(true);
    connect(wrap, &QAction::toggled, this, [this](bool on) {
        m_view->setLineWrapMode(on ? QPlainTextEdit::WidgetWidth : QPlainTextEdit::NoWrap);
    });
    menu->addSeparator();
    connect(menu->addAction(Theme::icon(QStringLiteral("save")), tr("Save to a file…")), &QAction::triggered,
            this, [this] {
                askToSave(this, title() + QStringLiteral(".log"), [text = wholeText()] { return text; });
            });
    connect(menu->addAction(Theme::icon(QStringLiteral("refresh")), tr("Read anew")), &QAction::triggered,
            this, [this] { start(); });
}

int LogPage::since() const
{
    return std::max(0, int(m_since->actions().indexOf(m_since->checkedAction())));
}

QAction* LogPage::sinceAction(int which) const
{
    return m_since->actions().at(which);
}

void LogPage::showEvent(QShowEvent* event)
{
    SessionPage::showEvent(event);
    seen();
    if (!m_started) {
        m_started = true;
        askContainers();
    }
}

void LogPage::enter()
{
    m_view->setFocus(Qt::ShortcutFocusReason);
}

void LogPage::askContainers()
{
    m_asked = std::min(m_pods.size(), kMostStreams);
    for (std::size_t i = 0; i < m_asked; ++i) {
        const PodTarget& pod = m_pods[i];
        m_services.containers(
            pod.source, pod.ns, pod.name, this,
            [this, name = pod.name](const Result<std::vector<console::ContainerInfo>>& all) {
                if (all)
                    m_containers[name] = *all;
                else
                    m_askError = cleaned(all.error().text);
                if (--m_asked > 0)
                    return;
                std::set<std::string> names;
                QStringList ordered;
                for (const auto& [of, containers] : m_containers) {
                    for (const console::ContainerInfo& each : containers) {
                        if (names.insert(each.name).second)
                            ordered << shown(each.name);
                    }
                }
                m_containerBox->addItems(ordered);
                m_containerBox->setVisible(ordered.size() > 1);
                start();
            });
    }
}

void LogPage::start()
{
    ++m_run;
    for (const Stream& stream : m_streams)
        stream.link->deleteLater();
    m_streams.clear();
    m_book = console::LogBook();
    m_view->setNames({});
    m_view->renew();
    m_endBar->hide();
    m_left = 0;
    const int podAt = m_podBox->currentIndex() - (m_pods.size() > 1 ? 1 : 0);
    const std::string wanted =
        m_containerBox->currentIndex() > 0 ? m_containerBox->currentText().toStdString() : std::string();
    for (std::size_t i = 0; i < m_pods.size(); ++i) {
        if (podAt >= 0 && std::size_t(podAt) != i)
            continue;
        const PodTarget& pod = m_pods[i];
        for (const console::ContainerInfo& container : m_containers[pod.name]) {
            // Init containers and debug containers are to be asked for.
            if (wanted.empty() ? container.kind != console::ContainerInfo::Kind::Normal
                               : container.name != wanted)
                continue;
            if (m_previous->isChecked() && container.restarts == 0)
                continue;
            if (m_streams.size() == kMostStreams) {
                ++m_left;
                continue;
            }
            Stream stream;
            stream.pod = pod;
            stream.container = container.name;
            stream.source = m_book.addSource(pod.name + "/" + container.name);
            stream.link = new SessionLink(this);
            m_streams.push_back(std::move(stream));
        }
    }
    m_view->setNames(shortNames());
    for (std::size_t i = 0; i < m_streams.size(); ++i) {
        SessionLink* link = m_streams[i].link;
        connect(link, &SessionLink::readable, this, [this, i, run = m_run] {
            if (run == m_run)
                take(i);
        });
        connect(link, &SessionLink::stateChanged, this, [this, i, run = m_run] {
            if (run == m_run)
                onState(i);
        });
    }
    for (Stream& stream : m_streams)
        openStream(stream);
    if (m_streams.empty()) {
        EndWords words;
        words.health = m_askError.isEmpty() ? stack::Health::Unknown : stack::Health::Failed;
        words.text = !m_askError.isEmpty() ? m_askError
                     : m_previous->isChecked()
                         ? tr("No container has restarted: there is no instance before.")
                         : tr("There is no such container.");
        m_endBar->say(words);
        m_endBar->show();
        setState(State::Ended);
    } else {
        setState(State::Connecting);
    }
    tellState();
}

void LogPage::openStream(Stream& stream)
{
    const Since& since = kSince[std::min(this->since(), int(std::size(kSince)) - 1)];
    console::LogTarget target;
    target.ns = stream.pod.ns;
    target.pod = stream.pod.name;
    target.container = stream.container;
    target.previous = m_previous->isChecked();
    target.tailLines = since.lines;
    target.sinceSeconds = since.seconds;
    target.sinceTime = m_book.newest(stream.source);
    if (!target.sinceTime.empty())
        m_book.resume(stream.source);
    stream.ended = false;
    stream.link->open(
        [this, source = stream.pod.source, target](console::TerminalSize,
                                                   std::shared_ptr<console::SessionHandler> handler) {
            return m_services.log(source, target, std::move(handler));
        },
        {});
}

void LogPage::take(std::size_t index)
{
    Stream& stream = m_streams[index];
    for (;;) {
        const std::string bytes = stream.link->take(256U << 10U);
        if (bytes.empty())
            break;
        stream.breaks = 0;
        m_book.add(stream.source, bytes);
    }
    if (const std::size_t lost = stream.link->takeDropped(); lost > 0)
        m_book.note(stream.source,
                    tr("%1 KiB were passed over: it prints faster than it can be shown")
                        .arg(lost >> 10U)
                        .toStdString(),
                    0);
    m_view->follow();
    noteNews();
}

void LogPage::onState(std::size_t index)
{
    Stream& stream = m_streams[index];
    if (stream.link->state() == SessionLink::State::Open) {
        setState(State::Open);
        stream.why.clear();
        if (std::all_of(m_streams.begin(), m_streams.end(),
                        [](const Stream& each) { return each.why.isEmpty(); }))
            m_endBar->hide();
    }
    if (stream.link->state() == SessionLink::State::Ended) {
        take(index);
        m_book.finish(stream.source);
        m_view->follow();
        const console::SessionEnd& end = *stream.link->end();
        const bool failed = end.kind == console::SessionEnd::Kind::Failed;
        const bool final = m_previous->isChecked() || (failed && (end.error.kind == ErrorKind::NotFound ||
                                                                  end.error.kind == ErrorKind::Forbidden ||
                                                                  end.error.kind == ErrorKind::Auth));
        stream.ended = true;
        stream.why =
            failed ? cleaned(end.error.detail.empty() ? end.error.text : end.error.detail) : QString();
        if (failed) {
            EndWords words = endWords(end, false);
            if (!final) {
                words.health = stack::Health::Warning;
                words.text += QLatin1Char(' ') + tr("Trying again.");
            }
            m_endBar->say(words);
            m_endBar->show();
        }
        if (!final) {
            // The container began anew, or the connection broke: on from the last line.
            const int wait = std::min(kMostAgainMs, kAgainMs << std::min(stream.breaks, 4));
            ++stream.breaks;
            QTimer::singleShot(wait, this, [this, index, run = m_run] {
                if (run == m_run)
                    openStream(m_streams[index]);
            });
        }
        const bool all =
            std::all_of(m_streams.begin(), m_streams.end(), [](const Stream& each) { return each.ended; });
        if (all && final) {
            setState(State::Ended);
        }
    }
    tellState();
}

QStringList LogPage::shortNames() const
{
    QStringList pods;
    QStringList containers;
    for (const Stream& stream : m_streams) {
        pods << shown(stream.pod.name);
        containers << shown(stream.container);
    }
    QStringList onePods = pods;
    onePods.removeDuplicates();
    QStringList oneContainers = containers;
    oneContainers.removeDuplicates();
    QStringList names;
    int width = 0;
    for (int i = 0; i < pods.size(); ++i) {
        QString name = onePods.size() > 1 ? withoutCommon(pods[i], onePods) : QString();
        if (oneContainers.size() > 1)
            name += (name.isEmpty() ? QString() : QStringLiteral("/")) + containers[i];
        names << name.left(28);
        width = std::max(width, int(names.back().size()));
    }
    for (QString& name : names)
        name = name.leftJustified(width);
    return names;
}

void LogPage::tellState()
{
    int open = 0;
    QString why;
    for (const Stream& stream : m_streams) {
        open += stream.link->state() == SessionLink::State::Open ? 1 : 0;
        if (stream.ended && why.isEmpty())
            why = stream.why;
    }
    QString text;
    if (!m_started || (m_asked > 0 && m_streams.empty()))
        text = tr("asking for the containers…");
    else if (m_previous->isChecked())
        text = tr("the instance before");
    else if (m_streams.size() == 1)
        text = open == 1 ? tr("following") : why.isEmpty() ? tr("connecting…") : why;
    else
        text = tr("following %1 of %2").arg(open).arg(m_streams.size());
    if (since() > 0 && !m_previous->isChecked()) // what is not as it is at first
        text += QStringLiteral(" · ") + m_since->checkedAction()->text();
    if (m_streams.size() > 1 && !why.isEmpty())
        text += QStringLiteral(" · ") + why;
    if (m_left > 0)
        text += QStringLiteral(" · ") + tr("%n more are not read", nullptr, int(m_left));
    m_header->setStatus(text);
}

QString LogPage::wholeText() const
{
    QString text;
    for (const console::LogLine& line : m_book.lines()) {
        if (!line.time.empty())
            text += shown(line.time) + QLatin1Char(' ');
        if (m_streams.size() > 1)
            text += shown(m_book.name(line.source)) + QLatin1Char(' ');
        text += shown(line.text) + QLatin1Char('\n');
    }
    return text;
}

} // namespace strata::ui
