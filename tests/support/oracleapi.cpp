// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/oracleapi.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace strata::test {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::int64_t kAll = INT64_MAX;

std::string status(int code, const char* reason, const std::string& message)
{
    return R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":")" + std::string(reason) +
           R"(","message":")" + message + R"(","code":)" + std::to_string(code) + "}";
}

std::string parameter(const std::string& query, const std::string& key)
{
    for (std::size_t at = 0; at <= query.size();) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        if (query.compare(at, key.size() + 1, key + "=") == 0)
            return query.substr(at + key.size() + 1, end - at - key.size() - 1);
        at = end + 1;
    }
    return {};
}

bool write(int socket, const std::string& bytes)
{
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t sent = ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        done += static_cast<std::size_t>(sent);
    }
    return true;
}

bool answer(int socket, int code, const std::string& body, const std::string& headers = {})
{
    return write(socket, "HTTP/1.1 " + std::to_string(code) +
                             " X\r\nContent-Type: application/json\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
}

bool chunk(int socket, const std::string& text)
{
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    return write(socket, size + text + "\r\n");
}

} // namespace

class OracleApi::Private {
public:
    struct Change {
        std::int64_t version = 0;
        const char* type = "";
        std::string name;
        std::string uid;
        std::string json;
    };
    struct Caller { // one client, by its seed
        std::mt19937 random;
        Clock::time_point leaveAlone; // it was told to wait so long
    };

    Private() : listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(listener, 512) != 0 ||
            ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            std::abort();
        port = ntohs(address.sin_port);
        acceptor = std::thread([this] { acceptAll(); });
    }
    ~Private()
    {
        {
            const std::lock_guard lock(mutex);
            ending = true;
            for (const int socket : sockets)
                ::shutdown(socket, SHUT_RDWR);
            changed.notify_all();
        }
        ::shutdown(listener, SHUT_RDWR);
        acceptor.join();
        for (std::thread& talker : talkers)
            talker.join();
        ::close(listener);
    }
    Private(const Private&) = delete;
    Private& operator=(const Private&) = delete;

    void acceptAll()
    {
        for (;;) {
            const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            const std::lock_guard lock(mutex);
            if (ending) {
                if (socket >= 0)
                    ::close(socket);
                return;
            }
            if (socket < 0)
                continue;
            const int one = 1;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            sockets.insert(socket);
            talkers.emplace_back([this, socket] { talk(socket); });
        }
    }

    void talk(int socket)
    {
        std::string buffer;
        char bytes[4096];
        for (bool good = true; good;) {
            const std::size_t end = buffer.find("\r\n\r\n");
            if (end == std::string::npos) {
                const ssize_t got = ::recv(socket, bytes, sizeof bytes, 0);
                if (got <= 0)
                    break;
                buffer.append(bytes, static_cast<std::size_t>(got));
                continue;
            }
            const std::string head = buffer.substr(0, end);
            buffer.erase(0, end + 4);
            const std::size_t from = head.find(' ') + 1;
            const std::size_t token = head.find("Bearer seed-");
            good = respond(socket, head.substr(from, head.find(' ', from) - from),
                           token == std::string::npos ? 0 : std::atoi(head.c_str() + token + 12));
        }
        const std::lock_guard lock(mutex);
        sockets.erase(socket);
        ::close(socket);
    }

    Caller& caller(int seed)
    {
        const auto found = callers.find(seed);
        if (found != callers.end())
            return found->second;
        return callers.emplace(seed, Caller{std::mt19937(static_cast<unsigned>(seed * 131 + 7)), {}})
            .first->second;
    }

    // The objects as they were at a version.
    std::vector<const Change*> at(std::int64_t time) const
    {
        std::map<std::string, const Change*> objects;
        for (const Change& change : log) {
            if (change.version > time)
                break;
            if (change.type == std::string("DELETED"))
                objects.erase(change.name);
            else
                objects[change.name] = &change;
        }
        std::vector<const Change*> out;
        for (const auto& [name, change] : objects)
            out.push_back(change);
        return out;
    }

    bool respond(int socket, const std::string& target, int seed)
    {
        const std::size_t question = target.find('?');
        const std::string query = question == std::string::npos ? std::string() : target.substr(question + 1);
        if (target.substr(0, question) != "/api/v1/configmaps")
            return answer(socket, 404, status(404, "NotFound", "no such thing"));
        std::unique_lock lock(mutex);
        Caller& from = caller(seed);
        const auto now = Clock::now();
        if (now < from.leaveAlone)
            ++impatient;
        const bool bad = mood != Mood::None && from.random() % 2 == 0;
        const unsigned dice = from.random();
        const bool watches = parameter(query, "watch") == "1";
        if (bad && mood != Mood::Stale)
            ++refused;
        if (bad && (mood == Mood::Unauthorized || mood == Mood::Forbidden)) {
            const bool who = mood == Mood::Unauthorized;
            lock.unlock();
            return answer(socket, who ? 401 : 403,
                          who ? status(401, "Unauthorized", "Unauthorized")
                              : status(403, "Forbidden", "configmaps is forbidden"));
        }
        if (bad && mood == Mood::Throttled && (!watches || dice % 2 == 0)) {
            std::string header;
            switch (dice % 5) {
            case 0:
            case 1:
                header = "Retry-After: 1\r\n";
                from.leaveAlone = now + 950ms; // it reads the answer a moment later than it is written
                break;
            case 2:
                header = "Retry-After: soon\r\n";
                break;
            case 3:
                header = "Retry-After: -5\r\n";
                break;
            default:
                break;
            }
            lock.unlock();
            return answer(socket, 429, status(429, "TooManyRequests", "slow down"), header);
        }
        if (watches)
            return watch(lock, socket, query, bad ? mood : Mood::None, dice);
        return list(lock, socket, query, bad ? mood : Mood::None, dice);
    }

    bool list(std::unique_lock<std::mutex>& lock, int socket, const std::string& query, Mood how,
              unsigned dice)
    {
        std::int64_t at = version;
        std::size_t first = 0;
        if (const std::string token = parameter(query, "continue"); !token.empty()) {
            if (how == Mood::Gone) {
                lock.unlock();
                return answer(socket, 410, status(410, "Expired", "the continue token is too old"));
            }
            at = std::atoll(token.c_str());
            first = static_cast<std::size_t>(std::atoll(token.c_str() + token.find('-') + 1));
        } else if (how == Mood::Stale) {
            at = std::max<std::int64_t>(1, at - static_cast<std::int64_t>(dice % 20));
        }
        const std::vector<const Change*> objects = this->at(at);
        const auto limit =
            static_cast<std::size_t>(std::max(0, std::atoi(parameter(query, "limit").c_str())));
        const std::size_t last = limit == 0 ? objects.size() : std::min(objects.size(), first + limit);
        std::string body = R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":")" +
                           std::to_string(at) + "\"";
        if (last < objects.size())
            body += R"(,"continue":")" + std::to_string(at) + "-" + std::to_string(last) + "\"";
        body += R"(},"items":[)";
        for (std::size_t i = first; i < last; ++i)
            body += (i == first ? "" : ",") + objects[i]->json;
        lock.unlock();
        return answer(socket, 200, body + "]}");
    }

    bool watch(std::unique_lock<std::mutex>& lock, int socket, const std::string& query, Mood how,
               unsigned dice)
    {
        const bool initial = parameter(query, "sendInitialEvents") == "true";
        std::int64_t sent = initial ? 0 : std::atoll(parameter(query, "resourceVersion").c_str());
        if (how == Mood::Gone && dice % 2 == 0) {
            lock.unlock();
            return answer(socket, 410, status(410, "Expired", "too old resource version"));
        }
        // So many events before it goes wrong.
        unsigned left = how == Mood::Gone || how == Mood::Throttled ? dice / 2 % 6 : 0;
        // A replica that lags shows nothing newer until it has caught up.
        std::int64_t upTo = how == Mood::Stale
                                ? std::max<std::int64_t>(1, version - static_cast<std::int64_t>(dice % 20))
                                : kAll;
        std::string frames;
        if (initial) {
            sent = std::min(version, upTo);
            for (const Change* object : at(sent))
                frames += R"({"type":"ADDED","object":)" + object->json + "}\n";
            frames += R"({"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":)"
                      R"({"resourceVersion":")" +
                      std::to_string(sent) + R"(","annotations":{"k8s.io/initial-events-end":"true"}}}})" +
                      "\n";
        }
        lock.unlock();
        if (!write(socket,
                   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"))
            return false;
        for (;;) {
            if (!frames.empty() && !chunk(socket, frames))
                return false;
            frames.clear();
            lock.lock();
            changed.wait(lock, [&] {
                if (mood == Mood::None) {
                    upTo = kAll;
                    if (how != Mood::Stale)
                        how = Mood::None;
                }
                return ending || std::min(version, upTo) > sent ||
                       ((how == Mood::Gone || how == Mood::Throttled) && left == 0);
            });
            if (ending)
                return false;
            bool fails = false;
            for (const Change& change : log) {
                if (change.version <= sent || change.version > upTo)
                    continue;
                if ((how == Mood::Gone || how == Mood::Throttled) && left-- == 0) {
                    fails = true;
                    break;
                }
                frames += R"({"type":")" + std::string(change.type) + R"(","object":)" + change.json + "}\n";
                sent = change.version;
            }
            fails = fails || ((how == Mood::Gone || how == Mood::Throttled) && left == 0);
            lock.unlock();
            if (!fails)
                continue;
            frames += R"({"type":"ERROR","object":)" +
                      (how == Mood::Gone ? status(410, "Expired", "too old resource version")
                                         : status(429, "TooManyRequests", "slow down")) +
                      "}\n";
            return chunk(socket, frames) && write(socket, "0\r\n\r\n");
        }
    }

    void record(const char* type, const std::string& name, const std::string& uid)
    {
        ++version;
        log.push_back({version, type, name, uid,
                       R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"namespace":"default","name":")" +
                           name + R"(","uid":")" + uid + R"(","resourceVersion":")" +
                           std::to_string(version) + R"("},"data":{"a":"b"}})"});
        changed.notify_all();
    }

    int listener = -1;
    int port = 0;
    mutable std::mutex mutex; // guards the rest
    std::condition_variable changed;
    bool ending = false;
    Mood mood = Mood::None;
    std::int64_t version = 1;
    std::int64_t lastUid = 0;
    std::vector<Change> log;
    std::map<std::string, std::string> uids;
    std::map<int, Caller> callers;
    int refused = 0;
    int impatient = 0;
    std::set<int> sockets;
    std::vector<std::thread> talkers;
    std::thread acceptor; // last: starts when the rest is there
};

OracleApi::OracleApi() : m_d(std::make_unique<Private>()) {}

OracleApi::~OracleApi() = default;

std::string OracleApi::url() const
{
    return "http://127.0.0.1:" + std::to_string(m_d->port);
}

void OracleApi::setMood(Mood mood)
{
    const std::lock_guard lock(m_d->mutex);
    m_d->mood = mood;
    m_d->changed.notify_all();
}

void OracleApi::put(const std::string& name)
{
    const std::lock_guard lock(m_d->mutex);
    const auto known = m_d->uids.find(name);
    if (known != m_d->uids.end()) {
        m_d->record("MODIFIED", name, known->second);
        return;
    }
    const std::string uid = "uid-" + std::to_string(++m_d->lastUid);
    m_d->uids.emplace(name, uid);
    m_d->record("ADDED", name, uid);
}

void OracleApi::remove(const std::string& name)
{
    const std::lock_guard lock(m_d->mutex);
    const auto known = m_d->uids.find(name);
    if (known == m_d->uids.end())
        return;
    m_d->record("DELETED", name, known->second);
    m_d->uids.erase(name);
}

std::map<std::string, std::string> OracleApi::truth() const
{
    const std::lock_guard lock(m_d->mutex);
    std::map<std::string, std::string> out;
    for (const Private::Change* object : m_d->at(m_d->version))
        out["default/" + object->name] = object->uid + "@" + std::to_string(object->version);
    return out;
}

int OracleApi::refused() const
{
    const std::lock_guard lock(m_d->mutex);
    return m_d->refused;
}

int OracleApi::impatient() const
{
    const std::lock_guard lock(m_d->mutex);
    return m_d->impatient;
}

void OracleApi::forgive()
{
    const std::lock_guard lock(m_d->mutex);
    m_d->impatient = 0;
    for (auto& [seed, caller] : m_d->callers)
        caller.leaveAlone = {};
}

} // namespace strata::test
