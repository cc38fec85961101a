// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/timestamp.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simdjson::dom {
class element;
}

namespace strata::kube {

// A metav1.Status body (apimachinery pkg/apis/meta/v1/types.go): how the API server says no. All texts are
// cleaned and bounded.
struct Status {
    struct Cause {
        std::string reason; // "FieldManagerConflict", "FieldValueInvalid", …
        std::string message;
        std::string field; // ".spec.replicas"
    };
    std::string status; // "Success" or "Failure"
    std::string reason; // "NotFound", "Expired", …
    std::string message;
    std::string name; // the object it is about
    std::string kind;
    std::vector<Cause> causes; // at most 32
    int code = 0;
    int retryAfterSeconds = 0;
};

// Nothing when the text is no JSON object of kind Status.
std::optional<Status> parseStatus(std::string_view json);
std::optional<Status> parseStatus(const simdjson::dom::element& object);

// What a failed request was, for the sentence.
struct RequestName {
    std::string server; // "https://host:6443"
    std::string method;
    std::string path;
};

// The error that an answer other than 2xx stands for. The body may be anything: a Status, HTML of a proxy
// between, plain text, garbage; the detail keeps at most 1,024 bytes of it, cleaned.
Error errorFromAnswer(const RequestName& request, int httpStatus, std::string_view contentType,
                      std::string_view body);

// The error a Status stands for, wherever it arrived (an answer's body, a watch's ERROR event).
Error errorFromStatus(const RequestName& request, const Status& status);

// A page made for people where JSON was asked for: a proxy, a captive portal or a wrong address.
bool looksLikeHtml(std::string_view contentType, std::string_view body);

// Retry-After in seconds: delta-seconds or an HTTP date (RFC 9110, 10.2.3). Nonsense and the past count as 0,
// more than five minutes as five minutes.
int parseRetryAfter(std::string_view header, UnixMs now);

// The texts of `Warning: 299 - "text"` headers, joined by ", " as they may be (RFC 7234, 5.5); cleaned.
std::vector<std::string> parseWarnings(std::string_view header);

inline constexpr int kMaxRetryAfterSeconds = 300;

} // namespace strata::kube
