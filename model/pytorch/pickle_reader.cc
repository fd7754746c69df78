#include "model/pytorch/pickle_reader.h"

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/pytorch/pickle_calls.h"

namespace advae {
namespace {

constexpr size_t kMaxPickleBytes = 1 << 20;

// The stack machine that a pickle is a program of. The first error sticks and ends the program;
// until then the opcode at work goes on with harmless values.
class PickleMachine {
 public:
  explicit PickleMachine(std::string_view pickle) : pickle_(pickle) {}

  // Runs the program up to STOP. The result lives as long as the machine.
  absl::StatusOr<const PickleValue*> Run() {
    size_t start = 0;
    while (status_.ok() && !stopped_) {
      start = position_;
      Execute(static_cast<uint8_t>(ReadInteger(1)));
    }
    if (stack_.size() != 1 || !marks_.empty()) Fail("stops before its value is complete");
    if (status_.ok()) return stack_.back();
    return absl::InvalidArgumentError(
        absl::StrCat("pickle, byte ", start, ": ", status_.message()));
  }

 private:
  // Opcodes as in Python's pickletools.
  // clang-format off
  void Execute(uint8_t opcode) {
    switch (opcode) {
      case 0x80: return CheckProtocol(ReadInteger(1));
      case '.': stopped_ = true; return;
      case 'N': return Push({PickleNone{}});
      case 0x88: return Push({true});
      case 0x89: return Push({false});
      case 'K': return Push({static_cast<int64_t>(ReadInteger(1))});
      case 'M': return Push({static_cast<int64_t>(ReadInteger(2))});
      case 'J': return Push({static_cast<int64_t>(static_cast<int32_t>(ReadInteger(4)))});
      case 0x8a: return PushLong(ReadInteger(1));
      case 'X': return Push({std::string(ReadBytes(ReadInteger(4)))});
      case 'c': return PushGlobal();
      case '}': return Push({PickleDict{}});
      case ')': return PushTuple({});
      case '(': return marks_.push_back(stack_.size());
      case 't': return PushTuple(PopToMark());
      case 0x85: return PushTuple(Pop(1));
      case 0x86: return PushTuple(Pop(2));
      case 0x87: return PushTuple(Pop(3));
      case 's': return SetItems(Pop(2));
      case 'u': return SetItems(PopToMark());
      case 'q': return Put(ReadInteger(1));
      case 'r': return Put(ReadInteger(4));
      case 'h': return Get(ReadInteger(1));
      case 'j': return Get(ReadInteger(4));
      case 'R': return Reduce();
      case 'Q': return Push(LoadPickledStorage(*Pop(1)[0]));
      case 'b': return SetAttributes();
      default: return Fail(absl::StrCat("opcode 0x", absl::Hex(opcode, absl::kZeroPad2),
                                        " is not allowed in a state dict"));
    }
  }
  // clang-format on

  void Fail(absl::string_view message) { Keep(absl::InvalidArgumentError(message)); }
  void Keep(const absl::Status& status) { status_.Update(status); }

  std::string_view ReadBytes(size_t count) {
    if (count > pickle_.size() - position_) {
      Fail("the pickle is truncated");
      return {};
    }
    position_ += count;
    return pickle_.substr(position_ - count, count);
  }

  // Little-endian; at most 8 bytes.
  uint64_t ReadInteger(size_t bytes) {
    uint64_t value = 0;
    const std::string_view encoded = ReadBytes(bytes);
    for (size_t i = 0; i < encoded.size(); ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(encoded[i])) << (8 * i);
    }
    return value;
  }

  std::string_view ReadLine() {
    const size_t end = pickle_.find('\n', position_);
    if (end == std::string_view::npos) {
      Fail("the pickle is truncated");
      return {};
    }
    const std::string_view line = ReadBytes(end - position_);
    ++position_;
    return line;
  }

  void CheckProtocol(uint64_t protocol) {
    if (protocol != 2) {
      Fail(absl::StrCat("pickle protocol ", protocol, ", expected 2, the default of torch.save"));
    }
  }

  void Push(PickleValue value) {
    values_.push_back(std::move(value));
    stack_.push_back(&values_.back());
  }
  void Push(absl::StatusOr<PickleValue> value) {
    if (!value.ok()) return Keep(value.status());
    Push(*std::move(value));
  }

  // A signed integer of `bytes` bytes.
  void PushLong(size_t bytes) {
    if (bytes > sizeof(int64_t)) return Fail("an integer of more than 64 bits");
    const size_t unused_bits = 64 - 8 * bytes;
    const uint64_t value = ReadInteger(bytes);
    Push({bytes == 0 ? int64_t{0} : static_cast<int64_t>(value << unused_bits) >> unused_bits});
  }

  void PushGlobal() {
    const std::string module(ReadLine());
    std::string name = absl::StrCat(module, ".", std::string(ReadLine()));
    if (!status_.ok()) return;
    Keep(CheckPickleGlobal(name));
    Push({PickleGlobal{std::move(name)}});
  }

  void PushTuple(std::vector<const PickleValue*> items) { Push({PickleTuple{std::move(items)}}); }

  // Takes `count` values off the stack, the topmost last; not beyond the last mark.
  std::vector<const PickleValue*> Pop(size_t count) {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() - floor < count) {
      Fail("takes a value off an empty stack");
      return std::vector<const PickleValue*>(count, &none_);
    }
    std::vector<const PickleValue*> items(stack_.end() - count, stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  std::vector<const PickleValue*> PopToMark() {
    if (marks_.empty()) {
      Fail("there is no mark on the stack");
      return {};
    }
    std::vector<const PickleValue*> items = Pop(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  // The value that stays on top of the stack; null after a failure.
  PickleValue* Top() {
    if (stack_.empty() || (!marks_.empty() && marks_.back() == stack_.size())) {
      Fail("uses a value of an empty stack");
      return nullptr;
    }
    return stack_.back();
  }

  void SetItems(const std::vector<const PickleValue*>& items) {
    PickleValue* const top = Top();
    auto* const dict = top == nullptr ? nullptr : std::get_if<PickleDict>(&top->value);
    if (dict == nullptr || items.size() % 2 != 0)
      return Fail("sets items of something that is not a dict");
    for (size_t i = 0; i < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
  }

  void Put(uint64_t slot) {
    PickleValue* const top = Top();
    if (top != nullptr) memo_[slot] = top;
  }

  void Get(uint64_t slot) {
    const auto entry = memo_.find(slot);
    if (entry == memo_.end()) return Fail(absl::StrCat("there is nothing in memo slot ", slot));
    stack_.push_back(entry->second);
  }

  void Reduce() {
    const std::vector<const PickleValue*> call = Pop(2);
    Push(CallPickleGlobal(*call[0], *call[1]));
  }

  void SetAttributes() {
    const std::vector<const PickleValue*> state = Pop(1);
    const PickleValue* const top = Top();
    if (top == nullptr || top->As<PickleDict>() == nullptr) {
      return Fail("sets attributes of something that is not a dict");
    }
    Keep(CheckPickledAttributes(*state[0]));
  }

  const std::string_view pickle_;
  size_t position_ = 0;
  bool stopped_ = false;
  absl::Status status_;

  const PickleValue none_{PickleNone{}};
  std::deque<PickleValue> values_;  // all that were ever made; never moved
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, PickleValue*> memo_;
};

}  // namespace

absl::StatusOr<PickledStateDict> ReadStateDictPickle(std::string_view pickle) {
  if (pickle.size() > kMaxPickleBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the pickle has ", pickle.size(),
                                                   " bytes, expected at most ", kMaxPickleBytes));
  }
  PickleMachine machine(pickle);
  ADVAE_ASSIGN_OR_RETURN(const PickleValue* const result, machine.Run());
  const auto* const dict = result->As<PickleDict>();
  if (dict == nullptr) {
    return absl::InvalidArgumentError("the file does not hold a dict, expected a state dict");
  }
  PickledStateDict tensors;
  for (const auto& [key, value] : dict->items) {
    const auto* const name = key->As<std::string>();
    if (name == nullptr) {
      return absl::InvalidArgumentError("a key is not a string, expected names of tensors");
    }
    const auto* const tensor = value->As<PickledTensor>();
    if (tensor == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("entry ", *name, " is not a tensor, expected a state dict of tensors only"));
    }
    tensors.insert_or_assign(*name, *tensor);
  }
  return tensors;
}

}  // namespace advae
