// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/hostkeys.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/libvirt/library.h"
#include "core/libvirt/uri.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

extern char** environ; // NOLINT: POSIX has no header for it

namespace strata::virt {
namespace {

constexpr std::size_t kMostOutput = 64U << 10U;
constexpr int kPatienceMs = 20000;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Host", text), values);
}

struct Output {
    int code = -1; // 127: no such program
    std::string text;
};

// Standard output of a program, bounded in size and time.
Output run(std::vector<std::string> words)
{
    Output out;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return out;
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes{};
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (failed != 0) {
        ::close(ends[0]);
        out.code = 127;
        return out;
    }
    std::array<char, 4096> buffer{};
    for (;;) {
        pollfd place{ends[0], POLLIN, 0};
        const int ready = ::poll(&place, 1, kPatienceMs);
        if (ready < 0 && errno == EINTR)
            continue;
        const ssize_t got = ready > 0 ? ::read(ends[0], buffer.data(), buffer.size()) : -1;
        if (got < 0 && ready > 0 && errno == EINTR)
            continue;
        if (got <= 0 || out.text.size() > kMostOutput) {
            if (got != 0)
                ::kill(child, SIGKILL);
            break;
        }
        out.text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return out;
}

// As known_hosts names it.
std::string placeOf(const HostUri& parts)
{
    return parts.port.empty() || parts.port == "22" ? parts.host : "[" + parts.host + "]:" + parts.port;
}

int rank(const std::string& type)
{
    return type == "ssh-ed25519" ? 0 : type.starts_with("ecdsa-") ? 1 : 2;
}

Result<HostKeys> fetch(const HostUri& parts)
{
    if (parts.host.empty() || parts.host.front() == '-')
        return fail(ErrorKind::Config, say("This host is not reached over ssh."));
    HostKeys out;
    const std::string place = placeOf(parts);
    const Output scanned =
        run({"ssh-keyscan", "-T", "10", "-p", parts.port.empty() ? "22" : parts.port, "--", parts.host});
    if (scanned.code == 127)
        return fail(ErrorKind::Config, say("ssh-keyscan is not installed on this machine."));
    out.keys = hostKeysOf(scanned.text, place);
    if (out.keys.empty())
        return fail(ErrorKind::Network,
                    say("Host %1 shows no key: nothing answers with ssh there.", {place}));
    out.changed = run({"ssh-keygen", "-F", place}).code == 0;
    return out;
}

Result<void> append(const std::vector<HostKey>& keys)
{
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home == '\0')
        return fail(ErrorKind::Io, say("There is no home folder for known_hosts."));
    const std::string folder = std::string(home) + "/.ssh";
    const std::string path = folder + "/known_hosts";
    ::mkdir(folder.c_str(), S_IRWXU);
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0)
        return fail(ErrorKind::Io, say("%1 cannot be written.", {path}), std::strerror(errno));
    std::string text;
    struct stat info = {};
    char last = '\n';
    if (::fstat(file, &info) == 0 && info.st_size > 0 && ::pread(file, &last, 1, info.st_size - 1) == 1 &&
        last != '\n')
        text = "\n";
    for (const HostKey& key : keys)
        text += key.line + "\n";
    const ssize_t done = ::write(file, text.data(), text.size());
    const int number = errno;
    ::close(file);
    if (done != static_cast<ssize_t>(text.size()))
        return fail(ErrorKind::Io, say("%1 cannot be written.", {path}), std::strerror(number));
    return {};
}

} // namespace

bool goesOverSsh(const std::string& uri)
{
    const Result<HostUri> parts = parseUri(uri);
    return parts && parts->transport == "ssh" && !parts->host.empty();
}

void fetchHostKeys(const std::string& uri, std::function<void(Result<HostKeys>)> done)
{
    Result<HostUri> parts = parseUri(uri);
    if (!parts || parts->transport != "ssh") {
        done(parts ? tl::unexpected<Error>(
                         Error{ErrorKind::Config, say("This host is not reached over ssh."), {}, 0, 0})
                   : tl::unexpected<Error>(parts.error()));
        return;
    }
    std::thread([parts = std::move(*parts), done = std::move(done)] {
        prepareThread();
        done(fetch(parts));
    }).detach();
}

void trustHostKeys(const std::vector<HostKey>& keys, std::function<void(Result<void>)> done)
{
    std::thread([keys, done = std::move(done)] {
        prepareThread();
        done(append(keys));
    }).detach();
}

std::vector<HostKey> hostKeysOf(std::string_view scanned, const std::string& place)
{
    std::vector<HostKey> out;
    for (const std::string& line : split(scanned, '\n')) {
        if (line.empty() || line.front() == '#')
            continue;
        const std::vector<std::string> words = split(trimmed(line), ' ');
        if (words.size() < 3 || !isCleanText(words[1], 64) || out.size() > 16)
            continue;
        HostKey key;
        key.type = words[1];
        key.fingerprint = fingerprintOf(words[2]);
        // The name is ours, not the answer's: the key is trusted for the host that was asked, and no other.
        key.line = place + " " + key.type + " " + words[2];
        if (!key.fingerprint.empty() && (key.type.starts_with("ssh-") || key.type.starts_with("ecdsa-")))
            out.push_back(std::move(key));
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const HostKey& a, const HostKey& b) { return rank(a.type) < rank(b.type); });
    return out;
}

std::string fingerprintOf(std::string_view base64Key)
{
    std::string bytes;
    if (base64Key.empty() || base64Key.size() > 16384 ||
        base64Key.find_first_of(" \t\r\n") != std::string_view::npos || !base64Decode(base64Key, bytes) ||
        bytes.size() < 16)
        return {};
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    std::string text =
        base64Encode(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
    while (text.ends_with('='))
        text.pop_back();
    return "SHA256:" + text;
}

} // namespace strata::virt
