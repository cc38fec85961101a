// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/api/status.h"

#include "core/base/text.h"
#include "core/kube/watch/jsonscan.h"
#include "tests/fuzz/target.h"

#include <simdjson.h>

using namespace strata;
using namespace strata::kube;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto status = parseStatus(text)) {
        FUZZ_CHECK(status->causes.size() <= 32);
        FUZZ_CHECK(cleanText(status->message) == status->message);
    }
    for (const int code : {200, 403, 410, 429, 500}) {
        const Error error = errorFromAnswer({"https://h", "GET", "/api"}, code, "application/json", text);
        FUZZ_CHECK(!error.text.empty());
        FUZZ_CHECK(error.retryAfterSeconds >= 0 && error.retryAfterSeconds <= kMaxRetryAfterSeconds);
    }
    FUZZ_CHECK(parseRetryAfter(text, 0) >= 0 && parseRetryAfter(text, 0) <= kMaxRetryAfterSeconds);
    for (const std::string& warning : parseWarnings(text))
        FUZZ_CHECK(cleanText(warning) == warning);
    // A list's items, found without a tree: each part lies within the text.
    std::string_view items;
    JsonScanner scanner(text);
    scanner.members([&](std::string_view key, std::string_view value) {
        if (key == "items")
            items = value;
        return true;
    });
    JsonScanner list(items);
    list.elements([&](std::string_view item) {
        FUZZ_CHECK(item.data() >= text.data() && item.data() + item.size() <= text.data() + text.size());
        return true;
    });
    return 0;
}

std::vector<std::string> fuzzSeeds()
{
    return {
        R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":"Forbidden","details":)"
        R"({"name":"x","causes":[{"reason":"FieldValueInvalid","message":"m","field":"spec"}],"retryAfterSeconds":9},"code":403})",
        R"({"kind":"List","metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"}},{"b":[1,2,{"c":"\"]}"}]},null]})",
        "299 - \"text with \\\"quotes\\\"\", 299 - \"two\"", "120", "Mon, 02 Jan 2040 03:04:05 GMT"};
}
