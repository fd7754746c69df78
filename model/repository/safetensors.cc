#include "model/repository/safetensors.h"

#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxHeaderBytes = size_t{1} << 20;
constexpr size_t kAlignment = 8;  // of the data, by padding the header with spaces

struct DTypeName {
  DType dtype;
  const char* name;
  size_t bytes;
};
constexpr DTypeName kDTypes[] = {{DType::kF16, "F16", 2},
                                 {DType::kBF16, "BF16", 2},
                                 {DType::kF32, "F32", 4},
                                 {DType::kF64, "F64", 8}};

using Sizes = std::vector<size_t>;

// A tensor of the header as JSON: a member of it is a text, a list of sizes, or neither.
using Member = std::variant<std::monostate, std::string, Sizes>;
using Description = std::map<std::string, Member>;

// Takes the descriptions by name from a header as it is parsed; of names that are there twice, the
// last. Parsing fails unless it is an object. Makes no nlohmann::json, whose destructor allocates,
// and ends the process when it cannot.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::map<std::string, Description>& descriptions() { return descriptions_; }

  bool key(std::string& name) override {
    if (depth_ == 1) {
      description_ = &(descriptions_[name] = {});
      member_ = nullptr;
    } else if (depth_ == 2) {
      member_ = &((*description_)[name] = {});
    }
    return true;
  }
  bool string(std::string& text) override {
    return depth_ == 2 ? SetMember(std::move(text)) : Other();
  }
  bool number_unsigned(uint64_t number) override {
    auto* const sizes = std::get_if<Sizes>(member_);
    if (sizes == nullptr) return Other();
    sizes->push_back(number);
    return true;
  }
  bool start_array(size_t /*size*/) override {
    const bool is_inside = depth_ == 2 ? SetMember(Sizes()) : Other();
    ++depth_;
    return is_inside;
  }
  bool start_object(size_t /*size*/) override {
    ++depth_;
    return Other();
  }
  bool end_array() override { return depth_-- > 0; }
  bool end_object() override { return depth_-- > 0; }
  bool null() override { return Other(); }
  bool boolean(bool /*value*/) override { return Other(); }
  bool number_integer(int64_t /*number*/) override { return Other(); }
  bool number_float(double /*number*/, const std::string& /*text*/) override { return Other(); }
  bool binary(binary_t& /*bytes*/) override { return Other(); }
  bool parse_error(size_t /*byte*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return false;
  }

 private:
  // Whether that is inside the header's object, as it must be.
  bool SetMember(Member member) {
    if (member_ != nullptr) *member_ = std::move(member);
    return depth_ > 0;
  }
  // A value that is neither a text nor a size, or is where none is expected.
  bool Other() { return SetMember({}); }

  size_t depth_ = 0;  // of open lists and objects
  std::map<std::string, Description> descriptions_;
  Description* description_ = nullptr;  // of the name read last
  Member* member_ = nullptr;            // of it, the one read last
};

// A tensor of the header: its values are bytes [begin, end) of the data.
struct Entry {
  const DTypeName* dtype;
  std::vector<size_t> shape;
  size_t begin;
  size_t end;
};

absl::Status Malformed(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("not a safetensors file: ", what));
}

template <typename T>
void DecodeAs(std::string_view bytes, std::vector<double>& values) {
  values.reserve(bytes.size() / sizeof(T));
  for (size_t i = 0; i < bytes.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + i, sizeof(T));
    values.push_back(static_cast<double>(value));
  }
}

std::vector<double> Decode(DType dtype, std::string_view bytes) {
  std::vector<double> values;
  switch (dtype) {
    case DType::kF16:
      DecodeAs<Eigen::half>(bytes, values);
      break;
    case DType::kBF16:
      DecodeAs<Eigen::bfloat16>(bytes, values);
      break;
    case DType::kF32:
      DecodeAs<float>(bytes, values);
      break;
    case DType::kF64:
      DecodeAs<double>(bytes, values);
      break;
  }
  return values;
}

template <typename T>
void AppendAs(const std::vector<double>& values, std::string& bytes) {
  for (const double value : values) {
    const T converted = static_cast<T>(value);
    bytes.append(reinterpret_cast<const char*>(&converted), sizeof(T));
  }
}

const DTypeName* FindDType(const std::string& name) {
  for (const DTypeName& dtype : kDTypes) {
    if (name == dtype.name) return &dtype;
  }
  return nullptr;
}

// The bytes that a tensor takes; none when they do not fit a size_t.
std::optional<size_t> TensorBytes(const std::vector<size_t>& shape, size_t value_bytes) {
  size_t bytes = value_bytes;
  for (const size_t size : shape) {
    if (__builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
  }
  return bytes;
}

absl::StatusOr<Entry> EntryOf(const std::string& name, Description& description,
                              size_t data_bytes) {
  const std::string* const dtype_name = std::get_if<std::string>(&description["dtype"]);
  if (dtype_name == nullptr || !description.contains("shape") ||
      !description.contains("data_offsets")) {
    return Malformed(absl::StrCat("tensor '", name, "' lacks dtype, shape or data_offsets"));
  }
  const DTypeName* const dtype = FindDType(*dtype_name);
  if (dtype == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("tensor '", name, "' has dtype ", *dtype_name,
                                                   ", expected F16, BF16, F32 or F64"));
  }
  auto* const shape = std::get_if<Sizes>(&description["shape"]);
  const auto* const offsets = std::get_if<Sizes>(&description["data_offsets"]);
  if (shape == nullptr || offsets == nullptr || offsets->size() != 2) {
    return Malformed(absl::StrCat("tensor '", name,
                                  "' has a shape or data_offsets that are not a list of sizes"));
  }
  const size_t begin = (*offsets)[0];
  const size_t end = (*offsets)[1];
  if (begin > end || end > data_bytes) {
    return Malformed(absl::StrCat("tensor '", name, "' lies at [", begin, ", ", end, ") of ",
                                  data_bytes, " bytes of data; is the file truncated?"));
  }
  if (TensorBytes(*shape, dtype->bytes) != end - begin) {
    return Malformed(absl::StrCat("tensor '", name, "' has ", end - begin,
                                  " bytes of data, which its shape and dtype do not need"));
  }
  return Entry{dtype, std::move(*shape), begin, end};
}

absl::Status CheckNoOverlap(const std::map<std::string, Entry>& entries) {
  std::map<size_t, std::pair<size_t, std::string>> by_begin;  // end and name
  for (const auto& [name, entry] : entries) {
    if (entry.begin == entry.end) continue;
    const auto [other, inserted] = by_begin.try_emplace(entry.begin, entry.end, name);
    if (!inserted) {
      return Malformed(
          absl::StrCat("tensors '", other->second.second, "' and '", name, "' overlap"));
    }
  }
  for (auto left = by_begin.begin(); left != by_begin.end(); ++left) {
    const auto right = std::next(left);
    if (right != by_begin.end() && left->second.first > right->first) {
      return Malformed(absl::StrCat("tensors '", left->second.second, "' and '",
                                    right->second.second, "' overlap"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

Tensor FloatTensor(std::vector<size_t> shape, const std::vector<float>& values) {
  return {DType::kF32, std::move(shape), {values.begin(), values.end()}};
}

std::vector<float> ToFloats(const Tensor& tensor) {
  return {tensor.values.begin(), tensor.values.end()};
}

absl::StatusOr<Tensor> TakeTensor(const std::string& name, size_t rank, TensorMap& tensors) {
  auto node = tensors.extract(name);
  if (node.empty()) return absl::InvalidArgumentError(absl::StrCat("tensor ", name, " is missing"));
  if (node.mapped().shape.size() != rank) {
    return absl::InvalidArgumentError(absl::StrCat(
        "tensor ", name, " has ", node.mapped().shape.size(), " dimensions, expected ", rank));
  }
  return std::move(node.mapped());
}

absl::StatusOr<TensorMap> ParseSafetensors(std::string_view bytes) {
  uint64_t header_bytes = 0;
  if (bytes.size() < kLengthBytes) {
    return Malformed(absl::StrCat("it has ", bytes.size(), " bytes, fewer than ", kLengthBytes));
  }
  std::memcpy(&header_bytes, bytes.data(), kLengthBytes);
  bytes.remove_prefix(kLengthBytes);
  const size_t header_limit = std::min(kMaxHeaderBytes, bytes.size());
  if (header_bytes > header_limit) {
    return Malformed(absl::StrCat("the header should have ", header_bytes,
                                  " bytes, expected at most ", header_limit));
  }
  const std::string_view header = bytes.substr(0, header_bytes);
  const std::string_view data = bytes.substr(header_bytes);
  HeaderReader reader;
  if (!nlohmann::json::sax_parse(header.begin(), header.end(), &reader)) {
    return Malformed("the header is not a JSON object");
  }

  std::map<std::string, Entry> entries;
  for (auto& [name, description] : reader.descriptions()) {
    if (name == "__metadata__") continue;
    ADVAE_ASSIGN_OR_RETURN(Entry entry, EntryOf(name, description, data.size()));
    entries.emplace(name, std::move(entry));
  }
  ADVAE_RETURN_IF_ERROR(CheckNoOverlap(entries));

  TensorMap tensors;
  for (auto& [name, entry] : entries) {
    const DType dtype = entry.dtype->dtype;
    tensors.emplace(name, Tensor{dtype, std::move(entry.shape),
                                 Decode(dtype, data.substr(entry.begin, entry.end - entry.begin))});
  }
  return tensors;
}

std::string SerializeSafetensors(const TensorMap& tensors) {
  nlohmann::json json = nlohmann::json::object();
  size_t data_bytes = 0;
  for (const auto& [name, tensor] : tensors) {
    const size_t begin = data_bytes;
    const bool is_double = tensor.dtype == DType::kF64;
    data_bytes += tensor.values.size() * (is_double ? sizeof(double) : sizeof(float));
    json[name] = {{"dtype", is_double ? "F64" : "F32"},
                  {"shape", tensor.shape},
                  {"data_offsets", {begin, data_bytes}}};
  }
  std::string header =
      json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);  // never throws
  header.resize((header.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  const uint64_t header_bytes = header.size();
  std::string bytes(reinterpret_cast<const char*>(&header_bytes), kLengthBytes);
  bytes.reserve(kLengthBytes + header.size() + data_bytes);
  bytes.append(header);
  for (const auto& [name, tensor] : tensors) {
    tensor.dtype == DType::kF64 ? AppendAs<double>(tensor.values, bytes)
                                : AppendAs<float>(tensor.values, bytes);
  }
  return bytes;
}

}  // namespace advae
