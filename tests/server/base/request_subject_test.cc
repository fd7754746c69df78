#include "server/base/request_subject.h"

#include <gtest/gtest.h>

#include "advae/v1/detector.pb.h"
#include "advae/v1/registry.pb.h"
#include "inference/inference.pb.h"

namespace advae {
namespace {

TEST(RequestSubjectTest, IsTheModelAndVersionOfTheRequest) {
  v1::ScoreRequest score;
  EXPECT_EQ(SubjectOf(score).model, "");
  score.set_model("pump");
  EXPECT_EQ(SubjectOf(score).model, "pump");
  EXPECT_EQ(SubjectOf(score).version, 0);
  score.set_version(3);
  EXPECT_EQ(SubjectOf(score).version, 3);

  v1::SetServingVersionRequest serving;
  serving.set_model("fan");
  serving.set_version(7);
  EXPECT_EQ(SubjectOf(serving).model, "fan");
  EXPECT_EQ(SubjectOf(serving).version, 7);
}

TEST(RequestSubjectTest, LooksIntoTheSpecOfAnUpload) {
  v1::TrainRequest train;
  EXPECT_EQ(SubjectOf(train).model, "");
  train.mutable_spec()->set_model("pump");
  EXPECT_EQ(SubjectOf(train).model, "pump");
  v1::ImportVersionRequest import;
  import.mutable_spec()->set_model("fan");
  EXPECT_EQ(SubjectOf(import).model, "fan");
}

TEST(RequestSubjectTest, KnowsTheFieldsOfTheOpenInferenceProtocol) {
  inference::ModelInferRequest infer;
  infer.set_model_name("pump");
  EXPECT_EQ(SubjectOf(infer).model, "pump");
  EXPECT_EQ(SubjectOf(infer).version, 0);
  infer.set_model_version("3");
  EXPECT_EQ(SubjectOf(infer).version, 3);
  inference::ModelMetadataRequest metadata;
  metadata.set_name("fan");
  metadata.set_version("latest");
  EXPECT_EQ(SubjectOf(metadata).model, "fan");
  EXPECT_EQ(SubjectOf(metadata).version, 0);
}

TEST(RequestSubjectTest, IsEmptyForRequestsAboutNoModel) {
  EXPECT_EQ(SubjectOf(v1::ListModelsRequest()).model, "");
}

TEST(RequestSubjectTest, CutsNamesThatNoModelHas) {
  v1::ScoreRequest score;
  score.set_model(std::string(1000, 'x'));
  EXPECT_EQ(SubjectOf(score).model, std::string(64, 'x'));
}

}  // namespace
}  // namespace advae
