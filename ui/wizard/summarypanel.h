// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/problem.h"

#include <QWidget>

#include <functional>
#include <string>
#include <vector>

class QGridLayout;
class QPushButton;
class QVBoxLayout;

namespace strata::ui {

class FitChart;
class StatePill;
class ThemedLabel;
class WizardModel;

// At the right of the wizard: what will exist, whether it fits and where, and what is still to be mended.
class SummaryPanel : public QWidget {
    Q_OBJECT

public:
    SummaryPanel(WizardModel* model, std::function<QString(const std::string& field)> labelOf,
                 QWidget* parent = nullptr);
    void refresh();
    void setMending(const provision::Problems& problems); // errors that the operator has been shown

Q_SIGNALS:
    void fieldWanted(const std::string& field);

private:
    void showFacts();
    void showFit();

    WizardModel* m_model;
    std::function<QString(const std::string&)> m_labelOf;
    ThemedLabel* m_name = nullptr;
    ThemedLabel* m_place = nullptr;
    QGridLayout* m_facts = nullptr;
    std::vector<std::pair<ThemedLabel*, ThemedLabel*>> m_rows;
    StatePill* m_fitPill = nullptr;
    ThemedLabel* m_fitWords = nullptr;
    FitChart* m_chart = nullptr;
    ThemedLabel* m_mendTitle = nullptr;
    QVBoxLayout* m_mend = nullptr;
    std::vector<QPushButton*> m_mendButtons;
    std::vector<std::string> m_mendFields;
};

} // namespace strata::ui
