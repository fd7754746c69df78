#include "model/repository/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <random>
#include <string>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;

// A file with this header and data.
std::string File(const std::string& header, const std::string& data) {
  const uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), 8) + header + data;
}

TEST(ParseSafetensorsTest, ReadsEveryDType) {
  ASSERT_OK_AND_ASSIGN(const TensorMap tensors, ParseSafetensors(File(
                                                    R"({"__metadata__":{"format":"pt"},
              "half":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},
              "brain":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]},
              "single":{"dtype":"F32","shape":[1,2],"data_offsets":[6,14]},
              "double":{"dtype":"F64","shape":[],"data_offsets":[14,22]},
              "none":{"dtype":"F32","shape":[0,5],"data_offsets":[22,22]}})",
                                                    {"\x00\x3e"  // 1.5
                                                     "\x01\x00"  // 2^-24, subnormal
                                                     "\x20\xc0"  // -2.5
                                                     "\x00\x00\x80\x3f\x00\x00\x00\xc0"   // 1, -2
                                                     "\x00\x00\x00\x00\x00\x00\xd0\x3f",  // 0.25
                                                     22})));
  EXPECT_EQ(tensors.size(), 5);
  EXPECT_EQ(tensors.at("half").dtype, DType::kF16);
  EXPECT_THAT(tensors.at("half").values, ElementsAre(1.5, 0x1p-24));
  EXPECT_EQ(tensors.at("brain").dtype, DType::kBF16);
  EXPECT_THAT(tensors.at("brain").values, ElementsAre(-2.5));
  EXPECT_EQ(tensors.at("single").dtype, DType::kF32);
  EXPECT_THAT(tensors.at("single").shape, ElementsAre(1, 2));
  EXPECT_THAT(tensors.at("single").values, ElementsAre(1, -2));
  EXPECT_EQ(tensors.at("double").dtype, DType::kF64);
  EXPECT_TRUE(tensors.at("double").shape.empty());
  EXPECT_THAT(tensors.at("double").values, ElementsAre(0.25));
  EXPECT_THAT(tensors.at("none").shape, ElementsAre(0, 5));
  EXPECT_TRUE(tensors.at("none").values.empty());
}

TEST(SafetensorsTest, RoundTripKeepsEveryBit) {
  const double third = 1.0 / 3;
  const TensorMap tensors{
      {"double", {DType::kF64, {3}, {third, -0.0, std::numeric_limits<double>::denorm_min()}}},
      {"float", {DType::kF32, {2, 2}, {static_cast<float>(third), 1e38f, -1e-45f, 0}}},
      {"scalar", {DType::kF32, {}, {7}}},
      {"quoted \" name", {DType::kF32, {0}, {}}}};
  const std::string bytes = SerializeSafetensors(tensors);
  ASSERT_OK_AND_ASSIGN(const TensorMap again, ParseSafetensors(bytes));
  ASSERT_EQ(again.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(again.at(name).dtype, tensor.dtype);
    EXPECT_EQ(again.at(name).shape, tensor.shape);
    EXPECT_EQ(again.at(name).values, tensor.values);
  }
  EXPECT_TRUE(std::signbit(again.at("double").values[1]));
  EXPECT_EQ(SerializeSafetensors(again), bytes);
}

TEST(SerializeSafetensorsTest, AlignsTheData) {
  const std::string bytes = SerializeSafetensors({{"x", {DType::kF32, {1}, {1}}}});
  EXPECT_EQ((bytes.size() - 4) % 8, 0);
}

TEST(SerializeSafetensorsTest, WidensHalfPrecision) {
  ASSERT_OK_AND_ASSIGN(
      const TensorMap tensors,
      ParseSafetensors(SerializeSafetensors({{"x", {DType::kF16, {1}, {0x1p-24}}}})));
  EXPECT_EQ(tensors.at("x").dtype, DType::kF32);
  EXPECT_THAT(tensors.at("x").values, ElementsAre(0x1p-24));
}

struct MalformedCase {
  const char* name;
  std::string bytes;
  const char* message;
};
void PrintTo(const MalformedCase& test_case, std::ostream* out) { *out << test_case.name; }

class MalformedTest : public ::testing::TestWithParam<MalformedCase> {};

TEST_P(MalformedTest, IsRejected) {
  EXPECT_THAT(ParseSafetensors(GetParam().bytes),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

const std::string kEightBytes(8, '\0');

INSTANTIATE_TEST_SUITE_P(
    ParseSafetensorsTest, MalformedTest,
    ::testing::Values(
        MalformedCase{"Empty", "", "has 0 bytes"},
        MalformedCase{"NoHeader", std::string("\x09\0\0\0\0\0\0\0{}", 10),
                      "should have 9 bytes, expected at most 2"},
        MalformedCase{"HugeHeader", std::string(8, '\xff'),
                      "18446744073709551615 bytes, expected at most 0"},
        MalformedCase{"LargeHeader", File(std::string((1 << 20) + 1, '['), ""),
                      "should have 1048577 bytes, expected at most 1048576"},
        MalformedCase{"DeepHeader", File(std::string(1 << 20, '['), ""), "not a JSON object"},
        MalformedCase{"NoJson", File("{", ""), "not a JSON object"},
        MalformedCase{"NoObject", File("[]", ""), "not a JSON object"},
        MalformedCase{"NotUtf8", File("{\"\xff\":1}", ""), "not a JSON object"},
        MalformedCase{"NoEntry", File(R"({"x":7})", ""), "tensor 'x' lacks"},
        MalformedCase{"NoShape", File(R"({"x":{"dtype":"F32","data_offsets":[0,0]}})", ""),
                      "lacks"},
        MalformedCase{"NumberAsDType",
                      File(R"({"x":{"dtype":3,"shape":[],"data_offsets":[0,4]}})", ""), "lacks"},
        MalformedCase{
            "IntegerDType",
            File(R"({"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", kEightBytes),
            "tensor 'x' has dtype I64, expected F16, BF16, F32 or F64"},
        MalformedCase{
            "NegativeSize",
            File(R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", kEightBytes),
            "not a list of sizes"},
        MalformedCase{"OneOffset",
                      File(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4]}})", kEightBytes),
                      "not a list of sizes"},
        MalformedCase{
            "Outside",
            File(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", kEightBytes),
            "tensor 'x' lies at [4, 12) of 8 bytes"},
        MalformedCase{
            "Backwards",
            File(R"({"x":{"dtype":"F32","shape":[0],"data_offsets":[4,0]}})", kEightBytes),
            "lies at [4, 0)"},
        MalformedCase{
            "WrongSize",
            File(R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", kEightBytes),
            "tensor 'x' has 8 bytes of data"},
        MalformedCase{"OverflowingShape",
                      File(R"({"x":{"dtype":"F32","shape":[4611686018427387905,1],
                               "data_offsets":[0,4]}})",
                           kEightBytes),
                      "tensor 'x' has 4 bytes of data"},
        MalformedCase{"SameData",
                      File(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                               "y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                           kEightBytes),
                      "tensors 'x' and 'y' overlap"},
        MalformedCase{"Overlap",
                      File(R"({"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                               "x":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
                           kEightBytes),
                      "tensors 'y' and 'x' overlap"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ParseSafetensorsTest, EveryTruncationIsRejected) {
  const std::string bytes =
      SerializeSafetensors({{"a", {DType::kF32, {2}, {1, 2}}}, {"b", {DType::kF64, {2}, {3, 4}}}});
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(ParseSafetensors(bytes.substr(0, size)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("safetensors")));
  }
}

TEST(ParseSafetensorsTest, SurvivesRandomDamage) {
  const std::string bytes = SerializeSafetensors(
      {{"a", {DType::kF32, {2, 3}, {1, 2, 3, 4, 5, 6}}}, {"b", {DType::kF64, {}, {3}}}});
  std::mt19937 random(1);
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = bytes;
    for (uint32_t i = 0; i <= random() % 3; ++i) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    const absl::StatusOr<TensorMap> tensors = ParseSafetensors(damaged);
    if (!tensors.ok()) {
      EXPECT_EQ(tensors.status().code(), absl::StatusCode::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace advae
