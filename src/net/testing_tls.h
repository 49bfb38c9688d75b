#pragma once

#include <atomic>
#include <cstdio>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "net/impl/openssl.h"

// Certificates that tests make for themselves.
namespace ostiary::net::testing {

using ServerContext = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using RawSsl = std::unique_ptr<SSL, Freer<SSL_free>>;

inline void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension.get(), -1);
}

// `names`: of the subject's alternative names; empty: a CA.
inline Certificate make_certificate(EVP_PKEY* key, const char* common_name, const char* names, X509* issuer,
                                    EVP_PKEY* issuer_key) {
  static std::atomic<long> serial{1};
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600L * 24 * 30);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
  X509* signer = issuer ? issuer : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  if (!issuer) add_extension(certificate.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
  if (names) add_extension(certificate.get(), signer, NID_subject_alt_name, names);
  X509_sign(certificate.get(), issuer_key ? issuer_key : key, EVP_sha256());
  return certificate;
}

// A file that goes with the test.
class PemFile {
 public:
  PemFile() {
    static std::atomic<int> number{0};
    path_ = ::testing::TempDir() + "ostiary_pem_" + std::to_string(::getpid()) + "_" +
            std::to_string(number++) + ".pem";
  }
  PemFile(const PemFile&) = delete;
  ~PemFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }
  void write(const auto& fill) const {
    FILE* out = std::fopen(path_.c_str(), "w");
    fill(out);
    std::fclose(out);
    ::chmod(path_.c_str(), 0600);
  }

 private:
  std::string path_;
};

// A CA made for this run, with its PEM file.
class Authority {
 public:
  struct Pair {
    PrivateKey key;
    Certificate certificate;
  };
  Authority()
      : key_(EVP_EC_gen("P-256")),
        certificate_(make_certificate(key_.get(), "test CA", nullptr, nullptr, nullptr)) {
    file_.write([&](FILE* out) { PEM_write_X509(out, certificate_.get()); });
  }
  const std::string& file() const { return file_.path(); }
  Pair pair(const char* names) const {
    PrivateKey key(EVP_EC_gen("P-256"));
    auto certificate = make_certificate(key.get(), "service", names, certificate_.get(), key_.get());
    return {std::move(key), std::move(certificate)};
  }
  ServerContext context(const char* names, int max_version = TLS1_3_VERSION) const {
    const auto [key, certificate] = pair(names);
    ServerContext context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_max_proto_version(context.get(), max_version);
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
    return context;
  }

 private:
  PrivateKey key_;
  Certificate certificate_;
  PemFile file_;
};

}  // namespace ostiary::net::testing
