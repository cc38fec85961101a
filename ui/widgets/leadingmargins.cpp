// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/leadingmargins.h"

#include <QEvent>
#include <QLayout>
#include <QWidget>

#include <functional>

namespace strata::ui {
namespace {

// Lives with the widget whose direction it follows; of several of a layout the last one counts.
class Mirror : public QObject {
public:
    Mirror(QWidget* widget, const QMargins& margins, std::function<void(const QMargins&)> set)
        : QObject(widget), m_margins(margins), m_set(std::move(set))
    {
        widget->installEventFilter(this);
        apply(widget);
    }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() == QEvent::LayoutDirectionChange)
            apply(static_cast<QWidget*>(watched));
        return false;
    }

private:
    void apply(const QWidget* widget)
    {
        const bool mirrored = widget->layoutDirection() == Qt::RightToLeft;
        m_set(mirrored ? QMargins(m_margins.right(), m_margins.top(), m_margins.left(), m_margins.bottom())
                       : m_margins);
    }

    QMargins m_margins;
    std::function<void(const QMargins&)> m_set;
};

} // namespace

void setLeadingMargins(QLayout* layout, int leading, int top, int trailing, int bottom)
{
    Q_ASSERT(layout->parentWidget() != nullptr);
    new Mirror(layout->parentWidget(), {leading, top, trailing, bottom},
               [layout](const QMargins& margins) { layout->setContentsMargins(margins); });
}

void setLeadingMargins(QWidget* widget, int leading, int top, int trailing, int bottom)
{
    new Mirror(widget, {leading, top, trailing, bottom},
               [widget](const QMargins& margins) { widget->setContentsMargins(margins); });
}

} // namespace strata::ui
