// Rows of tables as JSON over HTTP: they are scored as the same rows of a table.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/services/service_test.h"
#include "tests/testing/loopback_socket.h"
#include "tests/testing/small_table.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace testing;  // NOLINT(google-build-using-namespace): all that makes tables

// Of the model "pump", whose categories of "mode" are 007 and True, and whose "on" is also written
// with a letter that has a mark: "\u00f6n".
class ScoreJsonTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    config_.http_listen = "127.0.0.1:0";
    v1::TableSchema schema = PumpSchema();
    schema.mutable_columns(1)->set_name("\u00f6n");
    v1::CategorySummary& mode = *schema.mutable_columns(2)->mutable_category();
    mode.mutable_categories(0)->set_category("007");
    mode.mutable_categories(1)->set_category("True");
    v1::ColumnSchema& note = *schema.add_columns();
    note.set_name("note");
    note.set_kind(v1::COLUMN_KIND_NUMBER);
    note.set_role(v1::COLUMN_ROLE_IGNORED);
    v1::Table table = PumpTable(20);
    table.mutable_columns(1)->set_name("\u00f6n");
    for (std::string& text : *table.mutable_columns(2)->mutable_strings()->mutable_dictionary()) {
      text = text == "eco" ? "007" : "True";
    }
    PublishBundle(*TableBundle("pump", schema, table));
    StartServer();
  }

  // The answer's body, or its whole when it is an error.
  std::string Scored(const std::string& row) const {
    const std::string body = absl::StrCat(R"({"rows": [)", row, "]}");
    LoopbackSocket socket(server_->http_address());
    socket.Send(absl::StrCat("POST /v1/models/pump:score HTTP/1.1\r\nHost: localhost\r\n",
                             "Connection: close\r\nContent-Length: ", body.size(), "\r\n\r\n",
                             body));
    const std::string answer = socket.ReadAll();
    return answer.starts_with("HTTP/1.1 200") ? answer.substr(answer.find("\r\n\r\n")) : answer;
  }
};

TEST_F(ScoreJsonTest, ANumberOrTruthValueIsTheCategoryThatTheVersionLists) {
  const std::string code = Scored(R"({"mode": "007"})");
  EXPECT_THAT(code, AllOf(HasSubstr("results"), HasSubstr("INCOMPLETE")));
  EXPECT_EQ(Scored(R"({"mode": 7})"), code);
  EXPECT_EQ(Scored(R"({"mode": 7.0})"), code);
  EXPECT_NE(Scored(R"({"mode": "7"})"), code);  // as a text, it is another code
  const std::string truth = Scored(R"({"mode": "True"})");
  EXPECT_EQ(Scored(R"({"mode": true})"), truth);
  EXPECT_NE(truth, code);
}

TEST_F(ScoreJsonTest, BooleansAreTakenAsFilesHaveThem) {
  const std::string on = Scored(R"({"\u00f6n": true})");
  const std::string off = Scored(R"({"\u00f6n": false})");
  EXPECT_THAT(on, HasSubstr("results"));
  EXPECT_NE(on, off);
  for (const char* const value : {"1", "1.0", "\"1\"", "\"yes\"", "\"TRUE\"", "\"y\""}) {
    EXPECT_EQ(Scored(absl::StrCat("{\"\u00f6n\": ", value, "}")), on) << value;
  }
  for (const char* const value : {"0", "\"no\"", "\"False\""}) {
    EXPECT_EQ(Scored(absl::StrCat("{\"\u00f6n\": ", value, "}")), off) << value;
  }
  EXPECT_THAT(Scored("{\"\u00f6n\": 2}"), HasSubstr("1 or 0, or null"));
}

TEST_F(ScoreJsonTest, NamesAreFoundHoweverTheyAreWritten) {
  const std::string on = Scored("{\"\u00f6n\": true}");
  EXPECT_EQ(Scored("{\"o\u0308n\": true}"), on);
  EXPECT_EQ(Scored("{\" \u00f6n \": true}"), on);
  EXPECT_THAT(Scored("{\"\u00f6n\": true, \"o\u0308n\": true}"), HasSubstr("twice"));
  const std::string refused = Scored(R"({"Flow": 1})");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(refused, HasSubstr(R"(rows[0]: the model has no column \"Flow\"; did you mean )"
                                 R"(\"flow\"? The columns are \"flow\", \")"));
}

TEST_F(ScoreJsonTest, KeysAndOtherColumnsMayHaveAnyValues) {
  const std::string alone = Scored(R"({"mode": "007"})");
  for (const char* const value : {"7", "\"NA\"", "true", "null", "12345678901234567890"}) {
    EXPECT_EQ(Scored(absl::StrCat(R"({"mode": "007", "asset": )", value, "}")), alone) << value;
    EXPECT_EQ(Scored(absl::StrCat(R"({"mode": "007", "note": )", value, "}")), alone) << value;
  }
}

TEST_F(ScoreJsonTest, SaysWhatIsWrongWithADate) {
  EXPECT_THAT(Scored(R"({"start": "2026-01-05 10:00"})"), HasSubstr("results"));
  EXPECT_THAT(Scored(R"({"start": "10:00"})"), HasSubstr("the text is not a date (a time alone)"));
}

}  // namespace
}  // namespace advae
