// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/store.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace strata::demosite {

struct SitePlan;

// What kube-controller-manager's endpoint and endpointslice controllers make of a Service and of the pods it
// selects; of default/kubernetes, which selects none, what the API server itself makes of its addresses.
class ServiceEndpoints {
public:
    static constexpr std::size_t kMost = 100; // endpoints a slice

    ServiceEndpoints(const Store& store, const Object& service);

    bool managed() const { return m_managed; } // others are left to whoever made the Service
    Json endpoints() const;                    // the whole Endpoints object
    std::vector<Json> slices() const; // named where the name is fixed, else with generateName; at least one

    static bool selects(const Json& service, const Object& pod);

private:
    struct Group { // what has the same ports
        Json ports;
        Json addresses = Json::array();
        Json notReady = Json::array();
        std::vector<Json> endpoints;
    };
    void add(const Object& pod);
    void addServers(const Store& store);
    Group& group(Json ports);
    Json metadata(const char* managedBy) const;

    const Object& m_service;
    Json m_body;
    bool m_managed = false;
    bool m_ofServers = false; // default/kubernetes
    std::vector<Group> m_groups;
};

// Of all Services that were loaded.
void writeEndpoints(Store& store, const SitePlan& plan, const std::string& cluster);
// ConfigMap kube-root-ca.crt of one namespace.
Json rootCaMap(const std::string& ns, const std::string& certificate);
void writeRootCas(Store& store, const SitePlan& plan, const std::string& cluster,
                  const std::string& certificate);
inline constexpr const char* kRootCa = "kube-root-ca.crt";
inline constexpr const char* kServiceName = "kubernetes.io/service-name";
inline constexpr const char* kTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

} // namespace strata::demosite
