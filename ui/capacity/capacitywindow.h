// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/capacity.h"
#include "ui/stack/stratachart.h"

#include <QDialog>
#include <QPointer>
#include <QTimer>

#include <array>

class QCheckBox;
class QDoubleSpinBox;
class QSpinBox;
class QStackedWidget;
class QTabBar;
class QTableView;

namespace strata::ui {

class BarChartView;
class CapacityModel;
class Selection;
class StackStore;
class ThemedLabel;

// How full the site is and what still fits, kept up to date while it is open. Modeless; asks and changes
// nothing. "Show on the chart" draws the VMs that fit as ghosts, until it is closed.
class CapacityWindow : public QDialog {
    Q_OBJECT

public:
    CapacityWindow(StackStore* store, Selection* selection, StrataChart* chart, QWidget* parent = nullptr);
    ~CapacityWindow() override;

    const diagnosis::Capacity& capacity() const { return m_capacity; }
    const diagnosis::Fit& fit() const { return m_fit; }
    void setSize(stack::Amount size);               // of the VMs asked about
    bool save(const QString& path, QString* error); // .json, .csv (the table that is shown) or .txt

private:
    QWidget* makeFits();
    QTableView* makeTable(CapacityModel* model);
    stack::Amount size() const;
    void look();
    void showFits();
    void showChart();
    void drawGhosts();
    void askForFile();

    StackStore* m_store;
    Selection* m_selection;
    QPointer<StrataChart> m_strata; // may be null, and may go first
    diagnosis::Capacity m_capacity;
    diagnosis::Fit m_fit;
    ThemedLabel* m_summary = nullptr;
    QSpinBox* m_vcpus = nullptr;
    QDoubleSpinBox* m_memory = nullptr;
    QCheckBox* m_ghosts = nullptr;
    ThemedLabel* m_count = nullptr;
    ThemedLabel* m_where = nullptr;
    QTabBar* m_tabs = nullptr;
    QStackedWidget* m_pages = nullptr;
    BarChartView* m_chart = nullptr;
    std::array<CapacityModel*, 3> m_models{};
    std::array<QTableView*, 3> m_tables{};
    QTimer m_later;
};

} // namespace strata::ui
