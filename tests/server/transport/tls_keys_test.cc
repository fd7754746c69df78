#include "server/transport/tls_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "tests/testing/certificates.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::Authority;
using ::advae::testing::CertifiedKey;
using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TlsKeysTest : public ::testing::Test {
 protected:
  void SetUp() override { Write(server_); }

  void Write(const CertifiedKey& keys) {
    Write("cert.pem", keys.cert);
    Write("key.pem", keys.key);
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }
  TlsFiles Files() const {
    return {.cert = folder_.path() / "cert.pem", .key = folder_.path() / "key.pem"};
  }

  const testing::TemporaryFolder folder_;
  const Authority authority_;
  const CertifiedKey server_ = authority_.Issue("server.example", absl::Hours(3));
};

TEST_F(TlsKeysTest, AreReadWithTheirEnd) {
  ASSERT_OK_AND_ASSIGN(const TlsKeys keys, ReadTlsKeys(Files()));
  EXPECT_EQ(keys.cert, server_.cert);
  EXPECT_EQ(keys.key, server_.key);
  EXPECT_EQ(keys.client_ca, "");
  EXPECT_LT(absl::AbsDuration(keys.expires - absl::Now() - absl::Hours(3)), absl::Minutes(5));
}

TEST_F(TlsKeysTest, SayWhatIsWrongWithAFile) {
  Write("key.pem", authority_.Issue("other.example").key);
  EXPECT_THAT(ReadTlsKeys(Files()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("key.pem is not that of"), HasSubstr("cert.pem"))));
  Write("key.pem", server_.cert);
  EXPECT_THAT(ReadTlsKeys(Files()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no private key in PEM")));
  Write("cert.pem", "hello");
  EXPECT_THAT(ReadTlsKeys(Files()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no certificate in PEM")));
  std::filesystem::remove(folder_.path() / "cert.pem");
  EXPECT_THAT(ReadTlsKeys(Files()), StatusIs(absl::StatusCode::kNotFound, HasSubstr("cert.pem")));
}

// gRPC and HTTP would otherwise judge such a file each by its own rules.
TEST_F(TlsKeysTest, RefuseADamagedCertificateAfterTheFirst) {
  std::string damaged = authority_.pem();
  damaged.replace(damaged.size() / 2, 8, "????????");
  Write("cert.pem", server_.cert + damaged);
  EXPECT_THAT(ReadTlsKeys(Files()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("certificate 2 is damaged")));
  Write("cert.pem", server_.cert + authority_.pem());
  EXPECT_THAT(ReadTlsKeys(Files()), IsOk());
}

TEST_F(TlsKeysTest, RefuseAKeyWithAPassword) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<FILE, decltype(&fclose)> file(
      fopen((folder_.path() / "key.pem").c_str(), "w"), &fclose);
  ASSERT_EQ(
      PEM_write_PrivateKey(file.get(), key.get(), EVP_aes_128_cbc(),
                           reinterpret_cast<const unsigned char*>("abcd"), 4, nullptr, nullptr),
      1);
  fflush(file.get());
  EXPECT_THAT(ReadTlsKeys(Files()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("one with a password")));
}

TEST_F(TlsKeysTest, ADamagedFileLeavesThoseInUse) {
  ASSERT_OK_AND_ASSIGN(const auto source, TlsKeySource::Open(Files()));
  const auto first = source->keys();
  Write("cert.pem", "");
  EXPECT_FALSE(source->Reload().ok());
  EXPECT_EQ(source->keys(), first);
  const CertifiedKey next = authority_.Issue("next.example");
  Write(next);
  ASSERT_THAT(source->Reload(), IsOk());
  EXPECT_EQ(source->keys()->cert, next.cert);
}

TEST_F(TlsKeysTest, NamesAreTheCommonOneAndTheAlternatives) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(server_.cert.data(), static_cast<int>(server_.cert.size())), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  ASSERT_NE(certificate, nullptr);
  EXPECT_THAT(NamesIn(*certificate), ElementsAre("server.example", "server.example", "127.0.0.1"));
}

}  // namespace
}  // namespace advae
