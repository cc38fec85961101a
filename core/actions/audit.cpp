// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/audit.h"

#include "core/actions/build.h"
#include "core/base/descriptor.h"
#include "core/base/text.h"
#include "core/provision/journal.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace strata::actions {

using provision::Json;

namespace {

constexpr std::size_t kMostRead = 32U << 20U;

Error ioError(const char* text, const std::string& path, int number)
{
    return Error{ErrorKind::Io, say(text, {path}), std::strerror(number), 0, 0};
}

std::string member(const Json& json, const char* key)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? cleanText(found->get<std::string>()) : std::string();
}

} // namespace

std::string auditWho()
{
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    std::string who = std::to_string(::getuid());
    if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        who = entry.pw_name;
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0 && host.front() != '\0')
        who += "@" + std::string(host.data());
    return cleanText(who, 200);
}

AuditEntry auditEntry(const provision::Plan& plan, const std::string& result, const std::string& detail,
                      UnixMs now)
{
    AuditEntry entry;
    entry.at = now;
    entry.who = auditWho();
    entry.server = plan.server;
    entry.plan = plan.id;
    entry.action = plan.action.empty() ? "create-cluster" : plan.action;
    entry.what = plan.title;
    entry.result = result;
    entry.detail = cleanText(detail);
    return entry;
}

Result<std::string> auditPath()
{
    const auto folder = provision::journalFolder(); // "…/strata/plans"
    if (!folder)
        return tl::unexpected(folder.error());
    return folder->substr(0, folder->rfind('/')) + "/audit.jsonl";
}

Result<void> appendAudit(const std::string& path, const AuditEntry& entry)
{
    const Json json = {{"at", formatRfc3339(entry.at)}, {"who", entry.who},
                       {"server", entry.server},        {"plan", entry.plan},
                       {"action", entry.action},        {"what", entry.what},
                       {"result", entry.result},        {"detail", entry.detail}};
    const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    const Descriptor file(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (file.get() < 0)
        return tl::unexpected(ioError("The audit log %1 cannot be opened.", path, errno));
    if (::flock(file.get(), LOCK_EX) != 0)
        return tl::unexpected(ioError("The audit log %1 cannot be locked.", path, errno));
    // Half a line of a process that was killed ends before this one begins.
    struct stat info = {};
    char last = '\n';
    if (::fstat(file.get(), &info) == 0 && info.st_size > 0 &&
        ::pread(file.get(), &last, 1, info.st_size - 1) != 1)
        last = '\n';
    const std::string text = (last == '\n' ? "" : "\n") + line;
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = ::write(file.get(), text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tl::unexpected(ioError("The audit log %1 cannot be written.", path, errno));
        done += static_cast<std::size_t>(n);
    }
    if (::fdatasync(file.get()) != 0)
        return tl::unexpected(ioError("The audit log %1 cannot be brought to disk.", path, errno));
    return {};
}

Result<std::vector<AuditEntry>> readAudit(const std::string& path, std::size_t limit)
{
    std::vector<AuditEntry> out;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0) {
        if (errno == ENOENT)
            return out;
        return tl::unexpected(ioError("The audit log %1 cannot be opened.", path, errno));
    }
    struct stat info = {};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return tl::unexpected(ioError("%1 is not a file.", path, errno));
    // Only its end matters.
    const auto size = static_cast<std::size_t>(info.st_size);
    const std::size_t from = size > kMostRead ? size - kMostRead : 0;
    std::string text(size - from, '\0');
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t n =
            ::pread(file.get(), text.data() + done, text.size() - done, static_cast<off_t>(from + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tl::unexpected(ioError("The audit log %1 cannot be read.", path, errno));
        if (n == 0)
            break;
        done += static_cast<std::size_t>(n);
    }
    text.resize(done);
    for (const std::string& line : split(text, '\n')) {
        const Json json = Json::parse(line, nullptr, false);
        if (!json.is_object())
            continue;
        AuditEntry entry;
        entry.at = parseRfc3339(member(json, "at")).value_or(0);
        entry.who = member(json, "who");
        entry.server = member(json, "server");
        entry.plan = member(json, "plan");
        entry.action = member(json, "action");
        entry.what = member(json, "what");
        entry.result = member(json, "result");
        entry.detail = member(json, "detail");
        out.push_back(std::move(entry));
    }
    std::reverse(out.begin(), out.end());
    if (out.size() > limit)
        out.resize(limit);
    return out;
}

} // namespace strata::actions
