// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QFileDialog>
#include <QLineEdit>
#include <QTest>
#include <QWidget>

namespace strata::test {

// Presses a button that asks where to save, and answers as an operator types. False when nothing was asked.
inline bool saveBy(QAbstractButton* button, QWidget* page, const QString& path)
{
    if (button == nullptr || !button->isEnabled())
        return false;
    button->click();
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

} // namespace strata::test
