#include "server/inference/input_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;
using Input = inference::ModelInferRequest::InferInputTensor;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

Input Tensor(const std::string& datatype, const std::vector<int64_t>& shape) {
  Input input;
  input.set_name("flow");
  input.set_datatype(datatype);
  for (const int64_t size : shape) input.add_shape(size);
  return input;
}

template <typename T>
std::string Raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::vector<double> DoublesOf(const InputTensor& tensor) {
  std::vector<double> values(tensor.rows() * tensor.width());
  tensor.CopyTo(values.data());
  return values;
}

// Raw contents of each datatype, at any address.
template <typename T>
void ExpectRaw(const std::string& datatype) {
  const std::string raw = Raw<T>({T(3), T(0), T(100), T(7)});
  const Input input = Tensor(datatype, {2, 2});
  ASSERT_OK_AND_ASSIGN(const InputTensor tensor, InputTensor::Create(input, &raw));
  EXPECT_EQ(tensor.rows(), 2);
  EXPECT_EQ(tensor.width(), 2);
  EXPECT_THAT(DoublesOf(tensor), ElementsAre(3, 0, 100, 7)) << datatype;
  const std::string cut = raw.substr(1);
  EXPECT_THAT(InputTensor::Create(input, &cut), StatusIs(kInvalid, HasSubstr("\"flow\"")));
}

TEST(InputTensorTest, RawContentsOfAllNumbers) {
  ExpectRaw<float>("FP32");
  ExpectRaw<double>("FP64");
  ExpectRaw<uint8_t>("BOOL");
  ExpectRaw<int8_t>("INT8");
  ExpectRaw<int16_t>("INT16");
  ExpectRaw<int32_t>("INT32");
  ExpectRaw<int64_t>("INT64");
  ExpectRaw<uint8_t>("UINT8");
  ExpectRaw<uint16_t>("UINT16");
  ExpectRaw<uint32_t>("UINT32");
  ExpectRaw<uint64_t>("UINT64");
}

TEST(InputTensorTest, ContentsStandInTheFieldOfTheirDatatype) {
  for (const char* const datatype : {"INT8", "INT16", "INT32"}) {
    Input input = Tensor(datatype, {2});
    input.mutable_contents()->add_int_contents(-5);
    input.mutable_contents()->add_int_contents(6);
    ASSERT_OK_AND_ASSIGN(const InputTensor tensor, InputTensor::Create(input, nullptr));
    EXPECT_THAT(DoublesOf(tensor), ElementsAre(-5, 6));
  }
  Input input = Tensor("BOOL", {2});
  input.mutable_contents()->add_bool_contents(true);
  input.mutable_contents()->add_bool_contents(false);
  ASSERT_OK_AND_ASSIGN(const InputTensor bools, InputTensor::Create(input, nullptr));
  EXPECT_THAT(DoublesOf(bools), ElementsAre(1, 0));
  input.set_datatype("UINT8");
  EXPECT_THAT(InputTensor::Create(input, nullptr),
              StatusIs(kInvalid, HasSubstr("another datatype")));
}

TEST(InputTensorTest, TextsComeAfterTheirLengths) {
  using std::string_literals::operator""s;
  const Input input = Tensor("BYTES", {3});
  const std::string raw = "\3\0\0\0tcp\0\0\0\0\1\0\0\0x"s;
  ASSERT_OK_AND_ASSIGN(const InputTensor tensor, InputTensor::Create(input, &raw));
  EXPECT_THAT(tensor.texts(), ElementsAre("tcp", "", "x"));
  for (size_t size = 0; size < raw.size(); ++size) {
    const std::string cut = raw.substr(0, size);
    EXPECT_THAT(InputTensor::Create(input, &cut), StatusIs(kInvalid, HasSubstr("raw contents")))
        << size;
  }
  for (const std::string& more : {raw + "\0\0\0\0"s, raw + "y"s, "\377\377\377\377x"s}) {
    EXPECT_THAT(InputTensor::Create(input, &more), StatusIs(kInvalid, HasSubstr("raw contents")));
  }
}

TEST(InputTensorTest, ShapesAreBounded) {
  const std::string raw;
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{
           {}, {0}, {-1, 2}, {2, 0}, {int64_t{1} << 31}, {1 << 20, 1 << 20}, {INT64_MAX, 2}}) {
    EXPECT_THAT(InputTensor::Create(Tensor("FP32", shape), &raw),
                StatusIs(kInvalid, HasSubstr("expected")));
  }
}

TEST(InputTensorTest, OtherDatatypesAreNamed) {
  const std::string raw;
  for (const char* const datatype : {"FP16", "BF16", "fp32", ""}) {
    EXPECT_THAT(InputTensor::Create(Tensor(datatype, {1}), &raw),
                StatusIs(kInvalid, HasSubstr("is not taken; expected FP32")));
  }
}

}  // namespace
}  // namespace advae
