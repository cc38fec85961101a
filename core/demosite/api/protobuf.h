// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/status.h"

#include <string_view>

// Kubernetes' protobuf encoding (apimachinery pkg/runtime/serializer/protobuf): four magic bytes, then a
// runtime.Unknown that names the type and holds the message. Only requests come in it: answers are JSON,
// which every client takes, for they all accept "*/*" beside it.
namespace strata::demosite {

constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";

// The object as JSON, with kind and apiVersion. 400 for bytes that are no such message, 415 for kinds that
// have no protobuf form.
Answer<Json> decodeProtobuf(std::string_view body);

} // namespace strata::demosite
