// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/themedlabel.h"

#include "ui/theme/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>

namespace strata::ui {

TextRole roleOf(stack::Health health)
{
    switch (health) {
    case stack::Health::Ok:
        return TextRole::Ok;
    case stack::Health::Progressing:
        return TextRole::Progressing;
    case stack::Health::Unknown:
        return TextRole::Unknown;
    case stack::Health::Warning:
        return TextRole::Warning;
    case stack::Health::Failed:
        return TextRole::Failed;
    }
    return TextRole::Text;
}

QColor colorOf(TextRole role)
{
    const Colors& c = colors();
    const auto health = [&c](stack::Health h) { return c.health[static_cast<std::size_t>(h)]; };
    switch (role) {
    case TextRole::Text:
        return c.text;
    case TextRole::Muted:
        return c.muted;
    case TextRole::Accent:
        return c.accent;
    case TextRole::Ok:
        return health(stack::Health::Ok);
    case TextRole::Progressing:
        return health(stack::Health::Progressing);
    case TextRole::Unknown:
        return health(stack::Health::Unknown);
    case TextRole::Warning:
        return health(stack::Health::Warning);
    case TextRole::Failed:
        return health(stack::Health::Failed);
    }
    return c.text;
}

namespace {

// A label whose text can be selected goes by the direction of its text: beside others of the same page it
// would begin at the other side. What stands elsewhere on purpose is left there.
void alignToLayout(QLabel* label)
{
    constexpr const char* kMirrored = "mirrored"; // here, and not by whoever says where it stands
    const Qt::Alignment vertical = label->alignment() & Qt::AlignVertical_Mask;
    const Qt::Alignment across = label->alignment() & Qt::AlignHorizontal_Mask;
    const bool mirrored = label->property(kMirrored).toBool();
    const bool mirror =
        label->layoutDirection() == Qt::RightToLeft && label->textInteractionFlags() != Qt::NoTextInteraction;
    if (mirror == mirrored || (mirror && across != Qt::AlignLeft))
        return;
    label->setProperty(kMirrored, mirror);
    label->setAlignment(vertical |
                        (mirror ? Qt::AlignRight | Qt::AlignAbsolute : Qt::Alignment(Qt::AlignLeft)));
}

} // namespace

ThemedLabel::ThemedLabel(TextRole role, QWidget* parent) : QLabel(parent), m_role(role)
{
    setTextFormat(Qt::PlainText);
    applyLook();
    connect(&Theme::instance(), &Theme::changed, this, &ThemedLabel::applyLook);
}

ThemedLabel::ThemedLabel(const QString& text, TextRole role, QWidget* parent) : ThemedLabel(role, parent)
{
    setText(text);
}

void ThemedLabel::setRole(TextRole role)
{
    if (m_role == role)
        return;
    m_role = role;
    applyLook();
}

void ThemedLabel::setLook(double factor, QFont::Weight weight)
{
    m_factor = factor;
    m_weight = weight;
    applyLook();
}

void ThemedLabel::showText(const QString& text)
{
    if (this->text() != text)
        setText(text);
}

void ThemedLabel::changeEvent(QEvent* event)
{
    QLabel::changeEvent(event);
    if (m_applying)
        return;
    const QEvent::Type type = event->type();
    if (type == QEvent::LayoutDirectionChange)
        alignToLayout(this);
    // A style sheet that is set anew gives a widget back the palette it had before.
    if (type == QEvent::ApplicationFontChange ||
        ((type == QEvent::StyleChange || type == QEvent::PaletteChange) &&
         palette().color(QPalette::WindowText) != colorOf(m_role)))
        applyLook();
}

void ThemedLabel::showEvent(QShowEvent* event)
{
    QLabel::showEvent(event);
    alignToLayout(this);
    if (palette().color(QPalette::WindowText) != colorOf(m_role))
        applyLook();
}

void ThemedLabel::applyLook()
{
    m_applying = true;
    QPalette look = palette();
    const QColor color = colorOf(m_role);
    look.setColor(QPalette::WindowText, color);
    look.setColor(QPalette::Text, color);
    setPalette(look);
    if (m_factor != 1 || m_weight != QFont::Normal) {
        QFont font = QApplication::font();
        if (font.pointSizeF() > 0)
            font.setPointSizeF(font.pointSizeF() * m_factor);
        else
            font.setPixelSize(qMax(1, int(font.pixelSize() * m_factor)));
        font.setWeight(m_weight);
        setFont(font);
    }
    m_applying = false;
}

ValueLabel::ValueLabel(TextRole role, QWidget* parent) : ThemedLabel(role, parent)
{
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setSizePolicy(policy);
}

void ValueLabel::setElide(Qt::TextElideMode mode)
{
    m_mode = mode;
    fit();
}

void ValueLabel::setFullText(const QString& text, const QString& hint, const QStringList& shorter)
{
    if (m_full == text && m_hint == hint && m_shorter == shorter)
        return;
    const bool sameText = m_full == text;
    m_full = text;
    m_hint = hint;
    m_shorter = shorter;
    setAccessibleName(text);
    if (!sameText)
        updateGeometry();
    fit();
}

QSize ValueLabel::sizeHint() const
{
    const QMargins margins = contentsMargins();
    return {fontMetrics().horizontalAdvance(m_full) + margins.left() + margins.right() + 2 * margin() + 2,
            fontMetrics().height() + margins.top() + margins.bottom() + 2 * margin() + 2};
}

QSize ValueLabel::minimumSizeHint() const
{
    return {qMin(sizeHint().width(), fontMetrics().averageCharWidth() * 6), sizeHint().height()};
}

void ValueLabel::fit()
{
    const int room = contentsRect().width() - 2 * margin();
    QString text = m_full;
    if (room > 0) {
        for (int i = 0; i < m_shorter.size() && fontMetrics().horizontalAdvance(text) > room; ++i)
            text = m_shorter.at(i);
        text = fontMetrics().elidedText(text, m_mode, room);
    }
    m_elided = text != m_full;
    showText(text);
    // Tooltips guess at rich text: what comes from outside must be escaped to be shown as it is.
    QString tip = m_hint.isEmpty() ? (m_elided ? m_full : QString()) : m_hint;
    if (m_elided && !m_hint.isEmpty())
        tip = m_full + QLatin1Char('\n') + m_hint;
    const QString shown =
        tip.isEmpty() ? QString()
                      : QStringLiteral("<p style='white-space:pre-wrap'>%1</p>").arg(tip.toHtmlEscaped());
    if (toolTip() != shown)
        setToolTip(shown);
}

void ValueLabel::resizeEvent(QResizeEvent* event)
{
    ThemedLabel::resizeEvent(event);
    fit();
}

void ValueLabel::changeEvent(QEvent* event)
{
    ThemedLabel::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        updateGeometry();
        fit();
    }
}

void ValueLabel::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy) && m_elided && hasSelectedText()) {
        QApplication::clipboard()->setText(m_full);
        event->accept();
        return;
    }
    ThemedLabel::keyPressEvent(event);
}

void ValueLabel::contextMenuEvent(QContextMenuEvent* event)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const QString selected = m_elided ? QString() : selectedText();
    if (!selected.isEmpty())
        menu->addAction(tr("Copy selection"), this,
                        [selected] { QApplication::clipboard()->setText(selected); });
    menu->addAction(tr("Copy"), this, [this] { QApplication::clipboard()->setText(m_full); });
    menu->popup(event->globalPos());
}

} // namespace strata::ui
