// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/whypage.h"

#include "ui/details/cards.h"
#include "ui/theme/theme.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/themedlabel.h"

#include <QApplication>
#include <QClipboard>
#include <QFrame>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <functional>

namespace strata::ui {
namespace {

constexpr int kGutter = 34;
constexpr int kDot = 13;
constexpr qreal kRadius = 6;
constexpr int kMostWide = 980; // longer lines are hard to read

ThemedLabel* wrapped(TextRole role, QWidget* parent)
{
    auto* label = new ThemedLabel(role, parent);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

// A label in the fixed-width font that follows the theme's size.
class CodeLabel : public ThemedLabel {
public:
    CodeLabel(TextRole role, QWidget* parent) : ThemedLabel(role, parent)
    {
        setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        setWordWrap(true);
        setFont(Theme::monospace());
        connect(&Theme::instance(), &Theme::changed, this, [this] { setFont(Theme::monospace()); });
    }

protected:
    void showEvent(QShowEvent* event) override
    {
        ThemedLabel::showEvent(event);
        setFont(Theme::monospace());
    }
};

// One command with a button that copies it.
class CommandRow : public QWidget {
public:
    explicit CommandRow(QWidget* parent) : QWidget(parent)
    {
        auto* layout = new QHBoxLayout(this);
        setLeadingMargins(layout, 8, 2, 4, 2);
        layout->setSpacing(6);
        m_text = new CodeLabel(TextRole::Text, this);
        layout->addWidget(m_text, 1);
        m_copy = new QToolButton(this);
        m_copy->setAutoRaise(true);
        m_copy->setIconSize(QSize(14, 14));
        m_copy->setFocusPolicy(Qt::StrongFocus);
        m_copy->setToolTip(WhyPageView::tr("Copy the command"));
        layout->addWidget(m_copy, 0, Qt::AlignTop);
        const auto icon = [this] { m_copy->setIcon(Theme::icon(QStringLiteral("copy"), colors().muted)); };
        icon();
        connect(&Theme::instance(), &Theme::changed, this, icon);
        connect(m_copy, &QToolButton::clicked, this,
                [this] { QApplication::clipboard()->setText(m_text->text()); });
    }

    void show(const QString& command)
    {
        m_text->showText(command);
        m_copy->setAccessibleName(WhyPageView::tr("Copy the command %1").arg(command));
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(colors().border);
        painter.setBrush(colors().base);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }

private:
    CodeLabel* m_text;
    QToolButton* m_copy;
};

template<typename Row, typename Make>
void fitRows(std::vector<Row*>& rows, std::size_t count, Make make)
{
    while (rows.size() > count) {
        delete rows.back();
        rows.pop_back();
    }
    while (rows.size() < count)
        rows.push_back(make());
}

} // namespace

// The answer in one sentence.
class WhyBanner : public QWidget {
public:
    std::function<void()> onCause; // the operator wants to go to it

    explicit WhyBanner(QWidget* parent) : QWidget(parent)
    {
        auto* layout = new QHBoxLayout(this);
        setLeadingMargins(layout, kGutter, 9, 10, 9);
        layout->setSpacing(10);
        auto* words = new QVBoxLayout;
        words->setSpacing(1);
        m_headline = wrapped(TextRole::Text, this);
        m_headline->setLook(1.08, QFont::DemiBold);
        m_sub = wrapped(TextRole::Muted, this);
        words->addWidget(m_headline);
        words->addWidget(m_sub);
        layout->addLayout(words, 1);
        m_go = new QPushButton(WhyPageView::tr("Go to the cause"), this);
        layout->addWidget(m_go, 0, Qt::AlignVCenter);
        connect(m_go, &QPushButton::clicked, this, [this] {
            if (onCause)
                onCause();
        });
        connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    }

    void show(const WhyPage& page)
    {
        m_health = page.health;
        m_headline->showText(page.headline);
        m_sub->showText(page.sub);
        m_sub->setVisible(!page.sub.isEmpty());
        m_go->setVisible(bool(page.cause));
        m_go->setToolTip(page.causeName);
        setAccessibleName(QStringLiteral("%1: %2").arg(Theme::healthName(page.health), page.headline));
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors().healthSoft[static_cast<std::size_t>(m_health)]);
        painter.drawRoundedRect(QRectF(rect()), kRadius, kRadius);
        const QRect dot(11, m_headline->y() + (m_headline->fontMetrics().height() - kDot) / 2, kDot, kDot);
        Theme::paintHealth(&painter, QStyle::visualRect(layoutDirection(), rect(), dot), m_health,
                           stack::Health::Ok);
    }

private:
    stack::Health m_health = stack::Health::Unknown;
    ThemedLabel* m_headline;
    ThemedLabel* m_sub;
    QPushButton* m_go;
};

// One link of the chain: a shape on the line at the left, and what was found with its proof.
class WhyStepFrame : public QWidget {
public:
    std::function<void(stack::ItemId)> onItem;

    explicit WhyStepFrame(QWidget* parent) : QWidget(parent)
    {
        auto* outer = new QVBoxLayout(this);
        setLeadingMargins(outer, kGutter + 12, 9, 12, 20);
        outer->setSpacing(4);
        m_link = new LinkButton(this);
        m_title = wrapped(TextRole::Text, this);
        m_title->setLook(1.0, QFont::DemiBold);
        auto* head = new QHBoxLayout;
        head->setSpacing(8);
        head->addWidget(m_title, 1);
        m_rule = new ThemedLabel(TextRole::Muted, this);
        m_rule->setToolTip(WhyPageView::tr("Number of the rule in the catalogue"));
        head->addWidget(m_rule, 0, Qt::AlignTop);
        outer->addLayout(head);
        outer->addWidget(m_link);
        m_proofs = new QVBoxLayout;
        m_proofs->setSpacing(2);
        outer->addLayout(m_proofs);
        m_remedyTitle = new ThemedLabel(WhyPageView::tr("What to do"), TextRole::Muted, this);
        m_remedyTitle->setContentsMargins(0, 5, 0, 0);
        m_remedy = wrapped(TextRole::Text, this);
        outer->addWidget(m_remedyTitle);
        outer->addWidget(m_remedy);
        m_commands = new QVBoxLayout;
        m_commands->setContentsMargins(0, 3, 0, 0);
        m_commands->setSpacing(4);
        outer->addLayout(m_commands);
        connect(m_link, &QAbstractButton::clicked, this, [this] {
            if (onItem)
                onItem(m_link->link().item);
        });
        connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    }

    void show(const WhyStep& step, bool first, bool last)
    {
        m_health = step.health;
        m_first = first;
        m_last = last;
        m_cause = step.cause;
        m_title->showText(step.title);
        m_rule->showText(step.rule);
        LinkRow link;
        link.item = step.item;
        link.kind = step.kind;
        link.name = step.name;
        link.note = step.what;
        link.health = step.health;
        m_link->setLink(link);
        m_link->setVisible(bool(step.item));
        fitRows(m_proofRows, step.proofs.size(), [this] {
            auto* proof = new ProofRow(this);
            m_proofs->addWidget(proof);
            return proof;
        });
        for (std::size_t i = 0; i < step.proofs.size(); ++i)
            m_proofRows[i]->show(step.proofs[i]);
        m_remedyTitle->setVisible(!step.remedy.isEmpty());
        m_remedy->setVisible(!step.remedy.isEmpty());
        m_remedy->showText(step.remedy);
        fitRows(m_commandRows, std::size_t(step.commands.size()), [this] {
            auto* command = new CommandRow(this);
            m_commands->addWidget(command);
            return command;
        });
        for (qsizetype i = 0; i < step.commands.size(); ++i)
            m_commandRows[std::size_t(i)]->show(step.commands[i]);
        setAccessibleName(QStringLiteral("%1: %2").arg(Theme::healthName(step.health), step.title));
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const Colors& c = colors();
        const auto at = static_cast<std::size_t>(m_health);
        const auto placed = [this](const QRect& place) {
            return QStyle::visualRect(layoutDirection(), rect(), place);
        };
        // The card, and the line that leads from one to the next.
        const QRect card = placed(QRect(kGutter, 0, width() - kGutter, height() - 12));
        painter.setPen(m_cause ? c.healthFill[at] : c.border);
        painter.setBrush(m_cause ? c.healthSoft[at] : c.panel);
        painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
        const int middle = 16;
        const int dotTop = 9 + (m_title->fontMetrics().height() - kDot) / 2;
        painter.setRenderHint(QPainter::Antialiasing, false);
        if (!m_first)
            painter.fillRect(placed(QRect(middle, 0, 2, dotTop - 3)), c.border);
        if (!m_last)
            painter.fillRect(placed(QRect(middle, dotTop + kDot + 3, 2, height() - dotTop - kDot - 3)),
                             c.border);
        painter.setRenderHint(QPainter::Antialiasing);
        Theme::paintHealth(&painter, placed(QRect(middle + 1 - kDot / 2, dotTop, kDot, kDot)), m_health,
                           stack::Health::Ok);
    }

private:
    // Where it is said, then what is said.
    class ProofRow : public QWidget {
    public:
        explicit ProofRow(QWidget* parent) : QWidget(parent)
        {
            auto* layout = new QVBoxLayout(this);
            setLeadingMargins(layout, 6, 1, 0, 1);
            layout->setSpacing(0);
            m_where = wrapped(TextRole::Muted, this);
            m_where->setLook(0.92, QFont::Normal);
            m_value = new CodeLabel(TextRole::Text, this);
            layout->addWidget(m_where);
            layout->addWidget(m_value);
        }

        void show(const WhyProof& proof)
        {
            QStringList where;
            for (const QString& part : {proof.object, proof.field}) {
                if (!part.isEmpty())
                    where << part;
            }
            if (!proof.age.isEmpty())
                where << WhyPageView::tr("for %1").arg(proof.age);
            m_where->showText(where.join(QStringLiteral(" · ")));
            m_value->showText(proof.value);
        }

    private:
        ThemedLabel* m_where;
        CodeLabel* m_value;
    };

    stack::Health m_health = stack::Health::Unknown;
    bool m_first = false;
    bool m_last = false;
    bool m_cause = false;
    LinkButton* m_link;
    ThemedLabel* m_title;
    ThemedLabel* m_rule;
    QVBoxLayout* m_proofs;
    std::vector<ProofRow*> m_proofRows;
    ThemedLabel* m_remedyTitle;
    ThemedLabel* m_remedy;
    QVBoxLayout* m_commands;
    std::vector<CommandRow*> m_commandRows;
};

WhyPageView::WhyPageView(QWidget* parent) : QScrollArea(parent)
{
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("Why"));
    auto* canvas = new QWidget(this);
    auto* across = new QHBoxLayout(canvas);
    across->setContentsMargins(16, 10, 16, 14);
    auto* column = new QWidget(canvas);
    column->setMaximumWidth(kMostWide);
    across->addWidget(column, 100);
    across->addStretch(1);
    auto* layout = new QVBoxLayout(column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    m_banner = new WhyBanner(column);
    layout->addWidget(m_banner);
    m_banner->onCause = [this] { Q_EMIT itemWanted(m_page.cause); };
    const auto section = [&](ThemedLabel** title, QVBoxLayout** rows, const QString& text) {
        if (title != nullptr) {
            *title = new ThemedLabel(text, TextRole::Muted, column);
            layout->addWidget(*title);
            (*title)->hide();
        }
        *rows = new QVBoxLayout;
        (*rows)->setSpacing(1);
        layout->addLayout(*rows);
    };
    section(nullptr, &m_stepsLayout, {});
    m_stepsLayout->setSpacing(0);
    section(&m_othersTitle, &m_othersLayout, tr("More causes"));
    section(&m_aboveTitle, &m_aboveLayout, tr("Not well, and standing on it"));
    m_more = new ThemedLabel(TextRole::Muted, column);
    m_more->hide();
    layout->addWidget(m_more);
    section(&m_notesTitle, &m_notesLayout, tr("Worth knowing"));
    m_notesLayout->setSpacing(3);
    section(nullptr, &m_below, {});
    layout->addStretch(1);
    setWidget(canvas);
}

void WhyPageView::addBelow(QWidget* part)
{
    m_below->addWidget(part);
}

void WhyPageView::showLinks(std::vector<LinkButton*>& buttons, const std::vector<LinkRow>& links,
                            ThemedLabel* title, QVBoxLayout* layout)
{
    title->setVisible(!links.empty());
    fitRows(buttons, links.size(), [this, layout] {
        auto* button = new LinkButton(widget());
        connect(button, &QAbstractButton::clicked, this,
                [this, button] { Q_EMIT itemWanted(button->link().item); });
        layout->addWidget(button);
        return button;
    });
    for (std::size_t i = 0; i < links.size(); ++i)
        buttons[i]->setLink(links[i]);
}

void WhyPageView::show(const WhyPage& page)
{
    if (m_page == page)
        return;
    m_page = page;
    m_banner->show(page);
    fitRows(m_steps, page.steps.size(), [this] {
        auto* step = new WhyStepFrame(widget());
        step->onItem = [this](stack::ItemId id) { Q_EMIT itemWanted(id); };
        m_stepsLayout->addWidget(step);
        return step;
    });
    for (std::size_t i = 0; i < page.steps.size(); ++i)
        m_steps[i]->show(page.steps[i], i == 0, i + 1 == page.steps.size());
    showLinks(m_others, page.others, m_othersTitle, m_othersLayout);
    showLinks(m_above, page.above, m_aboveTitle, m_aboveLayout);
    m_more->setVisible(page.moreAbove > 0);
    if (page.moreAbove > 0)
        m_more->showText(tr("and %n more", nullptr, page.moreAbove));
    m_notesTitle->setVisible(!page.notes.empty());
    while (m_notes.size() > page.notes.size()) {
        delete m_notes.back().first;
        delete m_notes.back().second;
        m_notes.pop_back();
    }
    while (m_notes.size() < page.notes.size()) {
        auto* text = wrapped(TextRole::Text, widget());
        auto* sub = wrapped(TextRole::Muted, widget());
        m_notesLayout->addWidget(text);
        m_notesLayout->addWidget(sub);
        m_notes.emplace_back(text, sub);
    }
    for (std::size_t i = 0; i < page.notes.size(); ++i) {
        m_notes[i].first->showText(page.notes[i].text);
        m_notes[i].second->showText(page.notes[i].sub);
    }
}

void WhyPageView::scrollToTop()
{
    verticalScrollBar()->setValue(0);
}

} // namespace strata::ui
