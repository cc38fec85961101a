// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QTextDocument;

namespace strata::ui {

// Colours the lines of a difference, those that begin with + and −, for as long as the document lives.
void colourDifferences(QTextDocument* document);

} // namespace strata::ui
