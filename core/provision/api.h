// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/api/resource.h"
#include "core/kube/net/client.h"
#include "core/provision/object.h"
#include "core/provision/plan.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

// The requests that plans and checks make, as values, and the one thing that needs asking first: which plural
// a kind has.
namespace strata::provision {

kube::Request getRequest(const kube::ResourceId& resource, const std::string& ns, const std::string& name);
kube::Request listRequest(const kube::ResourceId& resource, const std::string& ns,
                          const std::string& labelSelector = {});
kube::Request createRequest(const kube::ResourceId& resource, const Object& object, bool dryRun);
kube::Request applyRequest(const kube::ResourceId& resource, const Object& object, bool dryRun);
kube::Request mergePatchRequest(const kube::ResourceId& resource, const Object& patch, bool dryRun);
kube::Request deleteRequest(const kube::ResourceId& resource, const std::string& ns, const std::string& name,
                            const std::string& uid);

// The dry run of deleteRequest().
kube::Request deleteDryRun(const kube::ResourceId& resource, const std::string& ns, const std::string& name,
                           const std::string& uid);
// PUT of a subresource that virt-api serves for a kind of kubevirt.io; the body may be empty.
kube::Request callRequest(const kube::ResourceId& resource, const std::string& ns, const std::string& name,
                          const std::string& call, const Object& body);
kube::Request podsOnNodeRequest(const std::string& node);
kube::Request evictionRequest(const std::string& ns, const std::string& pod, const std::string& uid);

// What somebody must be allowed for a write.
struct Access {
    std::string verb; // "patch"
    std::string group;
    std::string resource; // plural
    std::string subresource;
    std::string ns;
    std::string name;
    friend bool operator==(const Access&, const Access&) = default;
    friend auto operator<=>(const Access&, const Access&) = default;
    std::string title() const; // "patch machinedeployments in blue"
};
kube::Request reviewRequest(const Access& access); // SelfSubjectAccessReview
// Whether its answer allows it.
Result<bool> reviewAllows(const std::string& body);

// True for errors after which a write may or may not have happened: the object must be read before anything
// else.
bool outcomeUnknown(const Error& error);
// True for errors that a second try may cure.
bool transient(const Error& error);

// Keeps requests alive until they are answered; its destruction ends them. Lives on the network's thread.
class Calls {
public:
    explicit Calls(kube::Network& network) : m_network(network) {}
    ~Calls();
    void send(const std::shared_ptr<kube::Client>& client, kube::Request request,
              std::function<void(Result<kube::Response>)> done);
    void after(std::chrono::milliseconds delay, std::function<void()> task);

private:
    struct State;
    kube::Network& m_network;
    std::shared_ptr<State> m_state = nullptr;
    State& state();
};

// Plurals by apiVersion and kind, learned from GET /apis/GROUP/VERSION and kept. Lives on the network's
// thread.
class Catalog : public std::enable_shared_from_this<Catalog> {
public:
    Catalog(std::shared_ptr<kube::Client> client, kube::Network& network)
        : m_client(std::move(client)), m_calls(network)
    {}

    // NotFound: the server does not serve the version or the kind. Not found is asked again the next time: a
    // manifest may bring its own kinds.
    void find(const std::string& apiVersion, const std::string& kind,
              std::function<void(Result<kube::ResourceId>)> done);

private:
    using Kinds = std::map<std::string, kube::ResourceId>;
    void load(const std::string& apiVersion, std::function<void(Result<const Kinds*>)> done, int tries);

    std::shared_ptr<kube::Client> m_client;
    Calls m_calls;
    std::map<std::string, Kinds> m_known;
};

} // namespace strata::provision
