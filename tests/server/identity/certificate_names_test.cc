// A client is the same over gRPC and HTTP: both find the same names in its certificate.

#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "advae/v1/detector.grpc.pb.h"
#include "server/identity/call_credentials.h"
#include "server/messages/method_handlers.h"
#include "server/transport/tls_credentials.h"
#include "server/transport/tls_keys.h"
#include "tests/testing/certificates.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using testing::Authority;
using testing::CertifiedKey;
using testing::CertifiedNames;

// Notes the names of whoever calls, and ends the call.
class NameService : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    absl::MutexLock lock(&mutex_);
    names_ = CredentialsOf(*context).certificate_names;
    return new RefusedCall<grpc::ServerGenericBidiReactor>(
        grpc::Status(grpc::StatusCode::ABORTED, "noted"));
  }
  std::vector<std::string> names() {
    absl::MutexLock lock(&mutex_);
    return names_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> names_ ABSL_GUARDED_BY(mutex_);
};

std::vector<std::string> NamesOverHttp(const CertifiedKey& keys) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(keys.cert.data(), static_cast<int>(keys.cert.size())), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  return NamesIn(*certificate);
}

struct Case {
  std::string name;
  CertifiedNames certified;
  std::vector<std::string> names;
};
void PrintTo(const Case& certificate, std::ostream* out) { *out << certificate.name; }

class CertificateNamesTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const CertifiedKey keys = authority_.Issue("server.example");
    const TlsFiles files = {.cert = folder_.path() / "cert.pem",
                            .key = folder_.path() / "key.pem",
                            .client_ca = folder_.path() / "ca.pem"};
    std::ofstream(files.cert) << keys.cert;
    std::ofstream(files.key) << keys.key;
    std::ofstream(files.client_ca) << authority_.pem();
    ASSERT_OK_AND_ASSIGN(source_, TlsKeySource::Open(files));
    grpc::ServerBuilder builder;
    credentials_ = MakeTlsCredentials(*source_);
    builder.AddListeningPort("127.0.0.1:0", credentials_, &port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  std::vector<std::string> NamesOverGrpc(const CertifiedKey& keys) {
    const auto channel = grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port_), grpc::SslCredentials({.pem_root_certs = authority_.pem(),
                                                                 .pem_private_key = keys.key,
                                                                 .pem_cert_chain = keys.cert}));
    grpc::ClientContext context;
    v1::ThresholdResponse response;
    EXPECT_EQ(v1::AnomalyDetector::NewStub(channel)
                  ->Threshold(&context, v1::ThresholdRequest(), &response)
                  .error_message(),
              "noted");
    return service_.names();
  }

  const testing::TemporaryFolder folder_;
  const Authority authority_;
  std::unique_ptr<TlsKeySource> source_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  NameService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_P(CertificateNamesTest, AreTheSameOverGrpcAndHttp) {
  const CertifiedKey keys = authority_.IssueTo(GetParam().certified);
  EXPECT_EQ(NamesOverHttp(keys), GetParam().names);
  EXPECT_EQ(NamesOverGrpc(keys), GetParam().names);
}

INSTANTIATE_TEST_SUITE_P(
    All, CertificateNamesTest,
    ::testing::Values(
        Case{"Utf8", {.common_name = "Zoë"}, {"Zoë"}},
        Case{"Latin1", {.common_name = "Zo\xeb", .encoding = V_ASN1_T61STRING}, {"Zoë"}},
        Case{"Ucs2",
             {.common_name = std::string("\0Z\0o\0\xeb", 6), .encoding = V_ASN1_BMPSTRING},
             {"Zoë"}},
        Case{"Alternatives",
             {.common_name = "ops",
              .alternatives = "DNS:ops.example,email:ops@example.com,URI:spiffe://example/ops"},
             {"ops", "ops.example", "ops@example.com", "spiffe://example/ops"}},
        Case{"Addresses",
             {.common_name = "ops", .alternatives = "IP:10.1.2.3,IP:fd00:0:0:0::1"},
             {"ops", "10.1.2.3", "fd00::1"}},
        Case{"NoCommonName", {.alternatives = "DNS:ops.example"}, {"ops.example"}},
        Case{"OtherKinds",
             {.common_name = "ops", .alternatives = "RID:1.2.3.4,DNS:ops.example"},
             {"ops", "ops.example"}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
