// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/endbar.h"

#include "ui/theme/theme.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>

namespace strata::ui {

EndWords endWords(const console::SessionEnd& end, bool single)
{
    using Kind = console::SessionEnd::Kind;
    EndWords out;
    const QString detail = cleaned(end.error.detail);
    const auto with = [&detail](const QString& text) {
        return detail.isEmpty() || text.contains(detail) ? text : QStringLiteral("%1 %2").arg(text, detail);
    };
    switch (end.kind) {
    case Kind::Exited:
        out.health = end.exitCode == 0 ? stack::Health::Ok : stack::Health::Warning;
        out.text = end.exitCode == 0 ? EndBar::tr("The command ended.")
                                     : EndBar::tr("The command ended with exit status %1.").arg(end.exitCode);
        break;
    case Kind::Closed:
        out.health = stack::Health::Unknown;
        out.takeOver = single;
        out.text = with(single ? EndBar::tr("The other end closed the line: the machine stopped, or another "
                                            "client took it (only one can use it at a time).")
                               : EndBar::tr("The other end closed the connection."));
        break;
    case Kind::InUse:
        out.health = stack::Health::Warning;
        out.takeOver = true;
        out.text = with(EndBar::tr("Another client is using it. Taking over disconnects that client."));
        break;
    case Kind::Failed:
        out.health = stack::Health::Failed;
        out.text =
            with(end.error.text.empty() ? EndBar::tr("The connection broke.") : cleaned(end.error.text));
        break;
    }
    return out;
}

EndBar::EndBar(QWidget* parent) : QFrame(parent)
{
    auto* layout = new QHBoxLayout(this);
    setLeadingMargins(layout, 12, 4, 8, 4);
    layout->setSpacing(6);
    m_text = new ThemedLabel(TextRole::Text, this);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    m_text->setMinimumWidth(80);
    layout->addWidget(m_text, 1);
    m_takeOver = new QPushButton(tr("Take over"), this);
    m_takeOver->setAutoDefault(false);
    m_again = new QPushButton(tr("Reconnect"), this);
    m_again->setAutoDefault(false);
    layout->addWidget(m_takeOver);
    layout->addWidget(m_again);
    connect(m_again, &QPushButton::clicked, this, &EndBar::againWanted);
    connect(m_takeOver, &QPushButton::clicked, this, &EndBar::takeOverWanted);
    hide();
}

void EndBar::say(const EndWords& words)
{
    m_health = words.health;
    m_text->setRole(roleOf(words.health == stack::Health::Ok ? stack::Health::Unknown : words.health));
    m_text->showText(words.text);
    m_takeOver->setVisible(words.takeOver);
    m_again->setVisible(!words.takeOver);
    update();
}

QString EndBar::text() const
{
    return m_text->text();
}

void EndBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const stack::Health shade = m_health == stack::Health::Ok ? stack::Health::Unknown : m_health;
    painter.fillRect(rect(), colors().healthSoft[std::size_t(shade)]);
    painter.fillRect(0, height() - 1, width(), 1, colors().border);
}

} // namespace strata::ui
