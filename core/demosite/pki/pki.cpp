// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/pki/pki.h"

#include "core/base/translate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>

namespace strata::demosite {
namespace {

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(X509_NAME* name) const { X509_NAME_free(name); }
    void operator()(X509_REQ* request) const { X509_REQ_free(request); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

constexpr long kHour = 3600;
constexpr long kDay = 24 * kHour;
constexpr long kYear = 365L * kDay;

tl::unexpected<Error> fault(const char* what)
{
    char words[256] = "";
    ERR_error_string_n(ERR_get_error(), words, sizeof words);
    ERR_clear_error();
    return fail(ErrorKind::Internal, translate("DemoSite", "The demo site's certificates cannot be made."),
                std::string(what) + ": " + words);
}

std::string pem(const Bio& bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

bool extend(X509* certificate, X509* issuer, int nid, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool entry(X509_NAME* name, const char* field, const std::string& value)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0) == 1;
}

struct Wish {
    std::string commonName;
    std::vector<std::string> organizations;
    std::string usage; // extendedKeyUsage; empty: an authority
    std::string alternatives;
    bool expired = false;
};

struct Made {
    Key key;
    Certificate certificate;
    KeyPair pem;
};

// Self-signed when there is no issuer.
Result<Made> make(const Wish& wish, EVP_PKEY* signer, X509* parent)
{
    Key key(EVP_EC_gen("P-256"));
    Certificate certificate(X509_new());
    if (!key || !certificate)
        return fault("key");

    std::uint64_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    X509* const x = certificate.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1U);
    const long end = wish.expired ? -2 * kDay : parent == nullptr ? 10 * kYear : kYear;
    X509_gmtime_adj(X509_getm_notBefore(x), wish.expired ? end - kYear : -kHour);
    X509_gmtime_adj(X509_getm_notAfter(x), end);
    X509_set_pubkey(x, key.get());
    X509_NAME* const subject = X509_get_subject_name(x);
    bool good = true;
    for (const std::string& organization : wish.organizations)
        good = good && entry(subject, "O", organization);
    good = good && entry(subject, "CN", wish.commonName);
    X509* const from = parent != nullptr ? parent : x;
    good = good && X509_set_issuer_name(x, X509_get_subject_name(from)) == 1;
    if (wish.usage.empty()) {
        good = good && extend(x, from, NID_basic_constraints, "critical,CA:TRUE");
        good =
            good && extend(x, from, NID_key_usage, "critical,digitalSignature,keyEncipherment,keyCertSign");
    } else {
        good = good && extend(x, from, NID_basic_constraints, "critical,CA:FALSE");
        good = good && extend(x, from, NID_key_usage, "critical,digitalSignature");
        good = good && extend(x, from, NID_ext_key_usage, wish.usage);
    }
    good = good && extend(x, from, NID_subject_key_identifier, "hash");
    good = good && extend(x, from, NID_authority_key_identifier, "keyid");
    if (!wish.alternatives.empty())
        good = good && extend(x, from, NID_subject_alt_name, wish.alternatives);
    if (!good || X509_sign(x, signer != nullptr ? signer : key.get(), EVP_sha256()) == 0)
        return fault("certificate");

    const Bio certificateOut(BIO_new(BIO_s_mem()));
    const Bio keyOut(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_X509(certificateOut.get(), x) != 1 ||
        PEM_write_bio_PrivateKey(keyOut.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return fault("PEM");
    KeyPair text{pem(certificateOut), pem(keyOut)};
    return Made{std::move(key), std::move(certificate), std::move(text)};
}

bool isAddress(const std::string& name)
{
    return name.find_first_not_of("0123456789.") == std::string::npos || name.find(':') != std::string::npos;
}

} // namespace

struct Authority::Signer {
    Key key;
    Certificate certificate;
};

Result<Authority> Authority::create(const std::string& commonName)
{
    auto own = make({commonName, {}, "", "", false}, nullptr, nullptr);
    if (!own)
        return tl::unexpected<Error>(own.error());
    Authority authority;
    authority.m_own = std::move(own->pem);
    authority.m_signer =
        std::make_shared<const Signer>(Signer{std::move(own->key), std::move(own->certificate)});
    return authority;
}

Result<KeyPair> Authority::clientCertificate(const std::string& user,
                                             const std::vector<std::string>& groups) const
{
    auto made =
        make({user, groups, "clientAuth", "", false}, m_signer->key.get(), m_signer->certificate.get());
    if (!made)
        return tl::unexpected<Error>(made.error());
    return std::move(made->pem);
}

Result<KeyPair> Authority::serverCertificate(const std::string& commonName,
                                             const std::vector<std::string>& names, bool expired) const
{
    std::string alternatives;
    for (const std::string& name : names)
        alternatives +=
            (alternatives.empty() ? "" : ",") + std::string(isAddress(name) ? "IP:" : "DNS:") + name;
    auto made = make({commonName, {}, "serverAuth", alternatives, expired}, m_signer->key.get(),
                     m_signer->certificate.get());
    if (!made)
        return tl::unexpected<Error>(made.error());
    return std::move(made->pem);
}

Result<std::string> Authority::sign(const std::string& request, const std::string& usage, long seconds) const
{
    const Bio in(BIO_new_mem_buf(request.data(), static_cast<int>(request.size())));
    const std::unique_ptr<X509_REQ, Free> asked(PEM_read_bio_X509_REQ(in.get(), nullptr, nullptr, nullptr));
    const Key key(asked ? X509_REQ_get_pubkey(asked.get()) : nullptr);
    if (!key || X509_REQ_verify(asked.get(), key.get()) != 1)
        return fault("request");
    const Certificate certificate(X509_new());
    X509* const x = certificate.get();
    X509* const issuer = m_signer->certificate.get();
    std::uint64_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    X509_set_version(x, 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1U);
    X509_gmtime_adj(X509_getm_notBefore(x), -300); // five minutes, as upstream has it
    X509_gmtime_adj(X509_getm_notAfter(x), seconds);
    bool good = X509_set_pubkey(x, key.get()) == 1 &&
                X509_set_subject_name(x, X509_REQ_get_subject_name(asked.get())) == 1 &&
                X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
                extend(x, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                extend(x, issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
                extend(x, issuer, NID_ext_key_usage, usage) &&
                extend(x, issuer, NID_authority_key_identifier, "keyid");
    if (STACK_OF(X509_EXTENSION)* wanted = X509_REQ_get_extensions(asked.get()); wanted != nullptr) {
        if (const int at = X509v3_get_ext_by_NID(wanted, NID_subject_alt_name, -1); at >= 0)
            good = good && X509_add_ext(x, X509v3_get_ext(wanted, at), -1) == 1;
        sk_X509_EXTENSION_pop_free(wanted, X509_EXTENSION_free);
    }
    const Bio out(BIO_new(BIO_s_mem()));
    if (!good || X509_sign(x, m_signer->key.get(), EVP_sha256()) == 0 ||
        PEM_write_bio_X509(out.get(), x) != 1)
        return fault("certificate");
    return pem(out);
}

} // namespace strata::demosite
