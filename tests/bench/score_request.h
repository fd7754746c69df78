#ifndef ADVAE_TESTS_BENCH_SCORE_REQUEST_H_
#define ADVAE_TESTS_BENCH_SCORE_REQUEST_H_

#include <grpcpp/support/byte_buffer.h>

#include <string>

#include "absl/status/statusor.h"

namespace advae {

// A ScoreRequest, serialised, for as many rows of the CSV file `data`, from the first again after
// the last. A column "label" is left out. Errors as in ReadDataSet.
absl::StatusOr<grpc::ByteBuffer> MakeScoreRequest(const std::string& model, const std::string& data,
                                                  int rows);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_SCORE_REQUEST_H_
