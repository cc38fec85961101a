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

using View = QStringView;

qsizetype indexIn(View text, QChar wanted, qsizetype from)
{
    const QChar* const begin = text.data();
    const QChar* const end = begin + text.size();
    const QChar* const found = std::find(begin + std::min(from, text.size()), end, wanted);
    return found == end ? -1 : found - begin;
}

bool beginsWord(View text, qsizetype at)
{
    if (at == 0)
        return true;
    const QChar before = text[at - 1];
    const QChar here = text[at];
    return (!before.isLetterOrNumber() && here.isLetterOrNumber()) || (here.isDigit() && !before.isDigit());
}

bool follows(View query, View text, qsizetype from)
{
    for (const QChar wanted : query) {
        from = indexIn(text, wanted, from);
        if (from < 0)
            return false;
        ++from;
    }
    return true;
}

// Follows the query from one place where its first character is; 0 when it does not end.
int scoreFrom(View query, View text, qsizetype start)
{
    int score = 0;
    qsizetype at = start;
    qsizetype last = start - 1;
    for (qsizetype i = 0; i < query.size(); ++i) {
        at = indexIn(text, query[i], at);
        if (at < 0)
            return 0;
        if (at != last + 1 && i > 0 && !beginsWord(text, at)) {
            // A later place that begins a word is worth more than the first one, when the rest is still
            // behind it.
            for (qsizetype other = indexIn(text, query[i], at + 1); other >= 0;
                 other = indexIn(text, query[i], other + 1)) {
                if (beginsWord(text, other)) {
                    if (follows(query.mid(i + 1), text, other + 1))
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
    const View wanted = query.folded;
    const View name = text.folded;
    int best = 0;
    int starts = 0;
    for (qsizetype at = indexIn(name, wanted[0], 0); at >= 0 && starts < 4;
         at = indexIn(name, wanted[0], at + 1), ++starts) {
        const int score = scoreFrom(wanted, name, at);
        if (score == 0)
            break; // from further on it is not found either
        best = std::max(best, score);
    }
    if (best == 0)
        return 0;
    // Side by side; inside of a word that is worth less than beginnings of words while it is short.
    const qsizetype whole = wanted.size() == 1 ? indexIn(name, wanted[0], 0) : name.indexOf(wanted);
    if (whole >= 0) {
        const int inside = int(std::min<qsizetype>((wanted.size() - 1) * (wanted.size() - 1) * 4, 36));
        best += (beginsWord(name, whole) ? 40 : inside) + (whole == 0 ? 15 : 0) +
                (wanted.size() == name.size() ? 50 : 0);
    }
    return std::max(1, best * 16 - int(std::min<qsizetype>(text.folded.size(), 120)));
}

} // namespace strata::ui
