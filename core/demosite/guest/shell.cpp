// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/guest/shell.h"

#include "core/base/text.h"
#include "core/demosite/guest/tar.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <set>

namespace strata::demosite {
namespace {

constexpr std::size_t kMaxFile = 1U << 20U;
constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kMaxDisk = 8U << 20U;
constexpr std::size_t kMaxQueue = 256;

const std::set<std::string>& programs()
{
    static const std::set<std::string> all = {
        "cat",   "date",       "df",         "echo",   "env",      "false",  "free",     "grep",
        "head",  "hostname",   "id",         "ip",     "ls",       "ps",     "pwd",      "seq",
        "sh",    "bash",       "ash",        "sleep",  "sort",     "tail",   "true",     "tty",
        "uname", "uptime",     "wc",         "whoami", "printenv", "rm",     "touch",    "clear",
        "dmesg", "top",        "nproc",      "test",   "which",    "reboot", "poweroff", "systemctl",
        "sudo",  "cloud-init", "journalctl", "tar",    "[",        "mkdir"};
    return all;
}

std::string baseName(const std::string& program)
{
    for (const char* folder : {"/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"}) {
        const std::string prefix(folder);
        if (program.rfind(prefix, 0) == 0)
            return program.substr(prefix.size());
    }
    return program;
}

std::string dated(UnixMs at, const char* format)
{
    const std::time_t seconds = at / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[80];
    return std::string(text, std::strftime(text, sizeof text, format, &utc));
}

long numberOr(const std::string& text, long fallback)
{
    long value = fallback;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// Cuts at the separators that stand outside quotes. `with` gets the separator before each part.
std::vector<std::string> cut(std::string_view text, bool pipes, std::string* with)
{
    std::vector<std::string> out(1);
    if (with != nullptr)
        *with = ";";
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool twice = i + 1 < text.size() && text[i + 1] == c;
        if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
            out.back() += c;
            out.back() += text[++i];
            continue;
        }
        if (quote != 0) {
            quote = c == quote ? '\0' : quote;
            out.back() += c;
            continue;
        }
        if (c == '\'' || c == '"') {
            quote = c;
        } else if (pipes ? c == '|' : c == ';' || c == '\n' || ((c == '&' || c == '|') && twice)) {
            if (!pipes && (c == '&' || c == '|'))
                ++i;
            if (with != nullptr)
                *with += c == '\n' ? ';' : c;
            out.emplace_back();
            continue;
        }
        out.back() += c;
    }
    return out;
}

std::vector<std::string> lines(const std::string& text)
{
    std::vector<std::string> out = split(text, '\n');
    if (!out.empty() && out.back().empty())
        out.pop_back();
    return out;
}

std::string joined(const std::vector<std::string>& parts, std::size_t from, std::size_t to)
{
    std::string out;
    for (std::size_t i = from; i < to && i < parts.size(); ++i)
        out += parts[i] + "\n";
    return out;
}

} // namespace

void Shell::submit(std::string_view line)
{
    std::string how;
    const auto parts = cut(line, false, &how);
    for (std::size_t i = 0; i < parts.size() && m_queue.size() < kMaxQueue; ++i)
        m_queue.push_back({parts[i], {}, how[i]});
}

void Shell::submitCommand(const std::vector<std::string>& argv, std::string input)
{
    m_queue.push_back({{}, argv, ';', std::move(input)});
}

void Shell::look()
{
    if (!m_machine.disk)
        return;
    const std::lock_guard lock(m_machine.disk->mutex);
    if (m_machine.disk->changes == m_seen)
        return;
    m_seen = m_machine.disk->changes;
    for (const std::string& path : m_machine.disk->removed)
        m_machine.files.erase(path);
    for (const auto& [path, text] : m_machine.disk->written)
        m_machine.files[path] = text;
}

bool Shell::write(const std::string& path, const std::string& text)
{
    std::size_t size = text.size();
    for (const auto& [name, content] : m_machine.files)
        size += name == path ? 0 : content.size();
    if (text.size() > kMaxFile || size > kMaxDisk ||
        (m_machine.files.count(path) == 0 && m_machine.files.size() >= kMaxFiles))
        return false;
    m_machine.files[path] = text;
    if (m_machine.disk) {
        const std::lock_guard lock(m_machine.disk->mutex);
        ++m_machine.disk->changes;
        m_machine.disk->written[path] = text;
        m_machine.disk->removed.erase(path);
    }
    return true;
}

void Shell::erase(const std::string& path)
{
    m_machine.files.erase(path);
    if (m_machine.disk) {
        const std::lock_guard lock(m_machine.disk->mutex);
        ++m_machine.disk->changes;
        m_machine.disk->written.erase(path);
        m_machine.disk->removed.insert(path);
    }
}

int Shell::tar(const std::vector<std::string>& argv, const std::string& input, Output& output)
{
    std::string mode;
    std::string folder = m_directory;
    std::string archive = "-";
    std::vector<std::string> paths;
    for (std::size_t i = 1; i < argv.size(); ++i) {
        const std::string& word = argv[i];
        const bool bare = i == 1 && word[0] != '-'; // "tar cf -"
        if (word.rfind("--", 0) == 0)
            continue;
        if (word == "-C" && i + 1 < argv.size()) {
            folder = absolute(argv[++i]);
        } else if (bare || (word.size() > 1 && word[0] == '-')) {
            mode += word;
            if (word.back() == 'f' && i + 1 < argv.size())
                archive = argv[++i];
        } else {
            paths.push_back(word);
        }
    }
    const std::string home = folder == "/" ? folder : folder + "/";
    if (mode.find('x') != std::string::npos) {
        const auto source = archive == "-" ? m_machine.files.end() : m_machine.files.find(absolute(archive));
        const auto files = unpackTar(source == m_machine.files.end() ? input : source->second);
        if (!files) {
            output.err += "tar: This does not look like a tar archive\n"
                          "tar: Exiting with failure status due to previous errors\n";
            return 2;
        }
        for (const auto& [name, content] : *files) {
            const bool whole = !name.empty() && name[0] == '/';
            if (!write(absolute(whole ? name : home + name), content)) {
                output.err += "tar: " + name + ": Cannot write: No space left on device\n";
                return 2;
            }
        }
        return 0;
    }
    if (mode.find('c') == std::string::npos) {
        output.err += "tar: You must specify one of the '-Acdtrux' options\n";
        return 2;
    }
    TarFiles files;
    int status = 0;
    bool told = false;
    for (const std::string& path : paths) {
        const std::string whole = absolute(path[0] == '/' ? path : home + path);
        const std::size_t before = files.size();
        for (const auto& [name, content] : m_machine.files) {
            const bool under = name.rfind(whole == "/" ? whole : whole + "/", 0) == 0;
            if (name != whole && !under)
                continue;
            std::string member = path + name.substr(whole == "/" ? 0 : whole.size());
            if (member[0] == '/') {
                if (!told)
                    output.err += "tar: Removing leading `/' from member names\n";
                told = true;
                member.erase(0, member.find_first_not_of('/'));
            }
            files.emplace_back(std::move(member), content);
        }
        if (files.size() == before) {
            output.err += "tar: " + path + ": Cannot stat: No such file or directory\n";
            status = 2;
        }
    }
    if (archive == "-")
        output.out += packTar(files);
    else if (!write(absolute(archive), packTar(files)))
        status = 2;
    return status;
}

int Shell::test(std::vector<std::string> argv) const
{
    if (argv[0] == "[") {
        if (argv.back() != "]")
            return 2;
        argv.pop_back();
    }
    const bool negated = argv.size() > 1 && argv[1] == "!";
    if (negated)
        argv.erase(argv.begin() + 1);
    bool good = argv.size() == 2 && !argv[1].empty();
    if (argv.size() == 3) {
        const std::string path = absolute(argv[2]);
        const bool isFile = m_machine.files.count(path) > 0;
        good = argv[1] == "-n"                      ? !argv[2].empty()
               : argv[1] == "-z"                    ? argv[2].empty()
               : argv[1] == "-d"                    ? isFolder(path) && !isFile
               : argv[1] == "-e"                    ? isFile || isFolder(path)
               : argv[1] == "-f" || argv[1] == "-r" ? isFile
               : argv[1] == "-s"                    ? isFile && !m_machine.files.at(path).empty()
                                                    : false;
    } else if (argv.size() == 4) {
        const std::string& op = argv[2];
        const long a = numberOr(argv[1], 0);
        const long b = numberOr(argv[3], 0);
        good = op == "=" || op == "==" ? argv[1] == argv[3]
               : op == "!="            ? argv[1] != argv[3]
               : op == "-eq"           ? a == b
               : op == "-ne"           ? a != b
               : op == "-lt"           ? a < b
               : op == "-le"           ? a <= b
               : op == "-gt"           ? a > b
               : op == "-ge"           ? a >= b
                                       : false;
    }
    return good != negated ? 0 : 1;
}

bool Shell::knows(const std::string& program) const
{
    return programs().count(baseName(program)) > 0;
}

void Shell::interrupt()
{
    m_queue.clear();
    m_wakeAt = 0;
    m_status = 130;
}

std::string Shell::prompt() const
{
    const std::string where = m_directory == "/root" ? "~" : m_directory;
    return m_machine.user + "@" + m_machine.hostname + ":" + where + (m_machine.user == "root" ? "# " : "$ ");
}

void Shell::step(Output& output)
{
    while (!m_queue.empty() && m_wakeAt <= m_clock() && !m_exit) {
        const Statement statement = std::move(m_queue.front());
        m_queue.pop_front();
        if ((statement.when == '&' && m_status != 0) || (statement.when == '|' && m_status == 0))
            continue;
        m_wakeAt = 0;
        look();
        m_status = statement.argv.empty() ? pipeline(statement.text, output)
                                          : run(statement.argv, statement.input, output);
    }
    if (m_wakeAt <= m_clock())
        m_wakeAt = 0;
}

std::vector<std::string> Shell::expand(std::string_view text) const
{
    std::vector<std::string> words;
    std::string word;
    bool open = false; // a word has begun, though it may be empty ('')
    char quote = 0;
    const auto finish = [&] {
        if (open)
            words.push_back(word);
        word.clear();
        open = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
            word += text[++i];
            open = true;
        } else if (quote != 0 && c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
            open = true;
        } else if (c == '$' && quote != '\'' && i + 1 < text.size()) {
            open = true;
            if (text[i + 1] == '?') {
                word += std::to_string(m_status);
                ++i;
                continue;
            }
            const bool braces = text[i + 1] == '{';
            std::size_t end = i + (braces ? 2 : 1);
            const std::size_t start = end;
            while (end < text.size() &&
                   (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
                ++end;
            const auto found = m_machine.environment.find(std::string(text.substr(start, end - start)));
            if (found != m_machine.environment.end())
                word += found->second;
            i = braces && end < text.size() ? end : end - 1;
        } else if (quote == 0 && (c == ' ' || c == '\t')) {
            finish();
        } else if (quote == 0 && c == '#' && !open) {
            break;
        } else if (quote == 0 && c == '>' && word == "2") {
            word.clear();
            open = false;
            words.emplace_back("2>");
        } else if (quote == 0 && c == '>') {
            finish();
            const bool append = i + 1 < text.size() && text[i + 1] == '>';
            words.emplace_back(append ? ">>" : ">");
            i += append ? 1 : 0;
        } else {
            word += c;
            open = true;
        }
    }
    finish();
    return words;
}

int Shell::pipeline(const std::string& text, Output& output)
{
    std::string carried;
    int status = m_status;
    const auto stages = cut(text, true, nullptr);
    for (std::size_t i = 0; i < stages.size(); ++i) {
        std::vector<std::string> argv = expand(stages[i]);
        if (argv.empty())
            continue;
        std::string target;
        bool append = false;
        bool merged = false;
        bool silent = false;
        if (const auto errors = std::find(argv.begin(), argv.end(), "2>");
            errors != argv.end() && errors + 1 != argv.end()) {
            merged = *(errors + 1) == "&1";
            silent = !merged; // whatever file it is, nobody reads it
            argv.erase(errors, errors + 2);
        }
        const auto redirect = std::find_if(
            argv.begin(), argv.end(), [](const std::string& word) { return word == ">" || word == ">>"; });
        if (redirect != argv.end()) {
            append = *redirect == ">>";
            if (redirect + 1 == argv.end()) {
                output.err += "sh: syntax error: unexpected newline\n";
                return 2;
            }
            target = absolute(*(redirect + 1));
            argv.erase(redirect, argv.end());
        }
        Output stage;
        status = argv.empty() ? 0 : run(argv, carried, stage);
        if (!silent)
            (merged ? stage.out : output.err) += stage.err;
        carried = std::move(stage.out);
        if (!target.empty() && target != "/dev/null") {
            const auto had = m_machine.files.find(target);
            if (append && had != m_machine.files.end())
                carried.insert(0, had->second);
            if (!write(target, carried)) {
                output.err += "sh: can't create " + target + ": No space left on device\n";
                status = 1;
            }
        }
        if (!target.empty())
            carried.clear();
    }
    output.out += carried;
    return status;
}

std::string Shell::absolute(const std::string& path) const
{
    std::vector<std::string> steps;
    const std::string whole = !path.empty() && path[0] == '/' ? path
                              : path.rfind('~', 0) == 0       ? "/root" + path.substr(1)
                                                              : m_directory + "/" + path;
    for (const std::string& step : split(whole, '/')) {
        if (step == "..") {
            if (!steps.empty())
                steps.pop_back();
        } else if (!step.empty() && step != ".") {
            steps.push_back(step);
        }
    }
    std::string out;
    for (const std::string& step : steps)
        out += "/" + step;
    return out.empty() ? "/" : out;
}

bool Shell::isFolder(const std::string& path) const
{
    const std::string prefix = path == "/" ? path : path + "/";
    const auto at = m_machine.files.lower_bound(prefix);
    return path == "/" || (at != m_machine.files.end() && at->first.rfind(prefix, 0) == 0);
}

int Shell::list(const std::vector<std::string>& argv, Output& output) const
{
    bool longForm = false;
    std::vector<std::string> paths;
    for (std::size_t i = 1; i < argv.size(); ++i) {
        if (argv[i].rfind('-', 0) == 0)
            longForm = longForm || argv[i].find('l') != std::string::npos;
        else
            paths.push_back(argv[i]);
    }
    if (paths.empty())
        paths.emplace_back(".");
    int status = 0;
    for (const std::string& given : paths) {
        const std::string path = absolute(given);
        std::map<std::string, long> entries; // a folder's size is -1
        if (const auto file = m_machine.files.find(path); file != m_machine.files.end()) {
            entries[given] = static_cast<long>(file->second.size());
        } else if (isFolder(path)) {
            const std::string prefix = path == "/" ? path : path + "/";
            for (auto at = m_machine.files.lower_bound(prefix);
                 at != m_machine.files.end() && at->first.rfind(prefix, 0) == 0; ++at) {
                const std::string rest = at->first.substr(prefix.size());
                const std::size_t slash = rest.find('/');
                if (slash == std::string::npos)
                    entries[rest] = static_cast<long>(at->second.size());
                else
                    entries[rest.substr(0, slash)] = -1;
            }
        } else {
            output.err += "ls: " + given + ": No such file or directory\n";
            status = 1;
            continue;
        }
        for (const auto& [name, size] : entries) {
            if (longForm) {
                char row[96];
                std::snprintf(row, sizeof row, "%s 1 root root %8ld %s ",
                              size < 0 ? "drwxr-xr-x" : "-rw-r--r--", size < 0 ? 4096 : size,
                              dated(m_machine.started, "%b %e %H:%M").c_str());
                output.out += row;
            }
            output.out += name + "\n";
        }
    }
    return status;
}

int Shell::processes(Output& output) const
{
    const std::string since = dated(m_machine.started, "%H:%M");
    const auto row = [&](int id, const std::string& command) {
        char text[64];
        std::snprintf(text, sizeof text, "%5d root     %s  0:%02d ", id, since.c_str(), id % 7);
        output.out += text + command + "\n";
    };
    output.out += "  PID USER     START   TIME COMMAND\n";
    row(1, m_machine.program.empty() ? "/sbin/init" : m_machine.program);
    if (m_machine.guest) {
        for (const auto& [id, command] :
             {std::pair{212, "/lib/systemd/systemd-journald"}, std::pair{255, "/lib/systemd/systemd-udevd"},
              std::pair{611, "/usr/bin/qemu-ga --method=virtio-serial"}, std::pair{640, "/usr/sbin/sshd -D"},
              std::pair{702, "/usr/bin/containerd"},
              std::pair{815, "/usr/bin/kubelet --kubeconfig=/etc/kubernetes/kubelet.conf"}})
            row(id, command);
    }
    row(m_machine.guest ? 1420 : 42, "sh");
    row(m_machine.guest ? 1433 : 49, "ps");
    return 0;
}

int Shell::run(const std::vector<std::string>& argv, const std::string& input, Output& output)
{
    const std::string program = baseName(argv[0]);
    const std::string first = argv.size() > 1 ? argv[1] : std::string();
    const auto textOf = [&](std::size_t from, std::string& text) {
        int status = 0;
        bool any = false;
        for (std::size_t i = from; i < argv.size(); ++i) {
            if (argv[i].rfind('-', 0) == 0 && argv[i].size() > 1)
                continue;
            any = true;
            const std::string path = absolute(argv[i]);
            const auto file = m_machine.files.find(path);
            if (file == m_machine.files.end()) {
                output.err += program + ": " + argv[i] + ": " +
                              (isFolder(path) ? "Is a directory\n" : "No such file or directory\n");
                status = 1;
            } else {
                text += file->second;
            }
        }
        if (!any)
            text = input;
        return status;
    };
    const UnixMs now = m_clock();
    if (m_machine.guest) {
        // What cloud-init writes is there once it has come so far.
        std::string& log = m_machine.files["/var/log/cloud-init-output.log"];
        log.clear();
        for (const auto& [at, line] : bootLines(m_machine)) {
            if (m_machine.started + at <= now && line.rfind("cloud-init[", 0) == 0)
                log += line.substr(line.find(": ") + 2) + "\n";
        }
        const bool done = bootedTo(m_machine, "final scripts", now);
        if (done)
            log += "Cloud-init v. 24.4 finished. Datasource DataSourceConfigDrive.\n";
        else
            m_machine.files.erase("/run/cluster-api/bootstrap-success.complete");
        if (done && !m_bootstrapped)
            m_machine.files["/run/cluster-api/bootstrap-success.complete"] = "success\n";
        m_bootstrapped = m_bootstrapped || done;
    }
    const long up = std::max<long>((now - m_machine.started) / 1000, 0);

    if (const std::size_t equals = program.find('=');
        argv.size() == 1 && equals != std::string::npos && equals > 0) {
        m_machine.environment[program.substr(0, equals)] = program.substr(equals + 1);
        return 0;
    }
    if (program == "exit" || program == "logout") {
        m_exit = static_cast<int>(numberOr(first, m_status)) & 255;
        return *m_exit;
    }
    if (program == "test" || program == "[")
        return test(argv);
    if (program == "tar")
        return tar(argv, input, output);
    if (program == "true" || program == ":" || program == "clear" || program == "mkdir") {
        if (program == "clear")
            output.out += "\x1b[H\x1b[2J";
        return 0;
    }
    if (program == "false")
        return 1;
    if (program == "echo") {
        const bool noNewline = first == "-n";
        for (std::size_t i = noNewline ? 2 : 1; i < argv.size(); ++i)
            output.out += (i > (noNewline ? 2U : 1U) ? " " : "") + argv[i];
        output.out += noNewline ? "" : "\n";
        return 0;
    }
    if (program == "cat")
        return textOf(1, output.out);
    if (program == "ls")
        return list(argv, output);
    if (program == "ps" || program == "top")
        return processes(output);
    if (program == "pwd") {
        output.out += m_directory + "\n";
        return 0;
    }
    if (program == "cd") {
        const std::string path = absolute(first.empty() ? "/root" : first);
        if (!isFolder(path)) {
            output.err += "sh: cd: can't cd to " + first + ": No such file or directory\n";
            return 2;
        }
        m_directory = path;
        return 0;
    }
    if (program == "env" || program == "printenv") {
        if (program == "printenv" && !first.empty()) {
            const auto found = m_machine.environment.find(first);
            if (found == m_machine.environment.end())
                return 1;
            output.out += found->second + "\n";
            return 0;
        }
        for (const auto& [name, value] : m_machine.environment)
            output.out += name + "=" + value + "\n";
        return 0;
    }
    if (program == "export") {
        const std::size_t equals = first.find('=');
        if (equals != std::string::npos)
            m_machine.environment[first.substr(0, equals)] = first.substr(equals + 1);
        return 0;
    }
    if (program == "hostname") {
        output.out += (first == "-i" || first == "-I" ? m_machine.address : m_machine.hostname) + "\n";
        return 0;
    }
    if (program == "uname") {
        const std::string kernel = m_machine.kernel;
        output.out +=
            (first == "-a"   ? "Linux " + m_machine.hostname + " " + kernel + " #1 SMP x86_64 GNU/Linux"
             : first == "-r" ? kernel
             : first == "-n" ? m_machine.hostname
             : first == "-m" ? std::string("x86_64")
                             : std::string("Linux")) +
            "\n";
        return 0;
    }
    if (program == "whoami") {
        output.out += m_machine.user + "\n";
        return 0;
    }
    if (program == "id") {
        output.out += m_machine.user == "root"
                          ? "uid=0(root) gid=0(root) groups=0(root)\n"
                          : "uid=1000(" + m_machine.user + ") gid=1000(" + m_machine.user + ") groups=1000(" +
                                m_machine.user + ")\n";
        return 0;
    }
    if (program == "date") {
        output.out += dated(now, "%a %b %e %H:%M:%S UTC %Y") + "\n";
        return 0;
    }
    if (program == "uptime") {
        char text[96];
        std::snprintf(text, sizeof text, " %s up %ld:%02ld,  1 user,  load average: 0.08, 0.05, 0.01\n",
                      dated(now, "%H:%M:%S").c_str(), up / 3600, up / 60 % 60);
        output.out += text;
        return 0;
    }
    if (program == "nproc") {
        output.out += std::to_string(m_machine.cpus) + "\n";
        return 0;
    }
    if (program == "free") {
        const long total = m_machine.memoryMi;
        char text[200];
        std::snprintf(text, sizeof text,
                      "              total        used        free\nMem:     %10ld  %10ld  %10ld\nSwap:    "
                      "%10d  %10d  %10d\n",
                      total, total * 43 / 100, total - total * 43 / 100, 0, 0, 0);
        output.out += text;
        return 0;
    }
    if (program == "df") {
        output.out += "Filesystem      Size  Used Avail Use% Mounted on\n";
        output.out += m_machine.guest ? "/dev/vda1        39G   11G   27G  29% /\n"
                                      : "overlay         461G  118G  324G  27% /\n";
        output.out += "tmpfs            64M     0   64M   0% /dev\n";
        return 0;
    }
    if (program == "ip") {
        const std::string link = m_machine.guest ? "enp1s0" : "eth0";
        output.out +=
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n2: " + link +
            ": <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450\n    inet " + m_machine.address +
            "/24 scope global " + link + "\n";
        return 0;
    }
    if (program == "dmesg") {
        if (!m_machine.guest) {
            output.err += "dmesg: read kernel buffer failed: Operation not permitted\n";
            return 1;
        }
        for (const auto& [at, text] : bootLines(m_machine))
            output.out += text + "\n";
        return 0;
    }
    if (program == "sleep") {
        m_wakeAt = now + std::clamp(numberOr(first, 1), 0L, 3600L) * 1000;
        return 0;
    }
    if (program == "seq") {
        const long from = argv.size() > 2 ? numberOr(first, 1) : 1;
        const long to = std::min(numberOr(argv.back(), 1), from + 10000);
        for (long i = from; i <= to; ++i)
            output.out += std::to_string(i) + "\n";
        return 0;
    }
    if (program == "grep") {
        const std::size_t at = first.rfind('-', 0) == 0 ? 2 : 1;
        const bool inverted = at == 2 && first.find('v') != std::string::npos;
        if (argv.size() <= at)
            return 2;
        std::string text;
        textOf(at + 1, text);
        int status = 1;
        for (const std::string& line : lines(text)) {
            if ((line.find(argv[at]) != std::string::npos) == inverted)
                continue;
            output.out += line + "\n";
            status = 0;
        }
        return status;
    }
    if (program == "head" || program == "tail" || program == "wc" || program == "sort") {
        std::size_t from = 1;
        long count = 10;
        if (program != "wc" && first.rfind('-', 0) == 0) {
            const bool apart = first == "-n" && argv.size() > 2;
            count = numberOr(apart ? argv[2] : first.substr(first.rfind("-n", 0) == 0 ? 2 : 1), 10);
            from = apart ? 3 : 2;
        }
        std::string text;
        const int status = textOf(from, text);
        auto all = lines(text);
        const std::size_t size = all.size();
        const auto wanted = static_cast<std::size_t>(std::max(count, 0L));
        if (program == "head")
            output.out += joined(all, 0, wanted);
        else if (program == "tail")
            output.out += joined(all, size > wanted ? size - wanted : 0, size);
        else if (program == "wc" && first == "-l")
            output.out += std::to_string(size) + "\n";
        else if (program == "wc")
            output.out += std::to_string(size) + " " + std::to_string(text.size()) + "\n";
        else {
            std::sort(all.begin(), all.end());
            output.out += joined(all, 0, size);
        }
        return status;
    }
    if (program == "touch" || program == "rm") {
        for (std::size_t i = 1; i < argv.size(); ++i) {
            if (argv[i].rfind('-', 0) == 0)
                continue;
            const std::string path = absolute(argv[i]);
            if (program == "touch" && m_machine.files.count(path) == 0)
                (void)write(path, "");
            else if (program == "rm")
                erase(path);
        }
        return 0;
    }
    if (program == "which") {
        if (!knows(first))
            return 1;
        output.out += "/usr/bin/" + first + "\n";
        return 0;
    }
    if (program == "tty") {
        output.out += m_machine.guest ? "/dev/ttyS0\n" : "/dev/pts/0\n";
        return 0;
    }
    if (program == "sudo") { // everybody may
        std::vector<std::string> rest(argv.begin() + 1, argv.end());
        while (!rest.empty() && rest.front().rfind('-', 0) == 0)
            rest.erase(rest.begin());
        return rest.empty() ? 1 : run(rest, input, output);
    }
    if (program == "cloud-init" && m_machine.guest) {
        const bool done = bootedTo(m_machine, "final scripts", now);
        output.out += std::string("status: ") + (done ? "done" : "running") + "\n" +
                      (first == "status" && argv.size() > 2
                           ? "boot_status_code: enabled-by-generator\ndetail: DataSourceConfigDrive "
                             "[net,ver=2][source=/dev/vdb]\n"
                           : "");
        return 0;
    }
    if (program == "journalctl" && m_machine.guest) {
        const bool kubelet = std::find(argv.begin(), argv.end(), "kubelet") != argv.end();
        if (kubelet && !bootedTo(m_machine, "kubelet: The Kubernetes Node Agent", now)) {
            output.out += "-- No entries --\n";
            return 0;
        }
        const std::string stamp = dated(now, "%Y-%m-%dT%H:%M:%S+0000 ") + m_machine.hostname + " ";
        if (!kubelet) {
            for (const auto& [at, text] : bootLines(m_machine))
                output.out += dated(m_machine.started + at, "%Y-%m-%dT%H:%M:%S+0000 ") + m_machine.hostname +
                              " kernel: " + text + "\n";
            return 0;
        }
        output.out += stamp + "systemd[1]: Started kubelet: The Kubernetes Node Agent.\n" + stamp +
                      "kubelet[1130]: I1126 server.go:484] \"Kubelet version\" kubeletVersion=\"v1.34.1\"\n" +
                      stamp +
                      "kubelet[1130]: I1126 kubelet_node_status.go:75] \"Attempting to register node\" "
                      "node=\"" +
                      m_machine.hostname + "\"\n" + stamp +
                      "kubelet[1130]: I1126 kubelet_node_status.go:78] \"Successfully registered node\" "
                      "node=\"" +
                      m_machine.hostname + "\"\n";
        return 0;
    }
    if (program == "systemctl" && m_machine.guest && first == "is-active") {
        const bool active =
            argv.size() > 2 &&
            (argv[2] != "kubelet" || bootedTo(m_machine, "kubelet: The Kubernetes Node Agent", now));
        output.out += active ? "active\n" : "inactive\n";
        return active ? 0 : 3;
    }
    if (program == "systemctl" && m_machine.guest) {
        output.out += "  containerd.service   loaded active running containerd container runtime\n"
                      "  kubelet.service      loaded active running kubelet: The Kubernetes Node Agent\n"
                      "  qemu-guest-agent.service loaded active running QEMU Guest Agent\n"
                      "  ssh.service          loaded active running OpenBSD Secure Shell server\n";
        return 0;
    }
    if (program == "sh" || program == "bash" || program == "ash") {
        if (first != "-c" || argv.size() < 3)
            return 0; // a shell in a shell is the same shell
        // In front of what is queued already.
        std::deque<Statement> rest;
        rest.swap(m_queue);
        submit(argv[2]);
        m_queue.insert(m_queue.end(), rest.begin(), rest.end());
        return m_status;
    }
    output.err += "sh: " + argv[0] + ": not found\n";
    return 127;
}

} // namespace strata::demosite
