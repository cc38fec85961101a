// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/hoststages.h"

#include <QHBoxLayout>

namespace strata::ui {

HostStages::HostStages(QWidget* parent) : QWidget(parent)
{
    m_words = {tr("Address"), tr("Identity"), tr("Answers"), tr("Hardware"), tr("Checks")};
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(18);
    for (std::size_t i = 0; i < kCount; ++i) {
        m_labels[i] = new ThemedLabel(TextRole::Muted, this);
        layout->addWidget(m_labels[i]);
        set(Stage(i), State::Open);
    }
    layout->addStretch();
    setAccessibleName(tr("How far it has come"));
}

void HostStages::set(Stage stage, State state)
{
    const auto at = std::size_t(stage);
    m_states[at] = state;
    QString mark;
    QString spoken;
    TextRole role = TextRole::Muted;
    switch (state) {
    case State::Open:
        mark = QStringLiteral("○");
        spoken = tr("not yet");
        break;
    case State::Doing:
        mark = QStringLiteral("◔");
        spoken = tr("under way");
        role = TextRole::Progressing;
        break;
    case State::Good:
        mark = QStringLiteral("✓");
        spoken = tr("good");
        role = TextRole::Ok;
        break;
    case State::Doubtful:
        mark = QStringLiteral("!");
        spoken = tr("look at it");
        role = TextRole::Warning;
        break;
    case State::Bad:
        mark = QStringLiteral("✗");
        spoken = tr("failed");
        role = TextRole::Failed;
        break;
    }
    m_labels[at]->setRole(role);
    m_labels[at]->showText(mark + QLatin1Char(' ') + m_words[at]);
    m_labels[at]->setAccessibleName(QStringLiteral("%1: %2").arg(m_words[at], spoken));
}

void HostStages::setShown(Stage stage, bool shown)
{
    m_labels[std::size_t(stage)]->setVisible(shown);
}

void HostStages::clearFrom(Stage stage)
{
    for (std::size_t i = std::size_t(stage); i < kCount; ++i)
        set(Stage(i), State::Open);
}

} // namespace strata::ui
