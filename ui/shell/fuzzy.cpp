// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/fuzzy.h"

#include <algorithm>

namespace strata::ui {
namespace {

std::uint64_t bitOf(QChar c)
{
    const ushort code = c.unicode();
    if (code >= 'a' && code <= 'z')
        return 1ULL << (code - 'a');
    if (code >= '0' && code <= '9')
        return 1ULL << (26 + code - '0');
    return 1ULL << (36 + code % 28);
}

bool beginsWord(const QString& text, qsizetype at)
{
    return at == 0 || (!text.at(at - 1).isLetterOrNumber() && text.at(at).isLetterOrNumber()) ||
           (text.at(at).isDigit() && !text.at(at - 1).isDigit());
}

// Follows the query from one place where its first character is; 0 when it does not end.
int scoreFrom(const QString& query, const QString& text, qsizetype start)
{
    int score = 0;
    qsizetype at = start;
    qsizetype last = start - 1;
    for (qsizetype i = 0; i < query.size(); ++i) {
        const QChar wanted = query.at(i);
        at = text.indexOf(wanted, at);
        if (at < 0)
            return 0;
        if (at != last + 1 && i > 0 && !beginsWord(text, at)) {
            // A later place that begins a word is worth more than the first one.
            for (qsizetype other = text.indexOf(wanted, at + 1); other >= 0;
                 other = text.indexOf(wanted, other + 1)) {
                if (beginsWord(text, other)) {
                    // Only when the rest is still found behind it.
                    qsizetype rest = other + 1;
                    bool all = true;
                    for (qsizetype k = i + 1; all && k < query.size(); ++k) {
                        rest = text.indexOf(query.at(k), rest);
                        all = rest >= 0;
                        ++rest;
                    }
                    if (all)
                        at = other;
                    break;
                }
            }
        }
        score += 4;
        if (i > 0 && at == last + 1)
            score += 9;
        if (beginsWord(text, at))
            score += 7;
        if (at == 0)
            score += 6;
        score -= int(std::min<qsizetype>(at - last - 1, 4));
        last = at;
        ++at;
    }
    return score;
}

} // namespace

FuzzyText fuzzyText(const QString& text)
{
    FuzzyText out;
    out.folded = text.toCaseFolded();
    for (const QChar c : out.folded) {
        if (!c.isSpace())
            out.mask |= bitOf(c);
    }
    return out;
}

int fuzzyScore(const FuzzyText& query, const FuzzyText& text)
{
    if (query.folded.isEmpty() || (query.mask & ~text.mask) != 0 || query.folded.size() > text.folded.size())
        return 0;
    int best = 0;
    int starts = 0;
    for (qsizetype at = text.folded.indexOf(query.folded.at(0)); at >= 0 && starts < 6;
         at = text.folded.indexOf(query.folded.at(0), at + 1), ++starts)
        best = std::max(best, scoreFrom(query.folded, text.folded, at));
    const qsizetype whole = text.folded.indexOf(query.folded);
    if (whole >= 0) // side by side; inside of a word that is worth less than beginnings of words
        best += (beginsWord(text.folded, whole) ? 40 : 4) + (whole == 0 ? 15 : 0) +
                (query.folded.size() == text.folded.size() ? 50 : 0);
    if (best <= 0)
        return 0;
    return std::max(1, best * 16 - int(std::min<qsizetype>(text.folded.size(), 120)));
}

} // namespace strata::ui
