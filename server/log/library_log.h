#ifndef ADVAE_SERVER_LOG_LIBRARY_LOG_H_
#define ADVAE_SERVER_LOG_LIBRARY_LOG_H_

namespace advae {

// Makes what gRPC and Protobuf have to say lines of our log, at most ten a second for each place in
// their code. Clients can provoke these words and put their own into them. Call it before either
// library is used.
void TakeOverLibraryLogs();

}  // namespace advae

#endif  // ADVAE_SERVER_LOG_LIBRARY_LOG_H_
