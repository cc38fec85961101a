// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hosts/nodeaccess.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/config/kubeconfig.h"

#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

namespace strata::hosts {
namespace {

using provision::Json;
using provision::Object;

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

constexpr long kHour = 3600;
constexpr long kYear = 365L * 24 * kHour;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("hosts", text), values);
}

tl::unexpected<Error> fault(const char* what)
{
    std::array<char, 256> words{};
    ERR_error_string_n(ERR_get_error(), words.data(), words.size());
    ERR_clear_error();
    return fail(ErrorKind::Internal, say("The cluster's authority could not be made."),
                std::string(what) + ": " + words.data());
}

std::string textOf(const Bio& bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

bool extend(X509* certificate, X509* issuer, int nid, const char* value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool entry(X509* certificate, const char* field, const char* value)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value), -1, -1, 0) == 1;
}

struct Made {
    Key key;
    Certificate certificate;
};

// Self-signed when there is no issuer: an authority for ten years; else a client's, for one.
Result<Made> make(const char* commonName, const char* organization, const Made* issuer)
{
    Made made{Key(EVP_EC_gen("P-256")), Certificate(X509_new())};
    if (!made.key || !made.certificate)
        return fault("key");
    X509* x = made.certificate.get();
    std::uint64_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1)
        return fault("random");
    X509_set_version(x, 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1U);
    X509_gmtime_adj(X509_getm_notBefore(x), -kHour);
    X509_gmtime_adj(X509_getm_notAfter(x), issuer == nullptr ? 10 * kYear : kYear);
    X509_set_pubkey(x, made.key.get());
    X509* from = issuer == nullptr ? x : issuer->certificate.get();
    bool good = (organization == nullptr || entry(x, "O", organization)) && entry(x, "CN", commonName) &&
                X509_set_issuer_name(x, X509_get_subject_name(from)) == 1;
    if (issuer == nullptr)
        good = good && extend(x, from, NID_basic_constraints, "critical,CA:TRUE") &&
               extend(x, from, NID_key_usage, "critical,digitalSignature,keyEncipherment,keyCertSign");
    else
        good = good && extend(x, from, NID_basic_constraints, "critical,CA:FALSE") &&
               extend(x, from, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
               extend(x, from, NID_ext_key_usage, "clientAuth");
    good = good && extend(x, from, NID_subject_key_identifier, "hash") &&
           extend(x, from, NID_authority_key_identifier, "keyid");
    if (!good || X509_sign(x, issuer == nullptr ? made.key.get() : issuer->key.get(), EVP_sha256()) == 0)
        return fault("certificate");
    return made;
}

std::string certificateText(const Made& made)
{
    const Bio out(BIO_new(BIO_s_mem()));
    return PEM_write_bio_X509(out.get(), made.certificate.get()) == 1 ? textOf(out) : std::string();
}

Secret keyText(const Made& made)
{
    const Bio out(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_PrivateKey(out.get(), made.key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return {};
    return Secret(textOf(out));
}

} // namespace

Secret newToken()
{
    static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789"; // 36
    std::string out;
    while (out.size() < 22) {
        unsigned char byte = 0;
        if (RAND_bytes(&byte, 1) != 1)
            return {};
        if (byte < 252) // 7 × 36: every letter as likely as the others
            out += kAlphabet[byte % 36];
    }
    return Secret(out.substr(0, 6) + "." + out.substr(6));
}

std::string tokenId(const Secret& token)
{
    return token.reveal().substr(0, 6);
}

std::string tokenSecretName(const Secret& token)
{
    return "bootstrap-token-" + tokenId(token);
}

Object tokenSecret(const Secret& token, UnixMs expires, const std::string& node)
{
    // The fields: Kubernetes, "Authenticating with Bootstrap Tokens". Their values are texts.
    std::string expiration = formatRfc3339(expires);
    return Object(Json{{"apiVersion", "v1"},
                       {"kind", "Secret"},
                       {"metadata",
                        {{"name", tokenSecretName(token)},
                         {"namespace", "kube-system"},
                         {"labels", {{"app.kubernetes.io/managed-by", "strata"}}}}},
                       {"type", "bootstrap.kubernetes.io/token"},
                       {"stringData",
                        {{"description", say("Strata: outer node %1", {node})},
                         {"token-id", tokenId(token)},
                         {"token-secret", token.reveal().substr(7)},
                         {"expiration", expiration},
                         {"usage-bootstrap-authentication", "true"},
                         {"usage-bootstrap-signing", "true"},
                         {"auth-extra-groups", "system:bootstrappers:kubeadm:default-node-token"}}}});
}

Result<std::string> caHash(std::string_view pem)
{
    const Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const Certificate certificate(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
    unsigned char* der = nullptr;
    const int size = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der) : -1;
    ERR_clear_error();
    if (size <= 0)
        return fail(ErrorKind::Invalid, say("The cluster's authority is no certificate."));
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(der, static_cast<std::size_t>(size), digest.data());
    OPENSSL_free(der);
    std::string out = "sha256:";
    for (const unsigned char byte : digest) {
        static constexpr char kDigits[] = "0123456789abcdef";
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 15U];
    }
    return out;
}

const char* clusterInfoPath()
{
    return "/api/v1/namespaces/kube-public/configmaps/cluster-info";
}

Result<JoinPlace> joinPlaceOf(const std::string& body)
{
    const Json json = Json::parse(body, nullptr, false);
    const auto broken = [] {
        return fail(ErrorKind::Invalid, say("The cluster does not tell how to join it: ConfigMap "
                                            "kube-public/cluster-info holds no kubeconfig."));
    };
    if (!json.is_object() || !json.contains("data") || !json["data"].is_object())
        return broken();
    const auto found = json["data"].find("kubeconfig");
    if (found == json["data"].end() || !found->is_string())
        return broken();
    // kubeadm's own form: one cluster, neither a context nor a user, so that it is no kubeconfig to resolve.
    const std::string text = found->get<std::string>();
    const auto field = [&text](const std::string& name) {
        const std::size_t at = text.find(name + ": ");
        if (at == std::string::npos)
            return std::string();
        const std::size_t from = at + name.size() + 2;
        std::string value = text.substr(from, text.find('\n', from) - from);
        while (!value.empty() && (value.back() == '\r' || value.back() == ' ' || value.back() == '"'))
            value.pop_back();
        return value.starts_with('"') ? value.substr(1) : value;
    };
    const std::string server = field("server");
    std::string ca;
    if (!server.starts_with("https://") || !base64Decode(field("certificate-authority-data"), ca))
        return broken();
    JoinPlace place;
    place.endpoint = server.substr(8);
    if (place.endpoint.ends_with('/'))
        place.endpoint.pop_back();
    if (place.endpoint.find(':') == std::string::npos)
        place.endpoint += ":443";
    Result<std::string> hash = caHash(ca);
    if (!hash)
        return tl::unexpected<Error>(hash.error());
    place.caHash = std::move(*hash);
    return place;
}

Result<FirstAccess> newFirstAccess()
{
    const Result<Made> authority = make("kubernetes", nullptr, nullptr);
    if (!authority)
        return tl::unexpected<Error>(authority.error());
    // The group that kubeadm binds to cluster-admin, so that this way in can be closed again.
    const Result<Made> admin = make("kubernetes-admin", "kubeadm:cluster-admins", &*authority);
    if (!admin)
        return tl::unexpected<Error>(admin.error());
    FirstAccess out;
    out.caPem = certificateText(*authority);
    out.caKeyPem = keyText(*authority);
    out.adminCertificatePem = Secret(certificateText(*admin));
    out.adminKeyPem = keyText(*admin);
    return out;
}

Secret firstKubeconfig(const FirstAccess& access, const std::string& cluster, const std::string& server)
{
    kube::ClusterConfig config;
    config.context = "kubernetes-admin@" + cluster;
    config.cluster = cluster;
    config.user = "kubernetes-admin";
    config.server = server;
    config.caPem = access.caPem;
    config.clientCertificatePem = access.adminCertificatePem.reveal();
    config.clientKeyPem = access.adminKeyPem;
    return kube::writeKubeconfig(config);
}

} // namespace strata::hosts
