// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/guest/shell.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace strata::demosite {

// What runs at the other end of an exec: one command, a shell with or without a terminal, or a program that
// copies its input. Bytes in, bytes out; no threads, no sockets.
class Process {
public:
    Process(Machine machine, Clock clock, std::vector<std::string> command, bool tty, bool hasInput);

    // Empty, or why the container runtime cannot start it.
    std::string startError() const { return m_startError; }
    void input(std::string_view bytes, Output& output);
    void endInput(Output& output); // end of file
    void tick(Output& output);     // what became due
    std::optional<int> exited() const { return m_exit; }
    std::chrono::milliseconds patience() const; // tick() again after so long

private:
    enum class Mode { Once, Shell, Copy, Gather }; // Gather: all its input first
    void typed(char c, Output& output);
    void settle(Output& output); // runs the shell on, then prompts or ends
    void show(const Output& from, Output& output) const;

    Shell m_shell;
    Clock m_clock;
    Mode m_mode = Mode::Once;
    bool m_tty;
    bool m_ended = false; // the input
    bool m_prompted = false;
    std::string m_line;
    std::vector<std::string> m_command; // of Gather
    std::string m_startError;
    std::optional<int> m_exit;
};

// A guest's serial line or screen: the boot log as it grows, a login, a shell.
class GuestTerminal {
public:
    GuestTerminal(Machine machine, Clock clock, bool paused);

    std::string start(); // what stands there when somebody connects
    std::string input(std::string_view bytes);
    std::string tick();
    std::chrono::milliseconds patience() const;

private:
    enum class Stage { Boot, Name, Password, Shell };
    std::string promptLogin();
    void typed(char c, std::string& out);

    Machine m_machine;
    Clock m_clock;
    bool m_paused;
    std::vector<std::pair<long, std::string>> m_boot;
    std::size_t m_bootAt = 0;
    Stage m_stage = Stage::Boot;
    std::string m_line;
    std::string m_name;
    std::optional<Process> m_process;
};

} // namespace strata::demosite
