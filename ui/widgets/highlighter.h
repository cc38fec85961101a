// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QObject;
class QTextDocument;

namespace strata::ui {

enum class Syntax { Yaml, Xml };

// Colours a document for as long as `parent` lives, in the theme's light or dark set, and again when the
// theme changes. Uses KSyntaxHighlighting where the build found it, else a small highlighter of our own. A
// call for a document that has one already replaces it.
void highlight(QTextDocument* document, Syntax syntax, QObject* parent);
void stopHighlighting(QTextDocument* document, QObject* parent); // for documents too long to colour

} // namespace strata::ui
