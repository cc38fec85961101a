// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/problemrows.h"

#include "core/diagnosis/report.h"
#include "ui/details/page.h"
#include "ui/shell/chips.h"
#include "ui/stack/filter.h"
#include "ui/widgets/text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <algorithm>

namespace strata::ui {

using namespace stack;
using diagnosis::Finding;
using diagnosis::Problem;
using diagnosis::Severity;

namespace {

constexpr std::size_t kMostRows = 500;
constexpr std::size_t kMostChildren = 60;
constexpr qsizetype kMostValue = 240;

class Words {
    Q_DECLARE_TR_FUNCTIONS(Problems)
};

Health shownHealth(Severity severity)
{
    return severity == Severity::Info ? Health::Progressing : diagnosis::healthOf(severity);
}

// "14:02:11", with the day when it was not today.
QString clock(UnixMs at, UnixMs now)
{
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(at);
    const bool today = time.date() == QDateTime::fromMSecsSinceEpoch(now).date();
    return today ? time.time().toString(QStringLiteral("HH:mm:ss"))
                 : QLocale().toString(time, QLocale::ShortFormat);
}

QString subjectText(const Stack& stack, const Finding& finding)
{
    const Item* item = stack.find(finding.subject);
    if (item == nullptr)
        return Words::tr("Connection");
    QString out = kindName(item->kind);
    if (!item->ns.empty())
        out += QLatin1Char(' ') + shown(item->ns);
    else if (!item->tenant.empty())
        out += QLatin1Char(' ') + shown(item->tenant);
    return out;
}

QString evidenceText(const Stack& stack, const Finding& finding, UnixMs now)
{
    QStringList parts;
    parts << subjectText(stack, finding);
    const SourceState* source = stack.source(finding.source);
    if (!finding.subject && finding.rule == "S1" && source != nullptr)
        parts << sourceSentence(*source, now);
    if (!finding.evidence.empty()) {
        const diagnosis::Proof& proof = finding.evidence.front();
        QString value = cleaned(proof.value);
        if (value.size() > kMostValue)
            value = value.left(kMostValue) + QStringLiteral("…");
        parts << (proof.field.empty() || !finding.subject
                      ? value
                      : QStringLiteral("%1 = %2").arg(cleaned(proof.field), value));
    }
    return parts.join(QStringLiteral(" · "));
}

QString hintText(const Problem& problem, UnixMs now, UnixMs lastSeen)
{
    const Finding& root = problem.root;
    QStringList lines;
    if (!root.evidence.empty() && root.evidence.front().since > 0)
        lines << Words::tr("So since %1, by its own words").arg(clock(root.evidence.front().since, now));
    if (root.firstSeen > 0)
        lines
            << Words::tr("First seen %1, last seen %2").arg(clock(root.firstSeen, now), clock(lastSeen, now));
    for (const Finding& also : problem.also)
        lines << Words::tr("Also: %1").arg(cleaned(also.title));
    if (!root.remedy.empty())
        lines << cleaned(root.remedy);
    lines << Words::tr("Rule %1").arg(cleaned(root.rule));
    return lines.join(QLatin1Char('\n'));
}

ProblemRow rowOf(const Stack& stack, const Problem& problem, UnixMs now)
{
    const Finding& root = problem.root;
    ProblemRow row;
    row.key = QString::fromStdString(root.key);
    row.source = root.source;
    row.health = shownHealth(root.severity);
    row.title = cleaned(root.title);
    if (const Item* item = stack.find(root.subject)) {
        row.item = root.subject;
        row.kind = item->kind;
    }
    row.evidence = evidenceText(stack, root, now);
    if (const std::string explained = diagnosis::explainedText(problem); !explained.empty())
        row.evidence += QStringLiteral(" · ") + Words::tr("explains %1").arg(cleaned(explained));
    if (const std::string carried = diagnosis::carriedText(problem); !carried.empty() && row.item)
        row.evidence += QStringLiteral(" · ") + Words::tr("carries %1").arg(cleaned(carried));
    if (!problem.explains.empty())
        row.badge = Words::tr("explains %1").arg(problem.explains.size());
    if (root.since() > 0)
        row.aside = Words::tr("for %1").arg(
            QString::fromStdString(formatAge(std::max<UnixMs>(now - root.since(), 0))));
    row.hint = hintText(problem, now, now);
    return row;
}

void addChildren(const Stack& stack, const diagnosis::Diagnosis& diagnosis, const Problem& problem,
                 ProblemRow& row)
{
    for (const Finding& also : problem.also) {
        ProblemChild child;
        child.item = also.subject;
        child.kind = row.kind;
        child.health = shownHealth(also.severity);
        child.name = cleaned(also.title);
        child.note = Words::tr("the same, too");
        row.children.push_back(std::move(child));
    }
    for (const ItemId id : problem.explains) {
        const Item* item = stack.find(id);
        const std::vector<Finding>* own = diagnosis.findings(id);
        if (item == nullptr || own == nullptr)
            continue;
        if (row.children.size() == kMostChildren) {
            ProblemChild more;
            more.item = problem.root.subject;
            more.name = Words::tr("and %n more", nullptr, int(problem.explains.size() - kMostChildren));
            row.children.push_back(std::move(more));
            break;
        }
        ProblemChild child;
        child.item = id;
        child.kind = item->kind;
        child.health = shownHealth(own->front().severity);
        child.name = shown(item->name);
        child.note = kindName(item->kind);
        if (!item->ns.empty())
            child.note += QLatin1Char(' ') + shown(item->ns);
        child.note += QStringLiteral(" · ") + cleaned(own->front().title);
        row.children.push_back(std::move(child));
    }
}

class RowFilter {
public:
    explicit RowFilter(const QString& text)
        : m_filter(Filter::parse(text)), m_words(text.toLower().split(QLatin1Char(' '), Qt::SkipEmptyParts))
    {}

    bool matches(const Stack& stack, const ProblemRow& row) const
    {
        if (m_words.isEmpty())
            return true;
        if (const Item* item = stack.find(row.item); item != nullptr && m_filter.matches(stack, *item))
            return true;
        const QString all =
            (row.title + QLatin1Char(' ') + row.evidence + QLatin1Char(' ') + row.key).toLower();
        return std::all_of(m_words.begin(), m_words.end(),
                           [&](const QString& word) { return all.contains(word); });
    }

private:
    Filter m_filter;
    QStringList m_words;
};

} // namespace

ProblemCounts countProblems(const diagnosis::Diagnosis& diagnosis, const std::vector<Problem>& problems,
                            const Snoozes& snoozes, UnixMs now)
{
    ProblemCounts counts;
    for (const Problem& problem : problems) {
        if (problem.root.severity == Severity::Info) {
            ++counts.notes;
        } else if (snoozes.find(QString::fromStdString(problem.root.key), now) != nullptr) {
            ++counts.snoozed;
        } else {
            ++counts.open;
            counts.worst = std::max(counts.worst, shownHealth(problem.root.severity));
        }
    }
    counts.cleared = int(diagnosis.cleared().size());
    return counts;
}

std::vector<ProblemRow> problemRows(const Stack& stack, const diagnosis::Diagnosis& diagnosis,
                                    const std::vector<Problem>& problems, const Snoozes& snoozes,
                                    ProblemView view, const QString& filter, UnixMs now)
{
    const RowFilter wanted(filter);
    std::vector<ProblemRow> rows;
    if (view == ProblemView::Cleared) {
        const auto& cleared = diagnosis.cleared();
        for (auto it = cleared.rbegin(); it != cleared.rend() && rows.size() < kMostRows; ++it) {
            Problem problem;
            problem.root = it->finding;
            ProblemRow row = rowOf(stack, problem, now);
            row.key += QStringLiteral("@%1").arg(it->at);
            row.health = Health::Ok;
            row.aside =
                Words::tr("%1 ago").arg(QString::fromStdString(formatAge(std::max<UnixMs>(now - it->at, 0))));
            row.hint = hintText(problem, now, it->at);
            if (wanted.matches(stack, row))
                rows.push_back(std::move(row));
        }
        return rows;
    }
    for (const Problem& problem : problems) {
        const bool note = problem.root.severity == Severity::Info;
        const Snoozes::Entry* snoozed =
            note ? nullptr : snoozes.find(QString::fromStdString(problem.root.key), now);
        const ProblemView place = note                 ? ProblemView::Notes
                                  : snoozed != nullptr ? ProblemView::Snoozed
                                                       : ProblemView::Open;
        if (place != view)
            continue;
        ProblemRow row = rowOf(stack, problem, now);
        if (!wanted.matches(stack, row))
            continue;
        if (snoozed != nullptr) {
            const QString until = snoozed->until == 0
                                      ? Words::tr("Snoozed until it clears")
                                      : Words::tr("Snoozed until %1").arg(clock(snoozed->until, now));
            row.evidence =
                (snoozed->note.isEmpty() ? until : until + QStringLiteral(": ") + cleaned(snoozed->note)) +
                QStringLiteral(" · ") + row.evidence;
        }
        addChildren(stack, diagnosis, problem, row);
        rows.push_back(std::move(row));
        if (rows.size() == kMostRows)
            break;
    }
    return rows;
}

} // namespace strata::ui
