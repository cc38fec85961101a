// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/profile.h"
#include "ui/widgets/text.h"

#include <QLineEdit>
#include <QString>
#include <QWidget>

#include <string>

class QComboBox;
class QPushButton;

namespace strata::ui {

// What was typed, without the blanks around it.
inline std::string typed(const QString& text)
{
    return text.trimmed().toStdString();
}

// Sets what differs only, so that the cursor stays where it is while one types.
inline void put(QLineEdit* edit, const std::string& text)
{
    if (typed(edit->text()) != text)
        edit->setText(shown(text));
}

// A path or an https URL, with a button to look for the file.
class PathEdit : public QWidget {
    Q_OBJECT

public:
    PathEdit(const QString& what, QWidget* parent = nullptr);
    QLineEdit* edit() const { return m_edit; }

Q_SIGNALS:
    void edited(const QString& text);

private:
    QLineEdit* m_edit = nullptr;
};

// An amount like 4Gi: the usual ones to choose from, any other to be typed.
QComboBox* amountBox(const QStringList& usual);

} // namespace strata::ui
