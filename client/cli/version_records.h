#ifndef ADVAE_CLIENT_CLI_VERSION_RECORDS_H_
#define ADVAE_CLIENT_CLI_VERSION_RECORDS_H_

#include "advae/v1/registry.pb.h"
#include "advae/v1/types.pb.h"
#include "client/cli/record_writer.h"

namespace advae {

// What is known about a version, without its lists: model, version, threshold, alpha, bandwidth,
// origin, create_time, created_by, training_rows, features (their number), seed, data_fingerprint,
// training_seconds, latent_plan, hyperparameters, trimmed_share, left_out_rows, final_losses,
// held_out, warnings. What an imported version lacks is left out, and so are shares and counts of
// 0 and an unknown creator. Enums are the words of the command-line flags.
Json VersionRecord(const v1::VersionInfo& version);

// The same with its lists: feature_ranges, score_quantiles, threshold_history.
Json VersionDetails(const v1::VersionInfo& version);

// model, serving_version, versions, features, threshold, alpha, training.
Json SummaryRecord(const v1::ModelSummary& summary);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_VERSION_RECORDS_H_
