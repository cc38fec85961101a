// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/details/cards.h"
#include "ui/details/thumbnails.h"

#include <QImage>
#include <QTimer>

class QAbstractButton;

namespace strata::ui {

// A VM's screen, small and live while the card is in sight. A click opens the screen itself.
class ScreenCard : public CardFrame {
    Q_OBJECT

public:
    static constexpr int kEveryMs = 5000;

    explicit ScreenCard(QWidget* parent);

    void show(const Card& card) override;
    void setThumbnails(Thumbnails* thumbnails) override;
    const QImage& image() const { return m_image; }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void ask();
    void take(const QImage& image, const QString& why);

    Thumbnails* m_thumbnails = nullptr;
    stack::ItemId m_item;
    QImage m_image;
    QString m_why;
    QAbstractButton* m_picture = nullptr;
    QTimer m_timer;
    bool m_asking = false;
};

} // namespace strata::ui
