// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/api/json.h"
#include "core/demosite/net/http.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace strata::demosite {

// What somebody wants to do: with a resource, or with a path that is none.
struct Access {
    std::string verb; // "get", "list", "deletecollection", …
    std::string group;
    std::string resource;
    std::string subresource;
    std::string ns;
    std::string name;
    std::string path; // not empty: a non-resource request
};

// RBAC as the stored roles and bindings have it (kubernetes plugin/pkg/auth/authorizer/rbac); members of
// system:masters may do everything. Any number of threads may ask.
class Authorizer {
public:
    explicit Authorizer(std::shared_ptr<Cluster> cluster) : m_cluster(std::move(cluster)) {}

    // `reason` gets the sentence a review tells.
    bool allows(const Identity& who, const Access& what, std::string* reason = nullptr);
    // The status of a SelfSubjectRulesReview.
    Json rules(const Identity& who, const std::string& ns);

private:
    struct Rule {
        std::vector<std::string> verbs;
        std::vector<std::string> groups;
        std::vector<std::string> resources;
        std::vector<std::string> names;
        std::vector<std::string> paths;
    };
    struct Subject {
        std::string kind;
        std::string name; // of service accounts: the whole user name
    };
    struct Binding {
        std::string ns; // empty: everywhere
        std::string name;
        std::string role; // "ClusterRole \"view\""
        std::vector<Subject> subjects;
        std::vector<Rule> rules;
    };
    using Policy = std::vector<Binding>;

    std::shared_ptr<const Policy> policy();
    static std::vector<Rule> rulesOf(const Json& role);
    static const Subject* subjectOf(const Binding& binding, const Identity& who);
    static bool covers(const Rule& rule, const Access& what);

    std::shared_ptr<Cluster> m_cluster;
    std::mutex m_mutex;
    std::shared_ptr<const Policy> m_policy;
    std::uint64_t m_revision = 0; // of the roles and bindings the policy was read from
};

// 403 in the API server's words.
tl::unexpected<Status> forbidden(const Identity& who, const Access& what);

} // namespace strata::demosite
