// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/guest/machine.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A small believable shell: enough commands to look around, pipes, lists, variables and redirection into
// files that live as long as its machine's disk. It runs nothing of the host.
namespace strata::demosite {

struct Output {
    std::string out;
    std::string err;
};

class Shell {
public:
    Shell(Machine machine, Clock clock) : m_machine(std::move(machine)), m_clock(std::move(clock)) {}

    // Queues a line; step() runs it.
    void submit(std::string_view line);
    // Runs what is due. Something may stay queued behind a sleep.
    void step(Output& output);
    bool busy() const { return !m_queue.empty() || m_wakeAt > m_clock(); }
    UnixMs wakeAt() const { return m_wakeAt; } // 0: nobody sleeps
    void interrupt();                          // Ctrl-C
    std::optional<int> exited() const { return m_exit; }
    int lastStatus() const { return m_status; }
    std::string prompt() const;
    const Machine& machine() const { return m_machine; }

    // argv of a command that is run without a shell; nothing when there is no such program.
    bool knows(const std::string& program) const;
    void submitCommand(const std::vector<std::string>& argv, std::string input = {});

private:
    struct Statement {
        std::string text;
        std::vector<std::string> argv; // instead of text
        char when = ';';               // ';', '&' (after success), '|' (after failure)
        std::string input = {};
    };
    int run(const std::vector<std::string>& argv, const std::string& input, Output& output);
    int pipeline(const std::string& text, Output& output);
    std::vector<std::string> expand(std::string_view text) const;
    std::string absolute(const std::string& path) const;
    bool isFolder(const std::string& path) const;
    void look();                                                  // at what others have written
    bool write(const std::string& path, const std::string& text); // false: there is no room for it
    void erase(const std::string& path);
    int tar(const std::vector<std::string>& argv, const std::string& input, Output& output);
    int test(std::vector<std::string> argv) const;
    int list(const std::vector<std::string>& argv, Output& output) const;
    int processes(Output& output) const;

    Machine m_machine;
    Clock m_clock;
    std::deque<Statement> m_queue;
    std::string m_directory = "/";
    int m_status = 0;
    UnixMs m_wakeAt = 0;
    std::optional<int> m_exit;
    unsigned m_seen = 0;         // of the disk's changes
    bool m_bootstrapped = false; // of a guest: cloud-init has been seen to be through
};

} // namespace strata::demosite
