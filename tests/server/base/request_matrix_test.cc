#include "server/base/request_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

v1::Matrix MakeMatrix(int values, uint32_t columns, const std::vector<std::string>& names = {}) {
  v1::Matrix matrix;
  for (int i = 0; i < values; ++i) matrix.add_values(static_cast<float>(i));
  matrix.set_columns(columns);
  for (const std::string& name : names) matrix.add_feature_names(name);
  return matrix;
}

TEST(ViewOfTest, ShowsTheRowsInPlace) {
  const v1::Matrix matrix = MakeMatrix(6, 3, {"a", "b", "c"});
  ASSERT_OK_AND_ASSIGN(const MatrixView view, ViewOf(matrix));
  EXPECT_EQ(view.rows, 2);
  EXPECT_EQ(view.columns, 3);
  EXPECT_EQ(view.values, matrix.values().data());
}

struct BadMatrix {
  std::string name;
  v1::Matrix matrix;
  std::string message;
};
void PrintTo(const BadMatrix& bad, std::ostream* out) { *out << bad.name; }

class BadMatrixTest : public ::testing::TestWithParam<BadMatrix> {};

TEST_P(BadMatrixTest, IsRefused) {
  EXPECT_THAT(ViewOf(GetParam().matrix),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadMatrixTest,
    ::testing::Values(
        BadMatrix{"Empty", MakeMatrix(0, 3), "the matrix is empty; expected at least one row"},
        BadMatrix{"NoColumns", MakeMatrix(3, 0), "0 columns; expected 1 to 65536"},
        BadMatrix{"TooManyColumns", MakeMatrix(3, 70'000), "70000 columns; expected 1 to 65536"},
        BadMatrix{"PartOfARow", MakeMatrix(7, 3), "7 values, which is not a multiple of its 3"},
        BadMatrix{"Names", MakeMatrix(6, 3, {"a"}), "1 feature names for 3 columns"}),
    [](const auto& info) { return info.param.name; });

TEST(CheckFeaturesTest, ComparesColumnsAndNames) {
  v1::VersionInfo version;
  version.set_model("pump");
  version.set_version(3);
  for (const char* name : {"flow", "pressure"}) version.add_features()->set_name(name);
  EXPECT_THAT(CheckFeatures(MakeMatrix(2, 2), version), IsOk());
  EXPECT_THAT(CheckFeatures(MakeMatrix(2, 2, {"flow", "pressure"}), version), IsOk());
  EXPECT_THAT(CheckFeatures(MakeMatrix(2, 2, {"pressure", "flow"}), version),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("column 0 is named \"pressure\"; model \"pump\" version 3 expects "
                                 "\"flow\" there")));
  EXPECT_THAT(CheckFeatures(MakeMatrix(3, 3), version),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("3 columns; model \"pump\" version 3 expects 2")));
}

}  // namespace
}  // namespace advae
