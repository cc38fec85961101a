// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/uploadproxy.h"

#include "core/base/text.h"
#include "core/demosite/api/answers.h"
#include "core/demosite/api/token.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <set>

namespace strata::demosite {

// Claims that are being filled now: one upload at a time each.
struct UploadsBusy {
    std::mutex mutex;
    std::set<std::string> claims;
};

namespace {

constexpr std::uint64_t kCutAt = 5; // sixteenths of what was announced

HttpAnswer said(int status, const std::string& words)
{
    HttpAnswer answer = plainAnswer(words);
    answer.status = status;
    return answer;
}

class Filling : public HttpSink {
public:
    Filling(std::shared_ptr<Cluster> cluster, std::shared_ptr<UploadsBusy> busy, std::string ns,
            std::string claim, std::uint64_t announced)
        : m_cluster(std::move(cluster)), m_busy(std::move(busy)), m_ns(std::move(ns)),
          m_claim(std::move(claim)), m_announced(announced)
    {}
    ~Filling() override
    {
        const std::lock_guard lock(m_busy->mutex);
        m_busy->claims.erase(m_ns + "/" + m_claim);
    }

    bool take(std::string_view bytes) override
    {
        m_taken += bytes.size();
        if (m_asked || m_taken * 16 < m_announced * kCutAt)
            return true;
        m_asked = true;
        return !cut();
    }

    HttpAnswer finish() override
    {
        const Kind& claims = Kinds::instance().get("persistentvolumeclaims", "");
        const auto result =
            m_cluster->store().update(claims, m_ns, m_claim, [&](Json& edited) -> Answer<void> {
                Json& notes = edited["metadata"]["annotations"];
                notes["cdi.kubevirt.io/storage.pod.phase"] = "Succeeded";
                notes["cdi.kubevirt.io/storage.condition.running.message"] =
                    "Upload Complete; " + std::to_string(m_taken) + " bytes";
                return {};
            });
        return result ? said(200, "") : said(400, result.error().message);
    }

private:
    bool cut()
    {
        bool now = false;
        (void)m_cluster->store().update(Kinds::instance().get("services", ""), "cdi", "cdi-uploadproxy",
                                        [&now](Json& edited) -> Answer<void> {
                                            Json& notes = edited["metadata"]["annotations"];
                                            const auto left =
                                                integer(notes.value(UploadProxy::kCutKey, std::string("0")));
                                            now = left && *left > 0;
                                            if (now)
                                                notes[UploadProxy::kCutKey] = std::to_string(*left - 1);
                                            return {};
                                        });
        return now;
    }

    std::shared_ptr<Cluster> m_cluster;
    std::shared_ptr<UploadsBusy> m_busy;
    std::string m_ns;
    std::string m_claim;
    std::uint64_t m_announced;
    std::uint64_t m_taken = 0;
    bool m_asked = false;
};

} // namespace

UploadProxy::UploadProxy(std::shared_ptr<Cluster> cluster)
    : m_cluster(std::move(cluster)), m_busy(std::make_shared<UploadsBusy>())
{}

HttpAnswer UploadProxy::handle(const HttpRequest& request)
{
    if (request.path == "/healthz")
        return said(200, "OK");
    const bool known = request.path == "/v1beta1/upload" || request.path == "/v1beta1/upload-async";
    if (known && request.method == "HEAD")
        return said(200, "");
    return said(404, "404 page not found\n");
}

Identity UploadProxy::identify(std::string_view)
{
    return {}; // tokens are looked at in receive()
}

bool UploadProxy::receives(const HttpRequest& head) const
{
    return head.method == "POST";
}

std::unique_ptr<HttpSink> UploadProxy::receive(const HttpRequest& head, HttpAnswer& refusal)
{
    if (head.path != "/v1beta1/upload" && head.path != "/v1beta1/upload-async") {
        refusal = said(404, "404 page not found\n");
        return nullptr;
    }
    constexpr std::string_view bearer = "Bearer ";
    if (head.authorization.compare(0, bearer.size(), bearer) != 0) {
        refusal = said(400, "");
        return nullptr;
    }
    const auto claims =
        readToken(m_cluster->settings().tokenKey, std::string_view(head.authorization).substr(bearer.size()),
                  m_cluster->now());
    if (!claims ||
        std::find(claims->audiences.begin(), claims->audiences.end(), kAudience) == claims->audiences.end()) {
        refusal = said(401, "");
        return nullptr;
    }
    Store& store = m_cluster->store();
    const ObjectPtr claim =
        store.get(Kinds::instance().get("persistentvolumeclaims", ""), claims->ns, claims->account);
    const ObjectPtr volume =
        store.get(Kinds::instance().get("datavolumes", "cdi.kubevirt.io"), claims->ns, claims->account);
    if (!claim || claim->uid != claims->uid || !volume) {
        refusal = said(400, "persistentvolumeclaims \"" + claims->account + "\" not found");
        return nullptr;
    }
    const std::string phase = text(parseOwn(volume->body), "status.phase");
    if (phase == "Succeeded") {
        refusal = said(409, "Upload already completed");
        return nullptr;
    }
    if (phase != "UploadReady") {
        refusal = said(503, "Upload pod not ready");
        return nullptr;
    }
    {
        const std::lock_guard lock(m_busy->mutex);
        if (!m_busy->claims.insert(claims->ns + "/" + claims->account).second) {
            refusal = said(503, "Upload already in progress");
            return nullptr;
        }
    }
    return std::make_unique<Filling>(m_cluster, m_busy, claims->ns, claims->account, head.contentLength);
}

void writeUploadProxy(Store& store, unsigned short port, const std::string& caPem,
                      const std::string& uidOfService, const std::string& uidOfBundle,
                      const std::string& created)
{
    const Json service = {
        {"metadata",
         {{"name", "cdi-uploadproxy"},
          {"namespace", "cdi"},
          {"uid", uidOfService},
          {"creationTimestamp", created},
          {"labels", {{"cdi.kubevirt.io", "cdi-uploadproxy"}}},
          {"annotations", {{UploadProxy::kPortKey, std::to_string(port)}}}}},
        {"spec",
         {{"type", "ClusterIP"},
          {"clusterIP", "10.96.210.17"},
          {"clusterIPs", Json::array({"10.96.210.17"})},
          {"selector", {{"cdi.kubevirt.io", "cdi-uploadproxy"}}},
          {"ports", Json::array({{{"port", 443}, {"protocol", "TCP"}, {"targetPort", 8443}}})}}},
        {"status", {{"loadBalancer", Json::object()}}}};
    store.load(Kinds::instance().get("services", ""), compact(service));
    const Json bundle = {{"metadata",
                          {{"name", "cdi-uploadproxy-signer-bundle"},
                           {"namespace", "cdi"},
                           {"uid", uidOfBundle},
                           {"creationTimestamp", created}}},
                         {"data", {{"ca-bundle.crt", caPem}}}};
    store.load(Kinds::instance().get("configmaps", ""), compact(bundle));
}

} // namespace strata::demosite
