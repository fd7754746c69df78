#ifndef ADVAE_SERVER_SERVICES_KEPT_ROW_REQUEST_H_
#define ADVAE_SERVER_SERVICES_KEPT_ROW_REQUEST_H_

#include <cstddef>

#include "advae/v1/detector.pb.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "server/services/schema_rows.h"

namespace advae {

// One row of a request as a request of its own, with the features and keys alone. Longer texts are
// cut to SchemaRows::kMaxText bytes. `rows` is null for a version without a schema; `matrix` has
// the row where the request has no table. Without the row when it has more than 4,096 columns.
v1::ScoreRequest RequestOfRow(const v1::VersionInfo& version, const SchemaRows* rows,
                              MatrixView matrix, size_t row);

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_KEPT_ROW_REQUEST_H_
