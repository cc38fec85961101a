// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/download.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/manifests.h"

#include <curl/curl.h>

#include <memory>

namespace strata::prepare {

namespace {

constexpr long kRedirects = 5;

struct Sink {
    std::string body;
    std::size_t most = 0;
    bool tooLarge = false;
    const std::atomic<bool>* stop = nullptr;
};

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* user)
{
    auto& sink = *static_cast<Sink*>(user);
    if (sink.body.size() + size * count > sink.most) {
        sink.tooLarge = true;
        return 0;
    }
    sink.body.append(bytes, size * count);
    return size * count;
}

int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    const auto& sink = *static_cast<Sink*>(user);
    return sink.stop != nullptr && sink.stop->load() ? 1 : 0;
}

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("prepare", text), values);
}

ErrorKind kindOf(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return ErrorKind::Timeout;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return ErrorKind::Tls;
    case CURLE_ABORTED_BY_CALLBACK:
        return ErrorKind::Cancelled;
    default:
        return ErrorKind::Network;
    }
}

} // namespace

Result<std::string> download(const std::string& url, const DownloadOptions& options)
{
    if (const auto place = provision::parseHttpsUrl(url); !place)
        return tl::unexpected(place.error());
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), curl_easy_cleanup);
    if (!easy)
        return fail(ErrorKind::Internal, say("%1 cannot be fetched.", {cleanText(url, 200)}));
    Sink sink;
    sink.most = options.mostBytes;
    sink.stop = options.stop;
    char words[CURL_ERROR_SIZE] = "";
    CURL* e = easy.get();
    curl_easy_setopt(e, CURLOPT_URL, url.c_str());
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, words);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, &sink);
    curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, progress);
    curl_easy_setopt(e, CURLOPT_XFERINFODATA, &sink);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(e, CURLOPT_MAXREDIRS, kRedirects);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "https");
#else
    curl_easy_setopt(e, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTPS));
    curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(e, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, 20L);
    curl_easy_setopt(e, CURLOPT_TIMEOUT, static_cast<long>(options.longest.count()));
    curl_easy_setopt(e, CURLOPT_USERAGENT, "strata");
    curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
    if (!options.caPem.empty()) {
        curl_blob blob{const_cast<char*>(options.caPem.data()), options.caPem.size(), CURL_BLOB_COPY};
        curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &blob);
        curl_easy_setopt(e, CURLOPT_CAPATH, nullptr);
    }
    const CURLcode code = curl_easy_perform(e);
    if (sink.tooLarge)
        return fail(ErrorKind::Config, say("%1 is larger than %2 MiB.",
                                           {cleanText(url, 200), std::to_string(sink.most >> 20U)}));
    if (code != CURLE_OK)
        return fail(kindOf(code), say("%1 cannot be fetched.", {cleanText(url, 200)}),
                    cleanText(words[0] != '\0' ? words : curl_easy_strerror(code)));
    long status = 0;
    curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return fail(status == 404 ? ErrorKind::NotFound : ErrorKind::Server,
                    say("%1 cannot be fetched: the server answers %2.",
                        {cleanText(url, 200), std::to_string(status)}),
                    status == 404 ? say("There is no such file, or no such release.") : std::string(),
                    static_cast<int>(status));
    return std::move(sink.body);
}

} // namespace strata::prepare
