#include "client/security.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "client/client.h"
#include "tests/testing/certificates.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;

class SecurityTest : public ::testing::Test {
 protected:
  std::filesystem::path Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
    return folder_.path() / name;
  }

  const testing::TemporaryFolder folder_;
};

TEST(IsLoopbackTargetTest, KnowsTheFormsOfTargets) {
  for (const char* const target :
       {"localhost:1", "127.0.0.1:50051", "127.8.9.1:1", "[::1]:50051", "dns:///localhost:1",
        "dns:127.0.0.1:1", "ipv4:127.0.0.1:1", "ipv6:[::1]:1", "unix:/run/advae", "[::1]",
        "ipv4:127.0.0.1:1,127.0.0.2:2", "ipv6:[::1]:1,[::1]:2"}) {
    EXPECT_TRUE(IsLoopbackTarget(target)) << target;
  }
  for (const char* const target :
       {"example.com:1", "10.0.0.7:50051", "[2001:db8::1]:1", "127.0.0.1.example.com:1",
        "dns:///example.com:1", "dns://127.0.0.1/example.com:1", "localhost.example.com:1",
        "ipv6:[::1]:9,[2001:db8::1]:50051", "ipv6:[::1]:9%2C[2001:db8::1]:50051",
        "ipv4:127.0.0.1:1,10.0.0.7:1", "[::1].example.com:1"}) {
    EXPECT_FALSE(IsLoopbackTarget(target)) << target;
  }
}

TEST_F(SecurityTest, ReadsFilesInPem) {
  const testing::Authority authority;
  const testing::CertifiedKey own = authority.Issue("client.example");
  const TlsFiles files = {.ca = Write("ca", authority.pem()),
                          .cert = Write("cert", own.cert),
                          .key = Write("key", own.key)};
  EXPECT_THAT(ReadTlsCredentials(files), IsOk());
  EXPECT_THAT(ReadTlsCredentials({}), IsOk());
  EXPECT_THAT(ReadTlsCredentials({.ca = Write("text", "hello")}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("in PEM")));
  EXPECT_THAT(ReadTlsCredentials({.cert = files.cert}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("needs its key")));
  EXPECT_THAT(ReadTlsCredentials({.ca = folder_.path() / "none"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
}

TEST_F(SecurityTest, ATokenIsReadAgainWhenItsFileChanges) {
  const std::filesystem::path path = Write("token", " advae_1\n");
  ASSERT_OK_AND_ASSIGN(const auto reader, TokenFileReader::Open(path));
  EXPECT_EQ(reader->Token(), "advae_1");
  Write("token", "advae_22\n");
  EXPECT_EQ(reader->Token(), "advae_22");
  Write("token", "two words");
  EXPECT_EQ(reader->Token(), "advae_22");
  std::filesystem::remove(path);
  EXPECT_EQ(reader->Token(), "advae_22");
}

TEST_F(SecurityTest, AFileWithoutATokenIsRefusedWithoutShowingIt) {
  const absl::Status status = TokenFileReader::Open(Write("token", "my secret")).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no token")));
  EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr("secret")));
  EXPECT_FALSE(TokenFileReader::Open(Write("token", "\n")).ok());
}

TEST_F(SecurityTest, ATokenGoesToNoOtherMachineUnencrypted) {
  ASSERT_OK_AND_ASSIGN(const auto token, TokenFileReader::Open(Write("token", "advae_1")));
  EXPECT_THAT(Client::Create({.target = "example.com:1", .token = token}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unencrypted")));
  EXPECT_THAT(Client::Create({.target = "127.0.0.1:1", .token = token}), IsOk());
}

}  // namespace
}  // namespace advae
