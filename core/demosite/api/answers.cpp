// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/answers.h"

#include "core/demosite/api/protobuf.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace strata::demosite {
namespace {

constexpr std::size_t kLongestManager = 128;
constexpr std::size_t kShownOfBody = 30;

// As much of a body as is shown of one that cannot be read: its text when it looks like JSON, else its bytes.
std::string beginningOf(std::string_view body)
{
    if (body.empty())
        return "<empty>";
    const std::string_view start = body.substr(0, kShownOfBody);
    std::string out;
    if (start.front() == '{') {
        out = start;
    } else {
        constexpr std::string_view digits = "0123456789abcdef";
        for (const char c : start) {
            const auto byte = static_cast<unsigned char>(c);
            out += {digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return body.size() > start.size() ? out + " ..." : out;
}

} // namespace

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

HttpAnswer refuse(const Status& status, std::vector<std::string> warnings)
{
    HttpAnswer answer = refuse(status);
    answer.warnings = std::move(warnings);
    return answer;
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
    return refuse(general(404, "NotFound", "the server could not find the requested resource"));
}

HttpAnswer pageNotFound()
{
    HttpAnswer answer = plainAnswer("404 page not found\n");
    answer.status = 404;
    return answer;
}

HttpAnswer notAllowed()
{
    return refuse(
        general(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"));
}

std::optional<std::uint64_t> integer(const std::string& text)
{
    std::uint64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

const char* optionsOf(const HttpRequest& request)
{
    return request.method == "POST"    ? "CreateOptions"
           : request.method == "PUT"   ? "UpdateOptions"
           : request.method == "PATCH" ? "PatchOptions"
                                       : "DeleteOptions";
}

tl::unexpected<Status> wrongDryRun(const HttpRequest& request, const std::string& value)
{
    return invalid("meta.k8s.io", optionsOf(request), "",
                   {{"FieldValueNotSupported",
                     "Unsupported value: [" + jsonQuoted(value) + "]: supported values: \"All\"", "dryRun"}});
}

Answer<bool> dryRunOf(const HttpRequest& request)
{
    const std::string& value = request.one("dryRun");
    if (!value.empty() && value != "All")
        return wrongDryRun(request, value);
    const std::string& manager = request.one("fieldManager");
    const auto wrong = [&](const char* reason, std::string message) {
        return invalid("meta.k8s.io", optionsOf(request), "", {{reason, std::move(message), "fieldManager"}});
    };
    if (manager.size() > kLongestManager)
        return wrong("FieldValueTooLong",
                     "Too long: may not be more than " + std::to_string(kLongestManager) + " bytes");
    const auto odd = std::find_if(manager.begin(), manager.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (odd != manager.end()) {
        std::array<char, 8> code = {};
        std::snprintf(code.data(), code.size(), "%04X", static_cast<unsigned>(*odd));
        return wrong("FieldValueInvalid", "Invalid value: " + jsonQuoted(manager) + ": invalid character U+" +
                                              code.data() + " (at position " +
                                              std::to_string(odd - manager.begin()) + ")");
    }
    return !value.empty();
}

Answer<std::optional<long long>> numberOf(const HttpRequest& request, const char* name)
{
    const std::string& text = request.one(name);
    if (text.empty())
        return std::nullopt;
    long long value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size())
        return badRequest("strconv.ParseInt: parsing " + jsonQuoted(text) + ": invalid syntax");
    return value;
}

Answer<std::optional<std::uint64_t>> versionOf(const HttpRequest& request)
{
    const std::string& text = request.one("resourceVersion");
    if (text.empty())
        return std::nullopt;
    const auto value = integer(text);
    if (!value) // an error of the storage's side: no reason goes with it
        return deny(500, "",
                    "resourceVersion: Invalid value: " + jsonQuoted(text) + ": strconv.ParseUint: parsing " +
                        jsonQuoted(text) + ": invalid syntax");
    return *value;
}

std::string managerOf(const HttpRequest& request)
{
    std::string manager = request.one("fieldManager");
    if (manager.empty())
        manager = request.userAgent.substr(0, request.userAgent.find('/'));
    return manager.empty() ? "unknown" : manager.substr(0, kLongestManager);
}

Answer<Json> bodyOf(const HttpRequest& request, std::string_view expected, std::vector<std::string>* twice)
{
    const std::string& type = request.contentType;
    if (type == kProtobufType)
        return decodeProtobuf(request.body);
    const bool isYaml = type == "application/yaml";
    if (!type.empty() && type != "application/json" && !isYaml)
        return deny(415, "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: "
                    "application/json, application/yaml, application/vnd.kubernetes.protobuf");
    auto body = parseBody(request.body, isYaml ? Format::Yaml : Format::OnlyJson, false, twice);
    if (body)
        return body;
    std::string why = body.error().message;
    if (const std::size_t map = why.find("map[string]interface {}"); map != std::string::npos)
        why = why.substr(0, map) + R"(struct { APIVersion string "json:\"apiVersion,omitempty\"";)" +
              R"( Kind string "json:\"kind,omitempty\"" })";
    why =
        (isYaml ? "error converting YAML to JSON: " : "couldn't get version/kind; json parse error: ") + why;
    if (expected.empty())
        return badRequest(std::move(why));
    return badRequest("the object provided is unrecognized (must be of type " + std::string(expected) +
                      "): " + why + " (" + beginningOf(request.body) + ")");
}

std::size_t faultOfBase64(std::string_view text)
{
    const std::size_t bad =
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n");
    return bad == std::string_view::npos ? text.size() & ~std::size_t{3} : bad;
}

} // namespace strata::demosite
