// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>
#include <vector>

namespace strata::demosite {

// metav1.Status as the answer to a request that failed (apimachinery pkg/apis/meta/v1/types.go).
struct Status {
    int code = 500;
    std::string reason = "InternalError";
    std::string message;
    std::string name; // details
    std::string group;
    std::string kind; // the plural, as upstream has it
    std::string uid;
    int retryAfterSeconds = 0;
    struct Cause {
        std::string reason; // "FieldValueInvalid", "FieldManagerConflict"
        std::string message;
        std::string field;
    };
    std::vector<Cause> causes;
    bool detailed = false; // details are there even when they say nothing
};

template<typename T>
using Answer = tl::expected<T, Status>;

tl::unexpected<Status> deny(int code, std::string reason, std::string message);
tl::unexpected<Status> badRequest(std::string message);
// What a server says of itself and no object (errors.NewGenericServerResponse): details are there and empty.
tl::unexpected<Status> general(int code, std::string reason, std::string message);
tl::unexpected<Status> expired(std::string message);
// 'pods "x" not found'; `resource` is the plural, `group` empty for the core group.
tl::unexpected<Status> notFound(const std::string& group, const std::string& resource,
                                const std::string& name);
tl::unexpected<Status> alreadyExists(const std::string& group, const std::string& resource,
                                     const std::string& name);
tl::unexpected<Status> conflict(const std::string& group, const std::string& resource,
                                const std::string& name, const std::string& why);
// Causes that are there twice are told once.
tl::unexpected<Status> invalid(const std::string& group, const std::string& kind, const std::string& name,
                               std::vector<Status::Cause> causes);

std::string toJson(const Status& status);

} // namespace strata::demosite
