#include "model/repository/bundle_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "model/base/file_io.h"
#include "model/base/sha256.h"
#include "model/repository/safetensors.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::RandomBundle;
using testing::RandomWeights;
using testing::StatusIs;

constexpr absl::StatusCode kDataLoss = absl::StatusCode::kDataLoss;
const char* const kFiles[] = {"weights.safetensors", "scores.safetensors", "manifest.json",
                              "manifest.sha256"};

void ExpectEqual(const DenseLayer& a, const DenseLayer& b) {
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.outputs, b.outputs);
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.bias, b.bias);
}

void ExpectEqual(const Ensemble& a, const Ensemble& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].weight, b[i].weight);
    EXPECT_EQ(a[i].whitening, b[i].whitening);
    const auto& [encoder_a, generator_a] = a[i].networks;
    const auto& [encoder_b, generator_b] = b[i].networks;
    ExpectEqual(encoder_a.hidden1, encoder_b.hidden1);
    ExpectEqual(encoder_a.hidden2, encoder_b.hidden2);
    ExpectEqual(encoder_a.mean, encoder_b.mean);
    ExpectEqual(encoder_a.log_variance, encoder_b.log_variance);
    ExpectEqual(generator_a.hidden1, generator_b.hidden1);
    ExpectEqual(generator_a.hidden2, generator_b.hidden2);
    ExpectEqual(generator_a.output, generator_b.output);
  }
}

class BundleFilesTest : public ::testing::Test {
 protected:
  BundleFilesTest() : bundle_(*RandomBundle("pump")) { Write(bundle_); }

  void Write(const VersionBundle& bundle) {
    const auto files = WriteTensorFiles(folder_.path(), bundle);
    EXPECT_THAT(files, IsOk());
    v1::VersionManifest manifest;
    manifest.set_format(BundleFormat(bundle));
    *manifest.mutable_info() = bundle.info;
    manifest.mutable_files()->Add(files->begin(), files->end());
    EXPECT_THAT(WriteManifest(folder_.path(), manifest), IsOk());
  }

  std::string Read(const char* file) { return *ReadFile(folder_.path() / file); }
  void Overwrite(const char* file, const std::string& bytes) {
    ASSERT_THAT(WriteFileSynced(folder_.path() / file, bytes), IsOk());
  }
  absl::Status ReadStatus() { return ReadBundle(folder_.path()).status(); }

  testing::TemporaryFolder folder_;
  VersionBundle bundle_;
};

TEST_F(BundleFilesTest, RoundTripKeepsEveryBit) {
  ASSERT_OK_AND_ASSIGN(const VersionBundle again, ReadBundle(folder_.path()));
  EXPECT_EQ(again.info.SerializeAsString(), bundle_.info.SerializeAsString());
  EXPECT_EQ(again.training_scores, bundle_.training_scores);
  EXPECT_EQ(again.scaler.minimum(), bundle_.scaler.minimum());
  EXPECT_EQ(again.scaler.maximum(), bundle_.scaler.maximum());
  EXPECT_EQ(again.plan.points, bundle_.plan.points);
  EXPECT_EQ(again.plan.samples, bundle_.plan.samples);
  EXPECT_EQ(again.plan.spec.SerializeAsString(), bundle_.plan.spec.SerializeAsString());
  ExpectEqual(again.ensemble, bundle_.ensemble);
}

TEST_F(BundleFilesTest, AManifestThatNobodyWouldReadIsNotWritten) {
  v1::VersionManifest manifest = *ReadManifest(folder_.path());
  // In JSON, each takes six characters.
  manifest.mutable_info()->add_warnings(std::string(12'000'000, '<'));
  EXPECT_THAT(WriteManifest(folder_.path(), manifest),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected at most 67108864")));
  EXPECT_THAT(ReadManifest(folder_.path()), IsOk());
}

TEST_F(BundleFilesTest, RoundTripKeepsAnEnsemble) {
  bundle_.ensemble.push_back({.networks = RandomWeights({3, 6, 5, 2, 5, 6}, /*seed=*/9),
                              .weight = 0.1,
                              .whitening = {1, 2, 3, 4, 5, 6, 7, 8, 9}});
  Write(bundle_);
  ASSERT_OK_AND_ASSIGN(const v1::VersionManifest manifest, ReadManifest(folder_.path()));
  EXPECT_EQ(manifest.format(), 2);
  ASSERT_OK_AND_ASSIGN(const VersionBundle again, ReadBundle(folder_.path()));
  ExpectEqual(again.ensemble, bundle_.ensemble);
}

TEST_F(BundleFilesTest, RoundTripKeepsTheWhiteningOfOneMember) {
  bundle_.ensemble[0].whitening = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  Write(bundle_);
  ASSERT_OK_AND_ASSIGN(const VersionBundle again, ReadBundle(folder_.path()));
  ExpectEqual(again.ensemble, bundle_.ensemble);
}

// The bundle with a memory of four rows.
VersionBundle WithNeighborhood(VersionBundle bundle) {
  NeighborhoodMemory memory{.rows = testing::RandomRows(4, 3, 1),
                            .training_rows = {0, 5, 6, 19},
                            .rank_map = RankMap::Fit(testing::RandomRows(20, 3, 1).view()),
                            .scaled_radii = {0.1f, 0.2f, 0.3f, 0.4f},
                            .ranked_radii = {1, 2, 3, 4}};
  bundle.neighborhood =
      Neighborhood{.memory = std::move(memory),
                   .scales = {PartScale{.floor = 1e-9, .center = -1, .width = 2}, PartScale(),
                              PartScale{.center = 0.1}, PartScale{.width = 0.7}}};
  return bundle;
}

TEST_F(BundleFilesTest, RoundTripKeepsANeighborhood) {
  bundle_ = WithNeighborhood(std::move(bundle_));
  for (const bool plain : {true, false}) {
    if (!plain) bundle_.ensemble.push_back(bundle_.ensemble.front());
    Write(bundle_);
    ASSERT_OK_AND_ASSIGN(const v1::VersionManifest manifest, ReadManifest(folder_.path()));
    EXPECT_EQ(manifest.format(), 3);
    ASSERT_OK_AND_ASSIGN(const VersionBundle again, ReadBundle(folder_.path()));
    ExpectEqual(again.ensemble, bundle_.ensemble);
    ASSERT_TRUE(again.neighborhood.has_value());
    const auto& [memory, scales, relations] = *again.neighborhood;
    const auto& [expected, expected_scales, none] = *bundle_.neighborhood;
    EXPECT_FALSE(relations.has_value());
    EXPECT_EQ(memory.rows.values, expected.rows.values);
    EXPECT_EQ(memory.rows.columns, 3);
    EXPECT_EQ(memory.training_rows, expected.training_rows);
    EXPECT_EQ(memory.rank_map.values, expected.rank_map.values);
    EXPECT_EQ(memory.rank_map.ranks, expected.rank_map.ranks);
    EXPECT_EQ(memory.scaled_radii, expected.scaled_radii);
    EXPECT_EQ(memory.ranked_radii, expected.ranked_radii);
    for (size_t part = 0; part < kScoreParts; ++part) {
      EXPECT_EQ(scales[part].floor, expected_scales[part].floor);
      EXPECT_EQ(scales[part].center, expected_scales[part].center);
      EXPECT_EQ(scales[part].width, expected_scales[part].width);
    }
  }
}

TEST_F(BundleFilesTest, RoundTripKeepsCompressedEnds) {
  bundle_.scaler = std::move(bundle_.scaler).WithCompressedEnds();
  for (const bool remembers : {false, true}) {
    if (remembers) bundle_ = WithNeighborhood(std::move(bundle_));
    Write(bundle_);
    ASSERT_OK_AND_ASSIGN(const v1::VersionManifest manifest, ReadManifest(folder_.path()));
    EXPECT_EQ(manifest.format(), 5);
    ASSERT_OK_AND_ASSIGN(const VersionBundle again, ReadBundle(folder_.path()));
    EXPECT_TRUE(again.scaler.compresses_ends());
    EXPECT_EQ(again.scaler.minimum(), bundle_.scaler.minimum());
    EXPECT_EQ(again.neighborhood.has_value(), remembers);
  }
}

// The bundle with a memory and relations between its features.
VersionBundle WithRelations(VersionBundle bundle) {
  bundle = WithNeighborhood(std::move(bundle));
  bundle.neighborhood->relations = {.related = {0, 2},
                                    .means = {0.5, 1.0 / 3},
                                    .explained = {1},
                                    .weights = {-16, 8.1},
                                    .threshold = 3.7};
  return bundle;
}

TEST_F(BundleFilesTest, RoundTripKeepsRelations) {
  bundle_ = WithRelations(std::move(bundle_));
  for (const bool compresses : {false, true}) {
    if (compresses) bundle_.scaler = std::move(bundle_.scaler).WithCompressedEnds();
    Write(bundle_);
    ASSERT_OK_AND_ASSIGN(const v1::VersionManifest manifest, ReadManifest(folder_.path()));
    EXPECT_EQ(manifest.format(), 6);
    ASSERT_OK_AND_ASSIGN(const VersionBundle again, ReadBundle(folder_.path()));
    EXPECT_EQ(again.scaler.compresses_ends(), compresses);
    ASSERT_TRUE(again.neighborhood->relations.has_value());
    const FeatureRelations& relations = *again.neighborhood->relations;
    const FeatureRelations& expected = *bundle_.neighborhood->relations;
    EXPECT_EQ(relations.related, expected.related);
    EXPECT_EQ(relations.means, expected.means);
    EXPECT_EQ(relations.explained, expected.explained);
    EXPECT_EQ(relations.weights, expected.weights);
    EXPECT_EQ(relations.threshold, expected.threshold);
  }
}

TEST_F(BundleFilesTest, RelationsThatDoNotFitAreDataLoss) {
  const VersionBundle good = WithRelations(std::move(bundle_));
  VersionBundle bundle = good;
  bundle.neighborhood->relations->related[1] = 3;
  Write(bundle);
  EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr("do not fit rows of 3")));
  bundle = good;
  bundle.neighborhood->relations->threshold = 0;
  Write(bundle);
  EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr("out of range")));
}

TEST_F(BundleFilesTest, ANeighborhoodThatDoesNotFitIsDataLoss) {
  const VersionBundle good = WithNeighborhood(std::move(bundle_));
  VersionBundle bundle = good;
  bundle.neighborhood->memory.training_rows[3] = 20;
  Write(bundle);
  EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr("not of the 20 training rows")));
  bundle = good;
  bundle.neighborhood->memory.scaled_radii.pop_back();
  Write(bundle);
  EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr("3 and 4 radii")));
  bundle = good;
  bundle.neighborhood->scales[1].width = -1;
  Write(bundle);
  EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr("width -1")));
}

TEST_F(BundleFilesTest, SameBundleGivesTheSameBytes) {
  std::vector<std::string> before;
  for (const char* const file : kFiles) before.push_back(Read(file));
  Write(bundle_);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(Read(kFiles[i]), before[i]);
}

TEST_F(BundleFilesTest, ManifestIsReadable) {
  const std::string manifest = Read("manifest.json");
  EXPECT_THAT(manifest, AllOf(HasSubstr("\"format\": 1"), HasSubstr("\"training_rows\": \"20\""),
                              HasSubstr("\"name\": \"temp\xc3\xa9rature\"")));
  EXPECT_EQ(Read("manifest.sha256"), Sha256Hex(manifest) + "  manifest.json\n");
}

TEST_F(BundleFilesTest, ManifestHoldsTheFirstThresholdOnly) {
  const v1::ThresholdRecord first = bundle_.info.threshold_history(0);
  bundle_.info.add_threshold_history()->set_alpha(0.5);
  bundle_.info.add_threshold_history()->set_alpha(0.6);
  Write(bundle_);
  ASSERT_OK_AND_ASSIGN(const v1::VersionManifest manifest, ReadManifest(folder_.path()));
  ASSERT_EQ(manifest.info().threshold_history_size(), 1);
  EXPECT_EQ(manifest.info().threshold_history(0).SerializeAsString(), first.SerializeAsString());
}

TEST_F(BundleFilesTest, EveryMissingFileIsDataLoss) {
  for (const char* const file : kFiles) {
    fs::rename(folder_.path() / file, folder_.path() / "away");
    EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, AllOf(HasSubstr(file), HasSubstr("missing"))));
    fs::rename(folder_.path() / "away", folder_.path() / file);
  }
  EXPECT_THAT(ReadStatus(), IsOk());
}

TEST_F(BundleFilesTest, EveryTruncationIsDataLoss) {
  for (const char* const file : kFiles) {
    const std::string bytes = Read(file);
    for (size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 50) {
      Overwrite(file, bytes.substr(0, size));
      EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr(folder_.path().string())))
          << file << " cut to " << size;
    }
    Overwrite(file, bytes);
  }
  EXPECT_THAT(ReadStatus(), IsOk());
}

TEST_F(BundleFilesTest, EveryFlippedByteIsDataLoss) {
  for (const char* const file : kFiles) {
    const std::string bytes = Read(file);
    for (size_t i = 0; i < bytes.size(); i += 1 + bytes.size() / 200) {
      std::string altered = bytes;
      altered[i] ^= 0x04;
      Overwrite(file, altered);
      EXPECT_THAT(ReadStatus(), ::testing::AnyOf(StatusIs(kDataLoss, HasSubstr("manifest.json")),
                                                 StatusIs(kDataLoss, HasSubstr(file))))
          << file << " at " << i;
    }
    Overwrite(file, bytes);
  }
  EXPECT_THAT(ReadStatus(), IsOk());
}

// Damage that the digests do not tell, because they were computed after it.
struct InconsistencyCase {
  const char* name;
  std::function<void(VersionBundle&)> spoil;
  const char* message;
};
void PrintTo(const InconsistencyCase& test_case, std::ostream* out) { *out << test_case.name; }

class InconsistentBundleTest : public BundleFilesTest,
                               public ::testing::WithParamInterface<InconsistencyCase> {};

TEST_P(InconsistentBundleTest, IsDataLoss) {
  GetParam().spoil(bundle_);
  Write(bundle_);
  EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    BundleFilesTest, InconsistentBundleTest,
    ::testing::Values(
        InconsistencyCase{"Features", [](auto& b) { b.info.mutable_features()->RemoveLast(); },
                          "take 3 features, but the scaler has 3 and the manifest 2"},
        InconsistencyCase{"Scaler", [](auto& b) { b.scaler = *MinMaxScaler::FromRanges({0}, {1}); },
                          "the scaler has 1"},
        InconsistencyCase{"Samples", [](auto& b) { b.info.mutable_latent_plan()->set_samples(9); },
                          "the latent plan is 64 x 2, expected 9 x 2"},
        InconsistencyCase{"LatentSize",
                          [](auto& b) {
                            b.plan.samples = 128;
                            b.plan.latent_size = 1;
                            b.info.mutable_latent_plan()->set_samples(128);
                          },
                          "the latent plan is 128 x 1, expected 128 x 2"},
        InconsistencyCase{"Scores", [](auto& b) { b.training_scores.pop_back(); },
                          "19 training scores of 20 training rows"},
        InconsistencyCase{"Threshold", [](auto& b) { b.info.clear_threshold_history(); },
                          "no threshold"},
        InconsistencyCase{"ThresholdNan",
                          [](auto& b) { b.info.mutable_threshold_history(0)->set_threshold(NAN); },
                          "threshold 0 (from 0) of the history: the threshold is nan"},
        InconsistencyCase{"Alpha",
                          [](auto& b) { b.info.mutable_threshold_history(0)->clear_alpha(); },
                          "alpha, the significance, lies between 0 and 1"},
        InconsistencyCase{"NoFeatureName",
                          [](auto& b) { b.info.mutable_features(1)->clear_name(); },
                          "the feature name \"\""},
        InconsistencyCase{
            "FeatureNameTwice",
            [](auto& b) { b.info.mutable_features(1)->set_name(b.info.features(0).name()); },
            "expected unique names"},
        InconsistencyCase{"NoSample",
                          [](auto& b) {
                            b.plan.samples = 0;
                            b.plan.points.clear();
                          },
                          "the latent plan has 0 samples, expected 1 to 65536"},
        InconsistencyCase{"ManySamples",
                          [](auto& b) {
                            b.plan.samples = 65537;
                            b.plan.points.resize(65537 * 2);
                          },
                          "the latent plan has 65537 samples, expected 1 to 65536"},
        InconsistencyCase{"WidePlan",
                          [](auto& b) {
                            b.plan.samples = 4096;
                            b.plan.latent_size = 4097;
                            b.plan.points.resize(size_t{4096} * 4097);
                          },
                          "got 4096 samples of latent size 4097"},
        InconsistencyCase{"Weights", [](auto& b) { b.ensemble[0].networks.encoder.mean = {}; },
                          "encoder.mean: the layer is empty"},
        InconsistencyCase{"Whitening", [](auto& b) { b.ensemble[0].whitening.assign(9, NAN); },
                          "expected a whitening of 3 x 3"},
        InconsistencyCase{
            "Member",
            [](auto& b) {
              b.ensemble.push_back({.networks = RandomWeights({2, 1, 1, 2, 1, 1}, 1)});
            },
            "member 1: the networks take 2 features"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(BundleFilesTest, AWhiteningOfAnotherShapeIsDataLoss) {
  bundle_.ensemble[0].whitening.assign(9, 1);
  Write(bundle_);
  std::string weights = Read("weights.safetensors");
  const size_t at = weights.find("[3,3]", weights.find("whitening"));
  ASSERT_NE(at, std::string::npos);
  weights.replace(at, 5, "[9,1]");
  const std::string digest = Sha256Hex(Read("weights.safetensors"));
  const std::string manifest =
      absl::StrReplaceAll(Read("manifest.json"), {{digest, Sha256Hex(weights)}});
  Overwrite("weights.safetensors", weights);
  Overwrite("manifest.json", manifest);
  Overwrite("manifest.sha256", Sha256Hex(manifest) + "  manifest.json\n");
  EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr("is 9 x 1, expected a square")));
}

class ForeignManifestTest : public BundleFilesTest {
 protected:
  void EditManifest(const std::string& from, const std::string& to) {
    const std::string manifest = absl::StrReplaceAll(Read("manifest.json"), {{from, to}});
    Overwrite("manifest.json", manifest);
    Overwrite("manifest.sha256", Sha256Hex(manifest) + "  manifest.json\n");
  }
};

TEST_F(ForeignManifestTest, UnknownFormatIsRefused) {
  EditManifest("\"format\": 1", "\"format\": 7");
  EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr("format 7 is unknown to this release")));
}

TEST_F(ForeignManifestTest, AFormatWithASchemaWantsOne) {
  EditManifest("\"format\": 1", "\"format\": 4");
  EXPECT_THAT(ReadStatus(), StatusIs(kDataLoss, HasSubstr("the manifest has no schema")));
}

TEST_F(ForeignManifestTest, UnknownFieldsArePassedOver) {
  EditManifest("\"format\": 1,", "\"format\": 1, \"later\": [true],");
  EXPECT_THAT(ReadStatus(), IsOk());
}

TEST_F(ForeignManifestTest, UnlistedFileIsDataLoss) {
  EditManifest("\"name\": \"scores.safetensors\"", "\"name\": \"../scores.safetensors\"");
  EXPECT_THAT(ReadStatus(),
              StatusIs(kDataLoss, AllOf(HasSubstr("scores.safetensors"), HasSubstr("not list"))));
}

TEST(WriteTensorFilesTest, ReportsAFolderThatIsNotThere) {
  EXPECT_THAT(WriteTensorFiles("/nowhere", *RandomBundle("pump")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere/weights.safetensors")));
}

}  // namespace
}  // namespace advae
