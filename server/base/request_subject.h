#ifndef ADVAE_SERVER_BASE_REQUEST_SUBJECT_H_
#define ADVAE_SERVER_BASE_REQUEST_SUBJECT_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>

namespace advae {

// What a request is about.
struct RequestSubject {
  // As the client wrote it, at most 64 bytes of it; empty when the request names none.
  std::string model = {};
  // 0 when the request names none.
  uint64_t version = 0;
};

// The fields `model` and `version` of a request of our API, or those of its `spec`; those of the
// Open Inference Protocol have other names, and versions as texts.
RequestSubject SubjectOf(const google::protobuf::Message& request);

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_REQUEST_SUBJECT_H_
