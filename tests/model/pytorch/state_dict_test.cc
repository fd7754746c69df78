#include "model/pytorch/state_dict.h"

#include <caffe2/serialize/inline_container.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "model/base/file_io.h"
#include "model/pytorch/weight_file.h"
#include "tests/testing/reference_data.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::ReferenceData;
using ::advae::testing::StatusIs;
using ::advae::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;

using namespace std::string_literals;

// 0, 1, 2, ...
std::vector<double> Counting(size_t size) {
  std::vector<double> values(size);
  for (size_t i = 0; i < size; ++i) values[i] = static_cast<double>(i);
  return values;
}

// Files that the real PyTorch wrote, see write_state_dicts.py. Skipped where it is not installed.
class PyTorchFileTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    const std::string script = ADVAE_SOURCE_DIR "/tests/model/pytorch/write_state_dicts.py";
    const std::string python = "/usr/bin/python3";
    has_pytorch_ = std::system((python + " -c 'import torch' 2>/dev/null").c_str()) == 0;
    if (!has_pytorch_) return;
    written_ = std::system((python + " " + script + " " + folder_->path().string()).c_str()) == 0;
  }
  static void TearDownTestSuite() { delete std::exchange(folder_, nullptr); }

  void SetUp() override {
    if (!has_pytorch_) GTEST_SKIP() << "PyTorch for Python is not installed (python3-torch)";
    ASSERT_TRUE(written_) << "write_state_dicts.py failed";
  }

  static absl::StatusOr<TensorMap> Read(const std::string& name) {
    return ReadWeightFile(folder_->path() / name);
  }

 private:
  static inline TemporaryFolder* folder_ = nullptr;
  static inline bool has_pytorch_ = false;
  static inline bool written_ = false;
};

TEST_F(PyTorchFileTest, StateDictsOfModules) {
  for (const char* const name : {"module.pt", "parameters.pt", "plain_dict.pt"}) {
    SCOPED_TRACE(name);
    ASSERT_OK_AND_ASSIGN(const TensorMap tensors, Read(name));
    EXPECT_THAT(tensors, ElementsAre(Key("fc1.bias"), Key("fc1.weight"), Key("fc2.bias"),
                                     Key("fc2.weight")));
    const Tensor& weight = tensors.at("fc1.weight");
    EXPECT_EQ(weight.dtype, DType::kF32);
    EXPECT_THAT(weight.shape, ElementsAre(4, 3));
    EXPECT_EQ(weight.values, Counting(12));
    EXPECT_THAT(tensors.at("fc2.bias").shape, ElementsAre(2));
  }
}

TEST_F(PyTorchFileTest, AllFloatingPointTypes) {
  ASSERT_OK_AND_ASSIGN(const TensorMap tensors, Read("types.pt"));
  for (const auto& [name, dtype] :
       std::vector<std::pair<std::string, DType>>{{"half", DType::kF16},
                                                  {"bfloat16", DType::kBF16},
                                                  {"float", DType::kF32},
                                                  {"double", DType::kF64}}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(tensors.at(name).dtype, dtype);
    EXPECT_THAT(tensors.at(name).shape, ElementsAre(2, 3));
    EXPECT_EQ(tensors.at(name).values, Counting(6));
  }
  EXPECT_THAT(tensors.at("scalar").shape, IsEmpty());
  EXPECT_THAT(tensors.at("scalar").values, ElementsAre(0));
  EXPECT_THAT(tensors.at("empty").shape, ElementsAre(0, 5));
  EXPECT_THAT(tensors.at("empty").values, IsEmpty());
}

TEST_F(PyTorchFileTest, ViewsThatAreNotContiguous) {
  ASSERT_OK_AND_ASSIGN(const TensorMap tensors, Read("views.pt"));
  EXPECT_EQ(tensors.at("transposed").values, Counting(6));
  EXPECT_EQ(tensors.at("slice").values, Counting(6));
  EXPECT_EQ(tensors.at("permuted").values, Counting(24));
  EXPECT_EQ(tensors.at("column").values, Counting(5));
}

TEST_F(PyTorchFileTest, OtherFilesAreRefusedWithTheReason) {
  for (const auto& [name, message] : std::vector<std::pair<std::string, std::string>>{
           {"whole_module.pt", "is not allowed in a state dict"},
           {"checkpoint.pt", "entry epoch is not a tensor"},
           {"integers.pt", "the import of torch.LongStorage is not allowed"},
           {"legacy.pt", "PyTorch's legacy format"},
           {"protocol4.pt", "pickle protocol 4, expected 2"},
           {"torchscript.pt", "is not allowed in a state dict"}}) {
    EXPECT_THAT(Read(name), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << name;
  }
}

// An archive as torch.save writes it, with whatever records a test wants.
std::string Archive(const std::vector<std::pair<std::string, std::string>>& records) {
  std::string bytes;
  caffe2::serialize::PyTorchStreamWriter writer([&bytes](const void* data, size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  for (const auto& [name, content] : records) {
    writer.writeRecord(name, content.data(), content.size());
  }
  writer.writeEndOfFile();
  return bytes;
}

std::string Text(const std::string& text) {
  return "X"s + static_cast<char>(text.size()) + "\0\0\0"s + text;
}
std::string Integer(int64_t value) {
  return "\x8a\x08" + std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

// A pickled float tensor with one dimension, on storage "0".
std::string PickledTensor(int64_t storage_elements, int64_t offset, int64_t size, int64_t stride) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + Text("storage") + "ctorch\nFloatStorage\n" +
         Text("0") + Text("cpu") + Integer(storage_elements) + "tQ" + Integer(offset) +
         Integer(size) + "\x85" + Integer(stride) + "\x85\x89NtR";
}

// A state dict with the tensor `a`, on a storage record of four floats 0, 1, 2, 3.
absl::StatusOr<TensorMap> ParseTensor(const std::string& pickled_tensor) {
  const float values[] = {0, 1, 2, 3};
  const std::string pickle = "\x80\x02}" + Text("a") + pickled_tensor + "s.";
  return ParseStateDict(
      Archive({{"data.pkl", pickle},
               {"data/0", std::string(reinterpret_cast<const char*>(values), sizeof(values))}}));
}

TEST(ParseStateDictTest, ReadsWhatLibTorchsWriterWrites) {
  ASSERT_OK_AND_ASSIGN(const TensorMap all, ParseTensor(PickledTensor(4, 0, 4, 1)));
  EXPECT_EQ(all.at("a").values, Counting(4));
  ASSERT_OK_AND_ASSIGN(const TensorMap every_second, ParseTensor(PickledTensor(4, 1, 2, 2)));
  EXPECT_THAT(every_second.at("a").values, ElementsAre(1, 3));
  ASSERT_OK_AND_ASSIGN(const TensorMap repeated, ParseTensor(PickledTensor(4, 2, 3, 0)));
  EXPECT_THAT(repeated.at("a").values, ElementsAre(2, 2, 2));
  // Nobody steps along the only element, which UBSan watches.
  ASSERT_OK_AND_ASSIGN(const TensorMap single, ParseTensor(PickledTensor(4, 3, 1, INT64_MAX)));
  EXPECT_THAT(single.at("a").values, ElementsAre(3));
}

struct ViewCase {
  const char* name;
  int64_t storage_elements;
  int64_t offset;
  int64_t size;
  int64_t stride;
  const char* message = "the tensor lies outside of its storage";
};
void PrintTo(const ViewCase& view, std::ostream* os) { *os << view.name; }

class BadViewTest : public ::testing::TestWithParam<ViewCase> {};

TEST_P(BadViewTest, IsRefused) {
  const ViewCase& view = GetParam();
  EXPECT_THAT(
      ParseTensor(PickledTensor(view.storage_elements, view.offset, view.size, view.stride)),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(view.message)));
}

INSTANTIATE_TEST_SUITE_P(
    Views, BadViewTest,
    ::testing::Values(ViewCase{"OneTooMany", 4, 0, 5, 1}, ViewCase{"StrideTooLarge", 4, 0, 3, 2},
                      ViewCase{"OffsetTooLarge", 4, 4, 1, 1},
                      ViewCase{"NegativeOffset", 4, -1, 1, 1},
                      ViewCase{"NegativeSize", 4, 0, -1, 1},
                      ViewCase{"NegativeStride", 4, 3, 2, -1},
                      ViewCase{"SizeOverflows", 4, 0, INT64_MAX, INT64_MAX},
                      ViewCase{"OffsetOverflows", 4, INT64_MAX, 2, 1},
                      ViewCase{"ExpandedBeyondTheFile", 4, 0, 1'000'000'000, 0,
                               "more elements than the file has bytes"},
                      ViewCase{"StorageLargerThanItsRecord", 5, 0, 5, 1,
                               "record data/0 has 16 bytes, too few for 5 elements"},
                      ViewCase{"NegativeStorage", -1, 0, 0, 1, "too few for -1 elements"}),
    [](const auto& info) { return info.param.name; });

TEST(ParseStateDictTest, MissingRecordsAreNamed) {
  const std::string pickle = "\x80\x02}" + Text("a") + PickledTensor(4, 0, 4, 1) + "s.";
  EXPECT_THAT(
      ParseStateDict(Archive({{"data.pkl", pickle}})),
      StatusIs(absl::StatusCode::kInvalidArgument, "tensor a: the archive has no record data/0"));
  EXPECT_THAT(ParseStateDict(Archive({{"data/0", "0123"}})),
              StatusIs(absl::StatusCode::kInvalidArgument, "the archive has no record data.pkl"));
}

TEST(ParseStateDictTest, BigEndianFilesAreRefused) {
  EXPECT_THAT(ParseStateDict(Archive({{"byteorder", "big"}, {"data.pkl", "\x80\x02}."}})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not little-endian")));
  EXPECT_THAT(ParseStateDict(Archive({{"byteorder", "little"}, {"data.pkl", "\x80\x02}."}})),
              ::advae::testing::IsOk());
}

TEST(ParseStateDictTest, BytesThatAreNoArchiveAreRefused) {
  for (const std::string& bytes : {""s, "PK\x03\x04"s, "PK\x03\x04"s + std::string(100, 'x')}) {
    EXPECT_THAT(ParseStateDict(bytes),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("reading the archive")));
  }
}

TEST(ParseStateDictTest, TruncatedArchivesAreRefused) {
  const std::string pickle = "\x80\x02}" + Text("a") + PickledTensor(4, 0, 4, 1) + "s.";
  const std::string bytes = Archive({{"data.pkl", pickle}, {"data/0", std::string(16, '\0')}});
  for (size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_THAT(ParseStateDict(std::string_view(bytes).substr(0, size)),
                StatusIs(absl::StatusCode::kInvalidArgument, ::testing::_))
        << size;
  }
}

TEST(ReadWeightFileTest, MissingFilesAreNotFound) {
  EXPECT_THAT(ReadWeightFile("/does/not/exist.pt"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/does/not/exist.pt")));
}

TEST(ReadWeightFileTest, OtherContentIsReadAsSafetensors) {
  const TemporaryFolder folder;
  const std::string bytes =
      SerializeSafetensors({{"a", {.dtype = DType::kF32, .shape = {2}, .values = {1, 2}}}});
  ASSERT_THAT(WriteFileSynced(folder.path() / "weights", bytes), ::advae::testing::IsOk());
  ASSERT_OK_AND_ASSIGN(const TensorMap tensors, ReadWeightFile(folder.path() / "weights"));
  EXPECT_THAT(tensors.at("a").values, ElementsAre(1, 2));
}

class ReferenceWeightsTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ReferenceWeightsTest, StateDictEqualsSafetensors) {
  ADVAE_SKIP_WITHOUT_REFERENCE_DATA();
  const std::filesystem::path folder = *ReferenceData() / "reference" / GetParam();
  for (const std::string name : {"encoder", "generator"}) {
    ASSERT_OK_AND_ASSIGN(const TensorMap state_dict, ReadWeightFile(folder / (name + ".pt")));
    ASSERT_OK_AND_ASSIGN(const TensorMap safetensors,
                         ReadWeightFile(folder / (name + ".safetensors")));
    ASSERT_EQ(state_dict.size(), safetensors.size());
    for (const auto& [key, tensor] : safetensors) {
      ASSERT_TRUE(state_dict.contains(key)) << key;
      EXPECT_EQ(state_dict.at(key).shape, tensor.shape) << key;
      EXPECT_EQ(state_dict.at(key).values, tensor.values) << key;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ReferenceWeightsTest,
                         ::testing::Values("letter", "cardio", "optical", "pen", "satellite"));

}  // namespace
}  // namespace advae
