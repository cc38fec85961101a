// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/config/execplugin.h"

#include "core/base/descriptor.h"
#include "core/base/text.h"
#include "core/base/translate.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

extern char** environ;

namespace strata::kube {
namespace {

constexpr std::size_t kMaxOutput = 64U << 10U;
constexpr int kLookMs = 100; // how often a running program is checked on

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("ExecPlugin", text), values);
}

std::optional<std::string> sha256Of(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::nullopt;
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
        return std::nullopt;
    std::array<char, 65536> buffer{};
    while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0)
        EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(file.gcount()));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1)
        return std::nullopt;
    static constexpr char kHex[] = "0123456789abcdef";
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += kHex[digest[i] >> 4U];
        hex += kHex[digest[i] & 15U];
    }
    return hex;
}

bool isProgram(const std::string& path)
{
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

std::string execInfo(const ExecConfig& config, const ExecCluster& cluster)
{
    nlohmann::ordered_json spec = {{"interactive", false}};
    if (config.provideClusterInfo) {
        nlohmann::ordered_json about = {{"server", cluster.server}};
        if (!cluster.caPem.empty())
            about["certificate-authority-data"] = base64Encode(cluster.caPem);
        if (!cluster.tlsServerName.empty())
            about["tls-server-name"] = cluster.tlsServerName;
        if (cluster.insecureSkipTlsVerify)
            about["insecure-skip-tls-verify"] = true;
        spec["cluster"] = std::move(about);
    }
    const nlohmann::ordered_json info = {
        {"apiVersion", config.apiVersion}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}};
    return info.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<std::string> environmentOf(const ExecConfig& config, const ExecCluster& cluster)
{
    std::vector<std::pair<std::string, std::string>> set = config.env;
    set.emplace_back("KUBERNETES_EXEC_INFO", execInfo(config, cluster));
    std::vector<std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        const bool replaced =
            std::any_of(set.begin(), set.end(), [&](const auto& pair) { return pair.first == name; });
        if (!replaced)
            out.emplace_back(text);
    }
    for (const auto& [name, value] : set)
        out.push_back(name + "=" + value);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& strings)
{
    std::vector<char*> out;
    for (std::string& text : strings)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

struct RunResult {
    std::string out;
    std::string err;
    int status = 0;
    bool timedOut = false;
    bool tooMuch = false;
};

// Reads both pipes until they close, the time is up or too much has come.
void collect(RunResult& result, const Descriptor& out, const Descriptor& err,
             std::chrono::steady_clock::time_point end, const std::atomic<bool>* cancelled)
{
    std::array<pollfd, 2> fds{pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0}};
    std::array<char, 8192> buffer{};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0 || (cancelled != nullptr && *cancelled)) {
            result.timedOut = true;
            return;
        }
        if (::poll(fds.data(), fds.size(), static_cast<int>(std::min<std::int64_t>(left.count(), kLookMs))) <
                0 &&
            errno != EINTR)
            return;
        for (std::size_t i = 0; i < fds.size(); ++i) {
            if (fds[i].fd < 0 || fds[i].revents == 0)
                continue;
            const ssize_t got = ::read(fds[i].fd, buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0) {
                fds[i].fd = -1;
                continue;
            }
            std::string& text = i == 0 ? result.out : result.err;
            text.append(buffer.data(), static_cast<std::size_t>(got));
            if (text.size() > kMaxOutput) {
                result.tooMuch = true;
                return;
            }
        }
    }
}

// Waits for the child; a child that closed its pipes but lives on is given until `end`.
int reap(pid_t pid, RunResult& result, std::chrono::steady_clock::time_point end)
{
    int status = 0;
    if (!result.timedOut && !result.tooMuch) {
        while (std::chrono::steady_clock::now() < end) {
            const pid_t done = ::waitpid(pid, &status, WNOHANG);
            if (done == pid)
                return status;
            if (done < 0 && errno != EINTR)
                return 0;
            ::poll(nullptr, 0, 5);
        }
        result.timedOut = true;
    }
    ::kill(-pid, SIGKILL); // its whole group: a plugin may have children of its own
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

Result<RunResult> run(const std::string& path, const ExecConfig& config, const ExecCluster& cluster,
                      std::chrono::milliseconds timeout, const std::atomic<bool>* cancelled)
{
    std::array<int, 2> outPipe{};
    std::array<int, 2> errPipe{};
    if (::pipe2(outPipe.data(), O_CLOEXEC) != 0)
        return fail(ErrorKind::Io, tr("“%1” could not be started.", {path}), std::strerror(errno));
    Descriptor outRead(outPipe[0]);
    Descriptor outWrite(outPipe[1]);
    if (::pipe2(errPipe.data(), O_CLOEXEC) != 0)
        return fail(ErrorKind::Io, tr("“%1” could not be started.", {path}), std::strerror(errno));
    Descriptor errRead(errPipe[0]);
    Descriptor errWrite(errPipe[1]);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, outWrite.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, errWrite.get(), 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);

    std::vector<std::string> words{path};
    words.insert(words.end(), config.args.begin(), config.args.end());
    std::vector<std::string> environment = environmentOf(config, cluster);
    std::vector<char*> argv = pointers(words);
    std::vector<char*> envp = pointers(environment);
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, path.c_str(), &actions, &attributes, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
        return fail(ErrorKind::Io, tr("“%1” could not be started.", {path}), std::strerror(error));
    outWrite.close();
    errWrite.close();

    RunResult result;
    const auto end = std::chrono::steady_clock::now() + timeout;
    collect(result, outRead, errRead, end, cancelled);
    result.status = reap(pid, result, end);
    return result;
}

} // namespace

Result<ExecProgram> findExecProgram(const ExecConfig& config)
{
    std::string found;
    if (config.command.find('/') != std::string::npos) {
        found = config.command.front() == '/' ? config.command : config.baseDirectory + "/" + config.command;
        if (!isProgram(found))
            found.clear();
    } else if (!config.command.empty()) {
        const char* path = std::getenv("PATH");
        for (const std::string& folder : split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
            // An empty entry means the current folder: not a place to take programs from.
            if (!folder.empty() && isProgram(folder + "/" + config.command)) {
                found = folder + "/" + config.command;
                break;
            }
        }
    }
    if (found.empty())
        return fail(ErrorKind::Config,
                    tr("The credential plugin “%1” is not on this machine.", {cleanText(config.command)}),
                    cleanText(config.installHint));
    std::array<char, PATH_MAX> real{};
    if (::realpath(found.c_str(), real.data()) == nullptr)
        return fail(ErrorKind::Io, tr("“%1” cannot be read.", {found}), std::strerror(errno));
    const std::optional<std::string> hash = sha256Of(real.data());
    if (!hash)
        return fail(ErrorKind::Io, tr("“%1” cannot be read.", {real.data()}));
    return ExecProgram{real.data(), *hash};
}

ExecAllowList::ExecAllowList(std::string file) : m_file(std::move(file))
{
    std::ifstream in(m_file);
    std::string line;
    while (std::getline(in, line)) {
        const std::size_t space = line.find(' ');
        if (space == 64 && line.size() > 66 && line[65] == '/' &&
            line.find_first_not_of("0123456789abcdef") == 64)
            m_programs.push_back({line.substr(65), line.substr(0, 64)});
    }
}

bool ExecAllowList::allows(const ExecProgram& program) const
{
    const std::lock_guard lock(m_mutex);
    return std::find(m_programs.begin(), m_programs.end(), program) != m_programs.end();
}

Result<void> ExecAllowList::allow(const ExecProgram& program)
{
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_programs, [&](const ExecProgram& known) { return known.path == program.path; });
    m_programs.push_back(program);
    return save();
}

Result<void> ExecAllowList::forget(const std::string& path)
{
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_programs, [&](const ExecProgram& known) { return known.path == path; });
    return save();
}

Result<void> ExecAllowList::save() const
{
    if (m_file.empty())
        return {};
    const std::string next = m_file + ".new";
    std::string text;
    for (const ExecProgram& program : m_programs)
        text += program.sha256 + " " + program.path + "\n";
    const Descriptor fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    const bool written = fd.get() >= 0 && ::fchmod(fd.get(), 0600) == 0 &&
                         ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fsync(fd.get()) == 0 && ::rename(next.c_str(), m_file.c_str()) == 0;
    if (!written)
        return fail(ErrorKind::Io, tr("“%1” could not be written.", {m_file}), std::strerror(errno));
    return {};
}

Result<ExecCredential> parseExecCredential(std::string_view json, const std::string& apiVersion)
{
    const auto bad = [](const char* why) {
        return fail(ErrorKind::Auth, tr("The credential plugin's answer cannot be used: %1.", {tr(why)}));
    };
    const nlohmann::json answer = nlohmann::json::parse(json, nullptr, false);
    if (!answer.is_object())
        return bad("it is not a JSON object");
    const auto text = [](const nlohmann::json& object, const char* name) {
        const auto found = object.find(name);
        return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    if (text(answer, "kind") != "ExecCredential")
        return bad("it is no ExecCredential");
    if (text(answer, "apiVersion") != apiVersion)
        return bad("it has another apiVersion than the kubeconfig asks for");
    const auto status = answer.find("status");
    if (status == answer.end() || !status->is_object())
        return bad("it has no status");
    ExecCredential credential;
    credential.token = Secret(text(*status, "token"));
    credential.certificatePem = text(*status, "clientCertificateData");
    credential.keyPem = Secret(text(*status, "clientKeyData"));
    if (credential.certificatePem.empty() != credential.keyPem.empty())
        return bad("it has half of a certificate and key pair");
    if (credential.token.empty() && credential.certificatePem.empty())
        return bad("it has neither a token nor a certificate");
    if (credential.token.reveal().find_first_of("\r\n") != std::string::npos)
        return bad("its token has a line break");
    if (const std::string expires = text(*status, "expirationTimestamp"); !expires.empty()) {
        const auto time = parseRfc3339(expires);
        if (!time)
            return bad("its expirationTimestamp is no time");
        credential.expires = *time;
    }
    return credential;
}

Result<ExecCredential> runExecPlugin(const ExecConfig& config, const ExecCluster& cluster,
                                     const ExecAllowList& allowed, std::chrono::milliseconds timeout,
                                     const std::atomic<bool>* cancelled)
{
    if (config.apiVersion != "client.authentication.k8s.io/v1" &&
        config.apiVersion != "client.authentication.k8s.io/v1beta1")
        return fail(ErrorKind::Config, tr("The credential plugin's apiVersion “%1” is not supported.",
                                          {cleanText(config.apiVersion)}));
    if (config.interactive == ExecConfig::Interactive::Always)
        return fail(ErrorKind::Refused,
                    tr("The credential plugin “%1” wants a terminal, which a window has not.",
                       {cleanText(config.command)}));
    for (const auto& [name, value] : config.env) {
        // It would run something else than the program that was allowed.
        if (name.rfind("LD_", 0) == 0 || name.empty() || name.find('=') != std::string::npos)
            return fail(
                ErrorKind::Refused,
                tr("The kubeconfig sets the variable “%1” for its credential plugin.", {cleanText(name)}));
    }
    const Result<ExecProgram> program = findExecProgram(config);
    if (!program)
        return tl::unexpected(program.error());
    if (!allowed.allows(*program))
        return fail(ErrorKind::Refused,
                    tr("The kubeconfig wants to run “%1”; allow it first.", {program->path}),
                    program->sha256);
    const Result<RunResult> ran = run(program->path, config, cluster, timeout, cancelled);
    if (!ran)
        return tl::unexpected(ran.error());
    const std::string said = cleanText(ran->err);
    if (ran->timedOut)
        return fail(ErrorKind::Timeout,
                    tr("“%1” gave no credential within %2 s.",
                       {program->path, std::to_string(std::max<std::int64_t>(timeout.count() / 1000, 1))}),
                    said);
    if (ran->tooMuch)
        return fail(ErrorKind::Auth, tr("“%1” prints too much.", {program->path}), said);
    if (!WIFEXITED(ran->status) || WEXITSTATUS(ran->status) != 0)
        return fail(ErrorKind::Auth,
                    WIFEXITED(ran->status) ? tr("“%1” ended with exit code %2.",
                                                {program->path, std::to_string(WEXITSTATUS(ran->status))})
                                           : tr("“%1” was ended by a signal.", {program->path}),
                    said);
    return parseExecCredential(ran->out, config.apiVersion);
}

} // namespace strata::kube
