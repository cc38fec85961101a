// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/problem.h"

#include <QWidget>

#include <optional>
#include <vector>

class QHBoxLayout;
class QLabel;

namespace strata::ui {

class ThemedLabel;

// An input with its label above and, below, either a hint or what is wrong with it and how to mend it.
class FormField : public QWidget {
    Q_OBJECT

public:
    FormField(const QString& label, QWidget* editor, QWidget* parent = nullptr);

    QWidget* editor() const { return m_editor; }
    QString label() const; // without the mnemonic
    void setLabel(const QString& label);
    void setHint(const QString& hint);
    void setProblem(const std::optional<provision::Problem>& problem);
    const std::optional<provision::Problem>& problem() const { return m_problem; }
    QString message() const; // what stands below it now, or would in a row

    void tellElsewhere(); // its messages are shown by a row

Q_SIGNALS:
    void messageChanged();

private:
    void showMessage();

    QLabel* m_label = nullptr;
    QWidget* m_editor = nullptr;
    ThemedLabel* m_message = nullptr;
    QString m_hint;
    std::optional<provision::Problem> m_problem;
    bool m_elsewhere = false;
};

// Fields beside each other with one line below for whichever has something to say.
class FieldRow : public QWidget {
    Q_OBJECT

public:
    explicit FieldRow(QWidget* parent = nullptr);
    void add(FormField* field, int stretch = 0);
    void addWidget(QWidget* widget); // a button behind the fields, at their editors' height
    void addStretch();

private:
    void showMessage();

    QHBoxLayout* m_line = nullptr;
    ThemedLabel* m_message = nullptr;
    std::vector<FormField*> m_fields;
};

// Marks an editor as wrong for the style sheet.
void setWrong(QWidget* editor, bool wrong);

} // namespace strata::ui
