// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/calendar.h"

#include "core/actions/build.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/kube/config/kubeconfig.h"
#include "core/provision/recipes/create_objects.h"

#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>

namespace strata::actions {

using namespace provision;
using namespace stack;

namespace {

// When the first certificate of a PEM text expires; 0: there is none that can be read.
UnixMs notAfter(const std::string& pem)
{
    if (pem.empty() || pem.size() > (1U << 20U))
        return 0;
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                  BIO_free);
    if (!bio)
        return 0;
    const std::unique_ptr<X509, void (*)(X509*)> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
    std::tm utc{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &utc) != 1)
        return 0;
    const std::time_t seconds = timegm(&utc);
    return seconds > 0 ? static_cast<UnixMs>(seconds) * 1000 : 0;
}

void add(std::vector<Expiry>& out, Expiry entry)
{
    if (entry.at != 0)
        out.push_back(std::move(entry));
}

} // namespace

std::vector<Expiry> machineExpiries(const Stack& stack)
{
    std::vector<Expiry> out;
    for (const ItemId root : stack.roots(Tree::Tenants)) {
        for (const ItemId group : stack.find(root)->childrenIn(Tree::Tenants)) {
            for (const ItemId id : stack.find(group)->childrenIn(Tree::Tenants)) {
                const MachineFact* machine = stack.facts(id).machine;
                if (machine == nullptr || machine->certificatesExpire == 0)
                    continue;
                add(out, {machine->certificatesExpire, Expiry::What::Machine, machine->meta.name,
                          machine->meta.ns, machine->clusterName,
                          say("With new machines: rotate the certificates of its control plane."), id});
            }
        }
    }
    return out;
}

Question kubeconfigQuestion(const std::string& ns, const std::string& cluster)
{
    return {Target::Outer, {"v1", "Secret", ns, cluster + "-kubeconfig"}, {}};
}

std::vector<Expiry> kubeconfigExpiries(const std::string& ns, const std::string& cluster, ItemId item,
                                       const std::vector<Object>& secrets)
{
    std::vector<Expiry> out;
    for (const Object& secret : secrets) {
        std::string yaml;
        if (!base64Decode(secret.text("data.value").value_or(""), yaml))
            continue;
        // Without a folder no local file is read, whatever it names.
        const auto file = kube::Kubeconfig::parse(yaml, "secret " + ns + "/" + secret.name(), {});
        std::fill(yaml.begin(), yaml.end(), '\0');
        if (!file)
            continue;
        const auto config = file->resolve();
        if (!config)
            continue;
        add(out,
            {notAfter(config->clientCertificatePem), Expiry::What::Kubeconfig, cleanText(secret.name(), 120),
             ns, cluster, say("Cluster API makes it anew when half of its time is over."), item});
        add(out, {notAfter(config->caPem), Expiry::What::ClusterCa, cluster + "-ca", ns, cluster,
                  say("Nobody renews it by itself: the cluster has to be made anew before."), item});
    }
    return out;
}

std::vector<Expiry> ownExpiries(const std::string& context, const std::string& certificatePem,
                                const std::string& caPem)
{
    std::vector<Expiry> out;
    add(out, {notAfter(certificatePem),
              Expiry::What::UserCertificate,
              cleanText(context, 120),
              {},
              {},
              say("Ask who gave it to you for a new one."),
              {}});
    add(out, {notAfter(caPem), Expiry::What::ClusterCa, cleanText(context, 120), {}, {}, {}, {}});
    return out;
}

std::vector<Expiry> inOrder(std::vector<Expiry> all)
{
    std::stable_sort(all.begin(), all.end(), [](const Expiry& a, const Expiry& b) { return a.at < b.at; });
    std::vector<Expiry> out;
    for (Expiry& each : all) {
        const bool known = std::any_of(out.begin(), out.end(), [&](const Expiry& other) {
            return other.what == each.what && other.ns == each.ns && other.name == each.name &&
                   other.cluster == each.cluster && other.at == each.at;
        });
        if (!known)
            out.push_back(std::move(each));
    }
    return out;
}

std::string whatWords(Expiry::What what)
{
    switch (what) {
    case Expiry::What::Machine:
        return say("certificates of a machine");
    case Expiry::What::Kubeconfig:
        return say("kubeconfig");
    case Expiry::What::ClusterCa:
        return say("authority (CA)");
    case Expiry::What::UserCertificate:
        return say("own certificate");
    }
    return {};
}

} // namespace strata::actions
