// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <string>

namespace strata::kube {

// What libcurl tells about a transfer that failed, apart from any answer.
struct TransferFailure {
    int code = 0;          // CURLcode
    std::string words;     // its error buffer
    long verifyResult = 0; // X509_V_ERR_…, 0 when the chain was fine or never looked at
    long osError = 0;      // errno of the connect, 0 when none
    bool tcpConnected = false;
    bool connected = false; // the TLS session (or the plain connection) stood
    bool answerStarted = false;
    bool hasClientCertificate = false;
    std::string proxy;        // between us and the server; empty: none
    long proxyStatus = 0;     // what it answered to CONNECT, 0 when nothing
    std::string server;       // as the operator knows it: "https://host:6443"
    std::string host;         // the name that was looked up
    std::string expectedName; // the name the certificate should have carried
};

Error errorFromFailure(const TransferFailure& failure);

} // namespace strata::kube
