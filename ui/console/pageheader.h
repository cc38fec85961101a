// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QHBoxLayout;
class QToolButton;

namespace strata::ui {

class ElidedLabel;

// The line over what a tab shows: what it is and how it stands, then choices, then buttons.
class PageHeader : public QWidget {
    Q_OBJECT

public:
    explicit PageHeader(QWidget* parent = nullptr);

    void setStatus(const QString& text);
    QString status() const;
    void addLeading(QWidget* widget); // before the status, which then takes what is left
    // A choice behind the ones before it; as wide as its text, within bounds.
    QComboBox* addBox(const QString& name);
    void addChoice(QWidget* widget); // another widget where the boxes are
    QToolButton* addButton(const char* icon, const QString& text, bool checkable = false);
    void addButton(QToolButton* button); // one of its own making

private:
    QHBoxLayout* m_leading = nullptr;
    ElidedLabel* m_status = nullptr;
    QHBoxLayout* m_choices = nullptr;
    QHBoxLayout* m_buttons = nullptr;
};

} // namespace strata::ui
