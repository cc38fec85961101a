// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/statuschips.h"

#include "core/base/text.h"
#include "ui/details/reachtext.h"
#include "ui/details/statepill.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/themedlabel.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>
#include <cstdlib>

namespace strata::ui {

using namespace stack;

namespace {

constexpr int kDot = 9;
constexpr int kPopupWidth = 440;
constexpr int kMostRows = 200;

constexpr std::int64_t kClockWorry = 30'000; // ms; less is of no consequence for ages and certificates

QString shownText(const std::string& value)
{
    return QString::fromStdString(cleanText(value));
}

} // namespace

ChipButton::ChipButton(QWidget* parent) : QAbstractButton(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ChipButton::show(const Chip& chip)
{
    if (m_chip == chip)
        return;
    const bool wider = m_chip.text != chip.text;
    m_chip = chip;
    setAccessibleName(QStringLiteral("%1: %2").arg(chip.text, Theme::healthName(chip.health)));
    setToolTip(tr("Connections: click for states, errors and Retry"));
    if (wider)
        updateGeometry();
    update();
}

QSize ChipButton::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(m_chip.text) + kDot + 24, fontMetrics().height() + 6};
}

QSize ChipButton::minimumSizeHint() const
{
    return {kDot + 24 + fontMetrics().averageCharWidth() * 6, sizeHint().height()};
}

void ChipButton::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Colors& c = colors();
    if (underMouse() || hasFocus()) {
        painter.setPen(hasFocus() ? QPen(c.accent, 1.4) : QPen(Qt::NoPen));
        painter.setBrush(underMouse() ? c.hover : Qt::transparent);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
    const auto placed = [this](const QRect& place) {
        return QStyle::visualRect(layoutDirection(), rect(), place);
    };
    Theme::paintHealth(&painter, placed(QRect(8, (height() - kDot) / 2, kDot, kDot)), m_chip.health,
                       Health::Ok);
    painter.setPen(m_chip.health == Health::Failed ? colorOf(TextRole::Failed) : c.muted);
    const int left = 8 + kDot + 6;
    painter.drawText(placed(QRect(left, 0, width() - left - 6, height())),
                     Qt::AlignVCenter | Qt::AlignLeading,
                     fontMetrics().elidedText(m_chip.text, Qt::ElideRight, width() - left - 6));
}

void ChipButton::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        click();
    else
        QAbstractButton::keyPressEvent(event);
}

StatusChips::StatusChips(StackStore* store, Clock clock, QWidget* parent)
    : QWidget(parent), m_store(store), m_clock(std::move(clock))
{
    m_layout = new QHBoxLayout(this);
    m_layout->setContentsMargins(8, 1, 4, 1);
    m_layout->setSpacing(6);
    m_layout->addStretch();
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_later.setSingleShot(true);
    m_later.setInterval(200);
    connect(&m_later, &QTimer::timeout, this, &StatusChips::refresh);
    connect(store, &StackStore::changed, this, [this](const StackDelta& delta) {
        if (!delta.sources.empty() && !m_later.isActive())
            m_later.start();
    });
    m_second.setInterval(1000);
    connect(&m_second, &QTimer::timeout, this, &StatusChips::refresh);
    m_second.start();
    refresh();
}

void StatusChips::refresh()
{
    const std::vector<Chip> wanted = chipsOf(m_store->stack(), m_clock());
    while (m_buttons.size() > wanted.size()) {
        delete m_buttons.back();
        m_buttons.pop_back();
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (i == m_buttons.size()) {
            auto* button = new ChipButton(this);
            connect(button, &QAbstractButton::clicked, this, [this, button] { openPopup(button); });
            m_layout->insertWidget(int(i), button);
            m_buttons.push_back(button);
        }
        m_buttons[i]->show(wanted[i]);
    }
}

std::vector<Chip> StatusChips::chips() const
{
    return chipsOf(m_store->stack(), m_clock());
}

void StatusChips::openSource(SourceId source)
{
    for (ChipButton* button : m_buttons) {
        const auto& sources = button->chip().sources;
        if (std::find(sources.begin(), sources.end(), source) != sources.end()) {
            openPopup(button);
            return;
        }
    }
}

void StatusChips::openPopup(ChipButton* button)
{
    auto* popup = new SourcePopup(m_store, m_clock, button->chip().sources, window());
    connect(popup, &SourcePopup::retryWanted, this, &StatusChips::retryWanted);
    connect(popup, &SourcePopup::removeWanted, this, &StatusChips::removeWanted);
    popup->adjustSize();
    const QPoint above = button->mapToGlobal(QPoint(0, -popup->height() - 4));
    QPoint at = above;
    if (const QScreen* screen = button->screen()) {
        const QRect room = screen->availableGeometry();
        at.setX(std::clamp(at.x(), room.left(), std::max(room.left(), room.right() - popup->width())));
        at.setY(std::max(at.y(), room.top()));
    }
    popup->move(at);
    popup->show();
}

SourcePopup::SourcePopup(StackStore* store, Clock clock, std::vector<SourceId> sources, QWidget* parent)
    : QFrame(parent, Qt::Popup), m_store(store), m_clock(std::move(clock)), m_sources(std::move(sources))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setAccessibleName(tr("Connections"));
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(1, 1, 1, 1);
    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* canvas = new QWidget;
    auto* layout = new QVBoxLayout(canvas);
    layout->setContentsMargins(14, 10, 14, 10);
    layout->setSpacing(12);
    // Those that are not well come first.
    std::stable_sort(m_sources.begin(), m_sources.end(), [this](SourceId a, SourceId b) {
        const SourceState* left = m_store->stack().source(a);
        const SourceState* right = m_store->stack().source(b);
        return left != nullptr && right != nullptr && sourceHealth(*left) > sourceHealth(*right);
    });
    int rows = 0;
    for (const SourceId id : m_sources) {
        if (rows++ == kMostRows)
            break;
        auto* row = new QWidget(canvas);
        auto* column = new QVBoxLayout(row);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(2);
        auto* top = new QHBoxLayout;
        top->setSpacing(8);
        auto* name = new ValueLabel(TextRole::Text, row);
        name->setLook(1, QFont::DemiBold);
        auto* pill = new StatePill(row);
        auto* retry = new QPushButton(tr("Retry"), row);
        auto* remove = new QPushButton(tr("Disconnect"), row);
        for (QPushButton* button : {retry, remove})
            button->setAutoDefault(false);
        top->addWidget(name, 1);
        top->addWidget(pill);
        top->addWidget(retry);
        top->addWidget(remove);
        column->addLayout(top);
        auto* address = new ValueLabel(TextRole::Muted, row);
        address->setElide(Qt::ElideMiddle);
        column->addWidget(address);
        auto* words = new ThemedLabel(TextRole::Muted, row);
        words->setWordWrap(true);
        words->setTextInteractionFlags(Qt::TextSelectableByMouse);
        column->addWidget(words);
        layout->addWidget(row);
        connect(retry, &QPushButton::clicked, this, [this, id] { Q_EMIT retryWanted(id); });
        connect(remove, &QPushButton::clicked, this, [this, id] {
            Q_EMIT removeWanted(id);
            close();
        });
        m_refreshers.push_back([this, id, row, name, pill, retry, remove, address, words] {
            const SourceState* source = m_store->stack().source(id);
            row->setVisible(source != nullptr);
            if (source == nullptr)
                return;
            const UnixMs now = m_clock();
            name->setFullText(
                source->version.empty()
                    ? shownText(source->name)
                    : QStringLiteral("%1 · %2").arg(shownText(source->name), shownText(source->version)));
            address->setFullText(shownText(source->address));
            const Health health = sourceHealth(*source);
            pill->show(health, source->phase == LinkPhase::Live         ? tr("live")
                               : source->phase == LinkPhase::Waiting    ? tr("waiting")
                               : source->phase == LinkPhase::Connecting ? tr("connecting")
                                                                        : tr("closed"));
            // Inner clusters go with the outer one; they are not the operator's to remove.
            remove->setVisible(source->kind != SourceKind::InnerCluster);
            retry->setVisible(source->phase != LinkPhase::Live || !source->kinds.empty());
            QString text = sourceSentence(*source, now);
            if (source->phase != LinkPhase::Live && !source->error.text.empty()) {
                text += QLatin1Char('\n') + shownText(source->error.text);
                if (!source->error.detail.empty() && source->error.detail != source->error.text)
                    text += QStringLiteral(" · ") + shownText(source->error.detail);
            }
            for (const KindState& kind : source->kinds)
                text += QStringLiteral("\n%1: %2").arg(shownText(kind.kind), shownText(kind.error.text));
            if (source->insecure)
                text += QLatin1Char('\n') + tr("Certificate checks are off for this connection.");
            if (source->tunnelled)
                text += QLatin1Char('\n') + tr("Reached through the outer cluster's API.");
            if (source->phase == LinkPhase::Waiting)
                text += QLatin1Char('\n') + reachText(reachOf(*source));
            if (std::abs(source->clockOffsetMs) > kClockWorry)
                text += QLatin1Char('\n') + (source->clockOffsetMs > 0
                                                 ? tr("Its clock is %1 ahead of this computer's.")
                                                 : tr("Its clock is %1 behind this computer's."))
                                                .arg(seconds(std::abs(source->clockOffsetMs)));
            for (const std::string& warning : source->warnings)
                text += QLatin1Char('\n') + tr("The server warns: %1").arg(shownText(warning));
            words->setRole(health >= Health::Warning ? roleOf(health) : TextRole::Muted);
            words->showText(text);
        });
    }
    scroll->setWidget(canvas);
    outer->addWidget(scroll);
    refresh();
    canvas->setFixedWidth(kPopupWidth - 12);
    layout->activate();
    const int wanted = canvas->layout()->totalHeightForWidth(kPopupWidth - 12) + 4;
    setFixedSize(kPopupWidth, std::clamp(wanted, 60, 420));
    connect(store, &StackStore::changed, this, [this](const StackDelta& delta) {
        if (!delta.sources.empty())
            refresh();
    });
    m_second.setInterval(1000);
    connect(&m_second, &QTimer::timeout, this, &SourcePopup::refresh);
    m_second.start();
}

void SourcePopup::refresh()
{
    for (const std::function<void()>& each : m_refreshers)
        each();
}

void SourcePopup::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), colors().panel);
    painter.setPen(colors().border);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

} // namespace strata::ui
