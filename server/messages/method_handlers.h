#ifndef ADVAE_SERVER_MESSAGES_METHOD_HANDLERS_H_
#define ADVAE_SERVER_MESSAGES_METHOD_HANDLERS_H_

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>
#include <utility>

#include "server/messages/grpc_status.h"
#include "server/messages/message_allocator.h"
#include "server/messages/received.h"

// Handlers for the methods of a gRPC service whose requests come as Received, in place of the ones
// that the generated class has: MarkMethodCallback(MethodIndex(...), UnaryHandler(...)), which owns
// the handler.

namespace advae {

// The index of a method in its service, by their names.
inline int MethodIndex(const std::string& service, const std::string& method) {
  return google::protobuf::DescriptorPool::generated_pool()
      ->FindServiceByName(service)
      ->FindMethodByName(method)
      ->index();
}

// Of a unary method. `handle(context, received, response)` answers the requests that could be had;
// the others get their status here. `messages` outlives the handler.
template <typename Request, typename Response, typename Handle>
grpc::internal::MethodHandler* UnaryHandler(MessageAllocator<Request, Response>& messages,
                                            Handle handle) {
  auto handler = std::make_unique<grpc::internal::CallbackUnaryHandler<Received, Response>>(
      [handle = std::move(handle)](grpc::CallbackServerContext* context, const Received* received,
                                   Response* response) -> grpc::ServerUnaryReactor* {
        if (received->status().ok()) return handle(*context, *received, *response);
        grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
        reactor->Finish(ToGrpcStatus(received->status(), *context));
        return reactor;
      });
  handler->SetMessageAllocator(&messages);
  return handler.release();
}

// The same for a method of `service` as the generated class has it.
template <typename Service, typename Request, typename Response>
grpc::internal::MethodHandler* UnaryHandler(
    MessageAllocator<Request, Response>& messages, Service& service,
    grpc::ServerUnaryReactor* (Service::*method)(grpc::CallbackServerContext*, const Request*,
                                                 Response*)) {
  return UnaryHandler(messages, [&service, method](grpc::CallbackServerContext& context,
                                                   const Received& received, Response& response) {
    return (service.*method)(&context, static_cast<const Request*>(&received.message()), &response);
  });
}

// Of a method with a stream of requests and one of responses; `launch(context)` makes the reactor.
template <typename Response, typename Launch>
grpc::internal::MethodHandler* BidiHandler(Launch launch) {
  return new grpc::internal::CallbackBidiHandler<Received, Response>(std::move(launch));
}

// Of a method with a stream of requests and one response; `launch(context, response)` makes the
// reactor.
template <typename Response, typename Launch>
grpc::internal::MethodHandler* ClientStreamHandler(Launch launch) {
  return new grpc::internal::CallbackClientStreamingHandler<Received, Response>(std::move(launch));
}

}  // namespace advae

#endif  // ADVAE_SERVER_MESSAGES_METHOD_HANDLERS_H_
