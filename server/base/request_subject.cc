#include "server/base/request_subject.h"

#include <google/protobuf/descriptor.h>

#include <initializer_list>

#include "absl/strings/numbers.h"
#include "model/base/utf8.h"

namespace advae {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

// The first of these fields that the type has; null for none.
const FieldDescriptor* FieldOf(const Descriptor& type, std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    if (const FieldDescriptor* field = type.FindFieldByName(name)) return field;
  }
  return nullptr;
}

}  // namespace

RequestSubject SubjectOf(const Message& request) {
  constexpr size_t kMaxLength = 64;  // of a valid name
  const Descriptor& type = *request.GetDescriptor();
  const Reflection& fields = *request.GetReflection();
  if (const FieldDescriptor* spec = type.FindFieldByName("spec")) {
    return SubjectOf(fields.GetMessage(request, spec));
  }
  RequestSubject subject;
  const auto text_of = [&](const FieldDescriptor& field) {
    std::string unused;
    return std::string(Utf8Prefix(fields.GetStringReference(request, &field, &unused), kMaxLength));
  };
  if (const FieldDescriptor* model = FieldOf(type, {"model", "model_name", "name"})) {
    subject.model = text_of(*model);
  }
  const FieldDescriptor* const version = FieldOf(type, {"version", "model_version"});
  if (version == nullptr) return subject;
  if (version->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
    subject.version = fields.GetUInt64(request, version);
  } else if (!absl::SimpleAtoi(text_of(*version), &subject.version)) {
    subject.version = 0;
  }
  return subject;
}

}  // namespace advae
