#ifndef ADVAE_CLIENT_SERVICE_CONFIG_H_
#define ADVAE_CLIENT_SERVICE_CONFIG_H_

namespace advae {

// proto/advae/v1/service_config.json, the service config (gRFC A6) that is published for all
// clients: which methods are retried, and after which errors.
extern const char kServiceConfig[];

}  // namespace advae

#endif  // ADVAE_CLIENT_SERVICE_CONFIG_H_
