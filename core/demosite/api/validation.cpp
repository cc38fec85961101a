// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/validation.h"

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/demosite/api/cron.h"
#include "core/demosite/api/names.h"
#include "core/demosite/api/timezone.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace strata::demosite {
namespace {

using Causes = std::vector<Status::Cause>;

const char* const kLabelName =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character (e.g. 'my-name',  or "
    "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const char* const kConfigKey = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
                               "(e.g. 'key.name',  or 'KEY_NAME',  "
                               "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

const char* const kServiceName =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

bool isAlphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string quoted(const std::string& text)
{
    return jsonQuoted(text);
}

class Validator {
public:
    Validator(const Kind& kind, const Json& object, const Json& old)
        : m_kind(kind), m_object(object), m_old(old)
    {}

    Causes all()
    {
        const std::string resource(m_kind.resource);
        const bool isNew = !m_old.is_object();
        if (m_kind.group.empty()) {
            if (resource == "namespaces" && isNew)
                label("metadata.name", text(m_object, "metadata.name"));
            else if (resource == "pods")
                pods(isNew);
            else if (resource == "services")
                services(isNew);
            else if (resource == "configmaps" || resource == "secrets")
                maps(isNew);
            else if (resource == "persistentvolumeclaims")
                claims(isNew);
        } else if (m_kind.group == "apps" && resource != "controllerrevisions") {
            workloads(isNew);
        } else if (m_kind.group == "batch") {
            const std::string at =
                resource == "cronjobs" ? "spec.jobTemplate.spec.template" : "spec.template";
            jobs(at);
            if (resource == "cronjobs")
                cronJobs();
            if (resource == "jobs" && !isNew && changed("spec.template"))
                add("FieldValueInvalid",
                    "Invalid value: " + go(find(m_object, "spec.template")) + ": field is immutable",
                    "spec.template");
        } else if (m_kind.group == "rbac.authorization.k8s.io" && isNew) {
            roles();
        } else if (m_kind.group == "rbac.authorization.k8s.io" && changed("roleRef")) {
            add("FieldValueInvalid",
                "Invalid value: rbac.RoleRef{APIGroup:" + quoted(text(m_object, "roleRef.apiGroup")) +
                    ", Kind:" + quoted(text(m_object, "roleRef.kind")) +
                    ", Name:" + quoted(text(m_object, "roleRef.name")) + "}: cannot change roleRef",
                "roleRef");
        }
        return std::move(m_causes);
    }

private:
    void add(const char* reason, std::string message, std::string field)
    {
        m_causes.push_back({reason, std::move(message), std::move(field)});
    }
    void required(const std::string& field, const char* why = nullptr)
    {
        add("FieldValueRequired",
            std::string("Required value") + (why == nullptr ? "" : std::string(": ") + why), field);
    }
    void wrong(const std::string& field, const std::string& value, const std::string& why)
    {
        add("FieldValueInvalid", "Invalid value: " + value + ": " + why, field);
    }
    void unsupported(const std::string& field, const std::string& value,
                     const std::vector<const char*>& known)
    {
        std::string all;
        for (const char* each : known)
            all += (all.empty() ? "" : ", ") + quoted(each);
        add("FieldValueNotSupported", "Unsupported value: " + quoted(value) + ": supported values: " + all,
            field);
    }
    void label(const std::string& field, const std::string& value)
    {
        if (!isDnsLabel(value))
            wrong(field, quoted(value), kLabelName);
    }
    bool changed(const char* path) const
    {
        const Json* now = find(m_object, path);
        const Json* before = find(m_old, path);
        // Members may have come in another order.
        const auto sorted = [](const Json* value) {
            return value == nullptr ? nlohmann::json() : nlohmann::json::parse(value->dump(), nullptr, false);
        };
        return sorted(now) != sorted(before);
    }
    static std::string go(const Json* value)
    {
        return value == nullptr ? std::string("null") : compact(*value);
    }

    void resources(const Json& container, const std::string& at)
    {
        const Json* requests = find(container, "resources.requests");
        const Json* limits = find(container, "resources.limits");
        if (requests == nullptr || limits == nullptr || !requests->is_object() || !limits->is_object())
            return;
        const auto amount = [](const Json& value) {
            return value.is_string() ? value.get<std::string>() : compact(value);
        };
        for (const auto& [name, request] : requests->items()) {
            const auto limit = limits->find(name);
            if (limit == limits->end())
                continue;
            if (parseQuantityMilli(amount(request)).value_or(0) >
                parseQuantityMilli(amount(*limit)).value_or(0))
                wrong(at + ".resources.requests", quoted(amount(request)),
                      "must be less than or equal to " + name + " limit of " + amount(*limit));
        }
    }

    void podSpec(const Json* spec, const std::string& at)
    {
        const Json* containers = spec == nullptr ? nullptr : find(*spec, "containers");
        if (containers == nullptr || !containers->is_array() || containers->empty()) {
            required(at + ".containers");
            return;
        }
        std::set<std::string> volumes;
        if (const Json* all = find(*spec, "volumes"); all != nullptr && all->is_array()) {
            for (std::size_t i = 0; i < all->size(); ++i) {
                const std::string name = text((*all)[i], "name");
                const std::string here = at + ".volumes[" + std::to_string(i) + "].name";
                if (name.empty())
                    required(here);
                else if (!volumes.insert(name).second)
                    add("FieldValueDuplicate", "Duplicate value: " + quoted(name), here);
            }
        }
        std::set<std::string> names;
        for (const char* list : {"initContainers", "containers"}) {
            const Json* all = find(*spec, list);
            if (all == nullptr || !all->is_array())
                continue;
            for (std::size_t i = 0; i < all->size(); ++i) {
                const Json& container = (*all)[i];
                const std::string here = at + "." + list + "[" + std::to_string(i) + "]";
                const std::string name = text(container, "name");
                if (name.empty())
                    required(here + ".name");
                else if (!isDnsLabel(name))
                    wrong(here + ".name", quoted(name), kLabelName);
                else if (!names.insert(name).second)
                    add("FieldValueDuplicate", "Duplicate value: " + quoted(name), here + ".name");
                if (text(container, "image").empty())
                    required(here + ".image");
                resources(container, here);
                const Json* mounts = find(container, "volumeMounts");
                for (std::size_t m = 0; mounts != nullptr && mounts->is_array() && m < mounts->size(); ++m) {
                    const std::string volume = text((*mounts)[m], "name");
                    if (volumes.count(volume) == 0)
                        add("FieldValueNotFound", "Not found: " + quoted(volume),
                            here + ".volumeMounts[" + std::to_string(m) + "].name");
                }
            }
        }
        const std::string restart = text(*spec, "restartPolicy");
        if (!restart.empty() && restart != "Always" && restart != "OnFailure" && restart != "Never")
            unsupported(at + ".restartPolicy", restart, {"Always", "OnFailure", "Never"});
    }

    void pods(bool isNew)
    {
        podSpec(find(m_object, "spec"), "spec");
        if (isNew)
            return;
        // Of a pod that is there only images and a few other things change.
        const auto rest = [](const Json& pod) {
            Json spec = pod.contains("spec") ? pod["spec"] : Json::object();
            for (const char* free : {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds",
                                     "schedulingGates", "nodeName"})
                spec.erase(free);
            for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
                if (!spec.contains(list) || !spec[list].is_array())
                    continue;
                for (Json& container : spec[list]) {
                    if (container.is_object()) {
                        container.erase("image");
                        // What defaulting fills in.
                        for (const char* filled : {"resources", "imagePullPolicy", "terminationMessagePath",
                                                   "terminationMessagePolicy"})
                            container.erase(filled);
                    }
                }
            }
            for (const char* filled :
                 {"restartPolicy", "dnsPolicy", "serviceAccountName", "serviceAccount", "schedulerName",
                  "securityContext", "enableServiceLinks", "priority", "preemptionPolicy"})
                spec.erase(filled);
            return nlohmann::json::parse(spec.dump(), nullptr, false);
        };
        if (rest(m_object) != rest(m_old))
            add("FieldValueForbidden",
                "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
                "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
                "additions to "
                "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it "
                "was "
                "previously negative)",
                "spec");
    }

    void workloads(bool isNew)
    {
        if (const auto replicas = number(m_object, "spec.replicas"); replicas && *replicas < 0)
            wrong("spec.replicas", std::to_string(*replicas), "must be greater than or equal to 0");
        const Json* selector = find(m_object, "spec.selector");
        const Json* wanted = find(m_object, "spec.selector.matchLabels");
        const bool none = selector == nullptr || !selector->is_object() || selector->empty();
        if (none) {
            required("spec.selector");
        } else if (wanted != nullptr && wanted->is_object()) {
            const Json* has = find(m_object, "spec.template.metadata.labels");
            for (const auto& [key, value] : wanted->items()) {
                if (has == nullptr || !has->is_object() || has->value(key, Json()) != value) {
                    wrong("spec.template.metadata.labels", go(has),
                          "`selector` does not match template `labels`");
                    break;
                }
            }
        }
        checkLabels(find(m_object, "spec.template.metadata.labels"), "spec.template.metadata.labels",
                    m_causes);
        podSpec(find(m_object, "spec.template.spec"), "spec.template.spec");
        const std::string restart = text(m_object, "spec.template.spec.restartPolicy");
        if (restart == "OnFailure" || restart == "Never")
            unsupported("spec.template.spec.restartPolicy", restart, {"Always"});
        if (isNew)
            return;
        if (m_kind.resource == "statefulsets") {
            for (const char* fixed : {"spec.selector", "spec.serviceName", "spec.volumeClaimTemplates",
                                      "spec.podManagementPolicy"}) {
                if (!changed(fixed))
                    continue;
                add("FieldValueForbidden",
                    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', "
                    "'template', 'updateStrategy', 'revisionHistoryLimit', "
                    "'persistentVolumeClaimRetentionPolicy' "
                    "and 'minReadySeconds' are forbidden",
                    "spec");
                break;
            }
        } else if (changed("spec.selector") && !none) {
            wrong("spec.selector", go(selector), "field is immutable");
        }
    }

    void jobs(const std::string& at)
    {
        podSpec(find(m_object, at + ".spec"), at + ".spec");
        const std::string restart = text(m_object, at + ".spec.restartPolicy");
        if (restart.empty())
            required(at + ".spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        else if (restart == "Always")
            unsupported(at + ".spec.restartPolicy", restart, {"OnFailure", "Never"});
    }

    void cronJobs()
    {
        const std::string schedule = text(m_object, "spec.schedule");
        std::string why;
        if (schedule.empty())
            required("spec.schedule");
        else if (!Schedule::parse(schedule, why))
            wrong("spec.schedule", quoted(schedule), why);
        if (const std::string zone = text(m_object, "spec.timeZone"); !zone.empty() && !TimeZone::named(zone))
            wrong("spec.timeZone", quoted(zone), "unknown time zone " + zone);
        if (text(m_object, "metadata.name").size() > 52)
            wrong("metadata.name", quoted(text(m_object, "metadata.name")),
                  "must be no more than 52 characters");
        const std::string policy = text(m_object, "spec.concurrencyPolicy");
        if (!policy.empty() && policy != "Allow" && policy != "Forbid" && policy != "Replace")
            unsupported("spec.concurrencyPolicy", policy, {"Allow", "Forbid", "Replace"});
    }

    void roles()
    {
        if (m_kind.resource == "roles" || m_kind.resource == "clusterroles") {
            const Json* rules = find(m_object, "rules");
            for (std::size_t i = 0; rules != nullptr && rules->is_array() && i < rules->size(); ++i) {
                const Json* verbs = find((*rules)[i], "verbs");
                if (verbs == nullptr || !verbs->is_array() || verbs->empty())
                    required("rules[" + std::to_string(i) + "].verbs",
                             "verbs must contain at least one value");
            }
            return;
        }
        const std::string role = text(m_object, "roleRef.kind");
        if (m_kind.resource == "clusterrolebindings" ? role != "ClusterRole"
                                                     : role != "Role" && role != "ClusterRole")
            unsupported("roleRef.kind", role,
                        m_kind.resource == "clusterrolebindings"
                            ? std::vector<const char*>{"ClusterRole"}
                            : std::vector<const char*>{"Role", "ClusterRole"});
        if (text(m_object, "roleRef.name").empty())
            required("roleRef.name");
    }

    void services(bool isNew)
    {
        const std::string called = text(m_object, "metadata.name");
        if (isNew && !called.empty() && (!isDnsLabel(called) || (called[0] >= '0' && called[0] <= '9')))
            wrong("metadata.name", quoted(called), kServiceName);
        const std::string type = text(m_object, "spec.type");
        if (!type.empty() && type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer" &&
            type != "ExternalName")
            unsupported("spec.type", type, {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"});
        const Json* ports = find(m_object, "spec.ports");
        const bool none = ports == nullptr || !ports->is_array() || ports->empty();
        if (none && type != "ExternalName" && text(m_object, "spec.clusterIP") != "None")
            required("spec.ports");
        if (type == "ExternalName" && text(m_object, "spec.externalName").empty())
            required("spec.externalName");
        std::set<std::string> names;
        for (std::size_t i = 0; !none && i < ports->size(); ++i) {
            const std::string here = "spec.ports[" + std::to_string(i) + "]";
            const auto port = number((*ports)[i], "port").value_or(0);
            if (port < 1 || port > 65535)
                wrong(here + ".port", std::to_string(port), "must be between 1 and 65535, inclusive");
            const std::string name = text((*ports)[i], "name");
            if (ports->size() > 1 && name.empty())
                required(here + ".name");
            else if (!name.empty() && !names.insert(name).second)
                add("FieldValueDuplicate", "Duplicate value: " + quoted(name), here + ".name");
            const auto node = number((*ports)[i], "nodePort").value_or(0);
            if (node != 0 && (node < 30000 || node > 32767))
                wrong(here + ".nodePort", std::to_string(node),
                      "provided port is not in the valid range. The range of valid ports is 30000-32767");
        }
        const std::string now = text(m_object, "spec.clusterIP");
        const std::string before = text(m_old, "spec.clusterIP");
        if (!isNew && !now.empty() && !before.empty() && now != before && type != "ExternalName")
            wrong("spec.clusterIPs[0]", "[]string{" + quoted(now) + "}", "may not change once set");
    }

    void maps(bool isNew)
    {
        for (const char* part : {"data", "binaryData", "stringData"}) {
            const Json* all = find(m_object, part);
            if (all == nullptr || !all->is_object())
                continue;
            for (const auto& [key, value] : all->items()) {
                const bool good = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
                    return isAlphanumeric(c) || c == '-' || c == '_' || c == '.';
                });
                if (!good)
                    wrong(std::string(part) + "[" + key + "]", quoted(key), kConfigKey);
            }
        }
        if (m_kind.resource == "secrets")
            secretOfType();
        if (isNew)
            return;
        if (m_kind.resource == "secrets" && !text(m_object, "type").empty() && changed("type"))
            wrong("type", quoted(text(m_object, "type")), "field is immutable");
        if (text(m_old, "immutable") != "true")
            return;
        if (text(m_object, "immutable") != "true")
            add("FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", "immutable");
        for (const char* part : {"data", "binaryData"}) {
            if (changed(part))
                add("FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", part);
        }
    }

    // What a Secret of a well-known type must have.
    void secretOfType()
    {
        const std::string type = text(m_object, "type");
        const Json* const data = find(m_object, "data");
        const auto has = [&](const std::string& key) {
            return data != nullptr && data->is_object() && data->contains(key);
        };
        const auto need = [&](const std::string& key) {
            if (!has(key))
                required("data[" + key + "]");
        };
        const std::string prefix = "kubernetes.io/";
        if (type == prefix + "tls") {
            need("tls.crt");
            need("tls.key");
        } else if (type == prefix + "ssh-auth") {
            if (!has("ssh-privatekey") || (*data)["ssh-privatekey"] == "")
                required("data[ssh-privatekey]");
        } else if (type == prefix + "basic-auth" && !has("username")) {
            if (!has("password")) {
                need("username");
                need("password");
            }
        } else if (type == prefix + "dockercfg" || type == prefix + "dockerconfigjson") {
            const std::string key = "." + type.substr(prefix.size());
            std::string bytes;
            need(key);
            if (has(key) && (!base64Decode(text((*data)[key], ""), bytes) || !parseOwn(bytes).is_object()))
                wrong("data[" + key + "]", "\"<secret contents redacted>\"", "unexpected end of JSON input");
        } else if (type == prefix + "service-account-token") {
            const Json* const notes = find(m_object, "metadata.annotations");
            const std::string name = "kubernetes.io/service-account.name";
            if (notes == nullptr || !notes->is_object() || !notes->contains(name) || (*notes)[name] == "")
                required("metadata.annotations[" + name + "]");
        }
    }

    void claims(bool isNew)
    {
        const Json* modes = find(m_object, "spec.accessModes");
        if (modes == nullptr || !modes->is_array() || modes->empty())
            required("spec.accessModes", "at least 1 access mode is required");
        const std::string storage = text(m_object, "spec.resources.requests.storage");
        if (storage.empty()) {
            required("spec.resources[storage]");
        } else if (parseQuantity(storage).value_or(0) <= 0) {
            wrong("spec.resources[storage]", quoted(storage), "must be greater than zero");
        }
        if (isNew)
            return;
        Json now = m_object.value("spec", Json::object());
        Json before = m_old.value("spec", Json::object());
        for (Json* each : {&now, &before}) {
            each->erase("resources");
            each->erase("volumeName"); // bound once
        }
        if (nlohmann::json::parse(now.dump(), nullptr, false) !=
            nlohmann::json::parse(before.dump(), nullptr, false))
            add("FieldValueForbidden",
                "Forbidden: spec is immutable after creation except resources.requests and "
                "volumeAttributesClassName for bound claims",
                "spec");
        const std::string has = text(m_old, "status.capacity.storage");
        if (!has.empty() && parseQuantity(storage).value_or(0) < parseQuantity(has).value_or(0))
            add("FieldValueForbidden", "Forbidden: field can not be less than status.capacity",
                "spec.resources.requests.storage");
    }

    const Kind& m_kind;
    const Json& m_object;
    const Json& m_old;
    Causes m_causes;
};

} // namespace

std::vector<Status::Cause> validateBuiltIn(const Kind& kind, const Json& object, const Json& old)
{
    Causes causes = Validator(kind, object, old).all();
    if (causes.empty() || !old.is_object())
        return causes;
    const Json none;
    const Causes before = Validator(kind, old, none).all();
    causes.erase(std::remove_if(causes.begin(), causes.end(),
                                [&](const Status::Cause& cause) {
                                    return std::any_of(before.begin(), before.end(), [&](const auto& known) {
                                        return known.field == cause.field && known.message == cause.message;
                                    });
                                }),
                 causes.end());
    return causes;
}

} // namespace strata::demosite
