// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/testpki.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace strata::test {
namespace {

template<auto Free>
struct Deleter {
    template<typename T>
    void operator()(T* object) const
    {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

void require(bool good, const char* what)
{
    if (!good)
        throw std::runtime_error(what);
}

template<typename Write>
std::string toPem(Write write)
{
    const Bio bio(BIO_new(BIO_s_mem()));
    require(bio && write(bio.get()) == 1, "PEM");
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

Key makeKey()
{
    Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "EVP_EC_gen");
    return key;
}

void addName(X509_NAME* name, const char* field, const std::string& value)
{
    require(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0) == 1,
            "X509_NAME");
}

void addExtension(X509* certificate, X509* issuer, int nid, const std::string& value)
{
    X509V3_CTX context{};
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "X509 extension");
}

Certificate makeCertificate(const Key& key, std::int64_t notBefore, std::int64_t notAfter)
{
    Certificate certificate(X509_new());
    require(certificate != nullptr, "X509_new");
    X509_set_version(certificate.get(), 2);
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "RAND_bytes");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1U);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), static_cast<long>(notBefore));
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), static_cast<long>(notAfter));
    X509_set_pubkey(certificate.get(), key.get());
    return certificate;
}

} // namespace

struct TestCa::Private {
    Key key = makeKey();
    Certificate certificate;
    std::string pem;
};

TestCa::TestCa(const std::string& commonName) : m_d(std::make_unique<Private>())
{
    m_d->certificate = makeCertificate(m_d->key, -7200, 48 * 3600);
    X509* x = m_d->certificate.get();
    addName(X509_get_subject_name(x), "CN", commonName);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    addExtension(x, x, NID_basic_constraints, "critical,CA:TRUE");
    addExtension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
    addExtension(x, x, NID_subject_key_identifier, "hash");
    require(X509_sign(x, m_d->key.get(), EVP_sha256()) > 0, "X509_sign");
    m_d->pem = toPem([&](BIO* bio) { return PEM_write_bio_X509(bio, x); });
}

TestCa::~TestCa() = default;

const std::string& TestCa::certificatePem() const
{
    return m_d->pem;
}

Credential TestCa::issue(const CertificateWish& wish) const
{
    const Key key = makeKey();
    const Certificate certificate = makeCertificate(key, wish.notBefore, wish.notAfter);
    X509* x = certificate.get();
    for (const std::string& organization : wish.organizations)
        addName(X509_get_subject_name(x), "O", organization);
    addName(X509_get_subject_name(x), "CN", wish.commonName);
    X509_set_issuer_name(x, X509_get_subject_name(m_d->certificate.get()));
    addExtension(x, m_d->certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    addExtension(x, m_d->certificate.get(), NID_ext_key_usage, wish.forClient ? "clientAuth" : "serverAuth");
    addExtension(x, m_d->certificate.get(), NID_authority_key_identifier, "keyid");
    std::string names;
    for (const std::string& name : wish.dnsNames)
        names += (names.empty() ? "DNS:" : ",DNS:") + name;
    for (const std::string& address : wish.addresses)
        names += (names.empty() ? "IP:" : ",IP:") + address;
    if (!names.empty())
        addExtension(x, m_d->certificate.get(), NID_subject_alt_name, names);
    require(X509_sign(x, m_d->key.get(), EVP_sha256()) > 0, "X509_sign");
    Credential out;
    out.certificatePem = toPem([&](BIO* bio) { return PEM_write_bio_X509(bio, x); });
    out.keyPem = toPem([&](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return out;
}

Credential TestCa::server() const
{
    CertificateWish wish;
    wish.commonName = "test server";
    wish.dnsNames = {"localhost"};
    wish.addresses = {"127.0.0.1"};
    return issue(wish);
}

Credential TestCa::client(const std::string& user, const std::vector<std::string>& groups) const
{
    CertificateWish wish;
    wish.commonName = user;
    wish.organizations = groups;
    wish.forClient = true;
    return issue(wish);
}

} // namespace strata::test
