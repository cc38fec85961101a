// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/neterror.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <curl/curl.h>

#include <cerrno>
#include <string_view>

namespace strata::kube {
namespace {

constexpr int kTooLarge = 100; // CURLE_TOO_LARGE, of libcurl 8.6 and later

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("KubeNetwork", text), values);
}

// X509_V_ERR_… of OpenSSL's x509_vfy.h; the figures are part of its ABI.
enum Verify : long {
    NotYetValid = 9,
    HasExpired = 10,
    SelfSigned = 18,
    SelfSignedInChain = 19,
    NoLocalIssuer = 20,
    NoLeafSignature = 21,
    Revoked = 23,
    HostnameMismatch = 62,
    IpMismatch = 64,
};

std::string certificateSentence(const TransferFailure& f, const std::string& server)
{
    // libcurl compares the name itself, after OpenSSL found the chain good (or has not said anything yet).
    if (f.verifyResult <= 1 && f.words.find(" name ") != std::string::npos)
        return tr("The certificate of the API server %1 is not made out to %2.",
                  {server, cleanText(f.expectedName, 256)});
    switch (f.verifyResult) {
    case HasExpired:
        return tr(
            "The certificate of the API server %1 has expired (or the clock of this computer is wrong).",
            {server});
    case NotYetValid:
        return tr("The certificate of the API server %1 is not valid yet (or the clock of this computer is "
                  "wrong).",
                  {server});
    case SelfSigned:
    case SelfSignedInChain:
    case NoLocalIssuer:
    case NoLeafSignature:
    case 2: // X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        return tr("The certificate of the API server %1 comes from an authority that the kubeconfig does not "
                  "name: it is another server, or its authority was renewed.",
                  {server});
    case Revoked:
        return tr("The certificate of the API server %1 has been revoked.", {server});
    case HostnameMismatch:
    case IpMismatch:
        return tr("The certificate of the API server %1 is not made out to %2.",
                  {server, cleanText(f.expectedName, 256)});
    default:
        return tr("The certificate of the API server %1 cannot be trusted.", {server});
    }
}

// TLS alerts by which a server turns a client certificate down; TLS 1.3 sends them after the handshake.
bool refusesClientCertificate(std::string_view words)
{
    if (words.find("alert") == std::string_view::npos)
        return false;
    for (const char* alert :
         {"bad certificate", "certificate required", "certificate expired", "unknown ca",
          "certificate unknown", "unsupported certificate", "certificate revoked", "access denied"}) {
        if (words.find(alert) != std::string_view::npos)
            return true;
    }
    return false;
}

} // namespace

Error errorFromFailure(const TransferFailure& f)
{
    const std::string server = cleanText(f.server, 256);
    const std::string detail =
        cleanText(f.words.empty() ? curl_easy_strerror(static_cast<CURLcode>(f.code)) : f.words.c_str());
    const auto error = [&](ErrorKind kind, std::string text) {
        NetStage stage = f.connected      ? NetStage::Answer
                         : f.tcpConnected ? NetStage::Tls
                                          : NetStage::Connection;
        if (f.code == CURLE_COULDNT_RESOLVE_HOST)
            stage = NetStage::Name;
        else if (kind == ErrorKind::Tls)
            stage = NetStage::Tls;
        else if (kind == ErrorKind::Cancelled || kind == ErrorKind::Internal)
            stage = NetStage::None;
        return Error{kind, std::move(text), detail, 0, 0, stage};
    };
    if (refusesClientCertificate(f.words))
        return error(ErrorKind::Tls,
                     f.hasClientCertificate
                         ? tr("The API server %1 does not accept our client certificate.", {server})
                         : tr("The API server %1 wants a client certificate and we have none.", {server}));

    if (!f.proxy.empty() && !f.connected) {
        const std::string proxy = cleanText(f.proxy, 256);
        if (f.proxyStatus == 407)
            return error(ErrorKind::Auth,
                         tr("The proxy %1 wants a user name and a password that it takes.", {proxy}));
        if (f.proxyStatus >= 300)
            return error(ErrorKind::Network,
                         tr("The proxy %1 does not let us through to the API server %2 (status %3).",
                            {proxy, server, std::to_string(f.proxyStatus)}));
        switch (f.code) {
        case CURLE_COULDNT_RESOLVE_PROXY:
            return error(ErrorKind::Network, tr("The name of the proxy %1 cannot be found.", {proxy}));
        case CURLE_COULDNT_CONNECT:
            return error(ErrorKind::Network, tr("The proxy %1 cannot be reached.", {proxy}));
        case CURLE_PROXY:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
        case CURLE_GOT_NOTHING:
            return error(ErrorKind::Network,
                         tr("The proxy %1 made no connection to the API server %2.", {proxy, server}));
        default:
            break;
        }
    }

    switch (f.code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
        return error(ErrorKind::Network,
                     tr("The name %1 of the API server cannot be found.", {cleanText(f.host, 256)}));
    case CURLE_COULDNT_CONNECT:
        if (f.osError == ECONNREFUSED)
            return error(ErrorKind::Network,
                         tr("Nothing listens at %1: the API server is down or the port is wrong.", {server}));
        if (f.osError == EHOSTUNREACH || f.osError == ENETUNREACH)
            return error(ErrorKind::Network, tr("There is no way to the API server %1.", {server}));
        return error(ErrorKind::Network, tr("The API server %1 cannot be reached.", {server}));
    case CURLE_OPERATION_TIMEDOUT:
        return error(ErrorKind::Timeout,
                     f.answerStarted ? tr("The API server %1 did not finish its answer in time.", {server})
                     : f.connected
                         ? tr("The API server %1 did not answer in time.", {server})
                         : tr("The API server %1 cannot be reached: no connection in time.", {server}));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return error(ErrorKind::Tls, certificateSentence(f, server));
    case CURLE_SSL_CERTPROBLEM:
        return error(
            ErrorKind::Tls,
            tr("The client certificate for %1 cannot be used: it or its key is damaged, or they do not "
               "belong together.",
               {server}));
    case CURLE_SSL_CACERT_BADFILE:
        return error(ErrorKind::Tls, tr("The certificate authority given for %1 cannot be read.", {server}));
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
        return error(ErrorKind::Tls, tr("No secure connection to %1 came about.", {server}));
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        if (f.answerStarted)
            return error(ErrorKind::Network,
                         tr("The API server %1 broke off in the middle of its answer.", {server}));
        // With TLS 1.3 a refused certificate can look like this: the alert is lost when the connection is
        // reset.
        return error(
            ErrorKind::Network,
            f.hasClientCertificate
                ? tr("The API server %1 closed the connection without an answer; perhaps it does not "
                     "accept our client certificate.",
                     {server})
                : tr("The API server %1 closed the connection without an answer.", {server}));
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP_RETURNED_ERROR:
        return error(ErrorKind::Protocol, tr("What answers at %1 is no API server.", {server}));
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_WRITE_ERROR:
        return error(ErrorKind::Cancelled, tr("The request to %1 was stopped.", {server}));
    case kTooLarge:
        return error(ErrorKind::Protocol,
                     tr("The API server %1 answers with more headers than can be read.", {server}));
    case CURLE_OUT_OF_MEMORY:
        return error(ErrorKind::Internal, tr("There is not enough memory for the request to %1.", {server}));
    default:
        return error(ErrorKind::Network, tr("The request to the API server %1 failed.", {server}));
    }
}

} // namespace strata::kube
