// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QGridLayout;
class QHBoxLayout;
class QMenu;
class QToolButton;

namespace strata::ui {

class ElidedLabel;

// The line over what a tab shows: what it is and how it stands, then choices, then buttons. Where one line is
// too short for all of them, the choices have a second one.
class PageHeader : public QWidget {
    Q_OBJECT

public:
    explicit PageHeader(QWidget* parent = nullptr);

    void setStatus(const QString& text);
    QString status() const;
    // A choice behind the ones before it; as wide as its text, within bounds.
    QComboBox* addBox(const QString& name);
    void addChoice(QWidget* widget); // another widget where the boxes are
    QToolButton* addButton(const char* icon, const QString& text, bool checkable = false);
    void addButton(QToolButton* button); // one of its own making
    // What is asked for now and then: words in a menu behind the last button, made where it is first asked
    // for.
    QMenu* menu();
    bool hasTwoLines() const { return m_two; }

    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void fit();

    QGridLayout* m_grid = nullptr;
    ElidedLabel* m_status = nullptr;
    QWidget* m_choicesBox = nullptr;
    QHBoxLayout* m_choices = nullptr;
    QWidget* m_buttonsBox = nullptr;
    QHBoxLayout* m_buttons = nullptr;
    QMenu* m_menu = nullptr;
    bool m_two = false;
};

} // namespace strata::ui
