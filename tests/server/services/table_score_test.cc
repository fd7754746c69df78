// Score and ScoreStream of versions with a schema, over a real connection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "model/scoring/loaded_version.h"
#include "server/calls/answer_size.h"
#include "tests/server/services/service_test.h"
#include "tests/testing/loopback_socket.h"
#include "tests/testing/small_table.h"

namespace advae {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace testing;  // NOLINT(google-build-using-namespace): all that makes tables

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

v1::ScoreRequest RequestFor(const v1::Table& table, const std::string& model = "pump") {
  v1::ScoreRequest request;
  request.set_model(model);
  *request.mutable_table() = table;
  return request;
}

v1::TableColumn& ColumnOf(v1::Table& table, const std::string& name) {
  return *std::ranges::find(*table.mutable_columns(), name, &v1::TableColumn::name);
}

// One row that training could have had.
v1::Table OneRow() {
  return TableOf(1, {Floats("flow", {0.5f}), Bools("on", {true}), Strings("mode", {"eco"}),
                     Times("start", {1'767'600'000'000'000}), Strings("asset", {"pump-7"})});
}

// The models "pump" and "strict" have PumpSchema, "memory" remembers rows of it, "old" has no
// schema.
class TableScoreTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    config_.batching.max_batch_rows = 8;
    PublishBundle(*PumpBundle("pump"));
    PublishBundle(*PumpBundle("strict", /*strict=*/true));
    PublishBundle(*PumpBundle("memory", /*strict=*/false, /*memory_rows=*/12));
    Publish("old");
    StartServer();
  }

  grpc::Status Score(const v1::ScoreRequest& request, v1::ScoreResponse& response) {
    grpc::ClientContext context;
    return detector_->Score(&context, request, &response);
  }
  v1::ScoreResponse Scored(const v1::ScoreRequest& request) {
    v1::ScoreResponse response;
    EXPECT_THAT(Score(request, response), IsOkRpc());
    return response;
  }

  std::shared_ptr<const LoadedVersion> OnDisk(const std::string& model) const {
    return *LoadedVersion::Create(*Repository::Open(config_.repository)->Load(model, 1));
  }

  std::string MetricsPage() const {
    LoopbackSocket socket(server_->metrics_address());
    socket.Send("GET /metrics HTTP/1.0\r\n\r\n");
    return socket.ReadAll();
  }
};

TEST_F(TableScoreTest, ScoresTheFeaturesOfTheTable) {
  const v1::Table table = PumpTable(100, 3);
  for (const char* model : {"pump", "memory"}) {
    const auto version = OnDisk(model);
    std::vector<double> scores(100);
    version->scorer().Score(FeaturesOf(table, *version->encoder()).view(), scores);
    const v1::ScoreResponse response = Scored(RequestFor(table, model));
    EXPECT_THAT(response.scores(), ElementsAreArray(scores));
    EXPECT_EQ(response.model(), model);
    EXPECT_EQ(response.threshold(), version->threshold().threshold());
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(response.statuses(i), i % 5 == 4 ? v1::ROW_STATUS_INCOMPLETE : v1::ROW_STATUS_OK);
      EXPECT_EQ(response.p_values(i), version->distribution().PValue(scores[i]));
      EXPECT_EQ(response.anomalies(i), scores[i] >= response.threshold());
    }
  }
}

TEST_F(TableScoreTest, NeitherOrderNorOtherColumnsNorDictionariesMatter) {
  const v1::ScoreRequest request = RequestFor(PumpTable(40, 3));
  const v1::ScoreResponse expected = Scored(request);

  v1::ScoreRequest reversed = request;
  std::ranges::reverse(*reversed.mutable_table()->mutable_columns());
  EXPECT_THAT(Scored(reversed).scores(), ElementsAreArray(expected.scores()));

  v1::ScoreRequest wider = request;
  *wider.mutable_table()->add_columns() =
      Strings("not \xe2\x82\xac used", std::vector<std::string>(40, "x"));
  EXPECT_THAT(Scored(wider).scores(), ElementsAreArray(expected.scores()));

  v1::ScoreRequest rows_apart = request;
  for (int i = 0; i < 40; ++i) {
    v1::Table row = OneRow();
    const v1::Table& all = request.table();
    ColumnOf(row, "flow").set_floats(all.columns(0).floats().substr(i * 4, 4));
    ColumnOf(row, "on").set_bools(
        std::string(1, static_cast<char>(all.columns(1).bools()[i / 8] >> i % 8 & 1)));
    ColumnOf(row, "mode") = Strings("mode", {all.columns(2).strings().dictionary(i)});
    ColumnOf(row, "start").set_times(all.columns(3).times().substr(i * 8, 8));
    EXPECT_THAT(Scored(RequestFor(row)).scores(), ElementsAre(expected.scores(i))) << i;
  }
}

TEST_F(TableScoreTest, AnUnseenCategoryIsScored) {
  v1::Table table = OneRow();
  ColumnOf(table, "mode") = Strings("mode", {"turbo"});
  const v1::ScoreResponse response = Scored(RequestFor(table));
  EXPECT_TRUE(std::isfinite(response.scores(0)));
  EXPECT_THAT(response.statuses(), ElementsAre(v1::ROW_STATUS_INCOMPLETE));
  EXPECT_EQ(Scored(RequestFor(OneRow())).statuses(0), v1::ROW_STATUS_OK);
}

TEST_F(TableScoreTest, AnInfiniteValueIsAnAnomalyWhateverIsMissing) {
  v1::Table table = OneRow();
  ColumnOf(table, "flow") = Floats("flow", {-std::numeric_limits<float>::infinity()});
  ColumnOf(table, "mode") = Strings("mode", {""});
  for (const char* model : {"pump", "memory"}) {
    v1::ScoreRequest request = RequestFor(table, model);
    request.set_top_features(2);
    const v1::ScoreResponse response = Scored(request);
    EXPECT_EQ(response.scores(0), kInfinity);
    EXPECT_EQ(response.p_values(0), 0);
    EXPECT_TRUE(response.anomalies(0));
    EXPECT_EQ(response.statuses(0), v1::ROW_STATUS_NOT_FINITE);
    EXPECT_EQ(response.explanations(0).contributions_size(), 0);
  }
}

TEST_F(TableScoreTest, AStrictVersionScoresNoIncompleteRow) {
  v1::Table table = PumpTable(10, 3);
  ColumnOf(table, "mode").mutable_strings()->set_dictionary(2, "turbo");
  const v1::ScoreResponse response = Scored(RequestFor(table, "strict"));
  for (int i = 0; i < 10; ++i) {
    const bool complete = i != 2 && i != 4 && i != 9;
    EXPECT_EQ(std::isfinite(response.scores(i)), complete) << i;
    EXPECT_EQ(std::isnan(response.scores(i)), !complete) << i;
    EXPECT_EQ(response.statuses(i), complete ? v1::ROW_STATUS_OK : v1::ROW_STATUS_NOT_FINITE);
    if (!complete) {
      EXPECT_TRUE(response.anomalies(i));
    }
  }
}

TEST_F(TableScoreTest, KeysComeBackAsTheyCame) {
  v1::Table table = PumpTable(30, 3);
  const v1::ScoreResponse response = Scored(RequestFor(table));
  ASSERT_EQ(response.keys_size(), 1);
  EXPECT_EQ(response.keys(0).SerializeAsString(), ColumnOf(table, "asset").SerializeAsString());

  // Of any type.
  ColumnOf(table, "asset") = Times("asset", std::vector<int64_t>(30, 7));
  EXPECT_EQ(Scored(RequestFor(table)).keys(0).SerializeAsString(),
            ColumnOf(table, "asset").SerializeAsString());

  table.mutable_columns()->RemoveLast();
  EXPECT_EQ(Scored(RequestFor(table)).keys_size(), 0);
}

TEST_F(TableScoreTest, ExplainsByColumns) {
  for (const char* model : {"pump", "memory"}) {
    v1::ScoreRequest request = RequestFor(PumpTable(20, 3), model);
    request.set_top_features(100);
    const v1::ScoreResponse response = Scored(request);
    ASSERT_EQ(response.explanations_size(), 20);
    for (int i = 0; i < 20; ++i) {
      std::map<std::string, v1::FeatureContribution> by_name;
      double sum = 0;
      double previous = kInfinity;
      for (const v1::FeatureContribution& contribution : response.explanations(i).contributions()) {
        EXPECT_LE(contribution.contribution(), previous);
        previous = contribution.contribution();
        sum += previous;
        EXPECT_EQ(PumpSchema().columns(static_cast<int>(contribution.feature())).name(),
                  contribution.name());
        by_name[contribution.name()] = contribution;
      }
      ASSERT_EQ(by_name.size(), 4);  // all but the key
      EXPECT_NEAR(sum, response.scores(i), 1e-9 * sum);
      EXPECT_EQ(by_name["flow"].missing(), i % 5 == 4);
      EXPECT_EQ(by_name["flow"].value(), "");
      EXPECT_EQ(by_name["flow"].expected_value(), "");
      EXPECT_FALSE(by_name["mode"].missing());
      EXPECT_EQ(by_name["mode"].value(), request.table().columns(2).strings().dictionary(i));
      EXPECT_NE(by_name["mode"].expected_value(), "");
      EXPECT_EQ(by_name["on"].value(),
                request.table().columns(1).bools()[i / 8] >> i % 8 & 1 ? "true" : "false");
      EXPECT_NE(by_name["start"].value(), "");
    }
    request.set_top_features(1);
    EXPECT_EQ(Scored(request).explanations(0).contributions_size(), 1);
  }
}

// A text of a megabyte must not come back with each row.
TEST_F(TableScoreTest, TextsOfExplanationsAreCut) {
  v1::Table table = OneRow();
  ColumnOf(table, "mode") = Strings("mode", {std::string(1 << 20, 'x')});
  v1::ScoreRequest request = RequestFor(table);
  request.set_top_features(4);
  const v1::ScoreResponse response = Scored(request);
  int modes = 0;
  for (const auto& contribution : response.explanations(0).contributions()) {
    if (contribution.name() != "mode") continue;
    EXPECT_EQ(contribution.value(), std::string(256, 'x'));
    ++modes;
  }
  EXPECT_EQ(modes, 1);
}

TEST_F(TableScoreTest, NamesNearestRowsOfIncompleteRows) {
  v1::ScoreRequest request = RequestFor(PumpTable(10, 3), "memory");
  request.set_nearest_rows(3);
  const v1::ScoreResponse response = Scored(request);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(response.nearest_rows(i).rows_size(), 3) << i;
    for (const double distance : response.nearest_rows(i).distances()) {
      EXPECT_TRUE(std::isfinite(distance));
    }
  }
}

TEST_F(TableScoreTest, ARowWithoutAnyValueIsNotCalledNormal) {
  v1::Table table = PumpTable(50, 3);
  // Bit 0 of each first byte is the first row's.
  for (v1::TableColumn& column : *table.mutable_columns()) {
    if (column.validity().empty()) column.set_validity(std::string(7, '\xff'));
    (*column.mutable_validity())[0] &= '\xfe';
  }
  const v1::ScoreResponse response = Scored(RequestFor(table));
  EXPECT_EQ(response.statuses(0), v1::ROW_STATUS_NOT_FINITE);
  EXPECT_TRUE(std::isnan(response.scores(0)) && std::isnan(response.p_values(0)));
  EXPECT_TRUE(response.anomalies(0));
  EXPECT_NE(response.statuses(1), v1::ROW_STATUS_NOT_FINITE);
}

TEST_F(TableScoreTest, CountsCellsByColumn) {
  v1::Table table = PumpTable(50, 3);
  ColumnOf(table, "mode").mutable_strings()->set_dictionary(7, "turbo");
  Scored(RequestFor(table));
  Scored(RequestFor(table));
  const std::string page = MetricsPage();
  EXPECT_THAT(page,
              HasSubstr("advae_cells_total{column=\"flow\",kind=\"missing\",model=\"pump\"} 20\n"));
  EXPECT_THAT(page,
              HasSubstr("advae_cells_total{column=\"mode\",kind=\"unseen\",model=\"pump\"} 2\n"));
  EXPECT_THAT(page, Not(HasSubstr("column=\"on\"")));
  EXPECT_THAT(page, Not(HasSubstr("column=\"asset\"")));
}

// Large enough to be prepared on another thread.
TEST_F(TableScoreTest, LargeTablesAreScoredAlike) {
  const v1::Table large = PumpTable(20'000, 3);
  ASSERT_GT(large.ByteSizeLong(), 256u << 10);
  const v1::ScoreResponse response = Scored(RequestFor(large));
  const auto version = OnDisk("pump");
  std::vector<double> scores(20'000);
  version->scorer().Score(FeaturesOf(large, *version->encoder()).view(), scores);
  EXPECT_THAT(response.scores(), ElementsAreArray(scores));

  v1::ScoreRequest broken = RequestFor(large);
  broken.mutable_table()->mutable_columns(0)->mutable_floats()->pop_back();
  v1::ScoreResponse none;
  EXPECT_THAT(Score(broken, none), RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT,
                                                HasSubstr("\"flow\" have 79999 bytes")));
}

TEST_F(TableScoreTest, AStreamAnswersTablesInOrder) {
  std::vector<v1::ScoreRequest> requests;
  for (const uint32_t rows : {3, 20'000, 1, 500, 20'000, 2}) {
    requests.push_back(RequestFor(PumpTable(rows, rows)));
    requests.back().set_top_features(rows < 10 ? 2 : 0);
  }
  std::vector<std::string> expected;
  for (const v1::ScoreRequest& request : requests) {
    expected.push_back(Scored(request).SerializeAsString());
  }
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  for (const v1::ScoreRequest& request : requests) stream->Write(request);
  stream->WritesDone();
  std::vector<std::string> streamed;
  for (v1::ScoreResponse response; stream->Read(&response);) {
    streamed.push_back(response.SerializeAsString());
  }
  EXPECT_THAT(stream->Finish(), IsOkRpc());
  EXPECT_EQ(streamed, expected);
}

TEST_F(TableScoreTest, GetModelShowsTheSchema) {
  v1::GetModelRequest request;
  request.set_model("pump");
  v1::GetModelResponse model;
  grpc::ClientContext context;
  ASSERT_THAT(registry_->GetModel(&context, request, &model), IsOkRpc());
  EXPECT_EQ(model.versions(0).schema().SerializeAsString(), PumpSchema().SerializeAsString());
  EXPECT_EQ(model.versions(0).features(2).name(), "mode = eco");
  EXPECT_EQ(model.versions(0).features_size(), 8);
}

TEST_F(TableScoreTest, EstimatesNoLessThanAnAnswerTakes) {
  const v1::Table table = PumpTable(500, 3);
  for (const uint32_t top_features : {0u, 1u, 4u}) {
    v1::ScoreRequest request = RequestFor(table);
    request.set_top_features(top_features);
    const v1::ScoreResponse response = Scored(request);
    AnswerSize size = AnswerSizeOf(OnDisk("pump")->info(), 500,
                                   {.top_features = top_features, .value_bytes = 64});
    size += AnswerSizeOf(response.keys(0));
    EXPECT_GE(size.sent, response.ByteSizeLong());
    EXPECT_GE(size.held, response.SpaceUsedLong() + response.ByteSizeLong());
    EXPECT_LE(size.held, 4 * (response.SpaceUsedLong() + response.ByteSizeLong()) + 1024);
  }
}

struct BadTable {
  std::string name;
  std::function<void(v1::ScoreRequest&)> spoil;
  grpc::StatusCode code;
  std::string message;
};
void PrintTo(const BadTable& bad, std::ostream* out) { *out << bad.name; }

class BadTableScoreTest : public TableScoreTest, public ::testing::WithParamInterface<BadTable> {
 protected:
  void SetUp() override {
    config_.batching.max_request_rows = 1000;
    TableScoreTest::SetUp();
  }
};

TEST_P(BadTableScoreTest, IsRefused) {
  v1::ScoreRequest request = RequestFor(PumpTable(4));
  GetParam().spoil(request);
  v1::ScoreResponse response;
  EXPECT_THAT(Score(request, response),
              RpcFailsWith(GetParam().code, HasSubstr(GetParam().message)));

  // The same in a stream, after a good request, which is answered.
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  stream->Write(RequestFor(PumpTable(4)));
  stream->Write(request);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.scores_size(), 4);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(),
              RpcFailsWith(GetParam().code, HasSubstr("request 1: " + GetParam().message)));
}

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kPrecondition = grpc::StatusCode::FAILED_PRECONDITION;

INSTANTIATE_TEST_SUITE_P(
    All, BadTableScoreTest,
    ::testing::Values(
        BadTable{"Both", [](auto& r) { *r.mutable_rows() = ToProto(RandomRows(4, 3, 1)); },
                 kInvalid, "the request has both rows and a table; expected one of them"},
        BadTable{"VersionWithoutSchema", [](auto& r) { r.set_model("old"); }, kPrecondition,
                 "model \"old\" version 1 was trained on a matrix and has no schema to read a "
                 "table by; send the rows as a matrix, or train a version on a table"},
        BadTable{"MatrixForOtherKinds",
                 [](auto& r) {
                   r.clear_table();
                   *r.mutable_rows() = ToProto(RandomRows(4, 4, 1));
                 },
                 kPrecondition, "column \"mode\" is a category"},
        BadTable{"Empty", [](auto& r) { r.mutable_table()->Clear(); }, kInvalid,
                 "the table has 0 rows"},
        BadTable{"TooManyRows", [](auto& r) { *r.mutable_table() = PumpTable(1001); }, kInvalid,
                 "the request has 1001 rows; the server takes at most 1000 in one request"},
        BadTable{"TooManyRowsToBeTrue", [](auto& r) { r.mutable_table()->set_rows(1u << 31); },
                 kInvalid, "the request has 2147483648 rows"},
        BadTable{"OtherRows", [](auto& r) { r.mutable_table()->set_rows(5); }, kInvalid,
                 "the floats of column \"flow\" have 16 bytes; expected 20 for 5 rows"},
        BadTable{"NoColumn",
                 [](auto& r) { r.mutable_table()->mutable_columns()->DeleteSubrange(1, 1); },
                 kInvalid, "the table has no column \"on\""},
        BadTable{"OtherType",
                 [](auto& r) {
                   *r.mutable_table()->mutable_columns(1) = Times("on", {1, 2, 3, 4});
                 },
                 kInvalid, "column \"on\" has times"}),
    [](const auto& info) { return info.param.name; });

// Columns of numbers: of "gaps" one has gaps in training, of "whole" none has.
class NumberTableTest : public TableScoreTest {
 protected:
  void SetUp() override {
    TableScoreTest::SetUp();
    for (const char* model : {"gaps", "whole"}) {
      v1::TableSchema schema;
      for (const char* name : {"a", "b"}) {
        v1::ColumnSchema& column = *schema.add_columns();
        column = PumpSchema(/*strict=*/true).columns(0);
        column.set_name(name);
      }
      if (model == std::string("gaps")) schema.mutable_columns(1)->set_missing_share(0.05);
      std::vector<float> a, b;
      for (const float value : RandomRows(20, 1, 1).values) {
        a.push_back(value);
        b.push_back(value * value);
      }
      if (model == std::string("gaps")) b[3] = kNan;
      PublishBundle(*TableBundle(model, schema, TableOf(20, {Floats("a", a), Floats("b", b)})));
    }
    server_.reset();
    StartServer();
  }

  static v1::ScoreRequest MatrixRequest(const std::string& model,
                                        const std::vector<float>& values) {
    v1::ScoreRequest request;
    request.set_model(model);
    *request.mutable_rows() = ToProto({.values = values, .columns = 2});
    return request;
  }
};

TEST_F(NumberTableTest, TakeAMatrixToo) {
  ASSERT_TRUE(OnDisk("whole")->encoder()->is_identity());
  ASSERT_FALSE(OnDisk("gaps")->encoder()->is_identity());
  for (const char* model : {"gaps", "whole"}) {
    v1::ScoreRequest by_table = RequestFor(
        TableOf(4, {Floats("b", {0.5f, 2, kNan, 4}), Floats("a", {1, kNan, 3, 4})}), model);
    by_table.set_top_features(2);
    v1::ScoreRequest by_matrix = MatrixRequest(model, {1, 0.5f, kNan, 2, 3, kNan, 4, 4});
    by_matrix.set_top_features(2);
    const v1::ScoreResponse response = Scored(by_matrix);
    EXPECT_EQ(response.SerializeAsString(), Scored(by_table).SerializeAsString());
    EXPECT_THAT(response.scores(), Each(::testing::Truly([](double s) { return s < kInfinity; })));
    EXPECT_THAT(response.statuses(), ElementsAre(v1::ROW_STATUS_OK, v1::ROW_STATUS_INCOMPLETE,
                                                 v1::ROW_STATUS_INCOMPLETE, v1::ROW_STATUS_OK));
    for (const int row : {1, 2}) {
      for (const auto& contribution : response.explanations(row).contributions()) {
        EXPECT_EQ(contribution.missing(), contribution.name() == (row == 1 ? "a" : "b"));
      }
    }
    EXPECT_THAT(MetricsPage(),
                HasSubstr("advae_cells_total{column=\"b\",kind=\"missing\",model=\"" +
                          std::string(model) + "\"} 2\n"));
  }
}

TEST_F(NumberTableTest, WantAMatrixOfTheirColumns) {
  v1::ScoreResponse response;
  for (const char* model : {"gaps", "whole"}) {
    v1::ScoreRequest request = MatrixRequest(model, {1, 2});
    request.mutable_rows()->add_feature_names("a");
    request.mutable_rows()->add_feature_names("b");
    EXPECT_THAT(Score(request, response), IsOkRpc());
    request.mutable_rows()->set_feature_names(1, "c");
    EXPECT_THAT(Score(request, response), RpcFailsWith(kInvalid, HasSubstr("\"c\"")));
    request.mutable_rows()->clear_feature_names();
    request.mutable_rows()->set_columns(1);
    EXPECT_THAT(Score(request, response), RpcFailsWith(kInvalid, HasSubstr("1 columns")));
  }
}

}  // namespace
}  // namespace advae
