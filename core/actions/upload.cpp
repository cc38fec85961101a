// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/upload.h"

#include "core/actions/build.h"
#include "core/base/text.h"
#include "core/kube/api/resource.h"
#include "core/kube/net/fileupload.h"
#include "core/kube/net/tunnel.h"
#include "core/provision/api.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace strata::actions {

using namespace provision;
using Phase = UploadProgress::Phase;

namespace {

constexpr const char* kProxyLabel = "cdi.kubevirt.io=cdi-uploadproxy";
constexpr const char* kProxyName = "cdi-uploadproxy"; // on the certificate of the proxy that is not exposed
constexpr const char* kBundle = "cdi-uploadproxy-signer-bundle";
constexpr int kProxyPort = 8443;
constexpr auto kLongestDelay = std::chrono::milliseconds(30'000);

std::string words(const Error& error)
{
    return error.detail.empty() ? error.text : error.text + " " + error.detail;
}

} // namespace

bool isEnd(Phase phase)
{
    return phase == Phase::Done || phase == Phase::Failed || phase == Phase::Cancelled;
}

class ImageUpload::Private {
public:
    Private(std::shared_ptr<kube::Client> theClient, std::string theNs, std::string theName,
            std::string thePath, std::int64_t theBytes, UploadOptions theOptions,
            std::function<void(const UploadProgress&)> theTold)
        : client(std::move(theClient)), ns(std::move(theNs)), name(std::move(theName)),
          path(std::move(thePath)), options(theOptions), told(std::move(theTold))
    {
        progress.bytes = theBytes;
        thread = std::thread([this] { run(); });
    }
    ~Private()
    {
        stop();
        thread.join();
        closeWay();
    }
    Private(const Private&) = delete;
    Private& operator=(const Private&) = delete;

    void stop()
    {
        {
            const std::lock_guard lock(mutex);
            cancelled = true;
        }
        wake.notify_all();
    }

private:
    // ---- on its own thread

    void tell(Phase phase, std::string text)
    {
        progress.phase = phase;
        progress.words = std::move(text);
        told(progress);
    }

    // False when it was cancelled meanwhile.
    bool pause(std::chrono::milliseconds length)
    {
        std::unique_lock lock(mutex);
        return !wake.wait_for(lock, length, [this] { return cancelled.load(); });
    }

    Result<kube::Response> ask(kube::Request request)
    {
        struct Answer {
            std::optional<Result<kube::Response>> value;
        };
        const auto answer = std::make_shared<Answer>();
        const auto handle = client->send(std::move(request), [this, answer](Result<kube::Response> got) {
            {
                const std::lock_guard lock(mutex);
                answer->value = std::move(got);
            }
            wake.notify_all();
        });
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return answer->value.has_value() || cancelled.load(); });
        if (!answer->value) {
            lock.unlock(); // the handle waits for a callback that runs now
            return fail(ErrorKind::Cancelled, say("The upload was stopped."));
        }
        return std::move(*answer->value);
    }

    Result<Object> get(const kube::ResourceId& resource, const std::string& where, const std::string& what)
    {
        const auto answer = ask(getRequest(resource, where, what));
        if (!answer)
            return tl::unexpected(answer.error());
        return objectFromJson(answer->body);
    }

    Result<std::string> phaseOf()
    {
        const auto volume = get({"cdi.kubevirt.io", "v1beta1", "datavolumes", true}, ns, name);
        if (!volume)
            return tl::unexpected(volume.error());
        return volume->text("status.phase").value_or("");
    }

    Result<Secret> token()
    {
        Object wish("upload.cdi.kubevirt.io/v1beta1", "UploadTokenRequest", ns, name);
        wish.edit()["spec"]["pvcName"] = name;
        const auto answer = ask(
            createRequest({"upload.cdi.kubevirt.io", "v1beta1", "uploadtokenrequests", true}, wish, false));
        if (!answer)
            return tl::unexpected(answer.error());
        const auto object = objectFromJson(answer->body);
        if (!object)
            return tl::unexpected(object.error());
        Secret token(object->text("status.token").value_or(""));
        if (token.empty())
            return fail(ErrorKind::Protocol, say("CDI gave no token for the upload."));
        return token;
    }

    // Fills url, caPem and serverName.
    Result<void> findWay()
    {
        if (!url.empty() && !forward)
            return {};
        const auto config = get({"cdi.kubevirt.io", "v1beta1", "cdiconfigs", false}, {}, "config");
        if (!config && config.error().kind != ErrorKind::NotFound &&
            config.error().kind != ErrorKind::Forbidden)
            return tl::unexpected(config.error());
        std::string exposed;
        if (config) {
            exposed = config->text("spec.uploadProxyURLOverride").value_or("");
            if (exposed.empty())
                exposed = config->text("status.uploadProxyURL").value_or("");
            caPem = config->text("status.uploadProxyCA").value_or("");
        }
        if (!exposed.empty()) {
            url = exposed.find("://") == std::string::npos ? "https://" + exposed : exposed;
            while (!url.empty() && url.back() == '/')
                url.pop_back();
            progress.way = cleanText(url, 200);
            return {};
        }
        return openForward();
    }

    Result<void> openForward()
    {
        closeWay();
        const auto answer = ask(listRequest({{}, "v1", "pods", true}, {}, kProxyLabel));
        if (!answer) {
            Error error = answer.error();
            if (error.kind == ErrorKind::Forbidden)
                error.text = say("CDI's upload proxy is not exposed, and you may not look for its pod.");
            return tl::unexpected(error);
        }
        std::string podNs;
        std::string pod;
        const Json list = Json::parse(answer->body, nullptr, false);
        if (list.is_object() && list.contains("items") && list["items"].is_array()) {
            for (const Json& each : list["items"]) {
                const Object candidate(each);
                if (pod.empty() && candidate.text("status.phase") == "Running" && !candidate.deleting()) {
                    pod = candidate.name();
                    podNs = candidate.ns();
                }
            }
        }
        if (pod.empty())
            return fail(ErrorKind::NotFound, say("No pod of CDI's upload proxy runs."),
                        say("See the Deployment cdi-uploadproxy."));
        if (caPem.empty()) {
            const auto bundle = get({{}, "v1", "configmaps", true}, podNs, kBundle);
            if (bundle) {
                const Json& data = bundle->json().contains("data") ? bundle->json()["data"] : bundle->json();
                if (data.contains("ca-bundle.crt") && data["ca-bundle.crt"].is_string())
                    caPem = data["ca-bundle.crt"].get<std::string>();
            }
            if (caPem.empty())
                return fail(
                    ErrorKind::NotFound,
                    say("The authority of CDI's upload proxy is not known: neither the CDIConfig nor the "
                        "ConfigMap %1 tells it.",
                        {podNs + "/" + kBundle}),
                    bundle ? std::string() : words(bundle.error()));
        }
        kube::WebSocketRequest request;
        request.path = kube::path({{}, "v1", "pods", true}, podNs, pod) + "/portforward";
        request.query = "ports=" + std::to_string(kProxyPort);
        request.protocols = {"v4.channel.k8s.io"};
        struct Opened {
            bool done = false;
            std::unique_ptr<kube::LocalForward> forward;
            Error error;
        };
        const auto opened = std::make_shared<Opened>();
        client->network().post([this, opened, request, outer = client] {
            auto made = kube::LocalForward::open(outer->network(), kube::tunnelThroughPod(outer, request));
            {
                const std::lock_guard lock(mutex);
                if (made)
                    opened->forward = std::move(*made);
                else
                    opened->error = made.error();
                opened->done = true;
            }
            wake.notify_all();
        });
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return opened->done; }); // posted tasks always run
        if (!opened->forward)
            return tl::unexpected(opened->error);
        forward = std::move(opened->forward);
        url = "https://127.0.0.1:" + std::to_string(forward->port());
        serverName = kProxyName;
        progress.way = say("a port-forward to pod %1", {cleanText(podNs + "/" + pod, 200)});
        return {};
    }

    // A forward ends on the network's thread.
    void closeWay()
    {
        if (!forward)
            return;
        client->network().post([kept = std::shared_ptr<kube::LocalForward>(std::move(forward))] {});
        forward.reset();
        url.clear();
        serverName.clear();
    }

    static bool mayHelp(const Error& error)
    {
        switch (error.kind) {
        case ErrorKind::Network:
        case ErrorKind::Timeout:
        case ErrorKind::Server:
        case ErrorKind::Throttled:
        case ErrorKind::Auth: // the token was too old
        case ErrorKind::Conflict:
            return true;
        case ErrorKind::Invalid: // 400: its claim is not ready yet
            return error.httpStatus == 400;
        default:
            return false;
        }
    }

    Result<void> once()
    {
        tell(Phase::Asking, say("Asking for a token"));
        const auto phase = phaseOf();
        if (!phase)
            return tl::unexpected(phase.error());
        if (*phase == "Succeeded") // what was sent last did arrive
            return {};
        if (*phase == "Failed")
            return fail(ErrorKind::Refused, say("%1 has failed.", {ns + "/" + name}));
        if (auto way = findWay(); !way)
            return way;
        auto secret = token();
        if (!secret)
            return tl::unexpected(secret.error());
        kube::FileUpload upload;
        upload.url = url + "/v1beta1/upload-async";
        upload.caPem = caPem;
        upload.tlsServerName = serverName;
        upload.token = std::move(*secret);
        upload.path = path;
        upload.bytes = progress.bytes;
        progress.sent = 0;
        tell(Phase::Sending, say("Sending by way of %1", {progress.way}));
        return kube::uploadFile(
            upload,
            [this](std::int64_t sent) {
                progress.sent = sent;
                told(progress);
            },
            cancelled);
    }

    void run()
    {
        std::chrono::milliseconds delay = options.retryDelay;
        for (progress.attempt = 1;; ++progress.attempt) {
            const Result<void> sent = once();
            if (cancelled) {
                tell(Phase::Cancelled, say("The upload was stopped."));
                return;
            }
            if (sent)
                break;
            progress.error = sent.error();
            if (!mayHelp(sent.error()) || progress.attempt >= std::max(options.tries, 1)) {
                tell(Phase::Failed, words(sent.error()));
                return;
            }
            tell(Phase::Waiting, say("%1 It starts over, since CDI takes an image from its beginning.",
                                     {words(sent.error())}));
            if (forward) // another pod, maybe
                closeWay();
            if (!pause(delay)) {
                tell(Phase::Cancelled, say("The upload was stopped."));
                return;
            }
            delay = std::min(delay * 2, kLongestDelay);
        }
        progress.error.reset();
        progress.sent = progress.bytes;
        convert();
    }

    void convert()
    {
        const auto end = std::chrono::steady_clock::now() + options.convertWithin;
        tell(Phase::Converting, say("CDI makes a disk of it"));
        while (true) {
            const auto phase = phaseOf();
            if (phase && *phase == "Succeeded") {
                tell(Phase::Done, say("The image is there."));
                return;
            }
            const bool gone =
                !phase && !transient(phase.error()) && phase.error().kind != ErrorKind::Cancelled;
            if (gone || (phase && *phase == "Failed") || std::chrono::steady_clock::now() > end) {
                progress.error =
                    gone ? phase.error()
                         : Error{ErrorKind::Timeout, say("CDI did not make a disk of it."), {}, 0, 0,
                                 NetStage::None};
                tell(Phase::Failed, words(*progress.error));
                return;
            }
            if (!pause(options.pollInterval)) {
                tell(Phase::Cancelled, say("The upload was stopped."));
                return;
            }
        }
    }

    std::shared_ptr<kube::Client> client;
    const std::string ns;
    const std::string name;
    const std::string path;
    const UploadOptions options;
    const std::function<void(const UploadProgress&)> told;
    UploadProgress progress;
    std::string url;
    std::string caPem;
    std::string serverName;
    std::unique_ptr<kube::LocalForward> forward;
    std::mutex mutex;
    std::condition_variable wake;
    std::atomic<bool> cancelled{false};
    std::thread thread; // last: starts when the rest is there
};

ImageUpload::ImageUpload(std::unique_ptr<Private> d) : m_d(std::move(d)) {}

ImageUpload::~ImageUpload() = default;

void ImageUpload::cancel()
{
    m_d->stop();
}

std::unique_ptr<ImageUpload> ImageUpload::start(std::shared_ptr<kube::Client> client, std::string ns,
                                                std::string name, std::string path, std::int64_t bytes,
                                                UploadOptions options,
                                                std::function<void(const UploadProgress&)> told)
{
    return std::unique_ptr<ImageUpload>(
        new ImageUpload(std::make_unique<Private>(std::move(client), std::move(ns), std::move(name),
                                                  std::move(path), bytes, options, std::move(told))));
}

} // namespace strata::actions
