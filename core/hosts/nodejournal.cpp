// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hosts/nodejournal.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace strata::hosts {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostFile = 64U << 10U;
constexpr std::string_view kEnding = ".node";

tl::unexpected<Error> ioFault(const char* text, const std::string& path, int number)
{
    return fail(ErrorKind::Io, arguments(translate("hosts", text), {path}), std::strerror(number));
}

// Its text fields, in the order of the file.
constexpr std::array<std::pair<const char*, std::string NodeTrace::*>, 10> kFields = {
    {{"id", &NodeTrace::id},
     {"title", &NodeTrace::title},
     {"node", &NodeTrace::node},
     {"uri", &NodeTrace::uri},
     {"server", &NodeTrace::server},
     {"uuid", &NodeTrace::uuid},
     {"pool", &NodeTrace::pool},
     {"disk", &NodeTrace::disk},
     {"seed", &NodeTrace::seed},
     {"token", &NodeTrace::token}}};

Result<void> writeAll(int fd, const std::string& path, const std::string& text)
{
    for (std::size_t at = 0; at < text.size();) {
        const ssize_t wrote = ::write(fd, text.data() + at, text.size() - at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return ioFault("The journal %1 cannot be written.", path, errno);
        at += static_cast<std::size_t>(wrote);
    }
    if (::fsync(fd) != 0)
        return ioFault("The journal %1 cannot be written.", path, errno);
    return {};
}

Result<std::string> readAll(int fd, const std::string& path)
{
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.size() < kMostFile) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ioFault("The journal %1 cannot be read.", path, errno);
        if (got == 0)
            break;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

Result<NodeTrace> parse(const std::string& text, const std::string& path)
{
    NodeTrace trace;
    trace.path = path;
    bool head = false;
    for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
        const Json line = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                      text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
        if (!line.is_object())
            continue; // of a writer that was killed
        const auto field = [&line](const char* key) {
            const auto found = line.find(key);
            return found != line.end() && found->is_string() ? cleanText(found->get<std::string>())
                                                             : std::string();
        };
        if (!head) {
            for (const auto& [key, member] : kFields)
                trace.*member = field(key);
            const auto at = line.find("startedAt");
            trace.startedAt = at != line.end() && at->is_number_integer() ? at->get<UnixMs>() : 0;
            head = true;
        } else if (const std::string begun = field("begun"); !begun.empty()) {
            trace.begun = begun;
        } else if (const std::string made = field("made"); !made.empty()) {
            trace.made.insert(made);
            trace.begun.clear();
        } else if (const std::string gone = field("gone"); !gone.empty()) {
            trace.made.erase(gone);
            trace.begun.clear();
        }
    }
    if (!head || trace.id.empty() || trace.uri.empty())
        return fail(ErrorKind::Invalid, arguments(translate("hosts", "%1 is no journal of a node."), {path}));
    return trace;
}

} // namespace

Result<std::unique_ptr<NodeJournal>> NodeJournal::create(const std::string& folder, const NodeTrace& trace)
{
    NodeTrace own = trace;
    own.made.clear();
    own.begun.clear();
    own.path = folder + "/" + trace.id + std::string(kEnding);
    Descriptor file(::open(own.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                           S_IRUSR | S_IWUSR));
    if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
        return ioFault("The journal %1 cannot be written.", own.path, errno);
    Json head = Json::object();
    for (const auto& [key, member] : kFields)
        head[key] = own.*member;
    head["startedAt"] = own.startedAt;
    const Result<void> written = writeAll(
        file.get(), own.path, head.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    if (!written)
        return tl::unexpected<Error>(written.error());
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory)
        (void)::fsync(directory.get());
    return std::unique_ptr<NodeJournal>(new NodeJournal(std::move(file), std::move(own)));
}

Result<std::unique_ptr<NodeJournal>> NodeJournal::open(const std::string& path)
{
    Descriptor file(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
    if (!file)
        return ioFault("The journal %1 cannot be read.", path, errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorKind::Conflict, translate("hosts", "That run has not ended."), path);
    const Result<std::string> text = readAll(file.get(), path);
    if (!text)
        return tl::unexpected<Error>(text.error());
    Result<NodeTrace> trace = parse(*text, path);
    if (!trace)
        return tl::unexpected<Error>(trace.error());
    if (text->back() != '\n') {
        if (const Result<void> ended = writeAll(file.get(), path, "\n"); !ended)
            return tl::unexpected<Error>(ended.error());
    }
    return std::unique_ptr<NodeJournal>(new NodeJournal(std::move(file), std::move(*trace)));
}

Result<void> NodeJournal::append(const char* what, const std::string& step)
{
    return writeAll(m_file.get(), m_trace.path, Json{{what, step}}.dump() + "\n");
}

Result<void> NodeJournal::begin(const std::string& step)
{
    m_trace.begun = step;
    return append("begun", step);
}

Result<void> NodeJournal::made(const std::string& step)
{
    m_trace.made.insert(step);
    m_trace.begun.clear();
    return append("made", step);
}

Result<void> NodeJournal::gone(const std::string& step)
{
    m_trace.made.erase(step);
    m_trace.begun.clear();
    return append("gone", step);
}

void NodeJournal::finish()
{
    (void)::unlink(m_trace.path.c_str());
    m_file.close();
}

Result<std::string> nodeJournalFolder()
{
    Result<std::string> folder = provision::journalFolder();
    if (!folder)
        return folder;
    std::string own = folder->substr(0, folder->rfind('/')) + "/nodes";
    if (::mkdir(own.c_str(), S_IRWXU) != 0 && errno != EEXIST)
        return ioFault("The folder %1 cannot be made.", own, errno);
    return own;
}

std::vector<NodeTrace> leftNodes(const std::string& folder)
{
    std::vector<NodeTrace> out;
    DIR* directory = ::opendir(folder.c_str());
    if (directory == nullptr)
        return out;
    while (const dirent* entry = ::readdir(directory)) {
        const std::string_view name(entry->d_name);
        if (name.size() <= kEnding.size() || name.substr(name.size() - kEnding.size()) != kEnding)
            continue;
        if (const auto journal = NodeJournal::open(folder + "/" + std::string(name)))
            out.push_back((*journal)->trace());
    }
    ::closedir(directory);
    std::sort(out.begin(), out.end(), [](const NodeTrace& a, const NodeTrace& b) {
        return a.startedAt != b.startedAt ? a.startedAt < b.startedAt : a.id < b.id;
    });
    return out;
}

std::vector<std::string> partsLeft(const NodeTrace& trace)
{
    const auto say = [](const char* text, std::initializer_list<std::string> values) {
        return arguments(translate("hosts", text), values);
    };
    std::vector<std::string> out;
    const auto there = [&trace](const char* step) {
        return trace.made.count(step) != 0 || trace.begun == step;
    };
    if (there("domain"))
        out.push_back(say("domain %1", {trace.node}));
    if (there("disk"))
        out.push_back(say("volume %1 of pool %2", {trace.disk, trace.pool}));
    if (there("seed"))
        out.push_back(say("volume %1 of pool %2", {trace.seed, trace.pool}));
    if (there("token") && !trace.token.empty())
        out.push_back(say("Secret kube-system/%1", {trace.token}));
    return out;
}

} // namespace strata::hosts
