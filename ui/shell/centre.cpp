// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/centre.h"

#include "core/base/text.h"
#include "ui/details/statepill.h"
#include "ui/shell/chips.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/themedlabel.h"

#include <QHBoxLayout>
#include <QJsonArray>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

namespace strata::ui {

using namespace stack;

namespace {

constexpr std::size_t kMostRows = 12;

// A page that is tall does not make the window so, least of all while it is not shown.
QWidget* scrolled(QWidget* page)
{
    auto* area = new QScrollArea;
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setWidget(page);
    page->setAutoFillBackground(false);
    area->viewport()->setAutoFillBackground(false);
    return area;
}

} // namespace

ConnectingPage::ConnectingPage(StackStore* store, Clock clock, QWidget* parent)
    : QWidget(parent), m_store(store), m_clock(std::move(clock))
{
    auto* outer = new QHBoxLayout(this);
    outer->addStretch();
    auto* column = new QWidget(this);
    column->setMaximumWidth(560);
    column->setMinimumWidth(280);
    auto* layout = new QVBoxLayout(column);
    layout->setSpacing(14);
    layout->addStretch(2);
    m_title = new ThemedLabel(TextRole::Text, column);
    m_title->setLook(1.4, QFont::DemiBold);
    layout->addWidget(m_title);
    m_list = new QVBoxLayout;
    m_list->setSpacing(14);
    layout->addLayout(m_list);
    layout->addStretch(3);
    outer->addWidget(column, 100);
    outer->addStretch();
    m_second.setInterval(1000);
    connect(&m_second, &QTimer::timeout, this, [this] {
        if (isVisible())
            refresh();
    });
    m_second.start();
}

void ConnectingPage::refresh()
{
    std::vector<const SourceState*> sources;
    bool trying = false;
    for (const SourceId id : m_store->stack().sources()) {
        const SourceState* source = m_store->stack().source(id);
        if (source == nullptr)
            continue;
        trying = trying || source->phase == LinkPhase::Connecting ||
                 (source->phase == LinkPhase::Live && !source->synced);
        if (sources.size() < kMostRows)
            sources.push_back(source);
    }
    m_title->showText(trying ? tr("Connecting…") : tr("Nothing to show yet"));
    while (m_rows.size() > sources.size()) {
        delete m_rows.back().box;
        m_rows.pop_back();
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (i == m_rows.size()) {
            Row row;
            row.box = new QWidget(this);
            auto* column = new QVBoxLayout(row.box);
            column->setContentsMargins(0, 0, 0, 0);
            column->setSpacing(3);
            auto* line = new QHBoxLayout;
            line->setSpacing(8);
            row.name = new ThemedLabel(TextRole::Text, row.box);
            row.name->setLook(1, QFont::DemiBold);
            row.pill = new StatePill(row.box);
            row.retry = new QPushButton(tr("Retry"), row.box);
            row.retry->setAutoDefault(false);
            line->addWidget(row.name);
            line->addWidget(row.pill);
            line->addStretch();
            line->addWidget(row.retry);
            column->addLayout(line);
            row.words = new ThemedLabel(TextRole::Muted, row.box);
            row.words->setWordWrap(true);
            row.words->setTextInteractionFlags(Qt::TextSelectableByMouse);
            column->addWidget(row.words);
            m_list->addWidget(row.box);
            connect(row.retry, &QPushButton::clicked, this,
                    [this, i] { Q_EMIT retryWanted(m_rows[i].source); });
            m_rows.push_back(row);
        }
        Row& row = m_rows[i];
        const SourceState& source = *sources[i];
        row.source = source.id;
        row.name->showText(QString::fromStdString(cleanText(source.name)));
        QString state = tr("connecting");
        if (source.phase == LinkPhase::Live)
            state = source.synced ? tr("live") : tr("loading");
        else if (source.phase == LinkPhase::Waiting)
            state = tr("not reached");
        else if (source.phase == LinkPhase::Closed)
            state = tr("closed");
        row.pill->show(sourceHealth(source), state);
        row.retry->setVisible(source.phase == LinkPhase::Waiting || !source.kinds.empty());
        QString words = sourceSentence(source, m_clock());
        if (source.phase == LinkPhase::Live && source.synced)
            words = tr("Connected, and it tells of nothing: no hosts, nodes, VMs or clusters.");
        if (!source.address.empty())
            words += QStringLiteral(" · ") + QString::fromStdString(cleanText(source.address));
        if (source.phase == LinkPhase::Waiting && !source.error.text.empty()) {
            words += QLatin1Char('\n') + QString::fromStdString(cleanText(source.error.text));
            if (!source.error.detail.empty() && source.error.detail != source.error.text)
                words += QStringLiteral(" · ") + QString::fromStdString(cleanText(source.error.detail));
        }
        for (const KindState& kind : source.kinds)
            words +=
                QLatin1Char('\n') + QString::fromStdString(cleanText(kind.kind + ": " + kind.error.text));
        row.words->showText(words);
    }
}

Centre::Centre(StackStore* store, Clock clock, QWidget* welcome, QWidget* chart, QWidget* details,
               QWidget* parent)
    : QStackedWidget(parent), m_store(store)
{
    addWidget(scrolled(welcome));
    m_connecting = new ConnectingPage(store, std::move(clock), this);
    addWidget(scrolled(m_connecting));
    m_splitter = new QSplitter(Qt::Vertical, this);
    m_splitter->setHandleWidth(1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(chart);
    m_splitter->addWidget(details);
    m_splitter->setStretchFactor(0, 0);
    m_splitter->setStretchFactor(1, 1);
    addWidget(m_splitter);
    chart->setMinimumHeight(120);
    details->setMinimumHeight(150);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    connect(m_connecting, &ConnectingPage::retryWanted, this, &Centre::retryWanted);
    connect(store, &StackStore::changed, this, &Centre::choose);
    choose();
}

void Centre::choose()
{
    const Stack& stack = m_store->stack();
    const int wanted = stack.size() > 0 ? 2 : !stack.sources().empty() ? 1 : 0;
    if (wanted == 1)
        m_connecting->refresh();
    if (currentIndex() != wanted)
        setCurrentIndex(wanted);
}

QJsonObject Centre::saveState() const
{
    QJsonObject out;
    if (m_placed) {
        QJsonArray sizes;
        for (const int size : m_splitter->sizes())
            sizes.append(size);
        out.insert(QLatin1String("sizes"), sizes);
    }
    return out;
}

void Centre::restoreState(const QJsonObject& state)
{
    QList<int> sizes;
    for (const QJsonValue& value : state.value(QLatin1String("sizes")).toArray())
        sizes << value.toInt();
    if (sizes.size() == 2 && sizes[0] > 0 && sizes[1] > 0) {
        m_splitter->setSizes(sizes);
        m_placed = true;
    }
}

void Centre::resizeEvent(QResizeEvent* event)
{
    QStackedWidget::resizeEvent(event);
    if (!m_placed && height() > 300) {
        m_placed = true;
        const int chart = qBound(150, height() * 36 / 100, 260);
        m_splitter->setSizes({chart, height() - chart});
    }
}

} // namespace strata::ui
