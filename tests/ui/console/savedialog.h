// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QAction>
#include <QFileDialog>
#include <QLineEdit>
#include <QTest>
#include <QWidget>

namespace strata::test {

// Answers the question where to save as an operator types; false when nothing is asked.
inline bool answerSave(QWidget* page, const QString& path)
{
    auto* dialog = page->findChild<QFileDialog*>();
    if (dialog == nullptr || !QTest::qWaitForWindowExposed(dialog))
        return false;
    auto* name = dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
    if (name == nullptr)
        return false;
    name->setText(path);
    QTest::keyClick(name, Qt::Key_Return);
    return true;
}

// Presses a button, or chooses an entry of a menu, that asks where to save, and answers.
inline bool saveBy(QAbstractButton* button, QWidget* page, const QString& path)
{
    if (button == nullptr || !button->isEnabled())
        return false;
    button->click();
    return answerSave(page, path);
}
inline bool saveBy(QAction* action, QWidget* page, const QString& path)
{
    if (action == nullptr || !action->isEnabled())
        return false;
    action->trigger();
    return answerSave(page, path);
}

} // namespace strata::test
