#include "model/access/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/access/token.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class TokenFileTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "tokens.json"; }

  static absl::Status Add(const std::filesystem::path& path, const std::string& name) {
    return EditTokenFile(path, [&name](std::vector<Grant>& grants) {
      grants.push_back({.name = name, .role = Role::kScorer, .models = {"pump*"}});
      return MakeToken(grants.back()).status();
    });
  }

  static mode_t ModeOf(const std::filesystem::path& path) {
    struct stat file = {};
    EXPECT_EQ(stat(path.c_str(), &file), 0);
    return file.st_mode & 0777;
  }

 private:
  testing::TemporaryFolder folder_;
};

TEST_F(TokenFileTest, ReadsWhatItWrote) {
  std::vector<Grant> grants = {
      {.name = "fraud", .role = Role::kTrainer, .models = {"card", "fraud-*"}, .created = "2026"},
      {.name = "ops.example", .role = Role::kAdmin},
      {.name = "pipeline", .subject = "system:serviceaccount:etl:pipeline"}};
  ASSERT_THAT(MakeToken(grants[0]).status(), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::vector<Grant> read, ParseTokenFile("t", PrintTokenFile(grants)));
  EXPECT_EQ(read, grants);
  EXPECT_TRUE(read[0].is_token());
  EXPECT_TRUE(read[1].is_certificate());
  EXPECT_TRUE(read[2].is_subject() && !read[2].is_certificate());
}

TEST_F(TokenFileTest, IsMadeForItsOwnerAloneAndKeepsItsMode) {
  ASSERT_THAT(Add(path(), "a"), IsOk());
  EXPECT_EQ(ModeOf(path()), 0600);
  ASSERT_EQ(chmod(path().c_str(), 0640), 0);
  ASSERT_THAT(Add(path(), "b"), IsOk());
  EXPECT_EQ(ModeOf(path()), 0640);
  ASSERT_OK_AND_ASSIGN(const std::vector<Grant> grants, ReadTokenFile(path()));
  EXPECT_EQ(grants.size(), 2);
  // Nothing is left beside it.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path().parent_path()), {}), 1);
}

TEST_F(TokenFileTest, AnEditThatFailsChangesNothing) {
  ASSERT_THAT(Add(path(), "a"), IsOk());
  EXPECT_THAT(EditTokenFile(path(),
                            [](std::vector<Grant>& grants) {
                              grants.clear();
                              return absl::NotFoundError("no");
                            }),
              StatusIs(absl::StatusCode::kNotFound, "no"));
  EXPECT_THAT(Add(path(), "not a name"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a name")));
  ASSERT_OK_AND_ASSIGN(const std::vector<Grant> grants, ReadTokenFile(path()));
  EXPECT_EQ(grants.size(), 1);
}

TEST_F(TokenFileTest, ADamagedFileIsNotReplaced) {
  std::ofstream(path()) << "{";
  EXPECT_THAT(Add(path(), "a"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no token file")));
  EXPECT_EQ(std::filesystem::file_size(path()), 1);
}

TEST_F(TokenFileTest, EditsFollowOneAnother) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [this, i] { EXPECT_THAT(Add(path(), absl::StrCat("caller-", i)), IsOk()); });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_OK_AND_ASSIGN(const std::vector<Grant> grants, ReadTokenFile(path()));
  EXPECT_EQ(grants.size(), 8);
}

// Deeper than any stack that would show it.
TEST_F(TokenFileTest, ADeepFileIsRefused) {
  const std::string lists(1'000'000, '[');
  const std::string ends(1'000'000, ']');
  EXPECT_THAT(
      ParseTokenFile(
          "t", R"({"grants": [{"name": "a", "models": ["*"], "role": )" + lists + ends + "}]}"),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("t is no token file: arrays and objects are nested deeper than 16")));
}

TEST_F(TokenFileTest, ALargeFileIsRefused) {
  std::ofstream(path()) << "{}";
  std::filesystem::resize_file(path(), 100'000'000);
  EXPECT_THAT(ReadTokenFile(path()).status(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("File too large")));
}

TEST_F(TokenFileTest, RefusesWhatItDoesNotKnow) {
  const auto message = [](const std::string& text) {
    return std::string(ParseTokenFile("t", text).status().message());
  };
  EXPECT_THAT(message("[]"), HasSubstr("t is no token file"));
  EXPECT_THAT(message(R"({"grants": [], "more": 1})"), HasSubstr("t is no token file"));
  EXPECT_THAT(message(R"({"grants": [{"name": "a", "role": "viewer", "models": ["*"]}, 3]})"),
              HasSubstr("grant 2: expected an object"));
  EXPECT_THAT(message(R"({"grants": [{"name": "a", "models": ["*"]}]})"),
              HasSubstr("\"role\" is missing"));
  EXPECT_THAT(message(R"({"grants": [{"name": "a", "role": "root", "models": ["*"]}]})"),
              AllOf(HasSubstr("root"), HasSubstr("expected viewer, scorer, trainer or admin")));
  // A model pattern with its name misspelt must not become a right to all models.
  EXPECT_THAT(
      message(R"({"grants": [{"name": "a", "role": "admin", "models": ["x"], "model": "y"}]})"),
      HasSubstr("member \"model\" is unknown"));
  EXPECT_THAT(message(R"({"grants": [{"name": "a", "role": "viewer", "models": "*"}]})"),
              HasSubstr("no list of patterns"));
  EXPECT_THAT(message(R"({"grants": [{"name": "a", "role": "viewer", "models": []}]})"),
              HasSubstr("has no models"));
  // It would be for a certificate.
  EXPECT_THAT(
      message(R"({"grants": [{"name": "a", "role": "viewer", "models": ["*"], "subject": ""}]})"),
      HasSubstr("subject is empty"));
}

TEST_F(TokenFileTest, RefusesTheSameIdTwice) {
  Grant grant = {.name = "a"};
  ASSERT_THAT(MakeToken(grant).status(), IsOk());
  EXPECT_THAT(ParseTokenFile("t", PrintTokenFile({grant, grant})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
}

// Nor does it write what it would not read.
TEST_F(TokenFileTest, RefusesTheSameSubjectTwice) {
  const auto refused =
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the subject \"s\" is there twice"));
  EXPECT_THAT(ParseTokenFile("t", PrintTokenFile({{.name = "a", .subject = "s"},
                                                  {.name = "b", .subject = "s"}})),
              refused);
  const auto add = [this](const std::string& name) {
    return EditTokenFile(path(), [&name](std::vector<Grant>& grants) {
      grants.push_back({.name = name, .subject = "s"});
      return absl::OkStatus();
    });
  };
  ASSERT_THAT(add("a"), IsOk());
  EXPECT_THAT(add("b"), refused);
  ASSERT_OK_AND_ASSIGN(const std::vector<Grant> grants, ReadTokenFile(path()));
  EXPECT_EQ(grants.size(), 1);
}

}  // namespace
}  // namespace advae
