#include "experiments/peers/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/data/evaluation.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using ::testing::SizeIs;
using testing::StatusIs;
using ::testing::Truly;

constexpr size_t kFeatures = 4;

Matrix Uniform(size_t rows, float low, float high, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> value(low, high);
  Matrix matrix{.values = {}, .columns = kFeatures};
  for (size_t i = 0; i < rows * kFeatures; ++i) matrix.values.push_back(value(random));
  return matrix;
}

// Shares one process, and is skipped where scikit-learn is not installed.
class PeersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (process_ == nullptr) {
      auto process = PeerProcess::Start(PeerProcess::kPython);
      if (!process.ok()) GTEST_SKIP() << process.status().message();
      process_ = *std::move(process);
    }
  }

  static absl::StatusOr<FittedDetector> Fit(const std::string& name, MatrixView rows,
                                            uint64_t seed = 1) {
    return FitPeer(name, process_)({.set = "set", .rows = rows, .seed = seed});
  }

  static std::shared_ptr<PeerProcess> process_;
};

std::shared_ptr<PeerProcess> PeersTest::process_;

TEST_F(PeersTest, TellAnomaliesFromNormalRows) {
  constexpr size_t kRows = 100;
  Matrix test = Uniform(kRows, 0, 1, /*seed=*/2);
  const Matrix anomalies = Uniform(kRows, 2, 3, /*seed=*/3);
  test.values.insert(test.values.end(), anomalies.values.begin(), anomalies.values.end());
  std::vector<bool> labels(2 * kRows);
  std::fill(labels.begin() + kRows, labels.end(), true);
  const Matrix train = Uniform(300, 0, 1, /*seed=*/1);
  for (const std::string& name : PeerNames()) {
    ASSERT_OK_AND_ASSIGN(const FittedDetector detector, Fit(name, train.view()));
    EXPECT_THAT(detector.distribution->scores(), SizeIs(300)) << name;
    EXPECT_EQ(detector.distribution->scores().front(), 0) << name;
    ASSERT_OK_AND_ASSIGN(const RankingQuality quality,
                         EvaluateRanking(detector.score(test.view()), labels));
    EXPECT_GT(quality.roc_auc, 0.9) << name;
  }
}

TEST_F(PeersTest, SameSeedGivesSameScores) {
  const Matrix train = Uniform(50, -1, 1, /*seed=*/1);
  const Matrix test = Uniform(20, -2, 2, /*seed=*/2);
  for (const std::string& name : PeerNames()) {
    ASSERT_OK_AND_ASSIGN(const FittedDetector first, Fit(name, train.view(), /*seed=*/3));
    ASSERT_OK_AND_ASSIGN(const FittedDetector second, Fit(name, train.view(), /*seed=*/3));
    EXPECT_EQ(first.score(test.view()), second.score(test.view())) << name;
    EXPECT_EQ(first.distribution->scores(), second.distribution->scores()) << name;
  }
}

TEST_F(PeersTest, TakeFewRowsAndConstantFeatures) {
  const Matrix train{.values = {1, 7, 2, 7, 4, 7}, .columns = 2};
  const Matrix test{.values = {1, 7, 9, 8}, .columns = 2};
  for (const std::string& name : PeerNames()) {
    ASSERT_OK_AND_ASSIGN(const FittedDetector detector, Fit(name, train.view()));
    EXPECT_THAT(detector.score(test.view()),
                AllOf(SizeIs(2), Each(Truly([](double s) { return std::isfinite(s); }))))
        << name;
  }
}

// From `row` to each training row, after min-max scaling by these. One vector a row of `rows`.
std::vector<std::vector<double>> ScaledDistances(const Matrix& train, const Matrix& rows) {
  std::vector<double> low(kFeatures, HUGE_VAL), high(kFeatures, -HUGE_VAL);
  for (size_t i = 0; i < train.values.size(); ++i) {
    low[i % kFeatures] = std::min<double>(low[i % kFeatures], train.values[i]);
    high[i % kFeatures] = std::max<double>(high[i % kFeatures], train.values[i]);
  }
  std::vector<std::vector<double>> distances(rows.rows());
  for (size_t row = 0; row < rows.rows(); ++row) {
    for (size_t i = 0; i < train.rows(); ++i) {
      double squares = 0;
      for (size_t j = 0; j < kFeatures; ++j) {
        const double difference = static_cast<double>(rows.row(row)[j]) - train.row(i)[j];
        squares += std::pow(difference / (high[j] - low[j]), 2);
      }
      distances[row].push_back(std::sqrt(squares));
    }
  }
  return distances;
}

// The mean of the five smallest from the one at `first` on, for each row.
std::vector<double> MeansOfFive(std::vector<std::vector<double>> distances, size_t first) {
  std::vector<double> means;
  for (std::vector<double>& of_row : distances) {
    std::ranges::sort(of_row);
    const auto begin = of_row.begin() + static_cast<ptrdiff_t>(first);
    means.push_back(std::accumulate(begin, begin + 5, 0.0) / 5);
  }
  return means;
}

TEST_F(PeersTest, KnnIsTheMeanDistanceToFiveNeighbors) {
  const Matrix train = Uniform(40, 0, 1, /*seed=*/1);
  const Matrix test = Uniform(10, -1, 2, /*seed=*/2);
  // A training row is not its own neighbour.
  std::vector<double> training_scores = MeansOfFive(ScaledDistances(train, train), /*first=*/1);
  std::ranges::sort(training_scores);
  std::vector<double> scores = MeansOfFive(ScaledDistances(train, test), /*first=*/0);
  const double lowest = training_scores.front();
  for (double& score : training_scores) score -= lowest;
  for (double& score : scores) score -= lowest;

  ASSERT_OK_AND_ASSIGN(const FittedDetector detector, Fit("KNN", train.view()));
  EXPECT_THAT(detector.distribution->scores(), Pointwise(DoubleNear(1e-12), training_scores));
  EXPECT_THAT(detector.score(test.view()), Pointwise(DoubleNear(1e-12), scores));
}

// The scores of test rows differ as the logarithms of the sums of kernels do, also far away.
TEST_F(PeersTest, KdeIsExactInItsTails) {
  const Matrix train = Uniform(500, 0, 1, /*seed=*/1);
  const Matrix test = Uniform(20, -1, 3, /*seed=*/2);
  std::vector<double> expected;
  for (std::vector<double>& distances : ScaledDistances(train, test)) {
    constexpr double kTwiceVariance = 2 * 0.1 * 0.1;
    const double nearest = std::pow(std::ranges::min(distances), 2) / kTwiceVariance;
    double sum = 0;
    for (const double distance : distances) {
      sum += std::exp(nearest - distance * distance / kTwiceVariance);
    }
    expected.push_back(nearest - std::log(sum));
  }
  ASSERT_OK_AND_ASSIGN(const FittedDetector detector, Fit("KDE", train.view()));
  std::vector<double> scores = detector.score(test.view());
  const double shift = scores.front() - expected.front();
  for (double& score : scores) score -= shift;
  EXPECT_THAT(scores, Pointwise(DoubleNear(1e-4), expected));
}

TEST_F(PeersTest, RejectInfiniteValues) {
  Matrix train = Uniform(10, 0, 1, /*seed=*/1);
  train.values[5] = HUGE_VALF;
  for (const std::string& name : PeerNames()) {
    EXPECT_THAT(Fit(name, train.view()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("infinity")))
        << name;
  }
  const Matrix good = Uniform(10, 0, 1, /*seed=*/1);
  EXPECT_THAT(Fit("KNN", good.view()), testing::IsOk());  // the process goes on
}

TEST_F(PeersTest, MediansStandInForMissingValues) {
  Matrix train = Uniform(11, 0, 1, /*seed=*/1);
  train.values[5] = std::numeric_limits<float>::quiet_NaN();
  for (const std::string& name : PeerNames()) {
    EXPECT_THAT(Fit(name, train.view()), testing::IsOk()) << name;
  }
}

class PeerProcessTest : public ::testing::Test {
 protected:
  // A program that runs these commands, whatever its arguments.
  std::string Program(const std::string& commands) {
    const std::filesystem::path path = folder_.path() / "python";
    std::ofstream(path) << "#!/bin/sh\n" << commands << '\n';
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(PeerProcessTest, NamesThePackageThatIsMissing) {
  const std::filesystem::path library = folder_.path() / "sklearn";
  std::filesystem::create_directory(library);
  std::ofstream(library / "__init__.py") << "raise ImportError('not here')\n";
  EXPECT_THAT(PeerProcess::Start(Program(absl::StrCat("export PYTHONPATH=", folder_.path().c_str(),
                                                      "\nexec /usr/bin/python3 \"$@\""))),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("scikit-learn, Debian's package python3-sklearn")));
  EXPECT_THAT(PeerProcess::Start((folder_.path() / "nothing").string()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("cannot start"), HasSubstr("python3-sklearn"))));
}

TEST_F(PeerProcessTest, ReportsAProcessThatEnds) {
  EXPECT_THAT(PeerProcess::Start(Program("exit 3")),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("has ended")));
  EXPECT_THAT(PeerProcess::Start(Program("echo hello")),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("unexpected words")));
  ASSERT_OK_AND_ASSIGN(std::shared_ptr<PeerProcess> process,
                       PeerProcess::Start(Program("echo ok 0; read line")));
  const Matrix rows = Uniform(10, 0, 1, /*seed=*/1);
  EXPECT_THAT(FitPeer("KNN", process)({.set = "set", .rows = rows.view()}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("has ended")));
}

TEST_F(PeerProcessTest, ScoresAreNotNumbersWhenItHasEnded) {
  ASSERT_OK_AND_ASSIGN(
      std::shared_ptr<PeerProcess> process,
      PeerProcess::Start(
          Program("echo ok 0; read line; head -c 32 >/dev/null; echo ok 2; head -c 16 /dev/zero")));
  const Matrix rows = Uniform(2, 0, 1, /*seed=*/1);
  ASSERT_OK_AND_ASSIGN(const FittedDetector detector,
                       FitPeer("KNN", process)({.set = "set", .rows = rows.view()}));
  EXPECT_THAT(detector.score(rows.view()), Each(Truly([](double s) { return std::isnan(s); })));
}

}  // namespace
}  // namespace advae
