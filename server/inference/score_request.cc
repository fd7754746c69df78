#include "server/inference/score_request.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/table/time_parser.h"
#include "server/base/request_matrix.h"
#include "server/base/shown_text.h"
#include "server/inference/input_tensor.h"
#include "server/services/score_operation.h"

namespace advae {
namespace {

using inference::InferParameter;
using inference::ModelInferRequest;
using Values = InputTensor::Values;

absl::StatusOr<double> AlphaOf(const InferParameter& parameter) {
  double alpha = 0;
  switch (parameter.parameter_choice_case()) {
    case InferParameter::kDoubleParam:
      return parameter.double_param();
    case InferParameter::kInt64Param:
      return static_cast<double>(parameter.int64_param());
    case InferParameter::kStringParam:
      if (absl::SimpleAtod(parameter.string_param(), &alpha)) return alpha;
      break;
    default:
      break;
  }
  return absl::InvalidArgumentError("expected a number for the parameter alpha");
}

// What texts of a tensor take before it is known how many rows there are.
uint64_t TextViewBytes(const ModelInferRequest::InferInputTensor& input, const std::string* raw) {
  if (input.datatype() != "BYTES") return 0;
  constexpr size_t kLengthBytes = 4;  // of a raw text, at least
  const size_t most = raw != nullptr ? raw->size() / kLengthBytes
                                     : static_cast<size_t>(input.contents().bytes_contents_size());
  return most * sizeof(std::string_view);
}

absl::StatusOr<std::vector<InputTensor>> TensorsOf(const ModelInferRequest& request,
                                                   MemoryLease& lease) {
  const bool raw = request.raw_input_contents_size() > 0;
  if (request.inputs().empty()) {
    return absl::InvalidArgumentError(
        "the request has no inputs; expected rows, or a tensor for "
        "each column");
  }
  if (raw && request.raw_input_contents_size() != request.inputs_size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request has ", request.raw_input_contents_size(), " raw contents for ",
                     request.inputs_size(), " inputs; expected one for each, or none"));
  }
  std::vector<InputTensor> tensors;
  for (int i = 0; i < request.inputs_size(); ++i) {
    const auto& input = request.inputs(i);
    if (raw && input.has_contents()) {
      return absl::InvalidArgumentError(
          absl::StrCat("input \"", ShownText(input.name()),
                       "\" has contents beside raw contents; expected one of them"));
    }
    const std::string* const contents = raw ? &request.raw_input_contents(i) : nullptr;
    ADVAE_RETURN_IF_ERROR(lease.Grow(TextViewBytes(input, contents)));
    ADVAE_ASSIGN_OR_RETURN(InputTensor tensor, InputTensor::Create(input, contents));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

// Makes room in the matrix for `rows` of `columns` values, which are 0.
absl::Status Allocate(size_t rows, size_t columns, MemoryLease& lease, v1::Matrix& matrix) {
  const size_t count = rows * columns;
  if (count > std::numeric_limits<int>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at most 2^31 - 1 values, got ", rows, " rows of ", columns));
  }
  ADVAE_RETURN_IF_ERROR(lease.Grow(count * sizeof(float)));
  matrix.set_columns(static_cast<uint32_t>(columns));
  matrix.mutable_values()->Resize(static_cast<int>(count), 0);
  return absl::OkStatus();
}

absl::Status TakeRows(const InputTensor& tensor, MemoryLease& lease, v1::Matrix& matrix) {
  if (tensor.values() == Values::kTexts || tensor.dimensions() != 2 ||
      tensor.width() > kMaxColumns) {
    return absl::InvalidArgumentError(
        absl::StrCat("input \"rows\": expected numbers of shape [rows, features], with at most ",
                     kMaxColumns, " features"));
  }
  ADVAE_RETURN_IF_ERROR(Allocate(tensor.rows(), tensor.width(), lease, matrix));
  tensor.CopyTo(matrix.mutable_values()->mutable_data());
  return absl::OkStatus();
}

absl::Status CheckColumns(const std::vector<InputTensor>& tensors) {
  for (const InputTensor& tensor : tensors) {
    if (tensor.width() != 1 || tensor.dimensions() > 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("input \"", ShownText(tensor.name()),
                       "\": expected a column, of shape [rows] or [rows, 1]"));
    }
    if (tensor.rows() == tensors.front().rows()) continue;
    return absl::InvalidArgumentError(absl::StrCat("input \"", ShownText(tensor.name()), "\" has ",
                                                   tensor.rows(), " rows, and \"",
                                                   ShownText(tensors.front().name()), "\" has ",
                                                   tensors.front().rows(), "; expected as many"));
  }
  return absl::OkStatus();
}

// One tensor for each feature, in any order, of a version without a schema.
absl::Status TakeFeatures(const std::vector<InputTensor>& tensors, const v1::VersionInfo& info,
                          MemoryLease& lease, v1::Matrix& matrix) {
  absl::flat_hash_map<std::string_view, const InputTensor*> by_name;
  for (const InputTensor& tensor : tensors) {
    if (by_name.emplace(tensor.name(), &tensor).second) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("two inputs are named \"", ShownText(tensor.name()), "\""));
  }
  std::vector<const InputTensor*> features;
  for (const v1::Feature& feature : info.features()) {
    const auto found = by_name.find(feature.name());
    if (found == by_name.end() || found->second->values() == Values::kTexts) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected an input \"rows\", or one of numbers for each feature; there is "
                       "none for \"",
                       ShownText(feature.name()), "\""));
    }
    features.push_back(found->second);
  }
  const size_t rows = tensors.front().rows();
  ADVAE_RETURN_IF_ERROR(lease.Grow(rows * sizeof(float)));
  ADVAE_RETURN_IF_ERROR(Allocate(rows, features.size(), lease, matrix));
  float* const values = matrix.mutable_values()->mutable_data();
  std::vector<float> column(rows);
  for (size_t j = 0; j < features.size(); ++j) {
    features[j]->CopyTo(column.data());
    for (size_t i = 0; i < rows; ++i) values[i * features.size() + j] = column[i];
  }
  return absl::OkStatus();
}

template <typename T>
std::string BufferOf(const InputTensor& tensor) {
  std::vector<T> values(tensor.rows());
  tensor.CopyTo(values.data());
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

void SetBit(std::string& bits, size_t i) {
  bits[i / 8] = static_cast<char>(bits[i / 8] | (1 << (i % 8)));
}

std::string BitsOf(const InputTensor& tensor) {
  std::vector<uint8_t> values(tensor.rows());
  tensor.CopyTo(values.data());
  std::string bits((values.size() + 7) / 8, '\0');
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0) SetBit(bits, i);
  }
  return bits;
}

void TakeTexts(const InputTensor& tensor, v1::TableColumn& column) {
  v1::StringValues& strings = *column.mutable_strings();
  absl::flat_hash_map<std::string_view, int32_t> known;
  std::vector<int32_t> codes;
  codes.reserve(tensor.rows());
  std::string validity((tensor.rows() + 7) / 8, '\0');
  bool complete = true;
  for (size_t i = 0; i < tensor.rows(); ++i) {
    const std::string_view text = tensor.texts()[i];
    const auto [entry, is_new] = known.emplace(text, strings.dictionary_size());
    if (is_new) strings.add_dictionary(std::string(text));
    codes.push_back(entry->second);
    if (text.empty()) {
      complete = false;
    } else {
      SetBit(validity, i);
    }
  }
  strings.set_codes(reinterpret_cast<const char*>(codes.data()), codes.size() * sizeof(int32_t));
  if (!complete) column.set_validity(std::move(validity));
}

v1::ColumnKind KindOf(const v1::TableSchema& schema, const std::string& name) {
  for (const v1::ColumnSchema& column : schema.columns()) {
    if (column.name() == name) return column.kind();
  }
  return v1::COLUMN_KIND_UNSPECIFIED;
}

// Numbers for a column of booleans or times, which NaN is none of.
absl::Status TakeNumbers(const InputTensor& tensor, bool are_times, v1::TableColumn& column) {
  const size_t rows = tensor.rows();
  std::vector<double> numbers(rows);
  tensor.CopyTo(numbers.data());
  std::string bools((rows + 7) / 8, '\0');
  std::string validity = bools;
  std::vector<int64_t> times(are_times ? rows : 0);
  for (size_t i = 0; i < rows; ++i) {
    if (std::isnan(numbers[i])) continue;
    SetBit(validity, i);
    const std::optional<int64_t> time = are_times ? TimeOfNumber(numbers[i]) : std::nullopt;
    if (are_times ? !time : (numbers[i] != 0 && numbers[i] != 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("input \"", ShownText(tensor.name()), "\", row ", i, ": expected ",
                       are_times ? "a number of seconds since 1970-01-01T00:00:00Z" : "1 or 0",
                       ", or NaN for a missing value"));
    }
    if (are_times) times[i] = *time;
    if (numbers[i] == 1) SetBit(bools, i);
  }
  if (are_times) {
    column.set_times(times.data(), rows * sizeof(int64_t));
  } else {
    column.set_bools(std::move(bools));
  }
  column.set_validity(std::move(validity));
  return absl::OkStatus();
}

absl::Status TakeColumn(const InputTensor& tensor, v1::ColumnKind kind, v1::TableColumn& column) {
  column.set_name(tensor.name());
  switch (tensor.values()) {
    case Values::kTexts:
      TakeTexts(tensor, column);
      return absl::OkStatus();
    case Values::kBool:
      column.set_bools(BitsOf(tensor));
      return absl::OkStatus();
    case Values::kInt64:
    case Values::kUint64:
      if (kind != v1::COLUMN_KIND_TIME) break;
      column.set_times(BufferOf<int64_t>(tensor));
      return absl::OkStatus();
    case Values::kDouble:
      if (kind == v1::COLUMN_KIND_TIME) return TakeNumbers(tensor, /*are_times=*/true, column);
      break;
    default:
      break;
  }
  if (kind == v1::COLUMN_KIND_BOOLEAN) return TakeNumbers(tensor, /*are_times=*/false, column);
  if (tensor.values() == Values::kFloat) {
    column.set_floats(BufferOf<float>(tensor));
  } else {
    column.set_doubles(BufferOf<double>(tensor));
  }
  return absl::OkStatus();
}

// At most what TakeColumn allocates.
uint64_t ColumnBytes(const InputTensor& tensor) {
  if (tensor.values() != Values::kTexts) return 3 * tensor.rows() * sizeof(double);
  // The table of known texts with its free places, the text in the dictionary, and the code.
  constexpr uint64_t kEach = 128;
  uint64_t bytes = kEach * tensor.rows();
  for (const std::string_view text : tensor.texts()) bytes += text.size();
  return bytes;
}

}  // namespace

absl::StatusOr<std::optional<uint64_t>> VersionOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  uint64_t version = 0;
  if (absl::SimpleAtoi(text, &version)) return version;
  return absl::InvalidArgumentError(
      absl::StrCat("expected the number of a version, or none for the serving one; got \"",
                   ShownText(text), "\""));
}

absl::StatusOr<v1::ScoreRequest> ScoreRequestOf(const ModelInferRequest& request,
                                                const LoadedVersion& version,
                                                const BatchLimits& limits, MemoryLease& lease) {
  v1::ScoreRequest score;
  score.set_model(version.info().model());
  score.set_version(version.info().version());
  if (const auto alpha = request.parameters().find("alpha"); alpha != request.parameters().end()) {
    ADVAE_ASSIGN_OR_RETURN(const double value, AtField(AlphaOf(alpha->second), kAlphaField));
    score.set_alpha(value);
  }
  ADVAE_ASSIGN_OR_RETURN(const std::vector<InputTensor> tensors,
                         AtField(TensorsOf(request, lease), kInputsField));
  ADVAE_RETURN_IF_ERROR(AtField(CheckRowCount(tensors.front().rows(), limits), kInputsField));
  if (tensors.size() == 1 && tensors.front().name() == kRowsInput) {
    ADVAE_RETURN_IF_ERROR(
        AtField(TakeRows(tensors.front(), lease, *score.mutable_rows()), kInputsField));
    return score;
  }
  ADVAE_RETURN_IF_ERROR(AtField(CheckColumns(tensors), kInputsField));
  if (version.encoder() == nullptr) {
    ADVAE_RETURN_IF_ERROR(
        AtField(TakeFeatures(tensors, version.info(), lease, *score.mutable_rows()), kInputsField));
    return score;
  }
  const v1::TableSchema& schema = version.encoder()->schema();
  score.mutable_table()->set_rows(static_cast<uint32_t>(tensors.front().rows()));
  for (const InputTensor& tensor : tensors) {
    ADVAE_RETURN_IF_ERROR(lease.Grow(ColumnBytes(tensor)));
    ADVAE_RETURN_IF_ERROR(AtField(
        TakeColumn(tensor, KindOf(schema, tensor.name()), *score.mutable_table()->add_columns()),
        kInputsField));
  }
  return score;
}

}  // namespace advae
