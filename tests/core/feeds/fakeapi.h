// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/config/kubeconfig.h"

#include <QJsonObject>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace strata::test {

// An API server on loopback over plain HTTP/1.1 that keeps objects: lists them, streams their changes,
// answers fixed paths, and can be told to misbehave. What is not served is answered with 404. A thread a
// connection.
class FakeApi {
public:
    FakeApi();
    ~FakeApi();
    FakeApi(const FakeApi&) = delete;
    FakeApi& operator=(const FakeApi&) = delete;

    std::string url() const;
    kube::ClusterConfig config(const std::string& context) const;
    std::string kubeconfig() const; // for a secret

    // Serves a collection ("/api/v1/pods"), empty at first, or as it was withheld.
    void serve(const std::string& collection);
    void unserve(const std::string& collection);
    void withhold(const std::string& collection); // not served, and kept
    // Adds or replaces; `object` has at least metadata.name.
    void put(const std::string& collection, QJsonObject object);
    void remove(const std::string& collection, const std::string& ns, const std::string& name);

    void answer(const std::string& path, int status, const std::string& body);
    void forget(const std::string& path); // the opposite
    // Every request whose path begins so is answered with this status; 0: no more.
    void refuse(const std::string& prefix, int status);
    void hang(const std::string& path); // never answered
    // Answers requests with a body (POST) to a path by what it says.
    void onPost(const std::string& path, std::function<std::string(const std::string& body)> answer);
    // A WebSocket at this path carries bytes to a port of this machine (as KubeVirt's portforward does); with
    // `channels` as a pod's portforward does, behind channel numbers.
    void tunnel(const std::string& path, int port, bool channels = false);
    // A header line of all answers from now on: "Warning: 299 - \"…\"".
    void setHeader(const std::string& line);
    // Cuts all connections; while away new ones are cut at once.
    void setAway(bool away);

    std::vector<std::string> requests() const; // "path?query" of all so far
    int count(const std::string& path) const;  // with any query
    bool waitForRequest(const std::string& path, int times = 1);

private:
    struct Change {
        std::int64_t version = 0;
        std::string type;
        std::string object;
    };
    struct Collection {
        std::map<std::string, QJsonObject> objects;
        std::vector<Change> log;
    };

    void accept();
    void talk(int socket);
    bool respond(int socket, const std::string& target, const std::string& body);
    bool carry(int socket, const std::string& key, int port, bool channels) const;
    bool watch(int socket, const std::string& path, std::int64_t from);
    static bool write(int socket, const std::string& bytes);
    bool reply(int socket, int status, const std::string& body) const;
    static std::string status(int code, const std::string& message);
    void record(Collection& collection, const char* type, const QJsonObject& object);

    int m_listener = -1;
    int m_port = 0;
    std::thread m_acceptor;
    mutable std::mutex m_mutex; // guards the rest
    mutable std::condition_variable m_changed;
    bool m_ending = false;
    bool m_away = false;
    std::int64_t m_version = 100;
    std::map<std::string, Collection> m_collections;
    std::map<std::string, Collection> m_withheld;
    std::map<std::string, std::pair<int, std::string>> m_answers;
    std::map<std::string, int> m_refused;
    std::set<std::string> m_hanging;
    std::map<std::string, std::function<std::string(const std::string&)>> m_posts;
    std::string m_header;
    std::map<std::string, std::pair<int, bool>> m_tunnels;
    std::vector<std::string> m_requests;
    std::map<std::string, int> m_counts;
    std::set<int> m_sockets;
    std::vector<std::thread> m_talkers;
};

} // namespace strata::test
