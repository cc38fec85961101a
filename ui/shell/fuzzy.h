// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>

// Fuzzy matching for the command palette.
namespace strata::ui {

// A name made ready: folded for comparing, with a mask of the characters it has so that most names are ruled
// out by one AND.
struct FuzzyText {
    QString folded;
    std::uint64_t mask = 0;
};
FuzzyText fuzzyText(const QString& text);

// How well `query` (its characters in this order, not necessarily side by side) is found in `text`; 0: not at
// all. Exact is best, then a prefix, then parts that begin words, then runs; short names beat long ones.
int fuzzyScore(const FuzzyText& query, const FuzzyText& text);

} // namespace strata::ui
