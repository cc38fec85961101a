// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTabBar>

namespace strata::ui {

// Tabs as words with a line under the current one, over a hairline of the whole width.
class UnderlineTabs : public QTabBar {
    Q_OBJECT

public:
    explicit UnderlineTabs(QWidget* parent = nullptr);

protected:
    void paintEvent(QPaintEvent* event) override;
    // QTabBar does not tell its layout of either while it is hidden.
    void tabInserted(int index) override;
    void tabRemoved(int index) override;
};

} // namespace strata::ui
