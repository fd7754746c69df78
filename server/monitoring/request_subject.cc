#include "server/monitoring/request_subject.h"

#include <google/protobuf/descriptor.h>

#include "model/base/utf8.h"

namespace advae {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

RequestSubject SubjectOf(const Message& request) {
  constexpr size_t kMaxLength = 64;  // of a valid name
  const Descriptor& type = *request.GetDescriptor();
  const Reflection& fields = *request.GetReflection();
  if (const FieldDescriptor* spec = type.FindFieldByName("spec")) {
    return SubjectOf(fields.GetMessage(request, spec));
  }
  RequestSubject subject;
  if (const FieldDescriptor* model = type.FindFieldByName("model")) {
    std::string unused;
    subject.model = Utf8Prefix(fields.GetStringReference(request, model, &unused), kMaxLength);
  }
  if (const FieldDescriptor* version = type.FindFieldByName("version")) {
    subject.version = fields.GetUInt64(request, version);
  }
  return subject;
}

}  // namespace advae
