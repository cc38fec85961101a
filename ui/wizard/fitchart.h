// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/fit.h"

#include <QWidget>

#include <vector>

namespace strata::ui {

// The outer nodes by host, each as a bar of its memory: what is taken, and the new VMs as ghosts where the
// forecast puts them. Nodes that get VMs come first; those that do not fit in are counted.
class FitChart : public QWidget {
    Q_OBJECT

public:
    explicit FitChart(QWidget* parent = nullptr);
    void show(const std::vector<provision::NodeRoom>& before, const provision::Fit& fit);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Ghost {
        QString name;
        double share = 0; // of the node's memory
        bool controlPlane = false;
    };
    struct Row {
        QString host;
        QString node;
        QString closed;
        double taken = 0;
        std::vector<Ghost> ghosts;
        QString tip;
    };
    int rowHeight() const;
    int shownRows() const;

    std::vector<Row> m_rows;
    std::size_t m_receiving = 0;
};

} // namespace strata::ui
