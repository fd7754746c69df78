#ifndef ADVAE_SERVER_HTTP_API_SCORE_JSON_H_
#define ADVAE_SERVER_HTTP_API_SCORE_JSON_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/detector.pb.h"
#include "server/http/http_message.h"
#include "server/messages/memory_budget.h"
#include "server/services/score_operation.h"

namespace advae {

// Reads the body of POST /v1/models/MODEL:score: rows as objects by column,
//
//   {"rows": [{"flow": 212.4, "site": "north"}], "alpha": 0.01, "version": 3, "top_features": 2}
//
// all but the rows optional. Columns are found as in files (ColumnRoles), those of a schema by
// their kinds: numbers; truth values, also as ParseTruth reads texts and as 1 and 0; texts, numbers
// or truth values for categories, the latter two as TableEncoder::ListedCategory has them; texts as
// TimeParser reads them, or numbers as TimeOfNumber has them, for times. Null, what a row does not
// have and texts that mark a missing cell, in the usual ways or for the version, are missing
// values. A key is a text, whatever it is; columns that are neither feature nor key may have any
// values.
// `version` becomes the one that the request names, by default the one that serves, and the request
// names it too.
//
// kInvalidArgument for what is no such body, for a member that is not known, for a name that no
// column has, the message names it, and for more rows than a request may have. Errors also as in
// ModelTable::Find, and of MemoryLease::Grow: the memory of the request is taken from `lease`.
absl::Status ParseScoreRequest(const HttpRequest& http, const std::string& model,
                               const ScoreResources& scoring, MemoryLease& lease,
                               v1::ScoreRequest& request);

// The answer: {"model", "version", "alpha", "threshold", "results": [{"score", "p_value",
// "is_anomaly", "status", "explanation"}]}. Numbers that are not finite are null.
// Its memory is taken from `budget`; an error when that does not have it.
HttpResponse ScoreResponseOf(const v1::ScoreResponse& response, MemoryBudget& budget);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_API_SCORE_JSON_H_
