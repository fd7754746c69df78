#ifndef ADVAE_SERVER_MESSAGES_METHOD_HANDLERS_H_
#define ADVAE_SERVER_MESSAGES_METHOD_HANDLERS_H_

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/identity/access_control.h"
#include "server/identity/call_credentials.h"
#include "server/messages/grpc_status.h"
#include "server/messages/message_allocator.h"
#include "server/messages/received.h"

namespace advae {

// The index of a method in its service, by their names.
inline int MethodIndex(const std::string& service, const std::string& method) {
  return google::protobuf::DescriptorPool::generated_pool()
      ->FindServiceByName(service)
      ->FindMethodByName(method)
      ->index();
}

// A call that is over before it began.
template <typename Reactor>
class RefusedCall : public Reactor {
 public:
  explicit RefusedCall(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

// Gives the methods of a gRPC service handlers in place of those that the generated class has: they
// let callers in by their rights, and their requests come as Received.
class MethodHandlers {
 public:
  // The service's MarkMethodCallback.
  using Mark = std::function<void(int index, grpc::internal::MethodHandler* handler)>;

  // `service` is the service's full name. `access` outlives the service.
  MethodHandlers(std::string service, const AccessControl& access, Mark mark)
      : service_(std::move(service)), access_(access), mark_(std::move(mark)) {}

  // Of a unary method. `handle(context, received, response)` answers the requests that could be had
  // and are allowed; the others get their status here. `messages` outlives the service.
  template <typename Request, typename Response, typename Handle>
  void Unary(const char* method, MessageAllocator<Request, Response>& messages, Handle handle) {
    auto handler = std::make_unique<grpc::internal::CallbackUnaryHandler<Received, Response>>(
        [handle = std::move(handle), &access = access_, name = FullName(method)](
            grpc::CallbackServerContext* context, const Received* received,
            Response* response) -> grpc::ServerUnaryReactor* {
          absl::StatusOr<CallPermit> permit = AdmitCall(access, *context, name);
          const absl::Status status =
              permit.ok() ? received->Admit(*std::move(permit)) : permit.status();
          if (status.ok()) return handle(*context, *received, *response);
          grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
          reactor->Finish(ToGrpcStatus(status, *context));
          return reactor;
        });
    handler->SetMessageAllocator(&messages);
    mark_(MethodIndex(service_, method), handler.release());
  }

  // The same for a method of `service` as the generated class has it.
  template <typename Service, typename Request, typename Response>
  void Unary(const char* method, MessageAllocator<Request, Response>& messages, Service& service,
             grpc::ServerUnaryReactor* (Service::*member)(grpc::CallbackServerContext*,
                                                          const Request*, Response*)) {
    Unary(method, messages,
          [&service, member](grpc::CallbackServerContext& context, const Received& received,
                             Response& response) {
            return (service.*member)(&context, static_cast<const Request*>(&received.message()),
                                     &response);
          });
  }

  // Of a method with a stream of requests and one of responses; `launch(context, permit)` makes the
  // reactor, which gives the permit to its Received.
  template <typename Response, typename Launch>
  void Bidi(const char* method, Launch launch) {
    using Reactor = grpc::ServerBidiReactor<Received, Response>;
    mark_(MethodIndex(service_, method),
          new grpc::internal::CallbackBidiHandler<Received, Response>(
              [launch = std::move(launch), &access = access_,
               name = FullName(method)](grpc::CallbackServerContext* context) -> Reactor* {
                absl::StatusOr<CallPermit> permit = AdmitCall(access, *context, name);
                if (permit.ok()) return launch(*context, *std::move(permit));
                return new RefusedCall<Reactor>(ToGrpcStatus(permit.status(), *context));
              }));
  }

  // Of a method with a stream of requests and one response; `launch(context, permit, response)`
  // makes the reactor.
  template <typename Response, typename Launch>
  void ClientStream(const char* method, Launch launch) {
    using Reactor = grpc::ServerReadReactor<Received>;
    mark_(MethodIndex(service_, method),
          new grpc::internal::CallbackClientStreamingHandler<Received, Response>(
              [launch = std::move(launch), &access = access_, name = FullName(method)](
                  grpc::CallbackServerContext* context, Response* response) -> Reactor* {
                absl::StatusOr<CallPermit> permit = AdmitCall(access, *context, name);
                if (permit.ok()) return launch(*context, *std::move(permit), *response);
                return new RefusedCall<Reactor>(ToGrpcStatus(permit.status(), *context));
              }));
  }

 private:
  // Of the handler, which outlives its calls.
  std::string FullName(const char* method) const {
    return absl::StrCat("/", service_, "/", method);
  }

  const std::string service_;
  const AccessControl& access_;
  const Mark mark_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_MESSAGES_METHOD_HANDLERS_H_
