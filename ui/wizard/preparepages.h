// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizard/preparemodel.h"

#include <QWidget>

#include <map>
#include <string>
#include <vector>

class QCheckBox;
class QComboBox;
class QGridLayout;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTreeWidget;
class QTreeWidgetItem;
class QVBoxLayout;

namespace strata::ui {

class CodeView;
class FormField;
class StatePill;
class ThemedLabel;
class UnderlineTabs;

// The pages of the wizard that prepares an outer cluster. Each shows the model as it is whenever it is told
// to refresh().

// What is there and what is thought of it.
class PrepareTherePage : public QWidget {
    Q_OBJECT

public:
    explicit PrepareTherePage(PrepareModel* model, QWidget* parent = nullptr);
    void refresh();

private:
    PrepareModel* m_model;
    StatePill* m_pill = nullptr;
    ThemedLabel* m_words = nullptr;
    QPushButton* m_again = nullptr;
    QTreeWidget* m_table = nullptr;
};

// What is to be installed, in which version, with which gates, and where it comes from.
class PrepareChoicePage : public QWidget {
    Q_OBJECT

public:
    explicit PrepareChoicePage(PrepareModel* model, QWidget* parent = nullptr);
    void refresh();

private:
    struct Row {
        QCheckBox* wanted = nullptr;
        QComboBox* version = nullptr;
        ThemedLabel* reason = nullptr;
    };
    void makeRows();
    void makeGates();
    void makeAddons();
    void say();

    PrepareModel* m_model;
    QComboBox* m_place = nullptr;
    QStackedWidget* m_places = nullptr;
    QLineEdit* m_folder = nullptr;
    FormField* m_folderField = nullptr;
    QGridLayout* m_grid = nullptr;
    std::map<std::string, Row> m_rows;
    QWidget* m_gatesBox = nullptr;
    QVBoxLayout* m_gates = nullptr;
    std::map<std::pair<std::string, std::string>, QCheckBox*> m_gateBoxes;
    std::string m_gatesFor; // components and versions that the boxes are of
    QWidget* m_addonsBox = nullptr;
    QVBoxLayout* m_addons = nullptr;
    std::map<std::string, QCheckBox*> m_addonBoxes;
    QString m_addonsFor; // what stands there
    ThemedLabel* m_wrong = nullptr;
};

// The plan, what the server says to each object, and the differences to what is there.
class PrepareReviewPage : public QWidget {
    Q_OBJECT

public:
    explicit PrepareReviewPage(PrepareModel* model, QWidget* parent = nullptr);
    void refresh();
    void setTab(int index);

private:
    void showSteps();
    void showWords();
    void showDifferences();

    PrepareModel* m_model;
    StatePill* m_pill = nullptr;
    ThemedLabel* m_words = nullptr;
    QPushButton* m_again = nullptr;
    UnderlineTabs* m_tabs = nullptr;
    QStackedWidget* m_pages = nullptr;
    QTreeWidget* m_steps = nullptr;
    CodeView* m_differences = nullptr;
    CodeView* m_images = nullptr;
    std::string m_shownPlan;                           // its id
    std::map<std::string, QTreeWidgetItem*> m_objects; // by title
    std::size_t m_shownVerdicts = 0;
    bool m_differencesShown = false;
};

} // namespace strata::ui
