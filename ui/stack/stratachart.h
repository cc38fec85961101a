// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QJsonObject>
#include <QWidget>

#include <memory>
#include <vector>

namespace strata::ui {

// A cell's name where `room` pixels are free: with dots at its end, or, where dots would take the room of the
// letters that tell names apart, as many whole letters as fit.
QString cellText(const QFontMetrics& metrics, const QString& text, int room);

class Selection;
class StackStore;

// What is not there yet: a VM that a plan would put on an outer node. Shares are of the node's capacity.
struct StrataGhost {
    stack::ItemId node;
    double memory = 0;
    double cpu = 0;
    QString name;
    friend bool operator==(const StrataGhost&, const StrataGhost&) = default;
};

// The stack drawn as layers of rock: bare metal is the bottom row, workload the top one. A cell is as wide as
// its share; colour is health, tenant, usage, version or age. Click selects and outlines the whole path,
// double click zooms in, wheel and drag zoom and pan, arrows move between layers and siblings, Esc zooms out.
class StrataChart : public QWidget {
    Q_OBJECT

public:
    enum class Width { MemoryAllocated, MemoryUsed, CpuAllocated, CpuUsed, Pods };
    enum class Colour { Health, Tenant, Usage, Version, Age };

    StrataChart(StackStore* store, Selection* selection, QWidget* parent = nullptr);
    ~StrataChart() override;

    void setWidthBy(Width width);
    void setColourBy(Colour colour);
    // Cells of an answer to "what if": marked until other ones are.
    void setMarked(const std::vector<stack::ItemId>& ids);
    void zoomTo(stack::ItemId id); // no item: the whole site
    const std::vector<StrataGhost>& ghosts() const;
    void setGhosts(std::vector<StrataGhost> ghosts); // drawn behind the VMs of their nodes
    stack::ItemId zoomed() const;
    stack::ItemId itemAt(const QPoint& position) const; // of the drawing area, in this widget's coordinates

    QJsonObject saveState() const;
    void restoreState(const QJsonObject& state);

Q_SIGNALS:
    void menuWanted(strata::stack::ItemId id, const QPoint& globalPosition);

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::ui
