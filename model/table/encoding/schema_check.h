#ifndef ADVAE_MODEL_TABLE_ENCODING_SCHEMA_CHECK_H_
#define ADVAE_MODEL_TABLE_ENCODING_SCHEMA_CHECK_H_

#include "absl/status/status.h"
#include "advae/v1/types.pb.h"

namespace advae {

// kInvalidArgument for a schema that cannot have been learned, such as one from a damaged file; the
// message names the column.
absl::Status CheckSchema(const v1::TableSchema& schema);

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_ENCODING_SCHEMA_CHECK_H_
