// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/diagnosis.h"
#include "ui/shell/snooze.h"

#include <QString>

#include <vector>

// What the Problems list shows, as values: one row a root cause, and below it what is because of it. Pure.
namespace strata::ui {

enum class ProblemView { Open, Snoozed, Notes, Cleared };

struct ProblemChild {
    stack::ItemId item;
    stack::ItemKind kind = stack::ItemKind::Placeholder;
    stack::Health health = stack::Health::Warning;
    QString name;
    QString note;
    friend bool operator==(const ProblemChild&, const ProblemChild&) = default;
};

struct ProblemRow {
    QString key;
    stack::ItemId item;         // none: a connection is the problem
    stack::SourceId source = 0; // then this one
    stack::ItemKind kind = stack::ItemKind::Placeholder;
    stack::Health health = stack::Health::Warning;
    QString title;
    QString evidence; // "VM tenant-blue · status.conditions[Paused] = True · PausedIOError: …"
    QString badge;    // "explains 3"; empty: nothing
    QString aside;    // "for 4m"
    QString hint;     // first and last seen, remedy: a tooltip
    std::vector<ProblemChild> children;
    friend bool operator==(const ProblemRow&, const ProblemRow&) = default;
};

struct ProblemCounts {
    int open = 0;
    int snoozed = 0;
    int notes = 0;
    int cleared = 0;
    stack::Health worst = stack::Health::Ok; // of the open ones
    friend bool operator==(const ProblemCounts&, const ProblemCounts&) = default;
};

ProblemCounts countProblems(const diagnosis::Diagnosis& diagnosis,
                            const std::vector<diagnosis::Problem>& problems, const Snoozes& snoozes,
                            UnixMs now);

// At most some hundred rows, each with at most some dozen children and a row that says how many more there
// are. `filter` is what the operator typed: as in the tree, or words of a title, proof or rule.
std::vector<ProblemRow> problemRows(const stack::Stack& stack, const diagnosis::Diagnosis& diagnosis,
                                    const std::vector<diagnosis::Problem>& problems, const Snoozes& snoozes,
                                    ProblemView view, const QString& filter, UnixMs now);

} // namespace strata::ui
