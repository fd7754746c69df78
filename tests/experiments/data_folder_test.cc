#include "experiments/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::StatusIs;

class DataFolderTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }

  // Loads set "a" of these files.
  absl::StatusOr<ExperimentData> Load(const std::string& train, const std::string& test) {
    Write("a.train.csv", train);
    Write("a.test.csv", test);
    return LoadDataSet(FindDataSets(folder_.path(), {"a"})->front());
  }

  testing::TemporaryFolder folder_;
};

TEST_F(DataFolderTest, FindsPairsOfFiles) {
  for (const char* const name : {"b.train.csv", "b.test.csv", "a.train.csv", "a.test.csv",
                                 "lonely.train.csv", "notes.txt"}) {
    Write(name, "");
  }
  ASSERT_OK_AND_ASSIGN(const std::vector<DataSetFiles> sets, FindDataSets(folder_.path(), {}));
  EXPECT_THAT(sets, ElementsAre(Field(&DataSetFiles::name, "a"), Field(&DataSetFiles::name, "b")));
  EXPECT_THAT(FindDataSets(folder_.path(), {"c"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("its data sets are a, b")));
}

TEST_F(DataFolderTest, SaysHowToLayOutData) {
  EXPECT_THAT(FindDataSets(folder_.path(), {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("NAME.train.csv")));
  EXPECT_THAT(FindDataSets(folder_.path() / "nothing", {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("cannot be read")));
}

TEST_F(DataFolderTest, FindsColumnsByNameAndKeepsLabelsFromTraining) {
  ASSERT_OK_AND_ASSIGN(const ExperimentData data,
                       Load("x,label,y\n1,0,2\n3,1,4\n", "label,y,x\n1,5,6\n0,7,8\n"));
  EXPECT_THAT(data.train.values, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(data.test.values, ElementsAre(6, 5, 8, 7));
  EXPECT_THAT(data.labels, ElementsAre(true, false));
}

TEST_F(DataFolderTest, RejectsDataThatCannotBeMeasured) {
  constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(Load("x\n1\n", "x,label\n1,0\n2,1\n"),
              StatusIs(kInvalid, HasSubstr("at least two training rows")));
  EXPECT_THAT(Load("x\n1\n2\n", "x,label\n1,0\n2,0\n"),
              StatusIs(kInvalid, HasSubstr("0 of 2 rows are anomalies")));
}

}  // namespace
}  // namespace advae
