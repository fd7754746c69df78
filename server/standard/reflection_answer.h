#ifndef ADVAE_SERVER_STANDARD_REFLECTION_ANSWER_H_
#define ADVAE_SERVER_STANDARD_REFLECTION_ANSWER_H_

#include <string>
#include <vector>

#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace advae {

// What gRPC's reflection protocol answers to `request` on a server with these services. A file
// comes with all files that it imports; what is not known is an error response. Thread-safe.
grpc::reflection::v1alpha::ServerReflectionResponse AnswerReflection(
    const grpc::reflection::v1alpha::ServerReflectionRequest& request,
    const std::vector<std::string>& services);

}  // namespace advae

#endif  // ADVAE_SERVER_STANDARD_REFLECTION_ANSWER_H_
