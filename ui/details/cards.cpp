// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/cards.h"

#include "ui/details/podtable.h"
#include "ui/details/screencard.h"
#include "ui/details/usagechart.h"
#include "ui/theme/theme.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QStyleOption>
#include <QVBoxLayout>

namespace strata::ui {
namespace {

constexpr int kPadding = 12;
constexpr qreal kRadius = 6;

// By the layout, not by the text, which is hardly ever right-to-left.
Qt::Alignment atTheEnd(const QWidget& widget)
{
    return (widget.layoutDirection() == Qt::RightToLeft ? Qt::AlignLeft : Qt::AlignRight) |
           Qt::AlignAbsolute | Qt::AlignVCenter;
}

// As many of a note's parts ("512 GiB · 64 cpu") as there is room for; a part is cut only when it is the
// first and no amount.
QString fittingNote(const QString& note, const QFontMetrics& metrics, int room)
{
    const QString between = QStringLiteral(" · ");
    const QStringList parts = note.split(between);
    for (qsizetype count = parts.size(); count > 0; --count) {
        const QString some = parts.mid(0, count).join(between);
        if (metrics.horizontalAdvance(some) <= room)
            return some;
    }
    const QString& first = parts.first();
    return !first.isEmpty() && first.at(0).isDigit() ? QString()
                                                     : metrics.elidedText(first, Qt::ElideRight, room);
}

class FactsCard : public CardFrame {
public:
    explicit FactsCard(QWidget* parent) : CardFrame(parent)
    {
        m_grid = new QGridLayout;
        m_grid->setContentsMargins(0, 0, 0, 0);
        m_grid->setHorizontalSpacing(14);
        m_grid->setVerticalSpacing(4);
        m_grid->setColumnStretch(1, 1);
        body()->addLayout(m_grid);
    }

    void show(const Card& card) override
    {
        showTitle(card);
        while (m_rows.size() > card.facts.size()) {
            delete m_rows.back().label;
            delete m_rows.back().value;
            m_rows.pop_back();
        }
        for (std::size_t i = 0; i < card.facts.size(); ++i) {
            if (i == m_rows.size()) {
                auto* label = new ThemedLabel(TextRole::Muted, this);
                auto* value = new ValueLabel(TextRole::Text, this);
                value->setElide(Qt::ElideMiddle);
                value->setAlignment(atTheEnd(*this));
                value->setObjectName(QStringLiteral("value"));
                label->setBuddy(value);
                m_grid->addWidget(label, int(i), 0);
                m_grid->addWidget(value, int(i), 1);
                m_rows.push_back({label, value});
            }
            const FactRow& fact = card.facts[i];
            m_rows[i].label->showText(fact.label);
            m_rows[i].value->setRole(fact.role);
            m_rows[i].value->setFullText(fact.value, fact.hint, fact.shorter);
            m_rows[i].value->setAccessibleDescription(fact.label);
        }
    }

private:
    struct Row {
        ThemedLabel* label = nullptr;
        ValueLabel* value = nullptr;
    };
    QGridLayout* m_grid = nullptr;
    std::vector<Row> m_rows;
};

class LinksCard : public CardFrame {
public:
    explicit LinksCard(QWidget* parent) : CardFrame(parent)
    {
        body()->setSpacing(1);
        m_more = new ThemedLabel(TextRole::Muted, this);
        m_more->hide();
        body()->addWidget(m_more);
    }

    void show(const Card& card) override
    {
        showTitle(card);
        while (m_links.size() > card.links.size()) {
            delete m_links.back();
            m_links.pop_back();
        }
        for (std::size_t i = 0; i < card.links.size(); ++i) {
            if (i == m_links.size()) {
                auto* button = new LinkButton(this);
                connect(button, &QAbstractButton::clicked, this,
                        [this, button] { Q_EMIT linkActivated(button->link().item); });
                body()->insertWidget(body()->indexOf(m_more), button);
                m_links.push_back(button);
            }
            m_links[i]->setLink(card.links[i]);
        }
        m_more->setVisible(card.more > 0);
        if (card.more > 0)
            m_more->showText(tr("and %n more in the tree", nullptr, card.more));
    }

private:
    std::vector<LinkButton*> m_links;
    ThemedLabel* m_more = nullptr;
};

// Sentences with a muted line below each; also the reason of an unhealthy item, then on the soft colour of
// its health and with what to look at first.
class NotesCard : public CardFrame {
public:
    NotesCard(bool reason, QWidget* parent) : CardFrame(parent), m_isReason(reason)
    {
        body()->setSpacing(2);
        m_linkTitle = new ThemedLabel(tr("Look here first:"), TextRole::Muted, this);
        m_link = new LinkButton(this);
        m_linkTitle->hide();
        m_link->hide();
        body()->addWidget(m_linkTitle);
        body()->addWidget(m_link);
        connect(m_link, &QAbstractButton::clicked, this,
                [this] { Q_EMIT linkActivated(m_link->link().item); });
    }

    void show(const Card& card) override
    {
        setHeadVisible(!card.title.isEmpty());
        showTitle(card);
        if (m_health != card.health) {
            m_health = card.health;
            update();
        }
        while (m_notes.size() > card.notes.size()) {
            delete m_notes.back().text;
            delete m_notes.back().sub;
            m_notes.pop_back();
        }
        for (std::size_t i = 0; i < card.notes.size(); ++i) {
            if (i == m_notes.size()) {
                auto* text = new ThemedLabel(TextRole::Text, this);
                auto* sub = new ThemedLabel(TextRole::Muted, this);
                for (ThemedLabel* label : {text, sub}) {
                    label->setWordWrap(true);
                    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
                    body()->insertWidget(body()->indexOf(m_linkTitle), label);
                }
                if (m_isReason)
                    text->setLook(1, QFont::DemiBold);
                else
                    sub->setLook(0.92, QFont::Normal);
                if (i > 0)
                    text->setContentsMargins(0, 5, 0, 0);
                m_notes.push_back({text, sub});
            }
            m_notes[i].text->showText(card.notes[i].text);
            m_notes[i].sub->showText(card.notes[i].sub);
            m_notes[i].sub->setVisible(!card.notes[i].sub.isEmpty());
        }
        m_linkTitle->setVisible(!card.links.empty());
        m_link->setVisible(!card.links.empty());
        if (!card.links.empty())
            m_link->setLink(card.links.front());
    }

protected:
    QColor fill() const override
    {
        return m_isReason ? colors().healthSoft[static_cast<std::size_t>(m_health)] : CardFrame::fill();
    }

private:
    struct Note {
        ThemedLabel* text = nullptr;
        ThemedLabel* sub = nullptr;
    };
    bool m_isReason;
    stack::Health m_health = stack::Health::Ok;
    std::vector<Note> m_notes;
    ThemedLabel* m_linkTitle = nullptr;
    LinkButton* m_link = nullptr;
};

class ChartCard : public CardFrame {
public:
    explicit ChartCard(QWidget* parent) : CardFrame(parent)
    {
        m_chart = new UsageChartView(this);
        body()->addWidget(m_chart);
    }

    void show(const Card& card) override
    {
        showTitle(card);
        m_chart->setAccessibleName(card.title);
        m_chart->setAccessibleDescription(card.aside);
        m_chart->show(card.chart);
    }

private:
    UsageChartView* m_chart = nullptr;
};

class PodsCard : public CardFrame {
public:
    explicit PodsCard(QWidget* parent) : CardFrame(parent)
    {
        m_table = new PodTable(this);
        body()->addWidget(m_table);
    }

    void show(const Card& card) override
    {
        showTitle(card);
        m_table->show(card.pods);
    }

private:
    PodTable* m_table = nullptr;
};

} // namespace

LinkButton::LinkButton(QWidget* parent) : QAbstractButton(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void LinkButton::setLink(const LinkRow& link)
{
    if (m_link == link)
        return;
    m_link = link;
    setAccessibleName(QStringLiteral("%1, %2").arg(link.name, link.state));
    setAccessibleDescription(link.note);
    update();
}

QSize LinkButton::sizeHint() const
{
    return {200, fontMetrics().height() + 8};
}

QSize LinkButton::minimumSizeHint() const
{
    return {60, sizeHint().height()};
}

void LinkButton::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Colors& c = colors();
    const QRectF area = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    if (underMouse() || isDown()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(c.hover);
        painter.drawRoundedRect(area, 4, 4);
    }
    if (hasFocus()) {
        painter.setPen(QPen(c.accent, 1.5));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
    const bool mirrored = layoutDirection() == Qt::RightToLeft;
    const auto placed = [&](int left, int width, int height) {
        QRect place(left, (this->height() - height) / 2, width, height);
        return mirrored ? QStyle::visualRect(layoutDirection(), rect(), place) : place;
    };
    const QFontMetrics metrics = fontMetrics();
    constexpr int dot = 10;
    Theme::paintHealth(&painter, placed(6, dot, dot), m_link.health, m_link.below);
    int left = 6 + dot + 8;
    const QPixmap icon = Theme::layerIcon(m_link.kind).pixmap(QSize(14, 14), devicePixelRatioF());
    painter.drawPixmap(placed(left, 14, 14), icon);
    left += 14 + 6;
    int right = width() - 6;
    // The state goes before the note, and takes a third from a long name. An advance is rounded: one more.
    const int beside = right - left - metrics.horizontalAdvance(m_link.name) - 10;
    const int stateWidth = m_link.state.isEmpty()
                               ? 0
                               : qMin(metrics.horizontalAdvance(m_link.state) + 1, qMax(beside, width() / 3));
    if (stateWidth > 0) {
        painter.setPen(m_link.health == stack::Health::Ok ? c.muted : colorOf(roleOf(m_link.health)));
        painter.drawText(placed(right - stateWidth, stateWidth, metrics.height()),
                         Qt::AlignVCenter | Qt::AlignLeft,
                         metrics.elidedText(m_link.state, Qt::ElideRight, stateWidth));
        right -= stateWidth + 10;
    }
    const QString name = metrics.elidedText(m_link.name, Qt::ElideRight, right - left);
    const int nameWidth = metrics.horizontalAdvance(name);
    painter.setPen(c.text);
    painter.drawText(placed(left, nameWidth + 2, metrics.height()), Qt::AlignVCenter | Qt::AlignLeft, name);
    left += nameWidth + 8;
    // A note of two letters and an ellipsis says nothing.
    if (right - left > metrics.averageCharWidth() * 5) {
        painter.setPen(c.muted);
        painter.drawText(placed(left, right - left, metrics.height()), Qt::AlignVCenter | Qt::AlignLeft,
                         fittingNote(m_link.note, metrics, right - left));
    }
}

void LinkButton::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        click();
        return;
    }
    QAbstractButton::keyPressEvent(event);
}

CardFrame::CardFrame(QWidget* parent) : QFrame(parent)
{
    setFrameShape(QFrame::NoFrame);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(kPadding, 9, kPadding, kPadding);
    outer->setSpacing(7);
    m_head = new QWidget(this);
    auto* head = new QHBoxLayout(m_head);
    head->setContentsMargins(0, 0, 0, 0);
    m_title = new ThemedLabel(TextRole::Muted, m_head);
    m_aside = new ValueLabel(TextRole::Muted, m_head);
    m_aside->setAlignment(atTheEnd(*this));
    head->addWidget(m_title);
    head->addStretch();
    head->addWidget(m_aside);
    outer->addWidget(m_head);
    m_body = new QVBoxLayout;
    m_body->setContentsMargins(0, 0, 0, 0);
    outer->addLayout(m_body);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

CardFrame* CardFrame::make(Card::Kind kind, QWidget* parent)
{
    switch (kind) {
    case Card::Kind::Facts:
        return new FactsCard(parent);
    case Card::Kind::Links:
        return new LinksCard(parent);
    case Card::Kind::Notes:
        return new NotesCard(false, parent);
    case Card::Kind::Chart:
        return new ChartCard(parent);
    case Card::Kind::Pods:
        return new PodsCard(parent);
    case Card::Kind::Reason:
        return new NotesCard(true, parent);
    case Card::Kind::Screen:
        return new ScreenCard(parent);
    }
    return nullptr;
}

void CardFrame::showTitle(const Card& card)
{
    m_title->showText(card.title);
    m_aside->setFullText(card.aside, {}, card.asideShorter);
    setAccessibleName(card.title);
}

void CardFrame::setHeadVisible(bool visible)
{
    if (m_head->isVisibleTo(this) != visible)
        m_head->setVisible(visible);
}

QColor CardFrame::fill() const
{
    return colors().panel;
}

void CardFrame::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(colors().border);
    painter.setBrush(fill());
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
}

} // namespace strata::ui
