// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/runner.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace strata::test {

// What a run tells: its ends, its steps, and what the server said beforehand. Any thread.
class RunRecord {
public:
    // For a runner that ends before this does.
    provision::RunCallbacks callbacks()
    {
        provision::RunCallbacks calls;
        calls.verdict = [this](const provision::Verdict& verdict) {
            const std::lock_guard lock(m_mutex);
            m_verdicts.push_back(verdict);
        };
        calls.step = [this](const provision::StepReport& report) {
            const std::lock_guard lock(m_mutex);
            m_steps[report.id] = report;
            m_changed.notify_all();
        };
        calls.state = [this](const provision::RunReport& report) {
            const std::lock_guard lock(m_mutex);
            m_report = report;
            m_changed.notify_all();
        };
        return calls;
    }
    // The next end. When there is none in time, `left` names the steps that are under way.
    provision::RunReport end(std::chrono::seconds limit = kLimit)
    {
        using provision::RunState;
        std::unique_lock lock(m_mutex);
        const bool over = m_changed.wait_for(lock, limit, [this] {
            return m_report.state == RunState::Done || m_report.state == RunState::Failed ||
                   m_report.state == RunState::Cancelled || m_report.state == RunState::Undone ||
                   m_report.state == RunState::UndoFailed;
        });
        provision::RunReport report = m_report;
        if (!over) {
            for (const auto& [id, step] : m_steps) {
                if (step.state != provision::StepState::Done && step.state != provision::StepState::Pending)
                    report.left.push_back(id + " " + provision::toString(step.state) + " " + step.evidence);
            }
        }
        m_report = {};
        return report;
    }
    bool waitFor(const std::string& step, provision::StepState state)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, kLimit, [&] { return m_steps[step].state == state; });
    }
    std::vector<provision::Verdict> verdicts()
    {
        const std::lock_guard lock(m_mutex);
        return m_verdicts;
    }

private:
    static constexpr std::chrono::seconds kLimit{60};

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<provision::Verdict> m_verdicts;
    std::map<std::string, provision::StepReport> m_steps;
    provision::RunReport m_report;
};

// An end in words, for a test's message.
inline std::string told(const provision::RunReport& report)
{
    std::string text = provision::toString(report.state);
    if (report.error)
        text += ": " + report.error->text + " | " + report.error->detail;
    for (const std::string& left : report.left)
        text += " | " + left;
    return text;
}

} // namespace strata::test
