// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace strata::ui {

// A widget on the background of views, whatever the palette of its parents says.
class BasePane : public QWidget {
    Q_OBJECT

public:
    explicit BasePane(QWidget* parent = nullptr);

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace strata::ui
