// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/api/managedfields.h"
#include "core/demosite/api/rbac.h"
#include "core/demosite/api/render.h"
#include "core/demosite/net/http.h"
#include "core/demosite/pki/sshkey.h"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace strata::demosite {

class FirstProcess; // streams.h
struct Disk;        // guest/machine.h

// What subresources.kubevirt.io serves, for routing and discovery.
struct KubevirtAction {
    std::string resource;
    std::string name;
    std::string method; // PUT authorises as update, GET as get
};
const std::vector<KubevirtAction>& kubevirtActions();

// The API server of one cluster: routes a request to a verb on a kind and answers as kube-apiserver does.
// Any number of threads may call it. Its methods live in several files: handler.cpp routes and reads,
// writes.cpp changes, subresources.cpp has what hangs below an object, reviews.cpp answers questions.
class ApiHandler : public HttpHandler {
public:
    explicit ApiHandler(std::shared_ptr<Cluster> cluster,
                        std::chrono::milliseconds bookmarkEvery = std::chrono::minutes(1));

    HttpAnswer handle(const HttpRequest& request) override;
    Identity identify(std::string_view bearerToken) override;

private:
    struct Target { // what a path names
        const Kind* kind = nullptr;
        std::string version;
        std::string ns;
        std::string name;
        std::string sub;
        std::string rest; // of a proxied path
        Identity who;
    };

    HttpAnswer route(const HttpRequest& request);
    // Who asks, after impersonation; 401 or 403.
    Answer<Identity> caller(const HttpRequest& request);
    // 403 unless the caller may use `verb` on the target.
    Answer<void> authorize(const Target& target, const char* verb);
    HttpAnswer resource(const HttpRequest& request, const Target& target);
    // What its definition says to those who still ask for this version; nothing when it is as good as any.
    std::string deprecationOf(const Kind& kind, const std::string& version);
    // Does some pod of virt-api answer? Where there is no such deployment nobody asks.
    bool virtApiAnswers();
    HttpAnswer get(const HttpRequest& request, const Target& target);
    HttpAnswer list(const HttpRequest& request, const Target& target);
    HttpAnswer watch(const HttpRequest& request, const Target& target);
    HttpAnswer create(const HttpRequest& request, const Target& target);
    HttpAnswer put(const HttpRequest& request, const Target& target);
    HttpAnswer patch(const HttpRequest& request, const Target& target);
    HttpAnswer apply(const HttpRequest& request, const Target& target, const Json& config);
    // Who applies, and where; its manager must be told.
    FieldWriter writerOf(const HttpRequest& request, const Target& target) const;
    static tl::unexpected<Status> managerRequired();
    HttpAnswer erase(const HttpRequest& request, const Target& target);
    HttpAnswer eraseCollection(const HttpRequest& request, const Target& target);
    HttpAnswer scale(const HttpRequest& request, const Target& target);
    HttpAnswer log(const HttpRequest& request, const Target& target);
    HttpAnswer evict(const HttpRequest& request, const Target& target);
    Answer<void> interceptEviction(const Object& pod, bool dryRun);
    Answer<void> spendDisruption(const Object& pod, bool dryRun);
    HttpAnswer token(const HttpRequest& request, const Target& target);
    HttpAnswer nodeProxy(const Target& target);
    HttpAnswer serviceProxy(const HttpRequest& request, const Target& target);
    HttpAnswer connect(const HttpRequest& request, const Target& target);
    std::shared_ptr<FirstProcess> firstProcess(const Json& pod, const Json& container);
    std::shared_ptr<Disk> diskOf(const Json& pod, const Json& container);
    Answer<Json> runningPod(const HttpRequest& request, const Target& target, Json& container);

    // subresources.kubevirt.io (kubevirt.cpp); `path` is what follows the version.
    HttpAnswer kubevirt(const HttpRequest& request, const Identity& who,
                        const std::vector<std::string>& path);
    HttpAnswer vmAction(const std::string& action, const Object& vm, const ObjectPtr& vmi, const Json& body);
    HttpAnswer stay(const Object& vmi, const Json& body);
    HttpAnswer guestAction(const std::string& action, const Object& vmi, const Json& body);
    HttpAnswer hotplug(const Object& object, const std::string& where, bool add, const Json& body);
    HttpAnswer guestInfo(const std::string& action, const Object& vmi);
    HttpAnswer guestScreen(const HttpRequest& request, const Object& vmi, const std::string& action);
    HttpAnswer guestPort(const HttpRequest& request, const ObjectPtr& vmi,
                         const std::vector<std::string>& path);
    HttpAnswer review(const HttpRequest& request, const Target& target);
    HttpAnswer metrics(const HttpRequest& request, const Target& target);

    // What is known of a body when it is admitted.
    struct Told {
        std::vector<std::string> twice; // as parseBody()
        std::string patched;            // of a patch what it came to, or itself: for what is said of it
        bool strategic = false;
    };
    // What admission does to an object in its stored form before a write: fields nobody knows go, defaults
    // come, and the schema decides. `old` is what stands there already, null when nothing does. Warnings are
    // for the refusal, too.
    Answer<void> admit(const HttpRequest& request, const Target& target, Json& object, const Json& old,
                       std::vector<std::string>& warnings, const Told& told) const;
    Answer<Json> readObject(const HttpRequest& request, const Target& target,
                            std::vector<std::string>* twice = nullptr) const;
    HttpAnswer written(const HttpRequest& request, const Target& target, const Answer<ObjectPtr>& result,
                       int status = 200, std::vector<std::string> warnings = {}) const;
    Renderer renderer(const HttpRequest& request, const Target& target) const;
    Store& store() { return m_cluster->store(); }

    std::shared_ptr<Cluster> m_cluster;
    std::chrono::milliseconds m_bookmarkEvery;
    Authorizer m_authorizer;
    // What is known of a guest beside its object: who sits at it, and when it was booted anew from inside.
    struct GuestState {
        UnixMs rebooted = 0;
        SshKey hostKey; // made when somebody comes
        std::weak_ptr<std::atomic<bool>> console;
        std::weak_ptr<std::atomic<bool>> screen;
    };
    std::mutex m_guestMutex;
    std::map<std::string, GuestState> m_guests; // by the instance's uid
    std::mutex m_processMutex;
    std::map<std::string, std::shared_ptr<FirstProcess>> m_processes; // by "pod's uid/container"
    std::map<std::string, std::shared_ptr<Disk>> m_disks;             // the same
};

} // namespace strata::demosite
