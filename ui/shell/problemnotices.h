// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/diagnosis.h"
#include "ui/shell/snooze.h"

#include <QString>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::ui {

// Which problems are worth a notification: lowest causes that were not there at the last look. What a
// connection shows when it is opened is no news, nor what is only worth knowing or was put aside. Pure.
class ProblemNotices {
public:
    struct Notice {
        QString title;
        QString text;
        stack::ItemId item; // none: several, or a connection
    };

    // `sources` is how many connections there are: for a minute after that changed nothing is told.
    std::optional<Notice> look(const std::vector<diagnosis::Problem>& problems, const Snoozes& snoozes,
                               std::size_t sources, UnixMs now);

private:
    std::set<std::string> m_known;
    std::size_t m_sources = 0;
    UnixMs m_quietUntil = 0;
};

} // namespace strata::ui
