// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/feeds/fakeapi.h"

#include "core/kube/net/websocketframe.h"

#include <QJsonDocument>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace strata::test {
namespace {

std::string text(const QJsonObject& object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact).toStdString();
}

std::string queryValue(const std::string& query, const std::string& name)
{
    std::size_t from = 0;
    while (from < query.size()) {
        const std::size_t end = std::min(query.find('&', from), query.size());
        const std::string piece = query.substr(from, end - from);
        if (piece.starts_with(name + "="))
            return piece.substr(name.size() + 1);
        from = end + 1;
    }
    return {};
}

} // namespace

FakeApi::FakeApi()
{
    m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(m_listener, generic, size) != 0 || ::listen(m_listener, 256) != 0 ||
        ::getsockname(m_listener, generic, &size) != 0)
        qFatal("the fake API server finds no port");
    m_port = ntohs(address.sin_port);
    answer("/version", 200, R"({"gitVersion": "v1.34.1"})");
    m_acceptor = std::thread([this] { accept(); });
}

FakeApi::~FakeApi()
{
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
        for (const int socket : m_sockets)
            ::shutdown(socket, SHUT_RDWR);
    }
    m_changed.notify_all();
    ::shutdown(m_listener, SHUT_RDWR);
    m_acceptor.join();
    for (std::thread& talker : m_talkers)
        talker.join();
    ::close(m_listener);
}

std::string FakeApi::url() const
{
    return "http://127.0.0.1:" + std::to_string(m_port);
}

kube::ClusterConfig FakeApi::config(const std::string& context) const
{
    kube::ClusterConfig config;
    config.context = config.cluster = config.user = context;
    config.origin = "test";
    config.server = url();
    return config;
}

std::string FakeApi::kubeconfig() const
{
    return "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: k\n  cluster:\n    "
           "server: " +
           url() +
           "\ncontexts:\n- name: c\n  context:\n    cluster: k\n    user: u\nusers:\n- name: u\n  user: {}\n";
}

void FakeApi::serve(const std::string& collection)
{
    const std::lock_guard lock(m_mutex);
    if (auto node = m_withheld.extract(collection))
        m_collections.insert(std::move(node));
    m_collections[collection];
}

void FakeApi::unserve(const std::string& collection)
{
    const std::lock_guard lock(m_mutex);
    m_collections.erase(collection);
    m_changed.notify_all();
}

void FakeApi::withhold(const std::string& collection)
{
    const std::lock_guard lock(m_mutex);
    if (auto node = m_collections.extract(collection))
        m_withheld.insert(std::move(node));
    m_changed.notify_all();
}

void FakeApi::record(Collection& collection, const char* type, const QJsonObject& object)
{
    collection.log.push_back({m_version, type, text(object)});
    m_changed.notify_all();
}

void FakeApi::put(const std::string& path, QJsonObject object)
{
    const std::lock_guard lock(m_mutex);
    Collection& collection = m_collections[path];
    QJsonObject metadata = object[QStringLiteral("metadata")].toObject();
    metadata[QStringLiteral("resourceVersion")] = QString::number(++m_version);
    object[QStringLiteral("metadata")] = metadata;
    const std::string key = (metadata[QStringLiteral("namespace")].toString() + QLatin1Char('/') +
                             metadata[QStringLiteral("name")].toString())
                                .toStdString();
    const bool added = collection.objects.insert_or_assign(key, object).second;
    record(collection, added ? "ADDED" : "MODIFIED", object);
}

void FakeApi::remove(const std::string& path, const std::string& ns, const std::string& name)
{
    const std::lock_guard lock(m_mutex);
    Collection& collection = m_collections[path];
    const auto found = collection.objects.find(ns + "/" + name);
    if (found == collection.objects.end())
        qFatal("the test removes what is not there");
    QJsonObject object = found->second;
    collection.objects.erase(found);
    QJsonObject metadata = object[QStringLiteral("metadata")].toObject();
    metadata[QStringLiteral("resourceVersion")] = QString::number(++m_version);
    object[QStringLiteral("metadata")] = metadata;
    record(collection, "DELETED", object);
}

void FakeApi::answer(const std::string& path, int status, const std::string& body)
{
    const std::lock_guard lock(m_mutex);
    m_answers[path] = {status, body};
}

void FakeApi::forget(const std::string& path)
{
    const std::lock_guard lock(m_mutex);
    m_answers.erase(path);
}

void FakeApi::refuse(const std::string& prefix, int status)
{
    const std::lock_guard lock(m_mutex);
    if (status == 0)
        m_refused.erase(prefix);
    else
        m_refused[prefix] = status;
}

void FakeApi::hang(const std::string& path)
{
    const std::lock_guard lock(m_mutex);
    m_hanging.insert(path);
}

void FakeApi::onPost(const std::string& path, std::function<std::string(const std::string&)> answer)
{
    const std::lock_guard lock(m_mutex);
    m_posts[path] = std::move(answer);
}

void FakeApi::setHeader(const std::string& line)
{
    const std::lock_guard lock(m_mutex);
    m_header = line + "\r\n";
}

void FakeApi::tunnel(const std::string& path, int port, bool channels)
{
    const std::lock_guard lock(m_mutex);
    m_tunnels[path] = {port, channels};
}

// The server's side of a WebSocket, as far as a tunnel needs it.
bool FakeApi::carry(int socket, const std::string& key, int port, bool channels) const
{
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool good =
        ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
        write(socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Protocol: " +
                          std::string(channels ? "v4.channel.k8s.io" : "plain.kubevirt.io") +
                          "\r\nSec-WebSocket-Accept: " + kube::ws::acceptOf(key) + "\r\n\r\n");
    std::string in;
    char bytes[16384];
    if (good && channels) // the port's number, first on each channel
        good = write(socket, std::string("\x82\x03\x00\x2b\x19", 5)) &&
               write(socket, std::string("\x82\x03\x01\x2b\x19", 5));
    while (good) {
        pollfd fds[] = {{socket, POLLIN, 0}, {server, POLLIN, 0}};
        if (::poll(fds, 2, -1) < 0)
            break;
        if (fds[1].revents != 0) {
            const ssize_t got = ::recv(server, bytes, sizeof(bytes), 0);
            if (got <= 0)
                break;
            const std::string payload =
                std::string(channels ? 1 : 0, '\0') + std::string(bytes, static_cast<std::size_t>(got));
            std::string frame = "\x82\x7e";
            frame += static_cast<char>(payload.size() >> 8U);
            frame += static_cast<char>(payload.size() & 0xffU);
            if (payload.size() <= 125) {
                frame.resize(1);
                frame += static_cast<char>(payload.size());
            }
            good = write(socket, frame + payload);
        }
        if (fds[0].revents == 0)
            continue;
        const ssize_t got = ::recv(socket, bytes, sizeof(bytes), 0);
        if (got <= 0)
            break;
        in.append(bytes, static_cast<std::size_t>(got));
        while (in.size() >= 2) {
            const auto at = [&](std::size_t i) { return static_cast<unsigned char>(in[i]); };
            std::size_t head = 2;
            std::size_t size = at(1) & 0x7fU;
            if (size == 126) {
                if (in.size() < 4)
                    break;
                size = (at(2) << 8U) | at(3);
                head = 4;
            }
            if (in.size() < head + 4 + size)
                break;
            const unsigned opcode = at(0) & 0x0fU;
            std::string payload = in.substr(head + 4, size);
            for (std::size_t i = 0; i < size; ++i)
                payload[i] = static_cast<char>(payload[i] ^ in[head + i % 4]);
            in.erase(0, head + 4 + size);
            if (opcode == 8)
                good = false;
            else if (opcode == 2)
                good = good && write(server, channels ? payload.substr(1) : payload);
        }
    }
    ::close(server);
    return false;
}

void FakeApi::setAway(bool away)
{
    const std::lock_guard lock(m_mutex);
    m_away = away;
    if (away)
        for (const int socket : m_sockets)
            ::shutdown(socket, SHUT_RDWR);
    m_changed.notify_all();
}

std::vector<std::string> FakeApi::requests() const
{
    const std::lock_guard lock(m_mutex);
    return m_requests;
}

int FakeApi::count(const std::string& path) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_counts.find(path);
    return found == m_counts.end() ? 0 : found->second;
}

bool FakeApi::waitForRequest(const std::string& path, int times)
{
    std::unique_lock lock(m_mutex);
    return m_changed.wait_for(lock, std::chrono::seconds(20), [&] {
        const auto found = m_counts.find(path);
        return found != m_counts.end() && found->second >= times;
    });
}

void FakeApi::accept()
{
    for (;;) {
        const int socket = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        const std::lock_guard lock(m_mutex);
        if (m_ending || socket < 0) {
            if (socket >= 0)
                ::close(socket);
            return;
        }
        if (m_away) {
            ::close(socket);
            continue;
        }
        m_sockets.insert(socket);
        m_talkers.emplace_back([this, socket] { talk(socket); });
    }
}

void FakeApi::talk(int socket)
{
    std::string buffer;
    for (;;) {
        const std::size_t end = buffer.find("\r\n\r\n");
        if (end == std::string::npos) {
            char bytes[4096];
            const ssize_t got = ::recv(socket, bytes, sizeof(bytes), 0);
            if (got <= 0)
                break;
            buffer.append(bytes, static_cast<std::size_t>(got));
            continue;
        }
        std::size_t size = 0;
        if (const std::size_t length = buffer.find("Content-Length: "); length < end)
            size = std::stoul(buffer.substr(length + 16));
        if (buffer.size() < end + 4 + size) {
            char bytes[4096];
            const ssize_t got = ::recv(socket, bytes, sizeof(bytes), 0);
            if (got <= 0)
                break;
            buffer.append(bytes, static_cast<std::size_t>(got));
            continue;
        }
        const std::size_t from = buffer.find(' ') + 1;
        const std::string target = buffer.substr(from, buffer.find(' ', from) - from);
        const std::string body = buffer.substr(end + 4, size);
        int port = 0;
        bool channels = false;
        {
            const std::lock_guard lock(m_mutex);
            if (const auto found = m_tunnels.find(target); found != m_tunnels.end()) {
                std::tie(port, channels) = found->second;
                m_requests.push_back(target);
                ++m_counts[target];
            }
        }
        if (const std::size_t at = buffer.find("Sec-WebSocket-Key: "); port != 0 && at < end) {
            carry(socket, buffer.substr(at + 19, buffer.find('\r', at) - at - 19), port, channels);
            break;
        }
        buffer.erase(0, end + 4 + size);
        if (!respond(socket, target, body))
            break;
    }
    const std::lock_guard lock(m_mutex);
    m_sockets.erase(socket);
    ::close(socket);
}

bool FakeApi::write(int socket, const std::string& bytes)
{
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t sent = ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        done += static_cast<std::size_t>(sent);
    }
    return true;
}

bool FakeApi::reply(int socket, int code, const std::string& body) const
{
    std::string header;
    {
        const std::lock_guard lock(m_mutex);
        header = m_header;
    }
    return write(socket, "HTTP/1.1 " + std::to_string(code) + " X\r\n" + header +
                             "Content-Type: application/json\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::string FakeApi::status(int code, const std::string& message)
{
    const char* reason = code == 404   ? "NotFound"
                         : code == 403 ? "Forbidden"
                         : code == 401 ? "Unauthorized"
                         : code == 422 ? "Invalid"
                                       : "InternalError";
    return R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" + message +
           R"(","reason":")" + reason + R"(","code":)" + std::to_string(code) + "}";
}

bool FakeApi::respond(int socket, const std::string& target, const std::string& posted)
{
    const std::size_t question = target.find('?');
    const std::string path = target.substr(0, question);
    const std::string query = question == std::string::npos ? std::string() : target.substr(question + 1);
    int code = 404;
    std::string body = status(404, "not served");
    std::int64_t from = -1;
    {
        std::unique_lock lock(m_mutex);
        m_requests.push_back(target);
        ++m_counts[path];
        m_changed.notify_all();
        const auto refused = std::find_if(m_refused.begin(), m_refused.end(),
                                          [&](const auto& entry) { return path.starts_with(entry.first); });
        if (m_hanging.count(path) > 0) {
            m_changed.wait(lock, [&] { return m_ending || m_away; });
            return false;
        }
        if (refused != m_refused.end()) {
            code = refused->second;
            body = status(code, "refused");
        } else if (const auto post = m_posts.find(path); post != m_posts.end() && !posted.empty()) {
            code = 201;
            body = post->second(posted);
        } else if (const auto answered = m_answers.find(path); answered != m_answers.end()) {
            code = answered->second.first;
            body = answered->second.second;
        } else if (const auto found = m_collections.find(path); found != m_collections.end()) {
            if (query.find("sendInitialEvents") != std::string::npos) {
                code = 422;
                body = status(422, "sendInitialEvents is forbidden");
            } else if (queryValue(query, "watch") == "1") {
                from = std::stoll(queryValue(query, "resourceVersion"));
            } else {
                code = 200;
                body = R"({"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":")" +
                       std::to_string(m_version) + "\"";
                const bool one = queryValue(query, "limit") == "1" && found->second.objects.size() > 1;
                if (one)
                    body += R"(,"continue":"more","remainingItemCount":)" +
                            std::to_string(found->second.objects.size() - 1);
                body += R"(},"items":[)";
                bool first = true;
                for (const auto& [key, object] : found->second.objects) {
                    if (one && !first)
                        break;
                    body += (first ? "" : ",") + text(object);
                    first = false;
                }
                body += "]}";
            }
        }
    }
    return from >= 0 ? watch(socket, path, from) : reply(socket, code, body);
}

bool FakeApi::watch(int socket, const std::string& path, std::int64_t from)
{
    if (!write(socket,
               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"))
        return false;
    for (;;) {
        std::string frames;
        {
            std::unique_lock lock(m_mutex);
            const auto next = [&]() -> const Change* {
                const auto found = m_collections.find(path);
                if (found == m_collections.end())
                    return nullptr;
                for (const Change& change : found->second.log)
                    if (change.version > from)
                        return &change;
                return nullptr;
            };
            m_changed.wait(lock, [&] {
                return m_ending || m_sockets.count(socket) == 0 || m_away || m_collections.count(path) == 0 ||
                       next() != nullptr;
            });
            if (m_ending || m_away)
                return false;
            if (m_collections.count(path) == 0) // the kind is gone: the server ends its watches
                return write(socket, "0\r\n\r\n");
            for (const Change* change = next(); change != nullptr; change = next()) {
                frames += R"({"type":")" + change->type + R"(","object":)" + change->object + "}\n";
                from = change->version;
            }
        }
        char size[32];
        std::snprintf(size, sizeof(size), "%zx\r\n", frames.size());
        if (!write(socket, size + frames + "\r\n"))
            return false;
    }
}

} // namespace strata::test
