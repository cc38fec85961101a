// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/searchfield.h"

#include "ui/theme/theme.h"

#include <QAction>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

namespace strata::ui {

SearchField::SearchField(QWidget* parent)
    : QWidget(parent), m_edit(new QLineEdit(this)), m_hint(new QLabel(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_edit);
    layout->addWidget(m_hint);
    m_edit->addAction(Theme::icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
    QAction* clear = m_edit->addAction(Theme::icon(QStringLiteral("close")), QLineEdit::TrailingPosition);
    clear->setText(tr("Clear"));
    clear->setToolTip(tr("Clear"));
    clear->setVisible(false);
    connect(clear, &QAction::triggered, m_edit, &QLineEdit::clear);
    m_hint->setTextFormat(Qt::PlainText);
    m_hint->setWordWrap(true);
    m_hint->setProperty("small", true);
    m_hint->setProperty("wrong", true);
    m_hint->hide();
    setFocusProxy(m_edit);
    m_edit->installEventFilter(this);
    connect(m_edit, &QLineEdit::textChanged, this, [this, clear](const QString& text) {
        clear->setVisible(!text.isEmpty());
        Q_EMIT textChanged(text);
    });
}

QString SearchField::text() const
{
    return m_edit->text();
}

void SearchField::setText(const QString& text)
{
    m_edit->setText(text);
}

void SearchField::setPlaceholderText(const QString& text)
{
    m_edit->setPlaceholderText(text);
    m_edit->setAccessibleName(text);
}

QString SearchField::hint() const
{
    return m_hint->text();
}

void SearchField::setHint(const QString& text)
{
    if (m_hint->text() == text)
        return;
    m_hint->setText(text);
    m_hint->setVisible(!text.isEmpty());
    m_edit->setAccessibleDescription(text);
    m_edit->setProperty("wrong", !text.isEmpty());
    m_edit->style()->unpolish(m_edit);
    m_edit->style()->polish(m_edit);
}

bool SearchField::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_edit &&
        (event->type() == QEvent::KeyPress || event->type() == QEvent::ShortcutOverride)) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool escape = key->key() == Qt::Key_Escape;
        const bool leave =
            key->key() == Qt::Key_Down || key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (event->type() == QEvent::ShortcutOverride) {
            if (escape)
                event->accept(); // Esc is ours here, not the window's
            return false;
        }
        if (escape && !m_edit->text().isEmpty()) {
            m_edit->clear();
            return true;
        }
        if (escape || leave) {
            Q_EMIT leaveWanted();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace strata::ui
