// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/guest/process.h"

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kMaxGathered = 8U << 20U;
constexpr auto kQuiet = std::chrono::seconds(30);

// What a terminal's driver does to output: line feeds bring the carriage along.
std::string cooked(const std::string& text)
{
    std::string out;
    out.reserve(text.size() + 16);
    for (const char c : text) {
        if (c == '\n')
            out += '\r';
        out += c;
    }
    return out;
}

bool isShell(const std::string& program)
{
    const std::string name = program.substr(program.rfind('/') + 1);
    return name == "sh" || name == "bash" || name == "ash" || name == "zsh";
}

} // namespace

Process::Process(Machine machine, Clock clock, std::vector<std::string> command, bool tty, bool hasInput)
    : m_shell(std::move(machine), clock), m_clock(std::move(clock)), m_tty(tty), m_ended(!hasInput)
{
    // Into the node's own file system: it is the same demo shell.
    if (command.size() > 2 && command[0] == "chroot")
        command.erase(command.begin(), command.begin() + 2);
    if (command.size() == 3 && isShell(command[0]) && command[2].find("exec sh -l") != std::string::npos)
        command.resize(1);
    if (command.empty()) {
        m_startError = "exec: no command";
        return;
    }
    const std::string program = command[0].substr(command[0].rfind('/') + 1);
    if (!isShell(command[0]) && !m_shell.knows(command[0])) {
        m_startError = "exec: \"" + command[0] + "\": executable file not found in $PATH";
        return;
    }
    if (isShell(command[0]) && (command.size() < 3 || command[1] != "-c"))
        m_mode = Mode::Shell;
    else if (program == "cat" && command.size() == 1)
        m_mode = Mode::Copy;
    else if (program == "tar" && hasInput && !tty)
        m_mode = Mode::Gather;
    if (m_mode == Mode::Gather)
        m_command = command;
    if (m_mode == Mode::Once)
        m_shell.submitCommand(command);
}

void Process::show(const Output& from, Output& output) const
{
    if (m_tty) {
        output.out += cooked(from.out) + cooked(from.err);
    } else {
        output.out += from.out;
        output.err += from.err;
    }
}

void Process::settle(Output& output)
{
    Output made;
    m_shell.step(made);
    show(made, output);
    if (m_exit)
        return;
    if (m_shell.exited()) {
        m_exit = m_shell.exited();
        return;
    }
    if (m_shell.busy())
        return;
    switch (m_mode) {
    case Mode::Once:
        m_exit = m_shell.lastStatus();
        break;
    case Mode::Gather:
        if (m_ended)
            m_exit = m_shell.lastStatus();
        break;
    case Mode::Shell:
        if (m_ended)
            m_exit = m_shell.lastStatus();
        else if (m_tty && !m_prompted)
            output.out += m_shell.prompt();
        m_prompted = true;
        break;
    case Mode::Copy:
        if (m_ended)
            m_exit = 0;
        break;
    }
}

void Process::typed(char c, Output& output)
{
    if (c == '\r' || c == '\n') {
        if (m_tty)
            output.out += "\r\n";
        if (m_mode == Mode::Copy) {
            output.out += m_tty ? cooked(m_line + "\n") : m_line + "\n";
        } else if (m_mode == Mode::Shell) {
            m_shell.submit(m_line);
            m_prompted = false;
        }
        m_line.clear();
        settle(output);
        return;
    }
    if (!m_tty) {
        if (m_line.size() < kMaxLine)
            m_line += c;
        return;
    }
    if (c == 3) { // Ctrl-C
        output.out += "^C\r\n";
        m_line.clear();
        m_shell.interrupt();
        if (m_mode == Mode::Shell)
            m_prompted = false;
        else
            m_exit = 130;
        settle(output);
    } else if (c == 4) { // Ctrl-D
        if (m_line.empty())
            endInput(output);
    } else if (c == 8 || c == 127) {
        if (!m_line.empty()) {
            m_line.pop_back();
            output.out += "\b \b";
        }
    } else if (static_cast<unsigned char>(c) >= 32 && m_line.size() < kMaxLine) {
        m_line += c;
        output.out += c;
    }
}

void Process::input(std::string_view bytes, Output& output)
{
    if (m_mode == Mode::Copy && !m_tty) { // bytes, not lines
        output.out += bytes;
        return;
    }
    if (m_mode == Mode::Gather) {
        if (m_line.size() + bytes.size() <= kMaxGathered)
            m_line += bytes;
        return;
    }
    for (const char c : bytes) {
        if (m_exit)
            return;
        typed(c, output);
    }
}

void Process::endInput(Output& output)
{
    if (m_ended)
        return;
    if (!m_line.empty() && m_mode == Mode::Shell)
        typed('\n', output);
    m_ended = true;
    if (m_mode == Mode::Gather)
        m_shell.submitCommand(m_command, std::move(m_line));
    if (m_tty && m_mode == Mode::Shell)
        output.out += "exit\r\n";
    settle(output);
}

void Process::tick(Output& output)
{
    if (!m_exit)
        settle(output);
}

std::chrono::milliseconds Process::patience() const
{
    const UnixMs wake = m_shell.wakeAt();
    if (wake == 0)
        return kQuiet;
    return std::chrono::milliseconds(std::max<UnixMs>(wake - m_clock(), 0) + 1);
}

GuestTerminal::GuestTerminal(Machine machine, Clock clock, bool paused)
    : m_machine(std::move(machine)), m_clock(std::move(clock)), m_paused(paused), m_boot(bootLines(m_machine))
{}

std::string GuestTerminal::promptLogin()
{
    m_stage = Stage::Name;
    m_line.clear();
    return "\r\n" + m_machine.os + " " + m_machine.hostname + " ttyS0\r\n\r\n" + m_machine.hostname +
           " login: ";
}

std::string GuestTerminal::start()
{
    return tick();
}

std::string GuestTerminal::tick()
{
    std::string out;
    if (m_paused)
        return out; // its clock stands, and so does everything it would print
    if (m_stage == Stage::Boot) {
        const UnixMs up = m_clock() - m_machine.started;
        for (; m_bootAt < m_boot.size() && m_boot[m_bootAt].first <= up; ++m_bootAt)
            out += m_boot[m_bootAt].second + "\r\n";
        if (m_bootAt == m_boot.size())
            out += promptLogin();
    } else if (m_process) {
        Output made;
        m_process->tick(made);
        out += made.out;
    }
    return out;
}

void GuestTerminal::typed(char c, std::string& out)
{
    const bool enter = c == '\r' || c == '\n';
    if (enter) {
        out += "\r\n";
        if (m_stage == Stage::Name) {
            if (m_line.empty()) {
                out += m_machine.hostname + " login: ";
                return;
            }
            m_name = m_line;
            m_stage = Stage::Password;
            out += "Password: ";
        } else { // whoever asks may come in: it is a demo
            Machine machine = m_machine;
            machine.user = m_name.substr(0, 32);
            out += "Welcome to " + m_machine.os + " (GNU/Linux " + m_machine.kernel + " x86_64)\r\n\r\n";
            m_process.emplace(std::move(machine), m_clock, std::vector<std::string>{"sh"}, true, true);
            m_stage = Stage::Shell;
            Output made;
            m_process->tick(made);
            out += made.out;
        }
        m_line.clear();
        return;
    }
    if (c == 8 || c == 127) {
        if (!m_line.empty()) {
            m_line.pop_back();
            out += m_stage == Stage::Name ? "\b \b" : "";
        }
    } else if (static_cast<unsigned char>(c) >= 32 && m_line.size() < 256) {
        m_line += c;
        if (m_stage == Stage::Name)
            out += c;
    }
}

std::string GuestTerminal::input(std::string_view bytes)
{
    std::string out;
    if (m_paused || m_stage == Stage::Boot)
        return out;
    for (const char c : bytes) {
        if (!m_process) {
            typed(c, out);
            continue;
        }
        Output made;
        m_process->input(std::string_view(&c, 1), made);
        out += made.out;
        if (m_process->exited()) { // getty starts anew
            m_process.reset();
            out += promptLogin();
        }
    }
    return out;
}

std::chrono::milliseconds GuestTerminal::patience() const
{
    if (m_paused)
        return kQuiet;
    if (m_stage == Stage::Boot && m_bootAt < m_boot.size())
        return std::chrono::milliseconds(
            std::clamp<UnixMs>(m_machine.started + m_boot[m_bootAt].first - m_clock(), 1, 5000));
    return m_process ? m_process->patience() : std::chrono::milliseconds(kQuiet);
}

} // namespace strata::demosite
