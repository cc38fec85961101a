// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/api/status.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace strata::kube {
namespace {

constexpr std::size_t kMaxStatusBytes = 4U << 20U;
constexpr std::size_t kMaxCauses = 32;

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("KubeStatus", text), values);
}

std::string text(const simdjson::dom::element& object, const char* key)
{
    std::string_view value;
    if (object[key].get(value) != simdjson::SUCCESS)
        return {};
    return cleanText(value);
}

int number(const simdjson::dom::element& object, const char* key)
{
    std::int64_t value = 0;
    if (object[key].get(value) != simdjson::SUCCESS)
        return 0;
    return static_cast<int>(std::clamp<std::int64_t>(value, 0, 1'000'000));
}

ErrorKind kindOfCode(int code)
{
    switch (code) {
    case 401:
        return ErrorKind::Auth;
    case 403:
        return ErrorKind::Forbidden;
    case 404:
        return ErrorKind::NotFound;
    case 408:
        return ErrorKind::Timeout;
    case 409:
        return ErrorKind::Conflict;
    case 410:
        return ErrorKind::Gone;
    case 429:
        return ErrorKind::Throttled;
    default:
        break;
    }
    if (code >= 500)
        return ErrorKind::Server;
    if (code >= 400)
        return ErrorKind::Invalid;
    return ErrorKind::Protocol;
}

// The reason is more exact than the code: admission plug-ins and old servers pair them freely.
ErrorKind kindOfStatus(const Status& status)
{
    struct Row {
        const char* reason;
        ErrorKind kind;
    };
    static constexpr std::array<Row, 20> kRows = {{
        {"Unauthorized", ErrorKind::Auth},
        {"Forbidden", ErrorKind::Forbidden},
        {"NotFound", ErrorKind::NotFound},
        {"AlreadyExists", ErrorKind::Conflict},
        {"Conflict", ErrorKind::Conflict},
        {"Gone", ErrorKind::Gone},
        {"Expired", ErrorKind::Gone},
        {"Invalid", ErrorKind::Invalid},
        {"BadRequest", ErrorKind::Invalid},
        {"MethodNotAllowed", ErrorKind::Invalid},
        {"NotAcceptable", ErrorKind::Invalid},
        {"RequestEntityTooLarge", ErrorKind::Invalid},
        {"UnsupportedMediaType", ErrorKind::Invalid},
        {"TooManyRequests", ErrorKind::Throttled},
        {"ServerTimeout", ErrorKind::Server},
        {"StorageReadError", ErrorKind::Server},
        {"Timeout", ErrorKind::Server},
        {"InternalError", ErrorKind::Server},
        {"ServiceUnavailable", ErrorKind::Server},
        {"TooManyObjects", ErrorKind::Server},
    }};
    for (const Row& row : kRows) {
        if (status.reason == row.reason)
            return row.kind;
    }
    return kindOfCode(status.code);
}

std::string sentence(ErrorKind kind, const RequestName& request, int code)
{
    const std::string server = cleanText(request.server, 256);
    const std::string what = cleanText(request.method + " " + request.path, 512);
    switch (kind) {
    case ErrorKind::Auth:
        return tr("The API server %1 does not accept our credential.", {server});
    case ErrorKind::Forbidden:
        return tr("The API server %1 forbids us %2.", {server, what});
    case ErrorKind::NotFound:
        return tr("The API server %1 does not have what was asked for (%2).", {server, what});
    case ErrorKind::Timeout:
        return tr("The API server %1 gave up waiting for the request %2.", {server, what});
    case ErrorKind::Conflict:
        return tr("The API server %1 sees a conflict with a newer state (%2).", {server, what});
    case ErrorKind::Gone:
        return tr("The API server %1 no longer keeps the version that was asked for (%2).", {server, what});
    case ErrorKind::Invalid:
        return tr("The API server %1 does not take the request %2.", {server, what});
    case ErrorKind::Throttled:
        return tr("The API server %1 is overloaded and asks us to wait.", {server});
    case ErrorKind::Server:
        return tr("The API server %1 failed to answer %2 (status %3).", {server, what, std::to_string(code)});
    default:
        return tr("The API server %1 gave an answer that does not fit %2 (status %3).",
                  {server, what, std::to_string(code)});
    }
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

} // namespace

std::optional<Status> parseStatus(const simdjson::dom::element& object)
{
    std::string_view kind;
    if (object["kind"].get(kind) != simdjson::SUCCESS || kind != "Status")
        return std::nullopt;
    Status status;
    status.status = text(object, "status");
    status.reason = text(object, "reason");
    status.message = text(object, "message");
    status.code = number(object, "code");
    simdjson::dom::element details;
    if (object["details"].get(details) == simdjson::SUCCESS && details.is_object()) {
        status.name = text(details, "name");
        status.kind = text(details, "kind");
        status.retryAfterSeconds = std::min<int>(number(details, "retryAfterSeconds"), kMaxRetryAfterSeconds);
        simdjson::dom::array causes;
        if (details["causes"].get(causes) == simdjson::SUCCESS) {
            for (const simdjson::dom::element cause : causes) {
                if (status.causes.size() == kMaxCauses)
                    break;
                status.causes.push_back(
                    {text(cause, "reason"), text(cause, "message"), text(cause, "field")});
            }
        }
    }
    return status;
}

std::optional<Status> parseStatus(std::string_view json)
{
    if (json.empty() || json.size() > kMaxStatusBytes)
        return std::nullopt;
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(json.data(), json.size(), true).get(root) != simdjson::SUCCESS || !root.is_object())
        return std::nullopt;
    return parseStatus(root);
}

Error errorFromStatus(const RequestName& request, const Status& status)
{
    Error error;
    error.kind = kindOfStatus(status);
    error.text = sentence(error.kind, request, status.code);
    error.detail = status.message.empty() ? status.reason : status.message;
    // Most messages repeat their causes; those of an apply conflict do not always.
    for (const Status::Cause& cause : status.causes) {
        if (cause.message.empty() || contains(error.detail, cause.message))
            continue;
        error.detail += "; ";
        if (!cause.field.empty())
            error.detail += cause.field + ": ";
        error.detail += cause.message;
    }
    error.detail = cleanText(error.detail);
    error.httpStatus = status.code;
    error.retryAfterSeconds = status.retryAfterSeconds;
    return error;
}

bool looksLikeHtml(std::string_view contentType, std::string_view body)
{
    if (toLower(contentType.substr(0, 64)).find("text/html") != std::string::npos)
        return true;
    const std::string start = toLower(trimmed(body.substr(0, 64)));
    return start.rfind("<!doctype html", 0) == 0 || start.rfind("<html", 0) == 0;
}

Error errorFromAnswer(const RequestName& request, int httpStatus, std::string_view contentType,
                      std::string_view body)
{
    if (auto status = parseStatus(body); status && status->status != "Success") {
        if (status->code == 0)
            status->code = httpStatus;
        Error error = errorFromStatus(request, *status);
        error.httpStatus = httpStatus;
        return error;
    }
    const ErrorKind kind = kindOfCode(httpStatus);
    Error error{kind, sentence(kind, request, httpStatus), cleanText(trimmed(body.substr(0, 4096))),
                httpStatus, 0};
    if (looksLikeHtml(contentType, body)) {
        error.text =
            tr("Instead of the API server %1 something between answered %2 with a web page (status %3): "
               "a proxy, or the address is not that of an API server.",
               {cleanText(request.server, 256), cleanText(request.method + " " + request.path, 512),
                std::to_string(httpStatus)});
        if (kind != ErrorKind::Throttled && kind != ErrorKind::Server)
            error.kind = ErrorKind::Protocol;
    }
    return error;
}

int parseRetryAfter(std::string_view header, UnixMs now)
{
    const std::string_view value = trimmed(header);
    if (value.empty())
        return 0;
    if (std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        int seconds = kMaxRetryAfterSeconds;
        const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), seconds);
        if (fault != std::errc{}) // more digits than an int holds: absurdly long
            return kMaxRetryAfterSeconds;
        return std::min(seconds, kMaxRetryAfterSeconds);
    }
    // IMF-fixdate, the only form a sender may generate: "Sun, 06 Nov 1994 08:49:37 GMT".
    char month[4] = {};
    int day = 0;
    int year = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    const std::string text(value.substr(0, 64));
    if (std::sscanf(text.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute,
                    &second) != 6)
        return 0;
    static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto found = std::find_if(kMonths.begin(), kMonths.end(),
                                    [&](const char* name) { return std::strcmp(name, month) == 0; });
    if (found == kMonths.end())
        return 0;
    char stamp[64] = {};
    std::snprintf(stamp, sizeof stamp, "%04d-%02d-%02dT%02d:%02d:%02dZ", year,
                  static_cast<int>(found - kMonths.begin()) + 1, day, hour, minute, second);
    const auto when = parseRfc3339(stamp);
    if (!when || *when <= now)
        return 0;
    return static_cast<int>(std::min<UnixMs>((*when - now + 999) / 1000, kMaxRetryAfterSeconds));
}

std::vector<std::string> parseWarnings(std::string_view header)
{
    // warn-code SP warn-agent SP quoted-string [SP quoted-date]; only 299 is Kubernetes'.
    std::vector<std::string> out;
    std::size_t at = 0;
    while (at < header.size() && out.size() < 32) {
        const std::size_t open = header.find('"', at);
        if (open == std::string_view::npos)
            break;
        const std::string_view head = trimmed(header.substr(at, open - at));
        std::string value;
        std::size_t i = open + 1;
        for (; i < header.size() && header[i] != '"'; ++i) {
            if (header[i] == '\\' && i + 1 < header.size())
                ++i;
            value += header[i];
        }
        if (contains(head, "299 "))
            out.push_back(cleanText(value));
        at = i < header.size() ? i + 1 : header.size();
    }
    return out;
}

} // namespace strata::kube
