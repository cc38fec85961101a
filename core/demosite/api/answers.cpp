// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/answers.h"

#include "core/demosite/api/protobuf.h"

#include <nlohmann/json.hpp>

#include <charconv>

namespace strata::demosite {

HttpAnswer refuse(const Status& status)
{
    HttpAnswer answer;
    answer.status = status.code;
    answer.body = toJson(status);
    answer.retryAfterSeconds = status.retryAfterSeconds;
    return answer;
}

HttpAnswer refuse(const tl::unexpected<Status>& status)
{
    return refuse(status.value());
}

HttpAnswer jsonAnswer(const Json& body, int status)
{
    HttpAnswer answer;
    answer.status = status;
    answer.body = compact(body);
    return answer;
}

HttpAnswer plainAnswer(std::string body)
{
    HttpAnswer answer;
    answer.contentType = "text/plain; charset=utf-8";
    answer.body = std::move(body);
    return answer;
}

HttpAnswer noSuchPath()
{
    return refuse(deny(404, "NotFound", "the server could not find the requested resource"));
}

HttpAnswer notAllowed()
{
    return refuse(
        deny(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"));
}

std::optional<std::uint64_t> integer(const std::string& text)
{
    std::uint64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

Answer<bool> dryRunOf(const HttpRequest& request)
{
    const std::string& value = request.one("dryRun");
    if (value.empty())
        return false;
    if (value != "All")
        return invalid("meta.k8s.io", request.method == "PATCH" ? "PatchOptions" : "CreateOptions", "",
                       {{"FieldValueNotSupported",
                         "Unsupported value: \"" + value + "\": supported values: \"All\"", "dryRun"}});
    return true;
}

std::string managerOf(const HttpRequest& request)
{
    std::string manager = request.one("fieldManager");
    if (manager.empty())
        manager = request.userAgent.substr(0, request.userAgent.find('/'));
    return manager.empty() ? "unknown" : manager.substr(0, 128);
}

Answer<Json> bodyOf(const HttpRequest& request)
{
    const std::string& type = request.contentType;
    if (type == kProtobufType)
        return decodeProtobuf(request.body);
    if (!type.empty() && type != "application/json" && type != "application/yaml" && type != "text/plain")
        return deny(415, "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: "
                    "application/json, application/yaml, application/vnd.kubernetes.protobuf");
    return parseBody(request.body);
}

} // namespace strata::demosite
