#ifndef ADVAE_SERVER_MESSAGES_PARSED_SIZE_H_
#define ADVAE_SERVER_MESSAGES_PARSED_SIZE_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <cstdint>

#include "absl/status/statusor.h"

namespace advae {

// Strings and messages that the repeated fields of one message may have together: the names of the
// widest matrix.
inline constexpr uint64_t kMaxElements = 65'536;

// Memory that a message of `type` takes once it is parsed from `wire`: at most so many bytes, and
// not less than half as many for a large one. Costs a fraction of the parsing and no memory.
// Errors: kInvalidArgument for what is no message or has a group, which proto3 does not know;
// kResourceExhausted above kMaxElements.
absl::StatusOr<uint64_t> ParsedSize(google::protobuf::io::ZeroCopyInputStream& wire,
                                    const google::protobuf::Descriptor& type);

}  // namespace advae

#endif  // ADVAE_SERVER_MESSAGES_PARSED_SIZE_H_
