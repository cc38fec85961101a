// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/fileupload.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace strata::kube {
namespace {

constexpr std::size_t kMostAnswer = 64U << 10U;
constexpr auto kTellEvery = std::chrono::milliseconds(100);
constexpr long kConnectMs = 20'000;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Upload", text), values);
}

// What libcurl asks while it works. On the caller's thread.
struct Work {
    int file = -1;
    std::int64_t at = 0;
    std::int64_t bytes = 0;
    int readError = 0;
    bool shrunk = false;
    const std::function<void(std::int64_t)>* sent = nullptr;
    const std::atomic<bool>* cancelled = nullptr;
    std::chrono::steady_clock::time_point told{};
    std::chrono::steady_clock::time_point moved = std::chrono::steady_clock::now();
    std::int64_t movedAt = -1;
    std::chrono::seconds stall{60};
    std::chrono::seconds answerWithin{60};
    bool stalled = false;
    std::string answer;
};

std::size_t onRead(char* buffer, std::size_t size, std::size_t count, void* user)
{
    auto& work = *static_cast<Work*>(user);
    const auto most = static_cast<std::size_t>(
        std::min<std::int64_t>(work.bytes - work.at, static_cast<std::int64_t>(size * count)));
    if (most == 0)
        return 0;
    ssize_t got = 0;
    do
        got = ::pread(work.file, buffer, most, work.at);
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        work.readError = got < 0 ? errno : 0;
        work.shrunk = got == 0;
        return CURL_READFUNC_ABORT;
    }
    work.at += got;
    return static_cast<std::size_t>(got);
}

std::size_t onAnswer(char* data, std::size_t size, std::size_t count, void* user)
{
    auto& work = *static_cast<Work*>(user);
    const std::size_t length = size * count;
    if (work.answer.size() < kMostAnswer)
        work.answer.append(data, std::min(length, kMostAnswer - work.answer.size()));
    return length;
}

int onProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent)
{
    auto& work = *static_cast<Work*>(user);
    const auto now = std::chrono::steady_clock::now();
    if (sent != work.movedAt) {
        work.movedAt = sent;
        work.moved = now;
    }
    if (now - work.told >= kTellEvery || sent == work.bytes) {
        work.told = now;
        if (*work.sent)
            (*work.sent)(sent);
    }
    work.stalled = now - work.moved > (sent == work.bytes ? work.answerWithin : work.stall);
    return *work.cancelled || work.stalled ? 1 : 0;
}

Error of(ErrorKind kind, std::string text, std::string detail = {}, int status = 0)
{
    return Error{kind, std::move(text), cleanText(detail), status, 0, NetStage::None};
}

} // namespace

Result<void> uploadFile(const FileUpload& upload, const std::function<void(std::int64_t)>& sent,
                        const std::atomic<bool>& cancelled)
{
    if (upload.url.rfind("https://", 0) != 0)
        return tl::unexpected(
            of(ErrorKind::Refused, tr("%1 must be reached by https: the token that opens it goes "
                                      "along.",
                                      {cleanText(upload.url, 200)})));
    Work work;
    work.file = ::open(upload.path.c_str(), O_RDONLY | O_CLOEXEC);
    const std::unique_ptr<int, void (*)(int*)> closer(&work.file, [](int* file) {
        if (*file >= 0)
            ::close(*file);
    });
    struct stat info = {};
    if (work.file < 0 || ::fstat(work.file, &info) != 0)
        return tl::unexpected(of(ErrorKind::Io, tr("%1 cannot be opened.", {cleanText(upload.path, 300)}),
                                 std::strerror(errno)));
    if (info.st_size != upload.bytes)
        return tl::unexpected(
            of(ErrorKind::Io, tr("%1 has another size by now.", {cleanText(upload.path, 300)})));
    work.bytes = upload.bytes;
    work.sent = &sent;
    work.cancelled = &cancelled;
    work.stall = upload.stall;
    work.answerWithin = upload.answerWithin.count() > 0 ? upload.answerWithin : upload.stall;

    const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), curl_easy_cleanup);
    CURL* const e = easy.get();
    if (e == nullptr)
        return tl::unexpected(of(ErrorKind::Internal, tr("There is not enough memory for the upload.")));
    // With another name on the certificate the URL carries that name and the connection goes to the real
    // host.
    std::string url = upload.url;
    curl_slist* connectTo = nullptr;
    if (!upload.tlsServerName.empty()) {
        const std::size_t start = 8;
        const std::size_t end = std::min(url.find('/', start), url.size());
        const std::string authority = url.substr(start, end - start);
        const std::size_t colon = authority.rfind(':');
        const std::string port = colon == std::string::npos ? "443" : authority.substr(colon + 1);
        connectTo = curl_slist_append(
            nullptr, ("::" + (colon == std::string::npos ? authority + ":443" : authority)).c_str());
        url.replace(start, end - start, upload.tlsServerName + ":" + port);
    }
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/octet-stream");
    // The proxy answers a token it does not take before the body is sent.
    headers = curl_slist_append(headers, "Expect: 100-continue");
    headers = curl_slist_append(headers, ("Authorization: Bearer " + upload.token.reveal()).c_str());
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headerOwner(headers, curl_slist_free_all);
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> connectOwner(connectTo, curl_slist_free_all);
    char words[CURL_ERROR_SIZE] = {};
    curl_easy_setopt(e, CURLOPT_URL, url.c_str());
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https");
    if (connectTo != nullptr)
        curl_easy_setopt(e, CURLOPT_CONNECT_TO, connectTo);
    curl_easy_setopt(e, CURLOPT_POST, 1L);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(upload.bytes));
    curl_easy_setopt(e, CURLOPT_READFUNCTION, &onRead);
    curl_easy_setopt(e, CURLOPT_READDATA, &work);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, &onAnswer);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, &work);
    curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, &onProgress);
    curl_easy_setopt(e, CURLOPT_XFERINFODATA, &work);
    curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(e, CURLOPT_EXPECT_100_TIMEOUT_MS, 1000L);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(e, CURLOPT_USERAGENT, "strata/" STRATA_VERSION);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
    curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, 1L << 20U);
    curl_easy_setopt(e, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, words);
    if (connectTo != nullptr) // it stands for a way that is already there
        curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_blob ca{const_cast<char*>(upload.caPem.data()), upload.caPem.size(), CURL_BLOB_NOCOPY};
    if (!upload.caPem.empty()) {
        curl_easy_setopt(e, CURLOPT_CAINFO, nullptr);
        curl_easy_setopt(e, CURLOPT_CAPATH, nullptr);
        curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &ca);
    }
    const CURLcode code = curl_easy_perform(e);
    long status = 0;
    curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
    const std::string shown = cleanText(upload.url, 200);
    if (cancelled)
        return tl::unexpected(of(ErrorKind::Cancelled, tr("The upload was stopped.")));
    if (work.shrunk || work.readError != 0)
        return tl::unexpected(of(ErrorKind::Io,
                                 tr("%1 cannot be read to its end.", {cleanText(upload.path, 300)}),
                                 work.readError != 0 ? std::strerror(work.readError) : std::string()));
    if (work.stalled)
        return tl::unexpected(of(ErrorKind::Timeout, tr("%1 takes no more bytes.", {shown})));
    // An answer counts even when the connection broke behind it: a refusal comes before all is sent.
    if (status >= 300 || (code == CURLE_OK && status != 200)) {
        const auto number = static_cast<int>(status);
        const ErrorKind kind = status == 401   ? ErrorKind::Auth
                               : status == 403 ? ErrorKind::Forbidden
                               : status == 404 ? ErrorKind::NotFound
                               : status == 409 ? ErrorKind::Conflict
                               : status >= 500 ? ErrorKind::Server
                               : status >= 400 ? ErrorKind::Invalid
                                               : ErrorKind::Protocol;
        return tl::unexpected(of(kind,
                                 tr("%1 refuses the upload (status %2).", {shown, std::to_string(number)}),
                                 work.answer, number));
    }
    if (code == CURLE_OK)
        return {};
    const std::string detail = words[0] != '\0' ? words : curl_easy_strerror(code);
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return tl::unexpected(
            of(ErrorKind::Tls, tr("The certificate of %1 cannot be trusted.", {shown}), detail));
    case CURLE_OPERATION_TIMEDOUT:
        return tl::unexpected(of(ErrorKind::Timeout, tr("%1 does not answer.", {shown}), detail));
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return tl::unexpected(of(ErrorKind::Network, tr("%1 cannot be reached.", {shown}), detail));
    default:
        return tl::unexpected(of(ErrorKind::Network, tr("The connection to %1 was cut.", {shown}), detail));
    }
}

} // namespace strata::kube
