#include "model/worker/encoded_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "model/repository/repository.h"
#include "model/repository/table_file.h"
#include "model/scoring/loaded_version.h"
#include "model/worker/job.h"
#include "tests/model/worker/job_files.h"
#include "tests/testing/small_table.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::Floats;
using ::advae::testing::IsOk;
using ::advae::testing::JobFiles;
using ::advae::testing::PumpTable;
using ::advae::testing::StatusIs;
using ::advae::testing::Strings;
using ::advae::testing::TableOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EncodedTableTest : public ::testing::Test {
 protected:
  v1::TableFile Write(const std::vector<v1::Table>& chunks) const {
    TableFileWriter writer(files_.folder() / "table");
    for (const v1::Table& chunk : chunks) EXPECT_THAT(writer.Append(chunk), IsOk());
    return *writer.Finish();
  }
  // A training of a second or less on two chunks of a table.
  v1::Job SmallTraining() const {
    v1::Job job = files_.SmallTraining();
    job.clear_rows();
    *job.mutable_table() = Write({PumpTable(200, 1), PumpTable(100, 2)});
    v1::ColumnSetting& asset = *job.mutable_train()->add_columns();
    asset.set_name("asset");
    asset.set_role(v1::COLUMN_ROLE_KEY);
    return job;
  }

  const JobFiles files_;
};

v1::TrainSpec SpecWithKey() {
  v1::TrainSpec spec;
  spec.set_model("pump");
  v1::ColumnSetting& asset = *spec.add_columns();
  asset.set_name("asset");
  asset.set_role(v1::COLUMN_ROLE_KEY);
  return spec;
}

TEST_F(EncodedTableTest, LearnsTheSchemaOfAllChunksAndEncodesThem) {
  const std::vector<v1::Table> chunks = {PumpTable(200, 1, /*gaps=*/false), PumpTable(100, 2)};
  ASSERT_OK_AND_ASSIGN(const EncodedTable table,
                       EncodeTableFile(Write(chunks), SpecWithKey(), JobMemoryLimits()));
  ASSERT_EQ(table.encoder->schema().columns_size(), 5);
  EXPECT_EQ(table.encoder->schema().columns(0).missing_share(), 20.0 / 300);
  EXPECT_EQ(table.encoder->schema().columns(2).kind(), v1::COLUMN_KIND_CATEGORY);
  EXPECT_EQ(table.encoder->schema().columns(4).role(), v1::COLUMN_ROLE_KEY);
  ASSERT_EQ(table.rows.columns, table.encoder->features());
  ASSERT_EQ(table.rows.rows(), 300);
  size_t row = 0;
  for (const v1::Table& chunk : chunks) {
    const Matrix expected = testing::FeaturesOf(chunk, *table.encoder);
    for (size_t i = 0; i < expected.rows(); ++i, ++row) {
      for (size_t j = 0; j < expected.columns; ++j) {
        const float value = table.rows.row(row)[j];
        if (std::isnan(expected.row(i)[j])) {
          EXPECT_TRUE(std::isnan(value));
        } else {
          EXPECT_EQ(value, expected.row(i)[j]);
        }
      }
    }
  }
}

// However the rows are cut into chunks.
TEST_F(EncodedTableTest, ChunksDoNotMatter) {
  std::vector<v1::Table> rows;
  std::vector<float> all;
  for (int i = 0; i < 40; ++i) {
    all.push_back(std::sin(static_cast<float>(i)));
    rows.push_back(TableOf(1, {Floats("flow", {all.back()})}));
  }
  v1::TrainSpec spec;
  spec.set_model("pump");
  ASSERT_OK_AND_ASSIGN(const EncodedTable whole,
                       EncodeTableFile(Write({TableOf(40, {Floats("flow", all)})}), spec, {}));
  ASSERT_OK_AND_ASSIGN(const EncodedTable cut, EncodeTableFile(Write(rows), spec, {}));
  EXPECT_EQ(cut.rows.values, whole.rows.values);
  EXPECT_EQ(cut.encoder->schema().SerializeAsString(), whole.encoder->schema().SerializeAsString());
}

TEST_F(EncodedTableTest, ChecksTheMemoryOfTheFeatures) {
  const v1::TableFile file = Write({PumpTable(200, 1)});
  EXPECT_THAT(EncodeTableFile(file, SpecWithKey(), {.process_bytes = 1000}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("but the limit is")));
  EXPECT_THAT(EncodeTableFile(file, SpecWithKey(), {.versions_bytes = 1000}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("all serving versions")));
}

TEST_F(EncodedTableTest, TellsWhatIsWrongWithTheTable) {
  v1::TrainSpec spec = SpecWithKey();
  spec.mutable_columns(0)->set_name("assets");
  EXPECT_THAT(EncodeTableFile(Write({PumpTable(200, 1)}), spec, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"assets\"")));
  EXPECT_THAT(EncodeTableFile(Write({PumpTable(1)}), SpecWithKey(), {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at least 2 training rows")));
}

TEST_F(EncodedTableTest, AJobPublishesAVersionWithTheSchema) {
  const v1::Job job = SmallTraining();
  v1::TrainAccepted accepted;
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job, [&](const v1::JobEvent& event) {
                         if (event.has_started()) accepted = event.started();
                       }));
  ASSERT_EQ(info.schema().columns_size(), 5);
  EXPECT_EQ(accepted.schema().SerializeAsString(), info.schema().SerializeAsString());
  EXPECT_EQ(accepted.rows(), 300);
  EXPECT_EQ(accepted.columns(), info.features_size());
  EXPECT_EQ(info.training_rows(), 300);
  EXPECT_EQ(info.features(0).name(), "flow");

  ASSERT_OK_AND_ASSIGN(const Repository repository, Repository::Open(files_.repository()));
  ASSERT_OK_AND_ASSIGN(VersionBundle bundle, repository.Load("pump", 1));
  EXPECT_EQ(bundle.info.DebugString(), info.DebugString());
  ASSERT_OK_AND_ASSIGN(const auto version, LoadedVersion::Create(std::move(bundle)));
  std::vector<double> scores(50);
  version->scorer().Score(testing::FeaturesOf(PumpTable(50, 3), *version->encoder()).view(),
                          scores);
  for (const double score : scores) EXPECT_TRUE(std::isfinite(score));
}

TEST_F(EncodedTableTest, AJobWarnsOfColumns) {
  v1::Job job = SmallTraining();
  v1::Table table = PumpTable(300);
  *table.add_columns() = Floats("constant", std::vector<float>(300, 5));
  *job.mutable_table() = Write({table});
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job, [](const v1::JobEvent&) {}));
  EXPECT_THAT(info.warnings(), Contains(HasSubstr("constant")));
}

TEST_F(EncodedTableTest, MarksOfTheSpecStayInTheSchema) {
  v1::TrainSpec spec;
  spec.add_missing_marks("idle");
  spec.add_missing_marks("-1");
  spec.set_decimal_mark(v1::DECIMAL_MARK_COMMA);
  std::vector<float> flow;
  std::vector<std::string> state;
  for (int i = 0; i < 40; ++i) {
    flow.push_back(i % 4 == 0 ? -1.0F : static_cast<float>(10 + (i * 7) % 13));
    state.push_back(i % 5 == 0 ? "Idle" : i % 2 == 0 ? "on" : "off");
  }
  const v1::Table table = TableOf(40, {Floats("flow", flow), Strings("state", state)});
  ASSERT_OK_AND_ASSIGN(const EncodedTable encoded,
                       EncodeTableFile(Write({table}), spec, JobMemoryLimits()));
  const v1::TableSchema& schema = encoded.encoder->schema();
  EXPECT_THAT(schema.missing_marks(), ElementsAre("idle", "-1"));
  EXPECT_EQ(schema.decimal_mark(), v1::DECIMAL_MARK_COMMA);
  EXPECT_EQ(schema.columns(0).missing_share(), 0.25);
  EXPECT_EQ(schema.columns(0).number().minimum(), 10);
  EXPECT_EQ(schema.columns(1).missing_share(), 0.2);
  EXPECT_EQ(schema.columns(1).category().categories_size(), 2);
  EXPECT_TRUE(std::isnan(encoded.rows.row(0)[0]));
  EXPECT_FALSE(std::isnan(encoded.rows.row(1)[0]));
}

}  // namespace
}  // namespace advae
