// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/bootstrapview.h"

#include "ui/console/seats.h"
#include "ui/console/terminalpage.h"
#include "ui/theme/theme.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"
#include "ui/widgets/underlinetabs.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <mutex>
#include <utility>

namespace strata::ui {

using console::Moment;
using console::Stage;
using console::StageState;

namespace {

stack::Health healthOf(StageState state)
{
    switch (state) {
    case StageState::Done:
        return stack::Health::Ok;
    case StageState::Failed:
        return stack::Health::Failed;
    case StageState::Active:
        return stack::Health::Progressing;
    case StageState::Pending:
    case StageState::Unknown:
        break;
    }
    return stack::Health::Unknown;
}

QString sourceName(Moment::Source source)
{
    switch (source) {
    case Moment::Source::Vm:
        return BootstrapView::tr("VM");
    case Moment::Source::Serial:
        return BootstrapView::tr("serial line");
    case Moment::Source::Port:
        return BootstrapView::tr("port 22");
    case Moment::Source::Inside:
        return BootstrapView::tr("inside");
    }
    return {};
}

QString timeText(UnixMs at, bool dated)
{
    return QDateTime::fromMSecsSinceEpoch(at).toString(dated ? QStringLiteral("yyyy-MM-dd HH:mm:ss")
                                                             : QStringLiteral("HH:mm:ss"));
}

// Whether the time alone does not tell when: something was on another day than what was seen last.
bool needsDates(const console::BootstrapState& state)
{
    const auto day = [](UnixMs at) { return QDateTime::fromMSecsSinceEpoch(at).date(); };
    UnixMs last = state.heard;
    for (const Moment& moment : state.moments)
        last = std::max(last, moment.at);
    return std::any_of(state.moments.begin(), state.moments.end(),
                       [&](const Moment& moment) { return day(moment.at) != day(last); }) ||
           std::any_of(state.stages.begin(), state.stages.end(), [&](const console::StageReport& report) {
               return report.since > 0 && day(report.since) != day(last);
           });
}

// Fills the whole of it with the soft colour of a health.
class Strip : public QWidget {
public:
    using QWidget::QWidget;
    stack::Health health = stack::Health::Progressing;

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.fillRect(rect(), colors().healthSoft[std::size_t(health)]);
        painter.fillRect(0, height() - 1, width(), 1, colors().border);
    }
};

} // namespace

// Written to on the watch's threads, emptied on the GUI's: many changes are one update.
class BootstrapView::Mailbox : public std::enable_shared_from_this<BootstrapView::Mailbox> {
public:
    explicit Mailbox(BootstrapView* owner) : view(owner) {}
    void put(const console::BootstrapState& value)
    {
        {
            const std::lock_guard lock(mutex);
            state = value;
            if (std::exchange(awake, true))
                return;
        }
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self = shared_from_this()] {
                console::BootstrapState newest;
                {
                    const std::lock_guard lock(self->mutex);
                    self->awake = false;
                    newest = std::move(self->state);
                }
                if (self->view != nullptr)
                    self->view->show(newest);
            },
            Qt::QueuedConnection);
    }
    std::mutex mutex; // guards the two
    console::BootstrapState state;
    bool awake = false;
    BootstrapView* view; // the GUI thread's
};

QString BootstrapView::stageName(Stage stage)
{
    switch (stage) {
    case Stage::Placed:
        return tr("Placed");
    case Stage::Running:
        return tr("VM runs");
    case Stage::Booted:
        return tr("System boots");
    case Stage::Ssh:
        return tr("SSH answers");
    case Stage::CloudInit:
        return tr("cloud-init");
    case Stage::Kubelet:
        return tr("kubelet");
    case Stage::Sentinel:
        return tr("Sentinel file");
    }
    return {};
}

BootstrapView::BootstrapView(QWidget* parent) : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_strip = new Strip(this);
    auto* strip = new QVBoxLayout(m_strip);
    strip->setContentsMargins(12, 5, 12, 6);
    strip->setSpacing(1);
    m_verdict = new ThemedLabel(tr("Looking…"), TextRole::Text, m_strip);
    m_verdict->setWordWrap(true);
    m_verdict->setLook(1, QFont::DemiBold);
    m_advice = new ThemedLabel(TextRole::Muted, m_strip);
    m_advice->setWordWrap(true);
    for (ThemedLabel* label : {m_verdict, m_advice}) {
        label->setTextFormat(Qt::PlainText);
        label->setMinimumWidth(120);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        strip->addWidget(label);
    }
    m_advice->hide();
    layout->addWidget(m_strip);

    auto* body = new QHBoxLayout;
    body->setContentsMargins(12, 6, 12, 4);
    body->setSpacing(14);
    auto* stages = new QWidget(this);
    stages->setMinimumWidth(270); // the words of a stage have more where there is more
    stages->setMaximumWidth(440);
    auto* grid = new QGridLayout(stages);
    grid->setContentsMargins(0, 2, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    for (std::size_t i = 0; i < console::kStages; ++i) {
        Row& row = m_rows[i];
        row.mark = new QLabel(stages);
        row.mark->setFixedSize(16, 16);
        row.name = new ThemedLabel(stageName(Stage(i)), TextRole::Muted, stages);
        row.words = new ValueLabel(TextRole::Muted, stages);
        grid->addWidget(row.mark, int(i), 0);
        grid->addWidget(row.name, int(i), 1);
        grid->addWidget(row.words, int(i), 2);
    }
    grid->setColumnStretch(2, 1);
    grid->setRowStretch(int(console::kStages), 1);
    body->addWidget(stages, 2);

    auto* right = new QVBoxLayout;
    right->setSpacing(2);
    auto* head = new QHBoxLayout;
    m_tabs = new UnderlineTabs(this);
    for (const QString& name : {tr("Time line"), tr("Serial line"), tr("cloud-init"), tr("kubelet")})
        m_tabs->addTab(name);
    head->addWidget(m_tabs, 1);
    m_take = new QPushButton(tr("Take the serial line over"), this);
    m_take->setAutoDefault(false);
    m_take->hide();
    head->addWidget(m_take);
    right->addLayout(head);
    m_pages = new QStackedWidget(this);
    m_moments = new QTreeWidget(m_pages);
    m_moments->setColumnCount(3);
    m_moments->setHeaderLabels({tr("Time"), tr("From"), tr("What")});
    m_moments->setRootIsDecorated(false);
    m_moments->setUniformRowHeights(true);
    m_moments->setFrameShape(QFrame::NoFrame);
    m_moments->header()->setStretchLastSection(true);
    m_moments->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_moments->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_moments->setItemDelegate(new CellDelegate(m_moments));
    m_moments->setAccessibleName(tr("Time line of the machine"));
    m_pages->addWidget(m_moments);
    for (QPlainTextEdit*& text : m_texts) {
        text = new QPlainTextEdit(m_pages);
        text->setReadOnly(true);
        text->setFrameShape(QFrame::NoFrame);
        text->setLineWrapMode(QPlainTextEdit::NoWrap);
        text->setUndoRedoEnabled(false);
        text->setMaximumBlockCount(int(console::Bootstrap::kMostSerial));
        m_pages->addWidget(text);
    }
    for (int i = 0; i < int(std::size(m_texts)); ++i)
        m_texts[std::size_t(i)]->setAccessibleName(m_tabs->tabText(i + 1)); // the first tab is the time line
    m_texts[1]->setPlaceholderText(tr("Its output is there once ssh lets us in with the tenant's key."));
    m_texts[2]->setPlaceholderText(tr("Its log is there once ssh lets us in with the tenant's key."));
    right->addWidget(m_pages, 1);
    body->addLayout(right, 3);
    layout->addLayout(body, 1);

    connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_take, &QPushButton::clicked, this, &BootstrapView::takeLine);
    connect(&Theme::instance(), &Theme::changed, this, &BootstrapView::restyle);
    restyle();
}

BootstrapView::~BootstrapView()
{
    stop();
}

void BootstrapView::follow(const ConsoleServices& services, const GuestConsole& machine)
{
    stop();
    m_services = services;
    m_machine = machine;
    m_mailbox = std::make_shared<Mailbox>(this);
    m_state = {};
    m_moments->clear();
    for (QPlainTextEdit* text : m_texts)
        text->clear();
    const QString holder = Seat::holder(TerminalPage::serialPlace(machine));
    const bool serial = holder.isEmpty();
    m_texts[0]->setPlaceholderText(serial ? tr("Nothing has come from it yet.")
                                          : tr("“%1” reads it.").arg(holder));
    m_take->setVisible(!serial);
    if (serial)
        m_seat = Seat::take(TerminalPage::serialPlace(machine),
                            tr("Bootstrap of %1").arg(shown(machine.guest.name)));
    m_watch = m_services.bootstrap(
        machine.source, machine.guest, machine.tenant, serial,
        [mailbox = m_mailbox](const console::BootstrapState& state) { mailbox->put(state); });
    if (!m_watch)
        m_verdict->showText(tr("The cluster is not connected."));
}

void BootstrapView::stop()
{
    if (m_mailbox)
        m_mailbox->view = nullptr;
    m_watch.reset();
    m_seat.reset();
    m_mailbox.reset();
}

void BootstrapView::takeLine()
{
    if (!m_watch || !m_machine)
        return;
    m_seat = Seat::take(TerminalPage::serialPlace(*m_machine),
                        tr("Bootstrap of %1").arg(shown(m_machine->guest.name)));
    m_watch->setSerial(true);
    m_take->hide();
    m_texts[0]->setPlaceholderText(tr("Nothing has come from it yet."));
}

QString BootstrapView::verdict() const
{
    return m_verdict->text();
}

void BootstrapView::show(const console::BootstrapState& state)
{
    m_state = state;
    const bool dated = needsDates(state);
    static_cast<Strip*>(m_strip)->health = healthOf(state.outcome);
    m_strip->update();
    m_verdict->showText(cleaned(state.verdict));
    m_advice->showText(cleaned(state.advice));
    m_advice->setVisible(!state.advice.empty());
    for (std::size_t i = 0; i < console::kStages; ++i) {
        const console::StageReport& report = state.stages[i];
        Row& row = m_rows[i];
        const bool begun = report.state != StageState::Pending;
        row.name->setRole(begun ? TextRole::Text : TextRole::Muted);
        row.words->setRole(report.state == StageState::Failed ? TextRole::Failed : TextRole::Muted);
        row.words->setFullText(begun ? cleaned(report.words) : QString());
        const QString since =
            begun && report.since > 0 ? tr("since %1").arg(timeText(report.since, dated)) : QString();
        row.name->setToolTip(since);
    }
    restyle();

    // Where the time alone does not tell when, each day has a line of its own: a date before every time would
    // take the room from what happened. Rows that stay are left alone, so that a selection and the place of
    // the view survive.
    struct Entry {
        const Moment* moment = nullptr; // null: a day
        QString day;
    };
    std::vector<Entry> entries;
    QDate day;
    for (const Moment& moment : state.moments) {
        const QDate own = QDateTime::fromMSecsSinceEpoch(moment.at).date();
        if (dated && own != day)
            entries.push_back({nullptr, QLocale().toString(own, QLocale::LongFormat)});
        day = own;
        entries.push_back({&moment, {}});
    }
    QScrollBar* bar = m_moments->verticalScrollBar();
    const bool atEnd = bar->value() >= bar->maximum() - 1;
    const int count = int(entries.size());
    while (m_moments->topLevelItemCount() > count)
        delete m_moments->takeTopLevelItem(m_moments->topLevelItemCount() - 1);
    for (int i = 0; i < count; ++i) {
        const Entry& entry = entries[std::size_t(i)];
        if (i == m_moments->topLevelItemCount())
            m_moments->addTopLevelItem(new QTreeWidgetItem);
        QTreeWidgetItem* item = m_moments->topLevelItem(i);
        QStringList texts{entry.day, {}, {}};
        if (entry.moment != nullptr)
            texts = {timeText(entry.moment->at, false), sourceName(entry.moment->source),
                     cleaned(entry.moment->text)};
        for (int column = 0; column < 3; ++column) {
            if (item->text(column) != texts[column])
                item->setText(column, texts[column]);
        }
        item->setFirstColumnSpanned(entry.moment == nullptr);
        item->setFlags(entry.moment != nullptr ? Qt::ItemIsSelectable | Qt::ItemIsEnabled
                                               : Qt::ItemIsEnabled);
        QFont font = m_moments->font();
        font.setBold(entry.moment == nullptr);
        item->setFont(0, font);
        item->setIcon(2, entry.moment != nullptr ? healthIcon(healthOf(entry.moment->state)) : QIcon());
        item->setToolTip(0, entry.moment != nullptr && dated ? timeText(entry.moment->at, true) : QString());
        item->setToolTip(2, plainToolTip(texts[2]));
    }
    if (atEnd)
        m_moments->scrollToBottom();

    const auto fill = [](QPlainTextEdit* edit, const auto& lines) {
        QString text;
        for (const std::string& line : lines)
            text += shown(line) + QLatin1Char('\n');
        text.chop(1);
        if (text == edit->toPlainText())
            return;
        const bool end = edit->verticalScrollBar()->value() >= edit->verticalScrollBar()->maximum() - 1;
        edit->setPlainText(text);
        if (end)
            edit->verticalScrollBar()->setValue(edit->verticalScrollBar()->maximum());
    };
    fill(m_texts[0], state.serial);
    fill(m_texts[1], state.cloudInit);
    fill(m_texts[2], state.kubelet);
    Q_EMIT changed();
}

void BootstrapView::restyle()
{
    for (std::size_t i = 0; i < console::kStages; ++i) {
        const StageState state = m_state.stages[i].state;
        if (state == StageState::Pending)
            m_rows[i].mark->clear();
        else
            m_rows[i].mark->setPixmap(healthIcon(healthOf(state)).pixmap(14, 14));
    }
    for (QPlainTextEdit* text : m_texts)
        text->setFont(Theme::monospace());
}

QString BootstrapView::text() const
{
    QString out = m_verdict->text() + QLatin1Char('\n') + m_advice->text() + QStringLiteral("\n\n");
    for (std::size_t i = 0; i < console::kStages; ++i)
        out +=
            stageName(Stage(i)) + QStringLiteral(": ") + cleaned(m_state.stages[i].words) + QLatin1Char('\n');
    out += QLatin1Char('\n');
    const bool dated = needsDates(m_state);
    for (const Moment& moment : m_state.moments)
        out += timeText(moment.at, dated) + QLatin1Char('\t') + sourceName(moment.source) +
               QLatin1Char('\t') + cleaned(moment.text) + QLatin1Char('\n');
    for (std::size_t i = 0; i < m_texts.size(); ++i)
        out += QStringLiteral("\n== %1 ==\n").arg(m_tabs->tabText(int(i) + 1)) + m_texts[i]->toPlainText() +
               QLatin1Char('\n');
    return out;
}

} // namespace strata::ui
