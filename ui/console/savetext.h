// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QString>

#include <functional>

class QObject;
class QWidget;

namespace strata::ui {

// Asks where to, makes the text and writes it on another thread; says so when that fails. `make` must not
// touch anything of the GUI.
void askToSave(QWidget* parent, const QString& name, std::function<QString()> make);
// Only asks; the chosen path is handed on.
void askWhere(QWidget* parent, const QString& title, const QString& name,
              std::function<void(const QString& path)> chosen);
// The second half, for when the place is known; `done` is called on the GUI thread with an error or nothing.
void saveText(const QString& path, std::function<QString()> make, QObject* context,
              std::function<void(const QString& error)> done);

// A picture as PNG, in the same way.
void saveImage(const QString& path, const QImage& image, QObject* context,
               std::function<void(const QString& error)> done);
void askToSaveImage(QWidget* parent, const QString& name, const QImage& image);

} // namespace strata::ui
