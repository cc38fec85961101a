// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/status.h"

#include "core/demosite/api/json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

std::string qualified(const std::string& group, const std::string& resource)
{
    return group.empty() ? resource : resource + "." + group;
}

} // namespace

tl::unexpected<Status> deny(int code, std::string reason, std::string message)
{
    Status status;
    status.code = code;
    status.reason = std::move(reason);
    status.message = std::move(message);
    return tl::unexpected<Status>(std::move(status));
}

tl::unexpected<Status> badRequest(std::string message)
{
    return deny(400, "BadRequest", std::move(message));
}

tl::unexpected<Status> general(int code, std::string reason, std::string message)
{
    auto result = deny(code, std::move(reason), std::move(message));
    result.value().detailed = true;
    return result;
}

tl::unexpected<Status> expired(std::string message)
{
    return deny(410, "Expired", std::move(message));
}

static tl::unexpected<Status> about(int code, std::string reason, const std::string& group,
                                    const std::string& resource, const std::string& name, std::string message)
{
    auto result = deny(code, std::move(reason), std::move(message));
    result.value().name = name;
    result.value().group = group;
    result.value().kind = resource;
    return result;
}

tl::unexpected<Status> notFound(const std::string& group, const std::string& resource,
                                const std::string& name)
{
    return about(404, "NotFound", group, resource, name,
                 qualified(group, resource) + " \"" + name + "\" not found");
}

tl::unexpected<Status> alreadyExists(const std::string& group, const std::string& resource,
                                     const std::string& name)
{
    return about(409, "AlreadyExists", group, resource, name,
                 qualified(group, resource) + " \"" + name + "\" already exists");
}

tl::unexpected<Status> conflict(const std::string& group, const std::string& resource,
                                const std::string& name, const std::string& why)
{
    return about(409, "Conflict", group, resource, name,
                 "Operation cannot be fulfilled on " + qualified(group, resource) + " \"" + name +
                     "\": " + why);
}

tl::unexpected<Status> invalid(const std::string& group, const std::string& kind, const std::string& name,
                               std::vector<Status::Cause> causes)
{
    std::vector<std::string> told;
    for (const Status::Cause& cause : causes) {
        std::string line = cause.field + ": " + cause.message;
        if (std::find(told.begin(), told.end(), line) == told.end())
            told.push_back(std::move(line));
    }
    std::string message = qualified(group, kind) + " \"" + name + "\" is invalid: ";
    if (told.size() > 1)
        message += "[";
    for (std::size_t i = 0; i < told.size(); ++i)
        message += (i == 0 ? "" : ", ") + told[i];
    if (told.size() > 1)
        message += "]";
    auto result = about(422, "Invalid", group, kind, name, std::move(message));
    result.value().causes = std::move(causes);
    return result;
}

std::string toJson(const Status& status)
{
    Json body = {{"kind", "Status"},
                 {"apiVersion", "v1"},
                 {"metadata", Json::object()},
                 {"status", status.code < 400 ? "Success" : "Failure"}};
    if (!status.message.empty())
        body["message"] = status.message;
    if (status.code >= 400 && !status.reason.empty())
        body["reason"] = status.reason;
    Json details = Json::object();
    if (!status.name.empty())
        details["name"] = status.name;
    if (!status.group.empty())
        details["group"] = status.group;
    if (!status.kind.empty())
        details["kind"] = status.kind;
    if (!status.uid.empty())
        details["uid"] = status.uid;
    for (const Status::Cause& cause : status.causes) {
        Json entry = {{"reason", cause.reason}, {"message", cause.message}};
        if (!cause.field.empty())
            entry["field"] = cause.field;
        details["causes"].push_back(std::move(entry));
    }
    if (status.retryAfterSeconds > 0)
        details["retryAfterSeconds"] = status.retryAfterSeconds;
    if (!details.empty() || status.detailed)
        body["details"] = std::move(details);
    if (status.code >= 400)
        body["code"] = status.code;
    return compact(body);
}

} // namespace strata::demosite
