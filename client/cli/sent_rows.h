#ifndef ADVAE_CLIENT_CLI_SENT_ROWS_H_
#define ADVAE_CLIENT_CLI_SENT_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "advae/v1/detector.pb.h"
#include "advae/v1/types.pb.h"
#include "client/cli/record_writer.h"
#include "model/data/data_set.h"
#include "model/data/matrix.h"
#include "model/table/text/table_reader.h"

namespace advae {

// Rows of a file as they were sent in one request, with what belongs to them.
struct SentRows {
  // With false, their values are dropped.
  static SentRows Of(DataSet data, bool keep_values);
  static SentRows Of(TableRows data, bool keep_values);

  // Row `i` alone.
  SentRows Row(size_t i) const;
  // Puts the values into a request.
  void AssignTo(v1::ScoreRequest& request) const;
  // The value of row `i` that a contribution to its score is about: a number, a text, or null when
  // it is missing.
  Json ValueOf(size_t i, const v1::FeatureContribution& part) const;
  // The number of row `i` in the feature or column with this index in the version and this name.
  // Unset when it is missing, or the column is not one of numbers.
  std::optional<double> NumberOf(size_t i, uint32_t feature, const std::string& name) const;

  std::vector<bool> labels = {};       // empty when the file has none
  std::vector<std::string> keys = {};  // row-major
  std::vector<size_t> row_numbers = {};
  // Of a version with a schema `table`, otherwise `matrix`; both are empty without values.
  Matrix matrix = {};
  v1::Table table = {};
};

// The value that a version expected in place of a row's: a number or a text.
Json ExpectedValue(const v1::FeatureContribution& part);

// "protocol = icmp: 41 %, expected tcp", or "outlet_pressure is missing: 22 %": a row's `value`,
// and the share that it has in the row's `score`.
std::string ContributionText(const v1::FeatureContribution& part, const Json& value, double score);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_SENT_ROWS_H_
