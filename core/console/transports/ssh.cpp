// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/ssh.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/console/forward.h"
#include "core/console/transports/deferred.h"
#include "core/console/transports/guest.h"
#include "core/console/transports/process.h"
#include "core/kube/api/resource.h"

#include <dirent.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace strata::console {
namespace {

constexpr const char* kFolder = "strata-ssh-"; // the process's id and six letters follow
constexpr std::size_t kMostKey = 64U << 10U;

std::string temporaryFolder()
{
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime != nullptr && *runtime == '/' && ::access(runtime, W_OK | X_OK) == 0)
        return runtime;
    return "/tmp";
}

// Folders of processes that are no more.
void removeLeft(const std::string& in)
{
    DIR* folder = ::opendir(in.c_str());
    if (folder == nullptr)
        return;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        if (name.rfind(kFolder, 0) != 0)
            continue;
        const long pid = std::strtol(name.c_str() + std::strlen(kFolder), nullptr, 10);
        struct stat facts = {};
        const std::string path = in + "/" + name;
        if (pid <= 0 || ::kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH ||
            ::lstat(path.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode) || facts.st_uid != ::getuid())
            continue;
        ::unlink((path + "/key").c_str());
        ::rmdir(path.c_str());
    }
    ::closedir(folder);
}

class Ssh : public Deferred {
public:
    Ssh(std::shared_ptr<kube::Client> client, SshTarget target, SshOptions options, TerminalSize size,
        std::shared_ptr<SessionHandler> handler)
        : Deferred(std::move(client), size, std::move(handler)), m_target(std::move(target)),
          m_options(std::move(options))
    {}

protected:
    void first() override
    {
        if (m_target.keySecret.empty()) {
            connect(m_target.keyFile);
            return;
        }
        kube::Request request;
        request.path = "/api/v1/namespaces/" + kube::percentEncode(m_target.guest.ns) + "/secrets/" +
                       kube::percentEncode(m_target.keySecret);
        request.maxBody = 1U << 20U;
        ask(std::move(request), [this](const Result<kube::Response>& result) {
            if (!result) {
                Error error = result.error();
                error.text = arguments(
                    translate("Console", "The key of the tenant's machines (Secret %1) could not be read."),
                    {m_target.keySecret});
                failed(std::move(error));
                return;
            }
            const nlohmann::json secret = nlohmann::json::parse(result->body, nullptr, false);
            const auto data = secret.is_object() ? secret.find("data") : secret.end();
            std::string key;
            if (!secret.is_object() || data == secret.end() || !data->is_object() ||
                !base64Decode(data->value("key", std::string()), key) || key.empty() ||
                key.size() > kMostKey) {
                failed({ErrorKind::NotFound,
                        arguments(translate("Console", "The Secret %1 holds no key."), {m_target.keySecret}),
                        {},
                        0,
                        0});
                return;
            }
            if (key.back() != '\n')
                key += '\n'; // ssh refuses a key whose last line does not end
            Result<std::unique_ptr<KeyFile>> file = KeyFile::write(Secret(std::move(key)));
            if (!file) {
                failed(std::move(file.error()));
                return;
            }
            const std::string path = (*file)->path();
            {
                const std::lock_guard lock(m_mutex);
                m_key = std::move(*file);
            }
            connect(path);
            if (gone())
                over();
        });
    }

    void over() override
    {
        std::unique_ptr<KeyFile> key; // both go after the lock
        std::unique_ptr<Forward> forward;
        const std::lock_guard lock(m_mutex);
        key.swap(m_key);
        forward.swap(m_forward);
    }

private:
    void connect(const std::string& keyFile)
    {
        Result<std::unique_ptr<Forward>> forward =
            Forward::listen(0,
                            [client = client(), target = m_target](
                                std::shared_ptr<SessionHandler> handler) -> Result<std::unique_ptr<Session>> {
                                return openGuestPort(client, target.guest, target.port, std::move(handler));
                            },
                            {});
        if (!forward) {
            failed(std::move(forward.error()));
            return;
        }
        const std::uint16_t port = (*forward)->port();
        {
            const std::lock_guard lock(m_mutex);
            m_forward = std::move(*forward);
        }
        if (!m_options.knownHosts.empty()) {
            const int made = ::open(m_options.knownHosts.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
            if (made >= 0)
                ::close(made);
        }
        ProcessTarget process;
        process.command = sshCommand(m_target, m_options, port, keyFile);
        process.environment = {"TERM=xterm-256color"};
        process.tty = m_options.command.empty();
        become([&](std::shared_ptr<SessionHandler> handler) {
            return openProcess(process, size(), std::move(handler));
        });
    }

    const SshTarget m_target;
    const SshOptions m_options;
    std::mutex m_mutex; // guards these
    std::unique_ptr<KeyFile> m_key;
    std::unique_ptr<Forward> m_forward;
};

} // namespace

Result<std::unique_ptr<KeyFile>> KeyFile::write(const Secret& key)
{
    const std::string in = temporaryFolder();
    removeLeft(in);
    std::string folder = in + "/" + kFolder + std::to_string(::getpid()) + "-XXXXXX";
    const auto refuse = [] {
        return fail(ErrorKind::Io, translate("Console", "The key could not be written for ssh."),
                    std::strerror(errno));
    };
    if (::mkdtemp(folder.data()) == nullptr) // mode 0700
        return refuse();
    std::unique_ptr<KeyFile> file(new KeyFile(folder));
    const int fd = ::open(file->path().c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return refuse();
    const std::string& text = key.reveal();
    const ssize_t written = ::write(fd, text.data(), text.size());
    ::close(fd);
    if (written != static_cast<ssize_t>(text.size()))
        return refuse();
    return file;
}

KeyFile::~KeyFile()
{
    ::unlink(m_path.c_str());
    ::rmdir(m_folder.c_str());
}

std::vector<std::string> sshCommand(const SshTarget& target, const SshOptions& options,
                                    std::uint16_t localPort, const std::string& keyFile)
{
    const bool batch = !options.command.empty();
    std::vector<std::string> words{options.program,
                                   "-F",
                                   "none", // the operator's own settings are for other hosts than 127.0.0.1
                                   "-p",
                                   std::to_string(localPort),
                                   "-l",
                                   target.user};
    const auto option = [&words](const std::string& text) {
        words.emplace_back("-o");
        words.push_back(text);
    };
    option("HostKeyAlias=strata-" +
           (target.uid.empty() ? target.guest.ns + "." + target.guest.name : target.uid));
    if (!options.knownHosts.empty())
        option("UserKnownHostsFile=\"" + options.knownHosts + "\"");
    option("GlobalKnownHostsFile=/dev/null");
    option(batch ? "StrictHostKeyChecking=accept-new" : "StrictHostKeyChecking=ask");
    option("CheckHostIP=no");
    option("UpdateHostKeys=no");
    option("ForwardAgent=no");
    option("ForwardX11=no");
    option("PermitLocalCommand=no");
    option("ServerAliveInterval=15");
    option("ServerAliveCountMax=3");
    option("ConnectTimeout=20");
    if (batch) {
        option("BatchMode=yes");
        option("LogLevel=ERROR");
    }
    if (!keyFile.empty()) {
        option("IdentitiesOnly=yes");
        words.emplace_back("-i");
        words.push_back(keyFile);
    }
    words.emplace_back("--");
    words.emplace_back("127.0.0.1");
    if (batch)
        words.push_back(options.command);
    return words;
}

std::unique_ptr<Session> openSsh(std::shared_ptr<kube::Client> client, SshTarget target, SshOptions options,
                                 TerminalSize size, std::shared_ptr<SessionHandler> handler)
{
    return Deferred::start(std::make_shared<Ssh>(std::move(client), std::move(target), std::move(options),
                                                 size, std::move(handler)));
}

} // namespace strata::console
