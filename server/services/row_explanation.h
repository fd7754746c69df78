#ifndef ADVAE_SERVER_SERVICES_ROW_EXPLANATION_H_
#define ADVAE_SERVER_SERVICES_ROW_EXPLANATION_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/detector.pb.h"
#include "model/scoring/loaded_version.h"
#include "server/history/kept_row.h"

namespace advae {

// Explains the one row of a request by up to `most` columns, or features of a version without a
// schema, those with the largest share of the score first. Scores the row anew, on the calling
// thread, and counts nothing. Of a row that cannot be judged, the first columns whose values are
// why, with NaN for contribution and expected value. kFailedPrecondition when the request has no
// row of the version's.
absl::StatusOr<std::vector<ExplainedColumn>> ExplainRow(const LoadedVersion& version,
                                                        const v1::ScoreRequest& request,
                                                        size_t most);

// The keys of the request's row, as texts by column.
std::vector<std::pair<std::string, std::string>> KeysOfRow(const LoadedVersion& version,
                                                           const v1::ScoreRequest& request);

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_ROW_EXPLANATION_H_
