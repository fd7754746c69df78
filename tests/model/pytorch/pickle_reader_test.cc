#include "model/pytorch/pickle_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using namespace std::string_literals;

// Parts of pickles, as in Python's pickletools. Every string here has explicit length: many
// contain zero bytes.
const std::string kProtocol = "\x80\x02"s;
const std::string kStop = ".";

std::string Global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
std::string Text(const std::string& text) {
  return "X"s + static_cast<char>(text.size()) + "\0\0\0"s + text;
}
std::string Byte(int value) { return "K"s + static_cast<char>(value); }

const std::string kOrderedDict = Global("collections", "OrderedDict") + ")R";
// ("storage", torch.FloatStorage, "0", "cpu", 12)
const std::string kStorage = "(" + Text("storage") + Global("torch", "FloatStorage") + Text("0") +
                             Text("cpu") + Byte(12) + "tQ";
// A view of shape (2, 3) from element 4.
const std::string kTensor = Global("torch._utils", "_rebuild_tensor_v2") + "(" + kStorage +
                            Byte(4) + Byte(2) + Byte(3) + "\x86" + Byte(3) + Byte(1) + "\x86" +
                            "\x89" + kOrderedDict + "tR";

absl::StatusOr<PickledStateDict> Read(const std::string& body) {
  return ReadStateDictPickle(kProtocol + body + kStop);
}

TEST(PickleReaderTest, ReadsAnOrderedDictWithMetadata) {
  // The attributes: {"_metadata": OrderedDict({"": {"version": 1}})}.
  const std::string attributes = "}" + Text("_metadata") + kOrderedDict + "(" + Text("") + "}" +
                                 Text("version") + Byte(1) + "s" + "u" + "s" + "b";
  ASSERT_OK_AND_ASSIGN(const PickledStateDict tensors,
                       Read(kOrderedDict + "(" + Text("fc1.weight") + kTensor + "u" + attributes));
  ASSERT_THAT(tensors, SizeIs(1));
  const PickledTensor& tensor = tensors.at("fc1.weight");
  EXPECT_EQ(tensor.storage.dtype, DType::kF32);
  EXPECT_EQ(tensor.storage.key, "0");
  EXPECT_EQ(tensor.storage.elements, 12);
  EXPECT_EQ(tensor.offset, 4);
  EXPECT_THAT(tensor.shape, ElementsAre(2, 3));
  EXPECT_THAT(tensor.strides, ElementsAre(3, 1));
}

TEST(PickleReaderTest, ReadsAPlainDict) {
  ASSERT_OK_AND_ASSIGN(const PickledStateDict tensors, Read("}" + Text("a") + kTensor + "s"));
  EXPECT_THAT(tensors, SizeIs(1));
}

TEST(PickleReaderTest, ReadsAnEmptyDict) {
  ASSERT_OK_AND_ASSIGN(const PickledStateDict tensors, Read("}"));
  EXPECT_THAT(tensors, IsEmpty());
}

TEST(PickleReaderTest, ReadsParameters) {
  const std::string parameter =
      Global("torch._utils", "_rebuild_parameter") + "(" + kTensor + "\x88" + kOrderedDict + "tR";
  ASSERT_OK_AND_ASSIGN(const PickledStateDict tensors, Read("}" + Text("a") + parameter + "s"));
  EXPECT_THAT(tensors.at("a").shape, ElementsAre(2, 3));
}

TEST(PickleReaderTest, FollowsTheMemo) {
  const std::string shared = Text("storage") + "q\x01" + "0";  // "0" is POP: not needed, not known
  EXPECT_THAT(Read(shared), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("0x30")));
  ASSERT_OK_AND_ASSIGN(const PickledStateDict tensors,
                       Read("}(" + Text("a") + "q\x05" + kTensor + "r\x00\x01\x00\x00"s + "h\x05"s +
                            "j\x00\x01\x00\x00"s + Text("b") + "j\x00\x01\x00\x00"s + "u"));
  EXPECT_THAT(tensors, SizeIs(2));
}

TEST(PickleReaderTest, ReadsIntegersOfAllWidths) {
  const auto offset = [](const std::string& integer) {
    const std::string tensor =
        Global("torch._utils", "_rebuild_tensor_v2") + "(" + kStorage + integer + "))\x89}tR";
    const auto tensors = Read("}" + Text("a") + tensor + "s");
    return tensors.ok() ? tensors->at("a").offset : -999;
  };
  EXPECT_EQ(offset("K\xff"), 255);
  EXPECT_EQ(offset("M\x01\x02"), 513);
  EXPECT_EQ(offset("J\xff\xff\xff\xff"), -1);
  EXPECT_EQ(offset("\x8a\x00"s), 0);
  EXPECT_EQ(offset("\x8a\x05\x00\x00\x00\x00\x01"s), int64_t{1} << 32);
  EXPECT_EQ(offset("\x8a\x01\xff"s), -1);
  EXPECT_EQ(offset("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"s), INT64_MAX);
}

struct BadCase {
  const char* name;
  std::string body;
  const char* message;
};
void PrintTo(const BadCase& test_case, std::ostream* os) { *os << test_case.name; }

class BadPickleTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadPickleTest, IsRefused) {
  EXPECT_THAT(Read(GetParam().body),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Pickles, BadPickleTest,
    ::testing::Values(
        // What an attacker would send: os.system("true") by REDUCE.
        BadCase{"OsSystem", Global("os", "system") + "(" + Text("true") + "tR",
                "the import of os.system is not allowed in a state dict"},
        BadCase{"BuiltinsEval", Global("builtins", "eval"), "import of builtins.eval"},
        BadCase{"TorchLoad", Global("torch", "load"), "import of torch.load"},
        BadCase{"DottedName", Global("collections", "OrderedDict.__init__"),
                "import of collections.OrderedDict.__init__"},
        BadCase{"IntegerTensor", Global("torch", "LongStorage"), "import of torch.LongStorage"},
        BadCase{"OpcodeInst", "(ios\nsystem\n", "opcode 0x69 is not allowed in a state dict"},
        BadCase{"OpcodeObj", "(" + Global("collections", "OrderedDict") + "o", "opcode 0x6f"},
        BadCase{"OpcodeNewObj", Global("collections", "OrderedDict") + ")\x81", "opcode 0x81"},
        BadCase{"OpcodeStackGlobal", Text("os") + Text("system") + "\x93", "opcode 0x93"},
        BadCase{"OpcodeExtension", "\x82\x01", "opcode 0x82"},
        BadCase{"OpcodePersId", "P0\n", "opcode 0x50"}, BadCase{"OpcodeList", "]", "opcode 0x5d"},
        BadCase{"Protocol4", "\x80\x04", "pickle protocol 4, expected 2"},
        BadCase{"CallOfAStorage", Global("torch", "FloatStorage") + ")R",
                "the arguments of torch.FloatStorage"},
        BadCase{"CallOfAString", Text("x") + ")R", "calls something that is not a function"},
        BadCase{"CallWithoutTuple", Global("collections", "OrderedDict") + "NR",
                "calls something that is not a function"},
        BadCase{"OrderedDictOfItems", Global("collections", "OrderedDict") + "N\x85R",
                "the arguments of collections.OrderedDict"},
        BadCase{"TensorOfNothing", Global("torch._utils", "_rebuild_tensor_v2") + ")R",
                "the arguments of torch._utils._rebuild_tensor_v2"},
        BadCase{"TensorOfStrings",
                Global("torch._utils", "_rebuild_tensor_v2") + "(" + kStorage + Byte(0) +
                    Text("x") + "\x85" + Byte(1) + "\x85\x89NtR",
                "the arguments of torch._utils._rebuild_tensor_v2"},
        BadCase{"ParameterOfAString",
                Global("torch._utils", "_rebuild_parameter") + Text("x") + "\x88N\x87R",
                "the arguments of torch._utils._rebuild_parameter"},
        BadCase{"PersistentString", Text("0") + "Q", "a persistent id is not of the form"},
        BadCase{"PersistentModule",
                "(" + Text("module") + Global("torch", "FloatStorage") + Text("0") + Text("cpu") +
                    Byte(1) + "tQ",
                "a persistent id is not of the form"},
        BadCase{"OtherAttributes", "}}" + Text("__class__") + "N" + "sb",
                "sets attributes other than _metadata"},
        BadCase{"NoAttributes", "}Nb", "sets attributes other than _metadata"},
        BadCase{"AttributesOfATuple", ")}b", "sets attributes of something that is not a dict"},
        BadCase{"HugeShape",
                Global("torch._utils", "_rebuild_tensor_v2") + "(" + kStorage + Byte(0) + "(" +
                    std::string(65, 'N') + "t" + ")\x89NtR",
                "the arguments of torch._utils._rebuild_tensor_v2"},
        BadCase{"LongKey",
                "(" + Text("storage") + Global("torch", "FloatStorage") + "X\x01\x01\x00\x00"s +
                    std::string(257, '0') + Text("cpu") + Byte(1) + "tQ",
                "a persistent id is not of the form"},
        BadCase{"StackUnderflow", "}s", "takes a value off an empty stack"},
        BadCase{"UnderflowBelowMark", Text("a") + "(\x85", "takes a value off an empty stack"},
        BadCase{"NoMark", "}u", "there is no mark on the stack"},
        BadCase{"MemoOfNothing", "q\x01", "uses a value of an empty stack"},
        BadCase{"MemoMissing", "h\x07", "there is nothing in memo slot 7"},
        BadCase{"OddItems", "}(" + Text("a") + "u", "sets items of something that is not a dict"},
        BadCase{"ItemsOfATuple", ")(" + Text("a") + "Nu",
                "sets items of something that is not a dict"},
        BadCase{"LeftOvers", "}}", "stops before its value is complete"},
        BadCase{"OpenMark", "}(", "stops before its value is complete"},
        BadCase{"NothingAtAll", "", "stops before its value is complete"},
        BadCase{"HugeInteger", "\x8a\x09" + std::string(9, '\x01'), "more than 64 bits"},
        BadCase{"StringBeyondTheEnd", "X\xff\xff\xff\xff", "truncated"},
        BadCase{"GlobalBeyondTheEnd", "ctorch", "truncated"},
        BadCase{"NotADict", Text("weights"), "does not hold a dict"},
        BadCase{"KeyIsNoString", "}" + Byte(1) + kTensor + "s", "a key is not a string"},
        BadCase{"Checkpoint", "}" + Text("epoch") + Byte(3) + "s", "entry epoch is not a tensor"},
        BadCase{"NestedStateDict", "}" + Text("state_dict") + "}s",
                "entry state_dict is not a tensor"}),
    [](const auto& info) { return info.param.name; });

TEST(PickleReaderTest, ErrorsNameTheByte) {
  EXPECT_THAT(Read("}" + Global("os", "system")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("pickle, byte 3: ")));
}

TEST(PickleReaderTest, EveryTruncationIsRefused) {
  const std::string pickle = kProtocol + "}" + Text("a") + kTensor + "s" + kStop;
  for (size_t size = 0; size < pickle.size(); ++size) {
    EXPECT_FALSE(ReadStateDictPickle(pickle.substr(0, size)).ok()) << size;
  }
}

TEST(PickleReaderTest, SurvivesEveryFlippedByte) {
  const std::string pickle = kProtocol + "}" + Text("a") + kTensor + "s" + kStop;
  for (size_t i = 0; i < pickle.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string altered = pickle;
      altered[i] = static_cast<char>(altered[i] ^ (1 << bit));
      const auto ignored = ReadStateDictPickle(altered);
    }
  }
}

TEST(PickleReaderTest, DeepNestingNeedsNoStack) {
  std::string nested = ")";
  for (int depth = 0; depth < 1'000'000; ++depth) nested += '\x85';
  EXPECT_THAT(Read(nested),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not hold a dict")));
}

TEST(PickleReaderTest, DoublingTuplesCostNothing) {
  std::string doubling = ")q\x01"s;
  for (int i = 0; i < 10'000; ++i) doubling += "h\x01h\x01\x86q\x01"s;
  EXPECT_THAT(Read(doubling), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("stops")));
}

TEST(PickleReaderTest, CyclesAreHarmless) {
  EXPECT_THAT(
      Read("}q\x01" + Text("self") + "h\x01s"),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("entry self is not a tensor")));
}

TEST(PickleReaderTest, HugePicklesAreRefused) {
  EXPECT_THAT(ReadStateDictPickle(std::string((1 << 20) + 1, 'N')),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "the pickle has 1048577 bytes, expected at most 1048576"));
}

}  // namespace
}  // namespace advae
