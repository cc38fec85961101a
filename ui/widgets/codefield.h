// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QPlainTextEdit;
class QString;
class QTextDocument;
class QWidget;

namespace strata::ui {

// A field for YAML and the like: monospace in the theme's size, not wrapped, without a frame.
QPlainTextEdit* makeCodeField(QWidget* parent, const QString& accessibleName);

// Colours the lines of a difference, those that begin with + and −, for as long as the document lives.
void colourDifferences(QTextDocument* document);

} // namespace strata::ui
