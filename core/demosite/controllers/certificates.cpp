// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/controllers/site.h"

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr long kYear = 365L * 24 * 3600;

// kube-controller-manager's signer: certificates for requests that somebody approved.
class CertificateSigner : public Controller {
public:
    CertificateSigner(Site& site, Store& store) : m_site(site), m_store(store) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("certificatesigningrequests");
        const Json request = read(m_store, kind, "", key.name);
        const std::string signer = text(request, "spec.signerName");
        if (request.is_null() || !isTrue(request, "Approved") || isTrue(request, "Denied") ||
            isTrue(request, "Failed") || !text(request, "status.certificate").empty() ||
            signer.rfind("kubernetes.io/", 0) != 0 || signer == "kubernetes.io/legacy-unknown" ||
            !m_site.sign)
            return kOnChange;
        std::string usage;
        if (const Json* usages = find(request, "spec.usages"); usages != nullptr && usages->is_array()) {
            for (const auto& [name, extended] :
                 {std::pair("client auth", "clientAuth"), std::pair("server auth", "serverAuth")}) {
                if (std::find(usages->begin(), usages->end(), Json(name)) != usages->end())
                    usage += (usage.empty() ? "" : ",") + std::string(extended);
            }
        }
        const bool serving = signer == "kubernetes.io/kubelet-serving";
        const long seconds = std::clamp(
            static_cast<long>(number(request, "spec.expirationSeconds").value_or(kYear)), 600L, kYear);
        std::string pem;
        const bool fits = usage == (serving ? "serverAuth" : "clientAuth");
        if (fits && base64Decode(text(request, "spec.request"), pem))
            pem = m_site.sign(m_store, pem, usage, seconds);
        else
            pem.clear();
        const std::string at = timestamp(m_store);
        edit(m_store, kind, "", key.name, [&](Json& edited) {
            if (!pem.empty()) {
                edited["status"]["certificate"] = base64Encode(pem);
                return;
            }
            setCondition(
                edited["status"],
                {"Failed", "True", "SignerValidationFailure",
                 fits ? "unable to parse the certificate request" : "invalid usage for signer: " + signer},
                at);
        });
        return kOnChange;
    }

private:
    Site& m_site;
    Store& m_store;
};

} // namespace

void addCertificateSigner(Site& site, Store& store)
{
    Controller& signer = site.manager.add(store, std::make_unique<CertificateSigner>(site, store));
    site.manager.watch(store, kindOf("certificatesigningrequests"), signer);
}

} // namespace strata::demosite
