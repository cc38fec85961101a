// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/asked.h"

#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/themedlabel.h"

#include <QCoreApplication>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

namespace {
constexpr int kIcon = 14;
}

AskedCard::AskedCard(StackStore* store, QWidget* parent)
    : QWidget(parent), m_store(store),
      m_title(new ThemedLabel(tr("What watching does not show"), TextRole::Muted, this)),
      m_text(new ThemedLabel(TextRole::Muted, this)), m_button(new QPushButton(tr("Look deeper"), this)),
      m_grid(new QGridLayout)
{
    setAccessibleName(tr("What watching does not show"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(m_title);
    auto* line = new QHBoxLayout;
    line->setSpacing(10);
    line->addWidget(m_button, 0, Qt::AlignTop);
    m_text->setWordWrap(true);
    line->addWidget(m_text, 1, Qt::AlignVCenter);
    layout->addLayout(line);
    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(3);
    m_grid->setColumnStretch(2, 1);
    layout->addLayout(m_grid);
    connect(m_button, &QPushButton::clicked, this, &AskedCard::ask);
    connect(&Theme::instance(), &Theme::changed, this, &AskedCard::showRows);
    hide();
}

AskedCard::~AskedCard() = default;

void AskedCard::setClients(inquiry::Look::Clients clients)
{
    m_clients = std::move(clients);
    refresh();
}

void AskedCard::setClock(Clock clock)
{
    m_clock = std::move(clock);
}

void AskedCard::setItem(stack::ItemId id)
{
    if (m_item == id)
        return;
    m_item = id;
    ++m_generation;
    m_look.reset();
    m_rows.clear();
    m_found.clear();
    showRows();
    refresh();
}

void AskedCard::refresh()
{
    const std::vector<inquiry::Question> questions =
        m_clients ? inquiry::questionsFor(m_store->stack(), m_item) : std::vector<inquiry::Question>();
    m_possible = questions.size();
    setVisible(m_possible > 0 || !m_rows.empty());
    m_button->setEnabled(m_possible > 0); // also while it runs: the keyboard's focus would leave it
    if (isRunning()) {
        const auto open =
            std::count_if(m_rows.begin(), m_rows.end(), [](const Row& row) { return row.said.isEmpty(); });
        m_text->showText(tr("Waiting for %n answers…", nullptr, static_cast<int>(open)));
    } else if (m_rows.empty()) {
        QStringList what;
        for (const inquiry::Question& question : questions)
            what << QString::fromStdString(question.what);
        m_text->showText(
            tr("Puts %n questions to the servers; reads only.", nullptr, static_cast<int>(m_possible)));
        m_button->setToolTip(what.join(u'\n'));
    } else if (m_found.empty()) {
        m_text->showText(tr("Nothing more was found."));
    } else {
        m_text->showText(tr("Found %n more; see above.", nullptr, static_cast<int>(m_found.size())));
    }
}

void AskedCard::ask()
{
    if (!m_clients || isRunning())
        return;
    std::vector<inquiry::Question> questions = inquiry::questionsFor(m_store->stack(), m_item);
    if (questions.empty())
        return;
    m_rows.clear();
    m_found.clear();
    for (const inquiry::Question& question : questions)
        m_rows.push_back({QString::fromStdString(question.what), {}, stack::Health::Progressing});
    const std::uint64_t generation = ++m_generation;
    const auto post = [self = QPointer<AskedCard>(this)](auto call) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, call = std::move(call)] {
                if (self)
                    call(*self);
            },
            Qt::QueuedConnection);
    };
    inquiry::Look::Callbacks callbacks;
    callbacks.onAnswer = [post, generation](const inquiry::Question& question,
                                            const inquiry::Reading& reading) {
        post([generation, what = QString::fromStdString(question.what), reading](AskedCard& card) {
            card.answered(generation, what, reading);
        });
    };
    callbacks.onEnd = [post, generation] { post([generation](AskedCard& card) { card.ended(generation); }); };
    m_look = std::make_unique<inquiry::Look>(m_clients, std::move(questions), std::move(callbacks), m_clock);
    showRows();
    refresh();
}

void AskedCard::answered(std::uint64_t look, const QString& what, const inquiry::Reading& reading)
{
    if (look != m_generation)
        return;
    auto row = std::find_if(m_rows.begin(), m_rows.end(),
                            [&what](const Row& each) { return each.what == what && each.said.isEmpty(); });
    if (row == m_rows.end()) // what an answer has led to
        row = m_rows.insert(m_rows.end(), {what, {}, stack::Health::Progressing});
    row->said = reading.said.empty() ? tr("answered") : QString::fromStdString(reading.said);
    row->health = reading.told ? stack::Health::Ok : stack::Health::Unknown;
    for (const diagnosis::Finding& finding : reading.findings) {
        row->health = std::max(row->health, diagnosis::healthOf(finding.severity));
        m_found.push_back(finding);
    }
    showRows();
    refresh();
}

void AskedCard::ended(std::uint64_t look)
{
    if (look != m_generation)
        return;
    m_look.reset();
    m_store->tell(m_item, m_found);
    refresh();
    Q_EMIT asked(static_cast<int>(m_found.size()));
}

void AskedCard::showRows()
{
    while (m_lines.size() > m_rows.size()) {
        delete m_lines.back().icon;
        delete m_lines.back().what;
        delete m_lines.back().said;
        m_lines.pop_back();
    }
    while (m_lines.size() < m_rows.size()) {
        Line line;
        line.icon = new QLabel(this);
        line.what = new ThemedLabel(TextRole::Text, this);
        line.said = new ThemedLabel(TextRole::Muted, this);
        line.said->setWordWrap(true);
        const int at = static_cast<int>(m_lines.size());
        m_grid->addWidget(line.icon, at, 0, Qt::AlignTop);
        m_grid->addWidget(line.what, at, 1, Qt::AlignTop);
        m_grid->addWidget(line.said, at, 2);
        m_lines.push_back(line);
    }
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        m_lines[i].icon->setPixmap(healthIcon(m_rows[i].health).pixmap(kIcon, kIcon));
        m_lines[i].what->showText(m_rows[i].what);
        m_lines[i].said->showText(m_rows[i].said.isEmpty() ? tr("…") : m_rows[i].said);
    }
}

} // namespace strata::ui
