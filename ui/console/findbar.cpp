// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/findbar.h"

#include "ui/theme/theme.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/searchfield.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QToolButton>

namespace strata::ui {

FindBar::FindBar(QWidget* parent) : QFrame(parent)
{
    auto* layout = new QHBoxLayout(this);
    setLeadingMargins(layout, 12, 3, 8, 3);
    layout->setSpacing(4);
    m_field = new SearchField(this);
    m_field->setPlaceholderText(tr("Find"));
    m_field->setMaximumWidth(360);
    m_field->edit()->installEventFilter(this);
    layout->addWidget(m_field, 1);
    const auto button = [&](const char* icon, const QString& text, auto what) {
        auto* made = new QToolButton(this);
        made->setIcon(Theme::icon(QString::fromLatin1(icon)));
        made->setToolTip(text);
        made->setAccessibleName(text);
        connect(made, &QToolButton::clicked, this, what);
        layout->addWidget(made);
    };
    button("chevron-up", tr("The match before (Shift+Enter)"), [this] { Q_EMIT findWanted(text(), true); });
    button("chevron-down", tr("The next match (Enter)"), [this] { Q_EMIT findWanted(text(), false); });
    layout->addStretch(1);
    button("close", tr("Close the search (Esc)"), [this] {
        hide();
        Q_EMIT closed();
    });
    connect(m_field, &SearchField::textChanged, this, [this](const QString& text) {
        m_field->setHint({});
        if (!text.isEmpty())
            Q_EMIT textEdited(text);
    });
    hide();
}

QString FindBar::text() const
{
    return m_field->text();
}

void FindBar::setText(const QString& text)
{
    m_field->setText(text);
}

void FindBar::open()
{
    show();
    m_field->edit()->setFocus(Qt::ShortcutFocusReason);
    m_field->edit()->selectAll();
}

void FindBar::setFound(bool found)
{
    m_field->setHint(found ? QString() : tr("Not found"));
}

void FindBar::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape) {
        hide();
        Q_EMIT closed();
        return;
    }
    QFrame::keyPressEvent(event);
}

bool FindBar::eventFilter(QObject* watched, QEvent* event)
{
    // Before the field itself, which leaves at these keys.
    if (event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            Q_EMIT findWanted(text(), key->modifiers().testFlag(Qt::ShiftModifier));
            return true;
        }
        if (key->key() == Qt::Key_Escape) {
            hide();
            Q_EMIT closed();
            return true;
        }
    }
    return QFrame::eventFilter(watched, event);
}

} // namespace strata::ui
