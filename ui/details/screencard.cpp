// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/screencard.h"

#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QPainter>
#include <QVBoxLayout>

namespace strata::ui {
namespace {

constexpr int kHeight = 150;

// The picture as a button, so that the keyboard reaches it.
class Picture : public QAbstractButton {
public:
    explicit Picture(QWidget* parent) : QAbstractButton(parent)
    {
        setCursor(Qt::PointingHandCursor);
        setFocusPolicy(Qt::StrongFocus);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    }
    QImage image;
    QString why;
    QSize sizeHint() const override { return {240, kHeight}; }
    QSize minimumSizeHint() const override { return {120, kHeight}; }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        const Colors& c = colors();
        if (image.isNull()) {
            painter.setPen(c.muted);
            painter.drawText(rect().adjusted(8, 0, -8, 0), Qt::AlignCenter | Qt::TextWordWrap, why);
        } else {
            const QSizeF size = QSizeF(image.size()).scaled(this->size(), Qt::KeepAspectRatio);
            const double left = layoutDirection() == Qt::RightToLeft ? width() - size.width() : 0;
            const QRectF place(QPointF(left, (height() - size.height()) / 2), size);
            painter.drawImage(place, image);
            painter.setPen(c.border);
            painter.drawRect(place.adjusted(0, 0, -1, -1));
        }
        if (hasFocus()) {
            painter.setPen(QPen(c.accent, 2));
            painter.drawRect(rect().adjusted(1, 1, -1, -1));
        }
    }
};

} // namespace

ScreenCard::ScreenCard(QWidget* parent) : CardFrame(parent)
{
    m_picture = new Picture(this);
    m_picture->setAccessibleName(tr("The VM's screen"));
    m_picture->setToolTip(tr("Open the screen"));
    body()->addWidget(m_picture);
    m_timer.setInterval(kEveryMs);
    connect(&m_timer, &QTimer::timeout, this, &ScreenCard::ask);
    connect(m_picture, &QAbstractButton::clicked, this, [this] {
        if (m_thumbnails != nullptr)
            m_thumbnails->open(m_item);
    });
}

void ScreenCard::setThumbnails(Thumbnails* thumbnails)
{
    m_thumbnails = thumbnails;
    if (isVisible())
        ask();
}

void ScreenCard::show(const Card& card)
{
    showTitle(card);
    if (m_item == card.item)
        return;
    m_item = card.item;
    take({}, tr("Looking…"));
    m_asking = false;
    if (isVisible())
        ask();
}

void ScreenCard::showEvent(QShowEvent* event)
{
    CardFrame::showEvent(event);
    m_timer.start();
    ask();
}

void ScreenCard::hideEvent(QHideEvent* event)
{
    CardFrame::hideEvent(event);
    m_timer.stop();
}

void ScreenCard::ask()
{
    if (m_thumbnails == nullptr || m_asking || !m_item)
        return;
    m_asking = true;
    m_thumbnails->take(m_item, this, [this, item = m_item](const QImage& image, const QString& why) {
        if (item != m_item)
            return; // of another VM, before
        m_asking = false;
        take(image, why);
    });
}

void ScreenCard::take(const QImage& image, const QString& why)
{
    m_image = image;
    m_why = why;
    auto* picture = static_cast<Picture*>(m_picture);
    picture->image = image;
    picture->why = why;
    picture->setAccessibleDescription(why);
    picture->update();
}

} // namespace strata::ui
