#include "server/messages/parsed_size.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr uint64_t kStringBytes = 48;    // std::string and the pointer to it
constexpr uint64_t kInlineBytes = 15;    // that a std::string has room for
constexpr uint64_t kHeapBytes = 32;      // what an allocation takes beyond what was asked for
constexpr uint64_t kMessageBytes = 256;  // of the messages of the API, without what they point to
constexpr uint64_t kUnknownBytes = 64;   // a field that the type does not have is kept, too
constexpr int kGrowth = 2;               // a growing array is up to twice as large as its content
constexpr int kMaxDepth = 32;

class SizeReader {
 public:
  explicit SizeReader(CodedInputStream& input) : input_(input) {}

  // Reads up to the limit or end of the input.
  absl::Status Read(const Descriptor& type, int depth) {
    if (depth > kMaxDepth) return Malformed();
    bytes_ += kMessageBytes;
    const FieldDescriptor* field = nullptr;
    int number = 0;  // of `field`; fields of one number come in rows
    while (const uint32_t tag = input_.ReadTag()) {
      if (const int next = WireFormatLite::GetTagFieldNumber(tag); next != number) {
        number = next;
        field = type.FindFieldByNumber(number);
      }
      if (number == 0) return Malformed();
      const auto wire_type = WireFormatLite::GetTagWireType(tag);
      absl::Status status = wire_type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED
                                ? ReadDelimited(field, depth)
                                : ReadNumber(field, wire_type);
      if (!status.ok()) return status;
    }
    return input_.ConsumedEntireMessage() || depth > 0 ? absl::OkStatus() : Malformed();
  }

  uint64_t bytes() const { return bytes_; }

 private:
  static absl::Status Malformed() {
    return absl::InvalidArgumentError("the message is malformed: it does not parse as its type");
  }

  absl::Status ReadNumber(const FieldDescriptor* field, WireFormatLite::WireType wire_type) {
    // A field that is not repeated takes no more the second time, but is rare.
    bytes_ += field != nullptr && field->is_packable() ? kGrowth * sizeof(uint64_t) : kUnknownBytes;
    uint64_t unused = 0;
    switch (wire_type) {
      case WireFormatLite::WIRETYPE_VARINT:
        return input_.ReadVarint64(&unused) ? absl::OkStatus() : Malformed();
      case WireFormatLite::WIRETYPE_FIXED32:
        return input_.Skip(sizeof(uint32_t)) ? absl::OkStatus() : Malformed();
      case WireFormatLite::WIRETYPE_FIXED64:
        return input_.Skip(sizeof(uint64_t)) ? absl::OkStatus() : Malformed();
      default:
        return Malformed();
    }
  }

  absl::Status ReadDelimited(const FieldDescriptor* field, int depth) {
    uint32_t length = 0;
    if (!input_.ReadVarint32(&length) || length > std::numeric_limits<int32_t>::max()) {
      return Malformed();
    }
    if (field != nullptr && field->is_repeated() && !field->is_packable() &&
        ++elements_ > kMaxElements) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the message has more than ", kMaxElements, " elements of ", field->name()));
    }
    if (field != nullptr && field->message_type() != nullptr) {
      const CodedInputStream::Limit limit = input_.PushLimit(static_cast<int>(length));
      absl::Status status = Read(*field->message_type(), depth + 1);
      if (status.ok() && input_.BytesUntilLimit() != 0) status = Malformed();
      input_.PopLimit(limit);
      return status;
    }
    bytes_ += DelimitedBytes(field, length);
    return input_.Skip(static_cast<int>(length)) ? absl::OkStatus() : Malformed();
  }

  static uint64_t DelimitedBytes(const FieldDescriptor* field, uint64_t length) {
    if (field != nullptr && field->is_packable()) {
      const bool fixed = field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT ||
                         field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE;
      return kGrowth * (fixed ? length : length * sizeof(uint64_t));
    }
    const bool is_string = field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    return (is_string ? kStringBytes : kUnknownBytes + kStringBytes) +
           (length > kInlineBytes ? length + kHeapBytes : 0);
  }

  CodedInputStream& input_;
  uint64_t bytes_ = 0;
  uint64_t elements_ = 0;
};

}  // namespace

absl::StatusOr<uint64_t> ParsedSize(google::protobuf::io::ZeroCopyInputStream& wire,
                                    const Descriptor& type) {
  CodedInputStream input(&wire);
  SizeReader reader(input);
  ADVAE_RETURN_IF_ERROR(reader.Read(type, 0));
  return reader.bytes();
}

}  // namespace advae
