// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/problemnotices.h"

#include <QCoreApplication>

namespace strata::ui {

namespace {

constexpr UnixMs kQuiet = 60 * 1000;

struct Words {
    Q_DECLARE_TR_FUNCTIONS(ProblemNotices)
};

} // namespace

std::optional<ProblemNotices::Notice> ProblemNotices::look(const std::vector<diagnosis::Problem>& problems,
                                                           const Snoozes& snoozes, std::size_t sources,
                                                           UnixMs now)
{
    if (sources != m_sources) {
        m_sources = sources;
        m_quietUntil = now + kQuiet;
    }
    std::set<std::string> there;
    std::vector<const diagnosis::Problem*> fresh;
    for (const diagnosis::Problem& problem : problems) {
        if (problem.root.severity == diagnosis::Severity::Info)
            continue;
        there.insert(problem.root.key);
        if (!m_known.contains(problem.root.key) &&
            snoozes.find(QString::fromStdString(problem.root.key), now) == nullptr)
            fresh.push_back(&problem);
    }
    m_known = std::move(there);
    if (fresh.empty() || now < m_quietUntil)
        return std::nullopt;
    const auto title = [](const diagnosis::Problem* problem) {
        return QString::fromStdString(problem->root.title);
    };
    Notice notice;
    if (fresh.size() == 1) {
        notice.title = title(fresh.front());
        notice.text = QString::fromStdString(fresh.front()->root.remedy);
        notice.item = fresh.front()->root.subject;
        return notice;
    }
    notice.title = Words::tr("%n new problems", nullptr, static_cast<int>(fresh.size()));
    notice.text = title(fresh[0]) + u'\n' + title(fresh[1]); // the worst come first
    return notice;
}

} // namespace strata::ui
