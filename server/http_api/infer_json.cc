#include "server/http_api/infer_json.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "server/base/shown_text.h"
#include "server/http/json_text.h"
#include "server/http_api/json_body.h"
#include "server/http_api/leased_text.h"

namespace advae {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  // for what is written
using Input = inference::ModelInferRequest::InferInputTensor;
using Output = inference::ModelInferResponse::InferOutputTensor;

constexpr char kJsonLength[] = "Inference-Header-Content-Length";
constexpr char kBinarySize[] = "binary_data_size";
constexpr char kBinary[] = "binary_data";
constexpr char kAllBinary[] = "binary_data_output";
constexpr int kOk = 200;
constexpr int kMaxDepth = 16;  // of nested arrays

absl::Status Invalid(std::string_view what, std::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(what), ": expected ", std::string(expected)));
}

std::string Named(const Input& input) {
  return absl::StrCat("input \"", ShownText(input.name()), "\"");
}

// The value of a member, or null when there is none.
const Json* Find(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

absl::StatusOr<std::string> TextOf(const Json& object, const char* name, bool required) {
  const Json* const value = Find(object, name);
  if (value == nullptr && !required) return std::string();
  if (value == nullptr || !value->is_string()) return Invalid(name, "a text");
  return value->get<std::string>();
}

absl::Status TakeParameters(const Json& object,
                            google::protobuf::Map<std::string, inference::InferParameter>& out) {
  const Json* const parameters = Find(object, "parameters");
  if (parameters == nullptr) return absl::OkStatus();
  if (!parameters->is_object()) return Invalid("parameters", "an object");
  for (const auto& [name, value] : parameters->items()) {
    inference::InferParameter& parameter = out[name];
    if (value.is_boolean()) {
      parameter.set_bool_param(value.get<bool>());
    } else if (value.is_number_unsigned()) {
      parameter.set_uint64_param(value.get<uint64_t>());
    } else if (value.is_number_integer()) {
      parameter.set_int64_param(value.get<int64_t>());
    } else if (value.is_number()) {
      parameter.set_double_param(value.get<double>());
    } else if (value.is_string()) {
      parameter.set_string_param(value.get<std::string>());
    } else {
      return Invalid("parameters", "numbers, texts and truth values");
    }
  }
  return absl::OkStatus();
}

template <typename T>
void Append(T value, std::string& raw) {
  raw.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

bool AppendText(const Json& value, std::string& raw) {
  if (!value.is_string() && !value.is_null()) return false;
  const std::string text = value.is_null() ? std::string() : value.get<std::string>();
  Append(static_cast<uint32_t>(text.size()), raw);
  raw.append(text);
  return true;
}

template <typename T>
bool AppendReal(const Json& value, std::string& raw) {
  if (!value.is_number() && !value.is_null()) return false;
  Append(
      value.is_null() ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(value.get<double>()),
      raw);
  return true;
}

bool AppendBool(const Json& value, std::string& raw) {
  const bool is_one = value.is_number_integer() && value == 1;
  const bool is_zero = value.is_number_integer() && value == 0;
  if (!value.is_boolean() && !is_one && !is_zero) return false;
  Append(static_cast<uint8_t>(is_one || (value.is_boolean() && value.get<bool>())), raw);
  return true;
}

template <typename T>
bool AppendInteger(const Json& value, std::string& raw) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<T>::max())) return false;
    Append(static_cast<T>(number), raw);
    return true;
  }
  const auto number = value.get<int64_t>();
  if (std::is_unsigned_v<T> || number < static_cast<int64_t>(std::numeric_limits<T>::min())) {
    return false;
  }
  Append(static_cast<T>(number), raw);
  return true;
}

struct DataType {
  std::string_view name;
  bool (*append)(const Json&, std::string&);
  const char* expected;
};
constexpr DataType kDataTypes[] = {
    {"FP32", AppendReal<float>, "numbers"},
    {"FP64", AppendReal<double>, "numbers"},
    {"BOOL", AppendBool, "truth values"},
    {"BYTES", AppendText, "texts"},
    {"INT8", AppendInteger<int8_t>, "whole numbers of INT8"},
    {"INT16", AppendInteger<int16_t>, "whole numbers of INT16"},
    {"INT32", AppendInteger<int32_t>, "whole numbers of INT32"},
    {"INT64", AppendInteger<int64_t>, "whole numbers of INT64"},
    {"UINT8", AppendInteger<uint8_t>, "whole numbers of UINT8"},
    {"UINT16", AppendInteger<uint16_t>, "whole numbers of UINT16"},
    {"UINT32", AppendInteger<uint32_t>, "whole numbers of UINT32"},
    {"UINT64", AppendInteger<uint64_t>, "whole numbers of UINT64"},
};

bool AppendAll(const Json& data, const DataType& type, int depth, std::string& raw) {
  if (!data.is_array()) return type.append(data, raw);
  if (depth == kMaxDepth) return false;
  for (const Json& element : data) {
    if (!AppendAll(element, type, depth + 1, raw)) return false;
  }
  return true;
}

absl::Status AppendData(const Json& data, const Input& input, std::string& raw) {
  for (const DataType& type : kDataTypes) {
    if (type.name != input.datatype()) continue;
    if (data.is_array() && AppendAll(data, type, 0, raw)) return absl::OkStatus();
    return Invalid(absl::StrCat("data of ", Named(input)),
                   absl::StrCat("an array of ", type.expected));
  }
  return absl::OkStatus();  // whoever reads the tensor refuses the datatype
}

// Reads an input, whose raw contents are in its data or at the start of `binary`, which moves on.
absl::Status TakeInput(const Json& json, std::string_view& binary, Input& input, std::string& raw) {
  if (!json.is_object()) return Invalid("inputs", "objects");
  ADVAE_ASSIGN_OR_RETURN(*input.mutable_name(), TextOf(json, "name", true));
  ADVAE_ASSIGN_OR_RETURN(*input.mutable_datatype(), TextOf(json, "datatype", true));
  const Json* const shape = Find(json, "shape");
  if (shape == nullptr || !shape->is_array()) return Invalid("shape", "an array of whole numbers");
  for (const Json& size : *shape) {
    if (!size.is_number_integer()) return Invalid("shape", "an array of whole numbers");
    input.add_shape(size.get<int64_t>());
  }
  ADVAE_RETURN_IF_ERROR(TakeParameters(json, *input.mutable_parameters()));
  const Json* const data = Find(json, "data");
  const auto size = input.parameters().find(kBinarySize);
  if ((data != nullptr) == (size != input.parameters().end())) {
    return Invalid(Named(input), "data, or the parameter binary_data_size, and not both");
  }
  if (data != nullptr) return AppendData(*data, input, raw);
  const uint64_t bytes = size->second.uint64_param();
  if (bytes > binary.size()) {
    return Invalid(absl::StrCat("binary_data_size of ", Named(input)),
                   absl::StrCat("at most the ", binary.size(), " bytes that are left of the body"));
  }
  raw = binary.substr(0, bytes);
  binary.remove_prefix(bytes);
  return absl::OkStatus();
}

absl::Status TakeOutput(const Json& json, inference::ModelInferRequest& request,
                        BinaryOutputs& binary) {
  if (!json.is_object()) return Invalid("outputs", "objects");
  auto& output = *request.add_outputs();
  ADVAE_ASSIGN_OR_RETURN(*output.mutable_name(), TextOf(json, "name", true));
  ADVAE_RETURN_IF_ERROR(TakeParameters(json, *output.mutable_parameters()));
  if (const auto wanted = output.parameters().find(kBinary); wanted != output.parameters().end()) {
    (wanted->second.bool_param() ? binary.named : binary.others).insert(output.name());
  }
  return absl::OkStatus();
}

// Parts the body into its JSON and what follows it.
absl::Status Part(const HttpRequest& http, std::string_view& json, std::string_view& binary) {
  json = http.body;
  const auto header = http.headers.find("inference-header-content-length");
  if (header == http.headers.end()) return absl::OkStatus();
  uint64_t length = 0;
  if (!absl::SimpleAtoi(header->second, &length) || length > json.size()) {
    return Invalid(kJsonLength, "the bytes of the JSON at the start of the body");
  }
  binary = json.substr(length);
  json = json.substr(0, length);
  return absl::OkStatus();
}

// The values of a tensor of `datatype`, as an array.
void AppendValues(const std::string& datatype, const std::string& raw, LeasedText& text) {
  text.Append("[");
  const char* separator = "";
  const auto append = [&](const OrderedJson& value) {
    text.Append(separator);
    text.Append(JsonText(value));
    separator = ",";
  };
  if (datatype == "FP64") {
    for (size_t at = 0; at < raw.size(); at += sizeof(double)) {
      double value = 0;
      std::memcpy(&value, raw.data() + at, sizeof(value));
      append(JsonNumber(value));
    }
  } else if (datatype == "BOOL") {
    for (const char value : raw) append(value != 0);
  } else {
    for (size_t at = 0; at < raw.size();) {
      uint32_t size = 0;
      std::memcpy(&size, raw.data() + at, sizeof(size));
      append(raw.substr(at + sizeof(size), size));
      at += sizeof(size) + size;
    }
  }
  text.Append("]");
}

}  // namespace

absl::Status ParseInferRequest(const HttpRequest& http, MemoryLease& lease,
                               inference::ModelInferRequest& request, BinaryOutputs& binary) {
  std::string_view text;
  std::string_view rest;
  ADVAE_RETURN_IF_ERROR(Part(http, text, rest));
  ADVAE_RETURN_IF_ERROR(lease.Grow(rest.size()));
  ADVAE_ASSIGN_OR_RETURN(const Json json, ParseJsonObject(text, lease));
  ADVAE_ASSIGN_OR_RETURN(*request.mutable_id(), TextOf(json, "id", false));
  ADVAE_RETURN_IF_ERROR(TakeParameters(json, *request.mutable_parameters()));
  const Json* const inputs = Find(json, "inputs");
  if (inputs == nullptr || !inputs->is_array()) return Invalid("inputs", "an array of tensors");
  for (const Json& input : *inputs) {
    ADVAE_RETURN_IF_ERROR(
        TakeInput(input, rest, *request.add_inputs(), *request.add_raw_input_contents()));
  }
  if (!rest.empty()) {
    return Invalid("the body", absl::StrCat("an input for each byte after the JSON; ", rest.size(),
                                            " are left"));
  }
  if (const auto all = request.parameters().find(kAllBinary); all != request.parameters().end()) {
    binary.all = all->second.bool_param();
  }
  const Json* const outputs = Find(json, "outputs");
  if (outputs == nullptr) return absl::OkStatus();
  if (!outputs->is_array()) return Invalid("outputs", "an array");
  for (const Json& output : *outputs) ADVAE_RETURN_IF_ERROR(TakeOutput(output, request, binary));
  return absl::OkStatus();
}

HttpResponse InferResponse(const inference::ModelInferResponse& response,
                           const BinaryOutputs& binary, MemoryBudget& budget) {
  OrderedJson head = {{"model_name", response.model_name()},
                      {"model_version", response.model_version()}};
  if (!response.id().empty()) head["id"] = response.id();
  for (const char* const name : {"alpha", "threshold"}) {
    head["parameters"][name] = JsonNumber(response.parameters().at(name).double_param());
  }
  LeasedText text(budget);
  text.Append(OpenJsonText(head));
  text.Append(R"(,"outputs":[)");
  for (int i = 0; i < response.outputs_size(); ++i) {
    const Output& output = response.outputs(i);
    const std::string& raw = response.raw_output_contents(i);
    OrderedJson tensor = {{"name", output.name()}, {"datatype", output.datatype()}};
    tensor["shape"] = output.shape();
    if (binary.Has(output.name())) tensor["parameters"][kBinarySize] = raw.size();
    if (i > 0) text.Append(",");
    text.Append(OpenJsonText(tensor));
    if (!binary.Has(output.name())) {
      text.Append(R"(,"data":)");
      AppendValues(output.datatype(), raw, text);
    }
    text.Append("}");
  }
  text.Append("]}");
  const size_t json_size = text.size();
  for (int i = 0; i < response.outputs_size(); ++i) {
    if (binary.Has(response.outputs(i).name())) text.Append(response.raw_output_contents(i));
  }
  const bool has_binary = text.size() > json_size;
  HttpResponse answer = text.TakeResponse();
  if (!has_binary || answer.status != kOk) return answer;
  answer.content_type = "application/octet-stream";
  answer.headers.emplace_back(kJsonLength, absl::StrCat(json_size));
  return answer;
}

}  // namespace advae
