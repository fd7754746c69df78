#ifndef ADVAE_SERVER_IDENTITY_PERMISSIONS_H_
#define ADVAE_SERVER_IDENTITY_PERMISSIONS_H_

#include <google/protobuf/message.h>

#include <string_view>

#include "model/access/role.h"

namespace advae {

// What a caller asks the metrics port for, as if it were a method.
inline constexpr char kMetricsMethod[] = "/metrics";

// The least role that may call a method, "/PACKAGE.SERVICE/METHOD". `request` is the message, or
// null while none has come. For a method that the table does not have, kAdmin.
Role RequiredRole(std::string_view method, const google::protobuf::Message* request = nullptr);

// Whether a method tells no more than whether the server lives and is ready.
bool IsHealthMethod(std::string_view method);

// Whether a method scores one request after the other in one call.
bool IsScoreStream(std::string_view method);

// Whether a call of the method may store who made it.
bool MayRecordCaller(std::string_view method);

// Whether a successful call of this request changes what the server stores.
bool IsChange(std::string_view method, const google::protobuf::Message* request = nullptr);

}  // namespace advae

#endif  // ADVAE_SERVER_IDENTITY_PERMISSIONS_H_
