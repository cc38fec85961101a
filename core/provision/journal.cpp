// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/journal.h"

#include "core/base/timestamp.h"
#include "core/base/translate.h"

#include <dirent.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";
constexpr std::size_t kMaxJournal = 64U << 20U;

using Kind = JournalRecord::Kind;
const std::vector<std::pair<Kind, const char*>> kKinds = {
    {Kind::Plan, "plan"},         {Kind::Intent, "intent"},   {Kind::Written, "written"},
    {Kind::Adopted, "adopted"},   {Kind::Kept, "kept"},       {Kind::StepDone, "step-done"},
    {Kind::Deleting, "deleting"}, {Kind::Deleted, "deleted"}, {Kind::Ended, "ended"},
};

std::string line(const JournalRecord& record)
{
    const auto word = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const auto& pair) { return pair.first == record.kind; });
    Json json = {{"at", formatRfc3339(systemNow())}, {"type", word->second}};
    if (!record.step.empty())
        json["step"] = record.step;
    if (record.write >= 0)
        json["write"] = record.write;
    if (!record.ref.name.empty())
        json["ref"] = {{"apiVersion", record.ref.apiVersion},
                       {"kind", record.ref.kind},
                       {"namespace", record.ref.ns},
                       {"name", record.ref.name}};
    if (!record.uid.empty())
        json["uid"] = record.uid;
    if (!record.note.empty())
        json["note"] = record.note;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string textOf(const Json& json, const char* key)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Error ioError(const char* text, const std::string& path, int number)
{
    return Error{ErrorKind::Io, arguments(translate(kContext, text), {path}), std::strerror(number), 0, 0};
}

Result<void> writeAll(int file, const std::string& path, const std::string& text)
{
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = ::write(file, text.data() + done, text.size() - done);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return tl::unexpected(
                ioError("The journal %1 cannot be written; nothing is changed without it.", path, errno));
        }
        done += static_cast<std::size_t>(n);
    }
    if (::fdatasync(file) != 0)
        return tl::unexpected(
            ioError("The journal %1 cannot be brought to disk; nothing is changed without it.", path, errno));
    return {};
}

Result<std::string> readFile(const std::string& path)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return tl::unexpected(ioError("The journal %1 cannot be opened.", path, errno));
    std::string text;
    char buffer[65536];
    for (;;) {
        const ssize_t n = ::read(file, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            const int number = errno;
            ::close(file);
            return tl::unexpected(ioError("The journal %1 cannot be read.", path, number));
        }
        if (n == 0)
            break;
        text.append(buffer, static_cast<std::size_t>(n));
        if (text.size() > kMaxJournal) {
            ::close(file);
            return fail(ErrorKind::Config,
                        arguments(translate(kContext, "%1 is too large for a journal."), {path}));
        }
    }
    ::close(file);
    return text;
}

} // namespace

class Journal::Private {
public:
    struct Entry {
        std::string text;
        std::function<void(Result<void>)> done;
    };

    std::string path;
    int file = -1;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Entry> queue;
    bool stop = false;
    std::thread thread;

    void run()
    {
        std::unique_lock<std::mutex> lock(mutex);
        for (;;) {
            wake.wait(lock, [this] { return stop || !queue.empty(); });
            if (queue.empty())
                return;
            Entry entry = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            Result<void> result = writeAll(file, path, entry.text);
            if (entry.done)
                entry.done(std::move(result));
            entry = {};
            lock.lock();
        }
    }

    ~Private()
    {
        if (file >= 0)
            ::close(file);
    }
};

Journal::Journal(std::unique_ptr<Private> d) : m_d(std::move(d))
{
    m_d->thread = std::thread([this] { m_d->run(); });
}

Journal::~Journal()
{
    {
        const std::lock_guard<std::mutex> lock(m_d->mutex);
        m_d->stop = true;
    }
    m_d->wake.notify_all();
    m_d->thread.join();
}

const std::string& Journal::path() const
{
    return m_d->path;
}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, const Plan& plan)
{
    auto d = std::make_unique<Private>();
    d->path = path;
    d->file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (d->file < 0)
        return tl::unexpected(ioError("The journal %1 cannot be opened.", path, errno));
    if (::flock(d->file, LOCK_EX | LOCK_NB) != 0) {
        return fail(ErrorKind::Conflict,
                    arguments(translate(kContext, "The plan of %1 is being carried out already."), {path}),
                    std::strerror(errno));
    }
    struct stat info = {};
    if (::fstat(d->file, &info) != 0 || !S_ISREG(info.st_mode))
        return tl::unexpected(ioError("%1 is not a file.", path, errno));
    if (::fchmod(d->file, S_IRUSR | S_IWUSR) != 0)
        return tl::unexpected(ioError("The journal %1 cannot be made private.", path, errno));

    bool fresh = info.st_size == 0;
    if (!fresh) {
        auto text = readFile(path);
        if (!text)
            return tl::unexpected(text.error());
        const std::size_t end = text->rfind('\n');
        if (end == std::string::npos) { // killed while the plan itself was written: nothing has been done yet
            if (::ftruncate(d->file, 0) != 0)
                return tl::unexpected(ioError("The journal %1 cannot be written.", path, errno));
            fresh = true;
        } else if (end + 1 != text->size() && ::ftruncate(d->file, static_cast<off_t>(end + 1)) != 0) {
            return tl::unexpected(ioError("The journal %1 cannot be written.", path, errno));
        }
    }
    if (fresh) {
        const std::string first = "{\"type\":\"plan\",\"plan\":" + planToJson(plan) + "}\n";
        if (auto done = writeAll(d->file, path, first); !done)
            return tl::unexpected(done.error());
        // The directory entry must survive, too.
        const std::size_t slash = path.rfind('/');
        const std::string folder = slash == std::string::npos ? "."
                                   : slash == 0               ? "/"
                                                              : path.substr(0, slash);
        const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory >= 0) {
            ::fsync(directory);
            ::close(directory);
        }
    } else {
        auto content = read(path);
        if (!content)
            return tl::unexpected(content.error());
        if (content->plan.id != plan.id) {
            return fail(ErrorKind::Conflict,
                        arguments(translate(kContext, "The journal %1 belongs to another plan."), {path}));
        }
    }
    return std::unique_ptr<Journal>(new Journal(std::move(d)));
}

Result<JournalContent> Journal::read(const std::string& path)
{
    auto text = readFile(path);
    if (!text)
        return tl::unexpected(text.error());
    const auto bad = [&](std::size_t number) {
        return fail(ErrorKind::Config,
                    arguments(translate(kContext, "Line %1 of the journal %2 cannot be read."),
                              {std::to_string(number), path}));
    };
    JournalContent content;
    std::size_t begin = 0;
    std::size_t number = 0;
    bool hasPlan = false;
    while (begin < text->size()) {
        const std::size_t end = text->find('\n', begin);
        if (end == std::string::npos) {
            content.cut = true;
            break;
        }
        ++number;
        const std::string_view one = std::string_view(*text).substr(begin, end - begin);
        begin = end + 1;
        const Json json = Json::parse(one, nullptr, false);
        if (!json.is_object())
            return bad(number);
        const std::string type = textOf(json, "type");
        const auto kind =
            std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& pair) { return pair.second == type; });
        if (kind == kKinds.end())
            return bad(number);
        if (kind->first == Kind::Plan) {
            if (hasPlan || !json.contains("plan"))
                return bad(number);
            auto plan = planFromJson(json["plan"].dump(-1, ' ', false, Json::error_handler_t::replace));
            if (!plan)
                return tl::unexpected(plan.error());
            content.plan = std::move(*plan);
            hasPlan = true;
            continue;
        }
        if (!hasPlan)
            return bad(number);
        JournalRecord record;
        record.kind = kind->first;
        record.step = textOf(json, "step");
        if (json.contains("write") && json["write"].is_number_integer())
            record.write = json["write"].get<int>();
        if (json.contains("ref") && json["ref"].is_object()) {
            const Json& ref = json["ref"];
            record.ref = {textOf(ref, "apiVersion"), textOf(ref, "kind"), textOf(ref, "namespace"),
                          textOf(ref, "name")};
        }
        record.uid = textOf(json, "uid");
        record.note = textOf(json, "note");
        content.ended = record.kind == Kind::Ended ? record.note : std::string();
        content.records.push_back(std::move(record));
    }
    if (!hasPlan)
        return fail(ErrorKind::Config,
                    arguments(translate(kContext, "%1 is not the journal of a plan."), {path}));
    return content;
}

void Journal::append(JournalRecord record, std::function<void(Result<void>)> done)
{
    {
        const std::lock_guard<std::mutex> lock(m_d->mutex);
        m_d->queue.push_back({line(record), std::move(done)});
    }
    m_d->wake.notify_one();
}

Result<std::string> journalFolder()
{
    std::string folder;
    if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && state[0] == '/')
        folder = state;
    else if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/')
        folder = std::string(home) + "/.local/state";
    else
        return fail(ErrorKind::Config, translate(kContext, "There is no home folder to keep journals in."));
    folder += "/strata/plans";
    for (std::size_t slash = folder.find('/', 1);; slash = folder.find('/', slash + 1)) {
        const std::string part = folder.substr(0, slash);
        if (::mkdir(part.c_str(), S_IRWXU) != 0 && errno != EEXIST)
            return tl::unexpected(ioError("The folder %1 cannot be made.", part, errno));
        if (slash == std::string::npos)
            return folder;
    }
}

std::vector<std::string> unfinishedJournals(const std::string& folder)
{
    std::vector<std::string> found;
    DIR* directory = ::opendir(folder.c_str());
    if (directory == nullptr)
        return found;
    while (const dirent* entry = ::readdir(directory)) {
        const std::string name = entry->d_name;
        if (name.size() < 9 || name.compare(name.size() - 8, 8, ".journal") != 0)
            continue;
        const auto content = Journal::read(folder + "/" + name);
        if (content && content->ended != "done" && content->ended != "undone")
            found.push_back(folder + "/" + name);
    }
    ::closedir(directory);
    std::sort(found.begin(), found.end());
    return found;
}

} // namespace strata::provision
