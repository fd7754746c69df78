#ifndef ADVAE_SERVER_HTTP_API_OPENAPI_H_
#define ADVAE_SERVER_HTTP_API_OPENAPI_H_

#include <string>

namespace advae {

// What HttpApi answers, as an OpenAPI 3.1 document in JSON.
const std::string& OpenApi();

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_API_OPENAPI_H_
