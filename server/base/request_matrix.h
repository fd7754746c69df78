#ifndef ADVAE_SERVER_BASE_REQUEST_MATRIX_H_
#define ADVAE_SERVER_BASE_REQUEST_MATRIX_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"

namespace advae {

// More columns than this are refused, before memory is spent on them.
inline constexpr uint32_t kMaxColumns = 65536;

// The rows of a request, where they lie: valid as long as `matrix` is not changed.
// kInvalidArgument when it has no values or columns, more than kMaxColumns columns, a number of
// values that is no multiple of the columns, or another number of feature names than columns.
absl::StatusOr<MatrixView> ViewOf(const v1::Matrix& matrix);

// kInvalidArgument when the names or the number of columns are not those of the model; the message
// names the first difference.
absl::Status CheckFeatures(const v1::Matrix& matrix, const v1::VersionInfo& version);

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_REQUEST_MATRIX_H_
